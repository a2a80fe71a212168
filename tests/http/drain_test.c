/* SPDX-License-Identifier: MIT */
/* Goal: a drain loses no request that has arrived, and newcomers do not wait for idle connections.
 * Method: requests that lie in the socket, or in the listen queue, when the drain begins. */
#include "http_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD    "GET / HTTP/1.1\r\nhost: x\r\n\r\n"
#define QUEUE_N 64

static int hello(edo_request *req, edo_response *res, void *arg) {
    (void)req, (void)arg;
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR("hello"));
}

static int kept(void *arg) {
    (void)arg;
    served s = { .handler = hello };
    heard h = { 0 };
    serve_begin(&s);
    edo_stream *c = client_of(&s), *silent = client_of(&s);
    say(c, HEAD);
    CHECK(hear_until(c, &h, "hello"));
    CHECK_EQ(edo_sleep(edo_s(5)), 0);
    say(c, HEAD);
    CHECK_EQ(serve_end(&s), 0);
    h = (heard){ 0 };
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, "hello") && has(&h, "connection: close\r\n"));
    h = (heard){ 0 };
    CHECK(hear_until(silent, &h, NULL));
    CHECK_EQ(h.len, 0);
    edo_close(c);
    edo_close(silent);
    return 0;
}

static void request_that_arrived_before_the_drain_is_served(void **state) {
    (void)state;
    assert_int_equal(inside(kept, NULL), 0);
}

/* A request that is under way when the drain begins. */
static int late_by_a_little(void *arg) {
    (void)arg;
    served s = { .handler = hello };
    heard h = { 0 };
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    say(c, HEAD);
    CHECK(hear_until(c, &h, "hello"));
    edo_task_abort(s.task);
    CHECK_EQ(edo_sleep(edo_ms(50)), 0);
    say(c, HEAD);
    h = (heard){ 0 };
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, "hello") && has(&h, "connection: close\r\n"));
    edo_close(c);
    return serve_end(&s);
}

static void connection_that_was_just_used_has_a_last_call(void **state) {
    (void)state;
    assert_int_equal(inside(late_by_a_little, NULL), 0);
}

/* A client without the runtime, which nothing accepts as long as the test does not wait. */
static int connect_plainly(uint16_t port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    CHECK(fd >= 0);
    CHECK_EQ(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    CHECK_EQ(send(fd, HEAD, strlen(HEAD), 0), (int)strlen(HEAD));
    return fd;
}

static int queued(void *arg) {
    (void)arg;
    int fds[QUEUE_N];
    served s = { .handler = hello };
    serve_begin(&s);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // it accepts
    for (int i = 0; i < QUEUE_N; i++) fds[i] = connect_plainly(edo_listener_port(s.listener));
    CHECK_EQ(serve_end(&s), 0);
    for (int i = 0; i < QUEUE_N; i++) {
        char text[1024] = { 0 };
        CHECK(recv(fds[i], text, sizeof text - 1, 0) > 0);
        CHECK(strstr(text, "hello") && strstr(text, "connection: close\r\n"));
        CHECK_EQ(close(fds[i]), 0);
    }
    return 0;
}

static void connections_in_the_listen_queue_are_served(void **state) {
    (void)state;
    assert_int_equal(inside(queued, NULL), 0);
}

static int waits(edo_request *req, edo_response *res, void *arg) {
    int err = edo_sleep(edo_ms(500));
    return err < 0 ? err : hello(req, res, arg);
}

/* One client is served, one is accepted and waits for a place, the others are in the queue. */
static int queued_at_full(void *arg) {
    (void)arg;
    int fds[4];
    served s = { .handler = waits, .opts = { .conns_max = 1 } };
    serve_begin(&s);
    for (size_t i = 0; i < EDO_COUNT(fds); i++) {
        fds[i] = connect_plainly(edo_listener_port(s.listener));
        CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    }
    CHECK_EQ(serve_end(&s), 0);
    for (size_t i = 0; i < EDO_COUNT(fds); i++) {
        char text[1024] = { 0 };
        CHECK(recv(fds[i], text, sizeof text - 1, 0) > 0);
        CHECK(strstr(text, "hello") && strstr(text, "connection: close\r\n"));
        CHECK_EQ(close(fds[i]), 0);
    }
    return 0;
}

static void connections_that_wait_for_a_full_server_are_served(void **state) {
    (void)state;
    assert_int_equal(inside(queued_at_full, NULL), 0);
}

/* The second of its two addresses is none. */
static int never_started(void *arg) {
    (void)arg;
    served s = { .handler = hello, .opts = { .listen = "no address" } };
    EDO_TEST_OK(edo_tcp_listen(&s.listener, "127.0.0.1:0", NULL));
    s.opts.listeners = &s.listener;
    s.opts.listeners_n = 1;
    int fd = connect_plainly(edo_listener_port(s.listener));
    char byte;
    CHECK(served_main(&s) < 0);
    CHECK(recv(fd, &byte, 1, 0) <= 0);
    CHECK_EQ(close(fd), 0);
    edo_listener_close(s.listener);
    return 0;
}

static void server_that_failed_to_start_serves_nobody(void **state) {
    (void)state;
    assert_int_equal(inside(never_started, NULL), 0);
}

static int lingering(void *arg) {
    (void)arg;
    served s = { .handler = hello, .opts = { .drain_max = edo_ms(500) } };
    heard h = { 0 };
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    say(c, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100000000\r\n\r\n");
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, "hello"));
    CHECK_EQ(serve_end(&s), 0); // it waits for this client to close
    edo_close(c);
    return 0;
}

static void lingering_is_no_failure_of_the_drain(void **state) {
    (void)state;
    assert_int_equal(inside(lingering, NULL), 0);
}

static int full(void *arg) {
    (void)arg;
    served s = { .handler = hello, .opts = { .conns_max = 2 } };
    heard h = { 0 };
    serve_begin(&s);
    edo_stream *oldest = client_of(&s), *second = client_of(&s);
    say(oldest, HEAD);
    CHECK(hear_until(oldest, &h, "hello"));
    CHECK_EQ(edo_sleep(edo_ms(10)), 0);
    h = (heard){ 0 };
    say(second, HEAD);
    CHECK(hear_until(second, &h, "hello"));
    edo_instant start = edo_now();
    edo_stream *newcomer = client_of(&s);
    h = (heard){ 0 };
    say(newcomer, HEAD);
    CHECK(hear_until(newcomer, &h, "hello"));
    CHECK(ms_since(start) <= 120); // 100 ms for a request that comes just now
    h = (heard){ 0 };
    CHECK(hear_until(oldest, &h, NULL));
    CHECK_EQ(h.len, 0);
    say(second, HEAD); // it stays
    CHECK(hear_until(second, &h, "hello"));
    edo_close(oldest);
    edo_close(second);
    edo_close(newcomer);
    return serve_end(&s);
}

static void oldest_idle_connection_makes_place_for_a_newcomer(void **state) {
    (void)state;
    assert_int_equal(inside(full, NULL), 0);
}

/* A client that asks again and again is not idle between two of its requests. */
static int full_of_use(void *arg) {
    (void)arg;
    served s = { .handler = hello, .opts = { .conns_max = 1 } };
    heard h = { 0 };
    serve_begin(&s);
    edo_stream *c = client_of(&s), *newcomer = client_of(&s);
    say(newcomer, HEAD);
    for (int i = 0; i < 10; i++) {
        say(c, HEAD);
        h = (heard){ 0 };
        CHECK(hear_until(c, &h, "hello"));
        CHECK_EQ(edo_sleep(edo_ms(50)), 0);
    }
    h = (heard){ 0 };
    CHECK(hear_until(newcomer, &h, "hello"));
    edo_close(c);
    edo_close(newcomer);
    return serve_end(&s);
}

static void connection_in_use_makes_no_place_for_a_newcomer(void **state) {
    (void)state;
    assert_int_equal(inside(full_of_use, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_that_arrived_before_the_drain_is_served),
        cmocka_unit_test(connection_that_was_just_used_has_a_last_call),
        cmocka_unit_test(connections_in_the_listen_queue_are_served),
        cmocka_unit_test(connections_that_wait_for_a_full_server_are_served),
        cmocka_unit_test(server_that_failed_to_start_serves_nobody),
        cmocka_unit_test(lingering_is_no_failure_of_the_drain),
        cmocka_unit_test(oldest_idle_connection_makes_place_for_a_newcomer),
        cmocka_unit_test(connection_in_use_makes_no_place_for_a_newcomer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
