/* SPDX-License-Identifier: MIT */
/* http/server/leave.c: the end of a connection whose client has not taken all that was sent. The
 * kernel would go on to send behind a close, and keep the bytes of a client that does not read: so
 * the connection keeps its place, and a client is as slow as it may be within a response. */
#include "http/server/server.h"

#include "http/io/stall.h"
#include "net/tcp/taken.h"

#include <edo/scope.h>

#define EDO_TARGET "http"
#include <edo/log.h>

#include <errno.h>

/* Ends the output. Returns 0, -EAGAIN if TLS has bytes that go before the end, or a code. */
static int leave_end_output(edoi_http_conn *c) {
    int result;
    (void)c->stream->ops->poll_shutdown(c->stream, NULL, NULL, &result);
    return result;
}

#define HEARD_MAX 16 /* reads at one look: a client may send as fast as they are */

/* Reads, and forgets, what the client has sent. Returns whether it has ended its output. */
static bool leave_hear(edoi_http_conn *c) {
    char bytes[2048];
    int n = 1;
    for (int i = 0; i < HEARD_MAX && n > 0; i++) n = edo_try_read(c->stream, bytes, sizeof bytes);
    return n <= 0 && n != -EAGAIN;
}

/* Waits, for `limit` at most, until the client sends something or ends, and hears it. Returns
 * whether it has ended its output, or a code. */
static int leave_hear_within(edoi_http_conn *c, edo_duration limit) {
    char byte;
    EDO_DEADLINE(d, limit);
    int n = edo_deadline_end(&d, edo_read(c->stream, &byte, 1));
    if (n == -ETIMEDOUT) return false;
    if (n == -ECANCELED) return n;
    return n <= 0 || leave_hear(c);
}

#define DRAIN_S 5    /* for how long a drain waits for a client */
#define END_MS  1000 /* for how long a client that has all is waited for */

/* How long a client has been waited for. */
typedef struct leave_times {
    edoi_stall pace;
    edo_duration silence; /* no byte was taken for so long */
    edo_duration all;
    edo_duration drained; /* in a drain */
    edo_duration nap;
    bool has_ended; /* the client its output, which over HTTP/2 is heard */
} leave_times;

/* Waits a little longer than the last time, or until the client of HTTP/2 says something, and looks
 * again at what it has taken. Returns 0 or a code. */
static int leave_nap(edoi_http_conn *c, leave_times *t, edo_stream *socket, edo_tcp_taken *now) {
    if (!edoi_http_conn_is_http2(c) || t->has_ended) return edoi_tcp_nap(now, &t->nap, socket);
    t->nap = edoi_tcp_nap_next(t->nap);
    int ended = leave_hear_within(c, t->nap);
    t->has_ended = ended > 0;
    return ended < 0 ? ended : edo_tcp_get_taken(socket, now);
}

static void leave_count(edoi_http_conn *c, leave_times *t, uint64_t taken, edo_duration wait) {
    edoi_stall_count(&t->pace, taken);
    edoi_stall_spend(&t->pace, wait);
    t->silence.ns = taken > 0 ? 0 : t->silence.ns + wait.ns;
    t->all.ns += wait.ns;
    if (edoi_http_server_drains(c->server)) t->drained.ns += wait.ns;
}

/* Is the client too slow, or others wait for the place that it has had for long, or the end of the
 * server does? */
static bool leave_is_too_slow(edoi_http_conn *c, leave_times *t) {
    int64_t most_ns = c->server->opts.write_timeout.ns;
    if (t->silence.ns >= most_ns || edoi_stall_left(&t->pace).ns == 0) return true;
    if (t->drained.ns >= edo_s(DRAIN_S).ns) return true;
    return t->all.ns >= most_ns && edoi_http_server_has_newcomers(c->server);
}

/* Waits until the client has all. Returns 0, -ETIMEDOUT if it is too slow, or a code. */
static int leave_await(edoi_http_conn *c, leave_times *t, edo_stream *socket, edo_tcp_taken *now) {
    const edo_http_server_opts *o = &c->server->opts;
    edoi_stall_begin(&t->pace, o->write_timeout, o->rate_min, o->rate_grace);
    int err = 0, ended = -EAGAIN;
    while (err == 0 && (ended == -EAGAIN || edoi_tcp_is_awaited(now)) && !now->is_gone) {
        uint64_t before = now->bytes;
        edo_instant since = edo_now();
        if (ended == -EAGAIN) ended = leave_end_output(c);
        err = leave_nap(c, t, socket, now);
        leave_count(c, t, now->bytes - before, edo_instant_since(edo_now(), since));
        if (err == 0 && leave_is_too_slow(c, t) && now->left > 0) err = -ETIMEDOUT;
    }
    return err;
}

/* The client's kernel has all, and the client may still read that, and send frames for it. */
static int leave_await_end(edoi_http_conn *c, leave_times *t, edo_stream *socket,
                           edo_tcp_taken *now) {
    const edo_instant end = edo_instant_add(edo_now(), edo_ms(END_MS));
    int err = 0;
    t->nap.ns = 0;
    while (err == 0 && !t->has_ended && !now->is_gone && edo_now().ns < end.ns)
        err = leave_nap(c, t, socket, now);
    return err;
}

bool edoi_http_is_untaken(const edoi_http_conn *c) {
    edo_tcp_taken now = { .left = 0 };
    return edo_tcp_get_taken(edoi_http_socket(c), &now) == 0 && edoi_tcp_is_awaited(&now);
}

void edoi_http_leave(edoi_http_conn *c) {
    edo_stream *socket = edoi_http_socket(c);
    edo_tcp_taken now = { .left = 0 };
    leave_times t = { .all = { 0 } };
    if (edo_tcp_get_taken(socket, &now) < 0 || !edoi_tcp_is_awaited(&now)) return;
    edoi_store_rlx_u16(&c->phase, EDOI_HTTP_LINGERS); // relaxed: a drain only counts it
    EDO_SHIELD(shield, edo_ns(-1));                   // its client may have ended the burst
    edo_cancel_block drained, killed;
    edo_cancel_begin(&drained, edoi_http_conn_is_http2(c) ? c->server->kill : c->server->hurry);
    edo_cancel_begin(&killed, c->server->kill);
    int err = leave_await(c, &t, socket, &now);
    if (err == 0 && edoi_http_conn_is_http2(c)) err = leave_await_end(c, &t, socket, &now);
    err = edo_cancel_end(&drained, edo_cancel_end(&killed, err));
    (void)edo_shield_end(&shield, 0);
    if (err != -ETIMEDOUT) return;
    edo_debug("a client did not take the last %u bytes", (unsigned)now.left);
    edoi_tcp_discard(c->stream);
}

int edoi_http_leaving(void *conn) {
    edoi_http_conn *c = conn;
    edoi_http_leave(c);
    edoi_http_conn_unref(c);
    return 0;
}
