/* SPDX-License-Identifier: MIT */
/* Goal: behind proxies that send the PROXY protocol the client's address is the one that they tell,
 * and nobody else can tell one.
 * Method: clients send each kind of header, and what is none, to servers with each option. */
#include "tcp_server.h"

#include <edo/proxy_header.h>
#include <edo/tmp.h>
#include <edo/unix.h>

#include <unistd.h>

#define CLOSE     "connection: close\r\n"
#define ASK       "GET / HTTP/1.1\r\nhost: x\r\n" CLOSE "\r\n"
#define KEPT      "GET / HTTP/1.1\r\nhost: x\r\n\r\n"
#define V1        "PROXY TCP4 192.0.2.7 192.0.2.1 5678 80\r\n"
#define V1_CLIENT "192.0.2.7:5678"

static int tells_peer(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    edo_addr peer;
    char text[EDO_ADDR_TEXT_MAX];
    int n = edo_request_peer(req, &peer);
    if (n == 0) n = edo_addr_print(&peer, text, sizeof text);
    return n < 0 ? n : edo_response_text(res, EDO_STATUS_OK, (edo_str){ text, (size_t)n });
}

static const char *const here[] = { "10.0.0.0/8", "127.0.0.1" };
static const char *const elsewhere[] = { "10.0.0.0/8", "::/64" };

#define SERVED(use_, from_, n_, ...) SERVED_BY(tells_peer, use_, from_, n_, __VA_ARGS__)
#define SERVED_BY(handler_, use_, from_, n_, ...)                                                  \
    served s = { .handler = handler_,                                                              \
                 .opts = {                                                                         \
                     .proxy = (use_), .proxies = (from_), .proxies_n = (n_), __VA_ARGS__ } };      \
    heard h = { 0 };                                                                               \
    (void)arg, (void)h;                                                                            \
    serve_begin(&s)

static void say_bytes(edo_stream *c, const void *bytes, size_t n) {
    CHECK_EQ(edo_write_all(c, bytes, n), 0);
}

/* ---- Headers --------------------------------------------------------------------------------- */

typedef struct prefix {
    char bytes[EDO_PROXY_HEADER_MAX];
    int n;
} prefix;

static prefix made(uint8_t version, const char *source, const char *dest) {
    edo_proxy_header header = { .version = version };
    EDO_TEST_OK(edo_addr_parse(&header.source, source));
    EDO_TEST_OK(edo_addr_parse(&header.dest, dest));
    prefix p;
    p.n = edo_proxy_header_print(&header, p.bytes, sizeof p.bytes);
    CHECK(p.n > 0);
    return p;
}

/* Sends the header and a request, the first `first` bytes alone; two requests, as the address is
 * that of the connection. */
static void ask_behind(served *s, const prefix *p, int first, const char *client) {
    edo_stream *c = client_of(s);
    say_bytes(c, p->bytes, (size_t)first);
    if (clock_jumps()) CHECK_EQ(edo_sleep(edo_ms(1)), 0); // until the server has read that
    char rest[EDO_PROXY_HEADER_MAX + sizeof KEPT];
    size_t n = (size_t)(p->n - first);
    memcpy(rest, p->bytes + first, n);
    memcpy(rest + n, KEPT, sizeof KEPT - 1);
    say_bytes(c, rest, n + sizeof KEPT - 1);
    heard h = { 0 };
    CHECK(hear_until(c, &h, client));
    say(c, ASK);
    CHECK(hear_until(c, &h, NULL));
    CHECK_EQ(times(&h, client), 2);
    edo_close(c);
}

/* `arg`: does the header come in two pieces, from any peer? Else whole, from a trusted address. */
static int tell(void *arg) {
    const bool in_pieces = *(const bool *)arg;
    SERVED(EDO_HTTP_PROXY_REQUIRED, in_pieces ? NULL : here, in_pieces ? 0 : 2,
           .half_close = false);
    for (uint8_t version = 1; version <= 2; version++) {
        prefix v4 = made(version, V1_CLIENT, "192.0.2.1:80");
        prefix v6 = made(version, "[2001:db8::5]:77", "[2001:db8::1]:80");
        const int v4_n = in_pieces ? v4.n : 0, v6_n = in_pieces ? v6.n : 0;
        for (int first = 0; first <= v4_n; first++) ask_behind(&s, &v4, first, V1_CLIENT);
        for (int first = 0; first <= v6_n; first++) ask_behind(&s, &v6, first, "[2001:db8::5]:77");
    }
    return serve_end(&s);
}

static void client_is_the_one_that_the_proxy_tells(void **state) {
    (void)state;
    assert_int_equal(inside(tell, &(bool){ true }), 0);
    assert_int_equal(inside_real(tell, &(bool){ false }), 0);
}

static int untold(void *arg) {
    SERVED(EDO_HTTP_PROXY_REQUIRED, NULL, 0, .half_close = false); // from any proxy
    edo_proxy_header local = { .is_local = true };
    char bytes[EDO_PROXY_HEADER_MAX + sizeof ASK];
    int n = edo_proxy_header_print(&local, bytes, EDO_PROXY_HEADER_MAX);
    CHECK(n > 0);
    memcpy(bytes + n, ASK, sizeof ASK - 1);
    edo_stream *c = client_of(&s);
    say_bytes(c, bytes, (size_t)n + sizeof ASK - 1);
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, "\r\n\r\n127.0.0.1:"));
    edo_close(c);
    ask(&s, &h, "PROXY UNKNOWN\r\n" ASK);
    CHECK(has(&h, "\r\n\r\n127.0.0.1:"));
    return serve_end(&s);
}

static void client_that_no_proxy_tells_is_the_peer(void **state) {
    (void)state;
    assert_int_equal(inside_real(untold, NULL), 0);
}

static int tells_tls(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    return edo_response_text(res, EDO_STATUS_OK, req->is_tls ? EDO_STR("tls") : EDO_STR("plain"));
}

static int over_tls(void *arg) {
    SERVED_BY(tells_tls, EDO_HTTP_PROXY_REQUIRED, here, 2, .half_close = false);
    static const char by_tls[] = "\x20\x00\x05\x01\x00\x00\x00\x00"; // type, length, flags, verify
    static const char not_by_tls[] = "\x20\x00\x05\x00\x00\x00\x00\x00";
    static const char empty[] = "\x20\x00\x00";
    static const struct {
        const char *tlv;
        int bytes;
        const char *wanted;
    } rows[] = { { by_tls, 8, "\r\n\r\ntls" },
                 { not_by_tls, 8, "\r\n\r\nplain" },
                 { empty, 3, "\r\n\r\nplain" },
                 { "", 0, "\r\n\r\nplain" } };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_proxy_header header = { .tlvs = rows[i].tlv, .tlvs_n = (size_t)rows[i].bytes };
        prefix p;
        EDO_TEST_OK(edo_addr_parse(&header.source, V1_CLIENT));
        EDO_TEST_OK(edo_addr_parse(&header.dest, "192.0.2.1:80"));
        p.n = edo_proxy_header_print(&header, p.bytes, sizeof p.bytes);
        CHECK(p.n > 0);
        ask_behind(&s, &p, p.n, rows[i].wanted);
    }
    return serve_end(&s);
}

static void proxy_tells_that_the_client_came_by_tls(void **state) {
    (void)state;
    assert_int_equal(inside_real(over_tls, NULL), 0);
}

/* ---- No headers ------------------------------------------------------------------------------ */

/* 107 bytes is the longest header of text. */
#define BLANKS "                                                                     "

static int hostile(void *arg) {
    SERVED(EDO_HTTP_PROXY_REQUIRED, here, 2, .head_bytes_max = 9000);
    static const char *const prefixes[] = {
        "",
        "PROXY \r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 5678\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 5678 80\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 5678 99999\r\n",
        "PROXY TCP6 192.0.2.7 192.0.2.1 5678 80\r\n",
        "proxy TCP4 192.0.2.7 192.0.2.1 5678 80\r\n",
        "\r\n\r\n",
        ("PROXY TCP4 192.0.2.7 192.0.2.1 5678 80" BLANKS "\r\n"),
        "\r\n\r\n\0\r\nQUIT\n\x11\x11\0\x0c", // version 1 of the binary form
    };
    for (size_t i = 0; i < EDO_COUNT(prefixes); i++) {
        char request[1024];
        size_t n = i + 1 < EDO_COUNT(prefixes) ? strlen(prefixes[i]) : 16;
        memcpy(request, prefixes[i], n);
        memcpy(request + n, ASK, sizeof ASK);
        edo_stream *c = client_of(&s);
        h = (heard){ 0 };
        say_bytes(c, request, n + sizeof ASK - 1);
        CHECK(hear_until(c, &h, NULL));
        CHECK_EQ(h.len, 0);
        edo_close(c);
    }
    ask(&s, &h, V1 V1 ASK);
    CHECK(has(&h, "HTTP/1.1 400 "));
    ask(&s, &h, V1 ASK);
    CHECK(has(&h, V1_CLIENT));
    return serve_end(&s);
}

static void required_header_that_is_bad_ends_the_connection(void **state) {
    (void)state;
    assert_int_equal(inside_real(hostile, NULL), 0);
}

/* A header of the binary form that says it is `bytes` long behind its first 16. */
static void put_long(char to[16], uint32_t bytes) {
    memcpy(to, "\r\n\r\n\0\r\nQUIT\n\x21\x11", 14);
    to[14] = (char)(bytes >> 8);
    to[15] = (char)bytes;
}

#define HEAD_MAX 9000u

static int too_long(void *arg) {
    SERVED(EDO_HTTP_PROXY_REQUIRED, here, 2, .head_bytes_max = HEAD_MAX);
    static char bytes[HEAD_MAX + sizeof ASK];
    put_long(bytes, HEAD_MAX + 1 - 16);
    edo_stream *c = client_of(&s);
    say_bytes(c, bytes, 16);
    CHECK(hear_until(c, &h, NULL)); // its length is enough
    CHECK_EQ(h.len, 0);
    edo_close(c);
    put_long(bytes, HEAD_MAX - 16);
    memcpy(bytes + 16, "\1\2\3\4\5\6\7\x8\0\x50\0\x50", 12);
    for (size_t at = 28; at < HEAD_MAX;) { // TLVs without a meaning
        size_t value = HEAD_MAX - at - 3 < 200 ? HEAD_MAX - at - 3 : 200;
        if (HEAD_MAX - at - 3 - value < 3) value = HEAD_MAX - at - 3;
        memset(bytes + at, 0, value + 3);
        bytes[at] = '\x04';
        bytes[at + 1] = (char)(value >> 8);
        bytes[at + 2] = (char)value;
        at += value + 3;
    }
    memcpy(bytes + HEAD_MAX, ASK, sizeof ASK);
    c = client_of(&s);
    h = (heard){ 0 };
    say_bytes(c, bytes, HEAD_MAX + sizeof ASK - 1);
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, "1.2.3.4:80"));
    edo_close(c);
    return serve_end(&s);
}

static void header_may_be_as_long_as_a_head(void **state) {
    (void)state;
    assert_int_equal(inside_real(too_long, NULL), 0);
}

static int slow(void *arg) {
    SERVED(EDO_HTTP_PROXY_REQUIRED, NULL, 0, .header_timeout = edo_ms(900),
           .idle_timeout = edo_s(5));
    edo_stream *c = client_of(&s);
    CHECK_EQ(edo_sleep(edo_s(4)), 0); // idle: not counted
    edo_instant start = edo_now();
    for (const char *at = V1; ms_since(start) < 880; at++) {
        CHECK_EQ(edo_write_all(c, at, 1), 0);
        CHECK_EQ(edo_sleep(edo_ms(40)), 0);
    }
    CHECK(hear_until(c, &h, NULL));
    CHECK_EQ(h.len, 0); // no word of HTTP to what has not begun it
    CHECK_EQ(ms_since(start), 900);
    edo_close(c);
    c = client_of(&s);
    say(c, V1);
    CHECK_EQ(edo_sleep(edo_s(4)), 0); // idle once more: the head has not begun
    say(c, ASK);
    h = (heard){ 0 };
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, V1_CLIENT));
    edo_close(c);
    c = client_of(&s);
    say(c, "PROXY TC");
    CHECK_EQ(edo_shutdown(c), 0);
    h = (heard){ 0 };
    CHECK(hear_until(c, &h, NULL));
    CHECK_EQ(h.len, 0);
    edo_close(c);
    return serve_end(&s);
}

static void header_has_the_time_of_a_head(void **state) {
    (void)state;
    assert_int_equal(inside(slow, NULL), 0);
}

/* ---- Trust ----------------------------------------------------------------------------------- */

static int optional(void *arg) {
    SERVED(EDO_HTTP_PROXY_OPTIONAL, here, 2, .half_close = false);
    ask(&s, &h, V1 ASK);
    CHECK(has(&h, V1_CLIENT));
    ask(&s, &h, ASK);
    CHECK(has(&h, "\r\n\r\n127.0.0.1:"));
    ask(&s, &h, "PROPFIND / HTTP/1.1\r\nhost: x\r\n" CLOSE "\r\n"); // begins like a header
    CHECK(has(&h, "\r\n\r\n127.0.0.1:"));
    ask(&s, &h, "PROXY TCP4 192.0.2.7\r\n" ASK);
    CHECK_EQ(h.len, 0);
    return serve_end(&s);
}

static int from_nobody(void *arg) {
    SERVED(EDO_HTTP_PROXY_OPTIONAL, elsewhere, 2, .half_close = false);
    ask(&s, &h, ASK);
    CHECK(has(&h, "\r\n\r\n127.0.0.1:"));
    ask(&s, &h, V1 ASK);
    CHECK(has(&h, "HTTP/1.1 400 ") || has(&h, "HTTP/1.1 505 "));
    return serve_end(&s);
}

static int to_nobody(void *arg) {
    SERVED(EDO_HTTP_PROXY_REQUIRED, elsewhere, 2, .half_close = false);
    ask(&s, &h, V1 ASK);
    CHECK_EQ(h.len, 0);
    return serve_end(&s);
}

static int switched_off(void *arg) {
    SERVED(EDO_HTTP_PROXY_OFF, NULL, 0, .half_close = false);
    ask(&s, &h, V1 ASK);
    CHECK(has(&h, "HTTP/1.1 400 ") || has(&h, "HTTP/1.1 505 "));
    return serve_end(&s);
}

static void only_the_proxies_can_tell_a_client(void **state) {
    (void)state;
    assert_int_equal(inside_real(optional, NULL), 0);
    assert_int_equal(inside_real(from_nobody, NULL), 0);
    assert_int_equal(inside_real(to_nobody, NULL), 0);
    assert_int_equal(inside_real(switched_off, NULL), 0);
}

static int over_unix(void *arg) {
    (void)arg;
    edo_tmp *tmp;
    EDO_TEST_OK(edo_tmp_open(&tmp, NULL));
    char path[256];
    (void)snprintf(path, sizeof path, "%s.socket", edo_tmp_path(tmp));
    served s = { .handler = tells_peer,
                 .opts = {
                     .proxy = EDO_HTTP_PROXY_REQUIRED, .proxies = elsewhere, .proxies_n = 2 } };
    EDO_TEST_OK(edo_unix_listen(&s.listener, path, NULL));
    s.opts.listeners = &s.listener;
    s.opts.listeners_n = 1;
    s.task = edo_spawn(served_main, &s);
    CHECK(s.task != NULL);
    edo_stream *c;
    EDO_TEST_OK(edo_unix_connect(&c, path, NULL));
    heard h = { 0 };
    say(c, V1 ASK);
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, V1_CLIENT));
    edo_close(c);
    int result = serve_end(&s);
    (void)unlink(path);
    EDO_TEST_OK(edo_tmp_close(tmp));
    return result;
}

/* The process at the other end, or why there is none. */
static int tells_cred(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    edo_cred cred = { 0 };
    int err = edo_request_peer_cred(req, &cred);
    bool is_own = cred.pid == getpid() && cred.uid == getuid() && cred.gid == getgid();
    return edo_response_text(res, EDO_STATUS_OK,
                             err == -ENOTSUP      ? EDO_STR("nobody")
                             : err == 0 && is_own ? EDO_STR("this process")
                                                  : EDO_STR("wrong"));
}

static int creds(void *arg) {
    (void)arg;
    edo_tmp *tmp;
    edo_stream *c;
    heard h = { 0 };
    char path[256];
    EDO_TEST_OK(edo_tmp_open(&tmp, NULL));
    (void)snprintf(path, sizeof path, "%s.socket", edo_tmp_path(tmp));
    served s = { .handler = tells_cred, .opts = { .proxy = EDO_HTTP_PROXY_OPTIONAL } };
    s.opts.proxies = here;
    s.opts.proxies_n = 2;
    EDO_TEST_OK(edo_unix_listen(&s.listener, path, NULL));
    s.opts.listeners = &s.listener;
    s.opts.listeners_n = 1;
    s.task = edo_spawn(served_main, &s);
    EDO_TEST_OK(edo_unix_connect(&c, path, NULL));
    say(c, KEPT);
    CHECK(hear_until(c, &h, "this process"));
    say(c, ASK);
    CHECK(hear_until(c, &h, NULL));
    CHECK_EQ(times(&h, "this process"), 2);
    edo_close(c);
    EDO_TEST_OK(edo_unix_connect(&c, path, NULL));
    say(c, V1 ASK); // the process is the proxy
    h = (heard){ 0 };
    CHECK(hear_until(c, &h, NULL));
    CHECK(has(&h, "nobody"));
    edo_close(c);
    CHECK_EQ(serve_end(&s), 0);
    (void)unlink(path);
    EDO_TEST_OK(edo_tmp_close(tmp));
    return 0;
}

static int no_creds(void *arg) {
    SERVED_BY(tells_cred, EDO_HTTP_PROXY_OFF, NULL, 0, .half_close = false);
    ask(&s, &h, ASK);
    CHECK(has(&h, "nobody"));
    return serve_end(&s);
}

static void peer_at_a_unix_socket_has_credentials(void **state) {
    (void)state;
    assert_int_equal(inside_real(creds, NULL), 0);
    assert_int_equal(inside_real(no_creds, NULL), 0);
}

static void proxy_at_a_unix_socket_is_trusted(void **state) {
    (void)state;
    assert_int_equal(inside_real(over_unix, NULL), 0);
}

static int bad_options(void *arg) {
    (void)arg;
    static const char *const no_range[] = { "10.0.0.0/33" };
    const edo_http_server_opts bad[] = {
        { .listen = "127.0.0.1:0", .proxy = EDO_HTTP_PROXY_OPTIONAL },
        { .listen = "127.0.0.1:0", .proxy = (edo_http_proxy_use)3 },
        { .listen = "127.0.0.1:0",
          .proxy = EDO_HTTP_PROXY_REQUIRED,
          .proxies = no_range,
          .proxies_n = 1 },
    };
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        CHECK_EQ(edo_http_serve(tells_peer, NULL, &bad[i]), -EINVAL);
    return 0;
}

static void option_without_a_meaning_is_refused(void **state) {
    (void)state;
    assert_int_equal(inside_real(bad_options, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_is_the_one_that_the_proxy_tells),
        cmocka_unit_test(proxy_tells_that_the_client_came_by_tls),
        cmocka_unit_test(client_that_no_proxy_tells_is_the_peer),
        cmocka_unit_test(required_header_that_is_bad_ends_the_connection),
        cmocka_unit_test(header_may_be_as_long_as_a_head),
        cmocka_unit_test(header_has_the_time_of_a_head),
        cmocka_unit_test(only_the_proxies_can_tell_a_client),
        cmocka_unit_test(peer_at_a_unix_socket_has_credentials),
        cmocka_unit_test(proxy_at_a_unix_socket_is_trusted),
        cmocka_unit_test(option_without_a_meaning_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
