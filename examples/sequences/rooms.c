/* SPDX-License-Identifier: MIT */
/* rooms.c: one task hears any number of rooms, which it enters and leaves meanwhile. */
#include <edo/edo.h>

#include <inttypes.h>
#include <stdio.h>

#define ROOMS 3

typedef struct order {
    uint64_t room;
    bool leaves;
} order;

typedef struct house {
    edo_broadcast_tx *rooms[ROOMS];
    edo_mpsc_rx *orders;
} house;

static int obey(const house *self, edo_keyed_seq *heard, order o) {
    edo_broadcast_rx *rx;
    if (o.leaves) {
        edo_seq_free(edo_keyed_seq_remove(heard, o.room));
        return 0;
    }
    int err = edo_broadcast_subscribe(&rx, self->rooms[o.room]);
    return err < 0 ? err : edo_keyed_seq_insert(heard, o.room, edo_seq_from_broadcast(rx));
}

/* Something came from a room. */
static int hears(const edo_keyed_came *came, int word) {
    if (came->result == 1) printf("room %" PRIu64 ": %d\n", came->key, word);
    if (came->result == 0) printf("room %" PRIu64 " is closed\n", came->key);
    return came->result == -EDO_ELAGGED ? 0 : came->result; // words were missed
}

/* Returns 0 when nobody gives orders any more. */
static int hear(const house *self, edo_keyed_seq *heard) {
    int err = 0;
    while (err >= 0) {
        order o;
        int word;
        edo_keyed_came came;
        edo_mpsc_recv_future told;
        edo_keyed_seq_item_next_future next;
        edo_future *news = edo_keyed_seq_item_next_init(&next, heard, &came, &word);
        if (edo_keyed_seq_len(heard) == 0) news = NULL; // a select passes over it
        switch (edo_select(edo_mpsc_recv_init(&told, self->orders, &o), news)) {
        case 0:
            err = edo_result(&told);
            if (err == -EDO_ECLOSED) return 0;
            if (err == 0) err = obey(self, heard, o);
            break;
        case 1:
            err = edo_result(&next);
            if (err > 0) err = hears(&came, word);
            break;
        default: return -ECANCELED;
        }
    }
    return err;
}

static int hear_rooms(void *arg) {
    edo_keyed_seq *heard = edo_keyed_seq_new(sizeof(int));
    int err = hear(arg, heard);
    edo_keyed_seq_free(heard);
    return err;
}

/* Enters rooms 0 and 2, says a word in each room, and goes on elsewhere. */
static int visit(house *h, edo_mpsc_tx *orders) {
    static const order all[] = { { 0, false }, { 2, false }, { 0, true }, { 1, false } };
    int err = 0, word = 0;
    for (size_t i = 0; err >= 0 && i < EDO_COUNT(all); i++) {
        err = edo_mpsc_send(orders, &all[i]);
        if (err == 0 && i > 0) err = edo_sleep(edo_ms(10)); // until the order was obeyed
        for (int r = 0; err >= 0 && i > 0 && r < ROOMS; r++) {
            word++;
            err = edo_broadcast_send(h->rooms[r], &word);
            if (err == -EDO_ECLOSED) err = 0; // nobody is there
        }
        if (err >= 0) err = edo_sleep(edo_ms(10));
    }
    edo_broadcast_tx_unref(h->rooms[2]); // its last sender
    h->rooms[2] = NULL;
    return err < 0 ? err : edo_sleep(edo_ms(10));
}

static int root(void *arg) {
    house h = { .orders = NULL };
    edo_mpsc_tx *orders = NULL;
    (void)arg;
    int err = edo_mpsc_new(&orders, &h.orders, sizeof(order), 4, NULL);
    for (int r = 0; err == 0 && r < ROOMS; r++)
        err = edo_broadcast_new(&h.rooms[r], NULL, sizeof(int), 8, NULL);
    if (err == 0) {
        EDO_SCOPE(s, NULL);
        edo_scope_spawn(&s, hear_rooms, &h);
        err = visit(&h, orders);
        edo_mpsc_tx_unref(orders); // there are no more orders
        orders = NULL;
        err = edo_scope_end(&s, err);
    }
    for (int r = 0; r < ROOMS; r++) edo_broadcast_tx_unref(h.rooms[r]);
    edo_mpsc_tx_unref(orders);
    edo_mpsc_rx_free(h.orders);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
