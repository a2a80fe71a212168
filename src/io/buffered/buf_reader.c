/* SPDX-License-Identifier: MIT */
/* io/buffered/buf_reader.c: reads ahead, looks ahead, and a reader as a stream. */
#include "io/buffered/buf_reader.h"

#include "base/assert.h"

#include "base/memory/cache.h"
#include "base/opts.h"
#include "io/source_io.h"

#include <edo/task.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

#define BUF_SMALL 512u   /* holds most lines, and is cheap to get and put */
#define BUF_LARGE 4096u  /* for input that comes in bulk */
#define BUF_BULK  32768u /* for input that fills even that, as a file does; not while it waits */

/* ---- The buffer ------------------------------------------------------------------------------ */

static void buf_reader_release_buf(edo_buf_reader *r) {
    if (r->borrowed) return;
    edoi_cache_put(r->buf, r->bytes);
    r->buf = NULL;
    r->bytes = 0;
}

/* Moves the held bytes to a buffer of `bytes` bytes. */
static int replace_buf(edo_buf_reader *r, uint32_t bytes) {
    char *buf = (char *)edoi_cache_get(bytes);
    if (!buf) return -ENOMEM;
    uint32_t held = edoi_buf_held(r);
    EDO_ASSERT(held < bytes);
    if (held > 0) memcpy(buf, r->buf + r->begin, held);
    buf_reader_release_buf(r);
    r->buf = buf;
    r->bytes = bytes;
    r->begin = 0;
    r->end = held;
    return 0;
}

int edoi_buf_make_room(edo_buf_reader *r) {
    uint32_t held = edoi_buf_held(r), least = edoi_least_room(r->view.below);
    uint32_t room = r->bytes - r->end;
    if (held == 0) {
        r->begin = r->end = 0;
    } else if (r->begin > 0 && (room < r->bytes / 2 || room < least)) {
        memmove(r->buf, r->buf + r->begin, held);
        r->begin = 0;
        r->end = held;
    }
    if (r->borrowed) return 0;
    uint32_t most = r->line_max + 2;
    uint32_t wanted = !r->roomy ? BUF_SMALL : r->bytes < BUF_LARGE ? BUF_LARGE : BUF_BULK;
    if (wanted < r->bytes) wanted = r->bytes;
    if (held == r->bytes && held > 0) wanted = r->bytes < most / 2 ? r->bytes * 2 : most;
    if (least > 1 && wanted < held + least) wanted = held + least; // a packet is not cut
    return wanted > r->bytes ? replace_buf(r, wanted) : 0;
}

/* The reader begins to wait, or has failed: inv. 3. Without memory it keeps the larger buffer. */
static void shrink(edo_buf_reader *r) {
    uint32_t held = edoi_buf_held(r);
    if (held == 0) {
        buf_reader_release_buf(r);
        EDO_INV("buf_reader inv. 3", r->borrowed || !r->buf);
    } else if (!r->borrowed && r->bytes >= BUF_BULK) {
        uint32_t bytes = held < BUF_LARGE ? BUF_LARGE : r->line_max + 2;
        if (held < bytes && bytes < r->bytes) (void)replace_buf(r, bytes);
    }
}

edo_polled edoi_buf_read_more(edo_buf_reader *r, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_stream *s = r->view.below;
    struct iovec to = { .iov_base = r->buf + r->end, .iov_len = r->bytes - r->end };
    EDO_INV("buf_reader inv. 1", r->seen <= edoi_buf_held(r) && r->end <= r->bytes);
    EDO_INV("buf_reader inv. 2", to.iov_len > 0);
    edo_polled polled = s->ops->poll_read(s, cx, wait, &to, 1, 0, result);
    if (polled == EDO_PENDING || *result < 0) {
        shrink(r);
        return polled;
    }
    r->at_end = *result == 0;
    r->roomy = (size_t)*result == to.iov_len;
    r->end += (uint32_t)*result;
    if (*result > 0) r->input_at_ns = edo_now().ns;
    return EDO_READY;
}

static void buf_reader_take(edo_buf_reader *r, uint32_t n) {
    r->begin += n;
    r->seen = r->seen > n ? r->seen - n : 0;
    r->dropping = 0;
}

void edoi_buf_take(edo_buf_reader *r, uint32_t n) {
    buf_reader_take(r, n);
    if (edoi_buf_held(r) == 0) buf_reader_release_buf(r);
}

void edo_consume(edo_buf_reader *self, size_t n) {
    edoi_buf_reader_check(self);
    uint32_t held = edoi_buf_held(self);
    if (EDO_MISUSE(n > held, "edo_consume() takes more bytes than edo_fill() returned")) n = held;
    buf_reader_take(self, (uint32_t)n);
}

edo_instant edo_buf_reader_input_at(const edo_buf_reader *self) {
    return (edo_instant){ self->input_at_ns };
}

size_t edo_buf_reader_held(const edo_buf_reader *self) {
    return edoi_buf_held(self);
}

/* ---- Looking ahead --------------------------------------------------------------------------- */

static edo_polled fill_poll(edo_future *base, edo_cx *cx) {
    edo_fill_future *f = (edo_fill_future *)(void *)base;
    edo_buf_reader *r = f->reader;
    edo_stream *s = r->view.below;
    uint32_t wanted = base->own;
    if (wanted == 0 || wanted > r->line_max + 2) return edo_future_finish(base, -EINVAL);
    while (edoi_buf_held(r) < wanted) {
        int result = edoi_buf_make_room(r);
        if (result < 0) return edoi_io_end(base, s, &f->wait, result);
        if (!edo_budget_take(cx)) return edoi_io_pend(base, s);
        if (edoi_buf_read_more(r, cx, &f->wait, &result) == EDO_PENDING) {
            edo_budget_refund(cx);
            return edoi_io_pend(base, s);
        }
        if (result < 0) return edoi_io_end(base, s, &f->wait, result);
        if (result == 0) break;
    }
    r->dropping = 0;
    *f->bytes = r->buf + r->begin;
    return edoi_io_end(base, s, &f->wait, (int)edoi_buf_held(r));
}

static void fill_drop(edo_future *base) {
    edo_fill_future *f = (edo_fill_future *)(void *)base;
    if (edo_future_is_over(base)) return; // its reader may be gone
    edoi_io_drop(base, f->reader->view.below, &f->wait);
}

static const edo_future_ops fill_ops = {
    .poll = fill_poll, .drop = fill_drop, .name = "edo_fill", .size = sizeof(edo_fill_future)
};

edo_future *edo_fill_init(edo_fill_future *f, edo_buf_reader *self, const char **bytes,
                          size_t wanted) {
    edoi_buf_reader_check(self);
    EDOI_ENTERS(EDOI_STREAM, self->view.below);
    f->reader = self;
    f->bytes = bytes;
    f->wait = (edo_io_wait){ 0 };
    edo_future *base = edo_future_init(&f->base, &fill_ops);
    base->own = wanted < INT_MAX ? (uint32_t)wanted : INT_MAX;
    return base;
}

int edo_fill(edo_buf_reader *self, const char **bytes, size_t wanted) {
    edo_fill_future f;
    return edo_await(edo_fill_init(&f, self, bytes, wanted));
}

/* ---- As a stream ----------------------------------------------------------------------------- */

static edo_buf_reader *buffered_reader_of(edo_stream *view) {
    return (edo_buf_reader *)(void *)view;
}

/* Copies held bytes to `to`; returns how many. */
static uint32_t copy_held(const edo_buf_reader *r, const struct iovec *to, size_t n) {
    uint32_t at = r->begin;
    for (size_t i = 0; i < n && at < r->end; i++) {
        uint32_t left = r->end - at;
        uint32_t bytes = to[i].iov_len < left ? (uint32_t)to[i].iov_len : left;
        if (bytes > 0) memcpy(to[i].iov_base, r->buf + at, bytes);
        at += bytes;
    }
    return at - r->begin;
}

static bool buf_reader_is_large(const struct iovec *to, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (to[i].iov_len >= BUF_LARGE) return true;
    return false;
}

static edo_polled view_read(edo_stream *view, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                            size_t n, uint32_t flags, int *result) {
    edo_buf_reader *r = buffered_reader_of(view);
    edo_stream *s = r->view.below;
    if (edoi_buf_held(r) == 0) {
        if (!(flags & EDO_IO_PEEK) && buf_reader_is_large(to, n)) {
            edo_polled polled = s->ops->poll_read(s, cx, wait, to, n, 0, result);
            if (polled == EDO_READY && *result > 0) {
                r->dropping = 0;
                r->input_at_ns = edo_now().ns;
            }
            return polled;
        }
        *result = edoi_buf_make_room(r);
        if (*result < 0) return EDO_READY;
        if (edoi_buf_read_more(r, cx, wait, result) == EDO_PENDING) return EDO_PENDING;
        if (*result <= 0) return EDO_READY;
    }
    uint32_t copied = copy_held(r, to, n);
    if (!(flags & EDO_IO_PEEK)) edoi_buf_take(r, copied);
    *result = (int)copied;
    return EDO_READY;
}

static edo_polled buf_reader_view_ready(edo_stream *view, edo_cx *cx, edo_io_wait *wait,
                                        uint32_t what, int *result) {
    edo_buf_reader *r = buffered_reader_of(view);
    *result = (int)what;
    if (what == EDO_IO_READ && edoi_buf_held(r) > 0) return EDO_READY;
    return edoi_stream_poll_ready(r->view.below, cx, wait, what, result);
}

/* The held bytes lie before the place of the stream below, so a seek drops them. */
static edo_polled buf_reader_view_seek(edo_stream *view, edo_cx *cx, edo_io_wait *wait,
                                       int64_t offset, int whence, uint64_t *at, int *result) {
    edo_buf_reader *r = buffered_reader_of(view);
    uint32_t held = edoi_buf_held(r);
    bool only_asks = whence == SEEK_CUR && offset == 0;
    *result = -EINVAL;
    if (whence == SEEK_CUR && !only_asks && __builtin_sub_overflow(offset, held, &offset))
        return EDO_READY;
    edo_polled polled = edoi_stream_poll_seek(r->view.below, cx, wait, offset, whence, at, result);
    if (polled == EDO_PENDING || *result < 0) return polled;
    if (only_asks) {
        *at -= held;
    } else {
        r->begin = r->end = r->seen = 0;
        r->dropping = r->at_end = 0;
        buf_reader_release_buf(r);
    }
    return EDO_READY;
}

static void buf_reader_view_free(edo_stream *view) {
    (void)view; // it lies in the reader
}

static const edo_stream_ops view_ops = { .name = "edo_buf_reader",
                                         .flags = EDOI_STREAM_PASSES,
                                         .poll_read = view_read,
                                         .poll_write = edoi_adapter_write,
                                         .poll_shutdown = edoi_adapter_shutdown,
                                         .poll_ready = buf_reader_view_ready,
                                         .unwait = edoi_adapter_unwait,
                                         .close = edoi_adapter_close,
                                         .free = buf_reader_view_free,
                                         .fd = edoi_adapter_fd,
                                         .poll_flush = edoi_adapter_flush,
                                         .poll_seek = buf_reader_view_seek };

edo_stream *edo_buf_reader_stream(edo_buf_reader *self) {
    return &self->view.base;
}

#ifdef EDO_DEBUG
void edoi_buf_reader_check(const edo_buf_reader *r) {
    (void)EDO_MISUSE(!r || r->view.base.ops != &view_ops,
                     "an edo_buf_reader is used that is NULL or not initialised");
}
#endif

edo_buf_reader *edoi_buf_reader_of(edo_stream *s) {
    return s->ops == &view_ops ? buffered_reader_of(s) : NULL;
}

/* ---- Begin and end --------------------------------------------------------------------------- */

int edo_buf_reader_init(edo_buf_reader *self, edo_stream *s, const edo_buf_reader_opts *opts) {
    static const edo_buf_reader_opts defaults = { 0 };
    if (!opts) opts = &defaults;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    if (edoi_stream_misused(s)) return -EDO_EMISUSE;
    uint32_t line_max = opts->line_max;
    size_t buf_bytes = opts->buf_bytes < INT_MAX ? opts->buf_bytes : INT_MAX;
    if (line_max == 0)
        line_max = opts->buf && buf_bytes > 2 ? (uint32_t)buf_bytes - 2 : EDO_LINE_MAX;
    if (line_max > INT_MAX - 2) return -EINVAL;
    if (opts->buf && buf_bytes < line_max + 2) return -EINVAL;
    *self = (edo_buf_reader){ .view = { .base = { .ops = &view_ops,
                                                  .refs = EDOI_ATOMIC_INIT(EDOI_VIEW_REFS) },
                                        .below = s },
                              .line_max = line_max,
                              .input_at_ns = edo_now().ns };
    if (opts->buf) {
        self->buf = (char *)opts->buf;
        self->bytes = (uint32_t)buf_bytes;
        self->borrowed = 1;
    }
    return 0;
}

void edo_buf_reader_deinit(edo_buf_reader *self) {
    (void)EDO_MISUSE(edoi_view_is_used(&self->view.base),
                     "an edo_buf_reader ends while an operation waits on it");
    buf_reader_release_buf(self);
    *self = (edo_buf_reader){ 0 };
}
