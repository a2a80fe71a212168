/* SPDX-License-Identifier: MIT */
/* Goal: a peer that never closes ends 5 s after our close, whatever it sends meanwhile, and without
 * pings, too; in both forms of a socket, after a drain, and at the client's end.
 * Method: peers that are silent, pong, or send a message that never ends; time that passes only
 * when no task can run. */
#include "../http/tcp_server.h"
#include "ws_client.h"

#include <edo/scope.h>
#include <edo/ws_client.h>

#define CLOSE_MS 5000

static struct {
    edo_ws *ws; /* counted */
    int over;   /* sockets that have ended */
    uint16_t code;
    int err; /* of the receive, in a fiber */
} seen;

static const edo_ws_opts options = { .ping_interval = EDO_OFF, .message_timeout = EDO_OFF };

/* ---- A server -------------------------------------------------------------------------------- */

static int in_fiber(edo_web *w) {
    edo_ws_message m;
    edo_ws *ws;
    int err = edo_ws_upgrade(&ws, w, &options);
    if (err < 0) return err;
    seen.ws = edo_ws_ref(ws);
    while ((err = edo_ws_recv(ws, &m)) == 0) continue;
    seen.err = err;
    seen.code = edo_ws_close_code(ws);
    seen.over++;
    return 0;
}

static int opens(edo_ws *ws) {
    seen.ws = edo_ws_ref(ws);
    return 0;
}

static int drops(edo_ws *ws, const edo_ws_message *m) {
    (void)ws, (void)m;
    return 0;
}

static void closes(edo_ws *ws) {
    seen.code = edo_ws_close_code(ws);
    seen.over++;
}

static int as_functions(edo_web *w) {
    static const edo_ws_handler functions = { .on_open = opens,
                                              .on_message = drops,
                                              .on_close = closes };
    return edo_ws_handle(w, &functions, NULL, &options);
}

static edo_stream *begin_with(web_served *s, edo_web_fn *form) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/echo", form);
    memset(&seen, 0, sizeof seen);
    web_begin(s, r);
    edo_stream *c = upgraded(s);
    WAIT_FOR(seen.ws);
    return c;
}

static int end(web_served *s) {
    edo_ws_unref(seen.ws);
    return web_end(s);
}

/* ---- Peers ----------------------------------------------------------------------------------- */

static void stay_silent(edo_stream *c) {
    (void)c;
}

static void pong(edo_stream *c) {
    (void)edo_try_write(c, wire, print_frame(wire, PONG, "here", 4));
}

static void go_on(edo_stream *c) {
    (void)edo_try_write(c, wire, print_frame(wire, 0x01, "more", 4));
}

static const struct {
    const char *name;
    void (*say)(edo_stream *c); /* four times a second */
    bool once;
} peers[] = { { "silent", stay_silent, false },
              { "with pongs", pong, false },
              { "within a message", go_on, true } };

/* Returns how long the socket takes to end, in ms. */
static int64_t passes_over(edo_stream *c, size_t kind) {
    edo_instant start = edo_now();
    for (int i = 0; i < 400 && seen.over == 0; i++) {
        if (i == 0 || !peers[kind].once) peers[kind].say(c);
        CHECK_EQ(edo_sleep(edo_ms(250)), 0);
    }
    CHECK_EQ(seen.over, 1);
    return ms_since(start);
}

static bool is_in_time(int64_t ms) {
    return ms >= CLOSE_MS && ms < CLOSE_MS + 1000;
}

/* ---- Cases ----------------------------------------------------------------------------------- */

static int never_close(void *arg) {
    static edo_web_fn *const forms[] = { in_fiber, as_functions };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(forms) * EDO_COUNT(peers); i++) {
        size_t form = i % 2, kind = i / 2;
        web_served s = { .opts = { .state = NULL } };
        edo_stream *c = begin_with(&s, forms[form]);
        CHECK_EQ(edo_ws_close(seen.ws, EDO_WS_CLOSE_POLICY, EDO_STR("enough")), 0);
        expect_close(c, EDO_WS_CLOSE_POLICY);
        int64_t ms = passes_over(c, kind);
        if (!is_in_time(ms))
            (void)fprintf(stderr, "%s, form %zu: %lld ms\n", peers[kind].name, form, (long long)ms);
        CHECK(is_in_time(ms));
        CHECK_EQ(seen.code, EDO_WS_CLOSE_ABNORMAL);
        if (forms[form] == in_fiber) CHECK(seen.err == -ECONNABORTED || seen.err == -ETIMEDOUT);
        expect_end(c);
        CHECK_EQ(end(&s), 0);
    }
    return 0;
}

static void peer_that_never_closes_has_5_s(void **state) {
    (void)state;
    assert_int_equal(inside(never_close, NULL), 0);
}

static int closes_in_time(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    edo_stream *c = begin_with(&s, in_fiber);
    CHECK_EQ(edo_ws_close(seen.ws, 4000, EDO_STR("")), 0);
    expect_close(c, 4000);
    CHECK_EQ(edo_sleep(edo_s(4)), 0);
    CHECK_EQ(seen.over, 0);
    send_frame(c, CLOSE_, "\x0f\xa0", 2);
    expect_end(c);
    CHECK(seen.over == 1 && seen.code == 4000);
    return end(&s);
}

static void peer_that_closes_in_time_is_heard(void **state) {
    (void)state;
    assert_int_equal(inside(closes_in_time, NULL), 0);
}

static int drains(void *arg) {
    web_served s = { .http = { .opts = { .drain_max = edo_s(60) } } };
    (void)arg;
    edo_stream *c = begin_with(&s, in_fiber);
    edo_instant start = edo_now();
    CHECK_EQ(end(&s), 0);
    CHECK(is_in_time(ms_since(start)));
    CHECK(seen.err == -EDO_ECLOSED && seen.code == EDO_WS_CLOSE_AWAY);
    edo_close(c);
    return 0;
}

static void drain_does_not_wait_longer_for_a_peer_that_never_closes(void **state) {
    (void)state;
    assert_int_equal(inside(drains, NULL), 0);
}

/* A server that keeps the connection after both have closed. */
static int stays(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, &options);
    if (err < 0) return err;
    while ((err = edo_ws_recv(ws, &m)) == 0) continue;
    seen.over++;
    CHECK_EQ(edo_sleep(edo_s(30)), 0);
    seen.over++;
    return 0;
}

typedef struct leaving {
    edo_ws *ws;
    bool *is_over;
} leaving;

static int leaves(void *arg) {
    const leaving *l = arg;
    int err = edo_ws_end(l->ws, 0);
    *l->is_over = true;
    return err;
}

static int client_leaves(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    char url[64];
    edo_ws *ws;
    (void)arg;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/stays", stays);
    memset(&seen, 0, sizeof seen);
    web_begin(&s, r);
    (void)snprintf(url, sizeof url, "ws://%s/stays", s.http.address);
    CHECK_EQ(edo_ws_connect(&ws, edo_str_of(url), NULL), 0);
    static bool has_left;
    has_left = false;
    edo_instant start = edo_now();
    edo_task *leaver = edo_spawn(leaves, &(leaving){ ws, &has_left });
    WAIT_FOR_EQ(seen.over, 1);
    PASS_UNTIL(has_left);
    CHECK(ms_since(start) < CLOSE_MS + 1000);
    CHECK_EQ(edo_task_join(leaver), 0);
    EDO_TEST_OK(edo_time_advance(edo_s(30)));
    WAIT_FOR_EQ(seen.over, 2);
    return web_end(&s);
}

static void client_leaves_a_server_that_does_not(void **state) {
    (void)state;
    assert_int_equal(inside_by_hand(client_leaves, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peer_that_never_closes_has_5_s),
        cmocka_unit_test(peer_that_closes_in_time_is_heard),
        cmocka_unit_test(drain_does_not_wait_longer_for_a_peer_that_never_closes),
        cmocka_unit_test(client_leaves_a_server_that_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
