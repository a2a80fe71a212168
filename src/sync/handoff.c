/* SPDX-License-Identifier: MIT */
/* sync/handoff.c: see handoff.h. */
#include "sync/handoff.h"

#include "runtime/worker/here.h"

/* The worker's time, us; wraps around. */
static uint32_t now_us(const struct edoi_worker *w) {
    return (uint32_t)(edoi_worker_now(w) / 1000);
}

/* The first in line is about to be passed once more: has it been passed for too long? */
static bool wait_passed_is_over(edo_wait_passed *passed, const struct edoi_worker *w) {
    uint32_t times = ++passed->times;
    if (times > 4 && times % 4 != 0) return false;
    return now_us(w) - passed->since_us >= EDOI_PASSED_MAX_US;
}

edo_wait_node *edoi_handoff_next(const edo_wait_list *list, edo_wait_passed *passed,
                                 edoi_handoff_passes_fn *passes) {
    const struct edoi_worker *w = edoi_worker_sharing_here();
    edo_wait_node *first = list->first, *node = first;
    if (!w || edoi_worker_may_run(w, first->waker)) return first;
    if (!passed->last) {
        passed->since_us = now_us(w);
        passed->times = 0;
    } else if (wait_passed_is_over(passed, w)) {
        passed->last = NULL;
        return first;
    } else {
        node = passed->last->next;
    }
    for (uint32_t looks = EDOI_LOOKS_MAX; node && looks > 0; looks--, node = node->next) {
        if (passes && !passes(node)) break;
        if (edoi_worker_may_run(w, node->waker)) return node;
        passed->last = node;
    }
    return first;
}
