/* SPDX-License-Identifier: MIT */
/* Goal: a call that is cut short, by a cancellation, a deadline, or the death of the server, leaves
 * nothing behind: its query ends on the server before its connection is used again, no later call
 * sees its results, and no call lasts beyond its deadline.
 * Method: queries that sleep on a real server, cancelled at random points; the server stopped,
 * killed and restarted. */
#include "inside.h"
#include "pg_server.h"

#include <edo/pg.h>
#include <edo/streams.h>

#include <string.h>

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

static edo_pg *connected(uint32_t max) {
    edo_pg *db;
    edo_pg_opts opts = {
        .pool = { .max = max, .wait_timeout = edo_s(30), .make_timeout = edo_s(30) },
        .connect_timeout = edo_s(30)
    };
    CHECK_EQ(edo_pg_connect(&db, pg_tcp_url(), &opts), 0);
    return db;
}

/* How many queries with the mark run on the server now. */
static int64_t running(edo_pg *db, const char *mark) {
    number n;
    CHECK_EQ(edo_pg_query_one(db, &n, &number_desc,
                              "select count(*) as n from pg_stat_activity where state = 'active'"
                              " and query like $1 and pid <> pg_backend_pid()",
                              EDO_SQL(mark)),
             0);
    return n.n;
}

static int sleeps(void *db) {
    return edo_pg_exec(db, "select pg_sleep(1000) /* long */", EDO_SQL_NONE);
}

static int is_cancelled(void *arg) {
    edo_pg *db = connected(1), *other = connected(1);
    number n;
    (void)arg;
    edo_task *t = edo_spawn(sleeps, db);
    WAIT_FOR(running(other, "%long%") == 1);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    // the one connection of the pool: it is lent once the query has ended
    CHECK_EQ(edo_pg_query_one(db, &n, &number_desc, "select 5 as n", EDO_SQL_NONE), 0);
    CHECK_EQ(n.n, 5);
    CHECK_EQ(running(other, "%long%"), 0);
    CHECK_EQ(edo_pg_get_stats(db).made_n, 1);
    edo_pg_close(db);
    edo_pg_close(other);
    return 0;
}

static void a_cancelled_query_ends_on_the_server(void **state) {
    (void)state;
    assert_int_equal(inside_each(is_cancelled, NULL), 0);
}

/* The server is not told, and goes on; the next call has another connection. */
static int is_left(void *arg) {
    edo_pg *db, *other = connected(1);
    number n;
    (void)arg;
    const edo_pg_opts opts = { .pool = { .max = 1 }, .no_cancel = true };
    CHECK_EQ(edo_pg_connect(&db, pg_tcp_url(), &opts), 0);
    edo_task *t = edo_spawn(sleeps, db);
    WAIT_FOR(running(other, "%long%") == 1);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    CHECK_EQ(edo_pg_query_one(db, &n, &number_desc, "select 5 as n", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_get_stats(db).made_n, 2);
    CHECK_EQ(running(other, "%long%"), 1);
    CHECK_EQ(edo_pg_exec(other,
                         "select pg_terminate_backend(pid) from pg_stat_activity"
                         " where query like '%long%' and pid <> pg_backend_pid()",
                         EDO_SQL_NONE),
             1);
    WAIT_FOR(running(other, "%long%") == 0);
    edo_pg_close(db);
    edo_pg_close(other);
    return 0;
}

static void a_query_is_left_alone_where_nothing_is_to_be_cancelled(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_left, NULL), 0);
}

static int meets_a_deadline(void *arg) {
    edo_pg *db = connected(1), *other = connected(1), *conn;
    number n;
    (void)arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(100));
    int err = edo_deadline_end(&d, sleeps(db));
    CHECK_EQ(err, -ETIMEDOUT);
    edo_trail_clear();
    CHECK_EQ(edo_pg_query_one(db, &n, &number_desc, "select 6 as n", EDO_SQL_NONE), 0);
    CHECK_EQ(n.n, 6);
    // on a connection of one's own: the next call waits for the end of the query
    CHECK_EQ(edo_pg_acquire(&conn, db), 0);
    edo_deadline_begin(&d, edo_ms(100));
    err = edo_deadline_end(&d, sleeps(conn));
    CHECK_EQ(err, -ETIMEDOUT);
    edo_trail_clear();
    CHECK_EQ(edo_pg_query_one(conn, &n, &number_desc, "select 7 as n", EDO_SQL_NONE), 0);
    CHECK_EQ(n.n, 7);
    CHECK_EQ(running(other, "%long%"), 0);
    edo_pg_close(conn);
    edo_pg_close(db);
    edo_pg_close(other);
    return 0;
}

static void a_deadline_ends_the_query_too(void **state) {
    (void)state;
    assert_int_equal(inside_real(meets_a_deadline, NULL), 0);
}

typedef struct setting {
    edo_str s;
} setting;
EDO_DESCRIBE(setting, EDO_FIELD(setting, s))

static int64_t timeout_of(edo_pg *pg) {
    number n;
    CHECK_EQ(
        edo_pg_query_one(pg, &n, &number_desc,
                         "select extract(epoch from current_setting('statement_timeout')::interval)"
                         "::bigint as n",
                         EDO_SQL_NONE),
        0);
    return n.n;
}

static int tells_the_server(void *arg) {
    edo_pg *db = connected(1), *tx;
    (void)arg;
    CHECK_EQ(timeout_of(db), 0);
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(1000));
    int64_t s = timeout_of(db);
    CHECK(s >= 1000 && s <= 1125);
    edo_deadline shorter;
    edo_deadline_begin(&shorter, edo_s(500));
    CHECK_EQ(edo_pg_exec(db, "vacuum pg_am", EDO_SQL_NONE), 0); // alone in its transaction
    CHECK_EQ(edo_deadline_end(&shorter, 0), 0);
    CHECK_EQ(edo_pg_exec(db, "selekt", EDO_SQL_NONE), -EDO_ESQL);
    edo_trail_clear();
    CHECK(timeout_of(db) >= 1000);
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    CHECK(timeout_of(tx) >= 1000);
    edo_pg_close(tx);
    CHECK_EQ(edo_deadline_end(&d, 0), 0);
    CHECK_EQ(timeout_of(db), 0);
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    edo_deadline_begin(&d, edo_s(1000));
    CHECK(timeout_of(tx) >= 1000);
    CHECK_EQ(edo_deadline_end(&d, 0), 0);
    edo_pg_close(tx); // takes the setting back
    CHECK_EQ(timeout_of(db), 0);
    edo_pg_close(db);
    return 0;
}

static void the_server_knows_the_deadline(void **state) {
    (void)state;
    assert_int_equal(inside_real(tells_the_server, NULL), 0);
}

/* Ends a transaction in which the server was told of a deadline by the program's own statements. */
static int rolls_back_by_itself(void *arg) {
    static const char *const ends[] = { "rollback", "abort", "rollback to savepoint s", "commit" };
    edo_pg *db = connected(1), *conn;
    (void)arg;
    CHECK_EQ(edo_pg_acquire(&conn, db), 0);
    for (size_t i = 0; i < 2 * EDO_COUNT(ends); i++) {
        CHECK_EQ(edo_pg_exec(conn, "begin", EDO_SQL_NONE), 0);
        CHECK_EQ(edo_pg_exec(conn, "savepoint s", EDO_SQL_NONE), 0);
        edo_deadline d;
        edo_deadline_begin(&d, edo_s(1000));
        CHECK(timeout_of(conn) >= 1000);
        edo_pg_step steps[] = { { .sql = "select 1" }, { .sql = ends[i / 2] } };
        CHECK(i % 2 ? edo_pg_pipeline(conn, steps, 2) >= 0
                    : edo_pg_exec(conn, ends[i / 2], EDO_SQL_NONE) >= 0);
        CHECK(timeout_of(conn) >= 1000);
        CHECK_EQ(edo_deadline_end(&d, 0), 0);
        CHECK_EQ(edo_pg_exec(conn, "commit", EDO_SQL_NONE), 0);
        CHECK_EQ(timeout_of(conn), 0);
    }
    edo_pg_close(conn);
    edo_pg_close(db);
    return 0;
}

static void the_server_knows_the_deadline_after_a_rollback(void **state) {
    (void)state;
    assert_int_equal(inside_real(rolls_back_by_itself, NULL), 0);
}

/* A pooler lends a session of the server to others as soon as a group of commands is over. */
static int tells_no_pooler(void *arg) {
    edo_pg *db;
    (void)arg;
    edo_pg_opts opts = { .pool = { .max = 1 }, .pooler = EDO_PG_TRANSACTION };
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &opts), 0);
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(1000));
    CHECK_EQ(timeout_of(db), 0);
    CHECK_EQ(edo_pg_exec(db, "selekt", EDO_SQL_NONE), -EDO_ESQL);
    edo_trail_clear();
    CHECK_EQ(timeout_of(db), 0);
    CHECK_EQ(edo_deadline_end(&d, 0), 0);
    CHECK_EQ(timeout_of(db), 0);
    edo_pg_close(db);
    return 0;
}

static void a_session_behind_a_pooler_is_told_of_no_deadline(void **state) {
    (void)state;
    assert_int_equal(inside_real(tells_no_pooler, NULL), 0);
}

#define SHOW "copy (select current_setting('statement_timeout')) to stdout"

/* What a copy finds. */
static void copy_shows(edo_pg *pg, const char *wanted) {
    char text[32];
    edo_stream *near, *far;
    uint64_t rows;
    CHECK_EQ(edo_duplex(&near, &far, sizeof text), 0);
    CHECK_EQ(edo_pg_copy_out(pg, &rows, SHOW, near), 0);
    edo_close(near);
    int n = edo_read(far, text, sizeof text - 1);
    CHECK(n > 0);
    text[n] = '\0';
    if (strcmp(text, wanted) != 0) (void)fprintf(stderr, "%s", text);
    CHECK(strcmp(text, wanted) == 0);
    edo_close(far);
}

/* A commit runs this function, which notes what it finds. */
static const char *const note_at_commit[] = {
    "drop table if exists noted, source",
    "create table noted (s text)",
    "create table source (n int)",
    "create or replace function note() returns trigger language plpgsql as $$ begin"
    " insert into noted values (current_setting('statement_timeout')); return null; end $$",
    "create constraint trigger at_commit after insert on source deferrable initially deferred"
    " for each row execute function note()",
};

static void commit_notes(edo_pg *db, const char *wanted, edo_pg *tx) {
    setting got;
    CHECK_EQ(edo_pg_exec(db, "truncate noted", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_commit(tx), 0);
    edo_pg_close(tx);
    CHECK_EQ(edo_pg_query_one(db, &got, &setting_desc, "select s from noted", EDO_SQL_NONE), 0);
    if (!edo_str_equal(got.s, edo_str_of(wanted)))
        (void)fprintf(stderr, "%.*s\n", (int)got.s.len, got.s.ptr);
    CHECK(edo_str_equal(got.s, edo_str_of(wanted)));
    edo_value_deinit(&got, &setting_desc);
}

static int begins_with_nothing_of_others(void *arg) {
    edo_pg *db = connected(1), *other = connected(1), *tx;
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(note_at_commit); i++)
        CHECK(edo_pg_exec(other, note_at_commit[i], EDO_SQL_NONE) >= 0);
    for (int round = 0; round < 2; round++) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_s(1000));
        CHECK_EQ(edo_pg_exec(db, "select 1", EDO_SQL_NONE), 1);
        CHECK_EQ(edo_deadline_end(&d, 0), 0);
        copy_shows(db, "0\n");
        CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
        edo_deadline_begin(&d, edo_s(1000));
        CHECK_EQ(edo_pg_exec(tx, "insert into source values (1)", EDO_SQL_NONE), 1);
        CHECK_EQ(edo_deadline_end(&d, 0), 0);
        commit_notes(other, "0", tx);
        CHECK_EQ(timeout_of(db), 0);
    }
    // what the caller has itself holds
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(1000));
    CHECK_EQ(edo_pg_exec(db, "select 1", EDO_SQL_NONE), 1);
    edo_deadline shorter;
    edo_deadline_begin(&shorter, edo_s(900));
    copy_shows(db, "1048576ms\n");
    CHECK_EQ(edo_deadline_end(&shorter, 0), 0);
    CHECK_EQ(edo_deadline_end(&d, 0), 0);
    edo_pg_close(db);
    edo_pg_close(other);
    return 0;
}

static void a_deadline_of_an_earlier_call_ends_no_copy_and_no_commit(void **state) {
    (void)state;
    assert_int_equal(inside_real(begins_with_nothing_of_others, NULL), 0);
}

static int sleeps_in_time(void *db) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(1000));
    return edo_deadline_end(&d, sleeps(db));
}

static int is_cancelled_by_another(void *arg) {
    edo_pg *db = connected(1), *other = connected(1);
    (void)arg;
    edo_task *t = edo_spawn(sleeps_in_time, db);
    WAIT_FOR(running(other, "%long%") == 1);
    CHECK_EQ(edo_pg_exec(other,
                         "select pg_cancel_backend(pid) from pg_stat_activity where query like"
                         " '%long%' and pid <> pg_backend_pid()",
                         EDO_SQL_NONE),
             1);
    CHECK_EQ(edo_task_join(t), -EDO_ESQL);
    CHECK(edo_pg_get_error() && edo_pg_get_error()->kind == EDO_PG_CANCELED);
    edo_trail_clear();
    edo_pg_close(db);
    edo_pg_close(other);
    return 0;
}

static void who_is_cancelled_by_another_is_not_late(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_cancelled_by_another, NULL), 0);
}

/* ---- Anywhere -------------------------------------------------------------------------------- */

typedef struct asker {
    edo_pg *db;
    int64_t n;
} asker;

static int asks(void *arg) {
    asker *a = arg;
    number n;
    int err = edo_pg_query_one(a->db, &n, &number_desc,
                               "select $1::bigint as n from pg_sleep(0.002)", EDO_SQL(a->n));
    CHECK(err < 0 || n.n == a->n);
    return err;
}

#define ROUNDS 150
#define ASKERS 6

static int cancels_anywhere(void *arg) {
    edo_pg *db = connected(3);
    uint64_t x = 7;
    (void)arg;
    for (int round = 0; round < ROUNDS; round++) {
        asker askers[ASKERS];
        edo_task *tasks[ASKERS];
        for (int i = 0; i < ASKERS; i++) {
            askers[i] = (asker){ db, round * ASKERS + i };
            tasks[i] = edo_spawn(asks, &askers[i]);
            CHECK(tasks[i] != NULL);
        }
        x = x * UINT64_C(6364136223846793005) + 1;
        CHECK_EQ(edo_sleep(edo_us((int64_t)(x >> 52))), 0);
        for (int i = 0; i < ASKERS; i += 2) edo_task_cancel(tasks[i]);
        for (int i = 0; i < ASKERS; i++) {
            int err = edo_task_join(tasks[i]);
            CHECK(err == 0 || (i % 2 == 0 && err == -ECANCELED));
        }
    }
    WAIT_FOR(edo_pg_get_stats(db).lent == 0);
    CHECK(edo_pg_get_stats(db).size <= 3);
    edo_pg_close(db);
    return 0;
}

static void no_connection_is_poisoned_wherever_a_call_is_cut_short(void **state) {
    (void)state;
    assert_int_equal(inside_each(cancels_anywhere, NULL), 0);
}

/* ---- The server ------------------------------------------------------------------------------ */

static int survives_a_stop(void *arg) {
    edo_pg *db = connected(2);
    number n;
    (void)arg;
    pg_server_pause(&the_server);
    for (int i = 0; i < 3; i++) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(100));
        CHECK_EQ(edo_deadline_end(&d, edo_pg_exec(db, "select 1", EDO_SQL_NONE)), -ETIMEDOUT);
        edo_trail_clear();
    }
    pg_server_go_on(&the_server);
    CHECK_EQ(edo_pg_query_one(db, &n, &number_desc, "select 8 as n", EDO_SQL_NONE), 0);
    CHECK_EQ(n.n, 8);
    edo_pg_close(db);
    return 0;
}

static void a_server_that_stands_still_costs_no_more_than_the_deadline(void **state) {
    (void)state;
    assert_int_equal(inside_real(survives_a_stop, NULL), 0);
}

static int survives_a_death(void *arg) {
    edo_pg *db = connected(2), *other = connected(1), *tx;
    number n;
    (void)arg;
    edo_task *t = edo_spawn(sleeps, db);
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    WAIT_FOR(running(other, "%long%") == 1);
    edo_pg_close(other);
    pg_server_kill(&the_server);
    int err = edo_task_join(t);
    CHECK(err == -ECONNRESET || err == -EDO_ESQL); // what the server said before it went
    edo_trail_clear();
    err = edo_pg_exec(tx, "select 1", EDO_SQL_NONE);
    CHECK(err == -ECONNRESET || err == -EDO_ESQL);
    edo_trail_clear();
    edo_pg_close(tx);
    CHECK_EQ(edo_pg_exec(db, "select 1", EDO_SQL_NONE), -ECONNREFUSED);
    edo_trail_clear();
    pg_server_restart(&the_server);
    CHECK_EQ(edo_pg_query_one(db, &n, &number_desc, "select 9 as n", EDO_SQL_NONE), 0);
    CHECK_EQ(n.n, 9);
    edo_pg_close(db);
    return 0;
}

static void a_server_that_dies_and_comes_back_is_found(void **state) {
    (void)state;
    assert_int_equal(inside_real(survives_a_death, NULL), 0);
}

/* A statement_timeout that the program has not set by a deadline of edo's. */
static int is_late_by(edo_pg *db) {
    edo_pg *tx;
    number n;
    CHECK_EQ(sleeps(db), -ETIMEDOUT);
    CHECK_EQ(edo_pg_get_error()->kind, EDO_PG_CANCELED);
    edo_trail_clear();
    edo_seq *rows =
        edo_pg_rows(db, &number_desc,
                    "select i as n, pg_sleep(i * 1000) from generate_series(0, 1) i", EDO_SQL_NONE);
    int rc = edo_seq_next(rows, &n); // libpq may have the row only with what is behind it
    if (rc == 1) rc = edo_seq_next(rows, &n);
    CHECK_EQ(rc, -ETIMEDOUT);
    edo_seq_free(rows);
    edo_trail_clear();
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    edo_pg_step step = { .sql = "select pg_sleep(1000)" };
    CHECK_EQ(edo_pg_pipeline(tx, &step, 1), -ETIMEDOUT);
    edo_trail_clear();
    edo_pg_close(tx);
    return 0;
}

static int has_a_timeout(void *arg) {
    char url[512];
    edo_pg *db, *admin = connected(1);
    (void)arg;
    (void)snprintf(url, sizeof url, "%s options='-c statement_timeout=20ms'", the_server.url);
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(url), NULL), 0);
    CHECK_EQ(is_late_by(db), 0);
    edo_pg_close(db);

    CHECK(edo_pg_exec(admin, "drop role if exists late", EDO_SQL_NONE) >= 0);
    CHECK(edo_pg_exec(admin, "create role late login", EDO_SQL_NONE) >= 0);
    CHECK(edo_pg_exec(admin, "alter role late set statement_timeout to '20ms'", EDO_SQL_NONE) >= 0);
    (void)snprintf(url, sizeof url, "host=%s port=%d user=late dbname=postgres", the_server.folder,
                   the_server.port);
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(url), NULL), 0);
    CHECK_EQ(is_late_by(db), 0);
    // what looks like it, and is a function's
    CHECK_EQ(edo_pg_exec(db, "do $$ begin raise 'no time' using errcode = 'query_canceled'; end $$",
                         EDO_SQL_NONE),
             -EDO_ESQL);
    edo_trail_clear();
    edo_pg_close(db);
    edo_pg_close(admin);
    return 0;
}

static void a_timeout_of_the_role_or_the_string_is_one(void **state) {
    (void)state;
    assert_int_equal(inside_real(has_a_timeout, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cancelled_query_ends_on_the_server),
        cmocka_unit_test(a_query_is_left_alone_where_nothing_is_to_be_cancelled),
        cmocka_unit_test(a_deadline_ends_the_query_too),
        cmocka_unit_test(the_server_knows_the_deadline),
        cmocka_unit_test(the_server_knows_the_deadline_after_a_rollback),
        cmocka_unit_test(a_session_behind_a_pooler_is_told_of_no_deadline),
        cmocka_unit_test(a_deadline_of_an_earlier_call_ends_no_copy_and_no_commit),
        cmocka_unit_test(a_timeout_of_the_role_or_the_string_is_one),
        cmocka_unit_test(who_is_cancelled_by_another_is_not_late),
        cmocka_unit_test(no_connection_is_poisoned_wherever_a_call_is_cut_short),
        cmocka_unit_test(a_server_that_stands_still_costs_no_more_than_the_deadline),
        cmocka_unit_test(a_server_that_dies_and_comes_back_is_found),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
