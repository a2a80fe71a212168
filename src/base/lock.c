/* SPDX-License-Identifier: MIT */
/* base/lock.c: waits for a short lock, and gives way to those that wait. */
#include "base/lock.h"

#include "base/backoff.h"

#include <time.h>

#define SILENT_MAX 32u /* pauses before a waiter says that it waits: most waits are over by then */
#define AT_ONCE    64u /* pauses: a waiter that is awake has looked twice by then */
#define NAPS_MAX   5u  /* 50, 100, 200, 400 and 800 us: longer than a waiter that runs sleeps */

/* A waiter checks less and less often. Meanwhile a thread that takes the lock twice in a row finds
 * the guarded data in its own cache; cache misses are most of a hold's time. */
EDOI_COLD void edoi_lock_wait(edoi_lock *lock) {
    edoi_backoff b = { 0 };
    for (;;) {
        uint32_t word = edoi_load_rlx_u32(&lock->word); // relaxed: a hint
        if (!(word & EDOI_LOCK_HELD)) {
            if (edoi_lock_try(lock)) return;
        } else if ((b.naps > 0 || b.pauses >= SILENT_MAX) && !(word & EDOI_LOCK_AWAITED)) {
            (void)edoi_or_rlx_u32(&lock->word, EDOI_LOCK_AWAITED); // relaxed: a hint
        }
        edoi_backoff_wait(&b);
    }
}

static bool is_kept(const edoi_lock *lock) {
    return edoi_load_rlx_u32(&lock->word) == EDOI_LOCK_AWAITED; // relaxed: a hint
}

static int64_t lock_now_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* A waiter that is awake comes within a microsecond. One that sleeps, or has no core, is waited for
 * by sleeps, since it may want this thread's core; but not again before as much time has passed as
 * that took: such waiters at most double the time of a wake. */
EDOI_COLD void edoi_lock_give_way(const edoi_lock *lock, edoi_lock_offers *offers) {
    for (uint32_t i = 0; i < AT_ONCE && is_kept(lock); i++) EDOI_CPU_RELAX();
    if (!is_kept(lock)) return;
    int64_t began_ns = lock_now_ns();
    if (began_ns - offers->until_ns < offers->stay_ns) return;
    edoi_backoff b = { 0 };
    while (b.naps < NAPS_MAX && is_kept(lock)) edoi_backoff_wait(&b);
    offers->until_ns = lock_now_ns();
    offers->stay_ns = offers->until_ns - began_ns;
}
