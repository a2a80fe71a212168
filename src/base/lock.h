/* SPDX-License-Identifier: MIT */
/* base/lock.h: the short lock for a wait list or a counter.
 *
 * It is taken by one read-modify-write and released by a plain release store. It is a leaf lock:
 * while it is held no wake is delivered, nothing is allocated, no callback is called and no system
 * call is made. A thread that finds it taken spins a little and then sleeps, since the holder may
 * have been preempted, possibly by that thread, if it has a real-time priority. So the release
 * stays one store. */
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

EDOI_INLINE void edoi_lock_release(edoi_lock *lock) {
#ifndef EDOI_MODEL                                   // which would take it for a step
    EDO_ASSERT(edoi_load_rlx_u32(&lock->word) == 1); // relaxed: the caller holds it
#endif
    edoi_held_add(-1);
    edoi_store_rel_u32(&lock->word, 0); // SL2: pairs with SL1
}

#endif
