/* SPDX-License-Identifier: MIT */
/* runtime/runtime.h: the life of a runtime, and who drives it. */
#ifndef EDOI_RUNTIME_RUNTIME_H
#define EDOI_RUNTIME_RUNTIME_H

#include "runtime/scheduler/core.h"
#include "runtime/scope/ctx.h"

/* The runtime this thread is in, NULL if none. */
edo_runtime *edoi_runtime_here(void);

/* Awaits `f` on a plain thread: drives `rt` if nobody else does, else parks. `rt` may be NULL. */
EDO_MUST_USE int edoi_thread_await(edo_runtime *rt, edo_future *f);

/* Takes `rt` out of the list of all runtimes. */
void edoi_runtime_strike(edo_runtime *rt);

/* Gives back the id of a worker whose tasks have all ended. */
void edoi_worker_id_put(uint16_t id);

/* The head of the list of all runtimes; NULL: this process has none; those of its parents do not
 * count. It may be used inside edoi_registry_acquire(), so that none of them goes. */
edo_runtime *edoi_runtime_newest(void);

/* Whether no runtime is alive but those that have left something behind, or that edo_runtime_free()
 * has ended. */
bool edoi_runtime_none_lives(void);

/* Calls `fn` for every task, those that have ended and are still referred to too. Driving
 * thread. */
void edoi_runtime_each_task(edo_runtime *rt, edoi_task_slab_each_fn *fn, void *arg);

/* Tasks that have not ended; exact on the driving thread while no other spawns. */
uint32_t edoi_runtime_tasks_alive(edo_runtime *rt);

/* Becomes the driving thread, with its parker (NULL: the runtime's spare one, so that driving needs
 * no memory); false: another drives, or fibers bind the runtime to another, or a shutdown waits in
 * edoi_drive_take_over(), and drives next. With `bury`, which is for a shutdown, the last two do
 * not matter, and whether fibers bind it is told there: nothing may be run then. */
EDO_MUST_USE bool edoi_drive_begin(edo_runtime *rt, edoi_parker *p, bool *bury);

/* Leaves. If another thread waits in edoi_drive_take_over() the tasks are ended before. */
void edoi_drive_end(edo_runtime *rt);

/* As edoi_drive_begin() for a shutdown that has closed the runtime to spawns, but waits until
 * `grace_ns` for the thread that drives. That one cancels all tasks, and when its await is over it
 * runs them until they have ended, at most until `until_ns`, and leaves. False: it did not leave.
 * Inside the bracket of edoi_threads_begin_stop(). */
EDO_MUST_USE bool edoi_drive_take_over(edo_runtime *rt, bool *bury, int64_t until_ns,
                                       int64_t grace_ns);

/* A thread that would drive as soon as it may. lock: drive.c's */
typedef struct edoi_drive_waiter {
    struct edoi_drive_waiter *next, *prev;
    edoi_parker *parker;
} edoi_drive_waiter;

/* The runtime's memory goes. */
void edoi_drive_forget(edo_runtime *rt);

/* The thread of `p` ends: runtimes that fibers bind to it are free for others. */
void edoi_drive_thread_ended(edoi_parker *p);

/* Whether this thread drives `rt`, and has put its worker aside in edo_block_in_place(). */
bool edoi_drive_is_aside(const edo_runtime *rt);

/* The time of a runtime for a thread that holds no worker: its own clock while nobody drives, or
 * while this thread does (see above), else the monotonic one. */
int64_t edoi_drive_now(edo_runtime *rt);

/* Cancels the root if edo_main's signal handler asked for it. Driving thread. */
void edoi_runtime_look_at_signal(edo_runtime *rt);

/* Whether the options of a fiber make sense. Errors: -EINVAL. */
EDO_MUST_USE int edoi_spawn_check(const edo_spawn_opts *opts);

/* What these options make of a fiber: EDOI_FIBER_MIGRATES and its like. */
uint8_t edoi_spawn_kind(const edo_spawn_opts *opts);

/* Makes a task for `future_bytes` of future in `rt`, not queued; NULL with `*err` set. */
/* Between the two, a thread that does not drive holds the runtime's spawn_mutex. */
EDO_MUST_USE edo_task *edoi_spawn_prepare(edo_runtime *rt, size_t future_bytes, uint32_t refs,
                                          const char *site, int *err);
void edoi_spawn_queue(edo_runtime *rt, edo_task *t);
/* The same for a fiber that is to be placed: spread.h. */
void edoi_spawn_queue_spread(edo_runtime *rt, edo_task *t);

#endif
