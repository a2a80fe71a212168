/* SPDX-License-Identifier: MIT */
/* edo/layers.h: layers for any service: time limits, limits on calls at once, changing and refusing
 * requests. Each refusal has a code of its own, so that an outer layer can tell them apart.
 *
 * Unless a function says otherwise:
 * Threads: any.   Waits: never.   Since: 0.1 */
#ifndef EDO_LAYERS_H
#define EDO_LAYERS_H

#include <edo/limiter.h>
#include <edo/metrics.h>
#include <edo/outcome.h>
#include <edo/sem.h>
#include <edo/service.h>

EDO_BEGIN_DECLS

/* ---- Time ------------------------------------------------------------------------------------ */

/** Limits each call to `d`, from edo_service_call() on: everything below inherits the deadline, and
 * its awaits fail when it has passed. A response that is there wins over a limit that has passed
 * meanwhile. Waiting to be ready is not limited: for that, put a deadline around both halves. A
 * limit of half a second or more may be up to 10 ms longer: it is begun by a clock that costs less.
 * Errors:  of a call: -ETIMEDOUT; those of the inner service */
EDO_MUST_USE EDO_API edo_layer edo_timeout_layer(edo_duration d);

/* ---- Calls at once --------------------------------------------------------------------------- */

/* Ends the place of one call in a concurrency limit: call `fn(arg)` once, on any thread. */
typedef struct edo_held {
    void (*fn)(void *arg);
    void *arg;
} edo_held;

/* Of a call that succeeded: returns true if something in `response` (its body) goes on after the
 * call, and calls `held` when that has ended; false: it is over now. Must not await. */
typedef bool edo_hold_fn(void *arg, void *request, void *response, edo_held held);

/* Options of edo_concurrency_layer_with(); `calls_max` or `shared` must be set. */
typedef struct edo_concurrency_opts {
    uint32_t calls_max;    /* most calls at once through this service */
    uint32_t waiters_max;  /* callers of this service that wait for a place; 0: any number */
    edo_sem *shared;       /* instead of `calls_max`: permits that several services share; borrowed
                              until each of them has ended */
    edo_duration wait_max; /* of a wait for a place; 0 or negative: no limit */
    bool refuse;           /* a call that would have to wait for a place fails */
    edo_hold_fn *hold;     /* keeps the place until the response's body is done; NULL: until the
                              call returns */
    void *hold_arg;        /* borrowed until the service has ended */
    const char *name;      /* in metrics and the trail; NULL: "unnamed"; borrowed likewise */
    edo_metrics *metrics;  /* each service that is built shares it; NULL: it counts nothing */
    uint64_t reserved[2];  /* must be 0 */
} edo_concurrency_opts;

/** Limits the calls at once to `calls_max`. Ready waits for a place, in the order of arrival; the
 * place is kept until the call has returned.
 * Errors:  of the build: -EINVAL  `calls_max` is 0 */
EDO_MUST_USE EDO_API edo_layer edo_concurrency_layer(uint32_t calls_max);

/** Limits the calls at once, with options: the places may be shared, and kept for longer than the
 * call by `hold`. Ready waits for a place, in the semaphore's order.
 *
 * With `wait_max`, `waiters_max` or `refuse` it is a bulkhead: a partner that is slow keeps so many
 * of the program's tasks and no more. A ready that gets no place in time, or finds the line full,
 * succeeds without one, and its call fails; the trail has the limit's name and the reason. How long
 * the inner service makes ready wait is not limited.
 *
 * With `metrics` it counts, with limit="`name`":
 *
 *     edo.limit.in_use   up-down counter: places that calls, permits and held bodies have
 *     edo.limit.waiting  up-down counter: callers that wait for a place
 *     edo.limit.refused  counter: calls that failed, with reason="wait" (`wait_max` has passed) or
 *                        "line" (it is full, or nobody may wait)
 * Owns:    copies `opts`.
 * Errors:  of the build: -EINVAL  neither or both of `calls_max` and `shared`, or `reserved`;
 *                        those of edo_counter_series()
 *          of ready: -EDO_ECLOSED  the shared semaphore is closed
 *          of a call: -EDO_EOVERLOADED  it got no place; those of the inner service */
EDO_MUST_USE EDO_API edo_layer edo_concurrency_layer_with(const edo_concurrency_opts *opts);

/** Refuses what the inner service would make wait: ready never waits, and if the inner service was
 * not ready the call fails at once. Each call looks anew.
 * Errors:  of a call: -EDO_EOVERLOADED; those of the inner service */
EDO_MUST_USE EDO_API edo_layer edo_load_shed_layer(void);

/* ---- Calls in a time ------------------------------------------------------------------------- */

/* The key of a request: the client's address, a token. Borrowed from the request until the call
 * returns. Must not await. */
typedef edo_str edo_rate_key_fn(void *arg, const void *request);

/* Options of edo_rate_layer(): one of `limit`, `shared` and `keyed` with `key` must be set. */
typedef struct edo_rate_opts {
    edo_limiter_opts limit;   /* of this service alone: `num` is not 0 */
    edo_limiter *shared;      /* of several services; borrowed until each of them has ended */
    edo_keyed_limiter *keyed; /* one limit for each key; borrowed likewise */
    edo_rate_key_fn *key;
    void *key_arg;     /* borrowed until the service has ended */
    bool refuse;       /* a call that would have to wait fails */
    bool fixed_window; /* with `limit`, without its `burst`: at most `num` calls in each window of
                             `per`, as Tower counts */
    uint64_t reserved[1]; /* must be 0 */
} edo_rate_opts;

/** Limits how often the service is called, by GCRA (edo/limiter.h): over any time d at most
 * burst + d / T calls pass. Ready waits for its turn, in order of arrival; with keys call does, as
 * only the request has the key. A limit whose burst lasts half a second or more, which is
 * (burst - 1) * T, may let 10 ms / T cells more pass in any time, 2 % of the burst: its clock lags,
 * but costs less.
 *
 * With `fixed_window` a window begins with the first ready after the former one ended, and a ready
 * that finds no place in it waits for its end, in order of arrival. Around the end of a window
 * twice as many calls may pass at once.
 * Errors:  of the build: -EINVAL  none or several limits, `fixed_window` with another one than
 *                         `limit` or with a burst, or as edo_limiter_init()
 *          of a call: -EDO_ERATELIMITED  with `refuse`; by key also if its turn would come after
 *          the deadline in force, and the other errors of edo_keyed_limiter_check() */
EDO_MUST_USE EDO_API edo_layer edo_rate_layer(const edo_rate_opts *opts);

/* ---- Requests and results -------------------------------------------------------------------- */

/* Options of edo_map_layer(): each function may be NULL, and may await. `arg` is passed to all. */
typedef struct edo_map_opts {
    /* Changes `**request`, or sets `*request` to what the inner service gets instead. A negative
     * code ends the call. */
    int (*request)(void *arg, void **request);
    /* Changes the response of a call that succeeded, whose result was `result`; returns the result
     * of the call. */
    int (*response)(void *arg, void *request, void *response, int result);
    /* Of a call that failed with `err`: returns another code, or 0 after filling the response. */
    int (*error)(void *arg, void *request, void *response, int err);
    void *arg;            /* borrowed until the service has ended */
    uint64_t reserved[2]; /* must be 0 */
} edo_map_opts;

/** Changes requests, responses and errors: Tower's map_request, map_response, map_err, map_result,
 * and_then and then. `response` and `error` get the caller's request.
 * Owns:    copies `opts`.
 * Errors:  of the build: -EINVAL  `reserved`;  of a call: as the functions return
 * Threads: any; the functions must bear calls at once. */
EDO_MUST_USE EDO_API edo_layer edo_map_layer(const edo_map_opts *opts);

/* Lets a request pass (0; it may have changed it), or refuses it with a negative code. May
 * await. */
typedef int edo_filter_fn(void *arg, void *request);

/** Asks `fn(arg, request)` before each call; the code of a refusal is the result. What the inner
 * service had reserved is given back at once.
 * Owns:    borrows `arg` until every service made of the layer has ended.
 * Errors:  of a call: what `fn` returns; those of the inner service
 * Threads: any; `fn` must bear calls at once. */
EDO_MUST_USE EDO_API edo_layer edo_filter_layer(edo_filter_fn *fn, void *arg);

/* ---- The log --------------------------------------------------------------------------------- */

struct edo_kv; /* edo/log.h */

/* Puts what a line is to say of a call into `to`, at most `most` fields, and returns their number.
 * Their texts are borrowed until the line is written. `response` is as for an edo_outcome_fn. Must
 * not await. */
typedef size_t edo_call_fields_fn(void *arg, const void *request, const void *response, int result,
                                  struct edo_kv *to, size_t most);

/* Options of edo_call_log_layer(); all zero is the default. */
typedef struct edo_call_log_opts {
    edo_call_fields_fn *fields; /* NULL: none; edo_http_call_fields(), edo_grpc_call_fields() */
    edo_outcome_fn *outcome;    /* what is a failure; NULL: by the result alone; edo_http_outcome(),
                                edo_grpc_outcome() */
    /* Is told of the end of each call, instead of the log. Must not await. NULL: the log is. */
    void (*on_end)(void *arg, const void *request, const void *response, int result,
                   edo_call_outcome outcome, edo_duration took);
    void *arg;            /* of all; borrowed until the service has ended */
    const char *name;     /* the field "service" of a line; NULL: it has none; borrowed likewise */
    uint64_t reserved[2]; /* must be 0 */
} edo_call_log_opts;

/** Tells the log (edo/log.h, the target "call") of each call when it has ended: at level WARN of one
 * that has failed, else at DEBUG. So with the log as it is by default failures alone are told.
 *
 *     edo_stack_push(&layers, edo_call_log_layer(&(edo_call_log_opts){
 *                                 .fields = edo_http_call_fields, .outcome = edo_http_outcome }));
 *
 * Of a response whose body is read later it is the head, and of a call with streams its begin.
 * Owns:    copies `opts` (may be NULL).
 * Errors:  of the build: -EINVAL  `reserved`, or functions for requests of another kind
 *          of a call: those of the inner service
 * Threads: any; the functions must bear calls at once. */
EDO_MUST_USE EDO_API edo_layer edo_call_log_layer(const edo_call_log_opts *opts);

EDO_END_DECLS

#endif
