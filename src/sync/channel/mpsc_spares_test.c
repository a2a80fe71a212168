/* SPDX-License-Identifier: MIT */
/* Goal: an unbounded channel that once held many values frees its memory as it is emptied, and the
 * walkers of channel and queue name what is broken. Method: the channel's internals; a burst,
 * received one by one. */
#include "broken.h"

#include "sync/channel/mpsc.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define BURST (20u * EDOI_MPSC_BLOCK_LEN)

typedef void receive_fn(edo_mpsc_rx *rx, uint32_t *value);

static void try_recv(edo_mpsc_rx *rx, uint32_t *value) {
    assert_int_equal(edo_mpsc_try_recv(rx, value), 0);
}

static void poll_recv(edo_mpsc_rx *rx, uint32_t *value) {
    edo_mpsc_recv_future f;
    assert_int_equal(edo_poll_once(edo_mpsc_recv_init(&f, rx, value)), EDO_READY);
    assert_int_equal(edo_result(&f), 0);
}

/* Sends a burst, and receives it one by one with `receive`. */
static void burst(receive_fn *receive) {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    assert_int_equal(edo_mpsc_new(&tx, &rx, sizeof(uint32_t), EDO_MPSC_UNBOUNDED, NULL), 0);
    const mpsc *c = mpsc_of_rx(rx);
    for (uint32_t i = 0; i < BURST; i++) assert_int_equal(edo_mpsc_try_send(tx, &i), 0);
    for (uint32_t i = 0; i < BURST; i++) {
        uint32_t value = UINT32_MAX;
        receive(rx, &value);
        assert_int_equal(value, i);
        assert_true(c->s.q.spares_n <= 2);
    }
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx);
}

static void memory_of_a_burst_is_given_back(void **state) {
    (void)state;
    burst(try_recv);
}

static void memory_of_a_burst_is_given_back_by_single_receives(void **state) {
    (void)state;
    burst(poll_recv);
}

/* ---- The walkers ----------------------------------------------------------------------------- */

typedef struct harm {
    const char *name;
    size_t cap;
    void (*fn)(mpsc *c);
} harm;

static int walk_after(void *arg) {
    const harm *h = arg;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    assert_int_equal(edo_mpsc_new(&tx, &rx, sizeof(uint32_t), h->cap, NULL), 0);
    mpsc *c = mpsc_of_rx(rx);
    for (uint32_t i = 0; i < 4; i++) assert_int_equal(edo_mpsc_try_send(tx, &i), 0);
    mpsc_check(c);
    edoi_mpsc_queue_check(&c->s.q);
    h->fn(c);
    mpsc_check(c);
    edoi_mpsc_queue_check(&c->s.q);
    return 0;
}

static void count_a_value_twice(mpsc *c) {
    c->s.q.len++;
}

static void lose_a_spare(mpsc *c) {
    c->s.q.spares_n++;
}

static void claim_nothing(mpsc *c) {
    edoi_store_rlx_u64(&c->s.q.claimed, 1);
    c->s.q.next = NULL;
}

static void claim_two(mpsc *c) {
    edoi_store_rlx_u64(&c->s.q.claimed, 2);
    c->s.q.next = c->hand;
}

static void promise_a_slot(mpsc *c) {
    c->s.permits = 1;
}

static void promise_without_memory(mpsc *c) {
    c->s.q.room = 0;
    c->s.permits = 1;
}

static void leave_open(mpsc *c) {
    c->s.rx_gone = true;
}

static void wait_beside_values(mpsc *c) {
    static edo_future waits;
    c->receiver = &waits;
    c->rx_waker = edo_waker_noop();
}

static void wait_for_nobody(mpsc *c) {
    wait_beside_values(c);
    c->rx_waker = NULL;
}

static void wait_beside_the_hand(mpsc *c) {
    static edo_wait_node node;
    c->hand_permits = 1;
    c->s.q.len--;
    c->s.q.room++;
    c->s.permits = 1;
    edoi_wait_push(&c->s.senders, &node, edo_waker_noop());
}

static void the_walkers_name_what_is_broken(void **state) {
    (void)state;
    harm rows[] = {
        { "mpsc_queue inv. 1: ", 8, count_a_value_twice },
        { "mpsc_queue inv. 1: ", EDO_MPSC_UNBOUNDED, lose_a_spare },
        { "mpsc_queue inv. 3: ", EDO_MPSC_UNBOUNDED, claim_nothing },
        { "mpsc_queue inv. 4: ", 8, claim_two },
        { "slots inv. 1: ", 4, promise_a_slot },
        { "slots inv. 2: ", 8, promise_without_memory },
        { "slots inv. 3: ", 8, leave_open },
        { "mpsc inv. 4: ", 8, wait_for_nobody },
        { "mpsc inv. 5: ", 8, wait_beside_values },
        { "mpsc inv. 6: ", 4, wait_beside_the_hand },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) assert_broken(rows[i].name, walk_after, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walkers_name_what_is_broken),
        cmocka_unit_test(memory_of_a_burst_is_given_back),
        cmocka_unit_test(memory_of_a_burst_is_given_back_by_single_receives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
