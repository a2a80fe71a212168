/* SPDX-License-Identifier: MIT */
/* service/hedge/latency.h: a quantile of how long calls took in the last full period, to three
 * digits.
 *
 * Lengths are counted in buckets, 512 for each power of two from 1 us to 73 min, so the middle of
 * one is within a thousandth of what is in it. When a period ends the quantile is read out of them
 * and they are cleared: two histograms that take turns, as others have them, would say the same. */
#ifndef EDOI_SERVICE_HEDGE_LATENCY_H
#define EDOI_SERVICE_HEDGE_LATENCY_H

#include "base/lock.h"

#include <edo/time.h>

typedef struct edoi_latency {
    edoi_lock lock; /* a leaf; guards all that is not const */
    uint32_t *counts;
    uint32_t points_n; /* counted in this period */
    int64_t ends_ns;   /* of the period */
    int64_t period_ns; /* const */
    double quantile;   /* const */
    uint32_t read_n;   /* points of the last full period */
    int64_t read_ns;   /* its quantile */
} edoi_latency;

EDO_MUST_USE int edoi_latency_init(edoi_latency *l, double quantile, edo_duration period);
void edoi_latency_deinit(edoi_latency *l);

/* A call that ended now took `ns`. */
void edoi_latency_add(edoi_latency *l, int64_t now_ns, int64_t ns);

/* Returns how many calls the last full period had; `*ns` is their quantile if there was one. */
EDO_MUST_USE uint32_t edoi_latency_read(edoi_latency *l, int64_t now_ns, int64_t *ns);

#endif
