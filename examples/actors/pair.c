/* SPDX-License-Identifier: MIT */
/* pair.c: a counter that sends orders to a baker, who tells it what is ready. They know each other,
 * and end all the same: the baker's handle of the counter is weak, and does not keep it alive. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>

typedef struct event {
    enum { ORDER, READY } what;
    int number;
} event;

/* ---- The baker ------------------------------------------------------------------------------- */

typedef struct baker {
    edo_mpsc_rx *inbox; // of int, the number of an order
    edo_mpsc_weak *counter;
} baker;

static void tell_counter(const baker *self, int number) {
    edo_mpsc_tx *counter = edo_mpsc_tx_upgrade(self->counter);
    if (!counter) {
        printf("baker: bread %d is ready, and the counter has gone\n", number);
        return;
    }
    (void)edo_mpsc_send(counter, &(event){ READY, number }); // it may go meanwhile
    edo_mpsc_tx_unref(counter);
}

static void baker_end(baker *self) {
    edo_mpsc_rx_free(self->inbox);
    edo_mpsc_weak_unref(self->counter);
}

static int bake(void *arg) {
    baker *self = arg;
    int err;
    for (int number; (err = edo_mpsc_recv(self->inbox, &number)) == 0;) {
        (void)edo_sleep(edo_ms(20));
        tell_counter(self, number);
    }
    puts("baker: ends");
    baker_end(self);
    return err == -EDO_ECLOSED ? 0 : err;
}

/* ---- The counter ----------------------------------------------------------------------------- */

typedef struct counter {
    edo_mpsc_rx *inbox; // of event
    edo_mpsc_tx *baker;
} counter;

/* A cycle of two that both wait for a place would stand: so one of them never waits. */
static void order(const counter *self, int number) {
    if (edo_mpsc_try_send(self->baker, &number) < 0) printf("counter: no bread %d today\n", number);
}

static void counter_end(counter *self) {
    edo_mpsc_rx_free(self->inbox);
    edo_mpsc_tx_unref(self->baker); // the last one: the baker ends
}

static int serve(void *arg) {
    counter *self = arg;
    int err;
    for (event e; (err = edo_mpsc_recv(self->inbox, &e)) == 0;) {
        if (e.what == ORDER)
            order(self, e.number);
        else
            printf("counter: bread %d is ready\n", e.number);
    }
    puts("counter: ends");
    counter_end(self);
    return err == -EDO_ECLOSED ? 0 : err;
}

static int root(void *arg) {
    counter c = { 0 };
    baker b = { 0 };
    edo_mpsc_tx *door = NULL; // the guests' handle of the counter
    (void)arg;
    EDO_SCOPE(s, NULL);
    int err = edo_mpsc_new(&door, &c.inbox, sizeof(event), 4, NULL);
    if (err == 0) err = edo_mpsc_new(&c.baker, &b.inbox, sizeof(int), 4, NULL);
    if (err == 0) b.counter = edo_mpsc_tx_downgrade(door);
    if (err < 0 || edo_scope_spawn(&s, serve, &c) < 0) counter_end(&c);
    if (err < 0 || edo_scope_spawn(&s, bake, &b) < 0) baker_end(&b);
    for (int n = 1; n <= 3 && err == 0; n++) err = edo_mpsc_send(door, &(event){ ORDER, n });
    if (err == 0) err = edo_sleep(edo_ms(50));
    edo_mpsc_tx_unref(door); // the last guest leaves
    return edo_scope_end(&s, err);
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
