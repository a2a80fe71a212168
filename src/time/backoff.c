/* SPDX-License-Identifier: MIT */
/* time/backoff.c: growing pauses.
 *
 * inv. 1: min_ns <= base_ns <= max_ns.
 * inv. 2: a pause is at most max_ns and not negative. */
#include "base/assert.h"
#include "base/opts.h"
#include "time/random.h"

#include <edo/retry.h>

#include <errno.h>

#define PAUSE_MIN_NS   INT64_C(50000000)
#define JITTER_DEFAULT 0.99
#define JITTER_MOST    100.0

/* `n` times `ns`, at most `most`. */
static int64_t times(int64_t ns, int64_t n, int64_t most) {
    return ns > most / n ? most : ns * n;
}

int edo_backoff_init(edo_backoff *self, const edo_backoff_opts *opts) {
    static const edo_backoff_opts defaults = { .kind = EDO_BACKOFF_EXPONENTIAL };
    if (!opts) opts = &defaults;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    if ((unsigned)opts->kind > EDO_BACKOFF_DECORRELATED || opts->pause_min.ns < 0) return -EINVAL;
    if (!(opts->jitter >= 0 && opts->jitter <= JITTER_MOST)) return -EINVAL; // NaN, too
    int64_t min_ns = opts->pause_min.ns > 0 ? opts->pause_min.ns : PAUSE_MIN_NS;
    int64_t max_ns = opts->pause_max.ns > 0 ? opts->pause_max.ns : EDO_FOREVER_NS;
    if (min_ns > max_ns) return -EINVAL;
    double jitter = opts->jitter > 0 ? opts->jitter : JITTER_DEFAULT;
    *self = (edo_backoff){ .kind = opts->kind,
                           .min_ns = min_ns,
                           .max_ns = max_ns,
                           .base_ns = min_ns,
                           .jitter = opts->no_jitter ? 0 : jitter,
                           .random = opts->seed ? opts->seed : edoi_random() };
    return 0;
}

/* `base` and up to `jitter` of it, at most the longest pause. */
static int64_t lengthened(edo_backoff *self, int64_t base) {
    double most = (double)base * self->jitter;
    int64_t room = self->max_ns - base;
    int64_t extra = most >= (double)INT64_MAX ? INT64_MAX : (int64_t)most;
    int64_t added = edoi_random_to(&self->random, extra);
    return added > room ? self->max_ns : base + added;
}

static int64_t decorrelated(edo_backoff *self) {
    int64_t most = times(self->base_ns, 3, INT64_MAX);
    int64_t pause = self->min_ns + edoi_random_to(&self->random, most - self->min_ns);
    return pause < self->max_ns ? pause : self->max_ns;
}

edo_duration edo_backoff_next(edo_backoff *self) {
    int64_t base = self->base_ns;
    int64_t pause;
    EDO_INV("backoff inv. 1", base >= self->min_ns && base <= self->max_ns);
    switch (self->kind) {
    case EDO_BACKOFF_EXPONENTIAL: pause = lengthened(self, base); break;
    case EDO_BACKOFF_FULL: pause = edoi_random_to(&self->random, base); break;
    case EDO_BACKOFF_EQUAL:
        pause = base - base / 2 + edoi_random_to(&self->random, base / 2);
        break;
    case EDO_BACKOFF_DECORRELATED: pause = decorrelated(self); break;
    case EDO_BACKOFF_FIXED:
    default: pause = self->min_ns; break;
    }
    self->base_ns = self->kind == EDO_BACKOFF_DECORRELATED ? pause : times(base, 2, self->max_ns);
    EDO_INV("backoff inv. 2", pause >= 0 && pause <= self->max_ns);
    return edo_ns(pause);
}

void edo_backoff_reset(edo_backoff *self) {
    self->base_ns = self->min_ns;
}
