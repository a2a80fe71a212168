/* SPDX-License-Identifier: MIT */
/* Goal: no task waits for itself: a call on a connection or a transaction whose rows the same task
 * reads fails at once, and says where both are; others wait for the rows' end, but not for ever.
 * Method: a real server. */
#include "inside.h"
#include "pg_server.h"

#include <edo/error.h>
#include <edo/notify.h>
#include <edo/pg.h>
#include <edo/streams.h>
#include <edo/task.h>

#include <string.h>

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

static edo_pg *connected(edo_duration turn_timeout) {
    edo_pg *db;
    const edo_pg_opts opts = { .pool = { .max = 2 }, .turn_timeout = turn_timeout };
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &opts), 0);
    return db;
}

static edo_seq *hundred(edo_pg *pg, const char *here) {
    return edo_pg_rows_at(pg, &number_desc, "select n from generate_series(1, 100) as n",
                          EDO_SQL_NONE, here);
}

static int entry_has(void *arg, const edo_trail_entry *entry) {
    return strstr(entry->text, arg) ? 1 : 0;
}

static bool trail_has(const char *text) {
    return edo_trail_each(entry_has, (void *)(uintptr_t)text) == 1;
}

/* The call has failed, and the trail has the place of the rows. */
static void refused(int err, const char *rows_place) {
    CHECK_EQ(err, -EDEADLK);
    CHECK(trail_has(rows_place));
    edo_trail_clear();
}

/* ---- The task that reads --------------------------------------------------------------------- */

static int tx_left_with_rows(edo_pg *tx, void *arg) {
    number n;
    edo_seq **rows = arg;
    *rows =
        edo_pg_rows(tx, &number_desc, "select n from generate_series(1, 100) as n", EDO_SQL_NONE);
    return edo_seq_next(*rows, &n);
}

/* All calls of a task on what it reads rows of. */
static void calls_are_refused(edo_pg *pg, const char *place) {
    edo_pg *inner;
    edo_stream *near, *far;
    edo_pg_step step = { .sql = "select 1", .args = EDO_SQL_NONE };
    number n;
    refused(edo_pg_exec(pg, "select 1", EDO_SQL_NONE), place);
    refused(edo_pg_query_one(pg, &n, &number_desc, "select 1::bigint as n", EDO_SQL_NONE), place);
    refused(edo_pg_pipeline(pg, &step, 1), place);
    refused(edo_pg_begin(&inner, pg, NULL), place);
    CHECK_EQ(edo_duplex(&near, &far, 64), 0);
    refused(edo_pg_copy_in(pg, NULL, "copy t from stdin", near), place);
    refused(edo_pg_copy_out(pg, NULL, "copy t to stdout", near), place);
    edo_close(near);
    edo_close(far);
    edo_seq *second = hundred(pg, "second.c:1");
    int err = edo_seq_next(second, &n);
    CHECK(trail_has("second.c:1"));
    refused(err, place);
    edo_seq_free(second);
}

static int asks_while_it_reads(void *arg) {
    edo_pg *db = connected(edo_ns(0)), *tx, *conn;
    number n;
    (void)arg;
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    edo_seq *rows = hundred(tx, "rows.c:7");
    refused(edo_pg_exec(tx, "select 1", EDO_SQL_NONE), "rows.c:7"); // nobody reads them
    CHECK_EQ(edo_seq_next(rows, &n), 1);
    calls_are_refused(tx, "rows.c:7");
    refused(edo_pg_savepoint(&conn, tx), "rows.c:7");
    refused(edo_pg_commit(tx), "rows.c:7");
    refused(edo_pg_rollback(tx), "rows.c:7");
    CHECK_EQ(edo_pg_exec(db, "select 1", EDO_SQL_NONE), 1); // by another connection
    edo_seq_free(rows);
    CHECK_EQ(edo_pg_exec(tx, "select 1", EDO_SQL_NONE), 1);
    CHECK_EQ(edo_pg_commit(tx), 0); // the transaction is as it was
    edo_pg_close(tx);

    CHECK_EQ(edo_pg_acquire(&conn, db), 0);
    rows = hundred(conn, "rows.c:8");
    CHECK_EQ(edo_seq_next(rows, &n), 1);
    calls_are_refused(conn, "rows.c:8");
    while (edo_seq_next(rows, &n) == 1) {
    }
    CHECK_EQ(edo_pg_exec(conn, "select 1", EDO_SQL_NONE), 1); // read to their end
    edo_seq_free(rows);
    edo_pg_close(conn);

    CHECK_EQ(edo_pg_run_tx(db, tx_left_with_rows, &rows, NULL), -EDEADLK);
    edo_trail_clear();
    edo_seq_free(rows);
    WAIT_FOR(edo_pg_get_stats(db).lent == 0);
    edo_pg_close(db);
    return 0;
}

static void a_task_does_not_wait_for_rows_that_it_reads(void **state) {
    (void)state;
    assert_int_equal(inside_each(asks_while_it_reads, NULL), 0);
}

/* ---- Others ---------------------------------------------------------------------------------- */

typedef struct other {
    edo_pg *pg;
    edo_seq *rows;
    edo_notify reads, goes_on;
    int result;
} other;

static int other_asks(void *arg) {
    other *o = arg;
    o->result = edo_pg_exec(o->pg, "select 1", EDO_SQL_NONE);
    return 0;
}

static int other_waits(void *arg) {
    edo_pg *db = connected(edo_ns(0)), *tx;
    number n;
    (void)arg;
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    edo_seq *rows = hundred(tx, "rows.c:10");
    other o = { .pg = tx, .result = -1 };
    edo_scope s;
    edo_scope_begin(&s, NULL);
    CHECK_EQ(edo_scope_spawn(&s, other_asks, &o), 0);
    int sum = 0;
    while (edo_seq_next(rows, &n) == 1) {
        CHECK_EQ(edo_yield(), 0);
        if (n.n < 100) CHECK_EQ(o.result, -1);
        sum += (int)n.n;
    }
    CHECK_EQ(sum, 5050);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    CHECK_EQ(o.result, 1);
    edo_seq_free(rows);
    edo_pg_close(tx);
    edo_pg_close(db);
    return 0;
}

static void another_task_waits_for_the_end_of_the_rows(void **state) {
    (void)state;
    assert_int_equal(inside_each(other_waits, NULL), 0);
}

static int other_reads(void *arg) {
    other *o = arg;
    number n;
    CHECK_EQ(edo_seq_next(o->rows, &n), 1);
    edo_notify_one(&o->reads);
    CHECK_EQ(edo_notify_wait(&o->goes_on), 0);
    CHECK_EQ(edo_pg_exec(o->pg, "select 1", EDO_SQL_NONE), -EDEADLK);
    edo_trail_clear();
    edo_seq_free(o->rows);
    return 0;
}

static int hands_on(void *arg) {
    edo_pg *db = connected(edo_ns(0)), *conn;
    number n;
    (void)arg;
    CHECK_EQ(edo_pg_acquire(&conn, db), 0);
    other o = { .pg = conn, .reads = EDO_NOTIFY_INIT, .goes_on = EDO_NOTIFY_INIT };
    o.rows = hundred(conn, "rows.c:11");
    CHECK_EQ(edo_seq_next(o.rows, &n), 1);
    edo_scope s;
    edo_scope_begin(&s, NULL);
    CHECK_EQ(edo_scope_spawn(&s, other_reads, &o), 0);
    CHECK_EQ(edo_notify_wait(&o.reads), 0);
    edo_notify_one(&o.goes_on);
    CHECK_EQ(edo_pg_exec(conn, "select 1", EDO_SQL_NONE), 1); // the other's end is waited for
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    edo_pg_close(conn);
    edo_pg_close(db);
    return 0;
}

/* Rows that nobody has read yet are handed to a task that has not run yet. */
static int other_reads_all(void *arg) {
    other *o = arg;
    number n;
    int rc;
    while ((rc = edo_seq_next(o->rows, &n)) == 1) continue;
    edo_seq_free(o->rows);
    return rc;
}

static int hands_on_unread(void *arg) {
    edo_pg *db = connected(edo_ns(0)), *conn;
    (void)arg;
    CHECK_EQ(edo_pg_acquire(&conn, db), 0);
    other o = { .pg = conn };
    o.rows = hundred(conn, "rows.c:13");
    edo_scope s;
    edo_scope_begin(&s, NULL);
    CHECK_EQ(edo_scope_spawn(&s, other_reads_all, &o), 0);
    CHECK_EQ(edo_pg_exec(conn, "select 1", EDO_SQL_NONE), 1);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    edo_pg_close(conn);
    edo_pg_close(db);
    return 0;
}

static void rows_that_were_handed_on_are_waited_for(void **state) {
    (void)state;
    assert_int_equal(inside_each(hands_on_unread, NULL), 0);
}

static void rows_are_of_the_task_that_has_read_last(void **state) {
    (void)state;
    assert_int_equal(inside_each(hands_on, NULL), 0);
}

static int other_is_late(void *arg) {
    other *o = arg;
    CHECK_EQ(edo_pg_exec_at(o->pg, "select 1", EDO_SQL_NONE, "late.c:3"), -ETIMEDOUT);
    CHECK(trail_has("rows.c:12"));
    CHECK(trail_has("late.c:3"));
    edo_trail_clear();
    return 0;
}

static int keeps_the_turn(void *arg) {
    edo_pg *db = connected(edo_ms(20)), *tx;
    number n;
    (void)arg;
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    other o = { .pg = tx };
    edo_seq *rows = hundred(tx, "rows.c:12");
    CHECK_EQ(edo_seq_next(rows, &n), 1);
    edo_scope s;
    edo_scope_begin(&s, NULL);
    CHECK_EQ(edo_scope_spawn(&s, other_is_late, &o), 0);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    edo_seq_free(rows);
    CHECK_EQ(edo_pg_commit(tx), 0);
    edo_pg_close(tx);
    edo_pg_close(db);
    return 0;
}

static void a_turn_that_does_not_end_is_waited_for_with_a_bound(void **state) {
    (void)state;
    assert_int_equal(inside_each(keeps_the_turn, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_does_not_wait_for_rows_that_it_reads),
        cmocka_unit_test(another_task_waits_for_the_end_of_the_rows),
        cmocka_unit_test(rows_are_of_the_task_that_has_read_last),
        cmocka_unit_test(rows_that_were_handed_on_are_waited_for),
        cmocka_unit_test(a_turn_that_does_not_end_is_waited_for_with_a_bound),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
