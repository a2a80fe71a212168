/* SPDX-License-Identifier: MIT */
/* records/records.c: see records.h. */
#include "records/records.h"

#ifdef EDO_DEBUG

#    include "base/atomic.h"

static const edoi_records_hooks *set_hooks; /* atomic, relaxed: it points to constant data */

void edoi_records_hooks_set(const edoi_records_hooks *hooks) {
    EDOI_ATOMIC_STORE(&set_hooks, hooks, EDOI_RELAXED);
}

const edoi_records_hooks *edoi_records_hooks_get(void) {
    return EDOI_ATOMIC_LOAD(&set_hooks, EDOI_RELAXED);
}

#endif
