/* SPDX-License-Identifier: MIT */
/* sync/channel/closed.c: see closed.h. */
#include "sync/channel/closed.h"

edo_polled edoi_closed_poll(edo_future *f, edo_cx *cx, edo_wait_node *node, edoi_closed_waiters at,
                            edoi_closed_fn *closed, const void *channel) {
    if (!edo_budget_take(cx)) return EDO_PENDING;

    edoi_lock_acquire(at.mu);
    bool linked = edo_future_step(f) == WAITING && edoi_still_linked(node);
    bool over = closed(channel);
    if (over) {
        if (linked) edoi_wait_remove(at.list, node);
    } else if (linked) {
        edoi_wait_renew(node, edo_cx_waker(cx));
    } else {
        edoi_wait_push(at.list, node, edo_cx_waker(cx));
        edo_future_next_step(f, WAITING);
    }
    edoi_lock_release(at.mu);

    if (over) return edo_future_finish(f, 0);
    edo_budget_refund(cx);
    return EDO_PENDING;
}

void edoi_waiter_drop(edo_future *f, edo_wait_node *node, edoi_closed_waiters at) {
    if (edo_future_is_over(f)) return;
    if (edo_future_step(f) == WAITING) {
        edoi_lock_acquire(at.mu);
        if (edoi_still_linked(node)) edoi_wait_remove(at.list, node);
        edoi_lock_release(at.mu);
    }
    edo_future_retire(f);
}
