/* SPDX-License-Identifier: MIT */
/* Goal: a value in a waiting receive's hand counts like any other until it is taken, whatever is
 * read, waits, leaves or closes in between. Method: single polls, case by case; then threads on a
 * channel of one value, with spurious polls. */
#include <edo/mpsc.h>

#include "leaf.h"
#include "mpsc_pair.h"
#include "seed.h"
#include "stress.h"

/* A value in the hand of a receive that was not polled since. */
static pair make_handed(size_t cap, edo_mpsc_recv_future *r, uint64_t *got, hand_waker *w) {
    pair p = make(cap);
    assert_int_equal(hand_poll(edo_mpsc_recv_init(r, p.rx, got), w), EDO_PENDING);
    assert_int_equal(try_send(p, 1), 0);
    assert_int_equal(hand_woken(w), 1);
    return p;
}

static void value_sent_to_a_waiting_receive_counts_until_it_is_taken(void **state) {
    (void)state;
    static const size_t caps[] = { 1, 2, 3, 100 };
    for (size_t i = 0; i < EDO_COUNT(caps); i++) {
        hand_waker w = HAND_WAKER;
        edo_mpsc_recv_future r;
        edo_mpsc_permit permit = { NULL };
        uint64_t got = 0, cap = caps[i];
        pair p = make_handed(cap, &r, &got, &w);
        assert_int_equal(edo_mpsc_cap(p.tx), cap - 1);
        assert_int_equal(edo_mpsc_len(p.rx), 1);
        for (uint64_t n = 2; n <= cap; n++) assert_int_equal(try_send(p, n), 0);
        assert_int_equal(try_send(p, 9), -EAGAIN);
        assert_int_equal(edo_mpsc_try_reserve(p.tx, &permit), -EAGAIN);
        assert_int_equal(edo_mpsc_cap(p.tx), 0);
        assert_int_equal(edo_mpsc_len(p.rx), cap);
        assert_int_equal(hand_woken(&w), 1);
        assert_int_equal(hand_poll(&r.base, &w), EDO_READY);
        assert_int_equal(got, 1);
        assert_int_equal(edo_mpsc_cap(p.tx), 1);
        assert_int_equal(edo_mpsc_len(p.rx), cap - 1);
        assert_int_equal(edo_mpsc_try_reserve(p.tx, &permit), 0);
        assert_int_equal(try_send(p, 9), -EAGAIN);
        edo_mpsc_permit_release(&permit);
        for (uint64_t n = 2; n <= cap; n++) expect(p, n);
        unmake(p);
        assert_int_equal(dropped_n, 0);
    }
}

static void slot_of_a_value_taken_from_the_hand_is_free_for_the_first_sender(void **state) {
    (void)state;
    for (int way = 0; way < 6; way++) {
        hand_waker w = HAND_WAKER;
        edo_mpsc_recv_future r;
        edo_mpsc_send_future s;
        edo_mpsc_reserve_future v;
        edo_mpsc_permit permit = { NULL };
        uint64_t got = 0, two = 2;
        pair p = make_handed(1, &r, &got, &w);
        assert_int_equal(hand_poll(&r.base, &w), EDO_READY);
        if (way == 0) assert_int_equal(edo_mpsc_cap(p.tx), 1);
        if (way == 1) assert_int_equal(try_send(p, 2), 0);
        if (way == 2) assert_int_equal(edo_mpsc_try_reserve(p.tx, &permit), 0);
        if (way == 3)
            assert_int_equal(hand_poll(edo_mpsc_send_init(&s, p.tx, &two), &w), EDO_READY);
        if (way == 4)
            assert_int_equal(hand_poll(edo_mpsc_reserve_init(&v, p.tx, &permit), &w), EDO_READY);
        if (way == 5) expect_code(p, -EAGAIN);
        assert_int_equal(edo_mpsc_cap(p.tx), way == 0 || way == 5);
        assert_int_equal(edo_mpsc_len(p.rx), way == 1 || way == 3);
        if (permit.tx) edo_mpsc_permit_send(&permit, &two);
        if (way > 0 && way < 5) expect(p, 2);
        assert_int_equal(edo_mpsc_cap(p.tx), 1);
        edo_mpsc_close(p.rx);
        expect_code(p, -EDO_ECLOSED);
        unmake(p);
    }
}

static void unbounded_channel_hands_over_beside_its_buffer(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    edo_mpsc_recv_future r;
    uint64_t got = 0;
    pair p = make_handed(EDO_MPSC_UNBOUNDED, &r, &got, &w);
    assert_int_equal(edo_mpsc_cap(p.tx), EDO_MPSC_UNBOUNDED);
    assert_int_equal(try_send(p, 2), 0);
    assert_int_equal(try_send(p, 3), 0);
    assert_int_equal(edo_mpsc_len(p.rx), 3);
    edo_mpsc_close(p.rx);
    assert_int_equal(hand_poll(&r.base, &w), EDO_READY);
    assert_int_equal(got, 1);
    expect(p, 2);
    unmake(p);
    assert_int_equal(dropped_n, 1);
}

/* Row: what the sender that finds no slot does, and how the values are received. */
static void sender_that_waits_while_the_hand_is_full_is_woken_when_it_is_taken(void **state) {
    (void)state;
    for (size_t cap = 1; cap <= 5; cap++) {
        for (int way = 0; way < 8; way++) {
            hand_waker w = HAND_WAKER, waits = HAND_WAKER;
            edo_mpsc_recv_future r;
            edo_mpsc_recv_many_future many;
            edo_mpsc_send_future s;
            edo_mpsc_reserve_future v;
            edo_mpsc_permit permit = { NULL };
            uint64_t got[8] = { 0 }, last = cap + 1;
            pair p = make_handed(cap, &r, got, &w);
            for (uint64_t n = 2; n <= cap; n++) assert_int_equal(try_send(p, n), 0);
            edo_future *f = way % 2 ? edo_mpsc_reserve_init(&v, p.tx, &permit)
                                    : edo_mpsc_send_init(&s, p.tx, &last);
            assert_int_equal(hand_poll(f, &waits), EDO_PENDING);
            assert_int_equal(edo_mpsc_len(p.rx), cap);
            assert_int_equal(edo_mpsc_cap(p.tx), 0);
            assert_int_equal(hand_woken(&w), 1);
            if (way / 2 > 0) edo_drop(&r.base);
            if (way / 2 == 0) assert_int_equal(hand_poll(&r.base, &w), EDO_READY);
            if (way / 2 == 1) assert_int_equal(edo_mpsc_try_recv(p.rx, got), 0);
            if (way / 2 == 2)
                assert_int_equal(hand_poll(edo_mpsc_recv_init(&r, p.rx, got), &w), EDO_READY);
            if (way / 2 == 3) {
                (void)edo_mpsc_recv_many_init(&many, p.rx, got, 1);
                assert_int_equal(hand_poll(&many.base, &w), EDO_READY);
            }
            assert_int_equal(got[0], 1);
            assert_int_equal(hand_woken(&waits), 1);
            assert_int_equal(try_send(p, 99), -EAGAIN); // the waiting sender has the slot
            assert_int_equal(edo_mpsc_len(p.rx), cap - 1);
            assert_int_equal(hand_poll(f, &waits), EDO_READY);
            if (way % 2) edo_mpsc_permit_send(&permit, &last);
            assert_int_equal(edo_mpsc_len(p.rx), cap);
            for (uint64_t n = 2; n <= last; n++) expect(p, n);
            assert_int_equal(edo_mpsc_cap(p.tx), cap);
            unmake(p);
        }
    }
}

static void sender_dropped_while_the_hand_is_full_leaves_all_slots(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER, waits = HAND_WAKER;
    edo_mpsc_recv_future r;
    edo_mpsc_send_future s;
    uint64_t got = 0, value = 2;
    pair p = make_handed(1, &r, &got, &w);
    assert_int_equal(hand_poll(edo_mpsc_send_init(&s, p.tx, &value), &waits), EDO_PENDING);
    edo_drop(&s.base);
    assert_int_equal(hand_poll(&r.base, &w), EDO_READY);
    assert_int_equal(got, 1);
    assert_int_equal(edo_mpsc_cap(p.tx), 1);
    unmake(p);
}

static void close_with_a_full_hand_ends_after_that_value(void **state) {
    (void)state;
    for (int way = 0; way < 4; way++) { // bit 0: a sender waits; bit 1: the receive is dropped
        hand_waker w = HAND_WAKER, waits = HAND_WAKER;
        edo_mpsc_recv_future r;
        edo_mpsc_send_future s;
        uint64_t got = 0, value = 2;
        pair p = make_handed(1, &r, &got, &w);
        (void)edo_mpsc_send_init(&s, p.tx, &value);
        if (way & 1) assert_int_equal(hand_poll(&s.base, &waits), EDO_PENDING);
        edo_mpsc_close(p.rx);
        assert_int_equal(hand_woken(&waits), way & 1);
        assert_int_equal(hand_poll(&s.base, &waits), EDO_READY);
        assert_int_equal(edo_result(&s), -EDO_ECLOSED);
        assert_int_equal(edo_mpsc_len(p.rx), 1);
        if (way & 2) {
            edo_drop(&r.base);
        } else {
            assert_int_equal(hand_poll(&r.base, &w), EDO_READY);
            assert_int_equal(got, 1);
            assert_int_equal(hand_poll(edo_mpsc_recv_init(&r, p.rx, &got), &w), EDO_READY);
            assert_int_equal(edo_result(&r), -EDO_ECLOSED);
        }
        unmake(p);
        assert_int_equal(dropped_n, (way & 2) / 2);
        assert_int_equal(dropped_sum, (way & 2) / 2);
    }
}

static void last_sender_gone_with_a_full_hand_ends_after_that_value(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    edo_mpsc_recv_future r;
    uint64_t got = 0;
    pair p = make_handed(1, &r, &got, &w);
    edo_mpsc_tx_unref(p.tx);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_poll(&r.base, &w), EDO_READY);
    assert_int_equal(edo_result(&r), 0);
    assert_int_equal(got, 1);
    expect_code(p, -EDO_ECLOSED);
    edo_mpsc_rx_free(p.rx);
}

static void receiver_freed_after_a_hand_over_drops_the_rest_at_once(void **state) {
    (void)state;
    for (uint32_t taken = 0; taken < 2; taken++) {
        hand_waker w = HAND_WAKER;
        edo_mpsc_recv_future r;
        uint64_t got = 0;
        pair p = make_handed(2, &r, &got, &w);
        assert_int_equal(try_send(p, 2), 0);
        if (taken) assert_int_equal(hand_poll(&r.base, &w), EDO_READY);
        edo_drop(&r.base);
        edo_mpsc_rx_free(p.rx);
        assert_int_equal(dropped_n, 2 - taken);
        assert_int_equal(dropped_sum, 3 - taken);
        assert_int_equal(try_send(p, 3), -EDO_ECLOSED);
        edo_mpsc_tx_unref(p.tx);
    }
}

static void permit_of_a_taken_hand_asks_for_no_memory(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    edo_mpsc_recv_future r;
    uint64_t got = 0;
    pair p = make_handed(100, &r, &got, &w);
    for (uint64_t n = 2; n <= 4; n++) assert_int_equal(try_send(p, n), 0);
    assert_int_equal(hand_poll(&r.base, &w), EDO_READY);
    edoi_alloc_fail_at(1); // the first ring has four slots, one of them free
    assert_int_equal(try_send(p, 5), 0);
    assert_false(edoi_alloc_fail_fired());
    edoi_alloc_fail_at(0);
    for (uint64_t n = 2; n <= 5; n++) expect(p, n);
    unmake(p);
}

static void value_handed_to_a_dropped_receive_goes_to_the_next(void **state) {
    (void)state;
    pair p = make(3);
    hand_waker w = HAND_WAKER;
    edo_mpsc_recv_future r;
    edo_mpsc_recv_many_future many;
    uint64_t got[4] = { 0 };
    for (int way = 0; way < 3; way++) {
        assert_int_equal(hand_poll(edo_mpsc_recv_init(&r, p.rx, got), &w), EDO_PENDING);
        for (uint64_t i = 1; i <= 3; i++) assert_int_equal(try_send(p, i), 0);
        edo_drop(&r.base);
        if (way == 0) {
            for (uint64_t i = 1; i <= 3; i++) expect(p, i);
        } else if (way == 1) {
            assert_int_equal(hand_poll(edo_mpsc_recv_init(&r, p.rx, got), &w), EDO_READY);
            assert_int_equal(got[0], 1);
            expect(p, 2);
            expect(p, 3);
        } else {
            assert_int_equal(hand_poll(edo_mpsc_recv_many_init(&many, p.rx, got, 4), &w),
                             EDO_READY);
            assert_int_equal(edo_result(&many), 3);
            for (uint64_t i = 0; i < 3; i++) assert_int_equal(got[i], i + 1);
        }
        expect_code(p, -EAGAIN);
    }
    assert_int_equal(hand_poll(edo_mpsc_recv_init(&r, p.rx, got), &w), EDO_PENDING);
    assert_int_equal(try_send(p, 7), 0);
    edo_drop(&r.base);
    unmake(p);
    assert_int_equal(dropped_n, 1); // the last value is never received
    assert_int_equal(dropped_sum, 7);
}

/* The sender waits for a slot that a permit holds; if the permit's value took no slot, the receiver
 * would free none. */
static void value_takes_its_slot_if_a_sender_waits_for_one(void **state) {
    (void)state;
    pair p = make(1);
    hand_waker w = HAND_WAKER, waits = HAND_WAKER;
    edo_mpsc_permit permit;
    edo_mpsc_send_future s;
    edo_mpsc_recv_future r;
    uint64_t got = 0, first = 1, second = 2;
    assert_int_equal(edo_mpsc_try_reserve(p.tx, &permit), 0);
    assert_int_equal(hand_poll(edo_mpsc_recv_init(&r, p.rx, &got), &w), EDO_PENDING);
    assert_int_equal(hand_poll(edo_mpsc_send_init(&s, p.tx, &second), &waits), EDO_PENDING);
    edo_mpsc_permit_send(&permit, &first);
    assert_int_equal(hand_poll(&r.base, &w), EDO_READY);
    assert_int_equal(got, 1);
    assert_int_equal(hand_woken(&waits), 1);
    assert_int_equal(hand_poll(&s.base, &waits), EDO_READY);
    expect(p, 2);
    unmake(p);
}

/* ---- Stress ---------------------------------------------------------------------------------- */

#define SENDERS 2
#define EACH    4000u

typedef struct stress {
    parker park;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    uint64_t seed, cap;
    uint64_t n, sum, too_many;
} stress;

/* Each way to get a slot, and sometimes a count of free slots. */
static void *sender(void *arg) {
    stress *s = arg;
    while (s->n < EACH) {
        uint64_t roll = stress_random(&s->seed), value = roll >> 8;
        edo_mpsc_send_future f;
        edo_mpsc_permit permit = { NULL };
        if (roll % 8 == 0 && edo_mpsc_cap(s->tx) > s->cap) s->too_many++;
        if (roll % 4 == 1) {
            if (edo_mpsc_try_send(s->tx, &value) < 0) continue;
        } else if (roll % 4 == 2) {
            if (edo_mpsc_try_reserve(s->tx, &permit) < 0) continue;
            edo_mpsc_permit_send(&permit, &value);
        } else {
            // One in four is given up at the first poll.
            bool sent = stress_poll(&s->park, edo_mpsc_send_init(&f, s->tx, &value),
                                    (uint32_t)(roll >> 4) & 3);
            edo_drop(&f.base);
            if (!sent) continue;
        }
        s->n++;
        s->sum += value;
    }
    edo_mpsc_tx_unref(s->tx);
    return NULL;
}

/* Spurious polls meet senders that hand over; dropped receives leave a full hand. */
static void *receiver(void *arg) {
    stress *s = arg;
    for (;;) {
        uint64_t value = 0, roll = stress_random(&s->seed);
        edo_mpsc_recv_future r;
        edo_future *f = edo_mpsc_recv_init(&r, s->rx, &value);
        edo_cx cx = { .waker = &s->park.base, .budget = EDO_BUDGET };
        edo_polled polled = EDO_PENDING;
        for (uint64_t spurious = roll % 8; spurious > 0 && polled == EDO_PENDING; spurious--)
            polled = edo_poll(f, &cx);
        if (polled == EDO_PENDING && roll >> 8 & 1) {
            edo_drop(f);
            if (edo_mpsc_len(s->rx) > s->cap) s->too_many++;
            continue;
        }
        if (polled == EDO_PENDING) (void)stress_poll(&s->park, f, 0);
        if (edo_result(&r) < 0) break;
        s->n++;
        s->sum += value;
        if (edo_mpsc_len(s->rx) > s->cap) s->too_many++;
    }
    return NULL;
}

static void threads_never_see_more_than_the_capacity(void **state) {
    (void)state;
    static const size_t caps[] = { 1, 2, 5 };
    for (uint64_t i = 0; i < EDO_COUNT(caps) * 2; i++) {
        pair p = make(caps[i % EDO_COUNT(caps)]);
        pthread_t threads[SENDERS + 1];
        stress s[SENDERS + 1];
        for (uint64_t n = 0; n <= SENDERS; n++) {
            s[n] = (stress){ .rx = p.rx,
                             .seed = test_seed(1 + i * 100 + n),
                             .cap = edo_mpsc_cap_max(p.tx) };
            s[n].tx = n < SENDERS ? edo_mpsc_tx_ref(p.tx) : NULL;
            parker_init(&s[n].park);
            (void)pthread_create(&threads[n], NULL, n < SENDERS ? sender : receiver, &s[n]);
        }
        edo_mpsc_tx_unref(p.tx);
        uint64_t sent_n = 0, sent_sum = 0;
        for (uint64_t n = 0; n <= SENDERS; n++) (void)pthread_join(threads[n], NULL);
        for (uint64_t n = 0; n <= SENDERS; n++) {
            assert_int_equal(s[n].too_many, 0);
            if (n < SENDERS) sent_n += s[n].n;
            if (n < SENDERS) sent_sum += s[n].sum;
            parker_deinit(&s[n].park);
        }
        assert_int_equal(s[SENDERS].n, sent_n);
        assert_int_equal(s[SENDERS].sum, sent_sum);
        edo_mpsc_rx_free(p.rx);
        assert_int_equal(dropped_n, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(value_sent_to_a_waiting_receive_counts_until_it_is_taken),
        cmocka_unit_test(slot_of_a_value_taken_from_the_hand_is_free_for_the_first_sender),
        cmocka_unit_test(unbounded_channel_hands_over_beside_its_buffer),
        cmocka_unit_test(sender_that_waits_while_the_hand_is_full_is_woken_when_it_is_taken),
        cmocka_unit_test(sender_dropped_while_the_hand_is_full_leaves_all_slots),
        cmocka_unit_test(close_with_a_full_hand_ends_after_that_value),
        cmocka_unit_test(last_sender_gone_with_a_full_hand_ends_after_that_value),
        cmocka_unit_test(receiver_freed_after_a_hand_over_drops_the_rest_at_once),
        cmocka_unit_test(permit_of_a_taken_hand_asks_for_no_memory),
        cmocka_unit_test(value_handed_to_a_dropped_receive_goes_to_the_next),
        cmocka_unit_test(value_takes_its_slot_if_a_sender_waits_for_one),
        cmocka_unit_test(threads_never_see_more_than_the_capacity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
