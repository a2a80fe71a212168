/* SPDX-License-Identifier: MIT */
/* runtime/driver/waiters.h: who waits for a source, for both directions in one word.
 *
 *      last ─> C ─> A ─> B ─> C      a ring, from the newest on to the longest waiting
 *
 * Nearly always it holds one waiter or two, so it is linked one way, and taking one out from between
 * others walks. `who` of a link is its waker, with the direction in bit 0.
 *
 * inv. 1: linked and unlinked under the source's lock only; `who` is written by the link's owner.
 * inv. 2: who wakes marks the waker first and clears `next` last. So an owner who finds NULL there,
 *         without the lock, has its link to itself again.
 * inv. 3: the future that placed a link takes it out before it ends, unless a wake did: the borrowed
 *         waker is alive for whoever finds it under the lock. */
#ifndef EDOI_RUNTIME_WAITERS_H
#define EDOI_RUNTIME_WAITERS_H

#include "base/assert.h"
#include "base/lock.h"

#include <edo/future.h>

/* All zero is empty. */
typedef struct edoi_waiters {
    edo_wait_link *last; /* written as an atomic, relaxed: others look at it without the lock */
} edoi_waiters;

/* Any thread: the newest who waits, perhaps gone by now, to be asked for only. */
EDOI_INLINE const edo_wait_link *edoi_waiters_seen_last(const edoi_waiters *list) {
    return EDOI_ATOMIC_LOAD(&list->last, EDOI_RELAXED); // relaxed: it is not followed
}

EDOI_INLINE void edoi_waiters_set_last(edoi_waiters *list, edo_wait_link *link) {
    EDOI_ATOMIC_STORE(&list->last, link, EDOI_RELAXED); // relaxed: the lock orders it
}

/* Any thread; the answer "no" stays true until the owner links it again. */
EDOI_INLINE bool edoi_waiters_has(const edo_wait_link *link) {
    // N2: pairs with N1: who took it out has read all it needs
    return edoi_load_acq_ptr(&link->next) != NULL;
}

EDOI_INLINE uint32_t edoi_waiters_dir(const edo_wait_link *link) {
    return (uint32_t)(link->who & 1u);
}

/* Keeps the newest waker, for a link that is in the list or about to be. */
EDOI_INLINE void edoi_waiters_renew(edo_wait_link *link, edo_waker *waker, uint32_t dir) {
    EDO_ASSERT(((uintptr_t)waker & 1u) == 0 && dir <= 1);
    link->who = (uintptr_t)waker | dir;
}

/* Links `link` behind all others. */
EDOI_INLINE void edoi_waiters_push(edoi_waiters *list, edo_wait_link *link, edo_waker *waker,
                                   uint32_t dir) {
    EDO_ASSERT(!edoi_waiters_has(link));
    edoi_waiters_renew(link, waker, dir);
    edo_wait_link *last = list->last;
    // relaxed, both: under the lock, and whoever looks without it only asks for NULL
    edoi_store_rlx_ptr(&link->next, last ? edoi_load_rlx_ptr(&last->next) : link);
    if (last) edoi_store_rlx_ptr(&last->next, link);
    edoi_waiters_set_last(list, link);
}

/* Takes out a link that is in the list. */
void edoi_waiters_remove(edoi_waiters *list, edo_wait_link *link);

/* How many wait for `dir`; counts no further than to `most`. */
uint32_t edoi_waiters_count(const edoi_waiters *list, uint32_t dir, uint32_t most);

/* Wakes all who wait for `dir` now, the longest waiting first; who comes meanwhile may be woken too.
 * Marks some under `lock`, which the caller holds, delivers them without it, and so on; returns with
 * the lock held. */
void edoi_waiters_wake(edoi_waiters *list, uint32_t dir, edoi_lock *lock);

#endif
