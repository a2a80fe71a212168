/* SPDX-License-Identifier: MIT */
/* Goal: estimates are those of the formula of peak-EWMA, whenever they are looked at, and stay in
 * order over months.
 * Method: estimates at random beside the formula written down, of the same set and clock; the
 * exponential beside libm's. */
#include "service/balance/load.h"

#include "rounds.h"
#include "seed.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define N 7

static void the_exponential_is_that_of_libm(void **state) {
    (void)state;
    for (int i = -18860; i < 18860; i++) {
        const double x = 0.0371 * i, want = exp(x);
        assert_true(fabs(edoi_ewma_exp(x) - want) <= 1e-8 * want);
    }
    assert_true(edoi_ewma_exp(-701) == 0);
    assert_true(edoi_ewma_exp(0) == 1);
}

/* ---- A set of estimates, and each by the formula --------------------------------------------- */

typedef struct plain {
    double e;
    int64_t changed_ns;
} plain;

typedef struct both {
    edoi_ewma_clock clock;
    edoi_ewma ours[N];
    plain theirs[N];
    double decay_ns;
    int64_t now_ns;
    uint64_t random;
} both;

static uint64_t next_random(both *b, uint64_t below) {
    b->random = b->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (b->random >> 33) % below;
}

static void plain_sample(plain *p, double s, int64_t now_ns, double decay_ns) {
    const double w = exp(-(double)(now_ns - p->changed_ns) / decay_ns);
    p->e = s > p->e ? s : p->e * w + s * (1 - w);
    p->changed_ns = now_ns;
}

static void advance(both *b) {
    const double factor = edoi_ewma_clock_advance(&b->clock, b->now_ns);
    for (size_t i = 0; i < N; i++) b->ours[i].scaled *= factor;
}

static void begins(both *b, size_t i) {
    const double start_ns = (double)(1 + next_random(b, 2000000000));
    advance(b);
    edoi_ewma_begin(&b->ours[i], &b->clock, start_ns, b->now_ns);
    b->theirs[i] = (plain){ start_ns, b->now_ns };
}

static void ends_a_call(both *b, size_t i) {
    const int64_t took_ns = (int64_t)next_random(b, next_random(b, 3) ? 50000000 : 5000000000);
    advance(b);
    edoi_ewma_add(&b->ours[i], &b->clock, b->now_ns, took_ns);
    plain_sample(&b->theirs[i], (double)took_ns, b->now_ns, b->decay_ns);
}

/* Looks at two, as a pick does. */
static void compares(both *b, size_t i, size_t j) {
    const double ours_i = edoi_ewma_look(&b->ours[i], b->now_ns);
    const double ours_j = edoi_ewma_look(&b->ours[j], b->now_ns);
    plain_sample(&b->theirs[i], 0, b->now_ns, b->decay_ns);
    plain_sample(&b->theirs[j], 0, b->now_ns, b->decay_ns);
    const double gap = b->theirs[i].e - b->theirs[j].e;
    if (fabs(gap) > 1e-5 * b->theirs[i].e) assert_true((ours_i > ours_j) == (gap > 0));
}

static void reads(both *b, size_t i) {
    const double ours = edoi_ewma_read(&b->ours[i], &b->clock, b->now_ns);
    const double want =
        b->theirs[i].e * exp(-(double)(b->now_ns - b->theirs[i].changed_ns) / b->decay_ns);
    if (want > 1) assert_true(fabs(ours - want) <= 1e-5 * want);
}

/* Mostly moments pass, now and then minutes, seldom days. */
static int64_t passes(both *b) {
    const uint64_t kind = next_random(b, 1000);
    if (kind == 0) return (int64_t)next_random(b, UINT64_C(100000000000000));
    if (kind < 20) return (int64_t)next_random(b, UINT64_C(300000000000));
    return (int64_t)next_random(b, 20000000);
}

static void estimates_are_those_of_the_formula(void **state) {
    (void)state;
    both b = { .decay_ns = 1e10, .random = test_seed(3) };
    b.clock.decay_ns = b.decay_ns;
    for (size_t i = 0; i < N; i++) begins(&b, i);
    const uint32_t rounds = test_rounds(20000, 100000);
    for (uint32_t round = 0; round < rounds; round++) {
        const size_t i = next_random(&b, N), j = (i + 1 + next_random(&b, N - 1)) % N;
        b.now_ns += passes(&b);
        switch (next_random(&b, 20)) {
        case 0: begins(&b, i); break;
        case 1:
        case 2: ends_a_call(&b, i); break;
        case 3: reads(&b, i); break;
        default: compares(&b, i, j); break;
        }
    }
}

/* Clocks of threads are read in no order. */
static void a_time_before_the_last_one_counts_as_that(void **state) {
    (void)state;
    const edoi_ewma_clock clock = { .decay_ns = 1e9, .epoch_ns = 1000 };
    edoi_ewma e;
    edoi_ewma_begin(&e, &clock, 5e6, 2000);
    edoi_ewma_add(&e, &clock, 1000, 1000000);
    assert_int_equal(e.changed_ns, 2000);
    assert_true(fabs(edoi_ewma_read(&e, &clock, 500) - 5e6) < 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_exponential_is_that_of_libm),
        cmocka_unit_test(estimates_are_those_of_the_formula),
        cmocka_unit_test(a_time_before_the_last_one_counts_as_that),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
