/* SPDX-License-Identifier: MIT */
/* Goal: migrations are done once, in order, whole or not at all, and by one program at a time; what
 * does not fit to what was done is an error that names it.
 * Method: a file in a folder of the test's own; lists that grow, change and fail; a second handle
 * of the file has connections of its own, as another program has. */
#include "fail_alloc.h"
#include "inside.h"

#include <edo/error.h>
#include <edo/fs.h>
#include <edo/sqlite.h>
#include <edo/task.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

static char folder[64], path[96];

static edo_sqlite *opened(const edo_sqlite_opts *o) {
    edo_sqlite *db;
    (void)snprintf(folder, sizeof folder, "/tmp/edo-sqlite-XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof path, "%s/test.db", folder);
    EDO_TEST_OK(edo_sqlite_open(&db, path, o));
    return db;
}

static void closed(edo_sqlite *db) {
    edo_sqlite_close(db);
    EDO_TEST_OK(edo_fs_remove_dir_all(folder));
}

static void does(edo_sqlite *db, const char *sql) {
    CHECK(edo_sqlite_exec(db, sql, EDO_SQL_NONE) >= 0);
}

static int64_t asks(edo_sqlite *db, const char *sql) {
    number n = { 0 };
    EDO_TEST_OK(edo_sqlite_query_one(db, &n, &number_desc, sql, EDO_SQL_NONE));
    return n.n;
}

#define TABLES(name) "select count(*) as n from sqlite_schema where name = '" name "'"

/* Fails as the trail says. */
static void told(int err, int wanted, const char *words) {
    char text[2048];
    CHECK_EQ(err, wanted);
    (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LIST);
    if (!strstr(text, words)) (void)fprintf(stderr, "%s\n", text);
    CHECK(strstr(text, words) != NULL);
    edo_trail_clear();
}

static const edo_migration list[] = {
    { 1, "first", "create table m1 (n int); insert into m1 values (1), (2);" },
    { 5, "second", "create table m2 (n int)" },
};

EDO_TEST(what_is_new_is_done_once, .workers = 1) {
    edo_sqlite *db = opened(NULL), *other;
    CHECK_EQ(edo_sqlite_migrate(db, list, 2, &(edo_migrate_opts){ .dry_run = true }), 2);
    CHECK_EQ(asks(db, TABLES("_edo_migrations")), 0);
    CHECK_EQ(edo_sqlite_migrate(db, list, 1, NULL), 1);
    CHECK_EQ(edo_sqlite_migrate(db, list, 2, &(edo_migrate_opts){ .dry_run = true }), 1);
    CHECK_EQ(edo_sqlite_migrate(db, list, 1, NULL), 0);
    CHECK_EQ(asks(db, "select count(*) as n from m1"), 2);
    CHECK_EQ(edo_sqlite_migrate(db, list, 2, NULL), 1);
    CHECK_EQ(edo_sqlite_migrate(db, list, 2, NULL), 0);
    CHECK_EQ(asks(db, "select count(*) as n from _edo_migrations where success = 1 and"
                      " length(checksum) = 20 and execution_time >= 0 and installed_on like '20%'"),
             2);
    CHECK_EQ(asks(db, "select count(*) as n from _edo_migrations where version = 5 and description"
                      " = 'second'"),
             1);
    told(edo_sqlite_migrate(db, NULL, 0, NULL), -EDO_ESQL,
         "migration 1 was done, and is not there any more");
    CHECK_EQ(edo_sqlite_migrate(db, NULL, 0, &(edo_migrate_opts){ .ignore_missing = true }), 0);
    CHECK_EQ(edo_sqlite_migrate(db, list + 1, 1, &(edo_migrate_opts){ .ignore_missing = true }), 0);

    // who has nothing to do writes nothing
    EDO_TEST_OK(edo_sqlite_open(&other, path, &(edo_sqlite_opts){ .read_only = true }));
    CHECK_EQ(edo_sqlite_migrate(other, list, 2, NULL), 0);
    edo_sqlite_close(other);
    closed(db);
}

EDO_TEST(a_table_may_have_any_name_but_a_long_one, .workers = 1) {
    char name[65];
    edo_sqlite *db = opened(NULL);
    memset(name, '"', 64);
    name[64] = '\0';
    told(edo_sqlite_migrate(db, list, 2, &(edo_migrate_opts){ .table = name }), -EINVAL,
         "1 to 63 bytes");
    told(edo_sqlite_migrate(db, list, 2, &(edo_migrate_opts){ .table = "" }), -EINVAL,
         "1 to 63 bytes");
    name[63] = '\0';
    CHECK_EQ(edo_sqlite_migrate(db, list, 2, &(edo_migrate_opts){ .table = name }), 2);
    CHECK_EQ(edo_sqlite_migrate(db, list, 2, &(edo_migrate_opts){ .table = name }), 0);
    const edo_migration other = { 1, "other", "create table m3 (n int)" };
    const edo_migrate_opts opts = { .table = "My \"; drop table m1; -- %w" };
    CHECK_EQ(edo_sqlite_migrate(db, &other, 1, &opts), 1);
    CHECK_EQ(edo_sqlite_migrate(db, &other, 1, &opts), 0);
    CHECK_EQ(asks(db, "select count(*) as n from \"MY \"\"; DROP TABLE m1; -- %w\""), 1);
    CHECK_EQ(asks(db, "select count(*) as n from m1"), 2);
    CHECK_EQ(edo_sqlite_migrate(db, list, 2, &(edo_migrate_opts){ .reserved = { 1 } }), -EINVAL);
    closed(db);
}

EDO_TEST(a_database_in_memory_has_them_too, .workers = 1) {
    edo_sqlite *db, *tx;
    EDO_TEST_OK(edo_sqlite_open(&db, ":memory:", NULL));
    CHECK_EQ(edo_sqlite_migrate(db, list, 2, NULL), 2);
    CHECK_EQ(edo_sqlite_migrate(db, list, 2, NULL), 0);
    EDO_TEST_OK(edo_sqlite_begin(&tx, db));
    told(edo_sqlite_migrate(tx, list, 2, NULL), -EINVAL, "transactions of their own");
    edo_sqlite_close(tx);
    edo_sqlite_close(db);
}

EDO_TEST(what_does_not_fit_is_named, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    edo_migration some[3] = { list[0], list[1], { 9, "bad", "create table m4 (n int); selekt" } };
    told(edo_sqlite_migrate(db, some, 3, NULL), -EDO_ESQL, "migration 9 (bad)");
    CHECK_EQ(asks(db, "select count(*) as n from _edo_migrations"), 2);
    CHECK_EQ(asks(db, TABLES("m4")), 0);
    some[1].sql = "create table m2 (n bigint)";
    told(edo_sqlite_migrate(db, some, 2, NULL), -EDO_ESQL, "migration 5 was changed");
    some[1] = (edo_migration){ 3, "late", "select 1" };
    some[2] = list[1];
    told(edo_sqlite_migrate(db, some, 3, NULL), -EDO_ESQL, "migration 3 is new, but 5 was done");
    some[1] = some[0];
    told(edo_sqlite_migrate(db, some, 2, NULL), -EINVAL, "is not above");
    some[0].version = 0;
    told(edo_sqlite_migrate(db, some, 1, NULL), -EINVAL, "has no version");
    closed(db);
}

EDO_TEST(a_text_cannot_end_the_transaction_that_it_is_done_in, .workers = 1) {
    static const struct {
        const char *sql;
        int err;
    } texts[] = {
        { "create table m3 (n int); commit; create table m4 (n int)", -EINVAL },
        { "create table m3 (n int); rollback; create table m4 (n int)", -EINVAL },
        { "create table m3 (n int); rollback", -EINVAL },
        { "create table m3 (n int); rollback; begin; create table m4 (n int)", -EINVAL },
        { "create table m3 (n int); rollback; begin; create table m4 (n int); commit", -EINVAL },
        { "begin; create table m3 (n int); commit", -EDO_ESQL },
    };
    edo_sqlite *db = opened(NULL);
    CHECK_EQ(edo_sqlite_migrate(db, list, 1, NULL), 1);
    for (size_t i = 0; i < EDO_COUNT(texts); i++) {
        const edo_migration some[] = { list[0], { 2, "ends", texts[i].sql } };
        told(edo_sqlite_migrate(db, some, 2, NULL), texts[i].err, "migration 2 (ends)");
        CHECK_EQ(asks(db, "select count(*) as n from sqlite_schema where name in ('m3', 'm4')"), 0);
        CHECK_EQ(asks(db, "select count(*) as n from _edo_migrations"), 1);
    }
    does(db, "insert into m1 values (3)"); // what refused the commit is gone
    const edo_migration nested[] = {
        list[0],
        { 2, "nested", "savepoint a; create table m3 (n int); release a" },
        { 3, "undone", "savepoint a; create table m4 (n int); rollback to a; release a" },
    };
    CHECK_EQ(edo_sqlite_migrate(db, nested, 3, NULL), 2);
    CHECK_EQ(asks(db, TABLES("m3")), 1);
    closed(db);
}

/* ---- Without a transaction ------------------------------------------------------------------- */

#define BARE "-- no-transaction\n"

/* The table of which others refer to rows: with foreign keys checked, its drop deletes theirs. */
#define NEW_FORM                                                                                   \
    BARE "pragma foreign_keys = off; begin; create table fresh (id integer primary key, t text);"  \
         " insert into fresh (id) select id from a; drop table a; alter table fresh rename to a;"  \
         " commit;"

EDO_TEST(one_may_go_without_a_transaction, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    const edo_migration some[] = {
        { 1, "tables",
          "create table a (id integer primary key);"
          "create table b (a int references a on delete cascade);"
          "insert into a values (1), (2); insert into b values (1), (2)" },
        { 2, "new form", NEW_FORM },
        { 3, "smaller", BARE "vacuum" },
    };
    CHECK_EQ(edo_sqlite_migrate(db, some, 3, NULL), 3);
    CHECK_EQ(edo_sqlite_migrate(db, some, 3, NULL), 0);
    CHECK_EQ(asks(db, "select count(*) as n from b join a on a.id = b.a where t is null"), 2);
    CHECK_EQ(edo_sqlite_exec(db, "insert into b values (3)", EDO_SQL_NONE), -EDO_ESQL);
    edo_trail_clear(); // foreign keys are checked again

    // and stay unchecked where they were
    edo_sqlite *other;
    EDO_TEST_OK(edo_sqlite_open(&other, path, &(edo_sqlite_opts){ .no_foreign_keys = true }));
    const edo_migrate_opts opts = { .table = "others" };
    const edo_migration on = { 1, "on", BARE "pragma foreign_keys = on" };
    CHECK_EQ(edo_sqlite_migrate(other, &on, 1, &opts), 1);
    does(other, "insert into b values (3)");
    edo_sqlite_close(other);
    closed(db);
}

EDO_TEST(one_without_a_transaction_that_fails_is_done_in_part, .workers = 1) {
    edo_sqlite *db = opened(&(edo_sqlite_opts){ .busy = edo_ms(1) });
    edo_migration bare = { 1, "bare", BARE "vaccuum" };
    told(edo_sqlite_migrate(db, &bare, 1, NULL), -EDO_ESQL, "migration 1 (bare)");
    CHECK_EQ(edo_sqlite_migrate(db, NULL, 0, NULL), 0); // no statement of it has begun
    bare.sql = BARE "create table m1 (n int); selekt";
    told(edo_sqlite_migrate(db, &bare, 1, NULL), -EDO_ESQL, "migration 1 (bare)");
    CHECK_EQ(asks(db, TABLES("m1")), 1);
    told(edo_sqlite_migrate(db, &bare, 1, NULL), -EDO_ESQL, "migration 1 was done in part");
    does(db, "delete from _edo_migrations"); // by hand
    bare.sql = BARE "begin; create table m2 (n int)";
    told(edo_sqlite_migrate(db, &bare, 1, NULL), -EINVAL, "leaves a transaction open");
    CHECK_EQ(asks(db, TABLES("m2")), 0);
    does(db, "insert into m1 values (1)");
    closed(db);
}

EDO_TEST(what_a_text_leaves_on_its_connection_ends_with_it, .workers = 1) {
    static const edo_migration some[] = {
        { 1, "table", "create table m1 (n int)" },
        { 2, "temp", "create temp table m1 (n int)" }, // it hides the other
        { 3, "attach", BARE "attach ':memory:' as beside; create temp table m1 (n int)" },
    };
    edo_sqlite *db = opened(NULL);
    for (size_t n = 2; n <= EDO_COUNT(some); n++) {
        CHECK(edo_sqlite_migrate(db, some, n, NULL) > 0);
        does(db, "insert into m1 values (1)");
        CHECK_EQ(asks(db, "select count(*) as n from m1"), (int)n - 1);
    }
    told(edo_sqlite_exec(db, "detach beside", EDO_SQL_NONE), -EDO_ESQL, "failed");
    closed(db);
}

static int migrates(void *db) {
    return edo_sqlite_migrate(db, list, 2, NULL);
}

/* Another program has begun one in no transaction, as the table says: it may still be at it. */
EDO_TEST(one_that_is_under_way_is_waited_for, .workers = 1) {
    edo_sqlite *db = opened(&(edo_sqlite_opts){ .busy = edo_s(30) });
    CHECK_EQ(migrates(db), 2);
    does(db, "update _edo_migrations set success = 0 where version = 5");
    uint64_t before = edo_sqlite_get_stats(db).readers.gets_n;
    edo_task *t = edo_spawn(migrates, db);
    CHECK(t != NULL);
    WAIT_FOR(edo_sqlite_get_stats(db).readers.gets_n >= before + 4); // it has looked, and again
    does(db, "update _edo_migrations set success = 1");
    CHECK_EQ(edo_task_join(t), 0);
    closed(db);
}

/* ---- Several at once ------------------------------------------------------------------------- */

EDO_TEST(programs_that_migrate_at_once_take_turns, .workers = 4) {
    edo_sqlite *db = opened(NULL), *other;
    edo_task *tasks[4];
    int done_n = 0;
    EDO_TEST_OK(edo_sqlite_open(&other, path, NULL));
    for (int i = 0; i < 4; i++) tasks[i] = edo_spawn(migrates, i % 2 ? other : db);
    for (int i = 0; i < 4; i++) {
        int n = edo_task_join(tasks[i]);
        CHECK(n >= 0);
        done_n += n;
    }
    CHECK_EQ(done_n, 2);
    CHECK_EQ(asks(db, "select count(*) as n from m1"), 2);
    edo_sqlite_close(other);
    closed(db);
}

/* Lets a task read the table, and another program do `theirs` before it writes. Returns what the
 * task has, which does `list`. */
static int beside(edo_sqlite *db, const edo_migration *theirs, size_t n) {
    edo_sqlite *other, *tx;
    EDO_TEST_OK(edo_sqlite_open(&other, path, NULL));
    EDO_TEST_OK(edo_sqlite_begin(&tx, db)); // the task waits behind it
    edo_task *t = edo_spawn(migrates, db);
    CHECK(t != NULL);
    WAIT_FOR_EQ(edo_sqlite_get_stats(db).writer.waiting, 1u);
    EDO_TEST_OK(edo_sqlite_rollback(tx)); // the file is free, the task's connection is not
    CHECK_EQ(edo_sqlite_migrate(other, theirs, n, NULL), (int)n);
    edo_sqlite_close(tx);
    edo_sqlite_close(other);
    return edo_task_join(t);
}

EDO_TEST(what_another_has_done_meanwhile_is_not_done_again, .workers = 1) {
    edo_sqlite *db = opened(NULL);
    CHECK_EQ(beside(db, list, 2), 0);
    closed(db);
    db = opened(NULL);
    CHECK_EQ(beside(db, list, 1), 1);
    closed(db);
    db = opened(NULL);
    const edo_migration theirs[] = { list[0], { 9, "theirs", "select 1" } };
    told(beside(db, theirs, 2), -EDO_ESQL, "migration 5 is new, but 9 was done");
    CHECK_EQ(asks(db, TABLES("m2")), 0);
    closed(db);
}

/* ---- Memory ---------------------------------------------------------------------------------- */

EDO_TEST(without_memory_at_any_point_one_is_whole_or_nothing, .workers = 1) {
    const edo_migration some[] = { list[0], list[1], { 7, "bare", BARE "select 1" } };
    int k = 0;
    for (bool fired = true; fired;) {
        edo_sqlite *db;
        EDO_TEST_OK(edo_sqlite_open(&db, ":memory:", &(edo_sqlite_opts){ .busy = edo_ms(1) }));
        fail_alloc_in = ++k;
        int n = edo_sqlite_migrate(db, some, 3, NULL);
        fired = fail_alloc_in == 0;
        fail_alloc_in = 0;
        CHECK(n == 3 || (fired && n == -ENOMEM));
        edo_trail_clear();
        n = edo_sqlite_migrate(db, some, 3, NULL);
        // the note that the bare one is done may have failed
        CHECK(n >= 0 || (fired && n == -EDO_ESQL));
        edo_trail_clear();
        CHECK_EQ(asks(db, "select count(*) as n from m1"), 2);
        CHECK_EQ(asks(db, "select count(*) as n from _edo_migrations"), 3);
        edo_sqlite_close(db);
    }
    CHECK(k > 1);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_new_is_done_once),
        cmocka_unit_test(a_table_may_have_any_name_but_a_long_one),
        cmocka_unit_test(a_database_in_memory_has_them_too),
        cmocka_unit_test(what_does_not_fit_is_named),
        cmocka_unit_test(a_text_cannot_end_the_transaction_that_it_is_done_in),
        cmocka_unit_test(one_may_go_without_a_transaction),
        cmocka_unit_test(one_without_a_transaction_that_fails_is_done_in_part),
        cmocka_unit_test(what_a_text_leaves_on_its_connection_ends_with_it),
        cmocka_unit_test(one_that_is_under_way_is_waited_for),
        cmocka_unit_test(programs_that_migrate_at_once_take_turns),
        cmocka_unit_test(what_another_has_done_meanwhile_is_not_done_again),
        cmocka_unit_test(without_memory_at_any_point_one_is_whole_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
