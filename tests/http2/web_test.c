/* SPDX-License-Identifier: MIT */
/* Goal: what the web framework does works over HTTP/2: routes and extractors, layers, files, events
 * of handlers that go on and of those that have returned, and WebSockets.
 * Method: a router, and a client by nghttp2 that makes the frames of WebSockets by hand. */
#include "h2_peer.h"

#include <edo/http2.h>
#include <edo/sse.h>
#include <edo/web.h>
#include <edo/web_compress.h>
#include <edo/web_static.h>
#include <edo/ws.h>

static h2_peer peer;
static edo_sse_events *listener;
static int closed, ws_closed, ws_result;

static int version(edo_web *w) {
    edo_str name = edo_http_version_name(edo_web_request(w)->version);
    char text[2000];
    (void)snprintf(text, sizeof text,
                   "%.*s, %.*s, a text that is long enough to compress well: %0*d", (int)name.len,
                   name.ptr, (int)edo_web_param(w, "id").len, edo_web_param(w, "id").ptr, 1500, 0);
    return edo_web_reply_text(w, 200, text);
}

static int counts(edo_web *w) {
    edo_sse s;
    int err = edo_sse_start(&s, w, NULL);
    for (int i = 0; i < 3 && err == 0; i++)
        err = edo_sse_send(&s, &(edo_sse_event){ .data = EDO_STR("tick") });
    return edo_sse_end(&s, err);
}

static int enters(edo_sse_events *e) {
    listener = edo_sse_events_ref(e);
    return 0;
}

static void leaves(edo_sse_events *e) {
    closed++;
    edo_sse_unref(e);
    listener = NULL;
}

static int listens(edo_web *w) {
    static const edo_sse_handler h = { .on_open = enters, .on_close = leaves };
    return edo_sse_handle(w, &h, NULL, NULL);
}

static int says_again(edo_ws *ws, const edo_ws_message *m) {
    return edo_ws_send(ws, m);
}

static void ends(edo_ws *ws) {
    (void)ws;
    ws_closed++;
}

static int echoes(edo_web *w) {
    static const edo_ws_handler h = { .on_message = says_again, .on_close = ends };
    return edo_ws_handle(w, &h, NULL, NULL);
}

static int echoes_in_a_fiber(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, NULL);
    if (err < 0) return err;
    while ((err = edo_ws_recv(ws, &m)) == 0)
        if ((err = edo_ws_send(ws, &m)) < 0) break;
    ws_result = err;
    ws_closed++;
    return 0;
}

static int serve_one(served *s, edo_stream *stream) {
    return edo_web_serve_stream(s->arg, stream, &(edo_web_opts){ .http = &s->opts });
}

static void begin(served *s) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/users/{id}", version);
    edo_router_get(r, "/count", counts);
    edo_router_get(r, "/listen", listens);
    edo_router_get(r, "/echo", echoes);
    edo_router_get(r, "/fiber", echoes_in_a_fiber);
    edo_router_wrap_all(r, edo_compress_layer(NULL));
    CHECK_EQ(edo_router_build(r), 0);
    closed = ws_closed = ws_result = 0;
    *s = (served){ .arg = r, .serve_one = serve_one };
    serve_begin(s);
    h2_begin(&peer, client_of(s), NULL, 0);
    H2_UNTIL(&peer, peer.settings > 0);
}

static void end(served *s) {
    CHECK_EQ(serve_end(s), 0);
    h2_end(&peer);
    edo_router_free(s->arg);
}

static int asks(void *arg) {
    served s;
    (void)arg;
    begin(&s);
    h2_answer *a = h2_ask(&peer, "GET", "/users/42", NULL);
    h2_answer *b = h2_ask(&peer, "GET", "/users/42", "accept-encoding: gzip\n");
    h2_answer *c = h2_ask(&peer, "DELETE", "/users/42", NULL);
    h2_answer *d = h2_ask(&peer, "GET", "/nothing", NULL);
    h2_answer *e = h2_ask(&peer, "GET", "/count", NULL);
    h2_await(&peer, a);
    h2_await(&peer, b);
    h2_await(&peer, c);
    h2_await(&peer, d);
    h2_await(&peer, e);
    CHECK(a->status == 200 && strncmp(a->body, "HTTP/2, 42, a text", 18) == 0);
    CHECK(b->status == 200 && h2_has(b, "content-encoding: gzip\n") && b->body_n < a->body_n);
    CHECK(c->status == 405 && h2_has(c, "allow: ") && d->status == 404);
    CHECK(e->status == 200 && h2_has(e, "content-type: text/event-stream"));
    CHECK_EQ(strcmp(e->body, "data: tick\n\ndata: tick\n\ndata: tick\n\n"), 0);
    end(&s);
    return 0;
}

static void routes_layers_and_events_work(void **state) {
    (void)state;
    assert_int_equal(inside(asks, NULL), 0);
}

static void post(const char *text) {
    edo_sse_frame *f;
    CHECK_EQ(edo_sse_frame_new(&f, &(edo_sse_event){ .data = edo_str_of(text) }), 0);
    CHECK_EQ(edo_sse_post(listener, f), 0);
    edo_sse_frame_unref(f);
}

static int is_told(void *arg) {
    served s;
    (void)arg;
    begin(&s);
    h2_answer *a = h2_ask(&peer, "GET", "/listen", NULL);
    H2_UNTIL(&peer, a->status != 0);
    WAIT_FOR(listener != NULL);
    post("one");
    H2_UNTIL(&peer, a->body_n > 0);
    post("two");
    H2_UNTIL(&peer, strstr(a->body, "data: two\n\n"));
    CHECK(strstr(a->body, "data: one\n\n") && !a->ended);
    h2_answer *b = h2_ask(&peer, "GET", "/users/1", NULL);
    h2_await(&peer, b);
    CHECK(b->status == 200 && closed == 0);
    CHECK_EQ(nghttp2_submit_rst_stream(peer.session, 0, a->id, NGHTTP2_CANCEL), 0);
    h2_send(&peer);
    WAIT_FOR(closed == 1);
    h2_answer *c = h2_ask(&peer, "GET", "/listen", NULL); // ends in order with the server
    H2_UNTIL(&peer, c->status != 0);
    WAIT_FOR(listener != NULL);
    edo_task_cancel(s.task);
    h2_await(&peer, c);
    CHECK(c->ended && c->error == 0);
    while (h2_turn(&peer)) {
    }
    CHECK_EQ(closed, 2);
    end(&s);
    return 0;
}

static void events_go_on_when_their_handler_has_returned(void **state) {
    (void)state;
    assert_int_equal(inside(is_told, NULL), 0);
}

#define CONNECT ":method: CONNECT\n:protocol: websocket\n:scheme: http\n:authority: x\n:path: "
#define VERSION "\nsec-websocket-version: 13\n"

/* "hello" as a client sends it. */
static const char hello[] = "\x81\x85\0\0\0\0hello";
static const char bye[] = "\x88\x82\0\0\0\0\x03\xe8";

static int converses(void *arg) {
    served s;
    const char *const paths[] = { CONNECT "/echo" VERSION, CONNECT "/fiber" VERSION };
    (void)arg;
    begin(&s);
    for (int i = 0; i < 2; i++) {
        h2_answer *a = h2_ask_raw(&peer, paths[i], false);
        H2_UNTIL(&peer, a->status != 0);
        CHECK(a->status == 200 && !h2_has(a, "sec-websocket-accept") && !h2_has(a, "upgrade"));
        h2_say(&peer, a, hello, sizeof hello - 1, true);
        H2_UNTIL(&peer, a->body_n == 7);
        CHECK_EQ(memcmp(a->body, "\x81\x05hello", 7), 0);
        h2_say(&peer, a, bye, sizeof bye - 1, true);
        H2_UNTIL(&peer, a->ended);
        CHECK_EQ(memcmp(a->body + 7, "\x88\x02\x03\xe8", 4), 0);
        WAIT_FOR(ws_closed == i + 1);
    }
    h2_answer *bad = h2_ask_raw(&peer, CONNECT "/users/1" VERSION, true);
    h2_await(&peer, bad);
    CHECK_EQ(bad->status, 501); // its handler says 200, which would be taken for a tunnel
    h2_answer *c = h2_ask_raw(&peer, paths[0], false); // and one that the client leaves
    H2_UNTIL(&peer, c->status != 0);
    CHECK_EQ(nghttp2_submit_rst_stream(peer.session, 0, c->id, NGHTTP2_CANCEL), 0);
    h2_send(&peer);
    WAIT_FOR(ws_closed == 3);
    end(&s);
    return 0;
}

static void websockets_converse_by_extended_connect(void **state) {
    (void)state;
    assert_int_equal(inside(converses, NULL), 0);
}

static int is_drained(void *arg) {
    served s;
    (void)arg;
    begin(&s);
    h2_answer *a = h2_ask_raw(&peer, CONNECT "/echo" VERSION, false);
    H2_UNTIL(&peer, a->status != 0);
    edo_task_cancel(s.task);
    H2_UNTIL(&peer, a->body_n >= 4);
    CHECK(a->body[0] == '\x88' && memcmp(a->body + 2, "\x03\xe9", 2) == 0); // 1001, and why
    h2_say(&peer, a, bye, sizeof bye - 1, true);
    H2_UNTIL(&peer, a->closed);
    while (h2_turn(&peer)) {
    }
    CHECK_EQ(ws_closed, 1);
    end(&s);
    return 0;
}

static void websockets_are_told_of_a_drain(void **state) {
    (void)state;
    assert_int_equal(inside(is_drained, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(routes_layers_and_events_work),
        cmocka_unit_test(events_go_on_when_their_handler_has_returned),
        cmocka_unit_test(websockets_converse_by_extended_connect),
        cmocka_unit_test(websockets_are_told_of_a_drain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
