/* SPDX-License-Identifier: MIT */
/* metrics/registry.h: registries, their metrics, and their series.
 *
 * One lock guards the lists of all registries, so that a fork can wait for it: a child finds them
 * whole. It is taken to add or find something, not to count.
 *
 * inv. 1: metrics, series and sources are only added, at the end of their lists, and freed with the
 *         registry. What is const after it was linked may be read without the lock by any thread
 *         that found it under the lock. */
#ifndef EDOI_METRICS_REGISTRY_H
#define EDOI_METRICS_REGISTRY_H

#include "base/siphash.h"
#include "base/table.h"
#include "metrics/buckets.h"
#include "metrics/cells.h"
#include "metrics/exemplar.h"

#include <pthread.h>

typedef enum edoi_metric_type {
    EDOI_COUNTER,
    EDOI_UP_DOWN,
    EDOI_GAUGE,
    EDOI_HIST,
} edoi_metric_type;

/* One series. The public types are this struct, each by a name of its own. All const, except what
 * the cells hold and the links. */
typedef struct edoi_series {
    edoi_cell_place place;
    const edoi_bounds *bounds;     /* of a histogram */
    edoi_exemplar_slot *exemplars; /* one for each bucket, or one; NULL: none are kept */
    struct edoi_series *next;      /* lock: edoi_metrics_mutex; in order of making */
    edoi_table_link link;          /* lock: edoi_metrics_mutex; by its values */
    uint32_t values_bytes;
    char values[]; /* "method=\"GET\",status=\"200\"", escaped; not ended by a NUL */
} edoi_series;

/* Emits all values of a source; as a callback, but for any type of metric. */
typedef void edoi_asked_fn(void *arg, edo_metrics_sink *to);

/* A function that is asked for values. */
typedef struct edoi_asked {
    struct edoi_asked *next; /* lock: edoi_metrics_mutex */
    edoi_asked_fn *fn;
    void *arg;
} edoi_asked;

struct edo_metric {
    struct edo_metric *next; /* lock: edoi_metrics_mutex */
    edo_metrics *registry;
    edoi_metric_type type;
    bool is_asked;      /* has sources, and no series */
    bool has_exemplars; /* its series keep them */
    char *name;         /* as in the text, with its unit, without _total */
    char *unit;         /* as in the text; "": none */
    char *help;         /* NULL: none */
    char *given;        /* its name as it was given, and behind its NUL its unit likewise */
    edoi_bounds bounds; /* of a histogram */
    uint32_t labels_n;
    char *labels[EDO_METRIC_LABELS_MAX];
    size_t series_max;
    /* lock: edoi_metrics_mutex */
    edoi_series *first, *last;
    edoi_series *overflow; /* NULL: not needed yet; not in the table, but in the list */
    edoi_table series;     /* but for that one */
    edoi_asked *sources, *last_source;
};

/* Something that edo_metrics_free() gives back. */
typedef struct edoi_kept {
    struct edoi_kept *next;
    void (*give_back)(struct edoi_kept *self); /* frees it, too */
} edoi_kept;

extern pthread_mutex_t edoi_metrics_mutex;

struct edo_metrics {
    edoi_cells cells;  /* lock: edoi_metrics_mutex */
    edo_metric *first; /* lock: edoi_metrics_mutex */
    edo_metric *last;  /* lock: edoi_metrics_mutex */
    edoi_kept *kept;   /* lock: edoi_metrics_mutex */
    int refs;          /* lock: edoi_metrics_mutex; edoi_metrics_ref() */
    size_t series_max; /* const */
    edoi_siphash_secret secret;
};

/* What a metric is, for edoi_metric_add(). */
typedef struct edoi_metric_wanted {
    edoi_metric_type type;
    bool is_asked;
    bool is_single; /* if the metric is asked of a function already, it stays the only one */
    const char *name;
    const edo_metric_opts *opts; /* NULL: all defaults */
    const edoi_bounds *bounds;   /* of a histogram: taken on success, if the metric is new */
} edoi_metric_wanted;

/* Finds the metric, or adds it. `*is_new` (may be NULL): it was added. Errors: as
 * edo_metrics_counter(). */
EDO_MUST_USE int edoi_metric_add(edo_metric **out, edo_metrics *m, const edoi_metric_wanted *wanted,
                                 bool *is_new);

/* Adds a metric with a function that is asked. Errors: as edo_metrics_callback(). */
EDO_MUST_USE int edoi_metric_ask(edo_metrics *m, const edoi_metric_wanted *wanted,
                                 edoi_asked_fn *fn, void *arg);

/* The registry keeps this until edo_metrics_free(). */
void edoi_metrics_keep(edo_metrics *m, edoi_kept *kept);

/* ---- Names (names.c) ------------------------------------------------------------------------- */

/* The name of a metric for the text, with its unit: new memory. Errors: -EINVAL; -ENOMEM. */
EDO_MUST_USE int edoi_metric_name(char **name, char **unit, const char *given,
                                  const char *given_unit, edoi_metric_type type);

/* Takes the names of labels apart: new memory in labels[0]. Errors: -EINVAL; -ENOMEM. */
EDO_MUST_USE int edoi_label_names(char **labels, uint32_t *n, const char *given);

/* Writes the labels with their values to `out`, escaped; its length is returned, with `out` NULL
 * too. */
size_t edoi_labels_write(char *out, const edo_metric *metric, const edo_str *values);

/* Are the values good? Errors: -EILSEQ; -EDO_ETOOLONG. */
EDO_MUST_USE int edoi_label_values_check(const edo_metric *metric, const edo_str *values);

#endif
