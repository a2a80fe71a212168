/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo_join_init(): all branches together on one task, each with its result,
 * the first failure in order of the array or, failing fast, in time. Method: polls by hand. */
#include <edo/task.h>
#include <edo/time.h>

#include "poll_by_hand.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Ready with `result` once `on`; counts, and notes in which order it was polled. */
typedef struct branch {
    edo_future base;
    bool on;
    int result, polls, drops, place;
} branch;

static int polled_n;

static edo_polled branch_poll(edo_future *f, edo_cx *cx) {
    branch *self = (branch *)(void *)f;
    if (!edo_budget_take(cx)) return EDO_PENDING;
    self->polls++;
    self->place = polled_n++;
    (void)edo_cx_waker(cx);
    if (!self->on) edo_budget_refund(cx);
    return self->on ? edo_future_finish(f, self->result) : EDO_PENDING;
}

static void branch_drop(edo_future *f) {
    branch *self = (branch *)(void *)f;
    if (!edo_future_is_over(f)) self->drops++;
    edo_future_retire(f);
}

static const edo_future_ops branch_ops = {
    .poll = branch_poll, .drop = branch_drop, .name = "branch", .size = sizeof(branch)
};

#define BRANCHES_MAX 70

static edo_join_future join;
static branch b[BRANCHES_MAX];
static edo_future *futures[BRANCHES_MAX];
static hand_waker w;

static void setup(size_t n, uint32_t flags) {
    w = (hand_waker)HAND_WAKER;
    polled_n = 0;
    for (size_t i = 0; i < n; i++) {
        b[i] = (branch){ 0 };
        futures[i] = edo_future_init(&b[i].base, &branch_ops);
    }
    (void)edo_join_init(&join, futures, n, flags);
}

static void join_ends_with_its_last_branch_and_keeps_each_result(void **state) {
    (void)state;
    setup(5, 0);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(hand_poll(&join.base, &w), EDO_PENDING);
        b[4 - i].on = true;
        b[4 - i].result = (int)i + 100;
    }
    assert_int_equal(hand_poll(&join.base, &w), EDO_READY);
    assert_int_equal(edo_result(&join), 0);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(edo_result(&b[i]), 104 - (int)i);
        assert_int_equal(b[i].drops, 0);
    }
}

static void join_of_no_branches_is_ready_at_once(void **state) {
    (void)state;
    setup(0, 0);
    assert_int_equal(hand_poll(&join.base, &w), EDO_READY);
    assert_int_equal(edo_result(&join), 0);
    setup(2, 0);
    futures[0] = futures[1] = NULL;
    (void)edo_join_init(&join, futures, 2, 0);
    assert_int_equal(hand_poll(&join.base, &w), EDO_READY);
    assert_int_equal(edo_result(&join), 0);
}

static void null_entries_are_skipped(void **state) {
    (void)state;
    setup(3, 0);
    futures[1] = NULL;
    (void)edo_join_init(&join, futures, 3, 0);
    b[0].on = b[2].on = true;
    b[2].result = -EIO;
    assert_int_equal(hand_poll(&join.base, &w), EDO_READY);
    assert_int_equal(edo_result(&join), -EIO);
    assert_int_equal(b[1].polls, 0);
}

static void failures_do_not_end_a_join_and_the_first_in_order_is_returned(void **state) {
    (void)state;
    setup(3, 0);
    b[2].on = true;
    b[2].result = -EPIPE; // first in time
    assert_int_equal(hand_poll(&join.base, &w), EDO_PENDING);
    b[1].on = true;
    b[1].result = -EIO;
    assert_int_equal(hand_poll(&join.base, &w), EDO_PENDING);
    b[0].on = true;
    assert_int_equal(hand_poll(&join.base, &w), EDO_READY);
    assert_int_equal(edo_result(&join), -EIO);
    assert_int_equal(edo_result(&b[2]), -EPIPE);
}

static void fail_fast_ends_at_the_first_failure_and_drops_the_others(void **state) {
    (void)state;
    setup(4, EDO_JOIN_FAIL_FAST);
    b[3].on = true; // succeeds: goes on
    assert_int_equal(hand_poll(&join.base, &w), EDO_PENDING);
    b[2].on = true;
    b[2].result = -EPIPE;
    assert_int_equal(hand_poll(&join.base, &w), EDO_READY);
    assert_int_equal(edo_result(&join), -EPIPE);
    assert_int_equal(b[0].drops + b[1].drops, 2);
    assert_int_equal(b[2].drops + b[3].drops, 0);
    edo_drop(&join.base);
    assert_int_equal(b[0].drops + b[1].drops, 2);
}

static void fail_fast_without_failure_waits_for_all(void **state) {
    (void)state;
    setup(2, EDO_JOIN_FAIL_FAST);
    b[0].on = true;
    b[0].result = 4;
    assert_int_equal(hand_poll(&join.base, &w), EDO_PENDING);
    b[1].on = true;
    assert_int_equal(hand_poll(&join.base, &w), EDO_READY);
    assert_int_equal(edo_result(&join), 0);
}

static void dropped_join_drops_unfinished_branches_once(void **state) {
    (void)state;
    for (int polls = 0; polls < 3; polls++) {
        setup(3, 0);
        b[1].on = true;
        for (int i = 0; i < polls; i++) assert_int_equal(hand_poll(&join.base, &w), EDO_PENDING);
        edo_drop(&join.base);
        edo_drop(&join.base);
        assert_int_equal(b[0].drops, 1);
        assert_int_equal(b[1].drops, polls == 0);
        assert_int_equal(b[2].drops, 1);
    }
}

static void a_dropped_join_frees_its_boxes_also_those_that_were_ready(void **state) {
    (void)state;
    branch inner[2];
    edo_join_future f;
    for (int i = 0; i < 2; i++) {
        inner[i] = (branch){ .on = i == 0 };
        futures[i] = edo_boxed_new(edo_future_init(&inner[i].base, &branch_ops));
    }
    assert_int_equal(hand_poll(edo_join_init(&f, futures, 2, 0), &w), EDO_PENDING);
    edo_drop(&f.base); // the leak checker looks at the rest
}

static void the_first_branch_to_be_polled_rotates(void **state) {
    (void)state;
    setup(3, 0);
    for (int round = 0; round < 6; round++) {
        polled_n = 0;
        assert_int_equal(hand_poll(&join.base, &w), EDO_PENDING);
        for (int i = 0; i < 3; i++) assert_int_equal(b[i].place, (i - round + 6) % 3);
    }
    setup(3, EDO_JOIN_BIASED);
    for (int round = 0; round < 3; round++) {
        polled_n = 0;
        assert_int_equal(hand_poll(&join.base, &w), EDO_PENDING);
        for (int i = 0; i < 3; i++) assert_int_equal(b[i].place, i);
    }
    edo_drop(&join.base);
}

static void branches_that_are_over_are_not_polled_again(void **state) {
    (void)state;
    setup(2, 0);
    b[0].on = true;
    for (int i = 0; i < 5; i++) assert_int_equal(hand_poll(&join.base, &w), EDO_PENDING);
    assert_int_equal(b[0].polls, 1);
    assert_int_equal(b[1].polls, 5);
    edo_drop(&join.base);
}

static void a_small_budget_is_shared_and_all_get_through(void **state) {
    (void)state;
    setup(10, 0);
    for (int i = 0; i < 10; i++) b[i].on = true;
    int polls = 0;
    for (;;) {
        edo_cx cx = hand_cx(&w, 2);
        polls++;
        if (edo_poll(&join.base, &cx) == EDO_READY) break;
        assert_true(hand_woken(&w) > 0); // a refused branch will be polled again
    }
    assert_int_equal(polls, 5);
}

static void sixty_four_branches_fit(void **state) {
    (void)state;
    setup(EDO_FUTURES_MAX, 0);
    assert_int_equal(hand_poll(&join.base, &w), EDO_PENDING);
    for (int i = 0; i < 64; i++) b[i].on = true;
    assert_int_equal(hand_poll(&join.base, &w), EDO_READY);
    assert_int_equal(edo_result(&join), 0);
}

static void too_many_branches_stay_the_callers(void **state) {
    (void)state;
    for (int polled = 0; polled < 2; polled++) {
        setup(EDO_FUTURES_MAX + 1, 0);
        if (polled) {
            assert_int_equal(hand_poll(&join.base, &w), EDO_READY);
            assert_int_equal(edo_result(&join), -EINVAL);
        }
        edo_drop(&join.base);
        for (int i = 0; i <= EDO_FUTURES_MAX; i++) assert_int_equal(b[i].polls + b[i].drops, 0);
    }
    assert_int_equal(edo_join_array(futures, EDO_FUTURES_MAX + 1, 0), -EINVAL);
    for (int i = 0; i <= EDO_FUTURES_MAX; i++) assert_int_equal(b[i].polls + b[i].drops, 0);
}

/* The budget is each branch's own matter: a branch that debits nothing may end, one that debits
 * waits. */
static void with_a_spent_budget_only_branches_without_debit_end(void **state) {
    (void)state;
    static const uint32_t kinds_of_join[] = { 0, EDO_JOIN_BIASED, EDO_JOIN_FAIL_FAST };
    for (size_t kind = 0; kind < EDO_COUNT(kinds_of_join); kind++) {
        setup(2, kinds_of_join[kind]);
        edo_ready_future free_of_charge;
        futures[1] = edo_ready_init(&free_of_charge, 3);
        (void)edo_join_init(&join, futures, 2, kinds_of_join[kind]);
        b[0].on = true;
        edo_cx spent = hand_cx(&w, 0);
        hand_reset(&w);
        assert_int_equal(edo_poll(&join.base, &spent), EDO_PENDING);
        assert_int_equal(hand_woken(&w), 1);
        assert_true(edo_future_is_over(&free_of_charge.base));
        assert_false(edo_future_is_over(&b[0].base));
        assert_int_equal(hand_poll(&join.base, &w), EDO_READY);
        assert_int_equal(edo_result(&join), 0);
    }
}

/* join(select(timeout(pending), ready at the 2nd poll), select(timeout(ready), pending)): without a
 * runtime a time limit returns that there is none. */
static void joins_of_selects_of_timeouts_nest(void **state) {
    (void)state;
    setup(2, 0);
    edo_pending_future never[2];
    edo_ready_future now;
    edo_timeout_future limit[2];
    edo_select_future select[2];
    edo_future *first[] = { &b[0].base, edo_pending_init(&never[0]) };
    edo_future *second[] = { edo_timeout_init(&limit[1], edo_ready_init(&now, 6), edo_s(1)),
                             edo_pending_init(&never[1]) };
    edo_future *both[] = { edo_select_init(&select[0], first, 2, 0),
                           edo_select_init(&select[1], second, 2, 0) };
    (void)edo_join_init(&join, both, 2, 0);
    assert_int_equal(hand_poll(&join.base, &w), EDO_PENDING);
    assert_int_equal(edo_result(&select[1]), 0);
    assert_int_equal(edo_result(&limit[1]), 6);
    b[0].on = true;
    assert_int_equal(hand_poll(&join.base, &w), EDO_READY);
    assert_int_equal(edo_result(&select[0]), 0);
    assert_int_equal(edo_result(&join), 0);
    setup(1, 0);
    assert_int_equal(hand_poll(edo_timeout_init(&limit[0], futures[0], edo_s(1)), &w), EDO_READY);
    assert_int_equal(edo_result(&limit[0]), -EDO_ENORUNTIME);
    assert_int_equal(b[0].drops, 1);
}

static void the_awaiting_form_works_on_a_plain_thread(void **state) {
    (void)state;
    edo_ready_future one, two;
    assert_int_equal(edo_join(edo_ready_init(&one, 1), edo_ready_init(&two, -EIO)), -EIO);
    assert_int_equal(edo_result(&one), 1);
}

static void flags_stand_before_the_branches(void **state) {
    (void)state;
    branch never = { 0 };
    edo_ready_future bad;
    // without the flag this would wait for ever
    assert_int_equal(edo_join_with(EDO_JOIN_FAIL_FAST, edo_future_init(&never.base, &branch_ops),
                                   edo_ready_init(&bad, -EIO)),
                     -EIO);
    assert_int_equal(never.drops, 1);
    edo_ready_future one, two;
    assert_int_equal(edo_join_with(0, edo_ready_init(&one, 1), edo_ready_init(&two, 2)), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(join_ends_with_its_last_branch_and_keeps_each_result),
        cmocka_unit_test(join_of_no_branches_is_ready_at_once),
        cmocka_unit_test(null_entries_are_skipped),
        cmocka_unit_test(failures_do_not_end_a_join_and_the_first_in_order_is_returned),
        cmocka_unit_test(fail_fast_ends_at_the_first_failure_and_drops_the_others),
        cmocka_unit_test(fail_fast_without_failure_waits_for_all),
        cmocka_unit_test(dropped_join_drops_unfinished_branches_once),
        cmocka_unit_test(a_dropped_join_frees_its_boxes_also_those_that_were_ready),
        cmocka_unit_test(the_first_branch_to_be_polled_rotates),
        cmocka_unit_test(branches_that_are_over_are_not_polled_again),
        cmocka_unit_test(a_small_budget_is_shared_and_all_get_through),
        cmocka_unit_test(sixty_four_branches_fit),
        cmocka_unit_test(too_many_branches_stay_the_callers),
        cmocka_unit_test(with_a_spent_budget_only_branches_without_debit_end),
        cmocka_unit_test(joins_of_selects_of_timeouts_nest),
        cmocka_unit_test(the_awaiting_form_works_on_a_plain_thread),
        cmocka_unit_test(flags_stand_before_the_branches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
