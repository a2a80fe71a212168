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

/* The last elements of a field, in a ring: the oldest is forgotten. */
typedef struct hops {
    edo_str of[EDOI_HOPS_MAX];
    size_t n; /* that came */
} hops;

static void add_hop(hops *h, edo_str hop) {
    h->of[h->n++ % EDOI_HOPS_MAX] = hop;
}

static void read_forwarded(hops *h, edo_str value) {
    edo_forwarded f;
    int got;
    while ((got = edo_forwarded_next(&f, &value)) != 0) // what cannot be read is no address
        add_hop(h, got > 0 && f.client.ptr ? f.client : EDO_STR(""));
}

static void read_list(hops *h, edo_str value) {
    edo_str hop;
    while (edo_header_next(&hop, &value)) add_hop(h, hop);
}

static void read_hops(hops *out, const edo_headers *h, edo_real_ip_from from) {
    static const edo_header_id ids[] = { EDO_HEADER_X_FORWARDED_FOR, EDO_HEADER_FORWARDED,
                                         EDO_HEADER_X_REAL_IP };
    const edo_header *f = NULL;
    out->n = 0;
    while ((f = edo_headers_next(h, f, ids[from]))) {
        if (from == EDO_FROM_FORWARDED)
            read_forwarded(out, f->value);
        else
            read_list(out, f->value);
    }
    if (from == EDO_FROM_X_REAL_IP && out->n > 1) { // only the last one is the proxy's
        out->of[0] = out->of[(out->n - 1) % EDOI_HOPS_MAX];
        out->n = 1;
    }
}

void edoi_forwarded_follow(edo_addr *client, const edo_headers *h, edo_real_ip_from from,
                           const edoi_proxies *proxies) {
    hops found;
    read_hops(&found, h, from);
    size_t most = found.n < EDOI_HOPS_MAX ? found.n : EDOI_HOPS_MAX;
    for (size_t i = 1; i <= most && edoi_proxies_have(proxies, client); i++) {
        edo_addr next;
        if (edoi_node_parse(&next, found.of[(found.n - i) % EDOI_HOPS_MAX]) < 0) return;
        *client = next;
    }
}
