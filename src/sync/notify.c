/* SPDX-License-Identifier: MIT */
/* sync/notify.c: wakes without a value.
 *
 * The state word holds the stored permit and, above it, the number of calls of notify_all. It is
 * written under the short lock; the making of a future reads it without.
 *
 * A future keeps the number at its making in `own`. If the number differs later, notify_all was
 * called in between and the future is ready. (It wraps around after 2^31 calls; a future that
 * sleeps through exactly 2^31 calls misses them.)
 *
 *                 FRESH                  WAITING                      TAKEN
 *     poll        number, else permit,   unlinked or number: ready    ready
 *                 else link: WAITING     else renew
 *     enable      same; TAKEN if ready   same; TAKEN if ready         true
 *     drop        -                      unlink, or pass on           -
 *
 * inv. 1: a permit is stored only while the list is empty.
 * inv. 2: an unlinked node records what unlinked it: its fate is BY_ALL, BY_ONE or BY_LAST.
 * inv. 3: waiters that notify_all has yet to wake are in a chain between two ends on its stack:
 *         later waiters are in the list, so notify_one never wakes a waiter of the chain. */
#include <edo/notify.h>

#include "future/fate.h"

#include <edo/task.h>

#define PERMIT 1u
#define CALL   2u /* one call of notify_all */

/* Steps of the future. */
#define FRESH   0u
#define WAITING 1u
#define TAKEN   2u

_Static_assert(sizeof(edo_notify_wait_future) == 48 || sizeof(void *) != 8,
               "what a task parked on a notify costs is a promise");

/* Fates of a node, for inv. 2. */
enum { BY_ALL = EDOI_FATE_GRANTED, BY_ONE = EDOI_FATE_OWN, BY_LAST };

static bool notify_is_unmade(const edo_notify *n) {
    return EDO_MISUSE(edoi_lock_is_unmade(n ? &n->lock : NULL),
                      "an edo_notify is used that is NULL or no EDO_NOTIFY_INIT has made");
}

static uint32_t calls_of(const edo_notify *n) {
    return edoi_load_acq_u32(&n->state) & ~PERMIT; // NO1: pairs with NO2
}

static bool called_since(const edo_notify *n, const edo_notify_wait_future *f) {
    return calls_of(n) != f->base.own;
}

/* Called with the lock held: no notify_all has come since the waiter `node` was made. */
static inline bool waits_since_the_last_call(const edo_notify *n, edo_wait_node *node) {
    const edo_notify_wait_future *f = EDO_CONTAINER_OF(node, edo_notify_wait_future, node);
    return (edoi_load_rlx_u32(&n->state) & ~PERMIT) == f->base.own; // relaxed: under the lock
}

/* Called with the lock held: notifies the first or last in the list, or stores a permit. */
static edo_waker *give_one(edo_notify *n, uintptr_t by) {
    edo_wait_node *node = by == BY_LAST ? n->waiters.last : n->waiters.first;
    if (!node) {
        // relaxed: a permit is taken under the lock
        edoi_store_rlx_u32(&n->state, edoi_load_rlx_u32(&n->state) | PERMIT);
        return NULL;
    }
    EDO_INV("notify inv. 1", !(edoi_load_rlx_u32(&n->state) & PERMIT));
    EDO_INV("notify inv. 3", waits_since_the_last_call(n, node));
    edoi_wait_remove(&n->waiters, node);
    node->fate = by;
    return edo_waker_mark(node->waker);
}

static void give_any(edo_notify *n, uintptr_t by) {
    if (notify_is_unmade(n)) return;
    edoi_lock_acquire(&n->lock);
    edo_waker *marked = give_one(n, by);
    edoi_lock_release(&n->lock);
    edo_waker_deliver(marked);
}

/* Called with the lock held: is the fresh future notified? If not, it is linked afterwards. */
static bool notify_wait_arrive(edo_notify_wait_future *f, edo_waker *waker) {
    edo_notify *n = f->notify;
    if (called_since(n, f)) return true;           // first: then a permit is left for another
    uint32_t state = edoi_load_rlx_u32(&n->state); // relaxed: written under the lock only
    if (state & PERMIT) {
        EDO_INV("notify inv. 1", !n->waiters.first);
        edoi_store_rlx_u32(&n->state, state & ~PERMIT); // relaxed: as above
        return true;
    }
    edoi_wait_push(&n->waiters, &f->node, waker ? waker : edo_waker_noop());
    return false;
}

/* Is the future notified? If not, it is linked afterwards, with `waker`. NULL: with the waker that
 * it has. */
static bool notify_wait_look(edo_notify_wait_future *f, edo_waker *waker) {
    edo_notify *n = f->notify;
    bool notified = true;
    edoi_lock_acquire(&n->lock);
    if (edo_future_step(&f->base) == FRESH) {
        notified = notify_wait_arrive(f, waker);
    } else if (edoi_still_linked(&f->node)) {
        if (called_since(n, f)) { // notify_all has yet to wake it, but it may leave now
            edoi_wait_leave(&n->lock, &n->waiters, &f->node);
            return true;
        }
        if (waker) edoi_wait_renew(&f->node, waker);
        notified = false;
    }
    edoi_lock_release(&n->lock);
    return notified;
}

static edo_polled notify_wait_poll(edo_future *base, edo_cx *cx) {
    edo_notify_wait_future *f = (edo_notify_wait_future *)(void *)base;
    if (!edo_budget_take(cx)) return EDO_PENDING;
    if (edo_future_step(base) == TAKEN || notify_wait_look(f, edo_cx_waker(cx)))
        return edo_future_finish(base, 0);
    edo_future_next_step(base, WAITING);
    edo_budget_refund(cx);
    return EDO_PENDING;
}

static void notify_wait_drop(edo_future *base) {
    edo_notify_wait_future *f = (edo_notify_wait_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    if (edo_future_step(base) == WAITING) {
        edo_notify *n = f->notify;
        edo_waker *marked = NULL;
        edoi_lock_acquire(&n->lock);
        if (edoi_still_linked(&f->node)) {
            edoi_wait_leave(&n->lock, &n->waiters, &f->node);
        } else {
            EDO_INV("notify inv. 2", f->node.fate >= BY_ALL && f->node.fate <= BY_LAST);
            if (f->node.fate != BY_ALL) marked = give_one(n, f->node.fate);
            edoi_lock_release(&n->lock);
        }
        edo_waker_deliver(marked);
    }
    edo_future_retire(base);
}

static const edo_future_ops wait_ops = { .poll = notify_wait_poll,
                                         .drop = notify_wait_drop,
                                         .name = "edo_notify_wait",
                                         .size = sizeof(edo_notify_wait_future) };

edo_future *edo_notify_wait_init(edo_notify_wait_future *f, edo_notify *notify) {
    (void)edo_future_init(&f->base, &wait_ops);
    f->notify = notify;
    f->base.own = notify_is_unmade(notify) ? 0 : calls_of(notify);
    return &f->base;
}

bool edo_notify_wait_enable(edo_notify_wait_future *f) {
    if (edo_future_step(&f->base) == TAKEN) return true;
    bool notified = notify_wait_look(f, NULL);
    edo_future_next_step(&f->base, notified ? TAKEN : WAITING);
    return notified;
}

int edo_notify_wait(edo_notify *notify) {
    edo_notify_wait_future f;
    return edo_await(edo_notify_wait_init(&f, notify));
}

void edo_notify_one(edo_notify *notify) {
    give_any(notify, BY_ONE);
}

void edo_notify_last(edo_notify *notify) {
    give_any(notify, BY_LAST);
}

void edo_notify_all(edo_notify *notify) {
    if (notify_is_unmade(notify)) return;
    edoi_lock_acquire(&notify->lock);
    uint32_t state = edoi_load_rlx_u32(&notify->state); // relaxed: written under the lock only
    edoi_store_rel_u32(&notify->state, state + CALL);   // NO2: pairs with NO1
    edoi_wait_wake_all_and_leave(&notify->lock, &notify->waiters, edoi_granted_set);
}
