/* SPDX-License-Identifier: MIT */
/* http2/client/call/body.c: the bodies of a call, as one stream both ways. What comes is queued,
 * and the windows open again when it is read: so a server cannot send more than they hold. What is
 * written is copied to a queue, up to `send_buf` bytes. */
#include "http2/client/call/fields.h"
#include "http2/client/client.h"

#include <edo/error.h>

#include <errno.h>

#define HELD_MAX   (1u << 20) /* bytes in the queues of a connection */
#define HELD_MIN   4096u      /* that each call may have beyond that */
#define USEFUL_MIN 512u       /* of a piece that buys the server frames in any case */

static edoi_h2_call *call_of_body(edo_stream *b) {
    return EDO_CONTAINER_OF(b, edoi_h2_call, stream);
}

/* ---- What comes ------------------------------------------------------------------------------ */

/* There is no memory for what has come: its stream ends, and the connection goes on. */
static int call_body_give_up(edoi_h2_call *k, size_t n) {
    (void)nghttp2_session_consume(k->conn->session, k->life.id, n);
    edoi_h2_call_reset(k, NGHTTP2_INTERNAL_ERROR, -ENOMEM);
    edoi_h2_call_wake_reader(k);
    return 0;
}

int edoi_h2_call_on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
                         size_t n, void *c) {
    edoi_h2_call *k = nghttp2_session_get_stream_user_data(session, id);
    (void)flags;
    if (!k || !edoi_h2_call_is_kept(k) || k->end.failed < 0) { // nobody reads
        (void)nghttp2_session_consume(session, id, n);
        return 0;
    }
    edoi_http2_guard_buy(c, 1);
    if (edoi_h2_queue_put(&k->in.queue, bytes, n) < 0) return call_body_give_up(k, n);
    edoi_h2_call_wake_reader(k);
    return 0;
}

/* Opens the windows for `n` bytes. Called with the lock held. */
static void call_body_consume(edoi_h2_call *k, size_t n) {
    nghttp2_session *session = k->conn->session;
    if (n == 0 || !session) return;
    if (edoi_h2_call_in_session(k))
        (void)nghttp2_session_consume(session, k->life.id, n);
    else
        (void)nghttp2_session_consume_connection(session, n);
}

void edoi_h2_call_drop_input(edoi_h2_call *k) {
    size_t n = k->in.queue.bytes;
    edoi_h2_queue_deinit(&k->in.queue);
    call_body_consume(k, n);
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Why no byte can come; 0: some may, 1: the end. Called with the lock held. */
static int call_body_end_of(const edoi_h2_call *k) {
    if (!edoi_h2_call_is_kept(k)) return -EDO_ECLOSED;
    if (k->up.failed < 0) return k->up.failed;
    if (edoi_h2_call_is_whole(k)) return 1;
    return k->end.failed;
}

/* What is left of the request nobody sends any more: the response is whole. */
static void call_body_end_upload(edoi_h2_call *k) {
    k->up.is_over = true;
    edoi_http2_lock(k->conn);
    edoi_h2_call_reset(k, NGHTTP2_CANCEL, 0);
    edoi_http2_unlock_and_kick(k->conn);
}

/* Called with the lock held; releases it. */
static edo_polled call_body_read_result(edoi_h2_call *k, int *result, int value) {
    bool is_of_response = value < 0 && value == k->end.failed;
    edoi_http2_unlock_and_kick(k->conn);
    edoi_h2_upload_unwait(k);
    if (is_of_response) value = edoi_h2_call_tell(k, value);
    if (value == 0 && !k->up.is_over) call_body_end_upload(k);
    *result = value;
    return EDO_READY;
}

static edo_polled call_body_poll_read(edo_stream *b, edo_cx *cx, edo_io_wait *wait,
                                      const struct iovec *to, size_t n, uint32_t flags,
                                      int *result) {
    edoi_h2_call *k = call_of_body(b);
    edo_http2 *c = k->conn;
    bool peeks = flags & EDO_IO_PEEK;
    edoi_h2_upload_poll(k, cx);
    edoi_http2_lock(c);
    k->in.reader = (edoi_h2_wait){ NULL, NULL };
    size_t got = edoi_h2_call_is_kept(k) ? edoi_h2_queue_take(&k->in.queue, to, n, peeks) : 0;
    int end = got == 0 ? call_body_end_of(k) : 0;
    if (got > 0 && !peeks) call_body_consume(k, got);
    if (!peeks) k->in.taken += got;
    if (got > 0) return call_body_read_result(k, result, (int)got);
    if (end != 0) return call_body_read_result(k, result, end < 0 ? end : 0);
    if (!cx) return call_body_read_result(k, result, -EAGAIN);
    k->in.reader = (edoi_h2_wait){ edo_cx_waker(cx), wait };
    edoi_http2_unlock_and_kick(c);
    return EDO_PENDING;
}

/* ---- What the session takes ------------------------------------------------------------------ */

ssize_t edoi_h2_call_next_data(nghttp2_session *session, int32_t id, uint8_t *buf, size_t n,
                               uint32_t *flags, nghttp2_data_source *source, void *c) {
    edoi_h2_call *k = source->ptr;
    size_t piece = edoi_h2_queue_front(&k->out.queue).len;
    (void)buf, (void)c;
    if (piece == 0 && !k->out.has_ended) {
        k->out.is_deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    if (piece < n) n = piece;
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (!k->out.has_ended || n < k->out.queue.bytes) return (ssize_t)n;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (k->out.last_n == 0) return (ssize_t)n;
    *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    if (nghttp2_submit_trailer(session, id, k->out.last, k->out.last_n) == 0) return (ssize_t)n;
    edoi_h2_call_reset(k, NGHTTP2_INTERNAL_ERROR, -ENOMEM); // without them it is not whole
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

int edoi_h2_call_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head,
                           size_t n, nghttp2_data_source *source, void *arg) {
    edoi_h2_out *o = edoi_h2_out_here();
    edoi_h2_call *k = source->ptr;
    edo_http2 *c = arg;
    (void)session, (void)frame;
    if (edoi_h2_out_is_full(o)) return NGHTTP2_ERR_WOULDBLOCK;
    edo_str piece = { edoi_h2_queue_front(&k->out.queue).ptr, n };
    if (edoi_h2_out_data(o, head, piece, k)) k->life.pins++;
    if (n > 0) edoi_h2_queue_drop(&k->out.queue, n, &o->spent);
    // an update of a window, and one more or a PING: gRPC's servers send both for each frame. Small
    // pieces of what waits the server makes, by its windows
    if (n >= USEFUL_MIN || k->out.queue.bytes == 0) edoi_http2_guard_buy(c, 2);
    c->held -= n;
    if (k->out.queue.bytes <= c->opts.send_buf / 2) edoi_h2_call_wake_writer(k);
    return 0;
}

/* ---- Writing --------------------------------------------------------------------------------- */

size_t edoi_h2_call_room(const edoi_h2_call *k) {
    size_t most = k->conn->opts.send_buf;
    if (k->conn->held >= HELD_MAX && most > HELD_MIN) most = HELD_MIN;
    return k->out.queue.bytes < most ? most - k->out.queue.bytes : 0;
}

void edoi_h2_call_queued(edoi_h2_call *k, size_t n) {
    k->conn->held += n;
    if (k->out.left != UINT64_MAX) k->out.left -= n;
    if (k->out.left == 0 && !k->out.ends_late)
        k->out.has_ended = true; // a body of that length is whole
    if (!k->out.is_deferred || !edoi_h2_call_in_session(k)) return;
    k->out.is_deferred = false;
    (void)nghttp2_session_resume_data(k->conn->session, k->life.id);
}

bool edoi_h2_call_takes(const edoi_h2_call *k) {
    return edoi_h2_call_in_session(k) && edoi_h2_call_is_kept(k) && k->conn->session &&
           k->end.failed == 0;
}

/* Why is nothing written? 0: it may be. Called with the lock held. */
static int call_body_write_end(const edoi_h2_call *k) {
    if (!edoi_h2_call_is_kept(k)) return -EDO_ECLOSED;
    if (!k->out.can_write) return -ENOTSUP;
    if (!edoi_h2_call_takes(k)) return -EPIPE;
    return k->out.has_ended ? (k->out.left == 0 ? -EMSGSIZE : -EPIPE) : 0;
}

/* Queues what there is room for. Returns how many bytes; 0: none; or a code. Called with the lock
 * held. */
static int call_body_queue(edoi_h2_call *k, const struct iovec *from) {
    size_t room = edoi_h2_call_room(k), n = from->iov_len < room ? from->iov_len : room;
    int end = call_body_write_end(k);
    if (end < 0) return end;
    if (n > k->out.left) n = (size_t)k->out.left;
    if (n == 0) return 0;
    if (edoi_h2_queue_put(&k->out.queue, from->iov_base, n) < 0) return -ENOMEM;
    edoi_h2_call_queued(k, n);
    return (int)n;
}

/* Called with the lock held; releases it. */
static edo_polled call_body_write_wait(edoi_h2_call *k, edo_cx *cx, edo_io_wait *wait,
                                       int *result) {
    if (cx) k->out.writer = (edoi_h2_wait){ edo_cx_waker(cx), wait };
    edoi_http2_unlock_and_kick(k->conn);
    *result = -EAGAIN;
    return cx ? EDO_PENDING : EDO_READY;
}

static edo_polled call_body_poll_write(edo_stream *b, edo_cx *cx, edo_io_wait *wait,
                                       const struct iovec *from, size_t n, int *result) {
    edoi_h2_call *k = call_of_body(b);
    while (n > 1 && from->iov_len == 0) from++, n--;
    edoi_http2_lock(k->conn);
    k->out.writer = (edoi_h2_wait){ NULL, NULL };
    int done = call_body_queue(k, from);
    if (done == 0) return call_body_write_wait(k, cx, wait, result);
    edoi_http2_unlock_and_kick(k->conn);
    *result = done;
    return EDO_READY;
}

/* Ready once all was gathered for a write. */
static edo_polled call_body_poll_flush(edo_stream *b, edo_cx *cx, edo_io_wait *wait, int *result) {
    edoi_h2_call *k = call_of_body(b);
    edoi_http2_lock(k->conn);
    k->out.writer = (edoi_h2_wait){ NULL, NULL };
    bool is_cut = k->out.queue.bytes > 0 && !edoi_h2_call_takes(k);
    if (k->out.queue.bytes > 0 && !is_cut) return call_body_write_wait(k, cx, wait, result);
    edoi_http2_unlock(k->conn);
    *result = is_cut ? -EPIPE : 0;
    return EDO_READY;
}

static edo_polled call_body_poll_ready(edo_stream *b, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                                       int *result) {
    edoi_h2_call *k = call_of_body(b);
    bool is_ready;
    if (what == EDO_IO_READ) edoi_h2_upload_poll(k, cx);
    edoi_http2_lock(k->conn);
    edoi_h2_wait *w = what == EDO_IO_READ ? &k->in.reader : &k->out.writer;
    *w = (edoi_h2_wait){ NULL, NULL };
    if (what == EDO_IO_READ)
        is_ready = k->in.queue.bytes > 0 || call_body_end_of(k) != 0;
    else
        is_ready = edoi_h2_call_room(k) > 0 || call_body_write_end(k) < 0;
    if (!is_ready && cx) *w = (edoi_h2_wait){ edo_cx_waker(cx), wait };
    edoi_http2_unlock_and_kick(k->conn);
    *result = is_ready ? (int)what : -EAGAIN;
    if (is_ready && what == EDO_IO_READ) edoi_h2_upload_unwait(k);
    return is_ready || !cx ? EDO_READY : EDO_PENDING;
}

static edo_polled call_body_poll_shutdown(edo_stream *b, edo_cx *cx, edo_io_wait *wait,
                                          int *result) {
    edoi_h2_call *k = call_of_body(b);
    (void)cx, (void)wait;
    *result = k->out.can_write ? edoi_h2_call_end_output(k) : -ENOTSUP;
    return EDO_READY;
}

/* Ends what is queued. Called with the lock held. */
static int call_body_end_queue(edoi_h2_call *k) {
    if (k->out.left > 0 && k->out.left != UINT64_MAX && edoi_h2_call_takes(k)) {
        edoi_h2_call_reset(k, NGHTTP2_CANCEL, -EMSGSIZE);
        return -EMSGSIZE;
    }
    k->out.has_ended = true;
    edoi_h2_call_queued(k, 0);
    return 0;
}

int edoi_h2_call_end_output(edoi_h2_call *k) {
    nghttp2_nv *last;
    size_t last_n;
    int err = edoi_h2_fields_of_trailers(&last, &last_n, k->asked.trailers);
    if (err < 0) return err;
    edoi_http2_lock(k->conn);
    bool ends = !k->out.has_ended; // a close by another owner of the stream has ended it, too
    if (ends) {
        k->out.last = last;
        k->out.last_n = last_n;
        err = call_body_end_queue(k);
    }
    edoi_http2_unlock_and_kick(k->conn);
    if (!ends) edo_rc_unref(last);
    return err;
}

/* ---- The end --------------------------------------------------------------------------------- */

static void call_body_unwait(edo_stream *b, edo_io_wait *wait) {
    edoi_h2_call *k = call_of_body(b);
    edoi_http2_lock(k->conn);
    bool was_reader = k->in.reader.wait == wait;
    if (was_reader) k->in.reader = (edoi_h2_wait){ NULL, NULL };
    if (k->out.writer.wait == wait) k->out.writer = (edoi_h2_wait){ NULL, NULL };
    edoi_http2_unlock(k->conn);
    if (!k->up.is_over) edoi_h2_upload_unwait(k);
}

/* Takes the request back, unless it has ended. A tunnel that the server has ended ends in order, if
 * nothing is queued: so no window holds that up. Called with the lock held. */
static void call_body_leave(edoi_h2_call *k) {
    bool is_orderly = k->res.is_upgraded && edoi_h2_call_is_whole(k) && k->out.queue.bytes == 0 &&
                      edoi_h2_call_takes(k);
    if (!edoi_h2_call_shut(k)) return;
    if (!is_orderly) {
        edoi_h2_call_reset(k, NGHTTP2_CANCEL, -EDO_ECLOSED);
        return;
    }
    k->out.has_ended = true;
    edoi_h2_call_queued(k, 0);
}

static void call_body_close(edo_stream *b) {
    edoi_h2_call *k = call_of_body(b);
    edoi_http2_lock(k->conn);
    call_body_leave(k);
    edoi_h2_call_drop_input(k);
    edoi_h2_call_wake_reader(k);
    edoi_h2_call_wake_writer(k);
    edoi_http2_unlock_and_kick(k->conn);
}

static void call_body_free(edo_stream *b) {
    edoi_h2_call *k = call_of_body(b);
    edo_http2 *c = edo_rc_ref(k->conn); // the call's may be the last one
    k->up.is_over = true;
    edoi_http2_lock(c);
    call_body_leave(k);
    edoi_h2_call_leave(k);
    edoi_h2_call_let_go(k);
    edoi_http2_unlock_and_kick(c);
    edo_rc_unref(c);
}

static int call_body_fd(edo_stream *b) {
    (void)b;
    return -1;
}

const edo_stream_ops edoi_h2_call_ops = { .name = "edo_http2_call",
                                          .poll_read = call_body_poll_read,
                                          .poll_write = call_body_poll_write,
                                          .poll_shutdown = call_body_poll_shutdown,
                                          .poll_ready = call_body_poll_ready,
                                          .unwait = call_body_unwait,
                                          .close = call_body_close,
                                          .free = call_body_free,
                                          .fd = call_body_fd,
                                          .poll_flush = call_body_poll_flush };
