/* SPDX-License-Identifier: MIT */
/* driver/source_waiters.h: the futures that wait for a source, for both directions in one word.
 *
 *      last ─> Z ⇄ B ⇄ A ⇄ Y ⇄ Z      a ring: readers, the newest first (here B, A), then writers, the
 *                                      oldest first (here Y, Z); without writers `last` is the
 *                                      oldest reader
 *
 * A waiter that comes is linked between `last` and the one behind it, so each direction is at an
 * end of its own, and no walk passes those who wait for the other. Nearly always the ring holds one
 * waiter or two. `who` of a link is its waker, with the direction in bit 0.
 *
 * A wake of several first moves them into a ring of its own, whose head lies on the waking thread's
 * stack: those who come meanwhile wait in the source's ring, and are not woken with them.
 *
 * inv. 1: linked and unlinked under the source's lock only, in either ring; `who` is written by the
 *         link's owner.
 * inv. 2: a thread that wakes marks the waker first and clears `next` last. So an owner who finds
 *         NULL there, without the lock, has its link to itself again.
 * inv. 3: the future that placed a link takes it out before it ends, unless a wake did: the
 *         borrowed waker is alive for whoever finds it under the lock.
 * inv. 4: `prev` of the only link in a ring means nothing: a lone waiter, as nearly all are, does
 *         not pay for it. The ring of a wake has its head, so no waiter is the only link there. */
#ifndef EDOI_DRIVER_SOURCE_WAITERS_H
#define EDOI_DRIVER_SOURCE_WAITERS_H

#include "base/assert.h"
#include "base/lock.h"

#include <edo/future.h>

/* All zero is empty. */
typedef struct edoi_source_waiters {
    edo_wait_link *last; /* written as an atomic, relaxed: others look at it without the lock */
} edoi_source_waiters;

/* Any thread: one that waits, perhaps gone by now, to be asked for only. */
EDOI_INLINE const edo_wait_link *edoi_source_waiters_seen_last(const edoi_source_waiters *list) {
    return EDOI_ATOMIC_LOAD(&list->last, EDOI_RELAXED); // relaxed: it is not followed
}

EDOI_INLINE void edoi_source_waiters_set_last(edoi_source_waiters *list, edo_wait_link *link) {
    EDOI_ATOMIC_STORE(&list->last, link, EDOI_RELAXED); // relaxed: the lock orders it
}

/* Any thread; the answer "no" stays true until the owner links it again. */
EDOI_INLINE bool edoi_source_waiters_has(const edo_wait_link *link) {
    // N2: pairs with N1: who took it out has read all it needs
    return edoi_load_acq_ptr(&link->next) != NULL;
}

EDOI_INLINE uint32_t edoi_source_waiters_dir(const edo_wait_link *link) {
    return (uint32_t)(link->who & 1u);
}

/* Keeps the newest waker, for a link that is in the list or about to be. */
EDOI_INLINE void edoi_source_waiters_renew(edo_wait_link *link, edo_waker *waker, uint32_t dir) {
    EDO_ASSERT(((uintptr_t)waker & 1u) == 0 && dir <= 1);
    link->who = (uintptr_t)waker | dir;
}

/* Links `link` into a ring that is not empty. */
void edoi_source_waiters_push_beside(edoi_source_waiters *list, edo_wait_link *link);

/* Links `link` behind all others that wait for `dir`. */
EDOI_INLINE void edoi_source_waiters_push(edoi_source_waiters *list, edo_wait_link *link,
                                          edo_waker *waker, uint32_t dir) {
    EDO_ASSERT(!edoi_source_waiters_has(link));
    edoi_source_waiters_renew(link, waker, dir);
    if (EDOI_LIKELY(!list->last)) {
        edoi_store_rlx_ptr(&link->next, link); // relaxed: who looks without the lock asks for NULL
        edoi_source_waiters_set_last(list, link);
    } else {
        edoi_source_waiters_push_beside(list, link);
    }
}

/* Takes out a link that is in the list, or in the ring of a wake. */
void edoi_source_waiters_remove(edoi_source_waiters *list, edo_wait_link *link);

/* Whether anybody waits for `dir`, and whether two do. Those in the ring of a wake do not any
 * more. */
bool edoi_source_waiters_any(const edoi_source_waiters *list, uint32_t dir);
bool edoi_source_waiters_two(const edoi_source_waiters *list, uint32_t dir);

/* Wakes all who wait for `dir` now, the longest waiting first, and nobody who comes meanwhile.
 * Marks some under `lock`, which the caller holds, delivers them without it, and so on; returns
 * with the lock held. */
void edoi_source_waiters_wake(edoi_source_waiters *list, uint32_t dir, edoi_lock *lock);

#endif
