/* SPDX-License-Identifier: MIT */
/* http/server/h1/h1.h: an exchange of HTTP/1.1: what it has beside the request and its response. A
 * burst takes one from the server's pool when it begins, and gives it back when it ends. */
#ifndef EDOI_HTTP_SERVER_H1_H1_H
#define EDOI_HTTP_SERVER_H1_H1_H

#include "http/h1/head.h"
#include "http/io/after.h"
#include "http/io/body.h"
#include "http/io/input.h"
#include "http/io/lease.h"
#include "http/server/exchange/exchange.h"

/* The body of a request, as a stream: request_body.c. */
typedef struct edoi_request_body {
    edoi_body base;
    bool wants_continue; /* the client waits for a 100 before it sends the body */
} edoi_request_body;

/* The connection's bytes, and how they are read. */
typedef struct edoi_h1_side {
    edoi_http_exchange *x; /* const: the exchange that this is part of */
    edoi_http_input in;
    edoi_http_output out;
    edoi_h1_head head;
    edoi_request_body body;
    edoi_http_after after;
    struct edoi_http_half *half; /* counted: the head that the input began with; NULL: none */
    edoi_headers_room request_room, response_room;
} edoi_h1_side;

/* The object of the pool. */
typedef struct edoi_h1_exchange {
    edoi_http_exchange x; /* first */
    edoi_h1_side h1;
} edoi_h1_exchange;

extern const edoi_http_wire edoi_h1_wire;

/* Makes a server's pool of exchanges. */
int edoi_h1_exchanges_new(edo_slab **out);

void edoi_h1_exchange_init(edoi_http_exchange *x, edoi_http_conn *c);
void edoi_h1_exchange_deinit(edoi_http_exchange *x);

/* Called by the burst when a handler begins. Returns false if the client's input has ended. */
EDOI_INLINE bool edoi_http_watch_begin(edoi_http_conn *c) {
    uint16_t seen = EDOI_HTTP_UNWATCHED;
    if (EDOI_LIKELY(edoi_cas_rlx_u16(&c->watch, &seen, EDOI_HTTP_WATCHED))) return true;
    edoi_store_rlx_u16(&c->watch, EDOI_HTTP_LEFT); // the state machine has seen it
    return false;
}

/* Called by the burst when a handler has ended, or takes the stream over. Returns false if the
 * client has left. */
EDOI_INLINE bool edoi_http_unwatch(edoi_http_conn *c) {
    uint16_t seen = EDOI_HTTP_WATCHED;
    return edoi_cas_rlx_u16(&c->watch, &seen, EDOI_HTTP_UNWATCHED) || seen != EDOI_HTTP_LEFT;
}

EDOI_INLINE bool edoi_http_has_left(const edoi_http_exchange *x) {
    return edoi_load_rlx_u16(&x->conn->watch) == EDOI_HTTP_LEFT;
}

/* ---- The body of the request ----------------------------------------------------------------- */

/* Prepares the body of the request whose head was just read. */
void edoi_request_body_init(edoi_request_body *b, edoi_body_kind kind, uint64_t length,
                            bool wants_continue);

/* Appends "100 Continue" to the output, which the burst has taken back, if the client waits for it
 * and no response has begun. The caller sees to it that there is room. */
void edoi_request_body_invite(edoi_request_body *b);
bool edoi_request_body_may_invite(const edoi_request_body *b, const edoi_http_output *o);

/* Called after the handler: reads the rest of the body if that is little and has arrived. Returns
 * whether all of it was read, so that a next request can follow. Called in a fiber; does not
 * wait. */
bool edoi_request_body_skip_rest(edoi_request_body *b);
EDOI_INLINE bool edoi_request_body_skip(edoi_request_body *b) {
    return (b->base.is_over && b->base.failed == 0) || edoi_request_body_skip_rest(b);
}

/* ---- The body of the response ---------------------------------------------------------------- */

extern const edo_stream_ops edoi_h1_reply_ops;

/* Appends the last chunk, with trailers if the client takes them. Returns 0 or a negative code. */
int edoi_h1_end_chunks(edoi_http_exchange *x);

/* ---- The connection's stream, for a handler: upgrade.c --------------------------------------- */

int edoi_h1_upgrade(edoi_http_exchange *x, edo_stream **out);
int edoi_h1_upgrade_raw(edoi_http_exchange *x, edo_stream **out, edo_str *rest);
int edoi_h1_response_raw(edoi_http_exchange *x, edo_stream **out, bool *is_chunked);
int edoi_h1_detach(edoi_http_exchange *x, const edo_detached_ops *ops, void *arg);

#endif
