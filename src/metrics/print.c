/* SPDX-License-Identifier: MIT */
/* metrics/print.c: the text of a registry.
 *
 * The lists of metrics, series and sources only grow, so the lock is held only to find their first
 * and last element: lines are written, and callbacks called, without it. */
#include "metrics/print.h"

#include "base/held.h"
#include "base/memory/alloc.h"
#include "metrics/record.h"
#include "value/text/number.h"

#include <edo/task.h>

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define NUMBER_BYTES 40
#define COUNTED_MOST 9007199254740992.0 /* 2^53: up to here doubles are whole numbers exactly */

/* ---- Pieces ---------------------------------------------------------------------------------- */

static void metrics_sink_put(edo_metrics_sink *to, const char *text, size_t n) {
    if (to->err == 0) to->err = edo_buf_append(to->out, text, n);
}

static void metrics_sink_put_text(edo_metrics_sink *to, const char *text) {
    metrics_sink_put(to, text, strlen(text));
}

static void put_count(edo_metrics_sink *to, uint64_t n) {
    char text[NUMBER_BYTES];
    int len = snprintf(text, sizeof text, "%" PRIu64, n);
    metrics_sink_put(to, text, (size_t)len);
}

/* The shortest digits that read back as `x`. */
static void put_fraction(edo_metrics_sink *to, double x) {
    char text[EDOI_NUMBER_TEXT_MAX];
    metrics_sink_put(to, text, edoi_number_print(text, x, false));
}

static void metrics_sink_put_number(edo_metrics_sink *to, double x) {
    if (isnan(x)) {
        metrics_sink_put_text(to, "NaN");
    } else if (isinf(x)) {
        metrics_sink_put_text(to, x > 0 ? "+Inf" : "-Inf");
    } else if (fabs(x) < COUNTED_MOST && (double)(int64_t)x >= x && (double)(int64_t)x <= x) {
        char text[NUMBER_BYTES];
        (void)snprintf(text, sizeof text, "%" PRId64, (int64_t)x);
        metrics_sink_put_text(to, text);
    } else {
        put_fraction(to, x);
    }
}

/* A bound of a bucket. OpenMetrics wants whole numbers as 1.0. */
static void put_bound(edo_metrics_sink *to, double x) {
    metrics_sink_put_number(to, x);
    bool is_whole = fabs(x) < COUNTED_MOST && (double)(int64_t)x >= x && (double)(int64_t)x <= x;
    if (is_whole && to->form == EDO_METRICS_OPENMETRICS) metrics_sink_put_text(to, ".0");
}

/* Text of a comment: line ends and backslashes escaped, in OpenMetrics quotes, too. */
static void put_help(edo_metrics_sink *to, const char *help) {
    for (const char *at = help; *at; at++) {
        if (*at == '\n') {
            metrics_sink_put_text(to, "\\n");
            continue;
        }
        if (*at == '\\' || (*at == '"' && to->form == EDO_METRICS_OPENMETRICS))
            metrics_sink_put_text(to, "\\");
        metrics_sink_put(to, at, 1);
    }
}

/* "name_suffix{values,le="bound"} ", without what is not there; `bound` may be NULL. */
static void metrics_sink_put_name(edo_metrics_sink *to, const char *suffix, edo_str values,
                                  const char *bound) {
    metrics_sink_put_text(to, to->metric->name);
    metrics_sink_put_text(to, suffix);
    if (values.len > 0 || bound) {
        metrics_sink_put_text(to, "{");
        metrics_sink_put(to, values.ptr, values.len);
        if (values.len > 0 && bound) metrics_sink_put_text(to, ",");
        if (bound) metrics_sink_put_text(to, "le=\"");
        if (bound) metrics_sink_put_text(to, bound);
        metrics_sink_put_text(to, bound ? "\"}" : "}");
    }
    metrics_sink_put_text(to, " ");
}

static const char *suffix_of(const edo_metric *metric) {
    return metric->type == EDOI_COUNTER ? "_total" : "";
}

/* " # {trace_id="…"} value time", where OpenMetrics allows it. `slot` may be NULL. */
static void put_exemplar(edo_metrics_sink *to, edoi_exemplar_slot *slot) {
    edoi_exemplar_kept e;
    char time[NUMBER_BYTES];
    if (!slot || to->form != EDO_METRICS_OPENMETRICS || !edoi_exemplar_read(slot, &e)) return;
    metrics_sink_put_text(to, " # {trace_id=\"");
    metrics_sink_put(to, e.trace_id, e.trace_bytes);
    if (e.span_bytes > 0) metrics_sink_put_text(to, "\",span_id=\"");
    metrics_sink_put(to, e.span_id, e.span_bytes);
    metrics_sink_put_text(to, "\"} ");
    metrics_sink_put_number(to, e.value);
    (void)snprintf(time, sizeof time, " %" PRId64 ".%03d", e.at_ms / 1000, (int)(e.at_ms % 1000));
    metrics_sink_put_text(to, time);
}

/* ---- Lines ----------------------------------------------------------------------------------- */

static void sink_show(edo_metrics_sink *to, const edoi_metric_seen *seen) {
    if (to->err == 0) to->err = to->eye->value(to->eye_arg, seen);
}

void edoi_sink_value(edo_metrics_sink *to, edo_str values, double value) {
    if (to->eye) {
        sink_show(to, &(edoi_metric_seen){ .labels = values, .number = value });
        return;
    }
    metrics_sink_put_name(to, suffix_of(to->metric), values, NULL);
    metrics_sink_put_number(to, value);
    metrics_sink_put_text(to, "\n");
}

/* Most of a line's price is the text of its bound, which all series of a metric share. */
static void make_bounds(edo_metrics_sink *to, const edoi_bounds *bounds) {
    if (to->bounds_of == to->metric || to->err < 0) return;
    edo_metrics_sink texts = { .out = &to->bounds, .form = to->form };
    to->bounds.len = 0;
    for (uint32_t i = 0; i <= bounds->n; i++) {
        put_bound(&texts, i < bounds->n ? bounds->bounds[i] : INFINITY);
        metrics_sink_put(&texts, "", 1);
    }
    to->bounds_of = to->metric;
    to->err = texts.err;
}

/* May the sum be shown? In OpenMetrics it is a counter, so it may not where values can be negative,
 * and without a sum there is no count, either (section 5.3, Histogram). */
static bool shows_sum(const edo_metrics_sink *to, const edoi_bounds *bounds, double sum) {
    if (to->form != EDO_METRICS_OPENMETRICS) return true;
    return sum >= 0 && (bounds->n == 0 || bounds->bounds[0] >= 0);
}

void edoi_sink_hist(edo_metrics_sink *to, edo_str values, const edoi_bounds *bounds,
                    const uint64_t *counts, double sum, edoi_exemplar_slot *exemplars) {
    uint64_t n = 0;
    if (to->eye) {
        const edoi_metric_seen seen = {
            .labels = values, .bounds = bounds, .counts = counts, .sum = sum, .exemplars = exemplars
        };
        sink_show(to, &seen);
        return;
    }
    make_bounds(to, bounds);
    const char *bound = to->bounds.ptr;
    for (uint32_t i = 0; i <= bounds->n && to->err == 0; i++) {
        n += counts[i];
        metrics_sink_put_name(to, "_bucket", values, bound);
        bound += strlen(bound) + 1;
        put_count(to, n);
        put_exemplar(to, exemplars ? exemplars + i : NULL);
        metrics_sink_put_text(to, "\n");
    }
    if (!shows_sum(to, bounds, sum)) return;
    metrics_sink_put_name(to, "_sum", values, NULL);
    metrics_sink_put_number(to, sum);
    metrics_sink_put_text(to, "\n");
    metrics_sink_put_name(to, "_count", values, NULL);
    put_count(to, n);
    metrics_sink_put_text(to, "\n");
}

static void print_hist(edo_metrics_sink *to, const edoi_series *s, edo_str values) {
    uint64_t *counts = edoi_alloc((s->bounds->n + (size_t)1) * sizeof *counts);
    if (!counts) {
        to->err = -ENOMEM;
        return;
    }
    for (uint32_t i = 0; i <= s->bounds->n; i++) counts[i] = edoi_series_sum(s, i);
    edoi_sink_hist(to, values, s->bounds, counts, edoi_series_sum_double(s, s->bounds->n + 1),
                   s->exemplars);
    edoi_free(counts);
}

static void print_series(edo_metrics_sink *to, const edoi_series *s) {
    const edo_str values = { s->values, s->values_bytes };
    if (to->eye && (to->metric->type == EDOI_COUNTER || to->metric->type == EDOI_UP_DOWN)) {
        sink_show(to, &(edoi_metric_seen){ .labels = values,
                                           .whole = edoi_series_sum(s, 0),
                                           .is_whole = true,
                                           .exemplars = s->exemplars });
        return;
    }
    switch (to->metric->type) {
    case EDOI_COUNTER:
    case EDOI_UP_DOWN:
        metrics_sink_put_name(to, suffix_of(to->metric), values, NULL);
        if (to->metric->type == EDOI_COUNTER) {
            put_count(to, edoi_series_sum(s, 0));
            put_exemplar(to, s->exemplars);
        } else {
            metrics_sink_put_number(to, (double)(int64_t)edoi_series_sum(s, 0));
        }
        metrics_sink_put_text(to, "\n");
        break;
    case EDOI_GAUGE: edoi_sink_value(to, values, edoi_double_of(edoi_series_sum(s, 0))); break;
    case EDOI_HIST: print_hist(to, s, values); break;
    }
}

void edo_metrics_emit(edo_metrics_sink *to, double value, const edo_str *values) {
    const edo_metric *metric = to->metric;
    if (EDO_MISUSE(metric->labels_n > 0 && !values, "a series needs a value for each label"))
        return;
    if (to->err < 0 || edoi_label_values_check(metric, values) < 0) return;
    size_t n = edoi_labels_write(NULL, metric, values);
    char *text = n > 0 ? edoi_alloc(n) : NULL;
    if (n > 0 && !text) {
        to->err = -ENOMEM;
        return;
    }
    (void)edoi_labels_write(text, metric, values);
    edoi_sink_value(to, (edo_str){ text, n }, value);
    edoi_free(text);
}

/* ---- All ------------------------------------------------------------------------------------- */

static void put_comment(edo_metrics_sink *to, const char *kind) {
    metrics_sink_put_text(to, "# ");
    metrics_sink_put_text(to, kind);
    metrics_sink_put_text(to, " ");
    metrics_sink_put_text(to, to->metric->name);
    // OpenMetrics names the family, Prometheus the samples
    if (to->form == EDO_METRICS_PROMETHEUS) metrics_sink_put_text(to, suffix_of(to->metric));
    metrics_sink_put_text(to, " ");
}

static void print_comments(edo_metrics_sink *to) {
    static const char *const types[] = { "counter", "gauge", "gauge", "histogram" };
    if (to->metric->help) {
        put_comment(to, "HELP");
        put_help(to, to->metric->help);
        metrics_sink_put_text(to, "\n");
    }
    put_comment(to, "TYPE");
    metrics_sink_put_text(to, types[to->metric->type]);
    metrics_sink_put_text(to, "\n");
    if (to->form != EDO_METRICS_OPENMETRICS || to->metric->unit[0] == '\0') return;
    put_comment(to, "UNIT");
    metrics_sink_put_text(to, to->metric->unit);
    metrics_sink_put_text(to, "\n");
}

static void print_metric(edo_metrics_sink *to) {
    const edo_metric *metric = to->metric;
    edoi_mutex_acquire(&edoi_metrics_mutex);
    const edoi_series *s = metric->first, *last = metric->last;
    const edoi_asked *source = metric->sources, *last_source = metric->last_source;
    edoi_mutex_release(&edoi_metrics_mutex);
    if (to->eye)
        to->err = to->eye->metric(to->eye_arg, metric);
    else
        print_comments(to);
    for (; s; s = s == last ? NULL : s->next) print_series(to, s);
    edo_no_await_begin();
    for (; source; source = source == last_source ? NULL : source->next)
        source->fn(source->arg, to);
    edo_no_await_end();
}

static void sink_all(edo_metrics_sink *to, edo_metrics *m) {
    edoi_mutex_acquire(&edoi_metrics_mutex);
    const edo_metric *metric = m->first, *last = m->last;
    edoi_mutex_release(&edoi_metrics_mutex);
    for (; metric && to->err == 0; metric = metric == last ? NULL : metric->next) {
        to->metric = metric;
        print_metric(to);
    }
}

int edo_metrics_print(edo_metrics *m, edo_buf *out, edo_metrics_form form) {
    edo_metrics_sink to = { .out = out, .form = form };
    sink_all(&to, m);
    if (form == EDO_METRICS_OPENMETRICS) metrics_sink_put_text(&to, "# EOF\n");
    edo_buf_deinit(&to.bounds);
    return to.err;
}

int edoi_metrics_look(edo_metrics *m, const edoi_metrics_eye *eye, void *arg) {
    edo_metrics_sink to = { .eye = eye, .eye_arg = arg };
    sink_all(&to, m);
    return to.err == 0 ? eye->metric(arg, NULL) : to.err;
}

const char *edo_metrics_content_type(edo_metrics_form form) {
    return form == EDO_METRICS_OPENMETRICS
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
}
