/* SPDX-License-Identifier: MIT */
/* base/blame.h: whose call a report is about: the first function on the stack that is not edo's. */
#ifndef EDOI_BASE_BLAME_H
#define EDOI_BASE_BLAME_H

#include "base/atomic.h"

#include <stddef.h>

/* Prints "edo: misuse in FUNCTION (FILE:LINE), call of EDO_FUNCTION: TEXT [task TASK]" and the
 * stack from there on to standard error. If none of the program's is on the stack, one has ended
 * that should not have. */
void edoi_blame_print(const char *text);

/* Whether a report is being written, after which the process ends: it takes its time, and is no
 * worker's fault. */
#if defined(EDO_DEBUG) && !defined(EDOI_MODEL)
extern edo_atomic_u32 edoi_blames; /* atomic, relaxed: a flag, no data */
EDOI_INLINE bool edoi_blame_is_written(void) {
    return edoi_load_rlx_u32(&edoi_blames) != 0;
}
#else
EDOI_INLINE bool edoi_blame_is_written(void) {
    return false;
}
#endif

/* The runtime's part: the stack of the fiber for which its worker polls now on a stack of its own;
 * 0: the worker does not. Any thread, at any time. */
typedef size_t edoi_awaiter_fn(void **pcs, size_t max);
void edoi_blame_hook_set(edoi_awaiter_fn *awaiter);

#endif
