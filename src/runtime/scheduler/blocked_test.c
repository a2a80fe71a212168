/* SPDX-License-Identifier: MIT */
/* Goal: a wait for a lock that lasts is told once for each reason: its holder has ended, it was
 * given to a future that nobody polls, its holder keeps it; none is told that is short. Of two
 * tasks that wait for each other on two workers one fails, where that is wanted.
 * Method: waits of real tasks, at which the watchdog's look is taken at later times. */
#include "runtime/scheduler/blocked.h"

#include "driver/clock.h"

#include <edo/edo.h>
#include <edo/locks.h>

#include "inside.h"

#include <errno.h>

#define SECOND INT64_C(1000000000)

static edo_mutex lock;
static edo_rwlock shelf;

/* What a look tells that is made at that time. */
static uint64_t told_at(int64_t ns) {
    edo_locks_stats before, after;
    edo_locks_get_stats(&before);
    edoi_blocked_look(ns);
    edo_locks_get_stats(&after);
    return after.lasting - before.lasting;
}

static uint64_t told_after(int64_t ns) {
    return told_at(edoi_clock_monotonic() + ns);
}

static int takes(void *arg) {
    (void)arg;
    return edo_mutex_lock(&lock);
}

static int takes_and_gives_back(void *arg) {
    int err = takes(arg);
    if (err == 0) edo_mutex_unlock(&lock);
    return err;
}

static bool somebody_waits(void) {
    return edoi_waits_any();
}

static int of_one_that_has_ended(void *arg) {
    (void)arg;
    lock = (edo_mutex)EDO_MUTEX_INIT;
    CHECK_EQ(edo_task_join(edo_spawn(takes, NULL)), 0);
    const int64_t before_ns = edoi_clock_monotonic();
    edo_task *t = edo_spawn(takes_and_gives_back, NULL);
    YIELD_FOR(somebody_waits());
    CHECK_EQ(told_at(before_ns + SECOND / 2), 0);
    CHECK_EQ(told_after(2 * SECOND), 1);
    CHECK_EQ(told_after(2 * SECOND), 0); // each is told once
    edo_mutex_unlock(&lock);
    return edo_task_join(t);
}

static int of_one_that_keeps_it(void *arg) {
    (void)arg;
    lock = (edo_mutex)EDO_MUTEX_INIT;
    CHECK_EQ(edo_mutex_lock(&lock), 0);
    const int64_t before_ns = edoi_clock_monotonic();
    edo_task *t = edo_spawn(takes_and_gives_back, NULL);
    YIELD_FOR(somebody_waits());
    CHECK_EQ(told_at(before_ns + 9 * SECOND), 0);
    CHECK_EQ(told_after(11 * SECOND), 1);
    edo_mutex_unlock(&lock);
    return edo_task_join(t);
}

static int takes_within_a_limit(void *arg) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(100));
    return edo_deadline_end(&d, takes_and_gives_back(arg));
}

/* Two that hold what the other one wants: no deadlock, as it ends, and yet a wait that lasts. */
static int of_one_with_a_limit(void *arg) {
    edo_locks_stats before, after;
    (void)arg;
    lock = (edo_mutex)EDO_MUTEX_INIT;
    CHECK_EQ(edo_mutex_lock(&lock), 0);
    edo_locks_get_stats(&before);
    edo_task *t = edo_spawn(takes_within_a_limit, NULL);
    YIELD_FOR(somebody_waits());
    CHECK_EQ(told_after(11 * SECOND), 1);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(1));
    CHECK_EQ(edo_mutex_lock(&lock), -ECANCELED); // of itself
    CHECK_EQ(edo_deadline_end(&d, 0), 0);
    edo_locks_get_stats(&after);
    CHECK_EQ(after.deadlocks, before.deadlocks);
    edo_mutex_unlock(&lock);
    CHECK_EQ(edo_task_join(t), 0);
    CHECK(!somebody_waits());
    return 0;
}

/* The lock goes to a future that is kept, and not polled. */
static int of_a_future_nobody_polls(void *arg) {
    edo_mutex_lock_future kept;
    (void)arg;
    lock = (edo_mutex)EDO_MUTEX_INIT;
    CHECK_EQ(edo_mutex_lock(&lock), 0);
    CHECK_EQ(edo_poll_once(edo_mutex_lock_init(&kept, &lock)), EDO_PENDING);
    edo_task *t = edo_spawn(takes_and_gives_back, NULL);
    YIELD_FOR(somebody_waits());
    const int64_t before_ns = edoi_clock_monotonic();
    edo_mutex_unlock(&lock);
    CHECK_EQ(told_at(before_ns + SECOND / 2), 0);
    CHECK_EQ(told_after(2 * SECOND), 1);
    edo_drop(&kept.base);
    CHECK_EQ(edo_task_join(t), 0);
    CHECK(!somebody_waits());
    CHECK_EQ(told_after(100 * SECOND), 0);
    return 0;
}

static int reads(void *arg) {
    (void)arg;
    int err = edo_rwlock_read(&shelf);
    if (err == 0) edo_rwlock_unlock(&shelf);
    return err;
}

static int of_a_read_nobody_polls(void *arg) {
    edo_rwlock_write_future kept;
    (void)arg;
    shelf = (edo_rwlock)EDO_RWLOCK_INIT;
    CHECK_EQ(edo_rwlock_write(&shelf), 0);
    CHECK_EQ(edo_poll_once(edo_rwlock_write_init(&kept, &shelf)), EDO_PENDING);
    edo_task *t = edo_spawn(reads, NULL);
    YIELD_FOR(somebody_waits());
    edo_rwlock_unlock(&shelf);
    CHECK_EQ(told_after(2 * SECOND), 1);
    edo_drop(&kept.base);
    return edo_task_join(t);
}

static edo_once made;
static edo_notify fails_now, ends_now;

static int fails_to_make(void **value, void *arg) {
    (void)value;
    CHECK_EQ(edo_notify_wait(arg), 0);
    return -EIO;
}

static int asks_first(void *arg) {
    void *value;
    CHECK_EQ(edo_once_get_or_load(&made, &value, fails_to_make, arg), -EIO);
    return 0;
}

/* Waits for the first one, and then makes the value by the same await. */
static int makes_by_a_future(void *arg) {
    edo_once_get_or_load_future f;
    edo_notify_wait_future load;
    void *value = arg;
    return edo_await(
        edo_once_get_or_load_init(&f, &made, &value, edo_notify_wait_init(&load, &ends_now)));
}

static bool all_are_parked(uint64_t who) {
    (void)who;
    return true;
}

static bool no_cycle_stands(void) {
    uint32_t from = 0;
    edoi_cycle cycle;
    return !edoi_waits_standing(&from, &cycle, all_are_parked);
}

static int of_one_that_makes_in_turn(void *arg) {
    (void)arg;
    made = (edo_once)EDO_ONCE_INIT;
    fails_now = ends_now = (edo_notify)EDO_NOTIFY_INIT;
    edo_task *first = edo_spawn(asks_first, &fails_now);
    CHECK_EQ(edo_yield(), 0);
    edo_task *second = edo_spawn(makes_by_a_future, NULL);
    YIELD_FOR(somebody_waits());
    edo_notify_one(&fails_now);
    CHECK_EQ(edo_task_join(first), 0);
    CHECK_EQ(edo_yield(), 0);
    CHECK(no_cycle_stands());
    CHECK(!somebody_waits());
    edo_task_cancel(second);
    (void)edo_task_join(second);
    return 0;
}

/* Nobody waits; told on wish alone. */
static int of_one_that_has_it_alone(void *arg) {
    (void)arg;
    const int64_t before_ns = edoi_clock_monotonic();
    lock = (edo_mutex)EDO_MUTEX_INIT;
    CHECK_EQ(edo_mutex_lock(&lock), 0);
    CHECK_EQ(told_after(100 * SECOND), 0);
    CHECK(!edoi_blocked_any());
    CHECK_EQ(edo_locks_watch(&(edo_locks_opts){ .held_alone = edo_s(3) }), 0);
    CHECK(edoi_blocked_any());
    CHECK_EQ(told_at(before_ns + 2 * SECOND), 0);
    CHECK_EQ(told_after(4 * SECOND), 1);
    CHECK_EQ(told_after(5 * SECOND), 0); // each hold is told once
    edo_mutex_unlock(&lock);
    CHECK_EQ(edo_mutex_lock(&lock), 0);
    CHECK_EQ(told_after(4 * SECOND), 1);
    edo_mutex_unlock(&lock);
    return edo_locks_watch(NULL);
}

/* ---- On two workers -------------------------------------------------------------------------- */

static edo_mutex left, right;
static edo_atomic_u32 has_left, has_right, ended_n; /* relaxed: flags, no data */
static int result_of_left, result_of_right;

/* The task keeps its worker until then. */
#define STAY_UNTIL(cond)                                                                           \
    do {                                                                                           \
        for (const int64_t since_s = patience_now_s(); !(cond); (void)sched_yield())               \
            patience_check(since_s, #cond, __FILE__, __LINE__);                                    \
    } while (0)

static bool is_waited_for(const edo_mutex *m) {
    edoi_wait wait;
    return edoi_waits_of(m, &wait, 1) > 0;
}

static int takes_second(edo_mutex *second, edo_mutex *first) {
    int err = edo_mutex_lock(second);
    if (err == 0) edo_mutex_unlock(second);
    edo_mutex_unlock(first);
    (void)edoi_add_rlx_u32(&ended_n, 1); // relaxed: a join follows
    return err;
}

static int keeps_the_worker(void *arg) {
    (void)arg;
    STAY_UNTIL(is_waited_for(&left));
    return 0;
}

/* Its worker is busy afterwards, so that it is put aside there when the other one looks at it. */
static int takes_left_first(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&left), 0);
    edoi_store_rlx_u32(&has_left, 1);
    STAY_UNTIL(edoi_load_rlx_u32(&has_right));
    edo_task_detach(edo_spawn(keeps_the_worker, NULL));
    result_of_left = takes_second(&right, &left);
    return 0;
}

static int takes_right_first(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&right), 0);
    edoi_store_rlx_u32(&has_right, 1);
    STAY_UNTIL(edoi_load_rlx_u32(&has_left) && is_waited_for(&right));
    result_of_right = takes_second(&left, &right);
    return 0;
}

static void wait_across_workers_that_closes_a_deadlock_fails(void **state) {
    edo_runtime *rt;
    edo_locks_stats before, after;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI,
                                    .workers = 2,
                                    .watchdog = EDO_OFF };
    (void)state;
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    // no thread of the watchdog looks, but this one
    edoi_locks_note(EDOI_LOCKS_HOLDERS | EDOI_LOCKS_WAITS | EDOI_LOCKS_FAIL);
    edo_locks_get_stats(&before);
    edo_task *one = edo_spawn_on(rt, takes_left_first, NULL);
    edo_task *other = edo_spawn_on(rt, takes_right_first, NULL);
    do {
        let_run();
        edoi_blocked_look(edoi_clock_monotonic());
        edo_locks_get_stats(&after);
    } while (after.deadlocks == before.deadlocks);
    WAIT_FOR(edoi_load_rlx_u32(&ended_n) == 2);
    assert_int_equal(edo_task_join(one), 0);
    assert_int_equal(edo_task_join(other), 0);
    assert_int_equal(result_of_left, 0);
    assert_int_equal(result_of_right, -EDEADLK); // it has closed the cycle
    edoi_blocked_look(edoi_clock_monotonic());
    edo_locks_get_stats(&after);
    assert_int_equal(after.deadlocks, before.deadlocks + 1);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(5)), 0);
    edo_runtime_free(rt);
    assert_int_equal(edo_locks_watch(NULL), 0);
}

static void lock_that_is_held_alone_is_told_on_wish(void **state) {
    (void)state;
    assert_int_equal(edo_locks_watch(NULL), 0);
    assert_int_equal(edo_locks_watch(&(edo_locks_opts){ .held_alone = { -1 } }), -EINVAL);
    assert_int_equal(inside_real(of_one_that_has_it_alone, NULL), 0);
}

static void waits_that_last_are_told_once(void **state) {
    (void)state;
    assert_int_equal(edo_locks_watch(NULL), 0);
    assert_int_equal(inside_real(of_one_that_has_ended, NULL), 0);
    assert_int_equal(inside_real(of_one_that_keeps_it, NULL), 0);
    assert_int_equal(inside_real(of_one_with_a_limit, NULL), 0);
    assert_int_equal(inside_real(of_a_future_nobody_polls, NULL), 0);
    assert_int_equal(inside_real(of_a_read_nobody_polls, NULL), 0);
}

static void one_that_makes_a_value_does_not_wait_for_it(void **state) {
    (void)state;
    assert_int_equal(edo_locks_watch(NULL), 0);
    assert_int_equal(inside_real(of_one_that_makes_in_turn, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_that_last_are_told_once),
        cmocka_unit_test(one_that_makes_a_value_does_not_wait_for_it),
        cmocka_unit_test(lock_that_is_held_alone_is_told_on_wish),
        cmocka_unit_test(wait_across_workers_that_closes_a_deadlock_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
