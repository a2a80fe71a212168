/* SPDX-License-Identifier: MIT */
/* Goal: a pipeline is one round trip and one transaction: it has all results, or says which
 * statement has failed, and has done nothing.
 * Method: a real server; each place of a failure, and each kind. */
#include "inside.h"
#include "pg_server.h"

#include <edo/pg.h>

#include <string.h>

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

typedef struct word {
    edo_str w;
} word;
EDO_DESCRIBE(word, EDO_FIELD(word, w))

static edo_pg *prepared(void) {
    edo_pg *db;
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &(edo_pg_opts){ .pool = { .max = 2 } }), 0);
    CHECK_EQ(edo_pg_exec(db, "drop table if exists t", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(db, "create table t (n int unique deferrable initially deferred)",
                         EDO_SQL_NONE),
             0);
    return db;
}

static int64_t ask(edo_pg *pg, const char *sql) {
    number n;
    CHECK_EQ(edo_pg_query_one(pg, &n, &number_desc, sql, EDO_SQL_NONE), 0);
    return n.n;
}

#define ADD   "insert into t values ($1)"
#define COUNT "select count(*) as n from t"

static int does_all(void *arg) {
    edo_pg *db = prepared();
    number n;
    word w;
    (void)arg;
    CHECK_EQ(edo_pg_pipeline(db, NULL, 0), 0);
    for (int round = 0; round < 3; round++) {
        edo_pg_step steps[] = {
            { .sql = ADD, .args = EDO_SQL(2 * round) },
            { .sql = ADD, .args = EDO_SQL(2 * round + 1) },
            { .sql = COUNT, .out = &n, .desc = &number_desc },
            { .sql = "select $1::text as w", .args = EDO_SQL("x"), .out = &w, .desc = &word_desc },
            { .sql = "update t set n = n where n >= $1", .args = EDO_SQL(2 * round) },
            { .sql = "" },
        };
        CHECK_EQ(edo_pg_pipeline(db, steps, EDO_COUNT(steps)), 0);
        CHECK_EQ(steps[0].result, 1);
        CHECK_EQ(steps[2].result, 0);
        CHECK_EQ(n.n, 2 * round + 2);
        CHECK(edo_str_equal(w.w, EDO_STR("x")));
        edo_value_deinit(&w, &word_desc);
        CHECK_EQ(steps[4].result, 2);
        CHECK_EQ(steps[5].result, 0);
    }
    // prepared once each, by the first of the two
    CHECK_EQ(
        ask(db, "select count(*) as n from pg_prepared_statements where statement ~ '^insert'"), 1);
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(1000));
    edo_pg_step timed = { .sql = "select setting::int8 / 1000 as n from pg_settings where name ="
                                 " 'statement_timeout'",
                          .out = &n,
                          .desc = &number_desc };
    CHECK_EQ(edo_pg_pipeline(db, &timed, 1), 0);
    CHECK(n.n >= 1000 && n.n <= 1125);
    CHECK_EQ(edo_deadline_end(&d, 0), 0);
    edo_pg_close(db);
    return 0;
}

static void all_is_done_in_one_round_trip(void **state) {
    (void)state;
    assert_int_equal(inside_each(does_all, NULL), 0);
}

#define STEPS 5

/* Each of them is the bad one in turn. */
static int fails_at(void *arg) {
    static const char *const bad[] = { "selekt", "select 1 / $1::int as w",
                                       "insert into t values ('x')", "select w from nowhere" };
    edo_pg *db = prepared(), *tx;
    word w[STEPS];
    (void)arg;
    for (size_t i = 0; i < STEPS * EDO_COUNT(bad); i++) {
        size_t at = i % STEPS, kind = i / STEPS;
        edo_pg_step steps[STEPS];
        for (size_t k = 0; k < STEPS; k++)
            steps[k] = (edo_pg_step){ .sql = "with a as (insert into t values (1) returning n)"
                                             " select n::text as w from a",
                                      .out = &w[k],
                                      .desc = &word_desc };
        steps[at].sql = bad[kind];
        const edo_sql_args zero = EDO_SQL(0); // lives as long as this block
        if (kind == 1) steps[at].args = zero;
        CHECK_EQ(edo_pg_pipeline(db, steps, STEPS), -EDO_ESQL);
        for (size_t k = 0; k < STEPS; k++)
            CHECK_EQ(steps[k].result, k == at ? -EDO_ESQL : -ECANCELED);
        CHECK(edo_pg_get_error() != NULL);
        edo_trail_clear();
        CHECK_EQ(ask(db, COUNT), 0);
    }
    // what fails when all are done is nobody's
    edo_pg_step twice[] = { { .sql = ADD, .args = EDO_SQL(1) },
                            { .sql = ADD, .args = EDO_SQL(1) } };
    CHECK_EQ(edo_pg_pipeline(db, twice, 2), -EDO_ESQL);
    CHECK(edo_pg_get_error()->kind == EDO_PG_UNIQUE);
    CHECK(twice[0].result == -ECANCELED && twice[1].result == -ECANCELED);
    edo_trail_clear();
    CHECK_EQ(ask(db, COUNT), 0);

    // in a transaction, whose savepoint goes on
    CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
    edo_pg *point;
    CHECK_EQ(edo_pg_savepoint(&point, tx), 0);
    twice[1].sql = "selekt";
    CHECK_EQ(edo_pg_pipeline(point, twice, 2), -EDO_ESQL);
    CHECK_EQ(edo_pg_pipeline(point, twice, 1), -EDO_ESQL); // 25P02
    edo_trail_clear();
    edo_pg_close(point);
    CHECK_EQ(edo_pg_pipeline(tx, twice, 1), 0);
    CHECK_EQ(edo_pg_commit(tx), 0);
    edo_pg_close(tx);
    CHECK_EQ(ask(db, COUNT), 1);
    edo_pg_close(db);
    return 0;
}

static void a_failure_undoes_all_and_is_told_where_it_was(void **state) {
    (void)state;
    assert_int_equal(inside_real(fails_at, NULL), 0);
}

static int does_not_fit(void *arg) {
    edo_pg *db = prepared();
    number n, none;
    (void)arg;
    edo_pg_step steps[] = {
        { .sql = ADD, .args = EDO_SQL(1) },
        { .sql = "select n from t where n = 9", .out = &none, .desc = &number_desc },
        { .sql = COUNT, .out = &n, .desc = &number_desc }
    };
    CHECK_EQ(edo_pg_pipeline(db, steps, 3), -EDO_ENOROW);
    CHECK(steps[0].result == 1 && steps[1].result == -EDO_ENOROW && steps[2].result == 0);
    CHECK_EQ(n.n, 1);
    CHECK_EQ(ask(db, COUNT), 1);
    steps[1].args = EDO_SQL(((edo_str){ "a\0b", 3 }));
    CHECK_EQ(edo_pg_pipeline(db, steps, 3), -EINVAL); // nothing is sent
    edo_trail_clear();
    steps[1] = (edo_pg_step){ .sql = "copy t to stdout" };
    CHECK_EQ(edo_pg_pipeline(db, steps, 3), -ENOTSUP);
    edo_trail_clear();
    WAIT_FOR(edo_pg_get_stats(db).lent == 0);
    CHECK_EQ(ask(db, COUNT), 1);
    edo_pg_close(db);
    return 0;
}

static void a_row_that_does_not_fit_fails_alone(void **state) {
    (void)state;
    assert_int_equal(inside_real(does_not_fit, NULL), 0);
}

static int is_stale(void *arg) {
    edo_pg *db = prepared(), *other;
    word w;
    number n;
    (void)arg;
    CHECK_EQ(edo_pg_connect(&other, pg_url(), NULL), 0);
    edo_pg_step steps[] = { { .sql = "select * from t", .out = &n, .desc = &number_desc },
                            { .sql = "select 'x' as w", .out = &w, .desc = &word_desc } };
    CHECK_EQ(edo_pg_exec(db, ADD, EDO_SQL(7)), 1);
    for (int round = 0; round < 3; round++) {
        CHECK_EQ(edo_pg_pipeline(db, steps, 2), 0);
        CHECK_EQ(n.n, 7);
        edo_value_deinit(&w, &word_desc);
        if (round == 0)
            CHECK_EQ(edo_pg_exec(other, "alter table t add more int", EDO_SQL_NONE), 0);
        else
            CHECK_EQ(edo_pg_exec(db, "deallocate all", EDO_SQL_NONE), 0);
    }
    edo_pg_close(other);
    edo_pg_close(db);
    return 0;
}

static void what_is_stale_is_prepared_anew(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_stale, NULL), 0);
}

static int pipes(void *db) {
    number n[2];
    edo_pg_step steps[] = {
        { .sql = "select 1 as n from pg_sleep(0.001)", .out = &n[0], .desc = &number_desc },
        { .sql = "selekt" },
        { .sql = "select 2 as n", .out = &n[1], .desc = &number_desc },
    };
    edo_trail_clear();
    return edo_pg_pipeline(db, steps, EDO_COUNT(steps));
}

static int is_cut_short(void *arg) {
    edo_pg *db = prepared();
    uint64_t x = 11;
    (void)arg;
    for (int round = 0; round < 100; round++) {
        edo_task *tasks[4];
        for (size_t i = 0; i < 4; i++) tasks[i] = edo_spawn(pipes, db);
        x = x * UINT64_C(6364136223846793005) + 1;
        CHECK_EQ(edo_sleep(edo_us((int64_t)(x >> 52))), 0);
        for (size_t i = 0; i < 4; i += 2) edo_task_cancel(tasks[i]);
        for (size_t i = 0; i < 4; i++) {
            int err = edo_task_join(tasks[i]);
            CHECK(err == -EDO_ESQL || (i % 2 == 0 && err == -ECANCELED));
        }
        CHECK_EQ(ask(db, "select 5 as n"), 5);
        edo_trail_clear();
    }
    WAIT_FOR(edo_pg_get_stats(db).lent == 0);
    edo_pg_close(db);
    return 0;
}

static void one_that_is_cut_short_poisons_nothing(void **state) {
    (void)state;
    assert_int_equal(inside_each(is_cut_short, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_done_in_one_round_trip),
        cmocka_unit_test(a_failure_undoes_all_and_is_told_where_it_was),
        cmocka_unit_test(a_row_that_does_not_fit_fails_alone),
        cmocka_unit_test(what_is_stale_is_prepared_anew),
        cmocka_unit_test(one_that_is_cut_short_poisons_nothing),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
