/* SPDX-License-Identifier: MIT */
/* metrics/buckets.h: which bucket of a histogram counts a value.
 *
 * Bucket i counts values above bound i - 1 and up to bound i; the last one, which has no bound,
 * what is above all. Log-linear bounds are doubles of which only the exponent and the first
 * `precision` bits of the fraction are not 0: so the bucket is found by a shift. */
#ifndef EDOI_METRICS_BUCKETS_H
#define EDOI_METRICS_BUCKETS_H

#include <edo/metrics.h>

#include <string.h>

#define EDOI_BOUNDS_MAX 4096u

typedef struct edoi_bounds {
    double *bounds; /* of each bucket but the last */
    uint32_t n;
    uint32_t shift;      /* log-linear: bits of a double that do not count; else 0 */
    uint64_t first_bits; /* log-linear: what is left of the first bound less one */
} edoi_bounds;

/* Fills in the bounds that the options ask for. Errors: -EINVAL; -ENOMEM. */
EDO_MUST_USE int edoi_bounds_init(edoi_bounds *self, const edo_hist_opts *opts);

/* Takes NULL bounds. */
void edoi_bounds_deinit(edoi_bounds *self);

bool edoi_bounds_equal(const edoi_bounds *a, const edoi_bounds *b);

/* The bits of `x`, just below it: a bound belongs to the bucket that it ends. `x` is above 0. */
EDOI_INLINE uint64_t edoi_bits_below(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits - 1;
}

/* The bucket that counts `value`, which is a number. */
EDOI_INLINE uint32_t edoi_bucket_at(const edoi_bounds *self, double value) {
    if (value <= self->bounds[0]) return 0;
    if (value > self->bounds[self->n - 1]) return self->n;
    if (self->shift > 0)
        return (uint32_t)((edoi_bits_below(value) >> self->shift) - self->first_bits);
    uint32_t from = 0, n = self->n;
    while (n > 1) { // bounds[from - 1] < value <= bounds[from + n - 1]
        uint32_t half = n / 2;
        from += value > self->bounds[from + half - 1] ? half : 0;
        n -= half;
    }
    return from;
}

#endif
