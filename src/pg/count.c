/* SPDX-License-Identifier: MIT */
/* pg/count.c: see count.h. */
#include "pg/count.h"

#include "metrics/db_client.h"

#include <edo/error.h>
#include <edo/pg.h>
#include <edo/trace.h>

#define SYSTEM EDO_STR("postgresql")

static void counts_deinit(void *self) {
    edoi_pg_counts *c = self;
    if (c->metrics) edoi_metrics_count_users(c->metrics, -1);
}

static int pg_counts_add(edoi_pg_counts *c, edo_metrics *metrics) {
    int err = edoi_db_client_add(&c->duration, &c->succeeded, metrics, SYSTEM);
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
    edo_str failure = edo_str_of(e ? e->sqlstate : edo_error_name(err));
    edo_hist *h;
    return edoi_db_client_series(&h, c->duration, SYSTEM, failure) == 0 ? h : NULL;
}

void edoi_pg_count(const edoi_pg_counts *c, edo_instant since, const char *sql, const char *place,
                   int err) {
    edo_duration took = edo_instant_since(edo_now(), since);
    if (c->duration) edo_hist_record_time(err < 0 ? count_failed(c, err) : c->succeeded, took);
    if (took.ns < c->slow.ns) return;
    edo_warn_kv("a statement was slow", EDO_KV("ms", took.ns / 1000000), EDO_KV("sql", sql),
                EDO_KV("place", place), EDO_KV("result", edo_error_name(err)));
}
