/* SPDX-License-Identifier: MIT */
/* worker_queue.c: n workers, one queue. When no more work comes they take what is left and end;
 * told to stop, each finishes the item that it is at and takes no more. */
#include <edo/edo.h>

#include <stdio.h>

#define WORKERS 4

typedef struct pool {
    edo_chan_rx *queue;
    edo_cancel_token *stop;
    int finished;
} pool;

static int next_item(pool *self, int *item) {
    EDO_CANCEL(b, self->stop); // the wait for work obeys the token; the work does not
    return edo_cancel_end(&b, edo_chan_recv(self->queue, item));
}

static int work(void *arg) {
    pool *self = arg;
    int item, err;
    while ((err = next_item(self, &item)) == 0) {
        err = edo_sleep(edo_ms(200)); // the work
        if (err < 0) return err;
        self->finished++;
    }
    return err == -EDO_ECLOSED || edo_cancel_is_set(self->stop) ? 0 : err;
}

/* Sends 20 items; `stop_after` 0: lets them all be done. */
static int run(pool *self, edo_chan_tx *tx, edo_duration stop_after) {
    EDO_SCOPE(s, NULL);
    for (int i = 0; i < WORKERS; i++) edo_scope_spawn(&s, work, self);
    int err = 0;
    for (int i = 0; i < 20 && err == 0; i++) err = edo_chan_send(tx, &i);
    edo_chan_tx_unref(tx); // that is all the work there is
    if (err == 0 && stop_after.ns > 0) {
        err = edo_sleep(stop_after);
        edo_cancel(self->stop, EDO_CANCEL_USER);
    }
    return edo_scope_end(&s, err);
}

static int try(edo_duration stop_after, const char *what) {
    pool p = { 0 };
    int err = edo_cancel_new(&p.stop);
    if (err < 0) return err;
    edo_chan_tx *tx;
    err = edo_chan_new(&tx, &p.queue, sizeof(int), 100, NULL);
    if (err == 0) {
        edo_instant start = edo_now();
        err = run(&p, tx, stop_after);
        edo_duration took = edo_instant_since(edo_now(), start);
        printf("%s: %d of 20 after %lld ms, %zu left in the queue\n", what, p.finished,
               (long long)(took.ns / 1000000), edo_chan_len(p.queue));
        edo_chan_rx_unref(p.queue); // and with it what is left
    }
    edo_cancel_unref(p.stop);
    return err;
}

static int root(void *arg) {
    (void)arg;
    int err = try(edo_ms(0), "left alone");
    return err < 0 ? err : try(edo_ms(500), "told to stop at 500 ms");
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
