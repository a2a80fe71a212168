/* SPDX-License-Identifier: MIT */
/* io/over/inspect.c: shows a function each byte that is read or written, once. */
#include "io/over/adapter.h"
#include "records/handles.h"

#include <edo/streams.h>

#include <errno.h>

typedef struct inspector {
    edoi_adapter base;
    edo_inspect_fn *fn; /* const */
    void *arg;          /* const */
} inspector;

static void inspect_show(edo_stream *s, uint32_t what, const struct iovec *vecs, size_t n,
                         int bytes) {
    inspector *self = (inspector *)(void *)s;
    size_t left = (size_t)bytes;
    for (size_t i = 0; i < n && left > 0; i++) {
        size_t part = vecs[i].iov_len < left ? vecs[i].iov_len : left;
        if (part > 0) self->fn(self->arg, what, vecs[i].iov_base, part);
        left -= part;
    }
}

static edo_polled inspect_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                               size_t n, uint32_t flags, int *result) {
    edo_polled polled = edoi_adapter_read(s, cx, wait, to, n, flags, result);
    if (polled == EDO_READY && *result > 0 && !(flags & EDO_IO_PEEK))
        inspect_show(s, EDO_IO_READ, to, n, *result);
    return polled;
}

static edo_polled inspect_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                const struct iovec *from, size_t n, int *result) {
    edo_polled polled = edoi_adapter_write(s, cx, wait, from, n, result);
    if (polled == EDO_READY && *result > 0) inspect_show(s, EDO_IO_WRITE, from, n, *result);
    return polled;
}

static void inspect_free(edo_stream *s) {
    edoi_adapter_free(s, sizeof(inspector));
}

static const edo_stream_ops inspect_ops = { .name = "edo_stream_inspect",
                                            .poll_read = inspect_read,
                                            .poll_write = inspect_write,
                                            .poll_ready = edoi_adapter_ready,
                                            .free = inspect_free,
                                            .poll_seek = edoi_adapter_seek,
                                            EDOI_ADAPTER_OPS };

int edo_stream_inspect(edo_stream **out, edo_stream *s, edo_inspect_fn *fn, void *arg) {
    if (edoi_stream_misused(s)) return -EDO_EMISUSE;
    inspector *self = (inspector *)edoi_adapter_new(&inspect_ops, sizeof *self, s, EDOI_CALLER());
    if (!self) return -ENOMEM;
    self->fn = fn;
    self->arg = arg;
    *out = &self->base.base;
    return 0;
}
