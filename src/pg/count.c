/* SPDX-License-Identifier: MIT */
/* pg/count.c: see count.h. The metric has OpenTelemetry's name. */
#include "pg/count.h"

#include <edo/error.h>
#include <edo/pg.h>
#include <edo/trace.h>

#define NAME   "db.client.operation.duration"
#define LABELS "db_system_name error_type"

static void counts_deinit(void *self) {
    edoi_pg_counts *c = self;
    if (c->metrics) edoi_metrics_count_users(c->metrics, -1);
}

static int pg_counts_add(edoi_pg_counts *c, edo_metrics *metrics) {
    const edo_metric_opts opts = { .help = "Duration of database client operations.",
                                   .unit = "s",
                                   .labels = LABELS };
    const edo_str values[] = { EDO_STR("postgresql"), EDO_STR("") };
    int err = edo_metrics_hist(&c->duration, metrics, NAME, NULL, &opts);
    if (err == 0) err = edo_hist_series(&c->succeeded, c->duration, values);
    if (err < 0) return err;
    c->metrics = metrics;
    edoi_metrics_count_users(metrics, 1);
    return 0;
}

int edoi_pg_counts_new(edoi_pg_counts **out, edo_metrics *metrics, edo_duration slow) {
    edoi_pg_counts *c = edo_rc_new(sizeof *c, counts_deinit);
    if (!c) return -ENOMEM;
    *c = (edoi_pg_counts){ .slow = slow };
    int err = metrics ? pg_counts_add(c, metrics) : 0;
    if (err < 0) {
        edo_rc_unref(c);
        return err;
    }
    *out = c;
    return 0;
}

/* The series of a failure: by its SQLSTATE, or the name of its code. */
static edo_hist *count_failed(const edoi_pg_counts *c, int err) {
    const edo_pg_error *e = err == -EDO_ESQL ? edo_pg_get_error() : NULL;
    const edo_str values[] = { EDO_STR("postgresql"),
                               edo_str_of(e ? e->sqlstate : edo_error_name(err)) };
    edo_hist *h;
    return edo_hist_series(&h, c->duration, values) == 0 ? h : NULL;
}

void edoi_pg_count(const edoi_pg_counts *c, edo_instant since, const char *sql, const char *place,
                   int err) {
    edo_duration took = edo_instant_since(edo_now(), since);
    if (c->duration) edo_hist_record_time(err < 0 ? count_failed(c, err) : c->succeeded, took);
    if (took.ns < c->slow.ns) return;
    edo_warn_kv("a statement was slow", EDO_KV("ms", took.ns / 1000000), EDO_KV("sql", sql),
                EDO_KV("place", place), EDO_KV("result", edo_error_name(err)));
}
