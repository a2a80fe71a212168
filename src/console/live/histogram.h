/* SPDX-License-Identifier: MIT */
/* console/live/histogram.h: times in the buckets of HdrHistogram, with two significant digits, from
 * 1 ns to 1 s. */
#ifndef EDOI_CONSOLE_LIVE_HISTOGRAM_H
#define EDOI_CONSOLE_LIVE_HISTOGRAM_H

#include <edo/base.h>

#include <stddef.h>

#define EDOI_HISTOGRAM_MAX_NS  UINT64_C(1000000000)
#define EDOI_HISTOGRAM_BUCKETS 3072u /* 24 octaves of 128 */

typedef struct edoi_histogram {
    uint64_t largest;         /* that was recorded, clamped; 0: nothing was */
    uint64_t outliers;        /* above the maximum */
    uint64_t largest_outlier; /* as it was */
    uint64_t counts[EDOI_HISTOGRAM_BUCKETS];
} edoi_histogram;

/* A time above the maximum counts as that, and as an outlier. */
void edoi_histogram_add(edoi_histogram *h, uint64_t ns);

/* The most bytes that the next one writes. */
#define EDOI_HISTOGRAM_BYTES (40u + 9u * EDOI_HISTOGRAM_BUCKETS)

/* Writes it in HdrHistogram's V2 form; returns the number of bytes. */
size_t edoi_histogram_write(const edoi_histogram *h, unsigned char *to);

#endif
