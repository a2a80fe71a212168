/* SPDX-License-Identifier: MIT */
/* metrics/db_client.c: see db_client.h. */
#include "metrics/db_client.h"

#include <edo/base.h>

#include <errno.h>

/* The series of a failure, which is empty for what has succeeded. */
static int db_counts_series(edo_hist **out, const edoi_db_counts *c, edo_str failure) {
    const edo_str values[] = { c->system, failure };
    return edo_hist_series(out, c->duration, values);
}

int edoi_db_counts_init(edoi_db_counts *c, edo_str system, edo_metrics *metrics,
                        edo_duration slow) {
    const edo_metric_opts opts = { .help = "Duration of database client operations.",
                                   .unit = "s",
                                   .labels = "db_system_name error_type" };
    *c = (edoi_db_counts){ .system = system, .slow = slow };
    if (!metrics) return 0;
    int err = edo_metrics_hist(&c->duration, metrics, "db.client.operation.duration", NULL, &opts);
    if (err == 0) err = db_counts_series(&c->succeeded, c, EDO_STR(""));
    if (err < 0) return err;
    c->metrics = metrics;
    edoi_metrics_ref(metrics);
    return 0;
}

void edoi_db_counts_deinit(edoi_db_counts *c) {
    edoi_metrics_unref(c->metrics);
}

static void db_counts_end(void *self) {
    edoi_db_counts_deinit(self);
}

int edoi_db_counts_new(edoi_db_counts **out, edo_str system, edo_metrics *metrics,
                       edo_duration slow) {
    edoi_db_counts *c = edo_rc_new(sizeof *c, db_counts_end);
    if (!c) return -ENOMEM;
    int err = edoi_db_counts_init(c, system, metrics, slow);
    if (err < 0) edo_rc_unref(c);
    if (err == 0) *out = c;
    return err;
}

bool edoi_db_counts_add(const edoi_db_counts *c, edo_duration took, edo_str failure) {
    edo_hist *h = c->succeeded;
    if (failure.len > 0 && c->duration && db_counts_series(&h, c, failure) < 0) h = NULL;
    edo_hist_record_time(h, took);
    return took.ns >= c->slow.ns;
}
