/* SPDX-License-Identifier: MIT */
/* Goal: a drain loses no request that has arrived, and newcomers do not wait for idle connections.
 * Method: requests that lie in the socket, or in the listen queue, when the drain begins. */
#include "tcp_server.h"

#include <edo/drain.h>

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

/* A request that is under way when the drain begins, on a connection that was idle for `arg`. */
static int late_by_a_little(void *arg) {
    const edo_duration *idle = arg;
    served s = { .handler = hello };
    heard h = { 0 };
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    say(c, HEAD);
    CHECK(hear_until(c, &h, "hello"));
    CHECK_EQ(edo_sleep(*idle), 0);
    edo_task_cancel(s.task);
    CHECK_EQ(edo_sleep(edo_ms(50)), 0);
    say(c, HEAD);
    h = (heard){ 0 };
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, "hello") && has(&h, "connection: close\r\n"));
    edo_close(c);
    return serve_end(&s);
}

static void idle_connection_has_a_last_call(void **state) {
    (void)state;
    edo_duration idle[] = { edo_ms(0), edo_ms(99), edo_ms(101), edo_s(50) };
    for (size_t i = 0; i < EDO_COUNT(idle); i++)
        assert_int_equal(inside(late_by_a_little, &idle[i]), 0);
}

static char large[2 * HELD_MAX];

static int large_first(edo_request *req, edo_response *res, void *arg) {
    if (!edo_str_equal(req->target, EDO_STR("/large"))) return hello(req, res, arg);
    return edo_response_data(res, EDO_STATUS_OK, EDO_STR("x/y"), (edo_str){ large, sizeof large });
}

/* The first response, which promises that the connection stays, is being sent when the drain
 * begins, and for longer than idle connections have. */
static int behind_a_response(void *arg) {
    (void)arg;
    static char bytes[65536];
    served s = { .handler = large_first, .tcp = SMALL_BUFFERS };
    heard h = { 0 };
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    say(c, "GET /large HTTP/1.1\r\nhost: x\r\n\r\n");
    CHECK(hear_until(c, &h, "\r\n\r\n"));
    CHECK(!has(&h, "connection: close"));
    size_t left = sizeof large - (h.len - (size_t)(strstr(h.text, "\r\n\r\n") + 4 - h.text));
    edo_task_cancel(s.task);
    CHECK_EQ(edo_sleep(edo_ms(200)), 0);
    say(c, HEAD);
    for (size_t n; left > 0; left -= n) {
        n = left < sizeof bytes ? left : sizeof bytes;
        EDO_TEST_OK(edo_read_exact(c, bytes, n));
    }
    h = (heard){ 0 };
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, "hello") && has(&h, "connection: close\r\n"));
    edo_close(c);
    return serve_end(&s);
}

static void request_that_arrived_behind_a_response_is_served(void **state) {
    (void)state;
    assert_int_equal(inside_real(behind_a_response, NULL), 0);
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

/* Reads the last response, and closes: the server waits for that. */
static void hear_plainly(int fd) {
    char text[1024] = { 0 };
    size_t len = 0;
    ssize_t n = 1;
    while (n != 0) {
        WAIT_FOR((n = recv(fd, text + len, sizeof text - 1 - len, MSG_DONTWAIT)) >= 0);
        len += (size_t)n;
    }
    CHECK(strstr(text, "hello") && strstr(text, "connection: close\r\n"));
    CHECK_EQ(close(fd), 0);
}

static int queued(void *arg) {
    (void)arg;
    int fds[QUEUE_N];
    heard h;
    served s = { .handler = hello };
    serve_begin(&s);
    ask(&s, &h, "GET / HTTP/1.0\r\n\r\n"); // it accepts
    for (int i = 0; i < QUEUE_N; i++) fds[i] = connect_plainly(edo_listener_port(s.listener));
    edo_task_cancel(s.task);
    for (int i = 0; i < QUEUE_N; i++) hear_plainly(fds[i]);
    return serve_end(&s);
}

static void connections_in_the_listen_queue_are_served(void **state) {
    (void)state;
    assert_int_equal(inside_real(queued, NULL), 0);
}

/* Goes on when the server drains. `arg`: how many have begun. */
static int waits(edo_request *req, edo_response *res, void *arg) {
    ++*(int *)arg;
    int err = edo_cancel_wait(edo_request_drain(req));
    return err < 0 ? err : hello(req, res, arg);
}

/* One client is served, one is accepted and waits for a place, the others are in the queue. */
static int queued_at_full(void *arg) {
    (void)arg;
    int fds[4], begun_n = 0;
    served s = { .handler = waits, .arg = &begun_n, .opts = { .conns_max = 1 } };
    serve_begin(&s);
    for (size_t i = 0; i < EDO_COUNT(fds); i++)
        fds[i] = connect_plainly(edo_listener_port(s.listener));
    WAIT_FOR_EQ(begun_n, 1);
    WAIT_FOR_EQ(queued_n(s.listener), 2);
    edo_task_cancel(s.task);
    for (size_t i = 0; i < EDO_COUNT(fds); i++) hear_plainly(fds[i]);
    return serve_end(&s);
}

static void connections_that_wait_for_a_full_server_are_served(void **state) {
    (void)state;
    assert_int_equal(inside_real(queued_at_full, NULL), 0);
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
    assert_int_equal(inside_real(never_started, NULL), 0);
}

/* A program of a store and a server, of which a handler had to be cancelled. */
static bool sleeps_now;

static int sleeps_long(edo_request *req, edo_response *res, void *arg) {
    sleeps_now = true;
    int err = edo_sleep(edo_s(50));
    return err < 0 ? err : hello(req, res, arg);
}

static int closes_store(void *closed) {
    *(bool *)closed = true;
    return 0;
}

static int runs_parts(void *arg) {
    return edo_drain_run(arg, 2, NULL);
}

static int ended_in_order(void *arg) {
    bool is_closed = false;
    served s = { .handler = sleeps_long, .opts = { .drain_max = edo_ms(50) } };
    (void)arg;
    EDO_TEST_OK(edo_tcp_listen(&s.listener, "127.0.0.1:0", NULL));
    (void)snprintf(s.address, sizeof s.address, "127.0.0.1:%u",
                   (unsigned)edo_listener_port(s.listener));
    s.opts.listeners = &s.listener;
    s.opts.listeners_n = 1;
    edo_drain_part parts[] = { { .name = "store", .end = closes_store, .arg = &is_closed },
                               { .name = "web", .run = served_main, .arg = &s } };
    s.task = edo_spawn(runs_parts, parts);
    edo_stream *c = client_of(&s);
    say(c, HEAD);
    WAIT_FOR(sleeps_now);
    CHECK_EQ(serve_end(&s), 0);
    CHECK(is_closed); // nothing uses it any more
    edo_close(c);
    return 0;
}

static void parts_before_a_server_are_ended_though_handlers_were_cancelled(void **state) {
    (void)state;
    assert_int_equal(inside_real(ended_in_order, NULL), 0);
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

static int connect_to(edo_stream **out, edo_listener *door) {
    edo_addr at;
    int err = edo_listener_addr(door, &at);
    return err < 0 ? err : edo_tcp_connect_addr(out, &at, NULL);
}

static int full(void *arg) {
    (void)arg;
    served s = { .handler = hello, .opts = { .conns_max = 2 } };
    heard h = { 0 };
    serve_begin(&s);
    edo_stream *oldest = client_of(&s), *second = client_of(&s);
    say(oldest, HEAD);
    CHECK(hear_until(oldest, &h, "hello"));
    EDO_TEST_OK(edo_time_advance(edo_ms(10)));
    h = (heard){ 0 };
    say(second, HEAD);
    CHECK(hear_until(second, &h, "hello"));
    edo_instant start = edo_now();
    edo_stream *newcomer = client_of(&s);
    h = (heard){ 0 };
    say(newcomer, HEAD);
    WAIT_FOR_EQ(queued_n(s.listener), 0);
    EDO_TEST_OK(edo_time_advance(edo_ms(120))); // 100 ms for a request that comes just now
    CHECK(hear_until(newcomer, &h, "hello"));
    CHECK_EQ(ms_since(start), 120);
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
    assert_int_equal(inside_by_hand(full, NULL), 0);
}

static int open_n(edo_stream *const *clients, size_t n) {
    char byte;
    int open = 0;
    for (size_t i = 0; i < n; i++) open += edo_try_read(clients[i], &byte, 1) == -EAGAIN;
    return open;
}

/* Two newcomers at two listeners, each with an acceptor of its own, while three connections are
 * idle: two of them go, though the place of the first goes to the newcomer that came first. */
static int full_at_two_doors(void *arg) {
    (void)arg;
    heard h = { 0 };
    edo_listener *doors[2];
    edo_stream *old[3], *new[2];
    served s = { .handler = hello, .opts = { .conns_max = EDO_COUNT(old) } };
    for (size_t i = 0; i < EDO_COUNT(doors); i++)
        EDO_TEST_OK(edo_tcp_listen(&doors[i], "127.0.0.1:0", NULL));
    s.opts.listeners = doors;
    s.opts.listeners_n = EDO_COUNT(doors);
    s.task = edo_spawn(served_main, &s);
    for (size_t i = 0; i < EDO_COUNT(old); i++) {
        EDO_TEST_OK(connect_to(&old[i], doors[0]));
        say(old[i], HEAD);
        h = (heard){ 0 };
        CHECK(hear_until(old[i], &h, "hello"));
    }
    edo_instant start = edo_now();
    EDO_TEST_OK(edo_time_advance(edo_ms(90))); // nothing goes yet
    for (size_t i = 0; i < EDO_COUNT(new); i++) {
        EDO_TEST_OK(connect_to(&new[i], doors[i]));
        say(new[i], HEAD);
        WAIT_FOR_EQ(queued_n(doors[i]), 0);
        EDO_TEST_OK(edo_time_advance(edo_ms(13)));
    }
    EDO_TEST_OK(edo_time_advance(edo_ms(14)));
    for (size_t i = 0; i < EDO_COUNT(new); i++) {
        h = (heard){ 0 };
        CHECK(hear_until(new[i], &h, "hello"));
    }
    CHECK_EQ(ms_since(start), 130);
    WAIT_FOR_EQ(open_n(old, EDO_COUNT(old)), 1);
    for (size_t i = 0; i < EDO_COUNT(old); i++) {
        char byte;
        h = (heard){ 0 };
        if (edo_try_read(old[i], &byte, 1) == -EAGAIN) {
            say(old[i], HEAD); // it stays
            CHECK(hear_until(old[i], &h, "hello"));
        }
        edo_close(old[i]);
    }
    for (size_t i = 0; i < EDO_COUNT(new); i++) edo_close(new[i]);
    edo_task_cancel(s.task);
    int err = edo_task_join(s.task);
    for (size_t i = 0; i < EDO_COUNT(doors); i++) edo_listener_close(doors[i]);
    return err;
}

static void each_of_several_newcomers_has_the_place_of_an_idle_connection(void **state) {
    (void)state;
    assert_int_equal(inside_by_hand(full_at_two_doors, NULL), 0);
}

/* A client that asks again and again is not idle between two of its requests. */
static int full_of_use(void *arg) {
    (void)arg;
    served s = { .handler = hello, .opts = { .conns_max = 1 } };
    heard h = { 0 };
    serve_begin(&s);
    edo_stream *c = client_of(&s), *newcomer = client_of(&s);
    say(newcomer, HEAD);
    WAIT_FOR_EQ(queued_n(s.listener), 0);
    for (int i = 0; i < 10; i++) {
        say(c, HEAD);
        h = (heard){ 0 };
        CHECK(hear_until(c, &h, "hello"));
        EDO_TEST_OK(edo_time_advance(edo_ms(50)));
    }
    char byte;
    CHECK_EQ(edo_try_read(newcomer, &byte, 1), -EAGAIN);
    PASS_UNTIL(edo_try_read(c, &byte, 1) == 0); // it has been idle for long enough
    h = (heard){ 0 };
    CHECK(hear_until(newcomer, &h, "hello"));
    edo_close(c);
    edo_close(newcomer);
    return serve_end(&s);
}

static void connection_in_use_makes_no_place_for_a_newcomer(void **state) {
    (void)state;
    assert_int_equal(inside_by_hand(full_of_use, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_that_arrived_before_the_drain_is_served),
        cmocka_unit_test(idle_connection_has_a_last_call),
        cmocka_unit_test(request_that_arrived_behind_a_response_is_served),
        cmocka_unit_test(connections_in_the_listen_queue_are_served),
        cmocka_unit_test(connections_that_wait_for_a_full_server_are_served),
        cmocka_unit_test(server_that_failed_to_start_serves_nobody),
        cmocka_unit_test(parts_before_a_server_are_ended_though_handlers_were_cancelled),
        cmocka_unit_test(lingering_is_no_failure_of_the_drain),
        cmocka_unit_test(oldest_idle_connection_makes_place_for_a_newcomer),
        cmocka_unit_test(each_of_several_newcomers_has_the_place_of_an_idle_connection),
        cmocka_unit_test(connection_in_use_makes_no_place_for_a_newcomer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
