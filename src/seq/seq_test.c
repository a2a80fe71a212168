/* SPDX-License-Identifier: MIT */
/* Goal: sequences give their items, failures and end as edo/seq.h says; a read that is dropped
 * loses no item and leaves no waker; a chain without memory is freed whole; one item costs one
 * operation of the budget. Method: chains read by hand and in a runtime; each allocation failing;
 * the generic leaf tests. */
#include <edo/seq.h>

#include "inside.h"
#include "leaf.h"
#include "seq/seq_test.h"

#include <string.h>

static int doubled(void *arg, const void *in, void *out) {
    (void)arg;
    int value = *(const int *)in;
    if (value == 5) return -EDOM;
    *(int64_t *)out = 2 * (int64_t)value;
    return 0;
}

static int is_even(void *arg, const void *item) {
    (void)arg;
    int value = *(const int *)item;
    return value == 8 ? -ERANGE : value % 2 == 0;
}

static void items_failures_and_end_come_in_order(void **state) {
    (void)state;
    seq_counter c;
    edo_seq *s = counter_init(&c, 4);
    reads(s, (int[]){ 1, 2, -EIO, 4, 0, 0, 0 }, 7);
    assert_int_equal(c.polls, 5); // not polled after its end
    edo_seq_free(s);
    assert_int_equal(c.drops, 1);
}

static void array_gives_its_items(void **state) {
    (void)state;
    const int items[] = { 3, 1, 2 };
    edo_seq *s = edo_seq_array(items, 3, sizeof(int));
    assert_int_equal(edo_seq_size_hint(s).least, 3);
    reads(s, (int[]){ 3, 1 }, 2);
    assert_int_equal(edo_seq_size_hint(s).most, 1);
    reads(s, (int[]){ 2, 0, 0 }, 3);
    assert_int_equal(edo_seq_size_hint(s).most, 0);
    edo_seq_free(s);
    s = edo_seq_array(NULL, 2, 0); // items without bytes
    assert_int_equal(next_now(s, NULL), 1);
    assert_int_equal(next_now(s, NULL), 1);
    assert_int_equal(next_now(s, NULL), 0);
    edo_seq_free(s);
}

static edo_polled two_items(void *arg, edo_cx *cx, void *item, int *result) {
    int *n = arg;
    (void)cx;
    *result = *n < 2;
    if (*n < 2) *(int *)item = ++*n;
    return EDO_READY;
}

static void function_gives_its_items(void **state) {
    (void)state;
    int n = 0;
    edo_seq *s = edo_seq_from_fn(sizeof(int), two_items, &n);
    assert_int_equal(edo_seq_size_hint(s).most, UINT64_MAX);
    reads(s, (int[]){ 1, 2, 0, 0 }, 4);
    edo_seq_free(s);
}

static int down_to_one(void *state, void *item) {
    int *n = state;
    if (*n == 0) return 0;
    if (*n == 2) return --*n, -EIO;
    *(int *)item = (*n)--;
    return 1;
}

static void state_gives_its_items(void **state) {
    (void)state;
    int n = 3;
    edo_seq *s = edo_seq_unfold(sizeof(int), down_to_one, &n);
    reads(s, (int[]){ 3, -EIO, 1, 0, 0 }, 5);
    edo_seq_free(s);
}

static void copies_of_an_item(void **state) {
    (void)state;
    int five = 5;
    edo_seq *none = edo_seq_empty(sizeof(int)), *one = edo_seq_once(&five, sizeof five);
    edo_seq *all = edo_seq_repeat(&five, sizeof five);
    five = 6; // they have copies
    assert_int_equal(edo_seq_size_hint(none).most, 0);
    assert_int_equal(edo_seq_size_hint(one).least, 1);
    assert_int_equal(edo_seq_size_hint(all).least, UINT64_MAX);
    reads(none, (int[]){ 0 }, 1);
    reads(one, (int[]){ 5, 0 }, 2);
    reads(all, (int[]){ 5, 5, 5, 5, 5 }, 5);
    edo_seq_free(none);
    edo_seq_free(one);
    edo_seq_free(all);
}

/* ---- Adapters -------------------------------------------------------------------------------- */

static void map_changes_items_and_their_size(void **state) {
    (void)state;
    seq_counter c;
    edo_seq *s = edo_seq_map(counter_init(&c, 5), doubled, NULL, sizeof(int64_t));
    const int64_t wanted[] = { 2, 4, -EIO, 8, -EDOM, 0 };
    for (size_t i = 0; i < EDO_COUNT(wanted); i++) {
        int64_t item = 0;
        int rc = next_now(s, &item);
        assert_int_equal(rc == 1 ? item : rc, wanted[i]);
    }
    edo_seq_free(s);
    assert_int_equal(c.drops, 1);
}

static void filter_keeps_what_is_so_and_writes_nothing_else(void **state) {
    (void)state;
    seq_counter c;
    edo_seq *s = edo_seq_filter(counter_init(&c, 11), is_even, NULL);
    assert_int_equal(edo_seq_size_hint(s).least, 0);
    reads(s, (int[]){ 2, -EIO, 4, -EIO, -ERANGE, -EIO, 10, 0 }, 8);
    edo_seq_free(s);
}

static void take_ends_without_another_poll(void **state) {
    (void)state;
    seq_counter c;
    edo_seq *s = edo_seq_take(counter_init(&c, 100), 3);
    assert_int_equal(edo_seq_size_hint(s).most, 3);
    reads(s, (int[]){ 1, 2, -EIO, 4, 0 }, 5);
    assert_int_equal(c.polls, 4);
    edo_seq_free(s);
    s = edo_seq_take(counter_init(&c, 100), 0);
    reads(s, (int[]){ 0 }, 1);
    assert_int_equal(c.polls, 0);
    edo_seq_free(s);
}

static void skip_passes_over_the_first(void **state) {
    (void)state;
    seq_counter c;
    const int items[] = { 1, 2, 3 };
    edo_seq *s = edo_seq_skip(counter_init(&c, 5), 3);
    reads(s, (int[]){ -EIO, 5, 0 }, 3); // 1, 2 and 4 are skipped
    edo_seq_free(s);
    s = edo_seq_skip(edo_seq_array(items, 3, sizeof(int)), 2);
    assert_int_equal(edo_seq_size_hint(s).most, 1);
    reads(s, (int[]){ 3, 0 }, 2);
    edo_seq_free(s);
    s = edo_seq_skip(edo_seq_array(items, 3, sizeof(int)), 9);
    assert_int_equal(edo_seq_size_hint(s).least, 0);
    reads(s, (int[]){ 0 }, 1);
    edo_seq_free(s);
}

static int is_small(void *arg, const void *item) {
    int value = *(const int *)item;
    (void)arg;
    return value == 2 ? -ERANGE : value < 5;
}

static void take_while_ends_at_the_first_that_is_not_so(void **state) {
    (void)state;
    seq_counter c;
    edo_seq *s = edo_seq_take_while(counter_init(&c, 9), is_small, NULL);
    reads(s, (int[]){ 1, -ERANGE, -EIO, 4, 0, 0 }, 6);
    assert_int_equal(c.polls, 5); // also the fifth, and no more
    edo_seq_free(s);
}

static void chain_gives_one_after_the_other(void **state) {
    (void)state;
    seq_counter a, b;
    int item;
    hand_waker w = HAND_WAKER;
    edo_seq_next_future f;
    edo_seq *s = edo_seq_chain(counter_init(&a, 2), counter_init(&b, 3));
    reads(s, (int[]){ 1, 2, 1, 2 }, 4);
    b.is_pending = true;
    assert_int_equal(hand_poll(edo_seq_next_init(&f, s, &item), &w), EDO_PENDING);
    edo_drop(&f.base);
    assert_int_equal(a.leaves, 0);
    assert_int_equal(b.leaves, 1);
    b.is_pending = false;
    reads(s, (int[]){ -EIO, 0 }, 2);
    edo_seq_free(s);
    assert_int_equal(a.drops, 1);
    assert_int_equal(b.drops, 1);
    s = edo_seq_chain(edo_seq_empty(4), edo_seq_empty(8));
    reads(s, (int[]){ -EINVAL, 0 }, 2);
    edo_seq_free(s);
    assert_null(edo_seq_chain(counter_init(&a, 2), NULL));
    assert_null(edo_seq_chain(NULL, counter_init(&b, 2)));
    assert_int_equal(a.drops + b.drops, 2);
}

/* Each adapter asks its source to stop, and waits for it. */
static void shutdown_goes_down_every_chain(void **state) {
    (void)state;
    seq_counter a, b;
    hand_waker w = HAND_WAKER;
    edo_seq_shutdown_future f;
    edo_seq *s = edo_seq_map(counter_init(&a, 9), doubled, NULL, sizeof(int));
    s = edo_seq_peekable(edo_seq_take_while(edo_seq_skip(s, 1), is_small, NULL));
    s = edo_seq_chain(s, edo_seq_filter(edo_seq_take(counter_init(&b, 9), 5), is_even, NULL));
    a.is_pending = b.is_pending = true;
    assert_int_equal(hand_poll(edo_seq_shutdown_init(&f, s), &w), EDO_PENDING);
    assert_ptr_equal(a.waker, &w.base);
    assert_ptr_equal(b.waker, &w.base);
    b.is_pending = false;
    assert_int_equal(hand_poll(&f.base, &w), EDO_PENDING);
    a.is_pending = false;
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    assert_int_equal(a.stops, 3);
    assert_int_equal(b.stops, 2); // it was over at the second
    assert_int_equal(a.drops, 1);
    assert_int_equal(b.drops, 1);
}

/* A merge that is shut down has sequences whose poll for an item is pending still. */
static void a_stop_drops_what_a_read_awaited(void **state) {
    (void)state;
    seq_counter c;
    int item, result;
    edo_cx cx = { .waker = edo_waker_noop(), .budget = 10 };
    edo_seq *s = edo_seq_map(counter_init(&c, 2), doubled, NULL, sizeof(int));
    c.is_pending = true;
    assert_int_equal(edo_seq_poll_next(s, &cx, &item, &result), EDO_PENDING);
    assert_int_equal(edo_seq_poll_stop(s, &cx), EDO_PENDING);
    assert_int_equal(c.leaves, 1);
    assert_int_equal(edo_seq_poll_stop(s, &cx), EDO_PENDING);
    assert_int_equal(c.leaves, 1); // and not what the stop awaits
    c.is_pending = false;
    assert_int_equal(edo_seq_poll_stop(s, &cx), EDO_READY);
    edo_seq_free(s);
    assert_int_equal(c.leaves, 1);
}

static edo_polled fails_to_stop(edo_seq *s, edo_cx *cx) {
    (void)s;
    (void)cx;
    (void)edo_fail(-EIO, "what a task has failed with");
    return EDO_READY;
}

/* Also where the sequence is the program's own. */
static void a_stop_leaves_its_callers_trail(void **state) {
    (void)state;
    static const edo_seq_ops ops = {
        .poll_next = counter_poll, .drop = counter_drop, .stop = fails_to_stop, .name = "own"
    };
    seq_counter c;
    char text[80];
    (void)counter_init(&c, 1);
    edo_seq *s = edo_seq_take(edo_seq_init(&c.base, &ops, sizeof(int)), 1);
    int err = edo_fail(-ENOENT, "reading the list");
    assert_int_equal(edo_seq_shutdown(s), 0);
    assert_int_equal(c.drops, 1);
    assert_true(edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE) > 0);
    assert_non_null(strstr(text, "reading the list"));
    (void)edo_trail_print_text(text, sizeof text, -EIO, EDO_TRAIL_LINE);
    assert_null(strstr(text, "what a task has failed with"));
    edo_trail_clear();
}

/* ---- Waiting --------------------------------------------------------------------------------- */

static void dropped_read_leaves_no_waker_and_loses_nothing(void **state) {
    (void)state;
    seq_counter c;
    int item = 0;
    hand_waker w = HAND_WAKER;
    edo_seq_next_future f;
    edo_seq *s = edo_seq_take(
        edo_seq_filter(edo_seq_filter(counter_init(&c, 2), is_even, NULL), is_even, NULL), 2);
    c.is_pending = true;
    assert_int_equal(hand_poll(edo_seq_next_init(&f, s, &item), &w), EDO_PENDING);
    assert_ptr_equal(c.waker, &w.base);
    edo_drop(&f.base);
    assert_null(c.waker);
    assert_int_equal(c.leaves, 1);
    edo_seq_leave(s);
    assert_int_equal(c.leaves, 1); // it waits no more
    assert_int_equal(hand_poll(edo_seq_next_init(&f, s, &item), &w), EDO_PENDING);
    c.is_pending = false;
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    assert_int_equal(edo_result(&f), 1);
    assert_int_equal(item, 2);
    edo_drop(&f.base);
    assert_int_equal(c.leaves, 1);
    edo_seq_free(s);
    assert_int_equal(c.drops, 1);
}

static void sequence_is_freed_while_it_waits(void **state) {
    (void)state;
    seq_counter c;
    int item, result;
    edo_cx cx = { .waker = edo_waker_noop(), .budget = 10 };
    edo_seq *s = edo_seq_take(counter_init(&c, 2), 2);
    c.is_pending = true;
    assert_int_equal(edo_seq_poll_next(s, &cx, &item, &result), EDO_PENDING);
    edo_seq_free(s);
    assert_int_equal(c.leaves, 1);
    assert_int_equal(c.drops, 1);
}

/* ---- Budget ---------------------------------------------------------------------------------- */

/* Returns how much of the budget one read takes; the read is ready. */
static uint32_t cost(edo_seq *s) {
    edo_seq_next_future f;
    int64_t item;
    edo_cx cx = { .waker = edo_waker_noop(), .budget = 100 };
    assert_int_equal(edo_poll(edo_seq_next_init(&f, s, &item), &cx), EDO_READY);
    return 100 - cx.budget;
}

static void one_item_costs_one_operation(void **state) {
    (void)state;
    seq_counter c;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    int value = 2;
    edo_seq *s = edo_seq_take(
        edo_seq_map(edo_seq_take(counter_init(&c, 2), 9), doubled, NULL, sizeof(int64_t)), 9);
    assert_int_equal(cost(s), 1);
    assert_int_equal(cost(s), 1);
    assert_int_equal(cost(s), 1); // the end
    assert_int_equal(cost(s), 1);
    edo_seq_free(s);
    assert_int_equal(edo_mpsc_new(&tx, &rx, sizeof(int), 4, NULL), 0);
    s = edo_seq_filter(edo_seq_from_mpsc(rx), is_even, NULL);
    assert_int_equal(edo_mpsc_try_send(tx, &value), 0);
    assert_int_equal(cost(s), 1);
    edo_mpsc_tx_unref(tx);
    edo_seq_free(s);
}

static void spent_budget_wakes_and_the_rest_comes_later(void **state) {
    (void)state;
    static int items[200];
    for (int i = 0; i < 199; i++) items[i] = 1;
    items[199] = 2;
    int item = 0;
    hand_waker w = HAND_WAKER;
    edo_seq_next_future f;
    edo_seq *s = edo_seq_filter(edo_seq_array(items, 200, sizeof(int)), is_even, NULL);
    assert_int_equal(hand_poll(edo_seq_next_init(&f, s, &item), &w), EDO_PENDING);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(edo_seq_size_hint(s).most, 200 - EDO_BUDGET);
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    assert_int_equal(item, 2);
    edo_seq_free(s);
}

/* ---- Channel and clock ----------------------------------------------------------------------- */

static void channel_ends_when_it_is_closed_and_empty(void **state) {
    (void)state;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    assert_int_equal(edo_mpsc_new(&tx, &rx, sizeof(int), 4, NULL), 0);
    edo_seq *s = edo_seq_from_mpsc(rx);
    assert_int_equal(s->item_size, sizeof(int));
    for (int i = 1; i <= 3; i++) assert_int_equal(edo_mpsc_try_send(tx, &i), 0);
    reads(s, (int[]){ 1, 2 }, 2);
    edo_mpsc_tx_unref(tx);
    reads(s, (int[]){ 3, 0, 0 }, 3);
    edo_seq_free(s);
    assert_null(edo_seq_from_mpsc(NULL));
}

static void shared_channel_gives_what_this_receiver_takes(void **state) {
    (void)state;
    edo_chan_tx *tx;
    edo_chan_rx *rx;
    int item = 0, value = 1;
    hand_waker w = HAND_WAKER;
    edo_seq_next_future f;
    assert_int_equal(edo_chan_new(&tx, &rx, sizeof(int), 4, NULL), 0);
    edo_seq *s = edo_seq_from_chan(edo_chan_rx_ref(rx));
    assert_int_equal(hand_poll(edo_seq_next_init(&f, s, &item), &w), EDO_PENDING);
    assert_int_equal(edo_chan_try_send(tx, &value), 0);
    edo_drop(&f.base); // the value goes back
    value = 2;
    assert_int_equal(edo_chan_try_send(tx, &value), 0);
    assert_int_equal(edo_chan_try_recv(rx, &item), 0);
    assert_int_equal(item, 1);
    reads(s, (int[]){ 2 }, 1);
    edo_chan_rx_unref(rx);
    assert_false(edo_chan_is_closed(tx));
    edo_chan_tx_unref(tx);
    reads(s, (int[]){ 0 }, 1);
    edo_seq_free(s);
    assert_null(edo_seq_from_chan(NULL));
}

/* Each poll of a waiting read may name another place. */
static void item_goes_where_the_last_poll_says(void **state) {
    (void)state;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    int first = 0, second = 0, value = 7, result;
    hand_waker w = HAND_WAKER;
    edo_cx cx = hand_cx(&w, 10);
    assert_int_equal(edo_mpsc_new(&tx, &rx, sizeof(int), 4, NULL), 0);
    edo_seq *s = edo_seq_from_mpsc(rx);
    assert_int_equal(edo_seq_poll_next(s, &cx, &first, &result), EDO_PENDING);
    assert_int_equal(edo_mpsc_try_send(tx, &value), 0);
    assert_int_equal(edo_seq_poll_next(s, &cx, &second, &result), EDO_READY);
    assert_int_equal(result, 1);
    assert_int_equal(first, 0);
    assert_int_equal(second, 7);
    edo_mpsc_tx_unref(tx);
    edo_seq_free(s);
}

static int count_ticks(void *arg) {
    (void)arg;
    edo_instant began = edo_now(), tick;
    edo_seq *s = edo_seq_take(edo_seq_from_interval(edo_ms(10), EDO_TICK_BURST), 4);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(edo_seq_next(s, &tick), 1);
        CHECK_EQ(edo_instant_since(tick, began).ns, (int64_t)i * 10 * 1000000);
        CHECK_EQ(ms_since(began), i * 10);
    }
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(5));
    CHECK_EQ(edo_deadline_end(&d, edo_seq_next(s, &tick)), -ETIMEDOUT);
    edo_seq_next_future late;
    CHECK_EQ(edo_timeout(edo_seq_next_init(&late, s, &tick), edo_ms(2)), -ETIMEDOUT);
    CHECK_EQ(edo_seq_next(s, &tick), 1); // it is still to come
    CHECK_EQ(ms_since(began), 30);
    CHECK_EQ(edo_seq_next(s, &tick), 0);
    edo_seq_free(s);
    s = edo_seq_from_interval(edo_ms(0), EDO_TICK_BURST);
    CHECK_EQ(edo_seq_next(s, &tick), -EINVAL);
    CHECK_EQ(edo_seq_next(s, &tick), 0);
    edo_seq_free(s);
    return 0;
}

static void ticks_come_at_their_times(void **state) {
    (void)state;
    assert_int_equal(inside(count_ticks, NULL), 0);
}

/* ---- Without memory -------------------------------------------------------------------------- */

static edo_seq *long_chain(edo_mpsc_rx *rx) {
    edo_seq *s = edo_seq_filter(edo_seq_from_mpsc(rx), is_even, NULL);
    return edo_seq_take(edo_seq_map(s, doubled, NULL, sizeof(int64_t)), 3);
}

static void chain_without_memory_is_freed_whole(void **state) {
    (void)state;
    uint64_t k = 1;
    for (bool failed = true; failed; k++) {
        edo_mpsc_tx *tx;
        edo_mpsc_rx *rx;
        int64_t item;
        assert_int_equal(edo_mpsc_new(&tx, &rx, sizeof(int), 4, NULL), 0);
        edoi_alloc_fail_at(k);
        edo_seq *s = long_chain(rx);
        failed = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        assert_int_equal(s == NULL, failed);
        assert_int_equal(edo_mpsc_is_closed(tx), failed);
        if (failed) {
            assert_int_equal(next_now(s, &item), -ENOMEM);
            assert_int_equal(edo_seq_size_hint(s).most, 0);
        }
        edo_seq_free(s);
        edo_mpsc_tx_unref(tx);
    }
    assert_int_equal(k, 6);
    edo_chan_tx *tx;
    edo_chan_rx *rx;
    assert_int_equal(edo_chan_new(&tx, &rx, 1, 4, NULL), 0);
    edoi_alloc_fail_at(1);
    assert_null(edo_seq_from_chan(rx));
    assert_true(edo_chan_is_closed(tx));
    edo_chan_tx_unref(tx);
    seq_counter a, b;
    edoi_alloc_fail_at(1);
    assert_null(edo_seq_chain(counter_init(&a, 1), counter_init(&b, 1)));
    edoi_alloc_fail_at(1);
    assert_null(edo_seq_skip(counter_init(&a, 1), 1));
    edoi_alloc_fail_at(1);
    assert_null(edo_seq_take_while(counter_init(&a, 1), is_small, NULL));
    edoi_alloc_fail_at(1);
    assert_null(edo_seq_once("", 1));
    edoi_alloc_fail_at(1);
    assert_null(edo_seq_unfold(1, down_to_one, NULL));
    edoi_alloc_fail_at(1);
    assert_null(edo_seq_array(NULL, 0, 1));
    edoi_alloc_fail_at(1);
    assert_null(edo_seq_from_fn(1, two_items, NULL));
    edoi_alloc_fail_at(1);
    assert_null(edo_seq_from_interval(edo_ms(1), EDO_TICK_SKIP));
    edoi_alloc_fail_at(1);
    assert_null(edo_seq_from_interval(edo_ms(0), EDO_TICK_SKIP));
    edoi_alloc_fail_at(0);
}

/* ---- Generic leaf tests ---------------------------------------------------------------------- */

typedef struct seq_env {
    edo_mpsc_tx *tx;
    edo_seq *seq;
    edo_seq_next_future next;
    int item;
} seq_env;

static int seq_make(void *arg, edo_future **f) {
    seq_env *env = arg;
    edo_mpsc_rx *rx;
    int err = edo_mpsc_new(&env->tx, &rx, sizeof(int), 4, NULL);
    if (err < 0) return err;
    env->seq = edo_seq_take(edo_seq_from_mpsc(rx), 5);
    if (!env->seq) {
        edo_mpsc_tx_unref(env->tx);
        return -ENOMEM;
    }
    *f = edo_seq_next_init(&env->next, env->seq, &env->item);
    return 0;
}

static void seq_poke(void *arg) {
    int value = 7, err = -ENOMEM;
    while (err == -ENOMEM) err = edo_mpsc_try_send(((seq_env *)arg)->tx, &value);
    assert_int_equal(err, 0);
}

/* The value was read, or is still to be read. */
static void seq_intact(void *arg) {
    seq_env *env = arg;
    if (env->item == 0) assert_int_equal(next_now(env->seq, &env->item), 1);
    assert_int_equal(env->item, 7);
}

static void seq_cleanup(void *arg) {
    seq_env *env = arg;
    edo_mpsc_tx_unref(env->tx);
    edo_seq_free(env->seq);
}

static void next_passes_as_every_leaf(void **state) {
    (void)state;
    static const leaf l = { .name = "edo_seq_next",
                            .env_bytes = sizeof(seq_env),
                            .make = seq_make,
                            .poke = seq_poke,
                            .intact = seq_intact,
                            .cleanup = seq_cleanup,
                            .result = 1 };
    leaf_run(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_failures_and_end_come_in_order),
        cmocka_unit_test(array_gives_its_items),
        cmocka_unit_test(function_gives_its_items),
        cmocka_unit_test(state_gives_its_items),
        cmocka_unit_test(copies_of_an_item),
        cmocka_unit_test(map_changes_items_and_their_size),
        cmocka_unit_test(filter_keeps_what_is_so_and_writes_nothing_else),
        cmocka_unit_test(take_ends_without_another_poll),
        cmocka_unit_test(skip_passes_over_the_first),
        cmocka_unit_test(take_while_ends_at_the_first_that_is_not_so),
        cmocka_unit_test(chain_gives_one_after_the_other),
        cmocka_unit_test(shutdown_goes_down_every_chain),
        cmocka_unit_test(a_stop_drops_what_a_read_awaited),
        cmocka_unit_test(a_stop_leaves_its_callers_trail),
        cmocka_unit_test(dropped_read_leaves_no_waker_and_loses_nothing),
        cmocka_unit_test(sequence_is_freed_while_it_waits),
        cmocka_unit_test(one_item_costs_one_operation),
        cmocka_unit_test(spent_budget_wakes_and_the_rest_comes_later),
        cmocka_unit_test(channel_ends_when_it_is_closed_and_empty),
        cmocka_unit_test(shared_channel_gives_what_this_receiver_takes),
        cmocka_unit_test(item_goes_where_the_last_poll_says),
        cmocka_unit_test(ticks_come_at_their_times),
        cmocka_unit_test(chain_without_memory_is_freed_whole),
        cmocka_unit_test(next_passes_as_every_leaf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
