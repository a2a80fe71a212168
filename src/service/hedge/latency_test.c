/* SPDX-License-Identifier: MIT */
/* Goal: the quantile is within a thousandth of that of the sorted lengths, of the last full period.
 * Method: random lengths of all sizes, sorted. */
#include "service/hedge/latency.h"

#include "base/memory/alloc.h"
#include "seed.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define POINTS_N 2000

static int compares(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void quantile_is_that_of_the_sorted_lengths(void **state) {
    static const double quantiles[] = { 0.01, 0.5, 0.9, 0.95, 0.999 };
    static int64_t ns[POINTS_N];
    uint64_t random = test_seed(5);
    (void)state;
    for (int run = 0; run < 50; run++) {
        double quantile = quantiles[run % 5];
        int n = 1 + (int)(random >> 33) % POINTS_N;
        edoi_latency l;
        int64_t read_ns = 0;
        assert_int_equal(edoi_latency_init(&l, quantile, edo_s(1)), 0);
        int64_t begin = l.ends_ns - l.period_ns;
        for (int i = 0; i < n; i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            ns[i] = (int64_t)((random >> 24) >> (random % 29)); // to 2^40
            if (ns[i] < 2000) ns[i] += 2000;
            edoi_latency_add(&l, begin + i, ns[i]);
        }
        assert_int_equal(edoi_latency_read(&l, begin + n, &read_ns), 0);
        assert_int_equal(edoi_latency_read(&l, begin + l.period_ns, &read_ns), (uint32_t)n);
        qsort(ns, (size_t)n, sizeof ns[0], compares);
        int rank = 0; // the first that so many of them do not exceed
        while (rank + 1 < n && rank + 1 < quantile * n) rank++;
        assert_true(read_ns >= ns[rank] - ns[rank] / 1000 && read_ns <= ns[rank] + ns[rank] / 1000);
        edoi_latency_deinit(&l);
    }
}

static void only_the_last_full_period_counts(void **state) {
    edoi_latency l;
    int64_t ns = 0;
    (void)state;
    assert_int_equal(edoi_latency_init(&l, 0.5, edo_s(1)), 0);
    int64_t at = l.ends_ns - l.period_ns, s = edo_s(1).ns, ms = edo_ms(1).ns;
    edoi_latency_add(&l, at, 10 * ms);
    edoi_latency_add(&l, at + s, 20 * ms);
    assert_int_equal(edoi_latency_read(&l, at + s, &ns), 1);
    assert_in_range(ns, 9990000, 10010000);
    edoi_latency_add(&l, at + s, 20 * ms);
    assert_int_equal(edoi_latency_read(&l, at + 2 * s - 1, &ns), 1);
    assert_int_equal(edoi_latency_read(&l, at + 2 * s, &ns), 2);
    assert_in_range(ns, 19980000, 20020000);
    assert_int_equal(edoi_latency_read(&l, at + 3 * s, &ns), 0); // nothing in the third
    edoi_latency_add(&l, at + 3 * s, 5 * ms);
    assert_int_equal(edoi_latency_read(&l, at + 9 * s, &ns), 0); // that was long ago
    edoi_latency_deinit(&l);
}

static void the_shortest_and_the_longest_have_a_place(void **state) {
    static const int64_t lengths[] = { 0, 1, 1023, 1024, INT64_MAX };
    edoi_latency l;
    (void)state;
    assert_int_equal(edoi_latency_init(&l, 0.99, edo_s(1)), 0);
    int64_t at = l.ends_ns - l.period_ns, ns = 0;
    for (int i = 0; i < 5; i++) {
        edoi_latency_add(&l, at + i * l.period_ns, lengths[i]);
        assert_int_equal(edoi_latency_read(&l, at + (i + 1) * l.period_ns, &ns), 1);
        assert_true(i < 4 ? ns < 1030 : ns > INT64_C(1) << 41);
    }
    edoi_latency_deinit(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantile_is_that_of_the_sorted_lengths),
        cmocka_unit_test(only_the_last_full_period_counts),
        cmocka_unit_test(the_shortest_and_the_longest_have_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
