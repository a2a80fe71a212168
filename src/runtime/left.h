/* SPDX-License-Identifier: MIT */
/* runtime/left.h: naming the tasks of a runtime that nobody could end. */
#ifndef EDOI_RUNTIME_LEFT_H
#define EDOI_RUNTIME_LEFT_H

#include <edo/runtime.h>

/* Names on standard error every task of `rt` that has not ended. Any thread, also while a worker is stuck
 * in a poll, which may go on at any moment: a task that ends meanwhile may be named or not. */
void edoi_left_name(edo_runtime *rt);

#endif
