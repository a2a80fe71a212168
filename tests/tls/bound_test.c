/* SPDX-License-Identifier: MIT */
/* Goal: a session is resumed only under the name and the protocol that it was made under, also
 * where one certificate has both names; a client offers it under these only;
 * the issuers that it is bound to are those that were loaded.
 * Method: a client of OpenSSL alone, which offers its session under others; a server without
 * protocols, which knows no difference; the kernel's count of how often a file was opened. */
#include "tls_support.h"

#include <edo/http_client.h>
#include <edo/http_server.h>
#include <edo/net.h>

#include <openssl/ssl.h>
#include <strings.h>
#include <sys/inotify.h>
#include <unistd.h>

/* ---- A client that may offer any session ----------------------------------------------------- */

typedef struct visitor {
    SSL_CTX *ctx;
    SSL_SESSION *session; /* of its last visit; NULL: none */
} visitor;

/* Writes what OpenSSL has to say, and brings it what the server says. */
static void visitor_exchange(SSL *ssl, edo_stream *below) {
    char bytes[8192];
    int n = BIO_read(SSL_get_wbio(ssl), bytes, sizeof bytes);
    if (n > 0) CHECK_EQ(edo_write_all(below, bytes, (size_t)n), 0);
    n = edo_read(below, bytes, sizeof bytes);
    CHECK(n > 0);
    CHECK_EQ(BIO_write(SSL_get_rbio(ssl), bytes, n), n);
}

static SSL *visitor_ssl(const visitor *v, const char *name, const char *protocol) {
    unsigned char wire[64];
    SSL *ssl = SSL_new(v->ctx);
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl);
    (void)SSL_set_tlsext_host_name(ssl, (void *)(uintptr_t)name);
    wire[0] = (unsigned char)strlen(protocol);
    memcpy(wire + 1, protocol, wire[0]);
    CHECK_EQ(SSL_set_alpn_protos(ssl, wire, wire[0] + 1u), 0);
    if (v->session) CHECK_EQ(SSL_set_session(ssl, v->session), 1);
    return ssl;
}

typedef struct host {
    edo_tls_server *tls;
    edo_stream *below;
    const char *name, *protocol; /* that the client asks for */
} host;

/* Says one byte, behind which a client has its tickets. */
static int greets(void *arg) {
    const host *h = arg;
    edo_stream *s;
    edo_tls_info info;
    char byte;
    CHECK_EQ(edo_tls_accept(&s, h->below, h->tls), 0);
    CHECK_EQ(edo_tls_get_info(s, &info), 0);
    CHECK_EQ(info.server_name.len, strlen(h->name));
    CHECK_EQ(strncasecmp(info.server_name.ptr, h->name, info.server_name.len), 0);
    CHECK(edo_str_equal(info.alpn, edo_str_of(h->protocol)));
    CHECK_EQ(edo_write_all(s, "x", 1), 0);
    (void)edo_read(s, &byte, 1); // until the client is gone
    edo_close(s);
    return 0;
}

/* Returns whether the session of the last visit was resumed; keeps that of this one. */
static bool visit(visitor *v, edo_tls_server *tls, const char *name, const char *protocol) {
    host h = { .tls = tls, .name = name, .protocol = protocol };
    edo_stream *below;
    char byte;
    CHECK_EQ(edo_duplex(&h.below, &below, 65536), 0);
    edo_task *t = edo_spawn(greets, &h);
    SSL *ssl = visitor_ssl(v, name, protocol);
    while (SSL_read(ssl, &byte, 1) != 1) visitor_exchange(ssl, below);
    bool is_resumed = SSL_session_reused(ssl) == 1;
    SSL_SESSION_free(v->session);
    v->session = SSL_get1_session(ssl);
    SSL_set_quiet_shutdown(ssl, 1);
    CHECK_EQ(SSL_shutdown(ssl), 1); // else OpenSSL takes the session for one that broke
    SSL_free(ssl);
    edo_close(below);
    CHECK_EQ(edo_task_join(t), 0);
    return is_resumed;
}

/* ---- Sessions -------------------------------------------------------------------------------- */

typedef struct row {
    const char *name, *protocol;
    bool resumes; /* the session of the row before */
} row;

static int is_bound(void *arg) {
    static const row rows[] = {
        { "a.example", "one", false }, { "a.example", "one", true },  { "b.example", "one", false },
        { "b.example", "one", true },  { "b.example", "two", false }, { "b.example", "two", true },
        { "B.Example", "two", true },  { "a.example", "two", false },
    };
    const edo_tls_version *version = arg;
    pair_texts p = pair_make(&(cert_opts){ .name = "x", .names = "DNS:a.example,DNS:b.example" });
    edo_tls_server *tls;
    CHECK_EQ(edo_tls_server_new(&tls, &(edo_tls_server_opts){ .pairs = &p.pair,
                                                              .pairs_n = 1,
                                                              .alpn = "one,two",
                                                              .version_max = *version }),
             0);
    visitor v = { .ctx = SSL_CTX_new(TLS_client_method()) };
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        if (visit(&v, tls, rows[i].name, rows[i].protocol) != rows[i].resumes)
            edo_test_fail("row %zu", i);
    SSL_SESSION_free(v.session);
    SSL_CTX_free(v.ctx);
    edo_tls_server_unref(tls);
    pair_free(&p);
    return 0;
}

static void session_is_for_the_name_and_protocol_that_it_was_made_under(void **state) {
    (void)state;
    static const edo_tls_version versions[] = { EDO_TLS_1_2, EDO_TLS_1_3 };
    for (size_t i = 0; i < EDO_COUNT(versions); i++)
        assert_int_equal(inside(is_bound, (void *)(uintptr_t)&versions[i]), 0);
}

/* ---- What a client offers -------------------------------------------------------------------- */

static int says_resumed(edo_request *req, edo_response *res, void *arg) {
    edo_tls_info info;
    (void)arg;
    CHECK_EQ(edo_tls_get_info(edo_request_tls(req), &info), 0);
    return edo_response_text(res, EDO_STATUS_OK, edo_str_of(info.is_resumed ? "resumed" : "full"));
}

typedef struct site {
    ends ends;
    edo_listener *at;
    char address[32]; /* "127.0.0.1:PORT" */
} site;

static int site_serves(void *arg) {
    site *s = arg;
    return edo_http_serve(
        says_resumed, NULL,
        &(edo_http_server_opts){ .listeners = &s->at, .listeners_n = 1, .tls = s->ends.server });
}

/* As a program that offers no protocol. */
static bool site_visit(const site *s) {
    edo_stream *below, *c;
    edo_bytes said;
    CHECK_EQ(edo_tcp_connect(&below, s->address, NULL), 0);
    CHECK_EQ(edo_tls_connect_over(&c, below, HOST, s->ends.client), 0);
    CHECK_EQ(edo_printf(c, "GET / HTTP/1.1\r\nHost: " HOST "\r\nConnection: close\r\n\r\n"), 0);
    CHECK_EQ(edo_read_all(&said, c, 4096), 0);
    bool is_resumed = memmem(said.str.ptr, said.str.len, "resumed", 7) != NULL;
    edo_bytes_unref(&said);
    edo_close(c);
    return is_resumed;
}

/* As a client of HTTP, which offers that; it connects for this one request. */
static bool site_fetch(const site *s) {
    const edo_http_host here[] = { { HOST, "127.0.0.1" } };
    edo_http_client *c;
    edo_bytes body;
    char url[64];
    CHECK_EQ(edo_http_client_new(
                 &c, &(edo_http_client_opts){ .tls = s->ends.client, .hosts = here, .hosts_n = 1 }),
             0);
    (void)snprintf(url, sizeof url, "https://" HOST "%s/", strchr(s->address, ':'));
    CHECK_EQ(edo_fetch_bytes(&body, edo_str_of(url), &(edo_fetch_opts){ .client = c }), 0);
    bool is_resumed = edo_str_equal(body.str, EDO_STR("resumed"));
    edo_bytes_unref(&body);
    edo_http_client_unref(c);
    return is_resumed;
}

static int offers_what_fits(void *arg) {
    (void)arg;
    site s = { .ends = ends_make((edo_tls_server_opts){ .alpn = NULL },
                                 (edo_tls_client_opts){ .alpn = NULL }) };
    CHECK_EQ(edo_tcp_listen(&s.at, "127.0.0.1:0", NULL), 0);
    (void)snprintf(s.address, sizeof s.address, "127.0.0.1:%u", (unsigned)edo_listener_port(s.at));
    edo_task *t = edo_spawn(site_serves, &s);
    CHECK(!site_visit(&s));
    CHECK(site_visit(&s));
    CHECK(!site_fetch(&s)); // with another protocol
    CHECK(site_fetch(&s));
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), 0);
    edo_listener_close(s.at);
    ends_free(&s.ends);
    return 0;
}

static void client_offers_a_session_with_the_protocols_that_it_was_made_with(void **state) {
    (void)state;
    assert_int_equal(inside_with(offers_what_fits, NULL, &kinds[2]), 0);
}

/* ---- Issuers --------------------------------------------------------------------------------- */

/* How often the files were opened since the last call. The kernel drops an event that is the same
 * as the one before: so each end is counted, too. */
static size_t opened_n(int watch) {
    char seen[4096]; // an event of a file has no name
    ssize_t n = read(watch, seen, sizeof seen);
    return n > 0 ? (size_t)n / sizeof(struct inotify_event) / 2 : 0;
}

/* A file may be replaced while it is loaded: what was read twice would be trusted as it was, and
 * sessions bound to what it is. */
static void files_for_clients_are_read_once(void **state) {
    (void)state;
    authority ca = authority_make("test authority");
    folder files = folder_make();
    char *list = cert_crl_pem(&(crl_opts){ .issuer = &ca.ca });
    const char *const paths[] = { folder_put(&files, "roots", ca.pem),
                                  folder_put(&files, "crl", list) };
    pair_texts p[] = { pair_make(&(cert_opts){ .name = "a.example" }),
                       pair_make(&(cert_opts){ .name = "b.example" }) };
    const edo_tls_pair pairs[] = { p[0].pair, p[1].pair };
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    for (size_t i = 0; i < 2; i++)
        assert_true(inotify_add_watch(watch, paths[i], IN_OPEN | IN_CLOSE_NOWRITE) >= 0);
    edo_tls_server *tls;
    assert_int_equal(
        edo_tls_server_new(&tls, &(edo_tls_server_opts){ .pairs = pairs,
                                                         .pairs_n = 2,
                                                         .clients = EDO_TLS_CLIENTS_OPTIONAL,
                                                         .client_roots = paths[0],
                                                         .client_crl = paths[1] }),
        0);
    assert_int_equal(opened_n(watch), 2);
    assert_int_equal(edo_tls_server_reload(tls), 0);
    assert_int_equal(opened_n(watch), 2);
    (void)close(watch);
    edo_tls_server_unref(tls);
    free(list);
    for (size_t i = 0; i < 2; i++) pair_free(&p[i]);
    folder_free(&files);
    authority_free(&ca);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(session_is_for_the_name_and_protocol_that_it_was_made_under),
        cmocka_unit_test(client_offers_a_session_with_the_protocols_that_it_was_made_with),
        cmocka_unit_test(files_for_clients_are_read_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
