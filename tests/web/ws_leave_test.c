/* SPDX-License-Identifier: MIT */
/* Goal: of a WebSocket whose peer does not read the kernel keeps nothing once its time is over,
 * whoever closes first; one that reads late gets all, and the close.
 * Method: a message that fits into the kernel's buffer at the server's end, and not into that of
 * the client; a clock that is moved by hand, since sockets are under it. */
#include "../http/tcp_server.h"
#include "ws_client.h"

static char large[128 << 10];
static int opened_n; /* sockets to which the message has been sent */

/* ---- Servers --------------------------------------------------------------------------------- */

/* What it does with a message of the client, which is the only one. */
static int sends_large(edo_ws *ws, const edo_ws_message *m) {
    (void)m;
    int err = edo_ws_send_binary(ws, (edo_str){ large, sizeof large });
    opened_n++;
    return err;
}

/* It does not wait for the end, but is told of it. */
static int sends_and_closes(edo_ws *ws, const edo_ws_message *m) {
    int err = sends_large(ws, m);
    return err < 0 ? err : edo_ws_close(ws, 4000, EDO_STR(""));
}

/* More than all buffers on the way hold: the rest waits for the client. */
static int posts_much(edo_ws *ws, const edo_ws_message *m) {
    const edo_ws_message part = { .kind = EDO_WS_BINARY, .data = { large, sizeof large } };
    edo_ws_frame *f;
    int err = edo_ws_frame_new(&f, &part);
    (void)m;
    for (int i = 0; err == 0 && i < 7; i++) err = edo_ws_post(ws, f);
    edo_ws_frame_unref(f);
    opened_n++;
    return err;
}

/* The same in a send, which waits until it has been too long. */
static int sends_much(edo_ws *ws, const edo_ws_message *m) {
    static char much[1 << 20];
    (void)m;
    opened_n++;
    return edo_ws_send_binary(ws, (edo_str){ much, sizeof much });
}

typedef int reply_fn(edo_ws *ws, const edo_ws_message *m);

static int receives(edo_web *w, reply_fn *reply) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, NULL);
    while (err == 0 && (err = edo_ws_recv(ws, &m)) == 0) err = reply(ws, &m);
    return err == -EDO_ECLOSED ? 0 : err;
}

static int fiber(edo_web *w) {
    return receives(w, sends_large);
}

static int fiber_that_closes(edo_web *w) {
    return receives(w, sends_and_closes);
}

static int fiber_that_posts_much(edo_web *w) {
    return receives(w, posts_much);
}

static int fiber_that_sends_much(edo_web *w) {
    return receives(w, sends_much);
}

static int functions_that_post_much(edo_web *w) {
    static const edo_ws_handler handler = { .on_message = posts_much };
    return edo_ws_handle(w, &handler, NULL, NULL);
}

static int functions(edo_web *w) {
    static const edo_ws_handler handler = { .on_message = sends_large };
    return edo_ws_handle(w, &handler, NULL, NULL);
}

static int functions_that_close(edo_web *w) {
    static const edo_ws_handler handler = { .on_message = sends_and_closes };
    return edo_ws_handle(w, &handler, NULL, NULL);
}

typedef struct form {
    edo_web_fn *fn;
    bool closes; /* the server does, else the client */
} form;

static const form forms[] = {
    { fiber, false },
    { functions, false },
    { fiber_that_closes, true },
    { functions_that_close, true },
};

static const form stuck[] = {
    { fiber_that_posts_much, false },
    { fiber_that_sends_much, true },
    { functions_that_post_much, false },
};

/* A client that was sent the message, and the close or has sent it; it has read nothing. */
static edo_stream *begin(web_served *s, const form *f) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/echo", f->fn);
    s->http.tcp = (edo_tcp_opts){ .recv_buffer = 4096, .send_buffer = 2 * sizeof large };
    s->http.opts.rate_min = 1u << 30;
    opened_n = 0;
    web_begin(s, r);
    edo_stream *c = upgraded(s);
    send_frame(c, TEXT, "go", 2);
    WAIT_FOR_EQ(opened_n, 1);
    if (!f->closes) send_frame(c, CLOSE_, "\x0f\xa0", 2);
    return c;
}

/* ---- Peers ----------------------------------------------------------------------------------- */

static bool is_reset(edo_stream *c) {
    struct tcp_info info = { 0 };
    socklen_t bytes = sizeof info;
    CHECK_EQ(getsockopt(edo_stream_fd(c), IPPROTO_TCP, TCP_INFO, &info, &bytes), 0);
    return info.tcpi_state == TCP_CLOSE;
}

static int does_not_read(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_stream *c = begin(&s, arg);
    PASS_UNTIL(is_reset(c));
    edo_close(c);
    return serve_end_by_hand(&s.http);
}

static void peer_that_does_not_read_is_reset(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(forms); i++)
        assert_int_equal(inside_by_hand(does_not_read, (void *)(uintptr_t)&forms[i]), 0);
}

static void peer_that_does_not_read_what_still_waits_is_reset(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(stuck); i++)
        assert_int_equal(inside_by_hand(does_not_read, (void *)(uintptr_t)&stuck[i]), 0);
}

static int reads_late(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_stream *c = begin(&s, arg);
    EDO_TEST_OK(edo_time_advance(edo_s(4)));
    CHECK_EQ(edo_tcp_set_recv_buffer(c, sizeof large), 0); // it opens its window
    expect(c, BINARY, large, sizeof large);
    expect_close(c, 4000);
    edo_close(c);
    return serve_end_by_hand(&s.http);
}

static void peer_that_reads_late_gets_all(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(forms); i++)
        assert_int_equal(inside_by_hand(reads_late, (void *)(uintptr_t)&forms[i]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peer_that_does_not_read_is_reset),
        cmocka_unit_test(peer_that_does_not_read_what_still_waits_is_reset),
        cmocka_unit_test(peer_that_reads_late_gets_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
