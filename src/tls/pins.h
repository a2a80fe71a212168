/* SPDX-License-Identifier: MIT */
/* tls/pins.h: public keys that a client has pinned: a server must have one of them,
 * which client_check_pins() of client.c asks in the handshake. */
#ifndef EDOI_TLS_PINS_H
#define EDOI_TLS_PINS_H

#include "tls/stream/tls.h"

#define EDOI_TLS_PIN_BYTES 32u /* SHA-256 of a SubjectPublicKeyInfo */

/* All zero is empty: any key will do. */
typedef struct edoi_tls_pins {
    edo_buf keys; /* EDOI_TLS_PIN_BYTES each */
} edoi_tls_pins;

/* Parses "sha256//BASE64;sha256//…". `text` may be NULL.
 * -EINVAL: it is another text; the trail has the pin. */
EDO_MUST_USE int edoi_tls_pins_parse(edoi_tls_pins *out, const char *text);

void edoi_tls_pins_deinit(edoi_tls_pins *self);

/* Is the key of one of these certificates pinned? Returns 1, 0 or -ENOMEM. */
EDO_MUST_USE int edoi_tls_pins_fit(const edoi_tls_pins *self, const STACK_OF(X509) * chain);

#endif
