/* SPDX-License-Identifier: MIT */
/* Goal: what a handler has, as any stream or in memory, is sent as files are: whole, in the parts
 * that a client wants, or not at all if the client has it.
 * Method: requests to a router in this process, from streams with places and without. */
#include "web_asked.h"

#include <edo/streams.h>
#include <edo/web_static.h>

static const char text[] = "0123456789abcdefghijklmnopqrstuvwxyz";
#define BYTES 36

/* Of "/pipe" what was read. */
static size_t left;

static int from_pipe(edo_web *w, uint64_t size) {
    edo_stream *in, *to;
    char rest[64];
    edo_static_file what = { .size = size, .modified_s = 1000000000, .tag = "v1" };
    EDO_TEST_OK(edo_duplex(&in, &to, 4096));
    EDO_TEST_OK(edo_write_all(to, text, BYTES));
    edo_close(to);
    what.source = in;
    int err = edo_web_reply_content(w, &what);
    int n = edo_read(in, rest, sizeof rest);
    left = n > 0 ? (size_t)n : 0;
    edo_close(in);
    return err;
}

static int sends(edo_web *w) {
    edo_str way = edo_web_param(w, "way");
    edo_static_file what = {
        .size = BYTES, .modified_s = 1000000000, .type = EDO_STR("text/x-own"), .tag = "v1"
    };
    EDO_TEST_OK(edo_web_set_header(w, "cache-control", "private"));
    if (edo_str_equal(way, EDO_STR("pipe"))) return from_pipe(w, BYTES);
    if (edo_str_equal(way, EDO_STR("short"))) return from_pipe(w, BYTES + 1);
    if (edo_str_equal(way, EDO_STR("bytes"))) {
        what.bytes = (edo_bytes){ .str = { text, BYTES } };
        return edo_web_reply_content(w, &what);
    }
    EDO_TEST_OK(edo_stream_mem(&what.source, text, BYTES));
    EDO_TEST_OK(edo_seek(what.source, 7, SEEK_SET, NULL)); // it is sent from its start
    int err = edo_web_reply_content(w, &what);
    edo_close(what.source);
    return err;
}

static edo_router *router(void) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/{way}", sends);
    edo_router_post(r, "/{way}", sends);
    return r;
}

static int each(void *arg) {
    static const struct {
        const char *fields;
        int status;
        const char *body, *header, *text;
    } rows[] = {
        { NULL, 200, text, "etag", "\"v1\"" },
        { NULL, 200, text, "accept-ranges", "bytes" },
        { NULL, 200, text, "last-modified", "Sun, 09 Sep 2001 01:46:40 GMT" },
        { NULL, 200, text, "cache-control", "private" },
        { NULL, 200, text, "content-length", "36" },
        { "range: bytes=0-0\n", 206, "0", "content-range", "bytes 0-0/36" },
        { "range: bytes=10-12\n", 206, "abc", "content-range", "bytes 10-12/36" },
        { "range: bytes=-3\n", 206, "xyz", "content-range", "bytes 33-35/36" },
        { "range: bytes=30-\n", 206, "uvwxyz", "content-length", "6" },
        { "range: bytes=0-\n", 206, text, "etag", "\"v1\"" },
        { "range: bytes=2-4,3-7\n", 206, "234567", "content-range", "bytes 2-7/36" },
        { "range: bytes=36-\n", 416, NULL, "content-range", "bytes */36" },
        { "range: lines=1-2\n", 200, text, "content-range", NULL },
        { "range: bytes=1-2\nif-range: \"v1\"\n", 206, "12", NULL, NULL },
        { "range: bytes=1-2\nif-range: \"v0\"\n", 200, text, NULL, NULL },
        { "if-none-match: \"v1\"\n", 304, "", "etag", "\"v1\"" },
        { "if-none-match: \"v0\"\n", 200, text, NULL, NULL },
        { "if-match: \"v0\"\n", 412, NULL, "etag", "\"v1\"" },
    };
    static const char *const ways[] = { "/mem", "/pipe", "/bytes" };
    edo_router *r = router();
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows) * EDO_COUNT(ways); i++) {
        size_t n = i % EDO_COUNT(rows);
        const web_asking a = { EDO_METHOD_GET, ways[i / EDO_COUNT(rows)],
                               rows[n].fields, rows[n].status,
                               rows[n].body,   rows[n].header,
                               rows[n].text };
        web_asking_each(r, &a, 1);
    }
    const web_asking more[] = {
        { EDO_METHOD_HEAD, "/mem", NULL, 200, "", "content-length", "36" },
        { EDO_METHOD_HEAD, "/pipe", "range: bytes=1-2\n", 200, "", "content-length", "36" },
        { EDO_METHOD_GET, "/mem", NULL, 200, text, "content-type", "text/x-own" },
        { EDO_METHOD_POST, "/mem", "range: bytes=1-2\n", 200, text, NULL, NULL },
        { EDO_METHOD_POST, "/mem", "if-none-match: \"v1\"\n", 200, text, NULL, NULL },
        { EDO_METHOD_POST, "/mem", "if-match: \"v0\"\n", 200, text, NULL, NULL },
        { EDO_METHOD_GET, "/pipe", NULL, 200, text, "content-type", "application/octet-stream" },
    };
    web_asking_each(r, more, EDO_COUNT(more));
    edo_router_free(r);
    return 0;
}

static void content_is_sent_as_files_are(void **state) {
    (void)state;
    assert_int_equal(inside(each, NULL), 0);
}

/* The body of several ranges without its boundaries, which are random. */
static void expect_parts(edo_router *r, const char *path, const char *range, int status,
                         const char *parts) {
    edo_oneshot got = { .status = 0 };
    char found[256] = "";
    const web_asking a = { EDO_METHOD_GET, path, range, 0, NULL, NULL, NULL };
    EDO_TEST_OK(web_asking_send(&got, r, &a));
    CHECK_EQ((int)got.status, status);
    if (status == 200) CHECK(strcmp(got.body.ptr, text) == 0);
    for (const char *at = got.body.ptr; status == 206 && (at = strstr(at, "\r\n\r\n")); at += 4) {
        size_t len = strlen(found), n = (size_t)(strstr(at + 4, "\r\n--") - at - 4);
        (void)snprintf(found + len, sizeof found - len, "%.*s,", (int)n, at + 4);
    }
    if (strcmp(found, parts) != 0) (void)fprintf(stderr, "%s %s: %s\n", path, range, found);
    CHECK(strcmp(found, parts) == 0);
    edo_oneshot_deinit(&got);
}

static int several(void *arg) {
    edo_router *r = router();
    edo_oneshot got;
    (void)arg;
    expect_parts(r, "/mem", "range: bytes=1-2,10-11,-1\n", 206, "12,ab,z,");
    expect_parts(r, "/mem", "range: bytes=10-11,1-2\n", 206, "ab,12,");
    expect_parts(r, "/bytes", "range: bytes=10-11,1-2\n", 206, "ab,12,");
    expect_parts(r, "/pipe", "range: bytes=1-2,10-11\n", 206, "12,ab,");
    CHECK_EQ(left, 24); // no more is read than is wanted
    expect_parts(r, "/pipe", "range: bytes=10-11,1-2\n", 200, "");
    const web_asking a = { EDO_METHOD_GET, "/short", NULL, 0, NULL, NULL, NULL };
    CHECK_EQ(web_asking_send(&got, r, &a), -EDO_EEOF); // no whole response
    edo_router_free(r);
    return 0;
}

static void parts_of_a_stream_without_places_come_in_order(void **state) {
    (void)state;
    assert_int_equal(inside(several, NULL), 0);
}

static int no_memory(void *arg) {
    edo_router *r = router();
    const web_asking rows[] = {
        { EDO_METHOD_GET, "/bytes", "range: bytes=10-12\n", 206, "abc", NULL, NULL },
        { EDO_METHOD_GET, "/bytes", "range: bytes=10-12,1-1\n", 206, NULL, NULL, NULL },
    };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) web_asking_without_memory(r, &rows[i]);
    edo_router_free(r);
    return 0;
}

static void without_memory_it_fails(void **state) {
    (void)state;
    assert_int_equal(inside(no_memory, NULL), 0);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_is_sent_as_files_are),
        cmocka_unit_test(parts_of_a_stream_without_places_come_in_order),
        cmocka_unit_test(without_memory_it_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
