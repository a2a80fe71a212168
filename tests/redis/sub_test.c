/* SPDX-License-Identifier: MIT */
/* Goal: messages come in their order, none is lost that came; a connection that was lost is back
 * with all channels, and tells so once.
 * Method: a server in memory that confirms and publishes as the case says. */
#include "peer.h"

/* Confirms what is asked for, name by name. */
static int peer_confirm(peer_conn *c) {
    char text[256];
    char word[16];
    int err = 0;
    size_t n = c->parts[0].len;
    CHECK(n < sizeof word);
    for (size_t i = 0; i < n; i++) word[i] = (char)(c->parts[0].ptr[i] | 0x20);
    if (peer_got(c, "PING")) return peer_say(c, "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
    for (size_t i = 1; i < c->parts_n && err >= 0; i++) {
        edo_str name = c->parts[i];
        int k = snprintf(text, sizeof text, "*3\r\n$%zu\r\n%.*s\r\n$%zu\r\n%.*s\r\n:1\r\n", n,
                         (int)n, word, name.len, (int)name.len, name.ptr);
        err = peer_say_n(c, text, (size_t)k);
    }
    return err;
}

static int peer_publish(peer_conn *c, const char *channel, const char *data) {
    char text[256];
    int n = snprintf(text, sizeof text, "*3\r\n$7\r\nmessage\r\n$%zu\r\n%s\r\n$%zu\r\n%s\r\n",
                     strlen(channel), channel, strlen(data), data);
    return peer_say_n(c, text, (size_t)n);
}

static void expect_message(edo_redis_sub *s, const char *channel, const char *data) {
    edo_redis_message m;
    CHECK_EQ(edo_redis_sub_next(s, &m), 1);
    CHECK(edo_str_equal(m.channel, edo_str_of(channel)));
    CHECK(edo_str_equal(m.data, edo_str_of(data)));
}

/* A message before each confirmation, and one behind it. */
static int serve_among(peer *p, peer_conn *c) {
    int rc;
    (void)p;
    while ((rc = peer_recv(c)) == 1) {
        if (peer_publish(c, "a", "before") < 0 || peer_confirm(c) < 0) break;
        if (peer_publish(c, "a", "behind") < 0) break;
    }
    return rc;
}

static int among(void *arg) {
    (void)arg;
    peer p = { .serve = serve_among };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_redis_sub *s;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_redis_sub_open(&s, r, NULL), 0);
    CHECK_EQ(edo_redis_sub_add(s, EDO_STR("a")), 0);
    CHECK_EQ(edo_redis_sub_add(s, EDO_STR("a")), 0); // is there already
    CHECK_EQ(edo_redis_sub_add(s, EDO_STR("b")), 0);
    CHECK_EQ(edo_redis_sub_remove(s, EDO_STR("b")), 0);
    CHECK_EQ(edo_redis_sub_remove(s, EDO_STR("c")), 0); // is not there
    CHECK_EQ(p.commands_n, 3);
    for (int i = 0; i < 3; i++) {
        expect_message(s, "a", "before");
        expect_message(s, "a", "behind");
    }
    edo_redis_sub_close(s);
    peer_close(&p, r);
    return 0;
}

static void messages_among_confirmations_are_kept(void **state) {
    (void)state;
    assert_int_equal(inside(among, NULL), 0);
}

static int change_many(void *arg) {
    (void)arg;
    static const edo_str some[] = { { "a", 1 }, { "b", 1 }, { "c", 1 }, { "b", 1 } },
                         others[] = { { "d", 1 }, { "b", 1 }, { "c", 1 } };
    peer p = { .serve = serve_among };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_redis_sub *s;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_redis_sub_open(&s, r, NULL), 0);
    CHECK_EQ(edo_redis_sub_add(s, EDO_STR("a")), 0);
    CHECK_EQ(edo_redis_sub_add_many(s, some, EDO_COUNT(some)), 0);
    CHECK_EQ(p.commands_n, 2);
    CHECK_EQ(edo_redis_sub_add_many(s, some, EDO_COUNT(some)), 0); // they are there
    CHECK_EQ(edo_redis_sub_add_many(s, NULL, 0), 0);
    CHECK_EQ(p.commands_n, 2);
    CHECK_EQ(edo_redis_sub_remove_many(s, others, EDO_COUNT(others)), 0);
    CHECK_EQ(edo_redis_sub_remove_many(s, others, EDO_COUNT(others)), 0); // they are not
    CHECK_EQ(p.commands_n, 3);
    for (int i = 0; i < 3; i++) {
        expect_message(s, "a", "before");
        expect_message(s, "a", "behind");
    }
    edo_redis_sub_close(s);
    peer_close(&p, r);
    return 0;
}

static void many_channels_are_one_command(void **state) {
    (void)state;
    assert_int_equal(inside(change_many, NULL), 0);
}

static int too_many(void *arg) {
    peer p = { .serve = serve_among };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_redis_sub *s;
    edo_redis_message m;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_redis_sub_open(&s, r, arg), 0);
    CHECK_EQ(edo_redis_sub_add(s, EDO_STR("a")), 0);
    CHECK_EQ(edo_redis_sub_add(s, EDO_STR("b")), 0);
    expect_message(s, "a", "before");
    CHECK_EQ(edo_redis_sub_next(s, &m), -EDO_ELAGGED);
    expect_message(s, "a", "behind");
    edo_redis_sub_close(s);
    peer_close(&p, r);
    return 0;
}

static void messages_beyond_the_limit_are_told(void **state) {
    (void)state;
    assert_int_equal(inside(too_many, &(edo_redis_sub_opts){ .kept_max = 1 }), 0);
    assert_int_equal(inside(too_many, &(edo_redis_sub_opts){ .kept_bytes_max = 20 }), 0);
}

/* ---- It comes back --------------------------------------------------------------------------- */

/* Each connection of the subscription publishes one message when all three are there, and ends. */
static int serve_short(peer *p, peer_conn *c) {
    int rc = 0;
    char text[16];
    (void)p;
    if (c->number == 1) return peer_serve_echo(p, c);
    for (size_t names_n = 0; names_n < 3; names_n += c->parts_n - 1) {
        if ((rc = peer_recv(c)) != 1) return rc;
        CHECK(peer_got(c, "SUBSCRIBE") || peer_got(c, "PSUBSCRIBE"));
        if (peer_confirm(c) < 0) return 0;
    }
    (void)snprintf(text, sizeof text, "%d", c->number);
    return peer_publish(c, "a", text);
}

static int back(void *arg) {
    (void)arg;
    peer p = { .serve = serve_short };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_redis_sub *s;
    edo_redis_message m;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_redis_sub_open(&s, r, NULL), 0);
    CHECK_EQ(edo_redis_sub_add(s, EDO_STR("a")), 0);
    CHECK_EQ(edo_redis_sub_add_pattern(s, EDO_STR("b.*")), 0);
    CHECK_EQ(edo_redis_sub_add(s, EDO_STR("c")), 0);
    expect_message(s, "a", "2");
    p.refuses = 8;
    CHECK_EQ(edo_redis_sub_next(s, &m), -EDO_ELAGGED);
    expect_message(s, "a", "3");
    CHECK_EQ(p.refuses, 0);
    CHECK_EQ(edo_redis_sub_next(s, &m), -EDO_ELAGGED);
    expect_message(s, "a", "4");
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(100)); // cut short while it is away
    p.refuses = 1000;
    CHECK_EQ(edo_deadline_end(&d, edo_redis_sub_next(s, &m)), -ETIMEDOUT);
    p.refuses = 0;
    CHECK_EQ(edo_redis_sub_next(s, &m), -EDO_ELAGGED);
    expect_message(s, "a", "5");
    edo_redis_sub_close(s);
    peer_close(&p, r);
    return 0;
}

static void lost_subscription_comes_back_and_tells(void **state) {
    (void)state;
    assert_int_equal(inside(back, NULL), 0);
}

/* As edo_redis_sub_next(), in calls of 300 ms each, for a minute at most. Returns what the first
 * one did that was not cut short. */
static int next_in_short_calls(edo_redis_sub *s, edo_redis_message *m) {
    int rc = -ETIMEDOUT;
    for (int i = 0; i < 200 && rc == -ETIMEDOUT; i++) {
        edo_trail_clear();
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(300));
        rc = edo_deadline_end(&d, edo_redis_sub_next(s, m));
    }
    return rc;
}

/* A server, or a proxy in front of it, that hangs up as soon as all is said. */
static int serve_hang_up(peer *p, peer_conn *c) {
    (void)p;
    CHECK(c->number < 20); // else it is asked without a pause
    if (c->number == 1) return peer_serve_echo(p, c);
    return peer_recv(c) == 1 ? peer_confirm(c) : 0;
}

static int hung_up(void *arg) {
    (void)arg;
    peer p = { .serve = serve_hang_up };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_redis_sub *s;
    edo_redis_message m;
    opts.pause_max = edo_ms(400);
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_redis_sub_open(&s, r, NULL), 0);
    CHECK_EQ(edo_redis_sub_add(s, EDO_STR("a")), 0);
    edo_instant begun = edo_now();
    for (int i = 0; i < 5; i++) CHECK_EQ(edo_redis_sub_next(s, &m), -EDO_ELAGGED);
    CHECK(ms_since(begun) >= 100 + 200 + 3 * 400);
    CHECK_EQ(p.conns_n, 7);
    // pauses go on over calls that are shorter
    begun = edo_now();
    CHECK_EQ(next_in_short_calls(s, &m), -EDO_ELAGGED);
    CHECK(ms_since(begun) >= 400);
    CHECK_EQ(p.conns_n, 8);
    edo_redis_sub_close(s);
    peer_close(&p, r);
    return 0;
}

static void server_that_hangs_up_at_once_is_asked_with_pauses(void **state) {
    (void)state;
    assert_int_equal(inside(hung_up, NULL), 0);
}

/* The first is there and says nothing any more after a ping. */
static int serve_silence(peer *p, peer_conn *c) {
    int *pings_n = p->arg, rc;
    while ((rc = peer_recv(c)) == 1) {
        if (peer_got(c, "PING") && ++*pings_n > 3 && c->number == 2) continue;
        if (peer_confirm(c) < 0) break;
        if (c->number > 2 && peer_publish(c, "a", "x") < 0) break;
    }
    return rc;
}

static int silence(void *arg) {
    (void)arg;
    int pings_n = 0;
    peer p = { .serve = serve_silence, .arg = &pings_n };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_redis_sub *s;
    edo_redis_message m;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_redis_sub_open(&s, r, NULL), 0);
    CHECK_EQ(edo_redis_sub_add(s, EDO_STR("a")), 0);
    edo_instant begun = edo_now();
    CHECK_EQ(edo_redis_sub_next(s, &m), -EDO_ELAGGED);
    CHECK_EQ(ms_since(begun), 41000); // three pings were answered, the fourth was not
    expect_message(s, "a", "x");
    edo_redis_sub_close(s);
    peer_close(&p, r);
    return 0;
}

static void silent_server_is_asked(void **state) {
    (void)state;
    assert_int_equal(inside(silence, NULL), 0);
}

static int short_calls(void *arg) {
    (void)arg;
    int pings_n = 0;
    peer p = { .serve = serve_silence, .arg = &pings_n };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_redis_sub *s;
    edo_redis_message m;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_redis_sub_open(&s, r, NULL), 0);
    CHECK_EQ(edo_redis_sub_add(s, EDO_STR("a")), 0);
    edo_instant begun = edo_now();
    CHECK_EQ(next_in_short_calls(s, &m), -EDO_ELAGGED);
    CHECK(ms_since(begun) >= 41000 && ms_since(begun) < 42000);
    CHECK_EQ(pings_n, 4);
    expect_message(s, "a", "x");
    edo_redis_sub_close(s);
    peer_close(&p, r);
    return 0;
}

static void silent_server_is_asked_between_short_calls(void **state) {
    (void)state;
    assert_int_equal(inside(short_calls, NULL), 0);
}

/* A message is published each 7 seconds; nobody reads for a minute. */
static int serve_seldom(peer *p, peer_conn *c) {
    if (c->number == 1) return peer_serve_echo(p, c);
    if (peer_recv(c) != 1 || peer_confirm(c) < 0) return 0;
    for (int i = 0; i < 9; i++)
        if (edo_sleep(edo_s(7)) < 0 || peer_publish(c, "a", "x") < 0) return 0;
    while (peer_recv(c) == 1 && peer_confirm(c) == 0) continue;
    return 0;
}

static int reads_late(void *arg) {
    (void)arg;
    peer p = { .serve = serve_seldom };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_redis_sub *s;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_redis_sub_open(&s, r, NULL), 0);
    CHECK_EQ(edo_redis_sub_add(s, EDO_STR("a")), 0);
    CHECK_EQ(edo_sleep(edo_s(60)), 0);
    for (int i = 0; i < 9; i++) expect_message(s, "a", "x");
    edo_redis_sub_close(s);
    peer_close(&p, r);
    return 0;
}

static void server_is_not_silent_that_nobody_has_read(void **state) {
    (void)state;
    assert_int_equal(inside(reads_late, NULL), 0);
}

/* ---- What is refused ------------------------------------------------------------------------- */

/* This user may use neither PING, which takes a while, nor the channel "b". */
static int serve_rights(peer *p, peer_conn *c) {
    int rc;
    (void)p;
    while ((rc = peer_recv(c)) == 1) {
        bool is_ping = peer_got(c, "PING");
        bool is_refused = is_ping || edo_str_equal(c->parts[1], EDO_STR("b"));
        if (is_ping && edo_sleep(edo_ms(100)) < 0) break;
        rc = is_refused ? peer_say(c, "-NOPERM secret\r\n") : peer_confirm(c);
        if (rc < 0) break;
    }
    return rc;
}

static int refused(void *arg) {
    (void)arg;
    peer p = { .serve = serve_rights };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_redis_sub *s;
    edo_redis_message m;
    char said[256];
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_redis_sub_open(&s, r, NULL), 0);
    CHECK_EQ(edo_redis_sub_add(s, EDO_STR("a")), 0);
    CHECK_EQ(edo_redis_sub_add(s, EDO_STR("b")), -EDO_EREDIS);
    CHECK(strcmp(edo_redis_get_error(), "NOPERM") == 0);
    (void)edo_trail_print_text(said, sizeof said, -EDO_EREDIS, EDO_TRAIL_LIST);
    CHECK(strstr(said, "SUBSCRIBE: NOPERM") && !strstr(said, "secret"));
    edo_trail_clear();
    CHECK_EQ(edo_redis_sub_add_many(s, (edo_str[]){ EDO_STR("b"), EDO_STR("a") }, 2), -EDO_EREDIS);
    edo_trail_clear();
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(10050)); // PING is sent, its reply not there
    CHECK_EQ(edo_deadline_end(&d, edo_redis_sub_next(s, &m)), -ETIMEDOUT);
    edo_trail_clear();
    CHECK_EQ(edo_redis_sub_add(s, EDO_STR("c")), 0); // which that error is not about
    edo_deadline_begin(&d, edo_s(100));
    CHECK_EQ(edo_deadline_end(&d, edo_redis_sub_next(s, &m)), -ETIMEDOUT);
    CHECK_EQ(p.conns_n, 2);
    edo_redis_sub_close(s);
    peer_close(&p, r);
    return 0;
}

static void refused_channel_says_why_and_changes_nothing(void **state) {
    (void)state;
    assert_int_equal(inside(refused, NULL), 0);
}

/* ---- The end --------------------------------------------------------------------------------- */

static int serve_quietly(peer *p, peer_conn *c) {
    int rc;
    (void)p;
    while ((rc = peer_recv(c)) == 1 && peer_confirm(c) == 0) continue;
    return rc;
}

static int closes_later(void *r) {
    CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    edo_redis_close(r);
    return 0;
}

static int ends(void *arg) {
    (void)arg;
    peer p = { .serve = serve_quietly };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_redis_sub *s;
    edo_redis_message m;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_redis_sub_open(&s, r, NULL), 0);
    edo_task *t = edo_spawn(closes_later, r);
    CHECK_EQ(edo_redis_sub_next(s, &m), 0);
    CHECK_EQ(edo_redis_sub_next(s, &m), 0);
    CHECK_EQ(edo_redis_sub_add(s, EDO_STR("a")), -EDO_ECLOSED);
    CHECK_EQ(edo_task_join(t), 0);
    edo_redis_sub_close(s);
    edo_redis_sub_close(NULL);
    WAIT_FOR(p.alive_n == 0);
    return 0;
}

static void subscription_ends_with_its_connection(void **state) {
    (void)state;
    assert_int_equal(inside(ends, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_among_confirmations_are_kept),
        cmocka_unit_test(many_channels_are_one_command),
        cmocka_unit_test(messages_beyond_the_limit_are_told),
        cmocka_unit_test(lost_subscription_comes_back_and_tells),
        cmocka_unit_test(server_that_hangs_up_at_once_is_asked_with_pauses),
        cmocka_unit_test(silent_server_is_asked),
        cmocka_unit_test(silent_server_is_asked_between_short_calls),
        cmocka_unit_test(server_is_not_silent_that_nobody_has_read),
        cmocka_unit_test(refused_channel_says_why_and_changes_nothing),
        cmocka_unit_test(subscription_ends_with_its_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
