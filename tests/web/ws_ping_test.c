/* SPDX-License-Identifier: MIT */
/* Goal: a peer that takes a long message slowly, and so has not seen the ping behind it, is not
 * given up; one that takes no more is, and so is one that has seen the ping.
 * Method: messages that fit into the kernel's buffer, or not, and clients that read them in pieces;
 * a clock that is moved by hand, since sockets are under it. */
#include "../http/tcp_server.h"
#include "ws_ended.h"

#include <edo/task.h>

#define PIECES 16u /* in which the client reads the message, half a second apart */

static char large[2u << 20];
static size_t message_n; /* bytes of the message */
static int began_n;      /* messages that are being sent */

static const edo_ws_opts options = { .ping_interval = EDO_S(1), .ping_timeout = EDO_S(1) };

/* ---- Servers --------------------------------------------------------------------------------- */

static int sends(void *ws) {
    began_n++;
    int err = edo_ws_send_binary(ws, (edo_str){ large, message_n });
    edo_ws_unref(ws);
    return err;
}

/* Replies with the message, beside the receiver. */
static int replies(edo_ws *ws) {
    edo_ws *shared = edo_ws_ref(ws);
    int err = edo_spawn_detached(sends, shared);
    if (err < 0) edo_ws_unref(shared);
    return err;
}

static int in_fiber(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, &options);
    while (err == 0 && (err = edo_ws_recv(ws, &m)) == 0) err = replies(ws);
    return over(err == -EDO_ECLOSED ? 0 : err);
}

static int on_message(edo_ws *ws, const edo_ws_message *m) {
    (void)m;
    return replies(ws);
}

static void on_close(edo_ws *ws) {
    (void)over(edo_ws_close_code(ws) == EDO_WS_CLOSE_ABNORMAL ? -ETIMEDOUT : 0);
}

static int without_fiber(edo_web *w) {
    static const edo_ws_handler handler = { .on_message = on_message, .on_close = on_close };
    return edo_ws_handle(w, &handler, NULL, &options);
}

static edo_web_fn *const forms[] = { in_fiber, without_fiber };

/* ---- Peers ----------------------------------------------------------------------------------- */

/* Half a second passes, in which the server may do what is due. */
static void pass_half_a_second(void) {
    for (int i = 0; i < 50; i++) EDO_TEST_OK(edo_time_advance(edo_ms(10)));
}

/* A client to which a message of `n` bytes is being sent. It has read the head of that. */
static edo_stream *begin(web_served *s, edo_web_fn *fn, size_t n) {
    char head[10];
    edo_router *r = edo_router_new();
    edo_router_get(r, "/echo", fn);
    s->http.tcp = (edo_tcp_opts){ .recv_buffer = 4096, .send_buffer = 256u << 10 };
    message_n = n;
    began_n = 0;
    ended.is_over = false;
    web_begin(s, r);
    edo_stream *c = upgraded(s);
    send_frame(c, TEXT, "go", 2);
    WAIT_FOR_EQ(began_n, 1);
    CHECK_EQ(edo_read_exact(c, head, sizeof head), 0);
    return c;
}

static void read_piece(edo_stream *c) {
    static char piece[sizeof large / PIECES];
    CHECK_EQ(edo_read_exact(c, piece, message_n / PIECES), 0);
}

/* Reads all in eight seconds, and the ping behind it, which it replies to. */
static void read_slowly(edo_web_fn *fn, size_t n) {
    web_served s = { .opts = { .state = NULL } };
    edo_stream *c = begin(&s, fn, n);
    for (unsigned i = 0; i < PIECES; i++) {
        pass_half_a_second();
        if (ended.is_over) edo_test_fail("given up before piece %u of %zu bytes", i, n);
        read_piece(c);
    }
    expect(c, PING, "", 0);
    send_frame(c, PONG, "", 0);
    pass_half_a_second();
    CHECK(!ended.is_over);
    send_frame(c, CLOSE_, "\x03\xe8", 2);
    expect_close(c, 1000);
    edo_close(c);
    CHECK_EQ(serve_end_by_hand(&s.http), 0);
    CHECK_EQ(ended.code, 0);
}

static int reads_slowly(void *arg) {
    static const size_t sizes[] = { 128u << 10, sizeof large }; // the second waits for room
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(forms); i++)
        for (size_t k = 0; k < EDO_COUNT(sizes); k++) read_slowly(forms[i], sizes[k]);
    return 0;
}

static void peer_that_takes_a_long_message_slowly_is_not_given_up(void **state) {
    (void)state;
    assert_int_equal(inside_by_hand(reads_slowly, NULL), 0);
}

/* Reads `pieces`, and then no more. Returns after how long it was given up, in ms; it may be more
 * than is due, since the clock goes on while the kernel passes bytes. */
static int64_t given_up_after(edo_web_fn *fn, unsigned pieces) {
    web_served s = { .opts = { .state = NULL } };
    edo_stream *c = begin(&s, fn, 128u << 10);
    for (unsigned i = 0; i < pieces; i++) {
        pass_half_a_second();
        read_piece(c);
    }
    edo_instant since = edo_now();
    PASS_UNTIL(ended.is_over);
    CHECK_EQ(ended.code, -ETIMEDOUT);
    edo_close(c);
    CHECK_EQ(serve_end_by_hand(&s.http), 0);
    return edo_instant_since(ended.at, since).ns / 1000000;
}

static int reads_no_more(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(forms); i++) {
        int64_t ms = given_up_after(forms[i], 0);
        CHECK(ms >= 1900); // an interval, and the time of the ping
        ms = given_up_after(forms[i], 3);
        CHECK(ms >= 1000);
    }
    return 0;
}

static void peer_that_takes_no_more_is_given_up(void **state) {
    (void)state;
    assert_int_equal(inside_by_hand(reads_no_more, NULL), 0);
}

/* Reads all, the ping, too, and says nothing. */
static int is_mute(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(forms); i++) (void)given_up_after(forms[i], PIECES);
    return 0;
}

static void peer_that_has_all_and_says_nothing_is_given_up(void **state) {
    (void)state;
    assert_int_equal(inside_by_hand(is_mute, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peer_that_takes_a_long_message_slowly_is_not_given_up),
        cmocka_unit_test(peer_that_takes_no_more_is_given_up),
        cmocka_unit_test(peer_that_has_all_and_says_nothing_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
