/* SPDX-License-Identifier: MIT */
/* support/leaf_io.h: a runtime for leaf.h whose driver the test turns, for leaves that wait for
 * descriptors or timers. The leaf gets `.poll = poll_here, .runtime = runtime_here`. */
#ifndef EDO_TESTS_LEAF_IO_H
#define EDO_TESTS_LEAF_IO_H

#include "driver/driver.h"
#include "runtime/thread/by_hand_test.h"

#include <edo/runtime.h>

#include "leaf.h"

static edo_runtime *rt;
static bool poked; /* from now on events are delivered at each poll */

static inline void turn(void) {
    while (edoi_driver_turn(edoi_by_hand_driver(rt), 0) > 0) {
    }
}

static inline edo_polled poll_here(edo_future *f, edo_cx *cx) {
    cx->worker = edoi_by_hand_worker(rt);
    if (poked) turn();
    return edo_poll(f, cx);
}

static inline edo_runtime *runtime_here(void *env) {
    (void)env;
    return rt;
}

/* Setups of the group: with the real clock, or with a paused one and all events delivered. */
static inline int start_runtime(void **state) {
    (void)state;
    return edo_runtime_new(&rt, &one_thread);
}

static inline int start_paused_runtime(void **state) {
    (void)state;
    poked = true;
    return edo_runtime_new(&rt, &(edo_runtime_opts){ .start_paused = true });
}

static inline int stop_runtime(void **state) {
    (void)state;
    edo_runtime_free(rt);
    return 0;
}

#endif
