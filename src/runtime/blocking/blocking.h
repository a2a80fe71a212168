/* SPDX-License-Identifier: MIT */
/* runtime/blocking/blocking.h: the threads for blocking calls of one runtime.
 *
 * The pool is shared by the runtime, its threads and its jobs, so it outlives a runtime whose
 * shutdown stopped waiting for a job. */
#ifndef EDOI_RUNTIME_BLOCKING_BLOCKING_H
#define EDOI_RUNTIME_BLOCKING_BLOCKING_H

#include <edo/blocking.h>
#include <edo/runtime.h>

typedef struct edoi_blocking edoi_blocking;
struct edoi_job;

/* The pool of `rt`, whose options are set; it has no threads yet. NULL without memory. */
EDO_MUST_USE edoi_blocking *edoi_blocking_new(edo_runtime *rt);
void edoi_blocking_ref(edoi_blocking *b);
void edoi_blocking_unref(edoi_blocking *b);

/* A future polled by the runtime's worker begins to wait for a job of any pool, or stops waiting;
 * the latter on any thread. */
void edoi_blocking_await_begin(edoi_blocking *b);
void edoi_blocking_await_end(edoi_blocking *b);

/* Does such a future wait for a job? Then a paused clock stands still. Exact on the driving thread.
 * Jobs of threads that do not drive do not count: their time is real, and the end of such a job
 * wakes only them. */
bool edoi_blocking_is_awaited(const edoi_blocking *b);

/* Is a job of this pool queued or running, or does such a future wait for one of any pool? Driving
 * thread. */
bool edoi_blocking_is_busy(edoi_blocking *b);

/* From now on jobs see that they are cancelled. */
void edoi_blocking_tell(edoi_blocking *b);

/* Refuses new and queued jobs, and waits until `until_ns` of the monotonic clock for running ones,
 * and at most a second longer for threads without a job. Returns how many jobs still run, or may
 * yet begin, and so may use the runtime. */
EDO_MUST_USE uint32_t edoi_blocking_stop(edoi_blocking *b, int64_t until_ns);

/* Before the first poll: jobs of one `key`, which is not 0, run one after the other on one thread,
 * as long as they come: for calls whose waits the kernel has begun already, so that they pass
 * together. A thread for each would cost more than the call. */
EDOI_INLINE void edoi_blocking_take_turns(edo_blocking_future *f, uint64_t key) {
    f->queue_key = key;
}

/* As edo_blocking(), but the job takes turns with those of its key. */
EDO_MUST_USE int edoi_blocking_in_turn(edo_task_fn *fn, void *arg, uint64_t key);

/* The pool whose job runs on this thread; NULL if none. */
edoi_blocking *edoi_blocking_here(void);

/* May the calling thread block? One that runs a job may, and one outside any runtime: as is one
 * that was in a runtime of the parent process, once this process has made a runtime. */
bool edoi_blocking_may_here(void);

/* The pool of the polling runtime; NULL without one. */
edoi_blocking *edoi_blocking_of(const edo_cx *cx);

#define EDOI_BLOCKING_NAMED_MAX 16u /* jobs that a report lists one by one */

/* Jobs that wait for a thread, of which none has begun for long. */
typedef struct edoi_blocking_halt {
    const char *runtime; /* its name, a literal */
    uint32_t queued_n, running_n, threads_max;
    int64_t for_ns;
    uint32_t named_n;
    edo_task_fn *fns[EDOI_BLOCKING_NAMED_MAX]; /* of running jobs */
} edoi_blocking_halt;

/* Does a job wait for a thread? Any thread, with the lock of all runtimes. */
bool edoi_blocking_has_queue(edoi_blocking *b);

/* Have jobs waited for `ns` in which none has begun? True once, until one begins. Any thread, with
 * the lock of all runtimes. */
bool edoi_blocking_halts(edoi_blocking *b, int64_t now_ns, int64_t ns, edoi_blocking_halt *out);

/* Does the pool belong to a world, which runs its jobs by edoi_blocking_run_next()? */
bool edoi_blocking_is_of_world(const edoi_blocking *b);

/* Queues a job of such a pool. It was not given to another one. */
void edoi_blocking_queue(struct edoi_job *j);

/* Runs the job of such a pool that has waited longest. False: none waits. */
bool edoi_blocking_run_next(edoi_blocking *b);

/* For tests: the next `n` attempts to make a thread fail. Process-wide. */
void edoi_blocking_fail_threads(uint32_t n);

#endif
