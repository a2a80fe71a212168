/* SPDX-License-Identifier: MIT */
/* service/pool/sweeper.h: the task that ends what is idle for too long, or too old, while
 * something is idle. It sleeps, and ends with its runtime or the pool, whichever is first. Without
 * it, outside of a runtime, gets and puts find what is over. */
#ifndef EDOI_SERVICE_POOL_SWEEPER_H
#define EDOI_SERVICE_POOL_SWEEPER_H

#include "service/pool/pool.h"

/* Begins the task, which ends when `closing` fires. The caller has set `is_swept`, which keeps the
 * pool until the task is over. */
void edoi_pool_sweeper_begin(edo_pool *pool);

#endif
