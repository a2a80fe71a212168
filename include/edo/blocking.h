/* SPDX-License-Identifier: MIT */
/* edo/blocking.h: calls that block a thread, on threads of their own.
 *
 *     int n = edo_blocking(read_from_tape, &block); // the worker runs other tasks meanwhile
 *
 * Each runtime has a pool of such threads. It grows when none is idle, up to `blocking_max` (512),
 * and a thread that was idle for `blocking_keep_alive` (10 s) ends. The pool is for calls that
 * wait. Computation belongs to the pool of edo/compute.h, which has one thread per core.
 *
 * A job that has begun cannot be stopped; it can ask edo_blocking_cancelled(). Inside a job the
 * runtime is entered: the job may spawn, send, and even await.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: for a thread, and for `fn`.   Since: 0.1 */
#ifndef EDO_BLOCKING_H
#define EDO_BLOCKING_H

#include <edo/runtime.h>

EDO_BEGIN_DECLS

/* Options of one job; all zero is the default. */
typedef struct edo_blocking_opts {
    bool abandon;            /* a cancelled edo_blocking_with() does not wait for a job that has
                                begun: the job runs on, and its result is discarded */
    void (*drop)(void *arg); /* if the job never runs: called once in its place, on any thread; may
                                be NULL */
    uint64_t reserved[2];    /* must be 0 */
} edo_blocking_opts;

struct edoi_job;

/* Future made by edo_blocking_init(). */
typedef struct edo_blocking_future {
    edo_future base;
    edo_task_fn *fn;
    void *arg;
    void (*drop)(void *arg);
    uint64_t queue_key;   /* jobs of one key, but 0, take turns on a thread */
    struct edoi_job *job; /* NULL before the first poll and after the end */
} edo_blocking_future;

/** Runs `fn(arg)` on a thread of the runtime's blocking pool, waits for its end, and returns its
 * result.
 *
 * On a thread that may block anyway (outside any runtime, or of the pool itself) `fn` runs on the
 * calling thread.
 * Owns:    borrows `arg` until return; it may lie on the caller's stack.
 * Errors:  the result of `fn`, with its trail. If `fn` was not run:
 *          -ECANCELED    this task was cancelled while the job was queued
 *          -EAGAIN       the queue is at its bound, or the pool has no thread and none can be made
 *          -EDO_ECLOSED  the runtime has shut down
 *          -ENOMEM; -EINVAL  options
 * Cancel:  a queued job is withdrawn. A job that has begun is awaited, and its result returned; it
 *          sees the cancellation by edo_blocking_cancelled(). With `abandon` it is not awaited.
 * Waits:   for a thread, and for `fn`. */
EDO_MUST_USE EDO_API int edo_blocking(edo_task_fn *fn, void *arg);

/** Runs `fn(arg)` on this thread, inside the poll of a state machine, and returns its result: for a
 * call that blocks in the middle of code that cannot await. Prefer edo_blocking_init(), which keeps
 * no worker busy.
 *
 * - While other tasks read files, a system call that blocks may end early in `fn`, as any may that
 *   a task makes itself: with EINTR, or with a part, though no signal has come
 *   (docs/design/uring.md).
 *
 * - In a state machine, also one that a fiber awaits: the worker first gives the tasks that other
 *   workers can run to its siblings, which also take over its timers and sockets within some
 *   milliseconds. Fibers that live on this worker wait, and so do other futures of this task.
 *   Inside `fn` the runtime is entered, as in a job: `fn` may spawn, wake, and await time, I/O and
 *   jobs. It may await other tasks only while a worker is left to run them: with one worker, or if
 *   all workers are in such calls, it waits for ever, and the watchdog, where it is on, reports
 *   that. Otherwise the watchdog does not count the time of `fn`.
 *
 * - In a fiber, outside such a poll: as edo_blocking().
 *
 * - On a plain thread that runs no task, also in a poll of the root of edo_block_on(): it only
 *   calls `fn`. Awaits in `fn` work, and drive the tasks of a current-thread runtime meanwhile.
 * Errors:  the result of `fn`; in a fiber those of edo_blocking()
 *          -ENOTSUP  in a state machine of a task of a current-thread runtime; `fn` is not called
 * Cancel:  none in a state machine: as in any poll, edo_task_cancel(), or a token that covers the
 *          task, takes effect after `fn`, and cuts no await in `fn` short. If `fn` awaits for a long time
 *          let it begin a block: edo_cancel_begin() with the token, or edo_deadline_begin().
 *          Otherwise as edo_blocking().
 * Waits:   for `fn`. */
EDO_MUST_USE EDO_API int edo_block_in_place(edo_task_fn *fn, void *arg);

/** As edo_blocking(), with options (NULL: all defaults).
 * Owns:    as edo_blocking(). With `abandon`, or with `drop`: takes `arg`; in every case
 *          exactly one of `fn` and `drop` is called with it.
 * Errors:  as edo_blocking(); -ECANCELED  also if a job that has begun was abandoned
 * Cancel:  as edo_blocking(), or safe with `abandon`. */
EDO_MUST_USE EDO_API int edo_blocking_with(edo_task_fn *fn, void *arg,
                                           const edo_blocking_opts *opts);

/** A future that is ready with the result of `fn(arg)`, run by the pool of the runtime that polls.
 * Owns:    takes `arg`; in every case exactly one of `fn` and the options' `drop` is called with
 *          it. When the future is dropped a job that has begun runs on, so `arg` must not belong to
 *          the task that awaits. `opts` may be NULL; `abandon` is ignored.
 * Errors:  of the result: as edo_blocking(); -EDO_ENORUNTIME
 * Cancel:  safe. A queued job is withdrawn; a job that has begun runs on, its result is discarded.
 * Threads: one at a time. */
EDO_MUST_USE EDO_API edo_future *edo_blocking_init(edo_blocking_future *f, edo_task_fn *fn,
                                                   void *arg, const edo_blocking_opts *opts);

/** Starts `fn(arg)` on the pool if a thread can begin it now, and does not wait for its end. The
 * result is discarded.
 * Owns:    takes `arg` on success only.
 * Errors:  -EAGAIN          all threads are busy, and no more are allowed or can be made
 *          -EDO_ENORUNTIME; -EDO_ECLOSED; -ENOMEM
 * Waits:   never. */
EDO_MUST_USE EDO_API int edo_blocking_start(edo_task_fn *fn, void *arg);

/** Returns whether the result of the running job is no longer wanted, because the waiting task was
 * cancelled or gave up, or the runtime shuts down. For a job to ask now and then. False outside a
 * job.
 * Threads: any.   Waits: never. */
EDO_API bool edo_blocking_cancelled(void);

/* Numbers of a blocking pool. */
typedef struct edo_blocking_stats {
    uint32_t threads;            /* alive, without those that are ending */
    uint32_t idle;               /* threads without a job */
    uint32_t running;            /* jobs that have begun and not ended */
    uint32_t queue;              /* jobs that wait for a thread */
    uint64_t started;            /* jobs that have begun, in total */
    uint64_t refused;            /* jobs refused with -EAGAIN, in total */
    edo_duration queue_time;     /* time that all started jobs together waited for a thread */
    edo_duration queue_time_max; /* longest time that one of them waited */
} edo_blocking_stats;

/** Reads the numbers of the runtime's blocking pool, all at one moment.
 * Owns: borrows `rt`; fills `*out`.   Waits: never. */
EDO_API void edo_blocking_get_stats(edo_runtime *rt, edo_blocking_stats *out);

EDO_END_DECLS

#endif
