/* SPDX-License-Identifier: MIT */
/* fs/file/open.c: opens files as streams. */
#include "base/opts.h"
#include "fd/fd_stream.h"
#include "fs/file/beneath.h"
#include "fs/file/file.h"
#include "fs/ring/call.h"
#include "net/raw_socket.h"
#include "records/handles.h"

#include <edo/blocking.h>
#include <edo/file.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HAVE_OPTIONS (O_ACCMODE | O_APPEND | O_TRUNC | O_CREAT | O_EXCL)
#define REFUSED      (HAVE_OPTIONS | O_DIRECT)

/* The arguments of a call, on its caller's stack. */
typedef struct opening {
    const char *path, *beneath; /* `beneath` may be NULL */
    int flags;
    mode_t mode;
    bool has_places; /* this and the next: set by the job */
    struct statx about;
} opening;

/* Returns the flags of open(2), or -EINVAL. */
static int flags_of(const edo_fs_open_opts *o) {
    bool writes = o->write || o->append;
    if (o->flags & REFUSED || !edoi_all_zero(o->reserved, EDO_COUNT(o->reserved))) return -EINVAL;
    if ((o->create || o->create_new || o->truncate) && !writes) return -EINVAL;
    if (o->truncate && o->append) return -EINVAL;
    int flags = o->flags | O_CLOEXEC | (!writes ? O_RDONLY : o->read ? O_RDWR : O_WRONLY);
    if (o->append) flags |= O_APPEND;
    if (o->truncate && !o->create_new) flags |= O_TRUNC;
    if (o->create || o->create_new) flags |= O_CREAT;
    return o->create_new ? flags | O_EXCL : flags;
}

/* What has no places must be polled. */
static int opening_prepare(opening *o, int fd) {
    o->has_places = lseek(fd, 0, SEEK_CUR) >= 0 || errno != ESPIPE;
    if (o->has_places) {
        edoi_file_ask(fd, &o->about);
        return 0;
    }
    int status = fcntl(fd, F_GETFL);
    if (status < 0 || fcntl(fd, F_SETFL, status | O_NONBLOCK) < 0) return -errno;
    return edoi_fd_check_pollable(fd);
}

static int opening_open_path(const opening *o) {
    int fd;
    do fd = open(o->path, o->flags, o->mode);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

#define NOT_TO_READ (O_ACCMODE | O_CREAT | O_TRUNC | O_TMPFILE)

/* Of a file whose path is in the kernel's caches; -1 if that is not so. */
static int open_cached_file(const char *path, int flags, struct statx *about) {
    struct open_how how = { .flags = (uint32_t)flags, .resolve = RESOLVE_CACHED };
    int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
    if (fd < 0) return -1;
    edoi_file_ask(fd, about);
    if (S_ISREG(about->stx_mode)) return fd;
    (void)close(fd);
    return -1;
}

/* Opens for reading, at once, a file whose path the kernel has in its caches: so are most files of
 * a server. Returns -EAGAIN if a job has to do it, or to find out what is wrong: the path is on the
 * disk only, the open may wait (that of a FIFO does), or the kernel is older than 5.12. */
static int open_now(opening *o) {
    if (edoi_calls_go_through_libc) return -EAGAIN; // what is in its caches follows from no seed
    if (o->beneath || (o->flags & NOT_TO_READ) != O_RDONLY) return -EAGAIN;
    // An open is something to others: it lets the writer of a FIFO begin, and starts some devices.
    int place = open_cached_file(o->path, O_PATH | O_CLOEXEC | (o->flags & O_NOFOLLOW), &o->about);
    if (place < 0) return -EAGAIN;
    (void)close(place);
    int fd = open_cached_file(o->path, o->flags | O_NONBLOCK, &o->about);
    if (fd < 0) return -EAGAIN;
    o->has_places = true;
    return fd;
}

/* Returns the descriptor. */
static int opening_open_job(void *arg) {
    opening *o = (opening *)arg;
    int fd = o->beneath ? edoi_open_beneath(o->beneath, o->path, o->flags, o->mode)
                        : opening_open_path(o);
    if (fd < 0) return fd;
    int err = opening_prepare(o, fd);
    if (err < 0) (void)close(fd);
    return err < 0 ? err : fd;
}

/* By the ring; EDOI_FS_NO_RING: there is none. */
static int open_by_ring(opening *o) {
    edoi_kring_op op = { .code = IORING_OP_OPENAT, .fd = AT_FDCWD, .n = o->mode, .may_wait = true };
    op.at = (uint64_t)(uintptr_t)o->path;
    op.flags = (uint32_t)o->flags;
    int fd = o->beneath ? EDOI_FS_NO_RING : edoi_fs_ring_call(&op);
    if (fd < 0) return fd;
    int err = opening_prepare(o, fd);
    if (err < 0) (void)close(fd);
    return err < 0 ? err : fd;
}

int edo_fs_open(edo_stream **out, const char *path, const edo_fs_open_opts *opts) {
    static const edo_fs_open_opts defaults = { 0 };
    if (!opts) opts = &defaults;
    int err = edo_budget_consume();
    if (err < 0) return err;
    int flags = flags_of(opts);
    if (flags < 0) return flags;
    opening o = { .path = path,
                  .beneath = opts->beneath,
                  .flags = flags,
                  .mode = opts->mode ? opts->mode : 0666 };
    int fd = open_now(&o);
    if (fd == -EAGAIN) fd = open_by_ring(&o);
    if (fd == EDOI_FS_NO_RING) fd = edo_blocking(opening_open_job, &o);
    if (fd < 0) return fd;
    err = o.has_places ? edoi_file_new(out, fd, &o.about, opts->append, EDOI_CALLER())
                       : edoi_fd_stream_new(out, fd, EDOI_CALLER());
    if (err < 0) (void)close(fd);
    if (err < 0 || !o.has_places) return err;
    // with RWF_NOWAIT such a write would wait for the disk all the same
    if (flags & O_DSYNC) edoi_file_of(*out)->no_write_now = true;
    return 0;
}
