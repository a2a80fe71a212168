/* SPDX-License-Identifier: MIT */
/* net/call.h: recv() and send() of a non-blocking socket, as bare system calls.
 *
 * libc's are points where a thread may be cancelled: in a process of several threads (the watchdog
 * is one) glibc says so by a compare-and-swap before and another after the system call, 45
 * instructions and 10 ns for a call that never waits. edo cancels no thread.
 *
 * The sanitizers have to see the call: what it writes, and what it orders. */
#ifndef EDOI_NET_CALL_H
#define EDOI_NET_CALL_H

#include <edo/compiler.h>

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__linux__) && defined(__LP64__) && !defined(EDOI_ASAN) && !defined(EDOI_TSAN)
#    define EDOI_BARE_CALLS 1
#else
#    define EDOI_BARE_CALLS 0 /* elsewhere the numbers and arguments of the calls differ */
#endif

EDOI_INLINE ssize_t edoi_recv(int fd, void *buf, size_t n, int flags) {
#if EDOI_BARE_CALLS
    return syscall(SYS_recvfrom, fd, buf, n, flags, NULL, NULL);
#else
    return recv(fd, buf, n, flags);
#endif
}

EDOI_INLINE ssize_t edoi_send(int fd, const void *buf, size_t n, int flags) {
#if EDOI_BARE_CALLS
    return syscall(SYS_sendto, fd, buf, n, flags, NULL, 0);
#else
    return send(fd, buf, n, flags);
#endif
}

#endif
