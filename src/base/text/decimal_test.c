/* SPDX-License-Identifier: MIT */
/* Goal: numbers as others print them. Method: every length and its neighbours, and random numbers,
 * against snprintf(). */
#include "base/text/decimal.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void prints_as_snprintf(uint64_t u) {
    char text[EDOI_DECIMAL_ROOM], wanted[24];
    *edoi_decimal_print(text, u) = '\0';
    (void)snprintf(wanted, sizeof wanted, "%" PRIu64, u);
    assert_string_equal(text, wanted);
}

static void numbers_of_each_length_are_those_of_snprintf(void **state) {
    (void)state;
    uint64_t power = 1, seed = 1;
    for (int digits = 1; digits <= 20; digits++, power *= 10) {
        prints_as_snprintf(power - 1);
        prints_as_snprintf(power);
        prints_as_snprintf(power + 1);
    }
    prints_as_snprintf(UINT64_MAX);
    for (int i = 0; i < 10000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        prints_as_snprintf(seed >> i % 64);
    }
}

static void fixed_digits_have_zeros_in_front_and_nothing_behind(void **state) {
    (void)state;
    char text[] = "......";
    assert_ptr_equal(edoi_decimal_print_fixed(text + 1, 7, 4), text + 5);
    assert_string_equal(text, ".0007.");
    (void)edoi_decimal_print_fixed(text + 1, 12345, 2);
    assert_string_equal(text, ".4507.");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_each_length_are_those_of_snprintf),
        cmocka_unit_test(fixed_digits_have_zeros_in_front_and_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
