/* SPDX-License-Identifier: MIT */
/* io/tee.c: reads a stream and writes what was read to another one, too, before it is handed out.
 *
 * inv. 1: begin <= written <= end <= TEE_BYTES; bytes up to `begin` were handed out, those up to
 *         `written` may be.
 * inv. 2: a reader waits at `in` while no bytes are held, else at `copy`. */
#include "base/memory/alloc.h"
#include "base/memory/handles.h"
#include "io/adapter.h"

#include <edo/streams.h>

#include <errno.h>
#include <string.h>

#define TEE_BYTES 4096u

typedef struct tee {
    edoi_adapter base;
    edo_stream *copy;             /* owned */
    char *bytes;                  /* NULL while none are held */
    uint32_t begin, written, end; /* in `bytes`; the reading task's, as all of these */
} tee;

static tee *tee_of(edo_stream *s) {
    return (tee *)(void *)s;
}

static edo_polled take_in(tee *self, edo_cx *cx, edo_io_wait *wait, int *result) {
    if (!self->bytes) self->bytes = (char *)edoi_alloc(TEE_BYTES);
    *result = -ENOMEM;
    if (!self->bytes) return EDO_READY;
    struct iovec to = { .iov_base = self->bytes, .iov_len = TEE_BYTES };
    edo_polled polled = edoi_adapter_read(&self->base.base, cx, wait, &to, 1, 0, result);
    self->begin = self->written = 0;
    self->end = polled == EDO_READY && *result > 0 ? (uint32_t)*result : 0;
    if (self->end > 0) {
        if (wait) self->base.in->ops->unwait(self->base.in, wait); // it may wait at the copy
        return EDO_READY;
    }
    edoi_free(self->bytes);
    self->bytes = NULL;
    return polled;
}

static edo_polled write_copy(tee *self, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_stream *to = self->copy;
    while (self->written < self->end) {
        struct iovec from = { .iov_base = self->bytes + self->written,
                              .iov_len = self->end - self->written };
        if (to->ops->poll_write(to, cx, wait, &from, 1, result) == EDO_PENDING) return EDO_PENDING;
        if (*result == 0) *result = -EIO; // no progress, but no error
        if (*result < 0) return EDO_READY;
        self->written += (uint32_t)*result;
    }
    if (wait) to->ops->unwait(to, wait);
    *result = 0;
    return EDO_READY;
}

static int hand_out(tee *self, const struct iovec *to, size_t n, bool peek) {
    uint32_t at = self->begin;
    for (size_t i = 0; i < n && at < self->end; i++) {
        uint32_t left = self->end - at;
        uint32_t part = to[i].iov_len < left ? (uint32_t)to[i].iov_len : left;
        if (part > 0) memcpy(to[i].iov_base, self->bytes + at, part);
        at += part;
    }
    int copied = (int)(at - self->begin);
    if (peek) return copied;
    self->begin = at;
    if (at < self->end) return copied;
    edoi_free(self->bytes);
    self->bytes = NULL;
    self->begin = self->written = self->end = 0;
    return copied;
}

static edo_polled tee_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                           size_t n, uint32_t flags, int *result) {
    tee *self = tee_of(s);
    if (self->begin == self->end) {
        if (take_in(self, cx, wait, result) == EDO_PENDING) return EDO_PENDING;
        if (self->end == 0) return EDO_READY; // the end, or a failure
    }
    if (write_copy(self, cx, wait, result) == EDO_PENDING) {
        edoi_adapter_note_reading(&self->base, wait);
        return EDO_PENDING;
    }
    if (*result == 0) *result = hand_out(self, to, n, flags & EDO_IO_PEEK);
    return EDO_READY;
}

static void tee_unwait(edo_stream *s, edo_io_wait *wait) {
    tee *self = tee_of(s);
    bool reads = edoi_adapter_is_reading(&self->base, wait);
    if (reads && self->begin < self->end) { // the reading task's own
        edoi_adapter_note_reading(&self->base, NULL);
        self->copy->ops->unwait(self->copy, wait);
    } else {
        edoi_adapter_unwait(s, wait);
    }
}

static void tee_free(edo_stream *s) {
    tee *self = tee_of(s);
    edoi_free(self->bytes);
    edo_stream_unref(self->copy);
    edoi_adapter_free(s, sizeof *self);
}

static void tee_close(edo_stream *s) {
    tee *self = tee_of(s);
    edoi_adapter_close(s);
    self->copy->ops->close(self->copy);
}

static edo_polled tee_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                            int *result) {
    *result = (int)what;
    if (what == EDO_IO_READ && tee_of(s)->begin < tee_of(s)->end) return EDO_READY;
    return edoi_adapter_ready(s, cx, wait, what, result);
}

static const edo_stream_ops tee_ops = { .name = "edo_stream_tee",
                                        .flags = EDO_STREAM_VECTORED,
                                        .poll_read = tee_read,
                                        .poll_write = edoi_adapter_write,
                                        .poll_shutdown = edoi_adapter_shutdown,
                                        .poll_ready = tee_ready,
                                        .unwait = tee_unwait,
                                        .close = tee_close,
                                        .free = tee_free,
                                        .fd = edoi_adapter_fd,
                                        .poll_flush = edoi_adapter_flush };

int edo_stream_tee(edo_stream **out, edo_stream *s, edo_stream *copy) {
    if (edoi_handle_misused(EDOI_STREAM, s) || edoi_handle_misused(EDOI_STREAM, copy))
        return -EDO_EMISUSE;
    tee *self = (tee *)edoi_adapter_new(&tee_ops, sizeof *self, s, s, EDOI_CALLER());
    if (!self) return -ENOMEM;
    self->copy = copy;
    *out = &self->base.base;
    return 0;
}
