/* SPDX-License-Identifier: MIT */
/* Goal: a computation that shuts down the runtime whose task waits for it is named, as a blocking
 * job is, and does not wait for itself. */
#include <edo/compute.h>
#include <edo/edo.h>

#include "breaches.h"

static int shut_down(void *rt) {
    return edo_runtime_shutdown(rt, edo_s(1));
}

static int shuts_down_in_computation(void *arg) {
    (void)arg;
    return edo_compute(shut_down, edo_runtime_current());
}

#ifdef EDO_DEBUG
static void shutdown_in_a_computation_is_named(void **state) {
    (void)state;
    const breach row = { "a runtime cannot be shut down by one of its jobs or threads",
                         shuts_down_in_computation };
    assert_each_is_named(&row, 1, "shut_down_test.c:");
}
#else
static void shutdown_in_a_computation_is_named(void **state) {
    (void)state;
    assert_int_equal(edo_main(shuts_down_in_computation, NULL), 1); // the code is below 0
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(shutdown_in_a_computation_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
