/* SPDX-License-Identifier: MIT */
/* test_order.c: a test that forces the one order of two tasks in which a bug would show. */
#include <edo/edo.h>
#include <edo/test.h>

#include <stdio.h>

static edo_test_sequencer seq = EDO_TEST_SEQUENCER_INIT;

static int take(void *arg) {
    int item, err;
    EDO_TEST_OK(edo_test_sequencer_wait(&seq, 1)); // not before the channel is closed
    EDO_TEST_DOES_NOT_SUSPEND(err = edo_mpsc_recv(arg, &item));
    EDO_TEST_EQ(err, 0);
    EDO_TEST_EQ(item, 7);
    EDO_TEST_EQ(edo_mpsc_recv(arg, &item), -EDO_ECLOSED);
    edo_test_sequencer_next(&seq);
    return 0;
}

static int give(void *arg) {
    EDO_TEST_OK(edo_test_sequencer_wait(&seq, 0));
    EDO_TEST_EQ(edo_mpsc_send(arg, &(int){ 7 }), 0);
    edo_mpsc_tx_unref(arg);
    edo_test_sequencer_next(&seq);
    return 0;
}

static int test(void *arg) {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    (void)arg;
    EDO_TEST_OK(edo_mpsc_new(&tx, &rx, sizeof(int), 1, NULL));
    edo_task *taker = edo_spawn(take, rx);
    EDO_TEST_OK(edo_task_join(edo_spawn(give, tx)));
    EDO_TEST_OK(edo_task_join(taker));
    edo_mpsc_rx_free(rx);
    printf("passed\n");
    return 0;
}

int main(void) {
    return edo_main(test, NULL);
}
