/* SPDX-License-Identifier: MIT */
/* metrics/registry.c: registries and their metrics. */
#include "metrics/registry.h"

#include "base/assert.h"

#include "base/fork.h"
#include "base/held.h"
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "runtime/control/cpu_count.h"

#include <errno.h>

#define WORKERS_LEAST      4u
#define WORKERS_MAX        256u
#define SERIES_MAX_DEFAULT 2000u

pthread_mutex_t edoi_metrics_mutex = PTHREAD_MUTEX_INITIALIZER;

EDOI_ON_FORK(.mutex = &edoi_metrics_mutex);

/* ---- Life ------------------------------------------------------------------------------------ */

static uint32_t workers_of(const edo_metrics_opts *opts) {
    if (opts->workers > 0) return opts->workers;
    uint32_t n = edoi_cpu_count();
    if (n > WORKERS_MAX) return WORKERS_MAX;
    return n > WORKERS_LEAST ? n : WORKERS_LEAST;
}

int edo_metrics_new(edo_metrics **out, const edo_metrics_opts *opts) {
    static const edo_metrics_opts defaults = { 0 };
    if (!opts) opts = &defaults;
    if (opts->workers > WORKERS_MAX) return -EINVAL;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    edo_metrics *m = edoi_calloc(1, sizeof *m);
    if (!m) return -ENOMEM;
    m->cells.shards_n = workers_of(opts) + 1; // row 0: other threads; ids of workers begin at 1
    m->series_max = opts->series_max > 0 ? opts->series_max : SERIES_MAX_DEFAULT;
    edoi_siphash_secret_make(&m->secret);
    m->refs = 1;
    *out = m;
    return 0;
}

static void metric_free(edo_metric *metric) {
    while (metric->first) {
        edoi_series *s = metric->first;
        metric->first = s->next;
        edoi_free(s->exemplars);
        edoi_free(s);
    }
    while (metric->sources) {
        edoi_asked *s = metric->sources;
        metric->sources = s->next;
        edoi_free(s);
    }
    edoi_bounds_deinit(&metric->bounds);
    if (metric->labels_n > 0) edoi_free(metric->labels[0]);
    edoi_free(metric->series.chains);
    edoi_free(metric->help);
    edoi_free(metric->given);
    edoi_free(metric->name);
    edoi_free(metric);
}

static edoi_kept *registry_take_kept(edo_metrics *m) {
    edoi_mutex_acquire(&edoi_metrics_mutex);
    edoi_kept *kept = m->kept;
    if (kept) m->kept = kept->next;
    edoi_mutex_release(&edoi_metrics_mutex);
    return kept;
}

static void registry_give_back(edo_metrics *m) {
    edoi_kept *kept;
    while ((kept = registry_take_kept(m))) kept->give_back(kept);
}

/* Adds to the references, and returns how many there are then. */
static int registry_count_refs(edo_metrics *m, int by) {
    edoi_mutex_acquire(&edoi_metrics_mutex);
    int n = m->refs += by;
    EDO_ASSERT(n >= 0);
    edoi_mutex_release(&edoi_metrics_mutex);
    return n;
}

void edoi_metrics_ref(edo_metrics *m) {
    if (m) (void)registry_count_refs(m, 1);
}

void edoi_metrics_unref(edo_metrics *m) {
    if (!m || registry_count_refs(m, -1) > 0) return;
    EDO_ASSERT(!m->kept); // edo_metrics_free() has given it back
    while (m->first) {
        edo_metric *metric = m->first;
        m->first = metric->next;
        metric_free(metric);
    }
    edoi_cells_deinit(&m->cells);
    edoi_free(m);
}

void edo_metrics_free(edo_metrics *m) {
    if (!m) return;
    registry_give_back(m); // here: the end of a runtime may wait, and what counts may not
    edoi_metrics_unref(m);
}

void edoi_metrics_keep(edo_metrics *m, edoi_kept *kept) {
    edoi_mutex_acquire(&edoi_metrics_mutex);
    kept->next = m->kept;
    m->kept = kept;
    edoi_mutex_release(&edoi_metrics_mutex);
}

/* ---- Metrics --------------------------------------------------------------------------------- */

static int copy_help(edo_metric *metric, const char *help) {
    if (!help) return 0;
    size_t bytes = strlen(help) + 1;
    metric->help = edoi_alloc(bytes);
    if (!metric->help) return -ENOMEM;
    memcpy(metric->help, help, bytes);
    return 0;
}

static int metric_copy_given(edo_metric *metric, const char *name, const char *unit) {
    size_t name_bytes = strlen(name) + 1, unit_bytes = unit ? strlen(unit) + 1 : 1;
    metric->given = edoi_alloc(name_bytes + unit_bytes);
    if (!metric->given) return -ENOMEM;
    memcpy(metric->given, name, name_bytes);
    memcpy(metric->given + name_bytes, unit ? unit : "", unit_bytes);
    return 0;
}

/* A metric that is in no list yet; its bounds are still the caller's. */
static int metric_new(edo_metric **out, edo_metrics *m, const edoi_metric_wanted *wanted) {
    static const edo_metric_opts defaults = { 0 };
    const edo_metric_opts *opts = wanted->opts ? wanted->opts : &defaults;
    bool is_kind_with_exemplars = wanted->type == EDOI_COUNTER || wanted->type == EDOI_HIST;
    if (opts->exemplars && (!is_kind_with_exemplars || wanted->is_asked)) return -EINVAL;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    edo_metric *metric = edoi_calloc(1, sizeof *metric);
    if (!metric) return -ENOMEM;
    metric->registry = m;
    metric->type = wanted->type;
    metric->is_asked = wanted->is_asked;
    metric->has_exemplars = opts->exemplars;
    metric->series_max = opts->series_max > 0 ? opts->series_max : m->series_max;
    int err =
        edoi_metric_name(&metric->name, &metric->unit, wanted->name, opts->unit, wanted->type);
    if (err == 0) err = edoi_label_names(metric->labels, &metric->labels_n, opts->labels);
    if (err == 0) err = copy_help(metric, opts->help);
    if (err == 0) err = metric_copy_given(metric, wanted->name, opts->unit);
    if (err < 0) {
        metric_free(metric);
        return err;
    }
    *out = metric;
    return 0;
}

static bool metric_is_same(const edo_metric *a, const edo_metric *b, const edoi_bounds *bounds) {
    static const edoi_bounds none = { .bounds = NULL };
    if (a->type != b->type || a->is_asked != b->is_asked || a->labels_n != b->labels_n)
        return false;
    if (a->has_exemplars != b->has_exemplars) return false;
    for (uint32_t i = 0; i < a->labels_n; i++)
        if (strcmp(a->labels[i], b->labels[i]) != 0) return false;
    return strcmp(a->unit, b->unit) == 0 && edoi_bounds_equal(&a->bounds, bounds ? bounds : &none);
}

/* Is `name` that of lines of the metric, beside its own? A histogram "x" has "x_count". */
static bool has_lines(const edo_metric *metric, const char *name) {
    static const char *const suffixes[][3] = {
        [EDOI_COUNTER] = { "_total" }, [EDOI_HIST] = { "_bucket", "_sum", "_count" }
    };
    size_t n = strlen(metric->name);
    if (strncmp(name, metric->name, n) != 0) return false;
    for (size_t i = 0; i < EDO_COUNT(suffixes[0]); i++) {
        const char *suffix = suffixes[metric->type][i];
        if (suffix && !strcmp(name + n, suffix)) return true;
    }
    return false;
}

/* Called with the lock held. */
static bool clashes(const edo_metrics *m, const edo_metric *fresh) {
    for (const edo_metric *at = m->first; at; at = at->next)
        if (has_lines(at, fresh->name) || has_lines(fresh, at->name)) return true;
    return false;
}

/* Called with the lock held. */
static edo_metric *metrics_find(edo_metrics *m, const char *name) {
    edo_metric *at = m->first;
    while (at && strcmp(at->name, name) != 0) at = at->next;
    return at;
}

int edoi_metric_add(edo_metric **out, edo_metrics *m, const edoi_metric_wanted *wanted,
                    bool *is_new) {
    edo_metric *fresh = NULL;
    int err = metric_new(&fresh, m, wanted);
    if (err < 0) return err;
    edoi_mutex_acquire(&edoi_metrics_mutex);
    edo_metric *known = metrics_find(m, fresh->name);
    bool is_free = !known && !clashes(m, fresh);
    if (is_free) {
        if (wanted->bounds) fresh->bounds = *wanted->bounds;
        EDO_INV("registry inv. 1", !m->last || !m->last->next);
        if (m->last) m->last->next = fresh;
        if (!m->last) m->first = fresh;
        m->last = fresh;
        *out = fresh;
    }
    edoi_mutex_release(&edoi_metrics_mutex);
    if (is_new) *is_new = is_free;
    if (is_free) return 0;
    bool fits = known && metric_is_same(known, fresh, wanted->bounds);
    metric_free(fresh);
    if (!fits) return -EEXIST;
    *out = known;
    return 0;
}

static int registry_add(edo_metric **out, edo_metrics *m, edoi_metric_type type, const char *name,
                        const edo_metric_opts *opts) {
    return edoi_metric_add(out, m,
                           &(edoi_metric_wanted){ .type = type, .name = name, .opts = opts }, NULL);
}

int edo_metrics_counter(edo_metric **out, edo_metrics *m, const char *name,
                        const edo_metric_opts *opts) {
    return registry_add(out, m, EDOI_COUNTER, name, opts);
}

int edo_metrics_up_down(edo_metric **out, edo_metrics *m, const char *name,
                        const edo_metric_opts *opts) {
    return registry_add(out, m, EDOI_UP_DOWN, name, opts);
}

int edo_metrics_gauge(edo_metric **out, edo_metrics *m, const char *name,
                      const edo_metric_opts *opts) {
    return registry_add(out, m, EDOI_GAUGE, name, opts);
}

int edo_metrics_hist(edo_metric **out, edo_metrics *m, const char *name, const edo_hist_opts *hist,
                     const edo_metric_opts *opts) {
    edoi_bounds bounds;
    int err = edoi_bounds_init(&bounds, hist);
    if (err < 0) return err;
    bool is_new = false;
    const edoi_metric_wanted wanted = {
        .type = EDOI_HIST, .name = name, .opts = opts, .bounds = &bounds
    };
    err = edoi_metric_add(out, m, &wanted, &is_new);
    if (!is_new) edoi_bounds_deinit(&bounds);
    return err;
}

/* ---- Functions that are asked ---------------------------------------------------------------- */

/* Called with the lock held. */
static void metric_append(edo_metric *metric, edoi_asked *source) {
    if (metric->last_source) metric->last_source->next = source;
    if (!metric->last_source) metric->sources = source;
    metric->last_source = source;
}

int edoi_metric_ask(edo_metrics *m, const edoi_metric_wanted *wanted, edoi_asked_fn *fn,
                    void *arg) {
    edoi_asked *source = edoi_calloc(1, sizeof *source);
    if (!source) return -ENOMEM;
    source->fn = fn;
    source->arg = arg;
    edo_metric *metric = NULL;
    int err = edoi_metric_add(&metric, m, wanted, NULL);
    if (err < 0) {
        edoi_free(source);
        return err;
    }
    edoi_mutex_acquire(&edoi_metrics_mutex);
    bool is_wanted = !wanted->is_single || !metric->last_source;
    if (is_wanted) metric_append(metric, source);
    edoi_mutex_release(&edoi_metrics_mutex);
    if (!is_wanted) edoi_free(source);
    return 0;
}

int edo_metrics_callback(edo_metrics *m, edo_metric_kind kind, const char *name, edo_metrics_fn *fn,
                         void *arg, const edo_metric_opts *opts) {
    if (kind != EDO_METRIC_COUNTER && kind != EDO_METRIC_GAUGE) return -EINVAL;
    const edoi_metric_wanted wanted = { .type =
                                            kind == EDO_METRIC_COUNTER ? EDOI_COUNTER : EDOI_GAUGE,
                                        .is_asked = true,
                                        .name = name,
                                        .opts = opts };
    return edoi_metric_ask(m, &wanted, fn, arg);
}
