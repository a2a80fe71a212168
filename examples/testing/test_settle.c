/* SPDX-License-Identifier: MIT */
/* test_settle.c: a test that waits until the tested task has done what it can, without a sleep. */
#include <edo/edo.h>
#include <edo/test.h>

#include <stdio.h>

typedef struct batch {
    edo_mpsc_rx *rx;
    int items, written;
} batch;

/* The tested task: writes what it has collected when nothing has come for a second. */
static int collect(void *arg) {
    batch *b = arg;
    for (int item;;) {
        edo_mpsc_recv_future next;
        int err = edo_timeout(edo_mpsc_recv_init(&next, b->rx, &item), edo_s(1));
        if (err == 0) b->items++;
        if (err == -ETIMEDOUT) b->written = b->items;
        if (err < 0 && err != -ETIMEDOUT) return err;
    }
}

static int test(void *arg) {
    edo_mpsc_tx *tx;
    batch b = { .rx = NULL };
    (void)arg;
    EDO_TEST_OK(edo_mpsc_new(&tx, &b.rx, sizeof(int), 8, NULL));
    edo_task *collector = edo_spawn(collect, &b);
    for (int i = 0; i < 3; i++) EDO_TEST_OK(edo_mpsc_try_send(tx, &i));

    EDO_TEST_EQ(edo_test_settle(), 0); // it has taken them, and waits for its timer
    EDO_TEST_EQ(b.items, 3);
    EDO_TEST_EQ(b.written, 0);
    EDO_TEST_OK(edo_time_advance(edo_s(1)));
    EDO_TEST_EQ(edo_test_settle(), 0);
    EDO_TEST_EQ(b.written, 3);

    edo_mpsc_tx_unref(tx);
    EDO_TEST_EQ(edo_task_join(collector), -EDO_ECLOSED);
    edo_mpsc_rx_free(b.rx);
    printf("passed\n");
    return 0;
}

int main(void) {
    return edo_main_with(test, NULL, &(edo_runtime_opts){ .start_paused = true });
}
