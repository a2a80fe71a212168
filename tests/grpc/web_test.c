/* SPDX-License-Identifier: MIT */
/* Goal: gRPC-Web is served on the port of the web framework, in both forms and over both versions
 * of HTTP, with the status in the body, where a page can read it.
 * Method: requests as browsers make them: by edo/test_web.h over HTTP/1.1, by nghttp2 over
 * HTTP/2. */
#include "grpc_peer.h"
#include "hello.edo.h"

#include <edo/http2.h>
#include <edo/test_web.h>
#include <edo/web_guard.h>
#include <edo/web_layers.h>

#define GREET "/hello.v1.Greeter/Greet"
#define COUNT "/hello.v1.Greeter/Count"
#define WEB   "application/grpc-web+proto"
#define TEXT  "application/grpc-web-text"

/* ---- The server ------------------------------------------------------------------------------ */

static int greet(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in) {
    if (in->name.len == 0) return edo_grpc_fail(call, EDO_GRPC_INVALID_ARGUMENT, "no name");
    out->text = in->name;
    return edo_grpc_add_trailer(call, "x-last", EDO_STR("1"));
}

static int count(edo_grpc_call *call, const hello_v1_person *in) {
    int err = 0;
    for (int i = 0; i < 2 && err == 0; i++)
        err = hello_v1_greeter_count_send(call, &(hello_v1_reply){ .text = in->name });
    return err < 0 ? err : edo_grpc_fail(call, EDO_GRPC_ABORTED, "late");
}

static edo_router *router(bool web) {
    static const hello_v1_greeter_ops greeter = { .greet = greet, .count = count };
    static const char *const origins[] = { "https://page.example" };
    edo_router *r = edo_router_new();
    hello_v1_greeter_routes(r, &greeter, NULL, &(edo_grpc_opts){ .web = web });
    edo_router_wrap_all(r, edo_cors_layer(&(edo_cors_opts){
                               .origins = origins,
                               .origins_n = 1,
                               .headers = "content-type, x-grpc-web, grpc-timeout",
                               .expose = "grpc-status, grpc-message, grpc-status-details-bin" }));
    return r;
}

static void post(edo_oneshot *out, const char *path, const char *type, edo_str body, bool web) {
    static const char *const origins[] = { "https://page.example" };
    const edo_csrf_opts csrf = { .origins = origins, .origins_n = 1 };
    edo_router *r = router(web);
    edo_headers h;
    edo_headers_init(&h);
    EDO_TEST_OK(edo_headers_append_named(&h, EDO_STR("content-type"), edo_str_of(type)));
    EDO_TEST_OK(edo_headers_append_named(&h, EDO_STR("origin"), EDO_STR("https://page.example")));
    EDO_TEST_OK(edo_web_oneshot(
        out, r,
        &(edo_http_request){
            .method = EDO_METHOD_POST, .target = edo_str_of(path), .headers = &h, .data = body },
        &(edo_web_opts){ .guards = { .csrf = &csrf } }));
    edo_headers_deinit(&h);
    edo_router_free(r);
}

static edo_str field(const edo_oneshot *o, const char *name) {
    return edo_headers_get_named(&o->headers, edo_str_of(name));
}

static edo_str body_of(const bytes *b) {
    return (edo_str){ b->at, b->n };
}

/* ---- Over HTTP/1.1 --------------------------------------------------------------------------- */

#define OK_TRAILERS                                                                                \
    "\x80\0\0\0\x1b"                                                                               \
    "x-last: 1\r\ngrpc-status: 0\r\n"
#define LATE_TRAILERS                                                                              \
    "\x80\0\0\0\x25"                                                                               \
    "grpc-status: 10\r\ngrpc-message: late\r\n"

static int is_binary(void *arg) {
    bytes in = { .n = 0 }, out = { .n = 0 };
    edo_oneshot got;
    (void)arg;
    put_message(&in, "Ann");
    post(&got, GREET, WEB, body_of(&in), true);
    CHECK(got.status == 200 && edo_str_equal(field(&got, "content-type"), EDO_STR(WEB)));
    CHECK(
        edo_str_equal(field(&got, "access-control-allow-origin"), EDO_STR("https://page.example")));
    CHECK(field(&got, "access-control-expose-headers").len > 0 && !field(&got, "grpc-status").ptr);
    CHECK(got.body.len == in.n + sizeof OK_TRAILERS - 1 && memcmp(got.body.ptr, in.at, in.n) == 0);
    CHECK(memcmp(got.body.ptr + in.n, OK_TRAILERS, sizeof OK_TRAILERS - 1) == 0);
    edo_oneshot_deinit(&got);
    post(&got, COUNT, WEB, body_of(&in), true);
    put_message(&out, "Ann");
    put_message(&out, "Ann");
    CHECK(got.body.len == out.n + sizeof LATE_TRAILERS - 1);
    CHECK(memcmp(got.body.ptr, out.at, out.n) == 0);
    CHECK(memcmp(got.body.ptr + out.n, LATE_TRAILERS, sizeof LATE_TRAILERS - 1) == 0);
    edo_oneshot_deinit(&got);
    return 0;
}

static void status_is_the_last_frame_of_the_body(void **state) {
    (void)state;
    assert_int_equal(inside(is_binary, NULL), 0);
}

static int is_text(void *arg) {
    edo_oneshot got;
    edo_buf plain = { 0 };
    (void)arg;
    post(&got, GREET, TEXT, EDO_STR("AAAAAAU=CgNBbm4="), true); // in two pieces
    CHECK(got.status == 200 && edo_str_equal(field(&got, "content-type"), EDO_STR(TEXT)));
    for (size_t at = 0; at < got.body.len;) { // pieces end with their padding
        size_t n = at;
        while (n < got.body.len && got.body.ptr[n] != '=') n++;
        while (n < got.body.len && got.body.ptr[n] == '=') n++;
        CHECK_EQ(
            edo_base64_decode((edo_str){ got.body.ptr + at, n - at }, EDO_BASE64_STRICT, &plain),
            0);
        at = n;
    }
    CHECK(plain.len == 10 + sizeof OK_TRAILERS - 1);
    CHECK(memcmp(plain.ptr, "\0\0\0\0\5\n\3Ann" OK_TRAILERS, plain.len) == 0);
    edo_buf_deinit(&plain);
    edo_oneshot_deinit(&got);
    post(&got, GREET, TEXT, EDO_STR("AAAA*"), true);
    CHECK(edo_str_equal(field(&got, "grpc-status"), EDO_STR("13")));
    edo_oneshot_deinit(&got);
    return 0;
}

static void text_is_padded_where_a_piece_ends(void **state) {
    (void)state;
    assert_int_equal(inside(is_text, NULL), 0);
}

static int is_other(void *arg) {
    bytes in = { .n = 0 };
    edo_oneshot got;
    (void)arg;
    put_message(&in, "");
    post(&got, GREET, WEB, body_of(&in), true); // nothing before the status: it is in the head
    CHECK(got.status == 200 && got.body.len == 0);
    CHECK(edo_str_equal(field(&got, "grpc-status"), EDO_STR("3")));
    CHECK(edo_str_equal(field(&got, "grpc-message"), EDO_STR("no name")));
    edo_oneshot_deinit(&got);
    post(&got, "/hello.v1.Other/Greet", WEB, body_of(&in), true);
    CHECK(edo_str_equal(field(&got, "grpc-status"), EDO_STR("12")));
    edo_oneshot_deinit(&got);
    post(&got, GREET, WEB, body_of(&in), false);
    CHECK_EQ(got.status, 415);
    edo_oneshot_deinit(&got);
    post(&got, GREET, "application/grpc", body_of(&in), true); // HTTP/1.1 has no place for a status
    CHECK_EQ(got.status, 505);
    edo_oneshot_deinit(&got);
    return 0;
}

static void failures_without_messages_are_in_the_head(void **state) {
    (void)state;
    assert_int_equal(inside(is_other, NULL), 0);
}

/* Asks as a page of `origin` does before a call of `path`. */
static void ask_first(edo_oneshot *out, const char *origin, const char *path) {
    edo_router *r = router(true);
    edo_headers h;
    edo_headers_init(&h);
    EDO_TEST_OK(edo_headers_append_named(&h, EDO_STR("origin"), edo_str_of(origin)));
    EDO_TEST_OK(
        edo_headers_append_named(&h, EDO_STR("access-control-request-method"), EDO_STR("POST")));
    EDO_TEST_OK(edo_headers_append_named(&h, EDO_STR("access-control-request-headers"),
                                         EDO_STR("content-type,x-grpc-web")));
    EDO_TEST_OK(edo_web_oneshot(out, r,
                                &(edo_http_request){ .method = EDO_METHOD_OPTIONS,
                                                     .target = edo_str_of(path),
                                                     .headers = &h },
                                NULL));
    edo_headers_deinit(&h);
    edo_router_free(r);
}

static int asks_first(void *arg) {
    static const char *const strangers[] = { "https://other.example", "null",
                                             "https://page.example.evil.example",
                                             "http://page.example" };
    static const char *const paths[] = { GREET, "/hello.v1.Greeter/No", "/no.Service/No" };
    edo_oneshot got;
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(paths); i++) {
        ask_first(&got, "https://page.example", paths[i]);
        CHECK(got.status == 204 && field(&got, "access-control-allow-methods").len > 0);
        CHECK(edo_str_equal(field(&got, "access-control-allow-origin"),
                            EDO_STR("https://page.example")));
        edo_oneshot_deinit(&got);
    }
    for (size_t i = 0; i < EDO_COUNT(strangers); i++) {
        ask_first(&got, strangers[i], GREET);
        CHECK(!field(&got, "access-control-allow-origin").ptr);
        edo_oneshot_deinit(&got);
    }
    return 0;
}

static void browsers_may_ask_first(void **state) {
    (void)state;
    assert_int_equal(inside(asks_first, NULL), 0);
}

/* ---- Over HTTP/2 ----------------------------------------------------------------------------- */

static h2_peer peer;

static int serve_one(served *s, edo_stream *stream) {
    return edo_web_serve_stream(s->arg, stream, &(edo_web_opts){ .http = &s->opts });
}

static int by_http2(void *arg) {
    served s = { .arg = router(true), .serve_one = serve_one };
    bytes in = { .n = 0 };
    (void)arg;
    CHECK_EQ(edo_router_build(s.arg), 0);
    serve_begin(&s);
    h2_begin(&peer, client_of(&s), NULL, 0);
    H2_UNTIL(&peer, peer.settings > 0);
    put_message(&in, "Ann");
    h2_answer *a = h2_post(&peer, GREET, "content-type: " WEB "\n", in.at, in.n, false);
    h2_await(&peer, a);
    CHECK(a->status == 200 && !h2_has(a, "grpc-status"));
    CHECK(a->body_n == in.n + sizeof OK_TRAILERS - 1);
    CHECK(memcmp(a->body + in.n, OK_TRAILERS, sizeof OK_TRAILERS - 1) == 0);
    CHECK_EQ(serve_end(&s), 0);
    h2_end(&peer);
    edo_router_free(s.arg);
    return 0;
}

static void http2_has_it_too(void **state) {
    (void)state;
    assert_int_equal(inside(by_http2, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_is_the_last_frame_of_the_body),
        cmocka_unit_test(text_is_padded_where_a_piece_ends),
        cmocka_unit_test(failures_without_messages_are_in_the_head),
        cmocka_unit_test(browsers_may_ask_first),
        cmocka_unit_test(http2_has_it_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
