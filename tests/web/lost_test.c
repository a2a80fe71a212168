/* SPDX-License-Identifier: MIT */
/* Goal: a client that leaves is nothing to warn of, however its handler meets that; a handler that
 * fails by itself is.
 * Method: handlers of each kind, clients that reset their connections, and the log in a pipe. */
#include "web_log.h"
#include "ws_client.h"

#include <edo/scope.h>
#include <edo/streams.h>
#include <edo/trace.h>
#include <edo/web_watch.h>

static struct {
    bool is_over, was_lost;
    int code;
} ended;

static int over(edo_web *w, int code) {
    ended.was_lost = edo_request_is_lost(edo_web_request(w));
    ended.code = code;
    ended.is_over = true;
    return code;
}

/* The shield keeps the server from cancelling it, so that the writes meet the end themselves. */
static int sends(edo_web *w) {
    static char bytes[16384];
    edo_stream *out;
    edo_shield sh = edo_shield_begin(edo_s(60));
    int n = edo_web_reply_stream(w, &out, EDO_STATUS_OK, "text/plain");
    while (n >= 0 && (n = edo_write_all(out, bytes, sizeof bytes)) >= 0) n = edo_sleep(edo_ms(1));
    edo_shield_end(&sh);
    return over(w, n);
}

static int reads(edo_web *w) {
    edo_str body;
    edo_shield sh = edo_shield_begin(edo_s(60));
    int err = edo_web_body(w, &body);
    edo_shield_end(&sh);
    return over(w, err);
}

static int upgrades(edo_web *w) {
    edo_ws *ws;
    edo_shield sh = edo_shield_begin(edo_s(60));
    int err = edo_sleep(edo_ms(5));
    if (err == 0) err = edo_ws_upgrade(&ws, w, NULL);
    edo_shield_end(&sh);
    return over(w, err);
}

/* The server cancels it, and it returns a code of its own. */
static int waits(edo_web *w) {
    int err = edo_sleep(edo_s(50));
    return over(w, err < 0 ? -EIO : 0);
}

static int fails(edo_web *w) {
    return over(w, -EIO);
}

static int fails_late(edo_web *w) {
    edo_stream *out;
    int err = edo_web_reply_stream(w, &out, EDO_STATUS_OK, "text/plain");
    return over(w, err < 0 ? err : -EIO);
}

static int is_late(edo_web *w) {
    return over(w, -ETIMEDOUT);
}

static int finds_bad(edo_web *w) {
    return over(w, -EBADMSG);
}

static void break_off(edo_web_fn *fn, const char *request, web_log *log) {
    web_served s = { .http = { .task = NULL } };
    edo_router *r = edo_router_new();
    log_begin(log, (edo_trace_opts){ .level = EDO_LEVEL_DEBUG, .no_time = true });
    edo_router_any(r, "/echo", fn);
    edo_router_wrap(r, edo_trace_layer());
    ended.is_over = false;
    web_begin(&s, r);
    edo_stream *c = client_of(&s.http);
    EDO_TEST_OK(edo_tcp_set_reset_on_close(c, true));
    say(c, request);
    CHECK_EQ(edo_sleep(edo_ms(2)), 0);
    edo_close(c);
    for (int i = 0; i < 10000 && !ended.is_over; i++) CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    CHECK(ended.is_over);
    CHECK_EQ(web_end(&s), 0);
    log_end(log);
}

static int leave(void *arg) {
    static const struct {
        const char *name;
        edo_web_fn *fn;
        const char *request;
    } rows[] = { { "in the response", sends, "GET /echo HTTP/1.1\r\nhost: x\r\n\r\n" },
                 { "in the request", reads,
                   "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc" },
                 { "at an upgrade", upgrades, HELLO "\r\n" },
                 { "while it waits", waits, "GET /echo HTTP/1.1\r\nhost: x\r\n\r\n" } };
    web_log log;
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        break_off(rows[i].fn, rows[i].request, &log);
        bool is_told =
            strstr(log.text, "DEBUG web: ") && strstr(log.text, "/echo: the client has gone: ");
        bool is_well = ended.code < 0 && ended.was_lost && is_told && !strstr(log.text, "WARN") &&
                       !strstr(log.text, "ERROR");
        if (!is_well) (void)fprintf(stderr, "%s: %d, %s\n", rows[i].name, ended.code, log.text);
        CHECK(is_well);
    }
    return 0;
}

static int fail_all(void *arg) {
    static const struct {
        edo_web_fn *fn;
        const char *request, *line;
    } rows[] = {
        { fails, "GET", " WARN web: GET /echo failed: Input" },
        { fails_late, "GET", " WARN web: GET /echo failed: Input" },
        { is_late, "GET", " WARN web: GET /echo failed: Connection timed out" },
        { finds_bad, "GET", " WARN web: GET /echo failed: Bad message" },
        { finds_bad, "POST", "DEBUG web: POST /echo failed: Bad message" },
    };
    web_log log;
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char request[128];
        (void)snprintf(request, sizeof request, "%s /echo HTTP/1.1\r\nhost: x\r\n%s\r\n",
                       rows[i].request, *rows[i].request == 'P' ? "content-length: 1\r\n" : "");
        break_off(rows[i].fn, request, &log);
        const char *first = strstr(log.text, " failed: ");
        bool is_well = strstr(log.text, rows[i].line) && !strstr(first + 1, " failed: ");
        if (!is_well) (void)fprintf(stderr, "%s: %s\n", rows[i].line, log.text);
        CHECK(!ended.was_lost && is_well);
    }
    return 0;
}

static void failure_is_one_line(void **state) {
    (void)state;
    assert_int_equal(inside(fail_all, NULL), 0);
}

static void client_that_leaves_is_nothing_to_warn_of(void **state) {
    (void)state;
    assert_int_equal(inside(leave, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_that_leaves_is_nothing_to_warn_of),
        cmocka_unit_test(failure_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
