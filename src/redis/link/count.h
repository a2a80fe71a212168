/* SPDX-License-Identifier: MIT */
/* redis/link/count.h: counts commands, and logs slow ones. */
#ifndef EDOI_REDIS_LINK_COUNT_H
#define EDOI_REDIS_LINK_COUNT_H

#include "metrics/db_client.h"

#include <edo/redis.h>

/* The begin of a command, for the next function. */
static inline edo_instant edoi_redis_count_begin(const edoi_db_counts *c) {
    return c->duration ? edo_now() : edo_now_coarse();
}

/* A command has ended: with `err`, or, if that is 0, with `reply`, if that is not NULL. `name` has
 * no arguments. `is_patient`: it waits for others, and is never slow. */
void edoi_redis_count(const edoi_db_counts *c, edo_instant since, const char *name, int err,
                      const edo_redis_reply *reply, bool is_patient);

#endif
