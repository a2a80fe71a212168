/* SPDX-License-Identifier: MIT */
/* Goal: the baggage of a request that opens a WebSocket is there in the handler for as long as it
 * runs, if the client has named the server. */
#include "../http/tcp_server.h"
#include "ws_client.h"

#include <edo/baggage.h>
#include <edo/http_client.h>
#include <edo/web_layers.h>
#include <edo/ws_client.h>

/* Says to each message what it has. */
static int tells(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, NULL);
    while (err == 0 && (err = edo_ws_recv(ws, &m)) == 0) {
        const edo_str has = edo_baggage_text();
        err = edo_ws_send_text(ws, has.len > 0 ? has : EDO_STR("none"));
    }
    return err == -EDO_ECLOSED ? 0 : err;
}

static void hears(web_served *s, edo_http_client *c, const char *url, const char *said) {
    edo_ws *ws;
    edo_ws_message m;
    edo_context_block b;
    const edo_ws_client_opts o = { .client = c };
    const edo_baggage_member user = { .key = EDO_STR("user"), .value = EDO_STR("Ann B") };
    edo_stream *stream = client_of(&s->http); // a server in memory is a task that inherits
    EDO_TEST_OK(edo_baggage_begin(&b, &user, 1));
    EDO_TEST_OK(edo_ws_connect_over(&ws, stream, edo_str_of(url), &o));
    EDO_TEST_OK(edo_context_end(&b, 0));
    for (int i = 0; i < 2; i++) {
        EDO_TEST_OK(edo_ws_send_text(ws, EDO_STR("?")));
        EDO_TEST_OK(edo_ws_recv(ws, &m));
        CHECK(edo_str_equal(m.data, edo_str_of(said)));
    }
    CHECK_EQ(edo_ws_end(ws, 0), 0);
}

static int carries(void *arg) {
    edo_http_client *c;
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    edo_router *r = edo_router_new();
    edo_router_any(r, "/echo", tells);
    edo_router_wrap(r, edo_traceparent_layer(NULL));
    web_begin(&s, r);
    EDO_TEST_OK(edo_http_client_new(&c, &(edo_http_client_opts){ .baggage_hosts = "x" }));
    hears(&s, c, "ws://x/echo", "user=Ann%20B");
    hears(&s, c, "ws://y/echo", "none");
    edo_http_client_unref(c);
    return web_end(&s);
}

static void a_socket_has_the_baggage_of_its_request(void **state) {
    (void)state;
    assert_int_equal(inside(carries, NULL), 0);
    assert_int_equal(inside_real(carries, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_socket_has_the_baggage_of_its_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
