/* SPDX-License-Identifier: MIT */
/* coding/shrink.c: see shrink.h.
 *
 * inv. 1: the coder is asked to flush, or to end, only when it has all input, and is then asked for
 *         nothing else until that is done: brotli wants it so.
 * inv. 2: the coder has all of the buffer for its output: zlib flushes for ever into a few
 *         bytes. */
#include "coding/shrink.h"

#include "base/assert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES 16384u /* of input, and of output */
#define TURN_BYTES   32768u /* of input and output, after which other tasks run */

typedef struct shrink {
    edo_stream stream;
    edo_stream *from; /* a reference */
    const edoi_coder_ops *ops;
    void *coder;
    edoi_code_op op;      /* inv. 1 */
    uint32_t begin, end;  /* of `in`: what is not coded yet */
    uint32_t given, made; /* of `out`: what was read, and what there is */
    uint32_t in_turn;     /* bytes since other tasks could run */
    bool is_dirty;        /* the coder has input that it has not put out */
    bool is_over;         /* the end was put out */
    int failed;           /* the code of all further reads */
    char in[BUFFER_BYTES], out[BUFFER_BYTES];
} shrink;

static shrink *shrink_of(edo_stream *s) {
    return EDO_CONTAINER_OF(s, shrink, stream);
}

static edo_polled shrink_ready(int *result, int value) {
    *result = value;
    return EDO_READY;
}

/* Reads input into the empty buffer, or finds out that the coder has to flush or to end. Ready with
 * 0, or with a failure of `from`. */
static edo_polled shrink_fill(shrink *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    struct iovec in = { s->in, sizeof s->in };
    edo_stream *from = s->from;
    edo_cx *patient = s->is_dirty ? NULL : cx; // with input that is not put out it does not wait
    if (from->ops->poll_read(from, patient, wait, &in, 1, 0, result) == EDO_PENDING)
        return EDO_PENDING;
    if (*result == -EAGAIN && s->is_dirty) {
        s->op = EDOI_CODE_FLUSH;
    } else if (*result < 0) {
        return EDO_READY;
    } else if (*result == 0) {
        s->op = EDOI_CODE_END;
    } else {
        s->begin = 0;
        s->end = (uint32_t)*result;
    }
    return shrink_ready(result, 0);
}

/* Codes what there is, as far as there is room. Returns 0 or a negative code. */
static int shrink_code(shrink *s) {
    edoi_spans spans = { s->in + s->begin, s->end - s->begin, s->out, sizeof s->out };
    EDO_INV("shrink inv. 1", s->op == EDOI_CODE_RUN || s->begin == s->end);
    EDO_INV("shrink inv. 2", s->given == s->made);
    if (spans.in_n > 0) s->is_dirty = true;
    int got = s->ops->code(s->coder, &spans, s->op);
    if (got < 0) return got;
    const uint32_t taken = s->end - s->begin - (uint32_t)spans.in_n;
    s->given = 0;
    s->made = (uint32_t)(sizeof s->out - spans.out_n);
    s->begin += taken;
    s->in_turn += taken + s->made;
    if (got == EDOI_CODE_DONE && s->op == EDOI_CODE_END) s->is_over = true;
    if (got == EDOI_CODE_DONE && s->op == EDOI_CODE_FLUSH) {
        s->op = EDOI_CODE_RUN;
        s->is_dirty = false;
    }
    return 0;
}

static int shrink_give(shrink *s, const struct iovec *to) {
    uint32_t left = s->made - s->given;
    uint32_t n = to->iov_len < left ? (uint32_t)to->iov_len : left;
    memcpy(to->iov_base, s->out + s->given, n);
    s->given += n;
    return (int)n;
}

static bool shrink_gives_way(shrink *s, edo_cx *cx) {
    if (!cx || s->in_turn < TURN_BYTES) return false;
    s->in_turn = 0;
    edo_cx_wake(cx);
    return true;
}

static edo_polled shrink_read(edo_stream *stream, edo_cx *cx, edo_io_wait *wait,
                              const struct iovec *to, size_t n, uint32_t flags, int *result) {
    shrink *s = shrink_of(stream);
    while (n > 1 && to->iov_len == 0) to++, n--;
    if (flags & EDO_IO_PEEK) return shrink_ready(result, -ENOTSUP);
    if (to->iov_len == 0) return shrink_ready(result, 0);
    while (s->given == s->made && !s->is_over && s->failed == 0) {
        if (shrink_gives_way(s, cx)) return EDO_PENDING;
        if (s->op == EDOI_CODE_RUN && s->begin == s->end) {
            if (shrink_fill(s, cx, wait, result) == EDO_PENDING) return EDO_PENDING;
            if (*result < 0) return EDO_READY;
        }
        s->failed = shrink_code(s);
    }
    return shrink_ready(result, s->given < s->made ? shrink_give(s, to) : s->failed);
}

static edo_polled shrink_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                               const struct iovec *from, size_t n, int *result) {
    (void)s, (void)cx, (void)wait, (void)from, (void)n;
    return shrink_ready(result, -ENOTSUP);
}

static edo_polled shrink_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    (void)s, (void)cx, (void)wait;
    return shrink_ready(result, -ENOTSUP);
}

static void shrink_unwait(edo_stream *s, edo_io_wait *wait) {
    edo_stream *from = shrink_of(s)->from;
    from->ops->unwait(from, wait);
}

static void shrink_close(edo_stream *s) {
    (void)s; // what reads it has ended
}

static void shrink_free(edo_stream *stream) {
    shrink *s = shrink_of(stream);
    s->ops->free(s->coder);
    edo_stream_unref(s->from);
    free(s);
}

static int shrink_fd(edo_stream *s) {
    (void)s;
    return -1;
}

static const edo_stream_ops shrink_ops = { .name = "body that is coded",
                                           .poll_read = shrink_read,
                                           .poll_write = shrink_write,
                                           .poll_shutdown = shrink_shutdown,
                                           .unwait = shrink_unwait,
                                           .close = shrink_close,
                                           .free = shrink_free,
                                           .fd = shrink_fd };

int edoi_shrink_new(edo_stream **out, edo_stream *from, edoi_coding coding) {
    const edoi_coder_ops *ops = edoi_encoder_of(coding);
    shrink *s = malloc(sizeof *s);
    void *coder = s ? ops->make(0) : NULL;
    if (!coder) {
        free(s);
        return -ENOMEM;
    }
    s->stream = (edo_stream){ .ops = &shrink_ops, .refs = EDOI_ATOMIC_INIT(1) };
    s->from = edo_stream_ref(from);
    s->ops = ops;
    s->coder = coder;
    s->op = EDOI_CODE_RUN;
    s->begin = s->end = s->given = s->made = s->in_turn = 0;
    s->is_dirty = s->is_over = false;
    s->failed = 0;
    *out = &s->stream;
    return 0;
}
