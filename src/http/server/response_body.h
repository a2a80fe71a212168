/* SPDX-License-Identifier: MIT */
/* http/server/response_body.h: the body of a response: what is sent after the handler, and the
 * stream that handlers write to. */
#ifndef EDOI_HTTP_SERVER_RESPONSE_BODY_H
#define EDOI_HTTP_SERVER_RESPONSE_BODY_H

#include <edo/bytes.h>
#include <edo/io.h>

typedef enum edoi_framing {
    EDOI_FRAMING_LENGTH,    /* Content-Length */
    EDOI_FRAMING_CHUNKED,   /* chunks */
    EDOI_FRAMING_CLOSE,     /* the end of the connection: HTTP/1.0 */
    EDOI_FRAMING_FORBIDDEN, /* HEAD, 204, 304: what is written is dropped */
} edoi_framing;

typedef struct edoi_response_body {
    edo_stream stream;
    edo_str whole;   /* sent after the handler, unless the head was sent before */
    edo_bytes share; /* what `whole` lies in, if it is counted */
    bool head_sent;
    bool has_trailers;    /* the exchange's `trailers` are in use */
    bool skips_hooks;     /* a hook has failed, or the head */
    bool head_is_refused; /* it is too large, or a misuse: nothing was sent */
    bool failed;          /* a part was sent of which the rest cannot follow */
    edoi_framing framing;
    uint64_t written; /* bytes of the body, so far */
    uint64_t left;    /* LENGTH: bytes that are still to be written; CLOSE: no limit */
} edoi_response_body;

void edoi_response_body_init(edoi_response_body *b);
void edoi_response_body_deinit(edoi_response_body *b);

/* Appends the end of the body, after the handler; returns 0, or -EDO_EEOF if bytes are missing. */
int edoi_response_body_end(edoi_response_body *b);

#endif
