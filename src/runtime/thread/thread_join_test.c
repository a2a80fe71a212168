/* SPDX-License-Identifier: MIT */
/* Goal: the limit for joining threads is a second after the given instant or after now, whichever
 * is later; no bound stays none. */
#include "runtime/thread/thread_join.h"

#include "driver/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void past_instant_gives_a_second_from_now(void **state) {
    (void)state;
    int64_t now_ns = edoi_clock_monotonic(), until_ns = edoi_thread_join_until(0);
    assert_true(until_ns >= now_ns + EDOI_JOIN_GRACE_NS);
    assert_true(until_ns <= edoi_clock_monotonic() + EDOI_JOIN_GRACE_NS);
}

static void later_instant_gives_a_second_after_it(void **state) {
    (void)state;
    int64_t at_ns = edoi_clock_monotonic() + 60 * INT64_C(1000000000);
    assert_int_equal(edoi_thread_join_until(at_ns), at_ns + EDOI_JOIN_GRACE_NS);
}

static void no_bound_stays_none(void **state) {
    (void)state;
    assert_int_equal(edoi_thread_join_until(INT64_MAX), INT64_MAX);
    assert_int_equal(edoi_thread_join_until(INT64_MAX - 1), INT64_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(past_instant_gives_a_second_from_now),
        cmocka_unit_test(later_instant_gives_a_second_after_it),
        cmocka_unit_test(no_bound_stays_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
