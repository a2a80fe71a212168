/* SPDX-License-Identifier: MIT */
/* redis/link/count.c: see count.h. */
#include "redis/link/count.h"

#include "redis/wire/reply.h"

#include <edo/error.h>
#include <edo/log.h>

static bool reply_is_error(const edo_redis_reply *reply) {
    return edo_redis_reply_kind(reply) == EDO_REDIS_ERROR;
}

/* The code word of the server's error, or the code's name; empty: it has succeeded. */
static edo_str redis_count_failure(int err, const edo_redis_reply *reply) {
    if (err < 0) return edo_str_of(edo_error_name(err));
    if (!reply_is_error(reply)) return EDO_STR("");
    edo_str word = edoi_redis_reply_code(reply);
    return word.len > 0 ? word : EDO_STR("ERR");
}

void edoi_redis_count(const edoi_db_counts *c, edo_instant since, const char *name, int err,
                      const edo_redis_reply *reply, bool is_patient) {
    edo_duration took = edo_instant_since(c->duration ? edo_now() : edo_now_coarse(), since);
    bool is_slow = edoi_db_counts_add(c, took, redis_count_failure(err, reply));
    if (is_patient || !is_slow) return;
    if (err == 0 && reply_is_error(reply)) err = -EDO_EREDIS;
    edo_warn_kv("a command of Redis was slow", EDO_KV("ms", took.ns / 1000000),
                EDO_KV("command", name), EDO_KV("result", edo_error_name(err)));
}
