/* SPDX-License-Identifier: MIT */
/* log/span/clock.c: see clock.h. */
#include "log/span/clock.h"

#include "base/atomic.h"

#define NS_PER_S INT64_C(1000000000)
#define KEPT_NS  (10 * 1000 * 1000)

static edo_atomic_u64 apart_ns; /* atomic, relaxed: a number; of the two clocks */
static edo_atomic_u64 until_ns; /* atomic, relaxed: likewise; so long it counts; 0: it was not read.
                                   A thread that sees the two of two readings is wrong by what the
                                   clocks have gone apart in between */

static int64_t clock_ns(clockid_t clock) {
    struct timespec now;
    (void)clock_gettime(clock, &now); // this cannot fail
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t edoi_span_clock_ns(void) {
    return clock_ns(CLOCK_MONOTONIC);
}

struct timespec edoi_span_clock_wall(int64_t mono) {
    // A clock that is behind what is kept is another one: a simulated world has its own.
    if ((uint64_t)mono - (edoi_load_rlx_u64(&until_ns) - KEPT_NS) >= KEPT_NS) {
        edoi_store_rlx_u64(&apart_ns, (uint64_t)(clock_ns(CLOCK_REALTIME) - mono));
        edoi_store_rlx_u64(&until_ns, (uint64_t)mono + KEPT_NS);
    }
    int64_t wall = mono + (int64_t)edoi_load_rlx_u64(&apart_ns);
    return (struct timespec){ .tv_sec = wall / NS_PER_S, .tv_nsec = wall % NS_PER_S };
}
