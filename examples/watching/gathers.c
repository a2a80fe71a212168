/* SPDX-License-Identifier: MIT */
/* gathers.c: a shop that gathers what nobody takes away: each order lies in a queue that nobody
 * reads, and each customer leaves a task behind, which waits for ever. The program shows itself
 * what is open. */
#include <edo/dump.h>
#include <edo/edo.h>
#include <edo/mpsc.h>

#include <stdio.h>

static edo_notify farewell = EDO_NOTIFY_INIT;

static int wait_for_farewell(void *arg) {
    (void)arg;
    return edo_notify_wait(&farewell); // nobody ever says it
}

static int gathers(void *arg) {
    (void)arg;
    edo_mpsc_tx *orders;
    edo_mpsc_rx *kitchen;
    int err = edo_mpsc_new(&orders, &kitchen, sizeof(int), EDO_MPSC_UNBOUNDED, NULL);
    for (int i = 0; err == 0 && i < 1000; i++) {
        err = edo_spawn_detached(wait_for_farewell, NULL);
        if (err == 0) err = edo_mpsc_send(orders, &i);
    }
    if (err == 0) err = edo_yield();
    if (err == 0) edo_dump_open(stdout, EDO_DUMP_TEXT);
    edo_notify_all(&farewell);
    edo_mpsc_tx_unref(orders);
    edo_mpsc_rx_free(kitchen);
    return err;
}

int main(void) {
    return edo_main(gathers, NULL);
}
