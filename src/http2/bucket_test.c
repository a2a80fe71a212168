/* SPDX-License-Identifier: MIT */
/* Goal: time brings tokens back at their rate, to one that owes some, too, and no part of it is
 * lost. */
#include "http2/bucket.h"

#include "inside.h"

#define MOST 100u

static void time_pays_what_is_owed_and_fills_up(void **state) {
    (void)state;
    edoi_h2_bucket b;
    edoi_h2_bucket_begin(&b, 0, edo_now().ns - edo_hours(1).ns);
    while (edoi_h2_bucket_owe(&b, MOST)) continue;
    assert_int_equal(b.left, -(int64_t)MOST * EDOI_H2_TOKEN);
    edoi_h2_bucket_fill(&b, MOST, MOST);
    assert_int_equal(b.left, (int64_t)MOST * EDOI_H2_TOKEN);
}

static void part_of_a_millisecond_is_kept(void **state) {
    (void)state;
    edoi_h2_bucket b;
    const int64_t begun_ns = edo_now().ns - 10999999;
    edoi_h2_bucket_begin(&b, 0, begun_ns);
    edoi_h2_bucket_fill(&b, 1, MOST);
    assert_true(b.left >= 10);
    assert_int_equal(b.filled_ns - begun_ns, b.left * 1000000);
}

static void full_one_is_not_filled_by_the_time_before(void **state) {
    (void)state;
    edoi_h2_bucket b;
    edoi_h2_bucket_begin(&b, MOST, edo_now().ns - edo_hours(1).ns);
    // at 1 a second none comes back while these are taken, unless the test stands for that long
    for (uint32_t i = 0; i < MOST; i++) assert_true(edoi_h2_bucket_take(&b, 1, MOST));
    assert_in_range(b.left, 0, (MOST - 1) * EDOI_H2_TOKEN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_pays_what_is_owed_and_fills_up),
        cmocka_unit_test(part_of_a_millisecond_is_kept),
        cmocka_unit_test(full_one_is_not_filled_by_the_time_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
