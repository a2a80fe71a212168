/* SPDX-License-Identifier: MIT */
/* base/cond.c: see cond.h. */
#include "base/cond.h"

#include <time.h>

void edoi_cond_init(pthread_cond_t *cond) {
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(cond, &attr);
    (void)pthread_condattr_destroy(&attr);
}

bool edoi_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t until_ns) {
    if (until_ns == INT64_MAX) return pthread_cond_wait(cond, mutex) == 0;
    struct timespec until = { .tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000 };
    return pthread_cond_timedwait(cond, mutex, &until) == 0;
}
