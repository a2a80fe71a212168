/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/time.h for sleeps and time limits: never early, past, far, equal,
 * reset, dropped; ready wins over the limit. Method: virtual time, where an hour costs nothing;
 * once the real clock, to see that it is not early there either. */
#include <edo/async.h>
#include <edo/edo.h>

#include "inside.h"

#include <errno.h>
#include <string.h>

static int never_early(void *arg) {
    (void)arg;
    static const int64_t lengths_ns[] = { 1,       999999,         1000000,       1000001,
                                          1999999, 63 * 1000000,   64 * 1000000,  65 * 1000000,
                                          4096,    4095000000LL,   4096000000LL,  4097000001LL,
                                          1 << 30, 262143999999LL, 262144000001LL };
    for (size_t i = 0; i < EDO_COUNT(lengths_ns); i++) {
        edo_instant start = edo_now();
        CHECK_EQ(edo_sleep(edo_ns(lengths_ns[i])), 0);
        int64_t slept = edo_instant_since(edo_now(), start).ns;
        CHECK(slept >= lengths_ns[i]);
        CHECK(slept < lengths_ns[i] + 2000000); // a resolution of 1 ms, rounded up
    }
    return 0;
}

static void a_sleep_never_ends_early(void **state) {
    (void)state;
    assert_int_equal(inside(never_early, NULL), 0);
}

static int never_early_really(void *arg) {
    (void)arg;
    for (int i = 0; i < 20; i++) {
        edo_instant start = edo_now();
        int64_t ns = 100000 * (i + 1);
        CHECK_EQ(edo_sleep(edo_ns(ns)), 0);
        CHECK(edo_instant_since(edo_now(), start).ns >= ns);
    }
    return 0;
}

static void a_sleep_never_ends_early_by_the_real_clock(void **state) {
    (void)state;
    assert_int_equal(inside_each(never_early_really, NULL), 0);
}

/* Virtual time and none: a thread's own clock. */
static int coarse(void *arg) {
    (void)arg;
    for (int i = 0; i < 20; i++) {
        CHECK_EQ(edo_instant_since(edo_now(), edo_now_coarse()).ns, 0);
        CHECK_EQ(edo_sleep(edo_ns(1234567)), 0);
    }
    return 0;
}

static int coarse_really(void *arg) {
    (void)arg;
    edo_instant last = edo_now_coarse();
    for (int i = 0; i < 20; i++) {
        CHECK_EQ(edo_sleep(edo_ms(1)), 0);
        edo_instant now = edo_now_coarse();
        CHECK(now.ns >= last.ns && now.ns <= edo_now().ns);
        last = now;
    }
    return 0;
}

static void the_coarse_time_is_never_after_the_time(void **state) {
    (void)state;
    assert_int_equal(inside(coarse, NULL), 0);
    assert_int_equal(inside_each(coarse_really, NULL), 0);
    assert_true(edo_now_coarse().ns <= edo_now().ns);
}

static int past_and_far(void *arg) {
    (void)arg;
    edo_instant start = edo_now();
    edo_sleep_future f;
    CHECK_EQ(edo_sleep_at((edo_instant){ 0 }), 0);
    CHECK_EQ(edo_sleep_at((edo_instant){ INT64_MIN }), 0);
    CHECK_EQ(edo_sleep_at(start), 0);
    CHECK_EQ(edo_sleep(edo_ms(0)), 0);
    CHECK_EQ(edo_sleep(edo_ms(-5)), 0);
    CHECK_EQ(edo_await(edo_sleep_init(&f, edo_ms(-5))), 0);
    CHECK_EQ(edo_instant_since(edo_now(), start).ns, 0); // no time has passed
    edo_timeout_future limit;
    edo_duration ever = { EDO_FOREVER_NS };
    CHECK_EQ(edo_await(edo_timeout_init(&limit, edo_sleep_init(&f, ever), edo_hours(24 * 365 * 5))),
             -ETIMEDOUT);
    CHECK_EQ(ms_since(start) / 3600000, 24 * 365 * 5); // five years later
    CHECK(strcmp(edo_trail_find(-ETIMEDOUT)->text, "limit of 1825 days passed") == 0);
    return 0;
}

static void past_sleep_is_ready_at_once_and_distant_one_waits(void **state) {
    (void)state;
    assert_int_equal(inside(past_and_far, NULL), 0);
}

/* Already over when polled, also when the wheel has not turned for a long time. */
static int past_by_the_real_clock(void *arg) {
    (void)arg;
    edo_instant at = edo_instant_add(edo_now(), edo_ms(3));
    while (edo_now().ns < at.ns) {
    }
    edo_sleep_future f;
    edo_future *array[] = { edo_sleep_at_init(&f, at) };
    CHECK_EQ(edo_select_array(array, 1, EDO_SELECT_NOWAIT), 0); // one poll
    return 0;
}

static void an_instant_that_has_passed_is_ready_at_its_first_poll(void **state) {
    (void)state;
    assert_int_equal(inside_each(past_by_the_real_clock, NULL), 0);
}

static int order[6], order_n;

typedef struct sleeper {
    int64_t ms;
    int id;
} sleeper;

static int sleep_and_note(void *arg) {
    const sleeper *s = arg;
    CHECK_EQ(edo_sleep(edo_ms(s->ms)), 0);
    order[order_n++] = s->id;
    return 0;
}

static int equal_and_ordered(void *arg) {
    (void)arg;
    sleeper s[] = { { 30, 0 }, { 10, 1 }, { 10, 2 }, { 20, 3 }, { 10, 4 }, { 5000, 5 } };
    edo_scope scope;
    edo_scope_begin(&scope, NULL);
    for (size_t i = 0; i < EDO_COUNT(s); i++) (void)edo_scope_spawn(&scope, sleep_and_note, &s[i]);
    edo_instant start = edo_now();
    CHECK_EQ(edo_scope_end(&scope, 0), 0);
    CHECK_EQ(ms_since(start), 5000);
    CHECK_EQ(order_n, 6);
    CHECK(order[0] + order[1] + order[2] == 1 + 2 + 4); // the equal ones, in any order
    CHECK_EQ(order[3], 3);
    CHECK_EQ(order[4], 0);
    CHECK_EQ(order[5], 5);
    return 0;
}

static void sleeps_end_in_order_and_equal_ones_together(void **state) {
    (void)state;
    order_n = 0;
    assert_int_equal(inside(equal_and_ordered, NULL), 0);
}

/* ---- Reset ----------------------------------------------------------------------------------- */

static int resets(void *arg) {
    (void)arg;
    edo_sleep_future f, other;
    edo_instant start = edo_now();
    (void)edo_sleep_init(&f, edo_ms(50));
    CHECK_EQ(edo_sleep_deadline(&f).ns, start.ns + 50000000);
    edo_future *array[] = { &f.base, edo_sleep_init(&other, edo_ms(10)) };
    CHECK_EQ(edo_select_array(array, 2, EDO_SELECT_KEEP), 1);
    CHECK_EQ(edo_sleep_deadline(&f).ns, start.ns + 50000000);
    edo_sleep_reset(&f, edo_instant_add(start, edo_ms(200))); // pending: later
    CHECK_EQ(edo_sleep_deadline(&f).ns, start.ns + 200000000);
    array[1] = edo_sleep_init(&other, edo_ms(100));
    CHECK_EQ(edo_select_array(array, 2, EDO_SELECT_KEEP), 1);
    edo_sleep_reset(&f, edo_instant_add(start, edo_ms(120))); // pending: sooner
    CHECK_EQ(edo_await(&f.base), 0);
    CHECK_EQ(ms_since(start), 120);
    edo_sleep_reset(&f, edo_instant_add(start, edo_ms(130))); // finished
    CHECK_EQ(edo_await(&f.base), 0);
    CHECK_EQ(ms_since(start), 130);
    edo_sleep_reset(&f, start); // to the past
    CHECK_EQ(edo_await(&f.base), 0);
    CHECK_EQ(ms_since(start), 130);
    (void)edo_sleep_init(&f, edo_ms(70));
    edo_sleep_reset(&f, edo_instant_add(edo_now(), edo_ms(1))); // fresh
    CHECK_EQ(edo_await(&f.base), 0);
    CHECK_EQ(ms_since(start), 131);
    return 0;
}

static void a_sleep_is_re_armed_in_every_state(void **state) {
    (void)state;
    assert_int_equal(inside(resets, NULL), 0);
}

/* ---- Many ------------------------------------------------------------------------------------ */

#define MANY 100000

static int drop_many(void *arg) {
    (void)arg;
    edo_sleep_future *f = malloc(MANY * sizeof *f);
    CHECK(f);
    for (int i = 0; i < MANY; i++) {
        edo_future *array[] = { edo_sleep_init(&f[i], edo_ms(i % 100000 + 1)) };
        CHECK_EQ(edo_select_array(array, 1, EDO_SELECT_NOWAIT | EDO_SELECT_KEEP), -EAGAIN);
    }
    for (int i = 0; i < MANY; i += 2) edo_drop(&f[i].base); // every other one, then the rest
    for (int i = MANY - 1; i > 0; i -= 2) edo_drop(&f[i].base);
    edo_instant start = edo_now();
    CHECK_EQ(edo_sleep(edo_s(200)), 0); // past all of them: no task is woken
    CHECK_EQ(ms_since(start), 200000);
    free(f);
    return 0;
}

static void a_hundred_thousand_dropped_sleeps_leave_nothing(void **state) {
    (void)state;
    assert_int_equal(inside(drop_many, NULL), 0);
}

static int naps_n;

EDO_ASYNC(napper, int64_t ms; edo_sleep_future nap;) {
    EDO_BEGIN;
    EDO_TRY_AWAIT(edo_sleep_init(&self->nap, edo_ms(self->ms)));
    naps_n++;
    EDO_END;
}

static int fire_many(void *arg) {
    (void)arg;
    edo_instant start = edo_now();
    for (int i = 0; i < MANY; i++) {
        napper n = { .ms = i % 3000 };
        CHECK_EQ(edo_spawn_future_detached(napper_init(&n)), 0);
        if (i % 1000 == 0) CHECK_EQ(edo_yield(), 0);
    }
    CHECK_EQ(edo_sleep(edo_ms(3001)), 0);
    CHECK_EQ(naps_n, MANY);
    CHECK(ms_since(start) < 3010);
    return 0;
}

static void a_hundred_thousand_sleeping_machines_all_wake(void **state) {
    (void)state;
    naps_n = 0;
    assert_int_equal(inside(fire_many, NULL), 0);
}

/* ---- Time limits ----------------------------------------------------------------------------- */

typedef struct polled_future {
    edo_future base;
    int ready_at, polls, drops;
} polled_future;

static edo_polled polled_poll(edo_future *f, edo_cx *cx) {
    polled_future *self = (polled_future *)(void *)f;
    (void)edo_cx_waker(cx);
    return ++self->polls == self->ready_at ? edo_future_finish(f, 6) : EDO_PENDING;
}

static void polled_drop(edo_future *f) {
    if (!edo_future_is_over(f)) ((polled_future *)(void *)f)->drops++;
    edo_future_retire(f);
}

static const edo_future_ops polled_ops = {
    .poll = polled_poll, .drop = polled_drop, .name = "polled", .size = sizeof(polled_future)
};

static edo_future *polled_init(polled_future *f, int ready_at) {
    *f = (polled_future){ .ready_at = ready_at };
    return edo_future_init(&f->base, &polled_ops);
}

static int limits(void *arg) {
    (void)arg;
    polled_future f;
    edo_instant start = edo_now();
    CHECK_EQ(edo_timeout(polled_init(&f, 1), edo_ms(0)), 6); // ready wins over a limit of 0
    CHECK_EQ(edo_timeout(polled_init(&f, 2), edo_ms(0)), -ETIMEDOUT);
    CHECK_EQ(f.polls, 1); // 0 means one poll
    CHECK_EQ(f.drops, 1);
    CHECK_EQ(edo_timeout(polled_init(&f, 2), edo_ms(-7)), -ETIMEDOUT);
    CHECK_EQ(f.polls, 1);
    CHECK_EQ(edo_instant_since(edo_now(), start).ns, 0);
    CHECK_EQ(edo_timeout(polled_init(&f, 0), edo_ms(10)), -ETIMEDOUT);
    CHECK_EQ(ms_since(start), 10);
    CHECK_EQ(f.drops, 1);
    CHECK_EQ(edo_timeout(polled_init(&f, 2), edo_ms(10)), 6); // ready when the limit is over too
    CHECK_EQ(ms_since(start), 20);
    edo_sleep_future nap;
    CHECK_EQ(edo_timeout(edo_sleep_init(&nap, edo_ms(5)), edo_ms(5)), 0);
    CHECK_EQ(ms_since(start), 25);
    edo_ready_future bad;
    CHECK_EQ(edo_timeout(edo_ready_init(&bad, -EIO), edo_ms(5)), -EIO);
    return 0;
}

static void a_time_limit_polls_first_and_then_looks_at_the_time(void **state) {
    (void)state;
    assert_int_equal(inside(limits, NULL), 0);
}

static int zero_limit_really(void *arg) {
    (void)arg;
    polled_future f;
    for (int i = 0; i < 100; i++) {
        CHECK_EQ(edo_timeout(polled_init(&f, 2), edo_ms(0)), -ETIMEDOUT);
        CHECK_EQ(f.polls, 1);
    }
    return 0;
}

static void a_limit_of_0_is_one_poll_by_the_real_clock_too(void **state) {
    (void)state;
    assert_int_equal(inside_each(zero_limit_really, NULL), 0);
}

/* Spends the whole budget at each poll and is never ready. */
static edo_polled spend_all(void *arg, edo_cx *cx, int *result) {
    (void)arg;
    (void)result;
    while (edo_budget_take(cx)) {
    }
    return EDO_PENDING;
}

static int limit_a_spender(void *arg) {
    (void)arg;
    edo_poll_fn_future f;
    edo_instant start = edo_now();
    CHECK_EQ(edo_timeout(edo_poll_fn_init(&f, spend_all, NULL), edo_ms(5)), -ETIMEDOUT);
    CHECK(ms_since(start) >= 5);
    return 0;
}

static void timeout_limits_a_future_that_spends_every_budget(void **state) {
    (void)state;
    assert_int_equal(inside_each(limit_a_spender, NULL), 0);
}

static int boxed_limits(void *arg) {
    (void)arg;
    polled_future f;
    CHECK_EQ(edo_timeout(edo_boxed_new(polled_init(&f, 1)), edo_ms(5)), 6);
    CHECK_EQ(edo_timeout(edo_boxed_new(polled_init(&f, 0)), edo_ms(5)), -ETIMEDOUT);
    edo_timeout_future t;
    edo_drop(edo_timeout_init(&t, edo_boxed_new(polled_init(&f, 0)), edo_ms(5)));
    return 0;
}

static void a_limited_box_is_freed_in_every_case(void **state) {
    (void)state;
    assert_int_equal(inside(boxed_limits, NULL), 0);
}

static int nest(void *arg) {
    (void)arg;
    polled_future a, b;
    edo_timeout_future ta, tb, outer;
    edo_select_future sel;
    edo_instant start = edo_now();
    edo_future *branches[] = { edo_timeout_init(&ta, polled_init(&a, 0), edo_ms(30)),
                               edo_timeout_init(&tb, polled_init(&b, 0), edo_ms(20)) };
    CHECK_EQ(edo_timeout(edo_select_init(&sel, branches, 2, 0), edo_ms(25)), 1);
    CHECK_EQ(edo_result(&tb), -ETIMEDOUT);
    CHECK_EQ(ms_since(start), 20);
    CHECK_EQ(a.drops + b.drops, 2);
    branches[0] = edo_timeout_init(&ta, polled_init(&a, 0), edo_ms(30));
    branches[1] = edo_timeout_init(&tb, polled_init(&b, 0), edo_ms(20));
    edo_join_future join;
    (void)edo_timeout_init(&outer, edo_join_init(&join, branches, 2, 0), edo_ms(40));
    CHECK_EQ(edo_await(&outer.base), -ETIMEDOUT); // its branches', after 30
    CHECK_EQ(ms_since(start), 50);
    CHECK_EQ(edo_result(&join), -ETIMEDOUT);
    return 0;
}

static void limits_nest_in_selects_and_joins(void **state) {
    (void)state;
    assert_int_equal(inside(nest, NULL), 0);
}

static void a_plain_thread_awaits_time_by_itself(void **state) {
    (void)state;
    edo_pending_future f;
    edo_interval every;
    int64_t start_ns = edo_now().ns;
    assert_int_equal(edo_sleep(edo_ms(2)), 0);
    assert_true(edo_now().ns - start_ns >= 2000000);
    assert_int_equal(edo_sleep_at((edo_instant){ 0 }), 0);
    assert_int_equal(edo_timeout(edo_pending_init(&f), edo_ms(1)), -ETIMEDOUT);
    assert_string_equal(edo_trail_find(-ETIMEDOUT)->text, "limit of 1 ms passed");
    assert_int_equal(edo_interval_init(&every, edo_ms(1), EDO_TICK_BURST), 0);
    assert_int_equal(edo_interval_tick(&every, NULL), 0);
    assert_int_equal(edo_interval_tick(&every, NULL), 0);
}

static void calls_without_a_runtime_return_an_error(void **state) {
    (void)state;
    edo_sleep_future nap;
    (void)edo_sleep_init(&nap, edo_ms(1));
    assert_int_equal(edo_poll_once(&nap.base), EDO_READY);
    assert_int_equal(edo_result(&nap), -EDO_ENORUNTIME);
    assert_int_equal(edo_time_pause(), -EDO_ENORUNTIME);
    assert_int_equal(edo_time_resume(), -EDO_ENORUNTIME);
    assert_int_equal(edo_time_advance(edo_ms(1)), -EDO_ENORUNTIME);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sleep_never_ends_early),
        cmocka_unit_test(a_sleep_never_ends_early_by_the_real_clock),
        cmocka_unit_test(the_coarse_time_is_never_after_the_time),
        cmocka_unit_test(past_sleep_is_ready_at_once_and_distant_one_waits),
        cmocka_unit_test(an_instant_that_has_passed_is_ready_at_its_first_poll),
        cmocka_unit_test(sleeps_end_in_order_and_equal_ones_together),
        cmocka_unit_test(a_sleep_is_re_armed_in_every_state),
        cmocka_unit_test(a_hundred_thousand_dropped_sleeps_leave_nothing),
        cmocka_unit_test(a_hundred_thousand_sleeping_machines_all_wake),
        cmocka_unit_test(a_time_limit_polls_first_and_then_looks_at_the_time),
        cmocka_unit_test(a_limit_of_0_is_one_poll_by_the_real_clock_too),
        cmocka_unit_test(timeout_limits_a_future_that_spends_every_budget),
        cmocka_unit_test(a_limited_box_is_freed_in_every_case),
        cmocka_unit_test(limits_nest_in_selects_and_joins),
        cmocka_unit_test(a_plain_thread_awaits_time_by_itself),
        cmocka_unit_test(calls_without_a_runtime_return_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
