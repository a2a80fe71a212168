/* SPDX-License-Identifier: MIT */
/* web.c: see web.h. */
#include "web.h"

#include "api.h"
#include "assets.h"
#include "fault.h"
#include "guard.h"
#include "numbers.h"
#include "past.h"
#include "server.h"

#include <edo/fs.h>
#include <edo/health.h>
#include <edo/openapi.h>
#include <edo/scope.h>
#include <edo/trace.h>
#include <edo/web.h>
#include <edo/web_layers.h>
#include <edo/web_watch.h>

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#define USUAL            "127.0.0.1:8080"
#define USUAL_HOST       "127.0.0.1:0"
#define REQUESTS_AT_ONCE 256 /* connections that are no WebSockets, of all, and of one address */

static const edo_duration tick = EDO_S(1);
static const edo_duration drain_max = EDO_MS(500), cancel_max = EDO_MS(300);

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
    return edo_fail(err, "listening on %s for the web: %s", wanted ? wanted : USUAL,
                    fault_of_address(err));
}

/* ---- What happens by itself ------------------------------------------------------------------ */

/* Tells all pages which rooms there are when that has changed: at most once a second, and more
 * rarely with many of them. */
static void tell_rooms(server *self, uint64_t *told, uint64_t second) {
    uint64_t changes = self->directory.changes_n;
    if (changes == *told || second % (1 + self->sessions.users_n / 1000) != 0) return;
    message *m = past_rooms_frame(&self->directory, "rooms");
    if (!m) return;
    *told = changes;
    sessions_tell_all(&self->sessions, m);
    edo_rc_unref(m);
}

/* `arg` is the server; a task's function. */
static int every_second(void *arg) {
    server *self = arg;
    uint64_t told = 0;
    for (uint64_t second = 1; edo_sleep(tick) == 0; second++) {
        pages_reap(&self->pages);
        sessions_reap(&self->sessions);
        tell_rooms(self, &told, second);
    }
    return 0;
}

/* Tells once that the store's file is not there any more, or is another one: what is written to it
 * is lost when the program ends. In a task of its own, since the disk may not respond. `arg` is the
 * server; a task's function. */
static int watch_store(void *arg) {
    server *self = arg;
    const char *file = self->options->db;
    const struct stat *first = &self->store_file;
    struct stat now;
    int err = self->storage ? 0 : -EDO_ECLOSED;
    while (err >= 0 && (err = edo_sleep(tick)) >= 0) {
        int there = edo_fs_stat(&now, file);
        bool is_gone = there == -ENOENT;
        is_gone |= there == 0 && (now.st_ino != first->st_ino || now.st_dev != first->st_dev);
        if (!is_gone || atomic_load(&self->is_store_gone)) continue;
        edo_error_kv("the store's file was deleted or replaced: nothing is kept any more",
                     EDO_KV("file", file));
        atomic_store(&self->is_store_gone, true); // last: the health tells what the log has
    }
    return 0;
}

/* ---- Serving --------------------------------------------------------------------------------- */

static int check_storage(void *arg) {
    const server *self = arg;
    if (atomic_load(&self->is_store_gone))
        return edo_fail(-ENOENT, "the store's file was deleted or replaced");
    return storage_is_well(self->storage) ? 0 : edo_fail(-EIO, "messages are not stored");
}

static edo_router *routes(server *self) {
    static const edo_security_headers_opts headers = {
        .policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                  "connect-src 'self'; base-uri 'none'; form-action 'none'; "
                  "frame-ancestors 'none'",
        .referrer = "no-referrer",
    };
    edo_router *r = edo_router_new();
    // A browser that has a part of the page asks whether it is still the same.
    edo_serve_assets(r, "/", assets, assets_n, &(edo_static_opts){ .cache_control = "no-cache" });
    edo_router_get(r, "/ws", page_open);
    edo_router_doc(r, &(edo_route_doc){ .hidden = true });
    api_routes(r);
    edo_metrics_routes(r, self->metrics);
    edo_health_routes(r, self->health);
    guard_routes(r, self);
    edo_router_wrap_all(r, edo_security_headers_layer(&headers));
    return r;
}

static int serve(server *self) {
    edo_http_server_opts http = {
        .listeners = &self->web,
        .listeners_n = 1,
        .conns_max = (uint32_t)self->places_n + REQUESTS_AT_ONCE,
        .address_conns_max = self->address_conns_max + REQUESTS_AT_ONCE,
        .drain_max = drain_max,
        .cancel_max = cancel_max,
        .metrics = self->http_metrics,
    };
    guard_proxies(&http, self);
    edo_scope scope;
    edo_scope_begin(&scope, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    edo_scope_spawn(&scope, every_second, self);
    edo_scope_spawn(&scope, watch_store, self);
    edo_health_set_ready(self->health, true);
    const edo_web_opts opts = { .http = &http, .state = self, .body_max = API_BODY_MAX };
    int err = edo_web_serve(routes(self), &opts);
    edo_scope_cancel(&scope);
    (void)edo_scope_end(&scope);
    return err == -ETIMEDOUT ? 0 : err; // a page that did not close was cut off
}

static int prepare(server *self) {
    int err = 0;
    if (self->storage) {
        err = edo_health_add(self->health, "store", check_storage, self,
                             &(edo_health_check_opts){ .optional = true });
    }
    if (err == 0) err = pages_init(&self->pages, self);
    if (err == 0) err = api_limit_new(&self->posts, self->options->rate);
    if (err == 0) err = edo_metrics_new(&self->metrics, NULL);
    if (err == 0) err = numbers_add(self->metrics, self);
    if (err == 0) err = edo_http_metrics_new(&self->http_metrics, self->metrics);
    return err;
}

int web_run(void *arg) {
    server *self = arg;
    if (!self->web) return 0;
    sessions_init(&self->sessions);
    int err = prepare(self);
    if (err == 0) err = serve(self);
    sessions_deinit(&self->sessions);
    edo_http_metrics_unref(self->http_metrics);
    edo_metrics_free(self->metrics);
    edo_keyed_limiter_free(self->posts);
    pages_deinit(&self->pages);
    return err;
}
