/* SPDX-License-Identifier: MIT */
/* runtime/fiber/stack_wait.c: see stack_wait.h. */
#include "runtime/fiber/stack_wait.h"

#include "runtime/fiber/fiber_task.h"
#include "runtime/scheduler/core.h"

#include <stdio.h>

#define PAUSE_NS      INT64_C(10000000)
#define TELL_EVERY_NS INT64_C(1000000000) /* minimum interval, where memory comes and goes */

/* Reports once, until all waiting fibers have begun. */
static void tell(edoi_worker *w, int64_t now_ns) {
    edoi_stack_wait *s = &w->stack_wait;
    if (s->is_told || now_ns - s->told_ns < TELL_EVERY_NS) return;
    (void)fprintf(stderr,
                  "edo: no memory for the stack of %s: it waits for some, with %u others so far, "
                  "at worker %u of "
                  "runtime %s; fibers with a stack there: %u\n",
                  s->tasks.first->site, (unsigned)(s->n - 1), (unsigned)w->index,
                  w->runtime->opts.name, (unsigned)w->placement.fibers_n);
    s->is_told = true;
    s->told_ns = now_ns;
}

void edoi_stack_wait_add(edoi_worker *w, edo_task *t) {
    edoi_stack_wait *s = &w->stack_wait;
    t->own = OWN_QUEUED;
    edoi_task_queue_push(&s->tasks, t);
    edoi_stack_pool_wait(&w->stacks, ((edoi_fiber_task *)(void *)edoi_task_future(t))->stack_bytes);
    s->until_ns = edoi_time_after(edoi_clock_monotonic(), PAUSE_NS);
}

void edoi_stack_wait_look(edoi_worker *w) {
    edoi_stack_wait *s = &w->stack_wait;
    int64_t now_ns = edoi_clock_monotonic();
    tell(w, now_ns);
    bool told = edoi_stack_pool_take_told(&w->stacks);
    if (told || now_ns >= s->until_ns)
        edoi_task_queue_push(&w->run.queue, edoi_task_queue_pop(&s->tasks));
}

int64_t edoi_stack_wait_left_ns(const edoi_stack_wait *s, int64_t timeout_ns) {
    if (!s->tasks.first) return timeout_ns;
    int64_t left_ns = s->until_ns - edoi_clock_monotonic();
    if (left_ns < 0) left_ns = 0;
    return timeout_ns < 0 || left_ns < timeout_ns ? left_ns : timeout_ns;
}
