/* SPDX-License-Identifier: MIT */
/* runtime/shutdown.c: ends the tasks, threads and jobs of a runtime, within a bound.
 *
 * From begin_closing() on no spawn succeeds; so the slab of tasks spawned by other threads does not
 * change any more, and is walked here without spawn_mutex: with it held no wake could be
 * delivered. */
#include "runtime/shutdown.h"

#include "base/held.h"
#include "base/memory/handles.h"
#include "runtime/blocking/blocking.h"
#include "runtime/debug/registry.h"
#include "runtime/hung.h"
#include "runtime/lifetime.h"
#include "runtime/metrics/monitor.h"
#include "runtime/runtime.h"
#include "runtime/scheduler/run_queue_ops.h"
#include "runtime/scheduler/scheduler.h"
#include "runtime/scope/scope.h"
#include "runtime/task/guard.h"
#include "runtime/thread/thread_join.h"
#include "runtime/threads.h"

#include <errno.h>
#include <stdio.h>

void edoi_shutdown_cancel_one(void *arg, edo_task *t) {
    (void)arg;
    edo_waker_deliver(edoi_task_mark_cancel(t, EDO_CANCEL_SHUTDOWN));
}

/* Calls `fn` for every task, with no lock held. No thread spawns any more. */
static void each_task(edo_runtime *rt, edoi_task_slab_each_fn *fn, void *arg) {
    for (uint32_t i = 0; i < rt->workers_n; i++)
        edoi_task_slab_each(&rt->workers[i]->slab, fn, arg);
    edoi_task_slab_each(&rt->foreign_slab, fn, arg);
}

void edo_runtime_extend_shutdown(edo_runtime *rt, edo_duration within) {
    if (!rt || edoi_handle_misused(EDOI_RUNTIME, rt) || !rt->shutdown_is_default) return;
    uint64_t wanted_ns = within.ns < 0 ? (uint64_t)EDO_FOREVER_NS : (uint64_t)within.ns;
    uint64_t least_ns = edoi_load_rlx_u64(&rt->shutdown_least_ns);
    // relaxed: a number, no data
    while (least_ns < wanted_ns &&
           !edoi_cas_rlx_u64(&rt->shutdown_least_ns, &least_ns, wanted_ns)) {
    }
}

edo_duration edoi_shutdown_limit(const edo_runtime *rt) {
    int64_t least_ns = (int64_t)edoi_load_rlx_u64(&rt->shutdown_least_ns); // relaxed: a number
    if (least_ns == EDO_FOREVER_NS) return edo_ns(-1);
    return rt->shutdown_is_default && least_ns > rt->opts.shutdown.ns ? edo_ns(least_ns)
                                                                      : rt->opts.shutdown;
}

int64_t edoi_shutdown_bound_ns(int64_t now_ns, edo_duration within) {
    edo_instant now = { now_ns };
    return within.ns < 0 ? INT64_MAX : edo_instant_add(now, within).ns;
}

void edoi_shutdown_cancel(edo_runtime *rt) {
    each_task(rt, edoi_shutdown_cancel_one, NULL);
}

/* The limit is by the runtime's clock and by the real one: a paused clock stands still while a task
 * can run or waits for a job. */
void edoi_shutdown_run_out(edo_runtime *rt, int64_t real_until_ns) {
    edoi_worker *w = &rt->worker;
    edoi_timer limit = { 0 };
    bool bounded = real_until_ns != INT64_MAX;
    int64_t left_ns = bounded ? real_until_ns - edoi_clock_monotonic() : -1;
    if (bounded && left_ns < 0) left_ns = 0;
    int64_t until_ns = edoi_shutdown_bound_ns(edoi_clock_now(&w->clock), edo_ns(left_ns));
    w->stands_until_ns = real_until_ns;
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

static void abandon_one(void *arg, edo_task *t) {
    int *abandoned_n = arg;
    if (edoi_task_is_done(t)) return;
    (void)fprintf(stderr, "edo: task %s did not end at shutdown and was abandoned\n", t->site);
    edoi_task_abandon(t);
    (*abandoned_n)++;
}

/* Wakes the threads and tasks that wait for the end of an abandoned task. */
static void tell_of_abandoned(void *arg, edo_task *t) {
    (void)arg;
    if (!(t->own & OWN_ABANDONED)) return;
    t->own = 0;
    edoi_child_abandoned(t);
    edoi_guard_abandoned(t);
    edoi_monitored_abandoned(t);
    edoi_task_wake_abandoned_joiner(t);
}

/* Marks all tasks that have not ended as abandoned; returns how many. No thread runs tasks any
 * more. */
static int abandon_all(edo_runtime *rt) {
    int abandoned_n = 0;
    edoi_registry_acquire(); // a dump might hold one of them meanwhile
    for (uint32_t i = 0; i < rt->workers_n; i++) edoi_run_queue_settle(rt->workers[i]);
    each_task(rt, abandon_one, &abandoned_n);
    for (uint32_t i = 0; i < rt->workers_n; i++) edoi_run_queue_forget(rt->workers[i]);
    // no task is alive: no later shutdown waits for one
    uint64_t before = edoi_load_rlx_u64(&rt->abandoned_n);
    edoi_store_rlx_u64(&rt->abandoned_n, before + edoi_runtime_tasks_alive(rt));
    edoi_registry_release();
    if (abandoned_n == 0) return 0;
    edoi_runtime_leave_mapped(rt); // their stacks refer to it
    each_task(rt, tell_of_abandoned, NULL);
    return abandoned_n;
}

/* Abandons the tasks that no thread holds, while a thread may still return from its poll: that
 * thread has been told to stop, and no other runs tasks any more. The remaining tasks are in polls,
 * or in the queues of single workers. */
static void abandon_loose(edo_runtime *rt) {
    int abandoned_n = 0;
    edoi_registry_acquire(); // see abandon_all()
    edo_task *held = edoi_hung_pin(rt);
    for (edo_task *t = held; t; t = t->next) abandon_one(&abandoned_n, t);
    uint64_t before = edoi_load_rlx_u64(&rt->abandoned_n);
    edoi_store_rlx_u64(&rt->abandoned_n, before + (uint64_t)abandoned_n);
    edoi_registry_release();
    while (held) { // after all are done: the end of a child could wake a held task
        edo_task *t = held;
        held = t->next;
        t->next = NULL;
        tell_of_abandoned(NULL, t);
    }
}

void edoi_shutdown_bury(edo_runtime *rt, bool all) {
    edoi_threads_begin_bury(rt);
    edoi_runtime_pin(rt); // see edoi_hung_pin()
    if (edoi_runtime_tasks_alive(rt) > 0) {
        if (all) {
            (void)abandon_all(rt);
        } else {
            abandon_loose(rt);
        }
    }
    edoi_runtime_unpin(rt);
    edoi_threads_end_stop(rt);
}

/* Makes spawns fail from now on. */
static void begin_closing(edo_runtime *rt) {
    edoi_mutex_acquire(&rt->spawn_mutex);
    (void)edoi_or_rlx_u32(&rt->spawn_flags, EDOI_SPAWN_CLOSING); // relaxed: under the mutex
    edoi_blocking_tell(rt->blocking);
    edoi_mutex_release(&rt->spawn_mutex);
}

/* A thread is stuck in a poll, and may return from it at any moment. */
static int leave_behind(edo_runtime *rt) {
    int alive_n = (int)edoi_runtime_tasks_alive(rt);
    if (edoi_runtime_gave_up(rt)) return alive_n; // reported and done before
    (void)fprintf(stderr,
                  "edo: a poll did not return at shutdown: its thread and %d task%s of runtime "
                  "%s are left behind\n",
                  alive_n, alive_n == 1 ? "" : "s", rt->opts.name);
    edoi_runtime_leave_mapped(rt);
    abandon_loose(rt);
    edoi_hung_name(rt);
    return alive_n;
}

static int shutdown_threads(edo_runtime *rt, edo_duration within) {
    begin_closing(rt);
    bool all = edoi_threads_stop(rt, edoi_shutdown_bound_ns(edoi_clock_monotonic(), within));
    int abandoned_n = 0;
    if (!all) {
        abandoned_n = leave_behind(rt);
    } else if (edoi_runtime_tasks_alive(rt) > 0) {
        abandoned_n = abandon_all(rt);
    }
    if (!all) edoi_store_rlx_u32(&rt->gave_up, 1);
    return abandoned_n;
}

/* Another thread drives, and did not leave. */
static int leave_driven(edo_runtime *rt) {
    int alive_n = (int)edoi_runtime_tasks_alive(rt);
    if (edoi_runtime_gave_up(rt)) return alive_n; // reported before
    (void)fprintf(stderr,
                  "edo: the thread that drives runtime %s did not leave it at shutdown: it and %d "
                  "tasks are left behind\n",
                  rt->opts.name, alive_n);
    edoi_hung_name(rt);
    edoi_runtime_leave_mapped(rt);
    edoi_store_rlx_u32(&rt->gave_up, 1);
    return alive_n;
}

/* Makes this thread drive, to end the tasks by `until_ns`. False: another thread drives. */
static bool drive(edo_runtime *rt, bool *bury, int64_t until_ns, bool waits) {
    edoi_parker *p = edoi_thread_parker(edoi_thread_here()); // may be NULL
    if (edoi_drive_begin(rt, p, bury)) return true;
    if (!waits) return false;
    begin_closing(rt);
    int64_t grace_ns = edoi_runtime_gave_up(rt) ? until_ns : edoi_thread_join_until(until_ns);
    return edoi_drive_take_over(rt, bury, until_ns, grace_ns);
}

static int shutdown_tasks(edo_runtime *rt, edo_duration within, bool waits) {
    if (rt->opts.flavor == EDO_RUNTIME_MULTI) return shutdown_threads(rt, within);
    int64_t until_ns = edoi_shutdown_bound_ns(edoi_clock_monotonic(), within);
    bool bury;
    if (!drive(rt, &bury, until_ns, waits)) return waits ? leave_driven(rt) : -EBUSY;
    begin_closing(rt);
    if (!bury) { // otherwise its fibers belong to another thread
        edoi_shutdown_cancel(rt);
        edoi_shutdown_run_out(rt, until_ns);
    }
    int abandoned_n = 0;
    if (edoi_runtime_tasks_alive(rt) > 0) abandoned_n = abandon_all(rt);
    edoi_drive_end(rt);
    return abandoned_n;
}

/* Ends blocking jobs; returns how many did not end; those are named. */
static int shutdown_jobs(edo_runtime *rt, int64_t until_ns) {
    uint32_t left_n = edoi_blocking_stop(rt->blocking, until_ns);
    if (left_n == 0) return 0;
    edoi_runtime_leave_mapped(rt); // the jobs may use it
    edoi_store_rlx_u32(&rt->gave_up, 1);
    return (int)left_n;
}

/* The worker of the calling task, also if it blocks in place; NULL: none. */
static const edoi_worker *worker_of_task(void) {
    const edoi_worker *w = edoi_worker_here();
    return w ? w : edoi_thread_here()->in_place_of;
}

/* Does this thread run a computation for which a task of `rt` waits, or waited? */
static bool is_job_of(const edo_runtime *rt) {
    const edoi_job *j = edoi_job_here();
    return j && j->home == rt->blocking;
}

/* Inside the bracket. `waits`: for another thread that drives. */
static int shutdown_all(edo_runtime *rt, edo_duration within, bool waits) {
    if (edoi_runtime_gave_up(rt)) within = edo_ns(0); // was waited for before
    int64_t until_ns = edoi_shutdown_bound_ns(edoi_clock_monotonic(), within);
    int abandoned_n = shutdown_tasks(rt, within, waits);
    return abandoned_n < 0 ? abandoned_n : abandoned_n + shutdown_jobs(rt, until_ns);
}

int edoi_shutdown(edo_runtime *rt, edo_duration within, int64_t others_until_ns) {
    if (edoi_runtime_is_forked(rt)) return -EDO_EFORKED;
    const edoi_worker *w = worker_of_task();
    if (EDO_MISUSE(w && w->runtime == rt, "a runtime cannot be shut down by one of its tasks") ||
        EDO_MISUSE(edoi_worker_here(),
                   "a runtime cannot be shut down in a task or poll of another one") ||
        EDO_MISUSE(edoi_blocking_here() == rt->blocking || is_job_of(rt),
                   "a runtime cannot be shut down by one of its jobs"))
        return -EDO_EMISUSE;
    if (!edoi_threads_begin_stop(rt, others_until_ns)) {
        if (others_until_ns > 0)
            (void)fprintf(stderr,
                          "edo: runtime %s is being shut down by another thread, which is not "
                          "waited for any longer\n",
                          rt->opts.name);
        return -EBUSY;
    }
    edoi_runtime_pin(rt); // a thread that waits for this one may have the last handle
    int left_n = shutdown_all(rt, within, others_until_ns > 0);
    edoi_threads_end_stop(rt);
    edoi_runtime_unpin(rt);
    return left_n;
}

int edo_runtime_shutdown(edo_runtime *rt, edo_duration within) {
    if (edoi_handle_misused_lent(EDOI_RUNTIME, rt)) return -EDO_EMISUSE;
    return edoi_shutdown(rt, within, 0);
}
