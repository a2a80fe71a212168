/* SPDX-License-Identifier: MIT */
/* Goal: limits, lenient options, and what a head says of its connection; each error with its
 * status. Method: rows, byte by byte and whole; the vectors are in vectors_test.c. */
#include "http/h1/framing.h"
#include "http1_talk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define GET  "GET / HTTP/1.1\r\n"
#define POST "POST / HTTP/1.1\r\n"

/* Whole, and byte by byte. */
static void read_both(talk *t, edoi_h1_kind kind, const edoi_h1_opts *opts, edo_str bytes) {
    talk pieces;
    talk_begin(t, kind);
    talk_begin(&pieces, kind);
    if (opts) t->opts = pieces.opts = *opts;
    talk_next(t);
    talk_next(&pieces);
    talk_feed(t, bytes.ptr, bytes.len);
    talk_in_pieces(&pieces, bytes.ptr, bytes.len, 1);
    talk_check_same(t, &pieces);
    talk_end(&pieces);
}

static void an_error_has_its_status_and_a_reason(void **state) {
    (void)state;
    static const struct {
        const char *text;
        edo_status status;
    } rows[] = {
        { "GET / HTTP/2.0\r\n\r\n", 505 },
        { "GET / HTTP/0.9\r\n\r\n", 505 },
        { "GET / HTTX/1.1\r\n\r\n", 400 },
        { "GET / HTTP/1.1 \r\n\r\n", 400 },
        { POST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501 },
        { POST "Transfer-Encoding: gzip\r\n\r\n", 400 },
        { POST "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 400 },
        { "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
        { POST "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400 },
        { POST "Content-Length: 5, 5\r\n\r\n", 400 },
        { POST "Content-Length: 9223372036854775808\r\n\r\n", 400 },
        { POST "Expect: something\r\n\r\n", 417 },
        { GET "A: b\r\n c\r\n\r\n", 400 },
        { GET "A : b\r\n\r\n", 400 },
        { GET "A: b\n\r\n", 400 },
        { GET "A: b\rc\r\n\r\n", 400 },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        talk t;
        read_both(&t, EDOI_H1_REQUEST, NULL, edo_str_of(rows[i].text));
        EDO_TEST_EQ(t.err, -EPROTO);
        EDO_TEST_EQ(t.refusal, rows[i].status);
        EDO_TEST_TRUE(t.head.why && *t.head.why);
        talk_end(&t);
    }
}

static void the_largest_length_is_taken(void **state) {
    (void)state;
    talk t;
    read_both(&t, EDOI_H1_REQUEST, NULL,
              EDO_STR(POST "Content-Length: 9223372036854775807\r\n\r\n"));
    EDO_TEST_EQ(t.verdict, TALK_INCOMPLETE);
    EDO_TEST_EQ(t.head.content_length, INT64_MAX);
    talk_end(&t);
}

/* The head is accepted with the limits `fits`, and refused with `tight`, which are one smaller. */
static void check_limit(edo_str text, edoi_h1_opts fits, edoi_h1_opts tight, edo_status status) {
    talk t;
    read_both(&t, EDOI_H1_REQUEST, &fits, text);
    EDO_TEST_EQ(t.verdict, TALK_ACCEPT);
    talk_end(&t);
    read_both(&t, EDOI_H1_REQUEST, &tight, text);
    EDO_TEST_EQ(t.err, -EDO_ETOOLONG);
    EDO_TEST_EQ(t.refusal, status);
    talk_end(&t);
}

static void a_head_at_each_limit_passes_and_one_beyond_does_not(void **state) {
    (void)state;
    edo_str text = EDO_STR("GET /1234567 HTTP/1.1\r\nA: b\r\nC: d\r\n\r\n");
    uint32_t n = (uint32_t)text.len;
    check_limit(text, (edoi_h1_opts){ .head_bytes_max = n },
                (edoi_h1_opts){ .head_bytes_max = n - 1 }, 431);
    check_limit(text, (edoi_h1_opts){ .target_bytes_max = 8 },
                (edoi_h1_opts){ .target_bytes_max = 7 }, 414);
    check_limit(text, (edoi_h1_opts){ .headers_max = 2 }, (edoi_h1_opts){ .headers_max = 1 }, 431);
    check_limit(text, (edoi_h1_opts){ 0 }, (edoi_h1_opts){ .head_bytes_max = 10 }, 414);
}

static void what_is_let_pass_is_let_pass_only_when_asked(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint32_t lenient;
        const char *read;
    } rows[] = {
        { "GET / HTTP/1.1\nA: b\n\n", EDO_HTTP_LENIENT_BARE_LF, "GET / 1.1\na: b\n\n\x1e" },
        { "GET   /  HTTP/1.1\r\n\r\n", EDO_HTTP_LENIENT_MANY_SPACES, "GET / 1.1\n\n\x1e" },
        { GET "b@d: 1\r\nA: b\r\n: c\r\n\r\n", EDO_HTTP_LENIENT_BAD_FIELDS,
          "GET / 1.1\na: b\n\n\x1e" },
        { GET "A \t: b\r\n\r\n", EDO_HTTP_LENIENT_SPACE_AFTER_NAME, "GET / 1.1\na: b\n\n\x1e" },
        { POST "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
          EDO_HTTP_LENIENT_BOTH_LENGTHS,
          "POST / 1.1\ncontent-length: 9\ntransfer-encoding: chunked\n\nx\x1e" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        talk t;
        read_both(&t, EDOI_H1_REQUEST, NULL, edo_str_of(rows[i].text));
        EDO_TEST_EQ(t.err, -EPROTO);
        talk_end(&t);
        edoi_h1_opts opts = { .lenient = rows[i].lenient };
        read_both(&t, EDOI_H1_REQUEST, &opts, edo_str_of(rows[i].text));
        EDO_TEST_EQ(t.verdict, TALK_ACCEPT);
        EDO_TEST_TRUE(edo_str_equal((edo_str){ t.text.ptr, t.text.len }, edo_str_of(rows[i].read)));
        talk_end(&t);
    }
}

#define RES  "HTTP/1.1 204 \r\n"
#define READ "204  1.1\n"
#define CHUNKED_TRAILER                                                                            \
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: a\r\n b\r\n\r\n"

static void a_folded_field_of_a_response_is_one_line(void **state) {
    (void)state;
    static const struct {
        const char *text, *read; // NULL: refused
    } rows[] = {
        { RES "A: b\r\n c\r\nD: e\r\n\r\n", READ "a: b   c\nd: e\n\n\x1e" },
        { RES "A: b \t\r\n\t \tc\r\n\r\n", READ "a: b       c\n\n\x1e" },
        { RES "A: b\tb\r\n c\td\r\n\te\r\n\r\n", READ "a: b\tb   c\td   e\n\n\x1e" },
        { RES "A:\r\n b\r\n\r\n", READ "a: b\n\n\x1e" },
        { RES "A: b\r\n \r\n\r\n", READ "a: b\n\n\x1e" },
        { RES "A: b\r\n \r\n c\r\n\r\n", READ "a: b      c\n\n\x1e" },
        { RES "A: b\r\n c: d\r\nE: f\r\n\r\n", READ "a: b   c: d\ne: f\n\n\x1e" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
          "200 OK 1.1\ntransfer-encoding: chunked\n\nx\x1e" },
        { RES " A: b\r\n\r\n", NULL }, // no field goes on there
        { RES "A: b\n c\r\n\r\n", NULL },
        { RES "A: b\r\n c\x01\r\n\r\n", NULL },
        { RES "A\r\n : b\r\n\r\n", NULL },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        talk t;
        read_both(&t, EDOI_H1_RESPONSE, NULL, edo_str_of(rows[i].text));
        EDO_TEST_EQ(t.verdict, rows[i].read ? TALK_ACCEPT : TALK_REJECT);
        edo_str read = { t.text.ptr, t.text.len };
        if (rows[i].read) EDO_TEST_TRUE(edo_str_equal(read, edo_str_of(rows[i].read)));
        talk_end(&t);
    }
    for (int unfolds = 0; unfolds < 2; unfolds++) { // of trailers it is told
        const edoi_h1_opts opts = { .unfolds = unfolds };
        talk t;
        read_both(&t, EDOI_H1_RESPONSE, &opts, EDO_STR(CHUNKED_TRAILER));
        EDO_TEST_EQ(t.verdict, unfolds ? TALK_ACCEPT : TALK_REJECT);
        talk_end(&t);
    }
}

static void names_keep_their_case_on_request(void **state) {
    (void)state;
    char text[] = GET "X-OWN: 1\r\nhOST: a\r\n\r\n";
    for (int keeps = 0; keeps < 2; keeps++) {
        edo_headers headers;
        edoi_h1_head head;
        edo_headers_init(&headers);
        edoi_h1_head_init(&head, EDOI_H1_REQUEST, &headers,
                          &(edoi_h1_opts){ .keep_case = keeps == 0 });
        EDO_TEST_EQ(edoi_h1_head_parse(&head, text, sizeof text - 1), sizeof text - 1);
        EDO_TEST_TRUE(edo_str_equal(edo_headers_at(&headers, 0)->name,
                                    keeps == 0 ? EDO_STR("X-OWN") : EDO_STR("x-own")));
        EDO_TEST_TRUE(edo_str_equal(edo_headers_at(&headers, 1)->name,
                                    keeps == 0 ? EDO_STR("hOST") : EDO_STR("host")));
        EDO_TEST_TRUE(edo_headers_get(&headers, EDO_HEADER_HOST).ptr != NULL);
        EDO_TEST_TRUE(edo_headers_get_named(&headers, EDO_STR("x-Own")).ptr != NULL);
        edo_headers_deinit(&headers);
    }
}

static void a_head_says_what_becomes_of_the_connection(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool keeps_alive, is_upgrade, expects_continue, takes_trailers;
    } rows[] = {
        { GET "\r\n", true, false, false, false },
        { GET "Connection: x, CLOSE\r\n\r\n", false, false, false, false },
        { "GET / HTTP/1.0\r\n\r\n", false, false, false, false },
        { "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true, false, false, false },
        { GET "Connection: upgrade\r\n\r\n", true, false, false, false },
        { GET "Upgrade: ws\r\n\r\n", true, false, false, false },
        { GET "Upgrade: ws\r\nConnection: te, Upgrade\r\nTE: trailers\r\n\r\n", true, true, false,
          true },
        { "GET / HTTP/1.0\r\nUpgrade: ws\r\nConnection: upgrade\r\n\r\n", false, false, false,
          false },
        { GET "Expect: 100-Continue\r\n\r\n", true, false, true, false },
        { "GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", false, false, false, false },
        { GET "TE: deflate;q=0.5, Trailers\r\n\r\n", true, false, false, true },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char text[128];
        size_t n = strlen(rows[i].text);
        memcpy(text, rows[i].text, n);
        edo_headers headers;
        edoi_h1_head h;
        edo_headers_init(&headers);
        edoi_h1_head_init(&h, EDOI_H1_REQUEST, &headers, NULL);
        EDO_TEST_EQ(edoi_h1_head_parse(&h, text, n), n);
        EDO_TEST_EQ(h.keeps_alive, rows[i].keeps_alive);
        EDO_TEST_EQ(h.is_upgrade, rows[i].is_upgrade);
        EDO_TEST_EQ(h.expects_continue, rows[i].expects_continue);
        EDO_TEST_EQ(h.takes_trailers, rows[i].takes_trailers);
        edo_headers_deinit(&headers);
    }
}

static void a_response_is_framed_by_its_request_too(void **state) {
    (void)state;
    edoi_h1_head h = { .status = 200, .framing = EDOI_H1_LENGTH };
    EDO_TEST_EQ(edoi_h1_response_framing(&h, EDO_METHOD_GET), EDOI_H1_LENGTH);
    EDO_TEST_EQ(edoi_h1_response_framing(&h, EDO_METHOD_HEAD), EDOI_H1_NO_BODY);
    EDO_TEST_EQ(edoi_h1_response_framing(&h, EDO_METHOD_CONNECT), EDOI_H1_NO_BODY);
    h.status = 404;
    EDO_TEST_EQ(edoi_h1_response_framing(&h, EDO_METHOD_CONNECT), EDOI_H1_LENGTH);
    static const edo_status without[] = { 100, 103, 204, 304 };
    for (size_t i = 0; i < EDO_COUNT(without); i++) {
        h.status = without[i];
        EDO_TEST_EQ(edoi_h1_response_framing(&h, EDO_METHOD_GET), EDOI_H1_NO_BODY);
    }
}

static void extensions_of_chunks_have_a_limit_for_the_whole_body(void **state) {
    (void)state;
    edoi_chunked c = { 0 };
    size_t used, chunks = 0;
    edo_str data, chunk = EDO_STR("1;name=0123456789012345\r\nx\r\n");
    int what = EDOI_CHUNKED_DATA;
    for (; what >= 0; chunks++)
        for (edo_str in = chunk; what >= 0 && in.len > 0; in.ptr += used, in.len -= used)
            what = edoi_chunked_next(&c, in, &used, &data);
    EDO_TEST_EQ(what, -EDO_ETOOLONG);
    EDO_TEST_EQ(chunks, EDOI_CHUNKED_EXTRA_MAX / 22 + 1);
    EDO_TEST_EQ(edoi_chunked_next(&c, chunk, &used, &data), -EPROTO);
    c = (edoi_chunked){ 0 };
    for (what = 0, chunks = 0; what >= 0; chunks++)
        what = edoi_chunked_next(&c, EDO_STR("0"), &used, &data);
    EDO_TEST_EQ(what, -EDO_ETOOLONG); // a size of zeros without end
    EDO_TEST_TRUE(chunks <= EDOI_CHUNKED_EXTRA_MAX + 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_has_its_status_and_a_reason),
        cmocka_unit_test(the_largest_length_is_taken),
        cmocka_unit_test(a_head_at_each_limit_passes_and_one_beyond_does_not),
        cmocka_unit_test(what_is_let_pass_is_let_pass_only_when_asked),
        cmocka_unit_test(a_folded_field_of_a_response_is_one_line),
        cmocka_unit_test(names_keep_their_case_on_request),
        cmocka_unit_test(a_head_says_what_becomes_of_the_connection),
        cmocka_unit_test(a_response_is_framed_by_its_request_too),
        cmocka_unit_test(extensions_of_chunks_have_a_limit_for_the_whole_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
