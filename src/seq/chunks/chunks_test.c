/* SPDX-License-Identifier: MIT */
/* Goal: chunks have the items of their source, each once and in order, with failures and the end in
 * their places, whoever stops reading when; a chunk ends by its number, when nothing is ready, or
 * by its limit, which the budget does not put off. Method: chunks read by hand, and with a paused
 * clock; reads cut short at random; each allocation failing; the generic leaf tests. */
#include <edo/seq_chunks.h>
#include <edo/test_seq.h>

#include "inside.h"
#include "leaf.h"
#include "seed.h"
#include "seq/seq_test.h"

#include <errno.h>
#include <string.h>

/* The three kinds. */
static edo_seq *by_number(edo_seq *s, size_t n) {
    return edo_seq_chunks(s, n);
}

static edo_seq *by_what_is_ready(edo_seq *s, size_t n) {
    return edo_seq_ready_chunks(s, n);
}

static edo_seq *by_time(edo_seq *s, size_t n) {
    return edo_seq_chunks_timeout(s, n, edo_s(1));
}

typedef edo_seq *chunks_fn(edo_seq *s, size_t n);

static chunks_fn *const all_kinds[] = { by_number, by_what_is_ready, by_time };

/* Expects a chunk of the `n` items behind `first`. */
static void expect_chunk(edo_chunk chunk, int first, size_t n) {
    CHECK_EQ(chunk.n, n);
    for (size_t i = 0; i < n; i++) CHECK_EQ(((const int *)chunk.items)[i], first + (int)i);
}

static void reads_chunk(edo_seq *s, int first, size_t n) {
    edo_chunk chunk = { NULL, 0 };
    assert_int_equal(next_now(s, &chunk), 1);
    expect_chunk(chunk, first, n);
}

/* Expects a failure, or the end. */
static void reads_code(edo_seq *s, int code) {
    edo_chunk chunk = { NULL, 7 };
    assert_int_equal(next_now(s, &chunk), code);
    assert_int_equal(chunk.n, 7); // not written
}

static void send_now(edo_mpsc_tx *tx, int value) {
    CHECK_EQ(edo_mpsc_try_send(tx, &value), 0);
}

static edo_seq *channel(edo_mpsc_tx **tx) {
    edo_mpsc_rx *rx;
    CHECK_EQ(edo_mpsc_new(tx, &rx, sizeof(int), 16, NULL), 0);
    return edo_seq_from_mpsc(rx);
}

/* ---- By number ------------------------------------------------------------------------------- */

static void full_chunks_come_in_order_and_the_rest_at_the_end(void **state) {
    (void)state;
    static const int items[] = { 1, 2, 3, 4, 5, 6, 7 };
    for (size_t i = 0; i < EDO_COUNT(all_kinds); i++) {
        edo_seq *s = all_kinds[i](edo_seq_array(items, 7, sizeof(int)), 3);
        assert_int_equal(edo_seq_size_hint(s).least, 3);
        assert_int_equal(edo_seq_size_hint(s).most, 7);
        reads_chunk(s, 1, 3);
        assert_int_equal(edo_seq_size_hint(s).least, 2); // what was read does not count
        reads_chunk(s, 4, 3);
        reads_chunk(s, 7, 1);
        reads_code(s, 0);
        reads_code(s, 0);
        assert_int_equal(edo_seq_size_hint(s).most, 0);
        edo_seq_free(s);
    }
}

static void end_behind_a_full_chunk_makes_no_empty_one(void **state) {
    (void)state;
    static const int items[] = { 1, 2 };
    for (size_t i = 0; i < EDO_COUNT(all_kinds); i++) {
        edo_seq *s = all_kinds[i](edo_seq_array(items, 2, sizeof(int)), 2);
        reads_chunk(s, 1, 2);
        reads_code(s, 0);
        edo_seq_free(s);
        s = all_kinds[i](edo_seq_empty(sizeof(int)), 2);
        reads_code(s, 0);
        edo_seq_free(s);
    }
}

/* Every third item of a counter has failed. */
static void failures_come_behind_the_items_before_them(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(all_kinds); i++) {
        seq_counter c;
        edo_seq *s = all_kinds[i](counter_init(&c, 7), 9);
        reads_chunk(s, 1, 2);
        assert_int_equal(c.polls, 3); // and nothing behind the failure
        reads_code(s, -EIO);
        reads_chunk(s, 4, 2);
        reads_code(s, -EIO);
        reads_chunk(s, 7, 1);
        reads_code(s, 0);
        edo_seq_free(s);
        assert_int_equal(c.drops, 1);
        s = all_kinds[i](counter_init(&c, 4), 2);
        reads_chunk(s, 1, 2);
        assert_int_equal(c.polls, 2);
        reads_code(s, -EIO); // of no chunk
        edo_seq_free(s);
    }
}

static int fail_at_two(void *arg, const void *in, void *out) {
    (void)arg;
    memcpy(out, in, sizeof(int));
    return *(const int *)in == 2 ? edo_fail(-EIO, "two is no number") : 0;
}

static int keeps_the_trail(void *arg) {
    (void)arg;
    static const int items[] = { 1, 2 };
    char text[80];
    edo_chunk chunk;
    edo_seq *s = edo_seq_array(items, 2, sizeof(int));
    s = edo_seq_chunks(edo_seq_map(s, fail_at_two, NULL, sizeof(int)), 2);
    CHECK_EQ(edo_seq_next(s, &chunk), 1);
    edo_trail_clear(); // of what the reader has handled meanwhile
    CHECK_EQ(edo_seq_next(s, &chunk), -EIO);
    CHECK(edo_trail_print_text(text, sizeof text, -EIO, EDO_TRAIL_LINE) > 0);
    CHECK(strstr(text, "two is no number"));
    edo_seq_free(s);
    s = edo_seq_array(items, 2, sizeof(int));
    s = edo_seq_chunks(edo_seq_map(s, fail_at_two, NULL, sizeof(int)), 2);
    CHECK_EQ(edo_seq_next(s, &chunk), 1);
    edo_seq_free(s); // with a failure that nobody reads
    return 0;
}

static void failure_that_waits_keeps_its_trail(void **state) {
    (void)state;
    assert_int_equal(inside(keeps_the_trail, NULL), 0);
}

static void none_at_once_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(all_kinds); i++) {
        seq_counter c;
        edo_seq *s = all_kinds[i](counter_init(&c, 7), 0);
        reads_code(s, -EINVAL);
        reads_code(s, 0);
        edo_seq_free(s);
        assert_int_equal(c.drops, 1);
        assert_null(all_kinds[i](NULL, 0));
        assert_null(all_kinds[i](counter_init(&c, 7), SIZE_MAX / 4)); // as many are no memory
        assert_int_equal(c.drops, 1);
        edoi_alloc_fail_at(1);
        assert_null(all_kinds[i](counter_init(&c, 7), 3));
        edoi_alloc_fail_at(0);
        assert_int_equal(c.drops, 1);
    }
}

/* ---- What is ready --------------------------------------------------------------------------- */

static void what_is_ready_comes_without_waiting(void **state) {
    (void)state;
    edo_mpsc_tx *tx;
    edo_chunk chunk = { NULL, 0 };
    hand_waker w = HAND_WAKER;
    edo_seq_next_future f;
    edo_seq *s = edo_seq_ready_chunks(channel(&tx), 4);
    for (int i = 1; i <= 6; i++) send_now(tx, i);
    reads_chunk(s, 1, 4);
    assert_int_equal(hand_poll(edo_seq_next_init(&f, s, &chunk), &w), EDO_READY);
    expect_chunk(chunk, 5, 2);
    send_now(tx, 7); // wakes no reader that is gone
    assert_int_equal(hand_woken(&w), 0);
    expect_chunk(chunk, 5, 2); // until the next read
    reads_chunk(s, 7, 1);
    assert_int_equal(hand_poll(edo_seq_next_init(&f, s, &chunk), &w), EDO_PENDING);
    send_now(tx, 8);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    expect_chunk(chunk, 8, 1);
    edo_mpsc_tx_unref(tx);
    reads_code(s, 0);
    edo_seq_free(s);
}

/* ---- By time --------------------------------------------------------------------------------- */

/* 1, 2, … 20 ms apart, the first one after 20 ms. */
static edo_seq *slow_items(void) {
    edo_test_seq *script;
    edo_seq *s;
    EDO_TEST_OK(edo_test_seq_new(&script, &s, sizeof(int), "slow"));
    for (int i = 1; i <= 6; i++) {
        edo_test_seq_wait(script, edo_ms(20));
        edo_test_seq_item(script, &i);
    }
    edo_test_seq_close(script);
    return s;
}

static int next_within(edo_seq *s, edo_chunk *chunk, edo_duration limit) {
    EDO_DEADLINE(d, limit);
    return edo_deadline_end(&d, edo_seq_next(s, chunk));
}

static int in_time(void *arg) {
    edo_chunk chunk;
    (void)arg;
    edo_seq *s = edo_seq_chunks_timeout(slow_items(), 3, edo_ms(50));
    edo_instant began = edo_now();
    CHECK_EQ(edo_seq_next(s, &chunk), 1); // full: at 20, 40 and 60
    expect_chunk(chunk, 1, 3);
    CHECK_EQ(ms_since(began), 60);
    CHECK_EQ(next_within(s, &chunk, edo_ms(30)), -ETIMEDOUT); // with an item of 80
    CHECK_EQ(next_within(s, &chunk, edo_ms(20)), -ETIMEDOUT); // and one of 100
    CHECK_EQ(ms_since(began), 110);
    CHECK_EQ(edo_seq_next(s, &chunk), 1); // full at 120
    expect_chunk(chunk, 4, 3);
    CHECK_EQ(ms_since(began), 120);
    CHECK_EQ(edo_seq_next(s, &chunk), 0);
    edo_seq_free(s);
    return 0;
}

static void chunk_is_full_or_its_limit_has_passed(void **state) {
    (void)state;
    assert_int_equal(inside(in_time, NULL), 0);
}

static int limits(void *arg) {
    edo_chunk chunk;
    (void)arg;
    edo_seq *s = edo_seq_chunks_timeout(slow_items(), 9, edo_ms(30));
    edo_instant began = edo_now();
    CHECK_EQ(edo_seq_next(s, &chunk), 1); // 30 ms behind the first item, at 20
    expect_chunk(chunk, 1, 2);
    CHECK_EQ(ms_since(began), 50);
    CHECK_EQ(next_within(s, &chunk, edo_ms(15)), -ETIMEDOUT); // the limit runs from 60 on
    CHECK_EQ(next_within(s, &chunk, edo_ms(10)), -ETIMEDOUT); // and is not begun anew
    CHECK_EQ(edo_seq_next(s, &chunk), 1);
    expect_chunk(chunk, 3, 2);
    CHECK_EQ(ms_since(began), 90);
    CHECK_EQ(edo_seq_next(s, &chunk), 1); // at the end of the source
    expect_chunk(chunk, 5, 2);
    CHECK_EQ(ms_since(began), 120);
    CHECK_EQ(edo_seq_next(s, &chunk), 0);
    edo_seq_free(s);
    return 0;
}

static void limit_counts_from_the_first_item(void **state) {
    (void)state;
    assert_int_equal(inside(limits, NULL), 0);
}

static int late(void *arg) {
    edo_mpsc_tx *tx;
    edo_chunk chunk;
    (void)arg;
    edo_seq *s = edo_seq_chunks_timeout(channel(&tx), 9, edo_ms(50));
    send_now(tx, 1);
    CHECK_EQ(next_within(s, &chunk, edo_ms(10)), -ETIMEDOUT);
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    send_now(tx, 2);
    edo_instant began = edo_now();
    CHECK_EQ(edo_seq_next(s, &chunk), 1); // it was late: with what is ready
    expect_chunk(chunk, 1, 2);
    CHECK_EQ(ms_since(began), 0);
    send_now(tx, 3);
    CHECK_EQ(edo_seq_next(s, &chunk), 1); // which has a limit of its own
    expect_chunk(chunk, 3, 1);
    CHECK_EQ(ms_since(began), 50);
    edo_mpsc_tx_unref(tx);
    edo_seq_free(s);
    return 0;
}

static void late_chunk_has_what_is_ready(void **state) {
    (void)state;
    assert_int_equal(inside(late, NULL), 0);
}

static void without_a_runtime_no_item_is_lost(void **state) {
    (void)state;
    edo_mpsc_tx *tx;
    edo_seq *s = edo_seq_chunks_timeout(channel(&tx), 2, edo_ms(50));
    send_now(tx, 1);
    reads_code(s, -EDO_ENORUNTIME);
    reads_code(s, -EDO_ENORUNTIME);
    send_now(tx, 2);
    reads_chunk(s, 1, 2);
    edo_mpsc_tx_unref(tx);
    edo_seq_free(s);
}

/* ---- Budget ---------------------------------------------------------------------------------- */

static void budget_ends_what_is_ready_and_delays_what_is_full(void **state) {
    (void)state;
    static int items[300];
    for (int i = 0; i < 300; i++) items[i] = i;
    edo_chunk chunk = { NULL, 0 };
    hand_waker w = HAND_WAKER;
    edo_seq_next_future f;
    edo_seq *s = edo_seq_ready_chunks(edo_seq_array(items, 300, sizeof(int)), 300);
    assert_int_equal(hand_poll(edo_seq_next_init(&f, s, &chunk), &w), EDO_READY);
    expect_chunk(chunk, 0, EDO_BUDGET);
    assert_int_equal(hand_poll(edo_seq_next_init(&f, s, &chunk), &w), EDO_READY);
    expect_chunk(chunk, EDO_BUDGET, EDO_BUDGET);
    edo_seq_free(s);
    hand_reset(&w);
    s = edo_seq_chunks(edo_seq_array(items, 300, sizeof(int)), 300);
    (void)edo_seq_next_init(&f, s, &chunk);
    for (unsigned i = 1; i <= 300 / EDO_BUDGET; i++) {
        assert_int_equal(hand_poll(&f.base, &w), EDO_PENDING);
        assert_int_equal(hand_woken(&w), i);
    }
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    expect_chunk(chunk, 0, 300);
    edo_seq_free(s);
}

/* Has one item, and then none, although it always has something to do. */
static edo_polled busy_poll(void *arg, edo_cx *cx, void *item, int *result) {
    bool *has_given = arg;
    if (*has_given) {
        while (edo_budget_take(cx)) continue;
        return EDO_PENDING; // the budget has woken the task
    }
    *has_given = true;
    *(int *)item = 1;
    *result = 1;
    return EDO_READY;
}

static int read_busy(void *arg) {
    edo_chunk chunk;
    CHECK_EQ(edo_seq_next(arg, &chunk), 1);
    expect_chunk(chunk, 1, 1);
    return 0;
}

static int limits_the_busy(void *arg) {
    bool has_given = false;
    (void)arg;
    edo_seq *s = edo_seq_from_fn(sizeof(int), busy_poll, &has_given);
    s = edo_seq_chunks_timeout(s, 2, edo_ms(50));
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

static void source_that_spends_the_budget_does_not_put_off_the_limit(void **state) {
    (void)state;
    assert_int_equal(inside_by_hand(limits_the_busy, NULL), 0);
}

/* ---- Cut short ------------------------------------------------------------------------------- */

static void dropped_read_keeps_what_was_taken(void **state) {
    (void)state;
    edo_mpsc_tx *tx;
    edo_chunk chunk = { NULL, 0 };
    hand_waker w = HAND_WAKER;
    edo_seq_next_future f;
    edo_seq *s = edo_seq_chunks(channel(&tx), 3);
    for (int i = 1; i <= 2; i++) {
        send_now(tx, i);
        assert_int_equal(hand_poll(edo_seq_next_init(&f, s, &chunk), &w), EDO_PENDING);
        edo_drop(&f.base);
    }
    send_now(tx, 3);
    assert_int_equal(hand_woken(&w), 0);
    assert_int_equal(hand_refs(&w), 0);
    reads_chunk(s, 1, 3);
    send_now(tx, 4);
    assert_int_equal(hand_poll(edo_seq_next_init(&f, s, &chunk), &w), EDO_PENDING);
    assert_int_equal(edo_seq_size_hint(s).least, 1);
    edo_drop(&f.base);
    edo_mpsc_tx_unref(tx);
    edo_seq_free(s); // with one that was taken
}

static uint64_t random_next(uint64_t *x) {
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

/* Sends 1 to 2,000, at times in one go. */
static int send_at_random(void *arg) {
    edo_mpsc_tx *tx = arg;
    uint64_t x = test_seed(5);
    int err = 0;
    for (int i = 1; i <= 2000 && err == 0; i++) {
        if (random_next(&x) % 3 == 0) err = edo_yield();
        if (err == 0) err = edo_mpsc_send(tx, &i);
    }
    edo_mpsc_tx_unref(tx);
    return err;
}

/* Reads beside a branch that is often ready first; each item comes once and in order. */
static int reads_beside(void *arg) {
    chunks_fn *const *kind = arg;
    uint64_t x = test_seed(9);
    edo_mpsc_tx *tx;
    int next = 1, chosen = 0, over = false;
    edo_seq *s = (*kind)(channel(&tx), 7);
    edo_task *sender = edo_spawn(send_at_random, tx);
    CHECK(sender);
    while (!over) {
        edo_chunk chunk;
        edo_seq_next_future read;
        edo_yield_future yield;
        edo_future *both[] = { edo_seq_next_init(&read, s, &chunk), edo_yield_init(&yield) };
        if (random_next(&x) % 4 == 0) both[1] = NULL;
        chosen = edo_select_array(both, 2, 0);
        CHECK(chosen >= 0);
        if (chosen > 0) continue;
        over = edo_result(&read) == 0;
        if (over) continue;
        CHECK_EQ(edo_result(&read), 1);
        expect_chunk(chunk, next, chunk.n);
        next += (int)chunk.n;
    }
    CHECK_EQ(next, 2001);
    CHECK_EQ(edo_task_join(sender), 0);
    edo_seq_free(s);
    return 0;
}

static void selects_lose_and_double_nothing(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(all_kinds); i++)
        assert_int_equal(inside_each(reads_beside, (void *)(uintptr_t)&all_kinds[i]), 0);
}

static void shutdown_asks_the_source(void **state) {
    (void)state;
    seq_counter c;
    hand_waker w = HAND_WAKER;
    edo_seq_shutdown_future f;
    edo_seq *s = edo_seq_chunks(counter_init(&c, 7), 2);
    reads_chunk(s, 1, 2);
    c.is_pending = true;
    assert_int_equal(hand_poll(edo_seq_shutdown_init(&f, s), &w), EDO_PENDING);
    c.is_pending = false;
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    assert_int_equal(c.stops, 2);
    assert_int_equal(c.drops, 1);
}

/* ---- Generic leaf tests ---------------------------------------------------------------------- */

typedef struct chunks_env {
    edo_mpsc_tx *tx;
    edo_seq *seq;
    edo_seq_next_future next;
    edo_chunk chunk;
} chunks_env;

static int chunks_make(void *arg, edo_future **f) {
    chunks_env *env = arg;
    edo_mpsc_rx *rx;
    int err = edo_mpsc_new(&env->tx, &rx, sizeof(int), 4, NULL);
    if (err < 0) return err;
    env->seq = edo_seq_ready_chunks(edo_seq_from_mpsc(rx), 3);
    if (!env->seq) {
        edo_mpsc_tx_unref(env->tx);
        return -ENOMEM;
    }
    *f = edo_seq_next_init(&env->next, env->seq, &env->chunk);
    return 0;
}

static void chunks_poke(void *arg) {
    int value = 7, err = -ENOMEM;
    while (err == -ENOMEM) err = edo_mpsc_try_send(((chunks_env *)arg)->tx, &value);
    assert_int_equal(err, 0);
}

/* The value was read, or is still to be read. */
static void chunks_intact(void *arg) {
    chunks_env *env = arg;
    if (env->chunk.n == 0) assert_int_equal(next_now(env->seq, &env->chunk), 1);
    expect_chunk(env->chunk, 7, 1);
}

static void chunks_cleanup(void *arg) {
    chunks_env *env = arg;
    edo_mpsc_tx_unref(env->tx);
    edo_seq_free(env->seq);
}

static void next_passes_as_every_leaf(void **state) {
    (void)state;
    static const leaf l = { .name = "edo_seq_next",
                            .env_bytes = sizeof(chunks_env),
                            .make = chunks_make,
                            .poke = chunks_poke,
                            .intact = chunks_intact,
                            .cleanup = chunks_cleanup,
                            .result = 1 };
    leaf_run(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_chunks_come_in_order_and_the_rest_at_the_end),
        cmocka_unit_test(end_behind_a_full_chunk_makes_no_empty_one),
        cmocka_unit_test(failures_come_behind_the_items_before_them),
        cmocka_unit_test(failure_that_waits_keeps_its_trail),
        cmocka_unit_test(none_at_once_is_refused),
        cmocka_unit_test(what_is_ready_comes_without_waiting),
        cmocka_unit_test(chunk_is_full_or_its_limit_has_passed),
        cmocka_unit_test(limit_counts_from_the_first_item),
        cmocka_unit_test(late_chunk_has_what_is_ready),
        cmocka_unit_test(without_a_runtime_no_item_is_lost),
        cmocka_unit_test(budget_ends_what_is_ready_and_delays_what_is_full),
        cmocka_unit_test(source_that_spends_the_budget_does_not_put_off_the_limit),
        cmocka_unit_test(dropped_read_keeps_what_was_taken),
        cmocka_unit_test(selects_lose_and_double_nothing),
        cmocka_unit_test(shutdown_asks_the_source),
        cmocka_unit_test(next_passes_as_every_leaf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
