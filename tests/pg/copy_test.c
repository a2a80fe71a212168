/* SPDX-License-Identifier: MIT */
/* Goal: COPY in from a stream and out to one, without holding what goes through, and whole or not
 * at all.
 * Method: a real server, streams in memory; sources and sinks that fail or are cut short. */
#include "inside.h"
#include "pg_server.h"

#include <edo/pg.h>
#include <edo/streams.h>
#include <edo/task.h>

#include <string.h>

#define ROWS 50000

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

static edo_pg *prepared(void) {
    edo_pg *db;
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &(edo_pg_opts){ .pool = { .max = 2 } }), 0);
    CHECK_EQ(edo_pg_exec(db, "drop table if exists c", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(db, "create table c (n int, t text)", EDO_SQL_NONE), 0);
    return db;
}

static int64_t ask(edo_pg *pg, const char *sql) {
    number n;
    CHECK_EQ(edo_pg_query_one(pg, &n, &number_desc, sql, EDO_SQL_NONE), 0);
    return n.n;
}

static int writes_rows(void *arg) {
    edo_stream *to = arg;
    int err = 0;
    for (int i = 1; i <= ROWS && err == 0; i++) {
        char line[64];
        int n = snprintf(line, sizeof line, "%d\trow %d\n", i, i);
        err = edo_write_all(to, line, (size_t)n);
    }
    edo_close(to);
    return err;
}

typedef struct counted {
    edo_stream *from;
    uint64_t lines_n, bytes_n;
} counted;

static int counts_lines(void *arg) {
    counted *c = arg;
    char piece[4096];
    int n;
    while ((n = edo_read(c->from, piece, sizeof piece)) > 0) {
        c->bytes_n += (uint64_t)n;
        for (int i = 0; i < n; i++) c->lines_n += piece[i] == '\n';
    }
    return n;
}

static int goes_in_and_out(void *arg) {
    edo_pg *db = prepared();
    edo_stream *near, *far;
    uint64_t rows = 0;
    (void)arg;
    CHECK_EQ(edo_duplex(&near, &far, 4096), 0);
    edo_task *writer = edo_spawn(writes_rows, far);
    CHECK_EQ(edo_pg_copy_in(db, &rows, "copy c from stdin", near), 0);
    CHECK_EQ(edo_task_join(writer), 0);
    edo_close(near);
    CHECK_EQ(rows, ROWS);
    CHECK_EQ(ask(db, "select sum(n) as n from c"), (int64_t)ROWS * (ROWS + 1) / 2);

    CHECK_EQ(edo_duplex(&near, &far, 4096), 0);
    counted c = { .from = far };
    edo_task *reader = edo_spawn(counts_lines, &c);
    CHECK_EQ(edo_pg_copy_out(db, &rows, "copy c to stdout", near), 0);
    edo_close(near);
    CHECK_EQ(edo_task_join(reader), 0);
    edo_close(far);
    CHECK_EQ(rows, ROWS);
    CHECK_EQ(c.lines_n, ROWS);
    CHECK_EQ(edo_pg_get_stats(db).made_n, 1);
    edo_pg_close(db);
    return 0;
}

static void copies_go_in_and_out(void **state) {
    (void)state;
    assert_int_equal(inside_each(goes_in_and_out, NULL), 0);
}

static int fails_in_words(void *arg) {
    edo_pg *db = prepared(), *tx;
    edo_stream *near, *far;
    uint64_t rows = 7;
    (void)arg;
    CHECK_EQ(edo_duplex(&near, &far, 4096), 0);
    CHECK_EQ(edo_write_all(far, "1\tx\nnonsense\n", 13), 0);
    edo_close(far);
    CHECK_EQ(edo_pg_copy_in(db, &rows, "copy c from stdin", near), -EDO_ESQL);
    CHECK(strcmp(edo_pg_get_error()->sqlstate, "22P02") == 0 ||
          strcmp(edo_pg_get_error()->sqlstate, "22P04") == 0);
    edo_trail_clear();
    edo_close(near);
    CHECK_EQ(ask(db, "select count(*) as n from c"), 0);
    CHECK_EQ(edo_pg_get_stats(db).made_n, 1);

    CHECK_EQ(edo_duplex(&near, &far, 4096), 0);
    CHECK_EQ(edo_pg_copy_in(db, &rows, "copy no_such from stdin", near), -EDO_ESQL);
    edo_trail_clear();
    CHECK_EQ(edo_pg_copy_in(db, &rows, "select 1", near), -EINVAL);
    edo_trail_clear();
    CHECK_EQ(edo_pg_copy_out(db, &rows, "copy c from stdin", near), -EINVAL);
    edo_trail_clear();
    CHECK_EQ(rows, 7);

    // a source that fails: what it had before is undone, and the transaction is there still
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    CHECK_EQ(edo_write_all(far, "1\tx\n", 4), 0);
    edo_deadline d = edo_deadline_begin(edo_ms(50));
    CHECK_EQ(edo_deadline_end(&d, edo_pg_copy_in(tx, &rows, "copy c from stdin", near)),
             -ETIMEDOUT);
    edo_trail_clear();
    edo_pg_close(tx);
    CHECK_EQ(ask(db, "select count(*) as n from c"), 0);

    // a sink that nobody reads
    edo_close(far);
    CHECK_EQ(edo_pg_exec(db, "insert into c select i, 'x' from generate_series(1, 100000) i",
                         EDO_SQL_NONE),
             100000);
    int err = edo_pg_copy_out(db, &rows, "copy c to stdout", near);
    CHECK(err == -EPIPE || err == -EDO_ECLOSED);
    edo_trail_clear();
    edo_close(near);
    CHECK_EQ(ask(db, "select count(*) as n from c"), 100000);
    edo_pg_close(db);
    return 0;
}

static void a_copy_that_fails_leaves_nothing(void **state) {
    (void)state;
    assert_int_equal(inside_real(fails_in_words, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_go_in_and_out),
        cmocka_unit_test(a_copy_that_fails_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
