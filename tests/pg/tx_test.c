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
    CHECK_EQ(edo_pg_commit(conn), -EINVAL);
    CHECK_EQ(edo_pg_commit(db), -EINVAL); // which may have lent connections with transactions
    CHECK_EQ(edo_pg_rollback(db), -EINVAL);
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
    edo_pg *db = prepared(), *tx, *point;
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
    // the server would say nothing, and not wait
    CHECK_EQ(edo_pg_begin(&tx, db, &(edo_pg_tx_opts){ .read_only = true, .deferrable = true }),
             -EINVAL);
    // nor would a savepoint: it would write
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    CHECK_EQ(edo_pg_begin(&point, tx, &(edo_pg_tx_opts){ .read_only = true }), -EINVAL);
    CHECK_EQ(edo_pg_begin(&point, tx, &(edo_pg_tx_opts){ .isolation = EDO_PG_SERIALIZABLE }),
             -EINVAL);
    CHECK_EQ(edo_pg_begin(&point, tx, &(edo_pg_tx_opts){ .tries = 2 }), 0);
    edo_pg_close(point);
    edo_trail_clear();
    edo_pg_close(tx);
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

/* ---- Several tasks --------------------------------------------------------------------------- */

typedef struct late_call {
    edo_pg *tx;
    bool has_begun;
} late_call;

static int waits_for_lock(void *tx) {
    return edo_pg_exec(tx, "lock table t", EDO_SQL_NONE);
}

static int commits_late(void *arg) {
    late_call *c = arg;
    c->has_begun = true;
    return edo_pg_commit(c->tx);
}

static int adds_late(void *arg) {
    late_call *c = arg;
    c->has_begun = true;
    return add(c->tx, 1);
}

static int64_t waiting(edo_pg *db) {
    number n;
    CHECK_EQ(edo_pg_query_one(db, &n, &number_desc,
                              "select count(*) as n from pg_stat_activity where wait_event_type ="
                              " 'Lock' and query like 'lock table%'",
                              EDO_SQL_NONE),
             0);
    return n.n;
}

/* The lock keeps the connection busy while two more calls wait for it. */
static int ends_before_its_turn(void *arg) {
    edo_pg *db = prepared(), *tx, *holder;
    (void)arg;
    CHECK_EQ(edo_pg_begin(&holder, db, NULL), 0);
    CHECK_EQ(edo_pg_exec(holder, "lock table t", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    edo_task *locks = edo_spawn(waits_for_lock, tx);
    WAIT_FOR(waiting(db) == 1);
    late_call commit = { .tx = tx }, insert = { .tx = tx };
    edo_task *commits = edo_spawn(commits_late, &commit);
    WAIT_FOR(commit.has_begun);
    edo_task *adds = edo_spawn(adds_late, &insert);
    WAIT_FOR(insert.has_begun);
    edo_pg_close(holder);
    CHECK_EQ(edo_task_join(locks), 0);
    CHECK_EQ(edo_task_join(commits), 0);
    CHECK_EQ(edo_task_join(adds), -EINVAL); // not on its own, outside of the transaction
    edo_trail_clear();
    edo_pg_close(tx);
    CHECK_EQ(count(db), 0);
    edo_pg_close(db);
    return 0;
}

static void what_waits_for_a_transaction_that_ends_is_not_done(void **state) {
    (void)state;
    assert_int_equal(inside_real(ends_before_its_turn, NULL), 0);
}

#define CLOSES 200

static int adds_and_looks(void *tx) {
    for (int i = 0; i < CLOSES; i++) {
        CHECK_EQ(add(tx, i), 1);
        CHECK(count(tx) > 0);
    }
    return 0;
}

static int begins_and_closes(void *tx) {
    for (int i = 0; i < CLOSES; i++) {
        edo_pg *point;
        CHECK_EQ(edo_pg_exec(tx, "select 1", EDO_SQL_NONE), 1);
        CHECK_EQ(edo_pg_savepoint(&point, tx), 0);
        if (i % 3 == 0) CHECK_EQ(edo_pg_rollback(point), 0);
        edo_pg_close(point);
    }
    return 0;
}

/* Savepoints are undone while other tasks are in the middle of their statements. What they have
 * added may be undone with them. */
static int is_closed_beside_calls(void *arg) {
    edo_pg *db = prepared(), *tx, *other;
    (void)arg;
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    CHECK_EQ(add(tx, -1), 1);
    edo_task *tasks[] = { edo_spawn(adds_and_looks, tx), edo_spawn(adds_and_looks, tx),
                          edo_spawn(begins_and_closes, tx) };
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    CHECK_EQ(edo_pg_commit(tx), 0);
    edo_pg_close(tx);
    CHECK_EQ(edo_pg_begin(&other, db, NULL), 0);
    CHECK(count(other) >= 1);
    edo_pg_close(other);
    edo_pg_close(db);
    return 0;
}

static void a_savepoint_is_closed_beside_calls_of_other_tasks(void **state) {
    (void)state;
    assert_int_equal(inside_each(is_closed_beside_calls, NULL), 0);
}

/* ---- Order of ends --------------------------------------------------------------------------- */

static int leaves_rows_open(void *arg) {
    edo_pg *db = prepared(), *conn, *tx;
    number n;
    (void)arg;
    for (int round = 0; round < 2; round++) { // on a pool, and on a connection
        conn = NULL;
        if (round == 1) CHECK_EQ(edo_pg_acquire(&conn, db), 0);
        CHECK_EQ(edo_pg_begin(&tx, conn ? conn : db, NULL), 0);
        CHECK_EQ(add(tx, 1), 1);
        edo_seq *rows = edo_pg_rows(
            tx, &number_desc, "select n from t union all select * from generate_series(2, 20000)",
            EDO_SQL_NONE);
        CHECK_EQ(edo_seq_next(rows, &n), 1);
        edo_pg_close(tx);
        edo_pg_close(conn);
        int rc, last = 1;
        while ((rc = edo_seq_next(rows, &n)) == 1) CHECK_EQ(n.n, ++last);
        CHECK_EQ(rc, 0);
        CHECK_EQ(last, 20000);
        edo_seq_free(rows);
        CHECK_EQ(count(db), 0);
        WAIT_FOR(edo_pg_get_stats(db).lent == 0);
    }
    CHECK_EQ(edo_pg_get_stats(db).size, edo_pg_get_stats(db).made_n);
    edo_pg_close(db);
    return 0;
}

static void rows_may_outlive_their_transaction(void **state) {
    (void)state;
    assert_int_equal(inside_each(leaves_rows_open, NULL), 0);
}

static int ends_in_a_wrong_order(void *arg) {
    edo_pg *db = prepared(), *conn, *tx, *point, *next;
    (void)arg;
    CHECK_EQ(edo_pg_acquire(&conn, db), 0);
    CHECK_EQ(edo_pg_begin(&tx, conn, NULL), 0);
    CHECK_EQ(edo_pg_begin(&next, conn, NULL), -EINVAL); // it would share the other's
    edo_trail_clear();
    CHECK_EQ(edo_pg_savepoint(&point, tx), 0);
    CHECK_EQ(edo_pg_commit(tx), 0);
    edo_pg_close(tx);
    CHECK_EQ(add(point, 1), -EINVAL);
    edo_trail_clear();
    CHECK_EQ(edo_pg_begin(&next, conn, NULL), 0);
    CHECK_EQ(add(next, 2), 1);
    edo_pg_close(point); // is none of `next`
    edo_pg_close(conn);
    CHECK_EQ(add(next, 3), 1);
    CHECK_EQ(edo_pg_commit(next), 0);
    edo_pg_close(next);
    CHECK_EQ(count(db), 2);
    WAIT_FOR(edo_pg_get_stats(db).lent == 0);
    edo_pg_close(db);
    return 0;
}

static void handles_may_be_closed_in_any_order(void **state) {
    (void)state;
    assert_int_equal(inside_each(ends_in_a_wrong_order, NULL), 0);
}

static int leaves_no_savepoint(void *arg) {
    edo_pg *db = prepared(), *tx, *point;
    (void)arg;
    for (int round = 0; round < 2; round++) {
        CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
        CHECK_EQ(edo_pg_savepoint(&point, tx), 0);
        CHECK_EQ(add(point, 1), 1);
        if (round == 0) CHECK_EQ(edo_pg_rollback(point), 0);
        edo_pg_close(point);
        CHECK_EQ(count(tx), 0);
        char sql[64];
        (void)snprintf(sql, sizeof sql, "release savepoint edo_%d", round + 1);
        CHECK_EQ(edo_pg_exec(tx, sql, EDO_SQL_NONE), -EDO_ESQL);
        const edo_pg_error *e = edo_pg_get_error();
        CHECK(e && strcmp(e->sqlstate, "3B001") == 0);
        edo_trail_clear();
        edo_pg_close(tx);
        WAIT_FOR(edo_pg_get_stats(db).lent == 0);
    }
    edo_pg_close(db);
    return 0;
}

static void a_savepoint_that_is_rolled_back_is_gone(void **state) {
    (void)state;
    assert_int_equal(inside_real(leaves_no_savepoint, NULL), 0);
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
    CHECK_EQ(edo_pg_run_tx_back(db, tests_something, NULL), 42);
    CHECK_EQ(count(db), 0);
    edo_pg_close(db);
    return 0;
}

static void a_test_leaves_nothing_in_the_database(void **state) {
    (void)state;
    assert_int_equal(inside_real(tests_leave_nothing, NULL), 0);
}

/* A statement of the program's ends the transaction: its handle knows. */
static int is_ended_by(const char *sql, int64_t left) {
    edo_pg *db = prepared(), *tx, *point, *conn, *next;
    CHECK_EQ(edo_pg_acquire(&conn, db), 0);
    CHECK_EQ(edo_pg_begin(&tx, conn, NULL), 0);
    CHECK_EQ(add(tx, 1), 1);
    CHECK_EQ(edo_pg_savepoint(&point, tx), 0);
    CHECK(edo_pg_exec(point, sql, EDO_SQL_NONE) >= 0);
    CHECK_EQ(add(tx, 2), -EINVAL); // it would be in no transaction
    CHECK_EQ(edo_pg_commit(point), -EINVAL);
    CHECK_EQ(edo_pg_begin(&next, conn, NULL), 0);
    CHECK_EQ(add(next, 3), 1);
    CHECK_EQ(add(tx, 4), -EINVAL); // it would be in another's
    CHECK_EQ(edo_pg_commit(tx), -EINVAL);
    edo_pg_close(point);
    edo_pg_close(tx);
    CHECK_EQ(edo_pg_commit(next), 0);
    edo_pg_close(next);
    CHECK_EQ(edo_pg_begin(&tx, conn, NULL), 0);
    CHECK(edo_pg_exec(tx, sql, EDO_SQL_NONE) >= 0);
    CHECK_EQ(edo_pg_rollback(tx), -EINVAL);
    edo_pg_close(tx);
    edo_trail_clear();
    edo_pg_close(conn);
    CHECK_EQ(count(db), left + 1);
    edo_pg_close(db);
    return 0;
}

static int ends_itself(edo_pg *tx, void *sql) {
    CHECK_EQ(add(tx, 1), 1);
    return edo_pg_exec(tx, sql, EDO_SQL_NONE);
}

static int is_ended_behind(void *arg) {
    static char rollback[] = "rollback";
    (void)arg;
    CHECK_EQ(is_ended_by(rollback, 0), 0);
    CHECK_EQ(is_ended_by("commit", 1), 0);
    CHECK_EQ(is_ended_by("abort", 0), 0);
    edo_pg *db = prepared();
    CHECK_EQ(edo_pg_run_tx(db, ends_itself, rollback, NULL), -EINVAL);
    edo_trail_clear();
    CHECK_EQ(count(db), 0);
    edo_pg_close(db);
    return 0;
}

static void a_statement_that_ends_a_transaction_ends_its_handle(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_ended_behind, NULL), 0);
}

/* One that begins another in its place: nothing of the handle's is in that. */
static void is_chained_by(const char *sql, int64_t left) {
    edo_pg *db = prepared(), *tx, *conn;
    CHECK_EQ(edo_pg_acquire(&conn, db), 0);
    CHECK_EQ(edo_pg_begin(&tx, conn, NULL), 0);
    CHECK_EQ(add(tx, 1), 1);
    CHECK(edo_pg_exec(tx, sql, EDO_SQL_NONE) >= 0);
    CHECK_EQ(add(tx, 2), -EINVAL);
    CHECK_EQ(edo_pg_commit(tx), -EINVAL);
    edo_trail_clear();
    edo_pg_close(tx);
    CHECK_EQ(edo_pg_begin(&tx, conn, NULL), 0);
    CHECK_EQ(add(tx, 3), 1);
    CHECK_EQ(edo_pg_commit(tx), 0);
    edo_pg_close(tx);
    edo_pg_close(conn);
    CHECK_EQ(count(db), left + 1);
    edo_pg_close(db);
}

static int is_chained_behind(void *arg) {
    edo_pg *db, *tx;
    (void)arg;
    is_chained_by("rollback and chain", 0);
    is_chained_by("ABORT work AND\nCHAIN ; ", 0);
    is_chained_by("commit and chain", 1);

    // one to a savepoint of the program's own ends nothing
    db = prepared();
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    CHECK_EQ(add(tx, 1), 1);
    CHECK_EQ(edo_pg_exec(tx, "savepoint chain", EDO_SQL_NONE), 0);
    CHECK_EQ(add(tx, 2), 1);
    CHECK_EQ(edo_pg_exec(tx, "rollback to chain", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_commit(tx), 0);
    edo_pg_close(tx);
    CHECK_EQ(count(db), 1);
    edo_pg_close(db);
    return 0;
}

static void a_statement_that_chains_another_transaction_ends_the_handle(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_chained_behind, NULL), 0);
}

/* Ends `tx` by `end`, whose task was cut short before. */
static void end_cut_short(edo_pg *tx, int (*end)(edo_pg *tx)) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_ns(0));
    CHECK_EQ(edo_deadline_end(&d, end(tx)), -ETIMEDOUT);
    edo_trail_clear();
}

static int is_ended_by_a_task_that_was_cut(void *arg) {
    edo_pg *db = prepared(), *tx, *point;
    (void)arg;
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    CHECK_EQ(add(tx, 1), 1);
    CHECK_EQ(edo_pg_savepoint(&point, tx), 0);
    CHECK_EQ(add(point, 2), 1);
    end_cut_short(point, edo_pg_rollback);
    CHECK_EQ(add(point, 3), -EINVAL);
    edo_trail_clear();
    edo_pg_close(point);
    int err = edo_pg_commit(tx); // without the savepoint's, or not at all
    edo_trail_clear();
    edo_pg_close(tx);
    CHECK_EQ(count(db), err == 0 ? 1 : 0);

    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    CHECK_EQ(add(tx, 4), 1);
    end_cut_short(tx, edo_pg_commit);
    CHECK_EQ(add(tx, 5), -EINVAL);
    edo_trail_clear();
    edo_pg_close(tx);
    edo_pg_close(db);
    return 0;
}

static void an_end_that_is_cut_short_is_one(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_ended_by_a_task_that_was_cut, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transaction_ends_in_each_way),
        cmocka_unit_test(options_reach_the_server),
        cmocka_unit_test(a_transaction_that_is_cut_short_leaves_nothing_and_no_lock),
        cmocka_unit_test(what_waits_for_a_transaction_that_ends_is_not_done),
        cmocka_unit_test(a_savepoint_is_closed_beside_calls_of_other_tasks),
        cmocka_unit_test(rows_may_outlive_their_transaction),
        cmocka_unit_test(handles_may_be_closed_in_any_order),
        cmocka_unit_test(an_end_that_is_cut_short_is_one),
        cmocka_unit_test(a_savepoint_that_is_rolled_back_is_gone),
        cmocka_unit_test(a_function_is_committed_undone_or_tried_again),
        cmocka_unit_test(a_test_leaves_nothing_in_the_database),
        cmocka_unit_test(a_statement_that_ends_a_transaction_ends_its_handle),
        cmocka_unit_test(a_statement_that_chains_another_transaction_ends_the_handle),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
