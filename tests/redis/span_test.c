/* SPDX-License-Identifier: MIT */
/* Goal: a command, a batch, a transaction and each page of a scan is a span, with its name and what
 * has become of it, and without keys and values; one that was cut short ends with that; without
 * memory there is one less.
 * Method: a server in memory; a receiver that notes the ends of spans. */
#include "fail_alloc.h"
#include "peer.h"
#include "spans.h"

#include <edo/cancel.h>
#include <edo/error.h>

static int serve_kinds(peer *p, peer_conn *c) {
    int rc;
    (void)p;
    while ((rc = peer_recv(c)) == 1) {
        const char *reply = "+OK\r\n";
        if (peer_got(c, "NEVER")) continue;
        if (peer_got(c, "LPUSH")) reply = "-WRONGTYPE no\r\n";
        if (peer_got(c, "EXEC")) reply = "*1\r\n+OK\r\n";
        if (peer_got(c, "SCAN")) reply = "*2\r\n$1\r\n0\r\n*1\r\n$1\r\nk\r\n";
        rc = peer_say(c, reply);
        if (rc < 0) break;
    }
    return rc;
}

static int never(void *r) {
    return edo_redis_cmd(r, NULL, "NEVER %s", "s3cret");
}

static int fills(void *arg, edo_redis *own, edo_redis_batch *tx) {
    (void)arg, (void)own;
    return edo_redis_batch_add(tx, "SET s3cret 1");
}

static int asks_batches(edo_redis *r) {
    edo_redis_batch b = { 0 };
    const edo_str key = EDO_STR("s3cret");
    CHECK_EQ(edo_redis_batch_add(&b, "SET s3cret b"), 0);
    CHECK_EQ(edo_redis_batch_add(&b, "LPUSH s3cret b"), 0);
    CHECK_EQ(edo_redis_pipeline(r, NULL, &b), -EDO_EREDIS);
    CHECK(spans_have("command in serve of redis = 0 ", "db.operation.name=PIPELINE; ",
                     "db.operation.batch.size=2; db.response.status_code=WRONGTYPE; "));
    edo_redis_batch_deinit(&b);
    edo_trail_clear();
    CHECK_EQ(edo_redis_run_tx(r, NULL, &key, 1, fills, NULL), 0);
    CHECK(spans_have("connect in transaction of redis = 0 ", "server.address=peer; ", NULL));
    CHECK(spans_have("command in transaction of redis = 0 ", "db.operation.name=WATCH; ", NULL));
    CHECK(spans_have("command in transaction of redis = 0 ", "db.operation.name=MULTI; ", NULL));
    CHECK(spans_have("transaction in serve of redis = 0 ", "keys=1; ", NULL));
    return 0;
}

static int asks_each(void *arg) {
    peer p = { .serve = serve_kinds };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    edo_str key;
    (void)arg;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK(spans_have("connect in none of redis = 0 ", "db.system.name=redis; ", NULL));
    EDO_SPAN(b, edo_info_span("serve"));
    CHECK_EQ(edo_redis_cmd(r, NULL, "set k %s", "s3cret"), 0);
    CHECK(spans_have("command in serve of redis = 0 ", "otel.kind=client; db.system.name=redis; ",
                     "db.namespace=0; db.operation.name=SET; server.address=peer; "
                     "server.port=6379; "));
    CHECK_EQ(edo_redis_cmd(r, NULL, "LPUSH k x"), -EDO_EREDIS);
    CHECK(spans_have("command in serve of redis = EDO_EREDIS ", "LPUSH",
                     "db.response.status_code=WRONGTYPE; error.type=WRONGTYPE; "));
    edo_trail_clear();
    CHECK_EQ(asks_batches(r), 0);
    edo_seq *keys = edo_seq_from_redis_scan(r, NULL);
    while (edo_seq_next(keys, &key) == 1) {
    }
    edo_seq_free(keys);
    CHECK(spans_have("command in serve of redis = 0 ", "db.operation.name=SCAN; ", NULL));
    peer_close(&p, r);
    return edo_span_end(&b, 0);
}

static int serve_late(peer *p, peer_conn *c) {
    int rc;
    (void)p;
    while ((rc = peer_recv(c)) == 1) {
        if (edo_sleep(edo_ms(20)) < 0 || (rc = peer_say(c, "+OK\r\n")) < 0) break;
    }
    return rc;
}

static int get(void *r) {
    return edo_redis_cmd(r, NULL, "GET k");
}

static int waits_for_room(void *arg) {
    peer p = { .serve = serve_late };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    (void)arg;
    opts.queue_max = 1;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    edo_task *first = edo_spawn(get, r), *second = edo_spawn(get, r);
    CHECK_EQ(edo_task_join(first), 0);
    CHECK_EQ(spans_count("waited_us"), 0);
    CHECK_EQ(edo_task_join(second), 0);
    CHECK(spans_have("command in none of redis = 0 ", "waited_us=", NULL));
    peer_close(&p, r);
    return 0;
}

static int is_cut_short(void *arg) {
    peer p = { .serve = serve_kinds };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    (void)arg;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    edo_task *t = edo_spawn(never, r);
    while (p.commands_n < 1) CHECK_EQ(edo_yield(), 0);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    CHECK(spans_have("command in none of redis = ECANCELED ", "NEVER", "error.type=ECANCELED; "));
    CHECK_EQ(never(r), -ETIMEDOUT);
    CHECK(spans_have("command in none of redis = ETIMEDOUT ", "NEVER", "error.type=ETIMEDOUT; "));
    edo_trail_clear();
    peer_close(&p, r);
    return 0;
}

static int lacks_memory(void *arg) {
    peer p = { .serve = serve_kinds };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r;
    int k = 0;
    (void)arg;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    for (bool fired = true; fired;) {
        fail_alloc_in = ++k;
        int err = edo_redis_cmd(r, NULL, "LPUSH k x");
        fired = fail_alloc_in == 0;
        fail_alloc_in = 0;
        CHECK(err == -EDO_EREDIS || (fired && err < 0));
        edo_trail_clear();
        while (edo_redis_cmd(r, NULL, "SET k x") < 0) edo_trail_clear(); // over the next connection
    }
    CHECK(k > 3);
    peer_close(&p, r);
    return 0;
}

static int span_run(edo_task_fn *fn, const char *filter) {
    spans_begin(filter);
    int result = inside(fn, NULL);
    spans_end();
    return result;
}

static void command_is_a_span_with_its_name_and_nothing_else(void **state) {
    (void)state;
    assert_int_equal(span_run(asks_each, "debug"), 0);
    assert_int_equal(spans_count("s3cret"), 0);
}

static void command_that_is_cut_short_ends_with_that(void **state) {
    (void)state;
    assert_int_equal(span_run(is_cut_short, "info"), 0);
    assert_int_equal(spans_count("s3cret"), 0);
}

static void wait_for_room_is_told(void **state) {
    (void)state;
    assert_int_equal(span_run(waits_for_room, "info"), 0);
}

static void without_memory_there_is_one_less(void **state) {
    (void)state;
    assert_int_equal(span_run(lacks_memory, "debug"), 0);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_is_a_span_with_its_name_and_nothing_else),
        cmocka_unit_test(command_that_is_cut_short_ends_with_that),
        cmocka_unit_test(wait_for_room_is_told),
        cmocka_unit_test(without_memory_there_is_one_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
