/* SPDX-License-Identifier: MIT */
/* support/deaf_stream.h: a stream that is never ready, and counts the waits that are linked in it.
 * It is placed by the test, and not closed. */
#ifndef EDO_TESTS_DEAF_STREAM_H
#define EDO_TESTS_DEAF_STREAM_H

#include "base/atomic.h"

#include <edo/io.h>

#include <errno.h>

typedef struct deaf_stream {
    edo_stream base;
    int linked_n;
    void (*on_poll)(void); /* called by each poll that links; NULL: nothing is */
} deaf_stream;

static inline edo_polled deaf_link(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    deaf_stream *deaf = (deaf_stream *)(void *)s;
    *result = -EAGAIN;
    if (!cx) return EDO_READY;
    (void)edo_cx_waker(cx);
    if (!edoi_load_rlx_ptr(&wait->next)) deaf->linked_n++;
    edoi_store_rlx_ptr(&wait->next, wait);
    if (deaf->on_poll) deaf->on_poll();
    return EDO_PENDING;
}

static inline edo_polled deaf_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                   const struct iovec *to, size_t n, uint32_t flags, int *result) {
    (void)to, (void)n, (void)flags;
    return deaf_link(s, cx, wait, result);
}

static inline edo_polled deaf_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                    const struct iovec *from, size_t n, int *result) {
    (void)from, (void)n;
    return deaf_link(s, cx, wait, result);
}

static inline void deaf_unwait(edo_stream *s, edo_io_wait *wait) {
    deaf_stream *deaf = (deaf_stream *)(void *)s;
    if (edoi_load_rlx_ptr(&wait->next)) deaf->linked_n--;
    edoi_store_rlx_ptr(&wait->next, NULL);
}

static inline void deaf_nothing(edo_stream *s) {
    (void)s;
}

static inline int deaf_fd(edo_stream *s) {
    (void)s;
    return -1;
}

static inline deaf_stream deaf_stream_make(void) {
    static const edo_stream_ops ops = { .name = "deaf_stream",
                                        .poll_read = deaf_read,
                                        .poll_write = deaf_write,
                                        .poll_shutdown = deaf_link,
                                        .unwait = deaf_unwait,
                                        .close = deaf_nothing,
                                        .free = deaf_nothing,
                                        .fd = deaf_fd,
                                        .poll_flush = deaf_link };
    return (deaf_stream){ .base = { .ops = &ops, .refs = EDOI_ATOMIC_INIT(1) } };
}

#endif
