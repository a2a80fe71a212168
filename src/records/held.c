/* SPDX-License-Identifier: MIT */
/* records/held.c: see base/held.h. */
#include "base/held.h"

#ifdef EDO_DEBUG

#    include "base/assert.h"

#    include <stdio.h>

static EDOI_THREAD_LOCAL int held_n;

/* Opaque: a fiber may have moved to another thread since the last call. */
EDOI_OPAQUE void edoi_held_add(int n) {
    EDOI_COMPILER_BARRIER();
    held_n += n;
}

EDOI_OPAQUE bool edoi_held_any(void) {
    EDOI_COMPILER_BARRIER();
    return held_n != 0;
}

EDOI_OPAQUE void edoi_held_check(const char *what) {
    EDOI_COMPILER_BARRIER();
    if (EDOI_LIKELY(held_n == 0)) return;
    char text[120];
    (void)snprintf(text, sizeof text, "%s while this thread holds a lock of edo", what);
    edoi_assert_failed(__FILE__, __LINE__, __func__, text);
}

#endif
