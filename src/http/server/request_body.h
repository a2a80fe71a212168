/* SPDX-License-Identifier: MIT */
/* http/server/request_body.h: the body of a request, as a stream. */
#ifndef EDOI_HTTP_SERVER_REQUEST_BODY_H
#define EDOI_HTTP_SERVER_REQUEST_BODY_H

#include "http/io/body.h"
#include "http/io/output.h"

typedef struct edoi_request_body {
    edoi_body base;
    bool wants_continue; /* the client waits for a 100 before it sends the body */
} edoi_request_body;

/* Prepares the body of the request whose head was just read. */
void edoi_request_body_init(edoi_request_body *b, edoi_body_kind kind, uint64_t length,
                            bool wants_continue);

/* Appends "100 Continue" to the output, which the burst has taken back, if the client waits for it
 * and no response has begun. There is room for it: otherwise the output is flushed first. */
void edoi_request_body_invite(edoi_request_body *b);
bool edoi_request_body_may_invite(const edoi_request_body *b, const edoi_http_output *o);

/* After the handler: reads the rest of the body if that is no effort. Returns whether all of it was
 * read, so that a next request can follow. Called in a fiber; does not wait. */
bool edoi_request_body_skip_rest(edoi_request_body *b);
EDOI_INLINE bool edoi_request_body_skip(edoi_request_body *b) {
    return (b->base.is_over && b->base.failed == 0) || edoi_request_body_skip_rest(b);
}

#endif
