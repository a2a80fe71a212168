/* SPDX-License-Identifier: MIT */
/* Goal: whatever system call of a conversation fails, its code comes back, nothing hangs, and no
 * descriptor is left; a copy that the kernel cannot make is made by reads and writes.
 * Method: the functions of libc below, and those of failing_calls.h, fail in turn, each with each
 * code. EDO_LIBC_CALLS lets streams use recv() and send(). */
#include "failing_calls.h"

#include <edo/fd.h>
#include <edo/udp.h>
#include <edo/unix.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

/* Before edo reads the environment. */
__attribute__((constructor(101))) static void use_libc(void) {
    (void)setenv("EDO_LIBC_CALLS", "1", 1);
}

ssize_t recv(int fd, void *to, size_t n, int flags) {
    return fails_now() ? -1 : syscall(SYS_recvfrom, fd, to, n, flags, NULL, NULL);
}
ssize_t send(int fd, const void *from, size_t n, int flags) {
    return fails_now() ? -1 : syscall(SYS_sendto, fd, from, n, flags, NULL, 0);
}
ssize_t recvfrom(int fd, void *to, size_t n, int flags, __SOCKADDR_ARG from, socklen_t *bytes) {
    return fails_now() ? -1 : syscall(SYS_recvfrom, fd, to, n, flags, from.__sockaddr__, bytes);
}
ssize_t sendto(int fd, const void *from, size_t n, int flags, __CONST_SOCKADDR_ARG to,
               socklen_t bytes) {
    return fails_now() ? -1 : syscall(SYS_sendto, fd, from, n, flags, to.__sockaddr__, bytes);
}
int accept4(int fd, __SOCKADDR_ARG addr, socklen_t *bytes, int flags) {
    return fails_now() ? -1 : (int)syscall(SYS_accept4, fd, addr.__sockaddr__, bytes, flags);
}
int getpeername(int fd, __SOCKADDR_ARG addr, socklen_t *bytes) {
    return fails_now() ? -1 : (int)syscall(SYS_getpeername, fd, addr.__sockaddr__, bytes);
}
int shutdown(int fd, int how) {
    return fails_now() ? -1 : (int)syscall(SYS_shutdown, fd, how);
}
int fchmod(int fd, mode_t mode) {
    return fails_now() ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}
int fcntl(int fd, int what, ...) {
    va_list args;
    va_start(args, what);
    long arg = va_arg(args, long);
    va_end(args);
    return fails_now() ? -1 : (int)syscall(SYS_fcntl, fd, what, arg);
}
int pipe2(int fds[2], int flags) {
    return fails_now() ? -1 : (int)syscall(SYS_pipe2, fds, flags);
}
ssize_t splice(int from, off64_t *from_at, int to, off64_t *to_at, size_t n, unsigned flags) {
    return fails_now() ? -1 : syscall(SYS_splice, from, from_at, to, to_at, n, flags);
}

/* ---- The jobs -------------------------------------------------------------------------------- */

/* Says something in every way; the first error. */
static int say_all(edo_stream *a, edo_stream *b) {
    char text[] = "xy", got[4];
    const struct iovec out[] = { { text, 1 }, { text + 1, 1 } }, in[] = { { got, 1 }, { got, 1 } };
    edo_addr peer;
    int err = edo_write(a, "x", 1);
    if (err == 1) err = edo_peek(b, got, 1);
    if (err == 1) err = edo_read(b, got, 1);
    if (err == 1) err = edo_writev(a, out, 2);
    if (err == 2) err = edo_readv(b, in, 2);
    if (err == 2) err = edo_stream_peer_addr(a, &peer);
    if (err == 0) err = edo_stream_local_addr(b, &peer);
    if (err == 0) err = edo_stream_take_error(a);
    if (err == 0) err = edo_shutdown(a);
    return err == 0 ? edo_read(b, got, 1) : err;
}

static int open_tcp(edo_stream **a, edo_stream **b) {
    edo_listener *l = NULL;
    edo_addr at;
    int err = edo_tcp_listen(&l, "127.0.0.1:0", NULL);
    if (err == 0) err = edo_listener_addr(l, &at);
    if (err == 0) err = edo_tcp_connect_addr(a, &at, NULL);
    if (err == 0) err = edo_try_accept(l, b);
    edo_listener_close(l);
    return err;
}

static int talk_over_tcp(void) {
    edo_stream *a = NULL, *b = NULL;
    int err = open_tcp(&a, &b);
    if (err == 0) err = say_all(a, b);
    edo_close(a);
    edo_close(b);
    return err;
}

static char path[] = "/tmp/edo-net-calls-XXXXXX"; // a folder, then the socket in its place

static int talk_over_unix(void) {
    edo_listener *l = NULL;
    edo_stream *a = NULL, *b = NULL;
    edo_cred who;
    int err = edo_unix_listen(&l, path, &(edo_unix_opts){ .mode = 0600 });
    if (err == 0) err = edo_unix_connect(&a, path, NULL);
    if (err == 0) err = edo_try_accept(l, &b);
    if (err == 0) err = edo_stream_peer_cred(b, &who);
    if (err == 0) err = say_all(a, b);
    edo_close(a);
    edo_close(b);
    edo_listener_close(l);
    (void)unlink(path);
    return err;
}

static int talk_over_udp(void) {
    edo_stream *a = NULL, *b = NULL;
    edo_addr at, from;
    char got[4];
    int err = edo_udp_bind(&a, "127.0.0.1:0", NULL);
    if (err == 0) err = edo_udp_bind(&b, "127.0.0.1:0", NULL);
    if (err == 0) err = edo_stream_local_addr(b, &at);
    if (err == 0) err = edo_udp_send_to(a, "x", 1, &at);
    if (err == 0) err = edo_udp_recv_from(b, got, 4, &from);
    if (err == 1) err = edo_udp_set_peer(b, &from);
    if (err == 0) err = edo_write(b, "y", 1);
    if (err == 1) err = edo_read(a, got, 4);
    edo_close(a);
    edo_close(b);
    return err == 1 ? 0 : err;
}

/* A descriptor of the program's own becomes a stream and is taken back. */
static int wrap(void) {
    edo_stream *s = NULL;
    int fds[2] = { -1, -1 };
    CHECK_INT(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, fds), 0);
    int err = edo_stream_from_fd(&s, fds[0]);
    if (err == 0) {
        int fd = edo_stream_release_fd(s);
        if (fd < 0) edo_close(s);
        err = fd < 0 ? fd : close(fd);
    } else {
        CHECK_INT(close(fds[0]), 0);
    }
    CHECK_INT(close(fds[1]), 0);
    return err;
}

#define BULK 300000u

static int send_bulk(void *s) {
    static const char zeros[BULK] = { 0 };
    int err = edo_write_all(s, zeros, sizeof zeros);
    edo_close(s);
    return err;
}

static int count_bulk(void *s) {
    static char bytes[1 << 16];
    int n, sum = 0;
    while ((n = edo_read(s, bytes, sizeof bytes)) > 0) sum += n;
    edo_close(s);
    return n < 0 ? n : sum;
}

/* From one connection to another. */
static int copy_bulk(void *arg) {
    (void)arg;
    edo_stream *a = NULL, *b = NULL, *c = NULL, *d = NULL;
    uint64_t copied = 0;
    int err = open_tcp(&a, &b);
    if (err == 0) err = open_tcp(&c, &d);
    if (err < 0) {
        edo_close(a);
        edo_close(b);
        edo_close(c);
        edo_close(d);
        return err;
    }
    edo_task *sender = edo_spawn(send_bulk, a), *reader = edo_spawn(count_bulk, d);
    err = edo_copy(c, b, &copied);
    edo_close(b);
    edo_close(c);
    int sent = edo_task_join(sender), got = edo_task_join(reader);
    const int all[] = { err, sent, got < 0 ? got : 0 };
    for (size_t i = 0; i < EDO_COUNT(all); i++) // the others may fail because that one has
        if (all[i] == -atomic_load(&fail_with)) return all[i];
    if (err == 0) CHECK_INT(got, BULK);
    return err;
}

/* A runtime of its own, since a driver keeps the pipes of a copy. */
static int copy_once(void) {
    edo_runtime *rt = NULL;
    CHECK_INT(edo_runtime_new(&rt, &one_thread), 0);
    int err = edo_run(rt, copy_bulk, NULL);
    edo_runtime_free(rt);
    return err;
}

/* ---- The test -------------------------------------------------------------------------------- */

typedef struct row {
    const char *name;
    int (*go)(void);
    int tolerated; // calls without which the job is done, too
    int calls_min;
} row;

static const row rows[] = {
    { "TCP", talk_over_tcp, 0, 18 },
    { "Unix", talk_over_unix, 0, 16 },
    { "UDP", talk_over_udp, 0, 10 },
    { "wrapped", wrap, 2, 4 }, // it is given back as it is
};

static const int codes[] = { ENOMEM, EMFILE, ENOBUFS, EACCES, EIO, EINVAL };

static int each_row(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        const row *r = &rows[i];
        const failing f = { r->go, codes, EDO_COUNT(codes), r->tolerated };
        int n = fail_in_turn(&f);
        if (n < r->calls_min) edo_test_fail("%s: %d calls", r->name, n);
    }
    return 0;
}

static void each_failure_comes_back_and_leaves_nothing(void **state) {
    (void)state;
    in_fiber_of(&one_thread, each_row, NULL);
}

/* What cannot be spliced is read and written. */
static void a_copy_ends_with_the_failure_or_whole(void **state) {
    const failing f = { copy_once, codes, EDO_COUNT(codes), 1000 };
    (void)state;
    assert_true(fail_in_turn(&f) >= 30);
}

static int make_place(void **state) {
    (void)state;
    return mkdtemp(path) ? rmdir(path) : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failure_comes_back_and_leaves_nothing),
        cmocka_unit_test(a_copy_ends_with_the_failure_or_whole),
    };
    return cmocka_run_group_tests(tests, make_place, NULL);
}
