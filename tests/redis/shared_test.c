/* SPDX-License-Identifier: MIT */
/* Goal: what edo/redis.h promises of the connection that all tasks share: each caller gets its own
 * reply, whatever happens to the others; limits hold; what blocks is refused.
 * Method: a server in memory that says what the case wants, on a clock that jumps. */
#include "peer.h"

/* ---- Replies go to their callers ------------------------------------------------------------- */

#define CALLERS 64

typedef struct caller {
    edo_redis *r;
    int number, rounds;
} caller;

static int asks(void *arg) {
    caller *c = arg;
    for (int i = 0; i < c->rounds; i++) {
        edo_redis_reply *reply;
        int number = c->number * 1000 + i;
        int err = edo_redis_cmd(c->r, &reply, "ECHO %d", number);
        if (err < 0) return err;
        CHECK_EQ(edo_redis_reply_int(reply), number);
        edo_redis_reply_free(reply);
    }
    return 0;
}

static int ask_all(edo_redis *r, int rounds) {
    static caller callers[CALLERS];
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (caller){ r, i, rounds };
        edo_scope_spawn(&s, asks, &callers[i]);
    }
    return edo_scope_end(&s, 0);
}

static int each_has_its_own(void *arg) {
    peer p = { .serve = peer_serve_echo };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    opts.queue_max = *(const uint32_t *)arg;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(ask_all(r, 20), 0);
    CHECK_EQ(p.conns_n, 1);
    CHECK_EQ(p.commands_n, 20 * CALLERS);
    peer_close(&p, r);
    return 0;
}

static void replies_go_to_their_callers(void **state) {
    (void)state;
    uint32_t rooms[] = { 0, 1, 7 };
    for (size_t i = 0; i < EDO_COUNT(rooms); i++)
        assert_int_equal(inside(each_has_its_own, &rooms[i]), 0);
}

/* All that is asked at once comes in one piece. */
static int serve_batches(peer *p, peer_conn *c) {
    int *reads_n = p->arg;
    char bytes[16 << 10];
    int n;
    while ((n = edo_read(c->s, bytes, sizeof bytes)) > 0) {
        ++*reads_n;
        for (int i = 0; i < n; i++)
            if (bytes[i] == '*' && peer_say(c, "+OK\r\n") < 0) return 0;
    }
    return n;
}

static int says_once(void *r) {
    return edo_redis_cmd(r, NULL, "SET k v");
}

static int many_at_once(void *arg) {
    (void)arg;
    int reads_n = 0;
    peer p = { .serve = serve_batches, .arg = &reads_n };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_scope s;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < CALLERS; i++) edo_scope_spawn(&s, says_once, r);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    CHECK_EQ(reads_n, 1);
    peer_close(&p, r);
    return 0;
}

static void commands_of_many_leave_in_one_write(void **state) {
    (void)state;
    assert_int_equal(inside(many_at_once, NULL), 0);
}

/* ---- Limits ---------------------------------------------------------------------------------- */

/* The first command is answered after a second, all others at once: in order, behind it. */
static int serve_slowly(peer *p, peer_conn *c) {
    int rc;
    (void)p;
    for (int i = 0; (rc = peer_recv(c)) == 1; i++) {
        if (i == 0 && edo_sleep(edo_ms(900)) < 0) break;
        if (peer_echo(c) < 0) break;
    }
    return rc;
}

/* Begins late enough to be answered within its limit. */
static int says_third(void *r) {
    int err = edo_sleep(edo_ms(450));
    return err < 0 ? err : edo_redis_cmd(r, NULL, "GET third");
}

static int late_reply(void *arg) {
    (void)arg;
    peer p = { .serve = serve_slowly };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_redis_reply *reply;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    edo_instant begun = edo_now();
    edo_task *third = edo_spawn(says_third, r); // it keeps the connection
    CHECK_EQ(edo_redis_cmd(r, &reply, "GET first"), -ETIMEDOUT);
    CHECK_EQ(ms_since(begun), 500);
    edo_trail_clear();
    CHECK_EQ(edo_redis_cmd(r, &reply, "GET second"), 0);
    CHECK(edo_str_equal(edo_redis_reply_text(reply), EDO_STR("second")));
    CHECK_EQ(ms_since(begun), 900);
    edo_redis_reply_free(reply);
    CHECK_EQ(edo_task_join(third), 0);
    CHECK_EQ(p.conns_n, 1);
    peer_close(&p, r);
    return 0;
}

static void late_reply_goes_to_nobody_else(void **state) {
    (void)state;
    assert_int_equal(inside(late_reply, NULL), 0);
}

static int own_deadline(void *arg) {
    (void)arg;
    peer p = { .serve = serve_slowly };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_redis_reply *reply;
    opts.response_timeout = edo_s(1);
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    edo_instant begun = edo_now();
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(20));
    CHECK_EQ(edo_deadline_end(&d, edo_redis_cmd(r, &reply, "GET first")), -ETIMEDOUT);
    CHECK_EQ(ms_since(begun), 20);
    CHECK_EQ(edo_sleep(edo_ms(600)), 0);
    CHECK_EQ(edo_redis_cmd(r, &reply, "GET second"), 0);
    CHECK(edo_str_equal(edo_redis_reply_text(reply), EDO_STR("second")));
    edo_redis_reply_free(reply);
    peer_close(&p, r);
    return 0;
}

static void deadline_of_the_caller_holds(void **state) {
    (void)state;
    assert_int_equal(inside(own_deadline, NULL), 0);
}

/* It reads and says nothing, as a server that is stopped; the next connection is as usual. */
static int serve_silently_once(peer *p, peer_conn *c) {
    if (c->number > 1) return peer_serve_echo(p, c);
    while (peer_recv(c) == 1) continue;
    return 0;
}

static int silent(void *arg) {
    (void)arg;
    peer p = { .serve = serve_silently_once };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_redis_reply *reply;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    edo_instant begun = edo_now();
    CHECK_EQ(edo_redis_cmd(r, NULL, "GET a"), -ETIMEDOUT);
    CHECK_EQ(ms_since(begun), 500);
    edo_trail_clear();
    CHECK_EQ(edo_redis_cmd(r, &reply, "GET b"), 0);
    CHECK(edo_str_equal(edo_redis_reply_text(reply), EDO_STR("b")));
    CHECK_EQ(ms_since(begun), 500);
    edo_redis_reply_free(reply);
    CHECK_EQ(p.conns_n, 2);
    peer_close(&p, r);
    return 0;
}

static void silent_server_is_taken_for_lost(void **state) {
    (void)state;
    assert_int_equal(inside(silent, NULL), 0);
}

/* Leaves the reply to one command out: that of `a`. */
static int serve_but_one(peer *p, peer_conn *c) {
    int rc;
    (void)p;
    while ((rc = peer_recv(c)) == 1)
        if (!edo_str_equal(c->parts[c->parts_n - 1], EDO_STR("a")) && (rc = peer_echo(c)) < 0)
            break;
    return rc;
}

/* Gets `key` within `limit`, and its own reply, or none. */
static int get_own(edo_redis *r, const char *key, edo_duration limit) {
    edo_redis_reply *reply = NULL;
    edo_deadline d;
    edo_deadline_begin(&d, limit);
    int err = edo_deadline_end(&d, edo_redis_cmd(r, &reply, "GET %s", key));
    CHECK(err < 0 || edo_str_equal(edo_redis_reply_text(reply), edo_str_of(key)));
    edo_redis_reply_free(reply);
    edo_trail_clear();
    return err;
}

/* No later command gets the reply to another one, or none for good. */
static int reply_is_lost(void *arg) {
    edo_duration limit = *(edo_duration *)arg;
    peer p = { .serve = serve_but_one };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(get_own(r, "x", limit), 0);
    edo_instant begun = edo_now();
    CHECK_EQ(get_own(r, "a", limit), -ETIMEDOUT);
    while (get_own(r, "b", limit) < 0) CHECK(ms_since(begun) < 1000);
    CHECK_EQ(ms_since(begun), 500); // the limit of what was lost, whatever those of the others
    CHECK_EQ(get_own(r, "c", limit), 0);
    CHECK_EQ(p.conns_n, 2);
    peer_close(&p, r);
    return 0;
}

static void reply_that_never_comes_ends_the_connection(void **state) {
    (void)state;
    edo_duration limits[] = { { EDO_FOREVER_NS }, edo_ms(200) };
    for (size_t i = 0; i < EDO_COUNT(limits); i++)
        assert_int_equal(inside(reply_is_lost, &limits[i]), 0);
}

/* It hears all, and says nothing for 700 ms. */
static int serve_slowly_at_first(peer *p, peer_conn *c) {
    (void)edo_sleep(edo_ms(700));
    return peer_serve_echo(p, c);
}

static int gets_key(void *r) {
    return edo_redis_cmd(r, NULL, "GET key");
}

/* The first command is late when there are two others: one that was sent, and one that was not. */
static int slow_server(void *arg) {
    (void)arg;
    peer p = { .serve = serve_slowly_at_first };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_task *tasks[3];
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) {
        tasks[i] = edo_spawn(gets_key, r);
        CHECK_EQ(edo_sleep(edo_ms(300)), 0);
    }
    CHECK_EQ(edo_task_join(tasks[0]), -ETIMEDOUT);
    CHECK_EQ(edo_task_join(tasks[1]), 0);
    CHECK_EQ(edo_task_join(tasks[2]), 0);
    CHECK_EQ(p.conns_n, 1);
    CHECK_EQ(p.commands_n, 3);
    peer_close(&p, r);
    return 0;
}

static void late_reply_ends_no_connection_that_others_wait_on(void **state) {
    (void)state;
    assert_int_equal(inside(slow_server, NULL), 0);
}

/* Callers that give up after a millisecond, of which each reply takes five. */
static int serve_late(peer *p, peer_conn *c) {
    int rc;
    (void)p;
    while ((rc = peer_recv(c)) == 1 && (rc = edo_sleep(edo_ms(5))) == 0 && (rc = peer_echo(c)) == 0)
        continue;
    return rc;
}

static int impatient_callers(void *arg) {
    (void)arg;
    peer p = { .serve = serve_late };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    for (int i = 0; i < 300; i++) CHECK_EQ(get_own(r, "x", edo_ms(1)), -ETIMEDOUT);
    CHECK_EQ(get_own(r, "y", edo_ms(500)), 0);
    CHECK_EQ(p.conns_n, 1);
    peer_close(&p, r);
    return 0;
}

static void impatient_caller_ends_no_connection(void **state) {
    (void)state;
    assert_int_equal(inside(impatient_callers, NULL), 0);
}

/* ---- Slow links ------------------------------------------------------------------------------ */

#define LARGE ((size_t)2 << 20)

/* The first command, of LARGE bytes and some, comes slowly, or the server stops amid it. */
static int serve_by_slow_link(peer *p, peer_conn *c) {
    static char piece[32 << 10];
    size_t got = 0, most = *(size_t *)p->arg;
    if (c->number > 1) return peer_serve_echo(p, c);
    while (got < LARGE) {
        if (got >= most) return edo_sleep(edo_s(20)); // the test is over then
        int n = edo_read(edo_buf_reader_stream(&c->in), piece, sizeof piece);
        if (n <= 0) return n;
        got += (size_t)n;
        if (edo_sleep(edo_ms(100)) < 0) return 0;
    }
    char *rest; // the end of the text's line
    if (edo_read_line(&c->in, &rest) < 0 || peer_say(c, "+OK\r\n") < 0) return 0;
    return peer_serve_echo(p, c);
}

static int large_command(void *arg) {
    size_t most = *(size_t *)arg;
    peer p = { .serve = serve_by_slow_link, .arg = arg };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_redis_reply *reply;
    char *text = calloc(1, LARGE);
    CHECK(text != NULL);
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_redis_cmd(r, NULL, "SET k %b", text, LARGE), -ETIMEDOUT); // it goes on
    edo_trail_clear();
    CHECK_EQ(edo_sleep(edo_s(most < LARGE ? 6 : 12)), 0);
    CHECK_EQ(edo_redis_cmd(r, &reply, "GET second"), 0);
    CHECK(edo_str_equal(edo_redis_reply_text(reply), EDO_STR("second")));
    CHECK_EQ(p.conns_n, most < LARGE ? 2 : 1);
    edo_redis_reply_free(reply);
    free(text);
    peer_close(&p, r);
    return 0;
}

static void large_command_on_its_way_is_no_silence(void **state) {
    (void)state;
    size_t all = SIZE_MAX, half = LARGE / 2;
    assert_int_equal(inside(large_command, &all), 0);
    assert_int_equal(inside(large_command, &half), 0); // but one that does not move is
}

/* ---- What is refused ------------------------------------------------------------------------- */

static int refusals(void *arg) {
    (void)arg;
    static const char *const commands[] = { "BLPOP k 0",   "MULTI",
                                            "WATCH k",     "SELECT 2",
                                            "SUBSCRIBE c", "XREAD BLOCK 0 STREAMS s 0",
                                            "HELLO 3",     "CLIENT REPLY OFF" };
    peer p = { .serve = peer_serve_echo };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    char said[256];
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    for (size_t i = 0; i < EDO_COUNT(commands); i++) {
        edo_trail_clear();
        CHECK_EQ(edo_redis_cmd(r, NULL, commands[i]), -ENOTSUP);
        (void)edo_trail_print_text(said, sizeof said, -ENOTSUP, EDO_TRAIL_LINE);
        CHECK(strstr(said, i == 4 || i > 5 ? "not by a command" : "edo_redis_acquire()") != NULL);
    }
    CHECK_EQ(edo_redis_cmd(r, NULL, "GET %y", "k"), -EINVAL);
    CHECK_EQ(edo_redis_cmd(r, NULL, "PING"), 0);
    CHECK_EQ(p.commands_n, 1);
    peer_close(&p, r);
    return 0;
}

static void what_blocks_or_lasts_is_refused(void **state) {
    (void)state;
    assert_int_equal(inside(refusals, NULL), 0);
}

/* ---- Errors ---------------------------------------------------------------------------------- */

static int serve_errors(peer *p, peer_conn *c) {
    (void)p;
    while (peer_recv(c) == 1)
        if (peer_say(c, "-WRONGTYPE secret is no list\r\n") < 0) break;
    return 0;
}

static int errors(void *arg) {
    bool tells = *(bool *)arg;
    peer p = { .serve = serve_errors };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_redis_reply *reply = NULL;
    char said[512];
    opts.tells_texts = tells;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_redis_cmd(r, &reply, "LPUSH %s %s", "secret", "secret"), -EDO_EREDIS);
    CHECK(!reply);
    CHECK(strcmp(edo_redis_get_error(), "WRONGTYPE") == 0);
    (void)edo_trail_print_text(said, sizeof said, -EDO_EREDIS, EDO_TRAIL_LIST);
    CHECK(strstr(said, "LPUSH: WRONGTYPE") != NULL);
    CHECK_EQ(strstr(said, "secret") != NULL, tells);
    edo_trail_clear();
    CHECK(strcmp(edo_redis_get_error(), "") == 0);
    peer_close(&p, r);
    return 0;
}

static void errors_tell_no_parameters(void **state) {
    (void)state;
    bool tells[] = { false, true };
    assert_int_equal(inside(errors, &tells[0]), 0);
    assert_int_equal(inside(errors, &tells[1]), 0);
}

/* ---- Hostile servers ------------------------------------------------------------------------- */

typedef struct hostile {
    const char *said;
    int result;
} hostile;

static int serve_hostile(peer *p, peer_conn *c) {
    const hostile *h = p->arg;
    if (c->number > 1) return peer_serve_echo(p, c);
    if (peer_recv(c) == 1) CHECK_EQ(peer_say(c, h->said), 0);
    while (peer_recv(c) == 1) continue;
    return 0;
}

static int hostile_server(void *arg) {
    peer p = { .serve = serve_hostile, .arg = arg };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    opts.text_max = 1000;
    opts.items_max = 100;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_redis_cmd(r, NULL, "GET a"), ((hostile *)arg)->result);
    edo_trail_clear();
    WAIT_FOR(p.alive_n == 0); // it is not talked to any more
    CHECK_EQ(edo_redis_cmd(r, NULL, "GET b"), 0);
    CHECK_EQ(p.conns_n, 2);
    peer_close(&p, r);
    return 0;
}

static void hostile_server_ends_its_connection_only(void **state) {
    (void)state;
    static hostile all[] = {
        { "$1001\r\n", -EDO_ETOOLONG },
        { "*101\r\n", -EDO_ETOOLONG },
        { "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", -EPROTO },
        { ">2\r\n+a\r\n+b\r\n", -EPROTO },
        { "HTTP/1.1 400 Bad Request\r\n\r\n", -EPROTO },
        { "+OK\r\n+one too many\r\n", 0 },
    };
    for (size_t i = 0; i < EDO_COUNT(all); i++)
        assert_int_equal(inside(hostile_server, &all[i]), 0);
}

/* ---- Close ----------------------------------------------------------------------------------- */

static int serve_never(peer *p, peer_conn *c) {
    (void)p;
    while (peer_recv(c) == 1) continue;
    return 0;
}

static int close_with_callers(void *arg) {
    (void)arg;
    peer p = { .serve = serve_never };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    opts.queue_max = 1;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    edo_task *one = edo_spawn(says_once, r), *two = edo_spawn(says_once, r);
    CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    peer_close(&p, r);
    CHECK_EQ(edo_task_join(one), -EDO_ECLOSED);
    CHECK_EQ(edo_task_join(two), -EDO_ECLOSED);
    edo_redis_close(NULL);
    return 0;
}

static void close_ends_the_calls(void **state) {
    (void)state;
    assert_int_equal(inside(close_with_callers, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_go_to_their_callers),
        cmocka_unit_test(commands_of_many_leave_in_one_write),
        cmocka_unit_test(late_reply_goes_to_nobody_else),
        cmocka_unit_test(deadline_of_the_caller_holds),
        cmocka_unit_test(silent_server_is_taken_for_lost),
        cmocka_unit_test(reply_that_never_comes_ends_the_connection),
        cmocka_unit_test(late_reply_ends_no_connection_that_others_wait_on),
        cmocka_unit_test(impatient_caller_ends_no_connection),
        cmocka_unit_test(large_command_on_its_way_is_no_silence),
        cmocka_unit_test(what_blocks_or_lasts_is_refused),
        cmocka_unit_test(errors_tell_no_parameters),
        cmocka_unit_test(hostile_server_ends_its_connection_only),
        cmocka_unit_test(close_ends_the_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
