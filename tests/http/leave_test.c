/* SPDX-License-Identifier: MIT */
/* Goal: a client that says goodbye and does not read keeps its place, and what the kernel holds for
 * it is given up when it has been too slow; one that reads late gets all.
 * Method: responses that fit into the kernel's buffer at the server's end, and not into that of the
 * client, which is reset, or whose place a second client waits for. */
#include "tcp_server.h"

#define HEAD "GET / HTTP/1.1\r\nhost: x\r\n\r\n"

static char large[BUFFER_BYTES];

static struct {
    bool takes_first; /* the first client has room for all of its response from now on */
    bool was_early;   /* the second client was served before that */
    bool is_served;   /* the second client was */
} seen;

static int hands_out(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    if (edo_str_equal(req->target, EDO_STR("/second"))) {
        seen.was_early = !seen.takes_first;
        seen.is_served = true;
        return edo_response_text(res, EDO_STATUS_OK, EDO_STR("second"));
    }
    return edo_response_data(res, EDO_STATUS_OK, EDO_STR("x/y"), (edo_str){ large, sizeof large });
}

/* A client with a small buffer, which has asked for the large response. */
static edo_stream *asks(served *s) {
    edo_stream *c;
    EDO_TEST_OK(edo_tcp_connect(&c, s->address, &(edo_tcp_opts){ .recv_buffer = 4096 }));
    say(c, HEAD);
    return c;
}

static bool is_reset(edo_stream *c) {
    struct tcp_info info = { 0 };
    socklen_t bytes = sizeof info;
    CHECK_EQ(getsockopt(edo_stream_fd(c), IPPROTO_TCP, TCP_INFO, &info, &bytes), 0);
    return info.tcpi_state == TCP_CLOSE;
}

/* The rest of the response arrives, and then the end. */
static void reads_all(edo_stream *c) {
    heard h = { 0 };
    char bytes[65536];
    int n;
    seen.takes_first = true; // its kernel may have all before this thread reads the end
    EDO_TEST_OK(edo_tcp_set_recv_buffer(c, sizeof large)); // it opens its window
    CHECK(hear_until(c, &h, "\r\n\r\n"));
    size_t all = h.len - (size_t)(strstr(h.text, "\r\n\r\n") + 4 - h.text);
    while (all < sizeof large && (n = edo_read(c, bytes, sizeof bytes)) > 0) all += (size_t)n;
    CHECK_EQ(all, sizeof large);
    CHECK_EQ(edo_read(c, bytes, sizeof bytes), 0);
}

/* ---- Clients that do not read ---------------------------------------------------------------- */

/* What ends the connection. */
typedef struct way {
    bool half_closes;
    edo_http_server_opts opts;
} way;

static int does_not_read(void *arg) {
    const way *w = arg;
    served s = { .handler = hands_out, .opts = w->opts, .tcp = SMALL_BUFFERS };
    s.opts.rate_min = 1u << 30;
    if (s.opts.rate_grace.ns == 0) s.opts.rate_grace = edo_ms(100);
    serve_begin(&s);
    edo_stream *c = asks(&s);
    if (w->half_closes) EDO_TEST_OK(edo_shutdown(c));
    WAIT_FOR(is_reset(c));
    edo_close(c);
    return serve_end(&s);
}

static void client_that_does_not_read_is_reset(void **state) {
    const way ways[] = {
        { .half_closes = true },
        { .opts = { .idle_timeout = edo_ms(50) } },
        { .half_closes = true, .opts = { .rate_grace = EDO_OFF, .write_timeout = edo_ms(100) } },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(ways); i++)
        assert_int_equal(inside_real(does_not_read, (void *)(uintptr_t)&ways[i]), 0);
}

/* ---- Places ---------------------------------------------------------------------------------- */

static int asks_second(void *arg) {
    heard h = { 0 };
    ask(arg, &h, "GET /second HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    CHECK(has(&h, "second"));
    return 0;
}

static int keeps_place(void *arg) {
    served s = { .handler = hands_out,
                 .opts = { .conns_max = 1, .no_keep_alive = true },
                 .tcp = SMALL_BUFFERS };
    (void)arg;
    memset(&seen, 0, sizeof seen);
    serve_begin(&s);
    edo_stream *c = asks(&s);
    EDO_TEST_OK(edo_shutdown(c));
    edo_task *second = edo_spawn(asks_second, &s);
    CHECK(second != NULL);
    CHECK_EQ(edo_sleep(edo_ms(200)), 0); // the second one would be served meanwhile
    reads_all(c);
    edo_close(c);
    CHECK_EQ(edo_task_join(second), 0);
    CHECK(seen.is_served);
    CHECK(!seen.was_early);
    return serve_end(&s);
}

static void place_is_kept_until_all_is_taken(void **state) {
    (void)state;
    assert_int_equal(inside_real(keeps_place, NULL), 0);
}

#define STALLED_MS 150 /* a client that takes nothing for so long has given up */

/* Reads some bytes of the large response; returns how many. */
static size_t reads_some(edo_stream *c) {
    char bytes[4096];
    int n = edo_read(c, bytes, sizeof bytes);
    CHECK(n > 0);
    return (size_t)n;
}

/* All responses are in the kernel. The first client reads its own without haste, the second one
 * does not read, and a third one comes. */
static int makes_way(void *arg) {
    served s = { .handler = hands_out,
                 .opts = { .conns_max = 2, .rate_grace = edo_ms(STALLED_MS) },
                 .tcp = SMALL_BUFFERS };
    (void)arg;
    memset(&seen, 0, sizeof seen);
    serve_begin(&s);
    edo_stream *slow = asks(&s), *silent = asks(&s);
    heard h = { 0 };
    CHECK(hear_until(silent, &h, "\r\n\r\n"));
    h = (heard){ 0 };
    CHECK(hear_until(slow, &h, "\r\n\r\n"));
    size_t all = h.len - (size_t)(strstr(h.text, "\r\n\r\n") + 4 - h.text);
    edo_task *third = edo_spawn(asks_second, &s);
    CHECK(third != NULL);
    while (!seen.is_served) {
        all += reads_some(slow);
        CHECK_EQ(edo_sleep(edo_ms(10)), 0);
    }
    CHECK(all < sizeof large);
    CHECK_EQ(edo_task_join(third), 0);
    WAIT_FOR(is_reset(silent));
    edo_close(silent);
    while (all < sizeof large) all += reads_some(slow);
    edo_close(slow);
    return serve_end(&s);
}

static void client_that_does_not_read_makes_way_and_one_that_reads_does_not(void **state) {
    (void)state;
    assert_int_equal(inside_real(makes_way, NULL), 0);
}

#define WAITED_MS 300 /* for a client that has not taken all */

/* The only client reads without haste, so that it takes some at each look. */
static int is_waited_for(void *arg) {
    served s = {
        .handler = hands_out,
        .opts = { .conns_max = 1, .rate_grace = EDO_OFF, .write_timeout = edo_ms(WAITED_MS) },
        .tcp = SMALL_BUFFERS
    };
    heard h = { 0 };
    const bool *says_goodbye = arg;
    memset(&seen, 0, sizeof seen);
    serve_begin(&s);
    edo_stream *slow = asks(&s);
    if (*says_goodbye) EDO_TEST_OK(edo_shutdown(slow));
    CHECK(hear_until(slow, &h, "\r\n\r\n"));
    edo_task *second = edo_spawn(asks_second, &s);
    CHECK(second != NULL);
    while (!seen.is_served) {
        char some[256];
        CHECK(edo_read(slow, some, sizeof some) != 0); // it is reset, and not ended
        CHECK_EQ(edo_sleep(edo_ms(5)), 0);
    }
    CHECK(is_reset(slow));
    CHECK_EQ(edo_task_join(second), 0);
    edo_close(slow);
    return serve_end(&s);
}

static void client_that_reads_slowly_keeps_its_place_for_a_time(void **state) {
    bool says_goodbye[] = { false, true };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(says_goodbye); i++)
        assert_int_equal(inside_real(is_waited_for, &says_goodbye[i]), 0);
}

/* What a client is to do with the place that it has once it has all. */
static int becomes_idle(void *arg) {
    served s = { .handler = hands_out,
                 .opts = { .conns_max = 1, .rate_grace = edo_s(60) },
                 .tcp = SMALL_BUFFERS };
    (void)arg;
    memset(&seen, 0, sizeof seen);
    serve_begin(&s);
    edo_stream *c = asks(&s);
    heard h = { 0 };
    CHECK(hear_until(c, &h, "\r\n\r\n"));
    edo_task *second = edo_spawn(asks_second, &s);
    CHECK(second != NULL);
    CHECK_EQ(edo_sleep(edo_ms(200)), 0); // the second one would be served meanwhile
    size_t all = h.len - (size_t)(strstr(h.text, "\r\n\r\n") + 4 - h.text);
    seen.takes_first = true;
    while (all < sizeof large) all += reads_some(c);
    CHECK_EQ(edo_task_join(second), 0);
    CHECK(!seen.was_early);
    edo_close(c);
    return serve_end(&s);
}

static void client_is_idle_once_it_has_all(void **state) {
    (void)state;
    assert_int_equal(inside_real(becomes_idle, NULL), 0);
}

/* ---- The end of the server ------------------------------------------------------------------- */

/* It waits for no client that has nothing but unread bytes, and these still arrive. */
static int ends_before(void *arg) {
    served s = { .handler = hands_out,
                 .opts = { .write_timeout = EDO_OFF, .rate_grace = EDO_OFF },
                 .tcp = SMALL_BUFFERS };
    heard h = { 0 };
    serve_begin(&s);
    edo_stream *c = asks(&s);
    EDO_TEST_OK(edo_peek(c, h.text, 1) == 1 ? 0 : -EIO);
    if (*(const bool *)arg) EDO_TEST_OK(edo_shutdown(c));
    CHECK_EQ(edo_sleep(edo_ms(50)), 0); // most often it leaves now
    CHECK_EQ(serve_end(&s), 0);
    reads_all(c);
    edo_close(c);
    return 0;
}

static void end_of_the_server_leaves_it_to_the_kernel(void **state) {
    bool half_closes[] = { false, true };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(half_closes); i++)
        assert_int_equal(inside_real(ends_before, &half_closes[i]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_that_does_not_read_is_reset),
        cmocka_unit_test(place_is_kept_until_all_is_taken),
        cmocka_unit_test(client_that_does_not_read_makes_way_and_one_that_reads_does_not),
        cmocka_unit_test(client_that_reads_slowly_keeps_its_place_for_a_time),
        cmocka_unit_test(client_is_idle_once_it_has_all),
        cmocka_unit_test(end_of_the_server_leaves_it_to_the_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
