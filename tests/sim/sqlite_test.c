/* SPDX-License-Identifier: MIT */
/* Goal: a database of SQLite on the disk of a host is whole after each crash; what was committed is
 * there with synchronous=FULL, and a first part of it with NORMAL.
 * Method: a program that commits numbers one by one until its host crashes, and looks at them when
 * it starts again; with many seeds. That NORMAL loses some shows that the disk takes what it
 * may. */
#include "files.h"
#include "inside.h"

#include <edo/sim.h>
#include <edo/sqlite.h>
#include <edo/value.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS 24

typedef struct numbers {
    int64_t n, most;
    edo_str check;
} numbers;
EDO_DESCRIBE(numbers, EDO_FIELD(numbers, n), EDO_FIELD(numbers, most), EDO_FIELD(numbers, check))

typedef struct keeper {
    char folder[64], file[96];
    const char *sync;
    int lives_n;
    int64_t committed; /* the last number whose commit has returned */
    int64_t found;     /* after the crash */
    bool is_whole;
} keeper;

static int commit_numbers(keeper *k, edo_sqlite *db) {
    int n = edo_sqlite_exec(db, "create table if not exists note (n integer primary key)",
                            EDO_SQL_NONE);
    for (int64_t i = 1; n >= 0; i++) {
        n = edo_sqlite_exec(db, "insert into note values (?1)", EDO_SQL(i));
        if (n >= 0) k->committed = i;
    }
    return n;
}

static int look_at_numbers(keeper *k, edo_sqlite *db) {
    static const char sql[] = "select count(*) as n, coalesce(max(n), 0) as most,"
                              " (select * from pragma_integrity_check) as \"check\" from note";
    numbers found = { 0 };
    int n = edo_sqlite_exec(db, "create table if not exists note (n integer primary key)",
                            EDO_SQL_NONE);
    if (n >= 0) n = edo_sqlite_query_one(db, &found, &numbers_desc, sql, EDO_SQL_NONE);
    k->found = found.most;
    k->is_whole = n >= 0 && found.n == found.most && edo_str_equal(found.check, EDO_STR("ok"));
    edo_value_deinit(&found, &numbers_desc);
    return n < 0 ? n : 0;
}

static int keep_numbers(void *arg) {
    keeper *k = arg;
    edo_sqlite *db;
    bool is_first = k->lives_n++ == 0;
    int err = edo_sqlite_open(&db, k->file, &(edo_sqlite_opts){ .open_sql = k->sync });
    if (err < 0) return err;
    err = is_first ? commit_numbers(k, db) : look_at_numbers(k, db);
    edo_sqlite_close(db);
    return err;
}

/* Returns how many commits are missing. */
static int64_t crash_with(uint64_t seed, const char *sync) {
    keeper k = { .sync = sync };
    files_make(k.folder);
    (void)snprintf(k.file, sizeof k.file, "%s/notes.db", k.folder);
    edo_sim *sim = edo_sim_new(&(edo_sim_opts){ .seed = seed });
    assert_non_null(sim);
    assert_int_equal(edo_sim_client(sim, "keeper", keep_numbers, &k), 0);
    assert_int_equal(edo_sim_disk(sim, "keeper", k.folder), 0);
    // at any moment: of one commit, or between two
    assert_int_equal(edo_sim_crash(sim, "keeper", edo_us((int64_t)(20000 + seed * 977))), 0);
    assert_int_equal(edo_sim_restart(sim, "keeper", edo_s(1)), 0);
    int err = edo_sim_run(sim, edo_minutes(1));
    if (err < 0) edo_trail_print(stderr, err, EDO_TRAIL_LINE);
    assert_int_equal(err, 0);
    edo_sim_free(sim);
    if (!k.is_whole || k.found > k.committed + 1)
        fail_msg("seed %d: %d of %d are there, and are not whole", (int)seed, (int)k.found,
                 (int)k.committed);
    files_free(k.folder);
    return k.found < k.committed ? k.committed - k.found : 0;
}

static void full_sync_loses_no_commit(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        assert_int_equal(crash_with(seed, "pragma synchronous = full"), 0);
}

static void normal_sync_loses_the_last_ones_and_damages_nothing(void **state) {
    int64_t lost_n = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        lost_n += crash_with(seed, "pragma synchronous = normal");
    assert_true(lost_n > 0);
}

/* ---- Its random numbers ---------------------------------------------------------------------- */

typedef struct chance {
    char file[96];
    int64_t drawn;
} chance;
EDO_DESCRIBE(chance, EDO_FIELD(chance, drawn))

static int draw_one(void *arg) {
    chance *c = arg;
    edo_sqlite *db;
    int err = edo_sqlite_open(&db, c->file, NULL);
    if (err < 0) return err;
    err = edo_sqlite_query_one(db, c, &chance_desc, "select random() as drawn", EDO_SQL_NONE);
    edo_sqlite_close(db);
    return err < 0 ? err : 0;
}

/* With new files: what is done to one draws, too. */
static void draw(chance two[2], uint64_t seed) {
    char folder[64];
    files_make(folder);
    edo_sim *sim = edo_sim_new(&(edo_sim_opts){ .seed = seed });
    assert_non_null(sim);
    for (int i = 0; i < 2; i++) {
        (void)snprintf(two[i].file, sizeof two[i].file, "%s/%d.db", folder, i);
        assert_int_equal(edo_sim_client(sim, i == 0 ? "a" : "b", draw_one, &two[i]), 0);
    }
    assert_int_equal(edo_sim_run(sim, edo_s(5)), 0);
    edo_sim_free(sim);
    files_free(folder);
}

static void random_of_each_host_is_by_the_seed(void **state) {
    chance first[2], again[2], other[2];
    (void)state;
    draw(first, 1);
    draw(again, 1);
    draw(other, 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(first[i].drawn, again[i].drawn);
        assert_int_not_equal(first[i].drawn, other[i].drawn);
    }
    assert_int_not_equal(first[0].drawn, first[1].drawn);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_sync_loses_no_commit),
        cmocka_unit_test(normal_sync_loses_the_last_ones_and_damages_nothing),
        cmocka_unit_test(random_of_each_host_is_by_the_seed),
    };
    return cmocka_run_group_tests_name("sim_sqlite", tests, NULL, NULL);
}
