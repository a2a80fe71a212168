/* SPDX-License-Identifier: MIT */
/* net/failing_calls.h: system calls of sockets that fail in turn. The functions take the place of
 * libc's in the test's program. */
#ifndef EDO_TESTS_NET_FAILING_CALLS_H
#define EDO_TESTS_NET_FAILING_CALLS_H

#include "net_support.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Atomic int fail_in; /* the call that makes it 0 fails; 0: none is planned */
static int fail_with;

static bool fails_now(void) {
    if (fail_in == 0 || --fail_in > 0) return false;
    errno = fail_with;
    return true;
}

int socket(int family, int type, int protocol) {
    return fails_now() ? -1 : (int)syscall(SYS_socket, family, type, protocol);
}
int socketpair(int family, int type, int protocol, int fds[2]) {
    return fails_now() ? -1 : (int)syscall(SYS_socketpair, family, type, protocol, fds);
}
int bind(int fd, __CONST_SOCKADDR_ARG addr, socklen_t bytes) {
    return fails_now() ? -1 : (int)syscall(SYS_bind, fd, addr.__sockaddr__, bytes);
}
int listen(int fd, int n) {
    return fails_now() ? -1 : (int)syscall(SYS_listen, fd, n);
}
int connect(int fd, __CONST_SOCKADDR_ARG addr, socklen_t bytes) {
    return fails_now() ? -1 : (int)syscall(SYS_connect, fd, addr.__sockaddr__, bytes);
}
int setsockopt(int fd, int level, int name, const void *value, socklen_t bytes) {
    return fails_now() ? -1 : (int)syscall(SYS_setsockopt, fd, level, name, value, bytes);
}
int getsockopt(int fd, int level, int name, void *value, socklen_t *bytes) {
    return fails_now() ? -1 : (int)syscall(SYS_getsockopt, fd, level, name, value, bytes);
}
int getsockname(int fd, __SOCKADDR_ARG addr, socklen_t *bytes) {
    return fails_now() ? -1 : (int)syscall(SYS_getsockname, fd, addr.__sockaddr__, bytes);
}
ssize_t sendmsg(int fd, const struct msghdr *msg, int flags) {
    return fails_now() ? -1 : syscall(SYS_sendmsg, fd, msg, flags);
}
ssize_t recvmsg(int fd, struct msghdr *msg, int flags) {
    return fails_now() ? -1 : syscall(SYS_recvmsg, fd, msg, flags);
}
int recvmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags, struct timespec *limit) {
    return fails_now() ? -1 : (int)syscall(SYS_recvmmsg, fd, msgs, n, flags, limit);
}
int sendmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags) {
    return fails_now() ? -1 : (int)syscall(SYS_sendmmsg, fd, msgs, n, flags);
}

static inline int lowest_free_fd(void) {
    int fd = dup(0);
    CHECK(fd >= 0);
    (void)close(fd);
    return fd;
}

/* Runs `go` with its first call failing, its second, and so on until none fails, for several
 * codes. `go` returns the code, or 0; nothing stays open. Returns how many calls had their turn. */
static inline int fail_each_call(int (*go)(void)) {
    static const int codes[] = { ENOMEM, EMFILE, ENOBUFS, EACCES, EIO };
    int before = lowest_free_fd(), k = 0;
    for (size_t c = 0; c < EDO_COUNT(codes); c++) {
        bool fired = true;
        for (k = 0; fired; k++) {
            fail_with = codes[c];
            fail_in = k + 1;
            int err = go();
            fired = fail_in == 0;
            fail_in = 0;
            CHECK_INT(err, fired ? -codes[c] : 0);
            CHECK_INT(lowest_free_fd(), before);
        }
    }
    return k - 1;
}

#endif
