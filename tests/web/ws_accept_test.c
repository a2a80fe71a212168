/* SPDX-License-Identifier: MIT */
/* Goal: a WebSocket as the fallback of a router without routes; what is sent between messages that
 * came together leaves in one write, and never waits longer than its task does.
 * Method: a client that writes frames by hand, and counts what one read gets. */
#include "ws_client.h"

#include <edo/notify.h>
#include <edo/scope.h>

/* The handler's last result. */
static int ended;

static int echo(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, &(edo_ws_opts){ .message_max = 1000 });
    if (err < 0) return err;
    while (err >= 0 && (err = edo_ws_recv(ws, &m)) == 0)
        err = edo_str_equal(m.data, EDO_STR("fail")) ? -EIO : edo_ws_send(ws, &m);
    return ended = err == -EDO_ECLOSED ? 0 : err;
}

static void begin(web_served *s, edo_web_fn *handler) {
    edo_router *r = edo_router_new();
    edo_router_fallback(r, handler);
    web_begin(s, r);
}

static edo_stream *connected(web_served *s, const char *rest, size_t n) {
    heard h = { 0 };
    edo_stream *c = client_of(&s->http);
    size_t hello = sizeof HELLO "\r\n" - 1;
    memcpy(wire, HELLO "\r\n", hello);
    if (n > 0) memcpy(wire + hello, rest, n);
    CHECK_EQ(edo_write_all(c, wire, hello + n), 0);
    char byte; // not a byte beyond the head
    while (!strstr(h.text, "\r\n\r\n") && edo_read(c, &byte, 1) == 1) h.text[h.len++] = byte;
    CHECK(has(&h, " 101 "));
    return c;
}

static int bare(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    begin(&s, echo);
    ask(&s.http, &h, "GET /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    CHECK(has(&h, "HTTP/1.1 426 ") && has(&h, "sec-websocket-version: 13\r\n"));
    CHECK(has(&h, "a WebSocket of version 13 is wanted"));
    char early[64]; // sent before the response has come
    edo_stream *c = connected(&s, early, print_frame(early, TEXT, "early", 5));
    expect(c, TEXT, "early", 5);
    send_frame(c, BINARY, "again", 5);
    expect(c, BINARY, "again", 5);
    send_frame(c, CLOSE_, "\x03\xe8", 2);
    expect_close(c, 1000);
    expect_end(c);
    WAIT_FOR_EQ(ended, 0);
    c = connected(&s, NULL, 0);
    send_frame(c, TEXT, "fail", 4);
    expect_close(c, 1011);
    send_frame(c, CLOSE_, "\x03\xf3", 2);
    expect_end(c);
    WAIT_FOR_EQ(ended, -EIO);
    c = connected(&s, NULL, 0);
    static char large[1001];
    send_frame(c, BINARY, large, sizeof large);
    expect_close(c, 1009);
    expect_end(c);
    WAIT_FOR_EQ(ended, -EMSGSIZE);
    return web_end(&s);
}

static void fallback_of_a_router_accepts_and_ends_a_socket(void **state) {
    (void)state;
    assert_int_equal(inside(bare, NULL), 0);
}

/* ---- One write for all ----------------------------------------------------------------------- */

#define DEEP 16

static size_t print_deep(char *to) {
    size_t n = 0;
    for (int i = 0; i < DEEP; i++) n += print_frame(to + n, BINARY, "0123456789abcdef", 16);
    return n;
}

static int deep(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    char got[DEEP * 18 + 1];
    (void)arg;
    begin(&s, echo);
    edo_stream *c = connected(&s, NULL, 0);
    for (int round = 0; round < 3; round++) {
        size_t n = print_deep(wire);
        CHECK_EQ(edo_write_all(c, wire, n), 0);
        CHECK_EQ(edo_read(c, got, sizeof got), DEEP * 18); // two bytes of head each
        for (size_t i = 0; i < DEEP; i++)
            CHECK_EQ(memcmp(got + i * 18,
                            "\x82\x10"
                            "0123456789abcdef",
                            18),
                     0);
    }
    edo_close(c);
    return web_end(&s);
}

static void replies_to_messages_of_one_read_leave_in_one_write(void **state) {
    (void)state;
    assert_int_equal(inside(deep, NULL), 0);
}

static edo_notify go_on = EDO_NOTIFY_INIT;

/* Waits for something else after its first reply, while more messages are at hand. */
static int waits(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, NULL);
    if (err < 0) return err;
    for (int i = 0; err >= 0 && (err = edo_ws_recv(ws, &m)) == 0; i++) {
        err = edo_ws_send(ws, &m);
        if (err == 0 && i == 0) err = edo_notify_wait(&go_on);
    }
    return ended = err == -EDO_ECLOSED ? 0 : err;
}

static int waiting(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    begin(&s, waits);
    edo_stream *c = connected(&s, NULL, 0);
    size_t n = print_deep(wire);
    CHECK_EQ(edo_write_all(c, wire, n), 0);
    expect(c, BINARY, "0123456789abcdef", 16); // although the handler waits
    edo_notify_one(&go_on);
    for (int i = 1; i < DEEP; i++) expect(c, BINARY, "0123456789abcdef", 16);
    send_frame(c, CLOSE_, "\x03\xe8", 2);
    expect_close(c, 1000);
    expect_end(c);
    return web_end(&s);
}

static void reply_does_not_wait_for_a_task_that_waits_for_something_else(void **state) {
    (void)state;
    assert_int_equal(inside_each(waiting, NULL), 0);
}

static int trickles(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    begin(&s, echo);
    edo_stream *c = connected(&s, NULL, 0);
    size_t n = print_frame(wire, TEXT, "0123456789", 10), i = 0;
    while (i < n && edo_write(c, wire + i, 1) == 1) {
        i++;
        CHECK_EQ(edo_sleep(edo_s(10)), 0);
    }
    WAIT_FOR_EQ(ended, -ETIMEDOUT);
    CHECK(i < n);
    edo_close(c);
    return web_end(&s);
}

static void message_that_trickles_ends_the_socket(void **state) {
    (void)state;
    ended = 0;
    assert_int_equal(inside(trickles, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fallback_of_a_router_accepts_and_ends_a_socket),
        cmocka_unit_test(replies_to_messages_of_one_read_leave_in_one_write),
        cmocka_unit_test(reply_does_not_wait_for_a_task_that_waits_for_something_else),
        cmocka_unit_test(message_that_trickles_ends_the_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
