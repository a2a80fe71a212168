/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/near.c: see near.h. */
#include "runtime/scheduler/near.h"

#include "runtime/scheduler/core.h"

edo_atomic_u32 edoi_near_enabled;

void edoi_near_enable(void) {
    edoi_store_rlx_u32(&edoi_near_enabled, 1); // relaxed: making the worker's thread orders it
}

const edoi_worker *edoi_near_worker(void) {
    const edoi_worker *w = edoi_worker_here();
    return w && w->shares ? w : NULL;
}

bool edoi_near_is(const edoi_worker *w, const edo_waker *waker) {
    if (waker->ops != &edoi_task_waker_ops) return false;
    const edo_task *t = (const edo_task *)(const void *)waker;
    if (edoi_slab_runtime(t) != w->runtime) return false;
    // relaxed: a fiber got its home before it waited, so the lock has shown it; and if not, then
    // one is passed over, or not, who should not, or should
    uint32_t home = edoi_load_rlx_u16(&t->home);
    return home == OWNER_NONE || home == w->index + 1;
}

uint16_t edoi_near_id(const edoi_worker *w) {
    return w->id;
}

uint32_t edoi_near_us(const edoi_worker *w) {
    return (uint32_t)((uint64_t)edoi_clock_now(&w->clock) >> 10);
}
