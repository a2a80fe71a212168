/* SPDX-License-Identifier: MIT */
/* edo/barrier.h: tasks that wait for each other: none goes on before all have come.
 *
 *     edo_barrier all_there = EDO_BARRIER_INIT(10);
 *
 *     int leads = edo_barrier_wait(&all_there);       // in each of ten tasks
 *     if (leads < 0) return leads;
 *     if (leads) …                                    // one of the ten
 *
 * Once all have come the barrier is as new, for the next time. A task that gives up, as by a
 * deadline, has not come: the others then wait for another one in its place.
 *
 * Unless a function says otherwise:
 * Since: 0.1 */
#ifndef EDO_BARRIER_H
#define EDO_BARRIER_H

#include <edo/future.h>

EDO_BEGIN_DECLS

/* A barrier. You place it; it needs no cleanup, and must not move or end while anything waits for
 * it. Fields are edo's. */
typedef struct edo_barrier {
    edoi_lock lock;        /* a leaf */
    uint32_t wanted;       /* const; 0: as 1 */
    uint32_t come;         /* lock: lock; of this round */
    uint32_t round;        /* lock: lock */
    edo_wait_list waiters; /* lock: lock */
} edo_barrier;

/* A barrier for `n` tasks; 0 is as 1. */
#define EDO_BARRIER_INIT(n)                                                                        \
    { EDOI_LOCK_INIT, (uint32_t)(n), 0, 0, EDOI_WAIT_LIST_INIT }

/* Future behind edo_barrier_wait(). */
typedef struct edo_barrier_wait_future {
    edo_future base;
    edo_barrier *barrier; /* borrowed */
    edo_wait_node node;   /* on barrier->waiters while pending; lock: barrier->lock */
    uint32_t round;       /* const from the first poll on: the one that it waits in */
} edo_barrier_wait_future;

/** Waits until as many tasks have come as the barrier is for. Returns 1 in the one that came last,
 * 0 in the others. All that was done before the call in one of them is seen by the others after
 * theirs.
 *
 * The call of the last one does not touch the barrier after it has returned, nor do the others: the
 * memory may be freed by whoever knows that all have returned.
 * Owns:    borrows `barrier` until return.
 * Errors:  -ECANCELED  this task was cancelled or a deadline around it passed before all had come;
 *                      it does not count as one that has come
 * Cancel:  safe: as long as not all have come it has not come either; afterwards the call returns
 *          what it would have returned.
 * Threads: any, at once.   Waits: for the others; never as the last one. */
EDO_MUST_USE EDO_API int edo_barrier_wait(edo_barrier *barrier);
EDO_MUST_USE EDO_API edo_future *edo_barrier_wait_init(edo_barrier_wait_future *f,
                                                       edo_barrier *barrier);

EDO_END_DECLS

#endif
