/* SPDX-License-Identifier: MIT */
/* tests/http/patience_test.c: how long a server waits for its clients, and how it ends. */
#include "http_server.h"

#include <edo/notify.h>

#define HEAD "GET / HTTP/1.1\r\nhost: x\r\n\r\n"

static int hello(edo_request *req, edo_response *res, void *arg) {
    (void)req, (void)arg;
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR("hello"));
}

#define SERVED(handler_, arg_, ...)                                                                \
    served s = { .handler = (handler_), .arg = (arg_), .opts = { __VA_ARGS__ } };                  \
    heard h = { 0 };                                                                               \
    (void)arg, (void)h;                                                                            \
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

static int slow_head(void *arg) {
    SERVED(hello, NULL, .header_timeout = edo_ms(900));
    CHECK_EQ(edo_sleep(edo_ms(5000)), 0); // idle: not counted
    start = edo_now();
    for (const char *at = HEAD; ms_since(start) < 880; at++) {
        CHECK_EQ(edo_write_all(c, at, 1), 1);
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
    while (result == 0) CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    CHECK_EQ(result, -ETIMEDOUT);
    edo_close(c);
    return serve_end(&s);
}

static void client_that_reads_nothing_fails_the_write(void **state) {
    (void)state;
    assert_int_equal(inside(reads_nothing, NULL), 0);
}

/* ---- Clients that go ------------------------------------------------------------------------- */

static int sleeps(edo_request *req, edo_response *res, void *arg) {
    (void)req;
    int err = edo_sleep(edo_s(50));
    *(int *)arg = err == 0 ? 1 : err;
    return err < 0 ? err : edo_response_text(res, EDO_STATUS_OK, EDO_STR("slept"));
}

static int gone(void *arg) {
    int result = 0;
    SERVED(sleeps, &result, .half_close = false);
    say(c, HEAD);
    CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    edo_close(c);
    while (result == 0) CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    CHECK_EQ(result, -ECANCELED);
    CHECK(ms_since(start) < 1000);
    return serve_end(&s);
}

static void handler_is_cancelled_when_its_client_has_gone(void **state) {
    (void)state;
    assert_int_equal(inside(gone, NULL), 0);
}

static int half_closed(void *arg) {
    int result = 0;
    SERVED(sleeps, &result, .half_close = true, .idle_timeout = EDO_OFF);
    say(c, HEAD);
    CHECK_EQ(edo_shutdown(c), 0);
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, "slept"));
    CHECK_EQ(result, 1);
    edo_close(c);
    return serve_end(&s);
}

static void half_closed_client_is_served_by_option(void **state) {
    (void)state;
    assert_int_equal(inside(half_closed, NULL), 0);
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
    SERVED(hello, NULL, .conns_max = 1);
    edo_stream *second = client_of(&s);
    say(second, HEAD);
    say(c, HEAD);
    CHECK(hear_until(c, &h, "hello"));
    CHECK_EQ(edo_sleep(edo_ms(500)), 0);
    char byte;
    CHECK_EQ(edo_try_read(second, &byte, 1), -EAGAIN);
    edo_close(c);
    h = (heard){ 0 };
    CHECK(hear_until(second, &h, "hello"));
    edo_close(second);
    return serve_end(&s);
}

static void connection_beyond_the_limit_waits(void **state) {
    (void)state;
    assert_int_equal(inside(limited, NULL), 0);
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
    CHECK_EQ(h.len, 0); // at once
    CHECK_EQ(ms_since(start), 100);
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
    CHECK_EQ(serve_end(&s), -ETIMEDOUT);
    CHECK_EQ(ms_since(start), 1100);
    CHECK_EQ(result, -ECANCELED);
    edo_close(c);
    return 0;
}

static void drain_cancels_handlers_that_take_too_long(void **state) {
    (void)state;
    assert_int_equal(inside(cuts, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_connection_is_closed_without_a_word),
        cmocka_unit_test(head_that_takes_too_long_is_408),
        cmocka_unit_test(body_that_stalls_fails_the_read),
        cmocka_unit_test(client_that_reads_nothing_fails_the_write),
        cmocka_unit_test(handler_is_cancelled_when_its_client_has_gone),
        cmocka_unit_test(half_closed_client_is_served_by_option),
        cmocka_unit_test(connection_beyond_the_limit_waits),
        cmocka_unit_test(response_is_not_held_up_by_the_next_handler),
        cmocka_unit_test(drain_finishes_requests_and_closes_the_rest),
        cmocka_unit_test(drain_cancels_handlers_that_take_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
