/* SPDX-License-Identifier: MIT */
/* http2/body/request_body.c: the body of a request, as a stream. What comes is queued, and the
 * windows open again when it is read: so a client cannot send more than they hold. */
#include "http2/h2.h"

#include <errno.h>

static edoi_h2_stream *h2_body_stream_of(edo_stream *b) {
    return EDO_CONTAINER_OF(b, edoi_h2_stream, in.body);
}

/* ---- What comes ------------------------------------------------------------------------------ */

/* There is no memory for what has come: its stream ends, and the connection goes on. */
static int h2_body_give_up(nghttp2_session *session, int32_t id, size_t n) {
    (void)nghttp2_session_consume(session, id, n);
    int err = nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_INTERNAL_ERROR);
    return err == 0 ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

int edoi_h2_on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
                    size_t n, void *h2) {
    edoi_h2_stream *s = nghttp2_session_get_stream_user_data(session, id);
    (void)flags;
    if (!s || !edoi_h2_has_user(s) || edoi_load_rlx_u32(&s->tunnel.is_shut)) { // nobody reads
        (void)nghttp2_session_consume(session, id, n);
        return 0;
    }
    edoi_h2_guard_buy(h2, 1);
    if (edoi_h2_queue_put(&s->in.queue, bytes, n) < 0) return h2_body_give_up(session, id, n);
    edoi_h2_wake_reader(s);
    return 0;
}

void edoi_h2_end_body(edoi_h2_stream *s) {
    s->in.has_ended = true;
    edoi_h2_wake_at_end(s);
}

/* Opens the windows for `n` bytes. Called with the lock held. */
static void h2_body_consume(edoi_h2_stream *s, size_t n) {
    nghttp2_session *session = s->h2->session;
    if (n == 0 || !session) return;
    if (s->in_session)
        (void)nghttp2_session_consume(session, s->id, n);
    else
        (void)nghttp2_session_consume_connection(session, n);
}

void edoi_h2_drop_body(edoi_h2_stream *s) {
    size_t n = s->in.queue.bytes;
    edoi_h2_queue_deinit(&s->in.queue);
    h2_body_consume(s, n);
}

/* ---- The stream ------------------------------------------------------------------------------ */

/* A client that waits to be asked for the body is asked. Called with the lock held. */
static void h2_body_invite(edoi_h2_stream *s) {
    static const nghttp2_nv status = { (uint8_t *)(uintptr_t) ":status",
                                       (uint8_t *)(uintptr_t) "100", 7, 3, NGHTTP2_NV_FLAG_NONE };
    if (!s->in.wants_continue) return;
    s->in.wants_continue = false;
    (void)nghttp2_submit_headers(s->h2->session, NGHTTP2_FLAG_NONE, s->id, NULL, &status, 1, NULL);
}

/* Why no byte can come; 0: some may, 1: the end. Called with the lock held: so a close of the
 * tunnel that is too late to be seen here wakes the reader that waits then. */
static int h2_body_end_of(const edoi_h2_stream *s) {
    if (s->in.failed < 0) return s->in.failed;
    if (edoi_load_rlx_u32(&s->tunnel.is_shut)) return -EDO_ECLOSED; // relaxed: the lock orders it
    if (s->tunnel.is_one_way) return s->in_session && !s->is_reset ? 0 : 1;
    if (s->in.has_ended) return 1;
    if (s->is_reset || !s->in_session) return -ECONNRESET;
    return s->in.is_cut ? -EDO_EEOF : 0;
}

static edo_polled h2_body_ready(edoi_h2_stream *s, int *result, int value) {
    edoi_h2_stall_end(s->in.stall);
    if (value < 0 && value != -EAGAIN) s->in.failed = value;
    *result = value;
    return EDO_READY;
}

static edo_polled h2_body_wait(edoi_h2_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    if (cx) s->wakes.reader = (edoi_h2_waiter){ edo_cx_waker(cx), wait };
    h2_body_invite(s);
    edoi_h2_unlock_and_kick(s->h2);
    if (!cx) return h2_body_ready(s, result, -EAGAIN);
    const edo_duration limit = s->x.server->opts.body_timeout;
    int err = edoi_h2_stall_wait(s, &s->in.stall, limit, s->in.taken, cx);
    if (err == 0) return EDO_PENDING;
    edoi_h2_lock(s->h2);
    s->wakes.reader = (edoi_h2_waiter){ 0 };
    edoi_h2_unlock(s->h2);
    return h2_body_ready(s, result, err);
}

static edo_polled h2_body_read(edo_stream *b, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                               size_t n, uint32_t flags, int *result) {
    edoi_h2_stream *s = h2_body_stream_of(b);
    bool peeks = flags & EDO_IO_PEEK;
    edoi_h2_lock(s->h2);
    s->wakes.reader = (edoi_h2_waiter){ 0 };
    size_t got = edoi_h2_queue_take(&s->in.queue, to, n, peeks);
    int end = got == 0 ? h2_body_end_of(s) : 0;
    if (got == 0 && end == 0) return h2_body_wait(s, cx, wait, result);
    if (!peeks) h2_body_consume(s, got);
    edoi_h2_unlock_and_kick(s->h2);
    if (!peeks) s->in.taken += got;
    if (!peeks && s->in.stall) edoi_stall_count(s->in.stall, got);
    return h2_body_ready(s, result, end < 0 ? end : (int)got);
}

static edo_polled h2_body_poll_ready(edo_stream *b, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                                     int *result) {
    edoi_h2_stream *s = h2_body_stream_of(b);
    if (what != EDO_IO_READ) {
        *result = -ENOTSUP;
        return EDO_READY;
    }
    edoi_h2_lock(s->h2);
    s->wakes.reader = (edoi_h2_waiter){ 0 };
    if (s->in.queue.bytes == 0 && h2_body_end_of(s) == 0) return h2_body_wait(s, cx, wait, result);
    edoi_h2_unlock(s->h2);
    edoi_h2_stall_end(s->in.stall);
    *result = (int)what;
    return EDO_READY;
}

static void h2_body_unwait(edo_stream *b, edo_io_wait *wait) {
    edoi_h2_stream *s = h2_body_stream_of(b);
    edoi_h2_lock(s->h2);
    if (s->wakes.reader.wait == wait) s->wakes.reader = (edoi_h2_waiter){ 0 };
    edoi_h2_unlock(s->h2);
    edoi_h2_stall_end(s->in.stall);
}

static edo_polled h2_body_write(edo_stream *b, edo_cx *cx, edo_io_wait *wait,
                                const struct iovec *from, size_t n, int *result) {
    (void)b, (void)cx, (void)wait, (void)from, (void)n;
    *result = -ENOTSUP;
    return EDO_READY;
}

static edo_polled h2_body_shutdown(edo_stream *b, edo_cx *cx, edo_io_wait *wait, int *result) {
    (void)b, (void)cx, (void)wait;
    *result = -ENOTSUP;
    return EDO_READY;
}

static void h2_body_close(edo_stream *b) {
    h2_body_stream_of(b)->in.failed = -EDO_ECLOSED;
}

static void h2_body_free(edo_stream *b) {
    (void)b; // it lies in the stream
}

static int h2_body_fd(edo_stream *b) {
    (void)b;
    return -1;
}

const edo_stream_ops edoi_h2_body_ops = { .name = "edo_http2_body",
                                          .poll_read = h2_body_read,
                                          .poll_write = h2_body_write,
                                          .poll_shutdown = h2_body_shutdown,
                                          .poll_ready = h2_body_poll_ready,
                                          .unwait = h2_body_unwait,
                                          .close = h2_body_close,
                                          .free = h2_body_free,
                                          .fd = h2_body_fd };
