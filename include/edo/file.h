/* SPDX-License-Identifier: MIT */
/* edo/file.h: an open file is a stream; calls on a stream that is a file.
 *
 *     edo_stream *file;
 *     int err = edo_fs_open(&file, "words.txt", NULL);           // to read
 *     int n = edo_read(file, buf, sizeof buf);                   // from its place on
 *     n = edo_file_read_at(file, buf, sizeof buf, 4096);         // from the byte 4096 on
 *     edo_close(file);
 *
 * A file has a place, at which edo_read() and edo_write() begin, and which they move (edo_seek()).
 * The place is the stream's own: calls on the descriptor do not move it.
 *
 * - A read that the kernel's cache can serve is done at once, on the thread of the caller. Other
 *   reads, and writes unless the file system promises not to block, are jobs of the blocking pool;
 *   those of this header, by a fiber, are operations of an io_uring where the process may use one
 *   and it pays (EDO_FILES). One operation moves at most 256 KiB; those of this header have no such
 *   limit.
 *
 * - A write returns when the bytes are in the kernel. They survive the end of the process, not that
 *   of the machine: for that call edo_file_sync(). A stream keeps no bytes back, so edo_flush() has
 *   nothing to pass on; it waits for a cancelled write and returns its failure.
 *
 * - A job owns its buffer, so a read or write may be dropped at any time. A cancelled read has not
 *   moved the place: no byte is lost. A cancelled write has not moved the place either, so writing
 *   the bytes again is right; but the job goes on, so some may be in the file, at the place, and
 *   after `append` at its end. If the job fails the next write, flush or shutdown returns that.
 *
 * - edo_try_read() and edo_try_write() return -EAGAIN where a job would be needed, and
 *   edo_io_ready() returns -ENOTSUP: no event says that a file is ready. At the end of the file
 *   reads return 0, and go on if it grows.
 *
 * - An operation that needs a job also returns the errors of edo_blocking(), such as -EAGAIN: the
 *   pool is full. Then there was no job. Outside a runtime edo_read(), edo_write(), and edo_seek()
 *   from the end, return -EDO_ENORUNTIME if they need a job: use the calls below.
 *
 * The calls edo_file_…() and edo_sendfile() take a stream that is a file, and return -ENOTSUP for
 * others, an edo_buf_reader_stream() over a file included. They are made by a fiber, or outside any
 * runtime. Each is one job; it returns only after the job has ended, also if the task is cancelled,
 * so the buffers may lie on the caller's stack. A cancelled task whose job has not begun gets
 * -ECANCELED, and nothing was done.
 *
 * edo_close() may be called meanwhile. A job that has not begun then does nothing, and its call
 * returns -EDO_ECLOSED; one that has begun ends, and its call returns the result. The descriptor is
 * closed after the last job.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: for the file system.   Since: 0.1 */
#ifndef EDO_FILE_H
#define EDO_FILE_H

#include <edo/bytes.h>
#include <edo/io.h>

#include <sys/stat.h>

EDO_BEGIN_DECLS

struct statx; /* of <sys/stat.h>, which shows it after _GNU_SOURCE */

/* ---- Opening --------------------------------------------------------------------------------- */

/* How to open a file; all zero: an existing one, to read. */
typedef struct edo_fs_open_opts {
    bool read;
    bool write;
    bool append;     /* writes go to the end of the file, and do not move the place */
    bool truncate;   /* needs `write`: the file loses what it held */
    bool create;     /* needs `write` or `append`: makes a file that is not there */
    bool create_new; /* as `create`; -EEXIST if it is there, even as a link that leads nowhere */
    mode_t mode;     /* of a new file, less the umask; 0: 0666 */
    int flags;       /* more flags of open(2), such as O_NOFOLLOW, O_DSYNC, O_NOATIME; not O_DIRECT,
                        for which the buffers of jobs are not aligned */
    const char *beneath;  /* a directory: the path begins there, and leads out of it neither by ".."
                             nor by a symbolic link nor as an absolute one, whatever others rename
                             meanwhile. For paths of strangers. NULL: the path is free.
                             Without openat2() (Linux 5.6; not in each sandbox) also links and ".."
                             that stay inside are refused */
    uint64_t reserved[4]; /* must be 0 */
} edo_fs_open_opts;

/** Opens a file as a stream. `opts` may be NULL. What has no places but can be polled, such as a
 * FIFO or a terminal, becomes the stream that edo_stream_from_fd() makes of it. The descriptor is
 * closed with the stream, by the thread that gives the last reference back; a failure of close(2)
 * is not told, so after writing to a network file system call edo_file_sync() first.
 * Owns:    borrows `path` and `opts`; returns new in `*out`: edo_close().
 * Errors:  -ENOENT, -EACCES, -EEXIST, -EISDIR, -ELOOP; -EMFILE, -ENFILE; -ENOMEM
 *          -EXDEV   the path leads out of `beneath`
 *          -EINVAL  options that contradict each other, flags that have an option, O_DIRECT,
 *                   `reserved`;  those of edo_blocking()
 *          -EPERM   it has no places and cannot be polled
 * Cancel:  safe: nothing was opened; a file may have been made. An open that has begun, by a ring
 *          with the call, is not cut short: of a FIFO it waits on until the other end is opened, and
 *          keeps a thread. No limit ends it, and a shutdown abandons its task.
 * Waits:   for the file; for the other end of a FIFO without a bound, unless `flags` has
 *          O_NONBLOCK; edo_fifo_open() never does. */
EDO_MUST_USE EDO_API int edo_fs_open(edo_stream **out, const char *path,
                                     const edo_fs_open_opts *opts);

/* ---- Reading and writing at an offset -------------------------------------------------------- */

/** Read some bytes, at most `n`, from the byte `offset` on; edo_file_readv_at() into `n` buffers.
 * They return their number, or 0 at the end of the file, and do not touch the place.
 * Owns:    borrows `file`, the array and the buffers until return.
 * Errors:  -ENOTSUP  not a file;  -EDO_ECLOSED; -EBADF  not opened to read;  -EISDIR; -EIO
 *          -EINVAL   more than EDO_IO_VECS_MAX buffers, `offset` beyond INT64_MAX
 * Cancel: safe.   Waits: for the file. */
EDO_MUST_USE EDO_API int edo_file_read_at(edo_stream *file, void *buf, size_t n, uint64_t offset);
EDO_MUST_USE EDO_API int edo_file_readv_at(edo_stream *file, const struct iovec *vecs, size_t n,
                                           uint64_t offset);

/** Write some of `n` bytes from the byte `offset` on; edo_file_writev_at() from `n` buffers. They
 * return their number when the bytes are in the kernel, and do not touch the place. It is less than
 * all of them where room or the limit of the size ends: the next call returns why. After `append`
 * they write to the end of the file, as pwrite(2) does.
 * Owns:    borrows `file`, the array and the buffers until return.
 * Errors:  -ENOTSUP  not a file;  -EDO_ECLOSED; -EBADF  not opened to write
 *          -ENOSPC, -EDQUOT  no room;  -EIO
 *          -EFBIG    too large for this process (unless SIGXFSZ is ignored, that signal comes, but
 *                    from an io_uring it may not)
 *          -EINVAL   more than EDO_IO_VECS_MAX buffers, `offset` beyond INT64_MAX
 *          -EINTR    after `append`: as in edo/fs.h, it may have been written
 * Cancel: safe: nothing was written.   Waits: for the file. */
EDO_MUST_USE EDO_API int edo_file_write_at(edo_stream *file, const void *buf, size_t n,
                                           uint64_t offset);
EDO_MUST_USE EDO_API int edo_file_writev_at(edo_stream *file, const struct iovec *vecs, size_t n,
                                            uint64_t offset);

/* ---- The disk -------------------------------------------------------------------------------- */

/** Wait until what was written is on the disk: edo_file_sync_data() the bytes, and what is needed
 * to read them again; edo_file_sync() the times and the mode, too. The name of a new file is on the
 * disk when its directory was synced; edo_fs_replace() does all of it.
 *
 * After a failure bytes may be lost, although a later call succeeds: write them again.
 * Errors:  -EIO, -ENOSPC, -EDQUOT; -EINVAL  it cannot be synced;  -ENOTSUP  not a file
 *          -EDO_ECLOSED
 * Cancel: safe.   Waits: for the disk. */
EDO_MUST_USE EDO_API int edo_file_sync(edo_stream *file);
EDO_MUST_USE EDO_API int edo_file_sync_data(edo_stream *file);

/** Writes size, times, mode and so on to `*out`.
 * Errors: -ENOTSUP  not a file;  -EDO_ECLOSED; -EIO   Cancel: safe. */
EDO_MUST_USE EDO_API int edo_file_stat(struct stat *out, edo_stream *file);

/** As statx(2) of the open file; see edo_fs_statx() for `flags` and `mask`.
 * Errors: as edo_file_stat();  -EINVAL  flags   Cancel: safe. */
EDO_MUST_USE EDO_API int edo_file_statx(struct statx *out, edo_stream *file, int flags,
                                        unsigned mask);

/** Cuts the file at `bytes`, or makes it longer: the new bytes are 0 and take no room. The place
 * stays, even behind the end.
 * Errors:  -EINVAL  not opened to write, not a regular file, beyond INT64_MAX;  -EFBIG (see
 *          edo_file_write_at()); -ENOTSUP  not a file;  -EDO_ECLOSED; -EPERM; -EIO
 * Cancel:  safe. */
EDO_MUST_USE EDO_API int edo_file_set_len(edo_stream *file, uint64_t bytes);

/** Makes sure that there is room for `n` bytes from `offset` on, so that writing them does not fail
 * with -ENOSPC, and makes the file as long. `mode` is that of fallocate(2): 0, or
 * FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE and so on.
 * Errors:  -ENOSPC; -EFBIG; -EBADF  not opened to write;  -EINVAL  `n` is 0, or beyond INT64_MAX
 *          -EOPNOTSUPP, -ENOTSUP  not a file, or the file system cannot;  -EDO_ECLOSED
 * Cancel:  safe. */
EDO_MUST_USE EDO_API int edo_file_allocate(edo_stream *file, int mode, uint64_t offset, uint64_t n);

/** Says how `n` bytes from `offset` on will be used (n = 0: up to the end): `advice` is that of
 * posix_fadvise(3), such as POSIX_FADV_SEQUENTIAL, POSIX_FADV_WILLNEED (reads ahead) or
 * POSIX_FADV_DONTNEED.
 * Errors:  -EINVAL  another advice, beyond INT64_MAX;  -ENOTSUP  not a file;  -EDO_ECLOSED
 * Cancel:  safe. */
EDO_MUST_USE EDO_API int edo_file_advise(edo_stream *file, int advice, uint64_t offset, uint64_t n);

/* ---- From a file to a stream ----------------------------------------------------------------- */

/** Writes `head`, then `n` bytes of `file` from `offset` on, to `to`, and returns 0. `n` may be
 * UINT64_MAX: up to the end. `*bytes` (may be NULL) is the number of bytes of the file that were
 * written, also after a failure. The place of the file does not move.
 *
 * The first piece is read and goes out with `head` in one write. Of a longer region the kernel
 * moves the rest itself (sendfile(2)) if `to` is a TCP or Unix stream or a pipe, in jobs of the
 * pool that end when `to` is full; to any other stream the bytes are copied.
 * Owns:    borrows the streams and `head` until return.
 * Errors:  -EDO_EEOF  the file ended before (it may shrink meanwhile);  as edo_file_read_at();  as
 *          edo_write() to `to`;  those of edo_blocking(), such as -EAGAIN: the pool is full
 *          -ENOMEM; -ECANCELED
 * Cancel:  not safe: a part was written; no more is written after the return.
 * Threads: any, at once; one writer of `to` at a time.   Waits: for the file, and for room. */
EDO_MUST_USE EDO_API int edo_sendfile(edo_stream *to, edo_stream *file, uint64_t offset, uint64_t n,
                                      edo_str head, uint64_t *bytes);

EDO_END_DECLS

#endif
