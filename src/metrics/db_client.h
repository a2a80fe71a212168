/* SPDX-License-Identifier: MIT */
/* metrics/db_client.h: the duration of what clients of databases do, by OpenTelemetry's names.
 * Clients of several databases may count in one registry, so they share the metric. */
#ifndef EDOI_METRICS_DB_CLIENT_H
#define EDOI_METRICS_DB_CLIENT_H

#include <edo/metrics.h>

/* The series of a database and a failure, which is empty for what has succeeded. */
EDOI_INLINE int edoi_db_client_series(edo_hist **out, edo_metric *duration, edo_str system,
                                      edo_str failure) {
    const edo_str values[] = { system, failure };
    return edo_hist_series(out, duration, values);
}

/* Finds the metric, or makes it, and the series of what has succeeded. */
EDOI_INLINE int edoi_db_client_add(edo_metric **duration, edo_hist **succeeded, edo_metrics *m,
                                   edo_str system) {
    const edo_metric_opts opts = { .help = "Duration of database client operations.",
                                   .unit = "s",
                                   .labels = "db_system_name error_type" };
    int err = edo_metrics_hist(duration, m, "db.client.operation.duration", NULL, &opts);
    return err < 0 ? err : edoi_db_client_series(succeeded, *duration, system, EDO_STR(""));
}

#endif
