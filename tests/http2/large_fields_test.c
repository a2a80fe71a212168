/* SPDX-License-Identifier: MIT */
/* Goal: a head, or trailers, that are larger than HTTP/2 sends fail at once with -EMSGSIZE, or a
 * 500, and cost no other request; all that are smaller arrive, and with the usual limits those that
 * HTTP/1.1 lets through.
 * Method: a client and a server, and one field around the limit, byte by byte. */
#include "../http/http_server.h"

#include <edo/http2.h>

#define LIMIT 65536u
/* The largest field of a GET: 17 bytes of the frame, 12 of each of 5 fields, and their texts. */
#define LARGEST (LIMIT - 17 - 5 * 12 - sizeof ":methodGET:schemehttp:path/:authorityxx-large" + 1)
/* And of trailers. */
#define LARGEST_TAIL (LIMIT - 17 - 12 - sizeof "x-large" + 1)

static char zeros[LIMIT];
static size_t field_n; /* bytes of the server's field */

static int put(edo_headers *h, size_t n) {
    return edo_headers_append_named(h, EDO_STR("x-large"), (edo_str){ zeros, n });
}

static bool has_field(const edo_headers *h, size_t n) {
    return h && edo_headers_get_named(h, EDO_STR("x-large")).len == n;
}

static int serve(edo_request *req, edo_response *res, void *arg) {
    edo_stream *out;
    edo_str body;
    (void)arg;
    EDO_TEST_OK(edo_request_collect(req, &body, 100));
    if (edo_str_equal(req->target, EDO_STR("/head"))) EDO_TEST_OK(put(&res->headers, field_n));
    if (!edo_str_equal(req->target, EDO_STR("/tail")))
        return edo_response_text(res, EDO_STATUS_OK, EDO_STR("ok"));
    EDO_TEST_OK(put(edo_response_trailers(res), field_n));
    EDO_TEST_OK(edo_response_stream(res, &out, -1));
    EDO_TEST_OK(edo_write_all(out, "x", 1));
    return edo_flush(out);
}

typedef struct site {
    served s;
    edo_http2_opts server, client;
    edo_http2 *c;
} site;

/* `limit` 0: the usual ones. */
static void site_begin_with(site *t, uint32_t limit) {
    *t = (site){ .s = { .handler = serve, .opts = { .response_head_bytes_max = 4 * LIMIT } },
                 .server = { .header_list_max = limit },
                 .client = { .header_list_max = limit, .host = "x" } };
    memset(zeros, '0', sizeof zeros);
    t->s.opts.http2 = &t->server;
    serve_begin(&t->s);
    EDO_TEST_OK(edo_http2_over(&t->c, client_of(&t->s), &t->client));
}

static void site_begin(site *t) {
    site_begin_with(t, 4 * LIMIT);
}

static void site_end(site *t) {
    edo_http2_close(t->c);
    CHECK_EQ(serve_end(&t->s), 0);
}

/* ---- Requests -------------------------------------------------------------------------------- */

static void ask_with(site *t, size_t head_n, int expected) {
    edo_http_response *res;
    edo_headers h;
    edo_headers_init(&h);
    EDO_TEST_OK(put(&h, head_n));
    CHECK_EQ(edo_http2_send(t->c, &res, &(edo_http_request){ .headers = &h }), expected);
    if (expected == 0) CHECK_EQ(res->status, 200);
    if (expected == 0) edo_http_response_free(res);
    edo_headers_deinit(&h);
}

static void ask_with_tail(site *t, size_t tail_n, int expected) {
    edo_http_response *res;
    edo_headers tail;
    edo_stream *body;
    edo_headers_init(&tail);
    EDO_TEST_OK(put(&tail, tail_n));
    EDO_TEST_OK(edo_stream_mem(&body, "body", 4));
    const edo_http_request req = {
        .method = EDO_METHOD_POST, .body = body, .length = -1, .trailers = &tail
    };
    CHECK_EQ(edo_http2_send(t->c, &res, &req), expected);
    if (expected == 0) edo_http_response_free(res);
    edo_headers_deinit(&tail);
    edo_close(body);
}

static int requests(void *arg) {
    site t;
    (void)arg;
    site_begin(&t);
    ask_with(&t, LARGEST, 0);
    ask_with(&t, LARGEST + 1, -EMSGSIZE);
    ask_with_tail(&t, LARGEST_TAIL, 0);
    ask_with_tail(&t, LARGEST_TAIL + 1, -EMSGSIZE);
    ask_with(&t, 1, 0);
    site_end(&t);
    return 0;
}

static void requests_that_are_too_large_are_not_sent(void **state) {
    (void)state;
    assert_int_equal(inside(requests, NULL), 0);
}

/* ---- Responses ------------------------------------------------------------------------------- */

/* Returns whether the field has come. */
static bool head_comes(site *t, size_t n) {
    edo_http_response *res;
    field_n = n;
    EDO_TEST_OK(edo_http2_send(t->c, &res, &(edo_http_request){ .target = EDO_STR("/head") }));
    bool comes = has_field(&res->headers, n);
    CHECK_EQ(res->status, comes ? 200 : 500);
    edo_http_response_free(res);
    return comes;
}

static bool tail_comes(site *t, size_t n) {
    edo_http_response *res;
    char byte;
    field_n = n;
    EDO_TEST_OK(edo_http2_send(t->c, &res, &(edo_http_request){ .target = EDO_STR("/tail") }));
    CHECK_EQ(edo_read(res->body, &byte, 1), 1);
    int end = edo_read(res->body, &byte, 1);
    bool comes = end == 0 && has_field(edo_http_response_trailers(res), n);
    CHECK(comes || end == -ECONNRESET);
    edo_http_response_free(res);
    return comes;
}

static int responses(void *arg) {
    site t;
    size_t largest = LIMIT - 400; // beside the other fields of a head
    (void)arg;
    site_begin(&t);
    CHECK(head_comes(&t, largest));
    while (head_comes(&t, largest + 1)) largest++;
    CHECK(!head_comes(&t, LIMIT - 1));
    CHECK(tail_comes(&t, LARGEST_TAIL));
    CHECK(!tail_comes(&t, LARGEST_TAIL + 1));
    CHECK(head_comes(&t, 1));
    site_end(&t);
    return 0;
}

static void responses_that_are_too_large_are_failures(void **state) {
    (void)state;
    assert_int_equal(inside(responses, NULL), 0);
}

/* ---- What HTTP/1.1 lets through -------------------------------------------------------------- */

#define BOTH_WAYS 30000u /* less than the limits of HTTP/1.1, and more than half of them */

static int usual(void *arg) {
    site t;
    (void)arg;
    site_begin_with(&t, 0);
    ask_with(&t, BOTH_WAYS, 0);
    CHECK(head_comes(&t, BOTH_WAYS));
    site_end(&t);
    return 0;
}

static void fields_that_pass_over_http_1_1_pass(void **state) {
    (void)state;
    assert_int_equal(inside(usual, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_that_are_too_large_are_not_sent),
        cmocka_unit_test(responses_that_are_too_large_are_failures),
        cmocka_unit_test(fields_that_pass_over_http_1_1_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
