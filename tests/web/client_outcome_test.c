/* SPDX-License-Identifier: MIT */
/* Goal: layers that learn from results know which responses of a server are its failures.
 * Method: responses made by hand; a client with a circuit breaker and a server in memory, on the
 * paused clock. */
#include "memory_site.h"

#include <edo/breaker.h>
#include <edo/fallback.h>

static const char *status_line; /* of the next responses */

static int respond_as_told(memory_site *s, edo_stream *io) {
    char text[80];
    (void)s;
    (void)snprintf(text, sizeof text, "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n", status_line);
    return site_say(io, text);
}

static int outcomes(void *arg) {
    static const struct {
        int status;
        edo_call_outcome outcome;
    } rows[] = {
        { 200, EDO_CALL_SUCCEEDED }, { 304, EDO_CALL_SUCCEEDED }, { 404, EDO_CALL_SUCCEEDED },
        { 401, EDO_CALL_SUCCEEDED }, { 408, EDO_CALL_FAILED },    { 429, EDO_CALL_FAILED },
        { 500, EDO_CALL_FAILED },    { 501, EDO_CALL_FAILED },    { 503, EDO_CALL_FAILED },
        { 599, EDO_CALL_FAILED },
    };
    const edo_http_request req = { .method = EDO_METHOD_GET };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_http_response *res;
        EDO_TEST_OK(
            edo_http_response_make(&res, (edo_status)rows[i].status, EDO_STR(""), EDO_STR("")));
        CHECK_EQ(edo_http_outcome(NULL, &req, &res, 0), rows[i].outcome);
        edo_http_response_free(res);
    }
    CHECK_EQ(edo_http_outcome(NULL, &req, NULL, -ECONNREFUSED), EDO_CALL_FAILED);
    CHECK_EQ(edo_http_outcome(NULL, &req, NULL, -ETIMEDOUT), EDO_CALL_FAILED);
    CHECK_EQ(edo_http_outcome(NULL, &req, NULL, -ECANCELED), EDO_CALL_IGNORED);
    CHECK_EQ(edo_http_outcome(NULL, &req, NULL, -EINVAL), EDO_CALL_IGNORED);
    return 0;
}

static int status_of(edo_http_client *c) {
    edo_http_response *res;
    int err = edo_fetch(&res, EDO_STR("http://site/"),
                        &(edo_fetch_opts){ .client = c, .any_status = true });
    if (err < 0) return err;
    int status = (int)res->status;
    edo_http_response_free(res);
    return status;
}

static int behind_a_breaker(void *arg) {
    memory_site s = { .respond = respond_as_told };
    edo_breaker *b;
    edo_stack around;
    (void)arg;
    EDO_TEST_OK(edo_breaker_new(
        &b, &(edo_breaker_opts){ .window_calls = 4, .trials = 1, .outcome = edo_http_outcome }));
    edo_stack_init(&around);
    edo_stack_push(&around, edo_breaker_layer(b));
    edo_http_client *c = site_client(&s, &(edo_http_client_opts){ .layers = &around });
    edo_stack_deinit(&around);
    status_line = "404 Not Found";
    for (int i = 0; i < 8; i++) CHECK_EQ(status_of(c), 404);
    status_line = "503 Service Unavailable";
    CHECK_EQ(status_of(c), 503);
    CHECK_EQ(status_of(c), 503); // two of four
    CHECK_EQ(status_of(c), -EDO_ECIRCUITOPEN);
    CHECK_EQ(s.requests_n, 10);
    status_line = "200 OK";
    EDO_TEST_OK(edo_sleep(edo_s(60)));
    CHECK_EQ(status_of(c), 200);
    CHECK_EQ(edo_breaker_get_state(b), EDO_BREAKER_CLOSED);
    site_end(&s, c);
    edo_breaker_unref(b);
    return 0;
}

static int usual(void *arg, void *request, void *response, int result) {
    (void)request;
    if (result >= 0) edo_http_fallback_reset(arg, response);
    return edo_http_response_make(response, EDO_STATUS_OK, EDO_STR("text/plain"), EDO_STR("9"));
}

/* Fetches; returns what the response stands for, 1: it is the server's own. */
static int stands_for(edo_http_client *c) {
    edo_http_response *res;
    EDO_TEST_OK(edo_fetch(&res, EDO_STR("http://site/"),
                          &(edo_fetch_opts){ .client = c, .any_status = true }));
    int result = 1;
    CHECK_EQ(res->status, 200);
    bool is_other = edo_http_fallback_of(&result, res);
    CHECK_EQ(is_other, result != 1);
    edo_http_response_free(res);
    return result;
}

static int with_a_fallback(void *arg) {
    memory_site s = { .respond = respond_as_told };
    edo_stack around;
    edo_breaker *b;
    (void)arg;
    EDO_TEST_OK(edo_breaker_new(&b, NULL));
    edo_stack_init(&around);
    edo_stack_push(&around,
                   edo_fallback_layer(&(edo_fallback_opts){ .fn = usual,
                                                            .outcome = edo_http_outcome,
                                                            .reset = edo_http_fallback_reset,
                                                            .tell = edo_http_fallback_tell }));
    edo_stack_push(&around, edo_breaker_layer(b));
    edo_http_client *c = site_client(&s, &(edo_http_client_opts){ .layers = &around });
    edo_stack_deinit(&around);
    status_line = "200 OK";
    CHECK_EQ(stands_for(c), 1);
    status_line = "503 Service Unavailable";
    CHECK_EQ(stands_for(c), 0);
    EDO_TEST_OK(edo_breaker_force(b, EDO_BREAKER_FORCED_OPEN));
    CHECK_EQ(stands_for(c), -EDO_ECIRCUITOPEN);
    CHECK_EQ(s.requests_n, 2);
    site_end(&s, c);
    edo_breaker_unref(b);
    return 0;
}

/* ---- Deadlines ------------------------------------------------------------------------------- */

/* Fetches with a limit of its own, 0: none; returns what the server was told. */
static const char *told(memory_site *s, edo_http_client *c, int timeout_ms,
                        const edo_headers *fields) {
    static char value[32];
    edo_http_response *res;
    EDO_TEST_OK(edo_fetch(
        &res, EDO_STR("http://site/"),
        &(edo_fetch_opts){ .client = c, .timeout = edo_ms(timeout_ms), .headers = fields }));
    edo_http_response_free(res);
    const char *at = strcasestr(s->head, "\r\nx-request-timeout-ms: ");
    if (!at) return "";
    (void)sscanf(at, " %*s %31[0-9]", value);
    return value;
}

/* What the server is told in the second of two attempts within 1500 ms. */
static int told_again(memory_site *s, edo_http_client *c) {
    edo_http_response *res;
    int before = s->requests_n;
    EDO_TEST_OK(
        edo_fetch(&res, EDO_STR("http://site/"),
                  &(edo_fetch_opts){
                      .client = c, .timeout = edo_ms(1500), .attempts = 2, .any_status = true }));
    edo_http_response_free(res);
    CHECK_EQ(s->requests_n - before, 2);
    const char *at = strcasestr(s->head, "\r\nx-request-timeout-ms: ");
    return at ? (int)strtol(strchr(at, ' '), NULL, 10) : 0;
}

static int tells_the_rest(void *arg) {
    memory_site s = { .respond = respond_as_told };
    edo_headers fields;
    (void)arg;
    status_line = "200 OK";
    edo_http_client *c =
        site_client(&s, &(edo_http_client_opts){ .deadline_field = EDO_HTTP_DEADLINE_FIELD,
                                                 .timeout = EDO_OFF });
    edo_headers_init(&fields);
    EDO_TEST_OK(edo_headers_append_named(&fields, EDO_STR("x-mine"), EDO_STR("7")));
    EDO_TEST_OK(
        edo_headers_append_named(&fields, EDO_STR("X-Request-Timeout-Ms"), EDO_STR("99999")));
    CHECK_EQ(strcmp(told(&s, c, 0, NULL), ""), 0); // it waits for any time
    CHECK_EQ(strcmp(told(&s, c, 1500, &fields), "1500"), 0);
    CHECK(strcasestr(s.head, "\r\nx-mine: 7\r\n") != NULL);
    CHECK(strstr(s.head, "99999") == NULL);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(900));
    EDO_TEST_OK(edo_sleep(edo_ms(200)));
    CHECK_EQ(strcmp(told(&s, c, 1500, NULL), "700"), 0);
    CHECK_EQ(strcmp(told(&s, c, 300, NULL), "300"), 0);
    CHECK_EQ(edo_deadline_end(&d, 0), 0);
    edo_headers_deinit(&fields);
    status_line = "503 Service Unavailable";
    int second_ms = told_again(&s, c);
    CHECK(second_ms > 0 && second_ms < 1500);
    site_end(&s, c);
    EDO_TEST_EQ(edo_http_client_new(&c, &(edo_http_client_opts){ .deadline_field = "a b" }),
                -EINVAL);
    return 0;
}

static void statuses_of_a_server_in_trouble_are_failures(void **state) {
    (void)state;
    assert_int_equal(inside(outcomes, NULL), 0);
}

static void a_client_behind_a_breaker_leaves_a_server_in_trouble_alone(void **state) {
    (void)state;
    assert_int_equal(inside(behind_a_breaker, NULL), 0);
}

static void a_response_of_a_fallback_says_what_it_stands_for(void **state) {
    (void)state;
    assert_int_equal(inside(with_a_fallback, NULL), 0);
}

static void a_client_tells_how_long_it_waits(void **state) {
    (void)state;
    assert_int_equal(inside(tells_the_rest, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses_of_a_server_in_trouble_are_failures),
        cmocka_unit_test(a_client_behind_a_breaker_leaves_a_server_in_trouble_alone),
        cmocka_unit_test(a_response_of_a_fallback_says_what_it_stands_for),
        cmocka_unit_test(a_client_tells_how_long_it_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
