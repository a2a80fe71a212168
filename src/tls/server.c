/* SPDX-License-Identifier: MIT */
/* tls/server.c: the configuration of servers, and the handshake of a server. */
#include "tls/server.h"

#include "base/opts.h"
#include "tls/stream/fault.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#define HANDSHAKE edo_s(10)

/* ---- The server ------------------------------------------------------------------------------ */

/* A copy of a text; NULL of NULL, or without memory. */
static char *text_copy(const char *text, int *err) {
    char *copy = text ? OPENSSL_strdup(text) : NULL;
    if (text && !copy) *err = -ENOMEM;
    return copy;
}

static edo_str str_copy(edo_str s, int *err) {
    char *copy = s.len > 0 ? OPENSSL_malloc(s.len) : NULL;
    if (s.len > 0 && !copy) *err = -ENOMEM;
    if (copy) memcpy(copy, s.ptr, s.len);
    return (edo_str){ copy, copy ? s.len : 0 };
}

static void text_free(const char *text) {
    OPENSSL_free((char *)(uintptr_t)text);
}

static void pair_free(const edo_tls_pair *pair) {
    text_free(pair->cert);
    text_free(pair->key);
    text_free(pair->ocsp);
    if (pair->cert_pem.len > 0) // it may hold the key, too
        OPENSSL_cleanse((char *)(uintptr_t)pair->cert_pem.ptr, pair->cert_pem.len);
    text_free(pair->cert_pem.ptr);
    if (pair->key_pem.len > 0)
        OPENSSL_cleanse((char *)(uintptr_t)pair->key_pem.ptr, pair->key_pem.len);
    text_free(pair->key_pem.ptr);
}

static void tls_server_deinit(void *arg) {
    edo_tls_server *self = arg;
    for (size_t i = 0; i < self->pairs_n; i++) pair_free(&self->pairs[i]);
    OPENSSL_free(self->pairs);
    text_free(self->opts.alpn);
    text_free(self->opts.client_roots);
    text_free(self->opts.client_crl);
    text_free(self->opts.ticket_keys);
    edo_rc_unref(self->setup);
    edo_rc_unref(self->key_log);
    edoi_tls_counts_deinit(&self->counts);
    (void)pthread_mutex_destroy(&self->mu);
    (void)pthread_mutex_destroy(&self->loading);
}

static int server_copy_pairs(edo_tls_server *self, const edo_tls_server_opts *opts) {
    size_t first = opts->cert ? 1 : 0;
    int err = 0;
    self->pairs = OPENSSL_zalloc((first + opts->pairs_n) * sizeof *self->pairs);
    if (!self->pairs) return -ENOMEM;
    for (size_t i = 0; i < first + opts->pairs_n; i++) {
        const edo_tls_pair own = { .cert = opts->cert, .key = opts->key };
        const edo_tls_pair *from = i < first ? &own : &opts->pairs[i - first];
        self->pairs[self->pairs_n++] = (edo_tls_pair){ .cert = text_copy(from->cert, &err),
                                                       .key = text_copy(from->key, &err),
                                                       .ocsp = text_copy(from->ocsp, &err),
                                                       .cert_pem = str_copy(from->cert_pem, &err),
                                                       .key_pem = str_copy(from->key_pem, &err) };
    }
    return err;
}

static int server_copy_opts(edo_tls_server *self, const edo_tls_server_opts *opts) {
    int err = server_copy_pairs(self, opts);
    self->opts = *opts;
    self->opts.key_log = NULL; // it is open
    self->opts.alpn = text_copy(opts->alpn, &err);
    self->opts.client_roots = text_copy(opts->client_roots, &err);
    self->opts.client_crl = text_copy(opts->client_crl, &err);
    self->opts.ticket_keys = text_copy(opts->ticket_keys, &err);
    return err;
}

static int server_check_opts(const edo_tls_server_opts *opts) {
    if (!opts || !edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved)))
        return edo_fail(-EINVAL, "reserved options of a TLS server");
    if (!opts->cert && opts->pairs_n == 0) return edo_fail(-EINVAL, "a TLS server without a pair");
    if ((unsigned)opts->clients > EDO_TLS_CLIENTS_REQUIRED) return edo_fail(-EINVAL, "clients");
    if (!opts->cert && opts->key) return edo_fail(-EINVAL, "a key without a certificate");
    // it would let everybody in
    if (opts->clients == EDO_TLS_CLIENTS_NONE && (opts->client_roots || opts->client_crl))
        return edo_fail(-EINVAL, "client_roots or client_crl, though `clients` asks for none");
    if (opts->clients != EDO_TLS_CLIENTS_NONE && !opts->client_roots)
        return edo_fail(-EINVAL, "client certificates without client_roots");
    return 0;
}

static int server_accept(edo_stream **out, edo_stream *below, edo_tls_server *tls,
                         edo_str to_plain);

static edo_stream *server_below(edo_stream *s) {
    edoi_tls *self = edoi_tls_of(s);
    return self ? self->below : s; // before its handshake a connection has the socket itself
}

static const char *server_bound_name(edo_stream *s) {
    const edoi_tls *self = edoi_tls_of(s);
    return self && self->ask ? self->asked : NULL;
}

static const edoi_tls_server_ops server_ops = { .accept = server_accept,
                                                .below = server_below,
                                                .bound_name = server_bound_name,
                                                .alpn = edoi_tls_agreed_alpn };

int edo_tls_server_new(edo_tls_server **out, const edo_tls_server_opts *opts) {
    int err = server_check_opts(opts);
    if (err < 0) return err;
    edo_tls_server *self = edo_rc_new(sizeof *self, tls_server_deinit);
    if (!self) return -ENOMEM;
    *self = (edo_tls_server){ .head = { &server_ops } };
    (void)pthread_mutex_init(&self->mu, NULL);
    (void)pthread_mutex_init(&self->loading, NULL);
    err = server_copy_opts(self, opts);
    if (err == 0) err = edoi_tls_key_log_open(&self->key_log, opts->key_log);
    if (err == 0) err = edoi_tls_counts_init(&self->counts, EDO_STR("server"), opts->metrics);
    if (err == 0) err = edoi_tls_server_setup_new(&self->setup, self);
    if (err < 0) {
        edo_rc_unref(self);
        return err;
    }
    *out = self;
    return 0;
}

edo_tls_server *edo_tls_server_ref(edo_tls_server *tls) {
    return edo_rc_ref(tls);
}

void edo_tls_server_unref(edo_tls_server *tls) {
    edo_rc_unref(tls);
}

int edo_tls_server_reload(edo_tls_server *tls) {
    edoi_tls_server_setup *fresh;
    if (EDO_MISUSE(!tls, "a TLS configuration is used that is NULL")) return -EDO_EMISUSE;
    (void)pthread_mutex_lock(&tls->loading);
    int err = edoi_tls_server_setup_new(&fresh, tls);
    edoi_tls_server_setup *old = NULL;
    if (err == 0) {
        (void)pthread_mutex_lock(&tls->mu);
        old = tls->setup;
        tls->setup = fresh;
        (void)pthread_mutex_unlock(&tls->mu);
    }
    (void)pthread_mutex_unlock(&tls->loading);
    edo_rc_unref(old);
    return err;
}

edoi_tls_server_setup *edoi_tls_server_setup_now(edo_tls_server *tls) {
    (void)pthread_mutex_lock(&tls->mu);
    edoi_tls_server_setup *setup = edo_rc_ref(tls->setup);
    (void)pthread_mutex_unlock(&tls->mu);
    return setup;
}

uint64_t edoi_tls_server_state(edo_tls_server *tls) {
    (void)pthread_mutex_lock(&tls->mu);
    uint64_t state = tls->setup->state;
    (void)pthread_mutex_unlock(&tls->mu);
    return state;
}

/* ---- A connection ---------------------------------------------------------------------------- */

/* The certificate of a resumed session was checked when the session was made: refuses one that has
 * expired since. Takes `self` on failure. */
static int server_check_resumed(edoi_tls *self) {
    if (SSL_session_reused(self->ssl) != 1) return 0;
    X509 *cert = SSL_get0_peer_certificate(self->ssl);
    int left = cert ? X509_cmp_current_time(X509_get0_notAfter(cert)) : 1;
    if (left > 0) return 0;
    int err = left == 0 ? -ENOMEM
                        : edo_fail(edoi_tls_cert_fault(X509_V_ERR_CERT_HAS_EXPIRED, cert, NULL),
                                   "client certificate");
    edo_close(&self->base);
    return err;
}

static int server_accept(edo_stream **out, edo_stream *below, edo_tls_server *tls,
                         edo_str to_plain) {
    edoi_tls_server_setup *setup = edoi_tls_server_setup_now(tls);
    edoi_tls *self;
    int err = edoi_tls_stream_new(&self, below, setup->identities[0].ctx, setup);
    if (err == 0) self->ask = setup->ask;
    edo_rc_unref(setup);
    if (err < 0) {
        edo_close(below);
        return err;
    }
    SSL_set_accept_state(self->ssl);
    edo_duration limit = tls->opts.handshake.ns == 0 ? HANDSHAKE : tls->opts.handshake;
    const edo_instant begun = edoi_tls_counts_begin(&tls->counts);
    err = edoi_tls_handshake(self, limit, to_plain);
    if (err == 0) err = server_check_resumed(self);
    edoi_tls_counts_end(&tls->counts, begun, err == 0 ? self->ssl : NULL, err);
    if (err == 0) *out = &self->base;
    return err;
}

int edo_tls_accept(edo_stream **out, edo_stream *below, edo_tls_server *tls) {
    if (edoi_tls_misused(below, tls)) return -EDO_EMISUSE;
    return server_accept(out, below, tls, EDO_STR(""));
}
