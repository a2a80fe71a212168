/* SPDX-License-Identifier: MIT */
/* fs/file/stream.c: see file.h. Operations at the place of a file. */
#include "base/assert.h"
#include "base/memory/alloc.h"
#include "driver/driver.h"
#include "fs/file/file.h"
#include "io/copy/by_kernel.h"
#include "io/op.h"
#include "records/handles.h"
#include "records/unfinished.h"
#include "runtime/blocking/blocking.h"
#include "runtime/blocking/job.h"

#include <edo/task.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#define ANY EDOI_READ /* all waiters wait for one thing: their turn */

static edoi_file *file_self_of(edo_stream *s) {
    return (edoi_file *)(void *)s;
}

/* ---- System calls ---------------------------------------------------------------------------- */

static ssize_t file_code(ssize_t result) {
    return result >= 0 ? result : errno == ECANCELED ? -EIO : -errno;
}

ssize_t edoi_file_readv(int fd, const struct iovec *to, size_t n, uint64_t at, int flags) {
    ssize_t got;
    do got = preadv2(fd, to, (int)n, (off_t)at, flags);
    while (got < 0 && errno == EINTR);
    return file_code(got);
}

ssize_t edoi_file_writev(int fd, const struct iovec *from, size_t n, uint64_t at, int flags) {
    ssize_t put;
    do put = pwritev2(fd, from, (int)n, (off_t)at, flags);
    while (put < 0 && errno == EINTR);
    return file_code(put);
}

bool edoi_file_would_wait(ssize_t result, bool *never) {
    bool is_unknown = result == -EOPNOTSUPP || result == -ENOSYS;
    if (is_unknown) *never = true;
    return is_unknown || result == -EAGAIN;
}

/* ---- Jobs, on threads of the pool ------------------------------------------------------------ */

/* Wakes those that wait for their turn. Called with the lock held. */
static void file_wake_all(edoi_file *f) {
    if (edoi_source_waiters_any(&f->waiters, ANY))
        edoi_source_waiters_wake(&f->waiters, ANY, &f->lock);
}

/* The result was taken, or nobody wants it. Called with the lock held. */
static void let_result_go(edoi_file *f) {
    edoi_free(f->buf);
    f->buf = NULL;
    f->owner = NULL;
    file_wake_all(f);
}

/* As let_result_go(), for a job that lost its owner. Called with the lock held. */
static void discard_result(edoi_file *f) {
    if (f->job == EDOI_FILE_WRITES && f->result < 0) f->failure = (int)f->result;
    let_result_go(f);
}

/* The operation of `wait` ends; its job, if it has one, loses its owner. Called with the lock
 * held. */
static void disown(edoi_file *f, const edo_io_wait *wait) {
    if (f->owner != wait) return;
    f->owner = NULL;
    if (!f->running) discard_result(f);
}

static void file_free_memory(edoi_file *f) {
    edoi_handle_free(EDOI_STREAM, &f->base, f, sizeof *f);
}

/* The job is over, or never ran. Gives its reference back first: the task that takes the result may
 * close the file, and then nobody has it open. */
static void file_job_ended(edoi_file *f, int64_t result) {
    EDO_INV("file inv. 4", edoi_load_rlx_u32(&f->base.refs) > 0);
    edoi_stream_let_go(&f->base);
    edoi_lock_acquire(&f->lock);
    EDO_INV("file inv. 1", f->running);
    EDO_INV("file inv. 5", f->jobs_n > 0);
    f->running = false;
    f->result = result;
    if (f->owner) {
        file_wake_all(f);
    } else {
        discard_result(f);
    }
    bool is_last = --f->jobs_n == 0 && f->is_gone;
    edoi_lock_release(&f->lock);
    if (is_last) file_free_memory(f);
}

static int file_run_job(void *arg) {
    edoi_file *f = (edoi_file *)arg;
    struct iovec buf = { .iov_base = f->buf, .iov_len = f->n };
    int64_t result;
    if (f->job == EDOI_FILE_READS) {
        result = edoi_file_readv(f->fd, &buf, 1, f->place, 0);
    } else if (f->job == EDOI_FILE_WRITES) {
        result = edoi_file_writev(f->fd, &buf, 1, f->place, 0);
        if (result == 0) result = -EIO; // no progress, but no error
    } else {
        off_t end = lseek(f->fd, 0, SEEK_END); // `place` is not the kernel's
        result = end < 0 ? -errno : end;
    }
    file_job_ended(f, result);
    return 0;
}

/* The pool refuses the job, or the runtime ends before it could begin. */
static void file_job_dropped(void *arg) {
    file_job_ended((edoi_file *)arg, edoi_job_drop_reason());
}

/* Begins a job for `wait`; its buffer is set. Called with the lock held and the file running;
 * returns with the lock held. */
static int file_begin_job(edoi_file *f, edoi_file_job job, const edo_io_wait *wait) {
    static const edo_blocking_opts opts = { .drop = file_job_dropped };
    edo_blocking_future run;
    EDO_INV("file inv. 2", f->running && !f->owner);
    f->job = job;
    f->owner = wait;
    f->jobs_n++;
    edoi_lock_release(&f->lock);
    edoi_stream_hold(&f->base);
    (void)edo_blocking_init(&run, file_run_job, f, &opts);
    if (job == EDOI_FILE_READS && !f->no_read_now) edoi_blocking_take_turns(&run, f->disk);
    int err = edo_spawn_future_detached_at(&run.base, EDOI_OWN_TASK "a system call of a file");
    if (err < 0) edoi_stream_let_go(&f->base);
    edoi_lock_acquire(&f->lock);
    if (err < 0) {
        f->jobs_n--;
        f->running = false;
        let_result_go(f);
    }
    return err;
}

/* ---- Turns ----------------------------------------------------------------------------------- */

typedef enum turn { MAY_RUN, HAS_RESULT, WAITS, IS_OVER } turn;

/* What may the operation of `wait` do? IS_OVER and WAITS set the result. Called with the lock
 * held. */
static turn take_turn(edoi_file *f, edo_cx *cx, edo_io_wait *wait, int *result) {
    *result = f->closed ? -EDO_ECLOSED : -EAGAIN;
    if (f->closed) return IS_OVER;
    if (!f->running && !f->owner) return MAY_RUN;
    if (!f->running && f->owner == wait) return HAS_RESULT;
    if (!cx) return IS_OVER;
    edo_waker *waker = edo_cx_waker(cx);
    if (edoi_source_waiters_has(wait)) {
        edoi_source_waiters_renew(wait, waker, ANY);
    } else {
        edoi_source_waiters_push(&f->waiters, wait, waker, ANY);
    }
    return WAITS;
}

/* Begins a job for `wait`, with `buf` and `n` set, and takes another turn. Called with the lock
 * held and the file running. */
static turn go_on_by_job(edoi_file *f, edoi_file_job job, edo_cx *cx, edo_io_wait *wait,
                         int *result) {
    *result = file_begin_job(f, job, wait);
    if (*result < 0) return IS_OVER;
    turn is = take_turn(f, cx, wait, result);
    if (is == IS_OVER) disown(f, wait); // closed meanwhile; no unwait after a first poll
    return is;
}

/* The operation ran at once, or cannot run. Called with the lock held. */
static turn end_now(edoi_file *f, int is, int *result) {
    *result = is;
    f->running = false;
    file_wake_all(f);
    return IS_OVER;
}

/* The end of a poll: releases the lock. */
static edo_polled end_turn(edoi_file *f, turn t) {
    edoi_lock_release(&f->lock);
    return t == WAITS ? EDO_PENDING : EDO_READY;
}

/* ---- Reading and writing --------------------------------------------------------------------- */

/* As many of an operation's buffers as one call moves. */
typedef struct transfer {
    const struct iovec *vecs;
    size_t n;
    size_t bytes;     /* in the buffers */
    struct iovec one; /* in their place, if the first with bytes is longer than a piece */
} transfer;

static void transfer_init(transfer *t, const struct iovec *vecs, size_t n) {
    *t = (transfer){ .vecs = vecs };
    while (t->n < n && t->bytes + vecs[t->n].iov_len <= EDOI_FILE_PIECE)
        t->bytes += vecs[t->n++].iov_len;
    if (t->bytes > 0 || t->n == n) return;
    t->one = (struct iovec){ .iov_base = vecs[t->n].iov_base, .iov_len = EDOI_FILE_PIECE };
    *t = (transfer){ .vecs = &t->one, .n = 1, .bytes = EDOI_FILE_PIECE, .one = t->one };
}

/* One call that does not wait; -EAGAIN: it would. Called with the lock held; releases it meanwhile,
 * and leaves the file running. */
static ssize_t move_now(edoi_file *f, const transfer *t, bool writes) {
    bool *never = writes ? &f->no_write_now : &f->no_read_now;
    f->running = true;
    if (*never) return -EAGAIN;
    edoi_lock_release(&f->lock);
    ssize_t moved = writes ? edoi_file_writev(f->fd, t->vecs, t->n, f->place, RWF_NOWAIT)
                           : edoi_file_readv(f->fd, t->vecs, t->n, f->place, RWF_NOWAIT);
    edoi_lock_acquire(&f->lock);
    return edoi_file_would_wait(moved, never) ? -EAGAIN : moved;
}

/* Copies `n` bytes between the buffers and that of a job. */
static void copy_vecs(const transfer *t, char *buf, size_t n, bool writes) {
    for (const struct iovec *vec = t->vecs; n > 0; vec++) {
        size_t bytes = vec->iov_len < n ? vec->iov_len : n;
        if (bytes > 0) memcpy(writes ? buf : vec->iov_base, writes ? vec->iov_base : buf, bytes);
        buf += bytes;
        n -= bytes;
    }
}

/* Moves at once, or begins a job. Called with the lock held, while the file may run. */
static turn begin_move(edoi_file *f, const transfer *t, bool writes, bool keeps_place, edo_cx *cx,
                       edo_io_wait *wait, int *result) {
    ssize_t moved = move_now(f, t, writes);
    if (moved > 0 && !keeps_place) f->place += (uint64_t)moved; // inv. 3: before others may run
    if (moved != -EAGAIN || !cx) return end_now(f, (int)moved, result);
    f->n = t->bytes;
    f->buf = (char *)edoi_alloc(f->n);
    if (!f->buf) return end_now(f, -ENOMEM, result);
    if (writes) copy_vecs(t, f->buf, f->n, true);
    return go_on_by_job(f, writes ? EDOI_FILE_WRITES : EDOI_FILE_READS, cx, wait, result);
}

static edo_polled file_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                            size_t n, uint32_t flags, int *result) {
    edoi_file *f = file_self_of(s);
    transfer t;
    bool keeps_place = (flags & EDO_IO_PEEK) != 0;
    transfer_init(&t, to, n);
    edoi_lock_acquire(&f->lock);
    turn is = take_turn(f, cx, wait, result);
    if (is == MAY_RUN) is = begin_move(f, &t, false, keeps_place, cx, wait, result);
    if (is == HAS_RESULT) {
        *result = (int)(f->result < (int64_t)t.bytes ? f->result : (int64_t)t.bytes);
        if (*result > 0) copy_vecs(&t, f->buf, (size_t)*result, false);
        if (*result > 0 && !keeps_place) f->place += (uint32_t)*result;
        let_result_go(f);
    }
    return end_turn(f, is);
}

/* Is there a failure to be told, or has writing ended? Called with the lock held. */
static bool is_write_over(edoi_file *f, int *result) {
    *result = f->failure < 0 ? f->failure : f->shut ? -EPIPE : 0;
    f->failure = 0;
    return *result < 0;
}

static edo_polled file_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *from,
                             size_t n, int *result) {
    edoi_file *f = file_self_of(s);
    transfer t;
    transfer_init(&t, from, n);
    edoi_lock_acquire(&f->lock);
    turn is = take_turn(f, cx, wait, result);
    if (is == MAY_RUN)
        is = is_write_over(f, result) ? IS_OVER
                                      : begin_move(f, &t, true, f->appends, cx, wait, result);
    if (is == HAS_RESULT) {
        *result = (int)f->result;
        if (*result > 0 && !f->appends) f->place += (uint32_t)*result;
        let_result_go(f);
    }
    if (is != WAITS && *result == 0) *result = -EIO; // no progress, but no error
    return end_turn(f, is);
}

/* ---- The rest -------------------------------------------------------------------------------- */

static edo_polled file_flush(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    edoi_file *f = file_self_of(s);
    edoi_lock_acquire(&f->lock);
    turn is = take_turn(f, cx, wait, result);
    if (is == MAY_RUN) {
        *result = f->failure;
        f->failure = 0;
    }
    return end_turn(f, is);
}

static edo_polled file_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_polled polled = file_flush(s, cx, wait, result);
    edoi_file *f = file_self_of(s);
    edoi_lock_acquire(&f->lock);
    if (polled == EDO_READY && *result == 0) f->shut = true;
    edoi_lock_release(&f->lock);
    return polled;
}

/* Moves the place by `offset` from `from`. Called with the lock held. */
static int move_place(edoi_file *f, uint64_t from, int64_t offset, uint64_t *at) {
    if (__builtin_add_overflow(from, offset, at) || *at > INT64_MAX) return -EINVAL;
    f->place = *at;
    return 0;
}

static edo_polled file_seek(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int64_t offset,
                            int whence, uint64_t *at, int *result) {
    edoi_file *f = file_self_of(s);
    edoi_lock_acquire(&f->lock);
    turn is = take_turn(f, cx, wait, result);
    if (is == MAY_RUN && whence == SEEK_END && cx) {
        f->running = true;
        is = go_on_by_job(f, EDOI_FILE_FINDS_END, cx, wait, result);
    } else if (is == MAY_RUN && (whence == SEEK_SET || whence == SEEK_CUR)) {
        *result = move_place(f, whence == SEEK_CUR ? f->place : 0, offset, at);
    } else if (is == MAY_RUN) {
        *result = -EINVAL;
    }
    if (is == HAS_RESULT) {
        *result = (int)f->result;
        if (f->result >= 0) *result = move_place(f, (uint64_t)f->result, offset, at);
        let_result_go(f);
    }
    return end_turn(f, is);
}

static void file_unwait(edo_stream *s, edo_io_wait *wait) {
    edoi_file *f = file_self_of(s);
    edoi_lock_acquire(&f->lock);
    if (edoi_source_waiters_has(wait)) edoi_source_waiters_remove(&f->waiters, wait);
    disown(f, wait);
    edoi_lock_release(&f->lock);
}

static void file_close(edo_stream *s) {
    edoi_file *f = file_self_of(s);
    edoi_lock_acquire(&f->lock);
    f->closed = true;
    file_wake_all(f);
    edoi_lock_release(&f->lock);
}

/* A job that has yet to tell its result frees the memory. */
static void file_free(edo_stream *s) {
    edoi_file *f = file_self_of(s);
    edoi_open_strike(&f->open);
    (void)close(f->fd); // see edo_fs_open()
    edoi_lock_acquire(&f->lock);
    f->is_gone = true;
    bool is_last = f->jobs_n == 0;
    edoi_lock_release(&f->lock);
    if (is_last) file_free_memory(f);
}

static int file_fd(edo_stream *s) {
    return file_self_of(s)->fd;
}

static const edoi_copying_ops file_ops = { .base = { .name = "file",
                                                     .flags =
                                                         EDO_STREAM_VECTORED | EDOI_STREAM_COPIES,
                                                     .poll_read = file_read,
                                                     .poll_write = file_write,
                                                     .poll_shutdown = file_shutdown,
                                                     .unwait = file_unwait,
                                                     .close = file_close,
                                                     .free = file_free,
                                                     .fd = file_fd,
                                                     .poll_flush = file_flush,
                                                     .poll_seek = file_seek },
                                           .copy = edoi_file_copy };

edoi_file *edoi_file_of(edo_stream *s) {
    return s->ops == &file_ops.base ? file_self_of(s) : NULL;
}

bool edoi_file_claim(edoi_file *f, uint64_t *place) {
    edoi_lock_acquire(&f->lock);
    bool is_free = !f->closed && !f->running && !f->owner && f->failure == 0 && !f->shut;
    if (is_free) f->running = true;
    *place = f->place;
    edoi_lock_release(&f->lock);
    return is_free;
}

void edoi_file_release(edoi_file *f, uint64_t place) {
    edoi_lock_acquire(&f->lock);
    EDO_INV("file inv. 1", f->running);
    f->place = place;
    f->running = false;
    file_wake_all(f);
    edoi_lock_release(&f->lock);
}

bool edoi_file_is_closed(edoi_file *f) {
    edoi_lock_acquire(&f->lock);
    bool is_closed = f->closed;
    edoi_lock_release(&f->lock);
    return is_closed;
}

/* A job of a call, on its caller's stack. */
typedef struct call_job {
    edoi_file *f;
    edo_task_fn *fn;
    void *arg;
} call_job;

static int run_unless_closed(void *arg) {
    const call_job *j = (const call_job *)arg;
    return edoi_file_is_closed(j->f) ? -EDO_ECLOSED : j->fn(j->arg);
}

int edoi_file_run(edoi_file *f, edo_task_fn *fn, void *arg, uint64_t turns) {
    call_job j = { f, fn, arg };
    edoi_stream_hold(&f->base);
    int result = turns ? edoi_blocking_in_turn(run_unless_closed, &j, turns)
                       : edo_blocking(run_unless_closed, &j);
    edoi_stream_let_go(&f->base);
    return result;
}

static void file_stream_look(edoi_open_thing *thing, edoi_open_table *to) {
    const edoi_open_row row = { .kind = "descriptor",
                                .by = " opened at",
                                .maker = thing->maker,
                                .n = 1,
                                .state = EDOI_OPEN_FILE };
    edoi_open_add(to, &row);
}

void edoi_file_ask(int fd, struct statx *about) {
    int flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
    if (statx(fd, "", flags, STATX_TYPE, about) < 0) *about = (struct statx){ 0 };
}

/* Does a read with RWF_NOWAIT that finds nothing ask the disk? Linux 5.9 was the first. */
static bool begins_reads(void) {
    struct utsname is;
    unsigned major, minor;
    if (uname(&is) < 0 || sscanf(is.release, "%u.%u", &major, &minor) != 2) return false;
    return major > 5 || (major == 5 && minor >= 9);
}

static uint64_t file_disk(const struct statx *about) {
    dev_t device = makedev(about->stx_dev_major, about->stx_dev_minor);
    return begins_reads() ? (uint64_t)device : 0;
}

/* A ring asks what has a poll of its own whether it can be written, on the thread that enters:
 * /dev/kmsg says no for ever, and a file of FUSE asks its process. It writes at a place also what
 * takes none, as files of /proc. No file of a file system that keeps the flags of its files in the
 * kernel does so: those say that they know this one. */
static bool fits_ring(const struct statx *about) {
    bool is_kept = about->stx_attributes_mask & STATX_ATTR_IMMUTABLE;
    return is_kept && (S_ISREG(about->stx_mode) || S_ISBLK(about->stx_mode));
}

int edoi_file_new(edo_stream **out, int fd, const struct statx *about, bool appends,
                  const void *caller) {
    edoi_file *self = (edoi_file *)edoi_calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    self->base = (edo_stream){ .ops = &file_ops.base, .refs = EDOI_ATOMIC_INIT(1) };
    self->fd = fd;
    self->appends = appends;
    // What is tried may come short, and the rest then go behind what others have appended.
    self->no_write_now = appends;
    self->disk = file_disk(about);
    self->no_ring = !fits_ring(about);
    edoi_open_enlist(&self->open, file_stream_look, caller);
    *out = (edo_stream *)edoi_handle_made_here(EDOI_STREAM, &self->base, caller);
    return 0;
}
