/* SPDX-License-Identifier: MIT */
/* recorder/file.c: see file.h. */
#include "recorder/file.h"

#include "base/text/hex.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BEFORE_BYTES 1536u
#define PIECE_BYTES  (UINT64_C(1) << 20)
#define NAME_END     ".new-0123456789ab"
#define NAME_TRIES   64

bool edoi_recorder_file_is(const edoi_recorder_file *f, uint64_t device, uint64_t inode) {
    return edoi_load_rlx_u32(&f->is_there) && edoi_load_rlx_u64(&f->inode) == inode &&
           edoi_load_rlx_u64(&f->device) == device;
}

void edoi_recorder_file_set(edoi_recorder_file *f, int fd) {
    struct stat about = { .st_dev = 0 };
    if (fd >= 0) (void)fstat(fd, &about); // of an open file this cannot fail
    edoi_store_rlx_u64(&f->device, about.st_dev);
    edoi_store_rlx_u64(&f->inode, about.st_ino);
    edoi_store_rlx_u32(&f->is_there, fd >= 0);
}

/* May the open file be renamed? */
static int file_is_free(int fd, const edoi_recorder_file *mine) {
    struct stat about;
    if (fstat(fd, &about) < 0) return -errno;
    if (!S_ISREG(about.st_mode)) return -EINVAL;
    if (about.st_uid != geteuid()) return -EPERM;
    if (edoi_recorder_file_is(mine, about.st_dev, about.st_ino)) return 0;
    // a file system without locks has no file in use that could be known
    return flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK ? -EBUSY : 0;
}

/* PATH.new-N, of a number that no other thread writes to. Returns a descriptor. */
int edoi_recorder_open_new(char name[EDOI_RECORDER_NAME_BYTES], const char *path) {
    static edo_atomic_u64 names_n; /* atomic, relaxed: a number */
    size_t n = strnlen(path, EDOI_RECORDER_NAME_BYTES - sizeof NAME_END);
    if (path[n]) return -ENAMETOOLONG;
    memcpy(name, path, n);
    memcpy(name + n, NAME_END, sizeof NAME_END);
    for (int tries = 0; tries < NAME_TRIES; tries++) { // one may be there from a process before
        uint64_t number = edoi_add_rlx_u64(&names_n, 1) << 32 | (uint32_t)edoi_recorder_pid();
        for (size_t i = n + sizeof NAME_END - 2; name[i] != '-'; i--, number >>= 4)
            name[i] = edoi_hex_of((int)(number & 15));
        int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd >= 0 || errno != EEXIST) return fd >= 0 ? fd : -errno;
    }
    return -EEXIST;
}

/* Opens an existing file, and takes its flock(): so only one of two starting processes goes on.
 * Returns a descriptor. -ENOENT: there is no file. */
static int file_take(const char *path, const edoi_recorder_file *mine) {
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) return -errno;
    int err = file_is_free(fd, mine);
    if (err == 0) return fd;
    (void)close(fd);
    return err;
}

static int name_before(char before[BEFORE_BYTES], const char *path) {
    int n = snprintf(before, BEFORE_BYTES, "%s.before", path);
    return n < 0 || (size_t)n >= BEFORE_BYTES ? -ENAMETOOLONG : 0;
}

/* By pieces, so that a signal that comes again and again does not begin all of it anew. */
static int file_fill(int fd, uint64_t bytes) {
    for (uint64_t at = 0, n; at < bytes; at += n) {
        n = bytes - at < PIECE_BYTES ? bytes - at : PIECE_BYTES;
        int err;
        do err = posix_fallocate(fd, (off_t)at, (off_t)n);
        while (err == EINTR);
        if (err != 0) return -err;
    }
    return 0;
}

/* The name of the new file; of the thread that starts the recorder. */
static char file_new[EDOI_RECORDER_NAME_BYTES];

void edoi_recorder_file_drop(void) {
    (void)unlink(file_new);
}

/* What would be replaced by what is there. False: nothing would be. */
static EDOI_NOINLINE bool file_make_room(const char *path) {
    char before[BEFORE_BYTES];
    return access(path, F_OK) == 0 && name_before(before, path) == 0 && unlink(before) == 0;
}

static int file_fill_new(const char *path, int fd, uint64_t bytes) {
    (void)flock(fd, LOCK_EX | LOCK_NB); // cannot fail: no other process has the file open
    int err = file_fill(fd, bytes);
    if (err == -ENOSPC && file_make_room(path)) err = file_fill(fd, bytes);
    return err;
}

int edoi_recorder_file_make(const char *path, uint64_t bytes, const edoi_recorder_file *mine) {
    int there = file_take(path, mine);
    if (there < 0 && there != -ENOENT) return there;
    int fd = edoi_recorder_open_new(file_new, path);
    int err = fd < 0 ? fd : file_fill_new(path, fd, bytes);
    if (there >= 0) (void)close(there);
    if (fd < 0 || err == 0) return fd;
    edoi_recorder_file_drop();
    (void)close(fd);
    return err;
}

/* Only if no other process was quicker. */
static int file_put(const char *path) {
    if (renameat2(AT_FDCWD, file_new, AT_FDCWD, path, RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return errno == EEXIST ? -EBUSY : -errno;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return errno == EEXIST ? -EBUSY : -errno;
    (void)close(fd);
    return rename(file_new, path) < 0 ? -errno : 0;
}

int edoi_recorder_file_name(const char *path, const edoi_recorder_file *mine) {
    char before[BEFORE_BYTES];
    int err = name_before(before, path);
    int there = err < 0 ? err : file_take(path, mine);
    if (there < 0 && there != -ENOENT) return there;
    if (there >= 0 && rename(path, before) < 0) err = -errno;
    const bool is_kept = there >= 0 && err == 0;
    if (err == 0) err = file_put(path);
    if (err < 0 && is_kept && err != -EBUSY) (void)rename(before, path);
    if (there >= 0) (void)close(there);
    return err;
}
