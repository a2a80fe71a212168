/* SPDX-License-Identifier: MIT */
/* http/server/exchange/exchange.h: a request and its response, of any version of HTTP. What a
 * version does is its wire (wire.h). */
#ifndef EDOI_HTTP_SERVER_EXCHANGE_EXCHANGE_H
#define EDOI_HTTP_SERVER_EXCHANGE_EXCHANGE_H

#include "http/headers/map.h"
#include "http/server/exchange/wire.h"
#include "http/server/server.h"

#include <edo/scope.h>

#include <errno.h>

#define EDOI_HTTP_ARENA_BYTES 2048u

/* The body of a response: what is sent after the handler, and the stream that handlers write to,
 * whose operations are the wire's. */
typedef struct edoi_response_body {
    edo_stream stream;
    edo_str whole;         /* sent after the handler, unless the head was sent before */
    edo_bytes share;       /* the counted memory in which `whole` lies, if it has any */
    edo_headers *trailers; /* in the exchange's arena; NULL: none were asked for */
    bool head_sent;
    bool lacks_trailers;    /* there was no memory for them: the response cannot be whole */
    bool skips_hooks;       /* a hook has failed, or the head */
    bool head_is_refused;   /* the head is too large, or a misuse; none of it was sent */
    bool hints_are_refused; /* the same for the last informational head */
    bool failed;            /* a part was sent, and the rest cannot follow */
    bool sends_whole;       /* `whole` follows the head at once, */
    bool is_remade;         /* or what a hook has made in its place, and frees when it is over */
    edoi_framing framing;
    uint64_t written; /* bytes of the body, so far */
    uint64_t left;    /* LENGTH: bytes that are still to be written; else no limit */
} edoi_response_body;

struct edoi_http_exchange {
    const edoi_http_wire *wire; /* const */
    struct edoi_h1_side *h1;    /* const; NULL: another version */
    edoi_http_conn *conn;
    edoi_http_server *server; /* the server of `conn` */
    edo_arena arena;
    edoi_headers_room *room; /* of the response's fields; HTTP/2: on the stack of the fiber */
    edo_request req;
    edo_response res;
    edoi_response_body reply;
    /* inv. 1: req.ext and res.ext are empty between requests. */
    edo_instant begun_at;        /* when the request began, if requests are counted */
    edo_up_down *active;         /* counts the request while it is served */
    edoi_http_detached detached; /* what the connection becomes; `ops` NULL: it stays with HTTP */
    const void *frame;           /* the stack frame of the function that called the handler */
    bool keeps;                  /* the connection goes on after this response */
    bool upgraded;               /* the stream belongs to the handler */
    bool broken;                 /* a response was broken off */
};

EDOI_INLINE edoi_http_exchange *edoi_exchange_of_request(edo_request *req) {
    return EDO_CONTAINER_OF(req, edoi_http_exchange, req);
}

EDOI_INLINE edoi_http_exchange *edoi_exchange_of_response(edo_response *res) {
    return EDO_CONTAINER_OF(res, edoi_http_exchange, res);
}

/* Does an object lie on the handler's stack, which is gone when the response is sent? On the
 * handler's fiber. */
EDO_API bool edoi_exchange_has_local(const edoi_http_exchange *x, const void *object);

EDOI_INLINE edoi_http_exchange *edoi_exchange_of_reply(edo_stream *s) {
    return EDO_CONTAINER_OF(s, edoi_http_exchange, reply.stream);
}

/* Has the client come by TLS, to the proxy that has named it, or here? */
EDOI_INLINE bool edoi_http_came_by_tls(const edoi_http_exchange *x) {
    const edoi_http_client *client = edoi_http_client_of(x->conn);
    return client ? client->is_tls : x->server->opts.tls != NULL;
}

#define EDOI_HTTP_STATUS_MAX 999

/* Does this response turn the connection into the tunnel that the client has asked for? */
EDOI_INLINE bool edoi_http_is_tunnel(const edoi_http_exchange *x) {
    return x->req.method == EDO_METHOD_CONNECT &&
           edo_status_class(x->res.status) == EDO_STATUS_CLASS_SUCCESS;
}

/* Is this a response without a body, whatever the handler has made? */
EDO_API bool edoi_http_has_no_body(const edoi_http_exchange *x);

/* May this be the final response to a request? Responses with 1xx go before it. */
EDOI_INLINE bool edoi_http_is_sendable(const edo_response *res) {
    return res->status >= EDO_STATUS_OK && (int)res->status <= EDOI_HTTP_STATUS_MAX &&
           (res->reason.len == 0 || edo_status_reason_is_valid(res->reason));
}

/* Makes a pool of exchanges, each the first member of an object of `bytes`. Free ones may keep
 * the first chunk of their arena. */
EDO_API int edoi_http_exchanges_new(edo_slab **out, size_t bytes, const char *name,
                                    int (*construct)(void *arg, void *object));

/* Makes the response's map of fields, whose memory ends with the arena, empty. */
EDOI_INLINE void edoi_http_exchange_no_fields(edoi_http_exchange *x) {
    edoi_headers_init_in(&x->res.headers, &x->arena);
    edoi_headers_lend(&x->res.headers, x->room);
}

/* What `construct` does with an exchange. */
EDO_API void edoi_http_exchange_construct(edoi_http_exchange *x);

/* Gives back what the arena holds beyond its first chunk. */
EDO_API void edoi_http_exchange_trim(edoi_http_exchange *x);

/* Sends the response that the handler has made and not sent. Called in a fiber. */
int edoi_http_send_whole(edoi_http_exchange *x);

/* ---- One request, respond.c; called in the handler's fiber ----------------------------------- */

/* Called when the request is there, before its handler. */
EDO_API void edoi_http_exchange_begin(edoi_http_exchange *x);

/* Called after the handler, which has returned `code`: sends what is left of the response. Returns
 * 0, or the reason why it was not sent whole. */
EDO_API int edoi_http_exchange_respond(edoi_http_exchange *x, int code);

#define EDOI_HTTP_LAST_S 1 /* s: that a client has for a response once its handler was cancelled */

/* Would the next await of the handler's task be cut short? */
EDOI_INLINE bool edoi_http_is_cut(void) {
    return EDOI_UNLIKELY(edo_budget_consume() == -ECANCELED);
}

/* Called after that, with what it has returned: counts, and tells the hooks. */
EDO_API void edoi_http_exchange_end(edoi_http_exchange *x, int code);

/* Called when no byte of the response is needed any more: frees the request and the response, but
 * for what lies in the arena, which the caller empties. */
EDO_API void edoi_http_exchange_release(edoi_http_exchange *x);

/* Is the request for another name than the handshake, whose rules for clients nobody has checked
 * here (RFC 9110, 15.5.20)? One that names no host may be for any. */
EDO_API bool edoi_http_is_misdirected(const edoi_http_exchange *x, edo_str target, edo_str host);

/* ---- The body of the response ---------------------------------------------------------------- */

void edoi_response_body_init(edoi_http_exchange *x);
void edoi_response_body_deinit(edoi_http_exchange *x);

/* Sends the end of the body, after the handler. Returns 0, or -EDO_EEOF if the handler has written
 * too few bytes. */
int edoi_response_body_end(edoi_http_exchange *x);

/* Writes bytes as edo_write_all(), as one piece: a cut that comes when a part is
 * sent lets the rest go out, too, behind the return where the wire takes it, else within a second.
 * `*is_torn` says that in spite of that only a part was sent; else a failure sends nothing.
 * Returns 0 or a code. Waits for room. */
EDO_MUST_USE EDO_API int edoi_response_write_piece(edo_response *res, edo_stream *out,
                                                   edo_str piece, bool *is_torn);

/* For libedo-web: returns a token that fires EDOI_HTTP_HURRY_S (half.h) after that of
 * edo_request_drain(): a short response that had begun by then has ended. Borrowed from the server
 * until the handler returns. */
EDO_API edo_cancel_token *edoi_request_late(edo_request *req);

#endif
