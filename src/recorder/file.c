/* SPDX-License-Identifier: MIT */
/* recorder/file.c: see file.h. */
#include "recorder/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* Under the lock of what is there, so that of two processes that begin now one goes on. */
static int keep_before(const char *path, const edoi_recorder_file *mine) {
    char before[1536];
    int n = snprintf(before, sizeof before, "%s.before", path);
    if (n < 0 || (size_t)n >= sizeof before) return -ENAMETOOLONG;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT ? 0 : -errno;
    int err = file_is_free(fd, mine);
    if (err == 0 && rename(path, before) < 0) err = -errno;
    (void)close(fd);
    return err;
}

int edoi_recorder_file_make(const char *path, uint64_t bytes, const edoi_recorder_file *mine) {
    int err = keep_before(path, mine);
    if (err < 0) return err;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return errno == EEXIST ? -EBUSY : -errno; // another process was quicker
    (void)flock(fd, LOCK_EX | LOCK_NB);
    err = posix_fallocate(fd, 0, (off_t)bytes);
    if (err == 0) return fd;
    (void)unlink(path);
    (void)close(fd);
    return -err;
}
