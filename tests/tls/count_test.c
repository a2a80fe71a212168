/* SPDX-License-Identifier: MIT */
/* Goal: a registry tells how many handshakes there were at either end, by version, whether a
 * session was resumed, and why they failed. */
#include "fail_alloc.h"
#include "tls_support.h"

#include <edo/metrics.h>

#define DURATION "edo_tls_handshake_duration_seconds_count{side=\""

static int count_of(edo_metrics *m, const char *labels) {
    edo_buf text = { 0 };
    char line[300];
    int n = -1;
    (void)snprintf(line, sizeof line, DURATION "%s\"} ", labels);
    EDO_TEST_OK(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS));
    EDO_TEST_OK(edo_buf_append(&text, "", 1));
    const char *at = strstr(text.ptr, line);
    if (at) n = (int)strtol(at + strlen(line), NULL, 10);
    edo_buf_deinit(&text);
    return n;
}

#define GOOD(side, version, resumed)                                                               \
    side "\",tls_protocol_version=\"" version "\",tls_resumed=\"" resumed "\",error_type=\""
#define BAD(side, why) side "\",tls_protocol_version=\"\",tls_resumed=\"\",error_type=\"" why

static int counts_each(void *arg) {
    edo_metrics *m;
    (void)arg;
    EDO_TEST_OK(edo_metrics_new(&m, NULL));
    ends e = ends_make((edo_tls_server_opts){ .metrics = m, .handshake = edo_s(1) },
                       (edo_tls_client_opts){ .metrics = m });
    ends old = ends_make((edo_tls_server_opts){ .metrics = m },
                         (edo_tls_client_opts){ .version_max = EDO_TLS_1_2, .metrics = m });
    CHECK_EQ(count_of(m, GOOD("server", "1.3", "false")), 0);
    CHECK(!comes_back(&e, HOST));
    CHECK(comes_back(&e, HOST) && comes_back(&e, HOST));
    CHECK(!comes_back(&old, HOST));
    CHECK_EQ(count_of(m, GOOD("server", "1.3", "false")), 1);
    CHECK_EQ(count_of(m, GOOD("server", "1.3", "true")), 2);
    CHECK_EQ(count_of(m, GOOD("client", "1.3", "true")), 2);
    CHECK_EQ(count_of(m, GOOD("server", "1.2", "false")), 1);
    CHECK_EQ(count_of(m, GOOD("client", "1.2", "false")), 1);
    handshake h;
    shake(&h, &e, "other.example"); // which the certificate is not for
    CHECK_EQ(h.client_err, -EDO_ECERT);
    handshake_close(&h);
    CHECK_EQ(count_of(m, BAD("client", "EDO_ECERT")), 1);
    CHECK_EQ(count_of(m, BAD("server", "EDO_ETLS")), 1);
    edo_stream *a, *b, *made;
    EDO_TEST_OK(edo_duplex(&a, &b, 4096));
    CHECK_EQ(edo_tls_accept(&made, a, e.server), -ETIMEDOUT);
    edo_close(b);
    CHECK_EQ(count_of(m, BAD("server", "ETIMEDOUT")), 1);
    CHECK_EQ(count_of(m, GOOD("server", "1.3", "false")), 1);
    ends_free(&e);
    ends_free(&old);
    edo_metrics_free(m);
    return 0;
}

static void each_handshake_is_counted(void **state) {
    (void)state;
    assert_int_equal(inside(counts_each, NULL), 0);
}

static void without_memory_there_is_no_client(void **state) {
    (void)state;
    int err = -ENOMEM;
    for (int in = 1; err == -ENOMEM; in++) {
        edo_tls_client *c;
        edo_metrics *m;
        assert_int_equal(edo_metrics_new(&m, NULL), 0);
        fail_alloc_in = in;
        err = edo_tls_client_new(&c, &(edo_tls_client_opts){ .metrics = m });
        fail_alloc_in = 0;
        if (err == 0) edo_tls_client_unref(c);
        edo_metrics_free(m);
    }
    assert_int_equal(err, 0);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_handshake_is_counted),
        cmocka_unit_test(without_memory_there_is_no_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
