/* SPDX-License-Identifier: MIT */
/* runtime/end/lifetime.c: see lifetime.h. */
#include "runtime/end/lifetime.h"

#include "base/held.h"
#include "driver/clock.h"
#include "driver/driver.h"
#include "driver/wheel.h"
#include "log/tell.h"
#include "records/handles.h"
#include "runtime/blocking/blocking.h"
#include "runtime/end/shutdown.h"
#include "runtime/scope/parker.h"
#include "runtime/task/task_slab.h"
#include "runtime/thread/dedicated.h"
#include "runtime/thread/drive.h"
#include "runtime/watch/registry.h"
#include "runtime/watch/watchdog.h"
#include "runtime/worker/core.h"
#include "runtime/worker/worker.h"
#include "stacks/spots.h"

#include <errno.h>

#define OTHERS_NS INT64_C(3000000000) /* what another shutdown may take after its bound */

static edo_atomic_ptr on_last_end; /* atomic: LT2 */

void edoi_runtime_on_last_end(edoi_last_end_fn *fn) {
    // LT2: pairs with LT2: what `fn` uses has been set up
    edoi_store_rel_ptr(&on_last_end, (void *)(uintptr_t)fn);
}

/* ---- The duty -------------------------------------------------------------------------------- */

/* Removes the runtime from all lists and releases what it shares. No task of it is alive, and no
 * thread of it runs. */
static void lifetime_retire(edo_runtime *rt) {
    if (rt->listed.is_whole) edoi_watchdog_leave(rt); // without a lock: only its maker changes it
    edoi_runtime_strike(rt);
    edoi_drive_forget(rt);
    for (uint32_t i = 0; i < rt->workers_n; i++)
        if (rt->workers[i]->frees.n > 0) edoi_task_slab_flush(&rt->workers[i]->frees);
    edoi_task_slab_deinit(&rt->spawn.slab);
    for (uint32_t i = 0; i < rt->workers_n; i++) {
        edoi_worker *w = rt->workers[i];
        edoi_task_slab_deinit(&w->slab);
        edoi_stack_pool_deinit(&w->stacks);
        edoi_driver_forget_sources(w->driver);
        edoi_wheel_put(w->wheel); // may hold timers of sleeps that outlive their runtime
        edoi_worker_id_put(w->id);
    }
    edoi_blocking_unref(rt->blocking);
    if (rt->drive.spare) edoi_parker_put(rt->drive.spare);
}

void edoi_runtime_destroy(edo_runtime *rt) {
    lifetime_retire(rt);
    edoi_runtime_unpin(rt);
}

void edoi_runtime_leave_mapped(edo_runtime *rt) {
    edoi_store_rlx_u32(&rt->end.is_left, 1); // relaxed: a flag, no data
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
    if (!edoi_runtime_none_lives()) return true;
    // relaxed: the workers that have made one have ended
    if (edoi_load_rlx_u32(&edoi_spots_any)) edoi_spots_stop(until_ns);
    return !fn || fn(until_ns);
}

void edoi_runtime_ref(edo_runtime *rt) {
    // relaxed: the caller holds a handle
    if (!edoi_runtime_is_forked(rt)) (void)edoi_add_rlx_u32(&rt->handles, 1);
}

edo_runtime *edo_runtime_ref(edo_runtime *rt) {
    EDOI_ENTERS_LENT(EDOI_RUNTIME, rt);
    edoi_runtime_ref(rt);
    return edoi_handle_shared(EDOI_RUNTIME, rt);
}

void edo_runtime_at_end(edo_runtime *rt, edo_runtime_ending *ending) {
    EDOI_ENTERS_LENT(EDOI_RUNTIME, rt);
    edoi_mutex_acquire(&rt->spawn.mutex);
    ending->next = rt->end.endings;
    rt->end.endings = ending;
    edoi_mutex_release(&rt->spawn.mutex);
}

static edo_runtime_ending *lifetime_take_ending(edo_runtime *rt) {
    edoi_mutex_acquire(&rt->spawn.mutex);
    edo_runtime_ending *e = rt->end.endings;
    if (e) rt->end.endings = e->next;
    edoi_mutex_release(&rt->spawn.mutex);
    return e;
}

/* No task or job is there any more; a call may add another one. */
static void lifetime_call_endings(edo_runtime *rt) {
    edo_runtime_ending *e;
    while ((e = lifetime_take_ending(rt))) e->fn(e->arg);
}

/* Shuts down and releases a handle. False: shared threads did not end. */
static bool end_and_unref(edo_runtime *rt, edo_duration within) {
    if (edoi_runtime_is_forked(rt)) return true;
    int64_t until_ns = edoi_shutdown_bound_ns(edoi_clock_monotonic(), within);
    int64_t others_until_ns = edoi_time_after(until_ns, OTHERS_NS);
    // Tasks that did not end were named. It is refused in a task, or if another thread's shutdown
    // has a longer bound: then this call only releases the handle, as edo_runtime_unref().
    int left_n = edoi_shutdown(rt, within, others_until_ns);
    bool refused = left_n < 0 && left_n != -ETIMEDOUT;
    if (refused) {
        edoi_runtime_unref(rt);
        return true;
    }
    bool is_left = edoi_runtime_is_left(rt);
    if (!is_left) lifetime_call_endings(rt);
    edoi_handles_report(rt, !is_left);
    edoi_watchdog_leave(rt);                               // another handle keeps only memory
    if (!is_left) edoi_store_rlx_u32(&rt->end.is_over, 1); // relaxed: LT3, or ids_mutex, orders
    if (drop_handle(rt)) edoi_runtime_destroy(rt);
    return end_common_threads(until_ns);
}

void edoi_runtime_unref(edo_runtime *rt) {
    if (edoi_runtime_is_forked(rt) || !drop_handle(rt)) return;
    edo_duration within = edoi_shutdown_limit(rt);
    if (edoi_load_rlx_u32(&rt->end.is_over)) { // relaxed: LT3 orders
        int64_t until_ns = edoi_shutdown_bound_ns(edoi_clock_monotonic(), within);
        edoi_runtime_destroy(rt);
        (void)end_common_threads(until_ns); // what did not end was named
    } else if (edoi_shutdown_may_here(rt)) {
        edoi_runtime_ref(rt); // for the end
        (void)end_and_unref(rt, within);
    } else {
        edoi_tell("edo: the last reference of runtime %s is given back in a task, job or thread, "
                  "where it cannot end: it is left behind\n",
                  rt->opts.name);
        edoi_dedicated_leave_behind(rt);
    }
}

bool edoi_runtime_free_within(edo_runtime *rt, edo_duration within) {
    edoi_handle_given_up(EDOI_RUNTIME, rt, EDOI_CALLER());
    return end_and_unref(rt, within);
}

void edo_runtime_free(edo_runtime *rt) {
    if (!rt) return;
    edoi_handle_given_up(EDOI_RUNTIME, rt, EDOI_CALLER());
    (void)end_and_unref(rt, edoi_shutdown_limit(rt)); // what did not end was named
}

void edo_runtime_unref(edo_runtime *rt) {
    if (!rt) return;
    edoi_handle_given_up(EDOI_RUNTIME, rt, EDOI_CALLER());
    edoi_runtime_unref(rt);
}
