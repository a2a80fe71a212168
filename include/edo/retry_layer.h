/* SPDX-License-Identifier: MIT */
/* edo/retry_layer.h: a layer that calls again after a failure, within a budget.
 *
 * A budget bounds how many retries there are for all calls together, so that a service in trouble
 * does not get a multiple of its load. Three kinds:
 *
 *     EDO_RETRY_BUDGET_WINDOW      a share of the calls of the last `ttl`, and some a second
 *     EDO_RETRY_BUDGET_CONCURRENT  a share of the attempts under way (Envoy)
 *     EDO_RETRY_BUDGET_THROTTLE    few retries while more fail than succeed (gRPC, A6)
 *
 * Unless a function says otherwise:
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_RETRY_LAYER_H
#define EDO_RETRY_LAYER_H

#include <edo/metrics.h>
#include <edo/retry.h>
#include <edo/service.h>

EDO_BEGIN_DECLS

/* ---- Budgets --------------------------------------------------------------------------------- */

typedef enum edo_retry_budget_kind {
    EDO_RETRY_BUDGET_WINDOW,
    EDO_RETRY_BUDGET_CONCURRENT,
    EDO_RETRY_BUDGET_THROTTLE,
} edo_retry_budget_kind;

/* Options of a budget; all zero is the default: a window of 10 s, 20 % of the calls and 10 a
 * second.
 *
 * WINDOW is a token bucket over 10 slots of ttl / 10. A call deposits 1,000; a retry withdraws
 * W = round(1,000 / share), if the sum of all slots and the reserve is at least W. The reserve is
 * retries_min * ttl in s * W, and what is spent of it comes back when its slot is over.
 *
 * CONCURRENT allows a retry while fewer are in flight than the larger of `retries_min` and share *
 * attempts under way.
 *
 * THROTTLE has `tokens_max` tokens at first. A failure that is worth a retry takes one, also if no
 * retry follows; a success adds `token_ratio` (thousandths count). Retries are allowed while more
 * than half of the tokens are left. */
typedef struct edo_retry_budget_opts {
    edo_retry_budget_kind kind;
    edo_duration ttl; /* WINDOW: 1 s to 60 s; 0: 10 s */
    double share;     /* WINDOW: 0.001 to 1,000 retries a call; CONCURRENT: to 1; 0: 0.2 */
    bool no_share;    /* WINDOW, CONCURRENT: only `retries_min` */
    /* WINDOW: a second, 0: 10; CONCURRENT: at once, 0: 3. At most 1,000,000 */
    uint32_t retries_min;
    bool no_min;          /* WINDOW, CONCURRENT: 0 instead of `retries_min` */
    uint32_t tokens_max;  /* THROTTLE: 1 to 1,000; 0: 10 */
    double token_ratio;   /* THROTTLE: 0.001 to 1,000; 0: 0.1 */
    uint64_t reserved[4]; /* must be 0 */
} edo_retry_budget_opts;

typedef struct edo_retry_budget edo_retry_budget;

/* How an attempt ended. */
typedef enum edo_attempt_outcome {
    EDO_ATTEMPT_SUCCEEDED,
    EDO_ATTEMPT_FAILED,  /* worth a retry, whether or not one follows */
    EDO_ATTEMPT_REFUSED, /* failed, and another attempt would not help */
} edo_attempt_outcome;

/** Makes a budget, for one layer or several. `opts` may be NULL. Where layers in one another share
 * it, as retries around a hedge or a client, a call is one call: the outermost deposits, and the
 * last attempt of an inner one is the attempt in which it lies. That is the first call of the
 * budget in an attempt; what else an attempt calls are calls of their own.
 * Owns:    returns new: edo_retry_budget_unref(). Copies `opts`.
 * Errors: -EINVAL  a value out of its range;  -ENOMEM   Threads: any. */
EDO_MUST_USE EDO_API int edo_retry_budget_new(edo_retry_budget **self,
                                              const edo_retry_budget_opts *opts);

/* As edo_rc_ref() and edo_rc_unref(): take one more reference, give one back. */
EDO_API edo_retry_budget *edo_retry_budget_ref(edo_retry_budget *self);
EDO_API void edo_retry_budget_unref(edo_retry_budget *self);

/** Notes the first attempt of a call. edo_retry_budget_done() follows when it has ended. For
 * retries of a program's own; edo_retry_layer() calls it by itself. */
EDO_API void edo_retry_budget_deposit(edo_retry_budget *self);

/** Notes the end of an attempt; `is_retry`: it was allowed by edo_retry_budget_withdraw(). It comes
 * before the withdrawal for the next attempt. */
EDO_API void edo_retry_budget_done(edo_retry_budget *self, bool is_retry,
                                   edo_attempt_outcome outcome);

/** After an attempt failed so that it is worth a retry: returns whether the budget allows one, and
 * takes it. If true, edo_retry_budget_done() follows when the retry has ended. */
EDO_MUST_USE EDO_API bool edo_retry_budget_withdraw(edo_retry_budget *self);

/* Numbers of a budget. */
typedef struct edo_retry_budget_stats {
    uint64_t allowed, refused; /* retries, since it was made */
    uint64_t left;             /* retries that it would allow now, if no call came */
} edo_retry_budget_stats;

/** Returns the numbers of now.
 * Owns:    borrows `self`. */
EDO_API edo_retry_budget_stats edo_retry_budget_get_stats(edo_retry_budget *self);

/** Adds the numbers of a budget as metrics, with the label budget="`name`", which no other budget
 * of the registry may have: the counter edo.retry_budget.retries, with result "allowed" or
 * "refused", of which many say that a service fails, not a call; and the gauge
 * edo.retry_budget.left, retries that it would allow now: at 0 it is spent.
 * Owns:    shares `budget` until the registry ends; copies `name`.
 * Errors:  as edo_metrics_counter();  -EILSEQ, -EDO_ETOOLONG  of `name` */
EDO_MUST_USE EDO_API int edo_metrics_add_retry_budget(edo_metrics *m, edo_retry_budget *budget,
                                                      const char *name);

/* ---- The layer ------------------------------------------------------------------------------- */

/* What a policy sees after an attempt, and may change. */
typedef struct edo_retry_attempt {
    uint32_t n;    /* attempts made, this one included */
    void *request; /* that the next attempt sends; the policy may change what it points to */
    void *response;
    int result;         /* what the caller gets if no attempt follows; may be replaced */
    edo_duration pause; /* of the back-off; may be replaced, as by a server's Retry-After */
    void *state;        /* the policy's own, for this call; NULL at first */
} edo_retry_attempt;

/* How to retry. Const and static; each function may be NULL, must bear calls at once, and may
 * await. */
typedef struct edo_retry_policy_ops {
    /* Copies a request, before the attempt that may change or consume it. `*copy` stays NULL if
     * that attempt cannot be repeated. Returns 0, or a code that ends the call. NULL: requests are
     * sent again as they are. */
    int (*clone)(void *ctx, void **copy, const void *request);
    /* Frees a copy. NULL: nothing to free. */
    void (*drop)(void *ctx, void *copy);
    /* Decides whether another attempt follows; asked after each but the last, also after a success.
     * NULL: it does after every failure but -EDO_EMISUSE. */
    bool (*decide)(void *ctx, edo_retry_attempt *attempt);
    /* Makes the response what it was before the call, as another attempt follows. NULL: nothing to
     * do. */
    void (*reset)(void *ctx, void *response);
    /* The call has ended; frees `state`. NULL: nothing to free. */
    void (*end)(void *ctx, void *state);
} edo_retry_policy_ops;

/* Options of edo_retry_layer(); all zero is the default. */
typedef struct edo_retry_layer_opts {
    const edo_retry_policy_ops *policy; /* borrowed for good; NULL: as one of NULLs */
    void *ctx;                          /* borrowed until the service has ended */
    edo_retry_budget *budget;           /* shared by the service; NULL: none */
    uint32_t attempts;                  /* of a call at most, the first included; 0: 3 */
    edo_backoff_opts backoff;           /* of the pauses; begins anew with each call */
    uint64_t reserved[2];               /* must be 0 */
} edo_retry_layer_opts;

/** Calls the inner service again after a failure. Between two attempts it pauses, and makes the
 * inner service ready again.
 *
 * No attempt follows: after -ECANCELED; after `attempts`; if the policy or the budget says so; or
 * if a deadline in force would pass during the pause. The result is then that of the last attempt.
 * Owns:    copies `opts` (may be NULL); takes a reference to the budget when it is built: keep yours
 *          until then.
 * Errors:  of the build: as edo_backoff_init();  -EINVAL  `reserved`
 *          of a call: those of the inner service, its ready included;  those of `clone`
 *          -ECANCELED  this task was cancelled or a deadline around it passed, also in a pause
 * Threads: any. */
EDO_MUST_USE EDO_API edo_layer edo_retry_layer(const edo_retry_layer_opts *opts);

EDO_END_DECLS

#endif
