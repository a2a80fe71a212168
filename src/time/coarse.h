/* SPDX-License-Identifier: MIT */
/* time/coarse.h: the time, less exactly and for a sixth of the price. */
#ifndef EDOI_TIME_COARSE_H
#define EDOI_TIME_COARSE_H

#include "driver/clock.h"
#include "runtime/worker/here.h"

/* A limit that is not shorter than this may be off by the lag, which is 2 % of it at most. */
#define EDOI_COARSE_WORTH_NS (50 * EDOI_CLOCK_LAG_NS)

/* A time that is not after edo_now(), and at most `*lag_ns` before it: driver/clock.h. */
EDOI_INLINE int64_t edoi_now_coarse(int64_t *lag_ns) {
    const edoi_clock *clock = edoi_worker_clock_here();
    if (EDOI_LIKELY(clock != NULL)) return edoi_clock_coarse(clock, lag_ns);
    *lag_ns = 0;
    return edo_now().ns;
}

#endif
