/* SPDX-License-Identifier: MIT */
/* Goal: a call asks for a range of one version, and takes no other bytes for it.
 * Method: rows of options, what the server says, and what comes of it. */
#include "memory_site.h"

#include <edo/http_headers.h>

static const char *says;

static int respond(memory_site *s, edo_stream *io) {
    (void)s;
    return site_say(io, says);
}

#define PART(range)                                                                                \
    "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " range "\r\nContent-Length: "           \
    "2\r\n\r\nok"
#define WHOLE "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nokok"

static const edo_byte_range two = { 3, 4 }, rest = { 3, UINT64_MAX }, backwards = { 4, 3 };

static const struct {
    const char *name;
    edo_fetch_opts opts;
    const char *says;
    int result; /* the status, or the failure */
    const char *heard;
} rows[] = {
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
    { "a part that was not asked for", { 0 }, PART("3-4/10"), 206, NULL },
    { "backwards", { .range = &backwards }, WHOLE, -EINVAL, NULL },
    { "a version of nothing", { .if_range = { "\"a\"", 3 } }, WHOLE, -EINVAL, NULL },
    { "a weak tag", { .range = &two, .if_range = { "W/\"a\"", 5 } }, WHOLE, -EINVAL, NULL },
};

static int range_rows(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        memory_site s = { .respond = respond };
        edo_http_response *res;
        edo_http_client *c = site_client(&s, NULL);
        edo_fetch_opts o = rows[i].opts;
        says = rows[i].says;
        o.client = c;
        int err = edo_fetch(&res, EDO_STR("http://site/"), &o);
        int result = err < 0 ? err : (int)res->status;
        if (err == 0) edo_http_response_free(res);
        if (result != rows[i].result) edo_test_fail("%s: %d", rows[i].name, result);
        if (rows[i].heard) CHECK(strcasestr(s.head, rows[i].heard));
        CHECK(!o.range || !strcasestr(s.head, "Accept-Encoding"));
        site_end(&s, c);
    }
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
