/* SPDX-License-Identifier: MIT */
/* web/compress/squeeze.c: see squeeze.h.
 *
 * inv. 1: output is written to the stream below before more input is taken, so the buffer has room
 *         for what a piece of input becomes. A coder that holds back more than that takes no input
 *         until all of it is written. */
#include "web/compress/squeeze.h"

#include "base/assert.h"

#include <edo/task.h>

#include <errno.h>

#define PIECE_MAX  8192u  /* inv. 1: half of the buffer; no coding makes that much longer */
#define TURN_BYTES 32768u /* a millisecond: then other tasks run */

static edoi_squeeze *squeeze_of(edo_stream *s) {
    return (edoi_squeeze *)(void *)s; // the stream is the first member
}

static edo_polled squeeze_ready(int *result, int value) {
    *result = value;
    return EDO_READY;
}

/* Runs the coder with the room that is left. Returns as edoi_coder_ops.code. */
static int squeeze_run(edoi_squeeze *s, edo_str *in, edoi_code_op op) {
    edoi_coder *c = s->coder;
    edoi_spans spans = { in->ptr, in->len, c->buffer + s->end, EDOI_CODER_BYTES - s->end };
    int got = c->ops->code(c->state, &spans, op);
    s->end = (uint32_t)(spans.out - c->buffer);
    *in = (edo_str){ spans.in, spans.in_n };
    return got;
}

/* ---- Whole bodies ---------------------------------------------------------------------------- */

/* Moves the buffer to `out`. Fails if the body does not become shorter. */
static int squeeze_gather(edoi_squeeze *s, edo_buf *out, size_t most) {
    size_t n = s->end;
    s->end = 0;
    if (out->len + n >= most) return -E2BIG;
    return edo_buf_append(out, s->coder->buffer, n);
}

int edoi_squeeze_whole(edoi_squeeze *s, edo_str whole, edo_buf *out) {
    edo_str rest = whole;
    s->begin = s->end = 0;
    while (rest.len > 0) {
        edo_str turn = { rest.ptr, rest.len < TURN_BYTES ? rest.len : TURN_BYTES };
        rest = (edo_str){ rest.ptr + turn.len, rest.len - turn.len };
        edoi_code_op op = rest.len > 0 ? EDOI_CODE_RUN : EDOI_CODE_END;
        int got = 0;
        while (got == 0) {
            got = squeeze_run(s, &turn, op);
            int err = got < 0 ? got : squeeze_gather(s, out, whole.len);
            if (err < 0) return err;
        }
        int err = rest.len > 0 ? edo_yield() : 0;
        if (err < 0) return err;
    }
    return 0;
}

/* ---- The stream ------------------------------------------------------------------------------ */

/* Writes the buffer to the stream below. Ready with 0 when it is empty. */
static edo_polled squeeze_drain(edoi_squeeze *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_stream *below = s->hook.below;
    while (s->begin < s->end) {
        struct iovec out = { s->coder->buffer + s->begin, s->end - s->begin };
        int n;
        if (below->ops->poll_write(below, cx, wait, &out, 1, &n) == EDO_PENDING) return EDO_PENDING;
        if (n < 0) return squeeze_ready(result, n);
        s->begin += (uint32_t)n;
    }
    s->begin = s->end = 0;
    return squeeze_ready(result, 0);
}

/* Puts out all input that was taken, as far as there is room. */
static int flush_coder(edoi_squeeze *s) {
    edo_str none = { "", 0 };
    int got = squeeze_run(s, &none, EDOI_CODE_FLUSH);
    s->is_flushing = got == 0;
    if (got == EDOI_CODE_DONE) s->is_dirty = false;
    return got < 0 ? got : 0;
}

/* Goes on with a flush that has begun, and may have been given up. Returns as squeeze_drain(). */
static edo_polled end_flush(edoi_squeeze *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    for (;;) {
        if (squeeze_drain(s, cx, wait, result) == EDO_PENDING) return EDO_PENDING;
        if (*result < 0 || !s->is_flushing) return EDO_READY;
        int err = flush_coder(s);
        if (err < 0) return squeeze_ready(result, err);
    }
}

/* Have other tasks waited long enough? If so, this task is woken, and gives way. */
static bool squeeze_gives_way(edoi_squeeze *s, edo_cx *cx) {
    if (!cx || s->in_turn < TURN_BYTES) return false;
    s->in_turn = 0;
    edo_cx_wake(cx);
    return true;
}

static int squeeze_take(edoi_squeeze *s, const struct iovec *from) {
    size_t n = from->iov_len < PIECE_MAX ? from->iov_len : PIECE_MAX;
    if (n > s->left) n = (size_t)s->left;
    if (n == 0) return -EMSGSIZE;
    EDO_INV("squeeze inv. 1", s->begin == s->end);
    edo_str piece = { from->iov_base, n };
    s->is_dirty = true;
    int err = squeeze_run(s, &piece, EDOI_CODE_RUN);
    if (err >= 0 && s->each_flushed && piece.len == 0) err = flush_coder(s);
    if (err < 0) return err;
    n -= piece.len;
    if (s->left != UINT64_MAX) s->left -= n;
    s->in_turn += (uint32_t)n;
    return (int)n;
}

static edo_polled squeeze_write(edo_stream *stream, edo_cx *cx, edo_io_wait *wait,
                                const struct iovec *from, size_t n, int *result) {
    edoi_squeeze *s = squeeze_of(stream);
    while (n > 1 && from->iov_len == 0) from++, n--;
    int taken = 0, sent;
    if (squeeze_gives_way(s, cx)) return EDO_PENDING;
    while (taken == 0) { // a coder whose output fills the buffer takes nothing: more has to go
        if (end_flush(s, cx, wait, result) == EDO_PENDING) return EDO_PENDING;
        if (*result < 0) return EDO_READY;
        taken = squeeze_take(s, from);
    }
    if (taken > 0) (void)squeeze_drain(s, NULL, wait, &sent); // the next call fails, too
    return squeeze_ready(result, taken);
}

static edo_polled squeeze_flush(edo_stream *stream, edo_cx *cx, edo_io_wait *wait, int *result) {
    edoi_squeeze *s = squeeze_of(stream);
    edo_stream *below = s->hook.below;
    s->is_flushing |= s->is_dirty;
    if (end_flush(s, cx, wait, result) == EDO_PENDING) return EDO_PENDING;
    if (*result < 0) return EDO_READY;
    if (!below->ops->poll_flush) return squeeze_ready(result, 0);
    return below->ops->poll_flush(below, cx, wait, result);
}

static void squeeze_unwait(edo_stream *stream, edo_io_wait *wait) {
    edo_stream *below = squeeze_of(stream)->hook.below;
    below->ops->unwait(below, wait);
}

static edo_polled squeeze_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                               size_t n, uint32_t flags, int *result) {
    (void)s, (void)cx, (void)wait, (void)to, (void)n, (void)flags;
    return squeeze_ready(result, -ENOTSUP);
}

/* Does nothing: the return of the handler ends the body. */
static edo_polled squeeze_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    (void)s, (void)cx, (void)wait;
    return squeeze_ready(result, -ENOTSUP);
}

static void squeeze_close(edo_stream *stream) {
    edo_stream *below = squeeze_of(stream)->hook.below;
    below->ops->close(below);
}

static void squeeze_free(edo_stream *stream) {
    (void)stream; // the request's arena frees it
}

static int squeeze_fd(edo_stream *stream) {
    (void)stream;
    return -1;
}

static const edo_stream_ops squeeze_ops = { .name = "edo_compress",
                                            .poll_read = squeeze_read,
                                            .poll_write = squeeze_write,
                                            .poll_shutdown = squeeze_shutdown,
                                            .unwait = squeeze_unwait,
                                            .close = squeeze_close,
                                            .free = squeeze_free,
                                            .fd = squeeze_fd,
                                            .poll_flush = squeeze_flush };

void edoi_squeeze_begin(edoi_squeeze *s, int64_t length, bool each_flushed) {
    s->stream = (edo_stream){ .ops = &squeeze_ops, .refs = EDOI_ATOMIC_INIT(1) };
    s->begin = s->end = s->in_turn = 0;
    s->is_dirty = s->is_flushing = false;
    s->each_flushed = each_flushed;
    s->left = length < 0 ? UINT64_MAX : (uint64_t)length;
}

int edoi_squeeze_finish(edoi_squeeze *s) {
    if (s->left != UINT64_MAX && s->left > 0) return -EDO_EEOF; // the handler has written less
    int got = 0;
    while (got == 0) {
        edo_str none = { "", 0 };
        if (s->end == EDOI_CODER_BYTES || s->begin > 0) {
            int err = edo_write_all(s->hook.below, s->coder->buffer + s->begin, s->end - s->begin);
            if (err < 0) return err;
            s->begin = s->end = 0;
        }
        got = squeeze_run(s, &none, EDOI_CODE_END);
        if (got < 0) return got;
    }
    return edo_write_all(s->hook.below, s->coder->buffer + s->begin, s->end - s->begin);
}
