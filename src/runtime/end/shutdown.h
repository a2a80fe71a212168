/* SPDX-License-Identifier: MIT */
/* runtime/end/shutdown.h: parts of edo_runtime_shutdown() that lifetime.c, threads.c, drive.c
 * and main.c use. */
#ifndef EDOI_RUNTIME_END_SHUTDOWN_H
#define EDOI_RUNTIME_END_SHUTDOWN_H

#include "runtime/task/task.h"

#include <edo/runtime.h>

/* Cancels one task, for walks over a slab. No lock of edo is held. */
void edoi_shutdown_cancel_one(void *arg, edo_task *t);

/* Cancels all tasks. Driving thread, of a runtime in which no other thread spawns any more. */
void edoi_shutdown_cancel(edo_runtime *rt);

/* Runs the remaining tasks until they have ended, at least once, or until `until_ns` of the
 * monotonic clock, or as much later on a paused clock. Driving thread. */
void edoi_shutdown_run_out(edo_runtime *rt, int64_t until_ns);

/* The bound of `rt`: its option, or what the functions below, and edo_runtime_extend_shutdown(),
 * have made of that. Any thread. */
edo_duration edoi_shutdown_limit(const edo_runtime *rt);

/* As edo_runtime_extend_shutdown(), for what begins when all has ended that has extended the bound
 * by that: it is at least so much longer. `rt` may be NULL. Any thread. */
EDO_API void edoi_shutdown_extend_behind(edo_runtime *rt, edo_duration more);

/* As edo_runtime_extend_shutdown(), by one who bounds the ends of all others: their calls of that,
 * the earlier ones, too, make it no longer. Any thread. */
EDO_API void edoi_shutdown_own(edo_runtime *rt, edo_duration within);

/* The instant `within` after `now_ns`; negative `within`: never. */
int64_t edoi_shutdown_bound_ns(int64_t now_ns, edo_duration within);

/* May this thread wait for the end of `rt`? Not in a task of any runtime, nor in a job or thread of
 * `rt`. */
bool edoi_shutdown_may_here(const edo_runtime *rt);

/* edo_runtime_shutdown(). If another thread shuts `rt` down, waits for it until `others_until_ns`
 * of the monotonic clock; then -EBUSY. If another thread drives `rt`, waits for it within the
 * bound; but if `others_until_ns` is 0: -EBUSY. */
EDO_MUST_USE int edoi_shutdown(edo_runtime *rt, edo_duration within, int64_t others_until_ns);

/* The limit for a poll that runs at the bound `until_ns`: a second later, or a second from now if
 * that has passed. */
int64_t edoi_shutdown_grace_ns(int64_t until_ns);

/* The last thread of a runtime that was left behind has ended: abandons the tasks that have not. On
 * that thread. */
void edoi_shutdown_abandon_left(edo_runtime *rt);

#endif
