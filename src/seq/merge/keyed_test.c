/* SPDX-License-Identifier: MIT */
/* Goal: a keyed set tells who came, with an item, a failure or its end; sequences come and go while
 * a reader waits, and none of their items is lost or doubled; a lot has what is there and no more.
 * Method: sequences whose items are put by hand; each allocation failing; the generic leaf tests;
 * sets that change at random, beside a list of what was put. */
#include <edo/seq_merge.h>

#include "inside.h"
#include "leaf.h"
#include "tap.h"

#include <edo/mpsc.h>

/* What a read found: a key and a result, which is the item if there is one; 0: its end, or with
 * NOBODY that of all. */
typedef struct found {
    uint64_t key;
    int result;
} found;

#define NOBODY UINT64_MAX

/* One poll for the next; -EAGAIN: pending. */
static found look(edo_keyed_seq *set, hand_waker *w) {
    edo_keyed_seq_item_next_future f;
    found was = { .key = NOBODY, .result = -EAGAIN };
    edo_keyed_came came = { .key = NOBODY };
    int item = -7;
    edo_cx cx = hand_cx(w, EDO_BUDGET);
    (void)edo_keyed_seq_item_next_init(&f, set, &came, &item);
    if (edo_poll(&f.base, &cx) == EDO_READY) {
        was.key = came.key;
        was.result = edo_result(&f) < 1 ? edo_result(&f) : came.result == 1 ? item : came.result;
    }
    edo_drop(&f.base);
    return was;
}

static void finds(edo_keyed_seq *set, hand_waker *w, uint64_t key, int result) {
    found was = look(set, w);
    assert_true(was.key == key);
    assert_int_equal(was.result, result);
}

static edo_keyed_seq *set_of(tap *taps, uint64_t n) {
    edo_keyed_seq *set = edo_keyed_seq_new(sizeof(int));
    assert_non_null(set);
    for (uint64_t i = 0; i < n; i++)
        assert_int_equal(edo_keyed_seq_insert(set, i, tap_init(&taps[i])), 0);
    return set;
}

static void items_failures_and_ends_come_with_their_keys(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    tap taps[2];
    edo_keyed_seq *set = set_of(taps, 2);
    assert_int_equal(edo_keyed_seq_len(set), 2);
    finds(set, &w, NOBODY, -EAGAIN);
    tap_put(&taps[1], 5);
    tap_put(&taps[0], -EIO);
    finds(set, &w, 1, 5);
    finds(set, &w, 0, -EIO);
    tap_end(&taps[1]);
    finds(set, &w, 1, 0);
    assert_int_equal(taps[1].drops, 1);
    assert_int_equal(edo_keyed_seq_len(set), 1);
    assert_null(edo_keyed_seq_remove(set, 1)); // it has left
    tap_end(&taps[0]);
    finds(set, &w, 0, 0);
    finds(set, &w, NOBODY, 0);
    finds(set, &w, NOBODY, 0);
    edo_keyed_seq_free(set);
}

/* ---- Sequences that come and go -------------------------------------------------------------- */

static void a_sequence_that_comes_is_read_by_a_reader_that_waits(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    edo_keyed_seq_item_next_future f;
    tap old, new;
    edo_keyed_came came = { .key = 0 };
    int item = 0;
    edo_keyed_seq *set = edo_keyed_seq_new(sizeof(int));
    assert_int_equal(edo_keyed_seq_insert(set, 3, tap_init(&old)), 0);
    assert_int_equal(hand_poll(edo_keyed_seq_item_next_init(&f, set, &came, &item), &w),
                     EDO_PENDING);
    assert_int_equal(edo_keyed_seq_insert(set, 4, tap_init(&new)), 0);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_poll(&f.base, &w), EDO_PENDING);
    assert_int_equal(old.polls, 1);
    tap_put(&new, 9);
    assert_int_equal(hand_woken(&w), 2);
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    assert_int_equal(came.key, 4);
    assert_int_equal(item, 9);
    edo_keyed_seq_free(set);
    assert_int_equal(old.drops + new.drops, 2);
}

static void a_sequence_that_goes_keeps_its_items_and_no_waker(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    edo_keyed_seq_item_next_future f;
    tap taps[2];
    edo_keyed_came came = { .key = 0 };
    int item = 0, result = 0;
    edo_cx cx = hand_cx(&w, EDO_BUDGET);
    edo_keyed_seq *set = set_of(taps, 2);
    assert_int_equal(hand_poll(edo_keyed_seq_item_next_init(&f, set, &came, &item), &w),
                     EDO_PENDING);
    tap_put(&taps[0], 6);
    hand_reset(&w);
    edo_seq *gone = edo_keyed_seq_remove(set, 0); // it was woken, and is not read yet
    assert_ptr_equal(gone, &taps[0].base);
    assert_int_equal(hand_poll(&f.base, &w), EDO_PENDING);
    assert_int_equal(edo_seq_poll_next(gone, &cx, &item, &result), EDO_READY);
    assert_int_equal(item, 6);
    assert_int_equal(hand_woken(&w), 0);
    assert_int_equal(edo_keyed_seq_insert(set, 7, gone), 0); // back, by another key
    tap_put(&taps[0], 8);
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    assert_int_equal(came.key, 7);
    assert_int_equal(item, 8);
    edo_seq_free(edo_keyed_seq_remove(set, 1)); // it waits
    assert_int_equal(taps[1].drops, 1);
    edo_keyed_seq_free(set);
}

static void a_reader_hears_that_the_last_one_has_gone(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    edo_keyed_seq_item_next_future f;
    tap one;
    edo_keyed_came came = { .key = 42 };
    int item;
    edo_keyed_seq *set = set_of(&one, 1);
    assert_int_equal(hand_poll(edo_keyed_seq_item_next_init(&f, set, &came, &item), &w),
                     EDO_PENDING);
    edo_seq_free(edo_keyed_seq_remove(set, 0));
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    assert_int_equal(edo_result(&f), 0);
    assert_int_equal(came.key, 42);
    edo_keyed_seq_free(set);
}

static void what_cannot_be_inserted_is_freed(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    tap taps[1], other;
    edo_keyed_seq *set = set_of(taps, 1);
    assert_int_equal(edo_keyed_seq_insert(set, 0, tap_init(&other)), -EEXIST);
    assert_int_equal(other.drops, 1);
    assert_int_equal(edo_keyed_seq_insert(set, 1, edo_seq_empty(sizeof(int64_t))), -EINVAL);
    assert_int_equal(edo_keyed_seq_insert(set, 1, NULL), -ENOMEM);
    assert_int_equal(edo_keyed_seq_insert(NULL, 1, tap_init(&other)), -ENOMEM);
    assert_int_equal(other.drops, 1);
    assert_int_equal(edo_keyed_seq_len(set), 1);
    assert_null(edo_keyed_seq_remove(set, 1));
    assert_null(edo_keyed_seq_remove(NULL, 1));
    assert_int_equal(edo_keyed_seq_len(NULL), 0);
    finds(NULL, &w, NOBODY, -ENOMEM);
    edo_keyed_seq_free(NULL);
    edo_keyed_seq_free(set);
    assert_int_equal(taps[0].drops, 1);
}

static void without_memory_nothing_has_changed(void **state) {
    (void)state;
    edoi_alloc_fail_at(1);
    assert_null(edo_keyed_seq_new(1));
    edoi_alloc_fail_at(2);
    assert_null(edo_keyed_seq_new(1));
    edoi_alloc_fail_at(0);
    edo_keyed_seq *set = edo_keyed_seq_new(sizeof(int));
    uint64_t k = 1;
    for (bool failed = true; failed; k++) {
        tap t;
        edo_seq *s = tap_init(&t);
        edoi_alloc_fail_at(k);
        int err = edo_keyed_seq_insert(set, 1, s);
        failed = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        assert_int_equal(err, failed ? -ENOMEM : 0);
        assert_int_equal(t.drops, failed);
        assert_int_equal(edo_keyed_seq_len(set), !failed);
        edo_seq_free(edo_keyed_seq_remove(set, 1));
    }
    assert_true(k > 2);
    edo_keyed_seq_free(set);
}

/* A sequence that has ended, and one that has not, have tasks that are cancelled and awaited. */
static void shutdown_waits_for_all_tasks(void **state) {
    (void)state;
    for (int drops = 0; drops < 2; drops++) {
        hand_waker w = HAND_WAKER;
        tap taps[3];
        edo_keyed_seq_shutdown_future f;
        edo_keyed_seq *set = edo_keyed_seq_new(sizeof(int));
        for (uint64_t i = 0; i < 3; i++)
            assert_int_equal(edo_keyed_seq_insert(set, i, edo_seq_take(tap_init(&taps[i]), 1)), 0);
        taps[0].stops_late = taps[1].stops_late = true;
        tap_put(&taps[0], 5);
        finds(set, &w, 0, 5);
        finds(set, &w, 0, 0);
        assert_int_equal(edo_keyed_seq_len(set), 2);
        assert_null(edo_keyed_seq_remove(set, 0));
        finds(set, &w, NOBODY, -EAGAIN);
        assert_int_equal(hand_poll(edo_keyed_seq_shutdown_init(&f, set), &w), EDO_PENDING);
        assert_int_equal(taps[0].drops + taps[1].drops, 0);
        assert_int_equal(taps[2].drops, 1);
        tap_stop(&taps[1]);
        assert_int_equal(hand_poll(&f.base, &w), EDO_PENDING);
        tap_stop(&taps[0]);
        if (drops) edo_drop(&f.base);
        if (!drops) assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
        assert_int_equal(taps[0].drops + taps[1].drops, 2);
        assert_int_equal(hand_refs(&w), 0);
    }
    assert_int_equal(edo_keyed_seq_shutdown(NULL), 0);
    assert_int_equal(edo_keyed_seq_shutdown(edo_keyed_seq_new(1)), 0);
}

/* A set of which the last sequence has ended is empty, though a task still stops. */
static void a_set_whose_ends_still_stop_is_empty(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    tap one, other;
    edo_keyed_seq *set = set_of(&one, 1);
    one.stops_late = true;
    tap_end(&one);
    finds(set, &w, 0, 0);
    finds(set, &w, NOBODY, 0);
    assert_int_equal(edo_keyed_seq_insert(set, 0, tap_init(&other)), 0); // its key is free
    tap_put(&other, 3);
    finds(set, &w, 0, 3);
    tap_stop(&one);
    finds(set, &w, NOBODY, -EAGAIN);
    assert_int_equal(one.drops, 1);
    assert_int_equal(edo_keyed_seq_len(set), 1);
    edo_keyed_seq_free(set);
}

/* ---- Lots ------------------------------------------------------------------------------------ */

#define LOT 8

typedef struct lot {
    edo_keyed_came came[LOT];
    int items[LOT];
} lot;

/* One poll for a lot of `n` at most: how many, or what is no number; -EAGAIN: pending. */
static int look_for(edo_keyed_seq *set, lot *l, size_t n, hand_waker *w) {
    edo_keyed_seq_item_next_future f;
    int result = -EAGAIN;
    (void)edo_keyed_seq_items_next_init(&f, set, l->came, l->items, n);
    if (hand_poll(&f.base, w) == EDO_READY) result = edo_result(&f);
    edo_drop(&f.base);
    return result;
}

static void has(const lot *l, size_t i, uint64_t key, int result) {
    assert_true(l->came[i].key == key);
    assert_int_equal(l->came[i].result == 1 ? l->items[i] : l->came[i].result, result);
}

static void a_lot_has_what_is_there(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    tap taps[3];
    lot l;
    edo_keyed_seq *set = set_of(taps, 3);
    assert_int_equal(look_for(set, &l, LOT, &w), -EAGAIN);
    tap_put(&taps[0], 10);
    tap_put(&taps[0], 11);
    tap_put(&taps[2], 30);
    tap_put(&taps[2], 31);
    tap_end(&taps[2]);
    assert_int_equal(look_for(set, &l, 2, &w), 2); // in turn
    has(&l, 0, 0, 10);
    has(&l, 1, 2, 30);
    assert_int_equal(look_for(set, &l, LOT, &w), 3);
    has(&l, 0, 0, 11);
    has(&l, 1, 2, 31);
    has(&l, 2, 2, 0);
    hand_reset(&w);
    tap_put(&taps[1], 20);
    assert_int_equal(hand_woken(&w), 0); // that read is over
    assert_int_equal(look_for(set, &l, 0, &w), 0);
    assert_int_equal(look_for(set, &l, LOT, &w), 1);
    has(&l, 0, 1, 20);
    tap_end(&taps[0]);
    tap_end(&taps[1]);
    assert_int_equal(look_for(set, &l, LOT, &w), 2);
    assert_int_equal(look_for(set, &l, LOT, &w), 0);
    assert_int_equal(look_for(NULL, &l, LOT, &w), -ENOMEM);
    edo_keyed_seq_free(set);
}

static void a_failed_item_is_the_last_of_its_lot(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    tap taps[3];
    lot l;
    edo_keyed_seq *set = set_of(taps, 3);
    tap_put(&taps[0], 10);
    tap_put(&taps[1], -EIO);
    tap_put(&taps[2], 30);
    assert_int_equal(look_for(set, &l, LOT, &w), 2);
    has(&l, 0, 0, 10);
    has(&l, 1, 1, -EIO);
    assert_int_equal(look_for(set, &l, LOT, &w), 1);
    has(&l, 0, 2, 30);
    edo_keyed_seq_free(set);
}

static void a_lot_ends_with_the_budget(void **state) {
    (void)state;
    static edo_keyed_came came[2 * EDO_BUDGET];
    static int items[2 * EDO_BUDGET];
    int five = 5;
    hand_waker w = HAND_WAKER;
    edo_keyed_seq_item_next_future f;
    edo_keyed_seq *set = edo_keyed_seq_new(sizeof(int));
    assert_int_equal(edo_keyed_seq_insert(set, 1, edo_seq_repeat(&five, sizeof five)), 0);
    (void)edo_keyed_seq_items_next_init(&f, set, came, items, EDO_COUNT(came));
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    assert_int_equal(edo_result(&f), EDO_BUDGET);
    assert_int_equal(items[EDO_BUDGET - 1], 5);
    edo_keyed_seq_free(set);
}

/* ---- Sets that change at random -------------------------------------------------------------- */

#define KEYS 20

/* A key's sequence, of which each item is one more than the last. */
typedef struct line {
    tap t;
    bool is_in;
    int put, got; /* the next number to put, and to get */
} line;

static uint64_t next_random(uint64_t *random) {
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *random >> 33;
}

static void change(edo_keyed_seq *set, line *l, uint64_t key) {
    if (!l->is_in) {
        int err = edo_keyed_seq_insert(set, key, tap_init(&l->t));
        assert_int_equal(err, 0);
        l->put = l->got = 0;
    } else {
        edo_seq *s = edo_keyed_seq_remove(set, key);
        assert_ptr_equal(s, &l->t.base);
        edo_seq_free(s);
    }
    l->is_in = !l->is_in;
}

/* Reads once and compares with what was put. Returns false if nothing was there. */
static bool reads_one(edo_keyed_seq *set, line *lines, hand_waker *w) {
    found was = look(set, w);
    if (was.key == NOBODY) return false; // nothing is there, or no sequence is left
    line *l = &lines[was.key];
    assert_true(l->is_in);
    if (was.result == 0) {
        assert_true(l->t.is_over);
        assert_int_equal(l->got, l->put);
        l->is_in = false;
    } else {
        assert_int_equal(was.result, ++l->got);
    }
    return true;
}

static void sets_that_change_at_random_lose_and_double_nothing(void **state) {
    (void)state;
    static line lines[KEYS];
    hand_waker w = HAND_WAKER;
    uint64_t random = 7;
    edo_keyed_seq *set = edo_keyed_seq_new(sizeof(int));
    for (int step = 0; step < 20000; step++) {
        uint64_t key = next_random(&random) % KEYS;
        line *l = &lines[key];
        switch (next_random(&random) % 8) {
        case 0: change(set, l, key); break;
        case 1:
            if (l->is_in && next_random(&random) % 4 == 0) tap_end(&l->t);
            break;
        case 2:
        case 3:
        case 4:
            if (l->is_in && !l->t.is_over && l->put - l->got < (int)TAP_ITEMS)
                tap_put(&l->t, ++l->put);
            break;
        default: (void)reads_one(set, lines, &w); break;
        }
    }
    while (reads_one(set, lines, &w)) {
    }
    for (int i = 0; i < KEYS; i++)
        if (lines[i].is_in) assert_int_equal(lines[i].got, lines[i].put);
    edo_keyed_seq_free(set);
}

/* ---- Generic leaf tests ---------------------------------------------------------------------- */

typedef struct keyed_env {
    edo_mpsc_tx *tx;
    edo_keyed_seq *set;
    edo_keyed_seq_item_next_future next;
    edo_keyed_came came[2];
    int items[2];
} keyed_env;

static int keyed_make(void *arg, edo_future **f) {
    keyed_env *env = arg;
    edo_mpsc_rx *rx;
    int err = edo_mpsc_new(&env->tx, &rx, sizeof(int), 4, NULL);
    if (err < 0) return err;
    env->set = edo_keyed_seq_new(sizeof(int));
    err = edo_keyed_seq_insert(env->set, 3, edo_seq_from_mpsc(rx));
    *f = edo_keyed_seq_item_next_init(&env->next, env->set, env->came, env->items);
    if (err == 0) return 0;
    edo_mpsc_tx_unref(env->tx);
    edo_keyed_seq_free(env->set);
    return err;
}

static int keyed_make_many(void *arg, edo_future **f) {
    keyed_env *env = arg;
    int err = keyed_make(arg, f);
    if (err == 0)
        *f = edo_keyed_seq_items_next_init(&env->next, env->set, env->came, env->items, 2);
    return err;
}

static void keyed_poke(void *arg) {
    int value = 7, err = -ENOMEM;
    while (err == -ENOMEM) err = edo_mpsc_try_send(((keyed_env *)arg)->tx, &value);
    assert_int_equal(err, 0);
}

/* The value was read, or is still to be read. */
static void keyed_intact(void *arg) {
    keyed_env *env = arg;
    hand_waker w = HAND_WAKER;
    if (env->items[0] == 0) env->items[0] = look(env->set, &w).result;
    assert_int_equal(env->items[0], 7);
}

static void keyed_cleanup(void *arg) {
    keyed_env *env = arg;
    edo_mpsc_tx_unref(env->tx);
    edo_keyed_seq_free(env->set);
}

/* ---- Generic leaf test of the shutdown ------------------------------------------------------- */

typedef struct stop_env {
    edo_keyed_seq_shutdown_future end;
    tap t;
} stop_env;

static int stop_make(void *arg, edo_future **f) {
    stop_env *env = arg;
    edo_keyed_seq *set = edo_keyed_seq_new(sizeof(int));
    int err = edo_keyed_seq_insert(set, 1, tap_init(&env->t));
    env->t.stops_late = true;
    if (err < 0) {
        edo_keyed_seq_free(set);
        return err;
    }
    *f = edo_keyed_seq_shutdown_init(&env->end, set);
    return 0;
}

static void stop_poke(void *arg) {
    tap_stop(&((stop_env *)arg)->t);
}

static void stop_intact(void *arg) {
    assert_int_equal(((stop_env *)arg)->t.drops, 1);
}

static void shutdown_passes_as_every_leaf(void **state) {
    (void)state;
    static const leaf stop = { .name = "edo_keyed_seq_shutdown",
                               .env_bytes = sizeof(stop_env),
                               .make = stop_make,
                               .poke = stop_poke,
                               .intact = stop_intact };
    leaf_run(&stop);
}

static void next_passes_as_every_leaf(void **state) {
    (void)state;
    static const leaf one = { .name = "edo_keyed_seq_item_next",
                              .env_bytes = sizeof(keyed_env),
                              .make = keyed_make,
                              .poke = keyed_poke,
                              .intact = keyed_intact,
                              .cleanup = keyed_cleanup,
                              .result = 1 };
    static const leaf many = { .name = "edo_keyed_seq_items_next",
                               .env_bytes = sizeof(keyed_env),
                               .make = keyed_make_many,
                               .poke = keyed_poke,
                               .intact = keyed_intact,
                               .cleanup = keyed_cleanup,
                               .result = 1 };
    leaf_run(&one);
    leaf_run(&many);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_failures_and_ends_come_with_their_keys),
        cmocka_unit_test(a_sequence_that_comes_is_read_by_a_reader_that_waits),
        cmocka_unit_test(a_sequence_that_goes_keeps_its_items_and_no_waker),
        cmocka_unit_test(a_reader_hears_that_the_last_one_has_gone),
        cmocka_unit_test(what_cannot_be_inserted_is_freed),
        cmocka_unit_test(without_memory_nothing_has_changed),
        cmocka_unit_test(shutdown_waits_for_all_tasks),
        cmocka_unit_test(a_set_whose_ends_still_stop_is_empty),
        cmocka_unit_test(a_lot_has_what_is_there),
        cmocka_unit_test(a_failed_item_is_the_last_of_its_lot),
        cmocka_unit_test(a_lot_ends_with_the_budget),
        cmocka_unit_test(sets_that_change_at_random_lose_and_double_nothing),
        cmocka_unit_test(shutdown_passes_as_every_leaf),
        cmocka_unit_test(next_passes_as_every_leaf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
