/* SPDX-License-Identifier: MIT */
/* Goal: a peer that stalls within a message, or sends it slowly, is given up by one rule, in a
 * socket with a fiber as in one without: `message_timeout` is a window over which it has to send,
 * whatever it has sent before, and `message_time_max` is the end of a message that is held.
 * Method: clients that write frames by hand, in paused time; each row for both forms. */
#include "ws_client.h"

#include <stdatomic.h>

static edo_ws_opts options;
static atomic_int closed; /* sockets that have ended */
static atomic_int failure;

static void ends(int code) {
    atomic_store(&failure, code);
    atomic_fetch_add(&closed, 1);
}

static int in_fiber(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, &options);
    while (err >= 0 && (err = edo_ws_recv(ws, &m)) == 0) err = edo_ws_send_text(ws, EDO_STR("ok"));
    ends(err);
    return err == -EDO_ECLOSED ? 0 : err;
}

static int in_pieces(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    bool is_last = false;
    int err = edo_ws_upgrade(&ws, w, &options);
    while (err >= 0 && !is_last) err = edo_ws_recv_piece(ws, &m, &is_last);
    ends(err);
    return err;
}

static int on_message(edo_ws *ws, const edo_ws_message *m) {
    (void)m;
    return edo_ws_send_text(ws, EDO_STR("ok"));
}

static void on_close(edo_ws *ws) {
    CHECK_EQ(edo_ws_close_code(ws), EDO_WS_CLOSE_ABNORMAL);
    ends(-ETIMEDOUT);
}

static int without_fiber(edo_web *w) {
    static const edo_ws_handler h = { .on_message = on_message, .on_close = on_close };
    return edo_ws_handle(w, &h, NULL, &options);
}

static edo_stream *begin(web_served *s, edo_web_fn *fn) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/echo", fn);
    atomic_store(&closed, 0);
    web_begin(s, r);
    return upgraded(s);
}

static int64_t closed_after(edo_instant start) {
    while (atomic_load(&closed) == 0 && ms_since(start) < 7200000)
        CHECK_EQ(edo_sleep(edo_ms(10)), 0);
    CHECK_EQ(atomic_load(&failure), -ETIMEDOUT);
    return ms_since(start);
}

static edo_web_fn *const forms[] = { in_fiber, without_fiber };

/* ---- Stalls ---------------------------------------------------------------------------------- */

#define MESSAGE ((size_t)1 << 20)

static const char payload[MESSAGE];

static const struct {
    size_t sent; /* of a message of 1 MiB, with its head of 14 bytes */
    int ping_interval_ms;
} stalls[] = {
    { .sent = 1, .ping_interval_ms = 1000 }, // half a head
    { .sent = 1, .ping_interval_ms = -1 },         { .sent = 14, .ping_interval_ms = 1000 },
    { .sent = 114, .ping_interval_ms = -1 },       { .sent = 114, .ping_interval_ms = 1000 },
    { .sent = MESSAGE, .ping_interval_ms = 1000 }, // what came fast buys no time
    { .sent = MESSAGE, .ping_interval_ms = -1 },   { .sent = 114, .ping_interval_ms = 100 },
};

static int stall(void *arg) {
    size_t i = *(size_t *)arg;
    for (size_t k = 0; k < EDO_COUNT(forms); k++) {
        web_served s = { .opts = { .state = NULL } };
        options = (edo_ws_opts){ .message_timeout = edo_ms(300),
                                 .ping_interval = edo_ms(stalls[i].ping_interval_ms),
                                 .ping_timeout = edo_ms(10000) };
        edo_stream *c = begin(&s, forms[k]);
        (void)print_frame(wire, BINARY, payload, MESSAGE);
        edo_instant start = edo_now();
        CHECK_EQ(edo_write_all(c, wire, stalls[i].sent), 0);
        int64_t ms = closed_after(start);
        if (ms < 300 || ms > 320) (void)fprintf(stderr, "row %zu, form %zu\n", i, k);
        CHECK(ms >= 300 && ms <= 320);
        edo_close(c);
        CHECK_EQ(web_end(&s), 0);
    }
    return 0;
}

static void peer_that_stalls_within_a_message_has_message_timeout(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(stalls); i++) assert_int_equal(inside(stall, &i), 0);
}

/* ---- Rates ----------------------------------------------------------------------------------- */

/* Sends the first bytes of a message at once, and then some each second, until the socket ends or
 * `seconds` are over. Returns whether it has ended. */
static bool trickle(edo_stream *c, size_t first, size_t a_second, int seconds) {
    size_t at = first;
    CHECK_EQ(edo_write_all(c, wire, first), 0);
    for (int i = 0; i < seconds && atomic_load(&closed) == 0; i++, at += a_second) {
        CHECK_EQ(edo_sleep(edo_s(1)), 0);
        (void)!edo_try_write(c, wire + at, a_second);
    }
    return atomic_load(&closed) > 0;
}

static int rates(void *arg) {
    (void)arg;
    for (size_t k = 0; k < EDO_COUNT(forms); k++) {
        web_served s = { .opts = { .state = NULL } };
        options = (edo_ws_opts){ .message_timeout = edo_s(5), .message_time_max = edo_s(60) };
        edo_stream *c = begin(&s, forms[k]);
        size_t n = print_frame(wire, BINARY, payload, 12000);
        CHECK(!trickle(c, 0, 300, (int)(n / 300))); // above the rate
        CHECK_EQ(edo_write_all(c, wire + n / 300 * 300, n % 300), 0);
        expect(c, TEXT, "ok", 2);
        (void)print_frame(wire, BINARY, payload, MESSAGE);
        edo_instant start = edo_now();
        CHECK(trickle(c, MESSAGE / 2, 120, 100)); // half of it
        CHECK(ms_since(start) >= 9000 && ms_since(start) <= 12000);
        edo_close(c);
        c = upgraded(&s);
        atomic_store(&closed, 0);
        start = edo_now();
        CHECK(trickle(c, MESSAGE / 2, 300, 100)); // above the rate, but for too long in all
        CHECK(ms_since(start) >= 60000 && ms_since(start) <= 62000);
        edo_close(c);
        CHECK_EQ(web_end(&s), 0);
    }
    return 0;
}

static void message_has_a_least_rate_and_an_end(void **state) {
    (void)state;
    assert_int_equal(inside(rates, NULL), 0);
}

static int pieces(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    options = (edo_ws_opts){ .message_timeout = edo_s(5), .message_time_max = edo_s(20) };
    edo_stream *c = begin(&s, in_pieces);
    (void)print_frame(wire, BINARY, payload, MESSAGE);
    CHECK(!trickle(c, 1000, 300, 60));
    edo_instant start = edo_now();
    int64_t ms = closed_after(start); // it stalls
    CHECK(ms >= 4000 && ms <= 5100);
    edo_close(c);
    return web_end(&s);
}

static void message_in_pieces_has_a_least_rate_only(void **state) {
    (void)state;
    assert_int_equal(inside(pieces, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peer_that_stalls_within_a_message_has_message_timeout),
        cmocka_unit_test(message_has_a_least_rate_and_an_end),
        cmocka_unit_test(message_in_pieces_has_a_least_rate_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
