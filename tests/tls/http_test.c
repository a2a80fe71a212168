/* SPDX-License-Identifier: MIT */
/* Goal: a server for HTTPS knows its client as one in clear text does; a response that breaks off
 * is never taken for a whole one; who speaks plain HTTP is told so.
 * Method: a server in the test, over TCP or memory, and a client that writes requests by hand. */
#include "tls_support.h"

#include <edo/http_server.h>
#include <edo/net.h>
#include <edo/stats.h>

typedef struct service {
    ends ends;
    edo_listener *at;
    edo_addr client; /* the address of the client's socket */
} service;

static void check_same(const edo_addr *a, const edo_addr *b) {
    char one[EDO_ADDR_TEXT_MAX], other[EDO_ADDR_TEXT_MAX];
    CHECK(edo_addr_print(a, one, sizeof one) > 0);
    CHECK(edo_addr_print(b, other, sizeof other) > 0);
    CHECK_EQ(strcmp(one, other), 0);
}

static int says_who(edo_request *req, edo_response *res, void *arg) {
    service *s = arg;
    edo_addr peer, local;
    edo_tls_info info;
    CHECK_EQ(edo_request_peer(req, &peer), 0);
    CHECK_EQ(edo_request_local(req, &local), 0);
    check_same(&peer, &s->client);
    CHECK(req->is_tls);
    CHECK_EQ(edo_tls_get_info(edo_request_tls(req), &info), 0);
    CHECK(edo_str_equal(info.server_name, EDO_STR(HOST)));
    if (edo_str_equal(req->target, EDO_STR("/half"))) {
        edo_stream *out;
        CHECK_EQ(edo_response_stream(res, &out, -1), 0);
        CHECK_EQ(edo_write_all(out, "half", 4), 0);
        CHECK_EQ(edo_flush(out), 0);
        return -EIO;
    }
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR("whole"));
}

static int serves(void *arg) {
    service *s = arg;
    return edo_http_serve(says_who, s,
                          &(edo_http_server_opts){ .listeners = &s->at,
                                                   .listeners_n = 1,
                                                   .tls = s->ends.server,
                                                   .address_conns_max = 100 });
}

/* Sends a request of HTTP/1.0, and reads up to the end; returns what the last read returned. */
static int asks_for(service *s, const char *target, char *got, size_t room) {
    edo_stream *below, *client;
    edo_addr at;
    CHECK_EQ(edo_listener_addr(s->at, &at), 0);
    CHECK_EQ(edo_tcp_connect_addr(&below, &at, NULL), 0);
    CHECK_EQ(edo_stream_local_addr(below, &s->client), 0);
    CHECK_EQ(edo_tls_connect_over(&client, below, HOST, s->ends.client), 0);
    edo_addr of_tls;
    CHECK_EQ(edo_stream_local_addr(client, &of_tls), 0);
    check_same(&of_tls, &s->client);
    CHECK_EQ(edo_stream_peer_addr(client, &of_tls), 0);
    check_same(&of_tls, &at);
    CHECK_EQ(edo_printf(client, "GET %s HTTP/1.0\r\n\r\n", target), 0);
    size_t at_byte = 0;
    int n;
    while ((n = edo_read(client, got + at_byte, room - 1 - at_byte)) > 0) at_byte += (size_t)n;
    got[at_byte] = '\0';
    edo_close(client);
    return n;
}

static int is_asked(void *arg) {
    (void)arg;
    service s = { .at = NULL };
    char got[2048];
    s.ends =
        ends_make((edo_tls_server_opts){ .cert = NULL }, (edo_tls_client_opts){ .roots = NULL });
    CHECK_EQ(edo_tcp_listen(&s.at, "127.0.0.1:0", NULL), 0);
    edo_task *t = edo_spawn(serves, &s);
    CHECK_EQ(asks_for(&s, "/", got, sizeof got), 0);
    CHECK(strstr(got, "200 OK") && strstr(got, "whole"));
    int err = asks_for(&s, "/half", got, sizeof got); // its end is the end of the connection
    CHECK(err == -ECONNRESET || err == -EDO_ETRUNCATED);
    CHECK(strstr(got, "half") != NULL);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), 0);
    edo_listener_close(s.at);
    ends_free(&s.ends);
    return 0;
}

static void server_knows_its_client_and_tells_half_from_whole(void **state) {
    (void)state;
    const edo_runtime_opts kind = { .flavor = EDO_RUNTIME_MULTI,
                                    .workers = 2,
                                    .watchdog = EDO_OFF };
    assert_int_equal(inside_with(is_asked, NULL, &kind), 0);
}

/* ---- Behind a proxy that passes TLS through -------------------------------------------------- */

#define V1 "PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\n"
#define V2                                                                                         \
    "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x13\xc0\0\x02\x07\xc0\0\x02\x01\x12\x67\x01\xbb"               \
    "\x04\0\x04\0\0\0\0"                                                                           \
    ""

typedef struct proxied_case {
    const char *name, *header;
    size_t header_n;
    edo_http_proxy_use use;
    const char *proxies,
        *client;    /* whose headers are believed; NULL: any. The client; NULL: refused */
    bool in_pieces; /* the header comes byte by byte */
} proxied_case;

#define OWN "127.0.0.0/8"

static proxied_case proxied_cases[] = {
    { "version 1", V1, sizeof V1 - 1, EDO_HTTP_PROXY_REQUIRED, NULL, "192.0.2.7:4711", false },
    { "version 1 in pieces", V1, sizeof V1 - 1, EDO_HTTP_PROXY_REQUIRED, OWN, "192.0.2.7:4711",
      true },
    { "version 2 with a TLV", V2, sizeof V2 - 1, EDO_HTTP_PROXY_REQUIRED, OWN, "192.0.2.7:4711",
      false },
    { "version 2 in pieces", V2, sizeof V2 - 1, EDO_HTTP_PROXY_OPTIONAL, OWN, "192.0.2.7:4711",
      true },
    { "left out", "", 0, EDO_HTTP_PROXY_OPTIONAL, OWN, "127.0.0.1:", false },
    { "missing", "", 0, EDO_HTTP_PROXY_REQUIRED, OWN, NULL, false },
    { "none", "PROXY TCP4 x\r\n", 14, EDO_HTTP_PROXY_REQUIRED, NULL, NULL, false },
    { "of a stranger", V1, sizeof V1 - 1, EDO_HTTP_PROXY_OPTIONAL, "192.0.2.0/24", NULL, false },
    { "a stranger without one", "", 0, EDO_HTTP_PROXY_OPTIONAL, "192.0.2.0/24",
      "127.0.0.1:", false },
    { "a stranger where one must be", "", 0, EDO_HTTP_PROXY_REQUIRED, "192.0.2.0/24", NULL, false },
};

static int says_where_from(edo_request *req, edo_response *res, void *arg) {
    edo_addr peer;
    char text[EDO_ADDR_TEXT_MAX];
    (void)arg;
    CHECK_EQ(edo_request_peer(req, &peer), 0);
    CHECK(req->is_tls);
    CHECK(edo_addr_print(&peer, text, sizeof text) > 0);
    return edo_response_text(res, EDO_STATUS_OK, edo_str_of(text));
}

/* Connects as the proxy does, and sends a request by TLS behind the header. Fills `got`, with
 * nothing if the server does not take the connection. */
static void asks_by_proxy(service *s, const proxied_case *as, char *got, size_t room) {
    edo_stream *below, *client;
    edo_addr at;
    CHECK_EQ(edo_listener_addr(s->at, &at), 0);
    CHECK_EQ(edo_tcp_connect_addr(&below, &at, NULL), 0);
    size_t step = as->in_pieces ? 1 : as->header_n;
    for (size_t i = 0; i < as->header_n; i += step) {
        CHECK_EQ(edo_write_all(below, as->header + i, step), 0);
        CHECK_EQ(edo_sleep(edo_ms(as->in_pieces)), 0);
    }
    got[0] = '\0';
    if (edo_tls_connect_over(&client, below, HOST, s->ends.client) < 0) return;
    if (edo_printf(client, "GET / HTTP/1.0\r\n\r\n") == 0) {
        size_t n = 0;
        for (int some; (some = edo_read(client, got + n, room - 1 - n)) > 0;) n += (size_t)some;
        got[n] = '\0';
    }
    edo_close(client);
}

static int serves_behind(void *arg) {
    edo_http_server_opts *opts = arg;
    return edo_http_serve(says_where_from, NULL, opts);
}

static int is_asked_by_proxy(void *arg) {
    const proxied_case *as = arg;
    service s = { .at = NULL };
    char got[2048];
    s.ends =
        ends_make((edo_tls_server_opts){ .cert = NULL }, (edo_tls_client_opts){ .roots = NULL });
    CHECK_EQ(edo_tcp_listen(&s.at, "127.0.0.1:0", NULL), 0);
    edo_http_server_opts opts = { .listeners = &s.at,
                                  .listeners_n = 1,
                                  .tls = s.ends.server,
                                  .proxy = as->use,
                                  .proxies = &as->proxies,
                                  .proxies_n = as->proxies ? 1 : 0 };
    edo_task *t = edo_spawn(serves_behind, &opts);
    asks_by_proxy(&s, as, got, sizeof got);
    if (as->client) CHECK(strstr(got, " 200 OK\r\n") && strstr(got, as->client));
    if (!as->client) CHECK_EQ((int)strlen(got), 0);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), 0);
    edo_listener_close(s.at);
    ends_free(&s.ends);
    return 0;
}

static void header_of_a_proxy_comes_before_tls(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(proxied_cases); i++) {
        print_message("%s\n", proxied_cases[i].name);
        assert_int_equal(inside_real(is_asked_by_proxy, &proxied_cases[i]), 0);
    }
}

/* ---- Plain HTTP ------------------------------------------------------------------------------ */

typedef struct plain_case {
    const char *begin;
    bool is_told; /* that this is HTTPS */
} plain_case;

static const plain_case plain_cases[] = {
    { "GET / HTTP/1.1\r\n", true },       { "GET /\r\n", true },
    { "HEAD / HTTP/1.1\r\n", true },      { "POST / HTTP/1.1\r\n", true },
    { "PUT / HTTP/1.1\r\n", true },       { "DELETE / HTTP/1.1\r\n", true },
    { "PATCH / HTTP/1.1\r\n", true },     { "OPTIONS * HTTP/1.1\r\n", true },
    { "TRACE / HTTP/1.1\r\n", true },     { "CONNECT a:1 HTTP/1.1\r\n", true },
    { "PROPFIND / HTTP/1.1\r\n", true },  { "ACL / HTTP/1.1\r\n", true },
    { "SSH-2.0-OpenSSH_9\r\n", false },   { "A / HTTP/1.1\r\n", false },
    { "get / HTTP/1.1\r\n", false },      { "\r\n\r\nGET / HTTP/1.1\r\n", false },
    { "\x80\x2e\x01\x03\x01GET", false },
};

/* A server of one connection, over memory. */
typedef struct behind {
    edo_tls_server *tls;
    edo_stream *s;
} behind;

static int serves_stream(void *arg) {
    behind *b = arg;
    return edo_http_serve_stream(says_who, NULL, b->s, &(edo_http_server_opts){ .tls = b->tls });
}

typedef struct plain_client {
    const plain_case *what;
    edo_stream *s;
    size_t piece; /* bytes of a write at first */
    int err;      /* of its writes */
} plain_client;

/* Sends a request whose body the server has no use for. */
static int sends_plain(void *arg) {
    plain_client *c = arg;
    static const char rest[200000];
    const char *begin = c->what->begin;
    for (size_t at = 0, n = strlen(begin); at < n && c->err == 0; at += c->piece)
        c->err = edo_write_all(c->s, begin + at, n - at < c->piece ? n - at : c->piece);
    if (c->err == 0) c->err = edo_write_all(c->s, rest, sizeof rest);
    return 0;
}

static int is_told(void *arg) {
    (void)arg;
    ends e =
        ends_make((edo_tls_server_opts){ .cert = NULL }, (edo_tls_client_opts){ .roots = NULL });
    for (size_t i = 0; i < 2 * EDO_COUNT(plain_cases); i++) {
        plain_client c = { .what = &plain_cases[i / 2], .piece = i % 2 ? 1 : 100 };
        behind b = { .tls = e.server };
        edo_bytes got;
        CHECK_EQ(edo_duplex(&b.s, &c.s, 4096), 0);
        edo_task *server = edo_spawn(serves_stream, &b), *writer = edo_spawn(sends_plain, &c);
        int err = edo_read_all(&got, c.s, 4096);
        CHECK(err == 0 || !c.what->is_told);
        CHECK_EQ(edo_task_join(writer), 0);
        bool is_400 = err == 0 && got.str.len > 12 && memcmp(got.str.ptr, "HTTP/1.1 400", 12) == 0;
        if (is_400 != c.what->is_told) edo_test_fail("%s: %d", c.what->begin, is_400);
        if (c.what->is_told) CHECK_EQ(c.err, 0); // it may read when it has sent all
        if (err == 0) edo_bytes_unref(&got);
        edo_close(c.s);
        CHECK_EQ(edo_task_join(server), 0);
    }
    ends_free(&e);
    return 0;
}

static void plain_http_is_told_that_this_is_https(void **state) {
    (void)state;
    assert_int_equal(inside(is_told, NULL), 0);
}

/* ---- At the end ------------------------------------------------------------------------------ */

static uint64_t tasks_alive(void) {
    edo_runtime_stats now = { 0 };
    edo_runtime_get_stats(edo_runtime_current(), &now);
    return now.tasks_alive;
}

/* A client that says nothing, where TLS is awaited or, with `arg`, a header before it. */
static int ends_with_a_silent_client(void *arg) {
    const bool *is_proxy = arg;
    service s = { .at = NULL };
    edo_stream *silent;
    edo_addr at;
    s.ends =
        ends_make((edo_tls_server_opts){ .cert = NULL }, (edo_tls_client_opts){ .roots = NULL });
    CHECK_EQ(edo_tcp_listen(&s.at, "127.0.0.1:0", NULL), 0);
    edo_http_server_opts opts = { .listeners = &s.at,
                                  .listeners_n = 1,
                                  .tls = s.ends.server,
                                  .proxy =
                                      *is_proxy ? EDO_HTTP_PROXY_REQUIRED : EDO_HTTP_PROXY_OFF };
    edo_task *t = edo_spawn(serves_behind, &opts);
    CHECK_EQ(edo_test_settle(), 0);
    uint64_t before = tasks_alive();
    CHECK_EQ(edo_listener_addr(s.at, &at), 0);
    CHECK_EQ(edo_tcp_connect_addr(&silent, &at, NULL), 0);
    YIELD_FOR(tasks_alive() == before + 1); // the handshake
    CHECK_EQ(edo_test_settle(), 0);
    CHECK_EQ(edo_time_pause(), 0); // nothing is on its way
    edo_instant start = edo_now();
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), 0);
    CHECK_EQ(ms_since(start), 1000); // of the paused clock
    edo_close(silent);
    edo_listener_close(s.at);
    ends_free(&s.ends);
    return 0;
}

static void drain_gives_a_handshake_a_second(void **state) {
    (void)state;
    for (int is_proxy = 0; is_proxy < 2; is_proxy++)
        assert_int_equal(inside_real(ends_with_a_silent_client, &(bool){ is_proxy }), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drain_gives_a_handshake_a_second),
        cmocka_unit_test(header_of_a_proxy_comes_before_tls),
        cmocka_unit_test(plain_http_is_told_that_this_is_https),
        cmocka_unit_test(server_knows_its_client_and_tells_half_from_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
