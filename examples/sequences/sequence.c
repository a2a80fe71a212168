/* SPDX-License-Identifier: MIT */
/* sequence.c: orders arrive, some are dropped, prices are asked for three at a time, and the offers
 * come in the order of the orders. */
#include <edo/edo.h>

#include <stdio.h>

typedef struct order {
    int id, pieces;
} order;

typedef struct offer {
    int id, euros;
} offer;

static int is_worth_it(void *arg, const void *item) {
    return ((const order *)item)->pieces >= *(const int *)arg;
}

/* Runs in a task of its own: it may wait. */
static int price(void *arg, const void *in, void *out) {
    const order *o = in;
    (void)arg;
    int err = edo_sleep(edo_ms(o->id % 2 ? 30 : 10)); // asks somewhere
    if (err == 0) *(offer *)out = (offer){ .id = o->id, .euros = 3 * o->pieces };
    return err;
}

static int take_orders(void *arg) {
    edo_mpsc_tx *tx = arg;
    int err = 0;
    for (int i = 1; i <= 9 && err == 0; i++) {
        order o = { .id = i, .pieces = i % 3 * 10 };
        err = edo_mpsc_send(tx, &o);
    }
    edo_mpsc_tx_unref(tx); // the sequence ends behind the last order
    return err;
}

static int sell(edo_mpsc_rx *rx) {
    int least = 10, rc;
    edo_seq *s = edo_seq_filter(edo_seq_from_mpsc(rx), is_worth_it, &least);
    s = edo_seq_buffered(s, 3, price, NULL, sizeof(offer));
    s = edo_seq_take(s, 5);
    offer o;
    while ((rc = edo_seq_next(s, &o)) == 1) printf("order %d: %d euros\n", o.id, o.euros);
    edo_seq_free(s);
    return rc;
}

static int root(void *arg) {
    (void)arg;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    int err = edo_mpsc_new(&tx, &rx, sizeof(order), 4, NULL);
    if (err < 0) return err;
    edo_instant began = edo_now();
    edo_task *orders = edo_spawn(take_orders, tx);
    if (!orders) edo_mpsc_tx_unref(tx);
    err = sell(rx);
    printf("after %d ms\n", (int)(edo_instant_since(edo_now(), began).ns / 1000000));
    int ended = edo_task_join(orders);
    return err < 0 ? err : ended == -EDO_ECLOSED ? 0 : ended;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
