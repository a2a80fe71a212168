/* SPDX-License-Identifier: MIT */
/* io/source_io.h: how an operation on a source tries, and waits.
 *
 * An operation tries first if the source may be ready, and waits after EAGAIN:
 *
 *     for (;;) {
 *         uint32_t tick;
 *         int waits = edoi_may_try(src, dir, cx, wait, &tick);
 *         if (waits != 0) return edoi_not_tried(waits, result);
 *         ... the system call; a result, or:
 *         if (edoi_try_is_over(src, dir, cx, tick, result)) return EDO_READY;
 *     } */
#ifndef EDOI_IO_SOURCE_IO_H
#define EDOI_IO_SOURCE_IO_H

#include "io/wait.h"

#include <errno.h>

/* A flag of edo_stream_ops beside the public ones: the stream is the head of its source, and its
 * bytes are those of the source's descriptor, so that the kernel may move them itself. */
#define EDOI_STREAM_IS_SOURCE (1u << 31)

/* As above: a write is a send(2) of the source's descriptor, of bytes that may be cut anywhere. */
#define EDOI_STREAM_SENDS (1u << 26)

/* As above: each read may take a packet of up to PIPE_BUF bytes, and what it has no room for is
 * lost without a word. */
#define EDOI_STREAM_HAS_PACKETS (1u << 27)

_Static_assert(sizeof(edo_stream) <= EDOI_SOURCE_HEAD, "a stream is the head of a source");

/* May the operation try now? 0 with the tick in `*tick`, 1 it waits instead, or an error. A try (no
 * `cx`) always may: the event might not be registered. */
EDOI_INLINE int edoi_may_try(edoi_source *src, edoi_dir dir, edo_cx *cx, edo_io_wait *wait,
                             uint32_t *tick) {
    for (;;) {
        *tick = edoi_source_ready(src, dir);
        if (EDOI_UNLIKELY(edoi_source_tick_is_closed(*tick))) return edoi_source_closed_error(src);
        if (*tick != 0 || !cx) return 0;
        int waits = edoi_io_wait(src, dir, wait, cx);
        if (waits != 0) return waits;
    }
}

/* The end of a poll that may not try: handles the result of edoi_may_try(). */
EDOI_INLINE edo_polled edoi_not_tried(int waits, int *result) {
    if (waits > 0) return EDO_PENDING;
    *result = waits;
    return EDO_READY;
}

/* After a failed system call: true if the poll is ready, with an error. */
bool edoi_try_is_over(edoi_source *src, edoi_dir dir, const edo_cx *cx, uint32_t tick, int *result);

/* Called right after a read that failed. Has it met the end of the input of a terminal's master?
 * That fails with EIO once no process has the terminal open. */
bool edoi_is_hung_up(int fd);

/* The kernel says once that a connection is lost, to whatever asks first: notes it for the reads
 * that come later, to which that would look like the end. `result` is that of an operation; most
 * say nothing of it. */
EDOI_INLINE void edoi_stream_note_lost(edo_stream *s, int result) {
    bool is_lost = result == -ECONNRESET || result == -ETIMEDOUT || result == -EHOSTUNREACH ||
                   result == -ENETUNREACH;
    if (!is_lost || !(s->ops->flags & EDOI_STREAM_IS_SOURCE)) return;
    edoi_store_rlx_u32(&s->lost, (uint32_t)-result); // relaxed: a number, no data
}

/* What a read returns that finds the end: 0, or how the connection was lost. */
EDOI_INLINE int edoi_stream_end_of_input(const edo_stream *s) {
    return -(int)edoi_load_rlx_u32(&s->lost);
}

/* Is nothing to be read, as far as the worker of the caller knows without a system call? It knows
 * what came until it last asked the kernel, of streams whose reads wait there. False if that is so
 * long ago that a tick of the machine's timer has passed, 4 ms or so: tasks may have run long. */
EDO_API bool edoi_stream_is_quiet(edo_stream *s);

/* The least room into which `s` is read, so that what comes as a whole is not cut. Streams over
 * others are not looked through. */
uint32_t edoi_least_room(const edo_stream *s);

#endif
