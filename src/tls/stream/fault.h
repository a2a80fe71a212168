/* SPDX-License-Identifier: MIT */
/* tls/stream/fault.h: what has failed, for the trail. */
#ifndef EDOI_TLS_STREAM_FAULT_H
#define EDOI_TLS_STREAM_FAULT_H

#include "tls/stream/tls.h"

#include <openssl/x509.h>

/* Prints at most `names_max` of the certificate's DNS names and addresses ("IP ::1"), with commas;
 * cut at `room` bytes. */
void edoi_tls_names_print(char *text, size_t room, X509 *cert, int names_max);

/* Prints how far away `t` is, in the largest unit that fits. */
void edoi_tls_distance_print(char *text, size_t room, const ASN1_TIME *t);

/* Tells the trail why a certificate was refused, by X509_V_ERR_…; returns -EDO_ECERT. `host` is
 * what it should have been for; NULL: nothing. `cert` may be NULL. */
int edoi_tls_cert_fault(int fault, X509 *cert, const char *host);

/* Takes all that OpenSSL has noted on this thread, and returns what says most; 0: nothing. */
unsigned long edoi_tls_fault_take(void);

/* Tells the trail why a call of OpenSSL has failed, and returns -EDO_ETLS, -EDO_ECERT,
 * -EDO_ETRUNCATED or -ENOMEM. Called after the call, on its thread. */
int edoi_tls_fault(int ssl_error);

/* Likewise of a read behind the handshake, whose `read_fault` was taken. Called with `mu` held. */
int edoi_tls_read_fault(const edoi_tls *self, int ssl_error);

/* The same of a configuration: `what` is the line of the trail. Returns `code` or -ENOMEM. */
int edoi_tls_setup_fault(int code, const char *what);

#endif
