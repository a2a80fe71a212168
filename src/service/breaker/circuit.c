/* SPDX-License-Identifier: MIT */
/* service/breaker/circuit.c: what each event does in each state. All statics are called with the
 * lock held. */
#include "service/breaker/circuit.h"

#include "base/assert.h"
#include "driver/clock.h"

#define MILLION            1000000u
#define CIRCUIT_WALKED_MAX 256u /* a longer window is not walked after each call */

/* ---- Moves ----------------------------------------------------------------------------------- */

static edo_breaker_state circuit_state(const edoi_circuit *c) {
    return edoi_circuit_state_of(edoi_load_rlx_u64(&c->word)); // relaxed: the lock is held
}

static void circuit_set(edoi_circuit *c, uint64_t generation, edo_breaker_state to) {
    // relaxed: a call that passes by an older word is late when it ends
    edoi_store_rlx_u64(&c->word, generation << EDOI_CIRCUIT_STATE_BITS | (uint64_t)to);
}

void edoi_circuit_init(edoi_circuit *c, const edoi_circuit_rules *rules) {
    c->rules = *rules;
    circuit_set(c, 1, EDO_BREAKER_CLOSED);
}

static edo_duration circuit_left(const edoi_circuit *c, int64_t now_ns) {
    edo_breaker_state state = circuit_state(c);
    if (state == EDO_BREAKER_FORCED_OPEN) return edo_ns(EDO_FOREVER_NS);
    bool is_open = state == EDO_BREAKER_OPEN && now_ns < c->until_ns;
    return edo_ns(is_open ? c->until_ns - now_ns : 0);
}

static void circuit_begin_open(edoi_circuit *c, int64_t now_ns) {
    int64_t ns = c->rules.open_grows ? edo_backoff_next(&c->backoff).ns : c->rules.open_ns;
    c->until_ns = edoi_time_after(now_ns, ns);
    c->totals.opened++;
}

static void circuit_move(edoi_circuit *c, edo_breaker_state to, int64_t now_ns,
                         edoi_circuit_news *news) {
    uint64_t word = edoi_load_rlx_u64(&c->word); // relaxed: the lock is held
    uint64_t generation = (word >> EDOI_CIRCUIT_STATE_BITS) + 1;
    circuit_set(c, generation, to);
    c->in_a_row = 0;
    c->trials = (edoi_circuit_trials){ 0 };
    if (to == EDO_BREAKER_OPEN) {
        circuit_begin_open(c, now_ns);
    } else if (to == EDO_BREAKER_HALF_OPEN) {
        c->trials.left = c->rules.trials;
        c->until_ns = edoi_time_after(now_ns, c->rules.half_open_ns);
    } else {
        edoi_window_clear(&c->window);
        if (c->rules.open_grows) edo_backoff_reset(&c->backoff);
    }
    *news = (edoi_circuit_news){ .has_moved = true,
                                 .from = edoi_circuit_state_of(word),
                                 .to = to,
                                 .generation = generation,
                                 .left = circuit_left(c, now_ns) };
}

/* What time alone changes. */
static void circuit_pass_time(edoi_circuit *c, int64_t now_ns, edoi_circuit_news *news) {
    edo_breaker_state state = circuit_state(c);
    bool is_over = now_ns >= c->until_ns;
    if (state == EDO_BREAKER_OPEN && is_over && c->rules.half_open_by_time)
        circuit_move(c, EDO_BREAKER_HALF_OPEN, now_ns, news);
    else if (state == EDO_BREAKER_HALF_OPEN && is_over)
        circuit_move(c, EDO_BREAKER_OPEN, now_ns, news);
}

void edoi_circuit_look(edoi_circuit *c, int64_t now_ns, edoi_circuit_news *news) {
    edoi_lock_acquire(&c->lock);
    circuit_pass_time(c, now_ns, news);
    EDO_CHECK(edoi_circuit_check(c));
    edoi_lock_release(&c->lock);
}

void edoi_circuit_force(edoi_circuit *c, edo_breaker_state to, int64_t now_ns,
                        edoi_circuit_news *news) {
    edoi_lock_acquire(&c->lock);
    circuit_move(c, to, now_ns, news);
    edoi_lock_release(&c->lock);
}

/* ---- Calls ----------------------------------------------------------------------------------- */

uint64_t edoi_circuit_enter(edoi_circuit *c, int64_t now_ns, edo_duration *left,
                            edoi_circuit_news *news) {
    uint64_t word;
    edoi_lock_acquire(&c->lock);
    circuit_pass_time(c, now_ns, news);
    if (circuit_state(c) == EDO_BREAKER_OPEN && now_ns >= c->until_ns)
        circuit_move(c, EDO_BREAKER_HALF_OPEN, now_ns, news);
    bool passes = edoi_circuit_passes(c, &word);
    if (circuit_state(c) == EDO_BREAKER_HALF_OPEN && c->trials.left > 0) {
        c->trials.left--;
        c->trials.under_way++;
        passes = true;
    }
    c->totals.refused += !passes;
    *left = circuit_left(c, now_ns);
    EDO_CHECK(edoi_circuit_check(c));
    edoi_lock_release(&c->lock);
    return passes ? word : 0;
}

bool edoi_circuit_is_shut(edoi_circuit *c, int64_t now_ns) {
    edoi_lock_acquire(&c->lock);
    edo_breaker_state state = circuit_state(c);
    bool is_over = now_ns >= c->until_ns;
    bool is_shut = state == EDO_BREAKER_FORCED_OPEN || (state == EDO_BREAKER_OPEN && !is_over) ||
                   (state == EDO_BREAKER_HALF_OPEN && (is_over || c->trials.left == 0));
    edoi_lock_release(&c->lock);
    return is_shut;
}

edo_duration edoi_circuit_refuse(edoi_circuit *c, int64_t now_ns, edoi_circuit_news *news) {
    edoi_lock_acquire(&c->lock);
    circuit_pass_time(c, now_ns, news);
    c->totals.refused++;
    edo_duration left = circuit_left(c, now_ns);
    EDO_CHECK(edoi_circuit_check(c));
    edoi_lock_release(&c->lock);
    return left;
}

/* Does one of the shares reach its threshold? */
static bool shares_are_bad(const edoi_circuit_rules *r, uint64_t calls, uint64_t failed,
                           uint64_t slow) {
    return failed * MILLION >= r->failures_ppm * calls || slow * MILLION >= r->slow_ppm * calls;
}

static void circuit_leave_closed(edoi_circuit *c, int64_t now_ns, unsigned marks,
                                 edoi_circuit_news *news) {
    const edoi_window_sum *sum = &c->window.sum;
    edoi_window_add(&c->window, now_ns, marks);
    c->in_a_row = marks & EDOI_WINDOW_FAILED ? c->in_a_row + 1 : 0;
    bool is_bad = sum->calls >= c->rules.calls_min &&
                  shares_are_bad(&c->rules, sum->calls, sum->failed, sum->slow);
    if (c->rules.in_a_row > 0 && c->in_a_row >= c->rules.in_a_row) is_bad = true;
    if (is_bad) circuit_move(c, EDO_BREAKER_OPEN, now_ns, news);
}

static void circuit_leave_half_open(edoi_circuit *c, int64_t now_ns, unsigned marks,
                                    edoi_circuit_news *news) {
    edoi_circuit_trials *t = &c->trials;
    t->under_way--;
    t->calls++;
    t->failed += (marks & EDOI_WINDOW_FAILED) != 0;
    t->slow += (marks & EDOI_WINDOW_SLOW) != 0;
    if (t->calls < c->rules.trials) return;
    bool is_bad = shares_are_bad(&c->rules, t->calls, t->failed, t->slow);
    circuit_move(c, is_bad ? EDO_BREAKER_OPEN : EDO_BREAKER_CLOSED, now_ns, news);
}

static void circuit_ignore(edoi_circuit *c) {
    c->totals.ignored++;
    if (circuit_state(c) != EDO_BREAKER_HALF_OPEN) return;
    c->trials.under_way--;
    c->trials.left++;
}

static void circuit_count(edoi_circuit *c, int64_t now_ns, unsigned marks,
                          edoi_circuit_news *news) {
    edo_breaker_state state = circuit_state(c);
    bool has_failed = marks & EDOI_WINDOW_FAILED;
    c->totals.failed += has_failed;
    c->totals.succeeded += !has_failed;
    c->totals.slow += (marks & EDOI_WINDOW_SLOW) != 0;
    if (EDOI_LIKELY(state == EDO_BREAKER_CLOSED)) {
        circuit_leave_closed(c, now_ns, marks, news);
    } else if (state == EDO_BREAKER_HALF_OPEN) {
        circuit_leave_half_open(c, now_ns, marks, news);
    } else {
        EDO_ASSERT(state == EDO_BREAKER_METRICS_ONLY); // others let no call pass
        edoi_window_add(&c->window, now_ns, marks);
    }
}

/* May a successful, quick call open the circuit? It makes no share larger, but with it the window
 * may reach `calls_min`. */
static bool circuit_may_open(const edoi_circuit *c) {
    return circuit_state(c) == EDO_BREAKER_CLOSED && c->window.sum.calls + 1 == c->rules.calls_min;
}

edoi_circuit_end edoi_circuit_leave(edoi_circuit *c, uint64_t word, int64_t now_ns,
                                    edo_call_outcome outcome, bool is_slow,
                                    edoi_circuit_news *news) {
    edoi_circuit_end end = EDOI_CIRCUIT_COUNTED;
    edoi_lock_acquire(&c->lock);
    circuit_pass_time(c, now_ns, news);
    if (word != edoi_load_rlx_u64(&c->word)) { // relaxed: the lock is held
        end = EDOI_CIRCUIT_LATE;
        c->totals.late++;
    } else if (circuit_state(c) == EDO_BREAKER_DISABLED) {
        end = EDOI_CIRCUIT_UNCOUNTED;
    } else if (outcome == EDO_CALL_IGNORED) {
        circuit_ignore(c);
    } else if (now_ns == EDOI_CIRCUIT_NO_TIME && circuit_may_open(c)) {
        end = EDOI_CIRCUIT_WANTS_TIME;
    } else {
        unsigned marks = EDOI_WINDOW_CALL | (outcome == EDO_CALL_FAILED ? EDOI_WINDOW_FAILED : 0) |
                         (is_slow ? EDOI_WINDOW_SLOW : 0);
        circuit_count(c, now_ns, marks, news);
    }
    EDO_CHECK(edoi_circuit_check(c));
    edoi_lock_release(&c->lock);
    return end;
}

/* ---- Looking on ------------------------------------------------------------------------------ */

void edoi_circuit_get_stats(edoi_circuit *c, int64_t now_ns, edo_breaker_stats *stats) {
    edoi_lock_acquire(&c->lock);
    const edoi_circuit_totals *t = &c->totals;
    edoi_window_advance(&c->window, now_ns);
    edoi_window_sum sum = c->window.sum;
    edo_breaker_state state = circuit_state(c);
    if (state == EDO_BREAKER_HALF_OPEN)
        sum = (edoi_window_sum){ c->trials.calls, c->trials.failed, c->trials.slow };
    *stats = (edo_breaker_stats){
        .state = state,
        .generation = edoi_load_rlx_u64(&c->word) >> EDOI_CIRCUIT_STATE_BITS,
        .left = state == EDO_BREAKER_OPEN ? circuit_left(c, now_ns) : edo_ns(0),
        .calls = sum.calls,
        .failed = sum.failed,
        .slow = sum.slow,
        .under_way = c->trials.under_way,
        .succeeded_total = t->succeeded,
        .failed_total = t->failed,
        .ignored_total = t->ignored,
        .late_total = t->late,
        .slow_total = t->slow,
        .refused_total = t->refused,
        .opened_total = t->opened,
    };
    edoi_lock_release(&c->lock);
}

void edoi_circuit_check(const edoi_circuit *c) {
    const edoi_circuit_trials *t = &c->trials;
    if (circuit_state(c) == EDO_BREAKER_HALF_OPEN) {
        EDO_INV("circuit inv. 1",
                t->left + t->under_way + t->calls == c->rules.trials && t->calls < c->rules.trials);
    } else {
        EDO_INV("circuit inv. 2", t->left + t->under_way + t->calls + t->failed + t->slow == 0);
    }
    if (c->window.size <= CIRCUIT_WALKED_MAX) edoi_window_check(&c->window);
}
