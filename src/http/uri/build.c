/* SPDX-License-Identifier: MIT */
/* http/uri/build.c: puts the parts of a URI together: as they are, resolved, normalised. Each
 * function first makes room for the longest result, so that a failure changes nothing. */
#include <edo/uri.h>

#include "base/assert.h"
#include "base/text/hex.h"
#include "http/types/bytes_of.h"
#include "http/uri/dots.h"

#define DELIMITERS 16u /* bytes, at least, of the delimiters between all parts */

static size_t uri_length_of(const edo_uri *u) {
    return u->scheme.len + u->userinfo.len + u->host.len + u->port.len + u->path.len +
           u->query.len + u->fragment.len + DELIMITERS;
}

static char *uri_build_put(char *to, edo_str s) {
    memcpy(to, s.ptr ? s.ptr : "", s.len);
    return to + s.len;
}

static char *put_with(char *to, const char *before, edo_str s, const char *behind) {
    if (!s.ptr) return to;
    to = uri_build_put(uri_build_put(to, edo_str_of(before)), s);
    return uri_build_put(to, edo_str_of(behind));
}

/* Writes all parts, for which there is room by uri_length_of(). Returns the end. */
static char *uri_build_put_all(char *to, const edo_uri *u) {
    to = put_with(to, "", u->scheme, ":");
    if (u->host.ptr) to = uri_build_put(to, EDO_STR("//"));
    to = put_with(to, "", u->userinfo, "@");
    to = put_with(to, "", u->host, "");
    to = put_with(to, ":", u->port, "");
    to = uri_build_put(to, u->path);
    to = put_with(to, "?", u->query, "");
    return put_with(to, "#", u->fragment, "");
}

static bool uri_build_are_same(edo_str a, edo_str b) {
    return !a.ptr == !b.ptr && edo_str_equal(a, b);
}

static bool is_read_as(edo_str text, const edo_uri *u) {
    edo_uri read;
    if (edo_uri_parse(&read, text) < 0) return false;
    return uri_build_are_same(read.scheme, u->scheme) &&
           uri_build_are_same(read.userinfo, u->userinfo) &&
           uri_build_are_same(read.host, u->host) && uri_build_are_same(read.port, u->port) &&
           edo_str_equal(read.path, u->path) && uri_build_are_same(read.query, u->query) &&
           uri_build_are_same(read.fragment, u->fragment);
}

int edo_uri_print(const edo_uri *uri, edo_buf *out) {
    int err = edo_buf_reserve(out, uri_length_of(uri));
    if (err < 0 || !out->ptr) return err; // there is room, so there is a pointer
    char *begin = out->ptr + out->len;
    edo_str text = { begin, (size_t)(uri_build_put_all(begin, uri) - begin) };
    EDO_ASSERT(text.len <= uri_length_of(uri));
    if (!is_read_as(text, uri)) return -EINVAL;
    out->len += text.len;
    return 0;
}

int edo_uri_print_public(const edo_uri *uri, edo_buf *out) {
    edo_uri u = *uri;
    u.userinfo = (edo_str){ 0 };
    return edo_uri_print(&u, out);
}

/* ---- References ------------------------------------------------------------------------------ */

/* Writes the path of `base` up to its last slash, and then that of `ref`, to `to`. */
static edo_str merge(char *to, const edo_uri *base, const edo_uri *ref) {
    size_t kept = base->path.len;
    while (kept > 0 && base->path.ptr[kept - 1] != '/') kept--;
    char *end = uri_build_put(to, (edo_str){ base->path.ptr, kept });
    if (base->host.ptr && base->path.len == 0) end = uri_build_put(to, EDO_STR("/"));
    end = uri_build_put(end, ref->path);
    return (edo_str){ to, (size_t)(end - to) };
}

/* Keeps a path that begins with two slashes from being read as a host, if there is no host. */
static edo_str apart(char *to, edo_str path, bool has_host) {
    if (has_host || path.len < 2 || path.ptr[0] != '/' || path.ptr[1] != '/') return path;
    memmove(to + 2, path.ptr, path.len);
    memcpy(to, "/.", 2);
    return (edo_str){ to, path.len + 2 };
}

/* Resolves a reference (RFC 3986 section 5.2.2). The new path is written to `room`. */
static edo_uri uri_target_of(const edo_uri *base, const edo_uri *ref, char *room) {
    edo_uri t = *ref;
    if (!ref->scheme.ptr) t.scheme = base->scheme;
    if (!ref->scheme.ptr && !ref->host.ptr) {
        t.host = base->host;
        t.userinfo = base->userinfo;
        t.port = base->port;
        if (ref->path.len == 0) {
            t.path = base->path;
            if (!ref->query.ptr) t.query = base->query;
            return t;
        }
    }
    bool is_below = !ref->scheme.ptr && !ref->host.ptr && ref->path.ptr[0] != '/';
    t.path = is_below ? merge(room, base, ref) : (edo_str){ room, ref->path.len };
    if (!is_below) (void)uri_build_put(room, ref->path);
    t.path.len = edoi_remove_dots(room, t.path.len);
    t.path = apart(room, t.path, t.host.ptr != NULL);
    return t;
}

int edo_uri_resolve(const edo_uri *base, const edo_uri *ref, edo_buf *out) {
    if (!base->scheme.ptr) return -EINVAL;
    // Room for the result, and behind it for the path that it is made of.
    size_t most = uri_length_of(base) + uri_length_of(ref);
    int err = edo_buf_reserve(out, 2 * most);
    if (err < 0 || !out->ptr) return err; // there is room, so there is a pointer
    char *begin = out->ptr + out->len;
    edo_uri t = uri_target_of(base, ref, begin + most);
    size_t n = (size_t)(uri_build_put_all(begin, &t) - begin);
    EDO_ASSERT(n <= most); // behind that lies what it is made of
    out->len += n;
    return 0;
}

/* ---- The one form ---------------------------------------------------------------------------- */

/* Writes `s` to `*to`, with percent sequences only where they are needed. Returns what was
 * written. */
static edo_str one_form(char **to, edo_str s, bool is_lower) {
    char *begin = *to, *p = begin;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        const int byte = edoi_percent_byte((edo_str){ s.ptr + i, s.len - i });
        bool is_coded = byte >= 0;
        if (is_coded) {
            c = (char)byte;
            i += 2;
        }
        if (is_coded && !edoi_byte_is(c, EDOI_BYTE_PLAIN))
            p = edoi_percent_put(p, (unsigned char)c);
        else
            *p++ = is_lower ? edoi_lower(c) : c;
    }
    *to = p;
    return (edo_str){ s.ptr ? begin : NULL, (size_t)(p - begin) };
}

static edo_uri normal(const edo_uri *uri, char *room) {
    edo_uri u = { .scheme = one_form(&room, uri->scheme, true),
                  .userinfo = one_form(&room, uri->userinfo, false),
                  .host = one_form(&room, uri->host, true),
                  .query = one_form(&room, uri->query, false),
                  .fragment = one_form(&room, uri->fragment, false) };
    edo_uri plain = { .scheme = u.scheme, .path = EDO_STR("") };
    int port = edo_uri_port(uri), usual = edo_uri_port(&plain);
    if (uri->port.len > 0 && (usual == 0 || port != usual)) u.port = uri->port;
    char *path = room;
    u.path = one_form(&room, uri->path, false);
    // Without scheme, host and slash, a "." may keep a colon from being read as that of a scheme.
    bool is_whole = u.scheme.ptr || u.host.ptr || (u.path.len > 0 && path[0] == '/');
    if (is_whole) u.path.len = edoi_remove_dots(path, u.path.len);
    u.path = apart(path, u.path, u.host.ptr != NULL);
    if (u.path.len == 0 && u.host.ptr && usual > 0) u.path = EDO_STR("/");
    return u;
}

int edo_uri_normalize(const edo_uri *uri, edo_buf *out) {
    size_t most = uri_length_of(uri);
    int err = edo_buf_reserve(out, 2 * most);
    if (err < 0 || !out->ptr) return err; // there is room, so there is a pointer
    char *begin = out->ptr + out->len;
    edo_uri u = normal(uri, begin + most);
    size_t n = (size_t)(uri_build_put_all(begin, &u) - begin);
    EDO_ASSERT(n <= most); // behind that lies what it is made of
    out->len += n;
    return 0;
}

/* ---- Percent sequences ----------------------------------------------------------------------- */

int edo_uri_encode(edo_str bytes, edo_buf *out) {
    int err = edo_buf_reserve(out, bytes.len * 3 + 1);
    if (err < 0) return err;
    char *p = out->ptr + out->len;
    for (size_t i = 0; i < bytes.len; i++) {
        if (edoi_byte_is(bytes.ptr[i], EDOI_BYTE_PLAIN))
            *p++ = bytes.ptr[i];
        else
            p = edoi_percent_put(p, (unsigned char)bytes.ptr[i]);
    }
    EDO_ASSERT(p <= out->ptr + out->cap);
    out->len = (size_t)(p - out->ptr);
    return 0;
}

int edo_uri_decode(edo_str text, edo_buf *out) {
    int err = edo_buf_reserve(out, text.len + 1);
    if (err < 0) return err;
    char *p = out->ptr + out->len;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '%') {
            *p++ = text.ptr[i];
            continue;
        }
        const int byte = edoi_percent_byte((edo_str){ text.ptr + i, text.len - i });
        if (byte < 0) return -EINVAL;
        *p++ = (char)byte;
        i += 2;
    }
    out->len = (size_t)(p - out->ptr);
    return 0;
}
