/* SPDX-License-Identifier: MIT */
/* Goal: equal paths and hosts are one route with its layers, however they are spelt; a cache may
 * keep what a CORS layer has let pass; ranges are of the file that the client has; and a question
 * about the whole server has its response.
 * Method: requests to routers in this process. */
#include "web_asked.h"

#include <edo/web_layers.h>
#include <edo/web_routes.h>
#include <edo/web_static.h>

#include <time.h>

typedef struct table {
    edo_router *(*make)(void);
    const web_asking *cases;
    size_t n;
} table;

static int each_case(void *arg) {
    const table *t = arg;
    edo_router *r = t->make();
    web_asking_each(r, t->cases, t->n);
    edo_router_free(r);
    return 0;
}

static void check_table(edo_router *(*make)(void), const web_asking *cases, size_t n) {
    table t = { .make = make, .cases = cases, .n = n };
    assert_int_equal(inside(each_case, &t), 0);
}

/* Says the argument of its route, and the capture. */
static int says(edo_web *w) {
    char said[64];
    edo_str id = edo_web_param(w, "id");
    (void)snprintf(said, sizeof said, "%s %.*s", (const char *)edo_web_route_arg(w),
                   id.ptr ? (int)id.len : 1, id.ptr ? id.ptr : "-");
    return edo_web_reply_text(w, EDO_STATUS_OK, said);
}

static void get(edo_router *r, const char *path, const char *what) {
    edo_router_add_with(r, EDO_METHOD_BIT(EDO_METHOD_GET), path, says, (void *)(uintptr_t)what,
                        NULL);
}

/* ---- Paths ----------------------------------------------------------------------------------- */

static int refuses(edo_web *w, edo_next *next) {
    (void)next;
    return edo_web_reply_text(w, EDO_STATUS_FORBIDDEN, "closed");
}

static edo_router *paths(void) {
    edo_router *r = edo_router_new(), *inner = edo_router_new();
    get(r, "/users/me", "me");
    edo_router_wrap(r, edo_web_around(refuses)); // of that route alone
    get(r, "/users/{id}", "user");
    get(r, "/caf%c3%a9", "coffee");
    get(r, "/%7Eann", "ann");
    get(r, "/a%2fb", "one name");
    get(r, "/a/b", "two");
    get(r, "/img-%61{id}%2eb", "image");
    get(inner, "/in", "inner");
    edo_router_nest(r, "/%41pi", inner);
    return r;
}

static void equal_paths_are_one_route(void **state) {
    static const web_asking cases[] = {
        { .target = "/users/me", .status = 403 },
        { .target = "/users/%6de", .status = 403 },
        { .target = "/users/%6D%65", .status = 403 },
        { .target = "/%75sers/me?x=%6d", .status = 403 },
        { .target = "http://x/users/%6De", .status = 403 },
        { .target = "/users/m%2565", .status = 200, .body = "user m%65" },
        { .target = "/users/a%2fb", .status = 200, .body = "user a/b" },
        { .target = "/users/%7a", .status = 200, .body = "user z" },
        { .target = "/users/%zz", .status = 400 },
        { .target = "/users/a%6", .status = 400 },
        { .target = "/users/%%36de", .status = 400 }, // no encoding comes of two halves
        { .target = "/users/%6%64e", .status = 400 },
        { .target = "/users/%2%35", .status = 400 },
        { .target = "/users/%6de%", .status = 400 },
        { .target = "/caf%C3%A9", .status = 200, .body = "coffee -" },
        { .target = "/caf%c3%a9", .status = 200, .body = "coffee -" },
        { .target = "/c%61f%C3%a9", .status = 200, .body = "coffee -" },
        { .target = "/~ann", .status = 200, .body = "ann -" },
        { .target = "/%7eann", .status = 200, .body = "ann -" },
        { .target = "/a%2Fb", .status = 200, .body = "one name -" },
        { .target = "/a%2fb", .status = 200, .body = "one name -" },
        { .target = "/a/b", .status = 200, .body = "two -" },
        { .target = "/img-a1.b", .status = 200, .body = "image 1" },
        { .target = "/img-%611%2Eb", .status = 200, .body = "image 1" },
        { .target = "/Api/in", .status = 200, .body = "inner -" },
        { .target = "/%41p%69/%69n", .status = 200, .body = "inner -" },
    };
    (void)state;
    check_table(paths, cases, EDO_COUNT(cases));
}

static int build_twice(void *arg) {
    (void)arg;
    edo_router *r = edo_router_new();
    get(r, "/%7Eann", "one");
    get(r, "/~ann", "other");
    CHECK_EQ(edo_router_build(r), -EDO_EROUTECONFLICT);
    edo_router_free(r);
    return 0;
}

static void two_spellings_of_one_path_conflict(void **state) {
    (void)state;
    assert_int_equal(inside(build_twice, NULL), 0);
}

/* ---- Hosts ----------------------------------------------------------------------------------- */

static edo_router *hosts(void) {
    edo_router *r = edo_router_new(), *one = edo_router_new(), *dotted = edo_router_new(),
               *any = edo_router_new();
    edo_router_guard(one, &(edo_route_guard){ .host = "api.example" });
    edo_router_guard(dotted, &(edo_route_guard){ .host = "dot.example." });
    edo_router_guard(any, &(edo_route_guard){ .host = "*.any.example" });
    get(one, "/", "api");
    get(dotted, "/", "dotted");
    get(any, "/", "any");
    edo_router_merge(r, one);
    edo_router_merge(r, dotted);
    edo_router_merge(r, any);
    get(r, "/", "other");
    return r;
}

static void dot_of_the_root_is_no_part_of_a_host(void **state) {
    static const web_asking cases[] = {
        { .target = "/", .fields = "host: api.example\n", .status = 200, .body = "api -" },
        { .target = "/", .fields = "host: api.example.\n", .status = 200, .body = "api -" },
        { .target = "/", .fields = "host: API.example.:80\n", .status = 200, .body = "api -" },
        { .target = "http://api.example./", .status = 200, .body = "api -" },
        { .target = "/", .fields = "host: api.example..\n", .status = 200, .body = "other -" },
        { .target = "/", .fields = "host: dot.example\n", .status = 200, .body = "dotted -" },
        { .target = "/", .fields = "host: dot.example.\n", .status = 200, .body = "dotted -" },
        { .target = "/", .fields = "host: x.any.example.\n", .status = 200, .body = "any -" },
        { .target = "/", .fields = "host: .any.example.\n", .status = 200, .body = "other -" },
    };
    (void)state;
    check_table(hosts, cases, EDO_COUNT(cases));
}

/* ---- Other origins --------------------------------------------------------------------------- */

static int fails(edo_web *w) {
    (void)w;
    return -EIO;
}

static edo_router *open_to_all(void) {
    edo_router *r = edo_router_new();
    get(r, "/", "open");
    edo_router_get(r, "/fails", fails);
    edo_router_wrap_all(r, edo_cors_layer(&(edo_cors_opts){ .any_origin = true }));
    return r;
}

static void response_for_any_origin_says_so_to_caches(void **state) {
    static const web_asking cases[] = {
        { .target = "/", .status = 200, .header = "access-control-allow-origin", .text = "*" },
        { .target = "/",
          .fields = "origin: https://a.example\n",
          .status = 200,
          .header = "access-control-allow-origin",
          .text = "*" },
        { .target = "/", // what no browser sends gets into caches, too
          .fields = "origin: \n",
          .status = 200,
          .header = "access-control-allow-origin",
          .text = "*" },
        { .target = "/",
          .fields = "origin: https://a.example\norigin: https://b.example\n",
          .status = 200,
          .header = "access-control-allow-origin",
          .text = "*" },
        { .target = "/fails", .status = 500, .header = "access-control-allow-origin", .text = "*" },
        { .target = "/", .status = 200, .header = "vary", .text = NULL },
    };
    (void)state;
    check_table(open_to_all, cases, EDO_COUNT(cases));
}

/* ---- The whole server ------------------------------------------------------------------------ */

static void options_of_the_whole_server_are_no_path(void **state) {
    static const web_asking cases[] = {
        { .method = EDO_METHOD_OPTIONS, .target = "*", .status = 204, .body = "" },
        { .method = EDO_METHOD_OPTIONS,
          .target = "*",
          .status = 204,
          .header = "access-control-allow-origin", // through the layers
          .text = "*" },
        { .method = EDO_METHOD_OPTIONS, .target = "/*", .status = 404 },
    };
    (void)state;
    check_table(open_to_all, cases, EDO_COUNT(cases));
}

/* ---- Files ----------------------------------------------------------------------------------- */

/* A file that has changed `arg` seconds ago, with a tag or without. */
static int sends(edo_web *w) {
    edo_str id = edo_web_param(w, "id");
    edo_static_file what = { .bytes = { .str = EDO_STR("0123456789") },
                             .modified_s = (int64_t)time(NULL) -
                                           strtol((const char *)edo_web_route_arg(w), NULL, 10) };
    if (edo_str_equal(id, EDO_STR("tagged"))) (void)snprintf(what.tag, sizeof what.tag, "v1");
    if (edo_str_equal(id, EDO_STR("empty"))) what.bytes.str.len = 0;
    return edo_web_reply_content(w, &what);
}

static edo_router *files(void) {
    static const char ages[][8] = { "0", "5", "100" };
    edo_router *r = edo_router_new();
    for (size_t i = 0; i < EDO_COUNT(ages); i++) {
        char path[32];
        (void)snprintf(path, sizeof path, "/%s/{id}", ages[i]);
        edo_router_add_with(r, EDO_METHOD_BIT(EDO_METHOD_GET), path, sends,
                            (void *)(uintptr_t)ages[i], NULL);
    }
    return r;
}

/* Asks for a range of what has the date that the response before had. */
static void ask_again(edo_router *r, const char *target, int status) {
    edo_oneshot got;
    char fields[128];
    web_asking a = { .target = target };
    EDO_TEST_OK(web_asking_send(&got, r, &a));
    edo_str date = edo_headers_get(&got.headers, EDO_HEADER_LAST_MODIFIED);
    CHECK(date.len > 0);
    (void)snprintf(fields, sizeof fields, "range: bytes=0-1\nif-range: %.*s\n", (int)date.len,
                   date.ptr);
    edo_oneshot_deinit(&got);
    a.fields = fields;
    EDO_TEST_OK(web_asking_send(&got, r, &a));
    if ((int)got.status != status) edo_test_fail("%s: %d", target, (int)got.status);
    edo_oneshot_deinit(&got);
}

static int ask_dates(void *arg) {
    (void)arg;
    edo_router *r = files();
    ask_again(r, "/0/tagged", 200);
    ask_again(r, "/0/plain", 200);
    ask_again(r, "/5/tagged", 200);
    edo_router_free(r);
    return 0;
}

static void date_that_is_not_strong_allows_no_range(void **state) {
    (void)state;
    assert_int_equal(inside(ask_dates, NULL), 0);
}

static void last_bytes_of_an_empty_file_are_all_of_it(void **state) {
    static const web_asking cases[] = {
        { .target = "/0/empty", .fields = "range: bytes=-5\n", .status = 200, .body = "" },
        { .target = "/0/empty",
          .fields = "range: bytes=-5\n",
          .status = 200,
          .header = "content-range",
          .text = NULL },
        { .target = "/0/empty", .fields = "range: bytes=0-,-1\n", .status = 200, .body = "" },
        { .target = "/0/empty", .fields = "range: bytes=-0\n", .status = 416 },
        { .target = "/0/empty", .fields = "range: bytes=0-\n", .status = 416 },
        { .target = "/0/empty", .fields = "range: bytes=0-0\n", .status = 416 },
        { .target = "/0/plain",
          .fields = "range: bytes=-20\n",
          .status = 206,
          .body = "0123456789" },
        { .target = "/0/plain", .fields = "range: bytes=-0\n", .status = 416 },
    };
    (void)state;
    check_table(files, cases, EDO_COUNT(cases));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_paths_are_one_route),
        cmocka_unit_test(two_spellings_of_one_path_conflict),
        cmocka_unit_test(dot_of_the_root_is_no_part_of_a_host),
        cmocka_unit_test(response_for_any_origin_says_so_to_caches),
        cmocka_unit_test(options_of_the_whole_server_are_no_path),
        cmocka_unit_test(date_that_is_not_strong_allows_no_range),
        cmocka_unit_test(last_bytes_of_an_empty_file_are_all_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
