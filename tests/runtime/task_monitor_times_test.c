/* SPDX-License-Identifier: MIT */
/* Goal: a monitor's times are those of the right parts of a task's life, and cover all of it.
 * Method: the times are real; so they are compared with each other, with the time burnt, and with
 * thresholds far away. */
#include <edo/edo.h>
#include <edo/task_monitor.h>

#include "monitored.h"
#include "patience.h"

#include <pthread.h>

/* ---- Waits ----------------------------------------------------------------------------------- */

static int join_sleeper(void *arg) {
    edo_spawn_opts opts = counted(arg);
    return edo_task_join(edo_spawn_with(sleep_some, NULL, &opts));
}

/* Idle time begins at the end of a poll, which a busy machine may hold up until the sleep is over:
 * so a sleeper sleeps until the machine has let it. On one worker: its timers fire only between its
 * polls, so each sleep is a wait. */
static void each_wait_for_a_timer_is_idle_time_on(const edo_runtime_opts *kind) {
    world w = begin(kind);
    const int64_t since_s = patience_now_s();
    uint64_t idle_ns = 0;
    for (uint64_t n = 1; idle_ns < TURNS * 900000;
         n++) { // the wheel's steps of 1 ms may be shorter
        uint64_t before = read_one(w.m).idle_ns;
        run(&w, join_sleeper);
        numbers_are(&w, (wanted){ n, n * (TURNS + 1), n * TURNS });
        idle_ns = read_one(w.m).idle_ns - before;
        assert_true(read_one(w.m).mean_idle.ns == (int64_t)(read_one(w.m).idle_ns / (n * TURNS)));
        patience_check(since_s, "a sleep is idle time", __FILE__, __LINE__);
    }
    end(&w);
}
ON_EACH_KIND_OF_ONE_WORKER(each_wait_for_a_timer_is_idle_time)

static int sleep_in_a_machine(void *arg) {
    edo_sleep_future nap;
    edo_spawn_opts opts = counted(arg);
    return edo_task_join(edo_spawn_future_with(edo_sleep_init(&nap, edo_ms(5)), &opts));
}

static void the_wait_of_a_state_machine_is_idle_time_on(const edo_runtime_opts *kind) {
    world w = begin(kind);
    const int64_t since_s = patience_now_s();
    uint64_t idle_ns = 0;
    for (uint64_t n = 1; idle_ns < 3000000; n++) {
        uint64_t before = read_one(w.m).idle_ns;
        run(&w, sleep_in_a_machine);
        numbers_are(&w, (wanted){ n, 2 * n, n });
        idle_ns = read_one(w.m).idle_ns - before;
        patience_check(since_s, "a sleep is idle time", __FILE__, __LINE__);
    }
    end(&w);
}
ON_EACH_KIND_OF_ONE_WORKER(the_wait_of_a_state_machine_is_idle_time)

static void time_that_does_not_pass_is_no_idle_time(void **state) {
    (void)state;
    world w = begin(&(edo_runtime_opts){ .start_paused = true });
    edo_instant start = edo_now();
    run(&w, join_sleeper);
    edo_duration took = edo_instant_since(edo_now(), start); // of the real clock
    numbers_are(&w, (wanted){ 1, TURNS + 1, TURNS });
    assert_true(read_one(w.m).idle_ns <= (uint64_t)took.ns);
    end(&w);
}

/* Waits until the task of the bell has waited for it for some time, and rings. */
static void ring_from_outside(world *w) {
    WAIT_FOR(read_one(w->m).polls > 0);
    burn(edo_ms(5));
    edo_notify_one(&w->bell);
}

static void *ring_on_a_thread(void *arg) {
    ring_from_outside(arg);
    return NULL;
}

static int join_waiter(void *arg) {
    edo_spawn_opts opts = counted(arg);
    return edo_task_join(edo_spawn_with(wait_for_bell, arg, &opts));
}

static void a_wake_by_another_thread_ends_idle_time_on(const edo_runtime_opts *kind) {
    world w = begin(kind);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, ring_on_a_thread, &w), 0);
    run(&w, join_waiter);
    assert_int_equal(pthread_join(thread, NULL), 0);
    numbers_are(&w, (wanted){ 1, 2, 1 });
    assert_true(read_one(w.m).idle_ns >= 5000000 - 64);
    end(&w);
}
ON_EACH_KIND(a_wake_by_another_thread_ends_idle_time)

/* Burns while the task that it has woken waits for its turn. */
static int ring_and_burn(void *arg) {
    world *w = arg;
    edo_spawn_opts opts = counted(w);
    edo_task *t = edo_spawn_with(wait_for_bell, w, &opts);
    CHECK_EQ(edo_yield(), 0);
    burn(edo_ms(3));
    edo_notify_one(&w->bell);
    burn(edo_ms(3));
    return edo_task_join(t);
}

static void the_wake_parts_idle_from_scheduled_time(void **state) {
    (void)state;
    world w = begin(&one_thread);
    run(&w, ring_and_burn);
    numbers_are(&w, (wanted){ 1, 2, 1 });
    edo_task_monitor_stats s = read_one(w.m);
    assert_true(s.idle_ns >= 3000000 - 64);
    assert_true(s.scheduled_ns >= 3000000 - 64);
    end(&w);
}

/* ---- Times ----------------------------------------------------------------------------------- */

static int burn_and_yield(void *arg) {
    int err = 0;
    (void)arg;
    for (int i = 0; i < TURNS && err == 0; i++) {
        burn(edo_ms(1));
        err = edo_yield();
    }
    return err;
}

/* Each of the two burns while the other waits for its turn. */
static int burn_in_turns(void *arg) {
    edo_spawn_opts opts = counted(arg);
    edo_task *a = edo_spawn_with(burn_and_yield, NULL, &opts);
    edo_task *b = edo_spawn_with(burn_and_yield, NULL, &opts);
    return edo_task_join(a) + edo_task_join(b);
}

static void slow_polls_and_long_delays_follow_the_thresholds(void **state) {
    (void)state;
    static const edo_task_monitor_opts low = { .slow_poll = EDO_MS(1), .long_delay = EDO_US(900) };
    static const edo_task_monitor_opts high = { .slow_poll = EDO_S(600), .long_delay = EDO_S(600) };
    world w = begin_with(&one_thread, &low);
    run(&w, burn_in_turns);
    numbers_are(&w, (wanted){ 2, 2 * (TURNS + 1), 0 });
    edo_task_monitor_stats s = read_one(w.m);
    assert_in_range(s.slow_polls, 2 * TURNS, 2 * (TURNS + 1)); // the last burns nothing
    assert_in_range(s.long_delays, 2 * TURNS - 1, 2 * TURNS);  // of one task, none burns before it
    assert_true(s.slow_poll_ns >= 2 * TURNS * UINT64_C(1000000) && s.slow_poll_ns <= s.poll_ns);
    assert_true(s.long_delay_ns >= (2 * TURNS - 1) * UINT64_C(900000));
    assert_true(s.long_delay_ns <= s.scheduled_ns);
    assert_true(s.slow_poll_ratio > 0.8 && s.slow_poll_ratio <= 1);
    assert_true(s.long_delay_ratio > 0.8 && s.long_delay_ratio <= 1);
    assert_true(s.first_poll_delay_ns >= 1000000); // of the second
    end(&w);
    w = begin_with(&one_thread, &high);
    run(&w, burn_in_turns);
    s = read_one(w.m);
    assert_int_equal(s.slow_polls + s.long_delays + s.slow_poll_ns + s.long_delay_ns, 0);
    assert_true(s.slow_poll_ratio + s.long_delay_ratio <= 0);
    assert_true(s.mean_poll.ns >= 1000000 * TURNS / (TURNS + 1));
    end(&w);
}

static int nothing(void *arg) {
    (void)arg;
    return 0;
}

static void *spawn_from_outside(void *arg) {
    edo_task_detach(edo_spawn_on(((world *)arg)->rt, nothing, NULL));
    return NULL;
}

typedef struct burner {
    world *w;
    int64_t yields_ns; /* how long its yields have taken, as it sees it */
} burner;

/* When this yields, the worker finds the tasks that others have spawned meanwhile, and queues it
 * behind. */
static int burn_while_others_spawn(void *arg) {
    burner *b = arg;
    int err = 0;
    for (int i = 0; i < TURNS && err == 0; i++) {
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, NULL, spawn_from_outside, b->w), 0);
        CHECK_EQ(pthread_join(thread, NULL), 0);
        burn(edo_ms(1));
        edo_instant start = edo_now();
        err = edo_yield();
        b->yields_ns += edo_instant_since(edo_now(), start).ns;
    }
    return err;
}

static int join_burner(void *arg) {
    burner *b = arg;
    edo_spawn_opts opts = counted(b->w);
    return edo_task_join(edo_spawn_with(burn_while_others_spawn, b, &opts));
}

static void own_poll_of_a_task_is_no_delay(void **state) {
    (void)state;
    world w = begin(&one_thread);
    burner b = { .w = &w };
    assert_int_equal(edo_run(w.rt, join_burner, &b), 0);
    numbers_are(&w, (wanted){ 1, TURNS + 1, 0 });
    assert_true(read_one(w.m).scheduled_ns <= (uint64_t)b.yields_ns + TURNS * UINT64_C(64));
    end(&w);
}

/* A life, as it sees itself. */
typedef struct life {
    world *w;
    int64_t lived_ns;
} life;

static int live(void *arg) {
    life *l = arg;
    edo_instant start = edo_now();
    for (int i = 0; i < TURNS; i++) {
        burn(edo_us(300));
        CHECK_EQ(edo_sleep(edo_ms(2)), 0);
        CHECK_EQ(edo_notify_wait(&l->w->bell), 0);
    }
    l->lived_ns = edo_instant_since(edo_now(), start).ns;
    return 0;
}

static int live_and_ring(void *arg) {
    life *l = arg;
    edo_spawn_opts opts = counted(l->w);
    edo_task *t = edo_spawn_with(live, l, &opts);
    while (!edo_task_is_finished(t)) {
        edo_notify_one(&l->w->bell);
        CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    }
    return edo_task_join(t);
}

static void the_parts_of_a_life_add_up_on(const edo_runtime_opts *kind) {
    world w = begin(kind);
    life l = { .w = &w };
    edo_instant start = edo_now();
    assert_int_equal(edo_run(w.rt, live_and_ring, &l), 0);
    WAIT_FOR(read_one(w.m).polls == 1 + read_one(w.m).scheduled); // the last poll
    edo_runtime_free(w.rt);
    w.rt = NULL;
    int64_t most_ns = edo_instant_since(edo_now(), start).ns;
    edo_task_monitor_stats s = read_one(w.m);
    int64_t after_first_ns = (int64_t)(s.idle_ns + s.scheduled_ns + s.poll_ns);
    int64_t off_ns = (int64_t)s.polls * 64;
    assert_true(after_first_ns >= l.lived_ns - off_ns);
    assert_true(after_first_ns + (int64_t)s.first_poll_delay_ns <= most_ns + off_ns);
    end(&w);
}
ON_EACH_KIND(the_parts_of_a_life_add_up)

static void nothing_counted_has_no_means(void **state) {
    (void)state;
    world w = begin(&one_thread);
    edo_task_monitor_stats s = read_one(w.m);
    assert_int_equal(s.mean_first_poll_delay.ns + s.mean_idle.ns, 0);
    assert_int_equal(s.mean_scheduled.ns + s.mean_poll.ns, 0);
    assert_true(s.slow_poll_ratio <= 0 && s.long_delay_ratio <= 0);
    end(&w);
}

static void delta_is_the_difference_of_two_reads(void **state) {
    (void)state;
    world w = begin(&one_thread);
    run(&w, join_fiber);
    edo_task_monitor_stats before = read_one(w.m), now, d;
    run(&w, join_sleeper);
    now = read_one(w.m);
    edo_task_monitor_stats_delta(&d, &before, &now);
    assert_int_equal(d.spawned, 1);
    assert_int_equal(d.ended, 1);
    assert_int_equal(d.first_polls, 1);
    assert_int_equal(d.polls, TURNS + 1);
    assert_int_equal(d.idled, TURNS);
    assert_int_equal(d.scheduled, TURNS);
    assert_int_equal(d.idle_ns, now.idle_ns); // before, none
    assert_int_equal(d.mean_idle.ns, now.idle_ns / TURNS);
    assert_int_equal(d.mean_poll.ns, (now.poll_ns - before.poll_ns) / (TURNS + 1));
    edo_task_monitor_stats_delta(&now, &before, &now);
    assert_int_equal(now.polls, d.polls);
    assert_int_equal(now.poll_ns, d.poll_ns);
    assert_int_equal(now.mean_idle.ns, d.mean_idle.ns);
    assert_int_equal(now.ended, 1);
    end(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_wait_for_a_timer_is_idle_time),
        cmocka_unit_test(the_wait_of_a_state_machine_is_idle_time),
        cmocka_unit_test(time_that_does_not_pass_is_no_idle_time),
        cmocka_unit_test(a_wake_by_another_thread_ends_idle_time),
        cmocka_unit_test(the_wake_parts_idle_from_scheduled_time),
        cmocka_unit_test(slow_polls_and_long_delays_follow_the_thresholds),
        cmocka_unit_test(own_poll_of_a_task_is_no_delay),
        cmocka_unit_test(the_parts_of_a_life_add_up),
        cmocka_unit_test(nothing_counted_has_no_means),
        cmocka_unit_test(delta_is_the_difference_of_two_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
