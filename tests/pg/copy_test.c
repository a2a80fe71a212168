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
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(50));
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

/* A stream that counts its writes. */
typedef struct sink {
    edo_stream base;
    uint64_t writes_n, bytes_n;
} sink;

static edo_polled sink_write(edo_stream *self, edo_cx *cx, edo_io_wait *wait,
                             const struct iovec *from, size_t n, int *result) {
    sink *s = (sink *)(void *)self;
    (void)cx, (void)wait;
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) bytes += from[i].iov_len;
    s->writes_n++;
    s->bytes_n += bytes;
    *result = (int)bytes;
    return EDO_READY;
}

static void sink_ignore(edo_stream *self) {
    (void)self;
}

static const edo_stream_ops sink_ops = {
    .name = "sink", .poll_write = sink_write, .close = sink_ignore, .free = sink_ignore
};

static int is_gathered(void *arg) {
    edo_pg *db = prepared();
    uint64_t rows = 0;
    sink s = { .base = { .ops = &sink_ops, .refs = EDOI_ATOMIC_INIT(1) } };
    (void)arg;
    CHECK_EQ(edo_pg_exec(db, "insert into c select i, 'x' from generate_series(1, 50000) i",
                         EDO_SQL_NONE),
             ROWS);
    CHECK_EQ(edo_pg_copy_out(db, &rows, "copy c to stdout", &s.base), 0);
    CHECK_EQ(rows, ROWS);
    CHECK_EQ(s.bytes_n, 388894);               // of numbers, and 4 bytes of each line
    CHECK(s.writes_n <= 1 + s.bytes_n / 4096); // the server sends 8 KiB at least
    // a row that is longer than a piece, between others
    s.bytes_n = 0;
    CHECK_EQ(edo_pg_copy_out(
                 db, &rows, "copy (values ('a'), (repeat('b', 200000)), ('c')) to stdout", &s.base),
             0);
    CHECK_EQ(s.bytes_n, 200005);
    edo_pg_close(db);
    return 0;
}

static void rows_go_out_in_large_pieces(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_gathered, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_go_in_and_out),
        cmocka_unit_test(rows_go_out_in_large_pieces),
        cmocka_unit_test(a_copy_that_fails_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
