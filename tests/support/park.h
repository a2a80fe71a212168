/* SPDX-License-Identifier: MIT */
/* support/park.h: a plain thread that awaits a future without a runtime, for stress tests.
 *
 * The waker does all its work in mark, under the lock of the list it lies in: so it may live on the
 * stack of the thread that waits. Real wakers deliver after the unlock. */
#ifndef EDO_TESTS_PARK_H
#define EDO_TESTS_PARK_H

#include <edo/future.h>

#include <pthread.h>

typedef struct parker {
    edo_waker base;
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool woken;
} parker;

static inline edo_waker *park_mark(edo_waker *base) {
    parker *p = (parker *)(void *)base;
    pthread_mutex_lock(&p->mutex);
    p->woken = true;
    pthread_cond_signal(&p->cond);
    pthread_mutex_unlock(&p->mutex);
    return NULL;
}

static inline void park_nothing(edo_waker *base) {
    (void)base;
}

static const edo_waker_ops park_ops = { park_mark, park_nothing, park_nothing, park_nothing };

#define PARKER                                                                                     \
    { .base = { &park_ops }, .mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER }

/* Polls `f` until it is ready, at most `polls_max` times (0: any number), sleeping in between when
 * it is pending and nobody woke it. False: the polls were used up; `f` is pending. */
static inline bool park_poll(edo_future *f, uint32_t polls_max, parker *p) {
    for (uint32_t polls = 1;; polls++) {
        edo_cx cx = { .waker = &p->base, .budget = EDO_BUDGET };
        if (edo_poll(f, &cx) == EDO_READY) return true;
        if (polls == polls_max) return false;
        pthread_mutex_lock(&p->mutex);
        while (!p->woken) pthread_cond_wait(&p->cond, &p->mutex);
        p->woken = false;
        pthread_mutex_unlock(&p->mutex);
    }
}

/* Awaits `f` and answers its result. */
static inline int park_await(edo_future *f) {
    parker p = PARKER;
    (void)park_poll(f, 0, &p);
    edo_drop(f);
    return f->result;
}

/* A random number from a seed that must not be 0 (xorshift). */
static inline uint64_t park_random(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

#endif
