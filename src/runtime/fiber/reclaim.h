/* SPDX-License-Identifier: MIT */
/* runtime/fiber/reclaim.h: memory of stacks that nobody has needed for a while. */
#ifndef EDOI_RUNTIME_FIBER_RECLAIM_H
#define EDOI_RUNTIME_FIBER_RECLAIM_H

#include "runtime/scheduler/core.h"

#define EDOI_PARKED_LONG_S 10u /* a fiber that has waited so long is not expected back soon */

/* Called once a second by the driving thread: gives back the pages of pooled stacks that were not
 * needed, and those below the live part of fibers that have been parked for long; of the latter
 * some at a time, so that no turn takes long. */
void edoi_reclaim(edoi_worker *w);

#endif
