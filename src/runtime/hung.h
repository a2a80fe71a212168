/* SPDX-License-Identifier: MIT */
/* runtime/hung.h: the tasks of a runtime with a thread that does not end. */
#ifndef EDOI_RUNTIME_HUNG_H
#define EDOI_RUNTIME_HUNG_H

#include "runtime/scheduler/core.h"

/* Reports on standard error every task of `rt` that has not ended. Any thread, also while a worker
 * is stuck in a poll, which may return at any moment: a task that ends meanwhile may or may not be
 * named. */
void edoi_hung_name(edo_runtime *rt);

/* The worker runs no more tasks: moves the tasks in its own queues to where edoi_hung_pin() finds
 * them. On the worker's thread. */
void edoi_hung_give_out(edoi_worker *w);

/* Takes hold of the tasks of `rt` that no thread holds: waiting tasks, and tasks in a queue from
 * which any thread may take. Returns them, linked by `next`. Any thread, also while a worker is
 * stuck in a poll. The caller has a pin, and no other thread ends the runtime. Waits for wakes in
 * progress, for WAKE_GRACE_NS at most. Called inside edoi_registry_acquire(), so that no dump holds
 * one of the tasks. */
EDO_MUST_USE edo_task *edoi_hung_pin(edo_runtime *rt);

#endif
