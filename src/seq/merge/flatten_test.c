/* SPDX-License-Identifier: MIT */
/* Goal: edo_seq_flatten() gives the items of sequences, one sequence after the other, with each
 * failure in its place; it owns what it has taken, and no more; and no sequence is read before the
 * tasks of the one before it have ended. Method: sequences read by hand; tasks that end when they
 * are told to; the generic promises are in seq/adapters_test.c. */
#include <edo/seq.h>

#include "inside.h"
#include "poll_by_hand.h"
#include "seq/seq_test.h"

#define PARTS 4

/* Sequences that are items. */
typedef struct parts {
    seq_counter of[PARTS];
    edo_seq *at[PARTS];
} parts;

static edo_seq *parts_init(parts *p, const int *items_n) {
    for (int i = 0; i < PARTS; i++) p->at[i] = counter_init(&p->of[i], items_n[i]);
    return edo_seq_array(p->at, PARTS, sizeof p->at[0]);
}

static void sequences_come_one_after_the_other(void **state) {
    (void)state;
    parts p;
    edo_seq *s = edo_seq_flatten(parts_init(&p, (int[]){ 2, 0, 1, 4 }), sizeof(int));
    assert_int_equal(edo_seq_size_hint(s).least, 0);
    assert_int_equal(edo_seq_size_hint(s).most, UINT64_MAX);
    reads(s, (int[]){ 1, 2 }, 2);
    assert_int_equal(p.of[1].polls + p.of[2].polls, 0); // not before its turn
    reads(s, (int[]){ 1 }, 1);
    assert_int_equal(p.of[0].drops + p.of[1].drops, 2); // at their ends
    assert_int_equal(p.of[0].stops + p.of[1].stops, 2);
    reads(s, (int[]){ 1, 2, -EIO, 4, 0, 0 }, 6);
    for (int i = 0; i < PARTS; i++) assert_int_equal(p.of[i].drops, 1);
    edo_seq_free(s);
    for (int i = 0; i < PARTS; i++) assert_int_equal(p.of[i].drops, 1);
}

/* Of the number 1 no sequence comes, of 2 one that there was no memory for, of 4 one whose items
 * have another size. */
static int sequence_or_not(void *arg, const void *in, void *out) {
    const int n = *(const int *)in;
    (void)arg;
    static const int64_t wide[] = { 1 };
    static const int items[] = { 1, 2 };
    if (n == 1) return -EDOM;
    *(edo_seq **)out = n == 2   ? NULL
                       : n == 4 ? edo_seq_array(wide, 1, sizeof wide[0])
                                : edo_seq_array(items, 2, sizeof items[0]);
    return 0;
}

static void failures_come_in_their_place(void **state) {
    (void)state;
    seq_counter c; // its third item has failed
    edo_seq *s = edo_seq_map(counter_init(&c, 5), sequence_or_not, NULL, sizeof(edo_seq *));
    s = edo_seq_flatten(s, sizeof(int));
    reads(s, (int[]){ -EDOM, -ENOMEM, -EIO, -EINVAL, 1, 2, 0, 0 }, 8);
    edo_seq_free(s);
    s = edo_seq_flatten(counter_init(&c, 5), sizeof(int)); // they are no sequences
    assert_int_equal(c.drops, 1);
    assert_int_equal(s->item_size, sizeof(int));
    reads(s, (int[]){ -EINVAL, 0 }, 2);
    edo_seq_free(s);
}

static void it_owns_what_it_has_taken(void **state) {
    (void)state;
    parts p;
    edo_seq *s = edo_seq_flatten(parts_init(&p, (int[]){ 1, 5, 1, 1 }), sizeof(int));
    reads(s, (int[]){ 1, 1, 2 }, 3);
    edo_seq_free(s);
    assert_int_equal(p.of[0].drops + p.of[1].drops, 2);
    for (int i = 2; i < PARTS; i++) {
        assert_int_equal(p.of[i].drops, 0);
        edo_seq_free(p.at[i]);
    }
}

/* Either the source of sequences makes the reader wait, or the sequence that is read, or its
 * stop. */
static void a_dropped_read_leaves_no_waker(void **state) {
    (void)state;
    parts p;
    seq_counter *all[] = { &p.of[0], &p.of[1] };
    int item = 0;
    hand_waker w = HAND_WAKER;
    edo_seq_next_future f;
    edo_seq *s = edo_seq_flatten(parts_init(&p, (int[]){ 1, 1, 0, 0 }), sizeof(int));
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        all[i]->is_pending = true;
        assert_int_equal(hand_poll(edo_seq_next_init(&f, s, &item), &w), EDO_PENDING);
        assert_ptr_equal(all[i]->waker, &w.base);
        edo_drop(&f.base);
        assert_null(all[i]->waker);
        all[i]->is_pending = false;
        reads(s, (int[]){ 1 }, 1);
    }
    reads(s, (int[]){ 0 }, 1);
    edo_seq_free(s);
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    assert_int_equal(edo_mpsc_new(&tx, &rx, sizeof(edo_seq *), 1, NULL), 0);
    s = edo_seq_flatten(edo_seq_from_mpsc(rx), sizeof(int));
    assert_int_equal(hand_poll(edo_seq_next_init(&f, s, &item), &w), EDO_PENDING);
    edo_drop(&f.base);
    assert_int_equal(hand_refs(&w), 0);
    seq_counter one;
    edo_seq *part = counter_init(&one, 1);
    assert_int_equal(edo_mpsc_try_send(tx, &part), 0);
    reads(s, (int[]){ 1 }, 1);
    one.next = 2;
    edo_mpsc_tx_unref(tx);
    reads(s, (int[]){ 0 }, 1);
    edo_seq_free(s);
    assert_int_equal(one.drops, 1);
}

/* Has no items, and a stop that is pending while it is told so. */
static edo_polled none_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    (void)s, (void)cx, (void)item;
    *result = 0;
    return EDO_READY;
}

static void a_sequence_is_stopped_before_the_next_one(void **state) {
    (void)state;
    static const edo_seq_ops ops = { .poll_next = none_poll,
                                     .leave = counter_leave,
                                     .drop = counter_drop,
                                     .stop = counter_stop,
                                     .name = "stops slowly" };
    parts p;
    int item = 0;
    hand_waker w = HAND_WAKER;
    edo_seq_next_future f;
    edo_seq *s = edo_seq_flatten(parts_init(&p, (int[]){ 0, 1, 0, 0 }), sizeof(int));
    (void)edo_seq_init(&p.of[0].base, &ops, sizeof(int));
    p.of[0].is_pending = true;
    assert_int_equal(hand_poll(edo_seq_next_init(&f, s, &item), &w), EDO_PENDING);
    assert_int_equal(p.of[0].stops, 1);
    assert_int_equal(p.of[1].polls, 0);
    edo_drop(&f.base);
    assert_null(p.of[0].waker);
    assert_int_equal(hand_poll(edo_seq_next_init(&f, s, &item), &w), EDO_PENDING);
    p.of[0].is_pending = false;
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    assert_int_equal(edo_result(&f), 1);
    assert_int_equal(p.of[0].drops, 1);
    reads(s, (int[]){ 0 }, 1);
    edo_seq_free(s);
    // and a shutdown waits for it, too
    s = edo_seq_flatten(parts_init(&p, (int[]){ 0, 1, 0, 0 }), sizeof(int));
    (void)edo_seq_init(&p.of[0].base, &ops, sizeof(int));
    p.of[0].is_pending = true;
    assert_int_equal(hand_poll(edo_seq_next_init(&f, s, &item), &w), EDO_PENDING);
    edo_seq_shutdown_future end;
    edo_drop(&f.base);
    assert_int_equal(hand_poll(edo_seq_shutdown_init(&end, s), &w), EDO_PENDING);
    p.of[0].is_pending = false;
    assert_int_equal(hand_poll(&end.base, &w), EDO_READY);
    assert_int_equal(p.of[0].drops, 1);
    for (int i = 1; i < PARTS; i++) edo_seq_free(p.at[i]);
}

/* A task that goes on for a while when it is cancelled. */
static int cleans_up(void *arg, const void *in, void *out) {
    int *running_n = arg;
    const int value = *(const int *)in;
    *(int *)out = value;
    if (value % 2) return edo_yield() < 0 ? -ECANCELED : -EIO;
    ++*running_n;
    int err = edo_sleep(edo_hours(1));
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(-1));
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    (void)edo_shield_end(&sh, 0);
    --*running_n;
    return err;
}

typedef struct crowd {
    int parts_n, running_n;
} crowd;

static int next_crowd(void *state, void *item) {
    static const int values[] = { 2, 1, 4 };
    crowd *self = state;
    CHECK_EQ(self->running_n, 0); // the tasks of the one before have ended
    if (self->parts_n-- == 0) return 0;
    *(edo_seq **)item = edo_seq_try_buffer_unordered(edo_seq_array(values, 3, sizeof(int)), 3,
                                                     cleans_up, &self->running_n, sizeof(int));
    return 1;
}

static int reads_crowds(void *arg) {
    crowd c = { .parts_n = 3 };
    int item;
    (void)arg;
    edo_seq *s = edo_seq_flatten(edo_seq_unfold(sizeof(edo_seq *), next_crowd, &c), sizeof(int));
    for (int i = 0; i < 2; i++) CHECK_EQ(edo_seq_next(s, &item), -EIO);
    CHECK_EQ(edo_seq_next(s, &item), -EIO);
    CHECK_EQ(c.running_n, 2);
    CHECK_EQ(edo_seq_shutdown(s), 0);
    CHECK_EQ(c.running_n, 0);
    return 0;
}

static void tasks_of_a_sequence_end_before_the_next_one(void **state) {
    (void)state;
    assert_int_equal(inside(reads_crowds, NULL), 0);
}

static int next_empty(void *state, void *item) {
    ++*(int *)state;
    *(edo_seq **)item = edo_seq_empty(sizeof(int));
    return 1;
}

static void empty_sequences_without_end_yield(void **state) {
    (void)state;
    int n = 0, item;
    hand_waker w = HAND_WAKER;
    edo_seq_next_future f;
    edo_seq *s = edo_seq_flatten(edo_seq_unfold(sizeof(edo_seq *), next_empty, &n), sizeof(int));
    assert_int_equal(hand_poll(edo_seq_next_init(&f, s, &item), &w), EDO_PENDING);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(n, EDO_BUDGET / 2);
    edo_drop(&f.base);
    edo_seq_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequences_come_one_after_the_other),
        cmocka_unit_test(failures_come_in_their_place),
        cmocka_unit_test(it_owns_what_it_has_taken),
        cmocka_unit_test(a_dropped_read_leaves_no_waker),
        cmocka_unit_test(a_sequence_is_stopped_before_the_next_one),
        cmocka_unit_test(tasks_of_a_sequence_end_before_the_next_one),
        cmocka_unit_test(empty_sequences_without_end_yield),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
