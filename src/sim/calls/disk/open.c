/* SPDX-License-Identifier: MIT */
/* sim/calls/disk/open.c: opens of files on a disk, by each name that libc has for them. */
#include "sim/calls/disk/enter.h"

#include "sim/calls/calls.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

EDOI_SIM_CALLS(disk_open);

static mode_t open_mode(int flags, va_list args) {
    bool has_mode = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;
    return has_mode ? va_arg(args, mode_t) : 0;
}

/* False: it is the machine's. */
static bool open_on_disk(int dir, const char *path, int flags, mode_t mode, int *fd) {
    char below[PATH_MAX];
    edoi_sim_disk_call c = edoi_sim_disk_enter_path(dir, path, below);
    if (!c.disk) return false;
    *fd = edoi_sim_disk_return(&c, edoi_simdisk_open(c.disk, below, flags, mode));
    return true;
}

int open(const char *path, int flags, ...) {
    int fd;
    va_list args;
    va_start(args, flags);
    mode_t mode = open_mode(flags, args);
    va_end(args);
    if (open_on_disk(AT_FDCWD, path, flags, mode, &fd)) return fd;
    return EDOI_SIM_NEXT(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    int fd;
    va_list args;
    va_start(args, flags);
    mode_t mode = open_mode(flags, args);
    va_end(args);
    if (open_on_disk(AT_FDCWD, path, flags, mode, &fd)) return fd;
    return EDOI_SIM_NEXT(open64)(path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...) {
    int fd;
    va_list args;
    va_start(args, flags);
    mode_t mode = open_mode(flags, args);
    va_end(args);
    if (open_on_disk(dir, path, flags, mode, &fd)) return fd;
    return EDOI_SIM_NEXT(openat)(dir, path, flags, mode);
}

int openat64(int dir, const char *path, int flags, ...) {
    int fd;
    va_list args;
    va_start(args, flags);
    mode_t mode = open_mode(flags, args);
    va_end(args);
    if (open_on_disk(dir, path, flags, mode, &fd)) return fd;
    return EDOI_SIM_NEXT(openat64)(dir, path, flags, mode);
}

int creat(const char *path, mode_t mode) {
    return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

/* False: it is the machine's. */
static bool node_on_disk(int dir, const char *path, mode_t mode, dev_t dev, int *result) {
    char below[PATH_MAX];
    edoi_sim_disk_call c = edoi_sim_disk_enter_path(dir, path, below);
    if (!c.disk) return false;
    *result = edoi_sim_disk_return(&c, edoi_simdisk_node(c.disk, below, mode, dev));
    return true;
}

/* A regular file is made by open() and close(). */
int mknodat(int dir, const char *path, mode_t mode, dev_t dev) {
    int fd, result;
    bool is_file = S_ISREG(mode) || (mode & S_IFMT) == 0;
    if (is_file && open_on_disk(dir, path, O_WRONLY | O_CREAT | O_EXCL, mode & 07777, &fd))
        return fd < 0 ? fd : close(fd);
    if (!is_file && node_on_disk(dir, path, mode, dev, &result)) return result;
    return EDOI_SIM_NEXT(mknodat)(dir, path, mode, dev);
}

int mkfifoat(int dir, const char *path, mode_t mode) {
    return mknodat(dir, path, mode | S_IFIFO, 0);
}

int mkfifo(const char *path, mode_t mode) {
    return mkfifoat(AT_FDCWD, path, mode);
}

int mknod(const char *path, mode_t mode, dev_t dev) {
    return mknodat(AT_FDCWD, path, mode, dev);
}

int creat64(const char *path, mode_t mode) {
    return open64(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}
