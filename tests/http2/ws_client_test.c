/* SPDX-License-Identifier: MIT */
/* Goal: a client's WebSocket is a stream of HTTP/2 where edo/ws_client.h says so, and does there
 * what it does over a connection of its own; everywhere else it is one of HTTP/1.1.
 * Method: by prior knowledge to edo's own server, over memory with a clock that jumps; and many at
 * once over TCP. */
#include "../web/web_server.h"

#include <edo/http2.h>
#include <edo/http_client.h>
#include <edo/ws_client.h>

#include <stdatomic.h>

typedef struct site {
    web_served s;
    edo_http2_opts server;
    edo_http_client_opts opts;
    edo_http_client *c;
    atomic_int dials; /* several workers dial in one of the tests */
} site;

/* ---- The server ------------------------------------------------------------------------------ */

static edo_ws_opts server_opts;

/* Of the last socket. */
static struct {
    edo_http_version version;
    uint16_t code;
    int pongs;
} seen;

static int echo(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    seen.version = edo_web_request(w)->version;
    seen.code = 0;
    int err = edo_ws_upgrade(&ws, w, &server_opts);
    if (err < 0) return err;
    while (err >= 0 && (err = edo_ws_recv(ws, &m)) == 0) {
        if (edo_str_equal(m.data, EDO_STR("close")))
            err = edo_ws_shutdown(ws, 4001, EDO_STR("over"));
        else if (edo_str_equal(m.data, EDO_STR("fail")))
            err = -EIO;
        else
            err = edo_ws_send(ws, &m);
    }
    seen.code = edo_ws_close_code(ws);
    return err == -EDO_ECLOSED ? 0 : err;
}

static int say_again(edo_ws *ws, const edo_ws_message *m) {
    return edo_ws_send(ws, m);
}

/* Notes nothing: for sockets of several workers. */
static int echo_quietly(edo_web *w) {
    static const edo_ws_handler functions = { .on_message = say_again };
    return edo_ws_handle(w, &functions, NULL, &server_opts);
}

static int echo_functions(edo_web *w) {
    seen.version = edo_web_request(w)->version;
    return echo_quietly(w);
}

static int page(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "hello");
}

static int elsewhere(edo_web *w) {
    return edo_web_reply_redirect(w, EDO_STATUS_SEE_OTHER, EDO_STR("/echo"));
}

static int dials(void *arg, edo_stream **out, const char *address) {
    site *t = arg;
    CHECK_EQ(strcmp(address, "x:80"), 0);
    t->dials++;
    *out = client_of(&t->s.http);
    return 0;
}

static void site_begin(site *t) {
    edo_router *r = edo_router_new();
    memset(t, 0, sizeof *t);
    server_opts = (edo_ws_opts){ .message_max = 0 };
    t->s.http.opts.http2 = &t->server;
    t->opts.prior_knowledge = true;
    t->opts.connect = dials;
    t->opts.arg = t;
    edo_router_get(r, "/echo", echo);
    edo_router_get(r, "/functions", echo_functions);
    edo_router_get(r, "/quietly", echo_quietly);
    edo_router_get(r, "/page", page);
    edo_router_get(r, "/elsewhere", elsewhere);
    web_prepare(&t->s, r);
}

static void site_start(site *t) {
    web_begin(&t->s, t->s.router);
    CHECK_EQ(edo_http_client_new(&t->c, &t->opts), 0);
}

static int site_end(site *t) {
    edo_http_client_unref(t->c);
    return web_end(&t->s);
}

/* ---- The client ------------------------------------------------------------------------------ */

static edo_http_client_stats stats_of(site *t) {
    edo_http_client_stats s;
    edo_http_client_get_stats(t->c, &s);
    return s;
}

static int fetch(site *t) {
    edo_bytes body;
    int err = edo_fetch_bytes(&body, EDO_STR("http://x/page"), &(edo_fetch_opts){ .client = t->c });
    if (err < 0) return err;
    CHECK(edo_str_equal(body.str, EDO_STR("hello")));
    edo_bytes_unref(&body);
    return 0;
}

static int open_at(site *t, edo_ws **out, const char *path, edo_ws_http2 how) {
    char url[64];
    const edo_ws_client_opts o = { .client = t->c, .http2 = how, .socket = server_opts };
    (void)snprintf(url, sizeof url, "ws://x%s", path);
    return edo_ws_connect(out, edo_str_of(url), &o);
}

static void expect_again(edo_ws *ws, edo_ws_kind kind, const char *bytes, size_t n) {
    edo_ws_message m = { kind, { bytes, n } };
    CHECK_EQ(edo_ws_send(ws, &m), 0);
    CHECK_EQ(edo_ws_recv(ws, &m), 0);
    CHECK(m.kind == kind && m.data.len == n && (n == 0 || memcmp(m.data.ptr, bytes, n) == 0));
}

/* Says something, closes, and looks which version it went by. */
static void speak_by(edo_ws *ws, edo_http_version version) {
    expect_again(ws, EDO_WS_TEXT, "hi", 2);
    CHECK_EQ(seen.version, version);
    CHECK_EQ(edo_ws_end(ws, 0), 0);
}

static void staged(int (*fn)(void *)) {
    site *t = calloc(1, sizeof *t);
    assert_non_null(t);
    assert_int_equal(inside(fn, t), 0);
    free(t);
}

/* ---- Which version --------------------------------------------------------------------------- */

static int which_version(void *arg) {
    static const struct {
        edo_ws_http2 how;
        bool is_there;
        int dials;
        edo_http_version version;
    } rows[] = {
        { EDO_WS_HTTP2_IF_THERE, false, 1, EDO_HTTP_11 },
        { EDO_WS_HTTP2_IF_THERE, true, 1, EDO_HTTP_2 },
        { EDO_WS_HTTP2_NEVER, false, 1, EDO_HTTP_11 },
        { EDO_WS_HTTP2_NEVER, true, 2, EDO_HTTP_11 },
        { EDO_WS_HTTP2_FIRST, false, 1, EDO_HTTP_2 },
        { EDO_WS_HTTP2_FIRST, true, 1, EDO_HTTP_2 },
    };
    site *t = arg;
    edo_ws *ws = NULL;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        site_begin(t);
        site_start(t);
        if (rows[i].is_there) CHECK_EQ(fetch(t), 0);
        CHECK_EQ(open_at(t, &ws, "/echo", rows[i].how), 0);
        speak_by(ws, rows[i].version);
        CHECK_EQ(t->dials, rows[i].dials);
        CHECK_EQ(site_end(t), 0);
    }
    site_begin(t);
    site_start(t);
    CHECK_EQ(open_at(t, &ws, "/echo", (edo_ws_http2)3), -EINVAL);
    return site_end(t);
}

static void option_says_which_version_is_used(void **state) {
    (void)state;
    staged(which_version);
}

static int not_taken(void *arg) {
    site *t = arg;
    edo_ws *ws;
    site_begin(t);
    t->server.no_connect = true;
    site_start(t);
    for (int i = 1; i <= 2; i++) {
        CHECK_EQ(open_at(t, &ws, "/echo", i == 1 ? EDO_WS_HTTP2_FIRST : EDO_WS_HTTP2_IF_THERE), 0);
        speak_by(ws, EDO_HTTP_11);
        CHECK_EQ(t->dials, 1 + i);
    }
    CHECK_EQ(fetch(t), 0);
    CHECK_EQ(t->dials, 3); // the connection of HTTP/2 is in the pool
    return site_end(t);
}

static void server_that_takes_none_gets_http1(void **state) {
    (void)state;
    staged(not_taken);
}

static int no_http2(void *arg) {
    site *t = arg;
    edo_ws *ws;
    site_begin(t);
    t->opts.prior_knowledge = false;
    t->opts.no_http2 = true;
    site_start(t);
    CHECK_EQ(open_at(t, &ws, "/echo", EDO_WS_HTTP2_FIRST), 0);
    speak_by(ws, EDO_HTTP_11);
    CHECK_EQ(t->dials, 1);
    return site_end(t);
}

static void client_without_http2_dials_once(void **state) {
    (void)state;
    staged(no_http2);
}

static int without_streams(void *arg) {
    site *t = arg;
    edo_ws *ws[3];
    site_begin(t);
    t->server.streams_max = 1;
    site_start(t);
    CHECK_EQ(open_at(t, &ws[0], "/echo", EDO_WS_HTTP2_FIRST), 0);
    CHECK_EQ(seen.version, EDO_HTTP_2);
    for (int i = 1; i < 3; i++) {
        CHECK_EQ(open_at(t, &ws[i], "/echo", i == 1 ? EDO_WS_HTTP2_FIRST : EDO_WS_HTTP2_IF_THERE),
                 0);
        CHECK_EQ(seen.version, EDO_HTTP_11);
    }
    for (int i = 0; i < 3; i++) {
        expect_again(ws[i], EDO_WS_TEXT, "hi", 2);
        CHECK_EQ(edo_ws_end(ws[i], 0), 0);
    }
    CHECK_EQ(open_at(t, &ws[0], "/echo", EDO_WS_HTTP2_IF_THERE), 0);
    speak_by(ws[0], EDO_HTTP_2);
    return site_end(t);
}

static void socket_does_not_wait_for_a_stream(void **state) {
    (void)state;
    staged(without_streams);
}

/* ---- Messages -------------------------------------------------------------------------------- */

static char payload[3 << 20];

static void speak(site *t, const char *path) {
    static const size_t ns[] = { 0, 1, 63, 125, 126, 511, 513, 4096, 65535, 65536, 300000 };
    edo_ws *ws;
    edo_ws_message m;
    CHECK_EQ(open_at(t, &ws, path, EDO_WS_HTTP2_IF_THERE), 0);
    CHECK_EQ(seen.version, EDO_HTTP_2);
    for (size_t i = 0; i < EDO_COUNT(ns); i++)
        expect_again(ws, i % 2 ? EDO_WS_TEXT : EDO_WS_BINARY, payload, ns[i]);
    CHECK_EQ(edo_ws_ping(ws, EDO_STR("are you there")), 0);
    expect_again(ws, EDO_WS_BINARY, payload, 10);
    for (int i = 0; i < 20; i++) CHECK_EQ(edo_ws_send_binary(ws, EDO_STR("one of many")), 0);
    for (int i = 0; i < 20; i++) {
        CHECK_EQ(edo_ws_recv(ws, &m), 0);
        CHECK(edo_str_equal(m.data, EDO_STR("one of many")));
    }
    CHECK_EQ(edo_ws_shutdown(ws, 4321, EDO_STR("enough")), 0);
    CHECK_EQ(edo_ws_end(ws, 0), 0);
}

static int messages(void *arg) {
    site *t = arg;
    for (size_t i = 0; i < sizeof payload; i++) payload[i] = (char)('a' + i * i % 26);
    for (int kind = 0; kind < 3; kind++) {
        site_begin(t);
        server_opts = (edo_ws_opts){ .deflate = kind > 0,
                                     .deflate_keeps_context = kind > 1,
                                     .deflate_ratio_max = UINT16_MAX };
        site_start(t);
        CHECK_EQ(fetch(t), 0);
        speak(t, "/echo");
        speak(t, "/functions");
        CHECK_EQ(fetch(t), 0);
        edo_http_client_stats s = stats_of(t);
        CHECK(t->dials == 1 && s.open == 1 && s.idle == 1);
        CHECK_EQ(site_end(t), 0);
    }
    return 0;
}

static void messages_come_back_from_each_form_of_server(void **state) {
    (void)state;
    staged(messages);
}

/* Each side fills the windows of the other. */
static int sends_big(void *ws) {
    return edo_ws_send_binary(ws, (edo_str){ payload, sizeof payload });
}

static int big(void *arg) {
    site *t = arg;
    edo_ws *ws;
    edo_ws_message m;
    site_begin(t);
    server_opts.message_max = sizeof payload;
    t->server.stream_window = t->server.conn_window = 65535;
    site_start(t);
    CHECK_EQ(open_at(t, &ws, "/echo", EDO_WS_HTTP2_FIRST), 0);
    edo_task *sender = edo_spawn(sends_big, ws);
    CHECK_EQ(edo_ws_recv(ws, &m), 0);
    CHECK(m.data.len == sizeof payload && memcmp(m.data.ptr, payload, sizeof payload) == 0);
    CHECK_EQ(edo_task_join(sender), 0);
    CHECK_EQ(fetch(t), 0); // beside it
    CHECK_EQ(t->dials, 1);
    CHECK_EQ(edo_ws_end(ws, 0), 0);
    return site_end(t);
}

static void message_beyond_all_windows_goes_through(void **state) {
    (void)state;
    staged(big);
}

/* ---- Handshakes ------------------------------------------------------------------------------ */

static int choices(void *arg) {
    static const char *const ours[] = { "chat.v1", "chat.v2" }, *const theirs[] = { "chat.v2" };
    site *t = arg;
    edo_ws *ws;
    site_begin(t);
    server_opts.protocols = theirs;
    server_opts.protocols_n = 1;
    site_start(t);
    const edo_ws_client_opts o = { .client = t->c,
                                   .http2 = EDO_WS_HTTP2_FIRST,
                                   .socket = { .protocols = ours, .protocols_n = 2 } };
    CHECK_EQ(edo_ws_connect(&ws, EDO_STR("ws://x/echo?a=b"), &o), 0);
    CHECK_EQ(strcmp(edo_ws_protocol(ws), "chat.v2"), 0);
    speak_by(ws, EDO_HTTP_2);
    return site_end(t);
}

static void protocol_is_agreed_on(void **state) {
    (void)state;
    staged(choices);
}

static void expect_refusal(site *t, const char *url, const edo_headers *headers,
                           edo_status status) {
    edo_ws_refusal r = { 0 };
    edo_ws *ws = NULL;
    const edo_ws_client_opts o = {
        .client = t->c, .http2 = EDO_WS_HTTP2_FIRST, .refusal = &r, .headers = headers
    };
    CHECK_EQ(edo_ws_connect(&ws, edo_str_of(url), &o), -EACCES);
    CHECK(ws == NULL);
    CHECK_EQ(r.status, status);
    if (status == EDO_STATUS_NOT_FOUND) CHECK(memmem(r.body.ptr, r.body.len, "Not Found", 9));
    if (status == EDO_STATUS_SEE_OTHER) CHECK(r.location.len == 5);
    edo_ws_refusal_deinit(&r);
}

static int refusals(void *arg) {
    site *t = arg;
    edo_ws *ws;
    edo_headers headers;
    site_begin(t);
    site_start(t);
    expect_refusal(t, "ws://x/none", NULL, EDO_STATUS_NOT_FOUND);
    expect_refusal(t, "ws://x/elsewhere", NULL, EDO_STATUS_SEE_OTHER);
    edo_headers_init(&headers);
    CHECK_EQ(edo_headers_set(&headers, EDO_HEADER_ORIGIN, EDO_STR("https://evil.example")), 0);
    expect_refusal(t, "ws://x/echo", &headers, EDO_STATUS_FORBIDDEN);
    edo_headers_deinit(&headers);
    CHECK_EQ(open_at(t, &ws, "/none", EDO_WS_HTTP2_FIRST), -EACCES); // nobody wants to know why
    CHECK_EQ(open_at(t, &ws, "/echo", EDO_WS_HTTP2_IF_THERE), 0);
    speak_by(ws, EDO_HTTP_2);
    CHECK_EQ(t->dials, 1);
    return site_end(t);
}

static void refusal_can_be_read_and_costs_no_connection(void **state) {
    (void)state;
    staged(refusals);
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static int closes(void *arg) {
    site *t = arg;
    edo_ws *ws;
    edo_ws_message m;
    site_begin(t);
    site_start(t);
    CHECK_EQ(open_at(t, &ws, "/echo", EDO_WS_HTTP2_FIRST), 0);
    CHECK_EQ(edo_ws_send_text(ws, EDO_STR("close")), 0);
    CHECK_EQ(edo_ws_recv(ws, &m), -EDO_ECLOSED);
    CHECK_EQ(edo_ws_close_code(ws), 4001);
    CHECK(edo_str_equal(edo_ws_close_reason(ws), EDO_STR("over")));
    CHECK_EQ(edo_ws_end(ws, -EDO_ECLOSED), 0);
    CHECK_EQ(open_at(t, &ws, "/echo", EDO_WS_HTTP2_FIRST), 0);
    CHECK_EQ(edo_ws_send_text(ws, EDO_STR("fail")), 0);
    CHECK_EQ(edo_ws_recv(ws, &m), -EDO_ECLOSED);
    CHECK_EQ(edo_ws_close_code(ws), 1011);
    CHECK_EQ(edo_ws_end(ws, -EDO_ECLOSED), 0);
    CHECK_EQ(open_at(t, &ws, "/echo", EDO_WS_HTTP2_FIRST), 0);
    CHECK_EQ(edo_ws_shutdown(ws, 4321, EDO_STR("")), 0);
    CHECK_EQ(seen.code, 4321);
    CHECK_EQ(edo_ws_end(ws, 0), 0);
    edo_http_client_stats s = stats_of(t);
    CHECK(t->dials == 1 && s.open == 1 && s.idle == 1);
    return site_end(t);
}

static void close_of_either_side_is_told_and_leaves_the_connection(void **state) {
    (void)state;
    staged(closes);
}

static int drains(void *arg) {
    site *t = arg;
    edo_ws *ws;
    edo_ws_message m;
    site_begin(t);
    site_start(t);
    CHECK_EQ(open_at(t, &ws, "/echo", EDO_WS_HTTP2_FIRST), 0);
    expect_again(ws, EDO_WS_TEXT, "hi", 2);
    edo_task_cancel(t->s.http.task); // GOAWAY, and a close of each socket
    CHECK_EQ(edo_ws_recv(ws, &m), -EDO_ECLOSED);
    CHECK_EQ(edo_ws_close_code(ws), 1001);
    CHECK_EQ(edo_ws_end(ws, -EDO_ECLOSED), 0);
    return site_end(t);
}

static void drain_of_the_server_closes_it(void **state) {
    (void)state;
    staged(drains);
}

/* Nobody asks for anything else meanwhile. */
static int outlasts(void *arg) {
    site *t = arg;
    edo_ws *ws;
    site_begin(t);
    t->opts.idle_timeout = edo_s(5);
    t->opts.conn_age_max = edo_s(60);
    t->opts.timeout = edo_s(1);
    t->s.http.opts.idle_timeout = edo_s(5);
    server_opts.ping_interval = edo_ns(-1); // nobody receives meanwhile
    site_start(t);
    CHECK_EQ(open_at(t, &ws, "/echo", EDO_WS_HTTP2_FIRST), 0);
    CHECK_EQ(edo_sleep(edo_minutes(5)), 0);
    expect_again(ws, EDO_WS_TEXT, "still here", 10);
    CHECK_EQ(fetch(t), 0);
    CHECK_EQ(t->dials, 2); // the one of the socket is too old for others
    edo_http_client_unref(t->c);
    expect_again(ws, EDO_WS_TEXT, "without the client", 18);
    CHECK_EQ(edo_ws_end(ws, 0), 0);
    return web_end(&t->s);
}

static void open_socket_keeps_its_connection(void **state) {
    (void)state;
    staged(outlasts);
}

/* ---- Many workers ---------------------------------------------------------------------------- */

#define TASKS 16

static int speaks_often(void *arg) {
    edo_ws *ws;
    edo_ws_message m;
    for (int i = 0; i < 5; i++) {
        int err = open_at(arg, &ws, "/quietly", EDO_WS_HTTP2_FIRST);
        if (err < 0) return err;
        for (int k = 0; k < 10 && err == 0; k++) {
            err = edo_ws_send_text(ws, EDO_STR("often"));
            if (err == 0) err = edo_ws_recv(ws, &m);
        }
        err = edo_ws_end(ws, err);
        if (err < 0) return err;
    }
    return 0;
}

static int many(void *arg) {
    site *t = arg;
    edo_task *tasks[TASKS];
    site_begin(t);
    t->server.streams_max = 10; // some use HTTP/1.1
    site_start(t);
    for (int i = 0; i < TASKS; i++) CHECK((tasks[i] = edo_spawn(speaks_often, t)) != NULL);
    for (int i = 0; i < TASKS; i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    return site_end(t);
}

static void many_sockets_share_connections(void **state) {
    (void)state;
    site *t = calloc(1, sizeof *t);
    assert_non_null(t);
    assert_int_equal(inside_with(many, t, &(edo_runtime_opts){ .workers = 4 }), 0);
    free(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(option_says_which_version_is_used),
        cmocka_unit_test(server_that_takes_none_gets_http1),
        cmocka_unit_test(client_without_http2_dials_once),
        cmocka_unit_test(socket_does_not_wait_for_a_stream),
        cmocka_unit_test(messages_come_back_from_each_form_of_server),
        cmocka_unit_test(message_beyond_all_windows_goes_through),
        cmocka_unit_test(protocol_is_agreed_on),
        cmocka_unit_test(refusal_can_be_read_and_costs_no_connection),
        cmocka_unit_test(close_of_either_side_is_told_and_leaves_the_connection),
        cmocka_unit_test(drain_of_the_server_closes_it),
        cmocka_unit_test(open_socket_keeps_its_connection),
        cmocka_unit_test(many_sockets_share_connections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
