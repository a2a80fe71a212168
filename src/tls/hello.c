/* SPDX-License-Identifier: MIT */
/* tls/hello.c: see hello.h. */
#include "tls/hello.h"
#include "base/text/ascii.h"

#include <edo/binary.h>

#include <string.h>

/* ---- Extensions ------------------------------------------------------------------------------ */

/* What lies behind a length of 1 or 2 bytes; empty if it is not as long as that says. */
static edo_str hello_list(edo_str s, size_t length_bytes) {
    edo_str none = { NULL, 0 };
    if (s.len < length_bytes) return none;
    size_t n = length_bytes == 2 ? edo_load_u16be(s.ptr) : (unsigned char)s.ptr[0];
    return n == s.len - length_bytes ? (edo_str){ s.ptr + length_bytes, n } : none;
}

/* A list of one name of a host (RFC 6066, section 3). Some clients leave a dot at its end. */
static edo_str hello_name(const edoi_tls_hello_parts *parts) {
    edo_str none = { NULL, 0 }, list = hello_list(parts->name, 2);
    if (list.len < 3 || list.ptr[0] != TLSEXT_NAMETYPE_host_name) return none;
    edo_str name = hello_list((edo_str){ list.ptr + 1, list.len - 1 }, 2);
    bool is_text =
        name.len > 0 && name.len <= EDOI_TLS_HELLO_NAME_MAX && !memchr(name.ptr, '\0', name.len);
    if (!is_text) return none;
    if (name.len > 1 && name.ptr[name.len - 1] == '.') name.len--;
    return name;
}

char *edoi_tls_hello_name(const edoi_tls_hello_parts *parts) {
    edo_str name = hello_name(parts);
    char *copy = OPENSSL_strndup(name.len > 0 ? name.ptr : "", name.len);
    for (char *at = copy; at && *at; at++)
        if (*at >= 'A' && *at <= 'Z') *at += 'a' - 'A';
    return copy;
}

bool edoi_tls_hello_is_for(const edoi_tls_hello_parts *parts, const char *name) {
    return edoi_equal_nocase(hello_name(parts), edo_str_of(name));
}

/* Is one of `wanted` in a list of numbers of 16 bits? */
static bool hello_list_has(edo_str list, const unsigned *wanted, size_t n) {
    for (size_t at = 0; at + 2 <= list.len; at += 2)
        for (size_t i = 0; i < n; i++)
            if (edo_load_u16be(list.ptr + at) == wanted[i]) return true;
    return false;
}

/* RFC 8446, 4.2.1: with the extension it alone counts. */
static void hello_add_versions(edo_tls_hello *out, const edoi_tls_hello_parts *parts) {
    const unsigned v12 = TLS1_2_VERSION, v13 = TLS1_3_VERSION;
    edo_str list = hello_list(parts->versions, 1);
    bool has_list = parts->versions.len > 0;
    out->has_1_2 =
        has_list ? hello_list_has(list, &v12, 1) : parts->legacy_version >= TLS1_2_VERSION;
    out->has_1_3 = has_list && hello_list_has(list, &v13, 1);
}

/* Schemes of RFC 8446, 4.2.3, but those with SHA-1. */
static void hello_add_keys(edo_tls_hello *out, const edoi_tls_hello_parts *parts) {
    static const unsigned rsa[] = { 0x0401, 0x0501, 0x0601, 0x0804, 0x0805, 0x0806 };
    static const unsigned ecdsa[] = { 0x0403, 0x0503, 0x0603 };
    static const unsigned ed25519[] = { 0x0807 };
    edo_str list = hello_list(parts->signatures, 2);
    out->knows_rsa = hello_list_has(list, rsa, EDO_COUNT(rsa));
    out->knows_ecdsa = hello_list_has(list, ecdsa, EDO_COUNT(ecdsa));
    out->knows_ed25519 = hello_list_has(list, ed25519, EDO_COUNT(ed25519));
}

/* RFC 7301, 3.1: the names lie in a copy of the list. */
static void hello_add_alpn(edoi_tls_hello *self, const char *copy, size_t n) {
    for (size_t at = 0; at < n && self->shown.alpn_n < EDO_TLS_HELLO_ALPN_MAX;) {
        size_t len = (unsigned char)copy[at];
        if (len == 0 || len > n - at - 1) return;
        self->alpn[self->shown.alpn_n++] = (edo_str){ copy + at + 1, len };
        at += 1 + len;
    }
}

/* Is the protocol in a list of such? */
static bool hello_list_offers(edo_str list, edo_str protocol) {
    for (size_t at = 0, len; at < list.len; at += 1 + len) {
        len = (unsigned char)list.ptr[at];
        if (len == 0 || len > list.len - at - 1) return false;
        if (edo_str_equal((edo_str){ list.ptr + at + 1, len }, protocol)) return true;
    }
    return false;
}

edo_str edoi_tls_hello_protocol(const edoi_tls_hello_parts *parts, const edoi_tls_alpn *own) {
    edo_str list = hello_list(parts->alpn, 2);
    for (size_t at = 0; at < own->n; at += 1u + own->wire[at]) {
        edo_str protocol = { (const char *)own->wire + at + 1, own->wire[at] };
        if (hello_list_offers(list, protocol)) return protocol;
    }
    return (edo_str){ NULL, 0 };
}

/* ---- A hello --------------------------------------------------------------------------------- */

edoi_tls_hello *edoi_tls_hello_new(const edoi_tls_hello_parts *parts, const char *name) {
    edo_str alpn = hello_list(parts->alpn, 2);
    edoi_tls_hello *self = OPENSSL_malloc(sizeof *self + alpn.len);
    if (!self) return NULL;
    self->shown = (edo_tls_hello){ .server_name = edo_str_of(name), .alpn = self->alpn };
    if (alpn.len > 0) memcpy(self->bytes, alpn.ptr, alpn.len);
    hello_add_alpn(self, self->bytes, alpn.len);
    hello_add_versions(&self->shown, parts);
    hello_add_keys(&self->shown, parts);
    return self;
}

static edo_str hello_ext(SSL *ssl, unsigned type) {
    const unsigned char *at;
    size_t n;
    edo_str none = { NULL, 0 };
    bool is_there = SSL_client_hello_get0_ext(ssl, type, &at, &n) == 1;
    return is_there ? (edo_str){ (const char *)at, n } : none;
}

edoi_tls_hello_parts edoi_tls_hello_parts_of(SSL *ssl) {
    return (edoi_tls_hello_parts){
        .name = hello_ext(ssl, TLSEXT_TYPE_server_name),
        .alpn = hello_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation),
        .versions = hello_ext(ssl, TLSEXT_TYPE_supported_versions),
        .signatures = hello_ext(ssl, TLSEXT_TYPE_signature_algorithms),
        .legacy_version = SSL_client_hello_get0_legacy_version(ssl),
    };
}
