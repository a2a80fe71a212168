/* SPDX-License-Identifier: MIT */
/* Goal: a connection leads where the options say, each of which keeps its meaning beside the
 * others: `connect`, `hosts`, `resolve`, `allow`, and the kinds of proxies.
 * Method: `connect` notes what it is asked for; behind it is a server, or a proxy of SOCKS5 that
 * notes it, too. No name is known to anybody but the options. */
#include "memory_site.h"

#include <edo/cookie_jar.h>
#include <edo/ws_client.h>

#include <stdio.h>

/* What happened in one call, in order: "allow A", "connect A", "socks A". */
static char events[1000];

static void note(const char *what, const char *address) {
    size_t n = strlen(events);
    (void)snprintf(events + n, sizeof events - n, "%s%s %s", n > 0 ? ", " : "", what, address);
}

static int respond(memory_site *s, edo_stream *io) {
    (void)s;
    return site_say(io, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

/* ---- A proxy --------------------------------------------------------------------------------- */

/* Notes where a client of SOCKS5 wants to go, and lets it go on as if it were there. */
static int socks_shake_hands(edo_stream *io) {
    unsigned char in[300];
    char text[300];
    if (edo_read_exact(io, in, 3) < 0 || edo_write_all(io, "\5\0", 2) < 0) return -EIO;
    if (edo_read_exact(io, in, 5) < 0) return -EIO;
    size_t more = in[3] == 1 ? 5 : (size_t)in[4] + 2; // one byte of the address is there
    if (edo_read_exact(io, in + 5, more) < 0) return -EIO;
    unsigned port = (unsigned)in[5 + more - 2] << 8 | in[5 + more - 1];
    if (in[3] == 1) {
        (void)snprintf(text, sizeof text, "%u.%u.%u.%u:%u", in[4], in[5], in[6], in[7], port);
    } else {
        (void)snprintf(text, sizeof text, "%.*s:%u", (int)in[4], (char *)in + 5, port);
    }
    note("socks", text);
    return edo_write_all(io, "\5\0\0\1\0\0\0\0\0\0", 10);
}

static int socks_serve(void *arg) {
    memory_conn *c = arg;
    int err = socks_shake_hands(c->io);
    if (err == 0) return site_serve(c);
    edo_close(c->io);
    c->site->open_n--;
    free(c);
    return err;
}

/* ---- What the options have ------------------------------------------------------------------- */

static memory_site site;

/* Nothing is at 10.0.0.1; proxies of SOCKS5 are at the port 1080. */
static int connect_noted(void *arg, edo_stream **out, const char *address) {
    edo_stream *theirs;
    (void)arg;
    note("connect", address);
    if (strncmp(address, "10.0.0.1:", 9) == 0) return -ECONNREFUSED;
    memory_conn *c = malloc(sizeof *c);
    CHECK(c);
    EDO_TEST_OK(edo_duplex(out, &theirs, 65536));
    *c = (memory_conn){ &site, theirs };
    site.open_n++;
    bool is_socks = strstr(address, ":1080") != NULL;
    EDO_TEST_OK(edo_spawn_detached(is_socks ? socks_serve : site_serve, c));
    return 0;
}

/* "two" is at 10.0.0.1 and 10.0.0.2, a proxy at 10.0.0.8, all others at 10.0.0.3. */
static int look_up(void *arg, edo_addr *out, size_t out_max, const char *name) {
    bool is_two = strcmp(name, "two") == 0, is_proxy = strcmp(name, "proxy") == 0;
    (void)arg;
    CHECK(out_max >= 2);
    EDO_TEST_OK(edo_addr_parse(&out[0], is_two     ? "10.0.0.1:0"
                                        : is_proxy ? "10.0.0.8:0"
                                                   : "10.0.0.3:0"));
    EDO_TEST_OK(edo_addr_parse(&out[1], "10.0.0.2:0"));
    return is_two ? 2 : 1;
}

static bool allow_noted(void *arg, const edo_addr *addr) {
    char text[EDO_ADDR_TEXT_MAX];
    (void)arg;
    CHECK(edo_addr_print(addr, text, sizeof text) > 0);
    note("allow", text);
    return strncmp(text, "10.0.0.3:", 9) != 0;
}

/* ---- Rows ------------------------------------------------------------------------------------ */

static const edo_http_host hosts[] = { { "one:8000", "10.0.0.5:9000" },
                                       { "one", "10.0.0.4" },
                                       { "proxy", "10.0.0.9" } };

#define HOSTS   .hosts = hosts, .hosts_n = EDO_COUNT(hosts)
#define RESOLVE .resolve = look_up
#define ALLOW   .allow = allow_noted

static const struct {
    const char *name;
    edo_http_client_opts opts;
    const char *url;
    int result;
    const char *events;
} rows[] = {
    { "nothing is looked up", { 0 }, "http://one/", 0, "connect one:80" },
    { "a host", { HOSTS }, "http://one/", 0, "connect 10.0.0.4:80" },
    { "a host with a port", { HOSTS }, "http://one:8000/", 0, "connect 10.0.0.5:9000" },
    { "a resolver", { RESOLVE }, "http://one/", 0, "connect 10.0.0.3:80" },
    { "one address after the other",
      { RESOLVE },
      "http://two/",
      0,
      "connect 10.0.0.1:80, connect 10.0.0.2:80" },
    { "an address is allowed",
      { RESOLVE, ALLOW },
      "http://two/",
      0,
      "allow 10.0.0.1:80, allow 10.0.0.2:80, connect 10.0.0.1:80, connect 10.0.0.2:80" },
    { "none is", { RESOLVE, ALLOW }, "http://one/", -EACCES, "allow 10.0.0.3:80" },
    { "a number is looked at", { ALLOW }, "http://10.0.0.3/", -EACCES, "allow 10.0.0.3:80" },
    { "a host is looked at",
      { HOSTS, ALLOW },
      "http://one/",
      0,
      "allow 10.0.0.4:80, connect 10.0.0.4:80" },
    // SOCKS5: the address is the client's, if it knows names at all.
    { "SOCKS5, and nothing is looked up",
      { .proxy = "socks5://p" },
      "http://one/",
      0,
      "connect p:1080, socks one:80" },
    { "SOCKS5 and a number",
      { .proxy = "socks5://p" },
      "http://10.0.0.3/",
      0,
      "connect p:1080, socks 10.0.0.3:80" },
    { "SOCKS5 and a host",
      { .proxy = "socks5://proxy", HOSTS },
      "http://one:8000/",
      0,
      "connect 10.0.0.9:1080, socks 10.0.0.5:9000" },
    { "SOCKS5 and a resolver",
      { .proxy = "socks5://proxy", RESOLVE },
      "http://one/",
      0,
      "connect 10.0.0.8:1080, socks 10.0.0.3:80" },
    { "SOCKS5 to what is allowed",
      { .proxy = "socks5://proxy", RESOLVE, ALLOW },
      "http://two/",
      0,
      "allow 10.0.0.8:1080, connect 10.0.0.8:1080, allow 10.0.0.1:80, allow 10.0.0.2:80, "
      "socks 10.0.0.1:80" },
    { "SOCKS5 to what is not",
      { .proxy = "socks5://proxy", RESOLVE, ALLOW },
      "http://one/",
      -EACCES,
      "allow 10.0.0.8:1080, connect 10.0.0.8:1080, allow 10.0.0.3:80" },
    { "SOCKS5 to a number that is not",
      { .proxy = "socks5://10.0.0.8", ALLOW },
      "http://10.0.0.3/",
      -EACCES,
      "allow 10.0.0.8:1080, connect 10.0.0.8:1080, allow 10.0.0.3:80" },
    // These proxies look names up: only their own addresses are the client's.
    { "SOCKS5h gets names",
      { .proxy = "socks5h://proxy", RESOLVE, ALLOW, HOSTS },
      "http://one/",
      0,
      "allow 10.0.0.9:1080, connect 10.0.0.9:1080, socks one:80" },
    { "HTTP gets names",
      { .proxy = "http://proxy", RESOLVE, ALLOW },
      "http://one/",
      0,
      "allow 10.0.0.8:80, connect 10.0.0.8:80" },
    // But for numbers, which are no names.
    { "HTTP and a number",
      { .proxy = "http://10.0.0.8", ALLOW },
      "http://10.0.0.4/",
      0,
      "allow 10.0.0.4:80, allow 10.0.0.8:80, connect 10.0.0.8:80" },
    { "HTTP and a number that is not allowed",
      { .proxy = "http://10.0.0.8", ALLOW },
      "http://10.0.0.3:8/",
      -EACCES,
      "allow 10.0.0.3:8" },
    { "HTTP and a number in hex",
      { .proxy = "http://10.0.0.8", ALLOW },
      "http://0xa.3/",
      -EACCES,
      "allow 10.0.0.3:80" },
    { "HTTP and a number without dots",
      { .proxy = "http://10.0.0.8", ALLOW },
      "http://167772163/",
      -EACCES,
      "allow 10.0.0.3:80" },
    { "SOCKS5h and a number that is not allowed",
      { .proxy = "socks5h://10.0.0.8", ALLOW },
      "http://10.0.0.3/",
      -EACCES,
      "allow 10.0.0.3:80" },
    { "HTTP and a number of IPv6",
      { .proxy = "http://10.0.0.8", ALLOW },
      "http://[::1]/",
      0,
      "allow [::1]:80, allow 10.0.0.8:80, connect 10.0.0.8:80" },
    { "a proxy that is not allowed",
      { .proxy = "http://other", RESOLVE, ALLOW },
      "http://one/",
      -EACCES,
      "allow 10.0.0.3:80" },
};

static int connect_rows(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_http_client_opts opts = rows[i].opts;
        edo_http_client *c;
        edo_http_response *res;
        site = (memory_site){ .respond = respond };
        events[0] = 0;
        opts.connect = connect_noted;
        EDO_TEST_OK(edo_http_client_new(&c, &opts));
        int err = edo_fetch(&res, edo_str_of(rows[i].url), &(edo_fetch_opts){ .client = c });
        if (err == 0) edo_http_response_free(res);
        if (err != rows[i].result || strcmp(events, rows[i].events) != 0)
            edo_test_fail("%s: %d, %s", rows[i].name, err, events);
        site_end(&site, c);
    }
    return 0;
}

/* ---- WebSockets ------------------------------------------------------------------------------ */

static char heads[8192]; /* of all requests */

static int respond_to_tunnel(memory_site *s, edo_stream *io) {
    size_t n = strlen(heads);
    (void)snprintf(heads + n, sizeof heads - n, "%s", s->head);
    if (strncmp(s->head, "CONNECT ", 8) == 0) return site_say(io, "HTTP/1.1 200 OK\r\n\r\n");
    return site_say(io, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

/* A proxy that would get a plain request makes a tunnel for what becomes another protocol. */
static int upgrade_in_tunnels(void *arg) {
    edo_http_client *c;
    edo_ws *ws;
    (void)arg;
    site = (memory_site){ .respond = respond_to_tunnel };
    events[0] = 0;
    const edo_http_client_opts o = { .connect = connect_noted, .proxy = "http://u:p@proxy:3128" };
    EDO_TEST_OK(edo_http_client_new(&c, &o));
    int err = edo_ws_connect(&ws, EDO_STR("ws://one/path"), &(edo_ws_client_opts){ .client = c });
    CHECK(err < 0);
    CHECK(strcmp(events, "connect proxy:3128") == 0);
    CHECK(strstr(heads, "CONNECT one:80 HTTP/1.1\r\n") == heads);
    CHECK(strstr(heads, "GET /path HTTP/1.1\r\n"));
    const char *login = strcasestr(heads, "proxy-authorization: basic ");
    CHECK(login && login < strstr(heads, "GET ")); // which the server does not get
    CHECK(!strcasestr(login + 1, "proxy-authorization"));
    edo_trail_clear();
    site_end(&site, c);
    return 0;
}

/* ---- Zones ----------------------------------------------------------------------------------- */

static int lead_to(memory_site *s, edo_stream *io) {
    if (s->requests_n > 1) return respond(s, io);
    return site_say(io, "HTTP/1.1 302 Found\r\nLocation: /to\r\nSet-Cookie: a=b\r\n"
                        "Content-Length: 0\r\n\r\n");
}

/* The interface of this machine leads to the server, which hears nothing of it (RFC 6874 section
 * 4); with a cookie jar, too. */
static int zones_are_not_sent(void *arg) {
    static const struct {
        const char *proxy, *address, *line; // of the request behind the redirect
    } ways[] = {
        { "", "[fe80::1%Eth0]:81", "GET /to HTTP/1.1\r\n" },
        { "http://proxy", "proxy:80", "GET http://[fe80::1]:81/to HTTP/1.1\r\n" },
    };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(ways); i++) {
        memory_site s = { .respond = lead_to };
        edo_cookie_jar *jar;
        edo_bytes body;
        EDO_TEST_OK(edo_cookie_jar_new(&jar, NULL));
        const edo_http_client_opts o = { .jar = jar, .proxy = ways[i].proxy };
        edo_http_client *c = site_client(&s, &o);
        EDO_TEST_OK(edo_fetch_bytes(&body, EDO_STR("http://u@[fe80::1%25Eth0]:81/from?q#f"),
                                    &(edo_fetch_opts){ .client = c }));
        edo_bytes_unref(&body);
        CHECK_EQ(s.requests_n, 2);
        CHECK(strcmp(s.address, ways[i].address) == 0);
        CHECK(strncmp(s.head, ways[i].line, strlen(ways[i].line)) == 0);
        CHECK(strcasestr(s.head, "\r\nhost: [fe80::1]:81\r\n"));
        CHECK(strcasestr(s.head, "\r\nreferer: http://[fe80::1]:81/from?q\r\n"));
        CHECK(strcasestr(s.head, "\r\ncookie: a=b\r\n"));
        site_end(&s, c);
        edo_cookie_jar_unref(jar);
    }
    return 0;
}

/* ---- Options that would hide each other ------------------------------------------------------ */

static int refuse_beside_unix_path(void *arg) {
    static const struct {
        edo_http_client_opts opts;
        const char *told;
    } wrong[] = { { { .unix_path = "/s", .connect = connect_noted }, "beside `connect`" },
                  { { .unix_path = "/s", .proxy = "http://p" }, "beside `proxy`" },
                  { { .unix_path = "/s", ALLOW }, "`allow`" } };
    edo_http_client *c;
    char told[200];
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(wrong); i++) {
        int err = edo_http_client_new(&c, &wrong[i].opts);
        CHECK_EQ(err, -EINVAL);
        (void)edo_trail_print_text(told, sizeof told, err, EDO_TRAIL_LINE);
        CHECK(strstr(told, wrong[i].told));
        edo_trail_clear();
    }
    EDO_TEST_OK(edo_http_client_new(&c, &(edo_http_client_opts){ .unix_path = "/s", .proxy = "" }));
    edo_http_client_unref(c);
    return 0;
}

/* ---- All ------------------------------------------------------------------------------------- */

static void connections_lead_where_the_options_say(void **state) {
    (void)state;
    assert_int_equal(inside(connect_rows, NULL), 0);
}

static void a_websocket_goes_through_a_tunnel(void **state) {
    (void)state;
    assert_int_equal(inside_real(upgrade_in_tunnels, NULL), 0);
}

static void a_zone_is_not_sent(void **state) {
    (void)state;
    assert_int_equal(inside(zones_are_not_sent, NULL), 0);
}

static void a_socket_has_no_other_place_beside_it(void **state) {
    (void)state;
    assert_int_equal(inside(refuse_beside_unix_path, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections_lead_where_the_options_say),
        cmocka_unit_test(a_websocket_goes_through_a_tunnel),
        cmocka_unit_test(a_zone_is_not_sent),
        cmocka_unit_test(a_socket_has_no_other_place_beside_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
