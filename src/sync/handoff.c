/* SPDX-License-Identifier: MIT */
/* sync/handoff.c: see handoff.h. */
#include "sync/handoff.h"

#include "runtime/scheduler/core.h"

/* Is `waker` that of a task which `w`, the calling thread's worker, can run? */
static bool runs_here(const edoi_worker *w, const edo_waker *waker) {
    if (waker->ops != &edoi_task_waker_ops) return false;
    const edo_task *t = (const edo_task *)(const void *)waker;
    if (edoi_task_slab_runtime(t) != w->runtime) return false;
    uint32_t home = edoi_load_rlx_u16(&t->home); // relaxed: set before it waited; the lock orders
    return home == OWNER_NONE || home == w->index + 1;
}

/* The worker's time, us; wraps around. */
static uint32_t now_us(const edoi_worker *w) {
    return (uint32_t)(edoi_clock_now(&w->clock) / 1000);
}

/* The first in line is about to be passed once more: has it been passed for too long? */
static bool is_over(edo_wait_passed *passed, const edoi_worker *w) {
    uint32_t times = ++passed->times;
    if (times > 4 && times % 4 != 0) return false;
    return now_us(w) - passed->since_us >= EDOI_PASSED_MAX_US;
}

edo_wait_node *edoi_handoff_next(const edo_wait_list *list, edo_wait_passed *passed,
                                 edoi_handoff_passes_fn *passes) {
    const edoi_worker *w = edoi_worker_here();
    edo_wait_node *first = list->first, *node = first;
    if (!w || !w->shares || runs_here(w, first->waker)) return first;
    if (!passed->last) {
        *passed = (edo_wait_passed){ NULL, now_us(w), 0 };
    } else if (is_over(passed, w)) {
        passed->last = NULL;
        return first;
    } else {
        node = passed->last->next;
    }
    for (uint32_t looks = EDOI_LOOKS_MAX; node && looks > 0; looks--, node = node->next) {
        if (passes && !passes(node)) break;
        if (runs_here(w, node->waker)) return node;
        passed->last = node;
    }
    return first;
}
