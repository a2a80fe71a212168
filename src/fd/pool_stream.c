/* SPDX-License-Identifier: MIT */
/* fd/pool_stream.c: see fd_stream.h.
 *
 * inv. 1: a job is begun only when none is busy, and while it is, `bytes` belongs to it: so at most
 *         one thread uses the descriptor.
 * inv. 2: a job is a task of its own, not part of the operation that began it: an operation that is
 *         cut short loses no bytes. The job holds a reference until its system call is over.
 * inv. 3: `jobs_n` jobs have yet to tell their result; all but the newest are about to end. The
 *         memory is freed by the last of them, or with the stream's last reference. */
#include "fd/fd_stream.h"

#include "base/assert.h"

#include "base/memory/alloc.h"
#include "driver/driver.h"
#include "driver/source_waiters.h"
#include "io/op.h"
#include "io/sigpipe.h"
#include "io/source_io.h"
#include "records/handles.h"
#include "records/unfinished.h"
#include "runtime/blocking/job.h"

#include <edo/blocking.h>
#include <edo/task.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define CHUNK  65536u
#define GLANCE 100 /* ms; a job that waits looks that often whether it was cancelled */

typedef struct pool_stream {
    edo_stream base;
    int fd;      /* const */
    bool writes; /* const */
    edoi_lock lock;
    edoi_source_waiters waiters; /* lock: lock */
    bool busy;                   /* lock: lock */
    bool closed;                 /* lock: lock */
    bool is_gone;                /* the descriptor is closed; lock: lock */
    uint32_t jobs_n;             /* inv. 3; lock: lock */
    bool at_end;                 /* the last job found the end of the input; lock: lock */
    int failure;                 /* of the last job; told once; lock: lock */
    uint32_t begin, end;         /* bytes that were read, or are to be written; inv. 1 */
    char bytes[CHUNK];           /* inv. 1 */
} pool_stream;

static pool_stream *pool_of(edo_stream *s) {
    return (pool_stream *)(void *)s;
}

/* ---- Jobs, on threads of the pool ------------------------------------------------------------ */

static void pool_stream_free_memory(pool_stream *self) {
    edoi_handle_free(EDOI_STREAM, &self->base, self, sizeof *self);
}

/* The job is over, or never ran. Gives its reference back first: the task that is woken may close
 * the stream, and then the descriptor must not stay open. */
static void pool_stream_job_ended(pool_stream *self, int failure, bool at_end) {
    EDO_INV("pool_stream inv. 2", edoi_load_rlx_u32(&self->base.refs) > 0);
    edoi_stream_let_go(&self->base);
    edoi_lock_acquire(&self->lock);
    EDO_INV("pool_stream inv. 1", self->busy);
    EDO_INV("pool_stream inv. 3", self->jobs_n > 0);
    self->busy = false;
    if (self->writes) self->begin = self->end = 0; // what failed is lost
    self->failure = failure;
    self->at_end = at_end;
    for (edoi_dir dir = EDOI_READ; dir <= EDOI_WRITE; dir++)
        if (edoi_source_waiters_any(&self->waiters, dir))
            edoi_source_waiters_wake(&self->waiters, dir, &self->lock);
    bool is_last = --self->jobs_n == 0 && self->is_gone;
    edoi_lock_release(&self->lock);
    if (is_last) pool_stream_free_memory(self);
}

/* Bytes that come after the close of an input are for other readers of the descriptor. */
static bool is_closed_input(pool_stream *self) {
    edoi_lock_acquire(&self->lock);
    bool is_closed = self->closed && !self->writes;
    edoi_lock_release(&self->lock);
    return is_closed;
}

/* Waits until a read or write does not block, unless the job is cancelled. */
static int await_ready(pool_stream *self) {
    struct pollfd p = { .fd = self->fd, .events = self->writes ? POLLOUT : POLLIN };
    for (;;) {
        int n = poll(&p, 1, GLANCE);
        if (n < 0 && errno != EINTR) return -errno;
        if (is_closed_input(self)) return -ECANCELED;
        if (n > 0) return 0;
        if (edo_blocking_cancelled()) return -ECANCELED;
    }
}

static int pool_stream_read_job(void *arg) {
    pool_stream *self = (pool_stream *)arg;
    ssize_t n = -1;
    int err;
    do {
        err = await_ready(self);
        if (err < 0) break;
        n = read(self->fd, self->bytes, CHUNK);
        if (n < 0 && edoi_is_hung_up(self->fd)) n = 0;
        if (n < 0) err = -errno;
    } while (n < 0 && (err == -EINTR || err == -EAGAIN));
    self->begin = 0;
    self->end = n > 0 ? (uint32_t)n : 0;
    pool_stream_job_ended(self, err, n == 0);
    return 0;
}

static int pool_stream_write_job(void *arg) {
    pool_stream *self = (pool_stream *)arg;
    int err = 0;
    while (self->begin < self->end && err == 0) {
        err = await_ready(self);
        if (err < 0) break;
        edoi_sigpipe sigpipe;
        edoi_sigpipe_block(&sigpipe);
        ssize_t n = write(self->fd, self->bytes + self->begin, self->end - self->begin);
        edoi_sigpipe_restore(&sigpipe, n < 0 && errno == EPIPE);
        if (n >= 0) {
            self->begin += (uint32_t)n;
        } else if (errno != EINTR && errno != EAGAIN) {
            err = -errno;
        }
    }
    pool_stream_job_ended(self, err, false);
    return 0;
}

/* The pool refuses the job, or the runtime ends before it could begin. */
static void pool_stream_job_dropped(void *arg) {
    pool_stream_job_ended((pool_stream *)arg, edoi_job_drop_reason(), false);
}

/* Begins a job; `busy` is set and the job counted already, and the lock is not held. */
static int pool_stream_begin_job(pool_stream *self) {
    static const edo_blocking_opts opts = { .drop = pool_stream_job_dropped };
    static const edo_spawn_opts task = { .name = EDOI_OWN_TASK "a system call of a descriptor" };
    edo_blocking_future f;
    edoi_stream_hold(&self->base);
    edo_task_fn *fn = self->writes ? pool_stream_write_job : pool_stream_read_job;
    int err = edo_spawn_future_detached_with(edo_blocking_init(&f, fn, self, &opts), &task);
    if (err < 0) pool_stream_job_ended(self, err, false);
    return err;
}

/* ---- Operations ------------------------------------------------------------------------------ */

/* Called with the lock held. */
static edo_polled pool_stream_wait_for(pool_stream *self, edo_cx *cx, edo_io_wait *wait,
                                       int *result) {
    edoi_dir dir = self->writes ? EDOI_WRITE : EDOI_READ;
    *result = -EAGAIN;
    if (!cx) return EDO_READY;
    edo_waker *waker = edo_cx_waker(cx);
    if (edoi_source_waiters_has(wait)) {
        edoi_source_waiters_renew(wait, waker, dir);
    } else {
        edoi_source_waiters_push(&self->waiters, wait, waker, dir);
    }
    return EDO_PENDING;
}

/* Is there something to be told before all else? Called with the lock held. */
static bool is_ended(pool_stream *self, int *result) {
    if (self->closed) {
        *result = -EDO_ECLOSED;
    } else if (!self->busy && self->failure < 0) {
        *result = self->failure;
        self->failure = 0;
    } else if (!self->busy && self->at_end) { // only once: a file may grow
        *result = 0;
        self->at_end = false;
    } else {
        return false;
    }
    return true;
}

/* Copies what was read to `to`. Called with the lock held. */
static int pool_stream_hand_out(pool_stream *self, const struct iovec *to, size_t n,
                                uint32_t flags) {
    uint32_t at = self->begin;
    for (size_t i = 0; i < n && at < self->end; i++) {
        size_t bytes = to[i].iov_len < self->end - at ? to[i].iov_len : self->end - at;
        if (bytes > 0) memcpy(to[i].iov_base, self->bytes + at, bytes);
        at += (uint32_t)bytes;
    }
    int count = (int)(at - self->begin);
    if (!(flags & EDO_IO_PEEK)) self->begin = at;
    return count;
}

/* Waits for bytes, and begins a job for them if none is busy. Called with the lock held; releases
 * it. */
static edo_polled await_bytes(pool_stream *self, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_polled polled = pool_stream_wait_for(self, cx, wait, result);
    bool begins = !self->busy;
    self->busy = true;
    self->jobs_n += begins;
    edoi_lock_release(&self->lock);
    if (begins) {
        int err =
            pool_stream_begin_job(self); // the next poll returns its failure, which wakes `wait`
        if (err < 0 && !cx) *result = err;
    }
    return polled;
}

static edo_polled pool_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                            size_t n, uint32_t flags, int *result) {
    pool_stream *self = pool_of(s);
    *result = -EBADF;
    if (self->writes) return EDO_READY;
    edoi_lock_acquire(&self->lock);
    bool is_over = true;
    if (!self->closed && !self->busy && self->begin < self->end) {
        *result = pool_stream_hand_out(self, to, n, flags);
    } else {
        is_over = is_ended(self, result);
    }
    if (!is_over) return await_bytes(self, cx, wait, result);
    edoi_lock_release(&self->lock);
    return EDO_READY;
}

static edo_polled pool_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *from,
                             size_t n, int *result) {
    pool_stream *self = pool_of(s);
    edo_polled polled = EDO_READY;
    bool begins = false;
    *result = -EBADF;
    if (!self->writes) return EDO_READY;
    edoi_lock_acquire(&self->lock);
    if (is_ended(self, result)) {
    } else if (self->busy) {
        polled = pool_stream_wait_for(self, cx, wait, result);
    } else {
        for (size_t i = 0; i < n && self->end < CHUNK; i++) {
            uint32_t room = CHUNK - self->end;
            uint32_t bytes = from[i].iov_len < room ? (uint32_t)from[i].iov_len : room;
            if (bytes > 0) memcpy(self->bytes + self->end, from[i].iov_base, bytes);
            self->end += bytes;
        }
        *result = (int)self->end;
        begins = self->busy = self->end > 0;
        self->jobs_n += begins;
    }
    edoi_lock_release(&self->lock);
    if (begins) (void)pool_stream_begin_job(self); // the next call returns its failure
    return polled;
}

static edo_polled pool_flush(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    pool_stream *self = pool_of(s);
    edo_polled polled = EDO_READY;
    *result = 0;
    if (!self->writes) return EDO_READY;
    edoi_lock_acquire(&self->lock);
    if (!is_ended(self, result) && self->busy)
        polled = pool_stream_wait_for(self, cx, wait, result);
    edoi_lock_release(&self->lock);
    return polled;
}

static edo_polled pool_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                             int *result) {
    pool_stream *self = pool_of(s);
    *result = -ENOTSUP;
    if (self->writes != (what == EDO_IO_WRITE)) return EDO_READY;
    edoi_lock_acquire(&self->lock);
    edo_polled polled = EDO_READY;
    *result = self->closed ? -EDO_ECLOSED : (int)what;
    if (!self->closed && self->busy) {
        polled = pool_stream_wait_for(self, cx, wait, result);
    } else if (!self->closed && !self->writes) {
        bool is_known = self->begin < self->end || self->failure < 0 || self->at_end;
        if (!is_known) return await_bytes(self, cx, wait, result);
    }
    edoi_lock_release(&self->lock);
    return polled;
}

static void pool_unwait(edo_stream *s, edo_io_wait *wait) {
    pool_stream *self = pool_of(s);
    if (!edoi_source_waiters_has(wait)) return;
    edoi_lock_acquire(&self->lock);
    if (edoi_source_waiters_has(wait)) edoi_source_waiters_remove(&self->waiters, wait);
    edoi_lock_release(&self->lock);
}

static void pool_close(edo_stream *s) {
    pool_stream *self = pool_of(s);
    edoi_lock_acquire(&self->lock);
    self->closed = true;
    for (edoi_dir dir = EDOI_READ; dir <= EDOI_WRITE; dir++)
        if (edoi_source_waiters_any(&self->waiters, dir))
            edoi_source_waiters_wake(&self->waiters, dir, &self->lock);
    edoi_lock_release(&self->lock);
}

/* A job that has yet to tell its result frees the memory. */
static void pool_free(edo_stream *s) {
    pool_stream *self = pool_of(s);
    (void)close(self->fd);
    edoi_lock_acquire(&self->lock);
    self->is_gone = true;
    bool is_last = self->jobs_n == 0;
    edoi_lock_release(&self->lock);
    if (is_last) pool_stream_free_memory(self);
}

static int pool_fd(edo_stream *s) {
    return pool_of(s)->fd;
}

static const edo_stream_ops pool_ops = { .name = "pool",
                                         .flags = EDO_STREAM_VECTORED,
                                         .poll_read = pool_read,
                                         .poll_write = pool_write,
                                         .poll_shutdown = pool_flush,
                                         .poll_ready = pool_ready,
                                         .unwait = pool_unwait,
                                         .close = pool_close,
                                         .free = pool_free,
                                         .fd = pool_fd,
                                         .poll_flush = pool_flush };

int edoi_pool_stream_new(edo_stream **out, int fd, bool writes, const void *caller) {
    pool_stream *self = (pool_stream *)edoi_calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    self->base = (edo_stream){ .ops = &pool_ops, .refs = EDOI_ATOMIC_INIT(1) };
    self->fd = fd;
    self->writes = writes;
    *out = (edo_stream *)edoi_handle_made_here(EDOI_STREAM, &self->base, caller);
    return 0;
}
