/* SPDX-License-Identifier: MIT */
/* client/pool/sweeper.h: the task that closes what a pool has kept for too long, while it keeps
 * something. It sleeps, and ends with its runtime or the client, whichever is first. */
#ifndef EDOI_CLIENT_POOL_SWEEPER_H
#define EDOI_CLIENT_POOL_SWEEPER_H

#include "client/pool/pool.h"

/* Would edoi_client_sweeper_begin() begin the task? Called with `mu` held. */
EDOI_INLINE bool edoi_client_pool_wants_sweeper(const edoi_client_pool *pool) {
    return !pool->is_swept && pool->kept_n > 0 && !pool->is_closed &&
           pool->idle_timeout.ns != EDO_FOREVER_NS;
}

/* Called after something was kept, by a thread that holds no lock: begins the task unless it is
 * there. Outside of a runtime, or without memory, nothing begins: the next use of the client sweeps
 * then. */
void edoi_client_sweeper_begin(edoi_client_pool *pool);

/* The client has ended. */
void edoi_client_sweeper_end(edoi_client_pool *pool);

#endif
