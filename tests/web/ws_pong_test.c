/* SPDX-License-Identifier: MIT */
/* Goal: a program's own pings arrive with their payload, and it sees the pongs to them, in both
 * forms of a socket and at a client's end.
 * Method: a server whose socket pings, and clients that write frames by hand. */
#include "ws_client.h"

#include <edo/ws_client.h>

/* What the server has seen; all tests have one socket. */
static struct {
    int pongs;
    char payload[128];
    size_t n;
    int too_long, after_close;
} seen;

static void sees(edo_ws *ws, edo_str payload, void *arg) {
    CHECK(ws != NULL && arg == &seen);
    seen.pongs++;
    memcpy(seen.payload, payload.ptr, payload.len);
    seen.n = payload.len;
}

static char most[126];

static int pings(edo_ws *ws) {
    memset(most, 'p', sizeof most);
    seen.too_long = edo_ws_ping(ws, (edo_str){ most, 126 });
    int err = edo_ws_ping(ws, (edo_str){ most, 125 });
    return err < 0 ? err : edo_ws_ping(ws, EDO_STR("7"));
}

static int replies(edo_ws *ws, const edo_ws_message *m) {
    return edo_str_equal(m->data, EDO_STR("ping")) ? pings(ws) : edo_ws_send(ws, m);
}

static const edo_ws_opts opts = { .on_pong = sees, .pong_arg = &seen };

static int loop(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, &opts);
    while (err >= 0 && (err = edo_ws_recv(ws, &m)) == 0) err = replies(ws, &m);
    seen.after_close = err == -EDO_ECLOSED ? edo_ws_ping(ws, EDO_STR("")) : 0;
    return err == -EDO_ECLOSED ? 0 : err;
}

static void closes(edo_ws *ws) {
    seen.after_close = edo_ws_ping(ws, EDO_STR(""));
}

static const edo_ws_handler functions = { .on_message = replies, .on_close = closes };

static int detached(edo_web *w) {
    return edo_ws_handle(w, &functions, NULL, &opts);
}

static int both(void *arg) {
    edo_web_fn *const *route = arg;
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new();
    edo_router_get(r, "/echo", *route);
    memset(&seen, 0, sizeof seen);
    web_begin(&s, r);
    edo_stream *c = upgraded(&s);
    send_frame(c, TEXT, "ping", 4);
    expect(c, PING, most, 125);
    expect(c, PING, "7", 1);
    CHECK_EQ(seen.too_long, -EINVAL);
    send_frame(c, PONG, most, 125);
    send_frame(c, TEXT, "a", 1);
    expect(c, TEXT, "a", 1);
    CHECK_EQ(seen.pongs, 1);
    CHECK(seen.n == 125 && memcmp(seen.payload, most, 125) == 0);
    send_frame(c, 0x01, "b", 1); // a pong within a message
    send_frame(c, PONG, "7", 1);
    send_frame(c, 0x80, "c", 1);
    expect(c, TEXT, "bc", 2);
    CHECK_EQ(seen.pongs, 2);
    CHECK(seen.n == 1 && seen.payload[0] == '7');
    send_frame(c, CLOSE_, "\x03\xe8", 2);
    expect_close(c, 1000);
    expect_end(c);
    CHECK_EQ(web_end(&s), 0);
    CHECK_EQ(seen.after_close, -EDO_ECLOSED);
    return 0;
}

static void pongs_of_own_pings_are_seen_in_a_fiber(void **state) {
    (void)state;
    assert_int_equal(inside(both, &(edo_web_fn *){ loop }), 0);
}

static void pongs_of_own_pings_are_seen_by_functions(void **state) {
    (void)state;
    assert_int_equal(inside(both, &(edo_web_fn *){ detached }), 0);
}

static int client(void *arg) {
    (void)arg;
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new();
    char url[64];
    edo_ws *ws;
    edo_ws_message m;
    edo_router_get(r, "/echo", loop);
    memset(&seen, 0, sizeof seen);
    web_begin(&s, r);
    (void)snprintf(url, sizeof url, "ws://%s/echo", s.http.address);
    EDO_TEST_OK(edo_ws_connect(&ws, edo_str_of(url), &(edo_ws_client_opts){ .socket = opts }));
    EDO_TEST_OK(edo_ws_ping(ws, EDO_STR("way")));
    EDO_TEST_OK(edo_ws_send_text(ws, EDO_STR("a")));
    EDO_TEST_OK(edo_ws_recv(ws, &m));
    CHECK(edo_str_equal(m.data, EDO_STR("a")));
    CHECK_EQ(seen.pongs, 1);
    CHECK(seen.n == 3 && memcmp(seen.payload, "way", 3) == 0);
    CHECK_EQ(edo_ws_end(ws, 0), 0);
    return web_end(&s);
}

static void pongs_of_own_pings_are_seen_by_a_client(void **state) {
    (void)state;
    assert_int_equal(inside_real(client, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pongs_of_own_pings_are_seen_in_a_fiber),
        cmocka_unit_test(pongs_of_own_pings_are_seen_by_functions),
        cmocka_unit_test(pongs_of_own_pings_are_seen_by_a_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
