/* SPDX-License-Identifier: MIT */
/* runtime/scope/deadline.h: deadlines inside of edo. */
#ifndef EDOI_RUNTIME_SCOPE_DEADLINE_H
#define EDOI_RUNTIME_SCOPE_DEADLINE_H

#include "runtime/task/fiber_ctx.h"
#include "runtime/task/fiber_task.h"

#include <edo/scope.h>

/* As edo_deadline_begin(), for a caller that has computed the end: at `at_ns`; `length_ns` is what
 * the trail says of it. */
void edoi_deadline_begin_at(edo_deadline *d, int64_t at_ns, int64_t length_ns);

/* A deadline has cut short the wait of `self`, which is suspended, for `f`: remembers where that
 * was, for edo_deadline_end(). `now_s`: the worker's clock. */
void edoi_fiber_cut_note(edoi_fiber_task *self, const edo_future *f, uint32_t now_s);

/* The deadline of `c`, the caller's, may have moved later. Its timer stays armed, except with a
 * paused clock, which must not jump to a time for which no task waits. */
void edoi_fiber_deadline_moved(const edoi_ctx *c);

/* As edoi_fiber_deadline_moved(), for any task of this thread's worker, when the clock is
 * paused. */
void edoi_fiber_clock_paused(edo_task *t);

#endif
