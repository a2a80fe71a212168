/* SPDX-License-Identifier: MIT */
/* pg/count.h: how long statements take: a metric, and a line for those that are slow. */
#ifndef EDOI_PG_COUNT_H
#define EDOI_PG_COUNT_H

#include <edo/metrics.h>
#include <edo/time.h>

/* Of a pool and its handles, which share it; counted (edo_rc_new()). const */
typedef struct edoi_pg_counts {
    edo_duration slow;    /* a statement that takes longer gets a line */
    edo_metrics *metrics; /* borrowed; NULL: none, as the next two are then */
    edo_metric *duration;
    edo_hist *succeeded;
} edoi_pg_counts;

/* Adds the metric to the registry `metrics`, if there is one. Errors: as edo_metrics_hist(). */
EDO_MUST_USE int edoi_pg_counts_new(edoi_pg_counts **out, edo_metrics *metrics, edo_duration slow);

/* A statement has ended that began at `since`, with `err`. The line has its text, which a
 * programmer has written, and no arguments. `place` may be NULL. */
void edoi_pg_count(const edoi_pg_counts *c, edo_instant since, const char *sql, const char *place,
                   int err);

#endif
