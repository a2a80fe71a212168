/* SPDX-License-Identifier: MIT */
/* Goal: a wait ends once the tracker is closed and counts nothing, and not before; a spawned task
 * is counted until its function has returned, however the task ends. Method: single cases; tasks on
 * every kind of runtime; each allocation failing; the generic leaf tests. */
#include <edo/tracker.h>

#include "inside.h"
#include "leaf.h"

#include <edo/time.h>

/* ---- Counting and waiting -------------------------------------------------------------------- */

static void wait_ends_once_closed_and_empty(void **state) {
    (void)state;
    static edo_tracker t; // all zero is a valid tracker
    hand_waker w = HAND_WAKER;
    edo_tracker_wait_future f;
    edo_tracker_add(&t);
    edo_tracker_add(&t);
    assert_int_equal(edo_tracker_len(&t), 2);
    assert_int_equal(hand_poll(edo_tracker_wait_init(&f, &t), &w), EDO_PENDING);
    edo_tracker_done(&t);
    assert_true(edo_tracker_close(&t));
    assert_int_equal(hand_woken(&w), 0);
    edo_tracker_done(&t);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    assert_int_equal(edo_result(&f), 0);
    assert_int_equal(hand_poll(edo_tracker_wait_init(&f, &t), &w), EDO_READY);
}

static void empty_tracker_waits_for_its_close(void **state) {
    (void)state;
    edo_tracker t;
    hand_waker w = HAND_WAKER;
    edo_tracker_wait_future f;
    edo_tracker_init(&t);
    assert_int_equal(hand_poll(edo_tracker_wait_init(&f, &t), &w), EDO_PENDING);
    edo_tracker_add(&t);
    edo_tracker_done(&t);
    assert_int_equal(hand_woken(&w), 0);
    assert_true(edo_tracker_close(&t));
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
}

static void close_and_reopen_return_whether_they_changed_anything(void **state) {
    (void)state;
    edo_tracker t;
    hand_waker w = HAND_WAKER;
    edo_tracker_wait_future f;
    edo_tracker_init(&t);
    assert_false(edo_tracker_reopen(&t));
    assert_true(edo_tracker_close(&t));
    assert_false(edo_tracker_close(&t));
    assert_true(edo_tracker_reopen(&t));
    assert_int_equal(hand_poll(edo_tracker_wait_init(&f, &t), &w), EDO_PENDING);
    edo_drop(&f.base);
}

static void wait_that_was_woken_ends_though_the_tracker_is_in_use_again(void **state) {
    (void)state;
    enum { WAITERS = 70 };
    edo_tracker t;
    hand_waker w = HAND_WAKER;
    edo_tracker_wait_future f[WAITERS], late;
    edo_tracker_init(&t);
    for (int i = 0; i < WAITERS; i++)
        assert_int_equal(hand_poll(edo_tracker_wait_init(&f[i], &t), &w), EDO_PENDING);
    edo_drop(&f[3].base);
    assert_true(edo_tracker_close(&t));
    assert_int_equal(hand_woken(&w), WAITERS - 1);
    assert_true(edo_tracker_reopen(&t));
    edo_tracker_add(&t);
    assert_int_equal(hand_poll(edo_tracker_wait_init(&late, &t), &w), EDO_PENDING);
    for (int i = 0; i < WAITERS; i++) {
        if (i != 3) assert_int_equal(hand_poll(&f[i].base, &w), EDO_READY);
    }
    assert_int_equal(hand_poll(&late.base, &w), EDO_PENDING);
    edo_drop(&late.base);
    edo_tracker_done(&t);
}

/* ---- Tasks ----------------------------------------------------------------------------------- */

static edo_atomic_u32 ran_n;

static int count_run(void *arg) {
    (void)EDOI_ATOMIC_FETCH_ADD(&ran_n.edoi_value, 1u, EDOI_ACQ_REL);
    int err = edo_sleep(edo_ms(*(int *)arg));
    return err == 0 ? -EIO : err; // no caller reads the result
}

#define TASKS 20

/* The tracker is gone as soon as the wait has ended. */
static int spawn_and_wait(void *arg) {
    static int pause_ms[TASKS];
    edo_tracker *t = malloc(sizeof *t);
    (void)arg;
    edo_tracker_init(t);
    for (int i = 0; i < TASKS; i++) {
        pause_ms[i] = i % 4;
        CHECK_EQ(edo_tracker_spawn(t, count_run, &pause_ms[i]), 0);
        if (i == TASKS / 2) (void)edo_tracker_close(t); // still counts new tasks
    }
    int err = edo_tracker_wait(t);
    CHECK_EQ(edo_tracker_len(t), 0);
    free(t);
    return err;
}

static void tasks_are_counted_until_they_have_ended_on(const edo_runtime_opts *kind) {
    for (int i = 0; i < 20; i++) {
        edo_runtime *rt;
        EDOI_ATOMIC_STORE(&ran_n.edoi_value, 0u, EDOI_RELEASE);
        assert_int_equal(edo_runtime_new(&rt, kind), 0);
        assert_int_equal(edo_run(rt, spawn_and_wait, NULL), 0);
        assert_int_equal(EDOI_ATOMIC_LOAD(&ran_n.edoi_value, EDOI_ACQUIRE), TASKS);
        edo_runtime_free(rt);
    }
}
ON_EACH_KIND(tasks_are_counted_until_they_have_ended)

static edo_tracker at_the_end;

static int leave_tasks(void *arg) {
    static int pause_ms = 1000000;
    (void)arg;
    for (int i = 0; i < TASKS; i++)
        CHECK_EQ(edo_tracker_spawn(&at_the_end, count_run, &pause_ms), 0);
    return 0;
}

/* Tasks that the runtime's end cancels, also before they have begun. */
static void tasks_that_are_cancelled_are_counted_out_on(const edo_runtime_opts *kind) {
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_run(rt, leave_tasks, NULL), 0);
    edo_runtime_free(rt);
    assert_int_equal(edo_tracker_len(&at_the_end), 0);
}
ON_EACH_KIND(tasks_that_are_cancelled_are_counted_out)

static int spawn_with_failures(void *arg) {
    edo_tracker t;
    static int pause_ms;
    (void)arg;
    edo_tracker_init(&t);
    for (uint64_t k = 1;; k++) {
        edoi_alloc_fail_at(k);
        int err = edo_tracker_spawn(&t, count_run, &pause_ms);
        bool fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        CHECK_EQ(err, fired ? -ENOMEM : 0);
        CHECK_EQ(edo_tracker_len(&t), err == 0);
        if (err == 0) break;
    }
    (void)edo_tracker_close(&t);
    return edo_tracker_wait(&t);
}

static void spawn_that_fails_counts_nothing(void **state) {
    (void)state;
    edo_runtime *rt;
    edo_tracker t;
    edo_tracker_init(&t);
    assert_int_equal(edo_tracker_spawn(&t, leave_tasks, NULL), -EDO_ENORUNTIME);
    assert_int_equal(edo_tracker_len(&t), 0);
    assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
    assert_int_equal(edo_run(rt, spawn_with_failures, NULL), 0);
    edo_runtime_free(rt);
}

/* ---- Generic leaf tests ---------------------------------------------------------------------- */

typedef struct tracker_env {
    edo_tracker tracker;
    edo_tracker_wait_future wait;
} tracker_env;

static int wait_make(void *env, edo_future **f) {
    tracker_env *e = env;
    edo_tracker_init(&e->tracker);
    edo_tracker_add(&e->tracker);
    (void)edo_tracker_close(&e->tracker);
    *f = edo_tracker_wait_init(&e->wait, &e->tracker);
    return 0;
}

static void wait_poke(void *env) {
    tracker_env *e = env;
    edo_tracker_done(&e->tracker);
}

static void wait_passes_as_every_leaf(void **state) {
    (void)state;
    static const leaf l = { .name = "edo_tracker_wait",
                            .env_bytes = sizeof(tracker_env),
                            .make = wait_make,
                            .poke = wait_poke };
    leaf_run(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wait_ends_once_closed_and_empty),
        cmocka_unit_test(empty_tracker_waits_for_its_close),
        cmocka_unit_test(close_and_reopen_return_whether_they_changed_anything),
        cmocka_unit_test(wait_that_was_woken_ends_though_the_tracker_is_in_use_again),
        cmocka_unit_test(tasks_are_counted_until_they_have_ended),
        cmocka_unit_test(tasks_that_are_cancelled_are_counted_out),
        cmocka_unit_test(spawn_that_fails_counts_nothing),
        cmocka_unit_test(wait_passes_as_every_leaf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
