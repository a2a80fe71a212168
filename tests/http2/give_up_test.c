/* SPDX-License-Identifier: MIT */
/* Goal: a client that takes requests back loses its connection only if their handlers had not
 * begun, it has used up what it had and what responses have bought, and it cannot have waited for
 * them; and before that its requests are refused.
 * Method: frames that are made by hand, over memory with a clock that jumps: where a test does not
 * wait for time, none comes back with it. */
#include "h2_peer.h"

#include <edo/http2.h>

static h2_peer peer;
static int running, started;
static edo_sem gate;

/* ---- The server ------------------------------------------------------------------------------ */

static int waits(bool obeys) {
    edo_shield shield;
    started++;
    running++;
    if (!obeys) edo_shield_begin(&shield, edo_ns(-1));
    int err = edo_sem_acquire(&gate, 1);
    if (!obeys) (void)edo_shield_end(&shield, 0);
    running--;
    return err;
}

static int serve(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    if (edo_str_equal(req->target, EDO_STR("/waits"))) return waits(true);
    if (edo_str_equal(req->target, EDO_STR("/stubborn"))) return waits(false);
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR("Hello, World!"));
}

static void site_begin(served *s, const edo_http2_opts *opts) {
    s->handler = serve;
    s->opts.http2 = opts;
    s->pipe_bytes = 1 << 20;
    running = started = 0;
    edo_sem_init(&gate, 0);
    serve_begin(s);
    h2_begin(&peer, client_of(s), NULL, 0);
    h2_begin_raw(&peer);
}

static int site_end(served *s) {
    h2_end(&peer);
    edo_sem_release(&gate, 10000);
    return serve_end(s);
}

/* ---- The client ------------------------------------------------------------------------------ */

static void ask_for(int32_t id, const char *target) {
    char head[64];
    const int n =
        snprintf(head, sizeof head, "\x82\x86\x04%c%s\x41\x01x", (int)strlen(target), target);
    h2_raw(&peer, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, id, head,
           (size_t)n);
}

static void take_back(int32_t id) {
    const uint8_t cancel[4] = { 0, 0, 0, NGHTTP2_CANCEL };
    h2_raw(&peer, NGHTTP2_RST_STREAM, 0, id, cancel, sizeof cancel);
}

#define UNTIL(cond)                                                                                \
    do {                                                                                           \
        while (!(cond) && !peer.is_over) h2_settle(&peer);                                         \
        CHECK(!peer.is_over);                                                                      \
    } while (0)

/* ---- Resets ---------------------------------------------------------------------------------- */

static int begun_calls_are_free(void *arg) {
    served s = { .listener = NULL };
    (void)arg;
    site_begin(&s, &(edo_http2_opts){ .resets_max = 5 });
    for (int i = 0; i < 500; i++) {
        ask_for(2 * i + 1, "/waits");
        UNTIL(started > i);
        take_back(2 * i + 1);
    }
    ask_for(1001, "/");
    UNTIL(peer.heads == 1);
    CHECK_EQ(running, 0);
    return site_end(&s);
}

static void calls_given_up_while_their_handlers_run_cost_nothing(void **state) {
    (void)state;
    assert_int_equal(inside(begun_calls_are_free, NULL), 0);
}

static int responses_buy(void *arg) {
    served s = { .listener = NULL };
    int32_t id = 1;
    (void)arg;
    site_begin(&s, &(edo_http2_opts){ .resets_max = 5 });
    for (int i = 0; i < 200; i++, id += 4) {
        ask_for(id, "/");
        take_back(id); // before it begins
        ask_for(id + 2, "/");
        UNTIL(peer.heads > i);
        take_back(id + 2); // it has crossed with the response
    }
    for (int i = 0; i < 11; i++, id += 2) { // and as many again are owed
        ask_for(id, "/");
        take_back(id);
    }
    while (h2_turn(&peer)) continue;
    CHECK_EQ(peer.goaway_error, NGHTTP2_ENHANCE_YOUR_CALM);
    return site_end(&s);
}

static void responses_buy_resets(void **state) {
    (void)state;
    assert_int_equal(inside(responses_buy, NULL), 0);
}

static int owing_is_refused(void *arg) {
    served s = { .listener = NULL };
    int32_t id = 1;
    (void)arg;
    site_begin(&s, &(edo_http2_opts){ .resets_max = 5 });
    for (int i = 0; i < 10; i++, id += 2) {
        ask_for(id, "/waits");
        take_back(id);
    }
    ask_for(id, "/");
    UNTIL(peer.reset_id == id);
    CHECK_EQ(peer.reset_error, NGHTTP2_REFUSED_STREAM);
    CHECK(peer.heads == 0 && peer.goaways == 0 && started == 0);
    CHECK_EQ(edo_sleep(edo_s(1)), 0); // which brings what is owed
    ask_for(id + 2, "/");
    UNTIL(peer.heads == 1);
    return site_end(&s);
}

static void requests_are_refused_before_the_connection_is_ended(void **state) {
    (void)state;
    assert_int_equal(inside(owing_is_refused, NULL), 0);
}

/* The server is so busy that it reads each request together with the reset of a client whose time
 * for it is over: so its handler never begins. */
static int late_is_free(void *arg) {
    enum { ROUNDS = 100, CALLS = 100 };
    served s = { .listener = NULL };
    int32_t id = 1;
    (void)arg;
    site_begin(&s, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_EQ(edo_sleep(edo_ms(40)), 0);
        for (int k = 0; k < CALLS; k++, id += 2) {
            ask_for(id, "/waits");
            take_back(id);
        }
        h2_settle(&peer);
    }
    CHECK(started < ROUNDS * CALLS / 10);
    ask_for(id, "/");
    UNTIL(peer.heads == 1);
    CHECK_EQ(peer.goaways, 0);
    return site_end(&s);
}

static void calls_that_were_given_up_in_time_cost_nothing_however_late_they_are_read(void **state) {
    (void)state;
    assert_int_equal(inside(late_is_free, NULL), 0);
}

static const char grpc_head[] = "\x83\x86\x84\x41\x01x\x5f\x10"
                                "application/grpc";

static void ask_by_grpc(int32_t id) {
    h2_raw(&peer, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, id,
           grpc_head, sizeof grpc_head - 1);
}

/* Gives up, in two pieces, a call that was never begun. */
static void take_back_in_pieces(int32_t id, size_t first) {
    const char frame[13] = { 0, 0, 4, NGHTTP2_RST_STREAM, 0, 0, 0, (char)(id >> 8), (char)id,
                             0, 0, 0, NGHTTP2_CANCEL };
    CHECK_EQ(edo_write_all(peer.stream, frame, first), 0);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // so that it is read alone
    CHECK_EQ(edo_write_all(peer.stream, frame + first, sizeof frame - first), 0);
}

/* C core resets calls whose time is over before it has sent their heads. */
static int never_begun(void *arg) {
    served s = { .listener = NULL };
    int32_t id = 1;
    (void)arg;
    site_begin(&s, NULL);
    for (size_t first = 0; first <= 13; first++, id += 4) {
        ask_by_grpc(id);
        UNTIL(peer.heads == (int)first + 1);
        take_back_in_pieces(id + 2, first);
    }
    ask_by_grpc(id - 2); // which was taken back, and now is begun
    UNTIL(peer.heads == 15);
    CHECK_EQ(peer.goaways, 0);
    CHECK_EQ(site_end(&s), 0);
    site_begin(&s, NULL); // not a client of gRPC
    ask_for(1, "/");
    UNTIL(peer.heads == 1);
    take_back(3);
    while (h2_turn(&peer)) continue;
    CHECK_EQ(peer.goaway_error, NGHTTP2_PROTOCOL_ERROR);
    return site_end(&s);
}

static void calls_of_grpc_may_be_given_up_before_they_are_sent(void **state) {
    (void)state;
    assert_int_equal(inside(never_begun, NULL), 0);
}

/* Between the frames of a head no other may come, a reset of gRPC's neither. */
static int amid_a_head(void *arg) {
    served s = { .listener = NULL };
    (void)arg;
    site_begin(&s, NULL);
    ask_by_grpc(1);
    UNTIL(peer.heads == 1);
    h2_raw(&peer, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 3, "\x82\x86", 2);
    take_back(5);
    h2_raw(&peer, NGHTTP2_CONTINUATION, NGHTTP2_FLAG_END_HEADERS, 3, "\x84\x41\x01x", 4);
    while (h2_turn(&peer)) continue;
    CHECK_EQ(peer.goaway_error, NGHTTP2_PROTOCOL_ERROR);
    return site_end(&s);
}

static void reset_amid_a_head_ends_the_connection(void **state) {
    (void)state;
    assert_int_equal(inside(amid_a_head, NULL), 0);
}

/* A head that stands for `n` times a field of 4,000 bytes, which it has once. */
static void ask_for_much(int32_t id, size_t n) {
    static const char begin[] = "\x82\x86\x84\x41\x01x\x40\x01y\x7f\xa1\x1e";
    static char head[5000];
    size_t at = sizeof begin - 1;
    memcpy(head, begin, at);
    memset(head + at, 'y', 4000);
    at += 4000;
    for (size_t i = 1; i < n; i++) head[at++] = (char)0xbe; // the newest of the table
    h2_raw(&peer, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, id, head,
           at);
}

/* What the fields of a request come to counts, too, where it is taken back. */
static int much_is_not_free(void *arg) {
    served s = { .listener = NULL };
    int32_t id = 1;
    (void)arg;
    site_begin(&s, &(edo_http2_opts){ .streams_max = 1, .resets_max = 5 });
    CHECK_EQ(edo_sleep(edo_s(2)), 0); // 50 are free, of small ones
    for (int i = 0; i < 30; i++, id += 2) {
        ask_for_much(id, 3);
        take_back(id);
    }
    while (h2_turn(&peer)) continue;
    CHECK_EQ(peer.goaway_error, NGHTTP2_ENHANCE_YOUR_CALM);
    return site_end(&s);
}

static void requests_that_stand_for_much_are_not_given_up_for_nothing(void **state) {
    (void)state;
    assert_int_equal(inside(much_is_not_free, NULL), 0);
}

/* A refusal is no response that buys a reset. */
static int refusals_buy_nothing(void *arg) {
    served s = { .listener = NULL };
    int32_t id = 1;
    (void)arg;
    site_begin(&s, &(edo_http2_opts){ .resets_max = 5 });
    for (int i = 0; i < 12; i++, id += 4) {
        ask_for(id, "/");
        take_back(id);
        ask_for_much(id + 2, 10);
        if (peer.goaways == 0) h2_settle(&peer);
    }
    while (h2_turn(&peer)) continue;
    CHECK_EQ(peer.goaway_error, NGHTTP2_ENHANCE_YOUR_CALM);
    return site_end(&s);
}

static void refusals_buy_no_resets(void **state) {
    (void)state;
    assert_int_equal(inside(refusals_buy_nothing, NULL), 0);
}

/* Handlers that do not obey fill the connection: what is refused meanwhile costs the client
 * nothing. */
static int refused_are_free(void *arg) {
    served s = { .listener = NULL };
    (void)arg;
    site_begin(&s, &(edo_http2_opts){ .streams_max = 3, .resets_max = 5 });
    for (int i = 0; i < 3; i++) {
        ask_for(2 * i + 1, "/stubborn");
        UNTIL(started > i);
        take_back(2 * i + 1);
    }
    for (int i = 0; i < 200; i++) {
        ask_for(2 * i + 7, "/");
        UNTIL(peer.resets > i);
    }
    CHECK_EQ(peer.reset_error, NGHTTP2_REFUSED_STREAM);
    return site_end(&s);
}

static void requests_without_room_are_refused_and_no_more(void **state) {
    (void)state;
    assert_int_equal(inside(refused_are_free, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_given_up_while_their_handlers_run_cost_nothing),
        cmocka_unit_test(responses_buy_resets),
        cmocka_unit_test(requests_are_refused_before_the_connection_is_ended),
        cmocka_unit_test(calls_that_were_given_up_in_time_cost_nothing_however_late_they_are_read),
        cmocka_unit_test(calls_of_grpc_may_be_given_up_before_they_are_sent),
        cmocka_unit_test(reset_amid_a_head_ends_the_connection),
        cmocka_unit_test(requests_that_stand_for_much_are_not_given_up_for_nothing),
        cmocka_unit_test(refusals_buy_no_resets),
        cmocka_unit_test(requests_without_room_are_refused_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
