/* SPDX-License-Identifier: MIT */
/* http/server/request_body.h: the body of a request, as a stream. */
#ifndef EDOI_HTTP_SERVER_REQUEST_BODY_H
#define EDOI_HTTP_SERVER_REQUEST_BODY_H

#include "http/h1/chunked.h"
#include "http/h1/head.h"

#include <edo/io.h>

typedef enum edoi_body_kind {
    EDOI_BODY_NONE,
    EDOI_BODY_LENGTH,
    EDOI_BODY_CHUNKED,
} edoi_body_kind;

typedef struct edoi_request_body {
    edo_stream stream;
    edoi_body_kind kind;
    bool wants_continue; /* the client waits for a 100 before it sends the body */
    bool is_over;        /* all was read, or it failed */
    bool in_trailers;    /* CHUNKED: behind the last chunk */
    int failed;          /* the failure, which later reads return, too */
    uint64_t left;       /* LENGTH: bytes of the body that were not read yet; CHUNKED: bytes of data
                            with which the input begins */
    edoi_chunked chunks;
    edoi_h1_head tail; /* reads the trailers */
    edo_headers trailers;
} edoi_request_body;

/* Prepares the body of the request whose head was just read. */
void edoi_request_body_init(edoi_request_body *b, edoi_body_kind kind, uint64_t length,
                            bool wants_continue);

void edoi_request_body_deinit(edoi_request_body *b);

/* Appends "100 Continue" to the output if the client waits for it and no response has begun. */
void edoi_request_body_invite(edoi_request_body *b);

/* After the handler: reads the rest of the body if that is no effort. Returns whether all of it was
 * read, so that a next request can follow. Called in a fiber; does not wait. */
bool edoi_request_body_skip_rest(edoi_request_body *b);
EDOI_INLINE bool edoi_request_body_skip(edoi_request_body *b) {
    return (b->is_over && b->failed == 0) || edoi_request_body_skip_rest(b);
}

#endif
