/* SPDX-License-Identifier: MIT */
/* net/raw_socket.h: recv() and send() and their like of a non-blocking socket, as bare
 * system calls.
 *
 * libc's calls are pthread cancellation points: in a process with several threads (the watchdog is
 * one) glibc needs a compare-and-swap before and another after the system call, 45 instructions and
 * 10 ns for a call that never waits. edo never cancels threads.
 *
 * A preloaded tool (LD_PRELOAD) sees only libc's calls. For such tools EDO_LIBC_CALLS=1 in the
 * environment makes edo call libc.
 *
 * The sanitizers have to see what the call writes and orders, so sanitizer builds use libc. */
#ifndef EDOI_NET_RAW_SOCKET_H
#define EDOI_NET_RAW_SOCKET_H

#include <edo/compiler.h>

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__linux__) && defined(__LP64__) && !defined(EDOI_ASAN) && !defined(EDOI_TSAN)
#    define EDOI_BARE_CALLS 1
#else
#    define EDOI_BARE_CALLS 0 /* elsewhere the numbers and arguments of the calls differ */
#endif

extern bool edoi_calls_go_through_libc; /* const once the program, or its first world, runs */

/* All bytes go through libc from now on: a simulated world replaces its calls. */
EDO_API void edoi_calls_see_libc(void);

EDOI_INLINE ssize_t edoi_recv(int fd, void *buf, size_t n, int flags) {
#if EDOI_BARE_CALLS
    if (EDOI_LIKELY(!edoi_calls_go_through_libc))
        return syscall(SYS_recvfrom, fd, buf, n, flags, NULL, NULL);
#endif
    return recv(fd, buf, n, flags);
}

EDOI_INLINE ssize_t edoi_send(int fd, const void *buf, size_t n, int flags) {
#if EDOI_BARE_CALLS
    if (EDOI_LIKELY(!edoi_calls_go_through_libc))
        return syscall(SYS_sendto, fd, buf, n, flags, NULL, 0);
#endif
    return send(fd, buf, n, flags);
}

EDOI_INLINE ssize_t edoi_recv_from(int fd, void *buf, size_t n, int flags, struct sockaddr *from,
                                   socklen_t *from_bytes) {
#if EDOI_BARE_CALLS
    if (EDOI_LIKELY(!edoi_calls_go_through_libc))
        return syscall(SYS_recvfrom, fd, buf, n, flags, from, from_bytes);
#endif
    return recvfrom(fd, buf, n, flags, from, from_bytes);
}

EDOI_INLINE ssize_t edoi_send_to(int fd, const void *buf, size_t n, int flags,
                                 const struct sockaddr *to, socklen_t to_bytes) {
#if EDOI_BARE_CALLS
    if (EDOI_LIKELY(!edoi_calls_go_through_libc))
        return syscall(SYS_sendto, fd, buf, n, flags, to, to_bytes);
#endif
    return sendto(fd, buf, n, flags, to, to_bytes);
}

#endif
