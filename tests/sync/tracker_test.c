/* SPDX-License-Identifier: MIT */
/* Goal: a tracker's wait takes as long as its longest task. Method: ten tasks of 100 ms to 1 s in
 * virtual time; a wait that is cut short by a deadline, and one that follows it. */
#include <edo/edo.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TASKS 10

static edo_tracker tracker;
static int ended_n;

static int64_t ms_since(edo_instant began) {
    return edo_instant_since(edo_now(), began).ns / 1000000;
}

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
        assert_int_equal(edo_tracker_spawn(&tracker, sleep_for, &ms[i]), 0);
    }
    assert_int_equal(edo_tracker_len(&tracker), TASKS);
    assert_true(edo_tracker_close(&tracker));
    edo_deadline d = edo_deadline_begin(edo_ms(550));
    int err = edo_tracker_wait(&tracker);
    assert_int_equal(edo_deadline_end(&d, err), -ETIMEDOUT);
    assert_int_equal(ms_since(began), 550);
    assert_int_equal(edo_tracker_len(&tracker), 5);
    assert_int_equal(edo_tracker_wait(&tracker), 0);
    assert_int_equal(ms_since(began), 1000);
    assert_int_equal(ended_n, TASKS);
    return 0;
}

static void wait_takes_as_long_as_the_longest_task(void **state) {
    (void)state;
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .start_paused = true }), 0);
    assert_int_equal(edo_run(rt, track, NULL), 0);
    edo_runtime_free(rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wait_takes_as_long_as_the_longest_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
