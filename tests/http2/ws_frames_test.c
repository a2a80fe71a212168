/* SPDX-License-Identifier: MIT */
/* Goal: what a client's WebSocket says to a server of HTTP/2, frame by frame (RFC 8441), and what
 * it makes of a server that resets it, leaves it, says goodbye or says nothing.
 * Method: a client with a pool, and a server that is frames made by hand, over memory with a clock
 * that jumps. A second connection is one of HTTP/1.1, which the server notes and ends. */
#include "client_stage.h"

#include <edo/http_client.h>
#include <edo/ws_client.h>

#include <nghttp2/nghttp2.h>

#define TAKES    "\0\x08\0\0\0\1" // SETTINGS_ENABLE_CONNECT_PROTOCOL
#define NOT_YET  "\0\x08\0\0\0\0"
#define CLOSE    "\x88\2\x03\xe8"
#define CANCEL   8u
#define NO_ERROR "\0\0\0\0"

typedef struct scene {
    stage t; /* the server's end */
    edo_http_client *c;
    edo_ws_client_opts opts;
    int dials;
    edo_task *task;
    edo_ws *ws;
} scene;

static int dials(void *arg, edo_stream **out, const char *address) {
    scene *sc = arg;
    edo_stream *ours;
    (void)address;
    int err = edo_duplex(&ours, out, 1 << 20);
    if (err < 0) return err;
    if (sc->dials++ == 0)
        sc->t.ours = ours;
    else
        edo_close(ours);
    return 0;
}

static int connects(void *arg) {
    scene *sc = arg;
    return edo_ws_connect(&sc->ws, EDO_STR("ws://x/chat?room=1"), &sc->opts);
}

/* Connects, up to where the server has to speak. */
static void scene_begin(scene *sc) {
    char preface[PREFACE_BYTES];
    const edo_http_client_opts o = { .prior_knowledge = true, .connect = dials, .arg = sc };
    CHECK_EQ(edo_http_client_new(&sc->c, &o), 0);
    sc->opts.client = sc->c;
    sc->opts.http2 = EDO_WS_HTTP2_FIRST;
    sc->task = edo_spawn(connects, sc);
    WAIT_FOR(sc->t.ours != NULL);
    CHECK_EQ(edo_read_exact(sc->t.ours, preface, sizeof preface), 0);
}

/* And up to its request. */
static void scene_ask(scene *sc) {
    scene_begin(sc);
    FRAME(&sc->t, SETTINGS, 0, 0, TAKES);
    frame_await(&sc->t, HEADERS);
    CHECK_EQ(sc->t.last.id, 1);
    CHECK(!(sc->t.last.flags & END_STREAM));
}

/* And up to the socket. */
static void scene_open(scene *sc) {
    scene_ask(sc);
    FRAME(&sc->t, HEADERS, END_HEADERS, 1, OK_HEAD);
    CHECK_EQ(edo_task_join(sc->task), 0);
}

static void scene_end(scene *sc) {
    edo_http_client_unref(sc->c);
    if (sc->t.ours) edo_close(sc->t.ours);
}

static void staged_scene(int (*fn)(void *)) {
    scene *sc = calloc(1, sizeof *sc);
    assert_non_null(sc);
    assert_int_equal(inside(fn, sc), 0);
    free(sc);
}

static edo_http_client_stats stats_of(scene *sc) {
    edo_http_client_stats s;
    edo_http_client_get_stats(sc->c, &s);
    return s;
}

/* Passes over all but those of the stream. */
static void frame_await_of(stage *t, uint32_t id) {
    do CHECK(frame_get(t));
    while (t->last.id != id);
}

/* ---- The handshake --------------------------------------------------------------------------- */

static int waits(void *arg) {
    scene *sc = arg;
    scene_begin(sc);
    frame_await(&sc->t, SETTINGS);
    frame_await(&sc->t, WINDOW);
    CHECK_EQ(edo_sleep(edo_s(3)), 0); // nothing more is said
    FRAME(&sc->t, SETTINGS, 0, 0, TAKES);
    CHECK(frame_get(&sc->t) && sc->t.last.type == SETTINGS && sc->t.last.flags == ACK);
    frame_await(&sc->t, HEADERS);
    edo_task_cancel(sc->task);
    CHECK_EQ(edo_task_join(sc->task), -ECANCELED);
    frame_await_of(&sc->t, 1);
    CHECK(sc->t.last.type == RST && number_at(sc->t.last.bytes) == CANCEL);
    CHECK(stats_of(sc).idle == 1 && sc->dials == 1);
    scene_end(sc);
    return 0;
}

static void settings_are_waited_for_and_a_cancel_takes_the_request_back(void **state) {
    (void)state;
    staged_scene(waits);
}

static int never(void *arg) {
    for (int says = 0; says < 2; says++) {
        scene *sc = arg;
        memset(sc, 0, sizeof *sc);
        edo_instant begun = edo_now();
        if (says)
            scene_ask(sc);
        else
            scene_begin(sc);
        CHECK_EQ(edo_task_join(sc->task), -ETIMEDOUT);
        CHECK_EQ(edo_instant_since(edo_now(), begun).ns, edo_s(10).ns);
        CHECK_EQ(stats_of(sc).open, 1);
        scene_end(sc);
    }
    return 0;
}

static void silent_server_is_given_up_after_ten_seconds(void **state) {
    (void)state;
    staged_scene(never);
}

/* Prints the fields of a head, "name: value\n" each. */
static void head_print(const frame *f, char *to, size_t to_n) {
    nghttp2_hd_inflater *inflater;
    nghttp2_nv nv;
    const uint8_t *at = f->bytes, *end = f->bytes + f->n;
    int flags, used;
    size_t n = 0;
    CHECK_EQ(nghttp2_hd_inflate_new(&inflater), 0);
    do {
        used = (int)nghttp2_hd_inflate_hd2(inflater, &nv, &flags, at, (size_t)(end - at), 1);
        CHECK(used >= 0);
        at += used;
        if (flags & NGHTTP2_HD_INFLATE_EMIT)
            n += (size_t)snprintf(to + n, to_n - n, "%.*s: %.*s\n", (int)nv.namelen, nv.name,
                                  (int)nv.valuelen, nv.value);
        CHECK(n < to_n);
    } while (!(flags & NGHTTP2_HD_INFLATE_FINAL));
    nghttp2_hd_inflate_del(inflater);
}

/* The fields of RFC 8441 are there, and none of those of HTTP/1.1. */
static int fields(void *arg) {
    static const char *const protocols[] = { "chat.v1" };
    scene *sc = arg;
    char head[1024] = "";
    edo_headers headers;
    edo_headers_init(&headers);
    CHECK_EQ(edo_headers_set(&headers, EDO_HEADER_ORIGIN, EDO_STR("https://x")), 0);
    sc->opts.headers = &headers;
    sc->opts.socket.protocols = protocols;
    sc->opts.socket.protocols_n = 1;
    scene_ask(sc);
    head_print(&sc->t.last, head, sizeof head);
    CHECK_EQ(strcmp(head, ":method: CONNECT\n:scheme: http\n:path: /chat?room=1\n"
                          ":protocol: websocket\n:authority: x\norigin: https://x\n"
                          "sec-websocket-version: 13\nsec-websocket-protocol: chat.v1\n"),
             0);
    edo_task_cancel(sc->task);
    CHECK_EQ(edo_task_join(sc->task), -ECANCELED);
    edo_headers_deinit(&headers);
    scene_end(sc);
    return 0;
}

static void request_is_an_extended_connect(void **state) {
    (void)state;
    staged_scene(fields);
}

/* What a server says that does not look at the request: HTTP/1.1 is tried, of which the second
 * connection here ends at once. */
static int unasked(void *arg) {
    scene *sc = arg;
    for (int what = 0; what < 6; what++) {
        memset(sc, 0, sizeof *sc);
        if (what < 2)
            scene_begin(sc);
        else
            scene_ask(sc);
        if (what == 0) FRAME(&sc->t, SETTINGS, 0, 0, "");
        if (what == 1) FRAME(&sc->t, SETTINGS, 0, 0, NOT_YET);
        if (what == 2) FRAME(&sc->t, RST, 0, 1, "\0\0\0\7"); // REFUSED_STREAM
        if (what == 3) FRAME(&sc->t, RST, 0, 1, "\0\0\0\x0d");
        if (what == 4) FRAME(&sc->t, GOAWAY, 0, 0, NO_ERROR NO_ERROR);
        if (what == 5) CHECK_EQ(edo_shutdown(sc->t.ours), 0);
        int err = edo_task_join(sc->task);
        CHECK(err == -EDO_EEOF || err == -EDO_ECLOSED || err == -EPIPE);
        CHECK_EQ(sc->dials, 2);
        CHECK_EQ(stats_of(sc).open, what < 4);
        scene_end(sc);
    }
    return 0;
}

static void server_that_has_not_looked_at_it_is_asked_by_http1(void **state) {
    (void)state;
    staged_scene(unasked);
}

static int is_reset_before(void *arg) {
    scene *sc = arg;
    scene_ask(sc);
    FRAME(&sc->t, RST, 0, 1, "\0\0\0\2");
    CHECK_EQ(edo_task_join(sc->task), -ECONNRESET);
    CHECK(sc->dials == 1 && stats_of(sc).idle == 1);
    scene_end(sc);
    return 0;
}

static void reset_of_the_request_is_a_failure(void **state) {
    (void)state;
    staged_scene(is_reset_before);
}

static int breaks(void *arg) {
    static const struct {
        const char *head;
        size_t n;
        uint8_t flags;
        int err;
    } rows[] = {
#define FIELD(name, n, value, m) "\0" n name m value
        { OK_HEAD, 1, END_STREAM, -EACCES }, // there is no tunnel
        { "\x8d", 1, 0, -EACCES },           // 404, with a body that never comes: see below
        { OK_HEAD FIELD("sec-websocket-protocol", "\x16", "x", "\1"), 27, 0, -EPROTO },
        { OK_HEAD FIELD("sec-websocket-extensions", "\x18", "x", "\1"), 29, 0, -EPROTO },
        { OK_HEAD FIELD("sec-websocket-accept", "\x14", "x", "\1"), 25, 0, 0 }, // of HTTP/1.1
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        scene *sc = arg;
        memset(sc, 0, sizeof *sc);
        scene_ask(sc);
        frame_put(&sc->t, HEADERS, (uint8_t)(END_HEADERS | rows[i].flags), 1, rows[i].head,
                  rows[i].n);
        int err = edo_task_join(sc->task);
        if (err != rows[i].err) (void)fprintf(stderr, "row %zu\n", i);
        CHECK_EQ(err, rows[i].err);
        if (err == 0) {
            CHECK_EQ(edo_ws_send_text(sc->ws, EDO_STR("x")), 0);
            edo_close(sc->t.ours);
            sc->t.ours = NULL;
            (void)edo_ws_end(sc->ws, -EIO);
        } else if (!rows[i].flags) {
            frame_await_of(&sc->t, 1);
            CHECK(sc->t.last.type == RST && number_at(sc->t.last.bytes) == CANCEL);
        }
        scene_end(sc);
    }
    return 0;
}

static void response_that_is_no_socket_is_refused(void **state) {
    (void)state;
    staged_scene(breaks);
}

/* ---- An open socket -------------------------------------------------------------------------- */

static void receive(scene *sc, const char *bytes, const char *text) {
    edo_ws_message m;
    frame_put(&sc->t, DATA, 0, 1, bytes, strlen(bytes));
    CHECK_EQ(edo_ws_recv(sc->ws, &m), 0);
    CHECK(edo_str_equal(m.data, edo_str_of(text)));
}

/* Closes the socket from the server's end. The client's close comes, and behind it the end of the
 * stream, or that of the connection, but no reset. */
static void close_in_order(scene *sc, bool ends_stream) {
    edo_ws_message m;
    FRAME(&sc->t, DATA, END_STREAM, 1, CLOSE);
    CHECK_EQ(edo_ws_recv(sc->ws, &m), -EDO_ECLOSED);
    CHECK_EQ(edo_ws_close_code(sc->ws), 1000);
    CHECK_EQ(edo_ws_end(sc->ws, -EDO_ECLOSED), 0);
    frame_await_of(&sc->t, 1);
    CHECK(sc->t.last.type == DATA && sc->t.last.bytes[0] == 0x88 && !sc->t.last.flags);
    while (frame_get(&sc->t) && sc->t.last.id != 1) continue;
    CHECK_EQ(sc->t.last.type == DATA && sc->t.last.flags & END_STREAM, ends_stream);
    CHECK(sc->t.last.type != RST);
}

static int is_closed_in_order(void *arg) {
    for (int says_goodbye = 0; says_goodbye < 2; says_goodbye++) {
        scene *sc = arg;
        memset(sc, 0, sizeof *sc);
        scene_open(sc);
        receive(sc, "\x81\2hi", "hi");
        if (says_goodbye) FRAME(&sc->t, GOAWAY, 0, 0, "\0\0\0\1" NO_ERROR); // it goes on
        receive(sc, "\x81\2on", "on");
        CHECK_EQ(edo_ws_send_text(sc->ws, EDO_STR("yes")), 0);
        frame_await_of(&sc->t, 1);
        CHECK(sc->t.last.type == DATA && sc->t.last.n == 9 && sc->t.last.bytes[1] == 0x83);
        close_in_order(sc, !says_goodbye);
        CHECK_EQ(stats_of(sc).open, !says_goodbye);
        scene_end(sc);
    }
    return 0;
}

static void goodbye_leaves_it_open_and_its_end_is_no_reset(void **state) {
    (void)state;
    staged_scene(is_closed_in_order);
}

/* Closes the client's windows, and has it say something that can then not leave. */
static void scene_stall(scene *sc) {
    FRAME(&sc->t, SETTINGS, 0, 0, "\0\4\0\0\0\0");
    while (frame_get(&sc->t) && !(sc->t.last.type == SETTINGS && sc->t.last.flags & ACK)) continue;
    CHECK_EQ(edo_ws_send_text(sc->ws, EDO_STR("for nobody")), 0);
}

/* Ends the socket, which has nothing to wait for. */
static void end_at_once(scene *sc, int code) {
    edo_instant began = edo_now();
    CHECK_EQ(edo_ws_end(sc->ws, code), code);
    CHECK_EQ(edo_instant_since(edo_now(), began).ns, 0);
}

/* Each is the loss of a connection. */
static int is_lost(void *arg) {
    for (int what = 0; what < 5; what++) {
        scene *sc = arg;
        edo_ws_message m;
        memset(sc, 0, sizeof *sc);
        scene_open(sc);
        if (what == 0) FRAME(&sc->t, RST, 0, 1, "\0\0\0\2");
        if (what == 1) FRAME(&sc->t, RST, 0, 1, NO_ERROR);
        if (what == 4) scene_stall(sc);
        if (what == 2 || what == 4) FRAME(&sc->t, DATA, END_STREAM, 1, "\x81");
        if (what == 3) CHECK_EQ(edo_shutdown(sc->t.ours), 0);
        int err = edo_ws_recv(sc->ws, &m);
        CHECK(err == (what < 2 ? -ECONNRESET : -EDO_EEOF));
        CHECK_EQ(edo_ws_close_code(sc->ws), EDO_WS_CLOSE_ABNORMAL);
        CHECK(what == 2 || what == 4 || edo_ws_send_text(sc->ws, EDO_STR("late")) < 0);
        end_at_once(sc, err);
        CHECK_EQ(stats_of(sc).open, what != 3);
        scene_end(sc);
    }
    return 0;
}

static void reset_or_end_is_the_loss_of_the_connection(void **state) {
    (void)state;
    staged_scene(is_lost);
}

static int sends(void *arg) {
    static char big[1 << 20];
    scene *sc = arg;
    return edo_ws_send_binary(sc->ws, (edo_str){ big, sizeof big });
}

/* A send that waits for a window. */
static int send_is_cut(void *arg) {
    for (int what = 0; what < 2; what++) {
        scene *sc = arg;
        memset(sc, 0, sizeof *sc);
        scene_open(sc);
        edo_task *sender = edo_spawn(sends, sc);
        for (size_t n = 0; n < 65535; n += sc->t.last.n) frame_await(&sc->t, DATA);
        if (what == 0) {
            FRAME(&sc->t, RST, 0, 1, "\0\0\0\2");
            CHECK_EQ(edo_task_join(sender), -EPIPE);
            (void)edo_ws_end(sc->ws, -EPIPE);
        } else {
            edo_task_cancel(sender);
            CHECK_EQ(edo_task_join(sender), -ECANCELED);
            CHECK_EQ(edo_ws_send_text(sc->ws, EDO_STR("after a part")), -EPIPE);
            end_at_once(sc, -ECANCELED);
            frame_await_of(&sc->t, 1);
            CHECK(sc->t.last.type == RST && number_at(sc->t.last.bytes) == CANCEL);
        }
        CHECK_EQ(stats_of(sc).idle, 1);
        scene_end(sc);
    }
    return 0;
}

static void send_that_waits_ends_with_a_reset_or_a_cancel(void **state) {
    (void)state;
    staged_scene(send_is_cut);
}

/* ---- The connection itself ------------------------------------------------------------------- */

static int tunnels(void *arg) {
    stage *t = arg;
    static const struct {
        edo_http_request req;
        int err;
    } rows[] = {
        { { .protocol = { "websocket", 9 } }, -EINVAL }, // of a GET
        { { .method = EDO_METHOD_CONNECT, .protocol = { "a b", 3 }, .target = { "/", 1 } },
          -EINVAL },
        { { .method = EDO_METHOD_CONNECT, .protocol = { "x", 1 }, .target = { "x:80", 4 } },
          -EINVAL },
        { { .method = EDO_METHOD_CONNECT,
            .protocol = { "x", 1 },
            .target = { "/", 1 },
            .data = { "y", 1 } },
          -EINVAL },
        { { .method = EDO_METHOD_CONNECT, .protocol = { "x", 1 }, .target = { "/", 1 } },
          -ENOTSUP },
    };
    edo_http_response *res;
    stage_begin(t);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        CHECK_EQ(edo_http2_send(t->c, &res, &rows[i].req), rows[i].err);
        CHECK_EQ(edo_http2_open(t->c, &res, &rows[i].req), rows[i].err);
    }
    FRAME(t, SETTINGS, 0, 0, TAKES);
    for (int n = 0; n < 2; n += t->last.flags == ACK) frame_await(t, SETTINGS);
    CHECK_EQ(edo_http2_open(t->c, &res, &rows[4].req), 0);
    frame_await(t, HEADERS);
    CHECK_EQ(edo_write_all(res->body, "early", 5), 0);
    frame_await(t, DATA);
    FRAME(t, HEADERS, END_HEADERS, 1, OK_HEAD);
    FRAME(t, DATA, END_STREAM, 1, "late");
    CHECK_EQ(edo_http2_head(res), 0);
    CHECK(res->is_upgraded && res->status == 200);
    char text[8] = "";
    CHECK_EQ(edo_read_exact(res->body, text, 4), 0);
    CHECK_EQ(strcmp(text, "late"), 0);
    CHECK_EQ(edo_read(res->body, text, 1), 0);
    edo_http_response_free(res);
    frame_await_of(t, 1);
    CHECK(t->last.type == DATA && t->last.n == 0 && t->last.flags & END_STREAM);
    stage_end(t);
    return 0;
}

static void tunnel_is_asked_for_by_its_protocol(void **state) {
    (void)state;
    staged(tunnels, (edo_http2_opts){ .host = NULL });
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_are_waited_for_and_a_cancel_takes_the_request_back),
        cmocka_unit_test(silent_server_is_given_up_after_ten_seconds),
        cmocka_unit_test(request_is_an_extended_connect),
        cmocka_unit_test(server_that_has_not_looked_at_it_is_asked_by_http1),
        cmocka_unit_test(reset_of_the_request_is_a_failure),
        cmocka_unit_test(response_that_is_no_socket_is_refused),
        cmocka_unit_test(goodbye_leaves_it_open_and_its_end_is_no_reset),
        cmocka_unit_test(reset_or_end_is_the_loss_of_the_connection),
        cmocka_unit_test(send_that_waits_ends_with_a_reset_or_a_cancel),
        cmocka_unit_test(tunnel_is_asked_for_by_its_protocol),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
