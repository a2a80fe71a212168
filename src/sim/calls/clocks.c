/* SPDX-License-Identifier: MIT */
/* sim/calls/clocks.c: what time it is at a host. */
#include "sim/calls/calls.h"

#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

EDOI_SIM_CALLS(clocks);

static struct timespec time_of_ns(int64_t ns) {
    return (struct timespec){ .tv_sec = (time_t)(ns / 1000000000), .tv_nsec = ns % 1000000000 };
}

static struct timespec time_of_wall(edo_wall at) {
    return (struct timespec){ .tv_sec = (time_t)at.s, .tv_nsec = at.ns };
}

/* The host whose clock somebody looks at; NULL: the machine's. */
static edoi_sim_host *clock_of(void) {
    edoi_sim_host *h = edoi_sim_here();
    if (h) edoi_sim_count_look(h);
    return h;
}

/* CPU time is as if it had computed since the world began: what it has taken of the machine is not
 * by the seed. */
int clock_gettime(clockid_t clock, struct timespec *out) {
    edoi_sim_host *h = clock_of();
    if (!h) return EDOI_SIM_NEXT(clock_gettime)(clock, out);
    switch (clock) {
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME: *out = time_of_ns(edoi_sim_host_now(h)); return 0;
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI: *out = time_of_wall(edoi_sim_host_wall(h)); return 0;
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID: *out = time_of_ns(edoi_sim_host_elapsed(h)); return 0;
    default: return EDOI_SIM_NEXT(clock_gettime)(clock, out);
    }
}

int gettimeofday(struct timeval *restrict out, void *restrict zone) {
    edoi_sim_host *h = clock_of();
    if (!h) return EDOI_SIM_NEXT(gettimeofday)(out, zone);
    struct timespec now = time_of_wall(edoi_sim_host_wall(h));
    *out = (struct timeval){ .tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000 };
    return 0;
}

time_t time(time_t *out) {
    edoi_sim_host *h = clock_of();
    if (!h) return EDOI_SIM_NEXT(time)(out);
    time_t now = (time_t)edoi_sim_host_wall(h).s;
    if (out) *out = now;
    return now;
}

int timespec_get(struct timespec *out, int base) {
    edoi_sim_host *h = clock_of();
    if (!h || base != TIME_UTC) return EDOI_SIM_NEXT(timespec_get)(out, base);
    *out = time_of_wall(edoi_sim_host_wall(h));
    return base;
}

clock_t clock(void) {
    edoi_sim_host *h = clock_of();
    if (!h) return EDOI_SIM_NEXT(clock)();
    return (clock_t)(edoi_sim_host_elapsed(h) / (1000000000 / CLOCKS_PER_SEC));
}

clock_t times(struct tms *out) {
    edoi_sim_host *h = clock_of();
    if (!h) return EDOI_SIM_NEXT(times)(out);
    int64_t tick_ns = 1000000000 / sysconf(_SC_CLK_TCK);
    if (out) *out = (struct tms){ .tms_utime = (clock_t)(edoi_sim_host_elapsed(h) / tick_ns) };
    return (clock_t)(edoi_sim_host_now(h) / tick_ns);
}
