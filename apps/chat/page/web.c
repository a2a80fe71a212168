/* SPDX-License-Identifier: MIT */
/* web.c: see web.h.
 *
 * edo_web_serve() may return -ETIMEDOUT while connections go on, with the router or without it, and
 * what handlers use has to stay: /metrics prints a registry. So nothing is freed then. After any
 * other end the last connection may still be giving its reference to the router back: a service of
 * the router, which does nothing else, counts in `users` until it is gone. */
#include "page/web.h"

#include "fault.h"
#include "page/assets.h"
#include "page/use.h"
#include "server.h"

#include <edo/console_page.h>
#include <edo/error.h>
#include <edo/health.h>
#include <edo/log.h>
#include <edo/openapi.h>
#include <edo/scope.h>
#include <edo/service.h>
#include <edo/web.h>
#include <edo/web_guard.h>
#include <edo/web_layers.h>

#include <errno.h>
#include <stdlib.h>

#define USUAL                 "127.0.0.1:8080"
#define USUAL_HOST            "127.0.0.1:0"
#define HANDSHAKES_PER_SECOND 100 /* of one address */
#define HANDSHAKES_BURST      1000

static const edo_duration tick = EDO_S(1);
static const edo_duration secure_for = EDO_S(30 * 24 * 60 * 60); /* since the last visit */
static const edo_duration drain_max = EDO_MS(500), cancel_max = EDO_MS(250);
static const edo_duration part_slack = EDO_S(1); /* beside what is bounded one by one */

int web_listen(edo_listener **out, const char *wanted) {
    const edo_tcp_opts opts = { .send_buffer = CHAT_SEND_BUFFER, .user_timeout = CHAT_UNREAD_MAX };
    *out = NULL;
    if (wanted && strcmp(wanted, "none") == 0) return 0;
    int err = edo_tcp_listen(out, wanted ? wanted : USUAL, &opts);
    if (err == -EADDRINUSE && !wanted) {
        err = edo_tcp_listen(out, USUAL_HOST, &opts);
        if (err == 0) {
            edo_warn_kv("the web's usual port is taken, so another one is used",
                        EDO_KV("usual", USUAL), EDO_KV("port", edo_listener_port(*out)));
        }
    }
    edo_trail_clear(); // of what was tried
    return edo_fail(err, "listening on %s for the web: %s", wanted ? wanted : USUAL,
                    fault_of_address(err));
}

/* ---- What happens by itself ------------------------------------------------------------------ */

/* `arg` is the server; a task's function. */
static int every_second(void *arg) {
    server *self = arg;
    while (edo_sleep(tick) == 0) pages_reap(&self->web->pages);
    return 0;
}

/* ---- Addresses ------------------------------------------------------------------------------- */

edo_str web_address(edo_web *w, char key[EDO_ADDR_KEY_BYTES]) {
    edo_addr from;
    if (edo_request_client(edo_web_request(w), &from) < 0) return (edo_str){ 0 };
    return edo_addr_key(&from, key);
}

/* ---- Serving --------------------------------------------------------------------------------- */

static edo_router *routes(server *self) {
    const edo_security_headers_opts headers = {
        .policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                  "connect-src 'self'; base-uri 'none'; form-action 'none'; "
                  "frame-ancestors 'none'",
        .referrer = "no-referrer",
        .hsts = self->tls ? secure_for : edo_ns(0),
    };
    static const edo_http_rate_opts handshakes = {
        .limit = { .num = HANDSHAKES_PER_SECOND, .burst = HANDSHAKES_BURST }, .no_fields = true
    };
    edo_router *r = edo_router_new();
    edo_router_get(r, "/ws", page_open);
    edo_router_doc(r, &(edo_route_doc){ .hidden = true });
    edo_router_wrap(r, edo_http_rate_layer(&handshakes)); // around this route alone
    // A browser that has a part of the page asks whether it is still the same.
    edo_serve_assets(r, "/", assets, assets_n,
                     &(edo_static_opts){ .cache_control = "no-cache", .precompressed = true });
    api_routes(r, self->options->rate);
    numbers_routes(r, self->metrics);
    edo_health_routes(r, self->health);
    edo_console_routes(r, NULL); // if whoever runs the server wants it
    guard_routes(r, self);
    edo_router_wrap_all(r, edo_traceparent_layer(&(edo_traceparent_opts){ .untrusted = true }),
                        edo_security_headers_layer(&headers), use_layer(&self->web->users));
    return r;
}

void web_http_opts(edo_http_server_opts *out, server *self, edo_listener *const *where,
                   struct edo_tls_server *tls) {
    *out = (edo_http_server_opts){
        .listeners = where,
        .listeners_n = 1,
        .conns_max = self->http_conns_max,
        .address_conns_max = self->http_address_conns_max,
        .drain_max = drain_max,
        .cancel_max = edo_ns(cancel_max.ns + server_end_max(self).ns),
        .metrics = self->http_metrics,
        .tls = tls,
    };
    guard_proxies(out, self);
}

edo_duration web_end_max(const server *self) {
    int64_t door_ns = self->streams_at ? self->options->drain.ns : 0; // as long as clients leave
    return edo_ns(drain_max.ns + cancel_max.ns + server_end_max(self).ns + door_ns + part_slack.ns);
}

static int web_serve(server *self) {
    edo_http_server_opts http;
    web_http_opts(&http, self, &self->web_at, self->tls);
    http.no_http2 = true; // the limits of an address are counted in connections
    EDO_SCOPE(scope, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    edo_scope_spawn(&scope, every_second, self);
    const edo_web_opts opts = {
        .http = &http,
        .state = self,
        .body_max = API_BODY_MAX,
        .guards = { .no_csrf = true, .no_headers = true }, // as routes() has them, in their turn
    };
    return edo_web_serve(routes(self), &opts);
}

static void web_free(web *self) {
    pages_deinit(&self->pages);
    free(self);
}

int web_run(void *arg) {
    server *self = arg;
    if (!self->web_at) return 0;
    self->web = calloc(1, sizeof *self->web);
    if (!self->web) return -ENOMEM;
    pages_init(&self->web->pages, self);
    int err = web_serve(self);
    if (err != -ETIMEDOUT && use_await_end(&self->web->users) < 0) err = -ETIMEDOUT;
    if (err == -ETIMEDOUT) {
        edo_trail_clear(); // it names one of several limits
        return edo_fail(-ETIMEDOUT, "connections have not ended in time");
    }
    web_free(self->web);
    self->web = NULL;
    return err;
}
