/* SPDX-License-Identifier: MIT */
/* runtime/left.h: the tasks of a runtime with a thread that does not end. */
#ifndef EDOI_RUNTIME_LEFT_H
#define EDOI_RUNTIME_LEFT_H

#include <edo/runtime.h>

/* Names on standard error every task of `rt` that has not ended. Any thread, also while a worker is stuck
 * in a poll, which may go on at any moment: a task that ends meanwhile may be named or not. */
void edoi_left_name(edo_runtime *rt);

/* Takes hold of the tasks of `rt` that no thread has: that wait, or lie in a queue from which any thread may
 * take. Returns them, linked by `next`. Any thread, also while a worker is stuck in a poll. Inside edoi_outside_enter(), so that
 * no dump holds one of them. */
EDO_MUST_USE edo_task *edoi_left_hold(edo_runtime *rt);

#endif
