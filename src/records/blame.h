/* SPDX-License-Identifier: MIT */
/* records/blame.h: finds the call that a report is about: the first function on the stack
 * outside edo. */
#ifndef EDOI_RECORDS_BLAME_H
#define EDOI_RECORDS_BLAME_H

#include "base/atomic.h"

/* Prints "edo: misuse in FUNCTION (FILE:LINE), call of EDO_FUNCTION: TEXT [task TASK]" and the
 * stack from there on to standard error. If no function of the program is on the stack, one has
 * ended too early. */
void edoi_blame_print(const char *text);

/* Is a report being written, after which the process ends? Writing takes time, and no worker is to
 * be blamed for it. */
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

#endif
