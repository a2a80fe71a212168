/* SPDX-License-Identifier: MIT */
/* tls/key_log.h: secrets of connections, in a file that lets Wireshark and others read what goes
 * over them. Only where a program asks for it. */
#ifndef EDOI_TLS_KEY_LOG_H
#define EDOI_TLS_KEY_LOG_H

#include "tls/stream/tls.h"

typedef struct edoi_tls_key_log edoi_tls_key_log; /* counted by edo_rc */

/* Opens the file to append to it. With `path` NULL there is no log: `*out` is NULL. */
EDO_MUST_USE int edoi_tls_key_log_open(edoi_tls_key_log **out, const char *path);

/* Lets `ctx`, which borrows it, write to the log; it may be NULL. */
EDO_MUST_USE int edoi_tls_key_log_use(edoi_tls_key_log *self, SSL_CTX *ctx);

#endif
