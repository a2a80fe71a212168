/* SPDX-License-Identifier: MIT */
/* sync/rwlock.c: a lock for many readers or one writer, in order of arrival.
 *
 * Everything happens under the short lock. A waiter that is admitted is unlinked and counted as a
 * holder by the thread that admits it.
 *
 * inv. 1: when the short lock is released the first in line may not enter, except while a walk
 *         (admit_slowly) has released it between two batches of wakes. In all cases a lock with
 *         waiters is held.
 * inv. 2: only the first in line is ever admitted, so that no waiter is overtaken. A fresh future
 *         enters only if no waiter is in line.
 * inv. 3: a walk between two batches holds the lock for reading itself. So no writer, which might
 *         free the lock, gets in before the walk is over; its last access is the release of the
 *         short lock, which every admitted waiter takes before it continues. */
#include <edo/rwlock.h>

#include "future/describe.h"
#include "future/fate.h"
#include "locks/holders.h"

#include <edo/task.h>

#include <errno.h>

#ifdef EDOI_MODEL
#    define WAKES_AT_ONCE 1 // so that a model sees the lock released between two
#else
#    define WAKES_AT_ONCE 32
#endif

#define WRITER UINT32_MAX /* `holders` while a writer holds the lock */

/* Steps of the future. */
#define FRESH   0u
#define WAITING EDOI_STEP_WAITING
#define BEHIND  EDOI_STEP_BEHIND  /* a reader that waits for a writer who waits for readers */
#define READING EDOI_STEP_READING /* a reader that waits for the writer who has the lock */

/* The future's `own`: how it wants the lock; and whether the caller of edo_rwlock_read() or
 * edo_rwlock_write() notes that it holds it. */
enum { FOR_READING, FOR_WRITING, CALLER_NOTES };

_Static_assert(sizeof(edo_rwlock) == 32 || sizeof(void *) != 8, "a lock, a count, a list, a bound");

static bool rwlock_is_unmade(const edo_rwlock *l) {
    return EDO_MISUSE(edoi_lock_is_unmade(l ? &l->lock : NULL),
                      "an edo_rwlock is used that is NULL or no EDO_RWLOCK_INIT has made");
}

/* May a future that waits for `how` enter beside `holders` others? Called with the lock held. */
static bool may_enter_beside(const edo_rwlock *l, uint32_t holders, uint32_t how) {
    if (how == FOR_WRITING) return holders == 0;
    return holders < (l->readers_max ? l->readers_max : EDO_RWLOCK_READERS_MAX);
}

static bool may_enter(const edo_rwlock *l, uint32_t how) {
    return may_enter_beside(l, l->holders, how);
}

static uint32_t how_of(const edo_rwlock_read_future *f) {
    return f->base.own & FOR_WRITING;
}

/* With a waiter in line. */
static bool first_may_enter_beside(const edo_rwlock *l, uint32_t holders) {
    edo_wait_node *node = l->waiters.first;
    return may_enter_beside(l, holders,
                            how_of(EDO_CONTAINER_OF(node, edo_rwlock_read_future, node)));
}

/* What holds of a lock that no walk has released between two batches. */
static inline bool first_is_kept_out(const edo_rwlock *l) {
    if (!l->waiters.first) return true;
    return l->holders > 0 && !first_may_enter_beside(l, l->holders);
}

static void rwlock_enter(edo_rwlock *l, uint32_t how) {
    EDO_ASSERT(may_enter(l, how));
    l->holders = how == FOR_WRITING ? WRITER : l->holders + 1;
}

/* Called with the lock held by a thread that is about to hold `l` no more. */
static void rwlock_leave(edo_rwlock *l) {
    EDO_ASSERT(l->holders > 0);
    l->holders = l->holders == WRITER ? 0 : l->holders - 1;
}

/* Called with the lock held: unlinks the first in line and lets it hold the lock, if it may.
 * `*marked` is then to be delivered; it may be NULL. */
static bool admit_first(edo_rwlock *l, edo_waker **marked) {
    edo_wait_node *node = l->waiters.first;
    if (!node) return false;
    uint32_t how = how_of(EDO_CONTAINER_OF(node, edo_rwlock_read_future, node));
    if (!may_enter(l, how)) return false;
    rwlock_enter(l, how);
    EDO_INV("rwlock inv. 2", !node->prev);
    edoi_wait_remove(&l->waiters, node);
    edoi_granted_set(node);
    edoi_holder_given(l);
    *marked = edo_waker_mark(node->waker);
    return true;
}

/* Called with the lock held after a change, before which there were `before` holders and the same
 * waiters; releases it. If the first in line might have entered before, a walk of another thread is
 * between two batches (inv. 1) and admits the rest: a thread that only leaves does not take that
 * over. */
static EDOI_NOINLINE void admit_slowly(edo_rwlock *l, uint32_t before) {
    edo_waker *marked[WAKES_AT_ONCE];
    edoi_lock_offers offers = { 0 };
    if (first_may_enter_beside(l, before)) {
        edoi_lock_release(&l->lock);
        return;
    }
    for (bool more = true; more;) {
        size_t marked_n = 0, seen_n = 0; // also those that the mark itself has woken
        while (seen_n < WAKES_AT_ONCE && admit_first(l, &marked[marked_n])) {
            seen_n++;
            if (marked[marked_n]) marked_n++;
        }
        more = seen_n == WAKES_AT_ONCE && l->waiters.first && l->holders != WRITER;
        if (more) l->holders++; // inv. 3
        EDO_INV("rwlock inv. 1", more || first_is_kept_out(l));
        if (!more) {
            edoi_lock_release(&l->lock);
        } else {
            edoi_lock_offer(&l->lock);
        }
        for (size_t i = 0; i < marked_n; i++) edo_waker_deliver(marked[i]);
        if (!more) return;
        edoi_lock_retake(&l->lock, &offers);
        EDO_INV("rwlock inv. 3", l->holders > 0 && l->holders != WRITER);
        rwlock_leave(l);
    }
}

/* As admit_slowly(), with or without waiters. Admits those whose turn it is. */
static void admit(edo_rwlock *l, uint32_t before) {
    if (EDOI_LIKELY(!l->waiters.first)) {
        edoi_lock_release(&l->lock);
    } else {
        admit_slowly(l, before);
    }
}

/* Called with the lock held; releases it. A waiter leaves the line; behind a writer there may be
 * readers who may enter then. */
static void leave_line(edo_rwlock *l, edo_wait_node *node) {
    bool is_walked = !first_is_kept_out(l);
    edoi_wait_remove(&l->waiters, node);
    if (is_walked) {
        edoi_lock_release(&l->lock);
    } else {
        admit(l, WRITER); // beside which nobody may enter: there is no walk
    }
}

/* ---- The futures ----------------------------------------------------------------------------- */

/* Called with the lock held. */
static bool enter_now(edo_rwlock *l, uint32_t how) {
    if (l->waiters.first || !may_enter(l, how)) return false; // inv. 2
    rwlock_enter(l, how);
    return true;
}

/* Called with the lock held: does the future hold the lock? If not, it is linked afterwards. */
static bool rwlock_read_look(edo_rwlock_read_future *f, edo_waker *waker) {
    if (edo_future_step(&f->base) == FRESH) {
        if (enter_now(f->rwlock, how_of(f))) return true;
        edoi_wait_push(&f->rwlock->waiters, &f->node, waker);
        EDO_INV("rwlock inv. 1", f->rwlock->holders > 0);
        return false;
    }
    if (edoi_granted(&f->node)) return true;
    edoi_wait_renew(&f->node, waker);
    return false;
}

static EDOI_COLD edo_polled enter_noted(edo_rwlock_read_future *f) {
    edoi_holder_note(f->rwlock, NULL);
    if (how_of(f) == FOR_READING) edoi_holder_note_shared(f->rwlock);
    return edo_future_finish(&f->base, 0);
}

static edo_polled enter_poll(edo_future *base, edo_cx *cx) {
    edo_rwlock_read_future *f = (edo_rwlock_read_future *)(void *)base;
    edo_rwlock *l = f->rwlock;
    if (rwlock_is_unmade(l)) return edo_future_finish(base, -EDO_EMISUSE);
    if (!edo_budget_take(cx)) return EDO_PENDING;

    edoi_lock_acquire(&l->lock);
    bool held = rwlock_read_look(f, edo_cx_waker(cx));
    uint32_t step = how_of(f) == FOR_WRITING ? WAITING : l->holders == WRITER ? READING : BEHIND;
    edoi_lock_release(&l->lock);

    if (held) {
        if (EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_HOLDERS)) && !(base->own & CALLER_NOTES))
            return enter_noted(f);
        return edo_future_finish(base, 0);
    }
    if (edo_future_step(base) == FRESH) edo_future_next_step(base, step);
    edo_budget_refund(cx);
    return EDO_PENDING;
}

static void enter_drop(edo_future *base) {
    edo_rwlock_read_future *f = (edo_rwlock_read_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    if (edo_future_step(base) != FRESH) {
        edo_rwlock *l = f->rwlock;
        edoi_lock_acquire(&l->lock);
        if (edoi_granted(&f->node)) {
            uint32_t before = l->holders;
            edoi_holder_not_given(l);
            rwlock_leave(l);
            admit(l, before); // releases the lock
        } else {
            leave_line(l, &f->node); // releases the lock
        }
    }
    edo_future_retire(base);
}

static void enter_describe(const edo_future *base, edo_description *to) {
    edoi_describe_lock(to, ((const edo_rwlock_read_future *)(const void *)base)->rwlock);
}

#define ENTER_OPS(call, flag)                                                                      \
    {                                                                                              \
        .poll = enter_poll, .drop = enter_drop, .name = (call),                                    \
        .size = sizeof(edo_rwlock_read_future), .flags = (flag), .describe = enter_describe        \
    }

static const edo_future_ops read_ops = ENTER_OPS("edo_rwlock_read", EDOI_FUTURE_WAITS_LOCK);
static const edo_future_ops write_ops = ENTER_OPS("edo_rwlock_write", EDOI_FUTURE_WAITS_LOCK);
/* Of a lock with a limit any reader that leaves may end the wait. */
static const edo_future_ops limited_ops = ENTER_OPS("edo_rwlock_read", 0);

static edo_future *enter_init(edo_rwlock_read_future *f, edo_rwlock *l, uint32_t own) {
    const edo_future_ops *reading = l && l->readers_max != 0 ? &limited_ops : &read_ops;
    f->rwlock = l;
    (void)edo_future_init(&f->base, own & FOR_WRITING ? &write_ops : reading);
    f->base.own = own;
    return &f->base;
}

edo_future *edo_rwlock_read_init(edo_rwlock_read_future *f, edo_rwlock *rwlock) {
    return enter_init(f, rwlock, FOR_READING);
}

edo_future *edo_rwlock_write_init(edo_rwlock_write_future *f, edo_rwlock *rwlock) {
    return enter_init(f, rwlock, FOR_WRITING);
}

EDOI_INLINE void rwlock_note(edo_rwlock *l, uint32_t how, const void *site) {
    edoi_holder_add_in_order(l, &l->number, how, site);
}

int edo_rwlock_read(edo_rwlock *rwlock) {
    edo_rwlock_read_future f;
    int err = edo_await(enter_init(&f, rwlock, FOR_READING | CALLER_NOTES));
    if (err == 0) rwlock_note(rwlock, EDOI_TAKEN_WAITED | EDOI_TAKEN_READ, EDOI_CALLER());
    return err;
}

int edo_rwlock_write(edo_rwlock *rwlock) {
    edo_rwlock_write_future f;
    int err = edo_await(enter_init(&f, rwlock, FOR_WRITING | CALLER_NOTES));
    if (err == 0) rwlock_note(rwlock, EDOI_TAKEN_WAITED, EDOI_CALLER());
    return err;
}

/* ---- Without waiting ------------------------------------------------------------------------- */

static int try_enter(edo_rwlock *l, uint32_t how, const void *site) {
    if (rwlock_is_unmade(l)) return -EDO_EMISUSE;
    edoi_lock_acquire(&l->lock);
    bool held = enter_now(l, how);
    edoi_lock_release(&l->lock);
    if (held) rwlock_note(l, how == FOR_READING ? EDOI_TAKEN_READ : 0, site);
    return held ? 0 : -EAGAIN;
}

int edo_rwlock_try_read(edo_rwlock *rwlock) {
    return try_enter(rwlock, FOR_READING, EDOI_CALLER());
}

int edo_rwlock_try_write(edo_rwlock *rwlock) {
    return try_enter(rwlock, FOR_WRITING, EDOI_CALLER());
}

void edo_rwlock_downgrade(edo_rwlock *rwlock) {
    if (rwlock_is_unmade(rwlock)) return;
    edoi_lock_acquire(&rwlock->lock);
    bool written = rwlock->holders == WRITER;
    if (written) rwlock->holders = 1;
    if (written) edoi_holder_share(rwlock);
    admit(rwlock, written ? WRITER : 0); // releases the lock
    (void)EDO_MISUSE(!written, "edo_rwlock_downgrade of a lock that is not held for writing");
}

EDOI_INLINE void rwlock_give_back(edo_rwlock *l) {
    edoi_lock_acquire(&l->lock);
    uint32_t before = l->holders;
    bool held = before > 0;
    if (held) rwlock_leave(l);
    admit(l, before); // releases the lock
    (void)EDO_MISUSE(!held, "edo_rwlock_unlock of a lock that nobody holds");
}

/* Apart: a call in the middle would cost each unlock a frame. */
static EDOI_NOINLINE void rwlock_unlock_noted(edo_rwlock *l) {
    edoi_holder_forget(l);
    rwlock_give_back(l);
}

void edo_rwlock_unlock(edo_rwlock *rwlock) {
    if (rwlock_is_unmade(rwlock)) return;
    if (EDOI_UNLIKELY(edoi_holders_are_known())) {
        rwlock_unlock_noted(rwlock);
    } else {
        rwlock_give_back(rwlock);
    }
}

void edo_rwlock_given(edo_rwlock *rwlock) {
    if (!rwlock_is_unmade(rwlock)) edoi_holder_give(rwlock);
}
