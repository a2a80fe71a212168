/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/sse.h: an event is on the wire what it was in the program, whatever
 * text is in it; a response of events ends when the client leaves or the server drains; a client
 * gets every event once, over as many connections as it takes.
 * Method: a server in paused time, clients that read bytes; made-up connections for the client. */
#include "fail_alloc.h"
#include "web_server.h"

#include <edo/sse.h>
#include <edo/streams.h>

#include <malloc.h>

typedef struct sends {
    const edo_sse_event *events;
    size_t n;
    int result;   /* of the last send */
    int after_ms; /* it stays this long */
    int ended;    /* what the wait came to */
    edo_sse_opts opts;
} sends;

static int handler(edo_web *w) {
    sends *s = edo_web_state(w);
    edo_sse sse;
    int err = edo_sse_start(&sse, w, &s->opts);
    for (size_t i = 0; i < s->n && err == 0; i++) err = edo_sse_send(&sse, &s->events[i]);
    s->result = err;
    if (err == 0 && s->after_ms) err = s->ended = edo_sleep(edo_ms(s->after_ms));
    return edo_sse_end(&sse, err == -EINVAL ? 0 : err);
}

static void begin(web_served *server, sends *s) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", handler);
    server->opts.state = s;
    web_begin(server, r);
}

/* Takes the framing of chunks out of a body. */
static void unchunk(heard *h) {
    char *from = strstr(h->text, "\r\n\r\n"), *to;
    CHECK(from != NULL);
    for (to = from += 4; *from;) {
        char *end;
        size_t n = strtoul(from, &end, 16);
        CHECK(end > from && strncmp(end, "\r\n", 2) == 0);
        memmove(to, end + 2, n);
        to += n;
        from = end + 2 + n + 2;
        if (n == 0) break;
    }
    *to = 0;
}

/* ---- What is sent ---------------------------------------------------------------------------- */

#define S(text) EDO_STR(text)

typedef struct spot {
    int x;
    edo_str name;
} spot;
EDO_DESCRIBE(spot, EDO_FIELD(spot, x), EDO_FIELD(spot, name))

static const spot home = { .x = -3, .name = { "a\nb", 3 } };

static int texts(void *arg) {
    static const struct {
        edo_sse_event e;
        int result;
        const char *wanted;
    } cases[] = {
        { { .data = { "a", 1 } }, 0, "data: a\n\n" },
        { { .data = { "", 0 } }, 0, "data: \n\n" },
        { { .data = { "a\nb", 3 } }, 0, "data: a\ndata: b\n\n" },
        { { .data = { "a\rb", 3 } }, 0, "data: a\ndata: b\n\n" },
        { { .data = { "a\r\nb", 4 } }, 0, "data: a\ndata: b\n\n" },
        { { .data = { "a\n\rb\n", 5 } }, 0, "data: a\ndata: \ndata: b\ndata: \n\n" },
        { { .data = { "x\n\nevent: evil\n\ndata: y", 23 } },
          0,
          "data: x\ndata: \ndata: event: evil\ndata: \ndata: data: y\n\n" },
        { { .data = { "d", 1 }, .event = { "e", 1 }, .id = { "7", 1 } },
          0,
          "event: e\nid: 7\ndata: d\n\n" },
        { { .id = { "", 0 }, .data = { "d", 1 } }, 0, "id: \ndata: d\n\n" },
        { { .retry = { 1500000000 } }, 0, "retry: 1500\n\n" },
        { { .retry = { 1 } }, 0, "retry: 1\n\n" }, // 0 would have it come back at once
        { { .comment = { "c\r\ndata: no", 11 } }, 0, ": c\n: data: no\n\n" },
        { { .value = &home, .desc = &spot_desc, .id = { "7", 1 } },
          0,
          "id: 7\ndata: {\"x\":-3,\"name\":\"a\\nb\"}\n\n" },
        { { .value = &home, .desc = &spot_desc, .data = { "", 0 } }, -EINVAL, "" },
        { { .event = { "e\ndata: evil", 12 }, .data = { "d", 1 } }, -EINVAL, "" },
        { { .event = { "e\r", 2 }, .data = { "d", 1 } }, -EINVAL, "" },
        { { .event = { "e\0", 2 }, .data = { "d", 1 } }, -EINVAL, "" },
        { { .id = { "1\nid: 2", 7 }, .data = { "d", 1 } }, -EINVAL, "" },
        { { .id = { "1\r\n", 3 }, .data = { "d", 1 } }, -EINVAL, "" },
        { { .id = { "1\0", 2 }, .data = { "d", 1 } }, -EINVAL, "" },
        { { .id = { "1\1", 2 }, .data = { "d", 1 } }, -EINVAL, "" }, // no field may have it
        { { .id = { "1\x7f", 2 }, .data = { "d", 1 } }, -EINVAL, "" },
        { { .data = { "d", 1 }, .retry = { -1 } }, -EINVAL, "" },
        { { .data = { "d", 1 }, .reserved = { 1 } }, -EINVAL, "" },
    };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        sends s = { .events = &cases[i].e, .n = 1 };
        web_served server = { .opts = { .state = NULL } };
        heard h;
        begin(&server, &s);
        web_ask(&server, &h, "GET /", NULL, NULL);
        CHECK(has(&h, "content-type: text/event-stream\r\n"));
        CHECK(has(&h, "cache-control: no-cache\r\n") && has(&h, "x-accel-buffering: no\r\n"));
        unchunk(&h);
        if (strcmp(web_body(&h), cases[i].wanted) != 0)
            (void)fprintf(stderr, "case %zu: %s", i, web_body(&h));
        CHECK_EQ(s.result, cases[i].result);
        CHECK_EQ(strcmp(web_body(&h), cases[i].wanted), 0);
        CHECK_EQ(web_end(&server), 0);
    }
    return 0;
}

static void no_text_in_an_event_can_make_another_field(void **state) {
    (void)state;
    assert_int_equal(inside(texts, NULL), 0);
}

static int last_id(edo_web *w) {
    edo_str id = edo_sse_last_id(w);
    char text[32];
    (void)snprintf(text, sizeof text, "<%.*s>", (int)id.len, id.ptr);
    return edo_web_reply_text(w, EDO_STATUS_OK, text);
}

static int ids_and_heads(void *arg) {
    static const edo_sse_event event = { .data = { "a", 1 } };
    sends s = { .events = &event, .n = 1, .opts = { .retry = edo_ms(250) } };
    web_served server = { .opts = { .state = &s } };
    heard h;
    (void)arg;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", handler);
    edo_router_get(r, "/id", last_id);
    web_begin(&server, r);
    ask(&server.http, &h,
        "GET /id HTTP/1.1\r\nhost: x\r\nconnection: close\r\nlast-event-id: a 7\r\n\r\n");
    CHECK_EQ(strcmp(web_body(&h), "<a 7>"), 0);
    web_ask(&server, &h, "GET /id", NULL, NULL);
    CHECK_EQ(strcmp(web_body(&h), "<>"), 0);
    web_ask(&server, &h, "HEAD /", NULL, NULL);
    CHECK(has(&h, "text/event-stream\r\n") && *web_body(&h) == 0);
    CHECK_EQ(s.result, -EDO_ECLOSED);
    web_ask(&server, &h, "GET /", NULL, NULL);
    unchunk(&h);
    CHECK_EQ(strcmp(web_body(&h), "retry: 250\n\ndata: a\n\n"), 0);
    return web_end(&server);
}

static void last_id_is_told_and_head_has_no_events(void **state) {
    (void)state;
    assert_int_equal(inside(ids_and_heads, NULL), 0);
}

/* ---- How it ends ----------------------------------------------------------------------------- */

static int keeps_alive(void *arg) {
    static const edo_sse_event event = { .data = { "a", 1 } };
    sends s = { .events = &event, .n = 1, .after_ms = 50000 };
    web_served server = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    begin(&server, &s);
    web_ask(&server, &h, "GET /", NULL, NULL);
    unchunk(&h);
    CHECK_EQ(strcmp(web_body(&h), "data: a\n\n:\n\n:\n\n:\n\n"), 0); // after 15, 30 and 45 s
    s.opts = (edo_sse_opts){ .keep_alive = edo_s(20), .keep_alive_text = EDO_STR("still\nhere") };
    web_ask(&server, &h, "GET /", NULL, NULL);
    unchunk(&h);
    CHECK_EQ(strcmp(web_body(&h), "data: a\n\n: still\n: here\n\n: still\n: here\n\n"), 0);
    s.opts.keep_alive = edo_s(-1);
    web_ask(&server, &h, "GET /", NULL, NULL);
    unchunk(&h);
    CHECK_EQ(strcmp(web_body(&h), "data: a\n\n"), 0);
    return web_end(&server);
}

static void silence_is_kept_alive_by_comments(void **state) {
    (void)state;
    assert_int_equal(inside(keeps_alive, NULL), 0);
}

/* `arg`: does the client leave? Else the server drains. */
static int ends(void *arg) {
    static const edo_sse_event event = { .data = { "a", 1 } };
    sends s = { .events = &event, .n = 1, .after_ms = 500000 };
    web_served server = { .opts = { .state = NULL } };
    begin(&server, &s);
    heard h = { 0 };
    edo_stream *c = client_of(&server.http);
    say(c, "GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    CHECK(hear_until(c, &h, "data: a"));
    if (*(const bool *)arg) {
        edo_close(c);
        WAIT_FOR_EQ(s.ended, -ECANCELED);
        return web_end(&server);
    }
    edo_instant start = edo_now();
    CHECK_EQ(web_end(&server), 0); // the server drains
    CHECK(ms_since(start) < 1000); // of the paused clock: nothing had to be cancelled
    CHECK_EQ(s.ended, -ECANCELED);
    CHECK(hear_until(c, &h, NULL)); // in order
    unchunk(&h);
    CHECK_EQ(strcmp(web_body(&h), "data: a\n\n"), 0);
    edo_close(c);
    return 0;
}

static void response_ends_with_its_client_and_in_order_with_the_server(void **state) {
    (void)state;
    assert_int_equal(inside_real(ends, &(bool){ true }), 0);
    assert_int_equal(inside(ends, &(bool){ false }), 0);
}

/* Returns while the events are open, from a frame that the next one overwrites. */
static int leaves_open(edo_web *w) {
    static const edo_sse_opts often = { .keep_alive = { 1000000 } };
    sends *s = edo_web_state(w);
    edo_sse sse;
    int err = edo_sse_start(&sse, w, &often);
    if (err == 0) err = edo_sse_send(&sse, s->events);
    return err < 0 ? err : s->result;
}

/* A layer that awaits when what it stands around has returned, for longer than a comment takes. */
static int lingers(edo_web *w, edo_next *next) {
    volatile char over[2048];
    int code = edo_next_call(next, w);
    for (size_t i = 0; i < sizeof over; i++) over[i] = 0x5a;
    int err = edo_sleep(edo_ms(20));
    return err < 0 ? err : code;
}

static int left_open(void *arg) {
    static const edo_sse_event event = { .data = { "a", 1 } };
    static const int results[] = { 0, -EDO_ECLOSED, -EIO };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(results); i++) {
        sends s = { .events = &event, .n = 1, .result = results[i] };
        web_served server = { .opts = { .state = &s } };
        edo_router *r = edo_router_new();
        heard h = { 0 };
        edo_router_wrap_all(r, edo_web_around(lingers));
        edo_router_get(r, "/", leaves_open);
        web_begin(&server, r);
        edo_stream *c = client_of(&server.http);
        say(c, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        CHECK(hear_until(c, &h, "data: a\n\n"));
        (void)hear_until(c, &h, NULL);
        CHECK_EQ(has(&h, "\r\n0\r\n\r\n"), results[i] != -EIO); // in order
        edo_close(c);
        CHECK_EQ(web_end(&server), 0);
    }
    return 0;
}

static void events_end_with_their_handler(void **state) {
    (void)state;
    assert_int_equal(inside(left_open, NULL), 0);
}

/* Sends for as long as it may; `result` is what it came to. */
static int floods(edo_web *w) {
    static char text[8192];
    sends *s = edo_web_state(w);
    edo_sse sse;
    memset(text, 'x', sizeof text);
    int err = edo_sse_start(&sse, w, NULL);
    while (err == 0) err = edo_sse_send(&sse, &(edo_sse_event){ .data = { text, sizeof text } });
    s->result = err;
    return edo_sse_end(&sse, err);
}

/* A client that takes the head, and then nothing. */
static edo_stream *deaf_client(web_served *server) {
    edo_stream *c = client_of(&server->http);
    char head[64];
    say(c, "GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    CHECK(edo_read(c, head, sizeof head) > 0);
    return c;
}

static int nobody_reads(void *arg) {
    sends s = { .n = 0 };
    web_served server = { .http.opts = { .write_timeout = edo_s(7) }, .opts = { .state = &s } };
    edo_router *r = edo_router_new();
    (void)arg;
    edo_router_get(r, "/", floods);
    web_begin(&server, r);
    edo_stream *c = deaf_client(&server);
    edo_instant start = edo_now();
    for (int i = 0; i < 600 && s.result == 0; i++) EDO_TEST_OK(edo_sleep(edo_ms(100)));
    CHECK_EQ(s.result, -ETIMEDOUT);
    CHECK_EQ(ms_since(start), 7000); // of the paused clock
    edo_close(c);
    s.result = 0;
    c = deaf_client(&server);
    EDO_TEST_OK(edo_sleep(edo_ms(100)));
    start = edo_now();
    CHECK_EQ(web_end(&server), 0); // what is left for it has the same time when the server drains
    CHECK(ms_since(start) <= 7000 && s.result == -ECANCELED);
    edo_close(c);
    return 0;
}

static void client_that_never_reads_is_given_up(void **state) {
    (void)state;
    assert_int_equal(inside(nobody_reads, NULL), 0);
}

/* ---- The client ------------------------------------------------------------------------------ */

/* A server that is made up: what each connection sends, and what it was asked for. */
typedef struct script {
    const char *const *conns; /* NULL: it refuses; "204": it is the end; a byte 1 is sent as 0 */
    size_t n, at;
    char asked[256];
    int open_n;
} script;

static int opens(void *arg, edo_str id, edo_stream **out) {
    script *s = arg;
    size_t len = strlen(s->asked);
    (void)snprintf(s->asked + len, sizeof s->asked - len, "<%.*s@%d>", (int)id.len, id.ptr,
                   (int)(edo_now().ns / 1000000000 % 1000));
    CHECK(s->at < s->n);
    const char *text = s->conns[s->at++];
    if (!text) return -ECONNREFUSED;
    if (strcmp(text, "204") == 0) return -EDO_ECLOSED;
    edo_stream *ours, *theirs;
    EDO_TEST_OK(edo_duplex(&ours, &theirs, 16384)); // all of it is written before it is read
    for (size_t i = 0; i < strlen(text); i++)
        CHECK_EQ(edo_write_all(theirs, text[i] == 1 ? "" : text + i, 1), 0);
    edo_close(theirs);
    *out = ours;
    s->open_n++;
    return 0;
}

static void closes(void *arg, edo_stream *stream) {
    edo_close(stream);
    ((script *)arg)->open_n--;
}

static edo_sse_client *client_with(script *s, edo_sse_client_opts opts) {
    edo_sse_client *c;
    opts.open = opens, opts.close = closes, opts.arg = s;
    EDO_TEST_OK(edo_sse_client_new(&c, &opts));
    return c;
}

static void check_next(edo_sse_client *c, const char *event, const char *id, const char *data) {
    edo_sse_message m;
    CHECK_EQ(edo_sse_client_event_next(c, &m), 1);
    CHECK(edo_str_equal(m.event, edo_str_of(event)));
    CHECK(edo_str_equal(m.id, edo_str_of(id)));
    CHECK(edo_str_equal(m.data, edo_str_of(data)));
}

static int receives(void *arg) {
    static const char *const conns[] = {
        "\xef\xbb\xbf: hello\r\ndata:a\r\ndata: b\r\n\r\nevent: e\nid: 7\ndata:  c\n\n"
        "retry: 5000\nunknown: x\nevent: dropped\n\nid: x\1y\n\nid: 9\ndata: unfinished\n",
        NULL,
        "data: d\rid: 8\r\rretry: 5s\nretry:\ndata\n\ndata: e\n\n",
        "204",
    };
    script s = { .conns = conns, .n = EDO_COUNT(conns) };
    edo_sse_message m;
    (void)arg;
    edo_sse_client *c = client_with(&s, (edo_sse_client_opts){ .last_id = EDO_STR("5") });
    int start = (int)(edo_now().ns / 1000000000 % 1000);
    check_next(c, "message", "5", "a\nb");
    check_next(c, "e", "7", " c");
    check_next(c, "message", "8", "d");
    check_next(c, "message", "8", "");
    check_next(c, "message", "8", "e");
    CHECK_EQ(edo_sse_client_event_next(c, &m), 0);
    char wanted[64]; // the server's five seconds before each try
    (void)snprintf(wanted, sizeof wanted, "<5@%d><7@%d><7@%d><8@%d>", start, (start + 5) % 1000,
                   (start + 10) % 1000, (start + 15) % 1000);
    if (strcmp(s.asked, wanted) != 0) (void)fprintf(stderr, "%s %s\n", s.asked, wanted);
    CHECK_EQ(strcmp(s.asked, wanted), 0);
    edo_sse_client_free(c);
    CHECK_EQ(s.open_n, 0);
    return 0;
}

static void client_gets_each_event_over_several_connections(void **state) {
    (void)state;
    assert_int_equal(inside(receives, NULL), 0);
}

static int in_time(void *arg) {
    static const char *const conns[] = { "data: a\n\n", "data: b\n\n", NULL, NULL, NULL, NULL };
    script s = { .conns = conns, .n = EDO_COUNT(conns) };
    edo_sse_message m;
    (void)arg;
    edo_sse_client *c = client_with(&s, (edo_sse_client_opts){ .attempts = 3 });
    check_next(c, "message", "", "a");
    edo_instant start = edo_now();
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(2)); // the pause is three seconds
    CHECK_EQ(edo_deadline_end(&d, edo_sse_client_event_next(c, &m)), -EDO_EEOF);
    CHECK_EQ(ms_since(start), 0);
    check_next(c, "message", "", "b");
    start = edo_now();
    CHECK_EQ(edo_sse_client_event_next(c, &m), -ECONNREFUSED); // three attempts
    CHECK_EQ(ms_since(start), 9000);
    CHECK_EQ((int)s.at, 5);
    edo_sse_client_free(c);
    CHECK_EQ(edo_sse_client_new(&c, &(edo_sse_client_opts){ .open = opens }), -EINVAL);
    return 0;
}

static void client_connects_again_only_if_time_is_left(void **state) {
    (void)state;
    assert_int_equal(inside(in_time, NULL), 0);
}

/* Servers refuse a request with such a field, each time that the client asks. */
static int long_id(void *arg) {
    static char first[EDO_SSE_ID_MAX + 64], second[EDO_SSE_ID_MAX + 64], id[EDO_SSE_ID_MAX + 2];
    const char *const conns[] = { first, second, "204" };
    script s = { .conns = conns, .n = EDO_COUNT(conns) };
    edo_sse_message m;
    (void)arg;
    memset(id, 'x', EDO_SSE_ID_MAX + 1);
    (void)snprintf(first, sizeof first, "id: %s\ndata: a\n\n", id);
    edo_sse_client *c = client_with(&s, (edo_sse_client_opts){ .retry = edo_ms(1) });
    check_next(c, "message", id, "a");
    id[EDO_SSE_ID_MAX] = 0; // the longest that is said
    (void)snprintf(second, sizeof second, "id: %s\ndata: b\n\n", id);
    check_next(c, "message", id, "b");
    CHECK(strstr(s.asked, "<@") && strncmp(strrchr(s.asked, '<'), "<@", 2) == 0);
    CHECK_EQ(edo_sse_client_event_next(c, &m), 0);
    CHECK_EQ(strncmp(strrchr(s.asked, '<'), "<xxxx", 5), 0);
    edo_sse_client_free(c);
    return 0;
}

static void id_that_is_too_long_for_a_request_is_not_said(void **state) {
    (void)state;
    assert_int_equal(inside(long_id, NULL), 0);
}

static int bounded(void *arg) {
    static const char *const conns[] = {
        "\357\273\277data: 123456\ndata: 7890\n\ndata: a\n\n", // the mark does not count
        "data: b\n\n",
        "data: 01234567890123456789",
    };
    script s = { .conns = conns, .n = EDO_COUNT(conns) };
    edo_sse_message m;
    (void)arg;
    edo_sse_client *c =
        client_with(&s, (edo_sse_client_opts){ .bytes_max = 12, .retry = edo_ms(1) });
    check_next(c, "message", "", "123456\n7890");
    check_next(c, "message", "", "a");
    check_next(c, "message", "", "b");
    CHECK_EQ(edo_sse_client_event_next(c, &m), -EDO_ETOOLONG);
    CHECK_EQ(s.open_n, 0);
    edo_sse_client_free(c);
    return 0;
}

static void event_that_is_too_long_is_refused(void **state) {
    (void)state;
    assert_int_equal(inside(bounded, NULL), 0);
}

/* ---- A client with an address ---------------------------------------------------------------- */

static int by_steps(edo_web *w) {
    static const edo_sse_event first[] = { { .id = { "1", 1 }, .data = { "a", 1 } },
                                           { .id = { "2", 1 }, .data = { "b", 1 } } };
    int *step = edo_web_state(w);
    sends s = { .events = first, .n = EDO_COUNT(first), .opts = { .retry = edo_ms(20) } };
    CHECK(edo_str_equal(edo_web_header(w, "accept"), EDO_STR("text/event-stream")));
    CHECK(edo_str_equal(edo_web_header(w, "cache-control"), EDO_STR("no-store")));
    CHECK(edo_str_equal(edo_web_header(w, "authorization"), EDO_STR("Bearer x")));
    CHECK(edo_str_equal(edo_web_query_text(w), EDO_STR("of=ann")));
    CHECK(edo_str_equal(edo_sse_last_id(w), *step == 0 ? EDO_STR("") : EDO_STR("2")));
    switch ((*step)++) {
    case 1: return edo_web_reply_status(w, EDO_STATUS_SERVICE_UNAVAILABLE);
    case 2: return edo_web_reply_text(w, EDO_STATUS_OK, "data: x\n\n"); // no events
    case 3: return edo_web_reply_no_content(w);
    default: break;
    }
    edo_sse sse;
    int err = edo_sse_start(&sse, w, &s.opts);
    for (size_t i = 0; i < s.n && err == 0; i++) err = edo_sse_send(&sse, &s.events[i]);
    return edo_sse_end(&sse, err);
}

static int by_address(void *arg) {
    int step = 0;
    char url[64];
    web_served server = { .opts = { .state = &step } };
    edo_router *r = edo_router_new();
    edo_headers headers;
    edo_sse_client *c;
    edo_sse_message m;
    (void)arg;
    edo_router_get(r, "/events", by_steps);
    web_begin(&server, r);
    (void)snprintf(url, sizeof url, "HTTP://%s/events?of=ann#top", server.http.address);
    edo_headers_init(&headers);
    EDO_TEST_OK(edo_headers_set_named(&headers, EDO_STR("authorization"), EDO_STR("Bearer x")));
    EDO_TEST_OK(edo_sse_client_new(
        &c, &(edo_sse_client_opts){ .url = edo_str_of(url), .headers = &headers, .attempts = 1 }));
    memset(url, 0, sizeof url); // it was copied
    check_next(c, "message", "1", "a");
    check_next(c, "message", "2", "b");
    CHECK_EQ(edo_sse_client_event_next(c, &m), -EACCES);
    CHECK_EQ(edo_sse_client_event_next(c, &m), -EPROTO);
    CHECK_EQ(edo_sse_client_event_next(c, &m), 0);
    edo_sse_client_free(c);
    edo_headers_deinit(&headers);
    return web_end(&server);
}

static void client_with_an_address_connects_by_itself(void **state) {
    (void)state;
    assert_int_equal(inside_real(by_address, NULL), 0);
}

/* Says an id with a control byte, then what the client has said of it. */
static int says_bad_id(edo_web *w) {
    int *calls = edo_web_state(w);
    edo_stream *out;
    CHECK_EQ(edo_sse_last_id(w).len, 0);
    EDO_TEST_OK(edo_web_reply_stream(w, &out, EDO_STATUS_OK, "text/event-stream"));
    const char *text = (*calls)++ == 0 ? "id: a\1b\ndata: 1\n\n" : "data: 2\n\n";
    return edo_write_all(out, text, strlen(text));
}

static int bad_id(void *arg) {
    int calls = 0;
    char url[64];
    web_served server = { .opts = { .state = &calls } };
    edo_router *r = edo_router_new();
    edo_sse_client *c;
    (void)arg;
    edo_router_get(r, "/", says_bad_id);
    web_begin(&server, r);
    (void)snprintf(url, sizeof url, "http://%s/", server.http.address);
    EDO_TEST_OK(edo_sse_client_new(
        &c, &(edo_sse_client_opts){ .url = edo_str_of(url), .retry = edo_ms(1), .attempts = 2 }));
    check_next(c, "message", "a\1b", "1");
    check_next(c, "message", "a\1b", "2"); // it connects again
    edo_sse_client_free(c);
    return web_end(&server);
}

static void id_that_no_field_can_have_is_not_said(void **state) {
    (void)state;
    assert_int_equal(inside_real(bad_id, NULL), 0);
}

static void address_of_events_is_checked_at_once(void **state) {
    const struct {
        edo_sse_client_opts opts;
        int err;
    } bad[] = { { { .url = EDO_STR("ftp://x/") }, -ENOTSUP },
                { { .url = EDO_STR("http://x:65536/") }, -EINVAL },
                { { .url = EDO_STR("http:/x") }, -EINVAL },
                { { .url = EDO_STR("nonsense") }, -ENOTSUP },
                { { .url = EDO_STR("http://x/"), .open = opens }, -EINVAL },
                { { .url = EDO_STR("http://x/"), .reserved = { 1 } }, -EINVAL },
                { { .attempts = 1 }, -EINVAL } };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        edo_sse_client *c;
        int err = edo_sse_client_new(&c, &bad[i].opts);
        if (err != bad[i].err) fail_msg("row %zu: %d", i, err);
    }
}

/* Sends an event as large as asked for, and stays. */
static int sends_large(edo_web *w) {
    sends *s = edo_web_state(w);
    edo_sse sse;
    int err = edo_sse_start(&sse, w, NULL);
    if (err == 0) err = edo_sse_send(&sse, s->events);
    if (err == 0) err = edo_sleep(edo_s(3600));
    return edo_sse_end(&sse, err);
}

static size_t bytes_in_use(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

#define LARGE ((size_t)1 << 20)

static int gives_back(void *arg) {
    edo_sse_event event = { .data = { calloc(1, LARGE), LARGE } };
    sends s = { .events = &event, .n = 1 };
    web_served server = { .http.pipe_bytes = 16384, .opts = { .state = &s } };
    edo_router *r = edo_router_new();
    char *text = malloc(LARGE);
    edo_stream *clients[8];
    (void)arg;
    edo_router_get(r, "/", sends_large);
    web_begin(&server, r);
    size_t before = bytes_in_use();
    for (size_t i = 0; i < EDO_COUNT(clients); i++) {
        clients[i] = client_of(&server.http);
        say(clients[i], "GET / HTTP/1.1\r\nhost: x\r\n\r\n");
        for (size_t got = 0; got < LARGE;) {
            int n = edo_read(clients[i], text, LARGE);
            CHECK(n > 0);
            got += (size_t)n;
        }
    }
    EDO_TEST_OK(edo_sleep(edo_ms(10)));
    CHECK(bytes_in_use() < before + LARGE);
    for (size_t i = 0; i < EDO_COUNT(clients); i++) edo_close(clients[i]);
    free(text);
    free((void *)(uintptr_t)event.data.ptr);
    return web_end(&server);
}

static void memory_of_a_large_event_is_given_back(void **state) {
    (void)state;
    assert_int_equal(inside(gives_back, NULL), 0);
}

/* ---- A send that is cut ---------------------------------------------------------------------- */

static char long_text[100000];

typedef struct cut {
    int first, next; /* results of the sends */
} cut;

static int cuts_a_send(edo_web *w) {
    cut *c = edo_web_state(w);
    edo_sse sse;
    int err = edo_sse_start(&sse, w, NULL);
    EDO_DEADLINE(limit, edo_s(1));
    if (err == 0)
        err = edo_sse_send(&sse, &(edo_sse_event){ .data = { long_text, sizeof long_text } });
    c->first = edo_deadline_end(&limit, err);
    c->next = edo_sse_send(&sse, &(edo_sse_event){ .data = EDO_STR("next") });
    return edo_sse_end(&sse, c->next);
}

/* The client reads only after some time. Returns what it has read, which the caller frees. */
static char *body_read_after(edo_duration time, cut *c) {
    const size_t room = 2 * sizeof long_text;
    char *text = calloc(1, room);
    web_served server = { .opts = { .state = c }, .http = { .pipe_bytes = 512 } };
    edo_router *r = edo_router_new();
    int got, n = 0;
    CHECK(text != NULL);
    edo_router_get(r, "/", cuts_a_send);
    web_begin(&server, r);
    edo_stream *client = client_of(&server.http);
    say(client, "GET / HTTP/1.0\r\n\r\n");
    EDO_TEST_OK(edo_sleep(time));
    while ((got = edo_read(client, text + n, room - 1 - (size_t)n)) > 0) n += got;
    edo_close(client);
    CHECK_EQ(web_end(&server), 0);
    return text;
}

static int cut_sends(void *arg) {
    cut c = { .first = 1, .next = 1 };
    (void)arg;
    memset(long_text, 'a', sizeof long_text);
    char *text = body_read_after(edo_ms(1500), &c);
    CHECK(strstr(text, "a\n\ndata: next\n\n") != NULL);
    CHECK_EQ(c.next, 0);
    free(text);
    text = body_read_after(edo_s(5), &c);
    CHECK(strstr(text, "data: aaa") != NULL && strstr(text, "next") == NULL);
    CHECK_EQ(c.first, -ETIMEDOUT);
    CHECK_EQ(c.next, -ECANCELED);
    free(text);
    return 0;
}

static void nothing_follows_half_an_event(void **state) {
    (void)state;
    assert_int_equal(inside(cut_sends, NULL), 0);
}

/* ---- Without memory -------------------------------------------------------------------------- */

static int no_memory(void *arg) {
    static const edo_sse_event event = { .data = { "a", 1 }, .id = { "1", 1 } };
    sends s = { .events = &event, .n = 1, .after_ms = 20000 };
    web_served server = { .opts = { .state = NULL } };
    bool has_failed = true;
    heard h;
    (void)arg;
    begin(&server, &s);
    for (int k = 1; has_failed; k++) {
        h = (heard){ 0 };
        edo_stream *c = client_of(&server.http);
        EDO_TEST_OK(edo_yield());
        fail_alloc_in = k;
        say(c, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        (void)hear_until(c, &h, NULL);
        has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        CHECK(has(&h, "text/event-stream") || has_no_memory(&h));
        edo_close(c);
    }
    CHECK(has(&h, "data: a\n\n") && has(&h, ":\n\n"));
    return web_end(&server);
}

static void events_without_memory_end_the_response(void **state) {
    (void)state;
    assert_int_equal(inside(no_memory, NULL), 0);
}

static void client_without_memory_is_not_made(void **state) {
    const edo_sse_client_opts opts = { .url = EDO_STR("http://x/y?z"), .last_id = EDO_STR("5") };
    bool has_failed = true;
    int k = 1;
    (void)state;
    for (; has_failed; k++) {
        edo_sse_client *c = NULL;
        fail_alloc_in = k;
        int err = edo_sse_client_new(&c, &opts);
        has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        assert_int_equal(err, has_failed ? -ENOMEM : 0);
        edo_sse_client_free(c);
    }
    assert_true(k > 4); // the client, its id, the place, the target
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_text_in_an_event_can_make_another_field),
        cmocka_unit_test(last_id_is_told_and_head_has_no_events),
        cmocka_unit_test(silence_is_kept_alive_by_comments),
        cmocka_unit_test(client_that_never_reads_is_given_up),
        cmocka_unit_test(events_end_with_their_handler),
        cmocka_unit_test(response_ends_with_its_client_and_in_order_with_the_server),
        cmocka_unit_test(client_gets_each_event_over_several_connections),
        cmocka_unit_test(client_connects_again_only_if_time_is_left),
        cmocka_unit_test(id_that_is_too_long_for_a_request_is_not_said),
        cmocka_unit_test(event_that_is_too_long_is_refused),
        cmocka_unit_test(client_with_an_address_connects_by_itself),
        cmocka_unit_test(id_that_no_field_can_have_is_not_said),
        cmocka_unit_test(address_of_events_is_checked_at_once),
        cmocka_unit_test(client_without_memory_is_not_made),
        cmocka_unit_test(memory_of_a_large_event_is_given_back),
        cmocka_unit_test(events_without_memory_end_the_response),
        cmocka_unit_test(nothing_follows_half_an_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
