/* SPDX-License-Identifier: MIT */
/* Goal: a client's connection at rest costs little, can be used again, and knows when it has ended.
 * Method: servers that are scripts, edo's own server, and an allocator that counts bytes. */
#include "http_server.h"

#include <edo/http1.h>

#include <malloc.h>
#include <stdatomic.h>

#define GET "GET / HTTP/1.1\r\nhost: x\r\n\r\n"

static const edo_http_request get = { 0 };

/* ---- Memory ---------------------------------------------------------------------------------- */

static atomic_long live_bytes; /* of allocations that were not freed */
static atomic_bool is_poor;    /* there is no more memory */

static long bytes_of(void *ptr) {
    return ptr ? (long)malloc_usable_size(ptr) : 0;
}

static void *count_alloc(void *arg, size_t bytes) {
    (void)arg;
    void *p = atomic_load(&is_poor) ? NULL : malloc(bytes);
    atomic_fetch_add(&live_bytes, bytes_of(p));
    return p;
}

static void *count_realloc(void *arg, void *ptr, size_t bytes) {
    (void)arg;
    long before = bytes_of(ptr);
    void *p = atomic_load(&is_poor) ? NULL : realloc(ptr, bytes);
    if (p) atomic_fetch_add(&live_bytes, bytes_of(p) - before);
    return p;
}

static void count_free(void *arg, void *ptr) {
    (void)arg;
    atomic_fetch_sub(&live_bytes, bytes_of(ptr));
    free(ptr);
}

/* ---- A server that is a script --------------------------------------------------------------- */

typedef struct scripted {
    edo_test_script *peer;
    edo_http1 *c;
} scripted;

static scripted begin(void) {
    scripted s;
    edo_stream *stream;
    EDO_TEST_OK(edo_test_script_new(&s.peer, &stream, "server"));
    EDO_TEST_OK(edo_http1_over(&s.c, stream, &(edo_http1_opts){ .host = "x" }));
    return s;
}

static void expects(scripted *s, const char *bytes) {
    edo_test_script_write(s->peer, bytes, strlen(bytes));
}

static void responds(scripted *s, const char *bytes) {
    edo_test_script_read(s->peer, bytes, strlen(bytes));
}

/* Reads the body; returns 0 or the failure. */
static int body_of(edo_http_response *res, char *text, size_t room) {
    size_t n = 0;
    int got;
    while ((got = edo_read(res->body, text + n, room - 1 - n)) > 0) n += (size_t)got;
    text[n] = 0;
    return got;
}

/* ---- At rest --------------------------------------------------------------------------------- */

static int says_hello(edo_request *req, edo_response *res, void *arg) {
    (void)req, (void)arg;
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR("hello"));
}

static int resting(void *arg) {
    (void)arg;
    served s = { .handler = says_hello, .opts = { .idle_timeout = edo_ms(700) } };
    edo_http1 *c;
    edo_http_response *res;
    char text[64];
    serve_begin(&s);
    EDO_TEST_OK(edo_http1_over(&c, client_of(&s), &(edo_http1_opts){ .host = "x" }));
    for (int i = 0; i < 3; i++) {
        EDO_TEST_OK(edo_http1_send(c, &res, &get));
        CHECK_EQ(body_of(res, text, sizeof text), 0);
        CHECK(strcmp(text, "hello") == 0);
        edo_http1_rest(c);
        CHECK(edo_http1_is_reusable(c));
        EDO_TEST_OK(edo_sleep(edo_ms(10)));
    }
    edo_instant start = edo_now();
    EDO_TEST_OK(edo_http1_wait_end(c)); // the server closes it
    CHECK(ms_since(start) >= 600 && ms_since(start) <= 700);
    CHECK_EQ(edo_http1_send(c, &res, &get), -EDO_ECLOSED);
    edo_http1_close(c);
    return serve_end(&s);
}

static void connection_at_rest_can_be_used_again_and_sees_its_end(void **state) {
    (void)state;
    assert_int_equal(inside(resting, NULL), 0);
}

static int cancelled(void *arg) {
    (void)arg;
    served s = { .handler = says_hello };
    edo_http1 *c;
    edo_http_response *res;
    serve_begin(&s);
    EDO_TEST_OK(edo_http1_connect(&c, s.address, NULL));
    for (int i = 0; i < 3; i++) {
        edo_deadline limit;
        edo_deadline_begin(&limit, edo_ms(10));
        CHECK_EQ(edo_deadline_end(&limit, edo_http1_wait_end(c)), -ETIMEDOUT);
        char text[64];
        EDO_TEST_OK(edo_http1_send(c, &res, &get));
        CHECK_EQ(body_of(res, text, sizeof text), 0);
        CHECK(strcmp(text, "hello") == 0);
        if (i == 1) edo_http1_rest(c);
    }
    edo_http1_close(c);
    return serve_end(&s);
}

static void wait_that_was_cut_short_leaves_the_connection_good(void **state) {
    (void)state;
    assert_int_equal(inside_each(cancelled, NULL), 0);
}

static int small(void *arg) {
    (void)arg;
    edo_http_response *res;
    scripted s = begin();
    for (int i = 0; i < 2; i++) {
        expects(&s, GET);
        responds(&s, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n");
        responds(&s, "hi");
        EDO_TEST_OK(edo_http1_send(s.c, &res, &get));
        char text[8];
        CHECK_EQ(edo_read(res->body, text, i == 0 ? 8 : 1), i == 0 ? 2 : 1);
        long before = atomic_load(&live_bytes);
        edo_http1_rest(s.c);
        CHECK_EQ(edo_http1_is_reusable(s.c), i == 0); // a body that was not read
        edo_http1_rest(s.c);
        CHECK(before - atomic_load(&live_bytes) > 24 * 1024);
    }
    long before = atomic_load(&live_bytes);
    edo_http1_close(s.c);
    CHECK(before - atomic_load(&live_bytes) <= 512);
    edo_test_script_close(s.peer);
    return 0;
}

static void connection_at_rest_has_no_buffer(void **state) {
    (void)state;
    assert_int_equal(inside(small, NULL), 0);
}

static const edo_ext_tag tag = { .name = "tag" };

static int released(void *arg) {
    (void)arg;
    edo_http_response *res;
    edo_stream *stream;
    edo_buf ahead = { 0 };
    char text[8];
    scripted s = begin();
    EDO_TEST_OK(edo_http1_release(s.c, &stream, &ahead)); // before a request
    CHECK_EQ(ahead.len, 0);
    EDO_TEST_OK(edo_http1_over(&s.c, stream, &(edo_http1_opts){ .host = "x" }));
    CHECK(edo_http1_stream(s.c) == stream);
    expects(&s, GET);
    responds(&s, "HTTP/1.1 204 None\r\n\r\nahead");
    responds(&s, "more");
    EDO_TEST_OK(edo_http1_send(s.c, &res, &get));
    stream = NULL;
    atomic_store(&is_poor, true);
    CHECK_EQ(edo_http1_release(s.c, &stream, &ahead), -ENOMEM);
    CHECK_EQ(edo_ext_set(edo_http1_ext(s.c), &tag, text), -ENOMEM);
    atomic_store(&is_poor, false);
    CHECK(!stream && res->status == EDO_STATUS_NO_CONTENT); // nothing has changed
    CHECK(!edo_ext_get(edo_http1_ext(s.c), &tag));
    EDO_TEST_OK(edo_http1_release(s.c, &stream, &ahead));
    CHECK(edo_str_equal((edo_str){ ahead.ptr, ahead.len }, EDO_STR("ahead")));
    CHECK_EQ(edo_read(stream, text, sizeof text), 4);
    edo_buf_deinit(&ahead);
    edo_close(stream);
    edo_test_script_close(s.peer);
    return 0;
}

static void released_connection_gives_back_what_was_read_ahead(void **state) {
    (void)state;
    assert_int_equal(inside(released, NULL), 0);
}

static int released_late(void *arg) {
    (void)arg;
    edo_http_response *res;
    edo_stream *stream;
    edo_buf ahead = { 0 };
    char text[8];
    scripted s = begin();
    expects(&s, GET);
    responds(&s, "HTTP/1.1 204 None\r\n\r\n");
    responds(&s, "late");
    EDO_TEST_OK(edo_http1_send(s.c, &res, &get));
    EDO_TEST_OK(edo_http1_wait_end(s.c));
    CHECK(!edo_http1_is_reusable(s.c));
    EDO_TEST_OK(edo_http1_release(s.c, &stream, &ahead));
    CHECK(edo_str_equal((edo_str){ ahead.ptr, ahead.len }, EDO_STR("l")));
    CHECK_EQ(edo_read(stream, text, sizeof text), 3);
    CHECK(memcmp(text, "ate", 3) == 0);
    edo_buf_deinit(&ahead);
    edo_close(stream);
    edo_test_script_close(s.peer);
    return 0;
}

static void released_connection_gives_back_what_came_unasked(void **state) {
    (void)state;
    assert_int_equal(inside(released_late, NULL), 0);
}

int main(void) {
    edo_allocator counting = { .alloc = count_alloc, .realloc = count_realloc, .free = count_free };
    if (edo_set_allocator(&counting) < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connection_at_rest_can_be_used_again_and_sees_its_end),
        cmocka_unit_test(wait_that_was_cut_short_leaves_the_connection_good),
        cmocka_unit_test(connection_at_rest_has_no_buffer),
        cmocka_unit_test(released_connection_gives_back_what_was_read_ahead),
        cmocka_unit_test(released_connection_gives_back_what_came_unasked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
