/* SPDX-License-Identifier: MIT */
/* runtime/task/pin.h: keeping an idle task as it is while somebody looks at it.
 *
 * To hold a task is to claim it as a wake does, without waking it: it is busy, and nobody else
 * runs, ends or frees it; wakes are noted. Letting it go is the settling of a task that went
 * pending: it is idle again or, if it was woken meanwhile, it is queued. So no wake is lost and
 * none made up. */
#ifndef EDOI_RUNTIME_TASK_PIN_H
#define EDOI_RUNTIME_TASK_PIN_H

#include "runtime/task/task.h"

#include <edo/runtime.h>

/* Any thread, while the slot of `t` stays mapped. False: it is not idle. */
EDO_MUST_USE bool edoi_task_pin(edo_task *t);

/* Any thread; `rt`, the runtime of `t`, lives. */
void edoi_task_unpin(edo_runtime *rt, edo_task *t);

#endif
