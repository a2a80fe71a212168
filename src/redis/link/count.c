/* SPDX-License-Identifier: MIT */
/* redis/link/count.c: see count.h. The metric has OpenTelemetry's name; its labels are those that
 * edo/pg.h gives it, as both may be in one registry. */
#include "redis/link/count.h"
#include "redis/wire/reply.h"

#include <edo/error.h>
#include <edo/trace.h>

#define NAME   "db.client.operation.duration"
#define LABELS "db_system_name error_type"
#define SYSTEM EDO_STR("redis")

int edoi_redis_counts_init(edoi_redis_counts *c, edo_metrics *metrics, edo_duration slow) {
    const edo_metric_opts opts = { .help = "Duration of database client operations.",
                                   .unit = "s",
                                   .labels = LABELS };
    const edo_str values[] = { SYSTEM, EDO_STR("") };
    *c = (edoi_redis_counts){ .slow = slow };
    if (!metrics) return 0;
    int err = edo_metrics_hist(&c->duration, metrics, NAME, NULL, &opts);
    if (err == 0) err = edo_hist_series(&c->succeeded, c->duration, values);
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
    const edo_str values[] = { SYSTEM, type.len > 0 ? type : EDO_STR("ERR") };
    return edo_hist_series(&h, c->duration, values) == 0 ? h : NULL;
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
