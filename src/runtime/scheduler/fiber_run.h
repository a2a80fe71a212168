/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/fiber_run.h: how a worker switches to a fiber, and the fiber's awaits back.
 *
 * While the fiber waits, its runner polls what it awaits on the worker's own stack and switches
 * only when the future is ready or the await is cut short: a spurious wake costs no switch. The
 * runner also finishes the await, so that the switch lands in the caller of edo_await() with the
 * result: neither side returns through a frame that the CPU's return predictor does not know. */
#ifndef EDOI_RUNTIME_SCHEDULER_FIBER_RUN_H
#define EDOI_RUNTIME_SCHEDULER_FIBER_RUN_H

#include "runtime/task/fiber_task.h"
#include "runtime/worker/here.h"

struct edoi_worker;

/* Prepares a switch to the fiber, with `base.result`: starts it, or finishes what it awaits. False:
 * the fiber keeps waiting. */
EDO_MUST_USE bool edoi_fiber_task_begin(edoi_fiber_task *self, struct edoi_worker *w);

/* The fiber's function has returned: releases the stack; the future is ready. */
void edoi_fiber_task_end(edoi_fiber_task *self, struct edoi_worker *w);

/* May the running fiber begin an await: no bracket forbids it and nothing cuts it short? If false,
 * edoi_fiber_await() handles it. */
EDO_MUST_USE bool edoi_fiber_may_await(struct edoi_worker *w);

/* Awaits `f` on a fiber: returns the result of `f`, or -ECANCELED; consumes `f`. */
EDO_MUST_USE int edoi_fiber_await(struct edoi_worker *w, edo_future *f);

/* edo_budget_consume() of a fiber. */
EDO_MUST_USE int edoi_fiber_consume(struct edoi_worker *w);

/* Yields a fiber. */
EDO_MUST_USE int edoi_fiber_yield(struct edoi_worker *w);

#endif
