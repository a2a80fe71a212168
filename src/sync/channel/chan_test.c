/* SPDX-License-Identifier: MIT */
/* Goal: a channel of many receivers gives each value to exactly one receiver, or drops it once, in
 * every order of ends; both sides are served in order of arrival. Method: single polls, with the
 * invariants checked after each step; threads that send, receive and give up at random. What all
 * channels share is in tests/test/channel_suite_test.c. */
#include "base/memory/alloc.h"

#include "sync/channel/chan.c"

#include "poll_by_hand.h"
#include "stress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct pair {
    edo_chan_tx *tx;
    edo_chan_rx *rx;
} pair;

static uint64_t dropped_n, dropped_sum;

static void count_drop(void *elem) {
    uint64_t value;
    memcpy(&value, elem, sizeof value);
    dropped_n++;
    dropped_sum += value;
}

static pair make(size_t cap) {
    static const edo_chan_opts opts = { .drop = count_drop };
    pair p;
    dropped_n = dropped_sum = 0;
    assert_int_equal(edo_chan_new(&p.tx, &p.rx, sizeof(uint64_t), cap, &opts), 0);
    return p;
}

static void unmake(pair p) {
    edo_chan_tx_unref(p.tx);
    edo_chan_rx_unref(p.rx);
}

/* The invariants of chan.c, while no other thread uses the channel. */
static void check(pair p) {
    const chan *c = chan_of_tx(p.tx);
    if (c->s.rx_gone) return;
    chan_check(c);
    edoi_mpsc_queue_check(&c->s.q);
    if (c->s.senders.first) assert_false(c->s.closed);
}

static int try_send(pair p, uint64_t value) {
    int err = edo_chan_try_send(p.tx, &value);
    check(p);
    return err;
}

static void expect(pair p, uint64_t want) {
    uint64_t got = 0;
    assert_int_equal(edo_chan_try_recv(p.rx, &got), 0);
    assert_int_equal(got, want);
    check(p);
}

static void expect_code(pair p, int code) {
    uint64_t got = 99;
    assert_int_equal(edo_chan_try_recv(p.rx, &got), code);
    assert_int_equal(got, 99);
}

/* A waiting future. */
typedef struct waiter {
    hand_waker w;
    edo_chan_recv_future recv;
    edo_chan_send_future send;
    uint64_t value;
} waiter;

static void begin_recv(waiter *x, pair p) {
    *x = (waiter){ .w = HAND_WAKER };
    assert_int_equal(hand_poll(edo_chan_recv_init(&x->recv, p.rx, &x->value), &x->w), EDO_PENDING);
    check(p);
}

static void begin_send(waiter *x, pair p, uint64_t value) {
    *x = (waiter){ .w = HAND_WAKER, .value = value };
    assert_int_equal(hand_poll(edo_chan_send_init(&x->send, p.tx, &x->value), &x->w), EDO_PENDING);
    check(p);
}

static void end(waiter *x, edo_future *f, int result) {
    assert_int_equal(hand_woken(&x->w), 1);
    assert_int_equal(hand_poll(f, &x->w), EDO_READY);
    assert_int_equal(f->result, result);
}

/* ---- Order ----------------------------------------------------------------------------------- */

static void values_come_in_the_order_in_which_they_were_sent(void **state) {
    (void)state;
    static const size_t caps[] = { 1, 3, 64, EDO_CHAN_UNBOUNDED };
    for (size_t i = 0; i < EDO_COUNT(caps); i++) {
        pair p = make(caps[i]);
        uint64_t in = 0, out = 0;
        for (int round = 0; round < 100; round++) {
            for (int k = 0; k < round % 70 && try_send(p, in) == 0; k++) in++;
            for (int k = 0; k < round % 50 && out < in; k++) expect(p, out++);
            assert_int_equal(edo_chan_len(p.rx), in - out);
            size_t free_n = caps[i] == EDO_CHAN_UNBOUNDED ? caps[i] : caps[i] - (size_t)(in - out);
            assert_int_equal(edo_chan_cap(p.tx), free_n);
        }
        while (out < in) expect(p, out++);
        expect_code(p, -EAGAIN);
        unmake(p);
        assert_int_equal(dropped_n, 0);
    }
}

static void receivers_are_served_in_order_of_arrival(void **state) {
    (void)state;
    pair p = make(2);
    waiter a, b, c;
    begin_recv(&a, p);
    begin_recv(&b, p);
    begin_recv(&c, p);
    assert_int_equal(try_send(p, 1), 0);
    assert_int_equal(hand_woken(&b.w), 0);
    assert_int_equal(edo_chan_len(p.rx), 0); // set aside: a later receive does not get it
    expect_code(p, -EAGAIN);
    assert_int_equal(try_send(p, 2), 0);
    assert_int_equal(try_send(p, 3), -EAGAIN); // each keeps its slot until it is taken
    end(&b, &b.recv.base, 0);
    end(&a, &a.recv.base, 0);
    assert_int_equal(b.value, 1); // the first one polled takes the first value
    assert_int_equal(a.value, 2);
    assert_int_equal(hand_woken(&c.w), 0);
    edo_drop(&c.recv.base);
    unmake(p);
}

static void senders_are_served_in_order_of_arrival(void **state) {
    (void)state;
    pair p = make(1);
    waiter a, b;
    assert_int_equal(try_send(p, 1), 0);
    begin_send(&a, p, 2);
    begin_send(&b, p, 3);
    assert_int_equal(try_send(p, 9), -EAGAIN);
    expect(p, 1);
    assert_int_equal(hand_woken(&b.w), 0);
    assert_int_equal(try_send(p, 9), -EAGAIN); // a has the slot
    assert_int_equal(edo_chan_cap(p.tx), 0);
    end(&a, &a.send.base, 0);
    expect(p, 2);
    end(&b, &b.send.base, 0);
    expect(p, 3);
    unmake(p);
}

/* ---- Many at once ---------------------------------------------------------------------------- */

static void receiving_many_leaves_values_set_aside_for_others(void **state) {
    (void)state;
    pair p = make(200);
    waiter a;
    hand_waker w = HAND_WAKER;
    edo_chan_recv_many_future many;
    static uint64_t got[200];
    assert_int_equal(hand_poll(edo_chan_recv_many_init(&many, p.rx, got, 0), &w), EDO_READY);
    assert_int_equal(edo_result(&many), 0);
    begin_recv(&a, p);
    assert_int_equal(hand_poll(edo_chan_recv_many_init(&many, p.rx, got, 100), &w), EDO_PENDING);
    for (uint64_t i = 1; i <= 150; i++) assert_int_equal(try_send(p, i), 0);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_poll(&many.base, &w), EDO_READY);
    assert_int_equal(edo_result(&many), 100);
    for (uint64_t i = 0; i < 100; i++) assert_int_equal(got[i], i + 1);
    assert_int_equal(hand_poll(edo_chan_recv_many_init(&many, p.rx, got, 200), &w), EDO_READY);
    assert_int_equal(edo_result(&many), 49);
    check(p);
    end(&a, &a.recv.base, 0);
    assert_int_equal(a.value, 150);
    unmake(p);
}

static void receiving_many_frees_slots_for_all_waiting_senders(void **state) {
    (void)state;
    pair p = make(40);
    hand_waker w = HAND_WAKER;
    static waiter waits[50];
    uint64_t got[40];
    edo_chan_recv_many_future many;
    for (uint64_t i = 0; i < 40; i++) assert_int_equal(try_send(p, i), 0);
    for (uint64_t i = 0; i < 50; i++) begin_send(&waits[i], p, 100 + i);
    assert_int_equal(hand_poll(edo_chan_recv_many_init(&many, p.rx, got, 40), &w), EDO_READY);
    assert_int_equal(edo_result(&many), 40);
    check(p);
    for (uint64_t i = 0; i < 40; i++) end(&waits[i], &waits[i].send.base, 0);
    for (uint64_t i = 0; i < 10; i++) expect(p, 100 + i);
    for (uint64_t i = 40; i < 50; i++) end(&waits[i], &waits[i].send.base, 0);
    for (uint64_t i = 10; i < 50; i++) expect(p, 100 + i);
    unmake(p);
}

/* ---- The end --------------------------------------------------------------------------------- */

static void buffered_values_arrive_after_a_close(void **state) {
    (void)state;
    pair p = make(2);
    waiter a, b;
    hand_waker w = HAND_WAKER;
    edo_chan_closed_future closed;
    assert_int_equal(hand_poll(edo_chan_closed_init(&closed, p.tx), &w), EDO_PENDING);
    assert_int_equal(try_send(p, 1), 0);
    assert_int_equal(try_send(p, 2), 0);
    begin_send(&a, p, 3);
    begin_send(&b, p, 4);
    expect(p, 1); // a has a slot now
    assert_false(edo_chan_is_closed(p.tx));
    edo_chan_close(p.rx);
    edo_chan_close(p.rx);
    assert_true(edo_chan_is_closed(p.tx));
    assert_int_equal(hand_poll(&closed.base, &w), EDO_READY);
    end(&b, &b.send.base, -EDO_ECLOSED);
    assert_int_equal(try_send(p, 9), -EDO_ECLOSED);
    expect(p, 2);
    expect_code(p, -EAGAIN); // a may still send
    end(&a, &a.send.base, 0);
    expect(p, 3);
    expect_code(p, -EDO_ECLOSED);
    unmake(p);
}

/* A waker whose delivery receives, as another thread may while a close walks the list. */
typedef struct taker {
    edo_waker base;
    pair p;
    uint64_t got;
    int taken_n;
} taker;

static edo_waker *taker_mark(edo_waker *w) {
    return w;
}

static void taker_deliver(edo_waker *w) {
    taker *t = (taker *)(void *)w;
    if (edo_chan_try_recv(t->p.rx, &t->got) == 0) t->taken_n++;
}

static void slot_freed_during_a_close_goes_to_no_waiter(void **state) {
    (void)state;
    static const edo_waker_ops ops = { taker_mark, taker_deliver, NULL, NULL };
    static edo_chan_send_future sends[40]; // more than are woken under one lock
    static const uint64_t value = 7;
    pair p = make(1);
    taker t = { .base = { &ops }, .p = p };
    assert_int_equal(try_send(p, 6), 0);
    for (int i = 0; i < 40; i++) {
        edo_cx cx = { .waker = &t.base, .budget = EDO_BUDGET };
        (void)edo_chan_send_init(&sends[i], p.tx, &value);
        assert_int_equal(edo_poll(&sends[i].base, &cx), EDO_PENDING);
    }
    edo_chan_close(p.rx);
    assert_int_equal(t.taken_n, 1);
    assert_int_equal(t.got, 6);
    for (int i = 0; i < 40; i++) {
        hand_waker w = HAND_WAKER;
        assert_int_equal(hand_poll(&sends[i].base, &w), EDO_READY);
        assert_int_equal(edo_result(&sends[i]), -EDO_ECLOSED);
    }
    expect_code(p, -EDO_ECLOSED);
    unmake(p);
}

static void the_end_wakes_all_receivers(void **state) {
    (void)state;
    for (int way = 0; way < 2; way++) {
        pair p = make(1);
        static waiter waits[100];
        for (int i = 0; i < 100; i++) begin_recv(&waits[i], p);
        if (way) edo_chan_close(p.rx);
        if (!way) edo_chan_tx_unref(p.tx);
        for (int i = 0; i < 100; i++) end(&waits[i], &waits[i].recv.base, -EDO_ECLOSED);
        if (way) edo_chan_tx_unref(p.tx);
        edo_chan_rx_unref(p.rx);
    }
}

/* Otherwise the value of a dropped receive would stay there, and no receive would take it. */
static void no_receive_sees_the_end_while_a_value_is_set_aside(void **state) {
    (void)state;
    for (int goes = 0; goes < 2; goes++) {
        pair p = make(1);
        waiter a, b;
        begin_recv(&a, p);
        begin_recv(&b, p);
        assert_int_equal(try_send(p, 5), 0);
        edo_chan_tx_unref(p.tx);
        expect_code(p, -EAGAIN);
        assert_int_equal(hand_woken(&b.w), 0);
        if (goes) {
            edo_drop(&a.recv.base);
            end(&b, &b.recv.base, 0);
            assert_int_equal(b.value, 5);
        } else {
            end(&a, &a.recv.base, 0);
            end(&b, &b.recv.base, -EDO_ECLOSED);
        }
        expect_code(p, -EDO_ECLOSED);
        edo_chan_rx_unref(p.rx);
    }
}

static void closed_channel_ends_when_its_last_slot_comes_back(void **state) {
    (void)state;
    for (int sends = 0; sends < 2; sends++) {
        pair p = make(1);
        waiter a, r;
        assert_int_equal(try_send(p, 1), 0);
        begin_send(&a, p, 2);
        expect(p, 1);
        edo_chan_close(p.rx);
        begin_recv(&r, p);
        if (sends) {
            end(&a, &a.send.base, 0);
            end(&r, &r.recv.base, 0);
        } else {
            edo_drop(&a.send.base);
            end(&r, &r.recv.base, -EDO_ECLOSED);
        }
        unmake(p);
    }
}

static void last_receiver_closes_and_drops_buffered_values(void **state) {
    (void)state;
    static const size_t caps[] = { 3, EDO_CHAN_UNBOUNDED };
    for (size_t i = 0; i < EDO_COUNT(caps); i++) {
        pair p = make(caps[i]);
        waiter a;
        edo_chan_rx *second = edo_chan_rx_ref(p.rx);
        for (uint64_t v = 1; v <= 3; v++) assert_int_equal(try_send(p, v), 0);
        if (i == 0) begin_send(&a, p, 4);
        edo_chan_rx_unref(second);
        assert_false(edo_chan_is_closed(p.tx));
        expect(p, 1); // a has a slot
        edo_chan_rx_unref(p.rx);
        assert_int_equal(dropped_n, 2);
        assert_int_equal(dropped_sum, 2 + 3);
        assert_true(edo_chan_is_closed(p.tx));
        assert_int_equal(try_send(p, 9), -EDO_ECLOSED);
        if (i == 0) end(&a, &a.send.base, -EDO_ECLOSED); // its value stays the sender's
        edo_chan_tx_unref(p.tx);
        assert_int_equal(dropped_n, 2);
    }
}

/* ---- Impossible cases ------------------------------------------------------------------------ */

static void invalid_arguments_are_refused(void **state) {
    (void)state;
    edo_chan_tx *tx;
    edo_chan_rx *rx;
    static const edo_chan_opts bad = { .reserved = { 0, 0, 1 } };
    assert_int_equal(edo_chan_new(&tx, &rx, 8, 0, NULL), -EINVAL);
    assert_int_equal(edo_chan_new(&tx, &rx, ((size_t)1 << 30) + 1, 1, NULL), -EINVAL);
    assert_int_equal(edo_chan_new(&tx, &rx, 8, 1, &bad), -EINVAL);
    edoi_alloc_fail_at(1);
    assert_int_equal(edo_chan_new(&tx, &rx, 8, 1, NULL), -ENOMEM);
    edo_chan_tx_unref(NULL);
    edo_chan_rx_unref(NULL);
}

static void without_memory_the_value_stays_the_callers(void **state) {
    (void)state;
    pair p = make(100);
    edoi_alloc_fail_at(1);
    assert_int_equal(try_send(p, 1), -ENOMEM);
    for (uint64_t i = 0; i < 4; i++) assert_int_equal(try_send(p, i), 0);
    edoi_alloc_fail_at(1);
    assert_int_equal(try_send(p, 4), -ENOMEM); // the ring cannot grow
    assert_int_equal(try_send(p, 4), 0);
    for (uint64_t i = 0; i < 5; i++) expect(p, i);
    unmake(p);
}

static void values_may_be_large_or_of_no_bytes(void **state) {
    (void)state;
    static const size_t sizes[] = { 0, 1, 16, 1000 };
    for (size_t i = 0; i < EDO_COUNT(sizes); i++) {
        edo_chan_tx *tx;
        edo_chan_rx *rx;
        static unsigned char in[1000], out[1000];
        assert_int_equal(edo_chan_new(&tx, &rx, sizes[i], 3, NULL), 0);
        for (unsigned char k = 1; k < 20; k++) {
            memset(in, k, sizes[i]);
            memset(out, 0, sizes[i]);
            assert_int_equal(edo_chan_try_send(tx, in), 0);
            assert_int_equal(edo_chan_try_recv(rx, out), 0);
            assert_memory_equal(in, out, sizes[i]);
        }
        edo_chan_tx_unref(tx);
        edo_chan_rx_unref(rx);
    }
}

/* ---- Threads --------------------------------------------------------------------------------- */

#define PARTIES 3
#define EACH    2000u

typedef struct party {
    parker park;
    pair p;
    uint64_t seed, n, sum; /* sent, or received */
} party;

static void *send_some(void *arg) {
    party *s = arg;
    for (uint64_t i = 0; i < EACH; i++) {
        uint64_t roll = stress_random(&s->seed), value = roll << 32 | i;
        edo_chan_send_future f;
        uint32_t polls_max = roll % 5 == 0 ? 1 + (uint32_t)(roll >> 8) % 2 : 0;
        bool ready = stress_poll(&s->park, edo_chan_send_init(&f, s->p.tx, &value), polls_max);
        int err = ready ? edo_result(&f) : -ECANCELED;
        edo_drop(&f.base);
        if (err == -EDO_ECLOSED) break;
        if (err == 0) s->n++, s->sum += value;
    }
    edo_chan_tx_unref(s->p.tx);
    return NULL;
}

static void *receive_some(void *arg) {
    party *s = arg;
    for (int got = 0; got >= 0;) {
        uint64_t values[40], roll = stress_random(&s->seed);
        edo_chan_recv_many_future many;
        edo_chan_recv_future one;
        edo_future *f = roll & 1 ? edo_chan_recv_many_init(&many, s->p.rx, values, 40)
                                 : edo_chan_recv_init(&one, s->p.rx, values);
        bool ready = stress_poll(&s->park, f, (uint32_t)(roll >> 8) % 3);
        got = ready ? f->result : 0;
        edo_drop(f);
        if (!ready || got < 0) continue;
        if (!(roll & 1)) got = 1;
        for (int i = 0; i < got; i++) s->sum += values[i];
        s->n += (uint64_t)got;
        if (roll % 2048 == 7) edo_chan_close(s->p.rx);
    }
    edo_chan_rx_unref(s->p.rx);
    return NULL;
}

static void stress(size_t cap, uint64_t seed) {
    pair p = make(cap);
    party all[2 * PARTIES] = { 0 };
    pthread_t threads[2 * PARTIES];
    for (int i = 0; i < 2 * PARTIES; i++) {
        parker_init(&all[i].park);
        all[i].seed = seed + (uint64_t)i;
        all[i].p = p;
        if (i > 0 && i < PARTIES) edo_chan_tx_ref(p.tx);
        if (i > PARTIES) edo_chan_rx_ref(p.rx);
    }
    for (int i = 0; i < 2 * PARTIES; i++) {
        void *(*fn)(void *arg) = i < PARTIES ? send_some : receive_some;
        assert_int_equal(pthread_create(&threads[i], NULL, fn, &all[i]), 0);
    }
    uint64_t sent_n = 0, sent = 0, got_n = 0, got = 0;
    for (int i = 0; i < 2 * PARTIES; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        if (i < PARTIES) {
            sent_n += all[i].n;
            sent += all[i].sum;
        } else {
            got_n += all[i].n;
            got += all[i].sum;
        }
    }
    for (int i = 0; i < 2 * PARTIES; i++) parker_deinit(&all[i].park);
    assert_int_equal(sent_n, got_n + dropped_n);
    assert_true(sent == got + dropped_sum);
    assert_int_equal(dropped_n, 0); // the receivers drain it before they end
}

static void many_threads_send_and_receive(void **state) {
    (void)state;
    static const size_t caps[] = { 1, 8, EDO_CHAN_UNBOUNDED };
    for (size_t i = 0; i < EDO_COUNT(caps); i++)
        for (uint64_t seed = 1; seed <= 3; seed++) stress(caps[i], seed * 77);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_in_the_order_in_which_they_were_sent),
        cmocka_unit_test(receivers_are_served_in_order_of_arrival),
        cmocka_unit_test(senders_are_served_in_order_of_arrival),
        cmocka_unit_test(receiving_many_leaves_values_set_aside_for_others),
        cmocka_unit_test(receiving_many_frees_slots_for_all_waiting_senders),
        cmocka_unit_test(buffered_values_arrive_after_a_close),
        cmocka_unit_test(slot_freed_during_a_close_goes_to_no_waiter),
        cmocka_unit_test(the_end_wakes_all_receivers),
        cmocka_unit_test(no_receive_sees_the_end_while_a_value_is_set_aside),
        cmocka_unit_test(closed_channel_ends_when_its_last_slot_comes_back),
        cmocka_unit_test(last_receiver_closes_and_drops_buffered_values),
        cmocka_unit_test(invalid_arguments_are_refused),
        cmocka_unit_test(without_memory_the_value_stays_the_callers),
        cmocka_unit_test(values_may_be_large_or_of_no_bytes),
        cmocka_unit_test(many_threads_send_and_receive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
