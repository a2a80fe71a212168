/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/scheduler.h: where tasks wait to run, and the loop that runs them.
 *
 * A woken task goes to the LIFO slot and runs next, so that partners find what they exchange in
 * cache; after three in a row it goes to the back like a fresh one. The last eight tasks that went
 * pending are deferred: still busy, so that a wake by this thread is plain. */
#ifndef EDOI_RUNTIME_SCHEDULER_SCHEDULER_H
#define EDOI_RUNTIME_SCHEDULER_SCHEDULER_H

#include "runtime/task/task.h"

#include <edo/runtime.h>

struct edoi_worker;

/* Wakes `t`, and sets the bits `also` in its word. Short, so it may be done under a leaf lock. A
 * task that this thread's worker holds is woken plainly: nothing if it is queued, NOTIFIED if it
 * runs, else it goes to the front. One that was idle is claimed, and queued here if this thread is
 * a worker of its runtime. Returns the waker for which edoi_scheduler_submit() has to follow, else
 * NULL; until then the runtime's memory is kept alive. */
EDO_MUST_USE edo_waker *edoi_scheduler_wake(edo_task *t, uint32_t also);

/* The task that runs on this thread is polled once more. */
EDOI_INLINE void edoi_scheduler_poll_again(edo_task *t) {
    t->own |= OWN_NOTIFIED;
}

/* On a worker's thread of its runtime: queues a claimed task and lets go of it. False: it runs
 * elsewhere. */
EDO_MUST_USE bool edoi_scheduler_submit_here(edo_task *t);

/* Queues a claimed task from a thread that is no worker of its runtime; lets go of both. */
void edoi_scheduler_submit(edo_task *t);

/* Wakes a worker that sleeps, if nobody searches already; returns whether it did. Any thread. */
bool edoi_scheduler_call_one(edo_runtime *rt);

/* Frees the memory of a task that nobody refers to. Any thread. */
void edoi_scheduler_free(edo_task *t);

/* Runs tasks until there are none or it is time to look at the driver. */
void edoi_scheduler_run(struct edoi_worker *w);

/* Fires timers and turns the driver; waits for an event only if nothing can run and the thread that
 * drives was not notified. Time may jump here while the clock is paused. */
void edoi_scheduler_turn(struct edoi_worker *w);

#endif
