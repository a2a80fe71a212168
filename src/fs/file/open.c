/* SPDX-License-Identifier: MIT */
/* fs/file/open.c: opens files as streams. */
#include "base/opts.h"
#include "fd/fd_stream.h"
#include "fs/file/beneath.h"
#include "fs/file/fifo.h"
#include "fs/file/file.h"
#include "fs/ring/call.h"
#include "net/raw_socket.h"
#include "records/handles.h"

#include <edo/blocking.h>
#include <edo/file.h>
#include <edo/task.h>
#include <edo/time.h>

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
    int reader;      /* of a FIFO, which is open, and whose writer is waited for; -1: none */
    bool is_waiting; /* set by the job: it is to be done again */
    bool is_tried;   /* likewise: it was opened with O_NONBLOCK, which is not in `flags` */
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
        return o->is_tried && fcntl(fd, F_SETFL, o->flags) < 0 ? -errno : 0;
    }
    int status = fcntl(fd, F_GETFL);
    if (status < 0 || fcntl(fd, F_SETFL, status | O_NONBLOCK) < 0) return -errno;
    return edoi_fd_check_pollable(fd);
}

static int opening_open_path(const opening *o, int flags) {
    int fd;
    do fd = open(o->path, flags, o->mode);
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

static int opening_end(opening *o, int fd) {
    int err = opening_prepare(o, fd);
    if (err < 0) (void)close(fd);
    return err < 0 ? err : fd;
}

/* The other end of a FIFO is not there yet. */
static int opening_wait(opening *o) {
    o->is_waiting = true;
    return 0;
}

static int opening_await_writer(opening *o, int fd) {
    bool has_writer = edoi_fifo_has_writer(fd, EDOI_FIFO_STEP_MS);
    o->reader = has_writer ? -1 : fd;
    return has_writer ? fd : opening_wait(o);
}

static int opening_open_with(const opening *o, int flags) {
    return o->beneath ? edoi_open_beneath(o->beneath, o->path, flags, o->mode)
                      : opening_open_path(o, flags);
}

/* With O_NONBLOCK where a FIFO is or may be: below a directory a look would cost as much as the
 * open, and devices, which are told by the flag not to wait, are not expected there. */
static int opening_try(opening *o) {
    int tries = edoi_fifo_waits(o->beneath, o->path, o->flags);
    if (tries < 0) return tries;
    o->is_tried = tries;
    int fd = opening_open_with(o, o->flags | (tries ? O_NONBLOCK : 0));
    if (fd != -EAGAIN || !tries) return fd;
    o->is_tried = false; // others have a lease of it (fcntl(2)), whose end is waited for
    return opening_open_with(o, o->flags);
}

/* Returns the descriptor; unless it `is_waiting`: 0. */
static int opening_open_job(void *arg) {
    opening *o = (opening *)arg;
    o->is_waiting = false;
    if (o->reader >= 0) return opening_await_writer(o, o->reader);
    int fd = opening_try(o);
    if (fd == -ENXIO && o->is_tried && edoi_fifo_is_at(o->beneath, o->path, o->flags)) {
        edoi_fifo_step(); // for a reader
        return opening_wait(o);
    }
    if (fd < 0) return fd;
    fd = opening_end(o, fd);
    bool may_wait = fd >= 0 && o->is_tried && !o->has_places && (o->flags & O_ACCMODE) == O_RDONLY;
    return may_wait && edoi_fifo_is(fd) ? opening_await_writer(o, fd) : fd;
}

/* In a job, or on a thread of the program's own, no await finds out. */
static int cut_of_thread(void) {
    return edo_blocking_cancelled() ? -ECANCELED : edo_budget_consume();
}

/* A pool that is full now has a turn for the next step later. */
static int opening_step(opening *o) {
    int fd = cut_of_thread();
    if (fd == 0) fd = edo_blocking(opening_open_job, o);
    bool is_refused = fd == -EAGAIN && o->is_waiting;
    return is_refused ? edo_sleep(edo_ms(EDOI_FIFO_STEP_MS)) : fd;
}

/* A writer that has come since the last step has the reader that it waited for. */
static int opening_give_up(opening *o, int err) {
    if (o->reader < 0) return err;
    if (edoi_fifo_has_writer(o->reader, 0)) return o->reader;
    (void)close(o->reader);
    return err;
}

/* By jobs of the pool, one after the other while a FIFO has no other end: so whoever opens it can
 * be cut short between two. Time that is paused goes on between jobs only, so they do the wait. */
static int opening_open_by_jobs(opening *o) {
    o->reader = -1;
    int fd = edo_blocking(opening_open_job, o);
    while (fd >= 0 && o->is_waiting) fd = opening_step(o);
    return fd < 0 ? opening_give_up(o, fd) : fd;
}

/* By the ring, whose operation ends when it is cancelled; EDOI_FS_NO_RING: there is none. */
static int open_by_ring(opening *o) {
    edoi_kring_op op = { .code = IORING_OP_OPENAT, .fd = AT_FDCWD, .n = o->mode, .may_wait = true };
    op.at = (uint64_t)(uintptr_t)o->path;
    op.flags = (uint32_t)o->flags;
    int fd = o->beneath ? EDOI_FS_NO_RING : edoi_fs_ring_call(&op);
    return fd < 0 ? fd : opening_end(o, fd);
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
    if (fd == EDOI_FS_NO_RING) fd = opening_open_by_jobs(&o);
    if (fd < 0) return fd;
    err = o.has_places ? edoi_file_new(out, fd, &o.about, opts->append, EDOI_CALLER())
                       : edoi_fd_stream_new(out, fd, EDOI_CALLER());
    if (err < 0) (void)close(fd);
    if (err < 0 || !o.has_places) return err;
    // with RWF_NOWAIT such a write would wait for the disk all the same
    if (flags & O_DSYNC) edoi_file_of(*out)->no_write_now = true;
    return 0;
}
