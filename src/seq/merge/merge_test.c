/* SPDX-License-Identifier: MIT */
/* Goal: a merge gives each item of its sequences once, polls only sequences that were woken or may
 * have more, gives each its share, and keeps no waker of a reader that has gone; it stops and frees
 * its sequences in any state. Method: sequences whose items are put by hand, and which count their
 * polls; each allocation failing; readers on every kind of runtime that turn to something else. */
#include <edo/seq_merge.h>

#include "inside.h"
#include "leaf.h"
#include "tap.h"

#include <edo/mpsc.h>
#include <edo/seq_chunks.h>

#include <errno.h>
#include <string.h>

/* One poll for the next item of `s`: the item, or what is not 1; -EAGAIN: pending. */
static int look(edo_seq *s, hand_waker *w) {
    int item = -7, result = 0;
    edo_cx cx = hand_cx(w, EDO_BUDGET);
    if (edo_seq_poll_next(s, &cx, &item, &result) == EDO_PENDING) return -EAGAIN;
    return result == 1 ? item : result;
}

static void items_come_as_they_come_and_the_end_behind_the_last(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    tap a, b;
    edo_seq *s = edo_seq_merge(tap_init(&a), tap_init(&b));
    assert_int_equal(look(s, &w), -EAGAIN);
    tap_put(&b, 1);
    assert_int_equal(hand_woken(&w), 1);
    tap_put(&a, 2);
    tap_put(&a, -EIO);
    assert_int_equal(hand_woken(&w), 1); // one wake of the task for both
    assert_int_equal(look(s, &w), 1);
    assert_int_equal(look(s, &w), 2);
    tap_end(&a);
    assert_int_equal(look(s, &w), -EIO); // and it goes on
    tap_put(&b, 3);
    assert_int_equal(look(s, &w), 3);
    assert_int_equal(a.drops, 1); // as soon as it had ended
    assert_int_equal(look(s, &w), -EAGAIN);
    tap_end(&b);
    assert_int_equal(look(s, &w), 0);
    assert_int_equal(b.drops, 1);
    assert_int_equal(look(s, &w), 0);
    edo_seq_free(s);
}

/* ---- What is polled -------------------------------------------------------------------------- */

#define MANY 1000

static tap taps[MANY];

static edo_seq *merge_taps(size_t n) {
    edo_seq *all[MANY];
    for (size_t i = 0; i < n; i++) all[i] = tap_init(&taps[i]);
    return edo_seq_merge_array(all, n);
}

static int polls_of_all(size_t n) {
    int sum = 0;
    for (size_t i = 0; i < n; i++) sum += taps[i].polls;
    return sum;
}

/* Polls until it waits, not for its turn but for an item. */
static void settle(edo_seq *s, hand_waker *w) {
    do {
        hand_reset(w);
        assert_int_equal(look(s, w), -EAGAIN);
    } while (hand_woken(w) > 0);
}

/* Returns how many polls ten items of one of `n` sequences take, and the waits behind them. */
static int polls_for_ten(size_t n) {
    hand_waker w = HAND_WAKER;
    edo_seq *s = merge_taps(n);
    settle(s, &w);
    const int before = polls_of_all(n);
    assert_int_equal(before, n);
    for (int i = 0; i < 10; i++) {
        tap_put(&taps[n / 2], i);
        assert_int_equal(look(s, &w), i);
        assert_int_equal(look(s, &w), -EAGAIN);
    }
    const int polls = polls_of_all(n) - before;
    edo_seq_free(s);
    return polls;
}

static void only_what_was_woken_is_polled(void **state) {
    (void)state;
    assert_int_equal(polls_for_ten(2), 20);
    assert_int_equal(polls_for_ten(MANY), 20);
}

static void a_turn_polls_each_once_and_yields_in_between(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    edo_seq *s = merge_taps(MANY);
    assert_int_equal(look(s, &w), -EAGAIN);
    assert_int_equal(polls_of_all(MANY), EDO_BUDGET);
    assert_int_equal(hand_woken(&w), 1);
    settle(s, &w);
    assert_int_equal(polls_of_all(MANY), MANY);
    edo_seq_free(s);
}

static void each_of_many_that_are_ready_has_its_share(void **state) {
    (void)state;
    static int shares[MANY];
    edo_seq *all[MANY], *s;
    hand_waker w = HAND_WAKER;
    for (int i = 0; i < MANY; i++) all[i] = edo_seq_repeat(&i, sizeof i);
    memset(shares, 0, sizeof shares);
    s = edo_seq_merge_array(all, MANY);
    for (int i = 0; i < 100 * MANY; i++) shares[look(s, &w)]++;
    for (int i = 0; i < MANY; i++) assert_int_equal(shares[i], 100);
    edo_seq_free(s);
}

static void one_that_is_seldom_ready_comes_among_those_that_always_are(void **state) {
    (void)state;
    edo_seq *all[10], *s;
    hand_waker w = HAND_WAKER;
    tap seldom;
    for (int i = 0; i < 9; i++) all[i] = edo_seq_repeat(&i, sizeof i);
    all[9] = tap_init(&seldom);
    s = edo_seq_merge_array(all, 10);
    for (int i = 0; i < 20; i++) assert_int_not_equal(look(s, &w), 77);
    for (int round = 0; round < 3; round++) {
        tap_put(&seldom, 77);
        int others = 0;
        while (look(s, &w) != 77) others++;
        assert_in_range(others, 0, 9);
    }
    edo_seq_free(s);
}

/* ---- Readers that come and go ---------------------------------------------------------------- */

static void a_reader_that_has_gone_is_not_woken(void **state) {
    (void)state;
    hand_waker first = HAND_WAKER, second = HAND_WAKER;
    tap a, b;
    edo_seq *s = edo_seq_merge(tap_init(&a), tap_init(&b));
    assert_int_equal(look(s, &first), -EAGAIN);
    edo_seq_leave(s);
    assert_int_equal(a.leaves + b.leaves, 0); // they keep wakers of the merge
    tap_put(&a, 1);
    assert_int_equal(hand_woken(&first), 0);
    assert_int_equal(look(s, &second), 1); // it was woken while nobody read
    assert_int_equal(look(s, &second), -EAGAIN);
    assert_int_equal(look(s, &first), -EAGAIN); // another reader, and the former did not leave
    tap_put(&b, 2);
    assert_int_equal(hand_woken(&first), 1);
    assert_int_equal(hand_woken(&second), 0);
    assert_int_equal(look(s, &second), 2);
    tap_put(&a, 3); // no read waits
    assert_int_equal(hand_woken(&first), 1);
    assert_int_equal(hand_woken(&second), 0);
    edo_seq_free(s);
    assert_int_equal(a.drops + b.drops, 2);
}

/* A poll without a wake, as one by another branch of a select. */
static void a_poll_for_nothing_changes_nothing(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    tap a, b;
    edo_seq *s = edo_seq_merge(tap_init(&a), tap_init(&b));
    settle(s, &w);
    for (int i = 0; i < 5; i++) assert_int_equal(look(s, &w), -EAGAIN);
    assert_int_equal(a.polls + b.polls, 2);
    tap_put(&b, 4);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(look(s, &w), 4);
    edo_seq_free(s);
}

static void merges_of_merges_pass_wakes_on(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    tap a, b, c;
    edo_seq *s = edo_seq_merge(edo_seq_merge(tap_init(&a), tap_init(&b)), tap_init(&c));
    settle(s, &w);
    tap_put(&b, 1);
    tap_put(&c, 2);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(look(s, &w), 1);
    assert_int_equal(look(s, &w), 2);
    tap_end(&a);
    tap_end(&b);
    assert_int_equal(look(s, &w), -EAGAIN);
    tap_end(&c);
    assert_int_equal(look(s, &w), 0);
    edo_seq_free(s);
    assert_int_equal(a.drops + b.drops + c.drops, 3);
}

/* Wakes itself and is pending each time. */
static edo_polled never_rests(void *arg, edo_cx *cx, void *item, int *result) {
    (void)item, (void)result;
    ++*(int *)arg;
    edo_cx_wake(cx);
    return EDO_PENDING;
}

static void a_sequence_that_wakes_itself_lets_the_task_yield(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    int polls = 0;
    tap a;
    edo_seq *s = edo_seq_merge(tap_init(&a), edo_seq_from_fn(sizeof(int), never_rests, &polls));
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(look(s, &w), -EAGAIN);
        assert_int_equal(hand_woken(&w), i);
    }
    assert_in_range(polls, 3, 6);
    tap_put(&a, 5);
    assert_int_equal(look(s, &w), 5);
    edo_seq_free(s);
}

static int is_two(void *arg, const void *item) {
    (void)arg;
    return *(const int *)item == 2;
}

static void a_source_that_spends_the_budget_goes_on_later(void **state) {
    (void)state;
    static const int ones[300];
    int two = 2;
    hand_waker w = HAND_WAKER;
    edo_seq *s =
        edo_seq_chain(edo_seq_array(ones, 300, sizeof(int)), edo_seq_once(&two, sizeof two));
    s = edo_seq_merge(edo_seq_filter(s, is_two, NULL), edo_seq_empty(sizeof(int)));
    assert_int_equal(look(s, &w), -EAGAIN);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(look(s, &w), -EAGAIN);
    assert_int_equal(hand_woken(&w), 2);
    assert_int_equal(look(s, &w), 2);
    assert_int_equal(look(s, &w), 0);
    edo_seq_free(s);
}

static void one_item_costs_one_operation(void **state) {
    (void)state;
    int five = 5, item, result;
    hand_waker w = HAND_WAKER;
    edo_cx cx = hand_cx(&w, 100);
    edo_seq *s =
        edo_seq_merge(edo_seq_repeat(&five, sizeof five), edo_seq_repeat(&five, sizeof five));
    for (uint32_t i = 1; i <= 100; i++) {
        assert_int_equal(edo_seq_poll_next(s, &cx, &item, &result), EDO_READY);
        assert_int_equal(cx.budget, 100 - i);
    }
    assert_int_equal(edo_seq_poll_next(s, &cx, &item, &result), EDO_PENDING);
    assert_int_equal(hand_woken(&w), 1);
    edo_seq_free(s);
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static void shutdown_stops_all_and_waits_for_each(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    tap a, b, c;
    edo_seq_shutdown_future f;
    edo_seq *s = edo_seq_merge(tap_init(&a), tap_init(&b), tap_init(&c));
    settle(s, &w);
    edo_seq_leave(s);
    a.stops_late = c.stops_late = true;
    assert_int_equal(hand_poll(edo_seq_shutdown_init(&f, s), &w), EDO_PENDING);
    assert_int_equal(a.stops + b.stops + c.stops, 3);
    assert_int_equal(b.drops, 1);
    assert_int_equal(hand_poll(&f.base, &w), EDO_PENDING);
    assert_int_equal(a.stops + c.stops, 2); // nothing has woken them
    tap_stop(&c);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_poll(&f.base, &w), EDO_PENDING);
    assert_int_equal(c.drops, 1);
    assert_int_equal(a.stops, 1);
    tap_stop(&a);
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    assert_int_equal(a.drops, 1);
}

static void shutdown_of_many_takes_turns(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    edo_seq_shutdown_future f;
    (void)edo_seq_shutdown_init(&f, merge_taps(MANY));
    int polls = 1;
    for (; hand_poll(&f.base, &w) == EDO_PENDING; polls++) assert_int_equal(hand_woken(&w), polls);
    assert_int_equal(polls, (MANY + EDO_BUDGET - 1) / EDO_BUDGET);
    for (int i = 0; i < MANY; i++) assert_int_equal(taps[i].stops + taps[i].drops, 2);
}

/* What its sequences await, a limit, a future, an item, is dropped before they are freed. */
static int shut_down_while_all_wait(void *arg) {
    tap a, b;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    edo_sleep_future nap;
    edo_seq_next_future f;
    edo_chunk chunk;
    (void)arg;
    CHECK_EQ(edo_mpsc_new(&tx, &rx, sizeof(edo_chunk), 4, NULL), 0);
    edo_seq *c =
        edo_seq_take_until(edo_seq_chunks(tap_init(&b), 5), edo_sleep_init(&nap, edo_s(1)));
    edo_seq *s = edo_seq_merge(edo_seq_chunks_timeout(tap_init(&a), 5, edo_ms(10)), c,
                               edo_seq_take(edo_seq_from_mpsc(rx), 5));
    tap_put(&a, 1);
    tap_put(&b, 1);
    CHECK_EQ(edo_poll_once(edo_seq_next_init(&f, s, &chunk)), EDO_PENDING);
    edo_drop(&f.base);
    CHECK_EQ(edo_seq_shutdown(s), 0);
    CHECK_EQ(a.leaves + b.leaves, 2);
    CHECK_EQ(edo_mpsc_try_send(tx, &chunk), -EDO_ECLOSED);
    CHECK_EQ(edo_sleep(edo_s(2)), 0); // no limit passes for what is gone
    edo_mpsc_tx_unref(tx);
    return 0;
}

static void shutdown_drops_what_is_awaited(void **state) {
    (void)state;
    assert_int_equal(inside(shut_down_while_all_wait, NULL), 0);
}

/* A sequence may end before the tasks that work for it: a shutdown waits for them, too. */
static void shutdown_waits_for_tasks_of_what_has_ended(void **state) {
    (void)state;
    for (int late = 0; late < 2; late++) {
        hand_waker w = HAND_WAKER;
        tap a, b;
        edo_seq_shutdown_future f;
        edo_seq *s = edo_seq_merge(edo_seq_take(tap_init(&a), 1), tap_init(&b));
        a.stops_late = true;
        tap_put(&a, 7);
        assert_int_equal(look(s, &w), 7);
        assert_int_equal(look(s, &w), -EAGAIN);
        assert_int_equal(a.stops, 1);
        assert_int_equal(a.drops, 0);
        if (!late) { // while the others are read
            tap_stop(&a);
            assert_int_equal(look(s, &w), -EAGAIN);
            assert_int_equal(a.drops, 1);
        }
        tap_end(&b);
        assert_int_equal(look(s, &w), 0); // the end does not wait for it
        assert_int_equal(b.drops, 1);
        edo_polled polled = hand_poll(edo_seq_shutdown_init(&f, s), &w);
        assert_int_equal(polled, late ? EDO_PENDING : EDO_READY);
        tap_stop(&a);
        if (late) assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
        assert_int_equal(a.drops, 1);
        assert_int_equal(hand_refs(&w), 0);
    }
}

/* Brings a merge of three to a state, of which it is freed then. */
static void freed_after(void (*fn)(edo_seq *s, tap *t, hand_waker *w)) {
    hand_waker w = HAND_WAKER;
    tap t[3];
    edo_seq *s = edo_seq_merge(tap_init(&t[0]), tap_init(&t[1]), tap_init(&t[2]));
    if (fn) fn(s, t, &w);
    edo_seq_free(s);
    for (int i = 0; i < 3; i++) assert_int_equal(t[i].drops, 1);
    assert_int_equal(hand_refs(&w), 0);
}

static void waits(edo_seq *s, tap *t, hand_waker *w) {
    (void)t;
    assert_int_equal(look(s, w), -EAGAIN);
}

static void is_woken(edo_seq *s, tap *t, hand_waker *w) {
    waits(s, t, w);
    tap_put(&t[1], 1);
}

static void has_read_and_is_woken(edo_seq *s, tap *t, hand_waker *w) {
    is_woken(s, t, w);
    assert_int_equal(look(s, w), 1);
    tap_put(&t[2], 1);
    tap_end(&t[0]);
}

static void has_lost_one(edo_seq *s, tap *t, hand_waker *w) {
    waits(s, t, w);
    tap_end(&t[1]);
    assert_int_equal(look(s, w), -EAGAIN);
}

static void is_stopping(edo_seq *s, tap *t, hand_waker *w) {
    edo_cx cx = hand_cx(w, EDO_BUDGET);
    waits(s, t, w);
    t[1].stops_late = true;
    assert_int_equal(edo_seq_poll_stop(s, &cx), EDO_PENDING);
}

static void has_one_that_has_ended_and_stops(edo_seq *s, tap *t, hand_waker *w) {
    t[1].stops_late = true;
    tap_end(&t[1]);
    assert_int_equal(look(s, w), -EAGAIN);
}

static void it_is_freed_in_any_state(void **state) {
    (void)state;
    freed_after(NULL);
    freed_after(waits);
    freed_after(is_woken);
    freed_after(has_read_and_is_woken);
    freed_after(has_lost_one);
    freed_after(has_one_that_has_ended_and_stops);
    freed_after(is_stopping);
}

/* Keeps its waker, and waits for ever. */
static edo_polled keeps_waker(void *arg, edo_cx *cx, void *item, int *result) {
    edo_waker **kept = arg;
    (void)item, (void)result;
    if (!*kept) *kept = edo_waker_ref(edo_cx_waker(cx));
    return EDO_PENDING;
}

static void a_waker_that_is_kept_outlives_the_merge(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    edo_waker *kept = NULL;
    edo_seq *s = edo_seq_merge(edo_seq_from_fn(sizeof(int), keeps_waker, &kept));
    assert_int_equal(look(s, &w), -EAGAIN);
    edo_waker_wake(kept);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(look(s, &w), -EAGAIN);
    edo_seq_free(s);
    edo_waker_wake(kept);
    edo_waker_wake(kept);
    assert_int_equal(hand_woken(&w), 1);
    edo_waker_unref(kept);
}

/* ---- Making ---------------------------------------------------------------------------------- */

static void sequences_that_cannot_be_merged_are_freed(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    tap a, b;
    assert_null(edo_seq_merge(tap_init(&a), NULL, tap_init(&b)));
    assert_int_equal(a.drops + b.drops, 2);
    assert_null(edo_seq_merge(NULL, tap_init(&b)));
    assert_int_equal(b.drops, 1);
    edo_seq *s = edo_seq_merge(tap_init(&a), edo_seq_empty(sizeof(int64_t)));
    assert_int_equal(a.drops, 1);
    assert_int_equal(look(s, &w), -EINVAL);
    assert_int_equal(look(s, &w), 0);
    edo_seq_free(s);
    s = edo_seq_merge_array(NULL, 0);
    assert_int_equal(look(s, &w), 0);
    edo_seq_free(s);
}

static void without_memory_all_are_freed(void **state) {
    (void)state;
    uint64_t k = 1;
    for (bool failed = true; failed; k++) {
        tap a, b;
        edo_seq *first = tap_init(&a), *second = tap_init(&b);
        edoi_alloc_fail_at(k);
        edo_seq *s = edo_seq_merge(first, second);
        failed = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        assert_int_equal(s == NULL, failed);
        assert_int_equal(a.drops + b.drops, failed ? 2 : 0);
        edo_seq_free(s);
    }
    assert_int_equal(k, 6); // the merge, its set, a member each; and none
}

static void sizes_are_added(void **state) {
    (void)state;
    static const int items[5];
    edo_seq *s =
        edo_seq_merge(edo_seq_array(items, 2, sizeof(int)), edo_seq_array(items, 3, sizeof(int)));
    assert_int_equal(edo_seq_size_hint(s).least, 5);
    assert_int_equal(edo_seq_size_hint(s).most, 5);
    hand_waker w = HAND_WAKER;
    assert_int_equal(look(s, &w), 0);
    assert_int_equal(edo_seq_size_hint(s).most, 4);
    s = edo_seq_merge(s, edo_seq_repeat(items, sizeof(int)));
    assert_true(edo_seq_size_hint(s).least == UINT64_MAX);
    assert_true(edo_seq_size_hint(s).most == UINT64_MAX);
    edo_seq_free(s);
    tap a;
    s = edo_seq_merge(tap_init(&a), edo_seq_array(items, 3, sizeof(int)));
    assert_int_equal(edo_seq_size_hint(s).least, 3);
    assert_true(edo_seq_size_hint(s).most == UINT64_MAX);
    edo_seq_free(s);
}

/* ---- In a runtime ---------------------------------------------------------------------------- */

#define SENDERS 4
#define EACH    300

typedef struct sender {
    edo_mpsc_tx *tx;
    int first;
} sender;

static int sends(void *arg) {
    sender *self = arg;
    for (int i = 0; i < EACH; i++) {
        int value = self->first + i;
        CHECK_EQ(edo_mpsc_send(self->tx, &value), 0);
        if (i % 7 == self->first % 5) CHECK_EQ(edo_yield(), 0);
    }
    edo_mpsc_tx_unref(self->tx);
    return 0;
}

/* Reads the next item in a select with a branch that is often first; -EAGAIN: it was. */
static int next_or_not(edo_seq *s, int *item, uint64_t *random) {
    edo_seq_next_future next;
    edo_yield_future yield;
    *random = *random * UINT64_C(6364136223846793005) + 1;
    if (*random >> 63) return edo_seq_next(s, item);
    int first = edo_select(edo_seq_next_init(&next, s, item), edo_yield_init(&yield));
    return first == 0 ? edo_result(&next) : -EAGAIN;
}

/* While the reader turns to something else now and then, each item comes once, and those of one
 * sender in order. */
static int reads_between(void *arg) {
    static sender senders[SENDERS];
    int seen[SENDERS] = { 0 }, item = 0, rc;
    uint64_t random = 1;
    edo_task *tasks[SENDERS];
    edo_seq *all[SENDERS];
    (void)arg;
    for (int i = 0; i < SENDERS; i++) {
        edo_mpsc_rx *rx;
        CHECK_EQ(edo_mpsc_new(&senders[i].tx, &rx, sizeof(int), 3, NULL), 0);
        senders[i].first = i * EACH;
        all[i] = edo_seq_from_mpsc(rx);
        tasks[i] = edo_spawn(sends, &senders[i]);
        CHECK(tasks[i]);
    }
    edo_seq *s = edo_seq_merge_array(all, SENDERS);
    while ((rc = next_or_not(s, &item, &random)) != 0) {
        if (rc == -EAGAIN) continue;
        CHECK_EQ(rc, 1);
        CHECK_EQ(item % EACH, seen[item / EACH]++);
    }
    for (int i = 0; i < SENDERS; i++) {
        CHECK_EQ(seen[i], EACH);
        CHECK_EQ(edo_task_join(tasks[i]), 0);
    }
    edo_seq_free(s);
    return 0;
}

static void a_read_in_a_select_loses_and_doubles_nothing(void **state) {
    (void)state;
    assert_int_equal(inside_each(reads_between, NULL), 0);
}

static int reads_on(void *arg) {
    edo_seq *s = edo_seq_merge(edo_seq_from_interval(edo_ms(10), EDO_TICK_BURST),
                               edo_seq_from_interval(edo_ms(25), EDO_TICK_BURST));
    edo_instant began = edo_now(), tick;
    (void)arg;
    static const int at[] = { 0, 0, 10, 20, 25, 30, 40, 50, 50, 60 };
    for (size_t i = 0; i < EDO_COUNT(at); i++) {
        CHECK_EQ(edo_seq_next(s, &tick), 1);
        CHECK_EQ(edo_instant_since(tick, began).ns, (int64_t)at[i] * 1000000);
        CHECK_EQ(ms_since(began), at[i]);
    }
    edo_seq_free(s);
    return 0;
}

static void clocks_are_merged_in_time(void **state) {
    (void)state;
    assert_int_equal(inside(reads_on, NULL), 0);
}

/* ---- Generic leaf tests ---------------------------------------------------------------------- */

typedef struct merge_env {
    edo_mpsc_tx *tx;
    edo_seq *seq;
    edo_seq_next_future next;
    int item;
} merge_env;

static int merge_make(void *arg, edo_future **f) {
    merge_env *env = arg;
    edo_mpsc_rx *rx;
    int err = edo_mpsc_new(&env->tx, &rx, sizeof(int), 4, NULL);
    if (err < 0) return err;
    edo_seq *first = edo_seq_from_mpsc(rx);
    env->seq = edo_seq_merge(first, edo_seq_empty(sizeof(int)));
    if (!env->seq) {
        edo_mpsc_tx_unref(env->tx);
        return -ENOMEM;
    }
    *f = edo_seq_next_init(&env->next, env->seq, &env->item);
    return 0;
}

static void merge_poke(void *arg) {
    int value = 7, err = -ENOMEM;
    while (err == -ENOMEM) err = edo_mpsc_try_send(((merge_env *)arg)->tx, &value);
    assert_int_equal(err, 0);
}

/* The value was read, or is still to be read. */
static void merge_intact(void *arg) {
    merge_env *env = arg;
    hand_waker w = HAND_WAKER;
    assert_int_equal(env->item ? env->item : look(env->seq, &w), 7);
}

static void merge_cleanup(void *arg) {
    merge_env *env = arg;
    edo_mpsc_tx_unref(env->tx);
    edo_seq_free(env->seq);
}

static void the_next_of_a_merge_passes_as_every_leaf(void **state) {
    (void)state;
    static const leaf l = { .name = "edo_seq_next",
                            .env_bytes = sizeof(merge_env),
                            .make = merge_make,
                            .poke = merge_poke,
                            .intact = merge_intact,
                            .cleanup = merge_cleanup,
                            .no_budget = true, // the end of the other one takes some
                            .result = 1 };
    leaf_run(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_as_they_come_and_the_end_behind_the_last),
        cmocka_unit_test(only_what_was_woken_is_polled),
        cmocka_unit_test(a_turn_polls_each_once_and_yields_in_between),
        cmocka_unit_test(each_of_many_that_are_ready_has_its_share),
        cmocka_unit_test(one_that_is_seldom_ready_comes_among_those_that_always_are),
        cmocka_unit_test(a_reader_that_has_gone_is_not_woken),
        cmocka_unit_test(a_poll_for_nothing_changes_nothing),
        cmocka_unit_test(merges_of_merges_pass_wakes_on),
        cmocka_unit_test(a_sequence_that_wakes_itself_lets_the_task_yield),
        cmocka_unit_test(a_source_that_spends_the_budget_goes_on_later),
        cmocka_unit_test(one_item_costs_one_operation),
        cmocka_unit_test(shutdown_stops_all_and_waits_for_each),
        cmocka_unit_test(shutdown_of_many_takes_turns),
        cmocka_unit_test(shutdown_drops_what_is_awaited),
        cmocka_unit_test(shutdown_waits_for_tasks_of_what_has_ended),
        cmocka_unit_test(it_is_freed_in_any_state),
        cmocka_unit_test(a_waker_that_is_kept_outlives_the_merge),
        cmocka_unit_test(sequences_that_cannot_be_merged_are_freed),
        cmocka_unit_test(without_memory_all_are_freed),
        cmocka_unit_test(sizes_are_added),
        cmocka_unit_test(a_read_in_a_select_loses_and_doubles_nothing),
        cmocka_unit_test(clocks_are_merged_in_time),
        cmocka_unit_test(the_next_of_a_merge_passes_as_every_leaf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
