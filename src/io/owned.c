/* SPDX-License-Identifier: MIT */
/* io/owned.c: operations on counted bytes, whose memory may outlive the operation. */
#include "io/op.h"
#include "io/source_io.h"

#include <edo/task.h>

#include <errno.h>
#include <limits.h>
#include <stdint.h>

/* ---- Read some ------------------------------------------------------------------------------- */

static edo_polled read_bytes_poll(edo_future *base, edo_cx *cx) {
    edo_read_bytes_future *f = (edo_read_bytes_future *)(void *)base;
    edo_stream *s = f->stream;
    if (edoi_io_lacks(base, s)) return edo_future_finish(base, -EDO_EMISUSE);
    if (!edo_budget_take(cx)) return edoi_io_pend(base, s);
    if (f->n == 0) return edoi_io_end(base, s, &f->wait, 0);
    int result = edo_buf_reserve(f->buf, f->n);
    if (result < 0) return edoi_io_end(base, s, &f->wait, result);
    struct iovec to = { .iov_base = f->buf->ptr + f->buf->len, .iov_len = f->n };
    if (s->ops->poll_read(s, cx, &f->wait, &to, 1, 0, &result) == EDO_PENDING) {
        if (f->buf->len == 0) edo_buf_deinit(f->buf); // an idle connection holds no buffer
        edo_budget_refund(cx);
        return edoi_io_pend(base, s);
    }
    if (result > 0) f->buf->len += (size_t)result;
    return edoi_io_end(base, s, &f->wait, result);
}

static void read_bytes_drop(edo_future *base) {
    edo_read_bytes_future *f = (edo_read_bytes_future *)(void *)base;
    edoi_io_drop(base, f->stream, &f->wait);
}

static const edo_future_ops read_bytes_ops = { .poll = read_bytes_poll,
                                               .drop = read_bytes_drop,
                                               .name = "edo_read_bytes",
                                               .size = sizeof(edo_read_bytes_future),
                                               .flags = EDOI_FUTURE_OF(EDOI_STREAM),
                                               .hold = edoi_io_hold };

edo_future *edo_read_bytes_init(edo_read_bytes_future *f, edo_buf *buf, edo_stream *s, size_t n) {
    EDOI_ENTERS(EDOI_STREAM, s);
    f->stream = s;
    f->buf = buf;
    f->n = n < INT_MAX ? n : INT_MAX;
    f->wait = (edo_io_wait){ 0 };
    return edo_future_init(&f->base, &read_bytes_ops);
}

int edo_read_bytes(edo_buf *buf, edo_stream *s, size_t n) {
    edo_read_bytes_future f;
    return edo_await(edo_read_bytes_init(&f, buf, s, n));
}

/* ---- Read all -------------------------------------------------------------------------------- */

#define PROBE_BYTES 64u /* read beside a full buffer: the end is often there, and needs no room */

/* Makes the room that a packet or message has to find, which no probe has. Errors: -ENOMEM. */
static int read_all_make_room(edo_read_all_future *f) {
    size_t least = edoi_least_room(f->stream), len = f->buf.len;
    if (EDOI_LIKELY(least == 1) || f->buf.cap - len >= least) return 0;
    return edo_buf_reserve(&f->buf, len > least ? len : least);
}

/* Reads once into the room of the buffer, or beside it; as poll_read. */
static edo_polled read_all_more(edo_read_all_future *f, edo_cx *cx, int *result) {
    edo_stream *s = f->stream;
    char probe[PROBE_BYTES];
    *result = read_all_make_room(f);
    if (*result < 0) return EDO_READY;
    size_t room = f->buf.cap - f->buf.len;
    struct iovec to = { .iov_base = probe, .iov_len = sizeof probe };
    if (room > 0) to = (struct iovec){ .iov_base = f->buf.ptr + f->buf.len, .iov_len = room };
    if (to.iov_len > INT_MAX) to.iov_len = INT_MAX;
    edo_polled polled = s->ops->poll_read(s, cx, &f->wait, &to, 1, 0, result);
    if (polled == EDO_PENDING || *result <= 0) return polled;
    size_t n = (size_t)*result;
    if (room > 0) {
        f->buf.len += n;
    } else {
        int err = edo_buf_append(&f->buf, probe, n);
        if (err < 0) *result = err;
    }
    if (f->buf.len > f->max) *result = -EDO_ETOOLONG;
    return EDO_READY;
}

static edo_polled read_all_poll(edo_future *base, edo_cx *cx) {
    edo_read_all_future *f = (edo_read_all_future *)(void *)base;
    if (edoi_io_lacks(base, f->stream)) return edo_future_finish(base, -EDO_EMISUSE);
    int result;
    do {
        if (!edo_budget_take(cx)) return edoi_io_pend(base, f->stream);
        if (read_all_more(f, cx, &result) == EDO_PENDING) {
            edo_budget_refund(cx);
            return edoi_io_pend(base, f->stream);
        }
    } while (result > 0);
    if (result == 0) *f->out = edo_buf_freeze(&f->buf);
    edo_buf_deinit(&f->buf);
    return edoi_io_end(base, f->stream, &f->wait, result);
}

static void read_all_drop(edo_future *base) {
    edo_read_all_future *f = (edo_read_all_future *)(void *)base;
    if (!edo_future_is_over(base)) edo_buf_deinit(&f->buf);
    edoi_io_drop(base, f->stream, &f->wait);
}

static const edo_future_ops read_all_ops = { .poll = read_all_poll,
                                             .drop = read_all_drop,
                                             .name = "edo_read_all",
                                             .size = sizeof(edo_read_all_future),
                                             .flags = EDO_FUTURE_NOT_CANCEL_SAFE |
                                                      EDOI_FUTURE_OF(EDOI_STREAM),
                                             .hold = edoi_io_hold };

edo_future *edo_read_all_init(edo_read_all_future *f, edo_bytes *out, edo_stream *s, size_t max) {
    EDOI_ENTERS(EDOI_STREAM, s);
    f->stream = s;
    f->out = out;
    f->max = max;
    f->buf = (edo_buf){ 0 };
    f->wait = (edo_io_wait){ 0 };
    return edo_future_init(&f->base, &read_all_ops);
}

int edo_read_all(edo_bytes *out, edo_stream *s, size_t max) {
    edo_read_all_future f;
    return edo_await(edo_read_all_init(&f, out, s, max));
}

/* ---- Write all ------------------------------------------------------------------------------- */

static edo_polled write_bytes_poll(edo_future *base, edo_cx *cx) {
    edo_write_bytes_future *f = (edo_write_bytes_future *)(void *)base;
    edo_stream *s = f->stream;
    if (edoi_io_lacks(base, s)) return edo_future_finish(base, -EDO_EMISUSE);
    edo_str *left = &f->bytes->str;
    bool is_empty = left->len == 0 && edoi_stream_sends_empty(s);
    bool is_idle = left->len == 0 && !is_empty; // nothing to do takes its turn, too
    if (is_idle && !edo_budget_take(cx)) return edoi_io_pend(base, s);
    while (left->len > 0 || is_empty) {
        if (!edo_budget_take(cx)) return edoi_io_pend(base, s);
        struct iovec from = { .iov_base = (void *)(uintptr_t)left->ptr,
                              .iov_len = left->len < INT_MAX ? left->len : INT_MAX };
        int result;
        if (s->ops->poll_write(s, cx, &f->wait, &from, 1, &result) == EDO_PENDING) {
            edo_budget_refund(cx);
            return edoi_io_pend(base, s);
        }
        if (result == 0 && !is_empty) result = -EIO; // no progress, but no error
        if (result < 0) return edoi_io_end(base, s, &f->wait, result);
        is_empty = false;
        left->ptr += result;
        left->len -= (size_t)result;
    }
    edo_bytes_unref(f->bytes);
    return edoi_io_end(base, s, &f->wait, 0);
}

static void write_bytes_drop(edo_future *base) {
    edo_write_bytes_future *f = (edo_write_bytes_future *)(void *)base;
    edoi_io_drop(base, f->stream, &f->wait);
}

static const edo_future_ops write_bytes_ops = { .poll = write_bytes_poll,
                                                .drop = write_bytes_drop,
                                                .name = "edo_write_bytes",
                                                .size = sizeof(edo_write_bytes_future),
                                                .flags = EDOI_FUTURE_OF(EDOI_STREAM),
                                                .hold = edoi_io_hold };

edo_future *edo_write_bytes_init(edo_write_bytes_future *f, edo_stream *s, edo_bytes *bytes) {
    EDOI_ENTERS(EDOI_STREAM, s);
    f->stream = s;
    f->bytes = bytes;
    f->wait = (edo_io_wait){ 0 };
    return edo_future_init(&f->base, &write_bytes_ops);
}

int edo_write_bytes(edo_stream *s, edo_bytes *bytes) {
    edo_write_bytes_future f;
    return edo_await(edo_write_bytes_init(&f, s, bytes));
}
