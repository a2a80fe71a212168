/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/recorded.h: what a worker tells the flight recorder (edo/recorder.h).
 *
 * The hottest paths know nothing of it. While it records, a worker looks before each poll, as if it
 * had to take the time of each (`timed` of tally.h): the look ends the poll before and begins the
 * next. Wakes and spawns go the slow way, as those that are stamped do. A turn asks whether that
 * has to change, and nothing else does.
 *
 * Threads: the worker's thread. */
#ifndef EDOI_RUNTIME_SCHEDULER_RECORDED_H
#define EDOI_RUNTIME_SCHEDULER_RECORDED_H

#include "recorder/note.h"
#include "runtime/worker/tally.h"

#include <edo/task.h>

/* Did the worker record at its last turn? */
EDOI_INLINE bool edoi_recorded_is_on(const edoi_recorded *r) {
#ifdef EDOI_MODEL
    (void)r;
    return false;
#else
    return EDOI_UNLIKELY(r->depth != EDO_RECORDER_OFF);
#endif
}

/* Has a turn to look at the depth, or to be recorded? */
EDOI_INLINE bool edoi_recorded_is_due(const edoi_recorded *r) {
    return EDOI_RECORDS(EDO_RECORDER_TURNS) || edoi_recorded_is_on(r);
}

/* How much is to be recorded from now on: takes over what has been set. False: as much as until
 * now. */
EDO_MUST_USE bool edoi_recorded_look(edoi_recorded *r);

/* A ring for the worker, if it records and has none. `polls_n`: edoi_worker_polls(). */
void edoi_recorded_begin(edoi_recorded *r, uint64_t polls_n, uint32_t index, const edo_runtime *rt);

/* ---- Only where edoi_recorded_is_on() -------------------------------------------------------- */

void edoi_recorded_event(edoi_recorded *r, edoi_recorder_kind kind, const edo_task *t,
                         uint32_t small, uint64_t arg);

/* A turn begins. */
void edoi_recorded_turn(edoi_recorded *r, uint64_t polls_n, int64_t now_ns);

/* A poll begins; `ended_n`: tasks that have ended on this worker. */
void edoi_recorded_poll_begin(edoi_recorded *r, edo_task *t, const char *site, uint64_t ended_n);

/* The poll that began last has ended. Returns its task if edoi_recorded_poll_end() is to be called,
 * NULL if not. */
edo_task *edoi_recorded_poll_over(edoi_recorded *r);

/* `what`: what the task waits for; may be NULL. */
void edoi_recorded_poll_end(edoi_recorded *r, const edo_task *t, edoi_recorder_end how,
                            const char *what);

#endif
