/* SPDX-License-Identifier: MIT */
/* tls/stream/info.c: what a handshake has agreed on, and who the other end is. */
#include "tls/stream/fault.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <string.h>

edo_str edoi_tls_agreed_alpn(edo_stream *s) {
    const edoi_tls *self = edoi_tls_of(s);
    const unsigned char *name = NULL;
    unsigned len = 0;
    if (self) SSL_get0_alpn_selected(self->ssl, &name, &len);
    return (edo_str){ (const char *)name, len };
}

int edo_tls_get_info(edo_stream *s, edo_tls_info *out) {
    edoi_tls *self = edoi_tls_of(s);
    if (!self) return -ENOTSUP;
    edoi_tls_lock(self);
    const unsigned char *alpn;
    unsigned alpn_n;
    SSL_get0_alpn_selected(self->ssl, &alpn, &alpn_n);
    const char *name = SSL_get_servername(self->ssl, TLSEXT_NAMETYPE_host_name);
    *out = (edo_tls_info){
        .version = SSL_version(self->ssl) == TLS1_3_VERSION ? EDO_TLS_1_3 : EDO_TLS_1_2,
        .suite = SSL_get_cipher_name(self->ssl),
        .alpn = { (const char *)alpn, alpn_n },
        .server_name = edo_str_of(name ? name : ""),
        .is_resumed = SSL_session_reused(self->ssl) == 1,
    };
    edoi_tls_unlock(self);
    return 0;
}

/* ---- The other end --------------------------------------------------------------------------- */

/* A peer, its names, and behind them all bytes of its texts. */
typedef struct edoi_tls_peer {
    edo_tls_peer shown;
    edo_str names[EDO_TLS_NAMES_MAX];
    char bytes[];
} edoi_tls_peer;

/* Where in the bytes a text lies, until they have a place. */
typedef struct text_at {
    size_t at, len;
} text_at;

typedef struct peer_texts {
    edo_buf bytes;
    text_at subject, issuer, names[EDO_TLS_NAMES_MAX];
    size_t names_n;
} peer_texts;

static int peer_add_dn(peer_texts *t, text_at *out, X509_NAME *name) {
    BIO *bio = BIO_new(BIO_s_mem());
    if (!bio) return -ENOMEM;
    char *text = NULL;
    int err = X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) < 0 ? -ENOMEM : 0;
    long n = BIO_get_mem_data(bio, &text);
    *out = (text_at){ t->bytes.len, n > 0 ? (size_t)n : 0 };
    if (err == 0 && n > 0) err = edo_buf_append(&t->bytes, text, (size_t)n);
    BIO_free(bio);
    return err;
}

static int peer_add_ip(peer_texts *t, const unsigned char *bytes, int n) {
    char text[INET6_ADDRSTRLEN];
    if (n != 4 && n != 16) return 0;
    (void)inet_ntop(n == 4 ? AF_INET : AF_INET6, bytes, text, sizeof text);
    return edo_buf_printf(&t->bytes, "IP:%s", text);
}

static int peer_add_name(peer_texts *t, const GENERAL_NAME *name) {
    int type;
    const ASN1_STRING *text = GENERAL_NAME_get0_value(name, &type);
    const char *kind = type == GEN_DNS ? "DNS" : type == GEN_URI ? "URI" : "email";
    size_t at = t->bytes.len;
    int err = 0;
    if (type == GEN_IPADD) {
        err = peer_add_ip(t, ASN1_STRING_get0_data(text), ASN1_STRING_length(text));
    } else if (type == GEN_DNS || type == GEN_URI || type == GEN_EMAIL) {
        err = edo_buf_printf(&t->bytes, "%s:", kind);
        if (err == 0)
            err = edo_buf_append(&t->bytes, ASN1_STRING_get0_data(text),
                                 (size_t)ASN1_STRING_length(text));
    }
    if (err == 0 && t->bytes.len > at) t->names[t->names_n++] = (text_at){ at, t->bytes.len - at };
    return err;
}

static int peer_gather(peer_texts *t, X509 *cert) {
    int err = peer_add_dn(t, &t->subject, X509_get_subject_name(cert));
    if (err == 0) err = peer_add_dn(t, &t->issuer, X509_get_issuer_name(cert));
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; err == 0 && names && i < sk_GENERAL_NAME_num(names); i++) {
        if (t->names_n == EDO_TLS_NAMES_MAX) break;
        err = peer_add_name(t, sk_GENERAL_NAME_value(names, i));
    }
    GENERAL_NAMES_free(names);
    return err;
}

static edo_str peer_text(const edoi_tls_peer *memory, text_at t) {
    return (edo_str){ memory->bytes + t.at, t.len };
}

/* Called with `mu` held. */
static int peer_make(edoi_tls *self, X509 *cert) {
    peer_texts *t = OPENSSL_zalloc(sizeof *t);
    int err = t ? peer_gather(t, cert) : -ENOMEM;
    edoi_tls_peer *memory = NULL;
    if (err == 0) memory = edo_rc_new(sizeof *memory + t->bytes.len, NULL);
    if (err == 0 && !memory) err = -ENOMEM;
    if (err == 0) {
        memcpy(memory->bytes, t->bytes.ptr, t->bytes.len);
        for (size_t i = 0; i < t->names_n; i++) memory->names[i] = peer_text(memory, t->names[i]);
        memory->shown = (edo_tls_peer){ .subject = peer_text(memory, t->subject),
                                        .issuer = peer_text(memory, t->issuer),
                                        .names = memory->names,
                                        .names_n = t->names_n };
        (void)X509_digest(cert, EVP_sha256(), memory->shown.sha256, NULL);
        self->peer = memory;
    }
    if (t) edo_buf_deinit(&t->bytes);
    OPENSSL_free(t);
    return err;
}

/* Before the end of a client's handshake there is only the chain that the server has shown. */
static X509 *peer_cert(const edoi_tls *self) {
    X509 *cert = SSL_get0_peer_certificate(self->ssl);
    const STACK_OF(X509) *shown = cert ? NULL : SSL_get_peer_cert_chain(self->ssl);
    return shown ? sk_X509_value(shown, 0) : cert;
}

int edo_tls_get_peer(edo_stream *s, edo_tls_peer *out) {
    edoi_tls *self = edoi_tls_of(s);
    if (!self) return -ENOTSUP;
    edoi_tls_lock(self);
    X509 *cert = peer_cert(self);
    int err = cert ? 0 : -ENOENT;
    if (err == 0 && !self->peer) err = peer_make(self, cert);
    if (err == 0) *out = self->peer->shown;
    edoi_tls_unlock(self);
    return err;
}

int edo_tls_export(edo_stream *s, void *out, size_t n, edo_str label, edo_str context) {
    edoi_tls *self = edoi_tls_of(s);
    if (!self) return -ENOTSUP;
    edoi_tls_lock(self);
    ERR_clear_error();
    int ok = SSL_export_keying_material(self->ssl, out, n, label.ptr, label.len,
                                        (const unsigned char *)context.ptr, context.len,
                                        context.ptr != NULL);
    int err = ok == 1 ? 0 : edoi_tls_setup_fault(-EDO_ETLS, "keying material");
    edoi_tls_unlock(self);
    return err;
}
