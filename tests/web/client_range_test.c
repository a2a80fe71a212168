/* SPDX-License-Identifier: MIT */
/* Goal: a call asks for a range of one version, and takes no other bytes for it.
 * Method: rows of options, what the server says, and what comes of it. */
#include "memory_site.h"

#include <edo/http_fields.h>

static const char *says;

static int respond(memory_site *s, edo_stream *io) {
    (void)s;
    int err = site_say(io, says);
    return err < 0 || !strstr(says, "Connection: close") ? err : -EPIPE;
}

#define PART(range)                                                                                \
    "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " range "\r\nContent-Length: "           \
    "2\r\n\r\nok"
#define LENGTH(range, n, body)                                                                     \
    "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " range "\r\nContent-Length: " n         \
    "\r\n\r\n" body
#define CHUNKS(range, body)                                                                        \
    "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " range                                  \
    "\r\nTransfer-Encoding: chunked\r\n\r\n" body "0\r\n\r\n"
#define CLOSES(range, body)                                                                        \
    "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " range                                  \
    "\r\nConnection: close\r\n\r\n" body
#define MORE(field)                                                                                \
    "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 3-4/10\r\n" field                        \
    "Content-Length: 2\r\n\r\nok"
#define WHOLE "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nokok"

static edo_headers own_range;
static const edo_byte_range two = { 3, 4 }, rest = { 3, UINT64_MAX }, backwards = { 4, 3 };

typedef struct row {
    const char *name;
    edo_fetch_opts opts;
    const char *says;
    int result; /* the status, or the failure */
    const char *heard;
} row;

static const row rows[] = {
    { "a range", { .range = &two }, PART("3-4/10"), 206, "\r\nRange: bytes=3-4\r\n" },
    { "up to the end", { .range = &rest }, PART("3-4/5"), 206, "\r\nRange: bytes=3-\r\n" },
    { "the size is not known", { .range = &two }, PART("3-4/*"), 206, NULL },
    { "of a version",
      { .range = &two, .if_range = { "\"a\"", 3 } },
      PART("3-4/10"),
      206,
      "\r\nIf-Range: \"a\"\r\n" },
    { "that is over", { .range = &two, .if_range = { "\"a\"", 3 } }, WHOLE, 200, NULL },
    { "no ranges", { .range = &two }, WHOLE, 200, NULL },
    { "fewer bytes", { .range = &rest }, PART("3-4/10"), 206, NULL },
    { "another range", { .range = &two }, PART("0-1/10"), -EPROTO, NULL },
    { "more bytes", { .range = &two }, PART("3-5/10"), -EPROTO, NULL },
    { "no range", { .range = &two }, PART("*/10"), -EPROTO, NULL },
    { "another unit",
      { .range = &two },
      "HTTP/1.1 206 Partial Content\r\nContent-Range: lines 3-4/10\r\nContent-Length: 2\r\n\r\nok",
      -EPROTO,
      NULL },
    { "several parts",
      { .range = &two },
      "HTTP/1.1 206 Partial Content\r\nContent-Type: multipart/byteranges; boundary=b\r\n"
      "Content-Length: 2\r\n\r\nok",
      -EPROTO,
      NULL },
    // what says more or fewer bytes than the range has
    { "a longer body", { .range = &two }, LENGTH("3-4/10", "3", "oko"), -EPROTO, NULL },
    { "a shorter body", { .range = &two }, LENGTH("3-4/10", "1", "o"), -EPROTO, NULL },
    { "no body", { .range = &two }, LENGTH("3-4/10", "0", ""), -EPROTO, NULL },
    { "chunks", { .range = &two }, CHUNKS("3-4/10", "1\r\no\r\n1\r\nk\r\n"), 206, NULL },
    { "too many", { .range = &two }, CHUNKS("3-4/10", "3\r\noko\r\n"), -EPROTO, NULL },
    { "more later", { .range = &two }, CHUNKS("3-4/10", "2\r\nok\r\n1\r\no\r\n"), -EPROTO, NULL },
    { "too few", { .range = &two }, CHUNKS("3-4/10", "1\r\no\r\n"), -EDO_ETRUNCATED, NULL },
    { "to the end of the connection", { .range = &two }, CLOSES("3-4/10", "ok"), 206, NULL },
    { "which is early", { .range = &two }, CLOSES("3-4/10", "o"), -EDO_ETRUNCATED, NULL },
    { "which is late", { .range = &two }, CLOSES("3-4/10", "oko"), -EPROTO, NULL },
    // or says it twice
    { "two ranges", { .range = &two }, MORE("Content-Range: bytes 3-4/11\r\n"), -EPROTO, NULL },
    { "one twice", { .range = &two }, MORE("Content-Range: bytes 3-4/10\r\n"), -EPROTO, NULL },
    { "a coding", { .range = &two }, MORE("Content-Encoding: gzip\r\n"), -EPROTO, NULL },
    { "no coding", { .range = &two }, MORE("Content-Encoding: identity\r\n"), 206, NULL },
    { "a part that was not asked for", { 0 }, PART("3-4/10"), -EPROTO, NULL },
    { "for a program that looks", { .any_status = true }, PART("3-4/10"), 206, NULL },
    { "that it has asked for itself", { .headers = &own_range }, PART("3-4/10"), 206, NULL },
    { "backwards", { .range = &backwards }, WHOLE, -EINVAL, NULL },
    { "a version of nothing", { .if_range = { "\"a\"", 3 } }, WHOLE, -EINVAL, NULL },
    { "a weak tag", { .range = &two, .if_range = { "W/\"a\"", 5 } }, WHOLE, -EINVAL, NULL },
};

/* With a client that decodes nothing. */
static const row coded[] = {
    { "a coding", { .range = &two }, MORE("Content-Encoding: gzip\r\n"), 206, NULL },
    { "of more bytes",
      { .range = &two },
      "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 3-5/10\r\nContent-Encoding: gzip\r\n"
      "Content-Length: 3\r\n\r\noko",
      -EPROTO,
      NULL },
};

static void try_row(const row *r, bool no_decode) {
    memory_site s = { .respond = respond };
    edo_http_response *res;
    edo_http_client *c = site_client(&s, &(edo_http_client_opts){ .no_decode = no_decode });
    edo_fetch_opts o = r->opts;
    says = r->says;
    o.client = c;
    int err = edo_fetch(&res, EDO_STR("http://site/"), &o);
    int result = err < 0 ? err : (int)res->status;
    edo_buf body = { 0 };
    if (err == 0 && edo_http_response_collect(res, &body, 100) < 0)
        result = edo_http_response_collect(res, &body, 100); // it stays so
    if (err == 0) edo_http_response_free(res);
    edo_buf_deinit(&body);
    if (result != r->result) edo_test_fail("%s: %d", r->name, result);
    if (r->heard) CHECK(strcasestr(s.head, r->heard));
    CHECK(!o.range || !strcasestr(s.head, "Accept-Encoding"));
    site_end(&s, c);
}

static int range_rows(void *arg) {
    (void)arg;
    edo_headers_init(&own_range);
    CHECK_EQ(edo_headers_append(&own_range, EDO_HEADER_RANGE, EDO_STR("bytes=3-4")), 0);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) try_row(&rows[i], false);
    for (size_t i = 0; i < EDO_COUNT(coded); i++) try_row(&coded[i], true);
    edo_headers_deinit(&own_range);
    return 0;
}

static void only_the_bytes_that_were_asked_for_come(void **state) {
    (void)state;
    assert_int_equal(inside(range_rows, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_bytes_that_were_asked_for_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
