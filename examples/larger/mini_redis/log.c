/* SPDX-License-Identifier: MIT */
#include "log.h"

#include "client.h"
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

static int fd = -1;    // -1: no file; const once the server listens
static bool loading;   // const once the server listens
static output pending; // lock: store_lock; its `err` is kept for ever

bool log_is_loading(void) {
    return loading;
}

void log_command(const edo_str *words, size_t n) {
    if (fd < 0 || loading) return;
    put_int(&pending, '*', (long long)n);
    for (size_t i = 0; i < n; i++) put_word(&pending, words[i]);
}

int log_write(void) {
    size_t done = 0;
    while (pending.err == 0 && done < pending.buf.len) {
        ssize_t n = write(fd, pending.buf.ptr + done, pending.buf.len - done);
        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            pending.err = -errno;
    }
    edo_buf_deinit(&pending.buf);
    return pending.err;
}

/* ---- Syncing --------------------------------------------------------------------------------- */

/* Returns the first failure so far, or else keeps this one. */
static int failure(int err) {
    pthread_mutex_lock(&store_lock);
    if (pending.err == 0) pending.err = err;
    err = pending.err;
    pthread_mutex_unlock(&store_lock);
    return err;
}

/* A blocking job. */
static int sync_file(void *unused) {
    (void)unused;
    return failure(fdatasync(fd) < 0 ? -errno : 0);
}

int log_sync_each_second(void *unused) {
    int err = 0;
    while (fd >= 0 && err == 0 && (err = edo_sleep(edo_s(1))) == 0) {
        err = failure(0);
        if (err == 0) err = edo_blocking(sync_file, unused);
    }
    return err == -ECANCELED ? err : edo_fail(err, "writing the file");
}

/* ---- Loading --------------------------------------------------------------------------------- */

/* A blocking job: runs the commands of the file. */
static int load(void *arg) {
    client *reader = arg;
    int err = 0;
    while (err == 0 && (err = edo_buf_reserve(&reader->in, READ_BYTES)) == 0) {
        ssize_t n = read(fd, reader->in.ptr + reader->in.len, READ_BYTES);
        if (n <= 0) return n < 0 ? -errno : 0;
        reader->in.len += (size_t)n;
        do {
            err = run_commands(reader);
            edo_buf_deinit(&reader->out.buf); // nobody reads these replies
        } while (err > 0);
        if (reader->errors > 0) err = -EBADMSG;
    }
    return err;
}

int log_open(const char *path) {
    fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) return edo_fail(-errno, "opening %s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) return edo_fail(-errno, "locking %s", path);
    client reader = { 0 };
    loading = true;
    int err = edo_blocking(load, &reader);
    loading = false;
    size_t part = reader.in.len;
    off_t whole = lseek(fd, 0, SEEK_CUR) - (off_t)part;
    edo_buf_deinit(&reader.in);
    if (err < 0) return edo_fail(err, "reading %s, about byte %lld", path, (long long)whole);
    if (part == 0) return 0;
    (void)fprintf(stderr, "%s: its last command is not whole: %zu bytes are cut off\n", path, part);
    return ftruncate(fd, whole) < 0 ? edo_fail(-errno, "cutting %s", path) : 0;
}
