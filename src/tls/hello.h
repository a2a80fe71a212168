/* SPDX-License-Identifier: MIT */
/* tls/hello.h: what a client's hello says, for the program that chooses by it. */
#ifndef EDOI_TLS_HELLO_H
#define EDOI_TLS_HELLO_H

#include "tls/setup.h"

#define EDOI_TLS_HELLO_NAME_MAX 255u

/* The bodies of the extensions, as they came; empty: the hello has not that one. */
typedef struct edoi_tls_hello_parts {
    edo_str name, alpn, versions, signatures;
    unsigned legacy_version;
} edoi_tls_hello_parts;

typedef struct edoi_tls_hello {
    edo_tls_hello shown;
    edo_str alpn[EDO_TLS_HELLO_ALPN_MAX];
    char bytes[]; /* of the protocols */
} edoi_tls_hello;

/* Copies the name that the client asks for, in the one form that programs compare: names of DNS
 * are the same in capital letters. Empty: none, or one that is not well formed, at which OpenSSL
 * ends the handshake. To be freed with OPENSSL_free(); NULL: no memory. */
char *edoi_tls_hello_name(const edoi_tls_hello_parts *parts);

/* Does the client ask for `name`, which edoi_tls_hello_name() has made? */
bool edoi_tls_hello_is_for(const edoi_tls_hello_parts *parts, const char *name);

/* Makes a copy that outlives the parts, and borrows `name`, that of edoi_tls_hello_name(). To be
 * freed with OPENSSL_free(); NULL: no memory. What is not well formed is left out: OpenSSL ends the
 * handshake at it. */
edoi_tls_hello *edoi_tls_hello_new(const edoi_tls_hello_parts *parts, const char *name);

/* Returns the first of `own` that the client offers, as OpenSSL will choose; empty: there is none.
 * It belongs to `own`. */
edo_str edoi_tls_hello_protocol(const edoi_tls_hello_parts *parts, const edoi_tls_alpn *own);

/* Finds the parts in the hello that OpenSSL has. Called in its callback for a hello. */
edoi_tls_hello_parts edoi_tls_hello_parts_of(SSL *ssl);

#endif
