/* SPDX-License-Identifier: MIT */
/* support/main_child.h: a program under edo_main() in a child process, which asks for signals, and
 * whose last words and status are read. For tests without threads. */
#ifndef EDO_TESTS_MAIN_CHILD_H
#define EDO_TESTS_MAIN_CHILD_H

#include <edo/edo.h>

#include "inside.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAIN_CHILD_MS 60000 /* one that says nothing for so long, and goes on, is killed */

static int ready_fd; /* in the child: a byte written here asks for the next signal */
static int sent_fd;  /* in the child: a byte comes here when that signal has been sent */

/* Thread-sanitizer keeps a signal that comes in the middle of a fiber for that fiber, which may
 * wait without end by then: there the signal comes in a call that blocks. */
static inline void next_signal(void) {
    CHECK_EQ(write(ready_fd, "x", 1), 1);
#ifdef EDOI_TSAN
    char byte;
    while (read(sent_fd, &byte, 1) < 0) CHECK_EQ(errno, EINTR);
#endif
}

typedef struct main_child {
    pid_t pid;
    int ready, errors; /* what it asks, and its standard error */
    int sent[2];       /* it is told here; both ends are open, or its end would be a SIGPIPE */
} main_child;

/* The child ends by _exit() after what may wait in exit(): the write of what standard output
 * has. */
static inline main_child main_child_begin(edo_task_fn *root, void *arg,
                                          const edo_runtime_opts *opts) {
    int ready[2], sent[2], errors[2];
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(sent), 0);
    assert_int_equal(pipe(errors), 0);
    (void)fflush(stdout); // the child has no copy of it
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit no_core = { 0, 0 };
        (void)setrlimit(RLIMIT_CORE, &no_core);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); // a test that fails leaves none behind
        ready_fd = ready[1];
        sent_fd = sent[0];
        (void)close(errors[0]);
        if (dup2(errors[1], STDERR_FILENO) < 0) _exit(99);
        (void)close(errors[1]);
        int status = edo_main_with(root, arg, opts);
        (void)fflush(stdout);
        _exit(status);
    }
    (void)close(ready[1]);
    (void)close(errors[1]);
    return (main_child){ child, ready[0], errors[0], { sent[0], sent[1] } };
}

/* When it has asked `asks_n` times. */
static inline void main_child_signal(const main_child *c, int signo, unsigned asks_n) {
    char byte;
    for (unsigned i = 0; i < asks_n; i++) assert_int_equal(read(c->ready, &byte, 1), 1);
    assert_int_equal(kill(c->pid, signo), 0);
    for (unsigned i = 0; i < asks_n; i++) assert_int_equal(write(c->sent[1], "x", 1), 1);
}

static inline void main_child_read(const main_child *c, int fd, char *to, size_t bytes) {
    struct pollfd in = { .fd = fd, .events = POLLIN };
    size_t n = 0;
    for (ssize_t got = 1; got > 0 && n<bytes - 1; n += got> 0 ? (size_t)got : 0) {
        if (poll(&in, 1, MAIN_CHILD_MS) <= 0) (void)kill(c->pid, SIGKILL);
        got = read(fd, to + n, bytes - 1 - n);
    }
    to[n] = '\0';
}

/* Returns its status, as waitpid() does. `said` gets its standard error; NULL: nobody reads
 * that. */
static inline int main_child_end(const main_child *c, char *said, size_t bytes) {
    char rest[16];
    int status;
    if (said) main_child_read(c, c->errors, said, bytes);
    main_child_read(c, c->ready, rest, sizeof rest);
    assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
    (void)close(c->ready);
    (void)close(c->sent[0]);
    (void)close(c->sent[1]);
    (void)close(c->errors);
    return status;
}

#endif
