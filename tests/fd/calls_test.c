/* SPDX-License-Identifier: MIT */
/* Goal: whatever system call fails of a descriptor, a pipe, a named pipe or a standard stream, its
 * code comes back, nothing hangs and no descriptor is left.
 * Method: the functions of libc below fail in turn, each with each code. */
#include "fail_in_turn.h"
#include "fd_support.h"

#include <edo/edo.h>
#include <edo/fd.h>
#include <edo/pipe.h>

#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

/* As fails_now(), of a call that no signal interrupts. */
static bool refuses_now(void) {
    return atomic_load(&fail_with) != EINTR && fails_now();
}

int pipe2(int fds[2], int flags) {
    return refuses_now() ? -1 : (int)syscall(SYS_pipe2, fds, flags);
}
int fcntl(int fd, int what, ...) {
    va_list args;
    va_start(args, what);
    long arg = va_arg(args, long);
    va_end(args);
    return refuses_now() ? -1 : (int)syscall(SYS_fcntl, fd, what, arg);
}
int open(const char *path, int flags, ...) {
    bool is_ours = !strstr(path, "/task/"); // not the watchdog's
    return is_ours && refuses_now() ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0);
}
int fstat(int fd, struct stat *out) {
    return refuses_now() ? -1 : (int)syscall(SYS_newfstatat, fd, "", out, AT_EMPTY_PATH);
}
int dup3(int from, int to, int flags) {
    return refuses_now() ? -1 : (int)syscall(SYS_dup3, from, to, flags);
}
int epoll_create1(int flags) {
    return refuses_now() ? -1 : (int)syscall(SYS_epoll_create1, flags);
}
int epoll_ctl(int epoll, int what, int fd, struct epoll_event *event) {
    bool adds = what == EPOLL_CTL_ADD; // others cannot fail
    return adds && refuses_now() ? -1 : (int)syscall(SYS_epoll_ctl, epoll, what, fd, event);
}
int poll(struct pollfd *fds, nfds_t n, int ms) {
    struct timespec limit = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
    return fails_now() ? -1 : (int)syscall(SYS_ppoll, fds, n, ms < 0 ? NULL : &limit, NULL, 0);
}
ssize_t readv(int fd, const struct iovec *to, int n) {
    return fails_now() ? -1 : syscall(SYS_readv, fd, to, n);
}
ssize_t writev(int fd, const struct iovec *from, int n) {
    return fails_now() ? -1 : syscall(SYS_writev, fd, from, n);
}

static void raw_pipe(int p[2]) {
    CHECK_EQ(syscall(SYS_pipe2, p, O_CLOEXEC | O_NONBLOCK), 0);
}

static int write_later(void *fd) {
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(write(*(int *)fd, "x", 1), 1);
    return 0;
}

static int read_raw(int fd, void *to) {
    ssize_t n = read(fd, to, 1);
    return n < 0 ? -errno : (int)n;
}

/* ---- The jobs -------------------------------------------------------------------------------- */

static int await_descriptor(void) {
    int p[2];
    char byte;
    edo_fd *fd;
    raw_pipe(p);
    int err = edo_fd_open(&fd, p[0], &(edo_fd_opts){ .take = true });
    if (err < 0) CHECK_EQ(close(p[0]), 0);
    if (err == 0) {
        edo_task *t = edo_spawn(write_later, &p[1]);
        int ready = edo_fd_ready(fd, EDO_IO_READ);
        CHECK_EQ(edo_task_join(t), 0);
        err = ready < 0 ? ready : 0;
        ready = edo_fd_io(fd, EDO_IO_READ, read_raw, &byte);
        if (err == 0 && ready < 0) err = ready;
        edo_fd_close(fd);
    }
    CHECK_EQ(close(p[1]), 0);
    return err;
}

static int read_all(void *s) {
    char text[8];
    int64_t n, sum = 0;
    while ((n = edo_read(s, text, sizeof text)) > 0) sum += n;
    return n < 0 ? (int)n : (int)sum;
}

/* Writes after the reader waits, and ends. Returns the first error; both streams are closed. */
static int talk(edo_stream *reader, edo_stream *writer) {
    edo_task *t = edo_spawn(read_all, reader);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_yield(), 0);
    int64_t n = edo_write_all(writer, "abc", 3);
    int err = n < 0 ? (int)n : edo_shutdown(writer);
    edo_close(writer);
    int got = edo_task_join(t);
    edo_close(reader);
    if (err < 0) return err;
    if (got >= 0) CHECK_EQ(got, 3);
    return got < 0 ? got : 0;
}

static int use_pipe(void) {
    edo_stream *reader, *writer;
    int err = edo_pipe(&reader, &writer, NULL);
    return err < 0 ? err : talk(reader, writer);
}

static char fifo[] = "/tmp/edo-calls-XXXXXX"; // a folder, then a named pipe in its place

static int use_fifo(void) {
    edo_stream *reader, *writer;
    int err = edo_fifo_open(&reader, fifo, EDO_FIFO_READ);
    if (err < 0) return err;
    err = edo_fifo_open(&writer, fifo, EDO_FIFO_WRITE);
    if (err == 0) return talk(reader, writer);
    edo_close(reader);
    return err;
}

static int wrap_and_release(void) {
    int p[2], fd;
    edo_stream *reader, *writer;
    raw_pipe(p);
    int err = edo_stream_from_fd(&reader, p[0]);
    if (err == 0) {
        fd = edo_stream_release_fd(reader);
        if (fd < 0) edo_close(reader);
        err = fd < 0 ? fd : close(fd);
    } else {
        CHECK_EQ(close(p[0]), 0);
    }
    if (err < 0) CHECK_EQ(close(p[1]), 0);
    if (err < 0) return err;
    err = edo_stream_from_fd(&writer, p[1]);
    if (err == 0)
        edo_close(writer);
    else
        CHECK_EQ(close(p[1]), 0);
    return err;
}

/* Standard input and output are the ends of a pipe meanwhile. */
static int use_stdio(void) {
    int p[2], in = dup(STDIN_FILENO), out = dup(STDOUT_FILENO);
    edo_stream *reader, *writer = NULL;
    CHECK_EQ(syscall(SYS_pipe2, p, O_CLOEXEC), 0);
    CHECK_EQ(dup2(p[0], STDIN_FILENO), STDIN_FILENO);
    CHECK_EQ(dup2(p[1], STDOUT_FILENO), STDOUT_FILENO);
    CHECK_EQ(close(p[0]) + close(p[1]), 0);
    int err = edo_stdin(&reader);
    if (err == 0) {
        err = edo_stdout(&writer);
        if (err < 0) edo_close(reader);
    }
    CHECK_EQ(dup2(out, STDOUT_FILENO), STDOUT_FILENO);
    if (err == 0) err = talk(reader, writer);
    CHECK_EQ(dup2(in, STDIN_FILENO), STDIN_FILENO);
    CHECK_EQ(close(in) + close(out), 0);
    return err;
}

/* ---- The tests ------------------------------------------------------------------------------- */

static const int codes[] = { ENOMEM, EMFILE, ENFILE, ENOSPC, EACCES, EIO };

typedef struct row {
    const char *name;
    int (*go)(void);
    int tolerated; // failures that change nothing: see use
    int calls_min;
} row;

static const row rows[] = {
    { "descriptor", await_descriptor, 0, 6 },
    { "pipe", use_pipe, 1, 8 },  // asking whether an end of writing is a pipe's
    { "fifo", use_fifo, 1, 10 }, // as pipe
    { "wrapped", wrap_and_release, 2, 12 },
    { "standard", use_stdio, 12, 12 }, // they are then used by threads
};

static int each_row(void *arg) {
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        const row *r = &rows[i];
        const failing f = { r->go, codes, EDO_COUNT(codes), r->tolerated };
        int n = fail_in_turn(&f);
        if (n < r->calls_min) edo_test_fail("%s: %d calls", r->name, n);
    }
    (void)arg;
    return 0;
}

static void each_failure_comes_back_and_leaves_nothing(void **state) {
    (void)state;
    assert_int_equal(inside_with(each_row, NULL, &one_thread), 0);
}

static int each_row_interrupted(void *arg) {
    (void)arg;
    atomic_store(&fail_with, EINTR);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        bool fired = true;
        for (int k = 1; fired; k++) {
            atomic_store(&fail_in, k);
            CHECK_EQ(rows[i].go(), 0);
            fired = atomic_exchange(&fail_in, 0) == 0;
        }
    }
    return 0;
}

static void interrupted_calls_are_made_again(void **state) {
    (void)state;
    assert_int_equal(inside_with(each_row_interrupted, NULL, &one_thread), 0);
}

static int make_fifo(void **state) {
    (void)state;
    return mkdtemp(fifo) && rmdir(fifo) == 0 ? mkfifo(fifo, 0600) : -1;
}

static int remove_fifo(void **state) {
    (void)state;
    return unlink(fifo);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failure_comes_back_and_leaves_nothing),
        cmocka_unit_test(interrupted_calls_are_made_again),
    };
    return cmocka_run_group_tests(tests, make_fifo, remove_fifo);
}
