/* SPDX-License-Identifier: MIT */
/* runtime/spread.c: see spread.h. */
#include "runtime/spread.h"

#include "runtime/fiber_task.h"

/* How many fibers live at `w`, or are on their way to it. */
static uint32_t fibers_of(const edoi_worker *w) {
    return edoi_load_rlx_u32(&w->shown_n) + edoi_load_rlx_u32(&w->placed_n); // relaxed: a hint
}

edoi_worker *edoi_spread_place(edo_runtime *rt, edo_task *t) {
    if (rt->workers_n == 1) return &rt->worker;
    uint32_t last = edoi_load_rlx_u32(&rt->spread_at); // relaxed: two may begin at the same place
    uint32_t best = 0, least = UINT32_MAX;
    for (uint32_t i = 1; i <= rt->workers_n; i++) {
        uint32_t at = (last + i) % rt->workers_n;
        uint32_t n = fibers_of(rt->workers[at]);
        if (n >= least) continue;
        least = n;
        best = at;
    }
    edoi_store_rlx_u32(&rt->spread_at, best);
    edoi_worker *home = rt->workers[best];
    (void)edoi_add_rlx_u32(&home->placed_n, 1); // relaxed: a number
    // relaxed: we hold the task, and who queues it orders
    edoi_store_rlx_u16(&t->home, (uint16_t)(best + 1));
    ((edoi_fiber_task *)(void *)edoi_task_future(t))->kind |= EDOI_FIBER_PLACED;
    return home;
}
