/* SPDX-License-Identifier: MIT */
/* sqlite/check.c: whether a whole database can be read, and is as SQLite has written it. */
#include "sqlite/db.h"

#include <edo/error.h>

#include <errno.h>
#include <string.h>

/* SQLite reports what it finds as a row, also where the disk has failed to read. */
static int check_report(edoi_sqlite_conn *c, const char *report) {
    if (!report) return -ENOMEM;
    if (strcmp(report, "ok") == 0) return 0;
    if (edoi_sqlite_has_failed(c)) return edo_fail(-EIO, "disk I/O error");
    return edo_fail(-EILSEQ, "%s", report);
}

static int check_run(edoi_sqlite_conn *c, void *arg) {
    sqlite3_stmt *s;
    (void)arg;
    int err = edoi_sqlite_prepare(c, &s, "pragma quick_check(1)");
    if (err < 0) return err;
    int result = sqlite3_step(s);
    err = result == SQLITE_ROW ? check_report(c, (const char *)sqlite3_column_text(s, 0))
                               : edoi_sqlite_fail(c, result);
    (void)sqlite3_reset(s);
    return err;
}

int edo_sqlite_check(edo_sqlite *db) {
    int err = edo_budget_consume();
    return err < 0 ? err : edoi_sqlite_do(db, true, check_run, NULL);
}
