/* SPDX-License-Identifier: MIT */
/* edo/hedge_layer.h: a layer that sends a second attempt when the first one takes longer than most
 * calls, and takes the response that comes first.
 *
 *     static const edo_retry_policy_ops policy = { .clone = copy_question, .drop = drop_question };
 *
 *     edo_stack_push(&stack, edo_hedge_layer(&(edo_hedge_opts){
 *                                .policy = &policy, .response_bytes = sizeof(answer),
 *                                .budget = budget }));
 *
 * How long most calls take is learnt: `quantile` of the calls of the last full `period` that
 * succeeded took no longer, to three digits. While a period had fewer than `points_min` of them no
 * call of the next one has a second attempt.
 *
 * For requests that may be carried out twice.
 *
 * Unless a function says otherwise:
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_HEDGE_LAYER_H
#define EDO_HEDGE_LAYER_H

#include <edo/metrics.h>
#include <edo/retry_layer.h>

EDO_BEGIN_DECLS

/* Options of edo_hedge_layer(); `response_bytes` must be set. */
typedef struct edo_hedge_opts {
    size_t response_bytes; /* of a response; at most 1 MiB. The second attempt fills memory that
                              begins as a copy of the caller's; if it wins, that is copied back */
    double quantile;       /* above 0, below 1; 0: 0.95 */
    uint32_t points_min;   /* 0: 100 */
    edo_duration period;   /* 0: 10 s */
    /* Of the policy `clone` and `drop`: a request without a copy has one attempt. NULL, or without
     * `clone`: both attempts send the caller's request, at the same time. Borrowed for good. */
    const edo_retry_policy_ops *policy;
    /* May a second attempt be sent, as the first one is slow (`result` 0) or has failed? `request`
     * is what it would send. Must not await. NULL: it may, but not after -EDO_EMISUSE. */
    bool (*may)(void *ctx, const void *request, int result);
    /* Gives back what a response refers to: that of an attempt that succeeded, too, but after the
     * other. Must not await. NULL: it refers to nothing. */
    void (*discard)(void *ctx, void *response);
    void *ctx;                /* borrowed until the service has ended */
    edo_retry_budget *budget; /* bounds second attempts; shared by the service; NULL: none does */
    const char *name;         /* in metrics; NULL: "unnamed"; borrowed likewise */
    edo_metrics *metrics;     /* NULL: it counts nothing; each service that is built shares it */
    uint64_t reserved[2];     /* must be 0 */
} edo_hedge_opts;

/** Sends a second attempt when the first has taken longer than `quantile` of the calls, or has
 * failed, if the call may have one: `points_min`, `clone`, `may` and `budget` say. The first
 * success is the result, and the other attempt is cancelled and has ended when the call returns. If
 * both fail the result is that of the one that failed last.
 *
 * The first attempt then has a task of its own, the second one, too. The second makes the inner
 * service ready for itself. Without a runtime, or without memory for them, there is one attempt, on
 * the caller's task.
 *
 * As Tower's, but a failed first attempt is not the result, and a call with two attempts counts as
 * long as it took, so that its slow first attempt is not forgotten.
 *
 * With `metrics` it counts edo.hedge.calls, with hedge="`name`" and second="won", "lost" or
 * "failed" for calls of two attempts: the second gave the response, the first did, neither did; and
 * "refused" for those that had no second, since the budget was used up.
 * Owns:    copies `opts`; takes a reference to the budget when it is built: keep yours until then.
 * Errors:  of the build: -EINVAL  options;  -ENOMEM; those of edo_counter_series()
 *          of a call: those of the inner service, its ready included;  those of `clone`
 *          -ECANCELED  this task was cancelled or a deadline around it passed; so were both
 *          attempts */
EDO_MUST_USE EDO_API edo_layer edo_hedge_layer(const edo_hedge_opts *opts);

EDO_END_DECLS

#endif
