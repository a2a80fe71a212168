/* SPDX-License-Identifier: MIT */
/* tests/http/hostile_test.c: clients that do what no browser does, and handlers that do what they
 * may do but seldom do. */
#include "http_server.h"

#include <edo/copy.h>
#include <edo/tmp.h>

#include <unistd.h>

#define CLOSE "connection: close\r\n"

#define SERVED(handler_, ...)                                                                      \
    served s = { .handler = (handler_), .opts = { __VA_ARGS__ } };                                 \
    heard h = { 0 };                                                                               \
    (void)arg, (void)h;                                                                            \
    serve_begin(&s)

/* ---- Framing of responses -------------------------------------------------------------------- */

static int streams(edo_request *req, edo_response *res, void *arg) {
    (void)req, (void)arg;
    edo_stream *out;
    int err = edo_response_stream(res, &out, -1);
    return err < 0 ? err : edo_write_all(out, "streamed", 8);
}

static int to_1_0(void *arg) {
    SERVED(streams, .half_close = false);
    ask(&s, &h, "GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n");
    CHECK(has(&h, "\r\n\r\nstreamed") && has(&h, CLOSE) && !has(&h, "chunked"));
    return serve_end(&s);
}

static void stream_to_version_1_0_ends_with_the_connection(void **state) {
    (void)state;
    assert_int_equal(inside(to_1_0, NULL), 0);
}

static int opens_and_sleeps(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    if (edo_str_equal(req->target, EDO_STR("/first")))
        return edo_response_text(res, EDO_STATUS_OK, EDO_STR("first"));
    if (edo_str_equal(req->target, EDO_STR("/late"))) (void)edo_sleep(edo_s(1));
    edo_stream *out;
    int err = edo_response_stream(res, &out, -1);
    if (err == 0) err = edo_sleep(edo_s(20));
    return err < 0 ? err : edo_write_all(out, "event", 5);
}

static int head_at_once(void *arg) {
    SERVED(opens_and_sleeps, .half_close = false);
    static const char *const targets[] = { "/", "/late" };
    for (size_t i = 0; i < EDO_COUNT(targets); i++) {
        char request[128];
        (void)snprintf(request, sizeof request,
                       "GET /first HTTP/1.1\r\nhost: x\r\n\r\nGET %s HTTP/1.1\r\nhost: x\r\n\r\n",
                       targets[i]);
        edo_stream *c = client_of(&s);
        edo_instant start = edo_now();
        h = (heard){ 0 };
        say(c, request);
        CHECK(hear_until(c, &h, "transfer-encoding: chunked\r\n"));
        CHECK_EQ(ms_since(start), i == 0 ? 0 : 1000);
        CHECK(hear_until(c, &h, "event"));
        CHECK_EQ(ms_since(start), i == 0 ? 20000 : 21000);
        edo_close(c);
    }
    return serve_end(&s);
}

static void head_of_a_stream_is_sent_before_its_first_write(void **state) {
    (void)state;
    assert_int_equal(inside(head_at_once, NULL), 0);
}

static int of_status(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    EDO_TEST_OK(edo_headers_set(&res->headers, EDO_HEADER_CONTENT_LENGTH, EDO_STR("7")));
    res->status = (edo_status)strtol(req->target.ptr + 1, NULL, 10);
    return 0;
}

static int statuses(void *arg) {
    SERVED(of_status, .half_close = false);
    ask(&s, &h, "GET /204 HTTP/1.1\r\nhost: x\r\n" CLOSE "\r\n");
    CHECK(has(&h, " 204 ") && !has(&h, "content-length")); // RFC 9110 section 8.6
    ask(&s, &h, "GET /304 HTTP/1.1\r\nhost: x\r\n" CLOSE "\r\n");
    CHECK(has(&h, " 304 ") && has(&h, "content-length: 7\r\n"));
    static const char *const no_final[] = { "/100", "/101", "/103", "/0", "/1000" };
    for (size_t i = 0; i < EDO_COUNT(no_final); i++) {
        char request[128];
        (void)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nhost: x\r\n" CLOSE "\r\n",
                       no_final[i]);
        ask(&s, &h, request);
        CHECK(has(&h, "HTTP/1.1 500 ") && times(&h, "HTTP/1.1 ") == 1);
    }
    return serve_end(&s);
}

static void status_that_is_no_final_one_is_500(void **state) {
    (void)state;
    assert_int_equal(inside(statuses, NULL), 0);
}

static int fills_then_collects(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    static const char filling[4096] = { 0 };
    edo_str body;
    if (req->length == 0) {
        size_t n = (size_t)strtol(req->target.ptr + 1, NULL, 10);
        return edo_response_data(res, EDO_STATUS_OK, EDO_STR("x/y"), (edo_str){ filling, n });
    }
    if (edo_str_equal(req->target, EDO_STR("/stream"))) {
        edo_stream *out;
        int err = edo_response_stream(res, &out, req->length);
        return err < 0 ? err : edo_copy(out, edo_request_body(req), NULL);
    }
    int err = edo_request_collect(req, &body, 10);
    return err < 0 ? err : edo_response_data(res, EDO_STATUS_OK, EDO_STR("x/y"), body);
}

/* Prints `n` requests, each for a response with `bytes` of body. */
static size_t put_fillers(char *to, size_t room, int n, size_t bytes) {
    size_t at = 0;
    for (int i = 0; i < n; i++)
        at += (size_t)snprintf(to + at, room - at, "GET /%zu HTTP/1.1\r\nhost: x\r\n\r\n", bytes);
    return at;
}

#define HEAD_BYTES 60u /* of a filler's response, without a date */

static int full_output(void *arg) {
    SERVED(fills_then_collects, .no_date = true);
    static const char *const targets[] = { "collect", "stream" };
    // the output has 16 KiB: 0 to 60 bytes are left in it when the last request is served
    for (size_t left = 0; left < 120; left++) {
        char request[1024];
        size_t at = put_fillers(request, sizeof request, 4, 4096 - HEAD_BYTES - left / 2 / 4 - 2);
        (void)snprintf(request + at, sizeof request - at,
                       "POST /%s HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n" CLOSE
                       "expect: 100-continue\r\n\r\n",
                       targets[left % 2]);
        edo_stream *c = client_of(&s);
        say(c, request);
        char bytes[20000];
        size_t n = 0;
        while (n < sizeof bytes && !memmem(bytes, n, "100 Continue\r\n\r\n", 16)) {
            int some = edo_read(c, bytes + n, sizeof bytes - n);
            CHECK(some > 0);
            n += (size_t)some;
        }
        say(c, "ok");
        h = (heard){ 0 };
        CHECK(hear_until(c, &h, "\r\n\r\nok"));
        edo_close(c);
    }
    return serve_end(&s);
}

static void continue_is_sent_also_when_the_output_is_full(void **state) {
    (void)state;
    assert_int_equal(inside(full_output, NULL), 0);
}

static int head_after_body(void *arg) {
    SERVED(fills_then_collects, .no_date = true);
    for (int ms = 400; ms <= 4000; ms *= 10) {
        edo_stream *c = client_of(&s);
        edo_instant start = edo_now();
        h = (heard){ 0 };
        say(c, "POST /stream HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n" CLOSE
               "expect: 100-continue\r\n\r\n");
        CHECK(hear_until(c, &h, "100 Continue\r\n\r\n"));
        CHECK_EQ(edo_sleep(edo_ms(ms)), 0);
        char byte;
        CHECK_EQ(edo_try_read(c, &byte, 1), ms < 1000 ? -EAGAIN : 1); // the head waits for a second
        say(c, "ok");
        CHECK(hear_until(c, &h, "\r\n\r\nok"));
        CHECK_EQ(ms_since(start), ms);
        edo_close(c);
    }
    return serve_end(&s);
}

static void head_of_a_stream_follows_the_body_that_was_invited(void **state) {
    (void)state;
    assert_int_equal(inside(head_after_body, NULL), 0);
}

/* ---- Upgrades -------------------------------------------------------------------------------- */

static int upgrades(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    edo_stream *raw;
    int err = edo_upgrade(req, res, &raw);
    if (err == -EINVAL) return edo_response_text(res, EDO_STATUS_UPGRADE_REQUIRED, EDO_STR("ask"));
    char byte;
    while (err == 0 && edo_read(raw, &byte, 1) > 0) {
    }
    if (err == 0) err = edo_sleep(edo_ms(100));
    return err < 0 ? err : edo_write_all(raw, "bye", 3);
}

static int refused_after(void *arg) {
    SERVED(upgrades, .half_close = true);
    edo_stream *c = client_of(&s);
    say(c, "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n");
    CHECK_EQ(edo_shutdown(c), 0);
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, " 101 "));
    edo_close(c);
    ask(&s, &h, "NO SENSE\r\n\r\n");
    CHECK(has(&h, " 400 ") && has(&h, CLOSE) && !has(&h, "upgrade"));
    return serve_end(&s);
}

static void refusal_after_an_upgrade_elsewhere_is_no_upgrade(void **state) {
    (void)state;
    assert_int_equal(inside(refused_after, NULL), 0);
}

static int hop_by_hop(void *arg) {
    SERVED(upgrades, .half_close = false);
    ask(&s, &h, "GET / HTTP/1.1\r\nhost: x\r\nupgrade: x\r\n" CLOSE "\r\n");
    CHECK(has(&h, " 426 "));
    return serve_end(&s);
}

static void upgrade_without_its_connection_option_is_none(void **state) {
    (void)state;
    assert_int_equal(inside(hop_by_hop, NULL), 0);
}

static int half_closed(void *arg) {
    SERVED(upgrades, .half_close = false);
    edo_stream *c = client_of(&s);
    say(c, "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n");
    CHECK(hear_until(c, &h, "\r\n\r\n"));
    CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    CHECK_EQ(edo_shutdown(c), 0);
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, "bye"));
    edo_close(c);
    return serve_end(&s);
}

static void handler_of_an_upgrade_sees_the_end_of_input_itself(void **state) {
    (void)state;
    assert_int_equal(inside(half_closed, NULL), 0);
}

/* ---- Clients that take all they can ---------------------------------------------------------- */

typedef struct sent {
    const char *path;
    int result;
} sent;

static int sends_file(edo_request *req, edo_response *res, void *arg) {
    (void)req;
    sent *f = arg;
    return f->result = edo_response_file(res, EDO_STR("x/file"), f->path);
}

#define FILE_BYTES (32u << 20) /* more than sockets hold */

static int unread_file(void *arg) {
    (void)arg;
    edo_tmp *tmp;
    EDO_TEST_OK(edo_tmp_open(&tmp, NULL));
    CHECK_EQ(truncate(edo_tmp_path(tmp), FILE_BYTES), 0);
    sent f = { .path = edo_tmp_path(tmp), .result = 1 };
    served s = { .handler = sends_file, .arg = &f, .opts = { .write_timeout = edo_ms(400) } };
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    say(c, "GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    WAIT_FOR_EQ(f.result, -ETIMEDOUT);
    edo_close(c);
    int result = serve_end(&s);
    EDO_TEST_OK(edo_tmp_close(tmp));
    return result;
}

static void file_to_a_client_that_reads_nothing_fails(void **state) {
    (void)state;
    assert_int_equal(inside(unread_file, NULL), 0);
}

typedef struct turns {
    int ticks, seen;  /* turns of another task; those at the last request */
    int run, longest; /* requests since then; the most there were */
    int served;
} turns;

static int counts(edo_request *req, edo_response *res, void *arg) {
    (void)req;
    turns *t = arg;
    t->run = t->ticks == t->seen ? t->run + 1 : 0;
    t->seen = t->ticks;
    if (t->run > t->longest) t->longest = t->run;
    t->served++;
    res->status = EDO_STATUS_NO_CONTENT;
    return 0;
}

static int ticks(void *arg) {
    turns *t = arg;
    int err = 0;
    for (; err == 0; t->ticks++) err = edo_yield();
    return 0;
}

#define FLOOD 1500

static int flooded(void *arg) {
    (void)arg;
    turns t = { 0 };
    served s = { .handler = counts, .arg = &t, .opts = { .no_date = true } };
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    static char flood[FLOOD * 32];
    size_t at = 0;
    for (int i = 0; i < FLOOD; i++)
        at += (size_t)snprintf(flood + at, sizeof flood - at, "GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    edo_task *ticker = edo_spawn(ticks, &t);
    CHECK_EQ(edo_write_all(c, flood, at), 0);
    YIELD_FOR(t.served >= FLOOD);
    edo_task_cancel(ticker);
    CHECK_EQ(edo_task_join(ticker), 0);
    CHECK(t.longest < 300);
    edo_close(c);
    return serve_end(&s);
}

static void flood_of_requests_lets_other_tasks_run(void **state) {
    (void)state;
    assert_int_equal(inside(flooded, NULL), 0);
}

/* ---- Limits ---------------------------------------------------------------------------------- */

static int unlimited(void *arg) {
    SERVED(streams, .drain_max = EDO_OFF, .cancel_max = EDO_OFF, .header_timeout = EDO_OFF,
           .idle_timeout = EDO_OFF, .body_timeout = EDO_OFF, .write_timeout = EDO_OFF);
    ask(&s, &h, "GET / HTTP/1.1\r\nhost: x\r\n" CLOSE "\r\n");
    CHECK(has(&h, "streamed"));
    return serve_end(&s);
}

static void all_limits_can_be_off(void **state) {
    (void)state;
    assert_int_equal(inside(unlimited, NULL), 0);
}

static int slow_head(void *arg) {
    SERVED(streams, .header_timeout = edo_s(60), .body_timeout = edo_ms(100));
    edo_stream *c = client_of(&s);
    say(c, "GET / HT");
    CHECK_EQ(edo_sleep(edo_s(40)), 0);
    say(c, "TP/1.1\r\nhost: x\r\n" CLOSE "\r\n");
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, "streamed"));
    edo_close(c);
    return serve_end(&s);
}

static void head_has_its_own_time_and_not_that_of_bodies(void **state) {
    (void)state;
    assert_int_equal(inside(slow_head, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_to_version_1_0_ends_with_the_connection),
        cmocka_unit_test(head_of_a_stream_is_sent_before_its_first_write),
        cmocka_unit_test(status_that_is_no_final_one_is_500),
        cmocka_unit_test(continue_is_sent_also_when_the_output_is_full),
        cmocka_unit_test(head_of_a_stream_follows_the_body_that_was_invited),
        cmocka_unit_test(refusal_after_an_upgrade_elsewhere_is_no_upgrade),
        cmocka_unit_test(upgrade_without_its_connection_option_is_none),
        cmocka_unit_test(handler_of_an_upgrade_sees_the_end_of_input_itself),
        cmocka_unit_test(file_to_a_client_that_reads_nothing_fails),
        cmocka_unit_test(flood_of_requests_lets_other_tasks_run),
        cmocka_unit_test(all_limits_can_be_off),
        cmocka_unit_test(head_has_its_own_time_and_not_that_of_bodies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
