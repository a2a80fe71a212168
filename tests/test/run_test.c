/* SPDX-License-Identifier: MIT */
/* Goal: EDO_TEST() runs its body once, in a task of a runtime as its options say; bad options are a
 * failure at the place of the test. Method: tests made by it, one for each kind of runtime. */
#include <edo/edo.h>
#include <edo/stats.h>
#include <edo/test.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int runs;

EDO_TEST(hour_passes_at_once, .paused = true) {
    edo_instant start = edo_now();
    EDO_TEST_OK(edo_sleep(edo_hours(1)));
    EDO_TEST_ELAPSED(start, edo_hours(1));
    runs++;
}

EDO_TEST(one_thread_with_the_real_clock, ) {
    EDO_TEST_EQ(edo_test_settle(), 0);                // -ENOTSUP on several threads
    EDO_TEST_EQ(edo_time_advance(edo_s(1)), -EINVAL); // not paused
    runs++;
}

#define TURNS 1000

typedef struct counter {
    edo_mutex lock;
    int n; /* lock: lock */
} counter;

static int count(void *arg) {
    counter *c = arg;
    for (int i = 0; i < TURNS; i++) {
        EDO_TEST_OK(edo_mutex_lock(&c->lock));
        c->n++;
        edo_mutex_unlock(&c->lock);
    }
    return 0;
}

EDO_TEST(two_workers_with_a_counter, .workers = 2) {
    counter c = { .lock = EDO_MUTEX_INIT };
    edo_scope s;
    edo_runtime_stats stats = { 0 };
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < 4; i++) edo_scope_spawn(&s, count, &c);
    EDO_TEST_OK(edo_scope_end(&s, 0));
    EDO_TEST_EQ(c.n, 4 * TURNS);
    edo_runtime_get_stats(edo_runtime_current(), &stats);
    EDO_TEST_EQ(stats.workers, 2);
    runs++;
}

static void each_body_has_run_once(void **state) {
    (void)state;
    assert_int_equal(runs, 3);
}

/* ---- Options that are refused ---------------------------------------------------------------- */

EDO_TEST(paused_clock_on_two_workers, .paused = true, .workers = 2) {
    runs++;
}

static jmp_buf out;
static char told[256];

static void leave(const char *file, int line, const char *text) {
    (void)file;
    (void)line;
    (void)snprintf(told, sizeof told, "%s", text);
    longjmp(out, 1);
}

static void bad_options_are_a_failure_of_the_test(void **state) {
    (void)state;
    edo_test_on_failure(leave);
    if (setjmp(out) == 0) paused_clock_on_two_workers(NULL);
    edo_test_on_failure(NULL);
    assert_non_null(strstr(told, "run_test.c:"));
    assert_non_null(strstr(told, "EINVAL"));
    assert_int_equal(runs, 3); // the body has not run
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hour_passes_at_once),
        cmocka_unit_test(one_thread_with_the_real_clock),
        cmocka_unit_test(two_workers_with_a_counter),
        cmocka_unit_test(each_body_has_run_once),
        cmocka_unit_test(bad_options_are_a_failure_of_the_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
