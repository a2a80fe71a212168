/* SPDX-License-Identifier: MIT */
/* value/text/number_test.c: the text of a number is that of printf(), however it was made.
 *
 * Goal: the short way of few digits never prints another text than the long way. Method: each
 * number of few digits, and doubles at random, beside printf() with as many digits as it takes. */
#include "value/text/number.h"

#include "seed.h"

#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check(double number) {
    char want[64], text[EDOI_NUMBER_TEXT_MAX];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(want, sizeof want, "%.*g", precision, number);
        if (strtod(want, NULL) == number) break;
    }
    size_t n = edoi_number_print(text, number, false);
    assert_string_equal(text, want);
    assert_int_equal(n, strlen(want));
}

static void check_both(double number) {
    check(number);
    check(-number);
}

static void numbers_of_few_digits_have_the_text_of_printf(void **state) {
    (void)state;
    double power = 1;
    for (int digits = 0; digits <= 9; digits++) {
        for (int i = 0; i < 2000; i++) check_both(i / power);
        for (int i = 0; i < 500; i++) check_both((1000003.0 * i + 1) / power);
        power *= 10;
    }
}

static void numbers_at_the_bounds_have_the_text_of_printf(void **state) {
    (void)state;
    const double rows[] = { 0.1,    1e-4,    1e-5,       0.1 + 0.2,       999999999.999999,
                            1e14,   1e15,    1e16,       99999999999999,  999999999999999,
                            1e22,   0x1p53,  0x1p53 + 2, 123456789.12345, 0.000123456,
                            1. / 3, DBL_MAX, DBL_MIN,    DBL_EPSILON,     4.9e-324 };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        check_both(rows[i]);
        check_both(rows[i] * (1 + DBL_EPSILON));
        check_both(rows[i] * (1 - DBL_EPSILON));
    }
}

static void doubles_at_random_have_the_text_of_printf(void **state) {
    (void)state;
    uint64_t x = test_seed(UINT64_C(0x5851f42d4c957f2d));
    for (int i = 0; i < 10000; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        double bits, scale = 1 + (double)(x % 1000000);
        memcpy(&bits, &x, sizeof bits);
        if (bits - bits == 0) check(bits);
        check((double)(x >> 24) / scale);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_few_digits_have_the_text_of_printf),
        cmocka_unit_test(numbers_at_the_bounds_have_the_text_of_printf),
        cmocka_unit_test(doubles_at_random_have_the_text_of_printf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
