/* SPDX-License-Identifier: MIT */
/* runtime/worker/idle.c: see idle.h. */
#include "runtime/worker/idle.h"

void edoi_idle_enter(edoi_idle *i, uint32_t at) {
    // ID1: pairs with WK1 and ID4, in one total order
    (void)edoi_or_seq_u64(&i->sleepers[at / 64], EDOI_IDLE_BIT(at));
}

bool edoi_idle_leave(edoi_idle *i, uint32_t at) {
    // relaxed, as in pick_of(): only one of the two clears the bit, and it publishes no data
    return !(edoi_and_rlx_u64(&i->sleepers[at / 64], ~EDOI_IDLE_BIT(at)) & EDOI_IDLE_BIT(at));
}

/* Clears a bit of the word and returns its index; EDOI_NOBODY: none is set. */
static uint32_t pick_of(edo_atomic_u64 *word) {
    uint64_t sleepers = edoi_load_rlx_u64(word); // relaxed: any_now() has looked
    while (sleepers != 0) {
        uint64_t bit = sleepers & (~sleepers + 1);
        uint64_t old = edoi_and_rlx_u64(word, ~bit); // relaxed: only one thread clears it
        if (old & bit) return (uint32_t)EDOI_CTZ64(bit);
        sleepers = old & ~bit;
    }
    return EDOI_NOBODY;
}

/* Picks a sleeper; EDOI_NOBODY: there is none. */
static uint32_t pick(edoi_idle *i) {
    for (uint32_t at = 0; at * 64 < i->workers_n; at++) {
        uint32_t bit = pick_of(&i->sleepers[at]);
        if (bit != EDOI_NOBODY) return at * 64 + bit;
    }
    return EDOI_NOBODY;
}

static bool any_now(edoi_idle *i) {
    uint64_t any = 0; // WK1: pairs with ID1
    for (uint32_t at = 0; at * 64 < i->workers_n; at++) any |= edoi_load_seq_u64(&i->sleepers[at]);
    return any != 0;
}

uint32_t edoi_idle_pick(edoi_idle *i) {
    while (any_now(i)) {
        uint32_t none = 0;
        // ID3: pairs with ID3: a worker that searches now sees the added work before it sleeps.
        // Counted before the pick, so that only one thread picks at a time.
        if (!edoi_cas_seq_u32(&i->searching, &none, 1)) return EDOI_NOBODY;
        uint32_t at = pick(i);
        if (at != EDOI_NOBODY) return at;
        // Looks again: a thread may have relied on this count, and a worker gone to sleep.
        (void)edoi_sub_seq_u32(&i->searching, 1); // ID3: pairs with ID3
    }
    return EDOI_NOBODY;
}

void edoi_idle_show(edoi_idle *i) {
    for (uint32_t at = 0; at * 64 < i->workers_n; at++)
        (void)edoi_and_acqrel_u64(&i->sleepers[at], ~UINT64_C(0)); // ID4: pairs with ID1
}

bool edoi_search_begin(edoi_idle *i) {
    uint32_t searching = edoi_load_rlx_u32(&i->searching); // relaxed: the bound is not exact
    if (2 * searching >= i->workers_n) return false;
    (void)edoi_add_rlx_u32(&i->searching, 1); // relaxed: ID1 comes after the end of the search
    return true;
}

bool edoi_search_end(edoi_idle *i) {
    return edoi_sub_seq_u32(&i->searching, 1) == 1; // WK3: pairs with ID3
}
