/* SPDX-License-Identifier: MIT */
/* Goal: methods are called over HTTP and JSON as their option google.api.http says: by path, query
 * and body; what is wrong is JSON that says so.
 * Method: a library whose handlers return what they were asked, by edo/test_web.h. */
#include "json_site.h"
#include "library.edo.h"

#include <edo/grpc_details.h>

#include <inttypes.h>

/* ---- The service ----------------------------------------------------------------------------- */

static int get_book(edo_grpc_call *call, library_v1_book *out,
                    const library_v1_get_book_request *in) {
    int err = edo_grpc_add_metadata(call, "x-first", EDO_STR("1"));
    if (err == 0) err = edo_grpc_add_trailer(call, "x-last", EDO_STR("2"));
    if (err < 0) return err;
    if (edo_str_equal(in->name, EDO_STR("shelves/0/books/0"))) {
        const edo_grpc_resource_info what = { .resource_type = EDO_STR("book"),
                                              .resource_name = in->name };
        err = edo_grpc_detail(call, EDO_GRPC_RESOURCE_INFO, &what, &edo_grpc_resource_info_desc);
        return err < 0 ? err : edo_grpc_fail(call, EDO_GRPC_NOT_FOUND, "no such book");
    }
    if (edo_str_equal(in->name, EDO_STR("slow"))) return edo_sleep(edo_s(100));
    out->name = in->name;
    return 0;
}

/* The reply has one book, which says what was asked. */
static int list_books(edo_grpc_call *call, library_v1_list_books_response *out,
                      const library_v1_list_books_request *in) {
    library_v1_book *b = edo_arena_alloc(edo_grpc_arena(call), sizeof *b);
    if (edo_str_equal(in->parent, EDO_STR("shelves/none"))) return 0;
    if (!b) return -ENOMEM;
    memset(b, 0, sizeof *b);
    if (in->like) *b = *in->like;
    b->name = in->parent;
    b->title =
        edo_arena_print(edo_grpc_arena(call), "%zu kinds, %d, %" PRId64 ", %g, %.*s", in->kinds_n,
                        (int)in->only, in->since ? in->since->seconds : 0, in->weight,
                        (int)in->after.str.len, in->after.str.len > 0 ? in->after.str.ptr : "");
    out->books = b;
    out->books_n = 1;
    if (edo_str_equal(in->parent, EDO_STR("shelves/9"))) out->next_page = EDO_STR("10");
    return 0;
}

static int create_book(edo_grpc_call *call, library_v1_book *out,
                       const library_v1_create_book_request *in) {
    if (in->book) *out = *in->book;
    out->tags = edo_arena_alloc(edo_grpc_arena(call), 2 * sizeof *out->tags);
    if (!out->tags) return -ENOMEM;
    out->tags[0] = in->parent;
    out->tags[1] = in->dry_run ? EDO_STR("dry") : EDO_STR("wet");
    out->tags_n = 2;
    return 0;
}

static int lend_book(edo_grpc_call *call, google_protobuf_empty *out,
                     const library_v1_lend_request *in) {
    (void)out;
    return edo_str_equal(in->reader, EDO_STR("Ann"))
               ? 0
               : edo_grpc_fail(call, EDO_GRPC_FAILED_PRECONDITION, "%.*s, %.*s", (int)in->name.len,
                               in->name.ptr, (int)in->reader.len, in->reader.ptr);
}

static int get_file(edo_grpc_call *call, library_v1_book *out, const library_v1_file_request *in) {
    (void)call;
    out->name = in->path;
    out->title = in->shelf_id;
    return 0;
}

static int watch_books(edo_grpc_call *call, const library_v1_get_book_request *in) {
    if (edo_str_equal(in->name, EDO_STR("shelves/0")))
        return edo_grpc_fail(call, EDO_GRPC_NOT_FOUND, "no such shelf");
    for (int64_t i = 1; i < 3; i++) {
        int err = library_v1_library_watch_books_send(call, &(library_v1_book){ .pages = i });
        if (err < 0) return err;
    }
    return edo_str_equal(in->name, EDO_STR("shelves/1")) ? -EBADMSG : 0;
}

static const library_v1_library_ops library = { .get_book = get_book,
                                                .list_books = list_books,
                                                .create_book = create_book,
                                                .update_book = create_book,
                                                .lend_book = lend_book,
                                                .get_file = get_file,
                                                .watch_books = watch_books };

static int check(edo_web *w, edo_next *next) {
    if (edo_web_header(w, "x-stranger").ptr)
        return edo_grpc_reject(w, EDO_GRPC_UNAUTHENTICATED, "who are you?");
    return edo_next_call(next, w);
}

static void with_site(int (*fn)(void *)) {
    static const library_v1_library_ops none = { .get_book = NULL };
    const edo_grpc_opts opts = { .transcode = true, .recv_max = 1000 };
    edo_router *r = edo_router_new(), *empty = edo_router_new();
    library_v1_library_routes(r, &library, NULL, &opts);
    library_v1_library_routes(empty, &none, NULL, &opts);
    edo_router_nest(r, "/empty", empty);
    edo_router_wrap(r, edo_web_around(check));
    assert_int_equal(inside(fn, r), 0);
    edo_router_free(r);
}

/* ---- Requests -------------------------------------------------------------------------------- */

typedef struct row {
    edo_method method;
    const char *target, *body; /* NULL: none */
    edo_status status;
    const char *response;
} row;

static void check_row(edo_router *r, const row *one) {
    edo_oneshot got;
    ask_site(&got, r,
             &(asking){ .method = one->method,
                        .target = one->target,
                        .fields = one->body ? "content-type: application/json\n" : NULL,
                        .body = edo_str_of(one->body ? one->body : "") });
    if (!has_body(&got, one->status, edo_str_of(one->response))) {
        (void)fprintf(stderr, "of %s, not %d: %s\n", one->target, (int)one->status, one->response);
        CHECK(false);
    }
    edo_oneshot_deinit(&got);
}

static const row paths[] = {
    { EDO_METHOD_GET, "/v1/shelves/1/books/2", NULL, 200, "{\"name\":\"shelves/1/books/2\"}" },
    { EDO_METHOD_GET, "/v1/books/a%2Fb%20c", NULL, 200, "{\"name\":\"a/b c\"}" },
    { EDO_METHOD_GET, "/v1/shelves/a%2fb/books/%c3%bf", NULL, 200,
      "{\"name\":\"shelves/a%2fb/books/\xc3\xbf\"}" }, // else it would be another book
    { EDO_METHOD_GET, "/v1/%73helves/1/books/2", NULL, 200, "{\"name\":\"shelves/1/books/2\"}" },
    { EDO_METHOD_GET, "/v1/shelves/7/files/a/b.txt", NULL, 200,
      "{\"name\":\"a/b.txt\",\"title\":\"7\"}" },
    { EDO_METHOD_POST, "/v1/files/a/b:open", NULL, 200, "{\"name\":\"a/b\"}" },
    { EDO_METHOD_POST, "/v1/shelves/1/books/2:lend", "{\"reader\":\"Ann\"}", 200, "{}" },
    { EDO_METHOD_POST, "/v1/shelves/1/books/2:lend", "{\"name\":\"other\",\"reader\":\"Bob\"}", 400,
      "{\"code\":9,\"message\":\"shelves/1/books/2, Bob\"}" }, // the path wins
    { EDO_METHOD_POST, "/v1/shelves/1/books/2:lend", NULL, 400,
      "{\"code\":9,\"message\":\"shelves/1/books/2, \"}" },
};

static const row queries[] = {
    { EDO_METHOD_GET,
      "/v1/shelves/1/books?like.title=x&like.pages=7&like.isLent=true"
      "&like.author.name=Ann+B&like.author.born=-5&like.tags=a&like.tags=b"
      "&like.kind=ATLAS&other=1&like.none=2&=3&%20",
      NULL, 200,
      "[{\"name\":\"shelves/1\",\"title\":\"0 kinds, 0, 0, 0, \",\"pages\":\"7\",\"isLent\":true,"
      "\"tags\":[\"a\",\"b\"],\"author\":{\"name\":\"Ann B\",\"born\":-5},\"kind\":\"ATLAS\"}]" },
    { EDO_METHOD_GET,
      "/v1/shelves/1/books?kinds=NOVEL&kinds=2&kinds=99&since=1970-01-01T00:00:05Z"
      "&reader=x&weight=1.5e1&after=YWI%3D&parent=mine",
      NULL, 200, "[{\"name\":\"shelves/1\",\"title\":\"3 kinds, 6, 5, 15, ab\"}]" },
    { EDO_METHOD_GET, "/v1/shelves/none/books", NULL, 200, "[]" },
    { EDO_METHOD_GET, "/v1/shelves/9/next", NULL, 200, "\"10\"" }, // "next" in JSON
    { EDO_METHOD_GET, "/v1/shelves/1/next", NULL, 200, "null" },
    { EDO_METHOD_PUT, "/v1/books?parent=q", "{\"parent\":\"b\",\"kinds\":[1],\"unknown\":1}", 200,
      "{\"books\":[{\"name\":\"b\",\"title\":\"1 kinds, 0, 0, 0, \"}]}" },
    { EDO_METHOD_POST, "/v1/shelves/1/books?dry_run=true&book.title=q", "{\"title\":\"b\"}", 200,
      "{\"title\":\"b\",\"tags\":[\"shelves/1\",\"dry\"]}" },
    { EDO_METHOD_PATCH, "/v1/shelves/1/books/2?parent=p", "{\"name\":\"other\",\"pages\":\"3\"}",
      200, "{\"name\":\"shelves/1/books/2\",\"pages\":\"3\",\"tags\":[\"p\",\"wet\"]}" },
};

static const row bads[] = {
    { EDO_METHOD_GET, "/v1/shelves/1", NULL, 404, NULL },
    { EDO_METHOD_GET, "/v1/shelves/1/books/2/3", NULL, 404, NULL },
    { EDO_METHOD_GET, "/v1/shelves//books/2", NULL, 404, NULL },
    { EDO_METHOD_POST, "/v1/files/a/b", NULL, 404, NULL },
    { EDO_METHOD_POST, "/v1/books:add", "{}", 404, NULL }, // it takes a stream
    { EDO_METHOD_DELETE, "/v1/shelves/1/books/2", NULL, 405, NULL },
    { EDO_METHOD_GET, "/v1/shelves/1/books?like.pages=x", NULL, 400,
      "{\"code\":3,\"message\":\"\\\"like.pages\\\" must be an integer\"}" },
    { EDO_METHOD_GET, "/v1/shelves/1/books?like.isLent=1", NULL, 400,
      "{\"code\":3,\"message\":\"\\\"like.isLent\\\" must be true or false\"}" },
    { EDO_METHOD_GET, "/v1/shelves/1/books?weight=%ff", NULL, 400,
      "{\"code\":3,\"message\":\"\\\"weight\\\" must be UTF-8\"}" },
    { EDO_METHOD_GET, "/v1/shelves/1/books?weight=%f", NULL, 400,
      "{\"code\":3,\"message\":\"\\\"weight\\\" must be a number\"}" },
    { EDO_METHOD_GET, "/v1/shelves/1/books?lent=true&reader=x", NULL, 400,
      "{\"code\":3,\"message\":\"\\\"reader\\\" must be the only one of its oneof\"}" },
    { EDO_METHOD_GET, "/v1/shelves/1/books?like.author.name.x=1&like.notes=2&like=3", NULL, 200,
      "[{\"name\":\"shelves/1\",\"title\":\"0 kinds, 0, 0, 0, \",\"author\":{}}]" },
    { EDO_METHOD_POST, "/v1/shelves/1/books/2:lend", "{\"reader\":5}", 400,
      "{\"code\":3,\"message\":\"\\\"reader\\\" must be a string\"}" },
    { EDO_METHOD_POST, "/v1/shelves/1/books", "{\"title\":\"b\"},\"dry_run\":true", 400, NULL },
    { EDO_METHOD_POST, "/v1/shelves/1/books", "{\"title\":", 400, NULL },
    { EDO_METHOD_POST, "/v1/shelves/1/books", "[]", 400,
      "{\"code\":3,\"message\":\"\\\"book\\\" must be an object\"}" },
    { EDO_METHOD_GET, "/empty/v1/shelves/1/books/2", NULL, 501, "{\"code\":12}" },
};

static int is_path(void *r) {
    for (size_t i = 0; i < EDO_COUNT(paths); i++) check_row(r, &paths[i]);
    return 0;
}

static void path_says_fields(void **state) {
    (void)state;
    with_site(is_path);
}

static int is_query(void *r) {
    for (size_t i = 0; i < EDO_COUNT(queries); i++) check_row(r, &queries[i]);
    return 0;
}

static void query_and_body_say_the_others(void **state) {
    (void)state;
    with_site(is_query);
}

/* A response that is of the framework, or has a place in it that no test should repeat. */
static void check_status(edo_router *r, const row *one) {
    edo_oneshot got;
    ask_site(&got, r,
             &(asking){ .method = one->method,
                        .target = one->target,
                        .fields = one->body ? "content-type: application/json\n" : NULL,
                        .body = edo_str_of(one->body ? one->body : "") });
    if (got.status != one->status) (void)fprintf(stderr, "%s: %d\n", one->target, (int)got.status);
    CHECK_EQ(got.status, one->status);
    edo_oneshot_deinit(&got);
}

static int is_bad(void *r) {
    for (size_t i = 0; i < EDO_COUNT(bads); i++)
        (bads[i].response ? check_row : check_status)(r, &bads[i]);
    return 0;
}

static void what_is_wrong_is_told(void **state) {
    (void)state;
    with_site(is_bad);
}

static int has_limits(void *r) {
    char text[1200];
    edo_oneshot got;
    memset(text, ' ', sizeof text);
    ask_site_as(&got, r, "/v1/shelves/1/books", "application/json", (edo_str){ text, sizeof text });
    CHECK(has_body(&got, EDO_STATUS_TOO_MANY_REQUESTS,
                   EDO_STR("{\"code\":8,\"message\":\"the message is longer than 1000\"}")));
    edo_oneshot_deinit(&got);
    ask_site_as(&got, r, "/v1/shelves/1/books", "text/plain", EDO_STR("{}")); // a page of strangers
    CHECK(has_body(&got, EDO_STATUS_BAD_REQUEST,
                   EDO_STR("{\"code\":3,\"message\":\"the body is not application/json\"}")));
    edo_oneshot_deinit(&got);
    const edo_instant begin = edo_now();
    ask_site(&got, r,
             &(asking){ .method = EDO_METHOD_GET,
                        .target = "/v1/books/slow",
                        .fields = "grpc-timeout: 1500m\n" });
    CHECK(has_body(&got, EDO_STATUS_GATEWAY_TIMEOUT,
                   EDO_STR("{\"code\":4,\"message\":\"the call's limit of 1s500ms has passed\"}")));
    CHECK_EQ(edo_instant_since(edo_now(), begin).ns, edo_ms(1500).ns);
    edo_oneshot_deinit(&got);
    return 0;
}

static void calls_have_limits(void **state) {
    (void)state;
    with_site(has_limits);
}

static int has_fields(void *r) {
    edo_oneshot got;
    ask_site(&got, r, &(asking){ .method = EDO_METHOD_GET, .target = "/v1/shelves/0/books/0" });
    CHECK(has_body(&got, EDO_STATUS_NOT_FOUND,
                   EDO_STR("{\"code\":5,\"message\":\"no such book\",\"details\":[{\"@type\":"
                           "\"type.googleapis.com/google.rpc.ResourceInfo\",\"resourceType\":"
                           "\"book\",\"resourceName\":\"shelves/0/books/0\"}]}")));
    CHECK(edo_str_equal(field_of(&got, "content-type"), EDO_STR("application/json")));
    CHECK(edo_str_equal(field_of(&got, "x-first"), EDO_STR("1")));
    CHECK(edo_str_equal(field_of(&got, "trailer-x-last"), EDO_STR("2")));
    edo_oneshot_deinit(&got);
    ask_site(&got, r,
             &(asking){
                 .method = EDO_METHOD_GET, .target = "/v1/books/1", .fields = "x-stranger: 1\n" });
    CHECK(has_body(&got, EDO_STATUS_UNAUTHORIZED,
                   EDO_STR("{\"code\":16,\"message\":\"who are you?\"}")));
    edo_oneshot_deinit(&got);
    ask_site(&got, r, // its content type is one of Connect's, too
             &(asking){ .method = EDO_METHOD_POST,
                        .target = "/v1/shelves/3/books",
                        .fields = "x-stranger: 1\ncontent-type: application/json\n",
                        .body = EDO_STR("{}") });
    CHECK(has_body(&got, EDO_STATUS_UNAUTHORIZED,
                   EDO_STR("{\"code\":16,\"message\":\"who are you?\"}")));
    edo_oneshot_deinit(&got);
    return 0;
}

static void failures_are_json_with_details(void **state) {
    (void)state;
    with_site(has_fields);
}

static int is_lines(void *r) {
    static const row lines[] = {
        { EDO_METHOD_GET, "/v1/shelves/2/books:watch", NULL, 200,
          "{\"result\":{\"pages\":\"1\"}}\n{\"result\":{\"pages\":\"2\"}}\n" },
        { EDO_METHOD_GET, "/v1/shelves/1/books:watch", NULL, 200,
          "{\"result\":{\"pages\":\"1\"}}\n{\"result\":{\"pages\":\"2\"}}\n"
          "{\"error\":{\"code\":15}}\n" },
        { EDO_METHOD_GET, "/v1/shelves/0/books:watch", NULL, 404,
          "{\"code\":5,\"message\":\"no such shelf\"}" },
    };
    for (size_t i = 0; i < EDO_COUNT(lines); i++) check_row(r, &lines[i]);
    return 0;
}

static void stream_is_a_line_for_each(void **state) {
    (void)state;
    with_site(is_lines);
}

/* ---- Bindings that are none ------------------------------------------------------------------ */

static void bad_bindings_are_named(void **state) {
    static const struct {
        edo_grpc_binding binding;
        int err;
    } rows[] = {
        { { 0, "GET", "/v1/{nam}", NULL, NULL }, -EINVAL },
        { { 0, "GET", "/v1/{name.x}", NULL, NULL }, -EINVAL },
        { { 0, "GET", "v1", NULL, NULL }, -EINVAL },
        { { 0, "GET", "/v1/{name", NULL, NULL }, -EINVAL },
        { { 0, "FETCH", "/v1", NULL, NULL }, -EINVAL },
        { { 0, "POST", "/v1", "nam", NULL }, -EINVAL },
        { { 0, "POST", "/v1", "*", "nam" }, -EINVAL },
        { { 0, "POST", "/v1/{name}", "*", "title" }, 0 },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_grpc_service service = library_v1_library_service;
        edo_router *r = edo_router_new();
        service.bindings = &rows[i].binding;
        service.bindings_n = 1;
        edo_grpc_routes(r, &service, &library, NULL, &(edo_grpc_opts){ .transcode = true });
        int err = edo_router_build(r);
        if (err != rows[i].err) print_message("%s\n", rows[i].binding.path);
        assert_int_equal(err, rows[i].err);
        edo_router_free(r);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(path_says_fields),
        cmocka_unit_test(query_and_body_say_the_others),
        cmocka_unit_test(what_is_wrong_is_told),
        cmocka_unit_test(calls_have_limits),
        cmocka_unit_test(failures_are_json_with_details),
        cmocka_unit_test(stream_is_a_line_for_each),
        cmocka_unit_test(bad_bindings_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
