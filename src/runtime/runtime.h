/* SPDX-License-Identifier: MIT */
/* runtime/runtime.h: the life of a runtime, and which thread drives it. */
#ifndef EDOI_RUNTIME_RUNTIME_H
#define EDOI_RUNTIME_RUNTIME_H

#include "runtime/scheduler/core.h"
#include "runtime/scope/ctx.h"

/* The runtime that this thread is in, NULL if none. */
edo_runtime *edoi_runtime_here(void);

/* Awaits `f` on a plain thread: drives `rt` if no other thread does, otherwise parks. `rt` may be
 * NULL. */
EDO_MUST_USE int edoi_thread_await(edo_runtime *rt, edo_future *f);

/* Removes `rt` from the list of all runtimes. */
void edoi_runtime_strike(edo_runtime *rt);

/* Releases the id of a worker whose tasks have all ended. */
void edoi_worker_id_put(uint16_t id);

/* The head of the list of all runtimes; NULL: this process has none; runtimes of its parents do not
 * count. Use it inside edoi_registry_acquire(), so that no runtime in the list goes away. */
edo_runtime *edoi_runtime_newest(void);

/* True if no runtime is alive except those that left something behind or that edo_runtime_free()
 * has ended. */
bool edoi_runtime_none_lives(void);

/* Calls `fn` for every task, also for ended tasks that still have references. Driving thread. */
void edoi_runtime_each_task(edo_runtime *rt, edoi_task_slab_each_fn *fn, void *arg);

/* The number of tasks that have not ended; exact on the driving thread while no other thread
 * spawns. */
uint32_t edoi_runtime_tasks_alive(edo_runtime *rt);

/* Makes this the driving thread, with its parker (NULL: the runtime's spare one, so that driving
 * needs no memory). False: another thread drives, or fibers bind the runtime to another thread, or
 * a shutdown waits in edoi_drive_take_over() and drives next. With `bury`, for a shutdown, the last
 * two do not prevent it; `*bury` tells whether fibers bind the runtime elsewhere: then no task may
 * be run. */
EDO_MUST_USE bool edoi_drive_begin(edo_runtime *rt, edoi_parker *p, bool *bury);

/* Stops driving. If another thread waits in edoi_drive_take_over(), the tasks are ended first. */
void edoi_drive_end(edo_runtime *rt);

/* As edoi_drive_begin() for a shutdown that has closed the runtime to spawns, but waits until
 * `grace_ns` for the driving thread. That thread cancels all tasks and, when its await is over,
 * runs them until they have ended, at most until `until_ns`, and leaves. False: it did not leave.
 * Called inside the bracket of edoi_threads_begin_stop(). */
EDO_MUST_USE bool edoi_drive_take_over(edo_runtime *rt, bool *bury, int64_t until_ns,
                                       int64_t grace_ns);

/* A thread that wants to drive as soon as it may. lock: drive.c's */
typedef struct edoi_drive_waiter {
    struct edoi_drive_waiter *next, *prev;
    edoi_parker *parker;
} edoi_drive_waiter;

/* How long a turn of this thread's would wait, as edoi_scheduler_wait_ns(). False: the thread
 * neither drives nor may drive next. */
bool edoi_drive_wait_ns(const edo_runtime *rt, int64_t *left_ns);

/* The runtime is about to be freed. */
void edoi_drive_forget(edo_runtime *rt);

/* The thread of `p` ends: runtimes that fibers bind to it become free for other threads. */
void edoi_drive_thread_ended(edoi_parker *p);

/* Does this thread drive `rt`, with its worker set aside in edo_block_in_place()? */
bool edoi_drive_is_aside(const edo_runtime *rt);

/* The runtime's time for a thread that holds no worker: the runtime's clock while no thread drives,
 * or while this thread does (see above); otherwise the monotonic clock. */
int64_t edoi_drive_now(edo_runtime *rt);

/* Cancels the root if edo_main's signal handler asked for it. Driving thread. */
void edoi_runtime_look_at_signal(edo_runtime *rt);

/* Checks the options of a fiber. Errors: -EINVAL. */
EDO_MUST_USE int edoi_spawn_check(const edo_spawn_opts *opts);

/* The EDOI_FIBER_* bits for these options. */
uint8_t edoi_spawn_kind(const edo_spawn_opts *opts);

/* Makes a task for `future_bytes` of future in `rt`, not queued; NULL with `*err` set. Between this
 * and the queueing, a thread that does not drive holds the runtime's spawn_mutex. */
EDO_MUST_USE edo_task *edoi_spawn_prepare(edo_runtime *rt, size_t future_bytes, uint32_t refs,
                                          const char *site, int *err);
void edoi_spawn_queue(edo_runtime *rt, edo_task *t);

/* As edoi_spawn_queue(), for a fiber that is to be placed: spread.h. */
void edoi_spawn_queue_spread(edo_runtime *rt, edo_task *t);

#endif
