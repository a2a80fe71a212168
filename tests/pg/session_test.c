/* SPDX-License-Identifier: MIT */
/* Goal: a table of PostgreSQL is a store of sessions like any other, and those whose time is over
 * do not pile up.
 * Method: the suite of all stores, on a real server; time goes by as the rows are moved back. */
#include "inside.h"
#include "pg_server.h"

#include <edo/pg_session.h>
#include <edo/test_store.h>

#include <errno.h>

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

static edo_pg *the_db;

static void let_pass(void *store, edo_duration time) {
    CHECK(edo_pg_exec(store,
                      "update edo_session set begun_at = begun_at - $1::interval,"
                      " used_at = used_at - $1::interval, ends_at = ends_at - $1::interval",
                      EDO_SQL(time)) >= 0);
}

static void make_table(void) {
    const edo_migration table = { 1, "sessions", EDO_SESSION_PG_SQL };
    CHECK_EQ(edo_pg_connect(&the_db, pg_url(), NULL), 0);
    CHECK_EQ(edo_pg_exec(the_db, "drop table if exists edo_session, _edo_migrations", EDO_SQL_NONE),
             0);
    CHECK_EQ(edo_pg_migrate(the_db, &table, 1, NULL), 1);
}

static int runs_suite(void *arg) {
    (void)arg;
    make_table();
    CHECK_EQ(edo_test_store_suite(&edo_session_pg_ops, the_db,
                                  &(edo_test_store_opts){ .pass = let_pass }),
             0);
    edo_pg_close(the_db);
    return 0;
}

static void a_table_is_a_store(void **state) {
    (void)state;
    assert_int_equal(inside_real(runs_suite, NULL), 0);
}

static int64_t rows_n(void) {
    number n;
    CHECK_EQ(edo_pg_query_one(the_db, &n, &number_desc, "select count(*) as n from edo_session",
                              EDO_SQL_NONE),
             0);
    return n.n;
}

static int save_new(int i) {
    char id[EDO_SESSION_ID_BYTES + 1];
    (void)snprintf(id, sizeof id, "%032d", i);
    return edo_session_pg_ops.save(the_db, edo_str_of(id), EDO_STR("x"), edo_s(0), edo_s(100),
                                   true);
}

static int grows_not(void *arg) {
    (void)arg;
    make_table();
    for (int i = 0; i < 20; i++) CHECK_EQ(save_new(i), 0);
    let_pass(the_db, edo_s(100));
    for (int i = 20; i < 30; i++) CHECK_EQ(save_new(i), 0);
    CHECK_EQ(rows_n(), 10);
    CHECK_EQ(edo_pg_exec(the_db, "drop table edo_session", EDO_SQL_NONE), 0);
    CHECK_EQ(save_new(1), -EDO_ESQL);
    edo_trail_clear();
    edo_pg_close(the_db);
    return 0;
}

static void sessions_that_are_over_do_not_pile_up(void **state) {
    (void)state;
    assert_int_equal(inside_real(grows_not, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_a_store),
        cmocka_unit_test(sessions_that_are_over_do_not_pile_up),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
