/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/web_proxy.h: what goes on and what does not, in both directions, and
 * what a client gets when there is no response.
 * Method: a router in memory, behind it a server in memory that notes each byte of a request and
 * says what a test wants. */
#include "through.h"

#include <edo/http_coalesce.h>

static bool site_got(const char *text) {
    return strstr(site.head, text) != NULL;
}

/* ---- What goes on ---------------------------------------------------------------------------- */

static int fields(void *arg) {
    through t;
    heard h;
    (void)arg;
    through_begin(&t, "/", &(edo_proxy_opts){ .name = "edge" });
    answer = OK_HEAD "x-of-shop: 1\r\nconnection: x-hop\r\nx-hop: 2\r\nkeep-alive: 5\r\n\r\nok";
    through_ask(&t, &h,
                "GET /a%2Fb?q=1&r HTTP/1.1\r\nhost: shop.example\r\naccept: x/y\r\n"
                "x-forwarded-for: 6.6.6.6\r\nX_Forwarded_Proto: https\r\nx-real-ip: 6.6.6.6\r\n"
                "forwarded: for=6.6.6.6\r\nProxy: evil\r\nvia: 1.0 outside\r\n"
                "connection: close, x-mine\r\nx-mine: 7\r\nte: gzip\r\nupgrade: h2c\r\n"
                "proxy-authorization: Basic eDp5\r\nhttp2-settings: AAAA\r\n\r\n");
    CHECK(site_got("GET /a%2Fb?q=1&r HTTP/1.1\r\n"));
    CHECK(site_got("\r\nhost: shop.example\r\n"));
    CHECK(site_got("\r\naccept: x/y\r\n"));
    CHECK(site_got("\r\nforwarded: for=unknown; host=shop.example; proto=http\r\n"));
    CHECK(site_got("\r\nx-forwarded-for: unknown\r\n"));
    CHECK(site_got("\r\nx-forwarded-host: shop.example\r\n"));
    CHECK(site_got("\r\nx-forwarded-proto: http\r\n"));
    CHECK(site_got("\r\nvia: 1.0 outside\r\n"));
    CHECK(site_got(edo_test_over ? "\r\nvia: 2 edge\r\n" : "\r\nvia: 1.1 edge\r\n"));
    CHECK(!strcasestr(site.head, "6.6.6.6") && !strcasestr(site.head, "x_forwarded"));
    CHECK(!strcasestr(site.head, "evil") && !site_got("x-mine") && !site_got("upgrade"));
    CHECK(!site_got("proxy-auth") && !site_got("http2-settings") && !site_got("te: "));
    CHECK(!site_got("user-agent") && !site_got("accept-encoding"));
    CHECK(has(&h, "HTTP/1.1 200 OK\r\n") && has(&h, "x-of-shop: 1\r\n"));
    CHECK(has(&h, "via: 1.1 edge\r\n") && !has(&h, "x-hop") && !has(&h, "keep-alive"));
    CHECK_EQ(strcmp(web_body(&h), "ok"), 0);
    through_end(&t);
    return 0;
}

static void fields_of_the_connection_stay_behind(void **state) {
    (void)state;
    assert_int_equal(inside(fields, NULL), 0);
}

static int inner(void *arg) {
    through t;
    heard h;
    (void)arg;
    through_begin(&t, "/", &(edo_proxy_opts){ .is_inner = true, .host = "other:81" });
    through_ask(&t, &h,
                "GET / HTTP/1.1\r\nhost: shop\r\nx-forwarded-for: 1.2.3.4\r\n"
                "x-forwarded-proto: https\r\nforwarded: for=1.2.3.4\r\nconnection: close\r\n\r\n");
    CHECK(site_got("\r\nhost: other:81\r\n") && !site_got("\r\nhost: shop\r\n"));
    CHECK(site_got("\r\nx-forwarded-for: 1.2.3.4, unknown\r\n"));
    CHECK(site_got("\r\nx-forwarded-proto: https\r\n"));
    CHECK(site_got("\r\nforwarded: for=1.2.3.4, for=unknown; host=shop; proto=http\r\n"));
    through_end(&t);
    return 0;
}

static void other_proxies_are_believed_where_only_they_come(void **state) {
    (void)state;
    assert_int_equal(inside(inner, NULL), 0);
}

/* ---- Paths ----------------------------------------------------------------------------------- */

typedef struct path_case {
    const char *route, *prefix;
    bool strips;
    const char *asked, *got;
} path_case;

static const path_case paths[] = {
    { "/", NULL, false, "/x/y?z=%20", "/x/y?z=%20" },
    { "/", NULL, false, "/", "/" },
    { "/", NULL, false, "/?", "/?" },
    { "/shop", NULL, false, "/shop", "/shop" },
    { "/shop", NULL, false, "/shop/7?a", "/shop/7?a" },
    { "/shop", NULL, true, "/shop", "/" },
    { "/shop", NULL, true, "/shop/", "/" },
    { "/shop", NULL, true, "/shop?a=b", "/?a=b" },
    { "/shop", NULL, true, "/shop/7/8", "/7/8" },
    { "/shop/", NULL, true, "/shop/7", "/7" },
    { "/of/{who}", "/v1", true, "/of/me/x", "/v1/x" },
    { "/of/{who}", "/v1", false, "/of/me/x", "/v1/of/me/x" },
    { "/", "/v1", true, "/x", "/v1/x" },
    { "/", NULL, false, "//x", "//x" },
    { "/", NULL, false, "http://x/a?b", "/a?b" },
};

static int each_path(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(paths); i++) {
        const path_case *p = &paths[i];
        through t;
        heard h;
        char text[200];
        through_begin(&t, p->route, &(edo_proxy_opts){ .prefix = p->prefix, .strips = p->strips });
        (void)snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
                       p->asked);
        through_ask(&t, &h, text);
        (void)snprintf(text, sizeof text, "GET %s HTTP/1.1\r\n", p->got);
        if (!site_got(text)) EDO_TEST_EQ((int)i, -1); // names the case
        through_end(&t);
    }
    return 0;
}

static void paths_go_on_as_the_options_say(void **state) {
    (void)state;
    assert_int_equal(inside(each_path, NULL), 0);
}

static int bad_requests(void *arg) {
    static const char *const bad[] = { "/..",           "/a/../b",   "/a/%2e%2E",
                                       "/./a",          "/a/.%2e/b", "/a/..%2fb",
                                       "/a/%2e%2e%5Cb", "/a/..;/b",  "/a%2F.." };
    through t;
    heard h;
    char text[200];
    (void)arg;
    through_begin(&t, "/", &(edo_proxy_opts){ .name = "edge" });
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        (void)snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
                       bad[i]);
        through_ask(&t, &h, text);
        CHECK(has(&h, "HTTP/1.1 400 "));
    }
    through_ask(&t, &h,
                "GET / HTTP/1.1\r\nhost: x\r\nvia: 1.1 a, 2 edge\r\nconnection: close\r\n\r\n");
    CHECK(has(&h, "HTTP/1.1 508 "));
    CHECK_EQ(site.requests_n, 0);
    through_ask(&t, &h, "GET /a..b/...?.. HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    CHECK(has(&h, "HTTP/1.1 200 "));
    through_end(&t);
    return 0;
}

static void dots_and_loops_are_refused(void **state) {
    (void)state;
    assert_int_equal(inside(bad_requests, NULL), 0);
}

/* ---- Bodies ---------------------------------------------------------------------------------- */

static int bodies(void *arg) {
    through t;
    heard h;
    (void)arg;
    through_begin(&t, "/", NULL);
    through_ask(
        &t, &h,
        "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello");
    CHECK(site_got("\r\ncontent-length: 5\r\n") && strcmp(site.body, "hello") == 0);
    answer = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n"
             "3\r\nabc\r\n4\r\ndefg\r\n0\r\nx-sum: 9\r\n\r\n";
    through_ask(&t, &h,
                "PUT / HTTP/1.1\r\nhost: x\r\nconnection: close, te\r\nte: trailers\r\n"
                "transfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n");
    CHECK(site_got("\r\ntransfer-encoding: chunked\r\n") && strcmp(site.body, "hello") == 0);
    CHECK(site_got("\r\nte: trailers\r\n") && site_got("\r\nconnection: te\r\n"));
    CHECK(has(&h, "transfer-encoding: chunked\r\n") && has(&h, "\r\n0\r\nx-sum: 9\r\n\r\n"));
    answer = "HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n";
    through_ask(&t, &h, "HEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    CHECK(has(&h, "content-length: 5000\r\n"));
    answer = "HTTP/1.1 304 Not Modified\r\netag: \"1\"\r\n\r\n";
    through_ask(&t, &h, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    CHECK(has(&h, "HTTP/1.1 304 ") && has(&h, "etag: \"1\"\r\n") && !has(&h, "content-length: 0"));
    through_end(&t);
    return 0;
}

static void bodies_and_trailers_pass_both_ways(void **state) {
    (void)state;
    assert_int_equal(inside(bodies, NULL), 0);
}

/* Keeps the trailers of the request: the lines behind the last chunk. */
static int respond_to_trailers(memory_site *s, edo_stream *io) {
    (void)s;
    char *at = site.body, *end = site.body + sizeof site.body;
    while (at < end && site_read_line(io, at, (size_t)(end - at)) > 2) at += strlen(at);
    return site_say(io, OK);
}

static int site_chunk(edo_stream *io, char *line, size_t most) {
    if (!site_read_line(io, line, most)) return -1;
    return (int)strtoul(line, NULL, 16);
}

/* As site_serve(), of one request whose last chunk has trailers behind it. */
static int serve_trailers(void *arg) {
    memory_conn *c = arg;
    char line[64];
    size_t n = 0;
    while (n < 4 || memcmp(c->site->head + n - 4, "\r\n\r\n", 4) != 0)
        n += (size_t)site_read_line(c->io, c->site->head + n, sizeof c->site->head - n);
    for (int bytes; (bytes = site_chunk(c->io, line, sizeof line)) > 0;)
        for (int i = 0; i < 2 && site_read_line(c->io, line, (size_t)bytes + 3) == 0; i++) {
        }
    int err = respond_to_trailers(c->site, c->io);
    edo_close(c->io);
    c->site->open_n--;
    free(c);
    return err;
}

static edo_task_fn *serve_odd; // of what follows

static int connect_odd(void *arg, edo_stream **out, const char *address) {
    edo_stream *theirs;
    memory_conn *c = malloc(sizeof *c);
    (void)address;
    CHECK(c);
    EDO_TEST_OK(edo_duplex(out, &theirs, 65536));
    *c = (memory_conn){ arg, theirs };
    c->site->open_n++;
    EDO_TEST_OK(edo_spawn_detached(serve_odd, c));
    return 0;
}

/* A proxy before a server of which each connection is a task of the test's own. */
static void through_begin_before(through *t, edo_http_client **client, edo_task_fn *serve) {
    edo_service *service;
    site = (memory_site){ .respond = respond };
    serve_odd = serve;
    EDO_TEST_OK(edo_http_client_new(
        client, &(edo_http_client_opts){ .connect = connect_odd, .arg = &site }));
    EDO_TEST_OK(edo_http_client_service(&service, *client, "http://shop.test"));
    through_begin_around(t, "/", NULL, service);
}

static int trailers(void *arg) {
    through t;
    heard h;
    edo_http_client *client;
    (void)arg;
    through_begin_before(&t, &client, serve_trailers);
    through_ask(&t, &h,
                "PUT / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
                "trailer: x-sum, x-forwarded-for\r\ntransfer-encoding: chunked\r\n\r\n"
                "2\r\nhe\r\n0\r\nx-sum: 5\r\nx-forwarded-for: 6.6.6.6\r\n\r\n");
    CHECK(has(&h, "HTTP/1.1 200 "));
    CHECK_EQ(strcmp(site.body, "x-sum: 5\r\n\r\n"), 0);
    edo_http_client_unref(client);
    through_end(&t);
    return 0;
}

static void trailers_of_a_request_follow_its_body(void **state) {
    (void)state;
    assert_int_equal(inside(trailers, NULL), 0);
}

#define MUCH (1u << 20) /* more than all buffers on the way */

static int take_much(void *arg) {
    static char bytes[4096];
    for (size_t n = 0; n < MUCH; n += sizeof bytes) {
        int err = edo_read_exact(arg, bytes, sizeof bytes);
        if (err < 0) return err;
    }
    return 0;
}

static int give_much(edo_stream *io) {
    static char bytes[4096];
    int err = 0;
    for (size_t n = 0; err == 0 && n < MUCH; n += sizeof bytes)
        err = edo_write_all(io, bytes, sizeof bytes);
    return err;
}

/* Responds at once, while another task reads the request. */
static int serve_both_ways(void *arg) {
    memory_conn *c = arg;
    char head[2048];
    size_t n = 0;
    while (n < 4 || memcmp(head + n - 4, "\r\n\r\n", 4) != 0)
        n += (size_t)site_read_line(c->io, head + n, sizeof head - n);
    edo_task *reads = edo_spawn(take_much, c->io);
    CHECK_EQ(site_say(c->io, "HTTP/1.1 200 OK\r\ncontent-length: 1048576\r\n\r\n"), 0);
    CHECK_EQ(give_much(c->io), 0);
    CHECK_EQ(edo_task_join(reads), 0);
    edo_close(c->io);
    c->site->open_n--;
    free(c);
    return 0;
}

/* A client that reads when all is written. */
static int much_both_ways(void *arg) {
    through t;
    edo_http_client *client;
    heard h = { 0 };
    (void)arg;
    if (edo_test_over) return 0; // its client holds no more than some buffers
    through_begin_before(&t, &client, serve_both_ways);
    t.front.http.pipe_bytes = 65536;
    edo_stream *c = client_of(&t.front.http);
    say(c, "PUT / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 1048576\r\n\r\n");
    CHECK_EQ(give_much(c), 0);
    CHECK_EQ(edo_read_exact(c, h.text, 17), 0);
    CHECK(has(&h, "HTTP/1.1 200 OK\r\n"));
    CHECK_EQ(take_much(c), 0);
    edo_close(c);
    edo_http_client_unref(client);
    through_end(&t);
    return 0;
}

static void a_request_is_sent_on_while_nobody_reads_the_response(void **state) {
    (void)state;
    assert_int_equal(inside(much_both_ways, NULL), 0);
}

static int as_is(void *arg) {
    through t;
    heard h;
    (void)arg;
    through_begin(&t, "/", NULL);
    answer = "HTTP/1.1 302 Away\r\nlocation: /there\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n"
             "content-encoding: gzip\r\ncontent-length: 3\r\n\r\nxyz";
    through_ask(&t, &h, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    CHECK(has(&h, "HTTP/1.1 302 ") && has(&h, "location: /there\r\n"));
    CHECK(edo_test_over || has(&h, "302 Away\r\n")); // HTTP/2 has no reason
    CHECK(has(&h, "set-cookie: a=1\r\n") && has(&h, "set-cookie: b=2\r\n"));
    CHECK(has(&h, "content-encoding: gzip\r\n") && strcmp(web_body(&h), "xyz") == 0);
    CHECK_EQ(site.requests_n, 1);
    through_end(&t);
    return 0;
}

static void redirects_and_coded_bodies_are_the_clients(void **state) {
    (void)state;
    assert_int_equal(inside(as_is, NULL), 0);
}

static int early(void *arg) {
    through t;
    heard h;
    (void)arg;
    through_begin(&t, "/", NULL);
    answer = "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n" OK;
    through_ask(&t, &h, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    CHECK(has(&h, "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n"));
    CHECK(times(&h, "link: ") == 1 && has(&h, "HTTP/1.1 200 OK\r\n"));
    through_end(&t);
    return 0;
}

static void early_hints_pass(void **state) {
    (void)state;
    assert_int_equal(inside(early, NULL), 0);
}

static int streamed(memory_site *s, edo_stream *io) {
    (void)s;
    int err = site_say(io, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\nfirst \r\n");
    if (err == 0) err = edo_sleep(edo_s(5));
    return err < 0 ? err : site_say(io, "4\r\nlast\r\n0\r\n\r\n");
}

static int streams(void *arg) {
    through t;
    heard h = { 0 };
    (void)arg;
    through_begin(&t, "/", NULL);
    site.respond = streamed;
    edo_instant began = edo_now();
    edo_stream *c = client_of(&t.front.http);
    say(c, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    CHECK(hear_until(c, &h, "first "));
    CHECK(edo_instant_since(edo_now(), began).ns < edo_s(5).ns);
    CHECK(hear_until(c, &h, NULL) && has(&h, "last"));
    edo_close(c);
    through_end(&t);
    return 0;
}

static void what_comes_is_sent_at_once(void **state) {
    (void)state;
    assert_int_equal(inside(streams, NULL), 0);
}

/* ---- Upgrades -------------------------------------------------------------------------------- */

static int respond_echo(memory_site *s, edo_stream *io) {
    char text[64];
    int n;
    (void)s;
    int err = site_say(io, "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\n"
                           "upgrade: echo\r\nx-of: shop\r\n\r\n");
    if (err < 0) return err;
    while ((n = edo_read(io, text, sizeof text)) > 0)
        if ((err = edo_write_all(io, text, (size_t)n)) < 0) return err;
    return -EDO_EEOF;
}

static int upgrades(void *arg) {
    through t;
    heard h = { 0 };
    (void)arg;
    through_begin(&t, "/", NULL);
    site.respond = respond_echo;
    edo_stream *c = client_of(&t.front.http);
    say(c, "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n");
    CHECK(hear_until(c, &h, "\r\n\r\n"));
    CHECK(has(&h, "HTTP/1.1 101 ") && has(&h, "upgrade: echo\r\n") && has(&h, "x-of: shop\r\n"));
    CHECK(site_got("\r\nconnection: upgrade\r\n") && site_got("\r\nupgrade: echo\r\n"));
    say(c, "to and fro");
    CHECK(hear_until(c, &h, "to and fro"));
    EDO_TEST_OK(edo_shutdown(c));
    CHECK(hear_until(c, &h, NULL));
    edo_close(c);
    through_end(&t);
    return 0;
}

static void an_upgraded_connection_passes(void **state) {
    (void)state;
    assert_int_equal(inside(upgrades, NULL), 0);
}

static int no_upgrades(void *arg) {
    through t;
    heard h;
    (void)arg;
    through_begin(&t, "/", &(edo_proxy_opts){ .no_upgrades = true });
    through_ask(&t, &h,
                "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: echo\r\n\r\n");
    CHECK(has(&h, edo_test_over ? "HTTP/1.1 501 " : "HTTP/1.1 200 ") && !site_got("upgrade"));
    through_end(&t);
    return 0;
}

static void upgrades_can_be_left_out(void **state) {
    (void)state;
    assert_int_equal(inside(no_upgrades, NULL), 0);
}

/* ---- Failures -------------------------------------------------------------------------------- */

static const char post[] = "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
                           "content-length: 5\r\n\r\nhello";

static int tries(void *arg) {
    through t;
    heard h;
    (void)arg;
    through_begin(&t, "/", NULL);
    site.refuses_n = 2;
    through_ask(&t, &h, post);
    CHECK(has(&h, "HTTP/1.1 200 ") && strcmp(site.body, "hello") == 0);
    edo_http_client_close_idle(t.client);
    site.refuses_n = 3;
    through_ask(&t, &h, post);
    CHECK(has(&h, "HTTP/1.1 502 ") && site.refuses_n == 0);
    answer = NULL; // it takes the request, and breaks off
    site.requests_n = 0;
    through_ask(&t, &h, post);
    CHECK(has(&h, "HTTP/1.1 502 "));
    CHECK_EQ(site.requests_n, 1);
    through_end(&t);
    return 0;
}

/* A layer that asks twice: first a server that takes the request and breaks off, then nobody. */
static int asks_twice(void *arg, void *request, void *response) {
    int err = edo_service_oneshot(arg, request, response);
    if (err < 0) site.refuses_n = 1;
    return err < 0 ? edo_service_oneshot(arg, request, response) : err;
}

static int twice(void *arg) {
    through t;
    heard h;
    edo_service *inner, *outer;
    (void)arg;
    edo_http_client *client = site_client(&site, NULL);
    EDO_TEST_OK(edo_http_client_service(&inner, client, "http://shop.test"));
    EDO_TEST_OK(edo_service_from_fn(&outer, asks_twice, inner, NULL));
    through_begin_around(&t, "/", NULL, outer);
    answer = NULL;
    through_ask(&t, &h, get);
    CHECK(has(&h, "HTTP/1.1 502 "));
    CHECK(site.requests_n == 1 && site.refuses_n == 0);
    edo_service_unref(inner);
    edo_http_client_unref(client);
    through_end(&t);
    return 0;
}

static void what_a_layer_has_sent_once_is_not_sent_again(void **state) {
    (void)state;
    assert_int_equal(inside(twice, NULL), 0);
}

/* Around the server; is not ready at first. */
typedef struct late {
    edo_service base;
    int fails_n, asked_n;
} late;

static int late_ready(edo_service *base, edo_permit *permit) {
    late *l = (late *)(void *)base;
    (void)permit;
    l->asked_n++;
    return l->fails_n > 0 ? (l->fails_n--, -EHOSTUNREACH) : 0;
}

static int late_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    (void)permit;
    return edo_service_oneshot(base->inner, request, response);
}

/* As the balance of one that is gone, a service that is not ready has got no request. */
static int is_not_ready(void *arg) {
    static const edo_service_ops ops = { .name = "late", .ready = late_ready, .call = late_call };
    through t;
    heard h;
    edo_service *inner, *outer;
    (void)arg;
    edo_http_client *client = site_client(&site, NULL);
    EDO_TEST_OK(edo_http_client_service(&inner, client, "http://shop.test"));
    EDO_TEST_OK(edo_service_new(&outer, sizeof(late), &ops, inner));
    through_begin_around(&t, "/", NULL, outer);
    late *l = (late *)(void *)outer;
    l->fails_n = 2;
    through_ask(&t, &h, post);
    CHECK(has(&h, "HTTP/1.1 200 ") && strcmp(site.body, "hello") == 0);
    CHECK(l->asked_n == 3 && site.requests_n == 1);
    l->fails_n = 10;
    through_ask(&t, &h, post);
    CHECK(has(&h, "HTTP/1.1 502 "));
    CHECK(l->asked_n == 6 && site.requests_n == 1);
    edo_http_client_unref(client);
    through_end(&t);
    return 0;
}

static void a_service_that_is_not_ready_is_asked_again(void **state) {
    (void)state;
    assert_int_equal(inside(is_not_ready, NULL), 0);
}

/* ---- A cache --------------------------------------------------------------------------------- */

typedef struct shared_case {
    const char *asked, *response;
    int requests_n; /* for two askers */
} shared_case;

#define ASKED "host: x\r\nconnection: close\r\n"

static const shared_case shared_cases[] = {
    { "GET / HTTP/1.1\r\n" ASKED "\r\n", OK, 1 },
    { "HEAD /h HTTP/1.1\r\n" ASKED "\r\n", OK_HEAD "\r\n", 1 },
    { "POST / HTTP/1.1\r\n" ASKED "content-length: 1\r\n\r\nx", OK, 2 },
    { "GET /a HTTP/1.1\r\n" ASKED "authorization: Basic eDp5\r\n\r\n", OK, 2 },
    { "GET /b HTTP/1.1\r\n" ASKED "cookie: a=1\r\n\r\n", OK, 2 },
    { "GET /c HTTP/1.1\r\n" ASKED "\r\n", OK_HEAD "set-cookie: a=1\r\n\r\nok", 2 },
    { "GET /d HTTP/1.1\r\n" ASKED "\r\n", OK_HEAD "cache-control: private\r\n\r\nok", 2 },
    { "GET /e HTTP/1.1\r\n" ASKED "\r\n", OK_HEAD "vary: user-agent\r\n\r\nok", 2 },
    { "GET /f HTTP/1.1\r\nhost: x\r\nconnection: close, upgrade\r\nupgrade: echo\r\n\r\n", OK, 2 },
    { "GET /g HTTP/1.1\r\nhost: y\r\nconnection: close\r\n\r\n", OK, 1 },
    { "GET /g HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", OK, 1 },
};

static void through_begin_shared(through *t, edo_http_client **client, const edo_proxy_opts *opts) {
    edo_cache *cache;
    edo_service *plain, *shared;
    edo_layer layer;
    *client = site_client(&site, NULL);
    EDO_TEST_OK(edo_http_client_service(&plain, *client, "http://shop.test"));
    EDO_TEST_OK(edo_cache_new(&cache, &(edo_cache_opts){ .bytes_of = edo_http_coalesce_bytes }));
    layer = edo_http_coalesce_layer(&(edo_http_coalesce_opts){ .cache = cache, .proxied = true });
    EDO_TEST_OK(edo_layer_wrap(&shared, &layer, plain));
    edo_cache_unref(cache);
    through_begin_around(t, "/", opts, shared);
}

static int shares(void *arg) {
    through t;
    heard h;
    edo_http_client *client;
    (void)arg;
    through_begin_shared(&t, &client, &(edo_proxy_opts){ .timeout = edo_s(30) });
    for (size_t i = 0; i < EDO_COUNT(shared_cases); i++) {
        const shared_case *c = &shared_cases[i];
        if (edo_test_over && strstr(c->asked, "upgrade")) continue; // it is a tunnel's there
        site.requests_n = 0;
        answer = c->response;
        for (int k = 0; k < 2; k++) {
            through_ask(&t, &h, c->asked);
            CHECK(has(&h, "HTTP/1.1 200 ") && has(&h, "content-length: 2\r\n"));
            CHECK(*c->asked == 'H' || strcmp(web_body(&h), "ok") == 0);
            CHECK_EQ(has(&h, "age: 2\r\n"), k == 1 && c->requests_n == 1);
            EDO_TEST_OK(edo_sleep(edo_s(2)));
        }
        if (site.requests_n != c->requests_n) EDO_TEST_EQ((int)i, -1); // names the case
    }
    edo_http_client_unref(client);
    through_end(&t);
    return 0;
}

static void a_cache_has_what_is_for_everybody(void **state) {
    (void)state;
    assert_int_equal(inside(shares, NULL), 0);
}

/* The server behind is asked for one host, and told of the other, which is the client's choice. */
static int hosts(void *arg) {
    static const struct {
        const char *asked;
        int requests_n; /* so far */
    } rows[] = { { "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", 1 },
                 { "GET / HTTP/1.1\r\nhost: evil\r\nconnection: close\r\n\r\n", 2 },
                 { "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", 2 } };
    through t;
    heard h;
    edo_http_client *client;
    (void)arg;
    through_begin_shared(&t, &client, &(edo_proxy_opts){ .host = "inside" });
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        through_ask(&t, &h, rows[i].asked);
        CHECK(has(&h, "HTTP/1.1 200 ") && site_got("\r\nhost: inside\r\n"));
        CHECK_EQ(site.requests_n, rows[i].requests_n);
    }
    edo_http_client_unref(client);
    through_end(&t);
    return 0;
}

static void a_host_that_the_client_has_made_up_is_in_the_key(void **state) {
    (void)state;
    assert_int_equal(inside(hosts, NULL), 0);
}

static int wholes(void *arg) {
    through t;
    heard h;
    (void)arg;
    if (edo_test_over) return 0; // HTTP/2 refuses a Host that is another one
    through_begin(&t, "/", NULL);
    through_ask(&t, &h,
                "GET http://public.example:81/x HTTP/1.1\r\nhost: inside\r\nconnection: "
                "close\r\n\r\n");
    CHECK(has(&h, "HTTP/1.1 200 ") && site_got("GET /x HTTP/1.1\r\n"));
    CHECK(site_got("\r\nhost: public.example:81\r\n") && !site_got("inside"));
    CHECK(site_got("\r\nx-forwarded-host: public.example:81\r\n"));
    CHECK(site_got("\r\nforwarded: for=unknown; host=\"public.example:81\"; proto=http\r\n"));
    through_end(&t);
    return 0;
}

static void a_whole_uri_says_which_host_is_asked(void **state) {
    (void)state;
    assert_int_equal(inside(wholes, NULL), 0);
}

static void only_what_was_not_sent_is_sent_again(void **state) {
    (void)state;
    assert_int_equal(inside(tries, NULL), 0);
}

static int respond_in_part(memory_site *s, edo_stream *io) {
    (void)s;
    (void)site_say(io, answer);
    return -ECONNRESET;
}

static int cuts(void *arg) {
    through t;
    heard h = { 0 };
    (void)arg;
    through_begin(&t, "/", NULL);
    site.respond = respond_in_part;
    answer = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n";
    edo_stream *c = client_of(&t.front.http);
    say(c, get);
    (void)hear_until(c, &h, NULL);
    CHECK(has(&h, "hello") && !has(&h, "\r\n0\r\n"));
    edo_close(c);
    answer = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello";
    c = client_of(&t.front.http);
    h = (heard){ 0 };
    say(c, get);
    (void)hear_until(c, &h, NULL);
    CHECK(has(&h, "HTTP/1.1 502 ") || (has(&h, "content-length: 10\r\n") && has(&h, "hello")));
    edo_close(c);
    through_end(&t);
    return 0;
}

static void a_response_that_breaks_off_is_no_whole_one(void **state) {
    (void)state;
    assert_int_equal(inside(cuts, NULL), 0);
}

static int options(void *arg) {
    static const edo_proxy_opts bad[] = {
        { .name = "two words" }, { .prefix = "v1" },    { .prefix = "/v1/" },
        { .host = "a\r\nx: y" }, { .reserved = { 1 } }, { .prefix = "/a\r\nx: y" },
    };
    edo_http_client *c;
    edo_service *service;
    (void)arg;
    EDO_TEST_OK(edo_http_client_new(&c, NULL));
    CHECK_EQ(edo_http_client_service(&service, c, "shop"), -EINVAL);
    CHECK_EQ(edo_http_client_service(&service, c, "http://shop/"), -EINVAL);
    edo_trail_clear();
    CHECK_EQ(edo_http_client_service(&service, c, "http://ann:s3@cret@shop/v1"), -EINVAL);
    CHECK(strstr(edo_trail_find(-EINVAL)->text, "\"shop/v1\" is no URL"));
    CHECK_EQ(edo_http_client_service(&service, c, "http://shop?a"), -EINVAL);
    EDO_TEST_OK(edo_http_client_service(&service, c, "http://shop/v1"));
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        edo_router *r = edo_router_new();
        edo_proxy_routes(r, "/", service, &bad[i]);
        CHECK_EQ(edo_router_build(r), -EINVAL);
        edo_router_free(r);
    }
    edo_proxy_routes(NULL, "/", service, NULL);
    edo_service_unref(service);
    edo_http_client_unref(c);
    return 0;
}

static void bad_options_are_refused(void **state) {
    (void)state;
    assert_int_equal(inside(options, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_the_connection_stay_behind),
        cmocka_unit_test(other_proxies_are_believed_where_only_they_come),
        cmocka_unit_test(paths_go_on_as_the_options_say),
        cmocka_unit_test(dots_and_loops_are_refused),
        cmocka_unit_test(bodies_and_trailers_pass_both_ways),
        cmocka_unit_test(trailers_of_a_request_follow_its_body),
        cmocka_unit_test(a_request_is_sent_on_while_nobody_reads_the_response),
        cmocka_unit_test(redirects_and_coded_bodies_are_the_clients),
        cmocka_unit_test(early_hints_pass),
        cmocka_unit_test(what_comes_is_sent_at_once),
        cmocka_unit_test(an_upgraded_connection_passes),
        cmocka_unit_test(upgrades_can_be_left_out),
        cmocka_unit_test(a_whole_uri_says_which_host_is_asked),
        cmocka_unit_test(only_what_was_not_sent_is_sent_again),
        cmocka_unit_test(what_a_layer_has_sent_once_is_not_sent_again),
        cmocka_unit_test(a_service_that_is_not_ready_is_asked_again),
        cmocka_unit_test(a_cache_has_what_is_for_everybody),
        cmocka_unit_test(a_host_that_the_client_has_made_up_is_in_the_key),
        cmocka_unit_test(a_response_that_breaks_off_is_no_whole_one),
        cmocka_unit_test(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
