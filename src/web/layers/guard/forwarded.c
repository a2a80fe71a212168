/* SPDX-License-Identifier: MIT */
/* web/layers/guard/forwarded.c: see forwarded.h. */
#include "web/layers/guard/forwarded.h"

#include <edo/http_fields.h>

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

/* Reads ":80", or nothing. Returns -1 if it is neither. */
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

/* Splits a node into its host and ":port". Brackets belong to IPv6; a lone colon begins a port. */
static int forwarded_split(edo_str node, edo_str *host, edo_str *port, bool *is_v6) {
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
    if (node.len == 0 || forwarded_split(node, &host, &port_text, &is_v6) < 0) return -EINVAL;
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

/* The elements of a field, taken from the right: a proxy appends its own, as a rule in the same
 * field, to those that the client has sent. So an open quote of the client's must not reach it. */
typedef struct way {
    bool has_quotes;                         /* elements may have quoted strings */
    const edo_header *fields[EDOI_HOPS_MAX]; /* the last fields, in a ring; the oldest is
                                                forgotten */
    size_t n;                                /* fields that are not read yet */
    size_t kept;                             /* how many of them are in the ring */
    edo_str rest;                            /* the rest of the field that is being read */
} way;

static edo_str forwarded_trimmed(edo_str s) {
    while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t')) s.len--;
    while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t')) s.ptr++, s.len--;
    return s;
}

/* Does a quoted string begin or end at `at`? */
static bool is_quote(edo_str s, size_t at) {
    size_t before = at;
    if (s.ptr[at] != '"') return false;
    while (before > 0 && s.ptr[before - 1] == '\\') before--;
    return (at - before) % 2 == 0;
}

/* Takes the last element off. Only Forwarded has quoted strings. */
static edo_str take_last(edo_str *rest, bool has_quotes) {
    size_t begin = rest->len;
    bool is_quoted = false;
    for (; begin > 0 && (is_quoted || rest->ptr[begin - 1] != ','); begin--)
        if (has_quotes && is_quote(*rest, begin - 1)) is_quoted = !is_quoted;
    edo_str last = forwarded_trimmed((edo_str){ rest->ptr + begin, rest->len - begin });
    rest->len = begin > 0 ? begin - 1 : 0;
    return last;
}

static void way_begin(way *w, const edo_headers *h, edo_header_id id) {
    const edo_header *f = NULL;
    w->has_quotes = id == EDO_HEADER_FORWARDED;
    w->n = 0;
    w->rest = (edo_str){ 0 };
    while ((f = edo_headers_next(h, f, id))) w->fields[w->n++ % EDOI_HOPS_MAX] = f;
    w->kept = w->n < EDOI_HOPS_MAX ? w->n : EDOI_HOPS_MAX;
}

/* Takes the last element that is not empty. Returns false if there is none. */
static bool take_hop(way *w, edo_str *hop) {
    do {
        if (w->rest.len == 0) {
            if (w->kept-- == 0) return false;
            w->rest = w->fields[--w->n % EDOI_HOPS_MAX]->value;
        }
        *hop = take_last(&w->rest, w->has_quotes);
    } while (hop->len == 0);
    return true;
}

/* Returns the address in an element; no bytes if there is none. */
static edo_str node_of(edo_real_ip_from from, edo_str hop, edo_str *proto) {
    edo_forwarded f;
    if (from != EDO_FROM_FORWARDED) return hop;
    if (edo_forwarded_next(&f, &hop) <= 0 || hop.len > 0) return EDO_STR("");
    if (f.proto.ptr) *proto = f.proto;
    return f.client.ptr ? f.client : EDO_STR("");
}

size_t edoi_forwarded_follow(edo_addr *client, const edo_headers *h, edo_real_ip_from from,
                             const edoi_proxies *proxies, edo_str *proto) {
    static const edo_header_id ids[] = { EDO_HEADER_X_FORWARDED_FOR, EDO_HEADER_FORWARDED,
                                         EDO_HEADER_X_REAL_IP };
    size_t most = from == EDO_FROM_X_REAL_IP ? 1 : EDOI_HOPS_MAX, n = 0;
    edo_str hop;
    way w;
    way_begin(&w, h, ids[from]);
    while (n < most && edoi_proxies_have(proxies, client) && take_hop(&w, &hop)) {
        edo_addr next;
        n++;
        if (edoi_node_parse(&next, node_of(from, hop, proto)) < 0) break;
        *client = next;
    }
    return n;
}

edo_str edoi_forwarded_proto(const edo_headers *h, size_t hops) {
    edo_str found = { 0 }, element;
    way w;
    way_begin(&w, h, EDO_HEADER_X_FORWARDED_PROTO);
    for (size_t i = 0; (i == 0 || i < hops) && take_hop(&w, &element); i++) found = element;
    return found;
}
