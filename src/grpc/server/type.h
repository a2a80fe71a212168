/* SPDX-License-Identifier: MIT */
/* grpc/server/type.h: content types of gRPC: application/grpc, grpc-web, grpc-web-text, each with a
 * codec behind '+'. */
#ifndef EDOI_GRPC_SERVER_TYPE_H
#define EDOI_GRPC_SERVER_TYPE_H

#include "grpc/call/call.h"

typedef enum edoi_grpc_form {
    EDOI_GRPC_NOT,      /* another content type */
    EDOI_GRPC_PLAIN,    /* over HTTP/2 */
    EDOI_GRPC_WEB,      /* the status is in the body: over any version */
    EDOI_GRPC_WEB_TEXT, /* the same, in base64 */
} edoi_grpc_form;

typedef struct edoi_grpc_type {
    edoi_grpc_form form;
    edoi_grpc_codec codec;
    bool has_codec; /* false: edo knows no such codec; the bytes may pass */
    edo_str text;   /* without parameters, as it was sent */
} edoi_grpc_type;

edoi_grpc_type edoi_grpc_type_of(edo_str content_type);

#endif
