/* SPDX-License-Identifier: MIT */
/* runtime/fiber/reclaim.c: see reclaim.h. Releasing a page and touching it again costs 2.5 us, so
 * only a fiber parked for long is worth it: say, a server with many idle connections, each of which
 * once needed a deep stack. */
#include "runtime/fiber/reclaim.h"

#include "runtime/fiber/fiber_task.h"
#include "runtime/fiber/spread.h"
#include "runtime/task/pin.h"

#define PLACED_AT_ONCE 8192u
#define PAGES_AT_ONCE  64u /* of tasks, about 500 tasks each */

static bool is_parked_long(const edoi_worker *w, edo_task *t) {
    // relaxed: the home stays once it is ours, and only this thread runs the fiber
    if (edoi_load_rlx_u16(&t->home) != w->index + 1) return false;
    edo_future *f = edoi_task_future(t);
    if (!edoi_is_fiber_task(f)) return false;
    const edoi_fiber_task *fiber = (edoi_fiber_task *)(void *)f;
    bool parked = fiber->ctx && fiber->awaiting && fiber->parked_s != EDOI_NOT_PARKED;
    return parked && w->now_s - fiber->parked_s >= EDOI_PARKED_LONG_S;
}

static void release_if_parked(void *arg, edo_task *t) {
    const edoi_worker *w = arg;
    // Pinned: a dump walks on that stack, below its live part.
    if (!is_parked_long(w, t) || !edoi_task_pin(t)) return;
    edoi_fiber_task *fiber = (edoi_fiber_task *)(void *)edoi_task_future(t);
    edoi_fiber_release_unused(&fiber->ctx->fiber);
    fiber->parked_s = EDOI_NOT_PARKED; // nothing more to release until it has run
    edoi_task_unpin(w->runtime, t);
}

void edoi_reclaim(edoi_worker *w) {
    edoi_stack_trim(&w->stacks);
    edoi_stack_trim(NULL);
    if (w->placement.fibers_n == 0) return;
    // The worker's own slab, and the fibers placed here; a fiber spawned elsewhere is otherwise
    // rare.
    edoi_spread_some(w, PLACED_AT_ONCE, release_if_parked, w);
    edoi_task_slab_some(&w->slab, PAGES_AT_ONCE, release_if_parked, w);
}
