/* SPDX-License-Identifier: MIT */
/* sqlite/backup.c: a copy of a whole database. */
#include "base/memory/alloc.h"
#include "sqlite/db.h"

#include <edo/blocking.h>
#include <edo/error.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGES 256 /* between two looks */

static int backup_steps(edoi_sqlite_conn *from, edoi_sqlite_conn *to) {
    sqlite3_backup *b = sqlite3_backup_init(to->db, "main", from->db, "main");
    int result = SQLITE_OK;
    if (!b) return edoi_sqlite_fail(to, sqlite3_errcode(to->db));
    while (result == SQLITE_OK && !edo_blocking_cancelled()) result = sqlite3_backup_step(b, PAGES);
    bool is_cut = result == SQLITE_OK;
    (void)sqlite3_backup_finish(b);
    return is_cut ? -ECANCELED : edoi_sqlite_fail(to, result);
}

/* `path` with a suffix, in memory of its own: edoi_free(); a path is too long for a fiber's stack.
 * NULL without memory. */
static char *backup_name(const char *path, const char *suffix) {
    size_t n = strlen(path), suffix_n = strlen(suffix);
    char *name = edoi_alloc(n + suffix_n + 1);
    if (!name) return NULL;
    memcpy(name, path, n);
    memcpy(name + n, suffix, suffix_n + 1);
    return name;
}

/* Removes a copy that is not whole, and what an earlier one may have left. */
static void backup_remove(const char *path) {
    static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
    for (size_t i = 0; i < EDO_COUNT(suffixes); i++) {
        char *name = backup_name(path, suffixes[i]);
        if (name) (void)unlink(name);
        edoi_free(name);
    }
}

/* Is there a file of at least `bytes_min` beside `path`? Without memory it counts as there. */
static bool backup_has_beside(const char *path, const char *suffix, off_t bytes_min) {
    struct stat of;
    char *name = backup_name(path, suffix);
    bool is_there = !name || (stat(name, &of) == 0 && of.st_size >= bytes_min);
    edoi_free(name);
    return is_there;
}

/* Is the file at `path` in use as a database, be it this one, or does it want to be recovered? It
 * has a log or a journal then, which must not meet another file. An empty journal has nothing to
 * undo. */
static bool backup_is_in_use(const char *path) {
    return backup_has_beside(path, "-wal", 0) || backup_has_beside(path, "-journal", 1);
}

static bool backup_is_same_file(const char *a, const char *b) {
    struct stat of_a, of_b;
    return stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
           of_a.st_ino == of_b.st_ino;
}

/* The read transaction keeps the copy at one moment; without it each change of the writer's would
 * begin it anew. */
static int backup_copy(edoi_sqlite_conn *c, edoi_sqlite_config *to) {
    edoi_sqlite_conn *copy;
    int err = edoi_sqlite_conn_new(&copy, to, true);
    if (err < 0) return err;
    err = edoi_sqlite_run(c, "begin");
    if (err == 0) err = edoi_sqlite_run(c, "select count(*) from sqlite_schema");
    if (err == 0) err = backup_steps(c, copy);
    if (!edoi_sqlite_is_idle(c)) (void)edoi_sqlite_end(c, "rollback");
    edo_rc_unref(copy);
    return err;
}

typedef struct backup_job {
    edoi_sqlite_config *to; /* of the file beside */
    const char *path;
} backup_job;

/* Copies to a file beside, which takes the place of `path` when it is whole. */
static int backup_run(edoi_sqlite_conn *c, void *arg) {
    const backup_job *job = arg;
    if (backup_is_same_file(job->path, c->config->path))
        return edo_fail(-EINVAL, "a database cannot be copied to itself");
    if (backup_is_in_use(job->path))
        return edo_fail(-EBUSY, "a database is in use at %s", job->path);
    backup_remove(job->to->path);
    int err = backup_copy(c, job->to);
    if (err == 0 && rename(job->to->path, job->path) < 0) err = -errno;
    if (err < 0) backup_remove(job->to->path);
    return err;
}

int edo_sqlite_backup(edo_sqlite *db, const char *path) {
    const edo_sqlite_opts opts = { .no_wal = true };
    backup_job job = { .path = path };
    if (!*path) return -EINVAL;
    if (db->tx) return edo_fail(-EINVAL, "a transaction cannot be copied");
    if (strlen(path) + sizeof ".edo-copy-journal" > PATH_MAX) return -ENAMETOOLONG;
    char *beside = backup_name(path, ".edo-copy");
    if (!beside) return -ENOMEM;
    int err = edo_budget_consume();
    if (err == 0) err = edoi_sqlite_config_new(&job.to, beside, &opts);
    edoi_free(beside);
    if (err < 0) return err;
    err = edoi_sqlite_do(db, true, backup_run, &job);
    edo_rc_unref(job.to);
    return err;
}
