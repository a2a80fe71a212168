/* SPDX-License-Identifier: MIT */
/* Goal: what is notified on a channel is heard, in order, and a gap is told after each loss of the
 * connection, and never else.
 * Method: a real server, another connection that notifies, hostile names; the server restarted. */
#include "inside.h"
#include "pg_server.h"

#include <edo/pg.h>
#include <edo/task.h>

#include <string.h>

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
    edo_deadline d = edo_deadline_begin(edo_ms(10));
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channels_are_heard_in_order),
        cmocka_unit_test(a_gap_is_told_and_channels_are_heard_again),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
