/* SPDX-License-Identifier: MIT */
/* base/backoff.c: see backoff.h. */
#include "base/backoff.h"

#include "base/atomic.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define AT_ONCE_MAX 32u      /* pauses per turn: 0.8 us here; most waits take a tenth of that */
#define PAUSES_MAX  256u     /* then it was probably preempted */
#define NAP_NS      50000L   /* the first sleep; each later one is twice as long */
#define NAP_NS_MAX  1000000L /* the longest sleep */

void edoi_nap(int64_t ns) {
    const struct timespec t = { .tv_nsec = ns };
    (void)syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &t, NULL);
}

/* After a signal the caller checks sooner. */
static void nap(uint32_t naps) {
    bool is_short = naps < 5 && NAP_NS << naps < NAP_NS_MAX;
    edoi_nap(is_short ? NAP_NS << naps : NAP_NS_MAX);
}

EDOI_COLD void edoi_backoff_wait(edoi_backoff *b) {
    if (b->pauses >= PAUSES_MAX) {
        nap(b->naps);
        if (b->naps < 5) b->naps++;
        b->pauses = 0; // one look may come just when the other thread is busy again
        return;
    }
    // 1, 2, 4, … pauses: each check takes the word's cache line away from the thread that writes
    // it.
    uint32_t at_once = b->pauses + 1 < AT_ONCE_MAX ? b->pauses + 1 : AT_ONCE_MAX;
    b->pauses += at_once;
    for (uint32_t i = 0; i < at_once; i++) EDOI_CPU_RELAX();
}
