/* SPDX-License-Identifier: MIT */
/* worker_pool.c: a queue of work, four at a time; told to stop, it finishes what is in hand:
 * what four are at, and the item that was taken from the queue and waits for a place.
 *
 * A real program waits for edo_ctrl_c_init() in place of the token. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>

typedef struct pool {
    edo_seq *queue;
    edo_cancel_token *stop;
    edo_cancel_wait_future stopped;
    int finished;
} pool;

static int work(void *arg) {
    pool *self = arg;
    int err = edo_sleep(edo_ms(200));
    if (err == 0) self->finished++;
    return err;
}

static int run(void *arg) {
    pool *self = arg;
    EDO_SCOPE(s, &(edo_scope_opts){ .at_once = 4, .policy = EDO_SCOPE_ALL });
    for (int item; edo_seq_next(self->queue, &item) == 1;)
        edo_scope_spawn(&s, work, self); // waits for one of four places
    return edo_scope_end(&s, 0);         // what is in hand is finished
}

static int feed(pool *self, edo_mpsc_tx *tx, edo_duration stop_after) {
    int err = 0;
    for (int i = 0; i < 20 && err == 0; i++) err = edo_mpsc_send(tx, &i);
    edo_mpsc_tx_unref(tx); // that is all the work there is
    if (err == 0) err = edo_sleep(stop_after);
    edo_cancel(self->stop, EDO_CANCEL_SHUTDOWN);
    return err;
}

static int try(edo_duration stop_after, const char *what) {
    pool p = { 0 };
    int err = edo_cancel_new(&p.stop);
    if (err < 0) return err;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    err = edo_mpsc_new(&tx, &rx, sizeof(int), 100, NULL);
    if (err == 0) {
        // The order to stop comes first, however much work there is.
        p.queue =
            edo_seq_take_until(edo_seq_from_mpsc(rx), edo_cancel_wait_init(&p.stopped, p.stop));
        edo_instant start = edo_now();
        EDO_SCOPE(s, NULL);
        edo_scope_spawn(&s, run, &p);
        err = feed(&p, tx, stop_after);
        err = edo_scope_end(&s, err);
        edo_duration took = edo_instant_since(edo_now(), start);
        printf("%s: %d of 20 after %lld ms\n", what, p.finished, (long long)(took.ns / 1000000));
        edo_seq_free(p.queue);
    }
    edo_cancel_unref(p.stop);
    return err;
}

static int root(void *arg) {
    (void)arg;
    int err = try(edo_ms(1000), "left alone");
    return err < 0 ? err : try(edo_ms(500), "told to stop at 500 ms");
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
