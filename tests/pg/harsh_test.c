/* SPDX-License-Identifier: MIT */
/* Goal: rows go to the caller of their statement, transactions are whole, and nothing of a call is
 * left on a connection, whatever is cut short, cancelled, lost or without memory; the pool serves
 * again afterwards.
 * Method: harsh.h over a pool of connections to a real server, which also ends connections. */
#include "fail_alloc.h"
#include "harsh.h"
#include "pg_server.h"

#include <edo/error.h>
#include <edo/pg.h>

#include <errno.h>
#include <string.h>

typedef struct row {
    int64_t n;
    edo_str t;
} row;
EDO_DESCRIBE(row, EDO_FIELD(row, n), EDO_FIELD(row, t))

typedef struct pg_world {
    edo_pg *db;
    atomic_llong told; /* rows of which a call has said that they are there */
} pg_world;

/* A number that no other call has. */
static int asks_of(edo_pg *pg) {
    row r;
    int64_t n = (int64_t)harsh_chance();
    int err = edo_pg_query_one(pg, &r, &row_desc, "select $1::bigint as n, $2::text as t",
                               EDO_SQL(n, "text"));
    if (err < 0) return err;
    CHECK(r.n == n && edo_str_equal(r.t, EDO_STR("text")));
    edo_value_deinit(&r, &row_desc);
    return 0;
}

static void asks(void *arg, uint64_t random) {
    (void)random;
    (void)asks_of(((pg_world *)arg)->db);
}

static void asks_slowly(void *arg, uint64_t random) {
    static const char *const all[] = { "select pg_sleep(0.002)", "select 1 / 0", "nonsense",
                                       "select pg_sleep(0)" };
    (void)edo_pg_exec(((pg_world *)arg)->db, all[random % EDO_COUNT(all)], EDO_SQL_NONE);
}

static void reads_rows(void *arg, uint64_t random) {
    row r;
    edo_seq *rows =
        edo_pg_rows(((pg_world *)arg)->db, &row_desc,
                    "select i as n, 'x' || i as t from generate_series(1, 300) i", EDO_SQL_NONE);
    for (int64_t n = 1; n < (int64_t)(random % 400) && edo_seq_next(rows, &r) > 0; n++)
        CHECK_EQ(r.n, n);
    edo_seq_free(rows);
}

static int adds_two(edo_pg *tx, void *arg) {
    uint64_t random = *(const uint64_t *)arg;
    int rc = 0;
    for (int i = 0; i < 2 && rc >= 0; i++) {
        rc = edo_pg_exec(tx, "insert into harsh values ($1)", EDO_SQL((int64_t)(random % 1000)));
        if (i == 0 && random % 5 == 0) rc = -EPERM;
    }
    if (rc >= 0 && random % 7 == 0) rc = asks_of(tx);
    return rc < 0 ? rc : 0;
}

static void adds(void *arg, uint64_t random) {
    pg_world *w = arg;
    if (edo_pg_run_tx(w->db, adds_two, &random, NULL) == 0) w->told += 2;
}

/* In steps of its own, which may be left in the middle. */
static void adds_by_hand(void *arg, uint64_t random) {
    pg_world *w = arg;
    edo_pg *tx;
    if (edo_pg_begin(&tx, w->db, NULL) < 0) return;
    int err = adds_two(tx, &random);
    (void)harsh_linger(random);
    if (err == 0 && random % 3 > 0) {
        if (edo_pg_commit(tx) == 0) w->told += 2;
    } else if (random % 2) {
        (void)edo_pg_rollback(tx);
    }
    edo_pg_close(tx);
}

static void loses(void *arg, uint64_t random) {
    if (random % 16 == 0)
        (void)edo_pg_exec(((pg_world *)arg)->db,
                          "select pg_terminate_backend(pid) from pg_stat_activity "
                          "where backend_type = 'client backend' and random() < 0.5",
                          EDO_SQL_NONE);
}

static int64_t rows_n(pg_world *w) {
    row r;
    WAIT_FOR(edo_pg_query_one(w->db, &r, &row_desc, "select count(*) as n, '' as t from harsh",
                              EDO_SQL_NONE) == 0);
    int64_t n = r.n;
    edo_value_deinit(&r, &row_desc);
    return n;
}

static int uses_pg(void *arg) {
    static harsh_op *const all[] = {
        asks, asks, asks_slowly, reads_rows, adds, adds_by_hand, loses
    };
    const edo_pg_opts opts = { .pool = { .max = 3, .wait_timeout = edo_ms(5), .slow = edo_s(60) },
                               .slow = edo_s(60) };
    pg_world w = { .told = 0 };
    uint64_t two = 1;
    (void)arg;
    EDO_TEST_OK(edo_pg_connect(&w.db, pg_url(), &opts));
    CHECK(edo_pg_exec(w.db, "create table harsh (n bigint)", EDO_SQL_NONE) >= 0);
    harsh_run(&w, all, EDO_COUNT(all));
    WAIT_FOR(edo_pg_get_stats(w.db).lent == 0);
    int64_t before = rows_n(&w);
    CHECK_EQ(before % 2, 0);
    CHECK(w.told > 0);
    CHECK(before >= w.told);
    WAIT_FOR(edo_pg_run_tx(w.db, adds_two, &two, NULL) == 0);
    CHECK_EQ(rows_n(&w), before + 2);
    for (int i = 0; i < 10; i++) WAIT_FOR(asks_of(w.db) == 0);
    edo_pg_close(w.db);
    edo_trail_clear();
    return 0;
}

static void a_pool_of_connections_is_whole_whatever_happens(void **state) {
    (void)state;
    harsh_inside(uses_pg, NULL);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_of_connections_is_whole_whatever_happens),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
