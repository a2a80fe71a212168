/* SPDX-License-Identifier: MIT */
/* redis/link/count.c: see count.h. */
#include "redis/link/count.h"

#include "metrics/db_client.h"
#include "redis/wire/reply.h"

#include <edo/error.h>
#include <edo/trace.h>

#define SYSTEM EDO_STR("redis")

int edoi_redis_counts_init(edoi_redis_counts *c, edo_metrics *metrics, edo_duration slow) {
    *c = (edoi_redis_counts){ .slow = slow };
    if (!metrics) return 0;
    int err = edoi_db_client_add(&c->duration, &c->succeeded, metrics, SYSTEM);
    if (err < 0) return err;
    c->metrics = metrics;
    edoi_metrics_count_users(metrics, 1);
    return 0;
}

void edoi_redis_counts_deinit(edoi_redis_counts *c) {
    if (c->metrics) edoi_metrics_count_users(c->metrics, -1);
}

static bool reply_is_error(const edo_redis_reply *reply) {
    return edo_redis_reply_kind(reply) == EDO_REDIS_ERROR;
}

/* The series of what has failed: by the code word of the server's error, or the code's name. */
static edo_hist *count_series(const edoi_redis_counts *c, int err, const edo_redis_reply *reply) {
    edo_hist *h = c->succeeded;
    if (err == 0 && !reply_is_error(reply)) return h;
    edo_str type = err < 0 ? edo_str_of(edo_error_name(err)) : edoi_redis_reply_code(reply);
    if (type.len == 0) type = EDO_STR("ERR");
    return edoi_db_client_series(&h, c->duration, SYSTEM, type) == 0 ? h : NULL;
}

void edoi_redis_count(const edoi_redis_counts *c, edo_instant since, const char *name, int err,
                      const edo_redis_reply *reply, bool is_patient) {
    edo_duration took = edo_instant_since(c->duration ? edo_now() : edo_now_coarse(), since);
    if (c->duration) edo_hist_record_time(count_series(c, err, reply), took);
    if (is_patient || took.ns < c->slow.ns) return;
    if (err == 0 && reply_is_error(reply)) err = -EDO_EREDIS;
    edo_warn_kv("a command of Redis was slow", EDO_KV("ms", took.ns / 1000000),
                EDO_KV("command", name), EDO_KV("result", edo_error_name(err)));
}
