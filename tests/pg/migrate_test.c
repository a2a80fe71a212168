/* SPDX-License-Identifier: MIT */
/* Goal: migrations are done once, in order, whole or not at all, and by one program at a time; what
 * does not fit to what was done is an error that names it.
 * Method: a real server; lists that grow, change and fail, and several tasks at once. */
#include "inside.h"
#include "pg_server.h"

#include <edo/pg.h>
#include <edo/task.h>

#include <errno.h>
#include <string.h>

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

static edo_pg *fresh(void) {
    edo_pg *db;
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &(edo_pg_opts){ .pool = { .max = 4 } }), 0);
    CHECK_EQ(edo_pg_exec(db,
                         "drop table if exists _edo_migrations, \"my \"\" table\", m1, m2, m3, m4",
                         EDO_SQL_NONE),
             0);
    return db;
}

static int64_t ask(edo_pg *pg, const char *sql) {
    number n;
    int err = edo_pg_query_one(pg, &n, &number_desc, sql, EDO_SQL_NONE);
    return err < 0 ? err : n.n;
}

static const edo_migration list[] = {
    { 1, "first", "create table m1 (n int); insert into m1 values (1), (2);" },
    { 5, "second", "create table m2 (n int)" },
};

static void told(int err, const char *words) {
    char text[2048];
    (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LIST);
    if (!strstr(text, words)) (void)fprintf(stderr, "%s\n", text);
    CHECK(strstr(text, words) != NULL);
    edo_trail_clear();
}

static int grows(void *arg) {
    edo_pg *db = fresh();
    (void)arg;
    CHECK_EQ(edo_pg_migrate(db, list, 2, &(edo_migrate_opts){ .dry_run = true }), 2);
    CHECK_EQ(ask(db, "select count(*) as n from pg_class where relname = '_edo_migrations'"), 0);
    CHECK_EQ(edo_pg_migrate(db, list, 1, NULL), 1);
    CHECK_EQ(edo_pg_migrate(db, list, 2, &(edo_migrate_opts){ .dry_run = true }), 1);
    CHECK_EQ(edo_pg_migrate(db, list, 1, NULL), 0);
    CHECK_EQ(ask(db, "select count(*) as n from m1"), 2);
    CHECK_EQ(edo_pg_migrate(db, list, 2, NULL), 1);
    CHECK_EQ(edo_pg_migrate(db, list, 2, NULL), 0);
    CHECK_EQ(ask(db, "select count(*) as n from _edo_migrations where success and"
                     " length(checksum) = 48 and execution_time >= 0"),
             2);
    CHECK_EQ(edo_pg_migrate(db, list, 0, NULL), -EDO_ESQL);
    told(-EDO_ESQL, "migration 1 was done, and is not there any more");
    CHECK_EQ(edo_pg_migrate(db, list, 0, &(edo_migrate_opts){ .ignore_missing = true }), 0);
    CHECK_EQ(edo_pg_migrate(db, list, 0, &(edo_migrate_opts){ .table = "my \" table" }), 0);
    CHECK_EQ(edo_pg_migrate(db, NULL, 0, &(edo_migrate_opts){ .table = "" }), -EINVAL);
    edo_trail_clear();
    edo_pg_close(db);
    return 0;
}

static void what_is_new_is_done_once(void **state) {
    (void)state;
    assert_int_equal(inside_real(grows, NULL), 0);
}

static int does_not_fit(void *arg) {
    edo_pg *db = fresh();
    (void)arg;
    edo_migration some[3] = { list[0], list[1], { 9, "bad", "create table m4 (n int); selekt" } };
    CHECK_EQ(edo_pg_migrate(db, some, 3, NULL), -EDO_ESQL);
    told(-EDO_ESQL, "migration 9 (bad)");
    CHECK_EQ(ask(db, "select count(*) as n from _edo_migrations"), 2);
    CHECK_EQ(ask(db, "select count(*) as n from pg_class where relname = 'm4'"), 0);

    some[1].sql = "create table m2 (n bigint)";
    CHECK_EQ(edo_pg_migrate(db, some, 2, NULL), -EDO_ESQL);
    told(-EDO_ESQL, "migration 5 was changed");
    some[1] = (edo_migration){ 3, "late", "select 1" };
    some[2] = list[1];
    CHECK_EQ(edo_pg_migrate(db, some, 3, NULL), -EDO_ESQL);
    told(-EDO_ESQL, "migration 3 is new, but 5 was done");
    some[1] = some[0];
    CHECK_EQ(edo_pg_migrate(db, some, 2, NULL), -EINVAL);
    some[0].version = 0;
    CHECK_EQ(edo_pg_migrate(db, some, 1, NULL), -EINVAL);
    edo_trail_clear();

    // one without a transaction that fails is done in part
    some[0] = list[0], some[1] = list[1];
    some[2] = (edo_migration){ 9, "bare", "-- no-transaction\nvacuum nowhere" };
    CHECK_EQ(edo_pg_migrate(db, some, 3, NULL), -EDO_ESQL);
    edo_trail_clear();
    CHECK_EQ(edo_pg_migrate(db, some, 3, NULL), -EDO_ESQL);
    told(-EDO_ESQL, "migration 9 was done in part");
    edo_pg_close(db);
    return 0;
}

static void what_does_not_fit_is_named(void **state) {
    (void)state;
    assert_int_equal(inside_real(does_not_fit, NULL), 0);
}

static int goes_bare(void *arg) {
    edo_pg *db = fresh();
    (void)arg;
    edo_migration bare = { 1, "bare", "-- no-transaction\nvacuum pg_class" }; // not in one
    CHECK_EQ(edo_pg_migrate(db, &bare, 1, NULL), 1);
    CHECK_EQ(edo_pg_migrate(db, &bare, 1, NULL), 0);

    // several would be a transaction of the server's: they are refused, and nothing has begun
    edo_migration more[] = { bare, { 2, "two", "-- no-transaction\nvacuum pg_am; vacuum pg_am" } };
    CHECK_EQ(edo_pg_migrate(db, more, 2, NULL), -EDO_ESQL);
    told(-EDO_ESQL, "is one statement");
    more[1].sql = "-- no-transaction\nvacuum pg_am; -- and no more";
    CHECK_EQ(edo_pg_migrate(db, more, 2, NULL), 1);
    edo_pg_close(db);
    return 0;
}

static void one_may_go_without_a_transaction(void **state) {
    (void)state;
    assert_int_equal(inside_real(goes_bare, NULL), 0);
}

static int copies(void *arg) {
    edo_pg *db = fresh();
    (void)arg;
    edo_migration copy = { 1, "copy", "create table t (n int);\ncopy t from stdin;" };
    CHECK_EQ(edo_pg_migrate(db, &copy, 1, NULL), -ENOTSUP);
    edo_trail_clear();
    CHECK_EQ(edo_pg_migrate(db, list, 2, NULL), 2); // nothing has become of it
    edo_migration bare[] = { list[0],
                             list[1],
                             { 9, "copy", "-- no-transaction\ncopy m1 to stdout" } };
    CHECK_EQ(edo_pg_migrate(db, bare, 3, NULL), -ENOTSUP);
    edo_trail_clear();
    edo_pg_close(db);
    return 0;
}

static void one_that_copies_is_refused(void **state) {
    (void)state;
    assert_int_equal(inside_real(copies, NULL), 0);
}

static int migrates(void *db) {
    return edo_pg_migrate(db, list, 2, NULL);
}

static int takes_turns(void *arg) {
    edo_pg *db = fresh();
    edo_task *tasks[4];
    int done_n = 0;
    (void)arg;
    for (int i = 0; i < 4; i++) tasks[i] = edo_spawn(migrates, db);
    for (int i = 0; i < 4; i++) {
        int n = edo_task_join(tasks[i]);
        CHECK(n >= 0);
        done_n += n;
    }
    CHECK_EQ(done_n, 2);
    edo_pg_close(db);
    return 0;
}

static void programs_that_migrate_at_once_take_turns(void **state) {
    (void)state;
    assert_int_equal(inside_each(takes_turns, NULL), 0);
}

typedef struct migrator {
    edo_pg *db;
    const edo_migration *list;
} migrator;

static int indexes(void *arg) {
    const migrator *m = arg;
    return edo_pg_migrate(m->db, m->list, 2, NULL);
}

/* One that is in no transaction waits for all snapshots, also of those that wait for their turn. */
static int indexes_beside(void *arg) {
    static const edo_migration slow[] = {
        { 1, "waits", "lock table m4" },
        { 2, "index", "-- no-transaction\ncreate index concurrently m4_n on m4 (n)" },
    };
    edo_pg *db = fresh(), *holder;
    (void)arg;
    CHECK_EQ(edo_pg_exec(db, "create table m4 (n int)", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_begin(&holder, db, NULL), 0);
    CHECK_EQ(edo_pg_exec(holder, "lock table m4", EDO_SQL_NONE), 0);
    edo_task *first = edo_spawn(indexes, &(migrator){ db, slow });
    WAIT_FOR(ask(db, "select count(*) as n from pg_stat_activity where query = 'lock table m4' and"
                     " wait_event_type = 'Lock'") == 1);
    edo_task *second = edo_spawn(indexes, &(migrator){ db, slow });
    WAIT_FOR(ask(db, "select count(*) as n from pg_stat_activity where query ~ '^select pg_.*lock'"
                     " and pid <> pg_backend_pid()") == 1);
    edo_pg_close(holder);
    CHECK_EQ(edo_task_join(first), 2);
    CHECK_EQ(edo_task_join(second), 0);
    edo_pg_close(db);
    return 0;
}

static void who_waits_for_its_turn_has_no_snapshot(void **state) {
    (void)state;
    assert_int_equal(inside_real(indexes_beside, NULL), 0);
}

/* Where its own "commit" or "rollback" ends the transaction, nobody knows what was done. */
static int ends_its_own(void *arg) {
    static const char *const texts[] = {
        "create table m1 (n int); commit",
        "create table m1 (n int); rollback; create table m2 ()",
        "create table m1 (n int); rollback; begin; create table m2 ()",
        "create table m1 (n int); rollback and chain; create table m2 ()",
        "create table m1 (n int); commit; begin; create table m2 ()",
        "create table m1 (n int); commit and chain",
        "commit; select 1 / 0",
        "create table m1 (n int); commit; begin; select 1 / 0",
        "create table m1 (n int); commit and chain; insert into nosuch values (1)",
    };
    static const int errs[] = { -EINVAL, -EINVAL,   -EINVAL,   -EINVAL,  -EINVAL,
                                -EINVAL, -EDO_ESQL, -EDO_ESQL, -EDO_ESQL };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(texts); i++) {
        edo_pg *db = fresh();
        const edo_migration x = { 1, "ends", texts[i] };
        CHECK_EQ(edo_pg_migrate(db, &x, 1, NULL), errs[i]);
        told(errs[i], "the text ends the transaction that it is done in");
        CHECK_EQ(edo_pg_migrate(db, &x, 1, NULL), -EDO_ESQL);
        told(-EDO_ESQL, "migration 1 was done in part");
        edo_pg_close(db);
    }
    return 0;
}

static void a_text_that_ends_its_transaction_is_refused(void **state) {
    (void)state;
    assert_int_equal(inside_real(ends_its_own, NULL), 0);
}

/* What undoes a part of its own, chooses its isolation, or resets settings, stays where it is. */
static int stays_in_its_own(void *arg) {
    static const char *const texts[] = {
        "set transaction isolation level serializable; create table m1 (n int)",
        "create table m1 (n int); savepoint a; create table m2 (); rollback to a; reset all",
        "create table m1 (n int); savepoint a; rollback to a; release a; set local work_mem = 64",
    };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(texts); i++) {
        edo_pg *db = fresh();
        const edo_migration x = { 1, "stays", texts[i] };
        CHECK_EQ(edo_pg_migrate(db, &x, 1, NULL), 1);
        CHECK_EQ(edo_pg_migrate(db, &x, 1, NULL), 0);
        CHECK_EQ(ask(db, "select count(*) as n from m1"), 0);
        CHECK_EQ(ask(db, "select count(*) as n from pg_class where relname = 'm2'"), 0);
        edo_pg_close(db);
    }
    // one that has lost all that it did can be mended
    edo_pg *db = fresh();
    edo_migration x = { 1, "lost", "create table m1 (n int); rollback; begin; select 1 / 0" };
    CHECK_EQ(edo_pg_migrate(db, &x, 1, NULL), -EDO_ESQL);
    edo_trail_clear();
    CHECK_EQ(edo_pg_migrate(db, list, 2, NULL), 2);
    edo_pg_close(db);
    return 0;
}

static void a_text_that_undoes_a_part_of_its_own_is_done(void **state) {
    (void)state;
    assert_int_equal(inside_real(stays_in_its_own, NULL), 0);
}

static int migrates_first(void *db) {
    return edo_pg_migrate(db, list, 1, NULL);
}

/* The lock is taken by a function of the test's own, which then sleeps, so that the call is cut
 * short between the two. */
static int is_cut_short(void *arg) {
    static const char of_locks[] =
        "select count(*) as n from pg_locks where locktype = 'advisory' and granted";
    edo_pg *db = fresh(), *cut;
    (void)arg;
    CHECK_EQ(edo_pg_exec(db, "drop schema if exists cut cascade", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(db, "create schema cut", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(db,
                         "create function cut.pg_try_advisory_lock(a int, b int) returns bool"
                         " language plpgsql as 'begin"
                         " perform pg_catalog.pg_try_advisory_lock(a, b);"
                         " perform pg_sleep(60); return true; end'",
                         EDO_SQL_NONE),
             0);
    CHECK_EQ(edo_pg_connect(
                 &cut, pg_url(),
                 &(edo_pg_opts){ .pool = { .max = 1 },
                                 .connect_sql = "set search_path to cut, public, pg_catalog" }),
             0);
    edo_task *t = edo_spawn(migrates_first, cut);
    WAIT_FOR_EQ(ask(db, of_locks), 1);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    WAIT_FOR_EQ(edo_pg_get_stats(cut).lent, 0);
    WAIT_FOR_EQ(ask(db, of_locks), 0);
    CHECK_EQ(edo_pg_migrate(db, list, 1, NULL), 1); // others go on
    edo_trail_clear();
    edo_pg_close(cut);
    edo_pg_close(db);
    return 0;
}

static void a_call_cut_short_as_it_takes_its_lock_leaves_none(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_cut_short, NULL), 0);
}

static int sets(void *arg) {
    static const edo_migration texts[] = {
        { 1, "sets", "create table m1 (n int); set application_name to 'left'" },
    };
    edo_pg *db, *first = fresh();
    (void)arg;
    const edo_pg_opts opts = { .pool = { .max = 1 },
                               .connect_sql = "create temp table only_once (n int)" };
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &opts), 0);
    CHECK_EQ(edo_pg_migrate(db, texts, 1, NULL), 1);
    CHECK_EQ(ask(db, "select count(*) as n where current_setting('application_name') = 'left'"), 0);
    edo_pg_close(db);
    edo_pg_close(first);
    return 0;
}

static void what_a_text_sets_ends_with_the_call(void **state) {
    (void)state;
    assert_int_equal(inside_real(sets, NULL), 0);
}

/* As a text of pg_dump begins, and one that goes on as another user. */
static int is_dumped(void *arg) {
    static const edo_migration texts[] = {
        { 1, "dumped",
          "select pg_catalog.set_config('search_path', '', false); set client_encoding = 'LATIN1';"
          "set default_transaction_read_only = on; create table public.m1 (n int);"
          "create role migrate_other; set role migrate_other" },
        { 2, "behind it", "create table m2 (n int); insert into m2 values (1)" },
        { 3, "bare", "-- no-transaction\nset search_path to ''" },
        { 4, "behind that", "create table m3 (n int)" },
    };
    edo_pg *db, *first = fresh();
    (void)arg;
    CHECK_EQ(edo_pg_exec(first, "create schema if not exists migrated", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(first,
                         "drop table if exists migrated._edo_migrations, migrated.m2,"
                         " migrated.m3",
                         EDO_SQL_NONE),
             0);
    edo_pg_close(first);
    CHECK_EQ(edo_pg_connect(&db, pg_url(),
                            &(edo_pg_opts){ .connect_sql = "set search_path to migrated, public" }),
             0);
    CHECK_EQ(edo_pg_exec(db, "drop role if exists migrate_other", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_migrate(db, texts, 4, NULL), 4);
    CHECK_EQ(edo_pg_migrate(db, texts, 4, NULL), 0);
    CHECK_EQ(ask(db, "select n from migrated.m2"), 1);
    CHECK_EQ(ask(db, "select count(*) as n from migrated.m3"), 0);
    CHECK_EQ(edo_pg_exec(db, "drop role migrate_other", EDO_SQL_NONE), 0);
    edo_pg_close(db);
    return 0;
}

static void what_a_text_sets_is_not_there_for_what_follows(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_dumped, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_new_is_done_once),
        cmocka_unit_test(what_does_not_fit_is_named),
        cmocka_unit_test(one_may_go_without_a_transaction),
        cmocka_unit_test(one_that_copies_is_refused),
        cmocka_unit_test(who_waits_for_its_turn_has_no_snapshot),
        cmocka_unit_test(programs_that_migrate_at_once_take_turns),
        cmocka_unit_test(a_text_that_ends_its_transaction_is_refused),
        cmocka_unit_test(a_text_that_undoes_a_part_of_its_own_is_done),
        cmocka_unit_test(a_call_cut_short_as_it_takes_its_lock_leaves_none),
        cmocka_unit_test(what_a_text_sets_ends_with_the_call),
        cmocka_unit_test(what_a_text_sets_is_not_there_for_what_follows),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
