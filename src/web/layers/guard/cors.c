/* SPDX-License-Identifier: MIT */
/* web/layers/guard/cors.c: edo_cors_layer(), after the section "HTTP extensions" of the Fetch
 * Standard. */
#include "base/opts.h"
#include "web/layers/layer.h"
#include "web/request/origin.h"

#include <edo/http_fields.h>
#include <edo/web_layers.h>

#include <errno.h>
#include <stdio.h>

#define MIRRORED_MAX 4096u
#define METHODS      "GET, HEAD, POST"

static const edo_str private_asked = { "access-control-request-private-network", 38 };
static const edo_str private_given = { "access-control-allow-private-network", 36 };

typedef struct cors_service {
    edo_service base;
    edo_cors_opts opts;
} cors_service;

typedef struct cors_hook {
    edo_response_hook base;
    const cors_service *self;
    edo_str origin; /* NULL: the request has none */
    bool is_allowed;
} cors_hook;

/* ---- Origins --------------------------------------------------------------------------------- */

/* Does the response depend on the origin that asks? */
static bool depends(const cors_service *self) {
    return !self->opts.any_origin;
}

static bool allows(const cors_service *self, edo_web *w, edo_str origin) {
    const edo_cors_opts *o = &self->opts;
    if (o->any_origin) return true; // whatever Origin is: a cache may hand the response to a page
    if (origin.len == 0) return false;
    if (o->mirror_origin) return true;
    if (o->origin) return o->origin(o->arg, w, origin);
    for (size_t i = 0; i < o->origins_n; i++)
        if (edo_str_equal(origin, edo_str_of(o->origins[i]))) return true;
    return false;
}

/* Sets the fields that a preflight and a response both have. */
static int say_origin(const cors_service *self, edo_headers *h, edo_str origin, bool is_allowed) {
    edo_str said = self->opts.any_origin ? EDO_STR("*") : origin;
    int err = depends(self) ? edoi_vary(h, EDO_STR("origin")) : 0;
    if (!is_allowed || err < 0) return err;
    err = edo_headers_set(h, EDO_HEADER_ACCESS_CONTROL_ALLOW_ORIGIN, said);
    if (err == 0 && self->opts.credentials)
        err = edo_headers_set(h, EDO_HEADER_ACCESS_CONTROL_ALLOW_CREDENTIALS, EDO_STR("true"));
    return err;
}

/* ---- Preflights ------------------------------------------------------------------------------ */

static int set_text(edo_headers *h, edo_header_id id, const char *text) {
    return text && *text ? edo_headers_set(h, id, edo_str_of(text)) : 0;
}

/* Sets a field to what the preflight asks for, or to `fixed`. */
static int say_or_mirror(const edo_headers *asked, edo_header_id question, edo_headers *h,
                         edo_header_id id, bool mirrors, const char *fixed) {
    if (!mirrors) return set_text(h, id, fixed);
    int err = edoi_vary(h, edo_header_name(question));
    edo_str value = edo_headers_get(asked, question);
    if (err < 0 || !value.ptr || value.len > MIRRORED_MAX) return err;
    return edo_headers_set(h, id, value);
}

static int say_private_network(const cors_service *self, const edo_headers *asked, edo_headers *h) {
    edo_str value = edo_headers_get_named(asked, private_asked);
    if (!self->opts.private_network || !edo_str_equal(value, EDO_STR("true"))) return 0;
    return edo_headers_set_named(h, private_given, EDO_STR("true"));
}

static int say_max_age(const cors_service *self, edo_headers *h) {
    char text[24];
    if (self->opts.max_age.ns <= 0) return 0;
    (void)snprintf(text, sizeof text, "%lld", (long long)(self->opts.max_age.ns / 1000000000));
    return set_text(h, EDO_HEADER_ACCESS_CONTROL_MAX_AGE, text);
}

static int preflight(const cors_service *self, edo_web *w, edo_str origin) {
    const edo_cors_opts *o = &self->opts;
    const edo_headers *asked = &edo_web_request(w)->headers;
    edo_headers *h = &edo_web_response(w)->headers;
    bool is_allowed = allows(self, w, origin);
    (void)edo_headers_remove(h, EDO_HEADER_ALLOW); // of the router, which knows no OPTIONS here
    int err = say_origin(self, h, origin, is_allowed);
    if (err == 0 && is_allowed)
        err = say_or_mirror(asked, EDO_HEADER_ACCESS_CONTROL_REQUEST_METHOD, h,
                            EDO_HEADER_ACCESS_CONTROL_ALLOW_METHODS, o->mirror_methods,
                            o->methods ? o->methods : METHODS);
    if (err == 0 && is_allowed)
        err = say_or_mirror(asked, EDO_HEADER_ACCESS_CONTROL_REQUEST_HEADERS, h,
                            EDO_HEADER_ACCESS_CONTROL_ALLOW_HEADERS, o->mirror_headers, o->headers);
    if (err == 0 && is_allowed) err = say_max_age(self, h);
    if (err == 0 && is_allowed) err = say_private_network(self, asked, h);
    return err < 0 ? err : edo_web_reply_status(w, EDO_STATUS_NO_CONTENT);
}

/* ---- Responses ------------------------------------------------------------------------------- */

static int cors_head(edo_response_hook *hook, edo_response *res, edo_response_head *head) {
    const cors_hook *h = (const cors_hook *)(const void *)hook;
    (void)head;
    int err = say_origin(h->self, &res->headers, h->origin, h->is_allowed);
    if (err < 0 || !h->is_allowed) return err;
    return set_text(&res->headers, EDO_HEADER_ACCESS_CONTROL_EXPOSE_HEADERS, h->self->opts.expose);
}

static const edo_response_hook_ops cors_hook_ops = { .head = cors_head };

static int cors_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    const cors_service *self = (const cors_service *)(const void *)base;
    edo_request *req = edo_web_request(request);
    edo_str origin = edoi_request_origin(req);
    if (req->method == EDO_METHOD_OPTIONS && origin.ptr &&
        edo_headers_get(&req->headers, EDO_HEADER_ACCESS_CONTROL_REQUEST_METHOD).ptr)
        return preflight(self, request, origin);
    cors_hook *h = edo_arena_alloc(req->arena, sizeof *h);
    if (!h) return -ENOMEM;
    *h = (cors_hook){ .base = { .ops = &cors_hook_ops }, .self = self, .origin = origin };
    h->is_allowed = allows(self, request, origin);
    edo_response_add_hook(edo_web_response(request), &h->base);
    return edo_service_call(base->inner, permit, request, response);
}

static const edo_service_ops cors_ops = { .name = "edo_cors", .call = cors_call };

/* ---- Options --------------------------------------------------------------------------------- */

static bool has_star(const char *list) {
    return list && edo_header_has(edo_str_of(list), EDO_STR("*"));
}

static int cors_bad(const char *why) {
    return edo_fail(-EINVAL, "edo_cors_layer(): %s", why);
}

static int cors_check(const edo_cors_opts *o) {
    int ways = (o->origins_n > 0) + (o->origin != NULL) + o->any_origin + o->mirror_origin;
    if (ways != 1)
        return cors_bad("set one of `any_origin`, `mirror_origin`, `origins` and `origin`");
    if (o->credentials &&
        (o->any_origin || has_star(o->methods) || has_star(o->headers) || has_star(o->expose)))
        return cors_bad("browsers send no credentials where something is \"*\"");
    for (size_t i = 0; i < o->origins_n; i++) {
        edo_origin origin;
        if (edo_origin_parse(&origin, edo_str_of(o->origins[i])) < 0)
            return edo_fail(-EINVAL,
                            "edo_cors_layer(): \"%s\" is no origin, as \"https://a.example\"",
                            o->origins[i]);
    }
    bool are_values =
        edoi_is_value(o->methods) && edoi_is_value(o->headers) && edoi_is_value(o->expose);
    return are_values && o->max_age.ns >= 0 && edoi_all_zero(o->reserved, EDO_COUNT(o->reserved))
               ? 0
               : cors_bad("a bad list, `max_age` or `reserved`");
}

static int cors_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    edo_cors_opts o;
    memcpy(&o, &layer->opts, sizeof o);
    int err = cors_check(&o);
    if (err == 0) err = edo_service_new(out, sizeof(cors_service), &cors_ops, inner);
    if (err == 0) ((cors_service *)(void *)*out)->opts = o;
    return err;
}

edo_layer edo_cors_layer(const edo_cors_opts *opts) {
    return edoi_web_layer(cors_wrap, opts, opts ? sizeof *opts : 0);
}
