/* SPDX-License-Identifier: MIT */
/* Goal: a pool that got no thread is started anew by the next call, as large as is wanted then.
 * Method: stacks that are larger than the address space, so that no thread can be made. */
#include "compute/pool.h"

#include <edo/compute.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define TOO_LARGE ((size_t)1 << (sizeof(size_t) * 8 - 4))

static int nothing(void *arg) {
    (void)arg;
    return 7;
}

static void a_pool_without_threads_is_started_anew_by_the_next_call(void **state) {
    (void)state;
    pthread_attr_t usual, large;
    assert_int_equal(pthread_getattr_default_np(&usual), 0);
    assert_int_equal(pthread_getattr_default_np(&large), 0);
    assert_int_equal(pthread_attr_setstacksize(&large, TOO_LARGE), 0);
    assert_int_equal(pthread_setattr_default_np(&large), 0);
    (void)setenv("EDO_COMPUTE_THREADS", "1", 1);
    int refused = edo_compute(nothing, NULL);
    assert_int_equal(pthread_setattr_default_np(&usual), 0);
    (void)setenv("EDO_COMPUTE_THREADS", "4", 1);
    assert_int_equal(refused, -EAGAIN);
    assert_int_equal(edo_compute(nothing, NULL), 7);
    assert_int_equal(edoi_compute_start(), 4);
    (void)pthread_attr_destroy(&usual);
    (void)pthread_attr_destroy(&large);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_without_threads_is_started_anew_by_the_next_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
