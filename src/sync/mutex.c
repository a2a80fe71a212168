/* SPDX-License-Identifier: MIT */
/* sync/mutex.c: a lock that may be held across awaits.
 *
 * Without waiters lock and unlock touch only the state word, with one CAS each. The list of waiters
 * and the CROWD bit change only under the short lock. A contended unlock hands the mutex to the
 * waiter whose turn it is (handoff.h): the word stays HELD throughout, so that no other task takes
 * the mutex in between.
 *
 *                FREE        HELD                       HELD+CROWD
 *     take       HELD        fails                      fails
 *     queue *    HELD        HELD+CROWD, link           link
 *     unlock     (misuse)    FREE                       hand_over; retry if no waiter
 *     hand_over* (never)     -                          unlink one (handoff.h), HELD if it was the last
 *     leave *    (never)     (never)                    unlink, HELD if it was the last
 *
 * Events with a star run under the lock, the others are a single CAS.
 *
 * inv. 1: under the lock, CROWD is set if and only if the list is not empty.
 * inv. 2: CROWD is never set without HELD.
 * inv. 3: HELD+CROWD is left only under the lock: there a plain store is enough, because the CAS of
 *         take expects FREE and the CAS of unlock expects HELD.
 * inv. 4: the store of FREE is the unlocking thread's last access; in a hand-over its last access
 *         is the release of the lock, which the next holder takes before it continues. So the next
 *         holder may free the memory.
 * inv. 4 is not asserted: memory that may be gone cannot be looked at.
 *
 * hand_over meets HELD when the last waiter left between the failed CAS of unlock and the lock. */
#include "sync/mutex.h"

#include "future/describe.h"
#include "future/fate.h"
#include "locks/holders.h"
#include "recorder/probe.h"
#include "sync/handoff.h"

#include <edo/task.h>

#include <errno.h>

#define FREE  0u
#define HELD  1u
#define CROWD 2u

/* Steps of the future. */
#define FRESH   0u
#define WAITING 1u

/* The future's `own`: whether the caller of edo_mutex_lock() notes that it holds the mutex. */
enum { POLL_NOTES, CALLER_NOTES = EDOI_MUTEX_CALLER_NOTES };

_Static_assert(sizeof(edo_mutex) == 40 || sizeof(void *) != 8,
               "a mutex is a word, a lock, a list and who was passed");

static bool mutex_take(edo_mutex *m) {
    uint32_t want = FREE;
    return edoi_cas_acq_u32(&m->state, &want, HELD); // MU1: pairs with MU3
}

/* Debug builds: the word of an initialised mutex has one of three values. */
static bool is_unmade(const edo_mutex *m) {
#ifdef EDO_DEBUG
    uint32_t seen = m ? edoi_load_rlx_u32(&m->state) : CROWD; // relaxed: inv. 2 always holds
    return EDO_MISUSE(seen == CROWD || seen > (HELD | CROWD),
                      "an edo_mutex is used that is NULL or no EDO_MUTEX_INIT has made");
#else
    (void)m;
    return false;
#endif
}

/* Called with the lock held. True: taken after all; otherwise `node` is linked. */
static bool mutex_queue(edo_mutex *m, edo_wait_node *node, edo_waker *waker) {
    uint32_t seen = edoi_load_rlx_u32(&m->state); // relaxed: the CAS below checks it
    while (!(seen & CROWD)) {
        // The holder may unlock at any time before CROWD is set, never afterwards without this
        // lock.
        uint32_t next = seen == FREE ? HELD : HELD | CROWD;
        // MU2: pairs with MU3, if this takes the mutex
        if (!edoi_cas_acq_u32(&m->state, &seen, next)) continue;
        if (next == HELD) return true;
        break;
    }
    edoi_wait_push(&m->waiters, node, waker);
    EDO_INV("mutex inv. 3", edoi_load_rlx_u32(&m->state) == (HELD | CROWD));
    return false;
}

/* Called with the lock held: hands the mutex to the waiter whose turn it is. False: no waiter is
 * left. */
static bool mutex_hand_over(edo_mutex *m, edo_waker **marked) {
    edo_wait_node *node = m->waiters.first;
    EDO_INV("mutex inv. 1", edoi_load_rlx_u32(&m->state) == (node ? HELD | CROWD : HELD));
    if (!node) return false;
    if (EDOI_UNLIKELY(edoi_siblings_exist()))
        node = edoi_handoff_next(&m->waiters, &m->passed, NULL);
    edoi_handoff_unlink(&m->waiters, &m->passed, node);
    // relaxed: the last holder's writes reach the next holder through the lock, see
    // edoi_mutex_lock_poll()
    if (!m->waiters.first) edoi_store_rlx_u32(&m->state, HELD);
    edoi_granted_set(node);
    edoi_holder_given(m);
    *marked = edo_waker_mark(node->waker);
    return true;
}

/* Called with the lock held: unlinks a waiter. */
static void mutex_leave(edo_mutex *m, edo_wait_node *node) {
    EDO_INV("mutex inv. 2", edoi_load_rlx_u32(&m->state) == (HELD | CROWD));
    edoi_handoff_unlink(&m->waiters, &m->passed, node);
    if (!m->waiters.first) edoi_store_rlx_u32(&m->state, HELD); // relaxed: publishes nothing
}

/* Apart, as what is noted here: a call in the middle would cost each lock a frame. */
static EDOI_NOINLINE edo_polled lock_noted(edo_mutex_lock_future *f) {
    if (f->base.own == POLL_NOTES) edoi_holder_note(f->mutex, NULL);
    return edo_future_finish(&f->base, 0);
}

static edo_polled lock_finish(edo_mutex_lock_future *f) {
    if (EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_HOLDERS))) return lock_noted(f);
    return edo_future_finish(&f->base, 0);
}

/* The mutex was held at the first check, or this is a later poll. */
static EDOI_NOINLINE edo_polled lock_slowly(edo_mutex_lock_future *f, edo_cx *cx) {
    edo_mutex *m = f->mutex;
    bool held;
    edoi_lock_acquire(&m->lock);
    if (edo_future_step(&f->base) == FRESH) {
        EDOI_PROBE1(lock_wait, m);
        held = mutex_queue(m, &f->node, edo_cx_waker(cx));
    } else {
        held = edoi_granted(&f->node);
        if (!held) edoi_wait_renew(&f->node, edo_cx_waker(cx));
    }
    edoi_lock_release(&m->lock);

    if (held) return lock_finish(f);
    edo_future_next_step(&f->base, WAITING);
    edo_budget_refund(cx);
    return EDO_PENDING;
}

edo_polled edoi_mutex_lock_poll(edo_future *base, edo_cx *cx) {
    edo_mutex_lock_future *f = (edo_mutex_lock_future *)(void *)base;
    if (!edo_budget_take(cx)) return EDO_PENDING;
    if (edo_future_step(base) != FRESH || !mutex_take(f->mutex)) return lock_slowly(f, cx);
    return lock_finish(f);
}

void edoi_mutex_lock_drop(edo_future *base) {
    edo_mutex_lock_future *f = (edo_mutex_lock_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    if (edo_future_step(base) == WAITING) {
        edo_mutex *m = f->mutex;
        edoi_lock_acquire(&m->lock);
        bool held = edoi_granted(&f->node);
        if (!held) mutex_leave(m, &f->node);
        edoi_lock_release(&m->lock);
        if (held) edo_mutex_unlock(m);
    }
    edo_future_retire(base);
}

static void lock_describe(const edo_future *base, edo_description *to) {
    edoi_describe_lock(to, ((const edo_mutex_lock_future *)(const void *)base)->mutex);
}

static const edo_future_ops lock_ops = { .poll = edoi_mutex_lock_poll,
                                         .drop = edoi_mutex_lock_drop,
                                         .name = "edo_mutex_lock",
                                         .size = sizeof(edo_mutex_lock_future),
                                         .flags = EDOI_FUTURE_WAITS_LOCK,
                                         .describe = lock_describe };

edo_future *edo_mutex_lock_init(edo_mutex_lock_future *f, edo_mutex *mutex) {
    (void)is_unmade(mutex);
    f->mutex = mutex;
    return edo_future_init(&f->base, &lock_ops);
}

EDOI_INLINE void mutex_note(edo_mutex *m, uint32_t how, const void *site) {
    edoi_holder_add_in_order(m, &m->passed.number, how, site);
}

void edoi_mutex_note(edo_mutex *mutex, bool has_tried, const void *site) {
    mutex_note(mutex, has_tried ? 0 : EDOI_TAKEN_WAITED, site);
}

int edo_mutex_lock(edo_mutex *mutex) {
    edo_mutex_lock_future f;
    (void)edo_mutex_lock_init(&f, mutex);
    f.base.own = CALLER_NOTES;
    int err = edo_await(&f.base);
    if (err == 0) mutex_note(mutex, EDOI_TAKEN_WAITED, EDOI_CALLER());
    return err;
}

int edoi_mutex_try_lock(edo_mutex *mutex) {
    return mutex_take(mutex) ? 0 : -EAGAIN;
}

int edo_mutex_try_lock(edo_mutex *mutex) {
    if (is_unmade(mutex)) return -EDO_EMISUSE;
    if (!mutex_take(mutex)) return -EAGAIN;
    mutex_note(mutex, 0, EDOI_CALLER());
    return 0;
}

void edo_mutex_given(edo_mutex *mutex) {
    if (!is_unmade(mutex)) edoi_holder_give(mutex);
}

/* False: it has waiters, or nobody holds it; `*seen` is what was there. */
EDOI_INLINE bool mutex_free(edo_mutex *m, uint32_t *seen) {
    *seen = HELD;
    return edoi_cas_acqrel_u32(&m->state, seen, FREE); // MU3: pairs with MU1, MU2
}

/* As mutex_free() has left `seen`. */
static EDOI_NOINLINE void unlock_slowly(edo_mutex *m, uint32_t seen) {
    edo_waker *marked = NULL;
    bool handed;
    do {
        if (EDO_MISUSE(seen == FREE, "edo_mutex_unlock of a mutex that nobody holds")) return;
        edoi_lock_acquire(&m->lock);
        handed = mutex_hand_over(m, &marked);
        edoi_lock_release(&m->lock);
    } while (!handed && !mutex_free(m, &seen));
    edo_waker_deliver(marked);
}

EDOI_INLINE void mutex_give_back(edo_mutex *m) {
    uint32_t seen;
    if (!mutex_free(m, &seen)) unlock_slowly(m, seen);
}

static EDOI_NOINLINE void unlock_noted(edo_mutex *m) {
    edoi_holder_forget(m);
    mutex_give_back(m);
}

void edo_mutex_unlock(edo_mutex *mutex) {
    if (is_unmade(mutex)) return;
    if (EDOI_UNLIKELY(edoi_holders_are_known())) {
        unlock_noted(mutex);
    } else {
        mutex_give_back(mutex);
    }
}
