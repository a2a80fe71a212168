/* SPDX-License-Identifier: MIT */
/* otlp/encode/point.c: see point.h. */
#include "otlp/encode/point.h"
#include "otlp/encode/labels.h"

/* Fields of NumberDataPoint and HistogramDataPoint; the first two are those of both. */
enum {
    POINT_BEGAN = 2,
    POINT_AT = 3,
    NUMBER_DOUBLE = 4,
    NUMBER_EXEMPLAR = 5,
    NUMBER_INT = 6,
    NUMBER_ATTR = 7,
    HIST_COUNT = 4,
    HIST_SUM = 5,
    HIST_COUNTS = 6,
    HIST_BOUNDS = 7,
    HIST_EXEMPLAR = 8,
    HIST_ATTR = 9,
};

/* ---- Exemplars ------------------------------------------------------------------------------- */

#define EXEMPLAR_AT     2u
#define EXEMPLAR_DOUBLE 3u
#define EXEMPLAR_SPAN   4u
#define EXEMPLAR_TRACE  5u

static void put_exemplar_fields(edoi_otlp_out *out, const void *arg) {
    const edoi_exemplar_kept *e = arg;
    unsigned char trace[16], span[8];
    edoi_otlp_put_64(out, EXEMPLAR_AT, (uint64_t)e->at_ms * 1000000);
    edoi_otlp_put_double(out, EXEMPLAR_DOUBLE, e->value);
    if (edo_hex_decode(span, sizeof span, (edo_str){ e->span_id, e->span_bytes }) == 0)
        edoi_otlp_put_bytes(out, EXEMPLAR_SPAN, span, sizeof span);
    if (edo_hex_decode(trace, sizeof trace, (edo_str){ e->trace_id, e->trace_bytes }) == 0)
        edoi_otlp_put_bytes(out, EXEMPLAR_TRACE, trace, sizeof trace);
}

/* ---- Values ---------------------------------------------------------------------------------- */

static void put_number(edoi_otlp_out *out, const edoi_metric_seen *seen) {
    if (seen->is_whole)
        edoi_otlp_put_64(out, NUMBER_INT, seen->whole);
    else
        edoi_otlp_put_double(out, NUMBER_DOUBLE, seen->number);
    edoi_otlp_put_labels(out, NUMBER_ATTR, seen->labels);
}

static void put_raw_64(edoi_otlp_out *out, uint64_t n) {
    uint64_t little = edoi_little_64(n);
    edoi_otlp_put_raw(out, &little, sizeof little);
}

static void put_hist(edoi_otlp_out *out, const edoi_metric_seen *seen) {
    uint32_t n = seen->bounds->n;
    uint64_t count = 0;
    for (uint32_t i = 0; i <= n; i++) count += seen->counts[i];
    edoi_otlp_put_64(out, HIST_COUNT, count);
    edoi_otlp_put_double(out, HIST_SUM, seen->sum);
    edoi_otlp_put_head(out, HIST_COUNTS, (n + (size_t)1) * sizeof(uint64_t));
    for (uint32_t i = 0; i <= n; i++) put_raw_64(out, seen->counts[i]);
    edoi_otlp_put_head(out, HIST_BOUNDS, n * sizeof(double));
    for (uint32_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, &seen->bounds->bounds[i], sizeof bits);
        put_raw_64(out, bits);
    }
    edoi_otlp_put_labels(out, HIST_ATTR, seen->labels);
}

void edoi_otlp_put_point(edoi_otlp_out *out, const void *arg) {
    const edoi_otlp_point *p = arg;
    const edoi_metric_seen *seen = p->seen;
    if (p->is_sum) edoi_otlp_put_64(out, POINT_BEGAN, p->began_ns);
    edoi_otlp_put_64(out, POINT_AT, p->at_ns);
    if (seen->bounds)
        put_hist(out, seen);
    else
        put_number(out, seen);
    for (uint32_t i = 0; i < p->exemplars_n; i++)
        edoi_otlp_put_part(out, seen->bounds ? HIST_EXEMPLAR : NUMBER_EXEMPLAR, put_exemplar_fields,
                           &p->exemplars[i]);
}

/* ---- Metrics --------------------------------------------------------------------------------- */

enum {
    METRIC_NAME = 1,
    METRIC_HELP = 2,
    METRIC_UNIT = 3,
    METRIC_GAUGE = 5,
    METRIC_SUM = 7,
    METRIC_HIST = 9,
};
#define OF_TIME         2u /* of Sum and Histogram: since when */
#define ONLY_GROWS      3u /* of Sum */
#define SINCE_THE_BEGIN 2u

static void put_points(edoi_otlp_out *out, const void *arg) {
    const edoi_otlp_metric *m = arg;
    edoi_metric_type type = m->metric->type;
    edoi_otlp_put_raw(out, m->points.ptr, m->points.len);
    if (type != EDOI_GAUGE) edoi_otlp_put_number(out, OF_TIME, SINCE_THE_BEGIN);
    if (type == EDOI_COUNTER) edoi_otlp_put_number(out, ONLY_GROWS, 1);
}

void edoi_otlp_put_metric(edoi_otlp_out *out, const void *arg) {
    static const uint32_t fields[] = { [EDOI_COUNTER] = METRIC_SUM,
                                       [EDOI_UP_DOWN] = METRIC_SUM,
                                       [EDOI_GAUGE] = METRIC_GAUGE,
                                       [EDOI_HIST] = METRIC_HIST };
    const edoi_otlp_metric *m = arg;
    const char *name = m->metric->given, *unit = name + strlen(name) + 1;
    edoi_otlp_put_text(out, METRIC_NAME, edo_str_of(name));
    if (m->metric->help) edoi_otlp_put_text(out, METRIC_HELP, edo_str_of(m->metric->help));
    if (unit[0]) edoi_otlp_put_text(out, METRIC_UNIT, edo_str_of(unit));
    edoi_otlp_put_part(out, fields[m->metric->type], put_points, m);
}
