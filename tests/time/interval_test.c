/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/time.h for ticks and virtual time: three ways with missed ticks, pause,
 * advance, jumps to the next timer. Method: programs whose clock is paused. */
#include <edo/edo.h>

#include "inside.h"

#include <errno.h>
#include <time.h>

static edo_instant start;

static int64_t at_ms(edo_instant t) {
    return edo_instant_since(t, start).ns / 1000000;
}

/* Takes a tick; checks its planned time and when it was taken, in ms since the start. */
static void expect_tick(edo_interval *every, int64_t planned, int64_t taken) {
    edo_instant scheduled;
    CHECK_EQ(edo_interval_tick(every, &scheduled), 0);
    CHECK_EQ(at_ms(scheduled), planned);
    CHECK_EQ(ms_since(start), taken);
}

static int regular(void *arg) {
    const edo_tick_missed *missed = arg;
    edo_interval every;
    start = edo_now();
    CHECK_EQ(edo_interval_init(&every, edo_ms(10), *missed), 0);
    expect_tick(&every, 0, 0); // the first at once
    for (int i = 1; i < 20; i++) {
        CHECK_EQ(edo_sleep(edo_ms(i % 10)), 0); // work between ticks does not shift them
        expect_tick(&every, 10 * i, 10 * i);
    }
    return 0;
}

static void ticks_come_at_the_period(void **state) {
    (void)state;
    static edo_tick_missed all[] = { EDO_TICK_BURST, EDO_TICK_DELAY, EDO_TICK_SKIP };
    for (size_t i = 0; i < EDO_COUNT(all); i++) assert_int_equal(inside(regular, &all[i]), 0);
}

static int burst(void *arg) {
    (void)arg;
    edo_interval every;
    start = edo_now();
    CHECK_EQ(edo_interval_init(&every, edo_ms(10), EDO_TICK_BURST), 0);
    expect_tick(&every, 0, 0);
    CHECK_EQ(edo_sleep(edo_ms(35)), 0);
    expect_tick(&every, 10, 35);
    expect_tick(&every, 20, 35);
    expect_tick(&every, 30, 35);
    expect_tick(&every, 40, 40);
    return 0;
}

static int delay(void *arg) {
    (void)arg;
    edo_interval every;
    start = edo_now();
    CHECK_EQ(edo_interval_init(&every, edo_ms(10), EDO_TICK_DELAY), 0);
    expect_tick(&every, 0, 0);
    CHECK_EQ(edo_sleep(edo_ms(35)), 0);
    expect_tick(&every, 10, 35);
    expect_tick(&every, 45, 45);
    expect_tick(&every, 55, 55);
    return 0;
}

static int skip_missed(void *arg) {
    (void)arg;
    edo_interval every;
    start = edo_now();
    CHECK_EQ(edo_interval_init(&every, edo_ms(10), EDO_TICK_SKIP), 0);
    expect_tick(&every, 0, 0);
    CHECK_EQ(edo_sleep(edo_ms(35)), 0);
    expect_tick(&every, 10, 35);
    expect_tick(&every, 40, 40); // the next multiple
    CHECK_EQ(edo_sleep(edo_ms(40)), 0);
    expect_tick(&every, 50, 80);
    expect_tick(&every, 90, 90); // exactly on a multiple: the one after it
    return 0;
}

static void missed_ticks_come_in_a_burst_shift_or_are_skipped(void **state) {
    (void)state;
    assert_int_equal(inside(burst, NULL), 0);
    assert_int_equal(inside(delay, NULL), 0);
    assert_int_equal(inside(skip_missed, NULL), 0);
}

static int a_little_late(void *arg) {
    const edo_tick_missed *missed = arg;
    edo_interval every;
    start = edo_now();
    CHECK_EQ(edo_interval_init(&every, edo_ms(10), *missed), 0);
    expect_tick(&every, 0, 0);
    CHECK_EQ(edo_sleep(edo_ms(15)), 0); // 5 ms late is not missed
    expect_tick(&every, 10, 15);
    expect_tick(&every, 20, 20);
    return 0;
}

static void a_tick_taken_up_to_5_ms_late_was_not_missed(void **state) {
    (void)state;
    static edo_tick_missed all[] = { EDO_TICK_BURST, EDO_TICK_DELAY, EDO_TICK_SKIP };
    for (size_t i = 0; i < EDO_COUNT(all); i++) assert_int_equal(inside(a_little_late, &all[i]), 0);
}

static int resets_and_drops(void *arg) {
    (void)arg;
    edo_interval every;
    start = edo_now();
    CHECK_EQ(edo_interval_init(&every, edo_ms(0), EDO_TICK_BURST), -EINVAL);
    CHECK_EQ(edo_interval_init(&every, edo_ms(-1), EDO_TICK_BURST), -EINVAL);
    CHECK_EQ(edo_interval_init(&every, edo_ms(10), EDO_TICK_BURST), 0);
    CHECK_EQ(edo_interval_tick(&every, NULL), 0);
    edo_interval_tick_future tick;
    CHECK_EQ(edo_timeout(edo_interval_tick_init(&tick, &every, NULL), edo_ms(4)), -ETIMEDOUT);
    expect_tick(&every, 10, 10); // the dropped tick is still to come
    edo_interval_reset(&every, edo_instant_add(start, edo_ms(33)));
    expect_tick(&every, 33, 33);
    expect_tick(&every, 43, 43);
    return 0;
}

static void a_dropped_tick_is_still_to_come(void **state) {
    (void)state;
    assert_int_equal(inside(resets_and_drops, NULL), 0);
}

/* ---- Virtual time ---------------------------------------------------------------------------- */

static int64_t real_ms(void) {
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int hours(void *arg) {
    (void)arg;
    start = edo_now();
    CHECK_EQ(edo_sleep(edo_hours(1)), 0);
    CHECK_EQ(ms_since(start), 3600000);
    CHECK_EQ(edo_sleep(edo_hours(24 * 30)), 0);
    return 0;
}

static void an_hour_passes_at_once(void **state) {
    (void)state;
    assert_int_equal(inside(hours, NULL), 0);
}

static int pause_and_resume(void *arg) {
    (void)arg;
    CHECK_EQ(edo_time_resume(), -EALREADY);
    CHECK_EQ(edo_time_advance(edo_ms(1)), -EINVAL); // not paused
    CHECK_EQ(edo_time_pause(), 0);
    CHECK_EQ(edo_time_pause(), -EALREADY);
    edo_instant paused = edo_now();
    int64_t real = real_ms();
    while (real_ms() - real < 3) {
    }
    CHECK_EQ(edo_instant_since(edo_now(), paused).ns, 0); // it stands
    CHECK_EQ(edo_sleep(edo_s(100)), 0);
    CHECK_EQ(edo_time_resume(), 0);
    int64_t later = edo_instant_since(edo_now(), paused).ns;
    CHECK(later >= 100000000000); // goes on from the virtual time
    CHECK(later < 101000000000);
    edo_instant running = edo_now();
    CHECK_EQ(edo_sleep(edo_ms(2)), 0);
    CHECK(edo_instant_since(edo_now(), running).ns >= 2000000);
    return 0;
}

static int cannot_pause(void *arg) {
    (void)arg;
    CHECK_EQ(edo_time_pause(), -ENOTSUP);
    CHECK_EQ(edo_time_resume(), -ENOTSUP);
    CHECK_EQ(edo_time_advance(edo_s(1)), -ENOTSUP);
    return 0;
}

static void only_one_thread_can_stop_its_clock(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS_N; i++)
        if (kinds[i].flavor == EDO_RUNTIME_MULTI)
            assert_int_equal(inside_with(cannot_pause, NULL, &kinds[i]), 0);
}

static void a_paused_clock_stands_and_then_goes_on(void **state) {
    (void)state;
    assert_int_equal(inside_with(pause_and_resume, NULL, &one_thread), 0);
}

typedef struct napper {
    int64_t ms;
    int woken;
} napper;

static int nap(void *arg) {
    napper *n = arg;
    CHECK_EQ(edo_sleep(edo_ms(n->ms)), 0);
    n->woken = 1;
    return 0;
}

static int advances(void *arg) {
    (void)arg;
    start = edo_now();
    napper n[] = { { 10, 0 }, { 20, 0 }, { 30, 0 } };
    edo_task *t[3];
    for (int i = 0; i < 3; i++) t[i] = edo_spawn(nap, &n[i]);
    CHECK_EQ(edo_yield(), 0); // they sleep
    CHECK_EQ(edo_time_advance(edo_ms(-1)), -EINVAL);
    CHECK_EQ(edo_time_advance(edo_ms(9)), 0);
    CHECK_EQ(n[0].woken, 0);
    CHECK_EQ(edo_time_advance(edo_ms(1)), 0);
    CHECK_EQ(n[0].woken, 1); // the due task has run
    CHECK_EQ(n[1].woken, 0);
    CHECK_EQ(ms_since(start), 10);
    CHECK_EQ(edo_time_advance(edo_ms(90)), 0); // jumps over both
    CHECK_EQ(n[1].woken + n[2].woken, 2);
    CHECK_EQ(ms_since(start), 100);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_task_join(t[i]), 0);
    return 0;
}

static void advance_moves_the_clock_and_runs_due_tasks(void **state) {
    (void)state;
    assert_int_equal(inside(advances, NULL), 0);
}

static int spin(void *arg) {
    int *stop = arg;
    while (!*stop) CHECK_EQ(edo_yield(), 0);
    return 0;
}

static int no_jump_while_busy(void *arg) {
    (void)arg;
    int stop = 0;
    napper n = { 1, 0 };
    edo_task *busy = edo_spawn(spin, &stop), *t = edo_spawn(nap, &n);
    for (int i = 0; i < 500; i++) CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(n.woken, 0); // a task can run: time stands
    stop = 1;
    CHECK_EQ(edo_task_join(busy), 0);
    CHECK_EQ(edo_task_join(t), 0);
    return 0;
}

static void clock_does_not_jump_while_a_task_is_runnable(void **state) {
    (void)state;
    assert_int_equal(inside(no_jump_while_busy, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_come_at_the_period),
        cmocka_unit_test(missed_ticks_come_in_a_burst_shift_or_are_skipped),
        cmocka_unit_test(a_tick_taken_up_to_5_ms_late_was_not_missed),
        cmocka_unit_test(a_dropped_tick_is_still_to_come),
        cmocka_unit_test(an_hour_passes_at_once),
        cmocka_unit_test(only_one_thread_can_stop_its_clock),
        cmocka_unit_test(a_paused_clock_stands_and_then_goes_on),
        cmocka_unit_test(advance_moves_the_clock_and_runs_due_tasks),
        cmocka_unit_test(clock_does_not_jump_while_a_task_is_runnable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
