/* SPDX-License-Identifier: MIT */
/* hands.h: a multi-thread runtime whose workers have no threads: each of the model's threads
 * becomes a worker, for as long as it likes. */
#ifndef EDOI_MODEL_HANDS_H
#define EDOI_MODEL_HANDS_H

#include "world.h"

#include "fiber/fiber.h"
#include "runtime/scheduler/scheduler.h"
#include "runtime/scheduler/steal.h"
#include "runtime/worker/core.h"
#include "runtime/worker/run_queue_ops.h"
#include "runtime/worker/wake.h"
#include "runtime/worker/worker.h"

/* `n` tasks stay in a worker's batch; tasks queued beyond these, and with 0 all, can be stolen. */
EDOI_INLINE void hands_keep(uint32_t n) {
    for (uint32_t i = 0; i < rt->workers_n; i++)
        rt->workers[i]->cost.keep_most = rt->workers[i]->run.keep_now = n;
}

EDOI_INLINE void hands_begin(uint32_t workers) {
    const edo_runtime_opts opts = {
        .flavor = EDO_RUNTIME_MULTI, .workers = workers, .events_max = 1, .seed = 1
    };
    edoi_model_hold_threads();
    MODEL_CHECK(edo_runtime_new(&rt, &opts) == 0);
    hands_keep(0);
}

EDOI_INLINE edoi_worker *hands_become(uint32_t index) {
    edoi_worker *w = rt->workers[index];
    edoi_fiber_adopt(&w->thread);
    edoi_worker_set_here(w);
    return w;
}

/* As world_run(), as one of the workers; takes from the other if it has nothing. */
EDOI_INLINE void hands_run(uint32_t index) {
    edoi_worker *w = hands_become(index);
    edoi_run_queue_take(w);
    edoi_scheduler_run(w);
    edoi_steal_search(w);
    edoi_scheduler_run(w);
    edoi_run_queue_settle(w);
    edoi_worker_set_here(NULL);
}

EDOI_INLINE void hands_run_second(void *arg) {
    (void)arg;
    hands_run(1);
}

/* All threads are through; tasks still queued at either worker are run. */
EDOI_INLINE void hands_run_rest(const edo_task *until) {
    edoi_model_wait();
    for (uint32_t i = 0; i < 3; i++) {
        hands_run(0);
        hands_run(1);
    }
    MODEL_CHECK(edo_task_is_finished(until));
}

#endif
