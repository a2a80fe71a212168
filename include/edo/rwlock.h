/* SPDX-License-Identifier: MIT */
/* edo/rwlock.h: a lock for many readers or one writer, which may be held across awaits.
 *
 *     static edo_rwlock lock = EDO_RWLOCK_INIT;
 *
 *     int err = edo_rwlock_read(&lock);     // or edo_rwlock_write(&lock)
 *     if (err < 0) return err;
 *     …awaits are fine here…
 *     edo_rwlock_unlock(&lock);
 *
 * The lock is granted strictly in order of arrival: a reader that comes while a writer waits queues
 * behind that writer, even if readers hold the lock. So readers never starve a writer, and a writer
 * never starves readers.
 *
 * Therefore a task that holds the lock for reading must not take it for reading a second time: if a
 * writer has queued in between, the task waits for the writer and the writer for the task, for
 * ever. It must not take it for writing either: there is no upgrade. (edo/locks.h reports both.)
 *
 * The lock has no owner: the task that unlocks it need not be the one that locked it. A task that
 * fails while it holds the lock does not poison it.
 *
 * Where most holders write, or the lock is held for a moment only, an edo_mutex costs less.
 *
 * Unless a function says otherwise:
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_RWLOCK_H
#define EDO_RWLOCK_H

#include <edo/future.h>

EDO_BEGIN_DECLS

/* Most readers that hold one lock at a time; further readers wait. */
#define EDO_RWLOCK_READERS_MAX ((UINT32_C(1) << 29) - 1)

/* A read-write lock. You place it; it needs no cleanup, and must not move or end while anything
 * waits for it. Fields are edo's. */
typedef struct edo_rwlock {
    edoi_lock lock;        /* a leaf */
    uint32_t holders;      /* lock: lock; readers that hold it, or all bits set: a writer does */
    edo_wait_list waiters; /* lock: lock */
    uint32_t readers_max;  /* const; 0: EDO_RWLOCK_READERS_MAX */
    edo_atomic_u16 number; /* atomic, relaxed: where it was watched (edo/locks.h) */
} edo_rwlock;

/* A free lock; zeroed memory is one too. */
#define EDO_RWLOCK_INIT EDO_RWLOCK_INIT_MAX(0)

/* A free lock that at most `n` readers hold at a time, 1 to EDO_RWLOCK_READERS_MAX. */
#define EDO_RWLOCK_INIT_MAX(n)                                                                     \
    { EDOI_LOCK_INIT, 0, EDOI_WAIT_LIST_INIT, (n), EDOI_ATOMIC_INIT(0) }

/* Future behind edo_rwlock_read(). */
typedef struct edo_rwlock_read_future {
    edo_future base;
    edo_rwlock *rwlock; /* borrowed */
    edo_wait_node node; /* on rwlock->waiters while pending; lock: rwlock->lock */
} edo_rwlock_read_future;

/* Future behind edo_rwlock_write(). */
typedef edo_rwlock_read_future edo_rwlock_write_future;

/** Waits until the caller holds `rwlock` for reading, together with other readers.
 *
 * Deadlocks if the calling task holds the lock already and a writer waits for it. A pending future
 * may be given the lock. If it is kept but no longer polled it then holds the lock, and no writer
 * gets it: poll it or drop it.
 * Owns:    borrows `rwlock`; the caller then holds it, see edo_rwlock_unlock().
 * Errors:  -ECANCELED  this task was cancelled or a deadline around it passed; it does not hold the
 *                      lock
 *          -EDEADLK    nobody could end the wait; only after edo_locks_watch() with `fails`
 * Cancel:  safe: a lock that was handed over goes on to the next waiter. The place in line is lost.
 * Waits:   for a writer that holds the lock or came earlier. */
EDO_MUST_USE EDO_API int edo_rwlock_read(edo_rwlock *rwlock);
EDO_MUST_USE EDO_API edo_future *edo_rwlock_read_init(edo_rwlock_read_future *f,
                                                      edo_rwlock *rwlock);

/** Waits until the caller holds `rwlock` for writing, alone.
 *
 * Deadlocks if the calling task holds the lock already, for reading or writing. A pending future
 * may be given the lock. If it is kept but no longer polled it then holds the lock, and nobody else
 * gets it, reader or writer: poll it or drop it.
 * Owns:    borrows `rwlock`; the caller then holds it, see edo_rwlock_unlock().
 * Errors:  -ECANCELED  this task was cancelled or a deadline around it passed; it does not hold the
 *                      lock
 *          -EDEADLK    nobody could end the wait; only after edo_locks_watch() with `fails`
 * Cancel:  safe: a lock that was handed over goes on to the next waiter, and readers that waited
 *          behind this call join those that hold the lock. The place in line is lost.
 * Waits:   for all that hold the lock or came earlier. */
EDO_MUST_USE EDO_API int edo_rwlock_write(edo_rwlock *rwlock);
EDO_MUST_USE EDO_API edo_future *edo_rwlock_write_init(edo_rwlock_write_future *f,
                                                       edo_rwlock *rwlock);

/** Takes `rwlock` for reading unless a writer holds it or anything waits for it.
 * Errors:  -EAGAIN  not now */
EDO_MUST_USE EDO_API int edo_rwlock_try_read(edo_rwlock *rwlock);

/** Takes `rwlock` for writing if it is free.
 * Errors:  -EAGAIN  it is held */
EDO_MUST_USE EDO_API int edo_rwlock_try_write(edo_rwlock *rwlock);

/** Turns the caller's hold for writing into one for reading. No writer gets the lock in between,
 * and readers that wait at the head of the line join the caller.
 *
 * Only the task that holds the lock for writing may call it. A call while no task holds it for
 * writing is misuse: debug builds report it, release builds ignore it.
 * Threads: any, not only the one that locked. */
EDO_API void edo_rwlock_downgrade(edo_rwlock *rwlock);

/** Gives up one hold, for reading or writing, and hands the lock on: to the writer that is first in
 * line once no reader is left, or to all readers at the head of the line.
 *
 * Only a holder may call it. A call while other tasks hold the lock cannot be detected, and gives
 * up their hold. A call while it is free is misuse: debug builds report it, release builds ignore
 * it. Once edo_rwlock_write() has returned, no earlier unlock touches the lock any more: that
 * writer may free it, if no other task will use it.
 * Threads: any, not only the one that locked. */
EDO_API void edo_rwlock_unlock(edo_rwlock *rwlock);

/** As edo_mutex_given(): another task than the caller will give up the caller's hold.
 * Threads: any. */
EDO_API void edo_rwlock_given(edo_rwlock *rwlock);

EDO_END_DECLS

#endif
