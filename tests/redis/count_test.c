/* SPDX-License-Identifier: MIT */
/* Goal: commands are counted by what became of them, and a slow one has a line that names it and
 * has no arguments.
 * Method: a registry's text, and the log's lines in a file, after commands of each kind. */
#include "peer.h"

#include <edo/log.h>
#include <edo/metrics.h>

static int serve_kinds(peer *p, peer_conn *c) {
    int rc;
    (void)p;
    while ((rc = peer_recv(c)) == 1) {
        if (peer_got(c, "SLEEP") && edo_sleep(edo_ms(300)) < 0) break;
        if (peer_got(c, "NEVER")) continue;
        if (peer_got(c, "BLPOP") && edo_sleep(edo_s(5)) < 0) break;
        rc = peer_got(c, "LPUSH") ? peer_say(c, "-WRONGTYPE no\r\n") : peer_say(c, "+OK\r\n");
        if (rc < 0) break;
    }
    return rc;
}

static bool has_line(const edo_buf *text, const char *line) {
    return strstr(text->ptr, line) != NULL;
}

static int counts(void *arg) {
    (void)arg;
    peer p = { .serve = serve_kinds };
    edo_redis_opts opts = peer_opts(&p);
    edo_redis *r, *own;
    edo_metrics *m;
    edo_buf text = { 0 };
    edo_redis_batch b = { 0 };
    CHECK_EQ(edo_metrics_new(&m, NULL), 0);
    opts.metrics = m;
    CHECK_EQ(edo_redis_connect(&r, PEER_URL, &opts), 0);
    CHECK_EQ(edo_redis_cmd(r, NULL, "SET k %s", "s3cret"), 0);
    CHECK_EQ(edo_redis_cmd(r, NULL, "SLEEP %s", "s3cret"), 0);
    CHECK_EQ(edo_redis_cmd(r, NULL, "LPUSH k x"), -EDO_EREDIS);
    edo_redis_batch_add(&b, "SET a b");
    edo_redis_batch_add(&b, "LPUSH a b");
    CHECK_EQ(edo_redis_pipeline(r, NULL, &b), -EDO_EREDIS);
    edo_redis_batch_deinit(&b);
    CHECK_EQ(edo_redis_acquire(&own, r), 0);
    CHECK_EQ(edo_redis_cmd(own, NULL, "BLPOP k 0"), 0);
    edo_redis_close(own);
    CHECK_EQ(edo_redis_cmd(r, NULL, "NEVER"), -ETIMEDOUT);
    edo_trail_clear();
    CHECK_EQ(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS), 0);
    CHECK_EQ(edo_buf_append(&text, "", 1), 0);
    CHECK(has_line(&text, "db_client_operation_duration_seconds_count{db_system_name=\"redis\","
                          "error_type=\"\"} 4\n"));
    CHECK(has_line(&text, "error_type=\"WRONGTYPE\"} 1\n"));
    CHECK(has_line(&text, "error_type=\"ETIMEDOUT\"} 1\n"));
    edo_buf_deinit(&text);
    peer_close(&p, r);
    edo_metrics_free(m);
    return 0;
}

static void commands_are_counted_and_slow_ones_named(void **state) {
    (void)state;
    char text[8192];
    FILE *log = tmpfile();
    assert_non_null(log);
    assert_int_equal(edo_log_start(&(edo_log_opts){ .fd = fileno(log) }), 0);
    int result = inside(counts, NULL);
    edo_log_stop();
    rewind(log);
    text[fread(text, 1, sizeof text - 1, log)] = '\0';
    (void)fclose(log);
    assert_int_equal(result, 0);
    assert_non_null(strstr(text, "a command of Redis was slow"));
    assert_non_null(strstr(text, "SLEEP"));
    assert_non_null(strstr(text, "NEVER"));
    assert_null(strstr(text, "BLPOP")); // it waits for others
    assert_null(strstr(text, "command=SET"));
    assert_null(strstr(text, "s3cret"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_counted_and_slow_ones_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
