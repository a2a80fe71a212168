/* SPDX-License-Identifier: MIT */
/* io/adapter.h: streams over other streams: reading goes to one, writing to one, perhaps the same;
 * a kind replaces the operations that it changes.
 *
 * inv. 1: an adapter owns a reference of each stream below it.
 * inv. 2: one task at a time reads from an adapter: so `reading` is enough to know which waits are
 *         linked in `in`; all others are linked in `out`. It is cleared before the wait it names
 *         ends, so a task that writes never finds its own wait there. */
#ifndef EDOI_IO_ADAPTER_H
#define EDOI_IO_ADAPTER_H

#include <edo/io.h>

typedef struct edoi_adapter {
    edo_stream base;
    edo_stream *in, *out;   /* NULL: no reading, no writing */
    edo_atomic_ptr reading; /* atomic, relaxed: compared only; the wait of a pending read, NULL */
} edoi_adapter;

EDOI_INLINE edoi_adapter *edoi_adapter_of(edo_stream *s) {
    return (edoi_adapter *)(void *)s;
}

edo_polled edoi_adapter_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                             size_t n, uint32_t flags, int *result);
edo_polled edoi_adapter_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                              const struct iovec *from, size_t n, int *result);
edo_polled edoi_adapter_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result);
edo_polled edoi_adapter_flush(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result);
edo_polled edoi_adapter_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                              int *result);
/* A read is pending with `wait`; is it this one? */
void edoi_adapter_note_reading(edoi_adapter *a, const edo_io_wait *wait);
bool edoi_adapter_is_reading(const edoi_adapter *a, const edo_io_wait *wait);
void edoi_adapter_unwait(edo_stream *s, edo_io_wait *wait);
void edoi_adapter_close(edo_stream *s);
int edoi_adapter_fd(edo_stream *s);

/* Gives back the streams below; the adapter's memory is the kind's. */
void edoi_adapter_deinit(edoi_adapter *a);

/* The operations that nearly all kinds have. */
#define EDOI_ADAPTER_OPS                                                                           \
    .flags = EDO_STREAM_VECTORED, .poll_shutdown = edoi_adapter_shutdown,                          \
    .poll_flush = edoi_adapter_flush, .unwait = edoi_adapter_unwait, .close = edoi_adapter_close,  \
    .fd = edoi_adapter_fd

/* An adapter of `bytes` bytes, zero behind its head; NULL: no memory, and the streams stay the
 * caller's. Otherwise it takes `in` and `out`, once if they are one. For `caller` see
 * edoi_handle_made_here(). Freed by edoi_adapter_free(). */
void *edoi_adapter_new(const edo_stream_ops *ops, size_t bytes, edo_stream *in, edo_stream *out,
                       const void *caller);
void edoi_adapter_free(void *a, size_t bytes);

#endif
