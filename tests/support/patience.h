/* SPDX-License-Identifier: MIT */
/* support/patience.h: waits that have an end. After 30 s of real time the program ends, and says
 * for what it has waited: a test that waits for ever says nothing. */
#ifndef EDO_TESTS_PATIENCE_H
#define EDO_TESTS_PATIENCE_H

#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TEST_PATIENCE_S 30

static inline int64_t patience_now_s(void) {
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec;
}

static inline void patience_check(int64_t since_s, const char *what, const char *file, int line) {
    if (patience_now_s() - since_s <= TEST_PATIENCE_S) return;
    (void)fprintf(stderr, "%s:%d: after %d s there is still: %s\n", file, line, TEST_PATIENCE_S,
                  what);
    abort();
}

/* Lets other threads run while `condition` holds. On any thread; a task that waits so keeps its
 * worker. */
#define WAIT_WHILE(condition)                                                                      \
    do {                                                                                           \
        int64_t wait_since_s = patience_now_s();                                                   \
        while (condition) {                                                                        \
            patience_check(wait_since_s, #condition, __FILE__, __LINE__);                          \
            (void)sched_yield();                                                                   \
        }                                                                                          \
    } while (0)

#endif
