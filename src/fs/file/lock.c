/* SPDX-License-Identifier: MIT */
/* fs/file/lock.c: locks of whole files, by flock(2).
 *
 * Locks of open files by fcntl(2) (F_OFD_SETLK) are not used: they need a file that is open for
 * writing to lock it exclusively, cannot lock a directory, and meet the locks of libraries such as
 * SQLite, while the common lock files are locked by flock(2). */
#include "base/memory/handles.h"
#include "fs/file/file.h"

#include <edo/blocking.h>
#include <edo/file_lock.h>
#include <edo/time.h>

#include <errno.h>
#include <sys/file.h>

#define PAUSE_MAX 100 /* ms between two attempts */

typedef struct locking {
    int fd, operation;
} locking;

static int lock_job(void *arg) {
    const locking *l = (const locking *)arg;
    int result;
    do result = flock(l->fd, l->operation | LOCK_NB);
    while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : 0;
}

static int try_operation(edo_stream *s, int operation) {
    if (edoi_handle_misused(EDOI_STREAM, s)) return -EDO_EMISUSE;
    edoi_file *f = edoi_file_of(s);
    if (!f) return -ENOTSUP;
    edoi_lock_acquire(&f->lock);
    bool is_closed = f->closed;
    edoi_lock_release(&f->lock);
    if (is_closed) return -EDO_ECLOSED;
    locking l = { f->fd, operation };
    return edo_blocking(lock_job, &l);
}

int edo_file_try_lock(edo_stream *file, edo_file_lock_kind kind) {
    return try_operation(file, kind == EDO_FILE_SHARED ? LOCK_SH : LOCK_EX);
}

int edo_file_lock(edo_stream *file, edo_file_lock_kind kind) {
    for (int64_t pause = 1;; pause = pause < PAUSE_MAX / 2 ? 2 * pause : PAUSE_MAX) {
        int err = edo_file_try_lock(file, kind);
        if (err != -EAGAIN) return err;
        err = edo_sleep(edo_ms(pause));
        if (err < 0) return err;
    }
}

int edo_file_unlock(edo_stream *file) {
    return try_operation(file, LOCK_UN);
}
