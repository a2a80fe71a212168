/* SPDX-License-Identifier: MIT */
/* edo/codel.h: a limit on calls at once whose line stays short in time: a call that has waited for
 * too long is refused, since its caller is about to give up.
 *
 *     edo_stack_push(&stack, edo_codel_layer(&(edo_codel_opts){ .calls_max = 64 }));
 *
 * In a line that is never empty everybody waits for as long as the line is, and the service works
 * for callers that have gone. So a caller waits for `interval` at most while the line is empty now
 * and then, as it is when a few come at once. If it has not been empty for an `interval` the
 * service is overloaded: until it is,
 *
 *     callers that come wait for `target` at most, and
 *     the one that came last is served first.
 *
 * This is controlled delay (CoDel, RFC 8289) as Facebook has made it for servers, with adaptive
 * LIFO ("Fail at Scale", 2015).
 *
 * A call whose deadline comes before calls usually end is refused, too, before it waits and before
 * it begins. */
#ifndef EDO_CODEL_H
#define EDO_CODEL_H

#include <edo/metrics.h>
#include <edo/service.h>
#include <edo/time.h>

EDO_BEGIN_DECLS

/* Options of edo_codel_layer(); `calls_max` must be set. */
typedef struct edo_codel_opts {
    uint32_t calls_max;     /* calls at once */
    uint32_t waiters_max;   /* callers that wait; 0: 10,000 */
    edo_duration target;    /* 0: 5 ms */
    edo_duration interval;  /* 0: 100 ms, or `target` if that is longer */
    bool ignores_deadlines; /* none is refused because of its deadline */
    const char *name;       /* in metrics and the trail; NULL: "unnamed"; borrowed until the service
                               has ended */
    edo_metrics *metrics;   /* each service that is built shares it; NULL: it counts nothing */
    uint64_t reserved[4];   /* must be 0 */
} edo_codel_opts;

/** Limits the calls at once, and the time in the line before them.
 *
 * Ready waits for a place. If it gets none in time it succeeds all the same, and the call fails;
 * the trail has the layer's name and the reason. How long calls usually take is the average of
 * those that succeeded, or failed and took longer, of which the last 16 count for most; each
 * refusal by it makes it shorter by 1/64, so that calls are tried again.
 *
 * With `metrics` it counts, with codel="`name`":
 *
 *     edo.codel.refused    counter, with reason="wait" (it took too long), "line" (it is full) or
 *                          "deadline"
 *     edo.codel.waiting    up-down counter: callers that wait
 *     edo.codel.overloads  counter: how often an overload was found
 * Owns:    copies `opts`.
 * Errors:  of the build: -EINVAL  `calls_max` is 0, `target` is negative, `interval` is shorter,
 *                                 `reserved`
 *                        those of edo_counter_series()
 *          of a call: -EDO_EOVERLOADED  refused; those of the inner service
 * Threads: any.   Waits: never.   Since: 0.1 */
EDO_MUST_USE EDO_API edo_layer edo_codel_layer(const edo_codel_opts *opts);

EDO_END_DECLS

#endif
