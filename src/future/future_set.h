/* SPDX-License-Identifier: MIT */
/* future/future_set.h: sets of futures for the library's own use: the place of a future in a set
 * lies in memory that the caller has, and the future need not be polled before its first wake.
 *
 * Locks: a child's `own`, then the set's `lock`. */
#ifndef EDOI_FUTURE_FUTURE_SET_H
#define EDOI_FUTURE_FUTURE_SET_H

#include "base/lock.h"

#include <edo/future_set.h>

/* Where a set of the program enters: debug builds name one that is NULL or was not initialised. */
EDOI_INLINE void edoi_set_enters(const edo_future_set *set) {
    (void)EDO_MISUSE(edoi_lock_is_unmade(set ? &set->lock : NULL),
                     "an edo_future_set or edo_task_set is used that is NULL or no _init has made");
}

/* A future's place in a set; it is the waker that the future is polled with. The last reference
 * gives its memory back to the cache of small objects. */
typedef struct edoi_set_child {
    edo_waker base;      /* first */
    edo_atomic_u32 refs; /* atomic: FS1 */
    edoi_lock own;       /* taken before the set's */
    uint32_t bytes;      /* const; of the object that begins here, of edoi_set_child_init() */
    bool queued;         /* inv. 2. lock: set->lock */
    bool in_tree;        /* inv. 6. the set's owner only */
    bool polled;         /* its future was polled here. polling thread only */
    edo_future_set *set; /* NULL: the child has left. lock: own */
    edo_future *future;  /* const */
    struct edoi_set_child *next, *prev;             /* in the list of all. lock: set->lock */
    struct edoi_set_child *ready_next, *ready_prev; /* lock: set->lock */
} edoi_set_child;

/* Makes a child that is in no set; it has `refs` references: the set's, and one or more of the
 * caller, which are given back by edo_waker_unref() after the set's. It lies at the beginning of
 * `bytes` bytes of edoi_cache_get(). */
void edoi_set_child_init(edoi_set_child *c, edo_future *f, uint32_t bytes, uint32_t refs);

/* Tells whether a future that comes into a set is to be polled without a wake. */
typedef bool edoi_set_due_fn(void *arg, edo_future *f);

/* Puts `c` into the set, which takes one of its references. Calls `is_due(arg, f)` with the set's
 * lock held. NULL: the future is due, and nothing knows the waker yet. */
void edoi_set_add(edo_future_set *set, edoi_set_child *c, edoi_set_due_fn *is_due, void *arg);

/* Called for a child that has left its set; takes the set's reference. */
typedef void edoi_set_release_fn(edoi_set_child *c);

/* Takes all children that are in the set now out of it, and wakes a waiting next. */
void edoi_set_clear(edo_future_set *set, edoi_set_release_fn *release);

/* Walks the set and asserts its invariants. Called by the set's owner, with its lock held. */
void edoi_set_check(const edo_future_set *set);

/* Takes the set's lock, also of a set that a child of fork inherits; edoi_lock_release(). */
void edoi_set_acquire(edo_future_set *set);

/* Calls `visit(arg, f)` for each future in the set, with the set's lock held. */
void edoi_set_each(edo_future_set *set, void (*visit)(void *arg, edo_future *f), void *arg);

#endif
