/* SPDX-License-Identifier: MIT */
/* edo/compute.h: computing on all cores, beside the tasks.
 *
 *     static int sum(void *arg, void *acc, size_t from, size_t to);     // adds items to *acc
 *     static void add(void *arg, void *acc, const void *right);         // *acc += *right
 *
 *     double total = 0;
 *     err = edo_compute_reduce(&total, sizeof total, items_n, sum, add, items);
 *
 * One pool for the process, made at first use: a thread for each usable core (EDO_COMPUTE_THREADS
 * says another number). Its threads end with the last runtime, and the next use makes new ones. A
 * thread that is out of work takes some of another's, and one that waits for a half that was taken
 * works on meanwhile. So divide the work, and leave to the pool how far: it splits only where
 * somebody is there to take the other half.
 *
 * All of it may be called from any thread. A task awaits the end, its worker goes on with others;
 * inside the pool it is a call. What runs here should not block: for that there is
 * edo/blocking.h. */
#ifndef EDO_COMPUTE_H
#define EDO_COMPUTE_H

#include <edo/blocking.h>

EDO_BEGIN_DECLS

/* Future made by edo_compute_init(). You place it; it must not move once polled. Fields are
 * edo's. */
typedef edo_blocking_future edo_compute_future;

/**
 * Runs `fn(arg)` on a thread of the compute pool, waits for its end, and returns its result.
 *
 * Owns:    borrows `arg` until return; it may lie on the caller's stack.
 * Errors:  what `fn` returns. Not having run it:
 *          -ECANCELED  this task was cancelled while the job was queued
 *          -EAGAIN     the system gives no thread;  -ENOMEM
 * Cancel:  a queued job is withdrawn. One that has begun is waited for, and its result returned; it
 *          may ask edo_blocking_cancelled().
 * Threads: any, at once.   Waits: for a thread, and for `fn`.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_compute(edo_task_fn *fn, void *arg);

/**
 * A future that is ready with the result of `fn(arg)`.
 *
 * Owns:    takes `arg`, for `fn` or for the options' `drop`, of which exactly one is called,
 *          whatever happens: as edo_blocking_init(). `opts` may be NULL.
 * Errors:  of the result: as edo_compute()
 * Cancel:  safe. A queued job is withdrawn; one that has begun runs on, its result is thrown away.
 * Threads: one at a time.   Waits: for a thread, and for `fn`.   Since: 0.1
 */
EDO_API edo_future *edo_compute_init(edo_compute_future *f, edo_task_fn *fn, void *arg,
                                     const edo_blocking_opts *opts);

/**
 * Runs `a(a_arg)` and `b(b_arg)`, perhaps at once: `b` is run by this thread after `a`, unless
 * another has taken it by then. Both run, also if one fails.
 *
 * Owns:    borrows both arguments until return.
 * Errors:  the failure of `a`, else that of `b`, else 0; as edo_compute()
 * Cancel:  as edo_compute(): both are waited for.
 * Threads: any, at once.   Waits: for both.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_compute_join(edo_task_fn *a, void *a_arg, edo_task_fn *b, void *b_arg);

/* Works on the items from `from` to before `to`; several threads call it at once, for other
 * items. */
typedef int edo_compute_range_fn(void *arg, size_t from, size_t to);

/**
 * Calls `fn` for pieces of 0 to `n` that together are each item once, perhaps at once.
 *
 * Owns:    borrows `arg` until return.
 * Errors:  a failure of `fn`, the first in time: pieces that have not begun by then are left out.
 *          Else 0. -ECANCELED  this task was cancelled: likewise.  Else as edo_compute()
 * Cancel:  pieces that have begun are waited for.
 * Threads: any, at once.   Waits: for all pieces.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_compute_for(size_t n, edo_compute_range_fn *fn, void *arg);

/* Adds the items from `from` to before `to` to `*acc`. */
typedef int edo_compute_fold_fn(void *arg, void *acc, size_t from, size_t to);

/* Adds what `*right` has of later items to `*acc`. */
typedef void edo_compute_merge_fn(void *arg, void *acc, const void *right);

/**
 * Folds the items 0 to `n` into `*acc`, in pieces, perhaps at once, and merges neighbours in their
 * order.
 *
 * On entry `*acc` is the neutral value, of which each piece gets a copy of its own. How the items
 * are cut differs from call to call, so a sum of floating-point numbers may differ in its last
 * digits.
 *
 * Owns:    borrows `acc` and `arg` until return. After a failure `*acc` is neutral or a partial
 *          result; copies are forgotten, so what is copied must own nothing.
 * Errors:  as edo_compute_for()
 * Cancel:  pieces that have begun are waited for.
 * Threads: any, at once.   Waits: for all pieces.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_compute_reduce(void *acc, size_t acc_bytes, size_t n,
                                            edo_compute_fold_fn *fold, edo_compute_merge_fn *merge,
                                            void *arg);

/**
 * How many threads compute; starts them if nobody has yet. 0: the system gives none.
 *
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API uint32_t edo_compute_threads(void);

EDO_END_DECLS

#endif
