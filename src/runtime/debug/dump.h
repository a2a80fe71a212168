/* SPDX-License-Identifier: MIT */
/* runtime/debug/dump.h: a dump of some tasks. */
#ifndef EDOI_RUNTIME_DEBUG_DUMP_H
#define EDOI_RUNTIME_DEBUG_DUMP_H

#include <edo/dump.h>
#include <edo/task.h>

/* As edo_dump_tasks(), of those of `tasks` alone that are alive; they may be gone. */
void edoi_dump_of(FILE *out, const edo_task *const *tasks, size_t n);

/* Calls `fn` for each idle task of each runtime whose clock runs: pinned (pin.h), so that its
 * future may be read. Takes the lock of registry.h. */
typedef void edoi_dump_idle_fn(void *arg, edo_task *t);
void edoi_dump_each_idle(edoi_dump_idle_fn *fn, void *arg);

#endif
