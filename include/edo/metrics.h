/* SPDX-License-Identifier: MIT */
/* edo/metrics.h: numbers of a program for those who watch it: counters, gauges, histograms, and
 * their text for Prometheus.
 *
 *     edo_metrics *m;
 *     edo_metric *requests;
 *     edo_counter *ok;
 *     err = edo_metrics_new(&m, NULL);
 *     err = edo_metrics_counter(&requests, m, "http.requests",
 *                               &(edo_metric_opts){ .help = "Requests.", .labels = "status" });
 *     err = edo_counter_series(&ok, requests, (edo_str[]){ EDO_STR("200") });
 *
 *     edo_counter_add(ok, 1);                                   // hot: one addition
 *
 *     edo_buf text = { 0 };
 *     err = edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS); // for GET /metrics
 *     edo_metrics_routes(router, m);  // the same as a route of libedo-web, by edo/web.h
 *
 * A registry (edo_metrics) has metrics, a metric has series: one for each combination of the values
 * of its labels. Look a series up once, and keep it: it lives as long as the registry. A metric has
 * at most `series_max` series; further combinations share one with the single label
 * overflow="true", so labels whose values come from outside cannot fill the memory.
 *
 * Each worker counts in memory of its own, without a read-modify-write and without sharing a cache
 * line; other threads share one place, with atomic additions. A reader adds them up. What a worker
 * has counted stays when it ends, so a sum never goes backwards. A child of fork() goes on with a
 * copy of all that was counted. A counter or gauge takes 8 bytes
 * for each worker and 8 for the other threads, a histogram as much for each bucket and 16 more;
 * besides, a series costs 64 bytes and its label values. The functions of the hot path may be
 * called anywhere but in signal handlers.
 *
 * Names are those of OpenTelemetry: words with dots and underscores between, the unit apart, in
 * UCUM's form ("s", "By"; "{request}" or "1" for none). In the text dots become underscores, the
 * unit is appended as a word (_seconds, _bytes), and counters end in _total.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_METRICS_H
#define EDO_METRICS_H

#include <edo/bytes.h>
#include <edo/net.h>
#include <edo/runtime.h>
#include <edo/time.h>

EDO_BEGIN_DECLS

typedef struct edo_metrics edo_metrics;
typedef struct edo_metric edo_metric;

/* ---- Registry -------------------------------------------------------------------------------- */

/* Options of a registry; all zero is the default. */
typedef struct edo_metrics_opts {
    uint32_t workers;     /* workers, of all runtimes, that get memory of their own; 0: as many as
                             there are usable cores, at least 4; at most 256. Further workers count
                             as other threads do */
    size_t series_max;    /* of a metric that says nothing else; 0: 2,000 */
    uint64_t reserved[4]; /* must be 0 */
} edo_metrics_opts;

/** Makes an empty registry. `opts` may be NULL.
 * Owns:    returns new: edo_metrics_free(). Copies `opts`.
 * Errors: -EINVAL  more than 256 workers, or a reserved field is not 0;  -ENOMEM   Threads: any. */
EDO_MUST_USE EDO_API int edo_metrics_new(edo_metrics **out, const edo_metrics_opts *opts);

/** Ends the registry with all its metrics and series. NULL is allowed. What counts in it by an
 * option shares its memory, and may end later: servers, clients, pools, services that were built.
 * Owns:    takes `m`; gives back the runtimes and listeners that were added.
 * Threads: any, after the last use of `m` and its series by the program, a print and a router of
 *          edo_metrics_routes() among them. */
EDO_API void edo_metrics_free(edo_metrics *m);

/* edo's: what keeps series of a registry shares its memory. NULL is allowed. */
EDO_API void edoi_metrics_ref(edo_metrics *m);
EDO_API void edoi_metrics_unref(edo_metrics *m);

/* Options of a metric; all zero is the default. */
typedef struct edo_metric_opts {
    const char *help;     /* a sentence about it; NULL: none */
    const char *unit;     /* "s", "By", "ratio" and so on; NULL, "1" or "{things}": none */
    const char *labels;   /* the names of its labels, with blanks between: "method status"; NULL:
                             none */
    size_t series_max;    /* 0: that of the registry */
    bool exemplars;       /* a counter or histogram keeps exemplars: 96 bytes more for each bucket,
                             or for the counter, of each series */
    uint64_t reserved[3]; /* must be 0 */
} edo_metric_opts;

#define EDO_METRIC_LABELS_MAX      16   /* of a metric */
#define EDO_METRIC_VALUE_BYTES_MAX 1024 /* of the value of a label */

/** Adds a metric to a registry: a counter, which only grows; an up-down counter, for what comes and
 * goes; a gauge, which is set. If the registry has that metric already, with the same kind, unit
 * and labels, `*out` is that one. `opts` may be NULL.
 * Owns:    `*out` lives as long as the registry. Copies `name` and `opts`.
 * Errors:  -EEXIST  the registry has a metric of that name that is another one, or lines of that
 *                   name: a histogram "x" has lines "x_count", a counter "x" has "x_total"
 *          -EINVAL  a name that is not letters, digits, '_', ':' and '.', or begins with a digit; a
 *                   label's name that is not letters, digits and '_', begins with a digit or "__",
 *                   comes twice, or is "le" or "overflow"; too many labels; exemplars of
 *                   another kind than counters and histograms, or of a callback; a reserved
 *                   field is not 0
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_metrics_counter(edo_metric **out, edo_metrics *m, const char *name,
                                             const edo_metric_opts *opts);
EDO_MUST_USE EDO_API int edo_metrics_up_down(edo_metric **out, edo_metrics *m, const char *name,
                                             const edo_metric_opts *opts);
EDO_MUST_USE EDO_API int edo_metrics_gauge(edo_metric **out, edo_metrics *m, const char *name,
                                           const edo_metric_opts *opts);

/* The buckets of a histogram. All zero: the bounds that OpenTelemetry gives for the duration of
 * requests in seconds, 0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1 2.5 5 7.5 10. A bucket
 * counts values up to its bound, that included; one more counts what is above the last. */
typedef struct edo_hist_opts {
    const double *bounds; /* growing, finite */
    size_t bounds_n;      /* at most 4,096 */
    double log_min;       /* or, only with log_max: log-linear buckets, from about log_min to */
    double log_max;       /* log_max, both above 0, */
    uint32_t precision;   /* 2^precision for each power of two; 0 to 10; 4,096 in all at most */
    uint64_t reserved[4]; /* must be 0 */
} edo_hist_opts;

/** As edo_metrics_counter(), adds a histogram. `hist` and `opts` may be NULL.
 * Owns:    as edo_metrics_counter(); copies `hist`.
 * Errors:  as edo_metrics_counter(), where other buckets make another metric, too;  -EINVAL  also:
 *          bounds that do not grow, are not finite, or are too many */
EDO_MUST_USE EDO_API int edo_metrics_hist(edo_metric **out, edo_metrics *m, const char *name,
                                          const edo_hist_opts *hist, const edo_metric_opts *opts);

/* ---- Series ---------------------------------------------------------------------------------- */

typedef struct edo_counter edo_counter;
typedef struct edo_up_down edo_up_down;
typedef struct edo_gauge edo_gauge;
typedef struct edo_hist edo_hist;

/** Finds the series of a metric whose labels have these values, or makes it. `values` has one for
 * each label, in the order of their names; it may be NULL if there are none. The value of a series
 * begins at 0, and is in the text from then on. Takes a lock: keep the result.
 * Owns:    `*out` lives as long as the registry. Copies the values.
 * Errors:  -EDO_EMISUSE   the metric is of another kind
 *          -EILSEQ        a value is not UTF-8
 *          -EDO_ETOOLONG  a value is longer than EDO_METRIC_VALUE_BYTES_MAX
 *          -ENOMEM        no memory; `*out` is NULL, which all functions below take and ignore */
EDO_MUST_USE EDO_API int edo_counter_series(edo_counter **out, edo_metric *metric,
                                            const edo_str *values);
EDO_MUST_USE EDO_API int edo_up_down_series(edo_up_down **out, edo_metric *metric,
                                            const edo_str *values);
EDO_MUST_USE EDO_API int edo_gauge_series(edo_gauge **out, edo_metric *metric,
                                          const edo_str *values);
EDO_MUST_USE EDO_API int edo_hist_series(edo_hist **out, edo_metric *metric, const edo_str *values);

/** Add a metric without labels, and find its one series: as edo_metrics_counter() and
 * edo_counter_series() in one call. `opts` may be NULL, and so may `hist`.
 * Owns:    as edo_metrics_counter(); copy `hist`.
 * Errors:  as edo_metrics_hist(); -EINVAL  `opts` has labels; `*out` is NULL then */
EDO_MUST_USE EDO_API int edo_counter_new(edo_counter **out, edo_metrics *m, const char *name,
                                         const edo_metric_opts *opts);
EDO_MUST_USE EDO_API int edo_up_down_new(edo_up_down **out, edo_metrics *m, const char *name,
                                         const edo_metric_opts *opts);
EDO_MUST_USE EDO_API int edo_gauge_new(edo_gauge **out, edo_metrics *m, const char *name,
                                       const edo_metric_opts *opts);
EDO_MUST_USE EDO_API int edo_hist_new(edo_hist **out, edo_metrics *m, const char *name,
                                      const edo_hist_opts *hist, const edo_metric_opts *opts);

/** Adds `n` to a counter. NULL is ignored.
 * Threads: any, at once; not in a signal handler. */
EDO_API void edo_counter_add(edo_counter *c, uint64_t n);

/** Adds `n`, which may be negative, to an up-down counter. NULL is ignored.
 * Threads: any, at once; not in a signal handler. */
EDO_API void edo_up_down_add(edo_up_down *u, int64_t n);

/** Set a gauge, and add to it, which costs a compare-and-swap on a word that all threads share.
 * NULL is ignored.
 * Owns:    borrow `g`. */
EDO_API void edo_gauge_set(edo_gauge *g, double value);
EDO_API void edo_gauge_add(edo_gauge *g, double n);

/** Record a value in a histogram, or a length of time in seconds. NULL, and a value that is no
 * number, is ignored.
 * Owns: borrow `h`.   Threads: any, at once; not in a signal handler. */
EDO_API void edo_hist_record(edo_hist *h, double value);
EDO_API void edo_hist_record_time(edo_hist *h, edo_duration d);

#define EDO_EXEMPLAR_ID_BYTES_MAX 32 /* of an id */

/* The request that a value is of, so that a chart leads to its trace. The ids are those of W3C
 * Trace Context, in hexadecimal; letters, digits and '-' are allowed. */
typedef struct edo_exemplar {
    edo_str trace_id;
    edo_str span_id; /* empty: none */
} edo_exemplar;

/** As edo_counter_add() and edo_hist_record(), and keep `of` with the value and the time of day as
 * the exemplar of the series, or of the value's bucket, which the text of OpenMetrics then shows:
 * the newest, but one that comes while another is written or printed is left out. So is one whose
 * ids are no ids, or if the metric keeps none. For requests that are traced; costs a read of the
 * clock. NULL is ignored.
 * Owns: borrow the series; copy `of`.   Threads: any, at once; not in a signal handler. */
EDO_API void edo_counter_add_exemplar(edo_counter *c, uint64_t n, const edo_exemplar *of);
EDO_API void edo_hist_record_exemplar(edo_hist *h, double value, const edo_exemplar *of);

/** Return the value of a series; of a histogram how many values it has, and `*sum` (may be NULL) is
 * their sum. NULL is 0. What other threads add meanwhile is in it or not; what this thread has
 * added is.
 * Owns:    borrow the series. */
EDO_API uint64_t edo_counter_read(const edo_counter *c);
EDO_API int64_t edo_up_down_read(const edo_up_down *u);
EDO_API double edo_gauge_read(const edo_gauge *g);
EDO_API uint64_t edo_hist_read(const edo_hist *h, double *sum);

/* ---- Numbers that are asked for -------------------------------------------------------------- */

/* Where a callback's values go. */
typedef struct edo_metrics_sink edo_metrics_sink;

/* Is called when the metric is printed, by the thread that prints, with no lock held. It calls
 * edo_metrics_emit() once for each series, each with other label values, and must not wait. */
typedef void edo_metrics_fn(void *arg, edo_metrics_sink *to);

typedef enum edo_metric_kind {
    EDO_METRIC_COUNTER,
    EDO_METRIC_GAUGE,
} edo_metric_kind;

/** Adds a metric whose values `fn` returns when they are asked for. A metric may have several
 * functions, added by several calls, which differ in their label values.
 * Owns:    borrows `arg` until the registry ends. Copies `name` and `opts`.
 * Errors:  as edo_metrics_counter() */
EDO_MUST_USE EDO_API int edo_metrics_callback(edo_metrics *m, edo_metric_kind kind,
                                              const char *name, edo_metrics_fn *fn, void *arg,
                                              const edo_metric_opts *opts);

/** Emits one value of a callback's metric. `values` as in edo_counter_series(); a value that is not
 * UTF-8, or too long, leaves the line out.
 * Threads: the one that called the callback, during it. */
EDO_API void edo_metrics_emit(edo_metrics_sink *to, double value, const edo_str *values);

/* ---- What edo itself has to tell ------------------------------------------------------------- */

/** Adds the numbers of a runtime (edo/stats.h) as metrics edo_runtime_…, with the label
 * runtime="`name`", which no other runtime of the registry may have; those of each worker have the
 * label worker, too. Its histograms are there if the options of the runtime ask for them, and
 * edo_runtime_longest_poll_seconds with that of polls; their _sum is estimated from the middle of
 * each bucket.
 * Owns:    shares `rt` until the registry ends; copies `name`.
 * Errors:  as edo_metrics_counter();  -EILSEQ, -EDO_ETOOLONG  of `name` */
EDO_MUST_USE EDO_API int edo_metrics_add_runtime(edo_metrics *m, edo_runtime *rt, const char *name);

/** Adds the numbers of a TCP listener (edo_listener_get_stats()) as metrics edo_listener_…, with
 * the label listener="`name`". When it is closed they end.
 * Owns:    shares `l` until the registry ends; copies `name`.
 * Errors:  as edo_metrics_add_runtime() */
EDO_MUST_USE EDO_API int edo_metrics_add_listener(edo_metrics *m, edo_listener *l,
                                                  const char *name);

/** Adds the numbers of this process, by the names that all Prometheus clients use:
 * process_cpu_seconds_total, process_resident_memory_bytes, process_virtual_memory_bytes,
 * process_virtual_memory_max_bytes (-1: no limit), process_open_fds, process_max_fds,
 * process_threads, process_start_time_seconds; and edo_process_page_faults_total, which grows with
 * memory that comes and goes, and edo_log_dropped_lines_total, as edo_log_dropped() has it. With
 * glibc edo_malloc_used_bytes and edo_malloc_free_bytes, which tell a leak from what malloc() keeps
 * after a peak; where there is much, of some time ago: to count it takes malloc()'s locks. Of all
 * slabs (edo/slab.h) edo_slab_objects, with the labels slab and state ("used", "kept"), and
 * edo_slab_memory_bytes; those of one name together, and behind 63 names "other". Of channels that
 * have a `name` (edo/mpsc.h, edo/chan.h, edo/broadcast.h) edo_channel_depth, edo_channel_limit,
 * unless they have none, and edo_channel_open, how many have this name, until their last end is
 * given back; behind 255 names "other". edo_growth_reports_total is what edo_dump_growth() of
 * edo/dump.h counts.
 * Once is enough: a second call adds nothing.
 * Errors:  as edo_metrics_counter() */
EDO_MUST_USE EDO_API int edo_metrics_add_process(edo_metrics *m);

/* ---- Text ------------------------------------------------------------------------------------ */

typedef enum edo_metrics_form {
    EDO_METRICS_PROMETHEUS,  /* text format 0.0.4 */
    EDO_METRICS_OPENMETRICS, /* OpenMetrics 1.0.0, with exemplars; a histogram with negative bounds,
                                or with a negative sum, has no _sum and no _count there */
} edo_metrics_form;

/** Appends the text of all metrics to `out`, in the order in which they were added.
 * Errors: -ENOMEM  the text is cut   Threads: any, at once; `out` is the caller's.
 * Waits:   as the callbacks do. */
EDO_MUST_USE EDO_API int edo_metrics_print(edo_metrics *m, edo_buf *out, edo_metrics_form form);

/** Returns the value for the header field Content-Type of a response with such a text.
 * Owns:    returns a static string. */
EDO_API const char *edo_metrics_content_type(edo_metrics_form form);

EDO_END_DECLS

#endif
