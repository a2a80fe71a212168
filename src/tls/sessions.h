/* SPDX-License-Identifier: MIT */
/* tls/sessions.h: sessions that a client can resume, by the server that they were made with. */
#ifndef EDOI_TLS_SESSIONS_H
#define EDOI_TLS_SESSIONS_H

#include "tls/stream/tls.h"

#define EDOI_TLS_SESSIONS_MAX 256u

/* A session and whose it is. */
typedef struct edoi_tls_session {
    char *server; /* from OPENSSL_malloc */
    SSL_SESSION *session;
    int64_t until_s; /* by the wall clock: how long what the server was checked by holds */
    uint64_t used;   /* a later one has a larger number */
} edoi_tls_session;

/* All zero but `mu` is empty. A client looks through all: that is little beside a handshake. */
typedef struct edoi_tls_sessions {
    pthread_mutex_t mu;                          /* a leaf; taken with the `mu` of a stream held */
    edoi_tls_session all[EDOI_TLS_SESSIONS_MAX]; /* lock: mu */
    size_t n;                                    /* lock: mu */
    uint64_t clock;                              /* lock: mu */
} edoi_tls_sessions;

void edoi_tls_sessions_init(edoi_tls_sessions *self);
void edoi_tls_sessions_deinit(edoi_tls_sessions *self);

/* Keeps `session`, of which it takes a reference, until that time by the wall clock, in place of an
 * older one of that server, or of the one that was used longest ago. Without memory it is not
 * kept. */
void edoi_tls_sessions_put(edoi_tls_sessions *self, const char *server, SSL_SESSION *session,
                           int64_t until_s);

/* Returns a reference to the session of that server; one of TLS 1.3 is taken out, since its ticket
 * is used once (RFC 8446, C.4). Its end is in `*until_s`. NULL: there is none. */
SSL_SESSION *edoi_tls_sessions_take(edoi_tls_sessions *self, const char *server, int64_t *until_s);

#endif
