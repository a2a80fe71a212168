/* SPDX-License-Identifier: MIT */
/* Goal: a virtual clock may be advanced to the end of time, and everything that computes with
 * instants works on there: sums and differences stop at both ends. Method: public API; the
 * sanitizer of undefined behaviour is a second judge. */
#include <edo/dump.h>
#include <edo/edo.h>

#include "inside.h"

#include <errno.h>
#include <string.h>

static int give_way(void *arg) {
    for (int i = 0; i < 200; i++) // beyond one round of the loop
        if (edo_yield() < 0) return -1;
    ++*(int *)arg;
    return 0;
}

static void go_on_there(void) {
    int ran = 0;
    edo_pending_future never;
    edo_interval every;
    edo_instant next = { 0 };
    CHECK_EQ(edo_task_join(edo_spawn(give_way, &ran)), 0);
    CHECK_EQ(ran, 1);
    CHECK_EQ(edo_sleep(edo_ms(5)), 0); // over: nothing is later
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(5));
    CHECK_EQ(edo_yield(), 0); // this one is never
    CHECK_EQ(edo_deadline_end(&d, 0), 0);
    edo_deadline_begin(&d, edo_ms(0));
    CHECK_EQ(edo_deadline_end(&d, edo_yield()), -ETIMEDOUT);
    CHECK_EQ(edo_timeout(edo_pending_init(&never), edo_ms(5)), -ETIMEDOUT);
    for (int missed = EDO_TICK_BURST; missed <= EDO_TICK_SKIP; missed++) {
        CHECK_EQ(edo_interval_init(&every, edo_ms(5), (edo_tick_missed)missed), 0);
        CHECK_EQ(edo_interval_tick(&every, &next), 0);
        CHECK_EQ(edo_interval_tick(&every, &next), 0);
        CHECK_EQ(next.ns, INT64_MAX);
        edo_interval_reset(&every, (edo_instant){ INT64_MIN });
        CHECK_EQ(edo_interval_tick(&every, &next), 0);
        CHECK_EQ(next.ns, INT64_MIN);
        if (missed == EDO_TICK_DELAY) CHECK_EQ(every.next.ns, INT64_MAX); // a period after now
        if (missed == EDO_TICK_SKIP) CHECK(every.next.ns >= -edo_ms(10).ns);
    }
}

static int at_the_end(void *arg) {
    edo_duration all = { INT64_MAX };
    CHECK_EQ(edo_time_advance(all), 0);
    CHECK_EQ(edo_now().ns, INT64_MAX);
    go_on_there();
    CHECK_EQ(edo_time_advance(all), 0);
    CHECK_EQ(edo_now().ns, INT64_MAX);
    CHECK_EQ(edo_time_resume(), 0); // from there on it cannot go on
    CHECK_EQ(edo_now().ns, INT64_MAX);
    go_on_there();
    CHECK_EQ(edo_time_pause(), 0);
    CHECK_EQ(edo_now().ns, INT64_MAX);
    *(bool *)arg = true;
    return 0;
}

static void everything_goes_on_at_the_end_of_time(void **state) {
    (void)state;
    bool through = false;
    assert_int_equal(inside(at_the_end, &through), 0);
    assert_true(through);
}

static int under_a_limit_of_0(void *arg) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(0));
    edo_dump_tasks(arg); // the dump shows how much of it is left
    return edo_deadline_end(&d, 0);
}

static void a_limit_of_0_has_no_time_left(void **state) {
    (void)state;
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    assert_non_null(out);
    assert_int_equal(inside_with(under_a_limit_of_0, out, &one_thread), 0);
    (void)fclose(out);
    assert_non_null(strstr(text, "deadline in 0 ms"));
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_goes_on_at_the_end_of_time),
        cmocka_unit_test(a_limit_of_0_has_no_time_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
