/* SPDX-License-Identifier: MIT */
/* io/op.h: how each future on a stream begins to wait, and ends.
 *
 * inv. 1: a future that is pending, or in a set or a task before its first poll (step HELD), holds
 *         a reference, so that the stream may be closed under it; any other relies on the
 *         caller's. */
#ifndef EDOI_IO_OP_H
#define EDOI_IO_OP_H

#include "records/handles.h"

#include <edo/io.h>

#define EDOI_IO_HELD 1u

/* A flag of edo_stream_ops beside the public ones: the stream is an edoi_adapter that passes writes
 * on as they are, so it is vectored if the stream below is. */
#define EDOI_STREAM_PASSES (1u << 30)

/* Is a write of 0 bytes a message, which reaches poll_write? */
bool edoi_stream_sends_empty(const edo_stream *s);

/* References held by futures, not by the program. */
void edoi_stream_hold(edo_stream *s);
void edoi_stream_let_go(edo_stream *s);

/* Called before any use of `s`: true, or in effect an abort, if it is NULL or was given up. */
EDOI_INLINE bool edoi_stream_misused(const edo_stream *s) {
    if (EDO_MISUSE(!s, "a stream is used that is NULL")) return true;
    EDOI_ENTERS(EDOI_STREAM, s);
    return false;
}

/* Name the future. Return true, or abort in a debug build. */
bool edoi_io_tell_null(const edo_future *f);
bool edoi_io_tell_null_handle(const edo_future *f);

/* The first step of a poll: true, or in effect an abort, if the stream is NULL. Not of an `_init`,
 * since a future that is not polled uses no stream. */
EDOI_INLINE bool edoi_io_lacks(const edo_future *f, const edo_stream *s) {
    return EDOI_UNLIKELY(!s) && edoi_io_tell_null(f);
}

/* The same of a listener, a descriptor or another handle. */
EDOI_INLINE bool edoi_io_lacks_handle(const edo_future *f, const void *handle) {
    return EDOI_UNLIKELY(!handle) && edoi_io_tell_null_handle(f);
}

/* `return edoi_io_pend(f, stream);` for a poll that is pending. */
EDOI_INLINE edo_polled edoi_io_pend(edo_future *f, edo_stream *s) {
    if (edo_future_step(f) != EDOI_IO_HELD) {
        edoi_stream_hold(s);
        edo_future_next_step(f, EDOI_IO_HELD);
    }
    return EDO_PENDING;
}

/* The `hold` of a future whose first member after `base` is a stream. */
void edoi_io_hold(edo_future *f);

/* Ends a wait, and gives the reference back that it held. */
void edoi_io_end_wait(edo_stream *s, edo_io_wait *wait);

/* Releases what a pending future holds. */
EDOI_INLINE void edoi_io_release(edo_future *f, edo_stream *s, edo_io_wait *wait) {
    if (edo_future_step(f) == EDOI_IO_HELD) edoi_io_end_wait(s, wait);
}

/* `return edoi_io_end(f, stream, wait, result);` for a poll that is ready. */
EDOI_INLINE edo_polled edoi_io_end(edo_future *f, edo_stream *s, edo_io_wait *wait, int result) {
    edoi_io_release(f, s, wait);
    return edo_future_finish(f, result);
}

/* The poll of an operation that has nothing to do: it takes its turn like any other. */
EDOI_INLINE edo_polled edoi_io_idle(edo_future *f, edo_stream *s, edo_io_wait *wait, edo_cx *cx) {
    return edo_budget_take(cx) ? edoi_io_end(f, s, wait, 0) : edoi_io_pend(f, s);
}

/* The complete drop of a future with this stream and wait. */
EDOI_INLINE void edoi_io_drop(edo_future *f, edo_stream *s, edo_io_wait *wait) {
    if (edo_future_is_over(f)) return;
    edoi_io_release(f, s, wait);
    edo_future_retire(f);
}

#endif
