/* SPDX-License-Identifier: MIT */
/* Goal: what the proxy of edo/web_proxy.h passes where both of its sides speak HTTP/2, and what
 * only that version has.
 * Method: a client of HTTP/2, the proxy, and a server of HTTP/2 behind it, by memory with a clock
 * that jumps. */
#include "../web/web_server.h"

#include <edo/http2.h>
#include <edo/http_client.h>
#include <edo/http_coalesce.h>
#include <edo/layers.h>
#include <edo/web_proxy.h>
#include <edo/ws_client.h>

static web_served front, behind;
static edo_http2_opts http2;
static edo_http_client *client;
static edo_service *service;
static edo_http2 *c;

static int dials(void *arg, edo_stream **out, const char *address) {
    (void)arg, (void)address;
    *out = client_of(&behind.http);
    return 0;
}

/* `behind` is served already; with `layer` (may be NULL) around it. */
static void stage_begin_around(const edo_layer *layer) {
    edo_router *r = edo_router_new();
    const edo_http_client_opts opts = { .prior_knowledge = true, .connect = dials };
    front = (web_served){ .http = { .opts = { .http2 = &http2 } } };
    EDO_TEST_OK(edo_http_client_new(&client, &opts));
    EDO_TEST_OK(edo_http_client_service(&service, client, "http://behind.test"));
    if (layer) EDO_TEST_OK(edo_layer_wrap(&service, layer, service));
    edo_proxy_routes(r, "/", service, NULL);
    web_begin(&front, r);
    EDO_TEST_OK(edo_http2_over(&c, client_of(&front.http), &(edo_http2_opts){ .host = "front" }));
}

static void stage_begin_before(void) {
    stage_begin_around(NULL);
}

static void behind_begin(edo_http_handler *handler) {
    behind = (web_served){ .http = { .handler = handler, .opts = { .http2 = &http2 } } };
    serve_begin(&behind.http);
}

static void stage_begin(edo_http_handler *handler) {
    behind_begin(handler);
    stage_begin_before();
}

static void stage_end(void) {
    edo_http2_close(c);
    CHECK_EQ(web_end(&front), 0);
    edo_service_unref(service);
    edo_http_client_unref(client);
    CHECK_EQ(behind.router ? web_end(&behind) : serve_end(&behind.http), 0);
}

static void staged(int (*fn)(void *)) {
    assert_int_equal(inside(fn, NULL), 0);
}

static bool has_field(const edo_headers *h, edo_str name, const char *value) {
    return h && edo_str_equal(edo_headers_get_named(h, name), edo_str_of(value));
}

/* ---- Trailers -------------------------------------------------------------------------------- */

static int trails(edo_request *req, edo_response *res, void *arg) {
    edo_stream *out;
    edo_str body;
    bool is_empty = edo_str_equal(req->target, EDO_STR("/empty"));
    bool knows_length = is_empty || edo_str_equal(req->target, EDO_STR("/length"));
    (void)arg;
    EDO_TEST_OK(edo_request_collect(req, &body, 100));
    CHECK(edo_str_equal(body, EDO_STR("body")));
    CHECK_EQ(req->length, knows_length ? 4 : -1);
    CHECK(has_field(edo_request_trailers(req), EDO_STR("x-sum"), "12"));
    CHECK(!edo_headers_get(&req->headers, EDO_HEADER_TRAILER).ptr);
    edo_headers *tail = edo_response_trailers(res);
    EDO_TEST_OK(edo_response_stream(res, &out, is_empty ? 0 : knows_length ? 5 : -1));
    if (!is_empty) EDO_TEST_OK(edo_write_all(out, "hello", 5));
    return edo_headers_append_named(tail, EDO_STR("x-tail"), EDO_STR("end"));
}

static void ask_with_trailers(const char *target, int64_t length) {
    edo_http_response *res;
    edo_stream *body;
    edo_headers tail;
    char text[16];
    int64_t body_n = strcmp(target, "/empty") == 0 ? 0 : 5;
    edo_headers_init(&tail);
    EDO_TEST_OK(edo_headers_append_named(&tail, EDO_STR("x-sum"), EDO_STR("12")));
    EDO_TEST_OK(edo_stream_mem(&body, "body", 4));
    EDO_TEST_OK(edo_http2_send(c, &res,
                               &(edo_http_request){ .method = EDO_METHOD_POST,
                                                    .target = edo_str_of(target),
                                                    .body = body,
                                                    .length = length,
                                                    .trailers = &tail }));
    CHECK_EQ(res->status, 200);
    CHECK_EQ(res->length, length < 0 ? -1 : body_n);
    CHECK_EQ(edo_read_exact(res->body, text, (size_t)body_n), 0);
    CHECK_EQ(edo_read(res->body, text, sizeof text), 0);
    CHECK(has_field(edo_http_response_trailers(res), EDO_STR("x-tail"), "end"));
    edo_http_response_free(res);
    edo_headers_deinit(&tail);
    edo_close(body);
}

static int trailers(void *arg) {
    (void)arg;
    stage_begin(trails);
    ask_with_trailers("/", -1);
    ask_with_trailers("/length", 4);
    ask_with_trailers("/empty", 4);
    stage_end();
    return 0;
}

static void trailers_pass_with_a_length_and_without_being_announced(void **state) {
    (void)state;
    staged(trailers);
}

static int trailed_n; /* responses of it */

static int trails_for_all(edo_request *req, edo_response *res, void *arg) {
    edo_stream *out;
    int64_t n = edo_str_equal(req->target, EDO_STR("/empty")) ? 0 : 5;
    edo_headers *tail = edo_response_trailers(res);
    (void)arg;
    trailed_n++;
    EDO_TEST_OK(edo_response_stream(res, &out, n));
    EDO_TEST_OK(edo_write_all(out, "hello", (size_t)n));
    return edo_headers_append_named(tail, EDO_STR("x-tail"), EDO_STR("end"));
}

static int trailers_of_a_cache(void *arg) {
    static const edo_str targets[] = { { "/", 1 }, { "/empty", 6 } };
    edo_cache *cache;
    (void)arg;
    EDO_TEST_OK(edo_cache_new(&cache, &(edo_cache_opts){ .bytes_of = edo_http_coalesce_bytes }));
    const edo_layer shares =
        edo_http_coalesce_layer(&(edo_http_coalesce_opts){ .cache = cache, .proxied = true });
    behind_begin(trails_for_all);
    stage_begin_around(&shares);
    edo_cache_unref(cache);
    trailed_n = 0;
    for (size_t i = 0; i < 3 * EDO_COUNT(targets); i++) {
        edo_http_response *res;
        edo_buf body = { 0 };
        edo_str target = targets[i / 3];
        EDO_TEST_OK(edo_http2_send(c, &res, &(edo_http_request){ .target = target }));
        EDO_TEST_OK(edo_http_response_collect(res, &body, 100));
        CHECK_EQ(body.len, target.len > 1 ? 0 : 5);
        CHECK(has_field(edo_http_response_trailers(res), EDO_STR("x-tail"), "end"));
        CHECK_EQ(trailed_n, i / 3 + 1);
        edo_buf_deinit(&body);
        edo_http_response_free(res);
    }
    stage_end();
    return 0;
}

static void trailers_are_shared_and_kept_with_their_response(void **state) {
    (void)state;
    staged(trailers_of_a_cache);
}

/* ---- Both ways at once ----------------------------------------------------------------------- */

#define MUCH (16u << 20) /* more than all buffers and windows on the way */

static int take_much(void *arg) {
    static char bytes[4096];
    for (size_t n = 0; n < MUCH; n += sizeof bytes) {
        int err = edo_read_exact(arg, bytes, sizeof bytes);
        if (err < 0) return err;
    }
    return 0;
}

static int give_much(edo_stream *io) {
    static char bytes[4096];
    int err = 0;
    for (size_t n = 0; err == 0 && n < MUCH; n += sizeof bytes)
        err = edo_write_all(io, bytes, sizeof bytes);
    return err;
}

static int goes_both_ways(edo_request *req, edo_response *res, void *arg) {
    edo_stream *out;
    (void)arg;
    edo_task *reads = edo_spawn(take_much, edo_request_body(req));
    EDO_TEST_OK(edo_response_stream(res, &out, MUCH));
    EDO_TEST_OK(give_much(out));
    return edo_task_join(reads);
}

/* A client that reads when all is written. */
static int much_both_ways(void *arg) {
    edo_http_response *res;
    char byte;
    (void)arg;
    stage_begin(goes_both_ways);
    EDO_TEST_OK(
        edo_http2_open(c, &res, &(edo_http_request){ .method = EDO_METHOD_PUT, .length = MUCH }));
    EDO_TEST_OK(give_much(res->body));
    EDO_TEST_OK(edo_http2_head(res));
    CHECK_EQ(res->status, 200);
    EDO_TEST_OK(take_much(res->body));
    CHECK_EQ(edo_read(res->body, &byte, 1), 0);
    edo_http_response_free(res);
    stage_end();
    return 0;
}

static void a_request_is_sent_on_while_nobody_reads_the_response(void **state) {
    (void)state;
    staged(much_both_ways);
}

/* ---- WebSockets ------------------------------------------------------------------------------ */

static int sockets_by[3]; /* of each version, at the server behind */

static int echo(edo_web *w) {
    static const char *const protocols[] = { "chat" };
    const edo_ws_opts o = { .protocols = protocols, .protocols_n = 1 };
    const edo_request *req = edo_web_request(w);
    edo_ws *ws;
    edo_ws_message m;
    CHECK(!edo_headers_get(&req->headers, EDO_HEADER_SEC_WEBSOCKET_KEY).ptr ==
          (req->version == EDO_HTTP_2));
    sockets_by[req->version == EDO_HTTP_2 ? 2 : 1]++;
    int err = edo_ws_upgrade(&ws, w, &o);
    while (err == 0 && (err = edo_ws_recv(ws, &m)) == 0) err = edo_ws_send(ws, &m);
    return err == -EDO_ECLOSED ? 0 : err;
}

static int connects_to_front(void *arg, edo_stream **out, const char *address) {
    (void)arg, (void)address;
    *out = client_of(&front.http);
    return 0;
}

static void speak(edo_http_client *asks, edo_ws_http2 how) {
    static const char *const protocols[] = { "chat" };
    const edo_ws_client_opts o = { .client = asks,
                                   .http2 = how,
                                   .socket = { .protocols = protocols, .protocols_n = 1 } };
    edo_ws *ws;
    edo_ws_message m;
    EDO_TEST_OK(edo_ws_connect(&ws, EDO_STR("ws://front/echo"), &o));
    CHECK_EQ(strcmp(edo_ws_protocol(ws), "chat"), 0);
    EDO_TEST_OK(edo_ws_send_text(ws, EDO_STR("hello")));
    EDO_TEST_OK(edo_ws_recv(ws, &m));
    CHECK(edo_str_equal(m.data, EDO_STR("hello")));
    CHECK_EQ(edo_ws_end(ws, 0), 0);
}

/* A server that speaks HTTP/2 only, as one by prior knowledge does. */
static int sockets(void *arg) {
    edo_router *r = edo_router_new();
    edo_http_client *asks;
    heard h;
    const edo_http_client_opts o = { .prior_knowledge = true, .connect = connects_to_front };
    (void)arg;
    memset(sockets_by, 0, sizeof sockets_by);
    edo_router_get(r, "/echo", echo);
    behind = (web_served){ .http = { .opts = { .http2 = &http2 } } };
    web_begin(&behind, r);
    stage_begin_before();
    EDO_TEST_OK(edo_http_client_new(&asks, &o));
    speak(asks, EDO_WS_HTTP2_FIRST);
    speak(asks, EDO_WS_HTTP2_NEVER);
    CHECK(sockets_by[2] == 2 && sockets_by[1] == 0);
    ask(&front.http, &h,
        "GET /none HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n"
        "sec-websocket-version: 13\r\nsec-websocket-key: short\r\n\r\n");
    CHECK(has(&h, "HTTP/1.1 404 "));
    ask(&front.http, &h,
        "GET /echo HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n"
        "sec-websocket-version: 13\r\nsec-websocket-key: short\r\n\r\n");
    CHECK(has(&h, "HTTP/1.1 400 "));
    edo_http_client_unref(asks);
    stage_end();
    return 0;
}

static void sockets_of_both_versions_pass_to_a_server_of_http2_alone(void **state) {
    (void)state;
    staged(sockets);
}

/* ---- A socket that is asked for and breaks off ----------------------------------------------- */

/* A server that takes extended CONNECT, and resets each request with `code`, or ends the connection
 * at the first. Only the first connection to it can be made. */
static struct torn {
    uint8_t code;
    bool cuts;
    int dials_n, asked_n, open_n;
} torn;

/* Reads a frame, and drops what is in it. Returns its type, or a negative code. */
static int torn_read(edo_stream *io, uint8_t head[9]) {
    char bytes[256];
    int err = edo_read_exact(io, head, 9);
    size_t n = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
    while (err >= 0 && n > 0) {
        size_t some = n < sizeof bytes ? n : sizeof bytes;
        err = edo_read_exact(io, bytes, some);
        n -= some;
    }
    return err < 0 ? err : head[3];
}

static int torn_serve(void *arg) {
    static const uint8_t settings[] = { 0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 1 };
    edo_stream *io = arg;
    uint8_t head[9];
    char preface[24];
    int type = edo_read_exact(io, preface, sizeof preface);
    if (type >= 0) type = edo_write_all(io, settings, sizeof settings);
    while (type >= 0 && (type = torn_read(io, head)) >= 0) {
        if (type != 1) continue; // HEADERS
        torn.asked_n++;
        if (torn.cuts) break;
        const uint8_t reset[] = { 0,       0,       4, 3, 0, head[5],  head[6],
                                  head[7], head[8], 0, 0, 0, torn.code };
        type = edo_write_all(io, reset, sizeof reset);
    }
    edo_close(io);
    torn.open_n--;
    return 0;
}

static int dials_torn(void *arg, edo_stream **out, const char *address) {
    edo_stream *theirs;
    (void)arg, (void)address;
    if (torn.dials_n++ > 0) return -ECONNREFUSED;
    EDO_TEST_OK(edo_duplex(out, &theirs, 65536));
    torn.open_n++;
    EDO_TEST_OK(edo_spawn_detached(torn_serve, theirs));
    return 0;
}

/* One request, of three tries. Nothing else listens, so each try that was not sent as a stream of
 * HTTP/2 dials in vain. */
static int breaks_off(void *arg) {
    static const struct {
        uint8_t code;
        bool cuts;
        int asked_n, dials_n;
    } rows[] = {
        { .code = 2, .asked_n = 1, .dials_n = 1 },        // INTERNAL_ERROR
        { .code = 7, .asked_n = 3, .dials_n = 1 + 3 },    // REFUSED_STREAM: it has not looked
        { .cuts = true, .asked_n = 1, .dials_n = 1 + 1 }, // HTTP/1.1 is asked then, once
    };
    const edo_http_client_opts opts = { .prior_knowledge = true, .connect = dials_torn };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_router *r = edo_router_new();
        heard h;
        torn = (struct torn){ .code = rows[i].code, .cuts = rows[i].cuts };
        front = (web_served){ .http = { .opts = { .http2 = &http2 } } };
        EDO_TEST_OK(edo_http_client_new(&client, &opts));
        EDO_TEST_OK(edo_http_client_service(&service, client, "http://behind.test"));
        edo_proxy_routes(r, "/", service, NULL);
        web_begin(&front, r);
        ask(&front.http, &h,
            "GET /echo HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\n"
            "upgrade: websocket\r\nsec-websocket-version: 13\r\n"
            "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
        CHECK(has(&h, "HTTP/1.1 502 "));
        CHECK_EQ(torn.asked_n, rows[i].asked_n);
        CHECK_EQ(torn.dials_n, rows[i].dials_n);
        CHECK_EQ(web_end(&front), 0);
        edo_service_unref(service);
        edo_http_client_unref(client);
        WAIT_FOR_EQ(torn.open_n, 0);
    }
    return 0;
}

static void a_socket_that_was_asked_for_is_asked_for_once(void **state) {
    (void)state;
    staged(breaks_off);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trailers_pass_with_a_length_and_without_being_announced),
        cmocka_unit_test(trailers_are_shared_and_kept_with_their_response),
        cmocka_unit_test(a_request_is_sent_on_while_nobody_reads_the_response),
        cmocka_unit_test(a_socket_that_was_asked_for_is_asked_for_once),
        cmocka_unit_test(sockets_of_both_versions_pass_to_a_server_of_http2_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
