/* SPDX-License-Identifier: MIT */
/* support/child.h: what a child made by fork() finds, told by its exit status. */
#ifndef EDO_TESTS_CHILD_H
#define EDO_TESTS_CHILD_H

#include <edo/edo.h>

#include <sys/wait.h>
#include <unistd.h>

#define CHILD_S 20 /* then it hangs */

/* In a child: ends the check with `status`, 1 or more, unless the condition holds. */
#define EXPECT(condition, status)                                                                  \
    do {                                                                                           \
        if (!(condition)) return (status);                                                         \
    } while (0)

/* Runs `fn(arg)` in a child, and returns its exit status; -1: it was killed, or hung. */
static inline int child_status(int (*fn)(void *), void *arg) {
    pid_t child = fork();
    if (child == 0) {
        (void)alarm(CHILD_S);
        _exit(fn(arg));
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
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

/* In a child: 0 if a runtime of its own does all that one does. */
static inline int make_a_runtime(void *arg) {
    edo_runtime *rt;
    (void)arg;
    if (edo_runtime_new(&rt, NULL) != 0) return 101;
    int result = edo_run(rt, child_a_little_of_all, NULL);
    edo_runtime_free(rt);
    return result == 5 ? 0 : 102;
}

#endif
