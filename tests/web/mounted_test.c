/* SPDX-License-Identifier: MIT */
/* Goal: a handler of edo_http_serve() leaves some requests to a router: its routes, its state, its
 * refusals and its WebSockets are those of a router that is served alone.
 * Method: a handler that keeps one path for itself, on every kind of runtime. */
#include "ws_client.h"

static int says_state(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, edo_web_state(w));
}

static int say_again(edo_ws *ws, const edo_ws_message *m) {
    return edo_ws_send(ws, m);
}

static int echoes(edo_web *w) {
    static const edo_ws_handler handler = { .on_message = say_again };
    return edo_ws_handle(w, &handler, NULL, NULL);
}

static int handles(edo_request *req, edo_response *res, void *router) {
    static char state[] = "the state";
    if (edo_str_equal(req->target, EDO_STR("/own")))
        return edo_response_text(res, EDO_STATUS_OK, EDO_STR("own"));
    return edo_router_handle(router, req, res, state);
}

static void expect_response(web_served *s, const char *line, const char *status, const char *body) {
    heard h = { 0 };
    web_ask(s, &h, line, NULL, NULL);
    CHECK(has(&h, status));
    CHECK(!body || strcmp(web_body(&h), body) == 0);
}

static void expect_echo(web_served *s) {
    edo_stream *c = upgraded(s);
    send_frame(c, TEXT, "hello", 5);
    expect(c, TEXT, "hello", 5);
    send_frame(c, CLOSE_, "\x03\xe8", 2);
    expect_close(c, 1000);
    expect_end(c);
}

static int mounts(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new();
    (void)arg;
    edo_router_get(r, "/state", says_state);
    edo_router_get(r, "/echo", echoes);
    CHECK_EQ(edo_router_build(r), 0);
    s.http.handler = handles;
    s.http.arg = r;
    serve_begin(&s.http);
    expect_response(&s, "GET /own", "HTTP/1.1 200 ", "own");
    expect_response(&s, "GET /state", "HTTP/1.1 200 ", "the state");
    expect_response(&s, "POST /state", "HTTP/1.1 405 ", NULL);
    expect_response(&s, "GET /none", "HTTP/1.1 404 ", NULL);
    expect_echo(&s);
    int result = serve_end(&s.http);
    edo_router_free(r);
    return result;
}

static void handler_leaves_requests_to_a_router(void **state) {
    (void)state;
    assert_int_equal(inside_each(mounts, NULL), 0);
}

static int mounts_unbuilt(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new();
    (void)arg;
    edo_router_get(r, "/state", says_state);
    s.http.handler = handles;
    s.http.arg = r;
    serve_begin(&s.http);
    expect_response(&s, "GET /state", "HTTP/1.1 500 ", NULL);
    int result = serve_end(&s.http);
    edo_router_free(r);
    return result;
}

static void router_that_is_not_complete_handles_nothing(void **state) {
    (void)state;
    assert_int_equal(inside(mounts_unbuilt, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handler_leaves_requests_to_a_router),
        cmocka_unit_test(router_that_is_not_complete_handles_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
