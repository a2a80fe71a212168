/* SPDX-License-Identifier: MIT */
/* metrics/buckets.c: the bounds of a histogram. */
#include "metrics/buckets.h"

#include "base/memory/alloc.h"
#include "base/opts.h"

#include <errno.h>
#include <math.h>

#define FRACTION_BITS 52u
#define PRECISION_MAX 10u

/* http.server.request.duration of OpenTelemetry's semantic conventions. */
static const double of_requests[] = { 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25,
                                      0.5,   0.75, 1,     2.5,  5,     7.5, 10 };

static int copy_bounds(edoi_bounds *self, const double *bounds, size_t n) {
    if (n == 0 || n > EDOI_BOUNDS_MAX) return -EINVAL;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(bounds[i]) || (i > 0 && bounds[i] <= bounds[i - 1])) return -EINVAL;
    self->bounds = edoi_alloc(n * sizeof *bounds);
    if (!self->bounds) return -ENOMEM;
    memcpy(self->bounds, bounds, n * sizeof *bounds);
    self->n = (uint32_t)n;
    return 0;
}

static int log_bounds(edoi_bounds *self, const edo_hist_opts *o) {
    bool is_range = isnormal(o->log_min) && isnormal(o->log_max) && o->log_min > 0;
    if (!is_range || o->log_min >= o->log_max || o->precision > PRECISION_MAX) return -EINVAL;
    uint32_t shift = FRACTION_BITS - o->precision;
    uint64_t first = edoi_bits_below(o->log_min) >> shift;
    uint64_t n = (edoi_bits_below(o->log_max) >> shift) - first + 1;
    if (n > EDOI_BOUNDS_MAX) return -EINVAL;
    self->bounds = edoi_alloc(n * sizeof *self->bounds);
    if (!self->bounds) return -ENOMEM;
    self->n = (uint32_t)n;
    self->shift = shift;
    self->first_bits = first;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t bits = (first + i + 1) << shift;
        memcpy(&self->bounds[i], &bits, sizeof bits);
    }
    if (isfinite(self->bounds[n - 1])) return 0;
    edoi_bounds_deinit(self); // the last bound would be beyond all doubles
    return -EINVAL;
}

int edoi_bounds_init(edoi_bounds *self, const edo_hist_opts *opts) {
    *self = (edoi_bounds){ .bounds = NULL };
    if (!opts) return copy_bounds(self, of_requests, EDO_COUNT(of_requests));
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    bool is_log = opts->log_max > 0 || opts->log_max < 0 || isnan(opts->log_max);
    if (is_log) return opts->bounds_n > 0 ? -EINVAL : log_bounds(self, opts);
    if (opts->log_min != 0 || opts->precision != 0) return -EINVAL; // NaN, too
    if (opts->bounds_n > 0) return copy_bounds(self, opts->bounds, opts->bounds_n);
    return copy_bounds(self, of_requests, EDO_COUNT(of_requests));
}

void edoi_bounds_deinit(edoi_bounds *self) {
    edoi_free(self->bounds);
    *self = (edoi_bounds){ .bounds = NULL };
}

bool edoi_bounds_equal(const edoi_bounds *a, const edoi_bounds *b) {
    return a->n == b->n &&
           (a->n == 0 || memcmp(a->bounds, b->bounds, a->n * sizeof *a->bounds) == 0);
}
