/* SPDX-License-Identifier: MIT */
/* Goal: a client finds in a response what the parser finds in it, and refuses what that refuses.
 * Method: the responses of tests/http/vectors/http1.tsv, from a server that is a script, whole and
 * byte by byte. */
#include "http1_vectors.h"

#include <edo/http1.h>

#include "inside.h"

#include <errno.h>

#define REQUEST "GET / HTTP/1.1\r\nhost: \r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"

static void put(edo_buf *text, edo_str s) {
    EDO_TEST_OK(edo_buf_append(text, s.ptr ? s.ptr : "", s.len));
}

static void put_head(edo_buf *text, const edo_http_response *res) {
    char digits[16];
    (void)snprintf(digits, sizeof digits, "%d ", res->status);
    put(text, edo_str_of(digits));
    put(text, res->reason);
    put(text, res->version == EDO_HTTP_10 ? EDO_STR(" 1.0\n") : EDO_STR(" 1.1\n"));
    EDO_TEST_OK(edo_headers_print(&res->headers, text));
    put(text, EDO_STR("\n"));
}

static int put_informational(const edo_http_response *res, void *arg) {
    put_head(arg, res);
    put(arg, EDO_STR("\x1e"));
    return 0;
}

/* Puts the body; returns 0 or the failure. */
static int put_body(edo_buf *text, const edo_http_response *res) {
    char part[4096];
    int n = 0;
    while (!res->is_upgraded && (n = edo_read(res->body, part, sizeof part)) > 0)
        put(text, (edo_str){ part, (size_t)n });
    return n;
}

/* What is left in the script is not the client's. */
static void drain(edo_stream *s) {
    char part[4096];
    while (edo_read(s, part, sizeof part) > 0) {
    }
}

/* One exchange, of which `text` tells what was found. */
static int exchange(const vector *v, size_t piece, edo_buf *text) {
    edo_test_script *peer;
    edo_stream *script, *stream;
    edo_http1 *c;
    edo_headers h;
    EDO_TEST_OK(edo_test_script_new(&peer, &script, v->id));
    edo_test_script_write(peer, REQUEST, sizeof REQUEST - 1);
    if (v->n > 0) edo_test_script_read(peer, v->bytes, v->n);
    edo_test_script_close(peer);
    EDO_TEST_OK(edo_test_limit_new(&stream, script, piece));
    EDO_TEST_OK(edo_http1_over(&c, edo_stream_ref(stream), NULL));
    edo_headers_init(&h);
    EDO_TEST_OK(edo_headers_set(&h, EDO_HEADER_CONNECTION, EDO_STR("upgrade")));
    EDO_TEST_OK(edo_headers_set(&h, EDO_HEADER_UPGRADE, EDO_STR("x")));
    const edo_http_request req = { .headers = &h, .informational = put_informational, .arg = text };
    edo_http_response *res;
    int err = edo_http1_send(c, &res, &req);
    if (err == 0) {
        put_head(text, res);
        err = put_body(text, res);
    }
    edo_headers_deinit(&h);
    drain(stream);
    edo_http1_close(c);
    edo_stream_unref(stream);
    return err;
}

/* The parser goes on with further messages, which the client leaves. */
static void check_text(const vector *v, const talk *t, const edo_buf *text) {
    bool is_same = text->len <= t->text.len &&
                   (text->len == 0 || memcmp(text->ptr, t->text.ptr, text->len) == 0);
    if (!is_same)
        print_error("%s\n%.*s\n%.*s\n", v->id, (int)text->len, text->ptr, (int)t->text.len,
                    t->text.ptr);
    EDO_TEST_TRUE(is_same);
}

static int responses_n;

static void check(const vector *v) {
    if (kind_of(v) != EDOI_H1_RESPONSE) return;
    responses_n++;
    talk t;
    talk_begin(&t, EDOI_H1_RESPONSE);
    talk_feed(&t, v->bytes, v->n);
    const size_t pieces[] = { v->n + sizeof REQUEST, 1 };
    int results[2];
    for (size_t i = 0; i < EDO_COUNT(pieces); i++) {
        edo_buf text = { 0 };
        int err = results[i] = exchange(v, pieces[i], &text);
        check_text(v, &t, &text);
        if (err < 0 && err != -EDO_EEOF) EDO_TEST_EQ(t.verdict, TALK_REJECT);
        if (err == -EDO_EEOF) EDO_TEST_TRUE(t.verdict != TALK_REJECT);
        if (t.verdict == TALK_REJECT && t.messages == 0) EDO_TEST_TRUE(err < 0);
        edo_buf_deinit(&text);
    }
    EDO_TEST_EQ(results[0], results[1]);
    talk_end(&t);
}

static int check_each(void *arg) {
    (void)arg;
    each_vector(check);
    EDO_TEST_EQ(responses_n, 67);
    return 0;
}

static void responses_are_read_as_the_parser_reads_them(void **state) {
    (void)state;
    assert_int_equal(inside(check_each, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(responses_are_read_as_the_parser_reads_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
