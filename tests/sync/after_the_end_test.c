/* SPDX-License-Identifier: MIT */
/* Goal: a future that is finished may be dropped when the end of the channel that it used is gone.
 * Method: each future that uses an end of a channel is polled until it is ready, then the channel
 * is freed, then the future dropped. A debug build names a use of the end, the address sanitizer
 * one of the memory. */
#include <edo/edo.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int value = 7;

static void finish(edo_future *f) {
    assert_int_equal(edo_poll_once(f), EDO_READY);
}

static void futures_of_an_mpsc(void **state) {
    (void)state;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    edo_mpsc_send_future sent;
    edo_mpsc_reserve_future reserved;
    edo_mpsc_closed_future closed;
    edo_mpsc_recv_future received;
    edo_mpsc_recv_many_future more;
    edo_mpsc_permit permit;
    int got;
    assert_int_equal(edo_mpsc_new(&tx, &rx, sizeof value, 4, NULL), 0);
    finish(edo_mpsc_send_init(&sent, tx, &value));
    finish(edo_mpsc_reserve_init(&reserved, tx, &permit));
    edo_mpsc_permit_release(&permit);
    finish(edo_mpsc_recv_init(&received, rx, &got));
    edo_mpsc_close(rx);
    finish(edo_mpsc_recv_many_init(&more, rx, &got, 1));
    finish(edo_mpsc_closed_init(&closed, tx));
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx);
    edo_future *const all[] = { &sent.base, &reserved.base, &closed.base, &received.base,
                                &more.base };
    for (size_t i = 0; i < EDO_COUNT(all); i++) edo_drop(all[i]);
}

static void futures_of_a_chan(void **state) {
    (void)state;
    edo_chan_tx *tx;
    edo_chan_rx *rx;
    edo_chan_send_future sent;
    edo_chan_closed_future closed;
    edo_chan_recv_future received;
    edo_chan_recv_many_future more;
    int got;
    assert_int_equal(edo_chan_new(&tx, &rx, sizeof value, 4, NULL), 0);
    finish(edo_chan_send_init(&sent, tx, &value));
    finish(edo_chan_recv_init(&received, rx, &got));
    edo_chan_close(rx);
    finish(edo_chan_recv_many_init(&more, rx, &got, 1));
    finish(edo_chan_closed_init(&closed, tx));
    edo_chan_tx_unref(tx);
    edo_chan_rx_unref(rx);
    edo_future *const all[] = { &sent.base, &closed.base, &received.base, &more.base };
    for (size_t i = 0; i < EDO_COUNT(all); i++) edo_drop(all[i]);
}

static void futures_of_a_oneshot(void **state) {
    (void)state;
    edo_oneshot_tx *tx;
    edo_oneshot_rx *rx;
    edo_oneshot_recv_future received;
    edo_oneshot_closed_future closed;
    int got;
    assert_int_equal(edo_oneshot_new(&tx, &rx, sizeof value, NULL), 0);
    edo_oneshot_close(rx);
    finish(edo_oneshot_closed_init(&closed, tx));
    finish(edo_oneshot_recv_init(&received, rx, &got));
    edo_oneshot_tx_free(tx);
    edo_oneshot_rx_free(rx);
    edo_drop(&received.base);
    edo_drop(&closed.base);
}

static bool any(void *arg, const void *seen) {
    (void)arg;
    return seen != NULL;
}

static void futures_of_a_watch(void **state) {
    (void)state;
    edo_watch_tx *tx;
    edo_watch_rx *rx;
    edo_watch_changed_future changed;
    edo_watch_wait_for_future found;
    edo_watch_closed_future closed;
    int got;
    assert_int_equal(edo_watch_new(&tx, &rx, sizeof value, &value, NULL), 0);
    finish(edo_watch_wait_for_init(&found, rx, &got, any, NULL));
    assert_int_equal(edo_watch_send(tx, &value), 0);
    finish(edo_watch_changed_init(&changed, rx));
    edo_watch_rx_free(rx);
    finish(edo_watch_closed_init(&closed, tx));
    edo_watch_tx_unref(tx);
    edo_drop(&changed.base);
    edo_drop(&found.base);
    edo_drop(&closed.base);
}

static void futures_of_a_broadcast(void **state) {
    (void)state;
    edo_broadcast_tx *tx;
    edo_broadcast_rx *rx;
    edo_broadcast_recv_future received;
    edo_broadcast_closed_future closed;
    uint64_t missed;
    int got;
    assert_int_equal(edo_broadcast_new(&tx, &rx, sizeof value, 4, NULL), 0);
    assert_int_equal(edo_broadcast_send(tx, &value), 0);
    finish(edo_broadcast_recv_init(&received, rx, &got, &missed));
    edo_broadcast_rx_free(rx);
    finish(edo_broadcast_closed_init(&closed, tx));
    edo_broadcast_tx_unref(tx);
    edo_drop(&received.base);
    edo_drop(&closed.base);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(futures_of_an_mpsc),     cmocka_unit_test(futures_of_a_chan),
        cmocka_unit_test(futures_of_a_oneshot),   cmocka_unit_test(futures_of_a_watch),
        cmocka_unit_test(futures_of_a_broadcast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
