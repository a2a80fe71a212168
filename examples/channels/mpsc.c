/* SPDX-License-Identifier: MIT */
/* mpsc.c: a bounded queue from many senders to one receiver: a slow receiver slows the senders. */
#include <edo/edo.h>

#include <stdio.h>

typedef struct reading {
    int sensor, value;
} reading;

typedef struct sensor {
    edo_mpsc_tx *tx; // a reference of its own
    int number;
} sensor;

static int measure(void *arg) {
    sensor *self = arg;
    int err = 0;
    for (int i = 0; i < 4 && err == 0; i++) {
        reading r = { self->number, 100 * self->number + i };
        err = edo_mpsc_send(self->tx, &r); // waits while the queue is full
    }
    edo_mpsc_tx_unref(self->tx);
    return err;
}

static int root(void *arg) {
    (void)arg;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    int err = edo_mpsc_new(&tx, &rx, sizeof(reading), 2, NULL);
    if (err < 0) return err;

    EDO_SCOPE(s, NULL);
    sensor sensors[] = { { edo_mpsc_tx_ref(tx), 1 }, { edo_mpsc_tx_ref(tx), 2 } };
    for (size_t i = 0; i < EDO_COUNT(sensors); i++)
        if (edo_scope_spawn(&s, measure, &sensors[i]) < 0) edo_mpsc_tx_unref(sensors[i].tx);
    edo_mpsc_tx_unref(tx); // the last reference but theirs: when they end, so does the channel

    reading r;
    int n = 0;
    size_t longest = 0;
    while ((err = edo_mpsc_recv(rx, &r)) == 0) {
        if (edo_mpsc_len(rx) + 1 > longest) longest = edo_mpsc_len(rx) + 1;
        n++;
        (void)edo_sleep(edo_ms(5)); // a slow receiver
    }
    printf("%d readings, never more than %zu in the queue, then %s\n", n, longest,
           edo_error_name(err));
    err = edo_scope_end(&s, 0);
    edo_mpsc_rx_free(rx);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
