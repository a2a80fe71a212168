/* SPDX-License-Identifier: MIT */
/* shield.c: cleaning up when cancelled: inside a shield awaits work again, for a while. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>

static int talk(void *arg) {
    edo_mpsc_tx *peer = arg;
    int hello = 1, goodbye = 2;
    int err = edo_mpsc_send(peer, &hello);
    while (err == 0) err = edo_sleep(edo_s(1));
    if (err == -ECANCELED) {
        int unshielded = edo_mpsc_send(peer, &goodbye);
        printf("without a shield: %s\n", edo_error_name(unshielded));

        EDO_SHIELD(sh, edo_s(2));            // awaits work again, for two seconds
        (void)edo_mpsc_send(peer, &goodbye); // best effort
    }
    return err;
}

static int root(void *arg) {
    (void)arg;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    int err = edo_mpsc_new(&tx, &rx, sizeof(int), 1, NULL);
    if (err < 0) return err;

    edo_task *t = edo_spawn(talk, tx);
    err = edo_sleep(edo_ms(2500));
    edo_task_cancel(t);
    if (err == 0) err = edo_yield(); // it says goodbye, but the channel of one is full: it waits
    for (int word; err == 0 && edo_mpsc_recv(rx, &word) == 0 && word == 1;) puts("heard hello");
    puts("heard goodbye");
    int result = edo_task_join(t);
    printf("the task ended with %s\n", edo_error_name(result));

    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
