/* SPDX-License-Identifier: MIT */
/* Goal: SOCKS5 and CONNECT say what the RFCs want, take not a byte that is the other end's, and
 * tell each refusal in words. Method: scripted proxies, of which one read or write moves a byte, or
 * all. */
#include "client/proxy/proxy.h"

#include <edo/error.h>
#include <edo/test.h>

#include <errno.h>
#include <string.h>

#include "inside.h"

/* One talk with a proxy. An exchange ends where both texts are NULL. */
typedef struct talk_row {
    const char *name, *url, *host;
    uint16_t port;
    int result;
    const char *said; /* in the trail; NULL: nothing is looked for */
    struct {
        const char *ours, *theirs;
        size_t ours_n, theirs_n;
    } steps[3];
} talk_row;

#define STEP(ours, theirs)                                                                         \
    { (ours), (theirs), sizeof(ours) - 1, sizeof(theirs) - 1 }

static const talk_row socks[] = {
    { "a name is sent as it is",
      "socks5h://p",
      "example.com",
      443,
      0,
      NULL,
      { STEP("\5\1\0", "\5\0"), STEP("\5\1\0\3\13example.com\1\xbb", "\5\0\0\1\1\2\3\4\0\x50") } },
    { "an address is sent as one",
      "socks5h://p",
      "10.1.2.3",
      80,
      0,
      NULL,
      { STEP("\5\1\0", "\5\0"), STEP("\5\1\0\1\12\1\2\3\0\x50", "\5\0\0\3\2ab\0\x50") } },
    { "IPv6",
      "socks5://p",
      "[::1]",
      80,
      0,
      NULL,
      { STEP("\5\1\0", "\5\0"), STEP("\5\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\x50",
                                     "\5\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\x50") } },
    { "a login",
      "socks5h://user:pw@p",
      "h",
      1,
      0,
      NULL,
      { STEP("\5\2\0\2", "\5\2"), STEP("\1\4user\2pw", "\1\0"),
        STEP("\5\1\0\3\1h\0\1", "\5\0\0\1\0\0\0\0\0\0") } },
    { "a login that nobody wants",
      "socks5h://user:pw@p",
      "h",
      1,
      0,
      NULL,
      { STEP("\5\2\0\2", "\5\0"), STEP("\5\1\0\3\1h\0\1", "\5\0\0\1\0\0\0\0\0\0") } },
    { "a bad login",
      "socks5h://user:pw@p",
      "h",
      1,
      -EACCES,
      "user or password refused",
      { STEP("\5\2\0\2", "\5\2"), STEP("\1\4user\2pw", "\1\1") } },
    { "a login is missing",
      "socks5h://p",
      "h",
      1,
      -EACCES,
      "wants a login",
      { STEP("\5\1\0", "\5\xff") } },
    { "a method that was not offered",
      "socks5h://p",
      "h",
      1,
      -EPROTO,
      "not offered",
      { STEP("\5\1\0", "\5\2") } },
    { "another protocol",
      "socks5h://p",
      "h",
      1,
      -EPROTO,
      "does not speak SOCKS5",
      { STEP("\5\1\0", "HT") } },
    { "the end",
      "socks5h://p",
      "h",
      1,
      -EDO_EEOF,
      "no whole SOCKS5 reply",
      { STEP("\5\1\0", "\5") } },
    { "1",
      "socks5h://p",
      "h",
      1,
      -EIO,
      "proxy p:1080: general failure",
      { STEP("\5\1\0", "\5\0"), STEP("\5\1\0\3\1h\0\1", "\5\1\0\1") } },
    { "2",
      "socks5h://p",
      "h",
      1,
      -EACCES,
      "not allowed by its rules",
      { STEP("\5\1\0", "\5\0"), STEP("\5\1\0\3\1h\0\1", "\5\2\0\1") } },
    { "3",
      "socks5h://p",
      "h",
      1,
      -ENETUNREACH,
      "network unreachable",
      { STEP("\5\1\0", "\5\0"), STEP("\5\1\0\3\1h\0\1", "\5\3\0\1") } },
    { "4",
      "socks5h://p",
      "h",
      1,
      -EHOSTUNREACH,
      "proxy p:1080: host unreachable",
      { STEP("\5\1\0", "\5\0"), STEP("\5\1\0\3\1h\0\1", "\5\4\0\1") } },
    { "5",
      "socks5h://p",
      "h",
      1,
      -ECONNREFUSED,
      "connection refused",
      { STEP("\5\1\0", "\5\0"), STEP("\5\1\0\3\1h\0\1", "\5\5\0\1") } },
    { "6",
      "socks5h://p",
      "h",
      1,
      -ETIMEDOUT,
      "time to live",
      { STEP("\5\1\0", "\5\0"), STEP("\5\1\0\3\1h\0\1", "\5\6\0\1") } },
    { "7",
      "socks5h://p",
      "h",
      1,
      -ENOTSUP,
      "command not supported",
      { STEP("\5\1\0", "\5\0"), STEP("\5\1\0\3\1h\0\1", "\5\7\0\1") } },
    { "8",
      "socks5h://p",
      "h",
      1,
      -EAFNOSUPPORT,
      "type of address",
      { STEP("\5\1\0", "\5\0"), STEP("\5\1\0\3\1h\0\1", "\5\10\0\1") } },
    { "9",
      "socks5h://p",
      "h",
      1,
      -EPROTO,
      "unknown SOCKS5 reply 9",
      { STEP("\5\1\0", "\5\0"), STEP("\5\1\0\3\1h\0\1", "\5\11\0\1") } },
    { "an unknown address",
      "socks5h://p",
      "h",
      1,
      -EPROTO,
      "bad SOCKS5 reply",
      { STEP("\5\1\0", "\5\0"), STEP("\5\1\0\3\1h\0\1", "\5\0\0\2") } },
    { "no name", "socks5h://p", "", 1, -EINVAL, NULL, { { 0 } } },
};

#define ASKED "CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\n"

static const talk_row tunnels[] = {
    { "a tunnel",
      "http://p",
      "example.com",
      443,
      0,
      NULL,
      { STEP(ASKED "\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n") } },
    { "HTTP/1.0",
      "http://p",
      "example.com",
      443,
      0,
      NULL,
      { STEP(ASKED "\r\n", "HTTP/1.0 200 Connection established\r\n\r\n") } },
    { "a login",
      "http://user:pw@p",
      "example.com",
      443,
      0,
      NULL,
      { STEP(ASKED "proxy-authorization: Basic dXNlcjpwdw==\r\n\r\n", "HTTP/1.1 204 x\r\n\r\n") } },
    { "a login is missing",
      "http://p",
      "example.com",
      443,
      -EACCES,
      "p:80: wants a login (407)",
      { STEP(ASKED "\r\n", "HTTP/1.1 407 x\r\nContent-Length: 0\r\n\r\n") } },
    { "a bad login",
      "http://user:pw@p",
      "example.com",
      443,
      -EACCES,
      "password refused (407)",
      { STEP(ASKED "proxy-authorization: Basic dXNlcjpwdw==\r\n\r\n",
             "HTTP/1.1 407 x\r\nContent-Length: 0\r\n\r\n") } },
    { "refused",
      "http://p",
      "example.com",
      443,
      -EACCES,
      "refuses the tunnel: 403 Not This",
      { STEP(ASKED "\r\n", "HTTP/1.1 403 Not This\r\nContent-Length: 0\r\n\r\n") } },
    { "too early",
      "http://p",
      "example.com",
      443,
      -EPROTO,
      "bytes behind its reply",
      { STEP(ASKED "\r\n", "HTTP/1.1 200 OK\r\n\r\nx") } },
    { "no HTTP",
      "http://p",
      "example.com",
      443,
      -EPROTO,
      "no good reply",
      { STEP(ASKED "\r\n", "\5\1\0\0\r\n\r\n") } },
    { "the end",
      "http://p",
      "example.com",
      443,
      -EDO_EEOF,
      "no good reply",
      { STEP(ASKED "\r\n", "HTTP/1.1 200") } },
    { "no host", "http://p", "", 443, -EINVAL, NULL, { { 0 } } },
    { "another line", "http://p", "a\r\nx: y", 443, -EINVAL, NULL, { { 0 } } },
};

/* Makes the proxy of a row. After the reply it sends "HELLO", where a tunnel is expected. */
static void open_script(edo_stream **s, const talk_row *r, bool greets) {
    edo_test_script *script;
    CHECK_EQ(edo_test_script_new(&script, s, r->name), 0);
    for (size_t i = 0; i < EDO_COUNT(r->steps) && r->steps[i].ours; i++) {
        edo_test_script_write(script, r->steps[i].ours, r->steps[i].ours_n);
        edo_test_script_read(script, r->steps[i].theirs, r->steps[i].theirs_n);
    }
    if (greets) edo_test_script_read(script, "HELLO", 5);
    edo_test_script_close(script);
}

static void check_result(const talk_row *r, int err) {
    char said[512];
    (void)edo_trail_print_text(said, sizeof said, err, EDO_TRAIL_LINE);
    if (err != r->result || (r->said && !strstr(said, r->said)))
        edo_test_fail("%s: %d, %s", r->name, err, said);
    CHECK(!strstr(said, "pw"));
    edo_trail_clear();
}

static void check_greeting(edo_stream *s) {
    char hello[5];
    CHECK_EQ(edo_read_exact(s, hello, sizeof hello), 0);
    CHECK(memcmp(hello, "HELLO", sizeof hello) == 0);
}

static void run_socks(const talk_row *r, size_t piece) {
    edoi_proxy *p;
    edo_stream *whole, *s;
    CHECK_EQ(edoi_proxy_new(&p, edo_str_of(r->url)), 0);
    open_script(&whole, r, r->result == 0);
    CHECK_EQ(edo_test_limit_new(&s, whole, piece), 0);
    check_result(r, edoi_socks5(s, p, edo_str_of(r->host), r->port));
    if (r->result == 0) check_greeting(s);
    edo_close(s);
    edo_rc_unref(p);
}

static void run_tunnel(const talk_row *r, size_t piece) {
    edoi_proxy *p;
    edo_stream *whole, *s;
    CHECK_EQ(edoi_proxy_new(&p, edo_str_of(r->url)), 0);
    // What comes with the head's last read is read ahead: the greeting is a step of its own.
    open_script(&whole, r, r->result == 0);
    CHECK_EQ(edo_test_limit_new(&s, whole, piece), 0);
    check_result(r, edoi_proxy_tunnel(&s, p, edo_str_of(r->host), r->port, NULL));
    CHECK((s != NULL) == (r->result == 0));
    if (s) check_greeting(s);
    edo_close(s);
    edo_rc_unref(p);
}

static int socks_rows(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(socks); i++) {
        run_socks(&socks[i], 1);
        run_socks(&socks[i], SIZE_MAX);
    }
    return 0;
}

/* After a refusal the rest of a reply may stay unread, which a script would not have in pieces. */
static int tunnel_rows(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(tunnels); i++) {
        run_tunnel(&tunnels[i], SIZE_MAX);
        if (tunnels[i].result == 0) run_tunnel(&tunnels[i], 1);
    }
    return 0;
}

static int long_head(void *arg) {
    (void)arg;
    static char reply[16384];
    edo_test_script *script;
    edoi_proxy *p;
    edo_stream *s;
    memset(reply, 'a', sizeof reply);
    memcpy(reply, "HTTP/1.1 200 OK\r\nx: ", 20);
    CHECK_EQ(edoi_proxy_new(&p, EDO_STR("p")), 0);
    CHECK_EQ(edo_test_script_new(&script, &s, "long"), 0);
    edo_test_script_write(script, EDO_TEST_TEXT(ASKED "\r\n"));
    edo_test_script_read(script, reply, 8192);
    edo_test_script_close(script);
    CHECK_EQ(edoi_proxy_tunnel(&s, p, EDO_STR("example.com"), 443, NULL), -EDO_ETOOLONG);
    CHECK(!s);
    edo_rc_unref(p);
    edo_trail_clear();
    return 0;
}

/* Fields of the caller go with the request; the login of the proxy's URL counts. */
static int more_fields(void *arg) {
    (void)arg;
    edo_test_script *script;
    edoi_proxy *p;
    edo_stream *s;
    edo_headers more;
    edo_headers_init(&more);
    CHECK_EQ(edo_headers_set(&more, EDO_HEADER_USER_AGENT, EDO_STR("me")), 0);
    CHECK_EQ(edoi_proxy_new(&p, EDO_STR("p")), 0);
    CHECK_EQ(edo_test_script_new(&script, &s, "more"), 0);
    edo_test_script_write(script, EDO_TEST_TEXT("CONNECT [::1]:443 HTTP/1.1\r\nhost: [::1]:443\r\n"
                                                "user-agent: me\r\n\r\n"));
    edo_test_script_read(script, EDO_TEST_TEXT("HTTP/1.1 200 OK\r\n\r\n"));
    edo_test_script_close(script);
    CHECK_EQ(edoi_proxy_tunnel(&s, p, EDO_STR("::1"), 443, &more), 0);
    edo_close(s);
    edo_headers_deinit(&more);
    edo_rc_unref(p);
    return 0;
}

static void socks5_handshakes_are_as_the_rfcs_say(void **state) {
    (void)state;
    assert_int_equal(inside(socks_rows, NULL), 0);
}

static void connect_makes_a_tunnel_or_tells_why_not(void **state) {
    (void)state;
    assert_int_equal(inside(tunnel_rows, NULL), 0);
    assert_int_equal(inside(long_head, NULL), 0);
    assert_int_equal(inside(more_fields, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(socks5_handshakes_are_as_the_rfcs_say),
        cmocka_unit_test(connect_makes_a_tunnel_or_tells_why_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
