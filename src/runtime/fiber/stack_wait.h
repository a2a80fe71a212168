/* SPDX-License-Identifier: MIT */
/* runtime/fiber/stack_wait.h: fresh fibers for whose stack there is no memory.
 *
 * A stack is taken when a fiber first runs, long after its spawn has returned success, and from
 * then on its function must run. So such a fiber cannot fail: it waits in a list of its worker, and
 * the worker's pool in the line of all pools that need a stack (edoi_stack_pool_wait()). There is a
 * list for each size of stack, and fibers that first run while others wait for that size go to its
 * end. The first of a list is tried again when the pool is told of a stack; the first of each, once
 * when the pool has got in line, after a pause, since memory may come back in other ways, and as
 * soon as another waiting fiber has got its stack. The pause is in real time even if the clock is
 * paused: the fiber waits for memory, not for an event of the program. The wait is reported on
 * standard error, since the task that would free memory may itself wait for such a fiber.
 *
 * inv. 1: a task in a list is busy and OWN_QUEUED, as in the run queue: a wake has no effect. */
#ifndef EDOI_RUNTIME_FIBER_STACK_WAIT_H
#define EDOI_RUNTIME_FIBER_STACK_WAIT_H

#include "runtime/task/task.h"
#include "runtime/worker/here.h"
#include "runtime/worker/worker.h"

/* The worker's thread, between polls: adds `t`, a fiber that was just refused a stack; in front, if
 * it was so before. */
void edoi_stack_wait_add(edoi_worker *w, edo_task *t);

/* A fiber that had waited has begun: the next one need not wait for the end of the pause. */
EDOI_INLINE void edoi_stack_wait_began(edoi_stack_wait *s) {
    if (--s->n == 0) s->is_told = false;
    s->until_ns = 0;
}

/* Queues the fibers whose turn it is. The worker's thread, between polls, while there are some. */
void edoi_stack_wait_look(edoi_worker *w);

/* `timeout_ns` (negative: for ever), or the rest of the pause if that is shorter. */
int64_t edoi_stack_wait_left_ns(const edoi_stack_wait *s, int64_t timeout_ns);

#endif
