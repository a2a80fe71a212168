/* SPDX-License-Identifier: MIT */
/* Goal: a socket that is functions behaves as one with a fiber; frames that are posted reach all
 * that read, and a peer that does not read costs a bounded queue.
 * Method: a server whose handler counts its calls, and clients that write frames by hand. */
#include "../http/tcp_server.h"
#include "ws_client.h"

#include <edo/scope.h>

#include <pthread.h>
#include <stdatomic.h>

static struct {
    atomic_int opened, closed, messages;
    uint16_t code;
    char reason[128];
    edo_ws *sockets[8]; /* counted */
    const edo_ws *closed_first;
} seen;

static pthread_mutex_t seen_lock = PTHREAD_MUTEX_INITIALIZER; /* sockets open and end at once */

static int opens(edo_ws *ws) {
    pthread_mutex_lock(&seen_lock);
    if (seen.opened < (int)EDO_COUNT(seen.sockets)) seen.sockets[seen.opened] = edo_ws_ref(ws);
    seen.opened++;
    pthread_mutex_unlock(&seen_lock);
    CHECK(edo_ws_arg(ws) == &seen);
    edo_ws_set_arg(ws, NULL);
    return 0;
}

static int says_again(edo_ws *ws, const edo_ws_message *m) {
    seen.messages++;
    CHECK(edo_ws_arg(ws) == NULL);
    if (edo_str_equal(m->data, EDO_STR("fail"))) return -EIO;
    if (edo_str_equal(m->data, EDO_STR("shutdown")))
        return edo_ws_shutdown(ws, 4000, EDO_STR("enough"));
    if (edo_str_equal(m->data, EDO_STR("wait"))) CHECK_EQ(edo_sleep(edo_ms(20)), 0);
    if (edo_str_equal(m->data, EDO_STR("for ever"))) return edo_sleep(edo_s(1000000));
    return edo_ws_send(ws, m);
}

static void closes(edo_ws *ws) {
    edo_str reason = edo_ws_close_reason(ws);
    pthread_mutex_lock(&seen_lock);
    if (!seen.closed_first) seen.closed_first = ws;
    seen.code = edo_ws_close_code(ws);
    memcpy(seen.reason, reason.ptr, reason.len);
    seen.reason[reason.len] = 0;
    seen.closed++;
    pthread_mutex_unlock(&seen_lock);
}

static const edo_ws_handler echo = { .on_open = opens,
                                     .on_message = says_again,
                                     .on_close = closes };
static edo_ws_opts options;

static int route(edo_web *w) {
    return edo_ws_handle(w, &echo, &seen, &options);
}

static void serve_sockets(web_served *s, edo_ws_opts opts) {
    edo_router *r = edo_router_new();
    edo_router_any(r, "/echo", route);
    memset(&seen, 0, sizeof seen);
    options = opts;
    web_begin(s, r);
}

static int end(web_served *s) {
    for (size_t i = 0; i < EDO_COUNT(seen.sockets); i++) edo_ws_unref(seen.sockets[i]);
    return web_end(s);
}

static void wait_for_closed(int n, uint16_t code) {
    WAIT_FOR_EQ(seen.closed, n);
    CHECK_EQ(seen.code, code);
}

/* ---- Messages -------------------------------------------------------------------------------- */

static int messages(void *arg) {
    static const size_t ns[] = { 0, 1, 125, 126, 4000, 4096, 65535, 65536, 1 << 20 };
    static char payload[1 << 20];
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    serve_sockets(&s, (edo_ws_opts){ .message_max = 1 << 20 });
    edo_stream *c = upgraded(&s);
    for (size_t i = 0; i < sizeof payload; i++) payload[i] = (char)('a' + i % 26);
    for (size_t i = 0; i < EDO_COUNT(ns); i++) {
        send_frame(c, i % 2 ? BINARY : TEXT, payload, ns[i]);
        expect(c, i % 2 ? BINARY : TEXT, payload, ns[i]);
    }
    send_frame(c, TEXT, "wait", 4); // the functions may wait
    expect(c, TEXT, "wait", 4);
    size_t n = print_frame(wire, 0x01, "by", 2);
    n += print_frame(wire + n, PING, "te", 2);
    n += print_frame(wire + n, 0x80, "s\xc3\xa9", 3);
    for (size_t i = 0; i < n; i++) {
        CHECK_EQ(edo_write_all(c, wire + i, 1), 0);
        for (int k = 0; k < 5; k++) CHECK_EQ(edo_yield(), 0);
    }
    expect(c, PONG, "te", 2);
    expect(c, TEXT, "bys\xc3\xa9", 5);
    for (n = 0; n < 16 * 8;) n += print_frame(wire + n, BINARY, "xy", 2);
    CHECK_EQ(edo_write_all(c, wire, n), 0);
    for (int i = 0; i < 16; i++) expect(c, BINARY, "xy", 2);
    send_frame(c, CLOSE_,
               "\x03\xe8"
               "bye",
               5);
    expect_close(c, 1000);
    expect_end(c);
    wait_for_closed(1, 1000);
    CHECK(seen.opened == 1 && seen.messages == (int)EDO_COUNT(ns) + 2 + 16);
    CHECK_EQ(strcmp(seen.reason, "bye"), 0);
    return end(&s);
}

static void functions_get_messages_as_a_fiber_does(void **state) {
    (void)state;
    assert_int_equal(inside_each(messages, NULL), 0);
}

static int ends(void *arg) {
    static const struct {
        const char *bytes;
        size_t n;
        unsigned code, seen;
    } cases[] = {
        { "fail", 4, 1011, 1000 },
        { "shutdown", 8, 4000, 1000 },
        { "\xff", 1, 1007, 1007 },
    };
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    serve_sockets(&s, (edo_ws_opts){ .message_max = 0 });
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        edo_stream *c = upgraded(&s);
        send_frame(c, TEXT, cases[i].bytes, cases[i].n);
        expect_close(c, cases[i].code);
        send_frame(c, TEXT, "dropped", 7); // was under way
        send_frame(c, CLOSE_, "\x03\xe8", 2);
        expect_end(c);
        wait_for_closed((int)i + 1, (uint16_t)cases[i].seen);
    }
    edo_stream *c = upgraded(&s); // it ends without a close
    edo_close(c);
    wait_for_closed(4, EDO_WS_CLOSE_ABNORMAL);
    c = upgraded(&s); // it never closes: the server does, after 5 s
    send_frame(c, TEXT, "fail", 4);
    edo_instant start = edo_now();
    expect_close(c, 1011);
    expect_end(c);
    CHECK(ms_since(start) >= 5000);
    wait_for_closed(5, EDO_WS_CLOSE_ABNORMAL);
    CHECK(seen.opened == 5 && seen.messages == 3);
    return end(&s);
}

static void end_of_each_kind_is_told_once(void **state) {
    (void)state;
    assert_int_equal(inside(ends, NULL), 0);
}

static int silence(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    serve_sockets(&s, (edo_ws_opts){ .message_max = 0 });
    edo_stream *c = upgraded(&s);
    edo_instant start = edo_now();
    expect(c, PING, "", 0);
    CHECK_EQ(ms_since(start), 30000);
    send_frame(c, PONG, "", 0);
    expect(c, PING, "", 0);
    CHECK_EQ(ms_since(start), 60000);
    char byte;
    CHECK_EQ(edo_read(c, &byte, 1), 0);
    CHECK_EQ(ms_since(start), 70000);
    wait_for_closed(1, EDO_WS_CLOSE_ABNORMAL);
    edo_close(c);
    c = upgraded(&s); // a message that trickles
    size_t n = print_frame(wire, TEXT, "0123456789", 10), i = 0;
    while (i < n && edo_write(c, wire + i, 1) == 1) {
        i++;
        CHECK_EQ(edo_sleep(edo_s(9)), 0);
    }
    CHECK(i < n);
    wait_for_closed(2, EDO_WS_CLOSE_ABNORMAL);
    edo_close(c);
    return end(&s);
}

static void silent_peer_is_pinged_and_given_up(void **state) {
    (void)state;
    assert_int_equal(inside(silence, NULL), 0);
}

static int drains(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    serve_sockets(&s, (edo_ws_opts){ .message_max = 0 });
    edo_stream *polite = upgraded(&s), *rude = upgraded(&s), *busy = upgraded(&s);
    send_frame(busy, TEXT, "wait", 4);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    edo_instant start = edo_now();
    edo_task_cancel(s.http.task);
    expect_close(polite, 1001);
    send_frame(polite, CLOSE_, "\x03\xe9", 2);
    expect_end(polite);
    expect(busy, TEXT, "wait", 4); // what was begun is finished
    expect_close(busy, 1001);
    send_frame(busy, CLOSE_, "\x03\xe9", 2);
    expect_end(busy);
    expect_close(rude, 1001);
    expect_end(rude);
    CHECK(ms_since(start) >= 5000 && ms_since(start) < 10000);
    wait_for_closed(3, EDO_WS_CLOSE_ABNORMAL);
    return end(&s);
}

static void drain_closes_sockets_with_1001(void **state) {
    (void)state;
    assert_int_equal(inside(drains, NULL), 0);
}

/* A function that does not return in time is cancelled, and the socket hears of its end. */
static int is_cancelled(void *arg) {
    web_served s = { .http.opts = { .drain_max = edo_s(2), .cancel_max = edo_s(1) } };
    (void)arg;
    serve_sockets(&s, (edo_ws_opts){ .message_max = 0 });
    edo_stream *c = upgraded(&s);
    send_frame(c, TEXT, "for ever", 8);
    CHECK_EQ(edo_sleep(edo_ms(10)), 0);
    CHECK_EQ(seen.messages, 1);
    edo_instant start = edo_now();
    CHECK_EQ(end(&s), 0);
    CHECK(ms_since(start) >= 2000 && ms_since(start) <= 3000);
    wait_for_closed(1, EDO_WS_CLOSE_ABNORMAL);
    edo_close(c);
    return 0;
}

static void function_that_outlasts_the_drain_is_cancelled(void **state) {
    (void)state;
    assert_int_equal(inside(is_cancelled, NULL), 0);
}

/* ---- Frames for others ----------------------------------------------------------------------- */

static edo_ws_frame *frame_of(const char *bytes, size_t n) {
    edo_ws_frame *f;
    CHECK_EQ(edo_ws_frame_new(&f, &(edo_ws_message){ EDO_WS_BINARY, { bytes, n } }), 0);
    return f;
}

typedef struct price {
    const char *of;
    int cents;
} price;
EDO_DESCRIBE(price, EDO_FIELD(price, of), EDO_FIELD(price, cents))

static int posts_json(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    serve_sockets(&s, (edo_ws_opts){ .message_max = 0 });
    edo_stream *c = upgraded(&s);
    WAIT_FOR_EQ(seen.opened, 1);
    static const char text[] = "{\"of\":\"tea\",\"cents\":250}";
    CHECK_EQ(edo_ws_post_json(seen.sockets[0], &(price){ "tea", 250 }, &price_desc), 0);
    expect(c, TEXT, text, sizeof text - 1);
    CHECK_EQ(edo_ws_post_json(seen.sockets[0], &(price){ "\xff", 1 }, &price_desc), -EDO_EJSON);
    edo_trail_clear();
    CHECK_EQ(edo_ws_close(seen.sockets[0], 4001, EDO_STR("")), 0);
    CHECK_EQ(edo_ws_post_json(seen.sockets[0], &(price){ "tea", 1 }, &price_desc), -EDO_ECLOSED);
    expect_close(c, 4001);
    edo_close(c);
    wait_for_closed(1, EDO_WS_CLOSE_ABNORMAL);
    return end(&s);
}

static void described_value_is_posted_as_json(void **state) {
    (void)state;
    assert_int_equal(inside_each(posts_json, NULL), 0);
}

static int posts(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_stream *c[3];
    edo_ws_frame *f;
    (void)arg;
    serve_sockets(&s, (edo_ws_opts){ .message_max = 0 });
    for (int i = 0; i < 3; i++) {
        c[i] = upgraded(&s);
        WAIT_FOR_EQ(seen.opened, i + 1); // so that `c` and `sockets` have one order
    }
    CHECK_EQ(edo_ws_frame_new(&f, &(edo_ws_message){ EDO_WS_TEXT, EDO_STR("\xff") }), -EILSEQ);
    f = frame_of("to all", 6);
    CHECK_EQ(edo_ws_broadcast(seen.sockets, 3, f), 3);
    for (int i = 0; i < 3; i++) expect(c[i], BINARY, "to all", 6);
    CHECK_EQ(edo_ws_close(seen.sockets[1], 1005, EDO_STR("")), -EINVAL);
    CHECK_EQ(edo_ws_close(seen.sockets[1], 4001, EDO_STR("go")), 0);
    CHECK_EQ(edo_ws_post(seen.sockets[1], f), -EDO_ECLOSED);
    CHECK_EQ(edo_ws_close(seen.sockets[1], 4001, EDO_STR("go")), -EDO_ECLOSED);
    expect_close(c[1], 4001);
    send_frame(c[1], CLOSE_, "\x0f\xa1", 2);
    expect_end(c[1]);
    wait_for_closed(1, 4001);
    CHECK_EQ(edo_ws_broadcast(seen.sockets, 3, f), 2); // one is over, and still shared
    CHECK(edo_ws_post(seen.sockets[1], f) < 0);
    edo_ws_frame_unref(f);
    for (int i = 0; i < 3; i += 2) expect(c[i], BINARY, "to all", 6);
    edo_close(c[0]);
    edo_close(c[2]);
    wait_for_closed(3, EDO_WS_CLOSE_ABNORMAL);
    return end(&s);
}

static void frame_that_is_posted_reaches_all_that_are_open(void **state) {
    (void)state;
    assert_int_equal(inside_each(posts, NULL), 0);
}

#define LARGE ((size_t)64 << 10)

/* A counter of a registry of its own. */
static edo_metrics *count_with(edo_counter **out) {
    edo_metrics *m;
    edo_metric *metric;
    EDO_TEST_OK(edo_metrics_new(&m, NULL));
    EDO_TEST_OK(edo_metrics_counter(&metric, m, "dropped", NULL));
    EDO_TEST_OK(edo_counter_series(out, metric, NULL));
    return m;
}

/* Posts numbered frames until the queue holds some, and then `more`. Returns how many. */
static unsigned post_many(edo_ws *ws, unsigned n, int *err) {
    static char large[LARGE];
    unsigned i = 0;
    for (*err = 0; i < n && *err == 0; i++) {
        memcpy(large, &i, sizeof i);
        edo_ws_frame *f = frame_of(large, sizeof large);
        *err = edo_ws_post(ws, f);
        edo_ws_frame_unref(f);
    }
    return i;
}

static int unread(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_counter *dropped;
    int err;
    (void)arg;
    edo_metrics *m = count_with(&dropped);
    serve_sockets(
        &s, (edo_ws_opts){ .queue_max = 20, .queue_bytes_max = 100 * LARGE, .dropped = dropped });
    edo_stream *c = upgraded(&s);
    WAIT_FOR_EQ(seen.opened, 1);
    (void)post_many(seen.sockets[0], 1000, &err);
    CHECK_EQ(err, -ENOBUFS);
    wait_for_closed(1, EDO_WS_CLOSE_ABNORMAL);
    CHECK(edo_ws_send_text(seen.sockets[0], EDO_STR("late")) < 0);
    edo_close(c);
    c = upgraded(&s); // within its bound it has `write_timeout`
    WAIT_FOR_EQ(seen.opened, 2);
    CHECK(post_many(seen.sockets[1], 1000, &err) > 20);
    CHECK_EQ(edo_counter_read(dropped), 2);
    edo_close(c);
    wait_for_closed(2, EDO_WS_CLOSE_ABNORMAL);
    err = end(&s);
    edo_metrics_free(m);
    return err;
}

static void peer_that_does_not_read_is_closed_when_its_queue_is_full(void **state) {
    (void)state;
    assert_int_equal(inside(unread, NULL), 0);
}

static int oldest(void *arg) {
    enum { ALL = 1000 };
    web_served s = { .opts = { .state = NULL } };
    static char got[LARGE];
    unsigned before = 0, heard_n = 0, number = 0, gaps = 0;
    edo_counter *dropped;
    int err;
    size_t n;
    (void)arg;
    edo_metrics *m = count_with(&dropped);
    serve_sockets(&s, (edo_ws_opts){
                          .queue_bytes_max = 20 * LARGE, .drop_oldest = true, .dropped = dropped });
    edo_stream *c = upgraded(&s);
    WAIT_FOR_EQ(seen.opened, 1);
    CHECK_EQ(post_many(seen.sockets[0], ALL, &err), ALL);
    CHECK_EQ(err, 0);
    while (number < ALL - 1) { // in order, whole, and the newest last
        CHECK_EQ(hear_frame(c, got, &n), BINARY);
        CHECK_EQ(n, LARGE);
        memcpy(&number, got, sizeof number);
        CHECK(heard_n == 0 ? number == 0 : number > before);
        gaps += number > before + 1;
        before = number;
        heard_n++;
    }
    CHECK(heard_n >= 18 && heard_n < ALL && gaps >= 1);
    CHECK_EQ(edo_counter_read(dropped), ALL - heard_n);
    send_frame(c, CLOSE_, "\x03\xe8", 2);
    expect_close(c, 1000);
    expect_end(c);
    wait_for_closed(1, 1000);
    err = end(&s);
    edo_metrics_free(m);
    return err;
}

static void oldest_frames_are_left_out_where_that_is_asked_for(void **state) {
    (void)state;
    assert_int_equal(inside_each(oldest, NULL), 0);
}

static int stalls(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    int err;
    (void)arg;
    serve_sockets(&s, (edo_ws_opts){ .queue_max = 100000,
                                     .queue_bytes_max = 1u << 30,
                                     .ping_interval = EDO_OFF,
                                     .write_timeout = edo_s(7) });
    edo_stream *c = upgraded(&s);
    WAIT_FOR_EQ(seen.opened, 1);
    edo_instant start = edo_now();
    CHECK_EQ(post_many(seen.sockets[0], 500, &err), 500);
    WAIT_FOR_EQ(seen.closed, 1);
    CHECK(ms_since(start) >= 7000 && ms_since(start) < 10000);
    wait_for_closed(1, EDO_WS_CLOSE_ABNORMAL);
    edo_close(c);
    return end(&s);
}

static void peer_that_takes_no_byte_of_its_queue_is_given_up(void **state) {
    (void)state;
    assert_int_equal(inside(stalls, NULL), 0);
}

/* A way to tell a socket "hello", and the first byte of the frame that it gets. */
typedef struct way {
    int (*tell)(edo_ws *ws);
    unsigned first;
} way;

static int sends_hello(edo_ws *ws) {
    return edo_ws_send_text(ws, EDO_STR("hello"));
}

static int posts_hello(edo_ws *ws) {
    edo_ws_frame *f;
    CHECK_EQ(edo_ws_frame_new(&f, &(edo_ws_message){ EDO_WS_TEXT, EDO_STR("hello") }), 0);
    int err = edo_ws_post(ws, f);
    edo_ws_frame_unref(f);
    return err;
}

static int said_late; /* what a post returned after one that was not read */

static int posts_late(edo_ws *ws) {
    int err;
    CHECK_EQ(post_many(ws, 500, &err), 500);
    CHECK_EQ(edo_sleep(edo_s(8)), 0);
    said_late = posts_hello(ws);
    return 0;
}

static int late_route(edo_web *w) {
    static const edo_ws_opts opts = { .queue_max = 1000,
                                      .queue_bytes_max = 1u << 30,
                                      .write_timeout = { INT64_C(7000000000) } };
    static const edo_ws_handler h = { .on_open = posts_late, .on_message = edo_ws_send };
    return edo_ws_handle(w, &h, NULL, &opts);
}

static int times_out(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new();
    (void)arg;
    said_late = 0;
    edo_router_get(r, "/echo", late_route);
    web_begin(&s, r);
    edo_stream *c = upgraded(&s);
    WAIT_FOR_EQ(said_late, -ETIMEDOUT);
    edo_close(c);
    return web_end(&s);
}

static void post_after_a_write_that_took_too_long_says_so(void **state) {
    (void)state;
    assert_int_equal(inside(times_out, NULL), 0);
}

/* The first piece of a message that is long in coming. */
static int begins_hello(edo_ws *ws) {
    return edo_ws_send_piece(ws, &(edo_ws_message){ EDO_WS_TEXT, EDO_STR("hello") }, false);
}

static int comes_late(void *arg) {
    const way *w = arg;
    web_served s = { .opts = { .state = NULL } };
    struct rlimit before;
    serve_sockets(&s, (edo_ws_opts){ .any_origin = true });
    edo_stream *told = upgraded(&s), *silent = upgraded(&s);
    WAIT_FOR_EQ(seen.opened, 2);
    EDO_TEST_OK(edo_time_advance(edo_s(5)));
    CHECK_EQ(w->tell(seen.sockets[0]), 0);
    expect(told, w->first, "hello", 5);
    edo_stream *late = client_without_place(&s.http, &before);
    WAIT_FOR(seen.closed > 0);
    CHECK(seen.closed_first ==
          seen.sockets[1]); // accepting again may have closed the other one, too
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    edo_close(late);
    edo_close(told);
    edo_close(silent);
    return end(&s);
}

static void
socket_that_was_just_sent_a_frame_is_not_the_one_that_is_idle_for_longest(void **state) {
    way ways[] = { { sends_hello, TEXT }, { posts_hello, TEXT }, { begins_hello, TEXT & 0x7fu } };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(ways); i++)
        assert_int_equal(inside_by_hand(comes_late, &ways[i]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(socket_that_was_just_sent_a_frame_is_not_the_one_that_is_idle_for_longest),
        cmocka_unit_test(functions_get_messages_as_a_fiber_does),
        cmocka_unit_test(end_of_each_kind_is_told_once),
        cmocka_unit_test(silent_peer_is_pinged_and_given_up),
        cmocka_unit_test(drain_closes_sockets_with_1001),
        cmocka_unit_test(function_that_outlasts_the_drain_is_cancelled),
        cmocka_unit_test(described_value_is_posted_as_json),
        cmocka_unit_test(frame_that_is_posted_reaches_all_that_are_open),
        cmocka_unit_test(peer_that_does_not_read_is_closed_when_its_queue_is_full),
        cmocka_unit_test(oldest_frames_are_left_out_where_that_is_asked_for),
        cmocka_unit_test(peer_that_takes_no_byte_of_its_queue_is_given_up),
        cmocka_unit_test(post_after_a_write_that_took_too_long_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
