/* SPDX-License-Identifier: MIT */
/* support/child.h: checks in a child made by fork(), reported by its exit status. */
#ifndef EDO_TESTS_CHILD_H
#define EDO_TESTS_CHILD_H

#include <edo/compute.h>
#include <edo/edo.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child that takes longer than CHILD_S hangs, and is killed.
 *
 * The address sanitizer's malloc does not hold its locks over a fork (LLVM has done so since 18,
 * gcc 12 has not): where a thread of the parent allocates at the fork, or just begins, the child
 * may hang in its first malloc. There a child that hung is made anew. One that hangs by a fault of
 * edo's in a case that is not left to chance hangs each time. */
#ifdef EDOI_ASAN
#    define CHILD_S     5
#    define CHILD_TRIES 10
#else
#    define CHILD_S     20
#    define CHILD_TRIES 1
#endif

/* In a child: ends the check with `status`, 1 or more, unless the condition holds. */
#define EXPECT(condition, status)                                                                  \
    do {                                                                                           \
        if (!(condition)) return (status);                                                         \
    } while (0)

/* Makes a child, which gets 0, and may be one of several tries. The parent gets the exit status of
 * the last and returns 1; `*status` is -1 if it was killed, or hung. */
static inline int child_fork(int *status) {
    int how = 0;
    for (int i = 0; i < CHILD_TRIES; i++) {
        pid_t child = fork();
        if (child == 0) {
            (void)alarm(CHILD_S);
            return 0;
        }
        *status = -1;
        if (child < 0 || waitpid(child, &how, 0) != child) break;
        if (WIFEXITED(how)) *status = WEXITSTATUS(how);
        if (!WIFSIGNALED(how) || WTERMSIG(how) != SIGALRM) break;
    }
    return 1;
}

/* Runs `fn(arg)` in a child, and returns its exit status; -1: it was killed, or hung. */
static inline int child_status(int (*fn)(void *), void *arg) {
    int status;
    if (child_fork(&status) == 0) _exit(fn(arg));
    return status;
}

static inline int child_nothing(void *arg) {
    (void)arg;
    return 5;
}

static inline int child_a_little_of_all(void *arg) {
    (void)arg;
    edo_task *t = edo_spawn(child_nothing, NULL);
    if (edo_task_join(t) != 5) return -1;
    if (edo_sleep(edo_ms(1)) != 0) return -2;
    if (edo_blocking(child_nothing, NULL) != 5) return -3;
    return edo_compute(child_nothing, NULL);
}

/* In a child: 0 if a runtime of its own works as any runtime does. */
static inline int make_a_runtime(void *arg) {
    edo_runtime *rt;
    (void)arg;
    if (edo_runtime_new(&rt, NULL) != 0) return 101;
    int result = edo_run(rt, child_a_little_of_all, NULL);
    edo_runtime_free(rt);
    return result == 5 ? 0 : 102;
}

#endif
