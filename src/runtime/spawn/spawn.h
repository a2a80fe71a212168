/* SPDX-License-Identifier: MIT */
/* runtime/spawn/spawn.h: making tasks, for those who add something of their own. */
#ifndef EDOI_RUNTIME_SPAWN_SPAWN_H
#define EDOI_RUNTIME_SPAWN_SPAWN_H

#include "runtime/task/task.h"

#include <edo/runtime.h>

struct edoi_values;

/* Checks the options of a fiber. Errors: -EINVAL. */
EDO_MUST_USE int edoi_spawn_check(const edo_spawn_opts *opts);

/* The EDOI_FIBER_* bits for these options and values, which may be NULL. */
uint8_t edoi_spawn_kind(const edo_spawn_opts *opts, const struct edoi_values *values);

/* Makes a task for `future_bytes` of future in `rt`, not queued; NULL with `*err` set. Between this
 * and the queueing, a thread that does not drive holds the runtime's spawn.mutex. */
EDO_MUST_USE edo_task *edoi_spawn_prepare(edo_runtime *rt, size_t future_bytes, uint32_t refs,
                                          const char *site, int *err);
void edoi_spawn_queue(edo_runtime *rt, edo_task *t);

/* Debug builds note for a fresh task whether `arg` is a local of the fiber that runs here:
 * records/lent.h. */
void edoi_spawn_note_lent(edo_task *t, const void *arg);

/* As edoi_spawn_queue(), for a fiber that is to be placed: spread.h. */
void edoi_spawn_queue_spread(edo_runtime *rt, edo_task *t);

/* For a fresh future of edo_task_wait_init(): `w` is woken at the end of the task, before any poll.
 * False: the task has ended, and the future is still fresh. Only the task's first joiner may call
 * it; the task's result and trail are left to the poll. */
bool edoi_task_join_begin(edo_task_join_future *f, edo_waker *w);

/* Are spawns in `rt` noted by stacks/made.h? At first they are not. Any thread, while `rt`
 * lives. */
void edoi_spawn_see(edo_runtime *rt, bool are_seen);

#endif
