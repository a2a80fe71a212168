/* SPDX-License-Identifier: MIT */
/* support/patience.h: waits that have an end, in tasks and on plain threads. After 30 s of real
 * time the program ends, and says for what it has waited: a test that waits for ever says
 * nothing. */
#ifndef EDO_TESTS_PATIENCE_H
#define EDO_TESTS_PATIENCE_H

#include <edo/task.h>
#include <edo/test.h>

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define PATIENCE_S 30

static bool clock_is_by_hand; /* a paused clock does not jump: see inside_by_hand() */

/* The time in s, whatever the runtime's clock says. */
static inline int64_t patience_now_s(void) {
    struct timespec ts;
    EDO_TEST_EQ(clock_gettime(CLOCK_MONOTONIC, &ts), 0);
    return (int64_t)ts.tv_sec;
}

/* Has the wait that began at `since_s` taken too long? */
static inline bool patience_is_over(int64_t since_s) {
    return patience_now_s() - since_s > PATIENCE_S;
}

static inline void patience_check(int64_t since_s, const char *what, const char *file, int line) {
    if (patience_is_over(since_s))
        edo_test_fail_at(file, line, "after %d s still not: %s", PATIENCE_S, what);
}

/* Lets others run before the next look at a state: in a task the tasks of its worker, elsewhere
 * other threads. Not in a poll function. */
static inline void let_run(void) {
    if (edo_task_current_id() == 0)
        (void)sched_yield();
    else
        EDO_TEST_EQ(clock_is_by_hand ? edo_yield() : edo_sleep(edo_ms(1)), 0);
}

/* Waits until `cond` is true; ends the program after 30 s without. A task that must keep its worker
 * meanwhile waits at a gate (gate.h). */
#define WAIT_FOR(cond)                                                                             \
    do {                                                                                           \
        for (const int64_t wait_since_s = patience_now_s(); !(cond); let_run())                    \
            patience_check(wait_since_s, #cond, __FILE__, __LINE__);                               \
    } while (0)

/* As WAIT_FOR(), in a task, without time that passes: a paused clock does not jump meanwhile. */
#define YIELD_FOR(cond)                                                                            \
    do {                                                                                           \
        for (const int64_t wait_since_s = patience_now_s(); !(cond);) {                            \
            patience_check(wait_since_s, #cond, __FILE__, __LINE__);                               \
            EDO_TEST_EQ(edo_yield(), 0);                                                           \
        }                                                                                          \
    } while (0)

/* As WAIT_FOR(value == wanted), for whole numbers; tells what `value` was in the end. */
#define WAIT_FOR_EQ(value, wanted)                                                                 \
    do {                                                                                           \
        const int64_t wait_since_s = patience_now_s();                                             \
        while ((value) != (wanted) && !patience_is_over(wait_since_s)) let_run();                  \
        EDO_TEST_EQ(value, wanted);                                                                \
    } while (0)

#endif
