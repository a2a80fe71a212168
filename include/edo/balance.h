/* SPDX-License-Identifier: MIT */
/* edo/balance.h: calls spread over the endpoints of a service, which come and go.
 *
 *     edo_balance *b;
 *     int err = edo_balance_new(&b, edo_discover_dns("shop.internal:8080", NULL), &ops, arg, NULL);
 *     …
 *     edo_balance_lease lease;
 *     err = edo_balance_pick(b, &lease, EDO_PICK_WAIT);     // a connection to one of them
 *     if (err < 0) return err;
 *     err = ask(lease.conn, question);
 *     edo_balance_done(&lease, err);                        // each lease is given back once
 *
 * The program says how a connection is made, watched and closed (edo_balance_ops); the balance
 * keeps one connection to each endpoint, in a task of its own, and picks among those that are
 * ready. An endpoint that cannot be reached is out until a connect succeeds.
 *
 *     EDO_BALANCE_IDLE         no connection, and none is being made: PICK_FIRST before a pick, and
 *                              the rest of the first pause after idle connections that the server
 *                              has ended in order
 *     EDO_BALANCE_CONNECTING   `connect` is under way, or about to be
 *     EDO_BALANCE_READY        its connection is picked
 *     EDO_BALANCE_FAILED       the last connect failed, or connections end before they are of use;
 *                              the next one follows after a pause (gRPC calls it
 *                              TRANSIENT_FAILURE)
 *
 * The state of a balance is READY if one endpoint is, else CONNECTING if one that has not failed
 * since its last connection is, or the source has told nothing yet, or HASH has no table yet; else
 * IDLE if one is; else FAILED. An endpoint that fails again and again thus does not keep the others
 * waiting.
 *
 * Pauses begin with 1 s and grow by a factor of 1.6 up to 120 s, and each is shortened or
 * lengthened by up to a fifth. A connection that ends is made anew at once if it was of use: a call
 * over it has succeeded, or is under way still when the server says goodbye, or it lasted longer
 * than the pause. So is the first that was of no use; from the second in a row on the rest of the
 * pause comes before, which does not grow if the server said goodbye.
 *
 * A pick costs the same whatever the number of endpoints; a change of them takes time in proportion
 * to it. Sets of some thousands are fine.
 *
 * With `metrics` a balance counts:
 *
 *     edo.balance.endpoints   up-down counter, with balance (the name) and state: "ready";
 *                             "ejected", whether connected or not; "away", not connected or ill
 *     edo.balance.ejections   counter, with balance and reason: "failures" (in a row),
 *                             "success_rate", "failure_share"
 *
 * edo_balance_service_new() makes a service of it, for layers of edo/layers.h around it.
 *
 * The attempts of one call have an endpoint each, as long as there are others that are ready: what
 * attempts before have picked last, up to eight, is picked no more, in the fiber or thread that
 * makes them. So it is of retries and hedges (edo/retry_layer.h, edo/hedge_layer.h), edo_retry(), a
 * client of HTTP, a proxy, and calls of gRPC; whatever attempts lie around each other. A key gets
 * its next neighbour then. Callers that share a run of a flight (edo/cache.h) share what that has
 * picked, too, and what connects again and again (edo/reconnect.h) connects elsewhere.
 *
 * An attempt may be a loop of many calls, as in edo_retry(): then what was picked before its last
 * success does not count, and from ten seconds after its first pick on nor does what attempts
 * before it have picked.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_BALANCE_H
#define EDO_BALANCE_H

#include <edo/discover.h>
#include <edo/layers.h>
#include <edo/metrics.h>
#include <edo/outcome.h>
#include <edo/reconnect.h>

#include <stdio.h>

EDO_BEGIN_DECLS

typedef struct edo_balance edo_balance;

/* How the next connection is chosen among those that are ready. */
typedef enum edo_balance_kind {
    EDO_BALANCE_P2C,         /* of two at random that with less load for its weight; a tie is broken
                                by weight */
    EDO_BALANCE_ROUND_ROBIN, /* one after the other; weights do not count */
    EDO_BALANCE_PICK_FIRST,  /* one connection: to the first endpoint that can be reached, in the
                                order of the source. The first pick begins to connect; see
                                `stagger` and `shuffles` */
    EDO_BALANCE_HASH,        /* equal keys get the same endpoint (Maglev): edo_balance_pick_for().
                                When one comes or goes few other keys move; while one is away,
                                rests, or has more than its share of the calls, each of its keys
                                goes to another one. Equal sets give equal choices in each program.
                                Without a key as P2C */
} edo_balance_kind;

/* What a connection has to do, for EDO_BALANCE_P2C. */
typedef enum edo_balance_load {
    EDO_LOAD_PENDING,   /* its calls in flight */
    EDO_LOAD_PEAK_EWMA, /* its calls in flight and one more, times its latency: an estimate of
                           how long a call takes, from the pick to edo_balance_done(), so to the
                           head of a response or to the end of its body, as the program likes; of a
                           service from its call to the return, or as `hold` says. A call that takes
                           longer than the estimate replaces it; a shorter one counts for a share of
                           1 - exp(-t / load_decay), where t is the time since the last change; and
                           without calls the estimate shrinks by that share. Each call reads the
                           clock twice */
} edo_balance_load;

typedef enum edo_balance_state {
    EDO_BALANCE_IDLE,
    EDO_BALANCE_CONNECTING,
    EDO_BALANCE_READY,
    EDO_BALANCE_FAILED,
} edo_balance_state;

/* What the program does. Const and static. In C initialise it by the names of its members. The
 * functions are called for several endpoints at once, on any thread. */
typedef struct edo_balance_ops {
    /* Makes a connection to `to`, which stays until it is closed. May await; is cancelled when the
     * endpoint goes, or after `connect_timeout`. Returns 0 and `*conn`, or a negative code. */
    int (*connect)(void *arg, const edo_endpoint *to, void **conn);
    /* Awaits until the connection can take no further call, and returns why, or 0: the server said
     * goodbye. Calls that have a lease go on. Is cancelled when the connection is not needed any
     * more. NULL: only `is_lost` says when a connection has ended. */
    int (*watch)(void *arg, void *conn);
    /* Does the result of a call, or of a check, say that its connection can take no further call?
     * Must not await. NULL: -ECONNRESET, -ECONNABORTED, -ENOTCONN, -EPIPE, -EDO_ECLOSED and
     * -EDO_EEOF do. */
    bool (*is_lost)(void *arg, void *conn, int result);
    /* Does the result of a call say that the endpoint has failed? Then its time counts as
     * `load_penalty` at least. Must not await. NULL: negative codes do, but not those that
     * edo_outcome_of() has for the caller's doing, and for refusals of its layers; -ECANCELED only
     * if a deadline around the call has passed. It is not asked about a call that a deadline has
     * ended before it could get to the endpoint, see edo_outlier_opts. */
    bool (*has_failed)(void *arg, void *conn, int result);
    /* Closes a connection that has no lease any more. Must not await. */
    void (*close)(void *arg, void *conn);
    /* Asks the endpoint whether it is well, over its connection or otherwise: 0, or a negative
     * code; what the program's own layers refuse, as above, is neither. May await; is called when
     * the endpoint has connected and each `check_every` from then on, and is cancelled after
     * `check_timeout` and with the connection. NULL: nobody asks. */
    int (*check)(void *arg, void *conn);
    /* The balance and its last connection have ended. NULL: nothing. */
    void (*drop)(void *arg);
    void (*reserved[1])(void); /* must be NULL */
} edo_balance_ops;

/* Which endpoints rest because their calls fail; all zero: none. An endpoint that is ejected keeps
 * its connection and the calls that it has, but gets no others for `rest`, times how often it was
 * ejected; that count falls by one for each interval without an ejection. There are three rules, as
 * in Envoy: one looks at each call, two compare endpoints at the end of each `interval`.
 *
 * What a failure is `has_failed` of edo_balance_ops says; of a service `outcome`, or its default.
 * What edo_outcome_of() ignores, if it is none, is no success either: so are refusals of the
 * program's own layers at an endpoint (a limit, a rate, load shed, an open breaker), of which the
 * load alone takes note, so that calls go elsewhere. Nor does a limit of time count that was over
 * before the call began, or has passed while a layer waited for a place or a turn of its own.
 *
 * So an endpoint that takes calls and says nothing is ejected by the limits of time around them. Of
 * a service such a limit counts for the wait until the endpoint's own service is ready, too, as for
 * a connection that hangs. What a caller gives up for reasons of its own, as a hedge whose other
 * attempt has won, does not count: if nothing else ends a call, give it a limit, or the balance a
 * `check`. */
typedef struct edo_outlier_opts {
    uint32_t failures;    /* in a row; 0: no such rule. Envoy has 5 */
    double deviations;    /* its share of successes is below the mean of all, by more than so many
                              standard deviations; 0: no such rule. Envoy has 1.9 */
    double failure_share; /* at least this share of its calls has failed; 0: no such rule. Envoy
                              has 0.85 */
    uint32_t calls_min;   /* an endpoint with fewer calls in an interval is not compared; 0: 100 for
                              `deviations`, 50 for `failure_share` */
    uint32_t hosts_min;   /* nor are any, if fewer can be; 0: 5 */
    edo_duration interval; /* 0: 10 s */
    edo_duration rest;     /* 0: 30 s */
    edo_duration rest_max; /* 0: 300 s, or `rest` if that is longer */
    double rest_share;     /* of the endpoints rest at most, but one always may; 0: 0.1 */
    uint64_t reserved[3];  /* must be 0 */
} edo_outlier_opts;

/* The key of a request, borrowed from it until the call returns. Must not await. */
typedef edo_str edo_balance_key_fn(void *arg, const void *request);

/* As `check` of edo_balance_ops, of an endpoint whose service is `svc`. If it fails, and the ready
 * of that fails then, too, the endpoint gets a new service. */
typedef int edo_balance_check_fn(void *arg, edo_service *svc);

/* Options of a balance; all zero is the default. */
typedef struct edo_balance_opts {
    const char *name; /* in metrics and dumps; copied; NULL: "unnamed" */
    edo_balance_kind kind;
    edo_balance_load load;
    edo_duration load_start;   /* of PEAK_EWMA: what a new connection is expected to take; 0: 1 s */
    edo_duration load_decay;   /* likewise: see above; at least 1 ms; 0: 10 s */
    edo_duration load_penalty; /* likewise: a failure counts as a call that took so long, if it took
                                  less: so an endpoint that fails at once does not draw calls, nor
                                  one whose layers refuse; 0: 1 s */
    edo_duration connect_timeout;      /* of one connect; 0: 20 s */
    edo_duration pause_min, pause_max; /* 0: 1 s, 120 s */
    edo_duration stagger; /* of PICK_FIRST: while one endpoint connects, the next one does so, too,
                             after so long, and whichever is first is used ("happy eyeballs"); 0:
                             250 ms; negative: not before the one has failed */
    bool shuffles;        /* of PICK_FIRST: endpoints are tried in an order of their own, at random:
                             so clients do not all use the first one that a source tells */
    double load_spread; /* of HASH: an endpoint has at most its share of the calls in flight and so
                           much more: 0: 0.25; negative: no limit */
    edo_balance_key_fn *key; /* of a service with HASH: the key of a request; the endpoint is picked
                                by the call then, and ready waits for nothing */
    void *key_arg;           /* borrowed until the service has ended */
    edo_hold_fn *hold;       /* of a service: lets a call count as under way until the body of its
                          response is done, and last so long; NULL: until it returns. Likewise the
                          concurrency limit of edo/layers.h */
    void *hold_arg;          /* borrowed until the service and the last such body have ended */
    edo_outcome_fn *outcome; /* of a service: what a call says about its endpoint; NULL: what its
                                result says, see `has_failed`. A limit of time around a call that
                                has passed is a failure in any case */
    void *outcome_arg;       /* borrowed until the service has ended */
    edo_balance_check_fn *check; /* of a service; NULL: nobody asks */
    void *check_arg;             /* borrowed until `drop(arg)` */
    edo_outlier_opts outlier;    /* not with PICK_FIRST */
    edo_duration check_every;    /* from the end of one `check` to the next; 0: 10 s */
    edo_duration check_timeout;  /* of each; 0: 2 s */
    uint32_t checks_down;        /* checks in a row that have to fail before an endpoint is ill, and
                                   gets no calls; of PICK_FIRST with several endpoints its
                                   connection is left then, and the others are tried; 0: 3 */
    uint32_t checks_up;          /* checks in a row that have to succeed before it is well again; 0:
                                   2. One is enough to readmit an endpoint that was ejected */
    /* While a smaller share of the endpoints is connected and neither ejected nor ill, those that
     * are ejected or ill are picked, too: better some failures than all calls to the few that are
     * left; 0: 0.5; negative: never. */
    double panic_below;
    edo_metrics *metrics;     /* the registry that has this balance's numbers, see below; shared;
                                 NULL: it counts none */
    bool fail_fast;           /* of a service: picks with EDO_PICK_FAIL_FAST */
    uint32_t levels;          /* of a service: how deep the services made may lie; 0: 8 */
    const char *request_kind; /* of a service: the kind of its requests, as `kind` of
                                 edo_service_ops; borrowed until the service has ended; NULL: any
                                 layer fits around it */
    uint64_t reserved[2];     /* must be 0 */
} edo_balance_opts;

/** Makes a balance over the endpoints that `source` tells; its tasks run in the caller's runtime.
 * Owns:    returns new: edo_balance_unref(). Takes `source`, also on failure. Borrows `ops` for
 *          good, and `arg` until `ops->drop(arg)`, which is not called on failure. Copies `opts`
 *          (may be NULL).
 * Errors:  those of edo_metrics_counter()
 *          -EINVAL  options, `ops` without `connect` or `close`, or items of `source` that are no
 *                   edo_endpoint_change
 *          -ENOMEM  also if `source` is NULL;  -EDO_ENORUNTIME; -EDO_ECLOSED
 * Threads: in a runtime. */
EDO_MUST_USE EDO_API int edo_balance_new(edo_balance **out, edo_seq *source,
                                         const edo_balance_ops *ops, void *arg,
                                         const edo_balance_opts *opts);

/** Takes one more reference and returns `b`.
 * Owns:    shares `b`. */
EDO_API edo_balance *edo_balance_ref(edo_balance *b);

/** Gives one reference back. The last one ends the balance: its tasks are cancelled, and each
 * connection is closed as soon as it has no lease. NULL is allowed. No pick may wait.
 * Owns:    takes the reference. */
EDO_API void edo_balance_unref(edo_balance *b);

/* ---- Calls ----------------------------------------------------------------------------------- */

/* What a pick does when no endpoint is ready. */
typedef enum edo_pick {
    EDO_PICK_WAIT,      /* waits until one is */
    EDO_PICK_FAIL_FAST, /* waits, but fails while the state of the balance is FAILED */
} edo_pick;

struct edoi_balance_conn;

/* The right to use a connection. A value; `to` and `conn` are yours to read until
 * edo_balance_done(). */
typedef struct edo_balance_lease {
    void *conn; /* as `connect` made it */
    const edo_endpoint *to;
    struct edoi_balance_conn *of; /* edo's */
    int64_t began_ns;             /* edo's */
} edo_balance_lease;

/** Picks a connection for one call. A connection may be picked any number of times at once, so all
 * picks that wait go on when one is ready, the first that came first.
 * Owns:    borrows `b` until return; fills `*lease`: edo_balance_done().
 * Errors:  -ECANCELED     this task was cancelled
 *          -ECONNABORTED  the runtime that the balance was made in has ended
 *          with EDO_PICK_FAIL_FAST: that of the connect that failed last, or why connections end
 *          that were of no use (that of `watch`, or -ECONNRESET), or of the call for which an
 *          endpoint was ejected last (-EIO if its result is no code, -ETIMEDOUT if a limit has
 *          cut it short); if there are no endpoints that of the source, or -ENOENT. The trail names
 *          the endpoint
 * Cancel: safe.   Waits: until an endpoint is ready, as `how` says. */
EDO_MUST_USE EDO_API int edo_balance_pick(edo_balance *b, edo_balance_lease *lease, edo_pick how);

/** As edo_balance_pick(), with a key: of EDO_BALANCE_HASH the endpoint is that of the key; for
 * other kinds it does not count.
 * Owns:    as edo_balance_pick(); borrows `key` until return.
 * Errors:  as edo_balance_pick()   Cancel: safe.   Waits: as edo_balance_pick(). */
EDO_MUST_USE EDO_API int edo_balance_pick_for(edo_balance *b, edo_balance_lease *lease, edo_str key,
                                              edo_pick how);

/** As edo_balance_pick(), but never waits.
 * Owns:    as edo_balance_pick().
 * Errors:  -EAGAIN  no endpoint is ready; of PICK_FIRST one connects from now on
 *          -ECONNABORTED */
EDO_MUST_USE EDO_API int edo_balance_try_pick(edo_balance *b, edo_balance_lease *lease);

/** Gives a lease back with the result of the call, and makes it all zero. If the result says that
 * the connection is lost, it is picked no more. One that was taken out is closed with its last
 * lease, on this thread. A lease that is all zero is allowed. The balance may have ended.
 * Owns:    takes the lease. */
EDO_API void edo_balance_done(edo_balance_lease *lease, int result);

/* ---- Looking on ------------------------------------------------------------------------------ */

/** Returns the state of the balance. */
EDO_API edo_balance_state edo_balance_get_state(edo_balance *b);

/** Waits until the state of the balance is another one than `seen`, and returns it. A state that
 * lasts for a moment only may be missed.
 * Errors:  -ECANCELED     this task was cancelled
 *          -ECONNABORTED  the runtime that the balance was made in has ended
 * Cancel: safe.   Waits: for a change. */
EDO_MUST_USE EDO_API int edo_balance_wait_state(edo_balance *b, edo_balance_state seen);

/** Begins to connect without a pick, if the state is IDLE. */
EDO_API void edo_balance_connect(edo_balance *b);

/* An endpoint of a balance, at one moment. */
typedef struct edo_balance_endpoint {
    edo_endpoint endpoint;
    edo_balance_state state;
    int err;            /* as which it has failed; 0: it has not since it was ready */
    uint64_t in_flight; /* leases of its connection */
    bool is_ill;        /* by `check` */
    bool is_ejected;
    edo_duration ejected_for; /* from now on; 0: it is not */
    uint32_t ejections;       /* as they count for the next one */
    edo_duration latency;     /* of EDO_LOAD_PEAK_EWMA: the estimate of how long a call takes */
} edo_balance_endpoint;

/** Writes the endpoints to `out`, at most `out_max`, in the order of the source, or with `shuffles`
 * in that of the tries, and returns how many there are. */
EDO_API size_t edo_balance_list(edo_balance *b, edo_balance_endpoint *out, size_t out_max);

/** Writes the state of the balance and a line for each endpoint to `out`, for people.
 * Owns:    borrows `out`; writing to it must not await.   Waits: as fprintf(). */
EDO_API void edo_balance_dump(edo_balance *b, FILE *out);

/* ---- As a service ---------------------------------------------------------------------------- */

/** Makes a service whose calls go to services that `make(arg, &svc, target)` makes, where `target`
 * is the const edo_endpoint to connect to. As with edo_reconnect_new() ready never fails for an
 * endpoint:
 *
 *     ready   picks a service, and makes that ready; if this fails (but for what concerns the
 *             caller) the service is lost, and another one is picked. With `fail_fast` it succeeds
 *             while no endpoint can be reached, and the call returns the reason
 *     call    goes to the service that was made ready; that counts it until it returns, see `hold`
 * Owns:    returns new: edo_service_unref(). Takes `source`, also on failure. Borrows `arg` until
 *          `drop(arg)` (may be NULL), which is not called on failure. Copies `opts` (may be NULL).
 * Errors:  those of edo_balance_new();  -EINVAL  `hold` is for requests of another kind than
 *          `request_kind`
 *          of a call: those of the service;  with `fail_fast` those of edo_balance_pick()
 *          of a connect: those of `make`;  -EINVAL  the service that was made lies too deep, or
 *          takes requests of another kind
 * Threads: in a runtime. */
EDO_MUST_USE EDO_API int edo_balance_service_new(edo_service **out, edo_seq *source,
                                                 edo_make_service_fn *make, void *arg,
                                                 void (*drop)(void *arg),
                                                 const edo_balance_opts *opts);

/** Returns the balance of a service that edo_balance_service_new() made, also if that is the
 * innermost of layers; NULL: there is none.
 * Owns:    the service keeps it. */
EDO_API edo_balance *edo_balance_of(edo_service *svc);

EDO_END_DECLS

#endif
