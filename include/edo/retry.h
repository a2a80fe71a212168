/* SPDX-License-Identifier: MIT */
/* edo/retry.h: calling a function again after a failure, and the growing pauses between.
 *
 *     static int fetch(void *arg) { … return err; }
 *
 *     int result = edo_retry(fetch, &job, &(edo_retry_opts){ .attempts = 5 });
 *
 * The pauses of a back-off are, with `base` = the least pause, doubled with each pause, and at most
 * the longest:
 *
 *     EDO_BACKOFF_EXPONENTIAL   base + random from 0 to base * jitter, at most the longest
 *     EDO_BACKOFF_FIXED         always the least pause
 *     EDO_BACKOFF_FULL          random from 0 to base
 *     EDO_BACKOFF_EQUAL         base / 2 + random from 0 to base / 2
 *     EDO_BACKOFF_DECORRELATED  random from the least pause to 3 times the last pause, at most the
 *                               longest
 *
 * FULL, EQUAL and DECORRELATED are those of "Exponential Backoff And Jitter" (AWS Architecture
 * Blog, 2015). Clients that failed together, and pause for a time without randomness, fail together
 * again: FIXED is for a single client.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Waits: never.   Since: 0.1 */
#ifndef EDO_RETRY_H
#define EDO_RETRY_H

#include <edo/task.h>
#include <edo/time.h>

EDO_BEGIN_DECLS

/* ---- Pauses ---------------------------------------------------------------------------------- */

typedef enum edo_backoff_kind {
    EDO_BACKOFF_EXPONENTIAL,
    EDO_BACKOFF_FIXED,
    EDO_BACKOFF_FULL,
    EDO_BACKOFF_EQUAL,
    EDO_BACKOFF_DECORRELATED,
} edo_backoff_kind;

/* Options of a back-off; all zero is the default: 50 ms, 100 ms, 200 ms and so on, each lengthened
 * by up to 99 %, without a bound. */
typedef struct edo_backoff_opts {
    edo_backoff_kind kind;
    edo_duration pause_min; /* 0: 50 ms */
    edo_duration pause_max; /* 0 or negative: none */
    double jitter;          /* of EXPONENTIAL: 0 (0.99) to 100 */
    bool no_jitter;         /* of EXPONENTIAL: 0 instead of `jitter` */
    uint64_t seed;          /* of its random numbers; 0: taken from the runtime's */
    uint64_t reserved[4];   /* must be 0 */
} edo_backoff_opts;

/* The state of a back-off. You place it; there is nothing to release. Fields are edo's. */
typedef struct edo_backoff {
    edo_backoff_kind kind;
    int64_t min_ns, max_ns;
    int64_t base_ns; /* the next base; DECORRELATED: the last pause */
    double jitter;
    uint64_t random;
} edo_backoff;

/** Starts a back-off. `opts` may be NULL.
 *
 * The random numbers of a back-off made on a worker follow from the runtime's seed (`seed` of its
 * options, EDO_SEED): one thread with one seed gives the pauses again.
 * Owns:    fills `*self`; copies `opts`.
 * Errors:  -EINVAL  no such kind, a negative pause_min, pause_max below pause_min, a jitter that is
 *                   negative, above 100 or no number, or a reserved field that is not 0
 * Threads: any. */
EDO_MUST_USE EDO_API int edo_backoff_init(edo_backoff *self, const edo_backoff_opts *opts);

/** Returns the next pause, and makes the one after it longer.
 * Threads: one at a time. */
EDO_API edo_duration edo_backoff_next(edo_backoff *self);

/** Begins again with the least pause, after a success. The random numbers go on.
 * Threads: one at a time. */
EDO_API void edo_backoff_reset(edo_backoff *self);

/* ---- Functions ------------------------------------------------------------------------------- */

/* Decides whether an attempt that returned `err` (negative) is followed by another one. `arg` is
 * that of the function. `*pause` is the pause to come, and may be replaced, as by the time that a
 * server asked for. */
typedef bool edo_retry_if_fn(void *arg, int err, edo_duration *pause);

/* Options of edo_retry(). */
typedef struct edo_retry_opts {
    int attempts; /* calls of the function at most, the first one included; at least 1 */
    edo_backoff_opts backoff;
    edo_retry_if_fn *retry_if; /* NULL: every error is worth another attempt */
    uint64_t reserved[4];      /* must be 0 */
} edo_retry_opts;

/** Calls `fn(arg)`, until it returns 0 or more, or has failed `attempts` times, with the pauses of
 * a back-off between. `opts` may be NULL: 3 attempts, with the default pauses.
 *
 * It gives up before that, without a pause:
 *  - when `fn` returns -ECANCELED or -EDO_EMISUSE, or this task was cancelled;
 *  - when `retry_if` says so;
 *  - when a deadline in force would pass during the pause: that attempt could not begin.
 *
 * To limit one attempt, begin a deadline in `fn`; to limit all together, around edo_retry().
 * Owns:    `fn` borrows `arg` for each attempt; copies `opts`.
 * Errors:  that of the last attempt. The trail has a line for each failed attempt with its error
 *          and the story of that: of more than 6 the first and the newest; after a success it is
 *          empty.
 *          -ECANCELED  this task was cancelled, or a deadline passed
 *          -EINVAL     `attempts` is below 1, a reserved field is not 0, or as edo_backoff_init();
 *                      `fn` was not called
 * Cancel: as `fn` is; in a pause it is safe.   Threads: fibers and plain threads.
 * Waits:   as `fn` does, and for the pauses. */
EDO_API int edo_retry(edo_task_fn *fn, void *arg, const edo_retry_opts *opts);

EDO_END_DECLS

#endif
