/* SPDX-License-Identifier: MIT */
/* tls/tickets.h: the keys of a server's session tickets (RFC 5077, RFC 8446 4.6.1).
 *
 * A server's own keys live for 12 h: 6 h in which they make tickets, and 6 more in which such
 * tickets are still good. Keys of a file do not change until that is read again. */
#ifndef EDOI_TLS_TICKETS_H
#define EDOI_TLS_TICKETS_H

#include "tls/stream/tls.h"

typedef struct edoi_tls_tickets edoi_tls_tickets; /* counted by edo_rc */

/* Makes keys of the server's own, or those of a file: 80 bytes each, a name of 16, 32 for HMAC and
 * 32 for AES, as nginx and others have them; the first one makes tickets. `file` may be NULL. */
EDO_MUST_USE int edoi_tls_tickets_new(edoi_tls_tickets **out, const char *file);

/* Lets `ctx` make and take tickets with these keys, which it borrows. Each connection says what its
 * session is bound to (SSL_set_session_id_context()): tickets of others are not taken. */
EDO_MUST_USE int edoi_tls_tickets_use(edoi_tls_tickets *self, SSL_CTX *ctx);

#endif
