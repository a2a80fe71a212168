/* SPDX-License-Identifier: MIT */
/* Goal: without memory the metrics of servers fail as they say, leak nothing, and what cannot be
 * counted is left out; the next request is counted.
 * Method: each allocation fails in turn, on requests that no server has read. */
#include "http/server/count.h"

#include "base/memory/alloc.h"
#include "inside.h"

#define COUNTED                                                                                    \
    "_count{http_request_method=\"GET\",http_route=\"\",http_response_status_code=\"404\","        \
    "network_protocol_version=\"1.1\",url_scheme=\"http\",error_type=\"\"} "

static edoi_http_server server;
static edoi_http_exchange exchange;

static uint64_t nothing_taken(const edoi_http_exchange *x) {
    (void)x;
    return 0;
}

static const edoi_http_wire wire = { .body_taken = nothing_taken };

static void request(edo_status status) {
    exchange.wire = &wire;
    exchange.server = &server;
    exchange.req.method = EDO_METHOD_GET;
    exchange.req.version = EDO_HTTP_11;
    exchange.res.status = status;
    edoi_http_count_begin(&exchange);
    edoi_http_count_end(&exchange);
    edoi_http_count_refused(&exchange, EDO_STATUS_BAD_REQUEST);
}

/* How many values the text has in which `wanted` occurs. */
static int lines_with(edo_metrics *m, const char *wanted) {
    edo_buf text = { 0 };
    int n = 0;
    assert_int_equal(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS), 0);
    assert_int_equal(edo_buf_append(&text, "", 1), 0);
    for (const char *at = text.ptr; (at = strstr(at, wanted)); at++) n++;
    edo_buf_deinit(&text);
    return n;
}

static void no_memory_at_any_point_leaks_nothing_and_counts_later(void **state) {
    (void)state;
    uint64_t k = 0;
    for (bool fired = true; fired;) {
        edo_metrics *m;
        edo_http_metrics *numbers = NULL;
        assert_int_equal(edo_metrics_new(&m, NULL), 0);
        edoi_alloc_fail_at(++k);
        int err = edo_http_metrics_new(&numbers, m);
        server.opts.metrics = numbers;
        if (err == 0) request(EDO_STATUS_NOT_FOUND);
        fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        assert_int_equal(err == 0, numbers != NULL);
        for (int i = 0; numbers && i < 2; i++) request(EDO_STATUS_NOT_FOUND);
        int twice = lines_with(m, COUNTED "2\n"), thrice = lines_with(m, COUNTED "3\n");
        if (numbers) assert_int_equal(twice + thrice, 3); // the time and two sizes
        edo_http_metrics_unref(numbers);
        edo_metrics_free(m);
    }
    assert_true(k > 40);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_memory_at_any_point_leaks_nothing_and_counts_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
