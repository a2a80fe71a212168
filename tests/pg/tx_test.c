/* SPDX-License-Identifier: MIT */
/* Goal: a transaction is committed, or leaves nothing, however it ends: by its close, a failure, a
 * cancellation; and is tried again where the server wants that.
 * Method: a real server; what another connection sees, and its locks. */
#include "inside.h"
#include "pg_server.h"

#include <edo/pg.h>

#include <string.h>

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

static edo_pg *prepared(void) {
    edo_pg *db;
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &(edo_pg_opts){ .pool = { .max = 4 } }), 0);
    CHECK_EQ(edo_pg_exec(db, "drop table if exists t", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(db, "create table t (n int)", EDO_SQL_NONE), 0);
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

static int ends_in_each_way(void *arg) {
    edo_pg *db = prepared(), *tx, *point, *conn;
    (void)arg;
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    CHECK_EQ(add(tx, 1), 1);
    CHECK_EQ(count(tx), 1);
    CHECK_EQ(count(db), 0);
    CHECK_EQ(edo_pg_commit(tx), 0);
    CHECK_EQ(edo_pg_commit(tx), -EINVAL);
    CHECK_EQ(add(tx, 9), -EINVAL); // it would not be part of any transaction
    edo_trail_clear();
    edo_pg_close(tx);
    CHECK_EQ(count(db), 1);

    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    CHECK_EQ(add(tx, 2), 1);
    edo_pg_close(tx);
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    CHECK_EQ(add(tx, 3), 1);
    CHECK_EQ(edo_pg_rollback(tx), 0);
    edo_pg_close(tx);
    CHECK_EQ(count(db), 1);

    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    CHECK_EQ(add(tx, 4), 1);
    CHECK_EQ(edo_pg_savepoint(&point, tx), 0);
    CHECK_EQ(edo_pg_exec(point, "selekt", EDO_SQL_NONE), -EDO_ESQL);
    edo_trail_clear();
    edo_pg_close(point); // and the transaction goes on
    CHECK_EQ(edo_pg_savepoint(&point, tx), 0);
    CHECK_EQ(add(point, 5), 1);
    CHECK_EQ(edo_pg_commit(point), 0);
    edo_pg_close(point);
    CHECK_EQ(edo_pg_begin(&point, tx, NULL), 0);
    CHECK_EQ(add(point, 6), 1);
    CHECK_EQ(edo_pg_rollback(point), 0);
    edo_pg_close(point);
    CHECK_EQ(edo_pg_commit(tx), 0);
    edo_pg_close(tx);
    CHECK_EQ(count(db), 3);

    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    CHECK_EQ(add(tx, 7), 1);
    CHECK_EQ(edo_pg_exec(tx, "selekt", EDO_SQL_NONE), -EDO_ESQL);
    CHECK_EQ(add(tx, 8), -EDO_ESQL); // 25P02
    edo_trail_clear();
    CHECK_EQ(edo_pg_commit(tx), -EDO_ESQL);
    edo_trail_clear();
    edo_pg_close(tx);
    CHECK_EQ(count(db), 3);

    CHECK_EQ(edo_pg_acquire(&conn, db), 0);
    CHECK_EQ(edo_pg_savepoint(&point, conn), -EINVAL);
    edo_trail_clear();
    CHECK_EQ(edo_pg_begin(&tx, conn, NULL), 0);
    CHECK_EQ(add(tx, 9), 1);
    edo_pg_close(tx);
    CHECK_EQ(count(conn), 3);
    edo_pg_close(conn);
    WAIT_FOR(edo_pg_get_stats(db).lent == 0);
    edo_pg_close(db);
    return 0;
}

static void a_transaction_ends_in_each_way(void **state) {
    (void)state;
    assert_int_equal(inside_each(ends_in_each_way, NULL), 0);
}

static int has_options(void *arg) {
    edo_pg *db = prepared(), *tx;
    (void)arg;
    CHECK_EQ(edo_pg_begin(&tx, db, &(edo_pg_tx_opts){ .read_only = true }), 0);
    CHECK_EQ(add(tx, 1), -EDO_ESQL);
    edo_trail_clear();
    edo_pg_close(tx);
    CHECK_EQ(edo_pg_begin(&tx, db,
                          &(edo_pg_tx_opts){ .isolation = EDO_PG_SERIALIZABLE,
                                             .read_only = true,
                                             .deferrable = true }),
             0);
    CHECK_EQ(count(tx), 0);
    edo_pg_close(tx);
    CHECK_EQ(edo_pg_begin(&tx, db, &(edo_pg_tx_opts){ .isolation = (edo_pg_isolation)9 }), -EINVAL);
    edo_pg_close(db);
    return 0;
}

static void options_reach_the_server(void **state) {
    (void)state;
    assert_int_equal(inside_real(has_options, NULL), 0);
}

/* ---- Cut short ------------------------------------------------------------------------------- */

static int locks_and_sleeps(void *db) {
    edo_pg *tx;
    int err = edo_pg_begin(&tx, db, NULL);
    if (err < 0) return err;
    err = add(tx, 1);
    if (err >= 0) err = edo_pg_exec(tx, "lock table t", EDO_SQL_NONE);
    if (err >= 0) err = edo_pg_exec(tx, "select pg_sleep(1000)", EDO_SQL_NONE);
    edo_pg_close(tx);
    return err;
}

static int64_t sleeping(edo_pg *db) {
    number n;
    CHECK_EQ(
        edo_pg_query_one(db, &n, &number_desc,
                         "select count(*) as n from pg_stat_activity where state = 'active' and"
                         " query like 'select pg_sleep%'",
                         EDO_SQL_NONE),
        0);
    return n.n;
}

static int is_cut_short(void *arg) {
    edo_pg *db = prepared();
    (void)arg;
    edo_task *t = edo_spawn(locks_and_sleeps, db);
    WAIT_FOR(sleeping(db) == 1);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    CHECK_EQ(count(db), 0); // waits for the lock, which goes with the transaction
    WAIT_FOR(edo_pg_get_stats(db).lent == 0);
    edo_pg_close(db);
    return 0;
}

static void a_transaction_that_is_cut_short_leaves_nothing_and_no_lock(void **state) {
    (void)state;
    assert_int_equal(inside_each(is_cut_short, NULL), 0);
}

/* ---- A function ------------------------------------------------------------------------------ */

typedef struct runner {
    edo_pg *db;
    int calls_n;
} runner;

static int add_or_fail(edo_pg *tx, void *arg) {
    int *n = arg;
    int err = add(tx, *n);
    return err < 0 ? err : *n < 0 ? -EDOM : *n;
}

static int bump(edo_pg *tx, void *arg) {
    runner *r = arg;
    number n;
    r->calls_n++;
    int err = edo_pg_query_one(tx, &n, &number_desc, "select max(n) as n from t", EDO_SQL_NONE);
    if (err < 0) return err;
    if (r->calls_n == 1) { // another one comes in between
        edo_pg *other;
        err = edo_pg_begin(&other, r->db, &(edo_pg_tx_opts){ .isolation = EDO_PG_SERIALIZABLE });
        if (err == 0) err = edo_pg_exec(other, "update t set n = n + 1", EDO_SQL_NONE);
        if (err >= 0) err = edo_pg_commit(other);
        edo_pg_close(other);
        if (err < 0) return err;
    }
    return edo_pg_exec(tx, "update t set n = $1", EDO_SQL(n.n + 1));
}

static int always_wants_another(edo_pg *tx, void *arg) {
    ++*(int *)arg;
    return edo_pg_exec(tx, "do $$ begin raise exception using errcode = '40001'; end $$",
                       EDO_SQL_NONE);
}

static int runs_functions(void *arg) {
    edo_pg *db = prepared(), *tx;
    int n = 5;
    number got;
    (void)arg;
    CHECK_EQ(edo_pg_run_tx(db, add_or_fail, &n, NULL), 5);
    n = -1;
    CHECK_EQ(edo_pg_run_tx(db, add_or_fail, &n, NULL), -EDOM);
    CHECK_EQ(count(db), 1);

    runner r = { .db = db };
    CHECK_EQ(edo_pg_run_tx(db, bump, &r, &(edo_pg_tx_opts){ .isolation = EDO_PG_SERIALIZABLE }), 1);
    CHECK_EQ(r.calls_n, 2);
    CHECK_EQ(edo_pg_query_one(db, &got, &number_desc, "select n from t", EDO_SQL_NONE), 0);
    CHECK_EQ(got.n, 7);

    n = 0;
    CHECK_EQ(edo_pg_run_tx(db, always_wants_another, &n,
                           &(edo_pg_tx_opts){ .tries = 3, .backoff = edo_us(10) }),
             -EDO_ESQL);
    CHECK_EQ(n, 3);
    edo_trail_clear();
    n = 0;
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    CHECK_EQ(edo_pg_run_tx(tx, always_wants_another, &n, NULL), -EDO_ESQL);
    CHECK_EQ(n, 1);
    edo_trail_clear();
    CHECK_EQ(count(tx), 1); // it was a savepoint
    edo_pg_close(tx);
    edo_pg_close(db);
    return 0;
}

static void a_function_is_committed_undone_or_tried_again(void **state) {
    (void)state;
    assert_int_equal(inside_real(runs_functions, NULL), 0);
}

static int tests_something(edo_pg *tx, void *arg) {
    edo_pg *inner;
    (void)arg;
    CHECK_EQ(add(tx, 1), 1);
    CHECK_EQ(edo_pg_begin(&inner, tx, NULL), 0);
    CHECK_EQ(add(inner, 2), 1);
    CHECK_EQ(edo_pg_commit(inner), 0);
    edo_pg_close(inner);
    CHECK_EQ(count(tx), 2);
    return 42;
}

static int tests_leave_nothing(void *arg) {
    edo_pg *db = prepared();
    (void)arg;
    CHECK_EQ(edo_pg_test(db, tests_something, NULL), 42);
    CHECK_EQ(count(db), 0);
    edo_pg_close(db);
    return 0;
}

static void a_test_leaves_nothing_in_the_database(void **state) {
    (void)state;
    assert_int_equal(inside_real(tests_leave_nothing, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transaction_ends_in_each_way),
        cmocka_unit_test(options_reach_the_server),
        cmocka_unit_test(a_transaction_that_is_cut_short_leaves_nothing_and_no_lock),
        cmocka_unit_test(a_function_is_committed_undone_or_tried_again),
        cmocka_unit_test(a_test_leaves_nothing_in_the_database),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
