/* SPDX-License-Identifier: MIT */
/* Goal: an item that was looked at is still there, whether it is a value, a failure or the end;
 * items are numbered; sequences over broadcast and watch channels give what edo/seq.h says.
 * Method: chains read by hand; each allocation failing; the generic leaf tests. */
#include <edo/seq.h>

#include "inside.h"
#include "leaf.h"
#include "seq/seq_test.h"

static int peek_now(edo_seq *s, void *item) {
    edo_seq_next_future f;
    edo_cx cx = { .waker = edo_waker_noop(), .budget = 1000 };
    assert_int_equal(edo_poll(edo_seq_peek_init(&f, s, item), &cx), EDO_READY);
    return edo_result(&f);
}

static int odd_fails(void *arg, const void *in, void *out) {
    (void)arg;
    *(int *)out = *(const int *)in;
    return *(int *)out % 2 ? -EIO : 0;
}

static const int numbers[] = { 2, 4, 5, 6 };

static edo_seq *some_numbers(void) {
    edo_seq *s = edo_seq_array(numbers, EDO_COUNT(numbers), sizeof(int));
    return edo_seq_map(s, odd_fails, NULL, sizeof(int));
}

static void item_that_was_looked_at_is_still_there(void **state) {
    (void)state;
    edo_seq *s = edo_seq_peekable(some_numbers());
    static const int results[] = { 1, 1, -EIO, 1, 0, 0 };
    for (size_t i = 0; i < EDO_COUNT(results); i++) {
        int peeked = -7, again = -7, item = -7;
        uint64_t left = edo_seq_size_hint(s).least;
        assert_int_equal(peek_now(s, &peeked), results[i]);
        assert_int_equal(peek_now(s, &again), results[i]);
        if (results[i] == 1) assert_int_equal(edo_seq_size_hint(s).least, left);
        assert_int_equal(next_now(s, &item), results[i]);
        assert_int_equal(peeked, results[i] == 1 ? numbers[i] : -7);
        assert_int_equal(again, peeked);
        assert_int_equal(item, peeked);
    }
    edo_seq_free(s);
}

static void only_a_peekable_is_looked_at(void **state) {
    (void)state;
    int item;
    edo_seq *s = some_numbers();
    assert_int_equal(peek_now(s, &item), -EINVAL);
    assert_int_equal(peek_now(NULL, &item), -ENOMEM);
    assert_int_equal(next_now(s, &item), 1);
    edo_seq_free(s);
}

/* Without budget a look ends early; a read that follows must take the item. */
static void look_without_budget_holds_nothing(void **state) {
    (void)state;
    int item = 0;
    edo_seq_next_future f;
    hand_waker w = HAND_WAKER;
    edo_cx cx = { .waker = &w.base, .budget = 0 };
    edo_seq *s = edo_seq_peekable(some_numbers());
    assert_int_equal(edo_poll(edo_seq_peek_init(&f, s, &item), &cx), EDO_PENDING);
    edo_drop(&f.base);
    assert_int_equal(next_now(s, &item), 1);
    assert_int_equal(item, 2);
    assert_int_equal(next_now(s, &item), 1);
    assert_int_equal(item, 4);
    edo_seq_free(s);
}

static void items_are_numbered(void **state) {
    (void)state;
    struct {
        uint64_t index;
        int item;
    } got;
    edo_seq *s = edo_seq_enumerate(some_numbers());
    assert_int_equal(edo_seq_size_hint(s).most, 4);
    assert_int_equal(next_now(s, &got), 1);
    assert_int_equal(got.index, 0);
    assert_int_equal(got.item, 2);
    assert_int_equal(next_now(s, &got), 1);
    assert_int_equal(next_now(s, &got), -EIO); // not counted
    assert_int_equal(next_now(s, &got), 1);
    assert_int_equal(got.index, 2);
    assert_int_equal(got.item, 6);
    assert_int_equal(next_now(s, &got), 0);
    edo_seq_free(s);
}

/* ---- Channels -------------------------------------------------------------------------------- */

static void slow_reader_is_told_and_goes_on(void **state) {
    (void)state;
    edo_broadcast_tx *tx;
    edo_broadcast_rx *rx;
    int item = 0;
    assert_int_equal(edo_broadcast_new(&tx, &rx, sizeof(int), 2, NULL), 0);
    edo_seq *s = edo_seq_from_broadcast(rx);
    for (int i = 1; i <= 3; i++) assert_int_equal(edo_broadcast_try_send(tx, &i), 0);
    assert_int_equal(next_now(s, &item), -EDO_ELAGGED);
    assert_int_equal(next_now(s, &item), 1);
    assert_int_equal(item, 2);
    edo_broadcast_tx_unref(tx);
    assert_int_equal(next_now(s, &item), 1);
    assert_int_equal(item, 3);
    assert_int_equal(next_now(s, &item), 0);
    edo_seq_free(s);
    assert_null(edo_seq_from_broadcast(NULL));
}

static void newest_value_comes_first_and_then_changes(void **state) {
    (void)state;
    edo_watch_tx *tx;
    edo_watch_rx *rx, *other;
    int item = 1, four = 4;
    edo_seq_next_future f;
    hand_waker w = HAND_WAKER;
    assert_int_equal(edo_watch_new(&tx, &rx, sizeof(int), &item, NULL), 0);
    assert_int_equal(edo_watch_rx_clone(&other, rx), 0);
    edo_seq *s = edo_seq_from_watch(rx), *changes = edo_seq_from_watch_changes(other);
    item = 0;
    assert_int_equal(next_now(s, &item), 1);
    assert_int_equal(item, 1);
    assert_int_equal(hand_poll(edo_seq_next_init(&f, s, &item), &w), EDO_PENDING);
    for (int i = 2; i <= 3; i++) assert_int_equal(edo_watch_send(tx, &i), 0);
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    assert_int_equal(item, 3); // the second one was skipped
    item = 0;
    assert_int_equal(next_now(changes, &item), 1);
    assert_int_equal(item, 3);
    assert_int_equal(hand_poll(edo_seq_next_init(&f, s, &item), &w), EDO_PENDING);
    edo_drop(&f.base);
    assert_int_equal(edo_watch_send(tx, &four), 0);
    edo_watch_tx_unref(tx);
    assert_int_equal(next_now(s, &item), 1);
    assert_int_equal(item, 4);
    assert_int_equal(next_now(s, &item), 0);
    edo_seq_free(s);
    edo_seq_free(changes);
    assert_null(edo_seq_from_watch(NULL));
}

static void without_memory_sources_are_freed(void **state) {
    (void)state;
    edo_broadcast_tx *tx;
    edo_broadcast_rx *rx;
    edo_watch_tx *watched;
    edo_watch_rx *eye;
    int item = 1;
    edo_seq *s = edo_seq_empty(4);
    edoi_alloc_fail_at(1);
    assert_null(edo_seq_peekable(s));
    edoi_alloc_fail_at(0);
    s = edo_seq_empty(4);
    edoi_alloc_fail_at(1);
    assert_null(edo_seq_enumerate(s));
    edoi_alloc_fail_at(0);
    assert_int_equal(edo_broadcast_new(&tx, &rx, sizeof(int), 2, NULL), 0);
    assert_int_equal(edo_watch_new(&watched, &eye, sizeof(int), &item, NULL), 0);
    edoi_alloc_fail_at(1);
    assert_null(edo_seq_from_broadcast(rx));
    edoi_alloc_fail_at(1);
    assert_null(edo_seq_from_watch(eye));
    edoi_alloc_fail_at(0);
    assert_int_equal(edo_watch_send(watched, &item), -EDO_ECLOSED); // its receiver was freed
    edo_broadcast_tx_unref(tx);
    edo_watch_tx_unref(watched);
    assert_null(edo_seq_peekable(NULL));
    assert_null(edo_seq_enumerate(NULL));
}

/* ---- Generic leaf tests ---------------------------------------------------------------------- */

typedef struct peek_env {
    edo_mpsc_tx *tx;
    edo_seq *seq;
    edo_seq_next_future peek;
    int item;
} peek_env;

static int peek_make(void *arg, edo_future **f) {
    peek_env *env = arg;
    edo_mpsc_rx *rx;
    int err = edo_mpsc_new(&env->tx, &rx, sizeof(int), 4, NULL);
    if (err < 0) return err;
    env->seq = edo_seq_peekable(edo_seq_from_mpsc(rx));
    if (!env->seq) {
        edo_mpsc_tx_unref(env->tx);
        return -ENOMEM;
    }
    *f = edo_seq_peek_init(&env->peek, env->seq, &env->item);
    return 0;
}

static void peek_poke(void *arg) {
    int value = 7, err = -ENOMEM;
    while (err == -ENOMEM) err = edo_mpsc_try_send(((peek_env *)arg)->tx, &value);
    assert_int_equal(err, 0);
}

/* In any case the value is still to be read. */
static void peek_intact(void *arg) {
    peek_env *env = arg;
    assert_int_equal(next_now(env->seq, &env->item), 1);
    assert_int_equal(env->item, 7);
}

static void peek_cleanup(void *arg) {
    peek_env *env = arg;
    edo_mpsc_tx_unref(env->tx);
    edo_seq_free(env->seq);
}

static void peek_passes_as_every_leaf(void **state) {
    (void)state;
    static const leaf l = { .name = "edo_seq_peek",
                            .env_bytes = sizeof(peek_env),
                            .make = peek_make,
                            .poke = peek_poke,
                            .intact = peek_intact,
                            .cleanup = peek_cleanup,
                            .result = 1 };
    leaf_run(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(item_that_was_looked_at_is_still_there),
        cmocka_unit_test(only_a_peekable_is_looked_at),
        cmocka_unit_test(look_without_budget_holds_nothing),
        cmocka_unit_test(items_are_numbered),
        cmocka_unit_test(slow_reader_is_told_and_goes_on),
        cmocka_unit_test(newest_value_comes_first_and_then_changes),
        cmocka_unit_test(without_memory_sources_are_freed),
        cmocka_unit_test(peek_passes_as_every_leaf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
