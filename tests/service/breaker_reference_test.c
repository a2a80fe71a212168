/* SPDX-License-Identifier: MIT */
/* Goal: a breaker is in the state that the rules of edo/breaker.h say, for any sequence of calls,
 * results, pauses and hands, with any options.
 * Method: random events under a paused clock; beside each its rules, written again as plainly as
 * they can be: a list of all calls, from which the window is counted anew each time. 100,000 events
 * in `make check`. */
#include <edo/breaker.h>

#include "inside.h"
#include "rounds.h"
#include "seed.h"

#include <errno.h>
#include <string.h>

enum { EVENTS = 500, CALLS_MAX = 12 };

static uint32_t random_state;

static int random_below(int n) {
    random_state = random_state * 1664525u + 1013904223u;
    return (int)((random_state >> 8) % (uint32_t)n);
}

/* ---- The rules ------------------------------------------------------------------------------- */

typedef struct ended_call {
    int64_t at_ns;
    bool has_failed, is_slow;
} ended_call;

typedef struct plain {
    edo_breaker_opts o;
    edo_breaker_state state;
    int moves;                /* which tells late calls */
    ended_call ended[EVENTS]; /* since the window was empty */
    int ended_n, row;
    int trials_begun, trials_back, failed, slow; /* when half open */
    int64_t until_ns;
    int openings; /* since it was closed */
    int refused, late, ignored, opened;
} plain;

static void plain_moves(plain *p, edo_breaker_state to, int64_t left_ns) {
    int64_t now_ns = edo_now().ns;
    p->state = to;
    p->moves++;
    p->row = p->trials_begun = p->trials_back = p->failed = p->slow = 0;
    if (to == EDO_BREAKER_OPEN) {
        int64_t base_ns = p->o.open_for.ns;
        for (int i = 0; i < p->openings && base_ns < p->o.open_for_max.ns; i++) base_ns *= 2;
        if (base_ns > p->o.open_for_max.ns && p->o.open_for_max.ns) base_ns = p->o.open_for_max.ns;
        CHECK(left_ns <= base_ns && left_ns >= (p->o.open_for_max.ns ? base_ns / 2 : base_ns));
        p->until_ns = now_ns + left_ns; // which is by chance
        p->openings++;
        p->opened++;
    } else if (to != EDO_BREAKER_HALF_OPEN) {
        p->ended_n = p->openings = 0;
    } else {
        p->until_ns = p->o.half_open_max.ns ? now_ns + p->o.half_open_max.ns : INT64_MAX;
    }
}

static void plain_passes_time(plain *p, int64_t left_ns) {
    if (edo_now().ns < p->until_ns) return;
    if (p->state == EDO_BREAKER_OPEN && p->o.half_open_by_time)
        plain_moves(p, EDO_BREAKER_HALF_OPEN, 0);
    else if (p->state == EDO_BREAKER_HALF_OPEN)
        plain_moves(p, EDO_BREAKER_OPEN, left_ns);
}

static bool plain_begins(plain *p, int64_t left_ns) {
    plain_passes_time(p, left_ns);
    if (p->state == EDO_BREAKER_OPEN && edo_now().ns >= p->until_ns)
        plain_moves(p, EDO_BREAKER_HALF_OPEN, 0);
    bool passes = p->state == EDO_BREAKER_CLOSED || p->state == EDO_BREAKER_DISABLED ||
                  p->state == EDO_BREAKER_METRICS_ONLY;
    if (p->state == EDO_BREAKER_HALF_OPEN) passes = p->trials_begun++ < (int)p->o.trials;
    if (p->state == EDO_BREAKER_HALF_OPEN && !passes) p->trials_begun--;
    p->refused += !passes;
    return passes;
}

/* What is in the window now. */
static void plain_counts(const plain *p, int *calls, int *failed, int *slow) {
    int64_t second = edo_now().ns / 1000000000;
    *calls = *failed = *slow = 0;
    for (int i = 0; i < p->ended_n; i++) {
        const ended_call *c = &p->ended[i];
        bool is_in = p->o.window_seconds
                         ? c->at_ns / 1000000000 > second - (int64_t)p->o.window_seconds
                         : i >= p->ended_n - (int)p->o.window_calls;
        *calls += is_in;
        *failed += is_in && c->has_failed;
        *slow += is_in && c->is_slow;
    }
}

/* Shares are tenths here. */
static bool are_bad(const plain *p, int calls, int failed, int slow) {
    return failed * 10 >= (int)(p->o.failures * 10 + 0.5) * calls ||
           (p->o.slow > 0 && slow * 10 >= (int)(p->o.slow * 10 + 0.5) * calls);
}

static void plain_ends(plain *p, edo_call_outcome outcome, bool is_slow, int moves,
                       int64_t left_ns) {
    int calls, failed, slow;
    bool has_failed = outcome == EDO_CALL_FAILED;
    plain_passes_time(p, left_ns);
    p->late += moves != p->moves;
    if (moves != p->moves || p->state == EDO_BREAKER_DISABLED) return;
    p->ignored += outcome == EDO_CALL_IGNORED;
    if (p->state == EDO_BREAKER_HALF_OPEN) {
        if (outcome == EDO_CALL_IGNORED) p->trials_begun--;
        if (outcome == EDO_CALL_IGNORED) return;
        p->failed += has_failed;
        p->slow += is_slow;
        if (++p->trials_back < (int)p->o.trials) return;
        bool opens = are_bad(p, p->trials_back, p->failed, p->slow);
        plain_moves(p, opens ? EDO_BREAKER_OPEN : EDO_BREAKER_CLOSED, left_ns);
        return;
    }
    if (outcome == EDO_CALL_IGNORED) return;
    p->ended[p->ended_n++] = (ended_call){ edo_now().ns, has_failed, is_slow };
    p->row = has_failed ? p->row + 1 : 0;
    plain_counts(p, &calls, &failed, &slow);
    bool opens = calls >= (int)p->o.calls_min && are_bad(p, calls, failed, slow);
    if (p->o.failures_in_a_row && p->row >= (int)p->o.failures_in_a_row) opens = true;
    if (opens && p->state == EDO_BREAKER_CLOSED) plain_moves(p, EDO_BREAKER_OPEN, left_ns);
}

/* ---- Beside the breaker ---------------------------------------------------------------------- */

typedef struct own_call {
    bool is_there;
    edo_breaker_call call;
    int64_t begun_ns;
    int moves;
} own_call;

typedef struct world {
    plain p;
    edo_breaker *b;
    own_call calls[CALLS_MAX];
    int events, seen_open, seen_half_open;
} world;

static edo_breaker_opts random_opts(void) {
    bool grows = random_below(2), by_time = random_below(2), measures = random_below(3);
    return (edo_breaker_opts){
        .window_calls = by_time ? 0 : (uint32_t)(2 + random_below(9)),
        .window_seconds = by_time ? (uint32_t)(1 + random_below(6)) : 0,
        .calls_min = (uint32_t)(1 + random_below(8)),
        .failures = (1 + random_below(10)) / 10.0,
        .slow = measures ? (3 + random_below(8)) / 10.0 : 0,
        .slow_after = edo_ms(measures ? 100 + random_below(2) * 900 : 0), // 0: none is
        .failures_in_a_row = random_below(3) ? 0 : (uint32_t)(1 + random_below(4)),
        .open_for = edo_ms(500 * (1 + random_below(4))),
        .open_for_max = grows ? edo_ms(8000) : edo_ns(0),
        .seed = 7,
        .trials = (uint32_t)(1 + random_below(4)),
        .half_open_max = random_below(2) ? edo_ms(2500) : edo_ns(0),
        .half_open_by_time = random_below(2),
    };
}

static int64_t left_now(const world *w) {
    edo_breaker_stats s;
    edo_breaker_get_stats(w->b, &s);
    return s.left.ns;
}

static void begins(world *w, own_call *c) {
    int err = edo_breaker_begin(w->b, &c->call);
    int64_t left_ns = left_now(w);
    bool passes = plain_begins(&w->p, left_ns);
    CHECK_EQ(err, passes ? 0 : -EDO_ECIRCUITOPEN);
    if (!passes && w->p.state == EDO_BREAKER_OPEN) CHECK_EQ(c->call.left.ns, left_ns);
    c->is_there = passes;
    c->begun_ns = edo_now().ns;
    c->moves = w->p.moves;
}

static void ends(world *w, own_call *c) {
    static const edo_call_outcome outcomes[] = { EDO_CALL_SUCCEEDED, EDO_CALL_SUCCEEDED,
                                                 EDO_CALL_FAILED, EDO_CALL_FAILED,
                                                 EDO_CALL_IGNORED };
    edo_call_outcome outcome = outcomes[random_below(5)];
    int64_t slow_ns = w->p.o.slow_after.ns;
    bool is_slow = slow_ns > 0 && edo_now().ns - c->begun_ns > slow_ns;
    edo_breaker_end(w->b, &c->call, outcome);
    plain_ends(&w->p, outcome, is_slow, c->moves, left_now(w));
    c->is_there = false;
}

static void forces(world *w) {
    edo_breaker_state to = (edo_breaker_state)random_below(EDO_BREAKER_METRICS_ONLY + 1);
    if (random_below(2)) to = EDO_BREAKER_CLOSED;
    CHECK_EQ(edo_breaker_force(w->b, to), 0);
    plain_moves(&w->p, to, left_now(w));
}

static void agrees(world *w) {
    edo_breaker_stats s;
    int calls = w->p.trials_back, failed = w->p.failed, slow = w->p.slow;
    edo_breaker_get_stats(w->b, &s);
    plain_passes_time(&w->p, s.left.ns);
    CHECK_EQ(s.state, w->p.state);
    CHECK_EQ(edo_breaker_get_state(w->b), w->p.state);
    if (w->p.state != EDO_BREAKER_HALF_OPEN) plain_counts(&w->p, &calls, &failed, &slow);
    if (w->p.state == EDO_BREAKER_HALF_OPEN)
        calls = w->p.trials_back, failed = w->p.failed, slow = w->p.slow;
    CHECK_EQ(s.calls, (uint64_t)calls);
    CHECK_EQ(s.failed, (uint64_t)failed);
    CHECK_EQ(s.slow, (uint64_t)slow);
    CHECK_EQ(s.under_way, (uint32_t)(w->p.trials_begun - w->p.trials_back));
    CHECK_EQ(s.refused_total, (uint64_t)w->p.refused);
    CHECK_EQ(s.late_total, (uint64_t)w->p.late);
    CHECK_EQ(s.ignored_total, (uint64_t)w->p.ignored);
    CHECK_EQ(s.opened_total, (uint64_t)w->p.opened);
    CHECK_EQ(s.generation, (uint64_t)w->p.moves + 1);
    w->seen_open += s.state == EDO_BREAKER_OPEN;
    w->seen_half_open += s.state == EDO_BREAKER_HALF_OPEN;
}

static void happens(world *w) {
    own_call *c = &w->calls[random_below(CALLS_MAX)];
    int what = random_below(100);
    if (what < 60 && c->is_there)
        ends(w, c);
    else if (what < 60)
        begins(w, c);
    else if (what < 96)
        EDO_TEST_OK(edo_time_advance(edo_ms(random_below(random_below(8) ? 300 : 4000))));
    else if (what < 97 || random_below(4) == 0)
        forces(w);
    agrees(w);
}

EDO_TEST(a_breaker_is_in_the_state_that_its_rules_say, .paused = true) {
    static world w;
    int rounds = (int)test_inputs(20, 200), seen_open = 0, seen_half_open = 0;
    random_state = (uint32_t)test_seed(11);
    for (int i = 0; i < rounds; i++) {
        w = (world){ .p = { .o = random_opts() } };
        CHECK_EQ(edo_breaker_new(&w.b, &w.p.o), 0);
        if (w.p.o.window_calls && w.p.o.calls_min > w.p.o.window_calls)
            w.p.o.calls_min = w.p.o.window_calls;
        for (int k = 0; k < EVENTS; k++) happens(&w);
        seen_open += w.seen_open;
        seen_half_open += w.seen_half_open;
        edo_breaker_unref(w.b);
    }
    CHECK(seen_open > 50 * rounds && seen_half_open > 50 * rounds);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_breaker_is_in_the_state_that_its_rules_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
