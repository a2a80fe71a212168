/* SPDX-License-Identifier: MIT */
/* Goal: a client's connection sends requests byte for byte, reads their responses however they are
 * cut, and knows when it can be used again.
 * Method: servers that are scripts, which see each byte; edo's own server; and memory that
 * fails. */
#include "http_server.h"

#include <edo/copy.h>
#include <edo/http1.h>
#include <edo/streams.h>

#include <stdatomic.h>

#define GET "GET / HTTP/1.1\r\nhost: x\r\n\r\n"

typedef struct scripted {
    edo_test_script *peer;
    edo_http1 *c;
} scripted;

static scripted begin_with(const edo_http1_opts *opts) {
    scripted s;
    edo_stream *stream;
    EDO_TEST_OK(edo_test_script_new(&s.peer, &stream, "server"));
    EDO_TEST_OK(edo_http1_over(&s.c, stream, opts));
    return s;
}

static scripted begin(void) {
    return begin_with(&(edo_http1_opts){ .host = "x" });
}

static void end(scripted *s) {
    edo_http1_close(s->c);
    edo_test_script_close(s->peer);
}

static void expects(scripted *s, const char *bytes) {
    edo_test_script_write(s->peer, bytes, strlen(bytes));
}

static void responds(scripted *s, const char *bytes) {
    edo_test_script_read(s->peer, bytes, strlen(bytes));
}

/* Reads the body; returns 0 or the failure. */
static int body_of(edo_http_response *res, char *text, size_t room) {
    size_t n = 0;
    int got;
    while ((got = edo_read(res->body, text + n, room - 1 - n)) > 0) n += (size_t)got;
    text[n] = 0;
    return got;
}

static const edo_http_request get = { 0 };

/* ---- Requests -------------------------------------------------------------------------------- */

typedef struct request_row {
    const char *name;
    edo_http_request req;
    const char *bytes; /* NULL: refused */
} request_row;

#define S(literal)                                                                                 \
    { "" literal, sizeof(literal) - 1 }

static const request_row requests[] = {
    { "all zero", { 0 }, GET },
    { "a path",
      { .target = S("/a?b"), .method = EDO_METHOD_DELETE },
      "DELETE /a?b HTTP/1.1\r\nhost: x\r\n\r\n" },
    { "a method of its own", { .method_name = S("PURGE") }, "PURGE / HTTP/1.1\r\nhost: x\r\n\r\n" },
    { "a whole URI",
      { .target = S("http://y:81/a") },
      "GET http://y:81/a HTTP/1.1\r\nhost: y:81\r\n\r\n" },
    { "bytes",
      { .method = EDO_METHOD_POST, .data = S("hello") },
      "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello" },
    { "no bytes",
      { .method = EDO_METHOD_POST },
      "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n" },
    { "a target with a line end", { .target = S("/\r\nx: y") }, NULL },
    { "a target with a blank", { .target = S("/ a") }, NULL },
    { "a zone, which is of this machine", { .target = S("http://[fe80::1%25lo]/") }, NULL },
    { "a method that is no token", { .method_name = S("GET /") }, NULL },
    { "a method beyond all", { .method = EDO_METHODS_END }, NULL },
    { "an unknown option", { .reserved = { 1 } }, NULL },
};

static int request_rows(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(requests); i++) {
        scripted s = begin();
        edo_http_response *res;
        if (requests[i].bytes) {
            expects(&s, requests[i].bytes);
            responds(&s, "HTTP/1.1 204 None\r\n\r\n");
        }
        int err = edo_http1_send(s.c, &res, &requests[i].req);
        CHECK_EQ(err, requests[i].bytes ? 0 : -EINVAL);
        CHECK(edo_http1_is_reusable(s.c));
        end(&s);
    }
    return 0;
}

static void request_is_sent_byte_for_byte_or_refused(void **state) {
    (void)state;
    assert_int_equal(inside(request_rows, NULL), 0);
}

static int with_headers(void *arg) {
    (void)arg;
    scripted s = begin();
    edo_headers h;
    edo_http_response *res;
    edo_headers_init(&h);
    EDO_TEST_OK(edo_headers_set(&h, EDO_HEADER_ACCEPT, EDO_STR("*/*")));
    EDO_TEST_OK(edo_headers_set(&h, EDO_HEADER_HOST, EDO_STR("given")));
    EDO_TEST_OK(edo_headers_set(&h, EDO_HEADER_CONTENT_LENGTH, EDO_STR("77")));
    EDO_TEST_OK(edo_headers_set(&h, EDO_HEADER_CONNECTION, EDO_STR("x, Close")));
    expects(&s, "GET / HTTP/1.1\r\nhost: given\r\naccept: */*\r\nconnection: x, Close\r\n\r\n");
    responds(&s, "HTTP/1.1 204 None\r\n\r\n");
    EDO_TEST_OK(edo_http1_send(s.c, &res, &(edo_http_request){ .headers = &h }));
    CHECK(!edo_http1_is_reusable(s.c));
    edo_headers_deinit(&h);
    end(&s);
    return 0;
}

static void framing_is_not_the_callers_and_close_ends_the_connection(void **state) {
    (void)state;
    assert_int_equal(inside(with_headers, NULL), 0);
}

static int sends_no_zone(void *arg) {
    scripted s = begin_with(&(edo_http1_opts){ .host = "[::1%lo]:8080" });
    edo_http_response *res;
    (void)arg;
    expects(&s, "GET / HTTP/1.1\r\nhost: [::1]:8080\r\n\r\n");
    responds(&s, "HTTP/1.1 204 None\r\n\r\n");
    EDO_TEST_OK(edo_http1_send(s.c, &res, &get));
    end(&s);
    return 0;
}

/* RFC 6874, section 4: an interface of this machine means nothing to the server. */
static void zone_of_the_address_is_not_sent(void **state) {
    (void)state;
    assert_int_equal(inside(sends_no_zone, NULL), 0);
}

static int streamed(void *arg) {
    (void)arg;
    static const int64_t lengths[] = { -1, 5, 3, 9 };
    for (size_t i = 0; i < EDO_COUNT(lengths); i++) {
        scripted s = begin();
        edo_test_script *from;
        edo_stream *body;
        edo_http_response *res;
        bool is_short = lengths[i] == 9;
        EDO_TEST_OK(edo_test_script_new(&from, &body, "body"));
        edo_test_script_read(from, EDO_TEST_TEXT("he"));
        edo_test_script_read(from, EDO_TEST_TEXT("llo"));
        edo_test_script_close(from);
        expects(&s,
                lengths[i] < 0 ? "PUT / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
                                 "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
                : lengths[i] == 5 ? "PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello"
                : is_short        ? "PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhello"
                                  : "PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nhel");
        if (!is_short) responds(&s, "HTTP/1.1 204 None\r\n\r\n");
        int err = edo_http1_send(
            s.c, &res,
            &(edo_http_request){ .method = EDO_METHOD_PUT, .body = body, .length = lengths[i] });
        CHECK_EQ(err, is_short ? -EMSGSIZE : 0);
        CHECK_EQ(edo_http1_is_reusable(s.c), !is_short);
        char rest[8];
        if (lengths[i] == 3) CHECK_EQ(edo_read(body, rest, sizeof rest), 2);
        edo_close(body);
        end(&s);
    }
    return 0;
}

static void body_is_streamed_with_its_length_or_in_chunks(void **state) {
    (void)state;
    assert_int_equal(inside(streamed, NULL), 0);
}

static int count_informational(const edo_http_response *res, void *arg) {
    *(int *)arg += res->status;
    return res->status == EDO_STATUS_PROCESSING ? -EIO : 0;
}

typedef struct endless {
    edo_stream *peer;
    const char *one;
} endless;

/* Sends informational responses for as long as the client takes them. */
static int run_endless(void *arg) {
    const endless *e = arg;
    int err = 0;
    while (err == 0) err = edo_write_all(e->peer, e->one, strlen(e->one));
    return err;
}

static int never_final(void *arg) {
    static const char *const texts[] = {
        "HTTP/1.1 102 \r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nlink: </a-style-sheet-with-a-long-name.css>\r\n\r\n",
    };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(texts); i++) {
        edo_stream *stream;
        edo_http1 *c;
        edo_http_response *res;
        endless e = { .one = texts[i] };
        EDO_TEST_OK(edo_duplex(&stream, &e.peer, 4096));
        EDO_TEST_OK(edo_http1_over(&c, stream, &(edo_http1_opts){ .host = "x" }));
        edo_task *t = edo_spawn(run_endless, &e);
        CHECK(t != NULL);
        CHECK_EQ(edo_http1_send(c, &res, &get), -EDO_ETOOLONG);
        CHECK(!edo_http1_is_reusable(c));
        edo_http1_close(c);
        CHECK(edo_task_join(t) < 0);
        edo_close(e.peer);
    }
    return 0;
}

static void informational_responses_have_a_limit(void **state) {
    (void)state;
    assert_int_equal(inside(never_final, NULL), 0);
}

#define EXPECT_HEAD "PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n"

static int continues(void *arg) {
    (void)arg;
    int sum = 0;
    edo_http_request req = { .method = EDO_METHOD_PUT,
                             .data = EDO_STR("hi"),
                             .expect_continue = true,
                             .informational = count_informational,
                             .arg = &sum };
    edo_http_response *res;
    scripted s = begin(); // the server says so
    expects(&s, EXPECT_HEAD);
    responds(&s, "HTTP/1.1 103 Early\r\nlink: a\r\n\r\nHTTP/1.1 100 Go\r\n\r\n");
    expects(&s, "hi");
    responds(&s, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    EDO_TEST_OK(edo_http1_send(s.c, &res, &req));
    CHECK_EQ(sum, 203);
    CHECK_EQ(edo_headers_count(&res->headers), 1);
    CHECK(edo_http1_is_reusable(s.c));

    edo_instant start = edo_now(); // it says nothing
    expects(&s, EXPECT_HEAD);
    expects(&s, "hi");
    responds(&s, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    EDO_TEST_OK(edo_http1_send(s.c, &res, &req));
    CHECK_EQ(ms_since(start), 1000);
    CHECK(edo_http1_is_reusable(s.c));

    expects(&s, EXPECT_HEAD); // it refuses
    responds(&s, "HTTP/1.1 417 No\r\ncontent-length: 0\r\n\r\n");
    EDO_TEST_OK(edo_http1_send(s.c, &res, &req));
    CHECK_EQ(res->status, 417);
    CHECK(!edo_http1_is_reusable(s.c));
    end(&s);

    s = begin(); // the callback refuses
    expects(&s, EXPECT_HEAD);
    responds(&s, "HTTP/1.1 102 Wait\r\n\r\n");
    CHECK_EQ(edo_http1_send(s.c, &res, &req), -EIO);
    CHECK(!edo_http1_is_reusable(s.c));
    end(&s);
    return 0;
}

static void body_waits_for_100_but_not_longer_than_a_second(void **state) {
    (void)state;
    assert_int_equal(inside(continues, NULL), 0);
}

/* ---- Responses ------------------------------------------------------------------------------- */

typedef struct response_row {
    const char *name, *bytes, *body;
    int read;       /* what the last read returns */
    int64_t length; /* of the response */
    bool keeps;
    edo_method method;
} response_row;

#define OK_ "HTTP/1.1 200 OK\r\n"

static const response_row responses[] = {
    { "length", OK_ "content-length: 5\r\n\r\nhello", "hello", 0, 5, true, EDO_METHOD_GET },
    { "chunks",
      OK_ "transfer-encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nt: v\r\n\r\n",
      "hello!", 0, -1, true, EDO_METHOD_GET },
    { "folded", OK_ "transfer-encoding:\r\n chunked\r\n\r\n5\r\nhello\r\n0\r\nt: v\r\n\tw\r\n\r\n",
      "hello", 0, -1, true, EDO_METHOD_GET },
    { "up to the end", OK_ "\r\nhello", "hello", 0, -1, false, EDO_METHOD_GET },
    { "1.0", "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nhi", "hi", 0, 2, false, EDO_METHOD_GET },
    { "short", OK_ "content-length: 9\r\n\r\nhello", "hello", -EDO_EEOF, 9, false, EDO_METHOD_GET },
    { "cut chunk", OK_ "transfer-encoding: chunked\r\n\r\n5\r\nhel", "hel", -EDO_EEOF, -1, false,
      EDO_METHOD_GET },
    { "bad chunk", OK_ "transfer-encoding: chunked\r\n\r\nx\r\n", "", -EBADMSG, -1, false,
      EDO_METHOD_GET },
    { "HEAD", OK_ "content-length: 9\r\n\r\n", "", 0, 9, true, EDO_METHOD_HEAD },
    { "304", "HTTP/1.1 304 Same\r\ncontent-length: 9\r\n\r\n", "", 0, 9, true, EDO_METHOD_GET },
    { "204", "HTTP/1.1 204 None\r\n\r\n", "", 0, 0, true, EDO_METHOD_GET },
    { "close", OK_ "connection: close\r\ncontent-length: 0\r\n\r\n", "", 0, 0, false,
      EDO_METHOD_GET },
    { "more than was asked for", OK_ "content-length: 2\r\n\r\nhi" OK_, "hi", 0, 2, false,
      EDO_METHOD_GET },
    { "not connected", "HTTP/1.1 502 No\r\ncontent-length: 2\r\n\r\nhi", "hi", 0, 2, true,
      EDO_METHOD_CONNECT },
};

/* The end of the input follows if the connection is not to be used again. */
static void check_response(const response_row *row, size_t cut) {
    scripted s = begin();
    edo_http_response *res;
    char text[64];
    const edo_http_request req = { .method = row->method,
                                   .target = row->method == EDO_METHOD_CONNECT ? EDO_STR("x:1")
                                                                               : EDO_STR("/") };
    expects(&s, row->method == EDO_METHOD_HEAD      ? "HEAD / HTTP/1.1\r\nhost: x\r\n\r\n"
                : row->method == EDO_METHOD_CONNECT ? "CONNECT x:1 HTTP/1.1\r\nhost: x:1\r\n\r\n"
                                                    : GET);
    size_t n = strlen(row->bytes);
    if (cut > 0) edo_test_script_read(s.peer, row->bytes, cut);
    if (cut < n) edo_test_script_read(s.peer, row->bytes + cut, n - cut);
    bool at_end = row->read < 0 || (row->length < 0 && !row->keeps);
    if (at_end) edo_test_script_read(s.peer, "", 0);
    EDO_TEST_OK(edo_http1_send(s.c, &res, &req));
    CHECK_EQ(res->length, row->length);
    int err = body_of(res, text, sizeof text);
    if (err != row->read || strcmp(text, row->body) != 0)
        print_error("%s, cut at %zu: %d \"%s\"\n", row->name, cut, err, text);
    CHECK_EQ(err, row->read);
    CHECK(strcmp(text, row->body) == 0);
    CHECK_EQ(edo_http1_is_reusable(s.c), row->keeps);
    CHECK_EQ(edo_http_response_trailers(res) != NULL, row->read == 0);
    if (!row->keeps) CHECK_EQ(edo_http1_send(s.c, &res, &req), -EDO_ECLOSED);
    edo_http1_close(s.c);
    edo_test_script_close(s.peer);
}

static int response_rows(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(responses); i++) {
        // Bytes beyond the response are seen where they are, so they need no cut.
        bool is_more = strncmp(responses[i].name, "more", 4) == 0;
        size_t cuts = is_more ? 0 : strlen(responses[i].bytes);
        // Behind a chunk that is bad nothing is read.
        if (responses[i].read == -EBADMSG) {
            scripted s = begin();
            edo_http_response *res;
            char text[64];
            expects(&s, GET);
            responds(&s, responses[i].bytes);
            EDO_TEST_OK(edo_http1_send(s.c, &res, &get));
            CHECK_EQ(body_of(res, text, sizeof text), -EBADMSG);
            CHECK_EQ(body_of(res, text, sizeof text), -EBADMSG);
            CHECK(!edo_http1_is_reusable(s.c));
            end(&s);
            continue;
        }
        for (size_t cut = 0; cut <= cuts; cut++) check_response(&responses[i], cut);
    }
    return 0;
}

static void response_is_read_however_it_is_cut(void **state) {
    (void)state;
    assert_int_equal(inside(response_rows, NULL), 0);
}

static int broken_off(void *arg) {
    (void)arg;
    const char *bytes = OK_ "content-length: 5\r\n\r\nhello";
    size_t head = strlen(bytes) - 5;
    for (size_t n = 0; n < strlen(bytes); n++) {
        for (int reset = 0; reset < 2; reset++) {
            scripted s = begin();
            edo_http_response *res;
            char text[16];
            int want = reset ? -ECONNRESET : -EDO_EEOF;
            expects(&s, GET);
            if (n > 0) edo_test_script_read(s.peer, bytes, n);
            if (reset)
                edo_test_script_error(s.peer, EDO_IO_READ, -ECONNRESET);
            else
                edo_test_script_read(s.peer, "", 0);
            int err = edo_http1_send(s.c, &res, &get);
            CHECK_EQ(err, n < head ? want : 0);
            if (err == 0) CHECK_EQ(body_of(res, text, sizeof text), want);
            CHECK(!edo_http1_is_reusable(s.c));
            end(&s);
        }
    }
    return 0;
}

static void connection_that_ends_at_any_byte_is_a_failure(void **state) {
    (void)state;
    assert_int_equal(inside(broken_off, NULL), 0);
}

static int early(void *arg) {
    (void)arg;
    static const char *const bodies[] = { "", "no" };
    for (size_t i = 0; i < EDO_COUNT(bodies); i++) {
        scripted s = begin();
        edo_stream *from, *to;
        edo_http_response *res;
        char text[64];
        EDO_TEST_OK(edo_duplex(&from, &to, 64));
        expects(&s, "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
        (void)snprintf(text, sizeof text, "HTTP/1.1 413 Long\r\ncontent-length: %zu\r\n\r\n%s",
                       strlen(bodies[i]), bodies[i]);
        responds(&s, text);
        edo_http_request req = { .method = EDO_METHOD_POST, .body = from, .length = -1 };
        EDO_TEST_OK(edo_http1_send(s.c, &res, &req));
        CHECK_EQ(edo_read(res->body, text, sizeof text), (int)strlen(bodies[i]));
        edo_close(from);
        edo_close(to);
        CHECK_EQ(edo_read(res->body, text, sizeof text), 0);
        CHECK(!edo_http1_is_reusable(s.c));
        end(&s);
    }
    return 0;
}

static void early_response_lets_go_of_the_requests_body(void **state) {
    (void)state;
    assert_int_equal(inside(early, NULL), 0);
}

static int poisoned(void *arg) {
    (void)arg;
    scripted s = begin();
    edo_http_response *res;
    expects(&s, GET);
    responds(&s, "HTTP/1.1 204 None\r\nname: value\r\n\r\n");
    edo_test_script_wait(s.peer, edo_ms(1));
    responds(&s, "X");
    EDO_TEST_OK(edo_http1_send(s.c, &res, &get));
    CHECK(edo_http1_is_reusable(s.c));
    EDO_TEST_OK(edo_sleep(edo_ms(2)));
    CHECK(!edo_http1_is_reusable(s.c));
    CHECK(!edo_http1_is_reusable(s.c));
    CHECK(edo_str_equal(edo_headers_get_named(&res->headers, EDO_STR("name")), EDO_STR("value")));
    CHECK(edo_str_equal(res->reason, EDO_STR("None")));
    end(&s);
    return 0;
}

static void bytes_on_an_idle_connection_poison_it_and_leave_the_response(void **state) {
    (void)state;
    assert_int_equal(inside(poisoned, NULL), 0);
}

/* ---- The connection -------------------------------------------------------------------------- */

static int not_sent(void *arg) {
    (void)arg;
    edo_http_response *res;
    scripted s = begin(); // it ended while it was idle
    edo_test_script_read(s.peer, "", 0);
    CHECK_EQ(edo_http1_send(s.c, &res, &get), -EDO_ECLOSED);
    end(&s);
    s = begin(); // bytes on an idle connection
    responds(&s, "H");
    CHECK_EQ(edo_http1_send(s.c, &res, &get), -EDO_ECLOSED);
    CHECK(!edo_http1_is_reusable(s.c));
    end(&s);
    s = begin(); // the first write fails
    edo_test_script_error(s.peer, EDO_IO_WRITE, -EPIPE);
    CHECK_EQ(edo_http1_send(s.c, &res, &get), -EDO_ECLOSED);
    end(&s);
    s = begin(); // a later one does: the request may have had an effect
    expects(&s, "GET /");
    edo_test_script_error(s.peer, EDO_IO_WRITE, -EPIPE);
    edo_test_script_read(s.peer, "", 0);
    CHECK_EQ(edo_http1_send(s.c, &res, &get), -EPIPE);
    end(&s);
    s = begin(); // but its response counts
    expects(&s, "GET /");
    edo_test_script_error(s.peer, EDO_IO_WRITE, -EPIPE);
    responds(&s, "HTTP/1.1 414 Long\r\ncontent-length: 0\r\n\r\n");
    EDO_TEST_OK(edo_http1_send(s.c, &res, &get));
    CHECK_EQ(res->status, 414);
    CHECK(!edo_http1_is_reusable(s.c));
    end(&s);
    s = begin(); // this end could not write: the server waits for the rest, and sends nothing
    edo_instant start = edo_now();
    expects(&s, "GET /");
    edo_test_script_error(s.peer, EDO_IO_WRITE, -ENOBUFS);
    edo_test_script_wait(s.peer, edo_s(1000));
    CHECK_EQ(edo_http1_send(s.c, &res, &get), -ENOBUFS);
    CHECK_EQ(ms_since(start), 0);
    end(&s);
    return 0;
}

static void request_of_which_nothing_was_sent_is_told_apart(void **state) {
    (void)state;
    assert_int_equal(inside(not_sent, NULL), 0);
}

static int cut_requests(void *arg) {
    (void)arg;
    for (size_t n = 0; n < strlen(GET); n++) {
        scripted s = begin();
        edo_http_response *res;
        if (n > 0) edo_test_script_write(s.peer, GET, n);
        edo_test_script_error(s.peer, EDO_IO_WRITE, -ECONNRESET);
        if (n > 0) edo_test_script_read(s.peer, "", 0);
        CHECK_EQ(edo_http1_send(s.c, &res, &get), n == 0 ? -EDO_ECLOSED : -ECONNRESET);
        CHECK(!edo_http1_is_reusable(s.c));
        end(&s);
    }
    return 0;
}

static void request_that_is_cut_at_any_byte_is_a_failure(void **state) {
    (void)state;
    assert_int_equal(inside(cut_requests, NULL), 0);
}

static int send_get(void *arg) {
    edo_http_response *res;
    return edo_http1_send(arg, &res, &get);
}

static int cancelled(void *arg) {
    (void)arg;
    scripted s = begin();
    expects(&s, GET);
    responds(&s, "HTTP/1.1 20");
    edo_task *t = edo_spawn(send_get, s.c);
    CHECK(t != NULL);
    CHECK_EQ(edo_test_settle(), -EDEADLK); // it waits for the response
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    CHECK(!edo_http1_is_reusable(s.c));
    edo_http_response *res;
    CHECK_EQ(edo_http1_send(s.c, &res, &get), -EDO_ECLOSED);
    end(&s);
    return 0;
}

static void cancelled_exchange_leaves_nothing_but_the_close(void **state) {
    (void)state;
    assert_int_equal(inside(cancelled, NULL), 0);
}

#define UPGRADE "HTTP/1.1 101 Go\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nfirst"

static int upgraded(void *arg) {
    (void)arg;
    edo_headers h;
    edo_http_response *res;
    char text[16];
    edo_headers_init(&h);
    EDO_TEST_OK(edo_headers_set(&h, EDO_HEADER_CONNECTION, EDO_STR("Upgrade")));
    EDO_TEST_OK(edo_headers_set(&h, EDO_HEADER_UPGRADE, EDO_STR("x")));
    scripted s = begin();
    expects(&s, "GET / HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: x\r\n\r\n");
    responds(&s, UPGRADE);
    expects(&s, "ours");
    EDO_TEST_OK(edo_http1_send(s.c, &res, &(edo_http_request){ .headers = &h }));
    CHECK(res->is_upgraded && res->status == 101);
    CHECK_EQ(edo_read(res->body, text, sizeof text), 5);
    CHECK(memcmp(text, "first", 5) == 0);
    CHECK_EQ(edo_write_all(res->body, "ours", 4), 0);
    CHECK(!edo_http1_is_reusable(s.c));
    end(&s);
    edo_headers_deinit(&h);

    s = begin(); // nobody has asked for it
    expects(&s, GET);
    responds(&s, UPGRADE);
    CHECK_EQ(edo_http1_send(s.c, &res, &get), -EPROTO);
    end(&s);
    return 0;
}

static void upgrade_hands_the_connection_over(void **state) {
    (void)state;
    assert_int_equal(inside(upgraded, NULL), 0);
}

/* ---- With edo's server ----------------------------------------------------------------------- */

static int echoes(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    edo_stream *out;
    int err = edo_response_stream(res, &out, req->length);
    return err < 0 ? err : edo_copy(out, edo_request_body(req), NULL);
}

#define MANY ((int64_t)16 << 20) /* more than the buffers of sockets take */

static int both_ways(void *arg) {
    (void)arg;
    served s = { .handler = echoes };
    serve_begin(&s);
    edo_http1 *c;
    EDO_TEST_OK(edo_http1_connect(&c, s.address, NULL));
    for (int i = 0; i < 2; i++) {
        edo_stream *zeros, *body;
        edo_http_response *res;
        EDO_TEST_OK(edo_stream_repeat(&zeros, 7));
        EDO_TEST_OK(edo_stream_take(&body, zeros, (uint64_t)MANY));
        edo_http_request req = { .method = EDO_METHOD_POST,
                                 .body = body,
                                 .length = i == 0 ? MANY : -1 };
        EDO_TEST_OK(edo_http1_send(c, &res, &req));
        static char text[65536];
        int64_t sum = 0;
        int n;
        while ((n = edo_read(res->body, text, sizeof text)) > 0) {
            CHECK(text[0] == 7 && text[n - 1] == 7);
            sum += n;
        }
        CHECK_EQ(n, 0);
        CHECK_EQ(sum, MANY);
        CHECK(edo_http1_is_reusable(c));
        edo_close(body);
    }
    edo_http1_close(c);
    return serve_end(&s);
}

static void bodies_longer_than_all_buffers_stream_both_ways(void **state) {
    (void)state;
    assert_int_equal(inside_with(both_ways, NULL, &kinds[0]), 0);
}

/* ---- Without memory -------------------------------------------------------------------------- */

static atomic_uint allocations, fail_at; /* the allocation of that number fails; 0: none */
static atomic_int live;

static bool is_refused(void) {
    return atomic_fetch_add(&allocations, 1) + 1 == atomic_load(&fail_at);
}

static void *count_alloc(void *arg, size_t bytes) {
    (void)arg;
    void *p = is_refused() ? NULL : malloc(bytes);
    if (p) atomic_fetch_add(&live, 1);
    return p;
}

static void *count_realloc(void *arg, void *ptr, size_t bytes) {
    (void)arg;
    void *p = is_refused() ? NULL : realloc(ptr, bytes);
    if (p && !ptr) atomic_fetch_add(&live, 1);
    return p;
}

static void count_free(void *arg, void *ptr) {
    (void)arg;
    atomic_fetch_sub(&live, 1);
    free(ptr);
}

/* Appends `n` fields. */
static void add_fields(edo_buf *out, int n) {
    char line[32];
    for (int i = 0; i < n; i++)
        EDO_TEST_OK(
            edo_buf_append(out, line, (size_t)snprintf(line, sizeof line, "name-%d: v\r\n", i)));
}

/* A head that is longer than a buffer, with more fields than a map has room for, and trailers. */
static void make_long_response(edo_buf *out) {
    static const char begin_[] = OK_ "transfer-encoding: chunked\r\nlong: ",
                      chunks[] = "\r\n\r\n1\r\na\r\n0\r\n";
    static char value[9000];
    memset(value, 'v', sizeof value);
    EDO_TEST_OK(edo_buf_append(out, begin_, sizeof begin_ - 1));
    EDO_TEST_OK(edo_buf_append(out, value, sizeof value));
    EDO_TEST_OK(edo_buf_append(out, "\r\n", 2));
    add_fields(out, 20);
    EDO_TEST_OK(edo_buf_append(out, chunks + 2, sizeof chunks - 3));
    add_fields(out, 20);
    EDO_TEST_OK(edo_buf_append(out, "\r\n", 2));
}

/* The k-th allocation of the client fails; returns whether there was one. */
static bool fails_at(unsigned k, const edo_buf *bytes) {
    edo_test_script *peer;
    edo_stream *stream;
    edo_http1 *c;
    edo_http_response *res = NULL;
    char text[16];
    int before = atomic_load(&live);
    EDO_TEST_OK(edo_test_script_new(&peer, &stream, "server"));
    edo_test_script_write(peer, EDO_TEST_TEXT(GET));
    edo_test_script_read(peer, bytes->ptr, bytes->len);
    edo_test_script_close(peer);
    unsigned turn = atomic_load(&allocations) + k;
    atomic_store(&fail_at, turn);
    int err = edo_http1_over(&c, edo_stream_ref(stream), &(edo_http1_opts){ .host = "x" });
    bool is_made = err == 0;
    if (is_made) err = edo_http1_send(c, &res, &get);
    bool is_good = is_made && err < 0 && edo_http1_is_reusable(c);
    if (err == 0) err = body_of(res, text, sizeof text);
    bool fired = atomic_load(&allocations) >= turn;
    atomic_store(&fail_at, 0);
    CHECK_EQ(err, fired ? -ENOMEM : 0);
    if (!is_made) {
        edo_stream_unref(stream);
        CHECK_EQ(edo_write_all(stream, EDO_TEST_TEXT(GET)), 0);
    }
    if (is_good) EDO_TEST_OK(edo_http1_send(c, &res, &get)); // nothing was sent before
    while (edo_read(stream, text, sizeof text) > 0) {        // what is left in the script
    }
    if (is_made) edo_http1_close(c);
    edo_stream_unref(stream);
    CHECK_EQ(atomic_load(&live), before);
    return fired;
}

static int poor(void *arg) {
    edo_buf bytes = { 0 };
    make_long_response(&bytes);
    unsigned k = 1;
    while (fails_at(k, &bytes)) k++;
    CHECK(k > *(unsigned *)arg);
    edo_buf_deinit(&bytes);
    return 0;
}

static void each_lack_of_memory_is_reported_and_nothing_is_lost(void **state) {
    (void)state;
    unsigned least = 6; // connection, host, exchange, a longer buffer, more fields, more trailers
    assert_int_equal(inside(poor, &least), 0);
}

int main(void) {
    edo_allocator counting = { .alloc = count_alloc, .realloc = count_realloc, .free = count_free };
    if (edo_set_allocator(&counting) < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_is_sent_byte_for_byte_or_refused),
        cmocka_unit_test(zone_of_the_address_is_not_sent),
        cmocka_unit_test(framing_is_not_the_callers_and_close_ends_the_connection),
        cmocka_unit_test(body_is_streamed_with_its_length_or_in_chunks),
        cmocka_unit_test(informational_responses_have_a_limit),
        cmocka_unit_test(body_waits_for_100_but_not_longer_than_a_second),
        cmocka_unit_test(response_is_read_however_it_is_cut),
        cmocka_unit_test(connection_that_ends_at_any_byte_is_a_failure),
        cmocka_unit_test(early_response_lets_go_of_the_requests_body),
        cmocka_unit_test(bytes_on_an_idle_connection_poison_it_and_leave_the_response),
        cmocka_unit_test(request_of_which_nothing_was_sent_is_told_apart),
        cmocka_unit_test(request_that_is_cut_at_any_byte_is_a_failure),
        cmocka_unit_test(cancelled_exchange_leaves_nothing_but_the_close),
        cmocka_unit_test(upgrade_hands_the_connection_over),
        cmocka_unit_test(bodies_longer_than_all_buffers_stream_both_ways),
        cmocka_unit_test(each_lack_of_memory_is_reported_and_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
