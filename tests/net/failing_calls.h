/* SPDX-License-Identifier: MIT */
/* net/failing_calls.h: system calls of sockets that fail in turn. The functions take the place of
 * libc's in the test's program. */
#ifndef EDO_TESTS_NET_FAILING_CALLS_H
#define EDO_TESTS_NET_FAILING_CALLS_H

#include "fail_in_turn.h"
#include "net_support.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

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

/* fail_in_turn() with the codes of sockets. */
static inline int fail_each_call(int (*go)(void)) {
    static const int codes[] = { ENOMEM, EMFILE, ENOBUFS, EACCES, EIO };
    return fail_in_turn(&(failing){ .go = go, .codes = codes, .codes_n = EDO_COUNT(codes) });
}

#endif
