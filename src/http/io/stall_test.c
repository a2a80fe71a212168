/* SPDX-License-Identifier: MIT */
/* Goal: how long a wait may be is what its comment says, and sums do not overflow.
 * Method: sums by hand, and those of the largest numbers. */
#include "http/io/stall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define S INT64_C(1000000000)

static int64_t left_of(edoi_stall *s) {
    return edoi_stall_left(s).ns;
}

static void grace_is_waited_first_and_bytes_buy_more(void **state) {
    (void)state;
    edoi_stall s;
    edoi_stall_begin(&s, edo_s(30), 100, edo_s(5));
    assert_int_equal(left_of(&s), 5 * S);
    edoi_stall_spend(&s, edo_s(3));
    assert_int_equal(left_of(&s), 2 * S);
    edoi_stall_count(&s, 400); // 4 s: less than the grace
    assert_int_equal(left_of(&s), 2 * S);
    edoi_stall_count(&s, 300); // 7 s in all
    assert_int_equal(left_of(&s), 4 * S);
    edoi_stall_count(&s, 1);
    assert_int_equal(left_of(&s), 4 * S + S / 100);
    edoi_stall_spend(&s, edo_s(4));
    assert_int_equal(left_of(&s), S / 100);
    edoi_stall_spend(&s, edo_s(4));
    assert_int_equal(left_of(&s), 0);
}

static void no_more_is_bought_than_a_wait_may_be_long(void **state) {
    (void)state;
    edoi_stall s;
    edoi_stall_begin(&s, edo_s(30), 1, edo_s(5));
    edoi_stall_count(&s, 1000000);
    assert_int_equal(left_of(&s), 30 * S);
    edoi_stall_spend(&s, edo_s(29));
    assert_int_equal(left_of(&s), 1 * S);
    edoi_stall_count(&s, 1);
    assert_int_equal(left_of(&s), 2 * S);
}

static void limits_that_are_off_are_off(void **state) {
    (void)state;
    edoi_stall s;
    edoi_stall_begin(&s, edo_s(30), 0, edo_s(5));
    edoi_stall_spend(&s, edo_s(1000));
    assert_int_equal(left_of(&s), 30 * S);
    edoi_stall_off(&s);
    assert_int_equal(left_of(&s), EDO_FOREVER_NS);
}

static void sums_do_not_overflow(void **state) {
    (void)state;
    edoi_stall s;
    edoi_stall_begin(&s, (edo_duration){ EDO_FOREVER_NS }, 1, edo_s(5));
    for (int i = 0; i < 100; i++) {
        edoi_stall_count(&s, SIZE_MAX / 2);
        assert_int_equal(left_of(&s), (INT64_C(1) << 31) * S);
    }
    edoi_stall_begin(&s, (edo_duration){ EDO_FOREVER_NS }, UINT32_MAX, edo_s(5));
    edoi_stall_count(&s, (size_t)UINT32_MAX * 7 + UINT32_MAX - 1);
    assert_int_equal(left_of(&s), 8 * S - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grace_is_waited_first_and_bytes_buy_more),
        cmocka_unit_test(no_more_is_bought_than_a_wait_may_be_long),
        cmocka_unit_test(limits_that_are_off_are_off),
        cmocka_unit_test(sums_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
