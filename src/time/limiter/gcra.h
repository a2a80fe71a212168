/* SPDX-License-Identifier: MIT */
/* time/limiter/gcra.h: the decision of a limiter as a function of its word, and what both kinds of
 * limiters share of waiting. A word is an instant in ns, not negative. */
#ifndef EDOI_TIME_LIMITER_GCRA_H
#define EDOI_TIME_LIMITER_GCRA_H

#include <edo/limiter.h>

#include <errno.h>

/* T * burst is at most this, so that products of T and up to `burst` cells do not overflow. */
#define EDOI_GCRA_MOST_NS (INT64_MAX / 4)

EDOI_INLINE int64_t edoi_gcra_sum(int64_t at_ns, int64_t d_ns) {
    return edo_instant_add((edo_instant){ at_ns }, (edo_duration){ d_ns }).ns;
}

/* Decides on `n` cells at `now_ns`, if the word is `tat_ns`: 0 if their turn is at `last_ns` at the
 * latest, and `turn` says what the word becomes. Errors: as edo_limiter_reserve(). */
EDOI_INLINE int edoi_gcra_decide(const edo_limiter *l, edo_limiter_turn *turn, uint64_t tat_ns,
                                 uint64_t n, int64_t now_ns, int64_t last_ns) {
    if (EDOI_UNLIKELY(n > l->burst)) return -E2BIG;
    int64_t tat = (int64_t)tat_ns;
    *turn = (edo_limiter_turn){ { now_ns }, tat_ns, tat_ns };
    if (EDOI_UNLIKELY(n == 0)) return 0;
    int64_t cells_ns = (int64_t)n * l->interval_ns;
    turn->at.ns = edoi_gcra_sum(tat, cells_ns - l->interval_ns - l->tolerance_ns);
    if (turn->at.ns > now_ns && turn->at.ns > last_ns) return -EDO_ERATELIMITED;
    turn->after_ns = (uint64_t)edoi_gcra_sum(tat > now_ns ? tat : now_ns, cells_ns);
    return 0;
}

/* How many cells would pass at `now_ns`, if the word is `tat_ns`: from 0 to the burst. */
EDOI_INLINE uint64_t edoi_gcra_left(const edo_limiter *l, uint64_t tat_ns, int64_t now_ns) {
    int64_t ahead_ns = (int64_t)tat_ns > now_ns ? (int64_t)tat_ns - now_ns : 0;
    if (ahead_ns > l->tolerance_ns) return 0;
    return (uint64_t)((l->tolerance_ns - ahead_ns) / l->interval_ns) + 1;
}

/* As edo_limiter_reserve() of one cell that does not wait, by a clock that lags: over any time d at
 * most burst + (d + lag) / T cells pass, with the lag of driver/clock.h. It refuses by the exact
 * clock only. */
EDO_MUST_USE int edoi_limiter_take_coarsely(edo_limiter *l, edo_limiter_turn *turn);

/* Are the options good? Replaces NULL by the defaults. */
bool edoi_limiter_wait_opts_check(const edo_limiter_wait_opts **opts);

/* The latest turn for which a wait that begins at `now_ns` would wait. */
int64_t edoi_limiter_wait_until(const edo_limiter_wait_opts *opts, int64_t now_ns);

/* Sleeps until the turn, and longer by the jitter, if that was not at `now_ns` or before. */
int edoi_limiter_sleep(const edo_limiter_turn *turn, const edo_limiter_wait_opts *opts,
                       int64_t now_ns);

#endif
