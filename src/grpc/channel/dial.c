/* SPDX-License-Identifier: MIT */
/* grpc/channel/dial.c: makes, watches and closes a connection to an endpoint. */
#include "base/atomic.h"
#include "grpc/channel/health.h"
#include "tls/ops.h"

#define EDO_TARGET "grpc"
#include <edo/log.h>

#include <edo/error.h>
#include <edo/net.h>
#include <edo/unix.h>

#include <stdlib.h>
#include <string.h>

#define PING_NS_MAX (UINT64_C(3600) * 1000000000) /* one that is longer is not doubled */

typedef struct dial_conn {
    edo_http2 *h2;
    edoi_grpc_watch watch; /* the task's that connects, then that of the checks */
    bool is_known;         /* a check has told the balance that it serves */
    bool tells_nothing;    /* the server has no grpc.health.v1: then it counts as serving */
} dial_conn;

static edo_http2 *conn_of(const void *conn) {
    return ((const dial_conn *)conn)->h2;
}

edo_http2 *edoi_grpc_dial_conn(const edo_balance_lease *lease) {
    return conn_of(lease->conn);
}

static int way_dial(const edoi_grpc_way *w, const char *address, edo_stream **out) {
    if (w->opts.connect) return w->opts.connect(w->opts.arg, out, address);
    if (strncmp(address, "unix:", 5) == 0) return edo_unix_connect(out, address, NULL);
    return edo_tcp_connect(out, address, w->http2.tcp);
}

/* Shakes hands over `*io`, which is closed on an error. HTTP/2 has to be agreed on. */
static int way_shake_hands(const edoi_grpc_way *w, edo_stream **io) {
    const edoi_tls_client_ops *tls = edoi_tls_client_ops_of(w->opts.tls);
    edo_stream *below = *io;
    int err = tls->connect_over(io, below, w->tls_name, w->opts.tls);
    if (err < 0 || edo_str_equal(tls->alpn(*io), EDO_STR("h2"))) return err;
    edo_close(*io);
    return edo_fail(-EPROTO, "the server has not agreed on h2");
}

static int way_open(const edoi_grpc_way *w, const char *address, edo_http2 **out) {
    edo_http2_opts opts = w->http2;
    edo_stream *s = NULL;
    opts.ping_interval = edo_ns((int64_t)edoi_load_rlx_u64(&w->ping_ns));
    int err = way_dial(w, address, &s);
    if (err == 0 && w->opts.tls) err = way_shake_hands(w, &s);
    if (err < 0) return err;
    err = edo_http2_over(out, s, &opts);
    if (err < 0) edo_close(s);
    return err;
}

/* Waits until the server is serving. Returns 0, or why it is not. */
static int conn_await_health(dial_conn *c, const edoi_grpc_way *w) {
    int err;
    do err = edoi_grpc_watch_next(&c->watch, c->h2, w);
    while (err == -EAGAIN && c->watch.res);
    c->tells_nothing = err == -ENOTSUP;
    return c->tells_nothing ? 0 : err;
}

static void dial_conn_free(dial_conn *c) {
    edoi_grpc_watch_end(&c->watch);
    edo_http2_close(c->h2);
    free(c);
}

static int way_connect(const edoi_grpc_way *w, const char *address, bool watches, dial_conn **out) {
    dial_conn *c = malloc(sizeof *c);
    if (!c) return -ENOMEM;
    *c = (dial_conn){ .h2 = NULL };
    int err = way_open(w, address, &c->h2);
    if (err == 0 && watches) err = conn_await_health(c, w);
    if (err == 0)
        *out = c;
    else
        dial_conn_free(c);
    return err;
}

static int dial(const edoi_grpc_way *w, const edo_endpoint *to, bool watches, void **conn) {
    char why[512];
    dial_conn *c = NULL;
    int err = way_connect(w, to->address, watches, &c);
    if (err < 0 && err != -ECANCELED && edo_log_enabled(EDO_LEVEL_DEBUG, EDO_TARGET)) {
        (void)edo_trail_print_text(why, sizeof why, err,
                                   EDO_TRAIL_LINE); // calls get a line of it
        edo_debug("connecting to %s: %s", to->address, why);
    }
    *conn = c;
    return err;
}

static int dial_connect(void *arg, const edo_endpoint *to, void **conn) {
    return dial(arg, to, false, conn);
}

static int dial_connect_watching(void *arg, const edo_endpoint *to, void **conn) {
    return dial(arg, to, true, conn);
}

/* Waits for news of the server's health. That it serves is no news, but has to be told once: the
 * balance may know its endpoint as ill, from another connection. */
static int dial_check(void *arg, void *conn) {
    dial_conn *c = conn;
    int err = 0;
    if (c->is_known)
        err =
            c->tells_nothing ? edo_http2_wait(c->h2) : edoi_grpc_watch_next(&c->watch, c->h2, arg);
    c->is_known = true;
    c->tells_nothing |= err == -ENOTSUP;
    return err == -ENOTSUP ? 0 : err;
}

/* A server that was sent too many PINGs says so (gRPC's A8): from now on there are half as many. */
static void way_heed(edoi_grpc_way *w, edo_http2 *c) {
    char text[32];
    const uint64_t ns = edoi_load_rlx_u64(&w->ping_ns);
    if (edo_http2_goaway(c, text, sizeof text) != EDO_HTTP2_ENHANCE_YOUR_CALM) return;
    if (strcmp(text, "too_many_pings") != 0 || ns > PING_NS_MAX) return;
    edoi_store_rlx_u64(&w->ping_ns, 2 * ns);
}

/* Returns 0 if the server has ended the connection in order. */
static int dial_watch(void *arg, void *conn) {
    int err = edo_http2_wait(conn_of(conn));
    way_heed(arg, conn_of(conn)); // also of one that was found to be lost before
    const bool said_goodbye = edo_http2_goaway(conn_of(conn), NULL, 0) == EDO_HTTP2_NO_ERROR;
    return err == 0 && !said_goodbye ? -ECONNRESET : err;
}

static bool dial_is_lost(void *arg, void *conn, int result) {
    (void)arg, (void)result;
    return !edo_http2_is_open(conn_of(conn), false);
}

static void dial_close(void *arg, void *conn) {
    (void)arg;
    dial_conn_free(conn);
}

static void dial_drop(void *arg) {
    edo_rc_unref(arg);
}

const edo_balance_ops edoi_grpc_dial_ops = { .connect = dial_connect,
                                             .watch = dial_watch,
                                             .is_lost = dial_is_lost,
                                             .close = dial_close,
                                             .drop = dial_drop };

const edo_balance_ops edoi_grpc_dial_watching_ops = { .connect = dial_connect_watching,
                                                      .watch = dial_watch,
                                                      .is_lost = dial_is_lost,
                                                      .close = dial_close,
                                                      .check = dial_check,
                                                      .drop = dial_drop };
