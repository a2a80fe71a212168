/* SPDX-License-Identifier: MIT */
/* Goal: statements stay prepared, are prepared anew when the server has lost them or their columns
 * have changed, and never pile up; without them everything works as well.
 * Method: what pg_prepared_statements shows on one connection. */
#include "inside.h"
#include "pg_server.h"

#include <edo/pg.h>

#include <string.h>

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

static edo_pg *connected(bool no_statements) {
    edo_pg *db;
    CHECK_EQ(edo_pg_connect(&db, pg_url(),
                            &(edo_pg_opts){ .pool = { .max = 1 }, .no_statements = no_statements }),
             0);
    return db;
}

static int64_t prepared_n(edo_pg *pg) {
    number n;
    CHECK_EQ(edo_pg_query_one(pg, &n, &number_desc,
                              "select count(*) as n from pg_prepared_statements", EDO_SQL_NONE),
             0);
    return n.n;
}

static int64_t ask(edo_pg *pg, const char *sql) {
    number n;
    int err = edo_pg_query_one(pg, &n, &number_desc, sql, EDO_SQL_NONE);
    return err < 0 ? err : n.n;
}

static int keeps_them(void *arg) {
    edo_pg *db = connected(false);
    (void)arg;
    for (int i = 0; i < 5; i++) CHECK_EQ(ask(db, "select 4 as n"), 4);
    CHECK_EQ(prepared_n(db), 2);
    for (int i = 0; i < 250; i++) {
        char sql[64];
        (void)snprintf(sql, sizeof sql, "select %d as n", i);
        CHECK_EQ(ask(db, sql), i);
    }
    int64_t n = prepared_n(db);
    CHECK(n >= 99 && n <= 100);
    edo_pg_close(db);

    db = connected(true);
    for (int i = 0; i < 5; i++) CHECK_EQ(ask(db, "select 4 as n"), 4);
    CHECK_EQ(prepared_n(db), 0);
    edo_pg_close(db);
    return 0;
}

static void a_hundred_are_kept_or_none(void **state) {
    (void)state;
    assert_int_equal(inside_real(keeps_them, NULL), 0);
}

/* In a transaction nothing is deallocated, since a failure would take it along. */
static int forgets_many(void *arg) {
    edo_pg *db = connected(false), *tx;
    (void)arg;
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    for (int i = 0; i < 150; i++) {
        char sql[64];
        (void)snprintf(sql, sizeof sql, "select %d as n", i);
        CHECK_EQ(ask(tx, sql), i);
    }
    edo_pg_close(tx);
    for (int i = 0; i < 5; i++) CHECK_EQ(ask(db, "select 1 as n"), 1);
    CHECK_EQ(prepared_n(db), 100);
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    for (int i = 0; i < 3; i++) {
        char sql[64];
        (void)snprintf(sql, sizeof sql, "select %d as n", 1000 + i);
        CHECK_EQ(ask(tx, sql), 1000 + i);
    }
    edo_pg_close(tx);
    CHECK_EQ(edo_pg_exec(db, "deallocate all", EDO_SQL_NONE), 0); // also what is to be forgotten
    edo_deadline d = edo_deadline_begin(edo_s(1000));
    for (int i = 0; i < 5; i++) CHECK_EQ(ask(db, "select 1 as n"), 1);
    CHECK_EQ(edo_deadline_end(&d, 0), 0);
    edo_pg_close(db);
    return 0;
}

static void what_a_transaction_has_used_up_is_deallocated_behind_it(void **state) {
    (void)state;
    assert_int_equal(inside_real(forgets_many, NULL), 0);
}

static int prepares_anew(void *arg) {
    edo_pg *db = connected(false), *tx;
    (void)arg;
    CHECK_EQ(edo_pg_exec(db, "drop table if exists changing", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(db, "create table changing (n int)", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(db, "insert into changing values (1)", EDO_SQL_NONE), 1);
    CHECK_EQ(ask(db, "select * from changing"), 1);
    CHECK_EQ(ask(db, "select * from changing"), 1);
    CHECK_EQ(edo_pg_exec(db, "alter table changing add more text", EDO_SQL_NONE), 0);
    CHECK_EQ(ask(db, "select * from changing"), 1); // 0A000
    int64_t n = prepared_n(db);
    CHECK_EQ(ask(db, "select * from changing"), 1);
    CHECK_EQ(prepared_n(db), n);

    CHECK_EQ(edo_pg_exec(db, "deallocate all", EDO_SQL_NONE), 0);
    CHECK_EQ(ask(db, "select * from changing"), 1); // 26000
    CHECK_EQ(edo_pg_exec(db, "discard all", EDO_SQL_NONE), 0);
    CHECK_EQ(ask(db, "select * from changing"), 1);

    // in a transaction it fails, once
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    CHECK_EQ(edo_pg_exec(tx, "alter table changing add yet int", EDO_SQL_NONE), 0);
    CHECK_EQ(ask(tx, "select * from changing"), -EDO_ESQL);
    CHECK(strcmp(edo_pg_get_error()->sqlstate, "0A000") == 0);
    edo_trail_clear();
    edo_pg_close(tx);
    CHECK_EQ(ask(db, "select * from changing"), 1);
    edo_pg_close(db);
    return 0;
}

static void what_is_stale_is_prepared_anew_outside_of_transactions(void **state) {
    (void)state;
    assert_int_equal(inside_real(prepares_anew, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hundred_are_kept_or_none),
        cmocka_unit_test(what_a_transaction_has_used_up_is_deallocated_behind_it),
        cmocka_unit_test(what_is_stale_is_prepared_anew_outside_of_transactions),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
