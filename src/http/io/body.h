/* SPDX-License-Identifier: MIT */
/* http/io/body.h: the body of a message that is being read, as a stream. */
#ifndef EDOI_HTTP_IO_BODY_H
#define EDOI_HTTP_IO_BODY_H

#include "http/h1/chunked.h"
#include "http/h1/head.h"
#include "http/io/input.h"

typedef enum edoi_body_kind {
    EDOI_BODY_NONE,
    EDOI_BODY_LENGTH,
    EDOI_BODY_CHUNKED,
    EDOI_BODY_UNTIL_CLOSE,
} edoi_body_kind;

typedef struct edoi_body edoi_body;

struct edoi_body {
    edo_stream stream;
    edoi_http_input *in; /* borrowed */
    /* Called before each wait for input: sends what the other end may wait for. Returns pending,
     * with `wait` linked; or ready, with 0 or a negative code, which fails the body. */
    edo_polled (*due)(edoi_body *self, edo_cx *cx, edo_io_wait *wait, int *result);
    void (*undue)(edoi_body *self); /* ends the waits of `due`, except `wait` */
    uint32_t headers_max;           /* fields in the trailers, at most */
    uint32_t trailer_bytes_max;     /* bytes of the trailers, at most, with the line at their end */
    bool keep_case;                 /* names of trailers keep their case */
    bool unfolds;                   /* folded trailers are read, as those of a response may be */
    edoi_body_kind kind;
    bool is_over;     /* all was read, or it failed */
    bool in_trailers; /* CHUNKED: behind the last chunk */
    int failed;       /* the code of the failure, which later reads return, too */
    uint64_t taken;   /* bytes of the body that were read */
    uint64_t left;    /* LENGTH, UNTIL_CLOSE: bytes of the body that were not read yet; CHUNKED:
                         bytes of data at the beginning of the input */
    edoi_chunked chunks;
    edoi_h1_head tail; /* parses the trailers */
    edo_headers trailers;
};

/* Prepares the body of the message whose head was just read. The owner sets `due`, `undue` and the
 * limits of the trailers. */
void edoi_body_init(edoi_body *b, edoi_http_input *in, edoi_body_kind kind, uint64_t length);

void edoi_body_deinit(edoi_body *b);

/* Returns the kind of body that a head announces. */
EDOI_INLINE edoi_body_kind edoi_body_kind_of(edoi_h1_framing framing) {
    switch (framing) {
    case EDOI_H1_LENGTH: return EDOI_BODY_LENGTH;
    case EDOI_H1_CHUNKED: return EDOI_BODY_CHUNKED;
    case EDOI_H1_UNTIL_CLOSE: return EDOI_BODY_UNTIL_CLOSE;
    case EDOI_H1_NO_BODY:
    default: return EDOI_BODY_NONE;
    }
}

#endif
