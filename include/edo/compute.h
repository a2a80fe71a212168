/* SPDX-License-Identifier: MIT */
/* edo/compute.h: computing on all cores, beside the tasks.
 *
 *     static int sum(void *arg, void *acc, size_t from, size_t to);     // adds items to *acc
 *     static void add(void *arg, void *acc, const void *right);         // *acc += *right
 *
 *     double total = 0;
 *     err = edo_compute_reduce(&total, sizeof total, items_n, sum, add, items);
 *
 * The process has one pool, made at first use, with a thread for each usable core (the environment
 * variable EDO_COMPUTE_THREADS sets another number). Its threads end with the last runtime, and the
 * next use makes new ones. A thread without work steals some from another, and a thread that waits
 * for a stolen half does other work meanwhile. So divide the work, and leave to the pool how far:
 * it splits only where a thread is free to take the other half.
 *
 * All functions may be called on any thread. In a task they await the end while the worker runs
 * other tasks; inside the pool they are plain calls. Functions that run in the pool should not
 * block: use edo/blocking.h for that.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Since: 0.1 */
#ifndef EDO_COMPUTE_H
#define EDO_COMPUTE_H

#include <edo/blocking.h>

EDO_BEGIN_DECLS

/* Future made by edo_compute_init(). */
typedef edo_blocking_future edo_compute_future;

/** Runs `fn(arg)` on a thread of the compute pool, waits for its end, and returns its result.
 * Owns:    borrows `arg` until return; it may lie on the caller's stack.
 * Errors:  the result of `fn`. If `fn` was not run:
 *          -ECANCELED  this task was cancelled while the job was queued
 *          -EAGAIN     no thread can be made;  -ENOMEM
 * Cancel:  a queued job is withdrawn. A job that has begun is awaited, and its result returned; it
 *          may ask edo_blocking_cancelled().
 * Waits:   for a thread, and for `fn`. */
EDO_MUST_USE EDO_API int edo_compute(edo_task_fn *fn, void *arg);

/** A future that is ready with the result of `fn(arg)`.
 * Owns:    takes `arg`; in every case exactly one of `fn` and the options' `drop` is called with
 *          it, as with edo_blocking_init(). `opts` may be NULL.
 * Errors:  of the result: as edo_compute()
 * Cancel:  safe. A queued job is withdrawn; a job that has begun runs on, its result is discarded.
 * Threads: one at a time.   Waits: for a thread, and for `fn`. */
EDO_MUST_USE EDO_API edo_future *edo_compute_init(edo_compute_future *f, edo_task_fn *fn, void *arg,
                                                  const edo_blocking_opts *opts);

/** Runs `a(a_arg)` and `b(b_arg)`, perhaps in parallel: this thread runs `a` and then `b`, unless
 * another thread has taken `b` by then. Both run, also if one fails.
 * Owns:    borrows both arguments until return.
 * Errors:  the failure of `a`, else that of `b`, else 0; as edo_compute()
 * Cancel: as edo_compute(): both are waited for.   Waits: for both. */
EDO_MUST_USE EDO_API int edo_compute_join(edo_task_fn *a, void *a_arg, edo_task_fn *b, void *b_arg);

/* Works on the items `from` to `to` - 1; several threads may call it at once, each for different
 * items. */
typedef int edo_compute_range_fn(void *arg, size_t from, size_t to);

/** Divides the items 0 to `n` - 1 into pieces and calls `fn` for each piece, perhaps in parallel.
 * Errors:  a failure of `fn`, the first in time: pieces that have not begun by then are left out
 *          -ECANCELED  this task was cancelled: pieces that have not begun are left out
 *          else as edo_compute()
 * Cancel: pieces that have begun are awaited.   Waits: for all pieces. */
EDO_MUST_USE EDO_API int edo_compute_for(size_t n, edo_compute_range_fn *fn, void *arg);

/* Adds the items `from` to `to` - 1 to `*acc`. */
typedef int edo_compute_fold_fn(void *arg, void *acc, size_t from, size_t to);

/* Adds `*right`, the result of the items that follow, to `*acc`. */
typedef void edo_compute_merge_fn(void *arg, void *acc, const void *right);

/** Folds the items 0 to `n` - 1 into `*acc`, in pieces, perhaps in parallel, and merges
 * neighbouring pieces in their order.
 *
 * On entry `*acc` is the neutral value; each piece gets a copy of it. How the items are divided
 * differs from call to call, so a sum of floating-point numbers may differ in its last digits.
 * Owns:    borrows `acc` and `arg` until return. After a failure `*acc` is neutral or a partial
 *          result. Copies are discarded without a call, so an accumulator must own nothing.
 * Errors: as edo_compute_for()   Cancel: pieces that have begun are awaited.
 * Waits:   for all pieces. */
EDO_MUST_USE EDO_API int edo_compute_reduce(void *acc, size_t acc_bytes, size_t n,
                                            edo_compute_fold_fn *fold, edo_compute_merge_fn *merge,
                                            void *arg);

/** Returns the number of compute threads, and starts them if they do not run yet. 0: no thread can
 * be made.
 * Waits:   never. */
EDO_API uint32_t edo_compute_threads(void);

EDO_END_DECLS

#endif
