/* SPDX-License-Identifier: MIT */
/* time/random.c: where random numbers for pauses come from. */
#include "time/random.h"

#include "base/atomic.h"
#include "base/world/random.h"
#include "base/world/worlds.h"
#include "runtime/worker/here.h"

/* Of threads that are no workers. atomic, relaxed: only the value counts; 0: not seeded yet. */
static edo_atomic_u64 of_process;

static uint64_t fresh_seed(void) {
    uint64_t seed = 0;
    edoi_random_seed(&seed, sizeof seed);
    return seed | 1;
}

uint64_t edoi_random(void) {
    uint64_t *of_worker = edoi_worker_random_here();
    if (EDOI_LIKELY(of_worker != NULL)) return edoi_random_step(of_worker);
    uint64_t unseeded = 0, drawn;
    if (edoi_world_draws(&drawn)) return drawn;
    if (edoi_load_rlx_u64(&of_process) == 0)
        (void)edoi_cas_rlx_u64(&of_process, &unseeded, fresh_seed());
    uint64_t state = edoi_add_rlx_u64(&of_process, UINT64_C(0x9e3779b97f4a7c15));
    return edoi_random_step(&state);
}
