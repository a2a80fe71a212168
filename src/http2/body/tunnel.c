/* SPDX-License-Identifier: MIT */
/* http2/body/tunnel.c: a stream of HTTP/2 as a stream of bytes, both ways: what a handler gets
 * instead of a response, for a WebSocket, a CONNECT, and events that go on when it has returned. */
#include "http/server/exchange/hooks.h"
#include "http2/h2.h"

#include <errno.h>

static edoi_h2_stream *tunnel_of(edo_stream *t) {
    return EDO_CONTAINER_OF(t, edoi_h2_stream, tunnel.stream);
}

/* ---- The stream ------------------------------------------------------------------------------ */

static edo_polled tunnel_closed(int *result) {
    *result = -EDO_ECLOSED;
    return EDO_READY;
}

static edo_polled tunnel_read(edo_stream *t, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                              size_t n, uint32_t flags, int *result) {
    edoi_h2_stream *s = tunnel_of(t);
    if (edoi_load_rlx_u32(&s->tunnel.is_shut)) return tunnel_closed(result); // relaxed: a flag
    return s->in.body.ops->poll_read(&s->in.body, cx, wait, to, n, flags, result);
}

static edo_polled tunnel_write(edo_stream *t, edo_cx *cx, edo_io_wait *wait,
                               const struct iovec *from, size_t n, int *result) {
    edo_stream *reply = &tunnel_of(t)->x.reply.stream;
    if (edoi_load_rlx_u32(&tunnel_of(t)->tunnel.is_shut))
        return tunnel_closed(result); // relaxed: a flag
    edo_polled polled = reply->ops->poll_write(reply, cx, wait, from, n, result);
    if (polled == EDO_READY && *result == -ECONNRESET) *result = -EPIPE;
    return polled;
}

static edo_polled tunnel_flush(edo_stream *t, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_stream *reply = &tunnel_of(t)->x.reply.stream;
    return reply->ops->poll_flush(reply, cx, wait, result);
}

/* Ready once no more will come, also while some of it was not read yet. */
static edo_polled tunnel_ended(edoi_h2_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    edoi_h2_lock(s->h2);
    bool is_over = !s->in_session || s->is_reset || s->in.is_cut ||
                   (s->in.has_ended && !s->tunnel.is_one_way) ||
                   edoi_load_rlx_u32(&s->tunnel.is_shut); // relaxed: the lock orders it
    s->wakes.watcher = (edoi_h2_waiter){ 0 };
    if (!is_over && cx) s->wakes.watcher = (edoi_h2_waiter){ edo_cx_waker(cx), wait };
    edoi_h2_unlock(s->h2);
    if (!is_over && cx) return EDO_PENDING;
    *result = is_over ? (int)EDO_IO_READ_CLOSED : -EAGAIN;
    return EDO_READY;
}

static edo_polled tunnel_ready(edo_stream *t, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                               int *result) {
    edoi_h2_stream *s = tunnel_of(t);
    edo_stream *below = what == EDO_IO_WRITE ? &s->x.reply.stream : &s->in.body;
    if (edoi_load_rlx_u32(&s->tunnel.is_shut)) return tunnel_closed(result); // relaxed: a flag
    if (what == EDO_IO_READ_CLOSED) return tunnel_ended(s, cx, wait, result);
    return below->ops->poll_ready(below, cx, wait, what, result);
}

static void tunnel_unwait(edo_stream *t, edo_io_wait *wait) {
    edoi_h2_stream *s = tunnel_of(t);
    s->in.body.ops->unwait(&s->in.body, wait);
    edoi_h2_lock(s->h2);
    if (s->wakes.watcher.wait == wait) s->wakes.watcher = (edoi_h2_waiter){ 0 };
    edoi_h2_unlock(s->h2);
    s->x.reply.stream.ops->unwait(&s->x.reply.stream, wait);
}

static edo_polled tunnel_shutdown(edo_stream *t, edo_cx *cx, edo_io_wait *wait, int *result) {
    (void)cx, (void)wait;
    *result = edoi_h2_end_output(tunnel_of(t));
    return EDO_READY;
}

/* Breaks off a response that no shutdown has ended: the client is not to take it for whole. */
static void tunnel_break_off(edoi_h2_stream *s) {
    edoi_h2_lock(s->h2);
    if (s->in_session && !s->out.has_ended)
        (void)nghttp2_submit_rst_stream(s->h2->session, NGHTTP2_FLAG_NONE, s->id,
                                        NGHTTP2_INTERNAL_ERROR);
    edoi_h2_unlock_and_kick(s->h2);
}

/* What was written still goes out; what comes is dropped. The end of the output resets the rest
 * (session.c), unless it has gone before. */
static void tunnel_close(edo_stream *t) {
    edoi_h2_stream *s = tunnel_of(t);
    edoi_store_rlx_u32(&s->tunnel.is_shut, 1); // relaxed: the lock orders the wakes
    if (s->tunnel.is_one_way) tunnel_break_off(s);
    (void)edoi_h2_end_output(s);
    edoi_h2_lock(s->h2);
    if (s->in_session && nghttp2_session_get_stream_local_close(s->h2->session, s->id) == 1)
        (void)nghttp2_submit_rst_stream(s->h2->session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_NO_ERROR);
    edoi_h2_drop_body(s);
    edoi_h2_wake_at_end(s);
    edoi_h2_wake_writer(s);
    edoi_h2_deliver(s->h2);
    edoi_h2_unlock_and_kick(s->h2);
}

static void tunnel_free(edo_stream *t) {
    edoi_h2_stream *s = tunnel_of(t);
    edoi_h2_conn *h2 = s->h2;
    if (!edoi_load_rlx_u32(&s->tunnel.is_shut)) tunnel_close(t); // relaxed: nobody else has it
    edoi_http_conn_ref(h2->conn);                                // the stream's may be the last one
    edoi_h2_lock(h2);
    s->tunnel.is_there = false;
    s->fiber.left_at = edo_now_coarse();
    s->out.gone = 0; // from here on it says that the client still reads
    bool is_last = edoi_h2_stream_let_go(s);
    edoi_h2_unlock_and_kick(h2);
    if (is_last) edoi_h2_stream_free(s);
    edoi_http_conn_unref(h2->conn);
}

static int tunnel_fd(edo_stream *t) {
    (void)t;
    return -1;
}

static const edo_stream_ops tunnel_ops = { .name = "edo_http2_tunnel",
                                           .flags = EDO_STREAM_TELLS_END,
                                           .poll_read = tunnel_read,
                                           .poll_write = tunnel_write,
                                           .poll_shutdown = tunnel_shutdown,
                                           .poll_ready = tunnel_ready,
                                           .unwait = tunnel_unwait,
                                           .close = tunnel_close,
                                           .free = tunnel_free,
                                           .fd = tunnel_fd,
                                           .poll_flush = tunnel_flush };

/* ---- Instead of a response ------------------------------------------------------------------- */

/* Sends the head, and makes the stream. `status` is that of the response. */
static int tunnel_begin(edoi_http_exchange *x, edo_stream **out, edo_status status) {
    edoi_h2_stream *s = edoi_h2_of(x);
    edo_status before = x->res.status;
    x->res.status = status;
    x->upgraded = true; // hooks see the head, and leave the body alone
    int err = x->res.hooks ? edoi_response_hooks_raw(x) : 0;
    x->res.status = status; // hooks do not change the status
    if (err == 0) err = x->wire->send_head(x, EDOI_FRAMING_CHUNKED, UINT64_MAX);
    if (err < 0) {
        x->upgraded = false;
        x->res.status = before;
        return err;
    }
    x->reply.head_sent = true;
    x->reply.framing = EDOI_FRAMING_CHUNKED;
    x->reply.left = UINT64_MAX;
    s->fiber.is_unlimited = true; // who uses the stream has limits of their own
    s->tunnel.stream = (edo_stream){ .ops = &tunnel_ops, .refs = EDOI_ATOMIC_INIT(1) };
    edoi_h2_lock(s->h2); // the state machine looks at it
    s->tunnel.is_there = true;
    edoi_h2_unlock(s->h2);
    *out = &s->tunnel.stream;
    return 0;
}

int edoi_h2_upgrade(edoi_http_exchange *x, edo_stream **out) {
    if (x->reply.head_sent) return -EBUSY;
    bool asked = x->req.method == EDO_METHOD_CONNECT || edoi_h2_of(x)->in.is_extended;
    return asked ? tunnel_begin(x, out, EDO_STATUS_OK) : -EINVAL;
}

int edoi_h2_upgrade_raw(edoi_http_exchange *x, edo_stream **out, edo_str *rest) {
    int err = edoi_h2_upgrade(x, out);
    if (err == 0) *rest = (edo_str){ 0 };
    return err;
}

int edoi_h2_response_raw(edoi_http_exchange *x, edo_stream **out, bool *is_chunked) {
    if (x->reply.head_sent) return -EBUSY;
    if (edoi_http_has_no_body(x)) return -EINVAL;
    edoi_h2_of(x)->tunnel.is_one_way = true;
    int err = tunnel_begin(x, out, x->res.status);
    if (err == 0) *is_chunked = false;
    return err;
}

void edoi_h2_end_tunnel(edoi_h2_stream *s) {
    if (s->x.upgraded && !s->x.detached.ops) edo_close(&s->tunnel.stream);
}
