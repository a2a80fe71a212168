/* SPDX-License-Identifier: MIT */
/* sim/calls/fortified.c: the names under which programs that are built with _FORTIFY_SOURCE, as
 * Debian's are, call functions of the other files: libc's headers replace read() by __read_chk()
 * where the size of the buffer is known. Each checks the size as libc does, which ends the program,
 * and is then the plain one: the world's, or libc's. */
#include "sim/calls/calls.h"

#include "log/tell.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

EDOI_SIM_CALLS(fortified);

/* libc's: prints that a buffer overflow was detected, and ends the program. */
extern void __chk_fail(void) __attribute__((noreturn));

static void check_room(size_t wanted, size_t room) {
    if (wanted > room) __chk_fail();
}

/* ---- Bytes ----------------------------------------------------------------------------------- */

ssize_t __read_chk(int fd, void *buf, size_t n, size_t room);
ssize_t __read_chk(int fd, void *buf, size_t n, size_t room) {
    check_room(n, room);
    return read(fd, buf, n);
}

ssize_t __pread_chk(int fd, void *buf, size_t n, off_t at, size_t room);
ssize_t __pread_chk(int fd, void *buf, size_t n, off_t at, size_t room) {
    check_room(n, room);
    return pread(fd, buf, n, at);
}

ssize_t __pread64_chk(int fd, void *buf, size_t n, off64_t at, size_t room);
ssize_t __pread64_chk(int fd, void *buf, size_t n, off64_t at, size_t room) {
    check_room(n, room);
    return pread64(fd, buf, n, at);
}

ssize_t __recv_chk(int fd, void *buf, size_t n, size_t room, int flags);
ssize_t __recv_chk(int fd, void *buf, size_t n, size_t room, int flags) {
    check_room(n, room);
    return recv(fd, buf, n, flags);
}

ssize_t __recvfrom_chk(int fd, void *restrict buf, size_t n, size_t room, int flags,
                       __SOCKADDR_ARG from, socklen_t *restrict bytes);
ssize_t __recvfrom_chk(int fd, void *restrict buf, size_t n, size_t room, int flags,
                       __SOCKADDR_ARG from, socklen_t *restrict bytes) {
    check_room(n, room);
    return recvfrom(fd, buf, n, flags, from, bytes);
}

/* ---- Files ----------------------------------------------------------------------------------- */

/* What makes a file needs a mode, which these calls do not have. */
static void check_mode(int flags) {
    if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE) __chk_fail();
}

int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags) {
    check_mode(flags);
    return open(path, flags);
}

int __open64_2(const char *path, int flags);
int __open64_2(const char *path, int flags) {
    check_mode(flags);
    return open64(path, flags);
}

int __openat_2(int dir, const char *path, int flags);
int __openat_2(int dir, const char *path, int flags) {
    check_mode(flags);
    return openat(dir, path, flags);
}

int __openat64_2(int dir, const char *path, int flags);
int __openat64_2(int dir, const char *path, int flags) {
    check_mode(flags);
    return openat(dir, path, flags | O_LARGEFILE);
}

/* ---- Waits and names ------------------------------------------------------------------------- */

int __poll_chk(struct pollfd *fds, nfds_t n, int timeout_ms, size_t room);
int __poll_chk(struct pollfd *fds, nfds_t n, int timeout_ms, size_t room) {
    check_room(n, room / sizeof *fds);
    return poll(fds, n, timeout_ms);
}

int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask,
                size_t room);
int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask,
                size_t room) {
    check_room(n, room / sizeof *fds);
    return ppoll(fds, n, timeout, mask);
}

/* Of FD_SET() and its kin. The numbers of a world's sockets are above all of the machine's. */
long __fdelt_chk(long fd);
long __fdelt_chk(long fd) {
    const edoi_sim_host *h = edoi_sim_here();
    bool is_of_world = h && fd >= EDOI_SIMNET_FD_MIN;
    if (is_of_world)
        edoi_tell("edo sim: host %s uses select() for a socket, whose number is too large for it; "
                  "use poll()\n",
                  h->name);
    check_room(1, fd >= 0 && fd < FD_SETSIZE);
    return fd / NFDBITS;
}

int __gethostname_chk(char *out, size_t bytes, size_t room);
int __gethostname_chk(char *out, size_t bytes, size_t room) {
    check_room(bytes, room);
    return gethostname(out, bytes);
}
