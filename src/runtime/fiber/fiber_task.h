/* SPDX-License-Identifier: MIT */
/* runtime/fiber/fiber_task.h: the future that owns a stack. The scheduler does not poll it, but
 * switches to the fiber; the fiber's awaits switch back.
 *
 * While the fiber waits, its runner polls what it awaits on the worker's own stack and switches
 * only when that is ready or the await is cut short: a spurious wake costs no switch. The runner
 * also finishes the await, so that the switch lands in the caller of edo_await() with its answer:
 * neither side returns through a frame that the predictor of returns does not know. */
#ifndef EDOI_RUNTIME_FIBER_FIBER_TASK_H
#define EDOI_RUNTIME_FIBER_FIBER_TASK_H

#include "runtime/scope/ctx.h"
#include "runtime/task/task.h"

struct edoi_child;
struct edoi_worker;

#define EDOI_NOT_PARKED UINT32_MAX

/* What is unusual about a fiber. */
#define EDOI_FIBER_CHILD     1u  /* an edoi_child follows */
#define EDOI_FIBER_PLACED    2u  /* the spawn has set its home: spread.h */
#define EDOI_FIBER_MIGRATES  4u  /* it never has a home: any worker may run it after each wait */
#define EDOI_FIBER_MONITORED 8u  /* a record follows, behind an edoi_child too: monitor.h */
#define EDOI_FIBER_NO_STACK  16u /* has been refused its stack, and not begun since */
#define EDOI_FIBER_GUARDED   32u /* a guard follows, behind all else: guard.h */

typedef struct edoi_fiber_task {
    edo_future base;     /* `result`: before a switch to the fiber what its await returns */
    edo_task_fn *fn;     /* const */
    void *arg;           /* fn's */
    edoi_fiber_ctx *ctx; /* on its stack; NULL before the first run and after the end */
    union {
        edo_future *awaiting; /* before the end: while it waits; polled by the runner */
        edoi_trail *trail;    /* after the end: of its failure */
    };
    uint32_t stack_bytes; /* const; 0: the default */
    uint32_t
        parked_s; /* clock when it began to wait; EDOI_NOT_PARKED: it has nothing to give back */
    uint8_t kind; /* EDOI_FIBER_CHILD and its like; const, but for STARVED; 0 for most */
} edoi_fiber_task;

void edoi_fiber_task_init(edoi_fiber_task *self, edo_task_fn *fn, void *arg);

extern const edo_future_ops edoi_fiber_ops; /* no poll */

EDOI_INLINE bool edoi_is_fiber_task(const edo_future *f) {
    return f->ops == &edoi_fiber_ops;
}

/* Makes ready to switch to the fiber, with `base.result`: starts it, or finishes what it awaits.
 * False: it goes on waiting. */
EDO_MUST_USE bool edoi_fiber_task_begin(edoi_fiber_task *self, struct edoi_worker *w);

/* The fiber's function has returned: gives the stack back; the future is ready. */
void edoi_fiber_task_end(edoi_fiber_task *self, struct edoi_worker *w);

EDOI_INLINE edo_task *edoi_fiber_task_header(edoi_fiber_task *self) {
    return (edo_task *)(void *)((char *)self - sizeof(edo_task));
}

/* Whether an await of the fiber that runs may begin: no bracket forbids it and nothing cuts it
 * short.
 * False: edoi_fiber_await() deals with it. */
EDO_MUST_USE bool edoi_fiber_may_await(struct edoi_worker *w);

/* The await of a fiber: returns the result of `f`, or -ECANCELED; `f` is consumed. */
EDO_MUST_USE int edoi_fiber_await(struct edoi_worker *w, edo_future *f);

/* The deadline of `c`, the caller's, may have moved away. Its timer stays where it is, unless the
 * clock is paused, which must not jump to a time for which nobody waits. */
void edoi_fiber_deadline_moved(const edoi_ctx *c);

/* The same for any task of this thread's worker, when the clock stops. */
void edoi_fiber_clock_paused(edo_task *t);

/* The yield of a fiber. */
EDO_MUST_USE int edoi_fiber_yield(struct edoi_worker *w);

/* Where a task that has ended keeps its trail. */
EDOI_INLINE edoi_trail **edoi_task_trail(edo_task *t) {
    edo_future *f = edoi_task_future(t);
    return edoi_is_fiber_task(f) ? &((edoi_fiber_task *)(void *)f)->trail : &t->trail;
}

/* Frees what a task still holds when its last reference goes. */
void edoi_task_release(edo_task *t);

/* Moves the trail of a task that has ended to the calling fiber or thread. */
void edoi_task_move_trail(edo_task *t);

#endif
