/* SPDX-License-Identifier: MIT */
/* runtime/look/waits.c: what idle tasks wait for: sleeps, receives, reads, by where the tasks
 * were spawned.
 *
 * Tasks are pinned (pin.h) some at a time, as by a dump, so that the future of each stays while its
 * name is read. One that is queued or runs is in no row, nor are the last eight that have begun to
 * wait on a worker that has not slept since: it still holds them. */
#include "runtime/look/waits.h"

#include "driver/clock.h"
#include "locks/tenths.h"
#include "runtime/fiber/reclaim.h"
#include "runtime/scope/wrapped.h"
#include "runtime/task/fiber_task.h"
#include "runtime/worker/core.h"
#include "runtime/worker/pin.h"

#define AT_ONCE 64u

typedef struct waits_look {
    edoi_open_table *to;
    edo_runtime *rt;
    int64_t now_ns; /* negative: not known */
    uint32_t n;
    edo_task *tasks[AT_ONCE]; /* pinned */
} waits_look;

/* Called with the lock of all pages held. */
static bool waits_pin(void *arg, edo_task *t) {
    waits_look *l = arg;
    if (l->n == AT_ONCE) return false;
    if (edoi_task_pin(t)) l->tasks[l->n++] = t;
    return true;
}

int64_t edoi_fiber_wait_since(const edoi_fiber_task *fiber, int64_t now_ns) {
    if (now_ns < 0) return 0;
    if (fiber->parked_tenths == EDOI_NOT_PARKED) // waits, but has given pages back: reclaim.c
        return now_ns - EDOI_PARKED_LONG_S * 10 * EDOI_TENTH_NS;
    return now_ns - edoi_tenths_since(edoi_tenths(now_ns), fiber->parked_tenths) * EDOI_TENTH_NS;
}

/* The task is pinned. */
static void waits_add(edoi_open_table *to, edo_task *t, int64_t now_ns) {
    edoi_open_row row = { .kind = "wait", .by = " of", .name = edoi_task_seen_site(t), .n = 1 };
    edo_future *f = edoi_task_future(t);
    row.is_total = true; // that of the tasks is told
    if (edoi_is_fiber_task(f)) {
        const edoi_fiber_task *fiber = (edoi_fiber_task *)(void *)f;
        if (!fiber->ctx || !fiber->awaiting) return;
        row.state = fiber->awaiting->ops->name;
        row.since_ns = edoi_fiber_wait_since(fiber, now_ns);
    } else {
        row.state = edoi_wrapped_inner(f)->ops->name;
    }
    edoi_open_add(to, &row);
}

static void waits_add_pinned(void *arg) {
    waits_look *l = arg;
    for (uint32_t i = 0; i < l->n; i++) waits_add(l->to, l->tasks[i], l->now_ns);
    for (uint32_t i = 0; i < l->n; i++) edoi_task_unpin(l->rt, l->tasks[i]);
    l->n = 0;
}

void edoi_open_add_waits(edoi_open_table *to, edo_runtime *rt) {
    waits_look l = { .to = to, .rt = rt, .n = 0 };
    l.now_ns = rt->opts.start_paused ? -1 : edoi_clock_monotonic();
    edoi_runtime_look_in_parts(rt, waits_pin, waits_add_pinned, &l);
}
