/* SPDX-License-Identifier: MIT */
/* grpc/server/type.h: content types of calls: application/grpc, grpc-web, grpc-web-text, each with
 * a codec behind '+', and those of Connect. */
#ifndef EDOI_GRPC_SERVER_TYPE_H
#define EDOI_GRPC_SERVER_TYPE_H

#include "grpc/call/call.h"

typedef enum edoi_grpc_form {
    EDOI_GRPC_NOT,              /* another content type */
    EDOI_GRPC_PLAIN,            /* over HTTP/2 */
    EDOI_GRPC_WEB,              /* the status is in the body: over any version */
    EDOI_GRPC_WEB_TEXT,         /* the same, in base64 */
    EDOI_GRPC_CONNECT,          /* Connect, one message: it is the body, the status that of HTTP */
    EDOI_GRPC_CONNECT_GET,      /* the same, and the message is in the query */
    EDOI_GRPC_CONNECT_STREAM,   /* Connect, framed, as methods with a stream have it */
    EDOI_GRPC_TRANSCODED,       /* by a binding of google.api.http: no content type says so */
    EDOI_GRPC_TRANSCODED_LINES, /* the same, of a method that streams replies */
} edoi_grpc_form;

typedef struct edoi_grpc_type {
    edoi_grpc_form form;
    edoi_grpc_codec codec;
    bool has_codec; /* false: edo knows no such codec; the bytes may pass */
    edo_str text;   /* without parameters, as it was sent */
} edoi_grpc_type;

edoi_grpc_type edoi_grpc_type_of(edo_str content_type);

/* The type of a call by GET, as its query names it: the parameter "encoding". */
edoi_grpc_type edoi_grpc_type_of_query(edo_str query);

/* Is it one of gRPC or gRPC-Web? Other requests may have those of Connect, too. */
EDOI_INLINE bool edoi_grpc_type_is_grpc(const edoi_grpc_type *t) {
    return t->form >= EDOI_GRPC_PLAIN && t->form <= EDOI_GRPC_WEB_TEXT;
}

EDOI_INLINE bool edoi_grpc_type_is_connect(const edoi_grpc_type *t) {
    return t->form >= EDOI_GRPC_CONNECT && t->form <= EDOI_GRPC_CONNECT_STREAM;
}

#endif
