/* SPDX-License-Identifier: MIT */
/* fs/names.c: calls on names; each is one operation of the ring, or one job. */
#include "fs/ring/call.h"

#include <edo/blocking.h>
#include <edo/fs.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* The arguments of a call, on its caller's stack. */
typedef struct names {
    const char *path, *other;
    mode_t mode;
    struct stat *stat;
    struct statx *statx;
    int flags;
    unsigned mask;
    edo_bytes *out;
} names;

static int path_code(int result) {
    return result < 0 ? -errno : 0;
}

/* An operation on two names, or one: the paths are as they are for the working directory. */
static edoi_kring_op name_op(uint8_t code, const char *path, const char *other) {
    return (edoi_kring_op){ .code = code,
                            .fd = AT_FDCWD,
                            .at = (uint64_t)(uintptr_t)path,
                            .place = (uint64_t)(uintptr_t)other };
}

/* As an operation of the ring, or else as a job. */
static int names_run(edoi_kring_op op, edo_task_fn *fn, names *n) {
    int result = edoi_fs_ring_call(&op);
    return result != EDOI_FS_NO_RING ? result : edo_blocking(fn, n);
}

/* ---- Names ----------------------------------------------------------------------------------- */

static int rename_job(void *arg) {
    const names *n = (const names *)arg;
    return path_code(rename(n->path, n->other));
}

int edo_fs_rename(const char *from, const char *to) {
    names n = { .path = from, .other = to };
    edoi_kring_op op = name_op(IORING_OP_RENAMEAT, from, to);
    op.n = (uint32_t)AT_FDCWD;
    return names_run(op, rename_job, &n);
}

static int hard_link_job(void *arg) {
    const names *n = (const names *)arg;
    return path_code(link(n->path, n->other));
}

int edo_fs_hard_link(const char *from, const char *to) {
    names n = { .path = from, .other = to };
    edoi_kring_op op = name_op(IORING_OP_LINKAT, from, to);
    op.n = (uint32_t)AT_FDCWD;
    return names_run(op, hard_link_job, &n);
}

static int symlink_job(void *arg) {
    const names *n = (const names *)arg;
    return path_code(symlink(n->path, n->other));
}

int edo_fs_symlink(const char *target, const char *path) {
    names n = { .path = target, .other = path };
    return names_run(name_op(IORING_OP_SYMLINKAT, target, path), symlink_job, &n);
}

static int read_link_job(void *arg) {
    const names *n = (const names *)arg;
    edo_buf text = { 0 };
    int err;
    for (size_t room = 128;; room *= 2) {
        err = edo_buf_reserve(&text, room);
        if (err < 0) break;
        ssize_t len = readlink(n->path, text.ptr, text.cap);
        if (len < 0) err = -errno;
        if (len < 0 || (size_t)len < text.cap) {
            text.len = len < 0 ? 0 : (size_t)len;
            break;
        }
    }
    if (err == 0) *n->out = edo_buf_freeze(&text);
    edo_buf_deinit(&text);
    return err;
}

int edo_fs_read_link(edo_bytes *out, const char *path) {
    names n = { .path = path, .out = out };
    return edo_blocking(read_link_job, &n);
}

static int canonicalize_job(void *arg) {
    const names *n = (const names *)arg;
    char *text = realpath(n->path, NULL);
    if (!text) return -errno;
    int err = edo_bytes_copy(n->out, text, strlen(text));
    free(text);
    return err;
}

int edo_fs_canonicalize(edo_bytes *out, const char *path) {
    names n = { .path = path, .out = out };
    return edo_blocking(canonicalize_job, &n);
}

static int remove_file_job(void *arg) {
    const names *n = (const names *)arg;
    return path_code(unlink(n->path));
}

int edo_fs_remove_file(const char *path) {
    names n = { .path = path };
    return names_run(name_op(IORING_OP_UNLINKAT, path, NULL), remove_file_job, &n);
}

/* ---- What a file is -------------------------------------------------------------------------- */

static struct timespec stamp_time(const struct statx_timestamp *t) {
    return (struct timespec){ .tv_sec = t->tv_sec, .tv_nsec = t->tv_nsec };
}

static struct stat stat_of(const struct statx *x) {
    return (struct stat){ .st_dev = makedev(x->stx_dev_major, x->stx_dev_minor),
                          .st_ino = x->stx_ino,
                          .st_mode = x->stx_mode,
                          .st_nlink = x->stx_nlink,
                          .st_uid = x->stx_uid,
                          .st_gid = x->stx_gid,
                          .st_rdev = makedev(x->stx_rdev_major, x->stx_rdev_minor),
                          .st_size = (off_t)x->stx_size,
                          .st_blksize = (blksize_t)x->stx_blksize,
                          .st_blocks = (blkcnt_t)x->stx_blocks,
                          .st_atim = stamp_time(&x->stx_atime),
                          .st_mtim = stamp_time(&x->stx_mtime),
                          .st_ctim = stamp_time(&x->stx_ctime) };
}

static edoi_kring_op statx_op(const char *path, struct statx *to, int flags, unsigned mask) {
    edoi_kring_op op = name_op(IORING_OP_STATX, path, (const char *)to);
    op.n = mask;
    op.flags = (uint32_t)flags;
    return op;
}

/* By statx(2), which is to mount nothing, as stat(2). EDOI_FS_NO_RING: there is no ring. */
static int stat_by_ring(struct stat *out, const char *path, int flags) {
    struct statx is;
    edoi_kring_op op = statx_op(path, &is, flags, STATX_BASIC_STATS);
    int result = edoi_fs_ring_call(&op);
    if (result == 0) *out = stat_of(&is);
    return result;
}

static int path_stat_job(void *arg) {
    const names *n = (const names *)arg;
    return path_code(stat(n->path, n->stat));
}

int edo_fs_stat(struct stat *out, const char *path) {
    names n = { .path = path, .stat = out };
    int result = stat_by_ring(out, path, AT_NO_AUTOMOUNT);
    return result != EDOI_FS_NO_RING ? result : edo_blocking(path_stat_job, &n);
}

static int lstat_job(void *arg) {
    const names *n = (const names *)arg;
    return path_code(lstat(n->path, n->stat));
}

int edo_fs_lstat(struct stat *out, const char *path) {
    names n = { .path = path, .stat = out };
    int result = stat_by_ring(out, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT);
    return result != EDOI_FS_NO_RING ? result : edo_blocking(lstat_job, &n);
}

static int path_statx_job(void *arg) {
    const names *n = (const names *)arg;
    return path_code(statx(AT_FDCWD, n->path, n->flags, n->mask, n->statx));
}

int edo_fs_statx(struct statx *out, const char *path, int flags, unsigned mask) {
    names n = { .path = path, .statx = out, .flags = flags, .mask = mask };
    return names_run(statx_op(path, out, flags, mask), path_statx_job, &n);
}

int edo_fs_exists(const char *path) {
    struct stat unused;
    int err = edo_fs_stat(&unused, path);
    return err == 0 ? 1 : err == -ENOENT ? 0 : err;
}

static int set_permissions_job(void *arg) {
    const names *n = (const names *)arg;
    return path_code(chmod(n->path, n->mode));
}

int edo_fs_set_permissions(const char *path, mode_t mode) {
    names n = { .path = path, .mode = mode };
    return edo_blocking(set_permissions_job, &n);
}
