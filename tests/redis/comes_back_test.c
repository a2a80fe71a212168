/* SPDX-License-Identifier: MIT */
/* Goal: a connection that is lost comes back when it is needed; what was sent fails at once, and is
 * not sent again; what was not sent is; no try is made for nothing.
 * Method: a server in memory that ends connections and refuses some, on a clock that jumps. */
#include "peer.h"

#include <edo/notify.h>

/* Takes one command, and goes. */
static int serve_none(peer *p, peer_conn *c) {
    if (c->number > 1) return peer_serve_echo(p, c);
    (void)peer_recv(c);
    return 0;
}

static int sent_fails(void *arg) {
    (void)arg;
    peer p = { .serve = serve_none };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_redis_reply *reply;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    edo_instant begun = edo_now();
    CHECK_EQ(edo_redis_cmd(r, NULL, "INCR a"), -ECONNRESET);
    CHECK_EQ(ms_since(begun), 0);
    CHECK_EQ(edo_redis_cmd(r, &reply, "INCR b"), 0);
    CHECK(edo_str_equal(edo_redis_reply_text(reply), EDO_STR("b")));
    edo_redis_reply_free(reply);
    CHECK_EQ(ms_since(begun), 0);
    CHECK_EQ(p.commands_n, 2);
    CHECK_EQ(p.conns_n, 2);
    peer_close(&p, r);
    return 0;
}

static void what_was_sent_fails_at_once(void **state) {
    (void)state;
    assert_int_equal(inside(sent_fails, NULL), 0);
}

static int increments(void *r) {
    return edo_redis_cmd(r, NULL, "INCR a");
}

/* A server that has become a replica, while its address is another one's now. */
static int serve_reads(peer *p, peer_conn *c) {
    if (c->number > 2) return peer_serve_echo(p, c);
    while (peer_recv(c) == 1)
        if (peer_say(c, "-READONLY You can't write against a read only replica.\r\n") < 0) break;
    return 0;
}

static int role_changes(void *arg) {
    (void)arg;
    peer p = { .serve = serve_reads };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_redis_cmd(r, NULL, "INCR a"), -EDO_EREDIS);
    CHECK_EQ(p.conns_n, 1); // what has just been found is asked for again only after a while
    CHECK_EQ(edo_sleep(edo_s(5)), 0);
    CHECK_EQ(edo_redis_cmd(r, NULL, "INCR a"), -EDO_EREDIS);
    CHECK(strcmp(edo_redis_get_error(), "READONLY") == 0);
    CHECK_EQ(edo_redis_cmd(r, NULL, "INCR a"), -EDO_EREDIS);
    CHECK_EQ(p.conns_n, 2);
    CHECK_EQ(edo_sleep(edo_s(5)), 0);
    CHECK_EQ(edo_redis_cmd(r, NULL, "INCR a"), -EDO_EREDIS);
    CHECK_EQ(edo_redis_cmd(r, NULL, "INCR a"), 0);
    CHECK_EQ(p.conns_n, 3);
    edo_trail_clear();
    peer_close(&p, r);
    return 0;
}

/* A write is refused while a read is under way, and one is asked for behind that. */
static int serve_slowly(peer *p, peer_conn *c) {
    if (c->number > 1) return peer_serve_echo(p, c);
    edo_notify *refused = p->arg;
    CHECK_EQ(peer_recv(c), 1);
    CHECK_EQ(peer_say(c, "-READONLY\r\n"), 0);
    CHECK_EQ(peer_recv(c), 1);
    CHECK_EQ(edo_notify_wait(refused), 0);
    CHECK_EQ(peer_echo(c), 0);
    return peer_recv(c); // nothing more is sent here
}

static int reads(void *r) {
    return edo_redis_cmd(r, NULL, "GET a");
}

static int role_changes_beside(void *arg) {
    edo_notify refused = EDO_NOTIFY_INIT;
    (void)arg;
    peer p = { .serve = serve_slowly, .arg = &refused };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_sleep(edo_s(5)), 0);
    edo_task *write = edo_spawn(increments, r), *read = edo_spawn(reads, r);
    CHECK_EQ(edo_task_join(write), -EDO_EREDIS);
    edo_task *behind = edo_spawn(reads, r);
    CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(p.conns_n, 1);
    edo_notify_one(&refused);
    CHECK_EQ(edo_task_join(read), 0);
    CHECK_EQ(edo_task_join(behind), 0); // over the next connection
    CHECK_EQ(p.conns_n, 2);
    edo_trail_clear();
    peer_close(&p, r);
    return 0;
}

static void what_is_under_way_to_a_server_that_is_left_is_answered(void **state) {
    (void)state;
    assert_int_equal(inside(role_changes_beside, NULL), 0);
}

static void server_that_does_not_write_any_more_is_left(void **state) {
    (void)state;
    assert_int_equal(inside(role_changes, NULL), 0);
}

/* The queue has room for one: of three commands one was sent when the server went. */
static int unsent_is_sent(void *arg) {
    (void)arg;
    peer p = { .serve = serve_none };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_task *tasks[3];
    int lost_n = 0, done_n = 0;
    opts.queue_max = 1;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    for (size_t i = 0; i < 3; i++) tasks[i] = edo_spawn(increments, r);
    for (size_t i = 0; i < 3; i++) {
        int err = edo_task_join(tasks[i]);
        lost_n += err == -ECONNRESET;
        done_n += err == 0;
    }
    CHECK_EQ(lost_n, 1);
    CHECK_EQ(done_n, 2);
    CHECK_EQ(p.commands_n, 3);
    peer_close(&p, r);
    return 0;
}

static void what_was_not_sent_is_sent_later(void **state) {
    (void)state;
    assert_int_equal(inside(unsent_is_sent, NULL), 0);
}

/* Nobody needs the connection that was lost. */
static int idle(void *arg) {
    (void)arg;
    peer p = { .serve = serve_none };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_redis_cmd(r, NULL, "INCR a"), -ECONNRESET);
    CHECK_EQ(edo_sleep(edo_minutes(10)), 0);
    CHECK_EQ(p.conns_n, 1);
    peer_close(&p, r);
    return 0;
}

static void idle_client_does_not_connect(void **state) {
    (void)state;
    assert_int_equal(inside(idle, NULL), 0);
}

static int tries(void *arg) {
    (void)arg;
    peer p = { .serve = serve_none };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_redis_cmd(r, NULL, "INCR a"), -ECONNRESET);
    p.refuses = 5;
    CHECK_EQ(edo_redis_cmd(r, NULL, "INCR b"), 0); // the sixth try
    CHECK_EQ(p.refuses, 0);
    peer_close(&p, r);
    return 0;
}

static void server_that_refuses_is_tried_again(void **state) {
    (void)state;
    assert_int_equal(inside(tries, NULL), 0);
}

/* Does the trail of -ECONNREFUSED say just this? */
static bool says(const char *wanted) {
    char said[512];
    (void)edo_trail_print_text(said, sizeof said, -ECONNREFUSED, EDO_TRAIL_LINE);
    if (strcmp(said, wanted) != 0) print_error("%s\n", said);
    return strcmp(said, wanted) == 0;
}

static int gives_up(void *arg) {
    (void)arg;
    peer p = { .serve = serve_none };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_redis_cmd(r, NULL, "INCR a"), -ECONNRESET);
    p.refuses = 100;
    edo_task *other = edo_spawn(increments, r);
    CHECK_EQ(edo_redis_cmd(r, NULL, "INCR b"), -ECONNREFUSED);
    CHECK(says("INCR: Redis at peer:6379 is away: the server cannot be reached: Connection refused "
               "(-ECONNREFUSED)"));
    CHECK_EQ(edo_task_join(other), -ECONNREFUSED); // by the same tries
    CHECK_EQ(p.refuses, 94);
    edo_trail_clear();

    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(70)); // within the first pause
    edo_instant begun = edo_now();
    CHECK_EQ(edo_deadline_end(&d, edo_redis_cmd(r, NULL, "INCR c")), -ETIMEDOUT);
    CHECK_EQ(ms_since(begun), 70);
    p.refuses = 0;
    CHECK_EQ(edo_redis_cmd(r, NULL, "INCR d"), 0);
    CHECK(ms_since(begun) <= 1000);
    CHECK_EQ(p.commands_n, 2); // `c` had stopped to wait, and was not sent
    peer_close(&p, r);
    return 0;
}

static void unreachable_server_is_given_up(void **state) {
    (void)state;
    assert_int_equal(inside(gives_up, NULL), 0);
}

/* A server that follows another one, and loads all of its data just now. */
static int serve_loading(peer *p, peer_conn *c) {
    (void)p;
    while (peer_recv(c) == 1)
        if (peer_say(c, "-LOADING Redis is loading the dataset in memory\r\n") < 0) break;
    return 0;
}

static int loads(void *arg) {
    (void)arg;
    peer p = { .serve = serve_loading };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    char said[256];
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_redis_cmd(r, NULL, "GET a"), -EDO_EREDIS);
    CHECK(strcmp(edo_redis_get_error(), "LOADING") == 0);
    (void)edo_trail_print_text(said, sizeof said, -EDO_EREDIS, EDO_TRAIL_LINE);
    CHECK(strstr(said, "GET: LOADING: Redis at peer:6379 is away: "));
    peer_close(&p, r);
    return 0;
}

static void server_that_loads_its_data_is_away(void **state) {
    (void)state;
    assert_int_equal(inside(loads, NULL), 0);
}

/* ---- The first connection -------------------------------------------------------------------- */

static int first(void *arg) {
    (void)arg;
    peer p = { .serve = peer_serve_echo, .refuses = 1 };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r = NULL;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), -ECONNREFUSED);
    CHECK(!r);
    CHECK(says("Redis at peer:6379 is away: the server cannot be reached: Connection refused "
               "(-ECONNREFUSED)"));
    edo_trail_clear();
    p.refuses = 1;
    opts.lazy = true;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_sleep(edo_s(10)), 0);
    CHECK_EQ(p.conns_n, 0);
    CHECK_EQ(edo_redis_cmd(r, NULL, "GET a"), 0);
    CHECK_EQ(p.conns_n, 1);
    peer_close(&p, r);
    return 0;
}

static void first_connection_is_waited_for_unless_lazy(void **state) {
    (void)state;
    assert_int_equal(inside(first, NULL), 0);
}

/* Says nothing at all. */
static int serve_mute(peer *p, peer_conn *c) {
    (void)p;
    while (peer_recv(c) == 1) continue;
    return 0;
}

static int mute(void *arg) {
    (void)arg;
    peer p = { .serve = serve_mute, .no_greeting = true };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_instant begun = edo_now();
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), -ETIMEDOUT);
    CHECK_EQ(ms_since(begun), 1000);
    WAIT_FOR(p.alive_n == 0);
    return 0;
}

static void mute_server_is_no_connection(void **state) {
    (void)state;
    assert_int_equal(inside(mute, NULL), 0);
}

static int connects_never(void *arg, edo_stream **out) {
    (void)out;
    return arg ? *(int *)arg : edo_sleep(edo_hours(1));
}

/* Its own limit, its caller's, and what is no cancellation of this task. */
static int cut_short(void *arg) {
    (void)arg;
    int canceled = -ECANCELED;
    edo_redis_opts opts = { .connect = connects_never };
    edo_redis *r;
    edo_instant begun = edo_now();
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), -ETIMEDOUT);
    CHECK_EQ(ms_since(begun), 1000);
    edo_trail_clear();
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(20));
    CHECK_EQ(edo_deadline_end(&d, edo_redis_connect(&r, PEER_URL, &opts)), -ETIMEDOUT);
    CHECK_EQ(ms_since(begun), 1020);
    edo_trail_clear();
    opts.connect_arg = &canceled;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), -ECONNABORTED);
    return 0;
}

static void way_of_the_program_is_cut_short_as_any(void **state) {
    (void)state;
    assert_int_equal(inside(cut_short, NULL), 0);
}

/* ---- What is said first ---------------------------------------------------------------------- */

typedef struct greeting {
    const char *url, *user, *password, *name;
    const char *said;    /* by the client, with spaces */
    const char *answers; /* by the server, with commas; the last one to all that follows */
    int result;
} greeting;

static int serve_greeting(peer *p, peer_conn *c) {
    const greeting *g = p->arg;
    const char *answer = g->answers, *said = g->said;
    while (peer_recv(c) == 1) {
        for (size_t i = 0; i < c->parts_n; i++) {
            CHECK(strncmp(said, c->parts[i].ptr, c->parts[i].len) == 0);
            said += c->parts[i].len + 1;
        }
        size_t n = strcspn(answer, ",");
        if (peer_say_n(c, answer, n) < 0 || peer_say(c, "\r\n") < 0) break;
        if (answer[n]) answer += n + 1;
    }
    return 0;
}

static int greets(void *arg) {
    greeting *g = arg;
    peer p = { .serve = serve_greeting, .arg = g, .no_greeting = true };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r = NULL;
    char said[512];
    opts.user = g->user;
    opts.password = g->password;
    opts.name = g->name;
    CHECK_EQ(edo_redis_connect(&r, edo_str_of(g->url), &opts), g->result);
    (void)edo_trail_print_text(said, sizeof said, g->result, EDO_TRAIL_LIST);
    CHECK(!strstr(said, "secret"));
    edo_trail_clear();
    peer_close(&p, r);
    return 0;
}

static void login_database_and_name_are_said_first(void **state) {
    (void)state;
    static greeting all[] = {
        { "redis://h", NULL, NULL, NULL, "PING ", "+PONG", 0 },
        { "redis://:secret@h/2", NULL, NULL, NULL, "AUTH secret SELECT 2 PING ", "+OK", 0 },
        { "redis://joe:secret@h", NULL, NULL, NULL, "AUTH joe secret PING ", "+OK", 0 },
        { "redis://joe:x@h", "ann", "secret", "me", "AUTH ann secret CLIENT SETNAME me PING ",
          "+OK", 0 },
        { "redis://:secret@h", NULL, NULL, NULL, "AUTH secret ", "-WRONGPASS secret", -EACCES },
        { "redis://:secret@h", NULL, NULL, NULL, "AUTH secret ", "-LOADING wait", -EBUSY },
        { "redis://h/99", NULL, NULL, NULL, "SELECT 99 ", "-ERR DB index is out of range",
          -EINVAL },
        { "redis://h", NULL, NULL, NULL, "PING ", "-NOAUTH Authentication required.", -EACCES },
        { "redis://h", NULL, NULL, NULL, "PING ", "-ERR max number of clients reached", -EBUSY },
        { "redis://h", NULL, NULL, NULL, "PING ", "-BUSY Redis is busy running a script", -EBUSY },
        { "redis://h/2", NULL, NULL, NULL, "SELECT 2 ", "-BUSY Redis is busy", -EBUSY },
        { "redis://h", NULL, NULL, NULL, "PING ", "-MISCONF Redis cannot save its data", 0 },
        { "redis://h", NULL, NULL, NULL, "PING ", "-DENIED protected mode", -EACCES },
        { "redis://h", NULL, NULL, NULL, "PING ", "-NOPERM this user may not", 0 },
        { "redis://h", NULL, NULL, NULL, "PING ", "-ERR unknown command `PING`", 0 },
        { "redis://h", "ann", NULL, NULL, "AUTH ann  PING ", "+OK", 0 },
        { "redis://h", "ann", NULL, NULL, "AUTH ann  ", "-WRONGPASS no", -EACCES },
        { "redis://joe:@h", NULL, NULL, NULL, "AUTH joe  PING ", "+OK", 0 },
        { "redis://h", NULL, NULL, NULL, "PING ", "HTTP/1.1 400", -EPROTO },
    };
    for (size_t i = 0; i < EDO_COUNT(all); i++) assert_int_equal(inside(greets, &all[i]), 0);
}

static int bad_options(void *arg) {
    (void)arg;
    edo_redis *r = NULL;
    CHECK_EQ(edo_redis_connect(&r, EDO_STR("http://h"), NULL), -EINVAL);
    CHECK_EQ(edo_redis_connect(&r, EDO_STR("redis://h"), &(edo_redis_opts){ .reserved = { 1 } }),
             -EINVAL);
    CHECK_EQ(edo_redis_connect(&r, EDO_STR("redis://h"), &(edo_redis_opts){ .text_max = SIZE_MAX }),
             -EINVAL);
    CHECK_EQ(edo_redis_connect(&r, EDO_STR("rediss://h"), NULL),
             -ENOTSUP); // libedo-tls is not linked
    CHECK(!r);
    return 0;
}

static void options_are_checked(void **state) {
    (void)state;
    assert_int_equal(inside_real(bad_options, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sent_fails_at_once),
        cmocka_unit_test(what_was_not_sent_is_sent_later),
        cmocka_unit_test(server_that_does_not_write_any_more_is_left),
        cmocka_unit_test(what_is_under_way_to_a_server_that_is_left_is_answered),
        cmocka_unit_test(idle_client_does_not_connect),
        cmocka_unit_test(server_that_refuses_is_tried_again),
        cmocka_unit_test(unreachable_server_is_given_up),
        cmocka_unit_test(server_that_loads_its_data_is_away),
        cmocka_unit_test(first_connection_is_waited_for_unless_lazy),
        cmocka_unit_test(mute_server_is_no_connection),
        cmocka_unit_test(way_of_the_program_is_cut_short_as_any),
        cmocka_unit_test(login_database_and_name_are_said_first),
        cmocka_unit_test(options_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
