/* SPDX-License-Identifier: MIT */
/* Goal: the value arrives or stays with its sender, and exactly one end frees, in every order of
 * leaving. Method: every order of events, step by step; then both ends at once on two threads,
 * values counted. */
#include <edo/oneshot.h>

#include "leaf.h"
#include "seed.h"
#include "stress.h"

static uint32_t dropped_n;

static void count_drop(void *elem) {
    (void)elem;
    dropped_n++;
}

typedef struct pair {
    edo_oneshot_tx *tx;
    edo_oneshot_rx *rx;
} pair;

static pair make(void) {
    static const edo_oneshot_opts counting = { .drop = count_drop };
    pair p = { NULL, NULL };
    dropped_n = 0;
    assert_int_equal(edo_oneshot_new(&p.tx, &p.rx, sizeof(int), &counting), 0);
    return p;
}

static int send_int(pair p, int value) {
    return edo_oneshot_send(p.tx, &value);
}

static void sent_value_is_received_once(void **state) {
    (void)state;
    pair p = make();
    int got = 0;
    assert_int_equal(edo_oneshot_try_recv(p.rx, &got), -EAGAIN);
    assert_int_equal(send_int(p, 7), 0);
    assert_int_equal(edo_oneshot_try_recv(p.rx, &got), 0);
    assert_int_equal(got, 7);
    assert_int_equal(edo_oneshot_try_recv(p.rx, &got), -EDO_ECLOSED);
    edo_oneshot_rx_free(p.rx);
    assert_int_equal(dropped_n, 0);
}

static void waiting_receiver_is_woken_by_the_newest_waker(void **state) {
    (void)state;
    pair p = make();
    hand_waker old = HAND_WAKER, new = HAND_WAKER;
    edo_oneshot_recv_future r;
    int got = 0;
    assert_int_equal(hand_poll(edo_oneshot_recv_init(&r, p.rx, &got), &old), EDO_PENDING);
    assert_int_equal(hand_poll(&r.base, &old), EDO_PENDING);
    assert_int_equal(hand_poll(&r.base, &new), EDO_PENDING);
    assert_int_equal(send_int(p, 7), 0);
    assert_int_equal(hand_woken(&old), 0);
    assert_int_equal(hand_woken(&new), 1);
    assert_int_equal(hand_poll(&r.base, &new), EDO_READY);
    assert_int_equal(edo_result(&r), 0);
    assert_int_equal(got, 7);
    edo_oneshot_rx_free(p.rx);
}

static void sender_gone_unsent_ends_the_wait(void **state) {
    (void)state;
    pair p = make();
    hand_waker w = HAND_WAKER;
    edo_oneshot_recv_future r;
    int got = 5;
    assert_int_equal(hand_poll(edo_oneshot_recv_init(&r, p.rx, &got), &w), EDO_PENDING);
    edo_oneshot_tx_free(p.tx);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_poll(&r.base, &w), EDO_READY);
    assert_int_equal(edo_result(&r), -EDO_ECLOSED);
    assert_int_equal(got, 5);
    edo_oneshot_rx_free(p.rx);
}

static void receiver_gone_leaves_the_value_with_the_sender(void **state) {
    (void)state;
    pair p = make();
    edo_oneshot_rx_free(p.rx);
    assert_true(edo_oneshot_is_closed(p.tx));
    assert_int_equal(send_int(p, 7), -EDO_ECLOSED);
    p = make();
    edo_oneshot_rx_free(p.rx);
    edo_oneshot_tx_free(p.tx);
    assert_int_equal(dropped_n, 0);
}

static void value_without_a_receiver_is_dropped_once(void **state) {
    (void)state;
    pair p = make();
    assert_int_equal(send_int(p, 7), 0);
    edo_oneshot_rx_free(p.rx);
    assert_int_equal(dropped_n, 1);
}

static void closed_receiver_still_gets_a_value_sent_before(void **state) {
    (void)state;
    pair p = make();
    int got = 0;
    assert_int_equal(send_int(p, 7), 0);
    edo_oneshot_close(p.rx);
    assert_int_equal(edo_oneshot_try_recv(p.rx, &got), 0);
    assert_int_equal(got, 7);
    edo_oneshot_rx_free(p.rx);
    p = make();
    edo_oneshot_close(p.rx);
    edo_oneshot_close(p.rx);
    assert_int_equal(edo_oneshot_try_recv(p.rx, &got), -EDO_ECLOSED);
    assert_int_equal(send_int(p, 8), -EDO_ECLOSED);
    assert_int_equal(edo_oneshot_try_recv(p.rx, &got), -EDO_ECLOSED);
    edo_oneshot_rx_free(p.rx);
}

static void close_under_a_waiting_receive_wakes_it_and_forgets_its_waker(void **state) {
    (void)state;
    pair p = make();
    edo_oneshot_recv_future r;
    int got = 0;
    {
        hand_waker w = HAND_WAKER;
        assert_int_equal(hand_poll(edo_oneshot_recv_init(&r, p.rx, &got), &w), EDO_PENDING);
        edo_oneshot_close(p.rx);
        assert_int_equal(hand_woken(&w), 1);
        assert_int_equal(hand_poll(&r.base, &w), EDO_READY);
        assert_int_equal(edo_result(&r), -EDO_ECLOSED);
    }
    edo_oneshot_tx_free(p.tx); // must not touch the waker
    edo_oneshot_rx_free(p.rx);
}

static void sender_waits_for_the_receivers_end(void **state) {
    (void)state;
    for (int by_free = 0; by_free < 2; by_free++) {
        pair p = make();
        hand_waker old = HAND_WAKER, new = HAND_WAKER;
        edo_oneshot_closed_future c;
        assert_int_equal(hand_poll(edo_oneshot_closed_init(&c, p.tx), &old), EDO_PENDING);
        assert_int_equal(hand_poll(&c.base, &new), EDO_PENDING);
        if (by_free) {
            edo_oneshot_rx_free(p.rx);
        } else {
            edo_oneshot_close(p.rx);
        }
        assert_int_equal(hand_woken(&old), 0);
        assert_int_equal(hand_woken(&new), 1);
        assert_int_equal(hand_poll(&c.base, &new), EDO_READY);
        assert_int_equal(edo_result(&c), 0);
        edo_oneshot_tx_free(p.tx);
        if (!by_free) edo_oneshot_rx_free(p.rx);
    }
}

static void dropped_waits_leave_no_waker_behind(void **state) {
    (void)state;
    pair p = make();
    hand_waker w = HAND_WAKER;
    edo_oneshot_closed_future c;
    edo_oneshot_recv_future r;
    int got = 0;
    edo_drop(edo_oneshot_recv_init(&r, p.rx, &got));
    assert_int_equal(hand_poll(edo_oneshot_closed_init(&c, p.tx), &w), EDO_PENDING);
    assert_int_equal(hand_poll(edo_oneshot_recv_init(&r, p.rx, &got), &w), EDO_PENDING);
    edo_drop(&c.base);
    edo_drop(&r.base);
    edo_drop(&r.base);
    assert_int_equal(send_int(p, 3), 0);
    assert_int_equal(hand_poll(edo_oneshot_recv_init(&r, p.rx, &got), &w), EDO_READY);
    assert_int_equal(got, 3);
    edo_oneshot_rx_free(p.rx);
    assert_int_equal(hand_woken(&w), 0);
}

static void spent_budget_returns_pending_and_does_nothing(void **state) {
    (void)state;
    pair p = make();
    hand_waker w = HAND_WAKER;
    edo_oneshot_recv_future r;
    int got = 0;
    assert_int_equal(send_int(p, 3), 0);
    edo_cx cx = hand_cx(&w, 0);
    assert_int_equal(edo_poll(edo_oneshot_recv_init(&r, p.rx, &got), &cx), EDO_PENDING);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_poll(&r.base, &w), EDO_READY);
    edo_oneshot_rx_free(p.rx);
}

static void failing_allocation_is_an_error(void **state) {
    (void)state;
    edo_oneshot_tx *tx = NULL;
    edo_oneshot_rx *rx = NULL;
    edoi_alloc_fail_at(1);
    assert_int_equal(edo_oneshot_new(&tx, &rx, 8, NULL), -ENOMEM);
    assert_null(tx);
    assert_int_equal(edo_oneshot_new(&tx, &rx, SIZE_MAX, NULL), -EINVAL);
    assert_int_equal(edo_oneshot_new(&tx, &rx, 0, NULL), 0);
    assert_int_equal(edo_oneshot_send(tx, NULL), 0);
    edo_oneshot_rx_free(rx);
}

/* ---- Stress ---------------------------------------------------------------------------------- */

#define ROUNDS 20000u

typedef struct stress {
    parker parks[2];
    edo_oneshot_tx *txs[ROUNDS];
    edo_oneshot_rx *rxs[ROUNDS];
    edo_atomic_u32 turn[2]; /* rounds that each side has begun, so that they run at the same time */
    uint32_t sent_n, got_n;
} stress;

static stress shared;

/* Both sides begin each round at the same time. */
static void meet(uint32_t side, uint32_t round) {
    EDOI_ATOMIC_STORE(&shared.turn[side].edoi_value, round + 1, EDOI_RELEASE);
    while (EDOI_ATOMIC_LOAD(&shared.turn[!side].edoi_value, EDOI_ACQUIRE) <= round)
        EDOI_CPU_RELAX();
}

static void *sending(void *arg) {
    uint64_t seed = test_seed(11);
    (void)arg;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t roll = stress_random(&seed);
        edo_oneshot_closed_future f;
        int value = (int)i;
        if (i % 64 == 0) meet(0, i / 64);
        if (roll % 3 == 0) {
            edo_future *c = edo_oneshot_closed_init(&f, shared.txs[i]);
            (void)stress_poll(&shared.parks[0], c, 1);
            edo_drop(c);
        }
        if (roll % 5 == 0) {
            edo_oneshot_tx_free(shared.txs[i]);
        } else if (edo_oneshot_send(shared.txs[i], &value) == 0) {
            shared.sent_n++;
        }
    }
    return NULL;
}

static void *receiving(void *arg) {
    uint64_t seed = test_seed(12);
    (void)arg;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t roll = stress_random(&seed);
        edo_oneshot_recv_future f;
        int got = -1, err;
        if (i % 64 == 0) meet(1, i / 64);
        edo_future *r = edo_oneshot_recv_init(&f, shared.rxs[i], &got);
        (void)stress_poll(&shared.parks[1], r, (uint32_t)(roll % 3));
        err = edo_future_is_over(r) ? r->result : -ECANCELED;
        edo_drop(r);
        if (err == -ECANCELED && roll % 2) {
            edo_oneshot_close(shared.rxs[i]);
            err = edo_oneshot_try_recv(shared.rxs[i], &got);
        }
        if (err == 0) {
            assert_int_equal(got, i);
            shared.got_n++;
        }
        edo_oneshot_rx_free(shared.rxs[i]);
    }
    return NULL;
}

static void both_ends_at_once_lose_nothing(void **state) {
    (void)state;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        pair p = make();
        shared.txs[i] = p.tx;
        shared.rxs[i] = p.rx;
    }
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) parker_init(&shared.parks[i]);
    (void)pthread_create(&threads[0], NULL, sending, NULL);
    (void)pthread_create(&threads[1], NULL, receiving, NULL);
    (void)pthread_join(threads[0], NULL);
    (void)pthread_join(threads[1], NULL);
    for (int i = 0; i < 2; i++) parker_deinit(&shared.parks[i]);
    assert_int_equal(shared.sent_n, shared.got_n + dropped_n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sent_value_is_received_once),
        cmocka_unit_test(waiting_receiver_is_woken_by_the_newest_waker),
        cmocka_unit_test(sender_gone_unsent_ends_the_wait),
        cmocka_unit_test(receiver_gone_leaves_the_value_with_the_sender),
        cmocka_unit_test(value_without_a_receiver_is_dropped_once),
        cmocka_unit_test(closed_receiver_still_gets_a_value_sent_before),
        cmocka_unit_test(close_under_a_waiting_receive_wakes_it_and_forgets_its_waker),
        cmocka_unit_test(sender_waits_for_the_receivers_end),
        cmocka_unit_test(dropped_waits_leave_no_waker_behind),
        cmocka_unit_test(spent_budget_returns_pending_and_does_nothing),
        cmocka_unit_test(failing_allocation_is_an_error),
        cmocka_unit_test(both_ends_at_once_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
