/* SPDX-License-Identifier: MIT */
/* runtime/debug/lock_found.c: see lock_found.h. */
#include "runtime/debug/lock_found.h"

#include "base/atomic.h"
#include "locks/waits.h"
#include "stacks/layout.h"

#include <edo/locks.h>

static edo_atomic_u64 found_n[EDOI_LOCK_FAULTS]; /* atomic, relaxed: counts */

extern const edoi_layout edoi_layout_found; /* used by tools/edo-gdb.py alone */

EDOI_LAYOUT const edoi_layout edoi_layout_found = {
    .magic = "edo-gdb  found\n",
    .roots = { found_n },
    .n = EDOI_LOCK_FAULTS,
    .at = { 8 * EDOI_LOCK_DEADLOCK, 8 * EDOI_LOCK_ABANDONED, 8 * EDOI_LOCK_LASTING,
            8 * EDOI_LOCK_STANDING, 8 * EDOI_LOCK_TURNED },
};

void edoi_lock_found(edoi_lock_fault fault) {
    (void)edoi_add_rlx_u64(&found_n[fault], 1);
}

static uint64_t found_of(edoi_lock_fault fault) {
    return edoi_load_rlx_u64(&found_n[fault]);
}

void edo_locks_get_stats(edo_locks_stats *s) {
    *s = (edo_locks_stats){ .deadlocks = found_of(EDOI_LOCK_DEADLOCK),
                            .abandoned = found_of(EDOI_LOCK_ABANDONED),
                            .lasting = found_of(EDOI_LOCK_LASTING),
                            .standing = found_of(EDOI_LOCK_STANDING),
                            .turned = found_of(EDOI_LOCK_TURNED),
                            .unnoted = edoi_waits_unnoted_n() };
}
