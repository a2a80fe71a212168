/* SPDX-License-Identifier: MIT */
/* test/limit.c: a stream over another one that moves few bytes at a time. */
#include "base/memory/alloc.h"
#include "io/op.h"
#include "records/handles.h"

#include <edo/test.h>

#include <errno.h>

typedef struct limit {
    edo_stream stream; /* first */
    edo_stream *inner; /* const; the program's reference */
    size_t n;          /* const: bytes of one operation, at most */
} limit;

static limit *of(edo_stream *s) {
    return (limit *)(void *)s;
}

/* The first buffer that is not empty, cut to the limit; of several it is a short operation. */
static struct iovec limit_cut(const limit *self, const struct iovec *vecs, size_t n) {
    size_t i = 0;
    while (i + 1 < n && vecs[i].iov_len == 0) i++;
    struct iovec first = n > 0 ? vecs[i] : (struct iovec){ 0 };
    if (first.iov_len > self->n) first.iov_len = self->n;
    return first;
}

static edo_polled limit_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                             size_t n, uint32_t flags, int *result) {
    edo_stream *inner = of(s)->inner;
    struct iovec first = limit_cut(of(s), to, n);
    return inner->ops->poll_read(inner, cx, wait, &first, 1, flags, result);
}

static edo_polled limit_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                              const struct iovec *from, size_t n, int *result) {
    edo_stream *inner = of(s)->inner;
    struct iovec first = limit_cut(of(s), from, n);
    return inner->ops->poll_write(inner, cx, wait, &first, 1, result);
}

static edo_polled limit_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_stream *inner = of(s)->inner;
    return inner->ops->poll_shutdown(inner, cx, wait, result);
}

static edo_polled limit_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                              int *result) {
    edo_stream *inner = of(s)->inner;
    if (inner->ops->poll_ready) return inner->ops->poll_ready(inner, cx, wait, what, result);
    *result = -ENOTSUP;
    return EDO_READY;
}

static edo_polled limit_flush(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_stream *inner = of(s)->inner;
    if (inner->ops->poll_flush) return inner->ops->poll_flush(inner, cx, wait, result);
    *result = 0;
    return EDO_READY;
}

static void limit_unwait(edo_stream *s, edo_io_wait *wait) {
    of(s)->inner->ops->unwait(of(s)->inner, wait);
}

static void limit_close(edo_stream *s) {
    of(s)->inner->ops->close(of(s)->inner);
}

static void limit_free(edo_stream *s) {
    edo_close(of(s)->inner);
    edoi_handle_free(EDOI_STREAM, s, s, sizeof(limit));
}

/* None: the kernel must not move the bytes past the limit. */
static int limit_fd(edo_stream *s) {
    (void)s;
    return -1;
}

static const edo_stream_ops limit_ops = { .name = "limit",
                                          .poll_read = limit_read,
                                          .poll_write = limit_write,
                                          .poll_shutdown = limit_shutdown,
                                          .poll_ready = limit_ready,
                                          .unwait = limit_unwait,
                                          .close = limit_close,
                                          .free = limit_free,
                                          .fd = limit_fd,
                                          .poll_flush = limit_flush };

int edo_test_limit_new(edo_stream **stream, edo_stream *inner, size_t n) {
    if (edoi_stream_misused(inner)) return -EDO_EMISUSE;
    if (n == 0) return -EINVAL;
    limit *self = edoi_alloc(sizeof *self);
    if (!self) return -ENOMEM;
    *self = (limit){ .stream = { .ops = &limit_ops, .refs = { 1 } }, .inner = inner, .n = n };
    edoi_handle_made_here(EDOI_STREAM, &self->stream, EDOI_CALLER());
    *stream = &self->stream;
    return 0;
}
