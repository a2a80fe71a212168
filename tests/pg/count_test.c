/* SPDX-License-Identifier: MIT */
/* Goal: statements and copies are counted by what became of them, and a slow one has a line that
 * names it and has no arguments.
 * Method: a registry's text, and the log's lines in a file, after statements of each kind. */
#include "inside.h"
#include "pg_server.h"

#include <edo/log.h>
#include <edo/metrics.h>
#include <edo/pg.h>
#include <edo/streams.h>
#include <edo/task.h>

#include <string.h>
#include <unistd.h>

static int asks(void *arg) {
    edo_metrics *m;
    edo_pg *db;
    edo_stream *near, *far;
    edo_buf text = { 0 };
    (void)arg;
    CHECK_EQ(edo_metrics_new(&m, NULL), 0);
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &(edo_pg_opts){ .metrics = m, .slow = edo_ms(20) }), 0);
    CHECK_EQ(edo_pg_exec(db, "select $1::text", EDO_SQL("s3cret")), 1);
    CHECK_EQ(edo_pg_exec(db, "select $1::text from pg_sleep(0.03)", EDO_SQL("s3cret")), 1);
    CHECK_EQ(edo_pg_exec(db, "selekt", EDO_SQL_NONE), -EDO_ESQL);
    edo_trail_clear();
    CHECK_EQ(edo_duplex(&near, &far, 4096), 0);
    CHECK_EQ(edo_pg_copy_out(db, NULL, "copy (select from pg_sleep(0.03)) to stdout", near), 0);
    edo_close(near);
    edo_close(far);
    edo_pg_close(db);
    CHECK_EQ(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS), 0);
    CHECK_EQ(edo_buf_append(&text, "", 1), 0);
    CHECK(strstr(text.ptr,
                 "db_client_operation_duration_seconds_count{db_system_name=\"postgresql\","
                 "error_type=\"\"} 3\n") != NULL);
    CHECK(strstr(text.ptr, "error_type=\"42601\"} 1\n") != NULL);
    edo_buf_deinit(&text);
    edo_metrics_free(m);
    return 0;
}

/* Begins the log, whose lines come to a file. */
static FILE *log_begin(void) {
    FILE *log = tmpfile();
    assert_non_null(log);
    assert_int_equal(edo_log_start(&(edo_log_opts){ .fd = fileno(log) }), 0);
    return log;
}

static void log_end(FILE *log, char *text, size_t n) {
    edo_log_stop();
    rewind(log);
    text[fread(text, 1, n - 1, log)] = '\0';
    (void)fclose(log);
}

static void statements_are_counted_and_slow_ones_named(void **state) {
    (void)state;
    char text[8192];
    FILE *log = log_begin();
    int result = inside_real(asks, NULL);
    log_end(log, text, sizeof text);
    assert_int_equal(result, 0);
    assert_non_null(strstr(text, "a statement was slow"));
    assert_non_null(strstr(text, "select $1::text from pg_sleep(0.03)"));
    assert_non_null(strstr(text, "copy (select from pg_sleep(0.03)) to stdout"));
    assert_non_null(strstr(text, "count_test.c"));
    assert_null(strstr(text, "s3cret"));
}

/* ---- Copies ---------------------------------------------------------------------------------- */

/* A stream whose reads and writes take a minute each; its input is one row. */
typedef struct lazy_stream {
    edo_stream base;
    int reads_n;
    bool waits, is_due, is_over;
} lazy_stream;

/* Has the minute passed? */
static bool lazy_is_due(lazy_stream *s, edo_cx *cx) {
    bool is_due = s->is_due;
    s->is_due = false;
    s->waits = !is_due;
    if (!is_due) edo_waker_wake(edo_cx_waker(cx));
    return is_due;
}

static edo_polled lazy_read(edo_stream *self, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                            size_t n, uint32_t flags, int *result) {
    lazy_stream *s = (lazy_stream *)(void *)self;
    (void)wait, (void)n, (void)flags;
    if (!lazy_is_due(s, cx)) return EDO_PENDING;
    *result = s->reads_n++ == 0 ? 2 : 0;
    if (*result > 0) memcpy(to->iov_base, "1\n", 2);
    return EDO_READY;
}

static edo_polled lazy_write(edo_stream *self, edo_cx *cx, edo_io_wait *wait,
                             const struct iovec *from, size_t n, int *result) {
    (void)wait, (void)n;
    if (!lazy_is_due((lazy_stream *)(void *)self, cx)) return EDO_PENDING;
    *result = (int)from->iov_len;
    return EDO_READY;
}

static void lazy_unwait(edo_stream *self, edo_io_wait *wait) {
    (void)self, (void)wait;
}

static void lazy_nothing(edo_stream *self) {
    (void)self;
}

/* Moves the clock, while a copy waits for the stream only. */
static int lets_minutes_pass(void *arg) {
    lazy_stream *s = arg;
    while (!s->is_over) {
        if (s->waits && !s->is_due) {
            CHECK_EQ(edo_time_advance(edo_minutes(1)), 0);
            s->is_due = true;
        }
        CHECK_EQ(edo_yield(), 0);
    }
    return 0;
}

static const edo_stream_ops lazy_ops = { .name = "lazy",
                                         .poll_read = lazy_read,
                                         .poll_write = lazy_write,
                                         .unwait = lazy_unwait,
                                         .close = lazy_nothing,
                                         .free = lazy_nothing };

#define SUCCEEDED "db_system_name=\"postgresql\",error_type=\"\""

static int copies(void *arg) {
    edo_metrics *m;
    edo_pg *db;
    edo_buf text = { 0 };
    uint64_t rows = 0;
    lazy_stream s = { .base = { .ops = &lazy_ops, .refs = EDOI_ATOMIC_INIT(1) } };
    (void)arg;
    CHECK_EQ(edo_metrics_new(&m, NULL), 0);
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &(edo_pg_opts){ .pool.max = 1, .metrics = m }), 0);
    CHECK_EQ(edo_pg_exec(db, "create temp table c (n int)", EDO_SQL_NONE), 0);
    edo_task *clock = edo_spawn(lets_minutes_pass, &s);
    CHECK_EQ(edo_pg_copy_in(db, &rows, "copy c from stdin", &s.base), 0);
    CHECK_EQ(rows, 1);
    CHECK_EQ(edo_pg_copy_out(db, &rows, "copy c to stdout", &s.base), 0);
    CHECK_EQ(edo_pg_copy_in(db, NULL, "copy nowhere from stdin", &s.base), -EDO_ESQL);
    edo_trail_clear();
    s.is_over = true;
    CHECK_EQ(edo_task_join(clock), 0);
    edo_pg_close(db);
    CHECK_EQ(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS), 0);
    CHECK_EQ(edo_buf_append(&text, "", 1), 0);
    CHECK(strstr(text.ptr, "_seconds_count{" SUCCEEDED "} 3\n") != NULL);
    CHECK(strstr(text.ptr, "_seconds_sum{" SUCCEEDED "} 0\n") != NULL); // the clock rested
    CHECK(strstr(text.ptr, "error_type=\"42P01\"} 1\n") != NULL);
    edo_buf_deinit(&text);
    edo_metrics_free(m);
    return 0;
}

static void copies_are_counted_without_the_time_of_their_streams(void **state) {
    (void)state;
    char text[8192];
    FILE *log = log_begin();
    int result = inside_by_hand(copies, NULL);
    log_end(log, text, sizeof text);
    assert_int_equal(result, 0);
    assert_null(strstr(text, "was slow"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_are_counted_and_slow_ones_named),
        cmocka_unit_test(copies_are_counted_without_the_time_of_their_streams),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
