/* SPDX-License-Identifier: MIT */
/* base/lock.h: the short lock for a wait list or a counter.
 *
 * It is taken by one read-modify-write and released by a plain release store. It is a leaf lock:
 * while it is held no wake is delivered, nothing is allocated, no callback is called and no system
 * call is made. A thread that finds it taken spins a little and then sleeps, for 50 us, then for
 * twice as long each time, up to 1 ms: the holder may have been preempted, possibly by that thread,
 * if it has a real-time priority. The holder is not told of sleepers and cannot wake one; so the
 * release stays one store. A lock that inherits the waiter's priority, or wakes it, needs a
 * read-modify-write there (docs/locks.md). */
#ifndef EDOI_BASE_LOCK_H
#define EDOI_BASE_LOCK_H

#include "base/assert.h"
#include "base/atomic.h"
#include "base/held.h"

/* The slow path of edoi_lock_acquire(). */
void edoi_lock_wait(edoi_lock *lock);

EDOI_INLINE bool edoi_lock_try(edoi_lock *lock) {
    // SL1: pairs with SL2. A swap is shorter than a compare-and-swap, and writing 1 over 1 is
    //     harmless.
    if (edoi_swap_acq_u32(&lock->word, 1) != 0) return false;
    edoi_held_add(1);
    return true;
}

EDOI_INLINE void edoi_lock_acquire(edoi_lock *lock) {
    if (EDOI_UNLIKELY(!edoi_lock_try(lock))) edoi_lock_wait(lock);
}

/* For assertions: does any thread hold it? In models always, where a look would be a step. */
EDOI_INLINE bool edoi_lock_is_held(const edoi_lock *lock) {
#ifdef EDOI_MODEL
    (void)lock;
    return true;
#else
    return edoi_load_rlx_u32(&lock->word) == 1; // relaxed: the caller is to hold it
#endif
}

EDOI_INLINE void edoi_lock_release(edoi_lock *lock) {
    EDO_ASSERT(edoi_lock_is_held(lock));
    edoi_held_add(-1);
    edoi_store_rel_u32(&lock->word, 0); // SL2: pairs with SL1
}

#endif
