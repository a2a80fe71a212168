/* SPDX-License-Identifier: MIT */
/* base/lock.c: waiting for a short lock. */
#include "base/lock.h"

#include <sched.h>

#define AT_ONCE_MAX 32u  /* pauses between two looks: 0.8 us here; most holds are a tenth of that */
#define PAUSES_MAX  256u /* then the holder has been preempted, it seems */

/* Who waits looks less and less often. Each look takes the lock's line away from its holder; and a thread
 * that takes the lock twice in a row finds what it guards in its own cache, which is most of the hold. */
EDOI_COLD void edoi_lock_wait(edoi_lock *lock) {
    uint32_t at_once = 1;
    for (uint32_t pauses = 0;;) {
        if (edoi_load_rlx_u32(&lock->word) == 0 && edoi_lock_try(lock)) return;
        if (pauses >= PAUSES_MAX) {
            sched_yield();
            continue;
        }
        pauses += at_once;
        for (uint32_t i = 0; i < at_once; i++) EDOI_CPU_RELAX();
        if (at_once < AT_ONCE_MAX) at_once *= 2;
    }
}
