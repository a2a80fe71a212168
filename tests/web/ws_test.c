/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/ws.h, and the cases of RFC 6455 in groups as Autobahn has them.
 * Method: a server, and a client that writes each frame byte by byte as the case wants it. */
#include "ws_client.h"

#include <edo/scope.h>

/* What the handler saw last. */
static struct {
    int code;
    uint16_t close_code;
    char reason[128];
} seen;

static int echo_with(edo_web *w, const edo_ws_opts *opts) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, opts);
    if (err < 0) return err;
    while (err >= 0 && (err = edo_ws_recv(ws, &m)) == 0) {
        if (edo_str_equal(m.data, EDO_STR("return"))) return 0;
        if (edo_str_equal(m.data, EDO_STR("fail"))) return -EIO;
        if (edo_str_equal(m.data, EDO_STR("shutdown")))
            return edo_ws_shutdown(ws, 4000, EDO_STR("enough"));
        err = edo_ws_send(ws, &m);
    }
    edo_str reason = edo_ws_close_reason(ws);
    seen.code = err;
    seen.close_code = edo_ws_close_code(ws);
    memcpy(seen.reason, reason.ptr, reason.len);
    seen.reason[reason.len] = 0;
    return err == -EDO_ECLOSED ? 0 : err;
}

static int echo(edo_web *w) {
    static const char *const origins[] = { "https://friend.example" };
    static const char *const protocols[] = { "chat.v2", "chat.v1" };
    return echo_with(w, &(edo_ws_opts){ .message_max = 1 << 20,
                                        .origins = origins,
                                        .origins_n = 1,
                                        .protocols = protocols,
                                        .protocols_n = 2 });
}

static void serve_echo(web_served *s) {
    edo_router *r = edo_router_new();
    edo_router_any(r, "/echo", echo);
    web_begin(s, r);
}

/* ---- Messages -------------------------------------------------------------------------------- */

static int sizes(void *arg) {
    static const size_t ns[] = { 0, 1, 125, 126, 127, 128, 4000, 4096, 65535, 65536, 1 << 20 };
    static char payload[1 << 20];
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    serve_echo(&s);
    edo_stream *c = upgraded(&s);
    for (size_t i = 0; i < sizeof payload; i++) payload[i] = (char)('a' + i % 26);
    for (size_t i = 0; i < EDO_COUNT(ns); i++) {
        send_frame(c, i % 2 ? BINARY : TEXT, payload, ns[i]);
        expect(c, i % 2 ? BINARY : TEXT, payload, ns[i]);
    }
    send_frame(c, CLOSE_,
               "\x03\xe8"
               "bye",
               5);
    expect_close(c, 1000);
    expect_end(c);
    CHECK(seen.code == -EDO_ECLOSED && seen.close_code == 1000 && !strcmp(seen.reason, "bye"));
    return web_end(&s);
}

static void message_of_any_size_comes_back(void **state) {
    (void)state;
    assert_int_equal(inside(sizes, NULL), 0);
}

static int fragments(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    serve_echo(&s);
    edo_stream *c = upgraded(&s);
    send_frame(c, 0x01, "frag\xe2", 5); // a character in two frames
    send_frame(c, PING, "one", 3);
    send_frame(c, 0x00, "\x82", 1);
    send_frame(c, 0x00, "", 0);
    send_frame(c, PONG, "unasked", 7);
    send_frame(c, 0x80, "\xac!", 2);
    expect(c, PONG, "one", 3);
    expect(c, TEXT, "frag\xe2\x82\xac!", 8);
    send_frame(c, PING, "", 0);
    expect(c, PONG, "", 0);
    // Three messages and a ping in one write.
    size_t n = print_frame(wire, TEXT, "a", 1);
    n += print_frame(wire + n, PING, "p", 1);
    n += print_frame(wire + n, BINARY, "b", 1);
    n += print_frame(wire + n, TEXT, "", 0);
    CHECK_EQ(edo_write_all(c, wire, n), 0);
    expect(c, TEXT, "a", 1);
    expect(c, PONG, "p", 1);
    expect(c, BINARY, "b", 1);
    expect(c, TEXT, "", 0);
    // Byte by byte.
    n = print_frame(wire, 0x01, "by", 2);
    n += print_frame(wire + n, PING, "te", 2);
    n += print_frame(wire + n, 0x80, "s\xc3\xa9", 3);
    for (size_t i = 0; i < n; i++) {
        CHECK_EQ(edo_write_all(c, wire + i, 1), 0);
        for (int k = 0; k < 3; k++) CHECK_EQ(edo_yield(), 0);
    }
    expect(c, PONG, "te", 2);
    expect(c, TEXT, "bys\xc3\xa9", 5);
    send_frame(c, CLOSE_, "", 0);
    char none;
    size_t none_n = 1;
    CHECK_EQ(hear_frame(c, &none, &none_n), CLOSE_);
    CHECK_EQ(none_n, 0);
    expect_end(c);
    CHECK_EQ(seen.close_code, EDO_WS_CLOSE_NO_CODE);
    return web_end(&s);
}

static void fragments_are_one_message_and_pings_come_between(void **state) {
    (void)state;
    assert_int_equal(inside(fragments, NULL), 0);
}

/* ---- Several senders ------------------------------------------------------------------------- */

#define SENDERS  3
#define MESSAGES 200

static int sends_many(void *ws) {
    char text[3 * MESSAGES];
    int err = 0;
    for (size_t i = 1; i <= MESSAGES && err == 0; i++) {
        memset(text, (char)i, 3 * i); // each byte tells the length
        err = edo_ws_send_binary(ws, (edo_str){ text, 3 * i });
    }
    return err;
}

static int sends_beside(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    edo_scope scope;
    int err = edo_ws_upgrade(&ws, w, NULL);
    if (err == 0) err = edo_ws_recv(ws, &m);
    if (err < 0) return err;
    edo_scope_begin(&scope, NULL);
    for (int i = 0; i < SENDERS; i++)
        edo_scope_spawn_with(&scope, sends_many, ws, &(edo_spawn_opts){ .spread = true });
    while ((err = edo_ws_recv(ws, &m)) == 0 && m.kind == EDO_WS_BINARY) continue;
    int sent = edo_scope_end(&scope, 0);
    return err < 0 ? err : sent;
}

static int senders(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new();
    unsigned char got[3 * MESSAGES];
    size_t pongs = 0, messages = 0, n;
    (void)arg;
    edo_router_get(r, "/echo", sends_beside);
    web_begin(&s, r);
    edo_stream *c = upgraded(&s);
    send_frame(c, TEXT, "begin", 5);
    while (messages < SENDERS * MESSAGES || pongs < messages / 10) {
        unsigned first = hear_frame(c, (char *)got, &n);
        pongs += first == PONG;
        if (first == PONG) continue;
        CHECK(first == BINARY && n == 3 * (size_t)got[0]);
        for (size_t i = 1; i < n; i++) CHECK_EQ(got[i], got[0]);
        if (++messages % 10 == 0) send_frame(c, PING, "", 0);
    }
    send_frame(c, TEXT, "", 0);
    expect_close(c, 1000);
    send_frame(c, CLOSE_, "", 0);
    expect_end(c);
    return web_end(&s);
}

static void messages_of_several_senders_and_pongs_do_not_mix(void **state) {
    (void)state;
    assert_int_equal(inside_each(senders, NULL), 0);
}

/* ---- What breaks the protocol ---------------------------------------------------------------- */

static int breaches(void *arg) {
    static const struct {
        unsigned first; /* of the frame before, which is sent without an end; 0: none */
        const char *bytes;
        size_t n;
        unsigned code;
        int seen;
    } cases[] = {
        { 0, "\xc1\x80....", 6, 1002, -EPROTO },                      // a reserved bit
        { 0, "\x83\x80....", 6, 1002, -EPROTO },                      // an opcode that is not known
        { 0, "\x09\x80....", 6, 1002, -EPROTO },                      // a ping in fragments
        { 0, "\x89\xfe\x00\x7e", 4, 1002, -EPROTO },                  // a ping of 126 bytes
        { 0, "\x82\xfe\x00\x05....", 8, 1002, -EPROTO },              // a length in too many bytes
        { 0, "\x80\x80....", 6, 1002, -EPROTO },                      // a continuation of nothing
        { 0x01, "\x81\x80....", 6, 1002, -EPROTO },                   // a message within another
        { 0, "\x81\x01x", 3, 1002, -EPROTO },                         // no mask
        { 0, "\x81\x81\0\0\0\0\xff", 7, 1007, -EILSEQ },              // no UTF-8
        { 0, "\x01\x82\0\0\0\0\xc3\x28", 8, 1007, -EILSEQ },          // in a fragment, told at once
        { 0, "\x81\x81\0\0\0\0\xc3", 7, 1007, -EILSEQ },              // half a character
        { 0x02, "\x80\x81\0\0\0\0\xff", 7, 0, 0 },                    // but binary may be anything
        { 0, "\x82\xff\0\0\0\0\0\x10\0\1....", 14, 1009, -EMSGSIZE }, // above message_max
        { 0, "\x88\x81\0\0\0\0\x03", 7, 1002, -EPROTO },              // half a code
        { 0, "\x88\x82\0\0\0\0\x03\xed", 8, 1002, -EPROTO },          // 1005
        { 0, "\x88\x83\0\0\0\0\x03\xe8\xff", 9, 1007, -EILSEQ },      // a reason that is no UTF-8
    };
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    serve_echo(&s);
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        edo_stream *c = upgraded(&s);
        if (cases[i].first) send_frame(c, cases[i].first, "", 0);
        CHECK_EQ(edo_write_all(c, cases[i].bytes, cases[i].n), 0);
        if (cases[i].code == 0) {
            expect(c, BINARY, "\xff", 1);
            edo_close(c);
            continue;
        }
        expect_close(c, cases[i].code);
        expect_end(c);
        CHECK(seen.code == cases[i].seen && seen.close_code == cases[i].code);
    }
    return web_end(&s);
}

static void breach_is_answered_with_its_code(void **state) {
    (void)state;
    assert_int_equal(inside(breaches, NULL), 0);
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static int ends(void *arg) {
    static const struct {
        const char *message;
        unsigned code;
    } cases[] = { { "return", 1000 }, { "fail", 1011 }, { "shutdown", 4000 } };
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    serve_echo(&s);
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        edo_stream *c = upgraded(&s);
        send_frame(c, TEXT, cases[i].message, strlen(cases[i].message));
        expect_close(c, cases[i].code);
        send_frame(c, TEXT, "dropped", 7); // was under way
        send_frame(c, CLOSE_, "\x03\xe8", 2);
        expect_end(c);
    }
    edo_stream *c = upgraded(&s); // it ends without a close
    edo_close(c);
    WAIT_FOR_EQ(seen.code, -EDO_EEOF);
    CHECK_EQ(seen.close_code, EDO_WS_CLOSE_ABNORMAL);
    c = upgraded(&s); // a peer that never closes has 5 s
    edo_instant start = edo_now();
    send_frame(c, TEXT, "return", 6);
    expect_close(c, 1000);
    expect_end(c);
    CHECK(ms_since(start) >= 5000);
    c = upgraded(&s); // a drain
    edo_task_cancel(s.http.task);
    expect_close(c, 1001);
    send_frame(c, CLOSE_, "\x03\xe9", 2);
    expect_end(c);
    return web_end(&s);
}

static void end_of_the_handler_is_a_close(void **state) {
    (void)state;
    assert_int_equal(inside(ends, NULL), 0);
}

static int silence(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    serve_echo(&s);
    edo_stream *c = upgraded(&s);
    edo_instant start = edo_now();
    expect(c, PING, "", 0);
    CHECK_EQ(ms_since(start), 30000);
    send_frame(c, PONG, "", 0);
    expect(c, PING, "", 0);
    CHECK_EQ(ms_since(start), 60000);
    char byte;
    CHECK_EQ(edo_read(c, &byte, 1), 0); // nothing was said any more
    CHECK(ms_since(start) >= 70000);
    CHECK_EQ(seen.code, -ETIMEDOUT);
    edo_close(c);
    return web_end(&s);
}

static void silent_peer_is_pinged_and_given_up(void **state) {
    (void)state;
    assert_int_equal(inside(silence, NULL), 0);
}

/* ---- Handshakes ------------------------------------------------------------------------------ */

#define REST "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define LAST "connection: upgrade, close\r\nhost: x:1\r\n\r\n"

/* A client must refuse a protocol that it has not offered. */
static void ask_in_other_case(web_served *s) {
    heard h = { 0 };
    edo_stream *c = client_of(&s->http);
    say(c, "GET /echo HTTP/1.1\r\nupgrade: websocket\r\nsec-websocket-protocol: CHAT.v1\r\n" REST
               LAST);
    CHECK(hear_until(c, &h, "\r\n\r\n"));
    CHECK(has(&h, " 101 ") && !has(&h, "sec-websocket-protocol"));
    edo_close(c);
}

static int handshakes(void *arg) {
    static const struct {
        const char *request, *wanted;
    } cases[] = {
        { "POST /echo HTTP/1.1\r\nupgrade: websocket\r\n" REST LAST, " 405 " },
        { "GET /echo HTTP/1.1\r\n" REST LAST, " 426 " },
        { "GET /echo HTTP/1.1\r\nupgrade: h2c\r\n" REST LAST, " 426 " },
        { "GET /echo HTTP/1.0\r\nupgrade: websocket\r\n" REST LAST, " 426 " },
        { "GET /echo HTTP/1.1\r\nupgrade: websocket\r\nsec-websocket-version: 12\r\n" LAST,
          "sec-websocket-version: 13\r\n" },
        { "GET /echo HTTP/1.1\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n" LAST,
          " 400 " },
        { "GET /echo HTTP/1.1\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
          "sec-websocket-key: c2hvcnQ=\r\n" LAST,
          " 400 " },
        { "GET /echo HTTP/1.1\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
          "sec-websocket-key: AQIDBAUGBwgJCgsMDQ4PEC==\r\n" LAST, // of section 4.1
          " 101 " },
        { "GET /echo HTTP/1.1\r\nupgrade: websocket\r\norigin: https://evil.example\r\n" REST LAST,
          " 403 " },
        { "GET /echo HTTP/1.1\r\nupgrade: websocket\r\norigin: http://x:2\r\n" REST LAST, " 403 " },
        { "GET /echo HTTP/1.1\r\nupgrade: websocket\r\norigin: null\r\n" REST LAST, " 403 " },
        { "GET /echo HTTP/1.1\r\nupgrade: websocket\r\norigin: http://x:1\r\n" REST LAST, " 101 " },
        { "GET /echo HTTP/1.1\r\nupgrade: websocket\r\norigin: https://friend.example\r\n" REST
              LAST,
          " 101 " },
        { "GET /echo HTTP/1.1\r\nupgrade: foo, websocket\r\n"
          "sec-websocket-protocol: chat.v0, chat.v1, chat.v2\r\n" REST LAST,
          "sec-websocket-protocol: chat.v2\r\n" },
        { "GET /echo HTTP/1.1\r\nupgrade: websocket\r\nsec-websocket-protocol: chat.v0\r\n"
          "sec-websocket-protocol: chat.v1\r\n" REST LAST,
          "sec-websocket-protocol: chat.v1\r\n" },
        { "GET /echo HTTP/1.1\r\nupgrade: websocket\r\nsec-websocket-protocol: other\r\n" REST LAST,
          " 101 " },
        { "GET /echo HTTP/1.1\r\nconnection: keep-alive\r\nupgrade: h2c\r\nupgrade: "
          "websocket\r\n" REST LAST,
          " 101 " },
        { "GET /echo HTTP/1.1\r\nupgrade: websocket\r\ncontent-length: 1\r\n" REST
          "connection: upgrade, close\r\nhost: x:1\r\n\r\nx",
          " 400 " },
        { "GET /echo HTTP/1.1\r\nupgrade: websocket\r\nsec-websocket-version: 8\r\n" REST LAST,
          " 426 " },
        { "GET /echo HTTP/1.1\r\nupgrade: websocket\r\n" REST "sec-websocket-version: 8\r\n" LAST,
          " 426 " },
        { "GET /echo HTTP/1.1\r\nupgrade: websocket\r\n" REST
          "sec-websocket-key: AQIDBAUGBwgJCgsMDQ4PEC==\r\n" LAST,
          " 400 " },
        { "GET /echo HTTP/1.1\r\nupgrade: websocket\r\norigin: http://x:1\r\n"
          "origin: https://evil.example\r\n" REST LAST,
          " 403 " },
        { "GET http://y.example/echo HTTP/1.1\r\nupgrade: websocket\r\n"
          "origin: http://y.example:80\r\n" REST LAST,
          " 101 " },
    };
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    serve_echo(&s);
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        heard h = { 0 };
        edo_stream *c = client_of(&s.http);
        say(c, cases[i].request);
        CHECK(hear_until(c, &h, "\r\n\r\n"));
        if (!has(&h, cases[i].wanted)) (void)fprintf(stderr, "%s%s", cases[i].request, h.text);
        CHECK(has(&h, cases[i].wanted));
        edo_close(c);
    }
    ask_in_other_case(&s);
    return web_end(&s);
}

static void handshake_that_cannot_be_is_refused(void **state) {
    (void)state;
    assert_int_equal(inside(handshakes, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_of_any_size_comes_back),
        cmocka_unit_test(fragments_are_one_message_and_pings_come_between),
        cmocka_unit_test(messages_of_several_senders_and_pongs_do_not_mix),
        cmocka_unit_test(breach_is_answered_with_its_code),
        cmocka_unit_test(end_of_the_handler_is_a_close),
        cmocka_unit_test(silent_peer_is_pinged_and_given_up),
        cmocka_unit_test(handshake_that_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
