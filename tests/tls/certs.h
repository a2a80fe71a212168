/* SPDX-License-Identifier: MIT */
/* tls/certs.h: certificates that the tests make as they need them, as texts in PEM. */
#ifndef EDO_TESTS_TLS_CERTS_H
#define EDO_TESTS_TLS_CERTS_H

#include <edo/tls.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

/* A certificate and its key. */
typedef struct cert {
    X509 *x509;
    EVP_PKEY *key;
} cert;

typedef enum cert_use { CERT_SERVER, CERT_CLIENT, CERT_CA } cert_use;

/* What a certificate says; all zero: of a server, by the issuer, from yesterday to tomorrow, with a
 * key on P-256. */
typedef struct cert_opts {
    const char *name; /* common name */
    /* alternative names, as "DNS:a.example,IP:127.0.0.1"; NULL: "DNS:" and `name`; "": none */
    const char *names;
    cert_use use;
    const cert *issuer;   /* NULL: signed by itself */
    long from_s, to_s;    /* from now; both 0: a day each way */
    int rsa_bits;         /* 0: P-256 */
    const EVP_MD *digest; /* NULL: SHA-256 */
} cert_opts;

/* Makes one; a failure ends the program. */
cert cert_make(const cert_opts *opts);

void cert_free(cert *c);

/* Its text, of `n` certificates: leaf first. Free it with free(). */
char *cert_pem(const cert *const *chain, size_t n);
char *cert_key_pem(const cert *c);

/* What a list of revoked certificates says. */
typedef struct crl_opts {
    const cert *issuer;
    const cert *revoked; /* NULL: none */
    long from_s, to_s;   /* from now; both 0: a day each way */
} crl_opts;

/* Its text; free it with free(). */
char *cert_crl_pem(const crl_opts *opts);

/* Writes a text to a file below the test's folder; the name is kept in `path`. */
void cert_save(char path[256], const char *dir, const char *name, const char *text);

#endif
