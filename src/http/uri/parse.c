/* SPDX-License-Identifier: MIT */
/* http/uri/parse.c: cuts a text at the delimiters, then checks each part (RFC 3986 section 3). */
#include <edo/uri.h>

#include "http/types/bytes_of.h"

#include <arpa/inet.h>

#define ZONE_BYTES_MAX 64u

/* ---- Bytes of parts -------------------------------------------------------------------------- */

/* A set has few bytes: a call of strchr() for each byte of a URL costs more than a loop. */
static inline bool byte_is_of(char c, const char *set) {
    for (; *set; set++)
        if (*set == c) return true;
    return false;
}

/* Is `s` made of bytes of the kinds, bytes of `more`, and percent sequences? */
static bool uri_parse_is_part(edo_str s, unsigned kinds, const char *more) {
    for (size_t i = 0; i < s.len; i++) {
        if (edoi_byte_is(s.ptr[i], kinds)) continue;
        if (s.ptr[i] == '%') {
            if (s.len - i < 3 || !edoi_byte_is(s.ptr[i + 1], EDOI_BYTE_HEX) ||
                !edoi_byte_is(s.ptr[i + 2], EDOI_BYTE_HEX))
                return false;
            i += 2;
        } else if (!byte_is_of(s.ptr[i], more)) {
            return false;
        }
    }
    return true;
}

static int check_scheme(edo_str s) {
    if (!s.ptr) return 0;
    if (s.len == 0 || edoi_lower(s.ptr[0]) < 'a' || edoi_lower(s.ptr[0]) > 'z') return -EINVAL;
    for (size_t i = 0; i < s.len; i++) {
        char c = edoi_lower(s.ptr[i]);
        bool is_letter = c >= 'a' && c <= 'z', is_digit = edoi_byte_is(c, EDOI_BYTE_DIGIT);
        if (!is_letter && !is_digit && c != '+' && c != '-' && c != '.') return -EINVAL;
    }
    return s.len > EDO_URI_SCHEME_MAX ? -EDO_ETOOLONG : 0;
}

/* Is it an address of a future kind, "v1.name"? */
static bool is_future_address(edo_str s) {
    size_t dot = 1;
    while (dot < s.len && edoi_byte_is(s.ptr[dot], EDOI_BYTE_HEX)) dot++;
    if (dot == 1 || dot + 1 >= s.len || s.ptr[dot] != '.') return false;
    edo_str name = { s.ptr + dot + 1, s.len - dot - 1 };
    for (size_t i = 0; i < name.len; i++)
        if (!edoi_byte_is(name.ptr[i], EDOI_BYTE_NAME) && name.ptr[i] != ':') return false;
    return true;
}

/* Is it what may stand in brackets: an IPv6 address, perhaps with "%25" and a zone (RFC 6874)? */
static bool uri_parse_is_address(edo_str s) {
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    if (s.len > 0 && edoi_lower(s.ptr[0]) == 'v') return is_future_address(s);
    const char *percent = s.len > 0 ? memchr(s.ptr, '%', s.len) : NULL;
    size_t n = percent ? (size_t)(percent - s.ptr) : s.len;
    if (percent) {
        edo_str zone = { percent, s.len - n };
        if (zone.len < 4 || zone.len > ZONE_BYTES_MAX || memcmp(zone.ptr, "%25", 3) != 0 ||
            !uri_parse_is_part(zone, EDOI_BYTE_NAME, ""))
            return false;
    }
    if (n == 0 || n >= sizeof text || memchr(s.ptr, 0, n)) return false;
    memcpy(text, s.ptr, n);
    text[n] = 0;
    return inet_pton(AF_INET6, text, &address) == 1;
}

static bool uri_parse_is_host(edo_str s) {
    if (s.len == 0 || s.ptr[0] != '[') return uri_parse_is_part(s, EDOI_BYTE_NAME, "");
    return s.ptr[s.len - 1] == ']' && uri_parse_is_address((edo_str){ s.ptr + 1, s.len - 2 });
}

/* ---- Cuts ------------------------------------------------------------------------------------ */

/* Returns where the first of the delimiters `set` stands in `s`, or its length. */
static size_t uri_parse_first_of(edo_str s, const char *set) {
    size_t i = 0;
    while (i < s.len && !(edoi_byte_is(s.ptr[i], EDOI_BYTE_DELIM) && byte_is_of(s.ptr[i], set)))
        i++;
    return i;
}

/* The same of a single byte. */
static size_t uri_parse_first(edo_str s, char c) {
    const char *at = s.len > 0 ? memchr(s.ptr, c, s.len) : NULL;
    return at ? (size_t)(at - s.ptr) : s.len;
}

static edo_str uri_parse_behind(edo_str s, size_t n) {
    return (edo_str){ s.ptr + n, s.len - n };
}

/* Cuts [userinfo@]host[:port]. */
static int cut_authority(edo_uri *u, edo_str s) {
    size_t at = uri_parse_first(s, '@');
    if (at < s.len) {
        u->userinfo = (edo_str){ s.ptr, at };
        s = uri_parse_behind(s, at + 1);
    }
    size_t n = uri_parse_first(s, s.len > 0 && s.ptr[0] == '[' ? ']' : ':');
    if (n < s.len && s.ptr[n] == ']') n++;
    u->host = (edo_str){ s.ptr, n };
    if (n < s.len) {
        if (s.ptr[n] != ':') return -EINVAL;
        u->port = uri_parse_behind(s, n + 1);
    }
    bool is_good = uri_parse_is_host(u->host) && edoi_bytes_are(u->port, EDOI_BYTE_DIGIT) &&
                   uri_parse_is_part(u->userinfo, EDOI_BYTE_NAME, ":");
    return is_good ? 0 : -EINVAL;
}

/* Cuts `s` into its parts, and checks all but path, query and fragment. */
static int uri_cut(edo_uri *u, edo_str s) {
    *u = (edo_uri){ 0 };
    if (s.len > EDO_URI_MAX) return -EDO_ETOOLONG;
    if (!s.ptr) s.ptr = "";
    size_t n = uri_parse_first_of(s, ":/?#");
    if (n < s.len && s.ptr[n] == ':') {
        u->scheme = (edo_str){ s.ptr, n };
        s = uri_parse_behind(s, n + 1);
    }
    int err = check_scheme(u->scheme);
    if (err == 0 && s.len >= 2 && s.ptr[0] == '/' && s.ptr[1] == '/') {
        s = uri_parse_behind(s, 2);
        n = uri_parse_first_of(s, "/?#");
        err = cut_authority(u, (edo_str){ s.ptr, n });
        s = uri_parse_behind(s, n);
    }
    n = uri_parse_first_of(s, "?#");
    u->path = (edo_str){ s.ptr, n };
    s = uri_parse_behind(s, n);
    if (s.len > 0 && s.ptr[0] == '?') {
        n = uri_parse_first(s, '#');
        u->query = (edo_str){ s.ptr + 1, n - 1 };
        s = uri_parse_behind(s, n);
    }
    if (s.len > 0) u->fragment = uri_parse_behind(s, 1);
    return err;
}

int edo_uri_parse(edo_uri *out, edo_str text) {
    edo_uri u;
    int err = uri_cut(&u, text);
    if (err < 0) return err;
    if (!uri_parse_is_part(u.path, EDOI_BYTE_URI, "/") ||
        !uri_parse_is_part(u.query, EDOI_BYTE_URI, "/?") ||
        !uri_parse_is_part(u.fragment, EDOI_BYTE_URI, "/?"))
        return -EINVAL;
    *out = u;
    return 0;
}

int edo_uri_parse_authority(edo_uri *out, edo_str text) {
    edo_uri u = { 0 };
    if (text.len > EDO_URI_MAX || text.len == 0) return -EINVAL;
    int err = cut_authority(&u, text);
    if (err < 0 || u.userinfo.ptr || u.host.len == 0) return -EINVAL;
    u.path = EDO_STR("");
    *out = u;
    return 0;
}

/* ---- Targets --------------------------------------------------------------------------------- */

static bool is_visible(edo_str s) {
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] <= 0x20 || s.ptr[i] >= 0x7f) return false;
    return true;
}

int edo_uri_parse_target(edo_uri *out, edo_method method, edo_str target) {
    edo_uri u;
    if (target.len > EDO_URI_MAX) return -EDO_ETOOLONG;
    if (target.len == 0) return -EINVAL;
    if (method == EDO_METHOD_CONNECT) {
        int err = edo_uri_parse_authority(&u, target);
        if (err < 0 || u.port.len == 0) return -EINVAL;
    } else if (target.ptr[0] == '/') {
        // Not uri_cut(), for which "//a" would be a host: here it is a path.
        if (!is_visible(target)) return -EINVAL;
        u = (edo_uri){ .path = { target.ptr, uri_parse_first_of(target, "?#") } };
        edo_str rest = uri_parse_behind(target, u.path.len);
        if (rest.len > 0 && rest.ptr[0] == '?')
            u.query = (edo_str){ rest.ptr + 1, uri_parse_first(rest, '#') - 1 };
    } else if (target.len == 1 && target.ptr[0] == '*') {
        if (method != EDO_METHOD_OPTIONS && method != EDO_METHOD_OTHER) return -EINVAL;
        u = (edo_uri){ .path = target };
    } else {
        int err = uri_cut(&u, target);
        if (err < 0) return err;
        if (!u.scheme.ptr || u.host.len == 0 || !is_visible(target)) return -EINVAL;
        u.fragment = (edo_str){ 0 };
    }
    *out = u;
    return 0;
}

int edo_uri_port(const edo_uri *uri) {
    uint32_t port = 0;
    for (size_t i = 0; i < uri->port.len; i++) {
        port = port * 10 + (uint32_t)(uri->port.ptr[i] - '0');
        if (port > UINT16_MAX) return -ERANGE;
    }
    if (uri->port.len > 0) return (int)port;
    if (edoi_is_word(uri->scheme, EDO_STR("http")) || edoi_is_word(uri->scheme, EDO_STR("ws")))
        return 80;
    if (edoi_is_word(uri->scheme, EDO_STR("https")) || edoi_is_word(uri->scheme, EDO_STR("wss")))
        return 443;
    return 0;
}
