/* SPDX-License-Identifier: MIT */
/* Goal: the client and a real server: what Redis says is understood, a server that is killed,
 * stopped or started again delays no call beyond its limit, and is talked to again within a second.
 * Method: a redis-server on a Unix socket of its own; skipped where there is none. */
#include "real_server.h"

#include <edo/streams.h>
#include <edo/unix.h>

#include <errno.h>
#include <signal.h>
#include <string.h>

/* Calls until one succeeds; each one returns within its limits. Returns how long that took. */
static int64_t ms_until_it_works(edo_redis *r) {
    edo_instant begun = edo_now();
    int err = -1;
    while (err < 0 && ms_since(begun) < PATIENCE_S * 1000) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(50));
        err = edo_deadline_end(&d, edo_redis_cmd(r, NULL, "PING"));
    }
    CHECK_EQ(err, 0);
    edo_trail_clear();
    return ms_since(begun);
}

/* ---- What it says ---------------------------------------------------------------------------- */

static void expect_text(edo_redis *r, const char *command, const char *wanted) {
    edo_redis_reply *reply;
    CHECK_EQ(edo_redis_cmd(r, &reply, command), 0);
    CHECK(edo_str_equal(edo_redis_reply_text(reply), edo_str_of(wanted)));
    edo_redis_reply_free(reply);
}

static int increments(void *arg, edo_redis *own, edo_redis_batch *tx) {
    edo_redis_reply *reply;
    (void)arg;
    int err = edo_redis_cmd(own, &reply, "GET watched");
    if (err < 0) return err;
    edo_redis_batch_add(tx, "SET watched %d", (int)edo_redis_reply_int(reply) + 1);
    edo_redis_reply_free(reply);
    return 0;
}

static int increments_ten_times(void *r) {
    edo_str keys[] = { EDO_STR("watched") };
    int err = 0;
    for (int i = 0; i < 10 && err == 0; i++)
        err = edo_redis_run_tx(r, NULL, keys, 1, increments, NULL);
    return err;
}

static void expect_transactions(edo_redis *r) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < 3; i++) edo_scope_spawn(&s, increments_ten_times, r);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    expect_text(r, "GET watched", "30");
}

static void expect_scripts(edo_redis *r) {
    static const char add[] = "return redis.call('INCRBY', KEYS[1], ARGV[1])";
    edo_redis_reply *reply;
    edo_str keys[] = { EDO_STR("sum") }, args[] = { EDO_STR("7") };
    for (int i = 1; i <= 3; i++) {
        if (i == 3) CHECK_EQ(edo_redis_cmd(r, NULL, "SCRIPT FLUSH"), 0);
        CHECK_EQ(edo_redis_script(r, &reply, add, keys, 1, args, 1), 0);
        CHECK_EQ(edo_redis_reply_int(reply), 7 * i);
        edo_redis_reply_free(reply);
    }
}

static int pushes_later(void *r) {
    int err = edo_sleep(edo_ms(700)); // longer than a shared command may take
    return err < 0 ? err : edo_redis_cmd(r, NULL, "RPUSH jobs one");
}

static void expect_blocking(edo_redis *r) {
    edo_redis *own;
    edo_redis_reply *reply;
    CHECK_EQ(edo_redis_acquire(&own, r), 0);
    edo_task *t = edo_spawn(pushes_later, r);
    CHECK_EQ(edo_redis_cmd(own, &reply, "BLPOP jobs 20"), 0);
    CHECK(edo_str_equal(edo_redis_reply_text(edo_redis_reply_at(reply, 1)), EDO_STR("one")));
    edo_redis_reply_free(reply);
    CHECK_EQ(edo_task_join(t), 0);
    edo_redis_close(own);
}

static void expect_messages(edo_redis *r) {
    edo_redis_sub *sub;
    edo_redis_message m;
    CHECK_EQ(edo_redis_sub_open(&sub, r, NULL), 0);
    CHECK_EQ(edo_redis_sub_add(sub, EDO_STR("news")), 0);
    CHECK_EQ(edo_redis_sub_add_pattern(sub, EDO_STR("alert.*")), 0);
    for (int i = 0; i < 100; i++) {
        CHECK_EQ(edo_redis_cmd(r, NULL, "PUBLISH news %d", i), 0);
        CHECK_EQ(edo_redis_cmd(r, NULL, "PUBLISH alert.fire %d", i), 0);
    }
    for (int i = 0; i < 200; i++) {
        char wanted[16];
        (void)snprintf(wanted, sizeof wanted, "%d", i / 2);
        CHECK_EQ(edo_redis_sub_next(sub, &m), 1);
        CHECK(edo_str_equal(m.data, edo_str_of(wanted)));
        CHECK(edo_str_equal(m.pattern, i % 2 ? EDO_STR("alert.*") : EDO_STR("")));
        CHECK(edo_str_equal(m.channel, i % 2 ? EDO_STR("alert.fire") : EDO_STR("news")));
    }
    CHECK_EQ(edo_redis_cmd(r, NULL, "CLIENT KILL TYPE pubsub"), 0);
    CHECK_EQ(edo_redis_sub_next(sub, &m), -EDO_ELAGGED);
    CHECK_EQ(edo_redis_cmd(r, NULL, "PUBLISH news again"), 0);
    CHECK_EQ(edo_redis_sub_next(sub, &m), 1);
    CHECK(edo_str_equal(m.data, EDO_STR("again")));
    edo_redis_sub_close(sub);
}

enum { CHANNELS = 1000, CHANNEL_BYTES = 24 };

static void expect_from_nth(edo_redis *r, edo_redis_sub *s, int nth) {
    edo_redis_message m;
    CHECK_EQ(edo_redis_cmd(r, NULL, "PUBLISH many.%d %d", nth, nth), 0);
    CHECK_EQ(edo_redis_sub_next(s, &m), 1);
    char wanted[CHANNEL_BYTES];
    (void)snprintf(wanted, sizeof wanted, "%d", nth);
    CHECK(edo_str_equal(m.data, edo_str_of(wanted)));
}

/* As many as a service has rooms, by one command each time; also when it comes back. */
static void expect_many_channels(edo_redis *r) {
    static char texts[CHANNELS][CHANNEL_BYTES];
    static edo_str names[CHANNELS];
    edo_redis_sub *s;
    edo_redis_message m;
    for (int i = 0; i < CHANNELS; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "many.%d", i);
        names[i] = edo_str_of(texts[i]);
    }
    CHECK_EQ(edo_redis_sub_open(&s, r, NULL), 0);
    CHECK_EQ(edo_redis_sub_add_many(s, names, CHANNELS), 0);
    expect_from_nth(r, s, 0);
    expect_from_nth(r, s, CHANNELS - 1);
    CHECK_EQ(edo_redis_cmd(r, NULL, "CLIENT KILL TYPE pubsub"), 0);
    CHECK_EQ(edo_redis_sub_next(s, &m), -EDO_ELAGGED);
    expect_from_nth(r, s, CHANNELS / 2);
    CHECK_EQ(edo_redis_sub_remove_many(s, names, CHANNELS - 1), 0);
    CHECK_EQ(edo_redis_cmd(r, NULL, "PUBLISH many.1 1"), 0); // nobody hears it
    expect_from_nth(r, s, CHANNELS - 1);
    edo_redis_sub_close(s);
}

#define BYTES(text)                                                                                \
    { text, sizeof(text) - 1 }

/* Texts that mean something elsewhere are texts here. */
static void expect_hostile_texts(edo_redis *r) {
    static const edo_str texts[] = { BYTES(""), BYTES("\0\1\2"),
                                     BYTES("a b\r\n*1\r\n$8\r\nFLUSHALL\r\n"), BYTES("%s%n%b"),
                                     BYTES("\xff\xfe'\";--") };
    for (size_t i = 0; i < EDO_COUNT(texts); i++) {
        edo_redis_reply *reply;
        CHECK_EQ(edo_redis_cmd(r, NULL, "SET %b %b", texts[i].ptr, texts[i].len, texts[i].ptr,
                               texts[i].len),
                 0);
        CHECK_EQ(edo_redis_cmd(r, &reply, "GET %b", texts[i].ptr, texts[i].len), 0);
        CHECK(edo_str_equal(edo_redis_reply_text(reply), texts[i]));
        edo_redis_reply_free(reply);
    }
}

static void expect_scans(edo_redis *r) {
    edo_redis_batch b = { 0 };
    edo_str item;
    int n = 0, rc;
    for (int i = 0; i < 300; i++) edo_redis_batch_add(&b, "SET scanned.%d x", i);
    edo_redis_batch_add(&b, "HSET hash f v");
    CHECK_EQ(edo_redis_pipeline(r, NULL, &b), 0);
    edo_redis_batch_deinit(&b);
    edo_seq *s =
        edo_seq_from_redis_scan(r, &(edo_redis_scan_opts){ .match = EDO_STR("scanned.*") });
    while ((rc = edo_seq_next(s, &item)) == 1) n++;
    CHECK_EQ(rc, 0);
    CHECK(n >= 300);
    edo_seq_free(s);
    s = edo_seq_from_redis_scan(
        r, &(edo_redis_scan_opts){ .command = "HSCAN", .key = EDO_STR("hash"), .count = 5 });
    CHECK_EQ(edo_seq_next(s, &item), 1);
    CHECK(edo_str_equal(item, EDO_STR("f")));
    CHECK_EQ(edo_seq_next(s, &item), 1);
    CHECK(edo_str_equal(item, EDO_STR("v")));
    CHECK_EQ(edo_seq_next(s, &item), 0);
    edo_seq_free(s);
}

static int speaks(void *arg) {
    char said[256];
    (void)arg;
    edo_process *p = real_server_start();
    edo_redis *r = real_server_client();
    CHECK_EQ(edo_redis_cmd(r, NULL, "SET %s %s", "k", "v"), 0);
    expect_text(r, "GET k", "v");
    CHECK_EQ(edo_redis_cmd(r, NULL, "LPUSH k x"), -EDO_EREDIS);
    CHECK(strcmp(edo_redis_get_error(), "WRONGTYPE") == 0);
    CHECK_EQ(edo_redis_cmd(r, NULL, "DANCE secret"), -EDO_EREDIS); // Redis repeats the arguments
    (void)edo_trail_print_text(said, sizeof said, -EDO_EREDIS, EDO_TRAIL_LINE);
    CHECK(!strstr(said, "secret"));
    expect_transactions(r);
    expect_scripts(r);
    expect_blocking(r);
    expect_hostile_texts(r);
    expect_messages(r);
    expect_many_channels(r);
    expect_scans(r);
    edo_redis_close(r);
    real_server_kill(p);
    return 0;
}

static void redis_is_understood(void **state) {
    (void)state;
    assert_int_equal(inside_real(speaks, NULL), 0);
}

static int logs_in(void *arg) {
    char wrong[128], said[256];
    edo_redis *r;
    (void)arg;
    edo_process *p = real_server_start();
    edo_redis_close(real_server_client());
    (void)snprintf(wrong, sizeof wrong, "unix://:hidden@%s", real_server_socket);
    CHECK_EQ(edo_redis_connect(&r, edo_str_of(wrong), NULL), -EACCES);
    (void)edo_trail_print_text(said, sizeof said, -EACCES, EDO_TRAIL_LIST);
    CHECK(!strstr(said, "hidden"));
    (void)snprintf(wrong, sizeof wrong, "unix://%s", real_server_socket);
    CHECK_EQ(edo_redis_connect(&r, edo_str_of(wrong), NULL), -EACCES);
    (void)snprintf(wrong, sizeof wrong, "%s?db=9999", real_server_url);
    CHECK_EQ(edo_redis_connect(&r, edo_str_of(wrong), NULL), -EINVAL);
    (void)snprintf(wrong, sizeof wrong, "%s?db=3", real_server_url);
    CHECK_EQ(edo_redis_connect(&r, edo_str_of(wrong), NULL), 0);
    edo_redis_close(r);
    real_server_kill(p);
    return 0;
}

static void login_is_checked(void **state) {
    (void)state;
    assert_int_equal(inside_real(logs_in, NULL), 0);
}

/* A user may have few rights: what a transaction may not begin is not done. */
static int has_few_rights(void *arg) {
    char narrow[128];
    edo_redis *r;
    edo_redis_batch b = { 0 };
    (void)arg;
    edo_process *p = real_server_start();
    edo_redis *all = real_server_client();
    CHECK_EQ(edo_redis_cmd(all, NULL, "ACL SETUSER ann on nopass ~* &a.* +@all -multi -ping"), 0);
    (void)snprintf(narrow, sizeof narrow, "unix://%s", real_server_socket);
    CHECK_EQ(edo_redis_connect(&r, edo_str_of(narrow), &(edo_redis_opts){ .user = "ann" }), 0);
    CHECK_EQ(edo_redis_cmd(r, NULL, "PING"), -EDO_EREDIS);
    edo_trail_clear();
    edo_redis_batch_add(&b, "SET forbidden x");
    CHECK_EQ(edo_redis_tx(r, NULL, &b), -EDO_EREDIS);
    CHECK(strcmp(edo_redis_get_error(), "NOPERM") == 0);
    edo_trail_clear();
    expect_text(all, "GET forbidden", "");
    CHECK_EQ(edo_redis_cmd(all, NULL, "ACL SETUSER ann +multi"), 0);
    CHECK_EQ(edo_redis_tx(r, NULL, &b), 0);
    expect_text(all, "GET forbidden", "x");
    edo_redis_batch_deinit(&b);
    edo_redis_sub *sub;
    CHECK_EQ(edo_redis_sub_open(&sub, r, NULL), 0);
    CHECK_EQ(edo_redis_sub_add(sub, EDO_STR("a.b")), 0);
    CHECK_EQ(edo_redis_sub_add(sub, EDO_STR("b")), -EDO_EREDIS);
    CHECK(strcmp(edo_redis_get_error(), "NOPERM") == 0);
    edo_trail_clear();
    edo_redis_sub_close(sub);
    edo_redis_close(r);
    edo_redis_close(all);
    real_server_kill(p);
    return 0;
}

static void few_rights_are_enough_for_what_they_allow(void **state) {
    (void)state;
    assert_int_equal(inside_real(has_few_rights, NULL), 0);
}

static int runs_for_ever(void *own) {
    return edo_redis_cmd(own, NULL, "EVAL %s 0", "while true do end");
}

static int connects(edo_redis **out) {
    return edo_redis_connect(out, edo_str_of(real_server_url), NULL);
}

static void expect_busy(edo_redis *r) {
    edo_redis *own, *more;
    int err;
    const edo_redis_opts patient = { .response_timeout = edo_ns(-1) };
    CHECK_EQ(edo_redis_cmd(r, NULL, "CONFIG SET lua-time-limit 10"), 0);
    CHECK_EQ(edo_redis_connect(&own, edo_str_of(real_server_url), &patient), 0);
    edo_task *t = edo_spawn(runs_for_ever, own);
    while ((err = connects(&more)) == 0) edo_redis_close(more); // the script has not begun yet
    CHECK_EQ(err, -EBUSY);
    edo_trail_clear();
    CHECK_EQ(edo_redis_cmd(r, NULL, "SCRIPT KILL"), 0);
    CHECK_EQ(edo_task_join(t), -EDO_EREDIS);
    edo_trail_clear();
    edo_redis_close(own);
}

static bool has_failed_to_save(edo_redis *r) {
    edo_redis_reply *reply;
    CHECK_EQ(edo_redis_cmd(r, &reply, "INFO persistence"), 0);
    bool has = strstr(edo_redis_reply_text(reply).ptr, "rdb_last_bgsave_status:err");
    edo_redis_reply_free(reply);
    return has;
}

static void expect_read_only(edo_redis *r) {
    edo_redis *more;
    CHECK_EQ(edo_redis_cmd(r, NULL, "SET kept x"), 0);
    CHECK_EQ(edo_redis_cmd(r, NULL, "CONFIG SET save %s", "900 1"), 0);
    CHECK_EQ(edo_redis_cmd(r, NULL, "BGSAVE"), 0);
    WAIT_FOR(has_failed_to_save(r));
    CHECK_EQ(connects(&more), 0);
    expect_text(more, "GET kept", "x");
    CHECK_EQ(edo_redis_cmd(more, NULL, "SET kept y"), -EDO_EREDIS);
    CHECK(strcmp(edo_redis_get_error(), "MISCONF") == 0);
    edo_trail_clear();
    edo_redis_close(more);
}

/* A script that runs for too long, and a folder that is gone: PING is refused for either. */
static int is_in_trouble(void *arg) {
    char folder[] = "/tmp/edo-redis-gone-XXXXXX";
    (void)arg;
    CHECK(mkdtemp(folder) != NULL);
    edo_process *p = real_server_start_with((const char *const[]){ "--dir", folder, NULL });
    edo_redis *r = real_server_client();
    CHECK_EQ(rmdir(folder), 0);
    expect_busy(r);
    expect_read_only(r);
    edo_redis_close(r);
    real_server_kill(p);
    return 0;
}

static void server_in_trouble_wants_no_login(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_in_trouble, NULL), 0);
}

/* ---- When it goes ---------------------------------------------------------------------------- */

typedef struct caller {
    edo_redis *r;
    bool is_over;
    int number, done_n, failed_n;
} caller;

/* Each reply is this caller's. */
static int echoes(void *arg) {
    caller *c = arg;
    for (int i = 0; !c->is_over; i++) {
        edo_redis_reply *reply;
        int number = c->number * 1000000 + i;
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(200));
        int err = edo_deadline_end(&d, edo_redis_cmd(c->r, &reply, "ECHO %d", number));
        edo_trail_clear();
        if (err == 0) {
            CHECK_EQ(edo_redis_reply_int(reply), number);
            edo_redis_reply_free(reply);
            c->done_n++;
        } else {
            c->failed_n++;
            CHECK_EQ(edo_sleep(edo_ms(1)), 0);
        }
    }
    return 0;
}

#define CALLERS 16

static int goes_and_comes(void *arg) {
    (void)arg;
    static caller callers[CALLERS];
    edo_task *tasks[CALLERS];
    edo_process *p = real_server_start();
    edo_redis *r = real_server_client();
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (caller){ .r = r, .number = i + 1 };
        tasks[i] = edo_spawn(echoes, &callers[i]);
    }
    for (int round = 0; round < 3; round++) {
        int before = callers[0].done_n;
        WAIT_FOR(callers[0].done_n > before + 10);
        CHECK_EQ(edo_process_signal(p, SIGSTOP), 0);
        CHECK_EQ(edo_sleep(edo_ms(round == 0 ? 300 : 1500)), 0);
        CHECK_EQ(edo_process_signal(p, SIGCONT), 0);
        (void)ms_until_it_works(r);
        real_server_kill(p);
        CHECK_EQ(edo_sleep(edo_ms(round == 1 ? 1200 : 10)), 0);
        p = real_server_start();
        edo_redis_close(real_server_client()); // it is there
        (void)ms_until_it_works(r);
    }
    for (int i = 0; i < CALLERS; i++) callers[i].is_over = true;
    for (int i = 0; i < CALLERS; i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    edo_redis_close(r);
    real_server_kill(p);
    return 0;
}

static void no_reply_goes_astray_while_the_server_goes_and_comes(void **state) {
    (void)state;
    assert_int_equal(inside_real(goes_and_comes, NULL), 0);
}

/* The server cuts the connection off, again and again, while callers use it. */
static int is_cut_off(void *arg) {
    (void)arg;
    static caller callers[CALLERS];
    edo_task *tasks[CALLERS];
    edo_process *p = real_server_start();
    edo_redis *r = real_server_client(), *killer = real_server_client();
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (caller){ .r = r, .number = i + 1 };
        tasks[i] = edo_spawn(echoes, &callers[i]);
    }
    for (int i = 0; i < 30; i++) {
        int before = callers[0].done_n;
        WAIT_FOR(callers[0].done_n > before + 10);
        CHECK_EQ(edo_redis_cmd(killer, NULL, "CLIENT KILL TYPE normal SKIPME yes"), 0);
    }
    for (int i = 0; i < CALLERS; i++) callers[i].is_over = true;
    for (int i = 0; i < CALLERS; i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    edo_redis_close(killer);
    edo_redis_close(r);
    real_server_kill(p);
    return 0;
}

static void no_reply_goes_astray_while_the_connection_is_cut_off(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_cut_off, NULL), 0);
}

/* ---- A hole on the way ----------------------------------------------------------------------- */

/* What lies between client and server: of connections up to `holes_n` no reply comes through any
 * more, and nothing ends. */
typedef struct hole {
    int conns_n, holes_n, alive_n;
} hole;

typedef struct hole_way {
    hole *of;
    int number;
    edo_stream *client, *server;
} hole_way;

static int hole_pump_up(void *arg) {
    hole_way *w = arg;
    char bytes[4096];
    int n, err = 0;
    while (err == 0 && (n = edo_read(w->client, bytes, sizeof bytes)) > 0)
        err = edo_write_all(w->server, bytes, (size_t)n);
    return -EDO_ECLOSED; // the other one ends with it
}

static int hole_pump_down(void *arg) {
    hole_way *w = arg;
    char bytes[4096];
    int n, err = 0;
    while (err == 0 && (n = edo_read(w->server, bytes, sizeof bytes)) > 0)
        if (w->number > w->of->holes_n) err = edo_write_all(w->client, bytes, (size_t)n);
    return -EDO_ECLOSED;
}

static int hole_run(void *arg) {
    hole_way *w = arg;
    edo_scope s;
    edo_scope_begin(&s, NULL);
    edo_scope_spawn(&s, hole_pump_up, w);
    edo_scope_spawn(&s, hole_pump_down, w);
    (void)edo_scope_end(&s, 0);
    edo_close(w->client);
    edo_close(w->server);
    w->of->alive_n--;
    free(w);
    return 0;
}

static int hole_connect(void *arg, edo_stream **out) {
    hole_way *w = calloc(1, sizeof *w);
    CHECK(w != NULL);
    w->of = arg;
    int err = edo_unix_connect(&w->server, real_server_socket, NULL);
    if (err < 0) {
        free(w);
        return err;
    }
    CHECK_EQ(edo_duplex(out, &w->client, 65536), 0);
    w->number = ++w->of->conns_n;
    w->of->alive_n++;
    CHECK_EQ(edo_spawn_detached(hole_run, w), 0);
    return 0;
}

/* All have their replies again by one connection more, whatever they had sent. */
static int falls_into_a_hole(void *arg) {
    (void)arg;
    static caller callers[CALLERS];
    hole h = { .conns_n = 0 };
    edo_task *tasks[CALLERS];
    edo_redis *r;
    edo_process *p = real_server_start();
    edo_redis_close(real_server_client()); // it is there
    edo_redis_opts opts = { .connect = hole_connect, .connect_arg = &h };
    CHECK_EQ(edo_redis_connect(&r, edo_str_of(real_server_url), &opts), 0);
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (caller){ .r = r, .number = i + 1 };
        tasks[i] = edo_spawn(echoes, &callers[i]);
    }
    for (int round = 0; round < 3; round++) {
        int before = callers[0].done_n;
        WAIT_FOR(callers[0].done_n > before + 10);
        h.holes_n = h.conns_n;
        WAIT_FOR(h.conns_n > h.holes_n);
        (void)ms_until_it_works(r);
    }
    for (int i = 0; i < CALLERS; i++) callers[i].is_over = true;
    for (int i = 0; i < CALLERS; i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    CHECK_EQ(h.conns_n, 4);
    edo_redis_close(r);
    WAIT_FOR(h.alive_n == 0);
    real_server_kill(p);
    return 0;
}

static void hole_on_the_way_costs_one_connection(void **state) {
    (void)state;
    assert_int_equal(inside_real(falls_into_a_hole, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(redis_is_understood),
        cmocka_unit_test(login_is_checked),
        cmocka_unit_test(few_rights_are_enough_for_what_they_allow),
        cmocka_unit_test(server_in_trouble_wants_no_login),
        cmocka_unit_test(no_reply_goes_astray_while_the_server_goes_and_comes),
        cmocka_unit_test(no_reply_goes_astray_while_the_connection_is_cut_off),
        cmocka_unit_test(hole_on_the_way_costs_one_connection),
    };
    if (!real_server_exists()) return REAL_SERVER_SKIPPED;
    return cmocka_run_group_tests(tests, real_server_setup, real_server_teardown);
}
