/* SPDX-License-Identifier: MIT */
/* runtime/look/workers.c: see workers.h. */
#include "runtime/look/workers.h"

#include "driver/clock.h"
#include "runtime/watch/capture.h"
#include "runtime/watch/registry.h"
#include "runtime/worker/core.h"

static edo_worker_stats seen_stats[EDOI_WORKERS_SEEN]; /* lock: that of registry.h, both */
static edoi_worker_sight seen[EDOI_WORKERS_SEEN];

/* It was read behind `busy_ns`: if a turn ends between the two, its polls are in neither, and
 * the next look has them. */
static uint64_t busy_since_turn(const edoi_seen_worker *w, int64_t now_ns) {
    const int64_t busy_ns = now_ns - w->ran_from_ns;
    return busy_ns > 0 ? (uint64_t)busy_ns : 0; // a runtime's own clock may be ahead
}

static edoi_worker_sight worker_see(edo_runtime *rt, uint32_t at) {
    const edoi_seen_worker w = edoi_capture_see(rt->workers[at]);
    edoi_worker_sight s = { .state = EDOI_WORKER_TURNS };
    if (w.tid == 0) {
        s.state = EDOI_WORKER_UNDRIVEN;
    } else if (w.poll.task) {
        s.state = w.poll.in_place & 1 ? EDOI_WORKER_IN_PLACE : EDOI_WORKER_POLLS;
        s.task = edoi_capture_site(rt, w.poll.task);
        s.busy_more_ns = busy_since_turn(&w, edoi_clock_monotonic());
    } else if (seen_stats[at].park_unparks & 1) {
        s.state = EDOI_WORKER_SLEEPS;
    }
    return s;
}

static void runtime_see(edo_runtime *rt, edoi_runtimes_look_fn *fn, void *arg) {
    edo_runtime_stats stats = { .w = seen_stats, .w_max = EDOI_WORKERS_SEEN };
    edo_runtime_get_stats(rt, &stats);
    const uint32_t n = rt->workers_n < EDOI_WORKERS_SEEN ? rt->workers_n : EDOI_WORKERS_SEEN;
    for (uint32_t i = 0; i < n; i++) seen[i] = worker_see(rt, i);
    const edoi_runtime_sight s = { .id = rt->id,
                                   .name = rt->opts.name,
                                   .is_multi = rt->opts.flavor == EDO_RUNTIME_MULTI,
                                   .stats = &stats,
                                   .workers = seen,
                                   .workers_n = n };
    fn(arg, &s);
}

void edoi_runtimes_look_over(edoi_runtimes_look_fn *fn, void *arg) {
    edoi_registry_acquire();
    for (edo_runtime *rt = edoi_registry_next(NULL); rt; rt = edoi_registry_next(rt))
        runtime_see(rt, fn, arg);
    edoi_registry_release();
}
