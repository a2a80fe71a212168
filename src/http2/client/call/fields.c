/* SPDX-License-Identifier: MIT */
/* http2/client/call/fields.c: see fields.h. */
#include "http2/client/call/fields.h"
#include "base/text/decimal.h"
#include "http/client/host.h"
#include "http/h1/trailers.h"
#include "http2/both/block.h"
#include "http2/client/client.h"

#include <edo/error.h>
#include <edo/uri.h>

#include <errno.h>
#include <string.h>

#define OWN_FIELDS 7u /* :method, :scheme, :authority, :path, :protocol, content-length, expect */

/* ---- A list ---------------------------------------------------------------------------------- */

static int fields_begin(edoi_h2_fields *l, size_t most) {
    l->n = l->bytes = 0;
    l->nv = l->own;
    if (most > EDOI_H2_FIELDS_OWN) l->nv = edo_rc_new(most * sizeof *l->nv, NULL);
    return l->nv ? 0 : -ENOMEM;
}

void edoi_h2_fields_deinit(edoi_h2_fields *l) {
    if (l->nv != l->own) edo_rc_unref(l->nv);
}

/* Do fields fit that have `bytes` of names and values? Returns 0 or -EMSGSIZE. */
static int fields_check(size_t n, size_t bytes) {
    if (edoi_h2_block_fits(n, bytes)) return 0;
    return edo_fail(-EMSGSIZE, "the fields are larger than the 64 KiB of HTTP/2");
}

static void fields_put(edoi_h2_fields *l, edo_str name, edo_str value, bool is_secret) {
    l->bytes += name.len + value.len;
    l->nv[l->n++] =
        (nghttp2_nv){ (uint8_t *)(uintptr_t)name.ptr, (uint8_t *)(uintptr_t)value.ptr, name.len,
                      value.len, is_secret ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE };
}

static bool field_is_secret(const edo_header *f) {
    return f->flags & EDO_HEADER_SENSITIVE || f->id == EDO_HEADER_AUTHORIZATION ||
           f->id == EDO_HEADER_PROXY_AUTHORIZATION || f->id == EDO_HEADER_COOKIE ||
           f->id == EDO_HEADER_SET_COOKIE;
}

/* ---- The head -------------------------------------------------------------------------------- */

/* Is this a field of the connection, which HTTP/2 forbids, or one that edo makes? */
static bool field_is_left_out(const edo_header *f) {
    switch (f->id) {
    case EDO_HEADER_CONTENT_LENGTH:
    case EDO_HEADER_TRANSFER_ENCODING:
    case EDO_HEADER_CONNECTION:
    case EDO_HEADER_KEEP_ALIVE:
    case EDO_HEADER_UPGRADE:
    case EDO_HEADER_PROXY_CONNECTION:
    case EDO_HEADER_EXPECT:
    case EDO_HEADER_HOST: return true;
    case EDO_HEADER_TE: return !edo_str_equal(f->value, EDO_STR("trailers"));
    default: return false;
    }
}

static int fields_method(edo_method *method, edo_str *name, const edo_http_request *req) {
    *method = req->method;
    *name = edo_method_name(req->method);
    if (req->method != EDO_METHOD_OTHER) return name->len > 0 ? 0 : -EINVAL;
    *name = req->method_name.len > 0 ? req->method_name : EDO_STR("GET");
    return edo_method_parse(method, *name);
}

/* The :authority: that of the target, Host, or the connection's. */
static int fields_authority(edo_str *out, const edo_uri *uri, const edo_http2 *c,
                            const edo_headers *h) {
    const edo_header *host = h ? edo_headers_next(h, NULL, EDO_HEADER_HOST) : NULL;
    if (host && edo_headers_next(h, host, EDO_HEADER_HOST)) return -EINVAL;
    *out = host ? host->value : (edo_str){ c->host.ptr, c->host.len };
    if (!uri->host.ptr) return 0;
    if (edoi_zone_of(uri->host).len > 0) return -EINVAL;
    const char *end = uri->host.ptr + uri->host.len;
    if (uri->port.len > 0) end = uri->port.ptr + uri->port.len;
    *out = (edo_str){ uri->host.ptr, (size_t)(end - uri->host.ptr) };
    return 0;
}

/* The :path, of a target that is no CONNECT's: path and query lie together. */
static edo_str fields_path(const edo_uri *uri) {
    if (uri->path.len == 0 && !uri->query.ptr) return EDO_STR("/");
    const char *end =
        uri->query.ptr ? uri->query.ptr + uri->query.len : uri->path.ptr + uri->path.len;
    return (edo_str){ uri->path.ptr, (size_t)(end - uri->path.ptr) };
}

/* Names what is spoken through a tunnel: a token, of CONNECT alone. */
static int fields_put_protocol(edoi_h2_fields *l, edo_method method, edo_str protocol) {
    if (protocol.len == 0) return 0;
    if (method != EDO_METHOD_CONNECT || !edo_header_name_is_valid(protocol)) return -EINVAL;
    fields_put(l, EDO_STR(":protocol"), protocol, false);
    return 0;
}

/* The :scheme and the :path of a request that has them. */
static int fields_put_target(edoi_h2_fields *l, const edo_uri *uri, const edo_http2 *c) {
    edo_str scheme = c->opts.is_tls ? EDO_STR("https") : EDO_STR("http");
    edo_str path = fields_path(uri);
    if (path.len == 0 || (path.ptr[0] != '/' && path.ptr[0] != '*')) return -EINVAL;
    fields_put(l, EDO_STR(":scheme"), uri->scheme.len > 0 ? uri->scheme : scheme, false);
    fields_put(l, EDO_STR(":path"), path, false);
    return 0;
}

static int fields_put_pseudo(edoi_h2_fields *l, edo_method *method, const edo_http2 *c,
                             const edo_http_request *req) {
    edo_str name, authority = { NULL, 0 },
                  target = req->target.len > 0 ? req->target : EDO_STR("/");
    edo_uri uri;
    if (fields_method(method, &name, req) < 0) return -EINVAL;
    bool is_extended = *method == EDO_METHOD_CONNECT && req->protocol.len > 0;
    edo_method form = is_extended ? EDO_METHOD_GET : *method; // of the target
    if (edo_uri_parse_target(&uri, form, target) < 0) return -EINVAL;
    if (fields_authority(&authority, &uri, c, req->headers) < 0) return -EINVAL;
    fields_put(l, EDO_STR(":method"), name, false);
    int err = form != EDO_METHOD_CONNECT ? fields_put_target(l, &uri, c) : 0;
    if (err == 0) err = fields_put_protocol(l, *method, req->protocol);
    if (authority.len > 0) fields_put(l, EDO_STR(":authority"), authority, false);
    return err;
}

static void fields_put_headers(edoi_h2_fields *l, const edo_headers *h) {
    const edo_header *f;
    for (size_t i = 0; h && (f = edo_headers_at(h, i)); i++)
        if (!field_is_left_out(f)) fields_put(l, f->name, f->value, field_is_secret(f));
}

/* "content-length: 0" too, of methods whose requests usually have a body (RFC 9110, 8.6). */
static void fields_put_length(edoi_h2_fields *l, edo_method m, const edo_http_request *req) {
    bool is_usual = m == EDO_METHOD_POST || m == EDO_METHOD_PUT || m == EDO_METHOD_PATCH;
    int64_t n = req->length != 0 && req->data.len == 0 ? req->length : (int64_t)req->data.len;
    if (req->data.len > 0 && req->length < 0) n = -1; // more is written behind it
    if (m == EDO_METHOD_CONNECT || n < 0) return;
    if (n == 0 && !req->body && !is_usual) return;
    size_t len = (size_t)(edoi_decimal_print(l->length, (uint64_t)n) - l->length);
    fields_put(l, EDO_STR("content-length"), (edo_str){ l->length, len }, false);
}

int edoi_h2_fields_of_request(edoi_h2_fields *l, edo_method *method, const edo_http2 *c,
                              const edo_http_request *req) {
    size_t most = (req->headers ? edo_headers_count(req->headers) : 0) + OWN_FIELDS;
    int err = fields_begin(l, most);
    if (err < 0) return err;
    err = fields_put_pseudo(l, method, c, req);
    fields_put_headers(l, req->headers);
    fields_put_length(l, *method, req);
    bool has_body = req->body || req->data.len > 0;
    if (req->expect_continue && has_body)
        fields_put(l, EDO_STR("expect"), EDO_STR("100-continue"), false);
    if (err == 0) err = fields_check(l->n, l->bytes);
    if (err < 0) edoi_h2_fields_deinit(l);
    return err;
}

/* ---- Trailers -------------------------------------------------------------------------------- */

static char *fields_copy(char **to, edo_str text) {
    char *copy = *to;
    memcpy(copy, text.ptr, text.len);
    *to += text.len;
    return copy;
}

int edoi_h2_fields_of_trailers(nghttp2_nv **out, size_t *n, const edo_headers *trailers) {
    const edo_header *f;
    size_t count = 0, bytes = 0;
    *out = NULL;
    *n = 0;
    for (size_t i = 0; trailers && (f = edo_headers_at(trailers, i)); i++) {
        if (edoi_trailer_is_forbidden(f)) continue;
        count++;
        bytes += f->name.len + f->value.len;
    }
    if (count == 0) return 0;
    if (fields_check(count, bytes) < 0) return -EMSGSIZE;
    nghttp2_nv *nv = edo_rc_new(count * sizeof *nv + bytes, NULL);
    if (!nv) return -ENOMEM;
    char *to = (char *)(nv + count);
    for (size_t i = 0; (f = edo_headers_at(trailers, i)); i++) {
        if (edoi_trailer_is_forbidden(f)) continue;
        uint8_t *name = (uint8_t *)fields_copy(&to, f->name);
        uint8_t *value = (uint8_t *)fields_copy(&to, f->value);
        nv[(*n)++] =
            (nghttp2_nv){ name, value, f->name.len, f->value.len,
                          field_is_secret(f) ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE };
    }
    *out = nv;
    return 0;
}
