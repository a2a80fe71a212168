/* SPDX-License-Identifier: MIT */
/* edo/mutex.h: a lock that may be held across awaits, given in order of arrival (but see below).
 *
 *     static edo_mutex lock = EDO_MUTEX_INIT;
 *
 *     int err = edo_mutex_lock(&lock);
 *     if (err < 0) return err;
 *     …awaits are fine here…
 *     edo_mutex_unlock(&lock);
 *
 * On a runtime with several workers, a task that waits on the worker that unlocks may pass those
 * that came earlier and wait on other workers, which saves the wake of another worker. The first in
 * line is passed for 1 ms at most, or for four holds of the lock if these take longer.
 *
 * The lock has no owner: the task that unlocks it need not be the one that locked it. It is not
 * recursive, and a task that fails while it holds the lock does not poison it. */
#ifndef EDO_MUTEX_H
#define EDO_MUTEX_H

#include <edo/future.h>

EDO_BEGIN_DECLS

/* You place it; it needs no cleanup, and must not move or end while somebody waits. Fields are
 * edo's. */
typedef struct edo_mutex {
    edo_atomic_u32 state;   /* atomic; its table is in the source */
    edoi_lock lock;         /* a leaf */
    edo_wait_list waiters;  /* lock: lock */
    edo_wait_passed passed; /* lock: lock */
} edo_mutex;

/* An unlocked mutex; so is one of zeroed memory. */
#define EDO_MUTEX_INIT                                                                             \
    { EDOI_ATOMIC_INIT(0), EDOI_LOCK_INIT, EDOI_WAIT_LIST_INIT, EDOI_WAIT_PASSED_INIT }

/* Future behind edo_mutex_lock(). */
typedef struct edo_mutex_lock_future {
    edo_future base;
    edo_mutex *mutex;   /* borrowed */
    edo_wait_node node; /* on mutex->waiters while pending; lock: mutex->lock */
} edo_mutex_lock_future;

/**
 * A future that is ready (0) when the caller holds `mutex`.
 *
 * While it is pending it may be given the lock: a future that is kept, but no longer polled, then
 * keeps the lock from everybody. Poll it or drop it.
 *
 * Owns:    borrows `mutex` until ready or dropped; once ready the caller holds it.
 * Cancel:  safe: a lock that was handed over goes on to the next. The place in line is lost.
 * Threads: one at a time for the future; any for the mutex.   Waits: until it is the turn.
 * Since:   0.1
 */
EDO_API edo_future *edo_mutex_lock_init(edo_mutex_lock_future *f, edo_mutex *mutex);

/**
 * Waits until the caller holds `mutex`, in order of arrival (but see above).
 *
 * Owns:    borrows `mutex`; the caller then holds it, see edo_mutex_unlock().
 * Errors:  -ECANCELED  this task was cancelled or a deadline around it passed; it does not hold it
 * Cancel:  safe: a lock that was handed over goes on to the next. The place in line is lost.
 * Threads: any, at once.   Waits: until it is the turn.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_mutex_lock(edo_mutex *mutex);

/**
 * Takes `mutex` if nobody holds it. It is never free while somebody waits for it.
 *
 * Errors:  -EAGAIN  somebody holds it
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_mutex_try_lock(edo_mutex *mutex);

/**
 * Gives `mutex` back: to the waiter whose turn it is, as said above, or to nobody.
 *
 * Only a holder may call it. A call for a mutex that somebody else holds cannot be seen, and lets
 * two in; a call while nobody holds it is misuse, named by debug builds and without effect else.
 * The mutex is not touched after the return of the next holder's lock, who may free it.
 *
 * Threads: any, not only the one that locked.   Waits: never.   Since: 0.1
 */
EDO_API void edo_mutex_unlock(edo_mutex *mutex);

EDO_END_DECLS

#endif
