/* SPDX-License-Identifier: MIT */
/* A program outside of the tree that links libedo-sqlite. */
#include <edo/runtime.h>
#include <edo/sqlite.h>

#include <stdio.h>

static int root(void *arg) {
    edo_sqlite *db;
    (void)arg;
    int n = edo_sqlite_open(&db, ":memory:", NULL);
    if (n < 0) return n;
    n = edo_sqlite_exec(db, "create table t as select value from json_each('[1]')", EDO_SQL_NONE);
    if (n >= 0) n = edo_sqlite_exec(db, "insert into t select ?1 + value from t", EDO_SQL(41));
    if (n >= 0) printf("%d rows\n", n == 1 ? 42 : n);
    edo_sqlite_close(db);
    return n < 0 ? n : 0;
}

int main(void) {
    return edo_main(root, NULL);
}
