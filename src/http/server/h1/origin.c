/* SPDX-License-Identifier: MIT */
/* http/server/h1/origin.c: see origin.h. */
#include "http/server/h1/origin.h"

#include "http/server/h1/request_head.h"

#include <edo/net.h>
#include <edo/proxy_header.h>
#include <edo/scope.h>

#define EDO_TARGET "http"
#include <edo/log.h>

#include <errno.h>

/* Is the peer a proxy that may send a header? A peer at a Unix socket is: the permissions of the
 * path say which processes may connect. */
static bool is_trusted(const edoi_http_conn *c) {
    const edoi_http_server *s = c->server;
    edo_addr peer;
    if (s->trusted_n == 0) return true; // any peer is trusted, also one without an address
    if (edo_stream_peer_addr(edoi_http_socket(c), &peer) < 0) return false;
    if (peer.sock.any.sa_family == AF_UNIX) return true;
    for (size_t i = 0; i < s->trusted_n; i++)
        if (edo_addr_range_has(&s->trusted[i], &peer)) return true;
    return false;
}

#define CLIENT_SSL 0x01 /* in the first byte of the TLV: the client came by TLS */

static bool came_by_tls(const edo_proxy_header *h) {
    for (edo_proxy_tlv tlv = { 0 }; edo_proxy_tlv_next(h, &tlv);)
        if (tlv.type == EDO_PROXY_TLV_SSL)
            return tlv.value.len > 0 && tlv.value.ptr[0] & CLIENT_SSL;
    return false;
}

/* Keeps the client's address. A client whose TLS ends here has come by TLS, whatever the header
 * says. */
static int keep_source(edoi_http_conn *c, const edo_proxy_header *h) {
    if (h->is_local || h->source.bytes == 0) return 0;
    edoi_http_client *named =
        edoi_http_client_new(&h->source, true, c->server->opts.tls || came_by_tls(h));
    if (!named) return -ENOMEM;
    edoi_store_rlx_ptr(&c->client, named); // relaxed: no handler runs yet
    return 0;
}

static int origin_parse(edoi_http_exchange *x) {
    edo_proxy_header h = { 0 }; // the compiler does not see that the parser sets it
    edoi_http_input *in = &x->h1->in;
    uint32_t held = in->end - in->begin;
    int n = edo_proxy_header_parse(&h, in->ptr + in->begin, held);
    if (n == -EPROTO && x->server->opts.proxy == EDO_HTTP_PROXY_OPTIONAL) return 0;
    if (n < 0) return n;
    if ((uint32_t)n > x->server->opts.head_bytes_max) return -EDO_ETOOLONG;
    if ((uint32_t)n > held) return EDOI_HTTP_MORE;
    in->begin += (uint32_t)n;
    return keep_source(x->conn, &h);
}

/* Looks whether the peer may send a header. Returns 0 if it may, or need not; else -EACCES. */
static int origin_ask(edoi_http_conn *c) {
    bool trusted = is_trusted(c);
    c->origin = trusted ? EDOI_HTTP_ORIGIN_TRUSTED : EDOI_HTTP_ORIGIN_KNOWN;
    return trusted || c->server->opts.proxy == EDO_HTTP_PROXY_OPTIONAL ? 0 : -EACCES;
}

static void origin_tell(int err) {
    edo_debug("a connection without a right PROXY header ends: %s", edo_strerror(err));
}

int edoi_http_parse_origin(edoi_http_exchange *x) {
    edoi_http_conn *c = x->conn;
    int n = c->origin == EDOI_HTTP_ORIGIN_UNASKED ? origin_ask(c) : 0;
    if (n == 0 && c->origin == EDOI_HTTP_ORIGIN_TRUSTED) n = origin_parse(x);
    if (n == 0) c->origin = EDOI_HTTP_ORIGIN_KNOWN;
    if (n < 0) origin_tell(n);
    return n;
}

/* ---- Before TLS ------------------------------------------------------------------------------ */

#define TLS_HANDSHAKE 0x16 /* the first byte of a client that speaks TLS, and of no header */

static int origin_read_before_tls(edoi_http_conn *c) {
    unsigned char first;
    edo_buf bytes = { 0 };
    edo_proxy_header h = { 0 };
    int err = origin_ask(c);
    if (err < 0 || c->origin == EDOI_HTTP_ORIGIN_KNOWN) return err;
    int n = edo_peek(c->stream, &first, 1);
    if (n <= 0) return n < 0 ? n : -EDO_EEOF;
    if (first == TLS_HANDSHAKE)
        return c->server->opts.proxy == EDO_HTTP_PROXY_OPTIONAL ? 0 : -EPROTO;
    err = edo_take_proxy_header(c->stream, &h, &bytes, c->server->opts.head_bytes_max);
    if (err == 0) err = keep_source(c, &h);
    edo_buf_deinit(&bytes);
    return err;
}

int edoi_http_read_origin(edoi_http_conn *c) {
    if (c->origin == EDOI_HTTP_ORIGIN_KNOWN) return 0;
    EDO_DEADLINE(limit, c->server->opts.header_timeout);
    int err = edo_deadline_end(&limit, origin_read_before_tls(c));
    c->origin = EDOI_HTTP_ORIGIN_KNOWN;
    if (err < 0) origin_tell(err);
    return err;
}
