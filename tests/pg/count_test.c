/* SPDX-License-Identifier: MIT */
/* Goal: statements are counted by what became of them, and a slow one has a line that names it and
 * has no arguments.
 * Method: a registry's text, and the trace's lines in a file, after statements of each kind. */
#include "inside.h"
#include "pg_server.h"

#include <edo/metrics.h>
#include <edo/pg.h>
#include <edo/trace.h>

#include <string.h>
#include <unistd.h>

static int asks(void *arg) {
    edo_metrics *m;
    edo_pg *db;
    edo_buf text = { 0 };
    (void)arg;
    CHECK_EQ(edo_metrics_new(&m, NULL), 0);
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &(edo_pg_opts){ .metrics = m, .slow = edo_ms(20) }), 0);
    CHECK_EQ(edo_pg_exec(db, "select $1::text", EDO_SQL("s3cret")), 1);
    CHECK_EQ(edo_pg_exec(db, "select $1::text from pg_sleep(0.03)", EDO_SQL("s3cret")), 1);
    CHECK_EQ(edo_pg_exec(db, "selekt", EDO_SQL_NONE), -EDO_ESQL);
    edo_trail_clear();
    edo_pg_close(db);
    CHECK_EQ(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS), 0);
    CHECK_EQ(edo_buf_append(&text, "", 1), 0);
    CHECK(strstr(text.ptr,
                 "db_client_operation_duration_seconds_count{db_system_name=\"postgresql\","
                 "error_type=\"\"} 2\n") != NULL);
    CHECK(strstr(text.ptr, "error_type=\"42601\"} 1\n") != NULL);
    edo_buf_deinit(&text);
    edo_metrics_free(m);
    return 0;
}

static void statements_are_counted_and_slow_ones_named(void **state) {
    (void)state;
    char text[8192];
    FILE *log = tmpfile();
    assert_non_null(log);
    assert_int_equal(edo_trace_start(&(edo_trace_opts){ .fd = fileno(log) }), 0);
    int result = inside_real(asks, NULL);
    edo_trace_stop();
    rewind(log);
    text[fread(text, 1, sizeof text - 1, log)] = '\0';
    (void)fclose(log);
    assert_int_equal(result, 0);
    assert_non_null(strstr(text, "a statement was slow"));
    assert_non_null(strstr(text, "select $1::text from pg_sleep(0.03)"));
    assert_non_null(strstr(text, "count_test.c"));
    assert_null(strstr(text, "s3cret"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_are_counted_and_slow_ones_named),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
