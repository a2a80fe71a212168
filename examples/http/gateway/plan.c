/* SPDX-License-Identifier: MIT */
/* plan.c: what a gateway does, made of its file. A file that has changed makes a new plan; requests
 * that are under way end by the old one. A route that has not changed goes over to the new plan as
 * it is, with its connections, its cache, and what it knows of its upstreams.
 *
 *     request -> limit of its key -> proxy -> cache, equal ones as one -> breaker -> upstreams */
#include "gateway.h"

#include <edo/http_coalesce.h>
#include <edo/web_guard.h>
#include <edo/web_layers.h>
#include <edo/web_proxy.h>

#include <errno.h>

static void route_end(void *self) {
    route *r = self;
    edo_service_unref(r->service);
    edo_breaker_unref(r->breaker);
    edo_cache_unref(r->cache);
    edo_value_deinit(&r->config, &route_config_desc);
}

static int route_add_cache(route *r, edo_stack *around) {
    if (r->config.cache.ns == 0) return 0;
    const edo_cache_opts opts = { .name = r->config.path,
                                  .ttl = r->config.cache,
                                  .bytes_of = edo_http_coalesce_bytes };
    int err = edo_cache_new(&r->cache, &opts);
    if (err == 0)
        edo_stack_push(around, edo_http_coalesce_layer(&(edo_http_coalesce_opts){
                                   .cache = r->cache, .proxied = true }));
    return err;
}

static int route_add_breaker(route *r, edo_stack *around, edo_metrics *metrics) {
    const edo_breaker_opts opts = { .name = r->config.path,
                                    .window_seconds = 10,
                                    .calls_min = 20,
                                    .open_for = edo_s(5),
                                    .half_open_by_time = true,
                                    .outcome = edo_http_upstreams_outcome,
                                    .metrics = metrics };
    int err = edo_breaker_new(&r->breaker, &opts);
    if (err == 0) edo_stack_push(around, edo_breaker_layer(r->breaker));
    return err;
}

static int route_make_upstreams(route *r, const means *m) {
    const route_config *c = &r->config;
    const edo_http_upstreams_opts opts = {
        .client = c->http2 ? m->http2 : m->http1,
        .check = c->check[0] ? c->check : NULL,
        .balance = { .name = c->path, .check_every = c->check_every, .metrics = m->metrics }
    };
    int err = edo_http_upstreams_new(&r->service, edo_discover_file(c->upstreams), &opts);
    if (err == 0) r->balance = edo_balance_of(r->service);
    return err;
}

static int route_make_service(route *r, const means *m) {
    edo_stack around;
    edo_stack_init(&around);
    int err = route_add_cache(r, &around);
    if (err == 0) err = route_add_breaker(r, &around, m->metrics);
    if (err == 0) err = route_make_upstreams(r, m);
    if (err == 0) err = edo_stack_build(&r->service, &around, r->service);
    if (err < 0) r->service = NULL;
    edo_stack_deinit(&around);
    return err;
}

static int route_new(route **out, const route_config *c, const means *m) {
    route *r = edo_rc_new(sizeof *r, route_end);
    if (!r) return -ENOMEM;
    *r = (route){ .cache = NULL };
    int err = edo_value_copy(&r->config, c, &route_config_desc, NULL);
    if (err == 0) err = route_make_service(r, m);
    if (err < 0)
        edo_rc_unref(r);
    else
        *out = r;
    return err;
}

/* Appends what a request is counted by: the field that the route names. Without it all are one. */
static int route_key(void *arg, edo_web *w, edo_buf *out) {
    edo_str key = edo_web_header(w, ((const route *)arg)->config.key);
    return edo_buf_append(out, key.ptr, key.len);
}

static void route_add_to(route *r, edo_router *all) {
    const route_config *c = &r->config;
    edo_router *own = edo_router_new();
    edo_proxy_routes(own, c->path, r->service,
                     &(edo_proxy_opts){ .strips = c->strips,
                                        .no_credentials = c->anonymous,
                                        .timeout = c->timeout });
    if (c->rate > 0)
        edo_router_wrap(
            own, edo_http_rate_layer(&(edo_http_rate_opts){
                     .limit = { .num = c->rate }, .key = c->key[0] ? route_key : NULL, .arg = r }));
    edo_router_merge(all, own);
}

static void plan_end(void *self) {
    plan *p = self;
    edo_router_free(p->router);
    for (size_t i = 0; i < p->routes_n; i++) edo_rc_unref(p->routes[i]);
}

static route *plan_find(const plan *p, const route_config *c) {
    for (size_t i = 0; p && i < p->routes_n; i++)
        if (edo_value_equal(&p->routes[i]->config, c, &route_config_desc)) return p->routes[i];
    return NULL;
}

static int plan_add(plan *p, const route_config *c, const plan *former, const means *m) {
    route **r = &p->routes[p->routes_n], *known = plan_find(former, c);
    int err = known ? 0 : route_new(r, c, m);
    if (err < 0) return edo_fail(err, "the route \"%s\"", c->path);
    if (known) *r = edo_rc_ref(known);
    p->routes_n++;
    route_add_to(*r, p->router);
    return 0;
}

int plan_new(plan **out, const config *c, const plan *former, const means *m) {
    plan *p = edo_rc_new(sizeof *p + c->routes_n * sizeof(route *), plan_end);
    if (!p) return -ENOMEM;
    *p = (plan){ .number = former ? former->number + 1 : 1, .router = edo_router_new() };
    int err = 0;
    for (size_t i = 0; err == 0 && i < c->routes_n; i++)
        err = plan_add(p, &c->routes[i], former, m);
    edo_router_wrap_all(p->router, edo_request_id_layer(NULL), // for all services behind
                        edo_traceparent_layer(&(edo_traceparent_opts){ .untrusted = true }));
    if (err == 0) err = edo_router_build(p->router);
    if (err < 0)
        edo_rc_unref(p);
    else
        *out = p;
    return err;
}
