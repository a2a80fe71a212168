/* SPDX-License-Identifier: MIT */
/* Goal: edo_cancel_reason() returns why the last await was cut short, also after the deadline, the
 * scope or the shield around it has ended: the cases of docs/design/cancellation.md.
 * Method: programs in virtual time, one for each case, each on a task of its own. */
#include <edo/edo.h>

#include "inside.h"

#include <errno.h>

#define REASON(want) CHECK_EQ(edo_cancel_reason(), (want))

static int cut_by(edo_duration limit, int *err) {
    edo_deadline d;
    edo_deadline_begin(&d, limit);
    *err = edo_sleep(edo_s(1));
    return edo_deadline_end(&d, *err);
}

static int a_deadline_that_fired(void *arg) {
    (void)arg;
    int err;
    REASON(EDO_CANCEL_NONE);
    CHECK_EQ(cut_by(edo_ms(10), &err), -ETIMEDOUT);
    REASON(EDO_CANCEL_DEADLINE);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // an await that is not cut short changes nothing
    REASON(EDO_CANCEL_DEADLINE);
    return 0;
}

static int the_inner_of_two(void *arg) {
    (void)arg;
    int err;
    edo_deadline outer;
    edo_deadline_begin(&outer, edo_ms(100));
    CHECK_EQ(cut_by(edo_ms(10), &err), -ETIMEDOUT);
    CHECK_EQ(edo_deadline_end(&outer, err), -ECANCELED); // not its own
    REASON(EDO_CANCEL_DEADLINE);
    return 0;
}

static int the_outer_of_two(void *arg) {
    (void)arg;
    int err;
    edo_deadline outer;
    edo_deadline_begin(&outer, edo_ms(10));
    CHECK_EQ(cut_by(edo_ms(100), &err), -ECANCELED);
    REASON(EDO_CANCEL_DEADLINE);
    CHECK_EQ(edo_deadline_end(&outer, err), -ETIMEDOUT);
    REASON(EDO_CANCEL_DEADLINE);
    return 0;
}

static int two_of_the_same_instant(void *arg) {
    (void)arg;
    int err;
    edo_deadline outer;
    edo_deadline_begin(&outer, edo_ms(10));
    CHECK_EQ(cut_by(edo_ms(10), &err), -ETIMEDOUT);
    CHECK_EQ(edo_deadline_end(&outer, err), -ECANCELED); // the inner one has claimed that await
    REASON(EDO_CANCEL_DEADLINE);
    return 0;
}

/* An await that is cut short while cleaning up does not hide whose limit cut the work. */
static int a_shield_that_is_cut_too(void *arg) {
    (void)arg;
    int inner;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(10));
    int err = edo_sleep(edo_s(1));
    edo_shield sh;
    edo_shield_begin(&sh, edo_ms(20));
    CHECK_EQ(cut_by(edo_ms(5), &inner), -ETIMEDOUT);
    CHECK_EQ(edo_sleep(edo_s(1)), -ECANCELED); // by the shield's own limit
    (void)edo_shield_end(&sh, 0);
    REASON(EDO_CANCEL_DEADLINE);
    CHECK_EQ(edo_deadline_end(&d, err), -ETIMEDOUT);
    REASON(EDO_CANCEL_DEADLINE);
    return 0;
}

static int a_shield_without_a_reason(void *arg) {
    (void)arg;
    edo_shield sh;
    edo_shield_begin(&sh, edo_ms(5));
    CHECK_EQ(edo_sleep(edo_s(1)), -ECANCELED);
    (void)edo_shield_end(&sh, 0);
    REASON(EDO_CANCEL_DEADLINE);
    return 0;
}

static int clean_up_after_abort(void *arg) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(50));
    int err = edo_sleep(edo_s(100));
    REASON(EDO_CANCEL_ASKED);
    edo_shield sh;
    edo_shield_begin(&sh, edo_ms(20));
    CHECK_EQ(edo_sleep(edo_s(1)), -ECANCELED);
    REASON(EDO_CANCEL_DEADLINE); // inside: the shield's
    (void)edo_shield_end(&sh, 0);
    REASON(EDO_CANCEL_ASKED);
    CHECK_EQ(edo_deadline_end(&d, err), -ECANCELED);
    REASON(EDO_CANCEL_ASKED);
    *(bool *)arg = true;
    return err;
}

static int a_task_that_is_aborted(void *arg) {
    (void)arg;
    bool cleaned = false;
    edo_task *t = edo_spawn(clean_up_after_abort, &cleaned);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    CHECK(cleaned);
    REASON(EDO_CANCEL_NONE); // a result, no cut
    return 0;
}

static int fail_soon(void *arg) {
    (void)arg;
    int err = edo_sleep(edo_ms(5));
    return err < 0 ? err : -EIO;
}

static int wait_long(void *arg) {
    int err = edo_sleep(edo_s(100));
    *(edo_cancel_cause *)arg = edo_cancel_reason();
    return err;
}

static int a_scope_whose_child_failed(void *arg) {
    (void)arg;
    int err;
    CHECK_EQ(cut_by(edo_ms(1), &err), -ETIMEDOUT); // an earlier cut
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(50));
    edo_scope s;
    edo_scope_begin(&s, NULL);
    (void)edo_scope_spawn(&s, fail_soon, NULL);
    err = edo_sleep(edo_s(1));
    CHECK_EQ(err, -ECANCELED);
    CHECK_EQ(edo_scope_end(&s, 0), -EIO);
    REASON(EDO_CANCEL_SIBLING);
    CHECK_EQ(edo_deadline_end(&d, err), -ECANCELED);
    REASON(EDO_CANCEL_SIBLING);
    return 0;
}

static int a_deadline_over_a_scope(void *arg) {
    (void)arg;
    edo_cancel_cause cause = EDO_CANCEL_NONE;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(10));
    edo_scope s;
    edo_scope_begin(&s, NULL);
    (void)edo_scope_spawn(&s, wait_long, &cause);
    int err = edo_scope_end(&s, 0); // is not cut short, but cancels its children
    CHECK_EQ(err, -ECANCELED);
    CHECK_EQ(cause, EDO_CANCEL_DEADLINE);
    REASON(EDO_CANCEL_DEADLINE);
    CHECK_EQ(edo_deadline_end(&d, err), -ETIMEDOUT);
    REASON(EDO_CANCEL_DEADLINE);
    return 0;
}

static int a_timeout(void *arg) {
    (void)arg;
    edo_pending_future f;
    CHECK_EQ(edo_timeout(edo_pending_init(&f), edo_ms(5)), -ETIMEDOUT);
    REASON(EDO_CANCEL_NONE); // its future was dropped, the await was not cut short
    return 0;
}

static void reason_stays_after_the_cut(void **state) {
    (void)state;
    static edo_task_fn *const cases[] = {
        a_deadline_that_fired,    the_inner_of_two,
        the_outer_of_two,         two_of_the_same_instant,
        a_shield_that_is_cut_too, a_shield_without_a_reason,
        a_task_that_is_aborted,   a_scope_whose_child_failed,
        a_deadline_over_a_scope,  a_timeout,
    };
    for (size_t i = 0; i < EDO_COUNT(cases); i++) assert_int_equal(inside(cases[i], NULL), 0);
}

static void plain_thread_has_a_reason_too(void **state) {
    (void)state;
    int err;
    assert_int_equal(cut_by(edo_ms(2), &err), -ETIMEDOUT);
    assert_int_equal(edo_cancel_reason(), EDO_CANCEL_DEADLINE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reason_stays_after_the_cut),
        cmocka_unit_test(plain_thread_has_a_reason_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
