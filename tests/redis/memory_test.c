/* SPDX-License-Identifier: MIT */
/* Goal: without memory at any point a call fails as it says, leaks nothing, and no reply goes to
 * another call.
 * Method: each kind of call on a real server, while each request of edo's for memory fails in
 * turn. */
#include "fail_alloc.h"
#include "real_server.h"

#include <edo/error.h>

#include <errno.h>
#include <string.h>

static int asks_echo(edo_redis *r) {
    edo_redis_reply *reply;
    int err = edo_redis_cmd(r, &reply, "ECHO %s", "a text");
    if (err < 0) return err;
    CHECK(edo_str_equal(edo_redis_reply_text(reply), EDO_STR("a text")));
    edo_redis_reply_free(reply);
    return 0;
}

static int sends_batch(edo_redis *r) {
    edo_redis_batch b = { .bytes = NULL };
    edo_redis_reply *reply;
    (void)edo_redis_batch_add(&b, "SET k %d", 5);
    (void)edo_redis_batch_add(&b, "GET k");
    int err = edo_redis_pipeline(r, &reply, &b);
    edo_redis_batch_deinit(&b);
    if (err < 0) return err;
    CHECK_EQ(edo_redis_reply_int(edo_redis_reply_at(reply, 1)), 5);
    edo_redis_reply_free(reply);
    return 0;
}

static int adds(void *arg, edo_redis *own, edo_redis_batch *tx) {
    (void)arg;
    int err = edo_redis_cmd(own, NULL, "GET k");
    return err < 0 ? err : edo_redis_batch_add(tx, "INCR k");
}

static int runs_tx(edo_redis *r) {
    return edo_redis_run_tx(r, NULL, (edo_str[]){ EDO_STR("k") }, 1, adds, NULL);
}

static int runs_script(edo_redis *r) {
    edo_redis_reply *reply;
    edo_str arg = EDO_STR("x");
    int err = edo_redis_script(r, &reply, "return ARGV[1]", NULL, 0, &arg, 1);
    if (err < 0) return err;
    CHECK(edo_str_equal(edo_redis_reply_text(reply), arg));
    edo_redis_reply_free(reply);
    return 0;
}

static int scans(edo_redis *r) {
    edo_str key;
    int rc, n = 0;
    edo_seq *keys = edo_seq_from_redis_scan(r, &(edo_redis_scan_opts){ .match = EDO_STR("k") });
    while ((rc = edo_seq_next(keys, &key)) == 1) n++;
    edo_seq_free(keys);
    CHECK(rc < 0 || n == 1);
    return rc;
}

static int hears(edo_redis *r) {
    edo_redis_sub *s;
    edo_redis_message m;
    int err = edo_redis_sub_open(&s, r, NULL);
    if (err < 0) return err;
    err = edo_redis_sub_add_many(s, (edo_str[]){ EDO_STR("room"), EDO_STR("hall") }, 2);
    if (err == 0) err = edo_redis_sub_remove_many(s, (edo_str[]){ EDO_STR("hall") }, 1);
    if (err == 0) err = edo_redis_cmd(r, NULL, "PUBLISH room hello");
    // it is lost without memory, and comes back
    if (err == 0) err = edo_redis_sub_next(s, &m);
    edo_redis_sub_close(s);
    return err == 1 ? 0 : err == -EDO_ELAGGED ? -ENOMEM : err;
}

static int connects(edo_redis *r) {
    edo_redis *other;
    (void)r;
    int err = edo_redis_connect(&other, edo_str_of(real_server_url), NULL);
    if (err < 0) return err;
    err = asks_echo(other);
    edo_redis_close(other);
    return err;
}

typedef int asks_fn(edo_redis *r);
static asks_fn *const calls[] = { asks_echo, sends_batch, runs_tx, runs_script,
                                  scans,     hears,       connects };

static int fails_at_each(void *arg) {
    (void)arg;
    edo_process *server = real_server_start();
    edo_redis *r = real_server_client();
    for (size_t i = 0; i < EDO_COUNT(calls); i++) {
        int k = 0;
        for (bool fired = true; fired;) {
            fail_alloc_in = ++k;
            int err = calls[i](r);
            fired = fail_alloc_in == 0;
            fail_alloc_in = 0;
            if (err != 0 && !(fired && err == -ENOMEM))
                edo_test_fail_at(__FILE__, __LINE__, "call %zu, allocation %d: %s", i, k,
                                 edo_error_name(err));
            edo_trail_clear();
            CHECK_EQ(asks_echo(r), 0);
        }
        CHECK(k > 1);
    }
    edo_redis_close(r);
    real_server_kill(server);
    return 0;
}

static void no_memory_at_any_point_gives_a_reply_to_nobody_else(void **state) {
    (void)state;
    assert_int_equal(inside_real(fails_at_each, NULL), 0);
}

int main(void) {
    if (!real_server_exists()) return REAL_SERVER_SKIPPED;
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_memory_at_any_point_gives_a_reply_to_nobody_else),
    };
    return cmocka_run_group_tests(tests, real_server_setup, real_server_teardown);
}
