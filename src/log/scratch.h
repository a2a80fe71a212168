/* SPDX-License-Identifier: MIT */
/* log/scratch.h: where a thread builds a line: that is too large for the stack of a fiber. */
#ifndef EDOI_LOG_SCRATCH_H
#define EDOI_LOG_SCRATCH_H

#include "base/atomic.h"
#include "log/line.h"

typedef struct edoi_log_scratch {
    edoi_log_line line;
    char message[EDOI_MESSAGE_MAX + 1];
    edo_atomic_u32 is_used;
} edoi_log_scratch;

/* Returns one for the calling thread, until edoi_log_scratch_give(); NULL: more threads are
 * building a line than there are places. No await lies between the two. */
edoi_log_scratch *edoi_log_scratch_take(void);
void edoi_log_scratch_give(edoi_log_scratch *scratch);

#endif
