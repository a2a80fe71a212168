/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/scheduler.h: runs tasks on a worker.
 *
 * The wakers of tasks call edoi_scheduler_wake() and edoi_scheduler_submit() (worker/wake.h). A
 * worker's thread calls edoi_scheduler_run() and edoi_scheduler_turn() in a loop (end/threads.c; in
 * a current-thread runtime thread/drive.c). A run polls tasks. Every few polls it *looks*: it takes
 * tasks that other threads have left for this worker, and offers tasks to idle siblings. A turn
 * does the rest: driver, timers, stealing, sleep.
 *
 *     Where is a task queued?                    edoi_scheduler_wake(); the places: run_queue.h
 *     Which thread wakes a sleeping worker?      the thread that adds work, by
 *                                                edoi_scheduler_call_one() (run_queue_ops.h; which
 *                                                one: idle.h), or for a fiber with a home by a push
 *                                                to its inbox (inbox.h)
 *     How does work reach idle workers?          steal.h; when it is worth a wake: cost.h
 *     What happens on a long poll?               an idle worker notices it: assist.h, and takes
 *                                                over the tasks behind it: takeover.h */
#ifndef EDOI_RUNTIME_SCHEDULER_SCHEDULER_H
#define EDOI_RUNTIME_SCHEDULER_SCHEDULER_H

#include "runtime/worker/here.h"

#include <edo/runtime.h>

struct edoi_worker;

/* This thread has become the worker's: the worker's stacks are held (edoi_stack_pool_hold()). */
void edoi_scheduler_hold_stacks(struct edoi_worker *w);

/* Runs tasks until there are none, or `event_interval` polls have ended and the driver is due. It
 * is due sooner where tasks that have spent their budget have run for a while; if there are such
 * tasks, one of them runs even after the last of the polls. The worker's thread. */
void edoi_scheduler_run(struct edoi_worker *w);

/* Between two runs: takes tasks from outside, turns the driver and fires timers. Waits for an event
 * only if no task can run and the thread that drives was not notified. While the clock is paused it
 * may jump here. The worker's thread. */
void edoi_scheduler_turn(struct edoi_worker *w);

/* From now on the runtime's only worker chooses by chance which task runs next: chance.h. Before
 * its first task. */
void edoi_scheduler_begin_chance(edo_runtime *rt, uint64_t seed);

/* Two runs of one seed in which chance has decided as often have the same number. */
uint64_t edoi_scheduler_chance_state(const edo_runtime *rt);

/* How long the worker could wait in its driver now; negative: until an event or a kick. 0 on a
 * paused clock: it may jump. The worker's thread. */
int64_t edoi_scheduler_wait_ns(const struct edoi_worker *w);

/* A foreign loop waits on the driver's descriptor instead of the worker, between two turns: from
 * rest to resume the worker counts as asleep. If a task can run, the driver is kicked, which makes
 * the descriptor readable; if one becomes runnable later, the waking thread kicks. The worker's
 * thread. */
void edoi_scheduler_rest(struct edoi_worker *w);
void edoi_scheduler_resume(struct edoi_worker *w);

#endif
