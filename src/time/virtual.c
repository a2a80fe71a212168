/* SPDX-License-Identifier: MIT */
/* time/virtual.c: reading the clock, and stopping it in tests. */
#include "runtime/core.h"
#include "runtime/runtime.h"

#include <edo/task.h>
#include <edo/time.h>

#include <errno.h>

edo_instant edo_now(void) {
    edoi_worker *w = edoi_worker_here();
    edo_instant now = { w ? edoi_clock_now(&w->clock) : edoi_clock_monotonic() };
    return now;
}

int edo_time_pause(void) {
    edoi_worker *w = edoi_worker_here();
    if (!w) return -EDO_ENORUNTIME;
    if (w->clock.paused) return -EALREADY;
    edoi_clock_pause(&w->clock);
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
