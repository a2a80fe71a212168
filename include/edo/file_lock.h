/* SPDX-License-Identifier: MIT */
/* edo/file_lock.h: locks on whole files, against other processes and other opens of the file.
 *
 *     int err = edo_fs_open(&f, "/run/app.lock", &(edo_fs_open_opts){ .write = true, .create = true });
 *     if (err == 0) err = edo_file_try_lock(f, EDO_FILE_EXCLUSIVE);  // -EAGAIN: another one runs
 *
 * The lock is that of flock(2), which flock(1), Rust's File::lock and Go's lockedfile take too. It
 * is advisory: reads and writes do not ask for it. It belongs to the open file, so each
 * edo_fs_open() has its own, and it ends with the last descriptor of that open file: with
 * edo_close(), however the process ends, but not before children that inherited the descriptor have
 * closed it, nor before the jobs of the file have ended: that of a cancelled write may go on after
 * edo_close(), so call edo_flush() first, which waits for it. On NFS it is a lock on all bytes of
 * the file, needs a file that is open for writing if exclusive, and meets the locks of fcntl(2);
 * elsewhere it does not.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Since: 0.1 */
#ifndef EDO_FILE_LOCK_H
#define EDO_FILE_LOCK_H

#include <edo/io.h>

EDO_BEGIN_DECLS

typedef enum edo_file_lock_kind {
    EDO_FILE_EXCLUSIVE, /* no other lock beside it */
    EDO_FILE_SHARED,    /* other shared ones beside it */
} edo_file_lock_kind;

/** Takes the lock of an open file, if that is possible at once. A file that has a lock of the other
 * kind gives it back before, and takes the new one: another process may get in between.
 * Errors:  -EAGAIN   another open file holds the lock; or as edo_blocking(): the pool is full. After
 *                    a failure to change the kind the file may have none
 *          -ENOTSUP  not a file, or the file system has no locks;  -EDO_ECLOSED; -ENOLCK
 *          -EBADF    NFS: not open for writing
 * Cancel:  safe.   Waits: for the file system. */
EDO_MUST_USE EDO_API int edo_file_try_lock(edo_stream *file, edo_file_lock_kind kind);

/** Waits until the lock of an open file is taken. The kernel has no event for that, so the task
 * tries again after 1 ms, 2 ms and so on, at most 100 ms; it holds no thread meanwhile. There is no
 * queue: whichever process tries first gets a free lock, and an exclusive lock may wait for ever
 * while shared ones overlap.
 * Errors:  as edo_file_try_lock(), without -EAGAIN; -EDO_ECLOSED also if the file is closed
 *          meanwhile, noticed at the next attempt;  -ECANCELED; -EDO_ENORUNTIME
 * Cancel: safe: there is no lock.   Waits: for the lock. */
EDO_MUST_USE EDO_API int edo_file_lock(edo_stream *file, edo_file_lock_kind kind);

/** Gives the lock back. Without effect if there is none.
 * Errors:  -ENOTSUP  not a file;  -EDO_ECLOSED; those of edo_blocking()
 * Cancel: safe: the lock is there still.   Waits: for the file system. */
EDO_API int edo_file_unlock(edo_stream *file);

EDO_END_DECLS

#endif
