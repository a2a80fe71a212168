/* SPDX-License-Identifier: MIT */
/* metrics/series.c: finding and making the series of a metric.
 *
 * inv. 1: a metric has at most series_max series in its table, and one more for all others. */
#include "base/assert.h"
#include "metrics/registry.h"

#include "base/held.h"
#include "base/memory/alloc.h"

#include <errno.h>

#define CHAINS_AT_FIRST 8u

/* The single label of the series that all further combinations share. */
static const char overflow_values[] = "overflow=\"true\"";

/* How many cells a series has in each row: a histogram's buckets, then the sum. */
static uint32_t cells_of(const edo_metric *metric) {
    return metric->type == EDOI_HIST ? metric->bounds.n + 2 : 1;
}

static edoi_series *series_at(edoi_table_link *l) {
    return EDO_CONTAINER_OF(l, edoi_series, link);
}

static bool has_values(edoi_table_link *l, const void *as) {
    const edoi_series *s = series_at(l), *wanted = as;
    return s->values_bytes == wanted->values_bytes &&
           memcmp(s->values, wanted->values, s->values_bytes) == 0;
}

static edoi_series *metric_find(const edo_metric *metric, const edoi_series *wanted,
                                uint64_t hash) {
    if (metric->series.chains_n == 0) return NULL;
    edoi_table_link *l = edoi_table_find(&metric->series, hash, has_values, wanted);
    return l ? series_at(l) : NULL;
}

static int grow_table(edo_metric *metric) {
    size_t n = edoi_table_chains_for(metric->series.chains_n * 2, CHAINS_AT_FIRST);
    edoi_table_link **chains = edoi_calloc(n, sizeof(edoi_table_link *));
    if (!chains) return -ENOMEM;
    edoi_free(edoi_table_move(&metric->series, chains, n));
    return 0;
}

/* Gives the series its cells and appends it to the list. */
static int enlist(edo_metric *metric, edoi_series *s) {
    s->bounds = &metric->bounds;
    int err = edoi_cells_take(&metric->registry->cells, &s->place, cells_of(metric));
    if (err < 0) return err;
    if (metric->last) metric->last->next = s;
    if (!metric->last) metric->first = s;
    metric->last = s;
    return 0;
}

static void series_free(edoi_series *s) {
    edoi_free(s->exemplars);
    edoi_free(s);
}

static edoi_series *series_alloc(const edo_metric *metric, size_t values_bytes) {
    edoi_series *s = edoi_calloc(1, sizeof *s + values_bytes);
    if (!s) return NULL;
    s->values_bytes = (uint32_t)values_bytes;
    if (!metric->has_exemplars) return s;
    s->exemplars = edoi_calloc(metric->bounds.n + (size_t)1, sizeof *s->exemplars);
    if (s->exemplars) return s;
    edoi_free(s);
    return NULL;
}

/* Called with the lock held. */
static int series_find_overflow(edoi_series **out, edo_metric *metric) {
    if (!metric->overflow) {
        edoi_series *s = series_alloc(metric, sizeof overflow_values - 1);
        if (!s) return -ENOMEM;
        memcpy(s->values, overflow_values, sizeof overflow_values - 1);
        int err = enlist(metric, s);
        if (err < 0) {
            series_free(s);
            return err;
        }
        metric->overflow = s;
    }
    *out = metric->overflow;
    return 0;
}

/* Called with the lock held. Adds `fresh`, or finds another one; `fresh` is taken if that is what
 * `*out` becomes. */
static int series_find_or_add(edoi_series **out, edo_metric *metric, edoi_series *fresh,
                              uint64_t hash) {
    *out = metric_find(metric, fresh, hash);
    if (*out) return 0;
    if (metric->series.links_n >= metric->series_max) return series_find_overflow(out, metric);
    int err = metric->series.links_n >= metric->series.chains_n ? grow_table(metric) : 0;
    if (err == 0) err = enlist(metric, fresh);
    if (err < 0) return err;
    edoi_table_add(&metric->series, &fresh->link, hash);
    EDO_INV("series inv. 1", metric->series.links_n <= metric->series_max);
    *out = fresh;
    return 0;
}

static int metrics_series_of(edoi_series **out, edo_metric *metric, edoi_metric_type type,
                             const edo_str *values) {
    *out = NULL;
    if (EDO_MISUSE(metric->type != type || metric->is_asked, "a series of another kind of metric"))
        return -EDO_EMISUSE;
    if (EDO_MISUSE(metric->labels_n > 0 && !values, "a series needs a value for each label"))
        return -EDO_EMISUSE;
    int err = edoi_label_values_check(metric, values);
    if (err < 0) return err;
    edoi_series *fresh = series_alloc(metric, edoi_labels_write(NULL, metric, values));
    if (!fresh) return -ENOMEM;
    (void)edoi_labels_write(fresh->values, metric, values);
    edo_metrics *m = metric->registry;
    uint64_t hash = edoi_siphash13(&m->secret, fresh->values, fresh->values_bytes);
    edoi_mutex_acquire(&edoi_metrics_mutex);
    err = series_find_or_add(out, metric, fresh, hash);
    edoi_mutex_release(&edoi_metrics_mutex);
    if (*out != fresh) series_free(fresh);
    return err;
}

int edo_counter_series(edo_counter **out, edo_metric *metric, const edo_str *values) {
    edoi_series *s = NULL;
    int err = metrics_series_of(&s, metric, EDOI_COUNTER, values);
    *out = (edo_counter *)s;
    return err;
}

int edo_up_down_series(edo_up_down **out, edo_metric *metric, const edo_str *values) {
    edoi_series *s = NULL;
    int err = metrics_series_of(&s, metric, EDOI_UP_DOWN, values);
    *out = (edo_up_down *)s;
    return err;
}

int edo_gauge_series(edo_gauge **out, edo_metric *metric, const edo_str *values) {
    edoi_series *s = NULL;
    int err = metrics_series_of(&s, metric, EDOI_GAUGE, values);
    *out = (edo_gauge *)s;
    return err;
}

int edo_hist_series(edo_hist **out, edo_metric *metric, const edo_str *values) {
    edoi_series *s = NULL;
    int err = metrics_series_of(&s, metric, EDOI_HIST, values);
    *out = (edo_hist *)s;
    return err;
}

/* ---- Without labels, in one call ------------------------------------------------------------- */

static bool metric_has_labels(const edo_metric_opts *opts) {
    return opts && opts->labels && *opts->labels;
}

int edo_counter_new(edo_counter **out, edo_metrics *m, const char *name,
                    const edo_metric_opts *opts) {
    edo_metric *metric;
    *out = NULL;
    if (metric_has_labels(opts)) return -EINVAL;
    int err = edo_metrics_counter(&metric, m, name, opts);
    return err < 0 ? err : edo_counter_series(out, metric, NULL);
}

int edo_up_down_new(edo_up_down **out, edo_metrics *m, const char *name,
                    const edo_metric_opts *opts) {
    edo_metric *metric;
    *out = NULL;
    if (metric_has_labels(opts)) return -EINVAL;
    int err = edo_metrics_up_down(&metric, m, name, opts);
    return err < 0 ? err : edo_up_down_series(out, metric, NULL);
}

int edo_gauge_new(edo_gauge **out, edo_metrics *m, const char *name, const edo_metric_opts *opts) {
    edo_metric *metric;
    *out = NULL;
    if (metric_has_labels(opts)) return -EINVAL;
    int err = edo_metrics_gauge(&metric, m, name, opts);
    return err < 0 ? err : edo_gauge_series(out, metric, NULL);
}

int edo_hist_new(edo_hist **out, edo_metrics *m, const char *name, const edo_hist_opts *hist,
                 const edo_metric_opts *opts) {
    edo_metric *metric;
    *out = NULL;
    if (metric_has_labels(opts)) return -EINVAL;
    int err = edo_metrics_hist(&metric, m, name, hist, opts);
    return err < 0 ? err : edo_hist_series(out, metric, NULL);
}
