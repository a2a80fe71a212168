/* SPDX-License-Identifier: MIT */
/* web/client/pool/shared.h: connections of HTTP/2. All functions are called with `mu` held. */
#ifndef EDOI_WEB_CLIENT_POOL_SHARED_H
#define EDOI_WEB_CLIENT_POOL_SHARED_H

#include "web/client/pool/pool.h"

/* May connections to this host be of HTTP/2? Also called without the lock. */
bool edoi_shared_may_be(const edoi_pool_host *h);

/* Does a dial, or a place for one, promise a connection that many may have? */
bool edoi_shared_is_awaited(const edoi_pool_host *h);

/* Can it take more requests, now or later? */
bool edoi_shared_is_good(const edoi_pool_conn *c, edo_instant now);

/* One more task has it. */
void edoi_shared_lend(edoi_pool_conn *c);

/* Finds one that is lent: one with a free stream, or the one with the fewest users. NULL: none. */
edoi_pool_conn *edoi_shared_find(edoi_pool_host *h, edo_instant now);

/* Lends one of them, whose streams are waited for if no other connection may be made, or is being
 * made. NULL: none. */
edoi_pool_conn *edoi_shared_take(edoi_pool_host *h, edo_instant now);

/* A task gives it back. If nobody has it then it is out of the list; false: it is to be closed. */
bool edoi_shared_leave(edoi_pool_conn *c, edo_instant now);

#endif
