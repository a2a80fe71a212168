/* SPDX-License-Identifier: MIT */
/* runtime/fiber/reclaim.c: see reclaim.h. Releasing a page and touching it again costs 2.5 us, so
 * only a fiber parked for long is worth it: say, a server with many idle connections, each of which
 * once needed a deep stack. */
#include "runtime/fiber/reclaim.h"

#include "base/memory/heap.h"
#include "fiber/fiber.h"
#include "runtime/fiber/spread.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/task.h"
#include "runtime/task/task_slab.h"
#include "runtime/worker/pin.h"
#include "runtime/worker/worker.h"

#include <edo/blocking.h>

#define PLACED_AT_ONCE 8192u
#define PAGES_AT_ONCE  64u /* of tasks, about 500 tasks each */
#define MANY_POLLS     4096u
#define LOOKS          8u /* after many polls: what is free at two of them is given back */
#define TURN_S         5  /* meanwhile a worker that has nothing to do has a turn now and then */

static bool is_parked_long(const edoi_worker *w, edo_task *t) {
    // relaxed: the home stays once it is ours, and only this thread runs the fiber
    if (edoi_load_rlx_u16(&t->home) != w->index + 1) return false;
    edo_future *f = edoi_task_future(t);
    if (!edoi_is_fiber_task(f)) return false;
    const edoi_fiber_task *fiber = (edoi_fiber_task *)(void *)f;
    bool parked = fiber->ctx && fiber->awaiting && fiber->parked_tenths != EDOI_NOT_PARKED;
    return parked && w->now_tenths - fiber->parked_tenths >= EDOI_PARKED_LONG_S * 10;
}

static void release_if_parked(void *arg, edo_task *t) {
    const edoi_worker *w = arg;
    // Pinned: a dump walks on that stack, below its live part.
    if (!is_parked_long(w, t) || !edoi_task_pin(t)) return;
    edoi_fiber_task *fiber = (edoi_fiber_task *)(void *)edoi_task_future(t);
    edoi_fiber_release_unused(&fiber->ctx->fiber);
    fiber->parked_tenths = EDOI_NOT_PARKED; // nothing more to release until it has run
    edoi_task_unpin(w->runtime, t);
}

/* A job, since it may take long. Each worker starts some; a stack that was not needed between two
 * of those that are in time is empty. */
static int look_for_memory(void *arg) {
    (void)arg;
    if (edoi_heap_look()) edoi_stack_empty();
    return 0;
}

/* Few tasks need little memory, so a program that has little to do sleeps on. A paused clock does
 * not tell for how long nobody has needed something. */
static bool has_reason_to_look(edoi_worker *w) {
    edoi_looks *l = &w->looks;
    uint64_t polls_n = edoi_worker_polls(w);
    if (w->clock.paused) return false;
    if (polls_n - l->polls_n >= MANY_POLLS) {
        l->polls_n = polls_n;
        l->until_s = w->now_tenths / 10 + LOOKS * EDOI_HEAP_LOOK_S;
    }
    return w->now_tenths / 10 < l->until_s;
}

static void look_now_and_then(edoi_worker *w) {
    edoi_looks *l = &w->looks;
    if (!has_reason_to_look(w) || w->now_tenths / 10 < l->next_s) return;
    bool is_first = l->next_s == 0; // a program that ends within seconds gets no thread for this
    l->next_s = w->now_tenths / 10 +
                TURN_S; // more often than looks are due: a turn may come just too early
    if (is_first || !edoi_heap_is_due()) return;
    (void)edo_blocking_start(look_for_memory, NULL); // without a thread for it: the next time
}

int64_t edoi_reclaim_left_ns(edoi_worker *w, int64_t left_ns) {
    if (!has_reason_to_look(w))
        return left_ns; // asked here, too: all may have come within a second
    int64_t turn_ns = edo_s(TURN_S).ns;
    return left_ns < 0 || turn_ns < left_ns ? turn_ns : left_ns;
}

void edoi_reclaim(edoi_worker *w) {
    look_now_and_then(w);
    edoi_stack_trim(&w->stacks);
    edoi_stack_trim(NULL);
    if (w->placement.fibers_n == 0) return;
    // The worker's own slab, and the fibers placed here; a fiber spawned elsewhere is otherwise
    // rare.
    edoi_spread_some(w, PLACED_AT_ONCE, release_if_parked, w);
    edoi_task_slab_some(&w->slab, PAGES_AT_ONCE, release_if_parked, w);
}
