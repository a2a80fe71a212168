/* SPDX-License-Identifier: MIT */
/* queue.c: orders come faster than they are cooked, and nothing bounds the queue between. With a
 * bound the waiter would wait, or say that the kitchen is full. */
#include "faulty.h"

#include <edo/edo.h>
#include <edo/mpsc.h>

static edo_mpsc_rx *kitchen;

static int cook(void *arg) {
    int order, err = 0;
    (void)arg;
    while (err == 0 && (err = edo_mpsc_recv(kitchen, &order)) == 0) err = edo_sleep(edo_ms(500));
    return err;
}

static int take_order(edo_mpsc_tx *orders) {
    int order = 7;
    return edo_mpsc_send(orders, &order);
}

int queue(void *arg) {
    edo_mpsc_tx *orders;
    (void)arg;
    int err = edo_mpsc_new(&orders, &kitchen, sizeof(int), EDO_MPSC_UNBOUNDED, NULL);
    if (err == 0) err = edo_spawn_detached(cook, NULL);
    while (err == 0 && (err = edo_sleep(edo_ms(1))) == 0) err = take_order(orders);
    return err;
}
