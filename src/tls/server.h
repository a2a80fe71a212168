/* SPDX-License-Identifier: MIT */
/* tls/server.h: the configuration of a server, and what it has made of its files.
 *
 * A setup has a context of OpenSSL for each set of names, with one certificate for each kind of
 * key; the first is used until the client has said which name it wants.
 *
 * inv. 1: a setup never changes, so handshakes use it without a lock; `mu` guards which one new
 *         handshakes get.
 * inv. 1 is not asserted: nothing writes to a setup after edoi_tls_server_setup_new(). */
#ifndef EDOI_TLS_SERVER_H
#define EDOI_TLS_SERVER_H

#include "tls/key_log.h"
#include "tls/ops.h"
#include "tls/setup.h"
#include "tls/staple.h"
#include "tls/stream/count.h"
#include "tls/tickets.h"

#define EDOI_TLS_DIGEST_BYTES 32u /* SHA-256 */

/* Certificates of the same names, one for each kind of key. */
typedef struct edoi_tls_identity {
    SSL_CTX *ctx;
    unsigned char rules[EDOI_TLS_DIGEST_BYTES]; /* by which clients are let in to these names */
} edoi_tls_identity;

/* Counted by edo_rc. */
typedef struct edoi_tls_server_setup {
    edoi_tls_alpn alpn;
    uint64_t state;            /* of the files, before they were read */
    edoi_tls_tickets *tickets; /* counted */
    bool signs_slowly;         /* one of its keys takes a millisecond or more */
    int (*ask)(edoi_tls *);    /* asks `choose`; NULL: it is */
    edo_tls_choose_fn *choose;
    void *choose_arg;
    edoi_tls_key_log *key_log; /* counted; NULL: none */
    edoi_tls_staple *staples;  /* from OPENSSL_malloc */
    size_t staples_n;
    size_t n;
    edoi_tls_identity identities[];
} edoi_tls_server_setup;

struct edo_tls_server {
    edoi_tls_server_head head;
    edo_tls_server_opts opts;     /* const; its texts are this object's */
    edo_tls_pair *pairs;          /* const */
    size_t pairs_n;               /* const */
    edoi_tls_key_log *key_log;    /* const; counted; NULL: none */
    edoi_tls_counts counts;       /* const */
    pthread_mutex_t loading;      /* held through a reload: the last one that began wins */
    pthread_mutex_t mu;           /* a leaf, taken with `loading` held */
    edoi_tls_server_setup *setup; /* lock: mu; written with `loading` held, too; counted */
};

/* ---- server_setup.c -------------------------------------------------------------------------- */

/* Reads all files of the server. Keys of tickets that are its own go on. */
EDO_MUST_USE int edoi_tls_server_setup_new(edoi_tls_server_setup **out, const edo_tls_server *self);

/* Returns a number for the present state of all files of the server: another one after a change of
 * their contents, or of what their names lead to. Blocks. */
uint64_t edoi_tls_server_look(const edo_tls_server *tls);

/* ---- server.c -------------------------------------------------------------------------------- */

/* Returns a reference to the newest setup. */
edoi_tls_server_setup *edoi_tls_server_setup_now(edo_tls_server *tls);

/* The number of the files that were loaded. */
uint64_t edoi_tls_server_state(edo_tls_server *tls);

#endif
