/* SPDX-License-Identifier: MIT */
/* Goal: a request that goes on through a proxy is a client's span within that of the request, or,
 * without that, within the caller's, and the server behind gets its step.
 * Method: a proxy in memory, behind it a server in memory that notes the head of the request; a
 * receiver writes down which spans end within which. */
#include "span_ends.h"
#include "through.h"

#include <edo/web_layers.h>

#define TRACE  "00-4bf92f3577b34da6a3ce929d0e0e4736-"
#define PARENT TRACE "00f067aa0ba902b7-01"
#define ASK                                                                                        \
    "GET /a?secret HTTP/1.1\r\nhost: x\r\ntraceparent: " PARENT                                    \
    "\r\ntracestate: a=b\r\nconnection: close\r\n\r\n"
#define SPAN  "otel.kind=client http.request.method=GET "
#define PLACE "url.full=http://shop.test/a url.scheme=http server.address=shop.test server.port=80 "

/* The step that the server behind has got; "": none. */
static const char *behind(void) {
    static char step[EDO_TRACEPARENT_BYTES];
    const char *at = strcasestr(site.head, "\r\ntraceparent: ");
    (void)snprintf(step, sizeof step, "%s", at ? at + strlen("\r\ntraceparent: ") : "");
    CHECK(!at || !strcasestr(at + 1, "\r\ntraceparent: ")); // there is one
    return step;
}

static void asks(edo_layer around, const char *path, const edo_proxy_opts *opts, int refuses_n) {
    through t;
    heard h;
    front_layer = around;
    through_begin(&t, path, opts);
    front_layer = (edo_layer){ 0 };
    site.refuses_n = refuses_n;
    through_ask(&t, &h, ASK);
    CHECK(has(&h, refuses_n < 3 ? "HTTP/1.1 200 " : "HTTP/1.1 502 "));
    through_end(&t);
}

static int lies_in_request(void *arg) {
    (void)arg;
    edo_receiver *r = span_ends_begin("info");
    asks(edo_traceparent_layer(NULL), "/", NULL, 0);
    CHECK(strcmp(behind(), span_step("proxy")) == 0);
    CHECK(strncmp(behind(), TRACE, strlen(TRACE)) == 0);
    CHECK(strcasestr(site.head, "\r\ntracestate: a=b\r\n"));
    CHECK(span_ended("proxy in request: " SPAN PLACE "http.response.status_code=200 "
                     "network.protocol.version=1.1 -> 0;"));
    CHECK(!strstr(span_ends, "secret"));
    edo_log_remove(r);
    return 0;
}

static void request_on_its_way_is_a_span_whose_step_goes_along(void **state) {
    (void)state;
    assert_int_equal(inside(lies_in_request, NULL), 0);
}

static int lies_in_caller(void *arg) {
    (void)arg;
    edo_receiver *r = span_ends_begin("info");
    asks((edo_layer){ 0 }, "/", NULL, 0);
    CHECK(strcmp(behind(), span_step("proxy")) == 0);
    CHECK(strncmp(behind(), TRACE, strlen(TRACE)) == 0 && strcmp(behind(), PARENT) != 0);
    edo_log_remove(r);
    return 0;
}

static void without_a_layer_it_lies_in_the_caller(void **state) {
    (void)state;
    assert_int_equal(inside(lies_in_caller, NULL), 0);
}

static int is_off(void *arg) {
    (void)arg;
    edo_receiver *r = span_ends_begin("warn");
    asks((edo_layer){ 0 }, "/", NULL, 0);
    CHECK(strcmp(behind(), PARENT) == 0); // as it has come
    CHECK(!strstr(span_ends, "proxy"));
    edo_log_remove(r);
    return 0;
}

static void without_spans_the_step_goes_on_as_it_has_come(void **state) {
    (void)state;
    assert_int_equal(inside(is_off, NULL), 0);
}

static int tries(void *arg) {
    (void)arg;
    edo_receiver *r = span_ends_begin("http.client=info,retry=debug");
    asks(edo_traceparent_layer(NULL), "/", NULL, 2);
    CHECK(span_ended("try in proxy: try=1 -> -111;") && span_ended("try in proxy: try=3 -> 0;"));
    CHECK(span_ended("http.request.resend_count=2 -> 0;"));
    CHECK(strcmp(behind(), span_step("try")) == 0);
    CHECK(strncmp(behind(), TRACE, strlen(TRACE)) == 0);
    span_ends_clear();
    asks(edo_traceparent_layer(NULL), "/", NULL, 3);
    CHECK(span_ended("proxy in none: " SPAN "-> -111;"));
    edo_log_remove(r);
    return 0;
}

static void each_try_is_a_span_whose_step_goes_along(void **state) {
    (void)state;
    assert_int_equal(inside(tries, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_on_its_way_is_a_span_whose_step_goes_along),
        cmocka_unit_test(without_a_layer_it_lies_in_the_caller),
        cmocka_unit_test(without_spans_the_step_goes_on_as_it_has_come),
        cmocka_unit_test(each_try_is_a_span_whose_step_goes_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
