/* SPDX-License-Identifier: MIT */
/* web/layers/guard/csrf.c: edo_csrf_layer(). */
#include "base/opts.h"
#include "web/layers/layer.h"
#include "web/request/origin.h"
#include "web/request/web.h"

#include <edo/http_fields.h>
#include <edo/web_guard.h>

#include <errno.h>

typedef struct csrf_service {
    edo_service base;
    edo_csrf_opts opts;
} csrf_service;

static bool csrf_service_is_wanted(const csrf_service *self, edo_web *w, edo_str origin) {
    const edo_csrf_opts *o = &self->opts;
    for (size_t i = 0; i < o->origins_n; i++)
        if (edo_str_equal(origin, edo_str_of(o->origins[i]))) return true;
    return o->bypass && o->bypass(o->arg, w);
}

static bool csrf_service_passes(const csrf_service *self, edo_web *w) {
    const edo_request *req = edo_web_request(w);
    if (req->method == EDO_METHOD_GET || req->method == EDO_METHOD_HEAD ||
        req->method == EDO_METHOD_OPTIONS)
        return true;
    edo_str site = edo_headers_get(&req->headers, EDO_HEADER_SEC_FETCH_SITE);
    edo_str origin = edoi_request_origin(req);
    if (site.len > 0) {
        if (edo_str_equal(site, EDO_STR("same-origin")) || edo_str_equal(site, EDO_STR("none")))
            return true;
    } else if (!origin.ptr || edoi_is_own_origin(req, origin)) {
        return true;
    }
    return csrf_service_is_wanted(self, w, origin);
}

static int csrf_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    if (!csrf_service_passes((const csrf_service *)(const void *)base, request))
        return edoi_web_turn_away(request, -EACCES, EDO_STATUS_FORBIDDEN,
                                  "the request comes from another origin");
    return edo_service_call(base->inner, permit, request, response);
}

static const edo_service_ops csrf_ops = { .name = "edo_csrf", .call = csrf_call };

static int csrf_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    edo_csrf_opts o;
    memcpy(&o, &layer->opts, sizeof o);
    for (size_t i = 0; i < o.origins_n; i++) {
        edo_origin origin;
        if (edo_origin_parse(&origin, edo_str_of(o.origins[i])) < 0)
            return edo_fail(-EINVAL,
                            "edo_csrf_layer(): \"%s\" is no origin, as \"https://a.example\"",
                            o.origins[i]);
    }
    if (!edoi_all_zero(o.reserved, EDO_COUNT(o.reserved)))
        return edo_fail(-EINVAL, "edo_csrf_layer(): `reserved` must be 0");
    int err = edo_service_new(out, sizeof(csrf_service), &csrf_ops, inner);
    if (err == 0) ((csrf_service *)(void *)*out)->opts = o;
    return err;
}

edo_layer edo_csrf_layer(const edo_csrf_opts *opts) {
    return edoi_web_layer(csrf_wrap, opts, opts ? sizeof *opts : 0);
}
