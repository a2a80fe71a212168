/* SPDX-License-Identifier: MIT */
/* Goal: the groups of Autobahn's suite, which is not here: 1 framing, 2 pings, 3 reserved bits, 4
 * opcodes, 5 fragments, 6 UTF-8, 7 closes, 9 limits, 10 the rest; 12 and 13 are in
 * ws_deflate_test.c. Each for a socket in a fiber, one of functions, and the client's end.
 * Method: an echo, and a peer that writes frames by hand: in one write, and byte by byte. */
#include "ws_client.h"

#include <edo/scope.h>
#include <edo/ws_client.h>

static const edo_ws_opts limits = { .message_max = 8 << 20 };

static int echo_all(edo_ws *ws) {
    edo_ws_message m;
    int err = 0;
    while (err >= 0 && (err = edo_ws_recv(ws, &m)) == 0) err = edo_ws_send(ws, &m);
    return err;
}

static int in_fiber(edo_web *w) {
    edo_ws *ws;
    int err = edo_ws_upgrade(&ws, w, &limits);
    return err < 0 ? err : echo_all(ws);
}

static int say_again(edo_ws *ws, const edo_ws_message *m) {
    return edo_ws_send(ws, m);
}

static const edo_ws_handler functions = { .on_message = say_again };

static int of_functions(edo_web *w) {
    return edo_ws_handle(w, &functions, NULL, &limits);
}

/* ---- The peer -------------------------------------------------------------------------------- */

typedef enum side { FIBER, FUNCTIONS, CLIENT, SIDES } side;

/* One conversation; as the client's peer it is a server. */
typedef struct talk {
    web_served served;
    edo_listener *front; /* of a peer of the client */
    side side;
    edo_stream *c;
    edo_task *client;
} talk;

static int echo_as_client(void *arg) {
    const talk *t = arg;
    const edo_ws_client_opts opts = { .socket = limits };
    char url[64];
    edo_ws *ws;
    (void)snprintf(url, sizeof url, "ws://127.0.0.1:%u/fiber",
                   (unsigned)edo_listener_port(t->front));
    CHECK_EQ(edo_ws_connect(&ws, edo_str_of(url), &opts), 0);
    return edo_ws_end(ws, echo_all(ws));
}

/* Moves what `from` says up to an empty line to `to`. */
static void pass_head_on(edo_stream *from, edo_stream *to) {
    heard h = { 0 };
    char byte;
    while (!strstr(h.text, "\r\n\r\n") && edo_read(from, &byte, 1) == 1) h.text[h.len++] = byte;
    CHECK_EQ(edo_write_all(to, h.text, h.len), 0);
}

/* The handshake is that of our server; then we are the server. */
static void be_server(talk *t) {
    t->client = edo_spawn(echo_as_client, t);
    CHECK_EQ(edo_accept(t->front, &t->c), 0);
    edo_stream *back = client_of(&t->served.http);
    pass_head_on(t->c, back);
    pass_head_on(back, t->c);
    edo_close(back);
}

static void be_client(talk *t) {
    heard h = { 0 };
    char hello[512];
    (void)snprintf(hello, sizeof hello, "GET /%s%s\r\n", t->side == FIBER ? "fiber" : "functions",
                   strchr(&HELLO[4], ' '));
    t->c = client_of(&t->served.http);
    say(t->c, hello);
    CHECK(hear_until(t->c, &h, "\r\n\r\n"));
    CHECK(has(&h, " 101 "));
}

static void talk_begin(talk *t) {
    if (t->side == CLIENT) {
        be_server(t);
    } else {
        be_client(t);
    }
}

static void talk_end(talk *t) {
    edo_close(t->c);
    if (t->client) (void)edo_task_join(t->client);
    t->client = NULL;
}

static size_t print_as(const talk *t, char *to, unsigned first, const char *bytes, size_t n) {
    if (t->side != CLIENT) return print_frame(to, first, bytes, n);
    size_t at = 0;
    to[at++] = (char)first;
    to[at++] = (char)(n < 126 ? n : n < 65536 ? 126 : 127);
    for (int i = n < 65536 ? 8 : 56; n >= 126 && i >= 0; i -= 8) to[at++] = (char)(n >> i);
    if (n > 0) memcpy(to + at, bytes, n);
    return at + n;
}

static char many[6 << 20], got[6 << 20];

static unsigned hear_as(const talk *t, size_t *n) {
    unsigned char head[14];
    if (edo_read_exact(t->c, head, 2) < 0) return 0;
    CHECK_EQ(head[1] >> 7, t->side == CLIENT);
    head[1] &= 0x7f;
    size_t more = head[1] == 126 ? 2 : head[1] == 127 ? 8 : 0;
    *n = more ? 0 : head[1];
    if (more) CHECK_EQ(edo_read_exact(t->c, head + 2, more), 0);
    for (size_t i = 0; i < more; i++) *n = *n << 8 | head[2 + i];
    if (t->side == CLIENT) CHECK_EQ(edo_read_exact(t->c, head + 10, 4), 0);
    if (*n > 0) CHECK_EQ(edo_read_exact(t->c, got, *n), 0);
    for (size_t i = 0; i < *n && t->side == CLIENT; i++) got[i] = (char)(got[i] ^ head[10 + i % 4]);
    return head[0];
}

static void expect_as(const talk *t, unsigned first, const char *bytes, size_t n) {
    size_t got_n = 0;
    CHECK_EQ(hear_as(t, &got_n), first);
    CHECK_EQ(got_n, n);
    if (n > 0) CHECK_EQ(memcmp(got, bytes, n), 0);
}

static void expect_close_as(const talk *t, unsigned code) {
    size_t n = 0;
    CHECK_EQ(hear_as(t, &n), CLOSE_);
    if (code == 0) {
        CHECK_EQ(n, 0);
        return;
    }
    CHECK(n >= 2);
    CHECK_EQ((unsigned)(unsigned char)got[0] << 8 | (unsigned char)got[1], code);
}

/* Nothing follows but the end; a client waits for it, and is told by us. */
static void expect_end_as(const talk *t) {
    char byte;
    if (t->side == CLIENT) CHECK_EQ(edo_shutdown(t->c), 0);
    CHECK_EQ(edo_read(t->c, &byte, 1), 0);
}

static void write_as(const talk *t, const char *bytes, size_t n, bool slowly) {
    for (size_t at = 0; at < n; at += slowly ? 1 : n) {
        size_t some = slowly ? 1 : n;
        CHECK_EQ(edo_write_all(t->c, bytes + at, some), 0);
        for (int i = 0; slowly && i < 4; i++) CHECK_EQ(edo_yield(), 0);
    }
}

/* ---- Groups 1 to 5, 7 ------------------------------------------------------------------------ */

typedef struct frame {
    unsigned first;
    const char *bytes;
    size_t n;
} frame;

#define F(first, text)                                                                             \
    { first, "" text, sizeof(text) - 1 }

/* `close`: what the other side has to say at the end; 0: nothing but what we say. */
typedef struct scenario {
    const char *name;
    frame sent[8], heard[6];
    unsigned close;
} scenario;

#define A25  "aaaaaaaaaaaaaaaaaaaaaaaaa"
#define A125 A25 A25 A25 A25 A25

static const scenario scenarios[] = {
    { "1 text", { F(TEXT, ""), F(TEXT, A125) }, { F(TEXT, ""), F(TEXT, A125) }, 0 },
    { "1 binary",
      { F(BINARY, ""), F(BINARY, "\xfe\xff\0\1") },
      { F(BINARY, ""), F(BINARY, "\xfe\xff\0\1") },
      0 },
    { "2.1 ping", { F(PING, "") }, { F(PONG, "") }, 0 },
    { "2.3 binary ping",
      { F(PING, "\0\xff\xfe\xfd\xfc\xfb\0\xff") },
      { F(PONG, "\0\xff\xfe\xfd\xfc\xfb\0\xff") },
      0 },
    { "2.4 largest ping", { F(PING, A125) }, { F(PONG, A125) }, 0 },
    { "2.5 larger ping", { F(PING, A125 "a") }, { { 0 } }, 1002 },
    { "2.7 pong", { F(PONG, ""), F(PONG, "unasked"), F(PING, "x") }, { F(PONG, "x") }, 0 },
    { "2.10 pings",
      { F(PING, "1"), F(PING, "2"), F(PING, "3"), F(TEXT, "t") },
      { F(PONG, "1"), F(PONG, "2"), F(PONG, "3"), F(TEXT, "t") },
      0 },
    { "3.1 RSV3", { F(0x91, "x") }, { { 0 } }, 1002 },
    { "3.2 RSV2 behind a message", { F(TEXT, "x"), F(0xa1, "y") }, { F(TEXT, "x") }, 1002 },
    { "3.3 RSV1", { F(TEXT, "x"), F(0xc1, "y") }, { F(TEXT, "x") }, 1002 },
    { "3.5 all, binary", { F(0xf2, "x") }, { { 0 } }, 1002 },
    { "3.6 of a ping", { F(0xd9, "x") }, { { 0 } }, 1002 },
    { "3.7 of a close", { F(0xf8, "") }, { { 0 } }, 1002 },
    { "4.1 opcode 3", { F(0x83, "") }, { { 0 } }, 1002 },
    { "4.1 opcode 7", { F(TEXT, "x"), F(0x87, "y") }, { F(TEXT, "x") }, 1002 },
    { "4.2 opcode 11", { F(0x8b, "") }, { { 0 } }, 1002 },
    { "4.2 opcode 15", { F(TEXT, "x"), F(0x8f, "") }, { F(TEXT, "x") }, 1002 },
    { "5.1 ping in fragments", { F(0x09, "a"), F(0x80, "b") }, { { 0 } }, 1002 },
    { "5.2 pong in fragments", { F(0x0a, "a"), F(0x80, "b") }, { { 0 } }, 1002 },
    { "5.3 text in fragments", { F(0x01, "a"), F(0x80, "b") }, { F(TEXT, "ab") }, 0 },
    { "5.6 ping between",
      { F(0x01, "a"), F(PING, "p"), F(0x80, "b") },
      { F(PONG, "p"), F(TEXT, "ab") },
      0 },
    { "5.9 continuation of nothing", { F(0x80, "a"), F(TEXT, "b") }, { { 0 } }, 1002 },
    { "5.12 the same, not final", { F(0x00, "a") }, { { 0 } }, 1002 },
    { "5.15 text, and nothing to go on with",
      { F(0x01, "a"), F(0x80, "b"), F(0x00, "c"), F(TEXT, "d") },
      { F(TEXT, "ab") },
      1002 },
    { "5.18 a second text within", { F(0x01, "a"), F(TEXT, "b") }, { { 0 } }, 1002 },
    { "5.19 pings and empty fragments",
      { F(0x01, "a"), F(0x00, ""), F(PING, "1"), F(0x00, "b"), F(PING, "2"), F(0x00, ""),
        F(0x80, "") },
      { F(PONG, "1"), F(PONG, "2"), F(TEXT, "ab") },
      0 },
    { "7.1 close", { F(CLOSE_, "\x03\xe8") }, { { 0 } }, 1000 },
    { "7.1 messages behind a close",
      { F(TEXT, "a"), F(CLOSE_, "\x03\xe8"), F(TEXT, "b"), F(PING, "c") },
      { F(TEXT, "a") },
      1000 },
    { "7.1 close within a message", { F(0x01, "a"), F(CLOSE_, "\x03\xe9") }, { { 0 } }, 1001 },
    { "7.3 half a code", { F(CLOSE_, "\x03") }, { { 0 } }, 1002 },
    { "7.3 longest reason", { { CLOSE_, "\x03\xe8" A125, 125 } }, { { 0 } }, 1000 },
    { "7.3 longer", { { CLOSE_, "\x03\xe8" A125, 126 } }, { { 0 } }, 1002 },
    { "7.5 reason that is no UTF-8",
      { F(CLOSE_, "\x03\xe8\xce\xba\xed\xa0\x80") },
      { { 0 } },
      1007 },
};

static void act(talk *t, const scenario *sc, bool slowly) {
    char bytes[4096];
    size_t n = 0;
    talk_begin(t);
    for (const frame *f = sc->sent; f->bytes; f++)
        n += print_as(t, bytes + n, f->first, f->bytes, f->n);
    if (!sc->close) n += print_as(t, bytes + n, CLOSE_, "\x0f\xa0", 2); // 4000
    write_as(t, bytes, n, slowly);
    for (const frame *f = sc->heard; f->bytes; f++) expect_as(t, f->first, f->bytes, f->n);
    expect_close_as(t, sc->close ? sc->close : 4000);
    expect_end_as(t);
    talk_end(t);
}

static void begin_all(talk *t, side which) {
    *t = (talk){ .side = which };
    edo_router *r = edo_router_new();
    edo_router_get(r, "/fiber", in_fiber);
    edo_router_get(r, "/functions", of_functions);
    web_begin(&t->served, r);
    CHECK_EQ(edo_tcp_listen(&t->front, "127.0.0.1:0", NULL), 0);
}

static int end_all(talk *t) {
    edo_listener_close(t->front);
    return web_end(&t->served);
}

/* Writes that meet a peer which has ended fail; a scenario that is told slowly ends before. */
static bool can_be_slow(const scenario *sc) {
    return sc->close == 0;
}

static int frames(void *arg) {
    for (side which = 0; which < SIDES; which++) {
        talk t;
        begin_all(&t, which);
        for (size_t i = 0; i < EDO_COUNT(scenarios); i++) {
            *(const char **)arg = scenarios[i].name;
            act(&t, &scenarios[i], false);
            if (can_be_slow(&scenarios[i])) act(&t, &scenarios[i], true);
        }
        CHECK_EQ(end_all(&t), 0);
    }
    return 0;
}

static void frames_fragments_and_closes_are_those_of_the_rfc(void **state) {
    const char *name = "";
    (void)state;
    assert_int_equal(inside_real(frames, &name), 0);
}

static int codes(void *arg) {
    static const unsigned good[] = { 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010,
                                     1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999 };
    static const unsigned bad[] = { 0,    999,  1004, 1005, 1006, 1015,
                                    1016, 1100, 2000, 2999, 5000, 65535 };
    (void)arg;
    for (side which = 0; which < SIDES; which++) {
        talk t;
        begin_all(&t, which);
        for (size_t i = 0; i < EDO_COUNT(good) + EDO_COUNT(bad); i++) {
            bool is_good = i < EDO_COUNT(good);
            unsigned code = is_good ? good[i] : bad[i - EDO_COUNT(good)];
            char payload[2] = { (char)(code >> 8), (char)code }, bytes[16];
            talk_begin(&t);
            write_as(&t, bytes, print_as(&t, bytes, CLOSE_, payload, 2), false);
            expect_close_as(&t, is_good ? code : 1002);
            expect_end_as(&t);
            talk_end(&t);
        }
        talk_begin(&t); // a close without a code gets one back
        char bytes[16];
        write_as(&t, bytes, print_as(&t, bytes, CLOSE_, "", 0), false);
        expect_close_as(&t, 0);
        expect_end_as(&t);
        talk_end(&t);
        CHECK_EQ(end_all(&t), 0);
    }
    return 0;
}

static void code_of_a_close_is_echoed_or_refused(void **state) {
    (void)state;
    assert_int_equal(inside_real(codes, NULL), 0);
}

/* ---- Group 6 --------------------------------------------------------------------------------- */

static const char *const texts[] = {
    "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5", // kosme
    "\xc2\x80",
    "\xdf\xbf",
    "\xe0\xa0\x80",
    "\xed\x9f\xbf",
    "\xee\x80\x80",
    "\xef\xbf\xbf",
    "\xef\xbf\xbd",
    "\xf0\x90\x80\x80",
    "\xf4\x8f\xbf\xbf",
    "Hello-\xc2\xb5@\xc3\x9f\xf0\x9f\x98\x80",
};

static const char *const no_texts[] = {
    "\xce\xba\xed\xa0\x80\x65",
    "\xf4\x90\x80\x80",
    "\xf8\x88\x80\x80\x80",
    "\xfc\x84\x80\x80\x80\x80",
    "\x80",
    "\xbf",
    "\x80\xbf\x80",
    "\xc0\xaf",
    "\xe0\x80\xaf",
    "\xf0\x80\x80\xaf",
    "\xc1\xbf",
    "\xe0\x9f\xbf",
    "\xf0\x8f\xbf\xbf",
    "\xed\xa0\x80",
    "\xed\xbf\xbf",
    "\xfe",
    "\xff",
    "\xc3\x28",
    "\xe2\x82",
    "\xf0\x9f\x98",
    "a\xc3",
};

/* Says the text in two fragments, cut at `cut`; 0: in one. */
static void say_text(talk *t, const char *text, size_t cut) {
    char bytes[256];
    size_t all = strlen(text), n = 0;
    if (cut > 0) n += print_as(t, bytes, 0x01, text, cut);
    n += print_as(t, bytes + n, cut > 0 ? 0x80 : TEXT, text + cut, all - cut);
    write_as(t, bytes, n, false);
}

static int utf8(void *arg) {
    (void)arg;
    for (side which = 0; which < SIDES; which++) {
        talk t;
        begin_all(&t, which);
        talk_begin(&t);
        for (size_t i = 0; i < EDO_COUNT(texts); i++) {
            for (size_t cut = 0; cut < strlen(texts[i]); cut++) {
                say_text(&t, texts[i], cut);
                expect_as(&t, TEXT, texts[i], strlen(texts[i]));
            }
        }
        talk_end(&t);
        for (size_t i = 0; i < EDO_COUNT(no_texts); i++) {
            for (size_t cut = 0; cut < strlen(no_texts[i]); cut++) {
                talk_begin(&t);
                say_text(&t, no_texts[i], cut);
                expect_close_as(&t, 1007);
                expect_end_as(&t);
                talk_end(&t);
            }
        }
        CHECK_EQ(end_all(&t), 0);
    }
    return 0;
}

static void text_that_is_no_utf8_is_refused_however_it_is_cut(void **state) {
    (void)state;
    assert_int_equal(inside_real(utf8, NULL), 0);
}

/* ---- Groups 9 and 10 ------------------------------------------------------------------------- */

static int writes_fragments(void *arg) {
    static char bytes[70000];
    static const size_t piece = 65000, all = 4 << 20;
    const talk *t = arg;
    for (size_t at = 0; at < all; at += piece) {
        size_t n = all - at < piece ? all - at : piece;
        unsigned first = (at == 0 ? 2u : 0u) | (at + n == all ? 0x80u : 0u);
        write_as(t, bytes, print_as(t, bytes, first, many + at, n), false);
    }
    return 0;
}

static int sizes(void *arg) {
    (void)arg;
    for (size_t i = 0; i < sizeof many; i++) many[i] = (char)('a' + i * i % 26);
    for (side which = 0; which < SIDES; which++) {
        talk t;
        begin_all(&t, which);
        talk_begin(&t);
        edo_task *writer = edo_spawn(writes_fragments, &t);
        expect_as(&t, BINARY, many, 4 << 20);
        CHECK_EQ(edo_task_join(writer), 0);
        static char bytes[70000]; // 65,536 bytes in segments of 1,300
        size_t n = print_as(&t, bytes, TEXT, many, 65536);
        for (size_t at = 0; at < n; at += 1300)
            write_as(&t, bytes + at, n - at < 1300 ? n - at : 1300, false);
        expect_as(&t, TEXT, many, 65536);
        talk_end(&t);
        talk_begin(&t); // above the limit
        char head[14];
        n = print_as(&t, head, BINARY, "", 0);
        head[1] = (char)(head[1] | 127);
        memcpy(head + 2, "\0\0\0\0\1\0\0\0", 8); // 16 MiB, and no byte of them
        write_as(&t, head, which == CLIENT ? 10 : 14, false);
        expect_close_as(&t, 1009);
        expect_end_as(&t);
        talk_end(&t);
        CHECK_EQ(end_all(&t), 0);
    }
    return 0;
}

static void large_message_comes_back_and_a_larger_one_does_not(void **state) {
    (void)state;
    assert_int_equal(inside_real(sizes, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_fragments_and_closes_are_those_of_the_rfc),
        cmocka_unit_test(code_of_a_close_is_echoed_or_refused),
        cmocka_unit_test(text_that_is_no_utf8_is_refused_however_it_is_cut),
        cmocka_unit_test(large_message_comes_back_and_a_larger_one_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
