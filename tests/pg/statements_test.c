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

static edo_pg *connected(edo_pg_pooling pooler) {
    edo_pg *db;
    CHECK_EQ(
        edo_pg_connect(&db, pg_url(), &(edo_pg_opts){ .pool = { .max = 1 }, .pooler = pooler }), 0);
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
    edo_pg *db = connected(EDO_PG_POOLING_UNKNOWN);
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

    db = connected(EDO_PG_TRANSACTION);
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
    edo_pg *db = connected(EDO_PG_POOLING_UNKNOWN), *tx;
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
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(1000));
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
    edo_pg *db = connected(EDO_PG_POOLING_UNKNOWN), *other = connected(false), *tx;
    (void)arg;
    CHECK_EQ(edo_pg_exec(db, "drop table if exists changing", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(db, "create table changing (n int)", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(db, "insert into changing values (1)", EDO_SQL_NONE), 1);
    CHECK_EQ(ask(db, "select * from changing"), 1);
    CHECK_EQ(ask(db, "select * from changing"), 1);
    CHECK_EQ(edo_pg_exec(other, "alter table changing add more text", EDO_SQL_NONE), 0);
    CHECK_EQ(ask(db, "select * from changing"), 1); // 0A000
    int64_t n = prepared_n(db);
    CHECK_EQ(ask(db, "select * from changing"), 1);
    CHECK_EQ(prepared_n(db), n);

    CHECK_EQ(edo_pg_exec(db, "deallocate all", EDO_SQL_NONE), 0);
    CHECK_EQ(ask(db, "select * from changing"), 1); // 26000
    CHECK_EQ(edo_pg_exec(db, "discard all", EDO_SQL_NONE), 0);
    CHECK_EQ(ask(db, "select * from changing"), 1);

    // the same text is of another table by another path
    CHECK_EQ(edo_pg_exec(db, "drop schema if exists other cascade", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(db, "create schema other", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(db, "create table other.changing as select 5::bigint as n", EDO_SQL_NONE),
             1);
    CHECK_EQ(edo_pg_exec(db, "set search_path to other", EDO_SQL_NONE), 0);
    CHECK_EQ(ask(db, "select * from changing"), 5);
    CHECK_EQ(edo_pg_exec(db, "set search_path to default", EDO_SQL_NONE), 0);
    CHECK_EQ(ask(db, "select * from changing"), 1);

    // in a transaction it fails, once; the first one forgets what was stale before
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    CHECK_EQ(edo_pg_commit(tx), 0);
    edo_pg_close(tx);
    CHECK_EQ(ask(db, "select * from changing"), 1);
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    CHECK_EQ(edo_pg_exec(other, "alter table changing add yet int", EDO_SQL_NONE), 0);
    CHECK_EQ(ask(tx, "select * from changing"), -EDO_ESQL);
    CHECK(strcmp(edo_pg_get_error()->sqlstate, "0A000") == 0);
    CHECK_EQ(edo_pg_get_error()->kind, EDO_PG_RETRY);
    edo_trail_clear();
    edo_pg_close(tx);
    CHECK_EQ(ask(db, "select * from changing"), 1);
    edo_pg_close(other);
    edo_pg_close(db);
    return 0;
}

static void what_is_stale_is_prepared_anew_outside_of_transactions(void **state) {
    (void)state;
    assert_int_equal(inside_real(prepares_anew, NULL), 0);
}

/* ---- A transaction is tried again ------------------------------------------------------------ */

typedef struct teller {
    const char *sql;
    int calls_n;
} teller;

static int tells(edo_pg *tx, void *arg) {
    teller *t = arg;
    t->calls_n++;
    int n = edo_pg_exec(tx, "insert into told values (1)", EDO_SQL_NONE);
    return n < 0 ? n : edo_pg_exec(tx, t->sql, EDO_SQL_NONE);
}

static int tells_in_pipeline(edo_pg *tx, void *arg) {
    teller *t = arg;
    edo_pg_step steps[] = { { .sql = "insert into told values (1)" }, { .sql = t->sql } };
    t->calls_n++;
    return edo_pg_pipeline(tx, steps, 2);
}

static int tells_by_row(edo_pg *tx, void *arg) {
    teller *t = arg;
    number got;
    int rc;
    t->calls_n++;
    edo_seq *rows = edo_pg_rows(tx, &number_desc, t->sql, EDO_SQL_NONE);
    while ((rc = edo_seq_next(rows, &got)) == 1) CHECK_EQ(got.n, 1);
    edo_seq_free(rows);
    return rc;
}

static int tells_in_savepoint(edo_pg *tx, void *arg) {
    return edo_pg_run_tx(tx, tells, arg, NULL);
}

/* Prepares the statement on every connection of the pool. */
static void prepare_everywhere(edo_pg *db, const char *sql) {
    edo_pg *conns[4];
    for (size_t i = 0; i < EDO_COUNT(conns); i++) {
        CHECK_EQ(edo_pg_acquire(&conns[i], db), 0);
        CHECK_EQ(ask(conns[i], sql), 1);
    }
    for (size_t i = 0; i < EDO_COUNT(conns); i++) edo_pg_close(conns[i]);
}

/* Each connection has a stale statement, and each transaction is on another one. */
static int is_tried_again(void *arg) {
    static edo_pg_tx_fn *const fns[] = { tells, tells_in_pipeline, tells_by_row,
                                         tells_in_savepoint };
    static const char *const changes[] = { "alter table changing add more text",
                                           "alter table changing drop more" };
    edo_pg *admin = connected(EDO_PG_POOLING_UNKNOWN), *db;
    edo_pg_opts opts = { .pool = { .max = 4, .order = EDO_POOL_FIFO } };
    teller t = { .sql = "select * from changing" };
    (void)arg;
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &opts), 0);
    CHECK_EQ(edo_pg_exec(admin, "drop table if exists changing, told", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(admin, "create table changing (n int)", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(admin, "create table told (n int)", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(admin, "insert into changing values (1)", EDO_SQL_NONE), 1);
    for (size_t i = 0; i < EDO_COUNT(fns) * EDO_COUNT(changes); i++) {
        prepare_everywhere(db, t.sql);
        CHECK_EQ(edo_pg_exec(admin, changes[i % 2], EDO_SQL_NONE), 0);
        t.calls_n = 0;
        CHECK(edo_pg_run_tx(db, fns[i / 2], &t, NULL) >= 0);
        CHECK_EQ(t.calls_n, 2);
        t.calls_n = 0;
        for (int k = 0; k < 4; k++) CHECK(edo_pg_run_tx(db, fns[i / 2], &t, NULL) >= 0);
        CHECK_EQ(t.calls_n, 4); // the other connections have heard of it
    }
    // once committed, five times each but by row
    CHECK_EQ(ask(admin, "select count(*) as n from told"), 3 * 2 * 5);
    edo_pg_close(db);
    edo_pg_close(admin);
    return 0;
}

/* What a transaction has altered itself no other try would find otherwise. */
static int alters(edo_pg *tx, void *arg) {
    teller *t = arg;
    t->calls_n++;
    CHECK_EQ(ask(tx, t->sql), 1);
    CHECK_EQ(edo_pg_exec(tx, "alter table changing add mine text", EDO_SQL_NONE), 0);
    int64_t n = ask(tx, t->sql);
    return n < 0 ? (int)n : edo_pg_exec(tx, "alter table changing drop mine", EDO_SQL_NONE);
}

static int is_not_stale_for_itself(void *arg) {
    edo_pg *db = connected(EDO_PG_POOLING_UNKNOWN);
    teller t = { .sql = "select * from changing" };
    (void)arg;
    CHECK_EQ(edo_pg_exec(db, "drop table if exists changing", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(db, "create table changing (n int)", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(db, "insert into changing values (1)", EDO_SQL_NONE), 1);
    CHECK_EQ(edo_pg_run_tx(db, alters, &t, NULL), 0);
    CHECK_EQ(t.calls_n, 1);
    CHECK_EQ(ask(db, t.sql), 1);
    edo_pg_close(db);
    return 0;
}

static void a_transaction_may_alter_what_it_has_asked(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_not_stale_for_itself, NULL), 0);
}

static void a_transaction_whose_statement_is_stale_is_tried_again(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_tried_again, NULL), 0);
}

typedef struct colour {
    edo_str c;
} colour;
EDO_DESCRIBE(colour, EDO_FIELD(colour, c))

static const char *const colours[] = {
    "select $1::colour::text as c",
    "select c::text as c from painted where c = $1",
    "select ($1::painted).c::text as c",
    "select ($1::colour[])[1]::text as c",
    "select $1::shade::text as c",
    "select paint($1)::text as c",
    "update painted set c = $1 returning c",
    "select max(c)::text as c from painted where c = any ($1)",
};

static const char *const colour_args[] = { "red", "red", "(red)", "{red}",
                                           "red", "red", "red",   "{red}" };

static void colours_make(edo_pg *admin) {
    static const char *const words[] = {
        "drop type if exists colour cascade",
        "drop table if exists painted",
        "create type colour as enum ('red', 'blue')",
        "create domain shade as colour",
        "create table painted (c colour)",
        "create function paint(c colour) returns colour language sql as 'select c'",
        "insert into painted values ('red')",
    };
    for (size_t i = 0; i < EDO_COUNT(words); i++)
        CHECK(edo_pg_exec(admin, words[i], EDO_SQL_NONE) >= 0);
}

static void colours_ask(edo_pg *pg) {
    colour got;
    for (size_t i = 0; i < EDO_COUNT(colours); i++) {
        CHECK_EQ(edo_pg_query_one(pg, &got, &colour_desc, colours[i], EDO_SQL(colour_args[i])), 0);
        CHECK(edo_str_equal(got.c, EDO_STR("red")));
        edo_value_deinit(&got, &colour_desc);
    }
}

/* Types of arguments are those that there were when the statement was prepared. */
static int knows_types(void *arg) {
    edo_pg *db = connected(EDO_PG_POOLING_UNKNOWN), *admin = connected(false), *tx;
    (void)arg;
    for (int round = 0; round < 3; round++) {
        colours_make(admin);
        colours_ask(db);
        int64_t n = prepared_n(db);
        colours_ask(db);
        CHECK_EQ(prepared_n(db), n);
    }
    // a pipeline, too; in a transaction it fails, once
    colours_make(admin);
    edo_pg_step steps[] = { { .sql = colours[0], .args = EDO_SQL(colour_args[0]) },
                            { .sql = "select 1" } };
    CHECK_EQ(edo_pg_pipeline(db, steps, 2), 0);
    // the next transaction knows it, one that has begun before does not
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    CHECK_EQ(edo_pg_exec(tx, colours[1], EDO_SQL(colour_args[1])), 1);
    edo_pg_close(tx);
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    colours_make(admin);
    CHECK_EQ(edo_pg_exec(tx, colours[1], EDO_SQL(colour_args[1])), -EDO_ESQL);
    CHECK(strcmp(edo_pg_get_error()->sqlstate, "XX000") == 0);
    CHECK_EQ(edo_pg_get_error()->kind, EDO_PG_RETRY);
    edo_trail_clear();
    edo_pg_close(tx);
    colours_ask(db);
    edo_pg_close(admin);
    edo_pg_close(db);
    return 0;
}

static void types_that_are_made_anew_are_known(void **state) {
    (void)state;
    assert_int_equal(inside_real(knows_types, NULL), 0);
}

/* An argument keeps the type that its column had, for which there may be no operator now. */
static int knows_columns(void *arg) {
    static const char *const asks[] = { "select count(*) as n from turned where c = $1",
                                        "update turned set c = $1" };
    edo_pg *db = connected(EDO_PG_POOLING_UNKNOWN), *admin = connected(false);
    (void)arg;
    CHECK_EQ(edo_pg_exec(admin, "drop table if exists turned", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(admin, "create table turned (c int)", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(admin, "insert into turned values (7)", EDO_SQL_NONE), 1);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < EDO_COUNT(asks); i++)
            CHECK_EQ(edo_pg_exec(db, asks[i], EDO_SQL("7")), 1);
        CHECK_EQ(edo_pg_exec(admin, "alter table turned alter c type text", EDO_SQL_NONE), 0);
    }
    edo_pg_close(admin);
    edo_pg_close(db);
    return 0;
}

static void columns_of_another_type_are_known(void **state) {
    (void)state;
    assert_int_equal(inside_real(knows_columns, NULL), 0);
}

/* ---- What has begun is not sent again -------------------------------------------------------- */

/* Each is done well, then fails in the middle with the code of a stale statement. What it has done
 * is counted by a sequence, which no rollback undoes. */
static const char *const counting[] = {
    "call pays($1)",
    " -- a comment\n/* and another */ call pays($1)",
    "select paid(), fails($1)", // undefined_function, in a function
    "select paid(), case when $1::int = 2 then 'no_such(int)'::text::regprocedure end",
    "select paid(), case when $1::int = 2 then record_in('(1)', 2249, -1) end",
    "with x as (select paid(), fails($1)) select * from x",
};

static void counting_make(edo_pg *db) {
    static const char *const words[] = {
        "create sequence payments",
        "create function paid() returns bigint language sql volatile as 'select "
        "nextval(''payments'')'",
        "create function fails(n int) returns int language plpgsql as $$ begin if n = 2 then "
        "perform no_such_function(n); end if; return 1; end $$",
        "create procedure pays(n int) language plpgsql as $$ begin perform paid(); commit; "
        "perform fails(n); end $$",
    };
    for (size_t i = 0; i < EDO_COUNT(words); i++)
        CHECK_EQ(edo_pg_exec(db, words[i], EDO_SQL_NONE), 0);
}

static int64_t payments_n(edo_pg *db) {
    number got;
    CHECK_EQ(edo_pg_query_one(db, &got, &number_desc,
                              "select case when is_called then last_value else 0 end as n from "
                              "payments",
                              EDO_SQL_NONE),
             0);
    return got.n;
}

static int pays_once(void *arg) {
    edo_pg *db = connected(EDO_PG_POOLING_UNKNOWN);
    (void)arg;
    counting_make(db);
    for (size_t i = 0; i < EDO_COUNT(counting); i++) {
        CHECK(edo_pg_exec(db, counting[i], EDO_SQL(1)) >= 0);
        int64_t before = payments_n(db);
        CHECK_EQ(edo_pg_exec(db, counting[i], EDO_SQL(2)), -EDO_ESQL);
        edo_trail_clear();
        CHECK_EQ(payments_n(db), before + 1);
    }
    edo_pg_close(db);
    return 0;
}

static void what_was_executed_is_not_sent_again(void **state) {
    (void)state;
    assert_int_equal(inside_real(pays_once, NULL), 0);
}

/* The first statement of a pipeline was executed when the second is found stale. */
static int pays_once_in_front(void *arg) {
    edo_pg *db = connected(EDO_PG_POOLING_UNKNOWN), *admin = connected(false);
    (void)arg;
    colours_make(admin);
    colours_ask(db);
    colours_make(admin);
    edo_pg_step steps[] = { { .sql = "select paid()" },
                            { .sql = colours[0], .args = EDO_SQL(colour_args[0]) } };
    int64_t before = payments_n(db);
    CHECK_EQ(edo_pg_pipeline(db, steps, 2), -EDO_ESQL);
    edo_trail_clear();
    CHECK_EQ(payments_n(db), before + 1);
    CHECK_EQ(edo_pg_pipeline(db, steps, 2), 0);
    CHECK_EQ(payments_n(db), before + 2);
    edo_pg_close(admin);
    edo_pg_close(db);
    return 0;
}

static void a_pipeline_is_not_sent_again_once_its_first_statement_was_executed(void **state) {
    (void)state;
    assert_int_equal(inside_real(pays_once_in_front, NULL), 0);
}

typedef struct setting {
    int64_t ms;
} setting;
EDO_DESCRIBE(setting, EDO_FIELD(setting, ms))

static int64_t timeout_ms(edo_pg *pg) {
    setting s;
    CHECK_EQ(edo_pg_query_one(pg, &s, &setting_desc,
                              "select setting::bigint as ms from pg_settings where name ="
                              " 'statement_timeout'",
                              EDO_SQL_NONE),
             0);
    return s.ms;
}

/* A statement takes along what is prepared, or the deadline that the server was told. */
static int is_taken_along(void *arg) {
    static const char *const resets[] = { "reset all", "discard all", "reset statement_timeout" };
    edo_pg *db = connected(EDO_PG_POOLING_UNKNOWN), *tx;
    (void)arg;
    CHECK_EQ(ask(db, "select 4 as n"), 4);
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    CHECK_EQ(edo_pg_exec(tx, "deallocate all", EDO_SQL_NONE), 0);
    CHECK_EQ(ask(tx, "select 4 as n"), 4); // a failure would take the transaction along
    edo_pg_step steps[] = { { .sql = "deallocate all", .args = EDO_SQL_NONE },
                            { .sql = "select 5", .args = EDO_SQL_NONE } };
    CHECK_EQ(edo_pg_pipeline(tx, steps, EDO_COUNT(steps)), 0);
    CHECK_EQ(ask(tx, "select 4 as n"), 4);
    CHECK_EQ(edo_pg_commit(tx), 0);
    edo_pg_close(tx);

    for (size_t i = 0; i < EDO_COUNT(resets); i++) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_s(1000)); // all see about as much time
        CHECK(timeout_ms(db) >= 1000000);
        CHECK_EQ(edo_pg_exec(db, resets[i], EDO_SQL_NONE), 0);
        CHECK(timeout_ms(db) >= 1000000);
        CHECK_EQ(edo_deadline_end(&d, 0), 0);
    }
    edo_pg_close(db);
    return 0;
}

static void what_a_statement_takes_along_is_not_believed_in(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_taken_along, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hundred_are_kept_or_none),
        cmocka_unit_test(what_a_transaction_has_used_up_is_deallocated_behind_it),
        cmocka_unit_test(what_was_executed_is_not_sent_again),
        cmocka_unit_test(a_pipeline_is_not_sent_again_once_its_first_statement_was_executed),
        cmocka_unit_test(types_that_are_made_anew_are_known),
        cmocka_unit_test(columns_of_another_type_are_known),
        cmocka_unit_test(what_is_stale_is_prepared_anew_outside_of_transactions),
        cmocka_unit_test(a_transaction_whose_statement_is_stale_is_tried_again),
        cmocka_unit_test(a_transaction_may_alter_what_it_has_asked),
        cmocka_unit_test(what_a_statement_takes_along_is_not_believed_in),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
