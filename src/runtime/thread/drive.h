/* SPDX-License-Identifier: MIT */
/* runtime/thread/drive.h: which thread drives a current-thread runtime, and how plain threads
 * await. */
#ifndef EDOI_RUNTIME_THREAD_DRIVE_H
#define EDOI_RUNTIME_THREAD_DRIVE_H

#include "runtime/scope/parker.h"

#include <edo/runtime.h>

/* edo_budget_consume() on a plain thread, which has no budget. */
EDO_MUST_USE int edoi_thread_consume(void);

/* Awaits `f` on a plain thread: drives `rt` if no other thread does, otherwise parks. `rt` may be
 * NULL. */
EDO_MUST_USE int edoi_thread_await(edo_runtime *rt, edo_future *f);

/* Makes this the driving thread, with its parker (NULL: the runtime's spare one, so that driving
 * needs no memory). False: another thread drives, or fibers bind the runtime to another thread, or
 * a shutdown waits in edoi_drive_take_over() and drives next, or this is a dedicated thread of
 * `rt`. With `is_bound`, for a shutdown, the second and third do not prevent it; `*is_bound` tells
 * whether fibers bind the runtime elsewhere: then no task may be run. */
EDO_MUST_USE bool edoi_drive_begin(edo_runtime *rt, edoi_parker *p, bool *is_bound);

/* Is `rt`, perhaps NULL, a runtime that such threads drive? It has a single worker: its clock may
 * be paused, and it can tell that no task can run. Errors: -EDO_ENORUNTIME, -EDO_EFORKED,
 * -ENOTSUP. */
EDO_MUST_USE int edoi_drive_check_single(const edo_runtime *rt);

/* Stops driving. If another thread waits in edoi_drive_take_over(), the tasks are ended first. */
void edoi_drive_end(edo_runtime *rt);

/* A foreign loop turns `rt` from now on. The thread that drives. */
void edoi_drive_host(edo_runtime *rt);

struct edoi_world;

/* `rt`, of which no task has run yet, belongs to that world. */
void edoi_drive_set_world(edo_runtime *rt, struct edoi_world *world);

/* As edoi_drive_begin() for a shutdown that has closed the runtime to spawns, but waits until
 * `grace_ns` for the driving thread. That thread cancels all tasks and, when its await is over,
 * runs them until they have ended, at most until `until_ns`, and leaves. False: it did not leave.
 * Called by the one thread that ends the runtime: shutdown.c. */
EDO_MUST_USE bool edoi_drive_take_over(edo_runtime *rt, bool *is_bound, int64_t until_ns,
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
 * or while this thread does (see above); otherwise, and for a dedicated thread of `rt`, the
 * monotonic clock. */
int64_t edoi_drive_now(edo_runtime *rt);

/* The wall clock for such a thread: by the runtime's clock, or, where the time is the monotonic
 * clock's, the machine's. */
edo_wall edoi_drive_wall(edo_runtime *rt);

#endif
