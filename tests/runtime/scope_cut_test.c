/* SPDX-License-Identifier: MIT */
/* Goal: a scope takes no new children once it, or its owner, has been cut short. */
#include <edo/scope.h>

#include "inside.h"

#include <errno.h>

static int ran_n;

static int nothing(void *arg) {
    (void)arg;
    ran_n++;
    return 0;
}

static int fails(void *arg) {
    (void)arg;
    return -EIO;
}

static int spawn_after_failure(void *arg) {
    edo_scope s;
    edo_scope_begin(&s, arg);
    CHECK_EQ(edo_scope_spawn(&s, fails, NULL), 0);
    CHECK_EQ(edo_sleep(edo_s(60)), -ECANCELED);
    CHECK_EQ(edo_scope_spawn(&s, nothing, NULL), -ECANCELED);
    return edo_scope_end(&s, 0);
}

static int spawn_when_aborted(void *arg) {
    edo_scope s;
    edo_scope_begin(&s, arg);
    CHECK_EQ(edo_sleep(edo_s(60)), -ECANCELED);
    CHECK_EQ(edo_scope_spawn(&s, nothing, NULL), -ECANCELED);
    return edo_scope_end(&s, 0);
}

static int abort_it(void *arg) {
    edo_task *t = edo_spawn(spawn_when_aborted, arg);
    CHECK_EQ(edo_yield(), 0);
    edo_task_cancel(t);
    return edo_task_join(t);
}

static void expect(edo_task_fn *fn, const edo_scope_opts *opts, int want) {
    edo_scope_opts copy = *opts;
    ran_n = 0;
    assert_int_equal(inside_each(fn, &copy), want);
    assert_int_equal(ran_n, 0);
}

static void failed_scope_takes_no_more_children(void **state) {
    (void)state;
    expect(spawn_after_failure, &(edo_scope_opts){ 0 }, -EIO);
    expect(spawn_after_failure, &(edo_scope_opts){ .at_once = 8 }, -EIO);
}

static void aborted_owner_starts_no_more_children(void **state) {
    (void)state;
    expect(abort_it, &(edo_scope_opts){ 0 }, -ECANCELED);
    expect(abort_it, &(edo_scope_opts){ .at_once = 8 }, -ECANCELED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failed_scope_takes_no_more_children),
        cmocka_unit_test(aborted_owner_starts_no_more_children),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
