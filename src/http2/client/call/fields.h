/* SPDX-License-Identifier: MIT */
/* http2/client/call/fields.h: the head and the trailers of a request as nghttp2 wants them: which
 * copies them, with names in lower case. */
#ifndef EDOI_HTTP2_CLIENT_CALL_FIELDS_H
#define EDOI_HTTP2_CLIENT_CALL_FIELDS_H

#include <edo/http2.h>

#include <nghttp2/nghttp2.h>

#define EDOI_H2_FIELDS_OWN 32u

/* Borrows from the request and the connection. */
typedef struct edoi_h2_fields {
    nghttp2_nv own[EDOI_H2_FIELDS_OWN];
    nghttp2_nv *nv;  /* `own`, or counted memory */
    size_t n, bytes; /* of names and values */
    char length[24]; /* the text of a number */
} edoi_h2_fields;

/* Checks the request, and makes its head. Returns 0, -EINVAL, -EMSGSIZE or
 * -ENOMEM. */
int edoi_h2_fields_of_request(edoi_h2_fields *l, edo_method *method, const edo_http2 *c,
                              const edo_http_request *req);

/* Makes a copy of the fields of `trailers` that may be sent behind a body: those that are none of
 * the message or of its connection. `*out` is counted memory with all texts; NULL: none. Returns 0,
 * -EMSGSIZE or -ENOMEM. */
int edoi_h2_fields_of_trailers(nghttp2_nv **out, size_t *n, const edo_headers *trailers);

void edoi_h2_fields_deinit(edoi_h2_fields *l);

#endif
