/* SPDX-License-Identifier: MIT */
/* Goal: a peer of a WebSocket that has gone is no warning of the server's log, a handler that fails
 * is one, with its route, the code and the trail.
 * Method: clients that break off, and one that does not read; what the server logs meanwhile. */
#include "ws_ended.h"

#include <edo/error.h>
#include <edo/log.h>
#include <edo/sse.h>
#include <edo/task.h>
#include <edo/test_log.h>

#include <sys/ioctl.h>

static char large[8 << 20];

static struct {
    bool has_heard; /* a message has come to its handler */
    bool has_left;  /* the client, for which the handler has waited */
} broken_off;

/* Sends from when the peer has gone until the kernel says so. */
static int sends_later(edo_ws *ws, const edo_ws_message *m) {
    int err;
    broken_off.has_heard = true;
    WAIT_FOR(broken_off.has_left);
    while ((err = edo_ws_send(ws, m)) == 0) let_run();
    return over(err);
}

static int fails_later(edo_ws *ws, const edo_ws_message *m) {
    (void)ws, (void)m;
    broken_off.has_heard = true;
    return over(edo_fail(-EIO, "the rooms are closed"));
}

static int handles(edo_web *w) {
    static const edo_ws_handler handler = { .on_message = sends_later };
    return edo_ws_handle(w, &handler, NULL, NULL);
}

static int posts(void *arg) {
    edo_ws *ws = arg;
    edo_ws_frame *f;
    CHECK_EQ(edo_sleep(edo_ms(10)), 0);
    CHECK_EQ(edo_ws_frame_new(&f, &(edo_ws_message){ EDO_WS_TEXT, EDO_STR("news") }), 0);
    CHECK_EQ(edo_ws_post(ws, f), 0);
    edo_ws_frame_unref(f);
    edo_ws_unref(ws);
    return 0;
}

/* Sends until the peer has not read for too long, while another task posts. */
static int sends_on(edo_ws *ws, const edo_ws_message *m) {
    int err = edo_spawn_detached(posts, edo_ws_ref(ws));
    (void)m;
    while (err == 0)
        err = edo_ws_send(ws, &(edo_ws_message){ EDO_WS_TEXT, { large, sizeof large } });
    return over(err);
}

static int sends_much(edo_web *w) {
    static const edo_ws_handler handler = { .on_message = sends_on };
    return edo_ws_handle(w, &handler, NULL, NULL);
}

static int fails(edo_web *w) {
    static const edo_ws_handler handler = { .on_message = fails_later };
    return edo_ws_handle(w, &handler, NULL, NULL);
}

static int fails_in_fiber(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, NULL);
    if (err >= 0) err = edo_ws_recv(ws, &m);
    return err < 0 ? err : fails_later(ws, &m);
}

/* Events whose handler fails at once. */
static int fails_to_open(edo_sse_events *events) {
    (void)events;
    return over(edo_fail(-EIO, "the rooms are closed"));
}

static int fails_to_say_events(edo_web *w) {
    static const edo_sse_handler handler = { .on_open = fails_to_open };
    return edo_sse_handle(w, &handler, NULL, NULL);
}

static int in_fiber(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, NULL);
    if (err >= 0) err = edo_ws_recv(ws, &m);
    return err < 0 ? err : sends_later(ws, &m);
}

/* The bytes that have arrived and are not read. */
static int waiting_n(edo_stream *c) {
    int n = 0;
    CHECK_EQ(ioctl(edo_stream_fd(c), FIONREAD, &n), 0);
    return n;
}

static edo_test_log *log_of_web(void) {
    edo_test_log *log;
    EDO_TEST_OK(edo_test_log_new(&log, &(edo_test_log_opts){ .filter = "web=debug" }));
    return log;
}

/* A client of this server says something and breaks off. Returns what the server says of it. */
static edo_test_log *break_off(edo_web_fn *fn) {
    web_served s = { .opts = { .state = NULL } };
    edo_test_log *log = log_of_web();
    serve_one(&s, fn);
    edo_stream *c = upgraded(&s);
    EDO_TEST_OK(edo_tcp_set_reset_on_close(c, true));
    broken_off.has_heard = broken_off.has_left = false;
    send_frame(c, TEXT, "x", 1);
    if (fn == echo) {
        WAIT_FOR(waiting_n(c) > 0); // it waits in the socket, which is then broken off
    } else {
        WAIT_FOR(broken_off.has_heard);
    }
    edo_close(c);
    broken_off.has_left = true;
    WAIT_FOR(ended.is_over);
    CHECK_EQ(web_end(&s), 0);
    return log;
}

/* The line of a handler that has failed begins so, and says why. */
static void says_failure(edo_test_log *log, const char *begin) {
    const char *line = EDO_TEST_LOGGED(log, begin)->line;
    CHECK(strstr(line, edo_error_name(-EIO)) && strstr(line, "the rooms are closed"));
    edo_test_log_free(log);
}

static void says_gone(edo_test_log *log, bool is_told) {
    CHECK_EQ(edo_test_log_count(log, "WARN"), 0);
    if (is_told) EDO_TEST_LOGGED(log, "DEBUG web: the peer of a WebSocket has gone");
    edo_test_log_free(log);
}

static int logged(void *arg) {
    edo_web_fn *const gone[] = { handles, in_fiber, echo };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(gone); i++) {
        says_gone(break_off(gone[i]), gone[i] != echo);
        CHECK_EQ(ended.code, -ECONNRESET);
    }
    edo_web_fn *const failing[] = { fails, fails_in_fiber };
    for (size_t i = 0; i < EDO_COUNT(failing); i++) {
        says_failure(break_off(failing[i]),
                     " WARN web: the handler of the WebSocket /echo failed: ");
    }
    return 0;
}

static int events_logged(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_test_log *log = log_of_web();
    (void)arg;
    serve_one(&s, fails_to_say_events);
    edo_stream *c = client_of(&s.http);
    say(c, "GET /echo HTTP/1.1\r\nhost: x\r\n\r\n");
    WAIT_FOR(ended.is_over);
    edo_close(c);
    CHECK_EQ(web_end(&s), 0);
    says_failure(log, " WARN web: the handler of the events /echo failed: ");
    return 0;
}

static void handler_of_events_that_fails_is_a_warning(void **state) {
    (void)state;
    assert_int_equal(inside_real(events_logged, NULL), 0);
}

static int not_read(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_test_log *log = log_of_web();
    (void)arg;
    serve_one(&s, sends_much);
    edo_stream *c = upgraded(&s);
    send_frame(c, TEXT, "x", 1);
    wait_for_end(edo_now(), 60000);
    CHECK_EQ(ended.code, -ETIMEDOUT);
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    edo_close(c);
    CHECK_EQ(web_end(&s), 0);
    says_gone(log, true);
    return 0;
}

static void peer_that_does_not_read_is_nothing_to_warn_of(void **state) {
    (void)state;
    assert_int_equal(inside(not_read, NULL), 0);
}

static void peer_that_breaks_off_is_nothing_to_warn_of(void **state) {
    (void)state;
    assert_int_equal(inside_real(logged, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peer_that_breaks_off_is_nothing_to_warn_of),
        cmocka_unit_test(peer_that_does_not_read_is_nothing_to_warn_of),
        cmocka_unit_test(handler_of_events_that_fails_is_a_warning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
