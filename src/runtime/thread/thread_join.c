/* SPDX-License-Identifier: MIT */
/* runtime/thread/thread_join.c: see thread_join.h. */
#include "runtime/thread/thread_join.h"

#include "base/atomic.h"
#include "driver/clock.h"

#include <stdio.h>
#include <time.h>

/* The call uses the wall clock, which may step: so it gets short timeouts only. */
#define SLICE_NS INT64_C(50000000)

static edo_atomic_u32 left_n; /* atomic, relaxed: a count, no data */

void edoi_threads_leave(uint32_t n) {
    (void)edoi_add_rlx_u32(&left_n, n);
}

uint32_t edoi_threads_left(void) {
    return edoi_load_rlx_u32(&left_n);
}

/* Waits for `ns`, plus at most one slice. */
static bool join_for(pthread_t thread, int64_t ns) {
    struct timespec at;
    (void)clock_gettime(CLOCK_REALTIME, &at);
    int64_t at_ns = at.tv_nsec + (ns < SLICE_NS ? ns : SLICE_NS);
    at.tv_sec += (time_t)(at_ns / 1000000000);
    at.tv_nsec = (long)(at_ns % 1000000000);
    return pthread_timedjoin_np(thread, NULL, &at) == 0;
}

int64_t edoi_thread_join_until(int64_t until_ns) {
    int64_t now_ns = edoi_clock_monotonic();
    if (until_ns < now_ns) until_ns = now_ns;
    return until_ns < INT64_MAX - EDOI_JOIN_GRACE_NS ? until_ns + EDOI_JOIN_GRACE_NS : INT64_MAX;
}

void edoi_thread_name_hung(const char *whose, const char *outcome) {
    (void)fprintf(
        stderr,
        "edo: a thread of %s does not end: a destructor of its thread-specific data does not "
        "return; %s\n",
        whose, outcome);
}

bool edoi_thread_join(pthread_t thread, int64_t until_ns, const char *whose) {
    if (until_ns == INT64_MAX) return pthread_join(thread, NULL) == 0;
    int64_t left_ns = 0; // the call checks once in any case
    do {
        if (join_for(thread, left_ns)) return true;
        left_ns = until_ns - edoi_clock_monotonic();
    } while (left_ns > 0);
    edoi_thread_name_hung(whose, "it is left behind");
    (void)pthread_detach(thread);
    edoi_threads_leave(1);
    return false;
}
