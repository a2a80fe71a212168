/* SPDX-License-Identifier: MIT */
/* edo/sem.h: a counting semaphore. It bounds how many tasks use a resource at once; permits are
 * granted in order of arrival (but see below).
 *
 *     static edo_sem slots = EDO_SEM_INIT(10);
 *
 *     int err = edo_sem_acquire(&slots, 1);
 *     if (err < 0) return err;
 *     …
 *     edo_sem_release(&slots, 1);
 *
 * On a runtime with several workers, a task that waits for one permit on the releasing worker may
 * overtake tasks that came earlier, wait for one permit, and wait on other workers: this saves the
 * wake of another worker. The first in line is overtaken for at most 1 ms, or for four releases if
 * these take longer. A request for several permits overtakes no other and is not overtaken.
 *
 * A permit has no owner: the task that releases it need not be the one that acquired it. Releasing
 * more permits than were acquired adds permits; never releasing some takes them away.
 *
 * Unless a function says otherwise:
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_SEM_H
#define EDO_SEM_H

#include <edo/bytes.h>
#include <edo/future.h>

EDO_BEGIN_DECLS

/* Permits of one semaphore; releasing beyond it is misuse, and the surplus vanishes. */
#define EDO_SEM_PERMITS_MAX ((UINT64_C(1) << 61) - 1)

/* A semaphore. You place it; it needs no cleanup, and must not move or end while anything waits for
 * it. Fields are edo's. */
typedef struct edo_sem {
    edo_atomic_u16 number;  /* first: EDOI_FUTURE_WAITS_PERMITS; atomic, relaxed: locks/permits.h */
    uint16_t closed;        /* lock: lock */
    edoi_lock lock;         /* a leaf */
    uint64_t free;          /* lock: lock; permits not set aside for a waiter */
    edo_wait_list waiters;  /* lock: lock */
    edo_wait_passed passed; /* lock: lock */
} edo_sem;

/* An open semaphore with `n` permits, EDO_SEM_PERMITS_MAX at most. */
#define EDO_SEM_INIT(n)                                                                            \
    { { 0 }, 0, EDOI_LOCK_INIT, (uint64_t)(n), EDOI_WAIT_LIST_INIT, EDOI_WAIT_PASSED_INIT }

/** Makes an open semaphore with `n` permits, EDO_SEM_PERMITS_MAX at most: EDO_SEM_INIT() for one
 * whose permits are known only when the program runs.
 * Owns: there is nothing to release.   Threads: one, before other threads use it. */
EDO_API void edo_sem_init(edo_sem *sem, uint64_t n);

/* Future behind edo_sem_acquire(). */
typedef struct edo_sem_acquire_future {
    edo_future base;
    edo_sem *sem;        /* borrowed */
    edo_wait_node node;  /* on sem->waiters while pending; lock: sem->lock */
    uint32_t want, have; /* lock: sem->lock while pending */
} edo_sem_acquire_future;

/** Waits until `n` permits are free and takes them all, in order of arrival (but see above).
 *
 * Permits that come free are set aside for the first in line until it has all that it wants. So
 * small requests do not starve a large one: they wait behind it.
 * Owns:    borrows `sem`; the caller then has `n` permits, see edo_sem_release().
 * Errors:  -EDO_ECLOSED  closed before or during the wait
 *          -ECANCELED    this task was cancelled or a deadline around it passed; nothing was taken
 * Cancel:  safe: permits already set aside go to the next waiter. The place in line is lost.
 * Waits:   for its turn. */
EDO_MUST_USE EDO_API int edo_sem_acquire(edo_sem *sem, uint32_t n);
EDO_MUST_USE EDO_API edo_future *edo_sem_acquire_init(edo_sem_acquire_future *f, edo_sem *sem,
                                                      uint32_t n);

/** Takes `n` permits if `n` are free, that is, not set aside for a waiter.
 * Errors:  -EAGAIN       fewer are free
 *          -EDO_ECLOSED  closed */
EDO_MUST_USE EDO_API int edo_sem_try_acquire(edo_sem *sem, uint32_t n);

/** Gives `n` permits back, or adds `n` new ones, also to a closed semaphore.
 *
 * More than EDO_SEM_PERMITS_MAX in all is misuse: debug builds report it; in release builds the
 * surplus vanishes.
 * Owns:    borrows `sem` until return: a waiter that it wakes frees the semaphore only if no release
 *          is in progress, see edo_mutex_unlock() for a lock whose next holder may free it. */
EDO_API void edo_sem_release(edo_sem *sem, uint64_t n);

/** Makes up to `n` free permits vanish, and returns how many vanished.
 *
 * (To make permits vanish that you have acquired, just do not release them.) */
EDO_API uint64_t edo_sem_forget(edo_sem *sem, uint64_t n);

/** Closes the semaphore: each waiting acquire, and every later one, returns -EDO_ECLOSED.
 *
 * Permits in use stay valid. Closing again does nothing.
 * Owns:    borrows `sem` until return, or until each acquire that it ended has returned or was
 *          dropped: the last one may free the semaphore. */
EDO_API void edo_sem_close(edo_sem *sem);

/** Returns whether edo_sem_close() was called. */
EDO_API bool edo_sem_is_closed(edo_sem *sem);

/** Returns how many permits are free now; the number may change at once if other threads use the
 * semaphore. */
EDO_API uint64_t edo_sem_available(edo_sem *sem);

/* ---- Permits of each key --------------------------------------------------------------------- */

/* How many of something each key may have at once: connections of an address (edo_addr_key()), jobs
 * of a user. How often something may happen: edo_keyed_limiter. */
typedef struct edo_keyed_sem edo_keyed_sem;

/* A permit in use. */
typedef struct edo_keyed_permit edo_keyed_permit;

/** Makes a table in which each key has `most` permits. A key takes memory while permits of it are
 * in use.
 * Owns: returns new: edo_keyed_sem_free().   Errors: -EINVAL  `most` is 0;  -ENOMEM
 * Threads: any; needs no runtime. */
EDO_MUST_USE EDO_API int edo_keyed_sem_new(edo_keyed_sem **out, uint32_t most);

/** Frees it, and all permits that are in use. NULL is allowed.
 * Threads: one, when no other uses it and nothing waits; debug builds report a task that does. */
EDO_API void edo_keyed_sem_free(edo_keyed_sem *k);

/** Takes a permit of `key`, any bytes, if one is free.
 * Owns:    returns new in `*permit`: edo_keyed_sem_release(). Copies `key`.
 * Errors: -EAGAIN  all are in use;  -ENOMEM   Threads: any, at once; needs no runtime. */
EDO_MUST_USE EDO_API int edo_keyed_sem_try_acquire(edo_keyed_sem *k, edo_keyed_permit **permit,
                                                   edo_str key);

/* Future behind edo_keyed_sem_acquire(). */
typedef struct edo_keyed_sem_acquire_future {
    edo_future base;
    edo_keyed_sem *sem;        /* borrowed */
    edo_keyed_permit **permit; /* written once, on success */
    edo_str key;               /* borrowed until the first poll */
    edo_keyed_permit *at;      /* of the key, from the first poll on */
    edo_wait_node node;        /* among the waiters of the key; lock: the table's */
} edo_keyed_sem_acquire_future;

/** Waits until a permit of `key`, any bytes, is free, and takes it; those that wait for one key are
 * served in order of arrival. Other keys are not waited for.
 * Owns:    returns new in `*permit`, on success only: edo_keyed_sem_release(). Copies `key`.
 * Errors:  -ENOMEM
 *          -ECANCELED  this task was cancelled or a deadline around it passed; nothing was taken
 * Cancel:  safe: a permit that was handed over goes to the next waiter. The place in line is lost.
 * Waits:   for its turn. */
EDO_MUST_USE EDO_API int edo_keyed_sem_acquire(edo_keyed_sem *k, edo_keyed_permit **permit,
                                               edo_str key);
EDO_MUST_USE EDO_API edo_future *edo_keyed_sem_acquire_init(edo_keyed_sem_acquire_future *f,
                                                            edo_keyed_sem *k,
                                                            edo_keyed_permit **permit, edo_str key);

/** Gives a permit back, on any thread: to the task that waits for one of its key for longest, if
 * one does. NULL is allowed.
 * Owns:    takes the permit. */
EDO_API void edo_keyed_sem_release(edo_keyed_sem *k, edo_keyed_permit *permit);

/** Returns of how many keys permits are in use; the number may change at once. */
EDO_API size_t edo_keyed_sem_len(edo_keyed_sem *k);

EDO_END_DECLS

#endif
