/* SPDX-License-Identifier: MIT */
/* metrics/print.h: where lines of text go. */
#ifndef EDOI_METRICS_PRINT_H
#define EDOI_METRICS_PRINT_H

#include "metrics/registry.h"

/* The value of a series. */
typedef struct edoi_metric_seen {
    edo_str labels;                /* method="GET",status="200" */
    double number;                 /* of a gauge, and of a callback's metric */
    uint64_t whole;                /* of a counter; of an up-down counter, whose sign it has */
    bool is_whole;                 /* the latter is the value */
    const edoi_bounds *bounds;     /* of a histogram; NULL: it is none */
    const uint64_t *counts;        /* of its buckets, one more than there are bounds */
    double sum;                    /* of its values */
    edoi_exemplar_slot *exemplars; /* one for each bucket, or one; NULL: none */
} edoi_metric_seen;

/* Sees all values of a registry, instead of text: `metric` before the first of its series, and
 * with NULL after the last of the last metric. Both return 0, or a failure that ends it. */
typedef struct edoi_metrics_eye {
    int (*metric)(void *arg, const edo_metric *metric);
    int (*value)(void *arg, const edoi_metric_seen *seen);
} edoi_metrics_eye;

EDO_MUST_USE EDO_API int edoi_metrics_look(edo_metrics *m, const edoi_metrics_eye *eye, void *arg);

struct edo_metrics_sink {
    edo_buf *out;
    const edoi_metrics_eye *eye; /* NULL: text is printed */
    void *eye_arg;
    const edo_metric *metric;
    edo_metrics_form form;
    int err;                     /* the first failure; after it nothing is appended */
    edo_buf bounds;              /* those of the histogram, as text, each with a NUL behind it */
    const edo_metric *bounds_of; /* the metric that they are of; NULL: none yet */
};

/* Emits a histogram: how many values each bucket has counted, one more than there are bounds.
 * `exemplars` has as many; NULL: none. */
void edoi_sink_hist(edo_metrics_sink *to, edo_str values, const edoi_bounds *bounds,
                    const uint64_t *counts, double sum, edoi_exemplar_slot *exemplars);

/* Emits a line of a callback's metric, whose label values are written already. */
void edoi_sink_value(edo_metrics_sink *to, edo_str values, double value);

#endif
