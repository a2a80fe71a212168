/* SPDX-License-Identifier: MIT */
/* Goal: a server counts each request once, by method, route, status, version and failure, with its
 * time and the sizes of its bodies; what is under way, and connections by their state, go back to
 * 0; what is no request is counted apart.
 * Method: known requests to a server under a paused clock, then the lines of the text. */
#include "tcp_server.h"

#include <edo/http_metrics.h>

#include <stdio.h>
#include <stdlib.h>

static edo_metrics *registry;
static edo_http_metrics *numbers;

static void begin(served *s, edo_http_handler *handler) {
    CHECK_EQ(edo_metrics_new(&registry, NULL), 0);
    CHECK_EQ(edo_http_metrics_new(&numbers, registry), 0);
    *s = (served){ .handler = handler, .opts = { .metrics = numbers } };
    serve_begin(s);
}

static void end(void) {
    edo_http_metrics_unref(numbers);
    edo_metrics_free(registry);
}

#define VERSION "network_protocol_version=\""

/* The name with the version by which the server is asked. */
static const char *as_asked(char *to, size_t room, const char *name) {
    const char *at = strstr(name, VERSION);
    if (!edo_test_over || !at) return name;
    at += strlen(VERSION);
    (void)snprintf(to, room, "%.*s%s%s", (int)(at - name), name, ASKED_BY, strchr(at, '"'));
    return to;
}

/* The value of the line that begins with `name` and a blank; -1: there is none. */
static double value_of(const char *name) {
    edo_buf text = { 0 };
    char of_version[512];
    double value = -1;
    CHECK_EQ(edo_metrics_print(registry, &text, EDO_METRICS_PROMETHEUS), 0);
    CHECK_EQ(edo_buf_append(&text, "", 1), 0);
    name = as_asked(of_version, sizeof of_version, name);
    size_t n = strlen(name);
    // by length: a sanitizer that checks whole strings at each call would read all of it each time
    for (const char *at = text.ptr, *last = at + text.len - 1; at < last;) {
        const char *line_end = memchr(at, '\n', (size_t)(last - at));
        size_t line_n = (size_t)(line_end - at);
        if (line_n > n && !memcmp(at, name, n) && at[n] == ' ') value = strtod(at + n, NULL);
        at = line_end + 1;
    }
    edo_buf_deinit(&text);
    return value;
}

#define OF_ROUTE(method, route, status, version, failure)                                          \
    "{http_request_method=\"" method "\",http_route=\"" route                                      \
    "\",http_response_status_code=\"" status "\",network_protocol_version=\"" version              \
    "\",url_scheme=\"http\",error_type=\"" failure "\"}"
#define OF(method, status, version, failure) OF_ROUTE(method, "", status, version, failure)
#define DURATION                             "http_server_request_duration_seconds"
#define ACTIVE                               "http_server_active_requests{http_request_method=\"GET\",url_scheme=\"http\"}"

static void counts(const char *what, double wanted) {
    double is = value_of(what);
    if (is < wanted - 0.002 || is > wanted + 0.002)
        edo_test_fail("%s is %g, not %g", what, is, wanted);
}

static int responds(edo_request *req, edo_response *res, void *arg) {
    edo_str body;
    (void)arg;
    if (edo_str_equal(req->target, EDO_STR("/fails"))) return -EIO;
    if (edo_str_equal(req->target, EDO_STR("/slow"))) {
        int err = edo_sleep(edo_ms(300));
        counts("http_server_active_requests{http_request_method=\"GET\",url_scheme=\"http\"}", 1);
        counts("edo_http_connections{state=\"active\"}", 1);
        return err;
    }
    if (edo_str_equal(req->target, EDO_STR("/waits"))) return edo_sleep(edo_s(100)) < 0 ? -EIO : 0;
    if (edo_str_equal(req->target, EDO_STR("/chunks"))) {
        edo_stream *out;
        int err = edo_response_stream(res, &out, -1);
        for (int i = 0; i < 3 && err >= 0; i++) err = edo_write_all(out, "0123456789", 10);
        return err < 0 ? err : 0;
    }
    if (edo_str_equal(req->target, EDO_STR("/breaks"))) {
        edo_stream *out;
        int err = edo_response_stream(res, &out, 100);
        if (err == 0) err = edo_write_all(out, "12345", 5);
        return err < 0 ? err : -EIO;
    }
    int err = edo_request_collect(req, &body, 100000);
    return err < 0 ? err : edo_response_text(res, EDO_STATUS_OK, body);
}

EDO_TEST(each_request_is_counted_once_by_what_it_was, .paused = true) {
    served s;
    heard h;
    begin(&s, responds);
    ask(&s, &h,
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
        "GET /chunks HTTP/1.1\r\nHost: a\r\n\r\n"
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"
        "BREW / HTTP/1.1\r\nHost: a\r\n\r\n"
        "GET /fails HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    ask(&s, &h, "HEAD / HTTP/1.0\r\n\r\n");
    counts(DURATION "_count" OF("GET", "200", "1.1", ""), 2);
    counts(DURATION "_count" OF("POST", "200", "1.1", ""), 2);
    counts(DURATION "_count" OF("_OTHER", "200", "1.1", ""), 1);
    counts(DURATION "_count" OF("GET", "500", "1.1", "500"), 1);
    counts(DURATION "_count" OF("HEAD", "200", "1.0", ""), 1);
    counts("http_server_request_body_size_bytes_sum" OF("POST", "200", "1.1", ""), 5 + 7);
    counts("http_server_request_body_size_bytes_sum" OF("GET", "200", "1.1", ""), 0);
    counts("http_server_response_body_size_bytes_sum" OF("POST", "200", "1.1", ""), 5 + 7);
    counts("http_server_response_body_size_bytes_sum" OF("GET", "200", "1.1", ""), 30);
    counts("http_server_response_body_size_bytes_sum" OF("HEAD", "200", "1.0", ""), 0);
    counts("http_server_active_requests{http_request_method=\"GET\",url_scheme=\"http\"}", 0);
    CHECK_EQ(serve_end(&s), 0);
    counts("edo_http_connections{state=\"idle\"}", 0);
    counts("edo_http_connections{state=\"active\"}", 0);
    end();
}

EDO_TEST(what_is_under_way_is_counted_and_its_time_taken, .paused = true) {
    served s;
    heard h = { 0 };
    begin(&s, responds);
    edo_stream *idle = client_of(&s), *c = client_of(&s);
    say(c, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(hear_until(c, &h, "\r\n\r\n"));
    EDO_TEST_OK(edo_sleep(edo_ms(1))); // the connection is idle again
    counts(DURATION "_sum" OF("GET", "200", "1.1", ""), 0.3);
    counts(DURATION
           "_bucket{http_request_method=\"GET\",http_route=\"\",http_response_status_code=\"200\","
           "network_protocol_version=\"1.1\",url_scheme=\"http\",error_type=\"\","
           "le=\"0.25\"}",
           0);
    counts("edo_http_connections{state=\"idle\"}", 2);
    counts("edo_http_connections{state=\"active\"}", 0);
    edo_close(c);
    edo_close(idle);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    counts("edo_http_connections{state=\"idle\"}", 0);
    CHECK_EQ(serve_end(&s), 0);
    end();
}

typedef struct ending {
    served s;
    edo_cancel_token *drain; /* of the request, which has begun */
} ending;

static int takes_long_to_end(edo_request *req, edo_response *res, void *arg) {
    (void)res;
    ((ending *)arg)->drain = edo_request_drain(req);
    return edo_sleep(edo_s(3));
}

static int ends_server(void *arg) {
    return serve_end(arg);
}

static int orderly_end(void *arg) {
    ending e = { .drain = NULL };
    heard h = { 0 };
    (void)arg;
    begin(&e.s, takes_long_to_end);
    e.s.arg = &e;
    edo_stream *c = client_of(&e.s);
    say(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    WAIT_FOR(e.drain != NULL);
    EDO_TEST_OK(edo_time_advance(edo_s(1)));
    counts("edo_http_drain_seconds", -1); // it is not there: nothing has ended
    edo_task *ender = edo_spawn(ends_server, &e.s);
    WAIT_FOR(edo_cancel_is_set(e.drain));
    EDO_TEST_OK(edo_time_advance(edo_s(2)));
    CHECK(hear_until(c, &h, NULL));
    EDO_TEST_OK(edo_time_advance(edo_s(2)));
    CHECK_EQ(edo_task_join(ender), 0);
    counts("edo_http_drain_seconds", 4); // 2 of the handler, and 2 for a client that does not close
    edo_close(c);
    end();
    return 0;
}

static void the_time_of_an_orderly_end_is_told(void **state) {
    (void)state;
    assert_int_equal(inside_by_hand(orderly_end, NULL), 0);
}

EDO_TEST(client_that_leaves_is_no_failure_of_the_server, .paused = false) {
    served s;
    begin(&s, responds);
    edo_stream *c = client_of(&s);
    say(c, "GET /waits HTTP/1.1\r\nHost: a\r\n\r\nGET /waits HTTP/1.1\r\nHost: a\r\n\r\n");
    WAIT_FOR(value_of(ACTIVE) > 0.5);
    edo_close(c);
    WAIT_FOR(value_of(DURATION "_count" OF("GET", "499", "1.1", "")) > 0.5);
    counts(DURATION "_count" OF("GET", "499", "1.1", ""), 1);
    counts(DURATION "_count" OF("GET", "500", "1.1", "500"), -1);
    CHECK_EQ(serve_end(&s), 0);
    end();
}

EDO_TEST(what_is_broken_off_or_no_request_is_counted_as_that, .paused = true) {
    served s;
    heard h = { 0 };
    begin(&s, responds);
    edo_stream *c = client_of(&s);
    say(c, "GET /breaks HTTP/1.1\r\nHost: a\r\n\r\n");
    (void)hear_until(c, &h, NULL);
    edo_close(c);
    for (int i = 0; i < 2; i++) ask(&s, &h, "GET / HTTP/1.1\r\n\r\n"); // no Host
    counts(DURATION "_count" OF("GET", "200", "1.1", "broken_off"), 1);
    counts("http_server_response_body_size_bytes_sum" OF("GET", "200", "1.1", "broken_off"), 5);
    counts("edo_http_refused_total{http_response_status_code=\"400\"}", 2);
    CHECK_EQ(serve_end(&s), 0);
    end();
}

static int says_status(edo_request *req, edo_response *res, void *arg) {
    (void)req;
    res->status = (edo_status)(200 + (*(int *)arg)++ % 700);
    return 0;
}

EDO_TEST(more_kinds_of_requests_than_the_table_has_slots_are_counted_too, .paused = true) {
    served s;
    heard h = { 0 };
    int asked = 0;
    begin(&s, says_status);
    s.arg = &asked;
    edo_stream *c = client_of(&s);
    for (int i = 0; i < 2 * 350; i++) {
        h = (heard){ 0 };
        say(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        CHECK(hear_until(c, &h, "\r\n\r\n"));
        if (asked == 350) asked = 0; // each twice
        if (!has(&h, " 413 ")) continue;
        edo_close(c); // as the server does
        c = client_of(&s);
    }
    edo_close(c);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    counts(DURATION "_count" OF("GET", "201", "1.1", ""), 2);
    counts(DURATION "_count" OF("GET", "549", "1.1", "549"), 2);
    CHECK_EQ(serve_end(&s), 0);
    end();
}

static int is_routed(edo_request *req, edo_response *res, void *arg) {
    char *text = arg;
    if (edo_str_equal(req->target, EDO_STR("/none"))) return 0;
    CHECK_EQ(req->route.len, 0); // not that of the last request
    text[1] = req->target.ptr[1];
    req->route = (edo_str){ text, 2 };
    return edo_response_text(res, EDO_STATUS_OK, req->target);
}

EDO_TEST(requests_are_counted_by_their_route_not_by_their_path, .paused = true) {
    char text[] = "/?";
    served s;
    heard h = { 0 };
    begin(&s, is_routed);
    s.arg = text;
    ask(&s, &h,
        "GET /a/1 HTTP/1.1\r\nHost: a\r\n\r\nGET /a/2 HTTP/1.1\r\nHost: a\r\n\r\n"
        "GET /b/1 HTTP/1.1\r\nHost: a\r\n\r\nGET /a/3 HTTP/1.1\r\nHost: a\r\n\r\n"
        "GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    counts(DURATION "_count" OF_ROUTE("GET", "/a", "200", "1.1", ""), 3);
    counts(DURATION "_count" OF_ROUTE("GET", "/b", "200", "1.1", ""), 1);
    counts(DURATION "_count" OF("GET", "200", "1.1", ""), 1);
    counts("http_server_active_requests{http_request_method=\"GET\",url_scheme=\"http\"}", 0);
    CHECK_EQ(serve_end(&s), 0);
    end();
}

EDO_TEST(two_servers_may_share_the_numbers, .paused = false) {
    served s, other;
    heard h = { 0 };
    edo_http_metrics *again;
    begin(&s, responds);
    CHECK_EQ(edo_http_metrics_new(&again, registry), 0);
    other = (served){ .handler = responds, .opts = { .metrics = again } };
    serve_begin(&other);
    ask(&s, &h, "GET / HTTP/1.0\r\n\r\n");
    edo_http_metrics_unref(again); // the server has its own
    ask(&other, &h, "GET / HTTP/1.0\r\n\r\n");
    counts(DURATION "_count" OF("GET", "200", "1.0", ""), 2);
    CHECK_EQ(serve_end(&s), 0);
    CHECK_EQ(serve_end(&other), 0);
    end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_is_counted_once_by_what_it_was),
        cmocka_unit_test(what_is_under_way_is_counted_and_its_time_taken),
        cmocka_unit_test(the_time_of_an_orderly_end_is_told),
        cmocka_unit_test(client_that_leaves_is_no_failure_of_the_server),
        cmocka_unit_test(what_is_broken_off_or_no_request_is_counted_as_that),
        cmocka_unit_test(more_kinds_of_requests_than_the_table_has_slots_are_counted_too),
        cmocka_unit_test(requests_are_counted_by_their_route_not_by_their_path),
        cmocka_unit_test(two_servers_may_share_the_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
