/* SPDX-License-Identifier: MIT */
/* web/layers/guard/csrf.c: edo_csrf_layer(). */
#include "web/layers/guard/csrf.h"

#include "base/opts.h"
#include "web/layers/layer.h"
#include "web/request/origin.h"
#include "web/request/web.h"

#include <edo/http_fields.h>
#include <edo/str.h>
#include <edo/task.h>

#include <errno.h>

static bool csrf_is_wanted(const edo_csrf_opts *o, edo_web *w, edo_str origin) {
    for (size_t i = 0; i < o->origins_n; i++)
        if (edo_str_equal(origin, edo_str_of(o->origins[i]))) return true;
    if (!o->bypass) return false;
    edo_no_await_begin();
    bool passes = o->bypass(o->arg, w);
    edo_no_await_end();
    return passes;
}

/* Does it have credentials that no browser sends by itself? A page of another origin must ask the
 * server first (a preflight) to send this field; but a browser that has asked its user for a name
 * and a password, or logs in by the system's account, adds it to each request. And a proxy that has
 * logged its user in may make it of a cookie. */
static bool has_own_credentials(const edo_request *req) {
    static const char *const by_browsers[] = { "basic", "digest", "negotiate", "ntlm" };
    if (edo_headers_get(&req->headers, EDO_HEADER_COOKIE).ptr) return false;
    edo_str rest = edo_headers_get(&req->headers, EDO_HEADER_AUTHORIZATION);
    edo_str scheme = edo_str_cut(&rest, ' ');
    for (size_t i = 0; i < EDO_COUNT(by_browsers); i++)
        if (edoi_equal_nocase(scheme, edo_str_of(by_browsers[i]))) return false;
    return scheme.len > 0;
}

bool edoi_csrf_passes(const edo_csrf_opts *o, edo_web *w) {
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
    return has_own_credentials(req) || csrf_is_wanted(o, w, origin);
}

int edoi_csrf_refuse(edo_web *w) {
    return edoi_web_turn_away(w, -EACCES, EDO_STATUS_FORBIDDEN,
                              "the request comes from another origin");
}

int edoi_csrf_check(const edo_csrf_opts *o, const char *whose) {
    for (size_t i = 0; i < o->origins_n; i++) {
        edo_origin origin;
        if (edo_origin_parse(&origin, edo_str_of(o->origins[i])) < 0)
            return edo_fail(-EINVAL, "%s: \"%s\" is no origin, as \"https://a.example\"", whose,
                            o->origins[i]);
    }
    return edoi_all_zero(o->reserved, EDO_COUNT(o->reserved))
               ? 0
               : edo_fail(-EINVAL, "%s: `reserved` must be 0", whose);
}

/* ---- The layer ------------------------------------------------------------------------------- */

typedef struct csrf_service {
    edo_service base;
    edo_csrf_opts opts;
} csrf_service;

static int csrf_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    if (!edoi_csrf_passes(&((const csrf_service *)(const void *)base)->opts, request))
        return edoi_csrf_refuse(request);
    return edo_service_call(base->inner, permit, request, response);
}

static const edo_service_ops csrf_ops = { .name = "edo_csrf", .call = csrf_call };

static int csrf_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    edo_csrf_opts o;
    memcpy(&o, &layer->opts, sizeof o);
    int err = edoi_csrf_check(&o, "edo_csrf_layer()");
    if (err == 0) err = edo_service_new(out, sizeof(csrf_service), &csrf_ops, inner);
    if (err == 0) ((csrf_service *)(void *)*out)->opts = o;
    return err;
}

edo_layer edo_csrf_layer(const edo_csrf_opts *opts) {
    return edoi_web_layer(csrf_wrap, opts, opts ? sizeof *opts : 0);
}
