/* SPDX-License-Identifier: MIT */
/* tls/staple.h: what a certificate's authority says of it, signed (OCSP, RFC 6960), which a server
 * shows with the certificate. */
#ifndef EDOI_TLS_STAPLE_H
#define EDOI_TLS_STAPLE_H

#include "tls/stream/tls.h"

typedef struct edoi_tls_staple {
    X509 *leaf; /* counted: whose it is */
    edo_buf der;
    int64_t until_s; /* by the wall clock; INT64_MAX: no end was said */
} edoi_tls_staple;

/* Reads a response in DER. It must be for `leaf`, say that this is good, and not have expired; if
 * the issuer is in `chain` its signature must be right. */
EDO_MUST_USE int edoi_tls_staple_load(edoi_tls_staple *out, const char *file, X509 *leaf,
                                      STACK_OF(X509) * chain);

void edoi_tls_staple_deinit(edoi_tls_staple *self);

/* Checks what a server has shown of its certificate, whose chain was verified: it must be there,
 * and hold as above. Returns 0 with the end of that in `*until_s`, -EDO_ECERT with a trail, or
 * -ENOMEM. */
EDO_MUST_USE int edoi_tls_staple_verify(SSL *ssl, int64_t *until_s);

/* Shows the one of the certificate that `ssl` has chosen, if there is one and it has not expired.
 * Called in OpenSSL's callback for a client that asks; returns what that returns. */
int edoi_tls_staple_show(SSL *ssl, const edoi_tls_staple *all, size_t n);

#endif
