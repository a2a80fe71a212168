/* SPDX-License-Identifier: MIT */
/* Goal: a request that breaks the rules of HTTP/2, or would mean something else to another reader,
 * is refused before any handler sees it, and costs its own stream; secrets are never put into the
 * tables of the compression.
 * Method: fields that are sent as they are. */
#include "h2_peer.h"

#include <edo/http2.h>

#define GET    ":method: GET\n:scheme: http\n:path: /\n"
#define WHOLE  GET ":authority: x\n"
#define UPLOAD ":method: POST\n:scheme: http\n:path: /\n:authority: x\n"
#define CALL   ":method: POST\n:scheme: http\n:path: /\n"
#define GRPC   "content-type: application/grpc\n"

static int calls;

static int counts(edo_request *req, edo_response *res, void *arg) {
    edo_str body;
    (void)arg;
    if (edo_str_equal(req->target, EDO_STR("/secret"))) {
        CHECK_EQ(edo_headers_append_named(&res->headers, EDO_STR("set-cookie"), EDO_STR("a=1")), 0);
        CHECK_EQ(edo_headers_append_named(&res->headers, EDO_STR("x-token"), EDO_STR("t")), 0);
        CHECK_EQ(edo_headers_append_named(&res->headers, EDO_STR("X-Plain"), EDO_STR("p")), 0);
        CHECK_EQ(edo_headers_append_named(&res->headers, EDO_STR("Connection"), EDO_STR("x")), 0);
        CHECK_EQ(edo_headers_append_named(&res->headers, EDO_STR("Upgrade"), EDO_STR("x")), 0);
        CHECK_EQ(edo_headers_set_sensitive(&res->headers, EDO_STR("x-token")), 1);
        return edo_response_text(res, EDO_STATUS_OK, EDO_STR(""));
    }
    int err = edo_request_collect(req, &body, 100);
    if (err == 0) calls++;
    return err < 0 ? err : edo_response_text(res, EDO_STATUS_OK, EDO_STR("ok"));
}

typedef struct row {
    const char *name, *fields;
    bool is_good;
} row;

static const row heads[] = {
    { "whole", WHOLE, true },
    { "Host instead of :authority", GET "host: x\n", true },
    { "both, which agree", WHOLE "host: X\n", true },
    { "te: trailers", WHOLE "te: trailers\n", true },
    { "no :authority and no Host", GET, false },
    { "Host disagrees", WHOLE "host: y\n", false },
    { "two Hosts", WHOLE "host: x\nhost: x\n", false },
    { "a user in :authority", GET ":authority: a@x\n", false },
    { "a port that is no number", GET ":authority: x:y\n", false },
    { "a user in Host", GET "host: a@x\n", false },
    { "addresses in :authority", CALL ":authority: 127.0.0.1:80,127.0.0.1:81\n", false },
    { "addresses in :authority, of gRPC", CALL ":authority: 127.0.0.1:80,[::1]:81\n" GRPC, true },
    { "a target as :authority, of gRPC", CALL ":authority: ipv4:10.0.0.1:80,x\n" GRPC, true },
    { "a path as :authority, of gRPC", CALL ":authority: unix:%2Ftmp%2Fsocket\n" GRPC, true },
    { "an address as Host, of gRPC", CALL "host: ipv4:10.0.0.1:80\n" GRPC, true },
    { "a user in :authority, of gRPC-Web",
      CALL ":authority: a@x:y\ncontent-type: application/grpc-web+proto\n", true },
    { "addresses in :authority, of a GET with gRPC's type",
      GET ":authority: 127.0.0.1:80,[::1]:81\n" GRPC, false },
    { "addresses in :authority, of another type",
      CALL ":authority: 127.0.0.1:80,[::1]:81\ncontent-type: application/grpcx\n", false },
    { "addresses in :authority, of gRPC-Web as text",
      CALL ":authority: 127.0.0.1:80,[::1]:81\ncontent-type: application/grpc-web-text\n", true },
    { "other Host than :authority, of gRPC", CALL ":authority: a,b\nhost: b,a\n" GRPC, false },
    { "a control byte in :authority, of gRPC", CALL ":authority: a\001b\n" GRPC, false },
    { ":path without a slash", ":method: GET\n:scheme: http\n:path: a\n:authority: x\n", false },
    { ":path without a slash, of another :scheme",
      ":method: GET\n:scheme: a\n:path: b\n:authority: x\n", false },
    { "a URL as :path, of another :scheme",
      ":method: GET\n:scheme: a\n:path: http://y/\n:authority: x\n", false },
    { "another :scheme", ":method: GET\n:scheme: a\n:path: /\n:authority: x\n", true },
    { "bytes beyond ASCII in :path",
      ":method: GET\n:scheme: http\n:path: /\xc3\xa4\n:authority: x\n", false },
    { ":protocol that is a list",
      ":method: CONNECT\n:protocol: websocket, h2c\n:scheme: http\n:path: /\n:authority: x\n",
      false },
    { "* for GET", ":method: GET\n:scheme: http\n:path: *\n:authority: x\n", false },
    { "* for OPTIONS", ":method: OPTIONS\n:scheme: http\n:path: *\n:authority: x\n", true },
    { "a :scheme that is none", ":method: GET\n:scheme: h p\n:path: /\n:authority: x\n", false },
    { "CONNECT with :path", ":method: CONNECT\n:path: /\n:authority: x:1\n", false },
    { "CONNECT with :scheme", ":method: CONNECT\n:scheme: http\n:authority: x:1\n", false },
    { "CONNECT without :authority", ":method: CONNECT\n", false },
    { "CONNECT of a user", ":method: CONNECT\n:authority: a@x:1\n", false },
    { ":protocol without :path",
      ":method: CONNECT\n:protocol: websocket\n:scheme: http\n:authority: x\n", false },
    { "bytes beyond ASCII in a value", WHOLE "a: \xff\xe4\n", true },
    { "a tab in a value", WHOLE "a: b\tc\n", true },
    { "no value", WHOLE "a: \n", true },
    { "no name", WHOLE ": x\n", false },
    { "no :method", ":scheme: http\n:path: /\n:authority: x\n", false },
    { "no :path", ":method: GET\n:scheme: http\n:authority: x\n", false },
    { "no :scheme", ":method: GET\n:path: /\n:authority: x\n", false },
    { "empty :path", ":method: GET\n:scheme: http\n:path: \n:authority: x\n", false },
    { "a blank in :path", ":method: GET\n:scheme: http\n:path: /a b\n:authority: x\n", false },
    { "second :path", WHOLE ":path: /b\n", false },
    { "second :method", WHOLE ":method: GET\n", false },
    { "second :authority", WHOLE ":authority: x\n", false },
    { "bad :method", ":method: G T\n:scheme: http\n:path: /\n:authority: x\n", false },
    { ":status", WHOLE ":status: 200\n", false },
    { "unknown pseudo field", WHOLE ":other: 1\n", false },
    { ":protocol, which was not offered", WHOLE ":protocol: websocket\n", false },
    { "pseudo field behind another", GET "a: b\n:authority: x\n", false },
    { "capitals in a name", WHOLE "Name: x\n", false },
    { "a blank in a name", WHOLE "na me: x\n", false },
    { "a colon in a name", WHOLE "na:me: x\n", false },
    { "CR in a value", WHOLE "a: b\rc: d\n", false },
    { "a control byte in a value", WHOLE "a: b\001\n", false },
    { "blanks around a value", WHOLE "a:  b\n", false },
    { "connection", WHOLE "connection: close\n", false },
    { "keep-alive", WHOLE "keep-alive: 1\n", false },
    { "proxy-connection", WHOLE "proxy-connection: close\n", false },
    { "upgrade", WHOLE "upgrade: h2c\n", false },
    { "transfer-encoding", WHOLE "transfer-encoding: chunked\n", false },
    { "te: gzip", WHOLE "te: gzip\n", false },
    { "bad length", UPLOAD "content-length: +0\n", false },
    { "two lengths", UPLOAD "content-length: 0\ncontent-length: 1\n", false },
    { "length without DATA", UPLOAD "content-length: 1\n", false },
};

static h2_peer peer;

static int heads_are_checked(void *arg) {
    served s = { .handler = counts };
    (void)arg;
    calls = 0;
    serve_begin(&s);
    int good = 0;
    for (size_t i = 0; i < EDO_COUNT(heads); i++) {
        h2_begin(&peer, client_of(&s), NULL, 0);
        h2_answer *a = h2_ask_raw(&peer, heads[i].fields, true);
        h2_await(&peer, a);
        bool is_refused = a->closed && a->error == NGHTTP2_PROTOCOL_ERROR && a->status == 0;
        bool is_served = a->ended && a->status == 200;
        if (heads[i].is_good ? !is_served : !is_refused)
            edo_test_fail_at(__FILE__, __LINE__, "%s: status %d, error %u", heads[i].name,
                             a->status, a->error);
        good += heads[i].is_good;
        h2_answer *next = h2_ask(&peer, "GET", "/", NULL); // the connection goes on
        h2_await(&peer, next);
        CHECK_EQ(next->status, 200);
        h2_end(&peer);
    }
    CHECK_EQ(calls, good + (int)EDO_COUNT(heads));
    CHECK_EQ(serve_end(&s), 0);
    return 0;
}

static void requests_that_break_the_rules_reach_no_handler(void **state) {
    (void)state;
    assert_int_equal(inside(heads_are_checked, NULL), 0);
}

/* Values with NUL or LF cannot be written as a list of lines. */
static int bytes_are_checked(void *arg) {
    static const char *const values[] = { "a\0b", "a\nb", "a\r\nb", "\177xx" };
    static const size_t sizes[] = { 3, 3, 4, 3 };
    served s = { .handler = counts };
    (void)arg;
    calls = 0;
    serve_begin(&s);
    h2_begin(&peer, client_of(&s), NULL, 0);
    for (size_t i = 0; i < EDO_COUNT(values); i++) {
        const nghttp2_nv nv[] = {
            { (uint8_t *)(uintptr_t) ":method", (uint8_t *)(uintptr_t) "GET", 7, 3, 0 },
            { (uint8_t *)(uintptr_t) ":scheme", (uint8_t *)(uintptr_t) "http", 7, 4, 0 },
            { (uint8_t *)(uintptr_t) ":path", (uint8_t *)(uintptr_t) "/", 5, 1, 0 },
            { (uint8_t *)(uintptr_t) ":authority", (uint8_t *)(uintptr_t) "x", 10, 1, 0 },
            { (uint8_t *)(uintptr_t) "a", (uint8_t *)(uintptr_t)values[i], 1, sizes[i], 0 },
        };
        h2_answer *a = &peer.answers[peer.n++];
        a->id = nghttp2_submit_request(peer.session, NULL, nv, 5, NULL, NULL);
        h2_await(&peer, a);
        CHECK(a->closed && a->error == NGHTTP2_PROTOCOL_ERROR);
    }
    CHECK_EQ(calls, 0);
    h2_end(&peer);
    CHECK_EQ(serve_end(&s), 0);
    return 0;
}

static void values_with_control_bytes_reach_no_handler(void **state) {
    (void)state;
    assert_int_equal(inside(bytes_are_checked, NULL), 0);
}

static int lengths_are_checked(void *arg) {
    served s = { .handler = counts };
    (void)arg;
    calls = 0;
    serve_begin(&s);
    h2_begin(&peer, client_of(&s), NULL, 0);
    h2_answer *less = h2_post(&peer, "/", "content-length: 5\n", "four", 4, false);
    h2_answer *more = h2_post(&peer, "/", "content-length: 3\n", "four", 4, false);
    h2_answer *same = h2_post(&peer, "/", "content-length: 4\n", "four", 4, false);
    h2_await(&peer, less);
    h2_await(&peer, more);
    h2_await(&peer, same);
    CHECK(less->closed && less->error == NGHTTP2_PROTOCOL_ERROR);
    CHECK(more->closed && more->error == NGHTTP2_PROTOCOL_ERROR);
    CHECK(same->status == 200 && calls == 1);
    h2_end(&peer);
    CHECK_EQ(serve_end(&s), 0);
    return 0;
}

static void length_that_does_not_fit_the_data_is_refused(void **state) {
    (void)state;
    assert_int_equal(inside(lengths_are_checked, NULL), 0);
}

static int secrets_stay_out(void *arg) {
    served s = { .handler = counts, .opts = { .server_name = "edo" } };
    (void)arg;
    serve_begin(&s);
    h2_begin(&peer, client_of(&s), NULL, 0);
    h2_answer *a = h2_ask(&peer, "GET", "/secret", NULL);
    h2_await(&peer, a);
    CHECK(h2_has(a, "never set-cookie: a=1\n") && h2_has(a, "never x-token: t\n"));
    CHECK(h2_has(a, "\nx-plain: p\n") && h2_has(a, "\nserver: edo\n"));
    CHECK(!h2_has(a, "connection") && !h2_has(a, "upgrade"));
    h2_end(&peer);
    CHECK_EQ(serve_end(&s), 0);
    return 0;
}

static void secrets_are_never_indexed_and_fields_of_the_connection_left_out(void **state) {
    (void)state;
    assert_int_equal(inside(secrets_stay_out, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_that_break_the_rules_reach_no_handler),
        cmocka_unit_test(values_with_control_bytes_reach_no_handler),
        cmocka_unit_test(length_that_does_not_fit_the_data_is_refused),
        cmocka_unit_test(secrets_are_never_indexed_and_fields_of_the_connection_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
