/* SPDX-License-Identifier: MIT */
/* edo/breaker.h: a circuit breaker: while a service fails, calls are refused at once, and a few
 * trials find out when it is well again.
 *
 *     edo_breaker *b;
 *     int err = edo_breaker_new(&b, &(edo_breaker_opts){ .name = "payment", .calls_min = 20,
 *                                                        .open_for = edo_s(10) });
 *     edo_stack_push(&stack, edo_breaker_layer(b));       // around a service, or
 *     err = edo_breaker_run(b, pay, &order);              // around a function
 *
 * Its states:
 *
 *     EDO_BREAKER_CLOSED        calls pass. When the window has `calls_min` calls or more, and the
 *                               share of those that failed, or that were slow, reaches its
 *                               threshold, it opens; so it does after `failures_in_a_row`
 *     EDO_BREAKER_OPEN          calls are refused with -EDO_ECIRCUITOPEN, for `open_for`. The first
 *                               call after that is a trial
 *     EDO_BREAKER_HALF_OPEN     `trials` calls pass, all others are refused. When all trials have
 *                               come back, it opens if their shares reach a threshold, and is
 *                               closed with an empty window otherwise
 *     EDO_BREAKER_DISABLED      by hand: calls pass, and nothing is counted
 *     EDO_BREAKER_FORCED_OPEN   by hand: calls are refused, without an end
 *     EDO_BREAKER_METRICS_ONLY  by hand: calls pass and fill the window, and it never opens
 *
 * A call that began before the state changed is late: its result does not count. A call that is
 * ignored (edo/outcome.h), because it was cancelled say, does not count either, and gives its trial
 * back. So with a limit of time *around* the breaker late services look like cancelled calls: put a
 * timeout for one attempt inside.
 *
 * No lock is held during a call. Instants of windows and of slow calls are those of
 * edo_now_coarse() where that lags by 2 % or less.
 *
 * With `metrics` it counts, with the label breaker="`name`":
 *
 *     edo.breaker.state      gauge, with state="closed", "open", "half_open", "disabled",
 *                            "forced_open", "metrics_only": 1 for the state it is in, else 0
 *     edo.breaker.calls      counter, with result="succeeded", "failed", "ignored", "late"
 *     edo.breaker.slow       counter: of calls that succeeded or failed, those that were slow;
 *                            with `slow_after`
 *     edo.breaker.refused    counter
 *     edo.breaker.opened     counter: how often it has opened
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_BREAKER_H
#define EDO_BREAKER_H

#include <edo/metrics.h>
#include <edo/outcome.h>
#include <edo/service.h>
#include <edo/task.h>

EDO_BEGIN_DECLS

typedef struct edo_breaker edo_breaker;

typedef enum edo_breaker_state {
    EDO_BREAKER_CLOSED,
    EDO_BREAKER_OPEN,
    EDO_BREAKER_HALF_OPEN,
    EDO_BREAKER_DISABLED,
    EDO_BREAKER_FORCED_OPEN,
    EDO_BREAKER_METRICS_ONLY,
} edo_breaker_state;

/* ---- Making ---------------------------------------------------------------------------------- */

typedef enum edo_breaker_event_kind {
    EDO_BREAKER_MOVED,   /* from one state to another one */
    EDO_BREAKER_FAILURE, /* a call has failed; not of late ones, nor while DISABLED */
    EDO_BREAKER_REFUSAL, /* a call was refused */
} edo_breaker_event_kind;

typedef struct edo_breaker_event {
    edo_breaker_event_kind kind;
    edo_breaker_state from, to; /* of MOVED; else both are the state */
    uint64_t generation;        /* of `to`: it grows with each move, so that events of several
                                   threads can be put in order */
    edo_duration left;          /* until the next trial, if `to` is OPEN */
} edo_breaker_event;

/* Is told what happens, by the thread on which it does, with no lock held. Must not wait. */
typedef void edo_breaker_event_fn(void *arg, edo_breaker *b, const edo_breaker_event *event);

#define EDO_BREAKER_WINDOW_CALLS_MAX   1000000
#define EDO_BREAKER_WINDOW_SECONDS_MAX 3600

/* Options of a breaker; all zero is the default. */
typedef struct edo_breaker_opts {
    const char *name;        /* for events, metrics and the trail; NULL: "unnamed" */
    uint32_t window_calls;   /* the window has the last so many calls; 0: 100 */
    uint32_t window_seconds; /* instead: those that ended in so many seconds, the one under way
                                included; 0: by calls */
    uint32_t calls_min;      /* in the window before the shares are looked at; 0: 100; at most
                                `window_calls` count */
    double failures;         /* share of calls that failed, at which it opens; 0: 0.5; above 0, at
                                most 1 */
    double slow;             /* share of slow calls; 0: 1; likewise; needs `slow_after` */
    edo_duration slow_after; /* a call that takes longer is slow; 0 or negative: none is, and the
                                clock is not read for each call */
    uint32_t failures_in_a_row; /* it opens after so many, too; 0: not */
    edo_duration open_for;      /* 0: 60 s */
    edo_duration open_for_max;  /* it stays open for twice as long each time that trials fail, up to
                                   this; of each such time half is by chance, so that clients do not
                                   come back together; 0: always `open_for` */
    uint64_t seed;              /* of that chance; 0: taken from the runtime's */
    uint32_t trials;            /* when half open; 0: 10 */
    edo_duration half_open_max; /* trials that take longer open it again; 0: no limit */
    bool half_open_by_time;     /* it is half open when `open_for` has passed, for all that look at
                                   it, not only with the next call */
    edo_outcome_fn *outcome;    /* what a call says; NULL: edo_outcome_of() */
    void *outcome_arg;          /* borrowed until the breaker has ended */
    edo_breaker_event_fn *on_event; /* NULL: nobody is told */
    void *event_arg;                /* borrowed likewise */
    edo_metrics *metrics;           /* shared; NULL: none */
    uint64_t reserved[4];           /* must be 0 */
} edo_breaker_opts;

/** Makes a breaker that is closed. `opts` may be NULL. It may be used by several services: all that
 * fail together.
 * Owns:    returns new: edo_breaker_unref(). Copies `opts` and the name.
 * Errors:  -EINVAL  a value out of its range, `open_for_max` below `open_for`, or `reserved`
 *          -ENOMEM; of metrics also those of edo_counter_series() */
EDO_MUST_USE EDO_API int edo_breaker_new(edo_breaker **out, const edo_breaker_opts *opts);

/** Takes one more reference and returns `b`.
 * Owns:    shares `b`. */
EDO_API edo_breaker *edo_breaker_ref(edo_breaker *b);

/** Gives one reference back; the last one ends the breaker. NULL is allowed.
 * Owns:    takes the reference. */
EDO_API void edo_breaker_unref(edo_breaker *b);

/* ---- Calls ----------------------------------------------------------------------------------- */

/** A layer whose calls go through `b`. While that refuses, ready does not ask the inner service and
 * does not wait, and the call fails at once.
 * Owns:    borrows `b` until the service is made, which takes a reference.
 * Errors:  of a call: -EDO_ECIRCUITOPEN  with a line that edo_breaker_left_of() reads; those of the
 *          inner service */
EDO_MUST_USE EDO_API edo_layer edo_breaker_layer(edo_breaker *b);

/** Calls `fn(arg)` through the breaker, which judges by its result alone.
 * Errors:  -EDO_ECIRCUITOPEN  with a line that edo_breaker_left_of() reads; `fn` was not called
 *          those of `fn`
 * Cancel:  as `fn` is; a cancelled call does not count.
 * Threads: fibers and plain threads, at once.   Waits: as `fn` does. */
EDO_MUST_USE EDO_API int edo_breaker_run(edo_breaker *b, edo_task_fn *fn, void *arg);

/* One call that may pass. You place it. Fields are edo's, except `left`. */
typedef struct edo_breaker_call {
    uint64_t word; /* state and generation when it began; 0: it has not, or has ended */
    int64_t begun_ns;
    edo_duration left; /* after a refusal: until the next trial, EDO_FOREVER_NS if nobody knows */
} edo_breaker_call;

/** Begins a call of the program's own, unless the breaker refuses: for what is neither a service
 * nor one function. edo_breaker_end() follows in any case.
 * Owns:    fills `*call`.
 * Errors:  -EDO_ECIRCUITOPEN  refused; `call->left` says for how long; there is no line in the
 *                             trail */
EDO_MUST_USE EDO_API int edo_breaker_begin(edo_breaker *b, edo_breaker_call *call);

/** Ends a call with what it says. A call that was refused, or that has ended, is passed over.
 * Owns:    borrows `b`; makes `*call` one that has ended. */
EDO_API void edo_breaker_end(edo_breaker *b, edo_breaker_call *call, edo_call_outcome outcome);

/** Reads how long the breaker that has refused with `err` stays open, out of this task's trail.
 * Returns whether it is there.
 * Owns:    fills `*left` if so. */
EDO_API bool edo_breaker_left_of(edo_duration *left, int err);

/* ---- Looking on, and by hand ----------------------------------------------------------------- */

/** Returns the state. */
EDO_API edo_breaker_state edo_breaker_get_state(edo_breaker *b);

/** Returns "closed", "open", "half_open" and so on.
 * Owns: returns a static string. */
EDO_API const char *edo_breaker_state_name(edo_breaker_state state);

/** Puts the breaker into a state: CLOSED with an empty window and the shortest `open_for`; OPEN for
 * as long as if it had opened by itself, so longer each time if there is an `open_for_max`;
 * HALF_OPEN with all trials; or one of those that only this function sets and ends, as FORCED_OPEN,
 * which stays.
 * Calls under way are late then, also if it was in this state.
 * Errors:  -EINVAL  there is no such state */
EDO_MUST_USE EDO_API int edo_breaker_force(edo_breaker *b, edo_breaker_state state);

/* A breaker at one moment. */
typedef struct edo_breaker_stats {
    edo_breaker_state state;
    uint64_t generation;          /* grows with each change of the state */
    edo_duration left;            /* of OPEN: until the next call is a trial; else 0 */
    uint64_t calls, failed, slow; /* in the window, or of the trials that have come back */
    uint32_t under_way;           /* trials */
    /* since it was made: */
    uint64_t succeeded_total, failed_total, ignored_total, late_total, slow_total, refused_total,
        opened_total;
} edo_breaker_stats;

/** Tells the state, the window and the counts.
 * Owns: fills `*stats`. */
EDO_API void edo_breaker_get_stats(edo_breaker *b, edo_breaker_stats *stats);

EDO_END_DECLS

#endif
