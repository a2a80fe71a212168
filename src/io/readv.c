/* SPDX-License-Identifier: MIT */
/* io/readv.c: reads into several buffers. */
#include "io/op.h"

#include <edo/task.h>

#include <errno.h>

/* How many buffers in front are empty. */
static size_t empty_n(const struct iovec *vecs, size_t n) {
    size_t i = 0;
    while (i < n && vecs[i].iov_len == 0) i++;
    return i;
}

static edo_polled readv_poll(edo_future *base, edo_cx *cx) {
    edo_readv_future *f = (edo_readv_future *)(void *)base;
    edo_stream *s = f->stream;
    if (edoi_io_lacks(base, s)) return edo_future_finish(base, -EDO_EMISUSE);
    if (f->vecs_n > EDO_IO_VECS_MAX) return edoi_io_end(base, s, &f->wait, -EINVAL);
    if (!edo_budget_take(cx)) return edoi_io_pend(base, s);
    int result = 0;
    size_t at = empty_n(f->vecs, f->vecs_n); // a stream may use its first buffer alone
    if (at < f->vecs_n && s->ops->poll_read(s, cx, &f->wait, f->vecs + at, f->vecs_n - at, 0,
                                            &result) == EDO_PENDING) {
        edo_budget_refund(cx);
        return edoi_io_pend(base, s);
    }
    return edoi_io_end(base, s, &f->wait, result);
}

static void readv_drop(edo_future *base) {
    edo_readv_future *f = (edo_readv_future *)(void *)base;
    edoi_io_drop(base, f->stream, &f->wait);
}

static const edo_future_ops readv_ops = { .poll = readv_poll,
                                          .drop = readv_drop,
                                          .name = "edo_readv",
                                          .size = sizeof(edo_readv_future),
                                          .flags = EDOI_FUTURE_OF(EDOI_STREAM),
                                          .hold = edoi_io_hold };

edo_future *edo_readv_init(edo_readv_future *f, edo_stream *s, const struct iovec *vecs, size_t n) {
    EDOI_ENTERS(EDOI_STREAM, s);
    f->stream = s;
    f->vecs = vecs;
    f->vecs_n = n;
    f->wait = (edo_io_wait){ 0 };
    return edo_future_init(&f->base, &readv_ops);
}

int edo_readv(edo_stream *s, const struct iovec *vecs, size_t n) {
    edo_readv_future f;
    return edo_await(edo_readv_init(&f, s, vecs, n));
}
