/* SPDX-License-Identifier: MIT */
/* log/span/clock.c: see clock.h. */
#include "log/span/clock.h"

#include <edo/base.h>

#define NS_PER_S INT64_C(1000000000)
#define KEPT_NS  (10 * 1000 * 1000)

/* Of each thread, since hosts of simulated worlds on several have clocks of their own. */
static EDOI_THREAD_LOCAL struct {
    int64_t apart_ns; /* the two clocks */
    int64_t read_ns;  /* when they were read, by the monotonic one */
    bool is_read;
} kept;

static int64_t clock_ns(clockid_t clock) {
    struct timespec now;
    (void)clock_gettime(clock, &now); // this cannot fail
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t edoi_span_clock_ns(void) {
    return clock_ns(CLOCK_MONOTONIC);
}

/* Opaque, since a fiber must not keep the address of the thread-local. */
EDOI_OPAQUE struct timespec edoi_span_clock_wall(int64_t mono) {
    EDOI_COMPILER_BARRIER();
    if (!kept.is_read || mono < kept.read_ns || mono - kept.read_ns >= KEPT_NS) {
        kept.apart_ns = clock_ns(CLOCK_REALTIME) - mono;
        kept.read_ns = mono;
        kept.is_read = true;
    }
    int64_t wall = mono + kept.apart_ns;
    return (struct timespec){ .tv_sec = wall / NS_PER_S, .tv_nsec = wall % NS_PER_S };
}

EDOI_OPAQUE void edoi_span_clock_forget(void) {
    EDOI_COMPILER_BARRIER();
    kept.is_read = false;
}
