/* SPDX-License-Identifier: MIT */
/* fs/file/at.c: calls on a file that do not touch its place. Each is one operation of the ring, or
 * one job, but for reads that the kernel's cache can serve. */
#include "fs/file/file.h"
#include "fs/ring/call.h"
#include "io/op.h"

#include <edo/file.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/io_uring.h>
#include <unistd.h>

/* The arguments of a call, on its caller's stack. */
typedef struct call {
    edoi_file *file;
    int fd;
    bool no_read_now; /* as in the file */
    const struct iovec *vecs;
    size_t n;
    uint64_t offset, bytes;
    int mode; /* or advice, or flags */
    struct stat *stat;
    struct statx *statx;
    unsigned mask;
} call;

/* Finds the file; returns 0 with it and the descriptor in `*c`. Every call passes here: one that
 * fails at once, or whose bytes are at hand, sees limits and takes from the budget, too. */
static int file_at_find(edo_stream *s, call *c) {
    if (edoi_stream_misused(s)) return -EDO_EMISUSE;
    int err = edo_budget_consume();
    if (err < 0) return err;
    c->file = edoi_file_of(s);
    if (!c->file) return -ENOTSUP;
    edoi_lock_acquire(&c->file->lock);
    bool is_closed = c->file->closed;
    c->no_read_now = c->file->no_read_now;
    edoi_lock_release(&c->file->lock);
    c->fd = c->file->fd;
    return is_closed ? -EDO_ECLOSED : 0;
}

/* What no ring of any kernel knows, or not for long. */
static const edoi_kring_op no_op = { .code = EDOI_KRING_NOTHING };

/* As an operation of the ring, or else as a job `fn(c)`, which takes turns with others of `key`; 0:
 * with none. The file may be closed meanwhile, so it is held from the one to the other. */
static int file_at_make(call *c, edoi_kring_op op, edo_task_fn *fn, uint64_t key) {
    bool writes = op.code == IORING_OP_WRITE || op.code == IORING_OP_WRITEV;
    op.fd = c->fd;
    if (writes && c->file->appends) {
        op.flags = RWF_APPEND; // as O_APPEND says; for edoi_fs_ring_call()
        op.may_wait = true;    // tried, it may come short, and the rest then go behind others'
    }
    edoi_stream_hold(&c->file->base);
    int result = c->file->no_ring ? EDOI_FS_NO_RING : edoi_fs_ring_call(&op);
    if (result == EDOI_FS_NO_RING) result = edoi_file_run(c->file, fn, c, key);
    edoi_stream_let_go(&c->file->base);
    return result;
}

/* As an operation of the ring, or else as a job, `fn(c)`, on the file that `s` is. */
static int file_at_run(edo_stream *s, edoi_kring_op op, edo_task_fn *fn, call *c) {
    int err = file_at_find(s, c);
    if (err == 0 && (c->offset > INT64_MAX || c->bytes > INT64_MAX - c->offset)) err = -EINVAL;
    return err < 0 ? err : file_at_make(c, op, fn, 0);
}

/* ---- Reading and writing --------------------------------------------------------------------- */

static int file_at_read_job(void *arg) {
    const call *c = (const call *)arg;
    return (int)edoi_file_readv(c->fd, c->vecs, c->n, c->offset, 0);
}

static int file_at_write_job(void *arg) {
    const call *c = (const call *)arg;
    return (int)edoi_file_writev(c->fd, c->vecs, c->n, c->offset, 0);
}

/* Would it keep this thread too long at once? */
static bool is_long(const struct iovec *vecs, size_t n) {
    size_t bytes = 0;
    for (size_t i = 0; i < n && bytes <= EDOI_FILE_PIECE; i++) bytes += vecs[i].iov_len;
    return bytes > EDOI_FILE_PIECE;
}

/* `one` moves a single buffer, which costs less than a list of them. What is in the cache the
 * kernel moves as it takes the operation, on this thread: so what is long is a job. */
static edoi_kring_op file_at_move(const call *c, uint8_t one, uint8_t many) {
    edoi_kring_op op = { .code = many, .place = c->offset };
    if (c->n > EDO_IO_VECS_MAX || is_long(c->vecs, c->n)) return no_op;
    op.at = (uint64_t)(uintptr_t)c->vecs;
    op.n = (uint32_t)c->n;
    if (c->n != 1) return op;
    op.code = one;
    op.at = (uint64_t)(uintptr_t)c->vecs[0].iov_base;
    op.n = c->vecs[0].iov_len < INT_MAX ? (uint32_t)c->vecs[0].iov_len : INT_MAX;
    return op;
}

/* Reads what the kernel has at hand; -EAGAIN: it would wait, and if `*begins` it has asked the disk
 * for the bytes. */
static ssize_t file_at_read_now(call *c, bool *begins) {
    *begins = false;
    if (c->no_read_now || is_long(c->vecs, c->n)) return -EAGAIN;
    ssize_t got = edoi_file_readv(c->fd, c->vecs, c->n, c->offset, RWF_NOWAIT);
    bool never = false;
    if (!edoi_file_would_wait(got, &never)) return got;
    *begins = !never;
    if (never) { // asked once
        c->no_read_now = true;
        edoi_lock_acquire(&c->file->lock);
        c->file->no_read_now = true;
        edoi_lock_release(&c->file->lock);
    }
    return -EAGAIN;
}

int edo_file_readv_at(edo_stream *file, const struct iovec *vecs, size_t n, uint64_t offset) {
    call c = { .vecs = vecs, .n = n, .offset = offset };
    int err = file_at_find(file, &c);
    if (err < 0) return err;
    if (n > EDO_IO_VECS_MAX || offset > INT64_MAX) return -EINVAL;
    bool begins;
    ssize_t got = file_at_read_now(&c, &begins);
    if (got != -EAGAIN) return (int)got;
    edoi_kring_op op = file_at_move(&c, IORING_OP_READ, IORING_OP_READV);
    op.may_wait = c.no_read_now;
    return file_at_make(&c, op, file_at_read_job, begins ? c.file->disk : 0);
}

int edo_file_read_at(edo_stream *file, void *buf, size_t n, uint64_t offset) {
    struct iovec one = { .iov_base = buf, .iov_len = n < INT_MAX ? n : INT_MAX };
    return edo_file_readv_at(file, &one, 1, offset);
}

int edo_file_writev_at(edo_stream *file, const struct iovec *vecs, size_t n, uint64_t offset) {
    call c = { .vecs = vecs, .n = n, .offset = offset };
    if (n > EDO_IO_VECS_MAX) return -EINVAL;
    const edoi_kring_op op = file_at_move(&c, IORING_OP_WRITE, IORING_OP_WRITEV);
    return file_at_run(file, op, file_at_write_job, &c);
}

int edo_file_write_at(edo_stream *file, const void *buf, size_t n, uint64_t offset) {
    struct iovec one = { .iov_base = (void *)(uintptr_t)buf, .iov_len = n < INT_MAX ? n : INT_MAX };
    return edo_file_writev_at(file, &one, 1, offset);
}

/* ---- The disk -------------------------------------------------------------------------------- */

static int file_at_code(int result) {
    return result < 0 ? -errno : 0;
}

static int sync_job(void *arg) {
    return file_at_code(fsync(((const call *)arg)->fd));
}

int edo_file_sync(edo_stream *file) {
    const edoi_kring_op op = { .code = IORING_OP_FSYNC };
    return file_at_run(file, op, sync_job, &(call){ 0 });
}

static int sync_data_job(void *arg) {
    return file_at_code(fdatasync(((const call *)arg)->fd));
}

int edo_file_sync_data(edo_stream *file) {
    const edoi_kring_op op = { .code = IORING_OP_FSYNC, .flags = IORING_FSYNC_DATASYNC };
    return file_at_run(file, op, sync_data_job, &(call){ 0 });
}

static int file_at_stat_job(void *arg) {
    const call *c = (const call *)arg;
    return file_at_code(fstat(c->fd, c->stat));
}

int edo_file_stat(struct stat *out, edo_stream *file) {
    return file_at_run(file, no_op, file_at_stat_job, &(call){ .stat = out });
}

static int file_at_statx_job(void *arg) {
    const call *c = (const call *)arg;
    return file_at_code(statx(c->fd, "", c->mode | AT_EMPTY_PATH, c->mask, c->statx));
}

int edo_file_statx(struct statx *out, edo_stream *file, int flags, unsigned mask) {
    const edoi_kring_op op = { .code = IORING_OP_STATX,
                               .at = (uint64_t)(uintptr_t) "",
                               .place = (uint64_t)(uintptr_t)out,
                               .n = mask,
                               .flags = (uint32_t)flags | AT_EMPTY_PATH };
    return file_at_run(file, op, file_at_statx_job,
                       &(call){ .statx = out, .mode = flags, .mask = mask });
}

static int set_len_job(void *arg) {
    const call *c = (const call *)arg;
    int result;
    do result = ftruncate(c->fd, (off_t)c->bytes);
    while (result < 0 && errno == EINTR);
    return file_at_code(result);
}

int edo_file_set_len(edo_stream *file, uint64_t bytes) {
    return file_at_run(file, no_op, set_len_job, &(call){ .bytes = bytes });
}

static int allocate_job(void *arg) {
    const call *c = (const call *)arg;
    int result;
    do result = fallocate(c->fd, c->mode, (off_t)c->offset, (off_t)c->bytes);
    while (result < 0 && errno == EINTR);
    return file_at_code(result);
}

int edo_file_allocate(edo_stream *file, int mode, uint64_t offset, uint64_t n) {
    return file_at_run(file, no_op, allocate_job,
                       &(call){ .mode = mode, .offset = offset, .bytes = n });
}

static int advise_job(void *arg) {
    const call *c = (const call *)arg;
    return -posix_fadvise(c->fd, (off_t)c->offset, (off_t)c->bytes, c->mode);
}

int edo_file_advise(edo_stream *file, int advice, uint64_t offset, uint64_t n) {
    return file_at_run(file, no_op, advise_job,
                       &(call){ .mode = advice, .offset = offset, .bytes = n });
}
