/* SPDX-License-Identifier: MIT */
/* service/series.h: the series in which a layer counts, by the name that the program gives it. */
#ifndef EDOI_SERVICE_SERIES_H
#define EDOI_SERVICE_SERIES_H

#include <edo/metrics.h>

/* What a layer counts: the metric with its help, a label with the layer's name, and a further label
 * with one of several values. */
typedef struct edoi_series_of {
    const char *metric, *help;
    const char *labels;       /* "limit" or "limit reason" */
    const char *name, *value; /* the values of both; `value` NULL: there is one label */
} edoi_series_of;

/* Find a series, or make it. Errors: as edo_metrics_counter() and edo_counter_series(). */
EDO_MUST_USE int edoi_series_counter(edo_counter **out, edo_metrics *m, const edoi_series_of *of);
EDO_MUST_USE int edoi_series_up_down(edo_up_down **out, edo_metrics *m, const edoi_series_of *of);
EDO_MUST_USE int edoi_series_gauge(edo_gauge **out, edo_metrics *m, const edoi_series_of *of);

#endif
