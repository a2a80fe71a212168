/* SPDX-License-Identifier: MIT */
/* support/disturbed_calls.h: system calls that move bytes, before each of which the test may do
 * something, or let it fail. The functions take the place of libc's in the test's program. */
#ifndef EDO_TESTS_DISTURBED_CALLS_H
#define EDO_TESTS_DISTURBED_CALLS_H

#include <edo/compiler.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* The test defines it: called before a call with `fd`; 0, or the code with which the call fails. */
static int disturb(int fd);

static inline bool is_disturbed(int fd) {
    int err = disturb(fd);
    if (err != 0) errno = err;
    return err != 0;
}

ssize_t recv(int fd, void *to, size_t n, int flags) {
    return is_disturbed(fd) ? -1 : syscall(SYS_recvfrom, fd, to, n, flags, NULL, NULL);
}
ssize_t send(int fd, const void *from, size_t n, int flags) {
    return is_disturbed(fd) ? -1 : syscall(SYS_sendto, fd, from, n, flags, NULL, 0);
}
ssize_t recvfrom(int fd, void *to, size_t n, int flags, __SOCKADDR_ARG from, socklen_t *bytes) {
    return is_disturbed(fd) ? -1
                            : syscall(SYS_recvfrom, fd, to, n, flags, from.__sockaddr__, bytes);
}
ssize_t sendto(int fd, const void *from, size_t n, int flags, __CONST_SOCKADDR_ARG to,
               socklen_t bytes) {
    return is_disturbed(fd) ? -1 : syscall(SYS_sendto, fd, from, n, flags, to.__sockaddr__, bytes);
}
ssize_t recvmsg(int fd, struct msghdr *msg, int flags) {
    return is_disturbed(fd) ? -1 : syscall(SYS_recvmsg, fd, msg, flags);
}
ssize_t sendmsg(int fd, const struct msghdr *msg, int flags) {
    return is_disturbed(fd) ? -1 : syscall(SYS_sendmsg, fd, msg, flags);
}
int recvmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags, struct timespec *limit) {
    return is_disturbed(fd) ? -1 : (int)syscall(SYS_recvmmsg, fd, msgs, n, flags, limit);
}
int sendmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags) {
    return is_disturbed(fd) ? -1 : (int)syscall(SYS_sendmmsg, fd, msgs, n, flags);
}
ssize_t readv(int fd, const struct iovec *to, int n) {
    return is_disturbed(fd) ? -1 : syscall(SYS_readv, fd, to, n);
}
ssize_t writev(int fd, const struct iovec *from, int n) {
    return is_disturbed(fd) ? -1 : syscall(SYS_writev, fd, from, n);
}
int accept4(int fd, __SOCKADDR_ARG addr, socklen_t *bytes, int flags) {
    return is_disturbed(fd) ? -1 : (int)syscall(SYS_accept4, fd, addr.__sockaddr__, bytes, flags);
}
/* Once for each of its descriptors, of which one is a pipe. */
ssize_t splice(int from, off64_t *from_at, int to, off64_t *to_at, size_t n, unsigned flags) {
    if (is_disturbed(from) || is_disturbed(to)) return -1;
    return syscall(SYS_splice, from, from_at, to, to_at, n, flags);
}

#endif
