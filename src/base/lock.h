/* SPDX-License-Identifier: MIT */
/* base/lock.h: the short lock for a wait list or a counter.
 *
 * It is taken by one read-modify-write and released by a plain release store. It is a leaf lock:
 * while it is held no wake is delivered, nothing is allocated, no callback is called and no system
 * call is made. A thread that finds it taken spins a little and then sleeps, for 50 us, then for
 * twice as long each time, up to 1 ms: the holder may have been preempted, possibly by that thread,
 * if it has a real-time priority. The holder is not told of sleepers and cannot wake one; so the
 * release stays one store. A lock that inherits the waiter's priority, or wakes it, needs a
 * read-modify-write there (docs/locks.md).
 *
 * The word:  0                           free
 *            HELD                        held
 *            HELD | AWAITED              held; a thread that waits has said so
 *            AWAITED                     free, and kept for others by the thread that offered it
 *
 * Each take makes it HELD, and a release makes it 0. A thread that takes the lock again and again,
 * to wake a long list say, offers it in between: edoi_lock_offer() lets AWAITED stand, and
 * edoi_lock_retake() stays away from the lock until another thread has had it. AWAITED may be lost:
 * a thread that still waits sets it again at its next look. */
#ifndef EDOI_BASE_LOCK_H
#define EDOI_BASE_LOCK_H

#include "base/assert.h"
#include "base/atomic.h"
#include "base/held.h"

#define EDOI_LOCK_HELD    1u
#define EDOI_LOCK_AWAITED 2u

/* What a thread that offers a lock again and again remembers of one such series. All zero at
 * first. */
typedef struct edoi_lock_offers {
    int64_t stay_ns;  /* how long it last stayed away for a thread that did not come at once */
    int64_t until_ns; /* when that ended */
} edoi_lock_offers;

/* The slow path of edoi_lock_acquire(). */
void edoi_lock_wait(edoi_lock *lock);

/* The slow path of edoi_lock_retake(). */
void edoi_lock_give_way(const edoi_lock *lock, edoi_lock_offers *offers);

EDOI_INLINE bool edoi_lock_try(edoi_lock *lock) {
    // SL1: pairs with SL2 and SL3. A swap is shorter than a compare-and-swap, and writing HELD over
    //     HELD is harmless.
    if (edoi_swap_acq_u32(&lock->word, EDOI_LOCK_HELD) & EDOI_LOCK_HELD) return false;
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
    return edoi_load_rlx_u32(&lock->word) & EDOI_LOCK_HELD; // relaxed: the caller is to hold it
#endif
}

/* Debug builds: is it NULL, or has it a word that no lock has, since nothing has initialised it? In
 * models never, where a look would be a step. */
EDOI_INLINE bool edoi_lock_is_unmade(const edoi_lock *lock) {
#if defined(EDO_DEBUG) && !defined(EDOI_MODEL)
    // relaxed: every value of a lock that was made will do
    return !lock || edoi_load_rlx_u32(&lock->word) > (EDOI_LOCK_HELD | EDOI_LOCK_AWAITED);
#else
    (void)lock;
    return false;
#endif
}

EDOI_INLINE void edoi_lock_release(edoi_lock *lock) {
    EDO_ASSERT(edoi_lock_is_held(lock));
    edoi_held_add(-1);
    edoi_store_rel_u32(&lock->word, 0); // SL2: pairs with SL1
}

/* Releases the lock, which this thread will take again by edoi_lock_retake(). */
EDOI_INLINE void edoi_lock_offer(edoi_lock *lock) {
    EDO_ASSERT(edoi_lock_is_held(lock));
    edoi_held_add(-1);
    (void)edoi_and_acqrel_u32(&lock->word, ~EDOI_LOCK_HELD); // SL3: pairs with SL1
}

/* Takes the lock that this thread has offered. If a thread waited for it then, that one or another
 * has had it since, or did not take it for a while. */
EDOI_INLINE void edoi_lock_retake(edoi_lock *lock, edoi_lock_offers *offers) {
    // relaxed: a hint
    if (EDOI_UNLIKELY(edoi_load_rlx_u32(&lock->word) == EDOI_LOCK_AWAITED))
        edoi_lock_give_way(lock, offers);
    edoi_lock_acquire(lock);
}

#endif
