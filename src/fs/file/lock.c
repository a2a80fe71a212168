/* SPDX-License-Identifier: MIT */
/* fs/file/lock.c: locks of whole files, by flock(2).
 *
 * Locks of open files by fcntl(2) (F_OFD_SETLK) are not used: they need a file that is open for
 * writing to lock it exclusively, cannot lock a directory, and meet the locks of libraries such as
 * SQLite, while the common lock files are locked by flock(2). */
#include "fs/file/file.h"
#include "io/op.h"
#include "records/handles.h"

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

/* Finds the file. */
static int file_lock_find(edoi_file **out, edo_stream *s) {
    if (edoi_stream_misused(s)) return -EDO_EMISUSE;
    int err = edo_budget_consume();
    if (err < 0) return err;
    *out = edoi_file_of(s);
    return *out ? 0 : -ENOTSUP;
}

static int try_operation(edoi_file *f, int operation) {
    locking l = { f->fd, operation };
    edoi_stream_hold(&f->base);
    int err = edoi_file_is_closed(f) ? -EDO_ECLOSED : edoi_file_run(f, lock_job, &l, 0);
    if (err == 0 && edoi_file_is_closed(f)) err = -EDO_ECLOSED; // meanwhile: the lock ends with it
    edoi_stream_let_go(&f->base);
    return err;
}

static int operation_of(edo_file_lock_kind kind) {
    return kind == EDO_FILE_SHARED ? LOCK_SH : LOCK_EX;
}

int edo_file_try_lock(edo_stream *file, edo_file_lock_kind kind) {
    edoi_file *f;
    int err = file_lock_find(&f, file);
    return err < 0 ? err : try_operation(f, operation_of(kind));
}

static int lock_in_time(edoi_file *f, int operation) {
    for (int64_t pause = 1;; pause = pause < PAUSE_MAX / 2 ? 2 * pause : PAUSE_MAX) {
        int err = try_operation(f, operation);
        if (err != -EAGAIN) return err;
        err = edo_sleep(edo_ms(pause));
        if (err < 0) return err;
    }
}

int edo_file_lock(edo_stream *file, edo_file_lock_kind kind) {
    edoi_file *f;
    int err = file_lock_find(&f, file);
    if (err < 0) return err;
    edoi_stream_hold(&f->base); // it may be closed between two attempts
    err = lock_in_time(f, operation_of(kind));
    edoi_stream_let_go(&f->base);
    return err;
}

int edo_file_unlock(edo_stream *file) {
    edoi_file *f;
    int err = file_lock_find(&f, file);
    return err < 0 ? err : try_operation(f, LOCK_UN);
}
