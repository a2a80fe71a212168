/* SPDX-License-Identifier: MIT */
/* Goal: Redis is a store of sessions like any other; one that is over takes no memory there.
 * Method: the suite of all stores, on a real server; time goes by as what is there is moved
 * back. */
#include "real_server.h"

#include <edo/session_redis.h>
#include <edo/test_store.h>

#include <errno.h>
#include <string.h>

static edo_redis *the_server;

/* Keys that have no time left go, as Redis removes them. */
static void let_pass(void *store, edo_duration time) {
    static const char back[] =
        "for _, k in ipairs(redis.call('KEYS', 'edo:session:*')) do"
        " redis.call('HINCRBY', k, 'b', -ARGV[1]) redis.call('HINCRBY', k, 'u', -ARGV[1])"
        " redis.call('PEXPIRE', k, redis.call('PTTL', k) - ARGV[1]) end";
    char ms[24];
    (void)snprintf(ms, sizeof ms, "%lld", (long long)(time.ns / 1000000));
    edo_str arg = edo_str_of(ms);
    CHECK_EQ(edo_redis_script(store, NULL, back, NULL, 0, &arg, 1), 0);
}

static int64_t keys_n(void) {
    edo_redis_reply *reply;
    CHECK_EQ(edo_redis_cmd(the_server, &reply, "DBSIZE"), 0);
    int64_t n = edo_redis_reply_int(reply);
    edo_redis_reply_free(reply);
    return n;
}

static int runs_suite(void *arg) {
    (void)arg;
    edo_process *p = real_server_start();
    the_server = real_server_client();
    CHECK_EQ(edo_test_store_suite(&edo_session_redis_ops, the_server,
                                  &(edo_test_store_opts){ .pass = let_pass }),
             0);
    CHECK_EQ(keys_n(), 0);
    edo_redis_close(the_server);
    real_server_kill(p);
    return 0;
}

static void redis_is_a_store(void **state) {
    (void)state;
    assert_int_equal(inside_real(runs_suite, NULL), 0);
}

/* What somebody else has put at the key is an error, and a server that is away is one. */
static int fails(void *arg) {
    static const char id[] = "0123456789abcdef0123456789abcdef";
    const edo_session_store_ops *ops = &edo_session_redis_ops;
    edo_session_record r;
    (void)arg;
    edo_process *p = real_server_start();
    the_server = real_server_client();
    CHECK_EQ(edo_redis_cmd(the_server, NULL, "SET edo:session:%s x", id), 0);
    CHECK_EQ(ops->load(the_server, edo_str_of(id), &r), -EDO_EREDIS);
    edo_trail_clear();
    CHECK_EQ(ops->remove(the_server, edo_str_of(id)), 0);
    CHECK_EQ(ops->load(the_server, edo_str_of(id), &r), -ENOENT);
    real_server_kill(p);
    CHECK(ops->load(the_server, edo_str_of(id), &r) < 0);
    CHECK(ops->touch(the_server, edo_str_of(id), edo_s(1)) < 0);
    CHECK(ops->save(the_server, edo_str_of(id), EDO_STR("x"), edo_s(0), edo_s(1), true) < 0);
    edo_trail_clear();
    edo_redis_close(the_server);
    return 0;
}

static void failures_of_the_server_are_told(void **state) {
    (void)state;
    assert_int_equal(inside_real(fails, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(redis_is_a_store),
        cmocka_unit_test(failures_of_the_server_are_told),
    };
    if (!real_server_exists()) return REAL_SERVER_SKIPPED;
    return cmocka_run_group_tests(tests, real_server_setup, real_server_teardown);
}
