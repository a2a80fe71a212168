/* SPDX-License-Identifier: MIT */
/* Goal: names of fields are written and handed on in the case that was asked for.
 * Method: both ends against bytes that are written out. */
#include "http_server.h"

#include <edo/http1.h>
#include <edo/streams.h>

#define GIVEN                                                                                      \
    "GET / HTTP/1.1\r\nhOST: x\r\nX-oWN: a: b\r\nTe: trailers\r\nCOOKIE: c\r\nx-low: 1\r\n"        \
    "Connection: close\r\n\r\n"

/* Responds with all fields of the request but Host and Connection, and a trailer. */
static int reflects(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    const edo_header *f;
    for (size_t i = 0; (f = edo_headers_at(&req->headers, i)); i++)
        if (f->id != EDO_HEADER_HOST) EDO_TEST_OK(edo_headers_add(&res->headers, f));
    CHECK(edo_headers_get(&req->headers, EDO_HEADER_COOKIE).len == 1);
    CHECK(edo_headers_get_named(&req->headers, EDO_STR("x-own")).len == 4);
    EDO_TEST_OK(edo_headers_append(&res->headers, EDO_HEADER_TRAILER, EDO_STR("x-sum")));
    EDO_TEST_OK(
        edo_headers_append_named(edo_response_trailers(res), EDO_STR("x-sum"), EDO_STR("1")));
    EDO_TEST_OK(edo_headers_append(&res->headers, EDO_HEADER_LINK, EDO_STR("</a>")));
    EDO_TEST_OK(edo_response_informational(res, EDO_STATUS_EARLY_HINTS));
    edo_stream *out;
    return edo_response_stream(res, &out, -1);
}

typedef struct case_row {
    edo_http_server_opts opts;
    const char *fields, *framing, *trailer;
} case_row;

static const case_row rows[] = {
    { { 0 },
      "\r\nx-own: a: b\r\nte: trailers\r\ncookie: c\r\nx-low: 1\r\ntrailer: x-sum\r\nlink: "
      "</a>\r\n",
      "\r\ntransfer-encoding: chunked\r\nconnection: close\r\nserver: s\r\ndate: ",
      "0\r\nx-sum: 1\r\n" },
    { { .title_case = true },
      "\r\nX-Own: a: b\r\nTe: trailers\r\nCookie: c\r\nX-Low: 1\r\nTrailer: x-sum\r\nLink: "
      "</a>\r\n",
      "\r\nTransfer-Encoding: chunked\r\nConnection: close\r\nServer: s\r\nDate: ",
      "0\r\nX-Sum: 1\r\n" },
    { { .preserve_case = true },
      "\r\nX-oWN: a: b\r\nTe: trailers\r\nCOOKIE: c\r\nx-low: 1\r\ntrailer: x-sum\r\nlink: "
      "</a>\r\n",
      "\r\ntransfer-encoding: chunked\r\nconnection: close\r\nserver: s\r\ndate: ",
      "0\r\nx-sum: 1\r\n" },
    { { .preserve_case = true, .title_case = true },
      "\r\nX-oWN: a: b\r\nTe: trailers\r\nCOOKIE: c\r\nX-Low: 1\r\nTrailer: x-sum\r\nLink: "
      "</a>\r\n",
      "\r\nTransfer-Encoding: chunked\r\nConnection: close\r\nServer: s\r\nDate: ",
      "0\r\nX-Sum: 1\r\n" },
};

static int reflected(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        served s = { .handler = reflects, .opts = rows[i].opts };
        heard h;
        s.opts.server_name = "s";
        serve_begin(&s);
        ask(&s, &h, GIVEN);
        CHECK_EQ(times(&h, rows[i].fields), 2); // of the 103, too
        CHECK(has(&h, rows[i].framing) && has(&h, rows[i].trailer));
        CHECK(has(&h, "HTTP/1.1 103 Early Hints\r\n") && has(&h, "HTTP/1.1 200 OK\r\n"));
        CHECK_EQ(serve_end(&s), 0);
    }
    return 0;
}

static void names_of_a_response_have_the_case_that_was_asked_for(void **state) {
    (void)state;
    assert_int_equal(inside(reflected, NULL), 0);
}

static void check_client(bool title, bool preserve, const char *request, const char *name,
                         const char *trailer) {
    edo_test_script *peer;
    edo_stream *stream, *body;
    edo_http1 *c;
    edo_http_response *res;
    edo_headers headers, trailers;
    char text[4];
    EDO_TEST_OK(edo_test_script_new(&peer, &stream, "server"));
    EDO_TEST_OK(edo_stream_mem(&body, "", 0));
    edo_http1_opts opts = { .host = "x", .title_case = title, .preserve_case = preserve };
    EDO_TEST_OK(edo_http1_over(&c, stream, &opts));
    edo_headers_init(&headers);
    edo_headers_init(&trailers);
    const edo_header own = { .name = EDO_STR("X-oWN"), .value = EDO_STR("1") };
    EDO_TEST_OK(edo_headers_add(&headers, &own));
    EDO_TEST_OK(edo_headers_append(&headers, EDO_HEADER_TRAILER, EDO_STR("x-sum")));
    EDO_TEST_OK(edo_headers_append_named(&trailers, EDO_STR("x-sum"), EDO_STR("1")));
    edo_test_script_write(peer, request, strlen(request));
    edo_test_script_read(peer, EDO_TEST_TEXT("HTTP/1.1 200 OK\r\nX-bACK: 1\r\n"
                                             "transfer-Encoding: chunked\r\n\r\n"
                                             "0\r\nX-sUM: 1\r\n\r\n"));
    edo_http_request req = { .method = EDO_METHOD_PUT,
                             .headers = &headers,
                             .body = body,
                             .length = -1,
                             .trailers = &trailers };
    EDO_TEST_OK(edo_http1_send(c, &res, &req));
    CHECK_EQ(edo_read(res->body, text, sizeof text), 0);
    CHECK(edo_str_equal(edo_headers_at(&res->headers, 0)->name, edo_str_of(name)));
    const edo_headers *got = edo_http_response_trailers(res);
    CHECK(edo_str_equal(edo_headers_at(got, 0)->name, edo_str_of(trailer)));
    edo_headers_deinit(&headers);
    edo_headers_deinit(&trailers);
    edo_close(body);
    edo_http1_close(c);
    edo_test_script_close(peer);
}

static int clients(void *arg) {
    (void)arg;
    check_client(false, false,
                 "PUT / HTTP/1.1\r\nhost: x\r\nX-oWN: 1\r\ntrailer: x-sum\r\n"
                 "transfer-encoding: chunked\r\n\r\n0\r\nx-sum: 1\r\n\r\n",
                 "x-back", "x-sum");
    check_client(true, true,
                 "PUT / HTTP/1.1\r\nHost: x\r\nX-oWN: 1\r\nTrailer: x-sum\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 1\r\n\r\n",
                 "X-bACK", "X-sUM");
    return 0;
}

static void names_of_a_client_have_the_case_that_was_asked_for(void **state) {
    (void)state;
    assert_int_equal(inside(clients, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_a_response_have_the_case_that_was_asked_for),
        cmocka_unit_test(names_of_a_client_have_the_case_that_was_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
