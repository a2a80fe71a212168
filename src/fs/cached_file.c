/* SPDX-License-Identifier: MIT */
/* fs/cached_file.c: see cached_file.h. */
#include "fs/cached_file.h"

#include "driver/clock.h"
#include "fs/file/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S  INT64_C(1000000000)
#define RECENT_NS (2 * NS_PER_S)     /* FAT keeps times of two seconds, others of a tick */
#define SKEW_NS   (86400 * NS_PER_S) /* by which the clock of a file server may be ahead */

static int64_t ns_of(struct timespec at) {
    return edoi_time_after(edo_s(at.tv_sec).ns, at.tv_nsec); // a file may have any time
}

static int version_of(int fd, edoi_file_version *out) {
    struct stat st;
    if (fstat(fd, &st) < 0) return -errno;
    if (S_ISDIR(st.st_mode)) return -EISDIR;
    if (S_ISLNK(st.st_mode)) return -ELOOP; // without openat2(): beneath.h
    if (!S_ISREG(st.st_mode)) return -EINVAL;
    *out = (edoi_file_version){ .dev = st.st_dev,
                                .ino = st.st_ino,
                                .size = (uint64_t)st.st_size,
                                .modified_ns = ns_of(st.st_mtim) };
    return 0;
}

bool edoi_file_version_is_same(const edoi_file_version *a, const edoi_file_version *b) {
    return !a->is_unsure && a->ino == b->ino && a->dev == b->dev && a->size == b->size &&
           a->modified_ns == b->modified_ns;
}

/* Could the file change once more and keep its time? Not if that was set to one far ahead. */
static bool is_recent(const edoi_file_version *v) {
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now); // cannot fail: the clock exists
    const edo_instant modified = { v->modified_ns };
    int64_t ns = edo_instant_since((edo_instant){ ns_of(now) }, modified).ns;
    return -SKEW_NS < ns && ns < RECENT_NS;
}

/* Reads `to->len` bytes, or as many as there are. */
static int read_bytes(int fd, edo_bytes *to, char *at) {
    size_t done = 0;
    while (done < to->str.len) {
        ssize_t n = read(fd, at + done, to->str.len - done);
        if (n == 0) break;
        if (n < 0 && errno != EINTR) return -errno;
        if (n > 0) done += (size_t)n;
    }
    to->str.len = done;
    return 0;
}

/* Reads the file as large as it was; one that was changed meanwhile gets a version unlike any. */
static int read_version(int fd, edoi_file_reading *r) {
    char *at;
    int err = edo_bytes_new(&r->bytes, &at, (size_t)r->version.size);
    if (err < 0) return err;
    err = read_bytes(fd, &r->bytes, at);
    edoi_file_version now = { .size = 0 };
    if (err == 0) err = version_of(fd, &now);
    if (err < 0) {
        edo_bytes_unref(&r->bytes);
        return err;
    }
    r->version.is_unsure = !edoi_file_version_is_same(&r->version, &now) || is_recent(&now);
    return 0;
}

static int cached_file_open(const char *beneath, const char *path, int flags) {
    int fd;
    if (beneath) return edoi_open_beneath(beneath, path, flags, 0);
    do fd = open(path, flags);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

/* What is no regular file is not even opened to read: the writer of a FIFO would go on. */
static int file_check_place(const char *beneath, const char *path) {
    edoi_file_version unused;
    int place = cached_file_open(beneath, path, O_PATH | O_CLOEXEC);
    if (place < 0) return place;
    int err = version_of(place, &unused);
    (void)close(place);
    return err;
}

#define FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) /* a FIFO may be there now */

int edoi_file_read_if_changed(const char *beneath, const char *path, const edoi_file_version *known,
                              edoi_file_reading *out) {
    int err = file_check_place(beneath, path);
    int fd = err < 0 ? err : cached_file_open(beneath, path, FLAGS);
    if (fd < 0) return fd;
    err = version_of(fd, &out->version);
    if (err == 0) {
        out->is_unchanged = known && edoi_file_version_is_same(known, &out->version);
        out->is_too_large = out->version.size > out->bytes_max;
        if (!out->is_unchanged && !out->is_too_large) err = read_version(fd, out);
    }
    (void)close(fd); // nothing was written
    return err;
}
