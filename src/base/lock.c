/* SPDX-License-Identifier: MIT */
/* base/lock.c: waiting for a short lock. */
#include "base/lock.h"

#include <sched.h>

#define SPINS_MAX 64

EDOI_COLD void edoi_lock_wait(edoi_lock *lock) {
    for (uint32_t spins = 0;; spins++) {
        if (edoi_load_rlx_u32(&lock->word) == 0 && edoi_lock_try(lock)) return;
        if (spins < SPINS_MAX) {
            EDOI_CPU_RELAX();
        } else {
            sched_yield();
        }
    }
}
