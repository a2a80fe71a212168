/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo_sqlite_call(): it is one job, whole or nothing, sees one state where it
 * reads, and what has become of it is told when it is cut short.
 * Method: jobs are counted; functions say when they have begun. */
#include "database.h"
#include "patience.h"

#include <edo/error.h>
#include <edo/sem.h>
#include <edo/task.h>

#include <errno.h>

static int adds_a_hundred(edo_sqlite *tx, void *arg) {
    int64_t seen = 0;
    number n;
    int rc;
    for (int i = 1; i <= 100; i++)
        CHECK_EQ(edo_sqlite_exec(tx, "insert into t values (?1)", EDO_SQL(i)), 1);
    edo_seq *rows = edo_sqlite_rows(tx, &number_desc, "select n from t order by n", EDO_SQL_NONE);
    while ((rc = edo_seq_next(rows, &n)) == 1) CHECK_EQ(n.n, ++seen);
    CHECK_EQ(rc, 0);
    CHECK_EQ(seen, 100);
    edo_seq_free(rows);
    return *(int *)arg;
}

static int adds_in_a_savepoint(edo_sqlite *tx, void *arg) {
    return edo_sqlite_run_tx(tx, adds_a_hundred, arg);
}

EDO_TEST(a_call_is_one_job_and_whole_or_nothing, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    does(db, "create table t (n)");
    static const struct {
        edo_sqlite_tx_fn *fn;
        int result;
    } rows[] = { { adds_a_hundred, -EPERM },
                 { adds_in_a_savepoint, -EPERM },
                 { adds_a_hundred, 7 } };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        int result = rows[i].result;
        CHECK_EQ(asks(db, ROWS_N), 0);
        uint64_t before = jobs_n();
        CHECK_EQ(edo_sqlite_call(db, true, rows[i].fn, &result), result);
        CHECK_EQ(jobs_n() - before, 1);
    }
    CHECK_EQ(asks(db, ROWS_N), 100);
    closed(db);
}

static int reads_beside_a_write(edo_sqlite *tx, void *db) {
    number n = { 0 };
    CHECK_EQ(asks(tx, ROWS_N), 0);
    does(db, "insert into t values (1)");
    CHECK_EQ(asks(tx, ROWS_N), 0);
    CHECK_EQ(edo_sqlite_exec(tx, "insert into t values (2)", EDO_SQL_NONE), -EROFS);
    CHECK_EQ(edo_sqlite_query_one(tx, &n, &number_desc, "insert into t values (2) returning n",
                                  EDO_SQL_NONE),
             -EROFS);
    edo_trail_clear();
    return 3;
}

EDO_TEST(a_call_that_reads_sees_one_state, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    does(db, "create table t (n)");
    CHECK_EQ(edo_sqlite_call(db, false, reads_beside_a_write, db), 3);
    CHECK_EQ(asks(db, ROWS_N), 1);
    closed(db);
}

static int calls_inside(edo_sqlite *tx, void *arg) {
    edo_sqlite *inner;
    int result = -EPERM;
    (void)arg;
    does(tx, "delete from t");
    CHECK_EQ(edo_sqlite_call(tx, true, adds_and_fails, &result), -EPERM);
    CHECK_EQ(asks(tx, ROWS_N), 0);
    result = 5;
    CHECK_EQ(edo_sqlite_call(tx, false, adds_and_fails, &result), 5);
    EDO_TEST_OK(edo_sqlite_begin(&inner, tx));
    does(inner, "insert into t values (2)");
    edo_sqlite_close(inner); // rolls back to the savepoint
    CHECK_EQ(asks(tx, ROWS_N), 1);
    return 0;
}

static int outlasts_the_limit(edo_sqlite *tx, void *arg) {
    const int *result = arg;
    does(tx, "insert into t values (3)");
    while (edo_deadline_left().ns > 0) continue;
    return *result;
}

/* `*arg`: of the call within. */
static int has_a_limit_inside(edo_sqlite *tx, void *arg) {
    does(tx, "insert into t values (1)");
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(2));
    CHECK_EQ(edo_sqlite_call(tx, true, outlasts_the_limit, arg), *(const int *)arg);
    (void)edo_deadline_end(&d, 0);
    edo_trail_clear();
    return 0;
}

EDO_TEST(ends_of_transactions_in_a_job_are_not_cut_short, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    int result = -EPERM;
    does(db, "create table t (n)");
    EDO_TEST_OK(edo_sqlite_call(db, true, has_a_limit_inside, &result)); // a savepoint rolled back
    CHECK_EQ(asks(db, ROWS_N), 1);
    result = 0;
    EDO_TEST_OK(edo_sqlite_call(db, true, has_a_limit_inside, &result));
    CHECK_EQ(asks(db, ROWS_N), 3);
    closed(db);
}

EDO_TEST(a_call_in_a_transaction_is_a_savepoint_in_one_job, .workers = 1) {
    edo_sqlite *db = opened(NULL), *tx;
    int result = 7;
    does(db, "create table t (n)");
    EDO_TEST_OK(edo_sqlite_run_tx(db, calls_inside, NULL));
    EDO_TEST_OK(edo_sqlite_call(db, true, calls_inside, NULL));
    CHECK_EQ(asks(db, ROWS_N), 1);
    EDO_TEST_OK(edo_sqlite_begin(&tx, db));
    does(tx, "delete from t");
    uint64_t before = jobs_n();
    CHECK_EQ(edo_sqlite_call(tx, true, adds_a_hundred, &result), 7);
    CHECK_EQ(jobs_n() - before, 1);
    edo_sqlite_close(tx); // rolls back
    CHECK_EQ(asks(db, ROWS_N), 1);
    closed(db);
}

static int refuses_to_add(edo_sqlite *tx, void *arg) {
    (void)arg;
    CHECK_EQ(edo_sqlite_exec(tx, "insert into t values (1)", EDO_SQL_NONE), -EROFS);
    edo_trail_clear();
    return 0;
}

EDO_TEST(calls_of_databases_in_memory_and_of_such_that_are_only_read, .workers = 1) {
    edo_sqlite *db;
    int result = 4;
    EDO_TEST_OK(edo_sqlite_open(&db, ":memory:", NULL));
    does(db, "create table t (n)");
    CHECK_EQ(edo_sqlite_call(db, true, adds_and_fails, &result), 4);
    CHECK_EQ(edo_sqlite_call(db, false, adds_and_fails, &result), 4); // it has no readers
    CHECK_EQ(asks(db, ROWS_N), 2);
    edo_sqlite_close(db);
    db = opened(NULL);
    does(db, "create table t (n)");
    edo_sqlite_close(db);
    EDO_TEST_OK(edo_sqlite_open(&db, path, &(edo_sqlite_opts){ .read_only = true }));
    EDO_TEST_OK(edo_sqlite_call(db, true, refuses_to_add, NULL));
    closed(db);
}

/* A call that runs until its task is cancelled. */
typedef struct cut_call {
    edo_sqlite *db;
    edo_sem begun;
    bool counts, hides; /* in a statement; and what has become of that is not told */
} cut_call;

static int waits_for_the_cut(edo_sqlite *tx, void *arg) {
    cut_call *c = arg;
    does(tx, "insert into t values (1)");
    edo_sem_release(&c->begun, 1);
    if (!c->counts) {
        WAIT_FOR(edo_blocking_cancelled());
        return 0;
    }
    int err = counts_for_long(tx);
    CHECK_EQ(err, -ECANCELED);
    CHECK_EQ(edo_sqlite_exec(tx, "insert into t values (2)", EDO_SQL_NONE), -EINVAL);
    return c->hides ? 0 : err;
}

static int calls_to_be_cut(void *arg) {
    return edo_sqlite_call(((cut_call *)arg)->db, true, waits_for_the_cut, arg);
}

/* Cancels the call once it has begun, and returns its result. */
static int result_of_cut(cut_call *c) {
    edo_task *t = edo_spawn(calls_to_be_cut, c);
    CHECK(t != NULL);
    EDO_TEST_OK(edo_sem_acquire(&c->begun, 1));
    edo_task_cancel(t);
    return edo_task_join(t);
}

EDO_TEST(a_call_that_is_cancelled_is_undone, .workers = 1) {
    cut_call c = { .db = opened(NULL), .begun = EDO_SEM_INIT(0), .counts = true };
    does(c.db, "create table t (n)");
    CHECK_EQ(result_of_cut(&c), -ECANCELED);
    c.hides = true;
    CHECK_EQ(result_of_cut(&c), -EINVAL);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ns(0)); // before it has begun
    CHECK_EQ(edo_deadline_end(&d, calls_to_be_cut(&c)), -ETIMEDOUT);
    CHECK_EQ(edo_sem_try_acquire(&c.begun, 1), -EAGAIN);
    CHECK_EQ(edo_sqlite_get_stats(c.db).writer.lent, 0);
    CHECK_EQ(asks(c.db, ROWS_N), 0);
    does(c.db, "insert into t values (1)");
    closed(c.db);
}

/* SQLite asks now and then, also at the end of a statement that has done its work. */
EDO_TEST(a_commit_of_a_task_that_was_cancelled_is_told_as_one, .workers = 1) {
    enum { CALLS_N = 600 }; // of two steps: it asks after a thousand
    cut_call c = { .db = opened(NULL), .begun = EDO_SEM_INIT(0) };
    does(c.db, "create table t (n)");
    for (int i = 0; i < CALLS_N; i++) EDO_TEST_OK(result_of_cut(&c));
    CHECK_EQ(asks(c.db, ROWS_N), CALLS_N);
    closed(c.db);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_one_job_and_whole_or_nothing),
        cmocka_unit_test(a_call_that_reads_sees_one_state),
        cmocka_unit_test(ends_of_transactions_in_a_job_are_not_cut_short),
        cmocka_unit_test(a_call_in_a_transaction_is_a_savepoint_in_one_job),
        cmocka_unit_test(calls_of_databases_in_memory_and_of_such_that_are_only_read),
        cmocka_unit_test(a_call_that_is_cancelled_is_undone),
        cmocka_unit_test(a_commit_of_a_task_that_was_cancelled_is_told_as_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
