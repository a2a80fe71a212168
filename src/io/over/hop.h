/* SPDX-License-Identifier: MIT */
/* io/over/hop.h: the wait of an operation that goes to one of several streams below.
 *
 * A stream over two passes an operation on with a hop in the place of the operation's own wait. The
 * hop knows at which stream it is linked; the operation's wait, which no stream below sees, points
 * to it. A kind may keep more in it: the hop is the first member then.
 *
 * inv. 1: `next` of an operation's wait is its hop while the operation is pending, else NULL.
 * inv. 2: the streams below live as long as the stream over them, so `at` does. */
#ifndef EDOI_IO_OVER_HOP_H
#define EDOI_IO_OVER_HOP_H

#include "io/over/adapter.h"

typedef struct edoi_hop {
    edo_io_wait wait;
    edo_stream *at;
    uint32_t bytes; /* of the memory, with what the kind keeps */
} edoi_hop;

/* The hop of a pending operation; NULL: there is none. */
EDOI_INLINE edoi_hop *edoi_hop_of(const edo_io_wait *wait) {
    return (edoi_hop *)edoi_load_rlx_ptr(&wait->next); // relaxed: only the operation looks at it
}

/* The wait to pass on. */
EDOI_INLINE edo_io_wait *edoi_hop_wait(edoi_hop *hop) {
    return hop ? &hop->wait : NULL;
}

/* Begins to poll `at`: a hop in `*out`, of `bytes` bytes, zero behind its head when it is new; NULL
 * without `cx`. Unlinks it at any other stream. 0 or -ENOMEM. */
EDO_MUST_USE int edoi_hop_begin(edoi_hop **out, edo_io_wait *wait, const edo_cx *cx, edo_stream *at,
                                size_t bytes);

/* Frees the hop of an operation that is ready or dropped, if it has one: unlinks it first. As
 * `unwait` of a stream. */
void edoi_hop_free(edo_io_wait *wait);
void edoi_hop_unwait(edo_stream *s, edo_io_wait *wait);

/* Polls of `at`, as those of edo_stream_ops; -ENOMEM: there is no memory for a hop. */
edo_polled edoi_hop_read(edo_stream *at, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                         size_t n, uint32_t flags, int *result);
edo_polled edoi_hop_write(edo_stream *at, edo_cx *cx, edo_io_wait *wait, const struct iovec *from,
                          size_t n, int *result);
edo_polled edoi_hop_shutdown(edo_stream *at, edo_cx *cx, edo_io_wait *wait, int *result);
edo_polled edoi_hop_flush(edo_stream *at, edo_cx *cx, edo_io_wait *wait, int *result);
edo_polled edoi_hop_ready(edo_stream *at, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                          int *result);

#endif
