/* SPDX-License-Identifier: MIT */
/* Goal: short keys and signatures with SHA-1 are refused, whoever shows them, in words that say so.
 * Method: certificates with one weakness each; the other end is OpenSSL without a level of
 * security, which takes everything. */
#include "tls_support.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>

typedef struct weakness {
    const char *what; /* of the test */
    cert_opts ca, leaf;
    const char *said;     /* of the end that is shown the certificate */
    const char *own_said; /* of the one that is to use it; NULL: it sees nothing wrong */
} weakness;

static const weakness rows[] = {
    { "short key of a leaf",
      { .name = "authority", .use = CERT_CA },
      { .name = HOST, .rsa_bits = 1024 },
      "key of server.example is too short",
      "ee key too small" },
    { "short key of an authority",
      { .name = "authority", .use = CERT_CA, .rsa_bits = 1024 },
      { .name = HOST },
      "key of authority is too short",
      NULL },
    { "SHA-1",
      { .name = "authority", .use = CERT_CA },
      { .name = HOST },
      "certificate of server.example is signed with a digest that is too weak",
      "ca md too weak" },
};

static authority authority_of(const weakness *w) {
    authority a = { .ca = cert_make(&w->ca) };
    a.pem = cert_pem((const cert *const[]){ &a.ca }, 1);
    return a;
}

static pair_texts pair_of(const weakness *w, const authority *ca, cert_use use) {
    cert_opts leaf = w->leaf;
    leaf.issuer = &ca->ca;
    leaf.use = use;
    if (strcmp(w->what, "SHA-1") == 0) leaf.digest = EVP_sha1();
    return pair_make(&leaf);
}

/* ---- An end without scruples ----------------------------------------------------------------- */

typedef struct careless {
    const pair_texts *pair;
    edo_stream *below;
    bool is_server;
} careless;

static void use_pair(SSL_CTX *ctx, const pair_texts *pair) {
    BIO *certs = BIO_new_mem_buf(pair->cert, -1), *keys = BIO_new_mem_buf(pair->key, -1);
    X509 *x509 = PEM_read_bio_X509(certs, NULL, NULL, NULL);
    EVP_PKEY *secret = PEM_read_bio_PrivateKey(keys, NULL, NULL, NULL);
    CHECK_EQ(SSL_CTX_use_certificate(ctx, x509), 1);
    CHECK_EQ(SSL_CTX_use_PrivateKey(ctx, secret), 1);
    X509_free(x509);
    EVP_PKEY_free(secret);
    BIO_free(certs);
    BIO_free(keys);
}

/* Writes what OpenSSL has to say. */
static void pass_out(BIO *out, edo_stream *below) {
    char *bytes;
    long n = BIO_get_mem_data(out, &bytes);
    if (n > 0) (void)edo_write_all(below, bytes, (size_t)n);
    (void)BIO_reset(out);
}

/* Does the handshake, and reads until the other end goes. */
static int shakes_carelessly(void *arg) {
    const careless *c = arg;
    SSL_CTX *ctx = SSL_CTX_new(c->is_server ? TLS_server_method() : TLS_client_method());
    SSL_CTX_set_security_level(ctx, 0);
    use_pair(ctx, c->pair);
    SSL *ssl = SSL_new(ctx);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl, in, out);
    if (c->is_server) SSL_set_accept_state(ssl);
    if (!c->is_server) SSL_set_connect_state(ssl);
    char bytes[4096];
    int n;
    do {
        (void)SSL_do_handshake(ssl);
        pass_out(out, c->below);
        n = edo_read(c->below, bytes, sizeof bytes);
        if (n > 0) CHECK_EQ(BIO_write(in, bytes, n), n);
    } while (n > 0);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    edo_close(c->below);
    return 0;
}

/* ---- Who refuses ----------------------------------------------------------------------------- */

static void check_said(const weakness *w, int err, const char *wanted) {
    char said[1024] = "";
    (void)edo_trail_print_text(said, sizeof said, err, EDO_TRAIL_LINE);
    edo_trail_clear();
    if (err != -EDO_ECERT || !strstr(said, wanted)) edo_test_fail("%s: %d, %s", w->what, err, said);
}

static int is_refused(void *arg) {
    const weakness *w = arg;
    authority ca = authority_of(w);
    pair_texts pair = pair_of(w, &ca, CERT_SERVER), theirs = pair_of(w, &ca, CERT_CLIENT);
    folder files = folder_make();
    edo_stream *a, *b, *s;
    ends e;
    careless other = { .pair = &pair, .is_server = true };
    // a client, of a server
    CHECK_EQ(
        edo_tls_client_new(&e.client, &(edo_tls_client_opts){ .roots_pem = edo_str_of(ca.pem) }),
        0);
    CHECK_EQ(edo_duplex(&a, &b, 65536), 0);
    other.below = b;
    edo_task *t = edo_spawn(shakes_carelessly, &other);
    check_said(w, edo_tls_connect_over(&s, a, HOST, e.client), w->said);
    CHECK_EQ(edo_task_join(t), 0);
    // a server, of a client
    pair_texts own = pair_make(&(cert_opts){ .name = HOST });
    const edo_tls_server_opts opts = { .pairs = &own.pair,
                                       .pairs_n = 1,
                                       .clients = EDO_TLS_CLIENTS_REQUIRED,
                                       .client_roots = folder_put(&files, "ca.pem", ca.pem) };
    CHECK_EQ(edo_tls_server_new(&e.server, &opts), 0);
    CHECK_EQ(edo_duplex(&a, &b, 65536), 0);
    other = (careless){ .pair = &theirs, .below = b };
    t = edo_spawn(shakes_carelessly, &other);
    check_said(w, edo_tls_accept(&s, a, e.server), w->said);
    CHECK_EQ(edo_task_join(t), 0);
    ends_free(&e);
    pair_free(&own);
    pair_free(&pair);
    pair_free(&theirs);
    folder_free(&files);
    authority_free(&ca);
    return 0;
}

static void weak_certificate_of_the_other_end_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_int_equal(inside(is_refused, (void *)(uintptr_t)&rows[i]), 0);
}

static void server_does_not_begin_with_a_weak_pair(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        authority ca = authority_of(&rows[i]);
        pair_texts pair = pair_of(&rows[i], &ca, CERT_SERVER);
        edo_tls_server *server;
        const edo_tls_server_opts opts = { .pairs = &pair.pair, .pairs_n = 1 };
        int err = edo_tls_server_new(&server, &opts);
        if (rows[i].own_said) check_said(&rows[i], err, rows[i].own_said);
        if (!rows[i].own_said) assert_int_equal(err, 0);
        if (err == 0) edo_tls_server_unref(server);
        pair_free(&pair);
        authority_free(&ca);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weak_certificate_of_the_other_end_is_refused),
        cmocka_unit_test(server_does_not_begin_with_a_weak_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
