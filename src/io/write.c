/* SPDX-License-Identifier: MIT */
/* io/write.c: writes some bytes or all, from one buffer or several. */
#include "io/op.h"

#include <edo/task.h>

#include <errno.h>
#include <limits.h>

/* ---- Write some ------------------------------------------------------------------------------ */

static edo_polled io_write_all_poll(edo_future *base, edo_cx *cx) {
    edo_write_future *f = (edo_write_future *)(void *)base;
    if (edoi_io_lacks(base, f->stream)) return edo_future_finish(base, -EDO_EMISUSE);
    if (!edo_budget_take(cx)) return edoi_io_pend(base, f->stream);
    struct iovec from = { .iov_base = (void *)(uintptr_t)f->buf, .iov_len = base->own };
    if (from.iov_len == 0 && !edoi_stream_sends_empty(f->stream))
        return edoi_io_end(base, f->stream, &f->wait, 0); // needs no room
    int result;
    if (f->stream->ops->poll_write(f->stream, cx, &f->wait, &from, 1, &result) == EDO_PENDING) {
        edo_budget_refund(cx);
        return edoi_io_pend(base, f->stream);
    }
    return edoi_io_end(base, f->stream, &f->wait, result);
}

static void write_all_drop(edo_future *base) {
    edo_write_future *f = (edo_write_future *)(void *)base;
    edoi_io_drop(base, f->stream, &f->wait);
}

static const edo_future_ops write_ops = { .poll = io_write_all_poll,
                                          .drop = write_all_drop,
                                          .name = "edo_write",
                                          .size = sizeof(edo_write_future),
                                          .flags = EDOI_FUTURE_OF(EDOI_STREAM),
                                          .hold = edoi_io_hold };

edo_future *edo_write_init(edo_write_future *f, edo_stream *s, const void *buf, size_t n) {
    EDOI_ENTERS(EDOI_STREAM, s);
    f->stream = s;
    f->buf = buf;
    f->wait = (edo_io_wait){ 0 };
    edo_future *base = edo_future_init(&f->base, &write_ops);
    base->own = n < INT_MAX ? (uint32_t)n : INT_MAX;
    return base;
}

int edo_write(edo_stream *s, const void *buf, size_t n) {
    edo_write_future f;
    return edo_await(edo_write_init(&f, s, buf, n));
}

int edo_try_write(edo_stream *s, const void *buf, size_t n) {
    if (edoi_stream_misused(s)) return -EDO_EMISUSE;
    if (n == 0 && !edoi_stream_sends_empty(s)) return 0; // needs no room
    struct iovec from = { .iov_base = (void *)(uintptr_t)buf,
                          .iov_len = n < INT_MAX ? n : INT_MAX };
    int result;
    (void)s->ops->poll_write(s, NULL, NULL, &from, 1, &result);
    return result;
}

/* ---- Several buffers, and everything --------------------------------------------------------- */

/* The bytes in all buffers; SIZE_MAX if the sum overflows. */
static size_t total_of(const struct iovec *vecs, size_t n) {
    size_t total = 0;
    for (size_t i = 0; i < n; i++) {
        if (vecs[i].iov_len > SIZE_MAX - total) return SIZE_MAX;
        total += vecs[i].iov_len;
    }
    return total;
}

static const struct iovec *vecs_of(const edo_writev_future *f) {
    return f->vecs ? f->vecs : &f->one;
}

/* Copies the unwritten rest to `left`: returns how many buffers. */
static size_t writev_left_of(const edo_writev_future *f, struct iovec *left) {
    const struct iovec *vecs = vecs_of(f);
    size_t skip = f->done, n = 0;
    for (size_t i = 0; i < f->vecs_n; i++) {
        size_t bytes = vecs[i].iov_len;
        if (skip >= bytes) {
            skip -= bytes;
            continue;
        }
        left[n].iov_base = (char *)vecs[i].iov_base + skip;
        left[n].iov_len = bytes - skip;
        n++;
        skip = 0;
    }
    return n;
}

/* Writes once: pending, or ready with `*result` (more than 0, or an error; 0 if there is nothing to
 * write but an empty message). */
static edo_polled writev_write_once(edo_writev_future *f, edo_cx *cx, int *result) {
    edo_stream *s = f->stream;
    if (!edo_budget_take(cx)) return EDO_PENDING;
    struct iovec left[EDO_IO_VECS_MAX];
    const struct iovec *from = vecs_of(f);
    size_t n = f->vecs_n;
    if (f->done > 0) {
        n = writev_left_of(f, left);
        from = left;
    } else if (f->total == 0) {
        left[0] = (struct iovec){ .iov_base = left, .iov_len = 0 }; // a message without bytes
        n = 1;
        from = left;
    }
    if (s->ops->poll_write(s, cx, &f->wait, from, n, result) == EDO_PENDING) {
        edo_budget_refund(cx);
        return EDO_PENDING;
    }
    if (*result == 0 && f->total > 0) *result = -EIO; // no progress, but no error
    return EDO_READY;
}

/* Does the write do anything? */
static bool writev_does(const edo_writev_future *f) {
    return f->total > 0 || edoi_stream_sends_empty(f->stream);
}

static edo_polled write_all_poll(edo_future *base, edo_cx *cx) {
    edo_writev_future *f = (edo_writev_future *)(void *)base;
    if (edoi_io_lacks(base, f->stream)) return edo_future_finish(base, -EDO_EMISUSE);
    if (f->vecs_n > EDO_IO_VECS_MAX || f->total > INT_MAX)
        return edoi_io_end(base, f->stream, &f->wait, -EINVAL);
    if (!writev_does(f)) return edoi_io_idle(base, f->stream, &f->wait, cx);
    do {
        int result;
        if (writev_write_once(f, cx, &result) == EDO_PENDING) return edoi_io_pend(base, f->stream);
        if (result < 0) return edoi_io_end(base, f->stream, &f->wait, result);
        f->done += (size_t)result;
    } while (f->done < f->total);
    return edoi_io_end(base, f->stream, &f->wait, 0);
}

static edo_polled writev_poll(edo_future *base, edo_cx *cx) {
    edo_writev_future *f = (edo_writev_future *)(void *)base;
    if (edoi_io_lacks(base, f->stream)) return edo_future_finish(base, -EDO_EMISUSE);
    if (f->vecs_n > EDO_IO_VECS_MAX) return edoi_io_end(base, f->stream, &f->wait, -EINVAL);
    if (!writev_does(f)) return edoi_io_idle(base, f->stream, &f->wait, cx);
    int result;
    if (writev_write_once(f, cx, &result) == EDO_PENDING) return edoi_io_pend(base, f->stream);
    if (result > 0) f->done = (size_t)result;
    return edoi_io_end(base, f->stream, &f->wait, result);
}

static void writev_drop(edo_future *base) {
    edo_writev_future *f = (edo_writev_future *)(void *)base;
    edoi_io_drop(base, f->stream, &f->wait);
}

static const edo_future_ops writev_ops = { .poll = writev_poll,
                                           .drop = writev_drop,
                                           .name = "edo_writev",
                                           .size = sizeof(edo_writev_future),
                                           .flags = EDOI_FUTURE_OF(EDOI_STREAM),
                                           .hold = edoi_io_hold };
static const edo_future_ops write_all_ops = { .poll = write_all_poll,
                                              .drop = writev_drop,
                                              .name = "edo_write_all",
                                              .size = sizeof(edo_writev_future),
                                              .flags = EDO_FUTURE_NOT_CANCEL_SAFE |
                                                       EDOI_FUTURE_OF(EDOI_STREAM),
                                              .hold = edoi_io_hold };

static edo_future *writev_init(edo_writev_future *f, edo_stream *s, const struct iovec *vecs,
                               size_t n, const edo_future_ops *ops) {
    EDOI_ENTERS(EDOI_STREAM, s);
    f->stream = s;
    f->vecs = vecs;
    f->vecs_n = n;
    f->total = n <= EDO_IO_VECS_MAX ? total_of(vecs, n) : 0;
    f->done = 0;
    f->wait = (edo_io_wait){ 0 };
    return edo_future_init(&f->base, ops);
}

edo_future *edo_writev_init(edo_writev_future *f, edo_stream *s, const struct iovec *vecs,
                            size_t n) {
    return writev_init(f, s, vecs, n, &writev_ops);
}

int edo_writev(edo_stream *s, const struct iovec *vecs, size_t n) {
    edo_writev_future f;
    return edo_await(edo_writev_init(&f, s, vecs, n));
}

edo_future *edo_writev_all_init(edo_writev_future *f, edo_stream *s, const struct iovec *vecs,
                                size_t n) {
    return writev_init(f, s, vecs, n, &write_all_ops);
}

int edo_writev_all(edo_stream *s, const struct iovec *vecs, size_t n) {
    edo_writev_future f;
    return edo_await(edo_writev_all_init(&f, s, vecs, n));
}

edo_future *edo_write_all_init(edo_writev_future *f, edo_stream *s, const void *buf, size_t n) {
    f->one = (struct iovec){ .iov_base = (void *)(uintptr_t)buf, .iov_len = n };
    (void)writev_init(f, s, &f->one, 1, &write_all_ops);
    f->vecs = NULL; // so that the future may be copied before its first poll
    return &f->base;
}

int edo_write_all(edo_stream *s, const void *buf, size_t n) {
    edo_writev_future f;
    return edo_await(edo_write_all_init(&f, s, buf, n));
}
