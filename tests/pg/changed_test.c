/* SPDX-License-Identifier: MIT */
/* Goal: a connection whose server or session is not any more what it was made for is not lent as if
 * it were: one that does not write any more ends; settings on which texts depend are put right.
 * Method: a real server whose settings change. */
#include "inside.h"
#include "pg_server.h"

#include <edo/error.h>
#include <edo/net.h>
#include <edo/pg.h>
#include <edo/task.h>

#include <stdio.h>
#include <string.h>

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

typedef struct fraction {
    double x;
} fraction;
EDO_DESCRIBE(fraction, EDO_FIELD(fraction, x))

typedef struct forms {
    edo_duration span;
    edo_wall at;
    edo_bytes bytes;
    edo_bytes list[2];
} forms;
EDO_DESCRIBE(forms, EDO_FIELD(forms, span), EDO_FIELD(forms, at), EDO_FIELD(forms, bytes),
             EDO_FIELD_FIXED(forms, list))

static edo_pg *connected(const char *attrs) {
    char url[512];
    edo_pg *db;
    (void)snprintf(url, sizeof url, "%s target_session_attrs=%s", the_server.url, attrs);
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(url), &(edo_pg_opts){ .pool = { .max = 1 } }), 0);
    return db;
}

/* ---- The role -------------------------------------------------------------------------------- */

static void server_writes(edo_pg *admin, bool writes) {
    CHECK_EQ(edo_pg_exec(admin, "set default_transaction_read_only to off", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(admin,
                         writes ? "alter system reset default_transaction_read_only"
                                : "alter system set default_transaction_read_only to on",
                         EDO_SQL_NONE),
             0);
    CHECK_EQ(edo_pg_exec(admin, "select pg_reload_conf()", EDO_SQL_NONE), 1);
}

static int write_one(edo_pg *db) {
    return edo_pg_exec(db, "insert into t values (1)", EDO_SQL_NONE);
}

/* Was it refused as the server that was found does not write, not the statement? */
static bool is_refused_by_connect(int err) {
    const edo_pg_error *e = err == -EDO_ESQL ? edo_pg_get_error() : NULL;
    bool is_of_statement = e && strcmp(e->sqlstate, "25006") == 0;
    edo_trail_clear();
    return err < 0 && !is_of_statement;
}

static int turns_read_only(void *arg) {
    edo_pg *admin, *db;
    (void)arg;
    CHECK_EQ(edo_pg_connect(&admin, pg_url(), &(edo_pg_opts){ .pool = { .max = 1 } }), 0);
    CHECK_EQ(edo_pg_exec(admin, "create table t (n int)", EDO_SQL_NONE), 0);
    db = connected("read-write");
    CHECK_EQ(write_one(db), 1);
    server_writes(admin, false);
    // the server's processes hear of it one after the other
    WAIT_FOR(is_refused_by_connect(write_one(db)));
    CHECK(is_refused_by_connect(write_one(db)));
    CHECK_EQ(edo_pg_get_stats(db).size, 0);
    server_writes(admin, true);
    WAIT_FOR(write_one(db) == 1);
    edo_trail_clear();
    CHECK_EQ(edo_pg_get_stats(db).size, 1);
    edo_pg_close(db);

    // what the program's own transaction may not is no change of the server's
    edo_pg *tx;
    db = connected("read-write");
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(edo_pg_begin(&tx, db, &(edo_pg_tx_opts){ .read_only = true }), 0);
        CHECK_EQ(write_one(tx), -EDO_ESQL);
        edo_trail_clear();
        edo_pg_close(tx);
    }
    CHECK_EQ(edo_pg_get_stats(db).made_n, 1);
    edo_pg_close(db);

    db = connected("any"); // it may be what it is
    server_writes(admin, false);
    WAIT_FOR(write_one(db) == -EDO_ESQL);
    CHECK_EQ(write_one(db), -EDO_ESQL);
    edo_trail_clear();
    CHECK_EQ(edo_pg_get_stats(db).made_n, 1);
    server_writes(admin, true);
    edo_pg_close(db);
    edo_pg_close(admin);
    return 0;
}

static void a_server_that_does_not_write_any_more_is_left(void **state) {
    (void)state;
    assert_int_equal(inside_real(turns_read_only, NULL), 0);
}

/* ---- A server that begins -------------------------------------------------------------------- */

/* Says to each that comes that it begins still. */
static int begins(void *arg) {
    static const char words[] = "E\0\0\0\0SFATAL\0VFATAL\0C57P03\0"
                                "Mthe database system is starting up\0Fp.c\0L1\0Rr\0";
    edo_listener *l = arg;
    char startup[512];
    for (;;) {
        edo_stream *s;
        int err = edo_accept(l, &s);
        if (err < 0) return err;
        if (edo_read(s, startup, sizeof startup) > 0) {
            char text[sizeof words];
            memcpy(text, words, sizeof words);
            text[4] = (char)(sizeof words - 1);
            (void)edo_write_all(s, text, sizeof words);
        }
        edo_close(s);
    }
}

static int entry_has(void *arg, const edo_trail_entry *entry) {
    return strstr(entry->text, arg) ? 1 : 0;
}

/* Of the ports one is the server's, on the other nobody is. */
static void is_away(uint16_t one, uint16_t other) {
    edo_pg *db;
    char url[128];
    (void)snprintf(url, sizeof url, "postgres://edo@127.0.0.1:%d,127.0.0.1:%d/postgres", one,
                   other);
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(url), &(edo_pg_opts){ .lazy = true }), 0);
    int err = edo_pg_exec(db, "select 1", EDO_SQL_NONE);
    CHECK_EQ(err, -EDO_ESQL);
    CHECK_EQ(strcmp(edo_pg_get_error()->sqlstate, "57P03"), 0);
    CHECK_EQ(edo_trail_each(entry_has, (char[]){ "PostgreSQL is away" }), 1);
    edo_trail_clear();
    edo_pg_close(db);
}

static int meets_one_that_begins(void *arg) {
    edo_listener *l, *closed;
    (void)arg;
    CHECK_EQ(edo_tcp_listen(&l, "127.0.0.1:0", NULL), 0);
    CHECK_EQ(edo_tcp_listen(&closed, "127.0.0.1:0", NULL), 0);
    uint16_t nobody = edo_listener_port(closed);
    edo_listener_close(closed);
    edo_task *server = edo_spawn(begins, l);
    is_away(edo_listener_port(l), nobody);
    is_away(nobody, edo_listener_port(l));
    edo_task_cancel(server);
    (void)edo_task_join(server);
    edo_listener_close(l);
    return 0;
}

static void a_server_that_begins_is_away(void **state) {
    (void)state;
    assert_int_equal(inside_real(meets_one_that_begins, NULL), 0);
}

/* ---- Settings -------------------------------------------------------------------------------- */

static const char *const changes[] = {
    "set client_encoding to 'LATIN1'",
    "do $$ begin perform set_config('client_encoding', 'LATIN1', false); end $$",
    "select set_config('client_encoding', 'LATIN1', false)",
    "set extra_float_digits to -10",
    "do $$ begin perform set_config('extra_float_digits', '-10', false); end $$",
    "set DateStyle to German",
    "select set_config('DateStyle', 'German', false)",
    "select set_config('IntervalStyle', 'sql_standard', false)",
    "select set_config('bytea_output', 'escape', false)",
};

static void values_are_right(edo_pg *pg) {
    forms got;
    CHECK_EQ(edo_pg_query_one(pg, &got, &forms_desc,
                              "select interval '-1 day -1s' as span, timestamptz"
                              " '2024-02-29 12:34:56+00' as at, '\\x00ff5c61'::bytea as bytes,"
                              " array['\\x00ff5c61', '\\x']::bytea[] as list",
                              EDO_SQL_NONE),
             0);
    CHECK_EQ(got.span.ns, edo_s(-86401).ns);
    CHECK_EQ(got.at.s, 1709210096);
    CHECK(edo_str_equal(got.bytes.str, (edo_str){ "\0\xff\\a", 4 }));
    CHECK(edo_str_equal(got.list[0].str, got.bytes.str));
    CHECK_EQ(got.list[1].str.len, 0);
    edo_value_deinit(&got, &forms_desc);
}

/* Texts are stored and read as ever. */
static void texts_are_right(edo_pg *pg) {
    number n;
    fraction f;
    const double third = 1.0 / 3.0;
    CHECK_EQ(edo_pg_query_one(pg, &n, &number_desc,
                              "select octet_length(convert_to($1::text, 'UTF8'))::bigint as n",
                              EDO_SQL("\xc3\xa9\xe2\x82\xac")),
             0);
    CHECK_EQ(n.n, 5);
    CHECK_EQ(edo_pg_query_one(pg, &f, &fraction_desc, "select $1::float8 as x", EDO_SQL(third)), 0);
    CHECK(f.x >= third && f.x <= third);
    values_are_right(pg);
    CHECK_EQ(edo_pg_query_one(pg, &n, &number_desc,
                              "select (current_setting('DateStyle') like 'ISO%')::int::bigint as n",
                              EDO_SQL_NONE),
             0);
    CHECK_EQ(n.n, 1);
}

static int changes_settings(void *arg) {
    edo_pg *db, *tx, *point;
    (void)arg;
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &(edo_pg_opts){ .pool = { .max = 1 } }), 0);
    for (size_t i = 0; i < EDO_COUNT(changes); i++) {
        CHECK(edo_pg_exec(db, changes[i], EDO_SQL_NONE) >= 0);
        texts_are_right(db);
        CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
        CHECK(edo_pg_exec(tx, changes[i], EDO_SQL_NONE) >= 0);
        texts_are_right(tx);
        CHECK_EQ(edo_pg_savepoint(&point, tx), 0);
        CHECK_EQ(edo_pg_rollback(point), 0);
        edo_pg_close(point);
        texts_are_right(tx);
        CHECK_EQ(edo_pg_commit(tx), 0);
        edo_pg_close(tx);
        texts_are_right(db);
    }
    edo_pg_close(db);
    return 0;
}

/* What is put right takes no snapshot: a transaction that locks a table first sees what others have
 * committed before the lock; and one may still say how it is isolated. */
static int sets_before_it_reads(void *arg) {
    edo_pg *db, *other, *tx;
    number n;
    (void)arg;
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &(edo_pg_opts){ .pool = { .max = 1 } }), 0);
    CHECK_EQ(edo_pg_connect(&other, pg_url(), &(edo_pg_opts){ .pool = { .max = 1 } }), 0);
    CHECK_EQ(edo_pg_exec(other, "drop table if exists locked", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(other, "create table locked as select 0 as n", EDO_SQL_NONE), 1);
    const edo_pg_tx_opts opts = { .isolation = EDO_PG_REPEATABLE_READ };
    CHECK_EQ(edo_pg_begin(&tx, db, &opts), 0);
    CHECK_EQ(edo_pg_exec(tx, "set local lock_timeout to '5s'", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(tx, "set local DateStyle to German", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(tx, "set transaction isolation level serializable", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(other, "update locked set n = 42", EDO_SQL_NONE), 1);
    CHECK_EQ(edo_pg_exec(tx, "lock table locked in exclusive mode", EDO_SQL_NONE), 0);
    CHECK_EQ(
        edo_pg_query_one(tx, &n, &number_desc, "select n::bigint as n from locked", EDO_SQL_NONE),
        0);
    CHECK_EQ(n.n, 42);
    CHECK_EQ(edo_pg_commit(tx), 0);
    edo_pg_close(tx);
    edo_pg_close(other);
    edo_pg_close(db);
    return 0;
}

static void to_put_settings_right_is_no_query(void **state) {
    (void)state;
    assert_int_equal(inside_real(sets_before_it_reads, NULL), 0);
}

/* A rollback undoes what was put right in its transaction. */
static int undoes_what_was_right(void *arg) {
    edo_pg *db, *tx, *point;
    (void)arg;
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &(edo_pg_opts){ .pool = { .max = 1 } }), 0);
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    CHECK_EQ(edo_pg_savepoint(&point, tx), 0);
    edo_pg_step steps[] = { { .sql = "set extra_float_digits to -10", .args = EDO_SQL_NONE },
                            { .sql = "savepoint mine", .args = EDO_SQL_NONE } };
    CHECK_EQ(edo_pg_pipeline(tx, steps, 2), 0);
    texts_are_right(tx);
    CHECK_EQ(edo_pg_exec(tx, "rollback to savepoint mine", EDO_SQL_NONE), 0);
    texts_are_right(tx);
    CHECK_EQ(edo_pg_rollback(point), 0);
    edo_pg_close(point);
    texts_are_right(tx);
    edo_pg_close(tx);
    texts_are_right(db);
    edo_pg_close(db);
    return 0;
}

static void what_was_put_right_is_so_behind_a_rollback(void **state) {
    (void)state;
    assert_int_equal(inside_real(undoes_what_was_right, NULL), 0);
}

static void settings_on_which_texts_depend_are_put_right(void **state) {
    (void)state;
    assert_int_equal(inside_real(changes_settings, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_does_not_write_any_more_is_left),
        cmocka_unit_test(a_server_that_begins_is_away),
        cmocka_unit_test(to_put_settings_right_is_no_query),
        cmocka_unit_test(what_was_put_right_is_so_behind_a_rollback),
        cmocka_unit_test(settings_on_which_texts_depend_are_put_right),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
