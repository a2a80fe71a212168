/* SPDX-License-Identifier: MIT */
/* driver/per_second.h: at most so many in a second, for reports and other things that cost time. */
#ifndef EDOI_DRIVER_PER_SECOND_H
#define EDOI_DRIVER_PER_SECOND_H

#include "base/atomic.h"

/* All zero at first. */
typedef struct edoi_per_second {
    edo_atomic_u32 second, n; /* atomic, relaxed: a second, and those in it */
} edoi_per_second;

/* False: there were `max` in the second `now_s` already. Any thread. */
EDOI_INLINE bool edoi_per_second_takes(edoi_per_second *p, uint32_t now_s, uint32_t max) {
    // of threads that find a new second at once the last one to begin it counts: some more get by
    if (edoi_swap_rlx_u32(&p->second, now_s) != now_s) edoi_store_rlx_u32(&p->n, 0);
    return edoi_add_rlx_u32(&p->n, 1) < max;
}

/* The seconds that follow are of another clock: a simulated world's, or the machine's behind it. */
EDOI_INLINE void edoi_per_second_forget(edoi_per_second *p) {
    edoi_store_rlx_u32(&p->second, 0);
    edoi_store_rlx_u32(&p->n, 0);
}

#endif
