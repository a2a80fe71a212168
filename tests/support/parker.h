/* SPDX-License-Identifier: MIT */
/* support/parker.h: awaits a future on a plain thread, without a runtime, for stress tests.
 *
 * A parker is the waker of one thread. A wake may still be on its way when the thread has long gone
 * on, so parkers live until all threads of the test have been joined. */
#ifndef EDO_TESTS_PARKER_H
#define EDO_TESTS_PARKER_H

#include <edo/future.h>

#include <pthread.h>

typedef struct parker {
    edo_waker base;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool woken; /* lock: lock */
} parker;

static inline edo_waker *parker_mark(edo_waker *base) {
    return base;
}

static inline void parker_deliver(edo_waker *base) {
    parker *p = (parker *)(void *)base;
    pthread_mutex_lock(&p->lock);
    p->woken = true;
    pthread_cond_signal(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

static inline void parker_keep(edo_waker *base) {
    (void)base;
}

static const edo_waker_ops parker_ops = { parker_mark, parker_deliver, parker_keep, parker_keep };

static inline void parker_init(parker *p) {
    p->base.ops = &parker_ops;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->changed, NULL);
    p->woken = false;
}

static inline void parker_deinit(parker *p) {
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
}

/* Polls `f` until it is ready, parked in between; returns its result. */
static inline int parker_await(parker *p, edo_future *f) {
    for (;;) {
        edo_cx cx = { .waker = &p->base, .budget = EDO_BUDGET };
        if (edo_poll(f, &cx) == EDO_READY) return f->result;
        pthread_mutex_lock(&p->lock);
        while (!p->woken) pthread_cond_wait(&p->changed, &p->lock);
        p->woken = false;
        pthread_mutex_unlock(&p->lock);
    }
}

#endif
