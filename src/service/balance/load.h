/* SPDX-License-Identifier: MIT */
/* service/balance/load.h: an estimate of how long a call takes, by peak-EWMA: a call that is slower
 * than the estimate counts at once, a faster one with time.
 *
 * A call that took s and ends at t makes the estimate e, which last changed at t',
 *
 *     s                     if s > e
 *     e w + s (1 - w)       else, with w = exp(-(t - t') / decay)
 *
 * and a look at t makes it what a call with s = 0 would, e w. So all estimates of a set shrink by
 * the same factor while no call ends, and when they are compared does not matter. Each is kept as
 * e exp((t' - epoch) / decay), which a look does not change: it needs no exponential. The epoch
 * moves on before the numbers get too large.
 *
 * Pure; whose lock it is: see set.h. Times are ns. */
#ifndef EDOI_SERVICE_BALANCE_LOAD_H
#define EDOI_SERVICE_BALANCE_LOAD_H

#include <edo/base.h>

/* What the estimates of a set share. */
typedef struct edoi_ewma_clock {
    double decay_ns;
    int64_t epoch_ns;
} edoi_ewma_clock;

/* One estimate. */
typedef struct edoi_ewma {
    double scaled;      /* e exp((changed - epoch) / decay) */
    int64_t changed_ns; /* t', that is: the last call or look */
} edoi_ewma;

/* exp(x), to nine digits; 0 below -700; `x` is at most 700. edo is linked without libm. */
double edoi_ewma_exp(double x);

/* Begins with an estimate. */
void edoi_ewma_begin(edoi_ewma *self, const edoi_ewma_clock *clock, double e_ns, int64_t now_ns);

/* A call has ended. */
void edoi_ewma_add(edoi_ewma *self, const edoi_ewma_clock *clock, int64_t now_ns, int64_t took_ns);

/* It was looked at; `scaled` is what the others of the set can be compared with. */
EDOI_INLINE double edoi_ewma_look(edoi_ewma *self, int64_t now_ns) {
    if (now_ns > self->changed_ns) self->changed_ns = now_ns;
    return self->scaled;
}

/* Returns the estimate, and is no look. */
double edoi_ewma_read(const edoi_ewma *self, const edoi_ewma_clock *clock, int64_t now_ns);

/* Moves the epoch to `now_ns` if it is time; returns what each `scaled` of the set has to be
 * multiplied by then, else 1. To be called before estimates begin or calls are added. */
double edoi_ewma_clock_advance(edoi_ewma_clock *clock, int64_t now_ns);

#endif
