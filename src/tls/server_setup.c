/* SPDX-License-Identifier: MIT */
/* tls/server_setup.c: what a server has made of its files: contexts of OpenSSL with certificates,
 * and which of them, and which protocol (ALPN), a client gets. */
#include "tls/hello.h"
#include "tls/server.h"
#include "tls/stream/fault.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>

#define SLOW_BITS 2048 /* of a key of RSA: one with more takes a millisecond and longer to sign */

/* ---- Files ----------------------------------------------------------------------------------- */

static void state_add(uint64_t *state, uint64_t word) {
    *state = (*state ^ word) * UINT64_C(0x100000001b3) + (word >> 32); // FNV: no enemy chooses them
}

static void state_add_file(uint64_t *state, const char *name) {
    struct stat st;
    if (!name) return;
    if (stat(name, &st) < 0) {
        state_add(state, (uint64_t)errno);
        return;
    }
    const uint64_t words[] = { (uint64_t)st.st_dev,          (uint64_t)st.st_ino,
                               (uint64_t)st.st_size,         (uint64_t)st.st_mtim.tv_sec,
                               (uint64_t)st.st_mtim.tv_nsec, (uint64_t)st.st_ctim.tv_sec,
                               (uint64_t)st.st_ctim.tv_nsec };
    for (size_t i = 0; i < EDO_COUNT(words); i++) state_add(state, words[i]);
}

uint64_t edoi_tls_server_look(const edo_tls_server *tls) {
    uint64_t state = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < tls->pairs_n; i++) {
        state_add_file(&state, tls->pairs[i].cert);
        state_add_file(&state, tls->pairs[i].key);
        state_add_file(&state, tls->pairs[i].ocsp);
    }
    state_add_file(&state, tls->opts.client_roots);
    state_add_file(&state, tls->opts.client_crl);
    state_add_file(&state, tls->opts.ticket_keys);
    return state;
}

/* ---- A setup --------------------------------------------------------------------------------- */

static void server_setup_deinit(void *arg) {
    edoi_tls_server_setup *self = arg;
    for (size_t i = 0; i < self->n; i++) SSL_CTX_free(self->identities[i].ctx);
    for (size_t i = 0; i < self->staples_n; i++) edoi_tls_staple_deinit(&self->staples[i]);
    OPENSSL_free(self->staples);
    OPENSSL_free(self->alpn.wire);
    edo_rc_unref(self->tickets);
    edo_rc_unref(self->key_log);
}

/* Returns the alternative names as they stand in the certificate; NULL: there are none. */
static const ASN1_OCTET_STRING *cert_names(const X509 *cert) {
    int at = X509_get_ext_by_NID(cert, NID_subject_alt_name, -1);
    return at < 0 ? NULL : X509_EXTENSION_get_data(X509_get_ext(cert, at));
}

static bool certs_have_same_names(const X509 *a, const X509 *b) {
    const ASN1_OCTET_STRING *x = cert_names(a), *y = cert_names(b);
    return x && y && ASN1_OCTET_STRING_cmp(x, y) == 0;
}

static bool certs_have_same_kind(X509 *a, X509 *b) {
    return EVP_PKEY_get_base_id(X509_get0_pubkey(a)) == EVP_PKEY_get_base_id(X509_get0_pubkey(b));
}

static bool cert_signs_slowly(X509 *cert) {
    EVP_PKEY *key = X509_get0_pubkey(cert);
    int kind = EVP_PKEY_get_base_id(key);
    bool is_rsa = kind == EVP_PKEY_RSA || kind == EVP_PKEY_RSA_PSS;
    return is_rsa && EVP_PKEY_get_bits(key) > SLOW_BITS;
}

static int server_choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_n,
                              const unsigned char *offered, unsigned offered_n, void *arg) {
    const edoi_tls_server_setup *self = arg;
    unsigned char *chosen = NULL;
    (void)ssl;
    int found =
        SSL_select_next_proto(&chosen, out_n, self->alpn.wire, self->alpn.n, offered, offered_n);
    *out = chosen;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* The first identity with a certificate for the name, else the first of all. */
static const edoi_tls_identity *server_identity_for(const edoi_tls_server_setup *self,
                                                    const char *name) {
    for (size_t i = 0; name[0] != '\0' && i < self->n; i++) {
        X509 *cert = SSL_CTX_get0_certificate(self->identities[i].ctx);
        unsigned flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
        if (X509_check_host(cert, name, strlen(name), flags, NULL) == 1)
            return &self->identities[i];
    }
    return &self->identities[0];
}

/* Lets the rules of `ctx` hold; some of them OpenSSL has copied from the context before. */
static bool server_use_ctx(SSL *ssl, SSL_CTX *ctx) {
    if (SSL_get_SSL_CTX(ssl) == ctx) return true;
    if (!SSL_set_SSL_CTX(ssl, ctx)) return false;
    SSL_set_verify(ssl, SSL_CTX_get_verify_mode(ctx), SSL_CTX_get_verify_callback(ctx));
    return SSL_set_min_proto_version(ssl, (int)SSL_CTX_get_min_proto_version(ctx)) == 1 &&
           SSL_set_max_proto_version(ssl, (int)SSL_CTX_get_max_proto_version(ctx)) == 1;
}

/* Binds the session to the rules, and to name and protocol: it is resumed under these only. Called
 * before OpenSSL looks at the client's ticket. */
static bool server_bind(SSL *ssl, const edoi_tls_identity *identity, const char *name,
                        edo_str protocol) {
    unsigned char all[EDOI_TLS_DIGEST_BYTES + EDOI_TLS_HELLO_NAME_MAX + 1 + UINT8_MAX];
    unsigned char bound[EDOI_TLS_DIGEST_BYTES];
    size_t n = sizeof identity->rules, name_n = strlen(name) + 1;
    memcpy(all, identity->rules, n);
    memcpy(all + n, name, name_n);
    n += name_n;
    if (protocol.len > 0) memcpy(all + n, protocol.ptr, protocol.len);
    n += protocol.len;
    return EVP_Digest(all, n, bound, NULL, EVP_sha256(), NULL) == 1 &&
           SSL_set_session_id_context(ssl, bound, sizeof bound) == 1;
}

/* The program chooses another server, or refuses. */
static int server_ask(edoi_tls *self) {
    edoi_tls_server_setup *setup = self->setup;
    edo_tls_server *other = NULL;
    int err = setup->choose(setup->choose_arg, &self->hello->shown, &other);
    if (err >= 0 && other) {
        self->setup = edoi_tls_server_setup_now(other);
        edo_rc_unref(setup);
    }
    edo_tls_server_unref(other);
    OPENSSL_free(self->hello);
    self->hello = NULL;
    if (err >= 0) return 1;
    const char *what = err == -ECANCELED ? "was asked about" : "refused"; // it had to stop
    return edo_fail(err, "the program %s a client that asks for %.100s", what,
                    self->asked[0] ? self->asked : "no name");
}

/* The first hello has come. Returns 0, or -ENOMEM. */
static int server_take_hello(edoi_tls *self, const edoi_tls_hello_parts *parts) {
    const edoi_tls_server_setup *setup = self->setup;
    self->asked = edoi_tls_hello_name(parts);
    if (self->asked && setup->choose) self->hello = edoi_tls_hello_new(parts, self->asked);
    return self->asked && (self->hello || !setup->choose) ? 0 : -ENOMEM;
}

/* All is known to sign with a key that takes long: not on a worker, where connections wait for its
 * end. */
static bool server_moves(edoi_tls *self) {
    const edoi_tls_server_setup *setup = self->setup;
    if (!setup->signs_slowly || self->where == EDOI_TLS_AWAY) return false;
    self->where = EDOI_TLS_MOVES;
    return true;
}

/* A hello has come: called before OpenSSL looks at the client's ticket, which is good for one
 * context. Called again after the program was asked, and for the second hello of a client that has
 * to send another key (RFC 8446, 4.1.2): it asks for the same name, since the choice stands. */
static int server_on_hello(SSL *ssl, int *alert, void *arg) {
    edoi_tls *self = edoi_tls_of_ssl(ssl);
    edoi_tls_hello_parts parts = edoi_tls_hello_parts_of(ssl);
    (void)arg;
    *alert = SSL_AD_INTERNAL_ERROR;
    if (!self->asked) {
        self->verdict = server_take_hello(self, &parts);
        if (self->hello) return SSL_CLIENT_HELLO_RETRY;
    } else if (!edoi_tls_hello_is_for(&parts, self->asked)) {
        *alert = SSL_AD_ILLEGAL_PARAMETER;
        return SSL_CLIENT_HELLO_ERROR;
    }
    if (self->verdict < 0) {
        if (self->verdict != -ENOMEM) *alert = SSL_AD_UNRECOGNIZED_NAME;
        return SSL_CLIENT_HELLO_ERROR;
    }
    const edoi_tls_server_setup *setup = self->setup;
    const edoi_tls_identity *identity = server_identity_for(setup, self->asked);
    edo_str protocol = edoi_tls_hello_protocol(&parts, &setup->alpn);
    if (!server_use_ctx(ssl, identity->ctx) || !server_bind(ssl, identity, self->asked, protocol)) {
        self->verdict = -ENOMEM;
        return SSL_CLIENT_HELLO_ERROR;
    }
    return server_moves(self) ? SSL_CLIENT_HELLO_RETRY : SSL_CLIENT_HELLO_SUCCESS;
}

/* The client asks what the authority says of the certificate, which is chosen by now. */
static int server_on_status(SSL *ssl, void *arg) {
    const edoi_tls *self = edoi_tls_of_ssl(ssl);
    const edoi_tls_server_setup *setup = self->setup;
    (void)arg;
    return edoi_tls_staple_show(ssl, setup->staples, setup->staples_n);
}

/* The name is taken: so OpenSSL remembers it. */
static int server_on_name(SSL *ssl, int *alert, void *arg) {
    (void)ssl;
    (void)alert;
    (void)arg;
    return SSL_TLSEXT_ERR_OK;
}

/* Called for each certificate of a client; OpenSSL goes on if it returns 1. */
static int server_on_cert(int ok, X509_STORE_CTX *store) {
    if (ok || edoi_tls_may_lack_crl(store)) return 1;
    (void)edo_fail(edoi_tls_cert_fault(X509_STORE_CTX_get_error(store),
                                       X509_STORE_CTX_get_current_cert(store), NULL),
                   "client certificate");
    return 0;
}

/* What the files say of certificates of clients. Read once, and not by each who needs it: a file
 * may be replaced meanwhile, and sessions must be bound to the issuers that were loaded. */
typedef struct client_files {
    edo_buf roots, crl; /* empty: there is none */
} client_files;

static int client_files_read(client_files *out, const edo_tls_server_opts *opts) {
    int err = 0;
    *out = (client_files){ { 0 }, { 0 } };
    if (opts->client_roots) err = edoi_tls_read_file(&out->roots, opts->client_roots);
    if (err == 0 && opts->client_crl) err = edoi_tls_read_file(&out->crl, opts->client_crl);
    return err;
}

static void client_files_deinit(client_files *files) {
    edo_buf_deinit(&files->roots);
    edo_buf_deinit(&files->crl);
}

/* Tells clients which issuers are trusted, so that they choose one of several certificates. */
static int server_name_issuers(SSL_CTX *ctx) {
    STACK_OF(X509) *all = X509_STORE_get1_all_certs(SSL_CTX_get_cert_store(ctx));
    int err = all ? 0 : -ENOMEM;
    for (int i = 0; err == 0 && i < sk_X509_num(all); i++)
        if (SSL_CTX_add_client_CA(ctx, sk_X509_value(all, i)) != 1) err = -ENOMEM;
    sk_X509_pop_free(all, X509_free);
    return err;
}

/* Which certificates clients may have. */
static int server_set_clients(SSL_CTX *ctx, const edo_tls_server_opts *opts,
                              const client_files *files) {
    int mode = SSL_VERIFY_PEER;
    if (opts->clients == EDO_TLS_CLIENTS_NONE) return 0;
    if (opts->clients == EDO_TLS_CLIENTS_REQUIRED) mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_CTX_set_verify(ctx, mode, server_on_cert);
    X509_STORE *store = SSL_CTX_get_cert_store(ctx);
    edo_str roots = { files->roots.ptr, files->roots.len },
            crl = { files->crl.ptr, files->crl.len };
    int err = edoi_tls_roots_add(store, roots, opts->client_roots);
    if (err == 0 && opts->client_crl) err = edoi_tls_crls_add(store, crl, opts->client_crl);
    return err == 0 ? server_name_issuers(ctx) : err;
}

static int server_ctx_new(SSL_CTX **out, edoi_tls_server_setup *setup, const edo_tls_server *self,
                          const client_files *files) {
    const edo_tls_server_opts *opts = &self->opts;
    const edoi_tls_limits limits = { opts->version_min, opts->version_max };
    SSL_CTX *ctx;
    int err = edoi_tls_ctx_new(&ctx, TLS_server_method(), &limits);
    if (err < 0) return err;
    err = server_set_clients(ctx, opts, files);
    if (err == 0) err = edoi_tls_key_log_use(setup->key_log, ctx);
    if (err < 0) {
        SSL_CTX_free(ctx);
        return err;
    }
    if (setup->alpn.n > 0) SSL_CTX_set_alpn_select_cb(ctx, server_choose_alpn, setup);
    SSL_CTX_set_client_hello_cb(ctx, server_on_hello, NULL);
    (void)SSL_CTX_set_tlsext_servername_callback(ctx, server_on_name);
    (void)SSL_CTX_set_tlsext_status_cb(ctx, server_on_status);
    *out = ctx;
    return 0;
}

/* The rules, in short: a client that was let in under others must not come back by its ticket. */
static int identity_sum_rules(edoi_tls_identity *identity, const edoi_tls_server_setup *setup,
                              const edo_tls_server_opts *opts, const client_files *files) {
    const ASN1_OCTET_STRING *names = cert_names(SSL_CTX_get0_certificate(identity->ctx));
    const edo_buf *texts[] = { &files->roots, &files->crl };
    edo_buf all = { 0 };
    int err = edo_buf_printf(&all, "clients %d, protocols ", (int)opts->clients);
    if (err == 0 && setup->alpn.n > 0) err = edo_buf_append(&all, setup->alpn.wire, setup->alpn.n);
    if (err == 0 && names)
        err = edo_buf_append(&all, ASN1_STRING_get0_data(names), (size_t)ASN1_STRING_length(names));
    for (size_t i = 0; i < EDO_COUNT(texts) && err == 0; i++) {
        err = edo_buf_printf(&all, "; %zu bytes: ", texts[i]->len);
        if (err == 0 && texts[i]->len > 0) err = edo_buf_append(&all, texts[i]->ptr, texts[i]->len);
    }
    if (err == 0 && EVP_Digest(all.ptr, all.len, identity->rules, NULL, EVP_sha256(), NULL) != 1)
        err = edoi_tls_setup_fault(-ENOMEM, "SHA-256");
    edo_buf_deinit(&all);
    return err;
}

/* Has one of the certificates of `ctx` this kind of key? */
static bool ctx_has_kind(SSL_CTX *ctx, X509 *cert) {
    bool has = false;
    for (long at = SSL_CERT_SET_FIRST; !has && SSL_CTX_set_current_cert(ctx, at) == 1;
         at = SSL_CERT_SET_NEXT)
        has = certs_have_same_kind(SSL_CTX_get0_certificate(ctx), cert);
    (void)SSL_CTX_set_current_cert(ctx, SSL_CERT_SET_FIRST);
    return has;
}

/* Moves the pair of `ctx` to a context with the same names and another kind of key, if there is
 * one: then the client chooses by the signatures that it knows. Returns whether there is. */
static bool server_setup_joins(const edoi_tls_server_setup *setup, SSL_CTX *ctx,
                               const edo_tls_pair *pair, int *err) {
    X509 *cert = SSL_CTX_get0_certificate(ctx);
    for (size_t i = 0; i < setup->n; i++) {
        SSL_CTX *other = setup->identities[i].ctx;
        if (!certs_have_same_names(cert, SSL_CTX_get0_certificate(other))) continue;
        if (ctx_has_kind(other, cert)) {
            *err = edo_fail(-EDO_ECERT, "%s: a pair before it has the same names and kind of key",
                            edoi_tls_pair_name(pair));
            return true;
        }
        *err = edoi_tls_pair_add(other, pair);
        (void)SSL_CTX_set_current_cert(other, SSL_CERT_SET_FIRST);
        return true;
    }
    return false;
}

static int server_setup_staple(edoi_tls_server_setup *setup, SSL_CTX *ctx,
                               const edo_tls_pair *pair) {
    STACK_OF(X509) *chain = NULL;
    if (!pair->ocsp) return 0;
    (void)SSL_CTX_get0_chain_certs(ctx, &chain);
    int err = edoi_tls_staple_load(&setup->staples[setup->staples_n], pair->ocsp,
                                   SSL_CTX_get0_certificate(ctx), chain);
    if (err == 0) setup->staples_n++;
    return err;
}

static int server_setup_add(edoi_tls_server_setup *setup, const edo_tls_server *self,
                            const edo_tls_pair *pair, const client_files *files) {
    SSL_CTX *ctx;
    int err = server_ctx_new(&ctx, setup, self, files);
    if (err < 0) return err;
    err = edoi_tls_pair_add(ctx, pair);
    if (err == 0) err = server_setup_staple(setup, ctx, pair);
    if (err == 0 && cert_signs_slowly(SSL_CTX_get0_certificate(ctx))) setup->signs_slowly = true;
    if (err < 0 || server_setup_joins(setup, ctx, pair, &err)) {
        SSL_CTX_free(ctx);
        return err;
    }
    edoi_tls_identity *identity = &setup->identities[setup->n++];
    identity->ctx = ctx; // whose it is now
    err = identity_sum_rules(identity, setup, &self->opts, files);
    return err < 0 ? err : edoi_tls_tickets_use(setup->tickets, ctx);
}

/* Keys of the server's own go on after a reload; those of a file are read again. */
static int server_use_tickets(edoi_tls_server_setup *setup, const edo_tls_server *self) {
    const char *file = self->opts.ticket_keys;
    if (!file && self->setup) setup->tickets = edo_rc_ref(self->setup->tickets);
    return setup->tickets ? 0 : edoi_tls_tickets_new(&setup->tickets, file);
}

int edoi_tls_server_setup_new(edoi_tls_server_setup **out, const edo_tls_server *self) {
    size_t bytes = sizeof(edoi_tls_server_setup) + self->pairs_n * sizeof(edoi_tls_identity);
    edoi_tls_server_setup *setup = edo_rc_new(bytes, server_setup_deinit);
    if (!setup) return -ENOMEM;
    setup->n = 0;
    setup->signs_slowly = false;
    setup->state = edoi_tls_server_look(self);
    setup->alpn = (edoi_tls_alpn){ NULL, 0 };
    setup->tickets = NULL;
    setup->staples = OPENSSL_zalloc(self->pairs_n * sizeof *setup->staples);
    setup->staples_n = 0;
    setup->key_log = self->key_log ? edo_rc_ref(self->key_log) : NULL;
    setup->ask = self->opts.choose ? server_ask : NULL;
    setup->choose = self->opts.choose;
    setup->choose_arg = self->opts.choose_arg;
    client_files files;
    int err = client_files_read(&files, &self->opts);
    if (err == 0 && !setup->staples) err = -ENOMEM;
    if (err == 0) err = edoi_tls_alpn_parse(&setup->alpn, self->opts.alpn);
    if (err == 0) err = server_use_tickets(setup, self);
    for (size_t i = 0; i < self->pairs_n && err == 0; i++)
        err = server_setup_add(setup, self, &self->pairs[i], &files);
    client_files_deinit(&files);
    if (err == 0) {
        *out = setup;
        return 0;
    }
    edo_rc_unref(setup);
    return err;
}
