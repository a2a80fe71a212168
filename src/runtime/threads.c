/* SPDX-License-Identifier: MIT */
/* runtime/threads.c: see threads.h.
 *
 * The end: each worker cancels the tasks of its own slab, which no other thread may walk, and is
 * counted in `told_n`. No task is spawned there any more. When all workers have done so, each runs
 * once more (`heard_n`): so a task that ends in its first poll after the cancellation has ended,
 * however short the bound. When no task is alive, or at the bound, the threads are told to stop. A
 * thread that does not stop, because a poll does not return, is left behind. If its poll returns
 * later, the thread abandons the tasks in its queues; the last such thread abandons all tasks that
 * have not ended. */
#include "runtime/threads.h"

#include "base/cond.h"
#include "base/held.h"
#include "fiber/overflow.h"
#include "runtime/debug/watchdog.h"
#include "runtime/hung.h"
#include "runtime/runtime.h"
#include "runtime/scheduler/run_queue_ops.h"
#include "runtime/scheduler/scheduler.h"
#include "runtime/shutdown.h"
#include "runtime/thread/thread_join.h"

#include <errno.h>
#include <stdio.h>

#define STOP_GRACE_NS INT64_C(1000000000) /* for a poll that runs when the bound is reached */

enum { OPEN, TOLD, ALL_TOLD, HEARD }; /* values of edoi_worker.closing: steps of the shutdown */

/* ---- Threads --------------------------------------------------------------------------------- */

static void run(edoi_worker *w) {
    const edoi_threads *threads = &w->runtime->threads;
    while (!edoi_load_rlx_u32(&threads->stop)) { // relaxed: the kick that follows it orders
        edoi_scheduler_run(w);
        // before the turn, which may sleep: the last task may have just ended
        if (EDOI_UNLIKELY(edoi_runtime_is_closing(w->runtime))) edoi_threads_closing(w);
        edoi_scheduler_turn(w);
    }
    edoi_driver_leave(w->driver); // may wake tasks
    edoi_run_queue_settle(w);
    edoi_hung_give_out(w); // if a sibling is stuck, other threads have to find these tasks
}

static void *thread_main(void *arg) {
    edoi_worker *w = arg;
    edo_runtime *rt = w->runtime;
    edoi_threads *threads = &rt->threads;
    bool reports = edoi_overflow_thread_enter() == 0; // false: no report of a stack overflow
    edoi_fiber_adopt(&w->thread);
    edoi_worker_set_here(w);
    edoi_scheduler_hold_stacks(w);
    edoi_store_rlx_u32(&w->tid, edoi_thread_id());
    edoi_watchdog_notice();
    edoi_stats_enter(w);
    run(w);
    edoi_stats_leave(w);
    edoi_store_rlx_u32(&w->tid, 0);
    edoi_stack_pool_rest(&w->stacks);
    edoi_worker_set_here(NULL);
    if (reports) edoi_overflow_thread_leave();
    edoi_mutex_acquire(&threads->mutex);
    bool is_last = --threads->threads_n == 0, is_left = threads->is_left;
    (void)pthread_cond_broadcast(&threads->changed);
    edoi_mutex_release(&threads->mutex);
    if (is_left) edoi_shutdown_bury(rt, is_last);
    return NULL;
}

/* Called with the mutex held. */
static int start_one(edoi_worker *w) {
    char name[16];
    int err = pthread_create(&w->os_thread, NULL, thread_main, w);
    if (err != 0) return -EAGAIN;
    w->is_joinable = true;
    w->runtime->threads.threads_n++;
    (void)snprintf(name, sizeof name, "%.9s-%u", w->runtime->opts.name, (unsigned)w->index);
    (void)pthread_setname_np(w->os_thread, name);
    return 0;
}

void edoi_threads_kick(edo_runtime *rt) {
    for (uint32_t i = 0; i < rt->workers_n; i++) edoi_driver_kick(rt->workers[i]->driver);
}

/* Called with the mutex held: waits for a change until `until_ns`. False: the time is over. */
static bool wait_for_change(edoi_threads *threads, int64_t until_ns) {
    return edoi_cond_wait(&threads->changed, &threads->mutex, until_ns);
}

/* All threads are in their last instructions: waits until they have ended. No other thread stops
 * these threads. */
static void join_threads(edo_runtime *rt, int64_t until_ns) {
    until_ns = edoi_thread_join_until(until_ns);
    for (uint32_t i = 0; i < rt->workers_n; i++) {
        edoi_worker *w = rt->workers[i];
        if (!w->is_joinable) continue;
        w->is_joinable = false;
        (void)edoi_thread_join(w->os_thread, until_ns, rt->opts.name);
    }
}

/* A thread is stuck in a poll: no thread waits for the end of any of them. */
static void detach_threads(edo_runtime *rt) {
    for (uint32_t i = 0; i < rt->workers_n; i++) {
        edoi_worker *w = rt->workers[i];
        if (w->is_joinable) (void)pthread_detach(w->os_thread);
        w->is_joinable = false;
    }
}

/* Stops the threads. False: one did not end in time. */
static bool stop_threads(edo_runtime *rt, int64_t until_ns) {
    edoi_threads *threads = &rt->threads;
    edoi_store_rlx_u32(&threads->stop, 1);
    edoi_threads_kick(rt);
    edoi_mutex_acquire(&threads->mutex);
    while (threads->threads_n > 0 && wait_for_change(threads, until_ns)) {
    }
    bool all = threads->threads_n == 0;
    if (!all) threads->is_left = true;
    edoi_mutex_release(&threads->mutex);
    if (all) {
        join_threads(rt, until_ns);
    } else {
        detach_threads(rt);
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

/* ---- The end --------------------------------------------------------------------------------- */

void edoi_threads_closing(edoi_worker *w) {
    edo_runtime *rt = w->runtime;
    edoi_threads *threads = &rt->threads;
    bool first = w->closing == OPEN;
    if (first) edoi_task_slab_each(&w->slab, edoi_shutdown_cancel_one, NULL);
    // The mutex orders the counts: the last worker to come here sees what all others have ended.
    edoi_mutex_acquire(&threads->mutex);
    if (first) {
        w->closing = TOLD;
        threads->told_n++;
    }
    bool all_told = threads->told_n == rt->workers_n, heard = false;
    if (all_told && w->closing < HEARD) heard = ++w->closing == HEARD;
    if (heard) threads->heard_n++;
    bool over = all_told && edoi_runtime_tasks_alive(rt) == 0;
    if (over || heard) (void)pthread_cond_broadcast(&threads->changed);
    edoi_mutex_release(&threads->mutex);
    // A turn and a run lie between the last two steps. A kick keeps the turn from sleeping.
    if (first && all_told) {
        edoi_threads_kick(rt);
    } else if (w->closing == ALL_TOLD) {
        edoi_driver_kick(w->driver);
    }
}

/* Called with the mutex held: waits until no task is alive, or `until_ns`; then, so that each
 * worker has run its cancelled tasks once, until `grace_ns`. */
static void wait_for_tasks(edo_runtime *rt, int64_t until_ns, int64_t grace_ns) {
    edoi_threads *threads = &rt->threads;
    while (threads->told_n < rt->workers_n || edoi_runtime_tasks_alive(rt) > 0)
        if (!wait_for_change(threads, until_ns)) break;
    while (threads->heard_n < rt->workers_n && edoi_runtime_tasks_alive(rt) > 0)
        if (!wait_for_change(threads, grace_ns)) break;
}

bool edoi_threads_begin_stop(edo_runtime *rt, int64_t until_ns) {
    edoi_threads *threads = &rt->threads;
    edoi_mutex_acquire(&threads->mutex);
    // A thread that buries is not a shutdown that the program called, and ends soon.
    while (threads->stopping && wait_for_change(threads, threads->buries ? INT64_MAX : until_ns)) {
    }
    bool mine = !threads->stopping;
    threads->stopping = true;
    edoi_mutex_release(&threads->mutex);
    return mine;
}

void edoi_threads_begin_bury(edo_runtime *rt) {
    edoi_threads *threads = &rt->threads;
    edoi_mutex_acquire(&threads->mutex);
    while (threads->stopping) (void)wait_for_change(threads, INT64_MAX);
    threads->stopping = threads->buries = true;
    edoi_mutex_release(&threads->mutex);
}

void edoi_threads_end_stop(edo_runtime *rt) {
    edoi_threads *threads = &rt->threads;
    edoi_mutex_acquire(&threads->mutex);
    threads->stopping = threads->buries = false;
    (void)pthread_cond_broadcast(&threads->changed);
    edoi_mutex_release(&threads->mutex);
}

bool edoi_threads_stop(edo_runtime *rt, int64_t until_ns) {
    edoi_threads *threads = &rt->threads;
    edoi_task_slab_each(&rt->foreign_slab, edoi_shutdown_cancel_one,
                        NULL); // no thread spawns any more
    edoi_threads_kick(rt);
    int64_t now_ns = edoi_clock_monotonic();
    bool again = edoi_runtime_gave_up(rt);
    if (again || until_ns < now_ns) until_ns = now_ns;
    int64_t grace_ns = until_ns;
    if (!again && until_ns < INT64_MAX - STOP_GRACE_NS) grace_ns += STOP_GRACE_NS;
    edoi_mutex_acquire(&threads->mutex);
    wait_for_tasks(rt, until_ns, grace_ns);
    edoi_mutex_release(&threads->mutex);
    return stop_threads(rt, grace_ns);
}
