/* SPDX-License-Identifier: MIT */
/* broadcast.c: every receiver gets every value; a slow one is told what it missed and goes on. */
#include <edo/edo.h>

#include <inttypes.h>
#include <stdio.h>

typedef struct listener {
    edo_broadcast_rx *rx;
    const char *name;
    int pause_ms, heard;
    uint64_t missed;
} listener;

static int listen_to(void *arg) {
    listener *self = arg;
    int err, value;
    uint64_t missed;
    while ((err = edo_broadcast_recv(self->rx, &value, &missed)) != -EDO_ECLOSED) {
        if (err == -EDO_ELAGGED) {
            self->missed += missed;
            continue; // with the oldest that is kept
        }
        if (err < 0) return err;
        self->heard++;
        err = edo_sleep(edo_ms(self->pause_ms));
        if (err < 0) return err;
    }
    return 0;
}

static int send_all(edo_broadcast_tx *tx) {
    for (int i = 0; i < 20; i++) {
        int err = edo_broadcast_send(tx, &i); // never waits
        if (err >= 0) err = edo_sleep(edo_ms(10));
        if (err < 0) return err;
    }
    return 0;
}

static int root(void *arg) {
    (void)arg;
    edo_broadcast_tx *tx;
    listener quick = { .name = "quick", .pause_ms = 1 }, slow = { .name = "slow", .pause_ms = 35 };
    int err = edo_broadcast_new(&tx, &quick.rx, sizeof(int), 4, NULL);
    if (err < 0) return err;
    err = edo_broadcast_subscribe(&slow.rx, tx);
    if (err == 0) {
        EDO_SCOPE(s, NULL);
        edo_scope_spawn(&s, listen_to, &quick);
        edo_scope_spawn(&s, listen_to, &slow);
        err = send_all(tx);
        edo_broadcast_tx_unref(tx); // the last sender: they hear what is kept, then the end
        tx = NULL;
        err = edo_scope_end(&s, err);
    }
    const listener *all[] = { &quick, &slow };
    for (size_t i = 0; i < EDO_COUNT(all); i++)
        printf("%s: heard %d, missed %" PRIu64 "\n", all[i]->name, all[i]->heard, all[i]->missed);
    edo_broadcast_tx_unref(tx);
    edo_broadcast_rx_free(quick.rx);
    edo_broadcast_rx_free(slow.rx);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
