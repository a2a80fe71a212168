/* SPDX-License-Identifier: MIT */
/* Goal: frames do what RFC 9113 says, one requirement after another: they are served or passed
 * over, or cost their stream, or their connection, by the error that the section names.
 * Method: frames that are written by hand behind a preface; what a client sees; and whether the
 * connection goes on. Where nghttp2 takes an error of a stream for one of the connection, or, once,
 * the other way round, the table says what it does. Rules about fields are in rules_test.c, floods
 * in limits_test.c. */
#include "h2_peer.h"

#include <edo/http2.h>

/* Compressed by hand: GET or POST of "/", or of "/wait", which has no response in time. */
#define GET_  "\x82\x84\x86\x41\x01x"
#define POST_ "\x83\x84\x86\x41\x01x"
#define WAIT_ "\x83\x44\x05/wait\x86\x41\x01x"

#define END   NGHTTP2_FLAG_END_STREAM
#define WHOLE NGHTTP2_FLAG_END_HEADERS

#define FRAMES_MAX 5
#define LARGE      16385 /* bytes, one beyond the largest frame */

typedef struct frame {
    uint8_t type, flags;
    int32_t id;
    const char *bytes;
    size_t n;
} frame;

#define F(type, flags, id, text)                                                                   \
    { NGHTTP2_##type, flags, id, text, sizeof(text) - 1 }

typedef enum fate {
    SERVED, /* each request has a response */
    PASSED, /* nothing but the acknowledgement of SETTINGS */
    STREAM, /* a reset */
    CONN,   /* GOAWAY, and the end */
} fate;

typedef struct row {
    const char *section, *what;
    fate fate;
    uint32_t error;
    frame frames[FRAMES_MAX];
} row;

static const char large[LARGE];

static const row rows[] = {
    { "4.1", "a frame of an unknown type", PASSED, 0, { { 0xee, 0xff, 1, "abc", 3 } } },
    { "4.1", "a flag without a meaning", SERVED, 0, { F(HEADERS, WHOLE | END | 0x42, 1, GET_) } },
    { "4.2",
      "HEADERS beyond the largest frame",
      CONN,
      NGHTTP2_FRAME_SIZE_ERROR,
      { { NGHTTP2_HEADERS, WHOLE | END, 1, large, LARGE } } },
    { "4.2",
      "DATA beyond the largest frame",
      CONN,
      NGHTTP2_FRAME_SIZE_ERROR,
      { F(HEADERS, WHOLE, 1, POST_), { NGHTTP2_DATA, END, 1, large, LARGE } } },
    { "4.3",
      "an index beyond the tables",
      CONN,
      NGHTTP2_COMPRESSION_ERROR,
      { F(HEADERS, WHOLE | END, 1, GET_ "\xff\x80\x01") } },
    { "4.3",
      "a text that ends beyond the block",
      CONN,
      NGHTTP2_COMPRESSION_ERROR,
      { F(HEADERS, WHOLE | END, 1, GET_ "\x40\x7f\x7f") } },
    { "4.3",
      "a code of Huffman that is too long",
      CONN,
      NGHTTP2_COMPRESSION_ERROR,
      { F(HEADERS, WHOLE | END, 1, GET_ "\x40\x01z\x84\xff\xff\xff\xff") } },
    { "4.3.1",
      "a table beyond the limit",
      CONN,
      NGHTTP2_COMPRESSION_ERROR,
      { F(HEADERS, WHOLE | END, 1, "\x3f\xe2\x1f" GET_) } },
    { "4.3.1",
      "a size of the table behind a field",
      CONN,
      NGHTTP2_COMPRESSION_ERROR,
      { F(HEADERS, WHOLE | END, 1, GET_ "\x20") } },
    { "4.3.1",
      "a size of the table before the fields",
      SERVED,
      0,
      { F(HEADERS, WHOLE | END, 1, "\x20\x3f\xe1\x1f" GET_) } },
    { "4.3",
      "a frame within a block of fields",
      CONN,
      NGHTTP2_PROTOCOL_ERROR,
      { F(HEADERS, END, 1, GET_), F(PING, 0, 0, "12345678") } },
    { "5.5",
      "an unknown frame within a block of fields",
      CONN,
      NGHTTP2_PROTOCOL_ERROR,
      { F(HEADERS, END, 1, GET_), { 0xee, 0, 1, "abc", 3 } } },
    { "5.1", "DATA on an idle stream", CONN, NGHTTP2_PROTOCOL_ERROR, { F(DATA, END, 1, "abc") } },
    { "5.1",
      "RST_STREAM on an idle stream",
      CONN,
      NGHTTP2_PROTOCOL_ERROR,
      { F(RST_STREAM, 0, 1, "\0\0\0\x08") } },
    { "5.1",
      "WINDOW_UPDATE on an idle stream",
      CONN,
      NGHTTP2_PROTOCOL_ERROR,
      { F(WINDOW_UPDATE, 0, 1, "\0\0\0\1") } },
    { "5.1",
      "CONTINUATION on an idle stream",
      CONN,
      NGHTTP2_PROTOCOL_ERROR,
      { F(CONTINUATION, WHOLE, 1, GET_) } },
    { "5.1", "PRIORITY on an idle stream", PASSED, 0, { F(PRIORITY, 0, 1, "\0\0\0\0\x10") } },
    { "5.1",
      "DATA behind the end of the request",
      CONN,
      NGHTTP2_STREAM_CLOSED,
      { F(HEADERS, WHOLE | END, 1, WAIT_), F(DATA, END, 1, "abc") } },
    { "5.1",
      "HEADERS behind the end of the request",
      CONN,
      NGHTTP2_STREAM_CLOSED,
      { F(HEADERS, WHOLE | END, 1, WAIT_), F(HEADERS, WHOLE | END, 1, "") } },
    { "5.1",
      "WINDOW_UPDATE behind a reset",
      PASSED,
      0,
      { F(HEADERS, WHOLE, 1, WAIT_), F(RST_STREAM, 0, 1, "\0\0\0\x08"),
        F(WINDOW_UPDATE, 0, 1, "\0\0\0\1") } },
    { "5.1",
      "PRIORITY behind a reset",
      PASSED,
      0,
      { F(HEADERS, WHOLE, 1, WAIT_), F(RST_STREAM, 0, 1, "\0\0\0\x08"),
        F(PRIORITY, 0, 1, "\0\0\0\0\x10") } },
    { "5.1",
      "HEADERS behind a reset",
      CONN,
      NGHTTP2_STREAM_CLOSED,
      { F(HEADERS, WHOLE, 1, WAIT_), F(RST_STREAM, 0, 1, "\0\0\0\x08"),
        F(HEADERS, WHOLE | END, 1, GET_) } },
    { "5.1.1",
      "a stream of even number",
      CONN,
      NGHTTP2_PROTOCOL_ERROR,
      { F(HEADERS, WHOLE | END, 2, GET_) } },
    { "5.1.1",
      "a number below that of an earlier stream",
      CONN,
      NGHTTP2_PROTOCOL_ERROR,
      { F(HEADERS, WHOLE | END, 5, WAIT_), F(HEADERS, WHOLE | END, 3, GET_) } },
    { "5.1.1",
      "the first number, which was left out",
      CONN,
      NGHTTP2_PROTOCOL_ERROR,
      { F(HEADERS, WHOLE | END, 3, WAIT_), F(HEADERS, WHOLE | END, 1, GET_) } },
    { "5.1.1",
      "an even number below that of an earlier stream",
      CONN,
      NGHTTP2_PROTOCOL_ERROR,
      { F(HEADERS, WHOLE | END, 5, WAIT_), F(HEADERS, WHOLE | END, 4, GET_) } },
    { "5.1.1", "numbers that were left out", SERVED, 0, { F(HEADERS, WHOLE | END, 7, GET_) } },
    { "5.3.1",
      "a stream that depends on itself",
      SERVED,
      0,
      { F(HEADERS, WHOLE | END | NGHTTP2_FLAG_PRIORITY, 1, "\0\0\0\3\x10" GET_) } },
    { "6.1", "DATA on stream 0", CONN, NGHTTP2_PROTOCOL_ERROR, { F(DATA, END, 0, "abc") } },
    { "6.1",
      "DATA with padding",
      SERVED,
      0,
      { F(HEADERS, WHOLE, 1, POST_), F(DATA, END | NGHTTP2_FLAG_PADDED, 1, "\2abc\0\0") } },
    { "6.1",
      "padding that is as long as DATA",
      CONN,
      NGHTTP2_PROTOCOL_ERROR,
      { F(HEADERS, WHOLE, 1, POST_), F(DATA, END | NGHTTP2_FLAG_PADDED, 1, "\6abc\0\0") } },
    { "6.2",
      "HEADERS on stream 0",
      CONN,
      NGHTTP2_PROTOCOL_ERROR,
      { F(HEADERS, WHOLE | END, 0, GET_) } },
    { "6.2",
      "HEADERS with padding",
      SERVED,
      0,
      { F(HEADERS, WHOLE | END | NGHTTP2_FLAG_PADDED, 1, "\2" GET_ "\0\0") } },
    { "6.2",
      "padding that is longer than HEADERS",
      CONN,
      NGHTTP2_PROTOCOL_ERROR,
      { F(HEADERS, WHOLE | END | NGHTTP2_FLAG_PADDED, 1, "\x7f" GET_) } },
    { "6.3",
      "PRIORITY on stream 0",
      CONN,
      NGHTTP2_PROTOCOL_ERROR,
      { F(PRIORITY, 0, 0, "\0\0\0\0\x10") } },
    { "6.3",
      "PRIORITY of another length",
      CONN,
      NGHTTP2_FRAME_SIZE_ERROR,
      { F(PRIORITY, 0, 1, "\0\0\0\0") } },
    { "6.4",
      "RST_STREAM on stream 0",
      CONN,
      NGHTTP2_PROTOCOL_ERROR,
      { F(RST_STREAM, 0, 0, "\0\0\0\x08") } },
    { "6.4",
      "RST_STREAM of another length",
      CONN,
      NGHTTP2_FRAME_SIZE_ERROR,
      { F(HEADERS, WHOLE | END, 1, WAIT_), F(RST_STREAM, 0, 1, "\0\0\0") } },
    { "6.5", "SETTINGS on a stream", CONN, NGHTTP2_PROTOCOL_ERROR, { F(SETTINGS, 0, 1, "") } },
    { "6.5",
      "an acknowledgement of SETTINGS that says something",
      CONN,
      NGHTTP2_FRAME_SIZE_ERROR,
      { F(SETTINGS, NGHTTP2_FLAG_ACK, 0, "\0\1\0\0\x10\0") } },
    { "6.5",
      "SETTINGS of another length",
      CONN,
      NGHTTP2_FRAME_SIZE_ERROR,
      { F(SETTINGS, 0, 0, "\0\1\0\0\x10") } },
    { "6.5.2", "an unknown setting", PASSED, 0, { F(SETTINGS, 0, 0, "\x7f\x7f\0\0\0\1") } },
    { "6.5.2",
      "ENABLE_PUSH of 2",
      CONN,
      NGHTTP2_PROTOCOL_ERROR,
      { F(SETTINGS, 0, 0, "\0\2\0\0\0\2") } },
    { "6.5.2",
      "a window beyond 2^31-1",
      CONN,
      NGHTTP2_FLOW_CONTROL_ERROR,
      { F(SETTINGS, 0, 0, "\0\4\x80\0\0\0") } },
    { "6.5.2",
      "frames that are too small",
      CONN,
      NGHTTP2_PROTOCOL_ERROR,
      { F(SETTINGS, 0, 0, "\0\5\0\0\x3f\xff") } },
    { "6.5.2",
      "frames that are too large",
      CONN,
      NGHTTP2_PROTOCOL_ERROR,
      { F(SETTINGS, 0, 0, "\0\5\1\0\0\0") } },
    { "6.6",
      "PUSH_PROMISE of a client",
      CONN,
      NGHTTP2_PROTOCOL_ERROR,
      { F(HEADERS, WHOLE | END, 1, WAIT_), F(PUSH_PROMISE, WHOLE, 1, "\0\0\0\2" GET_) } },
    { "6.7", "PING on a stream", CONN, NGHTTP2_PROTOCOL_ERROR, { F(PING, 0, 1, "12345678") } },
    { "6.7",
      "PING of another length",
      CONN,
      NGHTTP2_FRAME_SIZE_ERROR,
      { F(PING, 0, 0, "1234567") } },
    { "6.7",
      "an acknowledgement without a PING",
      PASSED,
      0,
      { F(PING, NGHTTP2_FLAG_ACK, 0, "12345678") } },
    { "6.8",
      "GOAWAY on a stream",
      CONN,
      NGHTTP2_PROTOCOL_ERROR,
      { F(GOAWAY, 0, 1, "\0\0\0\0\0\0\0\0") } },
    { "6.9",
      "a window that opens by 0",
      CONN,
      NGHTTP2_PROTOCOL_ERROR,
      { F(WINDOW_UPDATE, 0, 0, "\0\0\0\0") } },
    { "6.9",
      "a stream's window that opens by 0",
      CONN,
      NGHTTP2_PROTOCOL_ERROR,
      { F(HEADERS, WHOLE | END, 1, WAIT_), F(WINDOW_UPDATE, 0, 1, "\0\0\0\0") } },
    { "6.9",
      "WINDOW_UPDATE of another length",
      CONN,
      NGHTTP2_FRAME_SIZE_ERROR,
      { F(WINDOW_UPDATE, 0, 0, "\0\0\1") } },
    { "6.9.1",
      "a window that becomes too large",
      CONN,
      NGHTTP2_FLOW_CONTROL_ERROR,
      { F(WINDOW_UPDATE, 0, 0, "\x7f\xff\xff\xff") } },
    { "6.9.1",
      "a stream's window that becomes too large",
      STREAM,
      NGHTTP2_FLOW_CONTROL_ERROR,
      { F(HEADERS, WHOLE | END, 1, WAIT_), F(WINDOW_UPDATE, 0, 1, "\x7f\xff\xff\xff") } },
    { "6.9.1",
      "DATA beyond the window of its stream",
      STREAM,
      NGHTTP2_FLOW_CONTROL_ERROR,
      { F(SETTINGS, NGHTTP2_FLAG_ACK, 0, ""),
        F(HEADERS, WHOLE, 1, WAIT_),
        { NGHTTP2_DATA, 0, 1, large, 1001 } } },
    { "6.9.2",
      "a setting that makes the window of a stream too large",
      STREAM,
      NGHTTP2_FLOW_CONTROL_ERROR,
      { F(HEADERS, WHOLE | END, 1, WAIT_), F(WINDOW_UPDATE, 0, 1, "\x7f\0\0\0"),
        F(SETTINGS, 0, 0, "\0\4\x7f\xff\xff\xff") } },
    { "6.10",
      "CONTINUATION",
      SERVED,
      0,
      { F(HEADERS, END, 1, "\x82\x84"), F(CONTINUATION, 0, 1, ""),
        F(CONTINUATION, WHOLE, 1, "\x86\x41\x01x") } },
    { "6.10",
      "CONTINUATION of another stream",
      CONN,
      NGHTTP2_PROTOCOL_ERROR,
      { F(HEADERS, END, 1, "\x82\x84"), F(CONTINUATION, WHOLE, 3, "\x86\x41\x01x") } },
    { "6.10",
      "CONTINUATION behind a whole block",
      CONN,
      NGHTTP2_PROTOCOL_ERROR,
      { F(HEADERS, WHOLE, 1, POST_), F(CONTINUATION, WHOLE, 1, "\x40\1a\1b") } },
    { "7",
      "a reset by an unknown error",
      PASSED,
      0,
      { F(HEADERS, WHOLE, 1, WAIT_), F(RST_STREAM, 0, 1, "\xde\xad\xbe\xef") } },
    { "8.1",
      "trailers",
      SERVED,
      0,
      { F(HEADERS, WHOLE, 1, POST_), F(DATA, 0, 1, "abc"),
        F(HEADERS, WHOLE | END, 1, "\x40\1a\1b") } },
    { "8.1",
      "trailers that are not the end",
      STREAM,
      NGHTTP2_PROTOCOL_ERROR,
      { F(HEADERS, WHOLE, 1, WAIT_), F(DATA, 0, 1, "abc"), F(HEADERS, WHOLE, 1, "\x40\1a\1b") } },
    { "8.1",
      "a pseudo field in trailers",
      STREAM,
      NGHTTP2_PROTOCOL_ERROR,
      { F(HEADERS, WHOLE, 1, WAIT_), F(HEADERS, WHOLE | END, 1, "\x84") } },
    { "8.1.1",
      "less DATA than the length",
      STREAM,
      NGHTTP2_PROTOCOL_ERROR,
      { F(HEADERS, WHOLE, 1,
          WAIT_ "\x5c\1"
                "4"),
        F(DATA, END, 1, "abc") } },
    { "8.1.1",
      "more DATA than the length, in two frames",
      STREAM,
      NGHTTP2_PROTOCOL_ERROR,
      { F(HEADERS, WHOLE, 1,
          WAIT_ "\x5c\1"
                "4"),
        F(DATA, 0, 1, "abc"), F(DATA, 0, 1, "de") } },
};

static h2_peer peer;
static int calls;

static int serve(edo_request *req, edo_response *res, void *arg) {
    edo_str body;
    (void)arg;
    calls++;
    if (edo_str_equal(req->target, EDO_STR("/wait"))) return edo_sleep(edo_s(3600));
    int err = edo_request_collect(req, &body, 100);
    return err < 0 ? err : edo_response_text(res, EDO_STATUS_OK, EDO_STR("ok"));
}

static bool is_as_wanted(const row *r) {
    bool is_lost = peer.goaways > 0 && peer.goaway_error == r->error;
    bool is_reset = peer.goaways == 0 && peer.resets == 1 && peer.reset_error == r->error;
    switch (r->fate) {
    case SERVED: return peer.heads == 1 && peer.resets == 0 && peer.goaways == 0;
    case PASSED: return peer.heads == 0 && peer.resets == 0 && peer.goaways == 0;
    case STREAM: return is_reset && peer.reset_id == 1 && peer.heads == 0;
    case CONN:
    default: return is_lost;
    }
}

/* Makes a request on a connection that goes on; on another one nothing more is served. */
static bool goes_on(const row *r) {
    int before = calls, heads = peer.heads;
    h2_raw(&peer, NGHTTP2_HEADERS, WHOLE | END, 101, GET_, sizeof GET_ - 1);
    h2_settle(&peer);
    if (r->fate == CONN) return calls == before && peer.is_over;
    return calls == before + 1 && peer.heads == heads + 1;
}

static int each(void *arg) {
    const edo_http2_opts h2 = { .stream_window = 1000 };
    served s = { .handler = serve, .opts.http2 = &h2 };
    int wrong = 0;
    (void)arg;
    serve_begin(&s);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        const row *r = &rows[i];
        h2_begin(&peer, client_of(&s), NULL, 0);
        h2_begin_raw(&peer);
        for (size_t f = 0; f < FRAMES_MAX && r->frames[f].bytes; f++)
            h2_raw(&peer, r->frames[f].type, r->frames[f].flags, r->frames[f].id,
                   r->frames[f].bytes, r->frames[f].n);
        if (!(r->fate == CONN && r->frames[0].type == NGHTTP2_HEADERS &&
              !(r->frames[0].flags & WHOLE)))
            h2_settle(&peer);
        else
            while (h2_turn(&peer)) {
            }
        bool is_right = is_as_wanted(r);
        if (!is_right || !goes_on(r)) {
            print_error("%s, %s: %d heads, %d resets (%u, stream %d), %d GOAWAY (%u)\n", r->section,
                        r->what, peer.heads, peer.resets, peer.reset_error, peer.reset_id,
                        peer.goaways, peer.goaway_error);
            wrong++;
        }
        h2_end(&peer);
    }
    CHECK_EQ(wrong, 0);
    return serve_end(&s);
}

static void each_requirement_is_met(void **state) {
    (void)state;
    assert_int_equal(inside(each, NULL), 0);
}

/* ---- Streams that are over ------------------------------------------------------------------- */

static void send_head(int32_t id, uint8_t flags, const char *bytes, size_t n) {
    h2_raw(&peer, NGHTTP2_HEADERS, (uint8_t)(WHOLE | flags), id, bytes, n);
}

static int closed(void *arg) {
    served s = { .handler = serve };
    (void)arg;
    serve_begin(&s);
    h2_begin(&peer, client_of(&s), NULL, 0);
    h2_begin_raw(&peer);
    for (int32_t id = 1; id < 9; id += 2) {
        send_head(id, END, GET_, sizeof GET_ - 1);
        while (peer.heads < (id + 1) / 2 && !peer.is_over) h2_settle(&peer);
    }
    CHECK_EQ(peer.heads, 4);
    calls = 0;
    send_head(3, END, GET_, sizeof GET_ - 1);
    while (h2_turn(&peer)) {
    }
    CHECK(peer.goaway_error == NGHTTP2_STREAM_CLOSED && peer.heads == 4 && calls == 0);
    h2_end(&peer);
    return serve_end(&s);
}

static void head_of_a_stream_that_was_served_ends_the_connection(void **state) {
    (void)state;
    assert_int_equal(inside(closed, NULL), 0);
}

/* The server resets a stream: trailers that come then were sent before the client knew. A second
 * head was not. */
static int crossed(void *arg) {
    static const char most[] = "\x7f\xff\xff\xff";
    served s = { .handler = serve };
    (void)arg;
    serve_begin(&s);
    h2_begin(&peer, client_of(&s), NULL, 0);
    h2_begin_raw(&peer);
    for (int32_t id = 1; id < 9; id += 2) {
        send_head(id, 0, WAIT_, sizeof WAIT_ - 1);
        h2_raw(&peer, NGHTTP2_WINDOW_UPDATE, 0, id, most, 4); // beyond 2^31 - 1
        while (peer.resets < (id + 1) / 2 && !peer.is_over) h2_settle(&peer);
    }
    CHECK_EQ(peer.reset_error, NGHTTP2_FLOW_CONTROL_ERROR);
    for (int32_t id = 1; id < 9; id += 2) send_head(id, END, "\x40\1a\1b", 5);
    h2_settle(&peer);
    CHECK(!peer.is_over && peer.goaways == 0);
    send_head(3, END, "\x40\1a\1b", 5);
    while (h2_turn(&peer)) {
    }
    CHECK_EQ(peer.goaway_error, NGHTTP2_STREAM_CLOSED);
    h2_end(&peer);
    return serve_end(&s);
}

static void trailers_that_cross_a_reset_are_passed_over(void **state) {
    (void)state;
    assert_int_equal(inside(crossed, NULL), 0);
}

/* The client knows no limit yet, and opens a stream too many. It learns of the refusal once it has
 * opened another one, and sent the trailers. */
static void refuse_and_go_on(uint8_t flags, bool at_once) {
    send_head(1, 0, WAIT_, sizeof WAIT_ - 1);
    send_head(3, 0, WAIT_, sizeof WAIT_ - 1);
    send_head(5, flags, POST_, sizeof POST_ - 1);
    if (!at_once) h2_settle(&peer);
    h2_raw(&peer, NGHTTP2_RST_STREAM, 0, 1, "\0\0\0\x08", 4);
    send_head(7, END, GET_, sizeof GET_ - 1);
    if (!at_once) h2_settle(&peer);
    send_head(5, END, "\x40\1a\1b", 5);
    h2_settle(&peer);
}

static int refused(void *arg) {
    const edo_http2_opts h2 = { .streams_max = 2 };
    served s = { .handler = serve, .opts.http2 = &h2 };
    (void)arg;
    serve_begin(&s);
    for (int i = 0; i < 4; i++) {
        const bool is_whole = i >= 2;
        h2_begin(&peer, client_of(&s), NULL, 0);
        h2_begin_raw(&peer);
        refuse_and_go_on(is_whole ? END : 0, i % 2 == 0);
        CHECK_EQ(peer.is_over, is_whole);
        if (!is_whole) {
            CHECK(peer.heads == 1 && peer.goaways == 0);
            CHECK(peer.reset_id == 5 && peer.reset_error == NGHTTP2_REFUSED_STREAM);
            send_head(5, END, "\x40\1a\1b", 5);
        }
        while (h2_turn(&peer)) {
        }
        CHECK_EQ(peer.goaway_error, NGHTTP2_PROTOCOL_ERROR);
        h2_end(&peer);
    }
    return serve_end(&s);
}

static void trailers_that_cross_a_refusal_are_passed_over_once(void **state) {
    (void)state;
    assert_int_equal(inside(refused, NULL), 0);
}

/* The server remembers no more than the last of its resets: trailers of older ones it passes over,
 * and those of streams that it has served since are errors. */
static int crossed_many(void *arg) {
    static const char most[] = "\x7f\xff\xff\xff";
    enum { RESETS = 90 };
    const edo_http2_opts h2 = { .resets_max = 1000 };
    served s = { .handler = serve, .opts.http2 = &h2 };
    (void)arg;
    serve_begin(&s);
    h2_begin(&peer, client_of(&s), NULL, 0);
    h2_begin_raw(&peer);
    for (int32_t i = 0; i < RESETS; i++) {
        send_head(2 * i + 1, 0, WAIT_, sizeof WAIT_ - 1);
        h2_raw(&peer, NGHTTP2_WINDOW_UPDATE, 0, 2 * i + 1, most, 4);
    }
    send_head(2 * RESETS + 1, END, GET_, sizeof GET_ - 1);
    while (peer.heads < 1 && !peer.is_over) h2_settle(&peer);
    CHECK_EQ(peer.resets, RESETS);
    for (int32_t i = 0; i < RESETS; i++) send_head(2 * i + 1, END, "\x40\1a\1b", 5);
    h2_settle(&peer);
    CHECK(!peer.is_over && peer.goaways == 0);
    send_head(2 * RESETS + 1, END, "\x40\1a\1b", 5);
    while (h2_turn(&peer)) {
    }
    CHECK_EQ(peer.goaway_error, NGHTTP2_STREAM_CLOSED);
    h2_end(&peer);
    return serve_end(&s);
}

static void trailers_that_cross_many_resets_are_passed_over(void **state) {
    (void)state;
    assert_int_equal(inside(crossed_many, NULL), 0);
}

/* ---- The preface ----------------------------------------------------------------------------- */

static int prefaces(void *arg) {
    static const char *const wrong[] = {
        "PRI * HTTP/2.0\r\n\r\nXM\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    };
    served s = { .handler = serve };
    heard h;
    (void)arg;
    calls = 0;
    serve_begin(&s);
    for (size_t i = 0; i < EDO_COUNT(wrong); i++) {
        edo_stream *c = client_of(&s);
        h = (heard){ 0 };
        CHECK_EQ(edo_write_all(c, wrong[i], strlen(wrong[i])), 0);
        CHECK(hear_until(c, &h, NULL)); // the end
        edo_close(c);
    }
    CHECK_EQ(calls, 0);
    return serve_end(&s);
}

static void other_prefaces_are_refused(void **state) {
    (void)state;
    assert_int_equal(inside(prefaces, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_requirement_is_met),
        cmocka_unit_test(head_of_a_stream_that_was_served_ends_the_connection),
        cmocka_unit_test(trailers_that_cross_a_reset_are_passed_over),
        cmocka_unit_test(trailers_that_cross_a_refusal_are_passed_over_once),
        cmocka_unit_test(trailers_that_cross_many_resets_are_passed_over),
        cmocka_unit_test(other_prefaces_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
