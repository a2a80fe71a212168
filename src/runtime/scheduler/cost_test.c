/* SPDX-License-Identifier: MIT */
/* Goal: the polls between two looks at the driver are as many as the option allows, and fewer while
 * polls are long. Method: the worker of a runtime is told how long polls take, in a task. */
#include "runtime/scheduler/cost.h"

#include "runtime/scheduler/core.h"

#include <edo/edo.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The bound after polls that took `ns` each. */
static uint32_t bound_if_polls_take(int64_t ns) {
    edoi_worker *w = edoi_worker_here();
    w->cost.mean_poll_ns = ns;
    edoi_cost_learn(w, ns);
    return w->cost.run_most;
}

static int learns(void *arg) {
    const uint32_t *interval = arg;
    assert_int_equal(bound_if_polls_take(0), *interval < 50000 ? *interval : 50000);
    assert_int_equal(bound_if_polls_take(500), *interval < 100 ? *interval : 100);
    assert_int_equal(bound_if_polls_take(10000), *interval < 5 ? *interval : 5);
    assert_int_equal(bound_if_polls_take(50000), 1);
    assert_int_equal(bound_if_polls_take(10000000), 1);
    return 0;
}

static void long_polls_bring_the_look_at_the_driver_forward(void **state) {
    (void)state;
    uint32_t intervals[] = { 1, 61, 1000000 };
    for (size_t i = 0; i < EDO_COUNT(intervals); i++) {
        const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT,
                                        .event_interval = intervals[i] };
        edo_runtime *rt = NULL;
        assert_int_equal(edo_runtime_new(&rt, &opts), 0);
        assert_int_equal(edo_run(rt, learns, &intervals[i]), 0);
        edo_runtime_free(rt);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_polls_bring_the_look_at_the_driver_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
