/* SPDX-License-Identifier: MIT */
/* metrics/record.c: the hot path, and the sums. All accesses are relaxed: a number says nothing
 * about other memory. */
#include "metrics/record.h"

#include "runtime/worker/here.h"

/* The row of this thread: its worker's, else row 0, which all other threads share. */
static uint32_t row_here(const edoi_series *s) {
    uint32_t id = edoi_worker_id_here();
    return EDOI_LIKELY(id < s->place.shards_n) ? id : 0;
}

/* cells.h, inv. 1: a row above 0 has one writer. */
static void metric_add(edo_atomic_u64 *cell, uint32_t row, uint64_t n) {
    if (EDOI_LIKELY(row > 0)) {
        edoi_store_rlx_u64(cell, edoi_load_rlx_u64(cell) + n);
    } else {
        (void)edoi_add_rlx_u64(cell, n);
    }
}

static void add_double(edo_atomic_u64 *cell, uint32_t row, double n) {
    uint64_t seen = edoi_load_rlx_u64(cell);
    if (EDOI_LIKELY(row > 0)) {
        edoi_store_rlx_u64(cell, edoi_bits_of(edoi_double_of(seen) + n));
        return;
    }
    while (!edoi_cas_rlx_u64(cell, &seen, edoi_bits_of(edoi_double_of(seen) + n))) continue;
}

void edo_counter_add(edo_counter *c, uint64_t n) {
    if (EDOI_UNLIKELY(!c)) return;
    const edoi_series *s = (const edoi_series *)(const void *)c;
    uint32_t row = row_here(s);
    metric_add(edoi_cell(&s->place, row, 0), row, n);
}

void edo_up_down_add(edo_up_down *u, int64_t n) {
    if (EDOI_UNLIKELY(!u)) return;
    const edoi_series *s = (const edoi_series *)(const void *)u;
    uint32_t row = row_here(s);
    metric_add(edoi_cell(&s->place, row, 0), row, (uint64_t)n); // modulo 2^64, and so is the sum
}

void edo_gauge_set(edo_gauge *g, double value) {
    if (EDOI_UNLIKELY(!g)) return;
    const edoi_series *s = (const edoi_series *)(const void *)g;
    edoi_store_rlx_u64(edoi_cell(&s->place, 0, 0), edoi_bits_of(value));
}

void edo_gauge_add(edo_gauge *g, double n) {
    if (EDOI_UNLIKELY(!g)) return;
    const edoi_series *s = (const edoi_series *)(const void *)g;
    add_double(edoi_cell(&s->place, 0, 0), 0, n);
}

/* Returns the bucket. */
EDOI_INLINE uint32_t record(const edoi_series *s, double value) {
    uint32_t row = row_here(s), bucket = edoi_bucket_at(s->bounds, value);
    metric_add(edoi_cell(&s->place, row, bucket), row, 1);
    add_double(edoi_cell(&s->place, row, s->bounds->n + 1), row, value);
    return bucket;
}

void edo_hist_record(edo_hist *h, double value) {
    if (EDOI_UNLIKELY(!h || value != value)) return; // a NaN would spoil the sum for ever
    (void)record((const edoi_series *)(const void *)h, value);
}

void edo_hist_record_time(edo_hist *h, edo_duration d) {
    edo_hist_record(h, (double)d.ns * 1e-9);
}

/* ---- With exemplars -------------------------------------------------------------------------- */

void edo_counter_add_exemplar(edo_counter *c, uint64_t n, const edo_exemplar *of) {
    if (!c) return;
    const edoi_series *s = (const edoi_series *)(const void *)c;
    edo_counter_add(c, n);
    if (s->exemplars) edoi_exemplar_keep(s->exemplars, (double)n, of);
}

void edo_hist_record_exemplar(edo_hist *h, double value, const edo_exemplar *of) {
    if (!h || value != value) return;
    const edoi_series *s = (const edoi_series *)(const void *)h;
    uint32_t bucket = record(s, value);
    if (s->exemplars) edoi_exemplar_keep(s->exemplars + bucket, value, of);
}

/* ---- Sums ------------------------------------------------------------------------------------ */

uint64_t edoi_series_sum(const edoi_series *s, uint32_t i) {
    uint64_t sum = 0;
    for (uint32_t row = 0; row < s->place.shards_n; row++)
        sum += edoi_load_rlx_u64(edoi_cell(&s->place, row, i));
    return sum;
}

double edoi_series_sum_double(const edoi_series *s, uint32_t i) {
    double sum = 0;
    for (uint32_t row = 0; row < s->place.shards_n; row++)
        sum += edoi_double_of(edoi_load_rlx_u64(edoi_cell(&s->place, row, i)));
    return sum;
}

uint64_t edo_counter_read(const edo_counter *c) {
    return c ? edoi_series_sum((const edoi_series *)(const void *)c, 0) : 0;
}

int64_t edo_up_down_read(const edo_up_down *u) {
    return u ? (int64_t)edoi_series_sum((const edoi_series *)(const void *)u, 0) : 0;
}

double edo_gauge_read(const edo_gauge *g) {
    if (!g) return 0;
    const edoi_series *s = (const edoi_series *)(const void *)g;
    return edoi_double_of(edoi_load_rlx_u64(edoi_cell(&s->place, 0, 0)));
}

uint64_t edo_hist_read(const edo_hist *h, double *sum) {
    uint64_t n = 0;
    if (sum) *sum = 0;
    if (!h) return 0;
    const edoi_series *s = (const edoi_series *)(const void *)h;
    for (uint32_t i = 0; i <= s->bounds->n; i++) n += edoi_series_sum(s, i);
    if (sum) *sum = edoi_series_sum_double(s, s->bounds->n + 1);
    return n;
}
