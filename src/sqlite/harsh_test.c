/* SPDX-License-Identifier: MIT */
/* Goal: a database is whole at any moment, whatever is cut short, cancelled or without memory: what
 * was told to be done is there and nothing else in part, and it serves again afterwards.
 * Method: harsh.h on one file; the walkers of the debug build look at each step. */
#include <edo/sqlite.h>

#include "harsh.h"

#include <edo/fs.h>

#include <errno.h>
#include <unistd.h>

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

typedef struct db_world {
    edo_sqlite *db;
    atomic_llong told; /* rows of which a call has said that they are there */
} db_world;

/* Rows are only ever added, two by two in one transaction. */
static int adds_two(edo_sqlite *tx, void *arg) {
    uint64_t random = *(const uint64_t *)arg;
    int rc = 0;
    for (int i = 0; i < 2 && rc >= 0; i++) {
        rc = edo_sqlite_exec(tx, "insert into t values (?1)", EDO_SQL((int64_t)(random % 1000)));
        if (i == 0 && random % 5 == 0) rc = -EPERM;
    }
    return rc < 0 ? rc : 0;
}

static void adds(void *arg, uint64_t random) {
    db_world *w = arg;
    int err = random % 2 ? edo_sqlite_run_tx(w->db, adds_two, &random)
                         : edo_sqlite_call(w->db, true, adds_two, &random);
    if (err == 0) w->told += 2;
}

/* In steps of its own, which may be left in the middle. */
static void adds_by_hand(void *arg, uint64_t random) {
    db_world *w = arg;
    edo_sqlite *tx;
    if (edo_sqlite_begin(&tx, w->db) < 0) return;
    int err = adds_two(tx, &random);
    (void)harsh_linger(random);
    if (err == 0 && random % 3 > 0) {
        if (edo_sqlite_commit(tx) == 0) w->told += 2;
    } else if (random % 2) {
        (void)edo_sqlite_rollback(tx);
    }
    edo_sqlite_close(tx);
}

/* Statements that leave a transaction open, or end one, are refused or undone. */
static void meddles(void *arg, uint64_t random) {
    static const char *const all[] = { "begin",           "commit",      "rollback",
                                       "begin immediate", "savepoint s", "select nothing" };
    db_world *w = arg;
    (void)edo_sqlite_exec(w->db, all[random % EDO_COUNT(all)], EDO_SQL_NONE);
}

static void reads(void *arg, uint64_t random) {
    db_world *w = arg;
    number n = { 0 };
    if (random % 2) {
        if (edo_sqlite_query_one(w->db, &n, &number_desc, "select count(*) as n from t",
                                 EDO_SQL_NONE) == 0)
            CHECK_EQ(n.n % 2, 0);
        return;
    }
    edo_seq *rows = edo_sqlite_rows(w->db, &number_desc, "select n from t limit 300", EDO_SQL_NONE);
    for (uint64_t most = random / 2 % 400; most > 0 && edo_seq_next(rows, &n) > 0; most--) {
    }
    edo_seq_free(rows);
}

static int64_t rows_n(db_world *w) {
    number n = { 0 };
    EDO_TEST_OK(
        edo_sqlite_query_one(w->db, &n, &number_desc, "select count(*) as n from t", EDO_SQL_NONE));
    return n.n;
}

static int uses_a_database(void *arg) {
    static harsh_op *const all[] = { adds, adds_by_hand, reads, reads, meddles };
    const edo_sqlite_opts opts = { .readers_max = 2,
                                   .wait_timeout = edo_ms(5),
                                   .open_sql = "pragma synchronous = off" };
    db_world w = { .told = 0 };
    uint64_t two = 1;
    (void)arg;
    EDO_TEST_OK(edo_sqlite_open(&w.db, "test.db", &opts));
    CHECK(edo_sqlite_exec(w.db, "create table t (n)", EDO_SQL_NONE) >= 0);
    harsh_run(&w, all, EDO_COUNT(all));
    WAIT_FOR(edo_sqlite_get_stats(w.db).writer.lent == 0);
    int64_t before = rows_n(&w);
    CHECK(before % 2 == 0 && before >= w.told && w.told > 0);
    EDO_TEST_OK(edo_sqlite_run_tx(w.db, adds_two, &two));
    CHECK_EQ(rows_n(&w), before + 2);
    EDO_TEST_OK(edo_sqlite_check(w.db));
    edo_sqlite_close(w.db);
    edo_trail_clear();
    return 0;
}

static void a_database_is_whole_whatever_happens(void **state) {
    char folder[] = "/tmp/edo-harsh-XXXXXX";
    char *before = getcwd(NULL, 0);
    (void)state;
    assert_non_null(before);
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    harsh_inside(uses_a_database, NULL);
    assert_int_equal(chdir(before), 0);
    free(before);
    assert_int_equal(edo_fs_remove_dir_all(folder), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_database_is_whole_whatever_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
