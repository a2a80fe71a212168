/* SPDX-License-Identifier: MIT */
/* runtime/thread/by_hand_test.h: for white-box tests of other modules: a current-thread runtime
 * that no thread drives, whose worker the test takes for its own polls. The test turns the driver
 * and moves the paused clock; nothing else may run in that runtime meanwhile. */
#ifndef EDOI_RUNTIME_THREAD_BY_HAND_TEST_H
#define EDOI_RUNTIME_THREAD_BY_HAND_TEST_H

#include "driver/wheel.h"
#include "runtime/worker/core.h"
#include "runtime/worker/worker.h"

/* For `edo_cx.worker` of a poll. */
EDOI_INLINE edoi_worker *edoi_by_hand_worker(const edo_runtime *rt) {
    return rt->worker;
}

EDOI_INLINE edoi_driver *edoi_by_hand_driver(const edo_runtime *rt) {
    return rt->worker->driver;
}

EDOI_INLINE edoi_wheel *edoi_by_hand_wheel(const edo_runtime *rt) {
    return rt->worker->wheel;
}

/* The paused clock. */
EDOI_INLINE int64_t edoi_by_hand_now_ns(const edo_runtime *rt) {
    return rt->worker->clock.paused_ns;
}

/* Moves the paused clock, and fires the timers that are due then. */
EDOI_INLINE void edoi_by_hand_advance(edo_runtime *rt, int64_t ticks) {
    edoi_clock *clock = &rt->worker->clock;
    clock->paused_ns = edoi_time_after(clock->paused_ns, ticks * EDOI_WHEEL_TICK_NS);
    (void)edoi_wheel_advance(rt->worker->wheel, clock->paused_ns);
}

#endif
