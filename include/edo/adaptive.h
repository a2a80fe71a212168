/* SPDX-License-Identifier: MIT */
/* edo/adaptive.h: a limit on calls at once that finds itself, by the time that calls take: while
 * that is as usual more are allowed, and when it grows, fewer.
 *
 *     edo_stack_push(&stack, edo_adaptive_layer(NULL));
 *
 * The rule is Gradient2 of Netflix's concurrency-limits. Each window of a second, and of ten calls
 * at least, gives one mean time, `now`; `usual` is its moving average over 600 windows, which falls
 * by a further twentieth with each window while it is more than twice `now`. If at least half of
 * the limit was used in the window
 *
 *     limit = 0.8 * limit + 0.2 * (limit * between(0.5, 1.5 * usual / now, 1) + 4)
 *
 * So calls may take half as long again as usual before the limit falls; in a second it falls by a
 * tenth and grows by 0.8 at most, so `limit_start` had better be near what is usual. Calls below
 * 100 us are not measured: those are noise. */
#ifndef EDO_ADAPTIVE_H
#define EDO_ADAPTIVE_H

#include <edo/metrics.h>
#include <edo/outcome.h>
#include <edo/service.h>
#include <edo/time.h>

EDO_BEGIN_DECLS

/* Options of edo_adaptive_layer(); all zero is the default. */
typedef struct edo_adaptive_opts {
    uint32_t limit_start;    /* 0: 20; it begins within the next two */
    uint32_t limit_min;      /* 0: 20, or `limit_max` if that is less */
    uint32_t limit_max;      /* 0: 200, or `limit_min` if that is more */
    edo_duration wait_max;   /* how long a call without a place waits, of which the one that came
                                last is served first; 0: it is refused at once */
    uint32_t waiters_max;    /* callers that wait; 0: 10,000 */
    edo_outcome_fn *outcome; /* calls that succeeded are measured, and those that took too long for
                                a time limit, inside or around; NULL: edo_outcome_of() */
    void *outcome_arg;       /* borrowed until the service has ended */
    const char *name;        /* in metrics and the trail; NULL: "unnamed"; borrowed likewise */
    edo_metrics *metrics;    /* each service that is built shares it; NULL: it counts nothing */
    uint64_t reserved[2];    /* must be 0 */
} edo_adaptive_opts;

/** Limits the calls at once to what the inner service bears.
 *
 * Ready takes a place. If it gets none it succeeds all the same, and the call fails.
 *
 * With `metrics` it has, with adaptive="`name`": edo.adaptive.limit, a gauge; edo.adaptive.refused,
 * a counter.
 * Owns:    copies `opts` (may be NULL).
 * Errors:  of the build: -EINVAL  `limit_min` above `limit_max`, `wait_max` negative, `reserved`
 *                        those of edo_counter_series()
 *          of a call: -EDO_EOVERLOADED  refused; those of the inner service
 * Threads: any; `outcome` must bear calls at once.   Waits: never.   Since: 0.1 */
EDO_MUST_USE EDO_API edo_layer edo_adaptive_layer(const edo_adaptive_opts *opts);

EDO_END_DECLS

#endif
