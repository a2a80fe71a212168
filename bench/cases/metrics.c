/* SPDX-License-Identifier: MIT */
/* Question: what does it cost to count, and to record a duration in a histogram?
 * Guards: the hot path of edo/metrics.h: on a worker no read-modify-write, no lock, no look at
 * labels. */
#include "cases/bench.h"

#include <edo/metrics.h>

typedef struct counted {
    edo_metrics *m;
    edo_counter *c;
    edo_hist *h;
} counted;

static counted counted_new(const edo_hist_opts *opts) {
    counted all = { 0 };
    edo_metric *metric;
    bench_must(edo_metrics_new(&all.m, NULL));
    bench_must(edo_metrics_counter(&metric, all.m, "requests", NULL));
    bench_must(edo_counter_series(&all.c, metric, NULL));
    bench_must(edo_metrics_hist(&metric, all.m, "duration", opts, NULL));
    bench_must(edo_hist_series(&all.h, metric, NULL));
    return all;
}

static void count(bench *b) {
    counted all = counted_new(NULL);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) edo_counter_add(all.c, 1);
    bench_stop(b, b->n);
    if (edo_counter_read(all.c) != b->n) abort();
    edo_metrics_free(all.m);
}

/* Durations from 1 ms to 10 s, spread evenly over the logarithm, as far as shifts do that. */
static double duration(uint64_t i) {
    return 0.001 * (double)(1 + i % 9) * (double)(1u << (i % 10));
}

static void record(bench *b, const edo_hist_opts *opts) {
    counted all = counted_new(opts);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) edo_hist_record(all.h, duration(i));
    bench_stop(b, b->n);
    if (edo_hist_read(all.h, NULL) != b->n) abort();
    edo_metrics_free(all.m);
}

static void record_request(bench *b) {
    record(b, NULL);
}

static void record_log(bench *b) {
    record(b, &(edo_hist_opts){ .log_min = 1e-7, .log_max = 60, .precision = 2 });
}

EDO_ASYNC(metrics_user, bench *b; void (*body)(bench *b);) {
    EDO_BEGIN;
    self->body(self->b);
    EDO_END;
}
BENCH_STATE(counter_add, metrics_user, .body = count)
BENCH_STATE(hist_record, metrics_user, .body = record_request)
BENCH_STATE(hist_record_log, metrics_user, .body = record_log)

int counter_add_fiber(void *arg) {
    count(arg);
    return 0;
}

int hist_record_fiber(void *arg) {
    record_request(arg);
    return 0;
}

int hist_record_log_fiber(void *arg) {
    record_log(arg);
    return 0;
}
