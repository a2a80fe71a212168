/* SPDX-License-Identifier: MIT */
/* Goal: a function of the program says which responses are compressed, by request and response, and
 * is not asked where that is forbidden.
 * Method: requests to a router in this process. */
#include "web_asked.h"

#include <edo/web_compress.h>

static char text[5000];

/* "/type/subtype/length": a body of the type; of length -1 a stream of 5,000 bytes. */
static int says(edo_web *w) {
    edo_str kind = edo_web_param(w, "type"), sub = edo_web_param(w, "sub");
    edo_str length = edo_web_param(w, "length"), query = edo_web_query_text(w);
    char type[64];
    edo_stream *out;
    (void)snprintf(type, sizeof type, "%.*s/%.*s", (int)kind.len, kind.ptr, (int)sub.len, sub.ptr);
    if (query.len) EDO_TEST_OK(edo_web_set_header(w, "cache-control", "no-transform"));
    if (length.ptr[0] != '-')
        return edo_web_reply_bytes(w, EDO_STATUS_OK, type,
                                   (edo_str){ text, strtoul(length.ptr, NULL, 10) });
    int err = edo_web_reply_stream(w, &out, EDO_STATUS_OK, type);
    return err < 0 ? err : edo_write_all(out, text, sizeof text);
}

static int asked_n;

/* As usual, but nothing for those who say "x-plain", and what is application/own from 100 bytes. */
static bool when(void *arg, const edo_request *req, const edo_response *res, int64_t length,
                 bool is_usual) {
    CHECK(arg == text);
    asked_n++;
    if (edo_headers_get_named(&req->headers, EDO_STR("x-plain")).ptr) return false;
    edo_str type = edo_headers_get(&res->headers, EDO_HEADER_CONTENT_TYPE);
    if (edo_str_equal(type, EDO_STR("image/own"))) return length < 0 || length >= 100;
    return is_usual;
}

static int asks(void *arg) {
    static const char gz[] = "accept-encoding: gzip\n";
    static const char plain[] = "accept-encoding: gzip\nx-plain: 1\n";
    const web_asking all[] = {
        { EDO_METHOD_GET, "/text/plain/5000", gz, 200, NULL, "content-encoding", "gzip" },
        { EDO_METHOD_GET, "/text/plain/5000", gz, 200, NULL, "vary", "accept-encoding" },
        { EDO_METHOD_GET, "/text/plain/500", gz, 200, NULL, "content-encoding", NULL },
        { EDO_METHOD_GET, "/image/png/5000", gz, 200, NULL, "content-encoding", NULL },
        { EDO_METHOD_GET, "/text/plain/5000", plain, 200, NULL, "content-encoding", NULL },
        { EDO_METHOD_GET, "/text/plain/-1", plain, 200, NULL, "content-encoding", NULL },
        { EDO_METHOD_GET, "/text/plain/-1", gz, 200, NULL, "content-encoding", "gzip" },
        { EDO_METHOD_GET, "/image/own/500", gz, 200, NULL, "content-encoding", "gzip" },
        { EDO_METHOD_GET, "/image/own/-1", gz, 200, NULL, "content-encoding", "gzip" },
        { EDO_METHOD_GET, "/image/own/50", gz, 200, NULL, "content-encoding", NULL },
        { EDO_METHOD_HEAD, "/image/own/500", gz, 200, "", "content-encoding", "gzip" },
        { EDO_METHOD_GET, "/image/own/500", NULL, 200, NULL, "content-encoding", NULL },
        { EDO_METHOD_GET, "/image/own/500?keep", gz, 200, NULL, "content-encoding", NULL },
    };
    edo_router *r = edo_router_new();
    (void)arg;
    memset(text, 'a', sizeof text);
    edo_router_get(r, "/{type}/{sub}/{length}", says);
    edo_router_wrap(r, edo_compress_layer(&(edo_compress_opts){ .when = when, .arg = text }));
    web_asking_each(r, all, EDO_COUNT(all));
    CHECK_EQ(asked_n, (int)EDO_COUNT(all) - 1); // not of what must not be changed
    edo_router_free(r);
    return 0;
}

static void a_function_says_what_is_compressed(void **state) {
    (void)state;
    if (!(edo_web_codings() & EDO_CODING_GZIP)) {
        print_message("this build has no gzip\n");
        skip();
    }
    assert_int_equal(inside(asks, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_function_says_what_is_compressed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
