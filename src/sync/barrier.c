/* SPDX-License-Identifier: MIT */
/* sync/barrier.c: tasks that wait until all of them have come.
 *
 * The last one that comes begins the next round and wakes those of its own. They may come again
 * while it still wakes the others, whose nodes are in its chain: so a waiter knows by the round
 * whether all have come, and not by whether it was woken.
 *
 * inv. 1: with the lock free `come` is the number of waiters in the list, all of which have come in
 *         this round, and less than `wanted`.
 *
 * Everything happens under the lock. */
#include <edo/barrier.h>

#include "future/fate.h"

#include <edo/task.h>

/* Steps of the future. */
#define FRESH   0u
#define WAITING 1u

static bool barrier_is_unmade(const edo_barrier *b) {
    return EDO_MISUSE(edoi_lock_is_unmade(b ? &b->lock : NULL),
                      "an edo_barrier is used that is NULL or no EDO_BARRIER_INIT has made");
}

/* Called with the lock held; releases it. The first look. Returns 1 for the last one that comes, 0
 * for one that waits. */
static int barrier_come(edo_barrier_wait_future *f, edo_waker *waker) {
    edo_barrier *b = f->barrier;
    EDO_INV("barrier inv. 1", (b->come == 0) == !b->waiters.first);
    f->round = b->round;
    if (b->come + 1 < b->wanted) {
        b->come++;
        edoi_wait_push(&b->waiters, &f->node, waker);
        edoi_lock_release(&b->lock);
        return 0;
    }
    b->come = 0;
    b->round++;
    edoi_wait_wake_all_and_leave(&b->lock, &b->waiters, edoi_woken_set);
    return 1;
}

/* Called with the lock held; releases it. Have all come? */
static bool barrier_look(edo_barrier_wait_future *f, edo_waker *waker) {
    edo_barrier *b = f->barrier;
    bool is_over = f->round != b->round, is_linked = edoi_still_linked(&f->node);
    EDO_INV("barrier inv. 1", is_over || is_linked);
    if (is_over && is_linked) { // in the chain of the one that came last
        edoi_wait_leave(&b->lock, &b->waiters, &f->node);
        return true;
    }
    if (!is_over) edoi_wait_renew(&f->node, waker);
    edoi_lock_release(&b->lock);
    return is_over;
}

static edo_polled barrier_wait_poll(edo_future *base, edo_cx *cx) {
    edo_barrier_wait_future *f = (edo_barrier_wait_future *)(void *)base;
    if (barrier_is_unmade(f->barrier)) return edo_future_finish(base, -EDO_EMISUSE);
    if (!edo_budget_take(cx)) return EDO_PENDING;
    edoi_lock_acquire(&f->barrier->lock);
    if (edo_future_step(base) == FRESH) {
        if (barrier_come(f, edo_cx_waker(cx))) return edo_future_finish(base, 1);
    } else if (barrier_look(f, edo_cx_waker(cx))) {
        return edo_future_finish(base, 0);
    }
    edo_future_next_step(base, WAITING);
    edo_budget_refund(cx);
    return EDO_PENDING;
}

static void barrier_wait_drop(edo_future *base) {
    edo_barrier_wait_future *f = (edo_barrier_wait_future *)(void *)base;
    if (!edo_future_is_over(base) && edo_future_step(base) == WAITING) {
        edo_barrier *b = f->barrier;
        edoi_lock_acquire(&b->lock);
        if (f->round == b->round) b->come--;
        if (edoi_still_linked(&f->node)) {
            edoi_wait_leave(&b->lock, &b->waiters, &f->node);
        } else {
            edoi_lock_release(&b->lock);
        }
    }
    edo_future_retire(base);
}

edo_future *edo_barrier_wait_init(edo_barrier_wait_future *f, edo_barrier *barrier) {
    static const edo_future_ops ops = { .poll = barrier_wait_poll,
                                        .drop = barrier_wait_drop,
                                        .name = "edo_barrier_wait",
                                        .size = sizeof(edo_barrier_wait_future) };
    f->barrier = barrier;
    return edo_future_init(&f->base, &ops);
}

int edo_barrier_wait(edo_barrier *barrier) {
    edo_barrier_wait_future f;
    return edo_await(edo_barrier_wait_init(&f, barrier));
}
