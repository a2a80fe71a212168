/* SPDX-License-Identifier: MIT */
/* edo/notify.h: wakes tasks without handing them a value.
 *
 *     edo_notify_one(&changed);             // after the change
 *
 *     while (!condition())                  // in the one task that waits for it
 *         if ((err = edo_notify_wait(&changed)) < 0) return err;
 *
 * An edo_notify_one() without a waiter is stored, once. An edo_notify_all() is not: with several
 * waiters make the future first, then check the condition, then await the future, since
 * edo_notify_all() counts from the making of the future on:
 *
 *     edo_notify_wait_future f;
 *     edo_notify_wait_init(&f, &changed);
 *     (void)edo_notify_wait_enable(&f);     // for edo_notify_one() too
 *     if (!condition()) err = edo_await(&f.base);
 *     else edo_drop(&f.base);
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_NOTIFY_H
#define EDO_NOTIFY_H

#include <edo/future.h>

EDO_BEGIN_DECLS

/* A notify. You place it; it needs no cleanup, and must not move or end while anything waits for
 * it. Fields are edo's. */
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

/** Puts `f` among the waiters before its first poll; from now on it must not move.
 *
 * Returns true if `f` has been notified or took the stored notification: its next poll is then
 * ready, and dropping it does not pass the notification on.
 * Threads: one at a time for the future. */
EDO_API bool edo_notify_wait_enable(edo_notify_wait_future *f);

/** Waits for a notification. For a future an edo_notify_all() counts from edo_notify_wait_init()
 * on; edo_notify_one() and edo_notify_last() count from its first poll, or from
 * edo_notify_wait_enable(), on.
 * Errors:  -ECANCELED  this task was cancelled or a deadline around it passed
 * Cancel:  safe: a notification for one waiter that this call was given goes on to another.
 * Waits:   for a notification. */
EDO_MUST_USE EDO_API int edo_notify_wait(edo_notify *notify);
EDO_MUST_USE EDO_API edo_future *edo_notify_wait_init(edo_notify_wait_future *f,
                                                      edo_notify *notify);

/** Notifies the waiter that has waited longest. If there is none the notification is stored, and
 * the next wait is ready at once; at most one is stored.
 *
 * The notified waiter sees all memory writes made before this call. */
EDO_API void edo_notify_one(edo_notify *notify);

/** Notifies the waiter that came last; if there is none, as edo_notify_one(). */
EDO_API void edo_notify_last(edo_notify *notify);

/** Notifies all waiting futures, and those that were made but not yet polled. It stores nothing,
 * and leaves alone the notification that edo_notify_one() stored: a future that this call notified
 * does not take it. */
EDO_API void edo_notify_all(edo_notify *notify);

EDO_END_DECLS

#endif
