/* SPDX-License-Identifier: MIT */
/* base/lock.c: waits for a short lock. */
#include "base/lock.h"

#include "base/backoff.h"

/* A waiter checks less and less often. Meanwhile a thread that takes the lock twice in a row finds
 * the guarded data in its own cache; cache misses are most of a hold's time. */
EDOI_COLD void edoi_lock_wait(edoi_lock *lock) {
    edoi_backoff b = { 0 };
    while (edoi_load_rlx_u32(&lock->word) != 0 || !edoi_lock_try(lock)) edoi_backoff_wait(&b);
}
