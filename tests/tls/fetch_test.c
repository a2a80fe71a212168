/* SPDX-License-Identifier: MIT */
/* Goal: a client fetches by https, receives events by it, and connects a WebSocket by wss: names
 * and issuers are checked, connections are kept, sessions are resumed, a response that breaks off
 * is none, and a redirect to clear text takes no secret along.
 * Method: a router for HTTPS on a free port, under a name that the client's options resolve. */
#include "tcp_site.h"
#include "tls_support.h"

#include <edo/http_client.h>
#include <edo/sse.h>
#include <edo/web.h>
#include <edo/ws_client.h>

typedef struct site {
    ends ends;
    edo_listener *at;
    edo_task *task;
    char root[64], address[32];
    edo_http_host hosts[1];
} site;

static int hello(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "hello");
}

static int breaks_off(edo_web *w) {
    edo_stream *out;
    int err = edo_web_reply_stream(w, &out, EDO_STATUS_OK, "text/plain");
    if (err == 0) err = edo_write_all(out, "half", 4);
    if (err == 0) err = edo_flush(out);
    return err < 0 ? err : -EIO;
}

static char clear_url[40]; /* of a server without TLS */

/* Says whether the client has shown a certificate. */
static int tells_who(edo_web *w) {
    edo_tls_peer peer;
    bool is_shown = edo_tls_get_peer(edo_request_tls(edo_web_request(w)), &peer) == 0;
    return edo_web_reply_text(w, EDO_STATUS_OK, is_shown ? "known" : "nobody");
}

static char other_url[64]; /* of the same server as another origin */

static int leads_over(edo_web *w) {
    return edo_web_reply_redirect(w, EDO_STATUS_TEMPORARY_REDIRECT, edo_str_of(other_url));
}

static int leads_down(edo_web *w) {
    return edo_web_reply_redirect(w, EDO_STATUS_TEMPORARY_REDIRECT, edo_str_of(clear_url));
}

static const edo_ws_handler echo = { .on_message = edo_ws_send };

static int echoes(edo_web *w) {
    return edo_ws_handle(w, &echo, NULL, NULL);
}

/* One event, and the end. */
static int tells(edo_web *w) {
    edo_sse events;
    int err = edo_sse_start(&events, w, NULL);
    if (err == 0) err = edo_sse_send(&events, &(edo_sse_event){ .data = EDO_STR("hello") });
    return edo_sse_end(&events, err);
}

static int serves(void *arg) {
    site *s = arg;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", hello);
    edo_router_get(r, "/half", breaks_off);
    edo_router_get(r, "/down", leads_down);
    edo_router_get(r, "/who", tells_who);
    edo_router_get(r, "/over", leads_over);
    edo_router_get(r, "/echo", echoes);
    edo_router_get(r, "/events", tells);
    const edo_http_server_opts http = { .listeners = &s->at, .listeners_n = 1 };
    return edo_web_serve(r, &(edo_web_opts){ .http = &http, .tls = s->ends.server });
}

static void site_begin_with(site *s, const char *name, edo_tls_server_opts server,
                            edo_tls_client_opts client) {
    server.alpn = client.alpn = "http/1.1";
    s->ends = ends_make(server, client);
    CHECK_EQ(edo_tcp_listen(&s->at, "127.0.0.1:0", NULL), 0);
    (void)snprintf(s->root, sizeof s->root, "://%s:%u", name, (unsigned)edo_listener_port(s->at));
    (void)snprintf(s->address, sizeof s->address, "127.0.0.1");
    s->hosts[0] = (edo_http_host){ name, s->address };
    s->task = edo_spawn(serves, s);
}

static void site_begin(site *s, const char *name) {
    site_begin_with(s, name, (edo_tls_server_opts){ .cert = NULL },
                    (edo_tls_client_opts){ .cert = NULL });
}

static void site_end(site *s) {
    edo_task_cancel(s->task);
    (void)edo_task_join(s->task);
    edo_listener_close(s->at);
    ends_free(&s->ends);
}

static edo_http_client *client_of(const site *s, edo_tls_client *tls) {
    edo_http_client *c;
    CHECK_EQ(edo_http_client_new(
                 &c, &(edo_http_client_opts){ .tls = tls, .hosts = s->hosts, .hosts_n = 1 }),
             0);
    return c;
}

/* Fetches "hello". */
static int fetch(const site *s, const char *scheme, const char *path, edo_http_client *c) {
    char url[128];
    edo_bytes body;
    (void)snprintf(url, sizeof url, "%s%s%s", scheme, s->root, path);
    int err = edo_fetch_bytes(&body, edo_str_of(url), &(edo_fetch_opts){ .client = c });
    if (err < 0) return err;
    CHECK(edo_str_equal(body.str, EDO_STR("hello")));
    edo_bytes_unref(&body);
    return 0;
}

static int fetches(void *arg) {
    site s;
    edo_http_client_stats st;
    (void)arg;
    site_begin(&s, HOST);
    edo_http_client *c = client_of(&s, s.ends.client);
    for (int i = 0; i < 5; i++) CHECK_EQ(fetch(&s, "https", "/", c), 0);
    edo_http_client_get_stats(c, &st);
    CHECK_EQ(st.connects, 1);
    edo_http_client_close_idle(c);
    CHECK_EQ(fetch(&s, "https", "/", c), 0);
    CHECK_EQ(fetch(&s, "http", "/", c), -EDO_ESTATUS); // 400: it says that it speaks HTTPS
    CHECK(fetch(&s, "https", "/half", c) < 0);
    edo_http_client_unref(c);
    site_end(&s);
    return 0;
}

/* A response says how it came. */
static int tells_of_tls(void *arg) {
    site s;
    char url[128];
    edo_http_response *res;
    edo_tls_info info;
    (void)arg;
    site_begin(&s, HOST);
    edo_http_client *c = client_of(&s, s.ends.client);
    (void)snprintf(url, sizeof url, "https%s/", s.root);
    CHECK_EQ(edo_fetch(&res, edo_str_of(url), &(edo_fetch_opts){ .client = c }), 0);
    CHECK_EQ(edo_tls_get_info(edo_http_response_stream(res), &info), 0);
    CHECK_EQ(info.version, EDO_TLS_1_3);
    edo_http_response_free(res);
    edo_http_client_unref(c);
    site_end(&s);
    return 0;
}

static int fetches_by_a_wrong_name(void *arg) {
    site s;
    (void)arg;
    site_begin(&s, "other.example");
    edo_http_client *c = client_of(&s, s.ends.client);
    CHECK_EQ(fetch(&s, "https", "/", c), -EDO_ECERT);
    edo_http_client_unref(c);
    edo_tls_client *strict;
    CHECK_EQ(edo_tls_client_new(&strict, &(edo_tls_client_opts){ .version_min = EDO_TLS_1_2 }), 0);
    c = client_of(&s, strict); // the roots of the system
    CHECK_EQ(fetch(&s, "https", "/", c), -EDO_ECERT);
    edo_http_client_unref(c);
    edo_tls_client_unref(strict);
    site_end(&s);
    return 0;
}

static char clear_head[2048]; /* of the last request in clear text */

static int hears_in_clear(void *arg) {
    edo_stream *s = arg;
    size_t n = 0;
    while (n < sizeof clear_head - 1 && edo_read(s, clear_head + n, 1) == 1) {
        clear_head[++n] = 0;
        if (n >= 4 && strcmp(clear_head + n - 4, "\r\n\r\n") == 0) break;
    }
    int err = edo_write_all(s, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 43);
    edo_close(s);
    return err;
}

/* What it is called with. */
static const edo_fetch_opts secrets = { .bearer = { "SECRET", 6 } };

static int goes_down(const site *s, const edo_http_client_opts *opts) {
    char url[128];
    edo_http_client *c;
    edo_http_client_opts o = *opts;
    edo_fetch_opts with = secrets;
    edo_bytes body;
    o.tls = s->ends.client;
    o.hosts = s->hosts;
    o.hosts_n = 1;
    CHECK_EQ(edo_http_client_new(&c, &o), 0);
    with.client = c;
    (void)snprintf(url, sizeof url, "https%s/down?SECRET", s->root);
    clear_head[0] = 0;
    int err = edo_fetch_bytes(&body, edo_str_of(url), &with);
    if (err == 0) edo_bytes_unref(&body);
    edo_http_client_unref(c);
    return err;
}

static int keeps_secrets_from_clear_text(void *arg) {
    site s;
    tcp_site clear;
    edo_cookie_jar *jar;
    char url[128];
    (void)arg;
    site_begin(&s, HOST);
    tcp_site_begin(&clear, hears_in_clear);
    // the name is the same, so only the scheme and the port differ
    (void)snprintf(clear_url, sizeof clear_url, "http://" HOST ":%u/", clear.port);
    (void)snprintf(url, sizeof url, "https%s/", s.root);
    CHECK_EQ(edo_cookie_jar_new(&jar, NULL), 0);
    CHECK_EQ(edo_cookie_jar_store(jar, edo_str_of(url), EDO_STR("a=SECRET; Secure")), 0);
    CHECK_EQ(goes_down(&s, &(edo_http_client_opts){ .jar = jar }), 0);
    CHECK(strstr(clear_head, "GET / HTTP/1.1\r\n") == clear_head);
    CHECK(!strstr(clear_head, "SECRET") && !strcasestr(clear_head, "referer"));
    CHECK_EQ(goes_down(&s, &(edo_http_client_opts){ .jar = jar, .https_only = true }), -EACCES);
    CHECK_EQ(clear_head[0], 0);
    edo_cookie_jar_unref(jar);
    tcp_site_end(&clear);
    site_end(&s);
    return 0;
}

static bool is_told(edo_http_client *c, const char *url, const char *wanted) {
    edo_bytes body;
    if (edo_fetch_bytes(&body, edo_str_of(url), &(edo_fetch_opts){ .client = c }) < 0) return false;
    bool is = edo_str_equal(body.str, edo_str_of(wanted));
    edo_bytes_unref(&body);
    return is;
}

/* The same server is two origins for the client: its own port, and port 1. */
static void shows_its_certificate(site *s) {
    char address[32], who[128], over[128];
    edo_http_client *c;
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)edo_listener_port(s->at));
    (void)snprintf(who, sizeof who, "https%s/who", s->root);
    (void)snprintf(over, sizeof over, "https%s/over", s->root);
    (void)snprintf(other_url, sizeof other_url, "https://" HOST ":1/who");
    const edo_http_host hosts[] = { { HOST, address } };
    const edo_http_client_opts opts = { .tls = s->ends.client, .hosts = hosts, .hosts_n = 1 };
    CHECK_EQ(edo_http_client_new(&c, &opts), 0);
    for (int i = 0; i < 3; i++) {
        CHECK(is_told(c, who, "known"));
        CHECK(is_told(c, over, "nobody"));         // by way of a redirect
        CHECK(is_told(c, other_url, "known"));     // as the program wants it
        if (i == 1) edo_http_client_close_idle(c); // then sessions are resumed
    }
    edo_http_client_unref(c);
}

static int shows_its_certificate_to_no_host_that_a_redirect_leads_to(void *arg) {
    static const edo_tls_version versions[] = { EDO_TLS_1_2, EDO_TLS_1_3 };
    folder f = folder_make();
    authority ca = authority_make("clients' authority");
    pair_texts mine = pair_make(&(cert_opts){ .name = "me", .use = CERT_CLIENT, .issuer = &ca.ca });
    (void)arg;
    const edo_tls_server_opts server = { .clients = EDO_TLS_CLIENTS_OPTIONAL,
                                         .client_roots = folder_put(&f, "roots.pem", ca.pem) };
    for (size_t i = 0; i < EDO_COUNT(versions); i++) {
        site s;
        const edo_tls_client_opts client = { .cert = folder_put(&f, "cert.pem", mine.cert),
                                             .key = folder_put(&f, "key.pem", mine.key),
                                             .version_max = versions[i] };
        site_begin_with(&s, HOST, server, client);
        shows_its_certificate(&s);
        site_end(&s);
    }
    pair_free(&mine);
    authority_free(&ca);
    folder_free(&f);
    return 0;
}

static int connects_a_socket(void *arg) {
    site s;
    edo_ws *ws;
    edo_ws_message m;
    char url[128];
    (void)arg;
    site_begin(&s, HOST);
    edo_http_client *c = client_of(&s, s.ends.client);
    (void)snprintf(url, sizeof url, "wss%s/echo", s.root);
    CHECK_EQ(edo_ws_connect(&ws, edo_str_of(url), &(edo_ws_client_opts){ .client = c }), 0);
    CHECK_EQ(edo_ws_send_text(ws, EDO_STR("ping")), 0);
    CHECK_EQ(edo_ws_recv(ws, &m), 0);
    CHECK(edo_str_equal(m.data, EDO_STR("ping")));
    CHECK_EQ(edo_ws_end(ws, 0), 0);
    edo_http_client_unref(c);
    site_end(&s);
    return 0;
}

static int receives_events(void *arg) {
    site s;
    edo_sse_client *events;
    edo_sse_message m;
    char url[128];
    (void)arg;
    site_begin(&s, HOST);
    edo_http_client *c = client_of(&s, s.ends.client);
    (void)snprintf(url, sizeof url, "https%s/events", s.root);
    edo_sse_client_opts opts = { .url = edo_str_of(url), .client = c };
    EDO_TEST_OK(edo_sse_client_new(&events, &opts));
    CHECK_EQ(edo_sse_client_event_next(events, &m), 1);
    CHECK(edo_str_equal(m.data, EDO_STR("hello")));
    edo_sse_client_free(events);
    edo_http_client_unref(c);
    site_end(&s);
    return 0;
}

/* Neither events nor a WebSocket come from a server that the client does not trust. */
static void refuses(site *s, edo_tls_client *tls) {
    edo_ws *ws;
    edo_sse_client *events;
    edo_sse_message m;
    char url[128];
    edo_http_client *c = client_of(s, tls);
    (void)snprintf(url, sizeof url, "wss%s/echo", s->root);
    CHECK_EQ(edo_ws_connect(&ws, edo_str_of(url), &(edo_ws_client_opts){ .client = c }),
             -EDO_ECERT);
    (void)snprintf(url, sizeof url, "https%s/events", s->root);
    const edo_sse_client_opts opts = { .url = edo_str_of(url), .client = c, .attempts = 1 };
    EDO_TEST_OK(edo_sse_client_new(&events, &opts));
    CHECK_EQ(edo_sse_client_event_next(events, &m), -EDO_ECERT);
    edo_sse_client_free(events);
    edo_http_client_unref(c);
}

static int refuses_a_wrong_name_and_a_stranger(void *arg) {
    site s;
    edo_tls_client *strict;
    (void)arg;
    site_begin(&s, "other.example");
    refuses(&s, s.ends.client);
    site_end(&s);
    site_begin(&s, HOST);
    CHECK_EQ(edo_tls_client_new(&strict, &(edo_tls_client_opts){ .version_min = EDO_TLS_1_2 }), 0);
    refuses(&s, strict); // the roots of the system
    edo_tls_client_unref(strict);
    site_end(&s);
    return 0;
}

static void all_on_each_kind_of_runtime(void **state) {
    static edo_task_fn *const parts[] = {
        fetches,           fetches_by_a_wrong_name,
        connects_a_socket, keeps_secrets_from_clear_text,
        tells_of_tls,      shows_its_certificate_to_no_host_that_a_redirect_leads_to,
        receives_events,   refuses_a_wrong_name_and_a_stranger
    };
    static const edo_runtime_opts one = { .flavor = EDO_RUNTIME_CURRENT, .watchdog = EDO_OFF };
    static const edo_runtime_opts several = { .watchdog = EDO_OFF };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(parts); i++) {
        assert_int_equal(inside_with(parts[i], NULL, &one), 0);
        assert_int_equal(inside_with(parts[i], NULL, &several), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_on_each_kind_of_runtime),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
