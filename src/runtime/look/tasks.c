/* SPDX-License-Identifier: MIT */
/* runtime/look/tasks.c: see tasks.h.
 *
 * The slabs are walked some tasks at a time. Of a task that is not pinned (pin.h) only atomics are
 * read: so a look at a million tasks pins some, and counts the others. */
#include "runtime/look/tasks.h"

#include "base/held.h"
#include "driver/clock.h"
#include "fiber/fiber.h"
#include "future/describe.h"
#include "locks/tenths.h"
#include "runtime/look/waits.h"
#include "runtime/scope/monitor.h"
#include "runtime/scope/wrapped.h"
#include "runtime/task/fiber_task.h"
#include "runtime/watch/capture.h"
#include "runtime/watch/registry.h"
#include "runtime/worker/core.h"
#include "runtime/worker/idle.h"
#include "runtime/worker/pin.h"

#include <string.h>

#define AT_ONCE 64u

typedef struct tasks_walk {
    const edoi_tasks_look *how;
    edoi_tasks_look_fn *fn;
    void *arg;
    edo_runtime *rt;
    int64_t now_ns;  /* negative: not known */
    uint64_t idle_n; /* seen so far */
    uint32_t n;
    edoi_task_sight sights[AT_ONCE];
} tasks_walk;

static tasks_walk walk; /* lock: that of registry.h */

uint32_t edoi_task_seen_worker(const edo_runtime *rt, const edo_task *t, bool *runs) {
    uint32_t id = edoi_load_rlx_u16(&t->owner); // relaxed: a hint
    *runs = false;
    for (uint32_t i = 0; i < rt->workers_n; i++) {
        const edoi_seen_worker w = edoi_capture_see(rt->workers[i]);
        if (w.poll.task == t) *runs = true;
        if (*runs || (id != OWNER_NONE && w.id == id)) return i;
    }
    return EDOI_NOBODY;
}

/* Stamps occupy the place of `born_tenths`. */
int64_t edoi_task_age_tenths(const edo_runtime *rt, edo_task *t, int64_t now_ns) {
    if (now_ns < 0) return -1;
    edoi_monitored *monitored = rt->stamps ? edoi_monitored_of(t) : NULL;
    if (rt->stamps && !monitored) return -1;
    uint32_t born = monitored ? monitored->born_tenths
                              : EDOI_ATOMIC_LOAD(&t->born_tenths, EDOI_RELAXED); // a hint
    return edoi_tenths_since(edoi_tenths(now_ns), born);
}

/* ---- Under the lock of all pages ------------------------------------------------------------- */

static bool walk_wants(const tasks_walk *l, const edo_task *t, const char *site) {
    if (l->how->only != 0 && l->how->only != edo_task_id(t)) return false;
    return !l->how->is_site || l->how->is_site(l->how->site_arg, site);
}

/* The turn of one that waits to be pinned? */
static bool walk_takes(tasks_walk *l, uint32_t word) {
    if (word & (TASK_BUSY | TASK_DONE)) return false;
    return l->how->every < 2 || l->idle_n++ % l->how->every == 0;
}

static void sight_state(const tasks_walk *l, edoi_task_sight *s, uint32_t word) {
    bool runs = false;
    s->worker = EDOI_NOBODY;
    s->is_cancelled = (word & (TASK_CANCEL | TASK_DONE)) == TASK_CANCEL;
    s->state = word & TASK_DONE ? EDOI_TASK_ENDED : EDOI_TASK_WAITS;
    if (s->is_pinned || !(word & TASK_BUSY)) return;
    uint32_t at = edoi_task_seen_worker(l->rt, s->task, &runs);
    s->state = runs ? EDOI_TASK_RUNS : EDOI_TASK_QUEUED;
    if (runs) s->worker = at;
}

/* Of a task that is not held: it may have ended, and the age is that of the next one in its place.
 * The runtime keeps no stamps. */
static int64_t walk_age_ns(const tasks_walk *l, const edo_task *t) {
    const uint32_t born = EDOI_ATOMIC_LOAD(&t->born_tenths, EDOI_RELAXED);
    return edoi_tenths_since(edoi_tenths(l->now_ns), born) * EDOI_TENTH_NS;
}

static bool walk_note(void *arg, edo_task *t) {
    tasks_walk *l = arg;
    if (l->n == AT_ONCE) return false;
    uint32_t word = edoi_load_rlx_u32(&t->word); // relaxed: a hint if it is not pinned
    if (word == 0 || (word & TASK_FREED)) return true;
    const char *site = edoi_task_seen_site(t);
    if (!walk_wants(l, t, site)) return true;
    edoi_task_sight *s = &l->sights[l->n++];
    *s = (edoi_task_sight){ .rt = l->rt,
                            .task = t,
                            .runtime = l->rt->id,
                            .id = edo_task_id(t),
                            .site = site,
                            .age_ns = -1,
                            .wait_ns = -1 };
    if (!l->rt->stamps && l->now_ns >= 0) s->age_ns = walk_age_ns(l, t);
    s->is_pinned = walk_takes(l, word) && edoi_task_pin(t);
    sight_state(l, s, edoi_load_rlx_u32(&t->word)); // relaxed: as above
    return true;
}

/* ---- Without that lock ----------------------------------------------------------------------- */

static void sight_study(edoi_task_sight *s, int64_t now_ns) {
    edo_future *f = edoi_task_future(s->task);
    int64_t tenths = edoi_task_age_tenths(s->rt, s->task, now_ns);
    s->age_ns = tenths < 0 ? -1 : tenths * EDOI_TENTH_NS;
    s->is_fiber = edoi_is_fiber_task(f);
    if (!s->is_fiber) {
        s->awaits = edoi_wrapped_inner(f)->ops->name;
        return;
    }
    const edoi_fiber_task *fiber = (const edoi_fiber_task *)(const void *)f;
    if (!fiber->ctx || !fiber->awaiting) return;
    s->awaits = fiber->awaiting->ops->name;
    if (now_ns >= 0) s->wait_ns = now_ns - edoi_fiber_wait_since(fiber, now_ns);
}

static void walk_tell(void *arg) {
    tasks_walk *l = arg;
    for (uint32_t i = 0; i < l->n; i++) {
        if (l->sights[i].is_pinned) sight_study(&l->sights[i], l->now_ns);
        l->fn(l->arg, &l->sights[i]);
    }
    for (uint32_t i = 0; i < l->n; i++)
        if (l->sights[i].is_pinned) edoi_task_unpin(l->rt, l->sights[i].task);
    l->n = 0;
}

void edoi_tasks_look_over(const edoi_tasks_look *how, edoi_tasks_look_fn *fn, void *arg) {
    edoi_registry_acquire();
    walk.how = how;
    walk.fn = fn;
    walk.arg = arg;
    walk.idle_n = walk.n = 0;
    for (walk.rt = edoi_registry_next(NULL); walk.rt; walk.rt = edoi_registry_next(walk.rt)) {
        // A paused clock belongs to the driving thread.
        walk.now_ns = walk.rt->opts.start_paused ? -1 : edoi_clock_monotonic();
        edoi_runtime_look_in_parts(walk.rt, walk_note, walk_tell, &walk);
    }
    edoi_registry_release();
}

/* ---- For the function ------------------------------------------------------------------------ */

/* What a fiber that is pinned awaits; NULL: it is none, or has not begun. */
static const edoi_fiber_task *sight_fiber(const edoi_task_sight *s) {
    if (!s->is_pinned || !s->is_fiber) return NULL;
    const edoi_fiber_task *fiber = (const edoi_fiber_task *)(const void *)edoi_task_future(s->task);
    return fiber->ctx && fiber->awaiting ? fiber : NULL;
}

static size_t sight_running_stack(const edoi_task_sight *s, void **pcs, size_t max) {
    const edoi_worker *w = s->rt->workers[s->worker];
    edoi_thread_call call;
    const edoi_seen_poll poll = edoi_capture_see(w).poll;
    if (poll.task != s->task || w == edoi_worker_here()) return 0;
    return edoi_capture(w, &poll, pcs, max, &call);
}

size_t edoi_task_sight_stack(const edoi_task_sight *s, void **pcs, size_t max,
                             bool *first_is_exact) {
    const edoi_fiber_task *fiber = sight_fiber(s);
    *first_is_exact = s->state == EDOI_TASK_RUNS;
    if (s->state == EDOI_TASK_RUNS) return sight_running_stack(s, pcs, max);
    if (!fiber || !edoi_fiber_is_suspended(&fiber->ctx->fiber)) return 0;
    return edoi_fiber_backtrace(&fiber->ctx->fiber, pcs, max);
}

void edoi_task_sight_tell(const edoi_task_sight *s, edoi_text *to) {
    const edoi_fiber_task *fiber = sight_fiber(s);
    if (fiber) {
        edoi_describe(to, fiber->awaiting, -1);
    } else if (s->is_pinned && !s->is_fiber) {
        edoi_describe(to, edoi_wrapped_inner(edoi_task_future(s->task)), -1);
    }
}
