/* SPDX-License-Identifier: MIT */
/* runtime/worker/here.c: see here.h. */
#include "runtime/worker/here.h"

#include "driver/clock.h"
#include "runtime/task/fiber_ctx.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/task.h"
#include "runtime/task/task_slab.h"
#include "runtime/worker/places.h"
#include "runtime/worker/polled.h"
#include "runtime/worker/worker.h"

edo_atomic_u32 edoi_siblings_flag;

edo_runtime *edoi_worker_runtime_here(void) {
    const edoi_worker *w = edoi_worker_here();
    return w ? w->runtime : NULL;
}

edo_task *edoi_task_here(void) {
    const edoi_worker *w = edoi_worker_here();
    return w ? edoi_worker_running(w) : NULL;
}

edo_task *edoi_fiber_here(void) {
    const edoi_worker *w = edoi_worker_here();
    return w && w->fiber ? edoi_worker_running(w) : NULL;
}

struct edoi_fiber_task *edoi_fiber_served_here(void) {
    const edoi_worker *w = edoi_worker_here();
    return w ? edoi_fiber_served(w) : NULL;
}

struct edo_context_block **edoi_task_values_here(struct edoi_fiber_task **fiber) {
    edoi_worker *w = edoi_worker_here();
    *fiber = NULL;
    if (!w || !edoi_worker_running(w)) return NULL;
    *fiber = edoi_fiber_served(w);
    return *fiber ? &(*fiber)->ctx->values : &w->machine.values;
}

bool edoi_machine_runs_here(void) {
    const edoi_worker *w = edoi_worker_here();
    return w && edoi_worker_running(w) && !w->fiber;
}

edoi_worker *edoi_worker_sharing_here(void) {
    edoi_worker *w = edoi_worker_here();
    return w && w->shares ? w : NULL;
}

uint32_t edoi_worker_id_here(void) {
    const edoi_worker *w = edoi_worker_here();
    return w ? w->id : 0;
}

edo_task *edoi_task_look_here(struct edoi_fiber_task **fiber, uint32_t *tenths) {
    const edoi_worker *w = edoi_worker_here();
    *fiber = w ? edoi_fiber_served(w) : NULL;
    *tenths = w && !w->clock.paused ? w->now_tenths : 0;
    return w ? edoi_worker_running(w) : NULL;
}

/* The worker's places are entered for the look: a sibling may take over what is there in a long
 * poll, and writes what is the owner's then. */
bool edoi_task_is_put_aside_here(const edo_task *t) {
    edoi_worker *w = edoi_worker_here();
    uint16_t outer;
    // relaxed: another worker's id stays another's
    if (!w || edoi_load_rlx_u16(&t->owner) != w->id) return false;
    bool is_mine = edoi_places_enter(&w->places, w->id, &outer);
    bool is_aside = is_mine && edoi_load_rlx_u16(&t->owner) == w->id && t->own == OWN_DEFERRED;
    edoi_places_leave(&w->places, outer);
    return is_aside;
}

const edoi_clock *edoi_worker_clock_here(void) {
    const edoi_worker *w = edoi_worker_here();
    return w ? &w->clock : NULL;
}

uint64_t *edoi_worker_random_here(void) {
    edoi_worker *w = edoi_worker_here();
    return w ? &w->cx.random : NULL;
}

bool edoi_worker_poll_here(uint64_t *poll) {
    const edoi_worker *w = edoi_worker_here();
    if (!w || !w->fiber) return false;
    // A suspended fiber goes on in a later poll, if it migrates perhaps of another worker.
    *poll = edoi_worker_polls(w) ^ (uint64_t)w->id << 48;
    return true;
}

bool edoi_worker_may_run(const edoi_worker *w, const edo_waker *waker) {
    if (waker->ops != &edoi_task_waker_ops) return false;
    const edo_task *t = (const edo_task *)(const void *)waker;
    if (edoi_task_slab_runtime(t) != w->runtime) return false;
    uint32_t home = edoi_load_rlx_u16(&t->home); // relaxed: set before it waited; the lock orders
    return home == OWNER_NONE || home == w->index + 1;
}

int64_t edoi_worker_now(const edoi_worker *w) {
    return edoi_clock_now(&w->clock);
}

/* ---- What leaves ask of the worker that polls them ------------------------------------------ */

edo_runtime *edoi_cx_runtime(const edo_cx *cx) {
    return cx->worker ? cx->worker->runtime : NULL;
}

int64_t edoi_cx_now(const edo_cx *cx) {
    return cx->worker ? edoi_clock_now(&cx->worker->clock) : edoi_clock_monotonic();
}

edo_wall edoi_cx_wall(const edo_cx *cx) {
    return edoi_clock_wall(cx->worker ? &cx->worker->clock : NULL);
}
