/* SPDX-License-Identifier: MIT */
/* io/over/adapter.h: streams over another stream: a kind replaces the operations that it changes.
 *
 * inv. 1: the stream below lives until the adapter is freed: so a wait that is linked there can be
 *         unlinked there. An adapter of edoi_adapter_new() owns a reference of it; a view
 *         (view.h) borrows it. */
#ifndef EDOI_IO_OVER_ADAPTER_H
#define EDOI_IO_OVER_ADAPTER_H

#include "io/op.h"

EDOI_INLINE edo_stream *edoi_below(edo_stream *s) {
    return ((edoi_adapter *)(void *)s)->below;
}

edo_polled edoi_adapter_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                             size_t n, uint32_t flags, int *result);
edo_polled edoi_adapter_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                              const struct iovec *from, size_t n, int *result);
edo_polled edoi_adapter_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result);
edo_polled edoi_adapter_flush(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result);
edo_polled edoi_adapter_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                              int *result);
edo_polled edoi_adapter_seek(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int64_t offset,
                             int whence, uint64_t *at, int *result);
void edoi_adapter_unwait(edo_stream *s, edo_io_wait *wait);
void edoi_adapter_close(edo_stream *s);
int edoi_adapter_fd(edo_stream *s);

/* The operations that nearly all kinds have. */
#define EDOI_ADAPTER_OPS                                                                           \
    .flags = EDOI_STREAM_PASSES | EDO_STREAM_OVER, .poll_shutdown = edoi_adapter_shutdown,         \
    .poll_flush = edoi_adapter_flush, .unwait = edoi_adapter_unwait, .close = edoi_adapter_close,  \
    .fd = edoi_adapter_fd

/* An adapter of `bytes` bytes, zero behind its head; NULL: no memory, and `below` stays the
 * caller's. For `caller` see edoi_handle_made_here(). Freed by edoi_adapter_free(). */
void *edoi_adapter_new(const edo_stream_ops *ops, size_t bytes, edo_stream *below,
                       const void *caller);
void edoi_adapter_free(void *a, size_t bytes);

#endif
