/* SPDX-License-Identifier: MIT */
/* tests/http/patience_test.c: how long a server waits for its clients, and how it ends. */
#include "tcp_server.h"

#include <edo/notify.h>
#include <edo/tmp.h>

#include <unistd.h>

#define HEAD "GET / HTTP/1.1\r\nhost: x\r\n\r\n"

static int hello(edo_request *req, edo_response *res, void *arg) {
    (void)req, (void)arg;
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR("hello"));
}

static int begun_n; /* calls of sleeps() since the server began */

#define SERVED(handler_, arg_, ...)                                                                \
    served s = { .handler = (handler_), .arg = (arg_), .opts = { __VA_ARGS__ } };                  \
    heard h = { 0 };                                                                               \
    (void)arg, (void)h;                                                                            \
    begun_n = 0;                                                                                   \
    serve_begin(&s);                                                                               \
    edo_stream *c = client_of(&s);                                                                 \
    edo_instant start = edo_now();                                                                 \
    (void)start

/* ---- Clients that are slow ------------------------------------------------------------------- */

static int silent(void *arg) {
    SERVED(hello, NULL, .idle_timeout = edo_ms(700));
    CHECK(hear_until(c, &h, NULL));
    CHECK_EQ(h.len, 0);
    CHECK_EQ(ms_since(start), 700);
    edo_close(c);
    c = client_of(&s);
    start = edo_now();
    CHECK_EQ(edo_sleep(edo_ms(500)), 0);
    say(c, HEAD);
    CHECK(hear_until(c, &h, "hello"));
    CHECK(hear_until(c, &h, NULL));
    CHECK_EQ(ms_since(start), 1200); // counted from the response
    edo_close(c);
    return serve_end(&s);
}

static void idle_connection_is_closed_without_a_word(void **state) {
    (void)state;
    assert_int_equal(inside(silent, NULL), 0);
}

static int slowly(edo_request *req, edo_response *res, void *arg) {
    (void)req, (void)arg;
    int err = edo_sleep(edo_ms(400));
    return err < 0 ? err : edo_response_text(res, EDO_STATUS_OK, EDO_STR("hello"));
}

/* `arg`: does the server watch its client while a handler waits? */
static int silent_after_wait(void *arg) {
    SERVED(slowly, NULL, .idle_timeout = edo_ms(700), .half_close = !*(const bool *)arg);
    CHECK_EQ(edo_sleep(edo_ms(500)), 0);
    for (int i = 0; i < 2; i++) {
        say(c, HEAD);
        CHECK(hear_until(c, &h, "hello"));
        h = (heard){ 0 };
    }
    CHECK_EQ(ms_since(start), 1300);
    CHECK(hear_until(c, &h, NULL));
    CHECK_EQ(ms_since(start), 2000); // counted from the last response
    edo_close(c);
    return serve_end(&s);
}

static void idle_time_begins_anew_after_a_handler_that_has_waited(void **state) {
    (void)state;
    for (int watches = 0; watches < 2; watches++)
        assert_int_equal(inside(silent_after_wait, &(bool){ watches }), 0);
}

static int slow_head(void *arg) {
    SERVED(hello, NULL, .header_timeout = edo_ms(900));
    CHECK_EQ(edo_sleep(edo_ms(5000)), 0); // idle: not counted
    start = edo_now();
    for (const char *at = HEAD; ms_since(start) < 880; at++) {
        CHECK_EQ(edo_write_all(c, at, 1), 0);
        CHECK_EQ(edo_sleep(edo_ms(50)), 0);
    }
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, "HTTP/1.1 408 Request Timeout\r\n") && has(&h, "connection: close\r\n"));
    CHECK_EQ(ms_since(start), 900);
    edo_close(c);
    return serve_end(&s);
}

static void head_that_takes_too_long_is_408(void **state) {
    (void)state;
    assert_int_equal(inside(slow_head, NULL), 0);
}

static int reads_body(edo_request *req, edo_response *res, void *arg) {
    edo_str body;
    int err = edo_request_collect(req, &body, 1000);
    *(int *)arg = err;
    return err < 0 ? err : edo_response_data(res, EDO_STATUS_OK, EDO_STR("x/y"), body);
}

static int slow_body(void *arg) {
    int result = 0;
    SERVED(reads_body, &result, .body_timeout = edo_ms(300));
    say(c, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n");
    for (int i = 0; i < 4; i++) {
        say(c, "b");
        CHECK_EQ(edo_sleep(edo_ms(200)), 0); // each byte begins the time anew
    }
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, "HTTP/1.1 408 Request Timeout\r\n"));
    CHECK_EQ(result, -ETIMEDOUT);
    edo_close(c);
    return serve_end(&s);
}

static void body_that_stalls_fails_the_read(void **state) {
    (void)state;
    assert_int_equal(inside(slow_body, NULL), 0);
}

/* A body of `n` bytes, of which one comes each `ms`. */
typedef struct rate_row {
    const char *name;
    edo_http_server_opts opts;
    int at_once; /* bytes, behind the head; and a byte each `each_ms` */
    int each_ms;
    int64_t fails_ms; /* -1: all 100 of them are read */
} rate_row;

static const rate_row rates[] = {
    { "grace over", { .rate_min = 10 }, 0, 200, 5000 },
    { "fast enough", { .rate_min = 4 }, 0, 200, -1 },
    { "shorter grace", { .rate_min = 10, .rate_grace = { 1050000000 } }, 0, 200, 1050 },
    { "any rate", { .rate_min = 1000000, .rate_grace = EDO_OFF }, 0, 200, -1 },
    { "credit of 20 bytes", { .rate_min = 2 }, 20, 1100, 17500 },
    { "credit has a limit", { .rate_min = 1, .body_timeout = { 7000000000 } }, 90, 6000, 8000 },
    { "no other limit", { .rate_min = 100, .body_timeout = EDO_OFF }, 0, 10000, 5000 },
    { "the default", { 0 }, 0, 100, 5000 },
};

static void check_rate(const rate_row *row) {
    int result = 1;
    served s = { .handler = reads_body, .arg = &result, .opts = row->opts };
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    say(c, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n");
    CHECK_EQ(edo_sleep(edo_ns(1)), 0); // so what follows does not come with the head
    edo_instant start = edo_now();
    char bytes[100] = { 0 };
    if (row->at_once > 0) CHECK_EQ(edo_write_all(c, bytes, (size_t)row->at_once), 0);
    for (int i = row->at_once; i < 100 && result == 1; i++) {
        for (int ms = 0; ms < row->each_ms && result == 1; ms += 10)
            CHECK_EQ(edo_sleep(edo_ms(10)), 0);
        if (result == 1) CHECK_EQ(edo_write_all(c, "b", 1), 0);
    }
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    int64_t took = ms_since(start);
    bool fails = row->fails_ms >= 0;
    bool is_right = result == (fails ? -ETIMEDOUT : 0) &&
                    (!fails || (took >= row->fails_ms && took <= row->fails_ms + 20));
    if (!is_right) print_error("%s: %d after %d ms\n", row->name, result, (int)took);
    CHECK(is_right);
    heard h = { 0 };
    CHECK(hear_until(c, &h, fails ? NULL : "\r\n\r\n"));
    CHECK_EQ(has(&h, "HTTP/1.1 408 Request Timeout\r\n"), fails);
    CHECK_EQ(has(&h, "connection: close\r\n"), fails);
    edo_close(c);
    CHECK_EQ(serve_end(&s), 0);
}

static int all_rates(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rates); i++) check_rate(&rates[i]);
    return 0;
}

static void body_slower_than_the_least_rate_is_408(void **state) {
    (void)state;
    assert_int_equal(inside(all_rates, NULL), 0);
}

/* Waits for the body for as long as it may; then a read of it has no time from its beginning, and
 * fails at its first poll. */
static int reads_late(edo_request *req, edo_response *res, void *arg) {
    char byte;
    edo_sleep_future limit;
    edo_read_future read;
    edo_stream *body = edo_request_body(req);
    (void)res;
    CHECK_EQ(edo_select_with(EDO_SELECT_BIASED, edo_sleep_init(&limit, edo_ms(1000)),
                             edo_read_init(&read, body, &byte, 1)),
             0);
    return *(int *)arg = edo_read(body, &byte, 1);
}

static int late_at_once(void *arg) {
    int result = 1;
    SERVED(reads_late, &result, .rate_min = 10, .rate_grace = edo_ms(1000));
    say(c, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n");
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, "HTTP/1.1 408 Request Timeout\r\n"));
    CHECK_EQ(result, -ETIMEDOUT);
    CHECK_EQ(ms_since(start), 1000);
    edo_close(c);
    return serve_end(&s);
}

static void read_without_time_left_fails_and_leaves_nothing(void **state) {
    (void)state;
    assert_int_equal(inside(late_at_once, NULL), 0);
}

static int waits_itself(edo_request *req, edo_response *res, void *arg) {
    CHECK_EQ(edo_sleep(edo_s(100)), 0);
    return reads_body(req, res, arg);
}

static int slow_handler(void *arg) {
    int result = 1;
    SERVED(waits_itself, &result, .rate_min = 1000000);
    say(c, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nab");
    CHECK_EQ(edo_sleep(edo_s(101)), 0);
    say(c, "cd");
    CHECK(hear_until(c, &h, "abcd"));
    CHECK_EQ(result, 0);
    edo_close(c);
    return serve_end(&s);
}

static void time_that_the_handler_takes_is_not_the_clients(void **state) {
    (void)state;
    assert_int_equal(inside(slow_handler, NULL), 0);
}

static int writes_much(edo_request *req, edo_response *res, void *arg) {
    (void)req;
    char piece[8192] = { 0 };
    edo_stream *out;
    int err = edo_response_stream(res, &out, -1);
    while (err >= 0) err = edo_write_all(out, piece, sizeof piece);
    return *(int *)arg = err;
}

static int reads_nothing(void *arg) {
    int result = 0;
    SERVED(writes_much, &result, .write_timeout = edo_ms(400));
    say(c, HEAD);
    WAIT_FOR_EQ(result, -ETIMEDOUT);
    edo_close(c);
    return serve_end(&s);
}

static void client_that_reads_nothing_fails_the_write(void **state) {
    (void)state;
    assert_int_equal(inside(reads_nothing, NULL), 0);
}

/* Writes until the client is found too slow. */
static int reads_slowly(void *arg) {
    int result = 0;
    SERVED(writes_much, &result, .rate_min = 1u << 20);
    say(c, HEAD);
    static char bytes[65536];
    for (uint64_t total = 0; result == 0; total += sizeof bytes) {
        CHECK_EQ(edo_sleep(edo_ms(100)), 0); // 640 KiB a second
        if (edo_read_exact(c, bytes, sizeof bytes) < 0) break;
        CHECK(total < 100u << 20);
    }
    CHECK_EQ(result, -ETIMEDOUT);
    CHECK(ms_since(start) >= 5000);
    edo_close(c);
    CHECK_EQ(serve_end(&s), 0);
    result = 0;
    s.opts.rate_min = 1u << 19;
    serve_begin(&s);
    c = client_of(&s);
    start = edo_now();
    say(c, HEAD);
    while (ms_since(start) < 60000) {
        CHECK_EQ(edo_sleep(edo_ms(100)), 0);
        CHECK_EQ(edo_read_exact(c, bytes, sizeof bytes), 0);
    }
    CHECK_EQ(result, 0); // fast enough
    edo_close(c);
    return serve_end(&s);
}

typedef struct filed {
    char *path;
    int result;
} filed;

static int sends_file(edo_request *req, edo_response *res, void *arg) {
    (void)req;
    filed *f = arg;
    return f->result = edo_response_file(res, EDO_STR("x/y"), f->path);
}

static int reads_file_slowly(void *arg) {
    edo_tmp *tmp;
    EDO_TEST_OK(edo_tmp_open(&tmp, NULL));
    CHECK_EQ(ftruncate(edo_stream_fd(edo_tmp_stream(tmp)), 200 << 20), 0);
    filed f = { .path = (char *)(uintptr_t)edo_tmp_path(tmp) };
    // The kernel's own buffers grow to tens of MiB, which the client need not have read.
    served s = {
        .handler = sends_file, .arg = &f, .opts = { .rate_min = 1u << 20 }, .tcp = SMALL_BUFFERS
    };
    (void)arg;
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    edo_instant start = edo_now();
    say(c, HEAD);
    static char bytes[65536];
    const int64_t since_s = patience_now_s();
    while (f.result == 0) {
        CHECK(ms_since(start) < 100000);
        EDO_TEST_OK(edo_time_advance(edo_ms(100)));
        for (size_t got = 0; got < sizeof bytes && f.result == 0;) {
            int n = edo_try_read(c, bytes, sizeof bytes - got);
            CHECK(n > 0 || n == -EAGAIN);
            patience_check(since_s, "the response has failed", __FILE__, __LINE__);
            if (n > 0) got += (size_t)n;
            if (n < 0) let_run();
        }
    }
    CHECK_EQ(f.result, -ETIMEDOUT);
    CHECK(ms_since(start) >= 5000);
    edo_close(c);
    EDO_TEST_OK(edo_tmp_close(tmp));
    return serve_end_by_hand(&s);
}

static void client_that_reads_too_slowly_fails_the_write(void **state) {
    (void)state;
    assert_int_equal(inside(reads_slowly, NULL), 0);
    assert_int_equal(inside_by_hand(reads_file_slowly, NULL), 0);
}

/* ---- Clients that go ------------------------------------------------------------------------- */

static int sleeps(edo_request *req, edo_response *res, void *arg) {
    (void)req;
    begun_n++;
    int err = edo_sleep(edo_s(50));
    *(int *)arg = err == 0 ? 1 : err;
    return err < 0 ? err : edo_response_text(res, EDO_STATUS_OK, EDO_STR("slept"));
}

/* The client goes, which its handler hears soon. */
static int leave(served *s, edo_stream *c, const int *result) {
    edo_close(c);
    WAIT_FOR(*result != 0); // for less than the 50 s that it would sleep
    CHECK_EQ(*result, -ECANCELED);
    return serve_end(s);
}

static int gone(void *arg) {
    int result = 0;
    SERVED(sleeps, &result, .half_close = false);
    say(c, HEAD);
    WAIT_FOR_EQ(begun_n, 1);
    return leave(&s, c, &result);
}

static void handler_is_cancelled_when_its_client_has_gone(void **state) {
    (void)state;
    assert_int_equal(inside_real(gone, NULL), 0);
}

/* Requests behind the first one, more than the server reads ahead, or a body that nobody reads. */
static int gone_behind(void *arg) {
    int result = 0;
    static char more[20000];
    SERVED(sleeps, &result, .half_close = false);
    if (*(const int *)arg) {
        say(c, HEAD);
        for (size_t n = 0; n + 100 < sizeof more; n += strlen(HEAD))
            memcpy(more + n, HEAD, strlen(HEAD));
    } else {
        say(c, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n");
        memset(more, 'a', sizeof more - 1);
    }
    say(c, more);
    memset(more, 0, sizeof more);
    WAIT_FOR_EQ(begun_n, 1);
    CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    CHECK_EQ(result, 0);
    say(c, HEAD); // it is there
    CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    CHECK_EQ(result, 0);
    return leave(&s, c, &result);
}

static void client_that_has_sent_more_and_gone_is_seen(void **state) {
    (void)state;
    for (int is_pipelined = 0; is_pipelined < 2; is_pipelined++)
        assert_int_equal(inside_real(gone_behind, &is_pipelined), 0);
}

/* Headers that no head has room for. */
static int fails_to_upgrade(edo_request *req, edo_response *res, void *arg) {
    static char much[10000];
    edo_stream *out;
    memset(much, 'x', sizeof much - 1);
    EDO_TEST_OK(edo_headers_set(&res->headers, EDO_HEADER_SERVER, edo_str_of(much)));
    CHECK_EQ(edo_upgrade(req, res, &out), -EMSGSIZE);
    CHECK_EQ(res->status, EDO_STATUS_OK);
    (void)edo_headers_remove(&res->headers, EDO_HEADER_SERVER);
    return sleeps(req, res, arg);
}

static int gone_unupgraded(void *arg) {
    int result = 0;
    SERVED(fails_to_upgrade, &result, .half_close = false);
    say(c, "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n");
    WAIT_FOR_EQ(begun_n, 1);
    return leave(&s, c, &result);
}

static void upgrade_that_failed_leaves_the_watch_for_the_client(void **state) {
    (void)state;
    assert_int_equal(inside_real(gone_unupgraded, NULL), 0);
}

static int first_is_quick(edo_request *req, edo_response *res, void *arg) {
    if (edo_str_equal(req->target, EDO_STR("/quick"))) return hello(req, res, NULL);
    return sleeps(req, res, arg);
}

static int not_held_up(void *arg) {
    int result = 0;
    SERVED(first_is_quick, &result, .half_close = false);
    say(c, "GET /quick HTTP/1.1\r\nhost: x\r\n\r\n" HEAD);
    CHECK(hear_until(c, &h, "hello"));
    CHECK_EQ(ms_since(start), 0);
    CHECK_EQ(result, 0);
    CHECK(hear_until(c, &h, "slept"));
    CHECK_EQ(ms_since(start), 50000);
    edo_close(c);
    return serve_end(&s);
}

static void response_is_not_held_up_by_the_next_handler(void **state) {
    (void)state;
    assert_int_equal(inside(not_held_up, NULL), 0);
}

static int limited(void *arg) {
    int result = 0;
    SERVED(sleeps, &result, .conns_max = 1);
    say(c, HEAD);
    WAIT_FOR_EQ(begun_n, 1);
    edo_stream *second = client_of(&s);
    say(second, HEAD);
    WAIT_FOR_EQ(queued_n(s.listener), 0); // it is accepted, and waits for a place
    EDO_TEST_OK(edo_time_advance(edo_ms(49000)));
    char byte;
    CHECK_EQ(edo_try_read(second, &byte, 1), -EAGAIN); // nothing is idle
    EDO_TEST_OK(edo_time_advance(edo_ms(1000)));
    CHECK(hear_until(c, &h, "slept"));
    CHECK_EQ(ms_since(start), 50000);
    PASS_UNTIL(edo_try_read(c, &byte, 1) == 0); // it is, and goes
    edo_close(c);
    WAIT_FOR_EQ(begun_n, 2);
    EDO_TEST_OK(edo_time_advance(edo_ms(50000)));
    CHECK(hear_until(second, &h, "slept"));
    edo_close(second);
    return serve_end_by_hand(&s);
}

static void connection_beyond_the_limit_waits(void **state) {
    (void)state;
    assert_int_equal(inside_by_hand(limited, NULL), 0);
}

/* ---- The end --------------------------------------------------------------------------------- */

typedef struct stopping {
    served *s;
    int result;
    int64_t took_ms;
} stopping;

static int stop(void *arg) {
    stopping *st = arg;
    edo_instant start = edo_now();
    st->result = serve_end(st->s);
    st->took_ms = ms_since(start);
    return 0;
}

static int drains(void *arg) {
    int result = 0;
    SERVED(sleeps, &result, .drain_max = edo_ms(60000));
    edo_stream *idle = client_of(&s), *half = client_of(&s);
    say(c, HEAD HEAD);
    say(half, "GET / HTT");
    CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    stopping st = { .s = &s };
    edo_task *stopper = edo_spawn(stop, &st);
    CHECK(hear_until(idle, &h, NULL));
    CHECK_EQ(h.len, 0);
    CHECK_EQ(ms_since(start), 200); // 100 ms for a request that is on its way
    (void)hear_until(half, &h, NULL);
    CHECK_EQ(ms_since(start), 1100); // the rest of a head has a second
    h = (heard){ 0 };
    CHECK(hear_until(c, &h, NULL));
    CHECK_EQ(times(&h, "slept"), 1); // the request that was begun, not the one behind it
    CHECK(has(&h, "connection: close\r\n"));
    edo_close(c);
    edo_close(idle);
    edo_close(half);
    CHECK_EQ(edo_task_join(stopper), 0);
    CHECK_EQ(st.took_ms, 49900);
    return st.result;
}

static void drain_finishes_requests_and_closes_the_rest(void **state) {
    (void)state;
    assert_int_equal(inside(drains, NULL), 0);
}

static int cuts(void *arg) {
    int result = 0;
    SERVED(sleeps, &result, .drain_max = edo_ms(1000));
    say(c, HEAD);
    CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    CHECK_EQ(serve_end(&s), 0); // nothing of it runs any more
    CHECK_EQ(ms_since(start), 1100);
    CHECK_EQ(result, -ECANCELED);
    edo_close(c);
    return 0;
}

static void drain_cancels_handlers_that_take_too_long(void **state) {
    (void)state;
    assert_int_equal(inside(cuts, NULL), 0);
}

/* Responds though it was cancelled, by more than is gathered. */
static int says_sorry(edo_request *req, edo_response *res, void *arg) {
    static char sorry[60000];
    int err = sleeps(req, res, arg);
    memset(sorry, 's', sizeof sorry);
    return err == -ECANCELED
               ? edo_response_data(res, EDO_STATUS_SERVICE_UNAVAILABLE, EDO_STR("text/plain"),
                                   (edo_str){ sorry, sizeof sorry })
               : err;
}

static int responds_cancelled(void *arg) {
    int result = 0;
    size_t n = 0;
    SERVED(says_sorry, &result, .drain_max = edo_ms(1000));
    say(c, HEAD);
    CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    stopping st = { .s = &s };
    edo_task *stopper = edo_spawn(stop, &st);
    CHECK(hear_until(c, &h, "\r\n\r\n"));
    CHECK(has(&h, "HTTP/1.1 503 ") && has(&h, "content-length: 60000\r\n"));
    n = h.len - (size_t)(strstr(h.text, "\r\n\r\n") + 4 - h.text);
    for (char piece[4096]; n < 60000;) {
        const int some = edo_read(c, piece, sizeof piece);
        CHECK(some > 0);
        n += (size_t)some;
    }
    CHECK_EQ(n, 60000);
    edo_close(c);
    CHECK_EQ(edo_task_join(stopper), 0);
    return st.result;
}

static void what_a_handler_responds_that_was_cancelled_goes_out(void **state) {
    (void)state;
    assert_int_equal(inside(responds_cancelled, NULL), 0);
}

static int sleeps_shielded(edo_request *req, edo_response *res, void *arg) {
    edo_shield shield;
    edo_shield_begin(&shield, edo_s(100));
    int err = sleeps(req, res, arg);
    return edo_shield_end(&shield, err);
}

static int goes_on(void *arg) {
    int result = 0;
    SERVED(sleeps_shielded, &result, .drain_max = edo_ms(1000), .cancel_max = edo_ms(2000));
    say(c, HEAD);
    CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    CHECK_EQ(serve_end(&s), -ETIMEDOUT);
    CHECK_EQ(ms_since(start), 3100);
    CHECK_EQ(result, 0);
    WAIT_FOR_EQ(result, 1);
    edo_close(c);
    return 0;
}

static void drain_tells_of_handlers_that_go_on(void **state) {
    (void)state;
    assert_int_equal(inside(goes_on, NULL), 0);
}

/* What supervisors wait until they kill, as Kubernetes does after 30 s, is longer. */
static int ends_by_default(void *arg) {
    int result = 0;
    SERVED(sleeps_shielded, &result, .drain_max = { 0 });
    say(c, HEAD);
    CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    CHECK_EQ(serve_end(&s), -ETIMEDOUT);
    CHECK_EQ(ms_since(start), 25100);
    WAIT_FOR_EQ(result, 1);
    edo_close(c);
    return 0;
}

static void default_end_is_below_30_s(void **state) {
    (void)state;
    assert_int_equal(inside(ends_by_default, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_connection_is_closed_without_a_word),
        cmocka_unit_test(idle_time_begins_anew_after_a_handler_that_has_waited),
        cmocka_unit_test(head_that_takes_too_long_is_408),
        cmocka_unit_test(body_that_stalls_fails_the_read),
        cmocka_unit_test(body_slower_than_the_least_rate_is_408),
        cmocka_unit_test(read_without_time_left_fails_and_leaves_nothing),
        cmocka_unit_test(time_that_the_handler_takes_is_not_the_clients),
        cmocka_unit_test(client_that_reads_nothing_fails_the_write),
        cmocka_unit_test(client_that_reads_too_slowly_fails_the_write),
        cmocka_unit_test(handler_is_cancelled_when_its_client_has_gone),
        cmocka_unit_test(client_that_has_sent_more_and_gone_is_seen),
        cmocka_unit_test(upgrade_that_failed_leaves_the_watch_for_the_client),
        cmocka_unit_test(connection_beyond_the_limit_waits),
        cmocka_unit_test(response_is_not_held_up_by_the_next_handler),
        cmocka_unit_test(drain_finishes_requests_and_closes_the_rest),
        cmocka_unit_test(drain_cancels_handlers_that_take_too_long),
        cmocka_unit_test(what_a_handler_responds_that_was_cancelled_goes_out),
        cmocka_unit_test(drain_tells_of_handlers_that_go_on),
        cmocka_unit_test(default_end_is_below_30_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
