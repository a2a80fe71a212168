/* SPDX-License-Identifier: MIT */
/* Goal: a close that a handler or another task has begun reaches its peer, whatever the handler
 * returns then, and the peer's close is waited for.
 * Method: sockets in both forms, and clients that read late, or send meanwhile. */
#include "ws_client.h"

#include <edo/scope.h>

#include <stdatomic.h>

static edo_ws_opts options;
/* What handlers, which may run on another thread than the test, tell it. `closes` sets `code`
 * before `closed`. */
static _Atomic(edo_ws *) shared; /* counted */
static atomic_int closed;
static _Atomic uint16_t code;

static void post_to(edo_ws *ws, size_t n) {
    static char bytes[64 << 10];
    edo_ws_frame *f;
    CHECK_EQ(edo_ws_frame_new(&f, &(edo_ws_message){ EDO_WS_BINARY, { bytes, n } }), 0);
    CHECK_EQ(edo_ws_post(ws, f), 0);
    edo_ws_frame_unref(f);
}

static void serve_with(web_served *s, edo_web_fn *fn, edo_ws_opts opts) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/echo", fn);
    options = opts;
    closed = 0;
    code = 0;
    web_begin(s, r);
}

static void wait_for_closed(uint16_t wanted) {
    WAIT_FOR_EQ(closed, 1);
    CHECK_EQ(code, wanted);
}

static void closes(edo_ws *ws) {
    code = edo_ws_close_code(ws);
    closed++;
}

/* ---- In a fiber ------------------------------------------------------------------------------ */

#define FRAMES  100
#define FRAME_N ((size_t)64 << 10)

static int closes_and_returns(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, &options);
    if (err == 0) err = edo_ws_recv(ws, &m);
    if (err < 0) return err;
    for (int i = 0; i < FRAMES; i++) post_to(ws, FRAME_N);
    return edo_ws_close(ws, 4000, EDO_STR("that was all"));
}

static int returned(void *arg) {
    static char got[FRAME_N];
    web_served s = { .opts = { .state = NULL } };
    size_t n;
    (void)arg;
    serve_with(&s, closes_and_returns,
               (edo_ws_opts){ .queue_max = 1000, .queue_bytes_max = 2 * FRAMES * FRAME_N });
    edo_stream *c = upgraded(&s);
    send_frame(c, TEXT, "begin", 5);
    send_frame(c, TEXT, "is not received", 15);
    for (int i = 0; i < FRAMES; i++) CHECK_EQ(hear_frame(c, got, &n), BINARY);
    expect_close(c, 4000);
    send_frame(c, CLOSE_, "\x0f\xa0", 2);
    expect_end(c);
    return web_end(&s);
}

static void handler_that_returns_behind_a_close_has_it_sent(void **state) {
    (void)state;
    assert_int_equal(inside_each(returned, NULL), 0);
}

/* ---- Functions ------------------------------------------------------------------------------- */

static int closes_and_fails(edo_ws *ws, const edo_ws_message *m) {
    (void)m;
    CHECK_EQ(edo_ws_close(ws, 4001, EDO_STR("not so")), 0);
    return -EIO;
}

static const edo_ws_handler failing = { .on_message = closes_and_fails, .on_close = closes };

static int fails(edo_web *w) {
    return edo_ws_handle(w, &failing, NULL, &options);
}

static int failed(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    serve_with(&s, fails, (edo_ws_opts){ .message_max = 0 });
    edo_stream *c = upgraded(&s);
    send_frame(c, TEXT, "one", 3);
    expect_close(c, 4001);
    CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    send_frame(c, CLOSE_, "\x0f\xa1", 2);
    expect_end(c);
    wait_for_closed(4001);
    return web_end(&s);
}

static void function_that_closes_and_fails_has_one_close(void **state) {
    (void)state;
    assert_int_equal(inside_each(failed, NULL), 0);
}

static int shares(edo_ws *ws) {
    shared = edo_ws_ref(ws);
    return 0;
}

static int ignores(edo_ws *ws, const edo_ws_message *m) {
    (void)ws, (void)m;
    return 0;
}

static const edo_ws_handler sharing = { .on_open = shares,
                                        .on_message = ignores,
                                        .on_close = closes };

static int opens(edo_web *w) {
    return edo_ws_handle(w, &sharing, NULL, &options);
}

/* The peer's close meets ours, which is queued. */
static int crossing(void *arg) {
    static char got[FRAME_N];
    web_served s = { .opts = { .state = NULL } };
    unsigned first;
    size_t n;
    (void)arg;
    serve_with(&s, opens,
               (edo_ws_opts){ .queue_max = 1000, .queue_bytes_max = 2 * FRAMES * FRAME_N });
    shared = NULL;
    edo_stream *c = upgraded(&s);
    WAIT_FOR(shared);
    for (int i = 0; i < FRAMES; i++) post_to(shared, FRAME_N);
    CHECK_EQ(edo_ws_close(shared, 4000, EDO_STR("that was all")), 0);
    send_frame(c, CLOSE_, "\x0f\xa2", 2);
    while ((first = hear_frame(c, got, &n)) == BINARY) continue;
    CHECK_EQ(first, CLOSE_);
    expect_end(c);
    wait_for_closed(4002);
    edo_ws_unref(shared);
    return web_end(&s);
}

static void close_that_meets_a_queued_one_is_answered(void **state) {
    (void)state;
    assert_int_equal(inside_each(crossing, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handler_that_returns_behind_a_close_has_it_sent),
        cmocka_unit_test(function_that_closes_and_fails_has_one_close),
        cmocka_unit_test(close_that_meets_a_queued_one_is_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
