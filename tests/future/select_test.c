/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo_select_init(): the first ready wins, fairly, and nothing of the
 * losers is left. Method: polls by hand of branches that are switched on one by one and count
 * their drops. */
#include <edo/runtime.h>
#include <edo/task.h>
#include <edo/time.h>

#include "aborts.h"
#include "poll_by_hand.h"

#include <errno.h>
#include <stdlib.h>

/* Ready with `result` once `on`; counts. */
typedef struct branch {
    edo_future base;
    bool on, waits;
    int result, polls, drops;
    edo_waker *waker;
} branch;

static edo_polled branch_poll(edo_future *f, edo_cx *cx) {
    branch *self = (branch *)(void *)f;
    self->polls++;
    if (self->on) return edo_future_finish(f, self->result);
    self->waker = edo_cx_waker(cx);
    self->waits = true;
    return EDO_PENDING;
}

static void branch_drop(edo_future *f) {
    branch *self = (branch *)(void *)f;
    if (!edo_future_is_over(f)) self->drops++;
    self->waits = false;
    edo_future_retire(f);
}

static const edo_future_ops branch_ops = {
    .poll = branch_poll, .drop = branch_drop, .name = "branch", .size = sizeof(branch)
};

static const edo_future_ops unsafe_ops = { .poll = branch_poll,
                                           .drop = branch_drop,
                                           .name = "unsafe",
                                           .size = sizeof(branch),
                                           .flags = EDO_FUTURE_NOT_CANCEL_SAFE };

static edo_future *branch_init(branch *b) {
    *b = (branch){ 0 };
    return edo_future_init(&b->base, &branch_ops);
}

#define BRANCHES_MAX 70

typedef struct fixture {
    edo_select_future select;
    branch b[BRANCHES_MAX];
    edo_future *futures[BRANCHES_MAX];
    hand_waker w;
    edo_cx cx; // keeps its random state from poll to poll, as an executor's does
} fixture;

static void setup(fixture *x, size_t n, uint32_t flags) {
    for (size_t i = 0; i < n; i++) x->futures[i] = branch_init(&x->b[i]);
    x->w = (hand_waker)HAND_WAKER;
    (void)edo_select_init(&x->select, x->futures, n, flags);
}

static edo_polled poll(fixture *x) {
    x->cx.waker = &x->w.base;
    x->cx.budget = EDO_BUDGET;
    return edo_poll(&x->select.base, &x->cx);
}

static fixture x;

static void the_first_ready_wins_and_the_losers_are_dropped(void **state) {
    (void)state;
    for (size_t winner = 0; winner < 5; winner++) {
        setup(&x, 5, 0);
        assert_int_equal(poll(&x), EDO_PENDING);
        x.b[winner].on = true;
        x.b[winner].result = -EIO; // a failure wins too
        assert_int_equal(poll(&x), EDO_READY);
        assert_int_equal(edo_result(&x.select), winner);
        assert_int_equal(edo_result(&x.b[winner]), -EIO);
        for (size_t i = 0; i < 5; i++) assert_int_equal(x.b[i].drops, i != winner);
        edo_drop(&x.select.base);
        for (size_t i = 0; i < 5; i++) assert_int_equal(x.b[i].drops, i != winner);
    }
}

static void a_dropped_select_drops_all_its_branches_once(void **state) {
    (void)state;
    for (int polls = 0; polls < 3; polls++) {
        setup(&x, 4, 0);
        for (int i = 0; i < polls; i++) assert_int_equal(poll(&x), EDO_PENDING);
        edo_drop(&x.select.base);
        edo_drop(&x.select.base);
        for (size_t i = 0; i < 4; i++) assert_int_equal(x.b[i].drops, 1);
    }
}

static void random_start_gives_each_ready_branch_its_share(void **state) {
    (void)state;
    enum { N = 4, RUNS = 40000 };
    int wins[N] = { 0 };
    for (int run = 0; run < RUNS; run++) {
        setup(&x, N, 0);
        for (size_t i = 0; i < N; i++) x.b[i].on = true;
        assert_int_equal(poll(&x), EDO_READY);
        wins[edo_result(&x.select)]++;
    }
    // 10,000 each; the standard deviation is 87: 600 is far beyond chance
    for (size_t i = 0; i < N; i++) assert_in_range(wins[i], 9400, 10600);
}

static void context_without_seed_is_fair_too(void **state) {
    (void)state;
    enum { N = 3, RUNS = 3000 };
    int wins[N] = { 0 };
    for (int run = 0; run < RUNS; run++) {
        setup(&x, N, 0);
        for (size_t i = 0; i < N; i++) x.b[i].on = true;
        assert_int_equal(hand_poll(&x.select.base, &x.w), EDO_READY); // a new context each time
        wins[edo_result(&x.select)]++;
    }
    for (size_t i = 0; i < N; i++) assert_in_range(wins[i], 800, 1200);
}

static void biased_takes_the_first_in_order(void **state) {
    (void)state;
    for (int run = 0; run < 100; run++) {
        setup(&x, 4, EDO_SELECT_BIASED);
        x.b[1].on = x.b[2].on = true;
        assert_int_equal(poll(&x), EDO_READY);
        assert_int_equal(edo_result(&x.select), 1);
        assert_int_equal(x.b[3].polls, 0);
    }
}

static void a_disabled_branch_is_neither_polled_nor_chosen(void **state) {
    (void)state;
    for (int run = 0; run < 50; run++) {
        setup(&x, 3, 0);
        x.b[1].on = true;
        x.futures[1] = NULL;
        assert_int_equal(poll(&x), EDO_PENDING);
        assert_int_equal(x.b[1].polls, 0);
        x.b[2].on = true;
        assert_int_equal(poll(&x), EDO_READY);
        assert_int_equal(edo_result(&x.select), 2);
        assert_int_equal(x.b[1].drops, 0);
    }
}

static void no_branch_at_all_is_an_error(void **state) {
    (void)state;
    setup(&x, 3, 0);
    x.futures[0] = x.futures[1] = x.futures[2] = NULL;
    assert_int_equal(poll(&x), EDO_READY);
    assert_int_equal(edo_result(&x.select), -EDO_ENOBRANCH);
    setup(&x, 0, EDO_SELECT_OK);
    assert_int_equal(poll(&x), EDO_READY);
    assert_int_equal(edo_result(&x.select), -EDO_ENOBRANCH);
    setup(&x, 0, EDO_SELECT_NOWAIT);
    assert_int_equal(poll(&x), EDO_READY);
    assert_int_equal(edo_result(&x.select), -EDO_ENOBRANCH);
}

static void keep_leaves_the_losers_armed(void **state) {
    (void)state;
    setup(&x, 3, EDO_SELECT_KEEP);
    assert_int_equal(poll(&x), EDO_PENDING);
    x.b[0].on = true;
    assert_int_equal(poll(&x), EDO_READY);
    assert_int_equal(edo_result(&x.select), 0);
    assert_int_equal(x.b[1].drops + x.b[2].drops, 0);
    x.futures[0] = NULL; // the next round, without the one that was ready
    (void)edo_select_init(&x.select, x.futures, 3, EDO_SELECT_KEEP);
    x.b[2].on = true;
    assert_int_equal(poll(&x), EDO_READY);
    assert_int_equal(edo_result(&x.select), 2);
    (void)edo_select_init(&x.select, x.futures, 3, EDO_SELECT_KEEP);
    x.futures[2] = NULL;
    assert_int_equal(poll(&x), EDO_PENDING);
    edo_drop(&x.select.base); // the kept one is the caller's to drop
    assert_int_equal(x.b[1].drops, 0);
    edo_drop(&x.b[1].base);
    assert_int_equal(x.b[1].drops, 1);
}

static void nowait_polls_once(void **state) {
    (void)state;
    setup(&x, 2, EDO_SELECT_NOWAIT);
    assert_int_equal(poll(&x), EDO_READY);
    assert_int_equal(edo_result(&x.select), -EAGAIN);
    assert_int_equal(x.b[0].drops + x.b[1].drops, 2);
    setup(&x, 2, EDO_SELECT_NOWAIT | EDO_SELECT_KEEP);
    assert_int_equal(poll(&x), EDO_READY);
    assert_int_equal(edo_result(&x.select), -EAGAIN);
    assert_int_equal(x.b[0].drops + x.b[1].drops, 0);
    edo_drop(&x.b[0].base);
    edo_drop(&x.b[1].base);
    setup(&x, 2, EDO_SELECT_NOWAIT);
    x.b[1].on = true;
    assert_int_equal(poll(&x), EDO_READY);
    assert_int_equal(edo_result(&x.select), 1);
}

static void ok_waits_for_the_first_success(void **state) {
    (void)state;
    setup(&x, 3, EDO_SELECT_OK);
    x.b[0].on = true;
    x.b[0].result = -EIO;
    assert_int_equal(poll(&x), EDO_PENDING);
    assert_int_equal(poll(&x), EDO_PENDING);
    assert_int_equal(x.b[0].polls, 1); // over: not polled again
    x.b[2].on = true;
    x.b[2].result = 5;
    assert_int_equal(poll(&x), EDO_READY);
    assert_int_equal(edo_result(&x.select), 2);
    assert_int_equal(x.b[1].drops, 1);
}

static void ok_returns_the_last_failure_if_all_fail(void **state) {
    (void)state;
    static const int order[] = { 1, 2, 0 };
    setup(&x, 3, EDO_SELECT_OK);
    for (int i = 0; i < 3; i++) {
        x.b[order[i]].on = true;
        x.b[order[i]].result = -10 - order[i];
        assert_int_equal(poll(&x), i == 2 ? EDO_READY : EDO_PENDING);
    }
    assert_int_equal(edo_result(&x.select), -10);
}

static void sixty_four_branches_fit(void **state) {
    (void)state;
    setup(&x, EDO_FUTURES_MAX, 0);
    assert_int_equal(poll(&x), EDO_PENDING);
    x.b[63].on = true;
    assert_int_equal(poll(&x), EDO_READY);
    assert_int_equal(edo_result(&x.select), 63);
    setup(&x, EDO_FUTURES_MAX, EDO_SELECT_OK);
    for (int i = 0; i < 64; i++) {
        x.b[i].on = true;
        x.b[i].result = -EIO;
    }
    assert_int_equal(poll(&x), EDO_READY);
    assert_int_equal(edo_result(&x.select), -EIO);
}

static void too_many_branches_stay_the_callers(void **state) {
    (void)state;
    for (int polled = 0; polled < 2; polled++) {
        setup(&x, EDO_FUTURES_MAX + 1, 0);
        if (polled) {
            assert_int_equal(poll(&x), EDO_READY);
            assert_int_equal(edo_result(&x.select), -EINVAL);
        }
        edo_drop(&x.select.base);
        for (int i = 0; i <= EDO_FUTURES_MAX; i++) assert_int_equal(x.b[i].polls + x.b[i].drops, 0);
    }
    assert_int_equal(edo_select_array(x.futures, EDO_FUTURES_MAX + 1, 0), -EINVAL);
    for (int i = 0; i <= EDO_FUTURES_MAX; i++) assert_int_equal(x.b[i].polls + x.b[i].drops, 0);
}

/* Branches that are ready at once and debit nothing. */
static void a_spent_budget_makes_all_branches_pending(void **state) {
    (void)state;
    static const uint32_t kinds_of_select[] = { 0, EDO_SELECT_BIASED, EDO_SELECT_KEEP,
                                                EDO_SELECT_NOWAIT, EDO_SELECT_OK };
    for (size_t kind = 0; kind < EDO_COUNT(kinds_of_select); kind++) {
        for (size_t n = 1; n <= 3; n++) {
            setup(&x, n, kinds_of_select[kind]);
            for (size_t i = 0; i < n; i++) x.b[i].on = true;
            edo_cx spent = hand_cx(&x.w, 0);
            assert_int_equal(edo_poll(&x.select.base, &spent), EDO_PENDING);
            assert_int_equal(hand_woken(&x.w), 1);
            for (size_t i = 0; i < n; i++) assert_int_equal(x.b[i].polls + x.b[i].drops, 0);
            assert_int_equal(poll(&x), EDO_READY);
            assert_true(edo_result(&x.select) >= 0);
        }
    }
}

/* A select that ends, however it ends, takes one operation, and one only. */
static void a_select_that_ends_takes_one_operation(void **state) {
    (void)state;
    static const uint32_t kinds_of_select[] = { 0, EDO_SELECT_BIASED, EDO_SELECT_NOWAIT,
                                                EDO_SELECT_OK };
    for (size_t kind = 0; kind < EDO_COUNT(kinds_of_select); kind++) {
        for (size_t n = 1; n <= 3; n++) {
            setup(&x, n, kinds_of_select[kind]);
            x.b[n - 1].on = true;
            assert_int_equal(poll(&x), EDO_READY);
            assert_int_equal(x.cx.budget, EDO_BUDGET - 1);
        }
    }
    edo_budget_consume_future paid;
    edo_select_future select;
    edo_future *futures[2] = { edo_budget_consume_init(&paid), NULL };
    edo_cx cx = hand_cx(&x.w, EDO_BUDGET);
    assert_int_equal(edo_poll(edo_select_init(&select, futures, 2, 0), &cx), EDO_READY);
    assert_int_equal(cx.budget, EDO_BUDGET - 1); // the branch has debited it
    setup(&x, 2, 0);
    assert_int_equal(poll(&x), EDO_PENDING);
    assert_int_equal(x.cx.budget, EDO_BUDGET);
    edo_drop(&x.select.base);
    setup(&x, 2, EDO_SELECT_NOWAIT);
    assert_int_equal(poll(&x), EDO_READY);
    assert_int_equal(edo_result(&x.select), -EAGAIN);
    assert_int_equal(x.cx.budget, EDO_BUDGET); // as one that is pending
}

static int note_that_it_ran(void *arg) {
    *(bool *)arg = true;
    return 0;
}

/* Ends when another task has run: a loop that never yields ends by the limit. */
static int select_until_another_ran(void *arg) {
    bool *ran = arg;
    edo_task *t = edo_spawn(note_that_it_ran, ran);
    for (int i = 0; i < 100000 && !*ran; i++) {
        edo_ready_future ready;
        edo_pending_future never;
        if (edo_select(edo_ready_init(&ready, 1), edo_pending_init(&never)) != 0) abort();
    }
    bool in_time = *ran;
    (void)edo_task_join(t);
    return in_time;
}

static void a_loop_of_selects_yields(void **state) {
    (void)state;
    bool ran = false;
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT }), 0);
    assert_int_equal(edo_run(rt, select_until_another_ran, &ran), 1);
    edo_runtime_free(rt);
}

static void the_branches_get_the_newest_waker(void **state) {
    (void)state;
    setup(&x, 2, 0);
    hand_waker second = HAND_WAKER;
    assert_int_equal(poll(&x), EDO_PENDING);
    assert_int_equal(hand_poll(&x.select.base, &second), EDO_PENDING);
    assert_ptr_equal(x.b[0].waker, &second.base);
    assert_ptr_equal(x.b[1].waker, &second.base);
    edo_drop(&x.select.base);
}

static void a_losing_box_is_freed_and_a_winning_one_is_the_callers(void **state) {
    (void)state;
    for (int winner = 0; winner < 2; winner++) {
        branch b[2];
        edo_future *futures[2];
        hand_waker w = HAND_WAKER;
        edo_select_future f;
        for (int i = 0; i < 2; i++) {
            branch_init(&b[i]);
            b[i].on = i == winner;
            b[i].result = 9;
            futures[i] = edo_boxed_new(&b[i].base);
        }
        assert_int_equal(hand_poll(edo_select_init(&f, futures, 2, 0), &w), EDO_READY);
        assert_int_equal(edo_result(&f), winner);
        assert_int_equal(futures[winner]->result, 9);
        edo_drop(futures[winner]);
    }
}

static void select_an_unsafe_branch(void) {
    branch b;
    edo_select_future f;
    edo_future *futures[] = { branch_init(&b) };
    b.base.ops = &unsafe_ops;
    (void)edo_select_init(&f, futures, 1, 0);
}

static void keep_an_unsafe_branch(void) {
    branch b;
    edo_select_future f;
    edo_future *futures[] = { branch_init(&b) };
    b.base.ops = &unsafe_ops;
    (void)edo_select_init(&f, futures, 1, EDO_SELECT_KEEP);
}

static void debug_refuses_a_branch_that_is_not_cancel_safe(void **state) {
    (void)state;
#ifdef EDO_DEBUG
    assert_true(aborts(select_an_unsafe_branch));
#else
    assert_false(aborts(select_an_unsafe_branch));
#endif
    assert_false(aborts(keep_an_unsafe_branch)); // none is dropped half way
}

static void the_awaiting_form_works_on_a_plain_thread(void **state) {
    (void)state;
    edo_pending_future never;
    edo_ready_future now;
    assert_int_equal(edo_select(edo_pending_init(&never), edo_ready_init(&now, 5)), 1);
    assert_int_equal(edo_result(&now), 5);
    int wins[2] = { 0 };
    for (int i = 0; i < 1000; i++) {
        edo_ready_future a, b;
        wins[edo_select(edo_ready_init(&a, 0), edo_ready_init(&b, 0))]++;
    }
    assert_in_range(wins[0], 300, 700);
}

static void flags_stand_before_the_branches(void **state) {
    (void)state;
    for (int i = 0; i < 50; i++) { // a fair select would choose the second about every other time
        edo_ready_future a, b;
        assert_int_equal(
            edo_select_with(EDO_SELECT_BIASED, edo_ready_init(&a, 1), edo_ready_init(&b, 2)), 0);
    }
    edo_pending_future p, q;
    assert_int_equal(edo_select_with(EDO_SELECT_NOWAIT, edo_pending_init(&p), edo_pending_init(&q)),
                     -EAGAIN);
    edo_ready_future bad, good;
    int first = edo_select_with(EDO_SELECT_OK | EDO_SELECT_BIASED, edo_ready_init(&bad, -ENOENT),
                                NULL, edo_ready_init(&good, 5));
    assert_int_equal(first, 2);
    assert_int_equal(edo_future_result(&good.base), 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_ready_wins_and_the_losers_are_dropped),
        cmocka_unit_test(a_dropped_select_drops_all_its_branches_once),
        cmocka_unit_test(random_start_gives_each_ready_branch_its_share),
        cmocka_unit_test(context_without_seed_is_fair_too),
        cmocka_unit_test(biased_takes_the_first_in_order),
        cmocka_unit_test(a_disabled_branch_is_neither_polled_nor_chosen),
        cmocka_unit_test(no_branch_at_all_is_an_error),
        cmocka_unit_test(keep_leaves_the_losers_armed),
        cmocka_unit_test(nowait_polls_once),
        cmocka_unit_test(ok_waits_for_the_first_success),
        cmocka_unit_test(ok_returns_the_last_failure_if_all_fail),
        cmocka_unit_test(sixty_four_branches_fit),
        cmocka_unit_test(too_many_branches_stay_the_callers),
        cmocka_unit_test(a_spent_budget_makes_all_branches_pending),
        cmocka_unit_test(a_select_that_ends_takes_one_operation),
        cmocka_unit_test(a_loop_of_selects_yields),
        cmocka_unit_test(the_branches_get_the_newest_waker),
        cmocka_unit_test(a_losing_box_is_freed_and_a_winning_one_is_the_callers),
        cmocka_unit_test(debug_refuses_a_branch_that_is_not_cancel_safe),
        cmocka_unit_test(the_awaiting_form_works_on_a_plain_thread),
        cmocka_unit_test(flags_stand_before_the_branches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
