/* SPDX-License-Identifier: MIT */
/* Goal: what the handlers of requests that came together respond at once leaves by one write, and
 * so do requests that tasks of a client send at once.
 * Method: the stream of that side counts its writes. */
#include "h2_peer.h"

#include <edo/http2.h>

typedef struct counting {
    edo_stream base;
    edo_stream *below;
    int writes;
} counting;

static counting *counting_of(edo_stream *s) {
    return (counting *)(void *)s;
}

static edo_polled counting_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                const struct iovec *to, size_t n, uint32_t flags, int *result) {
    edo_stream *b = counting_of(s)->below;
    return b->ops->poll_read(b, cx, wait, to, n, flags, result);
}

static edo_polled counting_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                 const struct iovec *from, size_t n, int *result) {
    edo_stream *b = counting_of(s)->below;
    counting_of(s)->writes++;
    return b->ops->poll_write(b, cx, wait, from, n, result);
}

static edo_polled counting_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_stream *b = counting_of(s)->below;
    return b->ops->poll_shutdown(b, cx, wait, result);
}

static edo_polled counting_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                                 int *result) {
    edo_stream *b = counting_of(s)->below;
    return b->ops->poll_ready(b, cx, wait, what, result);
}

static void counting_unwait(edo_stream *s, edo_io_wait *wait) {
    edo_stream *b = counting_of(s)->below;
    b->ops->unwait(b, wait);
}

static void counting_close(edo_stream *s) {
    edo_close(edo_stream_ref(counting_of(s)->below));
}

static void counting_free(edo_stream *s) {
    edo_stream_unref(counting_of(s)->below);
}

static int counting_fd(edo_stream *s) {
    (void)s;
    return -1;
}

static const edo_stream_ops counting_ops = { .name = "counting",
                                             .flags = EDO_STREAM_VECTORED | EDO_STREAM_OVER,
                                             .poll_read = counting_read,
                                             .poll_write = counting_write,
                                             .poll_shutdown = counting_shutdown,
                                             .poll_ready = counting_ready,
                                             .unwait = counting_unwait,
                                             .close = counting_close,
                                             .free = counting_free,
                                             .fd = counting_fd };

static int hello(edo_request *req, edo_response *res, void *arg) {
    (void)req, (void)arg;
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR("Hello, World!"));
}

static int serves(void *stream) {
    return edo_http_serve_stream(hello, NULL, stream, NULL);
}

static h2_peer peer;

static int are_counted(void *arg) {
    counting c = { .base = { .ops = &counting_ops, .refs = EDOI_ATOMIC_INIT(1) } };
    h2_answer *a[20];
    edo_stream *client;
    (void)arg;
    CHECK_EQ(edo_duplex(&client, &c.below, 1 << 20), 0);
    edo_task *task = edo_spawn(serves, &c.base);
    CHECK(task != NULL);
    h2_begin(&peer, client, NULL, 0);
    a[0] = h2_ask(&peer, "GET", "/", NULL);
    h2_await(&peer, a[0]);
    h2_send(&peer);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // acknowledgements have gone
    int before = c.writes;
    for (int i = 0; i < 20; i++) a[i] = h2_ask(&peer, "GET", "/", NULL);
    const uint8_t *bytes;
    edo_buf all = { 0 };
    for (ssize_t n; (n = nghttp2_session_mem_send(peer.session, &bytes)) > 0;)
        CHECK_EQ(edo_buf_append(&all, bytes, (size_t)n), 0);
    CHECK_EQ(edo_write_all(client, all.ptr, all.len), 0);
    edo_buf_deinit(&all);
    for (int i = 0; i < 20; i++) h2_await(&peer, a[i]);
    CHECK_EQ(c.writes - before, 1);
    h2_end(&peer);
    CHECK_EQ(edo_task_join(task), 0);
    return 0;
}

static void responses_of_one_turn_are_one_write(void **state) {
    (void)state;
    assert_int_equal(inside(are_counted, NULL), 0);
}

static int asks(void *http2) {
    edo_http_response *res;
    char body[20];
    CHECK_EQ(edo_http2_send(http2, &res, &(edo_http_request){ .target = EDO_STR("/") }), 0);
    CHECK_EQ(edo_read(res->body, body, sizeof body), 13);
    CHECK_EQ(edo_read(res->body, body, sizeof body), 0);
    edo_http_response_free(res);
    return 0;
}

static int requests_are_counted(void *arg) {
    static counting c;
    c = (counting){ .base = { .ops = &counting_ops, .refs = EDOI_ATOMIC_INIT(1) } };
    edo_stream *server;
    edo_http2 *http2;
    edo_scope s;
    (void)arg;
    CHECK_EQ(edo_duplex(&server, &c.below, 1 << 20), 0);
    edo_task *task = edo_spawn(serves, server);
    CHECK(task != NULL);
    CHECK_EQ(edo_http2_over(&http2, &c.base, &(edo_http2_opts){ .host = "example.com" }), 0);
    CHECK_EQ(asks(http2), 0);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // acknowledgements have gone
    int before = c.writes;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < 20; i++) edo_scope_spawn(&s, asks, http2);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    CHECK_EQ(c.writes - before, 1);
    CHECK_EQ(edo_http2_shutdown(http2), 0);
    edo_http2_close(http2);
    CHECK_EQ(edo_task_join(task), 0);
    return 0;
}

static void requests_of_one_turn_are_one_write(void **state) {
    (void)state;
    assert_int_equal(inside(requests_are_counted, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(responses_of_one_turn_are_one_write),
        cmocka_unit_test(requests_of_one_turn_are_one_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
