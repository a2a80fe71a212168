/* SPDX-License-Identifier: MIT */
/* runtime/fiber/reclaim.h: returns the memory of stacks that were not needed for a while. */
#ifndef EDOI_RUNTIME_FIBER_RECLAIM_H
#define EDOI_RUNTIME_FIBER_RECLAIM_H

#include "runtime/worker/here.h"

#define EDOI_PARKED_LONG_S 10u /* a fiber that has waited this long is not expected to run soon */

/* Called once a second on the driving thread: releases the pages of pooled stacks that were not
 * needed, and those below the live part of fibers that have been parked for long; of the fibers
 * some at a time, so that no turn takes long. */
void edoi_reclaim(edoi_worker *w);

/* How long the worker may wait before it has to look again for memory that nobody needs, if that is
 * shorter than `left_ns` (negative: for ever). A worker that had little to do looks no more. */
int64_t edoi_reclaim_left_ns(edoi_worker *w, int64_t left_ns);

#endif
