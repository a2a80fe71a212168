/* SPDX-License-Identifier: MIT */
/* runtime/debug/jobs_halt.h: the report of blocking calls that wait while none begins. */
#ifndef EDOI_RUNTIME_DEBUG_JOBS_HALT_H
#define EDOI_RUNTIME_DEBUG_JOBS_HALT_H

#include "runtime/blocking/blocking.h"

/* Tells the log, and standard error which functions the threads of the pool run. */
void edoi_jobs_halt_tell(const edoi_blocking_halt *h);

#endif
