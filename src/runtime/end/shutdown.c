/* SPDX-License-Identifier: MIT */
/* runtime/end/shutdown.c: the end of a runtime, within a bound. One thread ends it, in steps;
 * shutdown_begin() lets it in, under threads.mutex. Each step has its functions, and the lock that
 * they hold; the thread is the one that ends the runtime where no other is named.
 *
 * 1. Closed: begin_closing(), under spawn.mutex. No spawn succeeds any more, so the slab of tasks
 *    spawned by other threads does not change, and is walked here without spawn.mutex: with it held
 *    no wake could be delivered.
 * 2. Cancelled: every task, without a lock. Each worker's thread does that for its own slab, which
 *    no other thread may walk: close_worker() of threads.c, which counts it under threads.mutex. Of
 *    a current-thread runtime the thread that drives does it, asked under drive_mutex:
 *    edoi_drive_take_over() and tell_tasks() of drive.c; or this one, edoi_shutdown_cancel().
 * 3. Awaited: until no task is alive, or the bound is reached; edoi_threads_stop(), by the
 *    condition of threads.mutex, or edoi_shutdown_run_out(), without a lock, on the thread that
 *    drives. A task that ends in its first poll after the cancellation ends however short the bound
 *    is: each worker polls what is queued once more when all have cancelled, and a poll that runs at
 *    the bound has a second more.
 * 4. Stopped: the threads, which are joined: stop_threads() of threads.c, without a lock.
 * 5. Given up: the tasks that have not ended are named. If all threads have stopped the tasks are
 *    done, as abandoned, under the lock of registry.h, and their joiners are told without it:
 *    abandon_all(). If one is still in a poll, all is left as it is: shutdown_leave(); should the
 *    poll return, the last thread to end abandons the tasks: edoi_shutdown_abandon_left().
 * 6. Dedicated threads: told to stop, now that no task asks them for anything, and awaited within
 *    the bound and a second more, by the condition of threads.mutex; then named:
 *    edoi_dedicated_stop(). They may use the pool of jobs until they end.
 * 7. Jobs: queued ones are refused, running ones awaited within the bound, then named, under the
 *    pool's mutex: edoi_blocking_stop().
 * 8. Left: the memory of a runtime of which something has not ended, for ever:
 *    edoi_runtime_leave_mapped() of lifetime.c. The call returns, after shutdown_end().
 *
 * end_and_unref() of lifetime.c calls this, and frees the runtime if nothing was left. */
#include "runtime/end/shutdown.h"

#include "base/cond.h"
#include "base/held.h"
#include "driver/clock.h"
#include "driver/wheel.h"
#include "log/tell.h"
#include "records/handles.h"
#include "runtime/blocking/blocking.h"
#include "runtime/blocking/job.h"
#include "runtime/end/lifetime.h"
#include "runtime/end/threads.h"
#include "runtime/scheduler/blocked.h"
#include "runtime/scheduler/scheduler.h"
#include "runtime/scope/ctx.h"
#include "runtime/scope/parker.h"
#include "runtime/scope/scope.h"
#include "runtime/scope/wrapped.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/task.h"
#include "runtime/task/task_slab.h"
#include "runtime/thread/dedicated.h"
#include "runtime/thread/drive.h"
#include "runtime/watch/registry.h"
#include "runtime/worker/core.h"
#include "runtime/worker/here.h"
#include "runtime/worker/run_queue_ops.h"
#include "runtime/worker/wake.h"
#include "runtime/worker/worker.h"

#include <errno.h>

#define GRACE_NS  INT64_C(1000000000) /* for a poll that runs when the bound is reached */
#define NAMED_MAX 64                  /* tasks that a report lists one by one */

void edoi_shutdown_cancel_one(void *arg, edo_task *t) {
    (void)arg;
    edo_waker_deliver(edoi_task_mark_cancel(t, EDO_CANCEL_SHUTDOWN));
}

/* Calls `fn` for every task, with no lock held. No thread spawns any more. */
static void each_task(edo_runtime *rt, edoi_task_slab_each_fn *fn, void *arg) {
    for (uint32_t i = 0; i < rt->workers_n; i++)
        edoi_task_slab_each(&rt->workers[i]->slab, fn, arg);
    edoi_task_slab_each(&rt->spawn.slab, fn, arg);
}

/* Relaxed: a number, no data. */
static void make_at_least(edo_atomic_u64 *ns, uint64_t wanted_ns) {
    uint64_t seen_ns = edoi_load_rlx_u64(ns);
    while (seen_ns < wanted_ns && !edoi_cas_rlx_u64(ns, &seen_ns, wanted_ns)) {
    }
}

void edo_runtime_extend_shutdown(edo_runtime *rt, edo_duration within) {
    if (!rt) return;
    EDOI_ENTERS(EDOI_RUNTIME, rt);
    if (!rt->end.is_default) return;
    make_at_least(&rt->end.least_ns,
                  within.ns < 0 ? (uint64_t)EDO_FOREVER_NS : (uint64_t)within.ns);
}

void edoi_shutdown_own(edo_runtime *rt, edo_duration within) {
    if (rt && rt->end.is_default)
        make_at_least(&rt->end.owned_ns,
                      within.ns < 0 ? (uint64_t)EDO_FOREVER_NS : (uint64_t)within.ns);
}

void edoi_shutdown_extend_behind(edo_runtime *rt, edo_duration more) {
    if (rt && rt->end.is_default) make_at_least(&rt->end.behind_ns, (uint64_t)more.ns);
}

edo_duration edoi_shutdown_limit(const edo_runtime *rt) {
    int64_t limit_ns = rt->opts.shutdown.ns;
    if (!rt->end.is_default) return rt->opts.shutdown;
    int64_t least_ns = (int64_t)edoi_load_rlx_u64(&rt->end.least_ns); // relaxed: numbers
    int64_t owned_ns = (int64_t)edoi_load_rlx_u64(&rt->end.owned_ns);
    if (owned_ns > 0) least_ns = owned_ns;
    if (least_ns == EDO_FOREVER_NS) return edo_ns(-1);
    if (least_ns > limit_ns) limit_ns = least_ns;
    return edo_ns(edoi_time_after(limit_ns, (int64_t)edoi_load_rlx_u64(&rt->end.behind_ns)));
}

int64_t edoi_shutdown_bound_ns(int64_t now_ns, edo_duration within) {
    edo_instant now = { now_ns };
    return within.ns < 0 ? INT64_MAX : edo_instant_add(now, within).ns;
}

int64_t edoi_shutdown_grace_ns(int64_t until_ns) {
    int64_t now_ns = edoi_clock_monotonic();
    return edoi_time_after(until_ns > now_ns ? until_ns : now_ns, GRACE_NS);
}

/* ---- Cancelled and awaited, of a current-thread runtime -------------------------------------- */

void edoi_shutdown_cancel(edo_runtime *rt) {
    each_task(rt, edoi_shutdown_cancel_one, NULL);
}

/* The limit is by the runtime's clock and by the real one: a paused clock stands still while a task
 * can run or waits for a job. */
void edoi_shutdown_run_out(edo_runtime *rt, int64_t real_until_ns) {
    edoi_worker *w = rt->worker;
    edoi_timer limit = { 0 };
    bool bounded = real_until_ns != INT64_MAX;
    int64_t left_ns = bounded ? real_until_ns - edoi_clock_monotonic() : -1;
    if (bounded && left_ns < 0) left_ns = 0;
    int64_t until_ns = edoi_shutdown_bound_ns(edoi_clock_now(&w->clock), edo_ns(left_ns));
    w->pause.stands_until_ns = real_until_ns;
    edo_waker_wake(&w->parker->waker);
    edoi_scheduler_turn(w); // does not wait; takes tasks spawned by other threads
    bool in_time = edoi_wheel_insert(w->wheel, &limit, until_ns, &w->parker->waker);
    do { // at least once: a cancelled task may end at once
        (void)edoi_parker_take(w->parker);
        edoi_scheduler_run(w);
        if (edoi_runtime_tasks_alive(rt) == 0) break;
        if (in_time) edoi_scheduler_turn(w);
        in_time = in_time && edoi_clock_now(&w->clock) < until_ns &&
                  edoi_clock_monotonic() < real_until_ns;
    } while (in_time);
    (void)edoi_wheel_cancel(&limit);
}

/* ---- One thread at a time -------------------------------------------------------------------- */

/* Waits for a thread that ends the runtime, until `until_ns` of the monotonic clock. False: it
 * still does. */
static bool shutdown_begin(edo_runtime *rt, int64_t until_ns) {
    edoi_threads *threads = &rt->threads;
    edoi_mutex_acquire(&threads->mutex);
    while (threads->stopping && edoi_cond_wait(&threads->changed, &threads->mutex, until_ns)) {
    }
    bool mine = !threads->stopping;
    threads->stopping = true;
    edoi_mutex_release(&threads->mutex);
    return mine;
}

static void shutdown_end(edo_runtime *rt) {
    edoi_threads *threads = &rt->threads;
    edoi_mutex_acquire(&threads->mutex);
    threads->stopping = false;
    (void)pthread_cond_broadcast(&threads->changed);
    edoi_mutex_release(&threads->mutex);
}

/* ---- Abandoned ------------------------------------------------------------------------------- */

static void abandon_one(void *arg, edo_task *t) {
    int *abandoned_n = arg;
    if (edoi_task_is_done(t)) return;
    edoi_tell("edo: task %s did not end at shutdown and was abandoned\n", t->site);
    edoi_task_abandon(t);
    (*abandoned_n)++;
}

/* Wakes the threads and tasks that wait for the end of an abandoned task. */
static void tell_of_abandoned(void *arg, edo_task *t) {
    (void)arg;
    if (!(t->own & OWN_ABANDONED)) return;
    t->own = 0;
    edo_future *f = edoi_task_future(t);
    if (edoi_is_fiber_task(f)) edoi_blocked_abandoned((edoi_fiber_task *)(void *)f);
    edoi_guest_abandoned(t);
    edoi_child_abandoned(t);
    edoi_task_records_abandoned(t);
    edoi_task_wake_abandoned_joiner(t);
}

/* Marks all tasks that have not ended as abandoned; returns how many. No thread runs tasks any
 * more. */
static int abandon_all(edo_runtime *rt) {
    int abandoned_n = 0;
    if (edoi_runtime_tasks_alive(rt) == 0) return 0;
    edoi_registry_acquire(); // a dump might hold one of them meanwhile
    for (uint32_t i = 0; i < rt->workers_n; i++) edoi_run_queue_settle(rt->workers[i]);
    each_task(rt, abandon_one, &abandoned_n);
    for (uint32_t i = 0; i < rt->workers_n; i++) edoi_run_queue_forget(rt->workers[i]);
    // no task is alive: no later shutdown waits for one
    uint64_t before = edoi_load_rlx_u64(&rt->end.abandoned_n);
    edoi_store_rlx_u64(&rt->end.abandoned_n, before + edoi_runtime_tasks_alive(rt));
    edoi_registry_release();
    edoi_runtime_leave_mapped(rt); // their stacks refer to it
    each_task(rt, tell_of_abandoned, NULL);
    return abandoned_n;
}

void edoi_shutdown_abandon_left(edo_runtime *rt) {
    (void)shutdown_begin(rt, INT64_MAX);
    (void)abandon_all(rt);
    shutdown_end(rt);
}

/* ---- Left as they are ------------------------------------------------------------------------ */

typedef struct some_sites {
    const char *sites[NAMED_MAX]; /* literals: the tasks may be gone when they are printed */
    int n;
} some_sites;

/* Called with the lock of the pages held. */
static bool shutdown_note(void *arg, edo_task *t) {
    some_sites *some = arg;
    bool is_done = edoi_load_rlx_u32(&t->word) & TASK_DONE; // relaxed: the task is only named
    const char *site = is_done ? NULL : edoi_task_seen_site(t);
    if (site && some->n < NAMED_MAX) some->sites[some->n++] = site;
    return true;
}

/* A thread is in a poll, or drives, and may go on at any moment: a task that ends meanwhile may or
 * may not be named. `why` ends with what is left beside the tasks. */
static int shutdown_leave(edo_runtime *rt, const char *why) {
    int alive_n = (int)edoi_runtime_tasks_alive(rt);
    if (edoi_runtime_is_left(rt)) return alive_n; // reported before
    some_sites some = { .n = 0 };
    edoi_runtime_look_over(rt, shutdown_note, &some);
    edoi_tell("edo: %s and %d task%s of runtime %s are left behind\n", why, alive_n,
              alive_n == 1 ? "" : "s", rt->opts.name);
    for (int i = 0; i < some.n; i++) edoi_tell("edo: task %s is left behind\n", some.sites[i]);
    if (alive_n > some.n) edoi_tell("edo: and %d more\n", alive_n - some.n);
    edoi_runtime_leave_mapped(rt);
    return alive_n;
}

/* ---- The steps ------------------------------------------------------------------------------- */

/* Makes spawns fail from now on. */
static void begin_closing(edo_runtime *rt) {
    edoi_mutex_acquire(&rt->spawn.mutex);
    (void)edoi_or_rlx_u32(&rt->spawn.flags, EDOI_SPAWN_CLOSING); // relaxed: under the mutex
    edoi_blocking_tell(rt->blocking);
    edoi_mutex_release(&rt->spawn.mutex);
    edoi_dedicated_close(rt);
}

static int shutdown_threads(edo_runtime *rt, int64_t until_ns, int64_t grace_ns) {
    begin_closing(rt);
    if (!edoi_threads_stop(rt, until_ns, grace_ns))
        return shutdown_leave(rt, "a poll did not return at shutdown: its thread");
    return abandon_all(rt);
}

/* `waits`: for another thread that drives. */
static int shutdown_driven(edo_runtime *rt, int64_t until_ns, int64_t grace_ns, bool waits) {
    bool is_bound;
    edoi_parker *p = edoi_thread_parker(edoi_thread_here()); // may be NULL
    bool drives = edoi_drive_begin(rt, p, &is_bound);
    if (!drives && !waits) return -EBUSY;
    begin_closing(rt);
    if (!drives && !edoi_drive_take_over(rt, &is_bound, until_ns, grace_ns))
        return shutdown_leave(rt, "the thread that drives did not leave at shutdown: it");
    if (!is_bound) { // otherwise its fibers belong to another thread
        edoi_shutdown_cancel(rt);
        edoi_shutdown_run_out(rt, until_ns);
    }
    int abandoned_n = abandon_all(rt);
    edoi_drive_end(rt);
    return abandoned_n;
}

/* Between shutdown_begin() and shutdown_end(). */
static int shutdown_all(edo_runtime *rt, edo_duration within, bool waits) {
    bool again = edoi_runtime_is_left(rt); // what is left was waited for before
    int64_t until_ns = edoi_shutdown_bound_ns(edoi_clock_monotonic(), again ? edo_ns(0) : within);
    int64_t grace_ns = again ? until_ns : edoi_shutdown_grace_ns(until_ns);
    int left_n = rt->opts.flavor == EDO_RUNTIME_MULTI
                     ? shutdown_threads(rt, until_ns, grace_ns)
                     : shutdown_driven(rt, until_ns, grace_ns, waits);
    if (left_n < 0) return left_n;
    int64_t threads_ns = again ? until_ns : edoi_shutdown_grace_ns(until_ns);
    bool threads_end = edoi_dedicated_stop(rt, threads_ns);       // as jobs, those left
    uint32_t jobs_n = edoi_blocking_stop(rt->blocking, until_ns); // are named, and may use it
    if (jobs_n > 0 || !threads_end) edoi_runtime_leave_mapped(rt);
    return threads_end ? left_n + (int)jobs_n : -ETIMEDOUT;
}

static bool is_in_task_of(const edo_runtime *rt) {
    const edoi_worker *w = edoi_worker_here();
    if (!w) w = edoi_thread_here()->in_place_of;
    return w && w->runtime == rt;
}

/* Also in a dedicated thread, and in a computation for which a task of `rt` waits, or waited. */
static bool is_in_job_of(const edo_runtime *rt) {
    const edoi_job *j = edoi_job_here();
    return edoi_blocking_here() == rt->blocking || (j && j->home == rt->blocking) ||
           edoi_dedicated_is_here(rt);
}

bool edoi_shutdown_may_here(const edo_runtime *rt) {
    return !edoi_worker_here() && !is_in_task_of(rt) && !is_in_job_of(rt);
}

int edoi_shutdown(edo_runtime *rt, edo_duration within, int64_t others_until_ns) {
    if (EDO_MISUSE(is_in_task_of(rt), "a runtime cannot be shut down by one of its tasks") ||
        EDO_MISUSE(edoi_worker_here(),
                   "a runtime cannot be shut down in a task or poll of another one") ||
        EDO_MISUSE(is_in_job_of(rt), "a runtime cannot be shut down by one of its jobs or threads"))
        return -EDO_EMISUSE;
    if (!shutdown_begin(rt, others_until_ns)) {
        if (others_until_ns > 0)
            edoi_tell("edo: runtime %s is being shut down by another thread, which is not "
                      "waited for any longer\n",
                      rt->opts.name);
        return -EBUSY;
    }
    edoi_runtime_pin(rt); // a thread that waits for this one may have the last handle
    int left_n = shutdown_all(rt, within, others_until_ns > 0);
    shutdown_end(rt);
    edoi_runtime_unpin(rt);
    return left_n;
}

int edo_runtime_shutdown(edo_runtime *rt, edo_duration within) {
    int err = edoi_runtime_enters(rt);
    return err < 0 ? err : edoi_shutdown(rt, within, 0);
}
