/* SPDX-License-Identifier: MIT */
/* Goal: an unbounded channel that once held many values frees its memory as it is emptied. Method:
 * the channel's internals; a burst, received one by one. */
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
    const mpsc *c = of_rx(rx);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_of_a_burst_is_given_back),
        cmocka_unit_test(memory_of_a_burst_is_given_back_by_single_receives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
