/* SPDX-License-Identifier: MIT */
/* http/server/origin.c: see origin.h. */
#include "http/server/origin.h"

#include "http/server/request_head.h"

#include <edo/net.h>
#include <edo/proxy_header.h>

#define EDO_TARGET "http"
#include <edo/trace.h>

#include <errno.h>

/* A peer at a Unix socket is trusted: the path's permissions say who may connect. */
static bool is_trusted(edoi_http_exchange *x) {
    const edoi_http_server *s = x->server;
    edo_addr peer;
    if (s->trusted_n == 0) return true; // all are believed, also peers without an address
    if (edo_stream_peer_addr(x->conn->stream, &peer) < 0) return false;
    if (peer.sock.any.sa_family == AF_UNIX) return true;
    for (size_t i = 0; i < s->trusted_n; i++)
        if (edo_addr_range_has(&s->trusted[i], &peer)) return true;
    return false;
}

/* Addresses are kept beside the connection, since most have none of their own. */
static int keep_source(edoi_http_conn *c, const edo_proxy_header *h) {
    if (h->is_local || h->source.bytes == 0) return 0;
    c->client = edo_rc_new(sizeof *c->client, NULL);
    if (!c->client) return -ENOMEM;
    *c->client = h->source;
    return 0;
}

static int parse(edoi_http_exchange *x) {
    edo_proxy_header h = { 0 }; // the compiler does not see that the parser fills it
    edoi_http_input *in = &x->in;
    uint32_t held = in->end - in->begin;
    int n = edo_proxy_header_parse(&h, in->ptr + in->begin, held);
    if (n == -EPROTO && x->server->opts.proxy == EDO_HTTP_PROXY_OPTIONAL) return 0;
    if (n < 0) return n;
    if ((uint32_t)n > x->server->opts.head_bytes_max) return -EDO_ETOOLONG;
    if ((uint32_t)n > held) return EDOI_HTTP_MORE;
    in->begin += (uint32_t)n;
    return keep_source(x->conn, &h);
}

/* Returns 0 if the peer may send a header or need not, else -EACCES. */
static int ask(edoi_http_exchange *x) {
    bool trusted = is_trusted(x);
    x->conn->origin = trusted ? EDOI_HTTP_ORIGIN_TRUSTED : EDOI_HTTP_ORIGIN_KNOWN;
    return trusted || x->server->opts.proxy == EDO_HTTP_PROXY_OPTIONAL ? 0 : -EACCES;
}

int edoi_http_parse_origin(edoi_http_exchange *x) {
    edoi_http_conn *c = x->conn;
    int n = c->origin == EDOI_HTTP_ORIGIN_UNASKED ? ask(x) : 0;
    if (n == 0 && c->origin == EDOI_HTTP_ORIGIN_TRUSTED) n = parse(x);
    if (n == 0) c->origin = EDOI_HTTP_ORIGIN_KNOWN;
    if (n < 0) edo_debug("a connection without a right PROXY header ends: %s", edo_strerror(n));
    return n;
}
