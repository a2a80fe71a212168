/* SPDX-License-Identifier: MIT */
/* sim/calls/files.c: what reads, writes, copies and closes descriptors. */
#include "sim/calls/calls.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

EDOI_SIM_CALLS(files);

ssize_t read(int fd, void *buf, size_t n) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    ssize_t got;
    if (!h && edoi_sim_disk_refuses_read(fd, &got)) return got;
    if (!h && edoi_sim_draws(fd, buf, n)) return (ssize_t)n;
    if (!h) return EDOI_SIM_NEXT(read)(fd, buf, n);
    return edoi_sim_return_n(edoi_simnet_read(h->node, fd, buf, n));
}

ssize_t write(int fd, const void *buf, size_t n) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    const struct iovec one = { (void *)(uintptr_t)buf, n };
    ssize_t put;
    if (!h && edoi_sim_disk_write(fd, &one, 1, -1, 0, &put)) return put;
    if (!h) return EDOI_SIM_NEXT(write)(fd, buf, n);
    return edoi_sim_return_n(edoi_simnet_write(h->node, fd, buf, n));
}

ssize_t readv(int fd, const struct iovec *vecs, int n) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    ssize_t got;
    if (!h && edoi_sim_disk_refuses_read(fd, &got)) return got;
    if (!h) return EDOI_SIM_NEXT(readv)(fd, vecs, n);
    return edoi_sim_return_n(edoi_simnet_readv(h->node, fd, vecs, n));
}

ssize_t writev(int fd, const struct iovec *vecs, int n) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    ssize_t put;
    if (!h && edoi_sim_disk_write(fd, vecs, n, -1, 0, &put)) return put;
    if (!h) return EDOI_SIM_NEXT(writev)(fd, vecs, n);
    return edoi_sim_return_n(edoi_simnet_writev(h->node, fd, vecs, n));
}

/* The number of an epoll set names it in the world, too. */
int close(int fd) {
    edoi_sim_host *h = edoi_sim_here();
    if (h && edoi_simnet_is_fd(fd)) return edoi_sim_return(edoi_simnet_close(h->node, fd));
    if (h) edoi_simwatch_close(h->node, fd);
    int result;
    if (h && h->disk && edoi_sim_disk_close(fd, &result)) return result;
    return EDOI_SIM_NEXT(close)(fd);
}

static int shown(int result, int fd, struct stat *out) {
    if (result == 0) edoi_sim_disk_shows(fd, out);
    return result;
}

static int shown64(int result, int fd, struct stat64 *out) {
    if (result == 0) edoi_sim_disk_shows64(fd, out);
    return result;
}

/* One of the world is a socket. */
int fstat(int fd, struct stat *out) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return shown(EDOI_SIM_NEXT(fstat)(fd, out), fd, out);
    if (edoi_simnet_fcntl(h->node, fd, F_GETFD, 0) < 0) return edoi_sim_return(-EBADF);
    *out = (struct stat){ .st_mode = S_IFSOCK | 0777, .st_ino = (ino_t)fd, .st_nlink = 1 };
    return 0;
}

/* Programs with _FILE_OFFSET_BITS=64, as SQLite is, call this and its kin below. */
int fstat64(int fd, struct stat64 *out) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return shown64(EDOI_SIM_NEXT(fstat64)(fd, out), fd, out);
    if (edoi_simnet_fcntl(h->node, fd, F_GETFD, 0) < 0) return edoi_sim_return(-EBADF);
    *out = (struct stat64){ .st_mode = S_IFSOCK | 0777, .st_ino = (ino64_t)fd, .st_nlink = 1 };
    return 0;
}

int dup(int fd) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return EDOI_SIM_NEXT(dup)(fd);
    return edoi_sim_return(edoi_simnet_dup(h->node, fd));
}

/* A number of the world stays one: what takes its place is a file of the world, too. */
int dup3(int fd, int to, int flags) {
    edoi_sim_host *h = edoi_sim_here();
    bool is_of_world = edoi_simnet_is_fd(fd) || edoi_simnet_is_fd(to);
    if (!h || !is_of_world) return EDOI_SIM_NEXT(dup3)(fd, to, flags);
    return edoi_sim_return(edoi_simnet_dup3(h->node, fd, to, flags));
}

int dup2(int fd, int to) {
    edoi_sim_host *h = edoi_sim_here();
    bool is_of_world = edoi_simnet_is_fd(fd) || edoi_simnet_is_fd(to);
    if (!h || !is_of_world) return EDOI_SIM_NEXT(dup2)(fd, to);
    return edoi_sim_return(edoi_simnet_dup3(h->node, fd, to, 0));
}

/* All that is behind `command` fits into a long, as in the kernel. */
int fcntl(int fd, int command, ...) {
    va_list args;
    va_start(args, command);
    long arg = va_arg(args, long);
    va_end(args);
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return EDOI_SIM_NEXT(fcntl)(fd, command, arg);
    return edoi_sim_return(edoi_simnet_fcntl(h->node, fd, command, arg));
}

int fcntl64(int fd, int command, ...) {
    va_list args;
    va_start(args, command);
    long arg = va_arg(args, long);
    va_end(args);
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return EDOI_SIM_NEXT(fcntl64)(fd, command, arg);
    return edoi_sim_return(edoi_simnet_fcntl(h->node, fd, command, arg));
}

int ioctl(int fd, unsigned long request, ...) {
    va_list args;
    va_start(args, request);
    void *arg = va_arg(args, void *);
    va_end(args);
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return EDOI_SIM_NEXT(ioctl)(fd, request, arg);
    return edoi_sim_return(edoi_simnet_ioctl(h->node, fd, request, arg));
}

/* What the kernel moves by itself is not for sockets and files of the world: callers then read and
 * write, as with files that cannot be moved. */
static bool is_moved_to(int to) {
    return !edoi_sim_of_fd(to) && !edoi_sim_disk_has(to);
}

ssize_t sendfile(int to, int from, off_t *at, size_t n) {
    ssize_t got;
    if (!is_moved_to(to)) return edoi_sim_return_n(-EINVAL);
    if (edoi_sim_disk_refuses_read(from, &got)) return got;
    return EDOI_SIM_NEXT(sendfile)(to, from, at, n);
}

ssize_t sendfile64(int to, int from, off64_t *at, size_t n) {
    ssize_t got;
    if (!is_moved_to(to)) return edoi_sim_return_n(-EINVAL);
    if (edoi_sim_disk_refuses_read(from, &got)) return got;
    return EDOI_SIM_NEXT(sendfile64)(to, from, at, n);
}

ssize_t splice(int from, off64_t *from_at, int to, off64_t *to_at, size_t n, unsigned flags) {
    ssize_t got;
    if (edoi_sim_of_fd(from) || !is_moved_to(to)) return edoi_sim_return_n(-EINVAL);
    if (edoi_sim_disk_refuses_read(from, &got)) return got;
    return EDOI_SIM_NEXT(splice)(from, from_at, to, to_at, n, flags);
}
