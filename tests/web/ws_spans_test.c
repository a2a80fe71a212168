/* SPDX-License-Identifier: MIT */
/* Goal: the handshake of a WebSocket is one trace over both sides: the request carries the step of
 * its span, and the span of the request on the server lies within it, and ends where the handler
 * returns.
 * Method: our own server, in both of its forms, and our own client. */
#include "span_ends.h"
#include "ws_client.h"

#include <edo/span.h>
#include <edo/web_layers.h>
#include <edo/ws_client.h>

static char came[EDO_TRACEPARENT_BYTES];

static void keep_step(edo_web *w) {
    edo_str text = edo_web_header(w, "traceparent");
    (void)snprintf(came, sizeof came, "%.*s", (int)text.len, text.len > 0 ? text.ptr : "");
}

static int in_fiber(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    keep_step(w);
    int err = edo_ws_upgrade(&ws, w, NULL);
    while (err >= 0 && (err = edo_ws_recv(ws, &m)) == 0) {
    }
    return err == -EDO_ECLOSED ? 0 : err;
}

static int say_again(edo_ws *ws, const edo_ws_message *m) {
    CHECK(!edo_span_current()); // the request is over
    return edo_ws_send(ws, m);
}

static int by_functions(edo_web *w) {
    static const edo_ws_handler functions = { .on_message = say_again };
    keep_step(w);
    return edo_ws_handle(w, &functions, NULL, NULL);
}

static int refuse(edo_web *w) {
    return edo_web_reply_status(w, EDO_STATUS_FORBIDDEN);
}

static edo_ws *connect_to(const web_served *s, const char *path, int wanted) {
    char url[128];
    edo_ws *ws = NULL;
    edo_ws_refusal refusal = { .status = 0 };
    (void)snprintf(url, sizeof url, "ws://%s%s?secret", s->http.address, path);
    CHECK_EQ(edo_ws_connect(&ws, edo_str_of(url), &(edo_ws_client_opts){ .refusal = &refusal }),
             wanted);
    edo_ws_refusal_deinit(&refusal);
    return ws;
}

#define REQUEST "request in none: otel.kind=server http.request.method=GET http.route="

static int shakes(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_ws_message m = { EDO_WS_TEXT, EDO_STR("a") };
    (void)arg;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/fiber", in_fiber);
    edo_router_get(r, "/functions", by_functions);
    edo_router_get(r, "/refused", refuse);
    edo_router_wrap(r, edo_traceparent_layer(NULL));
    web_begin(&s, r);
    edo_receiver *watcher = span_ends_begin("http=info");
    edo_ws *ws = connect_to(&s, "/functions", 0);
    CHECK(span_ended("fetch in none: otel.kind=client http.request.method=GET url.full=ws://"));
    CHECK(span_ended(" http.response.status_code=101 -> 0;") && !strstr(span_ends, "secret"));
    WAIT_FOR(strstr(span_ends, REQUEST "/functions"));
    CHECK(span_ended("client.address=127.0.0.1 http.response.status_code=101 -> 0;"));
    CHECK(strncmp(came, span_step("fetch"), 35) == 0);
    CHECK(strcmp(came, span_step("request")) == 0); // the layer has made it that of the request
    CHECK_EQ(edo_ws_send(ws, &m), 0);
    CHECK_EQ(edo_ws_recv(ws, &m), 0);
    CHECK_EQ(edo_ws_shutdown(ws, 1000, EDO_STR("")), 0);
    (void)edo_ws_end(ws, 0);
    span_ends_clear();
    ws = connect_to(&s, "/fiber", 0);
    CHECK_EQ(edo_ws_shutdown(ws, 1000, EDO_STR("")), 0);
    (void)edo_ws_end(ws, 0);
    WAIT_FOR(strstr(span_ends, REQUEST "/fiber"));
    span_ends_clear();
    CHECK(!connect_to(&s, "/refused", -EACCES));
    CHECK(span_ended(" http.response.status_code=403 error.type=403 -> -13;"));
    edo_log_remove(watcher);
    return web_end(&s);
}

static void handshake_is_one_trace_over_both_sides(void **state) {
    (void)state;
    assert_int_equal(inside_real(shakes, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handshake_is_one_trace_over_both_sides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
