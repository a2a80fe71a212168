/* SPDX-License-Identifier: MIT */
/* Goal: without memory at any point no connection is lent again with an open transaction, and a
 * list of rows is empty.
 * Method: statements that leave one open, and queries for a list, while each request of edo's for
 * memory fails in turn. */
#include "fail_alloc.h"

#include "database.h"

#include <edo/error.h>

#include <errno.h>

typedef struct numbers {
    number *all;
    size_t all_n;
} numbers;
EDO_DESCRIBE(numbers, EDO_FIELD_LIST_OF(numbers, all, all_n, number_desc))

typedef struct text {
    int64_t n;
    edo_str t;
} text;
EDO_DESCRIBE(text, EDO_FIELD(text, n), EDO_FIELD(text, t))

typedef struct texts {
    text *all;
    size_t all_n;
} texts;
EDO_DESCRIBE(texts, EDO_FIELD_LIST_OF(texts, all, all_n, text_desc))

static void leaves_open(edo_sqlite *db, void *sql) {
    int err = edo_sqlite_exec(db, sql, EDO_SQL_NONE);
    CHECK(err == -EINVAL || err == -ENOMEM);
}

static void leaves_open_by_query(edo_sqlite *db, void *sql) {
    number n;
    int err = edo_sqlite_query_one(db, &n, &number_desc, sql, EDO_SQL_NONE);
    CHECK(err == -EINVAL || err == -ENOMEM || err == -EDO_EVALUE);
}

static void leaves_open_by_list(edo_sqlite *db, void *sql) {
    numbers n;
    int err = edo_sqlite_query_all(db, &n, &numbers_desc, NULL, sql, EDO_SQL_NONE);
    CHECK(err == -EINVAL || err == -ENOMEM || err == -EDO_EVALUE);
    CHECK_EQ(n.all_n, 0);
}

/* Its function leaves it open, and so its close has to roll back. */
static int leaves(edo_sqlite *tx, void *arg) {
    (void)arg;
    int err = edo_sqlite_exec(tx, "insert into t values (7)", EDO_SQL_NONE);
    return err < 0 ? err : -EPERM;
}

static void leaves_tx(edo_sqlite *db, void *arg) {
    int err = edo_sqlite_run_tx(db, leaves, arg);
    CHECK(err == -EPERM || err == -ENOMEM);
    err = edo_sqlite_call(db, true, leaves, arg);
    CHECK(err == -EPERM || err == -ENOMEM);
}

static char begin[] = "begin", savepoint[] = "savepoint s";
static const struct {
    void (*does)(edo_sqlite *db, void *sql);
    void *sql;
} rows[] = { { leaves_open, begin },
             { leaves_open, savepoint },
             { leaves_open_by_query, begin },
             { leaves_open_by_list, begin },
             { leaves_tx, NULL } };

EDO_TEST(a_connection_whose_rollback_has_failed_is_closed, .workers = 1) {
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        bool fired = true;
        for (int k = 1; fired; k++) {
            edo_sqlite *db = opened(&(edo_sqlite_opts){ .readers_max = 1 });
            does(db, "create table t (n)");
            CHECK_EQ(asks(db, ROWS_N), 0);
            fail_alloc_in = k;
            rows[i].does(db, rows[i].sql);
            fired = fail_alloc_in == 0;
            fail_alloc_in = 0;
            edo_trail_clear();
            does(db, "insert into t values (1)"); // in an open transaction nobody else sees it
            CHECK_EQ(asks(db, ROWS_N), 1);
            closed(db);
        }
    }
}

/* Each way to use the connection rolls back first. */
static void uses(edo_sqlite *db, int way) {
    edo_sqlite *tx;
    number n = { 0 };
    if (way == 0) {
        does(db, "insert into t values (1)");
    } else if (way == 1) {
        EDO_TEST_OK(edo_sqlite_begin(&tx, db));
        does(tx, "insert into t values (1)");
        EDO_TEST_OK(edo_sqlite_commit(tx));
        edo_sqlite_close(tx);
    } else {
        edo_seq *seq = edo_sqlite_rows(db, &number_desc, ROWS_N, EDO_SQL_NONE);
        CHECK_EQ(edo_seq_next(seq, &n), 1);
        edo_seq_free(seq);
        CHECK_EQ(n.n, 0);
        does(db, "insert into t values (1)");
    }
}

EDO_TEST(a_database_in_memory_outlives_a_rollback_that_fails, .workers = 1) {
    for (size_t i = 0; i < EDO_COUNT(rows) * 3; i++) {
        bool fired = true;
        for (int k = 1; fired; k++) {
            edo_sqlite *db;
            EDO_TEST_OK(edo_sqlite_open(&db, ":memory:", NULL));
            does(db, "create table t (n)");
            CHECK_EQ(asks(db, ROWS_N), 0);
            fail_alloc_in = k;
            rows[i / 3].does(db, rows[i / 3].sql);
            fired = fail_alloc_in == 0;
            fail_alloc_in = 0;
            edo_trail_clear();
            uses(db, (int)(i % 3));
            CHECK_EQ(asks(db, ROWS_N), 1);
            edo_sqlite_close(db);
        }
    }
}

/* Texts on the heap, or in an arena. */
static int lists(edo_sqlite *db, edo_arena *arena) {
    texts found;
    int err = edo_sqlite_query_all(db, &found, &texts_desc, arena,
                                   "select n, 'number ' || n as t from (" COUNT_TO("9") ")",
                                   EDO_SQL_NONE);
    CHECK(err == 0 || err == -ENOMEM);
    CHECK_EQ(found.all_n, err == 0 ? 9 : 0);
    if (!arena) edo_value_deinit(&found, &texts_desc);
    return err;
}

EDO_TEST(a_list_without_memory_at_any_point_is_empty, .workers = 1) {
    edo_sqlite *db = opened(&(edo_sqlite_opts){ .readers_max = 1 });
    CHECK_EQ(lists(db, NULL), 0); // the connection is made
    for (int i = 0; i < 2; i++) {
        bool fired = true;
        int k = 0;
        while (fired) {
            edo_arena arena = { .chunk_bytes = 64 };
            fail_alloc_in = ++k;
            int err = lists(db, i ? &arena : NULL);
            fired = fail_alloc_in == 0;
            fail_alloc_in = 0;
            CHECK(err == 0 || fired);
            edo_trail_clear();
            edo_arena_deinit(&arena);
            CHECK_EQ(asks(db, "select 5 as n"), 5);
        }
        CHECK(k > 5);
    }
    closed(db);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_whose_rollback_has_failed_is_closed),
        cmocka_unit_test(a_database_in_memory_outlives_a_rollback_that_fails),
        cmocka_unit_test(a_list_without_memory_at_any_point_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
