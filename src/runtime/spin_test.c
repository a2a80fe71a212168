/* SPDX-License-Identifier: MIT */
/* Goal: a worker polls before it sleeps only where that was asked for and pays, and loses no wake
 *       by it.
 * Method: a worker that nobody drives, turned by hand; a kick of its driver is what a poll would
 * find. Then runtimes that poll all the time, and are woken from everywhere. */
#include "runtime/spin.h"

#include "runtime/core.h"
#include "runtime/cores.h"

#include <edo/edo.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define LONG_NS INT64_C(1000000000)

static edo_runtime *new_runtime(edo_runtime_flavor flavor, int64_t poll_us) {
    edo_runtime *rt = NULL;
    const edo_runtime_opts opts = { .flavor = flavor,
                                    .workers = 2,
                                    .poll_before_sleep = edo_us(poll_us) };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    // also under a quota; in the other kind threads read it already
    if (flavor == EDO_RUNTIME_CURRENT) rt->spin.most_ns = poll_us * 1000;
    return rt;
}

/* Whether the worker polls its driver now; it is ended by a kick. */
static bool spins(edoi_worker *w) {
    edoi_driver_kick(w->driver);
    bool came = edoi_spin_wait(w, edoi_clock_now(&w->clock), -1);
    assert_int_equal(edoi_driver_turn(w->driver, 0), 0);
    assert_int_equal(edoi_driver_is_timed_out(w->driver),
                     came); // the kick is still there, or was taken
    return came;
}

static void polls_while_waits_are_short(void **state) {
    (void)state;
    edo_runtime *rt = new_runtime(EDO_RUNTIME_CURRENT, 1000000);
    edoi_worker *w = &rt->worker;
    assert_false(spins(w)); // nothing is known yet
    for (int i = 0; i < 30; i++) edoi_spin_waited(w, 1000);
    assert_true(spins(w));
    for (int i = 0; i < 30; i++) edoi_spin_waited(w, 60 * LONG_NS);
    assert_false(spins(w));
    for (int i = 0; i < 30; i++) edoi_spin_waited(w, 1000);
    assert_true(spins(w));
    edo_runtime_free(rt);
}

static void one_worker_polls_at_a_time(void **state) {
    (void)state;
    edo_runtime *rt = new_runtime(EDO_RUNTIME_CURRENT, 1000000);
    rt->worker.mean_wait_ns = 0;
    edoi_store_rlx_u32(&rt->spin.spun_n, 1);
    assert_false(spins(&rt->worker));
    edoi_store_rlx_u32(&rt->spin.spun_n, 0);
    assert_true(spins(&rt->worker));
    assert_int_equal(edoi_load_rlx_u32(&rt->spin.spun_n), 0);
    edo_runtime_free(rt);
}

static void a_poll_ends_at_its_bound_and_at_the_first_timer(void **state) {
    (void)state;
    edo_runtime *rt = new_runtime(EDO_RUNTIME_CURRENT, 1000);
    edoi_worker *w = &rt->worker;
    w->mean_wait_ns = 0;
    int64_t from_ns = edoi_clock_now(&w->clock);
    assert_false(edoi_spin_wait(w, from_ns, -1));
    assert_true(edoi_clock_now(&w->clock) - from_ns >= 1000000);
    rt->spin.most_ns = 60 * LONG_NS;
    assert_false(edoi_spin_wait(w, edoi_clock_now(&w->clock), 1000));
    edo_runtime_free(rt);
}

static int nap_long(void *arg) {
    (void)arg;
    return edo_sleep(edo_ms(400));
}

/* Not twice as long, first polled and then slept. */
static void a_timer_is_in_time_after_a_poll(void **state) {
    (void)state;
    edo_runtime *rt = new_runtime(EDO_RUNTIME_CURRENT, 60 * 1000000);
    rt->worker.mean_wait_ns = 0;
    int64_t from_ns = edoi_clock_monotonic();
    assert_int_equal(edo_run(rt, nap_long, NULL), 0);
    assert_true(edoi_clock_monotonic() - from_ns < 780000000);
    edo_runtime_free(rt);
}

static void nobody_polls_unless_asked_nor_under_a_quota(void **state) {
    (void)state;
    assert_int_equal(edoi_spin_most_ns(0), 0);
    assert_int_equal(edoi_spin_most_ns(-1), 0);
    assert_int_equal(edoi_spin_most_ns(50000), edoi_cores_has_quota() ? 0 : 50000);
    edo_runtime *rt = new_runtime(EDO_RUNTIME_CURRENT, 0);
    assert_int_equal(rt->spin.most_ns, 0);
    edo_runtime_free(rt);
}

/* ---- Wakes ----------------------------------------------------------------------------------- */

#define ROUNDS 300

static edo_notify there, back;

static int answer(void *arg) {
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        int err = edo_notify_wait(&there);
        if (err < 0) return err;
        edo_notify_one(&back);
    }
    return 0;
}

static int nap(void *arg) {
    (void)arg;
    return edo_sleep(edo_ms(1));
}

/* From this thread to a fiber and back; spawns; timers. A wake that is lost does not end. */
static void wake_from_outside(edo_runtime_flavor flavor) {
    edo_runtime *rt = new_runtime(flavor, 500);
    there = back = (edo_notify)EDO_NOTIFY_INIT;
    edo_task *t = edo_spawn_on(rt, answer, NULL);
    assert_non_null(t);
    for (int i = 0; i < ROUNDS; i++) {
        edo_notify_one(&there);
        edo_notify_wait_future f;
        assert_int_equal(edo_block_on(rt, edo_notify_wait_init(&f, &back)), 0);
        if (i % 16 == 0) assert_int_equal(edo_run(rt, nap, NULL), 0);
    }
    edo_task_join_future join;
    assert_int_equal(edo_block_on(rt, edo_task_join_init(&join, t)), 0);
    edo_runtime_free(rt);
}

static void no_wake_is_lost(void **state) {
    (void)state;
    wake_from_outside(EDO_RUNTIME_CURRENT);
    wake_from_outside(EDO_RUNTIME_MULTI);
}

static int sleep_for_a_day(void *arg) {
    (void)arg;
    return edo_sleep(edo_hours(24));
}

static void virtual_time_does_not_pass_in_a_poll(void **state) {
    (void)state;
    edo_runtime *rt = NULL;
    const edo_runtime_opts opts = { .start_paused = true, .poll_before_sleep = edo_s(60) };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    rt->worker.mean_wait_ns = 0;
    assert_int_equal(edo_run(rt, sleep_for_a_day, NULL), 0);
    edo_runtime_free(rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(polls_while_waits_are_short),
        cmocka_unit_test(one_worker_polls_at_a_time),
        cmocka_unit_test(a_poll_ends_at_its_bound_and_at_the_first_timer),
        cmocka_unit_test(a_timer_is_in_time_after_a_poll),
        cmocka_unit_test(nobody_polls_unless_asked_nor_under_a_quota),
        cmocka_unit_test(no_wake_is_lost),
        cmocka_unit_test(virtual_time_does_not_pass_in_a_poll),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
