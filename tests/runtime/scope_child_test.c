/* SPDX-License-Identifier: MIT */
/* Goal: a child of a scope may have options and a handle, by which it is aborted alone. Method:
 * programs in virtual time, and on every kind of runtime. */
#include <edo/edo.h>
#include <edo/task_monitor.h>

#include "inside.h"

#include <string.h>

static int nap(void *arg) {
    return edo_sleep(edo_ms(*(const int64_t *)arg));
}

static int64_t short_ms = 10, long_ms = 1000;

static int abort_one_of_three(void *arg) {
    edo_scope_opts opts = { .policy = *(const edo_scope_policy *)arg };
    edo_instant start = edo_now();
    edo_scope s;
    edo_scope_begin(&s, &opts);
    CHECK_EQ(edo_scope_spawn(&s, nap, &short_ms), 0);
    edo_task *one = edo_scope_spawn_handle(&s, nap, &long_ms);
    CHECK(one);
    CHECK_EQ(edo_scope_spawn(&s, nap, &short_ms), 0);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    edo_task_cancel(one);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // the owner is not cut short
    CHECK(edo_task_is_finished(one));
    CHECK_EQ(edo_task_get_outcome(one), EDO_OUTCOME_CANCELED);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    CHECK_EQ(ms_since(start), 10);            // nor were the siblings
    CHECK_EQ(edo_task_join(one), -ECANCELED); // also after the scope
    return 0;
}

static void a_child_can_be_aborted_alone(void **state) {
    (void)state;
    static const edo_scope_policy all[] = { EDO_SCOPE_FAIL_FAST, EDO_SCOPE_ALL };
    for (size_t i = 0; i < EDO_COUNT(all); i++)
        assert_int_equal(inside(abort_one_of_three, (void *)(uintptr_t)&all[i]), 0);
}

static int cancel_all_under_any(void *arg) {
    (void)arg;
    edo_scope s;
    edo_scope_begin(&s, &(edo_scope_opts){ .policy = EDO_SCOPE_ANY });
    edo_task *one = edo_scope_spawn_handle(&s, nap, &long_ms);
    edo_task_cancel(one);
    edo_task_unref(one);
    return edo_scope_end(&s, 0);
}

static int abort_a_loser_under_any(void *arg) {
    (void)arg;
    edo_scope s;
    edo_scope_begin(&s, &(edo_scope_opts){ .policy = EDO_SCOPE_ANY });
    edo_task *one = edo_scope_spawn_handle(&s, nap, &long_ms);
    CHECK_EQ(edo_scope_spawn(&s, nap, &short_ms), 0);
    edo_task_cancel(one);
    edo_task_unref(one);
    return edo_scope_end(&s, 0);
}

static void under_any_an_aborted_child_has_not_succeeded(void **state) {
    (void)state;
    assert_int_equal(inside(cancel_all_under_any, NULL), -ECANCELED);
    assert_int_equal(inside(abort_a_loser_under_any, NULL), 0);
}

static int fail_when_told(void *arg) {
    (void)edo_sleep(edo_ms(*(const int64_t *)arg));
    return -EIO;
}

static int abort_one_that_fails(void *arg) {
    (void)arg;
    edo_scope s;
    edo_scope_begin(&s, NULL);
    edo_task *one = edo_scope_spawn_handle(&s, fail_when_told, &long_ms);
    CHECK_EQ(edo_scope_spawn(&s, nap, &long_ms), 0);
    edo_task_cancel(one);
    edo_task_unref(one);
    edo_instant start = edo_now();
    int err = edo_scope_end(&s, 0);
    CHECK_EQ(ms_since(start), 0);
    return err;
}

static void an_aborted_child_that_fails_otherwise_is_a_failure(void **state) {
    (void)state;
    assert_int_equal(inside(abort_one_that_fails, NULL), -EIO);
}

static int join_in_scope(void *arg) {
    (void)arg;
    edo_scope s;
    edo_scope_begin(&s, NULL);
    edo_task *one = edo_scope_spawn_handle(&s, nap, &short_ms);
    CHECK(one);
    CHECK_EQ(edo_task_wait(one), 0);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    CHECK_EQ(edo_task_get_outcome(one), EDO_OUTCOME_RETURNED);
    edo_task_cancel(one); // too late, and harmless
    edo_task_unref(one);
    return 0;
}

static void a_child_with_a_handle_may_be_joined(void **state) {
    (void)state;
    assert_int_equal(inside_each(join_in_scope, NULL), 0);
}

static int spawn_into_a_stopped_scope(void *arg) {
    (void)arg;
    edo_scope s;
    edo_scope_begin(&s, NULL);
    edo_scope_cancel(&s);
    CHECK(!edo_scope_spawn_handle(&s, nap, &short_ms));
    CHECK_EQ(edo_task_join(NULL), -ECANCELED);
    CHECK_EQ(edo_scope_spawn_with(&s, nap, &short_ms, NULL), -ECANCELED);
    return edo_scope_end(&s, 0);
}

static void without_a_child_there_is_no_handle(void **state) {
    (void)state;
    assert_int_equal(inside(spawn_into_a_stopped_scope, NULL), 0);
}

static int tell_name(void *arg) {
    return strcmp(edo_task_current_name(), arg) == 0;
}

static int name_children(void *arg) {
    (void)arg;
    static char name[] = "worker";
    edo_scope s;
    edo_scope_begin(&s, &(edo_scope_opts){ .policy = EDO_SCOPE_ANY });
    CHECK_EQ(edo_scope_spawn_with(&s, tell_name, name,
                                  &(edo_spawn_opts){ .name = "worker", .stack = 512 * 1024 }),
             0);
    CHECK_EQ(edo_scope_end(&s, 0), 1);
    edo_scope_begin(&s, NULL);
    CHECK_EQ(edo_scope_spawn_with(&s, nap, &short_ms, &(edo_spawn_opts){ .migrate = true }), 0);
    CHECK_EQ(edo_scope_spawn_with(&s, nap, &short_ms, &(edo_spawn_opts){ .spread = true }), 0);
    CHECK_EQ(edo_scope_spawn_with(&s, nap, &short_ms, NULL), 0);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    edo_scope_begin(&s, &(edo_scope_opts){ .spread = true });
    CHECK_EQ(edo_scope_spawn_with(&s, nap, &short_ms, &(edo_spawn_opts){ .migrate = true }), 0);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    return 0;
}

static void a_child_may_have_options(void **state) {
    (void)state;
    assert_int_equal(inside_each(name_children, NULL), 0);
}

static int give_bad_options(void *arg) {
    const edo_spawn_opts *bad = arg;
    edo_scope s;
    edo_scope_begin(&s, NULL);
    CHECK_EQ(edo_scope_spawn_with(&s, nap, &short_ms, bad), -EINVAL);
    return edo_scope_end(&s, 0); // as every spawn that fails
}

static void bad_options_fail_the_scope(void **state) {
    (void)state;
    static const edo_spawn_opts bad[] = { { .spread = true, .migrate = true },
                                          { .stack = SIZE_MAX },
                                          { .reserved = { 1 } } };
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        assert_int_equal(inside(give_bad_options, (void *)(uintptr_t)&bad[i]), -EINVAL);
}

static int count_children(void *arg) {
    (void)arg;
    edo_task_monitor *of_scope, *of_child;
    CHECK_EQ(edo_task_monitor_new(&of_scope, NULL), 0);
    CHECK_EQ(edo_task_monitor_new(&of_child, NULL), 0);
    edo_scope s;
    edo_scope_begin(&s, &(edo_scope_opts){ .monitor = of_scope });
    CHECK_EQ(edo_scope_spawn(&s, nap, &short_ms), 0);
    CHECK_EQ(edo_scope_spawn_with(&s, nap, &short_ms, NULL), 0);
    CHECK_EQ(edo_scope_spawn_with(&s, nap, &short_ms, &(edo_spawn_opts){ .monitor = of_child }), 0);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    edo_task_monitor_stats stats;
    edo_task_monitor_get_stats(of_scope, &stats);
    CHECK_EQ(stats.ended, 2);
    edo_task_monitor_get_stats(of_child, &stats);
    CHECK_EQ(stats.ended, 1);
    edo_task_monitor_unref(of_scope);
    edo_task_monitor_unref(of_child);
    return 0;
}

static void a_childs_own_monitor_goes_before_the_scopes(void **state) {
    (void)state;
    edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT, .task_monitors = true };
    assert_int_equal(inside_with(count_children, NULL, &opts), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_can_be_aborted_alone),
        cmocka_unit_test(under_any_an_aborted_child_has_not_succeeded),
        cmocka_unit_test(an_aborted_child_that_fails_otherwise_is_a_failure),
        cmocka_unit_test(a_child_with_a_handle_may_be_joined),
        cmocka_unit_test(without_a_child_there_is_no_handle),
        cmocka_unit_test(a_child_may_have_options),
        cmocka_unit_test(bad_options_fail_the_scope),
        cmocka_unit_test(a_childs_own_monitor_goes_before_the_scopes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
