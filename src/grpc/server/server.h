/* SPDX-License-Identifier: MIT */
/* grpc/server/server.h: a call as a route of the web framework. */
#ifndef EDOI_GRPC_SERVER_SERVER_H
#define EDOI_GRPC_SERVER_SERVER_H

#include "grpc/server/type.h"

#include <edo/web.h>

/* What a route has. The router owns it. */
typedef struct edoi_grpc_route {
    const edo_grpc_service *service; /* NULL: a route of bytes */
    const edo_grpc_method *method;   /* NULL: every method of the service that has no handler */
    const void *ops;
    edo_grpc_fn *fn; /* of a route of bytes */
    void *arg;
    edo_grpc_opts opts; /* with defaults filled in */
} edoi_grpc_route;

/* A call in its handler. It lies in the request's arena. */
typedef struct edoi_grpc_server_call {
    edo_grpc_call call; /* first */
    edo_web *web;
    const edoi_grpc_route *route;
    edoi_grpc_type type;
    bool has_bad_coding; /* of the client's messages */
    bool is_torn;        /* a part of a message was sent, perhaps */
    size_t layers_n;     /* fields of the response that layers have set */
    edo_stream *out;     /* the body of the response, once it is open */
} edoi_grpc_server_call;

EDOI_INLINE edoi_grpc_server_call *edoi_grpc_server_of(const edo_grpc_call *call) {
    return (edoi_grpc_server_call *)(uintptr_t)call;
}

/* ---- route.c --------------------------------------------------------------------------------- */

/* The handler of all routes of gRPC; the argument of the route is an edoi_grpc_route. */
int edoi_grpc_serve(edo_web *w);

/* ---- reply.c --------------------------------------------------------------------------------- */

extern const edoi_grpc_side edoi_grpc_server_side;

/* Ends the response, of a call whose handler has returned `code`. Returns what the handler of HTTP
 * is to return. */
int edoi_grpc_reply(edoi_grpc_server_call *c, int code);

/* Makes the whole response out of a status. Returns 0 or a code. */
int edoi_grpc_reply_status(edo_web *w, edo_str type, edo_grpc_status status, edo_str message);

#endif
