/* SPDX-License-Identifier: MIT */
/* io/over/adapter.c: see adapter.h. */
#include "io/over/adapter.h"

#include "base/assert.h"
#include "base/atomic.h"
#include "io/view.h"
#include "records/handles.h"

#include <string.h>

edo_polled edoi_adapter_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                             size_t n, uint32_t flags, int *result) {
    edo_stream *below = edoi_below(s);
    return below->ops->poll_read(below, cx, wait, to, n, flags, result);
}

edo_polled edoi_adapter_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                              const struct iovec *from, size_t n, int *result) {
    edo_stream *below = edoi_below(s);
    return below->ops->poll_write(below, cx, wait, from, n, result);
}

edo_polled edoi_adapter_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_stream *below = edoi_below(s);
    return below->ops->poll_shutdown(below, cx, wait, result);
}

edo_polled edoi_adapter_flush(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    return edoi_stream_poll_flush(edoi_below(s), cx, wait, result);
}

edo_polled edoi_adapter_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                              int *result) {
    return edoi_stream_poll_ready(edoi_below(s), cx, wait, what, result);
}

edo_polled edoi_adapter_seek(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int64_t offset,
                             int whence, uint64_t *at, int *result) {
    return edoi_stream_poll_seek(edoi_below(s), cx, wait, offset, whence, at, result);
}

void edoi_adapter_unwait(edo_stream *s, edo_io_wait *wait) {
    edo_stream *below = edoi_below(s);
    below->ops->unwait(below, wait);
}

void edoi_adapter_close(edo_stream *s) {
    edo_stream *below = edoi_below(s);
    below->ops->close(below);
}

int edoi_adapter_fd(edo_stream *s) {
    edo_stream *below = edoi_below(s);
    return below->ops->fd(below);
}

void *edoi_adapter_new(const edo_stream_ops *ops, size_t bytes, edo_stream *below,
                       const void *caller) {
    edoi_adapter *a = (edoi_adapter *)edoi_cache_get(bytes);
    if (!a) return NULL;
    memset(a, 0, bytes);
    *a = (edoi_adapter){ .base = { .ops = ops, .refs = EDOI_ATOMIC_INIT(1) }, .below = below };
    return edoi_handle_made_here(EDOI_STREAM, a, caller);
}

void edoi_adapter_free(void *a, size_t bytes) {
    edo_stream *below = ((edoi_adapter *)a)->below;
    EDO_INV("adapter inv. 1", edoi_load_rlx_u32(&below->refs) > 0); // relaxed: one is ours
    edo_stream_unref(below);
    edoi_handle_cache_put(EDOI_STREAM, a, bytes);
}
