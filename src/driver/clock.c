/* SPDX-License-Identifier: MIT */
/* driver/clock.c: real and virtual time. */
#include "driver/clock.h"

#include <time.h>

int64_t edoi_clock_monotonic(void) {
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t edoi_clock_now(const edoi_clock *c) {
    if (EDOI_UNLIKELY(c->paused)) return c->paused_ns;
    int64_t now_ns = edoi_clock_monotonic();
    return EDOI_LIKELY(c->ahead_ns == 0) ? now_ns : edoi_time_after(now_ns, c->ahead_ns);
}

void edoi_clock_pause(edoi_clock *c, int64_t at_ns) {
    c->paused_ns = at_ns;
    c->paused = true;
}

void edoi_clock_resume(edoi_clock *c) {
    c->ahead_ns = c->paused_ns - edoi_clock_monotonic();
    c->paused = false;
}
