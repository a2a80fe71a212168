/* SPDX-License-Identifier: MIT */
/* Goal: whatever happens to the server, or on the way to it, no call lasts beyond its deadline,
 * none gets what was another's, and what is asked when all is well again gets its rows.
 * Method: a cable between the pool and a real server, which is cut at each byte, stands still or is
 * slow; the server stopped, restarted and full, while tasks ask. */
#include "cable.h"

#include <edo/net.h>
#include <edo/pg.h>
#include <edo/streams.h>
#include <edo/task.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

static edo_pg *connected(const char *url, uint32_t max) {
    edo_pg *db;
    edo_pg_opts opts = {
        .pool = { .max = max, .wait_timeout = edo_s(30), .make_timeout = edo_s(30) },
        .connect_timeout = edo_s(30)
    };
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(url), &opts), 0);
    return db;
}

/* ---- What is asked --------------------------------------------------------------------------- */

static int ask_one(edo_pg *pg, int64_t n) {
    number got;
    int err = edo_pg_query_one(pg, &got, &number_desc, "select $1::bigint as n", EDO_SQL(n));
    CHECK(err < 0 || got.n == n);
    return err;
}

static int ask_rows(edo_pg *pg, int64_t n) {
    number got;
    int rc;
    edo_seq *rows = edo_pg_rows(
        pg, &number_desc, "select i as n from generate_series($1::int, $2) i", EDO_SQL(n, n + 2));
    while ((rc = edo_seq_next(rows, &got)) == 1) CHECK_EQ(got.n, n++);
    edo_seq_free(rows);
    return rc;
}

static int ask_pipeline(edo_pg *pg, int64_t n) {
    number got[2];
    edo_pg_step steps[] = {
        { .sql = "select $1::bigint as n",
          .args = EDO_SQL(n),
          .out = &got[0],
          .desc = &number_desc },
        { .sql = "select 1" },
        { .sql = "select $1::bigint as n",
          .args = EDO_SQL(n + 1),
          .out = &got[1],
          .desc = &number_desc },
    };
    int err = edo_pg_pipeline(pg, steps, EDO_COUNT(steps));
    CHECK(err < 0 || (got[0].n == n && got[1].n == n + 1));
    return err;
}

static int ask_in_tx(edo_pg *pg, int64_t n) {
    edo_pg *tx, *point;
    int err = edo_pg_begin(&tx, pg, NULL);
    if (err < 0) return err;
    err = edo_pg_savepoint(&point, tx);
    if (err == 0) {
        err = ask_one(point, n);
        edo_pg_close(point);
    }
    if (err == 0) err = ask_one(tx, n + 1);
    if (err == 0) err = edo_pg_commit(tx);
    edo_pg_close(tx);
    return err;
}

typedef int ask_fn(edo_pg *pg, int64_t n);
static ask_fn *const asks[] = { ask_one, ask_rows, ask_pipeline, ask_in_tx };

/* ---- Cut at each byte ------------------------------------------------------------------------ */

#define BYTES_MAX 400 /* of the server's, for the longest of them */

static int is_cut(void *arg) {
    cable c;
    edo_task *t = cable_new(&c);
    edo_pg *db = connected(c.url, 2);
    (void)arg;
    for (size_t kind = 0; kind < EDO_COUNT(asks); kind++) {
        bool has_passed = false;
        for (int at = 0; at < BYTES_MAX && !has_passed; at++) {
            CHECK_EQ(ask_one(db, 7), 0); // a connection is there
            c.left = at;
            int err = asks[kind](db, at);
            CHECK(err == 0 || err == -ECONNRESET || err == -ECONNREFUSED);
            has_passed = c.left > 0;
            c.left = -1;
            edo_trail_clear();
            CHECK_EQ(asks[kind](db, at), 0);
        }
        CHECK(has_passed);
    }
    WAIT_FOR(edo_pg_get_stats(db).lent == 0);
    edo_pg_close(db);
    cable_end(&c, t);
    return 0;
}

static void a_cut_at_any_byte_is_a_lost_connection_and_no_more(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_cut, NULL), 0);
}

/* libpq keeps the words of a failure until the next statement begins: of a copy they quote. */
#define SECRET "s3cret"

static int copy_in_vain(edo_pg *pg) {
    char told[2048];
    edo_stream *from, *to;
    CHECK_EQ(edo_duplex(&from, &to, 64), 0);
    CHECK_EQ(edo_write_all(to, SECRET "\n", strlen(SECRET) + 1), 0);
    edo_close(to);
    int err = edo_pg_copy_in(pg, NULL, "copy numbers from stdin", from);
    edo_close(from);
    CHECK(err == -EDO_ESQL || err == -ECONNRESET);
    // the first failure is returned; the loss behind it may stand in the trail
    for (int i = 0; i < 2; i++) {
        (void)edo_trail_print_text(told, sizeof told, i ? -ECONNRESET : err, EDO_TRAIL_LIST);
        if (strstr(told, SECRET)) (void)fprintf(stderr, "%s\n", told);
        CHECK(!strstr(told, SECRET));
    }
    edo_trail_clear();
    return err;
}

static int is_cut_behind_a_failure(void *arg) {
    cable c;
    edo_task *t = cable_new(&c);
    edo_pg *db = connected(c.url, 1);
    (void)arg;
    CHECK(edo_pg_exec(db, "create table if not exists numbers (n int)", EDO_SQL_NONE) >= 0);
    c.left = 1 << 20;
    CHECK_EQ(copy_in_vain(db), -EDO_ESQL);
    int all = (1 << 20) - (int)c.left;
    for (int at = all - 10; at < all; at++) {
        c.left = -1;
        CHECK_EQ(ask_one(db, 7), 0);
        c.left = at;
        CHECK(copy_in_vain(db) < 0);
    }
    edo_pg_close(db);
    cable_end(&c, t);
    return 0;
}

static void a_connection_that_is_lost_tells_nothing_of_arguments(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_cut_behind_a_failure, NULL), 0);
}

/* ---- No bytes, late bytes -------------------------------------------------------------------- */

static int stands_still(void *arg) {
    cable c;
    edo_task *t = cable_new(&c);
    edo_pg *db = connected(c.url, 3);
    (void)arg;
    for (int round = 0; round < 3; round++) {
        c.stands_still = true;
        for (size_t kind = 0; kind < EDO_COUNT(asks); kind++) {
            edo_deadline d;
            edo_deadline_begin(&d, edo_ms(30));
            CHECK_EQ(edo_deadline_end(&d, asks[kind](db, 1)), -ETIMEDOUT);
            edo_trail_clear();
        }
        c.stands_still = false;
        for (size_t kind = 0; kind < EDO_COUNT(asks); kind++) CHECK_EQ(asks[kind](db, 5), 0);
    }
    WAIT_FOR(edo_pg_get_stats(db).lent == 0);
    edo_pg_close(db);
    cable_end(&c, t);
    return 0;
}

static void a_cable_that_stands_still_costs_the_deadline(void **state) {
    (void)state;
    assert_int_equal(inside_real(stands_still, NULL), 0);
}

typedef struct asker {
    edo_pg *db;
    int64_t n;
    ask_fn *ask;
} asker;

static int asks_once(void *arg) {
    asker *a = arg;
    return a->ask(a->db, a->n);
}

#define ROUNDS 60
#define ASKERS 6

static int is_slow(void *arg) {
    cable c;
    edo_task *t = cable_new(&c);
    edo_pg *db = connected(c.url, 3);
    uint64_t x = 5;
    (void)arg;
    c.slow = edo_ms(1);
    for (int round = 0; round < ROUNDS; round++) {
        asker askers[ASKERS];
        edo_task *tasks[ASKERS];
        for (int i = 0; i < ASKERS; i++) {
            askers[i] = (asker){ db, 10 * (round * ASKERS + i), asks[(round + i) % 4] };
            tasks[i] = edo_spawn(asks_once, &askers[i]);
        }
        x = x * UINT64_C(6364136223846793005) + 1;
        CHECK_EQ(edo_sleep(edo_us((int64_t)(x >> 50))), 0);
        for (int i = 0; i < ASKERS; i += 2) edo_task_cancel(tasks[i]);
        for (int i = 0; i < ASKERS; i++) {
            int err = edo_task_join(tasks[i]);
            CHECK(err == 0 || (i % 2 == 0 && err == -ECANCELED));
        }
        edo_trail_clear();
    }
    WAIT_FOR(edo_pg_get_stats(db).lent == 0);
    edo_pg_close(db);
    cable_end(&c, t);
    return 0;
}

static void late_bytes_reach_nobody_else(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_slow, NULL), 0);
}

/* ---- The server, while tasks ask ------------------------------------------------------------- */

typedef struct crowd {
    edo_pg *db;
    bool is_over;
    int64_t well_n, failed_n, late_n; /* calls; late: beyond their deadline */
} crowd;

static bool is_of_the_server(int err) {
    return err == -ECONNRESET || err == -ECONNREFUSED || err == -EDO_ESQL;
}

static int crowd_asks(void *arg) {
    crowd *c = arg;
    for (int64_t i = 0; !c->is_over; i++) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(200));
        int err = edo_deadline_end(&d, asks[i % 4](c->db, i));
        CHECK(err == 0 || err == -ETIMEDOUT || is_of_the_server(err));
        c->well_n += err == 0;
        c->late_n += err == -ETIMEDOUT;
        c->failed_n += is_of_the_server(err);
        edo_trail_clear();
        CHECK_EQ(edo_yield(), 0);
    }
    return 0;
}

#define CROWD 6

/* All of the crowd's calls are well again: as many, one after the other, as would show one that is
 * not. */
static void crowd_recovers(crowd *c) {
    int64_t from = c->well_n;
    WAIT_FOR(c->well_n > from + 100);
    int64_t failed_n = c->failed_n;
    from = c->well_n;
    WAIT_FOR(c->well_n > from + 200);
    CHECK_EQ(c->failed_n, failed_n);
}

static int lives_through(void *arg) {
    crowd c = { .db = connected(the_server.tcp, 4) };
    edo_task *tasks[CROWD];
    (void)arg;
    for (int i = 0; i < CROWD; i++) tasks[i] = edo_spawn(crowd_asks, &c);
    crowd_recovers(&c);
    for (int round = 0; round < 2; round++) {
        int64_t failed_n = c.failed_n;
        pg_server_kill(&the_server);
        WAIT_FOR(c.failed_n > failed_n + 20);
        pg_server_restart(&the_server);
        crowd_recovers(&c);
        int64_t late_n = c.late_n;
        pg_server_pause(&the_server);
        WAIT_FOR(c.late_n >= late_n + 2 * CROWD);
        pg_server_go_on(&the_server);
        crowd_recovers(&c);
    }
    c.is_over = true;
    for (int i = 0; i < CROWD; i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    WAIT_FOR(edo_pg_get_stats(c.db).lent == 0);
    CHECK(edo_pg_get_stats(c.db).size <= 4);
    edo_pg_close(c.db);
    return 0;
}

static void a_crowd_lives_through_deaths_and_stops_of_the_server(void **state) {
    (void)state;
    assert_int_equal(inside_real(lives_through, NULL), 0);
}

static int is_full(void *arg) {
    char url[512];
    edo_pg *db = connected(the_server.tcp, 2), *first, *second;
    (void)arg;
    CHECK(edo_pg_exec(db, "drop role if exists few", EDO_SQL_NONE) >= 0);
    CHECK(edo_pg_exec(db, "create role few login connection limit 1", EDO_SQL_NONE) >= 0);
    (void)snprintf(url, sizeof url, "postgres://few@127.0.0.1:%d/postgres", the_server.port);
    first = connected(url, 1);
    edo_pg_opts opts = { .pool = { .wait_timeout = edo_ms(300) } };
    CHECK_EQ(edo_pg_connect(&second, edo_str_of(url), &opts), -ETIMEDOUT);
    edo_trail_clear();
    opts.lazy = true;
    CHECK_EQ(edo_pg_connect(&second, edo_str_of(url), &opts), 0);
    CHECK_EQ(ask_one(second, 1), -ETIMEDOUT);
    edo_trail_clear();
    CHECK_EQ(ask_one(first, 1), 0);
    edo_pg_close(first);
    WAIT_FOR((edo_trail_clear(), ask_one(second, 1)) == 0);
    edo_pg_close(second);
    edo_pg_close(db);
    return 0;
}

static void a_full_server_makes_wait_and_has_room_again(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_full, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_at_any_byte_is_a_lost_connection_and_no_more),
        cmocka_unit_test(a_connection_that_is_lost_tells_nothing_of_arguments),
        cmocka_unit_test(a_cable_that_stands_still_costs_the_deadline),
        cmocka_unit_test(late_bytes_reach_nobody_else),
        cmocka_unit_test(a_crowd_lives_through_deaths_and_stops_of_the_server),
        cmocka_unit_test(a_full_server_makes_wait_and_has_room_again),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
