/* SPDX-License-Identifier: MIT */
/* runtime/end/threads.c: see threads.h. The steps of the end are told in shutdown.c; here each
 * worker cancels the tasks of its own slab, and is counted in `cancelled_n`. */
#include "runtime/end/threads.h"

#include "base/cond.h"
#include "base/held.h"
#include "driver/clock.h"
#include "driver/driver.h"
#include "fiber/fiber.h"
#include "fiber/overflow.h"
#include "runtime/end/shutdown.h"
#include "runtime/scheduler/scheduler.h"
#include "runtime/scheduler/stats.h"
#include "runtime/scope/ctx.h"
#include "runtime/task/task_slab.h"
#include "runtime/watch/watchdog.h"
#include "runtime/worker/core.h"
#include "runtime/worker/run_queue_ops.h"
#include "runtime/worker/wake.h"
#include "runtime/worker/worker.h"

#include <errno.h>
#include <stdio.h>

/* Cancels the worker's tasks if it has not yet; tells when all workers have, and when no task is
 * alive any more. Between polls, while the runtime closes. */
static void close_worker(edoi_worker *w, bool *has_cancelled) {
    edo_runtime *rt = w->runtime;
    edoi_threads *threads = &rt->threads;
    bool first = !*has_cancelled;
    *has_cancelled = true;
    if (first) edoi_task_slab_each(&w->slab, edoi_shutdown_cancel_one, NULL);
    // The mutex orders the counts: the last worker to come here sees what all others have ended.
    edoi_mutex_acquire(&threads->mutex);
    if (first) threads->cancelled_n++;
    bool all_cancelled = threads->cancelled_n == rt->workers_n;
    if (all_cancelled && (first || edoi_runtime_tasks_alive(rt) == 0))
        (void)pthread_cond_broadcast(&threads->changed);
    edoi_mutex_release(&threads->mutex);
}

static void worker_run(edoi_worker *w) {
    const edoi_threads *threads = &w->runtime->threads;
    bool has_cancelled = false;
    while (!edoi_load_rlx_u32(&threads->stop)) { // relaxed: the kick that follows it orders
        edoi_scheduler_run(w);
        // before the turn, which may sleep: the last task may have just ended
        if (EDOI_UNLIKELY(edoi_runtime_is_closing(w->runtime))) close_worker(w, &has_cancelled);
        edoi_scheduler_turn(w);
    }
    if (has_cancelled && !edoi_runtime_is_left(w->runtime)) { // once more: step 3
        edoi_driver_kick(w->driver);                          // so the turn does not sleep
        edoi_scheduler_turn(w);
        edoi_scheduler_run(w);
    }
    edoi_driver_leave(w->driver); // may wake tasks
    edoi_run_queue_settle(w);
}

static void *threads_thread_main(void *arg) {
    edoi_worker *w = arg;
    edo_runtime *rt = w->runtime;
    edoi_threads *threads = &rt->threads;
    bool reports = edoi_overflow_thread_enter() == 0; // false: no report of a stack overflow
    edoi_fiber_adopt(&w->thread);
    edoi_worker_set_here(w);
    edoi_scheduler_hold_stacks(w);
    edoi_store_rlx_u32(&w->shown_thread.tid, edoi_thread_id());
    edoi_watchdog_notice();
    edoi_stats_enter(w);
    worker_run(w);
    edoi_stats_leave(w);
    edoi_store_rlx_u32(&w->shown_thread.tid, 0);
    edoi_stack_pool_rest(&w->stacks);
    edoi_worker_set_here(NULL);
    if (reports) edoi_overflow_thread_leave();
    edoi_mutex_acquire(&threads->mutex);
    bool is_last = --threads->threads_n == 0, is_left = threads->is_left;
    (void)pthread_cond_broadcast(&threads->changed);
    edoi_mutex_release(&threads->mutex);
    if (is_left && is_last) edoi_shutdown_abandon_left(rt);
    return NULL;
}

/* Called with the mutex held. */
static int start_one(edoi_worker *w) {
    char name[16];
    int err = pthread_create(&w->own.thread, NULL, threads_thread_main, w);
    if (err != 0) return -EAGAIN;
    w->own.is_joinable = true;
    w->runtime->threads.threads_n++;
    (void)snprintf(name, sizeof name, "%.9s-%u", w->runtime->opts.name, (unsigned)w->index);
    (void)pthread_setname_np(w->own.thread, name);
    return 0;
}

/* Waits for a change until `until_ns`. False: the time is over. Called with the mutex held. */
static bool wait_for_change(edoi_threads *threads, int64_t until_ns) {
    return edoi_cond_wait(&threads->changed, &threads->mutex, until_ns);
}

/* Is something under way that abandoned tasks have asked of files? A thread ends only with what the
 * kernel makes for it, and any of them may have handed that on. Called when all have left. */
static bool is_kernel_busy(const edo_runtime *rt) {
    bool is_busy = false;
    for (uint32_t i = 0; i < rt->workers_n && !is_busy; i++)
        is_busy = edoi_driver_has_ops(rt->workers[i]->driver);
    return is_busy;
}

/* Stops the threads and joins them, unless a device does not end what it was asked for: then they
 * end by themselves. False: one did not end in time; none is joined any more. */
static bool stop_threads(edo_runtime *rt, int64_t until_ns) {
    edoi_threads *threads = &rt->threads;
    edoi_store_rlx_u32(&threads->stop, 1);
    edoi_runtime_kick(rt);
    edoi_mutex_acquire(&threads->mutex);
    while (threads->threads_n > 0 && wait_for_change(threads, until_ns)) {
    }
    bool all = threads->threads_n == 0;
    if (!all) threads->is_left = true;
    edoi_mutex_release(&threads->mutex);
    bool may_join = all && !is_kernel_busy(rt);
    for (uint32_t i = 0; i < rt->workers_n; i++) {
        edoi_worker *w = rt->workers[i];
        if (!w->own.is_joinable) continue;
        w->own.is_joinable = false;
        (void)(may_join ? pthread_join(w->own.thread, NULL) : pthread_detach(w->own.thread));
    }
    return all;
}

int edoi_threads_start(edo_runtime *rt) {
    edoi_threads *threads = &rt->threads;
    int err = 0;
    for (uint32_t i = 0; i < rt->workers_n && err == 0; i++) {
        edoi_mutex_acquire(&threads->mutex);
        err = start_one(rt->workers[i]);
        edoi_mutex_release(&threads->mutex);
    }
    if (err < 0) (void)stop_threads(rt, INT64_MAX); // they have no tasks
    return err;
}

bool edoi_threads_stop(edo_runtime *rt, int64_t until_ns, int64_t grace_ns) {
    edoi_threads *threads = &rt->threads;
    // no thread spawns any more
    edoi_task_slab_each(&rt->spawn.slab, edoi_shutdown_cancel_one, NULL);
    edoi_runtime_kick(rt);
    edoi_mutex_acquire(&threads->mutex);
    while (threads->cancelled_n < rt->workers_n && wait_for_change(threads, grace_ns)) {
    }
    while (edoi_runtime_tasks_alive(rt) > 0 && wait_for_change(threads, until_ns)) {
    }
    edoi_mutex_release(&threads->mutex);
    return stop_threads(rt, grace_ns);
}
