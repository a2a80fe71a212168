/* SPDX-License-Identifier: MIT */
/* redis/call.h: what all calls are made of. */
#ifndef EDOI_REDIS_CALL_H
#define EDOI_REDIS_CALL_H

#include "redis/link/link.h"

/* Sends `c`, which it takes, and waits for its `n` replies, which are the caller's when it returns
 * 0. `is_patient`: no limit is on it but the caller's own. `name`: of it, in what is counted. */
int edoi_redis_call(edo_redis *r, edo_redis_reply **replies, uint32_t n, edoi_redis_command c,
                    bool is_patient, const char *name);

/* Returns 0 if a command that needs `need` may be sent over `r`, or -ENOTSUP with a line that says
 * where it belongs. */
int edoi_redis_refuse(edo_redis *r, edoi_redis_need need, const char *name);

/* Returns -EDO_EREDIS with a line in the trail for the error `reply` to the command `name`. */
int edoi_redis_fail_reply(const edoi_redis_place *place, const edo_redis_reply *reply,
                          const char *name);

#endif
