/* SPDX-License-Identifier: MIT */
/* Goal: a client that makes the server work or hold memory for next to nothing loses its connection
 * or its stream, for a reason that metrics name, and the server never holds more than its limits.
 * Method: frames that are made by hand, over memory with a clock that jumps. */
#include "h2_peer.h"

#include <edo/http2.h>
#include <edo/metrics.h>

static h2_peer peer;
static int running, most_running, started, failures;
static edo_sem gate;

/* ---- The server ------------------------------------------------------------------------------ */

/* A handler that goes on though it is cancelled. */
static int stubborn(void) {
    started++;
    if (++running > most_running) most_running = running;
    edo_shield shield;
    edo_shield_begin(&shield, edo_ns(-1));
    CHECK_EQ(edo_sem_acquire(&gate, 1), 0);
    (void)edo_shield_end(&shield, 0);
    running--;
    return 0;
}

static char whole[300000];

static int writes_much(edo_response *res) {
    static char much[65536];
    edo_stream *out;
    int err = edo_response_stream(res, &out, -1);
    for (int i = 0; i < 1000 && err == 0; i++) err = edo_write_all(out, much, sizeof much);
    failures = err;
    return err;
}

/* Sends each piece of the body back as it comes. */
static int echoes(edo_request *req, edo_response *res) {
    char piece[1000];
    edo_stream *out;
    int n, err = edo_response_stream(res, &out, -1);
    while (err == 0 && (n = edo_read(edo_request_body(req), piece, sizeof piece)) != 0) {
        err = n < 0 ? n : edo_write_all(out, piece, (size_t)n);
        if (err == 0) err = edo_flush(out);
    }
    return err;
}

static int serve(edo_request *req, edo_response *res, void *arg) {
    edo_str body;
    (void)arg;
    if (edo_str_equal(req->target, EDO_STR("/echo"))) return echoes(req, res);
    if (edo_str_equal(req->target, EDO_STR("/stubborn"))) return stubborn();
    if (edo_str_equal(req->target, EDO_STR("/much"))) return writes_much(res);
    if (edo_str_equal(req->target, EDO_STR("/whole")))
        return edo_response_data(res, EDO_STATUS_OK, EDO_STR("text/plain"),
                                 (edo_str){ whole, sizeof whole });
    if (edo_str_equal(req->target, EDO_STR("/body"))) {
        failures = edo_request_collect(req, &body, 1000);
        return failures < 0 ? failures : edo_response_text(res, EDO_STATUS_OK, EDO_STR("ok"));
    }
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR("Hello, World!"));
}

typedef struct site {
    served s;
    edo_metrics *numbers;
    edo_http2_opts http2;
} site;

static void site_begin(site *t) {
    CHECK_EQ(edo_metrics_new(&t->numbers, NULL), 0);
    CHECK_EQ(edo_http_metrics_new(&t->s.opts.metrics, t->numbers), 0);
    t->s.handler = serve;
    t->s.opts.http2 = &t->http2;
    t->s.pipe_bytes = 1 << 20;
    running = most_running = started = failures = 0;
    edo_sem_init(&gate, 0);
    serve_begin(&t->s);
    h2_begin(&peer, client_of(&t->s), NULL, 0);
}

static void site_end(site *t) {
    h2_end(&peer);
    edo_sem_release(&gate, 10000);
    CHECK_EQ(serve_end(&t->s), 0);
    edo_http_metrics_unref(t->s.opts.metrics);
    edo_metrics_free(t->numbers);
}

/* What the counter says: one figure. */
static int counted(site *t, const char *counter, const char *label, const char *value) {
    edo_buf text = { 0 };
    char line[200];
    (void)snprintf(line, sizeof line, "%s{%s=\"%s\"} ", counter, label, value);
    CHECK_EQ(edo_metrics_print(t->numbers, &text, EDO_METRICS_PROMETHEUS), 0);
    CHECK_EQ(edo_buf_append(&text, "", 1), 0);
    const char *at = strstr(text.ptr, line);
    int n = at ? at[strlen(line)] - '0' : 0;
    edo_buf_deinit(&text);
    return n;
}

/* How many connections were ended for the reason. */
static int ended_for(site *t, const char *reason) {
    return counted(t, "edo_http2_ended_total", "reason", reason);
}

/* Reads up to the end of the connection. */
static void hear_the_end(void) {
    while (h2_turn(&peer)) {
    }
}

/* Another client is served. */
static void check_others(site *t) {
    static h2_peer other;
    h2_begin(&other, client_of(&t->s), NULL, 0);
    h2_answer *a = h2_ask(&other, "GET", "/", NULL);
    h2_await(&other, a);
    CHECK_EQ(a->status, 200);
    h2_end(&other);
}

/* ---- Floods ---------------------------------------------------------------------------------- */

static const char request[] = "\x82\x86\x84\x41\x01x"; // GET http / of x

static void send_head(int32_t id, uint8_t flags) {
    h2_raw(&peer, NGHTTP2_HEADERS, (uint8_t)(NGHTTP2_FLAG_END_HEADERS | flags), id, request,
           sizeof request - 1);
}

static void sends_reset(int i) {
    const uint8_t cancel[4] = { 0, 0, 0, NGHTTP2_CANCEL };
    send_head(2 * i + 1, NGHTTP2_FLAG_END_STREAM);
    h2_raw(&peer, NGHTTP2_RST_STREAM, 0, 2 * i + 1, cancel, sizeof cancel);
}

static void makes_reset(int i) {
    const uint8_t most[4] = { 0x7f, 0xff, 0xff, 0xff };
    send_head(2 * i + 1, 0);
    h2_raw(&peer, NGHTTP2_WINDOW_UPDATE, 0, 2 * i + 1, most, sizeof most); // beyond 2^31 - 1
}

static void sends_ping(int i) {
    const uint8_t bytes[8] = { 0, 0, 0, 0, (uint8_t)i };
    h2_raw(&peer, NGHTTP2_PING, 0, 0, bytes, sizeof bytes);
}

static void sends_settings(int i) {
    (void)i;
    h2_raw(&peer, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
}

static void sends_priority(int i) {
    const uint8_t bytes[5] = { 0, 0, 0, 0, 1 };
    h2_raw(&peer, NGHTTP2_PRIORITY, 0, 2 * (i % 1000) + 3, bytes, sizeof bytes);
}

static void begin_stubborn(int i) {
    static const char stubborn_request[] = "\x82\x86\x04\x09/stubborn\x41\x01x";
    if (i == 0)
        h2_raw(&peer, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, stubborn_request,
               sizeof stubborn_request - 1);
}

static void sends_nothing(int i) {
    begin_stubborn(i);
    h2_raw(&peer, NGHTTP2_DATA, 0, 1, NULL, 0);
}

static void sends_padding(int i) {
    const uint8_t bytes[2] = { 1, 0 };
    begin_stubborn(i);
    h2_raw(&peer, NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1, bytes, sizeof bytes);
}

static void sends_goaway(int i) {
    const uint8_t bytes[8] = { 0 };
    begin_stubborn(i);
    h2_raw(&peer, NGHTTP2_GOAWAY, 0, 0, bytes, sizeof bytes);
}

static void opens_window(int i) {
    const uint8_t one[4] = { 0, 0, 0, 1 };
    (void)i;
    h2_raw(&peer, NGHTTP2_WINDOW_UPDATE, 0, 0, one, sizeof one);
}

static void continues(int i) {
    if (i == 0) h2_raw(&peer, NGHTTP2_HEADERS, 0, 1, request, sizeof request - 1);
    h2_raw(&peer, NGHTTP2_CONTINUATION, 0, 1, NULL, 0);
}

/* One field of 4,000 bytes in the table, and then a byte for each time that it is meant. */
static void repeats_field(int i) {
    static char bytes[4096 + 12288];
    size_t n = sizeof request - 1;
    if (i > 0) return;
    memcpy(bytes, request, n);
    memcpy(bytes + n, "\x40\x01y\x7f\xa1\x1e", 6); // a value of 127 + 33 + 30 * 128 bytes
    memset(bytes + n + 6, 'z', 4000);
    memset(bytes + n + 6 + 4000, 0x80 | 62, 12000);
    h2_raw(&peer, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1, bytes,
           n + 6 + 4000 + 12000);
}

typedef struct flood {
    const char *name;
    void (*send)(int i);
    int n;
    const char *reason;
    uint32_t error; /* of the GOAWAY */
} flood;

#define NOTHING "too many frames that carry nothing"

static const flood floods[] = {
    { "rapid reset", sends_reset, 2000, "too many resets", NGHTTP2_ENHANCE_YOUR_CALM },
    { "made you reset", makes_reset, 2000, "too many resets", NGHTTP2_ENHANCE_YOUR_CALM },
    { "PING", sends_ping, 3000, NOTHING, NGHTTP2_ENHANCE_YOUR_CALM },
    { "SETTINGS", sends_settings, 3000, NOTHING, NGHTTP2_ENHANCE_YOUR_CALM },
    { "PRIORITY", sends_priority, 3000, NOTHING, NGHTTP2_ENHANCE_YOUR_CALM },
    { "empty DATA", sends_nothing, 3000, NOTHING, NGHTTP2_ENHANCE_YOUR_CALM },
    { "DATA that is padding", sends_padding, 3000, NOTHING, NGHTTP2_ENHANCE_YOUR_CALM },
    { "GOAWAY", sends_goaway, 3000, NOTHING, NGHTTP2_ENHANCE_YOUR_CALM },
    { "WINDOW_UPDATE", opens_window, 3000, NOTHING, NGHTTP2_ENHANCE_YOUR_CALM },
    { "CONTINUATION", continues, 100, "too many CONTINUATION frames", NGHTTP2_ENHANCE_YOUR_CALM },
    { "HPACK bomb", repeats_field, 1, "fields without end", NGHTTP2_ENHANCE_YOUR_CALM },
};

static int are_calmed(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(floods); i++) {
        site t = { .numbers = NULL };
        const flood *f = &floods[i];
        site_begin(&t);
        h2_begin_raw(&peer);
        for (int k = 0; k < f->n && !peer.is_deaf; k++) {
            f->send(k);
            if (k % 50 == 49) h2_take(&peer); // it reads what comes
        }
        edo_sem_release(&gate, 1);
        hear_the_end();
        if (ended_for(&t, f->reason) != 1 || peer.goaway_error != f->error)
            edo_test_fail_at(__FILE__, __LINE__, "%s: GOAWAY %u", f->name, peer.goaway_error);
        check_others(&t);
        site_end(&t);
    }
    return 0;
}

static void floods_end_their_connection_and_are_counted(void **state) {
    (void)state;
    assert_int_equal(inside(are_calmed, NULL), 0);
}

/* Sends PINGs, one each ten seconds, and takes what comes. */
static void pings_for_a_while(int n) {
    for (int i = 0; i < n; i++) {
        CHECK_EQ(nghttp2_submit_ping(peer.session, 0, NULL), 0);
        h2_send(&peer);
        CHECK_EQ(edo_sleep(edo_s(10)), 0);
        h2_take(&peer);
    }
}

static int pings_are_counted(void *arg) {
    site t = { .http2 = { .ping_min = edo_minutes(5) },
               .s = { .opts = { .idle_timeout = edo_hours(1) } } };
    (void)arg;
    site_begin(&t);
    pings_for_a_while(3);
    h2_answer *a = h2_ask(&peer, "GET", "/", NULL);
    h2_await(&peer, a); // a response forgives
    pings_for_a_while(3);
    CHECK_EQ(edo_sleep(edo_minutes(5)), 0);
    pings_for_a_while(1); // in time
    CHECK_EQ(peer.goaways, 0);
    pings_for_a_while(1); // the third that comes too early
    hear_the_end();
    CHECK(peer.goaways > 0 && peer.goaway_error == NGHTTP2_ENHANCE_YOUR_CALM);
    CHECK_EQ(strcmp(peer.goaway_text, "too_many_pings"), 0);
    CHECK_EQ(ended_for(&t, "too many PINGs"), 1);
    check_others(&t);
    site_end(&t);
    return 0;
}

static void third_ping_that_comes_too_early_ends_the_connection_by_option(void **state) {
    (void)state;
    assert_int_equal(inside(pings_are_counted, NULL), 0);
}

static int pings_are_free(void *arg) {
    site t = { .numbers = NULL };
    (void)arg;
    site_begin(&t);
    for (int i = 0; i < 500; i++) {
        CHECK_EQ(nghttp2_submit_ping(peer.session, 0, NULL), 0);
        h2_send(&peer);
        h2_take(&peer);
    }
    h2_answer *a = h2_ask(&peer, "GET", "/", NULL);
    h2_await(&peer, a);
    CHECK(a->status == 200 && peer.goaways == 0);
    site_end(&t);
    return 0;
}

static void pings_are_not_counted_without_the_option(void **state) {
    (void)state;
    assert_int_equal(inside(pings_are_free, NULL), 0);
}

/* A client whose windows are wide asks for much, and reads nothing from here on. */
static void begin_deaf(site *t) {
    static const nghttp2_settings_entry wide = { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, INT32_MAX };
    static const char much[] = "\x82\x86\x04\x05/much\x41\x01x";
    const uint8_t rest[4] = { 0x7f, 0xff, 0, 0 }; // of the connection's window
    site_begin(t);
    h2_end(&peer);
    h2_begin(&peer, client_of(&t->s), &wide, 1);
    h2_begin_raw(&peer);
    h2_raw(&peer, NGHTTP2_WINDOW_UPDATE, 0, 0, rest, sizeof rest);
    h2_raw(&peer, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1, much,
           sizeof much - 1);
}

/* Sends requests beyond `streams_max`, and does not read that they are refused. */
static int is_deaf(void *arg) {
    site t = { .numbers = NULL };
    (void)arg;
    begin_deaf(&t);
    int n = 0;
    while (n < 20000 && !peer.is_deaf) send_head(2 * ++n + 1, NGHTTP2_FLAG_END_STREAM);
    CHECK(peer.is_deaf && n < 5000);
    CHECK_EQ(ended_for(&t, "too many frames that wait"), 1);
    check_others(&t);
    site_end(&t);
    return 0;
}

static void client_that_does_not_read_refusals_is_sent_away(void **state) {
    (void)state;
    assert_int_equal(inside(is_deaf, NULL), 0);
}

/* Asks for acknowledgements, with requests among them that buy more, and does not read them. */
static int is_deaf_to_pings(void *arg) {
    site t = { .numbers = NULL };
    (void)arg;
    begin_deaf(&t);
    int n = 0;
    for (; n < 900; n++) sends_ping(n);
    for (; n < 1500 && !peer.is_deaf; n++) {
        if (n % 4 == 0) send_head(n / 2 + 1, NGHTTP2_FLAG_END_STREAM);
        sends_ping(n);
    }
    CHECK(peer.is_deaf);
    CHECK_EQ(ended_for(&t, "too many acknowledgements that wait"), 1);
    check_others(&t);
    site_end(&t);
    return 0;
}

static void client_that_does_not_read_acknowledgements_is_sent_away(void **state) {
    (void)state;
    assert_int_equal(inside(is_deaf_to_pings, NULL), 0);
}

/* As clients of gRPC do: for each frame of DATA an update of the window, and a PING that measures
 * the way. */
static int converses(void *arg) {
    static const char message[64];
    site t = { .numbers = NULL };
    (void)arg;
    site_begin(&t);
    h2_answer *a = h2_post(&peer, "/echo", NULL, message, sizeof message, true);
    for (size_t i = 1; i <= 3000 && !peer.is_over; i++) {
        while (a->body_n < i * sizeof message && h2_turn(&peer)) continue;
        CHECK_EQ(nghttp2_submit_window_update(peer.session, 0, 0, sizeof message), 0);
        CHECK_EQ(nghttp2_submit_ping(peer.session, 0, NULL), 0);
        h2_say(&peer, a, message, sizeof message, i < 3000);
    }
    CHECK(!peer.is_over);
    h2_await(&peer, a);
    CHECK(a->status == 200 && a->ended && peer.goaways == 0);
    site_end(&t);
    return 0;
}

static void conversation_of_small_messages_may_be_measured(void **state) {
    (void)state;
    assert_int_equal(inside(converses, NULL), 0);
}

static int handlers_are_bounded(void *arg) {
    site t = { .http2 = { .streams_max = 10, .resets_max = 1000 } };
    (void)arg;
    site_begin(&t);
    for (int i = 0; i < 100; i++) {
        h2_answer *a = h2_ask(&peer, "GET", "/stubborn", NULL);
        h2_send(&peer);
        CHECK_EQ(edo_sleep(edo_ms(1)), 0); // it runs, if it ever does
        CHECK_EQ(nghttp2_submit_rst_stream(peer.session, 0, a->id, NGHTTP2_CANCEL), 0);
        h2_take(&peer);
        CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    }
    CHECK(most_running == 10 && started == 10);
    h2_take(&peer);
    CHECK(!peer.is_over);
    edo_sem_release(&gate, 10);
    WAIT_FOR(running == 0);
    h2_answer *a = h2_ask(&peer, "GET", "/", NULL);
    h2_await(&peer, a);
    CHECK_EQ(a->status, 200);
    site_end(&t);
    return 0;
}

static void handlers_of_reset_requests_count_until_they_end(void **state) {
    (void)state;
    assert_int_equal(inside(handlers_are_bounded, NULL), 0);
}

/* ---- Limits ---------------------------------------------------------------------------------- */

static int heads_are_limited(void *arg) {
    site t = { .numbers = NULL };
    static char large[50000], many[4000];
    (void)arg;
    site_begin(&t);
    (void)snprintf(large, sizeof large, "a: %0*d\n", 40000, 0);
    for (int i = 0; i < 101; i++) (void)snprintf(many + strlen(many), 20, "f%d: x\n", i);
    h2_answer *first = h2_ask(&peer, "GET", "/", large);
    h2_answer *second = h2_ask(&peer, "GET", "/", many);
    h2_answer *good = h2_ask(&peer, "GET", "/", NULL);
    h2_await(&peer, first);
    h2_await(&peer, second);
    h2_await(&peer, good);
    CHECK(first->status == 431 && second->status == 431 && good->status == 200);
    site_end(&t);
    return 0;
}

static void head_that_is_too_large_gets_431_on_its_stream(void **state) {
    (void)state;
    assert_int_equal(inside(heads_are_limited, NULL), 0);
}

#define PIECES "cookie: a=1\ncookie: b=2\ncookie: c=3\ncookie: d=4\n"

static int cookies_are_counted(void *arg) {
    site t = { .s.opts.headers_max = 3 };
    (void)arg;
    site_begin(&t);
    h2_answer *three = h2_ask(&peer, "GET", "/", PIECES "x-a: 1\nx-b: 2\n");
    h2_answer *four = h2_ask(&peer, "GET", "/", "x-a: 1\nx-b: 2\nx-c: 3\n" PIECES);
    h2_await(&peer, three);
    h2_await(&peer, four);
    CHECK_EQ(three->status, 200);
    CHECK_EQ(four->status, 431);
    site_end(&t);
    return 0;
}

static void pieces_of_a_cookie_are_one_field(void **state) {
    (void)state;
    assert_int_equal(inside(cookies_are_counted, NULL), 0);
}

static int streams_are_limited(void *arg) {
    site t = { .http2 = { .streams_max = 3 } };
    (void)arg;
    site_begin(&t);
    h2_answer *a[4];
    for (int i = 0; i < 4; i++) a[i] = h2_ask(&peer, "GET", "/stubborn", NULL);
    H2_UNTIL(&peer, a[3]->closed);
    CHECK(a[3]->error == NGHTTP2_REFUSED_STREAM && a[3]->status == 0);
    CHECK_EQ(running, 3);
    edo_sem_release(&gate, 3);
    for (int i = 0; i < 3; i++) h2_await(&peer, a[i]);
    site_end(&t);
    return 0;
}

static void request_beyond_the_limit_is_refused_and_may_be_tried_again(void **state) {
    (void)state;
    assert_int_equal(inside(streams_are_limited, NULL), 0);
}

static void check_verdicts(site *t, int late, int wasted, int shed) {
    CHECK_EQ(counted(t, "edo_http2_resets_total", "verdict", "late"), late);
    CHECK_EQ(counted(t, "edo_http2_resets_total", "verdict", "wasted"), wasted);
    CHECK_EQ(counted(t, "edo_http2_resets_total", "verdict", "shed"), shed);
}

/* One may have been waited for; six were not, of which one is owed. */
static int takes_seven_back(void *arg) {
    site t = { .http2 = { .resets_max = 5, .streams_max = 1 } };
    (void)arg;
    site_begin(&t);
    h2_begin_raw(&peer);
    check_verdicts(&t, 0, 0, 0);
    CHECK_EQ(edo_sleep(edo_ms(20)), 0);
    for (int i = 0; i < 7; i++) sends_reset(i);
    send_head(2 * 7 + 1, NGHTTP2_FLAG_END_STREAM);
    while (peer.resets == 0) CHECK(h2_turn(&peer));
    CHECK_EQ(peer.reset_error, NGHTTP2_REFUSED_STREAM);
    check_verdicts(&t, 1, 6, 1);
    site_end(&t);
    return 0;
}

static void metric_tells_late_resets_from_wasted_ones(void **state) {
    (void)state;
    assert_int_equal(inside(takes_seven_back, NULL), 0);
}

static int windows_stay_shut(void *arg) {
    site t = { .numbers = NULL };
    static const nghttp2_settings_entry shut = { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0 };
    (void)arg;
    site_begin(&t);
    h2_end(&peer);
    h2_begin_holding(&peer, client_of(&t.s), &shut, 1);
    edo_instant begun = edo_now();
    h2_answer *small = h2_ask(&peer, "GET", "/", NULL);
    h2_answer *large = h2_ask(&peer, "GET", "/much", NULL);
    H2_UNTIL(&peer, small->closed && large->closed);
    CHECK(small->status == 200 && small->error == NGHTTP2_CANCEL);
    CHECK(large->status == 200 && large->error == NGHTTP2_INTERNAL_ERROR);
    CHECK_EQ(failures, -ETIMEDOUT);
    CHECK(ms_since(begun) >= 5000 && ms_since(begun) <= 60000);
    site_end(&t);
    return 0;
}

static void response_that_is_not_taken_ends_after_the_write_timeout(void **state) {
    (void)state;
    assert_int_equal(inside(windows_stay_shut, NULL), 0);
}

static int is_taken_slowly(void *arg) {
    site t = { .numbers = NULL };
    (void)arg;
    site_begin(&t);
    h2_end(&peer);
    h2_begin_holding(&peer, client_of(&t.s), NULL, 0);
    edo_instant begun = edo_now();
    h2_answer *a = h2_ask(&peer, "GET", "/whole", NULL);
    H2_UNTIL(&peer, a->body_n == 65535); // what the first windows have room for
    while (!a->ended) {
        size_t before = a->body_n;
        CHECK_EQ(edo_sleep(edo_s(20)), 0);
        CHECK_EQ(nghttp2_session_consume(peer.session, a->id, 60000), 0);
        H2_UNTIL(&peer, a->body_n > before);
        while (h2_take(&peer), a->body_n % 60000 != 65535 % 60000 && !a->ended)
            CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    }
    CHECK(a->body_n == 300000 && a->error == 0 && ms_since(begun) > 60000);
    site_end(&t);
    return 0;
}

static void response_that_is_taken_slowly_goes_on(void **state) {
    (void)state;
    assert_int_equal(inside(is_taken_slowly, NULL), 0);
}

static int body_stays_away(void *arg) {
    site t = { .numbers = NULL };
    (void)arg;
    site_begin(&t);
    h2_answer *a = h2_post(&peer, "/body", NULL, "some", 4, true);
    h2_await(&peer, a);
    CHECK(a->status == 408 && failures == -ETIMEDOUT);
    site_end(&t);
    return 0;
}

static void body_that_does_not_come_ends_after_its_timeout(void **state) {
    (void)state;
    assert_int_equal(inside(body_stays_away, NULL), 0);
}

/* A byte each 200 ms, each of them long before the time limit. */
static int body_trickles(void *arg) {
    site t = { .s = { .opts = { .rate_min = 10 } } };
    (void)arg;
    site_begin(&t);
    edo_instant begun = edo_now();
    h2_answer *a = h2_post(&peer, "/body", NULL, "b", 1, true);
    while (a->status == 0 && ms_since(begun) < 60000) {
        h2_say(&peer, a, "b", 1, true);
        h2_send(&peer);
        CHECK_EQ(edo_sleep(edo_ms(200)), 0);
        h2_take(&peer);
    }
    CHECK(a->status == 408 && failures == -ETIMEDOUT);
    CHECK(ms_since(begun) >= 5000 && ms_since(begun) <= 5400); // the grace
    site_end(&t);
    return 0;
}

static void body_slower_than_the_least_rate_is_408(void **state) {
    (void)state;
    assert_int_equal(inside(body_trickles, NULL), 0);
}

/* A head that stops in its middle, and trailers that do. */
static int head_stays_away(void *arg) {
    site t = { .numbers = NULL };
    (void)arg;
    site_begin(&t);
    h2_begin_raw(&peer);
    edo_instant begun = edo_now();
    begin_stubborn(0);
    h2_raw(&peer, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 1, "\x00\x01y\x01z", 5);
    H2_UNTIL(&peer, peer.resets == 1 || ms_since(begun) > 60000);
    CHECK(peer.reset_id == 1 && peer.reset_error == NGHTTP2_CANCEL);
    CHECK(ms_since(begun) >= 9000 && ms_since(begun) <= 11000);
    h2_raw(&peer, NGHTTP2_CONTINUATION, NGHTTP2_FLAG_END_HEADERS, 1, NULL, 0);
    edo_sem_release(&gate, 1);
    begun = edo_now();
    h2_raw(&peer, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 3, request, sizeof request - 1);
    H2_UNTIL(&peer, peer.resets == 2 || ms_since(begun) > 60000);
    CHECK(peer.reset_id == 3 && ms_since(begun) >= 9000 && ms_since(begun) <= 11000);
    h2_raw(&peer, NGHTTP2_CONTINUATION, NGHTTP2_FLAG_END_HEADERS, 3, NULL, 0);
    send_head(5, NGHTTP2_FLAG_END_STREAM); // the connection goes on
    H2_UNTIL(&peer, peer.heads == 1);
    begun = edo_now();
    hear_the_end();
    CHECK(ms_since(begun) >= 59000 && ms_since(begun) <= 61000);
    site_end(&t);
    return 0;
}

static void head_that_does_not_come_ends_after_its_timeout(void **state) {
    (void)state;
    assert_int_equal(inside(head_stays_away, NULL), 0);
}

static int is_idle(void *arg) {
    site t = { .numbers = NULL };
    (void)arg;
    site_begin(&t);
    h2_answer *a = h2_ask(&peer, "GET", "/", NULL);
    h2_await(&peer, a);
    edo_instant begun = edo_now();
    hear_the_end();
    CHECK(peer.goaways == 1 && peer.goaway_error == NGHTTP2_NO_ERROR);
    CHECK(ms_since(begun) >= 59000 && ms_since(begun) <= 61000);
    site_end(&t);
    return 0;
}

static void idle_connection_ends_by_goaway(void **state) {
    (void)state;
    assert_int_equal(inside(is_idle, NULL), 0);
}

static int upload_stops(void *arg) {
    site t = { .http2 = { .stream_window = 100000, .conn_window = 150000 } };
    static char much[400000];
    (void)arg;
    site_begin(&t);
    h2_answer *first = h2_ask(&peer, "GET", "/", NULL);
    h2_await(&peer, first); // with the server's SETTINGS
    h2_answer *a = h2_post(&peer, "/stubborn", NULL, much, sizeof much, false);
    h2_answer *b = h2_post(&peer, "/stubborn", NULL, much, sizeof much, false);
    for (int i = 0; i < 20; i++) {
        h2_take(&peer);
        CHECK_EQ(edo_sleep(edo_ms(10)), 0);
    }
    CHECK(sizeof much - a->up_n <= 100000 && sizeof much - b->up_n <= 100000);
    CHECK_EQ(2 * sizeof much - a->up_n - b->up_n, 150000);
    edo_sem_release(&gate, 2); // what they have not read makes room for others
    h2_await(&peer, a);
    h2_await(&peer, b);
    h2_answer *next = h2_post(&peer, "/body", NULL, much, 1000, false);
    h2_await(&peer, next);
    CHECK_EQ(next->status, 200);
    site_end(&t);
    return 0;
}

static void body_that_nobody_reads_fills_its_windows_and_no_more(void **state) {
    (void)state;
    assert_int_equal(inside(upload_stops, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floods_end_their_connection_and_are_counted),
        cmocka_unit_test(third_ping_that_comes_too_early_ends_the_connection_by_option),
        cmocka_unit_test(pings_are_not_counted_without_the_option),
        cmocka_unit_test(client_that_does_not_read_refusals_is_sent_away),
        cmocka_unit_test(client_that_does_not_read_acknowledgements_is_sent_away),
        cmocka_unit_test(conversation_of_small_messages_may_be_measured),
        cmocka_unit_test(handlers_of_reset_requests_count_until_they_end),
        cmocka_unit_test(head_that_is_too_large_gets_431_on_its_stream),
        cmocka_unit_test(pieces_of_a_cookie_are_one_field),
        cmocka_unit_test(request_beyond_the_limit_is_refused_and_may_be_tried_again),
        cmocka_unit_test(metric_tells_late_resets_from_wasted_ones),
        cmocka_unit_test(response_that_is_not_taken_ends_after_the_write_timeout),
        cmocka_unit_test(response_that_is_taken_slowly_goes_on),
        cmocka_unit_test(body_that_does_not_come_ends_after_its_timeout),
        cmocka_unit_test(body_slower_than_the_least_rate_is_408),
        cmocka_unit_test(head_that_does_not_come_ends_after_its_timeout),
        cmocka_unit_test(idle_connection_ends_by_goaway),
        cmocka_unit_test(body_that_nobody_reads_fills_its_windows_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
