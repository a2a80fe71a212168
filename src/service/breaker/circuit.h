/* SPDX-License-Identifier: MIT */
/* service/breaker/circuit.h: the states of a breaker, without a clock, events or metrics.
 *
 *                 CLOSED       OPEN                HALF_OPEN            DISABLED  FORCED_OPEN  METRICS_ONLY
 *   enter         passes       refused; after      takes a trial, or    passes    refused      passes
 *                              `until`: HALF_OPEN  is refused
 *   leave         window,      (never)             counts; after the    -         (never)      window
 *                 then OPEN?                       last: CLOSED, OPEN
 *   leave,        -            (never)             gives its trial      -         (never)      -
 *    ignored                                       back
 *   look          -            by time: HALF_OPEN  too long: OPEN       -         -            -
 *   force         any state, with a generation of its own
 *
 * The word is state | generation << STATE_BITS. A call keeps the word with which it began; if the
 * word is another one when it ends, its result is late and changes nothing but a count.
 *
 * inv. 1: while HALF_OPEN, left + under_way + calls of `trials` is the number of trials, and at
 *         least one has not come back: so there is always one to take or to wait for.
 * inv. 2: otherwise `trials` is all zero.
 *
 * Any thread. `lock` is a leaf; it is held neither during a call nor while the clock is read. */
#ifndef EDOI_SERVICE_BREAKER_CIRCUIT_H
#define EDOI_SERVICE_BREAKER_CIRCUIT_H

#include "base/atomic.h"
#include "base/lock.h"
#include "service/breaker/window.h"

#include <edo/breaker.h>
#include <edo/retry.h>

#define EDOI_CIRCUIT_STATE_BITS 3

/* What decides. Shares are in millionths, so that 7 of 100 reach 0.07. */
typedef struct edoi_circuit_rules {
    uint64_t calls_min, failures_ppm, slow_ppm;
    uint32_t in_a_row; /* 0: no matter */
    uint32_t trials;
    int64_t open_ns;
    bool open_grows; /* by `backoff` */
    int64_t half_open_ns;
    bool half_open_by_time;
} edoi_circuit_rules;

typedef struct edoi_circuit_trials {
    uint32_t left, under_way, calls, failed, slow;
} edoi_circuit_trials;

typedef struct edoi_circuit_totals {
    uint64_t succeeded, failed, ignored, late, slow, refused, opened;
} edoi_circuit_totals;

typedef struct edoi_circuit {
    edo_atomic_u64 word; /* atomic, relaxed: all else is under the lock; written with it held */
    edoi_lock lock;      /* guards what follows, up to `totals` */
    edoi_window window;
    uint32_t in_a_row; /* calls that have failed since the last success */
    edoi_circuit_trials trials;
    int64_t until_ns; /* OPEN: the next call from then on is a trial; HALF_OPEN: OPEN again */
    edo_backoff backoff;
    edoi_circuit_totals totals;
    edoi_circuit_rules rules; /* const */
} edoi_circuit;

/* What a call has brought about. */
typedef struct edoi_circuit_news {
    bool has_moved;
    edo_breaker_state from, to;
    uint64_t generation;
    edo_duration left;
} edoi_circuit_news;

/* Begins closed; `window` has begun, and so has `backoff` if the rules need it. */
void edoi_circuit_init(edoi_circuit *c, const edoi_circuit_rules *rules);

EDOI_INLINE edo_breaker_state edoi_circuit_state_of(uint64_t word) {
    return (edo_breaker_state)(word & ((1u << EDOI_CIRCUIT_STATE_BITS) - 1));
}

/* Does the circuit let everybody pass? Then `*word` is for edoi_circuit_leave(). */
EDOI_INLINE bool edoi_circuit_passes(const edoi_circuit *c, uint64_t *word) {
    const unsigned pass =
        1u << EDO_BREAKER_CLOSED | 1u << EDO_BREAKER_DISABLED | 1u << EDO_BREAKER_METRICS_ONLY;
    *word = edoi_load_rlx_u64(&c->word);
    return pass >> edoi_circuit_state_of(*word) & 1;
}

/* Lets a call pass: returns its word, or 0 and how long the circuit stays open. */
EDO_MUST_USE uint64_t edoi_circuit_enter(edoi_circuit *c, int64_t now_ns, edo_duration *left,
                                         edoi_circuit_news *news);

/* Would edoi_circuit_enter() refuse now? */
EDO_MUST_USE bool edoi_circuit_is_shut(edoi_circuit *c, int64_t now_ns);

/* Counts a call that was refused without edoi_circuit_enter(); returns how long the circuit stays
 * open. It also makes the changes of state that come by time: while all calls are refused, no other
 * function would. */
edo_duration edoi_circuit_refuse(edoi_circuit *c, int64_t now_ns, edoi_circuit_news *news);

typedef enum edoi_circuit_end {
    EDOI_CIRCUIT_COUNTED,
    EDOI_CIRCUIT_LATE,
    EDOI_CIRCUIT_UNCOUNTED,  /* DISABLED */
    EDOI_CIRCUIT_WANTS_TIME, /* nothing has happened: the circuit may open by this call */
} edoi_circuit_end;

#define EDOI_CIRCUIT_NO_TIME INT64_MIN

/* A call that began with `word` has ended. `now_ns` may be EDOI_CIRCUIT_NO_TIME of one that has not
 * failed, was not slow and is no trial, if the window has no time: then the clock is read only for
 * one that asks for it. */
edoi_circuit_end edoi_circuit_leave(edoi_circuit *c, uint64_t word, int64_t now_ns,
                                    edo_call_outcome outcome, bool is_slow,
                                    edoi_circuit_news *news);

/* What time alone changes. */
void edoi_circuit_look(edoi_circuit *c, int64_t now_ns, edoi_circuit_news *news);

void edoi_circuit_force(edoi_circuit *c, edo_breaker_state to, int64_t now_ns,
                        edoi_circuit_news *news);

void edoi_circuit_get_stats(edoi_circuit *c, int64_t now_ns, edo_breaker_stats *stats);

/* Asserts inv. 1 and 2, and the window's. With the lock held, or no other thread. */
void edoi_circuit_check(const edoi_circuit *c);

#endif
