/* SPDX-License-Identifier: MIT */
/* tests/http/server_test.c: requests and responses of an HTTP/1.1 server, byte for byte. */
#include "http_server.h"

#include <edo/copy.h>
#include <edo/tmp.h>

static int hello(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    if (edo_str_equal(req->target, EDO_STR("/empty"))) {
        res->status = EDO_STATUS_NO_CONTENT;
        return 0;
    }
    if (edo_str_equal(req->target, EDO_STR("/fail"))) return -EIO;
    return edo_response_text(res, EDO_STATUS_OK, req->target);
}

static int collects(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    edo_str body;
    int err = edo_request_collect(req, &body, 1000);
    return err < 0 ? err : edo_response_data(res, EDO_STATUS_OK, EDO_STR("text/x"), body);
}

static int echoes(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    edo_stream *out;
    int err = edo_response_stream(res, &out, req->length);
    return err < 0 ? err : edo_copy(out, edo_request_body(req), NULL);
}

#define SERVED(handler_)                                                                           \
    served s = { .handler = (handler_) };                                                          \
    heard h;                                                                                       \
    (void)arg;                                                                                     \
    serve_begin(&s)

#define CLOSE "connection: close\r\n"

/* ---- Requests and responses ------------------------------------------------------------------ */

static int get(void *arg) {
    SERVED(hello);
    ask(&s, &h, "GET /a HTTP/1.1\r\nhost: x\r\n" CLOSE "\r\n");
    CHECK(strncmp(h.text, "HTTP/1.1 200 OK\r\n", 17) == 0);
    CHECK(has(&h, "content-length: 2\r\n") && has(&h, "connection: close\r\n") &&
          has(&h, "\r\ndate: "));
    CHECK(has(&h, "content-type: text/plain; charset=utf-8\r\n"));
    CHECK(strcmp(h.text + h.len - 6, "\r\n\r\n/a") == 0);
    return serve_end(&s);
}

static void request_is_served(void **state) {
    (void)state;
    assert_int_equal(inside_each(get, NULL), 0);
}

static int several(void *arg) {
    SERVED(hello);
    edo_stream *c = client_of(&s);
    for (int i = 0; i < 3; i++) {
        h = (heard){ 0 };
        say(c, "GET /again HTTP/1.1\r\nhost: x\r\n\r\n");
        CHECK(hear_until(c, &h, "/again"));
        CHECK(!has(&h, "connection: close"));
    }
    edo_close(c);
    return serve_end(&s);
}

static void connection_serves_one_request_after_another(void **state) {
    (void)state;
    assert_int_equal(inside_each(several, NULL), 0);
}

static int pipelined(void *arg) {
    SERVED(hello);
    ask(&s, &h,
        "GET /1 HTTP/1.1\r\nhost: x\r\n\r\nGET /2 HTTP/1.1\r\nhost: x\r\n\r\n"
        "GET /3 HTTP/1.1\r\nhost: x\r\n" CLOSE "\r\n");
    const char *one = strstr(h.text, "/1"), *two = strstr(h.text, "/2"),
               *three = strstr(h.text, "/3");
    CHECK(one && two && three && one < two && two < three);
    return serve_end(&s);
}

static void pipelined_requests_are_answered_in_order(void **state) {
    (void)state;
    assert_int_equal(inside(pipelined, NULL), 0);
}

static int in_pieces(void *arg) {
    SERVED(hello);
    const char *request = "GET /slow HTTP/1.1\r\nhost: x\r\n" CLOSE "\r\n";
    edo_stream *c = client_of(&s);
    h = (heard){ 0 };
    for (const char *at = request; *at; at++) {
        CHECK_EQ(edo_write_all(c, at, 1), 0);
        CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    }
    CHECK(hear_until(c, &h, NULL));
    CHECK_EQ(times(&h, "/slow"), 1);
    edo_close(c);
    return serve_end(&s);
}

static void head_may_come_byte_by_byte(void **state) {
    (void)state;
    assert_int_equal(inside(in_pieces, NULL), 0);
}

static int without_body(void *arg) {
    SERVED(hello);
    ask(&s, &h, "HEAD /abc HTTP/1.1\r\nhost: x\r\n" CLOSE "\r\n");
    CHECK(has(&h, "HTTP/1.1 200 OK\r\n") && !has(&h, "/abc"));
    CHECK(has(&h, "content-length: 4\r\n")); // as of GET
    ask(&s, &h, "GET /empty HTTP/1.1\r\nhost: x\r\n" CLOSE "\r\n");
    CHECK(has(&h, "HTTP/1.1 204 No Content\r\n") && !has(&h, "content-length"));
    ask(&s, &h, "GET /fail HTTP/1.1\r\nhost: x\r\n" CLOSE "\r\n");
    CHECK(has(&h, "HTTP/1.1 500 Internal Server Error\r\n"));
    return serve_end(&s);
}

static void head_no_content_and_failure_have_their_form(void **state) {
    (void)state;
    assert_int_equal(inside(without_body, NULL), 0);
}

static int old_version(void *arg) {
    SERVED(hello);
    ask(&s, &h, "GET /old HTTP/1.0\r\n\r\n");
    CHECK(has(&h, "/old") && has(&h, "connection: close\r\n"));
    edo_stream *c = client_of(&s);
    for (int i = 0; i < 2; i++) {
        h = (heard){ 0 };
        say(c, "GET /kept HTTP/1.0\r\nconnection: keep-alive\r\n\r\n");
        CHECK(hear_until(c, &h, "/kept"));
        CHECK(has(&h, "connection: keep-alive\r\n"));
    }
    edo_close(c);
    return serve_end(&s);
}

static void version_1_0_closes_unless_asked_to_keep(void **state) {
    (void)state;
    assert_int_equal(inside(old_version, NULL), 0);
}

static int bad(void *arg) {
    SERVED(hello);
    static const struct {
        const char *request, *status;
    } cases[] = {
        { "GET / HTTP/1.1\r\n\r\n", " 400 " }, // no Host
        { "GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
          " 400 " },
        { "GET  / HTTP/1.1\r\nhost: x\r\n\r\n", " 400 " },
        { "GET / HTTP/3.7\r\nhost: x\r\n\r\n", " 505 " },
        { "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip\r\n\r\n", " 501 " },
    };
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        char request[512];
        (void)snprintf(request, sizeof request, "%sGET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n",
                       cases[i].request);
        ask(&s, &h, request);
        CHECK(has(&h, cases[i].status) || (i == 4 && has(&h, " 400 ")));
        CHECK(has(&h, "connection: close\r\n") && !has(&h, "smuggled"));
        CHECK_EQ(times(&h, "HTTP/1.1 "), 1);
    }
    return serve_end(&s);
}

static void bad_request_is_refused_and_nothing_after_it_served(void **state) {
    (void)state;
    assert_int_equal(inside(bad, NULL), 0);
}

static int too_large(void *arg) {
    SERVED(hello);
    char request[60000];
    size_t at = (size_t)snprintf(request, sizeof request, "GET / HTTP/1.1\r\nhost: x\r\nx: ");
    memset(request + at, 'a', 40000);
    memcpy(request + at + 40000, "\r\n\r\n", 5);
    ask(&s, &h, request);
    CHECK(has(&h, "HTTP/1.1 431 "));
    at = (size_t)snprintf(request, sizeof request, "GET / HTTP/1.1\r\nhost: x\r\n" CLOSE "x: ");
    memset(request + at, 'a', 20000);
    memcpy(request + at + 20000, "\r\n\r\n", 5);
    ask(&s, &h, request);
    CHECK(has(&h, "HTTP/1.1 200 "));
    at = (size_t)snprintf(request, sizeof request, "GET / HTTP/1.1\r\nhost: x\r\n");
    for (int i = 0; i < 110; i++)
        at += (size_t)snprintf(request + at, sizeof request - at, "x%d: y\r\n", i);
    (void)snprintf(request + at, sizeof request - at, "\r\n");
    ask(&s, &h, request);
    CHECK(has(&h, "HTTP/1.1 431 "));
    return serve_end(&s);
}

static void head_beyond_its_limits_is_431(void **state) {
    (void)state;
    assert_int_equal(inside(too_large, NULL), 0);
}

/* ---- Bodies ---------------------------------------------------------------------------------- */

static int bodies(void *arg) {
    SERVED(collects);
    ask(&s, &h, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n" CLOSE "\r\nhello");
    CHECK(has(&h, "content-type: text/x\r\n") && has(&h, "\r\n\r\nhello"));
    ask(&s, &h,
        "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n" CLOSE
        "\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n");
    CHECK(has(&h, "content-length: 5\r\n") && has(&h, "\r\n\r\nhello"));
    ask(&s, &h, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1001\r\n\r\nx");
    CHECK(has(&h, "HTTP/1.1 413 "));
    ask(&s, &h, "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n");
    CHECK(has(&h, "HTTP/1.1 400 "));
    return serve_end(&s);
}

static int says_too_much(edo_request *req, edo_response *res, void *arg) {
    (void)req, (void)arg;
    return edo_response_text(res, EDO_STATUS_CONTENT_TOO_LARGE, EDO_STR("too much"));
}

/* The body is there as a whole, and so is another request. */
static int too_much(void *arg) {
    SERVED(says_too_much);
    ask(&s, &h,
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello"
        "GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    CHECK(has(&h, "HTTP/1.1 413 ") && has(&h, "\r\nconnection: close\r\n"));
    CHECK(strstr(h.text + 1, "HTTP/1.1 ") == NULL);
    return serve_end(&s);
}

static void client_that_has_sent_too_much_connects_anew(void **state) {
    (void)state;
    assert_int_equal(inside(too_much, NULL), 0);
}

static void bodies_are_collected_or_refused(void **state) {
    (void)state;
    assert_int_equal(inside(bodies, NULL), 0);
}

#define SKIPPED_MAX 65536

static int unread(void *arg) {
    SERVED(hello);
    ask(&s, &h,
        "POST /1 HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello"
        "GET /2 HTTP/1.1\r\nhost: x\r\n" CLOSE "\r\n");
    CHECK(has(&h, "/1") && has(&h, "/2"));
    static char longest[SKIPPED_MAX + 256];
    int n = snprintf(longest, sizeof longest,
                     "POST /1 HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%*s"
                     "GET /2 HTTP/1.1\r\nhost: x\r\n" CLOSE "\r\n",
                     SKIPPED_MAX, SKIPPED_MAX, "");
    CHECK(n < (int)sizeof longest);
    ask(&s, &h, longest);
    CHECK(has(&h, "/1"));
    ask(&s, &h, "POST /1 HTTP/1.1\r\nhost: x\r\ncontent-length: 500000\r\n\r\nhello");
    CHECK(has(&h, "/1") && has(&h, "connection: close\r\n"));
    return serve_end(&s);
}

static void body_that_nobody_reads_is_skipped_or_ends_the_connection(void **state) {
    (void)state;
    assert_int_equal(inside(unread, NULL), 0);
}

static int continues(void *arg) {
    SERVED(collects);
    edo_stream *c = client_of(&s);
    h = (heard){ 0 };
    say(c,
        "POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n" CLOSE "\r\n");
    CHECK(hear_until(c, &h, "HTTP/1.1 100 Continue\r\n\r\n"));
    CHECK_EQ(strlen("HTTP/1.1 100 Continue\r\n\r\n"), h.len);
    say(c, "ok");
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, "\r\n\r\nok"));
    edo_close(c);
    s.handler = hello;
    CHECK_EQ(serve_end(&s), 0);
    serve_begin(&s);
    ask(&s, &h,
        "POST /no HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n");
    CHECK(!has(&h, "100 Continue") && has(&h, "connection: close\r\n"));
    return serve_end(&s);
}

static void continue_is_sent_at_the_first_read_only(void **state) {
    (void)state;
    assert_int_equal(inside(continues, NULL), 0);
}

static int refuses_in_a_stream(edo_request *req, edo_response *res, void *arg) {
    (void)req, (void)arg;
    edo_stream *out;
    res->status = EDO_STATUS_FORBIDDEN;
    return edo_response_stream(res, &out, 0);
}

static int continues_both_ways(void *arg) {
    SERVED(echoes);
    const char *request =
        "POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n" CLOSE "\r\n";
    edo_stream *c = client_of(&s);
    h = (heard){ 0 };
    say(c, request);
    CHECK(hear_until(c, &h, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
    say(c, "ok");
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, "\r\n\r\nok") && times(&h, "100 Continue") == 1);
    edo_close(c);
    s.handler = refuses_in_a_stream;
    CHECK_EQ(serve_end(&s), 0);
    serve_begin(&s);
    ask(&s, &h, request);
    CHECK(has(&h, " 403 ") && !has(&h, "100 Continue"));
    return serve_end(&s);
}

static void continue_is_sent_before_a_response_that_streams(void **state) {
    (void)state;
    assert_int_equal(inside(continues_both_ways, NULL), 0);
}

#define LARGE (1u << 20)

static int send_large(void *arg) {
    edo_stream *c = arg;
    char piece[8192];
    memset(piece, 'e', sizeof piece);
    for (size_t sent = 0; sent < LARGE; sent += sizeof piece)
        CHECK_EQ(edo_write_all(c, piece, sizeof piece), 0);
    return 0;
}

static int streams(void *arg) {
    SERVED(echoes);
    edo_stream *c = client_of(&s);
    say(c, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1048576\r\n" CLOSE "\r\n");
    edo_task *writer = edo_spawn(send_large, c);
    size_t total = 0;
    char piece[8192];
    int n;
    while ((n = edo_read(c, piece, sizeof piece)) > 0) total += (size_t)n;
    CHECK_EQ(n, 0);
    CHECK(total > LARGE && total < LARGE + 300);
    CHECK_EQ(edo_task_join(writer), 0);
    edo_close(c);
    ask(&s, &h,
        "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n" CLOSE
        "\r\n3\r\nabc\r\n0\r\n\r\n");
    CHECK(has(&h, "transfer-encoding: chunked\r\n") && has(&h, "3\r\nabc\r\n0\r\n\r\n"));
    return serve_end(&s);
}

static void bodies_stream_both_ways(void **state) {
    (void)state;
    assert_int_equal(inside(streams, NULL), 0);
}

static int breaks_off(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    edo_stream *out;
    int err = edo_response_stream(res, &out, -1);
    if (err == 0) err = edo_write_all(out, "part", 4);
    return err < 0 ? err : req->method == EDO_METHOD_GET ? -EIO : 0;
}

static int broken(void *arg) {
    SERVED(breaks_off);
    edo_stream *c = client_of(&s);
    h = (heard){ 0 };
    say(c, "GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    CHECK(!hear_until(c, &h, NULL)); // reset, not ended
    CHECK(!has(&h, "\r\n0\r\n"));
    edo_close(c);
    return serve_end(&s);
}

static void response_that_fails_halfway_is_broken_off(void **state) {
    (void)state;
    assert_int_equal(inside_real(broken, NULL), 0);
}

#define EARLIER_BYTES 3000000u /* more than the buffers of two sockets take */

static char earlier[EARLIER_BYTES];

static int fails_second(edo_request *req, edo_response *res, void *arg) {
    if (req->method == EDO_METHOD_GET) return breaks_off(req, res, arg);
    return edo_response_data(res, EDO_STATUS_OK, EDO_STR("x/y"),
                             (edo_str){ earlier, EARLIER_BYTES });
}

static int broken_behind(void *arg) {
    (void)arg;
    static char bytes[65536];
    served s = { .handler = fails_second };
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    size_t all = 0;
    int n;
    say(c, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n"
           "GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    CHECK_EQ(edo_sleep(edo_ms(100)), 0); // so the failure is there before the bytes are read
    while ((n = edo_read(c, bytes, sizeof bytes)) > 0) all += (size_t)n;
    CHECK_EQ(n, -ECONNRESET);
    CHECK(all > EARLIER_BYTES);
    edo_close(c);
    return serve_end(&s);
}

static void responses_before_one_that_is_broken_off_arrive_whole(void **state) {
    (void)state;
    // real time: the bytes have to flow within the time that a virtual clock would jump over
    const edo_runtime_opts opts = { .watchdog = EDO_OFF };
    assert_int_equal(inside_with(broken_behind, NULL, &opts), 0);
}

/* ---- Heads that are too large ---------------------------------------------------------------- */

#define FIELD_BYTES 20000u

static int makes_large_head(edo_request *req, edo_response *res, void *arg) {
    static char value[FIELD_BYTES + 1];
    edo_stream *out;
    (void)arg;
    memset(value, 'v', FIELD_BYTES);
    EDO_TEST_OK(edo_headers_set(&res->headers, EDO_HEADER_SERVER, edo_str_of(value)));
    if (req->method == EDO_METHOD_POST) return edo_response_stream(res, &out, 0);
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR("small"));
}

#define LARGE_HEADS                                                                                \
    "GET / HTTP/1.1\r\nhost: x\r\n\r\n"                                                            \
    "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"

static int large_heads(void *arg) {
    (void)arg;
    static char all[3 * FIELD_BYTES];
    heard h = { 0 };
    served s = { .handler = makes_large_head };
    serve_begin(&s);
    ask(&s, &h, LARGE_HEADS);
    CHECK_EQ(times(&h, "HTTP/1.1 500 Internal Server Error\r\n"), 2);
    CHECK_EQ(serve_end(&s), 0);
    s.opts.response_head_bytes_max = 32768;
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    say(c, LARGE_HEADS);
    size_t len = 0;
    for (int n; (n = edo_read(c, all + len, sizeof all - 1 - len)) > 0;) len += (size_t)n;
    const char *second = strstr(all, "small");
    CHECK(second != NULL);
    CHECK(strncmp(all, "HTTP/1.1 200 OK\r\n", 17) == 0 && second - all > (int)FIELD_BYTES);
    CHECK(strncmp(second + 5, "HTTP/1.1 200 OK\r\n", 17) == 0);
    CHECK(len > 2 * FIELD_BYTES);
    edo_close(c);
    return serve_end(&s);
}

static void head_beyond_the_limit_is_500(void **state) {
    (void)state;
    assert_int_equal(inside(large_heads, NULL), 0);
}

/* A limit that is as large as its field allows. */
static int unlimited(void *arg) {
    (void)arg;
    static char request[60000];
    heard h = { 0 };
    served s = { .handler = makes_large_head,
                 .opts = { .head_bytes_max = UINT32_MAX, .response_head_bytes_max = 32768 } };
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    memset(request, 'v', sizeof request);
    memcpy(request, "GET / HTTP/1.1\r\nx: ", 19);
    const char *rest = "\r\nhost: x\r\n" CLOSE "\r\n";
    memcpy(request + sizeof request - strlen(rest), rest, strlen(rest));
    CHECK_EQ(edo_write_all(c, request, sizeof request), 0);
    (void)hear_until(c, &h, "200 OK");
    CHECK(has(&h, "HTTP/1.1 200 OK\r\n"));
    edo_close(c);
    return serve_end(&s);
}

static void head_limit_may_be_as_large_as_its_field(void **state) {
    (void)state;
    assert_int_equal(inside(unlimited, NULL), 0);
}

static int serves_badly(void *arg) {
    const edo_http_server_opts opts = { .listen = "127.0.0.1:0", .server_name = "a\r\nb: c" };
    return edo_http_serve(makes_large_head, arg, &opts);
}

static void server_name_that_is_no_value_is_refused(void **state) {
    (void)state;
    assert_int_equal(inside(serves_badly, NULL), -EINVAL);
}

static int sends_file(edo_request *req, edo_response *res, void *arg) {
    (void)req;
    int err = edo_response_file(res, EDO_STR("x/file"), arg);
    if (err != -ENOENT) return err;
    return edo_response_text(res, EDO_STATUS_NOT_FOUND, EDO_STR("no such file"));
}

static int files(void *arg) {
    (void)arg;
    edo_tmp *tmp;
    EDO_TEST_OK(edo_tmp_open(&tmp, NULL));
    char path[256];
    (void)snprintf(path, sizeof path, "%s.not", edo_tmp_path(tmp));
    served s = { .handler = sends_file, .arg = path };
    heard h;
    serve_begin(&s);
    ask(&s, &h, "GET / HTTP/1.1\r\nhost: x\r\n" CLOSE "\r\n");
    CHECK(has(&h, " 404 ") && has(&h, "no such file"));
    s.arg = (char *)(uintptr_t)edo_tmp_path(tmp);
    CHECK_EQ(serve_end(&s), 0);
    serve_begin(&s);
    CHECK_EQ(edo_write_all(edo_tmp_stream(tmp), "of the file", 11), 0);
    ask(&s, &h, "GET / HTTP/1.1\r\nhost: x\r\n" CLOSE "\r\n");
    CHECK(has(&h, "content-type: x/file\r\n") && has(&h, "content-length: 11\r\n"));
    CHECK(has(&h, "\r\n\r\nof the file"));
    ask(&s, &h, "HEAD / HTTP/1.1\r\nhost: x\r\n" CLOSE "\r\n");
    CHECK(!has(&h, "of the file") && has(&h, "content-length: 11\r\n"));
    int result = serve_end(&s);
    EDO_TEST_OK(edo_tmp_close(tmp));
    return result;
}

static void file_is_sent_with_its_length(void **state) {
    (void)state;
    assert_int_equal(inside(files, NULL), 0);
}

/* Sends four bytes from the fourth on; the query says which file is short, or none. */
static int sends_part(edo_request *req, edo_response *res, void *arg) {
    edo_stream *file = arg;
    res->status = EDO_STATUS_PARTIAL_CONTENT;
    if (edo_str_equal(req->target, EDO_STR("/beyond"))) {
        CHECK_EQ(edo_response_file_part(res, EDO_STR("x/p"), file, (uint64_t)INT64_MAX, 1),
                 -EINVAL);
        return edo_response_text(res, EDO_STATUS_OK, EDO_STR("refused"));
    }
    uint64_t n = edo_str_equal(req->target, EDO_STR("/short")) ? 40 : 4;
    int err = edo_response_file_part(res, EDO_STR("x/p"), file, 3, n);
    CHECK_EQ(edo_response_file_part(res, EDO_STR("x/p"), file, 3, 4), -EBUSY);
    return err;
}

static int parts(void *arg) {
    edo_tmp *tmp;
    heard h;
    (void)arg;
    EDO_TEST_OK(edo_tmp_open(&tmp, NULL));
    CHECK_EQ(edo_write_all(edo_tmp_stream(tmp), "of the file", 11), 0);
    served s = { .handler = sends_part, .arg = edo_tmp_stream(tmp) };
    serve_begin(&s);
    ask(&s, &h, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    CHECK(has(&h, " 206 ") && has(&h, "content-length: 4\r\n") && has(&h, "\r\n\r\nthe "));
    ask(&s, &h, "HEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    CHECK(has(&h, "content-length: 4\r\n") && !has(&h, "the "));
    edo_stream *c = client_of(&s);
    h = (heard){ 0 };
    say(c, "GET /short HTTP/1.1\r\nhost: x\r\n\r\n");
    (void)hear_until(c, &h, NULL); // broken off, so an end or a reset
    edo_close(c);
    CHECK(has(&h, "content-length: 40\r\n") && has(&h, "\r\n\r\nthe file"));
    ask(&s, &h, "GET /beyond HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    CHECK(has(&h, " 200 ") && has(&h, "refused"));
    int result = serve_end(&s);
    EDO_TEST_OK(edo_tmp_close(tmp));
    return result;
}

static void part_of_an_open_file_is_sent_from_its_offset(void **state) {
    (void)state;
    assert_int_equal(inside(parts, NULL), 0);
}

typedef struct cached_path {
    edo_file_cache *cache;
    const char *path;
} cached_path;

static int sends_cached(edo_request *req, edo_response *res, void *arg) {
    const cached_path *c = arg;
    (void)req;
    res->status = EDO_STATUS_CREATED;
    int err = edo_response_cached_file(res, EDO_STR("x/file"), c->cache, c->path);
    if (err != -ENOENT) return err;
    return edo_response_text(res, EDO_STATUS_NOT_FOUND, EDO_STR("no such file"));
}

static int cached_files(void *arg) {
    (void)arg;
    edo_tmp *tmp;
    EDO_TEST_OK(edo_tmp_open(&tmp, NULL));
    cached_path small = { .path = edo_tmp_path(tmp) }, large = small, none = { .path = "/none" };
    EDO_TEST_OK(edo_file_cache_new(&small.cache, NULL));
    EDO_TEST_OK(edo_file_cache_new(&large.cache, &(edo_file_cache_opts){ .file_bytes_max = 10 }));
    none.cache = small.cache;
    CHECK_EQ(edo_write_all(edo_tmp_stream(tmp), "of the file", 11), 0);
    cached_path *each[] = { &small, &small, &large, &none };
    for (size_t i = 0; i < EDO_COUNT(each); i++) {
        served s = { .handler = sends_cached, .arg = each[i] };
        heard h;
        serve_begin(&s);
        ask(&s, &h, "GET / HTTP/1.1\r\nhost: x\r\n" CLOSE "\r\n");
        if (each[i] == &none) {
            CHECK(has(&h, " 404 ") && has(&h, "no such file"));
        } else {
            CHECK(has(&h, " 201 ") && has(&h, "content-type: x/file\r\n"));
            CHECK(has(&h, "content-length: 11\r\n") && has(&h, "\r\n\r\nof the file"));
        }
        CHECK_EQ(serve_end(&s), 0);
    }
    edo_file_cache_unref(small.cache);
    edo_file_cache_unref(large.cache);
    return edo_tmp_close(tmp);
}

static void cached_file_is_sent_from_memory_and_a_large_one_from_the_disk(void **state) {
    (void)state;
    assert_int_equal(inside(cached_files, NULL), 0);
}

static int hints(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    EDO_TEST_OK(edo_headers_set(&res->headers, EDO_HEADER_LINK, EDO_STR("</a.css>")));
    EDO_TEST_OK(edo_response_informational(res, EDO_STATUS_EARLY_HINTS));
    CHECK_EQ(edo_response_informational(res, EDO_STATUS_OK), -EINVAL);
    return edo_response_text(res, EDO_STATUS_OK, req->target);
}

static int early_hints(void *arg) {
    SERVED(hints);
    ask(&s, &h, "GET /1 HTTP/1.1\r\nhost: x\r\n" CLOSE "\r\n");
    CHECK(strncmp(h.text, "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\n",
                  61) == 0);
    ask(&s, &h, "GET /1 HTTP/1.0\r\n\r\n");
    CHECK(strncmp(h.text, "HTTP/1.1 200 OK\r\n", 17) == 0);
    return serve_end(&s);
}

static void informational_response_goes_before_the_final_one(void **state) {
    (void)state;
    assert_int_equal(inside(early_hints, NULL), 0);
}

static int upgrades(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    edo_stream *raw;
    EDO_TEST_OK(edo_headers_set(&res->headers, EDO_HEADER_UPGRADE, EDO_STR("shout")));
    int err = edo_upgrade(req, res, &raw);
    if (err == -EINVAL) return edo_response_text(res, EDO_STATUS_UPGRADE_REQUIRED, EDO_STR("ask"));
    char bytes[16];
    int n = edo_read_exact(raw, bytes, 6);
    return n < 0 ? n : edo_write_all(raw, bytes, 6);
}

static int upgraded(void *arg) {
    SERVED(upgrades);
    ask(&s, &h, "GET / HTTP/1.1\r\nhost: x\r\n" CLOSE "\r\n");
    CHECK(has(&h, " 426 "));
    edo_stream *c = client_of(&s);
    h = (heard){ 0 };
    say(c, "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: shout\r\n\r\nabc");
    CHECK(hear_until(c, &h, "\r\n\r\n"));
    CHECK(has(&h, "HTTP/1.1 101 Switching Protocols\r\n") && has(&h, "connection: upgrade\r\n"));
    CHECK(!has(&h, "content-length") && !has(&h, "transfer-encoding"));
    say(c, "def");
    CHECK(hear_until(c, &h, NULL));
    CHECK(strcmp(h.text + h.len - 6, "abcdef") == 0);
    edo_close(c);
    return serve_end(&s);
}

static void upgraded_stream_begins_with_what_was_read_ahead(void **state) {
    (void)state;
    assert_int_equal(inside(upgraded, NULL), 0);
}

static int reads_trailers(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    edo_str body;
    if (req->length != 0) CHECK(edo_request_trailers(req) == NULL); // not yet
    int err = edo_request_collect(req, &body, 1000);
    if (err < 0) return err;
    edo_str sum = edo_headers_get_named(edo_request_trailers(req), EDO_STR("X-Sum"));
    return edo_response_text(res, EDO_STATUS_OK, sum);
}

static int trailers(void *arg) {
    SERVED(reads_trailers);
    const char *request = "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
                          "3\r\nabc\r\n0\r\nx-sum: of it\r\nx: y\r\n\r\n"
                          "GET /next HTTP/1.1\r\nhost: x\r\n" CLOSE "\r\n";
    ask(&s, &h, request);
    CHECK(has(&h, "\r\n\r\nof it") && times(&h, " 200 OK") == 2);
    edo_stream *c = client_of(&s);
    h = (heard){ 0 };
    for (const char *at = request; *at; at++) { // in pieces of one byte
        CHECK_EQ(edo_write_all(c, at, 1), 0);
        CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    }
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, "\r\n\r\nof it") && times(&h, " 200 OK") == 2);
    edo_close(c);
    return serve_end(&s);
}

static void trailers_are_there_after_the_body(void **state) {
    (void)state;
    assert_int_equal(inside(trailers, NULL), 0);
}

static int limited(void *arg) {
    (void)arg;
    served s = { .handler = hello, .opts = { .requests_max = 2, .server_name = "edo" } };
    heard h;
    serve_begin(&s);
    ask(&s, &h,
        "GET /1 HTTP/1.1\r\nhost: x\r\n\r\nGET /2 HTTP/1.1\r\nhost: x\r\n\r\n"
        "GET /3 HTTP/1.1\r\nhost: x\r\n\r\n");
    CHECK(has(&h, "/1") && has(&h, "/2") && !has(&h, "/3"));
    CHECK_EQ(times(&h, "connection: close\r\n"), 1);
    CHECK_EQ(times(&h, "server: edo\r\n"), 2);
    return serve_end(&s);
}

static void connection_ends_after_its_last_request(void **state) {
    (void)state;
    assert_int_equal(inside(limited, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_is_served),
        cmocka_unit_test(connection_serves_one_request_after_another),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(head_may_come_byte_by_byte),
        cmocka_unit_test(head_no_content_and_failure_have_their_form),
        cmocka_unit_test(version_1_0_closes_unless_asked_to_keep),
        cmocka_unit_test(bad_request_is_refused_and_nothing_after_it_served),
        cmocka_unit_test(head_beyond_its_limits_is_431),
        cmocka_unit_test(bodies_are_collected_or_refused),
        cmocka_unit_test(client_that_has_sent_too_much_connects_anew),
        cmocka_unit_test(body_that_nobody_reads_is_skipped_or_ends_the_connection),
        cmocka_unit_test(continue_is_sent_at_the_first_read_only),
        cmocka_unit_test(continue_is_sent_before_a_response_that_streams),
        cmocka_unit_test(bodies_stream_both_ways),
        cmocka_unit_test(response_that_fails_halfway_is_broken_off),
        cmocka_unit_test(responses_before_one_that_is_broken_off_arrive_whole),
        cmocka_unit_test(head_beyond_the_limit_is_500),
        cmocka_unit_test(head_limit_may_be_as_large_as_its_field),
        cmocka_unit_test(server_name_that_is_no_value_is_refused),
        cmocka_unit_test(file_is_sent_with_its_length),
        cmocka_unit_test(part_of_an_open_file_is_sent_from_its_offset),
        cmocka_unit_test(cached_file_is_sent_from_memory_and_a_large_one_from_the_disk),
        cmocka_unit_test(informational_response_goes_before_the_final_one),
        cmocka_unit_test(upgraded_stream_begins_with_what_was_read_ahead),
        cmocka_unit_test(trailers_are_there_after_the_body),
        cmocka_unit_test(connection_ends_after_its_last_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
