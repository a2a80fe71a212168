/* SPDX-License-Identifier: MIT */
/* runtime/worker/idle.h: which workers of a runtime sleep, and how many search for work. A
 * worker enters and leaves when it sleeps (scheduler.c) and searches (steal.c); a thread that adds
 * work picks a sleeper and kicks its driver (edoi_scheduler_call_one()).
 *
 * A thread that injects a task and a worker that goes to sleep: one must see the other, or the task
 * stays in the injection list while all workers sleep.
 *
 *     the thread that injects             the worker
 *     link the task, under the lock       searching -= 1    WK3: seq_cst   if it searched
 *     inject.n += 1      WK1: seq_cst     sleepers |= me      ID1: seq_cst
 *     sleepers ?         WK1: seq_cst     inject.n ?      WK2: seq_cst
 *     searching ?        ID3: seq_cst     rings ?           RQ3: seq_cst
 *     pick one, kick it                   wait in the driver
 *
 * With acquire and release both reads could be stale (store buffering). A push to a ring has no
 * fence: its worker is awake and looks at `sleepers` every few polls, so it misses a sleeper only
 * until that look. A worker that pushes and then blocks does not look; it calls edoi_idle_show()
 * first.
 *
 * A thread that injects wakes no worker if one searches. The last searching worker may find work
 * and run it for a long time. So after searching -= 1 it reads inject.n once more, both seq_cst
 * (WK3), against WK1 of such a thread.
 *
 * A thread that picks a sleeper clears the sleeper's bit and counts the sleeper as searching. So
 * two picks do not wake one sleeper, and a burst of injections wakes one worker, which wakes the
 * next when it finds work. */
#ifndef EDOI_RUNTIME_WORKER_IDLE_H
#define EDOI_RUNTIME_WORKER_IDLE_H

#include "base/atomic.h"

#define EDOI_WORKERS_MAX  256u
#define EDOI_IDLE_WORDS   (EDOI_WORKERS_MAX / 64)
#define EDOI_IDLE_BIT(at) (UINT64_C(1) << ((at) % 64)) /* of worker `at` in its word */
#define EDOI_NOBODY       UINT32_MAX

typedef struct edoi_idle {
    uint32_t workers_n;                       /* const */
    edo_atomic_u32 searching;                 /* atomic: ID3 */
    edo_atomic_u64 sleepers[EDOI_IDLE_WORDS]; /* atomic: ID1; a bit for each worker */
} edoi_idle;

/* Worker `at` is about to sleep. */
void edoi_idle_enter(edoi_idle *i, uint32_t at);

/* Worker `at` sleeps no longer. True: it was picked, and counts as searching. */
EDO_MUST_USE bool edoi_idle_leave(edoi_idle *i, uint32_t at);

/* Picks a sleeper, which now counts as searching and has to be kicked. EDOI_NOBODY: none sleeps, or
 * a worker searches already and will find the work. Any thread. */
EDO_MUST_USE uint32_t edoi_idle_pick(edoi_idle *i);

/* Called between pushes to a ring and a pick, by a worker that does not look at `sleepers` again
 * soon. A worker that goes to sleep meanwhile either finds the pushed tasks or is found by the
 * pick: both threads change one word, and the later change sees all that came before the earlier
 * one. */
void edoi_idle_show(edoi_idle *i);

/* Does any worker sleep? A hint. */
EDOI_INLINE bool edoi_idle_any(const edoi_idle *i) {
    uint64_t any = edoi_load_rlx_u64(&i->sleepers[0]); // relaxed: a hint
    for (uint32_t at = 1; at * 64 < i->workers_n; at++) any |= edoi_load_rlx_u64(&i->sleepers[at]);
    return any != 0;
}

/* Does any worker search? A hint. */
EDOI_INLINE bool edoi_search_any(const edoi_idle *i) {
    return edoi_load_rlx_u32(&i->searching) != 0; // relaxed: a hint
}

/* Does worker `at` sleep, and has no thread picked it? A hint. */
EDOI_INLINE bool edoi_idle_sleeps(const edoi_idle *i, uint32_t at) {
    return edoi_load_rlx_u64(&i->sleepers[at / 64]) >> (at % 64) & 1; // relaxed: a hint
}

/* The caller's worker begins to search. False: half of the workers do already. */
EDO_MUST_USE bool edoi_search_begin(edoi_idle *i);

/* The caller's worker ends its search. True: no worker searches any more. */
EDO_MUST_USE bool edoi_search_end(edoi_idle *i);

#endif
