/* SPDX-License-Identifier: MIT */
/* Goal: a fault point fails just as often as the test that has armed it says, and no other one
 * does. Method: passes are counted, with the points compiled in, also in release builds. */
#define EDO_FAULTS 1
#include <edo/fault.h>

#include "child.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Passes `n` times; returns in which passes it has failed, the first as bit 0. */
static uint64_t failed_passes(const char *name, int n, int code) {
    uint64_t passes = 0;
    for (int i = 0; i < n; i++) {
        int err = edo_fault_point(name);
        assert_true(err == 0 || err == code);
        if (err < 0) passes |= UINT64_C(1) << i;
    }
    return passes;
}

static void point_that_is_not_armed_passes(void **state) {
    (void)state;
    assert_int_equal(failed_passes("a", 5, 0), 0);
    assert_int_equal(edo_fault_arm("a", NULL), 0);
    assert_int_equal(failed_passes("ab", 5, 0), 0);
    assert_int_equal(failed_passes("", 5, 0), 0);
    assert_int_equal(edo_fault_disarm("ab"), 0);
    assert_int_equal(failed_passes("a", 5, -EIO), 31);
    assert_int_equal(edo_fault_failed_n("a"), 5);
    assert_int_equal(edo_fault_failed_n("ab"), 0);
    assert_int_equal(edo_fault_disarm("a"), 5);
    assert_int_equal(failed_passes("a", 5, 0), 0);
    assert_int_equal(edo_fault_disarm("a"), 0);
}

static void passes_fail_by_their_number(void **state) {
    (void)state;
    static const struct {
        edo_fault_opts opts;
        uint64_t fail;
    } rows[] = {
        { { .code = -ENOSPC }, 0xff },
        { { .code = -ENOSPC, .skip = 3 }, 0xf8 },
        { { .code = -ENOSPC, .times = 2 }, 0x03 },
        { { .code = -ENOSPC, .skip = 2, .times = 1 }, 0x04 },
        { { .code = -ENOSPC, .skip = 2, .times = 1, .share = 1 }, 0x04 },
        { { .code = -ENOSPC, .skip = 8 }, 0 },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        assert_int_equal(edo_fault_arm("a", &rows[i].opts), 0); // begins anew
        assert_int_equal(failed_passes("a", 8, -ENOSPC), rows[i].fail);
    }
    assert_int_equal(edo_fault_disarm("a"), 0); // of the last row
}

static void share_of_the_passes_fails_and_a_seed_repeats_it(void **state) {
    (void)state;
    uint64_t passes[3];
    for (uint64_t i = 0; i < 3; i++) {
        const edo_fault_opts half = { .share = 0.5, .seed = i / 2 };
        assert_int_equal(edo_fault_arm("a", &half), 0);
        passes[i] = failed_passes("a", 64, -EIO);
    }
    assert_int_equal(passes[0], passes[1]);
    assert_int_not_equal(passes[0], passes[2]);
    assert_int_equal(edo_fault_arm("a", &(edo_fault_opts){ .share = 0.25 }), 0);
    for (int i = 0; i < 10000; i++) (void)edo_fault_point("a");
    assert_in_range(edo_fault_disarm("a"), 2300, 2700); // with this seed always alike
    assert_int_equal(edo_fault_arm("a", &(edo_fault_opts){ .share = 0.5, .times = 3 }), 0);
    for (int i = 0; i < 1000; i++) (void)edo_fault_point("a");
    assert_int_equal(edo_fault_disarm("a"), 3);
}

/* Otherwise an operation that passes both would never fail at the second. */
static void points_of_one_seed_fail_in_different_passes(void **state) {
    (void)state;
    static const edo_fault_opts half = { .share = 0.5 };
    assert_int_equal(edo_fault_arm("a", &half), 0);
    assert_int_equal(edo_fault_arm("b", &half), 0);
    uint64_t a = failed_passes("a", 64, -EIO), b = failed_passes("b", 64, -EIO);
    assert_true((a & ~b) && (b & ~a) && (a & b) && ~(a | b));
    (void)edo_fault_disarm(NULL);
}

static void all_points_are_disarmed_at_once(void **state) {
    (void)state;
    static const char *const names[] = { "a", "b", "c" };
    for (size_t i = 0; i < EDO_COUNT(names); i++)
        assert_int_equal(edo_fault_arm(names[i], &(edo_fault_opts){ .times = i }), 0);
    for (size_t i = 0; i < EDO_COUNT(names); i++) (void)failed_passes(names[i], 4, -EIO);
    assert_int_equal(edo_fault_disarm("b"), 1);
    assert_int_equal(edo_fault_disarm(NULL), 4 + 2);
    for (size_t i = 0; i < EDO_COUNT(names); i++)
        assert_int_equal(failed_passes(names[i], 4, 0), 0);
}

static void arming_refuses_what_makes_no_sense(void **state) {
    (void)state;
    static const edo_fault_opts rows[] = { { .code = 1 },
                                           { .share = -0.1 },
                                           { .share = 1.1 },
                                           { .share = (double)NAN },
                                           { .reserved = { 0, 1 } } };
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_int_equal(edo_fault_arm("a", &rows[i]), -EINVAL);
    assert_int_equal(edo_fault_arm("", NULL), -EINVAL);
    assert_int_equal(edo_fault_arm(NULL, NULL), -EINVAL);
    assert_int_equal(failed_passes("a", 4, 0), 0);
}

static _Atomic bool is_enough;

static void *pass_on(void *arg) {
    while (!is_enough) (void)edo_fault_point("a");
    return arg;
}

static int pass_in_child(void *arg) {
    (void)arg;
    EXPECT(edo_fault_point("a") == -EIO, 1);
    EXPECT(edo_fault_disarm("a") > 0, 2);
    return 9;
}

/* The other thread is inside a point at most of the forks. */
static void child_passes_whatever_its_parent_did(void **state) {
    pthread_t thread;
    (void)state;
    assert_int_equal(edo_fault_arm("a", NULL), 0);
    assert_int_equal(pthread_create(&thread, NULL, pass_on, NULL), 0);
    for (int i = 0; i < 50; i++) assert_int_equal(child_status(pass_in_child, NULL), 9);
    is_enough = true;
    assert_int_equal(pthread_join(thread, NULL), 0);
    (void)edo_fault_disarm("a");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(point_that_is_not_armed_passes),
        cmocka_unit_test(passes_fail_by_their_number),
        cmocka_unit_test(share_of_the_passes_fails_and_a_seed_repeats_it),
        cmocka_unit_test(points_of_one_seed_fail_in_different_passes),
        cmocka_unit_test(all_points_are_disarmed_at_once),
        cmocka_unit_test(arming_refuses_what_makes_no_sense),
        cmocka_unit_test(child_passes_whatever_its_parent_did),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
