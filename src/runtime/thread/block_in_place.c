/* SPDX-License-Identifier: MIT */
/* runtime/thread/block_in_place.c: blocking in the middle of a poll, after all that others can run
 * was given to them.
 *
 * What cannot go are the fibers that live here. Timers and sockets stay where they are: the
 * siblings look after them as behind any long poll (assist.h).
 *
 * Meanwhile this thread is no worker, but one that has entered the runtime, as a blocking job's is:
 * so whom `fn` wakes or spawns goes to the injection list, and not behind `fn`. The watchdog sees
 * that it stands still on purpose.
 *
 * If all workers are in such calls nobody runs what is woken, and if `fn` awaits just that it waits
 * for ever. A spare worker would cost those who never block: it has a ring, a wheel and a driver
 * that all others have to look at, and what one worker shares with nobody it would have to share.
 * So the watchdog names it.
 *
 * `fn` does not hear that the task was cancelled: the task is in a poll, and a state machine hears
 * of it by its drop, after that. The cancellation wakes nobody either, since a task that runs looks
 * at its word when it has run; to end a sleep on this thread it would have to know the thread's
 * parker, at a cost for each abort. A bracket in `fn` is heard: it is one of this thread.
 *
 * In the root of edo_block_on() no task is held up by force: on a plain thread beside the workers
 * the call is a call, and where the thread drives a current-thread runtime it goes on driving while
 * `fn` awaits (drive.c).
 *
 * A state machine that a fiber awaits is first polled on the fiber's stack. There it is in a poll
 * like any other, and the fiber cannot await a job. */
#include "runtime/fiber/fiber_task.h"
#include "runtime/scheduler/core.h"
#include "runtime/scheduler/run_queue_ops.h"
#include "runtime/scheduler/scheduler.h"
#include "runtime/scheduler/steal.h"
#include "runtime/scope/ctx.h"

#include <edo/blocking.h>

#include <errno.h>

static void give_all(edoi_worker *w) {
    edoi_run_queue_give_all(w);
    edoi_store_rlx_u64(&w->lookout.turned_ns, 0); // relaxed: the next look shall find a long poll
    edoi_idle_show(&w->runtime->idle);
    (void)edoi_scheduler_call_one(w->runtime);
}

/* Begins a call, or ends it. */
static void count(edoi_worker *w) {
    // relaxed, no read-modify-write: only this thread writes it
    edoi_store_rlx_u32(&w->in_place, edoi_load_rlx_u32(&w->in_place) + 1);
}

/* What the poll around the call has set on this thread, and what else it may rely on. */
typedef struct aside {
    edo_runtime *entered;
    struct edoi_worker *in_place_of;
    const edo_cx *cx;
    uint32_t no_await_n;
    bool polling;
} aside;

/* From here on `fn` may await whatever it likes: nobody else runs on this thread. */
static aside begin_aside(edoi_thread *t) {
    aside outer = { t->entered, t->in_place_of, t->cx, t->ctx.no_await_n, t->ctx.polling };
    t->cx = NULL;
    t->ctx.no_await_n = 0;
    t->ctx.polling = false;
    return outer;
}

static void end_aside(edoi_thread *t, const aside *outer) {
    t->entered = outer->entered;
    t->in_place_of = outer->in_place_of;
    t->cx = outer->cx;
    t->ctx.no_await_n = outer->no_await_n;
    t->ctx.polling = outer->polling;
}

/* `w` stands still in the poll of a task, which it keeps, or of the root that its thread drives
 * for. */
static int call_beside_worker(edoi_worker *w, edo_task_fn *fn, void *arg) {
    edoi_thread *t = edoi_thread_here();
    edo_waker *waker = w->cx.waker;
    uint32_t budget = w->cx.budget;
    aside outer = begin_aside(t);
    count(w);
    edoi_worker_set_here(NULL);
    if (w->parker) edoi_parker_drive(w->parker, NULL); // `fn` sleeps elsewhere
    t->in_place_of = w;
    t->entered = w->runtime; // no reference: it waits for our poll
    int result = fn(arg);
    if (edoi_runtime_is_forked(w->runtime)) edoi_fork_task_returned();
    end_aside(t, &outer);
    edoi_worker_set_here(w);
    if (w->parker) edoi_parker_drive(w->parker, w->driver);
    count(w);
    w->cx.waker = waker;
    w->cx.budget = budget;
    if (w->parker) edo_waker_wake(&w->parker->waker); // `fn` may have taken what the root was told
    return result;
}

/* On a plain thread, perhaps in the poll of its root. */
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
    if (w->shares) give_all(w);
    return call_beside_worker(w, fn, arg);
}
