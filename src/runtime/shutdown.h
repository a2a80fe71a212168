/* SPDX-License-Identifier: MIT */
/* runtime/shutdown.h: parts of edo_runtime_shutdown() that others need. */
#ifndef EDOI_RUNTIME_SHUTDOWN_H
#define EDOI_RUNTIME_SHUTDOWN_H

#include "runtime/core.h"

/* Cancels one task, for walks over a slab. No lock of edo is held. */
void edoi_shutdown_cancel_one(void *arg, edo_task *t);

/* `within` from `now_ns`; negative: never. */
int64_t edoi_shutdown_bound_ns(int64_t now_ns, edo_duration within);

/* Cancels the tasks of a current-thread runtime and runs each once more on this thread, if it may
 * drive; those that do not end are abandoned. Does not wait. */
void edoi_shutdown_here(edo_runtime *rt);

#endif
