/* SPDX-License-Identifier: MIT */
/* Goal: a client that leaves is nothing to warn of, however its handler meets that; a handler that
 * fails by itself is, also by the end of something else, or after a cookie that was changed. Of
 * overloads one a second is.
 * Method: handlers of each kind, clients that reset their connections, and what is logged. */
#include "ws_client.h"

#include <edo/cookies.h>
#include <edo/log.h>
#include <edo/scope.h>
#include <edo/streams.h>
#include <edo/test_log.h>
#include <edo/web_log.h>

static struct {
    bool has_begun, is_over, was_lost;
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
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(60));
    int n = edo_web_reply_stream(w, &out, EDO_STATUS_OK, "text/plain");
    while (n >= 0 && (n = edo_write_all(out, bytes, sizeof bytes)) >= 0) n = edo_sleep(edo_ms(1));
    (void)edo_shield_end(&sh, 0);
    return over(w, n);
}

static int reads(edo_web *w) {
    edo_str body;
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(60));
    int err = edo_web_body(w, &body);
    (void)edo_shield_end(&sh, 0);
    return over(w, err);
}

static int upgrades(edo_web *w) {
    edo_ws *ws;
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(60));
    WAIT_FOR(edo_request_is_lost(edo_web_request(w)));
    int err = edo_ws_upgrade(&ws, w, NULL);
    (void)edo_shield_end(&sh, 0);
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

static edo_cookie_keys *keys;

static int is_forged(edo_web *w) {
    edo_str user;
    return over(w, edo_cookies_get_signed(w, keys, "user", &user));
}

/* Does without the cookie that was changed, and then fails by itself. */
static int fails_after_forged(edo_web *w) {
    edo_str user, query = edo_web_query_text(w);
    int err = edo_cookies_get_signed(w, keys, "user", &user);
    if (err == -EBADMSG) edo_trail_clear();
    return over(w, query.len > 0 ? -(int)strtol(query.ptr, NULL, 10) : err);
}

/* What it reads from, which is not its client, has ended. */
static int loses_its_source(edo_web *w) {
    edo_str body;
    CHECK_EQ(edo_web_body(w, &body), 0);
    return over(w, edo_fail(-EDO_EEOF, "the store has gone"));
}

static int reads_itself(edo_web *w) {
    char bytes[100];
    return over(w, edo_read_exact(edo_web_body_stream(w), bytes, sizeof bytes));
}

static bool is_busy_now;

/* Nobody can say that its client has gone: it may well read this. */
static int is_busy(edo_web *w) {
    is_busy_now = true;
    int err = edo_sleep(edo_s(50));
    return over(w, err < 0 ? edo_web_reply_text(w, EDO_STATUS_SERVICE_UNAVAILABLE, "busy") : -EIO);
}

static edo_web_fn *begun_fn;

static int begins(edo_web *w) {
    ended.has_begun = true;
    return begun_fn(w);
}

static edo_test_log *keep_log(void) {
    edo_test_log *log;
    EDO_TEST_OK(edo_test_log_new(&log, &(edo_test_log_opts){ .filter = "debug" }));
    return log;
}

/* Returns what is logged of it. */
static edo_test_log *break_off(edo_web_fn *fn, const char *request) {
    web_served s = { .http = { .task = NULL } };
    edo_router *r = edo_router_new();
    edo_test_log *log = keep_log();
    edo_router_any(r, "/echo", begins);
    edo_router_wrap(r, edo_trace_layer());
    ended.is_over = ended.has_begun = false;
    begun_fn = fn;
    web_begin(&s, r);
    edo_stream *c = client_of(&s.http);
    EDO_TEST_OK(edo_tcp_set_reset_on_close(c, true));
    say(c, request);
    WAIT_FOR(ended.has_begun);
    edo_close(c);
    WAIT_FOR(ended.is_over);
    CHECK_EQ(web_end(&s), 0);
    return log;
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
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_test_log *log = break_off(rows[i].fn, rows[i].request);
        EDO_TEST_LOGGED(log, "/echo: the client has gone: ");
        bool is_well = ended.code < 0 && ended.was_lost &&
                       edo_test_log_count(log, "DEBUG web: ") > 0 &&
                       edo_test_log_count(log, "WARN") + edo_test_log_count(log, "ERROR") == 0;
        if (!is_well) (void)fprintf(stderr, "%s: %d\n", rows[i].name, ended.code);
        CHECK(is_well);
        edo_test_log_free(log);
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
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char request[128];
        (void)snprintf(request, sizeof request, "%s /echo HTTP/1.1\r\nhost: x\r\n%s\r\n",
                       rows[i].request, *rows[i].request == 'P' ? "content-length: 1\r\n" : "");
        edo_test_log *log = break_off(rows[i].fn, request);
        EDO_TEST_LOGGED(log, rows[i].line);
        CHECK(!ended.was_lost && edo_test_log_count(log, " failed: ") == 1);
        edo_test_log_free(log);
    }
    return 0;
}

static int is_overloaded(edo_web *w) {
    (void)w;
    return -EDO_EOVERLOADED;
}

/* The log of `n` requests that are refused. */
static edo_test_log *overload(int n) {
    web_served s = { .http = { .task = NULL } };
    edo_router *r = edo_router_new();
    heard h = { 0 };
    edo_test_log *log = keep_log();
    edo_router_any(r, "/echo", is_overloaded);
    web_begin(&s, r);
    edo_stream *c = client_of(&s.http);
    for (int i = 1; i < n; i++) say(c, "GET /echo HTTP/1.1\r\nhost: x\r\n\r\n");
    say(c, "GET /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    CHECK(hear_until(c, &h, NULL));
    edo_close(c);
    CHECK_EQ(web_end(&s), 0);
    return log;
}

#define WARNED " WARN web: GET /echo failed: "
#define OTHER  "DEBUG web: GET /echo failed: "

/* At most one line a second is a warning, and the next one tells how many were none. */
static int overload_twice(void *arg) {
    enum { REQUESTS = 8 };
    const edo_test_event *at = NULL, *warned_at = NULL;
    char more[64];
    (void)arg;
    edo_instant begin = edo_now();
    edo_test_log *log = overload(REQUESTS);
    int64_t seconds = edo_instant_since(edo_now(), begin).ns / 1000000000;
    int warned = 0, left = 0;
    for (; (at = edo_test_log_find(log, at, WARNED)) != NULL; warned++) warned_at = at;
    CHECK(warned >= 1 && warned <= 1 + seconds);
    CHECK_EQ(warned + (int)edo_test_log_count(log, OTHER), REQUESTS);
    for (at = warned_at; (at = edo_test_log_find(log, at, OTHER)) != NULL;) left++;
    edo_test_log_free(log);
    (void)snprintf(more, sizeof more, "; %d more since", left);
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    log = overload(1);
    CHECK_EQ(edo_test_log_count(log, WARNED), 1);
    CHECK(left == 0 || edo_test_log_count(log, more) == 1);
    edo_test_log_free(log);
    return 0;
}

/* The log of a handler whose client has only shut its side down. */
static edo_test_log *half_close(edo_web_fn *fn) {
    web_served s = { .http = { .task = NULL } };
    edo_router *r = edo_router_new();
    heard h = { 0 };
    edo_test_log *log = keep_log();
    edo_router_any(r, "/echo", fn);
    edo_router_wrap(r, edo_trace_layer());
    web_begin(&s, r);
    edo_stream *c = client_of(&s.http);
    say(c, "GET /echo HTTP/1.1\r\nhost: x\r\n\r\n");
    WAIT_FOR(is_busy_now);
    EDO_TEST_OK(edo_shutdown(c));
    CHECK(hear_until(c, &h, "busy"));
    edo_close(c);
    CHECK_EQ(web_end(&s), 0);
    return log;
}

static int refuse_half_closed(void *arg) {
    (void)arg;
    edo_test_log *log = half_close(is_busy);
    CHECK(ended.was_lost && strstr(EDO_TEST_LOGGED(log, "request failed")->line, "503"));
    edo_test_log_free(log);
    return 0;
}

static int send_forged(void *arg) {
    (void)arg;
    edo_test_log *log =
        break_off(is_forged, "GET /echo HTTP/1.1\r\nhost: x\r\ncookie: user=x\r\n\r\n");
    EDO_TEST_LOGGED(log, OTHER "Bad message");
    CHECK(ended.code == -EBADMSG && edo_test_log_count(log, "WARN") == 0);
    edo_test_log_free(log);
    static const int codes[] = { EBADMSG, EMSGSIZE, EDO_EEOF };
    for (size_t i = 0; i < EDO_COUNT(codes); i++) {
        char request[128];
        (void)snprintf(request, sizeof request,
                       "GET /echo?%d HTTP/1.1\r\nhost: x\r\ncookie: user=x\r\n\r\n", codes[i]);
        log = break_off(fails_after_forged, request);
        EDO_TEST_LOGGED(log, WARNED);
        CHECK_EQ(ended.code, -codes[i]);
        edo_test_log_free(log);
    }
    return 0;
}

/* An end of what the handler reads is the client's if it is that of the request's body. */
static int end_early(void *arg) {
    static const struct {
        edo_web_fn *fn;
        const char *request, *status, *line;
    } rows[] = {
        { loses_its_source, "GET /echo HTTP/1.1\r\nhost: x\r\n\r\n", " 500 ",
          " WARN web: GET /echo failed: the store has gone" },
        { loses_its_source, "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc",
          " 500 ", " WARN web: POST /echo failed: the store has gone" },
        { reads_itself, "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc", " 400 ",
          "DEBUG web: POST /echo failed: " },
    };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        web_served s = { .http.opts.half_close = true };
        edo_router *r = edo_router_new();
        heard h = { 0 };
        edo_test_log *log = keep_log();
        edo_router_any(r, "/echo", rows[i].fn);
        web_begin(&s, r);
        edo_stream *c = client_of(&s.http);
        say(c, rows[i].request);
        EDO_TEST_OK(edo_shutdown(c));
        CHECK(hear_until(c, &h, NULL));
        edo_close(c);
        CHECK_EQ(web_end(&s), 0);
        EDO_TEST_LOGGED(log, rows[i].line);
        bool is_well = ended.code == -EDO_EEOF && has(&h, rows[i].status) &&
                       (edo_test_log_count(log, "WARN") == 0) == (*rows[i].line == 'D');
        if (!is_well) (void)fprintf(stderr, "%zu: %.40s\n", i, h.text);
        CHECK(is_well);
        edo_test_log_free(log);
    }
    return 0;
}

static void end_of_what_a_handler_reads_is_its_own(void **state) {
    (void)state;
    assert_int_equal(inside(end_early, NULL), 0);
}

static void failure_that_is_sent_whole_is_no_client_that_leaves(void **state) {
    (void)state;
    assert_int_equal(inside_real(refuse_half_closed, NULL), 0);
}

static void forged_cookie_is_nothing_to_warn_of(void **state) {
    static const char secret[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    int err =
        edo_cookie_keys_new(&keys, &(edo_cookie_key){ .secret = { secret, sizeof secret - 1 } }, 1);
    (void)state;
    if (err == -ENOTSUP) {
        print_message("no libcrypto: no signed cookies\n");
        skip();
    }
    assert_int_equal(inside_real(send_forged, NULL), 0);
    edo_cookie_keys_unref(keys);
}

static void failure_is_one_line(void **state) {
    (void)state;
    assert_int_equal(inside_real(fail_all, NULL), 0);
}

static void overload_is_one_warning_a_second(void **state) {
    (void)state;
    assert_int_equal(inside(overload_twice, NULL), 0);
}

static void client_that_leaves_is_nothing_to_warn_of(void **state) {
    (void)state;
    assert_int_equal(inside_real(leave, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_that_leaves_is_nothing_to_warn_of),
        cmocka_unit_test(failure_is_one_line),
        cmocka_unit_test(overload_is_one_warning_a_second),
        cmocka_unit_test(end_of_what_a_handler_reads_is_its_own),
        cmocka_unit_test(failure_that_is_sent_whole_is_no_client_that_leaves),
        cmocka_unit_test(forged_cookie_is_nothing_to_warn_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
