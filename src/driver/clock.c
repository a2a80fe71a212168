/* SPDX-License-Identifier: MIT */
/* driver/clock.c: real and virtual time. */
#include "driver/clock.h"

#include <time.h>

#ifdef CLOCK_MONOTONIC_COARSE
#    define COARSE CLOCK_MONOTONIC_COARSE
#    define LAG_NS EDOI_CLOCK_LAG_NS
#else
#    define COARSE CLOCK_MONOTONIC
#    define LAG_NS 0
#endif

EDOI_INLINE int64_t read_clock(clockid_t id) {
    struct timespec ts;
    (void)clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t edoi_clock_monotonic(void) {
    return read_clock(CLOCK_MONOTONIC);
}

EDOI_INLINE int64_t now_by(const edoi_clock *c, clockid_t id) {
    if (EDOI_UNLIKELY(c->paused)) return c->paused_ns;
    int64_t now_ns = read_clock(id);
    return EDOI_LIKELY(c->ahead_ns == 0) ? now_ns : edoi_time_after(now_ns, c->ahead_ns);
}

int64_t edoi_clock_now(const edoi_clock *c) {
    return now_by(c, CLOCK_MONOTONIC);
}

int64_t edoi_clock_coarse(const edoi_clock *c, int64_t *lag_ns) {
    *lag_ns = c->paused ? 0 : LAG_NS;
    return now_by(c, COARSE);
}

edo_wall edoi_clock_wall(const edoi_clock *c) {
    if (c && c->paused) return edo_wall_add(c->set_wall, edo_ns(c->paused_ns - c->set_ns));
    struct timespec ts;
    (void)clock_gettime(CLOCK_REALTIME, &ts); // this cannot fail
    const edo_wall machine = { ts.tv_sec, (int32_t)ts.tv_nsec };
    return c ? edo_wall_add(machine, edo_ns(c->ahead_ns)) : machine;
}

void edoi_clock_set_wall(edoi_clock *c, edo_wall at) {
    c->set_wall = at;
    c->set_ns = c->paused_ns;
}

void edoi_clock_pause(edoi_clock *c, int64_t at_ns) {
    c->set_wall = edoi_clock_wall(c);
    c->set_ns = edoi_clock_now(c);
    c->paused_ns = at_ns;
    c->paused = true;
}

void edoi_clock_resume(edoi_clock *c) {
    c->ahead_ns = c->paused_ns - edoi_clock_monotonic();
    c->paused = false;
}
