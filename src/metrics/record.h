/* SPDX-License-Identifier: MIT */
/* metrics/record.h: what the cells of a series hold. */
#ifndef EDOI_METRICS_RECORD_H
#define EDOI_METRICS_RECORD_H

#include "metrics/registry.h"

EDOI_INLINE double edoi_double_of(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

EDOI_INLINE uint64_t edoi_bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* The sum of cell `i` over all rows: as a count, or as a number with a fraction. */
uint64_t edoi_series_sum(const edoi_series *s, uint32_t i);
double edoi_series_sum_double(const edoi_series *s, uint32_t i);

#endif
