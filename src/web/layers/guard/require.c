/* SPDX-License-Identifier: MIT */
/* web/layers/guard/require.c: edo_require_accept_layer(), edo_require_header_layer(). */
#include "base/opts.h"
#include "web/layers/layer.h"
#include "web/request/web.h"

#include <edo/http_fields.h>
#include <edo/web_guard.h>

#include <errno.h>

/* ---- Accept ---------------------------------------------------------------------------------- */

typedef struct accept_service {
    edo_service base;
    const char *type;
} accept_service;

static int accept_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    const char *type = ((const accept_service *)(const void *)base)->type;
    edo_str accept;
    int err = edoi_web_accept(request, &accept);
    if (err < 0) return err;
    if (edo_accept_media_weight(accept, edo_str_of(type)) == 0)
        return edoi_web_turn_away(request, -ENOTSUP, EDO_STATUS_NOT_ACCEPTABLE, "only %s is here",
                                  type);
    return edo_service_call(base->inner, permit, request, response);
}

static const edo_service_ops accept_ops = { .name = "edo_require_accept", .call = accept_call };

static int accept_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    const char *type = layer->opts.pointers[0];
    edo_media_type read;
    if (!type || edo_media_type_parse(&read, edo_str_of(type)) < 0 || read.params.len > 0)
        return edo_fail(-EINVAL, "edo_require_accept_layer(): no media type without parameters");
    int err = edo_service_new(out, sizeof(accept_service), &accept_ops, inner);
    if (err == 0) ((accept_service *)(void *)*out)->type = type;
    return err;
}

edo_layer edo_require_accept_layer(const char *type) {
    return edoi_web_layer(accept_wrap, &type, sizeof type);
}

/* ---- Any field ------------------------------------------------------------------------------- */

typedef struct field_service {
    edo_service base;
    edo_require_header_opts opts;
} field_service;

static bool require_header_has_field(const edo_require_header_opts *o, const edo_headers *h) {
    const edo_header *f = NULL;
    while ((f = edo_headers_next_named(h, f, edo_str_of(o->name))))
        if (!o->value || edo_str_equal(f->value, edo_str_of(o->value))) return true;
    return false;
}

static int field_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    const edo_require_header_opts *o = &((const field_service *)(const void *)base)->opts;
    if (!require_header_has_field(o, &edo_web_request(request)->headers))
        return edoi_web_turn_away(request, -EINVAL, o->status, "the field %s is needed", o->name);
    return edo_service_call(base->inner, permit, request, response);
}

static const edo_service_ops field_ops = { .name = "edo_require_header", .call = field_call };

static int field_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    edo_require_header_opts o;
    memcpy(&o, &layer->opts, sizeof o);
    if (o.status == 0) o.status = EDO_STATUS_BAD_REQUEST;
    int class = edo_status_class(o.status);
    if (!o.name || !edo_header_name_is_valid(edo_str_of(o.name)) ||
        class < EDO_STATUS_CLASS_CLIENT_ERROR || !edoi_all_zero(o.reserved, EDO_COUNT(o.reserved)))
        return edo_fail(-EINVAL,
                        "edo_require_header_layer(): a bad `name`, a `status` below 400, or "
                        "`reserved`");
    int err = edo_service_new(out, sizeof(field_service), &field_ops, inner);
    if (err == 0) ((field_service *)(void *)*out)->opts = o;
    return err;
}

edo_layer edo_require_header_layer(const edo_require_header_opts *opts) {
    return edoi_web_layer(field_wrap, opts, opts ? sizeof *opts : 0);
}
