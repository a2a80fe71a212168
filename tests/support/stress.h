/* SPDX-License-Identifier: MIT */
/* support/stress.h: for threads that poll, give up and start again at random. */
#ifndef EDO_TESTS_STRESS_H
#define EDO_TESTS_STRESS_H

#include "parker.h"

/* Polls `f` until it is ready, at most `polls_max` times (0: any number), parked in between. False:
 * the polls were used up, and `f` is pending. */
static inline bool stress_poll(parker *p, edo_future *f, uint32_t polls_max) {
    for (uint32_t polls = 1;; polls++) {
        edo_cx cx = { .waker = &p->base, .budget = EDO_BUDGET };
        if (edo_poll(f, &cx) == EDO_READY) return true;
        if (polls == polls_max) return false;
        pthread_mutex_lock(&p->lock);
        while (!p->woken) pthread_cond_wait(&p->changed, &p->lock);
        p->woken = false;
        pthread_mutex_unlock(&p->lock);
    }
}

/* A random number; the seed must not be 0 (xorshift). */
static inline uint64_t stress_random(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

#endif
