/* SPDX-License-Identifier: MIT */
/* Goal: a value that no receiver can get any more is dropped at once, not when the channel is
 * freed: it may own something that a task waits for. Method: single cases for each channel; random
 * broadcasts compared with a table of the values that each receiver can still read; a request whose
 * reply is awaited, on every kind of runtime. */
#include <edo/broadcast.h>
#include <edo/oneshot.h>
#include <edo/watch.h>

#include "inside.h"
#include "leaf.h"
#include "mpsc_pair.h"

/* ---- mpsc ------------------------------------------------------------------------------------ */

#define PERMITS_MAX 3

/* Values 1, 2, … of which `taken` were received; permits are taken first, so that they are
 * outstanding. */
static void mpsc_row(size_t cap, int permits, int values, int taken) {
    pair p = make(cap);
    edo_mpsc_permit permit[PERMITS_MAX];
    for (int i = 0; i < permits; i++) assert_int_equal(edo_mpsc_try_reserve(p.tx, &permit[i]), 0);
    for (int i = 1; i <= values; i++) assert_int_equal(try_send(p, (uint64_t)i), 0);
    for (int i = 1; i <= taken; i++) expect(p, (uint64_t)i);
    edo_mpsc_rx_free(p.rx);
    uint32_t left = (uint32_t)(values - taken);
    assert_int_equal(dropped_n, left);
    for (int i = 0; i < permits; i++) {
        uint64_t value = 100;
        if (i % 2) {
            edo_mpsc_permit_release(&permit[i]);
        } else {
            edo_mpsc_permit_send(&permit[i], &value);
            left++;
        }
        assert_int_equal(dropped_n, left);
    }
    edo_mpsc_tx_unref(p.tx);
    assert_int_equal(dropped_n, left);
}

static void freed_mpsc_receiver_drops_buffered_values_though_permits_are_out(void **state) {
    (void)state;
    static const size_t caps[] = { 5, 8, 100, EDO_MPSC_UNBOUNDED };
    for (size_t i = 0; i < EDO_COUNT(caps); i++) {
        for (int permits = 0; permits <= PERMITS_MAX; permits++) {
            int most = caps[i] < 90 ? (int)caps[i] - permits : 90;
            for (int values = 0; values <= most; values++)
                for (int taken = 0; taken <= values; taken += 1 + values / 8)
                    mpsc_row(caps[i], permits, values, taken);
        }
    }
}

/* A full ring that wraps around, and the value in the hand of a dropped receive. */
static void freed_mpsc_receiver_drops_wrapped_values_and_the_one_in_its_hand(void **state) {
    (void)state;
    static const size_t caps[] = { 4, EDO_MPSC_UNBOUNDED };
    for (size_t i = 0; i < EDO_COUNT(caps); i++) {
        pair p = make(caps[i]);
        hand_waker w = HAND_WAKER;
        edo_mpsc_permit permit;
        edo_mpsc_recv_future r;
        uint64_t got = 0;
        assert_int_equal(edo_mpsc_try_reserve(p.tx, &permit), 0);
        for (uint64_t n = 1; n <= 3; n++) assert_int_equal(try_send(p, n), 0);
        for (uint64_t n = 1; n <= 3; n++) expect(p, n);
        assert_int_equal(hand_poll(edo_mpsc_recv_init(&r, p.rx, &got), &w), EDO_PENDING);
        for (uint64_t n = 4; n <= 6; n++) assert_int_equal(try_send(p, n), 0);
        assert_int_equal(hand_woken(&w), 1);
        edo_drop(&r.base);
        edo_mpsc_rx_free(p.rx);
        assert_int_equal(dropped_n, 3);
        assert_int_equal(dropped_sum, 15);
        edo_mpsc_permit_release(&permit);
        edo_mpsc_tx_unref(p.tx);
        assert_int_equal(dropped_n, 3);
    }
}

/* A value that owns ends of its own channel. */
typedef struct knot {
    edo_mpsc_tx *tx;
    edo_mpsc_permit *permit, *send; /* to be released; to be used for one more value; may be NULL */
} knot;

static int knots_cut;

static void knot_drop(void *elem) {
    knot k = *(knot *)elem, last = { NULL, NULL, NULL };
    knots_cut++;
    if (k.permit) edo_mpsc_permit_release(k.permit);
    if (k.send) edo_mpsc_permit_send(k.send, &last);
    edo_mpsc_tx_unref(k.tx);
}

static void mpsc_values_that_own_its_ends_go_with_the_receiver(void **state) {
    (void)state;
    static const edo_mpsc_opts opts = { .drop = knot_drop };
    static const size_t caps[] = { 4, EDO_MPSC_UNBOUNDED };
    for (size_t i = 0; i < EDO_COUNT(caps); i++) {
        edo_mpsc_tx *tx;
        edo_mpsc_rx *rx;
        edo_mpsc_permit a, b;
        knots_cut = 0;
        assert_int_equal(edo_mpsc_new(&tx, &rx, sizeof(knot), caps[i], &opts), 0);
        assert_int_equal(edo_mpsc_try_reserve(tx, &a), 0);
        assert_int_equal(edo_mpsc_try_reserve(tx, &b), 0);
        knot first = { edo_mpsc_tx_ref(tx), &a, NULL }, second = { tx, NULL, &b };
        assert_int_equal(edo_mpsc_try_send(tx, &first), 0);
        assert_int_equal(edo_mpsc_try_send(tx, &second), 0);
        edo_mpsc_rx_free(rx); // frees everything: the leak checker checks the rest
        assert_int_equal(knots_cut, 3);
    }
    // The only sender is released with the value that is sent without a receiver.
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    edo_mpsc_permit a;
    assert_int_equal(edo_mpsc_new(&tx, &rx, sizeof(knot), 4, &opts), 0);
    assert_int_equal(edo_mpsc_try_reserve(tx, &a), 0);
    edo_mpsc_rx_free(rx);
    knots_cut = 0;
    edo_mpsc_permit_send(&a, &(knot){ tx, NULL, NULL });
    assert_int_equal(knots_cut, 1);
}

/* ---- A request that carries the sender of its reply ------------------------------------------ */

typedef struct request {
    edo_oneshot_tx *answer;
} request;

static void request_drop(void *elem) {
    edo_oneshot_tx_free(((request *)elem)->answer);
}

typedef struct office {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
} office;

static int ask(void *arg) {
    office *o = arg;
    edo_oneshot_rx *answer;
    request r;
    int value;
    int err = edo_oneshot_new(&r.answer, &answer, sizeof value, NULL);
    if (err < 0) return err;
    err = edo_mpsc_send(o->tx, &r);
    if (err < 0) edo_oneshot_tx_free(r.answer);
    if (err == 0) err = edo_oneshot_recv(answer, &value);
    edo_oneshot_rx_free(answer);
    return err;
}

static int close_the_office(void *arg) {
    office *o = arg;
    edo_mpsc_permit permit;
    CHECK_EQ(edo_mpsc_reserve(o->tx, &permit), 0);
    edo_task *asks = edo_spawn(ask, o);
    CHECK(asks);
    YIELD_FOR(edo_mpsc_len(o->rx) != 0);
    edo_mpsc_rx_free(o->rx);
    int answered = edo_task_join(asks); // it sees the end though the permit is outstanding
    edo_mpsc_permit_release(&permit);
    edo_mpsc_tx_unref(o->tx);
    return answered;
}

static void dropped_request_ends_the_wait_for_its_answer_on(const edo_runtime_opts *kind) {
    static const edo_mpsc_opts opts = { .drop = request_drop };
    office o;
    edo_runtime *rt;
    assert_int_equal(edo_mpsc_new(&o.tx, &o.rx, sizeof(request), 8, &opts), 0);
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_run(rt, close_the_office, &o), -EDO_ECLOSED);
    edo_runtime_free(rt);
}
ON_EACH_KIND(dropped_request_ends_the_wait_for_its_answer)

/* ---- Owned values: their number -------------------------------------------------------------- */

static int alive;

static void clone_one(void *to, const void *from) {
    *(uint64_t *)to = *(const uint64_t *)from;
    alive++;
}

static void drop_one(void *elem) {
    assert_true(*(uint64_t *)elem > 0);
    alive--;
}

/* ---- broadcast ------------------------------------------------------------------------------- */

static const edo_broadcast_opts owning = { .clone = clone_one, .drop = drop_one };

static void tell(edo_broadcast_tx *tx, uint64_t value, int receivers) {
    alive++;
    int got = edo_broadcast_send(tx, &value);
    if (got < 0) alive--;
    assert_int_equal(edo_broadcast_receivers(tx), receivers);
    assert_int_equal(got, receivers > 0 ? 0 : -EDO_ECLOSED);
}

static void broadcast_value_goes_when_the_last_receiver_has_read_it_or_goes(void **state) {
    (void)state;
    edo_broadcast_tx *tx;
    edo_broadcast_rx *a, *b;
    uint64_t got;
    alive = 0;
    assert_int_equal(edo_broadcast_new(&tx, &a, sizeof got, 64, &owning), 0);
    assert_int_equal(edo_broadcast_subscribe(&b, tx), 0);
    for (uint64_t n = 1; n <= 50; n++) tell(tx, n, 2);
    assert_int_equal(edo_broadcast_try_recv(a, &got, NULL), 0);
    assert_int_equal(alive, 51); // the copy too
    drop_one(&got);
    assert_int_equal(edo_broadcast_try_recv(b, &got, NULL), 0);
    drop_one(&got);
    assert_int_equal(alive, 49);
    edo_broadcast_rx_free(a);
    assert_int_equal(alive, 49); // `b` has not read them yet
    edo_broadcast_rx_free(b);
    assert_int_equal(alive, 0);
    tell(tx, 51, 0);
    assert_int_equal(edo_broadcast_subscribe(&a, tx), 0);
    tell(tx, 52, 1);
    edo_broadcast_tx_unref(tx);
    assert_int_equal(alive, 1); // it can still be read
    edo_broadcast_rx_free(a);
    assert_int_equal(alive, 0);
}

#define READERS 3
#define KEPT    4

/* By value, from 1: the readers that can still read it, one bit each. */
typedef struct table {
    edo_broadcast_tx *tx;
    edo_broadcast_rx *rx[READERS];
    uint32_t readers[1 << 16];
    uint64_t sent;
} table;

static int table_receivers(const table *t) {
    int n = 0;
    for (int i = 0; i < READERS; i++) n += t->rx[i] != NULL;
    return n;
}

static int table_alive(const table *t) {
    int n = 0;
    for (uint64_t v = t->sent > KEPT ? t->sent - KEPT + 1 : 1; v <= t->sent; v++)
        n += t->readers[v] != 0;
    return n;
}

static void table_step(table *t, uint32_t random) {
    uint32_t i = random / 8 % READERS, bit = 1u << i;
    uint64_t got = 0, missed = 0;
    switch (random % 8) {
    case 0:
        if (t->rx[i]) return;
        assert_int_equal(edo_broadcast_subscribe(&t->rx[i], t->tx), 0);
        return;
    case 1:
        edo_broadcast_rx_free(t->rx[i]);
        t->rx[i] = NULL;
        for (uint64_t v = 1; v <= t->sent; v++) t->readers[v] &= ~bit;
        return;
    case 2:
    case 3:
    case 4: {
        int receivers = table_receivers(t);
        tell(t->tx, t->sent + 1, receivers);
        if (receivers == 0) return;
        t->sent++;
        for (uint32_t r = 0; r < READERS; r++) t->readers[t->sent] |= t->rx[r] ? 1u << r : 0;
        return;
    }
    default:
        if (!t->rx[i] || edo_broadcast_try_recv(t->rx[i], &got, &missed) < 0) return;
        assert_true(t->readers[got] & bit);
        t->readers[got] &= ~bit;
        drop_one(&got);
        return;
    }
}

static void broadcast_keeps_only_values_that_a_receiver_can_read(void **state) {
    (void)state;
    static table t;
    uint64_t random = 88172645463325252u;
    alive = 0;
    assert_int_equal(edo_broadcast_new(&t.tx, NULL, sizeof(uint64_t), KEPT, &owning), 0);
    for (int i = 0; i < 3000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        table_step(&t, (uint32_t)(random >> 16));
        assert_int_equal(alive, table_alive(&t));
    }
    for (int i = 0; i < READERS; i++) edo_broadcast_rx_free(t.rx[i]);
    assert_int_equal(alive, 0);
    edo_broadcast_tx_unref(t.tx);
}

/* ---- oneshot, watch -------------------------------------------------------------------------- */

static void oneshot_value_goes_with_the_receiver(void **state) {
    (void)state;
    static const edo_oneshot_opts opts = { .drop = drop_one };
    for (int way = 0; way < 4; way++) {
        edo_oneshot_tx *tx;
        edo_oneshot_rx *rx;
        uint64_t value = 1, got = 0;
        alive = 1;
        assert_int_equal(edo_oneshot_new(&tx, &rx, sizeof value, &opts), 0);
        if (way == 3) edo_oneshot_rx_free(rx);
        if (way == 2) edo_oneshot_close(rx);
        int sent = edo_oneshot_send(tx, &value);
        assert_int_equal(sent, way >= 2 ? -EDO_ECLOSED : 0);
        if (sent < 0) drop_one(&value); // it stays the caller's
        if (way == 1) assert_int_equal(edo_oneshot_try_recv(rx, &got), 0);
        if (way == 1) drop_one(&got);
        if (way < 3) edo_oneshot_rx_free(rx);
        assert_int_equal(alive, 0);
    }
}

static void watch_value_goes_when_a_newer_comes_or_the_last_end_goes(void **state) {
    (void)state;
    static const edo_watch_opts opts = { .clone = clone_one, .drop = drop_one };
    edo_watch_tx *tx;
    edo_watch_rx *rx;
    uint64_t value = 1;
    alive = 1;
    assert_int_equal(edo_watch_new(&tx, &rx, sizeof value, &value, &opts), 0);
    for (value = 2; value < 6; value++) {
        alive++;
        assert_int_equal(edo_watch_send(tx, &value), 0);
        assert_int_equal(alive, 1);
    }
    edo_watch_tx_unref(tx);
    assert_int_equal(alive, 1); // it can still be read
    edo_watch_rx_free(rx);
    assert_int_equal(alive, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(freed_mpsc_receiver_drops_buffered_values_though_permits_are_out),
        cmocka_unit_test(freed_mpsc_receiver_drops_wrapped_values_and_the_one_in_its_hand),
        cmocka_unit_test(mpsc_values_that_own_its_ends_go_with_the_receiver),
        cmocka_unit_test(dropped_request_ends_the_wait_for_its_answer),
        cmocka_unit_test(broadcast_value_goes_when_the_last_receiver_has_read_it_or_goes),
        cmocka_unit_test(broadcast_keeps_only_values_that_a_receiver_can_read),
        cmocka_unit_test(oneshot_value_goes_with_the_receiver),
        cmocka_unit_test(watch_value_goes_when_a_newer_comes_or_the_last_end_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
