/* SPDX-License-Identifier: MIT */
/* http/client/conn.h: a client's connection.
 *
 * inv. 1: `is_good` is false from the beginning of edo_http1_send() until the head of a final
 *         response was taken: so whatever ends the wait in between, also a cancellation, leaves it
 *         false.
 * inv. 2: one task uses the connection at a time.
 * inv. 2 is not asserted: tasks may take turns. The thread sanitizer finds two at once. */
#ifndef EDOI_HTTP_CLIENT_CONN_H
#define EDOI_HTTP_CLIENT_CONN_H

#include "http/client/upload.h"
#include "http/h1/head.h"
#include "http/headers/map.h"
#include "http/io/after.h"
#include "http/io/body.h"

#include <edo/http1.h>

/* What a connection has from a request to the end of its response. There is none before the first
 * request, and while the connection rests. */
typedef struct edoi_client_exchange {
    edo_http1 *conn;
    edoi_h1_head head;
    edo_http_response res;
    edoi_body body;
    edoi_http_after after;
    edo_buf data;   /* of edo_http1_own_data(); empty: none */
    edoi_upload up; /* `up` and `in` have large buffers, which are not cleared */
    edoi_http_input in;
    edoi_headers_room room; /* of the response's fields */
} edoi_client_exchange;

struct edo_http1 {
    edo_stream *stream; /* owned */
    edo_buf host;       /* the Host of requests whose target has no host */
    uint32_t headers_max, head_bytes_max, trailer_bytes_max, lenient;
    edo_duration expect_wait;
    bool title_case, preserve_case;
    bool is_good;       /* inv. 1; also false after a response that ends the connection */
    bool is_used;       /* a response has come */
    edo_duration keeps; /* for how long its server keeps it without use, as the last response says;
                           EDO_FOREVER_NS: it does not say */
    int why;            /* of a look at it while it was idle: a failure; 0: none */
    bool has_stray;
    char stray; /* if has_stray: a byte that came while the connection was idle */
    edo_ext ext;
    edoi_client_exchange *x; /* may be NULL */
};

/* Returns for how long the connection may be kept without use, from the end of the last response
 * on: less than its server says, so that no request meets the close. EDO_FOREVER_NS: as long as its
 * owner likes. */
EDO_API edo_duration edoi_client_keeps(const edo_http1 *c);

/* As edo_http1_is_reusable(), without a system call if the worker would know of bytes or the end:
 * what came since it last asked the kernel is found by the request itself. */
bool edoi_client_may_send(edo_http1 *c);

/* Returns what a request fails with of which no byte has left, as the connection has ended, or
 * failed with `why`. -EDO_ECLOSED says that another connection may have it; not if there has been
 * no response over this one, and the other end has refused it: the next one would fail, too. */
int edoi_client_unsent(const edo_http1 *c, int why);

/* Makes `c->x`, unless there is one. Returns 0 or -ENOMEM. */
int edoi_client_begin(edo_http1 *c);

#endif
