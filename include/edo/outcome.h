/* SPDX-License-Identifier: MIT */
/* edo/outcome.h: what the result of a call says about the service that was called: for layers that
 * learn from results, such as a circuit breaker. */
#ifndef EDO_OUTCOME_H
#define EDO_OUTCOME_H

#include <edo/base.h>

EDO_BEGIN_DECLS

typedef enum edo_call_outcome {
    EDO_CALL_SUCCEEDED,
    EDO_CALL_FAILED,  /* the service is in trouble */
    EDO_CALL_IGNORED, /* it says nothing about the service: it does not count */
} edo_call_outcome;

/* What a call says that returned `result`. `response` is as the call left it, and holds something
 * only if `result` is not negative; both may be NULL. Must not await.
 *
 * One of edo's that looks into them, as edo_http_outcome(), is for requests of one kind
 * (edo/service.h); so is a layer that is given it, which is refused by a service of another kind,
 * with -EINVAL. For one of yours set `kind` of the layer. */
typedef edo_call_outcome edo_outcome_fn(void *arg, const void *request, const void *response,
                                        int result);

/** What a result says if nothing else is known: 0 and more is a success. Ignored are what is the
 * caller's doing (-ECANCELED, which is also how calls end when a limit around them has passed;
 * -EINVAL, -EMSGSIZE, -EDO_EMISUSE, -EDO_ENORUNTIME, -ENOMEM), and refusals by layers, which mean
 * that the service was not called (-EDO_ECIRCUITOPEN, -EDO_EOVERLOADED, -EDO_ERATELIMITED). Any
 * other code is a failure.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
EDO_API edo_call_outcome edo_outcome_of(int result);

EDO_END_DECLS

#endif
