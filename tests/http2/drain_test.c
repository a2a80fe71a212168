/* SPDX-License-Identifier: MIT */
/* Goal: a connection of HTTP/2 ends in order: no request that its client has sent before it could
 * know is lost, handlers finish, and all ends within the limits of the server. A request that is
 * taken back, or whose client is gone, cancels its handler.
 * Method: a client by nghttp2, over memory with a clock that jumps. */
#include "h2_peer.h"

#include <edo/http2.h>

static h2_peer peer;
static int calls, running, cancelled, lost;
static edo_sem gate;

static int serve(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    calls++;
    if (!edo_str_equal(req->target, EDO_STR("/wait")))
        return edo_response_text(res, EDO_STATUS_OK, EDO_STR("Hello, World!"));
    running++;
    int err = edo_sem_acquire(&gate, 1);
    running--;
    if (err == -ECANCELED) cancelled++;
    if (edo_request_is_lost(req)) lost++;
    return err < 0 ? err : edo_response_text(res, EDO_STATUS_OK, EDO_STR("at last"));
}

static void begin(served *s) {
    s->handler = serve;
    calls = running = cancelled = lost = 0;
    edo_sem_init(&gate, 0);
    serve_begin(s);
    h2_begin(&peer, client_of(s), NULL, 0);
    H2_UNTIL(&peer, peer.settings > 0);
}

static void hear_the_end(void) {
    while (h2_turn(&peer)) {
    }
}

static int drains(void *arg) {
    served s = { .handler = NULL };
    (void)arg;
    begin(&s);
    h2_answer *a = h2_ask(&peer, "GET", "/wait", NULL);
    h2_send(&peer);
    WAIT_FOR(running == 1);
    edo_task_cancel(s.task);
    char bytes[1000];
    int n = edo_read(peer.stream, bytes, sizeof bytes); // the client does not know yet, and asks
    h2_answer *b = h2_ask(&peer, "GET", "/wait", NULL);
    h2_send(&peer);
    WAIT_FOR(running == 2);
    CHECK(n > 0);
    CHECK_EQ(nghttp2_session_mem_recv(peer.session, (uint8_t *)bytes, (size_t)n), n);
    H2_UNTIL(&peer, peer.goaways == 2);
    CHECK(peer.goaway_first == INT32_MAX && peer.goaway_last == b->id);
    CHECK(running == 2 && cancelled == 0);
    edo_sem_release(&gate, 2);
    h2_await(&peer, a);
    h2_await(&peer, b);
    CHECK(a->status == 200 && b->status == 200 && strcmp(b->body, "at last") == 0);
    hear_the_end();
    CHECK_EQ(peer.goaway_error, NGHTTP2_NO_ERROR);
    h2_end(&peer);
    CHECK_EQ(serve_end(&s), 0);
    return 0;
}

static void drain_serves_what_was_sent_before_the_client_knew(void **state) {
    (void)state;
    assert_int_equal(inside(drains, NULL), 0);
}

static int drains_half(void *arg) {
    served s = { .handler = NULL };
    (void)arg;
    begin(&s);
    h2_begin_raw(&peer);
    h2_raw(&peer, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 1, "\x82\x86", 2);
    edo_instant begun = edo_now();
    edo_task_cancel(s.task);
    hear_the_end();
    CHECK(edo_instant_since(edo_now(), begun).ns < edo_s(3).ns && calls == 0);
    h2_end(&peer);
    CHECK_EQ(serve_end(&s), 0);
    return 0;
}

static void drain_does_not_wait_long_for_the_rest_of_a_head(void **state) {
    (void)state;
    assert_int_equal(inside(drains_half, NULL), 0);
}

static int drains_idle(void *arg) {
    served s = { .handler = NULL };
    (void)arg;
    begin(&s);
    edo_instant begun = edo_now();
    h2_begin_raw(&peer); // nghttp2's client hears nothing behind the first GOAWAY
    peer.acks = true;
    edo_task_cancel(s.task);
    hear_the_end();
    CHECK(peer.goaways == 2 && ms_since(begun) < 1000);
    h2_end(&peer);
    CHECK_EQ(serve_end(&s), 0);
    begin(&s); // and one that acknowledges nothing
    begun = edo_now();
    h2_begin_raw(&peer);
    edo_task_cancel(s.task);
    hear_the_end();
    CHECK(peer.goaways == 2 && ms_since(begun) >= 1000 && ms_since(begun) < 2000);
    h2_end(&peer);
    CHECK_EQ(serve_end(&s), 0);
    begin(&s); // and one whose acknowledgement is of an earlier PING
    begun = edo_now();
    h2_begin_raw(&peer);
    edo_task_cancel(s.task);
    H2_UNTIL(&peer, peer.goaways == 1);
    h2_raw(&peer, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, "\0\0\0\0\0\0\0\0", 8);
    hear_the_end();
    CHECK(peer.goaways == 2 && ms_since(begun) >= 1000 && ms_since(begun) < 2000);
    h2_end(&peer);
    CHECK_EQ(serve_end(&s), 0);
    return 0;
}

/* The connection is told to end while a request is on its way: the server is, or, with `arg`, the
 * client was idle for too long. */
static int asks_late(void *arg) {
    static const char request[] = "\x82\x86\x84\x41\x01x"; // GET http / of x
    served s = { .opts = { .idle_timeout = edo_s(5) } };
    begin(&s);
    h2_begin_raw(&peer);
    if (!arg) edo_task_cancel(s.task);
    H2_UNTIL(&peer, peer.goaways == 1);
    h2_raw(&peer, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1, request,
           sizeof request - 1);
    WAIT_FOR(calls == 1);
    hear_the_end();
    CHECK(peer.goaways == 2 && peer.heads == 1);
    h2_end(&peer);
    CHECK_EQ(serve_end(&s), 0);
    return 0;
}

static void idle_connection_that_is_drained_serves_what_was_on_its_way(void **state) {
    (void)state;
    bool is_idle = true;
    assert_int_equal(inside(asks_late, NULL), 0);
    assert_int_equal(inside(asks_late, &is_idle), 0);
}

static void drain_ends_idle_connections_after_a_round_trip_or_a_second(void **state) {
    (void)state;
    assert_int_equal(inside(drains_idle, NULL), 0);
}

static int drains_long(void *arg) {
    served s = { .opts = { .drain_max = edo_s(3) } };
    (void)arg;
    begin(&s);
    edo_instant begun = edo_now();
    h2_answer *a = h2_ask(&peer, "GET", "/wait", NULL);
    h2_send(&peer);
    WAIT_FOR(running == 1);
    edo_task_cancel(s.task);
    hear_the_end();
    CHECK(cancelled == 1 && a->status == 500);
    CHECK(ms_since(begun) >= 3000 && ms_since(begun) < 5000);
    h2_end(&peer);
    CHECK_EQ(serve_end(&s), 0);
    return 0;
}

static void handlers_beyond_the_drain_are_cancelled(void **state) {
    (void)state;
    assert_int_equal(inside(drains_long, NULL), 0);
}

/* Responds though it was cancelled, by more than is sent without a wait. */
static int says_sorry(edo_request *req, edo_response *res, void *arg) {
    static char sorry[60000];
    (void)req, (void)arg;
    running++;
    CHECK_EQ(edo_sleep(edo_hours(1)), -ECANCELED);
    return edo_response_data(res, EDO_STATUS_SERVICE_UNAVAILABLE, EDO_STR("x/y"),
                             (edo_str){ sorry, sizeof sorry });
}

/* The client has room for all, or its window or the connection is full again and again. */
static int responds_cancelled(void *arg) {
    static const struct {
        uint32_t window;
        size_t pipe_bytes;
    } rows[] = { { 65535, 1 << 20 }, { 5000, 1 << 20 }, { 65535, 4096 }, { 5000, 4096 } };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        const nghttp2_settings_entry window = { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE,
                                                rows[i].window };
        served s = { .handler = says_sorry, .opts = { .drain_max = edo_s(3) } };
        s.pipe_bytes = rows[i].pipe_bytes;
        running = 0;
        serve_begin(&s);
        h2_begin(&peer, client_of(&s), &window, 1);
        h2_answer *a = h2_ask(&peer, "GET", "/", NULL);
        h2_send(&peer);
        WAIT_FOR(running == 1);
        edo_task_cancel(s.task);
        hear_the_end();
        CHECK(a->status == 503 && a->ended && a->body_n == 60000);
        h2_end(&peer);
        CHECK_EQ(serve_end(&s), 0);
    }
    return 0;
}

static void what_a_handler_responds_that_was_cancelled_goes_out(void **state) {
    (void)state;
    assert_int_equal(inside(responds_cancelled, NULL), 0);
}

/* The client takes nothing more: the server ends all the same. */
static int takes_no_response(void *arg) {
    const nghttp2_settings_entry window = { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 5000 };
    served s = { .handler = says_sorry, .opts = { .drain_max = edo_s(3) } };
    (void)arg;
    running = 0;
    serve_begin(&s);
    h2_begin_holding(&peer, client_of(&s), &window, 1);
    h2_answer *a = h2_ask(&peer, "GET", "/", NULL);
    h2_send(&peer);
    WAIT_FOR(running == 1);
    const edo_instant begun = edo_now();
    edo_task_cancel(s.task);
    hear_the_end();
    CHECK(!a->ended && a->body_n == 5000);
    CHECK(ms_since(begun) >= 4000 && ms_since(begun) < 5000);
    h2_end(&peer);
    return serve_end(&s);
}

static void client_has_a_second_for_what_a_cancelled_handler_responds(void **state) {
    (void)state;
    assert_int_equal(inside(takes_no_response, NULL), 0);
}

static int takes_back(void *arg) {
    served s = { .handler = NULL };
    (void)arg;
    begin(&s);
    h2_answer *a = h2_ask(&peer, "GET", "/wait", NULL), *b = h2_ask(&peer, "GET", "/wait", NULL);
    h2_send(&peer);
    WAIT_FOR(running == 2);
    CHECK_EQ(nghttp2_submit_rst_stream(peer.session, 0, a->id, NGHTTP2_CANCEL), 0);
    h2_send(&peer);
    WAIT_FOR(running == 1);
    CHECK(cancelled == 1 && lost == 1);
    h2_answer *c = h2_ask(&peer, "GET", "/", NULL);
    h2_await(&peer, c);
    CHECK(c->status == 200 && b->status == 0);
    h2_end(&peer); // the client is gone
    WAIT_FOR(running == 0);
    CHECK(cancelled == 2 && lost == 2);
    CHECK_EQ(serve_end(&s), 0);
    return 0;
}

static void reset_and_end_of_the_connection_cancel_handlers(void **state) {
    (void)state;
    assert_int_equal(inside(takes_back, NULL), 0);
}

static int half_closes(void *arg) {
    served s = { .opts = { .half_close = true } };
    (void)arg;
    begin(&s);
    h2_answer *a = h2_ask(&peer, "GET", "/wait", NULL);
    h2_send(&peer);
    WAIT_FOR(running == 1);
    CHECK_EQ(edo_shutdown(peer.stream), 0);
    CHECK_EQ(edo_sleep(edo_ms(10)), 0);
    CHECK_EQ(running, 1);
    edo_sem_release(&gate, 1);
    char bytes[2000];
    int n;
    while ((n = edo_read(peer.stream, bytes, sizeof bytes)) > 0)
        CHECK_EQ(nghttp2_session_mem_recv(peer.session, (uint8_t *)bytes, (size_t)n), n);
    CHECK(a->status == 200 && a->ended && cancelled == 0);
    h2_end(&peer);
    CHECK_EQ(serve_end(&s), 0);
    return 0;
}

static void client_that_has_ended_its_input_may_still_read_by_option(void **state) {
    (void)state;
    assert_int_equal(inside(half_closes, NULL), 0);
}

static int has_ends(void *arg) {
    const edo_http_server_opts ends[] = { { .no_keep_alive = true },
                                          { .requests_max = 1 },
                                          { .age_max = edo_ms(1) } };
    (void)arg;
    for (size_t i = 0; i < 3; i++) {
        served s = { .opts = ends[i] };
        begin(&s);
        CHECK_EQ(edo_sleep(edo_ms(10)), 0);
        h2_answer *a = h2_ask(&peer, "GET", "/", NULL);
        h2_await(&peer, a);
        CHECK_EQ(a->status, 200);
        hear_the_end();
        CHECK(peer.goaways > 0 && peer.goaway_error == NGHTTP2_NO_ERROR);
        h2_end(&peer);
        CHECK_EQ(serve_end(&s), 0);
    }
    return 0;
}

static void connection_ends_by_goaway_after_the_requests_that_it_may_have(void **state) {
    (void)state;
    assert_int_equal(inside(has_ends, NULL), 0);
}

static int pings(void *arg) {
    const edo_http2_opts http2 = { .ping_interval = edo_s(5), .ping_timeout = edo_s(2) };
    served s = { .opts = { .http2 = &http2 } };
    (void)arg;
    begin(&s);
    h2_answer *a = h2_ask(&peer, "GET", "/wait", NULL);
    edo_instant begun = edo_now();
    H2_UNTIL(&peer, peer.pings == 3); // it acknowledges each
    CHECK(ms_since(begun) >= 14000 && ms_since(begun) < 20000);
    CHECK(running == 1 && !a->closed);
    h2_begin_raw(&peer); // now it does not
    hear_the_end();
    CHECK(ms_since(begun) >= 21000 && ms_since(begun) < 28000);
    WAIT_FOR(running == 0);
    CHECK(cancelled == 1 && lost == 1);
    h2_end(&peer);
    CHECK_EQ(serve_end(&s), 0);
    return 0;
}

static void client_that_does_not_acknowledge_pings_is_lost(void **state) {
    (void)state;
    assert_int_equal(inside(pings, NULL), 0);
}

/* A connection that is old enough, with a request that goes on for `longer` than that. */
static void ages(const edo_http2_opts *http2, edo_duration longer, bool is_cancelled) {
    served s = { .opts = { .http2 = http2, .age_max = edo_s(100) } };
    begin(&s);
    edo_instant begun = edo_now();
    h2_answer *a = h2_ask(&peer, "GET", "/wait", NULL);
    H2_UNTIL(&peer, peer.goaways == 2);
    CHECK(ms_since(begun) >= 90000 && ms_since(begun) <= 110000);
    CHECK_EQ(edo_sleep(longer), 0);
    CHECK_EQ(cancelled, is_cancelled);
    edo_sem_release(&gate, 1);
    h2_await(&peer, a);
    CHECK_EQ(a->status, is_cancelled ? 500 : 200);
    hear_the_end();
    CHECK_EQ(peer.goaway_error, NGHTTP2_NO_ERROR);
    h2_end(&peer);
    CHECK_EQ(serve_end(&s), 0);
}

static int ages_busy(void *arg) {
    const edo_http2_opts none = { .age_grace = edo_s(0) }, some = { .age_grace = edo_s(30) };
    (void)arg;
    ages(&none, edo_minutes(5), false);
    ages(&some, edo_s(25), false);
    ages(&some, edo_s(35), true);
    return 0;
}

static void requests_of_an_old_connection_go_on_within_its_grace(void **state) {
    (void)state;
    assert_int_equal(inside(ages_busy, NULL), 0);
}

static int ages_idle(void *arg) {
    served s = { .opts = { .age_max = edo_s(10) } };
    (void)arg;
    begin(&s);
    edo_instant begun = edo_now();
    hear_the_end(); // without a request
    CHECK(peer.goaways > 0 && peer.goaway_error == NGHTTP2_NO_ERROR);
    CHECK(ms_since(begun) >= 9000 && ms_since(begun) <= 11000 + 1000); // and a round trip
    h2_end(&peer);
    CHECK_EQ(serve_end(&s), 0);
    return 0;
}

static void old_connection_ends_without_a_request(void **state) {
    (void)state;
    assert_int_equal(inside(ages_idle, NULL), 0);
}

/* A client that has said good-bye has no further request: nothing is waited for. */
static int says_goodbye(void *arg) {
    served s = { .handler = NULL };
    (void)arg;
    begin(&s);
    h2_begin_raw(&peer);
    edo_instant start = edo_now();
    edo_task_cancel(s.task);
    H2_UNTIL(&peer, peer.goaways == 1); // a client that acknowledges no PING
    h2_raw(&peer, NGHTTP2_GOAWAY, 0, 0, "\0\0\0\0\0\0\0\0", 8);
    hear_the_end();
    CHECK_EQ(ms_since(start), 0);
    h2_end(&peer);
    return serve_end(&s);
}

static void client_that_says_goodbye_ends_the_drain(void **state) {
    (void)state;
    assert_int_equal(inside(says_goodbye, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drain_does_not_wait_long_for_the_rest_of_a_head),
        cmocka_unit_test(drain_serves_what_was_sent_before_the_client_knew),
        cmocka_unit_test(drain_ends_idle_connections_after_a_round_trip_or_a_second),
        cmocka_unit_test(idle_connection_that_is_drained_serves_what_was_on_its_way),
        cmocka_unit_test(handlers_beyond_the_drain_are_cancelled),
        cmocka_unit_test(what_a_handler_responds_that_was_cancelled_goes_out),
        cmocka_unit_test(client_has_a_second_for_what_a_cancelled_handler_responds),
        cmocka_unit_test(reset_and_end_of_the_connection_cancel_handlers),
        cmocka_unit_test(client_that_has_ended_its_input_may_still_read_by_option),
        cmocka_unit_test(connection_ends_by_goaway_after_the_requests_that_it_may_have),
        cmocka_unit_test(client_that_does_not_acknowledge_pings_is_lost),
        cmocka_unit_test(requests_of_an_old_connection_go_on_within_its_grace),
        cmocka_unit_test(old_connection_ends_without_a_request),
        cmocka_unit_test(client_that_says_goodbye_ends_the_drain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
