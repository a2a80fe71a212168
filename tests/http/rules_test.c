/* SPDX-License-Identifier: MIT */
/* Goal: rules of HTTP/1.1 that hang on a status, a field or an option: what ends a connection,
 * which responses have no body, what a status line says, what is let pass.
 * Method: requests and responses that are written out. */
#include "http_server.h"

#include <edo/http1.h>

/* ---- Responses ------------------------------------------------------------------------------- */

typedef struct made {
    edo_status status;
    const char *reason;     /* may be NULL */
    const char *connection; /* field; may be NULL */
    bool streams;           /* sends its body in pieces */
} made;

static int makes(edo_request *req, edo_response *res, void *arg) {
    (void)req;
    const made *m = arg;
    edo_stream *out;
    if (m->reason) res->reason = edo_str_of(m->reason);
    if (m->connection)
        EDO_TEST_OK(
            edo_headers_append(&res->headers, EDO_HEADER_CONNECTION, edo_str_of(m->connection)));
    if (!m->streams) return edo_response_text(res, m->status, EDO_STR("body"));
    res->status = m->status;
    int err = edo_response_stream(res, &out, -1);
    return err < 0 ? err : edo_write_all(out, "body", 4);
}

typedef struct response_row {
    made made;
    const char *request;
    const char *begins, *ends, *lacks; /* of what is heard; the last may be NULL */
    bool goes_on;                      /* the connection serves another request */
} response_row;

#define GET            "GET / HTTP/1.1\r\nhost: x\r\n\r\n"
#define CONNECT_       "CONNECT x:1 HTTP/1.1\r\nhost: x:1\r\n\r\n"
#define LINE(rest)     "HTTP/1.1 " rest "\r\n"
#define BODY           "\r\n\r\nbody"
#define NO_BODY        "\r\n\r\n"
#define FRAMING_LENGTH "content-length"

static const response_row response_rows[] = {
    { { 200, NULL, NULL, false }, GET, LINE("200 OK"), BODY, NULL, true },
    { { 200, "Fine, \x80 thanks", NULL, false },
      GET,
      LINE("200 Fine, \x80 thanks"),
      BODY,
      NULL,
      true },
    { { 777, "Lucky", NULL, true }, GET, LINE("777 Lucky"), "0\r\n\r\n", NULL, true },
    { { 777, NULL, NULL, false }, GET, LINE("777 "), BODY, NULL, true },
    { { 200, "a\r\nset-cookie: b", NULL, false },
      GET,
      LINE("500 Internal Server Error"),
      "\r\n\r\nInternal Server Error",
      "set-cookie",
      true },
    { { 200, "a\x7f", NULL, true },
      GET,
      LINE("500 Internal Server Error"),
      "\r\n\r\nInternal Server Error",
      NULL,
      true },
    { { 200, NULL, "x, Close", false }, GET, LINE("200 OK"), BODY, "x, Close", false },
    { { 200, NULL, "close", true }, GET, LINE("200 OK"), "0\r\n\r\n", NULL, false },
    { { 200, NULL, "keep-alive", false }, GET, LINE("200 OK"), BODY, NULL, true },
    { { 205, NULL, NULL, false },
      GET,
      LINE("205 Reset Content"),
      NO_BODY,
      "content-length: 4",
      true },
    { { 205, NULL, NULL, true }, GET, LINE("205 Reset Content"), NO_BODY, "chunked", true },
    { { 200, NULL, NULL, false }, CONNECT_, LINE("200 OK"), NO_BODY, FRAMING_LENGTH, false },
    { { 299, "Yes", NULL, true }, CONNECT_, LINE("299 Yes"), NO_BODY, "chunked", false },
    { { 403, NULL, NULL, false }, CONNECT_, LINE("403 Forbidden"), BODY, NULL, true },
};

static void check_response(const response_row *row) {
    served s = { .handler = makes, .arg = (void *)(uintptr_t)&row->made };
    heard h = { 0 };
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    say(c, row->request);
    CHECK(hear_until(c, &h, row->ends)); // the next read finds what goes on behind it
    size_t begins = strlen(row->begins), ends = strlen(row->ends), len = strlen(h.text);
    bool is_right = strncmp(h.text, row->begins, begins) == 0 && len >= ends &&
                    strcmp(h.text + len - ends, row->ends) == 0 &&
                    (!row->lacks || !has(&h, row->lacks)) &&
                    has(&h, "connection: close\r\n") == !row->goes_on &&
                    (row->made.status != 205 || has(&h, "content-length: 0\r\n"));
    if (!is_right) print_error("%s%s\n", row->request, h.text);
    CHECK(is_right);
    if (row->goes_on) {
        say(c, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        CHECK(edo_read(c, h.text, sizeof h.text - 1) > 0);
    }
    CHECK_EQ(edo_read(c, h.text, 1), 0);
    edo_close(c);
    CHECK_EQ(serve_end(&s), 0);
}

static int all_responses(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(response_rows); i++) check_response(&response_rows[i]);
    return 0;
}

static void response_has_the_form_that_its_status_and_fields_ask_for(void **state) {
    (void)state;
    assert_int_equal(inside(all_responses, NULL), 0);
}

/* ---- Addresses ------------------------------------------------------------------------------- */

static int tells_addresses(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    edo_addr local, peer;
    char text[2][EDO_ADDR_TEXT_MAX], both[2 * EDO_ADDR_TEXT_MAX + 1];
    EDO_TEST_OK(edo_request_local(req, &local));
    EDO_TEST_OK(edo_request_peer(req, &peer));
    (void)edo_addr_print(&local, text[0], sizeof text[0]);
    (void)edo_addr_print(&peer, text[1], sizeof text[1]);
    (void)snprintf(both, sizeof both, "%s %s", text[0], text[1]);
    return edo_response_text(res, EDO_STATUS_OK, edo_str_of(both));
}

static int addresses(void *arg) {
    (void)arg;
    served s = { .handler = tells_addresses };
    heard h = { 0 };
    char want[2 * EDO_ADDR_TEXT_MAX + 1], own[EDO_ADDR_TEXT_MAX];
    edo_addr local;
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    EDO_TEST_OK(edo_stream_local_addr(c, &local));
    (void)edo_addr_print(&local, own, sizeof own);
    (void)snprintf(want, sizeof want, "%s %s", s.address, own);
    say(c, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, want));
    edo_close(c);
    return serve_end(&s);
}

static void request_knows_both_addresses(void **state) {
    (void)state;
    assert_int_equal(inside_real(addresses, NULL), 0);
}

/* ---- What is let pass ------------------------------------------------------------------------ */

typedef struct lenient_row {
    uint32_t bits;
    const char *bytes; /* of a request or of a response: refused without `bits` */
} lenient_row;

static const lenient_row lenient_requests[] = {
    { EDO_HTTP_LENIENT_BARE_LF, "GET / HTTP/1.1\nhost: x\nconnection: close\n\n" },
    { EDO_HTTP_LENIENT_MANY_SPACES, "GET   /  HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n" },
    { EDO_HTTP_LENIENT_BAD_FIELDS,
      "GET / HTTP/1.1\r\nhost: x\r\nno field\r\nconnection: close\r\n\r\n" },
    { EDO_HTTP_LENIENT_SPACE_AFTER_NAME,
      "GET / HTTP/1.1\r\nhost : x\r\nconnection: close\r\n\r\n" },
    { EDO_HTTP_LENIENT_BOTH_LENGTHS,
      "GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n"
      "0\r\n\r\n" },
};

static int hello(edo_request *req, edo_response *res, void *arg) {
    (void)req, (void)arg;
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR("hello"));
}

static int lenient_server(void *arg) {
    (void)arg;
    heard h;
    for (size_t i = 0; i < EDO_COUNT(lenient_requests); i++) {
        for (int others = 0; others < 2; others++) {
            uint32_t bits = lenient_requests[i].bits;
            served s = { .handler = hello,
                         .opts = { .lenient = others ? EDO_HTTP_LENIENT_ALL & ~bits : bits } };
            serve_begin(&s);
            ask(&s, &h, lenient_requests[i].bytes);
            CHECK(has(&h, others ? " 400 Bad Request" : "hello"));
            CHECK_EQ(serve_end(&s), 0);
        }
    }
    CHECK_EQ(edo_http_serve(hello, NULL,
                            &(edo_http_server_opts){ .listen = "127.0.0.1:0", .lenient = 32 }),
             -EINVAL);
    return 0;
}

static void server_lets_pass_what_its_bits_say(void **state) {
    (void)state;
    assert_int_equal(inside(lenient_server, NULL), 0);
}

static const lenient_row lenient_responses[] = {
    { EDO_HTTP_LENIENT_BARE_LF, "HTTP/1.1 204 None\na: b\n\n" },
    { EDO_HTTP_LENIENT_BAD_FIELDS, "HTTP/1.1 204 None\r\nno field\r\n\r\n" },
    { EDO_HTTP_LENIENT_SPACE_AFTER_NAME, "HTTP/1.1 204 None\r\na : b\r\n\r\n" },
    { EDO_HTTP_LENIENT_BOTH_LENGTHS,
      "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n" },
};

static int lenient_client(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(lenient_responses); i++) {
        for (int others = 0; others < 2; others++) {
            edo_test_script *peer;
            edo_stream *stream;
            edo_http1 *c;
            edo_http_response *res;
            const char *bytes = lenient_responses[i].bytes;
            uint32_t bits = lenient_responses[i].bits; // what is no field passes by another one
            uint32_t rest = EDO_HTTP_LENIENT_ALL & ~bits & ~EDO_HTTP_LENIENT_BAD_FIELDS;
            edo_http1_opts opts = { .host = "x", .lenient = others ? rest : bits };
            EDO_TEST_OK(edo_test_script_new(&peer, &stream, "server"));
            CHECK_EQ(edo_http1_over(&c, stream, &(edo_http1_opts){ .host = "x", .lenient = 32 }),
                     -EINVAL);
            EDO_TEST_OK(edo_http1_over(&c, stream, &opts));
            edo_test_script_write(peer, EDO_TEST_TEXT(GET));
            edo_test_script_read(peer, bytes, strlen(bytes));
            int err = edo_http1_send(c, &res, &(edo_http_request){ 0 });
            CHECK_EQ(err, others ? -EPROTO : 0);
            edo_http1_close(c);
            edo_test_script_close(peer);
        }
    }
    return 0;
}

static void client_lets_pass_what_its_bits_say(void **state) {
    (void)state;
    assert_int_equal(inside(lenient_client, NULL), 0);
}

static int wants_upgrade(edo_request *req, edo_response *res, void *arg) {
    (void)req, (void)arg;
    EDO_TEST_OK(edo_headers_set(&res->headers, EDO_HEADER_UPGRADE, EDO_STR("x/2")));
    return edo_response_text(res, EDO_STATUS_UPGRADE_REQUIRED, EDO_STR("no"));
}

static int upgrade_wanted(void *arg) {
    (void)arg;
    served s = { .handler = wants_upgrade };
    heard h = { 0 };
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    say(c, GET);
    CHECK(hear_until(c, &h, "\r\n\r\nno"));
    CHECK(has(&h, "upgrade: x/2\r\n") && has(&h, "\r\nconnection: upgrade\r\n"));
    h = (heard){ 0 };
    say(c, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, "\r\nconnection: close, upgrade\r\n"));
    edo_close(c);
    return serve_end(&s);
}

static void response_with_upgrade_names_it_in_connection(void **state) {
    (void)state;
    assert_int_equal(inside(upgrade_wanted, NULL), 0);
}

static int other_versions(void *arg) {
    (void)arg;
    static const char *const requests[] = { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                                            "GET / HTTP/3.0\r\nhost: x\r\n\r\n",
                                            "GET / HTTP/0.9\r\nhost: x\r\n\r\n" };
    served s = { .handler = hello };
    heard h;
    serve_begin(&s);
    for (size_t i = 0; i < EDO_COUNT(requests); i++) {
        ask(&s, &h, requests[i]);
        CHECK(has(&h, "HTTP/1.1 505 HTTP Version Not Supported\r\n"));
        CHECK(has(&h, "connection: close\r\n") && !has(&h, "hello"));
    }
    return serve_end(&s);
}

static void other_versions_are_505(void **state) {
    (void)state;
    assert_int_equal(inside(other_versions, NULL), 0);
}

static int long_targets(void *arg) {
    (void)arg;
    served s = { .handler = hello, .opts = { .target_bytes_max = 10 } };
    heard h;
    serve_begin(&s);
    ask(&s, &h, "GET /345678901 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    CHECK(has(&h, "HTTP/1.1 200 OK\r\n"));
    ask(&s, &h, "GET /3456789012 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    CHECK(has(&h, "HTTP/1.1 414 URI Too Long\r\n"));
    return serve_end(&s);
}

static void target_beyond_its_limit_is_414(void **state) {
    (void)state;
    assert_int_equal(inside(long_targets, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(response_has_the_form_that_its_status_and_fields_ask_for),
        cmocka_unit_test(request_knows_both_addresses),
        cmocka_unit_test(server_lets_pass_what_its_bits_say),
        cmocka_unit_test(client_lets_pass_what_its_bits_say),
        cmocka_unit_test(response_with_upgrade_names_it_in_connection),
        cmocka_unit_test(other_versions_are_505),
        cmocka_unit_test(target_beyond_its_limit_is_414),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
