/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/web_log.h and edo/web_limits.h: each request is told of once, by what
 * became of it, and limits of time and length end handlers and bodies with the status that the
 * header says.
 * Method: a server on one thread with time that waits for it, clients that send bytes. */
#include "web_log.h"
#include "web_server.h"

#include <edo/web_compress.h>
#include <edo/web_guard.h>
#include <edo/web_layers.h>
#include <edo/web_limits.h>
#include <edo/web_log.h>

#include <signal.h>

/* ---- Handlers -------------------------------------------------------------------------------- */

static int says_ok(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "ok");
}

static int fails(edo_web *w) {
    (void)w;
    return edo_fail(-EIO, "the secret disk is full");
}

static int too_long(edo_web *w) {
    (void)w;
    return -EMSGSIZE;
}

static bool sleeps_now;

static int sleeps(edo_web *w) {
    sleeps_now = true;
    int err = edo_sleep(edo_s(20));
    return err < 0 ? err : says_ok(w);
}

/* As handlers do that have codes of their own. */
static int sleeps_badly(edo_web *w) {
    return edo_sleep(edo_s(20)) < 0 ? -EIO : says_ok(w);
}

/* Sends a head and a part of the body, then waits. */
static int streams_slowly(edo_web *w) {
    edo_stream *out;
    EDO_TEST_OK(edo_response_stream(edo_web_response(w), &out, -1));
    if (edo_write_all(out, "part", 4) < 0) return -EIO;
    int err = edo_sleep(edo_s(20));
    if (err < 0) return err;
    return edo_write_all(out, "rest", 4) < 0 ? -EIO : 0;
}

static int breaks_off(edo_web *w) {
    edo_stream *out;
    EDO_TEST_OK(edo_response_stream(edo_web_response(w), &out, -1));
    return edo_write_all(out, "part", 4) < 0 ? -EIO : -EPROTO;
}

static int reads(edo_web *w) {
    edo_str body;
    char text[32];
    int err = edo_request_collect(edo_web_request(w), &body, 1u << 22);
    if (err < 0) return err;
    (void)snprintf(text, sizeof text, "%zu", body.len);
    return edo_web_reply_text(w, EDO_STATUS_OK, text);
}

/* Sends 32 MiB: more than sockets hold. */
static int floods(edo_web *w) {
    static const char piece[65536];
    edo_stream *out;
    EDO_TEST_OK(edo_response_stream(edo_web_response(w), &out, -1));
    for (int i = 0; i < 512; i++) {
        int n = edo_write_all(out, piece, sizeof piece);
        if (n < 0) return n;
    }
    return 0;
}

static edo_router *routes(void) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/ok", says_ok);
    edo_router_get(r, "/fails", fails);
    edo_router_get(r, "/sleeps", sleeps);
    edo_router_get(r, "/sleeps_badly", sleeps_badly);
    edo_router_get(r, "/long", too_long);
    edo_router_get(r, "/slow", streams_slowly);
    edo_router_get(r, "/breaks", breaks_off);
    edo_router_get(r, "/floods", floods);
    edo_router_post(r, "/reads", reads);
    return r;
}

static void get(web_served *s, heard *h, const char *target, const char *fields) {
    char request[1024];
    edo_stream *c = client_of(&s->http);
    *h = (heard){ 0 };
    (void)snprintf(request, sizeof request,
                   "GET %s HTTP/1.1\r\nhost: x\r\nconnection: close\r\n%s\r\n", target, fields);
    say(c, request);
    (void)hear_until(c, h, NULL);
    edo_close(c);
}

/* ---- The access log -------------------------------------------------------------------------- */

static char lines[4096]; // tests are single-threaded

static void keep_line(void *arg, edo_str line) {
    size_t n = strlen(lines);
    CHECK(arg == lines);
    CHECK(line.len > 0 && line.ptr[line.len - 1] == '\n');
    (void)snprintf(lines + n, sizeof lines - n, "%.*s", (int)line.len, line.ptr);
}

static bool line_has(const char *a, const char *b) {
    bool found = strstr(lines, a) && strstr(lines, b);
    if (!found) (void)fprintf(stderr, "%s %s: %s\n", a, b, lines);
    return found;
}

/* `arg`: only the response that takes 20 s? */
static int access_log(void *arg) {
    static const char *const here[] = { "127.0.0.1" };
    web_served s = { .opts = { .state = NULL } };
    heard h;
    const bool is_slow = *(const bool *)arg;
    edo_router *r = routes();
    edo_router_wrap_all(
        r,
        edo_access_log_layer(&(edo_access_log_opts){
            .fn = keep_line, .arg = lines, .no_query = true, .format = EDO_ACCESS_LOG_JSON }),
        edo_request_id_layer(&(edo_request_id_opts){ .trusted = true }),
        edo_real_ip_layer(&(edo_real_ip_opts){ .proxies = here, .proxies_n = 1 }));
    web_begin(&s, r);
    lines[0] = 0;
    if (is_slow) {
        get(&s, &h, "/slow", "");
        CHECK(line_has("\"bytes\":8,\"duration_ms\":20000.", "200"));
        return web_end(&s);
    }
    get(&s, &h, "/ok?token=secret",
        "x-forwarded-for: 2001:db8::7\r\nx-request-id: me.1\r\nuser-agent: a\"b\r\n");
    CHECK(line_has("\"client\":\"2001:db8::7\"", "\"target\":\"/ok\""));
    CHECK(line_has("\"status\":200,\"bytes\":2,", "\"request_id\":\"me.1\""));
    CHECK(line_has("\"user_agent\":\"a\\u0022b\"", "\"route\":\"/ok\""));
    CHECK(!strstr(lines, "secret") && !strstr(lines, "error"));
    lines[0] = 0;
    get(&s, &h, "/nowhere", "");
    CHECK(line_has("\"status\":404,", "\"client\":\"127.0.0.1\""));
    lines[0] = 0;
    get(&s, &h, "/fails", "");
    CHECK(line_has("\"status\":500,", "/fails"));
    lines[0] = 0;
    get(&s, &h, "/breaks", "");
    CHECK(line_has("\"status\":200,\"bytes\":4,", "\"error\":\"EPROTO\""));
    return web_end(&s);
}

static void each_response_has_a_line(void **state) {
    (void)state;
    assert_int_equal(inside_real(access_log, &(bool){ false }), 0);
    assert_int_equal(inside(access_log, &(bool){ true }), 0);
}

/* To a descriptor, in the form that tools read. */
static int log_to_pipe(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h;
    edo_stream *from, *to;
    char line[512] = "", wanted[128];
    (void)arg;
    (void)snprintf(wanted, sizeof wanted, "] \"GET /ok HTTP/%s\" 200 2 \"http://r/\" \"-\"\n",
                   ASKED_BY);
    EDO_TEST_OK(edo_pipe(&from, &to, NULL));
    edo_router *r = routes();
    edo_router_wrap(r, edo_access_log_layer(&(edo_access_log_opts){ .fd = edo_stream_fd(to) }));
    web_begin(&s, r);
    get(&s, &h, "/ok", "referer: http://r/\r\n");
    CHECK(edo_read(from, line, sizeof line - 1) > 0);
    CHECK(strncmp(line, "127.0.0.1 - - [", 15) == 0);
    CHECK(strstr(line, wanted) != NULL);
    edo_close(from); // what reads the log has ended: no signal ends the server, too
    get(&s, &h, "/ok", "");
    CHECK(has(&h, " 200 "));
    edo_close(to);
    return web_end(&s);
}

/* Reads what lies in the pipe. */
static size_t drain(edo_stream *from, char *to, size_t n) {
    size_t len = 0;
    for (int got; (got = edo_try_read(from, to + len, n - len)) > 0;) len += (size_t)got;
    return len;
}

/* A pipe with room for a part of a line: the next line is one of its own. */
static int tear_line(void *arg) {
    static char filled[61440], got[65536], long_one[3000], request[8192];
    web_served s = { .opts = { .state = NULL } };
    heard h = { 0 };
    edo_stream *from, *to;
    (void)arg;
    EDO_TEST_OK(edo_pipe(&from, &to, NULL));
    edo_router *r = routes();
    edo_router_wrap(r, edo_access_log_layer(&(edo_access_log_opts){ .fd = edo_stream_fd(to) }));
    web_begin(&s, r);
    memset(long_one, 0xe9, sizeof long_one - 1);
    (void)snprintf(request, sizeof request,
                   "GET /ok HTTP/1.1\r\nhost: x\r\nconnection: close\r\nreferer: %s\r\n"
                   "user-agent: %s\r\n\r\n",
                   long_one, long_one);
    CHECK_EQ(edo_write_all(to, filled, sizeof filled), 0);
    ask(&s.http, &h, request);
    size_t n = drain(from, got, sizeof got);
    CHECK(n > sizeof filled && got[n - 1] != '\n');
    get(&s, &h, "/ok", "");
    n = drain(from, got, sizeof got);
    CHECK(n > 20 && memcmp(got, "\n127.0.0.1 - - [", 16) == 0 && got[n - 1] == '\n');
    get(&s, &h, "/ok", "");
    n = drain(from, got, sizeof got);
    CHECK(n > 20 && memcmp(got, "127.0.0.1 - - [", 15) == 0);
    edo_close(from);
    edo_close(to);
    return web_end(&s);
}

static void line_that_was_written_in_part_does_not_begin_the_next(void **state) {
    (void)state;
    assert_int_equal(inside_real(tear_line, NULL), 0);
}

static void line_is_one_write_and_raises_no_signal(void **state) {
    sigset_t pending;
    (void)state;
    assert_int_equal(inside_real(log_to_pipe, NULL), 0);
    assert_int_equal(sigpending(&pending), 0);
    assert_int_equal(sigismember(&pending, SIGPIPE), 0);
}

/* ---- Traces ---------------------------------------------------------------------------------- */

static void note(void *arg, const char *what, int n) {
    size_t len = strlen(lines);
    CHECK(arg == lines);
    (void)snprintf(lines + len, sizeof lines - len, "%s%d ", what, n);
}

static void noted_request(void *arg, const edo_request *req) {
    note(arg, "request", (int)req->target.len);
}

static void noted_response(void *arg, const edo_request *req, const edo_response *res,
                           edo_duration latency) {
    CHECK(req && latency.ns >= 0);
    note(arg, "response", res->status);
}

static void noted_end(void *arg, const edo_request *req, const edo_response *res,
                      const edo_response_end *end, edo_duration took) {
    CHECK(req && res && took.ns >= 0);
    note(arg, "end", (int)end->body_bytes);
}

static void noted_failure(void *arg, const edo_request *req, const edo_response *res,
                          const edo_response_end *end, edo_duration took) {
    CHECK(req && took.ns >= 0);
    note(arg, "failure", end->err < 0 ? end->err : res->status);
}

static void noted_chunk(void *arg, const edo_request *req, const edo_response *res, size_t bytes) {
    CHECK(req && res);
    note(arg, "chunk", (int)bytes);
}

static bool is_not_found(void *arg, const edo_request *req, edo_response *res) {
    CHECK(arg == lines && req);
    return res->status == EDO_STATUS_NOT_FOUND;
}

static int traces(void *arg) {
    static const struct {
        const char *target, *wanted;
    } cases[] = {
        { "/ok", "request3 response200 chunk2 end2 " },
        { "/nowhere", "request8 response404 chunk34 failure404 " },
        { "/breaks", "request7 response200 chunk4 failure-71 " },
        { "/fails", "request6 response500 chunk46 end46 " },
    };
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    edo_router *r = routes();
    edo_router_wrap_all(r,
                        edo_trace_layer_with(&(edo_trace_layer_opts){ .on_request = noted_request,
                                                                      .on_response = noted_response,
                                                                      .on_chunk = noted_chunk,
                                                                      .on_end = noted_end,
                                                                      .on_failure = noted_failure,
                                                                      .is_failure = is_not_found,
                                                                      .arg = lines }));
    web_begin(&s, r);
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        lines[0] = 0;
        get(&s, &h, cases[i].target, "");
        CHECK(strcmp(lines, cases[i].wanted) == 0);
    }
    return web_end(&s);
}

static int loses(edo_web *w) {
    edo_str what = edo_web_param(w, "what");
    return edo_fail(-EIO, "brewing %.*s", (int)what.len, what.ptr);
}

/* Without functions the log has it. */
static int trace_log(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h;
    web_log log;
    (void)arg;
    log_begin(&log, (edo_log_opts){ .filter = "off,web.trace=debug" });
    edo_router *r = routes();
    edo_router_wrap_all(r, edo_request_id_layer(&(edo_request_id_opts){ .trusted = true }),
                        edo_sensitive_headers_layer(NULL),
                        edo_trace_layer_with(&(edo_trace_layer_opts){ .fields = true }));
    web_begin(&s, r);
    get(&s, &h, "/breaks", "x-request-id: me.1\r\ncookie: a=secret\r\n");
    int result = web_end(&s);
    log_end(&log);
    CHECK(strstr(log.text, "request failed") && strstr(log.text, "EPROTO") &&
          strstr(log.text, "me.1"));
    CHECK(strstr(log.text, "cookie: Sensitive") && !strstr(log.text, "secret"));
    return result;
}

/* Without a layer, too: why a request has failed, and which one it was. */
static int failure_log(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h;
    web_log log;
    (void)arg;
    log_begin(&log, (edo_log_opts){ .filter = "off,web=warn" });
    edo_router *r = routes();
    edo_router_get(r, "/loses/{what}", loses);
    edo_router_wrap_all(r, edo_request_id_layer(&(edo_request_id_opts){ .trusted = true }));
    web_begin(&s, r);
    get(&s, &h, "/loses/tea", "x-request-id: me.1\r\n");
    int result = web_end(&s);
    log_end(&log);
    CHECK(strstr(log.text, "GET /loses/{what} failed: brewing tea: "));
    CHECK(strstr(log.text, "me.1"));
    return result;
}

static void failure_is_told_to_the_log_with_its_reason(void **state) {
    (void)state;
    assert_int_equal(inside(failure_log, NULL), 0);
}

static void request_is_traced_to_its_end(void **state) {
    (void)state;
    assert_int_equal(inside(traces, NULL), 0);
    assert_int_equal(inside(trace_log, NULL), 0);
}

static int rejects(edo_web *w) {
    return edo_web_reject(w, -EINVAL, EDO_STATUS_BAD_REQUEST, "no tenant\nforged");
}

static int rejection_log(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h;
    web_log log;
    (void)arg;
    log_begin(&log, (edo_log_opts){ .filter = "off,web.rejection=debug" });
    edo_router *r = routes();
    edo_router_get(r, "/of/{tenant}", rejects);
    web_begin(&s, r);
    get(&s, &h, "/of/me", "");
    int result = web_end(&s);
    log_end(&log);
    CHECK(strstr(log.text, "GET /of/{tenant}: 400 no tenant") && !strstr(log.text, "\nforged"));
    return result;
}

static void rejection_is_logged_with_its_reason(void **state) {
    (void)state;
    assert_int_equal(inside(rejection_log, NULL), 0);
}

/* ---- Failures -------------------------------------------------------------------------------- */

static int makes_teapot(void *arg, edo_web *w, int code) {
    CHECK(arg == lines && code == -EIO);
    return edo_web_reply_status(w, EDO_STATUS_IM_A_TEAPOT);
}

static int caught(void *arg) {
    const edo_catch_opts *o = arg;
    web_served s = { .opts = { .state = NULL } };
    heard h;
    edo_router *r = routes();
    edo_router_wrap(r, edo_catch_layer(o));
    web_begin(&s, r);
    get(&s, &h, "/fails", "");
    CHECK(has(&h, " 500 "));
    CHECK_EQ(has(&h, "the secret disk"), o->tells_trail);
    get(&s, &h, "/long", ""); // what the router would make of it
    CHECK(has(&h, " 413 "));
    get(&s, &h, "/breaks", ""); // too late for another response
    CHECK(!has(&h, "\r\n0\r\n") && !has(&h, " 500 "));
    return web_end(&s);
}

static void failure_is_caught(void **state) {
    edo_catch_opts opts[] = { { .tells_trail = false }, { .tells_trail = true } };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(opts); i++) assert_int_equal(inside(caught, &opts[i]), 0);
}

static int caught_by_function(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    edo_router *r = routes();
    edo_router_wrap(r, edo_catch_layer(&(edo_catch_opts){ .fn = makes_teapot, .arg = lines }));
    web_begin(&s, r);
    get(&s, &h, "/fails", "");
    CHECK(has(&h, " 418 "));
    return web_end(&s);
}

static void function_makes_the_response_of_a_failure(void **state) {
    (void)state;
    assert_int_equal(inside(caught_by_function, NULL), 0);
}

static int fails_otherwise(edo_web *w) {
    (void)w;
    return edo_fail(-EIO, "the other disk");
}

/* Two requests that one task serves. */
static int caught_in_turn(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h = { 0 };
    (void)arg;
    edo_router *r = routes();
    edo_router_get(r, "/otherwise", fails_otherwise);
    edo_router_wrap(r, edo_catch_layer(&(edo_catch_opts){ .tells_trail = true }));
    web_begin(&s, r);
    edo_stream *c = client_of(&s.http);
    say(c, "GET /fails HTTP/1.1\r\nhost: x\r\n\r\n"
           "GET /otherwise HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    CHECK(hear_until(c, &h, NULL));
    edo_close(c);
    CHECK_EQ(times(&h, "the other disk"), 1);
    CHECK_EQ(times(&h, "the secret disk"), 1); // a proxy may send another user's on a connection
    return web_end(&s);
}

static void failure_of_one_request_is_not_told_to_the_next(void **state) {
    (void)state;
    assert_int_equal(inside(caught_in_turn, NULL), 0);
}

static int drops[2];

static void dropped(void *arg, const edo_request *req, edo_drop_when when) {
    CHECK(arg == drops && req->target.len > 0);
    drops[when]++;
}

static int leaves(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h = { 0 };
    (void)arg;
    drops[0] = drops[1] = 0;
    sleeps_now = false;
    edo_router *r = routes();
    edo_router_wrap(r, edo_on_drop_layer(dropped, drops));
    web_begin(&s, r);
    get(&s, &h, "/ok", "");
    get(&s, &h, "/fails", "");
    CHECK(drops[0] == 0 && drops[1] == 0);
    edo_stream *c = client_of(&s.http);
    say(c, "GET /sleeps HTTP/1.1\r\nhost: x\r\n\r\n");
    WAIT_FOR(sleeps_now);
    edo_close(c);
    WAIT_FOR(drops[EDO_DROP_BEFORE_HEAD] == 1);
    CHECK_EQ(drops[EDO_DROP_IN_BODY], 0);
    c = client_of(&s.http);
    h = (heard){ 0 };
    say(c, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n");
    CHECK(hear_until(c, &h, "part"));
    edo_close(c);
    WAIT_FOR(drops[EDO_DROP_IN_BODY] == 1);
    CHECK_EQ(drops[EDO_DROP_BEFORE_HEAD], 1);
    return web_end(&s);
}

static void client_that_leaves_is_noticed(void **state) {
    (void)state;
    assert_int_equal(inside_real(leaves, NULL), 0);
}

/* ---- Limits ---------------------------------------------------------------------------------- */

static int times_out(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h;
    edo_status status = *(edo_status *)arg;
    char wanted[8];
    edo_router *r = routes();
    edo_router_wrap(
        r, edo_http_timeout_layer(&(edo_http_timeout_opts){ .after = edo_s(2), .status = status }));
    web_begin(&s, r);
    edo_instant start = edo_now();
    get(&s, &h, "/sleeps", "");
    (void)snprintf(wanted, sizeof wanted, " %d ", status ? status : 408);
    CHECK(has(&h, wanted));
    CHECK(ms_since(start) >= 2000 && ms_since(start) < 20000); // by the clock that is paused
    get(&s, &h, "/sleeps_badly", "");
    CHECK(has(&h, wanted));
    get(&s, &h, "/fails", "");
    CHECK(has(&h, " 500 "));
    get(&s, &h, "/ok", "");
    CHECK(has(&h, " 200 "));
    get(&s, &h, "/slow", "");
    CHECK(has(&h, "part") && !has(&h, "rest") && !has(&h, "\r\n0\r\n"));
    return web_end(&s);
}

static void handler_that_takes_too_long_is_ended(void **state) {
    edo_status statuses[] = { 0, EDO_STATUS_SERVICE_UNAVAILABLE };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(statuses); i++)
        assert_int_equal(inside(times_out, &statuses[i]), 0);
}

/* The second one within the second is not in the log. */
static int late_log(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h;
    web_log log;
    (void)arg;
    log_begin(&log, (edo_log_opts){ .filter = "off,web=warn" });
    edo_router *r = routes();
    edo_router_wrap(
        r, edo_http_timeout_layer(&(edo_http_timeout_opts){ .after = edo_ms(20), .status = 504 }));
    web_begin(&s, r);
    EDO_TEST_OK(edo_sleep(edo_s(2))); // behind the tests before
    for (int i = 0; i < 2; i++) get(&s, &h, "/sleeps", "");
    int result = web_end(&s);
    log_end(&log);
    const char *line = strstr(log.text, "GET /sleeps failed: limit of 20 ms passed in edo_sleep");
    CHECK(line && strstr(line, "(-ETIMEDOUT)") && !strstr(line + 1, "GET /sleeps failed"));
    return result;
}

static void late_handler_is_told_to_the_log_with_what_it_waited_for(void **state) {
    (void)state;
    assert_int_equal(inside(late_log, NULL), 0);
}

/* "/sleeps" sleeps for longer than any of these. */
static int keeps_deadlines(void *arg) {
    static const struct {
        const char *field;
        int ends_ms;
    } rows[] = {
        { "x-request-timeout-ms: 1500\r\n", 1500 },        { "x-request-timeout-ms: 0\r\n", 0 },
        { "x-request-timeout-ms: 99999\r\n", 8000 },       { "", 5000 },
        { "x-request-timeout-ms: 1s\r\n", 5000 },          { "x-request-timeout-ms: -1\r\n", 5000 },
        { "x-request-timeout-ms: 11111111111\r\n", 5000 },
    };
    web_served s = { .opts = { .state = NULL } };
    heard h;
    edo_router *r = routes();
    (void)arg;
    edo_router_wrap(r, edo_http_deadline_layer(&(edo_http_deadline_opts){ .timeout_max = edo_s(8),
                                                                          .timeout = edo_s(5) }));
    web_begin(&s, r);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_instant start = edo_now();
        get(&s, &h, "/sleeps", rows[i].field);
        CHECK(has(&h, " 504 "));
        CHECK(ms_since(start) >= rows[i].ends_ms && ms_since(start) < rows[i].ends_ms + 500);
    }
    get(&s, &h, "/ok", rows[0].field);
    CHECK(has(&h, " 200 "));
    get(&s, &h, "/fails", rows[0].field);
    CHECK(has(&h, " 500 "));
    return web_end(&s);
}

static void request_ends_when_its_caller_stops_waiting(void **state) {
    (void)state;
    assert_int_equal(inside(keeps_deadlines, NULL), 0);
}

/* Sends a body of 40 bytes, one each second. */
static void trickle(web_served *s, heard *h, int64_t pause_ms) {
    edo_stream *c = client_of(&s->http);
    *h = (heard){ 0 };
    say(c, "POST /reads HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 40\r\n\r\n");
    for (int i = 0; i < 40; i++) {
        EDO_TEST_OK(edo_sleep(edo_ms(pause_ms)));
        if (edo_write_all(c, "x", 1) < 0) break;
    }
    (void)hear_until(c, h, NULL);
    edo_close(c);
}

static int slow_bodies(void *arg) {
    bool is_deadline = arg != NULL;
    web_served s = { .http = { .opts = { .rate_grace = EDO_OFF } } };
    heard h;
    edo_router *r = routes();
    const edo_body_time_opts o = { .request = edo_s(5), .response = edo_s(5) };
    edo_router_wrap(r, is_deadline ? edo_body_deadline_layer(&o) : edo_body_timeout_layer(&o));
    web_begin(&s, r);
    trickle(&s, &h, 1000);
    CHECK(has(&h, is_deadline ? " 408 " : " 200 "));
    trickle(&s, &h, 100);
    CHECK(has(&h, " 200 "));
    trickle(&s, &h, 6000);
    CHECK(has(&h, " 408 "));
    edo_stream *c = client_of(&s.http); // reads nothing for 4 s, several times
    say(c, "GET /floods HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    size_t total = 0;
    int n = 0;
    for (int i = 0; i < 3; i++) {
        EDO_TEST_OK(edo_sleep(edo_s(4)));
        while ((n = edo_try_read(c, h.text, sizeof h.text)) > 0) total += (size_t)n;
        if (n == -EAGAIN) n = 0;
    }
    while (n >= 0 && (n = edo_read(c, h.text, sizeof h.text)) > 0) total += (size_t)n;
    CHECK_EQ(total > 32u << 20, !is_deadline);
    edo_close(c);
    return web_end(&s);
}

static void slow_body_is_ended(void **state) {
    (void)state;
    assert_int_equal(inside(slow_bodies, NULL), 0);
    assert_int_equal(inside(slow_bodies, lines), 0);
}

static int lengths(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    edo_router *r = routes();
    edo_router_wrap(r, edo_body_limit_layer(10));
    web_begin(&s, r);
    web_ask(&s, &h, "POST /reads", NULL, "0123456789");
    CHECK(has(&h, " 200 ") && strcmp(web_body(&h), "10") == 0);
    web_ask(&s, &h, "POST /reads", NULL, "0123456789a");
    CHECK(has(&h, " 413 ") && has(&h, "the body is too long"));
    const char *head = "POST /reads HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
                       "transfer-encoding: chunked\r\n\r\n";
    char request[256];
    (void)snprintf(request, sizeof request, "%s4\r\n0123\r\n6\r\n456789\r\n0\r\n\r\n", head);
    ask(&s.http, &h, request);
    CHECK(has(&h, " 200 ") && strcmp(web_body(&h), "10") == 0);
    (void)snprintf(request, sizeof request, "%s4\r\n0123\r\n7\r\n456789a\r\n0\r\n\r\n", head);
    ask(&s.http, &h, request);
    CHECK(has(&h, " 413 "));
    return web_end(&s);
}

static void long_body_is_refused(void **state) {
    (void)state;
    assert_int_equal(inside(lengths, NULL), 0);
}

/* ---- Options --------------------------------------------------------------------------------- */

static void wrong_options_are_refused(void **state) {
    const edo_layer layers[] = {
        edo_access_log_layer(&(edo_access_log_opts){ .fd = -1 }),
        edo_access_log_layer(&(edo_access_log_opts){ .reserved = { 1 } }),
        edo_trace_layer_with(&(edo_trace_layer_opts){ .reserved = { 1 } }),
        edo_catch_layer(&(edo_catch_opts){ .reserved = { 1 } }),
        edo_on_drop_layer(NULL, NULL),
        edo_http_timeout_layer(NULL),
        edo_http_deadline_layer(&(edo_http_deadline_opts){ .field = "no name" }),
        edo_http_deadline_layer(&(edo_http_deadline_opts){ .timeout = EDO_S(-1) }),
        edo_http_deadline_layer(&(edo_http_deadline_opts){ .timeout_max = EDO_S(-1) }),
        edo_http_timeout_layer(&(edo_http_timeout_opts){ .after = edo_s(1), .status = 200 }),
        edo_body_timeout_layer(NULL),
        edo_body_deadline_layer(&(edo_body_time_opts){ .request = { -1 } }),
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(layers); i++) {
        edo_router *r = routes();
        edo_router_wrap(r, layers[i]);
        assert_int_equal(edo_router_build(r), -EINVAL);
        edo_router_free(r);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_response_has_a_line),
        cmocka_unit_test(line_is_one_write_and_raises_no_signal),
        cmocka_unit_test(line_that_was_written_in_part_does_not_begin_the_next),
        cmocka_unit_test(failure_is_told_to_the_log_with_its_reason),
        cmocka_unit_test(request_is_traced_to_its_end),
        cmocka_unit_test(rejection_is_logged_with_its_reason),
        cmocka_unit_test(failure_is_caught),
        cmocka_unit_test(function_makes_the_response_of_a_failure),
        cmocka_unit_test(failure_of_one_request_is_not_told_to_the_next),
        cmocka_unit_test(client_that_leaves_is_noticed),
        cmocka_unit_test(handler_that_takes_too_long_is_ended),
        cmocka_unit_test(late_handler_is_told_to_the_log_with_what_it_waited_for),
        cmocka_unit_test(request_ends_when_its_caller_stops_waiting),
        cmocka_unit_test(slow_body_is_ended),
        cmocka_unit_test(long_body_is_refused),
        cmocka_unit_test(wrong_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
