/* SPDX-License-Identifier: MIT */
/* Goal: deadlines, moved or not, shields and sleeps nested in any way end with the result and at
 * the time of the contract.
 * Method: random programs in virtual time; a naive reference predicts each result and its time to
 * the millisecond. */
#include <edo/edo.h>

#include "inside.h"
#include "seed.h"

#include <errno.h>

#define NEVER    INT64_MAX
#define DEPTH    5
#define PROGRAMS 3000

/* The reference: the limits in force, in ms since the start. */
typedef struct model {
    uint32_t seed;
    edo_instant start;
    int64_t now;   /* where the clock should stand */
    int64_t limit; /* the earliest deadline inside the innermost shield */
    int64_t cut;   /* the limit that cut the last await short; NEVER: none, or it was claimed */
    bool was_cut;  /* an await was, ever */
    int awaits, timeouts, shielded, moved;
} model;

static uint32_t random_below(model *m, uint32_t n) {
    m->seed = m->seed * 1664525 + 1013904223;
    return (m->seed >> 8) % n;
}

static void check_clock(const model *m) {
    CHECK_EQ(edo_instant_since(edo_now(), m->start).ns, m->now * 1000000);
}

/* One sleep; returns its result, which is the predicted one. */
static int sleep_some(model *m) {
    int64_t ms = 1 + random_below(m, 30);
    int want = 0;
    if (m->limit <= m->now) {
        want = -ECANCELED; // refused: no time passes
    } else if (m->now + ms > m->limit) {
        want = -ECANCELED;
        m->now = m->limit;
    } else {
        m->now += ms; // at the very limit ready wins
    }
    if (want < 0) m->cut = m->limit;
    if (want < 0) m->was_cut = true;
    CHECK_EQ(edo_sleep(edo_ms(ms)), want);
    if (want < 0) CHECK_EQ(edo_cancel_reason(), EDO_CANCEL_DEADLINE);
    check_clock(m);
    m->awaits++;
    return want;
}

/* The reason stays, whichever block ends. */
static void check_reason(const model *m) {
    CHECK_EQ(edo_cancel_reason(), m->was_cut ? EDO_CANCEL_DEADLINE : EDO_CANCEL_NONE);
}

static int run_block(model *m, int depth);

/* Moves the limit `mine`, unless it has cut an await short; returns where it is now. */
static int64_t move_limit(model *m, edo_deadline *d, int64_t mine, int64_t outer) {
    int64_t ms = 1 + random_below(m, 60);
    bool has_cut = m->cut == mine && mine != NEVER;
    CHECK_EQ(edo_deadline_move(d, edo_ms(ms)), has_cut ? -ETIMEDOUT : 0);
    if (has_cut) return mine;
    m->moved++;
    mine = m->now + ms;
    m->limit = mine < outer ? mine : outer;
    return mine;
}

static int under_deadline(model *m, int depth) {
    static const edo_duration off = EDO_OFF;
    uint32_t kind = random_below(m, 8);
    int64_t ms = kind == 0 ? 0 : 1 + random_below(m, 60);
    int64_t outer = m->limit, mine = kind == 1 ? NEVER : kind == 0 ? INT64_MIN : m->now + ms;
    if (mine < m->limit) m->limit = mine;
    edo_deadline d;
    edo_deadline_begin(&d, kind == 1 ? off : edo_ms(ms));
    int result = run_block(m, depth - 1);
    if (random_below(m, 3) == 0) {
        mine = move_limit(m, &d, mine, outer);
        result = run_block(m, depth - 1);
    }
    m->limit = outer;
    bool ours = result == -ECANCELED && m->cut == mine && mine != NEVER;
    int want = ours ? -ETIMEDOUT : result;
    if (ours) {
        m->cut = NEVER;
        m->timeouts++;
    }
    CHECK_EQ(edo_deadline_end(&d, result), want);
    check_reason(m);
    return want;
}

static int under_shield(model *m, int depth) {
    int64_t ms = 1 + random_below(m, 60), outer = m->limit, cut = m->cut;
    bool begun_for_it = m->was_cut && m->limit <= m->now;
    m->limit = m->now + ms;
    m->shielded++;
    edo_shield sh;
    edo_shield_begin(&sh, edo_ms(ms));
    int result = run_block(m, depth - 1);
    (void)edo_shield_end(&sh, 0);
    check_reason(m);
    m->limit = outer;
    if (begun_for_it) m->cut = cut;
    return result;
}

/* Some awaits and blocks; ends at the first failure, mostly. */
static int run_block(model *m, int depth) {
    int result = 0;
    for (uint32_t n = random_below(m, 4); n > 0; n--) {
        uint32_t what = depth > 0 ? random_below(m, 5) : 0;
        if (what < 2)
            result = sleep_some(m);
        else if (what < 4)
            result = under_deadline(m, depth);
        else
            result = under_shield(m, depth);
        if (result < 0 && random_below(m, 4) != 0) return result;
        result = 0; // it ignores the failure
    }
    return result;
}

static int run_programs(void *arg) {
    (void)arg;
    model m = { .seed = 1, .cut = NEVER };
    for (uint32_t i = 1; i <= PROGRAMS; i++) {
        m.seed = (uint32_t)test_seed(i);
        m.start = edo_now();
        m.now = 0;
        m.limit = NEVER;
        // The last cut stays; that of a limit which has an instant meets no other limit any more.
        if (m.cut != INT64_MIN) m.cut = NEVER;
        (void)run_block(&m, DEPTH);
        check_clock(&m);
    }
    CHECK(m.awaits > PROGRAMS && m.timeouts > PROGRAMS / 10 && m.shielded > PROGRAMS / 10);
    CHECK(m.moved > PROGRAMS / 10);
    return 0;
}

static void random_blocks_end_as_in_the_reference(void **state) {
    (void)state;
    assert_int_equal(inside(run_programs, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_blocks_end_as_in_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
