/* SPDX-License-Identifier: MIT */
/* Goal: a paused clock does not jump to a time for which no task waits any more. Method: fibers
 * wait within limits of an hour, leave them in every way, and inspect the wheel. */
#include "driver/wheel.h"
#include "runtime/worker/here.h"
#include "runtime/worker/worker.h"

#include <edo/edo.h>

#include "inside.h"

#include <errno.h>

static uint32_t armed_n(void) {
    return edoi_wheel_armed_n(edoi_worker_here()->wheel);
}

/* Waits until a child has run; that arms the deadline in force. */
static int nothing(void *arg) {
    (void)arg;
    return 0;
}

static void wait_a_little(void) {
    CHECK_EQ(edo_task_join(edo_spawn(nothing, NULL)), 0);
}

static int end_a_deadline(void *arg) {
    (void)arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_hours(1));
    wait_a_little();
    CHECK_EQ(armed_n(), 1);
    CHECK_EQ(edo_deadline_end(&d, 0), 0);
    CHECK_EQ(armed_n(), 0);
    return 0;
}

static int end_the_inner_of_two(void *arg) {
    (void)arg;
    edo_deadline outer;
    edo_deadline_begin(&outer, edo_hours(2));
    edo_deadline inner;
    edo_deadline_begin(&inner, edo_hours(1));
    wait_a_little();
    CHECK_EQ(edo_deadline_end(&inner, 0), 0);
    CHECK_EQ(armed_n(), 0);
    wait_a_little();
    CHECK_EQ(armed_n(), 1);
    CHECK_EQ(edoi_wheel_next_expiry(edoi_worker_here()->wheel) >= outer.at_ns, true);
    CHECK_EQ(edo_deadline_end(&outer, 0), 0);
    CHECK_EQ(armed_n(), 0);
    return 0;
}

static int shield(void *arg) {
    (void)arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_hours(1));
    wait_a_little();
    edo_shield sh;
    edo_shield_begin(&sh, edo_hours(3));
    CHECK_EQ(armed_n(), 0);
    wait_a_little();
    CHECK_EQ(armed_n(), 1);
    (void)edo_shield_end(&sh, 0);
    CHECK_EQ(edo_deadline_end(&d, 0), 0);
    CHECK_EQ(armed_n(), 0);
    return 0;
}

static int end_it_before_the_pause(void *arg) {
    (void)arg;
    CHECK_EQ(edo_time_resume(), 0);
    edo_deadline d;
    edo_deadline_begin(&d, edo_hours(1));
    wait_a_little();
    CHECK_EQ(edo_deadline_end(&d, 0), 0);
    CHECK_EQ(edo_time_pause(), 0);
    CHECK_EQ(armed_n(), 0);
    return 0;
}

typedef struct steps {
    bool begun, aborted, rung;
} steps;

static int ring(void *arg) {
    steps *at = arg;
    edo_shield sh;
    edo_shield_begin(&sh, edo_ns(-1)); // without a timer of its own
    at->begun = true;
    YIELD_FOR(at->aborted);
    wait_a_little(); // the owner, which waits for the scope's end, was told
    CHECK_EQ(armed_n(), 0);
    (void)edo_shield_end(&sh, 0);
    at->rung = true;
    return 0;
}

static int hold_a_scope(void *arg) {
    edo_scope s;
    edo_deadline d;
    edo_deadline_begin(&d, edo_hours(1));
    wait_a_little();
    edo_scope_begin(&s, NULL);
    CHECK_EQ(edo_scope_spawn(&s, ring, arg), 0);
    int err = edo_scope_end(&s, 0); // aborted there: its children may take longer than the hour
    CHECK_EQ(edo_deadline_end(&d, err), -ECANCELED);
    return err;
}

static int abort_the_owner(void *arg) {
    (void)arg;
    static steps at;
    edo_task *t = edo_spawn(hold_a_scope, &at);
    YIELD_FOR(at.begun);
    CHECK_EQ(armed_n(), 1);
    edo_task_cancel(t);
    at.aborted = true;
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    CHECK(at.rung);
    return 0;
}

static void timer_without_a_waiter_is_not_in_the_wheel(void **state) {
    (void)state;
    edo_task_fn *const ways[] = { end_a_deadline, end_the_inner_of_two, shield,
                                  end_it_before_the_pause, abort_the_owner };
    for (size_t i = 0; i < EDO_COUNT(ways); i++) assert_int_equal(inside(ways[i], NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timer_without_a_waiter_is_not_in_the_wheel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
