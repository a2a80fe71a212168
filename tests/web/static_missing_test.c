/* SPDX-License-Identifier: MIT */
/* Goal: what edo/web_static.h serves where there is no file of the name that was asked for: the
 * file of the option `fallback`, or a variant that lies there without the plain one.
 * Method: tables of requests to a router of files in memory. */
#include "web_asked.h"

#include <edo/web_static.h>

static const edo_asset files[] = {
    { .name = "index.html", .bytes = { "<p>page", 7 } },
    { .name = "app.js", .bytes = { "let ab", 6 } },
    { .name = "alone.css.gz", .bytes = { "zipped", 6 } },
    { .name = "later.html", .bytes = { "later", 5 } },
};

static int says_lost(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_NOT_FOUND, "lost");
}

static edo_router *site(void) {
    edo_router *r = edo_router_new();
    edo_serve_assets(r, "/", files, EDO_COUNT(files),
                     &(edo_static_opts){ .fallback = "index.html" });
    edo_serve_assets(r, "/bare", files, EDO_COUNT(files),
                     &(edo_static_opts){ .fallback = "index.html", .index = "" });
    edo_serve_assets(r, "/none", files, EDO_COUNT(files),
                     &(edo_static_opts){ .fallback = "gone.html", .not_found = says_lost });
    edo_serve_assets(r, "/fast", files, EDO_COUNT(files),
                     &(edo_static_opts){ .precompressed = true, .not_found = says_lost });
    return r;
}

static int each_of(void *arg) {
    static const web_asking cases[] = {
        { .target = "/", .status = 200, .body = "<p>page" },
        { .target = "/app.js", .status = 200, .body = "let ab" },
        { .target = "/later", .status = 200, .body = "later" }, // the file goes before
        { .target = "/users/7", .status = 200, .body = "<p>page" },
        { .target = "/users/7/", .status = 200, .body = "<p>page" },
        { .target = "/users/7",
          .status = 200,
          .header = "content-type",
          .text = "text/html; charset=utf-8" },
        { .method = EDO_METHOD_HEAD, .target = "/users/7", .status = 200, .body = "" },
        { .method = EDO_METHOD_POST, .target = "/users/7", .status = 405 },
        { .target = "/users/.git", .status = 404 }, // no path of a file
        { .target = "/none/x", .status = 404, .body = "lost" },
        { .target = "/fast/alone.css",
          .fields = "accept-encoding: br, gzip\n",
          .status = 200,
          .body = "zipped",
          .header = "content-encoding",
          .text = "gzip" },
        { .target = "/fast/alone.css",
          .fields = "accept-encoding: gzip\n",
          .status = 200,
          .header = "content-type",
          .text = "text/css; charset=utf-8" },
        { .target = "/fast/alone.css",
          .fields = "accept-encoding: gzip\n",
          .status = 200,
          .header = "vary",
          .text = "accept-encoding" },
        { .target = "/fast/alone.css",
          .fields = "accept-encoding: br\n",
          .status = 404,
          .body = "lost" },
        { .target = "/fast/alone.css", .status = 404, .body = "lost" },
        { .target = "/fast/alone.css", // a cache must not give this to those that accept gzip
          .status = 404,
          .header = "vary",
          .text = "accept-encoding" },
        { .target = "/fast/alone.css", // the plain file is liked better, but there is none
          .fields = "accept-encoding: identity, gzip;q=0.5\n",
          .status = 200,
          .body = "zipped" },
        { .target = "/bare/users/", .status = 200, .body = "<p>page" },
    };
    edo_router *r = site();
    (void)arg;
    web_asking_each(r, cases, EDO_COUNT(cases));
    edo_router_free(r);
    return 0;
}

static void what_is_missing_is_another_file_or_a_variant(void **state) {
    (void)state;
    assert_int_equal(inside(each_of, NULL), 0);
}

/* A path that has no file has the tag of the one that is served. */
static int unchanged(void *arg) {
    const web_asking first = { .target = "/users/7" };
    edo_router *r = site();
    edo_oneshot got;
    char fields[200];
    (void)arg;
    EDO_TEST_OK(web_asking_send(&got, r, &first));
    edo_str tag = edo_headers_get(&got.headers, EDO_HEADER_ETAG);
    CHECK(tag.len > 0);
    (void)snprintf(fields, sizeof fields, "if-none-match: %.*s\n", (int)tag.len, tag.ptr);
    edo_oneshot_deinit(&got);
    const web_asking again = { .target = "/users/8", .fields = fields, .status = 304, .body = "" };
    web_asking_each(r, &again, 1);
    edo_router_free(r);
    return 0;
}

static void file_in_its_place_has_a_tag(void **state) {
    (void)state;
    assert_int_equal(inside(unchanged, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_missing_is_another_file_or_a_variant),
        cmocka_unit_test(file_in_its_place_has_a_tag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
