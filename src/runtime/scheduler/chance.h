/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/chance.h: the order of runnable tasks by chance, in a simulated world.
 *
 * A worker has one order of its tasks among many that are right. Where the random numbers of its
 * run queue have a state (`chance` of run_queue.h) it has another order with each seed: it looks
 * before each poll, as while it records, and mixes what can run, woken by whomever. Tasks that have
 * spent their budget still run when no other task can.
 *
 * Threads: the worker's, whose runtime has this one. */
#ifndef EDOI_RUNTIME_SCHEDULER_CHANCE_H
#define EDOI_RUNTIME_SCHEDULER_CHANCE_H

#include "runtime/task/run_queue.h"

EDOI_INLINE bool edoi_chance_decides(const edoi_run_queue *q) {
    return EDOI_UNLIKELY(q->chance != 0);
}

/* Another of the tasks that can run becomes the next one. */
void edoi_chance_mix(edoi_run_queue *q);

/* How many polls a run has: from 1 to `most`. Few, so that what comes from outside comes between
 * any two. */
uint32_t edoi_chance_run_length(edoi_run_queue *q, uint32_t most);

#endif
