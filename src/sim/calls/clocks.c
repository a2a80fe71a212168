/* SPDX-License-Identifier: MIT */
/* sim/calls/clocks.c: what time it is at a host. */
#include "sim/calls/calls.h"

#include <sys/time.h>
#include <time.h>

static struct timespec time_of_ns(int64_t ns) {
    return (struct timespec){ .tv_sec = (time_t)(ns / 1000000000), .tv_nsec = ns % 1000000000 };
}

static struct timespec time_of_wall(edo_wall at) {
    return (struct timespec){ .tv_sec = (time_t)at.s, .tv_nsec = at.ns };
}

/* CPU time is the machine's. */
int clock_gettime(clockid_t clock, struct timespec *out) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(clock_gettime)(clock, out);
    switch (clock) {
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME: *out = time_of_ns(edoi_sim_host_now(h)); return 0;
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI: *out = time_of_wall(edoi_sim_host_wall(h)); return 0;
    default: return EDOI_SIM_NEXT(clock_gettime)(clock, out);
    }
}

int gettimeofday(struct timeval *restrict out, void *restrict zone) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(gettimeofday)(out, zone);
    struct timespec now = time_of_wall(edoi_sim_host_wall(h));
    *out = (struct timeval){ .tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000 };
    return 0;
}

time_t time(time_t *out) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(time)(out);
    time_t now = (time_t)edoi_sim_host_wall(h).s;
    if (out) *out = now;
    return now;
}
