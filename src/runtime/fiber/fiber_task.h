/* SPDX-License-Identifier: MIT */
/* runtime/fiber/fiber_task.h: the future that owns a stack. The scheduler does not poll it but
 * switches to the fiber; the fiber's awaits switch back.
 *
 * While the fiber waits, its runner polls what it awaits on the worker's own stack and switches
 * only when the future is ready or the await is cut short: a spurious wake costs no switch. The
 * runner also finishes the await, so that the switch lands in the caller of edo_await() with the
 * result: neither side returns through a frame that the CPU's return predictor does not know. */
#ifndef EDOI_RUNTIME_FIBER_FIBER_TASK_H
#define EDOI_RUNTIME_FIBER_FIBER_TASK_H

#include "runtime/scope/ctx.h"
#include "runtime/task/task.h"

struct edoi_child;
struct edoi_worker;

#define EDOI_NOT_PARKED UINT32_MAX

/* Flags of unusual fibers. */
#define EDOI_FIBER_CHILD     1u  /* an edoi_child follows */
#define EDOI_FIBER_PLACED    2u  /* the spawn has set its home: spread.h */
#define EDOI_FIBER_MIGRATES  4u  /* never has a home: any worker may run it after each wait */
#define EDOI_FIBER_MONITORED 8u  /* a record follows, after an edoi_child too: monitor.h */
#define EDOI_FIBER_NO_STACK  16u /* was refused a stack, and has not begun since */
#define EDOI_FIBER_GUARDED   32u /* a guard follows, after everything else: guard.h */

typedef struct edoi_fiber_task {
    edo_future base;     /* `result`: before a switch to the fiber, the result of its await */
    edo_task_fn *fn;     /* const */
    void *arg;           /* argument of `fn` */
    edoi_fiber_ctx *ctx; /* on its stack; NULL before the first run and after the end */
    union {
        edo_future *awaiting; /* before the end: while it waits; polled by the runner */
        edoi_trail *trail;    /* after the end: the failure's trail */
    };
    uint32_t stack_bytes; /* const; 0: the default */
    uint32_t parked_s; /* clock when it began to wait; EDOI_NOT_PARKED: has no pages to give back */
    uint8_t kind;      /* EDOI_FIBER_* bits; const except NO_STACK; 0 for most */
} edoi_fiber_task;

void edoi_fiber_task_init(edoi_fiber_task *self, edo_task_fn *fn, void *arg);

extern const edo_future_ops edoi_fiber_ops; /* no poll */

EDOI_INLINE bool edoi_is_fiber_task(const edo_future *f) {
    return f->ops == &edoi_fiber_ops;
}

/* Prepares a switch to the fiber, with `base.result`: starts it, or finishes what it awaits. False:
 * the fiber keeps waiting. */
EDO_MUST_USE bool edoi_fiber_task_begin(edoi_fiber_task *self, struct edoi_worker *w);

/* The fiber's function has returned: releases the stack; the future is ready. */
void edoi_fiber_task_end(edoi_fiber_task *self, struct edoi_worker *w);

EDOI_INLINE edo_task *edoi_fiber_task_header(edoi_fiber_task *self) {
    return (edo_task *)(void *)((char *)self - sizeof(edo_task));
}

/* May the running fiber begin an await: no bracket forbids it and nothing cuts it short? If false,
 * edoi_fiber_await() handles it. */
EDO_MUST_USE bool edoi_fiber_may_await(struct edoi_worker *w);

/* Awaits `f` on a fiber: returns the result of `f`, or -ECANCELED; consumes `f`. */
EDO_MUST_USE int edoi_fiber_await(struct edoi_worker *w, edo_future *f);

/* The deadline of `c`, the caller's, may have moved later. Its timer stays armed, except with a
 * paused clock, which must not jump to a time for which no task waits. */
void edoi_fiber_deadline_moved(const edoi_ctx *c);

/* As edoi_fiber_deadline_moved(), for any task of this thread's worker, when the clock is
 * paused. */
void edoi_fiber_clock_paused(edo_task *t);

/* Yields a fiber. */
EDO_MUST_USE int edoi_fiber_yield(struct edoi_worker *w);

/* Where an ended task keeps its trail. */
EDOI_INLINE edoi_trail **edoi_task_trail(edo_task *t) {
    edo_future *f = edoi_task_future(t);
    return edoi_is_fiber_task(f) ? &((edoi_fiber_task *)(void *)f)->trail : &t->trail;
}

/* Frees what a task still holds when its last reference is released. */
void edoi_task_release(edo_task *t);

/* Moves the trail of an ended task to the calling fiber or thread. */
void edoi_task_move_trail(edo_task *t);

#endif
