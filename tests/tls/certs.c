/* SPDX-License-Identifier: MIT */
/* tls/certs.c: see certs.h. */
#include "certs.h"

#include "inside.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#define DAY_S (24L * 3600)

static EVP_PKEY *key_make(int rsa_bits) {
    EVP_PKEY *key = rsa_bits > 0 ? EVP_RSA_gen((unsigned)rsa_bits) : EVP_EC_gen("P-256");
    CHECK(key != NULL);
    return key;
}

static void add_ext(X509 *x, const X509 *issuer, int nid, const char *value) {
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, (X509 *)(uintptr_t)issuer, x, NULL, NULL, 0);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    CHECK(ext != NULL);
    CHECK_EQ(X509_add_ext(x, ext, -1), 1);
    X509_EXTENSION_free(ext);
}

static void add_names(X509 *x, const X509 *issuer, const cert_opts *opts) {
    char text[512];
    (void)snprintf(text, sizeof text, "DNS:%s", opts->name);
    if (opts->names) (void)snprintf(text, sizeof text, "%s", opts->names);
    if (text[0] && opts->use != CERT_CA) add_ext(x, issuer, NID_subject_alt_name, text);
}

static void add_uses(X509 *x, const X509 *issuer, cert_use use) {
    add_ext(x, issuer, NID_basic_constraints, use == CERT_CA ? "critical,CA:TRUE" : "CA:FALSE");
    add_ext(x, issuer, NID_key_usage,
            use == CERT_CA ? "critical,keyCertSign,cRLSign" : "digitalSignature");
    if (use != CERT_CA)
        add_ext(x, issuer, NID_ext_key_usage, use == CERT_SERVER ? "serverAuth" : "clientAuth");
}

cert cert_make(const cert_opts *opts) {
    static long serial;
    cert c = { X509_new(), key_make(opts->rsa_bits) };
    bool is_set = opts->from_s != 0 || opts->to_s != 0;
    CHECK_EQ(X509_set_version(c.x509, 2), 1);
    CHECK_EQ(ASN1_INTEGER_set(X509_get_serialNumber(c.x509), ++serial), 1);
    CHECK(X509_gmtime_adj(X509_getm_notBefore(c.x509), is_set ? opts->from_s : -DAY_S) != NULL);
    CHECK(X509_gmtime_adj(X509_getm_notAfter(c.x509), is_set ? opts->to_s : DAY_S) != NULL);
    X509_NAME *name = X509_get_subject_name(c.x509);
    CHECK_EQ(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                        (const unsigned char *)opts->name, -1, -1, 0),
             1);
    const cert *by = opts->issuer ? opts->issuer : &c;
    CHECK_EQ(X509_set_issuer_name(c.x509, X509_get_subject_name(by->x509)), 1);
    CHECK_EQ(X509_set_pubkey(c.x509, c.key), 1);
    add_uses(c.x509, by->x509, opts->use);
    add_names(c.x509, by->x509, opts);
    CHECK(X509_sign(c.x509, by->key, opts->digest ? opts->digest : EVP_sha256()) > 0);
    return c;
}

void cert_free(cert *c) {
    X509_free(c->x509);
    EVP_PKEY_free(c->key);
    *c = (cert){ NULL, NULL };
}

static char *text_of(BIO *bio) {
    char *bytes;
    long n = BIO_get_mem_data(bio, &bytes);
    char *text = malloc((size_t)n + 1);
    CHECK(text != NULL);
    memcpy(text, bytes, (size_t)n);
    text[n] = '\0';
    BIO_free(bio);
    return text;
}

char *cert_pem(const cert *const *chain, size_t n) {
    BIO *bio = BIO_new(BIO_s_mem());
    for (size_t i = 0; i < n; i++) CHECK_EQ(PEM_write_bio_X509(bio, chain[i]->x509), 1);
    return text_of(bio);
}

char *cert_key_pem(const cert *c) {
    BIO *bio = BIO_new(BIO_s_mem());
    CHECK_EQ(PEM_write_bio_PrivateKey(bio, c->key, NULL, NULL, 0, NULL, NULL), 1);
    return text_of(bio);
}

static void add_revoked(X509_CRL *crl, const cert *c, ASN1_TIME *at) {
    X509_REVOKED *one = X509_REVOKED_new();
    CHECK(one != NULL);
    CHECK_EQ(X509_REVOKED_set_serialNumber(one, X509_get_serialNumber(c->x509)), 1);
    CHECK_EQ(X509_REVOKED_set_revocationDate(one, at), 1);
    CHECK_EQ(X509_CRL_add0_revoked(crl, one), 1);
}

char *cert_crl_pem(const crl_opts *opts) {
    bool is_set = opts->from_s != 0 || opts->to_s != 0;
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *from = X509_gmtime_adj(NULL, is_set ? opts->from_s : -DAY_S);
    ASN1_TIME *to = X509_gmtime_adj(NULL, is_set ? opts->to_s : DAY_S);
    CHECK(crl && from && to);
    CHECK_EQ(X509_CRL_set_version(crl, 1), 1);
    CHECK_EQ(X509_CRL_set_issuer_name(crl, X509_get_subject_name(opts->issuer->x509)), 1);
    CHECK_EQ(X509_CRL_set1_lastUpdate(crl, from), 1);
    CHECK_EQ(X509_CRL_set1_nextUpdate(crl, to), 1);
    if (opts->revoked) add_revoked(crl, opts->revoked, from);
    CHECK(X509_CRL_sign(crl, opts->issuer->key, EVP_sha256()) > 0);
    BIO *bio = BIO_new(BIO_s_mem());
    CHECK_EQ(PEM_write_bio_X509_CRL(bio, crl), 1);
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    X509_CRL_free(crl);
    return text_of(bio);
}

void cert_save(char path[256], const char *dir, const char *name, const char *text) {
    (void)snprintf(path, 256, "%s/%s", dir, name);
    FILE *f = fopen(path, "we");
    CHECK(f != NULL);
    CHECK(fputs(text, f) >= 0);
    CHECK_EQ(fclose(f), 0);
}
