/* SPDX-License-Identifier: MIT */
/* Goal: whatever system call of a program's start fails, its code comes back, nothing hangs, and no
 * descriptor and no process is left; a kernel without descriptors of processes is told.
 * Method: the functions of libc below fail in turn, each with each code, or do as an old kernel
 * does. The thread sanitizer needs clone() itself. */
#include "fail_in_turn.h"
#include "process_support.h"

#include <edo/process.h>

#include <sched.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* 1: it makes no descriptor of a process; 2: it cannot wait for one. */
static atomic_int old_kernel;

int pipe2(int fds[2], int flags) {
    return fails_now() ? -1 : (int)syscall(SYS_pipe2, fds, flags);
}
int fcntl(int fd, int what, ...) {
    va_list args;
    va_start(args, what);
    long arg = va_arg(args, long);
    va_end(args);
    return fails_now() ? -1 : (int)syscall(SYS_fcntl, fd, what, arg);
}
int open(const char *path, int flags, ...) {
    bool is_ours = strncmp(path, "/dev/", 5) == 0; // not the watchdog's
    return is_ours && fails_now() ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0);
}
int ioctl(int fd, unsigned long what, ...) {
    va_list args;
    va_start(args, what);
    void *arg = va_arg(args, void *);
    va_end(args);
    bool asks = what == FIONREAD; // without a reply the pipe is read once more
    return !asks && fails_now() ? -1 : (int)syscall(SYS_ioctl, fd, what, arg);
}
int epoll_ctl(int epoll, int what, int fd, struct epoll_event *event) {
    bool adds = what == EPOLL_CTL_ADD; // others cannot fail
    return adds && fails_now() ? -1 : (int)syscall(SYS_epoll_ctl, epoll, what, fd, event);
}
int waitid(idtype_t type, id_t id, siginfo_t *info, int flags) {
    bool is_unknown = old_kernel == 2 && type == P_PIDFD;
    if (is_unknown) errno = EINVAL;
    return is_unknown ? -1 : (int)syscall(SYS_waitid, type, id, info, flags, NULL);
}

#ifndef EDOI_TSAN
extern int __clone(int (*fn)(void *), void *stack, int flags, void *arg, ...);

int clone(int (*fn)(void *), void *stack, int flags, void *arg, ...) {
    va_list args;
    va_start(args, arg);
    int *fd = va_arg(args, int *);
    va_end(args);
    if (old_kernel == 1) flags &= ~0x1000; // CLONE_PIDFD
    return fails_now() ? -1 : __clone(fn, stack, flags, arg, fd);
}
#endif

/* The start has failed: at once there is no child, not even a zombie. */
static int expect_no_child(int err) {
    siginfo_t info;
    CHECK_EQ(syscall(SYS_waitid, P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT, NULL), -1);
    CHECK_EQ(errno, ECHILD);
    return err;
}

static int read_rest(edo_stream *s) {
    char text[64];
    int64_t n;
    while ((n = edo_read(s, text, sizeof text)) > 0) {
    }
    return (int)n;
}

/* A wait that failed leaves the program to a thread, which closes a descriptor at the end. */
static void give_up(edo_process *p, int before) {
    edo_process_unref(p);
    await_nothing_left(before);
}

/* ---- The jobs -------------------------------------------------------------------------------- */

static int through_pipes(void) {
    edo_process *p;
    int before = open_descriptors();
    const edo_process_opts opts = {
        .in = EDO_STDIO_PIPE, .out = EDO_STDIO_PIPE, .err = EDO_STDIO_PIPE, .kill_on_unref = true
    };
    int err = edo_process_spawn(&p, ARGV("cat"), &opts);
    if (err < 0) return expect_no_child(err);
    edo_stream *in = edo_process_stdin(p), *out = edo_process_stdout(p);
    int64_t n = edo_write_all(in, "abc", 3);
    edo_close(in);
    err = n < 0 ? (int)n : read_rest(out);
    edo_close(out);
    int status = edo_process_wait(p);
    if (err == 0) err = status;
    give_up(p, before);
    return err;
}

static int in_terminal(void) {
    edo_process *p;
    int before = open_descriptors();
    int err = edo_process_spawn(&p, ARGV("true"), &(edo_process_opts){ .pty = true });
    if (err < 0) return expect_no_child(err);
    edo_stream *s = edo_process_pty(p);
    err = read_rest(s);
    edo_close(s);
    int status = edo_process_wait(p);
    give_up(p, before);
    return err < 0 ? err : status;
}

static int elsewhere(void) {
    edo_process *p;
    int before = open_descriptors();
    const edo_process_opts opts = { .in = EDO_STDIO_NULL,
                                    .out = EDO_STDIO_NULL,
                                    .err = EDO_STDIO_FD,
                                    .err_fd = STDERR_FILENO,
                                    .group = true };
    int err = edo_process_spawn(&p, ARGV("sleep", "1000"), &opts);
    if (err < 0) return expect_no_child(err);
    int status = edo_process_stop(p, edo_s(60));
    give_up(p, before);
    return status == EDO_PROCESS_SIGNALLED + SIGTERM ? 0 : status;
}

/* ---- The tests ------------------------------------------------------------------------------- */

static const int codes[] = { ENOMEM, EMFILE, ENFILE, ENOSPC, EAGAIN, EIO };

static int each_job(void *arg) {
    static int (*const jobs[])(void) = { through_pipes, in_terminal, elsewhere };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(jobs); i++) {
        const failing f = { jobs[i], codes, EDO_COUNT(codes), 0 };
        CHECK(fail_in_turn(&f) >= 4);
    }
    return 0;
}

static void each_failure_comes_back_and_leaves_nothing(void **state) {
    (void)state;
    assert_int_equal(inside_with(each_job, NULL, &one_thread), 0);
    await_no_children(); // programs that were given up
}

static void kernel_without_descriptors_of_processes_is_told(void **state) {
    (void)state;
    edo_process *p;
    int before = lowest_free_fd();
#ifdef EDOI_TSAN
    const int first = 2;
#else
    const int first = 1;
#endif
    for (int kind = first; kind <= 2; kind++) {
        old_kernel = kind;
        assert_int_equal(edo_process_spawn(&p, ARGV("sleep", "1000"), NULL), -ENOSYS);
        assert_int_equal(expect_no_child(0), 0);
        assert_int_equal(edo_process_spawn(&p, ARGV("no-such-program"), NULL),
                         kind == 1 ? -ENOENT : -ENOSYS); // the second is asked beforehand
        assert_int_equal(expect_no_child(0), 0);
        assert_int_equal(lowest_free_fd(), before);
    }
    old_kernel = 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failure_comes_back_and_leaves_nothing),
        cmocka_unit_test(kernel_without_descriptors_of_processes_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
