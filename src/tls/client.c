/* SPDX-License-Identifier: MIT */
/* tls/client.c: the configuration of clients, and the handshake of a client. */
#include "base/opts.h"
#include "tls/key_log.h"
#include "tls/ops.h"
#include "tls/pins.h"
#include "tls/sessions.h"
#include "tls/setup.h"
#include "tls/staple.h"
#include "tls/stream/count.h"
#include "tls/stream/fault.h"

#include <edo/blocking.h>
#include <edo/scope.h>

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#define HANDSHAKE edo_s(10)
#define HOST_MAX  253 /* bytes of a name in DNS */

struct edo_tls_client {
    edoi_tls_client_head head; /* const */
    SSL_CTX *ctx;              /* const */
    edo_duration handshake;    /* const */
    edoi_tls_pins pins;        /* const */
    bool is_unchecked;         /* const: any certificate will do, if pins and program say so */
    bool needs_staple;         /* const */
    bool has_alpn, has_h2;     /* const: it says what is offered; HTTP/2 is among that */
    edoi_tls_key_log *key_log; /* const; counted; NULL: none */
    edo_tls_verify_fn *verify; /* const; NULL: none */
    void *verify_arg;          /* const */
    edoi_tls_counts counts;    /* const */
    edoi_tls_sessions sessions;
};

static int client_connect_http(edo_stream **out, edo_stream *below, const char *host,
                               edo_tls_client *tls, bool no_cert, bool *is_http2);
static bool client_has_cert(const edo_tls_client *tls);

/* ---- The configuration ----------------------------------------------------------------------- */

static void client_deinit(void *arg) {
    edo_tls_client *self = arg;
    SSL_CTX_free(self->ctx);
    edo_rc_unref(self->key_log);
    edoi_tls_counts_deinit(&self->counts);
    edoi_tls_pins_deinit(&self->pins);
    edoi_tls_sessions_deinit(&self->sessions);
}

/* Called for each certificate of a server; OpenSSL goes on if it returns 1. */
static int client_on_cert(int ok, X509_STORE_CTX *store) {
    if (ok || edoi_tls_may_lack_crl(store)) return 1;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    const edoi_tls *self = edoi_tls_of_ssl(ssl);
    (void)edoi_tls_cert_fault(X509_STORE_CTX_get_error(store),
                              X509_STORE_CTX_get_current_cert(store), self->host);
    return 0;
}

/* Is the chain that was checked pinned? Without a check it is the certificate alone: the server can
 * show any others. Called for a chain that is trusted otherwise. */
static int client_check_pins(const edo_tls_client *client, X509_STORE_CTX *store) {
    STACK_OF(X509) *alone = client->is_unchecked ? sk_X509_new_null() : NULL;
    X509 *leaf = X509_STORE_CTX_get0_cert(store);
    if (client->is_unchecked && (!alone || sk_X509_push(alone, leaf) <= 0)) {
        sk_X509_free(alone);
        return -ENOMEM;
    }
    int fits = edoi_tls_pins_fit(&client->pins, alone ? alone : X509_STORE_CTX_get0_chain(store));
    sk_X509_free(alone);
    if (fits != 0) return fits < 0 ? fits : 0;
    char name[EDO_TRAIL_TEXT_MAX];
    edoi_tls_names_print(name, sizeof name, leaf, 1);
    return edo_fail(-EDO_ECERT, "no key in the chain of %.80s is pinned",
                    name[0] ? name : "(no name)");
}

/* All but what the program says. Returns 0 or a code. */
static int client_check_chain(const edo_tls_client *client, X509_STORE_CTX *store) {
    int ok = client->is_unchecked ? 1 : X509_verify_cert(store);
    if (ok != 1) return ok < 0 ? -ENOMEM : -EDO_ECERT; // client_on_cert() has told
    return client->pins.keys.len > 0 ? client_check_pins(client, store) : 0;
}

/* OpenSSL has the server's chain. Called a second time when the program has had its say. */
static int client_on_chain(X509_STORE_CTX *store, void *arg) {
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    edoi_tls *self = edoi_tls_of_ssl(ssl);
    const edo_tls_client *client = self->setup;
    (void)arg;
    if (self->verdict == 0) {
        int err = client_check_chain(client, store);
        if (err < 0) self->verdict = err;
        if (err == 0 && client->verify) return SSL_set_retry_verify(ssl), 1;
    }
    bool refuses = self->verdict < 0;
    if (!refuses) {
        X509_STORE_CTX_set_error(store, X509_V_OK);
    } else if (X509_STORE_CTX_get_error(store) == X509_V_OK) {
        X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    }
    return !refuses;
}

/* The program's say, in the task of the handshake. */
static int client_ask(edoi_tls *self) {
    const edo_tls_client *client = self->setup;
    edo_tls_peer peer;
    int err = edo_tls_get_peer(&self->base, &peer);
    if (err == 0) err = client->verify(client->verify_arg, &peer, self->host);
    if (err >= 0) return 1;
    const char *what = err == -ECANCELED ? "was asked about" : "refused"; // it had to stop
    return edo_fail(err, "the program %s the certificate of %.100s", what, self->host);
}

/* Reads a file for `add`, roots or lists of revoked certificates. */
static int client_add_file(SSL_CTX *ctx, const char *file,
                           int (*add)(X509_STORE *store, edo_str pem, const char *name)) {
    edo_buf pem = { 0 };
    int err = edoi_tls_read_file(&pem, file);
    if (err == 0) err = add(SSL_CTX_get_cert_store(ctx), (edo_str){ pem.ptr, pem.len }, file);
    edo_buf_deinit(&pem);
    return err;
}

static int client_set_roots(SSL_CTX *ctx, const edo_tls_client_opts *opts) {
    int err = 0;
    if (!opts->roots && opts->roots_pem.len == 0)
        return SSL_CTX_set_default_verify_paths(ctx) == 1
                   ? 0
                   : edoi_tls_setup_fault(-EDO_ECERT, "the roots of the system");
    if (opts->roots) err = client_add_file(ctx, opts->roots, edoi_tls_roots_add);
    if (err == 0 && opts->roots_pem.len > 0)
        err = edoi_tls_roots_add(SSL_CTX_get_cert_store(ctx), opts->roots_pem,
                                 "the roots given as a text");
    return err;
}

static int client_set_crl(SSL_CTX *ctx, const edo_tls_client_opts *opts) {
    if (!opts->crl) return 0;
    if (opts->dangerous_no_verify)
        return edo_fail(-EINVAL, "crl of a certificate that is not verified");
    return client_add_file(ctx, opts->crl, edoi_tls_crls_add);
}

static int client_set_alpn(SSL_CTX *ctx, const char *text) {
    edoi_tls_alpn alpn;
    int err = edoi_tls_alpn_parse(&alpn, text);
    if (err == 0 && alpn.n > 0 && SSL_CTX_set_alpn_protos(ctx, alpn.wire, alpn.n) != 0)
        err = edoi_tls_setup_fault(-EINVAL, "ALPN");
    OPENSSL_free(alpn.wire);
    return err;
}

/* Is "h2" one of the protocols, which were checked? */
static bool client_has_h2(const char *alpn) {
    while (alpn && *alpn) {
        size_t n = strcspn(alpn, ",");
        if (n == 2 && memcmp(alpn, "h2", 2) == 0) return true;
        alpn += alpn[n] ? n + 1 : n;
    }
    return false;
}

static int client_set_pair(SSL_CTX *ctx, const edo_tls_client_opts *opts) {
    if (!opts->cert && !opts->key) return 0;
    if (!opts->cert) return edo_fail(-EINVAL, "a key without a certificate");
    return edoi_tls_pair_add(ctx, &(edo_tls_pair){ .cert = opts->cert, .key = opts->key });
}

/* OpenSSL has all that the server has sent before its Finished, also if it shows no response.
 * Returns 1: the handshake goes on. */
static int client_on_staple(SSL *ssl, void *arg) {
    edoi_tls *self = edoi_tls_of_ssl(ssl);
    (void)arg;
    // nothing is shown then: the session was begun with a response, and ends with that
    if (SSL_session_reused(ssl)) return 1;
    int err = edoi_tls_staple_verify(ssl, &self->until_s);
    if (err < 0) self->verdict = err;
    return err == 0;
}

static int client_set_staple(SSL_CTX *ctx, const edo_tls_client_opts *opts) {
    if (!opts->require_staple) return 0;
    if (opts->dangerous_no_verify)
        return edo_fail(-EINVAL, "require_staple of a certificate that is not verified");
    bool is_set = SSL_CTX_set_tlsext_status_type(ctx, TLSEXT_STATUSTYPE_ocsp) == 1 &&
                  SSL_CTX_set_tlsext_status_cb(ctx, client_on_staple) == 1;
    return is_set ? 0 : -ENOMEM;
}

static int client_set_all(SSL_CTX *ctx, const edo_tls_client_opts *opts) {
    bool is_asked = opts->pins || opts->verify;
    int mode = opts->dangerous_no_verify && !is_asked ? SSL_VERIFY_NONE : SSL_VERIFY_PEER;
    SSL_CTX_set_verify(ctx, mode, opts->dangerous_no_verify ? NULL : client_on_cert);
    if (is_asked) SSL_CTX_set_cert_verify_callback(ctx, client_on_chain, NULL);
    int err = client_set_roots(ctx, opts);
    if (err == 0) err = client_set_crl(ctx, opts);
    if (err == 0) err = client_set_alpn(ctx, opts->alpn);
    if (err == 0) err = client_set_staple(ctx, opts);
    if (err == 0) err = client_set_pair(ctx, opts);
    return err;
}

/* A session is good as long as what its server was checked by when it was made: the certificate,
 * and the OCSP response, if one is required. The other end shows neither when it is resumed. */
static int64_t client_session_end(const edoi_tls *self, const edo_tls_client *client) {
    const X509 *leaf = SSL_get0_peer_certificate(self->ssl);
    int64_t leaf_until_s, until_s = client->needs_staple ? self->until_s : INT64_MAX;
    if (SSL_session_reused(self->ssl)) return self->until_s; // as before
    if (client->is_unchecked || !leaf) return until_s;
    bool is_read = edoi_tls_wall_of(&leaf_until_s, X509_get0_notAfter(leaf));
    return is_read && leaf_until_s < until_s ? leaf_until_s : until_s;
}

/* The server has sent a ticket. Called with `mu` of the stream held. Returns 0: OpenSSL's reference
 * stays OpenSSL's. */
static int client_on_session(SSL *ssl, SSL_SESSION *session) {
    const edoi_tls *self = edoi_tls_of_ssl(ssl);
    edo_tls_client *client = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    if (self->server)
        edoi_tls_sessions_put(&client->sessions, self->server, session,
                              client_session_end(self, client));
    return 0;
}

static void client_keep_sessions(edo_tls_client *self) {
    (void)SSL_CTX_set_session_cache_mode(self->ctx,
                                         SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(self->ctx, client_on_session);
}

static int client_init(edo_tls_client *self, const edo_tls_client_opts *opts) {
    const edoi_tls_limits limits = { opts->version_min, opts->version_max };
    int err = edoi_tls_ctx_new(&self->ctx, TLS_client_method(), &limits);
    if (err == 0 && SSL_CTX_set_app_data(self->ctx, self) != 1) err = -ENOMEM;
    if (err == 0) err = client_set_all(self->ctx, opts);
    if (err == 0) err = edoi_tls_pins_parse(&self->pins, opts->pins);
    if (err == 0) err = edoi_tls_key_log_open(&self->key_log, opts->key_log);
    if (err == 0) err = edoi_tls_key_log_use(self->key_log, self->ctx);
    if (err == 0) err = edoi_tls_counts_init(&self->counts, EDO_STR("client"), opts->metrics);
    if (err < 0) return err;
    client_keep_sessions(self);
    return 0;
}

int edo_tls_client_new(edo_tls_client **out, const edo_tls_client_opts *opts) {
    static const edo_tls_client_opts none = { 0 };
    if (!opts) opts = &none;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved)))
        return edo_fail(-EINVAL, "reserved options of a TLS client");
    edo_tls_client *self = edo_rc_new(sizeof *self, client_deinit);
    if (!self) return -ENOMEM;
    static const edoi_tls_client_ops ops = { .connect_over = edo_tls_connect_over,
                                             .connect_http = client_connect_http,
                                             .has_cert = client_has_cert,
                                             .alpn = edoi_tls_agreed_alpn };
    memset(self, 0, sizeof *self);
    self->head.ops = &ops;
    self->handshake = opts->handshake.ns == 0 ? HANDSHAKE : opts->handshake;
    self->is_unchecked = opts->dangerous_no_verify;
    self->needs_staple = opts->require_staple;
    self->has_alpn = opts->alpn != NULL;
    self->has_h2 = client_has_h2(opts->alpn);
    self->verify = opts->verify;
    self->verify_arg = opts->verify_arg;
    edoi_tls_sessions_init(&self->sessions);
    int err = client_init(self, opts);
    if (err < 0) {
        edo_rc_unref(self);
        return err;
    }
    *out = self;
    return 0;
}

edo_tls_client *edo_tls_client_ref(edo_tls_client *tls) {
    return edo_rc_ref(tls);
}

void edo_tls_client_unref(edo_tls_client *tls) {
    edo_rc_unref(tls);
}

/* ---- A connection ---------------------------------------------------------------------------- */

/* An address in numbers? Its certificate names it as such, and it is not told to the server. */
static bool host_is_number(const char *host) {
    unsigned char bytes[16];
    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

/* The bytes of a host without its zone: "fe80::1%eth0" is fe80::1 in its certificate, as interfaces
 * of this machine mean nothing to others. */
static size_t host_bytes(const char *host) {
    size_t n = strcspn(host, "%");
    return memchr(host, ':', n) ? n : strlen(host);
}

/* A name may end with a dot, which its certificate has not. */
static char *host_copy(const char *host, size_t n) {
    if (n > 1 && host[n - 1] == '.') n--;
    return OPENSSL_strndup(host, n);
}

static int client_set_host(edoi_tls *self, const char *host) {
    size_t n = host_bytes(host);
    static const char in_names[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                   "-._:"; // ":" in addresses of IPv6
    if (n == 0 || strlen(host) > HOST_MAX + 1 || host[0] == '.' || strspn(host, in_names) != n)
        return edo_fail(-EINVAL, "the name of a TLS server");
    self->host = host_copy(host, n);
    if (!self->host) return -ENOMEM;
    ERR_clear_error();
    if (host_is_number(self->host)) {
        X509_VERIFY_PARAM *param = SSL_get0_param(self->ssl);
        return X509_VERIFY_PARAM_set1_ip_asc(param, self->host) == 1 ? 0 : -ENOMEM;
    }
    SSL_set_hostflags(self->ssl,
                      X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    bool is_set = SSL_set1_host(self->ssl, self->host) == 1 &&
                  SSL_set_tlsext_host_name(self->ssl, self->host) == 1;
    return is_set ? 0 : -ENOMEM; // the name was looked at
}

/* Offers a session of the server to be resumed, if one is there. */
static int client_resume(edoi_tls *self, edo_tls_client *tls, const char *server) {
    self->server = OPENSSL_strdup(server);
    if (!self->server) return -ENOMEM;
    SSL_SESSION *session = edoi_tls_sessions_take(&tls->sessions, server, &self->until_s);
    if (session) (void)SSL_set_session(self->ssl, session); // if it fails: a full handshake
    SSL_SESSION_free(session);
    return 0;
}

/* What HTTP offers in place of the configuration's protocols; NULL: those. */
static const unsigned char *client_alpn_of_http(const edo_tls_client *tls, bool may_be_http2,
                                                unsigned *n) {
    static const unsigned char both[] = "\2h2\x08http/1.1", *one = both + 3;
    *n = may_be_http2 ? sizeof both - 1 : sizeof both - 1 - 3;
    if (tls->has_alpn && (may_be_http2 || !tls->has_h2)) return NULL;
    return may_be_http2 ? both : one;
}

/* What a handshake is for. */
typedef struct client_goal {
    const char *host;
    const char *server;        /* what sessions are kept by: the host, with the port if that is
                                  known, the protocols that are offered, if not those of the
                                  configuration, and whether a certificate is shown */
    const unsigned char *alpn; /* NULL: as the configuration says */
    unsigned alpn_n;
    bool no_cert;
} client_goal;

static int client_prepare(edoi_tls *self, edo_tls_client *tls, const client_goal *goal) {
    SSL_set_connect_state(self->ssl);
    self->ask = client_ask;
    if (goal->no_cert) SSL_certs_clear(self->ssl);
    int err = client_set_host(self, goal->host);
    if (err == 0) err = client_resume(self, tls, goal->server);
    bool is_refused =
        err == 0 && goal->alpn && SSL_set_alpn_protos(self->ssl, goal->alpn, goal->alpn_n) != 0;
    return is_refused ? -ENOMEM : err;
}

static int client_connect_over(edo_stream **out, edo_stream *below, edo_tls_client *tls,
                               const client_goal *goal) {
    edoi_tls *self;
    int err = edoi_tls_stream_new(&self, below, tls->ctx, tls);
    if (err < 0) {
        edo_close(below);
        return err;
    }
    err = client_prepare(self, tls, goal);
    if (err < 0) {
        edo_close(&self->base);
        return err;
    }
    const edo_instant begun = edoi_tls_counts_begin(&tls->counts);
    err = edoi_tls_handshake(self, tls->handshake, EDO_STR(""));
    edoi_tls_counts_end(&tls->counts, begun, err == 0 ? self->ssl : NULL, err);
    if (err == 0) *out = &self->base;
    return err;
}

int edo_tls_connect_over(edo_stream **out, edo_stream *below, const char *host,
                         edo_tls_client *tls) {
    if (edoi_tls_misused(below, tls)) return -EDO_EMISUSE;
    const client_goal goal = { .host = host, .server = host };
    return client_connect_over(out, below, tls, &goal);
}

static bool client_has_cert(const edo_tls_client *tls) {
    return SSL_CTX_get0_certificate(tls->ctx) != NULL;
}

static int client_connect_http(edo_stream **out, edo_stream *below, const char *host,
                               edo_tls_client *tls, bool no_cert, bool *is_http2) {
    char server[HOST_MAX + 1 + sizeof " h2,http/1.1 without a certificate"]; // no host has blanks
    unsigned n;
    const unsigned char *chosen = NULL;
    if (edoi_tls_misused(below, tls)) return -EDO_EMISUSE;
    client_goal goal = { .host = host, .server = server, .no_cert = no_cert };
    goal.alpn = client_alpn_of_http(tls, is_http2, &goal.alpn_n);
    const char *offered = !goal.alpn ? "" : is_http2 ? " h2,http/1.1" : " http/1.1";
    (void)snprintf(server, sizeof server, "%s%s%s", host, offered,
                   no_cert ? " without a certificate" : "");
    int err = client_connect_over(out, below, tls, &goal);
    if (err < 0 || !is_http2) return err;
    SSL_get0_alpn_selected(edoi_tls_of(*out)->ssl, &chosen, &n);
    *is_http2 = n == 2 && memcmp(chosen, "h2", 2) == 0;
    return 0;
}

/* Cuts the host out of "host:port" or "[::1]:port". */
static int host_of_addr(char host[HOST_MAX + 2], const char *addr) {
    const char *begin = addr[0] == '[' ? addr + 1 : addr;
    const char *end = addr[0] == '[' ? strchr(addr, ']') : strrchr(addr, ':');
    if (!end || end <= begin || (size_t)(end - begin) > HOST_MAX + 1)
        return edo_fail(-EINVAL, "%.100s is no address of a TLS server", addr);
    memcpy(host, begin, (size_t)(end - begin));
    host[end - begin] = '\0';
    return 0;
}

int edo_tls_connect(edo_stream **out, const char *addr, edo_tls_client *tls,
                    const edo_tls_connect_opts *opts) {
    static const edo_tls_connect_opts none = { 0 };
    if (EDO_MISUSE(!tls, "a TLS configuration is used that is NULL")) return -EDO_EMISUSE;
    if (!opts) opts = &none;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved)))
        return edo_fail(-EINVAL, "reserved options of a TLS connection");
    char host[HOST_MAX + 2], server[3 * HOST_MAX];
    int err = opts->name ? 0 : host_of_addr(host, addr);
    edo_stream *below = NULL;
    if (err == 0) err = edo_tcp_connect(&below, addr, opts->tcp);
    if (err < 0) return err;
    const char *name = opts->name ? opts->name : host;
    (void)snprintf(server, sizeof server, "%s %s", name, addr); // both: it was checked for the name
    const client_goal goal = { .host = name, .server = server };
    return client_connect_over(out, below, tls, &goal);
}

/* ---- The system's roots ---------------------------------------------------------------------- */

static int client_read_roots(void *out) {
    return edo_tls_client_new(out, NULL);
}

static int client_load(void **out, void *arg) {
    (void)arg;
    EDO_SHIELD(whole, edo_ns(-1)); // what is made would be lost
    int err = edo_blocking(client_read_roots, out);
    return edo_shield_end(&whole, err);
}

const edoi_tls_ops edoi_tls_library = { .load_client = client_load };
