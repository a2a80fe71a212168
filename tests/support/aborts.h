/* SPDX-License-Identifier: MIT */
/* support/aborts.h: whether a function aborts, tried in a child. For tests without threads, and
 * before the first fiber: a fork beside them confuses the thread sanitizer. */
#ifndef EDO_TESTS_ABORTS_H
#define EDO_TESTS_ABORTS_H

#include "last_words.h"

#include <fcntl.h>

/* True: `fn` ended by abort(); false: it returned. Its words on standard error are not shown. */
static inline bool aborts(void (*fn)(void)) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        may_abort();
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (nowhere >= 0) (void)dup2(nowhere, STDERR_FILENO);
        fn();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    bool aborted = is_abort(status);
    if (!aborted && status != 0) fail_msg("the child ended with status 0x%x", (unsigned)status);
    return aborted;
}

#endif
