/* SPDX-License-Identifier: MIT */
/* Goal: a connection prepares a text once, gives no statement to two users at a time, keeps as many
 * as it may, and none of them in the middle of its rows. Method: one in memory, on this thread. */
#include "sqlite/conn.h"

#include <edo/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

static edoi_sqlite_config *config;
static edoi_sqlite_conn *c;

static int setup(void **state) {
    static char path[] = ":memory:";
    (void)state;
    config = edo_rc_new(sizeof *config, NULL);
    if (!config) return -1;
    *config = (edoi_sqlite_config){ .path = path };
    return edoi_sqlite_conn_new(&c, config, true);
}

static int teardown(void **state) {
    (void)state;
    edo_rc_unref(c);
    edo_rc_unref(config);
    return 0;
}

static edoi_sqlite_statement *taken(const char *sql) {
    edoi_sqlite_statement *s = NULL;
    assert_int_equal(edoi_sqlite_take(c, &s, sql), 0);
    return s;
}

static void a_text_is_prepared_once(void **state) {
    (void)state;
    edoi_sqlite_statement *s = taken("select 1");
    edoi_sqlite_give_back(c, s);
    edoi_sqlite_give_back(c, taken("select 2"));
    assert_ptr_equal(taken("select 1"), s);
    edoi_sqlite_give_back(c, s);
}

static void what_is_taken_is_for_one_alone(void **state) {
    (void)state;
    edoi_sqlite_statement *first = taken("select 1"), *second = taken("select 1");
    assert_ptr_not_equal(first, second);
    assert_int_equal(c->statements_n, 0);
    edoi_sqlite_give_back(c, first);
    edoi_sqlite_give_back(c, second);
    assert_int_equal(c->statements_n, 2);
}

static void what_is_given_back_has_no_rows_and_no_arguments(void **state) {
    (void)state;
    edoi_sqlite_statement *s = taken("select ?1 union all select 2");
    assert_int_equal(sqlite3_bind_int(s->made, 1, 7), SQLITE_OK);
    assert_int_equal(sqlite3_step(s->made), SQLITE_ROW);
    assert_true(sqlite3_stmt_busy(s->made));
    edoi_sqlite_give_back(c, s);
    assert_false(sqlite3_stmt_busy(s->made));
    assert_ptr_equal(taken("select ?1 union all select 2"), s);
    assert_int_equal(sqlite3_step(s->made), SQLITE_ROW);
    assert_int_equal(sqlite3_column_type(s->made, 0), SQLITE_NULL);
    edoi_sqlite_give_back(c, s);
}

static void the_one_that_was_used_longest_ago_goes(void **state) {
    char sql[32];
    (void)state;
    edoi_sqlite_statement *s = taken("select 0");
    edoi_sqlite_give_back(c, s);
    for (unsigned i = 1; i < EDOI_SQLITE_STATEMENTS_MAX; i++) {
        (void)snprintf(sql, sizeof sql, "select %u", i);
        edoi_sqlite_give_back(c, taken(sql));
    }
    edoi_sqlite_give_back(c, taken("select 0"));
    edoi_sqlite_give_back(c, taken("select 'one more'")); // "select 1" goes
    assert_int_equal(c->statements_n, EDOI_SQLITE_STATEMENTS_MAX);
    assert_ptr_equal(taken("select 0"), s);
    edoi_sqlite_give_back(c, s);
    assert_string_equal(TAILQ_LAST(&c->statements, edoi_sqlite_statements)->sql, "select 2");
}

static void a_statement_is_made_anew_of_the_tables_as_they_are(void **state) {
    (void)state;
    assert_int_equal(edoi_sqlite_run(c, "create table t (a)"), 0);
    edoi_sqlite_statement *s = taken("select * from t");
    assert_int_equal(edoi_sqlite_run(c, "alter table t add column b"), 0);
    assert_int_equal(sqlite3_column_count(s->made), 1);
    assert_int_equal(edoi_sqlite_renew(c, s), 0);
    assert_int_equal(sqlite3_column_count(s->made), 2);
    assert_int_equal(edoi_sqlite_run(c, "drop table t"), 0);
    assert_int_equal(edoi_sqlite_renew(c, s), -EDO_ESQL);
    edoi_sqlite_give_back(c, s); // it is as it was
    edo_trail_clear();
}

int main(void) {
#define WITH_CONN(promise) cmocka_unit_test_setup_teardown(promise, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_CONN(a_text_is_prepared_once),
        WITH_CONN(what_is_taken_is_for_one_alone),
        WITH_CONN(what_is_given_back_has_no_rows_and_no_arguments),
        WITH_CONN(the_one_that_was_used_longest_ago_goes),
        WITH_CONN(a_statement_is_made_anew_of_the_tables_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
