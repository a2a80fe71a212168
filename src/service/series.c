/* SPDX-License-Identifier: MIT */
/* service/series.c: finds the series of a layer. */
#include "service/series.h"

static edo_metric_opts series_opts(const edoi_series_of *of) {
    return (edo_metric_opts){ .help = of->help, .labels = of->labels };
}

/* The values of its labels. */
static const edo_str *series_values(edo_str *values, const edoi_series_of *of) {
    values[0] = edo_str_of(of->name);
    if (of->value) values[1] = edo_str_of(of->value);
    return values;
}

int edoi_series_counter(edo_counter **out, edo_metrics *m, const edoi_series_of *of) {
    const edo_metric_opts opts = series_opts(of);
    edo_metric *metric;
    edo_str values[2];
    int err = edo_metrics_counter(&metric, m, of->metric, &opts);
    return err < 0 ? err : edo_counter_series(out, metric, series_values(values, of));
}

int edoi_series_up_down(edo_up_down **out, edo_metrics *m, const edoi_series_of *of) {
    const edo_metric_opts opts = series_opts(of);
    edo_metric *metric;
    edo_str values[2];
    int err = edo_metrics_up_down(&metric, m, of->metric, &opts);
    return err < 0 ? err : edo_up_down_series(out, metric, series_values(values, of));
}

int edoi_series_gauge(edo_gauge **out, edo_metrics *m, const edoi_series_of *of) {
    const edo_metric_opts opts = series_opts(of);
    edo_metric *metric;
    edo_str values[2];
    int err = edo_metrics_gauge(&metric, m, of->metric, &opts);
    return err < 0 ? err : edo_gauge_series(out, metric, series_values(values, of));
}
