/* SPDX-License-Identifier: MIT */
/* Goal: a sequence ends when its future is ready, without another poll of its source, for whichever
 * reader waits then; no item is lost or doubled; the future is dropped with the sequence, and keeps
 * its result. Method: sequences read by hand, and by tasks that are told to stop at random; each
 * allocation failing; the generic leaf tests, with an item and with the future as the event. */
#include <edo/seq.h>

#include "inside.h"
#include "leaf.h"
#include "seed.h"
#include "seq/seq_test.h"

#include <edo/cancel.h>

#include <errno.h>

/* A token, and the future that waits for it. */
typedef struct stop {
    edo_cancel_token *token;
    edo_cancel_wait_future fired;
} stop;

static edo_future *stop_init(stop *self) {
    CHECK_EQ(edo_cancel_new(&self->token), 0);
    return edo_cancel_wait_init(&self->fired, self->token);
}

static void stop_now(stop *self) {
    edo_cancel(self->token, EDO_CANCEL_SHUTDOWN);
}

static void sequence_ends_without_another_poll_of_its_source(void **state) {
    (void)state;
    seq_counter c;
    stop at;
    edo_seq *s = edo_seq_take_until(counter_init(&c, 9), stop_init(&at));
    assert_int_equal(edo_seq_size_hint(s).least, 0);
    reads(s, (int[]){ 1, 2, -EIO, 4 }, 4);
    stop_now(&at);
    reads(s, (int[]){ 0, 0 }, 2);
    assert_int_equal(c.polls, 4);
    assert_int_equal(edo_future_result(&at.fired.base), 0);
    edo_seq_free(s);
    assert_int_equal(c.drops, 1);
    assert_int_equal(edo_future_result(&at.fired.base), 0);
    edo_cancel_unref(at.token);
}

static void end_of_the_source_is_the_end(void **state) {
    (void)state;
    seq_counter c;
    stop at;
    edo_seq *s = edo_seq_take_until(counter_init(&c, 2), stop_init(&at));
    reads(s, (int[]){ 1, 2, 0, 0 }, 4);
    edo_seq_free(s);
    assert_true(edo_future_is_over(&at.fired.base)); // dropped: the token has no waiter
    stop_now(&at);
    edo_cancel_unref(at.token);
}

static void any_result_is_the_end(void **state) {
    (void)state;
    seq_counter c;
    edo_ready_future failed;
    edo_seq *s = edo_seq_take_until(counter_init(&c, 2), edo_ready_init(&failed, -EIO));
    reads(s, (int[]){ 0 }, 1);
    assert_int_equal(c.polls, 0);
    assert_int_equal(edo_future_result(&failed.base), -EIO);
    edo_seq_free(s);
    s = edo_seq_take_until(counter_init(&c, 2), edo_boxed_new(edo_ready_init(&failed, 1)));
    reads(s, (int[]){ 0 }, 1);
    edo_seq_free(s);
    edo_pending_future never;
    s = edo_seq_take_until(counter_init(&c, 2), edo_boxed_new(edo_pending_init(&never)));
    reads(s, (int[]){ 1 }, 1);
    edo_seq_free(s); // and the box
}

static void the_reader_that_waits_is_told(void **state) {
    (void)state;
    seq_counter c;
    stop at;
    int item = 0;
    hand_waker first = HAND_WAKER, second = HAND_WAKER;
    edo_seq_next_future f;
    edo_seq *s = edo_seq_take_until(counter_init(&c, 2), stop_init(&at));
    c.is_pending = true;
    assert_int_equal(hand_poll(edo_seq_next_init(&f, s, &item), &first), EDO_PENDING);
    edo_drop(&f.base);
    assert_null(c.waker);
    assert_int_equal(hand_refs(&first), 0);
    assert_int_equal(hand_poll(edo_seq_next_init(&f, s, &item), &second), EDO_PENDING);
    stop_now(&at);
    assert_int_equal(hand_woken(&first), 0);
    assert_int_equal(hand_woken(&second), 1);
    assert_int_equal(hand_poll(&f.base, &second), EDO_READY);
    assert_int_equal(edo_result(&f), 0);
    assert_null(c.waker); // the source does not wake a reader that is gone
    edo_seq_free(s);
    edo_cancel_unref(at.token);
}

/* Between two reads nobody waits; the next read is the last. */
static void an_end_between_two_reads_is_seen(void **state) {
    (void)state;
    seq_counter c;
    stop at;
    int item = 0;
    hand_waker w = HAND_WAKER;
    edo_seq_next_future f;
    edo_seq *s = edo_seq_take_until(counter_init(&c, 2), stop_init(&at));
    assert_int_equal(hand_poll(edo_seq_next_init(&f, s, &item), &w), EDO_READY);
    stop_now(&at);
    assert_int_equal(hand_woken(&w), 0);
    assert_int_equal(hand_refs(&w), 0);
    reads(s, (int[]){ 0 }, 1);
    edo_seq_free(s);
    edo_cancel_unref(at.token);
}

static void it_is_freed_while_it_waits(void **state) {
    (void)state;
    seq_counter c;
    stop at;
    int item, result;
    hand_waker w = HAND_WAKER;
    edo_cx cx = hand_cx(&w, 10);
    edo_seq *s = edo_seq_take_until(counter_init(&c, 2), stop_init(&at));
    c.is_pending = true;
    assert_int_equal(edo_seq_poll_next(s, &cx, &item, &result), EDO_PENDING);
    edo_seq_free(s);
    assert_int_equal(c.leaves, 1);
    assert_int_equal(c.drops, 1);
    stop_now(&at);
    assert_int_equal(hand_woken(&w), 0);
    edo_cancel_unref(at.token);
}

static void shutdown_asks_the_source(void **state) {
    (void)state;
    seq_counter c;
    stop at;
    hand_waker w = HAND_WAKER;
    edo_seq_shutdown_future f;
    edo_seq *s = edo_seq_take_until(counter_init(&c, 2), stop_init(&at));
    c.is_pending = true;
    assert_int_equal(hand_poll(edo_seq_shutdown_init(&f, s), &w), EDO_PENDING);
    c.is_pending = false;
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    assert_int_equal(c.stops, 2);
    edo_cancel_unref(at.token);
}

static void without_memory_both_are_given_up(void **state) {
    (void)state;
    uint64_t k = 1;
    for (bool failed = true; failed; k++) {
        seq_counter c;
        stop at;
        edo_future *fired = stop_init(&at);
        edoi_alloc_fail_at(k);
        edo_seq *s = edo_seq_take_until(counter_init(&c, 2), fired);
        failed = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        assert_int_equal(s == NULL, failed);
        assert_int_equal(c.drops, failed);
        edo_seq_free(s);
        assert_true(edo_future_is_over(fired));
        edo_cancel_unref(at.token);
    }
    assert_int_equal(k, 4);
    seq_counter c;
    edo_ready_future ready;
    assert_null(edo_seq_take_until(counter_init(&c, 2), NULL));
    assert_int_equal(c.drops, 1);
    assert_null(edo_seq_take_until(NULL, edo_boxed_new(edo_ready_init(&ready, 0))));
}

/* ---- Told to stop at random ------------------------------------------------------------------ */

#define ITEMS 200

typedef struct crowd {
    edo_seq *s;
    stop at;
    edo_chan_tx *tx;
    uint64_t stop_after; /* turns */
} crowd;

static int send_all(void *arg) {
    const crowd *self = arg;
    int err = 0;
    for (int i = 1; i <= ITEMS && err == 0; i++) err = edo_chan_send(self->tx, &i);
    edo_chan_tx_unref(self->tx);
    return err;
}

static int stop_later(void *arg) {
    crowd *self = arg;
    int err = 0;
    for (uint64_t i = 0; i < self->stop_after && err == 0; i++) err = edo_yield();
    stop_now(&self->at);
    return err;
}

/* Reads beside a branch that is often ready first. Returns the number of the last item. */
static int read_until(edo_seq *s) {
    for (int n = 0;;) {
        int item = 0;
        edo_seq_next_future read;
        edo_yield_future yield;
        int chosen = edo_select(edo_seq_next_init(&read, s, &item), edo_yield_init(&yield));
        CHECK(chosen >= 0);
        if (chosen == 1) continue;
        if (edo_result(&read) == 0) return n;
        CHECK_EQ(edo_result(&read), 1);
        CHECK_EQ(item, n + 1);
        n = item;
    }
}

static int stopped_at_random(void *arg) {
    uint64_t *x = arg;
    crowd self = { .stop_after = (*x = *x * 25 + 7) % 97 };
    edo_chan_rx *rx;
    int item;
    CHECK_EQ(edo_chan_new(&self.tx, &rx, sizeof(int), 4, NULL), 0);
    self.s = edo_seq_take_until(edo_seq_from_chan(edo_chan_rx_ref(rx)), stop_init(&self.at));
    edo_task *sender = edo_spawn(send_all, &self), *stopper = edo_spawn(stop_later, &self);
    CHECK(self.s && sender && stopper);
    int n = read_until(self.s);
    edo_seq_free(self.s);
    while (edo_chan_recv(rx, &item) == 0) CHECK_EQ(item, ++n); // what was not read is there
    CHECK_EQ(n, ITEMS);
    CHECK_EQ(edo_task_join(sender), 0);
    CHECK_EQ(edo_task_join(stopper), 0);
    edo_chan_rx_unref(rx);
    edo_cancel_unref(self.at.token);
    return 0;
}

static void no_item_is_lost_or_doubled(void **state) {
    (void)state;
    uint64_t x = test_seed(3);
    for (int i = 0; i < 10; i++) assert_int_equal(inside_each(stopped_at_random, &x), 0);
}

/* ---- Generic leaf tests ---------------------------------------------------------------------- */

typedef struct until_env {
    edo_mpsc_tx *tx;
    edo_seq *seq;
    stop at;
    edo_seq_next_future next;
    int item;
} until_env;

static int until_make(void *arg, edo_future **f) {
    until_env *env = arg;
    edo_mpsc_rx *rx;
    int err = edo_cancel_new(&env->at.token);
    if (err < 0) return err;
    err = edo_mpsc_new(&env->tx, &rx, sizeof(int), 4, NULL);
    if (err == 0) {
        env->seq = edo_seq_take_until(edo_seq_from_mpsc(rx),
                                      edo_cancel_wait_init(&env->at.fired, env->at.token));
        if (!env->seq) edo_mpsc_tx_unref(env->tx);
    }
    if (!env->seq) {
        edo_cancel_unref(env->at.token);
        return -ENOMEM;
    }
    *f = edo_seq_next_init(&env->next, env->seq, &env->item);
    return 0;
}

static void until_cleanup(void *arg) {
    until_env *env = arg;
    edo_mpsc_tx_unref(env->tx);
    edo_seq_free(env->seq);
    edo_cancel_unref(env->at.token);
}

static void item_poke(void *arg) {
    int value = 7, err = -ENOMEM;
    while (err == -ENOMEM) err = edo_mpsc_try_send(((until_env *)arg)->tx, &value);
    assert_int_equal(err, 0);
}

/* The value was read, or is still to be read. */
static void item_intact(void *arg) {
    until_env *env = arg;
    if (env->item == 0) assert_int_equal(next_now(env->seq, &env->item), 1);
    assert_int_equal(env->item, 7);
}

static void stop_poke(void *arg) {
    stop_now(&((until_env *)arg)->at);
}

static void stop_intact(void *arg) {
    until_env *env = arg;
    assert_int_equal(next_now(env->seq, &env->item), 0);
}

static void next_passes_as_every_leaf(void **state) {
    (void)state;
    static const leaf item = { .name = "edo_seq_next",
                               .env_bytes = sizeof(until_env),
                               .make = until_make,
                               .poke = item_poke,
                               .intact = item_intact,
                               .cleanup = until_cleanup,
                               .result = 1 };
    static const leaf end = { .name = "edo_seq_next",
                              .env_bytes = sizeof(until_env),
                              .make = until_make,
                              .poke = stop_poke,
                              .intact = stop_intact,
                              .cleanup = until_cleanup };
    leaf_run(&item);
    leaf_run(&end);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequence_ends_without_another_poll_of_its_source),
        cmocka_unit_test(end_of_the_source_is_the_end),
        cmocka_unit_test(any_result_is_the_end),
        cmocka_unit_test(the_reader_that_waits_is_told),
        cmocka_unit_test(an_end_between_two_reads_is_seen),
        cmocka_unit_test(it_is_freed_while_it_waits),
        cmocka_unit_test(shutdown_asks_the_source),
        cmocka_unit_test(without_memory_both_are_given_up),
        cmocka_unit_test(no_item_is_lost_or_doubled),
        cmocka_unit_test(next_passes_as_every_leaf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
