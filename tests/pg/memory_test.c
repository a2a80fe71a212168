/* SPDX-License-Identifier: MIT */
/* Goal: without memory at any point a call fails as it says, leaks nothing and poisons no
 * connection: the next one gets its own rows.
 * Method: each kind of call on a real server, while each request of edo's for memory fails in
 * turn. */
#include "fail_alloc.h"
#include "inside.h"
#include "pg_server.h"

#include <edo/error.h>
#include <edo/pg.h>
#include <edo/streams.h>

#include <errno.h>
#include <string.h>

typedef struct row {
    int64_t n;
    edo_str t;
} row;
EDO_DESCRIBE(row, EDO_FIELD(row, n), EDO_FIELD(row, t))

static int asks_one(edo_pg *pg) {
    row r;
    int err = edo_pg_query_one(pg, &r, &row_desc, "select $1::bigint as n, $2::text as t",
                               EDO_SQL(7, "text"));
    if (err < 0) return err;
    CHECK(r.n == 7 && edo_str_equal(r.t, EDO_STR("text")));
    edo_value_deinit(&r, &row_desc);
    return 0;
}

static int asks_rows(edo_pg *pg) {
    row r;
    int rc;
    int64_t n = 0;
    edo_seq *rows = edo_pg_rows(
        pg, &row_desc, "select i as n, 'x' || i as t from generate_series(1, 5) i", EDO_SQL_NONE);
    while ((rc = edo_seq_next(rows, &r)) == 1) CHECK_EQ(r.n, ++n);
    edo_seq_free(rows);
    CHECK(rc < 0 || n == 5);
    return rc;
}

typedef struct row_list {
    row *all;
    size_t all_n;
} row_list;
EDO_DESCRIBE(row_list, EDO_FIELD_LIST_OF(row_list, all, all_n, row_desc))

#define FIVE "select i as n, 'x' || i as t from generate_series(1, 5) i"

static int asks_all(edo_pg *pg) {
    row_list list;
    int err = edo_pg_query_all(pg, &list, &row_list_desc, NULL, FIVE, EDO_SQL_NONE);
    CHECK(err < 0 ? list.all_n == 0 && !list.all
                  : list.all_n == 5 && edo_str_equal(list.all[4].t, EDO_STR("x5")));
    edo_value_deinit(&list, &row_list_desc);
    return err;
}

static int asks_all_in_arena(edo_pg *pg) {
    edo_arena arena = { .chunk_bytes = 64 };
    row_list list;
    int err = edo_pg_query_all(pg, &list, &row_list_desc, &arena, FIVE, EDO_SQL_NONE);
    CHECK_EQ(list.all_n, err < 0 ? 0 : 5);
    edo_arena_deinit(&arena);
    return err;
}

static int asks_pipeline(edo_pg *pg) {
    row r;
    edo_pg_step steps[] = {
        { .sql = "select 1" },
        { .sql = "select 3::bigint as n, $1::text as t",
          .args = EDO_SQL("y"),
          .out = &r,
          .desc = &row_desc },
    };
    int err = edo_pg_pipeline(pg, steps, EDO_COUNT(steps));
    if (steps[1].result == 0) {
        CHECK(r.n == 3 && edo_str_equal(r.t, EDO_STR("y")));
        edo_value_deinit(&r, &row_desc);
    }
    return err;
}

static int works(edo_pg *tx, void *arg) {
    edo_pg *inner;
    (void)arg;
    int err = edo_pg_begin(&inner, tx, NULL);
    if (err < 0) return err;
    err = asks_one(inner);
    if (err == 0) err = edo_pg_commit(inner);
    edo_pg_close(inner);
    return err == 0 ? asks_one(tx) : err;
}

static int runs_tx(edo_pg *pg) {
    return edo_pg_run_tx(pg, works, NULL, NULL);
}

static int runs_back(edo_pg *pg) {
    return edo_pg_run_tx_back(pg, works, NULL);
}

static int copies(edo_pg *pg) {
    edo_stream *near, *far;
    char text[64];
    int err = edo_duplex(&near, &far, sizeof text);
    if (err < 0) return err;
    err = edo_pg_copy_out(pg, NULL, "copy (select 5) to stdout", near);
    edo_close(near);
    if (err == 0) CHECK_EQ(edo_read(far, text, sizeof text), 2);
    edo_close(far);
    return err;
}

static int listens(edo_pg *pg) {
    edo_pg_sub *s;
    edo_pg_note note;
    int err = edo_pg_sub_open(&s, pg);
    if (err < 0) return err;
    err = edo_pg_sub_add(s, EDO_STR("room"));
    if (err == 0) {
        int n = edo_pg_exec(pg, "select pg_notify('room', 'hello')", EDO_SQL_NONE);
        err = n < 0 ? n : 0;
    }
    if (err == 0) err = edo_pg_sub_next(s, &note);
    if (err == 1) CHECK(edo_str_equal(note.payload, EDO_STR("hello")));
    edo_pg_sub_close(s);
    return err == 1 ? 0 : err;
}

static int connects(edo_pg *pg) {
    edo_pg *other;
    (void)pg;
    int err = edo_pg_connect(&other, pg_url(), NULL);
    if (err < 0) return err;
    err = asks_one(other);
    edo_pg_close(other);
    return err;
}

static int migrates(edo_pg *pg) {
    static const edo_migration one = { 1, "one", "select 1; select 2" };
    int n = edo_pg_migrate(pg, &one, 1, NULL);
    return n < 0 ? n : 0;
}

typedef int asks_fn(edo_pg *pg);
static asks_fn *const calls[] = { asks_one,      asks_rows, asks_all,  asks_all_in_arena,
                                  asks_pipeline, runs_tx,   runs_back, copies,
                                  listens,       connects,  migrates };

static int fails_at_each(void *arg) {
    edo_pg *db;
    (void)arg;
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &(edo_pg_opts){ .pool = { .max = 1 } }), 0);
    for (size_t i = 0; i < EDO_COUNT(calls); i++) {
        int k = 0;
        for (bool fired = true; fired;) {
            fail_alloc_in = ++k;
            int err = calls[i](db);
            fired = fail_alloc_in == 0;
            fail_alloc_in = 0;
            if (err != 0 && !(fired && err == -ENOMEM))
                edo_test_fail_at(__FILE__, __LINE__, "call %zu, allocation %d: %s", i, k,
                                 edo_error_name(err));
            edo_trail_clear();
            CHECK_EQ(asks_one(db), 0);
        }
        CHECK(k > 1);
    }
    edo_pg_close(db);
    return 0;
}

static void no_memory_at_any_point_poisons_no_connection(void **state) {
    (void)state;
    assert_int_equal(inside_real(fails_at_each, NULL), 0);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_memory_at_any_point_poisons_no_connection),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
