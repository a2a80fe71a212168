/* SPDX-License-Identifier: MIT */
/* Goal: a client's connection withstands servers that break the rules, and tells a request that
 * nobody has looked at from one that may have had an effect.
 * Method: frames made by hand. */
#include "client_stage.h"

/* ---- A server that is good ------------------------------------------------------------------- */

static const char whole[] = "\0\0\1\1\4\0\0\0\1\x88"                     // HEADERS
                            "\0\0\2\0\0\0\0\0\1he\0\0\3\0\1\0\0\0\1llo"; // DATA

static int hears_in_pieces(void *arg) {
    stage *t = arg;
    stage_begin(t);
    asked a = { 0 };
    ask(t, &a);
    for (size_t i = 0; i < sizeof whole - 1; i++) {
        CHECK_EQ(edo_write_all(t->ours, whole + i, 1), 0);
        for (int k = 0; k < 5; k++) CHECK_EQ(edo_yield(), 0);
    }
    CHECK_EQ(edo_task_join(a.task), 0);
    CHECK(a.status == 200 && a.body_n == 5 && memcmp(a.body, "hello", 5) == 0);
    stage_end(t);
    return 0;
}

static void response_may_come_byte_by_byte(void **state) {
    (void)state;
    staged(hears_in_pieces, (edo_http2_opts){ 0 });
}

/* ---- Resets and refusals --------------------------------------------------------------------- */

static int is_reset(void *arg) {
    stage *t = arg;
    stage_begin(t);
    asked a = { 0 };
    ask(t, &a);
    FRAME(t, RST, 0, 1, "\0\0\0\7"); // REFUSED_STREAM
    CHECK_EQ(edo_task_join(a.task), -EDO_ECLOSED);
    a = (asked){ 0 };
    ask(t, &a);
    FRAME(t, RST, 0, 3, "\0\0\0\x0b"); // ENHANCE_YOUR_CALM
    CHECK_EQ(edo_task_join(a.task), -ECONNRESET);
    a = (asked){ 0 };
    ask(t, &a);
    FRAME(t, HEADERS, END_HEADERS, 5, OK_HEAD);
    FRAME(t, DATA, 0, 5, "half");
    FRAME(t, RST, 0, 5, "\0\0\0\7"); // it has looked at it, whatever it says
    CHECK_EQ(edo_task_join(a.task), 0);
    CHECK(a.status == 200 && a.body_n == -ECONNRESET && a.error == EDO_HTTP2_REFUSED_STREAM);
    a = (asked){ 0 };
    ask(t, &a);
    FRAME(t, HEADERS, END_HEADERS, 7, OK_HEAD);
    FRAME(t, RST, 0, 7, "\0\0\0\xff"); // a code that nobody knows
    CHECK_EQ(edo_task_join(a.task), 0);
    CHECK(a.body_n == -ECONNRESET && a.error == EDO_HTTP2_INTERNAL_ERROR);
    CHECK(edo_http2_is_open(t->c, true));
    stage_end(t);
    return 0;
}

static void refusal_is_told_from_a_reset(void **state) {
    (void)state;
    staged(is_reset, (edo_http2_opts){ 0 });
}

static int is_refused_later(void *arg) {
    stage *t = arg;
    edo_stream *body;
    edo_http_response *res;
    stage_begin(t);
    CHECK_EQ(edo_stream_mem(&body, "123", 3), 0);
    asked a = { .req = { .method = EDO_METHOD_POST, .body = body, .length = -1 } };
    ask(t, &a);
    frame_await(t, DATA);
    FRAME(t, RST, 0, 1, "\0\0\0\7");
    CHECK_EQ(edo_task_join(a.task), -ECONNREFUSED); // the body was read
    edo_close(body);
    edo_http_request req = { .method = EDO_METHOD_POST, .length = -1 };
    CHECK_EQ(edo_http2_open(t->c, &res, &req), 0);
    frame_await(t, HEADERS);
    FRAME(t, RST, 0, 3, "\0\0\0\7");
    CHECK_EQ(edo_http2_head(res), -EDO_ECLOSED);
    CHECK_EQ(edo_http2_error(res), EDO_HTTP2_REFUSED_STREAM);
    CHECK_EQ(edo_write(res->body, "x", 1), -EPIPE);
    CHECK_EQ(edo_read(res->body, (char[1]){ 0 }, 1), -ECONNREFUSED);
    edo_http_response_free(res);
    stage_end(t);
    return 0;
}

static void body_that_was_read_is_told(void **state) {
    (void)state;
    staged(is_refused_later, (edo_http2_opts){ 0 });
}

static int is_told_to_go(void *arg) {
    stage *t = arg;
    stage_begin(t);
    asked a = { 0 }, b = { 0 }, c = { 0 };
    ask(t, &a);
    ask(t, &b);
    FRAME(t, GOAWAY, 0, 0, "\0\0\0\1\0\0\0\0");
    CHECK_EQ(edo_task_join(b.task), -EDO_ECLOSED); // it may be sent elsewhere
    CHECK(!edo_http2_is_open(t->c, false));
    c.t = t;
    CHECK_EQ(ask_main(&c), -EDO_ECLOSED);
    FRAME(t, HEADERS, END_HEADERS, 1, OK_HEAD);
    FRAME(t, DATA, END_STREAM, 1, "hi");
    CHECK_EQ(edo_task_join(a.task), 0);
    CHECK(a.status == 200 && a.body_n == 2 && a.error == -EAGAIN);
    while (frame_get(t)) continue; // the client closes
    CHECK_EQ(edo_http2_shutdown(t->c), 0);
    stage_end(t);
    return 0;
}

static void goaway_ends_what_is_beyond_it_and_the_connection(void **state) {
    (void)state;
    staged(is_told_to_go, (edo_http2_opts){ 0 });
}

static int waits_and_goes(void *arg) {
    stage *t = arg;
    stage_begin(t);
    asked a = { 0 }, b = { .t = t };
    ask(t, &a);
    b.task = edo_spawn(ask_main, &b); // there is one stream only
    for (int i = 0; i < 10; i++) CHECK_EQ(edo_yield(), 0);
    FRAME(t, GOAWAY, 0, 0, "\0\0\0\1\0\0\0\x0b");
    CHECK_EQ(edo_task_join(b.task), -EDO_ECLOSED);
    edo_close(t->ours);
    CHECK_EQ(edo_task_join(a.task), -EDO_EEOF);
    edo_http2_close(t->c);
    return 0;
}

static void waits_for_a_stream_end_with_the_connection(void **state) {
    (void)state;
    staged(waits_and_goes, (edo_http2_opts){ .streams_max = 1 });
}

static int settings_come_late(void *arg) {
    stage *t = arg;
    stage_begin(t);
    asked a = { 0 }, b = { .t = t };
    FRAME(t, SETTINGS, 0, 0, "\0\3\0\0\0\1"); // one stream
    frame_await(t, SETTINGS);
    do frame_await(t, SETTINGS); // the acknowledgement of the second
    while (!(t->last.flags & ACK));
    frame_await(t, SETTINGS);
    ask(t, &a);
    b.task = edo_spawn(ask_main, &b);
    for (int i = 0; i < 10; i++) CHECK_EQ(edo_yield(), 0);
    FRAME(t, SETTINGS, 0, 0, "\0\3\0\0\0\2");
    frame_await(t, HEADERS);
    CHECK_EQ(t->last.id, 3);
    for (uint32_t id = 1; id <= 3; id += 2)
        FRAME(t, HEADERS, END_HEADERS | END_STREAM, id, OK_HEAD);
    CHECK_EQ(edo_task_join(a.task), 0);
    CHECK_EQ(edo_task_join(b.task), 0);
    stage_end(t);
    return 0;
}

static void server_may_allow_more_streams_later(void **state) {
    (void)state;
    staged(settings_come_late, (edo_http2_opts){ 0 });
}

/* ---- Responses that break the rules ---------------------------------------------------------- */

static const struct {
    const char *name;
    const char *head;
    size_t n;
    uint8_t flags;
    const char *data; /* NULL: none */
} malformed[] = {
#define HEAD(text) (text), sizeof(text) - 1
    { "no status", HEAD("\0\1a\1b"), END_STREAM, NULL },
    { "a status of two digits",
      HEAD("\x08\2"
           "20"),
      END_STREAM, NULL },
    { "a status that is none",
      HEAD("\x08\3"
           "abc"),
      END_STREAM, NULL },
    { "a status below 100",
      HEAD("\x08\3"
           "003"),
      END_STREAM, NULL },
    { "101",
      HEAD("\x08\3"
           "101"),
      0, NULL },
    { "two of them", HEAD("\x88\x88"), END_STREAM, NULL },
    { "a name in upper case", HEAD("\x88\0\1A\1b"), END_STREAM, NULL },
    { "a name with a blank", HEAD("\x88\0\3a b\1b"), END_STREAM, NULL },
    { "a value with a line end", HEAD("\x88\0\1a\3b\r\n"), END_STREAM, NULL },
    { "a field of the connection",
      HEAD("\x88\0\x0a"
           "connection\5close"),
      END_STREAM, NULL },
    { "transfer-encoding", HEAD("\x88\0\x11transfer-encoding\7chunked"), END_STREAM, NULL },
    { "a pseudo field of requests", HEAD("\x88\x84"), END_STREAM, NULL },
    { "a pseudo field that is late", HEAD("\0\1a\1b\x88"), END_STREAM, NULL },
    { "an informational one that ends",
      HEAD("\x08\3"
           "103"),
      END_STREAM, NULL },
    { "less than its length",
      HEAD("\x88\0\x0e"
           "content-length\1"
           "5"),
      END_STREAM, NULL },
    { "two lengths",
      HEAD("\x88\0\x0e"
           "content-length\1"
           "5\0\x0e"
           "content-length\1"
           "6"),
      0, NULL },
    { "a length that is none",
      HEAD("\x88\0\x0e"
           "content-length\1"
           "x"),
      0, NULL },
#undef HEAD
};

static int is_malformed(void *arg) {
    stage *t = arg;
    stage_begin(t);
    uint32_t id = 1;
    for (size_t i = 0; i < EDO_COUNT(malformed); i++, id += 2) {
        asked a = { 0 };
        ask(t, &a);
        frame_put(t, HEADERS, (uint8_t)(END_HEADERS | malformed[i].flags), id, malformed[i].head,
                  malformed[i].n);
        int err = edo_task_join(a.task);
        if (err != -EPROTO) fprintf(stderr, "%s: %d, %d\n", malformed[i].name, err, a.body_n);
        CHECK_EQ(err, -EPROTO);
        frame_await(t, RST);
        CHECK_EQ(t->last.id, id);
    }
    asked a = { 0 };
    ask(t, &a);
    FRAME(t, HEADERS, END_HEADERS, id,
          "\x88\0\x0e"
          "content-length\1"
          "2");
    FRAME(t, DATA, END_STREAM, id, "long");
    CHECK_EQ(edo_task_join(a.task), 0);
    CHECK_EQ(a.body_n, -EPROTO);
    frame_await(t, RST);
    CHECK(edo_http2_is_open(t->c, true));
    stage_end(t);
    return 0;
}

static void malformed_response_fails_alone(void **state) {
    (void)state;
    staged(is_malformed, (edo_http2_opts){ 0 });
}

/* A literal field of 4,000 bytes. */
static void put_long_field(char *to) {
    memcpy(to, "\0\1a\x7f\xa1\x1e", 6); // 127 + 33 + 30 * 128 = 4,000
    memset(to + 6, 'v', 4000);
}

static int is_long(void *arg) {
    stage *t = arg;
    static char head[1 + 4 * 4006];
    stage_begin(t);
    head[0] = '\x88';
    for (int i = 0; i < 4; i++) put_long_field(head + 1 + i * 4006);
    asked a = { 0 };
    ask(t, &a);
    frame_put(t, HEADERS, 0, 1, head, sizeof head);
    frame_put(t, CONTINUATION, END_HEADERS, 1, head + 1, 4006);
    CHECK_EQ(edo_task_join(a.task), -EDO_ETOOLONG);
    CHECK(strstr(a.why, "longer than header_list_max") != NULL);
    frame_await(t, RST);
    CHECK_EQ(number_at(t->last.bytes), EDO_HTTP2_CANCEL);
    a = (asked){ 0 };
    ask(t, &a); // many small ones
    memset(head, '\x88', sizeof head);
    for (size_t i = 1; i + 5 <= 5 * 101; i += 5) memcpy(head + i, "\0\1a\1b", 5);
    frame_put(t, HEADERS, END_HEADERS | END_STREAM, 3, head, 1 + 5 * 101);
    CHECK_EQ(edo_task_join(a.task), -EDO_ETOOLONG);
    CHECK(strstr(a.why, "more than headers_max") != NULL);
    a = (asked){ 0 };
    ask(t, &a);
    FRAME(t, HEADERS, END_HEADERS | END_STREAM, 5, OK_HEAD);
    CHECK_EQ(edo_task_join(a.task), 0);
    stage_end(t);
    return 0;
}

static void long_head_fails_alone(void **state) {
    (void)state;
    staged(is_long, (edo_http2_opts){ .header_list_max = 16384 });
}

static int is_a_bomb(void *arg) {
    stage *t = arg;
    static char head[1 + 4006 + 1000];
    stage_begin(t);
    head[0] = '\x88';
    put_long_field(head + 1);
    head[1] = '\x40';                      // it enters the table
    memset(head + 1 + 4006, '\xbe', 1000); // and comes a thousand times
    asked a = { 0 };
    ask(t, &a);
    frame_put(t, HEADERS, END_HEADERS, 1, head, sizeof head);
    CHECK_EQ(edo_task_join(a.task), -EDO_ETOOLONG);
    CHECK_EQ(farewell(t), EDO_HTTP2_ENHANCE_YOUR_CALM);
    stage_end(t);
    return 0;
}

static void fields_without_end_end_the_connection(void **state) {
    (void)state;
    staged(is_a_bomb, (edo_http2_opts){ 0 });
}

static int hints_without_end(void *arg) {
    stage *t = arg;
    stage_begin(t);
    asked a = { 0 };
    ask(t, &a);
    for (int i = 0; i < 1100; i++)
        FRAME(t, HEADERS, END_HEADERS, 1,
              "\x08\3"
              "103");
    CHECK_EQ(edo_task_join(a.task), -EDO_ETOOLONG);
    CHECK(strstr(a.why, "longer than header_list_max") != NULL); // all heads count
    frame_await(t, RST);
    CHECK(edo_http2_is_open(t->c, true));
    stage_end(t);
    return 0;
}

static void informational_responses_have_an_end(void **state) {
    (void)state;
    staged(hints_without_end, (edo_http2_opts){ 0 });
}

/* ---- Servers that break the rules ------------------------------------------------------------ */

typedef struct breach {
    const char *name;
    uint8_t type, flags;
    uint32_t id;
    const char *bytes;
    size_t n;
    int times;
    uint32_t code;
    const char *says; // what the trail of the request has
} breach;

#define NOTHING "too many frames that carry nothing"

static const breach breaches[] = {
#define BYTES(text) (text), sizeof(text) - 1
    { "a pushed stream", PUSH, END_HEADERS, 1, BYTES("\0\0\0\2\x82\x84\x86"), 1, 1,
      "a stream was pushed" },
    { "a stream that is not ours", HEADERS, END_HEADERS, 2, BYTES("\x88"), 1, 1, "PROTOCOL_ERROR" },
    { "a stream that was not opened", DATA, 0, 9, BYTES("x"), 1, 1, "PROTOCOL_ERROR" },
    { "a reset of one", RST, 0, 9, BYTES("\0\0\0\0"), 1, 1, "PROTOCOL_ERROR" },
    { "a window that overflows", WINDOW, 0, 0, BYTES("\x7f\xff\xff\xff"), 1, 3,
      "FLOW_CONTROL_ERROR" },
    { "a PING of seven bytes", PING, 0, 0, BYTES("1234567"), 1, 6, "FRAME_SIZE_ERROR" },
    { "bad compression", HEADERS, END_HEADERS, 1, BYTES("\xff\xff\xff\xff\xff"), 1, 9,
      "COMPRESSION_ERROR" },
    { "PING", PING, 0, 0, BYTES("12345678"), 1100, 11, NOTHING },
    { "SETTINGS", SETTINGS, 0, 0, BYTES(""), 1100, 11, NOTHING },
    { "PRIORITY", PRIORITY, 0, 1, BYTES("\0\0\0\0\0"), 1100, 11, NOTHING },
    { "WINDOW_UPDATE", WINDOW, 0, 0, BYTES("\0\0\0\1"), 1100, 11, NOTHING },
    { "empty DATA", DATA, 0, 1, BYTES(""), 1100, 11, NOTHING },
    { "DATA that is padding", DATA, PADDED, 1, BYTES("\1\0"), 1100, 11, NOTHING },
    { "heads of a stream that is over", HEADERS, END_HEADERS, 1, BYTES("\x88"), 1100, 11, NOTHING },
    { "GOAWAY", GOAWAY, 0, 0, BYTES("\0\0\0\1\0\0\0\0"), 1100, 11, NOTHING },
#undef BYTES
};

static int is_breach(stage *t, const breach *b) {
    stage_begin(t);
    asked a = { 0 };
    if (b->type == HEADERS && b->times > 1) { // to an earlier request
        ask(t, &a);
        FRAME(t, HEADERS, END_HEADERS | END_STREAM, 1, OK_HEAD);
        CHECK_EQ(edo_task_join(a.task), 0);
    }
    ask(t, &a);
    if (b->type == DATA && b->id == 1) FRAME(t, HEADERS, END_HEADERS, 1, OK_HEAD);
    for (int i = 0; i < b->times; i++) frame_put(t, b->type, b->flags, b->id, b->bytes, b->n);
    int err = edo_task_join(a.task);
    if (err == 0) err = a.body_n;
    if (err != -EPROTO) fprintf(stderr, "%s: %d\n", b->name, err);
    CHECK_EQ(err, -EPROTO);
    if (!strstr(a.why, b->says)) fprintf(stderr, "%s: says \"%s\"\n", b->name, a.why);
    CHECK(strstr(a.why, b->says) != NULL);
    uint32_t code = farewell(t);
    if (code != b->code) fprintf(stderr, "%s: code %u\n", b->name, code);
    CHECK_EQ(code, b->code);
    CHECK(!edo_http2_is_open(t->c, false));
    CHECK_EQ(edo_http2_shutdown(t->c), -EPROTO);
    stage_end(t);
    return 0;
}

static int are_breaches(void *arg) {
    for (size_t i = 0; i < EDO_COUNT(breaches); i++) CHECK_EQ(is_breach(arg, &breaches[i]), 0);
    return 0;
}

static void server_that_breaks_the_rules_loses_the_connection(void **state) {
    (void)state;
    staged(are_breaches, (edo_http2_opts){ 0 });
}

/* As servers of gRPC do: for each frame of DATA an update of the window, and a PING that measures
 * the way. */
static int is_measured(void *arg) {
    stage *t = arg;
    char message[64] = { 0 };
    edo_http_response *res;
    edo_http_request req = { .method = EDO_METHOD_POST, .length = -1 };
    stage_begin(t);
    FRAME(t, SETTINGS, 0, 0, "\0\4\0\x10\0\0"); // a window of a MiB for each stream
    CHECK_EQ(edo_http2_open(t->c, &res, &req), 0);
    frame_await(t, HEADERS);
    FRAME(t, HEADERS, END_HEADERS, 1, OK_HEAD);
    for (int i = 0; i < 3000; i++) {
        CHECK_EQ(edo_write_all(res->body, message, sizeof message), 0);
        frame_await(t, DATA);
        FRAME(t, WINDOW, 0, 0, "\0\0\0\x40");
        FRAME(t, PING, 0, 0, "measured");
        frame_put(t, DATA, 0, 1, message, sizeof message);
        CHECK_EQ(edo_read_exact(res->body, message, sizeof message), 0);
    }
    CHECK(edo_http2_is_open(t->c, true));
    edo_http_response_free(res);
    stage_end(t);
    return 0;
}

static void conversation_of_small_messages_may_be_measured(void **state) {
    (void)state;
    staged(is_measured, (edo_http2_opts){ 0 });
}

static int sends_too_much(void *arg) {
    stage *t = arg;
    static char piece[16384];
    edo_http_response *res;
    edo_http_request req = { .target = EDO_STR("/") };
    stage_begin(t);
    CHECK_EQ(edo_http2_open(t->c, &res, &req), 0);
    frame_await(t, HEADERS);
    FRAME(t, HEADERS, END_HEADERS, 1, OK_HEAD);
    for (int i = 0; i < 4; i++) frame_put(t, DATA, 0, 1, piece, sizeof piece); // as the window says
    CHECK_EQ(edo_http2_head(res), 0);
    for (int i = 0; i < 10; i++) CHECK_EQ(edo_yield(), 0);
    CHECK(edo_http2_is_open(t->c, true));
    FRAME(t, DATA, 0, 1, "x");
    int n, sum = 0;
    CHECK_EQ(farewell(t), EDO_HTTP2_FLOW_CONTROL_ERROR);
    while ((n = edo_read(res->body, piece, sizeof piece)) > 0) sum += n;
    CHECK_EQ(sum, 65536); // what has come is still there
    CHECK_EQ(n, -EPROTO);
    edo_http_response_free(res);
    stage_end(t);
    return 0;
}

static void server_cannot_send_more_than_the_window(void **state) {
    (void)state;
    staged(sends_too_much, (edo_http2_opts){ .stream_window = 65536, .conn_window = 65536 });
}

static int does_not_read(void *arg) {
    stage *t = arg;
    static char piece[65536];
    edo_http_response *res;
    edo_http_request req = { .method = EDO_METHOD_POST, .length = -1 };
    stage_begin(t);
    CHECK_EQ(edo_http2_open(t->c, &res, &req), 0);
    size_t sum = 0;
    for (int n; (n = edo_try_write(res->body, piece, sizeof piece)) != -EAGAIN;) {
        CHECK(n > 0);
        sum += (size_t)n;
        CHECK_EQ(edo_yield(), 0);
    }
    CHECK(sum > 65535 && sum <= 65535 + (64u << 10) + 16384); // the window, and `send_buf`
    edo_http_response_free(res);
    stage_end(t);
    return 0;
}

static void server_that_does_not_read_stops_the_writer(void **state) {
    (void)state;
    staged(does_not_read, (edo_http2_opts){ 0 });
}

/* ---- Time ------------------------------------------------------------------------------------ */

static int is_silent(void *arg) {
    stage *t = arg;
    stage_begin(t);
    CHECK_EQ(edo_sleep(edo_s(100)), 0); // no PING while nothing is under way
    asked a = { 0 };
    ask(t, &a);
    edo_instant begun = edo_now();
    frame_await(t, PING);
    CHECK_EQ(edo_instant_since(edo_now(), begun).ns, edo_s(5).ns);
    frame_put(t, PING, ACK, 0, t->last.bytes, 8);
    frame_await(t, PING);
    CHECK_EQ(edo_instant_since(edo_now(), begun).ns, edo_s(10).ns);
    CHECK_EQ(edo_task_join(a.task), -ETIMEDOUT);
    CHECK(strstr(a.why, "no acknowledgement of a PING") != NULL);
    CHECK_EQ(edo_instant_since(edo_now(), begun).ns, edo_s(12).ns);
    CHECK_EQ(edo_http2_shutdown(t->c), -ETIMEDOUT);
    stage_end(t);
    return 0;
}

static void server_that_does_not_acknowledge_is_lost(void **state) {
    (void)state;
    staged(is_silent, (edo_http2_opts){ .ping_interval = EDO_S(5), .ping_timeout = EDO_S(2) });
}

static int sends_no_head(void *arg) {
    stage *t = arg;
    stage_begin(t);
    asked a = { .req = { .read_timeout = edo_s(3) } };
    ask(t, &a);
    edo_instant begun = edo_now();
    frame_await(t, RST);
    CHECK_EQ(edo_instant_since(edo_now(), begun).ns, edo_s(3).ns);
    CHECK_EQ(edo_task_join(a.task), -ETIMEDOUT);
    CHECK(edo_http2_is_open(t->c, true)); // for other requests
    stage_end(t);
    return 0;
}

static void request_that_gets_no_head_in_time_is_given_up(void **state) {
    (void)state;
    staged(sends_no_head, (edo_http2_opts){ 0 });
}

static int pings_idle(void *arg) {
    stage *t = arg;
    stage_begin(t);
    frame_await(t, PING);
    CHECK(edo_http2_is_open(t->c, true));
    stage_end(t);
    return 0;
}

static void idle_connection_is_pinged_if_wanted(void **state) {
    (void)state;
    staged(pings_idle, (edo_http2_opts){ .ping_interval = EDO_S(5), .ping_idle = true });
}

/* ---- Ends at each step ----------------------------------------------------------------------- */

#define STEPS 40

/* The client's end of the conversation. */
static int converses(void *arg) {
    stage *t = arg;
    edo_http_response *res;
    edo_http_request req = { .method = EDO_METHOD_POST, .length = -1 };
    int err = edo_http2_open(t->c, &res, &req);
    if (err < 0) return err;
    err = edo_write_all(res->body, "ping", 4);
    if (err == 0) err = edo_http2_head(res);
    char got[4];
    if (err == 0) err = edo_read_exact(res->body, got, 4);
    if (err == 0) err = edo_shutdown(res->body);
    if (err == 0) err = edo_read(res->body, got, 1);
    edo_http_response_free(res);
    return err;
}

/* The server's, which ends after so many steps. */
static void converse_for(stage *t, int steps) {
    if (steps-- <= 0) return;
    frame_await(t, HEADERS);
    uint32_t id = t->last.id;
    if (steps-- <= 0) return;
    FRAME(t, HEADERS, END_HEADERS, id, OK_HEAD);
    if (steps-- <= 0) return;
    frame_await(t, DATA);
    if (steps-- <= 0) return;
    FRAME(t, DATA, 0, id, "pong");
    if (steps-- <= 0) return;
    frame_await(t, DATA); // the end
    if (steps-- <= 0) return;
    FRAME(t, DATA, END_STREAM, id, "");
}

static int is_cancelled_everywhere(void *arg) {
    stage *t = arg;
    int whole_n = 0;
    for (int steps = 0; steps <= 6; steps++) {
        for (int yields = 0; yields < STEPS; yields++) {
            stage_begin(t);
            edo_task *task = edo_spawn(converses, t);
            converse_for(t, steps);
            for (int i = 0; i < yields; i++) CHECK_EQ(edo_yield(), 0);
            edo_task_cancel(task);
            int err = edo_task_join(task);
            CHECK(err == 0 || err == -ECANCELED);
            whole_n += err == 0;
            asked a = { 0 }; // the connection is good
            ask(t, &a);
            FRAME(t, HEADERS, END_HEADERS | END_STREAM, t->last.id, OK_HEAD);
            CHECK_EQ(edo_task_join(a.task), 0);
            stage_end(t);
        }
    }
    CHECK(whole_n > 0);
    return 0;
}

static void conversation_may_be_cancelled_at_any_point(void **state) {
    (void)state;
    staged(is_cancelled_everywhere, (edo_http2_opts){ 0 });
}

static int is_lost_everywhere(void *arg) {
    stage *t = arg;
    for (int steps = 0; steps <= 5; steps++) {
        for (int yields = 0; yields < STEPS; yields++) {
            stage_begin(t);
            edo_task *task = edo_spawn(converses, t);
            converse_for(t, steps);
            for (int i = 0; i < yields; i++) CHECK_EQ(edo_yield(), 0);
            edo_close(t->ours);
            int err = edo_task_join(task);
            CHECK(err == -EDO_EEOF || err == -EPIPE || err == -EDO_ECLOSED);
            CHECK(steps > 0 || err == -EDO_ECLOSED || yields > 0);
            edo_http2_close(t->c);
        }
    }
    return 0;
}

static void connection_may_be_lost_at_any_point(void **state) {
    (void)state;
    staged(is_lost_everywhere, (edo_http2_opts){ 0 });
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(response_may_come_byte_by_byte),
        cmocka_unit_test(refusal_is_told_from_a_reset),
        cmocka_unit_test(body_that_was_read_is_told),
        cmocka_unit_test(goaway_ends_what_is_beyond_it_and_the_connection),
        cmocka_unit_test(waits_for_a_stream_end_with_the_connection),
        cmocka_unit_test(server_may_allow_more_streams_later),
        cmocka_unit_test(malformed_response_fails_alone),
        cmocka_unit_test(long_head_fails_alone),
        cmocka_unit_test(fields_without_end_end_the_connection),
        cmocka_unit_test(informational_responses_have_an_end),
        cmocka_unit_test(server_that_breaks_the_rules_loses_the_connection),
        cmocka_unit_test(conversation_of_small_messages_may_be_measured),
        cmocka_unit_test(server_cannot_send_more_than_the_window),
        cmocka_unit_test(server_that_does_not_read_stops_the_writer),
        cmocka_unit_test(server_that_does_not_acknowledge_is_lost),
        cmocka_unit_test(request_that_gets_no_head_in_time_is_given_up),
        cmocka_unit_test(idle_connection_is_pinged_if_wanted),
        cmocka_unit_test(conversation_may_be_cancelled_at_any_point),
        cmocka_unit_test(connection_may_be_lost_at_any_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
