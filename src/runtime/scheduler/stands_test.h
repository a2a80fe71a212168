/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/stands_test.h: for white-box tests of what is told to stand: tasks that wait,
 * and the watchdog's look at a later time. */
#ifndef EDOI_RUNTIME_SCHEDULER_STANDS_TEST_H
#define EDOI_RUNTIME_SCHEDULER_STANDS_TEST_H

#include "driver/clock.h"
#include "runtime/scheduler/blocked.h"

#include <edo/locks.h>

#include "inside.h"

#include <errno.h>

#define SECOND INT64_C(1000000000)

static inline uint64_t told_after(int64_t ns) {
    edo_locks_stats before, after;
    edo_locks_get_stats(&before);
    edoi_blocked_look(edoi_time_after(edoi_clock_monotonic(), ns));
    edo_locks_get_stats(&after);
    return after.standing - before.standing;
}

static inline void expect_told(uint64_t n) {
    CHECK_EQ(told_after(9 * SECOND), 0);
    CHECK_EQ(told_after(11 * SECOND), n);
    CHECK_EQ(told_after(12 * SECOND), 0); // each is told once
}

static inline edo_task *start(edo_task_fn *fn, void *arg, const char *name) {
    return edo_spawn_with(fn, arg, &(edo_spawn_opts){ .name = name });
}

/* Until all others wait: each of them has fewer turns. */
static inline void settle(void) {
    for (int i = 0; i < 64; i++) CHECK_EQ(edo_yield(), 0);
}

/* Permits count after a task has given back what it took there. */
static inline void prove(edo_task_fn *fn) {
    CHECK_EQ(edo_task_join(start(fn, NULL, "prover")), 0);
}

/* One that is cancelled may get meanwhile what the other one gives up. */
static inline void end_task(edo_task *t) {
    edo_task_cancel(t);
    int err = edo_task_join(t);
    CHECK(err == 0 || err == -ECANCELED);
}

static inline int end_tasks(edo_task *one, edo_task *other) {
    end_task(one);
    end_task(other);
    return 0;
}

/* Runs each by itself, in real time: waits under a paused clock have no age. */
static inline void stands_run(edo_task_fn *const *fns, size_t n) {
    assert_int_equal(edo_locks_watch(NULL), 0);
    for (size_t i = 0; i < n; i++) assert_int_equal(inside_real(fns[i], NULL), 0);
}

#endif
