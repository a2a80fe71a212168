/* SPDX-License-Identifier: MIT */
/* edo/blocking.h: calls that block a thread, on threads of their own.
 *
 *     int n = edo_blocking(read_from_tape, &block); // the worker goes on with others meanwhile
 *
 * Each runtime has a pool of such threads. It grows when none is idle, up to `blocking_max` (512),
 * and a thread that was idle for `blocking_keep_alive` (10 s) ends. It is for calls that wait. What
 * computes belongs to edo/compute.h: there are as many threads as cores.
 *
 * A job that has begun cannot be stopped, only asked to: edo_blocking_cancelled(). Inside a job the
 * runtime is entered: it may spawn, send, and even await. */
#ifndef EDO_BLOCKING_H
#define EDO_BLOCKING_H

#include <edo/runtime.h>

EDO_BEGIN_DECLS

/* Options of one job; all zero is the default. */
typedef struct edo_blocking_opts {
    bool abandon;            /* edo_blocking_with() that is cancelled does not wait for a job that
                                has begun: the job runs on, and its result is thrown away */
    void (*drop)(void *arg); /* called once, on any thread, instead of the job if that never runs;
                                may be NULL */
    uint64_t reserved[2];    /* must be 0 */
} edo_blocking_opts;

struct edoi_job;

/* Future made by edo_blocking_init(). You place it; it must not move once polled. Fields are
 * edo's. */
typedef struct edo_blocking_future {
    edo_future base;
    edo_task_fn *fn;
    void *arg;
    void (*drop)(void *arg);
    struct edoi_job *job; /* NULL before the first poll and after the end */
} edo_blocking_future;

/**
 * Runs `fn(arg)` on a thread of the runtime's blocking pool, waits for its end, and returns its
 * result.
 *
 * On a thread that may block anyway (outside any runtime, or of the pool itself) `fn` runs right
 * there.
 *
 * Owns:    borrows `arg` until return; it may lie on the caller's stack.
 * Errors:  what `fn` returns. Not having run it:
 *          -ECANCELED       this task was cancelled while the job was queued
 *          -EAGAIN          the queue is at its bound, or the system gives no thread and the pool
 *          has none -EDO_ECLOSED     the runtime has shut down
 *          -ENOMEM; -EINVAL  options
 * Cancel:  a queued job is withdrawn. One that has begun is waited for, and its result returned:
 *          edo_blocking_cancelled() tells it. `abandon` does not wait.
 * Threads: any, at once.   Waits: for a thread, and for `fn`.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_blocking(edo_task_fn *fn, void *arg);

/**
 * Runs `fn(arg)` here and now, in the poll of a state machine, whoever awaits that, and returns its
 * result: for a call that blocks in the middle of code that cannot await. First this worker gives
 * all tasks that others can run to its siblings, who take over its timers and sockets too, within
 * some milliseconds; fibers that live here wait, and so does whatever else this task awaits. Inside
 * `fn` the runtime is entered, as in a job: it may spawn, wake and even await time, I/O and jobs;
 * other tasks too, but only as long as a worker is left to run them: with one worker, or if all are
 * in such calls, it waits for ever, and the watchdog says so. Otherwise that does not count its
 * time. In a fiber, outside such a poll, it is edo_blocking(). Where no task runs, on a plain
 * thread, it only calls `fn`; also in a poll of the root of edo_block_on(): awaits in `fn` work
 * there too, and drive the tasks of a current-thread runtime meanwhile. Prefer edo_blocking_init(),
 * which keeps no worker busy.
 *
 * Owns:    borrows `arg` until return.
 * Errors:  what `fn` returns; -ENOTSUP  in a task's state machine of a current-thread runtime, `fn`
 *          is not called; in a fiber those of edo_blocking()
 * Cancel:  none in a state machine: an abort, or a token that covers the task, is heard after `fn`,
 *          as in any poll, and ends no await in it. An `fn` that awaits for long gives itself a
 *          bracket: edo_cancel_begin() with the token, or edo_deadline_begin(). Else as
 *          edo_blocking().
 * Threads: any, at once.   Waits: for `fn`.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_block_in_place(edo_task_fn *fn, void *arg);

/**
 * As edo_blocking(), with options (NULL: all defaults).
 *
 * Owns:    as edo_blocking(). With `abandon`, or with `drop`: takes `arg`, for `fn` or
 *          for `drop`, of which exactly one is called, whatever happens.
 * Errors:  as edo_blocking(); -ECANCELED  also if a job that has begun was abandoned
 * Cancel:  as edo_blocking(), or safe with `abandon`.
 * Threads: any, at once.   Waits: for a thread, and for `fn`.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_blocking_with(edo_task_fn *fn, void *arg,
                                           const edo_blocking_opts *opts);

/**
 * A future that is ready with the result of `fn(arg)`, run by the pool of the runtime that polls.
 *
 * Owns:    takes `arg`, for `fn` or for the options' `drop`, of which exactly one is called,
 *          whatever happens: a dropped future leaves a job that has begun to itself, so `arg` must
 *          not belong to the task that awaits. `opts` may be NULL; `abandon` is not looked at.
 * Errors:  of the result: as edo_blocking(); -EDO_ENORUNTIME
 * Cancel:  safe. A queued job is withdrawn; one that has begun runs on, its result is thrown away.
 * Threads: one at a time.   Waits: for a thread, and for `fn`.   Since: 0.1
 */
EDO_API edo_future *edo_blocking_init(edo_blocking_future *f, edo_task_fn *fn, void *arg,
                                      const edo_blocking_opts *opts);

/**
 * Starts `fn(arg)` on the pool if a thread can begin with it now, and does not wait for its end.
 * The result is thrown away.
 *
 * Owns:    takes `arg` on success only.
 * Errors:  -EAGAIN          all threads are busy and there may be, or can be, no other
 *          -EDO_ENORUNTIME; -EDO_ECLOSED; -ENOMEM
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_blocking_start(edo_task_fn *fn, void *arg);

/**
 * For a job to ask now and then: nobody wants its result any more, since who waited was cancelled
 * or gave up, or the runtime shuts down. False outside a job.
 *
 * Threads: any.   Waits: never.   Since: 0.1
 */
EDO_API bool edo_blocking_cancelled(void);

/* Numbers of a blocking pool. */
typedef struct edo_blocking_stats {
    uint32_t threads;            /* alive; with those that end, or hang in a destructor of
                                    thread-specific data */
    uint32_t idle;               /* of them */
    uint32_t running;            /* jobs that have begun and not ended */
    uint32_t queue;              /* jobs that wait for a thread */
    uint64_t started;            /* jobs that have begun, ever */
    uint64_t refused;            /* jobs refused with -EAGAIN, ever */
    edo_duration queue_time;     /* that all started jobs together had waited for a thread */
    edo_duration queue_time_max; /* the longest */
} edo_blocking_stats;

/**
 * Reads the numbers of the runtime's blocking pool, all of one moment.
 *
 * Owns:    borrows `rt`; fills `*out`.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API void edo_blocking_get_stats(edo_runtime *rt, edo_blocking_stats *out);

EDO_END_DECLS

#endif
