/* SPDX-License-Identifier: MIT */
/* Goal: a request without a socket goes through all that a served one does: limits, layers,
 * streams, rejections; and what a handler breaks off is no response.
 * Method: requests to routers in this process; one allocation after the other fails. */
#include "fail_alloc.h"
#include "web_server.h"

#include <edo/sse.h>
#include <edo/streams.h>
#include <edo/test_web.h>

typedef struct item {
    int64_t id;
    edo_str name;
} item;
EDO_DESCRIBE(item, EDO_FIELD(item, id, .min = 1), EDO_FIELD(item, name, .max_len = 8))

static int doubles_id(edo_web *w) {
    item it;
    int err = edo_web_json(w, &it, &item_desc);
    it.id *= err < 0 ? 1 : *(int *)edo_web_state(w);
    return err < 0 ? err : edo_web_reply_json(w, EDO_STATUS_CREATED, &it, &item_desc);
}

static int echoes(edo_web *w) {
    edo_stream *out = NULL;
    char buf[1000];
    int n = edo_web_set_header(w, "trailer", "x-sum");
    if (n == 0) n = edo_web_reply_stream(w, &out, EDO_STATUS_OK, "x/y");
    int64_t sum = 0;
    while (n >= 0 && (n = edo_read(edo_web_body_stream(w), buf, sizeof buf)) > 0) {
        sum += n;
        n = edo_write_all(out, buf, (size_t)n);
    }
    if (n < 0) return n;
    (void)snprintf(buf, sizeof buf, "%d", (int)sum);
    edo_headers *trailers = edo_response_trailers(edo_web_response(w));
    return edo_headers_append_named(trailers, EDO_STR("x-sum"), edo_str_of(buf));
}

static int breaks_off(edo_web *w) {
    edo_stream *out = NULL;
    int err = edo_web_reply_stream(w, &out, EDO_STATUS_OK, "x/y");
    if (err == 0) err = edo_write_all(out, "half", 4);
    return err < 0 ? err : -EIO;
}

/* Goes on although the request was refused, and fails within its own response. */
static int breaks_off_events(edo_web *w) {
    edo_sse sse;
    item it;
    if (edo_web_query(w, &it, &item_desc) == 0) return 0;
    int err = edo_sse_start(&sse, w, NULL);
    if (err == 0) err = edo_sse_send(&sse, &(edo_sse_event){ .data = EDO_STR("a") });
    return edo_sse_end(&sse, err < 0 ? err : -EIO);
}

static int gets_item(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "an item");
}

static int reads_body(edo_web *w, edo_next *next) {
    edo_str body;
    int err = edo_web_body(w, &body);
    return err < 0 ? err : edo_next_call(next, w);
}

static int marks(edo_web *w, edo_next *next) {
    int err = edo_web_set_header(w, "x-layer", "met");
    return err < 0 ? err : edo_next_call(next, w);
}

static edo_router *router(void) {
    edo_router *r = edo_router_new();
    edo_router_post(r, "/items", doubles_id);
    edo_router_wrap(r, edo_web_around(reads_body)); // the handler reads it, too
    edo_router_post(r, "/echo", echoes);
    edo_router_get(r, "/half", breaks_off);
    edo_router_get(r, "/events", breaks_off_events);
    edo_router_get(r, "/items/{id}", gets_item);
    edo_router_wrap(r, edo_web_around(marks));
    return r;
}

static int ask_json(edo_oneshot *got, edo_router *r, const char *body) {
    static int two = 2;
    edo_headers headers;
    edo_headers_init(&headers);
    int err = edo_headers_append(&headers, EDO_HEADER_CONTENT_TYPE, EDO_STR("application/json"));
    const edo_http_request req = { .method = EDO_METHOD_POST,
                                   .target = EDO_STR("/items"),
                                   .headers = &headers,
                                   .data = edo_str_of(body) };
    const edo_web_opts opts = { .state = &two, .body_max = 100 };
    if (err == 0) err = edo_web_oneshot(got, r, &req, &opts);
    edo_headers_deinit(&headers);
    return err;
}

static int whole(void *arg) {
    edo_oneshot got;
    edo_router *r = router();
    (void)arg;
    EDO_TEST_OK(ask_json(&got, r, "{\"id\":3,\"name\":\"a\"}"));
    CHECK_EQ(got.status, 201);
    CHECK_EQ(strcmp(got.body.ptr, "{\"id\":6,\"name\":\"a\"}"), 0);
    CHECK(edo_str_equal(edo_headers_get_named(&got.headers, EDO_STR("x-layer")), EDO_STR("met")));
    edo_oneshot_deinit(&got);
    EDO_TEST_OK(ask_json(&got, r, "{\"id\":0}"));
    CHECK(got.status == 422 && strstr(got.body.ptr, "#/name"));
    edo_oneshot_deinit(&got);
    EDO_TEST_OK(edo_web_oneshot(&got, r, &(edo_http_request){ .target = EDO_STR("/none") }, NULL));
    CHECK_EQ(got.status, 404);
    edo_oneshot_deinit(&got);
    const edo_http_request bad = { .target = EDO_STR("/items/%zz") };
    EDO_TEST_OK(edo_web_oneshot(&got, r, &bad, NULL));
    CHECK(got.status == 400 && strstr(got.body.ptr, "badly encoded"));
    CHECK(edo_str_equal(edo_headers_get_named(&got.headers, EDO_STR("x-layer")), EDO_STR("met")));
    edo_oneshot_deinit(&got);
    edo_router_free(r);
    return 0;
}

static void request_goes_through_the_whole_stack(void **state) {
    (void)state;
    assert_int_equal(inside(whole, NULL), 0);
}

static int streams(void *arg) {
    static char bytes[300000];
    edo_oneshot got;
    edo_router *r = router();
    edo_headers te;
    (void)arg;
    memset(bytes, 'b', sizeof bytes);
    edo_headers_init(&te);
    EDO_TEST_OK(edo_headers_append(&te, EDO_HEADER_TE, EDO_STR("trailers")));
    const edo_http_request req = { .method = EDO_METHOD_POST,
                                   .target = EDO_STR("/echo"),
                                   .headers = &te,
                                   .data = { bytes, sizeof bytes } };
    EDO_TEST_OK(edo_web_oneshot(&got, r, &req, NULL));
    CHECK(got.status == 200 && got.body.len == sizeof bytes);
    CHECK_EQ(memcmp(got.body.ptr, bytes, sizeof bytes), 0);
    CHECK(edo_str_equal(edo_headers_get_named(&got.trailers, EDO_STR("x-sum")), EDO_STR("300000")));
    edo_oneshot_deinit(&got);
    edo_headers_deinit(&te);
    const edo_http_request half = { .target = EDO_STR("/half") };
    CHECK_EQ(edo_web_oneshot(&got, r, &half, NULL), -EDO_EEOF);
    const edo_http_request events = { .target = EDO_STR("/events") };
    CHECK_EQ(edo_web_oneshot(&got, r, &events, NULL), -EDO_EEOF);
    edo_router_free(r);
    return 0;
}

static void bodies_stream_and_a_broken_one_is_no_response(void **state) {
    (void)state;
    assert_int_equal(inside(streams, NULL), 0);
}

static int serve_theirs(void *stream) {
    edo_router *r = router();
    int err = edo_web_serve_stream(r, stream, NULL);
    edo_router_free(r);
    return err;
}

/* Byte by byte, several requests, and a drain in between. */
static int bytes_by_hand(void *arg) {
    static const char request[] = "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nab";
    edo_stream *ours, *theirs;
    char said[1024] = "";
    size_t n = 0;
    (void)arg;
    EDO_TEST_OK(edo_duplex(&ours, &theirs, 64)); // less than a response
    edo_task *task = edo_spawn(serve_theirs, theirs);
    for (size_t i = 0; i < sizeof request - 1; i++)
        EDO_TEST_OK(edo_write_all(ours, request + i, 1));
    while (!strstr(said, "\r\n0\r\n\r\n")) {
        int got = edo_read(ours, said + n, sizeof said - 1 - n);
        CHECK(got > 0);
        n += (size_t)got;
    }
    CHECK(strstr(said, "HTTP/1.1 200 OK\r\n") && strstr(said, "ab\r\n"));
    edo_task_cancel(task);
    CHECK_EQ(edo_read(ours, said, sizeof said), 0); // idle, and so closed by the drain
    edo_close(ours);
    return edo_task_join(task);
}

static void connection_in_memory_is_served_until_it_drains(void **state) {
    (void)state;
    assert_int_equal(inside(bytes_by_hand, NULL), 0);
}

static int says_peer(edo_web *w) {
    edo_addr peer;
    char text[24] = "none";
    if (edo_request_peer(edo_web_request(w), &peer) == 0)
        (void)snprintf(text, sizeof text, "port %u", (unsigned)edo_addr_port(&peer));
    return edo_web_reply_text(w, EDO_STATUS_OK, text);
}

static int from_somewhere(void *arg) {
    static const char *const peers[][2] = { { "203.0.113.7:4321", "port 4321" },
                                            { "[2001:db8::7]:80", "port 80" } };
    const edo_http_request req = { .target = EDO_STR("/peer") };
    edo_router *r = edo_router_new();
    edo_oneshot got;
    (void)arg;
    edo_router_get(r, "/peer", says_peer);
    for (size_t i = 0; i < EDO_COUNT(peers); i++) {
        edo_addr peer;
        EDO_TEST_OK(edo_addr_parse(&peer, peers[i][0]));
        EDO_TEST_OK(edo_web_oneshot_from(&got, r, &req, NULL, &peer));
        CHECK_EQ(strcmp(got.body.ptr, peers[i][1]), 0);
        edo_oneshot_deinit(&got);
    }
    EDO_TEST_OK(edo_web_oneshot(&got, r, &req, NULL));
    CHECK_EQ(strcmp(got.body.ptr, "none"), 0);
    edo_oneshot_deinit(&got);
    edo_router_free(r);
    return 0;
}

static void client_has_the_address_that_the_test_says(void **state) {
    (void)state;
    assert_int_equal(inside(from_somewhere, NULL), 0);
}

static int without_memory(void *arg) {
    edo_oneshot got;
    edo_router *r = router();
    bool has_failed = true;
    (void)arg;
    EDO_TEST_OK(ask_json(&got, r, "{\"id\":3,\"name\":\"a\"}")); // what is kept for later is there
    edo_oneshot_deinit(&got);
    for (int k = 1; has_failed; k++) {
        fail_alloc_in = k;
        int err = ask_json(&got, r, "{\"id\":3,\"name\":\"a\"}");
        has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        CHECK(has_failed || (err == 0 && got.status == 201));
        if (err == 0) CHECK(got.status == 201 || got.status == 500);
        if (err == 0) edo_oneshot_deinit(&got);
    }
    edo_router_free(r);
    return 0;
}

static void without_memory_nothing_is_left(void **state) {
    (void)state;
    assert_int_equal(inside(without_memory, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_goes_through_the_whole_stack),
        cmocka_unit_test(bodies_stream_and_a_broken_one_is_no_response),
        cmocka_unit_test(connection_in_memory_is_served_until_it_drains),
        cmocka_unit_test(client_has_the_address_that_the_test_says),
        cmocka_unit_test(without_memory_nothing_is_left),
    };
    fail_alloc_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
