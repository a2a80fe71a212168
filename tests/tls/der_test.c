/* SPDX-License-Identifier: MIT */
/* Goal: a pair may be in DER, in files and in memory, with its chain; what only looks like it is
 * refused by its name.
 * Method: certificates made by the test, and handshakes with a client that trusts their root. */
#include "tls_support.h"

#include <openssl/pem.h>

/* Bytes in DER, which have zeros. */
typedef struct der {
    unsigned char *bytes;
    size_t n;
} der;

static der der_of_chain(const cert *leaf, const cert *between) {
    der d = { NULL, 0 };
    int one = i2d_X509(leaf->x509, NULL), two = i2d_X509(between->x509, NULL);
    CHECK(one > 0 && two > 0);
    d.bytes = malloc((size_t)one + (size_t)two);
    unsigned char *at = d.bytes;
    CHECK(i2d_X509(leaf->x509, &at) > 0 && i2d_X509(between->x509, &at) > 0);
    d.n = (size_t)(at - d.bytes);
    return d;
}

/* As old programs write it, or in PKCS#8. */
static der der_of_key(EVP_PKEY *key, bool is_pkcs8) {
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes;
    if (is_pkcs8) CHECK_EQ(i2d_PKCS8PrivateKey_bio(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    if (!is_pkcs8) CHECK_EQ(i2d_PrivateKey_bio(bio, key), 1);
    long n = BIO_get_mem_data(bio, &bytes);
    der d = { malloc((size_t)n), (size_t)n };
    memcpy(d.bytes, bytes, d.n);
    BIO_free(bio);
    return d;
}

static edo_str str_of(const der *d) {
    return (edo_str){ (const char *)d->bytes, d->n };
}

static void save(const char *path, const der *d) {
    FILE *f = fopen(path, "wb");
    CHECK(f && fwrite(d->bytes, 1, d->n, f) == d->n);
    CHECK_EQ(fclose(f), 0);
}

static void check_serves(const edo_tls_pair *pair, const authority *ca) {
    ends e;
    handshake h;
    CHECK_EQ(edo_tls_server_new(&e.server, &(edo_tls_server_opts){ .pairs = pair, .pairs_n = 1 }),
             0);
    CHECK_EQ(
        edo_tls_client_new(&e.client, &(edo_tls_client_opts){ .roots_pem = edo_str_of(ca->pem) }),
        0);
    shake(&h, &e, HOST);
    if (h.client_err < 0) edo_test_fail("%s", h.client_said);
    CHECK_EQ(h.server_err, 0);
    handshake_close(&h);
    ends_free(&e);
}

static int serves_der(void *arg) {
    (void)arg;
    for (int i = 0; i < 4; i++) {
        authority ca = authority_make("test authority");
        folder files = folder_make();
        cert between =
            cert_make(&(cert_opts){ .name = "between", .use = CERT_CA, .issuer = &ca.ca });
        cert leaf = cert_make(
            &(cert_opts){ .name = HOST, .issuer = &between, .rsa_bits = i & 1 ? 2048 : 0 });
        der chain = der_of_chain(&leaf, &between), key = der_of_key(leaf.key, i & 2);
        check_serves(&(edo_tls_pair){ .cert_pem = str_of(&chain), .key_pem = str_of(&key) }, &ca);
        const edo_tls_pair pair = { .cert = folder_put(&files, "cert.der", ""),
                                    .key = folder_put(&files, "key.der", "") };
        save(pair.cert, &chain);
        save(pair.key, &key);
        check_serves(&pair, &ca);
        free(chain.bytes);
        free(key.bytes);
        cert_free(&leaf);
        cert_free(&between);
        folder_free(&files);
        authority_free(&ca);
    }
    return 0;
}

static void pair_may_be_in_der(void **state) {
    (void)state;
    assert_int_equal(inside(serves_der, NULL), 0);
}

/* ---- What only looks like it ----------------------------------------------------------------- */

static void check_refused(edo_str chain, edo_str key, const char *wanted) {
    char said[512];
    edo_tls_server *server;
    const edo_tls_pair pair = { .cert_pem = chain, .key_pem = key };
    int err = edo_tls_server_new(&server, &(edo_tls_server_opts){ .pairs = &pair, .pairs_n = 1 });
    assert_int_equal(err, wanted ? -EDO_ECERT : 0);
    if (err == 0) {
        edo_tls_server_unref(server);
        return;
    }
    (void)edo_trail_print_text(said, sizeof said, err, EDO_TRAIL_LINE);
    edo_trail_clear();
    if (!strstr(said, wanted)) edo_test_fail("%s, not %s", said, wanted);
}

static void what_is_cut_off_is_refused(void **state) {
    (void)state;
    char text[8192];
    cert ca = cert_make(&(cert_opts){ .name = "between", .use = CERT_CA });
    cert leaf = cert_make(&(cert_opts){ .name = HOST, .issuer = &ca });
    der chain = der_of_chain(&leaf, &ca), key = der_of_key(leaf.key, true);
    char *pem = cert_pem((const cert *const[]){ &leaf }, 1);
    check_refused(str_of(&chain), str_of(&key), NULL);
    for (size_t cut = 1; cut < chain.n; cut += 7) // also within the second
        check_refused((edo_str){ (const char *)chain.bytes, chain.n - cut }, str_of(&key),
                      chain.n - cut == (size_t)i2d_X509(leaf.x509, NULL) ? NULL
                                                                         : "no certificate in DER");
    for (size_t cut = 1; cut < key.n; cut++)
        check_refused(str_of(&chain), (edo_str){ (const char *)key.bytes, key.n - cut },
                      "the key: no key without a pass phrase");
    check_refused(EDO_STR("0"), str_of(&key), "no certificate in DER");
    (void)snprintf(text, sizeof text, "0 is how DER begins\n%s", pem);
    check_refused(edo_str_of(text), str_of(&key), NULL); // PEM may have any words before it
    free(pem);
    free(chain.bytes);
    free(key.bytes);
    cert_free(&leaf);
    cert_free(&ca);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pair_may_be_in_der),
        cmocka_unit_test(what_is_cut_off_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
