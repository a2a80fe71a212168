/* SPDX-License-Identifier: MIT */
/* runtime/fiber/stack_wait.h: fresh fibers for whose stack there is no memory.
 *
 * A stack is taken when a fiber first runs, long after its spawn has returned success, and from
 * then on its function must run. So such a fiber cannot fail: it waits in a list of its worker. The
 * first one is tried again when a fiber has ended here, after a pause, and as soon as another one
 * has got its stack. The pause is real time even where the clock is paused: it is memory that is
 * waited for, not an event of the program. It is told on standard error, since what would give
 * memory back may itself wait for such a fiber.
 *
 * inv. 1: a task in the list is busy and OWN_QUEUED, as in the run queue: a wake of it does
 *         nothing. */
#ifndef EDOI_RUNTIME_FIBER_STACK_WAIT_H
#define EDOI_RUNTIME_FIBER_STACK_WAIT_H

#include "runtime/scheduler/task_queue.h"

struct edoi_worker;

typedef struct edoi_stack_wait {
    edoi_task_queue tasks;
    uint32_t n;        /* that were refused and have not begun: in `tasks`, or tried next */
    uint32_t fibers_n; /* the worker's, at the last look */
    bool is_told;      /* of those that wait now */
    int64_t until_ns;  /* the end of the pause, monotonic */
    int64_t told_ns;   /* when it was last told */
} edoi_stack_wait;

/* The worker's thread, between polls: `t`, which was just refused, waits. */
void edoi_stack_wait_add(struct edoi_worker *w, edo_task *t);

/* One that had waited has begun: the next one need not wait for the end of the pause. */
EDOI_INLINE void edoi_stack_wait_began(edoi_stack_wait *s) {
    if (--s->n == 0) s->is_told = false;
    s->until_ns = 0;
}

/* Queues those whose turn it is. The worker's thread, between polls, while there are some. */
void edoi_stack_wait_look(struct edoi_worker *w);

/* `timeout_ns` (negative: for ever), or how long the pause still lasts if that is shorter. */
int64_t edoi_stack_wait_left_ns(const edoi_stack_wait *s, int64_t timeout_ns);

#endif
