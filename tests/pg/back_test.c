/* SPDX-License-Identifier: MIT */
/* Goal: in a transaction that is rolled back a program finds a pool as any other: statements that
 * fail alone, connections, transactions of its own, sessions, migrations, tasks at once; and leaves
 * nothing.
 * Method: a real server; what is in a table within, and from outside. */
#include "inside.h"
#include "pg_server.h"

#include <edo/pg_session.h>
#include <edo/streams.h>
#include <edo/test_store.h>

#include <errno.h>
#include <string.h>

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

static edo_pg *prepared(void) {
    edo_pg *db;
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &(edo_pg_opts){ .pool = { .max = 4 } }), 0);
    CHECK_EQ(edo_pg_exec(db, "drop table if exists t, edo_session, _edo_migrations", EDO_SQL_NONE),
             0);
    CHECK_EQ(edo_pg_exec(db, "create table t (n int primary key)", EDO_SQL_NONE), 0);
    return db;
}

static int64_t count(edo_pg *pg) {
    number n;
    CHECK_EQ(edo_pg_query_one(pg, &n, &number_desc, "select count(*) as n from t", EDO_SQL_NONE),
             0);
    return n.n;
}

static int add(edo_pg *pg, int n) {
    return edo_pg_exec(pg, "insert into t values ($1)", EDO_SQL(n));
}

static void fails_unique(int err) {
    CHECK_EQ(err, -EDO_ESQL);
    CHECK_EQ(edo_pg_get_error()->kind, EDO_PG_UNIQUE);
    edo_trail_clear();
}

/* Runs `fn` in a transaction that is rolled back, and nothing is left. */
static int runs_back(edo_pg_tx_fn *fn, void *arg) {
    edo_pg *db = prepared();
    int result = edo_pg_run_tx_back(db, fn, arg);
    CHECK_EQ(count(db), 0);
    edo_pg_close(db);
    return result;
}

/* ---- Statements ------------------------------------------------------------------------------ */

static int fail_alone(edo_pg *db, void *arg) {
    edo_pg *conn;
    number n;
    (void)arg;
    CHECK_EQ(add(db, 1), 1);
    fails_unique(add(db, 1));
    CHECK_EQ(add(db, 2), 1);
    edo_pg_step steps[] = { { .sql = "insert into t values (3)" },
                            { .sql = "insert into t values (1)" } };
    fails_unique(edo_pg_pipeline(db, steps, 2));
    CHECK_EQ(count(db), 2);
    edo_seq *rows = edo_pg_rows(db, &number_desc, "select n from t order by n", EDO_SQL_NONE);
    CHECK_EQ(edo_seq_next(rows, &n), 1);
    edo_seq_free(rows); // before its end: it is cancelled
    CHECK_EQ(edo_pg_acquire(&conn, db), 0);
    CHECK_EQ(add(conn, 3), 1);
    fails_unique(add(conn, 3));
    CHECK_EQ(count(conn), 3);
    edo_pg_close(conn);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(50));
    CHECK_EQ(edo_deadline_end(&d, edo_pg_exec(db, "select pg_sleep(60)", EDO_SQL_NONE)),
             -ETIMEDOUT);
    edo_trail_clear();
    CHECK_EQ(count(db), 3);
    edo_stream *near, *far;
    CHECK_EQ(edo_duplex(&near, &far, 64), 0);
    CHECK_EQ(edo_pg_copy_out(db, NULL, "copy t to stdout", near), 0);
    edo_close(near);
    edo_close(far);
    return 7;
}

static int statements_fail_alone(void *arg) {
    (void)arg;
    CHECK_EQ(runs_back(fail_alone, NULL), 7);
    return 0;
}

static void a_statement_that_fails_takes_nothing_along(void **state) {
    (void)state;
    assert_int_equal(inside_real(statements_fail_alone, NULL), 0);
}

/* ---- Transactions ---------------------------------------------------------------------------- */

static int add_or_fail(edo_pg *tx, void *arg) {
    int n = *(int *)arg;
    int err = add(tx, n < 0 ? -n : n);
    return err < 0 ? err : n < 0 ? -EDOM : 0;
}

static int have_transactions(edo_pg *db, void *arg) {
    edo_pg *tx, *point, *conn;
    (void)arg;
    CHECK_EQ(edo_pg_begin(&tx, db, &(edo_pg_tx_opts){ .isolation = EDO_PG_SERIALIZABLE }), 0);
    CHECK_EQ(add(tx, 1), 1);
    CHECK_EQ(edo_pg_savepoint(&point, tx), 0);
    fails_unique(add(point, 1));
    edo_pg_close(point);
    CHECK_EQ(edo_pg_commit(tx), 0);
    edo_pg_close(tx);
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    CHECK_EQ(add(tx, 2), 1);
    edo_pg_close(tx); // rolls back
    CHECK_EQ(count(db), 1);
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    fails_unique(add(tx, 1));
    CHECK_EQ(edo_pg_commit(tx), -EDO_ESQL); // the transaction has failed
    edo_trail_clear();
    edo_pg_close(tx);

    CHECK_EQ(edo_pg_acquire(&conn, db), 0);
    CHECK_EQ(add(conn, 3), 1);
    CHECK_EQ(edo_pg_begin(&tx, conn, NULL), 0);
    CHECK_EQ(edo_pg_begin(&point, conn, NULL), -EINVAL); // it has one
    edo_trail_clear();
    CHECK_EQ(add(conn, 4), 1); // it is in that
    CHECK_EQ(edo_pg_rollback(tx), 0);
    edo_pg_close(tx);
    CHECK_EQ(count(conn), 2);
    CHECK_EQ(edo_pg_begin(&tx, conn, NULL), 0);
    CHECK_EQ(add(conn, 5), 1);
    edo_pg_close(tx);
    CHECK_EQ(count(conn), 2);
    edo_pg_close(conn);

    CHECK_EQ(edo_pg_run_tx(db, add_or_fail, &(int){ 6 }, NULL), 0);
    CHECK_EQ(edo_pg_run_tx(db, add_or_fail, &(int){ -7 }, NULL), -EDOM);
    CHECK_EQ(edo_pg_run_tx_back(db, add_or_fail, &(int){ 8 }), 0); // of a test's, too
    CHECK_EQ(count(db), 3);
    return 0;
}

static int transactions_are_there(void *arg) {
    (void)arg;
    CHECK_EQ(runs_back(have_transactions, NULL), 0);
    return 0;
}

static void transactions_of_its_own_are_committed_or_not(void **state) {
    (void)state;
    assert_int_equal(inside_real(transactions_are_there, NULL), 0);
}

static int end_it(edo_pg *db, void *arg) {
    (void)arg;
    CHECK(edo_pg_exec(db, "rollback", EDO_SQL_NONE) >= 0);
    CHECK_EQ(add(db, 1), -EINVAL); // it would stay
    edo_trail_clear();
    return 0;
}

static int is_ended(void *arg) {
    (void)arg;
    CHECK_EQ(runs_back(end_it, NULL), 0);
    return 0;
}

static void nothing_is_done_behind_a_statement_that_ends_the_transaction(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_ended, NULL), 0);
}

/* ---- Tasks ----------------------------------------------------------------------------------- */

typedef struct adder {
    edo_pg *db;
    int n;
} adder;

static int adds_in_tx(edo_pg *tx, void *arg) {
    const adder *a = arg;
    int err = add(tx, a->n);
    if (err >= 0) err = edo_yield();
    return err < 0 ? err : a->n % 3 == 0 ? -EDOM : 0;
}

static int adds(void *arg) {
    adder *a = arg;
    int err = edo_pg_run_tx(a->db, adds_in_tx, a, NULL);
    CHECK_EQ(err, a->n % 3 == 0 ? -EDOM : 0);
    return 0;
}

static int work_at_once(edo_pg *db, void *arg) {
    adder all[21];
    edo_scope scope;
    (void)arg;
    edo_scope_begin(&scope, NULL);
    for (int i = 0; i < 21; i++) {
        all[i] = (adder){ db, i };
        CHECK_EQ(edo_scope_spawn(&scope, adds, &all[i]), 0);
    }
    CHECK_EQ(edo_scope_end(&scope, 0), 0);
    CHECK_EQ(count(db), 14);
    return 0;
}

static int lets_go_late(void *conn) {
    CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(add(conn, 1), 1);
    edo_pg_close(conn);
    return 0;
}

static int leave_a_task(edo_pg *db, void *arg) {
    edo_pg *conn;
    (void)arg;
    CHECK_EQ(edo_pg_acquire(&conn, db), 0);
    CHECK_EQ(edo_spawn_detached(lets_go_late, conn), 0);
    return 0;
}

static int tasks_work(void *arg) {
    (void)arg;
    CHECK_EQ(runs_back(work_at_once, NULL), 0);
    CHECK_EQ(runs_back(leave_a_task, NULL), 0);
    return 0;
}

static void tasks_share_the_connection(void **state) {
    (void)state;
    assert_int_equal(inside_real(tasks_work, NULL), 0);
}

/* ---- Sessions, migrations -------------------------------------------------------------------- */

static void let_pass(void *store, edo_duration time) {
    CHECK(edo_pg_exec(store,
                      "update edo_session set begun_at = begun_at - $1::interval,"
                      " used_at = used_at - $1::interval, ends_at = ends_at - $1::interval",
                      EDO_SQL(time)) >= 0);
}

static int keep_sessions(edo_pg *db, void *arg) {
    const edo_migration table = { 1, "sessions", EDO_SESSION_PG_SQL };
    (void)arg;
    CHECK_EQ(edo_pg_migrate(db, &table, 1, NULL), 1);
    CHECK_EQ(edo_pg_migrate(db, &table, 1, NULL), 0);
    CHECK_EQ(
        edo_test_store_suite(&edo_session_pg_ops, db, &(edo_test_store_opts){ .pass = let_pass }),
        0);
    return 0;
}

static int sessions_are_kept(void *arg) {
    edo_pg *db;
    number n;
    (void)arg;
    CHECK_EQ(runs_back(keep_sessions, NULL), 0);
    CHECK_EQ(edo_pg_connect(&db, pg_url(), NULL), 0);
    CHECK_EQ(edo_pg_query_one(db, &n, &number_desc,
                              "select count(*) as n from pg_class where relname in"
                              " ('edo_session', '_edo_migrations')",
                              EDO_SQL_NONE),
             0);
    CHECK_EQ(n.n, 0);
    edo_pg_close(db);
    return 0;
}

static void migrations_and_sessions_are_undone(void **state) {
    (void)state;
    assert_int_equal(inside_real(sessions_are_kept, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_statement_that_fails_takes_nothing_along),
        cmocka_unit_test(transactions_of_its_own_are_committed_or_not),
        cmocka_unit_test(nothing_is_done_behind_a_statement_that_ends_the_transaction),
        cmocka_unit_test(tasks_share_the_connection),
        cmocka_unit_test(migrations_and_sessions_are_undone),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
