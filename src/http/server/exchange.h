/* SPDX-License-Identifier: MIT */
/* http/server/exchange.h: what a connection has while it serves requests: buffers, the request, and
 * its response. It is taken from the server's pool when a burst begins, and given back at its end.
 * */
#ifndef EDOI_HTTP_SERVER_EXCHANGE_H
#define EDOI_HTTP_SERVER_EXCHANGE_H

#include "http/h1/head.h"
#include "http/io/after.h"
#include "http/io/input.h"
#include "http/io/output.h"
#include "http/server/request_body.h"
#include "http/server/response_body.h"
#include "http/server/server.h"

#define EDOI_HTTP_ARENA_BYTES 2048u

typedef struct edoi_http_exchange {
    edoi_http_conn *conn;
    edoi_http_server *server; /* that of `conn` */
    edoi_http_input in;
    edoi_http_output out;
    edo_arena arena;
    edoi_h1_head head;
    edo_request req;
    edo_response res;
    edoi_request_body body;
    edoi_response_body reply;
    edo_headers trailers; /* of the response, if reply.has_trailers */
    edoi_http_after after;
    /* inv. 1: req.ext and res.ext are empty between requests. */
    edo_instant begun_at;        /* the request, if it is counted */
    edo_up_down *active;         /* counts it meanwhile */
    edoi_http_detached detached; /* what the connection becomes; `ops` NULL: nothing */
    const void *frame;           /* that of its handler's caller */
    bool keeps;                  /* the connection goes on after this response */
    bool upgraded;               /* the stream is the handler's */
    bool broken;                 /* a response was broken off */
} edoi_http_exchange;

EDOI_INLINE edoi_http_exchange *edoi_exchange_of_request(edo_request *req) {
    return EDO_CONTAINER_OF(req, edoi_http_exchange, req);
}

EDOI_INLINE edoi_http_exchange *edoi_exchange_of_response(edo_response *res) {
    return EDO_CONTAINER_OF(res, edoi_http_exchange, res);
}

/* By the burst, when a handler begins: false if the client's input has ended. */
EDOI_INLINE bool edoi_http_watch_begin(edoi_http_conn *c) {
    uint32_t seen = EDOI_HTTP_UNWATCHED;
    if (EDOI_LIKELY(edoi_cas_rlx_u32(&c->watch, &seen, EDOI_HTTP_WATCHED))) return true;
    edoi_store_rlx_u32(&c->watch, EDOI_HTTP_LEFT); // the state machine has seen the end: it is done
    return false;
}

/* By the burst, when a handler has ended or takes the stream over: false if the client has left
 * it. */
EDOI_INLINE bool edoi_http_unwatch(edoi_http_conn *c) {
    uint32_t seen = EDOI_HTTP_WATCHED;
    return edoi_cas_rlx_u32(&c->watch, &seen, EDOI_HTTP_UNWATCHED) || seen != EDOI_HTTP_LEFT;
}

EDOI_INLINE bool edoi_http_has_left(const edoi_http_exchange *x) {
    return edoi_load_rlx_u32(&x->conn->watch) == EDOI_HTTP_LEFT;
}

#define EDOI_HTTP_STATUS_MAX 999

/* Does this response turn the connection into a tunnel, for the client that has asked for one? */
EDOI_INLINE bool edoi_http_is_tunnel(const edoi_http_exchange *x) {
    return x->req.method == EDO_METHOD_CONNECT &&
           edo_status_class(x->res.status) == EDO_STATUS_CLASS_SUCCESS;
}

/* Is this a response without a body, whatever the handler makes? */
bool edoi_http_has_no_body(const edoi_http_exchange *x);

/* Can this be the response to a request? 1xx go before it. */
EDOI_INLINE bool edoi_http_is_sendable(const edo_response *res) {
    return res->status >= EDO_STATUS_OK && (int)res->status <= EDOI_HTTP_STATUS_MAX &&
           (res->reason.len == 0 || edo_status_reason_is_valid(res->reason));
}

/* For the pool: objects keep the first chunk of their arena. */
int edoi_http_exchange_construct(void *arg, void *object);
void edoi_http_exchange_destruct(void *arg, void *object);

void edoi_http_exchange_init(edoi_http_exchange *x, edoi_http_conn *c);
void edoi_http_exchange_deinit(edoi_http_exchange *x);

/* Sends the response that the handler has made and not sent. In a fiber. */
int edoi_http_send_whole(edoi_http_exchange *x);

#endif
