/* SPDX-License-Identifier: MIT */
/* edo/notify.h: wakes tasks without handing them a value.
 *
 *     edo_notify_one(&changed);             // after the change
 *
 *     while (!condition())                  // in the one task that waits for it
 *         if ((err = edo_notify_wait(&changed)) < 0) return err;
 *
 * edo_notify_one() with nobody waiting is remembered, once. edo_notify_all() is not: with several
 * waiters make the future first, then check, then await it, since it counts from its making:
 *
 *     edo_notify_wait_future f;
 *     edo_notify_wait_init(&f, &changed);
 *     (void)edo_notify_wait_enable(&f);     // for edo_notify_one() too
 *     if (!condition()) err = edo_await(&f.base);
 *     else edo_drop(&f.base); */
#ifndef EDO_NOTIFY_H
#define EDO_NOTIFY_H

#include <edo/future.h>

EDO_BEGIN_DECLS

/* You place it; it needs no cleanup, and must not move or end while somebody waits. Fields are
 * edo's. */
typedef struct edo_notify {
    edo_atomic_u32 state;  /* atomic; written under lock: the stored permit, calls of notify_all */
    edoi_lock lock;        /* a leaf */
    edo_wait_list waiters; /* lock: lock */
} edo_notify;

/* Static initialiser. */
#define EDO_NOTIFY_INIT                                                                            \
    { EDOI_ATOMIC_INIT(0), EDOI_LOCK_INIT, EDOI_WAIT_LIST_INIT }

/* Future behind edo_notify_wait(). */
typedef struct edo_notify_wait_future {
    edo_future base;
    edo_notify *notify; /* borrowed */
    edo_wait_node node; /* among the waiters while pending; lock: notify->lock */
} edo_notify_wait_future;

/**
 * A future that is ready (0) when it was notified.
 *
 * edo_notify_all() counts from this call on, edo_notify_one() and edo_notify_last() from the first
 * poll or edo_notify_wait_enable() on.
 *
 * Owns:    borrows `notify` until ready or dropped.
 * Cancel:  safe: a notification for one that this future was given goes on to another.
 * Threads: one at a time for the future; any for the notify.   Waits: to be notified.   Since: 0.1
 */
EDO_API edo_future *edo_notify_wait_init(edo_notify_wait_future *f, edo_notify *notify);

/**
 * Puts `f` among the waiters before its first poll; from now on it must not move.
 *
 * Returns true if `f` has been notified or took the stored notification: its next poll is ready,
 * and dropping it does not pass the notification on.
 *
 * Threads: one at a time for the future.   Waits: never.   Since: 0.1
 */
EDO_API bool edo_notify_wait_enable(edo_notify_wait_future *f);

/**
 * Waits to be notified.
 *
 * Owns:    borrows `notify` until return.
 * Errors:  -ECANCELED  this task was cancelled or a deadline around it passed
 * Cancel:  safe: a notification for one that was given to this call goes on to another.
 * Threads: any, at once.   Waits: to be notified.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_notify_wait(edo_notify *notify);

/**
 * Notifies the longest waiting; nobody waits: the next wait is ready at once. One is remembered.
 *
 * What happened before this call is seen by the one who is notified.
 *
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API void edo_notify_one(edo_notify *notify);

/**
 * Notifies the one who came last; nobody waits: as edo_notify_one().
 *
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API void edo_notify_last(edo_notify *notify);

/**
 * Notifies all futures that wait or were made and not yet polled. Remembers nothing, and leaves
 * alone what edo_notify_one() stored: a future that this call notified does not take it.
 *
 * Owns:    borrows `notify` until return.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API void edo_notify_all(edo_notify *notify);

EDO_END_DECLS

#endif
