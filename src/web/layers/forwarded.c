/* SPDX-License-Identifier: MIT */
/* web/layers/forwarded.c: see forwarded.h. */
#include "web/layers/forwarded.h"

#include <edo/http_headers.h>

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

bool edoi_proxies_have(const edoi_proxies *proxies, const edo_addr *addr) {
    if (addr->sock.any.sa_family == AF_UNIX) return true;
    for (size_t i = 0; i < proxies->n; i++)
        if (edo_addr_range_has(&proxies->ranges[i], addr)) return true;
    return false;
}

/* ---- Addresses ------------------------------------------------------------------------------- */

/* Reads ":80", or nothing; -1: neither. */
static int read_port(edo_str text) {
    int port = 0;
    if (text.len == 0) return 0;
    if (text.ptr[0] != ':' || text.len < 2 || text.len > 6) return -1;
    for (size_t i = 1; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') return -1;
        port = port * 10 + (text.ptr[i] - '0');
    }
    return port <= UINT16_MAX ? port : -1;
}

static int set_v6(edo_addr *out, const char *host, int port) {
    *out = (edo_addr){ .bytes = sizeof out->sock.v6 };
    out->sock.v6.sin6_family = AF_INET6;
    out->sock.v6.sin6_port = htons((uint16_t)port);
    return inet_pton(AF_INET6, host, &out->sock.v6.sin6_addr) == 1 ? 0 : -EINVAL;
}

static int set_v4(edo_addr *out, const char *host, int port) {
    *out = (edo_addr){ .bytes = sizeof out->sock.v4 };
    out->sock.v4.sin_family = AF_INET;
    out->sock.v4.sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, host, &out->sock.v4.sin_addr) == 1 ? 0 : -EINVAL;
}

/* Splits a node into its host and ":port": brackets are of IPv6, one colon is that of a port. */
static int split(edo_str node, edo_str *host, edo_str *port, bool *is_v6) {
    const char *first = memchr(node.ptr, ':', node.len);
    const char *end = node.ptr + node.len, *host_end = end;
    *is_v6 = node.ptr[0] == '[';
    if (*is_v6) {
        host_end = memchr(node.ptr, ']', node.len);
        if (!host_end) return -EINVAL;
        *host = (edo_str){ node.ptr + 1, (size_t)(host_end - node.ptr) - 1 };
        host_end++;
    } else {
        *is_v6 = first && memchr(first + 1, ':', (size_t)(end - first - 1));
        if (first && !*is_v6) host_end = first;
        *host = (edo_str){ node.ptr, (size_t)(host_end - node.ptr) };
    }
    *port = (edo_str){ host_end, (size_t)(end - host_end) };
    return 0;
}

int edoi_node_parse(edo_addr *out, edo_str node) {
    char text[INET6_ADDRSTRLEN];
    edo_str host, port_text;
    bool is_v6;
    if (node.len == 0 || split(node, &host, &port_text, &is_v6) < 0) return -EINVAL;
    int port = read_port(port_text);
    if (port < 0 || host.len >= sizeof text) return -EINVAL;
    memcpy(text, host.ptr, host.len);
    text[host.len] = 0;
    edo_addr found;
    int err = is_v6 ? set_v6(&found, text, port) : set_v4(&found, text, port);
    if (err == 0) *out = found;
    return err;
}

/* ---- Hops ------------------------------------------------------------------------------------ */

/* Elements are taken from the right: a proxy appends its own, in the same field as a rule, to what
 * the client has sent. So a quote that the client has opened and not closed must not reach it. */
typedef struct way {
    edo_real_ip_from from;
    const edo_header *fields[EDOI_HOPS_MAX]; /* the last ones, in a ring: the oldest is forgotten */
    size_t n;                                /* that came, and are not read yet */
    size_t kept;                             /* of them, in the ring */
    edo_str rest;                            /* of the field that is read */
} way;

static edo_str trimmed(edo_str s) {
    while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t')) s.len--;
    while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t')) s.ptr++, s.len--;
    return s;
}

/* Does a quoted string begin or end with the byte at `at`? */
static bool is_quote(edo_str s, size_t at) {
    size_t before = at;
    if (s.ptr[at] != '"') return false;
    while (before > 0 && s.ptr[before - 1] == '\\') before--;
    return (at - before) % 2 == 0;
}

/* Takes the last element off; only Forwarded has quoted strings. */
static edo_str take_last(edo_str *rest, bool has_quotes) {
    size_t begin = rest->len;
    bool is_quoted = false;
    for (; begin > 0 && (is_quoted || rest->ptr[begin - 1] != ','); begin--)
        if (has_quotes && is_quote(*rest, begin - 1)) is_quoted = !is_quoted;
    edo_str last = trimmed((edo_str){ rest->ptr + begin, rest->len - begin });
    rest->len = begin > 0 ? begin - 1 : 0;
    return last;
}

static void way_begin(way *w, const edo_headers *h, edo_real_ip_from from) {
    static const edo_header_id ids[] = { EDO_HEADER_X_FORWARDED_FOR, EDO_HEADER_FORWARDED,
                                         EDO_HEADER_X_REAL_IP };
    const edo_header *f = NULL;
    w->from = from;
    w->n = 0;
    w->rest = (edo_str){ 0 };
    while ((f = edo_headers_next(h, f, ids[from]))) w->fields[w->n++ % EDOI_HOPS_MAX] = f;
    w->kept = w->n < EDOI_HOPS_MAX ? w->n : EDOI_HOPS_MAX;
}

/* Takes the last element that is not empty; false: there is none. */
static bool take_hop(way *w, edo_str *hop) {
    do {
        if (w->rest.len == 0) {
            if (w->kept-- == 0) return false;
            w->rest = w->fields[--w->n % EDOI_HOPS_MAX]->value;
        }
        *hop = take_last(&w->rest, w->from == EDO_FROM_FORWARDED);
    } while (hop->len == 0);
    return true;
}

/* The address in an element; no bytes: there is none. */
static edo_str node_of(edo_real_ip_from from, edo_str hop) {
    edo_forwarded f;
    if (from != EDO_FROM_FORWARDED) return hop;
    bool is_read = edo_forwarded_next(&f, &hop) > 0 && hop.len == 0 && f.client.ptr;
    return is_read ? f.client : EDO_STR("");
}

void edoi_forwarded_follow(edo_addr *client, const edo_headers *h, edo_real_ip_from from,
                           const edoi_proxies *proxies) {
    size_t most = from == EDO_FROM_X_REAL_IP ? 1 : EDOI_HOPS_MAX;
    edo_str hop;
    way w;
    way_begin(&w, h, from);
    for (; most > 0 && edoi_proxies_have(proxies, client) && take_hop(&w, &hop); most--) {
        edo_addr next;
        if (edoi_node_parse(&next, node_of(from, hop)) < 0) return;
        *client = next;
    }
}
