/* SPDX-License-Identifier: MIT */
/* Goal: for every start a select returns the ready branch and drops each other branch once; and it
 * starts at every branch. Method: all sizes up to 5, each branch as the ready one, many starts. */
#include "poll_by_hand.h"

#include <edo/task.h>
#include <edo/test.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SIZES  5u
#define STARTS 64u

/* A branch that counts its polls and drops. */
typedef struct branch {
    edo_future base;
    bool ready;
    uint32_t polls, drops;
} branch;

static edo_polled branch_poll(edo_future *f, edo_cx *cx) {
    branch *b = (branch *)(void *)f;
    b->polls++;
    (void)edo_cx_waker(cx);
    return b->ready ? edo_future_finish(f, 0) : EDO_PENDING;
}

static void branch_drop(edo_future *f) {
    branch *b = (branch *)(void *)f;
    b->drops++;
    edo_future_retire(f);
}

static const edo_future_ops branch_ops = {
    .poll = branch_poll, .drop = branch_drop, .name = "branch", .size = sizeof(branch)
};

static void the_ready_branch_wins_and_each_other_is_dropped_once(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    for (uint32_t n = 1; n <= SIZES; n++) {
        for (uint32_t ready = 0; ready < n; ready++) {
            for (uint64_t start = 0; start < STARTS; start++) {
                branch b[SIZES] = { 0 };
                edo_future *futures[SIZES];
                edo_select_future s;
                edo_cx cx = hand_cx(&w, EDO_BUDGET);
                cx.random = start;
                for (uint32_t i = 0; i < n; i++) {
                    futures[i] = edo_future_init(&b[i].base, &branch_ops);
                    b[i].ready = i == ready;
                }
                assert_int_equal(edo_poll(edo_select_init(&s, futures, n, 0), &cx), EDO_READY);
                assert_int_equal(edo_result(&s), ready);
                for (uint32_t i = 0; i < n; i++) assert_int_equal(b[i].drops, i != ready);
            }
        }
    }
}

static void every_branch_is_first_about_as_often(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    edo_cx cx = hand_cx(&w, EDO_BUDGET);
    uint32_t wins[SIZES] = { 0 };
    for (uint32_t round = 0; round < 1000 * SIZES; round++) {
        cx.budget = EDO_BUDGET;
        branch b[SIZES] = { 0 };
        edo_future *futures[SIZES];
        edo_select_future s;
        for (uint32_t i = 0; i < SIZES; i++) {
            futures[i] = edo_future_init(&b[i].base, &branch_ops);
            b[i].ready = true;
        }
        assert_int_equal(edo_poll(edo_select_init(&s, futures, SIZES, 0), &cx), EDO_READY);
        wins[edo_result(&s)]++;
    }
    for (uint32_t i = 0; i < SIZES; i++) assert_in_range(wins[i], 850, 1150);
}

/* The future lies at the same address each time: no chance is drawn from it. */
static void poll_by_hand_begins_at_each_branch(void **state) {
    (void)state;
    for (int by_task = 0; by_task < 2; by_task++) {
        uint32_t wins[2] = { 0 };
        for (uint32_t round = 0; round < STARTS; round++) {
            branch b[2] = { { .ready = true }, { .ready = true } };
            edo_future *futures[2];
            edo_select_future s;
            for (uint32_t i = 0; i < 2; i++) futures[i] = edo_future_init(&b[i].base, &branch_ops);
            edo_future *f = edo_select_init(&s, futures, 2, 0);
            edo_test_task t;
            edo_test_task_init(&t, f);
            assert_int_equal(by_task ? edo_test_task_poll(&t) : edo_poll_once(f), EDO_READY);
            wins[edo_result(&s)]++;
        }
        assert_int_not_equal(wins[0], 0);
        assert_int_not_equal(wins[1], 0);
    }
}

/* Otherwise a loop that tries again and again would always be told that nothing is ready. */
static void look_without_budget_waits_for_a_turn(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    branch b = { .ready = false };
    edo_future *futures[] = { edo_future_init(&b.base, &branch_ops) };
    edo_select_future s;
    edo_future *f = edo_select_init(&s, futures, 1, EDO_SELECT_NOWAIT);
    edo_cx cx = { .waker = &w.base };
    assert_int_equal(edo_poll(f, &cx), EDO_PENDING);
    assert_int_equal(hand_woken(&w), 1);
    cx.budget = EDO_BUDGET;
    assert_int_equal(edo_poll(f, &cx), EDO_READY);
    assert_int_equal(edo_result(&s), -EAGAIN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ready_branch_wins_and_each_other_is_dropped_once),
        cmocka_unit_test(every_branch_is_first_about_as_often),
        cmocka_unit_test(poll_by_hand_begins_at_each_branch),
        cmocka_unit_test(look_without_budget_waits_for_a_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
