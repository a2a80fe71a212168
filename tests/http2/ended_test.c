/* SPDX-License-Identifier: MIT */
/* Goal: what a program has put into a request or response may use the connection when it is
 * dropped, however the stream has ended; the connection serves the next request.
 * Method: a value whose `drop` reads what is left of the request, and one way after the other in
 * which a stream ends; then the reverse proxy, whose response of HTTP/1.1 reads from the request as
 * it is freed. Where a lock is taken twice the test hangs. */
#include "../web/web_server.h"
#include "h2_peer.h"

#include <edo/http_client.h>
#include <edo/web_proxy.h>

#define LARGE 4096u      /* bytes that are sent from where they lie */
#define MUCH  (1u << 20) /* more than all buffers on the way */

static h2_peer peer;

/* ---- What is dropped ------------------------------------------------------------------------- */

static int calls, dropped_n, read_then;
static bool has_trailers;

static void drop_reading(void *req) {
    char byte;
    read_then = edo_try_read(edo_request_body(req), &byte, 1);
    has_trailers = edo_request_trailers(req) != NULL;
    dropped_n++;
}

static const edo_ext_tag reading_tag = { .name = "reads as it is dropped", .drop = drop_reading };

static edo_stream *given; /* a tunnel, to another task */

static int gives_tunnel(edo_request *req, edo_response *res) {
    edo_stream *tunnel;
    EDO_TEST_OK(edo_upgrade(req, res, &tunnel));
    given = edo_stream_ref(tunnel);
    return 0;
}

static int serve(edo_request *req, edo_response *res, void *arg) {
    static const char large[LARGE];
    (void)arg;
    if (edo_str_equal(req->target, EDO_STR("/plain")))
        return edo_response_text(res, EDO_STATUS_OK, EDO_STR("ok"));
    calls++;
    EDO_TEST_OK(edo_ext_set(&req->ext, &reading_tag, req));
    if (req->method == EDO_METHOD_CONNECT) return gives_tunnel(req, res);
    if (edo_str_equal(req->target, EDO_STR("/wait"))) return edo_sleep(edo_s(3600));
    size_t n = edo_str_equal(req->target, EDO_STR("/large")) ? LARGE : 1;
    return edo_response_data(res, EDO_STATUS_OK, EDO_STR("x/y"), (edo_str){ large, n });
}

/* ---- How a stream ends ----------------------------------------------------------------------- */

static void reset(const h2_answer *a) {
    CHECK_EQ(nghttp2_submit_rst_stream(peer.session, 0, a->id, NGHTTP2_CANCEL), 0);
    h2_send(&peer);
}

/* Asks, and waits for the head: the body waits for a window, and its handler has returned. */
static h2_answer *ask_with_shut_window(const char *path) {
    h2_answer *a = h2_ask(&peer, "GET", path, NULL);
    H2_UNTIL(&peer, a->status == 200);
    return a;
}

static void open_window(h2_answer *a) {
    CHECK_EQ(nghttp2_submit_window_update(peer.session, 0, a->id, LARGE), 0);
    h2_await(&peer, a);
    CHECK(a->ended);
}

/* The last holder of the stream is its handler, behind a reset. */
static void handler_is_last(void) {
    h2_answer *a = h2_post(&peer, "/wait", NULL, "part", 4, true);
    h2_send(&peer);
    WAIT_FOR_EQ(calls, 1);
    reset(a);
}

/* The session is, which reads a reset. */
static void reading_session_is_last(void) {
    reset(ask_with_shut_window("/large"));
}

/* The session is, which sends the end of a response, before that of the request. */
static void writing_session_is_last(void) {
    h2_answer *a = h2_post(&peer, "/small", NULL, "part", 4, true);
    H2_UNTIL(&peer, a->status == 200);
    open_window(a);
}

/* The write of the last bytes is. */
static void write_is_last(void) {
    open_window(ask_with_shut_window("/large"));
}

/* The owner of a tunnel is. */
static void tunnel_is_last(void) {
    h2_answer *a = h2_ask_raw(&peer, ":method: CONNECT\n:authority: x:1\n", false);
    H2_UNTIL(&peer, a->status == 200);
    open_window(a);
    H2_UNTIL(&peer, a->closed);
    CHECK_EQ(dropped_n, 0);
    edo_close(given);
}

typedef struct way {
    void (*go)(void);
    int read; /* by the drop */
    bool has_trailers;
} way;

static const way ways[] = {
    { handler_is_last, -ECONNRESET, false },         { reading_session_is_last, 0, true },
    { writing_session_is_last, -ECONNRESET, false }, { write_is_last, 0, true },
    { tunnel_is_last, -EDO_ECLOSED, false },
};

static const nghttp2_settings_entry shut = { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0 };

static void ask_plainly(void) {
    h2_answer *a = h2_ask(&peer, "HEAD", "/plain", NULL);
    h2_await(&peer, a);
    CHECK_EQ(a->status, 200);
}

static int each_way(void *arg) {
    served s = { .handler = serve };
    (void)arg;
    serve_begin(&s);
    h2_begin(&peer, client_of(&s), &shut, 1);
    for (size_t i = 0; i < EDO_COUNT(ways); i++) {
        calls = dropped_n = 0;
        ways[i].go();
        WAIT_FOR_EQ(dropped_n, 1);
        CHECK_EQ(read_then, ways[i].read);
        CHECK_EQ(has_trailers, ways[i].has_trailers);
        ask_plainly();
    }
    (void)ask_with_shut_window("/large");
    h2_end(&peer); // the end of the session is last
    WAIT_FOR_EQ(dropped_n, 2);
    CHECK_EQ(read_then, 0);
    return serve_end(&s);
}

static void drop_may_read_the_request_however_its_stream_ends(void **state) {
    (void)state;
    assert_int_equal(inside(each_way, NULL), 0);
}

/* ---- The reverse proxy ----------------------------------------------------------------------- */

static served behind;

/* Responds before it has read the request. */
static int responds_early(edo_request *req, edo_response *res, void *arg) {
    static const char bytes[4096];
    edo_stream *out;
    int err = 0;
    (void)arg;
    if (edo_str_equal(req->target, EDO_STR("/plain")))
        return edo_response_text(res, EDO_STATUS_OK, EDO_STR("ok"));
    EDO_TEST_OK(edo_response_stream(res, &out, MUCH));
    for (size_t n = 0; err == 0 && n < MUCH; n += sizeof bytes)
        err = edo_write_all(out, bytes, sizeof bytes);
    return err;
}

static int dials(void *arg, edo_stream **out, const char *address) {
    (void)arg, (void)address;
    *out = client_of(&behind);
    return 0;
}

static int proxied(void *arg) {
    edo_router *r = edo_router_new();
    const edo_http_client_opts opts = { .connect = dials };
    edo_http_client *client;
    edo_service *service;
    web_served front = { .router = NULL };
    (void)arg;
    behind = (served){ .handler = responds_early };
    serve_begin(&behind);
    EDO_TEST_OK(edo_http_client_new(&client, &opts));
    EDO_TEST_OK(edo_http_client_service(&service, client, "http://behind.test"));
    edo_proxy_routes(r, "/", service, NULL);
    web_begin(&front, r);
    h2_begin(&peer, client_of(&front.http), &shut, 1);
    h2_answer *a = h2_post(&peer, "/early", NULL, NULL, 0, true);
    H2_UNTIL(&peer, a->status == 200);
    EDO_TEST_OK(edo_sleep(edo_s(1))); // until the clock jumps: all buffers are full
    reset(a);
    ask_plainly();
    h2_end(&peer);
    CHECK_EQ(web_end(&front), 0);
    edo_service_unref(service);
    edo_http_client_unref(client);
    return serve_end(&behind);
}

static void reset_of_a_proxied_response_costs_its_stream_alone(void **state) {
    (void)state;
    assert_int_equal(inside(proxied, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drop_may_read_the_request_however_its_stream_ends),
        cmocka_unit_test(reset_of_a_proxied_response_costs_its_stream_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
