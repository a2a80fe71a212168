/* SPDX-License-Identifier: MIT */
/* runtime/look/waits.h: looks at what idle tasks wait for. */
#ifndef EDOI_RUNTIME_LOOK_WAITS_H
#define EDOI_RUNTIME_LOOK_WAITS_H

#include "runtime/task/fiber_task.h"
#include "runtime/watch/open.h"

#include <edo/runtime.h>

/* Adds rows of the tasks of `rt` that wait. Called with the lock of registry.h held. */
void edoi_open_add_waits(edoi_open_table *to, edo_runtime *rt);

/* When the wait of a fiber has begun, within a tenth of a second; 0: `now_ns`, of the monotonic
 * clock, is negative, so it is not known. The caller holds the task. */
int64_t edoi_fiber_wait_since(const edoi_fiber_task *fiber, int64_t now_ns);

#endif
