/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/sqlite.h: one task writes at a time and readers wait for nobody, what
 * is cut short is undone, and no failure tells an argument. values_test.c has what goes in and out.
 * Method: a database in a folder of the test's own, in real time, since its calls are jobs. */
#include <edo/cancel.h>
#include <edo/error.h>
#include <edo/scope.h>
#include <edo/task.h>

#include "database.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Failures -------------------------------------------------------------------------------- */

EDO_TEST(constraints_are_told_by_their_kind, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    static const struct {
        const char *sql;
        edo_sqlite_kind kind;
    } rows[] = {
        { "insert into a values (1, 1, 1)", EDO_SQLITE_UNIQUE },
        { "insert into a values (2, null, 1)", EDO_SQLITE_NOT_NULL },
        { "insert into a values (2, 1, -1)", EDO_SQLITE_CHECK },
        { "insert into b values (9)", EDO_SQLITE_FOREIGN_KEY },
        { "insert into c values (9)", EDO_SQLITE_OTHER },
    };
    does(db, "create table a (id integer primary key, n int not null, m int check (m > 0))");
    does(db, "create table b (a int references a)");
    does(db, "insert into a values (1, 1, 1)");
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        CHECK_EQ(edo_sqlite_exec(db, rows[i].sql, EDO_SQL_NONE), -EDO_ESQL);
        const edo_sqlite_error *e = edo_sqlite_get_error();
        CHECK(e && e->kind == rows[i].kind && e->message[0]);
        edo_trail_clear();
        CHECK(edo_sqlite_get_error() == NULL);
    }
    closed(db);
}

/* ---- Rows ------------------------------------------------------------------------------------ */

EDO_TEST(rows_come_in_order_and_end, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    number n;
    for (int most = 0; most < 2; most++) { // a whole number of batches, and not
        edo_seq *rows = edo_sqlite_rows(db, &number_desc, most ? COUNT_TO("1000") : COUNT_TO("101"),
                                        EDO_SQL_NONE);
        int64_t seen = 0;
        int rc;
        while ((rc = edo_seq_next(rows, &n)) == 1) CHECK_EQ(n.n, ++seen);
        CHECK_EQ(rc, 0);
        CHECK_EQ(seen, most ? 1000 : 101);
        edo_seq_free(rows);
    }
    edo_seq *rows = edo_sqlite_rows(db, &number_desc, "select 1 as n where ?1", EDO_SQL(0));
    CHECK_EQ(edo_seq_next(rows, &n), 0);
    edo_seq_free(rows);
    rows = edo_sqlite_rows(db, &number_desc, "select 1 as n union all select 'x'", EDO_SQL_NONE);
    CHECK_EQ(edo_seq_next(rows, &n), 1);
    CHECK_EQ(edo_seq_next(rows, &n), -EDO_EVALUE);
    CHECK_EQ(edo_seq_next(rows, &n), 0);
    edo_seq_free(rows);
    closed(db);
}

EDO_TEST(what_has_no_rows_is_no_sequence_and_leaves_no_transaction_open, .workers = 1) {
    static const char *const all[] = { "create table t (n)", "begin", "savepoint s" };
    edo_sqlite *db = opened(&(edo_sqlite_opts){ .readers_max = 1 });
    number n;
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        edo_seq *rows = edo_sqlite_rows(db, &number_desc, all[i], EDO_SQL_NONE);
        CHECK_EQ(edo_seq_next(rows, &n), -EINVAL);
        CHECK_EQ(edo_seq_next(rows, &n), 0);
        edo_seq_free(rows);
        edo_trail_clear();
        CHECK_EQ(asks(db, "select 5 as n"), 5);
    }
    closed(db);
}

EDO_TEST(columns_are_those_that_the_tables_have_when_rows_are_read, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    number n;
    does(db, "create table t as select 1 as n, 2 as m");
    edo_seq *rows = edo_sqlite_rows(db, &number_desc, "select * from t", EDO_SQL_NONE);
    does(db, "drop table t");
    does(db, "create table t as select 2 as m, 1 as n");
    CHECK_EQ(edo_seq_next(rows, &n), 1);
    CHECK_EQ(n.n, 1);
    edo_seq_free(rows);
    closed(db);
}

/* The number of one row of the table, asked for in both ways; or their failure. */
static int of_all_columns(edo_sqlite *db) {
    number n = { 0 }, in_seq = { 0 };
    int err = edo_sqlite_query_one(db, &n, &number_desc, "select * from t", EDO_SQL_NONE);
    edo_seq *rows = edo_sqlite_rows(db, &number_desc, "select * from t limit 1", EDO_SQL_NONE);
    int rc = edo_seq_next(rows, &in_seq);
    CHECK_EQ(rc, err == -EDO_ENOROW ? 0 : err < 0 ? err : 1);
    CHECK_EQ(n.n, in_seq.n);
    edo_seq_free(rows);
    edo_trail_clear();
    return err < 0 ? err : (int)n.n;
}

EDO_TEST(a_kept_statement_is_of_the_tables_as_they_are, .workers = 1) {
    edo_sqlite *db = opened(&(edo_sqlite_opts){ .readers_max = 1 });
    does(db, "create table t (m int)");
    does(db, "insert into t values (2)");
    CHECK_EQ(of_all_columns(db), -EDO_EVALUE);
    does(db, "alter table t add column n int default 7");
    CHECK_EQ(of_all_columns(db), 7);
    does(db, "alter table t rename column n to k");
    CHECK_EQ(of_all_columns(db), -EDO_EVALUE);
    does(db, "alter table t rename column m to n");
    CHECK_EQ(of_all_columns(db), 2);
    does(db, "delete from t");
    CHECK_EQ(of_all_columns(db), -EDO_ENOROW);
    closed(db);
}

EDO_TEST(two_sequences_of_one_text_are_read_side_by_side, .workers = 1) {
    edo_sqlite *db = opened(NULL), *tx;
    EDO_TEST_OK(edo_sqlite_begin(&tx, db));
    for (int round = 0; round < 3; round++) { // the statements are kept, with other arguments
        edo_seq *seqs[2];
        for (int i = 0; i < 2; i++)
            seqs[i] = edo_sqlite_rows(tx, &number_desc,
                                      "with recursive c (n) as (select ?1 union all select n + 1"
                                      " from c where n < ?1 + 119) select n from c",
                                      EDO_SQL(1000 * (i + 1) + round));
        for (int at = 0; at < (round == 1 ? 70 : 121); at++) { // one round ends in the middle
            for (int i = 0; i < 2; i++) {
                number n = { 0 };
                CHECK_EQ(edo_seq_next(seqs[i], &n), at < 120);
                if (at < 120) CHECK_EQ(n.n, 1000 * (i + 1) + round + at);
            }
        }
        for (int i = 0; i < 2; i++) edo_seq_free(seqs[i]);
    }
    edo_sqlite_close(tx);
    closed(db);
}

EDO_TEST(a_sequence_may_be_freed_at_any_time_and_reads_may_be_cancelled, .workers = 1) {
    edo_sqlite *db = opened(&(edo_sqlite_opts){ .readers_max = 1 });
    for (int64_t reads = 0; reads < 120; reads += 7) {
        number n;
        edo_seq *rows = edo_sqlite_rows(db, &number_desc, COUNT_TO("1000000"), EDO_SQL_NONE);
        for (int64_t i = 1; i <= reads;) {
            edo_deadline d;
            edo_deadline_begin(&d, edo_us(i % 3 ? 1 : 1000));
            int rc = edo_deadline_end(&d, edo_seq_next(rows, &n));
            if (rc == 1) CHECK_EQ(n.n, i++);
            CHECK(rc == 1 || rc == -ETIMEDOUT);
        }
        edo_seq_free(rows); // else the next one would wait for ever
    }
    CHECK_EQ(asks(db, "select 5 as n"), 5);
    closed(db);
}

typedef struct blob {
    edo_bytes data;
} blob;
EDO_DESCRIBE(blob, EDO_FIELD(blob, data))

EDO_TEST(large_rows_are_not_read_fifty_at_a_time, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    edo_seq *rows = edo_sqlite_rows(db, &blob_desc,
                                    "with recursive c (n) as (select 1 union all select n + 1 from"
                                    " c where n < 20) select zeroblob(1000000) as data from c",
                                    EDO_SQL_NONE);
    uint64_t before = jobs_n();
    blob b;
    int rc, n = 0;
    while ((rc = edo_seq_next(rows, &b)) == 1) {
        CHECK_EQ(b.data.str.len, 1000000);
        n++;
    }
    CHECK_EQ(rc, 0);
    CHECK_EQ(n, 20);
    CHECK(jobs_n() - before >= 20); // a row, and not twenty megabytes, is in memory
    edo_seq_free(rows);
    closed(db);
}

/* ---- Transactions ---------------------------------------------------------------------------- */

EDO_TEST(a_transaction_is_whole_or_nothing, .workers = 1) {
    edo_sqlite *db = opened(NULL), *tx, *inner;
    does(db, "create table t (n)");
    CHECK_EQ(edo_sqlite_commit(db), -EINVAL); // which may have connections with transactions
    CHECK_EQ(edo_sqlite_rollback(db), -EINVAL);
    EDO_TEST_OK(edo_sqlite_begin(&tx, db));
    does(tx, "insert into t values (1)");
    CHECK_EQ(asks(db, "select count(*) as n from t"), 0); // readers see what is committed
    CHECK_EQ(asks(tx, "select count(*) as n from t"), 1);
    EDO_TEST_OK(edo_sqlite_begin(&inner, tx));
    does(inner, "insert into t values (2)");
    edo_sqlite_close(inner); // rolls back to the savepoint
    CHECK_EQ(asks(tx, "select count(*) as n from t"), 1);
    EDO_TEST_OK(edo_sqlite_begin(&inner, tx));
    does(inner, "insert into t values (3)");
    EDO_TEST_OK(edo_sqlite_commit(inner));
    CHECK_EQ(edo_sqlite_commit(inner), -EINVAL);
    edo_sqlite_close(inner);
    EDO_TEST_OK(edo_sqlite_commit(tx));
    CHECK_EQ(edo_sqlite_exec(tx, "select 1", EDO_SQL_NONE), -EINVAL);
    edo_sqlite_close(tx);
    CHECK_EQ(asks(db, "select count(*) as n from t"), 2);
    EDO_TEST_OK(edo_sqlite_begin(&tx, db));
    does(tx, "delete from t");
    edo_sqlite_close(tx); // rolls back
    CHECK_EQ(asks(db, "select count(*) as n from t"), 2);
    int result = -EPERM;
    CHECK_EQ(edo_sqlite_run_tx(db, adds_and_fails, &result), -EPERM);
    result = 5;
    CHECK_EQ(edo_sqlite_run_tx(db, adds_and_fails, &result), 5);
    CHECK_EQ(asks(db, "select count(*) as n from t"), 3);
    closed(db);
}

EDO_TEST(a_commit_that_is_refused_can_be_rolled_back, .workers = 1) {
    edo_sqlite *db = opened(NULL), *tx;
    does(db, "create table a (id integer primary key)");
    does(db, "create table b (a int references a deferrable initially deferred)");
    EDO_TEST_OK(edo_sqlite_begin(&tx, db));
    does(tx, "insert into b values (1)");
    CHECK_EQ(edo_sqlite_commit(tx), -EDO_ESQL);
    const edo_sqlite_error *e = edo_sqlite_get_error();
    CHECK(e && e->kind == EDO_SQLITE_FOREIGN_KEY);
    does(tx, "insert into a values (1)");
    EDO_TEST_OK(edo_sqlite_commit(tx));
    edo_sqlite_close(tx);
    closed(db);
}

/* ---- Many tasks ------------------------------------------------------------------------------ */

static int add_ten(void *arg) {
    for (int i = 0; i < 10; i++) {
        int n = edo_sqlite_exec(arg, "update t set n = n + 1", EDO_SQL_NONE);
        if (n != 1) return n < 0 ? n : -EIO;
    }
    return 0;
}

EDO_TEST(tasks_write_one_after_the_other, .workers = 4) {
    edo_sqlite *db = opened(NULL);
    edo_scope scope;
    does(db, "create table t (n)");
    does(db, "insert into t values (0)");
    edo_scope_begin(&scope, NULL);
    for (int i = 0; i < 20; i++) EDO_TEST_OK(edo_scope_spawn(&scope, add_ten, db));
    EDO_TEST_OK(edo_scope_end(&scope, 0));
    CHECK_EQ(asks(db, "select n from t"), 200);
    CHECK_EQ(edo_sqlite_get_stats(db).writer.size, 1);
    closed(db);
}

EDO_TEST(a_call_that_is_cancelled_is_interrupted_and_undone, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    does(db, "create table t (n)");
    edo_task *t = counting_for_long(db);
    CHECK_EQ(edo_sqlite_get_stats(db).writer.lent, 1u);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    CHECK_EQ(asks(db, "select count(*) as n from t"), 0);
    does(db, "insert into t values (1)");
    closed(db);
}

/* The one worker goes on meanwhile. */
EDO_TEST(rows_of_a_transaction_are_freed_beside_a_statement_of_another_task, .workers = 1) {
    edo_sqlite *db = opened(NULL), *tx;
    number n;
    does(db, "create table t (n)");
    EDO_TEST_OK(edo_sqlite_begin(&tx, db));
    edo_seq *rows = edo_sqlite_rows(tx, &number_desc, COUNT_TO("1000"), EDO_SQL_NONE);
    CHECK_EQ(edo_seq_next(rows, &n), 1);
    edo_task *t = counting_for_long(tx);
    edo_seq_free(rows);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    edo_sqlite_close(tx);
    does(db, "insert into t values (1)");
    closed(db);
}

/* SQLite undoes more than the statement then. */
EDO_TEST(a_change_that_is_cut_short_is_the_end_of_its_transaction, .workers = 1) {
    edo_sqlite *db = opened(NULL), *tx, *inner;
    does(db, "create table t (n)");
    EDO_TEST_OK(edo_sqlite_begin(&tx, db));
    does(tx, "insert into t values (1)");
    EDO_TEST_OK(edo_sqlite_begin(&inner, tx));
    edo_task *t = counting_for_long(inner);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    CHECK_EQ(edo_sqlite_exec(inner, "insert into t values (2)", EDO_SQL_NONE), -EINVAL);
    edo_sqlite_close(inner);
    CHECK_EQ(edo_sqlite_exec(tx, "insert into t values (3)", EDO_SQL_NONE), -EINVAL);
    CHECK(edo_sqlite_commit(tx) < 0);
    edo_sqlite_close(tx);
    CHECK_EQ(asks(db, "select count(*) as n from t"), 0);
    does(db, "insert into t values (4)");
    closed(db);
}

EDO_TEST(another_process_is_waited_for_no_longer_than_said, .workers = 1) {
    edo_sqlite *db = opened(&(edo_sqlite_opts){ .busy = edo_ms(30) }), *other, *tx;
    does(db, "create table t (n)");
    EDO_TEST_OK(edo_sqlite_open(&other, path, NULL)); // its own connections: as another process
    EDO_TEST_OK(edo_sqlite_begin(&tx, other));
    CHECK_EQ(edo_sqlite_exec(db, "insert into t values (1)", EDO_SQL_NONE), -EBUSY);
    CHECK_EQ(asks(db, "select count(*) as n from t"), 0); // readers wait for nobody
    edo_sqlite_close(tx);
    WAIT_FOR_EQ(edo_sqlite_get_stats(other).writer.lent, 0u);
    does(db, "insert into t values (1)");
    edo_sqlite_close(other);
    closed(db);
}

/* ---- Files ----------------------------------------------------------------------------------- */

EDO_TEST(files_that_are_none_are_refused, .workers = 1) {
    edo_sqlite *db;
    folder_make();
    CHECK_EQ(edo_sqlite_open(&db, "", NULL), -EINVAL);
    CHECK_EQ(edo_sqlite_open(&db, "/nowhere/x.db", NULL), -ENOENT);
    CHECK_EQ(edo_sqlite_open(&db, path, &(edo_sqlite_opts){ .no_create = true }), -ENOENT);
    CHECK_EQ(edo_sqlite_open(&db, path, &(edo_sqlite_opts){ .read_only = true }), -ENOENT);
    CHECK_EQ(mkfifo(path, 0600), 0); // with nobody at its other end
    CHECK_EQ(edo_sqlite_open(&db, path, NULL), -EINVAL);
    CHECK_EQ(edo_sqlite_open(&db, path, &(edo_sqlite_opts){ .read_only = true }), -EINVAL);
    CHECK_EQ(unlink(path), 0);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    for (int i = 0; i < 100; i++) (void)fputs("this is no database of SQLite\n", file);
    CHECK_EQ(fclose(file), 0);
    CHECK_EQ(edo_sqlite_open(&db, path, NULL), -EILSEQ);
    CHECK_EQ(unlink(path), 0);
    CHECK_EQ(edo_sqlite_open(&db, path, &(edo_sqlite_opts){ .open_sql = "pragma x; oops" }),
             -EDO_ESQL);
    folder_remove();
}

EDO_TEST(a_path_is_no_uri, .workers = 1) {
    char uri[160];
    edo_sqlite *db = opened(NULL);
    (void)snprintf(uri, sizeof uri, "file:%s?mode=rwc", path);
    edo_sqlite *other;
    CHECK_EQ(edo_sqlite_open(&other, uri, NULL), -ENOENT);
    CHECK_EQ(edo_sqlite_backup(db, uri), -ENOENT);
    closed(db);
}

EDO_TEST(a_database_in_memory_and_one_that_is_only_read, .workers = 1) {
    edo_sqlite *db;
    EDO_TEST_OK(edo_sqlite_open(&db, ":memory:", NULL));
    does(db, "create table t (n)");
    CHECK_EQ(edo_sqlite_exec(db, "insert into t values (1), (2)", EDO_SQL_NONE), 2);
    CHECK_EQ(edo_sqlite_exec(db, "create index of_n on t (n)", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_sqlite_exec(db, "update t set n = 9 where n = 7", EDO_SQL_NONE), 0);
    CHECK_EQ(asks(db, "insert into t values (3) returning n"), 3);
    CHECK_EQ(asks(db, "select sum(n) as n from t"), 6);
    edo_sqlite_close(db);
    db = opened(NULL);
    does(db, "create table t (n)");
    CHECK_EQ(asks(db, "insert into t values (3) returning n"), 3);
    edo_sqlite_close(db);
    EDO_TEST_OK(edo_sqlite_open(&db, path, &(edo_sqlite_opts){ .read_only = true }));
    CHECK_EQ(edo_sqlite_exec(db, "insert into t values (1)", EDO_SQL_NONE), -EROFS);
    CHECK_EQ(asks(db, "select n from t"), 3);
    closed(db);
}

EDO_TEST(a_log_that_is_kept_is_beside_the_file_and_is_read_again, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    char log[120];
    (void)snprintf(log, sizeof log, "%s-wal", path);
    does(db, "create table t (n)");
    edo_sqlite_keep_log(db);
    edo_sqlite_close(db);
    CHECK_EQ(access(log, F_OK), 0);
    EDO_TEST_OK(edo_sqlite_open(&db, path, NULL));
    CHECK_EQ(asks(db, ROWS_N), 0);
    edo_sqlite_close(db);
    CHECK(access(log, F_OK) < 0);
    folder_remove();
}

/* What a disk does that fails: SQLite reads by pread_of_test(). */
static struct {
    off_t from; /* reads of files that begin there or behind it fail */
    int err;    /* with that; 0: they do not */
} disk;

static ssize_t pread_of_test(int fd, void *out, size_t n, off64_t at) {
    if (disk.err == 0 || at < disk.from) return pread64(fd, out, n, at);
    errno = disk.err;
    return -1;
}

static void disk_replace(void) {
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    sqlite3_syscall_ptr to = (sqlite3_syscall_ptr)pread_of_test;
    CHECK(vfs->xSetSystemCall(vfs, "pread64", to) == SQLITE_OK ||
          vfs->xSetSystemCall(vfs, "pread", to) == SQLITE_OK);
}

#define ALL_BYTES "select sum(length(s)) as n from t"

/* A file of many pages, whose log is in it. */
static void large_file_make(void) {
    edo_sqlite *db = opened(NULL);
    does(db, "create table t (s)");
    does(db, "insert into t select printf('%.900c', 'x') from (" COUNT_TO("60") ")");
    edo_sqlite_close(db);
}

/* Damages all pages but the first. */
static void pages_spoil(void) {
    static char x[12 * 4096];
    int fd = open(path, O_RDWR | O_CLOEXEC);
    memset(x, 'x', sizeof x);
    CHECK(fd >= 0);
    CHECK_EQ(pwrite(fd, x, sizeof x, 4096), (ssize_t)sizeof x);
    CHECK_EQ(close(fd), 0);
}

static void reads_and_checks(int err) {
    edo_sqlite *db;
    number n = { 0 };
    EDO_TEST_OK(edo_sqlite_open(&db, path, NULL));
    CHECK_EQ(edo_sqlite_query_one(db, &n, &number_desc, ALL_BYTES, EDO_SQL_NONE), err);
    CHECK_EQ(n.n, err == 0 ? 60 * 900 : 0);
    CHECK_EQ(edo_sqlite_check(db), err);
    edo_sqlite_close(db);
}

EDO_TEST(a_disk_that_fails_to_read_is_told_from_damage, .workers = 1) {
    static const int errors[] = { EIO, ESTALE };
    char text[300];
    large_file_make();
    disk_replace();
    disk.from = 4096;
    for (size_t i = 0; i < EDO_COUNT(errors); i++) {
        disk.err = errors[i];
        reads_and_checks(-EIO);
        disk.err = 0;
        reads_and_checks(0);
    }
    pages_spoil();
    edo_trail_clear();
    reads_and_checks(-EILSEQ);
    (void)edo_trail_print_text(text, sizeof text, -EILSEQ, EDO_TRAIL_LINE);
    CHECK(strstr(text, "age 2")); // SQLite's words for the place
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    CHECK_EQ(vfs->xSetSystemCall(vfs, NULL, NULL), SQLITE_OK);
    folder_remove();
}

EDO_TEST(a_log_that_was_cut_off_is_damage, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    char log[120];
    number n = { 0 };
    (void)snprintf(log, sizeof log, "%s-wal", path);
    does(db, "create table t (n)");
    does(db, "insert into t " COUNT_TO("1000"));
    CHECK_EQ(truncate(log, 100), 0);
    CHECK_EQ(edo_sqlite_query_one(db, &n, &number_desc, ROWS_N, EDO_SQL_NONE), -EILSEQ);
    edo_sqlite_keep_log(db);
    closed(db);
}

static int backs_up(void *db) {
    char to[120];
    (void)snprintf(to, sizeof to, "%s/copy.db", folder);
    return edo_sqlite_backup(db, to);
}

EDO_TEST(a_backup_is_the_database_at_one_moment, .workers = 1) {
    edo_sqlite *db = opened(NULL), *copy;
    char to[120];
    (void)snprintf(to, sizeof to, "%s/copy.db", folder);
    does(db, "create table t (n)");
    does(db, "insert into t " COUNT_TO("5000"));
    EDO_TEST_OK(edo_sqlite_backup(db, to));
    does(db, "delete from t");
    EDO_TEST_OK(edo_sqlite_open(&copy, to, &(edo_sqlite_opts){ .no_create = true }));
    CHECK_EQ(asks(copy, "select sum(n) as n from t"), 5000 * 5001 / 2);
    edo_sqlite_close(copy);
    CHECK_EQ(edo_sqlite_backup(db, "/nowhere/copy.db"), -ENOENT);
    EDO_TEST_OK(edo_sqlite_backup(db, to)); // in place of the one before
    EDO_TEST_OK(edo_sqlite_open(&copy, to, NULL));
    CHECK_EQ(asks(copy, "select count(*) as n from t"), 0);
    does(copy, "insert into t values (7)");
    CHECK_EQ(edo_sqlite_backup(db, to), -EBUSY);
    CHECK_EQ(asks(copy, "select n from t"), 7);
    edo_sqlite_close(copy);
    CHECK_EQ(edo_sqlite_backup(db, path), -EINVAL);
    edo_task *t = edo_spawn(backs_up, db);
    CHECK(t != NULL);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    EDO_TEST_OK(edo_sqlite_open(&copy, to, NULL));
    CHECK_EQ(asks(copy, "select n from t"), 7);
    edo_sqlite_close(copy);
    closed(db);
}

EDO_TEST(a_backup_replaces_no_database_whose_journal_is_there, .workers = 1) {
    edo_sqlite *db = opened(NULL), *old, *tx;
    char to[120], journal[140], kept[120];
    (void)snprintf(to, sizeof to, "%s/copy.db", folder);
    (void)snprintf(journal, sizeof journal, "%s-journal", to);
    (void)snprintf(kept, sizeof kept, "%s/kept", folder);
    does(db, "create table t (n)");
    does(db, "insert into t " COUNT_TO("5000"));
    EDO_TEST_OK(edo_sqlite_open(&old, to, &(edo_sqlite_opts){ .no_wal = true }));
    does(old, "create table t (n)");
    does(old, "insert into t values (7)");
    EDO_TEST_OK(edo_sqlite_begin(&tx, old));
    does(tx, "update t set n = 8");
    CHECK_EQ(edo_sqlite_backup(db, to), -EBUSY);
    CHECK_EQ(link(journal, kept), 0);
    edo_sqlite_close(tx);
    edo_sqlite_close(old);
    WAIT_FOR(access(journal, F_OK) < 0); // a thread of the pool rolls back after the close
    CHECK_EQ(rename(kept, journal), 0);  // as a process leaves it that dies in a transaction
    CHECK_EQ(edo_sqlite_backup(db, to), -EBUSY);
    CHECK_EQ(truncate(journal, 0), 0);
    EDO_TEST_OK(edo_sqlite_backup(db, to));
    EDO_TEST_OK(edo_sqlite_open(&old, to, NULL));
    CHECK_EQ(asks(old, ROWS_N), 5000);
    EDO_TEST_OK(edo_sqlite_check(old));
    edo_sqlite_close(old);
    closed(db);
}

EDO_TEST(what_sqlite_says_of_an_argument_is_left_out, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    char text[500];
    CHECK_EQ(edo_sqlite_exec(db, "select json_extract('{}', ?1)", EDO_SQL("secret")), -EDO_ESQL);
    (void)edo_trail_print_text(text, sizeof text, -EDO_ESQL, EDO_TRAIL_LINE);
    CHECK(!strstr(text, "secret") && edo_sqlite_get_error());
    CHECK(!strstr(edo_sqlite_get_error()->message, "secret"));
    closed(db);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constraints_are_told_by_their_kind),
        cmocka_unit_test(rows_come_in_order_and_end),
        cmocka_unit_test(what_has_no_rows_is_no_sequence_and_leaves_no_transaction_open),
        cmocka_unit_test(columns_are_those_that_the_tables_have_when_rows_are_read),
        cmocka_unit_test(a_kept_statement_is_of_the_tables_as_they_are),
        cmocka_unit_test(two_sequences_of_one_text_are_read_side_by_side),
        cmocka_unit_test(a_sequence_may_be_freed_at_any_time_and_reads_may_be_cancelled),
        cmocka_unit_test(large_rows_are_not_read_fifty_at_a_time),
        cmocka_unit_test(a_change_that_is_cut_short_is_the_end_of_its_transaction),
        cmocka_unit_test(rows_of_a_transaction_are_freed_beside_a_statement_of_another_task),
        cmocka_unit_test(a_path_is_no_uri),
        cmocka_unit_test(a_transaction_is_whole_or_nothing),
        cmocka_unit_test(a_commit_that_is_refused_can_be_rolled_back),
        cmocka_unit_test(tasks_write_one_after_the_other),
        cmocka_unit_test(a_call_that_is_cancelled_is_interrupted_and_undone),
        cmocka_unit_test(another_process_is_waited_for_no_longer_than_said),
        cmocka_unit_test(files_that_are_none_are_refused),
        cmocka_unit_test(a_database_in_memory_and_one_that_is_only_read),
        cmocka_unit_test(a_log_that_is_kept_is_beside_the_file_and_is_read_again),
        cmocka_unit_test(a_disk_that_fails_to_read_is_told_from_damage),
        cmocka_unit_test(a_log_that_was_cut_off_is_damage),
        cmocka_unit_test(a_backup_is_the_database_at_one_moment),
        cmocka_unit_test(a_backup_replaces_no_database_whose_journal_is_there),
        cmocka_unit_test(what_sqlite_says_of_an_argument_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
