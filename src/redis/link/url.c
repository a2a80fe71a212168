/* SPDX-License-Identifier: MIT */
/* redis/link/url.c: see url.h. Nothing of a URL gets into an error: a password may be in it, also
 * where it does not belong. */
#include "redis/link/url.h"
#include "base/memory/alloc.h"
#include "base/text/hex.h"
#include "http/client/host.h"

#include <edo/error.h>

#include <string.h>

#define URL_MAX      2048u
#define DATABASE_MAX 65535u
#define PORT_TEXT    ":6379"

/* What is left of the URL, and where the next text goes. */
typedef struct url_parser {
    edo_str rest;
    char *to;
} url_parser;

static edo_str str_cut(edo_str *s, size_t n, size_t skip) {
    edo_str head = { s->ptr, n };
    *s = (edo_str){ s->ptr + n + skip, s->len - n - skip };
    return head;
}

/* The index of `c` in `s`; its length if there is none. */
static size_t str_find(edo_str s, char c) {
    const char *at = s.len > 0 ? memchr(s.ptr, c, s.len) : NULL;
    return at ? (size_t)(at - s.ptr) : s.len;
}

/* The last one. */
static size_t str_find_last(edo_str s, char c) {
    for (size_t i = s.len; i > 0; i--)
        if (s.ptr[i - 1] == c) return i - 1;
    return s.len;
}

static bool url_take_scheme(url_parser *p, const char *scheme) {
    size_t n = strlen(scheme);
    if (p->rest.len < n || memcmp(p->rest.ptr, scheme, n) != 0) return false;
    (void)str_cut(&p->rest, n, 0);
    return true;
}

/* Keeps a text without its %XX. Returns NULL for one that is malformed, or has a NUL. */
static const char *url_keep(url_parser *p, edo_str s) {
    char *begin = p->to;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '%') {
            const int byte = edoi_percent_byte((edo_str){ s.ptr + i, s.len - i });
            if (byte < 0) return NULL;
            c = (char)byte;
            i += 2;
        }
        if (c == 0) return NULL;
        *p->to++ = c;
    }
    *p->to++ = 0;
    return begin;
}

/* "[USER]:PASSWORD", or a password alone, as redis-cli has it. */
static bool url_parse_login(edoi_redis_url *u, url_parser *p, edo_str login) {
    size_t colon = str_find(login, ':');
    edo_str user = { "", 0 };
    if (colon < login.len) user = str_cut(&login, colon, 1);
    if (user.len > 0 && !(u->user = url_keep(p, user))) return false;
    return (u->password = url_keep(p, login)) != NULL;
}

static bool url_parse_database(edoi_redis_url *u, edo_str s) {
    if (s.len > 5) return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
        u->database = u->database * 10 + (uint32_t)(s.ptr[i] - '0');
    }
    return u->database <= DATABASE_MAX;
}

static bool url_port_is_valid(edo_str port) {
    uint32_t value = 0;
    if (port.len == 0 || port.len > 5) return false;
    for (size_t i = 0; i < port.len; i++) {
        if (port.ptr[i] < '0' || port.ptr[i] > '9') return false;
        value = value * 10 + (uint32_t)(port.ptr[i] - '0');
    }
    return value > 0 && value <= 65535;
}

/* Is it of letters that names and addresses have? */
static bool host_is_valid(edo_str host, bool is_v6) {
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i], lower = (char)(c | 0x20);
        bool is_good = (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z') || c == '.' ||
                       (is_v6 ? c == ':' : c == '-' || c == '_');
        if (!is_good) return false;
    }
    return host.len > 0;
}

/* "%25eth0", as in any URI, or "%eth0"; its bytes are URI's unreserved characters. */
static bool zone_is_valid(edo_str zone) {
    size_t sign = zone.len >= 3 && memcmp(zone.ptr, "%25", 3) == 0 ? 3 : 1;
    for (size_t i = sign; i < zone.len; i++) {
        char c = zone.ptr[i], lower = (char)(c | 0x20);
        bool is_good = (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z') ||
                       (c != 0 && strchr("-._~", c));
        if (!is_good) return false;
    }
    return zone.len == 0 || zone.len > sign;
}

static char *keep_plain(url_parser *p, edo_str a, const char *b) {
    char *begin = p->to;
    size_t n = strlen(b) + 1;
    memcpy(p->to, a.ptr, a.len);
    memcpy(p->to + a.len, b, n);
    p->to += a.len + n;
    return begin;
}

static bool url_parse_host(edoi_redis_url *u, url_parser *p, edo_str at) {
    bool is_v6 = at.len > 0 && at.ptr[0] == '[';
    edo_str zone = edoi_zone_of(at);
    size_t end = is_v6 ? str_find(at, ']') + 1 : str_find(at, ':');
    if (end > at.len) return false;
    edo_str port = { at.ptr + end, at.len - end };
    edo_str host = is_v6 ? (edo_str){ at.ptr + 1, end - 2 - zone.len } : (edo_str){ at.ptr, end };
    if (!host_is_valid(host, is_v6) || !zone_is_valid(zone)) return false;
    if (port.len > 0 &&
        (port.ptr[0] != ':' || !url_port_is_valid((edo_str){ port.ptr + 1, port.len - 1 })))
        return false;
    char *address = keep_plain(p, at, port.len > 0 ? "" : PORT_TEXT);
    edoi_zone_decode(address);
    u->address = address;
    u->host = keep_plain(p, host, "");
    return true;
}

static bool url_parse_tcp(edoi_redis_url *u, url_parser *p) {
    edo_str at = str_cut(&p->rest, str_find(p->rest, '/'), 0);
    size_t login_end = str_find_last(at, '@');
    if (login_end < at.len && !url_parse_login(u, p, str_cut(&at, login_end, 1))) return false;
    if (p->rest.len > 0) (void)str_cut(&p->rest, 0, 1);
    return url_parse_host(u, p, at) && url_parse_database(u, p->rest);
}

static bool url_parse_unix(edoi_redis_url *u, url_parser *p) {
    edo_str login = str_cut(&p->rest, str_find(p->rest, '/'), 0);
    if (login.len > 0 && (login.ptr[login.len - 1] != '@' ||
                          !url_parse_login(u, p, (edo_str){ login.ptr, login.len - 1 })))
        return false;
    edo_str path = str_cut(&p->rest, str_find(p->rest, '?'), 0);
    edo_str query = p->rest, key = { "", 0 };
    if (query.len > 0) key = str_cut(&query, query.len < 4 ? query.len : 4, 0);
    if (key.len > 0 && !edo_str_equal(key, EDO_STR("?db="))) return false;
    return path.len > 1 && (u->path = url_keep(p, path)) && url_parse_database(u, query);
}

static bool url_parse_all(edoi_redis_url *u, url_parser *p) {
    if (url_take_scheme(p, "redis://")) return url_parse_tcp(u, p);
    u->is_tls = url_take_scheme(p, "rediss://");
    if (u->is_tls) return url_parse_tcp(u, p);
    return url_take_scheme(p, "unix://") && url_parse_unix(u, p);
}

int edoi_redis_url_parse(edoi_redis_url *out, edo_str url) {
    edoi_redis_url u = { .memory_n = 3 * url.len + 32 };
    if (url.len > URL_MAX) return edo_fail(-EINVAL, "the URL of Redis is too long");
    u.memory = edoi_calloc(1, u.memory_n);
    if (!u.memory) return -ENOMEM;
    url_parser p = { url, u.memory };
    if (!url_parse_all(&u, &p)) {
        edoi_redis_url_deinit(&u);
        return edo_fail(-EINVAL, "the URL of Redis is malformed");
    }
    *out = u;
    return 0;
}

void edoi_redis_url_deinit(edoi_redis_url *u) {
    if (u->memory) explicit_bzero(u->memory, u->memory_n);
    edoi_free(u->memory);
    *u = (edoi_redis_url){ .memory = NULL };
}
