/* SPDX-License-Identifier: MIT */
/* Goal: connections that died without a word cost the first caller a second, and the others
 * nothing; a statement that takes long is not cut; a server that is full makes callers wait.
 * Method: a cable to a real server whose connections die, with and without a machine between that
 * takes what is sent; a server with few connections. Limits of callers are what bounds the time. */
#include "cable.h"

#include <errno.h>
#include <string.h>

#define CONNS     8
#define BIG_BYTES (16 << 20) /* more than sockets have room for */

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

static edo_pg *connected(const char *url, edo_pg_opts opts) {
    edo_pg *db;
    if (!opts.pool.max) opts.pool.max = CONNS;
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(url), &opts), 0);
    return db;
}

static int ask(edo_pg *pg, const char *sql) {
    number got;
    int err = edo_pg_query_one(pg, &got, &number_desc, sql, EDO_SQL_NONE);
    return err < 0 ? err : (int)got.n;
}

/* A caller with a limit. */
static int ask_within(edo_pg *pg, const char *sql, edo_duration limit) {
    edo_deadline d;
    edo_deadline_begin(&d, limit);
    return edo_deadline_end(&d, ask(pg, sql));
}

/* The pool has all its connections, idle. */
static void fill(edo_pg *db) {
    edo_pg *conns[CONNS];
    for (size_t i = 0; i < CONNS; i++) CHECK_EQ(edo_pg_acquire(&conns[i], db), 0);
    for (size_t i = 0; i < CONNS; i++) CHECK_EQ(ask(conns[i], "select 1 as n"), 1);
    for (size_t i = 0; i < CONNS; i++) edo_pg_close(conns[i]);
    CHECK_EQ(edo_pg_get_stats(db).idle, CONNS);
}

/* ---- Idle connections ------------------------------------------------------------------------ */

typedef void harm_fn(cable *c);

static int finds_idle_ones_dead(void *arg) {
    harm_fn *harm = *(harm_fn **)arg;
    cable c;
    edo_task *t = cable_new(&c);
    edo_pg *db = connected(c.url, (edo_pg_opts){ .lazy = false });
    fill(db);
    CHECK_EQ(edo_sleep(edo_ms(1100)), 0);
    harm(&c);
    // less than two of them one after the other
    CHECK_EQ(ask_within(db, "select 1 as n", edo_ms(1900)), 1);
    CHECK_EQ(edo_pg_get_stats(db).unfit_n, CONNS);
    CHECK_EQ(edo_pg_get_stats(db).size, 1);
    edo_pg_close(db);
    cable_end(&c, t);
    return 0;
}

static void idle_connections_that_died_cost_the_first_caller_a_second(void **state) {
    (void)state;
    harm_fn *harms[] = { cable_swallow, cable_pull_out };
    for (size_t i = 0; i < EDO_COUNT(harms); i++)
        assert_int_equal(inside_real(finds_idle_ones_dead, &harms[i]), 0);
}

/* ---- Statements under way -------------------------------------------------------------------- */

static int sleeps(void *db) {
    return ask(db, "select 1 as n from pg_sleep(0.3)");
}

/* Nobody has a limit: the kernel knows. */
static int is_pulled_out_amid(void *arg) {
    cable c;
    edo_task *t = cable_new(&c), *tasks[CONNS];
    edo_pg *db = connected(c.url, (edo_pg_opts){ .lazy = false });
    (void)arg;
    fill(db);
    CHECK_EQ(edo_sleep(edo_ms(300)), 0); // what is left to acknowledge would be sent again
    cable_pull_out(&c);
    for (size_t i = 0; i < CONNS; i++) tasks[i] = edo_spawn(sleeps, db);
    for (size_t i = 0; i < CONNS; i++) CHECK_EQ(edo_task_join(tasks[i]), -ECONNRESET);
    CHECK_EQ(ask(db, "select 1 as n"), 1);
    edo_pg_close(db);
    cable_end(&c, t);
    return 0;
}

static void a_statement_that_nobody_acknowledges_fails(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_pulled_out_amid, NULL), 0);
}

/* Long statements, and a big one that the server does not read for long. */
static int takes_long(void *arg) {
    edo_pg *db = connected(the_server.tcp, (edo_pg_opts){ .lazy = false }), *holder;
    char *big = malloc(BIG_BYTES);
    (void)arg;
    CHECK(big != NULL);
    memset(big, 'x', BIG_BYTES - 1);
    big[BIG_BYTES - 1] = '\0';
    CHECK_EQ(ask(db, "select 1 as n from pg_sleep(2.5)"), 1);
    CHECK_EQ(edo_pg_begin(&holder, db, NULL), 0);
    CHECK_EQ(ask(holder, "select 1 as n from pg_advisory_xact_lock(7)"), 1);
    // the server waits for the lock before it reads what is behind
    edo_pg_step steps[] = { { .sql = "select pg_advisory_xact_lock(7)" },
                            { .sql = "select length($1)", .args = EDO_SQL(big) } };
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(2500));
    CHECK_EQ(edo_deadline_end(&d, edo_pg_pipeline(db, steps, 2)), -ETIMEDOUT);
    edo_trail_clear();
    edo_pg_close(holder);
    edo_pg_close(db);
    free(big);
    return 0;
}

static void what_takes_long_is_not_cut(void **state) {
    (void)state;
    assert_int_equal(inside_real(takes_long, NULL), 0);
}

/* ---- A server that is full ------------------------------------------------------------------- */

static int is_served(void *db) {
    for (int i = 0; i < 5; i++) CHECK_EQ(ask(db, "select 1 as n from pg_sleep(0.05)"), 1);
    return 0;
}

static int asks_once(void *db) {
    return ask(db, "select 1 as n");
}

/* Until the server has refused a further connection, which may take it longer than a limit. */
static void waits_in_vain(edo_pg *db) {
    bool is_told = false;
    for (int64_t ms = 600; !is_told; ms *= 2) {
        char text[1024];
        edo_pg *more;
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(ms));
        int err = edo_deadline_end(&d, edo_pg_acquire(&more, db));
        CHECK_EQ(err, -ETIMEDOUT);
        (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
        is_told = strstr(text, "SQLSTATE 53300: ") && strstr(text, "3 of 8 are lent");
        edo_trail_clear();
    }
}

/* A server with three connections, for a role that is none of its superusers. */
static int shares_few(void *arg) {
    pg_server *s = arg;
    edo_pg *admin = connected(s->url, (edo_pg_opts){ .lazy = false });
    CHECK_EQ(edo_pg_exec(admin, "create role plain login", EDO_SQL_NONE), 0);
    edo_pg_close(admin);
    char url[256];
    (void)snprintf(url, sizeof url, "host=%s port=%d user=plain dbname=postgres", s->folder,
                   s->port);
    edo_pg *db = connected(url, (edo_pg_opts){ .pool = { .wait_timeout = edo_s(60) } }), *held[3];
    edo_task *tasks[2 * CONNS];
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) tasks[i] = edo_spawn(is_served, db);
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    CHECK_EQ(edo_pg_get_stats(db).made_n, 3);
    for (size_t i = 0; i < 3; i++) CHECK_EQ(edo_pg_acquire(&held[i], db), 0);
    waits_in_vain(db);
    // another pool waits until this one has given some back
    edo_pg *other = connected(url, (edo_pg_opts){ .lazy = true });
    edo_task *t = edo_spawn(asks_once, other);
    WAIT_FOR(edo_pg_get_stats(other).make_failures_n > 0);
    for (size_t i = 0; i < 3; i++) edo_pg_close(held[i]);
    edo_pg_close(db);
    CHECK_EQ(edo_task_join(t), 1);
    edo_pg_close(other);
    return 0;
}

static void where_a_server_is_full_callers_wait(void **state) {
    (void)state;
    pg_server s;
    pg_server_start(&s, "max_connections = 6\nsuperuser_reserved_connections = 3");
    assert_int_equal(inside_real(shares_few, &s), 0);
    pg_server_end(&s);
}

/* ---- A crowd --------------------------------------------------------------------------------- */

#define CALLERS 200

typedef struct crowd {
    edo_pg *db;
    bool is_over;
    int done_n, failed_n;
} crowd;

static int comes_and_goes(void *arg) {
    crowd *w = arg;
    while (!w->is_over) {
        int err = ask_within(w->db, "select 1 as n from pg_sleep(0.002)", edo_ms(300));
        edo_trail_clear();
        w->done_n += err == 1;
        w->failed_n += err < 0;
        CHECK_EQ(edo_sleep(edo_ms(20)), 0);
    }
    return 0;
}

/* Each of the crowd, once it is well again. */
static bool crowd_is_well(crowd *w) {
    int failed_n = w->failed_n;
    w->done_n = 0;
    WAIT_FOR(w->done_n >= 2 * CALLERS || w->failed_n > failed_n);
    return w->failed_n == failed_n;
}

static int comes_back(void *arg) {
    harm_fn *harm = *(harm_fn **)arg;
    cable c;
    edo_task *t = cable_new(&c), *tasks[CALLERS];
    crowd w = { .db = connected(c.url, (edo_pg_opts){ .lazy = false }) };
    for (size_t i = 0; i < CALLERS; i++) tasks[i] = edo_spawn(comes_and_goes, &w);
    WAIT_FOR(w.done_n > CALLERS);
    c.is_away = true;
    harm(&c);
    WAIT_FOR(w.failed_n > 5 * CALLERS);
    c.is_away = false;
    w.done_n = 0;
    WAIT_FOR(w.done_n > 0);
    WAIT_FOR(crowd_is_well(&w));
    w.is_over = true;
    for (size_t i = 0; i < CALLERS; i++) (void)edo_task_join(tasks[i]);
    CHECK(edo_pg_get_stats(w.db).size <= CONNS);
    edo_pg_close(w.db);
    cable_end(&c, t);
    return 0;
}

static void a_crowd_survives_a_death_without_a_word(void **state) {
    (void)state;
    harm_fn *harms[] = { cable_swallow, cable_pull_out };
    for (size_t i = 0; i < EDO_COUNT(harms); i++)
        assert_int_equal(inside_real(comes_back, &harms[i]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_connections_that_died_cost_the_first_caller_a_second),
        cmocka_unit_test(a_statement_that_nobody_acknowledges_fails),
        cmocka_unit_test(what_takes_long_is_not_cut),
        cmocka_unit_test(where_a_server_is_full_callers_wait),
        cmocka_unit_test(a_crowd_survives_a_death_without_a_word),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
