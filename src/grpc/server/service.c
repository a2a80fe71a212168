/* SPDX-License-Identifier: MIT */
/* grpc/server/service.c: the routes of services. */
#include "base/opts.h"
#include "grpc/server/transcode.h"
#include "web/router/router.h"

#include <edo/web_routes.h>

#include <stdlib.h>
#include <string.h>

static bool service_fill_in(edo_router *r, edo_grpc_opts *to, const edo_grpc_opts *opts) {
    *to = opts ? *opts : (edo_grpc_opts){ .recv_max = 0 };
    if (to->recv_max == 0) to->recv_max = EDO_GRPC_RECV_MAX;
    if (to->send_max == 0 || to->send_max > UINT32_MAX) to->send_max = UINT32_MAX;
    to->send_codings = edoi_grpc_codings(to->send_codings);
    to->accept_codings = edoi_grpc_codings(to->accept_codings);
    if (edoi_all_zero(to->reserved, EDO_COUNT(to->reserved))) return true;
    if (r) edoi_router_fail(r, -EINVAL, "edo_grpc_opts: a reserved field is not 0");
    return false;
}

static const uint32_t service_post = EDO_METHOD_BIT(EDO_METHOD_POST);

static void route_free(void *arg) {
    edoi_grpc_route *route = arg;
    edoi_grpc_counts_deinit(&route->counts);
    free(route);
}

/* Makes a route of its own, with what it counts. Returns 0 or a code. */
static int route_copy(edoi_grpc_route **out, const char *path, const edoi_grpc_route *route) {
    const size_t n = strlen(path);
    edoi_grpc_route *own = malloc(sizeof *own + n);
    if (!own) return -ENOMEM;
    *own = *route;
    memcpy(own + 1, path, n);
    own->name = route->method ? (edo_str){ (const char *)(own + 1), n } : EDO_STR("_OTHER");
    int err = edoi_grpc_counts_init(&own->counts, route->opts.metrics, true);
    if (err == 0)
        *out = own;
    else
        route_free(own);
    return err;
}

static void service_add(edo_router *r, uint32_t methods, const char *path,
                        const edoi_grpc_route *route) {
    edoi_grpc_route *own;
    int err = route_copy(&own, path, route);
    if (err < 0 && r) edoi_router_fail(r, err, "a route of gRPC");
    if (err == 0) edo_router_add_with(r, methods, path, edoi_grpc_serve, own, route_free);
}

/* Adds the route "/service/name". */
static void service_add_named(edo_router *r, const char *name, const edoi_grpc_route *route) {
    const bool has_get = route->opts.connect && route->method && route->method->is_safe;
    edo_buf path = { 0 };
    if (edo_buf_printf(&path, "/%s/%s", route->service->name, name) == 0 &&
        edo_buf_append(&path, "", 1) == 0)
        service_add(r, service_post | (has_get ? EDO_METHOD_BIT(EDO_METHOD_GET) : 0), path.ptr,
                    route);
    else if (r)
        edoi_router_fail(r, -ENOMEM, "no memory for a route of gRPC");
    edo_buf_deinit(&path);
}

/* ---- What has no route ----------------------------------------------------------------------- */

static bool service_is_grpc(void *unused, edo_request *req) {
    (void)unused;
    const edo_str type = edo_headers_get(&req->headers, EDO_HEADER_CONTENT_TYPE);
    const edoi_grpc_type t = edoi_grpc_type_of(type);
    return req->method == EDO_METHOD_POST && edoi_grpc_type_is_grpc(&t);
}

static int service_unknown(edo_web *w) {
    return edo_grpc_reject(w, EDO_GRPC_UNIMPLEMENTED, "there is no such service");
}

/* Calls of services that are not there end with UNIMPLEMENTED, and all else with 404. */
static void service_add_fallback(edo_router *r) {
    edo_router *inner = edo_router_new();
    edo_router_guard(inner, &(edo_route_guard){ .fn = service_is_grpc });
    edo_router_fallback(inner, service_unknown);
    edo_router_merge(r, inner);
}

/* ---- The routes ------------------------------------------------------------------------------ */

/* Is the member of the struct of handlers set? */
static bool service_has(const void *ops, const edo_grpc_method *m) {
    void (*handler)(void);
    memcpy(&handler, (const char *)ops + m->member, sizeof handler);
    return handler != NULL;
}

/* Is the table laid out as by an older protoc-gen-edo? The header of a service with methods does
 * not compile then; of one without any most compilers of C only warn. */
static bool service_is_old(const edo_grpc_service *s) {
    return s->bindings && s->bindings_n == 0;
}

void edo_grpc_routes(edo_router *r, const edo_grpc_service *service, const void *ops, void *arg,
                     const edo_grpc_opts *opts) {
    edoi_grpc_route route = { .service = service, .ops = ops, .arg = arg };
    if (r && service_is_old(service))
        edoi_router_fail(r, -EINVAL,
                         "the header of %s is of an older protoc-gen-edo: make it again",
                         service->name);
    if (!service_fill_in(r, &route.opts, opts)) return;
    for (size_t i = 0; i < service->methods_n; i++) {
        if (!service_has(ops, &service->methods[i])) continue;
        route.method = &service->methods[i];
        service_add_named(r, route.method->name, &route);
    }
    route.method = NULL;
    service_add_named(r, "{method}", &route);
    service_add_fallback(r);
    if (route.opts.transcode) edoi_grpc_transcode_routes(r, &route, service_has);
}

void edo_grpc_route(edo_router *r, const char *path, edo_grpc_fn *fn, void *arg,
                    const edo_grpc_opts *opts) {
    edoi_grpc_route route = { .fn = fn, .arg = arg };
    if (!service_fill_in(r, &route.opts, opts)) return;
    service_add(r, service_post, path, &route);
}
