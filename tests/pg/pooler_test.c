/* SPDX-License-Identifier: MIT */
/* Goal: behind a pooler no program gets another one's rows or limits, whether it says that there is
 * one or not; what needs a session is refused where there is none, and works where there is.
 * Method: PgBouncer in front of a real server: `tx` lends the one session that it has for a
 * transaction, `whole` one for as long as a connection lasts. */
#include "inside.h"
#include "pg_server.h"

#include <edo/error.h>
#include <edo/pg.h>
#include <edo/test_log.h>
#include <edo/time.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POOLER "/usr/sbin/pgbouncer"
#define PORT   6432

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

static pid_t pooler;

/* Whether it listens: its socket is there before that. */
static bool pooler_listens(const struct sockaddr_un *at) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0);
    bool listens = connect(fd, (const struct sockaddr *)at, sizeof *at) == 0;
    (void)close(fd);
    return listens;
}

static void pooler_start(void) {
    char conf[1024], file[128];
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    const char *folder = the_server.folder;
    const char *argv[] = { "pgbouncer", "-q", file, NULL };
    (void)snprintf(conf, sizeof conf,
                   "[databases]\n"
                   "tx = host=%s port=%d dbname=postgres user=edo pool_mode=transaction"
                   " pool_size=1\n"
                   "whole = host=%s port=%d dbname=postgres user=edo pool_mode=session"
                   " pool_size=5\n"
                   "[pgbouncer]\nlisten_addr =\nlisten_port = %d\nunix_socket_dir = %s\n"
                   "auth_type = any\nserver_reset_query_always = 0\n",
                   folder, the_server.port, folder, the_server.port, PORT, folder);
    pg_server_put(&the_server, "pgbouncer.ini", conf);
    (void)snprintf(file, sizeof file, "%s/pgbouncer.ini", folder);
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s/.s.PGSQL.%d", folder, PORT);
    pooler = pg_server_run(&the_server, POOLER, argv);
    while (!pooler_listens(&at)) {
        CHECK_EQ(waitpid(pooler, NULL, WNOHANG), 0); // it ends if it cannot start
        (void)nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
    }
}

static int pooler_setup(void **state) {
    if (pg_is_installed() && access(POOLER, X_OK) != 0) {
        (void)printf("skipped: PgBouncer is not installed\n");
        exit(77);
    }
    int err = pg_setup(state);
    pooler_start();
    return err;
}

static int pooler_teardown(void **state) {
    (void)kill(pooler, SIGTERM);
    (void)waitpid(pooler, NULL, 0);
    return pg_teardown(state);
}

static edo_pg *connected(const char *database, edo_pg_pooling said) {
    char url[256];
    edo_pg *db;
    (void)snprintf(url, sizeof url, "host=%s port=%d user=edo dbname=%s", the_server.folder, PORT,
                   database);
    const edo_pg_opts opts = { .pool = { .max = 2 }, .pooler = said };
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(url), &opts), 0);
    return db;
}

static int64_t ask(edo_pg *pg, const char *sql) {
    number n;
    CHECK_EQ(edo_pg_query_one(pg, &n, &number_desc, sql, EDO_SQL_NONE), 0);
    return n.n;
}

static int entry_has(void *arg, const edo_trail_entry *entry) {
    return strstr(entry->text, arg) ? 1 : 0;
}

static void refused(int err, const char *what) {
    CHECK_EQ(err, -ENOTSUP);
    CHECK_EQ(edo_trail_each(entry_has, (void *)(uintptr_t)what), 1);
    edo_trail_clear();
}

/* ---- Rows and limits of others --------------------------------------------------------------- */

static void pipes(edo_pg *db, int64_t want, const char *sql) {
    number first = { 0 }, n = { 0 };
    edo_pg_step steps[] = {
        { .sql = "select 5::bigint as n",
          .args = EDO_SQL_NONE,
          .out = &first,
          .desc = &number_desc },
        { .sql = sql, .args = EDO_SQL_NONE, .out = &n, .desc = &number_desc },
    };
    int err = edo_pg_pipeline(db, steps, 2);
    if (err < 0) { // said wrongly: it is an error at most, which may be tried again
        CHECK_EQ(edo_pg_get_error()->kind, EDO_PG_RETRY);
        edo_trail_clear();
        err = edo_pg_pipeline(db, steps, 2);
    }
    CHECK_EQ(err, 0);
    CHECK_EQ(first.n, 5);
    CHECK_EQ(n.n, want);
}

/* Two programs ask by turns; each has a statement at each place of the other's. */
static void own_rows_come(edo_pg_pooling one_says, edo_pg_pooling other_says) {
    edo_pg *one = connected("tx", one_says), *other = connected("tx", other_says);
    for (int round = 0; round < 5; round++) {
        CHECK_EQ(ask(one, "select 1::bigint as n"), 1);
        CHECK_EQ(ask(other, "select 11::bigint as n"), 11);
        CHECK_EQ(ask(one, "select 2::bigint as n"), 2);
        CHECK_EQ(ask(other, "select 12::bigint as n"), 12);
        CHECK_EQ(ask(one, "select 3::bigint as n"), 3); // both have it
        CHECK_EQ(ask(other, "select 3::bigint as n"), 3);
        pipes(one, 6, "select 6::bigint as n");
        pipes(other, 16, "select 16::bigint as n");
        pipes(other, 6, "select 6::bigint as n");
    }
    edo_pg_close(one);
    edo_pg_close(other);
}

static int programs_ask(void *arg) {
    (void)arg;
    own_rows_come(EDO_PG_POOLING_UNKNOWN, EDO_PG_POOLING_UNKNOWN);
    own_rows_come(EDO_PG_TRANSACTION, EDO_PG_POOLING_UNKNOWN);
    own_rows_come(EDO_PG_SESSION, EDO_PG_SESSION); // which is wrong, and harms nobody's rows
    return 0;
}

static void no_program_gets_rows_of_another(void **state) {
    (void)state;
    assert_int_equal(inside_real(programs_ask, NULL), 0);
}

static int one_has_a_limit(void *arg) {
    edo_pg *one = connected("tx", EDO_PG_POOLING_UNKNOWN);
    edo_pg *other = connected("tx", EDO_PG_POOLING_UNKNOWN);
    (void)arg;
    for (int round = 0; round < 3; round++) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_s(5));
        CHECK_EQ(edo_deadline_end(&d, edo_pg_exec(one, "select 1", EDO_SQL_NONE)), 1);
        // the session has no limit of the first one's
        CHECK_EQ(ask(other, "select setting::bigint as n from pg_settings"
                            " where name = 'statement_timeout'"),
                 0);
    }
    edo_pg_close(one);
    edo_pg_close(other);
    return 0;
}

static void no_program_is_cut_by_a_limit_of_another(void **state) {
    (void)state;
    assert_int_equal(inside_real(one_has_a_limit, NULL), 0);
}

/* ---- What is said ---------------------------------------------------------------------------- */

/* Asks often, over both connections, and returns how often the log speaks of a pooler. */
static size_t warnings_of(const char *database, edo_pg_pooling said) {
    edo_test_log *log;
    CHECK_EQ(edo_test_log_new(&log, NULL), 0);
    edo_pg *db = connected(database, said);
    for (int i = 0; i < 20; i++) {
        edo_pg *tx;
        CHECK_EQ(edo_pg_begin(&tx, db, NULL), 0);
        CHECK_EQ(ask(tx, "select 1::bigint as n"), 1);
        CHECK_EQ(edo_pg_commit(tx), 0);
        edo_pg_close(tx);
        CHECK_EQ(ask(db, "select 2::bigint as n"), 2);
    }
    edo_pg_close(db);
    size_t n = edo_test_log_count(log, "a pooler");
    edo_test_log_free(log);
    return n;
}

static int is_said_once(void *arg) {
    (void)arg;
    CHECK_EQ(warnings_of("whole", EDO_PG_POOLING_UNKNOWN), 1);
    CHECK_EQ(warnings_of("tx", EDO_PG_POOLING_UNKNOWN), 1);
    CHECK_EQ(warnings_of("whole", EDO_PG_SESSION), 0);
    CHECK_EQ(warnings_of("tx", EDO_PG_TRANSACTION), 0);
    return 0;
}

static void a_pooler_is_said_once(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_said_once, NULL), 0);
}

/* ---- What needs a session -------------------------------------------------------------------- */

static const edo_migration migrations[] = { { 1, "first", "create table pooled (n int)" } };

static void sessions_are_refused(edo_pg_pooling said) {
    edo_pg *db = connected("tx", said);
    edo_pg_sub *sub;
    refused(edo_pg_migrate(db, migrations, 1, NULL), "edo_pg_migrate()");
    refused(edo_pg_sub_open(&sub, db), "a subscription");
    CHECK_EQ(ask(db, "select 1::bigint as n"), 1);
    edo_pg_close(db);
}

static int is_refused(void *arg) {
    const edo_pg_opts opts[] = {
        { .pooler = EDO_PG_TRANSACTION, .connect_sql = "select 1" },
        { .pooler = EDO_PG_TRANSACTION, .recycle_sql = "select 1" },
        { .pooler = EDO_PG_TRANSACTION, .recycle = EDO_PG_CLEAN },
    };
    static const char *const names[] = { "connect_sql", "recycle_sql", "EDO_PG_CLEAN" };
    edo_pg *db;
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(opts); i++)
        refused(edo_pg_connect(&db, pg_url(), &opts[i]), names[i]);
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &(edo_pg_opts){ .pooler = (edo_pg_pooling)3 }), -EINVAL);
    sessions_are_refused(EDO_PG_TRANSACTION);
    sessions_are_refused(EDO_PG_POOLING_UNKNOWN);
    return 0;
}

static void what_needs_a_session_is_refused_by_name(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_refused, NULL), 0);
}

static void sessions_work(edo_pg_pooling said) {
    edo_pg *db = connected("whole", said);
    edo_pg_sub *sub;
    edo_pg_note note;
    CHECK_EQ(edo_pg_exec(db, "drop table if exists pooled, _edo_migrations", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_migrate(db, migrations, 1, NULL), 1);
    CHECK_EQ(edo_pg_sub_open(&sub, db), 0);
    CHECK_EQ(edo_pg_sub_add(sub, EDO_STR("news")), 0);
    CHECK_EQ(edo_pg_exec(db, "notify news, 'it works'", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_sub_next(sub, &note), 1);
    CHECK(edo_str_equal(note.payload, EDO_STR("it works")));
    edo_pg_sub_close(sub);
    edo_pg_close(db);
}

static int has_sessions(void *arg) {
    (void)arg;
    sessions_work(EDO_PG_POOLING_UNKNOWN);
    sessions_work(EDO_PG_SESSION);
    return 0;
}

static void a_pooler_of_whole_sessions_is_as_none(void **state) {
    (void)state;
    assert_int_equal(inside_real(has_sessions, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_program_gets_rows_of_another),
        cmocka_unit_test(no_program_is_cut_by_a_limit_of_another),
        cmocka_unit_test(a_pooler_is_said_once),
        cmocka_unit_test(what_needs_a_session_is_refused_by_name),
        cmocka_unit_test(a_pooler_of_whole_sessions_is_as_none),
    };
    return cmocka_run_group_tests(tests, pooler_setup, pooler_teardown);
}
