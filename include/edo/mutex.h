/* SPDX-License-Identifier: MIT */
/* edo/mutex.h: a lock that may be held across awaits, granted in order of arrival (but see below).
 *
 *     static edo_mutex lock = EDO_MUTEX_INIT;
 *
 *     int err = edo_mutex_lock(&lock);
 *     if (err < 0) return err;
 *     …awaits are fine here…
 *     edo_mutex_unlock(&lock);
 *
 * On a runtime with several workers, a task that waits on the worker that unlocks may overtake
 * tasks that came earlier and wait on other workers: this saves the wake of another worker. The
 * first in line is overtaken for at most 1 ms, or for four holds of the lock if these take longer.
 *
 * The lock has no owner: the task that unlocks it need not be the one that locked it. It is not
 * recursive, and a task that fails while it holds the lock does not poison it. A task that passes
 * the lock on to another one says so, with edo_mutex_given(), for those who watch (edo/locks.h).
 *
 * Unless a function says otherwise:
 * Since: 0.1 */
#ifndef EDO_MUTEX_H
#define EDO_MUTEX_H

#include <edo/bytes.h>
#include <edo/future.h>

EDO_BEGIN_DECLS

/* A mutex. You place it; it needs no cleanup, and must not move or end while anything waits for it.
 * Fields are edo's. */
typedef struct edo_mutex {
    edo_atomic_u32 state;   /* atomic; its table is in the source */
    edoi_lock lock;         /* a leaf */
    edo_wait_list waiters;  /* lock: lock */
    edo_wait_passed passed; /* lock: lock */
} edo_mutex;

/* An unlocked mutex; zeroed memory is one too. */
#define EDO_MUTEX_INIT                                                                             \
    { EDOI_ATOMIC_INIT(0), EDOI_LOCK_INIT, EDOI_WAIT_LIST_INIT, EDOI_WAIT_PASSED_INIT }

/* Future behind edo_mutex_lock(). */
typedef struct edo_mutex_lock_future {
    edo_future base;
    edo_mutex *mutex;   /* borrowed */
    edo_wait_node node; /* on mutex->waiters while pending; lock: mutex->lock */
} edo_mutex_lock_future;

/** Waits until the caller holds `mutex`, in order of arrival (but see above).
 *
 * A pending future may be given the lock. If it is kept but no longer polled it then holds the
 * lock, and no other waiter gets it: poll it or drop it.
 * Owns:    borrows `mutex`; the caller then holds it, see edo_mutex_unlock().
 * Errors:  -ECANCELED  this task was cancelled or a deadline around it passed; it does not hold the
 *                      mutex
 *          -EDEADLK    nobody could end the wait; only after edo_locks_watch() with `fails`
 * Cancel:  safe: a lock that was handed over goes on to the next waiter. The place in line is lost.
 * Threads: any, at once.   Waits: for its turn. */
EDO_MUST_USE EDO_API int edo_mutex_lock(edo_mutex *mutex);
EDO_MUST_USE EDO_API edo_future *edo_mutex_lock_init(edo_mutex_lock_future *f, edo_mutex *mutex);

/** Takes `mutex` if it is free. It is never free while anything waits for it.
 * Errors: -EAGAIN  it is held   Threads: any, at once.   Waits: never. */
EDO_MUST_USE EDO_API int edo_mutex_try_lock(edo_mutex *mutex);

/** Unlocks `mutex`: hands it to the waiter whose turn it is, as said above, or leaves it free.
 *
 * Only the holder may call it. A call while another task holds the mutex cannot be detected, and
 * lets two tasks in. A call while it is free is misuse: debug builds report it, release builds
 * ignore it. Once the next holder's lock call has returned the mutex is not touched any more: that
 * holder may free it.
 * Threads: any, not only the one that locked.   Waits: never. */
EDO_API void edo_mutex_unlock(edo_mutex *mutex);

/** Says that another task than the caller, which holds `mutex`, will unlock it: reports of
 * edo/locks.h then do not take the caller for its holder any more. Call it before the other task
 * can unlock.
 *
 * Not needed where the one that locked also unlocks. Without it a task that ends before the other
 * one unlocks is reported in debug builds, and cycles of waits through it may be.
 * Threads: any.   Waits: never. */
EDO_API void edo_mutex_given(edo_mutex *mutex);

/* ---- A lock for each key --------------------------------------------------------------------- */

/* A table of mutexes by key: an account, a file, the id of a user. A key takes memory while its
 * mutex is held or waited for.
 *
 *     edo_keyed_lock *lock;
 *     int err = edo_keyed_mutex_lock(accounts, &lock, id);
 *     if (err < 0) return err;
 *     …awaits are fine here…
 *     edo_keyed_mutex_unlock(accounts, lock);
 *
 * All that is said of an edo_mutex above holds for the mutex of a key, also what edo/locks.h
 * reports. How many at once for each key: edo_keyed_sem. */
typedef struct edo_keyed_mutex edo_keyed_mutex;

/* The mutex of a key, which is held. */
typedef struct edo_keyed_lock edo_keyed_lock;

/** Makes a table.
 * Owns: returns new: edo_keyed_mutex_free().   Errors: -ENOMEM
 * Threads: any.   Waits: never. */
EDO_MUST_USE EDO_API int edo_keyed_mutex_new(edo_keyed_mutex **out);

/** Frees it, and all locks that are held. NULL is allowed.
 * Threads: one, when no other uses it and nothing waits; debug builds report a task that does.
 * Waits:   never. */
EDO_API void edo_keyed_mutex_free(edo_keyed_mutex *k);

/* Future behind edo_keyed_mutex_lock(). */
typedef struct edo_keyed_mutex_lock_future {
    edo_mutex_lock_future lock; /* first: of the key's mutex, which it has from the first poll on */
    edo_keyed_mutex *keyed;     /* borrowed */
    edo_keyed_lock **out;       /* written once, on success */
    edo_str key;                /* borrowed until the first poll */
} edo_keyed_mutex_lock_future;

/** Waits until the caller holds the mutex of `key`, any bytes, in order of arrival (but see above).
 * Owns:    returns new in `*lock`, on success only: edo_keyed_mutex_unlock(). Copies `key`.
 * Errors:  -ENOMEM
 *          -ECANCELED  this task was cancelled or a deadline around it passed; it does not hold the
 *                      mutex
 *          -EDEADLK    nobody could end the wait; only after edo_locks_watch() with `fails`
 * Cancel:  safe: a lock that was handed over goes on to the next waiter. The place in line is lost.
 * Threads: any, at once.   Waits: for its turn. */
EDO_MUST_USE EDO_API int edo_keyed_mutex_lock(edo_keyed_mutex *k, edo_keyed_lock **lock,
                                              edo_str key);
EDO_MUST_USE EDO_API edo_future *edo_keyed_mutex_lock_init(edo_keyed_mutex_lock_future *f,
                                                           edo_keyed_mutex *k,
                                                           edo_keyed_lock **lock, edo_str key);

/** Takes the mutex of `key` if nobody holds it or waits for it.
 * Owns:    as edo_keyed_mutex_lock().
 * Errors: -EAGAIN  it is held;  -ENOMEM   Threads: any, at once.   Waits: never. */
EDO_MUST_USE EDO_API int edo_keyed_mutex_try_lock(edo_keyed_mutex *k, edo_keyed_lock **lock,
                                                  edo_str key);

/** Unlocks the mutex of a key: hands it to the waiter whose turn it is, or forgets the key. NULL is
 * allowed.
 * Owns:    takes the lock.   Threads: any, not only the one that locked.   Waits: never. */
EDO_API void edo_keyed_mutex_unlock(edo_keyed_mutex *k, edo_keyed_lock *lock);

/** As edo_mutex_given(): another task than the caller, which holds `lock`, will unlock it.
 * Threads: any.   Waits: never. */
EDO_API void edo_keyed_mutex_given(edo_keyed_mutex *k, edo_keyed_lock *lock);

/** Returns of how many keys the mutex is held or waited for; the number may change at once.
 * Threads: any, at once.   Waits: never. */
EDO_API size_t edo_keyed_mutex_len(edo_keyed_mutex *k);

EDO_END_DECLS

#endif
