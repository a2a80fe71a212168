/* SPDX-License-Identifier: MIT */
/* service/balance/load.c: estimates by peak-EWMA. */
#include "service/balance/load.h"

#include <string.h>

#define AGE_MAX 100.0 // of an epoch, in decays: exp(100) is 3e43

/* 2^n, for numbers that are neither denormal nor infinite. */
static double power_of_two(int64_t n) {
    const uint64_t bits = (uint64_t)(n + 1023) << 52;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* By x = n ln 2 + r: 2^n exp(r). Of |r| <= ln(2) / 2 eight terms leave an error of 5e-9 at most. */
double edoi_ewma_exp(double x) {
    if (x < -700) return 0;
    const double turns = x * 1.4426950408889634;
    const int64_t n = (int64_t)(turns < 0 ? turns - 0.5 : turns + 0.5);
    const double r = x - (double)n * 0.69314718055994531, r2 = r * r, r4 = r2 * r2;
    const double low = 1 + r + r2 * (1 / 2. + r * (1 / 6.));
    const double high = 1 / 24. + r * (1 / 120.) + r2 * (1 / 720. + r * (1 / 5040.));
    return (low + r4 * high + r4 * r4 * (1 / 40320.)) * power_of_two(n);
}

/* exp((to - from) / decay); a time before `from` is `from`: clocks of threads are read in no
 * order. */
static double growth(const edoi_ewma_clock *clock, int64_t from_ns, int64_t to_ns) {
    const double x = (double)(to_ns - from_ns) / clock->decay_ns;
    if (x <= 0) return 1;
    if (x < 1 / 64.) return 1 + x * (1 + x * (1 / 2. + x * (1 / 6. + x * (1 / 24.)))); // to 1e-11
    return edoi_ewma_exp(x < 700 ? x : 700);
}

void edoi_ewma_begin(edoi_ewma *self, const edoi_ewma_clock *clock, double e_ns, int64_t now_ns) {
    self->scaled = e_ns * growth(clock, clock->epoch_ns, now_ns);
    self->changed_ns = now_ns;
}

void edoi_ewma_add(edoi_ewma *self, const edoi_ewma_clock *clock, int64_t now_ns, int64_t took_ns) {
    const double s = (double)took_ns, scale = growth(clock, clock->epoch_ns, now_ns);
    const double since = growth(clock, self->changed_ns, now_ns); // 1 / w
    const double e = self->scaled / scale * since;
    self->scaled = (s > e ? s : (e + s * (since - 1)) / since) * scale;
    if (now_ns > self->changed_ns) self->changed_ns = now_ns;
}

double edoi_ewma_read(const edoi_ewma *self, const edoi_ewma_clock *clock, int64_t now_ns) {
    return self->scaled / growth(clock, clock->epoch_ns, now_ns);
}

double edoi_ewma_clock_advance(edoi_ewma_clock *clock, int64_t now_ns) {
    const double age = (double)(now_ns - clock->epoch_ns) / clock->decay_ns;
    if (age < AGE_MAX) return 1;
    clock->epoch_ns = now_ns;
    return edoi_ewma_exp(-age);
}
