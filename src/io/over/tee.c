/* SPDX-License-Identifier: MIT */
/* io/over/tee.c: reads a stream, and writes what was read to another one, too, before it is handed
 * out.
 *
 * inv. 1: begin <= written <= end <= TEE_BYTES; the bytes up to `begin` were handed out, those up
 *         to `written` may be.
 * inv. 2: a reader waits at the stream below while no bytes are held, else at `copy`. */
#include "base/assert.h"
#include "base/memory/alloc.h"
#include "io/over/hop.h"
#include "io/view.h"
#include "records/handles.h"

#include <edo/streams.h>

#include <string.h>

#define TEE_BYTES 4096u

typedef struct tee {
    edoi_adapter base;
    edo_stream *copy;             /* const, owned */
    char *bytes;                  /* NULL while none are held; the reading task's, as the rest */
    uint32_t begin, written, end; /* in `bytes` */
} tee;

static tee *tee_of(edo_stream *s) {
    return (tee *)(void *)s;
}

static void tee_release(tee *self) {
    edoi_free(self->bytes);
    self->bytes = NULL;
    self->begin = self->written = self->end = 0;
}

/* Reads once. Ready without bytes: the end, or a failure. */
static edo_polled tee_take_in(tee *self, edo_cx *cx, edo_io_wait *wait, int *result) {
    EDO_INV("tee inv. 2", !self->bytes);
    self->bytes = (char *)edoi_alloc(TEE_BYTES);
    *result = -ENOMEM;
    if (!self->bytes) return EDO_READY;
    struct iovec to = { .iov_base = self->bytes, .iov_len = TEE_BYTES };
    edo_polled polled = edoi_hop_read(self->base.below, cx, wait, &to, 1, 0, result);
    if (polled == EDO_READY && *result > 0) {
        self->end = (uint32_t)*result;
    } else {
        tee_release(self);
    }
    return polled;
}

static edo_polled write_copy(tee *self, edo_cx *cx, edo_io_wait *wait, int *result) {
    while (self->written < self->end) {
        struct iovec from = { .iov_base = self->bytes + self->written,
                              .iov_len = self->end - self->written };
        if (edoi_hop_write(self->copy, cx, wait, &from, 1, result) == EDO_PENDING)
            return EDO_PENDING;
        if (*result == 0) *result = -EIO; // no progress, but no error
        if (*result < 0) return EDO_READY;
        self->written += (uint32_t)*result;
    }
    *result = 0;
    return EDO_READY;
}

static int tee_hand_out(tee *self, const struct iovec *to, size_t n, bool peek) {
    EDO_INV("tee inv. 1", self->begin <= self->written && self->written <= self->end);
    EDO_INV("tee inv. 1", self->end <= TEE_BYTES);
    uint32_t at = self->begin;
    for (size_t i = 0; i < n && at < self->end; i++) {
        uint32_t left = self->end - at;
        uint32_t part = to[i].iov_len < left ? (uint32_t)to[i].iov_len : left;
        if (part > 0) memcpy(to[i].iov_base, self->bytes + at, part);
        at += part;
    }
    int copied = (int)(at - self->begin);
    if (!peek) self->begin = at;
    if (self->begin == self->end) tee_release(self);
    return copied;
}

static edo_polled tee_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                           size_t n, uint32_t flags, int *result) {
    tee *self = tee_of(s);
    if (self->begin == self->end) {
        if (tee_take_in(self, cx, wait, result) == EDO_PENDING) return EDO_PENDING;
        if (!self->bytes) return EDO_READY;
    }
    if (write_copy(self, cx, wait, result) == EDO_PENDING) return EDO_PENDING;
    if (*result == 0) *result = tee_hand_out(self, to, n, flags & EDO_IO_PEEK);
    return EDO_READY;
}

static edo_polled tee_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *from,
                            size_t n, int *result) {
    return edoi_hop_write(edoi_below(s), cx, wait, from, n, result);
}

static edo_polled tee_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    return edoi_hop_shutdown(edoi_below(s), cx, wait, result);
}

static edo_polled tee_flush(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    return edoi_hop_flush(edoi_below(s), cx, wait, result);
}

static edo_polled tee_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                            int *result) {
    tee *self = tee_of(s);
    if (what != EDO_IO_READ || (self->begin == self->end && self->copy->ops->poll_ready))
        return edoi_hop_ready(edoi_below(s), cx, wait, what, result);
    *result = -ENOTSUP; // also while nothing waits for the copy
    if (!self->copy->ops->poll_ready) return EDO_READY;
    *result = (int)what;
    if (self->written == self->end) return EDO_READY;
    edo_polled polled = edoi_hop_ready(self->copy, cx, wait, EDO_IO_WRITE, result);
    if (polled == EDO_READY && *result > 0) *result = (int)what;
    return polled;
}

static void tee_close(edo_stream *s) {
    edo_stream *copy = tee_of(s)->copy;
    edoi_adapter_close(s);
    copy->ops->close(copy);
}

static void tee_free(edo_stream *s) {
    tee *self = tee_of(s);
    tee_release(self);
    edo_stream_unref(self->copy);
    edoi_adapter_free(s, sizeof *self);
}

static const edo_stream_ops tee_ops = { .name = "edo_stream_tee",
                                        .flags = EDOI_STREAM_PASSES | EDO_STREAM_OVER,
                                        .poll_read = tee_read,
                                        .poll_write = tee_write,
                                        .poll_shutdown = tee_shutdown,
                                        .poll_ready = tee_ready,
                                        .unwait = edoi_hop_unwait,
                                        .close = tee_close,
                                        .free = tee_free,
                                        .fd = edoi_adapter_fd,
                                        .poll_flush = tee_flush };

int edo_stream_tee(edo_stream **out, edo_stream *s, edo_stream *copy) {
    if (edoi_stream_misused(s) || edoi_stream_misused(copy)) return -EDO_EMISUSE;
    tee *self = (tee *)edoi_adapter_new(&tee_ops, sizeof *self, s, EDOI_CALLER());
    if (!self) return -ENOMEM;
    self->copy = copy;
    *out = &self->base.base;
    return 0;
}
