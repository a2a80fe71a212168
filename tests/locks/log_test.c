/* SPDX-License-Identifier: MIT */
/* Goal: the log has as many events of deadlocks as there are reports, ten in a second; one of them
 * names a task that has no name as the report does.
 * Method: one task waits for itself, again and again; the log goes to standard error, too. */
#include <edo/log.h>

#include "said.h"

#include <errno.h>

#define OFTEN 40

static size_t times_said(const char *what) {
    size_t n = 0;
    for (const char *at = said; (at = strstr(at, what)); at++) n++;
    return n;
}

static int takes_again_often(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&a), 0);
    for (int i = 0; i < OFTEN; i++) CHECK_EQ(edo_mutex_lock(&a), -EDEADLK);
    edo_mutex_unlock(&a);
    return 0;
}

static int logs_as_one_without_a_name(void *arg) {
    (void)arg;
    CHECK_EQ(edo_log_start(&(edo_log_opts){ .ignore_env = true, .at_once = true }), 0);
    int err = edo_task_join(edo_spawn_at(takes_again_often, NULL, NULL));
    edo_log_stop();
    return err;
}

static void log_has_as_many_deadlocks_as_are_reported(void **state) {
    (void)state;
    assert_int_equal(
        deadlocks_of(logs_as_one_without_a_name, NULL, &(edo_locks_opts){ .fails = true }), OFTEN);
    expect_said("edo: deadlock: a task waits for itself\n  (no name) waits for edo_mutex_lock of ");
    expect_said("deadlock of 1 tasks closed_by=\"(no name)\"");
    assert_int_equal(times_said("deadlock of 1 tasks"), times_said("edo: deadlock: "));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_has_as_many_deadlocks_as_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
