/* SPDX-License-Identifier: MIT */
/* sync/setonce.c: a value that one task sets and others await.
 *
 * The value changes once, under the lock, from NULL; edo_setonce_get() reads it without the lock. A
 * wait takes the lock, also if there is a value: the thread that has set it then no longer has the
 * lock, and never touches the setonce again, so its memory may end when the wait has returned.
 *
 * inv. 1: while there is a value there are no waiters, except those that the set is about to
 *         wake. */
#include <edo/once.h>

#include "base/atomic.h"
#include "future/fate.h"

#include <edo/task.h>

#include <errno.h>

/* Steps of the future. */
#define FRESH   0u
#define WAITING 1u /* the node was linked */

static bool setonce_is_unmade(const edo_setonce *s) {
    return EDO_MISUSE(edoi_lock_is_unmade(s ? &s->lock : NULL),
                      "an edo_setonce is used that is NULL or no EDO_SETONCE_INIT has made");
}

void *edo_setonce_get(const edo_setonce *setonce) {
    if (setonce_is_unmade(setonce)) return NULL;
    return edoi_load_acq_ptr(&setonce->value); // OC4: pairs with OC5
}

/* Called with the lock held. */
static bool is_set(const edo_setonce *s) {
    return edoi_load_rlx_ptr(&s->value) != NULL; // relaxed: written under the lock
}

int edo_setonce_set(edo_setonce *setonce, void *value) {
    if (EDO_MISUSE(!value, "the value of an edo_setonce is not NULL")) return -EDO_EMISUSE;
    if (setonce_is_unmade(setonce)) return -EDO_EMISUSE;
    edoi_lock_acquire(&setonce->lock);
    EDO_INV("setonce inv. 1", !is_set(setonce) || !setonce->waiters.first);
    if (is_set(setonce)) {
        edoi_lock_release(&setonce->lock);
        return -EALREADY;
    }
    edoi_store_rel_ptr(&setonce->value, value); // OC5: pairs with OC4
    edoi_wait_wake_all_and_leave(&setonce->lock, &setonce->waiters, edoi_woken_set);
    return 0;
}

/* ---- Waiting --------------------------------------------------------------------------------- */

/* Called with the lock held: is the value set? If not, the future is linked afterwards. */
static bool setonce_wait_look(edo_setonce_wait_future *f, edo_waker *waker) {
    edo_setonce *s = f->setonce;
    if (edo_future_step(&f->base) == FRESH) {
        if (is_set(s)) return true;
        edoi_wait_push(&s->waiters, &f->node, waker);
        return false;
    }
    if (!edoi_still_linked(&f->node)) return true;
    edoi_wait_renew(&f->node, waker);
    return false;
}

static edo_polled setonce_wait_poll(edo_future *base, edo_cx *cx) {
    edo_setonce_wait_future *f = (edo_setonce_wait_future *)(void *)base;
    if (setonce_is_unmade(f->setonce)) return edo_future_finish(base, -EDO_EMISUSE);
    if (!edo_budget_take(cx)) return EDO_PENDING;
    edoi_lock_acquire(&f->setonce->lock);
    bool set = setonce_wait_look(f, edo_cx_waker(cx));
    edoi_lock_release(&f->setonce->lock);
    if (!set) {
        edo_future_next_step(base, WAITING);
        edo_budget_refund(cx);
        return EDO_PENDING;
    }
    if (f->value) *f->value = edo_setonce_get(f->setonce);
    return edo_future_finish(base, 0);
}

static void setonce_wait_drop(edo_future *base) {
    edo_setonce_wait_future *f = (edo_setonce_wait_future *)(void *)base;
    if (!edo_future_is_over(base) && edo_future_step(base) == WAITING) {
        edo_setonce *s = f->setonce;
        edoi_lock_acquire(&s->lock);
        if (edoi_still_linked(&f->node)) {
            edoi_wait_leave(&s->lock, &s->waiters, &f->node);
        } else {
            edoi_lock_release(&s->lock);
        }
    }
    edo_future_retire(base);
}

edo_future *edo_setonce_wait_init(edo_setonce_wait_future *f, edo_setonce *setonce, void **value) {
    static const edo_future_ops ops = { .poll = setonce_wait_poll,
                                        .drop = setonce_wait_drop,
                                        .name = "edo_setonce_wait",
                                        .size = sizeof(edo_setonce_wait_future) };
    f->setonce = setonce;
    f->value = value;
    return edo_future_init(&f->base, &ops);
}

int edo_setonce_wait(edo_setonce *setonce, void **value) {
    edo_setonce_wait_future f;
    return edo_await(edo_setonce_wait_init(&f, setonce, value));
}
