/* SPDX-License-Identifier: MIT */
/* timeout.c: a limit on one future; nothing is lost when it is cut short. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>

static int answer_late(void *arg) {
    edo_mpsc_tx *tx = arg;
    int err = edo_sleep(edo_ms(150)), answer = 42;
    if (err == 0) err = edo_mpsc_send(tx, &answer);
    edo_mpsc_tx_unref(tx);
    return err;
}

static int root(void *arg) {
    (void)arg;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    int err = edo_mpsc_new(&tx, &rx, sizeof(int), 1, NULL);
    if (err < 0) return err;
    err = edo_spawn_detached(answer_late, tx); // it takes `tx`
    if (err < 0) edo_mpsc_tx_unref(tx);

    for (int answer, tries = 1; err == 0; tries++) {
        edo_mpsc_recv_future recv;
        err = edo_timeout(edo_mpsc_recv_init(&recv, rx, &answer), edo_ms(100));
        if (err == 0) printf("try %d: %d\n", tries, answer);
        if (err != -ETIMEDOUT) continue;
        printf("try %d: not yet\n", tries);
        err = 0;
    }
    edo_mpsc_rx_free(rx);
    return err == -EDO_ECLOSED ? 0 : err; // the sender is gone: that was all
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
