/* SPDX-License-Identifier: MIT */
/* driver/source_waiters.h: the futures that wait for a source, for both directions in one word.
 *
 *      last ─> Z ⇄ B ⇄ A ⇄ Y ⇄ Z      a ring: readers, the newest first (here B, A), then writers, the
 *                                      oldest first (here Y, Z); without writers `last` is the
 *                                      oldest reader
 *
 * A new waiter is linked between `last` and its successor, so each direction has an end of its own,
 * and no walk passes waiters for the other direction. Nearly always the ring holds one or two
 * waiters. `who` of a link is its waker, with the direction in bit 0.
 *
 * A wake of several waiters first moves them into a ring of its own, whose head lies on the waking
 * thread's stack: waiters that come meanwhile are linked in the source's ring, and are not woken
 * with them.
 *
 * inv. 1: links are linked and unlinked only under the source's lock, in either ring; `who` is
 *         written by the link's owner.
 * inv. 2: a waking thread marks the waker first and clears `next` last. So an owner that reads NULL
 *         there, without the lock, owns its link alone again.
 * inv. 3: a future unlinks its link before it ends, unless a wake did: so a waker found under the
 *         lock is alive.
 * inv. 4: `prev` of the only link in a ring is not set: a lone waiter, the usual case, does not pay
 *         for it. A wake's ring has its head, so no waiter is the only link there.
 * inv. 3 is not asserted here: a link says nothing of its future. The debug build's table of links
 * (linked.h) finds a future that ends and is linked. */
#ifndef EDOI_DRIVER_SOURCE_WAITERS_H
#define EDOI_DRIVER_SOURCE_WAITERS_H

#include "base/assert.h"
#include "base/lock.h"
#include "records/linked.h"

#include <edo/future.h>

/* All zero is empty. */
typedef struct edoi_source_waiters {
    edo_wait_link *last; /* written as an atomic, relaxed: others read it without the lock */
} edoi_source_waiters;

/* Any thread: a waiter, possibly gone by now, to be prefetched only. */
EDOI_INLINE const edo_wait_link *edoi_source_waiters_seen_last(const edoi_source_waiters *list) {
    return EDOI_ATOMIC_LOAD(&list->last, EDOI_RELAXED); // relaxed: the pointer is not followed
}

EDOI_INLINE void edoi_source_waiters_set_last(edoi_source_waiters *list, edo_wait_link *link) {
    EDOI_ATOMIC_STORE(&list->last, link, EDOI_RELAXED); // relaxed: the lock orders
}

/* Any thread; a false result stays valid until the owner links it again. */
EDOI_INLINE bool edoi_source_waiters_has(const edo_wait_link *link) {
    // SW2: pairs with SW1: the thread that unlinked it has read all it needs
    return edoi_load_acq_ptr(&link->next) != NULL;
}

EDOI_INLINE uint32_t edoi_source_waiters_dir(const edo_wait_link *link) {
    return (uint32_t)(link->who & 1u);
}

/* Stores the newest waker in a link that is in the list or about to be linked. */
EDOI_INLINE void edoi_source_waiters_renew(edo_wait_link *link, edo_waker *waker, uint32_t dir) {
    EDO_ASSERT(((uintptr_t)waker & 1u) == 0 && dir <= 1);
    link->who = (uintptr_t)waker | dir;
}

/* Links `link` into a ring that is not empty. */
void edoi_source_waiters_push_beside(edoi_source_waiters *list, edo_wait_link *link);

/* Links `link` after all other waiters for `dir`. */
EDOI_INLINE void edoi_source_waiters_push(edoi_source_waiters *list, edo_wait_link *link,
                                          edo_waker *waker, uint32_t dir) {
    EDO_INV("source_waiters inv. 2", !edoi_source_waiters_has(link));
    edoi_source_waiters_renew(link, waker, dir);
    edoi_linked_add(link);
    if (EDOI_LIKELY(!list->last)) {
        edoi_store_rlx_ptr(&link->next, link); // relaxed: lock-free readers compare with NULL
        edoi_source_waiters_set_last(list, link);
    } else {
        edoi_source_waiters_push_beside(list, link);
    }
}

/* Walks the ring and asserts its invariants. Called with the source's lock held. */
void edoi_source_waiters_check(const edoi_source_waiters *list);

/* Unlinks a link that is in the list, or in the ring of a wake. */
void edoi_source_waiters_remove(edoi_source_waiters *list, edo_wait_link *link);

/* Is there a waiter for `dir`; are there two? Links in the ring of a wake do not count. */
bool edoi_source_waiters_any(const edoi_source_waiters *list, uint32_t dir);
bool edoi_source_waiters_two(const edoi_source_waiters *list, uint32_t dir);

/* Wakes all present waiters for `dir`, the longest waiting first, and none that come meanwhile.
 * Called with `lock` held: marks some, releases the lock to deliver them, and so on; returns with
 * the lock held. */
void edoi_source_waiters_wake(edoi_source_waiters *list, uint32_t dir, edoi_lock *lock);

#endif
