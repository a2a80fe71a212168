/* SPDX-License-Identifier: MIT */
/* http/server/exchange/exchange.h: what a connection has while it serves requests: buffers, the
 * request, and its response. A burst takes an exchange from the server's pool when it begins, and
 * gives it back when it ends. */
#ifndef EDOI_HTTP_SERVER_EXCHANGE_EXCHANGE_H
#define EDOI_HTTP_SERVER_EXCHANGE_EXCHANGE_H

#include "http/h1/head.h"
#include "http/io/after.h"
#include "http/io/body.h"
#include "http/io/input.h"
#include "http/io/lease.h"
#include "http/server/server.h"

#define EDOI_HTTP_ARENA_BYTES 2048u

/* The body of a request, as a stream: request_body.c. */
typedef struct edoi_request_body {
    edoi_body base;
    bool wants_continue; /* the client waits for a 100 before it sends the body */
} edoi_request_body;

typedef enum edoi_framing {
    EDOI_FRAMING_LENGTH,    /* Content-Length */
    EDOI_FRAMING_CHUNKED,   /* chunks */
    EDOI_FRAMING_CLOSE,     /* the end of the connection: HTTP/1.0 */
    EDOI_FRAMING_FORBIDDEN, /* for HEAD, 204, 304: writes are dropped */
} edoi_framing;

/* The body of a response: what is sent after the handler, and the stream that handlers write to
 * (response_body.c). */
typedef struct edoi_response_body {
    edo_stream stream;
    edo_str whole;   /* sent after the handler, unless the head was sent before */
    edo_bytes share; /* the counted memory in which `whole` lies, if it has any */
    bool head_sent;
    bool has_trailers;      /* the exchange's `trailers` are in use */
    bool skips_hooks;       /* a hook has failed, or the head */
    bool head_is_refused;   /* the head is too large, or a misuse; none of it was sent */
    bool hints_are_refused; /* the same for the last informational head */
    bool failed;            /* a part was sent, and the rest cannot follow */
    edoi_framing framing;
    uint64_t written; /* bytes of the body, so far */
    uint64_t left;    /* LENGTH: bytes that are still to be written; CLOSE: no limit */
} edoi_response_body;

typedef struct edoi_http_exchange {
    edoi_http_conn *conn;
    edoi_http_server *server; /* the server of `conn` */
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
    edo_instant begun_at;        /* when the request began, if requests are counted */
    edo_up_down *active;         /* counts the request while it is served */
    edoi_http_detached detached; /* what the connection becomes; `ops` NULL: it stays with HTTP */
    const void *frame;           /* the stack frame of the function that called the handler */
    struct edoi_http_half *half; /* counted: the head that the input began with; NULL: none */
    bool keeps;                  /* the connection goes on after this response */
    bool upgraded;               /* the stream belongs to the handler */
    bool broken;                 /* a response was broken off */
} edoi_http_exchange;

EDOI_INLINE edoi_http_exchange *edoi_exchange_of_request(edo_request *req) {
    return EDO_CONTAINER_OF(req, edoi_http_exchange, req);
}

EDOI_INLINE edoi_http_exchange *edoi_exchange_of_response(edo_response *res) {
    return EDO_CONTAINER_OF(res, edoi_http_exchange, res);
}

/* Called by the burst when a handler begins. Returns false if the client's input has ended. */
EDOI_INLINE bool edoi_http_watch_begin(edoi_http_conn *c) {
    uint32_t seen = EDOI_HTTP_UNWATCHED;
    if (EDOI_LIKELY(edoi_cas_rlx_u32(&c->watch, &seen, EDOI_HTTP_WATCHED))) return true;
    edoi_store_rlx_u32(&c->watch, EDOI_HTTP_LEFT); // the state machine has seen it
    return false;
}

/* Called by the burst when a handler has ended, or takes the stream over. Returns false if the
 * client has left. */
EDOI_INLINE bool edoi_http_unwatch(edoi_http_conn *c) {
    uint32_t seen = EDOI_HTTP_WATCHED;
    return edoi_cas_rlx_u32(&c->watch, &seen, EDOI_HTTP_UNWATCHED) || seen != EDOI_HTTP_LEFT;
}

EDOI_INLINE bool edoi_http_has_left(const edoi_http_exchange *x) {
    return edoi_load_rlx_u32(&x->conn->watch) == EDOI_HTTP_LEFT;
}

#define EDOI_HTTP_STATUS_MAX 999

/* Does this response turn the connection into the tunnel that the client has asked for? */
EDOI_INLINE bool edoi_http_is_tunnel(const edoi_http_exchange *x) {
    return x->req.method == EDO_METHOD_CONNECT &&
           edo_status_class(x->res.status) == EDO_STATUS_CLASS_SUCCESS;
}

/* Is this a response without a body, whatever the handler has made? */
bool edoi_http_has_no_body(const edoi_http_exchange *x);

/* May this be the final response to a request? Responses with 1xx go before it. */
EDOI_INLINE bool edoi_http_is_sendable(const edo_response *res) {
    return res->status >= EDO_STATUS_OK && (int)res->status <= EDOI_HTTP_STATUS_MAX &&
           (res->reason.len == 0 || edo_status_reason_is_valid(res->reason));
}

/* Makes a server's pool of exchanges. Free ones keep the first chunk of their arena. */
int edoi_http_exchanges_new(edo_slab **out);

void edoi_http_exchange_init(edoi_http_exchange *x, edoi_http_conn *c);
void edoi_http_exchange_deinit(edoi_http_exchange *x);

/* Sends the response that the handler has made and not sent. Called in a fiber. */
int edoi_http_send_whole(edoi_http_exchange *x);

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

void edoi_response_body_init(edoi_response_body *b);
void edoi_response_body_deinit(edoi_response_body *b);

/* Appends the end of the body, after the handler. Returns 0, or -EDO_EEOF if the handler has
 * written too few bytes. */
int edoi_response_body_end(edoi_response_body *b);

#endif
