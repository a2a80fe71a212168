/* SPDX-License-Identifier: MIT */
/* runtime/worker/count.h: what is counted of the tasks in a worker's queues (tally.h), and the
 * stamps that say when they were queued. */
#ifndef EDOI_RUNTIME_WORKER_COUNT_H
#define EDOI_RUNTIME_WORKER_COUNT_H

#include "runtime/task/task.h"
#include "runtime/worker/here.h"

#include <edo/runtime.h>

/* Frees what the counters of a worker use. */
void edoi_stats_deinit(edoi_worker *w);

/* The number of tasks that its own thread has ever queued here. */
uint64_t edoi_stats_local_sched(const edoi_worker *w);

/* Its queues were emptied at the runtime's end. */
void edoi_stats_forget(edoi_worker *w);

/* The number of tasks in its queues other than the ring: inv. 1. Called between runs. */
uint64_t edoi_stats_waiting(const edoi_worker *w);

/* A task goes to the ring: a task just polled has no stamp yet. Only if `stamps`. */
void edoi_stats_share(edoi_worker *w, edo_task *t);

#define EDOI_STAMP_SHIFT 6u /* a stamp counts 64 ns, in 32 bits */

EDOI_INLINE uint32_t edoi_stamp_of(int64_t ns) {
    return (uint32_t)((uint64_t)ns >> EDOI_STAMP_SHIFT);
}

/* Records when a task is queued. Called by its holder; only if `stamps`. */
EDOI_COLD void edoi_stats_stamp(edo_task *t);

/* This worker is about to pass a task that it woke to another worker. */
void edoi_stats_on_send(edoi_worker *w, edo_task *t);

/* A thread that is not a worker of `rt` is about to queue a task there. */
void edoi_stats_remote(edo_runtime *rt, edo_task *t);

#endif
