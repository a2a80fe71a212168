/* SPDX-License-Identifier: MIT */
/* Goal: statements are counted once each, by what became of them, and a slow one has a line that
 * names it and has no arguments.
 * Method: a registry's text, and the log's lines in a file, after statements of each kind. */
#include "inside.h"

#include <edo/error.h>
#include <edo/fs.h>
#include <edo/log.h>
#include <edo/metrics.h>
#include <edo/scope.h>
#include <edo/sqlite.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

#define COUNT_TO(n)                                                                                \
    "with recursive c(n) as (select 1 union all select n + 1 from c where n < " n ") "

static void calls(edo_sqlite *db) {
    number n = { 0 };
    CHECK_EQ(edo_sqlite_exec(db, "create table t (n unique)", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_sqlite_exec(db, "insert into t values (?1)", EDO_SQL("s3cret")), 1);
    // a connection that reads has it first, and leaves it to the one that writes
    EDO_TEST_OK(edo_sqlite_query_one(db, &n, &number_desc, "insert into t values (7) returning n",
                                     EDO_SQL_NONE));
    CHECK_EQ(edo_sqlite_exec(db, "insert into t values (?1)", EDO_SQL("s3cret")), -EDO_ESQL);
    CHECK_EQ(edo_sqlite_exec(db, "selekt", EDO_SQL_NONE), -EDO_ESQL);
    edo_trail_clear();
}

/* Begins a query, reads `most` of its rows, and returns what the last read has returned. */
static int reads(edo_sqlite *db, const char *sql, int most) {
    number n;
    int rc = 1;
    edo_seq *rows = edo_sqlite_rows(db, &number_desc, sql, EDO_SQL_NONE);
    for (int i = 0; i < most && rc == 1; i++) rc = edo_seq_next(rows, &n);
    edo_seq_free(rows);
    edo_trail_clear();
    return rc;
}

/* A query is begun, and the read of its first row takes too long, begun or not. */
static void given_up(edo_sqlite *db) {
    number n;
    edo_seq *rows = edo_sqlite_rows(
        db, &number_desc, COUNT_TO("1000000000") "select max(n) as n from c", EDO_SQL_NONE);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(20));
    CHECK_EQ(edo_deadline_end(&d, edo_seq_next(rows, &n)), -ETIMEDOUT);
    edo_seq_free(rows);
    edo_trail_clear();
    WAIT_FOR_EQ(edo_sqlite_get_stats(db).readers.lent, 0u); // the pool counts it, too
}

static void sequences(edo_sqlite *db) {
    CHECK_EQ(reads(db, COUNT_TO("120") "select n from c", 1000), 0);
    CHECK_EQ(reads(db, COUNT_TO("120") "select n from c", 3), 1);
    CHECK_EQ(reads(db, "select 1 as n", 0), 1); // nothing of it was done
    CHECK_EQ(reads(db, "selekt", 1), -EDO_ESQL);
    CHECK_EQ(reads(db, "selekt", 0), 1); // it has failed, though nobody has asked
    given_up(db);
}

/* What has waited for a connection in vain was no statement. */
static void in_vain(edo_sqlite *db) {
    edo_sqlite *tx;
    EDO_TEST_OK(edo_sqlite_begin(&tx, db));
    CHECK_EQ(edo_sqlite_exec(db, "delete from t", EDO_SQL_NONE), -ETIMEDOUT);
    edo_trail_clear();
    EDO_TEST_OK(edo_sqlite_rollback(tx));
    edo_sqlite_close(tx);
}

/* The series of statements that have ended with `type`, which is empty for success. */
#define ENDED(type) "_duration_seconds_count{db_system_name=\"sqlite\",error_type=\"" type "\"}"

static void check_numbers(const char *text) {
    CHECK(strstr(text, "db_client_operation" ENDED("") " 5\n") != NULL);
    CHECK(strstr(text, ENDED("1") " 3\n") != NULL);    // SQLITE_ERROR
    CHECK(strstr(text, ENDED("2067") " 1\n") != NULL); // SQLITE_CONSTRAINT_UNIQUE
    CHECK(strstr(text, ENDED("ECANCELED") " 1\n") != NULL);
    CHECK(strstr(text, "ETIMEDOUT") == NULL);
    CHECK(strstr(text, "db_client_connection_max{db_client_connection_pool_name=\"notes\"") !=
          NULL);
}

static int counts(void *arg) {
    const edo_duration *slow = arg;
    char folder[64] = "/tmp/edo-sqlite-XXXXXX", path[96];
    edo_metrics *m;
    edo_sqlite *db;
    edo_buf text = { 0 };
    CHECK(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof path, "%s/test.db", folder);
    EDO_TEST_OK(edo_metrics_new(&m, NULL));
    const edo_sqlite_opts opts = {
        .name = "notes", .metrics = m, .slow = *slow, .wait_timeout = edo_ms(1)
    };
    EDO_TEST_OK(edo_sqlite_open(&db, path, &opts));
    calls(db);
    sequences(db);
    in_vain(db);
    EDO_TEST_OK(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS));
    EDO_TEST_OK(edo_buf_append(&text, "", 1));
    check_numbers(text.ptr);
    edo_buf_deinit(&text);
    edo_sqlite_close(db);
    edo_metrics_free(m); // nothing counts any more
    EDO_TEST_OK(edo_fs_remove_dir_all(folder));
    return 0;
}

static int ends_its_registry_first(void *arg) {
    edo_metrics *m;
    edo_sqlite *db;
    number n;
    (void)arg;
    EDO_TEST_OK(edo_metrics_new(&m, NULL));
    EDO_TEST_OK(edo_sqlite_open(&db, ":memory:", &(edo_sqlite_opts){ .metrics = m }));
    edo_seq *rows =
        edo_sqlite_rows(db, &number_desc, COUNT_TO("120") "select n from c", EDO_SQL_NONE);
    CHECK_EQ(edo_seq_next(rows, &n), 1);
    edo_sqlite_close(db);
    edo_metrics_free(m);
    edo_seq_free(rows); // gives its connection back, and is counted
    return 0;
}

static void a_sequence_may_end_after_the_registry(void **state) {
    (void)state;
    assert_int_equal(inside_real(ends_its_registry_first, NULL), 0);
}

/* The lines of the log in `text`. */
static void traced(edo_duration slow, char *text, size_t n) {
    FILE *log = tmpfile();
    assert_non_null(log);
    assert_int_equal(edo_log_start(&(edo_log_opts){ .fd = fileno(log) }), 0);
    int result = inside_real(counts, &slow);
    edo_log_stop();
    rewind(log);
    text[fread(text, 1, n - 1, log)] = '\0';
    (void)fclose(log);
    assert_int_equal(result, 0);
}

static void statements_are_counted_and_slow_ones_named(void **state) {
    static char text[16384];
    (void)state;
    traced(edo_ns(1), text, sizeof text);
    assert_non_null(strstr(text, "a statement of SQLite was slow"));
    assert_non_null(strstr(text, "insert into t values (?1)"));
    assert_non_null(strstr(text, "select n from c"));
    assert_non_null(strstr(text, "result=\"ECANCELED\""));
    assert_null(strstr(text, "delete from t"));
    assert_null(strstr(text, "s3cret"));
    traced(edo_ns(EDO_FOREVER_NS), text, sizeof text);
    assert_null(strstr(text, "was slow"));
}

static int opens(void *slow) {
    edo_sqlite *db;
    return edo_sqlite_open(&db, ":memory:", &(edo_sqlite_opts){ .slow = *(edo_duration *)slow });
}

static void a_negative_time_is_refused(void **state) {
    edo_duration slow = edo_ns(-1);
    (void)state;
    assert_int_equal(inside_real(opens, &slow), -EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_are_counted_and_slow_ones_named),
        cmocka_unit_test(a_sequence_may_end_after_the_registry),
        cmocka_unit_test(a_negative_time_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
