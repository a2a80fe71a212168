/* SPDX-License-Identifier: MIT */
/* Goal: each failure of a handler is one line of the log: a warning if it is the handler's, none
 * above debug if the client has left or has sent what is bad.
 * Method: handlers that fail in each way, clients that leave, and the log in a pipe. */
#include "../web/web_log.h"
#include "http_server.h"

#define LARGE_BYTES 20000u

static int streams(edo_response *res, int64_t length, int code) {
    edo_stream *out;
    int err = edo_response_stream(res, &out, length);
    if (err == 0) err = edo_write_all(out, "12345", 5);
    return err < 0 ? err : code;
}

/* More than the buffers of two sockets take. */
static int streams_much(edo_response *res) {
    static char bytes[65536];
    edo_stream *out;
    int err = edo_response_stream(res, &out, -1);
    for (int i = 0; i < 1000 && err == 0; i++) err = edo_write_all(out, bytes, sizeof bytes);
    return err;
}

static int large_head(edo_response *res) {
    static char value[LARGE_BYTES + 1];
    memset(value, 'v', LARGE_BYTES);
    EDO_TEST_OK(edo_headers_set(&res->headers, EDO_HEADER_SERVER, edo_str_of(value)));
    return 0;
}

static bool waits_now;

/* What its await says when the client has left is not what it returns. */
static int waits(void) {
    waits_now = true;
    return edo_sleep(edo_s(50)) < 0 ? -EIO : 0;
}

static int fails(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    if (edo_str_equal(req->target, EDO_STR("/late"))) return streams(res, -1, -EIO);
    if (edo_str_equal(req->target, EDO_STR("/late-bad"))) return streams(res, -1, -EBADMSG);
    if (edo_str_equal(req->target, EDO_STR("/short"))) return streams(res, 8, 0);
    if (edo_str_equal(req->target, EDO_STR("/much"))) return streams_much(res);
    if (edo_str_equal(req->target, EDO_STR("/head"))) return large_head(res);
    if (edo_str_equal(req->target, EDO_STR("/time"))) return -ETIMEDOUT;
    if (edo_str_equal(req->target, EDO_STR("/bad"))) return -EBADMSG;
    if (edo_str_equal(req->target, EDO_STR("/long"))) return -EMSGSIZE;
    return waits();
}

static int lines_with(const char *text, const char *what) {
    int n = 0;
    for (; (text = strstr(text, what)); text++) n++;
    return n;
}

#define GET(target) "GET " target " HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
#define POST(target)                                                                               \
    "POST " target " HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 3\r\n\r\nabc"

typedef struct row {
    const char *request;
    const char *line;
} row;

static const row rows[] = {
    { GET("/late"), "WARN http: GET failed: Input/output error" },
    { POST("/late-bad"), "WARN http: POST failed: Bad message" },
    { GET("/short"), "WARN http: GET failed: the body is 3 bytes shorter than was said" },
    { GET("/head"), "WARN http: GET failed: the head of the response is larger than 8192 bytes" },
    { GET("/time"), "WARN http: GET failed: Connection timed out" },
    { GET("/bad"), "WARN http: GET failed: Bad message" },
    { GET("/long"), "WARN http: GET failed: Message too long" },
    { POST("/bad"), "DEBUG http: POST failed: Bad message" },
    { POST("/long"), "DEBUG http: POST failed: Message too long" },
};

/* A client sends `request`, and ends its half while its handler waits, if it `leaves`. */
static int serve_one(const char *request, bool leaves, web_log *log, heard *h) {
    served s = { .handler = fails };
    log_begin(log, (edo_log_opts){ .level = EDO_LEVEL_DEBUG, .no_time = true });
    waits_now = false;
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    *h = (heard){ 0 };
    say(c, request);
    if (leaves) WAIT_FOR(waits_now);
    if (leaves) EDO_TEST_OK(edo_shutdown(c));
    (void)hear_until(c, h, NULL);
    edo_close(c);
    int result = serve_end(&s);
    log_end(log);
    return result;
}

static int all_fail(void *arg) {
    web_log log;
    heard h;
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        CHECK_EQ(serve_one(rows[i].request, false, &log, &h), 0);
        bool is_well = strstr(log.text, rows[i].line) && lines_with(log.text, " failed: ") == 1;
        if (!is_well) (void)fprintf(stderr, "%s: %s\n", rows[i].line, log.text);
        CHECK(is_well);
    }
    return 0;
}

static void failure_is_one_line(void **state) {
    (void)state;
    assert_int_equal(inside(all_fail, NULL), 0);
}

/* Two requests wait, of which the first is with its handler. */
static int leave(void *arg) {
    web_log log;
    heard h;
    (void)arg;
    CHECK_EQ(serve_one("GET / HTTP/1.1\r\nhost: x\r\n\r\n" GET("/"), true, &log, &h), 0);
    CHECK_EQ(h.len, 0);
    CHECK(strstr(log.text, "DEBUG http: GET failed: ") && !strstr(log.text, "WARN"));
    return 0;
}

static void client_that_leaves_is_nothing_to_warn_of(void **state) {
    (void)state;
    assert_int_equal(inside_real(leave, NULL), 0);
}

static int read_nothing(void *arg) {
    web_log log;
    served s = { .handler = fails, .opts = { .write_timeout = edo_ms(200) } };
    (void)arg;
    log_begin(&log, (edo_log_opts){ .level = EDO_LEVEL_DEBUG, .no_time = true });
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    say(c, GET("/much"));
    CHECK_EQ(edo_sleep(edo_s(10)), 0);
    edo_close(c);
    CHECK_EQ(serve_end(&s), 0);
    log_end(&log);
    CHECK(strstr(log.text, "DEBUG http: GET failed: Connection timed out"));
    CHECK(!strstr(log.text, "WARN"));
    return 0;
}

static void client_that_does_not_read_is_nothing_to_warn_of(void **state) {
    (void)state;
    assert_int_equal(inside(read_nothing, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failure_is_one_line),
        cmocka_unit_test(client_that_leaves_is_nothing_to_warn_of),
        cmocka_unit_test(client_that_does_not_read_is_nothing_to_warn_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
