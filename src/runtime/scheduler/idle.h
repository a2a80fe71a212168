/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/idle.h: which workers of a runtime sleep, and how many search for work.
 *
 * Sleep against work from elsewhere: one must see the other, or a task lies with nobody to run it.
 *
 *     injection                             a worker
 *     link it, under the lock               searching -= 1      if it searched
 *     injected_n += 1        WK1: seq_cst    sleepers |= me      ID1: seq_cst
 *     searching, sleepers ?  WK1: seq_cst    injected_n ?  WK2    rings ?  RQ3: seq_cst
 *     pick one, kick it                     wait in the driver
 *
 * Acquire and release would let both reads be stale (store buffering). A push to a ring has no
 * fence: its worker is awake, looks at `sleepers` every few polls, and so misses a sleeper for that
 * long at most. A worker that pushes and then does not look, since it blocks, calls
 * edoi_idle_show() first.
 *
 * The last searching worker may find work and run it for a long time. So it looks once more:
 * searching -= 1 and then injected_n ?, both seq_cst (WK3), against WK1 of a thread that has seen
 * it search and wakes no worker.
 *
 * A thread that picks a sleeper takes its bit away and counts it as searching, on its behalf: so
 * two picks do not wake one sleeper, and a burst of injections wakes one, which wakes the next when
 * it finds work. */
#ifndef EDOI_RUNTIME_SCHEDULER_IDLE_H
#define EDOI_RUNTIME_SCHEDULER_IDLE_H

#include "base/atomic.h"

#define EDOI_WORKERS_MAX 256u
#define EDOI_IDLE_WORDS  (EDOI_WORKERS_MAX / 64)
#define EDOI_NOBODY      UINT32_MAX

typedef struct edoi_idle {
    uint32_t workers_n;                       /* const */
    edo_atomic_u32 searching;                 /* atomic: ID3 */
    edo_atomic_u64 sleepers[EDOI_IDLE_WORDS]; /* atomic: ID1; a bit for each worker */
} edoi_idle;

/* Worker `at` is about to sleep. */
void edoi_idle_enter(edoi_idle *i, uint32_t at);

/* It does not sleep any more. True: it was picked, and counts as searching. */
EDO_MUST_USE bool edoi_idle_leave(edoi_idle *i, uint32_t at);

/* Takes a sleeper, which now counts as searching and has to be kicked; EDOI_NOBODY: none sleeps, or
 * somebody searches already and will find what there is. */
EDO_MUST_USE uint32_t edoi_idle_pick(edoi_idle *i);

/* Call it between pushes to a ring and a pick, when the pusher does not look at `sleepers` again
 * soon. A worker that goes to sleep then either finds what was pushed or is found by the pick: both
 * change the same word, and the later one sees what came before the earlier one. */
void edoi_idle_show(edoi_idle *i);

/* Whether anybody seemed to sleep lately. */
EDOI_INLINE bool edoi_idle_any(const edoi_idle *i) {
    uint64_t any = edoi_load_rlx_u64(&i->sleepers[0]); // relaxed: a hint
    for (uint32_t at = 1; at * 64 < i->workers_n; at++) any |= edoi_load_rlx_u64(&i->sleepers[at]);
    return any != 0;
}

/* Whether anybody seemed to search lately. */
EDOI_INLINE bool edoi_search_any(const edoi_idle *i) {
    return edoi_load_rlx_u32(&i->searching) != 0; // relaxed: a hint
}

/* Whether worker `at` seemed to sleep lately, and nobody has picked it. */
EDOI_INLINE bool edoi_idle_sleeps(const edoi_idle *i, uint32_t at) {
    return edoi_load_rlx_u64(&i->sleepers[at / 64]) >> (at % 64) & 1; // relaxed: a hint
}

/* Half of the workers may search at once; false: enough do. */
EDO_MUST_USE bool edoi_search_begin(edoi_idle *i);

/* True: nobody searches any more. */
EDO_MUST_USE bool edoi_search_end(edoi_idle *i);

#endif
