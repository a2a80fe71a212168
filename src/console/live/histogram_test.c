/* SPDX-License-Identifier: MIT */
/* Goal: the bytes of a histogram are those of HdrHistogram's V2 form with two digits.
 * Method: small histograms against bytes made by hand from the form's description; every value's
 * bucket is at most one per cent wide. */
#include "console/live/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static edoi_histogram h;
static unsigned char bytes[EDOI_HISTOGRAM_BYTES];

static const unsigned char head[40] = {
    0x1c, 0x84, 0x93, 0x13, 0, 0, 0, 0, 0,    0,    0,    0,    0,    0,    0, 2, 0, 0, 0, 0,
    0,    0,    0,    1,    0, 0, 0, 0, 0x3b, 0x9a, 0xca, 0x00, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0,
};

static void is_written(const unsigned char *counts, size_t n) {
    size_t got = edoi_histogram_write(&h, bytes);
    assert_int_equal(got, 40 + n);
    assert_int_equal(bytes[7], n);
    bytes[7] = 0;
    assert_memory_equal(bytes, head, sizeof head);
    assert_memory_equal(bytes + 40, counts, n);
}

static void small_ones_are_as_by_hand(void **state) {
    (void)state;
    memset(&h, 0, sizeof h);
    is_written((const unsigned char[]){ 0 }, 1); // one bucket, of nothing
    edoi_histogram_add(&h, 0);
    is_written((const unsigned char[]){ 2 }, 1); // 1 as zig-zag
    edoi_histogram_add(&h, 2);
    is_written((const unsigned char[]){ 2, 0, 2 }, 3);
    edoi_histogram_add(&h, 255);
    is_written((const unsigned char[]){ 2, 0, 2, 0xf7, 0x03, 2 }, 6); // -252 is 503
    edoi_histogram_add(&h, 257);
    edoi_histogram_add(&h, 256); // one bucket from here on for two values
    is_written((const unsigned char[]){ 2, 0, 2, 0xf7, 0x03, 2, 4 }, 7);
}

static void times_above_the_maximum_are_outliers(void **state) {
    (void)state;
    memset(&h, 0, sizeof h);
    edoi_histogram_add(&h, EDOI_HISTOGRAM_MAX_NS);
    assert_int_equal(h.outliers, 0);
    edoi_histogram_add(&h, 5 * EDOI_HISTOGRAM_MAX_NS);
    edoi_histogram_add(&h, UINT64_MAX);
    assert_int_equal(h.outliers, 2);
    assert_true(h.largest_outlier == UINT64_MAX);
    assert_int_equal(h.largest, EDOI_HISTOGRAM_MAX_NS);
}

static void a_count_of_any_size_fits(void **state) {
    (void)state;
    memset(&h, 0, sizeof h);
    h.counts[0] = UINT64_C(1) << 62;
    const unsigned char counts[] = { 128, 128, 128, 128, 128, 128, 128, 128, 128 };
    is_written(counts, sizeof counts); // the ninth byte has the bits 56 to 63
    for (unsigned i = 0; i < EDOI_HISTOGRAM_BUCKETS; i++) h.counts[i] = UINT64_C(1) << 62;
    h.largest = EDOI_HISTOGRAM_MAX_NS;
    assert_true(edoi_histogram_write(&h, bytes) <= sizeof bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_ones_are_as_by_hand),
        cmocka_unit_test(times_above_the_maximum_are_outliers),
        cmocka_unit_test(a_count_of_any_size_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
