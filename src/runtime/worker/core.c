/* SPDX-License-Identifier: MIT */
/* runtime/worker/core.c: see core.h. */
#include "runtime/worker/core.h"

#include "base/held.h"
#include "base/memory/alloc.h"
#include "driver/driver.h"
#include "records/handles.h"
#include "runtime/task/task_slab.h"
#include "runtime/worker/count.h"
#include "runtime/worker/worker.h"

static void worker_free_memory(edoi_worker *w) {
    edoi_stats_deinit(w);
    edoi_driver_release(w->driver);
    edoi_free(w);
}

static void runtime_free_memory(edo_runtime *rt) {
    EDO_INV("lifetime inv. 3", !edoi_runtime_is_left(rt));
    for (uint32_t i = rt->workers_n; i > 0; i--) worker_free_memory(rt->workers[i - 1]);
    edoi_free(rt->workers);
    (void)pthread_cond_destroy(&rt->threads.changed);
    (void)pthread_mutex_destroy(&rt->threads.mutex);
    (void)pthread_mutex_destroy(&rt->spawn.mutex);
    edoi_handle_free(EDOI_RUNTIME, rt, rt, sizeof *rt);
}

void edoi_runtime_unpin(edo_runtime *rt) {
    if (edoi_runtime_is_forked(rt)) return;
    // LT1: pairs with LT1: other threads' accesses happen before the free
    if (edoi_sub_acqrel_u32(&rt->pins, 1) == 1) runtime_free_memory(rt);
}

void edoi_runtime_each_task(edo_runtime *rt, edoi_task_slab_each_fn *fn, void *arg) {
    for (uint32_t i = 0; i < rt->workers_n; i++)
        edoi_task_slab_each(&rt->workers[i]->slab, fn, arg);
    edoi_mutex_acquire(&rt->spawn.mutex);
    edoi_task_slab_each(&rt->spawn.slab, fn, arg);
    edoi_mutex_release(&rt->spawn.mutex);
}

void edoi_runtime_look_over(edo_runtime *rt, edoi_task_slab_look_fn *fn, void *arg) {
    for (uint32_t i = 0; i < rt->workers_n; i++)
        edoi_task_slab_look_over(&rt->workers[i]->slab, fn, arg);
    edoi_task_slab_look_over(&rt->spawn.slab, fn, arg);
}

void edoi_runtime_kick(edo_runtime *rt) {
    for (uint32_t i = 0; i < rt->workers_n; i++) edoi_driver_kick(rt->workers[i]->driver);
}

uint32_t edoi_runtime_tasks_alive(edo_runtime *rt) {
    edoi_mutex_acquire(&rt->spawn.mutex);
    uint64_t n = edoi_load_rlx_u64(&rt->spawn.n) - edoi_load_rlx_u64(&rt->end.abandoned_n);
    // relaxed: exact on the driving thread, and once the threads have stopped
    for (uint32_t i = 0; i < rt->workers_n; i++)
        n -= edoi_load_rlx_u64(&rt->workers[i]->count.ended);
    for (uint32_t i = 0; i < rt->workers_n; i++)
        n += edoi_load_rlx_u64(&rt->workers[i]->count.spawned);
    edoi_mutex_release(&rt->spawn.mutex);
    return (uint32_t)n;
}

bool edoi_runtime_has_thread(const edo_runtime *rt, uint32_t tid) {
    for (uint32_t i = 0; i < rt->workers_n; i++)
        if (edoi_load_rlx_u32(&rt->workers[i]->shown_thread.tid) == tid) return true;
    return false;
}
