/* SPDX-License-Identifier: MIT */
/* sync/once.c: a value that is made by the first task that asks for it.
 *
 * `loading` is the right to make the value. It is passed on like a lock: a task that cannot make
 * the value hands it to the task that waits longest.
 *
 *                   empty      loading                          made
 *     ask *         loading    queue                            ready
 *     set *         made       -EBUSY                           -EALREADY
 *     succeed *     (never)    made, wake all                   (never)
 *     pass_on *     (never)    the next loads; empty if none    (never)
 *     take *        empty      (misuse)                         empty
 *
 * All events run under the lock; the value is read without it.
 *
 * inv. 1: waiters exist only while `loading` is set, except those that a success is about to wake.
 * inv. 2: an unlinked waiter was granted `loading`, or was woken because there is a value. */
#include <edo/once.h>

#include "base/atomic.h"
#include "future/describe.h"
#include "future/fate.h"
#include "locks/holders.h"
#include "locks/waits.h"

#include <edo/task.h>

#include <errno.h>

/* Steps of the future. */
#define FRESH   0u
#define WAITING 1u /* the node was linked */
#define LOADING 4u /* it has the right to make the value; no step of EDOI_FUTURE_WAITS_LOCK */

static bool once_is_unmade(const edo_once *o) {
    return EDO_MISUSE(edoi_lock_is_unmade(o ? &o->lock : NULL),
                      "an edo_once is used that is NULL or no EDO_ONCE_INIT has made");
}

void *edo_once_get(const edo_once *once) {
    if (once_is_unmade(once)) return NULL;
    return edoi_load_acq_ptr(&once->value); // OC1: pairs with OC2 and OC3
}

void *edo_once_take(edo_once *once) {
    if (once_is_unmade(once)) return NULL;
    edoi_lock_acquire(&once->lock);
    void *value = edoi_load_rlx_ptr(&once->value); // relaxed: written under the lock
    edoi_store_rlx_ptr(&once->value, NULL);        // relaxed: no other thread reads it now
    edoi_lock_release(&once->lock);
    return value;
}

/* Called with the lock held: is there a value? */
static bool once_is_made(const edo_once *o) {
    return edoi_load_rlx_ptr(&o->value) != NULL; // relaxed: written under the lock
}

/* The caller, which has the right to make the value, has made it. */
static void once_succeed(edo_once *o, void *value) {
    edoi_holder_remove(o);
    edoi_lock_acquire(&o->lock);
    EDO_ASSERT(o->loading && !once_is_made(o));
    edoi_store_rel_ptr(&o->value, value); // OC2: pairs with OC1
    o->loading = 0;
    edoi_wait_wake_all_and_leave(&o->lock, &o->waiters, edoi_woken_set);
}

/* The caller, which has the right to make the value, does not make it. */
static void once_pass_on(edo_once *o) {
    edo_waker *marked = NULL;
    edoi_holder_remove(o);
    edoi_lock_acquire(&o->lock);
    EDO_ASSERT(o->loading && !once_is_made(o));
    edo_wait_node *node = edoi_wait_pop(&o->waiters);
    if (node) {
        edoi_granted_set(node);
        marked = edo_waker_mark(node->waker);
    } else {
        o->loading = 0;
    }
    edoi_lock_release(&o->lock);
    edo_waker_deliver(marked);
}

/* A load has ended with `result`: 0, or why there is no value. */
static int end_load(edo_once *o, int result, void *value) {
    if (result >= 0 && EDO_MISUSE(!value, "a load for edo_once has made no value"))
        result = -EDO_EMISUSE;
    if (result < 0) {
        once_pass_on(o);
        return result;
    }
    once_succeed(o, value);
    return 0;
}

int edo_once_set(edo_once *once, void *value) {
    if (EDO_MISUSE(!value, "the value of an edo_once is not NULL")) return -EDO_EMISUSE;
    if (once_is_unmade(once)) return -EDO_EMISUSE;
    int err = 0;
    edoi_lock_acquire(&once->lock);
    if (once_is_made(once)) {
        err = -EALREADY;
    } else if (once->loading) {
        err = -EBUSY;
    } else {
        EDO_INV("once inv. 1", !once->waiters.first);
        edoi_store_rel_ptr(&once->value, value); // OC3: pairs with OC1
    }
    edoi_lock_release(&once->lock);
    return err;
}

/* ---- The future ------------------------------------------------------------------------------ */

typedef enum turn { NOT_YET, MADE, MINE } turn;

/* Called with the lock held. NOT_YET: the future is linked afterwards. */
static turn once_get_or_load_look(edo_once_get_or_load_future *f, edo_waker *waker) {
    edo_once *o = f->once;
    if (edo_future_step(&f->base) == WAITING) {
        EDO_INV("once inv. 2", !edoi_granted(&f->node) || o->loading);
        if (edoi_granted(&f->node)) return MINE;
        if (!edoi_still_linked(&f->node)) return MADE;
        edoi_wait_renew(&f->node, waker);
        return NOT_YET;
    }
    if (once_is_made(o)) return MADE;
    if (!o->loading) {
        EDO_INV("once inv. 1", !o->waiters.first);
        o->loading = 1;
        return MINE;
    }
    edoi_wait_push(&o->waiters, &f->node, waker);
    return NOT_YET;
}

static const edo_future_ops turn_ops; /* of a future without a load of its own */

/* Without a load of its own the future is ready with 1 when it may load. */
static edo_polled load_on(edo_once_get_or_load_future *f, edo_cx *cx) {
    if (!f->load) return edo_future_finish(&f->base, 1);
    if (edo_poll(f->load, cx) == EDO_PENDING) return EDO_PENDING;
    int result = f->load->result;
    if (f->load->ops->flags & EDO_FUTURE_BOXED) edo_drop(f->load);
    return edo_future_finish(&f->base, end_load(f->once, result, *f->value));
}

static edo_polled get_poll(edo_future *base, edo_cx *cx) {
    edo_once_get_or_load_future *f = (edo_once_get_or_load_future *)(void *)base;
    if (edo_future_step(base) == LOADING) return load_on(f, cx);
    if (!f->load && base->ops != &turn_ops) return edo_future_finish(base, -ENOMEM);
    if (once_is_unmade(f->once)) return edo_future_finish(base, -EDO_EMISUSE);
    if (!edo_budget_take(cx)) return EDO_PENDING;

    turn now = MADE;
    if (edo_future_step(base) == WAITING || !edo_once_get(f->once)) {
        edoi_lock_acquire(&f->once->lock);
        now = once_get_or_load_look(f, edo_cx_waker(cx));
        edoi_lock_release(&f->once->lock);
    }
    switch (now) {
    case MADE:
        if (f->load) edo_drop(f->load);
        *f->value = edo_once_get(f->once);
        return edo_future_finish(base, 0);
    case MINE:
        if (edo_future_step(base) == WAITING) edoi_wait_is_over();
        edo_future_next_step(base, LOADING);
        edoi_holder_add(f->once, NULL);
        if (f->load) *f->value = NULL; // so that it shows if the load makes none
        return load_on(f, cx);
    case NOT_YET: break;
    }
    edo_future_next_step(base, WAITING);
    edo_budget_refund(cx);
    return EDO_PENDING;
}

/* Gives up the place in line, or the right to load. */
static void once_get_or_load_leave(edo_once_get_or_load_future *f) {
    edo_once *o = f->once;
    bool mine = edo_future_step(&f->base) == LOADING;
    if (edo_future_step(&f->base) == WAITING) {
        edoi_lock_acquire(&o->lock);
        if (edoi_still_linked(&f->node)) {
            edoi_wait_leave(&o->lock, &o->waiters, &f->node);
        } else {
            mine = edoi_granted(&f->node);
            edoi_lock_release(&o->lock);
        }
    }
    if (mine) once_pass_on(o);
}

static void get_drop(edo_future *base) {
    edo_once_get_or_load_future *f = (edo_once_get_or_load_future *)(void *)base;
    if (!edo_future_is_over(base)) {
        if (f->load) edo_drop(f->load); // before another load begins
        once_get_or_load_leave(f);
    }
    edo_future_retire(base);
}

static void get_describe(const edo_future *base, edo_description *to) {
    const edo_once_get_or_load_future *f = (const edo_once_get_or_load_future *)(const void *)base;
    if (edo_future_step(base) != LOADING) edoi_describe_lock(to, f->once);
    if (edo_future_step(base) != LOADING || !f->load) return;
    edo_describe_text(to, " of ");
    edo_describe_future(to, f->load);
}

#define GET_OPS                                                                                    \
    {                                                                                              \
        .poll = get_poll, .drop = get_drop, .name = "edo_once_get_or_load",                        \
        .size = sizeof(edo_once_get_or_load_future), .flags = EDOI_FUTURE_WAITS_LOCK,              \
        .describe = get_describe                                                                   \
    }

static const edo_future_ops turn_ops = GET_OPS;

static edo_future *get_init(edo_once_get_or_load_future *f, edo_once *once, void **value,
                            edo_future *load, const edo_future_ops *ops) {
    f->once = once;
    f->load = load;
    f->value = value;
    return edo_future_init(&f->base, ops);
}

edo_future *edo_once_get_or_load_init(edo_once_get_or_load_future *f, edo_once *once, void **value,
                                      edo_future *load) {
    static const edo_future_ops ops = GET_OPS;
    return get_init(f, once, value, load, &ops);
}

int edo_once_get_or_load(edo_once *once, void **value, edo_once_load_fn *load, void *arg) {
    edo_once_get_or_load_future f;
    int turn_or_err = edo_await(get_init(&f, once, value, NULL, &turn_ops));
    if (turn_or_err <= 0) return turn_or_err;
    void *made = NULL;
    int err = load(&made, arg);
    err = end_load(once, err, made);
    if (err == 0) *value = made;
    return err;
}
