/* SPDX-License-Identifier: MIT */
/* Goal: a reply goes to the caller of its command and to nobody else, whatever is cut short,
 * cancelled, lost or without memory, and the connection serves again afterwards.
 * Method: harsh.h over one connection to a real server, which also ends connections. */
#include "fail_alloc.h"
#include "harsh.h"
#include "real_server.h"

#include <edo/error.h>

#include <errno.h>
#include <string.h>

/* A text that no other call has. */
static void asks_echo(void *arg, uint64_t random) {
    char text[24];
    edo_redis_reply *reply;
    (void)snprintf(text, sizeof text, "%" PRIu64, harsh_chance());
    (void)random;
    if (edo_redis_cmd(arg, &reply, "ECHO %s", text) < 0) return;
    CHECK(edo_str_equal(edo_redis_reply_text(reply), edo_str_of(text)));
    edo_redis_reply_free(reply);
}

static void sends_batch(void *arg, uint64_t random) {
    edo_redis_batch b = { .bytes = NULL };
    edo_redis_reply *reply;
    (void)edo_redis_batch_add(&b, "ECHO %d", 1);
    (void)edo_redis_batch_add(&b, "INCR n");
    (void)edo_redis_batch_add(&b, "ECHO %d", 3);
    int err = random % 2 ? edo_redis_pipeline(arg, &reply, &b) : edo_redis_tx(arg, &reply, &b);
    edo_redis_batch_deinit(&b);
    if (err < 0) return;
    CHECK_EQ(edo_redis_reply_int(edo_redis_reply_at(reply, 0)), 1);
    CHECK_EQ(edo_redis_reply_int(edo_redis_reply_at(reply, 2)), 3);
    edo_redis_reply_free(reply);
}

static void has_its_own(void *arg, uint64_t random) {
    edo_redis *own;
    if (edo_redis_acquire(&own, arg) < 0) return;
    asks_echo(own, random);
    if (random % 2) (void)edo_redis_cmd(own, NULL, "BLPOP nothing 0.002");
    asks_echo(own, random);
    edo_redis_close(own);
}

static void hears(void *arg, uint64_t random) {
    edo_redis_sub *s;
    edo_redis_message m;
    if (edo_redis_sub_open(&s, arg, NULL) < 0) return;
    int err = edo_redis_sub_add(s, EDO_STR("room"));
    if (err == 0) err = edo_redis_cmd(arg, NULL, "PUBLISH room hello");
    if (err >= 0 && random % 2 && edo_redis_sub_next(s, &m) == 1)
        CHECK(edo_str_equal(m.data, EDO_STR("hello")));
    edo_redis_sub_close(s);
}

static void loses(void *arg, uint64_t random) {
    if (random % 8 == 0) (void)edo_redis_cmd(arg, NULL, "CLIENT KILL TYPE normal SKIPME no");
    if (random % 8 == 1) (void)edo_redis_cmd(arg, NULL, "CLIENT KILL TYPE pubsub");
    if (random % 8 > 1) (void)edo_redis_cmd(arg, NULL, "NONSENSE");
}

static bool redis_serves(edo_redis *r) {
    edo_redis_reply *reply;
    if (edo_redis_cmd(r, &reply, "ECHO there") < 0) return false;
    CHECK(edo_str_equal(edo_redis_reply_text(reply), EDO_STR("there")));
    edo_redis_reply_free(reply);
    return true;
}

static int uses_redis(void *arg) {
    static harsh_op *const all[] = { asks_echo, asks_echo,   sends_batch, sends_batch,
                                     asks_echo, has_its_own, hears,       loses };
    const edo_redis_opts opts = {
        .queue_max = 8, .pause_min = edo_ms(1), .pause_max = edo_ms(3), .slow = edo_s(60)
    };
    edo_redis *r = NULL;
    (void)arg;
    edo_process *server = real_server_start();
    WAIT_FOR(edo_redis_connect(&r, edo_str_of(real_server_url), &opts) == 0);
    harsh_run(r, all, EDO_COUNT(all));
    for (int i = 0; i < 3; i++) WAIT_FOR(redis_serves(r));
    edo_redis_close(r);
    real_server_kill(server);
    edo_trail_clear();
    return 0;
}

static void a_connection_is_whole_whatever_happens(void **state) {
    (void)state;
    harsh_inside(uses_redis, NULL);
}

int main(void) {
    if (!real_server_exists()) return REAL_SERVER_SKIPPED;
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_is_whole_whatever_happens),
    };
    return cmocka_run_group_tests(tests, real_server_setup, real_server_teardown);
}
