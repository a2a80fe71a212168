/* SPDX-License-Identifier: MIT */
/* process/process_support.h: children and descriptors are counted. */
#ifndef EDO_TESTS_PROCESS_SUPPORT_H
#define EDO_TESTS_PROCESS_SUPPORT_H

#include "../fd/fd_support.h"

#include <edo/edo.h>

#include <string.h>
#include <sys/wait.h>
#include <time.h>

#define ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Waits until this process has no child any more, zombies included. */
static inline void await_no_children(void) {
    siginfo_t info;
    for (int tries = 0; waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0; tries++) {
        struct timespec ms = { .tv_nsec = 1000000 };
        CHECK(tries < 20000);
        (void)nanosleep(&ms, NULL);
    }
    CHECK_EQ(errno, ECHILD);
}

/* As await_no_children(), and until no more than `n` descriptors are open: a thread that waited for
 * a program closes its own a little later. */
static inline void await_nothing_left(int n) {
    await_no_children();
    for (int tries = 0; open_descriptors() > n; tries++) {
        struct timespec ms = { .tv_nsec = 1000000 };
        CHECK(tries < 20000);
        (void)nanosleep(&ms, NULL);
    }
}

/* Runs `body`, which is to return 0, on every kind of runtime; it leaves no descriptor and no child
 * behind. */
static inline void run_each_clean(edo_task_fn *body) {
    int before = open_descriptors();
    assert_int_equal(inside_each(body, NULL), 0);
    await_nothing_left(before);
}

#endif
