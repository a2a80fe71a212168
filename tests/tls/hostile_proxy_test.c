/* SPDX-License-Identifier: MIT */
/* Goal: whatever a proxy does, a client ends with a failure that says what that was, within its
 * limits, and tells nobody else the proxy's login.
 * Method: a proxy that sends what a row of the test says. The servers that are asked for are not
 * there: what comes is the proxy's. */
#include <edo/edo.h>
#include <edo/http_client.h>
#include <edo/test.h>

#include "tcp_site.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef struct hostile_proxy {
    tcp_site at;
    const char *says; /* to the first bytes of a connection */
    size_t says_n;
    bool goes_on;     /* says it again and again */
    bool stays;       /* is silent then, until the client goes */
    char heard[4096]; /* the first bytes of the last connection */
} hostile_proxy;

static hostile_proxy proxy;

/* Reads until the client is gone. */
static void hear_the_rest(edo_stream *s) {
    char piece[1024];
    while (edo_read(s, piece, sizeof piece) > 0) continue;
}

static int serve_one(void *arg) {
    edo_stream *s = arg;
    int n = edo_read(s, proxy.heard, sizeof proxy.heard - 1);
    if (n > 0) {
        proxy.heard[n] = 0;
        int err = edo_write_all(s, proxy.says, proxy.says_n);
        while (err == 0 && proxy.goes_on) err = edo_write_all(s, proxy.says, proxy.says_n);
        if (err == 0 && !proxy.stays) err = edo_shutdown(s);
        if (err == 0) hear_the_rest(s);
    }
    edo_close(s);
    return 0;
}

static void proxy_begin(void) {
    memset(&proxy, 0, sizeof proxy);
    tcp_site_begin(&proxy.at, serve_one);
}

/* Fetches `url` by the proxy, a new client each time. Returns 0 only for "hello". */
static int fetch(const char *scheme, const char *url, edo_duration limit) {
    char text[100];
    edo_http_client *c;
    edo_bytes body;
    (void)snprintf(text, sizeof text, "%s://user:secret@127.0.0.1:%u", scheme, proxy.at.port);
    const edo_http_client_opts opts = {
        .proxy = text, .no_proxy = "127.0.0.1", .connect_timeout = limit, .timeout = limit
    };
    EDO_TEST_OK(edo_http_client_new(&c, &opts));
    int err = edo_fetch_bytes(&body, edo_str_of(url), &(edo_fetch_opts){ .client = c });
    if (err == 0) {
        CHECK(edo_str_equal(body.str, EDO_STR("hello")));
        edo_bytes_unref(&body);
    }
    edo_http_client_unref(c);
    return err;
}

/* ---- What it says ---------------------------------------------------------------------------- */

#define SAYS(text) (text), sizeof(text) - 1
#define PLAIN      "http://far.example/"
#define TLS        "https://far.example/"

static const struct {
    const char *scheme, *url, *says;
    size_t n;
    int result;
    const char *told; /* in the trail; NULL: nothing is looked for */
} rows[] = {
    // Tunnels.
    { "http", TLS, SAYS("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"), -EACCES, "(407)" },
    { "http", TLS, SAYS("HTTP/1.1 407 No\r\nContent-Length: 999999999999\r\n\r\n"), -EACCES,
      "(407)" },
    { "http", TLS, SAYS("HTTP/1.1 302 No\r\nLocation: http://evil.example/\r\n\r\n"), -EACCES,
      "refuses the tunnel: 302" },
    { "http", TLS, SAYS("HTTP/1.1 503 \x1b[2J\r\n\r\n"), -EPROTO, NULL },
    { "http", TLS, SAYS("HTTP/1.1 101 No\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), -EACCES,
      "refuses the tunnel: 101" },
    { "http", TLS, SAYS("HTTP/1.1 200 OK\r\n\r\nfrom the proxy"), -EPROTO, "bytes behind" },
    { "http", TLS, SAYS("SSH-2.0-x\r\n"), -EPROTO, "no good reply" },
    { "http", TLS, SAYS("HTTP/1.1 200"), -EDO_EEOF, "no good reply" },
    // SOCKS5.
    { "socks5h", PLAIN, SAYS("HTTP/1.1 400 Bad\r\n\r\n"), -EPROTO, "does not speak SOCKS5" },
    { "socks5h", PLAIN, SAYS("\5\1"), -EPROTO, "not offered" },
    { "socks5h", PLAIN, SAYS("\5\xff"), -EACCES, "takes neither" },
    { "socks5h", PLAIN, SAYS("\5\2\1\1"), -EACCES, "user or password refused" },
    { "socks5h", PLAIN, SAYS("\5\2\5\0"), -EPROTO, "bad reply to a login" },
    { "socks5h", PLAIN, SAYS("\5\0\5\0\0\7"), -EPROTO, "bad SOCKS5 reply" },
    { "socks5h", PLAIN, SAYS("\5\0\5\0\0\3\xff"), -EDO_EEOF, "no whole SOCKS5 reply" },
    { "socks5h", PLAIN, SAYS("\5\0\5\4\0\1"), -EHOSTUNREACH, "host unreachable" },
    // Requests that are passed on.
    { "http", PLAIN, SAYS("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"), -EDO_EEOF, NULL },
    { "http", PLAIN, SAYS("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), 0, NULL },
};

static int what_it_says(void *arg) {
    char told[512];
    (void)arg;
    proxy_begin();
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        proxy.says = rows[i].says;
        proxy.says_n = rows[i].n;
        int err = fetch(rows[i].scheme, rows[i].url, (edo_duration){ 0 });
        (void)edo_trail_print_text(told, sizeof told, err, EDO_TRAIL_LINE);
        if (err != rows[i].result || (rows[i].told && !strstr(told, rows[i].told)))
            edo_test_fail("row %zu: %d, %s", i, err, told);
        CHECK(!strstr(told, "secret") && !strchr(told, '\x1b'));
        edo_trail_clear();
    }
    tcp_site_end(&proxy.at);
    return 0;
}

/* ---- Cuts, floods, silence ------------------------------------------------------------------- */

static int cuts(void *arg) {
    static const char handshake[] = "\5\2\1\0\5\0\0\1\1\2\3\4\0\x50";
    (void)arg;
    proxy_begin();
    proxy.says = handshake;
    for (proxy.says_n = 0; proxy.says_n < sizeof handshake - 1; proxy.says_n++)
        CHECK_EQ(fetch("socks5h", PLAIN, (edo_duration){ 0 }), -EDO_EEOF);
    int err = fetch("socks5h", PLAIN, (edo_duration){ 0 }); // it ends before there is a request
    CHECK(err == -EDO_ECLOSED || err == -EDO_EEOF);
    tcp_site_end(&proxy.at);
    return 0;
}

static int floods(void *arg) {
    static const struct {
        const char *says;
        size_t n;
    } texts[] = { { SAYS("HTTP/1.1 100 Continue\r\n\r\n") },
                  { SAYS("HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n") } };
    static char head[9000];
    (void)arg;
    proxy_begin();
    proxy.goes_on = true;
    for (size_t i = 0; i < EDO_COUNT(texts); i++) {
        proxy.says = texts[i].says;
        proxy.says_n = texts[i].n;
        CHECK_EQ(fetch("http", TLS, (edo_duration){ 0 }), -EDO_ETOOLONG);
    }
    memset(head, 'a', sizeof head);
    memcpy(head, "HTTP/1.1 200 OK\r\nX: ", 20);
    proxy.says = head;
    proxy.says_n = sizeof head;
    CHECK_EQ(fetch("http", TLS, (edo_duration){ 0 }), -EDO_ETOOLONG);
    tcp_site_end(&proxy.at);
    return 0;
}

static int silence(void *arg) {
    (void)arg;
    proxy_begin();
    proxy.stays = true;
    CHECK_EQ(fetch("http", TLS, edo_ms(30)), -ETIMEDOUT);
    CHECK_EQ(fetch("http", PLAIN, edo_ms(30)), -ETIMEDOUT);
    CHECK_EQ(fetch("socks5h", PLAIN, edo_ms(30)), -ETIMEDOUT);
    proxy.says = "\5\2\1";
    proxy.says_n = 3;
    CHECK_EQ(fetch("socks5h", PLAIN, edo_ms(30)), -ETIMEDOUT);
    tcp_site_end(&proxy.at);
    return 0;
}

/* ---- The login ------------------------------------------------------------------------------- */

/* The proxy leads to a server that is reached without it, which is itself: what it heard last is
 * that request, and its response another redirect, and so on until there are too many. */
static int login(void *arg) {
    char response[200];
    (void)arg;
    proxy_begin();
    (void)snprintf(response, sizeof response,
                   "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%u/direct\r\n"
                   "Content-Length: 0\r\n\r\n",
                   proxy.at.port);
    proxy.says = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    proxy.says_n = strlen(proxy.says);
    EDO_TEST_OK(fetch("http", PLAIN, (edo_duration){ 0 }));
    CHECK(strstr(proxy.heard, "GET " PLAIN " HTTP/1.1\r\n") == proxy.heard);
    CHECK(strstr(proxy.heard, "Basic dXNlcjpzZWNyZXQ="));
    proxy.says = response;
    proxy.says_n = strlen(response);
    CHECK_EQ(fetch("http", PLAIN, (edo_duration){ 0 }), -ELOOP);
    CHECK(strstr(proxy.heard, "GET /direct HTTP/1.1\r\n") == proxy.heard);
    CHECK(!strstr(proxy.heard, "Basic"));
    tcp_site_end(&proxy.at);
    return 0;
}

/* By one thread: the proxy has no lock. */
static void run(edo_task_fn *part) {
    static const edo_runtime_opts one = { .flavor = EDO_RUNTIME_CURRENT };
    assert_int_equal(inside_with(part, NULL, &one), 0);
}

static void failures_say_what_a_proxy_did(void **state) {
    (void)state;
    run(what_it_says);
}

static void cuts_floods_and_silence_end(void **state) {
    (void)state;
    run(cuts);
    run(floods);
    run(silence);
}

static void a_login_is_told_to_its_proxy_only(void **state) {
    (void)state;
    run(login);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_say_what_a_proxy_did),
        cmocka_unit_test(cuts_floods_and_silence_end),
        cmocka_unit_test(a_login_is_told_to_its_proxy_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
