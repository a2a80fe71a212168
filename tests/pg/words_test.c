/* SPDX-License-Identifier: MIT */
/* Goal: what fails has the same code whatever language the server, and libpq, speak.
 * Method: a server that speaks Russian, and a program whose libpq would, by their catalogs where
 * those are installed; a place where something else than a server is. */
#include "inside.h"
#include "pg_server.h"

#include <edo/io.h>
#include <edo/net.h>
#include <edo/pg.h>
#include <edo/task.h>

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

/* Does the trail say that the server is away, or busy? A handler that fails so is a 503 then. */
static bool says_away(int err) {
    char told[2048];
    (void)edo_trail_print_text(told, sizeof told, err, EDO_TRAIL_LIST);
    return strstr(told, "PostgreSQL is away") != NULL;
}

static int refuses(void *arg) {
    char url[512];
    edo_pg *db;
    (void)arg;
    (void)snprintf(url, sizeof url, "host=%s port=%d user=edo dbname=nosuch", the_server.folder,
                   the_server.port);
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(url), NULL), -EDO_ESQL);
    CHECK(strcmp(edo_pg_get_error()->sqlstate, "3D000") == 0);
    CHECK(!says_away(-EDO_ESQL));
    edo_trail_clear();
    CHECK_EQ(edo_pg_connect(&db, EDO_STR("host=/nowhere user=edo"), NULL), -ECONNREFUSED);
    CHECK(says_away(-ECONNREFUSED));
    edo_trail_clear();
    return 0;
}

/* A server that has too many clients. */
static int is_full(void *arg) {
    char url[512];
    edo_pg *db, *few;
    (void)arg;
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(the_server.url), NULL), 0);
    CHECK(edo_pg_exec(db, "create role nobody_more login connection limit 0", EDO_SQL_NONE) >= 0);
    (void)snprintf(url, sizeof url, "host=%s port=%d user=nobody_more dbname=postgres",
                   the_server.folder, the_server.port);
    // it waits for a connection of the pool's that is given back, and there is none
    const edo_pg_opts opts = { .pool = { .wait_timeout = edo_ms(500) } };
    CHECK_EQ(edo_pg_connect(&few, edo_str_of(url), &opts), -ETIMEDOUT);
    edo_trail_clear();
    edo_pg_close(db);
    return 0;
}

static void server_that_is_full_is_away_for_now(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_full, NULL), 0);
}

static void what_refuses_is_told_from_what_is_not_there(void **state) {
    (void)state;
    assert_int_equal(inside_real(refuses, NULL), 0);
}

static int is_late(void *arg) {
    char url[512];
    edo_pg *db;
    (void)arg;
    (void)snprintf(url, sizeof url, "%s options='-c statement_timeout=20ms'", the_server.url);
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(url), NULL), 0);
    CHECK_EQ(edo_pg_exec(db, "select pg_sleep(1000)", EDO_SQL_NONE), -ETIMEDOUT);
    edo_trail_clear();
    edo_pg_close(db);
    return 0;
}

static void what_is_late_is_late_in_each_language(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_late, NULL), 0);
}

typedef struct number {
    int64_t n;
} number;
EDO_DESCRIBE(number, EDO_FIELD(number, n))

/* A connection that its server ends: the trail says why, in the server's language. */
static int is_ended(void *arg) {
    char text[2048];
    edo_pg *db, *conn, *admin;
    number pid;
    (void)arg;
    CHECK_EQ(edo_pg_connect(&admin, pg_url(), NULL), 0);
    CHECK_EQ(edo_pg_connect(&db, pg_url(), NULL), 0);
    CHECK_EQ(edo_pg_acquire(&conn, db), 0);
    CHECK_EQ(
        edo_pg_query_one(conn, &pid, &number_desc, "select pg_backend_pid() as n", EDO_SQL_NONE),
        0);
    CHECK_EQ(edo_pg_exec(admin, "select pg_terminate_backend($1, 30000)", EDO_SQL(pid.n)), 1);
    CHECK_EQ(edo_pg_exec(conn, "select 1", EDO_SQL_NONE), -ECONNRESET);
    (void)edo_trail_print_text(text, sizeof text, -ECONNRESET, EDO_TRAIL_LIST);
    CHECK(strstr(text, "57P01") || strstr(text, "server closed the connection"));
    edo_trail_clear();
    edo_pg_close(conn);
    edo_pg_close(db);
    edo_pg_close(admin);
    return 0;
}

static void a_connection_that_ends_says_why(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_ended, NULL), 0);
}

typedef struct stranger {
    edo_listener *listener;
    edo_str says;
} stranger;

/* Says the same to all that come. */
static int says_something(void *arg) {
    const stranger *s = arg;
    edo_stream *peer;
    while (edo_accept(s->listener, &peer) == 0) {
        char bytes[1024];
        if (edo_read(peer, bytes, sizeof bytes) > 0)
            (void)edo_write_all(peer, s->says.ptr, s->says.len);
        while (edo_read(peer, bytes, sizeof bytes) > 0) {
        }
        edo_close(peer);
    }
    return 0;
}

static int meets(edo_str says) {
    char url[256];
    stranger s = { .says = says };
    edo_pg *db;
    CHECK_EQ(edo_tcp_listen(&s.listener, "127.0.0.1:0", NULL), 0);
    edo_task *t = edo_spawn(says_something, &s);
    (void)snprintf(url, sizeof url, "postgres://edo@127.0.0.1:%d/x", edo_listener_port(s.listener));
    int err = edo_pg_connect(&db, edo_str_of(url), NULL);
    CHECK(err < 0);
    edo_trail_clear();
    // in front of a server: nothing is told of it afterwards
    (void)snprintf(url, sizeof url, "postgres://edo@127.0.0.1:%d,127.0.0.1:%d/postgres",
                   edo_listener_port(s.listener), the_server.port);
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(url), NULL), 0);
    CHECK(!edo_trail_find(err));
    edo_pg_close(db);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), 0);
    edo_listener_close(s.listener);
    return err;
}

static int meets_strangers(void *arg) {
    static const char cleartext[] = { 'R', 0, 0, 0, 8, 0, 0, 0, 3 };
    static const char kerberos[] = { 'R', 0, 0, 0, 8, 0, 0, 0, 2 };
    (void)arg;
    // a password is wanted, and there is none
    CHECK_EQ(meets((edo_str){ cleartext, sizeof cleartext }), -EDO_ESQL);
    // it is there, and refuses nothing
    CHECK_EQ(meets((edo_str){ kerberos, sizeof kerberos }), -EPROTO);
    CHECK_EQ(meets(EDO_STR("HTTP/1.1 400 Bad Request\r\n\r\n")), -EPROTO);
    return 0;
}

static void what_is_not_understood_is_not_refused(void **state) {
    (void)state;
    assert_int_equal(inside_real(meets_strangers, NULL), 0);
}

static int words_setup(void **state) {
    (void)state;
    if (!pg_is_installed()) return pg_setup(state);
    if (setenv("LANGUAGE", "ru", 1) < 0 || !setlocale(LC_ALL, "C.UTF-8")) return -1;
    pg_server_start(&the_server, "lc_messages = 'C.UTF-8'");
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_refuses_is_told_from_what_is_not_there),
        cmocka_unit_test(server_that_is_full_is_away_for_now),
        cmocka_unit_test(what_is_late_is_late_in_each_language),
        cmocka_unit_test(a_connection_that_ends_says_why),
        cmocka_unit_test(what_is_not_understood_is_not_refused),
    };
    return cmocka_run_group_tests(tests, words_setup, pg_teardown);
}
