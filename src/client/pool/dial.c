/* SPDX-License-Identifier: MIT */
/* client/pool/dial.c: a new connection: its address, its socket, and TLS over that. */
#include "base/text/ascii.h"
#include "client/pool/pool.h"
#include "client/pool/race.h"
#include "http/client/http2_ops.h"
#include "tls/ops.h"

#include <edo/scope.h>
#include <edo/unix.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Addresses ------------------------------------------------------------------------------- */

/* Where a socket leads to. */
typedef struct dial_goal {
    const char *address; /* "name:port" */
    const char *name;    /* for the program's resolver; NULL: the address is in numbers */
    uint16_t port;
} dial_goal;

/* Does `name`, perhaps with a port, match `address`, "name:port"? */
static bool address_has_name(const char *address, const char *name) {
    const char *colon = strrchr(name, ':');
    const char *bracket = strchr(name, ']');
    edo_str whole = edo_str_of(address), begin = edo_str_of(name);
    if (colon && (!bracket || colon > bracket)) return edoi_equal_nocase(begin, whole);
    return edoi_begins_nocase(whole, begin) && address[begin.len] == ':';
}

/* Puts the address instead of a goal that the options have for it; `text` has it then. */
static void goal_use_hosts(dial_goal *g, const edoi_dial_opts *d, char *text, size_t text_bytes) {
    for (size_t i = 0; i < d->hosts_n; i++) {
        if (!address_has_name(g->address, d->hosts[i].name)) continue;
        edo_addr addr;
        const char *given = d->hosts[i].address;
        if (edo_addr_parse(&addr, given) < 0) {
            int n = snprintf(text, text_bytes, "%s:%u", given, (unsigned)g->port);
            if (n > 0 && (size_t)n < text_bytes) given = text;
        }
        *g = (dial_goal){ .address = given };
        return;
    }
}

static void addr_set_port(edo_addr *addr, uint16_t port) {
    if (addr->sock.any.sa_family == AF_INET) addr->sock.v4.sin_port = htons(port);
    if (addr->sock.any.sa_family == AF_INET6) addr->sock.v6.sin6_port = htons(port);
}

/* Are names looked up before a connection is made? For `connect` only where the program says how,
 * or wants to know the addresses: edo does not know its network. */
static bool dial_looks_up(const edoi_dial_opts *d) {
    return !d->connect || d->allow || d->resolve;
}

/* Looks the name up. Returns the number of its addresses, or a negative code. */
static int dial_resolve(edo_addr *out, const edoi_dial_opts *d, const dial_goal *g) {
    bool is_name = g->name && edo_addr_parse(out, g->address) < 0;
    if (!is_name || !d->resolve) return edo_resolve(out, EDOI_ADDRESSES_MAX, g->address);
    int n = d->resolve(d->arg, out, EDOI_ADDRESSES_MAX, g->name);
    for (int i = 0; i < n; i++) addr_set_port(&out[i], g->port);
    return n;
}

/* Leaves the addresses that are allowed; returns their number. */
static int dial_filter(const edoi_dial_opts *d, edo_addr *addrs, int n) {
    int kept = 0;
    for (int i = 0; i < n; i++)
        if (!d->allow || d->allow(d->arg, &addrs[i])) addrs[kept++] = addrs[i];
    return kept;
}

/* ---- The socket ------------------------------------------------------------------------------ */

/* Returns the number of addresses that are allowed, or a negative code. */
static int dial_allowed(edo_addr *out, const edoi_dial_opts *d, const dial_goal *g) {
    int n = dial_resolve(out, d, g);
    if (n == 0) return -ENOENT;
    if (n > 0) n = dial_filter(d, out, n);
    return n == 0 ? edo_fail(-EACCES, "no address of %s is allowed", g->address) : n;
}

/* Asks the program for a connection to one address after the other. */
static int dial_connect_to(edo_stream **out, const edoi_dial_opts *d, const edo_addr *addrs,
                           int n) {
    char text[EDO_ADDR_TEXT_MAX];
    int first = 0;
    for (int i = 0; i < n; i++) {
        (void)edo_addr_print(&addrs[i], text, sizeof text);
        int err = d->connect(d->arg, out, text);
        if (err == 0 || err == -ECANCELED) return err;
        if (first == 0) first = err;
    }
    return first;
}

static int dial_socket(edo_stream **out, const edoi_dial_opts *d, const dial_goal *g) {
    edo_addr addrs[EDOI_ADDRESSES_MAX];
    if (!dial_looks_up(d)) return d->connect(d->arg, out, g->address);
    if (!d->allow && !d->resolve) return edo_tcp_connect(out, g->address, d->tcp);
    int n = dial_allowed(addrs, d, g);
    if (n < 0) return n;
    return d->connect ? dial_connect_to(out, d, addrs, n) : edoi_dial_race(out, addrs, n, d->tcp);
}

/* ---- TLS ------------------------------------------------------------------------------------- */

/* Returns a borrowed configuration in `*out`: the options', or one with the system's roots. */
static int dial_tls_of(edo_tls_client **out, edoi_client_pool *pool) {
    void *made = NULL;
    *out = pool->dial.tls;
    if (*out) return 0;
    if (!&edoi_tls_library)
        return edo_fail(-ENOTSUP, "https: the program is not linked with libedo-tls");
    int err = edo_once_get_or_load(&pool->tls, &made, edoi_tls_library.load_client, NULL);
    if (err == 0) *out = made;
    return err;
}

/* Shakes hands over `*io`, which is taken in any case. `is_http2`: see edoi_dial_stream(). */
static int dial_shake_hands(edo_stream **io, edo_tls_client *tls, const char *name, bool no_cert,
                            bool *is_http2) {
    edo_stream *below = *io;
    return edoi_tls_client_ops_of(tls)->connect_http(io, below, name, tls, no_cert, is_http2);
}

/* ---- By way of a proxy ----------------------------------------------------------------------- */

/* What SOCKS5 gets: an address that was looked up here; a name if only `connect` knows names. */
typedef struct socks_goal {
    char text[INET6_ADDRSTRLEN];
    edo_str host;
    uint16_t port;
} socks_goal;

static int socks_goal_look_up(socks_goal *out, const edoi_client_pool_host *h) {
    char given[EDOI_CLIENT_POOL_KEY_MAX];
    const edoi_dial_opts *d = &h->pool->dial;
    dial_goal g = { h->address, h->name, h->port };
    edo_addr addrs[EDOI_ADDRESSES_MAX];
    *out = (socks_goal){ .host = edo_str_of(h->name), .port = h->port };
    goal_use_hosts(&g, d, given, sizeof given);
    if (!dial_looks_up(d) && edo_addr_parse(addrs, g.address) < 0) return 0;
    int n = dial_allowed(addrs, d, &g);
    if (n < 0) return n;
    bool is_v4 = addrs[0].sock.any.sa_family == AF_INET;
    const void *bytes = is_v4 ? (const void *)&addrs[0].sock.v4.sin_addr
                              : (const void *)&addrs[0].sock.v6.sin6_addr;
    if (!inet_ntop(is_v4 ? AF_INET : AF_INET6, bytes, out->text, sizeof out->text)) return -EINVAL;
    out->host = edo_str_of(out->text);
    out->port = (uint16_t)edo_addr_port(&addrs[0]);
    return 0;
}

static int dial_socks(edo_stream *io, const edoi_client_pool_host *h) {
    socks_goal g = { .host = edo_str_of(h->name), .port = h->port };
    int err = h->proxy->kind == EDOI_PROXY_SOCKS5 ? socks_goal_look_up(&g, h) : 0;
    return err < 0 ? err : edoi_socks5(io, h->proxy, g.host, g.port);
}

/* Asks the proxy for the way to the host; `*io` is closed on an error. */
static int dial_through(edo_stream **io, const edoi_client_pool_host *h) {
    const edoi_proxy *p = h->proxy;
    if (h->is_forward) return 0;
    if (p->kind == EDOI_PROXY_HTTP || p->kind == EDOI_PROXY_HTTPS)
        return edoi_proxy_tunnel(io, p, edo_str_of(h->name), h->port, &h->pool->dial.proxy_headers);
    int err = dial_socks(*io, h);
    if (err < 0) edo_close(*io);
    return err;
}

static int dial_proxy(edo_stream **out, const edoi_client_pool_host *h, edo_tls_client *tls) {
    const edoi_proxy *p = h->proxy;
    const edoi_dial_opts *d = &h->pool->dial;
    char name[EDOI_PROXY_HOST_MAX + 1], given[EDOI_CLIENT_POOL_KEY_MAX];
    (void)snprintf(name, sizeof name, "%.*s", (int)p->host.len, p->host.ptr);
    dial_goal g = { p->address, name, p->port };
    goal_use_hosts(&g, d, given, sizeof given);
    int err = dial_socket(out, d, &g);
    if (err == 0 && p->kind == EDOI_PROXY_HTTPS)
        err = dial_shake_hands(out, tls, name, false, NULL);
    return err < 0 ? edo_fail(err, "proxy %s", p->address) : dial_through(out, h);
}

/* ---- All ------------------------------------------------------------------------------------- */

static int dial_host(edo_stream **out, const edoi_client_pool_host *h, edo_tls_client *tls) {
    const edoi_dial_opts *d = &h->pool->dial;
    char text[EDOI_CLIENT_POOL_KEY_MAX];
    if (d->unix_path) return edo_unix_connect(out, d->unix_path, NULL);
    if (h->proxy) return dial_proxy(out, h, tls);
    dial_goal g = { h->address, h->name, h->port };
    goal_use_hosts(&g, d, text, sizeof text);
    return dial_socket(out, d, &g);
}

/* What TLS needs is there before anything is connected. */
static int dial_stream(edo_stream **out, const edoi_client_pool_host *h, bool *is_http2) {
    edo_tls_client *tls = NULL;
    bool to_proxy = h->proxy && h->proxy->kind == EDOI_PROXY_HTTPS;
    int err = h->is_tls || to_proxy ? dial_tls_of(&tls, h->pool) : 0;
    if (err == 0) err = dial_host(out, h, tls);
    if (err < 0 || !h->is_tls) return err;
    return dial_shake_hands(out, tls, h->name, h->no_cert, is_http2);
}

int edoi_dial_stream(edo_stream **out, const edoi_client_pool_host *h, bool *is_http2) {
    EDO_DEADLINE(d, h->pool->dial.timeout);
    *out = NULL;
    int err = edo_deadline_end(&d, dial_stream(out, h, is_http2));
    return edo_fail(err, "connecting to %s", h->address);
}

static int dial_http2(edo_http2 **out, edo_stream *s, const edoi_client_pool_host *h) {
    edo_http2_opts opts = h->pool->http2;
    opts.host = h->field;
    opts.is_tls = h->is_tls;
    return edoi_http2_client.over(out, s, &opts);
}

int edoi_dial(edoi_client_pool_conn *out, edoi_client_pool_host *h) {
    edo_stream *s = NULL;
    bool may_be = edoi_shared_may_be(h), is_http2 = false;
    int err = edoi_dial_stream(&s, h, may_be && h->is_tls ? &is_http2 : NULL);
    if (err < 0) return err;
    if (may_be && !h->is_tls) is_http2 = true; // prior knowledge
    err = is_http2 ? dial_http2(&out->http2, s, h)
                   : edo_http1_over(&out->http, s, &(edo_http1_opts){ .host = h->field });
    if (err < 0) edo_close(s);
    return err;
}
