/* SPDX-License-Identifier: MIT */
/* Goal: a fiber is suspended and resumed with all that the calling convention and the C library say
 * belongs to it, and can be looked into from outside.
 * Method: two or three contexts on one thread switch by hand. */
#include "fiber/fiber.h"

#include <errno.h>
#include <execinfo.h>
#include <fenv.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct bed {
    edoi_stack_pool pool;
    edoi_fiber main, a, b;
    uint64_t log[64];
    size_t log_n;
} bed;

static bed t;

static int set_up(void **state) {
    (void)state;
    memset(&t, 0, sizeof t);
    edoi_fiber_adopt(&t.main);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    edoi_stack_pool_deinit(&t.pool);
    return 0;
}

static void start(edoi_fiber *f, edoi_fiber_fn fn, void *arg) {
    edoi_stack *s = NULL;
    assert_int_equal(edoi_stack_get(&t.pool, 0, &s), 0);
    edoi_fiber_start(f, s, fn, arg);
}

static void stop(edoi_fiber *f) {
    assert_null(f->sp);
    assert_null(f->stack->fiber);
    edoi_stack_put(&t.pool, f->stack);
}

/* More values than there are callee-saved registers, alive across each switch. */
static uint64_t churn(edoi_fiber *self, edoi_fiber *other, uint64_t seed) {
    uint64_t v[8];
    double d[8];
    for (unsigned i = 0; i < 8; i++) {
        v[i] = seed * (i + 3);
        d[i] = (double)(seed + i);
    }
    for (int turn = 0; turn < 1000; turn++) {
        edoi_fiber_switch(self, other);
        for (unsigned i = 0; i < 8; i++) {
            v[i] = v[i] * 6364136223846793005u + v[(i + 1) & 7];
            d[i] += 1.0;
        }
    }
    uint64_t sum = 0;
    for (unsigned i = 0; i < 8; i++) sum ^= v[i] + (uint64_t)d[i];
    return sum;
}

static edoi_fiber *churn_a(void *arg) {
    *(uint64_t *)arg = churn(&t.a, &t.b, 11);
    return &t.main;
}

static edoi_fiber *churn_b(void *arg) {
    *(uint64_t *)arg = churn(&t.b, &t.a, 99);
    return &t.a;
}

static edoi_fiber *churn_alone(void *arg) {
    uint64_t *args = arg;
    args[1] = churn(&t.a, &t.main, args[0]);
    return &t.main;
}

static void registers_survive_switches(void **state) {
    (void)state;
    uint64_t got_a = 0, got_b = 0, alone[2] = { 11, 0 };
    start(&t.a, churn_alone, alone);
    for (int i = 0; i < 1001; i++) edoi_fiber_switch(&t.main, &t.a);
    stop(&t.a);

    start(&t.a, churn_a, &got_a);
    start(&t.b, churn_b, &got_b);
    edoi_fiber_switch(&t.main, &t.a); // a <-> b until a ends, b stands before its last step
    assert_int_equal(got_a, alone[1]);
    stop(&t.a);
    start(&t.a, churn_alone, alone); // where b goes when it ends
    edoi_fiber_switch(&t.main, &t.b);
    assert_int_not_equal(got_b, 0);
    stop(&t.b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(registers_survive_switches, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
