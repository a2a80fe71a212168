/* SPDX-License-Identifier: MIT */
/* service/hedge/latency.c: see latency.h. */
#include "service/hedge/latency.h"
#include "base/memory/alloc.h"
#include "driver/clock.h"

#include <errno.h>
#include <string.h>

#define SUB_BITS  9u  /* 512 buckets for each power of two */
#define LOW_BITS  10u /* the shortest: 1,024 ns */
#define HIGH_BITS 42u /* longer ones count as that */
#define BUCKETS_N ((HIGH_BITS - LOW_BITS) << SUB_BITS)

int edoi_latency_init(edoi_latency *l, double quantile, edo_duration period) {
    *l = (edoi_latency){ .quantile = quantile,
                         .period_ns = period.ns,
                         .ends_ns = edoi_time_after(edo_now().ns, period.ns) };
    l->counts = edoi_calloc(BUCKETS_N, sizeof *l->counts);
    return l->counts ? 0 : -ENOMEM;
}

void edoi_latency_deinit(edoi_latency *l) {
    edoi_free(l->counts);
}

static uint32_t bucket_of(int64_t ns) {
    const int64_t most = (INT64_C(1) << HIGH_BITS) - 1;
    uint64_t v = (uint64_t)(ns > most ? most : ns);
    if (v < UINT64_C(1) << LOW_BITS) return 0;
    uint32_t power = 63u - (uint32_t)__builtin_clzll(v);
    uint32_t sub = (uint32_t)(v >> (power - SUB_BITS)) & ((1u << SUB_BITS) - 1);
    return ((power - LOW_BITS) << SUB_BITS) + sub;
}

static int64_t bucket_middle(uint32_t bucket) {
    uint32_t shift = (bucket >> SUB_BITS) + LOW_BITS - SUB_BITS;
    int64_t low = (int64_t)((1u << SUB_BITS) + (bucket & ((1u << SUB_BITS) - 1))) << shift;
    return low + (INT64_C(1) << shift) / 2;
}

/* The least length that `quantile` of the points do not exceed. */
static int64_t counts_quantile(const edoi_latency *l) {
    double rank = l->quantile * l->points_n;
    uint32_t seen = 0, bucket = 0;
    while (bucket < BUCKETS_N - 1 && (seen += l->counts[bucket]) < rank) bucket++;
    return bucket_middle(bucket);
}

/* Called with the lock held: ends the period, if it is over. One that is over for longer than a
 * period was followed by one without calls. */
static void latency_turn(edoi_latency *l, int64_t now_ns) {
    if (now_ns < l->ends_ns) return;
    bool is_last = now_ns - l->ends_ns < l->period_ns;
    l->read_n = is_last ? l->points_n : 0;
    if (l->read_n > 0) l->read_ns = counts_quantile(l);
    if (l->points_n > 0) memset(l->counts, 0, BUCKETS_N * sizeof *l->counts);
    l->points_n = 0;
    int64_t since_ns = is_last ? l->ends_ns : now_ns;
    l->ends_ns = edoi_time_after(since_ns, l->period_ns);
}

void edoi_latency_add(edoi_latency *l, int64_t now_ns, int64_t ns) {
    edoi_lock_acquire(&l->lock);
    latency_turn(l, now_ns);
    if (l->points_n < UINT32_MAX) {
        l->counts[bucket_of(ns)]++;
        l->points_n++;
    }
    edoi_lock_release(&l->lock);
}

uint32_t edoi_latency_read(edoi_latency *l, int64_t now_ns, int64_t *ns) {
    edoi_lock_acquire(&l->lock);
    latency_turn(l, now_ns);
    uint32_t n = l->read_n;
    if (n > 0) *ns = l->read_ns;
    edoi_lock_release(&l->lock);
    return n;
}
