/* SPDX-License-Identifier: MIT */
/* runtime/worker/pin.h: keeps an idle task unchanged while another thread reads it.
 *
 * Pinning claims a task as a wake does, without waking it: the task is busy, no other thread runs,
 * ends or frees it, and wakes are recorded. Unpinning settles it like a task that went pending: it
 * is idle again or, if woken meanwhile, queued. So no wake is lost or invented. */
#ifndef EDOI_RUNTIME_WORKER_PIN_H
#define EDOI_RUNTIME_WORKER_PIN_H

#include "runtime/task/task.h"

#include <edo/runtime.h>

/* Any thread, while the slot of `t` stays mapped. False: `t` is not idle. */
EDO_MUST_USE bool edoi_task_pin(edo_task *t);

/* Any thread, while `rt`, the runtime of `t`, lives. */
void edoi_task_unpin(edo_runtime *rt, edo_task *t);

#endif
