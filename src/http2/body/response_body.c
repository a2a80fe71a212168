/* SPDX-License-Identifier: MIT */
/* http2/body/response_body.c: the body of a response: the stream that handlers write to, and the
 * pieces that the session takes. A write is copied to the stream's queue, up to `send_buf` bytes;
 * the rest of one that was cut short may be copied there beyond that, so that no memory waits for a
 * client that is not as much as one connection may hold anyway, and one write more. A body that
 * lies in memory whole is sent from where it lies. */
#include "http2/h2.h"

#include <edo/file.h>

#include <errno.h>

#define HELD_MAX (1u << 20) /* bytes in the queues of a connection */
#define HELD_MIN 4096u      /* that each stream may have beyond that */

static edoi_h2_stream *h2_reply_stream_of(edo_stream *r) {
    return edoi_h2_of(edoi_exchange_of_reply(r));
}

/* ---- What the session takes ------------------------------------------------------------------ */

edo_str edoi_h2_piece(const edoi_h2_stream *s) {
    return s->out.whole.len > 0 ? s->out.whole : edoi_h2_queue_front(&s->out.queue);
}

static size_t h2_reply_left(const edoi_h2_stream *s) {
    return s->out.whole.len + s->out.queue.bytes;
}

ssize_t edoi_h2_next_data(nghttp2_session *session, int32_t id, uint8_t *buf, size_t n,
                          uint32_t *flags, nghttp2_data_source *source, void *h2) {
    edoi_h2_stream *s = source->ptr;
    size_t piece = edoi_h2_piece(s).len;
    (void)buf, (void)h2;
    if (piece == 0 && !s->out.has_ended) {
        s->out.is_deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    if (piece < n) n = piece;
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (!s->out.has_ended || n < h2_reply_left(s)) return (ssize_t)n;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (s->out.tail_n == 0) return (ssize_t)n;
    *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    if (nghttp2_submit_trailer(session, id, s->out.tail, s->out.tail_n) == 0) return (ssize_t)n;
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; // without its trailers it is not whole
}

void edoi_h2_advance(edoi_h2_stream *s, size_t n, edoi_h2_chunk **spent) {
    if (s->out.whole.len > 0) {
        s->out.whole.ptr += n;
        s->out.whole.len -= n;
    } else if (n > 0) {
        edoi_h2_queue_drop(&s->out.queue, n, spent);
        s->h2->held -= n;
    }
    s->out.gone += n;
    if (s->fiber.phase == EDOI_H2_OVER) s->out.gone_at = edo_now_coarse();
    if (h2_reply_left(s) <= s->h2->shared->opts.send_buf / 2) edoi_h2_wake_writer(s);
}

/* ---- What handlers write --------------------------------------------------------------------- */

/* How many bytes may be queued now? Called with the lock held. */
static size_t h2_reply_room(const edoi_h2_stream *s) {
    size_t most = s->h2->shared->opts.send_buf;
    if (s->h2->held >= HELD_MAX && most > HELD_MIN) most = HELD_MIN;
    return s->out.queue.bytes < most ? most - s->out.queue.bytes : 0;
}

/* Lets the session ask again for bytes. Called with the lock held. */
static void h2_reply_resume(edoi_h2_stream *s) {
    if (!s->out.is_deferred) return;
    s->out.is_deferred = false;
    (void)nghttp2_session_resume_data(s->h2->session, s->id);
}

/* Is a body of a known length whole with these bytes? Trailers may still follow it. Called with the
 * lock held. */
static void h2_reply_end_at(edoi_h2_stream *s, size_t bytes, uint64_t left) {
    if (bytes == left && !s->x.reply.trailers) s->out.has_ended = true;
}

/* Queues some of the `left` bytes of the body. Returns 0 or a code. Called with the lock held. */
static int h2_reply_put(edoi_h2_stream *s, const void *bytes, size_t n, uint64_t left) {
    if (edoi_h2_queue_put(&s->out.queue, bytes, n) < 0) return -ENOMEM;
    s->h2->held += n;
    h2_reply_end_at(s, n, left);
    h2_reply_resume(s);
    return 0;
}

/* Queues what there is room for, at most the `most` bytes that are left of the body. Returns how
 * many bytes; 0: none; or a code. Called with the lock held. */
static int h2_reply_queue(edoi_h2_stream *s, const struct iovec *from, uint64_t most) {
    size_t room = h2_reply_room(s), n = from->iov_len < room ? from->iov_len : room;
    if (edoi_load_rlx_u32(&s->tunnel.is_shut)) return -EDO_ECLOSED; // relaxed: the lock orders it
    if (!s->in_session || s->is_reset) return -ECONNRESET;
    if (n > most) n = (size_t)most;
    int err = n > 0 ? h2_reply_put(s, from->iov_base, n, most) : 0;
    return err < 0 ? err : (int)n;
}

static edo_polled h2_reply_ready_with(edoi_h2_stream *s, int *result, int value) {
    edoi_h2_stall_end(s->out.stall);
    *result = value;
    return EDO_READY;
}

/* Called with the lock held; releases it. */
static edo_polled h2_reply_wait(edoi_h2_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    uint64_t gone = cx ? s->out.gone : 0;
    s->out.gone -= gone;
    if (cx) s->wakes.writer = (edoi_h2_waiter){ edo_cx_waker(cx), wait };
    edoi_h2_unlock_and_kick(s->h2);
    if (!cx) return h2_reply_ready_with(s, result, -EAGAIN);
    if (gone > 0) edoi_h2_stall_end(s->out.stall); // the client has taken some: time begins anew
    if (s->out.stall) edoi_stall_count(s->out.stall, gone);
    const edo_duration limit = s->x.server->opts.write_timeout;
    int err = edoi_h2_stall_wait(s, &s->out.stall, limit, gone, cx);
    if (err == 0) return EDO_PENDING;
    edoi_h2_lock(s->h2);
    s->wakes.writer = (edoi_h2_waiter){ 0 };
    if (err == -ETIMEDOUT) s->is_reset = true; // the client is as good as gone
    edoi_h2_unlock(s->h2);
    return h2_reply_ready_with(s, result, err);
}

static edo_polled h2_reply_write(edo_stream *r, edo_cx *cx, edo_io_wait *wait,
                                 const struct iovec *from, size_t n, int *result) {
    edoi_h2_stream *s = h2_reply_stream_of(r);
    edoi_response_body *b = &s->x.reply;
    if (b->failed) return h2_reply_ready_with(s, result, -EDO_ECLOSED);
    while (n > 1 && from->iov_len == 0) from++, n--;
    if (b->framing == EDOI_FRAMING_FORBIDDEN)
        return h2_reply_ready_with(s, result, (int)from->iov_len);
    if (b->left == 0) return h2_reply_ready_with(s, result, -EMSGSIZE);
    edoi_h2_lock(s->h2);
    s->wakes.writer = (edoi_h2_waiter){ 0 };
    int done = h2_reply_queue(s, from, b->left);
    if (done == 0) return h2_reply_wait(s, cx, wait, result);
    edoi_h2_unlock_and_kick(s->h2);
    if (done > 0 && !s->tunnel.is_there) { // which is no body
        b->written += (uint64_t)done;
        b->left -= (uint64_t)done;
    }
    return h2_reply_ready_with(s, result, done);
}

/* Called with the lock held. */
static int h2_reply_queue_rest(edoi_h2_stream *s, edo_str rest) {
    const bool has_room = s->h2->held < HELD_MAX || rest.len <= HELD_MIN;
    if (!s->in_session || s->is_reset) return -ECONNRESET;
    if (!has_room || rest.len > s->x.reply.left) return -ENOBUFS;
    int err = h2_reply_put(s, rest.ptr, rest.len, s->x.reply.left);
    if (err == 0) edoi_h2_note_rest(s, rest.len);
    return err;
}

int edoi_h2_put_rest(edoi_http_exchange *x, edo_str rest) {
    edoi_h2_stream *s = edoi_h2_of(x);
    edoi_h2_lock(s->h2);
    int err = h2_reply_queue_rest(s, rest);
    edoi_h2_unlock_and_kick(s->h2);
    if (err < 0) return err;
    x->reply.written += rest.len;
    x->reply.left -= rest.len;
    return 0;
}

/* Ready once all was gathered for a write. */
static edo_polled h2_reply_flush(edo_stream *r, edo_cx *cx, edo_io_wait *wait, int *result) {
    edoi_h2_stream *s = h2_reply_stream_of(r);
    edoi_h2_lock(s->h2);
    s->wakes.writer = (edoi_h2_waiter){ 0 };
    bool is_cut = h2_reply_left(s) > 0 && (!s->in_session || s->is_reset);
    if (h2_reply_left(s) > 0 && !is_cut) return h2_reply_wait(s, cx, wait, result);
    edoi_h2_unlock(s->h2);
    return h2_reply_ready_with(s, result, is_cut ? -ECONNRESET : 0);
}

static edo_polled h2_reply_poll_ready(edo_stream *r, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                                      int *result) {
    edoi_h2_stream *s = h2_reply_stream_of(r);
    if (what != EDO_IO_WRITE) return h2_reply_ready_with(s, result, -ENOTSUP);
    edoi_h2_lock(s->h2);
    s->wakes.writer = (edoi_h2_waiter){ 0 };
    bool is_shut = edoi_load_rlx_u32(&s->tunnel.is_shut); // relaxed: the lock orders it
    if (h2_reply_room(s) == 0 && s->in_session && !s->is_reset && !is_shut)
        return h2_reply_wait(s, cx, wait, result);
    edoi_h2_unlock(s->h2);
    return h2_reply_ready_with(s, result, (int)what);
}

static void h2_reply_unwait(edo_stream *r, edo_io_wait *wait) {
    edoi_h2_stream *s = h2_reply_stream_of(r);
    edoi_h2_lock(s->h2);
    if (s->wakes.writer.wait == wait) s->wakes.writer = (edoi_h2_waiter){ 0 };
    edoi_h2_unlock(s->h2);
    edoi_h2_stall_end(s->out.stall);
}

static edo_polled h2_reply_read(edo_stream *r, edo_cx *cx, edo_io_wait *wait,
                                const struct iovec *to, size_t n, uint32_t flags, int *result) {
    (void)r, (void)cx, (void)wait, (void)to, (void)n, (void)flags;
    *result = -ENOTSUP;
    return EDO_READY;
}

/* Does nothing: the return of the handler ends the body. */
static edo_polled h2_reply_shutdown(edo_stream *r, edo_cx *cx, edo_io_wait *wait, int *result) {
    (void)r, (void)cx, (void)wait;
    *result = -ENOTSUP;
    return EDO_READY;
}

/* The end of the body then fails, so the stream is reset. */
static void h2_reply_close(edo_stream *r) {
    edoi_exchange_of_reply(r)->reply.failed = true;
}

static void h2_reply_free(edo_stream *r) {
    (void)r; // it lies in the stream
}

static int h2_reply_fd(edo_stream *r) {
    (void)r;
    return -1;
}

const edo_stream_ops edoi_h2_reply_ops = { .name = "edo_response_stream",
                                           .poll_read = h2_reply_read,
                                           .poll_write = h2_reply_write,
                                           .poll_shutdown = h2_reply_shutdown,
                                           .poll_ready = h2_reply_poll_ready,
                                           .unwait = h2_reply_unwait,
                                           .close = h2_reply_close,
                                           .free = h2_reply_free,
                                           .fd = h2_reply_fd,
                                           .poll_flush = h2_reply_flush };

/* ---- Files ----------------------------------------------------------------------------------- */

/* Queues a chunk of a body that has `left` bytes with it. Takes the chunk on success. */
static int h2_reply_give(edoi_h2_stream *s, edoi_h2_chunk *c, uint64_t left) {
    edoi_h2_lock(s->h2);
    int err = s->in_session && !s->is_reset ? 0 : -ECONNRESET;
    if (err == 0) {
        size_t n = c->end;
        edoi_h2_queue_give(&s->out.queue, c);
        s->h2->held += n;
        h2_reply_end_at(s, n, left);
        h2_reply_resume(s);
    }
    edoi_h2_unlock_and_kick(s->h2);
    return err;
}

/* Reads a chunk of the file, and queues it. Returns its bytes, or a code. */
static int h2_reply_send_chunk(edoi_h2_stream *s, edo_stream *file, uint64_t offset,
                               uint64_t left) {
    size_t most = left < EDOI_H2_CHUNK_MAX ? (size_t)left : EDOI_H2_CHUNK_MAX;
    edoi_h2_chunk *c = edoi_h2_chunk_new(most);
    if (!c) return -ENOMEM;
    int n = edo_file_read_at(file, c->bytes, most, offset);
    if (n == 0) n = -EIO; // the file is shorter
    if (n > 0) c->end = (uint32_t)n;
    int err = n < 0 ? n : h2_reply_give(s, c, left);
    if (err < 0) edoi_h2_chunks_free(c);
    return err < 0 ? err : n;
}

int edoi_h2_send_file(edoi_http_exchange *x, edo_stream *file, uint64_t offset, uint64_t n) {
    while (n > 0) {
        edo_io_ready_future room;
        int err = edo_await(edo_io_ready_init(&room, &x->reply.stream, EDO_IO_WRITE));
        if (err >= 0) err = h2_reply_send_chunk(edoi_h2_of(x), file, offset, n);
        if (err < 0) return err;
        offset += (uint64_t)err;
        n -= (uint64_t)err;
    }
    return 0;
}
