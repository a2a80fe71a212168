/* SPDX-License-Identifier: MIT */
/* edo/chaos.h: a layer that makes a service bad on purpose: late, failing, or cut off after it has
 * done its work. For tests, and for trying out what a program does while a partner fails.
 *
 *     edo_stack_push(&stack, edo_chaos_layer(&(edo_chaos_opts){
 *                                .delay = 0.02, .delay_max = edo_s(2), // 2 % are late
 *                                .abort = 0.01,                        // 1 % fail at once
 *                                .reset = 0.005 }));                   // 0.5 % are cut off */
#ifndef EDO_CHAOS_H
#define EDO_CHAOS_H

#include <edo/metrics.h>
#include <edo/service.h>
#include <edo/time.h>

EDO_BEGIN_DECLS

/* Options of edo_chaos_layer(); all zero does nothing. Shares are from 0 to 1; each is drawn by
 * itself, so that a call may be late and then fail. */
typedef struct edo_chaos_opts {
    double delay;                      /* share of calls that wait before they begin */
    edo_duration delay_min, delay_max; /* for a time at random between these; `delay_max` 0: always
                                          for `delay_min` */
    double abort;                      /* share of calls that fail, and do not reach the service */
    int abort_code;                    /* with this negative code; 0: -ECONNREFUSED */
    double reset;   /* share of calls that are carried out, and whose response is lost if they have
                       succeeded: the caller cannot know whether they were */
    int reset_code; /* 0: -ECONNRESET */
    /* Gives back what a response refers to that is lost. Must not await. NULL: nothing. */
    void (*discard)(void *arg, void *response);
    /* May this request suffer? Asked first for each call, so a program turns faults off by
     * returning false. Must not await. NULL: all may. */
    bool (*affects)(void *arg, const void *request);
    void *arg;            /* of both; borrowed until the service has ended */
    uint64_t seed;        /* with one seed the n-th call to begin always suffers alike; 0: a random
                             one */
    const char *name;     /* in metrics and the trail; NULL: "unnamed"; borrowed likewise */
    edo_metrics *metrics; /* NULL: it counts nothing; each service that is built shares it */
    uint64_t reserved[2]; /* must be 0 */
} edo_chaos_opts;

/** Delays, fails and cuts off some of the calls.
 *
 * With `metrics` it counts edo.chaos.faults, with chaos="`name`" and fault="delay", "abort" or
 * "reset".
 * Owns:    copies `opts` (may be NULL).
 * Errors:  of the build: -EINVAL  a share that is none, a code that is positive, delays that are
 *                                 negative, none or the wrong way round, `reserved`
 *                        those of edo_counter_series()
 *          of a call: `abort_code` and `reset_code`; those of the inner service
 *          -ECANCELED  this task was cancelled or a deadline around it passed, also while it was
 *          delayed
 * Threads: any; the functions must bear calls at once.   Waits: never.   Since: 0.1 */
EDO_MUST_USE EDO_API edo_layer edo_chaos_layer(const edo_chaos_opts *opts);

EDO_END_DECLS

#endif
