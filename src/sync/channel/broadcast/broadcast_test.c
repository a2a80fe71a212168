/* SPDX-License-Identifier: MIT */
/* Goal: every receiver gets every value or is told exactly how many it missed; each value is
 * dropped exactly once. Method: single cases; then threads: values received plus values missed must
 * equal values sent, in order, and no copy is torn. */
#include <edo/broadcast.h>

#include "leaf.h"
#include "seed.h"
#include "stress.h"

#include <sched.h>

/* A value that owns a share of a counted object: live shares are counted. */
typedef struct owned {
    uint64_t number;
    edo_atomic_u32 *shares;
} owned;

static edo_atomic_u32 shares;

static void take_share(void *to, const void *from) {
    *(owned *)to = *(const owned *)from;
    (void)EDOI_ATOMIC_FETCH_ADD(&((owned *)to)->shares->edoi_value, 1u, EDOI_ACQ_REL);
}

static void drop_share(void *elem) {
    (void)EDOI_ATOMIC_FETCH_SUB(&((owned *)elem)->shares->edoi_value, 1u, EDOI_ACQ_REL);
}

static uint32_t shares_now(void) {
    return EDOI_ATOMIC_LOAD(&shares.edoi_value, EDOI_ACQUIRE);
}

static owned make_owned(uint64_t number) {
    (void)EDOI_ATOMIC_FETCH_ADD(&shares.edoi_value, 1u, EDOI_ACQ_REL);
    return (owned){ number, &shares };
}

static const edo_broadcast_opts owning = { .clone = take_share, .drop = drop_share };

typedef struct pair {
    edo_broadcast_tx *tx;
    edo_broadcast_rx *rx;
} pair;

static pair make(size_t cap) {
    pair p = { NULL, NULL };
    assert_int_equal(edo_broadcast_new(&p.tx, &p.rx, sizeof(uint64_t), cap, NULL), 0);
    return p;
}

static void unmake(pair p) {
    edo_broadcast_tx_unref(p.tx);
    edo_broadcast_rx_free(p.rx);
}

static void send_up_to(edo_broadcast_tx *tx, uint64_t from, uint64_t to, int receivers) {
    for (uint64_t i = from; i < to; i++) assert_int_equal(edo_broadcast_send(tx, &i), 0);
    assert_int_equal(edo_broadcast_receivers(tx), receivers);
}

static void expect(edo_broadcast_rx *rx, uint64_t want) {
    uint64_t got = 0;
    assert_int_equal(edo_broadcast_try_recv(rx, &got, NULL), 0);
    assert_int_equal(got, want);
}

static void expect_code(edo_broadcast_rx *rx, int code) {
    uint64_t got, missed = 0;
    assert_int_equal(edo_broadcast_try_recv(rx, &got, &missed), code);
    assert_int_equal(missed, 0);
}

static void every_receiver_gets_values_sent_after_it_subscribed(void **state) {
    (void)state;
    pair p = make(8);
    edo_broadcast_rx *late, *later;
    send_up_to(p.tx, 0, 2, 1);
    assert_int_equal(edo_broadcast_subscribe(&late, p.tx), 0);
    send_up_to(p.tx, 2, 4, 2);
    assert_int_equal(edo_broadcast_resubscribe(&later, p.rx), 0);
    expect_code(later, -EAGAIN);
    for (uint64_t i = 0; i < 4; i++) expect(p.rx, i);
    for (uint64_t i = 2; i < 4; i++) expect(late, i);
    expect_code(p.rx, -EAGAIN);
    expect_code(late, -EAGAIN);
    edo_broadcast_rx_free(late);
    edo_broadcast_rx_free(later);
    unmake(p);
}

static void capacity_is_rounded_up_and_a_slow_receiver_gets_one_lag(void **state) {
    (void)state;
    pair p = make(5); // 8
    uint64_t got = 0, missed = 0;
    send_up_to(p.tx, 0, 8, 1);
    expect(p.rx, 0);
    send_up_to(p.tx, 8, 12, 1);
    assert_int_equal(edo_broadcast_len(p.rx), 11);
    assert_int_equal(edo_broadcast_try_recv(p.rx, &got, &missed), -EDO_ELAGGED);
    assert_int_equal(missed, 3);
    for (uint64_t i = 4; i < 12; i++) expect(p.rx, i);
    assert_int_equal(edo_broadcast_len(p.rx), 0);
    expect_code(p.rx, -EAGAIN);
    unmake(p);
}

static void send_without_receiver_fails_until_one_subscribes(void **state) {
    (void)state;
    pair p = make(2);
    uint64_t value = 1;
    edo_broadcast_rx_free(p.rx);
    assert_int_equal(edo_broadcast_send(p.tx, &value), -EDO_ECLOSED);
    assert_int_equal(edo_broadcast_subscribe(&p.rx, p.tx), 0);
    assert_int_equal(edo_broadcast_send(p.tx, &value), 0);
    expect(p.rx, 1);
    expect_code(p.rx, -EAGAIN);
    unmake(p);
}

static void channel_may_begin_without_receiver(void **state) {
    (void)state;
    pair p;
    uint64_t value = 7;
    assert_int_equal(edo_broadcast_new(&p.tx, NULL, sizeof value, 2, NULL), 0);
    assert_int_equal(edo_broadcast_send(p.tx, &value), -EDO_ECLOSED);
    assert_int_equal(edo_broadcast_subscribe(&p.rx, p.tx), 0);
    assert_int_equal(edo_broadcast_send(p.tx, &value), 0);
    expect(p.rx, 7);
    unmake(p);
}

static void last_sender_gone_lets_receivers_finish_then_ends(void **state) {
    (void)state;
    pair p = make(4);
    hand_waker w = HAND_WAKER;
    edo_broadcast_recv_future r;
    uint64_t got = 0;
    edo_broadcast_weak *weak = edo_broadcast_tx_downgrade(p.tx);
    edo_broadcast_tx *again = edo_broadcast_tx_upgrade(weak);
    assert_ptr_equal(again, p.tx);
    edo_broadcast_tx_unref(edo_broadcast_tx_ref(again));
    edo_broadcast_tx_unref(again);
    send_up_to(p.tx, 0, 1, 1);
    assert_int_equal(hand_poll(edo_broadcast_recv_init(&r, p.rx, &got, NULL), &w), EDO_READY);
    assert_int_equal(hand_poll(edo_broadcast_recv_init(&r, p.rx, &got, NULL), &w), EDO_PENDING);
    edo_broadcast_tx_unref(p.tx);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_poll(&r.base, &w), EDO_READY);
    assert_int_equal(edo_result(&r), -EDO_ECLOSED);
    assert_null(edo_broadcast_tx_upgrade(weak));
    edo_broadcast_weak_unref(weak);
    edo_broadcast_rx_free(p.rx);
}

static void send_wakes_all_waiters_and_each_gets_the_value(void **state) {
    (void)state;
    pair p = make(2);
    enum { WAITERS = 70 };
    hand_waker w = HAND_WAKER, newer = HAND_WAKER;
    edo_broadcast_rx *rx[WAITERS];
    edo_broadcast_recv_future r[WAITERS];
    uint64_t got[WAITERS] = { 0 };
    for (size_t i = 0; i < WAITERS; i++) {
        assert_int_equal(edo_broadcast_subscribe(&rx[i], p.tx), 0);
        edo_future *f = edo_broadcast_recv_init(&r[i], rx[i], &got[i], NULL);
        assert_int_equal(hand_poll(f, &w), EDO_PENDING);
        if (i % 2) assert_int_equal(hand_poll(f, &newer), EDO_PENDING);
        if (i == 3) edo_drop(f);
    }
    send_up_to(p.tx, 5, 6, WAITERS + 1);
    assert_int_equal(hand_woken(&w), WAITERS / 2);
    assert_int_equal(hand_woken(&newer), WAITERS / 2 - 1);
    for (size_t i = 0; i < WAITERS; i++) {
        if (i != 3) {
            assert_int_equal(hand_poll(&r[i].base, &w), EDO_READY);
            assert_int_equal(got[i], 5);
        }
        edo_broadcast_rx_free(rx[i]);
    }
    unmake(p);
}

static void woken_receiver_that_is_dropped_misses_nothing(void **state) {
    (void)state;
    pair p = make(2);
    hand_waker w = HAND_WAKER;
    edo_broadcast_recv_future r;
    uint64_t got = 0;
    assert_int_equal(hand_poll(edo_broadcast_recv_init(&r, p.rx, &got, NULL), &w), EDO_PENDING);
    send_up_to(p.tx, 5, 6, 1);
    edo_drop(&r.base);
    edo_drop(&r.base);
    expect(p.rx, 5);
    unmake(p);
}

static void sender_waits_for_the_last_receivers_end(void **state) {
    (void)state;
    pair p = make(2);
    hand_waker w = HAND_WAKER;
    edo_broadcast_closed_future c;
    edo_broadcast_rx *second;
    assert_int_equal(edo_broadcast_subscribe(&second, p.tx), 0);
    assert_int_equal(hand_poll(edo_broadcast_closed_init(&c, p.tx), &w), EDO_PENDING);
    edo_broadcast_rx_free(second);
    assert_int_equal(hand_woken(&w), 0);
    edo_broadcast_rx_free(p.rx);
    assert_int_equal(hand_woken(&w), 1);
    // a receiver came before the sender checked: it waits on
    assert_int_equal(edo_broadcast_subscribe(&p.rx, p.tx), 0);
    assert_int_equal(hand_poll(&c.base, &w), EDO_PENDING);
    edo_broadcast_rx_free(p.rx);
    assert_int_equal(hand_poll(&c.base, &w), EDO_READY);
    edo_broadcast_tx_unref(p.tx);
}

static void spent_budget_returns_pending_and_does_nothing(void **state) {
    (void)state;
    pair p = make(2);
    hand_waker w = HAND_WAKER;
    edo_broadcast_recv_future r;
    uint64_t got = 0;
    send_up_to(p.tx, 5, 6, 1);
    edo_cx cx = hand_cx(&w, 0);
    assert_int_equal(edo_poll(edo_broadcast_recv_init(&r, p.rx, &got, NULL), &cx), EDO_PENDING);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_poll(&r.base, &w), EDO_READY);
    assert_int_equal(got, 5);
    unmake(p);
}

static void every_size_is_copied_whole(void **state) {
    (void)state;
    static const size_t sizes[] = { 0, 1, 3, 4, 7, 8, 9, 16, 23, 100 };
    for (size_t i = 0; i < EDO_COUNT(sizes); i++) {
        pair p = { NULL, NULL };
        unsigned char in[100], out[101] = { 0 };
        for (size_t n = 0; n < sizeof in; n++) in[n] = (unsigned char)(n + 1);
        assert_int_equal(edo_broadcast_new(&p.tx, &p.rx, sizes[i], 1, NULL), 0);
        assert_int_equal(edo_broadcast_send(p.tx, in), 0);
        assert_int_equal(edo_broadcast_try_recv(p.rx, out, NULL), 0);
        assert_memory_equal(out, in, sizes[i]);
        assert_int_equal(out[sizes[i]], 0);
        unmake(p);
    }
}

static void owned_values_are_cloned_for_each_receiver_and_dropped_once(void **state) {
    (void)state;
    pair p = { NULL, NULL };
    edo_broadcast_rx *second;
    owned a, b, value = { 0, NULL };
    uint64_t missed = 0;
    assert_int_equal(edo_broadcast_new(&p.tx, &p.rx, sizeof(owned), 2, &owning), 0);
    assert_int_equal(edo_broadcast_subscribe(&second, p.tx), 0);
    for (uint64_t i = 0; i < 3; i++) {
        value = make_owned(i);
        assert_int_equal(edo_broadcast_send(p.tx, &value), 0);
    }
    assert_int_equal(shares_now(), 2); // the first was overwritten
    assert_int_equal(edo_broadcast_try_recv(p.rx, &a, &missed), -EDO_ELAGGED);
    assert_int_equal(missed, 1);
    assert_int_equal(edo_broadcast_try_recv(p.rx, &a, NULL), 0);
    assert_int_equal(a.number, 1);
    assert_int_equal(edo_broadcast_try_recv(second, &b, &missed), -EDO_ELAGGED);
    assert_int_equal(edo_broadcast_try_recv(second, &b, NULL), 0);
    assert_int_equal(shares_now(), 3); // one unread, and the copies that both have read
    edo_broadcast_rx_free(second);
    unmake(p);
    assert_int_equal(shares_now(), 2);
    drop_share(&a);
    drop_share(&b);
    assert_int_equal(shares_now(), 0);
}

static void value_stays_with_the_sender_without_a_receiver(void **state) {
    (void)state;
    pair p = { NULL, NULL };
    assert_int_equal(edo_broadcast_new(&p.tx, &p.rx, sizeof(owned), 2, &owning), 0);
    edo_broadcast_rx_free(p.rx);
    owned value = make_owned(1);
    assert_int_equal(edo_broadcast_send(p.tx, &value), -EDO_ECLOSED);
    assert_int_equal(shares_now(), 1);
    drop_share(&value);
    edo_broadcast_tx_unref(p.tx);
    assert_int_equal(shares_now(), 0);
}

static void wrong_arguments_and_failing_allocations_are_errors(void **state) {
    (void)state;
    static const edo_broadcast_opts no_clone = { .drop = drop_share };
    pair p = { NULL, NULL };
    assert_int_equal(edo_broadcast_new(&p.tx, &p.rx, 8, 0, NULL), -EINVAL);
    assert_int_equal(edo_broadcast_new(&p.tx, &p.rx, SIZE_MAX, 1, NULL), -EINVAL);
    assert_int_equal(edo_broadcast_new(&p.tx, &p.rx, 8, SIZE_MAX, NULL), -ENOMEM);
    assert_int_equal(edo_broadcast_new(&p.tx, &p.rx, sizeof(owned), 1, &no_clone), -EINVAL);
    for (uint64_t k = 1;; k++) {
        edo_broadcast_rx *second = NULL;
        owned value = make_owned(k);
        edoi_alloc_fail_at(k);
        int err = edo_broadcast_new(&p.tx, &p.rx, sizeof(owned), 4, &owning);
        if (err == 0) err = edo_broadcast_subscribe(&second, p.tx);
        if (err == 0) err = edo_broadcast_send(p.tx, &value);
        bool fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        assert_int_equal(err, fired ? -ENOMEM : 0);
        if (err < 0) drop_share(&value);
        edo_broadcast_rx_free(second);
        unmake(p);
        p = (pair){ NULL, NULL };
        assert_int_equal(shares_now(), 0);
        if (!fired) break;
    }
}

/* ---- Stress ---------------------------------------------------------------------------------- */

#define READERS 3
#define SENDERS 2
#define EACH    6000u

/* Words that belong together, so that a torn copy is detected. */
typedef struct wide {
    uint64_t words[5];
} wide;

typedef struct stress {
    parker park;
    edo_broadcast_tx *tx;
    edo_broadcast_rx *rx;
    uint64_t seed, got_n, missed_n;
    bool owns;
} stress;

static void *sender(void *arg) {
    stress *s = arg;
    for (uint64_t i = 0; i < EACH; i++) {
        wide value;
        owned own;
        for (size_t n = 0; n < EDO_COUNT(value.words); n++) value.words[n] = i * (n + 1);
        if (s->owns) own = make_owned(i);
        int got = edo_broadcast_send(s->tx, s->owns ? (const void *)&own : &value);
        assert_int_equal(got, 0);
        if (stress_random(&s->seed) % 97 == 0) sched_yield();
    }
    edo_broadcast_tx_unref(s->tx);
    return NULL;
}

static void *reader(void *arg) {
    stress *s = arg;
    for (;;) {
        wide value = { 0 };
        owned own;
        uint64_t missed = 0;
        edo_broadcast_recv_future f;
        edo_future *r =
            edo_broadcast_recv_init(&f, s->rx, s->owns ? (void *)&own : &value, &missed);
        bool over = stress_poll(&s->park, r, (uint32_t)(stress_random(&s->seed) % 3));
        edo_drop(r);
        if (!over) continue;
        s->missed_n += missed;
        if (r->result == -EDO_ECLOSED) break;
        if (r->result == -EDO_ELAGGED) continue;
        s->got_n++;
        if (s->owns) {
            drop_share(&own);
            continue;
        }
        for (size_t n = 0; n < EDO_COUNT(value.words); n++)
            assert_int_equal(value.words[n], value.words[0] * (n + 1));
    }
    edo_broadcast_rx_free(s->rx);
    return NULL;
}

static void values_sent_by_threads_are_seen_or_counted_as_missed(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 4; i++) {
        pthread_t threads[READERS + SENDERS];
        stress s[READERS + SENDERS];
        pair p = { NULL, NULL };
        bool owns = i % 2;
        assert_int_equal(edo_broadcast_new(&p.tx, &p.rx, owns ? sizeof(owned) : sizeof(wide),
                                           i < 2 ? 4 : 256, owns ? &owning : NULL),
                         0);
        for (uint64_t n = 0; n < READERS + SENDERS; n++) {
            s[n] = (stress){ .seed = test_seed(1 + i * 100 + n), .owns = owns };
            s[n].rx = p.rx;
            if (n > 0 && n < READERS) assert_int_equal(edo_broadcast_subscribe(&s[n].rx, p.tx), 0);
            parker_init(&s[n].park);
            s[n].tx = n >= READERS ? edo_broadcast_tx_ref(p.tx) : NULL;
        }
        edo_broadcast_tx_unref(p.tx);
        for (uint64_t n = 0; n < READERS + SENDERS; n++)
            (void)pthread_create(&threads[n], NULL, n < READERS ? reader : sender, &s[n]);
        for (uint64_t n = 0; n < READERS + SENDERS; n++) (void)pthread_join(threads[n], NULL);
        for (uint64_t n = 0; n < READERS + SENDERS; n++) parker_deinit(&s[n].park);
        for (uint64_t n = 0; n < READERS; n++)
            assert_int_equal(s[n].got_n + s[n].missed_n, SENDERS * EACH);
        assert_int_equal(shares_now(), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_receiver_gets_values_sent_after_it_subscribed),
        cmocka_unit_test(capacity_is_rounded_up_and_a_slow_receiver_gets_one_lag),
        cmocka_unit_test(send_without_receiver_fails_until_one_subscribes),
        cmocka_unit_test(channel_may_begin_without_receiver),
        cmocka_unit_test(last_sender_gone_lets_receivers_finish_then_ends),
        cmocka_unit_test(send_wakes_all_waiters_and_each_gets_the_value),
        cmocka_unit_test(woken_receiver_that_is_dropped_misses_nothing),
        cmocka_unit_test(sender_waits_for_the_last_receivers_end),
        cmocka_unit_test(spent_budget_returns_pending_and_does_nothing),
        cmocka_unit_test(every_size_is_copied_whole),
        cmocka_unit_test(owned_values_are_cloned_for_each_receiver_and_dropped_once),
        cmocka_unit_test(value_stays_with_the_sender_without_a_receiver),
        cmocka_unit_test(wrong_arguments_and_failing_allocations_are_errors),
        cmocka_unit_test(values_sent_by_threads_are_seen_or_counted_as_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
