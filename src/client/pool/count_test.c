/* SPDX-License-Identifier: MIT */
/* Goal: a client counts requests by the series that they belong to, finds those of a host again
 * without the registry, and counts what it keeps no series for, too.
 * Method: requests that begin and end without a connection, then the lines of the text. A look-up
 * needs memory: where there is none, what is counted was kept. */
#include "client/pool/count.h"

#include "base/memory/alloc.h"
#include "inside.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#define URL    "http://Site:8080/path"
#define COUNTS "http_client_request_duration_seconds_count"

static edo_metrics *registry;
static edoi_client_counts counts;
static edoi_kept_series kept;

static int begin(void) {
    kept = (edoi_kept_series){ .first = EDOI_ATOMIC_INIT(NULL) };
    assert_int_equal(edo_metrics_new(&registry, NULL), 0);
    return edoi_client_counts_init(&counts, registry);
}

static void end(void) {
    edoi_kept_series_deinit(&kept);
    edoi_client_counts_deinit(&counts);
    edo_metrics_free(registry);
}

/* One request, from its begin to its end. */
typedef struct sample {
    const char *url; /* NULL: URL */
    edo_http_request req;
    edoi_request_outcome outcome;
} sample;

static void request_as(const sample *s, edoi_kept_series *series) {
    edoi_request_count count;
    edo_uri uri;
    edo_str url = edo_str_of(s->url ? s->url : URL);
    assert_int_equal(edo_uri_parse(&uri, url), 0);
    edoi_request_count_begin(&count, &counts, series, &s->req, &uri);
    edoi_request_count_end(&count, url, &s->outcome);
}

static const sample usual = { .req = { .method = EDO_METHOD_GET },
                              .outcome = { .status = 200, .version = EDO_HTTP_11 } };

static void request(const sample *s) {
    request_as(s, &kept);
}

/* The value of the only line that begins with `metric` and has `labels` in it; -1: none has. */
static double value_of(const char *metric, const char *labels) {
    edo_buf text = { 0 };
    double value = -1;
    assert_int_equal(edo_metrics_print(registry, &text, EDO_METRICS_PROMETHEUS), 0);
    assert_int_equal(edo_buf_append(&text, "", 1), 0);
    char *rest = NULL;
    for (char *line = strtok_r(text.ptr, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (strncmp(line, metric, strlen(metric)) != 0 || !strstr(line, labels)) continue;
        assert_true(value < 0);
        value = strtod(strrchr(line, ' '), NULL);
    }
    edo_buf_deinit(&text);
    return value;
}

#define OF(method, status, version, failure)                                                       \
    "{http_request_method=\"" method "\",server_address=\"site\",server_port=\"8080\","            \
    "url_scheme=\"http\",http_response_status_code=\"" status                                      \
    "\",network_protocol_version=\"" version "\",error_type=\"" failure "\"}"

static void a_series_is_looked_up_once(void **state) {
    (void)state;
    assert_int_equal(begin(), 0);
    request(&usual);
    edoi_alloc_fail_from(1);
    for (int i = 0; i < 4; i++) request(&usual);
    edoi_alloc_fail_at(0);
    assert_int_equal(value_of(COUNTS, OF("GET", "200", "1.1", "")), 5);
    assert_int_equal(
        value_of("http_client_request_body_size_bytes_count", OF("GET", "200", "1.1", "")), 5);
    assert_int_equal(
        value_of("http_client_response_body_size_bytes_count", OF("GET", "200", "1.1", "")), 5);
    assert_int_equal(value_of("http_client_active_requests", "GET"), 0);
    end();
}

static void requests_that_differ_in_a_label_are_apart(void **state) {
    static const struct {
        sample of;
        const char *labels;
    } rows[] = {
        { { .req.method = EDO_METHOD_POST, .outcome = { 200, EDO_HTTP_11, 0, 3 } },
          OF("POST", "200", "1.1", "") },
        { { .req.method = EDO_METHOD_OTHER, .outcome = { 200, EDO_HTTP_11, 0, 3 } },
          OF("_OTHER", "200", "1.1", "") },
        { { .req.method = EDO_METHOD_GET, .outcome = { 503, EDO_HTTP_11, 0, 3 } },
          OF("GET", "503", "1.1", "503") },
        { { .req.method = EDO_METHOD_GET, .outcome = { 200, EDO_HTTP_2, 0, 3 } },
          OF("GET", "200", "2", "") },
        { { .req.method = EDO_METHOD_GET, .outcome = { 200, EDO_HTTP_11, -EDO_EEOF, 3 } },
          OF("GET", "200", "1.1", "EDO_EEOF") },
        { { .req.method = EDO_METHOD_GET, .outcome = { .err = -ETIMEDOUT } },
          OF("GET", "", "", "ETIMEDOUT") },
        { { .url = "https://site:8080/",
            .req.method = EDO_METHOD_GET,
            .outcome = { 200, EDO_HTTP_11, 0, 3 } },
          "url_scheme=\"https\",http_response_status_code=\"200\"" },
    };
    (void)state;
    assert_int_equal(begin(), 0);
    for (size_t n = 1; n <= 3; n++) {
        request(&usual);
        for (size_t i = 0; i < EDO_COUNT(rows); i++) request(&rows[i].of);
        for (size_t i = 0; i < EDO_COUNT(rows); i++)
            assert_int_equal(value_of(COUNTS, rows[i].labels), n);
        assert_int_equal(value_of(COUNTS, OF("GET", "200", "1.1", "")), n);
    }
    end();
}

/* A series is in the text from its first count on, and not before. */
static void a_body_of_unknown_size_is_in_no_series_of_sizes(void **state) {
    static edo_stream body;
    const sample streamed = { .req = { .method = EDO_METHOD_PUT, .body = &body, .length = -1 },
                              .outcome = { .status = 200, .version = EDO_HTTP_11 } };
    sample sized = streamed;
    (void)state;
    assert_int_equal(begin(), 0);
    for (int i = 0; i < 2; i++) request(&streamed);
    assert_int_equal(value_of(COUNTS, OF("PUT", "200", "1.1", "")), 2);
    assert_int_equal(value_of("http_client_request_body_size_bytes_count", "PUT"), -1);
    sized.req.length = 7;
    request(&sized);
    request(&streamed);
    assert_int_equal(value_of("http_client_request_body_size_bytes_count", "PUT"), 1);
    assert_int_equal(value_of("http_client_request_body_size_bytes_sum", "PUT"), 7);
    end();
}

static void more_kinds_than_are_kept_are_counted(void **state) {
    char status[32];
    (void)state;
    assert_int_equal(begin(), 0);
    for (int turn = 0; turn < 2; turn++) {
        for (uint16_t i = 0; i < 40; i++) {
            sample s = usual;
            s.outcome.status = (edo_status)(200 + i);
            request(&s);
        }
    }
    for (int i = 0; i < 40; i++) {
        (void)snprintf(status, sizeof status, "code=\"%d\"", 200 + i);
        assert_int_equal(value_of(COUNTS, status), 2);
    }
    edoi_alloc_fail_from(1);
    request(&usual); // one of the first: those are kept
    edoi_alloc_fail_at(0);
    assert_int_equal(value_of(COUNTS, "code=\"200\""), 3);
    end();
}

/* A proxy that gets the requests themselves leads to any host. */
static void without_a_host_of_its_own_nothing_is_kept(void **state) {
    sample other = usual;
    (void)state;
    assert_int_equal(begin(), 0);
    other.url = "http://other/";
    for (int i = 0; i < 2; i++) {
        request_as(&usual, NULL);
        request_as(&other, NULL);
    }
    assert_int_equal(value_of(COUNTS, "server_address=\"site\""), 2);
    assert_int_equal(value_of(COUNTS, "server_address=\"other\""), 2);
    end();
}

#define THREADS 4
#define TURNS   200

static void *request_all(void *arg) {
    (void)arg;
    for (int i = 0; i < TURNS; i++) {
        edoi_request_count count;
        edo_uri uri;
        sample s = usual;
        s.outcome.status = (edo_status)(200 + i % 8);
        CHECK_EQ(edo_uri_parse(&uri, EDO_STR(URL)), 0);
        edoi_request_count_begin(&count, &counts, &kept, &s.req, &uri);
        edoi_request_count_end(&count, EDO_STR(URL), &s.outcome);
    }
    return NULL;
}

static void threads_that_find_a_series_at_once_lose_none(void **state) {
    pthread_t threads[THREADS];
    double sum = 0;
    char status[32];
    (void)state;
    assert_int_equal(begin(), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, request_all, NULL), 0);
    for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < 8; i++) {
        (void)snprintf(status, sizeof status, "code=\"%d\"", 200 + i);
        sum += value_of(COUNTS, status);
    }
    assert_int_equal(sum, THREADS * TURNS);
    assert_int_equal(value_of("http_client_active_requests", "GET"), 0);
    end();
}

static void no_memory_at_any_point_leaks_nothing_and_counts_later(void **state) {
    (void)state;
    uint64_t k = 0;
    for (bool fired = true; fired;) {
        edoi_alloc_fail_at(++k);
        int err = edo_metrics_new(&registry, NULL);
        if (err == 0) {
            kept = (edoi_kept_series){ .first = EDOI_ATOMIC_INIT(NULL) };
            err = edoi_client_counts_init(&counts, registry);
            if (err == 0) request(&usual);
            fired = edoi_alloc_fail_fired();
            edoi_alloc_fail_at(0);
            for (int i = 0; err == 0 && i < 2; i++) request(&usual);
            double n = err == 0 ? value_of(COUNTS, OF("GET", "200", "1.1", "")) : 2;
            assert_true(n == 2 || n == 3);
            end();
        }
        edoi_alloc_fail_at(0);
    }
    assert_true(k > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_series_is_looked_up_once),
        cmocka_unit_test(requests_that_differ_in_a_label_are_apart),
        cmocka_unit_test(a_body_of_unknown_size_is_in_no_series_of_sizes),
        cmocka_unit_test(more_kinds_than_are_kept_are_counted),
        cmocka_unit_test(without_a_host_of_its_own_nothing_is_kept),
        cmocka_unit_test(threads_that_find_a_series_at_once_lose_none),
        cmocka_unit_test(no_memory_at_any_point_leaks_nothing_and_counts_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
