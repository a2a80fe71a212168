/* SPDX-License-Identifier: MIT */
/* Goal: a statement is a span, with what it was and what has become of it, within that of its
 * transaction and around what it waits for; it ends with its rows, and with each failure. No value
 * gets into one, and without memory there is one less.
 * Method: a real server; a receiver that notes the ends of spans. */
#include "fail_alloc.h"
#include "inside.h"
#include "pg_server.h"
#include "spans.h"

#include <edo/cancel.h>
#include <edo/error.h>
#include <edo/pg.h>
#include <edo/streams.h>

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

typedef struct number_list {
    number *all;
    size_t all_n;
} number_list;
EDO_DESCRIBE(number_list, EDO_FIELD_LIST_OF(number_list, all, all_n, number_desc))

#define THREE "select i::bigint as n from generate_series(1, 3) i"

static edo_pg *span_db(uint32_t max) {
    edo_pg *db;
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &(edo_pg_opts){ .pool = { .max = max } }), 0);
    return db;
}

static int span_run(edo_task_fn *fn, const char *filter) {
    spans_begin(filter);
    int result = inside_real(fn, NULL);
    spans_end();
    return result;
}

/* ---- Statements ------------------------------------------------------------------------------ */

static int rows_all(edo_pg *db) {
    number row;
    int rc;
    edo_seq *rows = edo_pg_rows(db, &number_desc, THREE, EDO_SQL_NONE);
    EDO_SPAN(b, edo_info_span("reads"));
    while ((rc = edo_seq_next(rows, &row)) == 1) CHECK_EQ(spans_count("query in"), 0);
    edo_seq_free(rows);
    return edo_span_end(&b, rc);
}

static int asks_each(void *arg) {
    edo_pg *db = span_db(1);
    number row;
    number_list list;
    edo_pg_step steps[] = { { .sql = "select 1" }, { .sql = "select 2" } };
    (void)arg;
    EDO_SPAN(b, edo_info_span("serve"));
    CHECK_EQ(edo_pg_exec(db, " select $1::text", EDO_SQL("s3cret")), 1);
    CHECK(spans_have("query in serve of pg = 0 ", "otel.kind=client; db.system.name=postgresql; ",
                     "db.query.text= select $1::text; "));
    CHECK(spans_have("query in serve", "db.namespace=postgres; db.operation.name=select; ",
                     "; rows=1; "));
    CHECK(spans_have("query in serve", "server.address=/tmp/", "server.port="));
    spans_forget();
    CHECK_EQ(edo_pg_query_one(db, &row, &number_desc, "select 5 as n", EDO_SQL_NONE), 0);
    CHECK(spans_have("query in serve", "select 5 as n", "db.response.returned_rows=1; "));
    CHECK_EQ(edo_pg_query_one(db, &row, &number_desc, "select 5 as n where false", EDO_SQL_NONE),
             -EDO_ENOROW);
    CHECK(spans_have("query in serve of pg = 0 ", "where false", "returned_rows=0; "));
    CHECK_EQ(edo_pg_query_all(db, &list, &number_list_desc, NULL, THREE, EDO_SQL_NONE), 0);
    CHECK(spans_have("query in serve", "generate_series", "db.response.returned_rows=3; "));
    edo_value_deinit(&list, &number_list_desc);
    spans_forget();
    CHECK_EQ(rows_all(db), 0);
    CHECK(spans_have("query in serve", "generate_series", "db.response.returned_rows=3; "));
    spans_forget();
    CHECK_EQ(edo_pg_pipeline(db, steps, EDO_COUNT(steps)), 0);
    CHECK(spans_have("query in serve", "select 1; ", "db.operation.batch.size=2; "));
    CHECK_EQ(spans_count("query in"), 1);
    edo_pg_close(db);
    return edo_span_end(&b, 0);
}

static void statement_is_a_span_with_its_text_and_rows_and_no_values(void **state) {
    (void)state;
    assert_int_equal(span_run(asks_each, "info"), 0);
    assert_int_equal(spans_count("s3cret"), 0);
}

static int copies(void *arg) {
    edo_pg *db = span_db(1);
    edo_stream *near, *far;
    (void)arg;
    CHECK_EQ(edo_duplex(&near, &far, 4096), 0);
    CHECK_EQ(edo_pg_copy_out(db, NULL, "copy (select 1) to stdout", near), 0);
    CHECK(spans_have("query in none", "db.operation.name=copy; ", "; rows=1; "));
    edo_close(near);
    edo_close(far);
    edo_pg_close(db);
    return 0;
}

static void copy_is_a_span(void **state) {
    (void)state;
    assert_int_equal(span_run(copies, "info"), 0);
}

/* ---- Failures -------------------------------------------------------------------------------- */

static int sleeps(void *db) {
    return edo_pg_exec(db, "select pg_sleep(1000)", EDO_SQL_NONE);
}

static int is_cut_short(void *arg) {
    edo_pg *db = span_db(1);
    number row;
    edo_deadline d;
    (void)arg;
    CHECK_EQ(edo_pg_exec(db, "selekt", EDO_SQL_NONE), -EDO_ESQL);
    CHECK(spans_have("query in none of pg = EDO_ESQL ", "db.response.status_code=42601; ",
                     "error.type=42601; "));
    edo_trail_clear();
    spans_forget();
    edo_seq *rows = edo_pg_rows(db, &number_desc,
                                "select 1 / (2 - i) as n from generate_series(1, 9)"
                                " i",
                                EDO_SQL_NONE);
    while (edo_seq_next(rows, &row) == 1) {
    }
    CHECK(spans_have("query in none of pg = EDO_ESQL ", "select 1 / ", "error.type=22012; "));
    edo_seq_free(rows);
    CHECK_EQ(spans_count("query in"), 1);
    edo_trail_clear();
    spans_forget();
    edo_task *t = edo_spawn(sleeps, db);
    WAIT_FOR(edo_pg_get_stats(db).lent == 1);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    CHECK(spans_have("query in none of pg = ECANCELED ", "pg_sleep", "error.type=ECANCELED; "));
    spans_forget();
    edo_deadline_begin(&d, edo_ms(5));
    CHECK_EQ(edo_deadline_end(&d, sleeps(db)), -ETIMEDOUT);
    CHECK(spans_have("query in none of pg = E", "pg_sleep", "error.type=E"));
    edo_trail_clear();
    spans_forget();
    rows = edo_pg_rows(db, &number_desc, THREE, EDO_SQL_NONE);
    CHECK_EQ(edo_seq_next(rows, &row), 1);
    edo_pg_close(db); // the sequence has the pool, and its span
    CHECK_EQ(spans_count("query in"), 0);
    edo_seq_free(rows);
    CHECK(spans_have("query in none of pg = ECANCELED ", "db.response.returned_rows=1; ", NULL));
    return 0;
}

static void failure_and_cancellation_are_what_the_span_ends_with(void **state) {
    (void)state;
    assert_int_equal(span_run(is_cut_short, "info"), 0);
}

/* ---- Waits ----------------------------------------------------------------------------------- */

static int asks_one(void *db) {
    number row;
    return edo_pg_query_one(db, &row, &number_desc, "select 7 as n", EDO_SQL_NONE);
}

/* Keeps its connection's line until whoever holds the lock ends its session. */
static int waits_for_lock(void *db) {
    return edo_pg_exec(db, "select 1 from pg_advisory_lock(53)", EDO_SQL_NONE);
}

static bool lock_is_wanted(edo_pg *locker) {
    number row;
    CHECK_EQ(edo_pg_query_one(locker, &row, &number_desc,
                              "select count(*) as n from pg_locks where locktype = 'advisory' and "
                              "not granted",
                              EDO_SQL_NONE),
             0);
    return row.n == 1;
}

static int waits(void *arg) {
    edo_pg *db = span_db(1), *own, *locker = span_db(1);
    edo_deadline d;
    (void)arg;
    CHECK(spans_have("connect in none of pg = 0 ", "db.system.name=postgresql; ", NULL));
    CHECK_EQ(asks_one(db), 0);
    CHECK_EQ(spans_count("wait in"), 0);
    CHECK_EQ(edo_pg_acquire(&own, db), 0);
    edo_task *t = edo_spawn(asks_one, db);
    WAIT_FOR(edo_pg_get_stats(db).waiting == 1);
    CHECK_EQ(waits_for_lock(locker), 1);
    edo_task *first = edo_spawn(waits_for_lock, own);
    WAIT_FOR(lock_is_wanted(locker));
    edo_deadline_begin(&d, edo_ms(5)); // the statement before it stands, so this one waits
    CHECK_EQ(edo_deadline_end(&d, asks_one(own)), -ETIMEDOUT);
    CHECK(spans_have("wait in query of pool = ECANCELED ", "db.system.name=postgresql; ", NULL));
    edo_trail_clear();
    edo_pg_close(locker);
    CHECK_EQ(edo_task_join(first), 1);
    edo_pg_close(own);
    CHECK_EQ(edo_task_join(t), 0);
    CHECK(spans_have("wait in query of pool = 0 ", "db.client.connection.pool.name=pg; ", NULL));
    edo_pg_close(db);
    return 0;
}

static void wait_for_a_connection_is_a_span_within(void **state) {
    (void)state;
    assert_int_equal(span_run(waits, "debug"), 0);
}

/* Of two hosts nobody is at the first one. */
static int finds_a_host(void *arg) {
    edo_pg *db;
    char url[256];
    (void)arg;
    (void)snprintf(url, sizeof url, "host=/nowhere,%s port=%d user=edo dbname=postgres",
                   the_server.folder, the_server.port);
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(url), NULL), 0);
    CHECK(spans_have("connect in none of pg = 0 ", the_server.folder, "server.port="));
    edo_pg_close(db);
    return 0;
}

static void connection_names_the_host_that_it_has_found(void **state) {
    (void)state;
    assert_int_equal(span_run(finds_a_host, "debug"), 0);
}

/* ---- Transactions ---------------------------------------------------------------------------- */

static int works(edo_pg *tx, void *arg) {
    edo_pg *inner;
    int *result = arg;
    EDO_SPAN(b, edo_info_span("works"));
    CHECK_EQ(edo_pg_exec(tx, "select 1", EDO_SQL_NONE), 1);
    CHECK_EQ(edo_pg_begin(&inner, tx, NULL), 0);
    CHECK_EQ(edo_pg_exec(inner, "select 2", EDO_SQL_NONE), 1);
    edo_pg_close(inner);
    return edo_span_end(&b, *result);
}

static int transacts(void *arg) {
    edo_pg *db = span_db(1), *tx;
    int result = 0;
    (void)arg;
    spans_forget();
    EDO_SPAN(b, edo_info_span("serve"));
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    CHECK_EQ(edo_pg_exec(tx, "select 1", EDO_SQL_NONE), 1);
    CHECK_EQ(edo_pg_exec(tx, "select 2", EDO_SQL_NONE), 1);
    CHECK_EQ(edo_pg_commit(tx), 0);
    CHECK(spans_have("transaction in serve of pg = 0 ", "outcome=committed; ", NULL));
    CHECK_EQ(spans_count("query in transaction of pg"), 4);
    edo_pg_close(tx);
    spans_forget();
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    edo_pg_close(tx);
    CHECK(spans_have("transaction in serve", "outcome=rolled back; ", NULL));
    spans_forget();
    CHECK_EQ(edo_pg_run_tx(db, works, &result, NULL), 0);
    CHECK(spans_have("works in transaction", NULL, NULL));
    CHECK(spans_have("query in works", "select 1; ", NULL));
    CHECK(spans_have("query in transaction", "select 2; ", NULL));
    CHECK(spans_have("transaction in works", "outcome=rolled back; ", NULL));
    CHECK(spans_have("transaction in serve", "outcome=committed; ", NULL));
    spans_forget();
    result = -ENOENT;
    CHECK_EQ(edo_pg_run_tx(db, works, &result, NULL), -ENOENT);
    CHECK(spans_have("transaction in serve", "outcome=rolled back; ", NULL));
    edo_pg_close(db);
    return edo_span_end(&b, 0);
}

static void transaction_is_a_span_around_its_statements(void **state) {
    (void)state;
    assert_int_equal(span_run(transacts, "debug"), 0);
}

/* ---- Without memory -------------------------------------------------------------------------- */

static int does_all(edo_pg *db) {
    edo_pg *tx;
    number row;
    int rc, err = edo_pg_begin(&tx, db, NULL);
    if (err < 0) return err;
    edo_seq *rows = edo_pg_rows(tx, &number_desc, THREE, EDO_SQL_NONE);
    while ((rc = edo_seq_next(rows, &row)) == 1) {
    }
    edo_seq_free(rows);
    if (rc == 0) rc = edo_pg_exec(tx, "select nothing", EDO_SQL_NONE);
    edo_pg_close(tx);
    return rc;
}

static int lacks_memory(void *arg) {
    edo_pg *db = span_db(1);
    int k = 0;
    (void)arg;
    for (bool fired = true; fired;) {
        fail_alloc_in = ++k;
        int err = does_all(db);
        fired = fail_alloc_in == 0;
        fail_alloc_in = 0;
        CHECK(err == -EDO_ESQL || (fired && err == -ENOMEM));
        edo_trail_clear();
        CHECK_EQ(asks_one(db), 0);
    }
    CHECK(k > 8);
    edo_pg_close(db);
    return 0;
}

static void without_memory_there_is_one_less(void **state) {
    (void)state;
    assert_int_equal(span_run(lacks_memory, "debug"), 0);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statement_is_a_span_with_its_text_and_rows_and_no_values),
        cmocka_unit_test(copy_is_a_span),
        cmocka_unit_test(failure_and_cancellation_are_what_the_span_ends_with),
        cmocka_unit_test(wait_for_a_connection_is_a_span_within),
        cmocka_unit_test(connection_names_the_host_that_it_has_found),
        cmocka_unit_test(transaction_is_a_span_around_its_statements),
        cmocka_unit_test(without_memory_there_is_one_less),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
