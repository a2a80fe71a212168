/* SPDX-License-Identifier: MIT */
/* web/layers/fields.c: layers that set fields: edo_security_headers_layer(),
 * edo_set_header_layer(), edo_propagate_header_layer(), edo_sensitive_headers_layer(). */
#include "web/layers/fields.h"

#include "base/opts.h"
#include "web/layers/layer.h"

#include <edo/str.h>
#include <edo/task.h>

#include <errno.h>
#include <stdio.h>

/* ---- Security -------------------------------------------------------------------------------- */

/* May a browser run what the response holds, as a page of its own or in a frame? All that is XML it
 * may. */
static bool is_document(const edo_response *res) {
    static const char *const types[] = { "text/html", "application/pdf",
                                         "text/xml",  "application/xml",
                                         "text/xsl",  "multipart/x-mixed-replace" };
    const edo_str xml = EDO_STR("+xml");
    edo_str rest = edo_headers_get(&res->headers, EDO_HEADER_CONTENT_TYPE);
    edo_str type = edo_str_trim(edo_str_cut(&rest, ';'));
    for (size_t i = 0; i < EDO_COUNT(types); i++)
        if (edoi_equal_nocase(type, edo_str_of(types[i]))) return true;
    if (type.len < xml.len) return false;
    return edoi_equal_nocase((edo_str){ type.ptr + type.len - xml.len, xml.len }, xml);
}

int edoi_security_set(const edoi_security *self, edo_response *res) {
    const edo_security_headers_opts *o = &self->opts;
    const struct {
        edo_header_id id;
        const char *name, *value;
    } fields[] = { { EDO_HEADER_X_CONTENT_TYPE_OPTIONS, NULL, "nosniff" },
                   { EDO_HEADER_STRICT_TRANSPORT_SECURITY, NULL, self->hsts },
                   { EDO_HEADER_CONTENT_SECURITY_POLICY, NULL, o->policy },
                   { EDO_HEADER_X_FRAME_OPTIONS, NULL, o->frames },
                   { EDO_HEADER_REFERRER_POLICY, NULL, o->referrer },
                   { EDO_HEADER_PERMISSIONS_POLICY, NULL, o->permissions },
                   { EDO_HEADER_OTHER, "cross-origin-opener-policy", o->opener },
                   { EDO_HEADER_OTHER, "cross-origin-resource-policy", o->resource } };
    size_t n = o->documents_only && !is_document(res) ? 2 : EDO_COUNT(fields);
    int err = 0;
    for (size_t i = 0; i < n && err == 0; i++) {
        edo_str name = fields[i].name ? edo_str_of(fields[i].name) : edo_header_name(fields[i].id);
        err = edoi_set_absent(&res->headers, name, fields[i].value);
    }
    return err;
}

static void or_usual(const char **value, const char *usual) {
    if (!*value) *value = usual;
}

int edoi_security_init(edoi_security *self, const edo_security_headers_opts *opts,
                       const char *whose) {
    edo_security_headers_opts o = *opts;
    bool is_good = edoi_is_value(o.policy) && edoi_is_value(o.frames) &&
                   edoi_is_value(o.referrer) && edoi_is_value(o.permissions) &&
                   edoi_is_value(o.opener) && edoi_is_value(o.resource);
    if (!is_good || o.hsts.ns < 0 || !edoi_all_zero(o.reserved, EDO_COUNT(o.reserved)))
        return edo_fail(-EINVAL, "%s: a bad value, `hsts` or `reserved`", whose);
    or_usual(&o.policy, "default-src 'self'; base-uri 'self'; form-action 'self'; "
                        "frame-ancestors 'none'; object-src 'none'");
    or_usual(&o.frames, "DENY");
    or_usual(&o.referrer, "strict-origin-when-cross-origin");
    or_usual(&o.opener, "same-origin");
    or_usual(&o.resource, "same-origin");
    *self = (edoi_security){ .opts = o };
    if (o.hsts.ns > 0)
        (void)snprintf(self->hsts, sizeof self->hsts, "max-age=%lld; includeSubDomains",
                       (long long)(o.hsts.ns / 1000000000));
    return 0;
}

typedef struct security_service {
    edo_service base;
    edoi_security security;
} security_service;

static int security_head(edo_response_hook *hook, edo_response *res, edo_response_head *head) {
    const security_service *self = (void *)edoi_layer_hook_of(hook)->self;
    (void)head;
    return edoi_security_set(&self->security, res);
}

static const edo_response_hook_ops security_hook = { .head = security_head };

static int security_call(edo_service *self, edo_permit *permit, void *request, void *response) {
    int err = edoi_layer_hook_add(self, request, &security_hook);
    return err < 0 ? err : edo_service_call(self->inner, permit, request, response);
}

static const edo_service_ops security_ops = { .name = "edo_security_headers",
                                              .call = security_call };

static int security_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    edo_security_headers_opts o;
    edoi_security security;
    memcpy(&o, &layer->opts, sizeof o);
    int err = edoi_security_init(&security, &o, "edo_security_headers_layer()");
    if (err == 0) err = edo_service_new(out, sizeof(security_service), &security_ops, inner);
    if (err == 0) ((security_service *)(void *)*out)->security = security;
    return err;
}

edo_layer edo_security_headers_layer(const edo_security_headers_opts *opts) {
    return edoi_web_layer(security_wrap, opts, opts ? sizeof *opts : 0);
}

/* ---- Set ------------------------------------------------------------------------------------- */

typedef struct set_service {
    edo_service base;
    edo_set_header_opts opts;
} set_service;

static int set_header_put(const edo_set_header_opts *o, edo_headers *h, edo_str value) {
    edo_str name = edo_str_of(o->name);
    switch (o->how) {
    case EDO_HEADER_APPEND: return edo_headers_append_named(h, name, value);
    case EDO_HEADER_IF_ABSENT:
        return edo_headers_get_named(h, name).ptr ? 0 : edo_headers_append_named(h, name, value);
    case EDO_HEADER_OVERRIDE:
    default: return edo_headers_set_named(h, name, value);
    }
}

static int set_service_set(const set_service *self, edo_request *req, edo_response *res) {
    const edo_set_header_opts *o = &self->opts;
    edo_headers *h = res ? &res->headers : &req->headers;
    if (!o->fn) return set_header_put(o, h, edo_str_of(o->value));
    edo_buf value = { 0 };
    edo_no_await_begin();
    int err = o->fn(o->arg, req, res, &value);
    edo_no_await_end();
    if (err >= 0) err = set_header_put(o, h, (edo_str){ value.ptr, value.len });
    edo_buf_deinit(&value);
    return err == -ENOENT ? 0 : err;
}

static int set_head(edo_response_hook *hook, edo_response *res, edo_response_head *head) {
    edoi_layer_hook *h = edoi_layer_hook_of(hook);
    (void)head;
    return set_service_set((const set_service *)(const void *)h->self, h->req, res);
}

static const edo_response_hook_ops set_hook = { .head = set_head };

static int set_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    const set_service *self = (const set_service *)(const void *)base;
    int err = self->opts.of_request ? set_service_set(self, edo_web_request(request), NULL)
                                    : edoi_layer_hook_add(base, request, &set_hook);
    return err < 0 ? err : edo_service_call(base->inner, permit, request, response);
}

static const edo_service_ops set_ops = { .name = "edo_set_header", .call = set_call };

static int set_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    edo_set_header_opts o;
    memcpy(&o, &layer->opts, sizeof o);
    if (!o.name || !edo_header_name_is_valid(edo_str_of(o.name)) || !edoi_is_value(o.value) ||
        !o.value == !o.fn || o.how > EDO_HEADER_IF_ABSENT ||
        !edoi_all_zero(o.reserved, EDO_COUNT(o.reserved)))
        return edo_fail(-EINVAL,
                        "edo_set_header_layer(): a bad `name`, `value`, `how` or `reserved`, "
                        "or not one of `value` and `fn`");
    int err = edo_service_new(out, sizeof(set_service), &set_ops, inner);
    if (err == 0) ((set_service *)(void *)*out)->opts = o;
    return err;
}

edo_layer edo_set_header_layer(const edo_set_header_opts *opts) {
    return edoi_web_layer(set_wrap, opts, opts ? sizeof *opts : 0);
}

/* ---- Propagate ------------------------------------------------------------------------------- */

typedef struct propagate_service {
    edo_service base;
    const char *name;
} propagate_service;

static int propagate_head(edo_response_hook *hook, edo_response *res, edo_response_head *head) {
    edoi_layer_hook *h = edoi_layer_hook_of(hook);
    edo_str name = edo_str_of(((const propagate_service *)(const void *)h->self)->name);
    const edo_header *f = NULL;
    (void)head;
    if (edo_headers_get_named(&res->headers, name).ptr) return 0;
    int err = 0;
    while (err == 0 && (f = edo_headers_next_named(&h->req->headers, f, name)))
        err = edo_headers_append_named(&res->headers, name, f->value);
    return err;
}

static const edo_response_hook_ops propagate_hook = { .head = propagate_head };

static int propagate_call(edo_service *self, edo_permit *permit, void *request, void *response) {
    int err = edoi_layer_hook_add(self, request, &propagate_hook);
    return err < 0 ? err : edo_service_call(self->inner, permit, request, response);
}

static const edo_service_ops propagate_ops = { .name = "edo_propagate_header",
                                               .call = propagate_call };

static int propagate_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    const char *name = layer->opts.pointers[0];
    if (!name || !edo_header_name_is_valid(edo_str_of(name)))
        return edo_fail(-EINVAL, "edo_propagate_header_layer(): no name of a field");
    int err = edo_service_new(out, sizeof(propagate_service), &propagate_ops, inner);
    if (err == 0) ((propagate_service *)(void *)*out)->name = name;
    return err;
}

edo_layer edo_propagate_header_layer(const char *name) {
    return edoi_web_layer(propagate_wrap, &name, sizeof name);
}

/* ---- Sensitive ------------------------------------------------------------------------------- */

typedef struct sensitive_service {
    edo_service base;
    edo_sensitive_headers_opts opts;
} sensitive_service;

static const char *const usual_names[] = { "authorization", "proxy-authorization", "cookie",
                                           "set-cookie" };

static void sensitive_service_mark(const sensitive_service *self, edo_headers *h) {
    for (size_t i = 0; i < self->opts.names_n; i++)
        (void)edo_headers_set_sensitive(h, edo_str_of(self->opts.names[i]));
}

static int sensitive_head(edo_response_hook *hook, edo_response *res, edo_response_head *head) {
    (void)head;
    sensitive_service_mark((const sensitive_service *)(const void *)edoi_layer_hook_of(hook)->self,
                           &res->headers);
    return 0;
}

static const edo_response_hook_ops sensitive_hook = { .head = sensitive_head };

static int sensitive_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    const sensitive_service *self = (const sensitive_service *)(const void *)base;
    if (!self->opts.no_request) sensitive_service_mark(self, &edo_web_request(request)->headers);
    int err = self->opts.no_response ? 0 : edoi_layer_hook_add(base, request, &sensitive_hook);
    return err < 0 ? err : edo_service_call(base->inner, permit, request, response);
}

static const edo_service_ops sensitive_ops = { .name = "edo_sensitive_headers",
                                               .call = sensitive_call };

static int sensitive_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    edo_sensitive_headers_opts o;
    memcpy(&o, &layer->opts, sizeof o);
    if (!o.names) {
        o.names = usual_names;
        o.names_n = EDO_COUNT(usual_names);
    }
    for (size_t i = 0; i < o.names_n; i++)
        if (!edo_header_name_is_valid(edo_str_of(o.names[i])))
            return edo_fail(-EINVAL, "edo_sensitive_headers_layer(): \"%s\" is no name of a field",
                            o.names[i]);
    if (!edoi_all_zero(o.reserved, EDO_COUNT(o.reserved)))
        return edo_fail(-EINVAL, "edo_sensitive_headers_layer(): `reserved` must be 0");
    int err = edo_service_new(out, sizeof(sensitive_service), &sensitive_ops, inner);
    if (err == 0) ((sensitive_service *)(void *)*out)->opts = o;
    return err;
}

edo_layer edo_sensitive_headers_layer(const edo_sensitive_headers_opts *opts) {
    return edoi_web_layer(sensitive_wrap, opts, opts ? sizeof *opts : 0);
}
