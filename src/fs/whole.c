/* SPDX-License-Identifier: MIT */
/* fs/whole.c: whole files: read, write, replace, copy. */
#include "base/memory/alloc.h"

#include <edo/blocking.h>
#include <edo/fs.h>

#include <edo/random.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define STEP ((size_t)1 << 20) /* bytes between two looks whether the job is still wanted */

/* A file that belongs to another user than the old one must not run with that user's rights: setuid
 * and setgid are not taken over. */
#define PERMISSIONS ((mode_t)0777)

/* The arguments of a call, on its caller's stack. */
typedef struct whole {
    const char *path, *from;
    const char *bytes;
    size_t n;
    edo_bytes *out;
    uint64_t copied;
} whole;

/* Opens a file; a signal may interrupt that, for example on a network file system. */
static int open_file(const char *path, int flags, mode_t mode) {
    int fd;
    do fd = open(path, flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

/* Closes `fd`: a failed write may be told only now. Returns `err` if that is a failure. */
static int whole_close_file(int fd, int err) {
    bool failed = close(fd) < 0 && errno != EINTR; // after EINTR it is closed
    return err == 0 && failed ? -errno : err;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static int read_to_end(int fd, edo_buf *to) {
    struct stat found;
    if (fstat(fd, &found) < 0) return -errno;
    size_t room = found.st_size > 0 ? (size_t)found.st_size + 1 : 4096; // 1 to see the end
    for (;;) {
        int err = to->len < to->cap ? 0 : edo_buf_reserve(to, room);
        if (err < 0 && to->len == 0) err = edo_buf_reserve(to, 4096); // the size may be no size
        if (err < 0) return err;
        size_t n = to->cap - to->len < STEP ? to->cap - to->len : STEP;
        ssize_t got = read(fd, to->ptr + to->len, n);
        if (got == 0) return 0;
        if (got < 0 && errno != EINTR) return -errno;
        if (got > 0) to->len += (size_t)got;
        room = to->len < 4096 ? 4096 : to->len;
        if (edo_blocking_cancelled()) return -ECANCELED;
    }
}

static int read_all_job(void *arg) {
    const whole *w = (const whole *)arg;
    int fd = open_file(w->path, O_RDONLY, 0);
    if (fd < 0) return fd;
    edo_buf to = { 0 };
    int err = read_to_end(fd, &to);
    (void)close(fd); // nothing was written
    if (err == 0) *w->out = edo_buf_freeze(&to);
    edo_buf_deinit(&to);
    return err;
}

int edo_fs_read_all(edo_bytes *out, const char *path) {
    whole w = { .path = path, .out = out };
    return edo_blocking(read_all_job, &w);
}

static int read_text_job(void *arg) {
    const whole *w = (const whole *)arg;
    int err = read_all_job(arg);
    if (err < 0 || edo_str_is_utf8(w->out->str)) return err;
    edo_bytes_unref(w->out);
    return -EILSEQ;
}

int edo_fs_read_to_string(edo_bytes *out, const char *path) {
    whole w = { .path = path, .out = out };
    return edo_blocking(read_text_job, &w);
}

/* ---- Writing --------------------------------------------------------------------------------- */

static int whole_write_bytes(int fd, const char *ptr, size_t n) {
    while (n > 0) {
        ssize_t put = write(fd, ptr, n < STEP ? n : STEP);
        if (put < 0 && errno != EINTR) return -errno;
        if (put == 0) return -EIO; // no progress, but no error
        if (put > 0) {
            ptr += put;
            n -= (size_t)put;
        }
        if (n > 0 && edo_blocking_cancelled()) return -ECANCELED;
    }
    return 0;
}

static int write_all_job(void *arg) {
    const whole *w = (const whole *)arg;
    int fd = open_file(w->path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (fd < 0) return fd;
    return whole_close_file(fd, whole_write_bytes(fd, w->bytes, w->n));
}

int edo_fs_write_all(const char *path, const void *ptr, size_t n) {
    whole w = { .path = path, .bytes = (const char *)ptr, .n = n };
    return edo_blocking(write_all_job, &w);
}

/* ---- Replacing ------------------------------------------------------------------------------- */

/* Syncs the directory in which `path` lies, of which `dir` is a copy to be changed. */
static int sync_dir(char *dir) {
    char *slash = strrchr(dir, '/');
    if (slash == dir) slash++; // the root
    if (slash) *slash = 0;
    int fd = open_file(slash ? dir : ".", O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0) return fd;
    int err = fsync(fd) < 0 ? -errno : 0;
    (void)close(fd); // nothing was written
    return err;
}

/* Fills the new file; `old` has the mode that it keeps, unless that is NULL. */
static int whole_fill(const whole *w, int fd, const struct stat *old) {
    if (old && fchmod(fd, old->st_mode & PERMISSIONS) < 0) return -errno; // despite the umask
    int err = whole_write_bytes(fd, w->bytes, w->n);
    if (err == 0 && fsync(fd) < 0) err = -errno;
    return err;
}

static int replace_by(const whole *w, char *name) {
    struct stat old;
    bool keeps = lstat(w->path, &old) == 0 && S_ISREG(old.st_mode);
    int fd = open_file(name, O_WRONLY | O_CREAT | O_EXCL, keeps ? old.st_mode & PERMISSIONS : 0666);
    if (fd < 0) return fd;
    int err = whole_close_file(fd, whole_fill(w, fd, keeps ? &old : NULL));
    if (err == 0 && edo_blocking_cancelled()) err = -ECANCELED;
    if (err == 0 && rename(name, w->path) < 0) err = -errno;
    if (err < 0) (void)unlink(name); // the failure before it counts
    return err < 0 ? err : sync_dir(name);
}

static int replace_job(void *arg) {
    const whole *w = (const whole *)arg;
    uint64_t number;
    int err = edo_random(&number, sizeof number);
    if (err < 0) return err;
    const char *slash = strrchr(w->path, '/'); // the name itself may be as long as names can be
    size_t dir = slash ? (size_t)(slash - w->path) + 1 : 0;
    size_t bytes = dir + sizeof ".0123456789abcdef";
    char *name = (char *)edoi_alloc(bytes);
    if (!name) return -ENOMEM;
    memcpy(name, w->path, dir);
    (void)snprintf(name + dir, bytes - dir, ".%016llx", (unsigned long long)number);
    err = replace_by(w, name);
    edoi_free(name);
    return err;
}

int edo_fs_replace(const char *path, const void *ptr, size_t n) {
    whole w = { .path = path, .bytes = (const char *)ptr, .n = n };
    return edo_blocking(replace_job, &w);
}

/* ---- Copying --------------------------------------------------------------------------------- */

/* Copies what the kernel can copy by itself; what it leaves is for copy_rest(). */
static int copy_inside(whole *w, int to, int from) {
    for (;;) {
        ssize_t n = copy_file_range(from, NULL, to, NULL, 64 * STEP, 0);
        if (n <= 0)
            return n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO) ? -errno : 0;
        w->copied += (uint64_t)n;
        if (edo_blocking_cancelled()) return -ECANCELED;
    }
}

static int copy_rest(whole *w, int to, int from) {
    char *step = (char *)edoi_alloc(STEP);
    int err = step ? 0 : -ENOMEM;
    while (err == 0) {
        ssize_t n = read(from, step, STEP);
        if (n == 0) break;
        if (n < 0) {
            err = errno == EINTR ? 0 : -errno;
        } else {
            err = whole_write_bytes(to, step, (size_t)n);
            w->copied += err == 0 ? (uint64_t)n : 0;
        }
        if (err == 0 && edo_blocking_cancelled()) err = -ECANCELED;
    }
    edoi_free(step);
    return err;
}

static int copy_between(whole *w, int to, int from, const struct stat *source) {
    struct stat target;
    if (fstat(to, &target) < 0) return -errno;
    if (target.st_dev == source->st_dev && target.st_ino == source->st_ino) return -EINVAL;
    bool is_file = S_ISREG(target.st_mode);
    // before the bytes are there, no user may read the file that may not read the source
    mode_t common = target.st_mode & source->st_mode & PERMISSIONS;
    if (is_file && (fchmod(to, common) < 0 || ftruncate(to, 0) < 0)) return -errno;
    int err = copy_inside(w, to, from);
    if (err == 0) err = copy_rest(w, to, from);
    if (err == 0 && is_file && fchmod(to, source->st_mode & PERMISSIONS) < 0) err = -errno;
    return err;
}

/* What is no regular file is not even opened: the writer of a FIFO would go on. */
static int open_source(const char *path, struct stat *about) {
    if (stat(path, about) < 0) return -errno;
    if (!S_ISREG(about->st_mode)) return -EINVAL;
    int fd = open_file(path, O_RDONLY | O_NONBLOCK, 0); // a FIFO may be there now
    if (fd < 0) return fd;
    int err = fstat(fd, about) < 0 ? -errno : S_ISREG(about->st_mode) ? 0 : -EINVAL;
    if (err == 0) return fd;
    (void)close(fd);
    return err;
}

static int whole_copy_job(void *arg) {
    whole *w = (whole *)arg;
    struct stat source;
    int from = open_source(w->from, &source);
    if (from < 0) return from;
    int to = open_file(w->path, O_WRONLY | O_CREAT, source.st_mode & PERMISSIONS);
    int err = to < 0 ? to : whole_close_file(to, copy_between(w, to, from, &source));
    (void)close(from); // nothing was written
    return err;
}

int edo_fs_copy(const char *to, const char *from, uint64_t *bytes) {
    whole w = { .path = to, .from = from };
    int err = edo_blocking(whole_copy_job, &w);
    if (bytes) *bytes = w.copied;
    return err;
}
