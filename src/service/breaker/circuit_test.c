/* SPDX-License-Identifier: MIT */
/* Goal: the walkers of a circuit and its window name the invariant that is broken; a window of
 * seconds forgets seconds that were passed over; without memory at any point a breaker fails as it
 * says, and leaks nothing.
 * Method: a circuit that is broken on purpose; each request for memory fails in turn. */
#include "service/breaker/circuit.h"

#include "base/memory/alloc.h"
#include "broken.h"
#include "inside.h"

#include <errno.h>

static const edoi_circuit_rules rules = {
    .calls_min = 2, .failures_ppm = 500000, .slow_ppm = 1000000, .trials = 2, .open_ns = 10
};

static int walks(void *arg) {
    int what = *(int *)arg;
    static uint8_t marks[4];
    static edoi_circuit c;
    edoi_circuit_news news = { .has_moved = false };
    edoi_window_init(&c.window, marks, sizeof marks, false);
    edoi_circuit_init(&c, &rules);
    edoi_circuit_check(&c);
    if (what == 1) {
        edoi_circuit_force(&c, EDO_BREAKER_HALF_OPEN, 0, &news);
        c.trials.left = 1; // one is lost
        edoi_circuit_check(&c);
    }
    if (what == 2) c.trials.under_way = 1;
    if (what == 3) marks[1] = EDOI_WINDOW_CALL;
    edoi_circuit_check(&c);
    return 0;
}

static void the_walkers_name_what_is_broken(void **state) {
    static const char *const names[] = { "circuit inv. 1: ", "circuit inv. 2: ",
                                         "window inv. 1: " };
    (void)state;
    for (int what = 1; what <= 3; what++) assert_broken(names[what - 1], walks, &what);
}

#define SECOND INT64_C(1000000000)

static void a_window_of_seconds_forgets_what_was_passed_over(void **state) {
    edoi_window_sum seconds[3];
    edoi_window w;
    (void)state;
    edoi_window_init(&w, seconds, 3, true);
    edoi_window_add(&w, 100 * SECOND, EDOI_WINDOW_CALL | EDOI_WINDOW_FAILED);
    edoi_window_add(&w, 101 * SECOND, EDOI_WINDOW_CALL | EDOI_WINDOW_SLOW);
    assert_int_equal(w.sum.calls, 2);
    edoi_window_add(&w, 99 * SECOND, EDOI_WINDOW_CALL); // a clock that lags
    edoi_window_check(&w);
    edoi_window_advance(&w, 103 * SECOND - 1);
    assert_int_equal(w.sum.calls, 3);
    edoi_window_advance(&w, 103 * SECOND);
    assert_int_equal(w.sum.calls, 2);
    assert_int_equal(w.sum.failed, 0);
    edoi_window_advance(&w, 1000 * SECOND);
    edoi_window_check(&w);
    assert_int_equal(w.sum.calls, 0);
}

static int fails_at_each(void *arg) {
    uint64_t k = 0;
    (void)arg;
    for (bool fired = true; fired;) {
        edo_breaker *b = NULL;
        edo_metrics *m;
        CHECK_EQ(edo_metrics_new(&m, NULL), 0);
        edoi_alloc_fail_at(++k);
        int err = edo_breaker_new(&b, &(edo_breaker_opts){ .metrics = m });
        fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        CHECK_EQ(err, fired ? -ENOMEM : 0);
        edo_breaker_unref(b);
        edo_metrics_free(m);
    }
    CHECK(k > 10);
    return 0;
}

static void no_memory_at_any_point_of_making_a_breaker_leaks_nothing(void **state) {
    (void)state;
    assert_int_equal(inside(fails_at_each, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walkers_name_what_is_broken),
        cmocka_unit_test(a_window_of_seconds_forgets_what_was_passed_over),
        cmocka_unit_test(no_memory_at_any_point_of_making_a_breaker_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
