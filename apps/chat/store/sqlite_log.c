/* SPDX-License-Identifier: MIT */
/* sqlite_log.c: see sqlite_log.h.
 *
 * SQLite finds messages in the log by an index in memory, so it does not see that the log was cut
 * off: it goes on behind the hole, and the next start would find the begin alone, or nothing. */
#include "store/sqlite_log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool log_path(char out[PATH_MAX], const sqlite_store *self) {
    return snprintf(out, PATH_MAX, "%s-wal", self->path) < PATH_MAX;
}

/* Others sync by the descriptor meanwhile, so its number stays. */
void sqlite_log_open(sqlite_store *self) {
    char path[PATH_MAX];
    int fd = log_path(path, self) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0 && self->log_fd >= 0) {
        (void)dup3(fd, self->log_fd, O_CLOEXEC);
        (void)close(fd);
    } else if (fd >= 0) {
        self->log_fd = fd;
    }
    atomic_store(&self->log_bytes, 0); // what an older one had is no part of it
    (void)sqlite_log_note(self);
}

/* -1: it is not known. */
static int64_t log_bytes(const sqlite_store *self) {
    struct stat is;
    return self->log_fd >= 0 && fstat(self->log_fd, &is) == 0 ? is.st_size : -1;
}

/* The salts in the head of the log (SQLite's file format, section 4.1): SQLite makes others when it
 * begins the log anew, once all of it is in the file. Returns false without a head. */
static bool log_salts(const sqlite_store *self, uint64_t *out) {
    static const unsigned char magic[] = { 0x37, 0x7f, 0x06 }; // and the order of the sums' bytes
    unsigned char head[24];
    if (pread(self->log_fd, head, sizeof head, 0) != (ssize_t)sizeof head) return false;
    memcpy(out, head + 16, sizeof *out);
    return memcmp(head, magic, sizeof magic) == 0;
}

/* A log that was cut off before SQLite wrote to it has zeros up to where that is. One that had no
 * head before is what a program that was killed has left, which SQLite begins anew. */
int sqlite_log_note(sqlite_store *self) {
    int64_t bytes = log_bytes(self);
    uint64_t salts = 0;
    bool has_head = bytes > 0 && log_salts(self, &salts);
    bool is_cut = bytes > 0 && !has_head && atomic_load(&self->log_bytes) > 0;
    atomic_store(&self->log_salts, salts);
    atomic_store(&self->log_bytes, is_cut ? INT64_MAX : has_head ? bytes : 0);
    return is_cut ? -ENODATA : 0;
}

/* Others may have emptied it into the file, and then written to it. */
static bool log_is_anew(const sqlite_store *self) {
    uint64_t salts;
    return log_salts(self, &salts) && salts != atomic_load(&self->log_salts);
}

bool sqlite_log_is_short(const sqlite_store *self) {
    int64_t bytes = log_bytes(self);
    return bytes >= 0 && bytes < atomic_load(&self->log_bytes) && !log_is_anew(self);
}

/* Whether its path leads to it no more. */
static bool log_is_gone(const sqlite_store *self) {
    char path[PATH_MAX];
    struct stat is, there;
    if (self->log_fd < 0 || fstat(self->log_fd, &is) < 0 || !log_path(path, self)) return false;
    if (stat(path, &there) < 0) return errno == ENOENT;
    return there.st_ino != is.st_ino || there.st_dev != is.st_dev;
}

int sqlite_log_look_job(void *arg) {
    sqlite_call *c = arg;
    if (sqlite_log_is_short(c->self)) return log_bytes(c->self) == 0 ? -EAGAIN : -ENODATA;
    c->is_log_gone = log_is_gone(c->self);
    return 0;
}

typedef struct checkpoint {
    int64_t busy, log, checkpointed;
} checkpoint;
EDO_DESCRIBE(checkpoint, EDO_FIELD(checkpoint, busy), EDO_FIELD(checkpoint, log),
             EDO_FIELD(checkpoint, checkpointed))

/* What SQLite looks for in the log is in the file already, or the first read of it fails, and
 * nothing is written. */
int sqlite_log_look_at_empty(edo_sqlite *db, void *arg) {
    sqlite_call *c = arg;
    checkpoint made = { 0 };
    int err = edo_sqlite_query_one(db, &made, &checkpoint_desc, "PRAGMA wal_checkpoint(PASSIVE)",
                                   EDO_SQL_NONE);
    if (err == -EILSEQ) return -ENODATA;
    if (err < 0) return err;
    if (made.log > made.checkpointed) return -EAGAIN;
    atomic_store(&c->self->log_bytes, 0);
    return 0;
}

int sqlite_log_empty(edo_sqlite *db) {
    checkpoint made = { 0 };
    int err = edo_sqlite_query_one(db, &made, &checkpoint_desc, "PRAGMA wal_checkpoint(TRUNCATE)",
                                   EDO_SQL_NONE);
    return err == 0 && made.busy ? edo_fail(-EBUSY, "another program reads the file") : err;
}
