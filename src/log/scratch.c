/* SPDX-License-Identifier: MIT */
/* log/scratch.c: as many places as threads may build lines at once. They are no thread's: so
 * nothing is allocated for a line, which may be about a lack of memory, and nothing is left of a
 * thread. */
#include "log/scratch.h"

#define PLACES 64u

static edoi_log_scratch places[PLACES];   /* in .bss: an unused one costs no memory */
static edo_atomic_u32 threads_n;          /* relaxed: a hint */
static EDOI_THREAD_LOCAL uint32_t mine_n; /* 1 + the place that this thread tries first; 0: none */

edoi_log_scratch *edoi_log_scratch_take(void) {
    if (mine_n == 0) mine_n = 1 + edoi_add_rlx_u32(&threads_n, 1) % PLACES;
    uint32_t first = mine_n - 1;
    for (uint32_t i = 0; i < PLACES; i++) {
        edoi_log_scratch *s = &places[(first + i) % PLACES];
        if (edoi_swap_acq_u32(&s->is_used, 1) == 0) return s; // LS1: pairs with LS1 below
    }
    return NULL;
}

void edoi_log_scratch_give(edoi_log_scratch *s) {
    edoi_store_rel_u32(&s->is_used, 0); // LS1: pairs with LS1 above
}
