/* SPDX-License-Identifier: MIT */
/* http/server/request.c: what handlers ask of their request. */
#include "http/server/exchange.h"

#include <edo/net.h>

#include <errno.h>

#define FIRST_BYTES 4096u /* of a body whose length nobody knows */

edo_stream *edo_request_body(edo_request *req) {
    return req->body ? req->body : &edoi_exchange_of_request(req)->body.base.stream;
}

void edo_request_set_body(edo_request *req, edo_stream *over, int64_t length) {
    req->body = over;
    req->length = length;
}

bool edo_request_is_lost(edo_request *req) {
    edoi_http_exchange *x = edoi_exchange_of_request(req);
    return edoi_load_rlx_u32(&x->out.is_lost) || x->in.is_lost || // relaxed: a flag, no data
           edoi_http_has_left(x);
}

edo_cancel_token *edo_request_drain(edo_request *req) {
    return edoi_exchange_of_request(req)->server->hurry;
}

const edo_headers *edo_request_trailers(edo_request *req) {
    edoi_body *b = &edoi_exchange_of_request(req)->body.base;
    return b->is_over && b->failed == 0 ? &b->trailers : NULL;
}

edo_ext *edo_request_conn_ext(edo_request *req) {
    return &edoi_exchange_of_request(req)->conn->ext;
}

int edo_request_peer(edo_request *req, edo_addr *out) {
    const edoi_http_conn *c = edoi_exchange_of_request(req)->conn;
    if (!c->client) return edo_stream_peer_addr(c->stream, out);
    *out = *c->client;
    return 0;
}

int edo_request_local(edo_request *req, edo_addr *out) {
    return edo_stream_local_addr(edoi_exchange_of_request(req)->conn->stream, out);
}

/* A larger piece of the arena, with the first `len` bytes of `text`. */
static char *grow(edo_arena *arena, const char *text, size_t len, size_t room) {
    char *grown = edo_arena_text(arena, room);
    if (grown && len > 0) memcpy(grown, text, len);
    return grown;
}

/* Reads to the end of the body into `room` bytes at `text`, and more that it asks for. */
static int collect(edo_request *req, edo_str *out, size_t most, char *text, size_t room) {
    edo_stream *body = edo_request_body(req);
    size_t len = 0;
    for (;;) {
        if (len == room) {
            if (room > most) return -EMSGSIZE;
            room = room * 2 > most ? most + 1 : room * 2;
            text = grow(req->arena, text, len, room);
            if (!text) return -ENOMEM;
        }
        int n = edo_read(body, text + len, room - len);
        if (n < 0) return n;
        if (n == 0) break;
        len += (size_t)n;
    }
    if (len > most) return -EMSGSIZE;
    *out = (edo_str){ text, len };
    return 0;
}

int edo_request_collect(edo_request *req, edo_str *out, size_t most) {
    if (req->length > 0 && (uint64_t)req->length > most) return -EMSGSIZE;
    if (req->length == 0) {
        *out = EDO_STR("");
        return 0;
    }
    // one byte more than it may have shows the end
    size_t room = req->length > 0 ? (size_t)req->length + 1 : FIRST_BYTES;
    char *text = edo_arena_text(req->arena, room);
    return text ? collect(req, out, most, text, room) : -ENOMEM;
}
