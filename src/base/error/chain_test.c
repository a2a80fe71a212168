/* SPDX-License-Identifier: MIT */
/* Goal: a trail belongs to the error that is returned: what fails besides it, in a cleanup or in a
 * call that succeeds, leaves it as it was. Method: brackets and failures in all orders of a few, by
 * hand. */
#include "base/error/trail.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int clear(void **state) {
    (void)state;
    edo_trail_clear();
    return 0;
}

static void check(int err, const char *want) {
    char text[500];
    (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
    assert_string_equal(text, want);
}

#define EIO_TEXT     "Input/output error (-EIO)"
#define ENOENT_TEXT  "No such file or directory (-ENOENT)"
#define TIMEOUT_TEXT "Connection timed out (-ETIMEDOUT)"

static void an_error_keeps_its_lines_while_another_fails(void **state) {
    (void)state;
    int err = edo_fail(-EIO, "reading");
    (void)edo_fail(-ENOENT, "removing the rest");
    check(err, "reading: " EIO_TEXT);
    check(-ENOENT, "removing the rest: " ENOENT_TEXT);
    (void)edo_fail(err, "loading"); // so the other one was not returned
    check(err, "loading: reading: " EIO_TEXT);
    check(-ENOENT, ENOENT_TEXT);
}

static void of_errors_out_of_brackets_the_last_two_are_kept(void **state) {
    (void)state;
    (void)edo_fail(-EIO, "first");
    (void)edo_fail(-ENOENT, "second");
    (void)edo_fail(-EPIPE, "third");
    check(-EIO, EIO_TEXT);
    check(-ENOENT, "second: " ENOENT_TEXT);
}

static void a_call_that_succeeds_leaves_the_trail_as_it_was(void **state) {
    (void)state;
    (void)edo_fail(-EIO, "reading");
    edoi_trail_kept kept = edoi_trail_keep();
    (void)edo_fail(-EIO, "within");
    (void)edo_fail(-ENOENT, "within");
    (void)edo_fail(-EPIPE, "within");
    assert_int_equal(edoi_trail_kept_end(kept, 7), 7);
    check(-EIO, "reading: " EIO_TEXT);
    check(-ENOENT, ENOENT_TEXT);
    check(-EPIPE, "Broken pipe (-EPIPE)");
    (void)edo_fail(-EIO, "loading");
    check(-EIO, "loading: reading: " EIO_TEXT);
}

static void a_call_that_succeeds_leaves_nothing_where_nothing_was(void **state) {
    (void)state;
    edoi_trail_kept kept = edoi_trail_keep();
    (void)edo_fail(-EIO, "within");
    (void)edoi_trail_kept_end(kept, 0);
    check(-EIO, EIO_TEXT);
}

static void a_call_that_fails_has_its_own_trail(void **state) {
    (void)state;
    (void)edo_fail(-EIO, "reading");
    edoi_trail_kept kept = edoi_trail_keep();
    (void)edo_fail(-EIO, "stopping");
    (void)edo_fail(-ENOENT, "in vain");
    assert_int_equal(edoi_trail_kept_end(kept, -EIO), -EIO);
    check(-EIO, "stopping: " EIO_TEXT);
    check(-ENOENT, ENOENT_TEXT);
    kept = edoi_trail_keep();
    (void)edo_fail(-ENOENT, "stopping again");
    assert_int_equal(edoi_trail_kept_end(kept, -ENOENT), -ENOENT);
    check(-ENOENT, "stopping again: " ENOENT_TEXT);
    check(-EIO, "stopping: " EIO_TEXT);
}

static void a_limit_within_is_not_the_one_before(void **state) {
    (void)state;
    assert_int_equal(edoi_trail_limit_passed(300000000, 0, ""), -ETIMEDOUT);
    edoi_trail_kept kept = edoi_trail_keep();
    assert_int_equal(edoi_trail_limit_passed(700000000, 0, ""), -ETIMEDOUT);
    check(-ETIMEDOUT, "limit of 700 ms passed (-ETIMEDOUT)");
    (void)edoi_trail_kept_end(kept, 0);
    check(-ETIMEDOUT, "limit of 300 ms passed (-ETIMEDOUT)");
}

static void a_cleanup_leaves_the_trail_as_it_was(void **state) {
    (void)state;
    (void)edo_fail(-EIO, "reading");
    edoi_trail_kept kept = edoi_trail_keep();
    (void)edo_fail(-EIO, "flushing");
    check(-EIO, "flushing: " EIO_TEXT);
    edoi_trail_kept_end_cleanup(kept);
    check(-EIO, "reading: " EIO_TEXT);
}

static void an_error_out_of_a_cleanup_has_its_lines(void **state) {
    (void)state;
    (void)edo_fail(-EIO, "reading");
    (void)edo_fail(-EPIPE, "telling the peer");
    edoi_trail_kept kept = edoi_trail_keep();
    (void)edo_fail(-EIO, "flushing");
    (void)edo_fail(-ENOENT, "removing");
    edoi_trail_kept_end_cleanup(kept);
    check(-EPIPE, "telling the peer: Broken pipe (-EPIPE)");
    check(-ENOENT, "removing: " ENOENT_TEXT);
    kept = edoi_trail_keep(); // of one that finds no error before it, nothing is taken away
    edo_trail_clear();
    edoi_trail_kept_end_cleanup(kept);
    check(-EPIPE, "telling the peer: Broken pipe (-EPIPE)");
}

static void brackets_nest(void **state) {
    (void)state;
    (void)edo_fail(-EIO, "reading");
    for (int i = 0; i < 100; i++) {
        edoi_trail_kept outer = edoi_trail_keep(), inner = edoi_trail_keep();
        (void)edo_fail(-ENOENT, "within");
        edoi_trail_kept_end_cleanup(inner);
        check(-ENOENT, "within: " ENOENT_TEXT);
        edoi_trail_kept again = edoi_trail_keep();
        (void)edo_fail(-EPIPE, "within both");
        (void)edoi_trail_kept_end(again, 0);
        (void)edoi_trail_kept_end(outer, 0);
        check(-ENOENT, ENOENT_TEXT);
        check(-EIO, "reading: " EIO_TEXT);
    }
}

static void a_task_ends_with_the_trail_of_its_result(void **state) {
    (void)state;
    (void)edo_fail(-EIO, "reading");
    (void)edo_fail(-ENOENT, "removing");
    edoi_trail *trails = edoi_trail_take(-ENOENT);
    trails->earlier = edoi_trail_take(-EIO);
    edoi_trail *own = edoi_trail_only(trails, -EIO);
    edoi_trail_give(own);
    check(-EIO, "reading: " EIO_TEXT);
    check(-ENOENT, ENOENT_TEXT);
    assert_null(edoi_trail_only(edoi_trail_take(-EIO), 0));
    assert_null(edoi_trail_only(NULL, -EIO));
    check(-ETIMEDOUT, TIMEOUT_TEXT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(an_error_keeps_its_lines_while_another_fails, clear),
        cmocka_unit_test_teardown(of_errors_out_of_brackets_the_last_two_are_kept, clear),
        cmocka_unit_test_teardown(a_call_that_succeeds_leaves_the_trail_as_it_was, clear),
        cmocka_unit_test_teardown(a_call_that_succeeds_leaves_nothing_where_nothing_was, clear),
        cmocka_unit_test_teardown(a_call_that_fails_has_its_own_trail, clear),
        cmocka_unit_test_teardown(a_limit_within_is_not_the_one_before, clear),
        cmocka_unit_test_teardown(a_cleanup_leaves_the_trail_as_it_was, clear),
        cmocka_unit_test_teardown(an_error_out_of_a_cleanup_has_its_lines, clear),
        cmocka_unit_test_teardown(brackets_nest, clear),
        cmocka_unit_test_teardown(a_task_ends_with_the_trail_of_its_result, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
