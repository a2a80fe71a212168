/* SPDX-License-Identifier: MIT */
/* fs/names.c: calls on names; each is one job. */
#include <edo/blocking.h>
#include <edo/fs.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
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

/* ---- Names ----------------------------------------------------------------------------------- */

static int rename_job(void *arg) {
    const names *n = (const names *)arg;
    return path_code(rename(n->path, n->other));
}

int edo_fs_rename(const char *from, const char *to) {
    names n = { .path = from, .other = to };
    return edo_blocking(rename_job, &n);
}

static int hard_link_job(void *arg) {
    const names *n = (const names *)arg;
    return path_code(link(n->path, n->other));
}

int edo_fs_hard_link(const char *from, const char *to) {
    names n = { .path = from, .other = to };
    return edo_blocking(hard_link_job, &n);
}

static int symlink_job(void *arg) {
    const names *n = (const names *)arg;
    return path_code(symlink(n->path, n->other));
}

int edo_fs_symlink(const char *target, const char *path) {
    names n = { .path = target, .other = path };
    return edo_blocking(symlink_job, &n);
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
    return edo_blocking(remove_file_job, &n);
}

/* ---- What a file is -------------------------------------------------------------------------- */

static int path_stat_job(void *arg) {
    const names *n = (const names *)arg;
    return path_code(stat(n->path, n->stat));
}

int edo_fs_stat(struct stat *out, const char *path) {
    names n = { .path = path, .stat = out };
    return edo_blocking(path_stat_job, &n);
}

static int lstat_job(void *arg) {
    const names *n = (const names *)arg;
    return path_code(lstat(n->path, n->stat));
}

int edo_fs_lstat(struct stat *out, const char *path) {
    names n = { .path = path, .stat = out };
    return edo_blocking(lstat_job, &n);
}

static int path_statx_job(void *arg) {
    const names *n = (const names *)arg;
    return path_code(statx(AT_FDCWD, n->path, n->flags, n->mask, n->statx));
}

int edo_fs_statx(struct statx *out, const char *path, int flags, unsigned mask) {
    names n = { .path = path, .statx = out, .flags = flags, .mask = mask };
    return edo_blocking(path_statx_job, &n);
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
