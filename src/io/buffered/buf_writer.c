/* SPDX-License-Identifier: MIT */
/* io/buffered/buf_writer.c: gathers small writes into large ones.
 *
 * inv. 1: begin <= end <= bytes; without a buffer both are 0.
 * inv. 2: a writer that manages its own buffer has one only while it holds bytes. */
#include "base/assert.h"
#include "base/memory/cache.h"
#include "base/opts.h"
#include "io/over/adapter.h"
#include "io/view.h"

#include <edo/buf_io.h>
#include <edo/task.h>

#include <limits.h>
#include <string.h>

static edo_buf_writer *writer_of(edo_stream *view) {
    return (edo_buf_writer *)(void *)view;
}

static void buf_writer_release_buf(edo_buf_writer *w) {
    w->begin = w->end = 0;
    if (w->borrowed) return;
    edoi_cache_put(w->buf, w->bytes);
    w->buf = NULL;
}

/* Passes the held bytes on. Pending, or ready with 0 or an error. */
static edo_polled buf_writer_drain(edo_buf_writer *w, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_stream *s = w->view.below;
    while (w->begin < w->end) {
        struct iovec from = { .iov_base = w->buf + w->begin, .iov_len = w->end - w->begin };
        if (s->ops->poll_write(s, cx, wait, &from, 1, result) == EDO_PENDING) return EDO_PENDING;
        if (*result == 0) *result = -EIO; // no progress, but no error
        if (*result < 0) return EDO_READY;
        w->begin += (uint32_t)*result;
    }
    buf_writer_release_buf(w);
    *result = 0;
    return EDO_READY;
}

/* Copies what fits into the buffer, of which there is some; returns how many bytes. */
static uint32_t buf_writer_gather(edo_buf_writer *w, const struct iovec *from, size_t n) {
    EDO_INV("buf_writer inv. 1", w->begin <= w->end && w->end <= w->bytes);
    uint32_t began = w->end;
    for (size_t i = 0; i < n && w->end < w->bytes; i++) {
        uint32_t room = w->bytes - w->end;
        uint32_t bytes = from[i].iov_len < room ? (uint32_t)from[i].iov_len : room;
        if (bytes > 0) memcpy(w->buf + w->end, from[i].iov_base, bytes);
        w->end += bytes;
    }
    return w->end - began;
}

static bool buf_writer_fits(const edo_buf_writer *w, const struct iovec *from, size_t n) {
    size_t room = w->bytes - w->end;
    for (size_t i = 0; i < n; i++) {
        if (from[i].iov_len > room) return false;
        room -= from[i].iov_len;
    }
    return true;
}

static bool buf_writer_is_large(const edo_buf_writer *w, const struct iovec *from, size_t n) {
    size_t room = w->bytes;
    for (size_t i = 0; i < n; i++) {
        if (from[i].iov_len >= room) return true;
        room -= from[i].iov_len;
    }
    return false;
}

static edo_polled view_write(edo_stream *view, edo_cx *cx, edo_io_wait *wait,
                             const struct iovec *from, size_t n, int *result) {
    edo_buf_writer *w = writer_of(view);
    edo_stream *s = w->view.below;
    if (w->end > 0 && !buf_writer_fits(w, from, n)) {
        edo_polled polled = buf_writer_drain(w, cx, wait, result);
        bool waits = polled == EDO_PENDING || *result == -EAGAIN;
        if (waits && w->end == w->bytes) return polled;
        if (!waits && *result < 0) return EDO_READY;
        if (polled == EDO_PENDING) s->ops->unwait(s, wait); // a short write into the room
    }
    if (w->end == 0 && buf_writer_is_large(w, from, n))
        return s->ops->poll_write(s, cx, wait, from, n, result);
    if (!w->buf) w->buf = (char *)edoi_cache_get(w->bytes);
    *result = w->buf ? (int)buf_writer_gather(w, from, n) : -ENOMEM;
    if (w->begin == w->end) buf_writer_release_buf(w); // nothing was written
    EDO_INV("buf_writer inv. 2", w->borrowed || !w->buf || w->begin < w->end);
    return EDO_READY;
}

static edo_polled view_flush(edo_stream *view, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_buf_writer *w = writer_of(view);
    edo_polled polled = buf_writer_drain(w, cx, wait, result);
    if (polled == EDO_PENDING || *result < 0) return polled;
    return edoi_stream_poll_flush(w->view.below, cx, wait, result);
}

static edo_polled buf_writer_view_seek(edo_stream *view, edo_cx *cx, edo_io_wait *wait,
                                       int64_t offset, int whence, uint64_t *at, int *result) {
    edo_polled polled = buf_writer_drain(writer_of(view), cx, wait, result);
    if (polled == EDO_PENDING || *result < 0) return polled;
    return edoi_stream_poll_seek(edoi_below(view), cx, wait, offset, whence, at, result);
}

static edo_polled view_shutdown(edo_stream *view, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_stream *s = edoi_below(view);
    edo_polled polled = view_flush(view, cx, wait, result);
    if (polled == EDO_PENDING || *result < 0) return polled;
    return s->ops->poll_shutdown(s, cx, wait, result);
}

static edo_polled buf_writer_view_ready(edo_stream *view, edo_cx *cx, edo_io_wait *wait,
                                        uint32_t what, int *result) {
    edo_buf_writer *w = writer_of(view);
    *result = (int)what;
    if (what == EDO_IO_WRITE && w->end < w->bytes) return EDO_READY;
    return edoi_stream_poll_ready(w->view.below, cx, wait, what, result);
}

static void buf_writer_view_free(edo_stream *view) {
    (void)view; // it lies in the writer
}

static const edo_stream_ops view_ops = { .name = "edo_buf_writer",
                                         .flags = EDO_STREAM_VECTORED,
                                         .poll_read = edoi_adapter_read,
                                         .poll_write = view_write,
                                         .poll_shutdown = view_shutdown,
                                         .poll_ready = buf_writer_view_ready,
                                         .unwait = edoi_adapter_unwait,
                                         .close = edoi_adapter_close,
                                         .free = buf_writer_view_free,
                                         .fd = edoi_adapter_fd,
                                         .poll_flush = view_flush,
                                         .poll_seek = buf_writer_view_seek };

/* Debug builds: reports a writer that is NULL or not initialised. */
static void buf_writer_check(const edo_buf_writer *w) {
#ifdef EDO_DEBUG
    (void)EDO_MISUSE(!w || w->view.base.ops != &view_ops,
                     "an edo_buf_writer is used that is NULL or not initialised");
#else
    (void)w;
#endif
}

/* ---- Whole pieces ---------------------------------------------------------------------------- */

static edo_polled put_poll(edo_future *base, edo_cx *cx) {
    edo_put_future *f = (edo_put_future *)(void *)base;
    edo_buf_writer *w = f->writer;
    edo_stream *s = w->view.below;
    uint32_t n = base->own;
    if (n > w->bytes) return edo_future_finish(base, -EINVAL);
    if (!edo_budget_take(cx)) return edoi_io_pend(base, s);
    int result = 0;
    if (w->bytes - w->end < n && buf_writer_drain(w, cx, &f->wait, &result) == EDO_PENDING) {
        edo_budget_refund(cx);
        return edoi_io_pend(base, s);
    }
    if (result == 0 && n > 0) {
        const struct iovec from = { .iov_base = (void *)(uintptr_t)f->bytes, .iov_len = n };
        if (!w->buf) w->buf = (char *)edoi_cache_get(w->bytes);
        if (w->buf) (void)buf_writer_gather(w, &from, 1);
        if (!w->buf) result = -ENOMEM;
    }
    return edoi_io_end(base, s, &f->wait, result);
}

static void put_drop(edo_future *base) {
    edo_put_future *f = (edo_put_future *)(void *)base;
    if (edo_future_is_over(base)) return; // its writer may be gone
    edoi_io_drop(base, f->writer->view.below, &f->wait);
}

static const edo_future_ops put_ops = {
    .poll = put_poll, .drop = put_drop, .name = "edo_put", .size = sizeof(edo_put_future)
};

edo_future *edo_put_init(edo_put_future *f, edo_buf_writer *self, const void *bytes, size_t n) {
    buf_writer_check(self);
    EDOI_ENTERS(EDOI_STREAM, self->view.below);
    f->writer = self;
    f->bytes = bytes;
    f->wait = (edo_io_wait){ 0 };
    edo_future *base = edo_future_init(&f->base, &put_ops);
    base->own = n <= INT_MAX ? (uint32_t)n : UINT32_MAX;
    return base;
}

int edo_put(edo_buf_writer *self, const void *bytes, size_t n) {
    edo_put_future f;
    return edo_await(edo_put_init(&f, self, bytes, n));
}

/* ---- Begin and end --------------------------------------------------------------------------- */

edo_stream *edo_buf_writer_stream(edo_buf_writer *self) {
    buf_writer_check(self);
    return &self->view.base;
}

int edo_buf_writer_init(edo_buf_writer *self, edo_stream *s, const edo_buf_writer_opts *opts) {
    static const edo_buf_writer_opts defaults = { 0 };
    if (!opts) opts = &defaults;
    if (edoi_stream_misused(s)) return -EDO_EMISUSE;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    if (opts->buf_bytes > INT_MAX || (opts->buf && opts->buf_bytes == 0)) return -EINVAL;
    uint32_t bytes = opts->buf_bytes ? (uint32_t)opts->buf_bytes : EDO_BUF_WRITER_BYTES;
    *self = (edo_buf_writer){ .view = { .base = { .ops = &view_ops,
                                                  .refs = EDOI_ATOMIC_INIT(EDOI_VIEW_REFS) },
                                        .below = s },
                              .buf = (char *)opts->buf,
                              .bytes = bytes,
                              .borrowed = opts->buf != NULL };
    return 0;
}

void edo_buf_writer_deinit(edo_buf_writer *self) {
    (void)EDO_MISUSE(edoi_view_is_used(&self->view.base),
                     "an edo_buf_writer ends while an operation waits on it");
    buf_writer_release_buf(self);
    *self = (edo_buf_writer){ 0 };
}
