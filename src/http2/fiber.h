/* SPDX-License-Identifier: MIT */
/* http2/fiber.h: the fiber of a stream's handler, and its state.
 *
 *     NEW       the head comes, or was a bad one: then the session resets the stream
 *     FRESH     the stream is in h2->fresh, and gets a handler
 *     REFUSED   the stream is in h2->fresh; the state machine responds `refusal`
 *     STARTS    the state machine spawns the fiber, without the lock; it may have ended by now
 *     RUNS      `task` runs the handler
 *     OVER      the handler has ended
 *     WITHOUT   no handler has begun, and none will
 *
 *                NEW        FRESH     REFUSED   STARTS      RUNS        OVER        WITHOUT
 *     on_head    FRESH, or  (never)   (never)   (never)     (never)     (never)     (never)
 *                REFUSED
 *     on_take    (never)    STARTS    WITHOUT   (never)     (never)     (never)     (never)
 *     on_spawn   (never)    (never)   (never)   RUNS; no    (never)     -, gives    (never)
 *                                               task:                   the task
 *                                               WITHOUT                 back
 *     on_end     (never)    (never)   (never)   OVER        OVER, gives (never)     (never)
 *                                                           the task
 *                                                           back
 *     on_close   WITHOUT    WITHOUT   WITHOUT   (never)     -           -           -
 *
 * on_end is the fiber's own event; all others are the state machine's. The lock is held: others
 * look at the phase.
 *
 * inv. 1: `task` is there in RUNS alone; in STARTS, and behind it up to on_spawn, the state machine
 *         keeps it there for itself. */
#ifndef EDOI_HTTP2_FIBER_H
#define EDOI_HTTP2_FIBER_H

#include "base/assert.h"

#include <edo/http.h>
#include <edo/task.h>

typedef enum edoi_h2_phase {
    EDOI_H2_NEW,
    EDOI_H2_FRESH,
    EDOI_H2_REFUSED,
    EDOI_H2_STARTS,
    EDOI_H2_RUNS,
    EDOI_H2_OVER,
    EDOI_H2_WITHOUT,
} edoi_h2_phase;

/* Lock, but for the last three. All zero: NEW. */
typedef struct edoi_h2_fiber {
    edo_task *task;      /* inv. 1; counted */
    edo_instant left_at; /* when it, or the tunnel, ended, or the client was seen to take some of
                            what is left: that has `write_timeout` from here on */
    uint8_t phase;       /* edoi_h2_phase; the events below alone write it */
    bool is_forsaken;    /* RUNS: the request was reset; it is one of guard.forsaken_n */

    /* The fiber's; const once the tunnel is there. */
    bool is_unlimited; /* who reads and writes has limits of their own */

    /* The state machine's. */
    edo_status refusal;                /* 0: the request is served */
    struct edoi_h2_stream *next_fresh; /* FRESH, REFUSED: in h2->fresh */
} edoi_h2_fiber;

/* ---- Questions ------------------------------------------------------------------------------- */

/* Does a handler run, or will one? */
EDOI_INLINE bool edoi_h2_fiber_is_there(const edoi_h2_fiber *f) {
    return f->phase == EDOI_H2_FRESH || f->phase == EDOI_H2_STARTS || f->phase == EDOI_H2_RUNS;
}

/* Is the stream in h2->fresh? */
EDOI_INLINE bool edoi_h2_fiber_is_fresh(const edoi_h2_fiber *f) {
    return f->phase == EDOI_H2_FRESH || f->phase == EDOI_H2_REFUSED;
}

/* Has a handler begun? Nobody asks in STARTS. */
EDOI_INLINE bool edoi_h2_fiber_has_begun(const edoi_h2_fiber *f) {
    return f->phase == EDOI_H2_RUNS || f->phase == EDOI_H2_OVER;
}

/* ---- Events ---------------------------------------------------------------------------------- */

/* The head is whole; `refusal` says whether it is served. */
EDOI_INLINE void edoi_h2_fiber_on_head(edoi_h2_fiber *f) {
    EDO_ASSERT(f->phase == EDOI_H2_NEW);
    f->phase = f->refusal == 0 ? EDOI_H2_FRESH : EDOI_H2_REFUSED;
}

/* The stream was taken out of h2->fresh. Returns whether a fiber is to be spawned. */
EDOI_INLINE bool edoi_h2_fiber_on_take(edoi_h2_fiber *f) {
    EDO_ASSERT(edoi_h2_fiber_is_fresh(f));
    bool is_served = f->phase == EDOI_H2_FRESH;
    f->phase = is_served ? EDOI_H2_STARTS : EDOI_H2_WITHOUT;
    return is_served;
}

/* `task` is what was spawned; NULL: there was no memory. Returns a task that the caller gives back;
 * NULL: none. */
EDOI_INLINE edo_task *edoi_h2_fiber_on_spawn(edoi_h2_fiber *f) {
    EDO_ASSERT(f->phase == EDOI_H2_STARTS || f->phase == EDOI_H2_OVER);
    edo_task *task = f->task;
    if (f->phase == EDOI_H2_STARTS) {
        f->phase = task ? EDOI_H2_RUNS : EDOI_H2_WITHOUT;
        return NULL;
    }
    f->task = NULL;
    return task;
}

/* The handler has ended, and what it has responded is made. Returns as edoi_h2_fiber_on_spawn(). */
EDOI_INLINE edo_task *edoi_h2_fiber_on_end(edoi_h2_fiber *f) {
    EDO_ASSERT(f->phase == EDOI_H2_STARTS || f->phase == EDOI_H2_RUNS);
    edo_task *task = NULL;
    if (f->phase == EDOI_H2_RUNS) {
        EDO_INV("fiber inv. 1", f->task != NULL);
        task = f->task;
        f->task = NULL;
    }
    f->phase = EDOI_H2_OVER;
    return task;
}

/* The session has closed the stream. Returns whether it was in h2->fresh, which the caller takes it
 * out of. */
EDOI_INLINE bool edoi_h2_fiber_on_close(edoi_h2_fiber *f) {
    EDO_ASSERT(f->phase != EDOI_H2_STARTS);
    bool was_fresh = edoi_h2_fiber_is_fresh(f);
    if (f->phase == EDOI_H2_NEW || was_fresh) f->phase = EDOI_H2_WITHOUT;
    return was_fresh;
}

#endif
