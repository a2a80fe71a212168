/* SPDX-License-Identifier: MIT */
/* time/virtual.c: reading the clock, and stopping it in tests. */
#include "runtime/core.h"
#include "runtime/fiber_task.h"
#include "runtime/runtime.h"

#include <edo/task.h>
#include <edo/time.h>

#include <errno.h>

edo_instant edo_now(void) {
    edoi_worker *w = edoi_worker_here();
    edo_runtime *entered = w ? NULL : edoi_thread_here()->entered;
    edo_instant now;
    if (w) {
        now.ns = edoi_clock_now(&w->clock);
    } else {
        now.ns = entered ? edoi_drive_now(entered) : edoi_clock_monotonic();
    }
    return now;
}

/* The next tick of the wheel: a clock that stands there makes a sleep of whole milliseconds due
 * after exactly these milliseconds, without the part of a tick that is else rounded up. */
static int64_t next_tick(const edoi_worker *w) {
    int64_t now_ns = edoi_clock_now(&w->clock);
    int64_t into_ns = (now_ns - w->wheel.start_ns) % EDOI_WHEEL_TICK_NS;
    return into_ns > 0 ? now_ns + (EDOI_WHEEL_TICK_NS - into_ns) : now_ns;
}

static void clock_paused(void *arg, edo_task *t) {
    (void)arg;
    edoi_fiber_clock_paused(t);
}

int edo_time_pause(void) {
    edoi_worker *w = edoi_worker_here();
    if (!w) return -EDO_ENORUNTIME;
    if (w->shares) return -ENOTSUP;
    if (w->clock.paused) return -EALREADY;
    edoi_clock_pause(&w->clock, next_tick(w));
    edoi_runtime_each_task(w->runtime, clock_paused, NULL);
    return 0;
}

int edo_time_resume(void) {
    edoi_worker *w = edoi_worker_here();
    if (!w) return -EDO_ENORUNTIME;
    if (!w->clock.paused) return -EALREADY;
    edoi_clock_resume(&w->clock);
    return 0;
}

int edo_time_advance(edo_duration d) {
    edoi_worker *w = edoi_worker_here();
    if (!w) return -EDO_ENORUNTIME;
    if (!w->clock.paused || d.ns < 0) return -EINVAL;
    edo_instant now = edo_instant_add((edo_instant){ w->clock.paused_ns }, d);
    w->clock.paused_ns = now.ns;
    (void)edoi_wheel_advance(&w->wheel, now.ns);
    return edo_yield();
}
