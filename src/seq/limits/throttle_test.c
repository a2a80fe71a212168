/* SPDX-License-Identifier: MIT */
/* Goal: items of edo_seq_throttle() are at least a period apart, none is dropped, and the source is
 * not asked before. Method: sequences in virtual time, in a task; by hand without a runtime; the
 * generic promises are in seq/adapters_test.c. */
#include <edo/seq.h>

#include "inside.h"
#include "seq/seq_test.h"

/* Counts from 1 to 5; the third item has failed. */
static int count_up(void *state, void *item) {
    int *n = state;
    if (*n == 5) return 0;
    if (++*n == 3) return -EIO;
    *(int *)item = *n;
    return 1;
}

static edo_seq *counted(int *n, edo_duration period) {
    *n = 0;
    return edo_seq_throttle(edo_seq_unfold(sizeof(int), count_up, n), period);
}

static void expect_at(edo_seq *s, edo_instant began, int wanted, int64_t ms) {
    int item = 0, rc = edo_seq_next(s, &item);
    CHECK_EQ(rc == 1 ? item : rc, wanted);
    CHECK_EQ(ms_since(began), ms);
}

static int at_most_so_often(void *arg) {
    int n;
    (void)arg;
    edo_seq *s = counted(&n, edo_ms(10));
    const edo_instant began = edo_now();
    expect_at(s, began, 1, 0);
    expect_at(s, began, 2, 10);
    CHECK_EQ(n, 2);
    CHECK_EQ(edo_sleep(edo_ms(25)), 0);
    expect_at(s, began, -EIO, 35); // a late reader waits for nothing
    expect_at(s, began, 4, 45);    // an item that failed is one
    expect_at(s, began, 5, 55);
    expect_at(s, began, 0, 65); // the source is not asked before
    expect_at(s, began, 0, 65);
    edo_seq_free(s);
    return 0;
}

static void items_are_a_period_apart(void **state) {
    (void)state;
    assert_int_equal(inside(at_most_so_often, NULL), 0);
}

static int cut_short(void *arg) {
    int item, n;
    (void)arg;
    edo_seq *s = counted(&n, edo_ms(10));
    const edo_instant began = edo_now();
    expect_at(s, began, 1, 0);
    for (int i = 1; i <= 2; i++) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(4));
        CHECK_EQ(edo_deadline_end(&d, edo_seq_next(s, &item)), -ETIMEDOUT);
        CHECK_EQ(ms_since(began), 4 * i);
    }
    CHECK_EQ(n, 1);
    expect_at(s, began, 2, 10); // the pause has gone on
    CHECK_EQ(edo_seq_shutdown(s), 0);
    s = counted(&n, edo_ms(-10));
    expect_at(s, began, 1, 10);
    expect_at(s, began, 2, 10);
    edo_seq_free(s);
    s = counted(&n, edo_ns(EDO_FOREVER_NS));
    expect_at(s, began, 1, 10);
    edo_seq_next_future f;
    CHECK_EQ(edo_timeout(edo_seq_next_init(&f, s, &item), edo_hours(99)), -ETIMEDOUT);
    edo_seq_free(s);
    return 0;
}

static void a_pause_outlives_the_read_that_is_cut_short(void **state) {
    (void)state;
    assert_int_equal(inside(cut_short, NULL), 0);
}

static void without_a_runtime_no_item_is_lost(void **state) {
    (void)state;
    seq_counter c;
    edo_seq *s = edo_seq_throttle(counter_init(&c, 2), edo_hours(1));
    reads(s, (int[]){ 1, -EDO_ENORUNTIME, -EDO_ENORUNTIME }, 3);
    assert_int_equal(c.polls, 1);
    edo_seq_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_a_period_apart),
        cmocka_unit_test(a_pause_outlives_the_read_that_is_cut_short),
        cmocka_unit_test(without_a_runtime_no_item_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
