/* SPDX-License-Identifier: MIT */
/* Goal: a tracker's wait takes as long as its longest task. Method: ten tasks of 100 ms to 1 s in
 * virtual time; a wait that is cut short by a deadline, and one that follows it. */
#include <edo/edo.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inside.h"

#define TASKS 10

static edo_tracker tracker;
static int ended_n;

static int sleep_for(void *arg) {
    int err = edo_sleep(edo_ms(*(const int *)arg));
    ended_n++;
    return err;
}

static int track(void *arg) {
    static int ms[TASKS];
    (void)arg;
    edo_instant began = edo_now();
    for (int i = 0; i < TASKS; i++) {
        ms[i] = 100 * (i + 1);
        CHECK_EQ(edo_tracker_spawn(&tracker, sleep_for, &ms[i]), 0);
    }
    CHECK_EQ(edo_tracker_len(&tracker), TASKS);
    CHECK(edo_tracker_close(&tracker));
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(550));
    int err = edo_tracker_wait(&tracker);
    CHECK_EQ(edo_deadline_end(&d, err), -ETIMEDOUT);
    CHECK_EQ(ms_since(began), 550);
    CHECK_EQ(edo_tracker_len(&tracker), 5);
    CHECK_EQ(edo_tracker_wait(&tracker), 0);
    CHECK_EQ(ms_since(began), 1000);
    CHECK_EQ(ended_n, TASKS);
    return 0;
}

static void wait_takes_as_long_as_the_longest_task(void **state) {
    (void)state;
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .start_paused = true }), 0);
    assert_int_equal(edo_run(rt, track, NULL), 0);
    edo_runtime_free(rt);
}

static int with_options(void *arg) {
    static int ms = 10;
    edo_tracker t;
    (void)arg;
    edo_tracker_init(&t);
    const edo_spawn_opts wrong = { .reserved = { 1 } };
    CHECK_EQ(edo_tracker_spawn_with(&t, sleep_for, &ms, &wrong), -EINVAL);
    CHECK_EQ(edo_tracker_len(&t), 0);
    ended_n = 0;
    CHECK_EQ(edo_tracker_spawn_with(&t, sleep_for, &ms, &(edo_spawn_opts){ .spread = true }), 0);
    CHECK_EQ(edo_tracker_spawn_with(&t, sleep_for, &ms, NULL), 0);
    CHECK_EQ(edo_tracker_len(&t), 2);
    edo_tracker_close(&t);
    CHECK_EQ(edo_tracker_wait(&t), 0);
    CHECK_EQ(ended_n, 2);
    return 0;
}

static void options_are_the_tasks_and_one_that_is_refused_is_not_counted(void **state) {
    (void)state;
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .start_paused = true }), 0);
    assert_int_equal(edo_run(rt, with_options, NULL), 0);
    edo_runtime_free(rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wait_takes_as_long_as_the_longest_task),
        cmocka_unit_test(options_are_the_tasks_and_one_that_is_refused_is_not_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
