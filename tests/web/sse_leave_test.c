/* SPDX-License-Identifier: MIT */
/* Goal: events that have ended in order keep the connection's place until their client has taken
 * all, and what one that does not read has left is discarded.
 * Method: events that fit into the kernel's buffer at the server's end, and not into that of the
 * client; a clock that is moved by hand, since sockets are under it. */
#include "../http/tcp_server.h"
#include "web_server.h"

#include <edo/sse.h>

#define EVENTS_N 128

static char text[1024]; /* of an event */
static int closed_n;

static int posts_all(edo_sse_events *e) {
    const edo_sse_event event = { .data = { text, sizeof text } };
    edo_sse_frame *f;
    int err = edo_sse_frame_new(&f, &event);
    for (int i = 0; err == 0 && i < EVENTS_N; i++) err = edo_sse_post(e, f);
    edo_sse_frame_unref(f);
    return err == 0 ? -EDO_ECLOSED : err; // in order, behind these
}

static void counts_end(edo_sse_events *e) {
    (void)e;
    closed_n++;
}

static int events(edo_web *w) {
    static const edo_sse_handler h = { .on_open = posts_all, .on_close = counts_end };
    return edo_sse_handle(w, &h, NULL, &(edo_sse_opts){ .keep_alive = EDO_OFF });
}

/* A client for which all events have been written, and which has read none of them. */
static edo_stream *begin(web_served *s) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", events);
    s->http.tcp = (edo_tcp_opts){ .recv_buffer = 4096, .send_buffer = 4 * EVENTS_N * sizeof text };
    s->http.opts.rate_min = 1u << 30;
    memset(text, 'x', sizeof text);
    closed_n = 0;
    web_begin(s, r);
    edo_stream *c = client_of(&s->http);
    say(c, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    WAIT_FOR_EQ(closed_n, 1);
    return c;
}

static bool is_reset(edo_stream *c) {
    struct tcp_info info = { 0 };
    socklen_t bytes = sizeof info;
    CHECK_EQ(getsockopt(edo_stream_fd(c), IPPROTO_TCP, TCP_INFO, &info, &bytes), 0);
    return info.tcpi_state == TCP_CLOSE;
}

static int does_not_read(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    edo_stream *c = begin(&s);
    PASS_UNTIL(is_reset(c));
    edo_close(c);
    return serve_end_by_hand(&s.http);
}

static void client_that_does_not_read_is_reset(void **state) {
    (void)state;
    assert_int_equal(inside_by_hand(does_not_read, NULL), 0);
}

static int reads_late(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    static char got[2 * EVENTS_N * sizeof text];
    size_t n = 0;
    int err;
    (void)arg;
    edo_stream *c = begin(&s);
    EDO_TEST_OK(edo_time_advance(edo_s(4)));
    CHECK_EQ(edo_tcp_set_recv_buffer(c, sizeof got), 0); // it opens its window
    while ((err = edo_read(c, got + n, sizeof got - n)) > 0) n += (size_t)err;
    CHECK_EQ(err, 0);
    CHECK(n > EVENTS_N * sizeof text);
    CHECK_EQ(memcmp(got + n - 7, "\r\n0\r\n\r\n", 7), 0); // the last chunk
    edo_close(c);
    return serve_end_by_hand(&s.http);
}

static void client_that_reads_late_gets_all(void **state) {
    (void)state;
    assert_int_equal(inside_by_hand(reads_late, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_that_does_not_read_is_reset),
        cmocka_unit_test(client_that_reads_late_gets_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
