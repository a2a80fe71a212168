/* SPDX-License-Identifier: MIT */
/* Goal: trailers reach the other end, those and only those that may be sent, and as many as its
 * limit allows, to the byte.
 * Method: both ends against bytes that are written out; then edo's client with edo's server. */
#include "http_server.h"

#include <edo/http1.h>
#include <edo/streams.h>

#define CHUNKED "HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"

static int fill(edo_headers *trailers) {
    int err = edo_headers_append_named(trailers, EDO_STR("x-sum"), EDO_STR("1"));
    if (err == 0) err = edo_headers_append_named(trailers, EDO_STR("x-other"), EDO_STR("2"));
    if (err == 0) err = edo_headers_append(trailers, EDO_HEADER_CONTENT_TYPE, EDO_STR("x/y"));
    if (err == 0) err = edo_headers_append(trailers, EDO_HEADER_AUTHORIZATION, EDO_STR("me"));
    if (err == 0) err = edo_headers_append_named(trailers, EDO_STR("X-Sum"), EDO_STR("3"));
    if (err == 0) err = edo_headers_append_named(trailers, EDO_STR("content-digest"), EDO_STR("d"));
    return err;
}

#define NAMES "x-a, X-Sum,content-type,authorization,Content-Digest"
#define SENT  "x-sum: 1\r\nx-sum: 3\r\ncontent-digest: d\r\n\r\n"

/* ---- Of responses ---------------------------------------------------------------------------- */

/* By the target: "/named", "/unnamed", "/whole", "/long", "/early" (before the head is sent). */
static int with_trailers(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    bool is_whole = edo_str_equal(req->target, EDO_STR("/whole"));
    bool is_long = edo_str_equal(req->target, EDO_STR("/long"));
    edo_stream *out;
    if (edo_str_equal(req->target, EDO_STR("/early")))
        EDO_TEST_OK(fill(edo_response_trailers(res)));
    if (!edo_str_equal(req->target, EDO_STR("/unnamed")))
        EDO_TEST_OK(edo_headers_set(&res->headers, EDO_HEADER_TRAILER, EDO_STR(NAMES)));
    if (is_whole) {
        EDO_TEST_OK(fill(edo_response_trailers(res)));
        return edo_response_text(res, EDO_STATUS_OK, EDO_STR("hi"));
    }
    int err = edo_response_stream(res, &out, -1);
    if (err == 0) err = edo_write_all(out, "hi", 2);
    if (err < 0) return err;
    edo_headers *trailers = edo_response_trailers(res);
    if (edo_headers_count(trailers) == 0) EDO_TEST_OK(fill(trailers));
    static char text[9000];
    memset(text, 'a', sizeof text);
    if (!is_long) return 0;
    return edo_headers_set_named(trailers, EDO_STR("x-sum"), (edo_str){ text, sizeof text });
}

typedef struct response_row {
    const char *request, *end; /* what the response ends with */
} response_row;

#define ASKS(target, version) "GET " target " " version "\r\nhost: x\r\nconnection: close\r\n"
#define TE                    "te: gzip;q=0.5, trailers\r\n"

static const response_row response_rows[] = {
    { ASKS("/named", "HTTP/1.1") TE "\r\n", "2\r\nhi\r\n0\r\n" SENT },
    { ASKS("/early", "HTTP/1.1") TE "\r\n", "2\r\nhi\r\n0\r\n" SENT },
    { ASKS("/unnamed", "HTTP/1.1") TE "\r\n", "2\r\nhi\r\n0\r\n\r\n" },
    { ASKS("/named", "HTTP/1.1") "\r\n", "2\r\nhi\r\n0\r\n\r\n" }, // takes none
    { ASKS("/named", "HTTP/1.0") TE "\r\n", "\r\n\r\nhi" },
    { ASKS("/whole", "HTTP/1.1") TE "\r\n", "\r\n\r\nhi" },
};

static int responses(void *arg) {
    (void)arg;
    served s = { .handler = with_trailers };
    heard h;
    serve_begin(&s);
    for (size_t i = 0; i < EDO_COUNT(response_rows); i++) {
        const response_row *row = &response_rows[i];
        ask(&s, &h, row->request);
        size_t n = strlen(row->end);
        bool is_right = h.len > n && strcmp(h.text + h.len - n, row->end) == 0;
        if (!is_right) print_error("%s: %s\n", row->request, h.text);
        CHECK(is_right);
    }
    edo_stream *c = client_of(&s);
    h = (heard){ 0 };
    say(c, ASKS("/long", "HTTP/1.1") TE "\r\n");
    CHECK(!hear_until(c, &h, NULL)); // broken off
    edo_close(c);
    return serve_end(&s);
}

static void trailers_of_a_response_are_those_that_may_be_sent(void **state) {
    (void)state;
    assert_int_equal(inside_real(responses, NULL), 0);
}

/* ---- Of requests ----------------------------------------------------------------------------- */

/* Sends "hi" in chunks with these trailers; returns what edo_http1_send() does. */
static int send_with(edo_test_script *peer, edo_stream *stream, const edo_headers *trailers,
                     const edo_headers *headers) {
    edo_http1 *c;
    edo_stream *body;
    edo_http_response *res;
    EDO_TEST_OK(edo_http1_over(&c, stream, &(edo_http1_opts){ .host = "x" }));
    EDO_TEST_OK(edo_stream_mem(&body, "hi", 2));
    edo_http_request req = { .method = EDO_METHOD_PUT,
                             .headers = headers,
                             .body = body,
                             .length = -1,
                             .trailers = trailers };
    int err = edo_http1_send(c, &res, &req);
    CHECK_EQ(edo_http1_is_reusable(c), err == 0);
    edo_close(body);
    edo_http1_close(c);
    edo_test_script_close(peer);
    return err;
}

#define PUT "PUT / HTTP/1.1\r\nhost: x\r\n"

static int requests(void *arg) {
    (void)arg;
    edo_headers headers, trailers;
    edo_headers_init(&headers);
    edo_headers_init(&trailers);
    EDO_TEST_OK(fill(&trailers));
    for (int is_named = 0; is_named < 2; is_named++) {
        edo_test_script *peer;
        edo_stream *stream;
        EDO_TEST_OK(edo_test_script_new(&peer, &stream, "server"));
        const char *bytes = is_named ? PUT "trailer: " NAMES
                                           "\r\ntransfer-encoding: chunked\r\n\r\n"
                                           "2\r\nhi\r\n0\r\n" SENT
                                     : PUT "transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
        if (is_named) EDO_TEST_OK(edo_headers_set(&headers, EDO_HEADER_TRAILER, EDO_STR(NAMES)));
        edo_test_script_write(peer, bytes, strlen(bytes));
        edo_test_script_read(peer, EDO_TEST_TEXT("HTTP/1.1 204 None\r\n\r\n"));
        EDO_TEST_OK(send_with(peer, stream, &trailers, is_named ? &headers : NULL));
    }
    static char text[16384];
    memset(text, 'a', sizeof text);
    edo_test_script *peer;
    edo_stream *stream;
    EDO_TEST_OK(edo_test_script_new(&peer, &stream, "server"));
    const char *bytes = PUT "trailer: " NAMES "\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n";
    edo_test_script_write(peer, bytes, strlen(bytes));
    EDO_TEST_OK(edo_headers_set_named(&trailers, EDO_STR("x-sum"), (edo_str){ text, sizeof text }));
    CHECK_EQ(send_with(peer, stream, &trailers, &headers), -EMSGSIZE);
    edo_headers_deinit(&trailers);
    edo_headers_deinit(&headers);
    return 0;
}

static void trailers_of_a_request_are_those_that_may_be_sent(void **state) {
    (void)state;
    assert_int_equal(inside(requests, NULL), 0);
}

/* ---- Their limit ----------------------------------------------------------------------------- */

/* Responds with the value of the last trailer, and of the header "x-head", which lies in a buffer
 * that the input has left. */
static int reads_trailers(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    edo_str body;
    int err = edo_request_collect(req, &body, 1000);
    if (err < 0) return err;
    edo_str head = edo_headers_get_named(&req->headers, EDO_STR("x-head"));
    if (!edo_str_equal(head, EDO_STR("stays"))) return -EIO;
    const edo_headers *trailers = edo_request_trailers(req);
    const edo_header *last = edo_headers_at(trailers, edo_headers_count(trailers) - 1);
    return edo_response_text(res, EDO_STATUS_OK, last->value);
}

/* Trailers of `bytes` bytes, the line at the end included, of which "last: it" is the last. */
static size_t print_trailers(char *to, size_t bytes) {
    static const char last[] = "last: it\r\n\r\n";
    size_t n = 0, left = bytes - (sizeof last - 1);
    while (left > 0) {
        size_t line = left > 2000 ? 1000 : left;
        n += (size_t)snprintf(to + n, 3000, "a: %0*d\r\n", (int)line - 5, 7);
        left -= line;
    }
    return n + (size_t)snprintf(to + n, 3000, "%s", last);
}

typedef struct limit_row {
    uint32_t limit; /* 0: the default */
    size_t bytes;
    bool fits;
    size_t piece; /* in which they come */
} limit_row;

static const limit_row limits[] = {
    { 0, 16384, true, 20000 },     { 0, 16385, false, 20000 }, { 0, 16384, true, 500 },
    { 0, 16385, false, 500 },      { 100, 100, true, 20000 },  { 100, 101, false, 20000 },
    { 100, 100, true, 1 },         { 100, 101, false, 1 },     { 60000, 60000, true, 7000 },
    { 60000, 60001, false, 7000 },
};

static void check_limit(const limit_row *row) {
    static char trailers[70000];
    served s = { .handler = reads_trailers, .opts = { .trailer_bytes_max = row->limit } };
    heard h = { 0 };
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    say(c, "POST / HTTP/1.1\r\nhost: x\r\nx-head: stays\r\ntransfer-encoding: chunked\r\n\r\n"
           "2\r\nhi\r\n0\r\n");
    size_t n = print_trailers(trailers, row->bytes);
    CHECK_EQ(n, row->bytes);
    for (size_t at = 0; at < n; at += row->piece) {
        size_t some = n - at < row->piece ? n - at : row->piece;
        (void)edo_write_all(c, trailers + at, some); // the server may have refused it
        CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    }
    if (row->fits) {
        say(c, "GET /next " CHUNKED "0\r\nx: next\r\n\r\n");
        CHECK(hear_until(c, &h, "\r\n\r\nit"));
        CHECK(has(&h, " 200 OK") && !has(&h, " 500 "));
    }
    (void)hear_until(c, &h, NULL);
    CHECK_EQ(has(&h, " 400 Bad Request"), !row->fits);
    edo_close(c);
    CHECK_EQ(serve_end(&s), 0);
}

static int all_limits(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(limits); i++) check_limit(&limits[i]);
    return 0;
}

static void limit_of_trailers_is_exact_however_they_come(void **state) {
    (void)state;
    assert_int_equal(inside(all_limits, NULL), 0);
}

/* What begins with a blank belongs to the line above for one reader and not for another one. */
static int folded(void *arg) {
    (void)arg;
    served s = { .handler = reads_trailers };
    heard h = { 0 };
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    say(c, "POST / HTTP/1.1\r\nhost: x\r\nx-head: stays\r\ntransfer-encoding: chunked\r\n\r\n"
           "2\r\nhi\r\n0\r\na: b\r\n last: it\r\n\r\n");
    (void)hear_until(c, &h, NULL);
    CHECK(has(&h, " 400 Bad Request"));
    edo_close(c);
    CHECK_EQ(serve_end(&s), 0);
    return 0;
}

static void folded_trailers_of_a_request_are_refused(void **state) {
    (void)state;
    assert_int_equal(inside(folded, NULL), 0);
}

static int of_a_client(void *arg) {
    (void)arg;
    static char bytes[20000];
    for (size_t more = 0; more < 2; more++) {
        edo_test_script *peer;
        edo_stream *stream;
        edo_http1 *c;
        edo_http_response *res;
        char text[16];
        EDO_TEST_OK(edo_test_script_new(&peer, &stream, "server"));
        EDO_TEST_OK(edo_http1_over(&c, stream, &(edo_http1_opts){ .host = "x" }));
        size_t n = (size_t)snprintf(bytes, sizeof bytes,
                                    "HTTP/1.1 200 OK\r\nx-head: stays\r\n"
                                    "transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n");
        n += print_trailers(bytes + n, 16384 + more);
        edo_test_script_write(peer, EDO_TEST_TEXT("GET / HTTP/1.1\r\nhost: x\r\n\r\n"));
        edo_test_script_read(peer, bytes, n);
        EDO_TEST_OK(edo_http1_send(c, &res, &(edo_http_request){ 0 }));
        CHECK_EQ(edo_read(res->body, text, sizeof text), 2);
        CHECK_EQ(edo_read(res->body, text, sizeof text), more ? -EBADMSG : 0);
        CHECK(edo_str_equal(edo_headers_get_named(&res->headers, EDO_STR("x-head")),
                            EDO_STR("stays")));
        const edo_headers *got = edo_http_response_trailers(res);
        CHECK_EQ(got != NULL, more == 0);
        if (got) CHECK(edo_headers_get_named(got, EDO_STR("last")).len == 2);
        CHECK_EQ(edo_http1_is_reusable(c), more == 0);
        edo_http1_close(c);
        edo_test_script_close(peer);
    }
    return 0;
}

static void limit_of_trailers_that_a_client_reads_is_exact(void **state) {
    (void)state;
    assert_int_equal(inside(of_a_client, NULL), 0);
}

/* ---- Both ------------------------------------------------------------------------------------ */

/* Sends the trailer of the request back as one of the response. */
static int passes_on(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    edo_stream *out;
    char text[16];
    EDO_TEST_OK(edo_headers_set(&res->headers, EDO_HEADER_TRAILER, EDO_STR("x-sum")));
    int err = edo_response_stream(res, &out, -1);
    while (err >= 0 && (err = edo_read(edo_request_body(req), text, sizeof text)) > 0)
        err = edo_write_all(out, text, (size_t)err);
    if (err < 0) return err;
    edo_str sum = edo_headers_get_named(edo_request_trailers(req), EDO_STR("x-sum"));
    return edo_headers_append_named(edo_response_trailers(res), EDO_STR("x-sum"), sum);
}

static int there_and_back(void *arg) {
    (void)arg;
    served s = { .handler = passes_on };
    edo_http1 *c;
    edo_stream *body;
    edo_http_response *res;
    edo_headers headers, trailers;
    char text[16];
    serve_begin(&s);
    edo_headers_init(&headers);
    edo_headers_init(&trailers);
    EDO_TEST_OK(edo_headers_set(&headers, EDO_HEADER_TE, EDO_STR("trailers")));
    EDO_TEST_OK(edo_headers_set(&headers, EDO_HEADER_TRAILER, EDO_STR("x-sum")));
    EDO_TEST_OK(edo_headers_append_named(&trailers, EDO_STR("x-sum"), EDO_STR("abc")));
    EDO_TEST_OK(edo_http1_connect(&c, s.address, NULL));
    for (int i = 0; i < 3; i++) { // of one connection
        EDO_TEST_OK(edo_stream_mem(&body, "hi", 2));
        edo_http_request req = { .method = EDO_METHOD_PUT,
                                 .headers = &headers,
                                 .body = body,
                                 .length = -1,
                                 .trailers = &trailers };
        EDO_TEST_OK(edo_http1_send(c, &res, &req));
        CHECK(edo_http_response_trailers(res) == NULL); // not yet
        CHECK_EQ(edo_read(res->body, text, sizeof text), 2);
        CHECK_EQ(edo_read(res->body, text, sizeof text), 0);
        const edo_headers *got = edo_http_response_trailers(res);
        CHECK(got && edo_str_equal(edo_headers_get_named(got, EDO_STR("x-sum")), EDO_STR("abc")));
        edo_close(body);
    }
    edo_http1_close(c);
    edo_headers_deinit(&trailers);
    edo_headers_deinit(&headers);
    return serve_end(&s);
}

static void trailers_pass_through_client_and_server(void **state) {
    (void)state;
    assert_int_equal(inside_each(there_and_back, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trailers_of_a_response_are_those_that_may_be_sent),
        cmocka_unit_test(trailers_of_a_request_are_those_that_may_be_sent),
        cmocka_unit_test(limit_of_trailers_is_exact_however_they_come),
        cmocka_unit_test(folded_trailers_of_a_request_are_refused),
        cmocka_unit_test(limit_of_trailers_that_a_client_reads_is_exact),
        cmocka_unit_test(trailers_pass_through_client_and_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
