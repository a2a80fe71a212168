/* SPDX-License-Identifier: MIT */
/* otlp/encode/point.h: the value of a series, and a metric with all of its points
 * (opentelemetry/proto/metrics/v1). */
#ifndef EDOI_OTLP_ENCODE_POINT_H
#define EDOI_OTLP_ENCODE_POINT_H

#include "metrics/print.h"
#include "otlp/encode/wire.h"

typedef struct edoi_otlp_point {
    const edoi_metric_seen *seen;
    uint64_t began_ns, at_ns; /* of the wall clock */
    bool is_sum;              /* since `began_ns` */
    const edoi_exemplar_kept *exemplars;
    uint32_t exemplars_n;
} edoi_otlp_point;

/* Writes the fields of NumberDataPoint or HistogramDataPoint. `arg` is an edoi_otlp_point. */
void edoi_otlp_put_point(edoi_otlp_out *out, const void *arg);

typedef struct edoi_otlp_metric {
    const edo_metric *metric;
    edo_str points; /* each as a field of number 1 */
} edoi_otlp_metric;

/* Writes the fields of Metric. `arg` is an edoi_otlp_metric. */
void edoi_otlp_put_metric(edoi_otlp_out *out, const void *arg);

#endif
