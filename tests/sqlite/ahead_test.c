/* SPDX-License-Identifier: MIT */
/* Goal: the write-ahead log stays near its bound beside sequences that overlap without end; beside
 * one that stays a warning has its place, and when that has ended the log is short again; a task
 * that reads and writes at once gets on.
 * Method: a small bound, and the size of the log's file. Each step waits for the one before, not
 * for a time. */
#include "database.h"

#include <edo/test_log.h>

#include <sys/stat.h>

#define BOUND 65536

static int64_t log_bytes(void) {
    struct stat s;
    char name[128];
    (void)snprintf(name, sizeof name, "%s-wal", path);
    return stat(name, &s) == 0 ? s.st_size : 0;
}

static edo_sqlite *bounded(void) {
    edo_sqlite *db = opened(&(edo_sqlite_opts){ .log_bytes_max = BOUND });
    does(db, "create table t (n integer primary key, x blob)");
    does(db, "insert into t select n, zeroblob(100) from (" COUNT_TO("200") ")");
    return db;
}

static void writes(edo_sqlite *db) {
    does(db, "update t set x = randomblob(100)"); // some pages of the log each time
}

static edo_seq *begins(edo_sqlite *db) {
    number n;
    edo_seq *rows = edo_sqlite_rows(db, &number_desc, "select n from t", EDO_SQL_NONE);
    CHECK_EQ(edo_seq_next(rows, &n), 1);
    return rows;
}

/* As another task's, for whose end a change waits. */
static int begins_elsewhere(void *arg) {
    void **args = arg;
    *(edo_seq **)args[1] = begins(args[0]);
    return 0;
}

/* ---- Sequences that overlap ------------------------------------------------------------------ */

typedef struct crowd {
    edo_sqlite *db;
    bool is_over;
    int begun_n;
} crowd;

/* One is open at any time: each ends when the next has begun. */
static int overlaps(void *arg) {
    crowd *c = arg;
    edo_seq *before = begins(c->db);
    while (!c->is_over) {
        edo_seq *rows = begins(c->db);
        edo_seq_free(before);
        before = rows;
        c->begun_n++;
    }
    edo_seq_free(before);
    return 0;
}

EDO_TEST(log_is_bounded_beside_sequences_that_overlap, .workers = 1) {
    edo_sqlite *db = bounded();
    crowd c = { .db = db };
    edo_scope s;
    int64_t most = 0;
    edo_scope_begin(&s, NULL);
    edo_scope_spawn(&s, overlaps, &c);
    for (int i = 0; i < 100; i++) {
        writes(db);
        if (log_bytes() > most) most = log_bytes();
    }
    c.is_over = true;
    EDO_TEST_OK(edo_scope_end(&s, 0));
    CHECK(c.begun_n > 0);
    if (most > 16 * BOUND) (void)fprintf(stderr, "the log had %lld bytes\n", (long long)most);
    CHECK(most <= 16 * BOUND); // each wait that was too short doubles it
    closed(db);
}

/* ---- One that stays -------------------------------------------------------------------------- */

EDO_TEST(sequence_that_stays_is_told_and_leaves_a_short_log, .workers = 1) {
    edo_test_log *log;
    EDO_TEST_OK(edo_test_log_new(&log, NULL));
    edo_sqlite *db = bounded();
    edo_seq *rows = NULL;
    EDO_TEST_OK(edo_task_join(edo_spawn(begins_elsewhere, (void *[]){ db, &rows })));
    while (log_bytes() <= BOUND) writes(db);
    const edo_test_event *told = EDO_TEST_LOGGED(log, "the log of SQLite grows beside a reader");
    CHECK(strstr(told->line, "ahead_test.c:") && strstr(told->line, "select n from t"));
    CHECK(log_bytes() > BOUND);
    edo_seq_free(rows);
    writes(db);
    while (log_bytes() > 2 * BOUND) writes(db); // the next try is when it has grown by as much
    CHECK(log_bytes() <= 2 * BOUND);
    edo_test_log_free(log);
    closed(db);
}

/* A task that writes a row for each that it reads does not wait for itself: the log grows. */
EDO_TEST(reader_that_writes_gets_on, .workers = 1) {
    edo_sqlite *db = bounded();
    number n;
    int rows_n = 0;
    edo_seq *rows = edo_sqlite_rows(db, &number_desc, "select n from t limit 60", EDO_SQL_NONE);
    for (; edo_seq_next(rows, &n) == 1; rows_n++) {
        writes(db);
        if (rows_n == 20) CHECK(log_bytes() > BOUND);
    }
    edo_seq_free(rows);
    CHECK_EQ(rows_n, 60);
    writes(db);
    CHECK(log_bytes() <= BOUND); // nobody reads
    closed(db);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_is_bounded_beside_sequences_that_overlap),
        cmocka_unit_test(sequence_that_stays_is_told_and_leaves_a_short_log),
        cmocka_unit_test(reader_that_writes_gets_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
