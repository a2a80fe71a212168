/* SPDX-License-Identifier: MIT */
/* io/over/take.c: a stream's input up to a number of bytes. */
#include "io/over/adapter.h"
#include "records/handles.h"

#include <edo/streams.h>

#include <errno.h>

typedef struct limited {
    edoi_adapter base;
    uint64_t left; /* the reading task's */
} limited;

static limited *over_limited_of(edo_stream *s) {
    return (limited *)(void *)s;
}

/* Copies to `cut` as much of `to` as holds `left` bytes; returns the number of buffers. */
static size_t cut_vecs(struct iovec *cut, const struct iovec *to, size_t n, uint64_t left) {
    size_t used = 0;
    for (size_t i = 0; i < n && left > 0 && used < EDO_IO_VECS_MAX; i++) {
        cut[used] = to[i];
        if (cut[used].iov_len > left) cut[used].iov_len = (size_t)left;
        left -= cut[used++].iov_len;
    }
    return used;
}

static edo_polled limited_take_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                    const struct iovec *to, size_t n, uint32_t flags, int *result) {
    limited *self = over_limited_of(s);
    struct iovec cut[EDO_IO_VECS_MAX];
    *result = 0;
    if (self->left == 0) return EDO_READY; // the end
    size_t cut_n = cut_vecs(cut, to, n, self->left);
    edo_polled polled = edoi_adapter_read(s, cx, wait, cut, cut_n, flags, result);
    if (polled == EDO_READY && *result > 0 && !(flags & EDO_IO_PEEK))
        self->left -= (uint32_t)*result;
    return polled;
}

static edo_polled limited_take_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                                     int *result) {
    *result = (int)what;
    if (what == EDO_IO_READ && over_limited_of(s)->left == 0) return EDO_READY;
    return edoi_adapter_ready(s, cx, wait, what, result);
}

static void limited_take_free(edo_stream *s) {
    edoi_adapter_free(s, sizeof(limited));
}

static const edo_stream_ops take_ops = { .name = "edo_stream_take",
                                         .poll_read = limited_take_read,
                                         .poll_write = edoi_adapter_write,
                                         .poll_ready = limited_take_ready,
                                         .free = limited_take_free,
                                         EDOI_ADAPTER_OPS };

int edo_stream_take(edo_stream **out, edo_stream *s, uint64_t n) {
    if (edoi_stream_misused(s)) return -EDO_EMISUSE;
    limited *self = (limited *)edoi_adapter_new(&take_ops, sizeof *self, s, EDOI_CALLER());
    if (!self) return -ENOMEM;
    self->left = n;
    *out = &self->base.base;
    return 0;
}

uint64_t edo_stream_take_left(edo_stream *s) {
    if (edoi_stream_misused(s)) return 0;
    return s->ops == &take_ops ? over_limited_of(s)->left : 0;
}

int edo_stream_take_set(edo_stream *s, uint64_t n) {
    if (edoi_stream_misused(s)) return -EDO_EMISUSE;
    if (s->ops != &take_ops) return -ENOTSUP;
    over_limited_of(s)->left = n;
    return 0;
}
