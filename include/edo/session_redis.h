/* SPDX-License-Identifier: MIT */
/* edo/session_redis.h: sessions (edo/session.h) in Redis, for a service of several processes. In
 * libedo-redis.
 *
 *     edo_redis *r;
 *     int err = edo_redis_connect(&r, EDO_STR("redis://127.0.0.1"), NULL);
 *     …
 *     edo_router_wrap(router, edo_session_layer(&(edo_session_opts){ .ops = &edo_session_redis_ops,
 *                                                                    .store = r }));
 *
 * A session is the key "edo:session:" and its id. Times are by the server's clock, and a session
 * goes when its time is over. How many there may be is the server's limit (`maxmemory`): a layer
 * that limits rates (edo_http_rate_layer()) has a bound to those of strangers who come with no
 * cookie. Redis 5 or later.
 *
 * Since: 0.1 */
#ifndef EDO_SESSION_REDIS_H
#define EDO_SESSION_REDIS_H

#include <edo/redis.h>
#include <edo/session.h>

EDO_BEGIN_DECLS

/* The operations; `store` is an edo_redis that tasks share. They return what edo_redis_script()
 * does, too. One that has failed by -ETIMEDOUT or the loss of the connection may have been done. */
EDO_API extern const edo_session_store_ops edo_session_redis_ops;

EDO_END_DECLS

#endif
