/* SPDX-License-Identifier: MIT */
/* lazy.c: a future does nothing before its first poll, and dropping it cancels it. */
#include <edo/edo.h>

#include <stdio.h>

static int root(void *arg) {
    (void)arg;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    int err = edo_mpsc_new(&tx, &rx, sizeof(int), 1, NULL);
    if (err < 0) return err;
    int value = 7, other = 8;

    edo_mpsc_send_future made, waits;
    edo_future *f;
    (void)edo_mpsc_send_init(&made, tx, &value);
    printf("made, not polled: %zu in the channel\n", edo_mpsc_len(rx));

    err = edo_await(&made.base);
    printf("awaited: %zu in the channel\n", edo_mpsc_len(rx));
    if (err < 0) goto out;

    f = edo_mpsc_send_init(&waits, tx, &other);
    printf("polled: %s, the channel is full\n",
           edo_poll_once(f) == EDO_READY ? "ready" : "pending");
    edo_drop(f);
    err = edo_mpsc_recv(rx, &value);
    printf("dropped, then one taken out: %zu in the channel\n", edo_mpsc_len(rx));

out:
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx);
    return err;
}

int main(void) {
    return edo_main(root, NULL);
}
