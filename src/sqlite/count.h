/* SPDX-License-Identifier: MIT */
/* sqlite/count.h: how long statements take, once they have a connection: a metric, and a line for
 * those that are slow. */
#ifndef EDOI_SQLITE_COUNT_H
#define EDOI_SQLITE_COUNT_H

#include <edo/metrics.h>
#include <edo/sqlite.h>

/* Of a database, its transactions and sequences, which share it; memory of edo_rc_new(). const */
typedef struct edoi_sqlite_counts {
    edo_duration slow;    /* a statement that takes longer gets a line */
    edo_metrics *metrics; /* borrowed; NULL: none, as the next two are then */
    edo_metric *duration;
    edo_hist *succeeded;
} edoi_sqlite_counts;

/* Adds the metric to the registry of the options, if there is one. Errors: as
 * edo_metrics_hist(). */
EDO_MUST_USE int edoi_sqlite_counts_new(edoi_sqlite_counts **out, const edo_sqlite_opts *o);

/* A statement has ended with `err`, by the task that wanted it, whose trail has the failure. The
 * line has its text, which a programmer has written, and no arguments. */
void edoi_sqlite_count(const edoi_sqlite_counts *c, edo_duration took, const char *sql, int err);

#endif
