/* SPDX-License-Identifier: MIT */
/* recorder/clock.c: see clock.h. */
#include "recorder/clock.h"

#include <time.h>

#if defined(__x86_64__)
#    include <cpuid.h>
#endif

#define NS_PER_S UINT64_C(1000000000)
#define MEASURE_NS                                                                                 \
    2000000 /* the rate is right to about 50 ns in it: events of the clock refine it */

edoi_recorder_clock edoi_recorder_clock_of;

static uint64_t read_ns(clockid_t id) {
    struct timespec now;
    (void)clock_gettime(id, &now); // this cannot fail
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t edoi_recorder_clock_ns(void) {
    return read_ns(CLOCK_MONOTONIC);
}

/* Does the counter run at one rate, whatever the processor does? */
static bool counter_is_steady(void) {
#if defined(__x86_64__)
    unsigned a, b, c, d = 0;
    return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d & 1u << 8); // "invariant TSC"
#elif defined(__aarch64__)
    return true; // the architecture guarantees it
#else
    return false;
#endif
}

static void measure(edoi_recorder_clock *c) {
    uint64_t from_ns = edoi_recorder_clock_ns(), from = edoi_recorder_counter(), ns;
    do ns = edoi_recorder_clock_ns() - from_ns;
    while (ns < MEASURE_NS);
    c->per_s = (uint64_t)((double)(edoi_recorder_counter() - from) * (double)NS_PER_S / (double)ns);
}

void edoi_recorder_clock_begin(void) {
    edoi_recorder_clock *c = &edoi_recorder_clock_of;
    if (c->per_s > 0) return;
    c->counts_ns = !counter_is_steady();
    c->per_s = NS_PER_S;
    if (!c->counts_ns) measure(c);
    if (c->per_s == 0) { // a counter that stands still
        c->counts_ns = true;
        c->per_s = NS_PER_S;
    }
    c->began_ns = edoi_recorder_clock_ns();
    c->ticks_at = c->counts_ns ? c->began_ns : edoi_recorder_counter();
    c->began_wall_ns = read_ns(CLOCK_REALTIME);
}
