/* SPDX-License-Identifier: MIT */
/* runtime/fiber/spread.h: where long-lived fibers live, in a multi-thread runtime.
 *
 * A fiber stays where it first runs, and a fresh one is taken by others only when its spawner's
 * worker has more to do than it can. So a thousand connections that are accepted by one worker and
 * then wait would all live there. A fiber spawned with `spread` is placed instead: it has its home
 * before it runs, at the worker with the fewest fibers, and reaches it through the inbox.
 *
 * A worker has those that live there (`fibers_n`) and those that are on their way (`placed_n` less
 * `arrived_n`). The thread that places one adds to `placed_n`; the rest is the worker's own, and it
 * shows the difference of its two at each turn, and when a placed one ends. An arrival does not
 * change it.
 *
 * Threads: the counts of other workers are read without an order, and may be off by those that come
 * and go at the moment. */
#ifndef EDOI_RUNTIME_FIBER_SPREAD_H
#define EDOI_RUNTIME_FIBER_SPREAD_H

#include "runtime/task/task_slab.h"
#include "runtime/worker/worker.h"

#include <edo/runtime.h>

/* Gives a fresh fiber, which the caller holds, the worker with the fewest fibers for its home, ties
 * in rotation; returns it. With one worker it only returns that. Any thread. */
edoi_worker *edoi_spread_place(edo_runtime *rt, edo_task *t);

struct edoi_fiber_ctx;

/* A placed fiber has its stack, at its home `w`, and is counted in `fibers_n`; or ends. The context
 * goes to the worker's list of them, or leaves it: who lives here may have been spawned elsewhere,
 * so that nobody else who walks would find it. */
void edoi_spread_arrived(edoi_worker *w, struct edoi_fiber_ctx *ctx);
void edoi_spread_ended(edoi_worker *w, struct edoi_fiber_ctx *ctx);

/* Calls `fn` for some of the fibers placed here that live, `most` at most, next time for the next
 * ones. */
void edoi_spread_some(edoi_worker *w, uint32_t most, edoi_task_slab_each_fn *fn, void *arg);

/* Shows others how many fibers live here. The worker's thread. */
EDOI_INLINE void edoi_spread_show(edoi_worker *w) {
    edoi_store_rlx_u32(&w->placement.shown_n,
                       w->placement.fibers_n - w->placement.arrived_n); // relaxed: a hint
}

#endif
