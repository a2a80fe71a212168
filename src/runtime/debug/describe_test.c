/* SPDX-License-Identifier: MIT */
/* Goal: a description of a pending future names what it waits for, its inner futures, and when it
 *       is due. */
#include "runtime/debug/describe.h"

#include <edo/edo.h>

#include "poll_by_hand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MS INT64_C(1000000)

static void assert_told(edo_future *f, int64_t now_ns, const char *want) {
    edoi_text text = { .n = 0 };
    edoi_describe_future(&text, f, now_ns);
    assert_string_equal(text.at, want);
}

static edo_future *polled(edo_future *f) {
    hand_waker w = HAND_WAKER;
    edo_cx cx = hand_cx(&w, EDO_BUDGET);
    assert_int_equal(edo_poll(f, &cx), EDO_PENDING);
    return f;
}

/* A sleep that seems armed for 100 ms after the beginning of time. */
static edo_future *sleep_until_100_ms(edo_sleep_future *f) {
    (void)edo_sleep_init(f, edo_ms(1));
    edo_future_next_step(&f->base, 1);
    f->at_ns = 100 * MS;
    return &f->base;
}

static void a_sleep_says_when_it_is_due(void **state) {
    (void)state;
    edo_sleep_future f;
    assert_told(edo_sleep_init(&f, edo_ms(1)), 0, "edo_sleep"); // fresh
    (void)sleep_until_100_ms(&f);
    assert_told(&f.base, 30 * MS, "edo_sleep, due in 70 ms");
    assert_told(&f.base, 130 * MS, "edo_sleep, due 30 ms ago");
    assert_told(&f.base, -1, "edo_sleep");
}

static void branches_are_told_up_to_a_number(void **state) {
    (void)state;
    edo_notify bell = EDO_NOTIFY_INIT;
    edo_notify_wait_future waits[8];
    edo_future *futures[8];
    for (size_t i = 0; i < EDO_COUNT(waits); i++)
        futures[i] = edo_notify_wait_init(&waits[i], &bell);
    edo_join_future two, many;
    assert_told(polled(edo_join_init(&two, futures, 2, 0)), 0,
                "edo_join of edo_notify_wait, edo_notify_wait");
    edo_drop(&two.base);
    for (size_t i = 0; i < EDO_COUNT(waits); i++)
        futures[i] = edo_notify_wait_init(&waits[i], &bell);
    edoi_text text = { .n = 0 };
    edoi_describe_future(&text, polled(edo_join_init(&many, futures, 8, 0)), 0);
    const char *end = ", ...";
    assert_true(text.n > strlen(end));
    assert_string_equal(text.at + text.n - strlen(end), end);
    edo_drop(&many.base);
}

static void a_branch_that_is_over_is_left_out(void **state) {
    (void)state;
    edo_notify bell = EDO_NOTIFY_INIT;
    edo_notify_wait_future wait;
    edo_ready_future ready;
    edo_future *futures[] = { edo_ready_init(&ready, 0), edo_notify_wait_init(&wait, &bell) };
    edo_join_future both;
    assert_told(polled(edo_join_init(&both, futures, 2, 0)), 0, "edo_join of edo_notify_wait");
    edo_drop(&both.base);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sleep_says_when_it_is_due),
        cmocka_unit_test(branches_are_told_up_to_a_number),
        cmocka_unit_test(a_branch_that_is_over_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
