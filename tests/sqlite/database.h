/* SPDX-License-Identifier: MIT */
/* sqlite/database.h: a database in a folder of each test's own, and what is done with it. */
#ifndef EDO_TESTS_SQLITE_DATABASE_H
#define EDO_TESTS_SQLITE_DATABASE_H

#include "inside.h"

#include <edo/blocking.h>
#include <edo/fs.h>
#include <edo/sqlite.h>

#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

static char folder[64], path[96]; /* of the running test */

static inline void folder_make(void) {
    (void)snprintf(folder, sizeof folder, "/tmp/edo-sqlite-XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof path, "%s/test.db", folder);
}

static inline void folder_remove(void) {
    EDO_TEST_OK(edo_fs_remove_dir_all(folder));
}

/* ---- A statement that says when it has begun ------------------------------------------------- */

static atomic_bool has_begun;

static inline void begun(sqlite3_context *cx, int n, sqlite3_value **values) {
    (void)n, (void)values;
    atomic_store(&has_begun, true);
    sqlite3_result_int(cx, 1);
}

/* SQLite calls it for each connection that is opened. */
static inline int begun_add(sqlite3 *db, char **error, const sqlite3_api_routines *api) {
    (void)error, (void)api;
    return sqlite3_create_function(db, "begun", 0, SQLITE_UTF8, NULL, begun, NULL, NULL);
}

/* ---- Databases ------------------------------------------------------------------------------- */

static inline edo_sqlite *opened(const edo_sqlite_opts *o) {
    edo_sqlite *db;
    CHECK_EQ(sqlite3_auto_extension((void (*)(void))begun_add), SQLITE_OK);
    folder_make();
    EDO_TEST_OK(edo_sqlite_open(&db, path, o));
    return db;
}

static inline void closed(edo_sqlite *db) {
    edo_sqlite_close(db);
    folder_remove();
}

static inline void does(edo_sqlite *db, const char *sql) {
    CHECK(edo_sqlite_exec(db, sql, EDO_SQL_NONE) >= 0);
}

static inline int64_t asks(edo_sqlite *db, const char *sql) {
    number n = { 0 };
    EDO_TEST_OK(edo_sqlite_query_one(db, &n, &number_desc, sql, EDO_SQL_NONE));
    return n.n;
}

#define COUNT(from, to)                                                                            \
    "with recursive c(n) as (select " from " union all select n + 1 from c where n < " to          \
    ") select n from c"
#define COUNT_TO(n) COUNT("1", n)
#define ROWS_N      "select count(*) as n from t"

/* How many jobs the blocking pool has begun. */
static inline uint64_t jobs_n(void) {
    edo_blocking_stats s;
    edo_blocking_get_stats(edo_runtime_current(), &s);
    return s.started;
}

/* Adds a row; `arg` is the result. */
static inline int adds_and_fails(edo_sqlite *tx, void *arg) {
    does(tx, "insert into t values (1)");
    return *(int *)arg;
}

/* Takes long, and changes a row for each step. */
static inline int counts_for_long(void *db) {
    return edo_sqlite_exec(db, "insert into t " COUNT("begun()", "1000000000"), EDO_SQL_NONE);
}

/* A task in which that has begun: a cancellation interrupts it. */
static inline edo_task *counting_for_long(edo_sqlite *db) {
    atomic_store(&has_begun, false);
    edo_task *t = edo_spawn(counts_for_long, db);
    CHECK(t != NULL);
    WAIT_FOR(atomic_load(&has_begun));
    return t;
}

#endif
