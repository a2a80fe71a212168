/* SPDX-License-Identifier: MIT */
/* service/cache/of_cache.c: the numbers of a cache or a flight as metrics. */
#include "base/memory/alloc.h"
#include "metrics/print.h"
#include "service/cache/store.h"

#include <errno.h>
#include <string.h>

/* One series: a metric, whose first label is the name of the cache or flight, and perhaps the value
 * of the second one, `result`. */
typedef struct cache_number {
    edoi_metric_type type;
    const char *name, *unit, *result, *help;
} cache_number;

typedef enum cache_series {
    HITS,
    MISSES,
    STALE,
    NEGATIVE,
    LOADS,
    FAILED,
    REFRESHES,
    EVICTED,
    NOT_KEPT,
    ENTRIES,
    BYTES,
    CACHE_N,
} cache_series;

static const char asked_help[] = "Calls, by what they found: hit, miss, stale, negative.";

static const cache_number of_caches[CACHE_N] = {
    [HITS] = { EDOI_COUNTER, "edo.cache.requests", NULL, "hit", asked_help },
    [MISSES] = { EDOI_COUNTER, "edo.cache.requests", NULL, "miss", asked_help },
    [STALE] = { EDOI_COUNTER, "edo.cache.requests", NULL, "stale", asked_help },
    [NEGATIVE] = { EDOI_COUNTER, "edo.cache.requests", NULL, "negative", asked_help },
    [LOADS] = { EDOI_COUNTER, "edo.cache.loads", NULL, NULL, "Loads that were begun." },
    [FAILED] = { EDOI_COUNTER, "edo.cache.load_failures", NULL, NULL, "Loads that failed." },
    [REFRESHES] = { EDOI_COUNTER, "edo.cache.refreshes", NULL, NULL,
                    "Loads in tasks of their own, for an old or aging value." },
    [EVICTED] = { EDOI_COUNTER, "edo.cache.evicted", NULL, NULL, "Entries that went for others." },
    [NOT_KEPT] = { EDOI_COUNTER, "edo.cache.not_kept", NULL, NULL,
                   "Values without memory or room, or that were not to be kept." },
    [ENTRIES] = { EDOI_GAUGE, "edo.cache.entries", NULL, NULL, "Entries that are there." },
    [BYTES] = { EDOI_GAUGE, "edo.cache.size", "By", NULL, "Bytes of what is there." },
};

static void cache_values(const void *cache, double *values) {
    edo_cache_stats s = edo_cache_get_stats((edo_cache *)(uintptr_t)cache);
    values[HITS] = (double)s.hits_n;
    values[MISSES] = (double)s.misses_n;
    values[STALE] = (double)s.stale_n;
    values[NEGATIVE] = (double)s.negative_n;
    values[LOADS] = (double)s.loads_n;
    values[FAILED] = (double)s.load_failures_n;
    values[REFRESHES] = (double)s.refreshes_n;
    values[EVICTED] = (double)s.evicted_n;
    values[NOT_KEPT] = (double)s.not_kept_n;
    values[ENTRIES] = (double)s.entries;
    values[BYTES] = (double)s.bytes;
}

typedef enum flight_series {
    RUNNING,
    WAITING,
    RUNS,
    SHARED,
    PROMOTED,
    REFUSED,
    FLIGHT_N
} flight_series;

static const cache_number of_flights[FLIGHT_N] = {
    [RUNNING] = { EDOI_GAUGE, "edo.flight.running", NULL, NULL, "Runs under way." },
    [WAITING] = { EDOI_GAUGE, "edo.flight.waiting", NULL, NULL, "Callers that wait for one." },
    [RUNS] = { EDOI_COUNTER, "edo.flight.runs", NULL, NULL, "Runs that were begun." },
    [SHARED] = { EDOI_COUNTER, "edo.flight.shared", NULL, NULL,
                 "Callers that got the result of another's run." },
    [PROMOTED] = { EDOI_COUNTER, "edo.flight.promoted", NULL, NULL,
                   "Callers that waited and then led, as the leader was cancelled." },
    [REFUSED] = { EDOI_COUNTER, "edo.flight.refused", NULL, NULL,
                  "Callers refused, as too many wait or run." },
};

static void flight_values(const void *flight, double *values) {
    edo_flight_stats s = edo_flight_get_stats((edo_flight *)(uintptr_t)flight);
    values[RUNNING] = s.running;
    values[WAITING] = s.waiting;
    values[RUNS] = (double)s.runs_n;
    values[SHARED] = (double)s.shared_n;
    values[PROMOTED] = (double)s.promoted_n;
    values[REFUSED] = (double)s.refused_n;
}

/* ---- Of one object --------------------------------------------------------------------------- */

#define NUMBERS_MAX CACHE_N
_Static_assert((int)CACHE_N >= (int)FLIGHT_N, "there is a place for each");

struct seen_cache;

typedef struct seen_series {
    const struct seen_cache *of;
    int at;
} seen_series;

typedef struct seen_cache {
    edoi_kept kept; /* first */
    void *object;   /* counted memory: a reference */
    edo_str name;   /* of the object, const */
    const cache_number *numbers;
    void (*values)(const void *object, double *values);
    seen_series series[NUMBERS_MAX];
} seen_cache;

static void seen_cache_ask(void *arg, edo_metrics_sink *to) {
    const seen_series *series = arg;
    const seen_cache *s = series->of;
    const char *result = s->numbers[series->at].result;
    double values[NUMBERS_MAX];
    s->values(s->object, values);
    edo_metrics_emit(to, values[series->at],
                     (const edo_str[]){ s->name, edo_str_of(result ? result : "") });
}

static void seen_cache_give_back(edoi_kept *kept) {
    seen_cache *s = (seen_cache *)(void *)kept;
    edo_rc_unref(s->object);
    edoi_free(s);
}

static int seen_cache_add(edo_metrics *m, const seen_cache *what, int n, const char *label,
                          const char *label_and_result) {
    if (what->name.len > EDO_METRIC_VALUE_BYTES_MAX) return -EDO_ETOOLONG;
    if (!edo_str_is_utf8(what->name)) return -EILSEQ;
    seen_cache *s = edoi_alloc(sizeof *s);
    if (!s) return -ENOMEM;
    *s = *what;
    s->kept.give_back = seen_cache_give_back;
    (void)edo_rc_ref(s->object);
    edoi_metrics_keep(m, &s->kept); // before the sources that point to it, which stay on failure
    int err = 0;
    for (int i = 0; i < n && err == 0; i++) {
        const cache_number *number = &s->numbers[i];
        s->series[i] = (seen_series){ s, i };
        const edo_metric_opts opts = { .help = number->help,
                                       .unit = number->unit,
                                       .labels = number->result ? label_and_result : label };
        const edoi_metric_wanted wanted = {
            .type = number->type, .is_asked = true, .name = number->name, .opts = &opts
        };
        err = edoi_metric_ask(m, &wanted, seen_cache_ask, &s->series[i]);
    }
    return err;
}

int edo_metrics_add_flight(edo_metrics *m, edo_flight *flight) {
    const seen_cache what = { .object = flight,
                              .name = edo_str_of(flight->opts.name),
                              .numbers = of_flights,
                              .values = flight_values };
    return seen_cache_add(m, &what, FLIGHT_N, "flight", NULL);
}

int edo_metrics_add_cache(edo_metrics *m, edo_cache *cache) {
    const seen_cache what = { .object = cache,
                              .name = edo_str_of(cache->opts.name),
                              .numbers = of_caches,
                              .values = cache_values };
    int err = seen_cache_add(m, &what, CACHE_N, "cache", "cache result");
    return err < 0 ? err : edo_metrics_add_flight(m, cache->flight);
}
