/* SPDX-License-Identifier: MIT */
/* Goal: the client's end of a WebSocket: what edo/ws_client.h promises.
 * Method: our own server, in both of its forms; and a listener that says what the case wants. */
#include "ws_client.h"

#include <edo/scope.h>
#include <edo/unix.h>
#include <edo/ws_client.h>

#include <unistd.h>

static edo_ws_opts server_opts;
static struct {
    uint16_t code;
    char reason[128];
} seen;

static int echo_fiber(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, &server_opts);
    if (err < 0) return err;
    while (err >= 0 && (err = edo_ws_recv(ws, &m)) == 0)
        err = edo_str_equal(m.data, EDO_STR("shutdown"))
                  ? edo_ws_shutdown(ws, 4001, EDO_STR("over"))
                  : edo_ws_send(ws, &m);
    seen.code = edo_ws_close_code(ws);
    return err == -EDO_ECLOSED ? 0 : err;
}

static int say_again(edo_ws *ws, const edo_ws_message *m) {
    return edo_ws_send(ws, m);
}

static void note_close(edo_ws *ws) {
    seen.code = edo_ws_close_code(ws);
}

static const edo_ws_handler functions = { .on_message = say_again, .on_close = note_close };

static int echo_functions(edo_web *w) {
    return edo_ws_handle(w, &functions, NULL, &server_opts);
}

static int elsewhere(edo_web *w) {
    return edo_web_reply_redirect(w, EDO_STATUS_SEE_OTHER, EDO_STR("/fiber"));
}

static void serve_all(web_served *s) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/fiber", echo_fiber);
    edo_router_get(r, "/functions", echo_functions);
    edo_router_get(r, "/elsewhere", elsewhere);
    web_begin(s, r);
}

static const char *url_of(const web_served *s, const char *path) {
    static char url[128];
    (void)snprintf(url, sizeof url, "ws://%s%s", s->http.address, path);
    return url;
}

static void expect_again(edo_ws *ws, edo_ws_kind kind, const char *bytes, size_t n) {
    edo_ws_message m = { kind, { bytes, n } };
    CHECK_EQ(edo_ws_send(ws, &m), 0);
    CHECK_EQ(edo_ws_recv(ws, &m), 0);
    CHECK(m.kind == kind && m.data.len == n && (n == 0 || memcmp(m.data.ptr, bytes, n) == 0));
}

/* ---- Messages -------------------------------------------------------------------------------- */

static char payload[200000];

static void speak(const web_served *s, const char *path, const edo_ws_client_opts *opts) {
    static const size_t ns[] = { 0, 1, 63, 64, 125, 126, 511, 513, 4096, 65535, 65536, 200000 };
    edo_ws *ws;
    CHECK_EQ(edo_ws_connect(&ws, edo_str_of(url_of(s, path)), opts), 0);
    for (size_t i = 0; i < EDO_COUNT(ns); i++)
        expect_again(ws, i % 2 ? EDO_WS_TEXT : EDO_WS_BINARY, payload, ns[i]);
    CHECK_EQ(edo_ws_shutdown(ws, 4321, EDO_STR("enough")), 0);
    CHECK_EQ(edo_ws_end(ws, 0), 0);
    WAIT_FOR_EQ(seen.code, 4321);
    seen.code = 0;
}

static int messages(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    for (size_t i = 0; i < sizeof payload; i++) payload[i] = (char)('a' + i * i % 26);
    for (int kind = 0; kind < 3; kind++) {
        server_opts = (edo_ws_opts){ .deflate = kind > 0,
                                     .deflate_keeps_context = kind > 1,
                                     .deflate_ratio_max = UINT16_MAX };
        s = (web_served){ .opts = { .state = NULL } };
        serve_all(&s);
        const edo_ws_client_opts opts = { .socket = server_opts };
        speak(&s, "/fiber", &opts);
        speak(&s, "/functions", &opts);
        speak(&s, "/functions?x=y", NULL);
        CHECK_EQ(web_end(&s), 0);
    }
    server_opts = (edo_ws_opts){ .message_max = 0 };
    return 0;
}

static void message_comes_back_from_each_form_of_server(void **state) {
    (void)state;
    assert_int_equal(inside_real(messages, NULL), 0);
}

#define MANY 300

static int sends_many(void *ws) {
    int err = 0;
    for (size_t i = 1; i <= MANY && err == 0; i++)
        err = edo_ws_send_binary(ws, (edo_str){ payload, i });
    return err;
}

/* One task sends, and another one receives. */
static int halves(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_ws *ws;
    edo_ws_message m;
    (void)arg;
    serve_all(&s);
    CHECK_EQ(edo_ws_connect(&ws, edo_str_of(url_of(&s, "/functions")), NULL), 0);
    edo_task *sender = edo_spawn(sends_many, ws);
    for (size_t i = 1; i <= MANY; i++) {
        CHECK_EQ(edo_ws_recv(ws, &m), 0);
        CHECK_EQ(m.data.len, i);
    }
    CHECK_EQ(edo_task_join(sender), 0);
    CHECK_EQ(edo_ws_end(ws, 0), 0);
    return web_end(&s);
}

static void one_task_sends_and_another_receives(void **state) {
    (void)state;
    assert_int_equal(inside_each(halves, NULL), 0);
}

static int closes(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_ws *ws;
    edo_ws_message m;
    (void)arg;
    serve_all(&s);
    CHECK_EQ(edo_ws_connect(&ws, edo_str_of(url_of(&s, "/fiber")), NULL), 0);
    CHECK_EQ(edo_ws_post(ws, NULL), -ENOTSUP);
    CHECK_EQ(edo_ws_send_text(ws, EDO_STR("shutdown")), 0);
    CHECK_EQ(edo_ws_recv(ws, &m), -EDO_ECLOSED);
    CHECK_EQ(edo_ws_close_code(ws), 4001);
    CHECK(edo_str_equal(edo_ws_close_reason(ws), EDO_STR("over")));
    CHECK_EQ(edo_ws_send_text(ws, EDO_STR("late")), -EDO_ECLOSED);
    CHECK_EQ(edo_ws_end(ws, -EDO_ECLOSED), 0);
    CHECK_EQ(edo_ws_connect(&ws, edo_str_of(url_of(&s, "/fiber")), NULL), 0);
    edo_task_cancel(s.http.task); // the server drains
    CHECK_EQ(edo_ws_recv(ws, &m), -EDO_ECLOSED);
    CHECK_EQ(edo_ws_close_code(ws), 1001);
    CHECK_EQ(edo_ws_end(ws, -EDO_ECLOSED), 0);
    return web_end(&s);
}

static void close_of_the_server_is_told(void **state) {
    (void)state;
    assert_int_equal(inside_real(closes, NULL), 0);
}

static int over_unix(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    char dir[] = "/tmp/edo-ws-XXXXXX";
    edo_ws *ws;
    char path[100], url[160];
    (void)arg;
    CHECK(mkdtemp(dir) != NULL);
    (void)snprintf(path, sizeof path, "%s/s", dir);
    CHECK_EQ(edo_unix_listen(&s.http.listener, path, NULL), 0);
    s.http.opts.listeners = &s.http.listener;
    s.http.opts.listeners_n = 1;
    s.opts.http = &s.http.opts;
    s.router = edo_router_new();
    edo_router_get(s.router, "/fiber", echo_fiber);
    s.http.task = edo_spawn(web_serve_all, &s);
    (void)snprintf(url, sizeof url, "ws+unix:%s:/fiber", path);
    CHECK_EQ(edo_ws_connect(&ws, edo_str_of(url), NULL), 0);
    expect_again(ws, EDO_WS_TEXT, "near", 4);
    CHECK_EQ(edo_ws_end(ws, 0), 0);
    CHECK_EQ(web_end(&s), 0);
    (void)unlink(path);
    return rmdir(dir);
}

static void unix_socket_is_reached(void **state) {
    (void)state;
    assert_int_equal(inside_real(over_unix, NULL), 0);
}

/* ---- Handshakes ------------------------------------------------------------------------------ */

static int refusals(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_ws_refusal r = { 0 };
    edo_ws *ws = NULL;
    edo_headers headers;
    (void)arg;
    serve_all(&s);
    const edo_ws_client_opts opts = { .refusal = &r };
    CHECK_EQ(edo_ws_connect(&ws, edo_str_of(url_of(&s, "/none")), &opts), -EACCES);
    CHECK_EQ(r.status, 404);
    CHECK(r.body.len > 0 && memmem(r.body.ptr, r.body.len, "Not Found", 9));
    edo_ws_refusal_deinit(&r);
    CHECK_EQ(edo_ws_connect(&ws, edo_str_of(url_of(&s, "/elsewhere")), &opts), -EACCES);
    CHECK(r.status == 303 && r.location.len == 6 && !memcmp(r.location.ptr, "/fiber", 6));
    edo_ws_refusal_deinit(&r);
    edo_headers_init(&headers);
    CHECK_EQ(edo_headers_set(&headers, EDO_HEADER_ORIGIN, EDO_STR("https://evil.example")), 0);
    CHECK_EQ(edo_ws_connect(&ws, edo_str_of(url_of(&s, "/fiber")),
                            &(edo_ws_client_opts){ .refusal = &r, .headers = &headers }),
             -EACCES);
    CHECK_EQ(r.status, 403);
    edo_ws_refusal_deinit(&r);
    edo_headers_deinit(&headers);
    CHECK_EQ(edo_ws_connect(&ws, edo_str_of(url_of(&s, "/none")), NULL), -EACCES);
    CHECK_EQ(edo_ws_connect(&ws, EDO_STR("wss://127.0.0.1:1/"), NULL), -ENOTSUP);
    CHECK_EQ(edo_ws_connect(&ws, EDO_STR("ws://"), NULL), -EINVAL);
    CHECK_EQ(edo_ws_connect(&ws, EDO_STR("ws+unix:"), NULL), -EINVAL);
    CHECK_EQ(edo_ws_connect(&ws, EDO_STR("ws+unix:/s\0t:/x"), NULL), -EINVAL);
    CHECK_EQ(edo_ws_connect(&ws, EDO_STR("ws://127.0.0.1\0.example/"), NULL), -EINVAL);
    CHECK_EQ(edo_ws_connect(&ws, EDO_STR("ws+unix:/s:x"), NULL), -EINVAL);
    CHECK(ws == NULL);
    return web_end(&s);
}

static void refusal_of_the_server_can_be_read(void **state) {
    (void)state;
    assert_int_equal(inside_real(refusals, NULL), 0);
}

/* Says `response` to the first request, and closes once the client says more, or has closed; with
 * `real` it ends with the accept that this server has for the key. */
typedef struct script {
    edo_listener *listener;
    const char *response;
    web_served *real; /* NULL: none */
    edo_str behind;   /* bytes that come with the end of the response */
    bool has_said;    /* set: the response */
} script;

#define ACCEPT   "sec-websocket-accept: "
#define ACCEPT_N 28

static void say_accept(edo_stream *c, const script *sc, const char *request) {
    heard h = { 0 };
    char line[200];
    edo_stream *to = client_of(&sc->real->http);
    say(to, request);
    CHECK(hear_until(to, &h, "\r\n\r\n"));
    const char *accept = strstr(h.text, ACCEPT);
    CHECK(accept != NULL);
    int n =
        snprintf(line, sizeof line, ACCEPT "%.*s\r\n\r\n", ACCEPT_N, accept + sizeof ACCEPT - 1);
    if (sc->behind.len > 0) memcpy(line + n, sc->behind.ptr, sc->behind.len);
    CHECK_EQ(edo_write_all(c, line, (size_t)n + sc->behind.len), 0);
    edo_close(to);
}

static int says(void *arg) {
    script *sc = arg;
    edo_stream *c;
    heard h = { 0 };
    CHECK_EQ(edo_accept(sc->listener, &c), 0);
    CHECK(hear_until(c, &h, "\r\n\r\n"));
    say(c, sc->response);
    if (sc->real) say_accept(c, sc, h.text);
    sc->has_said = true;
    (void)edo_read(c, h.text, sizeof h.text);
    edo_close(c);
    return 0;
}

/* Begins to listen; `url` is where. */
static void listen_at(script *sc, char url[static 64]) {
    CHECK_EQ(edo_tcp_listen(&sc->listener, "127.0.0.1:0", NULL), 0);
    (void)snprintf(url, 64, "ws://127.0.0.1:%u/fiber", (unsigned)edo_listener_port(sc->listener));
}

/* Connects to one that acts as `sc` says. If something comes behind its response, the result is
 * that of a receive; 1: the text "hi". */
static int connect_to(script sc, const edo_ws_client_opts *opts) {
    char url[64];
    edo_ws *ws = NULL;
    edo_ws_message m;
    listen_at(&sc, url);
    edo_task *server = edo_spawn(says, &sc);
    int err = edo_ws_connect(&ws, edo_str_of(url), opts);
    if (err == 0 && sc.behind.len > 0) {
        err = edo_ws_recv(ws, &m);
        if (err == 0) err = edo_str_equal(m.data, EDO_STR("hi"));
        (void)edo_ws_end(ws, err < 0 ? err : 0);
    } else if (err == 0) {
        (void)edo_ws_end(ws, 0);
    }
    CHECK_EQ(edo_task_join(server), 0);
    edo_listener_close(sc.listener);
    return err;
}

static int breaches(void *arg) {
    static const char *const protocols[] = { "chat.v1", "chat.v2" };
    static const struct {
        const char *response;
        int err;
        bool accepts;
    } cases[] = {
#define SWITCH "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\n"
#define GOOD   SWITCH "upgrade: websocket\r\n"
        { GOOD "sec-websocket-accept: wrong\r\n\r\n", -EPROTO, false },
        { GOOD "\r\n", -EPROTO, false },
        { SWITCH "upgrade: other\r\n\r\n", -EPROTO, false },
        { "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno", -EACCES, false },
        { "nonsense\r\n\r\n", -EPROTO, false },
        { GOOD, 0, true },
        { GOOD "connection: keep-alive\r\nsec-websocket-protocol: chat.v2\r\n", 0, true },
        { SWITCH "upgrade: other\r\n", -EPROTO, true },
        { GOOD "upgrade: websocket\r\n", -EPROTO, true },
        { GOOD "sec-websocket-accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n", -EPROTO, true },
        { "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n", -EPROTO, true },
        { "HTTP/1.1 101 Switching Protocols\r\nconnection: close\r\nupgrade: websocket\r\n",
          -EPROTO, true },
        { GOOD "sec-websocket-protocol: chat.v3\r\n", -EPROTO, true },
        { GOOD "sec-websocket-protocol: \r\n", -EPROTO, true },
        { GOOD "sec-websocket-protocol: chat.v1\r\nsec-websocket-protocol: chat.v2\r\n", -EPROTO,
          true },
        { GOOD "sec-websocket-extensions: permessage-deflate\r\n", -EPROTO, true },
        { GOOD "sec-websocket-extensions: \r\nsec-websocket-extensions: x-other\r\n", -EPROTO,
          true },
    };
    const edo_ws_client_opts opts = { .socket.protocols = protocols, .socket.protocols_n = 2 };
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    serve_all(&s);
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        script sc = { .response = cases[i].response, .real = cases[i].accepts ? &s : NULL };
        int err = connect_to(sc, &opts);
        if (err != cases[i].err) (void)fprintf(stderr, "case %zu\n", i);
        CHECK_EQ(err, cases[i].err);
    }
    return web_end(&s);
}

static void response_that_breaks_the_protocol_is_refused(void **state) {
    (void)state;
    assert_int_equal(inside_real(breaches, NULL), 0);
}

static struct {
    bool is_over;
    int result;
} connected;

static int connects(void *url) {
    edo_ws *ws;
    connected.result = edo_ws_connect(&ws, edo_str_of(url), NULL);
    connected.is_over = true;
    return 0;
}

static int silence(void *arg) {
    script sc = { .response = "" };
    char url[64];
    (void)arg;
    listen_at(&sc, url);
    connected.is_over = false;
    edo_task *server = edo_spawn(says, &sc), *client = edo_spawn(connects, url);
    WAIT_FOR(sc.has_said);
    EDO_TEST_OK(edo_time_advance(edo_ms(9999)));
    CHECK(!connected.is_over);
    EDO_TEST_OK(edo_time_advance(edo_ms(1)));
    WAIT_FOR(connected.is_over);
    CHECK_EQ(connected.result, -ETIMEDOUT);
    CHECK_EQ(edo_task_join(client), 0);
    CHECK_EQ(edo_task_join(server), 0);
    edo_listener_close(sc.listener);
    return 0;
}

static void server_without_a_response_is_given_up_after_ten_seconds(void **state) {
    (void)state;
    assert_int_equal(inside_by_hand(silence, NULL), 0);
}

static int at_once(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    serve_all(&s);
    const script first = { .response = GOOD, .real = &s, .behind = EDO_STR("\x81\x02hi") };
    CHECK_EQ(connect_to(first, NULL), 1);
    const script masked = { .response = GOOD, .real = &s, .behind = EDO_STR("\x81\x82\0\0\0\0hi") };
    CHECK_EQ(connect_to(masked, NULL), -EPROTO);
    return web_end(&s);
}

static void message_behind_the_response_is_received_unless_it_is_masked(void **state) {
    (void)state;
    assert_int_equal(inside_real(at_once, NULL), 0);
}

/* ---- Masks ----------------------------------------------------------------------------------- */

#define FRAMES 200

static int compare(const void *a, const void *b) {
    return memcmp(a, b, 4);
}

/* Hears empty frames, of which nearly all have a mask of their own. */
static int hears_masks(void *arg) {
    static char masks[FRAMES][4];
    const script *sc = arg;
    edo_stream *c;
    heard h = { 0 };
    unsigned char head[2];
    int other = 0;
    CHECK_EQ(edo_accept(sc->listener, &c), 0);
    CHECK(hear_until(c, &h, "\r\n\r\n"));
    say(c, GOOD);
    say_accept(c, sc, h.text);
    for (int i = 0; i < FRAMES; i++) {
        CHECK_EQ(edo_read_exact(c, head, 2), 0);
        CHECK(head[0] == TEXT && head[1] == 0x80);
        CHECK_EQ(edo_read_exact(c, masks[i], 4), 0);
    }
    qsort(masks, FRAMES, 4, compare);
    for (int i = 1; i < FRAMES; i++) other += compare(masks[i - 1], masks[i]) != 0;
    CHECK(other > FRAMES - 10);
    edo_close(c);
    return 0;
}

static int masked(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    script sc = { .real = &s, .behind = EDO_STR("") };
    char url[64];
    edo_ws *ws;
    (void)arg;
    serve_all(&s);
    listen_at(&sc, url);
    edo_task *server = edo_spawn(hears_masks, &sc);
    CHECK_EQ(edo_ws_connect(&ws, edo_str_of(url), NULL), 0);
    for (int i = 0; i < FRAMES; i++) CHECK_EQ(edo_ws_send_text(ws, EDO_STR("")), 0);
    CHECK_EQ(edo_task_join(server), 0);
    (void)edo_ws_end(ws, 0);
    edo_listener_close(sc.listener);
    return web_end(&s);
}

static void each_frame_has_a_mask_of_its_own(void **state) {
    (void)state;
    assert_int_equal(inside_real(masked, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_comes_back_from_each_form_of_server),
        cmocka_unit_test(one_task_sends_and_another_receives),
        cmocka_unit_test(close_of_the_server_is_told),
        cmocka_unit_test(unix_socket_is_reached),
        cmocka_unit_test(refusal_of_the_server_can_be_read),
        cmocka_unit_test(response_that_breaks_the_protocol_is_refused),
        cmocka_unit_test(server_without_a_response_is_given_up_after_ten_seconds),
        cmocka_unit_test(message_behind_the_response_is_received_unless_it_is_masked),
        cmocka_unit_test(each_frame_has_a_mask_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
