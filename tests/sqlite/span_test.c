/* SPDX-License-Identifier: MIT */
/* Goal: a statement is a span, with what it was and what has become of it, within that of its
 * transaction and around the wait for its connection; it ends with its rows, and with each failure.
 * No value gets into one, and without memory there is one less.
 * Method: a database in a file; a receiver that notes the ends of spans. */
#include "fail_alloc.h"

#include "database.h"
#include "spans.h"

#include <edo/error.h>

typedef struct numbers {
    number *all;
    size_t all_n;
} numbers;
EDO_DESCRIBE(numbers, EDO_FIELD_LIST_OF(numbers, all, all_n, number_desc))

static int span_run(edo_task_fn *fn, const char *filter) {
    spans_begin(filter);
    int result = inside_real(fn, NULL);
    spans_end();
    return result;
}

/* Reads up to `most` rows. */
static void reads(edo_sqlite *db, int most) {
    number n;
    edo_seq *rows = edo_sqlite_rows(db, &number_desc, COUNT_TO("3"), EDO_SQL_NONE);
    CHECK_EQ(spans_count("query in"), 0);
    for (int i = 0; i < most; i++) CHECK(edo_seq_next(rows, &n) >= 0);
    edo_seq_free(rows);
}

static int asks_each(void *arg) {
    edo_sqlite *db = opened(NULL);
    number n;
    numbers list;
    (void)arg;
    EDO_SPAN(b, edo_info_span("serve"));
    does(db, "create table t (n unique)");
    spans_forget();
    CHECK_EQ(edo_sqlite_exec(db, "insert into t values (?1)", EDO_SQL("s3cret")), 1);
    CHECK(spans_have("query in serve of sqlite = 0 ",
                     "otel.kind=client; db.system.name=sqlite; db.namespace=/tmp/edo-sqlite-",
                     "/test.db; db.operation.name=insert; "
                     "db.query.text=insert into t values (?1); ran_us="));
    CHECK(spans_have("query in serve", "; rows=1; ", NULL));
    CHECK_EQ(edo_sqlite_exec(db, "insert into t values (?1)", EDO_SQL("s3cret")), -EDO_ESQL);
    CHECK(spans_have("query in serve of sqlite = EDO_ESQL ", "db.response.status_code=2067; ",
                     "error.type=2067; "));
    edo_trail_clear();
    CHECK_EQ(edo_sqlite_exec(db, "insert into t values ('s3''cret')", EDO_SQL_NONE), 1);
    CHECK(spans_have("query in serve", "db.query.text=insert into t values ('?'); ", NULL));
    CHECK_EQ(spans_count("cret"), 0);
    spans_forget();
    CHECK_EQ(edo_sqlite_query_one(db, &n, &number_desc, "select 1 as n where 0", EDO_SQL_NONE),
             -EDO_ENOROW);
    CHECK(spans_have("query in serve of sqlite = 0 ", "returned_rows=0; ", NULL));
    edo_trail_clear();
    CHECK_EQ(edo_sqlite_query_all(db, &list, &numbers_desc, NULL, COUNT_TO("3"), EDO_SQL_NONE), 0);
    CHECK(spans_have("query in serve", "with recursive", "returned_rows=3; "));
    edo_value_deinit(&list, &numbers_desc);
    spans_forget();
    reads(db, 4);
    CHECK(spans_have("query in serve of sqlite = 0 ", "with recursive", "returned_rows=3; "));
    spans_forget();
    reads(db, 1);
    CHECK(spans_have("query in serve of sqlite = 0 ", "with recursive", "returned_rows=1; "));
    closed(db);
    return edo_span_end(&b, 0);
}

static void statement_is_a_span_with_its_text_and_rows_and_no_values(void **state) {
    (void)state;
    assert_int_equal(span_run(asks_each, "info"), 0);
    assert_int_equal(spans_count("s3cret"), 0);
}

/* ---- Cancelled, and waiting ------------------------------------------------------------------ */

static int adds(void *db) {
    return edo_sqlite_exec(db, "insert into t values (1)", EDO_SQL_NONE);
}

static int is_cut_short(void *arg) {
    edo_sqlite *db = opened(NULL);
    (void)arg;
    does(db, "create table t (n)");
    spans_forget();
    edo_task *t = counting_for_long(db), *other = edo_spawn(adds, db);
    WAIT_FOR_EQ(edo_sqlite_get_stats(db).writer.waiting, 1u);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    CHECK_EQ(edo_task_join(other), 1);
    CHECK(spans_have("query in none of sqlite = ECANCELED ", "error.type=ECANCELED; ", NULL));
    CHECK(spans_have("wait in query of pool = 0 ", "db.client.connection.pool.name=sqlite-writer; ",
                     NULL));
    CHECK_EQ(spans_count("wait in"), 1);
    closed(db);
    return 0;
}

static void cancellation_is_what_the_span_ends_with_and_a_wait_lies_within(void **state) {
    (void)state;
    assert_int_equal(span_run(is_cut_short, "debug"), 0);
}

/* ---- Transactions ---------------------------------------------------------------------------- */

static int works(edo_sqlite *tx, void *arg) {
    edo_sqlite *inner;
    EDO_SPAN(b, edo_info_span("works"));
    does(tx, "insert into t values (1)");
    if (!arg) return edo_span_end(&b, 0);
    EDO_TEST_OK(edo_sqlite_begin(&inner, tx));
    does(inner, "insert into t values (2)");
    edo_sqlite_close(inner);
    return edo_span_end(&b, *(int *)arg);
}

static int transacts(void *arg) {
    edo_sqlite *db = opened(NULL), *tx;
    int result = 0;
    (void)arg;
    does(db, "create table t (n)");
    spans_forget();
    EDO_SPAN(b, edo_info_span("serve"));
    EDO_TEST_OK(edo_sqlite_begin(&tx, db));
    does(tx, "insert into t values (1)");
    EDO_TEST_OK(edo_sqlite_commit(tx));
    CHECK(spans_have("transaction in serve of sqlite = 0 ", "outcome=committed; ", NULL));
    CHECK_EQ(spans_count("query in transaction of sqlite = 0 "), 3);
    edo_sqlite_close(tx);
    spans_forget();
    EDO_TEST_OK(edo_sqlite_run_tx(db, works, &result));
    CHECK(spans_have("works in transaction", NULL, NULL));
    CHECK(spans_have("query in works", "values (1); ", NULL));
    CHECK(spans_have("query in transaction", "values (2); ", NULL));
    CHECK(spans_have("transaction in works", "outcome=rolled back; ", NULL));
    CHECK(spans_have("transaction in serve", "outcome=committed; ", NULL));
    spans_forget();
    result = -ENOENT;
    CHECK_EQ(edo_sqlite_run_tx(db, works, &result), -ENOENT);
    CHECK(spans_have("transaction in serve", "outcome=rolled back; ", NULL));
    spans_forget();
    EDO_TEST_OK(edo_sqlite_call(db, true, works, NULL)); // on another thread
    CHECK(spans_have("query in works", "values (1); ", NULL));
    CHECK(spans_have("works in transaction", NULL, NULL));
    CHECK(spans_have("transaction in serve", NULL, NULL));
    closed(db);
    return edo_span_end(&b, 0);
}

static void transaction_is_a_span_around_its_statements(void **state) {
    (void)state;
    assert_int_equal(span_run(transacts, "debug"), 0);
}

/* ---- Without memory -------------------------------------------------------------------------- */

static int does_all(edo_sqlite *db) {
    edo_sqlite *tx;
    number n;
    int rc, err = edo_sqlite_begin(&tx, db);
    if (err < 0) return err;
    edo_seq *rows = edo_sqlite_rows(tx, &number_desc, COUNT_TO("3"), EDO_SQL_NONE);
    while ((rc = edo_seq_next(rows, &n)) == 1) {
    }
    edo_seq_free(rows);
    if (rc == 0) rc = edo_sqlite_exec(tx, "selekt", EDO_SQL_NONE);
    edo_sqlite_close(tx);
    return rc;
}

static int lacks_memory(void *arg) {
    edo_sqlite *db = opened(NULL);
    int k = 0;
    (void)arg;
    for (bool fired = true; fired;) {
        fail_alloc_in = ++k;
        int err = does_all(db);
        fired = fail_alloc_in == 0;
        fail_alloc_in = 0;
        CHECK(err == -EDO_ESQL || (fired && err < 0));
        edo_trail_clear();
        CHECK_EQ(asks(db, "select 7 as n"), 7);
    }
    CHECK(k > 8);
    closed(db);
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
        cmocka_unit_test(cancellation_is_what_the_span_ends_with_and_a_wait_lies_within),
        cmocka_unit_test(transaction_is_a_span_around_its_statements),
        cmocka_unit_test(without_memory_there_is_one_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
