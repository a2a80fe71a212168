/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/time.h for the wall clock of a paused clock, and for sleeps until its
 * times: past, equal, set both ways, cancelled, in a select, on each kind of runtime and none.
 * Method: virtual time; the system's clock is not set. */
#include <edo/edo.h>

#include "inside.h"

#include <errno.h>

static const edo_wall noon = { 1806058800, 0 }; /* some day in 2027 */

static edo_wall after_noon(edo_duration d) {
    return edo_wall_add(noon, d);
}

static int64_t ns_after_noon(void) {
    return edo_wall_since(edo_wall_now(), noon).ns;
}

/* ---- The clock ------------------------------------------------------------------------------- */

static int wall_passes(void *arg) {
    (void)arg;
    edo_wall start = edo_wall_now();
    CHECK_EQ(edo_sleep(edo_hours(30)), 0);
    CHECK_EQ(edo_wall_since(edo_wall_now(), start).ns, edo_hours(30).ns);
    CHECK_EQ(edo_time_set_wall(noon), 0);
    CHECK_EQ(ns_after_noon(), 0);
    CHECK_EQ(edo_time_advance(edo_ns(7)), 0);
    CHECK_EQ(ns_after_noon(), 7);
    CHECK_EQ(edo_time_set_wall((edo_wall){ -5, 999999999 }), 0);
    CHECK_EQ(edo_time_advance(edo_ns(2)), 0);
    CHECK(edo_wall_compare(edo_wall_now(), (edo_wall){ -4, 1 }) == 0);
    CHECK_EQ(edo_time_set_wall((edo_wall){ 0, 1000000000 }), -EINVAL);
    CHECK_EQ(edo_time_set_wall((edo_wall){ 0, -1 }), -EINVAL);
    return 0;
}

static void the_wall_clock_passes_with_a_paused_clock(void **state) {
    (void)state;
    assert_int_equal(inside(wall_passes, NULL), 0);
}

/* The system's clock, ahead by what was slept. */
static int wall_resumes(void *arg) {
    edo_wall before = *(const edo_wall *)arg;
    CHECK_EQ(edo_time_set_wall(noon), 0);
    CHECK_EQ(edo_sleep(edo_hours(1)), 0);
    CHECK_EQ(edo_time_resume(), 0);
    edo_wall now = edo_wall_now();
    CHECK(edo_wall_since(now, before).ns >= edo_hours(1).ns);
    CHECK_EQ(edo_time_set_wall(noon), -EINVAL); // not paused
    CHECK_EQ(edo_time_pause(), 0);
    CHECK(edo_wall_compare(edo_wall_now(), now) >= 0);
    CHECK(edo_instant_compare((edo_instant){ -1 }, (edo_instant){ 1 }) < 0);
    CHECK(edo_instant_compare((edo_instant){ INT64_MAX }, (edo_instant){ INT64_MIN }) > 0);
    CHECK(edo_instant_compare((edo_instant){ 5 }, (edo_instant){ 5 }) == 0);
    return 0;
}

static void after_a_pause_the_wall_clock_is_as_far_ahead_as_the_clock(void **state) {
    (void)state;
    edo_wall before = edo_wall_now();
    assert_int_equal(inside(wall_resumes, &before), 0);
}

static int set_it(void *arg) {
    (void)arg;
    return edo_time_set_wall(noon);
}

static void only_a_paused_clock_is_set(void **state) {
    (void)state;
    assert_int_equal(edo_time_set_wall(noon), -EDO_ENORUNTIME);
    assert_int_equal(inside_with(set_it, NULL, &kinds[0]), -EINVAL);
    assert_int_equal(inside_with(set_it, NULL, &kinds[2]), -ENOTSUP);
}

/* ---- Sleeps ---------------------------------------------------------------------------------- */

static int past_and_future(void *arg) {
    (void)arg;
    CHECK_EQ(edo_time_set_wall(noon), 0);
    CHECK_EQ(edo_sleep_wall_at(noon), 0);
    CHECK_EQ(edo_sleep_wall_at((edo_wall){ INT64_MIN, 0 }), 0);
    CHECK_EQ(ns_after_noon(), 0);
    CHECK_EQ(edo_sleep_wall_at(after_noon(edo_ns(1))), 0);
    CHECK_EQ(ns_after_noon(), 1000000); // a resolution of 1 ms, rounded up
    CHECK_EQ(edo_sleep_wall_at(after_noon(edo_hours(24 * 365))), 0);
    CHECK_EQ(ns_after_noon(), edo_hours(24 * 365).ns);
    return 0;
}

static void a_time_that_has_passed_is_ready_at_once(void **state) {
    (void)state;
    assert_int_equal(inside(past_and_future, NULL), 0);
}

static int really(void *arg) {
    (void)arg;
    for (int i = 0; i < 3; i++) {
        edo_wall at = edo_wall_add(edo_wall_now(), edo_us(700 * i));
        CHECK_EQ(edo_sleep_wall_at(at), 0);
        CHECK(edo_wall_compare(edo_wall_now(), at) >= 0);
    }
    return 0;
}

static void it_is_not_early_by_the_real_clock(void **state) {
    (void)state;
    assert_int_equal(inside_each(really, NULL), 0);
    assert_int_equal(really(NULL), 0); // on a plain thread
}

typedef struct sleeper {
    edo_wall at;
    int64_t slept_ns;
} sleeper;

static int sleep_until(void *arg) {
    sleeper *s = arg;
    edo_instant start = edo_now();
    int err = edo_sleep_wall_at(s->at);
    s->slept_ns = edo_instant_since(edo_now(), start).ns;
    return err;
}

static const struct set_case {
    const char *name;
    int64_t by_h; /* the clock is set by this after 1 hour; the sleep is for 10 */
    int64_t slept_h;
} sets[] = {
    { "back", -4, 14 },
    { "far back", -24 * 365, 10 + 24 * 365 },
    { "forward, not past it", 4, 6 },
    { "forward to it", 9, 1 },
    { "forward past it", 100, 1 },
    { "not at all", 0, 10 },
};

static int set_meanwhile(void *arg) {
    const struct set_case *c = arg;
    CHECK_EQ(edo_time_set_wall(noon), 0);
    sleeper s = { .at = after_noon(edo_hours(10)) };
    edo_task *task = edo_spawn(sleep_until, &s);
    CHECK_EQ(edo_sleep(edo_hours(1)), 0);
    CHECK_EQ(edo_time_set_wall(after_noon(edo_hours(1 + c->by_h))), 0);
    CHECK_EQ(edo_task_is_finished(task), c->slept_h == 1);
    CHECK_EQ(edo_task_join(task), 0);
    CHECK_EQ(s.slept_ns, edo_hours(c->slept_h).ns);
    return 0;
}

static void a_clock_that_is_set_moves_the_end_of_the_sleep(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(sets); i++) {
        struct set_case c = sets[i];
        if (inside(set_meanwhile, &c) != 0) fail_msg("%s", sets[i].name);
    }
}

/* A sleep that waits beside the pause's end is told of it: the set clock is gone then. */
static int resumed_meanwhile(void *arg) {
    (void)arg;
    sleeper s = { .at = edo_wall_add(edo_wall_now(), edo_hours(1)) };
    CHECK_EQ(edo_time_set_wall(edo_wall_add(s.at, edo_hours(-1000))), 0);
    edo_task *task = edo_spawn(sleep_until, &s);
    CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(edo_time_advance(edo_hours(2)), 0);
    CHECK(!edo_task_is_finished(task));
    CHECK_EQ(edo_time_resume(), 0);
    CHECK_EQ(edo_task_join(task), 0);
    CHECK(s.slept_ns >= edo_hours(2).ns && s.slept_ns < edo_hours(999).ns);
    return 0;
}

static void a_sleep_is_told_that_the_clock_goes_on(void **state) {
    (void)state;
    assert_int_equal(inside(resumed_meanwhile, NULL), 0);
}

static int cut_short(void *arg) {
    (void)arg;
    CHECK_EQ(edo_time_set_wall(noon), 0);
    sleeper s = { .at = after_noon(edo_hours(10)) };
    edo_task *task = edo_spawn(sleep_until, &s);
    CHECK_EQ(edo_sleep(edo_hours(2)), 0);
    edo_task_cancel(task);
    CHECK_EQ(edo_task_join(task), -ECANCELED);
    CHECK_EQ(s.slept_ns, edo_hours(2).ns);

    edo_sleep_wall_future late, soon;
    CHECK_EQ(edo_select(edo_sleep_wall_at_init(&late, after_noon(edo_hours(5))),
                        edo_sleep_wall_at_init(&soon, after_noon(edo_hours(4)))),
             1);
    CHECK_EQ(ns_after_noon(), edo_hours(4).ns);
    CHECK_EQ(edo_timeout(edo_sleep_wall_at_init(&late, after_noon(edo_hours(9))), edo_hours(1)),
             -ETIMEDOUT);
    CHECK_EQ(ns_after_noon(), edo_hours(5).ns);
    CHECK_EQ(edo_await(edo_sleep_wall_at_init(&late, after_noon(edo_hours(9)))), 0);
    return 0;
}

static void a_sleep_that_is_cut_short_leaves_nothing(void **state) {
    (void)state;
    assert_int_equal(inside(cut_short, NULL), 0);
}

/* With `at` before and behind the clock, by its seconds. */
static int refused(void *arg) {
    (void)arg;
    for (int64_t s = -2; s <= 2; s++) {
        CHECK_EQ(edo_time_set_wall(noon), 0);
        CHECK_EQ(edo_sleep_wall_at((edo_wall){ noon.s + s, -1 }), -EINVAL);
        CHECK_EQ(edo_sleep_wall_at((edo_wall){ noon.s + s, INT32_MIN }), -EINVAL);
        CHECK_EQ(edo_sleep_wall_at((edo_wall){ noon.s + s, 1000000000 }), -EINVAL);
        CHECK_EQ(ns_after_noon(), 0);
    }
    return 0;
}

static void what_is_no_time_is_refused(void **state) {
    (void)state;
    assert_int_equal(inside(refused, NULL), 0);
}

/* Where the paused clock stands for good a sleep is over at once, as edo_sleep() is. */
static int at_the_end_of_time(void *arg) {
    (void)arg;
    CHECK_EQ(edo_sleep_wall_at((edo_wall){ INT64_MIN, 0 }), 0);
    CHECK_EQ(edo_time_advance(edo_ns(INT64_MAX)), 0);
    CHECK_EQ(edo_time_set_wall(noon), 0);
    CHECK_EQ(edo_sleep(edo_hours(1)), 0);
    CHECK_EQ(edo_sleep_wall_at(after_noon(edo_hours(1))), 0);
    CHECK_EQ(edo_sleep_wall_at((edo_wall){ INT64_MAX, 999999999 }), 0);
    CHECK_EQ(ns_after_noon(), 0);
    return 0;
}

static void at_the_end_of_time_no_sleep_lasts(void **state) {
    (void)state;
    assert_int_equal(inside(at_the_end_of_time, NULL), 0);
}

static void a_poll_without_a_runtime_fails(void **state) {
    (void)state;
    edo_sleep_wall_future f;
    edo_test_waker w = EDO_TEST_WAKER_INIT;
    edo_cx cx = { .waker = &w.base, .budget = EDO_BUDGET };
    edo_future *sleep = edo_sleep_wall_at_init(&f, (edo_wall){ INT64_MAX, 0 });
    assert_int_equal(edo_poll(sleep, &cx), EDO_READY);
    assert_int_equal(f.base.result, -EDO_ENORUNTIME);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wall_clock_passes_with_a_paused_clock),
        cmocka_unit_test(after_a_pause_the_wall_clock_is_as_far_ahead_as_the_clock),
        cmocka_unit_test(only_a_paused_clock_is_set),
        cmocka_unit_test(a_time_that_has_passed_is_ready_at_once),
        cmocka_unit_test(it_is_not_early_by_the_real_clock),
        cmocka_unit_test(a_clock_that_is_set_moves_the_end_of_the_sleep),
        cmocka_unit_test(a_sleep_is_told_that_the_clock_goes_on),
        cmocka_unit_test(a_sleep_that_is_cut_short_leaves_nothing),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(at_the_end_of_time_no_sleep_lasts),
        cmocka_unit_test(a_poll_without_a_runtime_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
