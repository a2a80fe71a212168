/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/future.h for single futures: values, functions, boxes, and the misuse
 * that debug builds name (release builds return a defined error). Method: polls by hand, and
 * children that are to abort. */
#include <edo/future.h>
#include <edo/task.h>
#include <edo/time.h>

#include "aborts.h"
#include "poll_by_hand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void ready_is_ready_at_its_first_poll(void **state) {
    (void)state;
    static const int values[] = { 0, 1, -1, INT32_MAX, INT32_MIN };
    for (size_t i = 0; i < EDO_COUNT(values); i++) {
        edo_ready_future f;
        hand_waker w = HAND_WAKER;
        assert_int_equal(hand_poll(edo_ready_init(&f, values[i]), &w), EDO_READY);
        assert_int_equal(edo_result(&f), values[i]);
        assert_int_equal(hand_woken(&w), 0);
    }
}

static void pending_is_never_ready_and_may_be_dropped_often(void **state) {
    (void)state;
    edo_pending_future f;
    hand_waker w = HAND_WAKER;
    (void)edo_pending_init(&f);
    for (int i = 0; i < 100; i++) assert_int_equal(hand_poll(&f.base, &w), EDO_PENDING);
    edo_drop(&f.base);
    edo_drop(&f.base);
    assert_int_equal(hand_woken(&w), 0);
    edo_drop(NULL);
}

typedef struct countdown {
    int left;
    edo_waker *waker;
} countdown;

static edo_polled count_down(void *arg, edo_cx *cx, int *result) {
    countdown *c = arg;
    *result = -EPERM; // not read before it is ready
    if (c->left-- > 0) {
        c->waker = edo_cx_waker(cx);
        return EDO_PENDING;
    }
    *result = 42;
    return EDO_READY;
}

static void poll_fn_polls_its_function_and_has_its_result(void **state) {
    (void)state;
    countdown c = { .left = 2 };
    edo_poll_fn_future f;
    hand_waker w = HAND_WAKER;
    (void)edo_poll_fn_init(&f, count_down, &c);
    assert_int_equal(hand_poll(&f.base, &w), EDO_PENDING);
    assert_ptr_equal(c.waker, &w.base);
    assert_int_equal(hand_poll(&f.base, &w), EDO_PENDING);
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    assert_int_equal(edo_result(&f), 42);
}

static edo_polled ready_without_result(void *arg, edo_cx *cx, int *result) {
    (void)arg;
    (void)cx;
    (void)result;
    return EDO_READY;
}

static void poll_fn_that_sets_no_result_has_result_0(void **state) {
    (void)state;
    edo_poll_fn_future f;
    hand_waker w = HAND_WAKER;
    assert_int_equal(hand_poll(edo_poll_fn_init(&f, ready_without_result, NULL), &w), EDO_READY);
    assert_int_equal(edo_result(&f), 0);
}

static void yield_is_pending_once_and_has_woken(void **state) {
    (void)state;
    edo_yield_future f;
    hand_waker w = HAND_WAKER;
    assert_int_equal(hand_poll(edo_yield_init(&f), &w), EDO_PENDING);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    assert_int_equal(edo_result(&f), 0);
    assert_int_equal(hand_woken(&w), 1);
}

static void poll_once_leaves_the_future_armed(void **state) {
    (void)state;
    countdown c = { .left = 1 };
    edo_poll_fn_future f;
    (void)edo_poll_fn_init(&f, count_down, &c);
    assert_int_equal(edo_poll_once(&f.base), EDO_PENDING);
    assert_true(edo_waker_same(c.waker, edo_waker_noop()));
    edo_waker_wake(c.waker); // does nothing, however often it is called
    edo_waker_unref(edo_waker_ref(c.waker));
    edo_waker_unref(NULL);
    assert_int_equal(edo_poll_once(&f.base), EDO_READY);
}

static void a_future_may_be_copied_before_its_first_poll(void **state) {
    (void)state;
    countdown c = { .left = 1 };
    edo_poll_fn_future f, copy;
    hand_waker w = HAND_WAKER;
    (void)edo_poll_fn_init(&f, count_down, &c);
    memcpy(&copy, &f, sizeof f);
    assert_int_equal(hand_poll(&copy.base, &w), EDO_PENDING);
    assert_int_equal(hand_poll(&copy.base, &w), EDO_READY);
}

static void the_budget_counts_down_and_wakes_when_it_is_spent(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    edo_cx cx = hand_cx(&w, 2);
    assert_true(edo_budget_take(&cx));
    assert_true(edo_budget_take(&cx));
    assert_int_equal(hand_woken(&w), 0);
    assert_false(edo_budget_take(&cx));
    assert_int_equal(hand_woken(&w), 1);
    edo_budget_refund(&cx);
    assert_true(edo_budget_take(&cx));
}

static void consuming_takes_one_operation_and_yields_when_the_budget_is_spent(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    edo_budget_consume_future f;
    edo_cx cx = hand_cx(&w, 1);
    assert_int_equal(edo_poll(edo_budget_consume_init(&f), &cx), EDO_READY);
    assert_int_equal(edo_result(&f), 0);
    assert_int_equal(cx.budget, 0);
    assert_int_equal(hand_woken(&w), 0);
    assert_int_equal(edo_poll(edo_budget_consume_init(&f), &cx), EDO_PENDING);
    assert_int_equal(hand_woken(&w), 1); // its turn comes by itself
    cx = hand_cx(&w, EDO_BUDGET);
    assert_int_equal(edo_poll(&f.base, &cx), EDO_READY);
    assert_int_equal(cx.budget, EDO_BUDGET - 1);
    edo_drop(&f.base);
}

/* ---- Results --------------------------------------------------------------------------------- */

static void the_result_of_any_finished_future_can_be_asked(void **state) {
    (void)state;
    static const int values[] = { 0, 7, -ENOENT, INT32_MAX, INT32_MIN };
    for (size_t i = 0; i < EDO_COUNT(values); i++) {
        edo_ready_future f;
        hand_waker w = HAND_WAKER;
        edo_future *any = edo_ready_init(&f, values[i]);
        assert_int_equal(hand_poll(any, &w), EDO_READY);
        assert_int_equal(edo_future_result(any), values[i]);
    }
    edo_pending_future never;
    edo_ready_future now;
    edo_future *both[] = { edo_pending_init(&never), edo_ready_init(&now, 12) };
    int first = edo_select_array(both, 2, 0);
    assert_int_equal(first, 1);
    assert_int_equal(edo_future_result(both[first]), 12);
}

static void result_of_what_is_pending(void) {
    edo_pending_future f;
    hand_waker w = HAND_WAKER;
    (void)hand_poll(edo_pending_init(&f), &w);
    if (edo_future_result(&f.base) != -EDO_EMISUSE) _exit(1);
}

static void result_of_what_was_dropped(void) {
    edo_pending_future f;
    edo_drop(edo_pending_init(&f));
    if (edo_future_result(&f.base) != -EDO_EMISUSE) _exit(1);
}

static void result_of_what_was_never_polled(void) {
    edo_ready_future f;
    if (edo_future_result(edo_ready_init(&f, 3)) != -EDO_EMISUSE) _exit(1);
}

static void asking_for_a_missing_result_is_misuse(void **state) {
    (void)state;
#ifdef EDO_DEBUG
    bool named = true;
#else
    bool named = false;
#endif
    assert_int_equal(aborts(result_of_what_is_pending), named);
    assert_int_equal(aborts(result_of_what_was_dropped), named);
    assert_int_equal(aborts(result_of_what_was_never_polled), named);
}

/* ---- Boxes ----------------------------------------------------------------------------------- */

typedef struct counted {
    edo_future base;
    int *drops;
    int polls_left;
} counted;

static edo_polled counted_poll(edo_future *f, edo_cx *cx) {
    counted *self = (counted *)(void *)f;
    (void)edo_cx_waker(cx);
    if (self->polls_left-- > 0) return EDO_PENDING;
    return edo_future_finish(f, 7);
}

static void counted_drop(edo_future *f) {
    counted *self = (counted *)(void *)f;
    if (!edo_future_is_over(f)) ++*self->drops;
    edo_future_retire(f);
}

static const edo_future_ops counted_ops = {
    .poll = counted_poll, .drop = counted_drop, .name = "counted", .size = sizeof(counted)
};

static edo_future *counted_init(counted *f, int polls, int *drops) {
    f->drops = drops;
    f->polls_left = polls;
    return edo_future_init(&f->base, &counted_ops);
}

static void box_polls_the_future_moved_into_it(void **state) {
    (void)state;
    int drops = 0;
    counted inner;
    hand_waker w = HAND_WAKER;
    edo_future *box = edo_boxed_new(counted_init(&inner, 1, &drops));
    assert_non_null(box);
    memset(&inner, 0x5a, sizeof inner); // its old place is empty
    assert_int_equal(hand_poll(box, &w), EDO_PENDING);
    assert_int_equal(hand_poll(box, &w), EDO_READY);
    assert_int_equal(box->result, 7);
    edo_drop(box); // done, but its memory is freed here
    assert_int_equal(drops, 0);
}

static void dropping_a_box_drops_its_future_in_each_state(void **state) {
    (void)state;
    for (int polls = 0; polls < 3; polls++) {
        int drops = 0;
        counted inner;
        hand_waker w = HAND_WAKER;
        edo_future *box = edo_boxed_new(counted_init(&inner, 5, &drops));
        for (int i = 0; i < polls; i++) assert_int_equal(hand_poll(box, &w), EDO_PENDING);
        edo_drop(box);
        assert_int_equal(drops, 1);
    }
}

static void a_box_may_be_boxed_again(void **state) {
    (void)state;
    int drops = 0;
    counted inner;
    hand_waker w = HAND_WAKER;
    edo_future *box = edo_boxed_new(edo_boxed_new(counted_init(&inner, 1, &drops)));
    assert_non_null(box);
    assert_int_equal(hand_poll(box, &w), EDO_PENDING);
    assert_int_equal(hand_poll(box, &w), EDO_READY);
    assert_int_equal(box->result, 7);
    edo_drop(box);
}

static void a_sleep_until_an_instant_may_be_boxed(void **state) {
    (void)state;
    edo_sleep_future f;
    hand_waker w = HAND_WAKER;
    edo_future *box = edo_boxed_new(edo_sleep_at_init(&f, (edo_instant){ 1 }));
    assert_int_equal(hand_poll(box, &w), EDO_READY);
    assert_int_equal(box->result, -EDO_ENORUNTIME); // there is none here
    edo_drop(box);
}

/* ---- Broken contracts ------------------------------------------------------------------------ */

static void poll_after_ready(void) {
    edo_ready_future f;
    hand_waker w = HAND_WAKER;
    (void)hand_poll(edo_ready_init(&f, 3), &w);
    bool ready = hand_poll(&f.base, &w) == EDO_READY;
    if (!ready || edo_result(&f) != -EDO_EMISUSE) _exit(1);
}

static void poll_after_drop(void) {
    edo_pending_future f;
    hand_waker w = HAND_WAKER;
    edo_drop(edo_pending_init(&f));
    bool ready = hand_poll(&f.base, &w) == EDO_READY;
    if (!ready || edo_result(&f) != -EDO_EMISUSE) _exit(1);
}

static void move_after_first_poll(void) {
    edo_pending_future f[2];
    hand_waker w = HAND_WAKER;
    (void)hand_poll(edo_pending_init(&f[0]), &w);
    memcpy(&f[1], &f[0], sizeof f[0]);
    (void)hand_poll(&f[1].base, &w);
}

static edo_polled forget_waker(void *arg, edo_cx *cx, int *result) {
    (void)arg;
    (void)cx;
    (void)result;
    return EDO_PENDING;
}

static void pending_without_waker(void) {
    edo_poll_fn_future f;
    hand_waker w = HAND_WAKER;
    (void)hand_poll(edo_poll_fn_init(&f, forget_waker, NULL), &w);
}

static edo_polled ask_for_nothing_inside(void *arg, edo_cx *cx, int *result) {
    (void)edo_cx_waker(cx); // the outer one asks, the inner does not
    (void)result;
    return edo_poll(arg, cx);
}

static void inner_pending_without_waker(void) {
    edo_poll_fn_future inner, outer;
    hand_waker w = HAND_WAKER;
    (void)edo_poll_fn_init(&inner, forget_waker, NULL);
    (void)hand_poll(edo_poll_fn_init(&outer, ask_for_nothing_inside, &inner), &w);
}

static void box_what_was_polled(void) {
    edo_pending_future f;
    hand_waker w = HAND_WAKER;
    (void)hand_poll(edo_pending_init(&f), &w);
    (void)edo_boxed_new(&f.base);
}

static void broken_contracts_are_named_in_debug_and_defined_in_release(void **state) {
    (void)state;
#ifdef EDO_DEBUG
    bool named = true;
    assert_true(aborts(move_after_first_poll));
    assert_true(aborts(pending_without_waker));
    assert_true(aborts(inner_pending_without_waker));
    assert_true(aborts(box_what_was_polled));
#else
    bool named = false;
    assert_false(aborts(move_after_first_poll)); // not detected, but harmless for this one
    assert_false(aborts(pending_without_waker));
    assert_false(aborts(inner_pending_without_waker));
    (void)box_what_was_polled;
#endif
    assert_int_equal(aborts(poll_after_ready), named);
    assert_int_equal(aborts(poll_after_drop), named);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ready_is_ready_at_its_first_poll),
        cmocka_unit_test(pending_is_never_ready_and_may_be_dropped_often),
        cmocka_unit_test(poll_fn_polls_its_function_and_has_its_result),
        cmocka_unit_test(poll_fn_that_sets_no_result_has_result_0),
        cmocka_unit_test(yield_is_pending_once_and_has_woken),
        cmocka_unit_test(poll_once_leaves_the_future_armed),
        cmocka_unit_test(a_future_may_be_copied_before_its_first_poll),
        cmocka_unit_test(the_budget_counts_down_and_wakes_when_it_is_spent),
        cmocka_unit_test(consuming_takes_one_operation_and_yields_when_the_budget_is_spent),
        cmocka_unit_test(the_result_of_any_finished_future_can_be_asked),
        cmocka_unit_test(asking_for_a_missing_result_is_misuse),
        cmocka_unit_test(box_polls_the_future_moved_into_it),
        cmocka_unit_test(dropping_a_box_drops_its_future_in_each_state),
        cmocka_unit_test(a_box_may_be_boxed_again),
        cmocka_unit_test(a_sleep_until_an_instant_may_be_boxed),
        cmocka_unit_test(broken_contracts_are_named_in_debug_and_defined_in_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
