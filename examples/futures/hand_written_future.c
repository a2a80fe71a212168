/* SPDX-License-Identifier: MIT */
/* hand_written_future.c: a future written by hand, whose event comes from another thread.
 *
 * (A thread for each delay is for learning only; edo_sleep() costs a timer of 40 bytes.) */
#include <edo/edo.h>

#include <pthread.h>
#include <stdio.h>
#include <time.h>

typedef struct delay {
    edo_future base; // first: a pointer to a delay is a pointer to a future
    struct timespec until;
    pthread_t thread; // runs from the first poll to the end
    pthread_mutex_t mu;
    pthread_cond_t changed;
    edo_waker *waker; // lock: mu; borrowed from the task that waits
    bool over, left;  // lock: mu; the time is over; nobody waits any more
} delay;

enum { FRESH, WAITING }; // steps

static void *wait_in_thread(void *arg) {
    delay *self = arg;
    pthread_mutex_lock(&self->mu);
    while (!self->left && pthread_cond_timedwait(&self->changed, &self->mu, &self->until) == 0) {
    }
    self->over = true;
    edo_waker *claimed = self->left ? NULL : edo_waker_mark(self->waker); // under the lock
    pthread_mutex_unlock(&self->mu);
    edo_waker_deliver(claimed); // after it
    return NULL;
}

static edo_polled delay_poll(edo_future *f, edo_cx *cx) {
    delay *self = (delay *)f;
    if (!edo_budget_take(cx)) return EDO_PENDING;
    pthread_mutex_lock(&self->mu);
    bool over = self->over;
    if (!over) self->waker = edo_cx_waker(cx); // anew at each poll: it may be another one
    pthread_mutex_unlock(&self->mu);
    if (over) {
        pthread_join(self->thread, NULL);
        return edo_future_finish(f, 0);
    }
    if (edo_future_step(f) == FRESH) {
        int err = pthread_create(&self->thread, NULL, wait_in_thread, self);
        if (err != 0) return edo_future_finish(f, -err);
        edo_future_next_step(f, WAITING);
    }
    edo_budget_refund(cx);
    return EDO_PENDING;
}

static void delay_drop(edo_future *f) {
    delay *self = (delay *)f;
    if (!edo_future_is_over(f) && edo_future_step(f) == WAITING) {
        pthread_mutex_lock(&self->mu);
        self->left = true; // from here on the waker is not touched
        pthread_cond_signal(&self->changed);
        pthread_mutex_unlock(&self->mu);
        pthread_join(self->thread, NULL);
    }
    edo_future_retire(f);
}

static edo_future *delay_init(delay *self, int ms) {
    static const edo_future_ops ops = {
        .poll = delay_poll, .drop = delay_drop, .name = "delay", .size = sizeof(delay)
    };
    *self = (delay){ .mu = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
    (void)clock_gettime(CLOCK_REALTIME, &self->until);
    self->until.tv_nsec += ms * 1000000L;
    self->until.tv_sec += self->until.tv_nsec / 1000000000;
    self->until.tv_nsec %= 1000000000;
    return edo_future_init(&self->base, &ops);
}

static int root(void *arg) {
    (void)arg;
    delay d, never_polled, cut_short;
    int err = edo_await(delay_init(&d, 20));
    printf("awaited: %d\n", err);

    edo_drop(delay_init(&never_polled, 20)); // lazy: no thread was ever started
    puts("dropped before its first poll");

    err = edo_timeout(delay_init(&cut_short, 60000), edo_ms(20));
    printf("a minute, cut short: %s\n", edo_error_name(err));
    return 0;
}

int main(void) {
    return edo_main(root, NULL);
}
