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

/* Reads, and forgets, what the client sends. */
static void leave_hear(edoi_http_conn *c) {
    char bytes[2048];
    for (int i = 0; i < HEARD_MAX && edo_try_read(c->stream, bytes, sizeof bytes) > 0; i++) {
    }
}

/* Waits until the client has all. Returns 0, -ETIMEDOUT if it is too slow, or a code. */
static int leave_await(edoi_http_conn *c, edo_stream *socket, edo_tcp_taken *now) {
    edo_duration nap = { 0 };
    const edo_http_server_opts *o = &c->server->opts;
    edo_duration silence = { 0 }; // no byte was taken for so long
    edoi_stall pace;
    edoi_stall_begin(&pace, o->write_timeout, o->rate_min, o->rate_grace);
    int err = 0, ended = -EAGAIN;
    while (err == 0 && (ended == -EAGAIN || edoi_tcp_is_awaited(now)) && !now->is_gone) {
        uint64_t before = now->bytes;
        if (ended == -EAGAIN) ended = leave_end_output(c);
        err = edoi_tcp_nap(now, &nap, socket);
        if (edoi_http_conn_is_http2(c)) leave_hear(c);
        edoi_stall_count(&pace, now->bytes - before);
        edoi_stall_spend(&pace, nap);
        silence.ns = now->bytes > before ? 0 : silence.ns + nap.ns;
        bool is_too_slow = silence.ns >= o->write_timeout.ns || edoi_stall_left(&pace).ns == 0;
        if (err == 0 && is_too_slow && now->left > 0) err = -ETIMEDOUT;
    }
    return err;
}

bool edoi_http_is_untaken(const edoi_http_conn *c) {
    edo_tcp_taken now = { .left = 0 };
    return edo_tcp_get_taken(edoi_http_socket(c), &now) == 0 && edoi_tcp_is_awaited(&now);
}

void edoi_http_leave(edoi_http_conn *c) {
    edo_stream *socket = edoi_http_socket(c);
    edo_tcp_taken now = { .left = 0 };
    if (edo_tcp_get_taken(socket, &now) < 0 || !edoi_tcp_is_awaited(&now)) return;
    edoi_store_rlx_u16(&c->phase, EDOI_HTTP_LINGERS); // relaxed: a drain only counts it
    EDO_SHIELD(shield, edo_ns(-1));                   // its client may have ended the burst
    edo_cancel_block drained, killed;
    edo_cancel_begin(&drained, edoi_http_conn_is_http2(c) ? c->server->kill : c->server->hurry);
    edo_cancel_begin(&killed, c->server->kill);
    int err = leave_await(c, socket, &now);
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
