/* SPDX-License-Identifier: MIT */
/* web/health/routes.c: serves the probes as routes. */
#include "web/health/health.h"
#include "web/request/web.h"

#include <edo/openapi.h>
#include <edo/task.h>

#include <errno.h>

static int reply_plain(edo_web *w, const edo_health *h, bool is_good) {
    return edo_web_reply_text(w, is_good ? EDO_STATUS_OK : EDO_STATUS_SERVICE_UNAVAILABLE,
                              h->plain[is_good]);
}

static bool says_yes(edo_health_busy_fn *fn, void *arg) {
    if (!fn) return false;
    edo_no_await_begin();
    bool is_busy = fn(arg);
    edo_no_await_end();
    return is_busy;
}

int edoi_health_is_ready(edo_health *h) {
    if (edoi_load_rlx_u32(&h->is_ending) || !edoi_load_rlx_u32(&h->is_ready)) return 0;
    if (says_yes(h->opts.busy, h->opts.busy_arg)) return 0;
    int state = edo_health_check(h, NULL);
    return state < 0 ? state : state != EDO_HEALTH_UNHEALTHY;
}

static int reply_health(edo_web *w, edo_health *h) {
    edo_buf json = { 0 };
    int state = edo_health_check(h, &json), err = state;
    bool is_down = state == EDO_HEALTH_UNHEALTHY;
    if (state >= 0)
        err = edoi_web_reply_buf(w, is_down ? EDO_STATUS_SERVICE_UNAVAILABLE : EDO_STATUS_OK,
                                 "application/json", &json);
    edo_buf_deinit(&json);
    return err;
}

int edo_health_reply(edo_web *w, edo_health *h, edo_health_probe probe) {
    int err = edo_web_set_header(w, "cache-control", "no-store");
    if (err < 0) return err;
    switch (probe) {
    case EDO_HEALTH_PROBE_LIVE:
        return reply_plain(w, h, !says_yes(h->opts.stuck, h->opts.stuck_arg));
    case EDO_HEALTH_PROBE_STARTUP: return reply_plain(w, h, edoi_load_rlx_u32(&h->has_been_ready));
    case EDO_HEALTH_PROBE_READY:
        err = edoi_health_is_ready(h);
        return err < 0 ? err : reply_plain(w, h, err > 0);
    case EDO_HEALTH_PROBE_HEALTH: return reply_health(w, h);
    }
    return -EINVAL;
}

/* ---- Routes ---------------------------------------------------------------------------------- */

static int live(edo_web *w) {
    return edo_health_reply(w, edo_web_route_arg(w), EDO_HEALTH_PROBE_LIVE);
}

static int health_routes_ready(edo_web *w) {
    return edo_health_reply(w, edo_web_route_arg(w), EDO_HEALTH_PROBE_READY);
}

static int startup(edo_web *w) {
    return edo_health_reply(w, edo_web_route_arg(w), EDO_HEALTH_PROBE_STARTUP);
}

static int health(edo_web *w) {
    return edo_health_reply(w, edo_web_route_arg(w), EDO_HEALTH_PROBE_HEALTH);
}

void edo_health_routes(edo_router *r, edo_health *h) {
    static const struct {
        const char *path;
        edo_web_fn *fn;
        edo_route_doc doc;
    } routes[] = {
        { "/livez", live, { .summary = "Are requests served?", .tag = "Operations" } },
        { "/live", live, { .hidden = true } },
        { "/readyz",
          health_routes_ready,
          { .summary = "May requests be sent?", .tag = "Operations" } },
        { "/ready", health_routes_ready, { .hidden = true } },
        { "/startup", startup, { .summary = "Has it started?", .tag = "Operations" } },
        { "/healthz", health, { .summary = "What is not well?", .tag = "Operations" } },
        { "/health", health, { .hidden = true } },
    };
    for (size_t i = 0; i < EDO_COUNT(routes); i++) {
        edo_router_add_with(r, EDO_METHOD_BIT(EDO_METHOD_GET), routes[i].path, routes[i].fn, h,
                            NULL);
        edo_router_doc(r, &routes[i].doc);
    }
}
