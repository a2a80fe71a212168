/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/delayq.h: one wait for many delays, in order and never early, which
 * heeds what is inserted, reset and removed meanwhile; an empty queue is told; no delay is lost.
 * Method: fibers in virtual time, cut short at their wait; several that insert and wait on every
 * kind of runtime. */
#include <edo/delayq.h>
#include <edo/edo.h>

#include "inside.h"
#include "kinds.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static edo_delayq q; /* all zero is an empty queue */
static int things[8];

static void run_paused(edo_task_fn *fn) {
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .start_paused = true }), 0);
    assert_int_equal(edo_run(rt, fn, NULL), 0);
    edo_runtime_free(rt);
    edo_delayq_deinit(&q);
}

/* Waits for the next, which is `things[i]`, and comes `ms` after `began`. */
static void check_next(int i, int64_t ms, edo_instant began) {
    void *value = NULL;
    CHECK_EQ(edo_delayq_due_next(&q, &value), 1);
    CHECK(value == &things[i]);
    CHECK_EQ(ms_since(began), ms);
}

static int in_order(void *arg) {
    static const int64_t ms[] = { 30, 10, 20, 10, 0, -5 };
    (void)arg;
    edo_instant began = edo_now();
    for (size_t i = 0; i < EDO_COUNT(ms); i++)
        CHECK_EQ(edo_delayq_insert(&q, NULL, &things[i], edo_ms(ms[i])), 0);
    check_next(5, 0, began);
    check_next(4, 0, began);
    check_next(1, 10, began);
    check_next(3, 10, began); // inserted after the other
    check_next(2, 20, began);
    check_next(0, 30, began);
    void *value = &things[7];
    CHECK_EQ(edo_delayq_due_next(&q, &value), 0);
    CHECK(value == &things[7]);
    return 0;
}

static void delays_come_in_order_and_the_end_is_told(void **state) {
    (void)state;
    run_paused(in_order);
}

/* ---- Changed while a task waits -------------------------------------------------------------- */

static edo_delayq_key keys[3];

static int change(void *arg) {
    (void)arg;
    int err = edo_sleep(edo_ms(5));
    if (err < 0) return err;
    CHECK_EQ(edo_delayq_insert(&q, NULL, &things[3], edo_ms(2)), 0); // the earliest: at 7
    err = edo_sleep(edo_ms(5));
    if (err < 0) return err;
    CHECK_EQ(edo_delayq_reset(&q, keys[0], edo_ms(40)), 0);   // from 20 to 50
    CHECK_EQ(edo_delayq_reset_at(&q, keys[1], edo_now()), 0); // from 30 to 10
    err = edo_sleep(edo_ms(5));
    if (err < 0) return err;
    void *value;
    CHECK_EQ(edo_delayq_remove(&q, keys[2], &value), 0); // it would have come at 40
    CHECK(value == &things[2]);
    CHECK_EQ(edo_delayq_remove(&q, keys[2], &value), -ENOENT);
    CHECK_EQ(edo_delayq_reset(&q, keys[2], edo_ms(1)), -ENOENT);
    return 0;
}

static int wait_while_changed(void *arg) {
    (void)arg;
    edo_instant began = edo_now();
    for (int i = 0; i < 3; i++)
        CHECK_EQ(edo_delayq_insert(&q, &keys[i], &things[i], edo_ms(20 + 10 * i)), 0);
    edo_task *t = edo_spawn(change, NULL);
    check_next(3, 7, began);
    check_next(1, 10, began);
    CHECK_EQ(edo_delayq_remove(&q, keys[1], NULL), -ENOENT); // it was given out
    check_next(0, 50, began);
    CHECK_EQ(edo_delayq_len(&q), 0);
    return edo_task_join(t);
}

static void wait_heeds_inserts_resets_and_removals(void **state) {
    (void)state;
    run_paused(wait_while_changed);
}

/* A key of a slot that was used again does not touch the new delay. */
static int use_slot_again(void *arg) {
    edo_delayq_key stale, fresh;
    edo_instant at;
    (void)arg;
    CHECK_EQ(edo_delayq_insert(&q, &stale, &things[0], edo_ms(10)), 0);
    CHECK_EQ(edo_delayq_remove(&q, stale, NULL), 0);
    CHECK_EQ(edo_delayq_insert(&q, &fresh, &things[1], edo_ms(20)), 0);
    CHECK_EQ(edo_delayq_remove(&q, stale, NULL), -ENOENT);
    CHECK_EQ(edo_delayq_reset(&q, stale, edo_ms(0)), -ENOENT);
    CHECK_EQ(edo_delayq_peek(&q, &stale, &at), 0);
    CHECK_EQ(at.ns, edo_instant_add(edo_now(), edo_ms(20)).ns);
    CHECK_EQ(edo_delayq_remove(&q, stale, NULL), 0); // peek names the new one
    CHECK_EQ(edo_delayq_remove(&q, fresh, NULL), -ENOENT);
    return 0;
}

static void stale_key_is_refused(void **state) {
    (void)state;
    run_paused(use_slot_again);
}

/* ---- Several that wait, and one that is cut short -------------------------------------------- */

static int take_one(void *arg) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(*(int *)arg));
    void *value;
    int rc = edo_deadline_end(&d, edo_delayq_due_next(&q, &value));
    return rc <= 0 ? rc : 1 + (int)((int *)value - things);
}

static int wait_in_line(void *arg) {
    int limits_ms[] = { 5, 100, 100, 100 };
    int results[] = { -ETIMEDOUT, 1, 2, 0 };
    edo_task *tasks[4];
    (void)arg;
    for (int i = 0; i < 3; i++)
        CHECK_EQ(edo_delayq_insert(&q, &keys[i], &things[i], edo_ms(10 + 10 * i)), 0);
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) {
        tasks[i] = edo_spawn(take_one, &limits_ms[i]);
        CHECK_EQ(edo_yield(), 0);
    }
    CHECK_EQ(edo_sleep(edo_ms(25)), 0); // the first was cut short, two have got theirs
    CHECK_EQ(edo_delayq_remove(&q, keys[2], NULL), 0);
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) CHECK_EQ(edo_task_join(tasks[i]), results[i]);
    return 0;
}

static void waiters_are_served_in_order_and_told_that_it_is_empty(void **state) {
    (void)state;
    run_paused(wait_in_line);
}

static int select_with_timer(void *arg) {
    edo_delayq_due_next_future next;
    edo_sleep_future nap;
    void *value = NULL;
    (void)arg;
    CHECK_EQ(edo_delayq_insert(&q, NULL, &things[0], edo_ms(30)), 0);
    CHECK_EQ(
        edo_select(edo_delayq_due_next_init(&next, &q, &value), edo_sleep_init(&nap, edo_ms(10))),
        1);
    CHECK_EQ(edo_delayq_len(&q), 1);
    CHECK_EQ(
        edo_select(edo_delayq_due_next_init(&next, &q, &value), edo_sleep_init(&nap, edo_ms(100))),
        0);
    CHECK_EQ(edo_result(&next), 1);
    CHECK(value == &things[0]);
    return 0;
}

static void loser_of_a_select_leaves_the_delay(void **state) {
    (void)state;
    run_paused(select_with_timer);
}

/* ---- On every kind of runtime ---------------------------------------------------------------- */

#define TASKS 4
#define EACH  500

static edo_atomic_u32 taken_n;

static int insert_some(void *arg) {
    (void)arg;
    for (int i = 0; i < EACH; i++) {
        edo_delayq_key key;
        int err = edo_delayq_insert(&q, &key, &things[0], edo_us(i % 3 * 100));
        if (err < 0) return err;
        if (i % 5 == 0) { // perhaps it is taken already
            err = edo_delayq_reset(&q, key, edo_us(50));
            if (err < 0 && err != -ENOENT) return err;
        }
        if (i % 16 == 0 && (err = edo_yield()) < 0) return err;
    }
    return 0;
}

static int take_until_all(void *arg) {
    (void)arg;
    while (EDOI_ATOMIC_LOAD(&taken_n.edoi_value, EDOI_ACQUIRE) < TASKS * EACH) {
        void *value = NULL;
        int err = edo_delayq_due_next(&q, &value);
        if (err > 0 && value == &things[0]) {
            (void)EDOI_ATOMIC_FETCH_ADD(&taken_n.edoi_value, 1u, EDOI_ACQ_REL);
        } else if (err == 0) {
            err = edo_yield();
        }
        if (err < 0) return err;
    }
    return 0;
}

static int insert_and_take(void *arg) {
    (void)arg;
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < TASKS; i++) {
        edo_scope_spawn(&s, take_until_all, NULL);
        edo_scope_spawn(&s, insert_some, NULL);
    }
    return edo_scope_end(&s, 0);
}

static void each_delay_goes_to_one_task_on(const edo_runtime_opts *kind) {
    edo_runtime *rt;
    taken_n = (edo_atomic_u32){ 0 };
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_run(rt, insert_and_take, NULL), 0);
    edo_runtime_free(rt);
    assert_int_equal(EDOI_ATOMIC_LOAD(&taken_n.edoi_value, EDOI_ACQUIRE), TASKS * EACH);
    assert_int_equal(edo_delayq_len(&q), 0);
    edo_delayq_deinit(&q);
}
ON_EACH_KIND(each_delay_goes_to_one_task)

/* A plain thread may wait, too. */
static void plain_thread_waits_for_a_delay(void **state) {
    (void)state;
    edo_runtime *rt;
    void *value = NULL;
    assert_int_equal(edo_runtime_new(&rt, &kinds[1]), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    assert_int_equal(edo_delayq_insert(&q, NULL, &things[0], edo_ms(2)), 0);
    assert_int_equal(edo_delayq_due_next(&q, &value), 1);
    assert_ptr_equal(value, &things[0]);
    edo_runtime_leave(rt);
    edo_runtime_free(rt);
    edo_delayq_deinit(&q);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delays_come_in_order_and_the_end_is_told),
        cmocka_unit_test(wait_heeds_inserts_resets_and_removals),
        cmocka_unit_test(stale_key_is_refused),
        cmocka_unit_test(waiters_are_served_in_order_and_told_that_it_is_empty),
        cmocka_unit_test(loser_of_a_select_leaves_the_delay),
        cmocka_unit_test(each_delay_goes_to_one_task),
        cmocka_unit_test(plain_thread_waits_for_a_delay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
