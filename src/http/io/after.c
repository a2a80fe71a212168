/* SPDX-License-Identifier: MIT */
/* http/io/after.c: see after.h. */
#include "http/io/after.h"

#include <edo/error.h>

#include <errno.h>

static edoi_http_input *input_of(edo_stream *s) {
    return EDO_CONTAINER_OF(s, edoi_http_after, stream)->in;
}

static edo_stream *below(edo_stream *s) {
    return input_of(s)->from;
}

static edo_polled after_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                             size_t n, uint32_t flags, int *result) {
    edoi_http_input *in = input_of(s);
    size_t held = in->end - in->begin;
    if (held == 0) return below(s)->ops->poll_read(below(s), cx, wait, to, n, flags, result);
    while (n > 1 && to->iov_len == 0) to++, n--;
    size_t some = to->iov_len < held ? to->iov_len : held;
    memcpy(to->iov_base, in->ptr + in->begin, some);
    if (!(flags & EDO_IO_PEEK)) in->begin += (uint32_t)some;
    *result = (int)some;
    return EDO_READY;
}

static edo_polled after_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                              const struct iovec *from, size_t n, int *result) {
    return below(s)->ops->poll_write(below(s), cx, wait, from, n, result);
}

static edo_polled after_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    return below(s)->ops->poll_shutdown(below(s), cx, wait, result);
}

static edo_polled after_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                              int *result) {
    edoi_http_input *in = input_of(s);
    if (what == EDO_IO_READ && in->begin < in->end) {
        *result = EDO_IO_READ;
        return EDO_READY;
    }
    if (!below(s)->ops->poll_ready) {
        *result = -ENOTSUP;
        return EDO_READY;
    }
    return below(s)->ops->poll_ready(below(s), cx, wait, what, result);
}

static void after_unwait(edo_stream *s, edo_io_wait *wait) {
    below(s)->ops->unwait(below(s), wait);
}

static void after_close(edo_stream *s) {
    below(s)->ops->close(below(s));
}

static void after_free(edo_stream *s) {
    (void)s; // the owner frees it
}

/* Returns the descriptor; -1 while bytes that were read ahead are left, which its users would
 * miss. */
static int after_fd(edo_stream *s) {
    (void)s;
    return -1;
}

static const edo_stream_ops after_ops = { .name = "edo_http_upgraded",
                                          .flags = EDO_STREAM_VECTORED | EDO_STREAM_OVER,
                                          .poll_read = after_read,
                                          .poll_write = after_write,
                                          .poll_shutdown = after_shutdown,
                                          .poll_ready = after_ready,
                                          .unwait = after_unwait,
                                          .close = after_close,
                                          .free = after_free,
                                          .fd = after_fd };

void edoi_http_after_init(edoi_http_after *a, edoi_http_input *in) {
    *a =
        (edoi_http_after){ .stream = { .ops = &after_ops, .refs = EDOI_ATOMIC_INIT(1) }, .in = in };
}
