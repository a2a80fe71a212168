/* SPDX-License-Identifier: MIT */
/* tls/hello.h: what a client's hello says, for the program that chooses by it. */
#ifndef EDOI_TLS_HELLO_H
#define EDOI_TLS_HELLO_H

#include "tls/stream/tls.h"

#define EDOI_TLS_HELLO_NAME_MAX 255u

/* The bodies of the extensions, as they came; empty: the hello has not that one. */
typedef struct edoi_tls_hello_parts {
    edo_str name, alpn, versions, signatures;
    unsigned legacy_version;
} edoi_tls_hello_parts;

typedef struct edoi_tls_hello {
    edo_tls_hello shown;
    edo_str alpn[EDO_TLS_HELLO_ALPN_MAX];
    char bytes[]; /* of the texts */
} edoi_tls_hello;

/* The name that the client asks for; empty: none, or one that is not well formed, at which OpenSSL
 * ends the handshake. */
edo_str edoi_tls_hello_name(const edoi_tls_hello_parts *parts);

/* Makes a copy that outlives the parts, to be freed with OPENSSL_free(); NULL: no memory. What is
 * not well formed is left out: OpenSSL ends the handshake at it. */
edoi_tls_hello *edoi_tls_hello_new(const edoi_tls_hello_parts *parts);

/* Finds the parts in the hello that OpenSSL has. Called in its callback for a hello. */
edoi_tls_hello_parts edoi_tls_hello_parts_of(SSL *ssl);

#endif
