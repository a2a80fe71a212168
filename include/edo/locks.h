/* SPDX-License-Identifier: MIT */
/* edo/locks.h: deadlocks are reported when they close, by the tasks themselves. In debug builds
 * this is on; a release build does it after edo_locks_watch(), or with EDO_WATCH=locks in the
 * environment.
 *
 *     edo: deadlock: 2 tasks wait for each other
 *       withdraw waits for edo_mutex_lock of 0x404080, which deposit took at bank.c:22
 *       deposit waits for edo_mutex_lock of 0x404060, which withdraw took at bank.c:20
 *
 * The stacks of the tasks follow, on standard error. Nothing is stopped: the tasks wait on, and may
 * be cancelled.
 *
 * A deadlock is a cycle of tasks whose waits nothing else can end: for an edo_mutex, an edo_rwlock
 * or the value of an edo_once that another one holds or makes, for the end of a task
 * (edo_task_join()), for the children of a scope. A task that waits for a lock which it holds
 * itself is the shortest one. What is not reported: a cycle in which one of the waits has a
 * deadline or a token, also of a task that owns the scope which the waiter is a child of, is part
 * of a select, or is that of a child which is cancelled as soon as another one has won
 * (EDO_SCOPE_ANY, edo_race(), a hedged call), as something else ends it; and one through a state
 * machine or a plain thread, of whose waits edo does not know that. What is not foreseen: a limit
 * that such an owner begins after the task has begun to wait, and that somebody cancels one of the
 * tasks by its handle or its scope, or another child of the scope fails.
 *
 * Waits that last are reported too, by a thread that looks once a second, each once for a reason:
 * the holder has ended; the lock was given to a task that has not been polled for a second, as one
 * that keeps the future of a lock and awaits something else; the holder keeps it for longer than
 * `held`, and somebody waits for that long, also within a deadline. Of those that wait for one lock
 * the first in the line is named, and how many more there are; ten are named in a look. After
 * edo_locks_watch() with `held_alone` a task that holds a lock for longer over an await is reported
 * though nobody waits, with what it awaits: some locks are held for long by design, so edo does not
 * do it unasked.
 *
 * Two locks that are taken in both orders are reported before anybody waits, in debug builds, and
 * after edo_locks_watch() with `order`:
 *
 *     edo: lock order: two locks are taken in both orders; tasks that do so at once wait for each
 *     other for ever
 *       withdraw took 0x404060 at bank.c:20, and then 0x404080 at bank.c:22
 *       deposit took 0x404080 at bank.c:19, and then 0x404060 at bank.c:21
 *
 * That is so if one task has called edo_mutex_lock(), edo_rwlock_read() or edo_rwlock_write() for
 * the second lock while it had the first, another task the other way round, neither by a call that
 * ends by a limit set in between, not both for reading, and if no third lock was held by both. Each
 * pair of places in the program is reported once. What edo does not see is a semaphore that keeps
 * the two apart, or that they never run at the same time; and an object that gets another place in
 * the program's order while its lock stays what it was. For such a program there is `any_order`.
 *
 * Tasks that stand, probably, are reported after ten seconds in which none of them has gone on:
 * the same cycle, but through permits of an edo_sem, objects of an edo_pool, or a channel that is
 * full or empty. Such a wait counts if edo has seen who can end it. A semaphore counts while each
 * task has given back its own permits, and only with permits that were taken by edo_sem_acquire()
 * or edo_sem_try_acquire() at a place of the program from which a task has already given some
 * back, by a task that has not taken, and waits to take, more often than one that has given all
 * back. So does a pool, also one of edo/pg.h or edo/sqlite.h, of which the report has the name,
 * and which task has what since when. A wait in its line counts if it has no limit: with a
 * `wait_timeout` of EDO_FOREVER_NS. Others may end it once the pool's peer was full, or it was
 * made larger while tasks waited: then nothing is reported, nor where more than 32 objects, or
 * takings of permits, are in use at once. An end of a channel counts while it has one handle, and
 * one task has used that in two turns, with a wait in between; not if that task waits for the end
 * of tasks, or at the other end of the channel, as it may have passed the handle on. Where permits
 * or objects are given back by other tasks, several tasks use an end of a channel, or places of it
 * are reserved, nothing is reported.
 * When all workers have slept for ten seconds it is also looked, once, whether anything is left
 * that could wake a task: a timer, a descriptor or signal that edo watches, a job, a thread that is
 * not edo's. If nothing is, that is reported with a dump of all tasks.
 *
 * A lock belongs to the task that took it until it is unlocked. A program in which another task
 * unlocks it says so, by edo_mutex_given(), edo_keyed_mutex_given() or edo_rwlock_given(). A task
 * that ends with a lock that was not given is reported too, in debug builds: nobody gets that lock
 * any more. So unlock a lock before its memory is freed.
 *
 * Costs: a place in a table for each lock that is held, 4,096 at most and 32 for one lock; one for
 * each task that waits, 4,095 at most, of which 2,048 are for permits and channels, 1,024 for the
 * end of a task or scope, and 512 for locks within a limit. What finds no place is not known, so
 * a deadlock may stay unknown; none is invented. The first such wait is reported, and all are
 * counted. A semaphore of which more than 32 tasks have permits at once is not known from then on,
 * nor is one that is used while permits of 256 others are out.
 *
 * Unless a function says otherwise:
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_LOCKS_H
#define EDO_LOCKS_H

#include <edo/future.h>
#include <edo/time.h>

EDO_BEGIN_DECLS

/* How locks are watched. All zero: they are, and reports are all that happens. */
typedef struct edo_locks_opts {
    bool off;          /* they are not; what was noted is forgotten where it ends */
    bool fails;        /* the wait for a lock that closes a deadlock fails with -EDEADLK */
    bool order;        /* release builds report two locks that are taken in both orders, too */
    bool any_order;    /* debug builds do not */
    edo_duration held; /* a lock that others wait for is held for longer: reported; 0: 10 s */
    edo_duration held_alone; /* the same of one that nobody waits for; 0: for ever */
    uint64_t reserved[3];    /* 0 */
} edo_locks_opts;

/** Watches the locks of the process from now on, or no longer. Locks that are held already are not
 * known: call it before they are used, at the beginning of main(), or in edo_main()'s function.
 * EDO_WATCH does not change what the program has asked for.
 *
 * With `fails` a program or its tests can go on: the call that would have waited for ever returns
 * -EDEADLK, from edo_mutex_lock(), edo_keyed_mutex_lock(), edo_rwlock_read(), edo_rwlock_write() or
 * edo_once_get_or_load(). If the tasks are on several workers, that may be found a second later,
 * and the call that has begun last returns. A cycle that a join or the end of a scope closes stays.
 * Owns:    borrows `opts`; NULL is all zero.
 * Errors:  -EINVAL  a reserved field is not 0, or a duration is negative */
EDO_MUST_USE EDO_API int edo_locks_watch(const edo_locks_opts *opts);

/* What was found since the program began. */
typedef struct edo_locks_stats {
    uint64_t deadlocks; /* cycles of waits that have closed */
    uint64_t abandoned; /* locks whose task has ended */
    uint64_t lasting;   /* reports of waits that last */
    uint64_t standing;  /* cycles of tasks that stand, probably; times that all wait, or that no
                           blocking call begins though some wait for a thread */
    uint64_t turned;    /* reports of two locks that are taken in both orders */
    uint64_t unnoted;   /* waits without a limit that have found no place in the table */
    uint64_t reserved[2];
} edo_locks_stats;

/** Fills in `*s`. */
EDO_API void edo_locks_get_stats(edo_locks_stats *s);

EDO_END_DECLS

#endif
