/* SPDX-License-Identifier: MIT */
/* runtime/worker/cost.h: how long the polls of a worker take, and so how many tasks it keeps to
 * itself. edoi_stats_measure() measures; run_queue_ops.c and steal.c use the result.
 *
 * To wake a sleeping worker costs about 20 us. So a worker keeps tasks to itself while running them
 * takes less, and looks for idle siblings more often when polls are long. A wrong guess is cheap:
 * tasks behind a long poll are taken over (takeover.h).
 *
 * Threads: the worker's thread only. */
#ifndef EDOI_RUNTIME_WORKER_COST_H
#define EDOI_RUNTIME_WORKER_COST_H

#include <stdbool.h>
#include <stdint.h>

struct edoi_worker;

/* For a fresh worker. */
void edoi_cost_init(struct edoi_worker *w);

/* Recent polls took `mean_ns` each: updates the moving mean. */
void edoi_cost_learn(struct edoi_worker *w, int64_t mean_ns);

/* Do `tasks_n` polls take longer than the wake of a worker? */
bool edoi_cost_is_worth_a_wake(const struct edoi_worker *w, uint32_t tasks_n);

/* Is it time to measure between two turns? Each turn measures anyway. */
bool edoi_cost_is_measure_due(const struct edoi_worker *w);

#endif
