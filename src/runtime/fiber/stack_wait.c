/* SPDX-License-Identifier: MIT */
/* runtime/fiber/stack_wait.c: see stack_wait.h. */
#include "runtime/fiber/stack_wait.h"

#include "driver/clock.h"
#include "log/tell.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/task.h"
#include "runtime/task/task_queue.h"
#include "runtime/worker/core.h"
#include "runtime/worker/worker.h"

#define PAUSE_NS      INT64_C(10000000)
#define TELL_EVERY_NS INT64_C(1000000000) /* minimum interval, where memory comes and goes */

/* Reports once, until all waiting fibers have begun. */
static void worker_tell(edoi_worker *w, const edo_task *first, int64_t now_ns) {
    edoi_stack_wait *s = &w->stack_wait;
    if (s->is_told || now_ns - s->told_ns < TELL_EVERY_NS) return;
    edoi_tell("edo: no memory for the stack of %s: it waits for some, with %u others so far, "
              "at worker %u of "
              "runtime %s; fibers with a stack there: %u\n",
              first->site, (unsigned)(s->n - 1), (unsigned)w->index, w->runtime->opts.name,
              (unsigned)w->placement.fibers_n);
    s->is_told = true;
    s->told_ns = now_ns;
}

void edoi_stack_wait_add(edoi_worker *w, edo_task *t) {
    edoi_stack_wait *s = &w->stack_wait;
    edoi_fiber_task *fiber = (edoi_fiber_task *)(void *)edoi_task_future(t);
    edoi_task_queue *q = &s->tasks[edoi_stack_class(fiber->stack_bytes)];
    // here, in the worker's own lists, not in a ring
    edoi_store_rlx_u16(&t->home, (uint16_t)((w->index + 1) | HOME_NO_STACK));
    t->own = OWN_QUEUED;
    if (fiber->kind & EDOI_FIBER_NO_STACK) {
        edoi_task_queue_push_front(q, t);
    } else {
        fiber->kind |= EDOI_FIBER_NO_STACK;
        edoi_task_queue_push(q, t);
        s->n++;
    }
    s->listed_n++;
    if (edoi_stack_pool_wait(&w->stacks, fiber->stack_bytes)) s->until_ns = 0;
}

void edoi_stack_wait_look(edoi_worker *w) {
    edoi_stack_wait *s = &w->stack_wait;
    int64_t now_ns = edoi_clock_monotonic();
    uint32_t classes = edoi_stack_pool_take_told(&w->stacks);
    if (now_ns >= s->until_ns) {
        classes = UINT32_MAX;
        s->until_ns = edoi_time_after(now_ns, PAUSE_NS);
    }
    for (uint32_t at = 0; at < EDOI_STACK_CLASSES; at++) {
        if (!s->tasks[at].first) continue;
        worker_tell(w, s->tasks[at].first, now_ns);
        if (!(classes >> at & 1)) continue;
        edoi_task_queue_push(&w->run.queue, edoi_task_queue_pop(&s->tasks[at]));
        s->listed_n--;
    }
}

int64_t edoi_stack_wait_left_ns(const edoi_stack_wait *s, int64_t timeout_ns) {
    if (s->listed_n == 0) return timeout_ns;
    int64_t left_ns = s->until_ns - edoi_clock_monotonic();
    if (left_ns < 0) left_ns = 0;
    return timeout_ns < 0 || left_ns < timeout_ns ? left_ns : timeout_ns;
}
