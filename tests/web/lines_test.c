/* SPDX-License-Identifier: MIT */
/* Goal: bodies of JSON lines are read one value at a time, however long they are; what is wrong is
 * told with the number of its line; a client that is faster than the handler waits.
 * Method: bodies to routers in this process, whole, cut at each byte, and from a task that counts
 * what it could write. */
#include "web_asked.h"

#include <edo/streams.h>
#include <edo/web_lines.h>

typedef struct item {
    int64_t id;
    edo_str name;
} item;
EDO_DESCRIBE(item, EDO_FIELD(item, id, .min = 1), EDO_FIELD(item, name, .optional = true))

/* "sum of ids, names, lines": 6 abc 3 */
static int adds(edo_web *w) {
    edo_web_lines lines;
    item it;
    char names[64] = "", text[128];
    int64_t sum = 0;
    int n = edo_web_lines_init(&lines, w, edo_web_state(w));
    while (n >= 0 && (n = edo_web_lines_next(&lines, &it, &item_desc)) > 0) {
        sum += it.id;
        size_t len = strlen(names), room = sizeof names - 1 - len;
        size_t more = it.name.len < room ? it.name.len : room;
        if (more) memcpy(names + len, it.name.ptr, more);
    }
    (void)snprintf(text, sizeof text, "%d %s %d", (int)sum, names, (int)lines.line);
    edo_web_lines_deinit(&lines);
    edo_web_lines_deinit(&lines);
    return n < 0 ? n : edo_web_reply_text(w, EDO_STATUS_OK, text);
}

/* As adds(), of any values: their kinds. */
static int tells_kinds(edo_web *w) {
    edo_web_lines lines;
    const edo_json_value *v;
    char text[64] = "";
    int n = edo_web_lines_init(&lines, w, NULL);
    while (n >= 0 && (n = edo_web_lines_next_value(&lines, &v)) > 0) {
        size_t len = strlen(text);
        (void)snprintf(text + len, sizeof text - len, "%d", (int)edo_json_value_kind(v));
    }
    edo_web_lines_deinit(&lines);
    return n < 0 ? n : edo_web_reply_text(w, EDO_STATUS_OK, text);
}

static edo_router *router(void) {
    edo_router *r = edo_router_new();
    edo_router_post(r, "/add", adds);
    edo_router_post(r, "/kinds", tells_kinds);
    return r;
}

typedef struct row {
    const char *path, *body;
    int status;
    const char *said; /* a part of the response */
} row;

static void post(edo_router *r, const row *a, const char *type, const edo_web_opts *opts) {
    edo_oneshot got;
    edo_headers headers;
    edo_headers_init(&headers);
    EDO_TEST_OK(edo_headers_set(&headers, EDO_HEADER_CONTENT_TYPE, edo_str_of(type)));
    const edo_http_request req = { .method = EDO_METHOD_POST,
                                   .target = edo_str_of(a->path),
                                   .headers = &headers,
                                   .data = edo_str_of(a->body) };
    EDO_TEST_OK(edo_web_oneshot(&got, r, &req, opts));
    bool is_right = (int)got.status == a->status && strstr(got.body.ptr, a->said);
    if (!is_right) (void)fprintf(stderr, "%s\n%d %s\n", a->body, (int)got.status, got.body.ptr);
    CHECK(is_right);
    edo_oneshot_deinit(&got);
    edo_headers_deinit(&headers);
}

static int each(void *arg) {
    static const row rows[] = {
        { "/add", "", 200, "0  0" },
        { "/add", "{\"id\":1,\"name\":\"a\"}\n{\"id\":2,\"name\":\"b\"}\r\n{\"id\":3}", 200,
          "6 ab 3" },
        { "/add", "{\"id\":1,\"name\":\"\\u0061\"}\n", 200, "1 a 1" },
        { "/add", "\n \t\r\n{\"id\":4}\n\n", 200, "4  4" },
        { "/add", "{\"id\":1}\n{\"id\":2\n", 400, "\"detail\":\"line 2, column 8: " },
        { "/add", "{\"id\":1}{\"id\":2}\n", 400, "\"detail\":\"line 1, column 9: " },
        { "/add", "{\"id\":1}\n\n{\"id\":0,\"name\":7}\n", 422,
          "\"detail\":\"line 3, column 7: \\\"id\\\" must be at least 1\"" },
        { "/add", "{\"id\":0,\"name\":7}\n", 422,
          "\"errors\":[{\"pointer\":\"#/id\",\"detail\":\"must be at least 1\"},{\"pointer\":\"#/"
          "name\"" },
        { "/add", "{\"id\":1}\n\n{\"name\":\"a\"}\n", 422,
          "line 3, column 1: \\\"id\\\" is missing" },
        { "/add", "{\"id\":1}\n{\"id\":2,\"name\":\"0123456789012345678901234567890\"}\n", 413,
          "line 2 is too long" },
        { "/kinds", "null\n[]\n{\"a\":1}\n\"b\"\n1\n", 200, "07862" },
        { "/kinds", "null\n[1,\n", 400, "line 2, column 4: " },
    };
    const edo_web_lines_opts opts = { .line_max = 40 }, any = { .any_type = true };
    edo_router *r = router();
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        post(r, &rows[i], i % 2 ? "application/x-ndjson; charset=utf-8" : "application/jsonl",
             &(edo_web_opts){ .state = (void *)(uintptr_t)&opts });
    const row wrong = { "/add", "{\"id\":1}\n", 415, "application/x-ndjson" };
    post(r, &wrong, "application/json", NULL);
    const row right = { "/add", "{\"id\":1}\n", 200, "1  1" };
    post(r, &right, "text/plain", &(edo_web_opts){ .state = (void *)(uintptr_t)&any });
    const row large = { "/add", "{\"id\":1,\"name\":\"\\u0061bc\"}\n", 413, "too much memory" };
    post(r, &large, "application/jsonl", &(edo_web_opts){ .decoded_max = 10 });
    edo_router_free(r);
    return 0;
}

static void each_line_is_a_value_and_each_fault_has_its_line(void **state) {
    (void)state;
    assert_int_equal(inside(each, NULL), 0);
}

/* ---- Streams --------------------------------------------------------------------------------- */

#define LINE "{\"id\":1,\"name\":\"0123456789012345678901234567890123456789\"}\n"

static size_t written; /* bytes that the client could send */
static int broken;     /* how the handler's reading ended */

static int writes(void *arg) {
    edo_stream *to = arg;
    int err = 0;
    for (size_t i = 0; i < 100000 && err == 0; i++, written += sizeof LINE - 1)
        err = edo_write_all(to, LINE, sizeof LINE - 1);
    edo_close(to);
    return err;
}

/* Waits after the first line. */
static int pauses(edo_web *w) {
    edo_web_lines lines;
    item it;
    int n = edo_web_lines_init(&lines, w, NULL);
    if (n == 0) n = edo_web_lines_next(&lines, &it, &item_desc);
    if (n > 0) n = edo_sleep(edo_s(1));
    CHECK(written > 0 && written < 1u << 20); // of 5.8 MB
    while (n >= 0 && (n = edo_web_lines_next(&lines, &it, &item_desc)) > 0) continue;
    uint64_t read = lines.line;
    edo_web_lines_deinit(&lines);
    CHECK(n < 0 || read == 100000);
    return n < 0 ? n : edo_web_reply_no_content(w);
}

static int in_time(void *arg) {
    edo_router *r = edo_router_new();
    edo_stream *body, *to;
    edo_oneshot got;
    edo_headers headers;
    (void)arg;
    edo_router_post(r, "/", pauses);
    EDO_TEST_OK(edo_duplex(&body, &to, 4096));
    edo_task *writer = edo_spawn(writes, to);
    edo_headers_init(&headers);
    EDO_TEST_OK(
        edo_headers_set(&headers, EDO_HEADER_CONTENT_TYPE, EDO_STR("application/x-ndjson")));
    EDO_TEST_OK(edo_web_oneshot(
        &got, r,
        &(edo_http_request){
            .method = EDO_METHOD_POST, .headers = &headers, .body = body, .length = -1 },
        NULL));
    CHECK_EQ((int)got.status, 204);
    CHECK_EQ(edo_task_join(writer), 0);
    edo_oneshot_deinit(&got);
    edo_headers_deinit(&headers);
    edo_close(body);
    edo_router_free(r);
    return 0;
}

static void client_waits_for_a_handler_that_is_slower(void **state) {
    (void)state;
    assert_int_equal(inside(in_time, NULL), 0);
}

static int reads_to_the_end(edo_web *w) {
    edo_web_lines lines;
    item it;
    int n = edo_web_lines_init(&lines, w, NULL);
    while (n >= 0 && (n = edo_web_lines_next(&lines, &it, &item_desc)) > 0) continue;
    edo_web_lines_deinit(&lines);
    broken = n;
    return n < 0 ? n : edo_web_reply_no_content(w);
}

/* A body that ends within a line, and before what its head says, is no last line. */
static int cut(void *arg) {
    edo_router *r = edo_router_new();
    edo_stream *ours, *theirs;
    static const char head[] = "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/jsonl\r\n"
                               "content-length: 100\r\n\r\n{\"id\":1}\n{\"id\":2}";
    (void)arg;
    edo_router_post(r, "/", reads_to_the_end);
    EDO_TEST_OK(edo_duplex(&ours, &theirs, 4096));
    EDO_TEST_OK(edo_write_all(ours, head, sizeof head - 1));
    EDO_TEST_OK(edo_shutdown(ours));
    (void)edo_web_serve_stream(r, theirs, NULL);
    CHECK_EQ(broken, -EDO_EEOF);
    edo_close(ours);
    edo_router_free(r);
    return 0;
}

static void body_that_is_cut_is_no_last_line(void **state) {
    (void)state;
    assert_int_equal(inside(cut, NULL), 0);
}

/* The k-th allocation fails, for each k: the right response comes, or a failure. */
static int no_memory(void *arg) {
    static const char text[] = "{\"id\":1}\n{\"id\":2,\"name\":\"\\u0061\"}\n";
    edo_router *r = router();
    bool has_failed = true;
    int failures = 0;
    edo_headers headers;
    (void)arg;
    edo_headers_init(&headers);
    EDO_TEST_OK(edo_headers_set(&headers, EDO_HEADER_CONTENT_TYPE, EDO_STR("application/jsonl")));
    const edo_http_request req = { .method = EDO_METHOD_POST,
                                   .target = EDO_STR("/add"),
                                   .headers = &headers,
                                   .data = { text, sizeof text - 1 } };
    for (int k = 1; has_failed; k++) {
        edo_oneshot got;
        fail_alloc_in = k;
        int err = edo_web_oneshot(&got, r, &req, NULL);
        has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        CHECK(has_failed || (err == 0 && got.status == 200));
        failures += err < 0 || got.status == 500;
        if (err == 0) CHECK(got.status == 500 || strcmp(got.body.ptr, "3 a 2") == 0);
        if (err == 0) edo_oneshot_deinit(&got);
    }
    CHECK(failures > 3);
    edo_headers_deinit(&headers);
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
        cmocka_unit_test(each_line_is_a_value_and_each_fault_has_its_line),
        cmocka_unit_test(client_waits_for_a_handler_that_is_slower),
        cmocka_unit_test(body_that_is_cut_is_no_last_line),
        cmocka_unit_test(without_memory_it_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
