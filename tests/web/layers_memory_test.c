/* SPDX-License-Identifier: MIT */
/* Goal: the layers of routers meet the end of memory without a loss: a router says so, a request
 * has its response, or a failure, or one without what had no memory.
 * Method: the first allocation fails, then the second, until all goes well. */
#include "fail_alloc.h"
#include "web_server.h"

#include <edo/web_compress.h>
#include <edo/web_guard.h>
#include <edo/web_layers.h>
#include <edo/web_limits.h>
#include <edo/web_log.h>

static char text[5000];

static int reads(edo_web *w) {
    edo_str body;
    int err = edo_request_collect(edo_web_request(w), &body, sizeof text);
    return err < 0 ? err
                   : edo_web_reply_bytes(w, EDO_STATUS_OK, "text/plain",
                                         (edo_str){ text, sizeof text });
}

static int streams(edo_web *w) {
    edo_stream *out;
    int err = edo_response_stream(edo_web_response(w), &out, -1);
    if (err == 0) err = edo_write_all(out, text, sizeof text);
    return err < 0 ? err : 0;
}

static void drop_line(void *arg, edo_str line) {
    CHECK(arg == text && line.len > 0);
}

static int same(void *arg, edo_response *res, edo_str body, edo_buf *out) {
    CHECK(arg == text && res);
    return edo_buf_append(out, body.ptr, body.len);
}

static edo_router *router(void) {
    static const char *const here[] = { "127.0.0.1" };
    static const edo_auth_user users[] = { { "ada", "secret" } };
    edo_router *r = edo_router_new();
    edo_router_post(r, "/", reads);
    edo_router_get(r, "/", streams);
    edo_router_wrap_all(
        r, edo_access_log_layer(&(edo_access_log_opts){ .fn = drop_line, .arg = text }),
        edo_trace_layer(),
        edo_real_ip_layer(&(edo_real_ip_opts){ .proxies = here, .proxies_n = 1 }),
        edo_request_id_layer(NULL), edo_traceparent_layer(NULL), edo_security_headers_layer(NULL),
        edo_cors_layer(&(edo_cors_opts){ .mirror_origin = true }), edo_csrf_layer(NULL),
        edo_server_timing_layer("all"),
        edo_auth_layer(&(edo_auth_opts){ .users = users, .users_n = 1 }));
    edo_router_wrap_all(
        r, edo_http_rate_layer(&(edo_http_rate_opts){ .limit = { .num = 10000 } }),
        edo_catch_layer(NULL),
        edo_body_timeout_layer(&(edo_body_time_opts){ .request = edo_s(5), .response = edo_s(5) }),
        edo_compress_layer(NULL), edo_decompress_layer(NULL), edo_body_limit_layer(sizeof text),
        edo_map_body_layer(same, text));
    return r;
}

static void router_without_memory_says_so(void **state) {
    int err = -ENOMEM, k = 1;
    (void)state;
    for (; err < 0; k++) {
        fail_alloc_in = k;
        edo_router *r = router();
        err = edo_router_build(r);
        bool has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        assert_int_equal(err, has_failed ? -ENOMEM : 0);
        edo_router_free(r);
    }
    assert_true(k > 20);
}

/* Asks while one allocation fails; returns whether there was one. */
static bool ask_without(web_served *s, int k, heard *h, const char *request) {
    *h = (heard){ 0 };
    edo_stream *c = client_of(&s->http);
    CHECK_EQ(edo_yield(), 0);
    fail_alloc_in = k;
    say(c, request);
    (void)hear_until(c, h, NULL);
    bool has_failed = fail_alloc_in == 0;
    fail_alloc_in = 0;
    edo_close(c);
    return has_failed;
}

#define FIELDS                                                                                     \
    " HTTP/1.1\r\nhost: x\r\nconnection: close\r\norigin: http://x\r\nauthorization: Basic "       \
    "YWRhOnNlY3JldA==\r\naccept-encoding: gzip, deflate, br, zstd\r\nx-forwarded-for: "            \
    "192.0.2.1\r\nuser-agent: a long name of a program that has no room in the map itself\r\n"

static int requests(void *arg) {
    static const char *const cases[] = {
        "POST /" FIELDS "transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        "GET /" FIELDS "\r\n",
    };
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    memset(text, 'x', sizeof text);
    web_begin(&s, router());
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        int k = 1;
        for (; ask_without(&s, k, &h, cases[i]); k++) {
            bool is_fine = has(&h, " 200 ") || has_no_memory(&h);
            if (!is_fine) (void)fprintf(stderr, "%s%d: %s\n", cases[i], k, h.text);
            CHECK(is_fine);
        }
        CHECK(k > 2 && has(&h, " 200 ") && has(&h, "x-request-id: "));
        CHECK(has(&h, "content-encoding: ") == (edo_web_codings() != 0));
    }
    return web_end(&s);
}

static void request_without_memory_has_its_response_or_a_500(void **state) {
    (void)state;
    assert_int_equal(inside(requests, NULL), 0);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(router_without_memory_says_so),
        cmocka_unit_test(request_without_memory_has_its_response_or_a_500),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
