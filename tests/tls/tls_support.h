/* SPDX-License-Identifier: MIT */
/* tls/tls_support.h: a certificate authority, a server and a client that trust each other, and the
 * two ends of a connection. */
#ifndef EDO_TESTS_TLS_SUPPORT_H
#define EDO_TESTS_TLS_SUPPORT_H

#include "certs.h"
#include "inside.h"

#include <edo/streams.h>
#include <edo/task.h>

#include <errno.h>
#include <string.h>

/* The name of the server, in its certificate. */
#define HOST "server.example"

/* An authority. */
typedef struct authority {
    cert ca;
    char *pem;
} authority;

static inline authority authority_make(const char *name) {
    authority a = { .ca = cert_make(&(cert_opts){ .name = name, .use = CERT_CA }) };
    a.pem = cert_pem((const cert *const[]){ &a.ca }, 1);
    return a;
}

static inline void authority_free(authority *a) {
    cert_free(&a->ca);
    free(a->pem);
}

/* A pair for the options of a server: texts, to be freed with pair_free(). */
typedef struct pair_texts {
    char *cert, *key;
    edo_tls_pair pair;
} pair_texts;

static inline pair_texts pair_make(const cert_opts *opts) {
    cert c = cert_make(opts);
    pair_texts p = { .cert = cert_pem((const cert *const[]){ &c }, 1), .key = cert_key_pem(&c) };
    p.pair = (edo_tls_pair){ .cert_pem = edo_str_of(p.cert), .key_pem = edo_str_of(p.key) };
    cert_free(&c);
    return p;
}

static inline void pair_free(pair_texts *p) {
    free(p->cert);
    free(p->key);
}

/* Files of a test, in a folder of their own. */
typedef struct folder {
    char dir[32], paths[8][256];
    size_t n;
} folder;

static inline folder folder_make(void) {
    folder f = { .dir = "/tmp/edo-tls-XXXXXX" };
    CHECK(mkdtemp(f.dir) != NULL);
    return f;
}

/* Writes a text to the file of that name, new or not, and returns its path. */
static inline const char *folder_put(folder *f, const char *name, const char *text) {
    char path[256];
    size_t i = 0;
    cert_save(path, f->dir, name, text);
    while (i < f->n && strcmp(f->paths[i], path) != 0) i++;
    CHECK(i < EDO_COUNT(f->paths));
    if (i == f->n) memcpy(f->paths[f->n++], path, sizeof path);
    return f->paths[i];
}

static inline void folder_free(folder *f) {
    for (size_t i = 0; i < f->n; i++) (void)remove(f->paths[i]);
    CHECK_EQ(remove(f->dir), 0);
}

/* What both ends are made with. */
typedef struct ends {
    edo_tls_server *server;
    edo_tls_client *client;
} ends;

static inline void ends_free(ends *e) {
    edo_tls_server_unref(e->server);
    edo_tls_client_unref(e->client);
}

/* A server and a client with these options, and a fresh authority that has signed the first and is
 * trusted by the second. */
static inline ends ends_make(edo_tls_server_opts server, edo_tls_client_opts client) {
    authority ca = authority_make("test authority");
    pair_texts p = pair_make(&(cert_opts){ .name = HOST, .issuer = &ca.ca });
    ends e;
    server.pairs = &p.pair;
    server.pairs_n = 1;
    client.roots_pem = edo_str_of(ca.pem);
    CHECK_EQ(edo_tls_server_new(&e.server, &server), 0);
    CHECK_EQ(edo_tls_client_new(&e.client, &client), 0);
    pair_free(&p);
    authority_free(&ca);
    return e;
}

typedef struct acceptance {
    edo_tls_server *server;
    edo_stream *below, *made;
    char said[1024]; /* the trail of a failure */
} acceptance;

static inline int accepts_tls(void *arg) {
    acceptance *a = arg;
    int err = edo_tls_accept(&a->made, a->below, a->server);
    if (err < 0) (void)edo_trail_print_text(a->said, sizeof a->said, err, EDO_TRAIL_LINE);
    return err;
}

/* What a handshake has come to, at both ends. */
typedef struct handshake {
    edo_stream *server, *client; /* NULL: it failed there */
    int server_err, client_err;
    char server_said[1024], client_said[1024]; /* trails of failures */
} handshake;

/* A handshake over the streams `below` of both, which it takes. */
static inline void shake_over(handshake *h, const ends *e, edo_stream *server_below,
                              edo_stream *client_below, const char *host) {
    acceptance a = { .server = e->server, .below = server_below };
    *h = (handshake){ .server = NULL };
    edo_task *t = edo_spawn(accepts_tls, &a);
    h->client_err = edo_tls_connect_over(&h->client, client_below, host, e->client);
    if (h->client_err < 0)
        (void)edo_trail_print_text(h->client_said, sizeof h->client_said, h->client_err,
                                   EDO_TRAIL_LINE);
    h->server_err = edo_task_join(t);
    h->server = a.made;
    memcpy(h->server_said, a.said, sizeof a.said);
}

/* The same over a pipe in memory. */
static inline void shake(handshake *h, const ends *e, const char *host) {
    edo_stream *a, *b;
    CHECK_EQ(edo_duplex(&a, &b, 65536), 0);
    shake_over(h, e, a, b, host);
}

static inline void handshake_close(handshake *h) {
    edo_close(h->server);
    edo_close(h->client);
    h->server = h->client = NULL;
}

/* One exchange, so that the client gets its tickets; returns whether the session was resumed. */
static inline bool comes_back(const ends *e, const char *host) {
    handshake h;
    edo_tls_info info, other;
    char byte;
    shake(&h, e, host);
    if (h.client_err < 0 || h.server_err < 0)
        edo_test_fail("%s: %s, %s", host, h.client_said, h.server_said);
    CHECK_EQ(edo_write_all(h.server, "x", 1), 0);
    CHECK_EQ(edo_read(h.client, &byte, 1), 1);
    CHECK_EQ(edo_tls_get_info(h.client, &info), 0);
    CHECK_EQ(edo_tls_get_info(h.server, &other), 0);
    CHECK_EQ(info.is_resumed, other.is_resumed);
    CHECK(edo_str_equal(other.server_name, edo_str_of(host)));
    handshake_close(&h);
    return info.is_resumed;
}

#endif
