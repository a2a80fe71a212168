/* SPDX-License-Identifier: MIT */
/* base/lock.c: waiting for a short lock. */
#include "base/lock.h"

#include "base/backoff.h"

/* A waiter looks less and less often. A thread that takes the lock twice in a row meanwhile finds
 * what it guards in its own cache, which is most of the hold. */
EDOI_COLD void edoi_lock_wait(edoi_lock *lock) {
    edoi_backoff b = { 0 };
    while (edoi_load_rlx_u32(&lock->word) != 0 || !edoi_lock_try(lock)) edoi_backoff_wait(&b);
}
