/* SPDX-License-Identifier: MIT */
/* runtime/lifetime.c: see lifetime.h. */
#include "runtime/lifetime.h"

#include "base/held.h"
#include "base/memory/alloc.h"
#include "base/memory/handles.h"
#include "runtime/blocking/blocking.h"
#include "runtime/debug/watchdog.h"
#include "runtime/runtime.h"
#include "runtime/shutdown.h"
#include "runtime/thread/thread_join.h"

#include <signal.h>
#include <stdio.h>

/* What a shutdown may take after its bound: for a poll, for workers, for idle threads of the
 * blocking pool, and for the threads' last steps. */
#define GRACES_NS (4 * EDOI_JOIN_GRACE_NS)

static edo_atomic_ptr on_last_end; /* atomic: LT2 */

void edoi_runtime_on_last_end(edoi_last_end_fn *fn) {
    // LT2: pairs with LT2: what `fn` uses has been set up
    edoi_store_rel_ptr(&on_last_end, (void *)(uintptr_t)fn);
}

/* ---- Memory ---------------------------------------------------------------------------------- */

static void worker_free_memory(edoi_worker *w) {
    edoi_stats_deinit(w);
    edoi_driver_release(w->driver);
    if (w->index > 0) edoi_free(w);
}

static void free_memory(edo_runtime *rt) {
    for (uint32_t i = rt->workers_n; i > 0; i--) worker_free_memory(rt->workers[i - 1]);
    edoi_free(rt->workers);
    (void)pthread_cond_destroy(&rt->threads.changed);
    (void)pthread_mutex_destroy(&rt->threads.mutex);
    (void)pthread_mutex_destroy(&rt->spawn_mutex);
    edoi_handle_free(EDOI_RUNTIME, rt, rt, sizeof *rt);
}

void edoi_runtime_unpin(edo_runtime *rt) {
    if (edoi_runtime_is_forked(rt)) return;
    // LT1: pairs with LT1: other threads' accesses happen before the free
    if (edoi_sub_acqrel_u32(&rt->pins, 1) == 1) free_memory(rt);
}

/* ---- The duty -------------------------------------------------------------------------------- */

/* Removes the runtime from all lists and releases what it shares. No task of it is alive, and no
 * thread of it runs. */
static void retire(edo_runtime *rt) {
    if (rt->whole) edoi_watchdog_leave(rt); // without a lock: only its maker changes it
    edoi_runtime_strike(rt);
    edoi_drive_forget(rt);
    for (uint32_t i = 0; i < rt->workers_n; i++)
        if (rt->workers[i]->frees.n > 0) edoi_task_slab_flush(&rt->workers[i]->frees);
    edoi_task_slab_deinit(&rt->foreign_slab);
    for (uint32_t i = 0; i < rt->workers_n; i++) {
        edoi_worker *w = rt->workers[i];
        edoi_task_slab_deinit(&w->slab);
        edoi_stack_pool_deinit(&w->stacks);
        edoi_driver_forget_sources(w->driver);
        edoi_wheel_put(w->wheel); // may hold timers of sleeps that outlive their runtime
        edoi_worker_id_put(w->id);
    }
    edoi_blocking_unref(rt->blocking);
    if (rt->spare) edoi_parker_put(rt->spare);
}

void edoi_runtime_destroy(edo_runtime *rt) {
    retire(rt);
    edoi_runtime_unpin(rt);
}

void edoi_runtime_leave_mapped(edo_runtime *rt) {
    edoi_store_rlx_u32(&rt->is_left, 1); // relaxed: a flag, no data
    edoi_runtime_ref(rt);
}

/* Releases a handle; true: it was the last, and the caller now has the duty to shut down. */
static bool drop_handle(edo_runtime *rt) {
    edoi_held_check("a runtime's reference is given back");
    return edoi_sub_acqrel_u32(&rt->handles, 1) == 1; // LT3: pairs with LT3: the last sees all
}

/* Ends the threads shared by all runtimes. A task of a runtime that is left behind runs no more, or
 * starts them again. False: some did not end. */
static bool end_common_threads(int64_t until_ns) {
    edoi_last_end_fn *fn = (edoi_last_end_fn *)(uintptr_t)edoi_load_acq_ptr(&on_last_end); // LT2
    return !fn || !edoi_runtime_none_lives() || fn(until_ns);
}

void edoi_runtime_ref(edo_runtime *rt) {
    // relaxed: the caller holds a handle
    if (!edoi_runtime_is_forked(rt)) (void)edoi_add_rlx_u32(&rt->handles, 1);
}

edo_runtime *edo_runtime_ref(edo_runtime *rt) {
    (void)edoi_handle_misused_lent(EDOI_RUNTIME, rt);
    edoi_runtime_ref(rt);
    return edoi_handle_shared(EDOI_RUNTIME, rt);
}

/* Shuts down and releases a handle. False: shared threads did not end. */
static bool end_and_unref(edo_runtime *rt, edo_duration within) {
    if (edoi_runtime_is_forked(rt)) return true;
    int64_t until_ns = edoi_shutdown_bound_ns(edoi_clock_monotonic(), within);
    int64_t others_until_ns = edo_instant_add((edo_instant){ until_ns }, edo_ns(GRACES_NS)).ns;
    // Tasks that did not end were named. It is refused in a task, or if another thread's shutdown
    // has a longer bound: then this call only releases the handle, as edo_runtime_unref().
    bool refused = edoi_shutdown(rt, within, others_until_ns) < 0;
    if (refused) {
        edoi_runtime_unref(rt);
        return true;
    }
    bool is_left = edoi_load_rlx_u32(&rt->is_left) != 0; // relaxed: the end's bracket orders
    edoi_handles_report(rt, !is_left);
    edoi_watchdog_leave(rt);                           // another handle keeps only memory
    if (!is_left) edoi_store_rlx_u32(&rt->is_over, 1); // relaxed: LT3, or ids_mutex, orders
    if (drop_handle(rt)) edoi_runtime_destroy(rt);
    return end_common_threads(until_ns);
}

bool edoi_runtime_free_within(edo_runtime *rt, edo_duration within) {
    edoi_handle_given_up(EDOI_RUNTIME, rt, EDOI_CALLER());
    return end_and_unref(rt, within);
}

void edo_runtime_free(edo_runtime *rt) {
    if (!rt || edoi_handle_misused(EDOI_RUNTIME, rt)) return;
    edoi_handle_given_up(EDOI_RUNTIME, rt, EDOI_CALLER());
    (void)end_and_unref(rt, edoi_shutdown_limit(rt)); // what did not end was named
}

/* ---- Without waiting ------------------------------------------------------------------------- */

static void *end_in_background(void *arg) {
    edo_runtime *rt = arg;
    (void)end_and_unref(rt, edoi_shutdown_limit(rt)); // the result has no reader
    return NULL;
}

static void *destroy_in_background(void *arg) {
    edoi_runtime_destroy(arg);
    return NULL;
}

static bool start_detached(void *(*fn)(void *), void *arg) {
    pthread_t thread;
    pthread_attr_t attr;
    sigset_t all, old;
    (void)pthread_attr_init(&attr);
    (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old); // keeps the program's signals out
    bool started = pthread_create(&thread, &attr, fn, arg) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    (void)pthread_attr_destroy(&attr);
    return started;
}

/* Called after drop_handle(). A runtime that was freed before keeps only memory, but freeing that
 * may have to wait for a dump. */
static void hand_duty_on(edo_runtime *rt) {
    bool is_over = edoi_load_rlx_u32(&rt->is_over) != 0; // relaxed: LT3 orders
    if (!is_over) edoi_runtime_ref(rt);                  // for the thread started below
    if (start_detached(is_over ? destroy_in_background : end_in_background, rt)) return;
    (void)fprintf(stderr, "edo: no thread can be had to end runtime %s: it is left behind\n",
                  rt->opts.name);
}

void edoi_runtime_unref(edo_runtime *rt) {
    if (!edoi_runtime_is_forked(rt) && drop_handle(rt)) hand_duty_on(rt);
}

void edoi_runtime_unref_after_await(edo_runtime *rt) {
    if (edoi_runtime_is_forked(rt) || !drop_handle(rt)) return;
    if (edoi_load_rlx_u32(&rt->is_over)) { // relaxed: LT3 orders
        int64_t until_ns = edoi_shutdown_bound_ns(edoi_clock_monotonic(), edoi_shutdown_limit(rt));
        edoi_runtime_destroy(rt);
        (void)end_common_threads(until_ns); // what did not end was named
    } else {
        hand_duty_on(rt);
    }
}

void edo_runtime_unref(edo_runtime *rt) {
    if (!rt || edoi_handle_misused(EDOI_RUNTIME, rt)) return;
    edoi_handle_given_up(EDOI_RUNTIME, rt, EDOI_CALLER());
    edoi_runtime_unref(rt);
}
