/* SPDX-License-Identifier: MIT */
/* support/last_words.h: the text that a function prints on standard error, run in a child. For
 * tests without threads, and before the first fiber: a fork beside them confuses the thread
 * sanitizer. */
#ifndef EDO_TESTS_LAST_WORDS_H
#define EDO_TESTS_LAST_WORDS_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* In a child that may abort: no core is left, and no handler of the test's is in the way. */
static inline void may_abort(void) {
    const struct rlimit no_core = { 0, 0 };
    const struct sigaction by_default = { .sa_handler = SIG_DFL };
    (void)setrlimit(RLIMIT_CORE, &no_core);
    (void)sigaction(SIGABRT, &by_default, NULL); // cmocka catches it
}

/* The child exits with the result of `fn(arg)`; `said` gets its standard error, as a text. Returns
 * its wait status, as waitpid() does. */
static inline int last_words(int (*fn)(void *arg), void *arg, char *said, size_t bytes) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        may_abort();
        (void)dup2(ends[1], STDERR_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        _exit(fn(arg));
    }
    (void)close(ends[1]);
    size_t n = 0;
    for (ssize_t got; (got = read(ends[0], said + n, bytes - 1 - n)) > 0;) n += (size_t)got;
    for (char rest[256]; read(ends[0], rest, sizeof rest) > 0;) { // or its writer gets SIGPIPE
    }
    said[n] = '\0';
    (void)close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/* In a child of last_words_in_file(): writes what it has said by now to `said`, as a text. */
static inline void said_by_now(char *said, size_t bytes) {
    size_t n = 0;
    for (ssize_t got; (got = pread(STDERR_FILENO, said + n, bytes - 1 - n, (off_t)n)) > 0;)
        n += (size_t)got;
    said[n] = '\0';
}

/* As last_words(), but the child's standard error is a file, which the child can read, too. */
static inline int last_words_in_file(int (*fn)(void *arg), void *arg, char *said, size_t bytes) {
    FILE *file = tmpfile();
    assert_non_null(file);
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        may_abort();
        (void)dup2(fileno(file), STDERR_FILENO);
        _exit(fn(arg));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    size_t n = 0;
    for (ssize_t got; (got = pread(fileno(file), said + n, bytes - 1 - n, (off_t)n)) > 0;)
        n += (size_t)got;
    said[n] = '\0';
    (void)fclose(file);
    return status;
}

static inline bool is_abort(int status) {
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

#endif
