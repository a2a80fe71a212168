/* SPDX-License-Identifier: MIT */
/* edo/fallback.h: a layer that gives another response where the service has none: that of a second
 * service, or of a function, which may use what an earlier call has left.
 *
 *     edo_stack_push(&stack, edo_fallback_layer(&(edo_fallback_opts){
 *                                .fn = last_price, .keep = keep_price, .arg = &shop }));
 *     edo_stack_push(&stack, edo_breaker_layer(b)); // inside: its refusals are made up for
 *
 * It makes up for
 *  - refusals by layers inside: -EDO_ECIRCUITOPEN, -EDO_EOVERLOADED, -EDO_ERATELIMITED;
 *  - what `outcome` calls a failure: without one any negative code but those that edo_outcome_of()
 *    ignores.
 * It does not after -ECANCELED: nobody waits for the response. */
#ifndef EDO_FALLBACK_H
#define EDO_FALLBACK_H

#include <edo/metrics.h>
#include <edo/outcome.h>
#include <edo/service.h>

EDO_BEGIN_DECLS

/* Fills in `response` after a call that returned `result`; returns 0 or a count, which then is the
 * result of the call. A negative code means that it has nothing to give, and has left `response` as
 * it was.
 *
 * If `result` is not negative, `response` is there and has failed by its `outcome`. The function
 * then gives back what it refers to before it fills in another. May await. */
typedef int edo_fallback_fn(void *arg, void *request, void *response, int result);

/* Options of edo_fallback_layer(); `service` or `fn` must be set. */
typedef struct edo_fallback_opts {
    edo_service *service;    /* gets the caller's request; shared by the layer's service */
    edo_fallback_fn *fn;     /* instead of `service` */
    edo_outcome_fn *outcome; /* NULL: edo_outcome_of() */
    void *outcome_arg;       /* borrowed until the service has ended */
    /* Each of the next three may be NULL, and must not await. */
    /* Gives back what a response refers to that has failed by its `outcome`, before `service` is
     * called, or if this task is cancelled in `fn`. */
    void (*reset)(void *arg, void *response);
    /* Of a call that needed no fallback: keeps a copy of what `fn` may want later. */
    void (*keep)(void *arg, const void *request, const void *response, int result);
    /* Marks `response` as one of a fallback, after a call that returned `result`. */
    void (*tell)(void *arg, void *request, void *response, int result);
    void *arg;            /* of `fn` and of these; borrowed until the service has ended */
    const char *name;     /* in metrics; NULL: "unnamed"; borrowed likewise */
    edo_metrics *metrics; /* NULL: it counts nothing; each service that is built shares it */
    uint64_t reserved[2]; /* must be 0 */
} edo_fallback_opts;

/** Gives another response where the inner service has none.
 *
 * A call whose fallback fails, too, returns what it would have returned without; its trail says
 * what the fallback returned. Only if there was a response that `reset` has given back, the code of
 * `service` is the result.
 *
 * With `metrics` it counts edo.fallback.calls, with fallback="`name`" and result="succeeded" or
 * "failed".
 * Owns:    copies `opts`; takes a reference to `service` when it is built: keep yours until then.
 * Errors:  of the build: -EINVAL  neither or both of `service` and `fn`, or `reserved`
 *                        those of edo_counter_series()
 *          of a call: those of the inner service, its ready included
 *          -ECANCELED  this task was cancelled or a deadline around it passed
 * Threads: any; the functions must bear calls at once.   Waits: never.   Since: 0.1 */
EDO_MUST_USE EDO_API edo_layer edo_fallback_layer(const edo_fallback_opts *opts);

EDO_END_DECLS

#endif
