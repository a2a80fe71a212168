/* SPDX-License-Identifier: MIT */
/* Goal: the body of a request is compressed where the options say so, in memory or from a stream,
 * and a server decodes it to what it was; what would not become shorter, and what is none of the
 * codings, is as it was.
 * Method: a server in memory that keeps what came; edo_decompress_layer() reads that. */
#include "memory_site.h"

#include <edo/json.h>
#include <edo/seq.h>
#include <edo/test_web.h>
#include <edo/web_compress.h>

static char text[40000];

static void fill_text(void) {
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)('a' + i * i % 17);
}

static int respond(memory_site *s, edo_stream *io) {
    (void)s;
    return site_say(io, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

/* Returns what edo_fetch() does. */
static int send_it(edo_http_client *c, const edo_fetch_opts *o) {
    edo_fetch_opts opts = *o;
    edo_http_response *res;
    opts.client = c;
    int err = edo_fetch(&res, EDO_STR("http://site/"), &opts);
    if (err == 0) edo_http_response_free(res);
    return err;
}

/* ---- A server that decodes ------------------------------------------------------------------- */

static int gives_back(edo_web *w) {
    edo_str body;
    int err = edo_web_body(w, &body);
    return err < 0 ? err : edo_web_reply_bytes(w, EDO_STATUS_OK, "text/plain", body);
}

/* What came has this coding, and is `want` when it is decoded. */
static void check_came(const memory_site *s, const char *coding, edo_str want) {
    char field[64];
    edo_headers headers;
    edo_oneshot got;
    (void)snprintf(field, sizeof field, "\r\ncontent-encoding: %s\r\n", coding);
    CHECK(strcasestr(s->head, field) != NULL);
    CHECK(s->body_n < want.len);
    edo_router *r = edo_router_new();
    edo_router_wrap_all(r, edo_decompress_layer(NULL));
    edo_router_post(r, "/", gives_back);
    edo_headers_init(&headers);
    EDO_TEST_OK(edo_headers_append(&headers, EDO_HEADER_CONTENT_ENCODING, edo_str_of(coding)));
    const edo_http_request req = { .method = EDO_METHOD_POST,
                                   .target = EDO_STR("/"),
                                   .headers = &headers,
                                   .data = { s->body, s->body_n } };
    EDO_TEST_OK(edo_web_oneshot(&got, r, &req, NULL));
    CHECK_EQ(got.status, 200);
    CHECK(edo_str_equal(edo_buf_str(&got.body), want));
    edo_oneshot_deinit(&got);
    edo_headers_deinit(&headers);
    edo_router_free(r);
}

/* ---- Bodies ---------------------------------------------------------------------------------- */

static const char *const codings[] = { "gzip", "deflate", "br", "zstd" };

static int send_memory(void *arg) {
    memory_site s = { .respond = respond };
    (void)arg;
    edo_http_client *c = site_client(&s, NULL);
    const edo_str all = { text, sizeof text };
    for (size_t i = 0; i < EDO_COUNT(codings); i++) {
        int err = send_it(c, &(edo_fetch_opts){ .data = all, .coding = edo_str_of(codings[i]) });
        if (err == -ENOTSUP) continue; // edo was built without it
        EDO_TEST_OK(err);
        CHECK(strcasestr(s.head, "\r\ncontent-length: ") != NULL);
        check_came(&s, codings[i], all);
    }
    site_end(&s, c);
    return 0;
}

static int make_piece(void *state, void *item) {
    size_t *at = state;
    size_t n = sizeof text - *at < 1000 ? sizeof text - *at : 1000;
    if (n == 0) return 0;
    int err = edo_bytes_copy(item, text + *at, n);
    *at += n;
    return err < 0 ? err : 1;
}

static int send_stream(void *arg) {
    memory_site s = { .respond = respond };
    (void)arg;
    edo_http_client *c = site_client(&s, NULL);
    const edo_str all = { text, sizeof text };
    for (size_t i = 0; i < EDO_COUNT(codings); i++) {
        edo_stream *from;
        const edo_str coding = edo_str_of(codings[i]);
        EDO_TEST_OK(edo_stream_mem(&from, text, sizeof text));
        int err = send_it(
            c, &(edo_fetch_opts){ .body = from, .body_length = sizeof text, .coding = coding });
        edo_close(from);
        if (err == -ENOTSUP) continue;
        EDO_TEST_OK(err);
        CHECK(strcasestr(s.head, "\r\ncontent-length: ") == NULL);
        check_came(&s, codings[i], all);
        size_t at = 0;
        edo_seq *seq = edo_seq_unfold(sizeof(edo_bytes), make_piece, &at);
        EDO_TEST_OK(send_it(c, &(edo_fetch_opts){ .seq = seq, .coding = coding }));
        check_came(&s, codings[i], all);
    }
    site_end(&s, c);
    return 0;
}

typedef struct note {
    const char *said;
} note;
EDO_DESCRIBE(note, EDO_FIELD(note, said))

static int send_what_stays(void *arg) {
    memory_site s = { .respond = respond };
    const note n = { "hi" };
    (void)arg;
    edo_http_client *c = site_client(&s, NULL);
    EDO_TEST_OK(send_it(
        c, &(edo_fetch_opts){ .json = &n, .json_desc = &note_desc, .coding = EDO_STR("gzip") }));
    CHECK_EQ(strcmp(s.body, "{\"said\":\"hi\"}"), 0);
    CHECK(strcasestr(s.head, "content-encoding") == NULL);
    EDO_TEST_OK(send_it(c, &(edo_fetch_opts){ .coding = EDO_STR("gzip") })); // no body
    CHECK(strncmp(s.head, "GET ", 4) == 0 && strcasestr(s.head, "content-encoding") == NULL);
    site_end(&s, c);
    return 0;
}

static int send_wrong(void *arg) {
    memory_site s = { .respond = respond };
    edo_headers own;
    (void)arg;
    edo_http_client *c = site_client(&s, NULL);
    const edo_str all = { text, sizeof text };
    CHECK_EQ(send_it(c, &(edo_fetch_opts){ .data = all, .coding = EDO_STR("rar") }), -EINVAL);
    edo_headers_init(&own);
    EDO_TEST_OK(edo_headers_append(&own, EDO_HEADER_CONTENT_ENCODING, EDO_STR("x")));
    CHECK_EQ(
        send_it(c, &(edo_fetch_opts){ .data = all, .headers = &own, .coding = EDO_STR("gzip") }),
        -EINVAL);
    edo_headers_deinit(&own);
    CHECK_EQ(s.requests_n, 0);
    site_end(&s, c);
    return 0;
}

/* ---- All ------------------------------------------------------------------------------------- */

static void each_part_in_memory(void **state) {
    static edo_task_fn *const parts[] = { send_memory, send_stream, send_what_stays, send_wrong };
    (void)state;
    fill_text();
    for (size_t i = 0; i < EDO_COUNT(parts); i++) assert_int_equal(inside(parts[i], NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_part_in_memory) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
