/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/multipart.h: fields as they were sent, whatever the pieces; what breaks
 * the format or a limit is refused with its status.
 * Method: bodies in memory, read in pieces of every size; forms that a server gets. */
#include "fail_alloc.h"
#include "slow_stream.h"
#include "web_server.h"

#include <edo/multipart.h>
#include <edo/streams.h>

#define TYPE  EDO_STR("multipart/form-data; boundary=\"a b\"")
#define FIELD "content-disposition: form-data; name=\"x\"\r\n\r\n"
#define LINE  "\r\n--a b\r\n"
#define LAST  "\r\n--a b--\r\n"

/* Prints fields as "name|filename|type|bytes;", and how it ended. */
static int print(edo_buf *out, edo_multipart *m, size_t piece) {
    edo_multipart_field f;
    char buf[512], line[600];
    int got;
    while ((got = edo_multipart_next(m, &f)) > 0) {
        int n = snprintf(line, sizeof line, "%.*s|%.*s|%.*s|", f.name.ptr ? (int)f.name.len : 1,
                         f.name.ptr ? f.name.ptr : "-", f.filename.ptr ? (int)f.filename.len : 1,
                         f.filename.ptr ? f.filename.ptr : "-", f.type.ptr ? (int)f.type.len : 1,
                         f.type.ptr ? f.type.ptr : "-");
        int err = edo_buf_append(out, line, (size_t)n);
        while (err == 0 && (got = edo_multipart_read(m, buf, piece)) > 0)
            err = edo_buf_append(out, buf, (size_t)got);
        if (err == 0 && got == 0) err = edo_buf_append(out, ";", 1);
        if (err < 0 || got < 0) return err < 0 ? err : got;
    }
    return got;
}

static const struct {
    const char *body, *wanted;
    int result;
} bodies[] = {
    { "--a b\r\n" FIELD "1" LAST, "x|-|-|1;", 0 },
    { "--a b--", "", 0 },
    { "pre\r\n--a bxy", "", -EBADMSG },
    { "preamble" LINE FIELD "1" LAST "epilogue", "x|-|-|1;", 0 },
    { "--a b \t \r\n" FIELD "1" LAST, "x|-|-|1;", 0 },
    { "--a b\r\n" FIELD LAST, "x|-|-|;", 0 },
    { "--a b\r\n" FIELD LINE FIELD "2" LAST, "x|-|-|;x|-|-|2;", 0 },
    { "--a b\r\n\r\nno head" LAST, "-|-|-|no head;", 0 },
    { "--a b\r\n" FIELD "\r\n\r\n--a\r\n--a c\r\r\n--" LAST, "x|-|-|\r\n\r\n--a\r\n--a c\r\r\n--;",
      0 },
    { "--a b\r\n" FIELD "\r\n--a \r\n--a b\r\n\r\n\r\n--a b--", "x|-|-|\r\n--a ;-|-|-|;", 0 },
    { "--a b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a \\\"b%22.txt\"\r\n"
      "Content-Type: text/plain\r\n\r\n12\r\n3" LAST,
      "f|a \"b\".txt|text/plain|12\r\n3;", 0 },
    { "--a b\r\ncontent-disposition: form-data; name=\"\\\"; "
      "filename=\"C:\\tmp\\a.txt\"\r\n\r\n" LAST,
      "\\|C:\\tmp\\a.txt|-|;", 0 },
    { "--a b\r\ncontent-disposition: FORM-data; filename=\"C:\\tmp\\\" ; "
      "name=\"a\\\\\"\r\n\r\n" LAST,
      "a\\\\|C:\\tmp\\|-|;", 0 },
    { "--a b\r\ncontent-disposition: form-data; name=\"\\\"x\\\";filename=\"y\\\"\r\n\r\n" LAST,
      "\"x\\|y\\|-|;", 0 },
    { "--a b\r\ncontent-disposition: attachment; filename=\"a\\\"\\b\"\r\n\r\n" LAST, "-|a\"b|-|;",
      0 },
    { "--a b\r\ncontent-disposition: form-data; name=\"a\" \\ \r\n\r\n" LAST, "", -EBADMSG },
    { "--a b\r\ncontent-disposition: form-data; name=\"a\\\r\n\r\n" LAST, "", -EBADMSG },
    { "--a b\r\ncontent-disposition: form-data; name=n%0D%0Am; "
      "filename*=UTF-8''%e2%82%ac\r\n\r\n" LAST,
      "n\r\nm|\xe2\x82\xac|-|;", 0 },
    { "--a b\r\ncontent-disposition: form-data; name=n; filename=\"a.txt%0D%0Ax: y\"\r\n\r\n" LAST,
      "n|a.txt%0D%0Ax: y|-|;", 0 },
    { "--a b\r\ncontent-disposition: form-data; name=n; filename=a.txt; "
      "filename*=UTF-8''b.exe\r\n\r\n" LAST,
      "n|a.txt|-|;", 0 },
    { "--a b\r\ncontent-disposition: form-data; name=n; filename*=UTF-8''a%0D%0Ab\r\n\r\n" LAST,
      "n||-|;", 0 },
    { "--a b\r\ncontent-disposition: form-data; name=\"\"; filename=\"\"\r\n\r\n" LAST, "||-|;",
      0 },
    { "", "", -EDO_EEOF },
    { "--a b", "", -EDO_EEOF },
    { "--a b-", "", -EDO_EEOF },
    { "--a b\r\n", "", -EDO_EEOF },
    { "--a b\r\n" FIELD, "x|-|-|", -EDO_EEOF },
    { "--a b\r\n" FIELD "12\r\n--a b", "x|-|-|12", -EDO_EEOF },
    { "--a b\r\n" FIELD "1\r\n--a bc\r\n", "x|-|-|1", -EBADMSG },
    { "--a b\r\n" FIELD "1\n--a b--\r\n", "x|-|-|1\n--a b--", -EDO_EEOF }, // a bare LF
    { "--a b\nx: y\r\n\r\n" LAST, "", -EBADMSG },
    { "--a b\r\nno colon\r\n\r\n" LAST, "", -EBADMSG },
    { "--a b\r\nx: y\r\n folded\r\n\r\n" LAST, "", -EBADMSG },
    { "--a b\r\nx : y\r\n\r\n" LAST, "", -EBADMSG },
    { "--a b\r\nx: y\nz: 1\r\n\r\n" LAST, "", -EBADMSG },
    { "--a b\r\ncontent-disposition: form-data; name=a; name=b\r\n\r\n" LAST, "", -EBADMSG },
};

static void fields_are_found_whatever_the_pieces(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(bodies); i++) {
        edo_str body = edo_str_of(bodies[i].body), wanted = edo_str_of(bodies[i].wanted);
        for (size_t piece = 1; piece <= body.len + 1; piece++) {
            slow_stream in = slow_stream_of(body, piece);
            edo_multipart *m;
            edo_buf text = { 0 };
            assert_int_equal(edo_multipart_new(&m, &in.base, TYPE, NULL), 0);
            int result = print(&text, m, 1 + piece % 7);
            bool is_same = edo_str_equal((edo_str){ text.ptr, text.len }, wanted);
            if (!is_same || result != bodies[i].result)
                print_message("%s: %d %.*s\n", bodies[i].body, result, (int)text.len, text.ptr);
            assert_true(is_same || (wanted.len == 0 && text.len == 0));
            assert_int_equal(result, bodies[i].result);
            edo_buf_deinit(&text);
            edo_multipart_free(m);
        }
    }
    edo_multipart_free(NULL);
}

static void content_type_must_be_multipart_with_a_boundary(void **state) {
    static const struct {
        const char *type;
        int wanted;
    } cases[] = {
        { "multipart/form-data; boundary=x", 0 },
        { "MultiPart/mixed; charset=utf-8; boundary=\"x:y z\"", 0 },
        { "multipart/form-data; boundary="
          "0123456789012345678901234567890123456789012345678901234567890123456789",
          0 },
        { "multipart/form-data; boundary="
          "0123456789012345678901234567890123456789012345678901234567890123456789x",
          -EBADMSG },
        { "multipart/form-data", -EBADMSG },
        { "multipart/form-data; boundary=", -EINVAL },
        { "multipart/form-data; boundary=\"\"", -EBADMSG },
        { "multipart/form-data; boundary=\"x \"", -EBADMSG },
        { "multipart/form-data; boundary=\"x\\\"y\"", -EBADMSG },
        { "text/plain; boundary=x", -EINVAL },
        { "", -EINVAL },
    };
    slow_stream in = slow_stream_of(EDO_STR(""), 1);
    edo_multipart *m;
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        int got = edo_multipart_new(&m, &in.base, edo_str_of(cases[i].type), NULL);
        bool is_fine = got == cases[i].wanted || (got < 0 && cases[i].wanted < 0);
        if (!is_fine) print_message("%s: %d\n", cases[i].type, got);
        assert_true(is_fine);
        if (got == 0) edo_multipart_free(m);
    }
    const edo_multipart_opts bad[] = { { .reserved = { 0, 0, 1 } }, { .head_bytes_max = 8193 } };
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        assert_int_equal(edo_multipart_new(&m, &in.base, TYPE, &bad[i]), -EINVAL);
}

static int print_with(const char *body, const edo_multipart_opts *opts) {
    slow_stream in = slow_stream_of(edo_str_of(body), 3);
    edo_multipart *m;
    edo_buf text = { 0 };
    assert_int_equal(edo_multipart_new(&m, &in.base, TYPE, opts), 0);
    int result = print(&text, m, 100);
    edo_multipart_field f;
    assert_int_equal(edo_multipart_next(m, &f), result); // it is kept
    edo_buf_deinit(&text);
    edo_multipart_free(m);
    return result;
}

static void each_limit_is_refused_beyond_it_alone(void **state) {
    const char *body = "--a b\r\n" FIELD "12345" LINE FIELD "67" LAST;
    uint32_t len = (uint32_t)strlen(body), head = (uint32_t)strlen(FIELD) - 2;
    (void)state;
    assert_int_equal(print_with(body, &(edo_multipart_opts){ .bytes_max = len }), 0);
    assert_int_equal(print_with(body, &(edo_multipart_opts){ .bytes_max = len - 5 }), -EMSGSIZE);
    assert_int_equal(print_with(body, &(edo_multipart_opts){ .field_bytes_max = 5 }), 0);
    assert_int_equal(print_with(body, &(edo_multipart_opts){ .field_bytes_max = 4 }), -EMSGSIZE);
    assert_int_equal(print_with(body, &(edo_multipart_opts){ .fields_max = 2 }), 0);
    assert_int_equal(print_with(body, &(edo_multipart_opts){ .fields_max = 1 }), -EMSGSIZE);
    assert_int_equal(print_with(body, &(edo_multipart_opts){ .head_bytes_max = head }), 0);
    assert_int_equal(print_with(body, &(edo_multipart_opts){ .head_bytes_max = head - 1 }),
                     -EMSGSIZE);
    assert_int_equal(print_with("--a b\r\nx: y", &(edo_multipart_opts){ .head_bytes_max = 2 }),
                     -EMSGSIZE); // whether it ends or not
}

static void field_that_is_not_read_is_passed_over(void **state) {
    slow_stream in = slow_stream_of(EDO_STR("--a b\r\n" FIELD "12345" LINE FIELD "67" LAST), 4);
    edo_multipart *m;
    edo_multipart_field f;
    edo_str bytes;
    char buf[2];
    (void)state;
    assert_int_equal(edo_multipart_new(&m, &in.base, TYPE, NULL), 0);
    assert_int_equal(edo_multipart_read(m, buf, 1), 0); // before the first one
    assert_int_equal(edo_multipart_next(m, &f), 1);
    assert_int_equal(edo_multipart_read(m, buf, 1), 1);
    assert_int_equal(edo_multipart_next(m, &f), 1);
    assert_int_equal(edo_multipart_bytes(m, &bytes, 2), 0);
    assert_true(edo_str_equal(bytes, EDO_STR("67")));
    assert_int_equal(edo_multipart_read(m, buf, 1), 0);
    assert_int_equal(edo_multipart_next(m, &f), 0);
    assert_int_equal(edo_multipart_next(m, &f), 0);
    edo_multipart_free(m);
}

static void text_is_utf8_whatever_its_charset(void **state) {
    static const struct {
        const char *type, *bytes, *wanted;
        int result;
    } cases[] = {
        { "text/plain", "\xc3\xa9", "\xc3\xa9", 0 },
        { "text/plain; charset=UTF-8", "", "", 0 },
        { "text/plain; charset=iso-8859-1", "a\xe9", "a\xc3\xa9", 0 },
        { "text/plain; charset=us-ascii", "a", "a", 0 },
        { "text/plain; charset=us-ascii", "\xe9", NULL, -EILSEQ },
        { "text/plain", "\xe9", NULL, -EILSEQ },
        { "text/plain; charset=koi8-r", "a", NULL, -ENOTSUP },
        { "text/plain", "12345678", NULL, -EMSGSIZE },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        char body[256];
        edo_multipart *m;
        edo_multipart_field f;
        edo_str text;
        (void)snprintf(body, sizeof body, "--a b\r\ncontent-type: %s\r\n\r\n%s" LAST, cases[i].type,
                       cases[i].bytes);
        slow_stream in = slow_stream_of(edo_str_of(body), 5);
        assert_int_equal(edo_multipart_new(&m, &in.base, TYPE, NULL), 0);
        assert_int_equal(edo_multipart_next(m, &f), 1);
        assert_int_equal(edo_multipart_text(m, &text, 7), cases[i].result);
        if (cases[i].wanted) assert_string_equal(text.ptr, cases[i].wanted);
        edo_multipart_free(m);
    }
}

static void printed_form_is_read_again(void **state) {
    char boundary[EDO_MULTIPART_BOUNDARY_BYTES], type[128];
    edo_buf body = { 0 }, text = { 0 };
    edo_multipart *m;
    (void)state;
    assert_int_equal(edo_multipart_make_boundary(boundary), 0);
    assert_int_equal(strlen(boundary), 32);
    assert_int_equal(edo_multipart_print_head(&body, boundary, EDO_STR("na\"me\r\n"),
                                              (edo_str){ 0 }, (edo_str){ 0 }),
                     0);
    assert_int_equal(edo_buf_append(&body, "1", 1), 0);
    assert_int_equal(edo_multipart_print_head(&body, boundary, EDO_STR("f"),
                                              EDO_STR("a\\b;\xc3\xa9"), EDO_STR("image/png")),
                     0);
    assert_non_null(memmem(body.ptr, body.len, "\"a\\b;", 5)); // not doubled, as in browsers
    size_t before = body.len;
    assert_int_equal(
        edo_multipart_print_head(&body, boundary, EDO_STR("\xff"), (edo_str){ 0 }, (edo_str){ 0 }),
        -EINVAL);
    assert_int_equal(
        edo_multipart_print_head(&body, boundary, EDO_STR("a"), EDO_STR("\1"), (edo_str){ 0 }),
        -EINVAL);
    assert_int_equal(
        edo_multipart_print_head(&body, boundary, EDO_STR("a"), (edo_str){ 0 }, EDO_STR("a\nb")),
        -EINVAL);
    assert_int_equal(body.len, before);
    assert_int_equal(edo_multipart_print_end(&body, boundary), 0);
    (void)snprintf(type, sizeof type, "multipart/form-data; boundary=%s", boundary);
    slow_stream in = slow_stream_of((edo_str){ body.ptr, body.len }, 9);
    assert_int_equal(edo_multipart_new(&m, &in.base, edo_str_of(type), NULL), 0);
    assert_int_equal(print(&text, m, 100), 0);
    assert_true(edo_str_equal((edo_str){ text.ptr, text.len },
                              EDO_STR("na\"me\r\n|-|-|1;f|a\\b;\xc3\xa9|image/png|;")));
    edo_multipart_free(m);
    edo_buf_deinit(&body);
    edo_buf_deinit(&text);
}

static void end_of_memory_is_told(void **state) {
    const edo_str body = EDO_STR("--a b\r\ncontent-disposition: form-data; name=\"x\"; "
                                 "filename=\"y\"\r\n\r\n12345" LAST);
    int err = -ENOMEM, k = 1;
    (void)state;
    for (; err < 0; k++) {
        slow_stream in = slow_stream_of(body, 100);
        edo_multipart *m = NULL;
        edo_multipart_field f;
        edo_str text;
        fail_alloc_in = k;
        err = edo_multipart_new(&m, &in.base, TYPE, NULL);
        if (err == 0) err = edo_multipart_next(m, &f);
        if (err > 0) err = edo_multipart_text(m, &text, 100);
        bool has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        assert_int_equal(err, has_failed ? -ENOMEM : 0);
        edo_multipart_free(m);
    }
    assert_true(k > 4);
}

/* ---- Forms of requests ----------------------------------------------------------------------- */

static int says_form(edo_web *w) {
    edo_multipart *m, *again;
    edo_buf text = { 0 };
    int err = edo_web_multipart(&m, w, &(edo_multipart_opts){ .bytes_max = 400 });
    if (err == 0) CHECK_EQ(edo_web_multipart(&again, w, NULL), -EALREADY); // the first goes on
    if (err == 0) err = print(&text, m, 100);
    if (err == 0) err = edo_buf_append(&text, "", 1);
    if (err == 0) err = edo_web_reply_text(w, EDO_STATUS_OK, text.ptr);
    edo_buf_deinit(&text);
    return err;
}

static int counts_bytes(edo_web *w) {
    edo_multipart *m;
    edo_multipart_field f;
    edo_stream *sink;
    uint64_t bytes = 0;
    char text[32];
    int err = edo_web_multipart(&m, w, &(edo_multipart_opts){ .bytes_max = UINT64_MAX });
    if (err == 0) err = edo_multipart_next(m, &f);
    if (err < 0) return err;
    EDO_TEST_OK(edo_stream_sink(&sink));
    err = edo_multipart_copy(m, sink, &bytes);
    edo_close(sink);
    (void)snprintf(text, sizeof text, "%d bytes", (int)bytes);
    return err < 0 ? err : edo_web_reply_text(w, EDO_STATUS_OK, text);
}

static int forms(void *arg) {
    static const struct {
        const char *type, *body, *wanted;
    } cases[] = {
        { "multipart/form-data; boundary=\"a b\"", "--a b\r\n" FIELD "1" LAST, "x|-|-|1;" },
        { "multipart/form-data; boundary=\"a b\"", "--a b\r\n\r\n1" LAST, " 400 " },
        { "multipart/form-data; boundary=\"a b\"",
          "--a b\r\ncontent-disposition: attachment; name=x\r\n\r\n1" LAST, " 400 " },
        { "multipart/form-data; boundary=\"a b\"",
          "--a b\r\ncontent-disposition: form-data\r\n\r\n1" LAST, " 400 " },
        { "multipart/form-data; boundary=\"a b\"",
          "--a b\r\ncontent-disposition: form-data; name=x\r\ncontent-disposition: form-data; "
          "name=y\r\n\r\n1" LAST,
          " 400 " },
        { "multipart/form-data; boundary=\"a b\"", "--a b\r\n" FIELD "1", " 400 " },
        { "multipart/form-data; boundary=\"a b\"", "--a b\r\n" FIELD "1", "breaks its format" },
        { "multipart/form-data", "--a b\r\n" FIELD "1" LAST, " 400 " },
        { "multipart/mixed; boundary=\"a b\"", "--a b\r\n" FIELD "1" LAST, " 415 " },
        { "application/json", "{}", " 415 " },
        { NULL, "", " 415 " },
    };
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new();
    heard h;
    char body[3000];
    (void)arg;
    edo_router_post(r, "/", says_form);
    edo_router_post(r, "/count", counts_bytes);
    web_begin(&s, r);
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        web_ask(&s, &h, "POST /", cases[i].type, cases[i].body);
        if (!has(&h, cases[i].wanted)) (void)fprintf(stderr, "%s: %s\n", cases[i].body, h.text);
        CHECK(has(&h, cases[i].wanted));
    }
    int n = snprintf(body, sizeof body, "--a b\r\n" FIELD);
    memset(body + n, 'x', 1000);
    (void)snprintf(body + n + 1000, sizeof body - (size_t)n - 1000, LAST);
    web_ask(&s, &h, "POST /", cases[0].type, body); // by its length
    CHECK(has(&h, " 413 ") && has(&h, "too large"));
    web_ask(&s, &h, "POST /count", cases[0].type, body);
    CHECK(has(&h, "1000 bytes"));
    h = (heard){ 0 }; // chunked: nobody knows its length
    edo_stream *c = client_of(&s.http);
    say(c, "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n"
           "content-type: multipart/form-data; boundary=\"a b\"\r\n\r\n200\r\n");
    CHECK_EQ(edo_write_all(c, body, 0x200), 0);
    say(c, "\r\n0\r\n\r\n");
    (void)hear_until(c, &h, NULL);
    edo_close(c);
    CHECK(has(&h, " 413 "));
    return web_end(&s);
}

static void form_is_read_or_refused_with_its_status(void **state) {
    (void)state;
    assert_int_equal(inside(forms, NULL), 0);
}

/* A layer that has to see the whole body before the handler, as one that checks a signature. */
static int reads_before(edo_web *w, edo_next *next) {
    edo_str body;
    int err = edo_web_body(w, &body);
    return err < 0 ? err : edo_next_call(next, w);
}

static int streams_size(edo_web *w) {
    char buf[16], text[32];
    int n, all = 0;
    while ((n = edo_read(edo_web_body_stream(w), buf, sizeof buf)) > 0) all += n;
    (void)snprintf(text, sizeof text, "%d bytes", all);
    return n < 0 ? n : edo_web_reply_text(w, EDO_STATUS_OK, text);
}

static int behind_a_layer(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new();
    heard h;
    (void)arg;
    edo_router_post(r, "/", says_form);
    edo_router_post(r, "/size", streams_size);
    edo_router_wrap(r, edo_web_around(reads_before));
    web_begin(&s, r);
    web_ask(&s, &h, "POST /", "multipart/form-data; boundary=\"a b\"", "--a b\r\n" FIELD "1" LAST);
    CHECK(has(&h, "x|-|-|1;"));
    web_ask(&s, &h, "POST /size", NULL, "123456789 123456789 ");
    CHECK(has(&h, "20 bytes"));
    return web_end(&s);
}

static void body_that_a_layer_has_read_is_a_stream_again(void **state) {
    (void)state;
    assert_int_equal(inside(behind_a_layer, NULL), 0);
}

static int slow(void *arg) {
    web_served s = { .http.opts = { .body_timeout = edo_s(3) } };
    edo_router *r = edo_router_new();
    heard h = { 0 };
    (void)arg;
    edo_router_post(r, "/", says_form);
    web_begin(&s, r);
    edo_stream *c = client_of(&s.http);
    say(c, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 300\r\n"
           "content-type: multipart/form-data; boundary=b\r\n\r\n--b\r\nx:");
    CHECK(hear_until(c, &h, NULL)); // nothing follows
    CHECK(has(&h, " 408 ") && has(&h, "too slowly"));
    edo_close(c);
    return web_end(&s);
}

/* Each beginning of a form comes, a read is cut short by a deadline, and then the rest comes. */
static int cut_short(void *arg) {
    const edo_str body = EDO_STR("--a b\r\n" FIELD "12\r\n"
                                 "--a b \t\r\n" FIELD "3\r\n"
                                 "--a b--");
    (void)arg;
    for (size_t n = 0; n <= body.len; n++) {
        edo_stream *client, *server;
        edo_multipart *m;
        edo_multipart_field f;
        edo_buf text = { 0 };
        char buf[8];
        int got = 0;
        EDO_TEST_OK(edo_duplex(&client, &server, 256));
        EDO_TEST_OK(edo_multipart_new(&m, server, TYPE, NULL));
        CHECK_EQ(edo_write_all(client, body.ptr, n), 0);
        size_t head_n = strlen("--a b\r\n" FIELD);
        edo_deadline limit;
        edo_deadline_begin(&limit, edo_ms(1));
        got = edo_multipart_next(m, &f);
        while (got > 0 && (got = edo_multipart_read(m, buf, sizeof buf)) > 0)
            CHECK_EQ(edo_buf_append(&text, buf, (size_t)got), 0);
        got = edo_deadline_end(&limit, got);
        CHECK(got == 0 || got == -ETIMEDOUT);
        CHECK_EQ(edo_write_all(client, body.ptr + n, body.len - n), 0);
        if (n < head_n) CHECK_EQ(edo_multipart_next(m, &f), 1);
        while ((got = edo_multipart_read(m, buf, sizeof buf)) > 0)
            CHECK_EQ(edo_buf_append(&text, buf, (size_t)got), 0);
        if (got < 0 || text.len != 2) (void)fprintf(stderr, "cut at %zu: %d\n", n, got);
        CHECK(got == 0 && edo_str_equal((edo_str){ text.ptr, text.len }, EDO_STR("12")));
        CHECK_EQ(edo_multipart_next(m, &f), 1);
        CHECK_EQ(edo_multipart_read(m, buf, sizeof buf), 1);
        CHECK_EQ(edo_multipart_next(m, &f), 0);
        edo_buf_deinit(&text);
        edo_multipart_free(m);
        edo_close(client);
        edo_close(server);
    }
    return 0;
}

static void field_ends_where_it_does_whenever_a_read_was_cut_short(void **state) {
    (void)state;
    assert_int_equal(inside(cut_short, NULL), 0);
}

static void upload_that_stalls_is_a_408(void **state) {
    (void)state;
    assert_int_equal(inside(slow, NULL), 0);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_found_whatever_the_pieces),
        cmocka_unit_test(content_type_must_be_multipart_with_a_boundary),
        cmocka_unit_test(each_limit_is_refused_beyond_it_alone),
        cmocka_unit_test(field_that_is_not_read_is_passed_over),
        cmocka_unit_test(text_is_utf8_whatever_its_charset),
        cmocka_unit_test(printed_form_is_read_again),
        cmocka_unit_test(end_of_memory_is_told),
        cmocka_unit_test(form_is_read_or_refused_with_its_status),
        cmocka_unit_test(body_that_a_layer_has_read_is_a_stream_again),
        cmocka_unit_test(field_ends_where_it_does_whenever_a_read_was_cut_short),
        cmocka_unit_test(upload_that_stalls_is_a_408),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
