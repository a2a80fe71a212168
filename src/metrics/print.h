/* SPDX-License-Identifier: MIT */
/* metrics/print.h: where lines of text go. */
#ifndef EDOI_METRICS_PRINT_H
#define EDOI_METRICS_PRINT_H

#include "metrics/registry.h"

struct edo_metrics_sink {
    edo_buf *out;
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
