/* SPDX-License-Identifier: MIT */
/* base/backoff.c: see backoff.h. */
#include "base/backoff.h"

#include "base/atomic.h"

#include <time.h>

#define AT_ONCE_MAX 32u      /* pauses of one turn: 0.8 us here; most waits are a tenth of that */
#define PAUSES_MAX  256u     /* then it has been preempted, it seems */
#define NAP_NS      50000L   /* the first sleep; each one is twice as long as the one before */
#define NAP_NS_MAX  1000000L /* up to this */

static void nap(uint32_t naps) {
    struct timespec t = { .tv_nsec = NAP_NS_MAX };
    if (naps < 5 && NAP_NS << naps < NAP_NS_MAX) t.tv_nsec = NAP_NS << naps;
    (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL); // a signal: the caller looks the sooner
}

EDOI_COLD void edoi_backoff_wait(edoi_backoff *b) {
    if (b->pauses >= PAUSES_MAX) {
        nap(b->naps);
        if (b->naps < 5) b->naps++;
        return;
    }
    // 1, 2, 4, … pauses: each look takes the word's line away from the thread that is to write it.
    uint32_t at_once = b->pauses + 1 < AT_ONCE_MAX ? b->pauses + 1 : AT_ONCE_MAX;
    b->pauses += at_once;
    for (uint32_t i = 0; i < at_once; i++) EDOI_CPU_RELAX();
}
