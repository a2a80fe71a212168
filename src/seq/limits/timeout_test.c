/* SPDX-License-Identifier: MIT */
/* Goal: edo_seq_timeout() tells once of each item that is late, waits on for it without a limit,
 * and loses none. Method: scripted sequences in virtual time; a source that is always busy, with a
 * clock that is moved by hand; by hand without a runtime; the generic promises are in
 * seq/adapters_test.c. */
#include <edo/test_seq.h>

#include "inside.h"
#include "seq/seq_test.h"

#include <edo/error.h>

#include <string.h>

/* A sequence of the items 1 to `n`. Item i comes ms[i - 1] ms after the read that asks for it, and
 * the end comes `end_ms` ms after the read that asks for that. */
static edo_seq *slow(const int *ms, int n, int end_ms) {
    edo_test_seq *script;
    edo_seq *s;
    EDO_TEST_OK(edo_test_seq_new(&script, &s, sizeof(int), "slow"));
    for (int i = 0; i < n; i++) {
        edo_test_seq_wait(script, edo_ms(ms[i]));
        edo_test_seq_item(script, &(int){ i + 1 });
    }
    edo_test_seq_wait(script, edo_ms(end_ms));
    edo_test_seq_close(script);
    return s;
}

static void expect_at(edo_seq *s, edo_instant began, int wanted, int64_t ms) {
    int item = 0, rc = edo_seq_next(s, &item);
    CHECK_EQ(rc == 1 ? item : rc, wanted);
    CHECK_EQ(ms_since(began), ms);
}

static int tells_once(void *arg) {
    char text[120];
    (void)arg;
    edo_seq *s = edo_seq_timeout(slow((int[]){ 20, 120, 49, 60 }, 4, 80), edo_ms(50));
    const edo_instant began = edo_now();
    expect_at(s, began, 1, 20);
    expect_at(s, began, -ETIMEDOUT, 70);
    CHECK(edo_trail_print_text(text, sizeof text, -ETIMEDOUT, EDO_TRAIL_LINE) > 0);
    CHECK(strstr(text, "limit of 50 ms passed") != NULL);
    expect_at(s, began, 2, 140); // there is no limit any more
    expect_at(s, began, 3, 189); // but one for the next item
    expect_at(s, began, -ETIMEDOUT, 239);
    expect_at(s, began, 4, 249);
    expect_at(s, began, -ETIMEDOUT, 299);
    expect_at(s, began, 0, 329); // the end was late
    expect_at(s, began, 0, 329);
    edo_seq_free(s);
    return 0;
}

static void a_late_item_is_told_once_and_comes(void **state) {
    (void)state;
    assert_int_equal(inside(tells_once, NULL), 0);
}

static int cut_short(void *arg) {
    int item;
    (void)arg;
    edo_seq *s = edo_seq_timeout(slow((int[]){ 90, 60, 20 }, 3, 0), edo_ms(50));
    const edo_instant began = edo_now();
    for (int i = 1; i <= 2; i++) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(20));
        CHECK_EQ(edo_deadline_end(&d, edo_seq_next(s, &item)), -ETIMEDOUT);
    }
    expect_at(s, began, -ETIMEDOUT, 50); // the limit has gone on
    expect_at(s, began, 1, 90);
    CHECK_EQ(edo_sleep(edo_ms(200)), 0);
    edo_seq_next_future f;
    CHECK_EQ(edo_timeout(edo_seq_next_init(&f, s, &item), edo_ms(1)), -ETIMEDOUT);
    CHECK_EQ(edo_sleep(edo_ms(99)), 0);
    expect_at(s, began, 2, 390); // it is there, although the limit has passed
    expect_at(s, began, 3, 410);
    expect_at(s, began, 0, 410);
    edo_seq_free(s);
    return 0;
}

static void a_limit_counts_from_the_first_read_that_waits(void **state) {
    (void)state;
    assert_int_equal(inside(cut_short, NULL), 0);
}

static int at_once(void *arg) {
    (void)arg;
    edo_seq *s = edo_seq_timeout(slow((int[]){ 0, 20 }, 2, 0), edo_ms(0));
    const edo_instant began = edo_now();
    expect_at(s, began, 1, 0);
    expect_at(s, began, -ETIMEDOUT, 0);
    expect_at(s, began, 2, 20);
    edo_seq_free(s);
    s = edo_seq_timeout(slow((int[]){ 1000 }, 1, 0), edo_ns(EDO_FOREVER_NS));
    expect_at(s, began, 1, 1020);
    CHECK_EQ(edo_seq_shutdown(s), 0);
    return 0;
}

static void none_and_for_ever_are_limits(void **state) {
    (void)state;
    assert_int_equal(inside(at_once, NULL), 0);
}

/* Has no item, although it always has something to do. */
static edo_polled busy_poll(void *arg, edo_cx *cx, void *item, int *result) {
    (void)arg, (void)item, (void)result;
    while (edo_budget_take(cx)) continue;
    return EDO_PENDING; // the budget has woken the task
}

static int read_busy(void *arg) {
    int item;
    CHECK_EQ(edo_seq_next(arg, &item), -ETIMEDOUT);
    return 0;
}

static int limits_the_busy(void *arg) {
    (void)arg;
    edo_seq *s = edo_seq_timeout(edo_seq_from_fn(sizeof(int), busy_poll, NULL), edo_ms(50));
    edo_task *reader = edo_spawn(read_busy, s);
    CHECK(reader);
    CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(edo_time_advance(edo_ms(49)), 0);
    CHECK(!edo_task_is_finished(reader));
    CHECK_EQ(edo_time_advance(edo_ms(2)), 0);
    CHECK_EQ(edo_task_join(reader), 0);
    edo_seq_free(s);
    return 0;
}

static void a_source_that_spends_the_budget_is_late(void **state) {
    (void)state;
    assert_int_equal(inside_by_hand(limits_the_busy, NULL), 0);
}

static void without_a_runtime_no_item_is_lost(void **state) {
    (void)state;
    seq_counter c;
    edo_seq *s = edo_seq_timeout(counter_init(&c, 2), edo_hours(1));
    c.is_pending = true;
    reads(s, (int[]){ -EDO_ENORUNTIME, -EDO_ENORUNTIME }, 2);
    assert_null(c.waker);
    assert_int_equal(c.leaves, 2);
    c.is_pending = false;
    reads(s, (int[]){ 1, 2, 0 }, 3);
    edo_seq_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_late_item_is_told_once_and_comes),
        cmocka_unit_test(a_limit_counts_from_the_first_read_that_waits),
        cmocka_unit_test(none_and_for_ever_are_limits),
        cmocka_unit_test(a_source_that_spends_the_budget_is_late),
        cmocka_unit_test(without_a_runtime_no_item_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
