/* SPDX-License-Identifier: MIT */
/* Goal: a client that a server has refused is told by the server's own words, whatever it does
 * first: a write that finds nobody there, a look at the connection, or a read.
 * Method: a server that wants a certificate, and with TLS 1.3 says so behind the client's
 * handshake; clients without one, over streams in memory. */
#include "tls_support.h"

#include <edo/http1.h>
#include <edo/http_client.h>

#include <openssl/ssl.h>

#define WANTS "the other end wants a certificate of this end"

/* What the trail of this task says; static. */
static const char *said(int err) {
    static char text[1024];
    (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
    edo_trail_clear();
    return text;
}

static void check_refused(int err) {
    CHECK_EQ(err, -EDO_ETLS);
    const char *text = said(err);
    if (!strstr(text, WANTS)) edo_test_fail("said: %s", text);
}

/* A client that was refused, and does not know; an authority to trust. */
typedef struct refused {
    ends ends;
    handshake h;
    folder files;
} refused;

static void refused_make_ends(refused *r, const char *alpn) {
    authority ca = authority_make("test authority");
    r->files = folder_make();
    r->ends =
        ends_make((edo_tls_server_opts){ .clients = EDO_TLS_CLIENTS_REQUIRED,
                                         .client_roots = folder_put(&r->files, "roots.pem", ca.pem),
                                         .alpn = alpn },
                  (edo_tls_client_opts){ .alpn = alpn });
    authority_free(&ca);
}

static void refused_begin(refused *r) {
    refused_make_ends(r, NULL);
    shake(&r->h, &r->ends, HOST);
    CHECK_EQ(r->h.client_err, 0);
    CHECK_EQ(r->h.server_err, -EDO_ECERT); // and its end is closed
    edo_trail_clear();
}

static void refused_end(refused *r) {
    handshake_close(&r->h);
    ends_free(&r->ends);
    folder_free(&r->files);
}

typedef int refused_op_fn(edo_stream *s);

static int writes(edo_stream *s) {
    static const char bulk[100];
    int err = 0;
    for (int i = 0; i < 10 && err >= 0; i++) err = edo_write_all(s, bulk, sizeof bulk);
    return err;
}

static int writes_and_flushes(edo_stream *s) {
    int err = edo_write_all(s, "x", 1);
    return err < 0 ? err : edo_flush(s);
}

static int writes_and_ends(edo_stream *s) {
    int err = edo_write_all(s, "x", 1);
    return err < 0 ? err : edo_shutdown(s);
}

static int reads(edo_stream *s) {
    char byte;
    return edo_read(s, &byte, 1);
}

static int writes_and_reads(edo_stream *s) {
    (void)writes(s);
    edo_trail_clear();
    return reads(s);
}

static int reads_and_writes(edo_stream *s) {
    (void)reads(s);
    edo_trail_clear();
    return writes(s);
}

EDO_TEST(whatever_comes_first_says_why, .paused = true) {
    refused_op_fn *const ops[] = { writes, writes_and_flushes, writes_and_ends,
                                   reads,  writes_and_reads,   reads_and_writes };
    for (size_t i = 0; i < EDO_COUNT(ops); i++) {
        refused r;
        refused_begin(&r);
        check_refused(ops[i](r.h.client));
        refused_end(&r);
    }
}

static int reads_in_a_task(void *arg) {
    int err = reads(arg);
    edo_trail_clear(); // the words stay here
    return err;
}

EDO_TEST(each_task_gets_the_words, .paused = true) {
    refused r;
    refused_begin(&r);
    CHECK_EQ(edo_task_join(edo_spawn(reads_in_a_task, r.h.client)), -EDO_ETLS);
    edo_trail_clear();
    check_refused(writes(r.h.client));
    check_refused(reads(r.h.client));
    refused_end(&r);
}

/* What came before the alert is read first. */
EDO_TEST(bytes_before_the_end_are_not_lost, .paused = true) {
    ends e =
        ends_make((edo_tls_server_opts){ .cert = NULL }, (edo_tls_client_opts){ .roots = NULL });
    handshake h;
    char text[8] = "";
    shake(&h, &e, HOST);
    CHECK_EQ(edo_write_all(h.server, "last", 4), 0);
    edo_close(h.server);
    h.server = NULL;
    CHECK_EQ(writes(h.client), -EPIPE);
    CHECK_EQ(edo_read(h.client, text, sizeof text), 4);
    CHECK(strcmp(text, "last") == 0);
    CHECK_EQ(edo_read(h.client, text, sizeof text), 0);
    handshake_close(&h);
    ends_free(&e);
}

/* ---- A second handshake ---------------------------------------------------------------------- */

/* OpenSSL by itself, over memory. */
typedef struct bare_server {
    edo_stream *below;
    SSL *ssl;
} bare_server;

static void bare_flush(bare_server *b) {
    char bytes[4096];
    for (int n; (n = BIO_read(SSL_get_wbio(b->ssl), bytes, sizeof bytes)) > 0;)
        if (edo_write_all(b->below, bytes, (size_t)n) < 0) return;
}

/* Lets OpenSSL go on until `step` has done what it does, or has failed. */
static int bare_goes_on(bare_server *b, int (*step)(SSL *ssl)) {
    char bytes[4096];
    for (;;) {
        int ok = step(b->ssl), why = SSL_get_error(b->ssl, ok);
        bare_flush(b);
        if (ok == 1 || why != SSL_ERROR_WANT_READ) return ok;
        int n = edo_read(b->below, bytes, sizeof bytes);
        if (n <= 0) return n;
        CHECK_EQ(BIO_write(SSL_get_rbio(b->ssl), bytes, n), n);
    }
}

static int bare_reads(SSL *ssl) {
    char byte;
    return SSL_read(ssl, &byte, 1);
}

/* Asks the client for another handshake, as servers do that want a certificate for some paths. */
static int negotiates_anew(void *arg) {
    bare_server *b = arg;
    CHECK_EQ(bare_goes_on(b, SSL_do_handshake), 1);
    CHECK_EQ(SSL_renegotiate(b->ssl), 1);
    CHECK_EQ(SSL_do_handshake(b->ssl), 1); // asks
    bare_flush(b);
    CHECK(bare_goes_on(b, bare_reads) < 0);
    edo_close(b->below);
    return 0;
}

static SSL_CTX *bare_setup(void) {
    cert c = cert_make(&(cert_opts){ .name = HOST });
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    CHECK(ctx && SSL_CTX_use_certificate(ctx, c.x509) == 1 &&
          SSL_CTX_use_PrivateKey(ctx, c.key) == 1);
    CHECK_EQ(SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION), 1);
    cert_free(&c);
    return ctx;
}

EDO_TEST(a_second_handshake_is_refused_in_plain_words, .paused = true) {
    SSL_CTX *ctx = bare_setup();
    bare_server b = { .ssl = SSL_new(ctx) };
    edo_stream *below, *client;
    edo_tls_client *tls;
    SSL_set_bio(b.ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(b.ssl);
    EDO_TEST_OK(edo_duplex(&b.below, &below, 65536));
    EDO_TEST_OK(edo_tls_client_new(&tls, &(edo_tls_client_opts){ .dangerous_no_verify = true }));
    edo_task *t = edo_spawn(negotiates_anew, &b);
    EDO_TEST_OK(edo_tls_connect_over(&client, below, HOST, tls));
    CHECK_EQ(reads(client), -EDO_ETLS);
    const char *text = said(-EDO_ETLS);
    if (!strstr(text, "wanted to negotiate anew")) edo_test_fail("said: %s", text);
    CHECK(!strstr(text, "no parameters in common"));
    EDO_TEST_OK(edo_task_join(t));
    edo_close(client);
    edo_tls_client_unref(tls);
    SSL_free(b.ssl);
    SSL_CTX_free(ctx);
}

/* ---- HTTP ------------------------------------------------------------------------------------ */

static int sends(edo_stream *s) {
    edo_http1 *c;
    edo_http_response *res;
    CHECK_EQ(edo_http1_over(&c, edo_stream_ref(s), &(edo_http1_opts){ .host = HOST }), 0);
    int err = edo_http1_send(c, &res, &(edo_http_request){ .target = EDO_STR("/") });
    edo_http1_close(c);
    return err;
}

static int looks_and_sends(edo_stream *s) {
    edo_http1 *c;
    edo_http_response *res;
    CHECK_EQ(edo_http1_over(&c, edo_stream_ref(s), &(edo_http1_opts){ .host = HOST }), 0);
    CHECK(!edo_http1_is_reusable(c));
    edo_trail_clear();
    int err = edo_http1_send(c, &res, &(edo_http_request){ .target = EDO_STR("/") });
    edo_http1_close(c);
    return err;
}

EDO_TEST(a_request_over_http_1_says_why, .paused = true) {
    refused_op_fn *const ops[] = { sends, looks_and_sends };
    for (size_t i = 0; i < EDO_COUNT(ops); i++) {
        refused r;
        refused_begin(&r);
        int err = ops[i](r.h.client);
        CHECK_EQ(err, -EDO_ETLS);
        if (i == 0) check_refused(err);
        edo_trail_clear();
        refused_end(&r);
    }
}

/* The `connect` of a client: each connection has a server of its own, which refuses it. */
typedef struct refusing {
    refused *of;
    int conns_n;
} refusing;

static int accepts_none(void *arg) {
    acceptance *a = arg;
    CHECK_EQ(accepts_tls(a), -EDO_ECERT);
    edo_trail_clear();
    free(a);
    return 0;
}

static int connects(void *arg, edo_stream **out, const char *address) {
    refusing *self = arg;
    acceptance *a = calloc(1, sizeof *a);
    (void)address;
    CHECK(a);
    self->conns_n++;
    a->server = self->of->ends.server;
    CHECK_EQ(edo_duplex(out, &a->below, 65536), 0);
    return edo_spawn_detached(accepts_none, a);
}

static void fetches(const char *alpn) {
    refused r = { .h = { .server = NULL } };
    refusing site = { .of = &r };
    edo_http_client *c;
    edo_bytes body;
    refused_make_ends(&r, alpn);
    const edo_http_client_opts o = { .tls = r.ends.client, .connect = connects, .arg = &site };
    CHECK_EQ(edo_http_client_new(&c, &o), 0);
    check_refused(edo_fetch_bytes(&body, EDO_STR("https://" HOST "/"),
                                  &(edo_fetch_opts){ .client = c, .attempts = 1 }));
    CHECK_EQ(site.conns_n, 1); // another one would be refused, too
    edo_http_client_unref(c);
    ends_free(&r.ends);
    folder_free(&r.files);
}

EDO_TEST(a_fetch_says_why, .paused = true) {
    fetches("http/1.1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_comes_first_says_why),
        cmocka_unit_test(each_task_gets_the_words),
        cmocka_unit_test(bytes_before_the_end_are_not_lost),
        cmocka_unit_test(a_second_handshake_is_refused_in_plain_words),
        cmocka_unit_test(a_request_over_http_1_says_why),
        cmocka_unit_test(a_fetch_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
