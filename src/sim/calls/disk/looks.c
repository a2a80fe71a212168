/* SPDX-License-Identifier: MIT */
/* sim/calls/disk/looks.c: numbers and times of what lies on a disk, which are the disk's. The
 * machine says the rest, and whether there is something at all. */
#include "sim/calls/disk/enter.h"

#include "sim/calls/calls.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <utime.h>

EDOI_SIM_CALLS(disk_looks);

_Static_assert(sizeof(struct stat) == sizeof(struct stat64), "both have 64 bits for each length");

/* `path` NULL: `dir` is its descriptor. Returns `result`, which is what the machine has said. */
static int looks_show(int result, int dir, const char *path, struct stat *is) {
    if (result != 0) return result;
    edoi_sim_disk_call c = edoi_sim_disk_enter();
    if (c.disk) edoi_simdisk_show(c.disk, dir, path, is);
    edoi_sim_disk_leave(&c);
    return result;
}

static int looks_show64(int result, int dir, const char *path, struct stat64 *is) {
    struct stat plain;
    if (result != 0) return result;
    memcpy(&plain, is, sizeof plain);
    (void)looks_show(result, dir, path, &plain);
    memcpy(is, &plain, sizeof plain);
    return result;
}

void edoi_sim_disk_shows(int fd, struct stat *is) {
    (void)looks_show(0, fd, NULL, is);
}

void edoi_sim_disk_shows64(int fd, struct stat64 *is) {
    (void)looks_show64(0, fd, NULL, is);
}

int stat(const char *restrict path, struct stat *restrict out) {
    return looks_show(EDOI_SIM_NEXT(stat)(path, out), AT_FDCWD, path, out);
}

int stat64(const char *restrict path, struct stat64 *restrict out) {
    return looks_show64(EDOI_SIM_NEXT(stat64)(path, out), AT_FDCWD, path, out);
}

int lstat(const char *restrict path, struct stat *restrict out) {
    return looks_show(EDOI_SIM_NEXT(lstat)(path, out), AT_FDCWD, path, out);
}

int lstat64(const char *restrict path, struct stat64 *restrict out) {
    return looks_show64(EDOI_SIM_NEXT(lstat64)(path, out), AT_FDCWD, path, out);
}

int fstatat(int dir, const char *restrict path, struct stat *restrict out, int flags) {
    return looks_show(EDOI_SIM_NEXT(fstatat)(dir, path, out, flags), dir, path, out);
}

int fstatat64(int dir, const char *restrict path, struct stat64 *restrict out, int flags) {
    return looks_show64(EDOI_SIM_NEXT(fstatat64)(dir, path, out, flags), dir, path, out);
}

/* ---- statx() --------------------------------------------------------------------------------- */

static struct statx_timestamp looks_time(struct timespec at) {
    return (struct statx_timestamp){ .tv_sec = at.tv_sec, .tv_nsec = (uint32_t)at.tv_nsec };
}

/* Of all else, as the age of a file, its attributes and its mount, a disk knows nothing. */
static struct statx looks_statx(const struct statx *of, const struct stat *is) {
    return (struct statx){
        .stx_mask = of->stx_mask & STATX_BASIC_STATS,
        .stx_blksize = (uint32_t)is->st_blksize,
        .stx_nlink = of->stx_nlink,
        .stx_uid = of->stx_uid,
        .stx_gid = of->stx_gid,
        .stx_mode = of->stx_mode,
        .stx_ino = is->st_ino,
        .stx_size = (uint64_t)is->st_size,
        .stx_blocks = (uint64_t)is->st_blocks,
        .stx_atime = looks_time(is->st_atim),
        .stx_ctime = looks_time(is->st_ctim),
        .stx_mtime = looks_time(is->st_mtim),
        .stx_rdev_major = of->stx_rdev_major,
        .stx_rdev_minor = of->stx_rdev_minor,
        .stx_dev_major = major(is->st_dev),
        .stx_dev_minor = minor(is->st_dev),
    };
}

/* What a call has not asked for is told, too: the mask says that it is there. Opaque, since the
 * compiler takes it from libc's header that `path` is not NULL. */
static EDOI_OPAQUE void looks_show_statx(int dir, const char *path, struct statx *out) {
    struct stat is = { .st_dev = makedev(out->stx_dev_major, out->stx_dev_minor),
                       .st_ino = (ino_t)out->stx_ino,
                       .st_mode = out->stx_mode,
                       .st_size = (off_t)out->stx_size };
    const struct stat was = is;
    (void)looks_show(0, dir, path, &is);
    if (is.st_dev != was.st_dev) *out = looks_statx(out, &is); // else the machine's
}

/* The number of the file is asked for, too, and its kind: by these it is found. */
int statx(int dir, const char *restrict path, int flags, unsigned mask,
          struct statx *restrict out) {
    const unsigned needed = edoi_sim_here() ? STATX_INO | STATX_TYPE | STATX_SIZE : 0;
    int result = EDOI_SIM_NEXT(statx)(dir, path, flags, mask | needed, out);
    if (result == 0 && needed != 0) looks_show_statx(dir, path, out);
    return result;
}

/* ---- Times that a program sets --------------------------------------------------------------- */

/* `path` NULL: as above. 0, or -1 with errno: its disk does not take it. */
static int looks_may_set(int dir, const char *path, int flags) {
    edoi_sim_disk_call c = edoi_sim_disk_enter();
    return edoi_sim_disk_return(&c,
                                c.disk ? edoi_simdisk_may_set_times(c.disk, dir, path, flags) : 0);
}

/* `at` NULL: now. */
static int looks_set(int result, int dir, const char *path, const struct timespec at[2],
                     int flags) {
    if (result != 0) return result;
    edoi_sim_disk_call c = edoi_sim_disk_enter();
    if (c.disk) edoi_simdisk_set_times(c.disk, dir, path, at, flags);
    edoi_sim_disk_leave(&c);
    return result;
}

static int looks_set_us(int result, int dir, const char *path, const struct timeval at[2],
                        int flags) {
    struct timespec both[2];
    for (int i = 0; i < 2 && at; i++)
        both[i] = (struct timespec){ .tv_sec = at[i].tv_sec, .tv_nsec = 1000 * at[i].tv_usec };
    return looks_set(result, dir, path, at ? both : NULL, flags);
}

int utimensat(int dir, const char *path, const struct timespec at[2], int flags) {
    if (looks_may_set(dir, path, flags) < 0) return -1;
    return looks_set(EDOI_SIM_NEXT(utimensat)(dir, path, at, flags), dir, path, at, flags);
}

int futimens(int fd, const struct timespec at[2]) {
    if (looks_may_set(fd, NULL, 0) < 0) return -1;
    return looks_set(EDOI_SIM_NEXT(futimens)(fd, at), fd, NULL, at, 0);
}

int utimes(const char *path, const struct timeval at[2]) {
    if (looks_may_set(AT_FDCWD, path, 0) < 0) return -1;
    return looks_set_us(EDOI_SIM_NEXT(utimes)(path, at), AT_FDCWD, path, at, 0);
}

int lutimes(const char *path, const struct timeval at[2]) {
    if (looks_may_set(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW) < 0) return -1;
    return looks_set_us(EDOI_SIM_NEXT(lutimes)(path, at), AT_FDCWD, path, at, AT_SYMLINK_NOFOLLOW);
}

int futimes(int fd, const struct timeval at[2]) {
    if (looks_may_set(fd, NULL, 0) < 0) return -1;
    return looks_set_us(EDOI_SIM_NEXT(futimes)(fd, at), fd, NULL, at, 0);
}

int futimesat(int dir, const char *path, const struct timeval at[2]) {
    if (looks_may_set(dir, path, 0) < 0) return -1;
    return looks_set_us(EDOI_SIM_NEXT(futimesat)(dir, path, at), dir, path, at, 0);
}

int utime(const char *path, const struct utimbuf *at) {
    if (looks_may_set(AT_FDCWD, path, 0) < 0) return -1;
    const struct timeval both[2] = { { .tv_sec = at ? at->actime : 0 },
                                     { .tv_sec = at ? at->modtime : 0 } };
    return looks_set_us(EDOI_SIM_NEXT(utime)(path, at), AT_FDCWD, path, at ? both : NULL, 0);
}
