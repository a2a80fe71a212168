/* SPDX-License-Identifier: MIT */
/* sync/sem.c: the counting semaphore.
 *
 * Everything happens under the short lock. Released permits go to the head of the line, piecemeal,
 * until it has all it wants; then it is unlinked and woken, and the next becomes the head. For an
 * exception see inv. 4.
 *
 * inv. 1: while a future waits, no permit is free: so a new acquire has to queue, and try fails.
 * inv. 2: only the head of the line has permits set aside, and fewer than it wants.
 * inv. 3: a closed semaphore has no waiters, except those that close is about to wake, in a chain
 *         of its own (edoi_wait_wake_all_and_leave). `passed.last` is NULL then.
 * inv. 4: a single released permit may go to a waiter further back, see handoff.h, if that waiter,
 *         the head and all in between want one permit each.
 *
 * inv. 5: once every acquire has ended no close touches the semaphore, and a release does so only
 *         if it wakes more than a batch of waiters and some of these give up: so the caller of a
 *         release keeps the semaphore until it has returned.
 *
 * inv. 5 is not asserted: memory that may be gone cannot be looked at.
 *
 * An unlinked future has all its permits, or was woken by close and has none. */
#include <edo/sem.h>

#include "future/fate.h"
#include "locks/permits.h"
#include "sync/handoff.h"

#include <edo/task.h>

#include <errno.h>

#ifdef EDOI_MODEL
#    define WAKES_AT_ONCE 1 // so that a model sees the lock released between two
#else
#    define WAKES_AT_ONCE 32
#endif

/* Steps of the future. */
#define FRESH   0u
#define WAITING 1u

/* `own` of a future: who notes that the caller has permits. */
#define POLL_NOTES   0u
#define CALLER_NOTES 1u

static edo_sem_acquire_future *waiter_of(edo_wait_node *node) {
    return EDO_CONTAINER_OF(node, edo_sem_acquire_future, node);
}

static bool sem_is_unmade(const edo_sem *s) {
    return EDO_MISUSE(edoi_lock_is_unmade(s ? &s->lock : NULL),
                      "an edo_sem is used that is NULL or no EDO_SEM_INIT has made");
}

/* ---- Holders of permits ---------------------------------------------------------------------- */

EDOI_INLINE void permits_taken(edo_sem *s, uint32_t n, const void *site) {
    if (EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_WAITS)))
        edoi_permits_note(s, &s->number, n, site);
}

EDOI_INLINE void permits_given_back(edo_sem *s, uint64_t n) {
    if (EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_WAITS | EDOI_LOCKS_KNOWN)))
        edoi_permits_forget(s, &s->number, n);
}

/* ---- The line -------------------------------------------------------------------------------- */

/* Called with the lock held, before it is released: what must hold of the whole and of the first
 * two in line. */
static void check_ends(const edo_sem *s) {
    edo_wait_node *first = s->waiters.first, *second = first ? first->next : NULL;
    EDO_INV("sem inv. 1", !first || s->free == 0);
    EDO_INV("sem inv. 2", !first || waiter_of(first)->have < waiter_of(first)->want);
    EDO_INV("sem inv. 2", !second || waiter_of(second)->have == 0);
    EDO_INV("sem inv. 3", !s->closed || (!first && !s->passed.last));
}

/* Called with the lock held: sets up to `*n` permits aside for the head and subtracts them from
 * `*n`. Returns whether the head has all it wants and is unlinked; `*marked` is then to be
 * delivered. */
static bool feed_head(edo_sem *s, uint64_t *n, edo_waker **marked) {
    edo_wait_node *node = edoi_wait_first(&s->waiters);
    if (!node) return false;
    edo_sem_acquire_future *f = waiter_of(node);
    uint32_t missing = f->want - f->have;
    EDO_INV("sem inv. 2", missing > 0);
    if (*n < missing) {
        f->have += (uint32_t)*n;
        *n = 0;
        return false;
    }
    f->have = f->want;
    *n -= missing;
    edoi_handoff_unlink(&s->waiters, &s->passed, node);
    edoi_granted_set(node);
    *marked = edo_waker_mark(node->waker);
    return true;
}

static void sem_deliver_all(edo_waker **marked, size_t n) {
    for (size_t i = 0; i < n; i++) edo_waker_deliver(marked[i]);
}

/* sem_give() for several waiters, or possibly none. */
static EDOI_NOINLINE void give_slowly(edo_sem *s, uint64_t n) {
    edo_waker *marked[WAKES_AT_ONCE];
    size_t marked_n = 0, seen_n = 0; // seen_n: also those that the mark itself has woken
    edoi_lock_offers offers = { 0 };
    // While the lock is released in between, the rest of n belongs to us: no future can take it out
    // of turn.
    while (n > 0 && !s->closed && feed_head(s, &n, &marked[marked_n])) {
        seen_n++;
        if (marked[marked_n]) marked_n++;
        bool is_last = n == 0 || !edoi_wait_first(&s->waiters); // inv. 5
        if (seen_n < WAKES_AT_ONCE || is_last) continue;
        edoi_lock_offer(&s->lock);
        sem_deliver_all(marked, marked_n);
        marked_n = seen_n = 0;
        edoi_lock_retake(&s->lock, &offers);
    }
    EDO_INV("sem inv. 1", n == 0 || !edoi_wait_first(&s->waiters) || s->closed);
    uint64_t room = EDO_SEM_PERMITS_MAX - s->free;
    bool over = n > room;
    s->free += over ? room : n;
    check_ends(s);
    edoi_lock_release(&s->lock);
    sem_deliver_all(marked, marked_n);
    (void)EDO_MISUSE(over, "edo_sem_release beyond EDO_SEM_PERMITS_MAX");
}

static bool wants_one(edo_wait_node *node) {
    return waiter_of(node)->want == 1;
}

/* Called with the lock held: the waiter that gets all `n` permits, and needs no more. NULL: there
 * is none, or several waiters are involved. */
EDOI_INLINE edo_wait_node *taker_of(edo_sem *s, uint64_t n) {
    edo_wait_node *first = s->waiters.first;
    if (!first || s->closed || waiter_of(first)->want - waiter_of(first)->have != n) return NULL;
    if (EDOI_LIKELY(!edoi_siblings_exist()) || !wants_one(first)) return first;
    edo_wait_node *node = edoi_handoff_next(&s->waiters, &s->passed, wants_one);
    EDO_INV("sem inv. 4", wants_one(node));
    return node;
}

/* Called with the lock held; releases it. Gives `n` permits to the waiters; the rest is free. */
static void sem_give(edo_sem *s, uint64_t n) {
    if (!s->waiters.first && n <= EDO_SEM_PERMITS_MAX - s->free) {
        s->free += n;
        edoi_lock_release(&s->lock);
        return;
    }
    edo_wait_node *node = taker_of(s, n);
    if (EDOI_UNLIKELY(!node)) {
        give_slowly(s, n);
        return;
    }
    waiter_of(node)->have = waiter_of(node)->want;
    edoi_handoff_unlink(&s->waiters, &s->passed, node);
    edoi_granted_set(node);
    edo_waker *marked = edo_waker_mark(node->waker);
    check_ends(s);
    edoi_lock_release(&s->lock);
    edo_waker_deliver(marked);
}

/* Called with the lock held: 0, -EAGAIN or -EDO_ECLOSED. */
static int take_now(edo_sem *s, uint32_t n) {
    if (s->closed) return -EDO_ECLOSED;
    if (n > s->free) return -EAGAIN;
    s->free -= n;
    return 0;
}

static edo_polled acquire_poll(edo_future *base, edo_cx *cx) {
    edo_sem_acquire_future *f = (edo_sem_acquire_future *)(void *)base;
    edo_sem *s = f->sem;
    int err = -EAGAIN;
    if (sem_is_unmade(s)) return edo_future_finish(base, -EDO_EMISUSE);
    if (!edo_budget_take(cx)) return EDO_PENDING;

    edoi_lock_acquire(&s->lock);
    if (edo_future_step(base) == FRESH) {
        err = take_now(s, f->want);
        if (err == -EAGAIN) {
            if (!edoi_wait_first(&s->waiters)) { // the new head takes the free permits
                f->have = (uint32_t)s->free;
                s->free = 0;
            }
            edoi_wait_push(&s->waiters, &f->node, edo_cx_waker(cx));
        }
    } else if (edoi_granted(&f->node)) {
        err = f->have == f->want ? 0 : -EDO_ECLOSED;
    } else {
        edoi_wait_renew(&f->node, edo_cx_waker(cx));
    }
    check_ends(s);
    edoi_lock_release(&s->lock);

    if (err != -EAGAIN) {
        if (err == 0 && base->own == POLL_NOTES) permits_taken(s, f->want, NULL);
        return edo_future_finish(base, err);
    }
    edo_future_next_step(base, WAITING);
    edo_budget_refund(cx);
    return EDO_PENDING;
}

static void acquire_drop(edo_future *base) {
    edo_sem_acquire_future *f = (edo_sem_acquire_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    if (edo_future_step(base) == WAITING) {
        edo_sem *s = f->sem;
        edoi_lock_acquire(&s->lock);
        if (edoi_granted(&f->node) || !s->closed) {
            if (!edoi_granted(&f->node)) edoi_handoff_unlink(&s->waiters, &s->passed, &f->node);
            sem_give(s, f->have); // releases the lock
        } else {
            s->free += f->have;
            edoi_wait_leave(&s->lock, &s->waiters, &f->node); // releases the lock
        }
    }
    edo_future_retire(base);
}

static void acquire_describe(const edo_future *base, edo_description *to) {
    const edo_sem_acquire_future *f = (const edo_sem_acquire_future *)(const void *)base;
    edo_describe_text(to, " of %u at %p", (unsigned)f->want, (const void *)f->sem);
}

static const edo_future_ops acquire_ops = { .poll = acquire_poll,
                                            .drop = acquire_drop,
                                            .name = "edo_sem_acquire",
                                            .size = sizeof(edo_sem_acquire_future),
                                            .flags = EDOI_FUTURE_WAITS_PERMITS,
                                            .describe = acquire_describe };

edo_future *edo_sem_acquire_init(edo_sem_acquire_future *f, edo_sem *sem, uint32_t n) {
    f->sem = sem;
    f->want = n;
    f->have = 0;
    return edo_future_init(&f->base, &acquire_ops);
}

int edo_sem_acquire(edo_sem *sem, uint32_t n) {
    edo_sem_acquire_future f;
    (void)edo_sem_acquire_init(&f, sem, n);
    f.base.own = CALLER_NOTES;
    int err = edo_await(&f.base);
    if (err == 0) permits_taken(sem, n, EDOI_CALLER());
    return err;
}

int edo_sem_try_acquire(edo_sem *sem, uint32_t n) {
    if (sem_is_unmade(sem)) return -EDO_EMISUSE;
    edoi_lock_acquire(&sem->lock);
    int err = take_now(sem, n);
    edoi_lock_release(&sem->lock);
    if (err == 0) permits_taken(sem, n, EDOI_CALLER());
    return err;
}

void edo_sem_release(edo_sem *sem, uint64_t n) {
    if (sem_is_unmade(sem)) return;
    permits_given_back(sem, n);
    edoi_lock_acquire(&sem->lock);
    sem_give(sem, n); // releases the lock
}

uint64_t edo_sem_forget(edo_sem *sem, uint64_t n) {
    if (sem_is_unmade(sem)) return 0;
    edoi_lock_acquire(&sem->lock);
    if (n > sem->free) n = sem->free;
    sem->free -= n;
    edoi_lock_release(&sem->lock);
    return n;
}

/* Ends a wait by close: permits set aside for it are free again. */
static void send_away(edo_wait_node *node) {
    edo_sem_acquire_future *f = waiter_of(node);
    f->sem->free += f->have;
    f->have = 0;
    edoi_granted_set(node);
}

void edo_sem_close(edo_sem *sem) {
    if (sem_is_unmade(sem)) return;
    edoi_lock_acquire(&sem->lock);
    if (sem->closed) {
        edoi_lock_release(&sem->lock);
        return;
    }
    sem->closed = 1;
    sem->passed.last = NULL; // inv. 3
    edoi_wait_wake_all_and_leave(&sem->lock, &sem->waiters, send_away);
}

bool edo_sem_is_closed(edo_sem *sem) {
    if (sem_is_unmade(sem)) return true;
    edoi_lock_acquire(&sem->lock);
    bool closed = sem->closed != 0;
    edoi_lock_release(&sem->lock);
    return closed;
}

void edo_sem_init(edo_sem *sem, uint64_t n) {
    *sem = (edo_sem)EDO_SEM_INIT(n);
}

uint64_t edo_sem_available(edo_sem *sem) {
    if (sem_is_unmade(sem)) return 0;
    edoi_lock_acquire(&sem->lock);
    uint64_t n = sem->free;
    edoi_lock_release(&sem->lock);
    return n;
}
