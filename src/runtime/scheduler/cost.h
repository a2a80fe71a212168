/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/cost.h: how long the polls of a worker take, and what follows from that.
 *
 * To wake a sleeping worker costs about 20 us. So a worker keeps tasks to itself while running them
 * takes less, and looks for idle siblings the more often, the longer polls take. A wrong guess is
 * cheap: what lies behind a long poll is taken over (takeover.h).
 *
 * inv. 1: all of it belongs to the worker's thread. */
#ifndef EDOI_RUNTIME_SCHEDULER_COST_H
#define EDOI_RUNTIME_SCHEDULER_COST_H

#include "base/atomic.h"

struct edoi_worker;

typedef struct edoi_cost {
    int64_t mean_poll_ns; /* moving mean; 0: not known */
    uint64_t measured_at; /* edoi_worker_steps() at the last measure */
    int64_t ran_from_ns;  /* since when tasks run that are not measured yet */
    uint32_t keep_most;   /* polls that are worth less than a wake */
    uint32_t offer_in;    /* polls that may pass until what lies here is offered */
} edoi_cost;

/* Of a fresh worker. */
void edoi_cost_init(struct edoi_worker *w);

/* Recent polls took `mean_ns` each. */
void edoi_cost_learn(struct edoi_worker *w, int64_t mean_ns);

/* Whether to run `tasks_n` tasks takes longer than the wake of a worker. */
bool edoi_cost_is_worth_a_wake(const struct edoi_worker *w, uint32_t tasks_n);

/* Whether it is time to read the clock: else the clock is read once a turn. */
bool edoi_cost_is_measure_due(const struct edoi_worker *w);

#endif
