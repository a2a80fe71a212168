/* SPDX-License-Identifier: MIT */
/* grpc/server/server.h: a call as a route of the web framework.
 *
 * inv. 1: the response of a call is a body that is open, or a message that is sent at its end, and
 *         not both; there is neither before the metadata are sent.
 * inv. 2: `written` is there once it was written, and it has a coding only if the call has one.
 * inv. 3: only what is sent as a body may be torn.
 * inv. 4: nothing more is read of a request whose one message was taken.
 * inv. 5: `failed` is the code that `status` stands for. */
#ifndef EDOI_GRPC_SERVER_SERVER_H
#define EDOI_GRPC_SERVER_SERVER_H

#include "grpc/call/count.h"
#include "grpc/server/type.h"
#include "grpc/wire/fault.h"

#include <edo/web.h>

/* What a route has. The router owns it. */
typedef struct edoi_grpc_route {
    const edo_grpc_service *service; /* NULL: a route of bytes */
    const edo_grpc_method *method;   /* NULL: every method of the service that has no handler */
    const void *ops;
    edo_grpc_fn *fn; /* of a route of bytes */
    void *arg;
    edo_grpc_opts opts; /* with defaults filled in */
    edoi_grpc_counts counts;
    edoi_grpc_series series;
    /* by which it is counted: "/service/method", which lies behind this, or "_OTHER" */
    edo_str name;
} edoi_grpc_route;

typedef struct edoi_grpc_server_call edoi_grpc_server_call;

/* What a call is spoken in: the fields that it has, and how its response is made. Static. Codes of
 * the functions: 0, or negative. */
typedef struct edoi_grpc_dialect {
    edoi_grpc_side side;
    const char *timeout; /* the field with the client's time */
    int (*timeout_parse)(edo_str text, edo_duration *out);
    const char *encoding, *accept_encoding; /* fields: of the messages, of what is taken */
    /* Ends the response. */
    int (*end)(edoi_grpc_server_call *c, const edoi_grpc_fault *how);
} edoi_grpc_dialect;

/* A call in its handler. It lies in the request's arena. */
struct edoi_grpc_server_call {
    edo_grpc_call call; /* first */
    edo_web *web;
    const edoi_grpc_route *route;
    const edoi_grpc_dialect *dialect;
    edoi_grpc_type type;
    edo_grpc_status told; /* once the response is made: how the call has ended for the client */
    bool has_bad_coding;  /* of the client's messages */
    bool is_torn;         /* a part of a message was sent, and its rest will not be */
    size_t layers_n;      /* fields of the response that layers have set */
    edo_stream *out;      /* the body of the response, once it is open */

    /* Of calls whose messages are bodies: plain.c. */
    bool has_read, has_written, is_coded;
    edo_str written; /* the message of the response, in the arena */
};

EDOI_INLINE edoi_grpc_server_call *edoi_grpc_server_of(const edo_grpc_call *call) {
    return (edoi_grpc_server_call *)(uintptr_t)call;
}

/* Walks a call whose handler has ended, and asserts the invariants; check.c. Debug builds do it
 * before the response is ended, and after it. */
void edoi_grpc_server_check(const edoi_grpc_server_call *c);

/* ---- route.c --------------------------------------------------------------------------------- */

/* The handler of all routes of gRPC; the argument of the route is an edoi_grpc_route. */
int edoi_grpc_serve(edo_web *w);

/* What a request is, by the route that it goes to: also in the layers around that. */
edoi_grpc_type edoi_grpc_request_type(edo_web *w);

/* Serves a request that has that type, by that route. */
int edoi_grpc_serve_as(edo_web *w, edoi_grpc_route *route, const edoi_grpc_type *type);

/* ---- span.c ---------------------------------------------------------------------------------- */

/* The caller's span, where no layer has bound it; NULL: there is none. */
EDO_MUST_USE struct edo_span *edoi_grpc_server_caller(edo_web *w);

/* The span of a call that has come, within `from`, or, if that is NULL, that of here; NULL: it has
 * none. */
EDO_MUST_USE struct edo_span *edoi_grpc_server_span(edo_web *w, const edoi_grpc_route *route,
                                                    struct edo_span *from);

/* ---- reply.c --------------------------------------------------------------------------------- */

extern const edoi_grpc_dialect edoi_grpc_own_dialect;

/* Sends the head, with the metadata, and opens the body. */
int edoi_grpc_reply_open(edo_grpc_call *call);

/* Sends a frame. */
int edoi_grpc_reply_write(edo_grpc_call *call, edo_str frame);

/* Puts the names of the codings that are taken, and that of the messages, if there are any. */
int edoi_grpc_reply_codings(edoi_grpc_server_call *c, edo_headers *h);

/* Ends the response, of a call whose handler has returned `code`. Returns what the handler of HTTP
 * is to return. */
int edoi_grpc_reply(edoi_grpc_server_call *c, int code);

/* Makes the whole response out of a status, for a request of that type. Returns 0 or a code. */
int edoi_grpc_refuse(edo_web *w, const edoi_grpc_type *type, edo_grpc_status status,
                     edo_str message);

/* ---- plain.c --------------------------------------------------------------------------------- */

/* Receive and send the one message of a call, which is the whole body. */
int edoi_grpc_plain_recv(edo_grpc_call *call, const edoi_grpc_want *want);
int edoi_grpc_plain_open(edo_grpc_call *call);
int edoi_grpc_plain_write(edo_grpc_call *call, edo_str frame);

/* Reads the body, decompressed. Returns 0 or a code. */
int edoi_grpc_plain_body(edo_grpc_call *call, edo_str *out);

/* As edoi_grpc_plain_recv(), of a message that has come: compressed, if the call has a coding. */
int edoi_grpc_plain_take(edo_grpc_call *call, const edoi_grpc_want *want, edo_str message);

/* Makes the response out of what was sent. */
int edoi_grpc_plain_end(edoi_grpc_server_call *c);

/* Puts the trailers among the fields of the head, with a prefix. */
int edoi_grpc_plain_trailers(edoi_grpc_server_call *c);

/* ---- connect.c, connect_get.c ---------------------------------------------------------------- */

extern const edoi_grpc_dialect edoi_grpc_connect_dialect;
extern const edoi_grpc_dialect edoi_grpc_connect_stream_dialect;
extern const edoi_grpc_dialect edoi_grpc_connect_get_dialect;

/* Can the method be called in that form, over that version of HTTP? Returns 0, or the status of
 * HTTP that refuses it. */
edo_status edoi_grpc_connect_refusal(const edoi_grpc_route *route, edoi_grpc_form form,
                                     edo_http_version version);

/* What is wrong with the version of Connect that the request names; NULL: it is known, or there is
 * none. */
const char *edoi_grpc_connect_fault(edo_web *w, const edoi_grpc_type *type);

/* As `end` of a dialect; of Connect's calls of one message. */
int edoi_grpc_connect_end_plain(edoi_grpc_server_call *c, const edoi_grpc_fault *how);

/* Of a call by GET: the coding of its message, and the version of Connect, as the query has them;
 * NULL as their pointer: there is none. */
edo_str edoi_grpc_connect_get_coding(edo_web *w);
edo_str edoi_grpc_connect_get_version(edo_web *w);

/* As edoi_grpc_refuse(). */
int edoi_grpc_connect_refuse(edo_web *w, const edoi_grpc_type *type, const edoi_grpc_fault *how);

/* ---- transcode.c ----------------------------------------------------------------------------- */

extern const edoi_grpc_dialect edoi_grpc_transcode_dialect;
extern const edoi_grpc_dialect edoi_grpc_transcode_lines_dialect;

/* The handler of the routes of bindings. */
int edoi_grpc_transcode_serve(edo_web *w);

/* As edoi_grpc_refuse(): JSON of a google.rpc.Status, for requests that are none of gRPC. */
int edoi_grpc_transcode_refuse(edo_web *w, const edoi_grpc_fault *how);

#endif
