/* SPDX-License-Identifier: MIT */
/* runtime/thread/drive.c: awaits of plain threads: one of them drives the current-thread runtime;
 * the others park, and one takes over when the driving thread leaves. Fibers that have run bind the
 * runtime to their thread. */
#include "runtime/thread/drive.h"

#include "driver/clock.h"
#include "driver/driver.h"
#include "driver/wheel.h"
#include "fiber/fiber.h"
#include "log/tell.h"
#include "runtime/end/shutdown.h"
#include "runtime/scheduler/scheduler.h"
#include "runtime/scheduler/stats.h"
#include "runtime/scope/ctx.h"
#include "runtime/scope/parker.h"
#include "runtime/scope/token.h"
#include "runtime/task/fiber_ctx.h"
#include "runtime/thread/dedicated.h"
#include "runtime/thread/thread_driver.h"
#include "runtime/watch/registry.h"
#include "runtime/watch/watchdog.h"
#include "runtime/worker/core.h"
#include "runtime/worker/here.h"
#include "runtime/worker/polled.h"
#include "runtime/worker/run_queue_ops.h"
#include "runtime/worker/wake.h"
#include "runtime/worker/worker.h"

#include "base/backoff.h"
#include "base/fork.h"
#include "base/held.h"

#include <errno.h>
#include <inttypes.h>

/* Guards which thread drives which runtime, for all runtimes: that changes seldom, and the end of a
 * thread has to find the runtimes bound to it. Rank: outside a parker's mutex. */
static pthread_mutex_t drive_mutex = PTHREAD_MUTEX_INITIALIZER;

static void drive_begin_child(void) {
    drive_mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

EDOI_ON_FORK(.child = drive_begin_child);

/* An edoi_thread's on_end. */
static void thread_over(edoi_thread *t) {
    if (t->parker) edoi_drive_thread_ended(t->parker);
    edoi_thread_driver_free(t->own_driver);
    t->own_driver = NULL;
}

/* Binds `rt` to this thread, which drives it. The list is in the thread's parker, which is never
 * unmapped: a thread's memory may go before edo is told of its end. A thread without a parker binds
 * nothing: its end could not free the runtime for others. */
static void bind_here(edo_runtime *rt) {
    edoi_parker *p = edoi_thread_here()->parker;
    if (!p) return;
    edo_runtime **bound = &p->bound;
    edoi_thread_here()->on_end = thread_over;
    rt->drive.pinned = p;
    rt->drive.bound_prev = NULL;
    rt->drive.bound_next = *bound;
    if (*bound) (*bound)->drive.bound_prev = rt;
    *bound = rt;
}

static void unbind(edo_runtime *rt) {
    edoi_parker *p = rt->drive.pinned;
    if (!p) return;
    rt->drive.pinned = NULL;
    if (rt->drive.bound_next) rt->drive.bound_next->drive.bound_prev = rt->drive.bound_prev;
    if (rt->drive.bound_prev) {
        rt->drive.bound_prev->drive.bound_next = rt->drive.bound_next;
    } else {
        p->bound = rt->drive.bound_next;
    }
}

#define AT_ONCE 32u

/* Marks the next threads that want to drive `rt`, at most AT_ONCE; returns how many. A thread
 * already marked that has not checked since is not marked again. Called with drive_mutex held. */
static size_t drive_mark_some(edo_runtime *rt, edo_waker **marked) {
    size_t n = 0;
    for (; rt->drive.next && n < AT_ONCE; rt->drive.next = rt->drive.next->next) {
        marked[n] = edo_waker_mark(&rt->drive.next->parker->waker);
        if (marked[n]) n++;
    }
    return n;
}

/* Called with drive_mutex held; releases it. Parkers are never unmapped: so the parker of a thread
 * that has stopped waiting may be delivered. While the mutex is released, a thread that leaves the
 * list advances the walk's position; a thread that joins the list checks by itself. Two threads
 * here at once share the position: the second starts over, and each continues where the other
 * stopped. */
static void release_and_wake_waiters(edo_runtime *rt) {
    edo_waker *marked[AT_ONCE];
    rt->drive.next = rt->drive.waiters;
    for (bool more = true; more;) {
        size_t n = drive_mark_some(rt, marked);
        more = rt->drive.next; // read before the release: without waiters the runtime may go
        edoi_mutex_release(&drive_mutex);
        for (size_t i = 0; i < n; i++) edo_waker_deliver(marked[i]);
        if (more) edoi_mutex_acquire(&drive_mutex);
    }
}

/* Makes this thread the worker, which may wait in its driver. */
static void hold_worker(edoi_worker *w) {
    edoi_parker_drive(w->parker, w->driver);
    if (w->runtime->drive.is_hosted) edoi_scheduler_resume(w);
    edoi_driver_enter(w->driver);
    edoi_fiber_adopt(&w->thread);
    edoi_worker_set_here(w);
    edoi_scheduler_hold_stacks(w);
    edoi_store_rlx_u32(&w->shown_thread.tid, edoi_thread_id());
    edoi_watchdog_notice();
    edoi_stats_enter(w);
}

/* A driver that a foreign loop turns is not left: futures of other threads may wait there between
 * turns. */
static void put_worker_down(edoi_worker *w) {
    bool is_hosted = w->runtime->drive.is_hosted;
    if (!is_hosted) edoi_driver_leave(w->driver); // may wake tasks
    edoi_run_queue_settle(w);
    if (is_hosted) edoi_scheduler_rest(w);
    edoi_stats_leave(w);
    edoi_store_rlx_u32(&w->shown_thread.tid, 0);
    edoi_stack_pool_rest(&w->stacks);
    edoi_worker_set_here(NULL);
    edoi_parker_drive(w->parker, NULL);
}

bool edoi_drive_begin(edo_runtime *rt, edoi_parker *p, bool *is_bound) {
    edoi_mutex_acquire(&drive_mutex);
    bool elsewhere = rt->drive.pinned && rt->drive.pinned != edoi_thread_here()->parker;
    bool mine = !rt->drive.is_driven && (is_bound || (!elsewhere && !rt->drive.is_wanted)) &&
                !edoi_dedicated_is_here(rt);
    if (mine) {
        unbind(rt);
        rt->drive.is_driven = true;
        rt->drive.is_wanted = false;
        if (is_bound) *is_bound = elsewhere && rt->worker->placement.fibers_n > 0;
        // relaxed: under the mutex, for a foreign loop that finds its runtime driven; the shutdown
        // says it again with `spawn.mutex` held
        if (is_bound) (void)edoi_or_rlx_u32(&rt->spawn.flags, EDOI_SPAWN_CLOSING);
    }
    edoi_mutex_release(&drive_mutex);
    if (!mine) return false;
    rt->worker->parker = p ? p : rt->drive.spare;
    hold_worker(rt->worker);
    return true;
}

int edoi_drive_check_single(const edo_runtime *rt) {
    if (!rt) return -EDO_ENORUNTIME;
    if (edoi_runtime_is_forked(rt)) return -EDO_EFORKED;
    return rt->opts.flavor == EDO_RUNTIME_CURRENT ? 0 : -ENOTSUP;
}

/* ---- Ending tasks for a thread that does not drive ------------------------------------------- */

static bool is_asked(edo_runtime *rt) {
    // relaxed: data written before it is read only with drive_mutex held
    return EDOI_UNLIKELY(edoi_load_rlx_u32(&rt->drive.asked) != 0);
}

/* Cancels all tasks if asked to, once. Driving thread. */
static void tell_tasks(edo_runtime *rt) {
    if (rt->drive.has_cancelled) return;
    edoi_mutex_acquire(&drive_mutex); // no thread spawns after the asking thread held it
    rt->drive.has_cancelled = is_asked(rt);
    edoi_mutex_release(&drive_mutex);
    if (rt->drive.has_cancelled) edoi_shutdown_cancel(rt);
}

void edoi_drive_end(edo_runtime *rt) {
    edoi_worker *w = rt->worker;
    edoi_driver_begin_ops(w->driver);
    put_worker_down(w);
    edoi_mutex_acquire(&drive_mutex);
    if (is_asked(rt)) { // its fibers can run only here
        edoi_mutex_release(&drive_mutex);
        hold_worker(w);
        tell_tasks(rt);
        edoi_shutdown_run_out(rt, rt->drive.asked_until_ns);
        put_worker_down(w);
        edoi_mutex_acquire(&drive_mutex);
        edoi_store_rlx_u32(&rt->drive.asked, 0); // relaxed: see is_asked()
    }
    rt->drive.is_driven = false;
    EDO_ASSERT(!rt->drive.pinned); // it was driven
    // relaxed: abandoned by this thread, or by an earlier driving thread; then none of the fibers
    // runs again
    bool is_abandoned = edoi_load_rlx_u64(&rt->end.abandoned_n) > 0;
    bool is_turned = rt->drive.is_hosted && !edoi_runtime_is_closing(rt);
    if (is_turned || (w->placement.fibers_n > 0 && !is_abandoned)) bind_here(rt);
    if (rt->drive.pinned && !rt->drive.is_wanted) {
        edoi_mutex_release(&drive_mutex); // no waiter may drive
    } else {
        release_and_wake_waiters(rt);
    }
}

void edoi_drive_set_world(edo_runtime *rt, struct edoi_world *world) {
    rt->drive.world = world;
}

void edoi_drive_host(edo_runtime *rt) {
    rt->drive.is_hosted = true;
}

bool edoi_drive_wait_ns(const edo_runtime *rt, int64_t *left_ns) {
    bool drives = edoi_worker_here() == rt->worker;
    edoi_mutex_acquire(&drive_mutex); // no thread begins to drive meanwhile
    bool is_free = !rt->drive.is_driven &&
                   (!rt->drive.pinned || rt->drive.pinned == edoi_thread_here()->parker);
    if (drives || is_free) *left_ns = edoi_scheduler_wait_ns(rt->worker);
    edoi_mutex_release(&drive_mutex);
    return drives || is_free;
}

void edoi_drive_forget(edo_runtime *rt) {
    edoi_mutex_acquire(&drive_mutex);
    unbind(rt);
    edoi_mutex_release(&drive_mutex);
}

/* Unbinds one runtime from the list of `p`; NULL: there is none. The caller unpins it.
 * `*has_fibers`: fibers bound it, and not only a foreign loop. */
static edo_runtime *parker_free_one(edoi_parker *p, bool *has_fibers) {
    edoi_mutex_acquire(&drive_mutex);
    edo_runtime *rt = p->bound;
    if (!rt) {
        edoi_mutex_release(&drive_mutex);
        return NULL;
    }
    unbind(rt);
    *has_fibers = rt->worker->placement.fibers_n > 0;
    edoi_runtime_pin(rt); // from here on another thread may end it
    release_and_wake_waiters(rt);
    return rt;
}

void edoi_drive_thread_ended(edoi_parker *p) {
    bool has_fibers;
    for (edo_runtime *rt; (rt = parker_free_one(p, &has_fibers)) != NULL; edoi_runtime_unpin(rt)) {
        if (!has_fibers) continue;
        edoi_tell("edo: the thread that drove runtime %" PRIu64 " (%s) ended before its fibers; "
                  "another may go on with them: what they keep of thread-locals is gone\n",
                  rt->id, rt->opts.name);
    }
}

bool edoi_drive_is_aside(const edo_runtime *rt) {
    const edoi_worker *w = edoi_thread_here()->in_place_of;
    return w == rt->worker && !w->has_thread;
}

/* Called with `drive_mutex` held: may this thread, which holds no worker, read the clock? Otherwise
 * it belongs to the thread that drives. */
static bool drive_clock_is_free(const edo_runtime *rt) {
    return !rt->drive.is_driven || edoi_drive_is_aside(rt);
}

int64_t edoi_drive_now(edo_runtime *rt) {
    if (edoi_runtime_is_forked(rt) || edoi_dedicated_is_here(rt)) return edoi_clock_monotonic();
    edoi_mutex_acquire(&drive_mutex);
    bool ours = drive_clock_is_free(rt);
    int64_t now_ns = ours ? edoi_clock_now(&rt->worker->clock) : edoi_clock_monotonic();
    edoi_mutex_release(&drive_mutex);
    return now_ns;
}

edo_wall edoi_drive_wall(edo_runtime *rt) {
    if (edoi_runtime_is_forked(rt) || edoi_dedicated_is_here(rt)) return edoi_clock_wall(NULL);
    edoi_mutex_acquire(&drive_mutex);
    edo_wall now = edoi_clock_wall(drive_clock_is_free(rt) ? &rt->worker->clock : NULL);
    edoi_mutex_release(&drive_mutex);
    return now;
}

static void wait_begin(edo_runtime *rt, edoi_drive_waiter *self, edoi_parker *p) {
    self->parker = p;
    edoi_mutex_acquire(&drive_mutex);
    self->prev = NULL;
    self->next = rt->drive.waiters;
    if (self->next) self->next->prev = self;
    rt->drive.waiters = self;
    edoi_mutex_release(&drive_mutex);
}

static void drive_wait_end(edo_runtime *rt, edoi_drive_waiter *self) {
    edoi_mutex_acquire(&drive_mutex);
    if (rt->drive.next == self) rt->drive.next = self->next;
    if (self->next) self->next->prev = self->prev;
    if (self->prev) {
        self->prev->next = self->next;
    } else {
        rt->drive.waiters = self->next;
    }
    edoi_mutex_release(&drive_mutex);
}

/* Asks the driving thread to end all tasks by `until_ns`. False: no thread drives. */
static bool ask_driver(edo_runtime *rt, int64_t until_ns) {
    edoi_mutex_acquire(&drive_mutex);
    bool driven = rt->drive.is_driven;
    rt->drive.is_wanted = driven;
    if (driven && !is_asked(rt)) {
        rt->drive.asked_until_ns = until_ns;
        edoi_store_rlx_u32(&rt->drive.asked, 1); // relaxed: see is_asked()
        edoi_driver_kick(rt->worker->driver);
    }
    edoi_mutex_release(&drive_mutex);
    return driven;
}

/* The driving thread did not leave: from now on any thread may drive next. */
static void drive_give_up(edo_runtime *rt) {
    edoi_mutex_acquire(&drive_mutex);
    rt->drive.is_wanted = false;
    release_and_wake_waiters(rt);
}

bool edoi_drive_take_over(edo_runtime *rt, bool *is_bound, int64_t until_ns, int64_t grace_ns) {
    edoi_parker *p = edoi_thread_parker(edoi_thread_here()); // may be NULL
    edoi_backoff b = { 0 };
    for (bool in_time = true, mine = false;; in_time = edoi_clock_monotonic() < grace_ns) {
        edoi_drive_waiter waiter;
        if (p) wait_begin(rt, &waiter, p);
        do mine = edoi_drive_begin(rt, p, is_bound);
        while (!mine && !ask_driver(rt, until_ns));
        if (p && !mine && in_time) edoi_parker_park(p, grace_ns);
        if (p) drive_wait_end(rt, &waiter);
        if (!mine && !in_time) drive_give_up(rt);
        if (mine || !in_time) return mine;
        if (!p) edoi_backoff_wait(&b); // no memory for a parker: checks again and again
    }
}

static bool thread_cut(edoi_ctx *c) {
    int64_t now_ns = edoi_ctx_has_deadline(c) ? edo_now().ns : 0;
    return !c->deaf && edoi_ctx_cut(c, NULL, now_ns) != EDO_CANCEL_NONE;
}

/* The thread's own driver and wheel, for a leaf polled now; NULL: `cx` is not from this thread's
 * own poll. */
static edoi_thread_driver *own_driver_of(const edo_cx *cx) {
    edoi_thread *t = edoi_thread_here();
    // A copy of the thread's context will do: sets of futures make copies. Without a parker nothing
    // could wake the thread.
    if (cx->thread != t || !t->parker) return NULL;
    t->on_end = thread_over;
    if (!t->own_driver) t->own_driver = edoi_thread_driver_new();
    return t->own_driver;
}

edoi_driver *edoi_cx_driver(const edo_cx *cx) {
    if (cx->worker) return cx->worker->driver;
    edoi_thread_driver *l = own_driver_of(cx);
    return l ? l->driver : NULL;
}

edoi_driver *edoi_driver_here(void) {
    const edoi_worker *w = edoi_worker_here();
    return w ? w->driver : NULL;
}

edoi_wheel *edoi_cx_wheel(const edo_cx *cx) {
    if (cx->worker) return cx->worker->wheel;
    edoi_thread_driver *l = own_driver_of(cx);
    return l ? l->wheel : NULL;
}

static bool poll_here(edo_future *f, edoi_ctx *c, edo_cx *cx) {
    c->polling = true;
    edo_polled polled = edo_poll(f, cx);
    c->polling = false;
    return polled == EDO_READY;
}

/* Is the awaited future to be polled again? One that was woken in its own poll, since it yields or
 * has spent its budget, waits as a task at the back of the queue does: until the pop `turn_at`. */
static bool takes_turn(edoi_worker *w, uint64_t turn_at) {
    // A shutdown forgets tasks, which are then not popped.
    if (w->run.queue_pops_n < turn_at && w->run.queue.first) return false;
    return edoi_parker_take(w->parker);
}

/* Runs the tasks of `rt` until `f` is ready (true) or cut short (false). */
static bool drive_until(edo_runtime *rt, edo_future *f, edoi_ctx *c) {
    edoi_worker *w = rt->worker;
    edoi_timer limit = { 0 };
    bool ready = false;
    uint64_t turn_at = 0;
    for (bool look = true;; look = takes_turn(w, turn_at)) {
        if (look) {
            w->cx.waker = &w->parker->waker;
            w->cx.budget = EDO_BUDGET;
            EDOI_CALL_OUT(ready = poll_here(f, c, &w->cx));
            if (ready || thread_cut(c)) break;
            bool yields = edoi_parker_is_notified(w->parker);
            bool armed = !edoi_ctx_has_deadline(c) ||
                         edoi_wheel_reset(w->wheel, &limit, c->deadline_ns, w->cx.waker);
            if (!armed && thread_cut(c)) break;
            if (!armed) edo_waker_wake(w->cx.waker); // deaf: the awaited future checks the time
            edoi_run_queue_take(w);                  // tasks that others spawned run too
            turn_at = yields ? edoi_run_queue_back(w) : 0;
        }
        edoi_scheduler_run(w);
        if (is_asked(rt)) tell_tasks(rt); // before the turn: the request has kicked the driver
        edoi_scheduler_turn(w);
    }
    (void)edoi_wheel_cancel(&limit);
    return ready;
}

static bool poll_alone(edo_future *f, edoi_ctx *c, edo_cx *cx) {
    edoi_thread *t = edoi_thread_here();
    const edo_cx *outer = t->cx; // a poll function may poll another thread's code, but never await
    bool ready;
    t->cx = cx;
    EDOI_CALL_OUT(ready = poll_here(f, c, cx));
    t->cx = outer;
    return ready;
}

static void park(edoi_parker *p, int64_t at_ns) {
    edoi_thread_driver *l = edoi_thread_here()->own_driver;
    if (l) {
        edoi_thread_driver_wait(l, p, at_ns);
    } else {
        edoi_parker_park(p, at_ns);
    }
}

static int park_and_poll(edo_runtime *rt, edo_future *f, edoi_ctx *c, edoi_parker *p) {
    edo_cx cx = { .waker = p ? &p->waker : edo_waker_noop(), .budget = UINT32_MAX };
    cx.thread = edoi_thread_here();
    edoi_backoff b = { 0 };
    for (;;) {
        if (poll_alone(f, c, &cx)) return 1;
        if (thread_cut(c)) return 0;
        if (!p) { // no memory for a parker: checks again and again
            if (rt && edoi_drive_begin(rt, NULL, NULL)) return -1;
            edoi_backoff_wait(&b);
        } else if (rt) {
            edoi_drive_waiter waiter;
            wait_begin(rt, &waiter, p);
            bool mine = edoi_drive_begin(rt, p, NULL);
            if (!mine) park(p, c->deaf ? INT64_MAX : c->deadline_ns);
            drive_wait_end(rt, &waiter);
            if (mine) return -1;
        } else {
            park(p, c->deaf ? INT64_MAX : c->deadline_ns);
        }
    }
}

/* For the watchdog: a worker blocked in place awaits. */
static void tell_worker(const edoi_thread *t, uint32_t awaits) {
    if (t->in_place_of) edoi_store_rlx_u32(&t->in_place_of->shown_thread.awaits, awaits);
}

/* Waits until `f` is ready (1), cut short (0), or this thread has begun to drive `rt` (-1). */
static int park_until(edo_runtime *rt, edo_future *f, edoi_ctx *c, edoi_parker *p) {
    edoi_thread *t = edoi_thread_here();
    tell_worker(t, 1);
    if (t->own_driver) edoi_driver_enter(t->own_driver->driver);
    int ready = park_and_poll(rt, f, c, p);
    if (t->own_driver) edoi_driver_leave(t->own_driver->driver);
    tell_worker(t, 0);
    return ready;
}

static bool drive_misused(const edoi_ctx *c) {
    return EDO_MISUSE(c->no_await_n, "an await between edo_no_await_begin() and its end") ||
           EDO_MISUSE(c->polling, "an await inside a poll function");
}

/* As drive_until(), inside edo_block_in_place(), on the thread that drives for its root: the thread
 * is in a poll of that root, and its worker `w` is set aside. */
static bool drive_inside(edoi_thread *t, edoi_worker *w, edo_future *f) {
    edoi_worker_set_here(w);
    edoi_parker_drive(w->parker, w->driver);
    t->in_place_of = NULL;
    bool ready = drive_until(w->runtime, f, &t->ctx);
    if (!ready) edo_drop(f); // as below
    t->in_place_of = w;
    edoi_parker_drive(w->parker, NULL);
    edoi_worker_set_here(NULL);
    return ready;
}

int edoi_thread_consume(void) {
    edoi_ctx *c = &edoi_thread_here()->ctx;
    if (drive_misused(c)) return -EDO_EMISUSE;
    return thread_cut(c) ? -ECANCELED : 0;
}

int edoi_thread_await(edo_runtime *rt, edo_future *f) {
    edoi_thread *t = edoi_thread_here();
    edoi_ctx *c = &t->ctx;
    if (drive_misused(c)) {
        edo_drop(f);
        return -EDO_EMISUSE;
    }
    if (rt && edoi_runtime_is_forked(rt)) {
        if (!edoi_runtime_newest()) { // no runtime is left to wake it
            edo_drop(f);
            return -EDO_EFORKED;
        }
        rt = NULL;
    }
    if (thread_cut(c)) {
        edo_drop(f);
        return -ECANCELED;
    }
    edoi_parker *p = edoi_thread_parker(t);
    if (EDOI_UNLIKELY(c->bracket) && p) edoi_brackets_renew(c, &p->waker);
    bool drivable = rt && rt->opts.flavor == EDO_RUNTIME_CURRENT && !edoi_dedicated_is_here(rt);
    bool inside = drivable && edoi_drive_is_aside(rt);
    bool drives = drivable && !inside && edoi_drive_begin(rt, p, NULL);
    int ready = inside ? drive_inside(t, t->in_place_of, f)
                       : (drives ? -1 : park_until(drivable ? rt : NULL, f, c, p));
    if (ready < 0) {
        EDO_ASSERT(rt); // otherwise this thread could not have begun to drive
        if (EDOI_UNLIKELY(!p && c->bracket)) edoi_brackets_renew(c, &rt->worker->parker->waker);
        ready = drive_until(rt, f, c);
        if (!ready) edo_drop(f); // while this thread is the worker: `f` may be in its wheel
        edoi_drive_end(rt);
    } else if (!ready && !inside) {
        edo_drop(f);
    }
    if (!ready) return -ECANCELED;
    int result = f->result;
    if (f->ops->flags & EDO_FUTURE_BOXED) edo_drop(f);
    return result;
}
