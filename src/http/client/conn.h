/* SPDX-License-Identifier: MIT */
/* http/client/conn.h: a client's connection.
 *
 * inv. 1: `is_good` is false from the begin of edo_http_send() until the head of a final response
 *         was taken: so whatever ends the wait in between, a cancellation too, leaves it false.
 * inv. 2: one task uses the connection at a time. */
#ifndef EDOI_HTTP_CLIENT_CONN_H
#define EDOI_HTTP_CLIENT_CONN_H

#include "http/client/upload.h"
#include "http/h1/head.h"
#include "http/io/after.h"
#include "http/io/body.h"

#include <edo/http_client.h>

/* What a connection has from a request to the end of its response. It is not there before the first
 * request, and while the connection rests. */
typedef struct edoi_client_exchange {
    edo_http1 *conn;
    edoi_h1_head head;
    edo_http_response res;
    edoi_body body;
    edoi_http_after after;
    edoi_upload up; /* it and `in` have large buffers, which nobody clears */
    edoi_http_input in;
} edoi_client_exchange;

struct edo_http1 {
    edo_stream *stream; /* owned */
    edo_buf host;       /* of requests whose target has none */
    uint32_t headers_max, head_bytes_max, trailer_bytes_max, lenient;
    edo_duration expect_wait;
    bool title_case, preserve_case;
    bool is_good; /* inv. 1; false too after a response that ends the connection */
    bool has_stray;
    char stray; /* if has_stray: a byte that came while the connection was idle */
    edo_ext ext;
    edoi_client_exchange *x; /* may be NULL */
};

/* Makes `c->x` if it is not there. Returns 0 or -ENOMEM. */
int edoi_client_begin(edo_http1 *c);

#endif
