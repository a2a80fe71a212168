/* SPDX-License-Identifier: MIT */
/* Goal: each option of a server and of a client's connection does what its comment says.
 * Method: a server with the option, and a client that sees each byte; a server that is a script,
 * for those of the client. */
#include "tcp_server.h"

#include <edo/http1.h>
#include <edo/streams.h>
#include <edo/unix.h>

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD "GET / HTTP/1.1\r\nhost: x\r\n\r\n"

/* ---- The server ------------------------------------------------------------------------------ */

static int hello(edo_request *req, edo_response *res, void *arg) {
    (void)req, (void)arg;
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR("hello"));
}

EDO_TEST(without_keep_alive_a_connection_has_one_request, .paused = true) {
    served s = { .handler = hello, .opts = { .no_keep_alive = true } };
    heard h;
    serve_begin(&s);
    ask(&s, &h, HEAD HEAD);
    CHECK_EQ(times(&h, "HTTP/1.1 200 OK\r\n"), 1);
    CHECK(has(&h, "connection: close\r\n"));
    CHECK_EQ(serve_end(&s), 0);
}

EDO_TEST(a_date_is_sent_unless_an_option_says_no, .paused = true) {
    for (int is_off = 0; is_off < 2; is_off++) {
        served s = { .handler = hello, .opts = { .no_date = is_off == 1 } };
        heard h;
        serve_begin(&s);
        ask(&s, &h, "GET / HTTP/1.0\r\n\r\n");
        CHECK_EQ(times(&h, "\r\ndate: "), is_off ? 0 : 1);
        CHECK_EQ(serve_end(&s), 0);
    }
}

static int collects(edo_request *req, edo_response *res, void *arg) {
    edo_str body;
    (void)arg;
    int err = edo_request_collect(req, &body, 1000);
    return err < 0 ? err : edo_response_data(res, EDO_STATUS_OK, EDO_STR("a/b"), body);
}

#define CHUNKED_HEAD                                                                               \
    "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"

EDO_TEST(a_request_has_no_more_trailers_than_fields, .paused = true) {
    served s = { .handler = collects, .opts = { .headers_max = 3 } };
    heard h;
    serve_begin(&s);
    ask(&s, &h, CHUNKED_HEAD "2\r\nhi\r\n0\r\na: 1\r\nb: 2\r\nc: 3\r\n\r\n");
    CHECK(has(&h, " 200 OK\r\n") && has(&h, "\r\n\r\nhi"));
    ask(&s, &h, CHUNKED_HEAD "2\r\nhi\r\n0\r\na: 1\r\nb: 2\r\nc: 3\r\nd: 4\r\n\r\n");
    CHECK(has(&h, " 400 Bad Request\r\n"));
    CHECK_EQ(serve_end(&s), 0);
}

/* Runs a server with standard output in a file, and reads that to `text`. */
static void announced(served *s, char *text, size_t room) {
    (void)fflush(stdout);
    int before = dup(STDOUT_FILENO), file = memfd_create("stdout", MFD_CLOEXEC);
    CHECK(before >= 0 && dup2(file, STDOUT_FILENO) >= 0);
    serve_begin(s);
    heard h;
    ask(s, &h, "GET / HTTP/1.0\r\n\r\n"); // it serves
    CHECK_EQ(serve_end(s), 0);
    CHECK(dup2(before, STDOUT_FILENO) >= 0 && close(before) == 0);
    ssize_t n = pread(file, text, room - 1, 0);
    CHECK(n >= 0 && close(file) == 0);
    text[n] = 0;
}

EDO_TEST(the_line_of_a_server_says_its_name_if_it_has_one, .paused = false) {
    char text[256], wanted[256];
    served plain = { .handler = hello, .opts = { .announce = true } };
    announced(&plain, text, sizeof text);
    (void)snprintf(wanted, sizeof wanted, "http://%s\n", plain.address);
    CHECK(strcmp(text, wanted) == 0);
    served named = { .handler = hello, .opts = { .announce_as = "probes" } };
    announced(&named, text, sizeof text);
    (void)snprintf(wanted, sizeof wanted, "probes on http://%s\n", named.address);
    CHECK(strcmp(text, wanted) == 0);
}

/* What has arrived at the client when the second of two pipelined requests is handled. */
typedef struct arrivals {
    edo_stream *client;
    int handled;
    int bytes;
} arrivals;

static int looks_at_the_client(edo_request *req, edo_response *res, void *arg) {
    arrivals *a = arg;
    char byte;
    const struct iovec to = { &byte, 1 };
    if (++a->handled == 2)
        (void)a->client->ops->poll_read(a->client, NULL, NULL, &to, 1, EDO_IO_PEEK, &a->bytes);
    return hello(req, res, NULL);
}

EDO_TEST(a_pipelined_response_leaves_before_the_next_request_is_handled_by_option, .paused = true) {
    for (int is_on = 0; is_on < 2; is_on++) {
        arrivals a = { .bytes = 0 };
        served s = { .handler = looks_at_the_client,
                     .arg = &a,
                     .opts = { .pipeline_flush = is_on == 1 } };
        heard h = { 0 };
        serve_begin(&s);
        a.client = client_of(&s);
        say(a.client, HEAD "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        CHECK(hear_until(a.client, &h, NULL));
        CHECK_EQ(times(&h, "hello"), 2);
        CHECK_EQ(a.bytes, is_on ? 1 : -EAGAIN); // else both leave in one write
        edo_close(a.client);
        CHECK_EQ(serve_end(&s), 0);
    }
}

/* Sends a share of `arg`, and keeps one; with "/late" when the head was sent. */
static int shares(edo_request *req, edo_response *res, void *arg) {
    edo_bytes share = edo_bytes_ref(arg);
    edo_stream *out;
    if (!edo_str_equal(req->target, EDO_STR("/late")))
        return edo_response_bytes(res, EDO_STATUS_OK, EDO_STR("a/b"), &share);
    EDO_TEST_OK(edo_response_stream(res, &out, 0));
    CHECK_EQ(edo_response_bytes(res, EDO_STATUS_OK, EDO_STR("a/b"), &share), -EBUSY);
    CHECK(share.str.len == 3); // still this handler's
    edo_bytes_unref(&share);
    return 0;
}

EDO_TEST(a_share_of_counted_bytes_is_a_body, .paused = true) {
    edo_bytes bytes;
    heard h;
    EDO_TEST_OK(edo_bytes_copy(&bytes, "abc", 3));
    served s = { .handler = shares, .arg = &bytes };
    serve_begin(&s);
    ask(&s, &h, "GET / HTTP/1.0\r\n\r\n");
    CHECK(has(&h, "content-type: a/b\r\n") && has(&h, "content-length: 3\r\n"));
    CHECK(has(&h, "\r\n\r\nabc"));
    ask(&s, &h, "GET /late HTTP/1.0\r\n\r\n");
    CHECK(has(&h, "content-length: 0\r\n"));
    CHECK_EQ(serve_end(&s), 0);
    edo_bytes_unref(&bytes); // the last share: the checker of leaks sees the others
}

static void hears_hello(edo_stream *c) {
    heard h = { 0 };
    say(c, "GET / HTTP/1.0\r\n\r\n");
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, "hello"));
    edo_close(c);
}

EDO_TEST(listeners_on_tcp_and_unix_and_of_a_descriptor_serve_side_by_side, .paused = false) {
    char dir[] = "/tmp/edo-http-XXXXXX", path[sizeof dir + 2];
    char tcp[32], inherited[32];
    edo_listener *l[3], *outer;
    edo_stream *c;
    CHECK(mkdtemp(dir) != NULL);
    (void)snprintf(path, sizeof path, "%s/s", dir);
    EDO_TEST_OK(edo_tcp_listen(&l[0], "127.0.0.1:0", NULL));
    EDO_TEST_OK(edo_unix_listen(&l[1], path, NULL));
    EDO_TEST_OK(edo_tcp_listen(&outer, "127.0.0.1:0", NULL));
    EDO_TEST_OK(edo_listener_from_fd(&l[2], dup(edo_listener_fd(outer))));
    (void)snprintf(tcp, sizeof tcp, "127.0.0.1:%u", (unsigned)edo_listener_port(l[0]));
    (void)snprintf(inherited, sizeof inherited, "127.0.0.1:%u", (unsigned)edo_listener_port(outer));
    edo_listener_close(outer);
    served s = { .handler = hello, .opts = { .listeners = l, .listeners_n = EDO_COUNT(l) } };
    s.task = edo_spawn(served_main, &s);
    EDO_TEST_OK(edo_tcp_connect(&c, tcp, NULL));
    hears_hello(c);
    EDO_TEST_OK(edo_unix_connect(&c, path, NULL));
    hears_hello(c);
    EDO_TEST_OK(edo_tcp_connect(&c, inherited, NULL));
    hears_hello(c);
    edo_task_cancel(s.task);
    CHECK_EQ(edo_task_join(s.task), 0);
    for (size_t i = 0; i < EDO_COUNT(l); i++) edo_listener_close(l[i]);
    (void)unlink(path);
    CHECK_EQ(rmdir(dir), 0);
}

/* ---- The client ------------------------------------------------------------------------------ */

#define FIELDS "HTTP/1.1 200 OK\r\na: b\r\ncontent-length: 0\r\n\r\n"

/* What a response of FIELDS is for a client with these options. */
static int sends(const edo_http1_opts *opts) {
    edo_test_script *peer;
    edo_stream *stream;
    edo_http1 *c;
    edo_http_response *res;
    EDO_TEST_OK(edo_test_script_new(&peer, &stream, "server"));
    EDO_TEST_OK(edo_http1_over(&c, stream, opts));
    edo_test_script_write(peer, HEAD, sizeof HEAD - 1);
    edo_test_script_read(peer, FIELDS, sizeof FIELDS - 1);
    int err = edo_http1_send(c, &res, &(edo_http_request){ .method = EDO_METHOD_GET });
    CHECK_EQ(edo_http1_is_reusable(c), err == 0);
    edo_http1_close(c);
    edo_test_script_close(peer);
    return err;
}

EDO_TEST(a_head_beyond_a_limit_of_the_client_is_refused, .paused = true) {
    const uint32_t n = sizeof FIELDS - 1;
    CHECK_EQ(sends(&(edo_http1_opts){ .host = "x", .headers_max = 2 }), 0);
    CHECK_EQ(sends(&(edo_http1_opts){ .host = "x", .headers_max = 1 }), -EDO_ETOOLONG);
    CHECK_EQ(sends(&(edo_http1_opts){ .host = "x", .head_bytes_max = n }), 0);
    CHECK_EQ(sends(&(edo_http1_opts){ .host = "x", .head_bytes_max = n - 1 }), -EDO_ETOOLONG);
}

#define EXPECTS "PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n"
#define NONE    "HTTP/1.1 204 None\r\n\r\n"

/* A server that says nothing: how long the client waits before it sends the body, in ms, or how the
 * request ends if it does not within 1,000 s. */
static int64_t waits_with(edo_duration expect_wait) {
    edo_test_script *peer;
    edo_stream *stream;
    edo_http1 *c;
    edo_http_response *res;
    const edo_http1_opts opts = { .host = "x", .expect_wait = expect_wait };
    const edo_http_request req = { .method = EDO_METHOD_PUT,
                                   .data = EDO_STR("hi"),
                                   .expect_continue = true };
    EDO_TEST_OK(edo_test_script_new(&peer, &stream, "server"));
    EDO_TEST_OK(edo_http1_over(&c, stream, &opts));
    edo_test_script_write(peer, EXPECTS, sizeof EXPECTS - 1);
    if (expect_wait.ns >= 0) {
        edo_test_script_write(peer, "hi", 2);
        edo_test_script_read(peer, NONE, sizeof NONE - 1);
    }
    edo_instant start = edo_now();
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(1000));
    int err = edo_deadline_end(&d, edo_http1_send(c, &res, &req));
    edo_http1_close(c);
    edo_test_script_close(peer);
    return err < 0 ? err : ms_since(start);
}

EDO_TEST(a_body_waits_for_100_as_long_as_the_option_says, .paused = true) {
    CHECK_EQ(waits_with((edo_duration){ 0 }), 1000);
    CHECK_EQ(waits_with(edo_s(300)), 300000);
    CHECK_EQ(waits_with((edo_duration)EDO_OFF), -ETIMEDOUT);
}

/* ---- Both ------------------------------------------------------------------------------------ */

static int writes_three_pieces(void *arg) {
    edo_stream *writer = arg;
    for (int i = 0; i < 3; i++) {
        int err = edo_write_all(writer, "piece ", 6);
        if (err >= 0) err = edo_sleep(edo_ms(10));
        if (err < 0) return err;
    }
    edo_close(writer);
    return 0;
}

EDO_TEST(a_body_is_any_stream_and_read_as_one, .paused = true) {
    served s = { .handler = collects };
    edo_stream *body, *writer;
    edo_http1 *c;
    edo_http_response *res;
    edo_bytes got;
    serve_begin(&s);
    EDO_TEST_OK(edo_simplex(&body, &writer, 8));
    edo_task *task = edo_spawn(writes_three_pieces, writer);
    EDO_TEST_OK(edo_http1_over(&c, client_of(&s), &(edo_http1_opts){ .host = "x" }));
    const edo_http_request req = { .method = EDO_METHOD_POST, .body = body, .length = -1 };
    EDO_TEST_OK(edo_http1_send(c, &res, &req));
    EDO_TEST_OK(edo_read_all(&got, res->body, 1000));
    CHECK(edo_str_equal(got.str, EDO_STR("piece piece piece ")));
    CHECK(edo_http1_is_reusable(c));
    edo_bytes_unref(&got);
    edo_http1_close(c);
    edo_close(body);
    (void)edo_task_join(task);
    CHECK_EQ(serve_end(&s), 0);
}

/* The file of a process that was killed is there; that of the server goes with it. */
EDO_TEST(a_server_listens_on_a_unix_socket, .paused = false) {
    char folder[] = "/tmp/edo-http-XXXXXX", path[64], listen[80];
    edo_listener *left;
    EDO_TEST_TRUE(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof path, "%s/socket", folder);
    (void)snprintf(listen, sizeof listen, "unix:%s", path);
    EDO_TEST_OK(edo_unix_listen(&left, path, NULL));
    edo_listener_close(left); // and nobody removes it
    served s = { .handler = hello, .opts = { .listen = listen } };
    s.task = edo_spawn(served_main, &s);
    edo_stream *c = NULL;
    WAIT_FOR(edo_unix_connect(&c, path, NULL) == 0);
    hears_hello(c);
    edo_task_cancel(s.task);
    CHECK_EQ(edo_task_join(s.task), 0);
    CHECK(access(path, F_OK) < 0);
    CHECK_EQ(rmdir(folder), 0);
}

EDO_TEST(an_address_that_is_none_is_named_with_the_form_that_one_has, .paused = true) {
    static const char *const bad[] = { "nonsense", ":8080", "127.0.0.1", "127.0.0.1:99999" };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        char said[256], wanted[64];
        int err = edo_http_serve(collects, NULL, &(edo_http_server_opts){ .listen = bad[i] });
        CHECK_EQ(err, -EINVAL);
        (void)edo_trail_print_text(said, sizeof said, err, EDO_TRAIL_LINE);
        (void)snprintf(wanted, sizeof wanted, "listening on %s: the form is ", bad[i]);
        CHECK(strncmp(said, wanted, strlen(wanted)) == 0);
        edo_trail_clear();
    }
}

/* ---- The size of a response's head ----------------------------------------------------------- */

#define OTHER_BYTES 145u /* of the head, but for the value of its field */

/* `arg`: how many bytes the head has. */
static int makes_head_of(edo_request *req, edo_response *res, void *arg) {
    static char value[20000];
    (void)req;
    memset(value, 'v', sizeof value);
    const edo_str field = { value, *(const size_t *)arg - OTHER_BYTES };
    EDO_TEST_OK(edo_headers_set(&res->headers, EDO_HEADER_SERVER, field));
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR("small"));
}

static int head_of(void *arg) {
    heard h = { 0 };
    served s = { .handler = makes_head_of, .arg = arg };
    const size_t bytes = *(const size_t *)arg;
    serve_begin(&s);
    ask(&s, &h,
        "GET / HTTP/1.1\r\nhost: x\r\n"
        "connection: close\r\n"
        "\r\n");
    if (bytes <= 8192) CHECK_EQ(strstr(h.text, "small") - h.text, (int)bytes);
    CHECK(has(&h, bytes <= 8192 ? " 200 OK\r\n" : " 500 Internal Server Error\r\n"));
    return serve_end(&s);
}

static void head_may_be_as_large_as_the_limit_says(void **state) {
    (void)state;
    for (size_t bytes = 8192; bytes <= 8193; bytes++) assert_int_equal(inside(head_of, &bytes), 0);
}

static int limits_badly(void *arg) {
    const edo_http_server_opts opts = { .listen = "127.0.0.1:0", .response_head_bytes_max = 511 };
    return edo_http_serve(makes_head_of, arg, &opts);
}

static void head_limit_without_room_for_a_500_is_refused(void **state) {
    (void)state;
    assert_int_equal(inside(limits_badly, NULL), -EINVAL);
}

static int hints_much(edo_request *req, edo_response *res, void *arg) {
    static char value[20000];
    (void)req, (void)arg;
    memset(value, 'v', sizeof value);
    const edo_str field = { value, sizeof value };
    EDO_TEST_OK(edo_headers_set(&res->headers, EDO_HEADER_LINK, field));
    return edo_response_informational(res, EDO_STATUS_EARLY_HINTS);
}

static int large_hints(void *arg) {
    (void)arg;
    heard h = { 0 };
    served s = { .handler = hints_much };
    serve_begin(&s);
    ask(&s, &h,
        "GET / HTTP/1.1\r\nhost: x\r\n"
        "connection: close\r\n"
        "\r\n");
    CHECK(strncmp(h.text, "HTTP/1.1 500 Internal Server Error\r\n", 36) == 0);
    return serve_end(&s);
}

static void informational_head_beyond_the_limit_is_500(void **state) {
    (void)state;
    assert_int_equal(inside(large_hints, NULL), 0);
}

static int goes_on_without_hints(edo_request *req, edo_response *res, void *arg) {
    edo_str body;
    CHECK_EQ(hints_much(req, res, arg), -EMSGSIZE);
    CHECK_EQ(edo_headers_remove(&res->headers, EDO_HEADER_LINK), 1);
    return edo_request_collect(req, &body, 4);
}

static int large_hints_and_a_long_body(void *arg) {
    (void)arg;
    heard h = { 0 };
    served s = { .handler = goes_on_without_hints };
    serve_begin(&s);
    ask(&s, &h,
        "POST / HTTP/1.1\r\nhost: x\r\n"
        "connection: close\r\n"
        "content-length: 5\r\n"
        "\r\n"
        "01234");
    CHECK(strncmp(h.text, "HTTP/1.1 413 Content Too Large\r\n", 32) == 0);
    return serve_end(&s);
}

static void body_beyond_the_limit_is_413_though_hints_were_refused_before(void **state) {
    (void)state;
    assert_int_equal(inside(large_hints_and_a_long_body, NULL), 0);
}

#define ENDLESS_BYTES (2 * HELD_MAX)

static bool endless_has_failed;

static int makes_endless_head(edo_request *req, edo_response *res, void *arg) {
    edo_stream *out;
    (void)req;
    static char endless[ENDLESS_BYTES];
    memset(endless, 'v', ENDLESS_BYTES);
    EDO_TEST_OK(
        edo_headers_set(&res->headers, EDO_HEADER_SERVER, (edo_str){ endless, ENDLESS_BYTES }));
    int err = edo_response_stream(res, &out, 0);
    CHECK_EQ(err, -ETIMEDOUT);
    endless_has_failed = true;
    return *(const bool *)arg ? err : 0;
}

/* The client stalls in the middle of the head, which the handler tells (`arg`), or does not. */
static int half_a_head(void *arg) {
    static char all[ENDLESS_BYTES + 4096];
    size_t len = 0;
    int n;
    served s = { .handler = makes_endless_head,
                 .arg = arg,
                 .opts = { .response_head_bytes_max = 2 * ENDLESS_BYTES,
                           .write_timeout = edo_ms(50) },
                 .tcp = SMALL_BUFFERS };
    memset(all, 0, sizeof all);
    endless_has_failed = false;
    serve_begin(&s);
    edo_stream *c = client_of(&s);
    say(c, "GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    WAIT_FOR(endless_has_failed);
    while ((n = edo_read(c, all + len, sizeof all - 1 - len)) > 0) len += (size_t)n;
    CHECK_EQ(n, -ECONNRESET);
    CHECK(len > 0 && !strstr(all + 1, "HTTP/1.1 "));
    edo_close(c);
    return serve_end(&s);
}

static void nothing_follows_a_part_of_a_head(void **state) {
    (void)state;
    for (int tells = 0; tells < 2; tells++)
        assert_int_equal(inside_real(half_a_head, &(bool){ tells }), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_follows_a_part_of_a_head),
        cmocka_unit_test(head_may_be_as_large_as_the_limit_says),
        cmocka_unit_test(head_limit_without_room_for_a_500_is_refused),
        cmocka_unit_test(informational_head_beyond_the_limit_is_500),
        cmocka_unit_test(body_beyond_the_limit_is_413_though_hints_were_refused_before),
        cmocka_unit_test(an_address_that_is_none_is_named_with_the_form_that_one_has),
        cmocka_unit_test(without_keep_alive_a_connection_has_one_request),
        cmocka_unit_test(a_date_is_sent_unless_an_option_says_no),
        cmocka_unit_test(the_line_of_a_server_says_its_name_if_it_has_one),
        cmocka_unit_test(a_request_has_no_more_trailers_than_fields),
        cmocka_unit_test(a_pipelined_response_leaves_before_the_next_request_is_handled_by_option),
        cmocka_unit_test(a_share_of_counted_bytes_is_a_body),
        cmocka_unit_test(listeners_on_tcp_and_unix_and_of_a_descriptor_serve_side_by_side),
        cmocka_unit_test(a_server_listens_on_a_unix_socket),
        cmocka_unit_test(a_head_beyond_a_limit_of_the_client_is_refused),
        cmocka_unit_test(a_body_waits_for_100_as_long_as_the_option_says),
        cmocka_unit_test(a_body_is_any_stream_and_read_as_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
