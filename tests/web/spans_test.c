/* SPDX-License-Identifier: MIT */
/* Goal: a request is one trace over server and client: the span of the request lies within the
 * caller's, that of a call within it, and the call carries its step.
 * Method: a router that serves one request in memory while it calls a site in memory; a receiver
 * writes down which spans end within which. */
#include "memory_site.h"
#include "span_ends.h"

#include <edo/layers.h>
#include <edo/retry_layer.h>
#include <edo/test_web.h>
#include <edo/web.h>
#include <edo/web_layers.h>

#define TRACE  "00-4bf92f3577b34da6a3ce929d0e0e4736-"
#define PARENT TRACE "00f067aa0ba902b7-01"

static int respond(memory_site *s, edo_stream *io) {
    (void)s;
    return site_say(io, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

static int call_on(edo_web *w) {
    edo_http_response *res;
    const edo_fetch_opts o = { .client = edo_web_state(w), .any_status = true };
    int err = edo_fetch(&res, EDO_STR("http://ann:secret@site/a?token=b"), &o);
    if (err < 0) return err;
    edo_http_response_free(res);
    return edo_web_reply_text(w, 201, "");
}

static void serve_one(edo_http_client *c) {
    edo_oneshot got;
    edo_headers came;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/users/{id}", call_on);
    edo_router_wrap(r, edo_traceparent_layer(NULL));
    edo_headers_init(&came);
    EDO_TEST_OK(edo_headers_append_named(&came, EDO_STR("traceparent"), EDO_STR(PARENT)));
    EDO_TEST_OK(edo_headers_append_named(&came, EDO_STR("tracestate"), EDO_STR("a=b")));
    EDO_TEST_OK(edo_web_oneshot(
        &got, r, &(edo_http_request){ .target = EDO_STR("/users/7?x=y"), .headers = &came },
        &(edo_web_opts){ .state = c }));
    CHECK_EQ(got.status, 201);
    edo_oneshot_deinit(&got);
    edo_headers_deinit(&came);
    edo_router_free(r);
}

static int follows(void *arg) {
    memory_site s = { .respond = respond };
    edo_receiver *r = span_ends_begin(NULL);
    (void)arg;
    edo_http_client *c = site_client(&s, NULL);
    serve_one(c);
    char wanted[100];
    const char *fetch_step = span_step("fetch"), *request_step = span_step("request");
    (void)snprintf(wanted, sizeof wanted, "\r\ntraceparent: %s\r\n", fetch_step);
    CHECK(strcasestr(s.head, wanted)); // the call's own step
    CHECK(strcasestr(s.head, "\r\ntracestate: a=b\r\n"));
    CHECK(strncmp(fetch_step, TRACE, strlen(TRACE)) == 0);
    CHECK(strncmp(request_step, TRACE, strlen(TRACE)) == 0);
    CHECK(strcmp(fetch_step, request_step) != 0 && strcmp(request_step, PARENT) != 0);
    CHECK(span_ended("fetch in request: otel.kind=client http.request.method=GET "
                     "url.full=http://site/a url.scheme=http server.address=site "
                     "server.port=80 http.response.status_code=404 "
                     "network.protocol.version=1.1 error.type=404 -> 0;"));
    CHECK(span_ended("request in none: otel.kind=server http.request.method=GET "
                     "http.route=/users/{id} url.path=/users/7 url.scheme=http "
                     "server.address=localhost server.port=80 network.protocol.version=1.1 "
                     "http.response.status_code=201 -> 0;"));
    edo_log_remove(r);
    site_end(&s, c);
    return 0;
}

static void a_request_is_one_trace_over_server_and_client(void **state) {
    (void)state;
    assert_int_equal(inside(follows, NULL), 0);
}

/* ---- Without the request's span -------------------------------------------------------------- */

/* Serves one while the requests of servers are left out, and calls on. */
static int left_out(void *arg) {
    memory_site s = { .respond = respond };
    edo_receiver *r = span_ends_begin("info,http.server=off");
    (void)arg;
    edo_http_client *c = site_client(&s, NULL);
    serve_one(c);
    CHECK(strncmp(span_step("fetch"), TRACE, strlen(TRACE)) == 0);
    CHECK(span_ended("fetch in none: ")); // of this program
    CHECK(!strstr(span_ends, "request in"));
    edo_log_remove(r);
    site_end(&s, c);
    return 0;
}

static void what_a_request_does_is_of_its_trace_though_its_own_span_is_left_out(void **state) {
    (void)state;
    assert_int_equal(inside(left_out, NULL), 0);
}

/* ---- Failures -------------------------------------------------------------------------------- */

static int break_down(edo_web *w) {
    (void)w;
    return edo_fail(-EIO, "the disk");
}

static int refuse(edo_web *w) {
    (void)w;
    return -EDO_ERATELIMITED;
}

static int make_503(edo_web *w) {
    return edo_web_reply_status(w, EDO_STATUS_SERVICE_UNAVAILABLE);
}

static int begin_and_fail(edo_web *w) {
    edo_stream *body;
    int err = edo_response_stream(edo_web_response(w), &body, -1);
    return err < 0 ? err : -EIO;
}

static int fails(void *arg) {
    static const struct {
        edo_web_fn *fn;
        const char *end;
    } rows[] = {
        { break_down, " http.response.status_code=500 error.type=500 -> -5;" },
        { refuse, " http.response.status_code=429 -> " },
        { make_503, " http.response.status_code=503 error.type=503 -> 0;" },
        { begin_and_fail, " http.response.status_code=200 -> -5;" },
    };
    (void)arg;
    edo_receiver *r = span_ends_begin(NULL);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_oneshot got;
        edo_router *router = edo_router_new();
        span_ends_clear();
        edo_router_get(router, "/", rows[i].fn);
        edo_router_wrap(router, edo_traceparent_layer(NULL));
        int err =
            edo_web_oneshot(&got, router, &(edo_http_request){ .target = EDO_STR("/") }, NULL);
        if (err == 0) edo_oneshot_deinit(&got);
        CHECK(span_ended(rows[i].end));
        edo_router_free(router);
    }
    edo_log_remove(r);
    return 0;
}

static void request_has_the_status_that_its_client_gets(void **state) {
    (void)state;
    assert_int_equal(inside(fails, NULL), 0);
}

static int brews(void *arg) {
    const edo_http_request ask = { .method = EDO_METHOD_OTHER,
                                   .method_name = EDO_STR("BREW"),
                                   .target = EDO_STR("/") };
    edo_oneshot got;
    (void)arg;
    edo_receiver *r = span_ends_begin(NULL);
    edo_router *router = edo_router_new();
    edo_router_any(router, "/", make_503);
    edo_router_wrap(router, edo_traceparent_layer(NULL));
    EDO_TEST_OK(edo_web_oneshot(&got, router, &ask, NULL));
    edo_oneshot_deinit(&got);
    CHECK(span_ended("http.request.method=_OTHER http.request.method_original=BREW "));
    edo_router_free(router);
    edo_log_remove(r);
    return 0;
}

static void unknown_methods_are_one(void **state) {
    (void)state;
    assert_int_equal(inside(brews, NULL), 0);
}

/* ---- Attempts -------------------------------------------------------------------------------- */

static char came[4][64]; // the step that each request has come with

static void keep_step(const memory_site *s) {
    const char *at = strcasestr(s->head, "\r\ntraceparent: ");
    char *to = came[(s->requests_n - 1) % (int)EDO_COUNT(came)];
    (void)snprintf(to, sizeof came[0], "%.55s", at ? at + strlen("\r\ntraceparent: ") : "none");
}

static int respond_third(memory_site *s, edo_stream *io) {
    keep_step(s);
    return site_say(io, s->requests_n < 3 ? "HTTP/1.1 503 Not Now\r\nContent-Length: 0\r\n\r\n"
                                          : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

/* Are the first `n` steps those of as many spans of one trace? The last one is that of `name`. */
static bool came_as_steps(int n, const char *name) {
    bool are = strcmp(came[n - 1], span_step(name)) == 0;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++)
            are = are && strncmp(came[i], came[k], strlen(TRACE)) == 0 &&
                  strcmp(came[i], came[k]) != 0;
    return are;
}

static int tries(void *arg) {
    memory_site s = { .respond = respond_third };
    edo_http_response *res;
    (void)arg;
    edo_receiver *r = span_ends_begin("retry=debug,http.client=info");
    edo_http_client *c = site_client(&s, NULL);
    EDO_TEST_OK(
        edo_fetch(&res, EDO_STR("http://site/"), &(edo_fetch_opts){ .client = c, .attempts = 3 }));
    edo_http_response_free(res);
    CHECK(span_ended("try in fetch: try=1 http.response.status_code=503 error.type=503 -> 0;"));
    CHECK(span_ended("try in fetch: try=3 http.response.status_code=200 -> 0;"));
    CHECK(came_as_steps(3, "try"));
    CHECK(strncmp(came[2], span_step("fetch"), strlen(TRACE)) == 0);
    CHECK(strcmp(came[0], span_step("fetch")) != 0);
    CHECK(span_ended(" http.response.status_code=200 network.protocol.version=1.1 "
                     "http.request.resend_count=2 -> 0;"));
    span_ends_clear();
    CHECK_EQ(edo_fetch(&res, EDO_STR("http://site/?secret"),
                       &(edo_fetch_opts){ .client = c, .attempts = 1 }),
             0);
    edo_http_response_free(res);
    CHECK(!strstr(span_ends, "try") && !strstr(span_ends, "resend") &&
          !strstr(span_ends, "secret"));
    s.requests_n = 0;
    span_ends_clear();
    CHECK_EQ(
        edo_fetch(&res, EDO_STR("http://site/"), &(edo_fetch_opts){ .client = c, .attempts = 1 }),
        -EDO_ESTATUS);
    CHECK(span_ended(" http.response.status_code=503 network.protocol.version=1.1 "
                     "error.type=503 -> "));
    edo_log_remove(r);
    site_end(&s, c);
    return 0;
}

static void each_attempt_is_a_span_in_that_of_the_call(void **state) {
    (void)state;
    assert_int_equal(inside(tries, NULL), 0);
}

/* The first connection ends without a response. */
static int respond_second(memory_site *s, edo_stream *io) {
    keep_step(s);
    return s->requests_n < 2 ? -ECONNRESET
                             : site_say(io, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

static int layered_tries(void *arg) {
    memory_site s = { .respond = respond_second };
    edo_http_response *res;
    edo_stack layers;
    (void)arg;
    edo_receiver *r = span_ends_begin("retry=debug,http.client=info");
    edo_stack_init(&layers);
    edo_stack_push(&layers, edo_retry_layer(NULL));
    edo_http_client *c = site_client(&s, &(edo_http_client_opts){ .layers = &layers });
    edo_stack_deinit(&layers);
    const edo_fetch_opts o = { .client = c };
    EDO_TEST_OK(edo_fetch(&res, EDO_STR("http://site/"), &o));
    edo_http_response_free(res);
    CHECK(span_ended("try in fetch: try=1 -> -") && span_ended("try in fetch: try=2 -> 0;"));
    CHECK(came_as_steps(2, "try"));
    edo_log_remove(r);
    r = span_ends_begin("http.client=info"); // without spans of tries all carry that of the call
    s.requests_n = 0;
    EDO_TEST_OK(edo_fetch(&res, EDO_STR("http://site/"), &o));
    edo_http_response_free(res);
    CHECK(strcmp(came[0], span_step("fetch")) == 0 && strcmp(came[1], span_step("fetch")) == 0);
    edo_log_remove(r);
    site_end(&s, c);
    return 0;
}

/* A step that the program names, and a client that passes nothing on. */
static int own_steps(void *arg) {
    memory_site s = { .respond = respond_third };
    edo_http_response *res;
    edo_headers own;
    (void)arg;
    edo_receiver *r = span_ends_begin("retry=debug,http.client=info");
    edo_headers_init(&own);
    EDO_TEST_OK(edo_headers_append_named(&own, EDO_STR("traceparent"), EDO_STR(PARENT)));
    edo_http_client *c = site_client(&s, NULL);
    EDO_TEST_OK(edo_fetch(&res, EDO_STR("http://site/"),
                          &(edo_fetch_opts){ .client = c, .headers = &own, .attempts = 3 }));
    edo_http_response_free(res);
    for (int i = 0; i < 3; i++) CHECK(strcmp(came[i], PARENT) == 0);
    site_end(&s, c);
    s = (memory_site){ .respond = respond_third };
    c = site_client(&s, &(edo_http_client_opts){ .no_context = true });
    EDO_TEST_OK(
        edo_fetch(&res, EDO_STR("http://site/"), &(edo_fetch_opts){ .client = c, .attempts = 3 }));
    edo_http_response_free(res);
    for (int i = 0; i < 3; i++) CHECK(strcmp(came[i], "none") == 0);
    edo_headers_deinit(&own);
    edo_log_remove(r);
    site_end(&s, c);
    return 0;
}

static void each_attempt_sends_its_own_step(void **state) {
    (void)state;
    assert_int_equal(inside(layered_tries, NULL), 0);
    assert_int_equal(inside(own_steps, NULL), 0);
}

/* ---- A wait ---------------------------------------------------------------------------------- */

static int waits(void *arg) {
    memory_site s = { .respond = respond };
    edo_http_response *res;
    const edo_fetch_opts o = { .any_status = true };
    (void)arg;
    edo_receiver *r = span_ends_begin("pool=debug,http.client=info");
    edo_http_client *c = site_client(&s, NULL);
    for (int i = 0; i < 2; i++) {
        edo_fetch_opts now = o;
        now.client = c;
        span_ends_clear();
        EDO_TEST_OK(edo_fetch(&res, EDO_STR("http://site/"), &now));
        edo_http_response_free(res);
        bool has_waited = strstr(span_ends, "wait in fetch: pool=http.client -> 0;") != NULL;
        CHECK_EQ(has_waited, i == 0); // then there is a connection
    }
    edo_log_remove(r);
    site_end(&s, c);
    return 0;
}

static void wait_for_a_connection_is_a_span(void **state) {
    (void)state;
    assert_int_equal(inside(waits, NULL), 0);
}

/* ---- The log of calls ------------------------------------------------------------------------ */

static int logs_failures(void *arg) {
    memory_site s = { .respond = respond_third };
    edo_http_response *res;
    edo_stack layers;
    (void)arg;
    edo_receiver *r = span_ends_begin("call=warn");
    edo_stack_init(&layers);
    edo_stack_push(&layers, edo_call_log_layer(&(edo_call_log_opts){
                                .fields = edo_http_call_fields, .outcome = edo_http_outcome }));
    edo_http_client *c = site_client(&s, &(edo_http_client_opts){ .layers = &layers });
    edo_stack_deinit(&layers);
    const edo_fetch_opts o = { .client = c, .attempts = 3 };
    EDO_TEST_OK(edo_fetch(&res, EDO_STR("http://ann:secret@site/a?token=b"), &o));
    edo_http_response_free(res);
    const char *first = strstr(span_ends, "call failed in none: http.request.method=GET "
                                          "server.address=site url.path=/a "
                                          "http.response.status_code=503 took_ms=");
    CHECK(first && strstr(first + 1, "call failed") && !strstr(span_ends, "200"));
    edo_log_remove(r);
    site_end(&s, c);
    return 0;
}

static void failures_of_a_client_are_logged(void **state) {
    (void)state;
    assert_int_equal(inside(logs_failures, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_one_trace_over_server_and_client),
        cmocka_unit_test(what_a_request_does_is_of_its_trace_though_its_own_span_is_left_out),
        cmocka_unit_test(request_has_the_status_that_its_client_gets),
        cmocka_unit_test(unknown_methods_are_one),
        cmocka_unit_test(each_attempt_is_a_span_in_that_of_the_call),
        cmocka_unit_test(each_attempt_sends_its_own_step),
        cmocka_unit_test(wait_for_a_connection_is_a_span),
        cmocka_unit_test(failures_of_a_client_are_logged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
