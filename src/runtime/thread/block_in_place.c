/* SPDX-License-Identifier: MIT */
/* runtime/thread/block_in_place.c: blocking inside a poll, after giving away the tasks that other
 * workers can run.
 *
 * Fibers whose home is this worker cannot be given away. Timers and sockets stay here: sibling
 * workers serve them, as during any long poll (assist.h).
 *
 * Meanwhile this thread is no worker but a thread that has entered the runtime, like that of a
 * blocking job: so tasks that `fn` wakes or spawns go to the injection list instead of waiting for
 * `fn`. The watchdog can see that the worker blocks on purpose.
 *
 * If all workers are in such calls, no thread runs woken tasks; an `fn` that awaits one of them
 * then waits for ever. A spare worker would cost programs that never block: all others would have
 * to check its ring, wheel and driver, and a runtime with one worker would have to share what it
 * now does not. So the watchdog reports the case instead.
 *
 * A cancellation of the task does not cut awaits of `fn` short: the task is in a poll, and a state
 * machine is cancelled by its drop, after the poll. The cancellation wakes no thread either, since
 * a running task checks its word after the poll; to end a sleep of this thread it would need the
 * thread's parker, at a cost for each cancellation. Brackets begun in `fn` do work: they are this
 * thread's.
 *
 * In the root of edo_block_on() no task need be held up: on a plain thread beside the workers `fn`
 * is simply called, and a thread that drives a current-thread runtime continues to drive while `fn`
 * awaits (drive.c).
 *
 * A state machine that a fiber awaits is first polled on the fiber's stack. That is a poll like any
 * other, in which the fiber cannot await a job. */
#include "driver/driver.h"
#include "runtime/scope/ctx.h"
#include "runtime/scope/parker.h"
#include "runtime/scope/values.h"
#include "runtime/task/fiber_task.h"
#include "runtime/thread/thread_driver.h"
#include "runtime/worker/core.h"
#include "runtime/worker/here.h"
#include "runtime/worker/idle.h"
#include "runtime/worker/run_queue_ops.h"
#include "runtime/worker/wake.h"
#include "runtime/worker/worker.h"

#include <edo/blocking.h>

#include <errno.h>

static void worker_give_all(edoi_worker *w) {
    edoi_run_queue_give_all(w);
    edoi_store_rlx_u64(&w->lookout.turned_ns, 0); // relaxed: the next check shall find a long poll
    edoi_idle_show(&w->runtime->idle);
    (void)edoi_scheduler_call_one(w->runtime);
}

/* Counts the beginning or end of a call. */
static void worker_count(edoi_worker *w) {
    // relaxed, no read-modify-write: only this thread writes it
    edoi_store_rlx_u32(&w->shown_thread.in_place, edoi_load_rlx_u32(&w->shown_thread.in_place) + 1);
}

/* State that the surrounding poll has set on this thread, saved during the call. */
typedef struct aside {
    edo_runtime *entered;
    struct edoi_worker *in_place_of;
    const edo_cx *cx;
    edo_context_block *values;
    uint32_t no_await_n;
    bool polling;
} aside;

/* From here on `fn` may await anything: no other task runs on this thread. `fn` has the values of
 * the poll. */
static aside begin_aside(edoi_thread *t) {
    aside outer = {
        t->entered, t->in_place_of, t->cx, t->values, t->ctx.no_await_n, t->ctx.polling
    };
    t->values = edoi_values_here();
    t->cx = NULL;
    t->ctx.no_await_n = 0;
    t->ctx.polling = false;
    return outer;
}

static void end_aside(edoi_thread *t, const aside *outer) {
    t->entered = outer->entered;
    t->in_place_of = outer->in_place_of;
    t->cx = outer->cx;
    t->values = outer->values;
    t->ctx.no_await_n = outer->no_await_n;
    t->ctx.polling = outer->polling;
}

/* `w` blocks in the poll of a task, which it keeps, or of the root for which its thread drives. */
static int call_beside_worker(edoi_worker *w, edo_task_fn *fn, void *arg) {
    edoi_thread *t = edoi_thread_here();
    edo_waker *waker = w->cx.waker;
    uint32_t budget = w->cx.budget;
    edo_context_block *values = w->machine.values;
    aside outer = begin_aside(t);
    worker_count(w);
    edoi_worker_set_here(NULL);
    if (w->parker) edoi_parker_drive(w->parker, NULL); // `fn` sleeps elsewhere
    w->machine.values = NULL;                          // `fn` may have the worker poll other tasks
    t->in_place_of = w;
    t->entered = w->runtime; // no reference: the runtime waits for our poll
    int result;
    EDOI_CALL_OUT(result = fn(arg));
    end_aside(t, &outer);
    edoi_worker_set_here(w);
    if (w->parker) edoi_parker_drive(w->parker, w->driver);
    worker_count(w);
    w->cx.waker = waker;
    w->cx.budget = budget;
    w->machine.values = values;
    if (w->parker) edo_waker_wake(&w->parker->waker); // `fn` may have consumed a wake of the root
    return result;
}

/* On a plain thread, possibly in the poll of its root. */
static int call_on_thread(edo_task_fn *fn, void *arg) {
    edoi_thread *t = edoi_thread_here();
    if (!t->ctx.polling) return fn(arg);
    aside outer = begin_aside(t);
    int result = fn(arg);
    end_aside(t, &outer);
    if (t->cx && t->own_driver)
        edoi_driver_enter(t->own_driver->driver);     // an await in `fn` has left it
    if (t->parker) edo_waker_wake(&t->parker->waker); // as above
    return result;
}

int edo_block_in_place(edo_task_fn *fn, void *arg) {
    edoi_worker *w = edoi_worker_here();
    if (!w) return call_on_thread(fn, arg);
    if (w->fiber && !w->fiber->ctx->ctx.polling) return edo_blocking(fn, arg);
    bool in_task = edoi_worker_running(w);
    if (in_task && w->runtime->opts.flavor != EDO_RUNTIME_MULTI) return -ENOTSUP;
    if (w->shares) worker_give_all(w);
    return call_beside_worker(w, fn, arg);
}
