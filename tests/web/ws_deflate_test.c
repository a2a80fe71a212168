/* SPDX-License-Identifier: MIT */
/* Goal: a socket that has agreed on permessage-deflate speaks it, within its limits; the cases of
 * Autobahn's groups 12 and 13.
 * Method: frames of RFC 7692 section 7.2.3 written by hand, and what comes back, byte for byte. */
#include "ws_client.h"

#include <edo/notify.h>

static edo_ws_opts options;

static int say_again(edo_ws *ws, const edo_ws_message *m) {
    return edo_ws_send(ws, m);
}

static const edo_ws_handler functions = { .on_message = say_again };

static int echo(edo_web *w) {
    return edo_ws_handle(w, &functions, NULL, &options);
}

static void serve_with(web_served *s, edo_ws_opts opts) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/echo", echo);
    options = opts;
    web_begin(s, r);
}

/* Connects with an offer; the response has to have the extension as `wanted` says; NULL: none. */
static edo_stream *connected(web_served *s, const char *offer, const char *wanted) {
    heard h = { 0 };
    edo_stream *c = client_of(&s->http);
    say(c, HELLO "sec-websocket-extensions: ");
    say(c, offer);
    say(c, "\r\n\r\n");
    CHECK(hear_until(c, &h, "\r\n\r\n"));
    CHECK(has(&h, " 101 "));
    CHECK_EQ(has(&h, "sec-websocket-extensions: "), wanted != NULL);
    if (wanted) CHECK(has(&h, wanted));
    return c;
}

static bool cannot(void) {
    edo_ws_opts o = { .deflate = true };
    web_served s = { .opts = { .state = NULL } };
    serve_with(&s, o);
    heard h = { 0 };
    edo_stream *c = client_of(&s.http);
    say(c, HELLO "sec-websocket-extensions: permessage-deflate\r\n\r\n");
    CHECK(hear_until(c, &h, "\r\n\r\n"));
    edo_close(c);
    CHECK_EQ(web_end(&s), 0);
    if (has(&h, "permessage-deflate")) return false;
    (void)printf("skipped: this build has no zlib\n");
    return true;
}

#define TEXT_Z   0xc1
#define BINARY_Z 0xc2
#define HELLO_Z  "\xf2\x48\xcd\xc9\xc9\x07\x00"
#define WITHOUT  "permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"

static int messages(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    if (cannot()) return 0;
    serve_with(&s, (edo_ws_opts){ .deflate = true, .deflate_ratio_max = UINT16_MAX });
    edo_stream *c = connected(&s, "permessage-deflate; client_max_window_bits", WITHOUT);
    send_frame(c, TEXT_Z, HELLO_Z, 7);
    expect(c, TEXT, "Hello", 5); // 64 bytes are the least that is worth it
    send_frame(c, TEXT, "plain", 5);
    expect(c, TEXT, "plain", 5);
    send_frame(c, 0x41, HELLO_Z, 3); // in fragments, with a ping between
    send_frame(c, PING, "p", 1);
    send_frame(c, 0x80, &HELLO_Z[3], 4);
    expect(c, PONG, "p", 1);
    expect(c, TEXT, "Hello", 5);
    send_frame(c, TEXT_Z, "\0", 1); // an empty message
    expect(c, TEXT, "", 0);
    static char zeros[70000]; // what is expanded leaves compressed
    memset(zeros, 'z', sizeof zeros);
    send_frame(c, BINARY, zeros, sizeof zeros);
    static char got[70000];
    size_t n, first_n;
    CHECK_EQ(hear_frame(c, got, &first_n), BINARY_Z);
    CHECK(first_n < 1000);
    send_frame(c, BINARY_Z, got, first_n);
    static char again[70000];
    CHECK_EQ(hear_frame(c, again, &n), BINARY_Z);
    CHECK(n == first_n && memcmp(got, again, n) == 0); // without a context the same bytes
    send_frame(c, CLOSE_, "\x03\xe8", 2);
    expect_close(c, 1000);
    expect_end(c);
    c = connected(&s, "permessage-bzip2, permessage-deflate; server_max_window_bits=8", NULL);
    send_frame(c, BINARY, zeros, 1000);
    expect(c, BINARY, zeros, 1000);
    edo_close(c);
    return web_end(&s);
}

static void message_is_expanded_and_compressed(void **state) {
    (void)state;
    assert_int_equal(inside_each(messages, NULL), 0);
}

/* Limits of which there are none, and a level above the highest. */
static int extremes(void *arg) {
    static char zeros[300];
    web_served s = { .opts = { .state = NULL } };
    char got[sizeof zeros];
    size_t n;
    (void)arg;
    if (cannot()) return 0;
    serve_with(&s, (edo_ws_opts){ .deflate = true, .message_max = SIZE_MAX, .deflate_level = 12 });
    edo_stream *c = connected(&s, "permessage-deflate", WITHOUT);
    send_frame(c, TEXT_Z, HELLO_Z, 7);
    expect(c, TEXT, "Hello", 5);
    send_frame(c, BINARY, zeros, sizeof zeros);
    CHECK_EQ(hear_frame(c, got, &n), BINARY_Z);
    edo_close(c);
    return web_end(&s);
}

static void extreme_options_are_brought_to_their_bounds(void **state) {
    (void)state;
    assert_int_equal(inside(extremes, NULL), 0);
}

static int contexts(void *arg) {
    static char text[200];
    web_served s = { .opts = { .state = NULL } };
    char got[400];
    size_t n = 0, first_n = 0;
    (void)arg;
    if (cannot()) return 0;
    serve_with(&s, (edo_ws_opts){ .deflate = true, .deflate_keeps_context = true });
    edo_stream *c = connected(&s, "permessage-deflate", "permessage-deflate\r\n");
    send_frame(c, TEXT_Z, HELLO_Z, 7);
    expect(c, TEXT, "Hello", 5);
    send_frame(c, TEXT_Z, "\xf2\x00\x11\x00\x00", 5);
    expect(c, TEXT, "Hello", 5);
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)(i * 37 + i * i);
    for (int i = 0; i < 2; i++) {
        send_frame(c, BINARY, text, sizeof text);
        CHECK_EQ(hear_frame(c, got, &n), BINARY_Z);
        if (i == 0) first_n = n;
    }
    CHECK(n < first_n / 4); // the second time it is in the window
    edo_close(c);
    return web_end(&s);
}

static void context_is_kept_where_that_is_asked_for(void **state) {
    (void)state;
    assert_int_equal(inside(contexts, NULL), 0);
}

static int breaches(void *arg) {
    static const struct {
        unsigned first;
        const char *bytes;
        size_t n;
        unsigned code;
    } cases[] = {
        { 0xc9, "", 0, 1002 },                           // a ping with the bit
        { 0xc0, "", 0, 1002 },                           // a continuation with it
        { 0xe1, "", 0, 1002 },                           // another reserved bit
        { TEXT_Z, "\xff\xff\xff", 3, 1007 },             // nothing that zlib knows
        { TEXT_Z, "\x00\x01\x00\xfe\xff\xff", 6, 1007 }, // text that is no UTF-8
        { TEXT_Z, "\xf2\x00\x11\x00\x00", 5, 1007 },     // from a window that was not agreed on
    };
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    if (cannot()) return 0;
    serve_with(&s, (edo_ws_opts){ .deflate = true, .message_max = 100000 });
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        edo_stream *c = connected(&s, "permessage-deflate", WITHOUT);
        send_frame(c, cases[i].first, cases[i].bytes, cases[i].n);
        expect_close(c, cases[i].code);
        expect_end(c);
    }
    edo_stream *c = upgraded(&s); // nothing was agreed on
    send_frame(c, TEXT_Z, HELLO_Z, 7);
    expect_close(c, 1002);
    expect_end(c);
    return web_end(&s);
}

static void breach_has_its_code(void **state) {
    (void)state;
    assert_int_equal(inside(breaches, NULL), 0);
}

/* Sends `n` times what was compressed, as one message. */
static void send_times(edo_stream *c, const char *small, size_t bytes, int n) {
    for (int i = 0; i < n; i++) {
        send_frame(c, i == 0 ? 0x42 : 0x00, small, bytes);
        send_frame(c, 0x00, "\0\0\xff\xff", 4);
    }
    send_frame(c, 0x80, "\0", 1);
}

/* A bomb: a kilobyte for a megabyte. */
static int bombs(void *arg) {
    static char zeros[100000], small[4000];
    web_served s = { .opts = { .state = NULL } };
    size_t n;
    bool by_ratio = arg != NULL;
    if (cannot()) return 0;
    serve_with(&s, (edo_ws_opts){ .deflate = true,
                                  .deflate_ratio_max = by_ratio ? 0 : UINT16_MAX,
                                  .message_max = by_ratio ? 0 : sizeof zeros });
    edo_stream *c = connected(&s, "permessage-deflate", WITHOUT);
    send_frame(c, BINARY, zeros, sizeof zeros);
    CHECK_EQ(hear_frame(c, small, &n), BINARY_Z);
    if (by_ratio) { // within the limit of a message
        size_t bytes = n;
        char back[4000];
        send_times(c, small, bytes, 2); // as an honest client's text
        CHECK_EQ(hear_frame(c, back, &n), BINARY_Z);
        send_times(c, small, bytes, 11);
        CHECK_EQ(hear_frame(c, small, &n), CLOSE_);
        CHECK(n > 2 && memcmp(small, "\x03\xf1the message expands too much", n) == 0);
        expect_end(c);
        return web_end(&s);
    }
    send_frame(c, 0x42, small, n); // the same again and again, in one message
    send_frame(c, 0x00, "\0\0\xff\xff", 4);
    send_frame(c, 0x80, small, n);
    expect_close(c, 1009);
    expect_end(c);
    return web_end(&s);
}

static void bomb_ends_at_its_ratio(void **state) {
    bool by_ratio = true;
    (void)state;
    assert_int_equal(inside(bombs, &by_ratio), 0);
}

static void bomb_ends_at_the_limit_of_a_message(void **state) {
    (void)state;
    assert_int_equal(inside(bombs, NULL), 0);
}

/* ---- Frames for many ------------------------------------------------------------------------- */

static edo_ws *sockets[3];
static int sockets_n;

static int joins(edo_ws *ws) {
    sockets[sockets_n++] = edo_ws_ref(ws);
    return 0;
}

static const edo_ws_handler members = { .on_open = joins, .on_message = say_again };

static int join(edo_web *w) {
    return edo_ws_handle(w, &members, NULL, &options);
}

static int shares(void *arg) {
    static char text[1000], got[1000], first[1000];
    web_served s = { .opts = { .state = NULL } };
    edo_stream *c[3];
    edo_ws_frame *f;
    size_t n, first_n;
    (void)arg;
    if (cannot()) return 0;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/echo", join);
    options = (edo_ws_opts){ .deflate = true };
    sockets_n = 0;
    web_begin(&s, r);
    c[0] = connected(&s, "permessage-deflate", WITHOUT);
    c[1] = upgraded(&s);
    c[2] = connected(&s, "permessage-deflate", WITHOUT);
    WAIT_FOR(sockets_n >= 3);
    memset(text, 'a', sizeof text);
    CHECK_EQ(edo_ws_frame_new(&f, &(edo_ws_message){ EDO_WS_TEXT, { text, sizeof text } }), 0);
    CHECK_EQ(edo_ws_broadcast(sockets, 3, f), 3);
    edo_ws_frame_unref(f);
    CHECK_EQ(hear_frame(c[0], first, &first_n), TEXT_Z);
    CHECK(first_n < 50);
    expect(c[1], TEXT, text, sizeof text); // it has not agreed
    CHECK_EQ(hear_frame(c[2], got, &n), TEXT_Z);
    CHECK(n == first_n && memcmp(got, first, n) == 0);
    for (int i = 0; i < 3; i++) {
        edo_ws_unref(sockets[i]);
        edo_close(c[i]);
    }
    return web_end(&s);
}

static void frame_for_many_is_compressed_where_that_is_agreed_on(void **state) {
    (void)state;
    assert_int_equal(inside(shares, NULL), 0);
}

/* Receives what two have been sent, which is one form, and returns its length. */
static size_t hear_one_form(edo_stream *a, edo_stream *b) {
    static char one[4000], other[4000];
    size_t n = 0, other_n = 0;
    CHECK_EQ(hear_frame(a, one, &n), TEXT_Z);
    CHECK_EQ(hear_frame(b, other, &other_n), TEXT_Z);
    CHECK(n == other_n && memcmp(one, other, n) == 0);
    return n;
}

/* Text that says a thing twice, farther apart than the smaller window is long. */
static int shares_by_window(void *arg) {
    enum { HALF = 1500, N = 4 };
    static const char *const offers[2] = { "permessage-deflate",
                                           "permessage-deflate; server_max_window_bits=10" };
    static char text[2 * HALF];
    static edo_ws *all[N];
    web_served s = { .opts = { .state = NULL } };
    edo_stream *c[N];
    edo_ws_frame *f;
    uint32_t dice = 1;
    (void)arg;
    if (cannot()) return 0;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/echo", join);
    options = (edo_ws_opts){ .deflate = true, .deflate_level = 9 };
    web_begin(&s, r);
    for (int i = 0; i < N; i++) {
        sockets_n = 0;
        c[i] = connected(&s, offers[i % 2], i % 2 ? "server_max_window_bits=10" : WITHOUT);
        WAIT_FOR(sockets_n > 0);
        all[i] = sockets[0];
    }
    for (size_t i = 0; i < HALF; i++) {
        dice = dice * 1664525 + 1013904223;
        text[i] = text[i + HALF] = (char)('a' + (dice >> 24) % 26);
    }
    CHECK_EQ(edo_ws_frame_new(&f, &(edo_ws_message){ EDO_WS_TEXT, { text, sizeof text } }), 0);
    CHECK_EQ(edo_ws_broadcast(all, N, f), N);
    edo_ws_frame_unref(f);
    size_t large = hear_one_form(c[0], c[2]), small = hear_one_form(c[1], c[3]);
    CHECK(large < HALF && small > HALF && small < sizeof text);
    for (int i = 0; i < N; i++) {
        edo_ws_unref(all[i]);
        edo_close(c[i]);
    }
    return web_end(&s);
}

static void frame_for_many_is_compressed_for_each_window(void **state) {
    (void)state;
    assert_int_equal(inside(shares_by_window, NULL), 0);
}

/* ---- Many tasks ------------------------------------------------------------------------------ */

enum { TASKS = 4, FRAMES = 100, FRAME_N = 1000 };

static edo_ws *shared; /* counted; set in `on_open`, before `has_shared` */
static edo_notify has_shared;

static int gets_shared(edo_ws *ws) {
    shared = edo_ws_ref(ws);
    edo_notify_one(&has_shared);
    return 0;
}

/* Posts frames of its own letter, and sends others itself. */
static int talks(void *letter) {
    char bytes[FRAME_N];
    memset(bytes, *(const char *)letter, sizeof bytes);
    for (int i = 0; i < FRAMES; i++) {
        edo_ws_message m = { EDO_WS_BINARY, { bytes, sizeof bytes } };
        edo_ws_frame *f;
        CHECK_EQ(edo_ws_frame_new(&f, &m), 0);
        CHECK_EQ(edo_ws_post(shared, f), 0);
        edo_ws_frame_unref(f);
        if (i % 10 == 0) CHECK_EQ(edo_ws_send(shared, &m), 0);
    }
    return 0;
}

static int closes_behind(void *arg) {
    edo_task **talkers = arg;
    for (int i = 0; i < TASKS; i++) CHECK_EQ(edo_task_join(talkers[i]), 0);
    return edo_ws_close(shared, 4000, EDO_STR("that was all"));
}

static const edo_ws_handler sharing = { .on_open = gets_shared, .on_message = say_again };

static int shares_it(edo_web *w) {
    return edo_ws_handle(w, &sharing, NULL, &options);
}

static int tasks(void *arg) {
    static char letters[TASKS];
    web_served s = { .opts = { .state = NULL } };
    edo_task *talkers[TASKS];
    char got[FRAME_N];
    int heard_n = 0;
    size_t n;
    unsigned first;
    (void)arg;
    if (cannot()) return 0;
    has_shared = (edo_notify)EDO_NOTIFY_INIT;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/echo", shares_it);
    options = (edo_ws_opts){ .deflate = true, .queue_max = 1000 };
    web_begin(&s, r);
    edo_stream *c = connected(&s, "permessage-deflate", WITHOUT);
    CHECK_EQ(edo_notify_wait(&has_shared), 0);
    for (int i = 0; i < TASKS; i++) {
        letters[i] = (char)('a' + i);
        talkers[i] = edo_spawn(talks, &letters[i]);
        CHECK(talkers[i] != NULL);
    }
    edo_task *closer = edo_spawn(closes_behind, talkers);
    while ((first = hear_frame(c, got, &n)) == BINARY_Z) heard_n++;
    CHECK_EQ(first, CLOSE_);
    CHECK_EQ(heard_n, TASKS * (FRAMES + FRAMES / 10));
    CHECK_EQ(edo_task_join(closer), 0);
    send_frame(c, CLOSE_, "\x0f\xa0", 2);
    expect_end(c);
    edo_ws_unref(shared);
    return web_end(&s);
}

static void tasks_share_a_socket_that_compresses(void **state) {
    (void)state;
    assert_int_equal(inside_each(tasks, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_is_expanded_and_compressed),
        cmocka_unit_test(extreme_options_are_brought_to_their_bounds),
        cmocka_unit_test(context_is_kept_where_that_is_asked_for),
        cmocka_unit_test(breach_has_its_code),
        cmocka_unit_test(bomb_ends_at_its_ratio),
        cmocka_unit_test(bomb_ends_at_the_limit_of_a_message),
        cmocka_unit_test(frame_for_many_is_compressed_where_that_is_agreed_on),
        cmocka_unit_test(frame_for_many_is_compressed_for_each_window),
        cmocka_unit_test(tasks_share_a_socket_that_compresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
