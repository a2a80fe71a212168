/* SPDX-License-Identifier: MIT */
/* runtime/fiber/spread.c: see spread.h. */
#include "runtime/fiber/spread.h"

#include "runtime/task/fiber_ctx.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/task.h"
#include "runtime/task/task_slab.h"
#include "runtime/worker/core.h"
#include "runtime/worker/worker.h"

/* How many fibers live at `w`, or are on their way to it. */
static uint32_t fibers_of(const edoi_worker *w) {
    return edoi_load_rlx_u32(&w->placement.shown_n) +
           edoi_load_rlx_u32(&w->placement.placed_n); // relaxed: a hint
}

edoi_worker *edoi_spread_place(edo_runtime *rt, edo_task *t) {
    if (rt->workers_n == 1) return rt->worker;
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
    (void)edoi_add_rlx_u32(&home->placement.placed_n, 1); // relaxed: a number
    // relaxed: we hold the task, and who queues it orders
    edoi_store_rlx_u16(&t->home, (uint16_t)(best + 1));
    ((edoi_fiber_task *)(void *)edoi_task_future(t))->kind |= EDOI_FIBER_PLACED;
    return home;
}

void edoi_spread_arrived(edoi_worker *w, edoi_fiber_ctx *ctx) {
    w->placement.arrived_n++;
    ctx->prev = NULL;
    ctx->next = w->placement.placed;
    if (w->placement.placed) w->placement.placed->prev = ctx;
    w->placement.placed = ctx;
}

void edoi_spread_ended(edoi_worker *w, edoi_fiber_ctx *ctx) {
    if (w->placement.placed_at == ctx) w->placement.placed_at = ctx->next;
    if (ctx->prev) {
        ctx->prev->next = ctx->next;
    } else {
        w->placement.placed = ctx->next;
    }
    if (ctx->next) ctx->next->prev = ctx->prev;
    edoi_spread_show(w);
}

void edoi_spread_some(edoi_worker *w, uint32_t most, edoi_task_slab_each_fn *fn, void *arg) {
    edoi_fiber_ctx *ctx = w->placement.placed_at ? w->placement.placed_at : w->placement.placed;
    for (; ctx && most > 0; ctx = ctx->next, most--)
        fn(arg, edoi_fiber_task_header(ctx->fiber.arg));
    w->placement.placed_at = ctx;
}
