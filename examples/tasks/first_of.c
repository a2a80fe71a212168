/* SPDX-License-Identifier: MIT */
/* first_of.c: a task that waits for whatever comes first: a message, a tick, or the order to
 * stop. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>

typedef struct meter {
    edo_mpsc_rx *inbox;
    edo_cancel_token *stop;
    edo_interval every;
    int sum, parts;
} meter;

static void flush(meter *self) {
    printf("%d in %d parts\n", self->sum, self->parts);
    self->sum = self->parts = 0;
}

static int run(void *arg) {
    meter *self = arg;
    for (int value;;) {
        edo_mpsc_recv_future msg;
        edo_interval_tick_future tick;
        edo_cancel_wait_future stop;
        switch (edo_select(edo_mpsc_recv_init(&msg, self->inbox, &value),
                           edo_interval_tick_init(&tick, &self->every, NULL),
                           edo_cancel_wait_init(&stop, self->stop))) {
        case 0:
            if (edo_result(&msg) < 0) return 0; // no sender is left
            self->sum += value;
            self->parts++;
            break;
        case 1: flush(self); break;
        case 2:
            flush(self);
            puts("told to stop");
            return 0;
        default: return -ECANCELED; // this task was cancelled
        }
    }
}

static int feed(edo_mpsc_tx *tx) {
    for (int i = 1; i <= 7; i++) {
        int err = edo_mpsc_send(tx, &i);
        if (err == 0) err = edo_sleep(edo_ms(30));
        if (err < 0) return err;
    }
    return 0;
}

static int measure(meter *self, edo_mpsc_tx *tx) {
    int err = edo_interval_init(&self->every, edo_ms(100), EDO_TICK_DELAY);
    if (err < 0) return err;
    edo_interval_reset(&self->every, edo_instant_add(edo_now(), edo_ms(100)));
    EDO_SCOPE(s, NULL);
    edo_scope_spawn(&s, run, self);
    err = feed(tx);
    edo_cancel(self->stop, EDO_CANCEL_SHUTDOWN);
    return edo_scope_end(&s, err);
}

static int root(void *arg) {
    (void)arg;
    edo_mpsc_tx *tx;
    meter m = { 0 };
    int err = edo_mpsc_new(&tx, &m.inbox, sizeof(int), 16, NULL);
    if (err < 0) return err;
    err = edo_cancel_new(&m.stop);
    if (err == 0) err = measure(&m, tx);
    edo_cancel_unref(m.stop);
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(m.inbox);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
