/* SPDX-License-Identifier: MIT */
/* Goal: a limit that is moved holds from then on, later or sooner, inside of what was begun around
 * it; one that has cut an await short stays passed; children keep what they have inherited.
 * Method: programs in virtual time, then real time on all kinds of runtimes. */
#include <edo/edo.h>

#include "aborts.h"
#include "inside.h"

#include <errno.h>
#include <string.h>

static int later_and_sooner(void *arg) {
    (void)arg;
    edo_instant start = edo_now();
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(20));
    CHECK_EQ(edo_sleep(edo_ms(15)), 0);
    CHECK_EQ(edo_deadline_move(&d, edo_ms(100)), 0);
    CHECK_EQ(edo_deadline_left().ns, edo_ms(100).ns);
    CHECK_EQ(edo_sleep(edo_ms(50)), 0); // past the first end
    CHECK_EQ(ms_since(start), 65);
    CHECK_EQ(edo_deadline_move(&d, edo_ms(10)), 0);
    CHECK_EQ(edo_sleep(edo_s(1)), -ECANCELED);
    CHECK_EQ(edo_cancel_reason(), EDO_CANCEL_DEADLINE);
    CHECK_EQ(ms_since(start), 75);
    CHECK_EQ(edo_deadline_end(&d, -ECANCELED), -ETIMEDOUT);
    CHECK(strncmp(edo_trail_find(-ETIMEDOUT)->text, "limit of 10 ms passed", 21) == 0);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    return 0;
}

static void it_holds_from_then_on(void **state) {
    (void)state;
    assert_int_equal(inside(later_and_sooner, NULL), 0);
}

static int heard_again_and_again(void *arg) {
    (void)arg;
    edo_instant start = edo_now();
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(10));
    for (int i = 1; i <= 100; i++) {
        CHECK_EQ(edo_sleep(edo_ms(9)), 0);
        CHECK_EQ(ms_since(start), 9 * i); // the clock meets no end that has been moved
        CHECK_EQ(edo_deadline_move(&d, edo_ms(10)), 0);
    }
    int err = edo_sleep(edo_ms(11));
    CHECK_EQ(ms_since(start), 910);
    CHECK_EQ(edo_deadline_end(&d, err), -ETIMEDOUT);
    return 0;
}

static void limit_for_silence_is_moved_by_each_word(void **state) {
    (void)state;
    assert_int_equal(inside(heard_again_and_again, NULL), 0);
}

static int no_limit_and_none_left(void *arg) {
    (void)arg;
    edo_instant start = edo_now();
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(5));
    CHECK_EQ(edo_deadline_move(&d, edo_ns(EDO_FOREVER_NS)), 0);
    CHECK(edo_deadline_left().ns < 0);
    CHECK_EQ(edo_sleep(edo_hours(1)), 0);
    CHECK_EQ(edo_deadline_move(&d, edo_ns(0)), 0); // over at once
    CHECK_EQ(edo_sleep(edo_ms(1)), -ECANCELED);
    CHECK_EQ(ms_since(start), 3600000);
    CHECK_EQ(edo_deadline_end(&d, -ECANCELED), -ETIMEDOUT);
    return 0;
}

static void moved_to_never_and_to_at_once(void **state) {
    (void)state;
    assert_int_equal(inside(no_limit_and_none_left, NULL), 0);
}

static int under_another(void *arg) {
    (void)arg;
    edo_instant start = edo_now();
    edo_deadline outer, inner;
    edo_deadline_begin(&outer, edo_ms(30));
    edo_deadline_begin(&inner, edo_ms(10));
    CHECK_EQ(edo_deadline_move(&inner, edo_ms(100)), 0); // the outer one still holds
    int err = edo_sleep(edo_s(1));
    CHECK_EQ(ms_since(start), 30);
    err = edo_deadline_end(&inner, err);
    CHECK_EQ(err, -ECANCELED);
    CHECK_EQ(edo_deadline_end(&outer, err), -ETIMEDOUT);
    edo_deadline_begin(&outer, edo_ms(10));
    edo_deadline_begin(&inner, edo_ms(5));
    CHECK_EQ(edo_deadline_end(&inner, 0), 0);
    CHECK_EQ(edo_deadline_move(&outer, edo_ms(50)), 0); // once it is the innermost
    CHECK_EQ(edo_sleep(edo_ms(40)), 0);
    CHECK_EQ(edo_deadline_end(&outer, 0), 0);
    return 0;
}

static void limits_around_it_hold_as_before(void **state) {
    (void)state;
    assert_int_equal(inside(under_another, NULL), 0);
}

static int too_late(void *arg) {
    (void)arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(5));
    CHECK_EQ(edo_sleep(edo_ms(9)), -ECANCELED);
    CHECK_EQ(edo_deadline_move(&d, edo_s(1)), -ETIMEDOUT);
    CHECK_EQ(edo_sleep(edo_ms(1)), -ECANCELED); // it stays passed
    CHECK_EQ(edo_deadline_end(&d, -ECANCELED), -ETIMEDOUT);
    edo_deadline_begin(&d, edo_ms(5));
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(1));
    CHECK_EQ(edo_sleep(edo_ms(9)), 0); // no await has met its end
    CHECK_EQ(edo_shield_end(&sh, 0), 0);
    CHECK_EQ(edo_deadline_move(&d, edo_ms(5)), 0);
    CHECK_EQ(edo_sleep(edo_ms(3)), 0);
    CHECK_EQ(edo_deadline_end(&d, 0), 0);
    return 0;
}

static void one_that_has_cut_an_await_short_stays_passed(void **state) {
    (void)state;
    assert_int_equal(inside(too_late, NULL), 0);
}

static int sleep_long(void *arg) {
    (void)arg;
    int err = edo_sleep(edo_ms(50));
    CHECK(err == 0 || edo_cancel_reason() == EDO_CANCEL_DEADLINE);
    return err;
}

static int with_children(void *arg) {
    (void)arg;
    edo_deadline d;
    edo_scope s;
    edo_deadline_begin(&d, edo_ms(20));
    edo_scope_begin(&s, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    edo_task *before = edo_scope_spawn_handle(&s, sleep_long, NULL);
    CHECK_EQ(edo_deadline_move(&d, edo_ms(100)), 0);
    edo_task *after = edo_scope_spawn_handle(&s, sleep_long, NULL);
    CHECK_EQ(edo_task_join(before), -ECANCELED);
    CHECK_EQ(edo_task_join(after), 0);
    CHECK_EQ(edo_scope_end(&s, 0), -ECANCELED);
    CHECK_EQ(edo_deadline_end(&d, 0), 0);
    return 0;
}

static void children_keep_what_they_have_inherited(void **state) {
    (void)state;
    assert_int_equal(inside(with_children, NULL), 0);
}

static int in_real_time(void *arg) {
    (void)arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(60));
    for (int i = 0; i < 50; i++) { // sooner and later in turn, while timers are filed
        CHECK_EQ(edo_deadline_move(&d, edo_s(30 + 30 * (i % 2))), 0);
        CHECK_EQ(edo_sleep(edo_ns(1000)), 0);
    }
    CHECK_EQ(edo_deadline_move(&d, edo_ms(1)), 0);
    return edo_deadline_end(&d, edo_sleep(edo_hours(1))) == -ETIMEDOUT ? 0 : -EINVAL;
}

static void moved_on_all_kinds_of_runtimes(void **state) {
    (void)state;
    assert_int_equal(inside_each(in_real_time, NULL), 0);
}

static void moved_on_a_plain_thread(void **state) {
    (void)state;
    assert_int_equal(in_real_time(NULL), 0);
}

/* ---- Misuse ---------------------------------------------------------------------------------- */

static void move_an_outer_one(void) {
    edo_deadline outer, inner;
    edo_deadline_begin(&outer, edo_s(1));
    edo_deadline_begin(&inner, edo_s(1));
    CHECK_EQ(edo_deadline_move(&outer, edo_s(2)), -EDO_EMISUSE);
    CHECK_EQ(edo_deadline_end(&inner, 0), 0);
    CHECK_EQ(edo_deadline_end(&outer, 0), 0);
}

static void move_one_that_has_ended(void) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(1));
    CHECK_EQ(edo_deadline_end(&d, 0), 0);
    CHECK_EQ(edo_deadline_move(&d, edo_s(2)), -EDO_EMISUSE);
}

static void move_one_in_a_shield(void) {
    edo_deadline d;
    edo_shield sh;
    edo_deadline_begin(&d, edo_s(1));
    edo_shield_begin(&sh, edo_s(1));
    CHECK_EQ(edo_deadline_move(&d, edo_s(2)), -EDO_EMISUSE);
    CHECK_EQ(edo_shield_end(&sh, 0), 0);
    CHECK_EQ(edo_deadline_end(&d, 0), 0);
}

static void what_is_not_the_innermost_is_not_moved(void **state) {
    (void)state;
#ifdef EDO_DEBUG
    assert_true(aborts(move_an_outer_one));
    assert_true(aborts(move_one_that_has_ended));
    assert_true(aborts(move_one_in_a_shield));
#else
    assert_false(aborts(move_an_outer_one));
    assert_false(aborts(move_one_that_has_ended));
    assert_false(aborts(move_one_in_a_shield));
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_the_innermost_is_not_moved), // a fork: no fiber has run yet
        cmocka_unit_test(it_holds_from_then_on),
        cmocka_unit_test(limit_for_silence_is_moved_by_each_word),
        cmocka_unit_test(moved_to_never_and_to_at_once),
        cmocka_unit_test(limits_around_it_hold_as_before),
        cmocka_unit_test(one_that_has_cut_an_await_short_stays_passed),
        cmocka_unit_test(children_keep_what_they_have_inherited),
        cmocka_unit_test(moved_on_all_kinds_of_runtimes),
        cmocka_unit_test(moved_on_a_plain_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
