/* SPDX-License-Identifier: MIT */
/* metrics/db_client.h: the duration of what clients of databases do, by OpenTelemetry's names, and
 * from when on it is slow. Clients of several databases may count in one registry, so they share
 * the metric. */
#ifndef EDOI_METRICS_DB_CLIENT_H
#define EDOI_METRICS_DB_CLIENT_H

#include <edo/metrics.h>
#include <edo/time.h>

/* What the handles of one client share. const */
typedef struct edoi_db_counts {
    edo_str system;       /* a string literal: "postgresql" */
    edo_duration slow;    /* what takes longer gets a line; EDO_FOREVER_NS: nothing does */
    edo_metrics *metrics; /* shared; NULL: none, as the next two are then */
    edo_metric *duration;
    edo_hist *succeeded;
} edoi_db_counts;

/* Finds the metric in the registry `metrics`, or adds it, if there is one. Errors: as
 * edo_metrics_hist(). */
EDO_MUST_USE EDO_API int edoi_db_counts_init(edoi_db_counts *c, edo_str system,
                                             edo_metrics *metrics, edo_duration slow);

/* May be called for one that is all zero. */
EDO_API void edoi_db_counts_deinit(edoi_db_counts *c);

/* As edoi_db_counts_init(), in memory of edo_rc_new(). */
EDO_MUST_USE EDO_API int edoi_db_counts_new(edoi_db_counts **out, edo_str system,
                                            edo_metrics *metrics, edo_duration slow);

/* Counts one that took so long, if it is counted. `failure`: what its series is found by, empty of
 * one that has succeeded. Returns whether it was slow. */
EDO_API bool edoi_db_counts_add(const edoi_db_counts *c, edo_duration took, edo_str failure);

#endif
