/* SPDX-License-Identifier: MIT */
/* sim/calls/disk.c: what changes files and folders of a host that has a disk: edo_sim_disk(). What
 * only looks goes to the machine, and so does all that is elsewhere. */
#include "sim/disk/disk.h"
#include "sim/calls/calls.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* The disk of the host that runs, until disk_left(): what the disk itself calls, it calls as
 * nobody. NULL: none. */
typedef struct disk_call {
    edoi_simdisk *disk;
    edoi_sim_host *host;
} disk_call;

static disk_call disk_enter(void) {
    edoi_sim_host *h = edoi_sim_here();
    disk_call c = { h ? h->disk : NULL, h };
    if (c.disk) (void)edoi_sim_switch(NULL);
    return c;
}

static void disk_leave(const disk_call *c) {
    if (c->disk) (void)edoi_sim_switch(c->host);
}

/* As disk_enter() for a path; `disk` is NULL if it lies elsewhere. */
static disk_call disk_enter_path(int dir, const char *path, char below[PATH_MAX]) {
    disk_call c = disk_enter();
    if (!c.disk || edoi_simdisk_has(c.disk, dir, path, below)) return c;
    disk_leave(&c);
    c.disk = NULL;
    return c;
}

static disk_call disk_enter_fd(int fd) {
    disk_call c = { NULL, NULL };
    if (edoi_simnet_is_fd(fd)) return c;
    c = disk_enter();
    if (!c.disk || edoi_simdisk_has_fd(c.disk, fd)) return c;
    disk_leave(&c);
    c.disk = NULL;
    return c;
}

/* ---- Open ------------------------------------------------------------------------------------ */

static bool open_has_mode(int flags) {
    return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;
}

static mode_t mode_of(int flags, va_list args) {
    return open_has_mode(flags) ? va_arg(args, mode_t) : 0;
}

/* False: it is the machine's. */
static bool open_on_disk(int dir, const char *path, int flags, mode_t mode, int *fd) {
    char below[PATH_MAX];
    disk_call c = disk_enter_path(dir, path, below);
    if (!c.disk) return false;
    *fd = edoi_simdisk_open(c.disk, below, flags, mode);
    disk_leave(&c);
    *fd = edoi_sim_return(*fd);
    return true;
}

int open(const char *path, int flags, ...) {
    int fd;
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    if (open_on_disk(AT_FDCWD, path, flags, mode, &fd)) return fd;
    return EDOI_SIM_NEXT(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    int fd;
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    if (open_on_disk(AT_FDCWD, path, flags, mode, &fd)) return fd;
    return EDOI_SIM_NEXT(open64)(path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...) {
    int fd;
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    if (open_on_disk(dir, path, flags, mode, &fd)) return fd;
    return EDOI_SIM_NEXT(openat)(dir, path, flags, mode);
}

/* ---- Bytes ----------------------------------------------------------------------------------- */

bool edoi_sim_disk_write(int fd, const struct iovec *vecs, int n, off_t at, int flags,
                         ssize_t *put) {
    disk_call c = disk_enter_fd(fd);
    if (!c.disk) return false;
    *put = edoi_simdisk_write(c.disk, fd, vecs, n, at, flags);
    disk_leave(&c);
    *put = edoi_sim_return_n(*put);
    return true;
}

bool edoi_sim_disk_refuses_read(int fd, ssize_t *got) {
    const edoi_sim_host *h = edoi_sim_here();
    if (!h || !h->disk || edoi_simdisk_may_read(h->disk) == 0) return false; // as a rule
    disk_call c = disk_enter_fd(fd);
    if (!c.disk) return false;
    disk_leave(&c);
    *got = edoi_sim_return_n(-EIO);
    return true;
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t at) {
    ssize_t put;
    const struct iovec one = { (void *)(uintptr_t)buf, n };
    if (edoi_sim_disk_write(fd, &one, 1, at, 0, &put)) return put;
    return EDOI_SIM_NEXT(pwrite)(fd, buf, n, at);
}

ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t at) {
    ssize_t put;
    const struct iovec one = { (void *)(uintptr_t)buf, n };
    if (edoi_sim_disk_write(fd, &one, 1, at, 0, &put)) return put;
    return EDOI_SIM_NEXT(pwrite64)(fd, buf, n, at);
}

ssize_t pwritev2(int fd, const struct iovec *vecs, int n, off_t at, int flags) {
    ssize_t put;
    if (edoi_sim_disk_write(fd, vecs, n, at, flags, &put)) return put;
    return EDOI_SIM_NEXT(pwritev2)(fd, vecs, n, at, flags);
}

ssize_t pread(int fd, void *buf, size_t n, off_t at) {
    ssize_t got;
    if (edoi_sim_disk_refuses_read(fd, &got)) return got;
    return EDOI_SIM_NEXT(pread)(fd, buf, n, at);
}

ssize_t pread64(int fd, void *buf, size_t n, off64_t at) {
    ssize_t got;
    if (edoi_sim_disk_refuses_read(fd, &got)) return got;
    return EDOI_SIM_NEXT(pread64)(fd, buf, n, at);
}

ssize_t preadv2(int fd, const struct iovec *vecs, int n, off_t at, int flags) {
    ssize_t got;
    if (edoi_sim_disk_refuses_read(fd, &got)) return got;
    return EDOI_SIM_NEXT(preadv2)(fd, vecs, n, at, flags);
}

static bool truncate_on_disk(int fd, off_t size, int *result) {
    disk_call c = disk_enter_fd(fd);
    if (!c.disk) return false;
    *result = edoi_simdisk_truncate(c.disk, fd, size);
    disk_leave(&c);
    *result = edoi_sim_return(*result);
    return true;
}

int ftruncate(int fd, off_t size) {
    int result;
    if (truncate_on_disk(fd, size, &result)) return result;
    return EDOI_SIM_NEXT(ftruncate)(fd, size);
}

int ftruncate64(int fd, off64_t size) {
    int result;
    if (truncate_on_disk(fd, size, &result)) return result;
    return EDOI_SIM_NEXT(ftruncate64)(fd, size);
}

int fallocate(int fd, int mode, off_t at, off_t n) {
    disk_call c = disk_enter_fd(fd);
    if (!c.disk) return EDOI_SIM_NEXT(fallocate)(fd, mode, at, n);
    int result = edoi_simdisk_allocate(c.disk, fd, mode, at, n);
    disk_leave(&c);
    return edoi_sim_return(result);
}

/* What the kernel moves by itself nobody could note: callers then read and write. */
ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t n,
                        unsigned flags) {
    disk_call c = disk_enter_fd(to);
    if (!c.disk) return EDOI_SIM_NEXT(copy_file_range)(from, from_at, to, to_at, n, flags);
    disk_leave(&c);
    return edoi_sim_return_n(-EXDEV);
}

/* ---- Syncs ----------------------------------------------------------------------------------- */

static bool sync_on_disk(int fd, int *result) {
    disk_call c = disk_enter();
    if (!c.disk || edoi_simnet_is_fd(fd)) {
        disk_leave(&c);
        return false;
    }
    *result = edoi_simdisk_sync(c.disk, fd);
    disk_leave(&c);
    *result = edoi_sim_return(*result);
    return true;
}

/* A world does not wait for the machine's disk. */
int fsync(int fd) {
    int result;
    if (sync_on_disk(fd, &result)) return result;
    return EDOI_SIM_NEXT(fsync)(fd);
}

int fdatasync(int fd) {
    int result;
    if (sync_on_disk(fd, &result)) return result;
    return EDOI_SIM_NEXT(fdatasync)(fd);
}

/* ---- Names ----------------------------------------------------------------------------------- */

int unlinkat(int dir, const char *path, int flags) {
    char below[PATH_MAX];
    disk_call c = disk_enter_path(dir, path, below);
    if (!c.disk) return EDOI_SIM_NEXT(unlinkat)(dir, path, flags);
    int result = flags & AT_REMOVEDIR ? edoi_simdisk_rmdir(c.disk, below)
                                      : edoi_simdisk_unlink(c.disk, below);
    disk_leave(&c);
    return edoi_sim_return(result);
}

int unlink(const char *path) {
    return unlinkat(AT_FDCWD, path, 0);
}

int rmdir(const char *path) {
    return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int mkdir(const char *path, mode_t mode) {
    char below[PATH_MAX];
    disk_call c = disk_enter_path(AT_FDCWD, path, below);
    if (!c.disk) return EDOI_SIM_NEXT(mkdir)(path, mode);
    int result = edoi_simdisk_mkdir(c.disk, below, mode);
    disk_leave(&c);
    return edoi_sim_return(result);
}

int symlink(const char *text, const char *path) {
    char below[PATH_MAX];
    disk_call c = disk_enter_path(AT_FDCWD, path, below);
    if (!c.disk) return EDOI_SIM_NEXT(symlink)(text, path);
    int result = edoi_simdisk_symlink(c.disk, text, below);
    disk_leave(&c);
    return edoi_sim_return(result);
}

int link(const char *from, const char *to) {
    char old[PATH_MAX], new[PATH_MAX];
    disk_call c = disk_enter_path(AT_FDCWD, to, new);
    if (!c.disk) return EDOI_SIM_NEXT(link)(from, to);
    int result = edoi_simdisk_has(c.disk, AT_FDCWD, from, old) ? edoi_simdisk_link(c.disk, old, new)
                                                               : -EXDEV;
    disk_leave(&c);
    return edoi_sim_return(result);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
    char old[PATH_MAX], new[PATH_MAX];
    disk_call c = disk_enter_path(to_dir, to, new);
    if (!c.disk) return EDOI_SIM_NEXT(renameat2)(from_dir, from, to_dir, to, flags);
    int result = edoi_simdisk_has(c.disk, from_dir, from, old)
                     ? edoi_simdisk_rename(c.disk, old, new, flags)
                     : -EXDEV;
    disk_leave(&c);
    return edoi_sim_return(result);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to) {
    return renameat2(from_dir, from, to_dir, to, 0);
}

int rename(const char *from, const char *to) {
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}
