/* SPDX-License-Identifier: MIT */
/* runtime/debug/living.c: see living.h. */
#include "runtime/debug/living.h"

#include "driver/clock.h"
#include "runtime/fiber/reclaim.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/task.h"
#include "runtime/task/task_slab.h"
#include "runtime/watch/registry.h"
#include "runtime/worker/core.h"
#include "runtime/worker/pin.h"

#define AT_ONCE  64u /* tasks that are pinned */
#define TENTH_NS INT64_C(100000000)

typedef struct living_look {
    edoi_living_fn *fn;
    void *arg;
    bool are_ages_known;
} living_look;

/* Called with the lock of all pages held. */
static bool living_see(void *arg, edo_task *t) {
    const living_look *look = arg;
    uint32_t word = edoi_load_rlx_u32(&t->word); // relaxed: nothing hangs on it
    if (word == 0 || (word & (TASK_FREED | TASK_DONE))) return true;
    edoi_living l = { .task = t, .site = edoi_task_seen_site(t), .is_busy = word & TASK_BUSY };
    // relaxed: it may be that of the slot's next task
    if (look->are_ages_known)
        l.born_ns = EDOI_ATOMIC_LOAD(&t->born_tenths, EDOI_RELAXED) * TENTH_NS;
    if (l.site) look->fn(look->arg, &l);
    return true;
}

void edoi_living_look(edoi_living_fn *fn, void *arg, const edo_runtime *except) {
    living_look look = { .fn = fn, .arg = arg };
    edoi_registry_acquire();
    for (edo_runtime *rt = edoi_registry_next(NULL); rt; rt = edoi_registry_next(rt)) {
        if (rt == except) continue;
        look.are_ages_known = !rt->stamps && !rt->opts.start_paused;
        edoi_runtime_look_over(rt, living_see, &look);
    }
    edoi_registry_release();
}

/* ---- Waits ----------------------------------------------------------------------------------- */

typedef struct living_waits {
    edoi_living_wait_fn *fn;
    void *arg;
    edo_runtime *rt;
    int64_t now_ns;
    uint32_t n;
    edo_task *tasks[AT_ONCE]; /* pinned */
} living_waits;

/* Called with the lock of all pages held. */
static bool living_pin(void *arg, edo_task *t) {
    living_waits *l = arg;
    if (l->n == AT_ONCE) return false;
    if (edoi_task_pin(t)) l->tasks[l->n++] = t;
    return true;
}

/* The task is pinned. */
static void living_tell_wait(const living_waits *l, edo_task *t) {
    edo_future *f = edoi_task_future(t);
    const edoi_fiber_task *fiber = (edoi_fiber_task *)(void *)f;
    if (!edoi_is_fiber_task(f) || !fiber->ctx || !fiber->awaiting) return;
    int64_t tenths = EDOI_PARKED_LONG_S * 10; // it has given pages back: reclaim.c
    if (fiber->parked_tenths != EDOI_NOT_PARKED)
        tenths = (uint32_t)(l->now_ns / TENTH_NS) - fiber->parked_tenths;
    l->fn(l->arg, t, fiber->awaiting->ops->name, l->now_ns - tenths * TENTH_NS);
}

static void living_tell_pinned(void *arg) {
    living_waits *l = arg;
    for (uint32_t i = 0; i < l->n; i++) living_tell_wait(l, l->tasks[i]);
    for (uint32_t i = 0; i < l->n; i++) edoi_task_unpin(l->rt, l->tasks[i]);
    l->n = 0;
}

void edoi_living_waits(edoi_living_wait_fn *fn, void *arg, const edo_runtime *except) {
    living_waits l = { .fn = fn, .arg = arg, .now_ns = edoi_clock_monotonic() };
    edoi_registry_acquire();
    for (edo_runtime *rt = edoi_registry_next(NULL); rt; rt = edoi_registry_next(rt)) {
        if (rt == except || rt->opts.start_paused) continue;
        l.rt = rt;
        edoi_runtime_look_in_parts(rt, living_pin, living_tell_pinned, &l);
    }
    edoi_registry_release();
}

uint64_t edoi_living_id(const edo_runtime *rt) {
    return rt->id;
}
