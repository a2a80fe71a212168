/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/stats.h: a worker's numbers, as other threads see them.
 *
 * The counters and what they mean: tally.h. This is their publication, the times of polls, and what
 * programs read.
 */
#ifndef EDOI_RUNTIME_SCHEDULER_STATS_H
#define EDOI_RUNTIME_SCHEDULER_STATS_H

#include "runtime/task/task.h"
#include "runtime/worker/here.h"
#include "runtime/worker/tally.h"

struct edoi_fiber_task;

struct edoi_worker;

/* ---- Life ------------------------------------------------------------------------------------ */

/* Fills in a layout from options. Errors: -EINVAL. */
EDO_MUST_USE int edoi_buckets_init(edoi_buckets *b, const edo_runtime_hist_opts *opts);

/* The bucket that counts `ns`, and the lower bound of a bucket. */
uint32_t edoi_bucket_of(const edoi_buckets *b, uint64_t ns);
int64_t edoi_bucket_from(const edoi_buckets *b, uint32_t at);

/* Initialises the tally of a fresh worker; the runtime's layouts are set. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_stats_init(struct edoi_worker *w);

/* This thread takes, or releases, the worker. */
void edoi_stats_enter(struct edoi_worker *w);
void edoi_stats_leave(struct edoi_worker *w);

/* ---- The worker's thread --------------------------------------------------------------------- */

/* Measures how long the polls since `ran_from_ns` took: for thieves, and for the shown numbers. */
void edoi_stats_measure(struct edoi_worker *w, int64_t now_ns);

/* Tasks run from now on: what went before was measured, or was sleep. */
void edoi_stats_run_from(struct edoi_worker *w, int64_t now_ns);

/* At the beginning of a turn. */
void edoi_stats_turn(struct edoi_worker *w, int64_t now_ns);

/* After that, if edoi_recorded_is_due(); and when the thread takes the worker. */
void edoi_stats_recorded_turn(struct edoi_worker *w, int64_t now_ns);

/* Before and after a wait in the driver. */
void edoi_stats_park(struct edoi_worker *w);
void edoi_stats_unpark(struct edoi_worker *w);

/* If `timed`, before each pick of a task: reads the clock, unless it only records, and ends the
 * previous poll, if any. The queues must not have changed in between: the task is still where its
 * poll has put it. */
void edoi_stats_poll_end(struct edoi_worker *w);

/* After that: a poll begins. */
void edoi_stats_poll_begin(struct edoi_worker *w, edo_task *t);

/* The poll is the first of a fiber with a monitor that counts: it has got its stack. */
void edoi_stats_fiber_began(struct edoi_worker *w, struct edoi_fiber_task *fiber);

#endif
