/* SPDX-License-Identifier: MIT */
/* lossless.c: a broadcast whose sender waits for receivers that keep up, and for no other. */
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
            continue; // and keeps up again
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
        int err = edo_broadcast_send(tx, &i); // waits for room
        if (err < 0) return err;
    }
    return 0;
}

static int root(void *arg) {
    (void)arg;
    edo_broadcast_tx *tx;
    listener slow = { .name = "slow", .pause_ms = 30 },
             stuck = { .name = "stuck", .pause_ms = 1000 };
    edo_broadcast_opts opts = { .lossless = true, .behind_after = EDO_MS(100) };
    int err = edo_broadcast_new(&tx, &slow.rx, sizeof(int), 4, &opts);
    if (err < 0) return err;
    err = edo_broadcast_subscribe(&stuck.rx, tx);
    if (err == 0) {
        EDO_SCOPE(s, NULL);
        edo_scope_spawn(&s, listen_to, &slow);
        edo_scope_spawn(&s, listen_to, &stuck);
        err = send_all(tx);
        edo_broadcast_tx_unref(tx); // the last sender: they hear what is kept, then the end
        tx = NULL;
        err = edo_scope_end(&s, err);
    }
    const listener *all[] = { &slow, &stuck };
    for (size_t i = 0; i < EDO_COUNT(all); i++)
        printf("%s: heard %d, missed %" PRIu64 "\n", all[i]->name, all[i]->heard, all[i]->missed);
    edo_broadcast_tx_unref(tx);
    edo_broadcast_rx_free(slow.rx);
    edo_broadcast_rx_free(stuck.rx);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
