/* SPDX-License-Identifier: MIT */
/* Goal: pauses grow by the rule of pause.h, up to the longest, also where that is beyond all time.
 * Method: many series, since the lengths are random. */
#include "service/pause.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SERIES 100

static void each_pause_is_within_a_fifth_of_its_length(void **state) {
    (void)state;
    for (int i = 0; i < SERIES; i++) {
        edoi_pause p = { .min_ns = 1000, .max_ns = 2000 };
        static const int64_t lengths[] = { 1000, 1600, 2000, 2000 };
        for (size_t k = 0; k < EDO_COUNT(lengths); k++) {
            int64_t ns = edoi_pause_next(&p).ns;
            assert_true(ns >= lengths[k] * 4 / 5 && ns <= lengths[k] * 6 / 5);
        }
    }
}

static void a_pause_beyond_all_time_is_none_of_the_past(void **state) {
    (void)state;
    for (int i = 0; i < SERIES; i++) {
        edoi_pause p = { .min_ns = EDO_FOREVER_NS - 1, .max_ns = EDO_FOREVER_NS };
        for (int k = 0; k < 3; k++) assert_true(edoi_pause_next(&p).ns > EDO_FOREVER_NS / 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_pause_is_within_a_fifth_of_its_length),
        cmocka_unit_test(a_pause_beyond_all_time_is_none_of_the_past),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
