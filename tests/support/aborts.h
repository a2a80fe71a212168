/* SPDX-License-Identifier: MIT */
/* support/aborts.h: whether a function aborts, tried in a child. For tests without threads, and
 * before the first fiber: a fork beside them confuses the thread sanitizer. */
#ifndef EDO_TESTS_ABORTS_H
#define EDO_TESTS_ABORTS_H

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* True: `fn` ended by abort(); false: it returned. Its words on standard error are not shown. */
static inline bool aborts(void (*fn)(void)) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit no_core = { 0, 0 };
        const struct sigaction by_default = { .sa_handler = SIG_DFL };
        (void)setrlimit(RLIMIT_CORE, &no_core);
        (void)sigaction(SIGABRT, &by_default, NULL);
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (nowhere >= 0) (void)dup2(nowhere, STDERR_FILENO);
        fn();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    bool aborted = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
    if (!aborted && status != 0) fail_msg("the child ended with status 0x%x", (unsigned)status);
    return aborted;
}

#endif
