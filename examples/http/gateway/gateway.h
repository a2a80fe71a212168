/* SPDX-License-Identifier: MIT */
/* gateway.h: the parts of a gateway: its file, the plan made of that, and what runs by it. */
#ifndef GATEWAY_H
#define GATEWAY_H

#include <edo/breaker.h>
#include <edo/cache.h>
#include <edo/edo.h>
#include <edo/http_metrics.h>
#include <edo/http_upstreams.h>
#include <edo/web.h>

typedef struct route_config {
    const char *path;
    const char *upstreams; /* the file that lists them, as edo_discover_file() reads it */
    const char *check;     /* a path that a healthy upstream has; "": a connection will do */
    edo_duration check_every;
    bool strips;        /* the upstreams do not see the path of the route */
    bool anonymous;     /* nor who asks, so that responses may be for everybody */
    bool http2;         /* they speak HTTP/2 in clear */
    uint32_t rate;      /* requests a second for each key; 0: any */
    const char *key;    /* the field that has the key; "": the address of the client */
    edo_duration cache; /* how long a response is kept that is for everybody; 0: not at all */
    edo_duration timeout;
} route_config;
EDO_DESCRIBE(route_config, EDO_FIELD(route_config, path, .min_len = 1),
             EDO_FIELD(route_config, upstreams, .min_len = 1),
             EDO_FIELD(route_config, check, .preset = ""),
             EDO_FIELD(route_config, check_every, .preset = "2s"),
             EDO_FIELD(route_config, strips, .preset = "false"),
             EDO_FIELD(route_config, anonymous, .preset = "false"),
             EDO_FIELD(route_config, http2, .preset = "false"),
             EDO_FIELD(route_config, rate, .preset = "0", .max = 1000000),
             EDO_FIELD(route_config, key, .preset = ""),
             EDO_FIELD(route_config, cache, .preset = "0s"),
             EDO_FIELD(route_config, timeout, .preset = "30s"))

/* All but the routes is read once. */
typedef struct config {
    const char *listen, *admin, *cert, *key; /* without cert no TLS */
    route_config *routes;
    size_t routes_n;
} config;
EDO_DESCRIBE(config, EDO_FIELD(config, listen, .preset = "127.0.0.1:8080"),
             EDO_FIELD(config, admin, .preset = "127.0.0.1:9090"),
             EDO_FIELD(config, cert, .preset = ""), EDO_FIELD(config, key, .preset = ""),
             EDO_FIELD_LIST_OF(config, routes, routes_n, route_config_desc))

/* What all plans share. */
typedef struct means {
    edo_metrics *metrics;
    edo_http_client *http1, *http2; /* http2: in clear; servers of https choose by themselves */
} means;

/* Counted by edo_rc. */
typedef struct route {
    route_config config; /* its own copy */
    edo_cache *cache;    /* NULL: none */
    edo_breaker *breaker;
    edo_service *service;
    edo_balance *balance; /* of the service */
} route;

/* Counted by edo_rc. */
typedef struct plan {
    uint32_t number;
    edo_router *router;
    size_t routes_n;
    route *routes[];
} plan;

/* Makes the plan that follows `former`, which may be NULL. */
int plan_new(plan **out, const config *c, const plan *former, const means *m);

typedef struct gateway {
    const char *file;
    config config; /* as it was at the start */
    means means;
    edo_http_metrics *numbers;
    struct edo_tls_server *tls; /* NULL: none */
    edo_mutex loads;            /* one at a time */
    edo_snapshot now;           /* a plan */
} gateway;

int config_read(config *out, const char *file);

/* Reads the file, and goes on by it. A file that cannot be used changes nothing. */
int gateway_load(gateway *g);

/* Returns a reference to the plan. */
plan *gateway_plan(gateway *g);

/* Handles a request by the plan of that moment. */
int gateway_handle(edo_request *req, edo_response *res, void *g);

/* Tasks that load the file again when it has changed, and by SIGHUP. */
int gateway_follow_file(void *g);
int gateway_follow_signal(void *g);

edo_router *admin_router(gateway *g);

#endif
