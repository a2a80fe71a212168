/* SPDX-License-Identifier: MIT */
/* io/adapter.c: see adapter.h. */
#include "io/adapter.h"

#include "base/memory/cache.h"
#include "base/memory/handles.h"
#include "io/view.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

void edoi_adapter_note_reading(edoi_adapter *a, const edo_io_wait *wait) {
    edoi_store_rlx_ptr(&a->reading, (void *)(uintptr_t)wait); // relaxed: see its declaration
}

bool edoi_adapter_is_reading(const edoi_adapter *a, const edo_io_wait *wait) {
    return edoi_load_rlx_ptr(&a->reading) == (const void *)wait; // relaxed: see its declaration
}

edo_polled edoi_adapter_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                             size_t n, uint32_t flags, int *result) {
    edoi_adapter *a = edoi_adapter_of(s);
    *result = -ENOTSUP;
    if (!a->in) return EDO_READY;
    edo_polled polled = a->in->ops->poll_read(a->in, cx, wait, to, n, flags, result);
    if (polled == EDO_PENDING) edoi_adapter_note_reading(a, wait);
    return polled;
}

edo_polled edoi_adapter_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                              const struct iovec *from, size_t n, int *result) {
    edo_stream *out = edoi_adapter_of(s)->out;
    *result = -ENOTSUP;
    return out ? out->ops->poll_write(out, cx, wait, from, n, result) : EDO_READY;
}

edo_polled edoi_adapter_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_stream *out = edoi_adapter_of(s)->out;
    *result = -ENOTSUP;
    return out ? out->ops->poll_shutdown(out, cx, wait, result) : EDO_READY;
}

edo_polled edoi_adapter_flush(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_stream *out = edoi_adapter_of(s)->out;
    *result = 0;
    return out ? edoi_stream_poll_flush(out, cx, wait, result) : EDO_READY;
}

edo_polled edoi_adapter_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                              int *result) {
    edoi_adapter *a = edoi_adapter_of(s);
    edo_stream *below = what == EDO_IO_READ ? a->in : a->out;
    *result = -ENOTSUP;
    if (!below) return EDO_READY;
    edo_polled polled = edoi_stream_poll_ready(below, cx, wait, what, result);
    if (polled == EDO_PENDING && what == EDO_IO_READ) edoi_adapter_note_reading(a, wait);
    return polled;
}

void edoi_adapter_unwait(edo_stream *s, edo_io_wait *wait) {
    edoi_adapter *a = edoi_adapter_of(s);
    bool reads = edoi_adapter_is_reading(a, wait);
    edo_stream *below = reads ? a->in : a->out; // inv. 2
    if (reads) edoi_adapter_note_reading(a, NULL);
    if (below) below->ops->unwait(below, wait);
}

void edoi_adapter_close(edo_stream *s) {
    edoi_adapter *a = edoi_adapter_of(s);
    if (a->in) a->in->ops->close(a->in);
    if (a->out && a->out != a->in) a->out->ops->close(a->out);
}

int edoi_adapter_fd(edo_stream *s) {
    edoi_adapter *a = edoi_adapter_of(s);
    edo_stream *below = a->in ? a->in : a->out;
    return below ? below->ops->fd(below) : -1;
}

void edoi_adapter_deinit(edoi_adapter *a) {
    edo_stream_unref(a->in);
    if (a->out != a->in) edo_stream_unref(a->out);
    a->in = a->out = NULL;
}

void *edoi_adapter_new(const edo_stream_ops *ops, size_t bytes, edo_stream *in, edo_stream *out,
                       const void *caller) {
    edoi_adapter *a = (edoi_adapter *)edoi_cache_get(bytes);
    if (!a) return NULL;
    memset(a, 0, bytes);
    *a =
        (edoi_adapter){ .base = { .ops = ops, .refs = EDOI_ATOMIC_INIT(1) }, .in = in, .out = out };
    return edoi_handle_made_here(EDOI_STREAM, a, caller);
}

void edoi_adapter_free(void *a, size_t bytes) {
    edoi_adapter_deinit((edoi_adapter *)a);
    edoi_cache_put(a, bytes);
}
