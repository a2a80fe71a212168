/* SPDX-License-Identifier: MIT */
/* Goal: what is notified on a channel is heard, in order, and a gap is told after each loss of the
 * connection, and never else.
 * Method: a real server, another connection that notifies, hostile names; the server restarted. */
#include "inside.h"
#include "pg_server.h"

#include <edo/net.h>
#include <edo/pg.h>
#include <edo/task.h>

#include <malloc.h>
#include <string.h>
#include <time.h>

static edo_pg *connected(void) {
    edo_pg *db;
    CHECK_EQ(edo_pg_connect(&db, pg_url(), NULL), 0);
    return db;
}

static void notify(edo_pg *db, const char *channel, const char *payload) {
    CHECK_EQ(edo_pg_exec(db, "select pg_notify($1, $2)", EDO_SQL(channel, payload)), 1);
}

static void hears(edo_pg_sub *s, const char *channel, const char *payload) {
    edo_pg_note note;
    CHECK_EQ(edo_pg_sub_next(s, &note), 1);
    CHECK(edo_str_equal(note.channel, edo_str_of(channel)));
    CHECK(edo_str_equal(note.payload, edo_str_of(payload)));
    CHECK(note.pid > 0);
}

static int hears_channels(void *arg) {
    static const char *const hostile[] = {
        "Room",     "a\"b", "'; drop table x; --",
        "\xc3\xbc", " ",    "123456789012345678901234567890123456789012345678901234567890123"
    };
    edo_pg *db = connected();
    edo_pg_sub *s;
    edo_pg_note note;
    (void)arg;
    CHECK_EQ(edo_pg_sub_open(&s, db), 0);
    CHECK_EQ(edo_pg_sub_add(s, EDO_STR("room")), 0);
    CHECK_EQ(edo_pg_sub_add(s, EDO_STR("room")), 0);
    for (int i = 0; i < 100; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "%d", i);
        notify(db, "room", text);
        notify(db, "Room", "nobody listens");
    }
    for (int i = 0; i < 100; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "%d", i);
        hears(s, "room", text);
    }
    for (size_t i = 0; i < EDO_COUNT(hostile); i++) {
        CHECK_EQ(edo_pg_sub_add(s, edo_str_of(hostile[i])), 0);
        notify(db, hostile[i], "x");
        hears(s, hostile[i], "x");
    }
    CHECK_EQ(edo_pg_sub_remove(s, EDO_STR("room")), 0);
    CHECK_EQ(edo_pg_sub_remove(s, EDO_STR("nothing")), 0);
    notify(db, "room", "not heard");
    notify(db, "Room", "heard");
    hears(s, "Room", "heard");
    CHECK_EQ(edo_pg_sub_add(s, EDO_STR("")), -EINVAL);
    CHECK_EQ(edo_pg_sub_add(s, (edo_str){ "a\0b", 3 }), -EINVAL);
    CHECK_EQ(edo_pg_sub_add(
                 s, EDO_STR("1234567890123456789012345678901234567890123456789012345678901234")),
             -EINVAL);
    edo_trail_clear();
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(10));
    CHECK_EQ(edo_deadline_end(&d, edo_pg_sub_next(s, &note)), -ETIMEDOUT);
    edo_trail_clear();
    notify(db, "Room", "after a read that was cut short");
    hears(s, "Room", "after a read that was cut short");
    edo_pg_close(db);
    edo_pg_sub_close(s);
    edo_pg_sub_close(NULL);
    return 0;
}

static void channels_are_heard_in_order(void **state) {
    (void)state;
    assert_int_equal(inside_each(hears_channels, NULL), 0);
}

/* The server ends each session as soon as it listens. */
static int is_hung_up(void *arg) {
    edo_pg *db = connected();
    edo_pg_sub *s;
    edo_pg_note note;
    edo_instant begun = edo_now();
    (void)arg;
    CHECK_EQ(edo_pg_sub_open(&s, db), 0);
    CHECK_EQ(edo_pg_sub_add(s, EDO_STR("a")), 0);
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(edo_pg_exec(db,
                             "select pg_terminate_backend(pid, 60000) from pg_stat_activity "
                             "where query like 'listen%'",
                             EDO_SQL_NONE),
                 1);
        CHECK_EQ(edo_pg_sub_next(s, &note), -EDO_ELAGGED);
        edo_trail_clear();
    }
    CHECK(edo_instant_since(edo_now(), begun).ns >=
          edo_ms(4 * 50).ns); // each pause is 50 ms at least
    edo_pg_sub_close(s);
    edo_pg_close(db);
    return 0;
}

static void a_server_that_hangs_up_at_once_is_asked_with_pauses(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_hung_up, NULL), 0);
}

static int restarts(void *arg) {
    (void)arg;
    pg_server_restart(&the_server);
    return 0;
}

static int tells_of_a_gap(void *arg) {
    edo_pg *db = connected();
    edo_pg_sub *s;
    edo_pg_note note;
    (void)arg;
    CHECK_EQ(edo_pg_sub_open(&s, db), 0);
    CHECK_EQ(edo_pg_sub_add(s, EDO_STR("a")), 0);
    CHECK_EQ(edo_pg_sub_add(s, EDO_STR("b")), 0);
    for (int i = 0; i < 2; i++) {
        edo_task *t = edo_spawn(restarts, NULL);
        CHECK_EQ(edo_pg_sub_next(s, &note), -EDO_ELAGGED);
        edo_trail_clear();
        CHECK_EQ(edo_task_join(t), 0);
        notify(db, "a", "1");
        notify(db, "b", "2");
        hears(s, "a", "1");
        hears(s, "b", "2");
    }
    edo_pg_sub_close(s);
    edo_pg_close(db);
    return 0;
}

static void a_gap_is_told_and_channels_are_heard_again(void **state) {
    (void)state;
    assert_int_equal(inside_real(tells_of_a_gap, NULL), 0);
}

/* ---- How soon -------------------------------------------------------------------------------- */

static int asked_n; /* lookups, and so tries to connect */

static int resolve_and_count(void *arg, edo_addr *out, size_t out_max, const char *host) {
    (void)arg, (void)host, (void)out_max;
    asked_n++;
    return edo_addr_parse(out, "127.0.0.1:1") < 0 ? -EINVAL : 1;
}

/* Lets others run for a while of real time, or until there was another try. */
static void let_try(int before, int64_t most_ms) {
    struct timespec from, now;
    CHECK_EQ(clock_gettime(CLOCK_MONOTONIC, &from), 0);
    do {
        let_run();
        CHECK_EQ(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    } while (asked_n == before &&
             (now.tv_sec - from.tv_sec) * 1000 + (now.tv_nsec - from.tv_nsec) / 1000000 < most_ms);
}

/* Half a second brings another try: a second one, if the try before took so long that it had not
 * failed when the clock was moved. */
static void tries_again(void) {
    int before = asked_n;
    for (int64_t ms = 20; ms <= 2000 && asked_n == before; ms *= 10) {
        let_try(before, ms);
        CHECK_EQ(edo_time_advance(edo_ms(500)), 0);
        let_try(before, ms);
    }
    CHECK(asked_n > before);
}

typedef struct listener {
    edo_pg_sub *s;
    int result;
} listener;

static int waits_for_the_server(void *arg) {
    listener *l = arg;
    edo_pg_note note;
    l->result = edo_pg_sub_next(l->s, &note);
    edo_trail_clear();
    return 0;
}

static int asks_often(void *arg) {
    char url[256];
    edo_pg *db;
    listener l = { .result = 0 };
    (void)arg;
    (void)snprintf(url, sizeof url, "host=db.example port=%d user=edo dbname=postgres",
                   the_server.port);
    CHECK_EQ(edo_pg_connect(&db, edo_str_of(url), NULL), 0);
    CHECK_EQ(edo_pg_sub_open(&l.s, db), 0);
    CHECK_EQ(edo_pg_sub_add(l.s, EDO_STR("a")), 0);
    pg_server_kill(&the_server);
    edo_task *t = edo_spawn(waits_for_the_server, &l);
    for (int i = 0; i < 20; i++) tries_again();
    pg_server_restart(&the_server);
    for (int i = 0; i < 100 && l.result == 0; i++) {
        let_try(asked_n, 200);
        CHECK_EQ(edo_time_advance(edo_ms(500)), 0);
    }
    CHECK_EQ(l.result, -EDO_ELAGGED);
    CHECK_EQ(edo_task_join(t), 0);
    edo_pg_sub_close(l.s);
    edo_pg_close(db);
    return 0;
}

static void a_server_that_was_away_for_long_is_found_within_a_second(void **state) {
    (void)state;
    edo_resolver_set(resolve_and_count, NULL);
    int result = inside_by_hand(asks_often, NULL);
    edo_resolver_set(NULL, NULL);
    assert_int_equal(result, 0);
}

/* ---- A server that is silent ----------------------------------------------------------------- */

static edo_pg_sub *listening_with(edo_pg **db, edo_duration ping, edo_duration limit) {
    char url[256];
    edo_pg_sub *s;
    const edo_pg_opts o = { .lazy = true, .sub_ping = ping, .connect_timeout = limit };
    (void)snprintf(url, sizeof url, "host=db.example port=%d user=edo dbname=postgres",
                   the_server.port);
    CHECK_EQ(edo_pg_connect(db, edo_str_of(url), &o), 0);
    while (edo_pg_sub_open(&s, *db) < 0) edo_trail_clear(); // the limit may be short
    CHECK_EQ(edo_pg_sub_add(s, EDO_STR("a")), 0);
    return s;
}

/* Replies are no notes, and no gap: neither while they are read nor while nobody looks. */
static int asks_and_goes_on(void *arg) {
    edo_pg *db;
    edo_pg_note note;
    edo_pg_sub *s = listening_with(&db, edo_ms(1), edo_s(60));
    (void)arg;
    for (int i = 0; i < 5; i++) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(20));
        CHECK_EQ(edo_deadline_end(&d, edo_pg_sub_next(s, &note)), -ETIMEDOUT);
        edo_trail_clear();
        notify(db, "a", "x");
        CHECK_EQ(edo_sleep(edo_ms(5)), 0);
        hears(s, "a", "x");
        CHECK_EQ(edo_pg_sub_add(s, EDO_STR("b")), 0);
        CHECK_EQ(edo_pg_sub_remove(s, EDO_STR("b")), 0);
    }
    edo_pg_sub_close(s);
    edo_pg_close(db);
    return 0;
}

static int is_silent(void *arg) {
    edo_pg *db;
    listener l = { .s = listening_with(&db, edo_ms(10), edo_ms(300)) };
    (void)arg;
    pg_server_pause(&the_server);
    int before = asked_n;
    edo_task *t = edo_spawn(waits_for_the_server, &l);
    WAIT_FOR(asked_n > before); // it has given the connection up
    pg_server_go_on(&the_server);
    CHECK_EQ(edo_task_join(t), 0);
    CHECK_EQ(l.result, -EDO_ELAGGED);
    edo_pg_sub_close(l.s);
    edo_pg_close(db);
    return 0;
}

static void a_server_that_is_silent_is_asked_and_one_that_stays_so_is_left(void **state) {
    (void)state;
    edo_resolver_set(resolve_and_count, NULL);
    int result = inside_real(asks_and_goes_on, NULL);
    if (result == 0) result = inside_real(is_silent, NULL);
    edo_resolver_set(NULL, NULL);
    assert_int_equal(result, 0);
}

#define NOTES      1000
#define NOTE_BYTES 7000

static int64_t held_bytes(void) {
    return (int64_t)mallinfo2().uordblks; // 0 under a sanitizer
}

/* A statement of the program's makes a connection of the pool listen. */
static int listens_by_statement(void *arg) {
    edo_pg *other = connected(), *db, *conn;
    (void)arg;
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &(edo_pg_opts){ .pool = { .max = 1 } }), 0);
    CHECK_EQ(edo_pg_exec(db, "listen x", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(db, "select 1", EDO_SQL_NONE), 1);
    int64_t before = held_bytes();
    CHECK_EQ(edo_pg_acquire(&conn, db), 0);
    CHECK_EQ(edo_pg_exec(
                 other, "select pg_notify('x', i || repeat('n', $1)) from generate_series(1, $2) i",
                 EDO_SQL(NOTE_BYTES, NOTES)),
             NOTES);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_pg_exec(conn, "select 1", EDO_SQL_NONE), 1);
    CHECK(held_bytes() - before < NOTES * NOTE_BYTES / 10);
    edo_pg_close(conn);
    CHECK_EQ(edo_pg_exec(db, "select 1", EDO_SQL_NONE), 1);
    CHECK_EQ(edo_pg_get_stats(db).made_n, 1);
    edo_pg_close(db);
    edo_pg_close(other);
    return 0;
}

static void what_nobody_reads_is_not_kept(void **state) {
    (void)state;
    assert_int_equal(inside_real(listens_by_statement, NULL), 0);
}

/* As many as the socket takes: the check of a connection that is lent does not read them all. */
static int is_flooded(void *arg) {
    static const char of_listener[] = "query = 'listen x' and wait_event = 'ClientWrite'";
    char sql[160];
    edo_pg *other = connected(), *db;
    (void)arg;
    (void)snprintf(sql, sizeof sql, "select 1 from pg_stat_activity where %s", of_listener);
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &(edo_pg_opts){ .pool = { .max = 1 } }), 0);
    CHECK_EQ(edo_pg_exec(db, "listen x", EDO_SQL_NONE), 0);
    CHECK_EQ(edo_pg_exec(
                 other, "select pg_notify('x', i || repeat('n', $1)) from generate_series(1, $2) i",
                 EDO_SQL(NOTE_BYTES, NOTES)),
             NOTES);
    WAIT_FOR_EQ(edo_pg_exec(other, sql, EDO_SQL_NONE), 1); // the socket is full
    CHECK_EQ(edo_pg_exec(db, "select 1", EDO_SQL_NONE), 1);
    CHECK_EQ(edo_pg_get_stats(db).made_n, 2);
    edo_pg_close(db);
    edo_pg_close(other);
    return 0;
}

static void a_connection_that_is_flooded_is_not_lent_again(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_flooded, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channels_are_heard_in_order),
        cmocka_unit_test(what_nobody_reads_is_not_kept),
        cmocka_unit_test(a_connection_that_is_flooded_is_not_lent_again),
        cmocka_unit_test(a_server_that_is_silent_is_asked_and_one_that_stays_so_is_left),
        cmocka_unit_test(a_gap_is_told_and_channels_are_heard_again),
        cmocka_unit_test(a_server_that_hangs_up_at_once_is_asked_with_pauses),
        cmocka_unit_test(a_server_that_was_away_for_long_is_found_within_a_second),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
