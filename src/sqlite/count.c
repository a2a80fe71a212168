/* SPDX-License-Identifier: MIT */
/* sqlite/count.c: see count.h. */
#include "sqlite/count.h"

#include "metrics/db_client.h"

#include <edo/error.h>
#include <edo/trace.h>

#include <stdio.h>

#define SYSTEM EDO_STR("sqlite")
#define SLOW_S 1

static void sqlite_counts_deinit(void *self) {
    edoi_sqlite_counts *c = self;
    if (c->metrics) edoi_metrics_count_users(c->metrics, -1);
}

static int sqlite_counts_add(edoi_sqlite_counts *c, edo_metrics *metrics) {
    int err = edoi_db_client_add(&c->duration, &c->succeeded, metrics, SYSTEM);
    if (err < 0) return err;
    c->metrics = metrics;
    edoi_metrics_count_users(metrics, 1);
    return 0;
}

int edoi_sqlite_counts_new(edoi_sqlite_counts **out, const edo_sqlite_opts *o) {
    edoi_sqlite_counts *c = edo_rc_new(sizeof *c, sqlite_counts_deinit);
    if (!c) return -ENOMEM;
    *c = (edoi_sqlite_counts){ .slow = o->slow.ns ? o->slow : edo_s(SLOW_S) };
    int err = o->metrics ? sqlite_counts_add(c, o->metrics) : 0;
    if (err < 0) {
        edo_rc_unref(c);
        return err;
    }
    *out = c;
    return 0;
}

/* The series of a failure: by SQLite's extended result code, or the name of edo's code. */
static edo_hist *sqlite_count_failed(const edoi_sqlite_counts *c, int err) {
    const edo_sqlite_error *e = err == -EDO_ESQL ? edo_sqlite_get_error() : NULL;
    char code[16];
    edo_hist *h;
    (void)snprintf(code, sizeof code, "%d", e ? e->code : 0);
    edo_str failure = edo_str_of(e ? code : edo_error_name(err));
    return edoi_db_client_series(&h, c->duration, SYSTEM, failure) == 0 ? h : NULL;
}

void edoi_sqlite_count(const edoi_sqlite_counts *c, edo_duration took, const char *sql, int err) {
    if (c->duration)
        edo_hist_record_time(err < 0 ? sqlite_count_failed(c, err) : c->succeeded, took);
    if (took.ns < c->slow.ns) return;
    edo_warn_kv("a statement of SQLite was slow", EDO_KV("ms", took.ns / 1000000),
                EDO_KV("sql", sql), EDO_KV("result", edo_error_name(err)));
}
