/* SPDX-License-Identifier: MIT */
/* Goal: the root of edo_block_on() behaves as a task does where it gives way, blocks in place, or
 * stands in a runtime that its thread has only entered.
 * Method: counters that tasks leave, in programs whose order is certain. */
#include <edo/edo.h>

#include "inside.h"

#include <errno.h>
#include <pthread.h>

/* ---- Giving way ------------------------------------------------------------------------------ */

static int add_one(void *arg) {
    ++*(int *)arg;
    return 0;
}

/* As long as a poll on a busy machine may be: after each of them the loop looks at the driver. */
static int add_one_slowly(void *arg) {
    const edo_instant start = edo_now();
    while (ms_since(start) < 2) {
    }
    return add_one(arg);
}

static edo_runtime *current_thread(void) {
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
    return rt;
}

/* A runtime that expects polls to be so long. */
static edo_runtime *current_thread_of_long_polls(void) {
    edo_runtime *rt = current_thread();
    int ran = 0;
    for (int i = 0; i < 10; i++) assert_int_equal(edo_run(rt, add_one_slowly, &ran), 0);
    return rt;
}

static void spawn_n(edo_runtime *rt, edo_task_fn *fn, int n, int *ran) {
    *ran = 0;
    for (int i = 0; i < n; i++) {
        edo_task *t = edo_spawn_on(rt, fn, ran);
        assert_non_null(t);
        edo_task_detach(t);
    }
}

static void spawn_some(edo_runtime *rt, int *ran) {
    spawn_n(rt, add_one, 3, ran);
}

static void a_root_that_yields_lets_queued_tasks_run(void **state) {
    (void)state;
    edo_runtime *rts[] = { current_thread(), current_thread_of_long_polls() };
    const int tasks_n[] = { 3, 200 }; // also more than polls between two looks at the driver
    for (size_t i = 0; i < 4; i++) {
        int ran, n = tasks_n[i % 2];
        spawn_n(rts[i / 2], add_one, n, &ran);
        edo_yield_future yield;
        assert_int_equal(edo_block_on(rts[i / 2], edo_yield_init(&yield)), 0);
        assert_int_equal(ran, n);
    }
    edo_runtime_free(rts[0]);
    edo_runtime_free(rts[1]);
}

typedef struct pair {
    edo_notify bell;
    int woken, queued;
} pair;

static int wait_to_be_woken(void *arg) {
    pair *p = arg;
    int err = edo_notify_wait(&p->bell);
    p->woken++;
    return err;
}

/* What it wakes runs before what is queued. */
static int wake_another(void *arg) {
    pair *p = arg;
    edo_notify_one(&p->bell);
    return add_one(&p->queued);
}

static void a_root_that_yields_waits_also_behind_tasks_that_are_overtaken(void **state) {
    (void)state;
    edo_runtime *rt = current_thread_of_long_polls();
    pair p = { .bell = EDO_NOTIFY_INIT };
    edo_yield_future yield;
    for (int i = 0; i < 3; i++) edo_task_detach(edo_spawn_on(rt, wait_to_be_woken, &p));
    assert_int_equal(edo_block_on(rt, edo_yield_init(&yield)), 0);
    for (int i = 0; i < 3; i++) edo_task_detach(edo_spawn_on(rt, wake_another, &p));
    assert_int_equal(edo_block_on(rt, edo_yield_init(&yield)), 0);
    assert_int_equal(p.queued, 3);
    assert_true(p.woken >= 2); // the last has no promise
    edo_runtime_free(rt);
}

/* Goes on for ever, beside the root. */
static int yield_until_told(void *arg) {
    int err = 0;
    while (err == 0 && *(int *)arg >= 0) {
        ++*(int *)arg;
        err = edo_yield();
    }
    return err;
}

static void a_root_that_yields_goes_on_beside_tasks_that_yield(void **state) {
    (void)state;
    edo_runtime *rt = current_thread();
    int turns_n = 0;
    edo_yield_future yield;
    edo_task *t = edo_spawn_on(rt, yield_until_told, &turns_n);
    for (int i = 1; i <= 100; i++) {
        assert_int_equal(edo_block_on(rt, edo_yield_init(&yield)), 0);
        assert_true(turns_n >= i);
    }
    turns_n = -1;
    edo_task_join_future join;
    assert_int_equal(edo_block_on(rt, edo_task_join_init(&join, t)), 0);
    edo_runtime_free(rt);
}

/* A leaf that takes all of the budget, and once more. */
static edo_polled spend_all(void *arg, edo_cx *cx, int *result) {
    while (edo_budget_take(cx))
        if (*(int *)arg == 3) { // the queued tasks have run
            *result = 7;
            return EDO_READY;
        }
    return EDO_PENDING;
}

static void a_root_without_budget_lets_queued_tasks_run(void **state) {
    (void)state;
    edo_runtime *rt = current_thread();
    int ran;
    edo_poll_fn_future f;
    spawn_some(rt, &ran);
    assert_int_equal(edo_block_on(rt, edo_poll_fn_init(&f, spend_all, &ran)), 7);
    edo_runtime_free(rt);
}

static void a_thread_that_entered_drives_by_yielding(void **state) {
    (void)state;
    edo_runtime *rt = current_thread_of_long_polls();
    int ran;
    spawn_some(rt, &ran);
    assert_int_equal(edo_yield(), 0); // not in a runtime
    assert_int_equal(ran, 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    assert_int_equal(edo_yield(), 0);
    assert_int_equal(ran, 3);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(0));
    assert_int_equal(edo_deadline_end(&d, edo_yield()), -ETIMEDOUT);
    edo_runtime_leave(rt);
    edo_runtime_free(rt);
}

/* ---- Blocking in place ----------------------------------------------------------------------- */

static int answer(void *arg) {
    int err = edo_sleep(edo_ms(1));
    return err < 0 ? err : *(int *)arg;
}

/* In the middle of a poll of the root: other tasks, time, another root, and once more in place. */
static int await_inside(void *arg) {
    static int want = 5;
    edo_runtime *rt = arg;
    CHECK(edo_runtime_current() == rt);
    edo_task *t = edo_spawn(answer, &want);
    CHECK(t);
    CHECK_EQ(edo_task_join(t), want);
    edo_instant start = edo_now();
    CHECK_EQ(edo_sleep(edo_ms(2)), 0);
    CHECK(edo_instant_since(edo_now(), start).ns >= 2000000);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(2));
    CHECK_EQ(edo_deadline_end(&d, edo_sleep(edo_hours(1))), -ETIMEDOUT);
    CHECK_EQ(edo_run(rt, answer, &want), want);
    CHECK_EQ(edo_block_in_place(answer, &want), want);
    return 42;
}

/* Blocks in place in its first poll, or in a later one. */
typedef struct blocker {
    edo_runtime *rt;
    int polls, at;
} blocker;

static edo_polled block_poll(void *arg, edo_cx *cx, int *result) {
    blocker *self = arg;
    if (self->polls++ < self->at) {
        edo_cx_wake(cx);
        return EDO_PENDING;
    }
    *result = edo_block_in_place(await_inside, self->rt);
    return EDO_READY;
}

static void awaits_in_place_work_in_a_root_on(const edo_runtime_opts *kind) {
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    for (int at = 0; at < 3; at++) {
        blocker b = { .rt = rt, .at = at };
        edo_poll_fn_future f;
        assert_int_equal(edo_block_on(rt, edo_poll_fn_init(&f, block_poll, &b)), 42);
    }
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(5)), 0);
    edo_runtime_free(rt);
}
ON_EACH_KIND(awaits_in_place_work_in_a_root)

static void awaits_in_place_work_in_a_root_with_a_paused_clock(void **state) {
    (void)state;
    awaits_in_place_work_in_a_root_on(&(edo_runtime_opts){ .start_paused = true });
}

/* A wake of the root that comes while `fn` awaits is not taken for that of `fn`. */
static edo_notify bell = EDO_NOTIFY_INIT;

static int ring(void *arg) {
    (void)arg;
    edo_notify_all(&bell);
    return 0;
}

static int hear_while_awaiting(void *arg) {
    edo_task *t = edo_spawn(ring, arg); // wakes the root, which is in a poll
    return edo_task_join(t);
}

static edo_polled miss_nothing(void *arg, edo_cx *cx, int *result) {
    edo_notify_wait_future *wait = arg;
    static bool is_begun;
    bool first = !is_begun;
    is_begun = true;
    if (first) (void)edo_notify_wait_init(wait, &bell);
    if (edo_poll(&wait->base, cx) == EDO_READY) {
        is_begun = false;
        *result = 9;
        return EDO_READY;
    }
    if (first) CHECK_EQ(edo_block_in_place(hear_while_awaiting, NULL), 0);
    return EDO_PENDING;
}

static void root_gets_a_wake_that_came_while_it_blocked_on(const edo_runtime_opts *kind) {
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    edo_notify_wait_future wait;
    edo_poll_fn_future f;
    assert_int_equal(edo_block_on(rt, edo_poll_fn_init(&f, miss_nothing, &wait)), 9);
    edo_runtime_free(rt);
}
ON_EACH_KIND(root_gets_a_wake_that_came_while_it_blocked)

static edo_polled bracketed(void *arg, edo_cx *cx, int *result) {
    (void)cx;
    edo_no_await_begin();
    *result = edo_block_in_place(answer, arg);
    edo_no_await_end();
    return EDO_READY;
}

static void a_bracket_around_the_call_does_not_count_inside_on(const edo_runtime_opts *kind) {
    edo_runtime *rt;
    int want = 6;
    edo_poll_fn_future f;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_block_on(rt, edo_poll_fn_init(&f, bracketed, &want)), 6);
    edo_runtime_free(rt);
}
ON_EACH_KIND(a_bracket_around_the_call_does_not_count_inside)

/* ---- A runtime that was only entered --------------------------------------------------------- */

static int sleep_an_hour(void *arg) {
    int err = edo_sleep(edo_hours(1));
    if (err == 0) ++*(int *)arg;
    return err;
}

static void a_thread_that_entered_may_stop_the_clock(void **state) {
    (void)state;
    edo_runtime *rt = current_thread();
    int slept = 0;
    assert_int_equal(edo_runtime_enter(rt), 0);
    assert_int_equal(edo_time_resume(), -EALREADY);
    assert_int_equal(edo_time_advance(edo_ms(1)), -EINVAL);
    assert_int_equal(edo_time_pause(), 0);
    assert_int_equal(edo_time_pause(), -EALREADY);
    edo_instant start = edo_now();
    edo_task *t = edo_spawn(sleep_an_hour, &slept);
    assert_int_equal(edo_yield(), 0); // it begins to sleep
    assert_int_equal(edo_time_advance(edo_minutes(59)), 0);
    assert_int_equal(slept, 0);
    assert_int_equal(edo_time_advance(edo_minutes(1)), 0);
    assert_int_equal(slept, 1); // it ran before advance returned
    assert_int_equal(edo_task_join(t), 0);
    assert_int_equal(edo_sleep(edo_hours(1)), 0); // at once
    assert_int_equal(ms_since(start), 2 * 3600 * 1000);
    assert_int_equal(edo_time_resume(), 0);
    assert_true(ms_since(start) >= 2 * 3600 * 1000);
    edo_runtime_leave(rt);
    edo_runtime_free(rt);
}

static void only_a_current_thread_runtime_has_a_clock_to_stop(void **state) {
    (void)state;
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &kinds[1]), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    assert_int_equal(edo_time_pause(), -ENOTSUP);
    assert_int_equal(edo_time_resume(), -ENOTSUP);
    assert_int_equal(edo_time_advance(edo_ms(1)), -ENOTSUP);
    edo_runtime_leave(rt);
    edo_runtime_free(rt);
}

static void *pause_too(void *arg) {
    CHECK_EQ(edo_runtime_enter(arg), 0);
    int err = edo_time_pause();
    edo_runtime_leave(arg);
    return err == -EBUSY ? NULL : arg;
}

static int let_another_pause(void *arg) {
    pthread_t other;
    void *failed = arg;
    CHECK_EQ(pthread_create(&other, NULL, pause_too, arg), 0);
    CHECK_EQ(pthread_join(other, &failed), 0);
    return failed ? 1 : 0;
}

static void no_thread_stops_the_clock_of_another_that_drives(void **state) {
    (void)state;
    edo_runtime *rt = current_thread();
    assert_int_equal(edo_run(rt, let_another_pause, rt), 0);
    edo_runtime_free(rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_that_yields_lets_queued_tasks_run),
        cmocka_unit_test(a_root_that_yields_waits_also_behind_tasks_that_are_overtaken),
        cmocka_unit_test(a_root_that_yields_goes_on_beside_tasks_that_yield),
        cmocka_unit_test(a_root_without_budget_lets_queued_tasks_run),
        cmocka_unit_test(a_thread_that_entered_drives_by_yielding),
        cmocka_unit_test(awaits_in_place_work_in_a_root),
        cmocka_unit_test(awaits_in_place_work_in_a_root_with_a_paused_clock),
        cmocka_unit_test(root_gets_a_wake_that_came_while_it_blocked),
        cmocka_unit_test(a_bracket_around_the_call_does_not_count_inside),
        cmocka_unit_test(a_thread_that_entered_may_stop_the_clock),
        cmocka_unit_test(only_a_current_thread_runtime_has_a_clock_to_stop),
        cmocka_unit_test(no_thread_stops_the_clock_of_another_that_drives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
