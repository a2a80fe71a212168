/* SPDX-License-Identifier: MIT */
/* edo/limiter.h: limits on how often something happens, for all together or for each key.
 *
 *     edo_limiter l;
 *     err = edo_limiter_init(&l, &(edo_limiter_opts){ .num = 100, .per = edo_s(1), .burst = 20 });
 *
 *     edo_instant next;
 *     if (edo_limiter_check(&l, &next, 1) < 0) return too_many(next);  // refuse, or
 *     err = edo_limiter_wait(&l, 1, NULL);                             // wait for its turn
 *
 * The algorithm is GCRA (generic cell rate algorithm, ITU-T I.371). What passes is counted in
 * cells. With T = per / num, a limiter keeps one instant: when the next cell would arrive if they
 * came every T, the theoretical arrival time (TAT). A cell that arrives at t passes if t is at
 * least TAT - T * (burst - 1); TAT then becomes the later of TAT and t, plus T. So `burst` cells
 * pass at once after a pause, and over any time d at most burst + d / T. A cell that is refused
 * changes nothing. T is in whole nanoseconds, rounded down, at least 1.
 *
 * Times are those of edo_now(): all calls on one limiter must see one clock.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_LIMITER_H
#define EDO_LIMITER_H

#include <edo/bytes.h>
#include <edo/time.h>

EDO_BEGIN_DECLS

/* ---- One limit ------------------------------------------------------------------------------- */

/* Options of a limiter. */
typedef struct edo_limiter_opts {
    uint64_t num;         /* cells in `per`, in the long run; at least 1 */
    edo_duration per;     /* 0: 1 s */
    uint64_t burst;       /* cells that may pass at once; 0: as `num` */
    uint64_t reserved[4]; /* must be 0 */
} edo_limiter_opts;

/* A limiter. You place it; there is nothing to release. Fields are edo's. */
typedef struct edo_limiter {
    edo_atomic_u64 tat_ns; /* atomic: the theoretical arrival time; 0: long ago */
    uint64_t burst;        /* const after init */
    int64_t interval_ns;   /* const after init: T */
    int64_t tolerance_ns;  /* const after init: T * (burst - 1) */
} edo_limiter;

/* Cells that were taken ahead of time. Fields other than `at` are edo's. */
typedef struct edo_limiter_turn {
    edo_instant at;               /* when they pass; not later than now: they pass now */
    uint64_t before_ns, after_ns; /* the word without and with them */
} edo_limiter_turn;

/* Options of a wait; all zero is the default. */
typedef struct edo_limiter_wait_opts {
    edo_duration jitter;   /* waits up to this much longer, at random, so that waiters spread; not
                              beyond the deadline in force */
    edo_duration wait_max; /* a longer wait is refused at once; 0 or negative: no bound but the
                              deadline in force */
    uint64_t reserved[2];  /* must be 0 */
} edo_limiter_wait_opts;

/** Makes a limiter through which `burst` cells may pass at once.
 * Owns:    fills `*l`; copies `opts`.
 * Errors:  -EINVAL  `num` is 0, `per` is negative, T * burst is above 73 years, or a reserved field
 *                   is not 0
 * Threads: one, before other threads use it. */
EDO_MUST_USE EDO_API int edo_limiter_init(edo_limiter *l, const edo_limiter_opts *opts);

/** Lets `n` cells pass now, or none of them. If they do not pass, `*next` (may be NULL) is when
 * they would, unless others pass before. An `n` of 0 always passes.
 * Errors:  -EDO_ERATELIMITED  not now; nothing was changed
 *          -E2BIG  `n` is above the burst: it never passes; `*next` was not written
 * Threads: any, at once: one compare-and-swap. */
EDO_MUST_USE EDO_API int edo_limiter_check(edo_limiter *l, edo_instant *next, uint64_t n);

/** As edo_limiter_check(), at `now`, which the caller has read from edo_now(): reading the clock
 * costs more than the decision.
 * Errors:  as edo_limiter_check(). */
EDO_MUST_USE EDO_API int edo_limiter_check_at(edo_limiter *l, edo_instant *next, uint64_t n,
                                              edo_instant now);

/** Takes `n` cells that may lie in the future: the caller may go on at `turn->at`. A later caller
 * gets a later turn, and edo_limiter_check() refuses until all turns have come. For state machines:
 * sleep until `turn->at` by edo_sleep_at_init().
 * Owns:    borrows `l`; fills `*turn`. There is nothing to release.
 * Errors:  -EDO_ERATELIMITED  the turn would come more than `wait_max` from now (negative: no
 *                             bound); nothing was changed, and `turn->at` was written
 *          -E2BIG  `n` is above the burst; `*turn` was not written
 * Threads: any, at once: one compare-and-swap. */
EDO_MUST_USE EDO_API int edo_limiter_reserve(edo_limiter *l, edo_limiter_turn *turn, uint64_t n,
                                             edo_duration wait_max);

/** Gives back the cells of a successful edo_limiter_reserve(), and returns whether the limiter is
 * now as if they had not been taken. It is not if others have taken cells since: their turns are
 * fixed, so these cells are lost. To be called once at most. */
EDO_API bool edo_limiter_unreserve(edo_limiter *l, const edo_limiter_turn *turn);

/** Waits until `n` cells pass; callers pass in the order in which they came. `opts` may be NULL.
 * Errors:  -EDO_ERATELIMITED  the turn would come after the deadline in force, or after `wait_max`;
 *                             returned at once, and nothing was taken
 *          -E2BIG       `n` is above the burst
 *          -ECANCELED   this task was cancelled
 *          -EINVAL      a reserved field is not 0
 *          -EDO_ENORUNTIME  as edo_sleep()
 * Cancel:  safe: the cells are given back, as far as edo_limiter_unreserve() can.
 * Threads: fibers and plain threads, at once.   Waits: for its turn. */
EDO_MUST_USE EDO_API int edo_limiter_wait(edo_limiter *l, uint64_t n,
                                          const edo_limiter_wait_opts *opts);

/** Returns how many cells would pass now, unless others pass before: from 0 to the burst.
 * Threads: any, at once; stale at once if other threads use it. */
EDO_API uint64_t edo_limiter_left(const edo_limiter *l);

/* ---- One limit for each key ------------------------------------------------------------------ */

typedef struct edo_keyed_limiter edo_keyed_limiter;

/* Options of a keyed limiter. */
typedef struct edo_keyed_limiter_opts {
    edo_limiter_opts limit; /* of each key */
    size_t keys_max;        /* keys kept, about; 0: 65,536 */
    size_t key_bytes_max;   /* bytes of a key; 0: 256 */
    bool forgets;           /* when `keys_max` are kept a new key takes the place of one that has
                               let little pass, which begins anew, instead of -ENOSPC */
    uint64_t reserved[3];   /* must be 0 */
} edo_keyed_limiter_opts;

/** Makes a limiter with one limit for each key: for each address, customer, token and so on.
 *
 * A key is kept while its limit is not what that of a new key is: a key that has let nothing pass
 * for a while is forgotten, a few with each new key. A key costs 32 bytes and its length, rounded
 * up to 16, and about 8 bytes in a table. Keys from outside may not collide on purpose: the table
 * is hashed with a secret (SipHash-1-3).
 * Owns:    returns new: edo_keyed_limiter_free(). Copies `opts`.
 * Errors: -EINVAL  as edo_limiter_init(), or a reserved field is not 0;  -ENOMEM   Threads: any. */
EDO_MUST_USE EDO_API int edo_keyed_limiter_new(edo_keyed_limiter **out,
                                               const edo_keyed_limiter_opts *opts);

/** Ends the limiter. NULL is allowed.
 * Owns: takes `k`.   Threads: any, after the last use by others. */
EDO_API void edo_keyed_limiter_free(edo_keyed_limiter *k);

/** As edo_limiter_check(), for `key`, any bytes.
 * Owns:    borrows `k`; copies the key when it is new.
 * Errors:  -EDO_ERATELIMITED  not now; `*next` (may be NULL) is when they would pass
 *          -E2BIG    `n` is above the burst
 *          -ENOSPC   a new key, and all of the keys kept there are in use, of thousands all that
 *                    were looked at, which the next call goes on with; nothing was changed
 *          -EDO_ETOOLONG  the key is longer than `key_bytes_max`
 *          -ENOMEM   no memory for a new key; nothing was changed */
EDO_MUST_USE EDO_API int edo_keyed_limiter_check(edo_keyed_limiter *k, edo_instant *next,
                                                 edo_str key, uint64_t n);

/** As edo_limiter_left(), for `key`; the burst for a key that is not kept.
 * Threads: any, at once; stale at once if other threads use it. */
EDO_API uint64_t edo_keyed_limiter_left(edo_keyed_limiter *k, edo_str key);

/** As edo_limiter_wait(), for `key`.
 * Owns:    borrows `k` and `key` until return; copies the key when it is new.
 * Errors:  as edo_limiter_wait();  -ENOSPC, -EDO_ETOOLONG, -ENOMEM  as edo_keyed_limiter_check()
 * Cancel:  safe: the cells are given back if nobody has taken any for this key since.
 * Threads: fibers and plain threads, at once.   Waits: for its turn. */
EDO_MUST_USE EDO_API int edo_keyed_limiter_wait(edo_keyed_limiter *k, edo_str key, uint64_t n,
                                                const edo_limiter_wait_opts *opts);

/** Forgets all keys whose limit is what that of a new key is, frees their memory, and returns how
 * many they were. Not needed for correctness: new keys make room by themselves.
 * Waits:   never; takes time in proportion to the number of keys. */
EDO_API size_t edo_keyed_limiter_retain_recent(edo_keyed_limiter *k);

/** Returns how many keys are kept.
 * Threads: any, at once; stale at once if other threads use it. */
EDO_API size_t edo_keyed_limiter_len(edo_keyed_limiter *k);

EDO_END_DECLS

#endif
