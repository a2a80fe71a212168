/* SPDX-License-Identifier: MIT */
/* Goal: a channel neither loses nor repeats a value under any cancellation; slots go to senders in
 * order; the end comes when it must. Method: single polls, case by case; then threads with random
 * cancellation, every value counted where it ends. What all channels share is in
 * tests/test/channel_suite_test.c. */
#include <edo/mpsc.h>

#include "aborts.h"
#include "leaf.h"
#include "mpsc_pair.h"
#include "seed.h"
#include "stress.h"

static void constructor_refuses_capacity_zero(void **state) {
    (void)state;
    edo_mpsc_tx *tx = NULL;
    edo_mpsc_rx *rx = NULL;
    assert_int_equal(edo_mpsc_new(&tx, &rx, 8, 0, NULL), -EINVAL);
    assert_int_equal(edo_mpsc_new(&tx, &rx, SIZE_MAX, 1, NULL), -EINVAL);
    assert_null(tx);
    assert_null(rx);
}

static void values_come_in_order_at_every_capacity(void **state) {
    (void)state;
    static const size_t caps[] = { 1, 2, 3, 5, 8, 100, EDO_MPSC_UNBOUNDED };
    for (size_t i = 0; i < EDO_COUNT(caps); i++) {
        pair p = make(caps[i]);
        uint64_t in = 0, out = 0, seed = test_seed(i + 1);
        for (int step = 0; step < 5000; step++) {
            uint64_t burst = stress_random(&seed) % 70;
            while (burst-- > 0 && try_send(p, in) == 0) in++;
            assert_int_equal(edo_mpsc_len(p.rx), in - out);
            if (caps[i] != EDO_MPSC_UNBOUNDED)
                assert_int_equal(edo_mpsc_cap(p.tx), caps[i] - (in - out));
            burst = stress_random(&seed) % 70;
            while (burst-- > 0 && out < in) expect(p, out++);
        }
        assert_int_equal(edo_mpsc_cap_max(p.tx), caps[i]);
        unmake(p);
        assert_int_equal(dropped_n, in - out);
    }
}

static void signals_of_no_bytes_are_counted(void **state) {
    (void)state;
    static const size_t caps[] = { 2, EDO_MPSC_UNBOUNDED };
    for (size_t i = 0; i < EDO_COUNT(caps); i++) {
        pair p = { NULL, NULL };
        assert_int_equal(edo_mpsc_new(&p.tx, &p.rx, 0, caps[i], NULL), 0);
        assert_int_equal(edo_mpsc_try_send(p.tx, NULL), 0);
        assert_int_equal(edo_mpsc_try_send(p.tx, NULL), 0);
        assert_int_equal(edo_mpsc_try_recv(p.rx, NULL), 0);
        assert_int_equal(edo_mpsc_len(p.rx), 1);
        unmake(p);
    }
}

static void close_wakes_all_waiting_senders_without_sending(void **state) {
    (void)state;
    pair p = make(1);
    hand_waker w = HAND_WAKER;
    edo_mpsc_send_future sends[70];
    uint64_t value = 5;
    assert_int_equal(try_send(p, 1), 0);
    for (size_t i = 0; i < EDO_COUNT(sends); i++)
        assert_int_equal(hand_poll(edo_mpsc_send_init(&sends[i], p.tx, &value), &w), EDO_PENDING);
    edo_mpsc_close(p.rx);
    assert_int_equal(hand_woken(&w), EDO_COUNT(sends));
    edo_drop(&sends[0].base);
    for (size_t i = 1; i < EDO_COUNT(sends); i++) {
        assert_int_equal(hand_poll(&sends[i].base, &w), EDO_READY);
        assert_int_equal(edo_result(&sends[i]), -EDO_ECLOSED);
    }
    expect(p, 1);
    expect_code(p, -EDO_ECLOSED);
    unmake(p);
}

static void granted_sender_still_sends_after_close_but_not_without_receiver(void **state) {
    (void)state;
    for (int gone = 0; gone < 2; gone++) {
        pair p = make(1);
        hand_waker w = HAND_WAKER;
        edo_mpsc_send_future a;
        uint64_t two = 2;
        assert_int_equal(try_send(p, 1), 0);
        assert_int_equal(hand_poll(edo_mpsc_send_init(&a, p.tx, &two), &w), EDO_PENDING);
        expect(p, 1);
        edo_mpsc_close(p.rx);
        expect_code(p, -EAGAIN); // the value of the grant may still come
        if (gone) edo_mpsc_rx_free(p.rx);
        assert_int_equal(hand_poll(&a.base, &w), EDO_READY);
        assert_int_equal(edo_result(&a), gone ? -EDO_ECLOSED : 0);
        if (gone) {
            edo_mpsc_tx_unref(p.tx);
        } else {
            expect(p, 2);
            expect_code(p, -EDO_ECLOSED);
            unmake(p);
        }
        assert_int_equal(dropped_n, 0);
    }
}

static void permit_holds_the_channel_open_until_used_or_released(void **state) {
    (void)state;
    static const size_t caps[] = { 2, EDO_MPSC_UNBOUNDED };
    for (size_t i = 0; i < EDO_COUNT(caps); i++) {
        pair p = make(caps[i]);
        hand_waker w = HAND_WAKER;
        edo_mpsc_permit a = { NULL }, b = { NULL };
        edo_mpsc_recv_future r;
        uint64_t got = 0, value = 8;
        assert_int_equal(edo_mpsc_try_reserve(p.tx, &a), 0);
        assert_int_equal(edo_mpsc_try_reserve(p.tx, &b), 0);
        if (i == 0) assert_int_equal(try_send(p, 1), -EAGAIN);
        edo_mpsc_close(p.rx);
        assert_int_equal(hand_poll(edo_mpsc_recv_init(&r, p.rx, &got), &w), EDO_PENDING);
        edo_mpsc_permit_send(&a, &value);
        assert_int_equal(hand_woken(&w), 1);
        assert_int_equal(hand_poll(&r.base, &w), EDO_READY);
        assert_int_equal(got, 8);
        assert_int_equal(hand_poll(edo_mpsc_recv_init(&r, p.rx, &got), &w), EDO_PENDING);
        edo_mpsc_permit_release(&b);
        edo_mpsc_permit_release(&b);
        assert_int_equal(hand_woken(&w), 2);
        assert_int_equal(hand_poll(&r.base, &w), EDO_READY);
        assert_int_equal(edo_result(&r), -EDO_ECLOSED);
        unmake(p);
    }
}

static void spurious_polls_keep_the_place_and_the_newest_waker(void **state) {
    (void)state;
    pair p = make(1);
    hand_waker old = HAND_WAKER, new = HAND_WAKER;
    edo_mpsc_recv_future r;
    edo_mpsc_closed_future c;
    uint64_t got = 0;
    assert_int_equal(hand_poll(edo_mpsc_recv_init(&r, p.rx, &got), &old), EDO_PENDING);
    assert_int_equal(hand_poll(&r.base, &new), EDO_PENDING);
    assert_int_equal(hand_poll(edo_mpsc_closed_init(&c, p.tx), &old), EDO_PENDING);
    assert_int_equal(hand_poll(&c.base, &new), EDO_PENDING);
    assert_int_equal(try_send(p, 4), 0);
    assert_int_equal(hand_woken(&old), 0);
    assert_int_equal(hand_woken(&new), 1);
    assert_int_equal(hand_poll(&r.base, &new), EDO_READY);
    assert_int_equal(got, 4);
    edo_mpsc_close(p.rx);
    assert_int_equal(hand_woken(&old), 0);
    assert_int_equal(hand_woken(&new), 2);
    assert_int_equal(hand_poll(&c.base, &new), EDO_READY);
    assert_int_equal(edo_result(&c), 0);
    unmake(p);
}

static void spent_budget_returns_pending_and_does_nothing(void **state) {
    (void)state;
    pair p = make(1);
    hand_waker w = HAND_WAKER;
    edo_mpsc_send_future s;
    uint64_t value = 1;
    edo_cx cx = hand_cx(&w, 0);
    assert_int_equal(edo_poll(edo_mpsc_send_init(&s, p.tx, &value), &cx), EDO_PENDING);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(edo_mpsc_len(p.rx), 0);
    cx.budget = 1;
    assert_int_equal(edo_poll(&s.base, &cx), EDO_READY);
    assert_int_equal(cx.budget, 0);
    edo_mpsc_recv_future r;
    cx.budget = 2;
    assert_int_equal(edo_poll(edo_mpsc_recv_init(&r, p.rx, &value), &cx), EDO_READY);
    assert_int_equal(edo_poll(edo_mpsc_recv_init(&r, p.rx, &value), &cx), EDO_PENDING);
    assert_int_equal(cx.budget, 1); // a pending operation costs nothing
    edo_drop(&r.base);
    unmake(p);
}

static void recv_many_takes_buffered_values_up_to_the_limit(void **state) {
    (void)state;
    pair p = make(EDO_MPSC_UNBOUNDED);
    hand_waker w = HAND_WAKER;
    edo_mpsc_recv_many_future r;
    static uint64_t got[200];
    assert_int_equal(hand_poll(edo_mpsc_recv_many_init(&r, p.rx, got, 0), &w), EDO_READY);
    assert_int_equal(edo_result(&r), 0);
    assert_int_equal(hand_poll(edo_mpsc_recv_many_init(&r, p.rx, got, 150), &w), EDO_PENDING);
    for (uint64_t i = 0; i < 200; i++) assert_int_equal(try_send(p, i), 0);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_poll(&r.base, &w), EDO_READY);
    assert_int_equal(edo_result(&r), 150);
    for (uint64_t i = 0; i < 150; i++) assert_int_equal(got[i], i);
    assert_int_equal(hand_poll(edo_mpsc_recv_many_init(&r, p.rx, got, 64), &w), EDO_READY);
    assert_int_equal(edo_result(&r), 50);
    unmake(p);
}

static void recv_many_returns_the_end_as_recv_does(void **state) {
    (void)state;
    for (int by_close = 0; by_close < 2; by_close++) {
        pair p = make(3);
        hand_waker w = HAND_WAKER;
        edo_mpsc_recv_many_future r;
        uint64_t got[4];
        assert_int_equal(hand_poll(edo_mpsc_recv_many_init(&r, p.rx, got, 4), &w), EDO_PENDING);
        if (by_close) edo_mpsc_close(p.rx);
        edo_mpsc_tx_unref(p.tx);
        assert_int_equal(hand_woken(&w), 1);
        assert_int_equal(hand_poll(&r.base, &w), EDO_READY);
        assert_int_equal(edo_result(&r), -EDO_ECLOSED);
        assert_int_equal(hand_poll(edo_mpsc_recv_many_init(&r, p.rx, got, 4), &w), EDO_READY);
        assert_int_equal(edo_result(&r), -EDO_ECLOSED);
        assert_int_equal(hand_poll(edo_mpsc_recv_many_init(&r, p.rx, got, 0), &w), EDO_READY);
        assert_int_equal(edo_result(&r), 0); // nothing was asked for
        edo_mpsc_rx_free(p.rx);
    }
}

static void every_way_to_receive_goes_on_where_the_last_one_stopped(void **state) {
    (void)state;
    pair p = make(EDO_MPSC_UNBOUNDED);
    hand_waker w = HAND_WAKER;
    edo_mpsc_recv_future one;
    edo_mpsc_recv_many_future many;
    uint64_t got[40] = { 0 };
    for (uint64_t i = 0; i < 40; i++) assert_int_equal(try_send(p, i), 0);
    expect(p, 0);
    assert_int_equal(hand_poll(edo_mpsc_recv_many_init(&many, p.rx, got, 3), &w), EDO_READY);
    assert_int_equal(edo_result(&many), 3);
    assert_int_equal(got[2], 3);
    expect(p, 4);
    edo_mpsc_close(p.rx);
    assert_int_equal(try_send(p, 40), -EDO_ECLOSED);
    assert_int_equal(edo_mpsc_len(p.rx), 35);
    assert_int_equal(hand_poll(edo_mpsc_recv_init(&one, p.rx, &got[0]), &w), EDO_READY);
    assert_int_equal(got[0], 5);
    assert_int_equal(hand_poll(edo_mpsc_recv_many_init(&many, p.rx, got, 30), &w), EDO_READY);
    assert_int_equal(edo_result(&many), 30);
    for (uint64_t i = 0; i < 30; i++) assert_int_equal(got[i], 6 + i);
    expect(p, 36);
    edo_mpsc_rx_free(p.rx);
    assert_int_equal(dropped_n, 3);
    assert_int_equal(dropped_sum, 37 + 38 + 39);
    edo_mpsc_tx_unref(p.tx);
}

static void large_values_come_through_slots(void **state) {
    (void)state;
    typedef struct large {
        uint64_t words[40];
    } large;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    assert_int_equal(edo_mpsc_new(&tx, &rx, sizeof(large), 1, NULL), 0);
    hand_waker w = HAND_WAKER;
    edo_mpsc_recv_future r;
    large sent = { { 0 } }, got = { { 0 } };
    for (uint64_t i = 1; i <= 3; i++) {
        sent.words[0] = sent.words[39] = i;
        assert_int_equal(hand_poll(edo_mpsc_recv_init(&r, rx, &got), &w), EDO_PENDING);
        assert_int_equal(edo_mpsc_try_send(tx, &sent), 0);
        assert_int_equal(edo_mpsc_try_send(tx, &sent), -EAGAIN);
        assert_int_equal(hand_woken(&w), i);
        assert_int_equal(hand_poll(&r.base, &w), EDO_READY);
        assert_memory_equal(&got, &sent, sizeof got);
    }
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx);
}

static void recv_many_gives_all_freed_slots_to_waiting_senders(void **state) {
    (void)state;
    pair p = make(50);
    hand_waker w = HAND_WAKER;
    edo_mpsc_send_future sends[40];
    edo_mpsc_recv_many_future r;
    static uint64_t got[50];
    for (uint64_t i = 0; i < 50; i++) assert_int_equal(try_send(p, i), 0);
    for (size_t i = 0; i < EDO_COUNT(sends); i++)
        assert_int_equal(hand_poll(edo_mpsc_send_init(&sends[i], p.tx, &got[0]), &w), EDO_PENDING);
    assert_int_equal(hand_poll(edo_mpsc_recv_many_init(&r, p.rx, got, 50), &w), EDO_READY);
    assert_int_equal(edo_result(&r), 50);
    assert_int_equal(hand_woken(&w), 40);
    assert_int_equal(edo_mpsc_cap(p.tx), 10);
    for (size_t i = 0; i < EDO_COUNT(sends); i++) {
        if (i % 2) assert_int_equal(hand_poll(&sends[i].base, &w), EDO_READY);
        edo_drop(&sends[i].base);
    }
    assert_int_equal(edo_mpsc_len(p.rx), 20);
    assert_int_equal(edo_mpsc_cap(p.tx), 30);
    unmake(p);
    assert_int_equal(dropped_n, 20);
}

static void last_sender_gone_ends_the_channel_and_weak_ones_do_not_hold_it(void **state) {
    (void)state;
    pair p = make(2);
    hand_waker w = HAND_WAKER;
    edo_mpsc_recv_future r;
    uint64_t got = 0;
    edo_mpsc_weak *weak = edo_mpsc_tx_downgrade(p.tx);
    edo_mpsc_tx *again = edo_mpsc_tx_upgrade(weak);
    assert_ptr_equal(again, p.tx);
    edo_mpsc_tx_unref(edo_mpsc_tx_ref(p.tx));
    edo_mpsc_tx_unref(p.tx);
    assert_int_equal(edo_mpsc_try_send(again, &got), 0);
    assert_int_equal(hand_poll(edo_mpsc_recv_init(&r, p.rx, &got), &w), EDO_READY);
    assert_int_equal(hand_poll(edo_mpsc_recv_init(&r, p.rx, &got), &w), EDO_PENDING);
    edo_mpsc_tx_unref(again);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_poll(&r.base, &w), EDO_READY);
    assert_int_equal(edo_result(&r), -EDO_ECLOSED);
    assert_null(edo_mpsc_tx_upgrade(weak));
    edo_mpsc_rx_free(p.rx);
    edo_mpsc_weak_unref(weak);
}

static void idle_channel_of_a_million_takes_no_storage(void **state) {
    (void)state;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    char big[4096] = { 0 };
    assert_int_equal(edo_mpsc_new(&tx, &rx, sizeof big, 1000000, NULL), 0);
    edoi_alloc_fail_at(2); // the first value allocates once, for a small ring
    assert_int_equal(edo_mpsc_try_send(tx, big), 0);
    assert_int_equal(edo_mpsc_try_send(tx, big), 0);
    assert_false(edoi_alloc_fail_fired());
    edoi_alloc_fail_at(0);
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx);
}

static void failing_allocation_leaves_value_and_channel_whole(void **state) {
    (void)state;
    static const size_t caps[] = { 100, EDO_MPSC_UNBOUNDED };
    for (size_t i = 0; i < EDO_COUNT(caps); i++) {
        for (uint64_t k = 1;; k++) {
            pair p = { NULL, NULL };
            edoi_alloc_fail_at(k);
            int err = edo_mpsc_new(&p.tx, &p.rx, sizeof(uint64_t), caps[i], &counting);
            uint64_t in = 0, out = 0;
            while (err == 0 && in < 100) {
                err = try_send(p, in);
                if (err == 0) in++;
            }
            bool fired = edoi_alloc_fail_fired();
            edoi_alloc_fail_at(0);
            assert_int_equal(err, fired ? -ENOMEM : 0);
            if (p.tx) {
                while (out < in) expect(p, out++);
                assert_int_equal(try_send(p, 1), 0);
                unmake(p);
            }
            if (!fired) break;
        }
    }
}

static void receive_twice_at_once(void) {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    hand_waker w = HAND_WAKER;
    edo_mpsc_recv_future first, second;
    uint64_t got;
    if (edo_mpsc_new(&tx, &rx, sizeof got, 1, NULL) < 0) return;
    (void)hand_poll(edo_mpsc_recv_init(&first, rx, &got), &w);
    assert_int_equal(hand_poll(edo_mpsc_recv_init(&second, rx, &got), &w), EDO_READY);
    assert_int_equal(edo_result(&second), -EDO_EMISUSE);
    edo_drop(&first.base);
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx);
}

static void use_permit_twice(void) {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    edo_mpsc_permit permit;
    uint64_t value = 1;
    if (edo_mpsc_new(&tx, &rx, sizeof value, 2, NULL) < 0) return;
    if (edo_mpsc_try_reserve(tx, &permit) < 0) return;
    edo_mpsc_permit_send(&permit, &value);
    edo_mpsc_permit_send(&permit, &value);
    assert_int_equal(edo_mpsc_len(rx), 1);
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx);
}

static void misuse_is_named_in_debug_and_harmless_in_release(void **state) {
    (void)state;
#ifdef EDO_DEBUG
    const bool debug = true;
#else
    const bool debug = false;
#endif
    assert_int_equal(aborts(receive_twice_at_once), debug);
    assert_int_equal(aborts(use_permit_twice), debug);
}

/* ---- Stress ---------------------------------------------------------------------------------- */

#define SENDERS   4
#define EACH      2000u
#define STRESSES  4
#define CANCEL_IN 5 /* one send in CANCEL_IN is dropped while it waits */

typedef struct stress {
    parker park;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    uint64_t seed;
    uint64_t sent_n, sent_sum, got_n, got_sum;
} stress;

static void *sender(void *arg) {
    stress *s = arg;
    for (uint64_t i = 0; i < EACH; i++) {
        uint64_t roll = stress_random(&s->seed), value = roll << 32 | i;
        edo_mpsc_send_future f;
        edo_mpsc_reserve_future r;
        edo_mpsc_permit permit;
        uint32_t polls_max = roll % CANCEL_IN == 0 ? 1 + (uint32_t)(roll >> 8) % 2 : 0;
        int err = -ECANCELED;
        if (roll >> 16 & 1) {
            if (stress_poll(&s->park, edo_mpsc_send_init(&f, s->tx, &value), polls_max))
                err = edo_result(&f);
            edo_drop(&f.base);
        } else {
            if (stress_poll(&s->park, edo_mpsc_reserve_init(&r, s->tx, &permit), polls_max))
                err = edo_result(&r);
            edo_drop(&r.base);
            if (err == 0 && roll >> 17 & 1) {
                edo_mpsc_permit_release(&permit);
                continue;
            }
            if (err == 0) edo_mpsc_permit_send(&permit, &value);
        }
        if (err == -EDO_ECLOSED) break;
        if (err == 0) {
            s->sent_n++;
            s->sent_sum += value;
        }
    }
    edo_mpsc_tx_unref(s->tx);
    return NULL;
}

static void *receiver(void *arg) {
    stress *s = arg;
    bool closes = stress_random(&s->seed) % 2;
    for (;;) {
        uint64_t values[40], roll = stress_random(&s->seed);
        edo_mpsc_recv_many_future many;
        edo_mpsc_recv_future one;
        int got = 0;
        if (roll & 1) {
            edo_future *f = edo_mpsc_recv_many_init(&many, s->rx, values, 40);
            if (!stress_poll(&s->park, f, (uint32_t)(roll >> 8) % 3)) {
                edo_drop(f);
                continue;
            }
            got = f->result;
        } else {
            // Spurious polls meet senders that hand over a value.
            edo_future *f = edo_mpsc_recv_init(&one, s->rx, values);
            edo_cx cx = { .waker = &s->park.base, .budget = EDO_BUDGET };
            uint32_t spurious = (uint32_t)(roll >> 8) % 8;
            while (spurious > 0 && edo_poll(f, &cx) == EDO_PENDING) spurious--;
            if (spurious == 0) (void)stress_poll(&s->park, f, 0);
            got = f->result == 0 ? 1 : f->result;
        }
        if (got < 0) break;
        for (int i = 0; i < got; i++) s->got_sum += values[i];
        s->got_n += (uint64_t)got;
        if (closes && s->got_n > EACH) edo_mpsc_close(s->rx);
    }
    edo_mpsc_rx_free(s->rx);
    return NULL;
}

static void values_sent_by_threads_are_received_once(void **state) {
    (void)state;
    static const size_t caps[STRESSES] = { 1, 3, 64, EDO_MPSC_UNBOUNDED };
    for (uint64_t i = 0; i < STRESSES * 2; i++) {
        pair p = make(caps[i % STRESSES]);
        pthread_t threads[SENDERS + 1];
        stress s[SENDERS + 1];
        for (uint64_t n = 0; n <= SENDERS; n++) {
            s[n] = (stress){ .rx = p.rx, .seed = test_seed(1 + i * 100 + n) };
            s[n].tx = n < SENDERS ? edo_mpsc_tx_ref(p.tx) : NULL;
            parker_init(&s[n].park);
            (void)pthread_create(&threads[n], NULL, n < SENDERS ? sender : receiver, &s[n]);
        }
        edo_mpsc_tx_unref(p.tx);
        uint64_t sent_n = 0, sent_sum = 0;
        for (uint64_t n = 0; n <= SENDERS; n++) {
            (void)pthread_join(threads[n], NULL);
            sent_n += s[n].sent_n;
            sent_sum += s[n].sent_sum;
        }
        for (uint64_t n = 0; n <= SENDERS; n++) parker_deinit(&s[n].park);
        assert_int_equal(sent_n, s[SENDERS].got_n + dropped_n);
        assert_int_equal(sent_sum, s[SENDERS].got_sum + dropped_sum);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constructor_refuses_capacity_zero),
        cmocka_unit_test(values_come_in_order_at_every_capacity),
        cmocka_unit_test(signals_of_no_bytes_are_counted),
        cmocka_unit_test(close_wakes_all_waiting_senders_without_sending),
        cmocka_unit_test(granted_sender_still_sends_after_close_but_not_without_receiver),
        cmocka_unit_test(permit_holds_the_channel_open_until_used_or_released),
        cmocka_unit_test(spurious_polls_keep_the_place_and_the_newest_waker),
        cmocka_unit_test(spent_budget_returns_pending_and_does_nothing),
        cmocka_unit_test(recv_many_takes_buffered_values_up_to_the_limit),
        cmocka_unit_test(recv_many_returns_the_end_as_recv_does),
        cmocka_unit_test(every_way_to_receive_goes_on_where_the_last_one_stopped),
        cmocka_unit_test(large_values_come_through_slots),
        cmocka_unit_test(recv_many_gives_all_freed_slots_to_waiting_senders),
        cmocka_unit_test(last_sender_gone_ends_the_channel_and_weak_ones_do_not_hold_it),
        cmocka_unit_test(idle_channel_of_a_million_takes_no_storage),
        cmocka_unit_test(failing_allocation_leaves_value_and_channel_whole),
        cmocka_unit_test(misuse_is_named_in_debug_and_harmless_in_release),
        cmocka_unit_test(values_sent_by_threads_are_received_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
