/* SPDX-License-Identifier: MIT */
/* runtime/hung.h: the tasks of a runtime with a thread that does not end. */
#ifndef EDOI_RUNTIME_HUNG_H
#define EDOI_RUNTIME_HUNG_H

#include "runtime/scheduler/core.h"

/* Names on standard error every task of `rt` that has not ended. Any thread, also while a worker is
 * stuck in a poll, which may go on at any moment: a task that ends meanwhile may be named or
 * not. */
void edoi_hung_name(edo_runtime *rt);

/* The worker runs no task any more: what lies in queues of its own goes where edoi_hung_pin()
 * finds it. On its thread. */
void edoi_hung_give_out(edoi_worker *w);

/* Takes hold of the tasks of `rt` that no thread has: that wait, or lie in a queue from which any
 * thread may take. Returns them, linked by `next`. Any thread, also while a worker is stuck in a
 * poll. The caller has a pin, and no other thread ends the runtime. A wake that is under way is
 * waited for, for WAKE_GRACE_NS at most. Inside edoi_registry_acquire(), so that no dump holds one
 * of them. */
EDO_MUST_USE edo_task *edoi_hung_pin(edo_runtime *rt);

#endif
