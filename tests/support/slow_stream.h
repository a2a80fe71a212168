/* SPDX-License-Identifier: MIT */
/* support/slow_stream.h: a stream in memory whose reads return at most so many bytes at a time. It
 * is placed by the test, and not closed. */
#ifndef EDO_TESTS_SLOW_STREAM_H
#define EDO_TESTS_SLOW_STREAM_H

#include <edo/io.h>

#include <errno.h>
#include <string.h>

typedef struct slow_stream {
    edo_stream base;
    edo_str rest;
    size_t piece; /* not 0 */
    int failure;  /* returned at the end; 0: none */
} slow_stream;

static inline edo_polled slow_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                   const struct iovec *to, size_t n, uint32_t flags, int *result) {
    slow_stream *slow = (slow_stream *)(void *)s;
    (void)cx, (void)wait, (void)n, (void)flags;
    size_t some = to->iov_len < slow->piece ? to->iov_len : slow->piece;
    if (some > slow->rest.len) some = slow->rest.len;
    if (some > 0) memcpy(to->iov_base, slow->rest.ptr, some);
    slow->rest = (edo_str){ slow->rest.ptr + some, slow->rest.len - some };
    *result = some == 0 ? slow->failure : (int)some;
    return EDO_READY;
}

static inline edo_polled slow_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                    const struct iovec *from, size_t n, int *result) {
    (void)s, (void)cx, (void)wait, (void)from, (void)n;
    *result = -ENOTSUP;
    return EDO_READY;
}

static inline edo_polled slow_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    (void)s, (void)cx, (void)wait;
    *result = -ENOTSUP;
    return EDO_READY;
}

static inline void slow_unwait(edo_stream *s, edo_io_wait *wait) {
    (void)s, (void)wait;
}

static inline void slow_nothing(edo_stream *s) {
    (void)s;
}

static inline int slow_fd(edo_stream *s) {
    (void)s;
    return -1;
}

static inline slow_stream slow_stream_of(edo_str bytes, size_t piece) {
    static const edo_stream_ops ops = { .name = "slow_stream",
                                        .poll_read = slow_read,
                                        .poll_write = slow_write,
                                        .poll_shutdown = slow_shutdown,
                                        .unwait = slow_unwait,
                                        .close = slow_nothing,
                                        .free = slow_nothing,
                                        .fd = slow_fd };
    return (slow_stream){ .base = { .ops = &ops, .refs = EDOI_ATOMIC_INIT(1) },
                          .rest = bytes,
                          .piece = piece };
}

#endif
