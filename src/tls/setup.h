/* SPDX-License-Identifier: MIT */
/* tls/setup.h: what servers and clients are configured with: a context of OpenSSL, certificates,
 * roots, protocols. A setup is made once and never changes; a reload makes another. */
#ifndef EDOI_TLS_SETUP_H
#define EDOI_TLS_SETUP_H

#include "tls/stream/tls.h"

/* What both have in common, from their options. */
typedef struct edoi_tls_limits {
    edo_tls_version min, max;
} edoi_tls_limits;

/* Protocols in the form of the wire: each with its length before it. */
typedef struct edoi_tls_alpn {
    unsigned char *wire; /* from OPENSSL_malloc; NULL: none */
    unsigned n;
} edoi_tls_alpn;

/* Makes a context with what holds for all: versions, suites, modes. */
EDO_MUST_USE int edoi_tls_ctx_new(SSL_CTX **out, const SSL_METHOD *method,
                                  const edoi_tls_limits *limits);

/* Puts `text` into the form of the wire. -EINVAL: a name is empty or longer than 255 bytes. */
EDO_MUST_USE int edoi_tls_alpn_parse(edoi_tls_alpn *out, const char *text);

/* The file of its certificate, or words for a text. */
const char *edoi_tls_pair_name(const edo_tls_pair *pair);

/* Adds a certificate with its chain and key to `ctx`. Checks that they belong together, and that
 * the certificate has not expired. */
EDO_MUST_USE int edoi_tls_pair_add(SSL_CTX *ctx, const edo_tls_pair *pair);

/* Adds the certificates of a text in PEM to those that `store` trusts. `name` is for the trail: of
 * the file that the text was in. */
EDO_MUST_USE int edoi_tls_roots_add(X509_STORE *store, edo_str pem, const char *name);

/* Adds the lists of revoked certificates of such a text, and lets `store` look at them for the
 * whole chain. */
EDO_MUST_USE int edoi_tls_crls_add(X509_STORE *store, edo_str pem, const char *name);

/* Called when a certificate was refused: is it only that an issuer above the leaf's has no list?
 * Then that is forgiven. */
bool edoi_tls_may_lack_crl(X509_STORE_CTX *store);

/* Seconds by the wall clock. */
int64_t edoi_tls_wall_s(void);

/* Writes when that time is by the wall clock. Returns false if it cannot be read. */
EDO_MUST_USE bool edoi_tls_wall_of(int64_t *out, const ASN1_TIME *t);

/* Reads a file whole into `*out`: 1 MiB at most. */
EDO_MUST_USE int edoi_tls_read_file(edo_buf *out, const char *name);

/* Warns if everybody may read the file, which has a secret: "this key". That is of the server's
 * user, and perhaps of a group that keeps certificates. */
void edoi_tls_warn_of_others(const char *name, const char *what);

#endif
