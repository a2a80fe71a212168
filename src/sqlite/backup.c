/* SPDX-License-Identifier: MIT */
/* sqlite/backup.c: a copy of a whole database. */
#include "sqlite/db.h"

#include <edo/blocking.h>
#include <edo/error.h>

#include <errno.h>
#include <stdio.h>
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

/* Those of a copy that is not whole. */
static void backup_remove(const char *path) {
    static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
    char name[4096];
    for (size_t i = 0; i < EDO_COUNT(suffixes); i++)
        if ((size_t)snprintf(name, sizeof name, "%s%s", path, suffixes[i]) < sizeof name)
            (void)unlink(name);
}

/* The read transaction keeps the copy at one moment; without it each change of the writer's would
 * begin it anew. */
static int backup_run(edoi_sqlite_conn *c, void *arg) {
    edoi_sqlite_config *to = arg;
    edoi_sqlite_conn *copy;
    int err = edoi_sqlite_conn_new(&copy, to, true);
    if (err < 0) return err;
    err = edoi_sqlite_run(c, "begin");
    if (err == 0) err = edoi_sqlite_run(c, "select count(*) from sqlite_schema");
    if (err == 0) err = backup_steps(c, copy);
    if (!edoi_sqlite_is_idle(c)) (void)edoi_sqlite_run(c, "rollback");
    edo_rc_unref(copy);
    if (err < 0) backup_remove(to->path);
    return err;
}

int edo_sqlite_backup(edo_sqlite *db, const char *path) {
    edoi_sqlite_config *to;
    const edo_sqlite_opts opts = { .no_wal = true };
    if (!*path) return -EINVAL;
    if (db->tx) return edo_fail(-EINVAL, "a transaction cannot be copied");
    int err = edoi_sqlite_config_new(&to, path, &opts);
    if (err < 0) return err;
    err = edoi_sqlite_do(db, true, backup_run, to);
    edo_rc_unref(to);
    return err;
}
