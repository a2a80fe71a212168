/* SPDX-License-Identifier: MIT */
/* Goal: a client that has ended its input ends its handler, and gets all of a response that was
 * made, until the server itself ends it. Method: clients that end their half at each stage. */
#include "tcp_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD "GET / HTTP/1.1\r\nhost: x\r\n\r\n"

static int begun_n, done_n; /* calls of handlers in the test, of which it waits for those */

static int sleeps(edo_request *req, edo_response *res, void *arg) {
    (void)req;
    begun_n++;
    int err = edo_sleep(edo_s(50));
    *(int *)arg = err == 0 ? 1 : err;
    return err < 0 ? err : edo_response_text(res, EDO_STATUS_OK, EDO_STR("slept"));
}

static int sleep_shielded(edo_duration d) {
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(60));
    int err = edo_sleep(d);
    return edo_shield_end(&sh, err);
}

/* ---- Handlers -------------------------------------------------------------------------------- */

static int half_closed(void *arg) {
    (void)arg;
    int result = 0;
    heard h = { 0 };
    served s = { .handler = sleeps,
                 .arg = &result,
                 .opts = { .half_close = true, .idle_timeout = EDO_OFF } };
    serve_begin(&s);
    edo_stream *c = client_of(&s);
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

/* What it reads from, which is not its client, has ended, too. */
static int loses_its_source(edo_request *req, edo_response *res, void *arg) {
    int err = sleeps(req, res, arg);
    return err < 0 ? -EDO_EEOF : 0;
}

/* Nobody can tell whether it still reads: it gets no response, and none that says 500. */
static int half_closed_unserved(void *arg) {
    int result = 0;
    heard h = { 0 };
    served s = { .handler = *(edo_http_handler **)arg, .arg = &result };
    begun_n = 0;
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    say(c, HEAD HEAD);
    WAIT_FOR_EQ(begun_n, 1);
    EDO_TEST_OK(edo_shutdown(c));
    CHECK(hear_until(c, &h, NULL));
    CHECK_EQ(h.len, 0);
    CHECK_EQ(result, -ECANCELED); // else it had slept for 50 s
    edo_close(c);
    return serve_end(&s);
}

static void half_closed_client_gets_no_failure(void **state) {
    edo_http_handler *handlers[] = { sleeps, loses_its_source };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(handlers); i++)
        assert_int_equal(inside_real(half_closed_unserved, &handlers[i]), 0);
}

static int reads_all(edo_request *req, edo_response *res, void *arg) {
    edo_str body;
    int err = edo_request_collect(req, &body, 1000);
    *(int *)arg = err;
    return err < 0 ? err : edo_response_data(res, EDO_STATUS_OK, EDO_STR("x/y"), body);
}

static int half_a_body(void *arg) {
    (void)arg;
    int result = 0;
    heard h = { 0 };
    served s = { .handler = reads_all, .arg = &result, .opts = { .half_close = true } };
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    say(c, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc");
    EDO_TEST_OK(edo_shutdown(c));
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, "HTTP/1.1 400 Bad Request\r\n"));
    CHECK_EQ(result, -EDO_EEOF);
    edo_close(c);
    return serve_end(&s);
}

static void body_that_ends_early_is_400(void **state) {
    (void)state;
    assert_int_equal(inside(half_a_body, NULL), 0);
}

/* ---- Responses ------------------------------------------------------------------------------- */

static char large[2 * HELD_MAX];

static int all_large(edo_response *res) {
    return edo_response_data(res, EDO_STATUS_OK, EDO_STR("x/y"), (edo_str){ large, sizeof large });
}

/* At /kept it goes on although its client has left, elsewhere it does not wait. */
static int large_first(edo_request *req, edo_response *res, void *arg) {
    if (edo_str_equal(req->target, EDO_STR("/"))) return sleeps(req, res, arg);
    begun_n++;
    if (edo_str_equal(req->target, EDO_STR("/kept"))) {
        CHECK_EQ(edo_sleep(edo_s(50)), -ECANCELED);
    }
    return all_large(res);
}

/* Reads up to the end of the connection, which `*err` tells. Returns the number of bytes. */
static uint64_t read_rest(edo_stream *c, int *err) {
    char bytes[65536];
    uint64_t all = 0;
    while ((*err = edo_read(c, bytes, sizeof bytes)) > 0) all += (uint64_t)*err;
    return all;
}

/* Time passes while the client does not read. */
static void let_pass(edo_duration d) {
    EDO_TEST_OK(edo_time_pause());
    EDO_TEST_OK(edo_time_advance(d));
    EDO_TEST_OK(edo_time_resume());
}

/* `arg`: the target of the large response. */
static int half_closed_taken(void *arg) {
    int result = 0, err;
    heard h = { 0 };
    served s = { .handler = large_first, .arg = &result, .tcp = SMALL_BUFFERS };
    begun_n = 0;
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    (void)snprintf(h.text, sizeof h.text, "GET %s HTTP/1.1\r\nhost: x\r\n\r\n" HEAD,
                   (const char *)arg);
    say(c, h.text);
    EDO_TEST_OK(edo_shutdown(c));
    WAIT_FOR_EQ(begun_n, 1);
    h.text[0] = 0;
    CHECK(hear_until(c, &h, "\r\n\r\n"));
    CHECK(has(&h, "HTTP/1.1 200 OK\r\n"));
    let_pass(edo_s(20)); // less than `write_timeout`
    uint64_t body = h.len - (size_t)(strstr(h.text, "\r\n\r\n") + 4 - h.text);
    body += read_rest(c, &err);
    CHECK_EQ(err, 0);
    CHECK_EQ(body, sizeof large);
    CHECK_EQ(result, -ECANCELED); // of the next
    edo_close(c);
    return serve_end(&s);
}

static void response_that_was_made_goes_out_to_a_half_closed_client(void **state) {
    (void)state;
    assert_int_equal(inside_real(half_closed_taken, (void *)(uintptr_t) "/large"), 0);
    assert_int_equal(inside_real(half_closed_taken, (void *)(uintptr_t) "/kept"), 0);
}

/* ---- Two bursts ------------------------------------------------------------------------------ */

typedef struct second_seen {
    bool was_lost, is_lost; /* at its begin, and once the connection was watched */
    int result;
} second_seen;

/* The second one outlives its client's leaving. */
static int large_then_seen(edo_request *req, edo_response *res, void *arg) {
    second_seen *seen = arg;
    if (edo_str_equal(req->target, EDO_STR("/large"))) return all_large(res);
    seen->was_lost = edo_request_is_lost(req);
    CHECK_EQ(sleep_shielded(edo_ms(50)), 0);
    seen->is_lost = edo_request_is_lost(req);
    seen->result = edo_sleep(edo_s(50));
    return -EIO;
}

/* Is the end of what the client at `fd` writes at the server's socket? */
static bool has_left(int fd) {
    struct tcp_info info = { 0 };
    socklen_t bytes = sizeof info;
    CHECK_EQ(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &bytes), 0);
    return info.tcpi_state == TCP_FIN_WAIT2; // it has been acknowledged
}

/* The first burst sees the end of the input, and responds; the second request is the next one's. */
static int left_between(void *arg) {
    (void)arg;
    second_seen seen = { 0 };
    int err;
    heard h = { 0 };
    served s = { .handler = large_then_seen, .arg = &seen, .tcp = SMALL_BUFFERS };
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    say(c, "GET /large HTTP/1.1\r\nhost: x\r\n\r\n");
    CHECK(hear_until(c, &h, "\r\n\r\n")); // it has begun to respond
    say(c, HEAD);
    EDO_TEST_OK(edo_shutdown(c));
    WAIT_FOR(has_left(edo_stream_fd(c)));
    EDO_TEST_OK(edo_test_settle()); // it has seen that
    uint64_t body = h.len - (size_t)(strstr(h.text, "\r\n\r\n") + 4 - h.text);
    body += read_rest(c, &err);
    CHECK_EQ(err, 0);
    CHECK_EQ(body, sizeof large); // and no 500 behind it
    CHECK(seen.was_lost && seen.is_lost);
    CHECK_EQ(seen.result, -ECANCELED);
    edo_close(c);
    return serve_end(&s);
}

static void client_that_has_left_has_left_the_next_burst(void **state) {
    (void)state;
    assert_int_equal(inside_real(left_between, NULL), 0);
}

/* ---- The end of a drain ---------------------------------------------------------------------- */

static void note_drop(void *arg) {
    *(bool *)arg = true;
}

static edo_sem may_respond;

/* Responds once it may, to a client that may have left meanwhile, and does not read. */
static int large_and_late(edo_request *req, edo_response *res, void *arg) {
    (void)req, (void)arg;
    begun_n++;
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(60));
    CHECK_EQ(edo_sem_acquire(&may_respond, 1), 0);
    (void)edo_shield_end(&sh, 0);
    done_n++;
    return all_large(res);
}

/* Lets it respond, after the server has seen whatever the client has done. */
static void let_respond(void) {
    EDO_TEST_OK(edo_test_settle());
    edo_sem_release(&may_respond, 1);
    WAIT_FOR_EQ(done_n, 1);
}

/* `arg`: does it half-close? */
static int drained(void *arg) {
    bool dropped = false;
    int err;
    served s = { .handler = large_and_late,
                 .arg = &dropped,
                 .opts = { .drain_max = edo_ms(100), .cancel_max = edo_s(30), .drop = note_drop },
                 .tcp = SMALL_BUFFERS };
    begun_n = done_n = 0;
    edo_sem_init(&may_respond, 0);
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    say(c, HEAD);
    WAIT_FOR_EQ(begun_n, 1);
    if (*(const bool *)arg) {
        EDO_TEST_OK(edo_shutdown(c));
        WAIT_FOR(has_left(edo_stream_fd(c)));
    }
    let_respond();
    CHECK_EQ(serve_end(&s), 0);
    CHECK(dropped); // nothing of it is sent any more
    CHECK(read_rest(c, &err) < sizeof large);
    CHECK_EQ(err, -ECONNRESET);
    edo_close(c);
    return 0;
}

static void end_of_a_drain_ends_the_response_to_a_half_closed_client(void **state) {
    (void)state;
    for (int is_half = 0; is_half < 2; is_half++)
        assert_int_equal(inside_real(drained, &(bool){ is_half }), 0);
}

/* A client without the runtime, which the runtime's end does not end. */
static int connect_plainly(uint16_t port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int bytes = BUFFER_BYTES;
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    CHECK(fd >= 0);
    CHECK_EQ(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes), 0);
    CHECK_EQ(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    CHECK_EQ(send(fd, HEAD, strlen(HEAD), 0), (int)strlen(HEAD));
    return fd;
}

typedef struct left_behind {
    served s;
    int fd;
} left_behind;

/* The server is a task that nothing stops before the runtime does. */
static int leave_behind(void *arg) {
    left_behind *l = arg;
    begun_n = done_n = 0;
    edo_sem_init(&may_respond, 0);
    serve_begin(&l->s);
    l->fd = connect_plainly(edo_listener_port(l->s.listener));
    WAIT_FOR_EQ(begun_n, 1);
    CHECK_EQ(shutdown(l->fd, SHUT_WR), 0);
    WAIT_FOR(has_left(l->fd));
    edo_listener_unref(l->s.listener);
    edo_task_unref(l->s.task);
    let_respond();
    return 0;
}

static void half_closed_client_does_not_hold_up_the_end_of_the_runtime(void **state) {
    (void)state;
    left_behind l = { .s = { .handler = large_and_late, .tcp = SMALL_BUFFERS } };
    assert_int_equal(inside_real(leave_behind, &l), 0); // within 5 s
    assert_int_equal(close(l.fd), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_closed_client_is_served_by_option),
        cmocka_unit_test(half_closed_client_gets_no_failure),
        cmocka_unit_test(body_that_ends_early_is_400),
        cmocka_unit_test(response_that_was_made_goes_out_to_a_half_closed_client),
        cmocka_unit_test(client_that_has_left_has_left_the_next_burst),
        cmocka_unit_test(end_of_a_drain_ends_the_response_to_a_half_closed_client),
        cmocka_unit_test(half_closed_client_does_not_hold_up_the_end_of_the_runtime),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
