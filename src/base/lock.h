/* SPDX-License-Identifier: MIT */
/* base/lock.h: the short lock around a wait list or a counter.
 *
 * One read-modify-write to take it, a plain release store to leave it. It is a leaf lock: under it
 * no wake is delivered, nothing is allocated, nobody is called back and no system call is made.
 * A thread that finds it taken spins a little and then sleeps, since the holder may have been
 * preempted: by that very thread, if it has a real-time priority. So leaving stays one store. */
#ifndef EDOI_BASE_LOCK_H
#define EDOI_BASE_LOCK_H

#include "base/assert.h"
#include "base/atomic.h"
#include "base/held.h"

/* The slow half of edoi_lock_acquire(). */
void edoi_lock_wait(edoi_lock *lock);

EDOI_INLINE bool edoi_lock_try(edoi_lock *lock) {
    // L1: pairs with L2. A swap is shorter than a compare-and-swap, and writing a 1 over a 1 is
    //     nothing.
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
    edoi_store_rel_u32(&lock->word, 0); // L2: pairs with L1
}

#endif
