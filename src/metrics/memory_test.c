/* SPDX-License-Identifier: MIT */
/* Goal: without memory every call fails as it says, leaks nothing, and works once there is some.
 * Rows of workers share no cache line. Method: each request for memory fails in turn. */
#include "base/memory/alloc.h"
#include "metrics/registry.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void ask(void *arg, edo_metrics_sink *to) {
    (void)arg;
    edo_metrics_emit(to, 1, (const edo_str[]){ EDO_STR("x") });
}

/* All that asks for memory, up to the first failure. */
static int use(edo_metrics **m, edo_buf *text) {
    const edo_metric_opts opts = { .help = "h", .labels = "a", .series_max = 9, .exemplars = true };
    const edo_metric_opts of_gauge = { .help = "h", .labels = "a" };
    edo_metric *counters = NULL, *hists = NULL;
    int err = edo_metrics_new(m, NULL);
    if (err == 0) err = edo_metrics_counter(&counters, *m, "c", &opts);
    for (int i = 0; i < 12 && err == 0; i++) { // a larger table, then overflow
        edo_counter *c = NULL;
        const char digits[] = "0123456789ab";
        err = edo_counter_series(&c, counters, (const edo_str[]){ { digits + i, 1 } });
        assert_true((c != NULL) == (err == 0));
    }
    if (err == 0) err = edo_metrics_hist(&hists, *m, "h", NULL, NULL);
    const edo_hist_opts log = { .log_min = 1, .log_max = 1024, .precision = 5 };
    if (err == 0) err = edo_metrics_hist(&hists, *m, "l", &log, NULL);
    edo_hist *h = NULL;
    if (err == 0) err = edo_hist_series(&h, hists, NULL);
    if (err == 0) err = edo_metrics_callback(*m, EDO_METRIC_GAUGE, "g", ask, NULL, &of_gauge);
    if (err == 0) err = edo_metrics_print(*m, text, EDO_METRICS_OPENMETRICS);
    return err;
}

static void each_failure_is_told_and_leaks_nothing(void **state) {
    (void)state;
    uint64_t n = 1;
    for (bool fired = true; fired; n++) {
        edo_metrics *m = NULL;
        edo_buf text = { 0 };
        edoi_alloc_fail_at(n);
        int err = use(&m, &text);
        fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        assert_int_equal(err, fired ? -ENOMEM : 0);
        edo_buf_deinit(&text);
        edo_metrics_free(m);
    }
    assert_true(n > 30);
}

static void a_counter_has_8_bytes_for_each_row_and_rows_are_apart(void **state) {
    (void)state;
    edoi_cells cells = { .shards_n = 3 };
    edoi_cell_place a, b, large;
    assert_int_equal(edoi_cells_take(&cells, &a, 1), 0);
    assert_int_equal(edoi_cells_take(&cells, &b, 1), 0);
    assert_int_equal(edoi_cells_take(&cells, &large, 1001), 0);
    assert_ptr_equal(b.first, a.first + 1);
    assert_int_equal((uintptr_t)a.first % 64, 0);
    assert_int_equal(a.row_n * sizeof *a.first % 64, 0);
    assert_int_equal((uintptr_t)large.first % 64, 0);
    assert_int_equal(large.row_n * sizeof *large.first % 64, 0);
    assert_true(edoi_cell(&large, 2, 1000) < large.first + 3 * (size_t)large.row_n);
    assert_int_equal(large.row_n, 1008); // whole lines, no more
    assert_int_equal(edoi_cells_take(&cells, &b, 1), 0);
    assert_ptr_equal(b.first, a.first + 2); // a large series closes no block
    edoi_cells_deinit(&cells);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failure_is_told_and_leaks_nothing),
        cmocka_unit_test(a_counter_has_8_bytes_for_each_row_and_rows_are_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
