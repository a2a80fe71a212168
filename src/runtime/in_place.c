/* SPDX-License-Identifier: MIT */
/* runtime/in_place.c: blocking in the middle of a poll, after all that others can run was given to them.
 *
 * What cannot go are the fibers that live here. Timers and sockets stay where they are: the siblings look
 * after them as behind any long poll (help.h).
 *
 * Meanwhile this thread is no worker, but one that has entered the runtime, as a blocking job's is: so
 * whom `fn` wakes or spawns goes to the injection list, and not behind `fn`. The watchdog sees that it
 * stands still on purpose.
 *
 * If all workers are in such calls nobody runs what is woken, and if `fn` awaits just that it waits for
 * ever. A spare worker would cost those who never block: it has a ring, a wheel and a driver that all others
 * have to look at, and what one worker shares with nobody it would have to share. So the watchdog names it.
 *
 * A state machine that a fiber awaits is first polled on the fiber's stack. There it is in a poll like any
 * other, and the fiber cannot await a job. */
#include "runtime/core.h"
#include "runtime/ctx.h"
#include "runtime/fiber_task.h"
#include "runtime/scheduler.h"
#include "runtime/steal.h"

#include <edo/blocking.h>

#include <errno.h>

static void give_all(edoi_worker *w) {
    edoi_scheduler_settle(w);
    edoi_steal_give_all(w);
    edoi_store_rlx_u64(&w->lookout.turned_ns, 0); // relaxed: the next look shall find a long poll
    (void)edoi_scheduler_call_one(w->runtime);
}

/* Begins a call, or ends it. */
static void count(edoi_worker *w) {
    // relaxed, no read-modify-write: only this thread writes it
    edoi_store_rlx_u32(&w->in_place, edoi_load_rlx_u32(&w->in_place) + 1);
}

/* `w` keeps the task that runs, and stands still. */
static int call_as_plain_thread(edoi_worker *w, edo_task_fn *fn, void *arg) {
    edoi_thread *t = edoi_thread_here();
    uint32_t no_await_n = t->ctx.no_await_n;
    t->ctx.no_await_n = 0; // nobody else runs on this thread, whatever `fn` awaits
    count(w);
    edoi_worker_set_here(NULL);
    t->in_place_of = w;
    t->entered = w->runtime; // no reference: it waits for our poll
    int result = fn(arg);
    t->entered = NULL;
    t->in_place_of = NULL;
    edoi_worker_set_here(w);
    count(w);
    t->ctx.no_await_n = no_await_n;
    return result;
}

int edo_block_in_place(edo_task_fn *fn, void *arg) {
    edoi_worker *w = edoi_worker_here();
    if (!w) return fn(arg);
    if (w->fiber && !w->fiber->ctx->ctx.polling) return edo_blocking(fn, arg);
    if (w->runtime->opts.flavor != EDO_RUNTIME_MULTI) return -ENOTSUP;
    if (w->shares) give_all(w);
    return call_as_plain_thread(w, fn, arg);
}
