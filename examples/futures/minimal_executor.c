/* SPDX-License-Identifier: MIT */
/* minimal_executor.c: all that an executor must do, in thirty lines. It polls, and between two
 * polls it sleeps until the waker was called: it burns no time while there is nothing to do. */
#include <edo/async.h>
#include <edo/oneshot.h>
#include <edo/time.h>

#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t woken = PTHREAD_COND_INITIALIZER;
static bool notified; // lock: mu

/* A waker is only borrowed, so all is done here, under the lock of whoever wakes; nothing is left
 * to deliver. */
static edo_waker *wake(edo_waker *self) {
    (void)self;
    pthread_mutex_lock(&mu);
    notified = true;
    pthread_cond_signal(&woken);
    pthread_mutex_unlock(&mu);
    return NULL;
}
static void nothing(edo_waker *self) {
    (void)self; // it is static: there is nothing to count and nothing to deliver
}
static const edo_waker_ops ops = { wake, nothing, nothing, nothing }; // mark, deliver, ref, unref
static edo_waker waker = { &ops };

static int block_on(edo_future *f, int *polls) {
    for (;; (*polls)++) {
        edo_cx cx = { .waker = &waker, .budget = EDO_BUDGET };
        if (edo_poll(f, &cx) == EDO_READY) return f->result;
        pthread_mutex_lock(&mu);
        while (!notified) pthread_cond_wait(&woken, &mu);
        notified = false; // before the next poll: what comes from now on is not lost
        pthread_mutex_unlock(&mu);
    }
}

/* Something to run: a state machine that waits for another thread. */
EDO_ASYNC(add, edo_oneshot_rx *rx; int a, b; edo_oneshot_recv_future recv;) {
    EDO_BEGIN;
    EDO_TRY_AWAIT(edo_oneshot_recv_init(&self->recv, self->rx, &self->b));
    EDO_RETURN(self->a + self->b);
    EDO_END;
}

static void *other_thread(void *arg) {
    int b = 2;
    (void)edo_oneshot_send(arg, &b);
    return NULL;
}

int main(void) {
    edo_oneshot_tx *tx;
    add sum = { .a = 40 };
    if (edo_oneshot_new(&tx, &sum.rx, sizeof(int), NULL) < 0) return 1;
    pthread_t thread;
    if (pthread_create(&thread, NULL, other_thread, tx) != 0) return 1;
    int polls = 1;
    printf("the sum is %d\n", block_on(add_init(&sum), &polls));
    pthread_join(thread, NULL);
    edo_oneshot_rx_free(sum.rx);
    printf("%s\n", polls <= 2 ? "at most two polls" : "too many polls");

    edo_sleep_future nap; // what needs a runtime says so, it does not hang
    printf("a sleep here: %s\n", edo_error_name(block_on(edo_sleep_init(&nap, edo_ms(1)), &polls)));
    return 0;
}
